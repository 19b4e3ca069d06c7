"""
A definition brought up to date by the list that its service gives of itself.

Takes the documents of a definition and the routes that were listed; gives documents in which what a list can say is
what it says (which routes there are, with which methods), and what it cannot say is what the definition knew: bodies,
spellings, authentication, pages. Pure. What a list is, and where, says the word `listing` of service.json.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from restpath.definition.differing import shape_of
from restpath.definition.merge import write_out
from restpath.template import parse_template
from restpath.types import JsonObject

__all__ = ["relist"]

# What a server answers by itself where a route is there, and lists leave out.
_UNLISTED = ("HEAD", "OPTIONS")


def relist(
    documents: Mapping[str, JsonObject], listed: JsonObject, *, own: str = "", complete: bool = True
) -> dict[str, JsonObject]:
    """
    Bring documents up to date.

    Args:
        documents: what is known, by kind.
        listed: the routes, as an importer of listings gives them.
        own: the route that gave the list, which is there whether it lists itself or not.
        complete: whether what is not in the list is not there any more.
    """
    known = write_out(documents.get("resources", {}))
    routes = {text: words for text, words in known.items() if text.startswith("/")}
    meant = _meant(routes, listed)
    # Of several templates for one path, methods that are new come to the plainest.
    owners = {
        route: text for text, route in sorted(meant.items(), key=lambda pair: (pair[0] == pair[1], -len(pair[0])))
    }
    resources: JsonObject = {key: words for key, words in known.items() if not key.startswith("/")}
    for text, words in routes.items():
        said = listed[meant[text]]["methods"] if text in meant else {}
        methods = _methods(words, said, complete and text != own, grows=owners.get(meant.get(text, "")) == text)
        if methods:
            resources[text] = {**words, "methods": methods}
    _add_new(resources, listed, set(meant.values()))
    return {**documents, "resources": resources, **_fitting_defaults(documents, resources)}


def _meant(routes: JsonObject, listed: JsonObject) -> dict[str, str]:
    """Which listed route each known one is: of the same text, else of the same path under other names."""
    texts = {text for text in listed if text.startswith("/")}
    shapes: dict[str, list[str]] = {}
    for text in texts - routes.keys():
        shapes.setdefault(_path_shape(text, listed[text]), []).append(text)
    found: dict[str, str] = {}
    for text, words in routes.items():
        bare = parse_template(text, literal=words.get("literal", False))
        plain = text.removesuffix(bare.suffix) if bare.suffix else text
        same = [each for each in (text, plain) if each in texts] or shapes.get(_path_shape(text, words), [])
        if same:
            found[text] = same[0]
    return found


def _path_shape(text: str, words: JsonObject) -> str:
    return shape_of(text, words.get("literal", False)).partition("?")[0].partition("#")[0]


def _methods(words: JsonObject, listed: JsonObject, complete: bool, *, grows: bool) -> JsonObject:
    """The methods of a known route by now; none where the whole of it is gone."""
    known: JsonObject = words["methods"]
    found: JsonObject = {}
    for method, said in known.items():
        elsewhere = "server" in {**words, **said}  # what another server has this one does not list
        if method in listed:
            found[method] = _filled(said, listed[method])
        elif not complete or elsewhere or (method in _UNLISTED and listed):
            found[method] = said
    for method, said in listed.items():
        if method not in known and grows:
            was = [each for name, each in known.items() if name not in listed and each.get("name") == said.get("name")]
            found[method] = _filled(was[0], said) if was and "name" in said else said
    return found


def _filled(known: JsonObject, said: JsonObject) -> JsonObject:
    """What is known of a method, and what only the list says: parameters that are new, a body where none is known."""
    words = dict(known)
    query = {name: each for name, each in said.get("query", {}).items() if name not in _fields(known)}
    if query:
        words["query"] = {**known.get("query", {}), **query}
    for key in ("title", "documentation", "body"):
        if key in said and key not in known:
            words[key] = said[key]
    return words


def _fields(words: JsonObject) -> set[str]:
    """The names of all that a method is known to take."""
    schema = (words.get("body") or {}).get("schema")
    own = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return {*words.get("query", {}), *words.get("parameters", {}), *own}


def _add_new(resources: JsonObject, listed: JsonObject, known: Collection[str]) -> None:
    """Add the routes that are new; one whose name is taken goes without it."""
    names = {said["name"] for _, said in _operations(resources) if "name" in said}
    for text, words in listed.items():
        if not text.startswith("/") or text in known or text in resources:
            continue
        methods: JsonObject = {}
        for method, said in words["methods"].items():
            clashes = "name" in said and _clashes(said["name"], names)
            methods[method] = {key: value for key, value in said.items() if not (clashes and key == "name")}
            names.update([said["name"]] if "name" in said else ())
        resources[text] = {**words, "methods": methods}


def _clashes(name: str, names: Collection[str]) -> bool:
    """Whether a name is taken, or is within another, or the other way round."""
    return any(name == each or each.startswith(f"{name}.") or name.startswith(f"{each}.") for each in names)


def _fitting_defaults(documents: Mapping[str, JsonObject], resources: JsonObject) -> dict[str, JsonObject]:
    """The defaults without those of operations that are gone."""
    if "defaults" not in documents:
        return {}
    fitting: JsonObject = {}
    for text, methods in documents["defaults"].items():
        if not text.startswith("/"):
            fitting[text] = methods
            continue
        there: Any = resources.get(text, {}).get("methods", {})
        left = {method: body for method, body in methods.items() if method in there or method.startswith("x-")}
        if any(method in there for method in left):
            fitting[text] = left
    return {"defaults": fitting}


def _operations(resources: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for text, words in resources.items():
        if text.startswith("/"):
            yield from words["methods"].items()
