"""
What is sound of data files that have faults: so much of them that the rest can be checked as a whole.

Takes layers and the places where their documents are wrong by themselves; gives the layers without these, so that what
only the whole can tell (a credential that is nowhere declared) is told beside them. What others may refer to keeps its
name: what is wrong in a credential must not make each use of it a fault. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from restpath.definition.merge import WHOLE, Layer, merge_patch
from restpath.types import JsonObject

__all__ = ["sound_parts"]

# What stands in place of a part that is wrong and that others refer to by its name.
_NAMED: dict[str, dict[str, Any]] = {
    "service": {"credentials": {"secret": False}, "auth": {}, "variables": {}},
    "schemas": {"schemas": {}},
}


def sound_parts(layers: Sequence[Layer], wrong: Mapping[str, Collection[str]], known: Mapping[str, Any]) -> list[Layer]:
    """
    Give layers without what is wrong in them.

    Args:
        wrong: JSON Pointers to what is wrong, by the kind of the document.
        known: what holds a document to its schema, by kind; see `check.validators`.
    Returns:
        the layers; none where too much is wrong for the whole to be looked at.
    """
    places = {kind: [_tokens(pointer) for pointer in pointers] for kind, pointers in wrong.items()}
    templates = {tokens[0] for kind in ("resources", "defaults") for tokens in places.get(kind, ()) if tokens}
    kept = []
    for layer in layers:
        documents = {}
        for kind, document in layer.documents.items():
            cut = [[template] for template in templates] if kind in ("resources", "defaults") else places.get(kind, [])
            documents[kind] = _without(document, kind, cut, templates) if isinstance(document, dict) else document
            if kind in places and not _is_sound(documents[kind], kind, places[kind], known[kind]):
                return []
        kept.append(Layer(documents, layer.files, origin=layer.origin))
    return kept


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _is_sound(document: Any, kind: str, places: Sequence[Sequence[str]], validator: Any) -> bool:
    """Whether what is left can be looked at; that something is missing in service.json, or too much, is no matter."""
    if not isinstance(document, dict) or (kind != "service" and not all(places)):
        return False
    left = document if kind == "defaults" else merge_patch({}, document, WHOLE.get(kind))
    return not any(error.absolute_path for error in validator.iter_errors(left))


def _without(document: JsonObject, kind: str, places: Sequence[Sequence[str]], templates: set[str]) -> JsonObject:
    """A document without these places; what refers to a template that is left out goes with it."""
    if not places and not (kind == "service" and templates):
        return document
    left = dict(document)
    for first, *rest in filter(None, places):
        named = _NAMED.get(kind, {}).get(first)
        inner = left.get(first)
        if rest and named is not None and isinstance(inner, dict):
            left[first] = {**inner, rest[0]: named} if rest[0] in inner else inner
        else:
            left.pop(first, None)
    listing = left.get("listing")
    if kind == "service" and isinstance(listing, dict) and listing.get("resource") in templates:
        del left["listing"]
    return left
