"""
What the methods of a served definition do: list, read, create, put, merge, delete, upload and download.

Takes an `Asked`, one request matched to a resource; gives an `Outcome`, or raises `Refusal`. Every action works on the
kind of things that the resource's role names, and nothing in it knows a service: what is particular stands in the
words of the data (see `mock` in the schemas).
Source: RFC 9110 section 9 for the methods, RFC 7396 for PATCH.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restpath.definition.method import Method
from restpath.mock.asked import (
    Asked,
    Outcome,
    Refusal,
    all_words,
    file_outcome,
    missing,
    the_key,
    the_thing,
    word_layers,
)
from restpath.mock.listing import grouped, list_things, select_things, shown
from restpath.mock.making import add_each, make_thing, new_content
from restpath.mock.plan import Kind
from restpath.mock.state import Thing
from restpath.mock.words import merged, over
from restpath.types import UNSET, Json

__all__ = ["act"]


def act(asked: Asked) -> Outcome:
    """
    Do what the method means.

    Raises:
        Refusal: the service answers with an error.
    """
    words = asked.words
    name = asked.plan.action(asked.role, asked.method) or "refuse"
    outcome = _ACTIONS[name](asked)
    if "content" in words:
        content = asked.filled(words["content"], it=outcome.content)
        outcome.content, outcome.text = (UNSET, content) if isinstance(content, str) else (content, None)
        outcome.blob = None
    if "status" in words:
        outcome.status = words["status"]
    elif asked.method.method == "DELETE" and outcome.status == 200:
        outcome.status = 204
    return outcome


# ---- collections ------------------------------------------------------------------------------------------------


def _create(asked: Asked) -> Outcome:
    if not asked.role.kind.addressed and asked.content.files and asked.content.value is UNSET:
        return _upload(asked)
    thing, is_new = make_thing(asked, _object(asked))
    if not is_new and asked.role.form == "item" and "existing" not in all_words(asked):
        return _merge(asked)
    outcome = Outcome(201 if is_new else 200, shown(asked, asked.role.kind, thing))
    place = asked.plan.address(asked.role.kind, thing.key)
    if is_new and place is not None:
        outcome.headers.append(("Location", asked.url + place))
    return outcome


def _object(asked: Asked) -> dict[str, Any]:
    value = {} if asked.content.value is UNSET else asked.content.value
    if not isinstance(value, dict):
        raise Refusal(400, "the body must be a JSON object")
    return value


def _refill(asked: Asked) -> Outcome:
    if not isinstance(asked.content.value, list):
        raise Refusal(400, "the body must be a JSON list")
    _clear(asked)
    return add_each(asked)


def _clear(asked: Asked) -> Outcome:
    for thing in select_things(asked, asked.role, asked.role.bound(asked.values), asked.variables):
        _remove(asked, asked.role.kind, thing)
    return Outcome(200)


# ---- one thing ---------------------------------------------------------------------------------------------------


def _read(asked: Asked) -> Outcome:
    kind = asked.role.kind
    if asked.role.form == "document" and kind.name not in asked.plan.made:
        return Outcome(200, {})
    thing = the_thing(asked)
    if thing.content is UNSET:
        return file_outcome(thing, asked.role)
    return Outcome(200, shown(asked, kind, thing))


def _put(asked: Asked) -> Outcome:
    if all_words(asked).get("put") == "merge":
        return _merge(asked)
    kind, key = asked.role.kind, the_key(asked)
    there = asked.state.get(kind.name, key)
    if asked.content.files and asked.content.value is UNSET:
        content: Any = UNSET
    else:
        value = {} if asked.content.value is UNSET else asked.content.value
        asked.variables.update(zip(kind.parts, key, strict=True))
        content = new_content(asked, value, None) if isinstance(value, dict) else value
    thing = asked.state.add(kind.name, key, content, asked.content.files, asked.now)
    if content is UNSET:
        return Outcome(200 if there else 201)
    return Outcome(200 if there else 201, shown(asked, kind, thing))


def _merge(asked: Asked) -> Outcome:
    kind = asked.role.kind
    if asked.role.form == "document" and asked.state.get(kind.name, the_key(asked)) is None:
        asked.state.add(kind.name, the_key(asked), {}, [], asked.now)
    thing = the_thing(asked)
    if asked.content.value is not UNSET:
        changed = merged(thing.content, asked.content.value)
        thing.content = _kept(changed, thing.content, kind.words.get("sets", {}), kind.words.get("key"))
    return _set(asked)


def _kept(changed: Json, old: Json, sets: Json, key_field: Any = None) -> Json:
    """What the service sets itself stays as it was, whatever a body says."""
    if not (isinstance(changed, dict) and isinstance(old, dict)):
        return changed
    own = {**sets, key_field: ""} if isinstance(key_field, str) else sets
    for key, template in own.items():
        if key in old:
            nested = isinstance(template, dict) and key in changed
            changed[key] = _kept(changed[key], old[key], template) if nested else old[key]
    return changed


def _set(asked: Asked) -> Outcome:
    thing = the_thing(asked)
    for template in word_layers(asked, "sets", anew=False):
        thing.content = over(thing.content, asked.filled(template))
    return Outcome(200, shown(asked, asked.role.kind, thing))


def _delete(asked: Asked) -> Outcome:
    _remove(asked, asked.role.kind, the_thing(asked))
    return Outcome(204)


def _remove(asked: Asked, kind: Kind, thing: Thing) -> None:
    """Forget a thing, and what is nothing without it."""
    if not asked.state.remove(kind.name, thing.key):
        return
    for other in asked.plan.kinds:
        places = asked.plan.depends(other, kind)
        if places is not None:
            for below in asked.state.matching(other.name, dict(zip(places, thing.key, strict=False))):
                _remove(asked, other, below)


# ---- files -------------------------------------------------------------------------------------------------------


def _upload(asked: Asked) -> Outcome:
    role = asked.role
    files = asked.content.files
    wanted = asked.words.get("files")
    if not files or len(files) != (wanted or len(files)):
        raise Refusal(400, f"{wanted or 'a'} file part is needed, and there are {len(files)}")
    kind = role.upload_kind
    bound = role.bound(asked.values)
    key = tuple(bound[place] for place in range(len(kind.parts)))
    there = asked.state.get(kind.name, key)
    if there is None and kind.node is not role.node:
        raise missing(asked, kind, key)
    asked.state.add(kind.name, key, UNSET if there is None else there.content, files, asked.now)
    return Outcome(201)


def _discard(asked: Asked) -> Outcome:
    """Forget a file, and not the thing that it came with."""
    if asked.role.kind.node is asked.role.node:
        return _delete(asked)
    thing = the_thing(asked)
    file_outcome(thing, asked.role)
    thing.files = []
    return Outcome(204)


def _download(asked: Asked) -> Outcome:
    return file_outcome(the_thing(asked), asked.role)


# ---- what is said and not kept -----------------------------------------------------------------------------------


def _tell(asked: Asked) -> Outcome:
    return Outcome(200, {})


def _describe(asked: Asked) -> Outcome:
    """List the definition's own resources, each with its methods."""
    entries: list[tuple[Json, dict[str, Json]]] = []
    for method in asked.plan.definition.operations:
        objects = {"resource": _resource_words(method), "method": {**method.words, "method": method.method}}
        entry = asked.filled(asked.words["each_resource"], **objects)
        known = next((methods for other, methods in entries if other == entry), None)
        if known is None:
            known = {}
            entries.append((entry, known))
        known[method.method] = asked.filled(asked.words["each_method"], **objects)
    return Outcome(200, grouped(asked, [{**entry, "methods": methods} for entry, methods in entries]))


def _resource_words(method: Method) -> dict[str, Any]:
    resource = method.resource
    words = {"template": resource.template.text, "variables": list(dict.fromkeys(resource.template.variables))}
    return {**resource.words, **words, "title": resource.title or resource.name or ""}


def _allow(asked: Asked) -> Outcome:
    return Outcome(204, headers=[("Allow", ", ".join(sorted(asked.end.methods)))])


def _refuse(asked: Asked) -> Outcome:
    raise Refusal(501, f"the mock does not know what {asked.method.method} {asked.end.template.text} does")


_ACTIONS: dict[str, Callable[[Asked], Outcome]] = {
    "list": list_things, "clear": _clear, "create": _create, "add": add_each, "refill": _refill, "read": _read,
    "put": _put, "merge": _merge, "set": _set, "delete": _delete, "upload": _upload, "download": _download,
    "discard": _discard, "tell": _tell, "describe": _describe, "allow": _allow, "refuse": _refuse,
}  # fmt: skip
