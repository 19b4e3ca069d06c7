"""
Redirects: from an answer that points elsewhere to the call that goes there, or to why there is none.

Takes a `Reply`; gives the next `Call`, or in words why following would change what is done or tell a secret. Pure.
GET and HEAD follow; any other method only where the status keeps it (307, 308) and the origin is the same, so that a
POST is never turned into a GET and called done. To another origin goes a bare call: no credentials, no body, no
header field that could be one. HTTPS never falls to HTTP.
Source: RFC 9110 section 15.4; Fetch standard for what crosses origins.
"""

from __future__ import annotations

from urllib.parse import SplitResult

from restpath.call import Call
from restpath.errors import RequestError
from restpath.links import has_server, resolved
from restpath.refusals import changed_method, masked_words
from restpath.reply import Reply

__all__ = ["next_call", "redirect_error"]

_KEEPS_METHOD = frozenset({307, 308})
_FOLLOWED = frozenset({301, 302, 303, 307, 308})
_FOLLOWING = ("GET", "HEAD")


def next_call(reply: Reply, *, repeatable: bool = True) -> Call | str | None:
    """
    Give the call that a redirect means.

    Args:
        reply: the answer; its content does not matter.
        repeatable: whether the body of the call that was answered can be sent again.
    Returns:
        the call; words why there is none that may be made unasked; None for an answer that is no redirect.
    """
    call, status = reply.call, reply.status
    if status not in _FOLLOWED:
        return None
    target = _target(reply)
    if isinstance(target, str):
        return target
    moved = call.redirected(target._replace(fragment="").geturl(), bare=False)
    if call.origin[0] == "https" and moved.origin[0] != "https":
        return "HTTPS does not fall to HTTP"
    if call.method not in _FOLLOWING and status not in _KEEPS_METHOD:
        return changed_method(call.method, status)
    if moved.origin != call.origin:
        if call.method not in _FOLLOWING:
            return f"a {call.method} goes to no other server than the one it was meant for"
        return call.redirected(moved.url, bare=True)
    if not repeatable:
        return "its body can be read only once; give a path or a file that can seek"
    return moved


def redirect_error(reply: Reply, why: str) -> RequestError:
    """Make the error for a redirect that was not followed, which names the location."""
    location = masked_words(reply.headers.get("location", ""), reply) or "nowhere"
    detail = f"redirects to {location}, which was not followed: {why}"
    text = f"{reply.call.described()} {detail} ({reply.status})"
    return RequestError(text, reply=reply, code=reply.status, detail=detail)


def _target(reply: Reply) -> SplitResult | str:
    """The URL that a location means, or what is wrong with it."""
    lines = reply.headers.get_all("location")
    if len(lines) != 1 or not lines[0].strip():
        return "there is more than one location" if len(lines) > 1 else "there is no location"
    target = resolved(_as_bytes(lines[0]), reply.call.url)
    if target is None:
        return "that is no URL"
    if target.scheme not in ("http", "https"):
        return "that is no http or https URL"
    if not has_server(target):
        return "that is no URL"
    if target.username is not None or target.password is not None:
        return "there are credentials in it"
    return target


def _as_bytes(location: str) -> bytes:
    """The bytes that came: header fields are read as ISO-8859-1, whatever was meant."""
    try:
        return location.encode("latin-1")
    except UnicodeEncodeError:
        return location.encode("utf-8", "replace")
