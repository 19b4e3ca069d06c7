"""
A first look at the operations of a description: what has to be known of all before any is used.

Takes path items as plain values; gives their methods, the names of the operations and what they ask for as security,
or None where more than the item is needed to tell. Takes all paths; tells which of them nothing tells apart.
Source: OpenAPI 3.1.1 sections 4.8.9 and 4.8.10.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from restpath.definition.method import METHODS as ALL_METHODS
from restpath.importers.references import Spot
from restpath.importers.templates import Written
from restpath.template import parse_template

__all__ = ["METHODS", "Glance", "Told", "is_list", "look", "name_in"]

METHODS = frozenset(map(str.lower, ALL_METHODS))


class Glance(NamedTuple):
    """
    What a first look at a path item finds.

    Attributes:
        methods: the methods of its operations, in capitals.
        names: the names of the operations, in that order; None for one that has none.
        security: what they ask for, where they say it themselves.
    """

    methods: tuple[str, ...]
    names: tuple[str | None, ...]
    security: tuple[Spot, ...] = ()


_NOTHING = Glance((), ())


def look(item: Any) -> Glance | None:
    """Look at a path item; None where it refers to others, or has names that only its text tells."""
    if not isinstance(item, dict):
        return _NOTHING
    if "$ref" in item or "additionalOperations" in item:
        return None
    found: dict[str, str | None] = {}
    security: list[Spot] = []
    for word, operation in item.items():
        method = word.upper()
        if word.lower() in METHODS and isinstance(operation, dict) and method not in found:
            name = name_in(operation)
            if "$ref" in operation or (name is not None and not name.isascii()):
                return None
            found[method] = name
            if "security" in operation and isinstance(operation["security"], list):
                if not _is_ascii(operation["security"]):
                    return None
                security.append(Spot(operation["security"], "", ()))
    return Glance(tuple(found), tuple(found.values()), tuple(security))


def _is_ascii(requirements: list[Any]) -> bool:
    return all(name.isascii() for each in requirements if isinstance(each, dict) for name in each)


def name_in(operation: Any) -> str | None:
    """Give the name of an operation; None where it has none."""
    name = operation.get("operationId")
    good = isinstance(name, (str, int)) and not isinstance(name, bool)
    return str(name) or None if good else None


def is_list(spot: Spot, key: str) -> bool:
    """Tell whether a member is a list."""
    return isinstance(spot.at(key).value, list)


class Told:
    """
    The paths of a description, as far as they are told from each other.

    Args:
        paths: all of them. Where none has a percent sign, two that are written differently are told apart by that.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._same = any("%" in path for path in paths)
        self._told: dict[tuple[object, ...], str] = {}

    def twin(self, written: Written, methods: Iterable[str]) -> str | None:
        """Find a template that was asked about before, and that nothing tells from this one for one of its methods."""
        if not self._same or written.text is None:
            return None
        template = parse_template(written.text, literal=written.literal)
        pieces = tuple(segment.pieces if segment.literal is None else segment.literal for segment in template.segments)
        for method in methods:
            twin = self._told.setdefault((method, pieces, template.suffix), written.text)
            if twin != written.text:
                return twin
        return None
