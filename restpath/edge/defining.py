"""
Defining: from layers to a `Definition`.

Takes layers, of which the first may be trusted; any other is checked, and what was found good is remembered by the hash
of its content, in this process and in the cache directory. Large files that were found good are read late, by notes on
what stands where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from restpath.definition.merge import Layer, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import data_schemas
from restpath.edge.datafiles import FileLayer
from restpath.edge.directories import cache_directory
from restpath.errors import DefinitionError
from restpath.records import replace
from restpath.types import JsonObject
from restpath.version import __version__

__all__ = ["check_all", "checks", "define", "late_layer"]


def define(layers: list[Layer], name: str, *, trusted: int, named: bool = False, whole: bool = False) -> Definition:
    """
    Make a definition of layers.

    Args:
        layers: the earliest first.
        name: the service's name, where no layer says it.
        trusted: how many of the first were checked before.
        named: the service goes by this name, and no layer may say another.
        whole: to read all of it, also where it was found good before.
    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    if len(layers) == trusted:
        documents = merge_layers(layers)
    else:
        key = _content_key(layers)
        if _recall(key) is None:
            check_layers, check_merged = checks()
            check_layers(layers[trusted:], data_schemas(), __version__)
            documents = merge_layers(layers)
            check_merged(documents, layers)
            _remember(key, {})
            _note(layers[0])
        else:
            if not whole:
                _note(layers[0])  # whoever found it good may have read it from elsewhere
                layers = [late_layer(layers[0]), *layers[1:]]
            documents = merge_layers(layers)
    if named and name and documents.service.get("service", name) != name:
        raise _another_name(layers, documents.service["service"], name)
    service = documents.service if documents.service.get("service") else {**documents.service, "service": name}
    files = tuple(file for layer in layers for file in layer.files.values())
    kept = tuple(Layer(layer.documents, layer.files, layer.digest, layer.origin) for layer in layers)
    return Definition(replace(documents, service=service), files, layers=kept)


def check_all(definition: Definition) -> None:
    """Check all of a definition, whether or not it is trusted. Raises DefinitionError."""
    check_layers, check_merged = checks()
    check_layers(definition.layers, data_schemas(), __version__)
    check_merged(definition.documents, definition.layers)


def late_layer(layer: Layer) -> Layer:
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


def checks() -> tuple[Any, Any]:
    """Give what checks layers and what checks them merged; what is trusted needs neither."""
    from restpath.definition.check import check_layers, check_merged

    return check_layers, check_merged


def _another_name(layers: Iterable[Layer], said: str, name: str) -> DefinitionError:
    from restpath.definition.merge import file_that_said

    file = file_that_said(list(layers), "service", ["service"]) or None
    problem = f"this is the service {said!r}, and it was asked for as {name!r}"
    return DefinitionError(problem, file=file, pointer="/service", expected=f"{name!r}, or no word on it")


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
    from restpath.edge.storing import cache_text

    cache_text(cache_directory() / "checked" / key, json.dumps(notes) if notes else "")
