"""
One method of a Discovery document: its parameters, its body, its pages.

Takes the words of a method, and what it shares with all of its document; gives the words of a method in our own data
format. Source: the Discovery document format, version 1 (`parameters`, `repeated`, `request`, `scopes`, `apiVersion`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from restpath.importers.discovery_schemas import Schemas, typed
from restpath.types import JsonObject

__all__ = ["Common", "common_of", "media_type_of", "method_words", "text_of"]

_Place = tuple[object, ...]


class Common(NamedTuple):
    """
    What all methods of a document share.

    Attributes:
        schemas: the document's schemas.
        query: the query parameters that every method takes, converted.
        proofs: the schemes that are good for a method that asks for scopes.
    """

    schemas: Schemas
    query: Mapping[str, JsonObject]
    proofs: list[str]


# What proves who calls is no parameter: it is among the credentials.
_PROOFS = frozenset({"key", "access_token", "oauth_token", "bearer_token"})


def common_of(parameters: JsonObject, schemas: Schemas, proofs: list[str]) -> Common:
    """Convert what all methods of a document share."""
    words = {name: said for name, said in parameters.items() if name not in _PROOFS}
    return Common(schemas, _query({"parameters": words}, schemas, ()), proofs)


def method_words(common: Common, words: JsonObject, place: _Place) -> JsonObject:
    """
    Turn one method into the words of a method.

    Args:
        common: what it shares with the other methods of its document.
        words: the method.
        place: where it stands, as reference tokens.
    """
    query = {**common.query, **_query(words, common.schemas, place)}
    found: JsonObject = {
        "name": text_of(words, "id"),
        "documentation": text_of(words, "description"),
        "deprecated": words.get("deprecated") is True,
        "query": query,
        "pages": common.schemas.page_rule(words.get("response"), query),
        "auth": common.proofs if words.get("scopes") else None,
        "headers": _version_header(words),
    }
    if isinstance(words.get("request"), dict):
        found["body"] = {"schema": common.schemas.whole(words["request"], (*place, "request"))}
    return {key: value for key, value in found.items() if value}


_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]+")


def media_type_of(accepted: Collection[object]) -> str:
    """The one type that is accepted; what any bytes are where that leaves a choice."""
    known = [kind for kind in accepted if isinstance(kind, str) and _MEDIA_TYPE.fullmatch(kind)]
    return known[0] if len(known) == len(accepted) == 1 else "application/octet-stream"


def _version_header(words: JsonObject) -> JsonObject:
    """The version of a method, in the header field in which Google's own clients send it."""
    version = text_of(words, "apiVersion")
    return {"X-Goog-Api-Version": version} if re.fullmatch("[!-~]+", version) else {}


def _query(words: JsonObject, schemas: Schemas, place: _Place) -> dict[str, JsonObject]:
    parameters = words.get("parameters")
    found = {}
    for name, said in parameters.items() if isinstance(parameters, dict) else ():
        if isinstance(said, dict) and said.get("location") == "query":
            found[name] = _parameter(said)
            if said.get("type") == "object":
                schemas.report.add((*place, "parameters", name), "an object in the query")
    return found


_PLAIN = ("string", "integer", "number", "boolean", "object")


def _parameter(said: JsonObject) -> JsonObject:
    kind = said["type"] if said.get("type") in _PLAIN else "string"
    enum = said.get("enum")
    repeated = said.get("repeated") is True
    found: JsonObject = {"type": "array", "items": {"type": kind}, "lists": "repeat"} if repeated else {"type": kind}
    if isinstance(enum, list) and enum:
        (found["items"] if repeated else found)["enum"] = enum
    if "default" in said:
        found["default"] = typed(said["default"], kind)
    for key, word in (("format", "format"), ("description", "documentation")):
        if text_of(said, key):
            found[word] = said[key]
    return {**found, "deprecated": True} if said.get("deprecated") is True else found


def text_of(holder: JsonObject, key: str) -> str:
    """Give the text under a key; "" where there is none."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""
