"""
A server of the tools in a process of its own.

Takes the name of a program beside this one, which prints its URL and serves until its standard input ends, and what it
is given; gives the URL while it runs. One that does not end is killed, and that is an error.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["serving_by"]


@contextmanager
def serving_by(program: str, *arguments: str) -> Iterator[str]:
    """Run a server, and give its URL. Raises TimeoutExpired: it has not ended after half a minute."""
    command = [sys.executable, str(Path(__file__).with_name(program)), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
