"""
The catalog: which services there are, and where their data files lie.

Takes names; gives folders, or says what is no name. The layers, the later over the earlier: bundled with the package,
or in its place imported; the user's configuration directory; each directory of `RESTPATH_PATH`; what the program
passes.
"""

from __future__ import annotations

import os
from pathlib import Path as FilePath

from restpath.edge.bundled import bundled_names
from restpath.edge.directories import RESERVED, config_directory, data_directory
from restpath.errors import DefinitionError, InvalidValue

__all__ = [
    "check_name", "has_folder", "is_name", "means_service", "no_service", "own_folders", "service_names",
]  # fmt: skip

_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_LONGEST_NAME = 64


def is_name(text: str) -> bool:
    """Tell whether a text can be a service's name."""
    return 0 < len(text) <= _LONGEST_NAME and text[0] not in "_-" and _NAME_CHARACTERS.issuperset(text)


# ---- finding -----------------------------------------------------------------------------------------------------


def service_names() -> list[str]:
    """Name every service that any layer has data files for."""
    names = set(bundled_names())
    for directory in [data_directory(), *_own_directories()]:
        names.update(name for name in _folders_in(directory) if _has_files(directory / name))
    names.update(name for name in _folders_in(data_directory()) if _is_imported(name))
    return sorted(names)


def _is_imported(name: str) -> bool:
    from restpath.edge.imported import imported_folder

    try:
        return imported_folder(name) is not None
    except DefinitionError:  # whoever asks for the service by its name is told
        return True


def _folders_in(directory: FilePath) -> list[str]:
    """The folders that can be a service's; the files beside them, however many there are, cost no look each."""
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if is_name(entry.name) and not entry.is_file()]
    except OSError:  # a place where one may not look is none of one's own
        return []


def _has_files(folder: FilePath) -> bool:
    if not os.path.isdir(folder):
        return False
    from restpath.edge.datafiles import FILES

    return any(os.path.lexists(folder / name) for name in FILES)


def has_folder(name: str) -> bool:
    """Tell whether there is any folder but the package's for a service."""
    return os.path.lexists(data_directory() / name) or bool(own_folders(name))


def own_folders(name: str) -> list[FilePath]:
    """Find the folders of the user's own layers of a service, the lowest first."""
    return [directory / name for directory in _own_directories() if _has_files(directory / name)]


def _own_directories() -> list[FilePath]:
    """Where the user's own layers are, the earliest first."""
    said = os.environ.get("RESTPATH_PATH", "")
    return [config_directory(), *(FilePath(part) for part in said.split(os.pathsep) if part)]


def check_name(name: str, *, known: bool = False) -> None:
    """See that a text can be a service's name, of one that is known or of a new one. Raises InvalidValue."""
    good = isinstance(name, str) and is_name(name)
    if known and not good:
        raise _no_name(name)
    if not good:
        raise InvalidValue(
            f"{str(name)[:60]!r} can be no name of a service: take at most 64 small letters, digits, - and _, such as "
            "my-shop"
        )
    if not known and name in RESERVED:
        raise InvalidValue(f"{name!r} can be no name of a service, for not every system lets a folder be called so")


def means_service(name: str) -> bool:
    """Tell whether a text is a service's name: a folder that only happens to be called so has no data files."""
    if not is_name(name):
        return False
    return not os.path.isdir(name) or (not _has_files(FilePath(name)) and name in service_names())


def _no_name(name: str) -> InvalidValue:
    small = name.lower()
    hint = f"; did you mean {small!r}?" if is_name(small) and small in service_names() else "."
    return InvalidValue(
        f"{name[:60]!r} is no name of a service{hint} Give one of {', '.join(service_names())}, a URL with its "
        "https://, or a definition from restpath.read(folder)"
    )


def no_service(name: str) -> DefinitionError:
    from restpath.definition.wording import did_you_mean, one_of

    known = service_names()
    return DefinitionError(
        f"there is no service {name!r}{did_you_mean(name, known) or '.'} For a service of your own pass "
        f"restpath.read('a/folder'), or put its files into {config_directory() / name}",
        expected=one_of(known, "its files there"),
    )
