"""
Templates of the RPC-like client's calls, filled with the arguments of a method.

Takes a template, which is JSON, and values by name; gives JSON. A text that is `{name}` is the value itself, whatever
its type; a list of one template that names `{*name}` is made once for every item of that value. In objects, what comes
to None, or to a text, a list or an object with nothing in it, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from restpath.errors import InvalidValue

__all__ = ["fill", "mentions", "names_in"]

_PLACEHOLDER = re.compile(r"\{(\*?)(\w+)\}")


def names_in(text: str) -> list[str]:
    """Give the names in a text's placeholders."""
    return [name for _, name in _PLACEHOLDER.findall(text)]


def mentions(template: Any, name: str) -> bool:
    """Tell whether a template has a placeholder of this name."""
    if isinstance(template, Mapping):
        return any(mentions(key, name) or mentions(value, name) for key, value in template.items())
    if isinstance(template, list):
        return any(mentions(item, name) for item in template)
    return isinstance(template, str) and name in names_in(template)


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """
    Fill a template.

    Raises:
        InvalidValue: a text stands where a list is wanted.
    """
    if isinstance(template, Mapping):
        filled = {fill(key, values): fill(value, values) for key, value in template.items()}
        return {key: value for key, value in filled.items() if not _is_empty(value)}
    if isinstance(template, list):
        return _repeated(template[0], values)
    match = _PLACEHOLDER.fullmatch(template)
    if match is None:
        return template
    return values[match.group(2)]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)


def _repeated(template: Any, values: Mapping[str, Any]) -> list[Any]:
    starred = next(name for text in template.values() for star, name in _PLACEHOLDER.findall(text) if star == "*")
    items = values[starred] or []
    if isinstance(items, (str, bytes)):
        raise InvalidValue(f"{starred}={items!r} is a text: give a list, even of one")
    return [fill(template, {**values, starred: item}) for item in items]
