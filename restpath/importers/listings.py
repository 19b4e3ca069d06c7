"""
What services say of themselves when they are asked: a list of their routes, or of their methods.

Takes the answer as plain values, and where it was got; gives an `Imported`. An answer is known by its shape:

- routes: objects with `route_url` and `methods`, in a list, in an object by their ids, or grouped by category;
- methods: `{"methods": {"method": [{"name": "doc.get", "authentication": {"post": "0", …}}, …]}}`.

Of the service as a whole it holds nothing but what the listing says: where it is follows from the URL that it was got
from, if the listing itself is in the list. How to prove who calls, and how errors look, a layer has to say.
Source: the format of the two kinds of answer, as running services give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from restpath.definition.jsonschemas import check_json_schema
from restpath.definition.method import METHODS
from restpath.definition.servers import base_url_problem
from restpath.errors import DefinitionError
from restpath.importers.found import Imported, Refer, Report, follow_nothing
from restpath.importers.naming import service_name
from restpath.importers.templates import in_the_way, written_as_template
from restpath.template import Variable, parse_template
from restpath.types import Json, JsonObject

__all__ = ["convert", "fits", "form_of"]

_Place = tuple[object, ...]
_EXPECTED = "a list of routes with route_url and methods, or of methods with name and authentication"


def fits(document: Json) -> bool:
    """Tell whether this is the answer of a service that was asked for its routes or its methods."""
    return form_of(document) is not None


def form_of(document: Json) -> str | None:
    """Tell the form of a list, by the word that service.json has for it; None where it is none."""
    if next(_routes(document), None) is not None:
        return "routes"
    return "methods" if next(_named(document), None) is not None else None


def convert(document: Json, *, source: str = "", refer: Refer = follow_nothing) -> Imported:
    """
    Turn a listing into the documents of a definition.

    Args:
        document: the answer, as it was read.
        source: where from; of a URL the base URL is what remains without the listing's own path.
        refer: not needed, for a listing refers to nothing.
    Raises:
        DefinitionError: it is none.
    """
    report = Report()
    resources = _of_routes(document, report) or _of_methods(document, source, report)
    if not resources:
        raise DefinitionError("nothing is listed here", file=source, expected=_EXPECTED)
    base_url = _base_url(source, resources)
    service = {"format": 1, **({"service": service_name(base_url, ""), "base_url": base_url} if base_url else {})}
    names = {words["name"] for each in resources.values() for words in each["methods"].values() if "name" in words}
    if names:
        service["operation_names"] = "plain" if in_the_way(names) else "dotted"
    return Imported({"service": service, "resources": {"format": 1, **resources}}, lambda: report.left_out)


# ---- routes ------------------------------------------------------------------------------------------------------


def _routes(document: Json) -> Iterator[tuple[_Place, JsonObject]]:
    """Give the routes, however they are grouped, with their places."""
    pile: list[tuple[_Place, Any]] = [((), document)]
    while pile:
        place, node = pile.pop()
        if isinstance(node, dict) and isinstance(node.get("route_url"), str):
            yield place, node
        elif len(place) < 2:
            items = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
            pile += [((*place, key), item) for key, item in reversed(items)]


def _of_routes(document: Json, report: Report) -> dict[str, JsonObject]:
    resources: dict[str, JsonObject] = {}
    for place, route in _routes(document):
        written = written_as_template(route["route_url"])
        if written.problem:
            report.add((*place, "route_url"), written.problem)
        if written.text is None:
            continue
        own = _route_words(route) | ({"literal": True} if written.literal else {})
        resource = resources.setdefault(written.text, {**own, "methods": {}})
        for method, said in _route_methods(route, place, report):
            words = _words_of(said, (*place, "methods", method), report)
            if own.get("name") != resource.get("name") and "name" in own:  # one of several routes at this place
                words["x-name"] = own["name"]
            if resource["methods"].setdefault(method.upper(), words) != words:
                report.add((*place, "methods", method), f"another {method.upper()} {written.text}: the first is kept")
    return {text: resource for text, resource in resources.items() if resource["methods"]}


def _route_words(route: JsonObject) -> JsonObject:
    texts = {
        word: route[key]
        for word, key in (("name", "route_id"), ("title", "route_name"), ("category", "category"))
        if isinstance(route.get(key), str) and route[key]
    }
    return {**texts, "x-stores-files": True} if route.get("filesystem") is True else texts


def _route_methods(route: JsonObject, place: _Place, report: Report) -> Iterator[tuple[str, JsonObject]]:
    methods = route.get("methods")
    if isinstance(methods, list):
        methods = {method: {} for method in methods if isinstance(method, str)}
    for method, said in methods.items() if isinstance(methods, dict) else ():
        if method.upper() in METHODS:
            yield method, said if isinstance(said, dict) else {}
        else:
            report.add((*place, "methods", method), f"{method}, which is no method of HTTP")


def _words_of(said: JsonObject, place: _Place, report: Report) -> JsonObject:
    """What is said of one method of a route."""
    words = _texts(said, {"title": "description", "documentation": "documentation", "x-permission": "permission"})
    query = _parameters(said.get("query_params"))
    if query:
        words["query"] = query
    if said.get("payload"):
        schema = _schema(said["payload"], place)
        if schema is None:
            report.add((*place, "payload"), "what the body may hold, which is no JSON Schema")
        else:
            words["body"] = {"schema": schema}
    if said.get("modifiers"):
        report.add((*place, "modifiers"), "modifiers of the call")
    return words


def _texts(said: JsonObject, keys: dict[str, str]) -> JsonObject:
    return {word: said[key] for word, key in keys.items() if isinstance(said.get(key), str) and said[key]}


def _schema(payload: Any, place: _Place) -> JsonObject | None:
    """The JSON Schema of a body, alone or with what is said around it; None where there is none, or a wrong one."""
    within = payload.get("schema") if isinstance(payload, dict) else None
    schema = within if isinstance(within, dict) else payload
    if not isinstance(schema, dict) or not ("properties" in schema or isinstance(schema.get("type"), str)):
        return None
    try:
        check_json_schema(schema, place, None)
    except DefinitionError:
        return None
    return schema


_TYPES = ("string", "integer", "number", "boolean", "array", "object")


def _parameters(said: Any) -> dict[str, JsonObject]:
    """Query parameters: an object of them by name, or a list of names."""
    if isinstance(said, list):
        said = dict.fromkeys(name for name in said if isinstance(name, str))
    return {name: _parameter(words) for name, words in said.items()} if isinstance(said, dict) else {}


def _parameter(said: Any) -> JsonObject:
    if not isinstance(said, dict):
        return {"documentation": said} if isinstance(said, str) and said else {}
    words = _texts(said, {"documentation": "description", "title": "title", "format": "format"})
    words.update(_texts(said, {"documentation": "documentation"}))
    if said.get("type") in _TYPES:
        words["type"] = said["type"]
    if isinstance(said.get("enum"), list) and said["enum"]:
        words["enum"] = said["enum"]
    return {**words, "default": said["default"]} if "default" in said else words


# ---- methods by name ---------------------------------------------------------------------------------------------


def _named(document: Json) -> Iterator[tuple[_Place, JsonObject]]:
    """Give the methods of a list of them, with their places."""
    methods = document.get("methods") if isinstance(document, dict) else None
    listed = methods.get("method") if isinstance(methods, dict) else None
    for index, method in enumerate(
        [listed] if isinstance(listed, dict) else listed if isinstance(listed, list) else []
    ):
        if isinstance(method, dict) and isinstance(method.get("name"), str) and "authentication" in method:
            yield ("methods", "method", index), method


def _of_methods(document: Json, source: str, report: Report) -> dict[str, JsonObject]:
    found = list(_named(document))
    after = _after_the_name(source, {method["name"] for _, method in found})
    resources: dict[str, JsonObject] = {}
    for place, method in found:
        name, said = method["name"], method["authentication"]
        written = written_as_template(f"{name}{after}")
        if written.text is None or not re.fullmatch(r"[\w-]+(?:\.[\w-]+)*", name):
            report.add((*place, "name"), f"the method {name!r}, whose name can stand in no path")
            continue
        flags = said if isinstance(said, dict) else {}
        permissions = flags.get("permissions")
        words = {
            "name": name,
            **_texts(method, {"title": "description"}),
            **({"x-permissions": permissions} if isinstance(permissions, dict) and permissions else {}),
        }
        resources[written.text] = {"methods": {"POST" if _is_yes(flags.get("post")) else "GET": words}}
    proofs = {"sign": "signed", "token": "made with a user's token"}
    for key, what in proofs.items():
        if any(isinstance(said := method["authentication"], dict) and _is_yes(said.get(key)) for _, method in found):
            report.add(("methods", "method"), f"which calls have to be {what}: a layer has to say how that is done")
    return resources


def _is_yes(flag: Any) -> bool:
    """Numbers come as texts."""
    return str(flag).lower() in ("1", "true", "yes")


def _after_the_name(source: str, names: set[str]) -> str:
    """What follows a method's name in the path of a URL; /json where no URL tells."""
    segments = urlsplit(source).path.split("/") if _is_url(source) else []
    place = next((index for index, segment in enumerate(segments) if segment in names), None)
    return "/json" if place is None else "".join("/" + segment for segment in segments[place + 1 :])


# ---- the service -------------------------------------------------------------------------------------------------


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _base_url(source: str, resources: dict[str, JsonObject]) -> str | None:
    """The URL that the listing was got from, without the path that it lists for itself, and without its query."""
    if not _is_url(source):
        return None
    parts = urlsplit(source)
    path = parts.path.rstrip("/")
    fixed = [text for text, resource in resources.items() if "GET" in resource["methods"] and _is_fixed(text, resource)]
    own = max((text for text in fixed if path.endswith(text)), key=len, default=None)
    if own is None:
        return None
    host = parts.netloc.rpartition("@")[2]
    url = f"{parts.scheme}://{host}{path.removesuffix(own)}"
    return None if base_url_problem(url) or "{" in url else url


def _is_fixed(text: str, resource: JsonObject) -> bool:
    template = parse_template(text, literal=resource.get("literal", False))
    pieces = [piece for segment in template.segments for piece in segment.pieces]
    return bool(pieces) and not template.suffix and not any(isinstance(piece, Variable) for piece in pieces)
