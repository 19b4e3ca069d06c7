"""
The reference of the command line, made from click's own commands.

Takes the group of all commands; gives reStructuredText: the groups as `--help` has them, and for each command its
usage, what it does and its options.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from itertools import groupby

import click

__all__ = ["command_lines"]

_LONG = 200  # characters: what is longer is not said again


def command_lines(commands: click.Group, groups: Mapping[str, str]) -> Iterator[str]:
    """
    Write the reference of a group of commands.

    Args:
        commands: the group.
        groups: the heading of each command, by its name, in the order of the page.
    """
    told: dict[str, str] = {}
    parent = click.Context(commands, info_name="restpath", **commands.context_settings)
    for group, names in groupby(groups, key=groups.__getitem__):
        yield from ["", group, "-" * len(group), ""]
        for name in names:
            yield from _command(commands.commands[name], parent, told)


def _command(command: click.Command, parent: click.Context, told: dict[str, str]) -> Iterator[str]:
    """Write one command; long texts and options that an earlier one has are referred to, `told` saying which."""
    name = command.name or ""
    title, label = f"restpath {name}", f"command-{name}"
    context = click.Context(command, parent=parent, info_name=name)
    yield from ["", f".. _{label}:", "", title, "~" * len(title), "", f".. program:: {title}", ""]
    yield from _literal([" ".join([title, *command.collect_usage_pieces(context)])])
    earlier = []
    for paragraph in _paragraphs(command, context):
        text = "\n".join(paragraph)
        known = told.setdefault(text, label) if len(text) > _LONG else label
        if known == label:
            yield from _text(paragraph)
        else:
            earlier.append(known)
    records = [each.get_help_record(context) for each in command.get_params(context) if isinstance(each, click.Option)]
    known = told.setdefault(str(records), label)
    if known == label:
        for names, meaning in filter(None, records):
            yield from [f".. option:: {names}", "", f"   {_plain(meaning)}", ""]
    else:
        earlier.append(known)
    for known in dict.fromkeys(earlier):
        yield from [f"The rest is as it is with :ref:`{known.replace('command-', 'restpath ')} <{known}>`.", ""]


def _paragraphs(command: click.Command, context: click.Context) -> Iterator[list[str]]:
    """Give the text of `--help` by paragraphs; what click wraps is one line here."""
    formatter = click.HelpFormatter(width=10_000)
    command.format_help_text(context, formatter)
    command.format_epilog(context, formatter)
    for block in re.split(r"\n\s*\n", formatter.getvalue()):
        lines = [line.rstrip() for line in textwrap.dedent(block).splitlines() if line.strip()]
        if lines:
            yield lines


def _text(paragraph: list[str]) -> Iterator[str]:
    """A line as text, and those that stand further in below it as they are."""
    inner = [line for line in paragraph if line.startswith(" ")]
    at = paragraph.index(inner[0]) if inner else len(paragraph)
    yield from (f"{_plain(line)}\n" for line in paragraph[:at])
    yield from _literal(inner)
    yield from (f"{_plain(line)}\n" for line in paragraph[at + len(inner) :])


def _literal(lines: list[str]) -> Iterator[str]:
    if lines:
        text = textwrap.dedent("\n".join(lines)).splitlines()
        yield from ["", ".. code-block:: text", "", *(f"   {line}" for line in text), ""]


def _plain(text: str) -> str:
    return re.sub(r"([\\*|_`])", r"\\\1", text)
