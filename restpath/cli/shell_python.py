"""
`restpath shell --python`: Python's own prompt with the client of a service ready.

Takes a session; opens IPython, or Python's prompt where that is not there. Where standard input is no terminal, it is
run as a program.
"""

from __future__ import annotations

import keyword
import sys
from importlib import import_module
from typing import Any

from restpath.cli.printing import is_terminal
from restpath.cli.shell_session import Session

__all__ = ["namespace_of", "run_python"]


def run_python(session: Session) -> int:
    """Open Python with the client ready; gives the exit status."""
    names = namespace_of(session)
    if not is_terminal(sys.stdin):
        return _run_program(names)
    try:
        ipython = import_module("IPython")
    except ImportError:
        return _interact(names)
    from traitlets.config import Config

    config = Config()
    config.TerminalInteractiveShell.banner2 = f"{_banner(names)}\n"
    ipython.start_ipython(argv=[], user_ns=names, config=config)
    return 0


def namespace_of(session: Session) -> dict[str, Any]:
    """Give the names that are ready: client, restpath, and the service's own name for the client."""
    import restpath

    client = session.client
    names: dict[str, Any] = {"restpath": restpath, "client": client}
    own = session.definition.name.replace("-", "_")
    if own.isidentifier() and not keyword.iskeyword(own):
        names.setdefault(own, client)
    return names


def _banner(names: dict[str, Any]) -> str:
    return f"{', '.join(name for name in names if name != 'restpath')}: {names['client']!r}"


def _interact(names: dict[str, Any]) -> int:
    import code

    try:
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    except ImportError:  # Windows has none
        pass
    code.interact(banner=f"Python {sys.version.split()[0]}. {_banner(names)}", local=names, exitmsg="")
    return 0


def _run_program(names: dict[str, Any]) -> int:
    """Run what standard input says; a mistake in it is shown as Python shows it."""
    import traceback

    if sys.stdin is None:  # somebody closed it: there is no program
        return 0
    names["__name__"] = "__main__"
    try:
        exec(compile(sys.stdin.read(), "<standard input>", "exec"), names)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0
