"""
Files that are whole or as they were before.

Takes a path or an open binary file; gives a place to write blocks to. A path is written under a temporary name in its
own directory (`.NAME.0.part`) and renamed when everything is there; the next to write there removes what was left by
one who was killed.
"""

from __future__ import annotations

import io
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

from restpath.edge.locking import try_lock
from restpath.errors import InvalidValue
from restpath.types import Headers

__all__ = ["Target", "open_target"]

_NAMES = 100
_BEHIND = 12
_OLD_SECONDS = 3600.0


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
        file = _opened(given, path, "wb")
        try:
            yield Target(file, repr(given))
            _settle(given, file.flush)
        finally:
            _closed(file)
        return
    with _replacing(given, path) as write:
        yield write


@contextmanager
def _replacing(given: str, path: str) -> Iterator[Target]:
    """Write beside the old file, and put the new one in its place when it is whole."""
    file, temporary = _beside(given, path)
    write, is_there = Target(file, repr(given)), False
    try:
        yield write
        if not write.kept:
            _settle(given, lambda: _replace(file, temporary, path))
            is_there = True
    finally:
        if sys.platform == "win32":  # where nobody removes what is open
            _closed(file)
        if not is_there:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        _closed(file)


def _replace(file: BinaryIO, temporary: str, path: str) -> None:
    file.flush()
    if sys.platform == "win32":
        file.close()
    if os.path.exists(path):
        os.chmod(temporary, os.stat(path).st_mode & 0o777)
    os.replace(temporary, path)  # while it is locked, or another might take it for what was left behind


def _settle(given: str, action: Callable[[], object]) -> None:
    try:
        action()
    except OSError as error:
        raise InvalidValue(f"cannot save to {given!r}: {error.strerror or error}") from error


def _closed(file: BinaryIO) -> None:
    with suppress(OSError):  # what did not go to the disk was told before
        file.close()


# ---- the file beside ---------------------------------------------------------------------------------------------


def _beside(given: str, path: str) -> tuple[BinaryIO, str]:
    """
    Make the file that is written beside the one to be replaced.

    Its name is the first that nobody writes to at the moment. What was left by one who was killed is removed: there is
    never more of it than there were writers at once. It is never open to more people than the old file.
    """
    folder, name = os.path.split(path)
    mode = os.stat(path).st_mode & 0o666 if os.path.exists(path) else 0o666
    for number in (*range(_NAMES), secrets.token_hex(6)):
        # Of a long name only the beginning, or there would be no room for the rest.
        temporary = os.path.join(folder, f".{name[:32]}.{number}.part")
        try:
            file = _made(temporary, mode) or (_made(temporary, mode) if _is_swept(temporary) else None)
        except OSError as error:
            raise InvalidValue(f"cannot save to {given!r}: {error.strerror or error}") from error
        if file is not None:
            _sweep_behind(temporary, number)
            return file, temporary
    raise InvalidValue(f"cannot save to {given!r}: there is no room for a file beside it")


def _sweep_behind(place: str, number: object) -> None:
    """Remove what was left under the names that come next: there were more writers at once then."""
    if isinstance(number, int):
        stem = place.removesuffix(f"{number}.part")
        for behind in (f"{stem}{number + more}.part" for more in range(1, _BEHIND)):
            if os.path.lexists(behind):
                _is_swept(behind)


def _made(place: str, mode: int) -> BinaryIO | None:
    """Make a file and lock it, as the sign that somebody is writing; None where there is one of that name."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(place, flags, mode)
    except FileExistsError:
        return None
    if sys.platform != "win32":
        with suppress(OSError):  # where nothing can be locked, nothing is swept out either
            if not try_lock(number) or not _is_at(number, place):  # swept out before it was locked
                os.close(number)
                return None
    return os.fdopen(number, "wb")


def _is_swept(place: str) -> bool:
    """Remove what was left by a writer who was killed; False where it may be somebody's yet."""
    try:
        if sys.platform == "win32":
            # What is open is not removed there; but that a file has no writer is told by nothing but its age.
            if time.time() - os.stat(place).st_mtime > _OLD_SECONDS:
                os.unlink(place)
            return not os.path.lexists(place)
        number = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode) or not try_lock(number) or not _is_at(number, place):
                return False
            os.unlink(place)
        finally:
            os.close(number)
    except OSError:
        return False
    return True


def _is_at(number: int, place: str) -> bool:
    """Tell whether an open file is still what a name stands for."""
    return os.path.lexists(place) and os.path.samestat(os.fstat(number), os.lstat(place))


# ---- what is given -----------------------------------------------------------------------------------------------


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
