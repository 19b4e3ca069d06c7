"""
Pages: how a list is cut into pages, where the description itself says enough to be sure of it.

Takes the query parameters of an operation and the schema of its answer; gives the words of `pages`, or None. There must
be exactly one place where the items are, and one known pair of a parameter and what the answer says of the next page.
Source: RFC 8288 for `Link`; the extension x-ms-pageable; the names are those that published descriptions use most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    said = operation.at("x-ms-pageable").value
    link = said.get("nextLinkName") if isinstance(said, dict) else None
    numbered = next((name for name in _NUMBERS if name in query), None)
    offset = "offset" in query and "limit" in query
    has_header = any(name.lower() == "link" for name, _ in answer.at("headers").items())
    cursor = next((name for name in _CURSORS if name in query), None)
    fields = _fields(schema, references)
    items = _items(schema, fields, references, said.get("itemName") if isinstance(said, dict) else None)
    if items is None:
        return None
    size = next((name for name in _SIZES if name in query), None)
    rule: JsonObject | None = None
    if link is not None:
        rule = {"by": "link", "next": f"/{_token(link)}"} if isinstance(link, str) and link else None
    elif has_header:
        rule = {"by": "link", "next": "Link"}
    elif (name := next((name for name in _LINKS if _is_link(fields.get(name))), None)) is not None:
        rule = {"by": "link", "next": f"/{name}"}
    elif cursor is not None:
        name = next((name for name in _CURSORS[cursor] if name in fields), None)
        rule = {"by": "cursor", "parameter": cursor, "next": f"/{name}"} if name is not None else None
    elif offset and _is_integer(query["offset"]):
        rule = {"by": "offset", "parameter": "offset"}
    elif numbered is not None and size is not None:
        first = _first(query[numbered])
        rule = {"by": "page", "parameter": numbered, "first": first} if first is not None else None
    if rule is None:
        return None
    words: JsonObject = {**rule, **({"items": items} if items else {}), **({"size": size} if size else {})}
    required = schema.value.get("required") if isinstance(schema.value, dict) else None
    if items and not (isinstance(required, list) and items.split("/")[1] in required):
        words["optional"] = True  # the description does not promise that it is always there
    return words


def _is_integer(words: JsonObject) -> bool:
    return words.get("type") in ("integer", "number")


def _first(words: JsonObject) -> int | None:
    """The number of the first page, where the parameter says it."""
    first = words.get("default")
    return first if _is_integer(words) and isinstance(first, int) and first in (0, 1) else None


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
        return f"/{_token(said)}"
    target = references.follow(schema)
    if target is not None and target.at("type").value == "array":
        return ""
    lists = [name for name, spot in fields.items() if spot.at("type").value == "array"]
    return f"/{_token(lists[0])}" if len(lists) == 1 else None


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
