"""
`restpath shell`: the command line's grammar at a prompt, for one service, with its client kept open.

Takes SERVICE, SERVICE/PATH to begin there, or a URL; reads lines from a terminal or a pipe. `--python` gives Python's
own prompt in its place, with the client ready.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from restpath.cli.completing import complete_path
from restpath.cli.holding import held
from restpath.cli.options import Options, client_options, learn_option
from restpath.cli.printing import is_terminal
from restpath.cli.sampling import Sampled

if TYPE_CHECKING:
    from restpath.cli.shell_session import Session

__all__ = ["shell"]


@click.command(cls=Sampled)
@click.argument("place", metavar="SERVICE[/PATH]", shell_complete=complete_path)
@click.option("--python", is_flag=True, help="Open IPython, or Python, with the client ready.")
@click.option("--keep-going", is_flag=True, help="In a pipe: continue after a command that fails.")
@client_options
@learn_option
def shell(place: str, python: bool, keep_going: bool, **said: Any) -> int:
    """
    Explore a service, and work on it, at a prompt.

    The commands are those of restpath without the service: get people limit==2. cd goes to a place, Tab completes, _ is
    the last answer, save writes what was done as a script, and help lists all there is. A URL may stand in place of
    SERVICE.

    Where standard input is no terminal, its lines are done one after the other, without a prompt, until one fails; its
    exit status is then that of the shell, else 0. With --keep-going, that of the first that failed. Lines that begin
    with # are comments.

    \b
    Examples:
      restpath shell <service>
      echo 'search <word>' | restpath shell <service>
    """
    session = _opened(place, Options(**said))
    try:
        if session.has_server:
            _ = session.client  # what is wrong with it is known before the first line
        if python:
            from restpath.cli.shell_python import run_python

            return run_python(session)
        with held(session):
            return _run(session, keep_going)
    finally:
        session.close()


def _opened(place: str, options: Options) -> Session:
    """The session of SERVICE/PATH or of a URL."""
    from restpath.cli.locating import locate
    from restpath.cli.recognizing import place_of
    from restpath.cli.shell_session import Session

    if "://" not in place or options.definition is not None:
        source, definition, path, *_ = locate(place, options.definition)
        session = Session(source.rstrip("/") or source, definition, options)
    else:
        source, known, path = place_of(place, options)
        session, path = Session(source, known, options), path.partition("?")[0]
    if path.strip("/"):
        session.go(f"/{path}")
        session.before = session.place
    return session


def _run(session: Session, keep_going: bool) -> int:
    from restpath.cli.shell_reading import Shell, read_pipe

    one = Shell(session, debug="--debug" in sys.argv)
    if is_terminal(sys.stdin) and (is_terminal(sys.stdout) or is_terminal(sys.stderr)):
        from restpath.cli.shell_prompt import run_prompt

        _greet(session)
        return run_prompt(one)
    if sys.stdin is None:
        return 0
    return read_pipe(one, sys.stdin.buffer, keep_going=keep_going)


def _greet(session: Session) -> None:
    """Say where one is, on standard error."""
    from restpath.client import core_of
    from restpath.masking import mask_url

    where = mask_url(core_of(session.client).base_url) if session.has_server else "no server yet: set base_url=URL"
    title = session.definition.service.title or session.source
    click.echo(f"{title}, {where}\nhelp lists the commands, Tab completes, Ctrl-D leaves", err=True)
