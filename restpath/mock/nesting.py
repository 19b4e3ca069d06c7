"""
Forms read back: from numbered names to nested values.

Takes the fields of a form by name and how the service nests them; gives lists and objects. What fits no such name, or
contradicts another, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from restpath.definition.rules import NestedForm

__all__ = ["nested"]


def nested(fields: Mapping[str, Any], form: NestedForm | None) -> dict[str, Any]:
    """
    Nest fields: `{"sections-0-artist": "x"}` is `{"sections": [{"artist": "x"}]}` where the service nests by dashes.

    Args:
        form: dashes, where a number stands between them; brackets, `a[0][b]`; dots, `a.0.b`; None: nothing is nested.
    """
    if form is None:
        return dict(fields)
    result: dict[str, Any] = {}
    for name, value in fields.items():
        place = _PLACES[form](name)
        if not _put(result, place, value):
            result[name] = value
    return {name: _with_lists(value) for name, value in result.items()}


def _dashes(name: str) -> list[str]:
    pieces = re.split(r"-([0-9]+)(?:-|$)", name)
    return [piece for piece in pieces if piece] if pieces[0] else [name]


def _brackets(name: str) -> list[str]:
    match = re.fullmatch(r"([^\[\]]+)((?:\[[^\[\]]*\])+)", name)
    return [match.group(1), *re.findall(r"\[([^\[\]]*)\]", match.group(2))] if match else [name]


def _dots(name: str) -> list[str]:
    pieces = name.split(".")
    return pieces if all(pieces) else [name]


_PLACES: dict[str, Callable[[str], list[str]]] = {"dashes": _dashes, "brackets": _brackets, "dots": _dots}


class _Branch(dict[str, Any]):
    """What has something below it; a value that is a plain dict is none."""


def _put(target: dict[str, Any], place: list[str], value: Any) -> bool:
    """Put a value at a place; False where something else is there already."""
    key, *below = place
    key = key or str(len(target))  # a[] is the next of a list
    if not below:
        if key in target:
            return False
        target[key] = value
        return True
    deeper = target.setdefault(key, _Branch())
    return isinstance(deeper, _Branch) and _put(deeper, below, value)


def _with_lists(value: Any) -> Any:
    """Make lists of the branches whose names are all numbers, in the numbers' order."""
    if not isinstance(value, _Branch):
        return value
    if all(re.fullmatch("[0-9]{1,9}", name) for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(below) for name, below in value.items()}
