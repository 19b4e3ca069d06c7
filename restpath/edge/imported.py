"""
The imported layer: the definitions that the user imported or refreshed, each whole at any time.

Takes documents and where they are from; keeps them as data files, and gives the folder in which those in force are:

    shop/in-force.json                     which generation is in force, and which was before it
    shop/2026-11-21T08-00-00Z-3f2a/        one generation: service.json, resources.json, defaults.json, source.json

A generation is written and read back before anything names it, and the one small file that names it is replaced by
renaming: whoever reads finds the old definition or the new one, and so does everybody after a crash. What is removed is
only named no more, and one step back brings it back. A folder without that file holds data files that somebody put
there by hand, as always.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from restpath.definition.merge import KINDS, Layer
from restpath.edge.datafiles import FILES, open_folder, read_folder
from restpath.edge.directories import data_directory
from restpath.errors import DefinitionError, InvalidValue, RestpathError
from restpath.records import dataclass
from restpath.regex import pattern
from restpath.types import JsonObject

if TYPE_CHECKING:
    from restpath.edge.clock import Clock

__all__ = [
    "Changed", "Origin", "hand_folder", "imported_folder", "keep", "origin_of", "read_imported", "retire", "retired",
    "undo", "update_origin", "was_first",
]  # fmt: skip

_POINTER = "in-force.json"
_ORIGIN = "source.json"
_GENERATION = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9-]+Z-[0-9a-f]{4,16}")
_TRIES = 5


class Changed(RestpathError):
    """Another process has put something else in force meanwhile."""


@dataclass(frozen=True)
class Origin:
    """
    Where an imported definition is from.

    Attributes:
        kind: "file", "folder", "url", or "listing", what the service said of itself.
        place: the file, the folder or the URL; a URL without user name and password, which are not kept.
        date: when it was read, in UTC, as RFC 3339 has it.
        sha256: of what was read, in hex; of several files together, "" where it is not known.
        etag, last_modified: what the server said of it; "" where it did not.
        version: the version of restpath that read it: another may read more.
        left_out: what could not be taken over, in words, with how often.
        login: whether the URL had a user name and password.
    """

    kind: str
    place: str
    date: str = ""
    sha256: str = ""
    etag: str = ""
    last_modified: str = ""
    version: str = ""
    left_out: Mapping[str, int] | None = None
    login: bool = False

    def as_json(self) -> JsonObject:
        """Give it as it is kept: without what is not known."""
        return {key: value for key, value in self.__dict__.items() if value not in ("", None, False, {})}


@dataclass(frozen=True)
class _Pointer:
    """Which generation is in force, and which was before; "" is what is there without any."""

    now: str = ""
    before: str | None = None


# ---- reading -----------------------------------------------------------------------------------------------------


def imported_folder(name: str) -> FilePath | None:
    """Find the folder with the imported data files that are in force for a service; None where there are none."""
    folder = data_directory() / name
    pointer = _read_pointer(folder)
    if pointer.now:
        return folder / pointer.now
    return hand_folder(name)


def hand_folder(name: str) -> FilePath | None:
    """Find the folder with data files that somebody put there by hand; None where there are none."""
    folder = data_directory() / name
    return folder if any(os.path.lexists(folder / file) for file in FILES) else None


def retired(name: str) -> FilePath | None:
    """Find the folder that `undo` would bring back of a service whose import is out of force; None for none."""
    folder = data_directory() / name
    pointer = _read_pointer(folder)
    return folder / pointer.before if pointer.before and not pointer.now else None


def read_imported(name: str, faults: list[DefinitionError] | None = None) -> Layer | None:
    """
    Read the imported layer of a service; None where there is none.

    Args:
        faults: takes what is wrong with single files, where the others are to be read all the same.
    Raises:
        DefinitionError, InvalidValue: a file of it is wrong, or cannot be read.
    """
    for last in (*[False] * (_TRIES - 1), True):
        folder = imported_folder(name)
        try:
            if folder is None:
                return None
            if faults is None:
                return open_folder(folder, "imported")
            return read_folder(folder, "imported", faults)
        except (DefinitionError, InvalidValue) as error:
            if last or imported_folder(name) == folder:  # else it was replaced while it was read
                if folder is not None and folder.name != name and not folder.is_dir():
                    raise _gone(name, folder) from error
                raise
    raise AssertionError("the last try returns or raises")


def _gone(name: str, folder: FilePath) -> DefinitionError:
    return DefinitionError(
        f"this folder of the imported definition of {name} is gone: restpath import {name} SOURCE --force puts another "
        f"in its place, and restpath refresh {name} --undo goes back where something was before",
        file=str(folder),
    )


def origin_of(name: str) -> Origin | None:
    """Tell where the imported definition of a service is from; None where there is none, or nobody knows."""
    folder = imported_folder(name)
    if folder is None:
        return None
    try:
        said = json.loads((folder / _ORIGIN).read_text(encoding="utf-8"))
        texts = {key: said[key] for key in Origin.__dataclass_fields__ if isinstance(said.get(key), str)}
        left_out = said.get("left_out")
        login = said.get("login") is True
        return Origin(**texts, login=login, left_out=left_out if isinstance(left_out, dict) else None)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _read_pointer(folder: FilePath) -> _Pointer:
    if not os.path.lexists(folder / _POINTER):
        return _Pointer()
    from restpath.edge.locking import insist  # whoever has imported nothing needs none of that

    try:
        text = insist(lambda: (folder / _POINTER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return _Pointer()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong_pointer(folder, "it cannot be read") from error
    try:
        said = json.loads(text)
        now, before = said["in_force"], said.get("before")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _wrong_pointer(folder, "it does not say which generation is in force") from error
    for name in (now, before):
        if name not in ("", None) and not (isinstance(name, str) and _GENERATION.fullmatch(name)):
            raise _wrong_pointer(folder, f"{name!r:.60} is no generation")
    return _Pointer(now or "", before)


def _wrong_pointer(folder: FilePath, problem: str) -> DefinitionError:
    remedy = "remove the file, and import the service again"
    return DefinitionError(f"{problem}: {remedy}", file=str(folder / _POINTER))


# ---- writing -----------------------------------------------------------------------------------------------------


def keep(
    name: str, documents: Mapping[str, JsonObject], origin: Origin, check: Any, *, over: FilePath | None,
    clock: Clock | None = None,
) -> FilePath:  # fmt: skip
    """
    Put a definition in force, and keep the one before it for `undo`.

    Args:
        name: the service's.
        documents: by kind; each as it is to stand in its file.
        check: is given the layer as it was read back, and raises where it is wrong.
        over: the folder that the caller has seen in force, which this replaces.
    Returns:
        the folder of the new generation.
    Raises:
        InvalidValue: it cannot be written; the old one stands.
        Changed: another is in force by now.
    """
    import shutil

    from restpath.edge.clock import SystemClock
    from restpath.edge.storing import held, make_folder, store_json

    clock = clock or SystemClock()
    folder = data_directory() / name
    with held(folder, clock=clock):
        if imported_folder(name) != over:
            raise Changed(f"the definition of {name} was replaced meanwhile")
        pointer = _read_pointer(folder)
        _sweep(folder, pointer)
        generation = _new_generation(clock)
        place = folder / generation
        try:
            make_folder(place)
            for kind in KINDS:
                if kind in documents:
                    store_json(place / f"{kind}.json", documents[kind], clock=clock)
            store_json(place / _ORIGIN, {"format": 1, **origin.as_json()}, clock=clock)
            check(read_folder(place))
            _point(folder, _Pointer(generation, pointer.now), clock)
        except BaseException:
            if _in_force(folder) != generation:
                shutil.rmtree(place, ignore_errors=True)
            raise
        _sweep(folder, _Pointer(generation, pointer.now))
    return place


def undo(name: str, *, clock: Clock | None = None) -> FilePath | None:
    """
    Put in force what was before the last import or refresh.

    Returns:
        the folder that is in force now; None where there is no imported definition any more.
    Raises:
        InvalidValue: there is nothing to undo, or it cannot be written.
    """
    folder = data_directory() / name
    if not os.path.lexists(folder / _POINTER):
        raise _nothing_to_undo(name)
    from restpath.edge.clock import SystemClock
    from restpath.edge.storing import held

    with held(folder, clock=clock):
        pointer = _read_pointer(folder)
        if pointer.before is None:
            raise _nothing_to_undo(name)
        _point(folder, _Pointer(pointer.before, None), clock or SystemClock())
        _sweep(folder, _Pointer(pointer.before, None))
    return imported_folder(name)


def retire(name: str, over: FilePath, *, clock: Clock | None = None) -> None:
    """
    Put an imported definition out of force, and keep it for `undo`.

    Args:
        over: the folder that the caller has seen in force.
    Raises:
        InvalidValue: that cannot be written; it stays in force.
        Changed: another is in force by now.
    """
    from restpath.edge.clock import SystemClock
    from restpath.edge.storing import held

    folder = data_directory() / name
    with held(folder, clock=clock):
        if imported_folder(name) != over or over == folder:
            raise Changed(f"the definition of {name} was replaced meanwhile: look again")
        pointer = _Pointer("", over.name if over.is_dir() else None)
        _point(folder, pointer, clock or SystemClock())
        _sweep(folder, pointer)


def was_first(name: str) -> bool:
    """Tell whether the import in force is the first, with nothing in its folder that it took the place of."""
    folder = data_directory() / name
    pointer = _read_pointer(folder)
    return bool(pointer.now) and pointer.before == "" and not any(os.path.lexists(folder / file) for file in FILES)


def update_origin(name: str, origin: Origin) -> None:
    """Note what a server says by now of a description that has not changed."""
    from restpath.edge.storing import held, store_json

    folder = data_directory() / name
    with held(folder):
        place = imported_folder(name)
        if place is not None and place != folder:
            store_json(place / _ORIGIN, {"format": 1, **origin.as_json()})


def _nothing_to_undo(name: str) -> InvalidValue:
    return InvalidValue(
        f"there is nothing to undo for {name}: no import or refresh of it is kept beside the one in force"
    )


def _point(folder: FilePath, pointer: _Pointer, clock: Clock) -> None:
    from restpath.edge.locking import insist
    from restpath.edge.storing import store_json, unstorable

    if pointer == _Pointer():
        try:
            insist(lambda: os.unlink(folder / _POINTER), clock)
        except OSError as error:
            raise unstorable(folder / _POINTER, error) from error
        return
    before = {} if pointer.before is None else {"before": pointer.before}
    store_json(folder / _POINTER, {"format": 1, "in_force": pointer.now, **before}, clock=clock)


def _in_force(folder: FilePath) -> str | None:
    try:
        return _read_pointer(folder).now
    except DefinitionError:
        return None


def _new_generation(clock: Clock) -> str:
    return f"{clock.now().strftime('%Y-%m-%dT%H-%M-%SZ')}-{os.urandom(4).hex()}"


def _sweep(folder: FilePath, pointer: _Pointer) -> None:
    """Remove generations that nobody names: what a crash left, and what is older than can be undone."""
    import shutil

    from restpath.edge.whole import sync_folder

    with suppress(OSError):
        for name in os.listdir(folder):
            old = name.removeprefix(".old-")
            if not _GENERATION.fullmatch(old) or name in (pointer.now, pointer.before):
                continue
            place = folder / name
            if name == old:
                # At once for whoever reads: a folder is there with all its files, or is not.
                place = folder / f".old-{name}"
                with suppress(OSError):
                    os.replace(folder / name, place)
            if not os.path.islink(place):
                shutil.rmtree(place, ignore_errors=True)
    sync_folder(folder)
