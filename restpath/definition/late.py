"""
Data files that were found good, by places: what is in them is read when it is asked for.

Takes the JSON texts of one layer, and what an earlier reading noted of them; gives documents whose resources and
schemas are made late. The notes are plain JSON, made of the same texts once they have been checked: where each member
begins, and the outlines of the resources.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import Any

from restpath.definition.lazy import Outline, Resources, Schemas, outlines_of
from restpath.definition.merge import WHOLE, merge_patch, write_out
from restpath.definition.places import Octets, lay_open
from restpath.types import JsonObject

__all__ = ["late_documents", "notes_on"]

_DECODER = json.JSONDecoder()
_RESOURCE = WHOLE["resources"]["*"]


def _octets(data: bytes) -> str:
    return data.removeprefix(codecs.BOM_UTF8).decode("latin-1")


# ---- noting ------------------------------------------------------------------------------------------------------


def notes_on(texts: Mapping[str, bytes]) -> JsonObject:
    """
    Note where what stands in the texts of one layer.

    Args:
        texts: JSON texts by kind, which were found good.
    """
    makers = {"resources": _notes_on_resources, "schemas": _notes_on_schemas}
    return {kind: make(_octets(texts[kind])) for kind, make in makers.items() if kind in texts}


def _notes_on_resources(text: str) -> JsonObject:
    whole = lay_open(text, _DECODER, {}, {})
    if whole is None:
        return {}
    long = merge_patch({}, write_out(whole), WHOLE["resources"])
    if any(key.startswith("/") and "methods" not in words for key, words in long.items()):
        return {}  # a layer above says the methods: whoever reads this has to read all of it
    outlines = {
        template: [" ".join(each.methods), list(each.names), each.literal, list(each.also)]
        for template, each in outlines_of(long)
    }
    return {"starts": {key: whole.starts[key] for key in long}, "outlines": outlines}


def _notes_on_schemas(text: str) -> JsonObject:
    whole = lay_open(text, _DECODER, {"schemas": 1}, {})
    if whole is None:
        return {}
    schemas = whole.get("schemas")
    inner = {name: schemas.starts[name] for name in schemas if schemas[name] is not None} if schemas else {}
    return {"starts": {key: whole.starts[key] for key in whole if key != "schemas"}, "schemas": inner}


# ---- reading -----------------------------------------------------------------------------------------------------


def late_documents(texts: Mapping[str, bytes], notes: JsonObject) -> dict[str, JsonObject]:
    """
    Give documents that are made late, as far as there are notes on them.

    Raises:
        KeyError, TypeError, ValueError: these are no notes on these texts.
    """
    makers = {"resources": _late_resources, "schemas": _late_schemas}
    return {kind: makers[kind](_octets(texts[kind]), said) for kind, said in notes.items() if said}


def _late_resources(text: str, notes: JsonObject) -> Resources:
    octets, starts = Octets(text, _DECODER), notes["starts"]
    outlines = {
        template: Outline(tuple(methods.split(" ")), tuple(names), literal, tuple(also))
        for template, (methods, names, literal, also) in notes["outlines"].items()
    }

    def make(template: str) -> Any:
        words = write_out({template: octets.read(starts[template])})[template]
        return merge_patch({}, words, _RESOURCE)

    return Resources(make, outlines, {key: octets.read(starts[key]) for key in starts if key not in outlines})


def _late_schemas(text: str, notes: JsonObject) -> Schemas:
    octets, starts = Octets(text, _DECODER), notes["schemas"]

    def whole() -> JsonObject:
        return {name: octets.read(start) for name, start in starts.items()}

    words = {key: octets.read(start) for key, start in notes["starts"].items()}
    return Schemas(lambda name: octets.read(starts[name]), whole, words)
