"""
Files that are whole or as they were before.

Takes a path or an open binary file; gives a place to write blocks to. A path is written under a temporary name in its
own directory and renamed when everything is there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from restpath.errors import InvalidValue

__all__ = ["Target", "open_target"]


class Target:
    """Where the blocks of a download go."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.kept = False

    def __call__(self, block: bytes) -> None:
        """Write a block whole."""
        view = memoryview(block)
        while view:
            written = self._file.write(view)
            view = view[len(view) if written is None else written :]

    def keep_old(self) -> None:
        """Leave what was there before: there is nothing new."""
        self.kept = True


@contextmanager
def open_target(target: str | os.PathLike[str] | BinaryIO) -> Iterator[Target]:
    """
    Open a target for writing, before anything is sent.

    Raises:
        InvalidValue: it cannot be written.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield Target(_checked(target))
        return
    path = os.fspath(target)
    folder, name = os.path.split(path)
    if not name or os.path.isdir(path):
        raise InvalidValue(f"cannot save to {path!r}: it is a directory; give a file name in it")
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder or ".")
    except OSError as error:
        raise InvalidValue(f"cannot save to {path!r}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            write = Target(file)
            yield write
        if not write.kept:
            os.chmod(temporary, _mode(path))
            os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _mode(path: str) -> int:
    """The mode of the file that is replaced, or that of a new one; a temporary file is its owner's alone."""
    try:
        return os.stat(path).st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _checked(target: Any) -> Any:
    if not callable(getattr(target, "write", None)) or hasattr(target, "encoding"):
        raise InvalidValue(f"cannot save to {target!r}: give a path, or a file opened for writing in binary mode")
    if getattr(target, "closed", False):
        raise InvalidValue("cannot save to a closed file: keep it open until the call is done")
    return target
