"""
The rules for resources.json and defaults.json that no schema can say: names, servers, pages, what refers to what.

Takes merged documents; gives the faults, each with the document and the place. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from restpath.definition.mediatypes import is_same_type
from restpath.definition.merge import Documents
from restpath.definition.servers import data_url_problem
from restpath.definition.service_faults import page_faults, templates_in
from restpath.definition.wording import Fault, did_you_mean, one_of
from restpath.template import TemplateError, parse_template
from restpath.types import JsonObject

__all__ = ["default_faults", "method_faults", "name_faults"]


def method_faults(documents: Documents) -> Iterator[Fault]:
    """Find what is wrong with resources and their methods, but for their names."""
    for template, words in templates_in(documents.resources):
        if not words.get("methods"):
            yield (
                "resources",
                [template],
                "there are no methods",
                'methods, such as "GET POST"; null removes a resource',
            )
        variables = parse_template(template, literal=words.get("literal", False)).variables
        yield from _other_faults(template, words)
        for name in words.get("path_values", {}):
            if name not in variables:
                problem = f"{template} has no variable {name!r}{did_you_mean(name, variables)}"
                yield "resources", [template, "path_values", name], problem, one_of(variables, "no path_values here")
        yield from _server_faults([template, "server"], words)
        for method, said in words.get("methods", {}).items():
            yield from _words_faults([template, "methods", method], said, documents.service)


def _words_faults(place: list[object], said: JsonObject, service: JsonObject) -> Iterator[Fault]:
    """What is wrong with the words of one method."""
    schemes: JsonObject = service.get("auth", {})
    yield from _server_faults([*place, "server"], said)
    if said.get("pages"):
        general = service.get("pages") or {}
        base = general if said["pages"].get("by", general.get("by")) == general.get("by") else {}
        yield from page_faults("resources", [*place, "pages"], {**base, **said["pages"]}, partial=False)
    for name in said.get("bodies", {}):
        if is_same_type(name, said.get("body", {}).get("media_type", "")):
            problem = f"{name} is the media type of the body itself"
            yield "resources", [*place, "bodies", name], problem, "other media types than that of body"
    for index, scheme in enumerate(said.get("auth", ())):
        if scheme not in schemes:
            problem = f"there is no scheme {scheme!r}{did_you_mean(scheme, schemes)}"
            expected = one_of(schemes, f"{scheme!r} under auth in service.json")
            yield "resources", [*place, "auth", index], problem, expected


def _other_faults(template: str, words: JsonObject) -> Iterator[Fault]:
    for index, text in enumerate(words.get("also", ())):
        try:
            parse_template(text)
        except TemplateError as error:
            yield "resources", [template, "also", index], str(error), "a URI template such as /v1/{+name}"


def _server_faults(place: list[object], words: JsonObject) -> Iterator[Fault]:
    server = words.get("server")
    if server is not None:
        problem = data_url_problem(server) or (f"{server!r} has variables" if "{" in server else None)
        if problem:
            yield "resources", place, problem, "a URL such as https://upload.example.com/v1"


def name_faults(documents: Documents) -> Iterator[Fault]:
    """Find names that several operations have, or that are in the way of others."""
    dotted = documents.service.get("operation_names") == "dotted"
    seen: dict[str, str] = {}
    spaces = _Space()
    for template, words in templates_in(documents.resources):
        for method, said in (words.get("methods") or {}).items():
            if "name" in said:
                name, here = said["name"], f"{method} {template}"
                place: list[object] = [template, "methods", method, "name"]
                if seen.setdefault(name, here) != here:
                    problem = f"{name!r} is the name of {seen[name]} already"
                    yield "resources", place, problem, "a name of its own"
                if dotted:
                    yield from _dotted_faults(name, place, spaces)


class _Space:
    """The beginning of dotted names: whether it is an operation, the last of those within it, what is below by part."""

    __slots__ = ("is_operation", "within", "below")

    def __init__(self) -> None:
        self.is_operation, self.within = False, ""
        self.below: dict[str, _Space] = {}


def _dotted_faults(name: str, place: list[object], spaces: _Space) -> Iterator[Fault]:
    parts = name.split(".")
    if not all(parts):
        yield "resources", place, f"{name!r} has an empty part", "names with one dot between, such as doc.get"
    clash, space = "", spaces
    for end, part in enumerate(parts, 1):
        space = space.below.setdefault(part, _Space())
        if end < len(parts):
            space.within = name
            clash = clash or (".".join(parts[:end]) if space.is_operation else "")
    space.is_operation = True
    if clash or space.within:
        outer, inner = (name, space.within) if space.within else (clash, name)
        problem = f"{outer!r} is an operation, and {inner!r} is within it"
        yield "resources", place, problem, "a name that is an operation or holds others, not both"


def default_faults(documents: Documents) -> Iterator[Fault]:
    """Find defaults of what there is not."""
    for template, methods in templates_in(documents.defaults):
        if template not in documents.resources:
            problem = f"there is no resource {template!r}{did_you_mean(template, documents.resources)}"
            yield "defaults", [template], problem, "a template of resources.json"
            continue
        accepted = documents.resources[template].get("methods") or {}
        for method in methods:
            if method not in accepted:
                yield "defaults", [template, method], f"{template} does not accept {method}", one_of(accepted, "")
