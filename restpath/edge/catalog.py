"""
The catalog: finds the data files of a service along the layers, and reads them.

Takes a service's name, a folder or documents; gives a `Definition`. The layers, the later over the earlier: bundled
with the package, or in its place imported; the user's configuration directory; each directory of `RESTPATH_PATH`; what
the program passes. Bundled files were checked by the package's tests and are trusted; any other is checked when it is
read, and what was found good is remembered by the hash of its content. Loading runs no code of a file, and fetches
nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from restpath.definition.merge import KINDS, Layer, merge_layers
from restpath.definition.model import Definition, Documents
from restpath.edge.datafiles import FILES, RESOURCES, read_bundled, read_folder, read_mapping
from restpath.edge.directories import cache_directory, config_directory, data_directory
from restpath.errors import DefinitionError, InvalidValue
from restpath.types import JsonObject
from restpath.version import __version__

__all__ = ["Source", "check_source", "definition_of", "read_service", "read_source", "service_names"]

Source: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | Definition"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def _own_directories() -> list[FilePath]:
    """Where the user's own layers are, the earliest first."""
    said = os.environ.get("RESTPATH_PATH", "")
    return [config_directory(), *(FilePath(part) for part in said.split(os.pathsep) if part)]


# ---- finding -----------------------------------------------------------------------------------------------------


def service_names() -> list[str]:
    """Name every service that any layer has data files for."""
    names = set(_bundled_names())
    for directory in [data_directory(), *_own_directories()]:
        names.update(name for name in _entries(directory) if _NAME.fullmatch(name) and _has_files(directory / name))
    return sorted(names)


def _entries(directory: FilePath) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:  # a place where one may not look is none of one's own
        return []


def _bundled_names() -> list[str]:
    from importlib.resources import files

    folders = [entry for entry in files(RESOURCES).iterdir() if entry.is_dir()]
    return [entry.name for entry in folders if (entry / "service.json").is_file()]


def _has_files(folder: FilePath) -> bool:
    return any(os.path.lexists(folder / name) for name in FILES)


def _folders_of(name: str) -> tuple[FilePath | None, list[FilePath]]:
    """Find the imported folder of a service, if there is one, and the folders of the user's own layers."""
    imported = data_directory() / name
    own = [directory / name for directory in _own_directories() if _has_files(directory / name)]
    return (imported if _has_files(imported) else None), own


# ---- reading a service or a source -------------------------------------------------------------------------------

_bundled_cache: dict[str, Definition] = {}


def read_service(name: str) -> Definition:
    """
    Read a service by its name, along all the layers.

    Raises:
        InvalidValue: that is no name.
        DefinitionError: no layer has such a service, or a file of it is wrong.
    """
    if not _NAME.fullmatch(name):
        raise _no_name(name)
    imported, own = _folders_of(name)
    if imported is None and not own and name in _bundled_cache:
        return _bundled_cache[name]
    bundled = read_bundled(name) if imported is None else None
    layers = [bundled] if bundled is not None else []
    trusted = len(layers)
    layers += [read_folder(folder) for folder in ([imported] if imported is not None else []) + own]
    if not layers:
        raise _no_service(name)
    definition = _define(layers, name, trusted=trusted, named=True)
    return definition if own or imported is not None else _bundled_cache.setdefault(name, definition)


def _no_name(name: str) -> InvalidValue:
    small = name.lower()
    hint = f"; did you mean {small!r}?" if _NAME.fullmatch(small) and small in service_names() else "."
    return InvalidValue(
        f"{name[:60]!r} is no name of a service{hint} Give one of {', '.join(service_names())}, a URL with its "
        "https://, or a definition from restpath.read(folder)"
    )


def _no_service(name: str) -> DefinitionError:
    from restpath.definition.wording import did_you_mean, one_of

    known = service_names()
    return DefinitionError(
        f"there is no service {name!r}{did_you_mean(name, known) or '.'} For a service of your own pass "
        f"restpath.read('a/folder'), or put its files into {config_directory() / name}",
        expected=one_of(known, "its files there"),
    )


def read_source(source: Source, *layers: Source) -> Definition:
    """
    Read a definition, and lay more over it.

    Args:
        source: a path of a folder of data files; a mapping with the keys service, resources and defaults; a service's
            name, where there is no folder of that name with data files in it; or a definition.
        layers: folders or mappings, each laid over all before it.
    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
        InvalidValue: it is none of these.
    """
    base = source if isinstance(source, Definition) else _read_one(source)
    if not layers:
        return base
    below = base.layers or (Layer({kind: getattr(base.documents, kind) for kind in KINDS}),)
    laid = _define([*below, *(_layer_of(layer) for layer in layers)], base.name, trusted=len(below), named=True)
    return replace(laid, find_left_out=base.find_left_out)


def check_source(source: Source) -> Definition:
    """
    Read a definition and check all of it, whether or not it is trusted, or was found good before.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
        InvalidValue: there is no such source.
    """
    definition = read_source(source)
    _check(list(definition.layers), definition.documents)
    return definition


def _read_one(source: object) -> Definition:
    if isinstance(source, Mapping) and not set(source).difference(KINDS):
        return _define([read_mapping(source)], "", trusted=0)
    if isinstance(source, str) and _NAME.fullmatch(source) and _means_service(source):
        return read_service(source)
    from restpath.edge.descriptions import read_description

    described = read_description(source)
    if described is not None:
        return replace(_define([described.layer], "", trusted=1), find_left_out=described.find_left_out)
    if isinstance(source, Mapping):
        return _define([read_mapping(source)], "", trusted=0)
    folder = _as_folder(source)
    return _define([read_folder(folder)], _name_of(folder), trusted=0)


def _means_service(name: str) -> bool:
    """Whether a name is that of a service: a folder that only happens to be called so has no data files."""
    return not os.path.isdir(name) or (not _has_files(FilePath(name)) and name in service_names())


def _layer_of(source: object) -> Layer:
    if isinstance(source, Definition):
        return Layer({kind: getattr(source.documents, kind) for kind in KINDS})
    return read_mapping(source) if isinstance(source, Mapping) else read_folder(_as_folder(source))


def _as_folder(source: object) -> FilePath:
    if not isinstance(source, (str, os.PathLike)) or not str(source) or "\0" in str(source):
        raise InvalidValue(f"{source!r} is no definition: give a folder of data files, or a mapping of documents")
    return FilePath(source)


def _name_of(folder: FilePath) -> str:
    """A service's name made of its folder's, where its file does not say one."""
    return re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_")[:64]


def definition_of(what: object) -> Definition:
    """
    Find the definition that is meant: one as it is, a service's by its name, or that of a URL, which knows nothing.

    Raises:
        DefinitionError: there is no such service, or a file of it is wrong.
        InvalidValue: it is none of these.
    """
    if isinstance(what, Definition):
        return what
    if not isinstance(what, str):
        raise InvalidValue(
            f"a {type(what).__name__} is nothing to connect to: give a service's name, a URL, or a "
            "definition from restpath.read(folder)"
        )
    if "://" in what:
        return _unknown_service(what)
    return read_service(what)


def _unknown_service(url: str) -> Definition:
    """The definition of a service of which only the URL is known: everything is let through."""
    service = {
        "base_url": url,
        "credentials": {"token": {}},
        "auth": {"bearer": {"bearer": "{token}"}},
    }
    return Definition(Documents(service, {}, {}), known=False)


# ---- checking and merging ----------------------------------------------------------------------------------------


def _define(layers: list[Layer], name: str, *, trusted: int, named: bool = False) -> Definition:
    """
    Make a definition of layers.

    Args:
        layers: the earliest first.
        name: the service's name, where no layer says it.
        trusted: how many of the first were checked before.
        named: the service goes by this name, and no layer may say another.
    """
    if len(layers) == trusted:
        documents = merge_layers(layers)
    else:
        key = _content_key(layers)
        known_good = _is_remembered(key)
        documents = _merged(layers, trusted, known_good)
        if not known_good:
            _remember(key)
    if named and name and documents.service.get("service", name) != name:
        raise _another_name(layers, documents.service["service"], name)
    service = documents.service if documents.service.get("service") else {**documents.service, "service": name}
    files = tuple(file for layer in layers for file in layer.files.values())
    return Definition(replace(documents, service=service), files, layers=tuple(layers))


def _merged(layers: list[Layer], trusted: int, known_good: bool) -> Documents:
    if known_good:
        return merge_layers(layers)
    from restpath.definition.check import check_layers, check_merged

    check_layers(layers[trusted:], _schemas(), __version__)
    documents = merge_layers(layers)
    check_merged(documents, layers)
    return documents


def _check(layers: list[Layer], documents: Documents) -> None:
    from restpath.definition.check import check_layers, check_merged

    check_layers(layers, _schemas(), __version__)
    check_merged(documents, layers)


def _another_name(layers: Iterable[Layer], said: str, name: str) -> DefinitionError:
    from restpath.definition.merge import file_that_said

    file = file_that_said(list(layers), "service", ["service"]) or None
    problem = f"this is the service {said!r}, and it was asked for as {name!r}"
    return DefinitionError(problem, file=file, pointer="/service", expected=f"{name!r}, or no word on it")


def _schemas() -> dict[str, JsonObject]:
    import pkgutil

    return {kind: json.loads(pkgutil.get_data(RESOURCES, f"schema/{kind}.schema.json") or b"{}") for kind in KINDS}


# What was found good, by the hash of its content: in this process, and as empty files in the cache directory.
_found_good: set[str] = set()


def _content_key(layers: Iterable[Layer]) -> str:
    """Hash what layers say; "" for what can be found good in no case."""
    import hashlib

    try:
        said = json.dumps([__version__, [dict(sorted(layer.documents.items())) for layer in layers]])
    except RecursionError:
        return ""
    return hashlib.sha256(said.encode()).hexdigest()


def _is_remembered(key: str) -> bool:
    return key in _found_good or (key != "" and os.path.exists(cache_directory() / "checked" / key))


def _remember(key: str) -> None:
    _found_good.add(key)
    file = cache_directory() / "checked" / key
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError:
        pass  # a cache that cannot be written is only slower
