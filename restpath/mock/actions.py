"""
What the methods of a served definition do: list, read, create, put, merge, delete, upload and download.

Takes an `Asked`, one request matched to a resource; gives an `Outcome`, or raises `Refusal`. Every action works
on the kind of things that the resource's role names, and nothing in it knows a service: what is particular stands in
the words of the data (see `mock` in the schemas).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from restpath.definition.model import Method
from restpath.errors import InvalidValue
from restpath.mock.forms import Content
from restpath.mock.plan import Kind, Plan, Role
from restpath.mock.state import Blob, State, Thing
from restpath.mock.words import fill, group, merged, over, put_at, same_at, values_at
from restpath.template import as_value
from restpath.tree import End
from restpath.types import UNSET, Json

__all__ = ["Asked", "Outcome", "Refusal", "act", "require_referred"]


class Refusal(Exception):
    """The service answers with an error: its status, its code (None: by the status) and its words."""

    def __init__(self, status: int, message: str, code: str | None = None, headers: Sequence[tuple[str, str]] = ()):
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, tuple(headers)


@dataclass
class Outcome:
    """What an action came to: a status, and content or a file; `UNSET` is no content at all."""

    status: int
    content: Any = UNSET
    blob: Blob | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Asked:
    """One request, matched: what it is about, what it brought, and who asks."""

    plan: Plan
    state: State
    now: datetime
    role: Role
    end: End
    method: Method
    values: tuple[str, ...]
    query: Mapping[str, list[str]]
    content: Content
    credentials: Mapping[str, str]
    url: str
    variables: dict[str, str]
    referred: tuple[tuple[str, Kind, tuple[str, ...]], ...]
    words: Mapping[str, Any]

    def look(self, name: str) -> Any:
        """Give what a placeholder's name stands for; with a slash behind it, the object that it is."""
        root = name.removesuffix("/")
        objects: dict[str, Any] = {
            "body": self.content.value,
            "credential": self.credentials,
            "query": {key: values[-1] for key, values in self.query.items()},
            "file": _file_words(self.content.files),
        }
        if root in objects and (name.endswith("/") or root not in self.variables):
            return objects[root]
        if name.endswith("/"):
            thing = self.named(root)
            return UNSET if thing is None else thing.content
        if name in self.variables:
            return self.variables[name]
        return {"now": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), "url": self.url}.get(name, UNSET)

    def named(self, variable: str) -> Thing | None:
        """Find the thing that a variable names."""
        for name, kind, key in self.referred:
            if name == variable:
                return self.state.get(kind.name, key)
        template = self.plan.words.get("variables", {}).get(variable)
        if template is None or variable not in self.variables:
            return None
        return self.state.get(self.plan.kind(template).name, (self.variables[variable],))

    def filled(self, template: Json, **more: Any) -> Any:
        """Fill a template of the data's words; `more` are names that stand before all others."""

        def look(name: str) -> Any:
            root = name.removesuffix("/")
            return more[root] if root in more else self.look(name)

        return fill(template, look)

    def with_value(self, value: Any, role: Role, variables: Mapping[str, str]) -> Asked:
        """Give the same request as if it had brought one value, for a role of which the variables say all."""
        return replace(self, content=Content(value), role=role, values=(), variables=dict(variables), words={})


def _file_words(files: Sequence[tuple[str, Blob]]) -> Any:
    if not files:
        return UNSET
    _, blob = files[0]
    return {"name": blob.name, "type": blob.media_type, "size": blob.size}


def act(asked: Asked) -> Outcome:
    """
    Do what the method means.

    Raises:
        Refusal: the service answers with an error.
    """
    name = asked.role.action(asked.method) or "refuse"
    outcome = _ACTIONS[name](asked)
    words = asked.words
    if "content" in words:
        outcome.content, outcome.blob = asked.filled(words["content"]), None
    if "status" in words:
        outcome.status = words["status"]
    elif asked.method.method == "DELETE" and outcome.status == 200:
        outcome.status = 204
    return outcome


# ---- things ------------------------------------------------------------------------------------------------------


def require_referred(asked: Asked) -> None:
    """Make sure that all that the path names on its way is there. Raises Refusal where something is not."""
    for _, kind, key in asked.referred:
        if asked.state.get(kind.name, key) is None:
            raise _missing(asked, kind, key)


def _missing(asked: Asked, kind: Kind, key: Sequence[str]) -> Refusal:
    words = kind.words.get("missing", {})
    named = dict(zip(kind.parts, key, strict=False))
    message = words.get("message", "There is nothing at {place}")
    text = asked.filled(message, **named, place=kind.spelled(key))
    return Refusal(words.get("status", 404), str(text), words.get("code"))


def _the_key(asked: Asked) -> tuple[str, ...]:
    kind, bound = asked.role.kind, asked.role.bound(asked.values)
    if len(bound) < len(kind.parts):
        raise Refusal(404, f"{asked.end.template.text} does not say which of {kind.name} is meant")
    return tuple(bound[place] for place in range(len(kind.parts)))


def _the_thing(asked: Asked) -> Thing:
    kind, key = asked.role.kind, _the_key(asked)
    thing = asked.state.get(kind.name, key)
    if thing is None:
        raise _missing(asked, kind, key)
    return thing


def _variables_of(kind: Kind, thing: Thing) -> dict[str, str]:
    return dict(zip(kind.parts, thing.key, strict=True))


def _shown(asked: Asked, kind: Kind, thing: Thing) -> Json:
    """The content of a thing with what else is shown in it: what certain lists give for it."""
    content = copy.deepcopy(thing.content)
    for pointer, template in kind.words.get("shows", {}).items():
        content = put_at(content, pointer, _listed(asked, template, _variables_of(kind, thing)))
    return content


# ---- lists -------------------------------------------------------------------------------------------------------

_DEEPEST = 8


def _listed(asked: Asked, template: str, variables: Mapping[str, str], depth: int = 0) -> list[Json]:
    """What the list at a template gives, as stored, for the variables that are known."""
    role = asked.plan.role_of(template)
    renamed = role.renamed(variables)
    things = _select(asked, role, role.bound_by_name(variables), renamed, depth + 1)
    return _project([thing.content for thing in things], role.words)


def _select(
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


def _list(asked: Asked) -> Outcome:
    role, kind = asked.role, asked.role.kind
    upload = _upload_of(asked)
    if upload is not None:
        return _file_outcome(upload, role)
    things = [
        thing for thing in _select(asked, role, role.bound(asked.values), asked.variables) if _asked_for(asked, thing)
    ]
    if role.words.get("once"):
        contents = _project([thing.content for thing in things], role.words)
        page, more = _page(asked, contents, None)
        total = len(contents)
    else:
        chosen, more = _page(asked, things, kind)
        page, total = _project([_shown(asked, kind, thing) for thing in chosen], role.words), len(things)
    outcome = Outcome(200, _grouped(asked, page))
    counted, goes_on = asked.method.rules.count_header, asked.plan.words.get("paging", {}).get("more_header")
    if counted is not None and asked.method.method == "HEAD":
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


def _grouped(asked: Asked, contents: list[Json]) -> Json:
    words = asked.words.get("grouped", asked.role.words.get("grouped"))
    if words is None or ("asked_by" in words and not _is_yes(asked.query.get(words["asked_by"]))):
        return contents
    pointer = words.get("gives", "")
    return group(contents, words["by"], lambda content: next(values_at(content, pointer), None))


def _is_yes(values: list[str] | None) -> bool:
    return bool(values) and values[-1].lower() not in ("", "0", "false", "no")  # type: ignore[index]


def _clear(asked: Asked) -> Outcome:
    for thing in _select(asked, asked.role, asked.role.bound(asked.values), asked.variables):
        _remove(asked, asked.role.kind, thing)
    return Outcome(200)


# ---- making ------------------------------------------------------------------------------------------------------


def _create(asked: Asked) -> Outcome:
    if not asked.role.kind.addressed and asked.content.files and asked.content.value is UNSET:
        return _upload(asked)
    thing, is_new = _made(asked, _object(asked))
    if not is_new and asked.role.form == "item" and "existing" not in _all_words(asked):
        return _merge(asked)
    outcome = Outcome(201 if is_new else 200, _shown(asked, asked.role.kind, thing))
    place = asked.plan.address(asked.role.kind, thing.key)
    if is_new and place is not None:
        outcome.headers.append(("Location", asked.url + place))
    return outcome


def _object(asked: Asked) -> dict[str, Any]:
    value = {} if asked.content.value is UNSET else asked.content.value
    if not isinstance(value, dict):
        raise Refusal(400, "the body must be a JSON object")
    return value


def _all_words(asked: Asked) -> dict[str, Any]:
    return {**asked.plan.words, **asked.role.kind.words, **asked.role.words, **asked.words}


def _layers(asked: Asked, word: str) -> Iterator[Any]:
    """What kind, resource and method say under one word, the nearest last."""
    nearest: list[Mapping[str, Any]] = []
    for words in (asked.role.kind.words, asked.role.words, asked.words):
        if word in words and all(words[word] is not other[word] for other in nearest):
            nearest.append(words)
            yield words[word]


def _made(asked: Asked, value: Any) -> tuple[Thing, bool]:
    """Make a thing, or find it where it is there already."""
    words, kind = _all_words(asked), asked.role.kind
    for pointer in words.get("required", ()):
        if next(values_at(value, pointer), None) in (None, ""):
            raise Refusal(400, f"the body needs a value at {pointer}", words.get("required_code"))
    key, generated = _new_key(asked, value)
    asked.variables.update(zip(kind.parts, key, strict=True))
    for template in words.get("needs", ()):
        needed = asked.plan.kind(template)
        place = tuple(asked.variables[part] for part in needed.parts)
        if asked.state.get(needed.name, place) is None:
            raise _missing(asked, needed, place)
    there = asked.state.get(kind.name, key)
    if there is not None:
        if words.get("existing") != "keep" and asked.role.form != "item":
            raise Refusal(409, f"there is {kind.spelled(key)} already")
        return there, False
    content = _new_content(asked, value, key[-1] if generated and "sets" not in words else None)
    repeated = _repeated(asked, words.get("repeat"), content)
    if repeated is not None:
        return repeated, False
    files = {name or str(i): blob for i, (name, blob) in enumerate(asked.content.files)}
    thing = asked.state.add(kind.name, key, content, files, asked.now)
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
            bound[place] = asked.state.next_id(asked.now) if generated else _key_text(text)
    return tuple(bound[place] for place in range(len(kind.parts))), generated


def _key_text(value: Any) -> str:
    try:
        return as_value(value, "name")
    except InvalidValue as error:
        raise Refusal(400, f"{value!r} names nothing") from error


def _new_content(asked: Asked, value: Any, identifier: str | None) -> Json:
    content: Json = {}
    for template in _layers(asked, "new"):
        content = over(content, asked.filled(template))
    content = over(content, value) if isinstance(value, dict) else content
    key_field = asked.role.kind.words.get("key")
    if isinstance(key_field, str) and key_field not in content:
        content[key_field] = asked.variables[asked.role.kind.parts[-1]]
    elif identifier is not None and not isinstance(key_field, str):
        content["id"] = identifier
    for template in _layers(asked, "sets"):
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
        if young and files == [blob.digest for blob in thing.files.values()]:
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
            _made(asked.with_value(value, Role("collection", kind, kind.node, words=words), variables), value)


def _add(asked: Asked) -> Outcome:
    if not isinstance(asked.content.value, list):
        raise Refusal(400, "the body must be a JSON list")
    for value in asked.content.value:
        _made(asked.with_value(value, asked.role, asked.variables), value)
    return _list(asked)


def _refill(asked: Asked) -> Outcome:
    if not isinstance(asked.content.value, list):
        raise Refusal(400, "the body must be a JSON list")
    _clear(asked)
    return _add(asked)


# ---- one thing ---------------------------------------------------------------------------------------------------


def _read(asked: Asked) -> Outcome:
    kind = asked.role.kind
    if asked.role.form == "document" and kind.name not in asked.plan.made:
        return Outcome(200, {})
    thing = _the_thing(asked)
    if thing.content is UNSET:
        return _file_outcome(thing, asked.role)
    return Outcome(200, _shown(asked, kind, thing))


def _put(asked: Asked) -> Outcome:
    if _all_words(asked).get("put") == "merge":
        return _merge(asked)
    kind, key = asked.role.kind, _the_key(asked)
    there = asked.state.get(kind.name, key)
    if asked.content.files and asked.content.value is UNSET:
        content: Any = UNSET
    else:
        value = {} if asked.content.value is UNSET else asked.content.value
        asked.variables.update(zip(kind.parts, key, strict=True))
        content = _new_content(asked, value, None) if isinstance(value, dict) else value
    files = {name or str(i): blob for i, (name, blob) in enumerate(asked.content.files)}
    thing = asked.state.add(kind.name, key, content, files, asked.now)
    if content is UNSET:
        return Outcome(200 if there else 201)
    return Outcome(200 if there else 201, _shown(asked, kind, thing))


def _merge(asked: Asked) -> Outcome:
    kind = asked.role.kind
    if asked.role.form == "document" and asked.state.get(kind.name, _the_key(asked)) is None:
        asked.state.add(kind.name, _the_key(asked), {}, {}, asked.now)
    thing = _the_thing(asked)
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
    thing = _the_thing(asked)
    for words in (asked.role.words, asked.words):
        if (
            "sets" in words
            and words is not asked.role.kind.words
            and asked.role.kind.words.get("sets") is not words["sets"]
        ):
            thing.content = over(thing.content, asked.filled(words["sets"]))
    return Outcome(200, _shown(asked, asked.role.kind, thing))


def _delete(asked: Asked) -> Outcome:
    _remove(asked, asked.role.kind, _the_thing(asked))
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
        raise _missing(asked, kind, key)
    named = {name or str(i): blob for i, (name, blob) in enumerate(files)}
    content = UNSET if there is None else there.content
    asked.state.add(kind.name, key, content, named, asked.now)
    return Outcome(201)


def _upload_of(asked: Asked) -> Thing | None:
    """What was uploaded to a collection that has no items of its own."""
    role = asked.role
    if role.kind.addressed:
        return None
    kind = role.upload_kind
    return asked.state.get(kind.name, tuple(asked.values[: len(kind.parts)]))


def _download(asked: Asked) -> Outcome:
    return _file_outcome(_the_thing(asked), asked.role)


def _file_outcome(thing: Thing, role: Role) -> Outcome:
    said = role.words.get("file")
    blob = thing.files.get(said) if isinstance(said, str) else next(iter(thing.files.values()), None)
    if blob is None:
        raise Refusal(404, "there is no file here")
    return Outcome(200, blob=blob)


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
    return Outcome(200, _grouped(asked, [{**entry, "methods": methods} for entry, methods in entries]))


def _resource_words(method: Method) -> dict[str, Any]:
    resource = method.resource
    return {**resource.words, "template": resource.template.text, "title": resource.title or resource.name or ""}


def _refuse(asked: Asked) -> Outcome:
    raise Refusal(501, f"the mock does not know what {asked.method.method} {asked.end.template.text} does")


_ACTIONS: dict[str, Callable[[Asked], Outcome]] = {
    "list": _list, "clear": _clear, "create": _create, "add": _add, "refill": _refill, "read": _read, "put": _put,
    "merge": _merge, "set": _set, "delete": _delete, "upload": _upload, "download": _download, "tell": _tell,
    "describe": _describe, "refuse": _refuse,
}  # fmt: skip
