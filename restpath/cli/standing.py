"""
The commands that need no service of one's own: demo and mock.

Each takes its arguments and prints; what they do is the library's.
"""

from __future__ import annotations

import sys
import threading

import click

from restpath.cli.completing import complete_source
from restpath.cli.sampling import Sampled

__all__ = ["demo", "mock"]


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
