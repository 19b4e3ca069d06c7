"""
`_`, the last answer: what of it is meant, and the items in whose place it stands.

Takes an expression such as `_`, `_.items[0].id` or `_[0]`, and the last answer's content; gives the value. In an item,
`name=_.id` and `name:=_` stand for a part of it where they are written without a quote or a backslash; `name='_.id'` is
a text like any other.
Source: JMESPath for what follows the `_`.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from restpath.cli.items import Item, Kind, parse_item, write_item
from restpath.cli.shell_session import Session
from restpath.errors import InvalidValue, RestpathError

__all__ = ["EXPRESSION", "filled", "part_of", "split_options"]

EXPRESSION = re.compile(r"_\s*(?=$|[.\[|]|\s-)")
"""How a line begins that is about the last answer."""

_ITEM = re.compile(r"((?:[^=:@\\]|\\.)+?)(:=|==|=|:)(_(?:[.\[].*)?)", re.DOTALL)
_KINDS = {":=": "json", "==": "query", "=": "text", ":": "header"}
_OPTIONS = re.compile(r"\s+(?=--?[a-z])")


def split_options(rest: str) -> tuple[str | None, str]:
    """Part what follows `_` into a query in JMESPath, None for the whole, and options."""
    found = _OPTIONS.search(f" {rest}")
    query, options = (rest, "") if found is None else (rest[: max(found.start() - 1, 0)], rest[found.end() - 1 :])
    query = query.strip()
    if not query:
        return None, options
    return (f"@ {query}" if query.startswith("|") else query.removeprefix(".")), options


def part_of(session: Session, expression: str) -> Any:
    """
    Give what an expression means.

    Raises:
        InvalidValue: there is no last answer, or nothing there.
        click.BadParameter: what follows the `_` is no JMESPath.
    """
    from restpath.cli.performing import compile_query

    search = compile_query(split_options(expression[1:])[0])
    try:
        return session.last if search is None else search(session.last)
    except RestpathError as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"{expression} cannot be asked of the last answer: {error.__cause__ or error}") from error


def filled(session: Session, word: str) -> str:
    """
    Put a part of the last answer in its place in an item.

    Raises:
        InvalidValue: there is nothing at that place, or it is no text where one is needed.
    """
    found = _ITEM.fullmatch(word)
    if found is None:
        return word
    name, sign, expression = found.groups()
    value = part_of(session, expression)
    if value is None:
        raise InvalidValue(f"{word}: the last answer has nothing at {expression}; name='_' in quotes is a text")
    keys = parse_item(f"{name}=x").keys
    kind = _KINDS[sign]
    return write_item(Item(cast(Kind, kind), keys, _json(value, word) if kind == "json" else _text(value, word)))


def _json(value: Any, word: str) -> Any:
    if isinstance(value, bytes):
        raise InvalidValue(f"{word}: the last answer is bytes, which JSON cannot hold")
    return value


def _text(value: Any, word: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    what = "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "no text"
    raise InvalidValue(f"{word}: that is {what}: name:=_ sends it as JSON, _.name takes a part of it")
