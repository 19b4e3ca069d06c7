"""
Credentials from further away: what the user's configuration file says, and the passwords of the netrc.

Takes the credentials at hand; gives them with others where there are none yet, each with where it is from. None is
looked up before it is used: it may be a command. No message shows a value.
"""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from restpath.auth.schemes import Credentials, credential_text
from restpath.definition.model import Definition
from restpath.edge.credentials import is_open
from restpath.errors import AuthError
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.edge.profiles import Profile

__all__ = ["with_netrc", "with_profile", "with_some"]


def with_profile(profile: Profile | None, at_hand: Credentials) -> Credentials:
    """Give the same credentials, with those of a profile where there are none yet. No command is run for it."""
    if profile is None:
        return at_hand
    new = [name for name in profile.values if is_open(name, at_hand)]
    return with_some(new, Credentials(profile.values, profile.sources), at_hand)


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
