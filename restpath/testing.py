"""
What tests of programs that use restpath need: a clock that does not wait, and cassettes without secrets.

Takes clients and what vcrpy is about to record; gives the same without anything that could be a credential.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote_plus

from restpath.auth.schemes import named_in
from restpath.client import Client, core_of
from restpath.core import Core
from restpath.edge.clock import Clock
from restpath.masking import MASK, is_secret_name, mask_json, mask_url

__all__ = ["FakeClock", "use_clock", "vcr_filters"]


class FakeClock:
    """
    A clock that goes on only when somebody sleeps by it.

    Attributes:
        slept: the seconds of each wait, in order.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time it shows."""
        return self._now + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Go on by so many seconds, at once."""
        self.slept.append(seconds)
        self._seconds += seconds


def use_clock(client: Client, clock: Clock, chance: Callable[[], float] = lambda: 1.0) -> None:
    """
    Put another clock into a client, so that its retries do not wait.

    Args:
        client: the client.
        clock: a `FakeClock`, or anything like one.
        chance: gives the share of the longest backoff that is waited, from 0 to 1.
    """
    core: Core = core_of(client)
    core.clock, core.chance = clock, chance


def vcr_filters(client: Client | None = None) -> dict[str, Callable[[Any], Any]]:
    """
    Give the two settings of vcrpy that keep secrets out of cassettes: `vcr.VCR(**vcr_filters(client))`.

    Header fields, query values and fields of bodies are masked by their names; of a client's definition also the
    fields and query values in which it sends credentials, whatever they are called.
    """
    known = {name.lower() for name in _names_of(client)} if client is not None else set()

    def secret(name: str) -> bool:
        return name.lower() in known or is_secret_name(name)

    return {
        "before_record_request": lambda request: _request(request, secret),
        "before_record_response": lambda response: _response(response, secret),
    }


_IsSecret = Callable[[str], bool]


def _names_of(client: Client) -> Iterator[str]:
    """The header fields, parameters and fields in which a client sends credentials, and asks for tokens."""
    service = core_of(client).definition.service
    for scheme in service.schemes.values():
        yield from (*scheme.headers, *scheme.query, *scheme.fields)
        yield from [scheme.signature.parameter] if scheme.signature is not None else ()
        if scheme.token is None:
            continue
        for fields in scheme.token.grants.values():
            for name, text in fields.items():
                used = [service.credentials.get(each) for each in named_in(text)]
                yield from [name] if any(each is None or each.secret for each in used) else ()
        answer = scheme.token.answer
        yield from (pointer.rpartition("/")[2] for pointer in (*answer.token, answer.refresh_token) if pointer)


def _request(request: Any, secret: _IsSecret) -> Any:
    body = request.body
    if body is None or isinstance(body, (bytes, str)):
        request = copy.copy(request)
    else:  # an upload, which vcrpy keeps in blocks
        body = body.read() if hasattr(body, "read") else b"".join(body)
        request = type(request)(request.method, request.uri, body, request.headers)
    request.headers = {name: _field(name, value, secret) for name, value in dict(request.headers).items()}
    request.uri = _url(request.uri, secret)
    request.body = None if body is None else _body(body, secret)
    return request


def _field(name: str, value: Any, secret: _IsSecret) -> Any:
    """The value of a header field; what is no secret by its name may still be a URL with one in it."""
    if secret(name):
        return MASK
    return _url(value, secret) if isinstance(value, str) else value


def _url(text: str, secret: _IsSecret) -> str:
    return re.sub(
        r"([?&])([^=&#\s]+)=([^&#\s\"<>]*)",
        lambda match: f"{match[1]}{match[2]}={MASK}" if secret(unquote_plus(match[2])) else match[0],
        mask_url(text),
    )


def _response(response: Mapping[str, Any], secret: _IsSecret) -> dict[str, Any]:
    clean = copy.deepcopy(dict(response))
    clean["headers"] = {
        name: [_field(name, each, secret) for each in value] if isinstance(value, list) else _field(name, value, secret)
        for name, value in clean.get("headers", {}).items()
        if name.lower() != "set-cookie"
    }
    body = clean.get("body", {})
    if isinstance(body.get("string"), (bytes, str)):
        body["string"] = _body(body["string"], secret)
        lengths = [name for name in clean["headers"] if name.lower() == "content-length"]
        for name in lengths:
            clean["headers"][name] = [str(len(body["string"]))]
    return clean


def _body(body: bytes | str, secret: _IsSecret) -> bytes | str:
    """Mask the fields of a JSON body or of a form, one with files among them; anything else stays."""
    text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
    try:
        clean = json.dumps(mask_json(json.loads(text), secret))
        clean = text if json.loads(clean) == json.loads(text) else clean
    except (ValueError, RecursionError):
        clean = _parts(text, secret) if text.startswith("--") else _form(text, secret)
    return clean.encode("utf-8", "surrogateescape") if isinstance(body, bytes) else clean


def _form(text: str, secret: _IsSecret) -> str:
    return re.sub(
        r"(^|&)([^=&\s]+)=([^&\s]*)",
        lambda match: f"{match[1]}{match[2]}={MASK}" if secret(unquote_plus(match[2])) else match[0],
        text,
    )


def _parts(text: str, secret: _IsSecret) -> str:
    """The parts of a multipart body (RFC 7578), its boundary being its first line."""
    boundary = text.partition("\r\n")[0]
    parts = text.split(f"\r\n{boundary}")
    return f"\r\n{boundary}".join(_part(part, secret) for part in parts)


def _part(part: str, secret: _IsSecret) -> str:
    head, blank, content = part.partition("\r\n\r\n")
    name = re.search(r'[;\s]name="([^"]*)"', head)
    if not blank or name is None:
        return part
    return f"{head}{blank}{MASK if secret(name[1]) else _body(content, secret)!s}"
