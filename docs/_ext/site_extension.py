"""
What the site is made of besides its pages: directives for the references that are generated, and our docstrings.

    .. data-format:: service            the words of service.json, from its JSON Schema
    .. data-format:: service mock       those that the mock alone reads
    .. command-line::                   all commands, from click
    .. error-tree::                     the errors, from their classes
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands import command_lines
from docstrings import adapt
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from schemas import SchemaPages
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

import restpath
from restpath import errors
from restpath.cli.commands import COMMANDS, commands

SCHEMAS = Path(__file__).parents[2] / "resources" / "schema"


def documents() -> dict[str, Any]:
    """Read the JSON Schemas of the data format, by the names of the files that they are for."""
    files = SCHEMAS.glob("*.schema.json")
    return {file.name.partition(".")[0]: json.loads(file.read_text(encoding="utf-8")) for file in files}


class Generated(Directive):
    """Text that is put into the page as if it stood there."""

    def text(self) -> Iterator[str]:
        """Give the lines."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Insert them."""
        lines = [line for each in self.text() for line in each.split("\n")]
        self.state_machine.insert_input(StringList(lines, source=self.name), self.name)
        return []


class DataFormat(Generated):
    """The words of a data file."""

    required_arguments = 1
    optional_arguments = 1

    def text(self) -> Iterator[str]:
        """Write the page of the document that the argument names."""
        return SchemaPages(documents()).lines(self.arguments[0], mock="mock" in self.arguments[1:])


class CommandLine(Generated):
    """All commands."""

    def text(self) -> Iterator[str]:
        """Write them in the groups of the help."""
        return command_lines(commands, {name: entry.group for name, entry in COMMANDS.items()})


class ErrorTree(Generated):
    """The errors, each below the one that it is a kind of."""

    def text(self) -> Iterator[str]:
        """Draw them as nested lists with the first line of what each means."""
        yield ""
        yield from _tree(errors.RestpathError, 0)


def _tree(kind: type[BaseException], depth: int) -> Iterator[str]:
    meaning = next(line for line in (kind.__doc__ or "").splitlines() if line.strip()).strip()
    name = f":py:exc:`restpath.{kind.__name__}`" if kind.__name__ in restpath.__all__ else f"``{kind.__name__}``"
    yield from [f"{'  ' * depth}- {name}: {meaning}", ""]
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from _tree(each, depth + 1)


def _adapt_docstring(_app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = adapt(lines)


def _drop_signature(_app: Sphinx, what: str, name: str, _object: Any, *_more: Any) -> tuple[str, None] | None:
    """Nobody makes clients, paths, replies and errors by hand: their classes are shown without arguments."""
    by_hand = ("Headers", "FakeClock")
    is_given = name.startswith("restpath.") and "services" not in name and name.rpartition(".")[2] not in by_hand
    return ("", None) if what in ("class", "exception") and is_given else None


def _find_public(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Node) -> nodes.Node | None:
    """Lead a name of some module inside to where it is public: annotations name what a module imported."""
    name = node.get("reftarget", "").rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in restpath.__all__:
        return None
    found = env.get_domain("py").data["objects"].get(f"restpath.{name}")
    if found is None:
        return None
    return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, content, f"restpath.{name}")


def _unlink_time_limits(_app: Sphinx, doctree: nodes.document) -> None:
    """`Timeout` in an annotation is the type of a setting, not the error of that name."""
    for node in list(doctree.findall(pending_xref)):
        if node.get("reftype") == "class" and node.get("reftarget") == restpath.Timeout.__name__:
            node.replace_self(nodes.Text(node["reftarget"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx."""
    app.add_directive("data-format", DataFormat)
    app.add_directive("command-line", CommandLine)
    app.add_directive("error-tree", ErrorTree)
    app.connect("autodoc-process-docstring", _adapt_docstring)
    app.connect("autodoc-process-signature", _drop_signature)
    app.connect("doctree-read", _unlink_time_limits)
    app.connect("missing-reference", _find_public)
    return {"version": restpath.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
