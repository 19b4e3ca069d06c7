"""
The schemas of Discovery documents: from the draft 3 that they are written in to JSON Schema 2020-12, and what they tell
of pages.

Takes the `schemas` of a document; gives the schema of a body, which refers to shared ones, these, cycles included, and
the rule by which an answer is cut into pages. A named schema is converted when it is first asked for.
Source: JSON Schema draft 3; the Discovery document format, version 1; the JSON mapping of protocol buffers, by which a
64-bit number is a text or a number.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from restpath.definition.bundles import reference_to, shared_names
from restpath.importers.found import Report
from restpath.types import JsonObject

__all__ = ["Schemas", "typed"]

_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
# What means the same in both drafts, with the type that its value has.
_KEPT = {"description": str, "format": str, "pattern": str, "enum": list, "readOnly": bool, "deprecated": bool}
_LONG = ("int64", "uint64")
_MAX_TOKENS = 80  # with what stands around it, a saved definition has at most 100 levels


class Schemas:
    """The named schemas of one document."""

    def __init__(self, named: JsonObject, report: Report) -> None:
        self._named, self.report = named, report
        self._converted: dict[str, JsonObject] = {}
        self._reached: set[str] = set()
        self._wanted: list[str] = []
        self.at_once = False

    def whole(self, schema: JsonObject, place: tuple[object, ...]) -> JsonObject:
        """Give the 2020-12 schema of a draft 3 one, whose references lead to shared ones."""
        name = schema.get("$ref")
        known = isinstance(name, str) and self.knows(name)
        converted = {"$ref": reference_to(str(name))} if known else _Conversion(self, place).convert(schema)
        self._wanted += shared_names(converted)
        if self.at_once:
            self.shared()
        return converted

    def one(self, name: str) -> JsonObject:
        """Give a shared schema by its name. Raises KeyError where there is none."""
        converted = self._converted.get(name)
        if converted is None:
            if not self.knows(name):
                raise KeyError(name)
            own = self._is_its_own(name)
            converted = {} if own else _Conversion(self, ("schemas", name)).convert(self._named[name])
            self._converted[name] = converted
        return converted

    def shared(self) -> JsonObject:
        """Give the shared schemas that those refer to which were made so far, by name."""
        while self._wanted:
            name = self._wanted.pop()
            if name not in self._reached:
                self._reached.add(name)
                self._wanted += shared_names(self.one(name))
        return {name: self.one(name) for name in sorted(self._reached)} if not self.at_once else {}

    def knows(self, name: object) -> bool:
        """Tell whether there is a schema of that name."""
        return isinstance(name, str) and isinstance(self._named.get(name), dict)

    def _is_its_own(self, name: str) -> bool:
        """Tell whether a schema is nothing but another one, round and round."""
        seen = {name}
        while self.knows(name := self._named[name].get("$ref")):
            if name in seen:
                self.report.add(("schemas", name, "$ref"), "a schema that is only ever another one")
                return True
            seen.add(name)
        return False

    # ---- pages ----

    def page_rule(self, response: object, query: Collection[str]) -> JsonObject | None:
        """
        Find how a list is cut into pages.

        Args:
            response: the method's `response`, a reference.
            query: the names of its query parameters.
        Returns:
            the words of `pages`; None where the answer has no token for a next page, or not one list.
        """
        name = response.get("$ref") if isinstance(response, dict) else None
        properties = self._properties(name) if isinstance(name, str) else {}
        token = next((key for key in ("nextPageToken", "pageToken") if key in properties), None)
        items = _the_list(properties)
        if "pageToken" not in query or token is None or items is None:
            return None
        rule = {"by": "cursor", "items": f"/{items}", "parameter": "pageToken", "next": f"/{token}", "optional": True}
        sizes = [size for size in ("pageSize", "maxResults") if size in query]
        return {**rule, "size": sizes[0]} if len(sizes) == 1 else rule

    def _properties(self, name: str) -> JsonObject:
        schema = self._named.get(name)
        properties = schema.get("properties") if isinstance(schema, dict) else None
        return properties if isinstance(properties, dict) else {}


def _the_list(properties: JsonObject) -> str | None:
    """The one list of an answer; or of several the one of objects, as beside the names of what was not reachable."""
    lists = {name: said for name, said in properties.items() if isinstance(said, dict) and said.get("type") == "array"}
    if len(lists) > 1:
        lists = {name: said for name, said in lists.items() if _holds_objects(said.get("items"))}
    names = [name for name in lists if not re.search("[~/]", name)]
    return names[0] if len(lists) == len(names) == 1 else None


def _holds_objects(items: object) -> bool:
    return isinstance(items, dict) and ("$ref" in items or items.get("type") == "object")


class _Conversion:
    """One schema on its way, with its place for what is reported."""

    def __init__(self, schemas: Schemas, place: tuple[object, ...]) -> None:
        self._schemas, self._root = schemas, place

    def convert(self, schema: Any, *tokens: object) -> JsonObject:
        """Give a schema as 2020-12 has it; {} for what is none."""
        if not isinstance(schema, dict):
            return {}
        if len(tokens) > _MAX_TOKENS:
            self._schemas.report.add((*self._root, *tokens[:2]), "a schema of so many levels")
            return {}
        found: JsonObject = {key: schema[key] for key, kind in _KEPT.items() if isinstance(schema.get(key), kind)}
        name = schema.get("$ref")
        if name is not None:
            if self._schemas.knows(name):
                found["$ref"] = reference_to(name)
            else:
                self._schemas.report.add((*self._root, *tokens, "$ref"), f"a schema that is not there, {name!r}")
            return found
        self._add_type(found, schema)
        self._add_limits(found, schema)
        self._add_parts(found, schema, tokens)
        return found

    def _add_type(self, found: JsonObject, schema: JsonObject) -> None:
        kind = schema.get("type")
        if kind in _TYPES:
            found["type"] = ["string", "integer"] if kind == "string" and schema.get("format") in _LONG else kind
        if found.get("enum") == []:
            del found["enum"]
        if "default" in schema:
            found["default"] = typed(schema["default"], kind)

    def _add_limits(self, found: JsonObject, schema: JsonObject) -> None:
        for key in ("minimum", "maximum"):
            limit = typed(schema.get(key), "number")
            if isinstance(limit, (int, float)) and schema.get("type") in ("integer", "number"):
                found[key] = limit

    def _add_parts(self, found: JsonObject, schema: JsonObject, tokens: tuple[object, ...]) -> None:
        properties = schema.get("properties")
        if isinstance(properties, dict):
            found["properties"] = {
                name: self.convert(said, *tokens, "properties", name) for name, said in properties.items()
            }
            # Draft 3 says it in the property, 2020-12 in what has the property.
            required = [
                name for name, said in properties.items() if isinstance(said, dict) and said.get("required") is True
            ]
            if required:
                found["required"] = required
        if isinstance(schema.get("items"), dict):
            found["items"] = self.convert(schema["items"], *tokens, "items")
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            found["additionalProperties"] = self.convert(more, *tokens, "additionalProperties")
        elif more is False:
            found["additionalProperties"] = False


def typed(text: Any, kind: object) -> Any:
    """Give the value that a default or a limit stands for: Discovery writes them all as texts."""
    if not isinstance(text, str):
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    for number in {"integer": (int,), "number": (int, float)}.get(str(kind), ()):
        try:
            value = number(text)
        except ValueError:
            continue
        return value if abs(value) < 1e300 else text
    return text
