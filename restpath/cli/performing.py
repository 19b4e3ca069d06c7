"""
Making a call that a command line asked for, and printing what came of it.

Takes an operation, what goes with it, and `Options`; gives the reply. What can be wrong before the call (a query that
does not compile, a file that cannot be written, a body that contradicts the definition) is found before it is made.
Content goes to standard output or to the file of `--save`, everything else to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click

from restpath.cli.answers import Search, write_answer, write_headers
from restpath.cli.arguments import Given
from restpath.cli.asking import Asked
from restpath.cli.doubting import doubts
from restpath.cli.formats import ListWriter, Misfit, check_format, write_value
from restpath.cli.main import INTERRUPTED
from restpath.cli.options import Options
from restpath.cli.printing import Out, byte_stream, is_terminal, note, standard_out, visible
from restpath.cli.progress import Bars, WatchedTarget, bars
from restpath.cli.telling import tell_reply, told
from restpath.errors import InvalidValue

if TYPE_CHECKING:
    from restpath.call import Call
    from restpath.core import Core
    from restpath.operations import Operation
    from restpath.reply import Reply

__all__ = ["Keeper", "compile_query", "out_for", "perform"]


class Keeper(Protocol):
    """Who wants to keep what came, before it is printed."""

    def keep_reply(self, reply: Reply) -> None: ...

    def keep_item(self, item: Any) -> None: ...


def perform(asked: Asked, given: Given, options: Options, keeper: Keeper | None = None) -> Reply | None:
    """
    Make a call and print what came back, or show it unsent, as the options say.

    Args:
        keeper: is given the answer, or the items of a walk.
    Returns:
        the reply; None where nothing was sent, or many came.
    Raises:
        click.UsageError, InvalidValue, MethodNotAllowed, InvalidBody: nothing was sent.
        AuthError, TransportError, RequestError: as a call does.
        Misfit: the call was made, and its content does not fit the format.
    """
    _check(options)
    search = compile_query(options.query)
    check_format(options.output)
    from restpath.operations import about, record_of

    operation = asked.operation
    _check_walk(operation, options)
    method = record_of(operation)
    variables = method.resource.template.variables if about(operation).name is not None else ()
    arguments = given.arguments(method, variables=variables)
    call = operation.prepare(**arguments)
    for doubt in doubts(method, call, given, variables):
        note(doubt)
    if options.dry_run or options.curl or options.python:
        _show_unsent(asked, call, given, arguments, options)
        return None
    if call.method == "DELETE" and not options.yes:
        _ask(call)
    return _made(operation, call, arguments, _Way(options, search, keeper))


def _made(operation: Operation, call: Call, arguments: dict[str, Any], way: _Way) -> Reply | None:
    """Make the call, and say what may have become of it where somebody interrupts that."""
    with ExitStack() as stack:
        if way.options.verbose:
            stack.enter_context(told(operation, call))
        shown = stack.enter_context(bars())
        try:
            return _send(operation, shown.watch(arguments), way, shown)
        except KeyboardInterrupt as interrupt:
            from restpath.cli.interrupting import fate_of

            shown.close()
            print(f"\nrestpath: interrupted{fate_of(call, interrupt)}", file=sys.stderr)
            raise click.exceptions.Exit(INTERRUPTED) from interrupt


def _check_walk(operation: Operation, options: Options) -> None:
    """See that what is walked through is a list that is cut into pages. Raises InvalidValue."""
    from restpath.operations import record_of, shown_operation

    method = record_of(operation)
    if options.walks and method.method not in ("GET", "QUERY") and not method.words.get("pages"):
        raise InvalidValue(f"--all and --limit walk through a list, and {shown_operation(operation)} gives none")
    if options.walks and method.rules.pages is None:
        raise _no_pages(operation)


def _check(options: Options) -> None:
    """Refuse options that contradict each other."""
    unsent = [name for name in ("dry_run", "curl", "python") if getattr(options, name)]
    if len(unsent) > 1:
        raise click.UsageError(f"choose one of {', '.join('--' + name.replace('_', '-') for name in unsent)}")
    if options.headers and options.walks:
        raise click.UsageError("--headers is of one answer, and a walk has many: leave --all and --limit out")
    if options.headers and (options.query or options.output):
        raise click.UsageError("--headers shows no content, so --query and --output have nothing to do")


def _no_pages(operation: Operation) -> InvalidValue:
    from restpath.edge.directories import config_directory
    from restpath.operations import about, shown_operation

    name = about(operation).root.definition.name
    where = f"a file of your own, {config_directory() / name / 'resources.json'}" if name else "a definition of its own"
    return InvalidValue(
        f"nothing says how {shown_operation(operation)} is cut into pages. Where one answer has the whole list, leave "
        f"--all and --limit out; else say it under pages in {where}"
    )


def compile_query(query: str | None) -> Search | None:
    """Compile a query in JMESPath; None for none. Raises BadParameter where it does not compile."""
    if query is None:
        return None
    try:
        jmespath = import_module("jmespath")
    except ImportError as error:
        raise InvalidValue("--query needs the extra cli: pip install 'restpath[cli]'") from error
    try:
        compiled = jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        message = str(error).strip() or "it is empty"
        raise click.BadParameter(f"it does not compile: {message}", param_hint="'--query'") from error

    def search(value: Any) -> Any:
        try:
            return compiled.search(value)
        # For some values that do not fit, functions of JMESPath raise what Python does.
        except (jmespath.exceptions.JMESPathError, TypeError, ValueError, LookupError, AttributeError) as error:
            raise Misfit(f"the call was made, and --query cannot be asked of its content: {error}") from error

    return search


def _ask(call: Call) -> None:
    """Ask before DELETE where somebody is there to answer. Raises click's Exit where they say no."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        return
    from restpath.cli.questioning import confirmed

    if not confirmed(f"{call.described()}: really?"):
        note("nothing was sent")
        raise click.exceptions.Exit(1)


def _show_unsent(asked: Asked, call: Call, given: Given, arguments: dict[str, Any], options: Options) -> None:
    from restpath.cli.pythonic import python_line
    from restpath.cli.rehearsing import curl_text, request_lines, source_lines
    from restpath.operations import about

    out = standard_out()
    core: Core = about(asked.operation).root.owner
    if options.curl:
        out.text(f"{visible(curl_text(core, call))}\n")
        _tell_left_out(options, "save limit all query output headers")
    elif options.python:
        out.text(f"{visible(python_line(asked.operation, arguments, options, asked.service))}\n")
        _tell_left_out(options, "query output headers")
    else:
        for line in request_lines(core, call, colour=out.colour):
            out.text(f"{line}\n")
        if options.verbose:
            out.text("\n")
            for line in source_lines(core, call, given, options):
                out.text(f"{line}\n")


def _tell_left_out(options: Options, names: str) -> None:
    """Say which options a line to copy has no place for."""
    said = {name: getattr(options, name) for name in names.split()}
    left = [f"--{name}" for name, value in said.items() if value is not None and value is not False]
    if left:
        note(f"the line leaves out {', '.join(left)}")


# ---- sending -----------------------------------------------------------------------------------------------------


class _Way(NamedTuple):
    """What becomes of an answer: how it is printed, and who keeps it."""

    options: Options
    search: Search | None
    keeper: Keeper | None

    def keep(self, reply: Reply) -> None:
        """Keep an answer and tell of it, as is wanted."""
        if self.keeper is not None:
            self.keeper.keep_reply(reply)
        if self.options.verbose:
            tell_reply(reply)


def _send(operation: Operation, arguments: dict[str, Any], way: _Way, shown: Bars) -> Reply | None:
    reply: Reply
    options = way.options
    if options.save is not None and not options.forms and not options.headers and not _is_seen(options.save):
        reply = _save(operation, arguments, options.save, shown)
        way.keep(reply)
        return reply
    with out_for(options) as out:
        if options.walks:
            _walk(operation, arguments, way, out, shown)
            return None
        reply = operation.reply(**arguments)
        shown.close()
        way.keep(reply)
        if options.headers:
            write_headers(reply, out)
        else:
            write_answer(reply, options, way.search, out)
        out.flush()
        return reply


def _is_seen(target: str) -> bool:
    """Whether what is saved goes to a terminal, which gets nothing as it came that may steer it."""
    return target == "-" and is_terminal(sys.stdout)


@contextmanager
def out_for(options: Options) -> Iterator[Out]:
    """Where content goes: the file of `--save`, which is opened before anything is sent, or standard output."""
    from restpath.edge.files import open_target

    if options.save in (None, "-"):
        yield standard_out()
        return
    with open_target(str(options.save)) as target:
        yield Out(_Writing(target))


class _Writing:
    """A target as something that is written to."""

    def __init__(self, target: Callable[[bytes], None]) -> None:
        self._target = target

    def write(self, block: bytes, /) -> int:
        self._target(block)
        return len(block)


def _save(operation: Operation, arguments: dict[str, Any], name: str, shown: Bars) -> Reply:
    """Stream the content to a file, or to standard output, without holding it."""
    from restpath.edge.files import open_target

    if name == "-":
        stream = byte_stream()
        reply: Reply = operation.save(stream, **arguments)
        stream.flush()
        return reply
    with open_target(name) as target:
        file = WatchedTarget(target, shown, name)
        reply = operation.save(file, **arguments)  # type: ignore[arg-type]  # what is asked of a file to write to
        if reply.saved is None:
            file.keep_old()
    if is_terminal(sys.stderr):
        shown.close()
        note(
            f"{target.received} bytes in {name}" if reply.saved is not None else f"{name} is as it was: nothing is new"
        )
    return reply


def _walk(operation: Operation, arguments: dict[str, Any], way: _Way, out: Out, shown: Bars) -> None:
    """Go through a list; a query is asked of the whole of it."""
    items = operation.options(max_items=way.options.limit).walk(**arguments)
    # Where the items themselves are on the terminal, everybody sees how far it is.
    count = shown.counter("items") if shown.seen and not out.terminal else None
    kept: list[Any] = []
    writer = ListWriter(way.options.output, out)
    add = writer.add if way.search is None else kept.append
    for number, item in enumerate(items, 1):
        if way.keeper is not None:
            way.keeper.keep_item(item)
        add(item)
        if count is not None:
            count(number)
    shown.close()
    if way.search is None:
        writer.close()
    else:
        write_value(way.search(kept), way.options.output, out)
        out.flush()
