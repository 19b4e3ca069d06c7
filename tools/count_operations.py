"""
A counter of the operations in descriptions of services. It knows nothing of restpath, which can be held against it.

Takes OpenAPI 3, Swagger 2 and Google Discovery documents in JSON; prints how many operations each has, and in all.
References of path items are followed: within the document, and into files beside it.
Source: OpenAPI 2.0 to 3.2 (path items, their methods, `$ref`), the extension `x-ms-paths`; Discovery format 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

__all__ = ["Counted", "kind_of", "operations_of"]

FIXED = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


class Counted(NamedTuple):
    """
    One operation.

    Attributes:
        method: the HTTP method, in capitals.
        path: the path as the document writes it, with a slash before it.
        name: the operation's own name, if it has one.
        also: another spelling of the path, if there is one (Discovery's `path` beside its `flatPath`).
    """

    method: str
    path: str
    name: str | None = None
    also: str | None = None


def kind_of(document: Any) -> str | None:
    """Tell what a document is: discovery, swagger, openapi; None for anything else."""
    if not isinstance(document, dict):
        return None
    if document.get("kind") == "discovery#restDescription":
        return "discovery"
    return next((kind for kind in ("swagger", "openapi") if kind in document), None)


def operations_of(document: Any, load: Callable[[str], Any] = lambda name: {}) -> list[Counted]:
    """
    List the operations of a document.

    Args:
        document: as it was read.
        load: gives the content of a file by its name, as a reference has it.
    """
    kind = kind_of(document)
    if kind == "discovery":
        return list(_discovery(document))
    return list(_openapi(document, load)) if kind else []


# ---- Discovery ---------------------------------------------------------------------------------------------------


def _discovery(holder: dict[str, Any]) -> Iterator[Counted]:
    for method in (holder.get("methods") or {}).values():
        path = "/" + method["path"].lstrip("/")
        flat = "/" + (method.get("flatPath") or method["path"]).lstrip("/")
        yield Counted(method["httpMethod"], flat, method.get("id"), path if path != flat else None)
    for below in (holder.get("resources") or {}).values():
        yield from _discovery(below)


# ---- OpenAPI and Swagger -----------------------------------------------------------------------------------------


def _openapi(document: dict[str, Any], load: Callable[[str], Any]) -> Iterator[Counted]:
    for key in ("paths", "x-ms-paths"):
        for path, item in (document.get(key) or {}).items():
            if path.startswith("/"):
                yield from _of_item(path, _resolved(item, document, load))


def _of_item(path: str, item: dict[str, Any]) -> Iterator[Counted]:
    for method in FIXED:
        operation = item.get(method)
        if isinstance(operation, dict):
            yield Counted(method.upper(), path, operation.get("operationId"))
    for method, operation in (item.get("additionalOperations") or {}).items():
        yield Counted(method, path, operation.get("operationId"))


def _resolved(item: Any, document: Any, load: Callable[[str], Any]) -> dict[str, Any]:
    """A path item with what it refers to, however often; what it says itself wins."""
    found: dict[str, Any] = {}
    for _ in range(20):
        if not isinstance(item, dict):
            break
        found = {**item, **found}
        reference = item.get("$ref")
        if not isinstance(reference, str):
            break
        name, _, fragment = reference.partition("#")
        document = load(unquote(name)) if name else document
        item = _pointed(document, unquote(fragment))
    return found


def _pointed(node: Any, fragment: str) -> Any:
    for token in fragment.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            node = node[int(token)] if token.isdigit() and int(token) < len(node) else None
        else:
            node = node.get(token) if isinstance(node, dict) else None
    return node


# ---- as a program ------------------------------------------------------------------------------------------------


def read_file(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8-sig"))


def operations_in(file: Path, document: Any) -> list[Counted]:
    """List the operations of a document that was read from a file, with the files beside it."""

    @cache
    def load(name: str) -> Any:
        try:
            return read_file(file.parent / name)
        except (OSError, ValueError):
            return {}

    return operations_of(document, load)


def main(names: list[str]) -> None:
    total = 0
    for name in names:
        count = len(operations_in(Path(name), read_file(Path(name))))
        total += count
        print(f"{count:7d}  {name}")
    print(f"{total:7d}  in all")


if __name__ == "__main__":
    main(sys.argv[1:])
