"""
The check of the JSON Schemas that a definition holds: of bodies, and of the items of query parameters.

Takes a schema and where it stands; raises `DefinitionError` where it is none, or refers to what is not in it.
References are resolved as they will be when a body is held to the schema, and nothing is ever fetched.
Source: JSON Schema 2020-12, core sections 8 (references), 9.3 (loops) and 10 (what holds schemas).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from restpath.definition.bundles import SHARED
from restpath.definition.jsonfile import pointer
from restpath.definition.wording import worded
from restpath.errors import DefinitionError
from restpath.types import JsonObject

__all__ = ["check_json_schema", "check_keywords", "in_place", "is_plain", "schemas_within"]

_ONE = ("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema")  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
# What holds for the very value that the schema around it is asked about: a circle of these never ends.
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
_REFERENCES = ("$ref", "$dynamicRef")

_Place = tuple[object, ...]


def check_json_schema(schema: Any, place: _Place, file: str | None) -> None:
    """
    Check a schema and all its references.

    Args:
        schema: the schema, an object or a boolean.
        place: where it stands in the file, as reference tokens.
        file: the file.
    Raises:
        DefinitionError: the first fault found.
    """
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    check_keywords(schema, place, file)
    root: Any = DRAFT202012.create_resource(schema)
    try:
        registry: Any = Registry().with_resource("", root).crawl()
        resolver = registry.resolver_with_root(root)
        _References(schema, place, file).check(schema, resolver)
    except DefinitionError:
        raise
    except Exception as error:  # `referencing` raises whatever a strange $id makes it meet
        raise DefinitionError(
            f"its references cannot be resolved: {type(error).__name__}: {error}",
            file=file, pointer=pointer(place), expected=_EXPECTED,
        ) from error  # fmt: skip


_EXPECTED = "a reference inside this schema, such as #/$defs/name, or to a shared one, #/schemas/name"


def check_keywords(schema: Any, place: _Place, file: str | None) -> None:
    """Check that a schema is one by its keywords, wherever its references lead. Raises DefinitionError."""
    if is_plain(schema):
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    try:  # formats are not asserted: a pattern may use what ECMA-262 has and Python lacks
        fault = best_match(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema))
    except RecursionError as error:
        raise DefinitionError(
            "it is nested too deeply", file=file, pointer=pointer(place), expected="a JSON Schema of fewer levels"
        ) from error
    if fault is not None:
        raise worded(fault, file, place, what="a JSON Schema (2020-12)")


_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def _is_list_of(kind: Callable[[Any], bool], value: Any) -> bool:
    return isinstance(value, list) and all(map(kind, value)) and len(set(value)) == len(value)


def _is_type(value: Any) -> bool:
    return value in _TYPES if isinstance(value, str) else bool(value) and _is_list_of(_is_one_type, value)


def _is_one_type(value: Any) -> bool:
    return isinstance(value, str) and value in _TYPES


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_PLAIN: dict[str, Callable[[Any], bool]] = {
    "type": _is_type,
    "required": lambda value: _is_list_of(_is_text, value),
    "enum": lambda value: isinstance(value, list),
    "examples": lambda value: isinstance(value, list),
    **dict.fromkeys(("const", "default"), lambda value: True),
    **dict.fromkeys(("$ref", "title", "description", "$comment", "format", "pattern"), _is_text),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), lambda value: isinstance(value, bool)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_count),
    **dict.fromkeys(_ONE, lambda value: isinstance(value, (dict, bool))),
    **dict.fromkeys(_LISTS, lambda value: isinstance(value, list) and value != []),
    **dict.fromkeys(_MAPS, lambda value: isinstance(value, dict)),
}


def is_plain(schema: Any) -> bool:
    """Tell whether a schema is surely right: a look that saves nearly all schemas the long way by the meta-schema."""
    pile = [schema]
    while pile:
        node = pile.pop()
        if not isinstance(node, dict):
            if not isinstance(node, bool):
                return False
        elif all(word in _PLAIN and _PLAIN[word](value) for word, value in node.items()):
            pile += [inner for _, inner in schemas_within(node)]
        else:
            return False
    return True


class _References:
    """The references of one schema: each must lead to a schema, and none in a circle that never ends."""

    def __init__(self, schema: Any, place: _Place, file: str | None) -> None:
        self._place, self._file = place, file
        self._checked = {id(inner) for inner in _all_within(schema)}  # the schemas whose keywords were checked
        self._seen: set[int] = set()
        self._open: set[int] = set()  # those whose verdict on one and the same value is being formed
        self._later: list[tuple[Any, _Place, Any]] = []  # those that are asked about a part of the value

    def check(self, schema: Any, resolver: Any) -> None:
        """Check a schema and what is in it; `resolver` knows where it is."""
        self._later.append((schema, (), resolver))
        while self._later:
            self._check_one(*self._later.pop())

    def _check_one(self, schema: Any, path: _Place, resolver: Any) -> None:
        if not isinstance(schema, dict):
            return
        if id(schema) in self._open:
            raise self._error("this schema refers to itself without end", path, "a schema that comes to an end")
        if id(schema) in self._seen:
            return
        self._seen.add(id(schema))
        self._open.add(id(schema))
        resolver = _moved(resolver, schema)
        for word in _REFERENCES:
            if isinstance(schema.get(word), str):
                self._follow(schema[word], (*path, word), resolver)
        for steps, inner in schemas_within(schema):
            if steps[0] in _IN_PLACE:
                self._check_one(inner, (*path, *steps), resolver)
            else:
                self._later.append((inner, (*path, *steps), resolver))
        self._open.discard(id(schema))

    def _follow(self, reference: str, path: _Place, resolver: Any) -> None:
        if reference.startswith(SHARED):
            return  # whether it is there is known when all layers are: see `sharing`
        from referencing.exceptions import Unresolvable

        try:
            found = resolver.lookup(reference)
        except Unresolvable as error:
            inside = reference.startswith("#")
            problem = "leads nowhere" if inside else "points outside the schema, and nothing is ever fetched for it"
            raise self._error(f"{reference!r} {problem}", path, _EXPECTED) from error
        if not isinstance(found.contents, (dict, bool)):
            raise self._error(f"{reference!r} leads to no schema", path, _EXPECTED)
        if id(found.contents) not in self._checked:  # it is where no keyword expects a schema
            check_keywords(found.contents, (*self._place, *path), self._file)
            self._checked.update(id(inner) for inner in _all_within(found.contents))
        self._check_one(found.contents, path, found.resolver)

    def _error(self, problem: str, path: _Place, expected: str) -> DefinitionError:
        return DefinitionError(problem, file=self._file, pointer=pointer((*self._place, *path)), expected=expected)


def _moved(resolver: Any, schema: JsonObject) -> Any:
    """A schema with an `$id` is what its own references are relative to."""
    from referencing.jsonschema import DRAFT202012

    return resolver.in_subresource(DRAFT202012.create_resource(schema)) if "$id" in schema else resolver


def schemas_within(schema: JsonObject) -> Iterator[tuple[_Place, Any]]:
    """Give the schemas that a schema has within itself, one level down, each with the steps to it."""
    for word in _ONE:
        if word in schema:
            yield (word,), schema[word]
    for word in _LISTS:
        yield from (((word, index), inner) for index, inner in enumerate(schema.get(word, ())))
    for word in _MAPS:
        yield from (((word, key), inner) for key, inner in schema.get(word, {}).items())


def in_place(schema: Any) -> Iterator[JsonObject]:
    """Give a schema and those within it that are about the very same value."""
    pile = [schema]
    while pile:
        node = pile.pop()
        if isinstance(node, dict):
            yield node
            pile += [inner for steps, inner in schemas_within(node) if steps[0] in _IN_PLACE]


def _all_within(schema: Any) -> Iterator[JsonObject]:
    pile = [schema]
    while pile:
        node = pile.pop()
        if isinstance(node, dict):
            yield node
            pile += [inner for _, inner in schemas_within(node)]
