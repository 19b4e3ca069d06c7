"""
The reference of the data format, made from its JSON Schemas.

Takes the schemas' documents; gives reStructuredText: a section for each object that a data file may hold, a heading
for each of its words, and its type, its default, what it may be, what it means and an example. A word that the schemas
have is on the pages, and one that they do not have is not.
Source: JSON Schema 2020-12, as far as the three schemas use it; anything else is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["SchemaPages", "Thing"]

Schema = Mapping[str, Any]

_URN = "urn:restpath:format-1:"
_UNLESS = re.compile(r" ?\(([^()]*?) unless said otherwise(?:: [^()]*)?\)")
_KINDS = {
    "string": "text", "boolean": "true or false", "integer": "whole number", "number": "number", "array": "list",
    "object": "object", "null": "null",
}  # fmt: skip
# Keywords that are told in words, and those that only annotate or are told by the description.
_TOLD = {
    "type", "enum", "const", "anyOf", "$ref", "items", "prefixItems", "properties", "patternProperties", "required",
    "additionalProperties", "propertyNames", "minimum", "maximum", "exclusiveMinimum", "minLength", "minItems",
    "minProperties", "default", "description", "examples", "title", "pattern",
}  # fmt: skip
_SILENT = {"$comment", "$schema", "$id", "$defs", "if", "then", "else"}


class Thing(NamedTuple):
    """An object that a data file may hold: its name here, the document whose schema it is, and that schema."""

    name: str
    document: str
    schema: Schema

    @property
    def label(self) -> str:
        """What a reference to its section is called."""
        return f"format-{self.document}-{self.name or 'file'}".replace("_", "-").replace(" ", "-").lower()


class SchemaPages:
    """The pages of some JSON Schemas that may refer to each other."""

    def __init__(self, documents: Mapping[str, Schema]) -> None:
        self._documents = documents

    def things(self, document: str) -> list[Thing]:
        """Name the objects of a document as they are come to: the file itself, then what it holds."""
        found = [Thing("", document, self._documents[document])]
        for thing in found:  # grows while it is gone through
            for each in self._within(thing):
                if each.document == document and each not in found:
                    found.append(each)
        return found

    def lines(self, document: str, *, mock: bool = False) -> Iterator[str]:
        """
        Write the page of a document.

        Args:
            mock: write what the mock alone reads, in place of all else.
        """
        for thing in self.things(document):
            if thing.name.startswith("mock") == mock:
                yield from self._section(thing)

    # ---- one object ----

    def _section(self, thing: Thing) -> Iterator[str]:
        title = thing.name.replace("_", " ") or f"The file {thing.document}.json"
        yield from ["", f".. _{thing.label}:", "", title, "-" * len(title), ""]
        if "description" in thing.schema:
            yield from [_plain(_UNLESS.sub("", thing.schema["description"])), ""]
        required = set(thing.schema.get("required", ()))
        for name, schema in thing.schema.get("properties", {}).items():
            yield from self._word(thing, name, schema, name in required)
        yield from self._any_name(thing)

    def _word(self, thing: Thing, name: str, schema: Schema, is_required: bool) -> Iterator[str]:
        title = f"``{name}``"
        yield from [
            "",
            f".. _word-{thing.label}-{name.strip('$').replace('_', '-').lower()}:",
            "",
            title,
            "~" * len(title),
            "",
        ]
        meaning, default = self._meaning(thing, schema)
        yield f":Type: {self._type(thing, schema, name)}"
        if is_required:
            yield ":Needed: yes"
        if default:
            yield f":Default: {default}"
        if values := self._resolved(thing, schema)[1].get("enum"):
            yield ":Values: " + ", ".join(_code(value) for value in values)
        yield from ["", meaning, ""] if meaning else [""]
        for example in self._resolved(thing, schema)[1].get("examples", schema.get("examples", ())):
            yield from _example({name: example})

    def _any_name(self, thing: Thing) -> Iterator[str]:
        """Tell of what an object may hold under any name, or under names of a kind."""
        for pattern, schema in thing.schema.get("patternProperties", {}).items():
            if pattern == "^x-":
                continue
            kind = {"^/": "Each URI template"}.get(pattern, f"Names like ``{pattern}``")
            yield from ["", f"{kind}: {self._type(thing, schema, thing.name)}.", ""]
            meaning, _ = self._meaning(thing, schema)
            yield from [meaning, ""]

    # ---- words for a schema ----

    def _meaning(self, thing: Thing, schema: Schema) -> tuple[str, str]:
        """What a schema means, and what holds where nothing is said."""
        text = schema.get("description") or self._resolved(thing, schema)[1].get("description", "")
        note = schema.get("$comment", "")
        found = _UNLESS.search(text)
        default = _plain(found[1]) if found else ""
        if "default" in schema:
            default = _code(schema["default"])
        return " ".join(filter(None, (_sentence(note), _sentence(_UNLESS.sub("", text))))), default

    def _type(self, thing: Thing, schema: Schema, name: str) -> str:
        unknown = set(schema) - _TOLD - _SILENT
        if unknown:
            raise ValueError(f"the pages have no words for {sorted(unknown)} in {thing.document}, {thing.name}, {name}")
        if "$ref" in schema:
            target = self._refer(thing.document, schema["$ref"])
            if _is_object(target.schema):
                return f":ref:`{target.name.replace('_', ' ')} <{target.label}>`"
            return self._type(target, target.schema, name)
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self._type(thing, each, name) for each in schema["anyOf"]))
        if "const" in schema:
            return _code(schema["const"])
        if "enum" in schema:
            return "one of the values"
        return self._plain_type(thing, schema, name)

    def _plain_type(self, thing: Thing, schema: Schema, name: str) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            return " or ".join(_KINDS[each] for each in kind)
        if kind is None:
            return "anything"
        if kind == "array":
            return self._list_type(thing, schema, name)
        if kind == "object":
            return self._object_type(thing, schema, name)
        return _KINDS[kind] + _bounds(schema)

    def _list_type(self, thing: Thing, schema: Schema, name: str) -> str:
        if "prefixItems" in schema:
            return "list of " + ", ".join(self._type(thing, each, name) for each in schema["prefixItems"])
        if "items" not in schema:
            return "list"
        least = f", at least {schema['minItems']}" if "minItems" in schema else ""
        return f"list of {self._type(thing, schema['items'], name)}{least}"

    def _object_type(self, thing: Thing, schema: Schema, name: str) -> str:
        if "properties" in schema:
            inner = _inner(thing, name, schema)
            return f":ref:`{inner.name.replace('_', ' ')} <{inner.label}>`"
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            if values.get("properties"):
                inner = _inner(thing, name, values)
                return f"object of :ref:`{inner.name.replace('_', ' ')} <{inner.label}>`, by name"
            return f"object of {self._type(thing, values, name)}, by name"
        return "object"

    # ---- finding ----

    def _resolved(self, thing: Thing, schema: Schema) -> tuple[Thing, Schema]:
        while "$ref" in schema:
            thing = self._refer(thing.document, schema["$ref"])
            schema = thing.schema
        return thing, schema

    def _refer(self, document: str, reference: str) -> Thing:
        urn, _, place = reference.partition("#")
        document = urn.removeprefix(_URN) or document
        schema: Any = self._documents[document]
        for step in place.strip("/").split("/"):
            schema = schema[step]
        return Thing(place.rpartition("/")[2], document, schema)

    def _within(self, thing: Thing) -> Iterator[Thing]:
        """Give the objects with words of their own that a schema leads to, without going into them."""
        for name, schema in thing.schema.get("properties", {}).items():
            yield from self._reached(thing, name, schema)
        for schema in thing.schema.get("patternProperties", {}).values():
            if isinstance(schema, dict):
                yield from self._reached(thing, thing.name, schema)

    def _reached(self, thing: Thing, name: str, schema: Any) -> Iterator[Thing]:
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            target = self._refer(thing.document, schema["$ref"])
            if _is_object(target.schema):
                yield target
            else:
                yield from self._reached(target, name, target.schema)
        elif "properties" in schema:
            yield _inner(thing, name, schema)
        else:
            for each in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
                yield from self._reached(thing, name, each)


def _inner(thing: Thing, name: str, schema: Schema) -> Thing:
    """An object that has no name of its own: it is called by the way to it."""
    return Thing(f"{thing.name} {name}".strip(), thing.document, schema)


def _is_object(schema: Schema) -> bool:
    return "properties" in schema


def _bounds(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    return f", at least {least}" if least is not None else ""


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"``{text}``" if text else '``""``'


def _sentence(text: str) -> str:
    """Begin with a capital, but where the first word is a value that is explained; end with a full stop."""
    if not text:
        return ""
    first = text if re.match(r"\w+: ", text) else text[:1].upper() + text[1:]
    return _plain(first if first.endswith(".") else f"{first}.")


def _plain(text: str) -> str:
    """Write text so that docutils takes nothing in it for markup, but names in backquotes for code."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(f"`{part}`" if part.startswith("`") else re.sub(r"([\\*|_`])", r"\\\1", part) for part in parts)


def _example(value: Any) -> Iterator[str]:
    yield from [".. code-block:: json", ""]
    text = json.dumps(value, ensure_ascii=False)
    lines = [text] if len(text) < 100 else json.dumps(value, indent=2, ensure_ascii=False).splitlines()
    yield from (f"   {line}" for line in lines)
    yield ""
