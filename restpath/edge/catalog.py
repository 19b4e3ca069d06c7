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
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from restpath.definition.merge import KINDS, Layer, merge_layers
from restpath.definition.model import Definition, Documents
from restpath.edge.datafiles import FILES, RESOURCES, FileLayer, open_folder, read_bundled, read_folder, read_mapping
from restpath.edge.directories import RESERVED, cache_directory, config_directory, data_directory
from restpath.edge.imported import imported_folder, read_imported
from restpath.errors import DefinitionError, InvalidValue
from restpath.records import replace
from restpath.types import JsonObject
from restpath.version import __version__

__all__ = [
    "Source", "bundled_layer", "check_base", "check_name", "check_source", "data_schemas", "define_over",
    "definition_of", "layer_of", "layers_of_service", "means_service", "own_layers", "read_over", "read_service",
    "read_source", "read_with_own", "schema_texts", "service_names",
]  # fmt: skip

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
        names.update(name for name in _folders_in(directory) if _has_files(directory / name))
    names.update(name for name in _folders_in(data_directory()) if _is_imported(name))
    return sorted(names)


def _is_imported(name: str) -> bool:
    try:
        return imported_folder(name) is not None
    except DefinitionError:  # whoever asks for the service by its name is told
        return True


def _folders_in(directory: FilePath) -> list[str]:
    """The folders that can be a service's; the files beside them, however many there are, cost no look each."""
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if _NAME.fullmatch(entry.name) and not entry.is_file()]
    except OSError:  # a place where one may not look is none of one's own
        return []


def _bundled_names() -> list[str]:
    from importlib.resources import files

    folders = [entry for entry in files(RESOURCES).iterdir() if entry.is_dir()]
    return [entry.name for entry in folders if (entry / "service.json").is_file()]


def _has_files(folder: FilePath) -> bool:
    return any(os.path.lexists(folder / name) for name in FILES)


def _own_folders(name: str) -> list[FilePath]:
    """Find the folders of the user's own layers."""
    return [directory / name for directory in _own_directories() if _has_files(directory / name)]


# ---- reading a service or a source -------------------------------------------------------------------------------

_bundled_cache: dict[str, Definition] = {}


def read_service(name: str, *, whole: bool = False) -> Definition:
    """
    Read a service by its name, along all the layers.

    Args:
        whole: to read all of it, also where it was found good before.
    Raises:
        InvalidValue: that is no name.
        DefinitionError: no layer has such a service, or a file of it is wrong.
    """
    check_name(name, known=True)
    imported, own = read_imported(name), _own_folders(name)
    if imported is not None:
        return read_over(imported, name, whole=whole)
    if not own and name in _bundled_cache:
        return _bundled_cache[name]
    layers, trusted = layers_of_service(name)
    definition = _define(layers, name, trusted=trusted, named=True, whole=whole)
    return definition if own else _bundled_cache.setdefault(name, definition)


def layers_of_service(name: str, faults: list[DefinitionError] | None = None) -> tuple[list[Layer], int]:
    """
    Read the layers of a service, unchecked.

    Args:
        faults: takes what is wrong with single files, where the others are to be read all the same.
    Returns:
        the layers, and how many of the first are trusted.
    Raises:
        DefinitionError: no layer has such a service, or a file cannot be read.
    """
    imported = read_imported(name, faults)
    bundled = read_bundled(name) if imported is None else None
    layers = [each for each in (bundled, imported) if each is not None]
    layers += [_opened(folder, faults) for folder in _own_folders(name)]
    if not layers:
        raise _no_service(name)
    return layers, 0 if bundled is None else 1


def _origin_of(folder: FilePath) -> str:
    """Which of the user's own layers a folder is."""
    return "configuration directory" if folder.parent == config_directory() else "RESTPATH_PATH"


def _opened(folder: FilePath, faults: list[DefinitionError] | None = None) -> Layer:
    """A folder's layer: opened, and parsed when it is asked for; or read at once, with what is wrong told."""
    origin = _origin_of(folder)
    return open_folder(folder, origin) if faults is None else read_folder(folder, origin, faults)


def read_over(base: Layer, name: str, *, warn: bool = True, whole: bool = False) -> Definition:
    """
    Read a service as it is where an imported layer is the lowest: with the user's own layers over it.

    What these say of a place that is no longer there is left out, with a warning that names it: a refresh that takes a
    route away must not take the service away.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    from restpath.definition.dead import without_dead

    # What is dead can be told by the outlines of a base that was found good before.
    layers, dead = without_dead([base if whole else _late(base), *own_layers(name)])
    for each in dead if warn else ():
        warnings.warn(str(each), stacklevel=2)
    return _define([base, *layers[1:]], name, trusted=0, named=True, whole=whole)


def define_over(layers: Sequence[Layer], name: str) -> Definition:
    """
    Make a definition of layers, of which the later ones may speak of what the first no longer has.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    from restpath.definition.dead import without_dead

    return _define(without_dead(layers)[0], name, trusted=0, named=bool(name))


def own_layers(name: str) -> list[Layer]:
    """Read the user's own layers of a service, the lowest first."""
    return [read_folder(folder, _origin_of(folder)) for folder in _own_folders(name)]


def bundled_layer(name: str) -> Layer | None:
    """Read what came with the package for a service; None where that is nothing."""
    return read_bundled(name)


def check_base(layer: Layer, name: str, *, alone: bool = False) -> None:
    """
    Check what is to be the lowest layer of a service: by itself, and with the user's own layers over it.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    check_layers, check_merged = _checks()
    check_layers([layer], data_schemas(), __version__)
    check_merged(merge_layers([layer]), [layer])
    if not alone:
        define_over([layer, *own_layers(name)], name)


def check_name(name: str, *, known: bool = False) -> None:
    """See that a text can be a service's name, of one that is known or of a new one. Raises InvalidValue."""
    good = isinstance(name, str) and _NAME.fullmatch(name)
    if known and not good:
        raise _no_name(name)
    if not good:
        raise InvalidValue(
            f"{str(name)[:60]!r} can be no name of a service: take at most 64 small letters, digits, - and _, such as "
            "my-shop"
        )
    if not known and name in RESERVED:
        raise InvalidValue(f"{name!r} can be no name of a service, for not every system lets a folder be called so")


def read_with_own(name: str, documents: Mapping[str, JsonObject]) -> Definition:
    """
    Read a service as it would be with other documents in the user's configuration directory, and check all of it.

    Raises:
        DefinitionError: something in it would be wrong, with the file that would say so.
    """
    imported, own = read_imported(name), _own_folders(name)
    config = config_directory() / name
    base = imported if imported is not None else read_bundled(name)
    tried = Layer(
        documents, {kind: str(config / f"{kind}.json") for kind in documents}, origin="configuration directory"
    )
    layers = [*([base] if base is not None else []), tried]
    layers += [read_folder(folder, _origin_of(folder)) for folder in own if folder != config]
    definition = _define(layers, name, trusted=0, named=True)
    _check_all(definition)
    return definition


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
    laid = _define([*below, *(layer_of(layer) for layer in layers)], base.name, trusted=len(below), named=True)
    return replace(laid, find_left_out=base.find_left_out)


def check_source(source: Source) -> Definition:
    """
    Read a definition and check all of it, whether or not it is trusted, or was found good before.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
        InvalidValue: there is no such source.
    """
    definition = source if isinstance(source, Definition) else _read_one(source, whole=True)
    _check_all(definition)
    return definition


def _check_all(definition: Definition) -> None:
    check_layers, check_merged = _checks()
    check_layers(definition.layers, data_schemas(), __version__)
    check_merged(definition.documents, definition.layers)


def _read_one(source: object, *, whole: bool = False) -> Definition:
    if isinstance(source, Mapping) and not set(source).difference(KINDS):
        return _define([read_mapping(source)], "", trusted=0, whole=whole)
    if isinstance(source, str) and means_service(source):
        return read_service(source, whole=whole)
    from restpath.edge.descriptions import read_description

    described = read_description(source)
    if described is not None:
        return replace(_define([described.layer], "", trusted=1), find_left_out=described.find_left_out)
    if isinstance(source, Mapping):
        return _define([read_mapping(source)], "", trusted=0, whole=whole)
    folder = _as_folder(source)
    return _define([open_folder(folder)], _name_of(folder), trusted=0, whole=whole)


def means_service(name: str) -> bool:
    """Tell whether a text is a service's name: a folder that only happens to be called so has no data files."""
    if not _NAME.fullmatch(name):
        return False
    return not os.path.isdir(name) or (not _has_files(FilePath(name)) and name in service_names())


def layer_of(source: object) -> Layer:
    """Read what is to be laid over a definition, unchecked. Raises as `read_source` does."""
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


def _define(layers: list[Layer], name: str, *, trusted: int, named: bool = False, whole: bool = False) -> Definition:
    """
    Make a definition of layers.

    Args:
        layers: the earliest first.
        name: the service's name, where no layer says it.
        trusted: how many of the first were checked before.
        named: the service goes by this name, and no layer may say another.
        whole: to read all of it, also where it was found good before.
    """
    if len(layers) == trusted:
        documents = merge_layers(layers)
    else:
        key = _content_key(layers)
        if _recall(key) is None:
            check_layers, check_merged = _checks()
            check_layers(layers[trusted:], data_schemas(), __version__)
            documents = merge_layers(layers)
            check_merged(documents, layers)
            _remember(key, {})
            _note(layers[0])
        else:
            if not whole:
                _note(layers[0])  # whoever found it good may have read it from elsewhere
                layers = [_late(layers[0]), *layers[1:]]
            documents = merge_layers(layers)
    if named and name and documents.service.get("service", name) != name:
        raise _another_name(layers, documents.service["service"], name)
    service = documents.service if documents.service.get("service") else {**documents.service, "service": name}
    files = tuple(file for layer in layers for file in layer.files.values())
    kept = tuple(Layer(layer.documents, layer.files, layer.digest, layer.origin) for layer in layers)
    return Definition(replace(documents, service=service), files, layers=kept)


def _late(layer: Layer) -> Layer:
    """A layer that was found good before: what there are notes on is read when it is asked for."""
    notes = _recall(_notes_key(layer)) if isinstance(layer, FileLayer) else None
    if not notes or not isinstance(layer, FileLayer):
        return layer
    from restpath.definition.late import late_documents

    try:
        late = late_documents(layer.texts, notes)
    except (KeyError, TypeError, ValueError):  # somebody else wrote into the cache
        return layer
    rest = {kind: layer.documents[kind] for kind in layer.documents if kind not in late}
    documents = {kind: late.get(kind, rest.get(kind)) for kind in layer.documents}
    return Layer(documents, layer.files, layer.digest, layer.origin)  # type: ignore[arg-type]


def _checks() -> tuple[Any, Any]:
    from restpath.definition.check import check_layers, check_merged

    return check_layers, check_merged


def _another_name(layers: Iterable[Layer], said: str, name: str) -> DefinitionError:
    from restpath.definition.merge import file_that_said

    file = file_that_said(list(layers), "service", ["service"]) or None
    problem = f"this is the service {said!r}, and it was asked for as {name!r}"
    return DefinitionError(problem, file=file, pointer="/service", expected=f"{name!r}, or no word on it")


def data_schemas() -> dict[str, JsonObject]:
    """Give the package's JSON Schemas of data files, by kind."""
    return {kind: json.loads(text) for kind, text in schema_texts().items()}


def schema_texts() -> dict[str, str]:
    """Give the JSON Schemas of our data files as they are shipped, by kind."""
    import pkgutil

    return {kind: (pkgutil.get_data(RESOURCES, f"schema/{kind}.schema.json") or b"{}").decode() for kind in KINDS}


# What was found good, by the hash of its content; and notes on where what stands in the files of a layer, by theirs: in
# this process, and as files in the cache directory.
_found_good: dict[str, JsonObject] = {}


def _content_key(layers: Iterable[Layer]) -> str:
    """Hash what layers say; "" for what can be found good in no case."""
    import hashlib

    found = hashlib.sha256(__version__.encode())
    for layer in layers:
        try:
            said = layer.digest or json.dumps(dict(sorted(layer.documents.items())))
        except RecursionError:
            return ""
        found.update(f"\n{len(said)} {said}".encode())
    return found.hexdigest()


def _recall(key: str) -> JsonObject | None:
    """Give the notes on what was found good before; None where it was not."""
    if key not in _found_good and key:
        try:
            text = (cache_directory() / "checked" / key).read_bytes()
        except OSError:
            return None
        try:
            notes = json.loads(text) if text else {}
        except ValueError:
            notes = {}
        _found_good[key] = notes if isinstance(notes, dict) else {}
    return _found_good.get(key)


_WORTH_NOTING = 100_000  # bytes: to read less than that whole takes no time worth saving


def _notes_key(layer: Layer) -> str:
    import hashlib

    return hashlib.sha256(f"{__version__}\nnotes\n{layer.digest}".encode()).hexdigest()


def _note(layer: Layer) -> None:
    """Note where what stands in the files of a layer that was found good, where that is worth it."""
    if isinstance(layer, FileLayer) and sum(map(len, layer.texts.values())) >= _WORTH_NOTING:
        from restpath.definition.late import notes_on

        key = _notes_key(layer)
        if _recall(key) is None:
            _remember(key, notes_on(layer.texts))


def _remember(key: str, notes: JsonObject) -> None:
    if not key:
        return
    _found_good[key] = notes
    file = cache_directory() / "checked" / key
    own = file.with_name(f"{key}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(json.dumps(notes) if notes else "", encoding="utf-8")
        os.replace(own, file)
    except OSError:
        pass  # a cache that cannot be written is only slower
