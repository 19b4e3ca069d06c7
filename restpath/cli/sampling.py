"""
Help texts whose examples are of services that are there, so that each runs as it stands.

Takes a help text with `<service>`, `<place>`, `<template>`, `<operation>`, `<word>`, `<login>` or `<listing>` in it;
gives it with what these stand for on this machine. Services are only read when a help is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.definition.model import Definition

__all__ = ["Sampled", "first_place", "sample_words"]


class Sampled(click.Command):
    """A command whose help has examples of services that are there; with --debug, which `main` looks for itself."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        said = "Show where in the code an error came from."
        self.params.append(click.Option(["--debug"], is_flag=True, expose_value=False, help=said))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help text, with its examples filled in."""
        said = self.help
        words = sample_words()
        self.help = re.sub(r"<([a-z]+)>", lambda found: words.get(found[1], found[0]), said or "")
        try:
            super().format_help_text(ctx, formatter)
        finally:
            self.help = said


def sample_words() -> dict[str, str]:
    """
    Find what examples can speak of.

    Returns:
        a service, a place in it, a template with variables, an operation with its service, a word to search that
        service for, a service to log in to, one that lists itself; of what there is none, a name that stands for it.
    """
    from restpath.cli.offering import shell_word

    found = {
        "service": "shop", "place": "shop/orders", "template": "shop/orders/{id}", "operation": "shop addOrder",
        "word": "order", "login": "shop", "listing": "shop",
    }  # fmt: skip
    for definition in reversed(list(_definitions())):
        gets = [method for method in definition.operations if method.method == "GET"]
        plain = next((method for method in gets if _literal(method)), None)
        if plain is not None:
            found["service"], found["place"] = definition.name, definition.name + shell_word(plain.template)
            found["word"] = _literal(plain)
        template = next((method.template for method in gets if method.resource.template.variables), None)
        if template is not None:
            found["template"] = definition.name + shell_word(template)
        for name in list(definition.named)[:1]:
            found["operation"] = f"{definition.name} {shell_word(name)}"
        if any(scheme.token is not None for scheme in definition.service.schemes.values()):
            found["login"] = definition.name
        if "listing" in definition.service.words:
            found["listing"] = definition.name
    return found


def first_place() -> tuple[str, str]:
    """Find a service, and a place in it that a GET may be made of: the same as `sample_words` finds, and sooner."""
    from restpath.cli.offering import shell_word

    for definition in _definitions():
        for method in definition.operations:
            if method.method == "GET" and _literal(method):
                return definition.name, definition.name + shell_word(method.template)
    return "shop", "shop/orders"


def _definitions() -> Iterator[Definition]:
    from restpath.edge.catalog import service_names
    from restpath.edge.lookup import read_service
    from restpath.errors import RestpathError

    for name in service_names():
        try:
            yield read_service(name)
        except RestpathError:  # which `restpath check` tells
            continue


def _literal(method: Method) -> str:
    """The last segment of a template that has only letters in it; "" where there is none, or a variable."""
    segments = [segment.literal or "" for segment in method.resource.template.segments]
    return segments[-1] if segments and all(text.isalpha() for text in segments) else ""
