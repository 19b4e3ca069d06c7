"""
How the mock makes things: their keys, their contents, and what else comes with them.

Takes an `Asked`; gives an `Outcome`, or the thing and whether it is a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restpath.errors import InvalidValue
from restpath.mock.asked import Asked, Outcome, Refusal, all_words, missing, word_layers
from restpath.mock.listing import list_things
from restpath.mock.plan import Role
from restpath.mock.state import Thing
from restpath.mock.words import over, same_at, values_at
from restpath.types import UNSET, Json
from restpath.values import as_value

__all__ = ["add_each", "make_thing", "new_content"]


def make_thing(asked: Asked, value: Any) -> tuple[Thing, bool]:
    """Make a thing, or find it where it is there already."""
    words, kind = all_words(asked), asked.role.kind
    for pointer in words.get("required", ()):
        if next(values_at(value, pointer), None) in (None, ""):
            raise Refusal(400, f"the body needs a value at {pointer}")
    key, generated = _new_key(asked, value)
    asked.variables.update(zip(kind.parts, key, strict=True))
    for template in words.get("needs", ()):
        needed = asked.plan.kind(template)
        place = tuple(asked.variables[part] for part in needed.parts)
        if asked.state.get(needed.name, place) is None:
            raise missing(asked, needed, place)
    there = asked.state.get(kind.name, key)
    if there is not None:
        if words.get("existing") != "keep" and asked.role.form != "item":
            raise Refusal(409, f"there is {kind.spelled(key)} already")
        return there, False
    content = new_content(asked, value, key[-1] if generated and "sets" not in words else None)
    repeated = _repeated(asked, words.get("repeat"), content)
    if repeated is not None:
        return repeated, False
    thing = asked.state.add(kind.name, key, content, asked.content.files, asked.now)
    _make_more(asked)
    return thing, True


def _new_key(asked: Asked, value: Any) -> tuple[tuple[str, ...], bool]:
    """The key of a new thing: what the path says, what the data's words take from the body, else a new id."""
    kind, bound = asked.role.kind, dict(asked.role.bound(asked.values))
    for place, part in enumerate(kind.parts):
        if part in asked.variables and not asked.values:
            bound.setdefault(place, asked.variables[part])
    said = kind.words.get("key", {})
    said = {kind.parts[-1]: f"{{body/{said}}}"} if isinstance(said, str) else said
    generated = False
    for place, part in enumerate(kind.parts):
        if place not in bound:
            text = asked.filled(said[part], body=value) if part in said else UNSET
            generated = text is UNSET
            bound[place] = _free_id(asked, bound, place) if generated else _key_text(text)
    return tuple(bound[place] for place in range(len(kind.parts))), generated


def _free_id(asked: Asked, bound: Mapping[int, str], place: int) -> str:
    """A new id; those that callers have chosen themselves, as by PUT, are passed over."""
    while True:
        identifier = asked.state.next_id(asked.now)
        if not asked.state.matching(asked.role.kind.name, {**bound, place: identifier}):
            return identifier


def _key_text(value: Any) -> str:
    try:
        return as_value(value, "name")
    except InvalidValue as error:
        raise Refusal(400, f"{value!r} names nothing") from error


def new_content(asked: Asked, value: Any, identifier: str | None) -> Json:
    """
    Make the content of a thing: what the words begin it with, then the value, then what the service sets itself.

    Args:
        identifier: a new id that the content is to show, where no word says how.
    """
    content: Json = {}
    for template in word_layers(asked, "new"):
        content = over(content, asked.filled(template))
    content = over(content, value) if isinstance(value, dict) else content
    key_field = asked.role.kind.words.get("key")
    if isinstance(key_field, str) and key_field not in content:
        content[key_field] = asked.variables[asked.role.kind.parts[-1]]
    elif identifier is not None and not isinstance(key_field, str):
        content["id"] = identifier
    for template in word_layers(asked, "sets"):
        content = over(content, asked.filled(template, body=value))
    for pointer, template in asked.role.kind.words.get("each", {}).items():
        for items in values_at(content, pointer):
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict):
                    item.update(asked.filled(template, each=dict(item)))
    return content


def _repeated(asked: Asked, rule: Mapping[str, Any] | None, content: Json) -> Thing | None:
    """Find the thing of which this is the same again, soon after."""
    if rule is None:
        return None
    same = [(pointer, next(values_at(content, pointer), None)) for pointer in rule["same"]]
    if any(value in (None, "") for _, value in same):
        return None
    files = [blob.digest for _, blob in asked.content.files]
    for thing in asked.state.matching(asked.role.kind.name, {})[::-1]:
        young = (asked.now - thing.created).total_seconds() < rule["seconds"]
        if young and files == [blob.digest for _, blob in thing.files]:
            if all(same_at(thing.content, pointer, value) for pointer, value in same):
                return thing
    return None


def _make_more(asked: Asked) -> None:
    """Make the other things that come with a new one."""
    for words in asked.words.get("also", ()):
        kind = asked.plan.kind(words["of"])
        renamed = words.get("names", {})
        variables = {renamed.get(name, name): value for name, value in asked.variables.items()}
        values = asked.filled(words["each"]) if "each" in words else [asked.content.value]
        for value in values if isinstance(values, list) else ():
            make_thing(asked.with_value(value, Role("collection", kind, kind.node, words=words), variables), value)


def add_each(asked: Asked) -> Outcome:
    """Make a thing of each value of a list. Raises Refusal where the body is none."""
    if not isinstance(asked.content.value, list):
        raise Refusal(400, "the body must be a JSON list")
    for value in asked.content.value:
        make_thing(asked.with_value(value, asked.role, asked.variables), value)
    return list_things(asked)
