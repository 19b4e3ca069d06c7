"""
Layers over layers: the later over the earlier, by JSON Merge Patch.

Takes the documents of each layer, with the files they came from; gives the merged `Documents`.
Source: RFC 7396. Departure: a JSON Schema and a query parameter are replaced whole, for half of one over half
of another is neither's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from restpath.definition.model import Documents
from restpath.types import JsonObject

__all__ = ["KINDS", "Layer", "file_that_said", "merge_layers", "write_out"]

KINDS = ("service", "resources", "defaults")


@dataclass(frozen=True)
class Layer:
    """The documents of one place, by kind, and the file that each came from ("" where the program passed it)."""

    documents: Mapping[str, JsonObject]
    files: Mapping[str, str] = field(default_factory=dict)


def write_out(resources: JsonObject) -> JsonObject:
    """Write the short form of resources out: `"GET POST"` becomes `{"methods": {"GET": {}, "POST": {}}}`."""
    return {key: _long(words) if key.startswith("/") else words for key, words in resources.items()}


def _long(words: Any) -> Any:
    if isinstance(words, str):
        return {"methods": {method: {} for method in words.split()}}
    if isinstance(words, dict) and isinstance(words.get("methods"), str):
        return {**words, "methods": {method: {} for method in words["methods"].split()}}
    return words


def merge_layers(layers: Sequence[Layer]) -> Documents:
    """Merge layers, the earliest first; a default whose resource or method a layer removes goes with it."""
    merged: dict[str, Any] = {kind: {} for kind in KINDS}
    for layer in layers:
        documents = {kind: layer.documents.get(kind, {}) for kind in KINDS}
        documents["resources"] = write_out(documents["resources"])
        for template, method in _removed(documents["resources"]):
            _drop_default(merged["defaults"], template, method)
        for kind in KINDS:
            merged[kind] = _patch(merged[kind], documents[kind], kind)
    return Documents(merged["service"], merged["resources"], merged["defaults"])


def _removed(resources: JsonObject) -> Iterator[tuple[str, str | None]]:
    """Name what a layer takes away: (template, None) for a whole resource, else (template, method)."""
    for template, words in resources.items():
        if words is None:
            yield template, None
        elif isinstance(words, dict):
            methods = words.get("methods")
            gone = [method for method, value in methods.items() if value is None] if isinstance(methods, dict) else []
            yield from ((template, method) for method in gone)


def _drop_default(defaults: JsonObject, template: str, method: str | None) -> None:
    if method is None:
        defaults.pop(template, None)
    elif template in defaults:
        defaults[template] = {key: body for key, body in defaults[template].items() if key != method}


def _patch(target: Any, patch: Any, place: str) -> Any:
    if not isinstance(patch, dict) or place == "schema":
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif place == "query" and isinstance(value, dict):
            result[key] = value
        else:
            result[key] = _patch(result.get(key), value, key if key in ("schema", "query") else "")
    return result


def file_that_said(layers: Sequence[Layer], kind: str, tokens: Sequence[str]) -> str | None:
    """
    Find the file of the latest layer that says something at a place.

    Args:
        layers: the earliest first.
        kind: "service", "resources" or "defaults".
        tokens: the place, as the reference tokens of a JSON Pointer, in the long form.
    Returns:
        the file's name, "" for what the program passed; None where no layer says anything there.
    """
    for layer in reversed(layers):
        node: Any = layer.documents.get(kind)
        if kind == "resources" and node is not None:
            node = write_out(node)
        for token in tokens:
            node = node.get(token) if isinstance(node, dict) else None
        if node is not None:
            return layer.files.get(kind, "")
    return None
