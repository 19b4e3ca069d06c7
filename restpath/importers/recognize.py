"""
Which importer a document is for.

Takes a document as plain values; gives the importer that knows its shape, or raises `DefinitionError` that says what
the document is instead, as far as that can be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from restpath.definition.wording import shown
from restpath.errors import DefinitionError
from restpath.importers.found import Imported
from restpath.types import JsonObject

__all__ = ["Convert", "find_importer", "recognize"]

_EXPECTED = "a description: OpenAPI (2.0, 3.0, 3.1, 3.2), Google Discovery, or a listing that restpath knows"

Convert = Callable[..., Imported]

# What each importer reads, by the key that tells it; see `find_importer` for those that no one key tells.
_BY_KEY = {"openapi": "openapi", "swagger": "swagger", "discoveryVersion": "discovery"}
_BY_KIND = {"discovery#restDescription": "discovery"}
_OTHERS = {
    "asyncapi": "an AsyncAPI document: it describes messages, not a REST service",
    "arazzo": "an Arazzo document: it describes the order of calls, not a service",
    "overlay": "an OpenAPI overlay: read the description that it is laid over",
    "__schema": "a GraphQL schema: there are no resources in it",
    "wadl": "a WADL document",
    "raml": "a RAML document",
}


def find_importer(document: Any) -> Convert | None:
    """Find the importer for a document; None where there is none."""
    name = _name_of(document) if isinstance(document, dict) else None
    if name is not None:
        module = import_module(f"restpath.importers.{name}")
        convert: Convert | None = module.convert if module.fits(document) else None
        return convert
    from restpath.importers import listings

    return listings.convert if listings.fits(document) else None


def _name_of(document: JsonObject) -> str | None:
    kind = document.get("kind")
    if isinstance(kind, str) and kind in _BY_KIND:
        return _BY_KIND[kind]
    return next((_BY_KEY[key] for key in _BY_KEY if key in document), None)


def recognize(document: Any, source: str | None = None) -> Convert:
    """
    Find the importer for a document.

    Raises:
        DefinitionError: there is none, with what was found instead.
    """
    found = find_importer(document)
    if found is None:
        raise DefinitionError(_problem(document), file=source, expected=_EXPECTED)
    return found


def _problem(document: Any) -> str:
    if not isinstance(document, dict):
        return f"this is {shown(document)}"
    for word in ("openapi", "swagger"):
        if word in document:
            return f"there is no {word} {document[word]!r:.40} that restpath reads"
    other = next((_OTHERS[word] for word in _OTHERS if word in document), None)
    if other is None and document.get("kind") == "discovery#directoryList":
        other = "a list of Discovery documents: read one of those that it names"
    if other is None and "paths" in document:
        other = "a document with paths that does not say in which format: the key openapi or swagger is missing"
    return other if other is not None else "this is a document of no format that restpath knows"
