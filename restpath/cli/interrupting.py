"""
What became of a call that Ctrl-C ended: whether the service may have carried it out.

Takes the call and the interrupt; gives words. Where the interrupt came is read from its traceback: before anything was
sent, while the first connection was made, or later.
Source: RFC 9110 section 9.2.1: what is safe changes nothing, whatever became of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from restpath.call import Call

__all__ = ["fate_of"]

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY")
_SENDING = {("restpath.firsttry", "try_first"), ("restpath.carrying", "carry"), ("restpath.carrying", "download")}
_PROVING, _RENEWING = ("restpath.core", "proof_for"), ("restpath.carrying", "renewed")
_TRYING = ("restpath.carrying", "_try")


def fate_of(call: Call, interrupt: KeyboardInterrupt) -> str:
    """Say what may have happened to a call; "" for one that changes nothing."""
    if call.method in _SAFE:
        return ""
    if _may_have_happened({_name(frame): frame for frame in _frames(interrupt.__traceback__)}):
        return f": {call.described()} may have been carried out"
    return f": {call.described()} was not sent"


def _may_have_happened(frames: dict[tuple[str, str], FrameType]) -> bool:
    """Tell whether it may have been sent; of a connection that is made once more, what was sent before counts."""
    if _PROVING in frames:  # a token is got: before the call, or as the service has refused it
        return _RENEWING in frames
    if not _SENDING & set(frames):
        return False
    if not any(module.startswith("urllib3.") and name == "connect" for module, name in frames):
        return True
    return _RENEWING in frames or (_TRYING in frames and frames[_TRYING].f_locals.get("tries") != 1)


def _frames(step: TracebackType | None) -> Iterator[FrameType]:
    """What an interrupt came through, the outermost first."""
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _name(frame: FrameType) -> tuple[str, str]:
    """The module and the function."""
    return frame.f_globals.get("__name__", ""), frame.f_code.co_name
