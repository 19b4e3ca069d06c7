"""
The shape of a body: its types and the names of its properties, and none of its values.

Takes the values of a body, or the pairs of a form or a query; gives JSON Schemas, and merges those of several calls.
Nothing is said to be required: that a property was there each time does not show that it must be. Keys that look like
somebody's values (ids, addresses) are no names: what lies under them is said by `additionalProperties`.
Source: JSON Schema 2020-12.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from restpath.judging import is_service_name
from restpath.masking import is_secret_name
from restpath.types import JsonObject

__all__ = [
    "SURE", "merge_parameters", "merge_schemas", "pairs_schema", "parameters_of", "schema_of", "typed_places",
    "with_sure_types", "without_mere_nulls",
]  # fmt: skip

SURE = 3
"""In how many calls a type has to be seen before it may refuse one."""

_DEEPEST = 8
_MOST_NAMES = 200
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_TRACKING = re.compile(r"utm_.*|[fgy]clid|msclkid|_ga.*|_gl|_hs.*|mc_[ce]id|_|cb|cachebuster|nocache|_t", re.IGNORECASE)


def schema_of(value: Any, depth: int = 0) -> JsonObject:
    """Give the shape of a value; {} where nothing can be said of it."""
    if isinstance(value, Mapping):
        return _object_schema(value, depth)
    if isinstance(value, (list, tuple)):
        items: JsonObject = {}
        for number, item in enumerate(value[:_MOST_NAMES] if depth < _DEEPEST else ()):
            shape = schema_of(item, depth + 1)
            items = merge_schemas(items, shape) if number else shape
        return {"type": "array", **({"items": items} if items else {})}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, (int, float)):
        return {"type": "integer" if isinstance(value, int) else "number"}
    if value is None:
        return {"type": "null"}
    return {"type": "string"} if isinstance(value, str) else {}


def without_mere_nulls(schema: JsonObject) -> JsonObject:
    """Give a shape that says nothing of what was only ever null: that is known to be there, and not what it may be."""
    if schema.get("type") == "null":
        return {}
    told = dict(schema)
    if isinstance(told.get("properties"), dict):
        told["properties"] = {name: without_mere_nulls(each) for name, each in told["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(told.get(key), dict):
            told[key] = without_mere_nulls(told[key])
    return told


def typed_places(schema: JsonObject, place: str = "") -> list[str]:
    """Give the places of a shape that have a type, as pointers into the body: `/address/city`, `/tags/*`."""
    found = [place] if "type" in schema and "format" not in schema else []
    for token, part in _parts(schema):
        found += typed_places(part, f"{place}/{token}")
    return found


def with_sure_types(schema: JsonObject, seen: Mapping[str, int], place: str = "") -> tuple[JsonObject, list[str]]:
    """
    Give a shape with the types that may refuse a call: those that were seen often enough, and were the same each time.

    An integer is a number: that there was no fraction says nothing of the next. What is not in `seen`, the
    number of calls by place, was said by somebody, and stays.

    Returns:
        the shape, and the places whose types were left out.
    """
    told, open_ = dict(schema), []
    if place in seen and "type" in told:
        kinds = list(dict.fromkeys("number" if name == "integer" else name for name in _types(told)))
        if seen[place] < SURE or len({*kinds} - {"null"}) != 1:
            del told["type"]
            open_.append(place)
        else:
            told["type"] = kinds[0] if len(kinds) == 1 else kinds
    parts = {token: with_sure_types(part, seen, f"{place}/{token}") for token, part in _parts(schema)}
    if isinstance(schema.get("properties"), dict):
        told["properties"] = {name: parts[_token(name)][0] if _token(name) in parts else each
                              for name, each in schema["properties"].items()}  # fmt: skip
    for key, token in _OTHERS:
        if token in parts and isinstance(schema.get(key), dict):
            told[key] = parts[token][0]
    return told, [*open_, *(each for _, more in parts.values() for each in more)]


# What is no property of its own name: each item of a list, and what has other names in an object.
_OTHERS = (("items", "*"), ("additionalProperties", "**"))


def _parts(schema: JsonObject) -> list[tuple[str, JsonObject]]:
    names = schema.get("properties")
    found = [(_token(name), each) for name, each in names.items()] if isinstance(names, dict) else []
    found += [(token, schema[key]) for key, token in _OTHERS if key in schema]
    return [(token, part) for token, part in found if isinstance(part, dict)]


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _object_schema(value: Mapping[Any, Any], depth: int) -> JsonObject:
    names: JsonObject = {}
    rest: JsonObject | None = None
    for key, item in value.items() if depth < _DEEPEST else ():
        shape = schema_of(item, depth + 1)
        if isinstance(key, str) and is_service_name(key) and len(names) < _MOST_NAMES:
            names[key] = shape
        else:
            rest = shape if rest is None else merge_schemas(rest, shape)
    return {
        "type": "object",
        **({"properties": names} if names else {}),
        **({"additionalProperties": rest} if rest else {}),
    }


def merge_schemas(one: JsonObject, other: JsonObject) -> JsonObject:
    """Give the shape of what has either of two; where nothing is known of one, that of the other."""
    if one == other or not other:
        return one
    if not one:
        return other
    types = list(dict.fromkeys([*_types(one), *_types(other)]))
    types = [name for name in types if name != "integer" or "number" not in types]
    merged: JsonObject = {**one, **other, "type": types[0] if len(types) == 1 else types}
    if not types:
        del merged["type"]
    if "properties" in one or "properties" in other:
        first, second = one.get("properties", {}), other.get("properties", {})
        names = list(dict.fromkeys([*first, *second]))[:_MOST_NAMES]
        merged["properties"] = {name: merge_schemas(first.get(name, {}), second.get(name, {})) for name in names}
    for key in ("items", "additionalProperties"):
        if isinstance(one.get(key), dict) and isinstance(other.get(key), dict):
            merged[key] = merge_schemas(one[key], other[key])
    return merged


def _types(schema: JsonObject) -> list[str]:
    said = schema.get("type", [])
    return said if isinstance(said, list) else [said]


# ---- pairs of a query or a form ----------------------------------------------------------------------------------


def parameters_of(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, JsonObject], list[str]]:
    """
    Give the parameters of a query by name, with their types where these are plain.

    Returns:
        the parameters; and the names of those that carry credentials, which are left out.
    """
    found: dict[str, JsonObject] = {}
    secret: list[str] = []
    for name, text in pairs:
        if _TRACKING.fullmatch(name) or not is_service_name(name):
            continue
        if is_secret_name(name):
            secret += [name] if name not in secret else []
        elif len(found) < _MOST_NAMES or name in found:
            found[name] = {"type": "array"} if name in found else {"type": _plain_type(text)}
    return found, secret


def pairs_schema(pairs: Iterable[tuple[str, str]]) -> JsonObject:
    """Give the shape of a form."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        values[name] = [text] if name in values else text
    return schema_of(values)


def _plain_type(text: str) -> str:
    if text in ("true", "false"):
        return "boolean"
    return "integer" if _INTEGER.fullmatch(text) else "number" if _NUMBER.fullmatch(text) else "string"


def merge_parameters(one: Mapping[str, Any], other: Mapping[str, Any]) -> JsonObject:
    """Give the parameters of either of two calls; one whose types differ is a text, or a list where one was."""
    merged = {**other, **one}
    for name in one.keys() & other.keys():
        types = {one[name].get("type"), other[name].get("type")}
        if len(types) > 1:
            plain = "array" if "array" in types else "number" if types == {"integer", "number"} else "string"
            merged[name] = {**one[name], "type": plain}
    return {name: merged[name] for name in dict.fromkeys([*one, *other])}
