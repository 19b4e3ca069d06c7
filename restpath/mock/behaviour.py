"""
Behaviour: what only one service does, as code beside that service's face.

Takes a `Definition`; gives the `Behaviour` of the bundled service of that name. It is the module
`restpath.services.<name>.behaviour`, which may have

    ACTIONS: Mapping[str, Callable[[Asked], Outcome]]    by operation name ("doc.get") or by "METHOD /template"
    PAGES: Mapping[str, Callable[[Visit], Outcome]]      what is no resource of the service, by "METHOD /path"
    PREPARE: Callable[[State, Plan], None]               puts things into the state before anybody asks
    UNDEFINED: Callable[[str, str, Plan], Refusal | None]    what is said of a method and a path that are none

An action runs in place of the engine's own, once it is known who asks and that the things named on the way are there;
the state's lock is held meanwhile. It has an `Asked` to go by (`state`, `fields`, `content`, `credentials`, `tokens`,
`now` ...: `asked.py` says them all), gives an `Outcome` and raises `Refusal` for the service's errors. What the engine
would have done is `restpath.mock.actions.act(asked)`; a list is best answered by
`restpath.mock.listing.answer_list(asked, items)`, which cuts the page that is asked for. A page is for everybody who
comes, such as the place where a person lets an application in.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.machinery import PathFinder

from restpath.definition.method import Method
from restpath.definition.model import Definition
from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.granting import Visit
from restpath.mock.plan import Plan
from restpath.mock.state import State

__all__ = ["Behaviour", "find_behaviour"]

_SERVICES = "restpath.services"


def _nothing(state: State, plan: Plan) -> None:
    """What most services put into the state: nothing."""


def _no_more(method: str, path: str, plan: Plan) -> Refusal | None:
    """What most services say of a place that there is not: what the engine says."""
    return None


@dataclass(frozen=True)
class Behaviour:
    """What a service does by code of its own."""

    actions: Mapping[str, Callable[[Asked], Outcome]] = field(default_factory=dict)
    pages: Mapping[str, Callable[[Visit], Outcome]] = field(default_factory=dict)
    prepare: Callable[[State, Plan], None] = _nothing
    undefined: Callable[[str, str, Plan], Refusal | None] = _no_more

    def action(self, method: Method) -> Callable[[Asked], Outcome] | None:
        """Find what a method does, by its name or by its place; None where the engine knows."""
        named = self.actions.get(method.name) if method.name is not None else None
        return named or self.actions.get(f"{method.method} {method.template}")


def find_behaviour(definition: Definition) -> Behaviour:
    """Find the behaviour of a bundled service; one without any, where it has no such module, or is not bundled."""
    name = definition.name.replace("-", "_")
    bundled = any(file.startswith(f"restpath/resources/{definition.name}/") for file in definition.files)
    bundled = bundled or _is_refreshed(definition)
    service = importlib.util.find_spec(f"{_SERVICES}.{name}") if bundled and name.isidentifier() else None
    place = f"{_SERVICES}.{name}.behaviour"
    # Looked for by the path of its package, which is not imported unless there is such a module in it.
    if service is None or PathFinder.find_spec(place, service.submodule_search_locations) is None:
        return Behaviour()
    module = importlib.import_module(place)
    said = {name.lower(): getattr(module, name) for name in ("ACTIONS", "PAGES", "PREPARE", "UNDEFINED")
            if hasattr(module, name)}  # fmt: skip
    return Behaviour(**said)


def _is_refreshed(definition: Definition) -> bool:
    """Whether a definition is what came with the package, brought up to date by the service's own list."""
    from restpath.edge.imported import imported_folder, origin_of

    folder, origin = imported_folder(definition.name), origin_of(definition.name)
    if folder is None or origin is None or origin.kind != "listing":
        return False
    return any(file.startswith(str(folder)) for file in definition.files)
