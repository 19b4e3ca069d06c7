"""
Keyword arguments: to nested JSON, to query pairs, to form pairs.

Takes the named fields of a call and what the definition says of them; gives plain values. Neither the caller's objects
nor the definition's are changed, and nothing is dropped: fields that contradict each other are an error.
"""

from __future__ import annotations

import copy
import datetime
import keyword
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from restpath.definition.rules import NestedForm, QueryLists
from restpath.errors import InvalidValue
from restpath.types import JsonObject, is_a

__all__ = [
    "RESERVED", "Pairs", "encode_pairs", "field_name", "flat", "merge", "nest", "numbered", "pairs",
    "rfc3339", "scalar",
]  # fmt: skip

Pairs: TypeAlias = "list[tuple[str, str | tuple[str, ...]]]"

RESERVED = frozenset({"data", "qs", "upload_file", "headers", "timeout"})


def field_name(word: str, declared: Collection[str] = ()) -> str:
    """Give the field that a keyword means: `timeout_` is the field `timeout`, `from_` is `from`."""
    bare = word[:-1]
    if word.endswith("_") and word not in declared and (bare in RESERVED or keyword.iskeyword(bare)):
        return bare
    return word


def nest(fields: Mapping[str, Any], mark: str | None, declared: Collection[str] = ()) -> JsonObject:
    """
    Turn fields into nested objects.

    Args:
        fields: `{"object_content": "Hi"}`, names as the service has them.
        mark: the mark at which names are split, beside the dot; None: at the dot alone.
        declared: names that are never split.
    Returns:
        `{"object": {"content": "Hi"}}`, of objects of its own.
    Raises:
        InvalidValue: two fields say different things of one place.
    """
    result: JsonObject = {}
    said_by: dict[tuple[str, ...], str] = {}
    for name, value in fields.items():
        place = _split(name, mark, declared)
        try:
            _put(result, place, copy_json(value))
        except RecursionError as error:
            raise InvalidValue(f"the field {name!r} is nested too deeply, or holds itself") from error
        except KeyError:
            raise InvalidValue(
                f"the fields {_other(said_by, place)!r} and {name!r} contradict each other: give one of them"
            ) from None
        said_by[place] = name
    return result


def _put(target: JsonObject, place: tuple[str, ...], value: Any) -> None:
    """Put a value at a place; KeyError where something else is there already."""
    key, *below = place
    if below:
        deeper = target.setdefault(key, {})
        if not isinstance(deeper, dict):
            raise KeyError(key)
        _put(deeper, tuple(below), value)
    elif key not in target:
        target[key] = value
    elif isinstance(target[key], dict) and isinstance(value, dict):
        for inner, more in value.items():
            _put(target[key], (inner,), more)
    else:
        raise KeyError(key)


def _other(said_by: Mapping[tuple[str, ...], str], place: tuple[str, ...]) -> str:
    """The name that spoke of the same place before."""
    for other, name in said_by.items():
        shorter = min(len(other), len(place))
        if other[:shorter] == place[:shorter]:
            return name
    return ".".join(place)


def _split(name: str, mark: str | None, declared: Collection[str]) -> tuple[str, ...]:
    if name in declared:
        return (name,)
    dotted = name.split(".")
    places = [
        part.split(mark) if mark is not None and part not in declared and all(part.split(mark)) else [part]
        for part in (dotted if all(dotted) else [name])
    ]
    return tuple(key for place in places for key in place)


def copy_json(value: Any) -> Any:
    """Copy containers, so that nobody's objects are shared; leaves are as they are."""
    if isinstance(value, Mapping):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [copy_json(item) for item in value]
    return value


def merge(base: JsonObject, over: Mapping[str, Any]) -> JsonObject:
    """Merge fields recursively over a base; objects are joined, anything else is replaced. Nothing is changed."""
    result = copy.copy(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return result


# ---- texts for query and form ------------------------------------------------------------------------------------


def scalar(value: object, name: str) -> str:
    """
    Write a single value as text for a query or a form.

    Raises:
        InvalidValue: a value that has no such text; `name` is whose value it is.
    """
    if isinstance(value, str):
        return value if type(value) is str else str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value, name)
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    other: Any = value
    if is_a(other, "uuid", "UUID") or (is_a(other, "decimal", "Decimal") and other.is_finite()):
        return str(value)
    if isinstance(value, datetime.date):
        return rfc3339(value, name)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise InvalidValue(f"{name} holds bytes that are no UTF-8: upload them as a file") from error
    # Its type alone: the value may be a secret, or without end.
    raise InvalidValue(
        f"{name} is a value of type {type(value).__name__} that has no text of its own: give text, a finite number, "
        "a boolean, a date or a list of these"
    )


def _digits(value: int, name: str) -> str:
    try:
        return int.__repr__(value)
    except ValueError as error:  # Python writes no more digits than sys.get_int_max_str_digits()
        raise InvalidValue(f"{name} is a number of too many digits: give it as text") from error


def rfc3339(value: datetime.date, name: str = "the value") -> str:
    """Write a date, or a point in time with its time zone. Source: RFC 3339 section 5.6."""
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        if offset is None:
            raise InvalidValue(f"{name}={value!r} has no time zone: give it one, such as datetime.timezone.utc")
        if offset % datetime.timedelta(minutes=1):  # local mean times; RFC 3339 has offsets of whole minutes
            value = _in_utc(value, name)
        return value.isoformat().removesuffix("+00:00") + ("" if value.utcoffset() else "Z")
    return value.isoformat()


def _in_utc(value: datetime.datetime, name: str) -> datetime.datetime:
    try:
        return value.astimezone(datetime.timezone.utc)
    except OverflowError as error:
        raise InvalidValue(f"{name}={value!r} is beyond the calendar in UTC") from error


def pairs(
    fields: Mapping[str, Any] | Iterable[tuple[str, Any]], lists: Mapping[str, QueryLists], default: QueryLists
) -> Pairs:
    """
    Turn fields into pairs of name and text; None is left out, lists are written as the definition says.

    Args:
        fields: a mapping, or pairs of name and value.
        lists: how the lists of single names are written; `default` that of all others.
    Returns:
        pairs; a value that is a tuple stands for texts with commas between.
    Raises:
        InvalidValue: a name that is no text, or a value that has none.
    """
    found: Pairs = []
    for name, value in fields.items() if isinstance(fields, Mapping) else fields:
        if not isinstance(name, str):
            raise InvalidValue(f"{name!r} is no name for a parameter: names are text")
        if value is None:
            continue
        if isinstance(value, (list, tuple, set, frozenset)):
            texts = [scalar(item, name) for item in value if item is not None]
            if isinstance(value, (set, frozenset)):
                texts.sort()  # equal calls are equal, whatever order a set has today
            found += _LISTS[lists.get(name, default)](name, texts)
        else:
            found.append((name, scalar(value, name)))
    return found


_LISTS: dict[QueryLists, Callable[[str, list[str]], Pairs]] = {
    "repeat": lambda name, texts: [(name, text) for text in texts],
    "commas": lambda name, texts: [(name, tuple(texts))] if texts else [],
    "brackets": lambda name, texts: [(f"{name}[]", text) for text in texts],
    "spaces": lambda name, texts: [(name, " ".join(texts))] if texts else [],
    "pipes": lambda name, texts: [(name, "|".join(texts))] if texts else [],
}


def numbered(name: str, value: Any, form: NestedForm) -> Iterator[tuple[str, Any]]:
    """
    Give the fields that a value is made of in a form; a plain value, or a list of such, is one field.

    Raises:
        InvalidValue: a key is no text.
    """
    if isinstance(value, Mapping):
        below: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        below = enumerate(value)
    else:
        yield name, value
        return
    for key, item in below:
        if not isinstance(key, (str, int)):
            raise InvalidValue(f"{name} holds the key {key!r}: names are text")
        yield from numbered(_NESTED[form].format(name, key), item, form)


_NESTED: dict[NestedForm, str] = {"dashes": "{}-{}", "brackets": "{}[{}]", "dots": "{}.{}"}


def flat(found: Pairs) -> list[tuple[str, str]]:
    """Give pairs of texts, lists with commas joined."""
    return [(name, value if isinstance(value, str) else ",".join(value)) for name, value in found]


def encode_pairs(found: Pairs, encode: Callable[[str], str]) -> str:
    """Write pairs as a query; the commas of a list stay plain, those in its texts do not (RFC 6570 section 3.2.8)."""
    try:
        return "&".join(
            f"{encode(name)}={encode(value) if isinstance(value, str) else ','.join(map(encode, value))}"
            for name, value in found
        )
    except UnicodeEncodeError as error:
        raise InvalidValue("a parameter holds a lone surrogate, which has no UTF-8") from error
