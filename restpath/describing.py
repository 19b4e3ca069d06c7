"""
What is there, in words: for people who look around before they call.

Takes a `Path`, an `Operation` or the namespace of operations with dotted names; gives text. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from restpath.definition.merge import file_that_said
from restpath.definition.method import Method
from restpath.named import Namespace, parts_of
from restpath.operations import Operation, about, record_of
from restpath.path import Path, root_of
from restpath.phrasing import chain, children_of, show
from restpath.place import Root
from restpath.resolving import candidates

__all__ = ["describe_namespace", "describe_operation", "describe_path"]


def describe_path(path: Path) -> str:
    """Describe a place: the resource, its methods with parameters and defaults, what follows, and who says so."""
    return "\n".join(_lines(path))


def describe_operation(operation: Operation) -> str:
    """Describe one operation: what it is, its parameters and its body, and which file says so."""
    root = about(operation).root
    method, definition = record_of(operation), root.definition
    lines = [_heading(root), "", method.template, *_method_lines(method)]
    lines += [f"  {line}" for line in method.documentation.splitlines()[not method.title :]]
    said = file_that_said(definition.layers, "resources", [method.template, "methods", method.method])
    return "\n".join([*lines, f"  said by {said}"] if said else lines)


def describe_namespace(space: Namespace) -> str:
    """Describe the operations whose dotted names begin alike."""
    root, start, _ = parts_of(space)
    definition, prefix = root.definition, f"{start}."
    found = [definition.method(*place) for name, place in definition.named.items() if name.startswith(prefix)]
    count = f"{len(found)} operation{'s' if len(found) != 1 else ''}"
    return "\n".join([_heading(root), f"{start}: {count}", *map(_title_line, found)])


def _heading(root: Root) -> str:
    service = root.definition.service
    return f"{service.title or service.name or 'service'} at {root.base_url}"


def _lines(path: Path) -> Iterator[str]:
    yield _heading(root_of(path))
    yield f"{show(path)}   {chain(path)}"
    if show(path) == "/":
        yield from _server_lines(root_of(path))
    for end in candidates(path):
        resource = end.definition.resource(end.template.text)
        yield ""
        yield " - ".join(part for part in (end.template.text, resource.title) if part)
        yield from (f"  {line}" for line in resource.documentation.splitlines())
        for word in sorted(end.methods):
            yield from _method_lines(end.method(word))
        said = file_that_said(end.definition.layers, "resources", [end.template.text])
        if said:
            yield f"  said by {said}"
    below = children_of(path)
    if below:
        yield ""
        yield "below: " + ", ".join(below)


def _server_lines(root: Root) -> Iterator[str]:
    """Where the service is as well, by the definition."""
    for server in root.definition.service.servers:
        about = server.title or " ".join(server.documentation.split())
        yield f"  also at {server.url}" + (f" - {about}" if about else "")


def _title_line(method: Method) -> str:
    title = method.title or method.documentation.partition("\n")[0]
    name = f" ({method.name})" if method.name else ""
    return f"  {method.method}{name}{' - ' + title if title else ''}{' (deprecated)' if method.deprecated else ''}"


def _method_lines(method: Method) -> Iterator[str]:
    yield _title_line(method)
    for parameter in method.query.values():
        kind = parameter.type or "text"
        choices = " one of " + ", ".join(map(str, parameter.enum)) if parameter.enum else ""
        yield f"    ?{parameter.name}: {kind}{choices} {parameter.documentation}".rstrip()
    if method.media_type:
        yield f"    body: {method.media_type}"
    yield from _field_lines(method)
    if method.base:
        yield f"    starts from {method.base}"
    for name, other in method.bodies.items():
        yield f"    or as {name}"
        if other.said_schema != method.said_schema:
            yield from (f"  {line}" for line in _field_lines(other))


def _field_lines(method: Method) -> Iterator[str]:
    """The fields of a body."""
    if isinstance(method.body_schema, dict):
        for name, schema in method.body_schema.get("properties", {}).items():
            kind = schema.get("type", "") if isinstance(schema, dict) else ""
            needed = " (required)" if name in method.body_schema.get("required", ()) else ""
            yield f"    {name}: {kind}{needed}".rstrip(": ")
