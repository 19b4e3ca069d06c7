"""
Calls within the shell: `get`, `post`, `call` and their like, and `_`, which prints the last answer.

Takes a `Session`; gives click commands. A call is made as the command line makes it; its answer is kept in the session,
and what was called is noted there for `save`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click

from restpath.cli.arguments import Given
from restpath.cli.calling import ITEMS, Sectioned
from restpath.cli.commands import commands
from restpath.cli.completing import ITEM, complete_file, complete_item, complete_operation
from restpath.cli.formats import Misfit
from restpath.cli.items import quoted
from restpath.cli.options import FORMATS, Options, call_options
from restpath.cli.shell_completing import complete_here
from restpath.cli.shell_last import filled
from restpath.cli.shell_session import Made, Session
from restpath.errors import InvalidValue
from restpath.masking import is_secret_name

__all__ = ["CALLS", "Inside", "Maker", "call_command", "look_back_command", "method_command", "titled"]

CALLS = ("get", "post", "put", "patch", "delete", "head", "options")


class Inside(Sectioned):
    """A command within the shell; where it is completed, its parameters are those of the command line."""

    session: Session

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; for completion, with the service put in front."""
        rest = super().parse_args(ctx, args)
        if ctx.resilient_parsing:
            if "place" in ctx.params:
                ctx.params["place"] = self.session.whole(str(ctx.params["place"] or "."))
            else:
                ctx.params["service"] = self.session.source
        return rest


Maker = Callable[[Session], Inside]


def titled(name: str) -> str:
    """The help of a command of the command line, in the words of the shell."""
    text = commands.commands[name].help or ""
    return text.partition("\n\b\nExample")[0].replace("SERVICE/PATH", "PATH").rstrip()


_PLACES = """
PATH is taken from the place that the prompt shows, and with a slash before it from the root; . is the place itself, and
need only be said where an item follows. A whole URL is called as it is outside the shell.

An unquoted name=_.id, name==_.id or name:=_ takes its value from the last answer; name='_.id' is a text.
"""


def method_command(word: str) -> Maker:
    """Make the maker of the command of a method."""

    def make(session: Session) -> Inside:
        @click.command(word, cls=Inside, help=_help_text(word))
        @click.argument("place", metavar="[PATH]", default=".", shell_complete=complete_here(session))
        @click.argument("items", metavar="[ITEM]...", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_item)
        @call_options
        def command(place: str, items: tuple[str, ...], options: Options) -> None:
            _perform(session, word, place, items, options)

        return command

    return make


def _help_text(word: str) -> str:
    text = titled(word).partition("\n")[0]
    return f"{text}\n{_PLACES}\n{ITEMS}"


def call_command(session: Session) -> Inside:
    """Make `call`."""

    @click.command("call", cls=Inside, help=_help_text("call").replace(" of a SERVICE", ""))
    @click.argument("operation", metavar="OPERATION", shell_complete=complete_operation)
    @click.argument("items", metavar="[ITEM]...", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_item)
    @call_options
    def command(operation: str, items: tuple[str, ...], options: Options) -> None:
        _perform(session, "call", operation, items, options)

    return command


def _perform(session: Session, word: str, target: str, items: Sequence[str], options: Options) -> None:
    """Make a call as the command line does, keep its answer, and note it for `save`."""
    from restpath.cli.arguments import read_items
    from restpath.cli.performing import perform

    if options.data == "-":
        raise InvalidValue("--data -: standard input is where the shell's own lines come from: say --data FILE")
    if options.definition is not None:
        raise InvalidValue("--definition says what a service is: say it to restpath shell, before the first call")
    options = _fitting(options)
    words = [filled(session, item) if item in session.bare else item for item in items]
    given = read_items(words, options.data)
    if word == "call":
        asked, merged = session.ask_named(target, options)
        whole: tuple[str, ...] = (session.source, target)
    else:
        _check_path(session, target)
        asked, merged = session.ask_place(target, word.upper(), options, given)
        whole = (target if "://" in target else session.whole(target),)
    session.begin("" if word == "call" or "://" in target else session.path(target))
    with _giving_way(session) as gave_way:
        perform(asked, given, merged, session)
    merged = replace(merged, output=None) if gave_way else merged
    if options.dry_run or options.curl or options.python:
        return
    if merged.walks:
        session.end_walk()
    session.made.append(Made((word, *whole, *words), asked, _arguments(asked, given), merged))


@contextmanager
def _giving_way(session: Session) -> Iterator[list[Misfit]]:
    """Where the content does not fit an output that was set for all calls, show it as it is. Gives what did not fit."""
    from restpath.cli.formats import write_value
    from restpath.cli.printing import standard_out

    found: list[Misfit] = []
    try:
        yield found
    except Misfit as misfit:
        found.append(misfit)
        if not _is_set("output") or not session.has_last or isinstance(session.last, bytes):
            raise
        write_value(session.last, _raw(session.last, None), standard_out())


def _is_set(name: str) -> bool:
    """Whether an option comes from `set`."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP


def _check_path(session: Session, target: str) -> None:
    """Say what to do about an item that stands where a path should."""
    from restpath.cli.locating import spots_at

    if not ITEM.fullmatch(target) or "://" in target or not session.definition.known or session.options.no_strict:
        return
    if not any(spots_at(session.definition, session.path(target))):
        if is_secret_name(target):
            raise InvalidValue(f"{quoted(target)} is no path here; say where it goes, as in . NAME=VALUE")
        raise InvalidValue(f"{target!r} is no path here; if it is an item, say where it goes: . {target}")


def _fitting(options: Options) -> Options:
    """The options without an output that was set for all calls, where this call shows no content."""
    hidden = options.headers or (options.save is not None and not options.walks and options.query is None)
    return replace(options, output=None) if hidden and _is_set("output") else options


def _arguments(asked: Any, given: Given) -> dict[str, Any]:
    from restpath.operations import about, record_of

    method = record_of(asked.operation)
    named = about(asked.operation).name is not None
    return given.arguments(method, variables=method.resource.template.variables if named else ())


def look_back_command(session: Session) -> Inside:
    """Make `_`."""

    @click.command("_", cls=Inside)
    @click.option("-q", "--query", metavar="JMESPATH", help="Show a part of it; _.items[0] is short for it.")
    @click.option("-o", "--output", type=click.Choice(FORMATS), help="How it is shown.")
    @click.option("--save", metavar="FILE", help="Write it to a file.", shell_complete=complete_file)
    def command(query: str | None, output: str | None, save: str | None) -> None:
        """
        Print the last answer, or a part of it: _.items[0].id

        The last answer is that of the last call that succeeded, or all items of a walk.
        """
        from restpath.cli.formats import check_format, write_value
        from restpath.cli.performing import compile_query, out_for

        search = compile_query(query)
        check_format(output)
        value = session.last
        value = value if search is None else search(value)
        with _giving_way(session), out_for(Options(save=save)) as out:
            write_value(value, _raw(value, output) if search is None else output, out)
            out.flush()

    return command


def _raw(value: Any, output: str | None) -> str | None:
    """Bytes have no other format; a text is shown as the call showed it."""
    return "raw" if output is None and isinstance(value, (bytes, str)) else output
