"""
The catalog: finds the data files of a service along the layers, and reads them.

Takes a service's name, a folder or documents; gives a `Definition`. The layers, the later over the earlier: bundled with
the package, or in its place imported; the user's configuration directory; each directory of `RESTPATH_PATH`. Bundled
files were checked by the package's tests and are trusted; any other is checked when it is read, and what was found good
is remembered by the hash of its content. Loading runs no code of a file and fetches nothing.
Source: XDG Base Directory Specification for the directories, and each system's own custom elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from restpath.definition.merge import KINDS, Layer, merge_layers
from restpath.definition.model import Definition, Documents
from restpath.errors import DefinitionError, InvalidValue
from restpath.types import JsonObject
from restpath.version import __version__

__all__ = ["config_directory", "data_directory", "cache_directory", "read_source", "read_service", "service_names"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SUFFIXES = (".json", ".yaml", ".yml")
_RESOURCES = "restpath.resources"


# ---- where things are --------------------------------------------------------------------------------------------


def _directory(variable: str, posix: str, mac: str, windows: str) -> FilePath:
    said = os.environ.get(variable)
    if said and os.path.isabs(said):
        return FilePath(said) / "restpath"
    home = FilePath(os.path.expanduser("~"))
    if sys.platform == "win32":
        return FilePath(os.environ.get(windows) or home / "AppData" / "Local") / "restpath"
    return home / (mac if sys.platform == "darwin" else posix) / "restpath"


def config_directory() -> FilePath:
    """The user's own corrections and settings: `~/.config/restpath` on Linux."""
    return _directory("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA")


def data_directory() -> FilePath:
    """What was imported and refreshed: `~/.local/share/restpath` on Linux."""
    return _directory("XDG_DATA_HOME", ".local/share", "Library/Application Support/data", "LOCALAPPDATA")


def cache_directory() -> FilePath:
    """What can be lost: `~/.cache/restpath` on Linux."""
    return _directory("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA")


def _search_path() -> list[FilePath]:
    said = os.environ.get("RESTPATH_PATH", "")
    return [FilePath(part) for part in said.split(os.pathsep) if part]


# ---- finding and reading -----------------------------------------------------------------------------------------


def service_names() -> list[str]:
    """Name every service that any layer has data files for."""
    names = set(_bundled_names())
    for directory in [data_directory(), config_directory(), *_search_path()]:
        if directory.is_dir():
            names.update(
                entry.name for entry in directory.iterdir() if _NAME.fullmatch(entry.name) and _has_file(entry)
            )
    return sorted(names)


def _bundled_names() -> list[str]:
    from importlib.resources import files

    folders = [entry for entry in files(_RESOURCES).iterdir() if entry.is_dir()]
    return [entry.name for entry in folders if (entry / "service.json").is_file()]


def _has_file(folder: FilePath) -> bool:
    return any((folder / (kind + suffix)).is_file() for kind in KINDS for suffix in _SUFFIXES)


_bundled_cache: dict[str, Definition] = {}


def read_service(name: str) -> Definition:
    """
    Read a service by its name, along all the layers.

    Raises:
        InvalidValue: that is no name.
        DefinitionError: no layer has such a service, or a file of it is wrong.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            f"{name[:60]!r} is no name of a service: give a name such as 'max', a URL with its https://, "
            "or a definition from restpath.read(folder)"
        )
    folders = [FilePath(part) / name for part in (config_directory(), *_search_path())]
    imported = data_directory() / name
    own = [folder for folder in folders if folder.is_dir() and _has_file(folder)]
    if imported.is_dir() and _has_file(imported):
        return _read_layers([_read_folder(folder) for folder in (imported, *own)], name, trusted=0)
    if not own and name in _bundled_cache:
        return _bundled_cache[name]
    bundled = _read_bundled(name)
    if bundled is None and not own:
        raise _no_service(name)
    layers = [*([bundled] if bundled else []), *(_read_folder(folder) for folder in own)]
    definition = _read_layers(layers, name, trusted=1 if bundled else 0)
    if not own:
        _bundled_cache[name] = definition
    return definition


def _no_service(name: str) -> DefinitionError:
    import difflib

    known = service_names()
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return DefinitionError(
        f"there is no service {name!r}: {hint}There are {', '.join(known) or 'none'}. For a service of your own pass "
        f"restpath.read('a/folder'), or put its files into {config_directory() / name}"
    )


def _read_bundled(name: str) -> Layer | None:
    import pkgutil

    documents, names = {}, {}
    for kind in KINDS:
        try:
            data = pkgutil.get_data(_RESOURCES, f"{name}/{kind}.json")
        except (OSError, ImportError):
            continue
        if data is not None:
            documents[kind] = json.loads(data)
            names[kind] = f"restpath/resources/{name}/{kind}.json"
    return Layer(documents, names) if documents else None


def read_source(source: object) -> Definition:
    """
    Read a definition: from a folder of data files, from documents, or of a service by its name.

    Args:
        source: a path of a folder; a mapping with the keys service, resources and defaults; or a service's name,
            where there is no folder of that name.
    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
        InvalidValue: it is none of these.
    """
    if isinstance(source, Definition):
        return source
    if isinstance(source, Mapping):
        return _read_layers([_layer_of(source)], "", trusted=0)
    if not isinstance(source, (str, os.PathLike)) or not str(source):
        raise InvalidValue(f"{source!r} is no definition: give a folder of data files, or a mapping of documents")
    folder = FilePath(source)
    if folder.is_dir():
        return _read_layers([_read_folder(folder)], folder.resolve().name, trusted=0)
    if isinstance(source, str) and _NAME.fullmatch(source):
        return read_service(source)
    if folder.is_file():
        raise InvalidValue(f"{source} is a file: give the folder that holds service.json and resources.json")
    raise InvalidValue(f"there is no folder {source}: give the folder that holds service.json and resources.json")


def _layer_of(documents: Mapping[Any, Any]) -> Layer:
    unknown = [key for key in documents if key not in KINDS]
    if unknown or not documents:
        raise DefinitionError(
            f"the key {unknown[0]!r} is not known" if unknown else "there is nothing in it",
            pointer=f"/{unknown[0]}" if unknown else "",
            expected="service, resources and defaults",
        )
    # Through JSON and back: a copy of one's own, of plain values.
    try:
        return Layer({kind: json.loads(json.dumps(document)) for kind, document in documents.items()})
    except (TypeError, ValueError, RecursionError) as error:
        problem = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DefinitionError(f"the documents are no JSON: {problem}") from error


def _read_folder(folder: FilePath) -> Layer:
    documents: dict[str, JsonObject] = {}
    names: dict[str, str] = {}
    for kind in KINDS:
        found = [folder / (kind + suffix) for suffix in _SUFFIXES if (folder / (kind + suffix)).is_file()]
        if len(found) > 1:
            raise DefinitionError(f"there is {found[1].name} beside it: keep one of them", file=str(found[0]))
        if found:
            documents[kind], names[kind] = _read_file(found[0]), str(found[0])
    if not documents:
        raise DefinitionError(
            "there are no data files in this folder", file=str(folder), expected="service.json and resources.json"
        )
    return Layer(documents, names)


def _read_file(file: FilePath) -> Any:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DefinitionError(f"it cannot be read: {error.strerror or error}", file=str(file)) from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"it is not UTF-8 (byte {error.start})", file=str(file)) from error
    return _parse_yaml(text, str(file)) if file.suffix != ".json" else _parse_json(text, str(file))


def _parse_json(text: str, file: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DefinitionError(
            f"this is no JSON: {error.msg} at {where}", file=file, expected="a JSON object"
        ) from error
    except RecursionError as error:
        raise DefinitionError("it is nested too deeply", file=file) from error
    except ValueError as error:
        raise DefinitionError(f"this is no JSON: {error}", file=file) from error


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    result: JsonObject = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r} is there twice")
        result[key] = value
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _parse_yaml(text: str, file: str) -> Any:
    from restpath.definition.yamlfile import YamlError, read_yaml

    try:
        return read_yaml(text)
    except ImportError as error:
        raise DefinitionError(
            "YAML needs PyYAML: pip install 'restpath[yaml]', or write the file as JSON", file=file
        ) from error
    except YamlError as error:
        raise DefinitionError(f"this is no YAML for a data file: {error}", file=file) from error


# ---- checking and merging ----------------------------------------------------------------------------------------


def _read_layers(layers: list[Layer], name: str, *, trusted: int) -> Definition:
    """Check the layers that did not come with the package, merge all, and make a definition of them."""
    known_good = _Remembered(layers[trusted:])
    if not known_good:
        from restpath.definition.check import check_layers

        check_layers(layers[trusted:], _schemas(), __version__)
    documents = merge_layers(layers)
    if len(layers) > trusted:
        whole = _Remembered(layers)
        if not whole:
            from restpath.definition.check import check_merged

            check_merged(documents, layers)
            whole.remember()
        known_good.remember()
    service = documents.service if documents.service.get("service") else {**documents.service, "service": name}
    files = tuple(file for layer in layers for file in layer.files.values())
    return Definition(Documents(service, documents.resources, documents.defaults), files, layers=tuple(layers))


def _schemas() -> dict[str, JsonObject]:
    import pkgutil

    return {kind: json.loads(pkgutil.get_data(_RESOURCES, f"schema/{kind}.schema.json") or b"{}") for kind in KINDS}


class _Remembered:
    """Whether layers were found good before: in this process, or by an empty file in the cache directory."""

    _seen: set[str] = set()

    def __init__(self, layers: list[Layer]) -> None:
        import hashlib

        try:
            said = json.dumps([__version__, [dict(layer.documents) for layer in layers]])
        except (RecursionError, TypeError, ValueError):  # nothing that could be found good
            said = ""
        self._key = hashlib.sha256(said.encode()).hexdigest() if said else ""

    def __bool__(self) -> bool:
        return self._key in self._seen or (self._key != "" and self._file().exists())

    def _file(self) -> FilePath:
        return cache_directory() / "checked" / self._key

    def remember(self) -> None:
        self._seen.add(self._key)
        try:
            self._file().parent.mkdir(parents=True, exist_ok=True)
            self._file().touch()
        except OSError:
            pass  # a cache that cannot be written is only slower
