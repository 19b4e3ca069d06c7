"""
Fetching: a description from the one URL that the user gives.

Takes a URL; gives the bytes behind it, and the URL they came from in the end. Redirects are followed as everywhere;
user name and password in the URL go to its own origin alone, and nothing else that this machine knows goes anywhere.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from restpath.auth.schemes import BasicLogin, Proof
from restpath.call import Call
from restpath.edge.clock import SystemClock
from restpath.edge.deadline import Deadline
from restpath.edge.sending import Sending
from restpath.errors import BadReply, InvalidValue, Timeout, TransportError
from restpath.masking import mask_url
from restpath.redirects import next_call, redirect_error
from restpath.refusals import error_of
from restpath.reply import Reply
from restpath.types import Headers
from restpath.version import __version__

if TYPE_CHECKING:
    from restpath.edge.transport import RequestsTransport

__all__ = ["Fetched", "fetch_changed", "fetch_description"]

_LIMITS = (10.0, 60.0)
_WHOLE_SECONDS = 300.0
_MAX_REDIRECTS = 10
_ACCEPT = "application/vnd.oai.openapi+json, application/json, application/yaml;q=0.9, text/yaml;q=0.9, */*;q=0.5"


class Fetched(NamedTuple):
    """
    What a URL gave.

    Attributes:
        data: the content; None where it is what the caller has already.
        found_at: the URL it came from in the end, without user information.
        etag, last_modified: by which it can be asked for again; "" where the server does not say.
    """

    data: bytes | None
    found_at: str
    etag: str = ""
    last_modified: str = ""


def fetch_description(url: str, max_bytes: int) -> tuple[bytes, str]:
    """
    Get a description.

    Args:
        url: an http or https URL.
        max_bytes: how large it may be.
    Returns:
        the content, and the URL it came from, without user information.
    Raises:
        InvalidValue: it is no URL.
        TransportError: no answer came, or one that is too large or takes too long.
        RequestError: the server answered with an error.
    """
    fetched = fetch_changed(url, max_bytes)
    return fetched.data or b"", fetched.found_at


def fetch_changed(url: str, max_bytes: int, known: Mapping[str, str] | None = None) -> Fetched:
    """
    Get a description unless it is the one that is known already.

    Args:
        known: If-None-Match and If-Modified-Since, as far as they are known.
    Raises:
        InvalidValue, TransportError, RequestError: as `fetch_description` does.
    """
    from restpath.edge.transport import RequestsTransport

    bare, login = _parted(url)
    call = Call("GET", bare, headers=Headers({"Accept": _ACCEPT, **(known or {})}))
    transport = RequestsTransport(None, user_agent=f"restpath/{__version__}")
    deadline = Deadline(_WHOLE_SECONDS, SystemClock())
    try:
        with deadline.armed():
            reply = _followed(transport, call, login, deadline, max_bytes)
    except TransportError as error:
        if deadline.passed:
            raise Timeout(f"{call.described()} took longer than {_WHOLE_SECONDS:.0f} seconds", call=call) from error
        raise
    finally:
        transport.close()
    marks = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
    return Fetched(None if reply.status == 304 and known else reply.body, reply.url, *marks)


def _followed(
    transport: RequestsTransport, call: Call, login: BasicLogin | None, deadline: Deadline, max_bytes: int
) -> Reply:
    """The answer at the end of all redirects. Whoever was sent elsewhere comes back without the login."""
    first, home = call, True
    for _ in range(_MAX_REDIRECTS + 1):
        limits, auth = deadline.shorten(_LIMITS), login if home else None
        answer = transport.send(call, Sending(None), Proof(), timeout=limits, auth=auth, trusted=True)
        try:
            reply = _reply(call, answer.status, answer.headers, b"", answer.reason)
            following = next_call(reply)
            if not isinstance(following, Call):
                reply = _reply(call, answer.status, answer.headers, answer.read(max_bytes), answer.reason)
        finally:
            answer.close()
        if not isinstance(following, Call):
            error = error_of(reply) if following is None else redirect_error(reply, following)
            if error is not None:
                raise error
            return reply
        call, home = following, home and following.origin == first.origin
    raise BadReply(f"{first.described()} redirects more than {_MAX_REDIRECTS} times", call=call)


def _reply(call: Call, status: int, headers: Headers, body: bytes, reason: str) -> Reply:
    return Reply(status, headers, body, datetime.timedelta(0), call, reason)


def _parted(url: str) -> tuple[str, BasicLogin | None]:
    """The URL without user information and fragment, and the login that it held."""
    shown = mask_url(url) if "@" not in url else "the URL"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidValue(f"{shown} is no URL: {error}") from None
    if not host or any(char.isspace() or not char.isprintable() for char in url):
        raise InvalidValue(f"{shown} is no URL: give one such as 'https://api.example.com/openapi.json'")
    login = BasicLogin(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme.lower(), netloc, parts.path or "/", parts.query, "")), login
