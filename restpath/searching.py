"""
Searching: credentials that lie further away than what the caller gave, and the words for it where there are none.

Takes a prover and a call; goes from the environment to the profile in the configuration file, to a stored login and to
the netrc, no further than it has to, and looks up only what it uses: a value may be a command.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from keyword import iskeyword
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from restpath.auth.missing import missing_for
from restpath.auth.schemes import Choice, Credentials, choose_scheme, placeholders
from restpath.call import Call
from restpath.definition.service import Service
from restpath.edge.credentials import SETTINGS, is_open, profile_of, with_environment
from restpath.edge.directories import config_file
from restpath.edge.environment import variable_name
from restpath.edge.further import with_netrc, with_profile
from restpath.errors import AuthError
from restpath.masking import Secret, mask_url

if TYPE_CHECKING:
    from restpath.proving import Prover

__all__ = ["credential_of", "search", "sources_of"]


def search(
    prover: Prover, call: Call, names: tuple[str, ...], given: Credentials, nearest: Choice | None
) -> tuple[Choice, Credentials] | None:
    """
    Find the scheme for a call, and the nearest of the credentials that do for it.

    Args:
        names: the schemes that are good for it.
        given: what the caller gave.
        nearest: the scheme that this does for, if any; it is not the best one.
    Returns:
        both; None where the call goes as it is.
    Raises:
        AuthError: credentials are needed and there are none.
    """
    service, fields = prover.definition.service, prover.fields_of(names)
    if nearest is None and (_says_who(call, fields) or prover.own_proof(call, fields)):
        return None
    # What the caller gave for one scheme may be part of a better one, with the rest from environment and profile.
    for at_hand in islice(_further(prover, names), 2 if nearest is not None else None):
        choice = choose_scheme(service, names, at_hand)
        if choice is not None and (nearest is None or _is_better(choice, nearest, names, prover.given)):
            return choice, at_hand
    if nearest is not None:
        return nearest, given
    open_to_all = _open_to_all(service, names)
    if open_to_all is not None:
        return Choice(service.schemes[open_to_all]), given
    if not prover.definition.known or prover.netrc_proof(call):
        return None
    raise _no_credentials(prover, call, names)


def _says_who(call: Call, fields: list[str]) -> bool:
    """Whether the caller gave credentials with this very call."""
    return any(call.has_header(name) for name in [*fields, "Authorization"]) or any(
        name in fields for name, _ in parse_qsl(urlsplit(call.url).query)
    )


def _open_to_all(service: Service, names: tuple[str, ...]) -> str | None:
    """A scheme of nothing among those that are good for a call, which may go without credentials then."""
    return next((name for name in names if not placeholders(service.schemes[name])), None)


def _is_better(choice: Choice, nearest: Choice, names: tuple[str, ...], given: Credentials) -> bool:
    """Whether a scheme that comes first also uses all that the caller gave for the other one."""
    if names.index(choice.scheme.name) >= names.index(nearest.scheme.name):
        return False
    own = {name for name in placeholders(nearest.scheme) if given.sources.get(name) == "connect"}
    return own <= set(placeholders(choice.scheme))


def _further(prover: Prover, names: tuple[str, ...]) -> Iterator[Credentials]:
    """All that is at hand, and ever more of it."""
    holder, definition = prover.holder, prover.definition
    around = with_environment(definition, prover.given)
    yield holder.over(around)
    around = with_profile(prover.profile(), around)
    yield holder.over(around)
    if any(name in holder.credentials for name in names):
        yield prover.keeper.with_stored(names, around)
    try:
        around = with_netrc(definition, around)
    except AuthError:
        if _open_to_all(definition.service, names) is None:  # or the call may go without credentials
            raise
    yield holder.over(around, found=True)


# ---- what is where -----------------------------------------------------------------------------------------------


def credential_of(prover: Prover, name: str) -> Secret | None:
    """
    Find one credential, wherever it is; of the profile, one that is no secret, and no command is run for it.

    Raises:
        InvalidValue: it would be the profile's, and that cannot be read.
    """
    at_hand = prover.holder.over(with_environment(prover.definition, prover.given), found=True)
    known = prover.definition.service.credentials.get(name)
    if known is None or known.secret or not is_open(name, at_hand):
        return at_hand.values.get(name)
    profile = prover.profile()
    return (profile.plain(name) if profile is not None else None) or at_hand.values.get(name)


def sources_of(prover: Prover, names: tuple[str, ...], call: Call) -> dict[str, str]:
    """
    Tell where the credentials come from that a call would use, by name. Nothing is sent.

    Raises:
        AuthError: it needs some, and there are none.
    """
    found = prover.find(call, names) if names else None
    if found is not None:
        choice, at_hand = found
        return {name: at_hand.sources[name] for name in prover.used(choice) if name in at_hand.sources}
    if prover.own_proof(call, prover.fields_of(names)):
        return {"auth": "auth= or the session"}
    return {"auth": "netrc"} if names and prover.netrc_proof(call) else {}


# ---- what is missing ---------------------------------------------------------------------------------------------


def _no_credentials(prover: Prover, call: Call, names: tuple[str, ...]) -> AuthError:
    service, label = prover.definition.service, prover.keeper.label
    ways = missing_for(service, names, prover.at_hand())
    named = "; or ".join(", ".join(way) for way in ways)
    arguments = " or ".join(", ".join(map(_as_argument, way)) for way in ways)
    places, about = [f"give {arguments} to restpath.connect()"], ""
    if service.name:
        variables = " or ".join(", ".join(variable_name(service.name, name) for name in way) for way in ways)
        section = service.name if label is None else f"{service.name}:{label}"
        places += [f"set {variables} in the environment", f"write them under [{section}] in {config_file()}"]
        profile = profile_of(prover.definition, label) if prover.profile() is None else None
        if profile is not None:
            about = f". What [{section}] says now is for {mask_url(profile.base_url or '')}, and goes nowhere else"
    machines = dict.fromkeys(service.credentials[name].netrc for way in ways if len(way) == 1 for name in way)
    places += [f"write the password of the machine {each} in the netrc" for each in machines if each is not None]
    if any(name in prover.holder.credentials for name in names):
        places.append("log in by restpath.login()")
    said = ", ".join(places[:-1]) + f", or {places[-1]}" if len(places) > 1 else places[0]
    return AuthError(
        f"{call.described()} needs credentials: {named}. {said[0].upper()}{said[1:]}{about}. Nothing was sent"
    )


def _as_argument(name: str) -> str:
    """How connect() is given a credential: by its name, unless that is no identifier or a setting's."""
    plain = name.isidentifier() and not iskeyword(name) and name not in (*SETTINGS, "what", "url", "credentials")
    return f"{name}=..." if plain else f'credentials={{"{name}": ...}}'
