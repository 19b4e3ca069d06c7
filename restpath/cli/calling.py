"""
The commands that call: one for each method, and `call` for operations that have names.

Each takes where, and items; reads them, asks for the operation, and has it performed.
"""

from __future__ import annotations

import os
from typing import Any

import click

from restpath.cli.completing import ITEM, complete_item, complete_operation, complete_path, complete_service
from restpath.cli.options import Options, call_options

__all__ = ["ITEMS", "Sectioned", "call", "delete", "get", "head", "options", "patch", "post", "put"]

ITEMS = """
\b
Items say what goes with it:
  name=text     a field: of the body, or of the query where there is no body
  name:=JSON    a field that is a number, true, null, a list, an object
  name==text    a parameter of the query
  Header:value  a header field; Header: leaves it out, Header; sends it empty
  name@FILE     a file to upload; name@FILE;type=image/png says what it is
  name=@FILE    a field with the text of a file; name:=@FILE with its JSON;
                - in place of FILE is standard input
  a.b=text      nested: {"a": {"b": "text"}}; a\\.b is a name with a dot
Several of one name make a list. A backslash before one of : ; = @ . makes it
part of the name.
"""

_PLACES = """
SERVICE is a name (restpath services lists them), a folder of data files (./my-service) or the file of a description
(./openapi.json); or a whole URL stands in place of SERVICE/PATH. What is special in a URL is percent-encoded: an id
with a slash is a%2Fb. Or give the path with its {variables}, and a value for each as an item.
"""


def _method(word: str, does: str) -> click.Command:
    @click.argument("place", metavar="SERVICE/PATH", shell_complete=complete_path)
    @click.argument("items", metavar="[ITEM]...", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_item)
    @call_options
    def command(place: str, items: tuple[str, ...], options: Options) -> int:
        from restpath.cli.arguments import read_items
        from restpath.cli.asking import ask_place
        from restpath.cli.performing import perform

        given = read_items(items, options.data)
        perform(ask_place(place, word.upper(), options, given), given, options)
        return 0

    text = f"{does}\n{_PLACES}\n{ITEMS}"
    return _Calling(word, callback=command, params=_params(command), help=text)


def _params(command: Any) -> list[click.Parameter]:
    """The arguments and options that the decorators noted."""
    params: list[click.Parameter] = command.__click_params__
    return params[::-1]


# The options of a call, by what they are about; one that is not named here is among the last.
_SECTIONS = {
    "Who and where": "definition base_url settings profile",
    "What is sent": "data timeout no_strict learn refresh yes",
    "Shown, not sent": "dry_run curl python",
    "What is printed": "headers verbose query output save all limit",
}


class Sectioned(click.Command):
    """A command whose help has its options by what they are about."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in sections."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        if not any(option.name == "dry_run" for option in options):  # none that calls
            super().format_options(ctx, formatter)
            return
        rows = {option.name: option.get_help_record(ctx) for option in options}
        for heading, names in _SECTIONS.items():
            found = [row for row in (rows.pop(name, None) for name in names.split()) if row is not None]
            with formatter.section(heading):
                formatter.write_dl(found)
        with formatter.section("Others"):
            formatter.write_dl([row for row in rows.values() if row is not None])


class _Calling(Sectioned):
    """A command whose help ends in an example of a service that is there."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        from restpath.cli.examples import example_line

        formatter.write_paragraph()
        formatter.write(f"Example:\n  {example_line(str(self.name))}\n")


get = _method("get", "Ask for what is at SERVICE/PATH, and print it.")
post = _method("post", "Add to SERVICE/PATH, or have it do something.")
put = _method("put", "Replace what is at SERVICE/PATH, or put it there.")
patch = _method("patch", "Change a part of what is at SERVICE/PATH.")
delete = _method("delete", "Delete what is at SERVICE/PATH; on a terminal, ask first.")
head = _method("head", "Ask how many are at SERVICE/PATH, or for its header fields.")
options = _method("options", "Ask what can be done at SERVICE/PATH.")


@click.argument("service", metavar="SERVICE", shell_complete=complete_service)
@click.argument("operation", metavar="OPERATION", required=False, shell_complete=complete_operation)
@click.argument("items", metavar="[ITEM]...", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_item)
@call_options
def _call(service: str, operation: str | None, items: tuple[str, ...], options: Options) -> int:
    from restpath.cli.arguments import read_items
    from restpath.cli.asking import ask_named
    from restpath.cli.performing import perform

    service, name, items = _parted(service, operation, items)
    given = read_items(items, options.data)
    perform(ask_named(service, name, options), given, options)
    return 0


def _parted(service: str, name: str | None, items: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """Read SERVICE/OPERATION as what it is meant to be. Raises UsageError where no operation is named."""
    head, _, rest = service.partition("/")
    is_named = name is not None and ITEM.fullmatch(name) is None
    if rest and head and head[0] not in ".~" and not (is_named or "://" in service or os.path.exists(service)):
        return head, rest, items if name is None else (name, *items)
    if name is None:
        from shlex import quote

        raise click.UsageError(f"Missing argument 'OPERATION'. restpath tree {quote(service)} lists them")
    return service, name, items


call = _Calling(
    "call",
    callback=_call,
    params=_params(_call),
    help=f"Call an OPERATION of a SERVICE by its name.\n\nThe variables of its path are among the items.\n\n{ITEMS}",
)
