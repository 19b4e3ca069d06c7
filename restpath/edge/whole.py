"""
Writing whole: a file that whoever reads it, now or after a crash, finds as it was or as it is now.

Takes a place and bytes; writes beside it, has the disk take that, and renames. What is made is the user's alone
(folders 0700, files 0600). Errors are the system's own: what they mean is for the caller to say.
Source: rename(2) and fsync(2).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path as FilePath

from restpath.edge.clock import Clock
from restpath.edge.locking import insist

__all__ = ["make_missing", "sync_folder", "write_whole"]


def make_missing(folder: FilePath) -> None:
    """Make a folder with those above it, as far as they are not there. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    for each in reversed(missing):
        each.mkdir(0o700, exist_ok=True)


def write_whole(place: str, temporary: str, data: bytes, clock: Clock | None = None) -> None:
    """
    Put bytes in the place of a file.

    Args:
        temporary: a name in the same folder, which a lock that the caller holds keeps for this.
    Raises:
        OSError: that cannot be; the old file stands.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with suppress(FileNotFoundError):  # of one who was killed while writing
        os.unlink(temporary)
    try:
        with open(temporary, "wb", opener=lambda name, _: os.open(name, flags, 0o600)) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        insist(lambda: os.replace(temporary, place), clock)
    finally:
        with suppress(OSError):
            os.unlink(temporary)
    sync_folder(FilePath(place).parent)  # or the old file may be there again after a power failure


def sync_folder(folder: FilePath) -> None:
    """Have the disk take what was renamed in a folder, where the system has a way to say so."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # some network file systems know of no such thing
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
