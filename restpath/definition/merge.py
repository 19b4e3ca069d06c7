"""
Layers over layers: the later over the earlier, by JSON Merge Patch.

Takes the documents of each layer, with the files they came from; gives the merged `Documents`, and tells which file
said what. Source: RFC 7396. Departure: a JSON Schema and a query parameter are replaced whole, for half of one over
half of another is neither's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from restpath.definition.frozen import FrozenDict, freeze
from restpath.definition.lazy import LazyMap, Outline, Resources, Schemas, outline_of
from restpath.records import dataclass, field
from restpath.types import JsonObject

__all__ = [
    "KINDS", "SILENT", "WHOLE", "Documents", "Layer", "file_that_said", "merge_layers", "merge_patch", "removals",
    "value_said", "within", "write_out", "written_out",
]  # fmt: skip

KINDS = ("service", "resources", "defaults", "schemas")
SILENT = object()  # what `value_said` gives for a layer that says nothing

# What is replaced whole, by kind and place: "*" is any key, True the place itself.
WHOLE: dict[str, Any] = {
    "resources": {
        "*": {"methods": {"*": {"query": {"*": True}, "body": {"schema": True}, "bodies": {"*": {"schema": True}}}}}
    },
    "schemas": {"schemas": {"*": True}},
}


@dataclass(frozen=True)
class Documents:
    """The documents of a service, merged, short forms written out: what a `Definition` is made of. Read-only."""

    service: JsonObject
    resources: JsonObject
    defaults: JsonObject
    schemas: JsonObject = field(default_factory=FrozenDict)

    def __post_init__(self) -> None:
        for kind in KINDS:
            object.__setattr__(self, kind, freeze(getattr(self, kind)))


@dataclass(frozen=True)
class Layer:
    """
    The documents of one place.

    Attributes:
        documents: the documents by kind.
        files: the file that each came from; "" where the program passed it.
        digest: the hash of all files, in hex; "" where there are none.
        origin: which layer it is, in words: "bundled", "imported", "configuration directory", "RESTPATH_PATH" and the
            like; "" where nobody said.
    """

    documents: Mapping[str, JsonObject]
    files: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    origin: str = ""


def write_out(resources: JsonObject) -> JsonObject:
    """Write the short form of resources out: `"GET POST"` becomes `{"methods": {"GET": {}, "POST": {}}}`."""
    return {key: _long(words) if key.startswith("/") else words for key, words in resources.items()}


def _long(words: Any) -> Any:
    if isinstance(words, str):
        return {"methods": _methods(words)}
    if isinstance(words, dict) and "methods" in words:
        return {**words, "methods": _methods(words["methods"])}
    return words


def _methods(words: Any) -> Any:
    return {method: {} for method in words.split()} if isinstance(words, str) else _without_notes(words)


def _without_notes(words: Any) -> Any:
    """Leave out the `x-` keys among methods, which nothing that goes through the methods should meet."""
    if not isinstance(words, dict) or not any(key.startswith("x-") for key in words):
        return words
    return {key: value for key, value in words.items() if not key.startswith("x-")}


def written_out(document: JsonObject, kind: str) -> JsonObject:
    """Give a document in the long form, without the notes among its methods."""
    if isinstance(document, Resources):
        return document  # its members are made in the long form
    if kind == "defaults":
        return {key: _without_notes(words) if key.startswith("/") else words for key, words in document.items()}
    return write_out(document) if kind == "resources" else document


def merge_layers(layers: Sequence[Layer]) -> Documents:
    """Merge layers, the earliest first; a default whose resource or method a layer removes goes with it."""
    merged: dict[str, Any] = {kind: {} for kind in KINDS}
    if len(layers) == 1 and type(layers[0].documents.get("resources")) is dict:
        (only,) = layers
        late = {"resources": _made_late(only.documents["resources"])}
        if type(only.documents.get("service")) is dict:
            late["service"] = _words_late(only.documents["service"])
        layers = [Layer({**only.documents, **late})]
    for layer in layers:
        documents = {kind: written_out(layer.documents.get(kind, {}), kind) for kind in KINDS}
        for template, method in removals(documents["resources"]):
            _drop_default(merged["defaults"], template, method)
        for kind in KINDS:
            merged[kind] = _merged(merged[kind], documents[kind], WHOLE.get(kind, {}))
    return Documents(*(merged[kind] for kind in KINDS))


def _words_late(service: JsonObject) -> JsonObject:
    """Give the service of the only layer such that each word is merged and frozen when it is first asked for."""
    said = {key: words for key, words in service.items() if words is not None}
    plain = {key: words for key, words in said.items() if not isinstance(words, dict)}
    return LazyMap(lambda key: merge_patch({}, said[key]), said, plain)


def _made_late(resources: JsonObject) -> JsonObject:
    """Give the resources of the only layer such that each is merged and frozen when it is first asked for."""
    whole = WHOLE["resources"]
    said = write_out({key: words for key, words in resources.items() if words is not None})
    late = {key: words for key, words in said.items() if key.startswith("/")}
    if not all(isinstance(words, dict) and isinstance(words.get("methods"), dict) for words in late.values()):
        return resources  # which is for the checks to tell
    rest = {key: merge_patch({}, words, within(whole, key)) for key, words in said.items() if key not in late}
    outlines = {key: _outline(words) for key, words in late.items()}
    return Resources(lambda key: merge_patch({}, late[key], within(whole, key)), outlines, rest)


def _outline(words: JsonObject) -> Outline:
    methods = words["methods"]
    if None in methods.values():
        methods = {method: said for method, said in methods.items() if said is not None}
    return outline_of({"methods": methods, "literal": words.get("literal") or False, "also": words.get("also") or ()})


def _merged(below: JsonObject, patch: JsonObject, whole: Any) -> JsonObject:
    """Merge a document over another; what is made late stays so."""
    if not below and isinstance(patch, LazyMap):
        return patch
    if isinstance(below, Resources):
        changed = {
            key: None if words is None else merge_patch(below.get(key), words, within(whole, key))
            for key, words in patch.items()
        }
        return below.overlaid(changed)
    if isinstance(below, Schemas) and patch.get("schemas", {}) is not None:
        return below.overlaid(patch.get("schemas", {})) if patch else below
    merged: JsonObject = merge_patch(below, patch, whole)
    return merged


def removals(resources: JsonObject) -> Iterator[tuple[str, str | None]]:
    """Name what a layer takes away: (template, None) for a whole resource, else (template, method)."""
    if isinstance(resources, Resources):
        return  # one that is made late takes nothing away
    for template, words in resources.items():
        if words is None or (isinstance(words, dict) and words.get("methods", "") is None):
            yield template, None
        elif isinstance(words, dict) and isinstance(words.get("methods"), dict):
            yield from ((template, method) for method, value in words["methods"].items() if value is None)


def _drop_default(defaults: JsonObject, template: str, method: str | None) -> None:
    if method is None:
        defaults.pop(template, None)
    elif template in defaults:
        defaults[template] = {key: body for key, body in defaults[template].items() if key != method}


def merge_patch(target: Any, patch: Any, whole: Any = None) -> Any:
    """
    Apply a JSON Merge Patch.

    Args:
        target: what is patched; it is not changed.
        patch: the patch.
        whole: where it replaces what is there, in the form of `WHOLE`; nowhere unless said.
    Returns:
        the result, which may share parts with both.
    Source: RFC 7396 section 2.
    """
    if not isinstance(patch, dict) or whole is True:
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merge_patch(result.get(key), value, within(whole, key))
        else:
            result[key] = value
    return result


def within(whole: Any, key: str) -> Any:
    """Tell what is replaced whole below a key, in the form of `WHOLE`."""
    return (whole.get(key) or whole.get("*")) if whole and whole is not True else whole


def file_that_said(layers: Sequence[Layer], kind: str, tokens: Sequence[object]) -> str | None:
    """
    Find the file of the latest layer that says something at a place.

    Args:
        layers: the earliest first.
        kind: "service", "resources", "defaults" or "schemas".
        tokens: the place, as the reference tokens of a JSON Pointer, in the long form.
    Returns:
        the file's name, "" for what the program passed; None where nothing is said there, or it was removed.
    """
    for layer in reversed(layers):
        value = value_said(layer, kind, tokens)
        if value is not SILENT:
            return layer.files.get(kind, "") if value is not None else None
    return None


def value_said(layer: Layer, kind: str, tokens: Sequence[object]) -> Any:
    """
    Give what a layer says at a place.

    Returns:
        the value; None where the layer removes it, by a null there or by something else in its way; SILENT where it
        says nothing, and what is said below it in the pile holds.
    """
    document = layer.documents.get(kind, {})
    part = {key: document[key] for key in tokens[:1] if key in document} if tokens else document
    node: Any = written_out(part, kind)
    whole = WHOLE.get(kind)
    for token in tokens:
        if isinstance(node, dict) and token in node:
            node, whole = node[token], within(whole, str(token))
        elif isinstance(node, list) and isinstance(token, int) and token < len(node):
            node = node[token]
        else:
            return SILENT if isinstance(node, dict) and whole is not True else None
    return node
