"""
The way in from a shell: arguments to exit status.

Takes the arguments; gives the status by the table below. Content goes to standard output, everything else to standard
error; a traceback only with `--debug`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from restpath.cli.hearing import give_up, hear_or_not
from restpath.cli.printing import note
from restpath.cli.speaking import speak_of
from restpath.errors import (
    BodyFault,
    DefinitionError,
    InvalidBody,
    InvalidValue,
    MethodNotAllowed,
    RequestError,
    RestpathError,
    TransportError,
    UnknownResource,
)

__all__ = ["entry", "exit_status", "run", "told_status"]

DONE = 0
OTHER = 1  # no credentials, an answer that cannot be trusted, a left-over 3xx: do not repeat it blindly
USAGE = 2  # also an unknown place or service, a bad item, a missing file, a bad data file: nothing was sent
NOTHING_HAPPENED = 3  # no answer, and the service has not carried it out
CLIENT_ERROR, SERVER_ERROR = 4, 5  # what the service answered
INTERRUPTED = 130

_USAGE = (DefinitionError, InvalidBody, InvalidValue, MethodNotAllowed, UnknownResource)


def entry() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and give its exit status."""
    with hear_or_not():
        try:
            from restpath.cli.commands import commands
        except ImportError as error:
            if error.name != "click":
                raise
            print("restpath: the command line needs its extra: pip install 'restpath[cli]'", file=sys.stderr)
            return OTHER
        return _status_of(
            lambda: commands.main(list(arguments), prog_name="restpath", standalone_mode=False), "--debug" in arguments
        )


def _status_of(command: Callable[[], Any], debug: bool) -> int:
    try:
        with _plain_warnings():
            status = told_status(command, debug)
            if sys.stdout is not None:  # as it is where somebody closed it
                sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Whoever read has gone; click makes a SystemExit of it.
        give_up(sys.stdout)
        return DONE
    except OSError as error:  # standard output takes no more
        give_up(sys.stdout)
        _show(error, debug, f"restpath: standard output: {error.strerror or error}")
        return OTHER
    return status


def told_status(command: Callable[[], Any], debug: bool = False) -> int:
    """
    Run a command, tell what went wrong, and give its exit status.

    Raises:
        BrokenPipeError, SystemExit: whoever read what was printed has gone.
    """
    import click

    speak_of("")
    try:
        return int(command() or DONE)
    except (click.exceptions.Abort, KeyboardInterrupt):
        print("\nrestpath: interrupted", file=sys.stderr)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except BrokenPipeError:
        raise
    except RestpathError as error:
        _show(error, debug)
        return exit_status(error)
    except ImportError as error:
        _show(error, debug, f"restpath: {_missing(error)}")
        return OTHER
    except OSError as error:
        if error.filename is None:  # standard output takes no more
            raise
        _show(error, debug, f"restpath: {error.filename}: {error.strerror or error}")
        return OTHER
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        _show(error, debug, f"restpath: a fault of restpath's own, {problem} (--debug shows where)")
        return OTHER


def exit_status(error: RestpathError) -> int:
    """Give the exit status that an error stands for."""
    if isinstance(error, RequestError):
        from restpath.refusals import meant_status

        status = meant_status(error.reply)
        if status < 300:  # the service says so in an answer of success, and nothing says what that amounts to
            return CLIENT_ERROR
        return SERVER_ERROR if status >= 500 else CLIENT_ERROR if status >= 400 else OTHER
    if isinstance(error, TransportError):
        return OTHER if error.may_have_happened else NOTHING_HAPPENED
    return USAGE if isinstance(error, _USAGE) else OTHER


# ---- what went wrong ---------------------------------------------------------------------------------------------


def _show(error: Exception, debug: bool, text: str | None = None) -> None:
    if debug:
        import traceback

        traceback.print_exception(error)
        return
    if text is None:
        from restpath.cli.wording import in_cli_words

        text = f"restpath: {in_cli_words(str(error))}"
    print(text, file=sys.stderr)
    if isinstance(error, InvalidBody):
        how = "name=5 is a text, name:=5 a number; " if any(map(_is_of_writing, error.faults)) else ""
        print(f"restpath: {how}--no-strict sends the body as it is", file=sys.stderr)


def _is_of_writing(fault: BodyFault) -> bool:
    """Whether a fault may come of = in place of :=, or the other way: a text that is to be none, or the opposite."""
    said, mark, kinds = fault.message.partition(" is not of type ")
    return bool(mark) and (said[:1] in "'\"*" or "'string'" in kinds) and said != "null"


def _missing(error: ImportError) -> str:
    name = (error.name or "").partition(".")[0]
    extras = {"rich": "cli", "prompt_toolkit": "cli", "jmespath": "cli", "yaml": "yaml"}
    if name not in extras:
        return f"a fault of restpath's own, {type(error).__name__}: {error} (--debug shows where)"
    return f"this needs {name}, of the extra {extras[name]}: pip install 'restpath[{extras[name]}]'"


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show the library's warnings as lines for people."""

    def show(message: Warning | str, *place: Any, **more: Any) -> None:
        from restpath.cli.wording import in_cli_words

        note(in_cli_words(str(message)))

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show  # type: ignore[assignment,unused-ignore]  # where it was raised does not matter
        yield
