"""
The values of a path's variables: as text, or refused.

Takes what a caller wrote as an item; gives its text, or the error that says why none may stand there: a value never
climbs, vanishes or becomes structure.
Source: RFC 3986 section 3.3 for dot segments.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from restpath.errors import AuthError, InvalidValue
from restpath.types import is_a

__all__ = ["as_value", "own_value", "shown"]


def as_value(value: object, name: str = "value", *, reserved: bool = False, place: str = "") -> str:
    """
    Give the text of a path value.

    Args:
        value: text, an int or a UUID.
        name: the variable it is for, for the message.
        reserved: the value may hold slashes; then each piece between them is checked.
        place: where it was to stand, for the message.
    Raises:
        InvalidValue: anything that would climb, vanish or surprise: None, "", ".", "..", a bool, a float, bytes, …
    """
    if isinstance(value, str):
        text = value if type(value) is str else str.__str__(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        text = _digits(value, name, place)
    elif is_a(value, "uuid", "UUID"):
        text = str(value)
    else:
        raise _refusal(value, name, place, "a value is text, an int or a UUID")
    if text in ("", ".", ".."):
        raise _refusal(value, name, place, "it would make another path")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _refusal(value, name, place, "it holds a lone surrogate, which has no UTF-8") from error
    if reserved and any(unquote(piece) in ("", ".", "..") for piece in text.split("/")):
        raise _refusal(value, name, place, "it has an empty or a dot segment, which would make another path")
    return text


def own_value(word: str, credential: str, lookup: Callable[[str], str | None]) -> str:
    """
    Give what a word such as `:me` stands for: the credential of that name.

    Raises:
        AuthError: the client was given none.
    """
    known = lookup(credential)
    if not known:
        raise AuthError(
            f"{word} stands for the {credential} that the client was given, and it was given none: "
            f"pass {credential}= to connect(), or write it into the environment or the profile, as plain text"
        )
    return as_value(known, credential)


def _digits(value: int, name: str, place: str) -> str:
    try:
        return int.__repr__(value)
    except ValueError as error:  # beyond sys.get_int_max_str_digits()
        raise _refusal(value, name, place, "it has more digits than Python writes") from error


def _refusal(value: object, name: str, place: str, why: str) -> InvalidValue:
    where = f" in {place}" if place else ""
    return InvalidValue(f"{shown(value)} cannot stand for {{{name}}}{where}: {why}")


def shown(value: object, limit: int = 60) -> str:
    """Show a value in a message: its repr, shortened; its type where it has none that can be had."""
    try:
        text = repr(value)
    except Exception:  # the value is the caller's, and so is what its repr does
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 3] + "..."
