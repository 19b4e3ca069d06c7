"""
The little language of the mock's data: templates of content, and places in content.

Takes a template (any JSON whose texts may hold `{placeholders}`) and a function that knows the names; gives content.
`{name}` is a value, `{name/a/b}` a place in it, `{sha1:...}` the SHA-1 in hex of it, `{text:...}` the text of it,
`{a|b}` the first that is there, `{a|=false}` a JSON value for want of it.
A text that is one placeholder gives the value itself, whatever its type; where there is none, the key is left out.
Source: RFC 6901 for places, where `*` stands for every item of a list; RFC 7396 for merging.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from restpath.types import UNSET, Json

__all__ = ["Look", "fill", "group", "merged", "over", "put_at", "same_at", "spelled", "values_at"]

Look: TypeAlias = Callable[[str], Any]
"""Gives the value of a name, or `UNSET`."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][^{}]*)\}")


def fill(template: Json, look: Look) -> Any:
    """Fill a template; `UNSET` where it is one placeholder that nothing is known for."""
    if isinstance(template, str):
        return _fill_text(template, look)
    if isinstance(template, dict):
        filled = {key: fill(value, look) for key, value in template.items()}
        return {key: value for key, value in filled.items() if value is not UNSET}
    if isinstance(template, list):
        return [value for value in (fill(item, look) for item in template) if value is not UNSET]
    return template


def _fill_text(text: str, look: Look) -> Any:
    whole = _PLACEHOLDER.fullmatch(text)
    if whole is not None:
        return copy.deepcopy(_value(whole.group(1), look))
    return _PLACEHOLDER.sub(lambda match: _as_text(_value(match.group(1), look)), text)


def _as_text(value: Any) -> str:
    return "" if value is UNSET else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(expression: str, look: Look) -> Any:
    for choice in expression.split("|"):
        if choice.startswith("="):
            return json.loads(choice[1:])
        spelling, _, place = choice.rpartition(":")
        name, slash, rest = (place if spelling in _SPELLINGS else choice).partition("/")
        value = look(name + slash)
        value = value if value is UNSET else next(values_at(value, slash + rest), UNSET)
        if value is not UNSET:
            return _SPELLINGS[spelling](_as_text(value)) if spelling in _SPELLINGS else value
    return UNSET


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


_SPELLINGS: dict[str, Callable[[str], str]] = {"sha1": _sha1, "text": str}


def values_at(content: Json, pointer: str) -> Iterator[Any]:
    """Give what stands at a JSON Pointer in content; with `*` in it that may be several things."""
    token, *rest = pointer.split("/")[1:] or [""]
    below = "".join("/" + part for part in rest)
    if not pointer:
        yield content
    elif isinstance(content, list):
        for i, item in enumerate(content):
            if token in ("*", str(i)):
                yield from values_at(item, below)
    elif isinstance(content, dict):
        key = token.replace("~1", "/").replace("~0", "~")
        if key in content:
            yield from values_at(content[key], below)


def same_at(content: Json, pointer: str, wanted: Any) -> bool:
    """Tell whether one of the values at a place is the wanted one; numbers and texts may stand for each other."""
    return any(value == wanted or _as_text(value) == _as_text(wanted) for value in values_at(content, pointer))


def put_at(content: Json, pointer: str, value: Any) -> Json:
    """Put a value at a JSON Pointer, making the objects on the way; gives the content."""
    if not pointer:
        return value
    token, _, rest = pointer[1:].partition("/")
    key = token.replace("~1", "/").replace("~0", "~")
    content = content if isinstance(content, dict) else {}
    below = "/" + rest if "/" in pointer[1:] else ""
    content[key] = put_at(content.get(key), below, value)
    return content


def over(base: Json, more: Json) -> Json:
    """Lay content over content: objects are merged key by key, anything else is replaced. Changes neither."""
    if not (isinstance(base, dict) and isinstance(more, dict)):
        return copy.deepcopy(more)
    result = dict(base)
    for key, value in more.items():
        result[key] = over(result.get(key), value)
    return result


def merged(target: Json, patch: Json) -> Json:
    """Merge a patch into content, `null` removing. Source: RFC 7396 section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def group(items: list[Json], pointer: str, look_at: Callable[[Json], Json] = lambda item: item) -> dict[str, Json]:
    """Group items by what stands at a place in each; what has nothing there is grouped under an empty name."""
    groups: dict[str, Json] = {}
    for item in items:
        groups.setdefault(_as_text(next(values_at(item, pointer), "")), []).append(look_at(item))
    return groups


def spelled(content: Json) -> Json:
    """Spell every number in content as a text, as some services do."""
    if isinstance(content, dict):
        return {key: spelled(value) for key, value in content.items()}
    if isinstance(content, list):
        return [spelled(item) for item in content]
    return content if isinstance(content, (bool, str)) or content is None else str(content)
