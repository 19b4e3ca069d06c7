"""
The commands that need no service of one's own: demo, mock and check.

Each takes its arguments and prints; what they do is the library's.
"""

from __future__ import annotations

import os
import sys
import threading

import click

from restpath.cli.completing import complete_source
from restpath.cli.sampling import Sampled
from restpath.errors import RestpathError

__all__ = ["check", "demo", "mock"]


@click.command(cls=Sampled)
def demo() -> int:
    """
    Show the main job against the bundled mock service.

    Every call is printed as the Python line that makes it, with what came back.

    \b
    Example:
      restpath demo
    """
    from restpath.mock import serve
    from restpath.services.demonstration import demonstrate

    return demonstrate(lambda text: click.echo(text, nl=False), serve)


@click.command(cls=Sampled)
@click.argument("service", shell_complete=complete_source)
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
def mock(service: str, port: int) -> int:
    """
    Serve a mock of SERVICE on this machine until Ctrl-C.

    SERVICE is a name, a folder of data files, or the file of a description. The URL is printed first.

    \b
    Examples:
      restpath mock <service>
      restpath mock <service> --port 8080
    """
    from restpath.cli.locating import locate
    from restpath.mock import serve

    with serve(locate(service.rstrip("/")).definition, port=port) as server:
        click.echo(server.url)
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 130
    return 0


@click.command(cls=Sampled)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", shell_complete=complete_source)
@click.option("-v", "--verbose", is_flag=True, help="List all that is left out of a description, not by kind.")
def check(sources: tuple[str, ...], verbose: bool) -> int:
    """
    Check the data files of a service, or a description.

    SOURCE is the name of a service, a folder of data files, or the file or URL of a description. What a
    description says and restpath cannot is told on standard error. Exit status 0, or 2 where something is wrong.

    \b
    Example:
      restpath check <service>
    """
    from restpath.cli.leaving import left_out_lines
    from restpath.cli.wording import in_cli_words
    from restpath.edge.catalog import check_source

    wrong = 0
    for source in sources:
        try:
            definition = check_source(source)
        except RestpathError as error:
            said = in_cli_words(str(error))
            names_it = said.startswith((source, os.path.normpath(source)))
            click.echo(said if names_it else f"{source}: {said}", err=True)
            wrong += 1
        else:
            count = len(definition.operations)
            click.echo(f"{source}: good, {definition.name}, {count} operation{'' if count == 1 else 's'}")
            for line in left_out_lines(definition.left_out, each=verbose):
                click.echo(f"{source}: left out: {line}", err=True)
    return 2 if wrong else 0
