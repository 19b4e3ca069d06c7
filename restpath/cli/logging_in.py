"""
`login` and `logout`: a token for a service, got once and kept in the user's own file.

Takes a service; asks for what its authorization lacks, secrets without showing them, and leaves the rest to
the library. All that is said goes to standard error: there is no content.
Source: RFC 6749 sections 4.1, 4.3 and 4.4, RFC 8252 (the browser comes back to this machine), RFC 8628 (device).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from restpath.cli.completing import complete_grant, complete_profile, complete_service, complete_setting
from restpath.cli.options import definition_option
from restpath.cli.printing import is_terminal, note
from restpath.cli.sampling import Sampled
from restpath.cli.speaking import options_of_login, speak_of

if TYPE_CHECKING:
    from restpath.auth.schemes import Credentials
    from restpath.cli.options import Options
    from restpath.core import Core
    from restpath.definition.model import Definition
    from restpath.definition.schemes import TokenRule

__all__ = ["login", "logout"]

_BY_PERSON = ("authorization_code", "device_code")


def _whose(function: Any) -> Any:
    """The options that say whose login it is, and where."""
    for option in reversed((
        click.argument("service", shell_complete=complete_service),
        definition_option,
        click.option("--base-url", metavar="URL", help="Where the service is, in place of what is said elsewhere."),
        click.option(
            "--set", "settings", metavar="NAME=VALUE", multiple=True, shell_complete=complete_setting,
            help="A credential, or a variable of the service. Others on this machine can see it: better be asked.",
        ),
        click.option(
            "--profile", metavar="NAME", shell_complete=complete_profile,
            help="A section [SERVICE:NAME] of the configuration file; the login is kept for it alone.",
        ),
    )):  # fmt: skip
        function = option(function)
    return function


@click.command(cls=Sampled)
@_whose
@click.option("--grant", metavar="NAME", shell_complete=complete_grant, help="How, where a service has several ways.")
@click.option("--no-browser", is_flag=True, help="Open no browser: show the link, and ask for the answer to be pasted.")
@click.option("--redirect-uri", metavar="URL", help="Where the service sends the browser back to, as registered there.")
@click.option("--stdin", is_flag=True, help="Read what is missing, as a password, from standard input: a line each.")
def login(
    service: str, grant: str | None, no_browser: bool, redirect_uri: str | None, stdin: bool = False, **whose: Any
) -> None:
    """
    Log in to SERVICE, and keep the token for the calls to come.

    What is missing is asked for. A password goes to the service and is not kept.

    \b
    Examples:
      restpath login <login>
      restpath login <login> --no-browser
      pass show <login> | restpath login <login> --set username=ann --stdin
    """
    from restpath.authorizing import log_in
    from restpath.cli.asking import connect_to
    from restpath.cli.locating import read_named
    from restpath.cli.options import Options
    from restpath.client import core_of

    definition = read_named(service.rstrip("/"), whose.get("definition"))
    speak_of(service.rstrip("/"), options_of_login(Options(**whose), definition.service))
    _check_ways(definition, service, grant)
    asker = _Asker(service, definition.name, stdin)
    options = _with_address(definition, Options(**whose), asker)
    core: Core = core_of(connect_to(definition, options))
    name, rule = next(iter(core.prover.keeper.rules.items()))
    at_hand = core.prover.at_hand()
    grant = grant or _grant(definition, rule, at_hand)
    given = asker.ask(_missing(definition, rule, grant, at_hand))
    ask = _paste if no_browser and grant == "authorization_code" else None
    log_in(core, grant, ask=ask, redirect_uri=redirect_uri, scheme=name, credentials=given)
    _tell(definition, core, options, asker)


@click.command(cls=Sampled)
@_whose
def logout(service: str, **whose: Any) -> None:
    """
    Forget the token that a login to SERVICE left.

    \b
    Example:
      restpath logout <login>
    """
    import restpath
    from restpath.cli.asking import connect_to
    from restpath.cli.locating import read_named
    from restpath.cli.options import Options
    from restpath.client import core_of

    definition = read_named(service.rstrip("/"), whose.get("definition"))
    speak_of(service.rstrip("/"), options_of_login(Options(**whose), definition.service))
    _check_ways(definition, service, None)
    client = connect_to(definition, _with_address(definition, Options(**whose), _Asker(service, definition.name)))
    core: Core = core_of(client)
    there = _has_login(core)
    restpath.logout(client)
    note(f"logged out of {service}" if there else f"there was no login of {service} at {core.base_url}")
    _tell_nearer(core)


# ---- what is missing ---------------------------------------------------------------------------------------------


class _Asker:
    """Asks the person at the terminal; where there is none, says how to give it."""

    def __init__(self, service: str, name: str, reads: bool = False) -> None:
        self.service, self.name, self.reads = service, name, reads
        self.address: str | None = None

    def ask(self, missing: Mapping[str, bool]) -> dict[str, str]:
        """Ask for credentials, secrets without showing them. Raises InvalidValue without a terminal."""
        from restpath.edge.environment import variable_name
        from restpath.errors import InvalidValue

        if self.reads:
            return {name: _line_of_input(name) for name in missing}
        if missing and not is_terminal(sys.stdin):
            said = " ".join(f"--set {name}=..." for name in missing)
            raise InvalidValue(
                f"the login needs {', '.join(missing)}, and nobody is there to be asked: give {said}, or set "
                f"{', '.join(variable_name(self.name, name) for name in missing)} in the environment, or write "
                f"{', '.join(missing)} under [{self.name}] in config.ini, or say --stdin and give a line for each on "
                "standard input"
            )
        from restpath.cli.questioning import ask

        return {name: ask(name, hidden=secret) for name, secret in missing.items()}

    def ask_address(self) -> str:
        """Ask where the service is."""
        from restpath.cli.questioning import ask

        self.address = ask("base URL")
        return self.address


def _line_of_input(name: str) -> str:
    """The next line of standard input. Raises InvalidValue where there is none."""
    from restpath.errors import InvalidValue

    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not line:
        raise InvalidValue(f"--stdin: there is no line for {name} on standard input")
    return line


def _with_address(definition: Definition, options: Options, asker: _Asker) -> Options:
    """The options with the base URL, which is asked for where nobody says it."""
    from dataclasses import replace

    from restpath.cli.asking import check_server, has_server

    if has_server(definition, options):
        return options
    if not is_terminal(sys.stdin):
        check_server(definition, options)  # which says so
    return replace(options, base_url=asker.ask_address())


def _check_ways(definition: Definition, service: str, grant: str | None) -> None:
    """See that there is something to log in to, and by this grant."""
    from restpath.edge.environment import variable_name
    from restpath.errors import InvalidValue

    rules = [scheme.token for scheme in definition.service.schemes.values() if scheme.token is not None]
    if not rules:
        names = ", ".join(definition.service.credentials)
        how = f": write {names} under [{definition.name}] in config.ini, or set " + ", ".join(
            variable_name(definition.name, name) for name in definition.service.credentials
        )
        raise InvalidValue(f"{service} has nowhere to log in{how if names else ', and takes no credentials'}")
    grants = _ways(rules[0])
    if grant is not None and grant not in grants:
        from restpath.definition.wording import did_you_mean

        near = did_you_mean(grant, grants) or ";"
        raise click.BadParameter(
            f"there is no grant {grant!r}{near} there are {', '.join(grants)}", param_hint="'--grant'"
        )


def _ways(rule: TokenRule) -> list[str]:
    return [grant for grant in rule.grants if grant != "refresh_token"]


def _grant(definition: Definition, rule: TokenRule, at_hand: Credentials) -> str:
    """The grant that is meant: a password that is at hand, else what a person does, else a password to be asked for."""
    from restpath.auth.schemes import missing_grant

    ways = _ways(rule)
    if "password" in ways and not missing_grant(definition.service, rule, "password", at_hand):
        return "password"
    return next((grant for grant in (*_BY_PERSON, "password", *ways) if grant in ways), "refresh_token")


def _missing(definition: Definition, rule: TokenRule, grant: str, at_hand: Credentials) -> Mapping[str, bool]:
    """The credentials that a login still needs, and whether each is a secret."""
    from restpath.auth.schemes import missing_grant, named_in

    known = definition.service.credentials
    names = missing_grant(definition.service, rule, grant, at_hand)
    link = rule.authorize if grant == "authorization_code" else None
    device = rule.device if grant == "device_code" else None
    texts = [link.url, *link.query.values()] if link is not None else []
    texts += [device.url, *device.fields.values()] if device is not None else []
    more = [name for text in texts for name in named_in(text) if name not in at_hand and name not in rule.discovery]
    names = [name for name in dict.fromkeys([*names, *more]) if name in known and not known[name].optional]
    return {name: known[name].secret for name in names}


def _paste(link: str) -> str:
    click.echo(f"Open this link in a browser:\n\n  {link}\n", err=True)
    from restpath.cli.questioning import ask

    return ask("Then paste the URL at which it ended, or the code that it shows")


# ---- afterwards --------------------------------------------------------------------------------------------------


def _tell(definition: Definition, core: Core, options: Options, asker: _Asker) -> None:
    from restpath.edge.directories import config_file
    from restpath.edge.tokens import default_path

    note(f"logged in to {asker.service} at {core.base_url}; the token is kept in {default_path()}")
    _tell_nearer(core)
    if asker.address is not None:
        section = definition.name if options.profile is None else f"{definition.name}:{options.profile}"
        note(
            f"so that it need not be said again, write base_url = {core.base_url} under [{section}] in {config_file()}"
        )


def _tell_nearer(core: Core) -> None:
    """Say where a token is said that calls use before any login."""
    at_hand = core.prover.at_hand()
    for rule in core.prover.keeper.rules.values():
        if rule.credential in at_hand:
            note(
                f"its {rule.credential} is still said by the {at_hand.sources[rule.credential]}, which calls use first"
            )


def _has_login(core: Core) -> bool:
    """Whether a login is stored, good or damaged."""
    from restpath.auth.schemes import Credentials
    from restpath.errors import AuthError

    rules = core.prover.keeper.rules
    tokens = {rule.credential for rule in rules.values()}
    at_hand = core.prover.at_hand()
    others = [name for name in at_hand.sources if name not in tokens]
    known = Credentials({name: at_hand.values[name] for name in others}, {n: at_hand.sources[n] for n in others})
    try:
        return "stored login" in core.prover.keeper.with_stored(tuple(rules), known).sources.values()
    except AuthError:
        return True
