"""
The check of shared schemas: that what refers to one finds it, and that none refers to itself without end.

Takes merged documents; gives the faults, each with the document and the place. What a shared schema refers to is shared
as well, for where it is used nothing else is at hand. Source: JSON Schema 2020-12, core sections 8.2 and 9.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from restpath.definition.bundles import SHARED, shared_names
from restpath.definition.jsonschemas import in_place, schemas_within
from restpath.definition.merge import Documents
from restpath.definition.wording import Fault, did_you_mean, one_of
from restpath.types import JsonObject

__all__ = ["schemas_said", "shared_faults"]

_EXPECTED = "a reference to a shared schema, such as #/schemas/Name"


def shared_faults(documents: Documents) -> Iterator[Fault]:
    """Find what is wrong with the shared schemas and with what refers to them."""
    shared: JsonObject = documents.schemas.get("schemas", {})
    for kind, place, schema in _all_schemas(documents):
        for name in shared_names(schema):
            if name not in shared:
                problem = f"there is no shared schema {name!r}{did_you_mean(name, shared)}"
                yield kind, place, problem, one_of(shared, f"{name!r} under schemas in schemas.json")
    for name, schema in shared.items():
        yield from _own_faults(["schemas", name], schema)
    yield from _circles(shared)


def _all_schemas(documents: Documents) -> Iterator[tuple[str, list[object], Any]]:
    for name, schema in documents.schemas.get("schemas", {}).items():
        yield "schemas", ["schemas", name], schema
    for schema, place in schemas_said(documents.resources):
        yield "resources", [*place], schema


def schemas_said(resources: JsonObject) -> Iterator[tuple[Any, tuple[object, ...]]]:
    """Give the JSON Schemas of bodies and of the items of query parameters with their places; of one layer, too."""
    for template, words in resources.items():
        methods = words.get("methods") if template.startswith("/") and isinstance(words, dict) else None
        for method, said in methods.items() if isinstance(methods, dict) else ():
            if method.startswith("x-") or said is None:
                continue
            place = (template, "methods", method)
            schema = (said.get("body") or {}).get("schema")
            if schema is not None:
                yield schema, (*place, "body", "schema")
            for name, other in (said.get("bodies") or {}).items():
                if other is not None and "schema" in other:
                    yield other["schema"], (*place, "bodies", name, "schema")
            for name, parameter in (said.get("query") or {}).items():
                if parameter is not None and "items" in parameter:
                    yield parameter["items"], (*place, "query", name, "items")


def _own_faults(place: list[object], schema: Any) -> Iterator[Fault]:
    """What only makes sense in a schema that stands by itself."""
    pile = [(place, schema)]
    while pile:
        here, node = pile.pop()
        if isinstance(node, dict):
            for word in ("$ref", "$dynamicRef"):
                if word in node and not node[word].startswith(SHARED):
                    yield "schemas", [*here, word], f"{node[word]!r} leads out of the shared schemas", _EXPECTED
            if "$id" in node:
                problem = "a shared schema goes by its name, and has no $id"
                yield "schemas", [*here, "$id"], problem, "no $id"
            pile += [([*here, *steps], inner) for steps, inner in schemas_within(node)]


def _circles(shared: JsonObject) -> Iterator[Fault]:
    graph = {name: [to for part in in_place(schema) for to in _named(part)] for name, schema in shared.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        problem = f"this schema refers to itself without end: {' -> '.join(map(str, circle))}"
        yield "schemas", ["schemas", circle[0]], problem, "a schema that comes to an end"


def _named(schema: JsonObject) -> Iterator[str]:
    return shared_names({"$ref": schema["$ref"]}) if "$ref" in schema else iter(())
