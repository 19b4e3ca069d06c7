"""
What became of a call that Ctrl-C ended: whether the service may have carried it out.

Takes the call and the interrupt; gives words. Where the interrupt came is read from its traceback: before anything was
sent, while the first connection was made, or later.
Source: RFC 9110 section 9.2.1: what is safe changes nothing, whatever became of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from restpath.exchange import was_asked_before

if TYPE_CHECKING:
    from restpath.call import Call

__all__ = ["fate_of"]

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY")
_SENDING = {("restpath.firsttry", "try_first"), ("restpath.carrying", "carry"), ("restpath.carrying", "download")}
_PROVING, _RENEWING = ("restpath.core", "proof_for"), ("restpath.carrying", "renewed")


def fate_of(call: Call, interrupt: KeyboardInterrupt) -> str:
    """Say what may have happened to a call; "" for one that changes nothing."""
    if call.method in _SAFE:
        return ""
    if _may_have_happened(interrupt):
        return f": {call.described()} may have been carried out"
    return f": {call.described()} was not sent"


def _may_have_happened(interrupt: KeyboardInterrupt) -> bool:
    """Tell whether it may have been sent; of a connection that is made once more, what was sent before counts."""
    from restpath.edge.failures import frames_of, was_connecting  # which load what sends

    came_through = set(frames_of(interrupt))
    if _PROVING in came_through:  # a token is got: before the call, or as the service has refused it
        return _RENEWING in came_through
    if not _SENDING & came_through:
        return False
    return not was_connecting(interrupt) or _RENEWING in came_through or was_asked_before(interrupt)
