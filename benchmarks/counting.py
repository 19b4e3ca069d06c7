"""
How many calls of functions an operation takes: a count that is the same on every machine, however busy it is.

Takes a function; gives the calls that one run of it makes, of Python's functions and of built-in ones, in this thread.
`tests/test_counts.py` holds the operations that everybody makes to a bound, so that what makes them slower is noticed
by `make test`; `python -m benchmarks.counting` prints the counts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES, Place

__all__ = ["COUNTED", "calls_of"]

COUNTED = ("get", "post", "checked", "path", "walk")
_WARM = 20  # what is worked out once has been, by then


def calls_of(operation: Callable[[], Any], warm: int = _WARM) -> tuple[int, int]:
    """
    Count the calls that an operation makes.

    Args:
        operation: what is counted.
        warm: how often it is done before.
    Returns:
        the calls of functions in Python, and those of built-in ones.
    """
    for _ in range(warm):
        operation()
    counts = {"call": 0, "c_call": 0}

    def count(frame: object, event: str, argument: object) -> None:
        if event in counts:
            counts[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        operation()
    finally:
        sys.setprofile(before)
    return counts["call"] - 1, counts["c_call"] - 1  # the operation itself, and setprofile


def main() -> None:
    import tempfile

    from benchmarks import server

    with tempfile.TemporaryDirectory() as folder, server.running(Path(folder)) as running:
        for row in COUNTED:
            for name, case in CASES[row].items():
                python, builtin = calls_of(case(Place(running.url)), 1 if row == "walk" else _WARM)
                print(f"{row:8} {name:10} {python:7} calls of functions, {builtin:7} of built-in ones")


if __name__ == "__main__":
    main()
