"""
What an answer says that is no success: the error that it stands for, in the service's words, and how long to wait.

Takes a `Reply`; gives the `RequestError`, whose message has no secret of the call. Pure.
Source: RFC 9110 for status and Retry-After, RFC 6901 for the places an error is read from.
"""

from __future__ import annotations

import datetime
import math
import re
from typing import TYPE_CHECKING

from restpath.content import value_at
from restpath.definition.mediatypes import is_json
from restpath.definition.rules import ErrorRule
from restpath.errors import RequestError, error_class
from restpath.masking import MASK, mask_secrets, mask_url
from restpath.regex import pattern

if TYPE_CHECKING:
    from restpath.reply import Reply

__all__ = ["beginning", "changed_method", "error_of", "masked_words", "may_say_error", "meant_status", "wanted_wait"]

_EXCERPT = 300
# What a page of HTML has beside its words; what is cut off in the middle goes with it.
_MARKUP = pattern(
    r"<(script|style|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)", re.DOTALL | re.IGNORECASE
)
# However many digits a service sends: beyond any wait that somebody would sit out.
_SECONDS = pattern(r"([0-9]+)(?:\.[0-9]+)?")
_LONGEST_SECONDS = 1e9
# What a session, a netrc or an `auth=` sent, where a service says it back: a scheme, and what is no word of English.
_PROOF = pattern(r"\b(Basic|Bearer|Digest|Negotiate) (?=[^\s,;\"']*[0-9=+/_-])[^\s,;\"']{4,}", re.IGNORECASE)


def error_of(reply: Reply) -> RequestError | None:
    """Give the error that a status stands for; None for success and for 304, which is an answer as good as any."""
    status = reply.status
    if (200 <= status < 300 and not _says_error(reply)) or status == 304:
        return None
    if 300 <= status < 400:
        location = masked_words(reply.headers.get("location", ""), reply) or "nowhere"
        detail = f"redirects to {location}, which was not followed{_redirect_reason(reply)}"
        return RequestError(f"{reply.call.described()} {detail} ({status})", reply=reply, code=status, detail=detail)
    content, rule = reply.lenient_content, _rule(reply)
    code, words = _code(reply), value_at(content, rule.message)
    detail = words if isinstance(words, str) and words else (_page_words(reply) if reply.body else reply.reason)
    name = " " + " ".join(str(code).split())[:_EXCERPT] if code != status else ""
    tried = f" after {reply.tries} tries" if reply.tries > 1 else ""
    detail = masked_words(detail, reply)
    shown = detail if len(detail) <= 2 * _EXCERPT else detail[: 2 * _EXCERPT] + "..."
    # A status of success is no part of what went wrong.
    failed = (
        f"failed with {status}{name}{tried}:" if status >= 300 else f"failed{tried}{name and ' with error' + name}:"
    )
    text = f"{reply.call.described()} {failed} {shown or 'no further words'}{_wait_words(reply)}"
    return error_class(meant_status(reply))(text, reply=reply, code=code, detail=detail)


def _wait_words(reply: Reply) -> str:
    """How long the service asks to wait; a redirect or a wrong call is not helped by waiting."""
    wait = wanted_wait(reply) if meant_status(reply) in (429, 503) else None
    return f" (it asks to wait {math.ceil(wait)} seconds before another try)" if wait else ""


def wanted_wait(reply: Reply) -> float | None:
    """Give the seconds that a service asks to wait; None if it does not. Source: RFC 9110 section 10.2.3."""
    said = value_at(reply.lenient_content, _rule(reply).retry_after) if _rule(reply).retry_after else None
    value = (reply.headers.get("retry-after", "") if said is None else str(said)).strip()
    seconds = _SECONDS.fullmatch(value)
    if seconds:
        return float(value[:40]) if len(seconds.group(1)) < 10 else _LONGEST_SECONDS
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    now = reply.received or datetime.datetime.now(datetime.timezone.utc)
    then = then if then.tzinfo else then.replace(tzinfo=datetime.timezone.utc)
    return max(0.0, (then - now).total_seconds())


def _rule(reply: Reply) -> ErrorRule:
    return reply.call.operation.rules.errors if reply.call.operation else ErrorRule()


def _page_words(reply: Reply) -> str:
    """The beginning of an answer; of a page of HTML that of its words."""
    text = reply.text[: _EXCERPT * 20]
    is_page = text.lstrip()[:14].lower().startswith(("<!doctype html", "<html"))
    return (beginning(_MARKUP.sub(" ", text)) if is_page else "") or reply.excerpt


def beginning(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: _EXCERPT * 4]).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 3] + "..."


def _code(reply: Reply) -> str | int:
    """The service's own code for what went wrong, else the status."""
    code = value_at(reply.lenient_content, _rule(reply).code)
    return code if isinstance(code, (str, int)) and not isinstance(code, bool) and code != "" else reply.status


def meant_status(reply: Reply) -> int:
    """Give the HTTP status that an answer amounts to: its own, unless the service's own code says another."""
    statuses = _rule(reply).statuses
    if not statuses or (200 <= reply.status < 300 and not _says_error(reply)):
        return reply.status
    return statuses.get(str(_code(reply)), reply.status)


def may_say_error(head: Reply) -> bool:
    """Tell whether an answer of success has to be read before it counts as one; its content does not matter here."""
    if not _rule(head).when or not 200 <= head.status < 300:
        return False
    media_type = head.media_type
    types = head.call.operation.rules.json_types if head.call.operation else ()
    return media_type is None or is_json(media_type) or media_type in types


def _says_error(reply: Reply) -> bool:
    """Whether an answer whose status says success says in its content that it is an error."""
    when = _rule(reply).when
    if not when or not reply.body:
        return False
    content = reply.lenient_content
    found = ((value_at(content, pointer), values) for pointer, values in when.items())
    return any(isinstance(value, (str, int)) and _as_json_text(value) in values for value, values in found)


def _as_json_text(value: str | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def masked_words(text: str, reply: Reply) -> str:
    """Write what a service says in one line, and without the secrets of the call that it may say back."""
    secrets = (*reply.hidden, *(secret for _, secret in reply.call.secret_headers))
    text = _PROOF.sub(rf"\1 {MASK}", mask_secrets(text, secrets, longer_than=6))  # no scheme's name
    return mask_url("".join(c if c.isprintable() or c == "\n" else " " for c in text))


def changed_method(method: str, status: int) -> str:
    """Say why a redirect that would change the method is not followed. Source: RFC 9110 section 15.4."""
    if status == 303:
        return f"the {method} was carried out, most likely, and its result is there to be got; do not make it again"
    return f"a {method} would become another call there; make it at the right URL"


def _redirect_reason(reply: Reply) -> str:
    if reply.call.method not in ("GET", "HEAD"):
        return f": {changed_method(reply.call.method, reply.status)}"
    return ""
