"""
Lists of the mock: which things a list holds, in which order, which page of them is asked for, and what each shows.

Takes an `Asked`; gives an `Outcome`, or the things themselves. Nothing is changed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from restpath.mock.asked import Asked, Outcome, Refusal, file_outcome
from restpath.mock.plan import Kind, Role
from restpath.mock.state import Thing
from restpath.mock.words import group, put_at, same_at, values_at
from restpath.types import UNSET, Json

__all__ = ["grouped", "list_things", "select_things", "shown"]

_DEEPEST = 8


def _listed(asked: Asked, template: str, variables: Mapping[str, str], depth: int = 0) -> list[Json]:
    """What the list at a template gives, as stored, for the variables that are known."""
    role = asked.plan.role_of(template)
    renamed = role.renamed(variables)
    things = select_things(asked, role, role.bound_by_name(variables), renamed, depth + 1)
    return _project([thing.content for thing in things], role.words)


def select_things(
    asked: Asked, role: Role, bound: Mapping[int, str], variables: Mapping[str, str], depth: int = 0
) -> list[Thing]:
    """The things that a role is about, in the order in which they are listed."""
    things = asked.state.matching(role.kind.name, bound)
    where = role.words.get("where")
    if where is not None and depth < _DEEPEST:
        tests = [_test(asked, each, variables, depth) for each in (where if isinstance(where, list) else [where])]
        things = [thing for thing in things if any(test(thing.content) for test in tests)]
    return things[::-1] if role.kind.words.get("newest_first") else things


def _test(asked: Asked, where: Mapping[str, Any], variables: Mapping[str, str], depth: int) -> Callable[[Json], bool]:
    wanted = [(pointer, _wanted(asked, source, variables, depth)) for pointer, source in where.items()]
    return lambda content: all(any(same_at(content, pointer, value) for value in values) for pointer, values in wanted)


def _wanted(asked: Asked, source: Any, variables: Mapping[str, str], depth: int) -> list[Any]:
    if isinstance(source, dict):
        more = asked.filled(source.get("with", {}), **variables)
        listed = _listed(asked, source["in"], {**variables, **more}, depth)
        return [value for content in listed for value in values_at(content, source["at"])]
    value = asked.filled(source, **variables)
    return [] if value is UNSET else [value]


def _project(contents: list[Json], words: Mapping[str, Any]) -> list[Json]:
    pointer = words.get("gives")
    if pointer is not None:
        contents = [value for content in contents for value in values_at(content, pointer)]
    if words.get("once"):
        contents = [content for i, content in enumerate(contents) if content not in contents[:i]]
    return contents


def list_things(asked: Asked) -> Outcome:
    """Answer with the page of a list that is asked for, and with the number of all its items."""
    role, kind = asked.role, asked.role.kind
    upload = _upload_of(asked)
    if upload is not None:
        return file_outcome(upload, role)
    things = [
        thing
        for thing in select_things(asked, role, role.bound(asked.values), asked.variables)
        if _asked_for(asked, thing)
    ]
    if role.words.get("once"):
        contents = _project([thing.content for thing in things], role.words)
        page, more = _page(asked, contents, None)
        total = len(contents)
    else:
        chosen, more = _page(asked, things, kind)
        page, total = _project([shown(asked, kind, thing) for thing in chosen], role.words), len(things)
    outcome = Outcome(200, grouped(asked, page))
    counted, goes_on = asked.method.rules.count_header, asked.plan.words.get("paging", {}).get("more_header")
    if counted is not None:
        outcome.headers.append((counted, str(total)))
    if more and goes_on:
        outcome.headers.append((goes_on, "1"))
    return outcome


def _asked_for(asked: Asked, thing: Thing) -> bool:
    """Tell whether the query's filters let a thing through."""
    filters = asked.role.kind.words.get("filters", {})
    return all(
        any(same_at(thing.content, pointer, value) for value in asked.query[name])
        for name, pointer in filters.items()
        if name in asked.query
    )


def _page(asked: Asked, items: list[Any], kind: Kind | None) -> tuple[list[Any], bool]:
    """Cut the page out that the query asks for, and tell whether the list goes on behind it."""
    words = asked.plan.words.get("paging", {})
    for name, keep in (("before", int.__lt__), ("after", int.__gt__)):
        said = asked.query.get(words.get(name, ""))
        if said and kind is not None:
            number = _number(asked, kind, said[-1])
            items = [thing for thing in items if keep(thing.number, number)]
    limit = asked.query.get(words.get("limit", ""))
    if not limit:
        return items, False
    if not (limit[-1].isascii() and limit[-1].isdigit()):
        raise Refusal(400, f"{limit[-1]!r} is no number of items")
    count = int(limit[-1])
    return items[:count], len(items) > count


def _number(asked: Asked, kind: Kind, identifier: str) -> int:
    named = [thing for thing in asked.state.matching(kind.name, {}) if thing.key[-1] == identifier]
    number = named[0].number if named else asked.state.number_of(identifier)
    if number is None:
        raise Refusal(400, f"{identifier!r} names nothing to begin the page at")
    return number


def grouped(asked: Asked, contents: list[Json]) -> Json:
    """Group a list where the words, or the query with them, ask for it."""
    words = asked.words.get("grouped", asked.role.words.get("grouped"))
    if words is None or ("asked_by" in words and not _is_yes(asked.query.get(words["asked_by"]))):
        return contents
    pointer = words.get("gives", "")
    return group(contents, words["by"], lambda content: next(values_at(content, pointer), None))


def _is_yes(values: list[str] | None) -> bool:
    return bool(values) and values[-1].lower() not in ("", "0", "false", "no")  # type: ignore[index]


def shown(asked: Asked, kind: Kind, thing: Thing) -> Json:
    """The content of a thing with what else is shown in it: what certain lists give for it."""
    content = copy.deepcopy(thing.content)
    for pointer, template in kind.words.get("shows", {}).items():
        content = put_at(content, pointer, _listed(asked, template, dict(zip(kind.parts, thing.key, strict=True))))
    return content


def _upload_of(asked: Asked) -> Thing | None:
    """What was uploaded to a collection that has no items of its own."""
    role = asked.role
    if role.kind.addressed:
        return None
    kind = role.upload_kind
    return asked.state.get(kind.name, tuple(asked.values[: len(kind.parts)]))
