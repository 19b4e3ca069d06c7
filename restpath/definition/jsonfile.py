"""
JSON data files, and documents that the program passes: from text or Python values to plain values of one's own.

Takes a text, or a mapping; gives dicts, lists, texts, numbers, booleans and None, or raises `DefinitionError` with the
place. What JSON's readers differ about is refused: repeated keys, NaN, numbers that no float holds.
Source: RFC 8259, and RFC 7493 (I-JSON) section 2 for what is refused; RFC 6901 for the pointers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from restpath.errors import DefinitionError
from restpath.types import JsonObject

__all__ = ["MAX_DEPTH", "MAX_VALUES", "Budget", "pointer", "read_json", "read_values", "too_deep"]

MAX_DEPTH = 100
MAX_VALUES = 8_000_000
_MAX_DIGITS = 4000  # Python itself reads and writes no more than 4300
_MAX_BITS = 13_000  # about as many
_A_FLOAT = "a number that a float holds"


def pointer(tokens: Sequence[object]) -> str:
    """Write reference tokens as a JSON Pointer."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def too_deep(file: str | None, place: Sequence[object] = ()) -> DefinitionError:
    """Make the error for a document that is nested without need; of the place only the top is named."""
    return DefinitionError(
        "it is nested too deeply", file=file, pointer=pointer(place[:1]), expected=f"at most {MAX_DEPTH} levels"
    )


def read_json(text: str, file: str | None = None) -> Any:
    """
    Read a JSON text.

    Raises:
        DefinitionError: it is none, or says something that JSON's readers differ about.
    """
    faults: list[_Fault] = []
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, faults),
            parse_constant=lambda name: _fault(f"{name} is no number in JSON", faults),
            parse_float=lambda digits: _number(float(digits), digits, faults),
            parse_int=lambda digits: int(digits) if len(digits) < _MAX_DIGITS else _number(math.inf, digits, faults),
        )
    except json.JSONDecodeError as error:
        raise _no_json(text, error, file) from error
    except RecursionError as error:
        raise too_deep(file) from error
    if faults:
        places = _places_of_faults(value)
        fault = next(fault for fault in faults if id(fault) in places)  # what a repeated key hides has none
        place = places[id(fault)]
        raise DefinitionError(fault.problem, file=file, pointer=pointer([*place, *fault.key]), expected=fault.expected)
    return value


def _no_json(text: str, error: json.JSONDecodeError, file: str | None) -> DefinitionError:
    if not text.strip():
        return DefinitionError("it is empty", file=file, expected="a JSON object")
    where = f"line {error.lineno}, column {error.colno}"
    ends = " (the file ends there)" if error.pos >= len(text.rstrip()) else ""
    return DefinitionError(f"this is no JSON: {error.msg} at {where}{ends}", file=file, expected="a JSON object")


class _Fault(dict[str, Any]):
    """Stands in the parsed values where something was wrong, so that its place can be told afterwards."""

    problem = ""
    expected = ""
    key: tuple[str, ...] = ()


def _fault(problem: str, faults: list[_Fault], expected: str = "a JSON number") -> _Fault:
    fault = _Fault()
    fault.problem, fault.expected = problem, expected
    faults.append(fault)
    return fault


def _object(pairs: list[tuple[str, Any]], faults: list[_Fault]) -> JsonObject:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    fault = _fault(f"the key {twice!r} is there twice", faults, "each key once")
    fault.key = (twice,)
    fault.update(result)
    return fault


def _number(value: float, digits: str, faults: list[_Fault]) -> Any:
    if math.isfinite(value):
        return value
    shown = digits if len(digits) < 30 else f"{digits[:20]}… ({len(digits)} digits)"
    return _fault(f"the number {shown} is too large", faults, _A_FLOAT)


def _places_of_faults(value: Any) -> dict[int, list[object]]:
    """The places of all faults in a value, by their identity; without recursion."""
    found: dict[int, list[object]] = {}
    pile: list[tuple[list[object], Any]] = [([], value)]
    while pile:
        place, node = pile.pop()
        if isinstance(node, _Fault):
            found[id(node)] = place
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        pile += [([*place, key], item) for key, item in items if isinstance(item, (dict, list))]
    return found


class Budget:
    """
    Counts the values that are copied of what a program passed, which may have each of its parts in many places.

    Raises:
        DefinitionError: when it is used up.
    """

    def __init__(self, most: int = MAX_VALUES) -> None:
        self._left = most

    def take(self) -> None:
        """Count one value."""
        self._left -= 1
        if self._left < 0:
            raise DefinitionError("there is too much in it", expected=f"at most {MAX_VALUES} values")


def read_values(value: Any) -> Any:
    """
    Copy what the program passed to plain values of one's own.

    Args:
        value: mappings with text keys, lists or tuples, texts, numbers, booleans and None.
    Raises:
        DefinitionError: it is nested too deeply, has too much in it, or holds what JSON cannot.
    """
    return _read_values(value, (), Budget())


def _read_values(value: Any, place: tuple[object, ...], budget: Budget) -> Any:
    budget.take()
    if len(place) > MAX_DEPTH:
        raise too_deep(None, place)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise DefinitionError(f"the key {key!r} is no text", pointer=pointer(place), expected="texts as keys")
        return {str.__str__(key): _read_values(item, (*place, key), budget) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_read_values(item, (*place, index), budget) for index, item in enumerate(value)]
    return _scalar(value, place)


def _scalar(value: Any, place: tuple[object, ...]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        if value.bit_length() > _MAX_BITS:
            raise DefinitionError("this number is too large", pointer=pointer(place), expected=_A_FLOAT)
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    name = f"a {type(value).__name__}" if not isinstance(value, float) else str(value)
    raise DefinitionError(f"this is {name}, which JSON does not have", pointer=pointer(place), expected="a JSON value")
