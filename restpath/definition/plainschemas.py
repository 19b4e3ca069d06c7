"""
Plain JSON Schemas, compiled: a first look at a body that tells whether it is surely good.

Takes a schema; gives a function that says yes to a value which the schema accepts, or no where that is not certain:
the value may be faulty, or of a kind that JSON makes something else of. Who hears no asks a whole validator, which
finds the faults and words them. A schema of more than types, names, lists and limits is not compiled at all.
Source: JSON Schema 2020-12, validation sections 6.1 to 6.5 and applicators 10.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

__all__ = ["surely_good"]

Check: TypeAlias = Callable[[Any], bool]

# They say something about a value, and ask nothing of it.
_SAY = frozenset(
    {
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "format",
        "$comment",
    }
)
_TYPES: dict[str, frozenset[type]] = {
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}


class _NotPlain(Exception):
    """The schema has something in it that only a whole validator knows."""


def surely_good(schema: object) -> Check | None:
    """Compile a schema; None where it is not a plain one."""
    try:
        return _compiled(schema)
    except (_NotPlain, RecursionError):
        return None


def _compiled(schema: object) -> Check:
    if schema is True:
        return lambda value: True
    if not isinstance(schema, Mapping):
        raise _NotPlain
    checks: list[Check] = []
    used = {"type", "enum", "properties", "required", "additionalProperties", "items", *_LIMITS}
    if any(word not in used and word not in _SAY and not word.startswith("x-") for word in schema):
        raise _NotPlain
    if "type" in schema:
        types = _types(schema["type"])
        checks.append(lambda value: type(value) in types)
    if "enum" in schema:
        texts = _texts(schema["enum"])
        checks.append(lambda value: type(value) is str and value in texts)
    if not {"properties", "required", "additionalProperties"}.isdisjoint(schema):
        checks.append(_of_object(schema))
    if "items" in schema:
        checks.append(_of_items(schema["items"]))
    checks += [make(schema[word]) for word, make in _LIMITS.items() if word in schema]
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) and second(value)
    return checks[0] if len(checks) == 1 else lambda value: all(check(value) for check in checks)


def _types(said: object) -> frozenset[type]:
    names: list[Any] = said if isinstance(said, list) else [said]
    if not all(isinstance(name, str) and name in _TYPES for name in names):
        raise _NotPlain
    return frozenset(kind for name in names for kind in _TYPES[name])


def _texts(said: object) -> frozenset[str]:
    # Of numbers and truth values, some are equal that JSON tells apart.
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise _NotPlain
    return frozenset(said)


def _of_object(schema: Mapping[str, Any]) -> Check:
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    required = schema.get("required", [])
    if not isinstance(properties, Mapping) or not isinstance(required, list) or not isinstance(more, bool):
        raise _NotPlain
    checks = {name: _compiled(each) for name, each in properties.items()}
    needed = _texts(required)

    def check(value: Any) -> bool:
        if type(value) is not dict:
            return _is_other(value, dict)
        for name, item in value.items():
            if type(name) is not str:
                return False
            one = checks.get(name)
            if one is None:
                if not more:
                    return False
            elif not one(item):
                return False
        return needed <= value.keys()

    return check


def _of_items(schema: object) -> Check:
    one = _compiled(schema)
    return lambda value: all(map(one, value)) if type(value) is list else _is_other(value, list)


def _is_other(value: Any, kind: type) -> bool:
    """Whether a value is surely of another of JSON's types, of which the word asks nothing."""
    return type(value) is not kind and type(value) in _ALL


_ALL = frozenset(kind for kinds in _TYPES.values() for kind in kinds)
_NUMBERS = (int, float)


def _limit(kinds: tuple[type, ...], holds: Callable[[Any, Any], bool]) -> Callable[[Any], Check]:
    def make(limit: Any) -> Check:
        if type(limit) not in _NUMBERS:
            raise _NotPlain
        return lambda value: holds(value, limit) if type(value) in kinds else type(value) in _ALL

    return make


_LIMITS: dict[str, Callable[[Any], Check]] = {
    "minLength": _limit((str,), lambda value, limit: len(value) >= limit),
    "maxLength": _limit((str,), lambda value, limit: len(value) <= limit),
    "minItems": _limit((list,), lambda value, limit: len(value) >= limit),
    "maxItems": _limit((list,), lambda value, limit: len(value) <= limit),
    "minimum": _limit(_NUMBERS, lambda value, limit: value >= limit),
    "maximum": _limit(_NUMBERS, lambda value, limit: value <= limit),
    "exclusiveMinimum": _limit(_NUMBERS, lambda value, limit: value > limit),
    "exclusiveMaximum": _limit(_NUMBERS, lambda value, limit: value < limit),
}
