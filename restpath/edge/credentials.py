"""
Credentials as they are found: what `connect` was given, and what the environment has.

Takes a definition and the keywords of `connect`; gives `Credentials`, each with where it is from. The environment's
variables are called `RESTPATH_<SERVICE>_<NAME>`. No message shows a value.
"""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from restpath.auth.schemes import Credentials, credential_text
from restpath.call import origin_of
from restpath.definition.model import Definition
from restpath.edge.variables import variable_name
from restpath.errors import AuthError, InvalidValue
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.edge.profiles import Profile

__all__ = [
    "SETTINGS", "as_argument", "check_names", "given_credentials", "is_for", "is_open", "no_profile", "profile_of",
    "variable_name", "with_environment", "with_netrc", "with_profile", "with_some",
]  # fmt: skip


def check_names(
    definition: Definition, names: Sequence[str], settings: Sequence[str], *, function: str = "connect"
) -> None:
    """
    See that each name is a credential of the service; or, of connect(), a variable of its base URL.

    Args:
        settings: what else the function takes by name.
        function: what it was given to.
    Raises:
        InvalidValue: one is neither; it names the nearest of them and of the settings.
    """
    service = definition.service
    known = [*service.credentials, *(service.url_variables if function == "connect" else ())]
    for name in names:
        if name not in known:
            raise InvalidValue(
                f"{function}() knows no {name!r}{_near(name, [*known, *settings]) or '.'} "
                f"{service.name or 'This service'} takes the credentials {', '.join(known) or '(none)'}"
                + (f"; the settings are {', '.join(settings)}" if settings else "")
            )


def as_argument(name: str) -> str:
    """Write how connect() is given a credential: by its name, unless that is no identifier or a setting's."""
    plain = name.isidentifier() and not iskeyword(name) and name not in (*SETTINGS, "what", "url", "credentials")
    return f"{name}=..." if plain else f'credentials={{"{name}": ...}}'


SETTINGS = (
    "session", "auth", "app", "timeout", "retries", "redirects", "max_reply_bytes", "strict", "validate", "servers",
    "pickle_secrets", "store", "profile", "refresh", "learn",
)  # fmt: skip
"""What connect() takes by name beside credentials."""


def _near(name: str, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def given_credentials(definition: Definition, credentials: Mapping[str, Any]) -> Credentials:
    """
    Take the credentials given to connect, over the defaults that the definition has for them.

    Raises:
        InvalidValue: one is no text of one line.
    """
    known = definition.service.credentials
    values = {name: Secret(credential.default) for name, credential in known.items() if credential.default}
    sources = dict.fromkeys(values, "definition")
    for name, value in credentials.items():
        values[name] = credential_text(name, value)
        sources[name] = "connect"
    return Credentials(values, sources)


def with_environment(definition: Definition, given: Credentials, names: Collection[str] | None = None) -> Credentials:
    """
    Give the same credentials, with those from the environment where connect was given none.

    Args:
        names: those that are looked for; all of the service's unless said.
    Raises:
        InvalidValue: a variable holds no text of one line.
    """
    known = definition.service.credentials if names is None else names
    new: dict[str, tuple[Secret, str]] = {}
    for name in known if definition.name else ():
        variable = variable_name(definition.name, name)
        text = os.environ.get(variable)
        if text and given.sources.get(name) != "connect":
            new[name] = credential_text(f"{name} in {variable}", text), f"environment {variable}"
    if not new:
        return given
    values = {**given.values, **{name: value for name, (value, _) in new.items()}}
    return Credentials(values, {**given.sources, **{name: source for name, (_, source) in new.items()}})


def profile_of(definition: Definition, profile: str | None) -> Profile:
    """
    Read what the user's configuration file says of a service.

    Raises:
        InvalidValue: there is no such profile, or something in the file is wrong.
    """
    from restpath.edge.profiles import read_profile

    known = definition.service.credentials
    return read_profile(
        definition.name, profile, list(known), secret=[name for name, credential in known.items() if credential.secret]
    )


def is_for(profile: Profile, origin: tuple[str, str, int]) -> bool:
    """Tell whether what a profile says is for this origin: its own, or any where it names none."""
    return profile.base_url is None or origin_of(profile.base_url) == origin


def no_profile() -> Profile:
    """Give a profile that says nothing."""
    from restpath.edge.profiles import Profile

    return Profile()


def with_profile(profile: Profile, at_hand: Credentials) -> Credentials:
    """Give the same credentials, with those of a profile where there are none yet. No command is run for it."""
    new = [name for name in profile.values if is_open(name, at_hand)]
    return with_some(new, Credentials(profile.values, profile.sources), at_hand)


def is_open(name: str, at_hand: Credentials) -> bool:
    """Tell whether nobody has said a credential: it is not there, or is the definition's own."""
    return name not in at_hand or at_hand.sources.get(name) == "definition"


def with_some(names: Collection[str], others: Credentials, at_hand: Credentials) -> Credentials:
    """Give the credentials with some of others in their place. None is looked up: it may be a command."""
    if not names:
        return at_hand
    values: Mapping[str, Secret] = ChainMap(_Only(others.values, names), at_hand.values)  # type: ignore[arg-type]
    return Credentials(values, {**at_hand.sources, **{name: others.sources[name] for name in names}})


class _Only(Mapping[str, Secret]):
    """Some of the values of a mapping, each looked up only when it is asked for."""

    def __init__(self, values: Mapping[str, Secret], names: Collection[str]) -> None:
        self._values, self._names = values, names

    def __getitem__(self, name: str) -> Secret:
        if name not in self._names:
            raise KeyError(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def with_netrc(definition: Definition, at_hand: Credentials) -> Credentials:
    """
    Give the same credentials, with those that are the password of a machine of the netrc.

    Raises:
        AuthError: the netrc is damaged, or others than its owner can read it.
    """
    wanted = {
        name: credential.netrc
        for name, credential in definition.service.credentials.items()
        if credential.netrc is not None and name not in at_hand
    }
    values: dict[str, Secret] = {}
    for name, machine in wanted.items():
        password = _netrc_password(machine)
        if password:
            values[name] = credential_text(f"{name} in the netrc", password)
    sources = {**at_hand.sources, **{name: f"netrc, machine {wanted[name]}" for name in values}}
    return Credentials(ChainMap(values, at_hand.values), sources) if values else at_hand  # type: ignore[arg-type]


def _netrc_password(machine: str) -> str | None:
    import netrc

    path = os.environ.get("NETRC")
    try:
        # Without a path it looks who else can read the file.
        entries = netrc.netrc(path) if path else netrc.netrc()
    except FileNotFoundError:
        return None
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
        problem = error.msg if isinstance(error, netrc.NetrcParseError) else type(error).__name__
        name = path or "~/.netrc"
        if "permissive" in problem:
            raise AuthError(f"others can read the passwords in the netrc {name}: run chmod 600 {name}") from None
        raise AuthError(f"the netrc {name} cannot be read: {problem}") from None
    found = entries.authenticators(machine)
    return found[2] if found is not None else None
