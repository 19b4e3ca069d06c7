"""
Reply: the answer to a call, and its content or the error it stands for.

Takes status, header fields and bytes; gives a `Reply`, whose `content` is parsed when first asked for. Pure.
Source: RFC 9110 for status and media types, RFC 8259 for JSON, RFC 6901 for the places an error is read from.
"""

from __future__ import annotations

import codecs
import datetime
import re
from functools import lru_cache
from typing import Any

from restpath.call import Call
from restpath.content import is_surely_no_text, is_text, parse_json
from restpath.definition.mediatypes import essence_of, is_json
from restpath.definition.model import ErrorRule
from restpath.errors import BadReply, RequestError, error_class
from restpath.masking import MASK, Secret, mask_secrets, mask_url
from restpath.records import dataclass, field
from restpath.regex import pattern
from restpath.types import Headers, Json

__all__ = ["Reply", "error_of", "masked_words", "may_say_error", "meant_status", "result_of", "value_at"]

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


@dataclass(frozen=True)
class Reply:
    """
    The answer to a call.

    Attributes:
        status: the HTTP status code.
        headers: the header fields.
        body: the bytes of the content, decompressed.
        elapsed: the time from the first byte sent to the last one received.
        call: what was answered, without credentials.
        reason: the words beside the status.
        received: when the header fields arrived.
        tries: how often the call was sent.
        hidden: the secrets that went with the call, which no message may say; lost in a pickle.
        saved: how many bytes `.save` wrote; None where the content is in `body`.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    elapsed: datetime.timedelta
    call: Call
    reason: str = ""
    received: datetime.datetime | None = field(default=None, repr=False)
    tries: int = 1
    hidden: tuple[Secret, ...] = field(default=(), repr=False, compare=False)
    saved: int | None = None

    @property
    def url(self) -> str:
        """The URL that answered: the last one where there were redirects."""
        return self.call.url

    @property
    def media_type(self) -> str | None:
        """The media type without its parameters, in lower case; None if the answer names none."""
        return essence_of(self.headers.get("content-type", "")) or None

    @property
    def content(self) -> Json:
        """
        The content: JSON parsed, text as str, anything else as bytes; None if there is none.

        Raises:
            BadReply: it is not of the media type it claims.
        """
        # Kept as `cached_property` does it, but for its lock, which is one for all replies before Python 3.12.
        own = self.__dict__
        if "_content" not in own:
            own["_content"] = self._parsed()
        return own["_content"]

    def _parsed(self) -> Json:
        if not self.body or self.status in (204, 304):
            return None
        media_type = self.media_type
        if media_type is None:
            try:
                return parse_json(self.body, None)
            except (ValueError, RecursionError):
                return self._text_or_bytes()
        if not is_json(media_type):
            return self._json_or(media_type)
        try:
            return parse_json(self.body, self._charset)
        except (ValueError, RecursionError) as error:
            problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        # Raised outside the handler: json's own error carries all of the content with it.
        raise BadReply(
            f"{self.call.described()} answered {self.status} with {media_type} that is not: {problem}; "
            f"it begins {masked_words(self.excerpt, self)!r}. .reply(...).body has its bytes",
            call=self.call,
        ) from ValueError(problem)

    def _json_or(self, media_type: str) -> Json:
        """The content under a media type that is none of JSON's: JSON where the definition says so and it is some."""
        if media_type in (self.call.operation.rules.json_types if self.call.operation else ()):
            try:
                return parse_json(self.body, self._charset)
            except (ValueError, RecursionError):
                pass
        return self._text_or_bytes()

    @property
    def lenient_content(self) -> Json:
        """The content, or its text or bytes where it is not of the media type it claims: what an error shows."""
        try:
            return self.content
        except BadReply:
            return self._text_or_bytes()

    @property
    def text(self) -> str:
        """The content as text: by the character set it names, else UTF-8, else ISO-8859-1, which loses nothing."""
        charset = self._charset
        if charset is not None and charset not in ("utf-8", "utf8", "us-ascii"):
            try:
                return self.body.decode(charset, "replace")
            except (LookupError, ValueError):  # no such set, or no set at all
                pass
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return self.body.decode("utf-8-sig", "replace") if charset else self.body.decode("latin-1")

    @property
    def _charset(self) -> str | None:
        """The character set that the answer names, in lower case."""
        return _charset_of(self.headers.get("content-type", "text/plain")[:_LONGEST_TYPE])

    @property
    def excerpt(self) -> str:
        """The beginning of the content, for messages."""
        return _beginning(self.text)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the service asks to wait; None if it does not. Source: RFC 9110 section 10.2.3."""
        said = value_at(self.lenient_content, self._rule.retry_after) if self._rule.retry_after else None
        value = (self.headers.get("retry-after", "") if said is None else str(said)).strip()
        seconds = _SECONDS.fullmatch(value)
        if seconds:
            return float(value[:40]) if len(seconds.group(1)) < 10 else _LONGEST_SECONDS
        from email.utils import parsedate_to_datetime

        try:
            then = parsedate_to_datetime(value)
        except (TypeError, ValueError, OverflowError, IndexError):
            return None
        now = self.received or datetime.datetime.now(datetime.timezone.utc)
        then = then if then.tzinfo else then.replace(tzinfo=datetime.timezone.utc)
        return max(0.0, (then - now).total_seconds())

    @property
    def _rule(self) -> ErrorRule:
        return self.call.operation.rules.errors if self.call.operation else ErrorRule()

    def _text_or_bytes(self) -> str | bytes:
        media_type, body = self.media_type, self.body
        if media_type is None:
            try:
                return body.decode()
            except UnicodeDecodeError:
                return body
        return self.text if is_text(media_type) or self._says_it_is_text(media_type) else body

    def _says_it_is_text(self, media_type: str) -> bool:
        """Whether a type that need not be text names a character set, and holds to it."""
        if self._charset in (None, "binary") or is_surely_no_text(media_type):
            return False
        try:
            self.body.decode(self._charset or "utf-8")
        except (LookupError, ValueError):
            return False
        return True

    def __repr__(self) -> str:
        size = f"{len(self.body)} bytes" if self.saved is None else f"{self.saved} bytes saved"
        return f"<Reply {self.status} to {self.call.described()}: {size}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Reply, (
            self.status, self.headers, self.body, self.elapsed, self.call, self.reason, self.received, self.tries,
            self.hidden, self.saved,
        )  # fmt: skip


# What grows with the square of its length: the time to read a Content-Type, and to decode what no document is in.
_LONGEST_TYPE = 1000
_FOR_HOST_NAMES = ("punycode", "idna")
_NO_CHARSET = "unknown"  # which Python knows as little as any that is made up


@lru_cache(maxsize=128)
def _charset_of(content_type: str) -> str | None:
    from email.message import Message

    message = Message()
    message["Content-Type"] = content_type
    try:
        charset = message.get_content_charset()
    except (LookupError, ValueError):
        return None
    return charset if charset is None or _may_be_in(charset) else _NO_CHARSET


def _may_be_in(charset: str) -> bool:
    """Whether a document may be in a character set; one that nobody knows is looked for when it is decoded."""
    try:
        return codecs.lookup(charset).name not in _FOR_HOST_NAMES
    except (LookupError, ValueError):
        return True


def value_at(content: Json, pointer: str | None, otherwise: Any = None) -> Any:
    """Give what stands at a JSON Pointer (RFC 6901); where nothing does, None or what is said otherwise."""
    if pointer is None:
        return otherwise
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict):
            content = content.get(token, otherwise)
        elif isinstance(content, list) and re.fullmatch("[0-9]{1,9}", token) and int(token) < len(content):
            content = content[int(token)]
        else:
            return otherwise
    return content


def result_of(reply: Reply) -> Any:
    """
    What a call gives its caller: the content; for HEAD the count that a header carries, else the header fields.

    Raises:
        RequestError: the status says that the call failed.
        BadReply: the answer is not what it says it is.
    """
    error = error_of(reply)
    if error is not None:
        raise error
    if reply.call.method != "HEAD":
        return reply.content
    name = reply.call.operation.rules.count_header if reply.call.operation else None
    if name is None:
        return reply.headers
    text = reply.headers.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,99}", text.strip()):
        raise BadReply(
            f"{reply.call.described()} answered {name}: {text[:_EXCERPT]!r}, which is no number of items",
            call=reply.call,
        )
    return int(text)


def error_of(reply: Reply) -> RequestError | None:
    """Give the error that a status stands for; None for success and for 304, which is an answer as good as any."""
    status = reply.status
    if (200 <= status < 300 and not _says_error(reply)) or status == 304:
        return None
    if 300 <= status < 400:
        location = masked_words(reply.headers.get("location", ""), reply) or "nowhere"
        detail = f"redirects to {location}, which was not followed{_redirect_reason(reply)}"
        return RequestError(f"{reply.call.described()} {detail} ({status})", reply=reply, code=status, detail=detail)
    content, rule = reply.lenient_content, reply._rule
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
    text = f"{reply.call.described()} {failed} {shown or 'no further words'}"
    return error_class(meant_status(reply))(text, reply=reply, code=code, detail=detail)


def _page_words(reply: Reply) -> str:
    """The beginning of an answer; of a page of HTML that of its words."""
    text = reply.text[: _EXCERPT * 20]
    is_page = text.lstrip()[:14].lower().startswith(("<!doctype html", "<html"))
    return (_beginning(_MARKUP.sub(" ", text)) if is_page else "") or reply.excerpt


def _beginning(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: _EXCERPT * 4]).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 3] + "..."


def _code(reply: Reply) -> str | int:
    """The service's own code for what went wrong, else the status."""
    code = value_at(reply.lenient_content, reply._rule.code)
    return code if isinstance(code, (str, int)) and not isinstance(code, bool) and code != "" else reply.status


def meant_status(reply: Reply) -> int:
    """Give the HTTP status that an answer amounts to: its own, unless the service's own code says another."""
    statuses = reply._rule.statuses
    if not statuses or (200 <= reply.status < 300 and not _says_error(reply)):
        return reply.status
    return statuses.get(str(_code(reply)), reply.status)


def may_say_error(head: Reply) -> bool:
    """Tell whether an answer of success has to be read before it counts as one; its content does not matter here."""
    if not head._rule.when or not 200 <= head.status < 300:
        return False
    media_type = head.media_type
    types = head.call.operation.rules.json_types if head.call.operation else ()
    return media_type is None or is_json(media_type) or media_type in types


def _says_error(reply: Reply) -> bool:
    """Whether an answer whose status says success says in its content that it is an error."""
    when = reply._rule.when
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


def _redirect_reason(reply: Reply) -> str:
    if reply.call.method not in ("GET", "HEAD"):
        return f": a {reply.call.method} would become another call there; make it at the right URL"
    return ""
