"""
Redirects: from an answer that points elsewhere to the call that goes there, or to none.

Takes a `Reply`; gives the next `Call`, or None where following would change what is done or tell a secret. Pure.
GET and HEAD follow; any other method only where the status keeps it (307, 308) and the origin is the same, so that a
POST is never turned into a GET and called done. To another origin goes a bare call: no credentials, no body, no
header field that could be one. HTTPS never falls to HTTP.
Source: RFC 9110 section 15.4; Fetch standard for what crosses origins.
"""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

from restpath.call import Call
from restpath.reply import Reply

__all__ = ["next_call"]

_KEEPS_METHOD = frozenset({307, 308})
_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_URL_SAFE = "%/?:@!$&'()*+,;=-._~[]"


def next_call(reply: Reply) -> Call | None:
    """Give the call that a redirect means; None if there is none, or none that may be made unasked."""
    call, status = reply.call, reply.status
    location = reply.headers.get("location")
    if status not in _FOLLOWED or not location or len(reply.headers.get_all("location")) != 1:
        return None
    try:
        target = urlsplit(urljoin(call.url, quote(location, safe=_URL_SAFE + "#")))
        moved = call.redirected(target._replace(fragment="").geturl(), bare=False)
        origin = moved.origin
    except ValueError:
        return None
    if origin[0] not in ("http", "https") or not origin[1] or target.username is not None:
        return None
    if call.origin[0] == "https" and origin[0] != "https":
        return None
    if origin == call.origin:
        return moved if call.method in ("GET", "HEAD") or status in _KEEPS_METHOD else None
    if call.method not in ("GET", "HEAD"):
        return None
    return call.redirected(moved.url, bare=True)
