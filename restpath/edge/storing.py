"""
Storing: data files that are whole, or as they were before, whatever happens meanwhile.

Takes documents and a place; writes beside it, has the disk take it, and renames. What lies there is the user's alone
(folders 0700, files 0600, as where the tokens are): a description is often not public, and the address that it was
got from may hold a key. A link is never followed: what is written replaces it. One process writes at a time.
Source: rename(2) and fsync(2); XDG Base Directory Specification (mode 0700).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as FilePath
from typing import Any

from restpath.edge.clock import Clock, SystemClock
from restpath.edge.directories import cache_directory, config_directory, data_directory
from restpath.edge.locking import lock_of
from restpath.edge.whole import make_missing, write_whole
from restpath.errors import InvalidValue

__all__ = [
    "Busy", "cache_text", "held", "json_text", "make_folder", "store_json", "store_text", "unstorable",
]  # fmt: skip

_WIDTH = 120
_LOCK = ".lock"
_PART = ".part"
_LOCK_SECONDS = 120.0
_CACHE_SECONDS = 1.0


# ---- as text -----------------------------------------------------------------------------------------------------


def json_text(document: Any) -> str:
    """
    Write a document as our data files look: two spaces, and on one line what fits there, so that a change of one
    operation is a change of few lines. The order is the document's own.
    """
    flat, lines = _laid(document, 0, top=True)
    return "\n".join(lines if flat is None else [flat]) + "\n"


def _laid(value: Any, depth: int, before: int = 0, top: bool = False) -> tuple[str | None, list[str]]:
    """
    Lay a value out.

    Args:
        before: the columns that its key takes.
    Returns:
        its text on one line, or None and its lines; the first without its indent.
    """
    if not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False), []
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    keys = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value] if isinstance(value, dict) else None
    heads = keys if keys is not None else [""] * len(value)
    items = list(value.values()) if isinstance(value, dict) else value
    laid = [_laid(item, depth + 1, len(head)) for head, item in zip(heads, items, strict=True)]
    whole = [head + flat for head, (flat, _) in zip(heads, laid, strict=True) if flat is not None]
    room = _WIDTH - 2 * depth - before - 2
    if not top and len(whole) == len(laid) and sum(map(len, whole)) + 2 * len(whole) <= room:
        return f"{opening}{', '.join(whole)}{closing}", []
    lines = [opening]
    for place, (head, (flat, own)) in enumerate(zip(heads, laid, strict=True)):
        own = own if flat is None else [flat]
        comma = "," if place + 1 < len(laid) else ""
        lines += [f"{'  ' * (depth + 1)}{head}{own[0]}", *own[1:]]
        lines[-1] += comma
    return (opening + closing, []) if not laid else (None, [*lines, "  " * depth + closing])


# ---- on the disk -------------------------------------------------------------------------------------------------


def unstorable(place: object, error: OSError) -> InvalidValue:
    """Say that something cannot be kept at a place, and that what was there is as it was."""
    return InvalidValue(
        f"cannot write {place}: {error.strerror or error}. Nothing was changed; make room or a way to write there"
        + _another(FilePath(str(place)))
    )


def _another(place: FilePath) -> str:
    """How to have it elsewhere, where a variable says where it is."""
    found = {
        "XDG_DATA_HOME": data_directory(), "XDG_CONFIG_HOME": config_directory(), "XDG_CACHE_HOME": cache_directory(),
    }  # fmt: skip
    name = next((name for name, folder in found.items() if place == folder or folder in place.parents), None)
    return f", or name another directory in {name}" if name is not None else ""


def make_folder(folder: FilePath) -> None:
    """
    Make a folder with those above it, for the user alone. One that is there stays as it is.

    Raises:
        InvalidValue: that cannot be; or a link is in its place.
    """
    try:
        make_missing(folder)
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise InvalidValue(f"cannot write into {folder}: it is a link or a file; put a folder there")
    except OSError as error:
        raise unstorable(folder, error) from error


def store_json(file: FilePath, document: Any, *, clock: Clock | None = None) -> None:
    """Write a document to a file, whole or not at all; see `store_text`."""
    store_text(file, json_text(document), clock=clock)


def store_text(file: FilePath, text: str, *, clock: Clock | None = None) -> None:
    """
    Write a text to a file, whole or not at all: whoever reads it, now or after a crash, finds the old or the new one.

    Whoever writes the same file from several processes holds the lock of its folder meanwhile, see `held`.

    Raises:
        InvalidValue: it cannot be written; the old one stands.
    """
    try:
        # Of a long name the beginning will do: whoever writes has the folder to itself.
        write_whole(str(file), str(file.parent / f".{file.name[:64]}{_PART}"), text.encode(), clock)
    except OSError as error:
        raise unstorable(file, error) from error


def cache_text(file: FilePath, text: str) -> None:
    """
    Write a text into a cache, whole or not at all, without waiting for the disk or, for long, for others.

    Where that cannot be, nothing is said: without it all is only slower. What one who was killed has left is written
    over, for it has the same name whatever is written.
    """
    temporary = file.parent / _PART
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with suppress(OSError, InvalidValue), _locked(file.parent, None, _CACHE_SECONDS):
        try:
            with open(temporary, "wb", opener=lambda name, _: os.open(name, flags, 0o600)) as stream:
                stream.write(text.encode())
            os.replace(temporary, file)
        except OSError:
            os.unlink(temporary)


class Busy(InvalidValue):
    """Another process has kept a folder to itself for too long."""


@contextmanager
def held(folder: FilePath, *, clock: Clock | None = None, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
    """
    Make a folder and hold its lock: one process, and one thread of it, is in there at a time, and others wait.

    What those who were killed have left half written is removed first: nobody else is writing there now.

    Args:
        seconds: how long, at most.
    Raises:
        Busy: another has held it for that long.
        InvalidValue: the folder cannot be made, or not be locked.
    """

    with _locked(folder, clock, seconds):
        with suppress(OSError):
            for name in os.listdir(folder):
                if name.startswith(".") and name.endswith(_PART):
                    os.unlink(folder / name)
        yield


@contextmanager
def _locked(folder: FilePath, clock: Clock | None, seconds: float) -> Iterator[None]:
    def refusal(reason: OSError | None, seconds: float) -> InvalidValue:
        if reason is not None:
            return unstorable(folder, reason)
        return Busy(
            f"another process has been writing into {folder} for {seconds:.0f} seconds: let it finish, or end it, and "
            "try again"
        )

    make_folder(folder)
    with lock_of(str(folder / _LOCK)).held(clock or SystemClock(), refusal, seconds=seconds):
        yield
