"""
Shared schemas: from a JSON Schema that refers to schemas of the definition to one that stands by itself.

Takes the document `schemas` and a schema in which `{"$ref": "#/schemas/Name"}` stands for one of that document; gives
the same schema with all that it leads to, circles included, under `schemas`, so that the references lead where they
say. They are looked up when a schema is first asked for; what several schemas need is gathered once.
Source: RFC 6901 for the references; JSON Schema 2020-12, core section 8.2.3.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from restpath.definition.frozen import freeze
from restpath.definition.lazy import MAKING, schema_in
from restpath.types import JsonObject

__all__ = ["SHARED", "Bundles", "reference_to", "shared_names"]

SHARED = "#/schemas/"


def reference_to(name: str) -> str:
    """Write a reference to a shared schema."""
    return SHARED + quote(name.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")


def shared_names(schema: Any) -> Iterator[str]:
    """Name the shared schemas that a schema refers to itself; one that is named twice is given twice."""
    pile = [schema]
    while pile:
        node = pile.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(SHARED):
                yield unquote(reference.removeprefix(SHARED).partition("/")[0]).replace("~1", "/").replace("~0", "~")
            pile += [value for value in node.values() if isinstance(value, (dict, list))]
        elif isinstance(node, list):
            pile += node


class Bundles:
    """
    The shared schemas of a definition, by what refers to them.

    Args:
        document: the document `schemas`.
    """

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._known: dict[str, tuple[Any, tuple[str, ...]] | None] = {}
        self._gathered: dict[frozenset[str], JsonObject] = {}

    def whole(self, schema: JsonObject) -> JsonObject | bool:
        """
        Give a schema with all that it refers to.

        What is nothing but a reference is what it refers to: at the top the names of fields are looked for.
        """
        with MAKING:
            seen: set[str] = set()
            while set(schema) == {"$ref"}:
                name = next(shared_names(schema), None)
                target = self._look_up(name) if name is not None and name not in seen else None
                if name is None or target is None or reference_to(name) != schema["$ref"]:
                    break
                if not isinstance(target[0], dict):
                    return bool(target[0])
                seen.add(name)
                schema = target[0]
            gathered = self._gather(shared_names(schema))
            if not gathered:
                return schema
            whole: JsonObject = freeze({**schema, "schemas": gathered})
            return whole

    def _gather(self, needed: Iterable[str]) -> JsonObject:
        """Everything that can be reached from some schemas; the same object wherever that is the same."""
        reached: dict[str, Any] = {}
        pile = list(needed)
        while pile:
            name = pile.pop()
            found = self._look_up(name) if name not in reached else None
            if found is not None:
                reached[name] = found[0]
                pile += found[1]
        key = frozenset(reached)
        if key not in self._gathered:
            self._gathered[key] = freeze({name: reached[name] for name in sorted(reached)})
        return self._gathered[key]

    def _look_up(self, name: str) -> tuple[Any, tuple[str, ...]] | None:
        """A shared schema with the names of those that it refers to; None where there is none of that name."""
        if name not in self._known:
            try:
                schema = schema_in(self._document, name)
            except KeyError:
                self._known[name] = None
            else:
                self._known[name] = schema, tuple(dict.fromkeys(shared_names(schema)))
        return self._known[name]
