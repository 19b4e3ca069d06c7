"""
Lists of the mock: which things a list holds, in which order, which page of them is asked for, and what each shows.

Takes an `Asked`; gives an `Outcome`, or the things themselves. Nothing is changed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from restpath.mock.asked import Asked, Outcome, Refusal, file_outcome
from restpath.mock.paging import Page, cut_page, paging_words, read_moment, wrapped
from restpath.mock.plan import Kind, Role
from restpath.mock.state import Thing
from restpath.mock.words import group, put_at, same_at, values_at
from restpath.types import UNSET, Json

__all__ = ["answer_list", "grouped", "list_things", "select_things", "shown"]

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
        return answer_list(asked, _project([thing.content for thing in things], role.words))
    page = cut_page(
        asked, things, lambda thing: _moment_of(asked, thing.content) or thing.created, partial(_number, asked, kind)
    )
    return _page_outcome(asked, page, _project([shown(asked, kind, thing) for thing in page.items], role.words))


def answer_list(asked: Asked, items: Sequence[Json], listed: Json = None) -> Outcome:
    """
    Answer with the page of some items that is asked for.

    Args:
        items: the contents, in their order.
        listed: what stands around them, in place of the words' own.
    """
    page = cut_page(asked, list(items), partial(_moment_of, asked))
    return _page_outcome(asked, page, page.items, listed)


def _page_outcome(asked: Asked, page: Page, contents: list[Json], listed: Json = None) -> Outcome:
    outcome = Outcome(200, wrapped(asked, page, grouped(asked, contents), listed))
    counted, goes_on = asked.method.rules.count_header, paging_words(asked).get("more_header")
    if counted is not None:
        outcome.headers.append((counted, str(page.total)))
    if page.goes_on and goes_on:
        outcome.headers.append((goes_on, "1"))
    return outcome


def _moment_of(asked: Asked, content: Json) -> datetime | None:
    place = paging_words(asked).get("time")
    said = next(values_at(content, place), None) if place is not None else None
    return None if said is None else read_moment(said)


def _asked_for(asked: Asked, thing: Thing) -> bool:
    """Tell whether the filters of the query, or of the body in its place, let a thing through."""
    filters = asked.role.kind.words.get("filters", {})
    return all(
        any(
            same_at(thing.content, pointer, value)
            for value in asked.query.get(name) or [asked.fields[name]]
            for pointer in ([said] if isinstance(said, str) else said)
        )
        for name, said in filters.items()
        if name in asked.fields
    )


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
