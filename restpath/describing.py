"""
What is there, in words: for people who look around before they call.

Takes a `Path`; gives text. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from restpath.definition.merge import file_that_said
from restpath.definition.model import Method
from restpath.path import Path, candidates, chain, children_of, show

__all__ = ["describe_path"]


def describe_path(path: Path) -> str:
    """Describe a place: the resource, its methods with parameters and defaults, what follows, and who says so."""
    return "\n".join(_lines(path))


def _lines(path: Path) -> Iterator[str]:
    service = path._root.definition.service
    yield f"{service.title or service.name or 'service'} at {path._root.base_url}"
    yield f"{show(path)}   {chain(path)}"
    for end in candidates(path):
        resource = path._root.definition.resource(end.template.text)
        yield ""
        yield " - ".join(part for part in (end.template.text, resource.title) if part)
        yield from (f"  {line}" for line in resource.documentation.splitlines())
        for word in sorted(end.methods):
            yield from _method_lines(end.method(word))
        said = file_that_said(path._root.definition.layers, "resources", [end.template.text])
        if said:
            yield f"  said by {said}"
    below = children_of(path)
    if below:
        yield ""
        yield "below: " + ", ".join(below)


def _method_lines(method: Method) -> Iterator[str]:
    title = method.title or method.documentation.partition("\n")[0]
    name = f" ({method.name})" if method.name else ""
    yield f"  {method.method}{name}{' - ' + title if title else ''}{' (deprecated)' if method.deprecated else ''}"
    for parameter in method.query.values():
        kind = parameter.type or "text"
        choices = " one of " + ", ".join(map(str, parameter.enum)) if parameter.enum else ""
        yield f"    ?{parameter.name}: {kind}{choices} {parameter.documentation}".rstrip()
    if method.media_type:
        yield f"    body: {method.media_type}"
    if isinstance(method.body_schema, dict):
        for name, schema in method.body_schema.get("properties", {}).items():
            kind = schema.get("type", "") if isinstance(schema, dict) else ""
            needed = " (required)" if name in method.body_schema.get("required", ()) else ""
            yield f"    {name}: {kind}{needed}".rstrip(": ")
    if method.base:
        yield f"    starts from {method.base}"
