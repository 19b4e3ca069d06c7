"""
The commands within the shell: those of the command line, with the service put in front, and a few of the shell's own.

Takes a `Session`; gives a click group. What a command of the command line does is done by its own function; here it
only gets the place that is meant, and options that were set.
"""

from __future__ import annotations

from typing import Any

import click

from restpath.cli.commands import commands
from restpath.cli.completing import complete_file
from restpath.cli.options import Options
from restpath.cli.shell_calls import (
    CALLS,
    Inside,
    Maker,
    call_command,
    look_back_command,
    method_command,
    titled,
)
from restpath.cli.shell_completing import complete_command, complete_here, complete_set
from restpath.cli.shell_session import Session
from restpath.cli.stating import output_option
from restpath.errors import InvalidValue

__all__ = ["GROUPS", "Leave", "commands_of", "unknown_command"]

GROUPS = {
    "Calls": (*CALLS, "call", "_"),
    "Places": ("cd", "pwd"),
    "Looking around": ("show", "tree", "search"),
    "Settings and logins": ("set", "config", "login", "logout"),
    "The shell": ("save", "help", "exit"),
}


class Leave(Exception):
    """The shell is to end."""


class _Group(click.Group):
    """The commands, in their groups."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under the headings of their groups."""
        for heading, names in GROUPS.items():
            limit = formatter.width - 14
            rows = [(name.ljust(7), self.commands[name].get_short_help_str(limit)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(rows)


def commands_of(session: Session) -> click.Group:
    """Make the commands of a session."""
    group = _Group("", help=_HELP, add_help_option=False)
    own = [look_back_command, _go, _where, _search, _config, _set, _save, _help_of(group), _leave]
    made = [make(session) for make in (*map(method_command, CALLS), call_command, *own, _show, _tree, _login, _logout)]
    named = {command.name: command for command in made}
    for name in _names():
        named[name].session = session
        group.add_command(named[name])
    return group


_HELP = """
A line is what follows restpath on a command line, without the service. A path is taken from the place that the prompt
shows; with a slash before it, from the root. An open quote, { or [ goes on on the next line; # begins a comment.
help COMMAND says more of one.
"""


# ---- places ------------------------------------------------------------------------------------------------------


def _go(session: Session) -> Inside:
    @click.command("cd", cls=Inside)
    @click.argument("place", metavar="[PATH]", default="/", shell_complete=complete_here(session))
    def command(place: str) -> None:
        """
        Go to a place: cd people/ann, cd .., cd /, cd -

        - is where one was; without PATH, to the root.
        """
        session.go(place)

    return command


def _where(session: Session) -> Inside:
    @click.command("pwd", cls=Inside)
    def command() -> None:
        """Print the place where one is."""
        click.echo(f"/{session.place}")

    return command


# ---- looking around ----------------------------------------------------------------------------------------------


def _show(session: Session) -> Inside:
    @click.command("show", cls=Inside, help=titled("show").replace("OPERATION is the", "Or give the"))
    @click.argument("place", metavar="[PATH|OPERATION]", default=".", shell_complete=complete_here(session, True))
    @output_option
    @click.option("-v", "--verbose", is_flag=True, help="List all that is left out of a description, not by kind.")
    def command(place: str, output: str | None, verbose: bool) -> None:
        from restpath.cli.locating import spots_at

        _check_known(session)
        is_name = place in session.definition.named and not any(spots_at(session.definition, session.path(place)))
        whole, name = (session.source, place) if is_name else (session.whole(place), None)
        _run("show", place=whole, operation=name, definition=None, output=output, verbose=verbose)

    return command


def _tree(session: Session) -> Inside:
    @click.command("tree", cls=Inside, help=titled("tree"))
    @click.argument("place", metavar="[PATH]", default=".", shell_complete=complete_here(session))
    @click.option("--depth", type=click.IntRange(1), metavar="N", help="How many levels to draw.")
    @output_option
    def command(place: str, depth: int | None, output: str | None) -> None:
        _check_known(session)
        _run("tree", place=session.whole(place), depth=depth, definition=None, output=output)

    return command


def _search(session: Session) -> Inside:
    @click.command("search", cls=Inside, help=titled("search"))
    @click.argument("words", metavar="WORD...", nargs=-1, required=True)
    @output_option
    def command(words: tuple[str, ...], output: str | None) -> Any:
        _check_known(session)
        return _run("search", service=session.source, words=words, definition=None, output=output)

    return command


def _check_known(session: Session) -> None:
    """Say that nothing is known of a URL's service. Raises InvalidValue."""
    if not session.definition.known:
        raise InvalidValue(
            f"nothing is known of {session.source}: no data files describe it. Calls and cd work all the same"
        )


def _run(name: str, **said: Any) -> Any:
    """Have a command of the command line do its work."""
    callback = commands.commands[name].callback
    assert callback is not None, "each of them has one"
    return callback(**said)


# ---- settings and logins -----------------------------------------------------------------------------------------


def _set(session: Session) -> Inside:
    @click.command("set", cls=Inside)
    @click.argument("settings", metavar="[NAME=VALUE]...", nargs=-1, shell_complete=complete_set(session))
    def command(settings: tuple[str, ...]) -> None:
        """
        Set a credential, a variable or an option for all calls.

        Variables are those of the service's address. Options are base_url, profile, timeout, strict, output and
        verbose. NAME= takes it back, and NAME alone asks for the value, a secret without showing it. Without anything:
        show what is set, secrets masked. Nothing of it is kept when the shell ends.
        """
        from restpath.cli.shell_settings import change, list_settings

        if not settings:
            list_settings(session)
        for text in settings:
            change(session, text)

    return command


def _config(session: Session) -> Inside:
    @click.command("config", cls=Inside)
    def command() -> None:
        """Show what is in force outside the shell, and what is set in it."""
        from restpath.cli.shell_settings import list_settings

        _run("config", service=session.source if session.definition.known else None, profile=session.options.profile)
        if session.definition.known:
            click.echo()
            list_settings(session)

    return command


def _login(session: Session) -> Inside:
    @click.command("login", cls=Inside)
    @click.option("--grant", metavar="NAME", help="How, where a service has several ways.")
    @click.option("--no-browser", is_flag=True, help="Open no browser: show the link, and ask for the answer.")
    @click.option("--redirect-uri", metavar="URL", help="Where the service sends the browser back to.")
    def command(grant: str | None, no_browser: bool, redirect_uri: str | None) -> None:
        """
        Log in to the service, and keep the token for the calls to come.

        What is missing is asked for. A password goes to the service and is not kept.
        """
        _check_known(session)
        _ = session.client  # which says so if there is no server
        _run("login", service=session.source, grant=grant, no_browser=no_browser, redirect_uri=redirect_uri,
             **_whose(session))  # fmt: skip

    return command


def _logout(session: Session) -> Inside:
    @click.command("logout", cls=Inside)
    def command() -> None:
        """Forget the token that a login left."""
        _check_known(session)
        _ = session.client
        _run("logout", service=session.source, **_whose(session))

    return command


def _whose(session: Session) -> dict[str, Any]:
    own = session.merged(Options())
    return {"base_url": own.base_url, "settings": own.settings, "profile": own.profile}


# ---- the shell ---------------------------------------------------------------------------------------------------


def _save(session: Session) -> Inside:
    @click.command("save", cls=Inside)
    @click.argument("file", metavar="FILE", shell_complete=complete_file)
    @click.option("-f", "--force", is_flag=True, help="Overwrite a file that is there.")
    def command(file: str, force: bool) -> None:
        """
        Write the calls that succeeded as a script, .py or .sh.

        FILE.py is in Python, FILE.sh for a shell. It runs as it is. No secret is in it: credentials come from a
        profile, the environment or a login, and secret values of items from variables of the environment, which the
        script names.
        """
        from restpath.cli.shell_script import save_script

        save_script(session, file, force=force)

    return command


def _help_of(group: click.Group) -> Maker:
    def make(session: Session) -> Inside:
        @click.command("help", cls=Inside)
        @click.argument("name", metavar="[COMMAND]", required=False, shell_complete=complete_command(list(_names())))
        def command(name: str | None) -> None:
            """List the commands, or say what one does."""
            named = group.commands.get(name) if name is not None else None
            if name is not None and named is None:
                raise unknown_command(name)
            shown = named or group
            with click.Context(shown, info_name=shown.name or "COMMAND") as ctx:
                text = shown.get_help(ctx)
            click.echo(text if named is not None else text.partition("\n\n")[2])

        return command

    return make


def _names() -> list[str]:
    return [name for names in GROUPS.values() for name in names]


_BY_ANOTHER_NAME = {"ls": "tree lists what is there", "dir": "tree lists what is there"}


def unknown_command(name: str) -> click.UsageError:
    """The error for what is no command here, with the one that does it, where it is, or the nearest."""
    from restpath.cli.commands import COMMANDS
    from restpath.definition.wording import did_you_mean

    if name in _BY_ANOTHER_NAME:
        return click.UsageError(f"there is no command {name!r}; {_BY_ANOTHER_NAME[name]}. help lists them")
    if name in COMMANDS:
        return click.UsageError(
            f"{name} is no command of the shell: run restpath {name} outside. help lists those here"
        )
    near = did_you_mean(name, _names()) or "."
    return click.UsageError(f"there is no command {name[:60]!r}{near} help lists them")


def _leave(session: Session) -> Inside:
    @click.command("exit", cls=Inside)
    def command() -> None:
        """Leave the shell; so does Ctrl-D."""
        raise Leave

    return command
