"""
Pages: how a list is cut into pages, where the description itself says enough to be sure of it.

Takes the query parameters of an operation and the schema of its answer; gives the words of `pages`, or None. There must
be exactly one place where the items are, and one known pair of a parameter and what the answer says of the next page.
Source: RFC 8288 for `Link`; the extension x-ms-pageable; the names are those that published descriptions use most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restpath.definition.jsonfile import pointer
from restpath.importers.references import References, Spot
from restpath.types import JsonObject

__all__ = ["page_words"]

# The query parameter of a cursor, and the names under which an answer has the next one.
_CURSORS = {
    "cursor": ("next_cursor", "nextCursor"),
    "pageToken": ("nextPageToken",),
    "page_token": ("next_page_token",),
    "nextToken": ("nextToken",),
    "next_token": ("next_token",),
    "NextToken": ("NextToken",),
    "nextPageToken": ("nextPageToken",),
    "next_page_token": ("next_page_token",),
}
_LINKS = ("next", "nextLink", "next_link", "next_url", "nextUrl", "next_page_url")
_SIZES = ("per_page", "perPage", "page_size", "pageSize", "limit", "maxResults", "max_results")
_NUMBERS = ("page", "page_number", "pageNumber")
_MOST_PARTS = 50


def page_words(query: Mapping[str, JsonObject], operation: Spot, answer: Spot, references: References) -> Any:
    """
    Give the words of `pages`; None where the description does not say enough.

    Args:
        query: the words of the query parameters.
        operation: the operation, for what it says outright.
        answer: the answer that says success, with `headers` and `schema`.
    """
    schema = answer.at("schema")
    if schema.value is None:
        return None
    pageable = operation.at("x-ms-pageable").value
    said = pageable if isinstance(pageable, dict) else {}
    fields = _fields(schema, references)
    items = _items(schema, fields, references, said.get("itemName"))
    size = next((name for name in _SIZES if name in query), None)
    rule = _link_rule(said.get("nextLinkName"), answer.at("headers"), fields)
    if rule is None:
        rule = _parameter_rule(query, fields, size)
    if items is None or not rule:
        return None
    words: JsonObject = {**rule, **({"items": items} if items else {}), **({"size": size} if size else {})}
    required = schema.value.get("required") if isinstance(schema.value, dict) else None
    if items and not (isinstance(required, list) and items.split("/")[1] in required):
        words["optional"] = True  # the description does not promise that it is always there
    return words


def _link_rule(said: object, headers: Spot, fields: Mapping[str, Spot]) -> JsonObject | None:
    """The rule of an answer that has the next page's URL; {} where it says so and not where; None where it has none."""
    if said is not None:
        return {"by": "link", "next": pointer([said])} if isinstance(said, str) and said else {}
    if any(name.lower() == "link" for name, _ in headers.items()):
        return {"by": "link", "next": "Link"}
    name = next((name for name in _LINKS if _is_link(fields.get(name))), None)
    return {"by": "link", "next": f"/{name}"} if name is not None else None


def _parameter_rule(query: Mapping[str, JsonObject], fields: Mapping[str, Spot], size: str | None) -> JsonObject | None:
    """The rule of a query that takes a cursor, an offset or a page's number; the first of these decides."""
    cursor = next((name for name in _CURSORS if name in query), None)
    if cursor is not None:
        name = next((name for name in _CURSORS[cursor] if name in fields), None)
        return {"by": "cursor", "parameter": cursor, "next": f"/{name}"} if name is not None else None
    if "offset" in query and "limit" in query and _is_integer(query["offset"]):
        return {"by": "offset", "parameter": "offset"}
    numbered = next((name for name in _NUMBERS if name in query), None)
    first = _first(query[numbered]) if numbered is not None and size is not None else None
    return {"by": "page", "parameter": numbered, "first": first} if first is not None else None


def _is_integer(words: JsonObject) -> bool:
    return words.get("type") in ("integer", "number")


def _first(words: JsonObject) -> int | None:
    """The number of the first page, where the parameter says it."""
    first = words.get("default")
    return first if _is_integer(words) and type(first) is int and first in (0, 1) else None


def _is_link(spot: Spot | None) -> bool:
    """Whether a field of an answer is a URL: by its format or its own words, not by its name alone."""
    said = spot.value if spot is not None else None
    if not isinstance(said, dict) or said.get("type") not in ("string", ["string", "null"], ["null", "string"]):
        return False
    if said.get("format") in ("uri", "url", "uri-reference"):
        return True
    example = said.get("example")
    return isinstance(example, str) and example.startswith(("http://", "https://"))


def _fields(schema: Spot, references: References) -> dict[str, Spot]:
    """The fields of an answer, those of the schemas that it is all of among them."""
    found: dict[str, Spot] = {}
    pile, parts = [schema], 0
    while pile and parts < _MOST_PARTS:
        spot, parts = references.follow(pile.pop()), parts + 1
        if spot is None:
            continue
        for name, inner in spot.at("properties").items():
            target = references.follow(inner)
            if target is not None:
                found.setdefault(name, target)
        pile += spot.at("allOf").elements()
    return found


def _items(schema: Spot, fields: Mapping[str, Spot], references: References, said: object) -> str | None:
    """Where the items are: "" for the content itself; None where there is no one place."""
    if isinstance(said, str) and said:
        return pointer([said])
    target = references.follow(schema)
    if target is not None and target.at("type").value == "array":
        return ""
    lists = [name for name, spot in fields.items() if spot.at("type").value == "array"]
    return pointer(lists) if len(lists) == 1 else None
