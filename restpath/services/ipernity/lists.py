"""
Lists: the items of any list of the service one by one, also of one that the definition does not know to be paged.

Takes a method and its parameters; gives items. Where the definition has a rule for the list, `.walk` does it all; else
the list is looked for in the answer, by the key of its items. `total` and `pages` beside it are believed; where neither
is said, an empty page is the end, or one that is the page before over again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from restpath.errors import InvalidValue
from restpath.named import NamedOperation
from restpath.operations import about, record_of

__all__ = ["walk_answers"]


def walk_answers(method: NamedOperation, elem_name: str | None, params: Mapping[str, Any]) -> Iterator[Any]:
    """
    Give the items of a list.

    Raises:
        InvalidValue: there is no list under that key in the answer, or no such page to begin at.
    """
    rule = record_of(method).rules.pages
    if rule is not None and elem_name in (None, rule.items.rpartition("/")[2]):
        return iter(method.walk(**params))
    return _walk_unknown(method, elem_name, dict(params))


def _walk_unknown(method: NamedOperation, elem_name: str | None, params: dict[str, Any]) -> Iterator[Any]:
    said = params.pop("page", 1)
    page, seen = _number(said), 0
    if page is None:
        raise InvalidValue(f"page={said!r}: a walk begins at one whole number")
    before: list[Any] | None = None
    while True:
        holder, items = _list_in(method(page=page, **params), elem_name, str(about(method).name))
        if not items or items == before:  # some lists are not paged at all, and give the same again
            return
        yield from items
        seen, before = seen + len(items), items
        pages, total = _number(holder.get("pages")), _number(holder.get("total"))
        if page >= pages if pages is not None else total is not None and seen >= total:
            return
        page += 1


def _list_in(answer: Any, elem_name: str | None, name: str) -> tuple[Mapping[str, Any], list[Any]]:
    """Find the list of items, and the object that it is in; a single item may stand outside a list."""
    for holder in _objects(answer):
        for key, value in holder.items():
            if elem_name is None and isinstance(value, list):
                return holder, value
            if key == elem_name and isinstance(value, (list, dict)):
                return holder, value if isinstance(value, list) else [value]
        # A list that is empty is left out.
        if str(holder.get("total", holder.get("count"))) == "0":
            return holder, []
    raise InvalidValue(f"the answer of {name} has no list{f' of {elem_name!r}' if elem_name else ''} in it")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for below in value.values():
            yield from _objects(below)


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
