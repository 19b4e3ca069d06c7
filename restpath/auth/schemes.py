"""
Authentication schemes: what credentials add to a call, by what the definition says.

Takes a scheme of the definition and the credentials at hand; gives header fields and query pairs. Pure: the credentials
are put in at the last moment before sending, so that no `Call` ever holds one.
Source: RFC 9110 section 11; which fields a service wants is its definition's word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from restpath.definition.model import Scheme, Service
from restpath.errors import InvalidValue
from restpath.masking import Secret

__all__ = [
    "BasicLogin", "Credentials", "Proof", "choose_scheme", "credential_text", "hidden", "missing_for", "placeholders",
    "prove",
]  # fmt: skip

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Credentials:
    """The credentials of a client by name, and where each came from."""

    values: Mapping[str, Secret] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values


@dataclass(frozen=True)
class Proof:
    """
    What a scheme adds to a call: header fields and query pairs, for one origin only.

    Attributes:
        hidden: the secrets among them, which nothing that is shown may say.
    """

    headers: tuple[tuple[str, Secret], ...] = ()
    query: tuple[tuple[str, Secret], ...] = ()
    hidden: tuple[Secret, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.headers or self.query)


@dataclass(frozen=True)
class BasicLogin:
    """
    User name and password as an `auth` object for requests, which shows neither.

    They are sent in ISO-8859-1 as requests does, or in UTF-8 where that has no room for them (RFC 7617 section 2).
    """

    name: str = field(repr=False)
    password: str = field(repr=False)

    def __call__(self, request: Any) -> Any:
        from base64 import b64encode

        pair = f"{self.name}:{self.password}"
        try:
            data = pair.encode("latin-1")
        except UnicodeEncodeError:
            data = pair.encode("utf-8", "replace")
        request.headers["Authorization"] = f"Basic {b64encode(data).decode()}"
        return request


def hidden(auth: Any) -> Any:
    """Give what was given as `auth=`, but a pair of texts as a login that no traceback shows."""
    is_pair = isinstance(auth, tuple) and len(auth) == 2 and all(isinstance(each, str) for each in auth)
    return BasicLogin(*auth) if is_pair else auth


def credential_text(name: str, value: object) -> Secret:
    """
    Take a credential as the caller gave it.

    Raises:
        InvalidValue: it is no text of one line; the message never shows it.
    """
    text = value.reveal() if isinstance(value, Secret) else str(value) if type(value) is int else value
    if not isinstance(text, str) or not text:
        raise InvalidValue(f"the credential {name!r} needs a text that is not empty, not {type(value).__name__}")
    if re.search(r"[\r\n\0]", text):
        raise InvalidValue(f"the credential {name!r} has a line break in it, which no header field can carry")
    return Secret(text)


def placeholders(scheme: Scheme) -> list[str]:
    """Name the credentials that a scheme needs, in the order in which it names them."""
    texts = (*scheme.headers.values(), *scheme.query.values())
    return list(dict.fromkeys(name for text in texts for name in _PLACEHOLDER.findall(text)))


def choose_scheme(service: Service, names: Sequence[str], at_hand: Credentials) -> Scheme | None:
    """Find the first of the named schemes whose credentials are all there."""
    for name in names:
        scheme = service.schemes[name]
        if all(needed in at_hand for needed in placeholders(scheme)):
            return scheme
    return None


def missing_for(service: Service, names: Sequence[str], at_hand: Credentials) -> list[str]:
    """Name the credentials that are missing for the scheme that lacks the fewest."""
    lacking = [[needed for needed in placeholders(service.schemes[name]) if needed not in at_hand] for name in names]
    return min(lacking, key=len, default=[])


def prove(scheme: Scheme, at_hand: Credentials, service: Service) -> Proof:
    """Fill a scheme's header fields and query pairs with the credentials."""

    def fill(text: str) -> Secret:
        return Secret(_PLACEHOLDER.sub(lambda match: at_hand.values[match.group(1)].reveal(), text))

    secret = [name for name in placeholders(scheme) if service.credentials[name].secret]
    return Proof(
        headers=tuple((name, fill(text)) for name, text in scheme.headers.items()),
        query=tuple((name, fill(text)) for name, text in scheme.query.items()),
        hidden=tuple(at_hand.values[name] for name in secret),
    )
