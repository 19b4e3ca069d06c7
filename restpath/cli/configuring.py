"""
`config`: what is in force, and where each value came from.

Takes a service and a profile; prints its base URL and credentials with their sources: the definition, `config.ini`, the
environment, a stored login, the netrc. Secrets are masked, and a `cmd:` is not run: only what it prints would tell.
Without a service it prints the files and variables that are looked at, and what in them nobody reads. Nothing is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import click

from restpath.cli.completing import complete_profile, complete_service
from restpath.cli.drawing import Page
from restpath.cli.sampling import Sampled
from restpath.masking import MASK, mask_url

if TYPE_CHECKING:
    from restpath.auth.schemes import Credentials
    from restpath.definition.model import Definition
    from restpath.edge.profiles import Profile

__all__ = ["config"]

_Row = tuple[str, str, str]
_NOT_SET = "-"


@click.command(cls=Sampled)
@click.argument("service", required=False, shell_complete=complete_service)
@click.option(
    "--profile", metavar="NAME", shell_complete=complete_profile, help="A section [SERVICE:NAME] of the file."
)
def config(service: str | None, profile: str | None) -> None:
    """
    Show what is in force, and where each value came from.

    Without SERVICE: the files and variables that are looked at. Secrets are masked, and commands (cmd:) are not run.
    The nearest wins: --set, then the environment, the configuration file, a stored login.

    \b
    Examples:
      restpath config
      restpath config <service>
    """
    page = Page()
    if service is None:
        if profile is not None:
            from shlex import quote

            raise click.UsageError(f"--profile is of a service: say restpath config SERVICE --profile {quote(profile)}")
        _show_places(page)
        return
    from restpath.cli.locating import locate

    _show_service(page, locate(service.rstrip("/")).definition, profile)


# ---- a service ---------------------------------------------------------------------------------------------------


def _show_service(page: Page, definition: Definition, profile_name: str | None) -> None:
    from restpath.edge.credentials import profile_of
    from restpath.edge.directories import config_file
    from restpath.edge.profiles import Profile, read_sections

    profile = profile_of(definition, profile_name) or Profile()
    said = read_sections().get(profile.name, {})
    address, head = _checked(_address_row(definition, profile, said)), profile.name or definition.name
    elsewhere = _is_elsewhere(address, said)
    if elsewhere:
        profile, said = Profile(), {}
    page.line(page.look(head, "head"))
    rows = [
        address,
        *_variable_rows(definition),
        *_server_rows(definition),
        *_credential_rows(definition, profile_name, profile, said, address[1]),
    ]
    page.rows(rows, ("name", "", "dim"), "  ")
    page.line()
    page.line(f"{config_file()}{'' if config_file().exists() else ' is not there'}")
    if elsewhere:
        page.line(f"[{head}] is for another server, and its credentials go nowhere else")
    elif profile.name:
        for line in _mixed(profile.name, rows):
            page.wrapped(line)


def _mixed(section: str, rows: list[_Row]) -> Iterator[str]:
    """Say what goes with a profile, or in place of what it says, as the environment is nearer."""
    names = [source.removeprefix("environment ") for _, _, source in rows if source.startswith("environment ")]
    if names:
        yield (
            f"the environment is nearer than a profile, also one that is named: {', '.join(names)} "
            f"{'holds' if len(names) == 1 else 'hold'} beside [{section}], whatever that says"
        )


def _is_elsewhere(address: _Row, said: Mapping[str, str]) -> bool:
    """Whether a profile is for another server than the environment says."""
    from restpath.call import origin_of

    own = said.get("base_url", "")
    if not address[2].startswith("environment") or own.startswith(("cmd:", "env:")) or not own:
        return False
    try:
        return origin_of(own) != origin_of(os.environ[address[2].rpartition(" ")[2]])
    except ValueError:
        return True


def _checked(row: _Row) -> _Row:
    """The row of an address, with what is wrong with that."""
    from restpath.edge.address import checked_address
    from restpath.errors import InvalidValue

    name, text, source = row
    if text == _NOT_SET or MASK in text or "{" in text:
        return row
    try:
        checked_address(text, name)
    except InvalidValue:
        return name, text, f"{source}: it is no http or https URL, and calls will refuse it"
    return row


def _address_row(definition: Definition, profile: Profile, said: Mapping[str, str]) -> _Row:
    from restpath.edge.environment import variable_name

    variable = variable_name(definition.name, "base_url")
    text = os.environ.get(variable) if definition.name else None
    if text is not None:
        return "base_url", mask_url(text), f"environment {variable}"
    if "base_url" in said:
        return "base_url", *_profile_value(said["base_url"], profile, secret=False)
    if definition.service.base_url:
        return "base_url", mask_url(definition.service.base_url), "definition"
    return "base_url", _NOT_SET, f"not set: {variable}, or --base-url"


def _variable_rows(definition: Definition) -> Iterator[_Row]:
    for name, words in definition.service.variables.items():
        default = words.get("default")
        yield name, str(default or _NOT_SET), "definition" if default else f"not set: --set {name}=VALUE"


def _server_rows(definition: Definition) -> Iterator[_Row]:
    """Where the service is as well, by the definition."""
    for server in definition.service.servers:
        about = " ".join((server.title or server.documentation).split())
        yield "another server", mask_url(server.url), f"--base-url: {about}" if about else "--base-url"


def _credential_rows(
    definition: Definition, profile_name: str | None, profile: Profile, said: Mapping[str, str], url: str
) -> Iterator[_Row]:
    from restpath.edge.credentials import given_credentials, with_environment
    from restpath.edge.environment import variable_name
    from restpath.edge.further import with_profile

    service = definition.service
    around = with_profile(profile, with_environment(definition, given_credentials(definition, {})))
    found = _with_logins(definition, profile_name, _known_at_once(around, said), url)
    discovered = {name for scheme in service.schemes.values() if scheme.token for name in scheme.token.discovery}
    for name, credential in service.credentials.items():
        if around.sources.get(name) == profile.sources.get(name, ""):
            yield name, *_profile_value(said[name], profile, secret=credential.secret)
        elif name in found:
            yield name, MASK if credential.secret else mask_url(found.values[name].reveal()), found.sources[name]
        else:
            hint = f"not set: {variable_name(definition.name, name)}"
            yield name, _NOT_SET, "the service itself tells" if name in discovered else hint


def _known_at_once(around: Credentials, said: Mapping[str, str]) -> Credentials:
    """The credentials whose values are known without running or looking up anything."""
    from restpath.auth.schemes import Credentials

    names = [
        name
        for name, source in around.sources.items()
        if not (source.startswith("profile ") and said.get(name, "").startswith(("cmd:", "env:")))
    ]
    return Credentials({name: around.values[name] for name in names}, {name: around.sources[name] for name in names})


def _profile_value(text: str, profile: Profile, *, secret: bool) -> tuple[str, str]:
    """A value of the configuration file as it may be seen, and where it is from. No command is run."""
    source = f"profile [{profile.name}]"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        source += ", with its quotes, which are part of it"
    kind, colon, rest = text.partition(":")
    if colon and kind == "cmd":
        return f"cmd:{MASK}", f"{source}, a command, which was not run"
    if colon and kind == "env":
        value, source = os.environ.get(rest.strip()), f"{source}, environment {rest.strip()}"
        return (MASK if secret else mask_url(value), source) if value else (_NOT_SET, f"{source}, which is not set")
    return MASK if secret else mask_url(text), source


def _with_logins(definition: Definition, profile_name: str | None, known: Credentials, url: str) -> Credentials:
    """The credentials with those of a stored login and of the netrc; nothing is sent, and no token is renewed."""
    from restpath.connecting import connect_core
    from restpath.edge.further import with_netrc
    from restpath.errors import InvalidValue

    if not url.startswith("cmd:") and MASK not in url:
        own = definition.service.base_url is not None and url == definition.service.base_url
        with suppress(InvalidValue):  # without a server there is no login of it
            core = connect_core(definition, None if own or url == _NOT_SET else url, {}, profile=profile_name)
            known = core.prover.keeper.with_stored(definition.service.rules.auth, known)
    return with_netrc(definition, known)


# ---- the files ---------------------------------------------------------------------------------------------------


def _show_places(page: Page) -> None:
    known = _services()
    parts = [
        ("sections of config.ini", list(_section_rows(known))),
        ("stored logins", list(_login_rows())),
        ("environment", list(_variables(known))),
    ]
    rows = [(what, str(place), _there(what, place)) for what, place in _places()]
    page.rows(rows, ("name", "", "dim"))
    for heading, found in parts:
        if found:
            page.line()
            page.line(page.look(heading, "head"))
            page.rows(found, ("name", "", "dim"), "  ")
    page.line()
    page.line("restpath config SERVICE shows what is in force for one")


def _places() -> Iterator[tuple[str, FilePath]]:
    from restpath.edge.directories import cache_directory, config_directory, config_file, data_directory
    from restpath.edge.tokens import default_path

    yield "configuration", config_file()
    yield "stored logins", default_path()
    yield "own data files", config_directory()
    for folder in filter(None, os.environ.get("RESTPATH_PATH", "").split(os.pathsep)):
        yield "RESTPATH_PATH", FilePath(folder)
    yield "imported data files", data_directory()
    yield "cache", cache_directory()


def _there(what: str, place: FilePath) -> str:
    """Whether anything of that kind is at a place; config.ini in the folder of data files is no data file."""
    if what in ("own data files", "imported data files") and place.is_dir():
        from restpath.edge.datafiles import FILES

        if not any(name in FILES for _, _, names in os.walk(place) for name in names):
            return "none there"
    return "" if os.path.lexists(place) else "not there"


def _login_rows() -> Iterator[_Row]:
    from restpath.edge.tokens import stored_logins
    from restpath.errors import AuthError

    try:
        found = stored_logins()
    except AuthError as error:
        yield "", "cannot be read", str(error)
        return
    for key, ends in found.items():
        name, _, of = key.partition(" ")
        yield name, mask_url(of), "" if ends is None else f"until {_date(ends)}"


def _date(seconds: float) -> str:
    """A moment for people; a service that means "for ever" may say one that no calendar has."""
    from datetime import datetime

    try:
        return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "minutes")
    except (OverflowError, ValueError, OSError):
        return "a time beyond all dates"


def _services() -> dict[str, Definition]:
    """The services that can be read; of others their own commands tell."""
    from restpath.edge.catalog import service_names
    from restpath.edge.lookup import read_service
    from restpath.errors import RestpathError

    found = {}
    for name in service_names():
        with suppress(RestpathError):
            found[name] = read_service(name)
    return found


def _section_rows(known: Mapping[str, Definition]) -> Iterator[_Row]:
    from restpath.edge.profiles import read_sections

    for name, said in read_sections().items():
        service = name.partition(":")[0]
        own = [*known[service].service.credentials, "base_url"] if service in known else list(said)
        keys = ", ".join(key if key in own else f"{key} (not known)" for key in said)
        yield f"[{name}]", keys or "nothing", "" if service in known else "there is no such service"


def _variables(known: Mapping[str, Definition]) -> Iterator[_Row]:
    """The variables that are set for restpath, and those of them that nobody reads."""
    from restpath.edge.environment import variable_name

    read = {"RESTPATH_PATH": ""}
    for name, definition in known.items():
        read.update({variable_name(name, each): name for each in (*definition.service.credentials, "base_url")})
    for variable in sorted(os.environ):
        if variable.startswith("RESTPATH_"):
            yield variable, read.get(variable, ""), "" if variable in read else "nothing reads it"
