"""
Credentials as they are found: what `connect` was given, what the environment has, and whether a profile has more.

Takes a definition and the keywords of `connect`; gives `Credentials`, each with where it is from. The environment's
variables are called `RESTPATH_<SERVICE>_<NAME>`. No message shows a value.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from restpath.auth.schemes import Credentials, credential_text
from restpath.call import origin_of
from restpath.definition.model import Definition
from restpath.edge.directories import config_file
from restpath.edge.environment import variable_name
from restpath.errors import InvalidValue
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.edge.profiles import Profile

__all__ = [
    "SETTINGS", "check_names", "given_credentials", "is_for", "is_open", "profile_address", "profile_of",
    "with_environment",
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


def profile_of(definition: Definition, profile: str | None) -> Profile | None:
    """
    Read what the user's configuration file says of a service.

    Returns:
        the profile, which may say nothing; None where there is no such file.
    Raises:
        InvalidValue: there is no such profile, or something in the file is wrong.
    """
    if profile is None and not os.path.lexists(config_file()):
        return None
    from restpath.edge.profiles import read_profile

    known = definition.service.credentials
    return read_profile(
        definition.name, profile, list(known), secret=[name for name, credential in known.items() if credential.secret]
    )


def profile_address(definition: Definition, profile: str | None) -> str | None:
    """Give the base URL that a profile says; None if it does not. Raises InvalidValue; see `profile_of`."""
    found = profile_of(definition, profile)
    return found.base_url if found is not None else None


def is_for(profile: Profile, origin: tuple[str, str, int]) -> bool:
    """Tell whether what a profile says is for this origin: its own, or any where it names none."""
    return profile.base_url is None or origin_of(profile.base_url) == origin


def is_open(name: str, at_hand: Credentials) -> bool:
    """Tell whether nobody has said a credential: it is not there, or is the definition's own."""
    return name not in at_hand or at_hand.sources.get(name) == "definition"
