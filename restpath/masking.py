"""
What must not be seen: the one type for secrets, and the masking of texts that may hold some.

A `Secret` shows `***` wherever it is printed, logged or formatted, and loses its value in a pickle;
only `.reveal()` gives it, and only the authentication step and the transport call that.
Names of fields that carry credentials: RFC 9110 section 11, RFC 6265, RFC 6750 section 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, final
from urllib.parse import unquote_plus

from restpath.regex import pattern

__all__ = ["MASK", "Secret", "is_secret_name", "mask_headers", "mask_json", "mask_query", "mask_secrets", "mask_url"]

MASK = "***"

# Whole names, and the words that make a longer name one (`X-Api-Key`, `client_secret`, `auth_token`).
_SECRET_NAME = pattern(
    r"(?:^|[^a-z0-9])(?:authorization|cookie2?|(?:access|auth|bearer|csrf|refresh|session|xsrf)?token|secret|password"
    r"|passwd|pwd|passphrase|(?:api|access|private|secret)[-_]?key|signature|sig|credentials?|session[-_]?id|csrf|xsrf"
    r"|jwt|auth)(?:$|[^a-z0-9])",
    re.IGNORECASE,
)
_CAMEL = pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Also in a fragment: an OAuth redirect carries its token there. Neither space nor quotes are ever part of a URL.
_QUERY_PAIR = pattern(r"([?&;#])([^=&;#?\s]*)=([^&;#\s\"<>]*)")
# To the last `@` of the authority: a password that should have been encoded may hold one itself.
_USERINFO = pattern(r"(?:(?<=://)|(?<=^//))[^/?#\s]*@")


@final
class Secret:
    """A text that shows itself nowhere."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself; the caller sees to it that it goes nowhere but to its origin."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (MASK,)

    def __copy__(self) -> Secret:
        return self  # immutable; and a copy, unlike a pickle, stays here

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self


def is_secret_name(name: str) -> bool:
    """Tell whether a header, query or field of this name usually carries a credential."""
    return _SECRET_NAME.search(_CAMEL.sub("-", name)) is not None


def mask_headers(lines: Iterable[tuple[str, object]]) -> list[tuple[str, str]]:
    """Give header lines with the values of credential-bearing fields masked."""
    return [(name, MASK if is_secret_name(name) or isinstance(value, Secret) else str(value)) for name, value in lines]


def mask_url(text: str) -> str:
    """Mask user information and the values of credential-bearing query names in a URL, or in a text with URLs in it."""

    return mask_query(_USERINFO.sub(f"{MASK}@", text))


def mask_query(text: str) -> str:
    """Mask the values of credential-bearing query names alone, in a URL that has no user information."""

    def mask(match: re.Match[str]) -> str:
        separator, name, _ = match.groups()
        return f"{separator}{name}={MASK}" if is_secret_name(unquote_plus(name)) else match.group()

    return _QUERY_PAIR.sub(mask, text)


def mask_json(value: Any, is_secret: Callable[[str], bool] = is_secret_name, *, below: bool = False) -> Any:
    """
    Mask a value of JSON: what is below a secret's name is one in all of its parts, but for null, true and false.

    Args:
        is_secret: tells whether a name is a secret's.
        below: the value stands under such a name.
    """
    if isinstance(value, dict):
        return {key: mask_json(item, is_secret, below=below or is_secret(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_json(item, is_secret, below=below) for item in value]
    return MASK if below and value is not None and not isinstance(value, bool) else value


def mask_secrets(text: str, secrets: Iterable[Secret], *, longer_than: int) -> str:
    """
    Mask secrets that a stranger says back: as they are, word by word, and as a URL or a form writes them.

    Args:
        longer_than: how long a form has to be; a shorter one would mask half of the words around it.
    """
    from urllib.parse import quote, quote_plus

    pieces = {piece for secret in secrets for piece in (secret.reveal(), *secret.reveal().split())}
    forms = {form for piece in pieces for form in (piece, quote(piece, safe=""), quote_plus(piece))}
    # The longest first: a word of a secret that goes before the whole would leave the rest of it standing.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK) if len(form) > longer_than else text
    return text
