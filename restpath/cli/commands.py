"""
The commands, by name: each one's module is loaded when it is named, or when all are listed for `--help`.

Takes a name; gives a click command. A command is in the table with its module, its name there and its group in
`--help`; the groups stand in the order of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import NamedTuple

import click

from restpath.version import __version__

__all__ = ["COMMANDS", "Entry", "commands"]


class Entry(NamedTuple):
    """Where a command is, and under which heading `--help` has it."""

    module: str
    attribute: str
    group: str


COMMANDS: dict[str, Entry] = {
    "get": Entry("restpath.cli.calling", "get", "Calls"),
    "post": Entry("restpath.cli.calling", "post", "Calls"),
    "put": Entry("restpath.cli.calling", "put", "Calls"),
    "patch": Entry("restpath.cli.calling", "patch", "Calls"),
    "delete": Entry("restpath.cli.calling", "delete", "Calls"),
    "head": Entry("restpath.cli.calling", "head", "Calls"),
    "options": Entry("restpath.cli.calling", "options", "Calls"),
    "call": Entry("restpath.cli.calling", "call", "Calls"),
    "shell": Entry("restpath.cli.shell", "shell", "Calls"),
    "services": Entry("restpath.cli.looking", "services", "Looking around"),
    "tree": Entry("restpath.cli.looking", "tree", "Looking around"),
    "show": Entry("restpath.cli.showing", "show", "Looking around"),
    "search": Entry("restpath.cli.looking", "search", "Looking around"),
    "where": Entry("restpath.cli.sourcing", "where", "Looking around"),
    "config": Entry("restpath.cli.configuring", "config", "Settings and logins"),
    "login": Entry("restpath.cli.logging_in", "login", "Settings and logins"),
    "logout": Entry("restpath.cli.logging_in", "logout", "Settings and logins"),
    "completion": Entry("restpath.cli.shells", "completion", "Settings and logins"),
    "import": Entry("restpath.cli.importing", "import_command", "Data files and mocks"),
    "refresh": Entry("restpath.cli.importing", "refresh_command", "Data files and mocks"),
    "remove": Entry("restpath.cli.removing", "remove", "Data files and mocks"),
    "demo": Entry("restpath.cli.standing", "demo", "Data files and mocks"),
    "mock": Entry("restpath.cli.standing", "mock", "Data files and mocks"),
    "learn": Entry("restpath.cli.learning", "learn", "Data files and mocks"),
    "check": Entry("restpath.cli.checking", "check", "Data files and mocks"),
}


class _Loaded(MutableMapping[str, click.Command]):
    """The commands as click keeps them, of which each is loaded when it is taken."""

    def __init__(self) -> None:
        self._more: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._more:
            module, attribute, _ = COMMANDS[name]
            self._more[name] = getattr(import_module(module), attribute)
        return self._more[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._more[name] = command

    def __delitem__(self, name: str) -> None:
        del self._more[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**COMMANDS, **self._more})

    def __len__(self) -> int:
        return len({**COMMANDS, **self._more})


class _Group(click.Group):
    """All commands; help lists them by group, and a slip of the finger is told the nearest."""

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type]  # what click.group() gives
        self.commands = _Loaded()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the table."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            from restpath.definition.wording import did_you_mean

            near = did_you_mean(name, list(self.commands)) or "."
            raise click.UsageError(f"there is no command {name!r}{near} restpath --help lists them", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under the headings of their groups."""
        widest = max(map(len, self.commands))
        for group in dict.fromkeys(entry.group for entry in COMMANDS.values()):
            names = [name for name, entry in COMMANDS.items() if entry.group == group]
            limit = formatter.width - 6 - widest
            rows = [(name.ljust(widest), self.commands[name].get_short_help_str(limit)) for name in names]
            with formatter.section(group):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first steps, and what the exit status says."""
        from restpath.cli.sampling import first_place

        service, place = first_place()
        steps = [line.format(service=service, place=place) for line in _FIRST_STEPS]
        formatter.write_paragraph()
        formatter.write("First steps:\n" + "".join(f"  {line}\n" for line in steps))
        formatter.write_paragraph()
        formatter.write_text(_STATUS)


_FIRST_STEPS = (
    "restpath services",
    "restpath tree {service} --depth 2",
    "restpath show {place}",
    "restpath get {place} --dry-run --base-url https://example.com",
    "restpath config {service}",
)
_STATUS = (
    "Exit status: 0; 1 no credentials, or an answer that cannot be trusted; 2 usage, and what does not exist; 3 no "
    "answer, and nothing happened; 4 and 5 what the service answered, 4xx and 5xx; 130 Ctrl-C."
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="restpath")
def commands() -> None:
    """
    Any REST service from the command line, as its data files describe it.

    Each command's own --help has examples.
    """
