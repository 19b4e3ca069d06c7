"""
Credentials as they are found: what `connect` was given, and what the environment has.

Takes a definition and the keywords of `connect`; gives `Credentials`, each with where it is from. The environment's
variables are called `RESTPATH_<SERVICE>_<NAME>`. No message shows a value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from restpath.auth.schemes import Credentials, credential_text
from restpath.definition.model import Definition
from restpath.errors import InvalidValue
from restpath.masking import Secret

__all__ = ["check_names", "given_credentials", "variable_name", "with_environment"]


def variable_name(service: str, name: str) -> str:
    """Name the variable of the environment for a credential of a service."""
    return f"RESTPATH_{service}_{name}".upper().replace("-", "_").replace(".", "_")


def check_names(definition: Definition, names: Sequence[str], settings: Sequence[str]) -> None:
    """
    See that each name is a credential of the service, or a variable of its base URL.

    Raises:
        InvalidValue: one is neither; it names the nearest of them and of the settings that connect() has.
    """
    service = definition.service
    known = [*service.credentials, *service.variables]
    for name in names:
        if name not in known:
            raise InvalidValue(
                f"connect() knows no {name!r}{_near(name, [*known, *settings])}. "
                f"{service.name or 'This service'} takes the credentials {', '.join(known) or '(none)'}; "
                f"the settings are {', '.join(settings)}"
            )


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


def with_environment(definition: Definition, given: Credentials) -> Credentials:
    """
    Give the same credentials, with those from the environment where connect was given none.

    Raises:
        InvalidValue: a variable holds no text of one line.
    """
    values, sources = dict(given.values), dict(given.sources)
    for name in definition.service.credentials if definition.name else ():
        variable = variable_name(definition.name, name)
        text = os.environ.get(variable)
        if text and given.sources.get(name) != "connect":
            values[name] = credential_text(f"{name} in {variable}", text)
            sources[name] = f"environment {variable}"
    return Credentials(values, sources)
