"""
Base URLs: what can stand as one.

Takes a text, of a data file or of a program; gives what is wrong with it, without what stands before an `@`: that may
be a password, also where it is no URL. Pure.
Source: RFC 3986 section 3; RFC 6570 for the variables of a definition's base URL.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from restpath.masking import MASK
from restpath.regex import pattern

__all__ = ["base_url_problem", "data_url_problem"]

_PLACEHOLDER = pattern(r"\{([^{}]*)\}")


def base_url_problem(text: str) -> str | None:
    """Say what is wrong with a base URL, or None."""
    filled = _PLACEHOLDER.sub("x", text) if "{" in text else text
    try:
        parts = urlsplit(filled)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        return f"{_shown(text)} is no URL" + ("" if "@" in text else f": {error}")
    if parts.scheme not in ("http", "https") or not host:
        return f"{_shown(text)} is no http or https URL"
    if parts.query or parts.fragment or "?" in text or "#" in text:
        return f"{_shown(text)} has a query or a fragment"
    if any(piece.lower().replace("%2e", ".") in (".", "..") for piece in parts.path.split("/")):
        return f"{_shown(text)} has dot segments"
    if any(char.isspace() or char < "!" or char in "{}\\\x7f" for char in filled):
        return f"{_shown(text)} has spaces, backslashes, control characters or braces that are not balanced"
    return None


def data_url_problem(text: str) -> str | None:
    """Say what is wrong with a URL that a data file or a description has: a base URL without credentials; or None."""
    problem = base_url_problem(text)
    if problem is None and "@" in urlsplit(_PLACEHOLDER.sub("x", text)).netloc:
        return "a base URL holds no user name and no password; those are credentials"
    return problem


def _shown(text: str) -> str:
    before, at, behind = text.rpartition("@")
    scheme, slashes, _ = before.partition("//")
    return repr(f"{scheme if slashes else ''}{slashes}{MASK}@{behind}" if at else text)
