"""
What a mock service has from the beginning, by the words of its data.

Takes a plan, a state and the moment; puts the things of the word `first` into the state.
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from restpath.errors import DefinitionError
from restpath.mock.asked import Asked, Refusal, the_key
from restpath.mock.forms import Content
from restpath.mock.making import make_thing, new_content
from restpath.mock.matching import find_resources
from restpath.mock.plan import Plan
from restpath.mock.state import State

__all__ = ["begin"]


def begin(plan: Plan, state: State, now: datetime) -> None:
    """
    Put the first things into a state.

    Raises:
        DefinitionError: a path leads nowhere, or a thing cannot be made.
    """
    for path, value in plan.words.get("first", {}).items():
        try:
            _put(_asked(plan, state, now, path, copy.deepcopy(value)))
        except Refusal as refusal:
            raise DefinitionError(f"the mock cannot begin with {path!r}: {refusal}") from refusal


def _put(asked: Asked) -> None:
    value = asked.content.value
    if isinstance(value, list) and asked.role.form == "collection":
        for each in value:
            make_thing(asked.with_value(each, asked.role, asked.variables), each)
        return
    kind, key = asked.role.kind, the_key(asked)
    asked.variables.update(zip(kind.parts, key, strict=True))
    content = new_content(asked, value, None) if isinstance(value, dict) else value
    asked.state.add(kind.name, key, content, now=asked.now)


def _asked(plan: Plan, state: State, now: datetime, path: str, value: Any) -> Asked:
    """The first thing at a path, as if somebody asked for it to be made."""
    found = next(find_resources(plan.tree, path, {}), None)
    if found is None:
        raise DefinitionError(
            f"the mock begins with something at {path!r}, and {plan.definition.name} has no such place",
            expected="a path of one of the resources",
        )
    role, end = plan.role(found.end, found.node), found.end
    return Asked(
        plan, state, now, role, end, end.method(sorted(end.methods)[0]), found.values, {}, Content(value),
        plan.words.get("caller", {}), plan.definition.service.base_url or "http://localhost",
        dict(zip(role.names, found.values, strict=True)), tuple(plan.referred(role, found.values)), {},
    )  # fmt: skip
