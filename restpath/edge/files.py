"""
Files that are whole or as they were before.

Takes a path or an open binary file; gives a place to write blocks to. A path is written under a temporary name in its
own directory and renamed when everything is there.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

from restpath.errors import InvalidValue
from restpath.types import Headers

__all__ = ["Target", "open_target"]


class Target:
    """
    Where the blocks of a download go.

    Attributes:
        received: how many bytes were written.
        headers: the header fields of the answer they are from; None before there is one.
        kept: whether the old file is to stay, for there is nothing new.
    """

    def __init__(self, file: Any, label: str) -> None:
        self._file, self._label = file, label
        self.received = 0
        self.headers: Headers | None = None
        self.kept = False

    def __call__(self, block: bytes) -> None:
        """
        Write a block whole.

        Raises:
            InvalidValue: the disk is full, or the file takes no more.
        """
        rest = block
        while rest:
            try:
                written = self._file.write(rest)
            except OSError as error:
                raise InvalidValue(f"cannot save to {self._label}: {error.strerror or error}") from error
            if written == 0:
                raise InvalidValue(f"cannot save to {self._label}: it takes no more bytes")
            # Of a writer that does not say how much it took, it was all.
            rest = rest[written:] if isinstance(written, int) else b""
        self.received += len(block)

    def begin_again(self) -> None:
        """
        Take back what was written, for another version of the content is to come.

        Raises:
            InvalidValue: the caller's file cannot go back.
        """
        if not self.received:
            return
        try:
            self._file.seek(-self.received, os.SEEK_CUR)
            self._file.truncate()
        except (OSError, AttributeError, ValueError) as error:
            raise InvalidValue(
                "the download broke off, its content has changed since, and the file it went to cannot go back: "
                "give a path, or a file that can seek"
            ) from error
        self.received = 0

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
        yield Target(_checked(target), "the open file")
        return
    given = os.fsdecode(target)
    path = _checked_path(given)
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe, a device: nothing to be replaced
        with _opened(given, path, "wb") as file:
            yield Target(file, repr(given))
        return
    with _replacing(given, path) as write:
        yield write


@contextmanager
def _replacing(given: str, path: str) -> Iterator[Target]:
    """Write beside the old file, and put the new one in its place when it is whole."""
    folder, name = os.path.split(path)
    # Of a long name only the beginning, or there would be no room for the rest.
    temporary = os.path.join(folder, f".{name[:32]}.{secrets.token_hex(6)}.part")
    file = _opened(given, temporary, "xb")
    try:
        with file:
            write = Target(file, repr(given))
            yield write
        if not write.kept:
            _replace(given, temporary, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _replace(given: str, temporary: str, path: str) -> None:
    try:
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except OSError as error:
        raise InvalidValue(f"cannot save to {given!r}: {error.strerror or error}") from error


def _checked_path(given: str) -> str:
    """The path of the file itself: a link stays one, and what it leads to is replaced."""
    try:
        path = os.path.realpath(given)
        os.stat(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # too long a name, a file for a folder; ValueError: a NUL
        raise InvalidValue(f"cannot save to {given!r}: {getattr(error, 'strerror', None) or error}") from error
    if os.path.isdir(path) or not os.path.basename(given):
        raise InvalidValue(f"cannot save to {given!r}: it is a directory; give the name of a file in it")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise InvalidValue(f"cannot save to {given!r}: it is write-protected")
    return path


def _opened(given: str, path: str, mode: str) -> BinaryIO:
    try:
        return cast(BinaryIO, open(path, mode))
    except OSError as error:
        raise InvalidValue(f"cannot save to {given!r}: {error.strerror or error}") from error


def _checked(target: Any) -> Any:
    if not callable(getattr(target, "write", None)) or hasattr(target, "encoding"):
        raise InvalidValue(
            f"cannot save to a {type(target).__name__}: give a path, or a file opened for writing in binary mode ('wb')"
        )
    if getattr(target, "closed", False) is True:
        raise InvalidValue("cannot save to a closed file: keep it open until the call is done")
    if isinstance(target, io.IOBase) and not target.writable():
        raise InvalidValue("cannot save to a file that is open for reading only: open it with mode 'wb'")
    return target
