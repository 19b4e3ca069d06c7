"""
The keywords of JSON Schema that hold no schemas: which values make sense, and what they become in 2020-12.

Takes the value that a description has for a keyword; gives the keywords that say the same, or raises `Wrong` with what
is wrong with it. What is not here has no meaning for a check, such as `xml` and `externalDocs`.
Source: JSON Schema 2020-12 validation; OpenAPI 3.0.4 section 4.7.24 and 2.0 for `example`, `file` and `nullable`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from restpath.types import JsonObject

__all__ = ["KEPT", "TYPES", "Wrong", "is_shallow"]

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_MAX_VALUE_DEPTH = 20


class Wrong(Exception):
    """A keyword's value makes no sense; the message says why."""


def is_shallow(value: Any, depth: int = _MAX_VALUE_DEPTH) -> bool:
    """Tell whether a value is nested no deeper than a data file can hold."""
    if isinstance(value, dict):
        return depth > 0 and all(is_shallow(item, depth - 1) for item in value.values())
    if isinstance(value, list):
        return depth > 0 and all(is_shallow(item, depth - 1) for item in value)
    return True


def _type(value: Any) -> JsonObject:
    if value == "file":  # of OpenAPI 2.0
        return {"type": "string", "format": "binary"}
    names = value if isinstance(value, list) else [value]
    good = list(dict.fromkeys(name for name in names if isinstance(name, str) and name in TYPES))
    if not good or len(good) < len(names):
        raise Wrong(f"there is no type {value!r:.80}")
    return {"type": good if isinstance(value, list) and len(good) > 1 else good[0]}


def _number(word: str) -> Callable[[Any], JsonObject]:
    def read(value: Any) -> JsonObject:
        if isinstance(value, bool) and word.startswith("exclusive"):
            return {}  # of the drafts before 6: see `Schemas`
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_in_floats(value):
            raise Wrong(f"{word} needs a number that a float holds")
        if word == "multipleOf" and value <= 0:
            raise Wrong("multipleOf needs a number above 0")
        return {word: value}

    return read


def _is_in_floats(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # of a whole number: with one such, multiples of a fraction cannot be told
        return False


def _count(word: str) -> Callable[[Any], JsonObject]:
    def read(value: Any) -> JsonObject:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or value != value // 1:
            raise Wrong(f"{word} needs a whole number")
        return {word: int(value)}

    return read


def _flag(word: str) -> Callable[[Any], JsonObject]:
    def read(value: Any) -> JsonObject:
        if not isinstance(value, bool):
            raise Wrong(f"{word} needs true or false")
        return {word: value}

    return read


def _text(word: str) -> Callable[[Any], JsonObject]:
    def read(value: Any) -> JsonObject:
        if value is None or value == "":
            return {}
        if not isinstance(value, str):
            raise Wrong(f"{word} needs a text")
        return {word: value}

    return read


def _any(word: str) -> Callable[[Any], JsonObject]:
    return lambda value: {word: value} if is_shallow(value) else {}


def _enum(value: Any) -> JsonObject:
    if not isinstance(value, list) or not value:
        raise Wrong("enum needs a list")
    return {"enum": value} if is_shallow(value) else {}


def _required(value: Any) -> JsonObject:
    if isinstance(value, bool):  # of a property, as draft 3 had it
        return {}
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Wrong("required needs a list of names")
    return {"required": list(dict.fromkeys(value))} if value else {}


def _dependent(value: Any) -> JsonObject:
    if not isinstance(value, dict) or not all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in value.values()
    ):
        raise Wrong("dependentRequired needs lists of names")
    return {"dependentRequired": {key: list(dict.fromkeys(names)) for key, names in value.items()}}


def _examples(value: Any) -> JsonObject:
    return {"examples": value} if isinstance(value, list) and value and is_shallow(value) else {}


def _example(value: Any) -> JsonObject:
    return {"examples": [value]} if is_shallow(value) else {}


_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = (
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains",
)  # fmt: skip
_FLAGS = ("uniqueItems", "readOnly", "writeOnly", "deprecated")
_TEXTS = ("title", "description", "format", "pattern", "contentEncoding", "contentMediaType")

KEPT: dict[str, Callable[[Any], JsonObject]] = {
    "type": _type,
    **{word: _number(word) for word in _NUMBERS},
    **{word: _count(word) for word in _COUNTS},
    **{word: _flag(word) for word in _FLAGS},
    **{word: _text(word) for word in _TEXTS},
    "default": _any("default"),
    "const": _any("const"),
    "enum": _enum,
    "required": _required,
    "dependentRequired": _dependent,
    "example": _example,
    "examples": _examples,
}
