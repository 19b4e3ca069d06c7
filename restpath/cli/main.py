"""
The way in from a shell: arguments to exit status.

Takes the arguments; gives 0, 1 for what is not below, 2 for usage and wrong data files, 3 for no answer, 4 and 5 for
what the service answered, 130 for an interruption. Content goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from restpath.errors import (
    DefinitionError,
    InvalidBody,
    InvalidValue,
    MethodNotAllowed,
    RequestError,
    RestpathError,
    TransportError,
    UnknownResource,
)

__all__ = ["entry", "exit_status", "run"]


def entry() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and give its exit status."""
    try:
        import click

        from restpath.cli.commands import commands
    except ImportError as error:
        if error.name != "click":
            raise
        print("restpath: the command line needs its extra: pip install 'restpath[cli]'", file=sys.stderr)
        return 1
    try:
        status = commands.main(list(arguments), prog_name="restpath", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except RestpathError as error:
        print(f"restpath: {error}", file=sys.stderr)
        return exit_status(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read has gone; Python would complain once more when it closes the stream.
        sys.stdout = None
        return 0
    return int(status or 0)


def exit_status(error: RestpathError) -> int:
    """Give the exit status that an error stands for."""
    if isinstance(error, RequestError):
        return 5 if error.status >= 500 else 4 if error.status >= 400 else 1
    if isinstance(error, TransportError):
        return 1 if error.may_have_happened else 3
    usage = (DefinitionError, InvalidBody, InvalidValue, MethodNotAllowed, UnknownResource)
    return 2 if isinstance(error, usage) else 1
