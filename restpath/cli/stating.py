"""
What looking around finds, as plain values for scripts: `--output json` of `services`, `tree`, `show` and `search`.

Takes definitions, places and methods; gives objects and lists with all their keys: a text that is not said is "", a
list of which there is nothing is empty, what may be missing is null. Nothing is sent.

    a service    name, title, documentation, base_url, servers, operations (how many), credentials, files, left_out
    servers      url, title, documentation, variables: where it is as well
    a resource   template, name, title, category, documentation, values, methods, below, files
    a method     method, template, name, title, documentation, deprecated, takes, media_type, bodies, starts_from,
                 example
    bodies       media_type, takes: what the body may be as well
    takes        item (its name with its sign), name, type, choices, required, deprecated, documentation
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from restpath.cli.offering import example_items, offers_of, ordered

if TYPE_CHECKING:
    from restpath.cli.locating import Located, Spot
    from restpath.definition.method import Method
    from restpath.definition.model import Definition
    from restpath.tree import Node

__all__ = [
    "VALUES", "output_option", "state", "state_method", "state_operation", "state_place", "state_service",
    "state_summary", "state_tree",
]  # fmt: skip

VALUES = ("json", "yaml", "table", "csv", "ndjson")
"""The formats that looking around has for scripts."""


def output_option(function: Any) -> Any:
    """Give a command --output."""
    return click.option(
        "-o", "--output", type=click.Choice(VALUES), metavar="FORMAT",
        help=f"Print what is found as values, for a script to read: {', '.join(VALUES)}.",
    )(function)  # fmt: skip


def state(value: Any, output: str) -> None:
    """
    Print values in a format.

    Raises:
        RestpathError: what writes it is not installed, or the values do not fit it.
    """
    from restpath.cli.formats import check_format, write_value
    from restpath.cli.printing import standard_out

    check_format(output)
    write_value(value, output, standard_out())


# ---- services ----------------------------------------------------------------------------------------------------


def state_summary(definition: Definition) -> dict[str, Any]:
    """A service in a list of services."""
    from restpath.masking import mask_url

    service = definition.service
    return {
        "name": definition.name,
        "title": service.title,
        "operations": sum(len(methods) for _, methods in definition.templates()),
        "base_url": mask_url(service.base_url) if service.base_url else None,
    }


def state_service(definition: Definition) -> dict[str, Any]:
    """A service with all that holds for the whole of it."""
    from restpath.masking import mask_url

    service = definition.service
    credentials = [
        {
            "name": name,
            "secret": each.secret,
            "default": each.default,
            "documentation": str(service.words.get("credentials", {}).get(name, {}).get("documentation") or ""),
        }
        for name, each in service.credentials.items()
    ]
    servers = [
        {
            "url": mask_url(each.url), "title": each.title, "documentation": each.documentation,
            "variables": {name: dict(said) for name, said in each.variables.items()},
        }
        for each in service.servers
    ]  # fmt: skip
    return {
        **state_summary(definition),
        "documentation": service.documentation,
        "servers": servers,
        "credentials": credentials,
        "files": list(definition.files),
        "left_out": [{"place": each.place, "what": each.what} for each in definition.left_out],
    }


# ---- places ------------------------------------------------------------------------------------------------------


def state_tree(located: Located, node: Node, depth: int | None) -> list[dict[str, Any]]:
    """The resources at a place and below it, in the order of the tree; as many levels below as `depth` says."""
    found: list[dict[str, Any]] = []
    for level, each in _nodes(node):
        if depth is None or level <= depth:
            found += [_resource_line(located.definition, end) for end in each.ends]
    return found


def _nodes(top: Node) -> Iterator[tuple[int, Node]]:
    stack = [(0, top)]
    while stack:
        level, node = stack.pop()
        yield level, node
        stack += reversed([(level + 1, child) for child in (*node.literals.values(), *_variable(node))])


def _variable(node: Node) -> list[Node]:
    return [child for child in node.below() if child.segment.variables]


def _resource_line(definition: Definition, end: Any) -> dict[str, Any]:
    resource = definition.resource(end.template.text)
    names = [end.method(word).name for word in ordered(end.methods)]
    return {
        "template": end.template.text, "methods": ordered(end.methods), "names": names, "title": resource.title,
        "category": resource.category,
    }  # fmt: skip


def state_place(located: Located, spot: Spot, files: dict[str, list[str]]) -> list[dict[str, Any]]:
    """
    The resources at a place, each with its methods; one without any where it only leads on.

    Args:
        files: for each template, the files that say so.
    """
    from restpath.cli.locating import segments_below

    below = segments_below(spot.node)
    values = {name: value for name, value in spot.values if value != f"{{{name}}}"}
    found = []
    for end in spot.ends:
        resource = located.definition.resource(end.template.text)
        found.append({
            "template": end.template.text, "name": resource.name, "title": resource.title,
            "category": resource.category, "documentation": resource.documentation, "values": values,
            "methods": [state_method(located, end.method(word)) for word in ordered(end.methods)],
            "below": below, "files": files[end.template.text],
        })  # fmt: skip
    nothing: dict[str, Any] = {
        "template": None, "name": None, "title": "", "category": "", "documentation": "", "values": values,
        "methods": [], "below": below, "files": [],
    }  # fmt: skip
    return found or [nothing]


# ---- operations --------------------------------------------------------------------------------------------------


def state_method(located: Located, method: Method, *, by_name: bool = False) -> dict[str, Any]:
    """
    A method with what it takes.

    Args:
        by_name: it is called by its name, so that the variables of its path are among what it takes.
    """
    if by_name:
        words = ["call", located.source, method.name or ""]
    else:
        words = [method.method.lower(), located.source + method.template]
    bodies = [{"media_type": name, "takes": _takes(other, by_name)} for name, other in method.bodies.items()]
    return {
        "method": method.method, "template": method.template, "name": method.name, "title": method.title,
        "documentation": method.documentation, "deprecated": method.deprecated, "takes": _takes(method, by_name),
        "media_type": method.media_type, "bodies": bodies, "starts_from": method.defaults() if method.base else None,
        "example": ["restpath", *words, *example_items(method, by_name=by_name), *_option(located)],
    }  # fmt: skip


def _takes(method: Method, by_name: bool) -> list[dict[str, Any]]:
    return [
        {
            "item": offer.name + offer.sign, "name": offer.name, "type": offer.kind or None,
            "choices": list(offer.choices), "required": offer.required, "deprecated": offer.deprecated,
            "documentation": offer.documentation,
        }
        for offer in offers_of(method, by_name=by_name)
    ]  # fmt: skip


def _option(located: Located) -> list[str]:
    return [] if located.said_by is None else ["--definition", located.said_by]


def state_operation(method: Method) -> dict[str, Any]:
    """An operation in a list of those that were found."""
    resource = method.resource
    return {
        "method": method.method, "template": method.template, "name": method.name,
        "title": method.title or resource.title, "category": resource.category,
    }  # fmt: skip
