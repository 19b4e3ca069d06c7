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
    from types import TracebackType

    from restpath.call import Call

__all__ = ["fate_of"]

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE", "QUERY")
_SENDING = {
    ("restpath.firsttry", "try_first"),
    ("restpath.core", "_exchange"),
    ("restpath.core", "_perform_ordinarily"),
}
_PROVING = {("restpath.core", "proof_for"), ("restpath.core", "_proof_in_time")}


def fate_of(call: Call, interrupt: KeyboardInterrupt) -> str:
    """Say what may have happened to a call; "" for one that changes nothing."""
    if call.method in _SAFE:
        return ""
    if _may_have_happened(set(_places(interrupt.__traceback__))):
        return f": {call.described()} may have been carried out"
    return f": {call.described()} was not sent"


def _may_have_happened(places: set[tuple[str, str]]) -> bool:
    """Tell whether it may have been sent; of a connection that is made once more, what was sent before counts."""
    connecting = any(module.startswith("urllib3.") and name in ("connect", "_new_conn") for module, name in places)
    is_first = ("restpath.core", "_try_until_done") not in places
    return bool(places & _SENDING) and not places & _PROVING and not (connecting and is_first)


def _places(step: TracebackType | None) -> Iterator[tuple[str, str]]:
    """The modules and functions that an interrupt came through."""
    while step is not None:
        yield step.tb_frame.f_globals.get("__name__", ""), step.tb_frame.f_code.co_name
        step = step.tb_next
