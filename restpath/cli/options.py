"""
The options that all calls have, and what was said by them.

Takes a command's function; gives it these options, gathered in one `Options`. Those of a client alone (where a service
is, and who calls) can be had by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, TypeVar

import click

from restpath.cli.completing import complete_file, complete_profile, complete_setting
from restpath.types import UNSET

__all__ = [
    "FORMATS", "Options", "call_options", "client_options", "debug_option", "definition_option", "learn_option",
    "read_seconds",
]  # fmt: skip

FORMATS = ("json", "yaml", "table", "csv", "ndjson", "raw")

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Options:
    """What was said by options; see their help texts."""

    definition: str | None = None
    base_url: str | None = None
    settings: tuple[str, ...] = ()
    profile: str | None = None
    timeout: Any = UNSET
    no_strict: bool = False
    refresh: str | None = None
    learn: bool = False
    data: str | None = None
    dry_run: bool = False
    curl: bool = False
    python: bool = False
    headers: bool = False
    verbose: bool = False
    query: str | None = None
    output: str | None = None
    save: str | None = None
    all: bool = False
    limit: int | None = None
    yes: bool = False
    debug: bool = False

    @property
    def walks(self) -> bool:
        """Whether a list is asked for page by page."""
        return self.all or self.limit is not None

    @property
    def forms(self) -> bool:
        """Whether the content is given a form of its own, for which all of it, or of an item, has to be there."""
        return self.walks or self.query is not None or self.output not in (None, "raw")


def read_seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """One number, or two or three with commas between, as `timeout=` takes them."""
    if value is None:
        return UNSET
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 2, 3) or not all(0 < number <= 1e9 for number in numbers):
        raise click.BadParameter(f"{value!r} is no time: give seconds, as in 10, or to connect and to read, as in 3,60")
    return numbers[0] if len(numbers) == 1 else numbers


def debug_option(function: _Function) -> _Function:
    """Give a command --debug, which is looked for where errors are shown."""
    return click.option("--debug", is_flag=True, help="Show where in the code an error came from.")(function)


def definition_option(function: _Function) -> _Function:
    """Give a command --definition, which says where to read what SERVICE names."""
    return click.option(
        "--definition", metavar="SOURCE", shell_complete=complete_file,
        help="What SERVICE is, in place of what is known by that name: a folder of data files, or the file or URL of a "
        "description (OpenAPI, Swagger, Discovery).",
    )(function)  # fmt: skip


def learn_option(function: _Function) -> _Function:
    """Give a command --learn, which drafts what is not known."""
    return click.option(
        "--learn", is_flag=True,
        help="Send what the definition does not know, and draft it from the answers: restpath learn shows the draft.",
    )(function)  # fmt: skip


_CLIENT = (
    definition_option,
    click.option("--base-url", metavar="URL", help="Where the service is, in place of what is said elsewhere."),
    click.option(
        "--set", "settings", metavar="NAME=VALUE", multiple=True, shell_complete=complete_setting,
        help="A credential, or a variable of the service. Others on this machine can see it: a profile is safer.",
    ),
    click.option(
        "--profile", metavar="NAME", shell_complete=complete_profile,
        help="A section [SERVICE:NAME] of the configuration file, in place of [SERVICE].",
    ),
    click.option(
        "--timeout", metavar="SECONDS", callback=read_seconds,
        help="To connect and between bytes; or CONNECT,READ; or CONNECT,READ,TOTAL.",
    ),
    click.option(
        "--no-strict", is_flag=True,
        help="Send what the definition does not know, and bodies that contradict it.",
    ),
)  # fmt: skip

_CALL = (
    learn_option,
    click.option(
        "--refresh", type=click.Choice(["on-miss"]),
        help="Ask the service what it offers by now, where it is not known. restpath refresh keeps that.",
    ),
    click.option("-d", "--data", metavar="FILE|-", shell_complete=complete_file,
        help="Send this file, or standard input, as the body, as it is."),
    click.option(
        "-n", "--dry-run", is_flag=True,
        help="Show the request and send nothing; with --verbose, where each value comes from.",
    ),
    click.option("--curl", is_flag=True, help="Show the call as a line of curl and send nothing."),
    click.option("--python", is_flag=True, help="Show the call as a line of Python and send nothing."),
    click.option("--headers", is_flag=True, help="Show status and header fields in place of the content."),
    click.option("-v", "--verbose", is_flag=True, help="Tell on standard error what was sent and what came back."),
    click.option("-q", "--query", metavar="JMESPATH", help="Show a part of the content, as in 'items[].name'."),
    click.option(
        "-o", "--output", type=click.Choice(FORMATS), metavar="FORMAT",
        help=f"How the content is shown: {', '.join(FORMATS[:-1])}, or raw as it came."
    ),
    click.option("--save", metavar="FILE", shell_complete=complete_file,
        help="Write the content to a file, which is whole or as it was before; - is standard output."),
    click.option("--all", "all", is_flag=True, help="Walk through a list to its end, page by page."),
    click.option(
        "--limit", metavar="N", type=click.IntRange(0), help="Walk through a list until there are N items."
    ),
    click.option("-y", "--yes", is_flag=True, help="Do not ask before DELETE."),
)  # fmt: skip


def client_options(function: _Function) -> _Function:
    """Give a command the options that make a client: they come as keywords, as `Options` has them."""
    for option in reversed(_CLIENT):
        function = option(function)
    return function


def call_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all options of a call, gathered as its keyword `options`."""
    names = {each.name for each in fields(Options)}

    @wraps(function)
    def gathered(**given: Any) -> Any:
        said = {name: given.pop(name) for name in list(given) if name in names}
        return function(**given, options=Options(**said))

    wrapped = debug_option(gathered)
    for option in reversed(_CALL):
        wrapped = option(wrapped)
    return client_options(wrapped)
