"""
Bodies: from the request body of an operation to its schema, its media type and its uploads.

Takes the spot of a request body with its media types; gives the words for it. Where there are several media types, JSON
comes first, then a form, a multipart form, anything else; the others become the alternatives that a call can say.
Source: OpenAPI 3.1.1 sections 4.8.13 to 4.8.15.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from restpath.definition.bundles import SHARED
from restpath.definition.frozen import freeze
from restpath.definition.mediatypes import essence_of, is_same_type
from restpath.importers.found import Report
from restpath.importers.references import References, Spot
from restpath.importers.schemas import Schemas
from restpath.types import JsonObject

__all__ = ["body_words", "choose"]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: *;[\t -~]*)?")


def choose(names: Collection[str]) -> str | None:
    """Choose the media type that a body is sent in; None where there is none that can be."""
    return min((name for name in names if _MEDIA_TYPE.fullmatch(name.strip())), key=_rank, default=None)


def _rank(name: str) -> tuple[int, int]:
    kind = _kind(name)
    own = essence_of(name) != JSON
    return ("json", "form", "multipart", "any", "raw").index(kind), own


def _kind(name: str) -> str:
    essence = essence_of(name)
    if essence in (JSON, "text/json") or essence.endswith("+json"):
        return "json"
    return {FORM: "form", MULTIPART: "multipart"}.get(essence) or ("any" if "*" in essence else "raw")


def body_words(
    body: Spot, references: References, schemas: Schemas, report: Report, query: Mapping[str, JsonObject]
) -> JsonObject:
    """
    Say in words what a body is.

    Args:
        body: a request body, no reference.
        query: the words of the operation's query parameters; where the lists of a form are written otherwise than
            theirs, they are told so.
    Returns:
        the words `body`, `bodies`, `uploads`, `query_lists` and `nested_form`, as far as they are needed.
    """
    content = body.at("content")
    names = [name for name, _ in content.items()]
    chosen = choose(names)
    if chosen is None:
        return {"body": {}}
    media = content.at(chosen)
    words = _words(chosen, _kind(chosen), media, references, schemas, report, query)
    bodies: JsonObject = {}
    for name in names:
        if name == chosen or not _MEDIA_TYPE.fullmatch(name.strip()):
            if name != chosen:
                report.add((*content.place, name), f"{name!r} is no media type: nothing is sent as that", content.base)
        elif not is_same_type(name, chosen):
            other = content.at(name)
            same = _kind(name) == _kind(chosen) == "json" and other.value == media.value
            made = words if same else _words(name, _kind(name), other, references, schemas, report, query)
            bodies.setdefault(name.strip(), _alternative(made, words))
    if any("query_lists" in said for said in (words, *bodies.values())):
        _keep_lists(query)
    return {**words, "bodies": bodies} if bodies else words


# What a body that says nothing of these does, and has to say where the first one does otherwise.
_ASSUMED = {"query_lists": "repeat", "nested_form": False}


def _alternative(words: JsonObject, first: JsonObject) -> JsonObject:
    """The words of a body as one of `bodies`, whose key is its media type; it does not do as the first one does."""
    schema = {"schema": words["body"]["schema"]} if "schema" in words["body"] else {}
    assumed = {word: said for word, said in _ASSUMED.items() if word in first}
    return {**schema, **assumed, **{word: said for word, said in words.items() if word != "body"}}


def _keep_lists(query: Mapping[str, JsonObject]) -> None:
    """Say of the lists of the query that they are repeated, where a form says otherwise of all that it goes with."""
    for words in query.values():
        if words.get("type", "array") == "array":
            words.setdefault("lists", "repeat")


def _words(
    name: str, kind: str, media: Spot, references: References, schemas: Schemas, report: Report,
    query: Collection[str],
) -> JsonObject:  # fmt: skip
    spot = media.at("schema")
    if kind == "any" and (spot.value is None or _is_binary(references.follow(spot))):
        kind, name = "raw", "application/octet-stream"
    body: JsonObject = {}
    if kind != "raw" and spot.value is not None:
        body["schema"] = _with_names(schemas.whole(spot), schemas, query, media, report)
    if kind != "any" and name.strip().lower() != JSON:
        body["media_type"] = name.strip()
    words: JsonObject = {"body": body}
    if kind == "multipart":
        _add_uploads(words, media, references)
    if kind in ("form", "multipart"):
        words.update(_encoding(media, report))
    return words


# ---- names of fields ---------------------------------------------------------------------------------------------


def _with_names(
    schema: JsonObject | bool, schemas: Schemas, query: Collection[str], media: Spot, report: Report
) -> JsonObject | bool:
    """
    Say at the top of a schema which fields it has further in, where a caller's field would go elsewhere otherwise.

    A dotted name that is not declared would be nested, and a name of the query would go there.
    """
    whole = schemas.bundle(schema)
    if isinstance(whole, bool):
        return schema
    own: JsonObject = whole.get("properties", {})
    within = [name for name in _fields(whole) if name not in own and ("." in name or name in query)]
    if within:
        own = {**own, **dict.fromkeys(within, True)}
        schema = freeze({**{word: said for word, said in whole.items() if word != "schemas"}, "properties": own})
    for name in [name for name in query if name in own]:
        what = f"{name!r} is a field of the body, and of the query as well: give that one in qs="
        report.add(media.place, what, media.base)
    return schema


def _fields(schema: JsonObject) -> dict[str, None]:
    """The names of the fields that a schema speaks of, also by what it refers to."""
    found: dict[str, None] = {}
    seen: set[int] = set()
    pile: list[Any] = [schema]
    shared = schema.get("schemas", {})
    while pile:
        node = pile.pop()
        if not isinstance(node, dict) or id(node) in seen:
            continue
        seen.add(id(node))
        found.update(dict.fromkeys(node.get("properties", ())))
        pile += [inner for word in ("allOf", "anyOf", "oneOf") for inner in node.get(word, ())]
        if "$ref" in node:
            pile.append(shared.get(node["$ref"].removeprefix(SHARED)))
    return found


# ---- forms -------------------------------------------------------------------------------------------------------


def _add_uploads(words: JsonObject, media: Spot, references: References) -> None:
    """Name the form field of `upload_file`, where only one holds a file."""
    files = _file_fields(media, references)
    if len(files) == 1 and files[0]:
        words["uploads"] = {"field": files[0]}


def _file_fields(media: Spot, references: References) -> list[str]:
    schema = references.follow(media.at("schema"))
    found = []
    for name, spot in schema.at("properties").items() if schema is not None else ():
        inner = references.follow(spot)
        if inner is not None and inner.at("type").value == "array":
            inner = references.follow(inner.at("items"))
        if _is_binary(inner) or media.at("encoding", name, "contentType").value == "application/octet-stream":
            found.append(name)
    return found


def _is_binary(spot: Spot | None) -> bool:
    said = spot.value if spot is not None else None
    if not isinstance(said, dict):
        return False
    kind = said.get("type")
    kinds: list[Any] = kind if isinstance(kind, list) else [kind]
    if "file" in kinds or (said.get("format") == "binary" and ("string" in kinds or kinds == [None])):
        return True
    return said.get("contentMediaType") == "application/octet-stream" and "contentEncoding" not in said


def _encoding(media: Spot, report: Report) -> JsonObject:
    """How lists and objects are written in a form, where the description says one way for all."""
    encoding = [spot for _, spot in media.at("encoding").items() if isinstance(spot.value, dict)]
    words: JsonObject = {}
    if any(spot.value.get("style") == "deepObject" for spot in encoding):
        words["nested_form"] = "brackets"
    commas = [spot for spot in encoding if spot.value.get("explode") is False and not _is_other(spot)]
    if commas and len(commas) == len([spot for spot in encoding if "explode" in spot.value]):
        words["query_lists"] = "commas"
    elif commas:
        report.add(media.at("encoding").place, "the lists of this form are not all written in one way", media.base)
    for spot in encoding:
        if _is_other(spot):
            report.add(spot.place, f"in a form nothing goes as {spot.value['style']}: give it as text", spot.base)
    return words


def _is_other(spot: Spot) -> bool:
    return spot.value.get("style") not in (None, "form", "deepObject")
