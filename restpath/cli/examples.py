"""
Examples for help texts, of services that are there: each runs as it stands, and sends nothing.

Takes a method; gives a command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from restpath.cli.offering import example_items
from restpath.errors import RestpathError

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.definition.model import Definition

__all__ = ["example_line"]


def example_line(word: str) -> str:
    """
    Write an example of a command that calls.

    Args:
        word: the command: a method, or `call`.
    """
    found = list(_candidates(word))
    if not found:
        return f"restpath {word} https://api.example.com/orders/7 --dry-run"
    definition, method = min(found, key=lambda each: (word != "call" and each[0].service.dotted, *_effort(*each)))
    words = ["restpath", word]
    variables = dict.fromkeys(method.resource.template.variables)
    if word == "call":
        words += [definition.name, str(method.name), *(f"{name}=1" for name in variables)]
    else:
        words.append(definition.name + _path(method))
    words += ["limit==2"] if "limit" in method.query else _fields(method)
    if definition.service.base_url is None:
        words.append(f"--base-url https://{definition.name}.example.com")
    return " ".join([*words, "--dry-run"])


def _candidates(word: str) -> Iterator[tuple[Definition, Method]]:
    from restpath.edge.catalog import service_names
    from restpath.edge.lookup import read_service

    for name in service_names():
        try:
            definition = read_service(name)
        except RestpathError:  # which `restpath check` tells
            continue
        tokens = {scheme.token.url for scheme in definition.service.schemes.values() if scheme.token is not None}
        for method in definition.operations:
            if method.template in tokens:  # what `login` is for
                continue
            if method.name if word == "call" else method.method == word.upper():
                yield definition, method


def _effort(definition: Definition, method: Method) -> tuple[object, ...]:
    """What makes an example longer, or less of one."""
    template = method.resource.template
    return (
        method.has_body and method.fields_kind == "multipart", definition.service.base_url is None,
        method.method not in ("GET", "POST"), "limit" not in method.query,
        len(template.variables), len(template.text), template.text,
    )  # fmt: skip


def _fields(method: Method) -> list[str]:
    """A field of the body, where its fields are known; no file, which would have to be there."""
    return [item for item in example_items(method) if "=" in item][:1] if method.has_body else []


def _path(method: Method) -> str:
    text = ""
    for segment in method.resource.template.segments:
        text += "/" + "".join(quote(piece) if isinstance(piece, str) else "1" for piece in segment.pieces)
    return text
