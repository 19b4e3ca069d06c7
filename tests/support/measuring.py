"""
What tests measure and run apart: the work of a call, and a child of the process.

Takes a function; gives the lines of Python that it runs, or the exit status of the child that ran it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["in_child", "lines_run"]


def lines_run(call: Any) -> int:
    """How many lines of Python a call runs: a measure of work that no machine changes."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def in_child(work: Callable[[], bool]) -> int:
    """Run something in a child process and give its exit status: 0 where it gives true."""
    child = os.fork()
    if not child:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
