"""
What differs between two definitions of one service: operations added, removed and changed, and what has moved.

Takes the documents of both; gives a `Difference`, whose parts are also words for people. What has moved is what decides
where credentials go: the base URL, the server of an operation, an OAuth endpoint, a scheme. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from restpath.definition.bundles import shared_names
from restpath.definition.merge import Documents
from restpath.masking import mask_url
from restpath.records import dataclass
from restpath.template import parse_template
from restpath.types import JsonObject

__all__ = ["Difference", "OperationChange", "compare", "shape_of"]

# The words of a method as people call what they are about; what is not here goes by its own name.
_CALLED = {
    "query": "parameters", "parameters": "parameters", "body": "body", "bodies": "body", "name": "name",
    "server": "server", "auth": "security", "title": "documentation", "documentation": "documentation",
    "deprecated": "deprecation",
}  # fmt: skip
_SHORTEST = 3  # of two operations one may well go


@dataclass(frozen=True)
class OperationChange:
    """
    An operation that is new, gone, or another than before.

    Attributes:
        method, template: the operation; of one that is another, as it is now.
        name: its name, "" where it has none.
        what: what of it is another: parameters, body, name, server, security, path, ...; () where it is new or gone.
    """

    method: str
    template: str
    name: str = ""
    what: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = f" ({self.name})" if self.name else ""
        return f"{self.method} {self.template}{name}" + (f": {', '.join(self.what)}" if self.what else "")


@dataclass(frozen=True)
class Difference:
    """
    What differs between two definitions.

    Attributes:
        added, removed, changed: the operations, in the order of their definitions.
        moved: what decides where credentials go and is another now, in words.
        service: the words of service.json that are another now.
        before: how many operations there were.
    """

    added: tuple[OperationChange, ...] = ()
    removed: tuple[OperationChange, ...] = ()
    changed: tuple[OperationChange, ...] = ()
    moved: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    before: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved or self.service)

    @property
    def lost_most(self) -> bool:
        """Whether more than half of the operations are gone."""
        return self.before >= _SHORTEST and 2 * len(self.removed) > self.before

    def __str__(self) -> str:
        counts = [("added", self.added), ("removed", self.removed), ("changed", self.changed)]
        said = [f"{len(found)} {word}" for word, found in counts if found]
        return ", ".join(said) or ("no operation is another" if self else "unchanged")


def compare(before: Documents, after: Documents) -> Difference:
    """Find what differs. The same path under other names of its variables is the same operation, changed."""
    old, new = _operations(before), _operations(after)
    added, removed = [key for key in new if key not in old], [key for key in old if key not in new]
    renamed = _renamed(removed, added, old, new)
    kept = set(renamed.values())
    pairs = {**{key: key for key in new if key in old}, **renamed}
    schemas = _changed_schemas(before.schemas.get("schemas", {}), after.schemas.get("schemas", {}))
    changed = [
        OperationChange(*key, _name(new[key]), what)
        for key in new
        if key in pairs and (what := tuple(_differing(old[pairs[key]], new[key], key != pairs[key], schemas)))
    ]
    return Difference(
        tuple(OperationChange(*key, _name(new[key])) for key in added if key not in renamed),
        tuple(OperationChange(*key, _name(old[key])) for key in removed if key not in kept),
        tuple(changed),
        (*_moves(before.service, after.service), *_server_moves(pairs, old, new)),
        tuple(sorted(_other_words(before.service, after.service))),
        len(old),
    )


_Key = tuple[str, str]


def _operations(documents: Documents) -> dict[_Key, JsonObject]:
    """The words of every operation, with those that its resource says for all of them."""
    found: dict[_Key, JsonObject] = {}
    for template, words in documents.resources.items():
        if not template.startswith("/"):
            continue
        general = {key: words[key] for key in ("server", "path_values", "also") if key in words}
        for method, said in words["methods"].items():
            default = documents.defaults.get(template, {}).get(method)
            own = {} if default is None else {"default": default}
            found[method, template] = {"literal": words.get("literal", False), **general, **said, **own}
    return found


def _name(words: JsonObject) -> str:
    return str(words.get("name", ""))


def shape_of(template: str, literal: bool = False) -> str:
    """Give a template without the names of its variables."""
    parsed = parse_template(template, literal=literal)
    return "".join(f"/{segment.shape}" for segment in parsed.segments) + parsed.suffix


def _renamed(
    removed: list[_Key], added: list[_Key], old: Mapping[_Key, JsonObject], new: Mapping[_Key, JsonObject]
) -> dict[_Key, _Key]:
    """The operations whose variables only go by other names, with what they were."""
    was = {(method, shape_of(text, old[method, text]["literal"])): (method, text) for method, text in removed}
    now = {(method, shape_of(text, new[method, text]["literal"])): (method, text) for method, text in added}
    return {now[shape]: was[shape] for shape in now if shape in was}


def _differing(old: JsonObject, new: JsonObject, renamed: bool, schemas: frozenset[str]) -> Iterator[str]:
    """Name what differs between two operations; of parameters, which."""
    if renamed:
        yield "path"
    told: set[str] = set()
    for key in [*new, *(key for key in old if key not in new)]:
        called = _CALLED.get(key, key)
        if key == "literal" or key.startswith("x-") or old.get(key) == new.get(key) or called in told:
            continue
        told.add(called)
        yield f"{called} {_parts(old, new)}" if called == "parameters" else called
    if "body" not in told and schemas and schemas.intersection(shared_names([new.get("body"), new.get("bodies")])):
        yield "body"


def _changed_schemas(old: JsonObject, new: JsonObject) -> frozenset[str]:
    """The names of shared schemas that are another by now, by themselves or by what they refer to."""
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    referring: dict[str, list[str]] = {}
    for name, schema in new.items() if changed else ():
        for to in set(shared_names(schema)):
            referring.setdefault(to, []).append(name)
    pile = list(changed)
    while pile:
        more = [name for name in referring.get(pile.pop(), ()) if name not in changed]
        changed.update(more)
        pile += more
    return frozenset(changed)


def _parts(old: JsonObject, new: JsonObject) -> str:
    """Which parameters are new (+), gone (-) or another (~)."""
    was = {**old.get("query", {}), **old.get("parameters", {})}
    now = {**new.get("query", {}), **new.get("parameters", {})}
    signs = [f"+{name}" for name in now if name not in was] + [f"-{name}" for name in was if name not in now]
    return " ".join(signs + [f"~{name}" for name in now if name in was and was[name] != now[name]])


# ---- what decides where credentials go ---------------------------------------------------------------------------

_OF_BASE = ("base_url", "variables")
_OF_CALLERS = ("auth", "credentials")


def _moves(old: JsonObject, new: JsonObject) -> Iterator[str]:
    if old.get("base_url") != new.get("base_url"):
        yield f"the server: {_url(old.get('base_url'))} becomes {_url(new.get('base_url'))}"
    if _places(old.get("variables", {})) != _places(new.get("variables", {})):
        yield "the variables of the server's URL"
    was, now = _endpoints(old), _endpoints(new)
    for place in [*was, *(place for place in now if place not in was)]:
        if was.get(place) != now.get(place):
            yield f"{place}: {_url(was.get(place))} becomes {_url(now.get(place))}"
    for what in _OF_CALLERS:
        before, after = _plain(old.get(what, {})), _plain(new.get(what, {}))
        for name in [*before, *(name for name in after if name not in before)]:
            if before.get(name) != after.get(name):
                how = "is new" if name not in before else "is gone" if name not in after else "is another"
                yield f"the {'scheme' if what == 'auth' else 'credential'} {name} {how}"


def _url(text: Any) -> str:
    return mask_url(text) if isinstance(text, str) else "none"


def _places(variables: JsonObject) -> JsonObject:
    return {name: (words.get("default"), words.get("enum")) for name, words in variables.items()}


def _endpoints(service: JsonObject) -> dict[str, Any]:
    """The OAuth endpoints, by what they are."""
    found: dict[str, Any] = {}
    for name, scheme in service.get("auth", {}).items():
        token = scheme.get("token") or {}
        for what, words in (("token", token), ("login", token.get("authorize")), ("device", token.get("device"))):
            if words:
                found[f"the {what} endpoint of {name}"] = words.get("url")
    return found


def _plain(words: Any) -> Any:
    """Words without what is only for people."""
    if isinstance(words, dict):
        left = {key: _plain(value) for key, value in words.items() if key not in ("documentation", "title")}
        return {key: value for key, value in left.items() if not key.startswith("x-")}
    return [_plain(value) for value in words] if isinstance(words, list) else words


def _server_moves(
    pairs: Mapping[_Key, _Key], old: Mapping[_Key, JsonObject], new: Mapping[_Key, JsonObject]
) -> Iterator[str]:
    for key, was in pairs.items():
        before, after = old[was].get("server"), new[key].get("server")
        if before != after:
            yield f"the server of {' '.join(key)}: {_url(before)} becomes {_url(after)}"


_NOTES = {"$schema", "format", "service", "source"}


def _other_words(old: JsonObject, new: JsonObject) -> set[str]:
    known = {*_OF_BASE, *_OF_CALLERS, *_NOTES}
    return {key for key in {*old, *new} if key not in known and old.get(key) != new.get(key)}
