"""
Base URLs: what can stand as one.

Takes a text, of a data file or of a program; gives what is wrong with it. Pure.
Source: RFC 3986 section 3; RFC 6570 for the variables of a definition's base URL.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from restpath.regex import pattern

__all__ = ["base_url_problem"]

_PLACEHOLDER = pattern(r"\{([^{}]*)\}")


def base_url_problem(text: str) -> str | None:
    """Say what is wrong with a base URL, or None."""
    try:
        bare = _PLACEHOLDER.sub("x", text) if "{" in text else text
        parts = urlsplit(bare)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        return f"{text!r} is no URL: {error}"
    if parts.scheme not in ("http", "https") or not host:
        return f"{text!r} is no http or https URL"
    if parts.query or parts.fragment or "?" in text or "#" in text:
        return f"{text!r} has a query or a fragment"
    if any(piece.lower().replace("%2e", ".") in (".", "..") for piece in parts.path.split("/")):
        return f"{text!r} has dot segments"
    if any(char.isspace() or char < "!" or char in "{}\\\x7f" for char in bare):
        return f"{text!r} has spaces, backslashes, control characters or braces that are not balanced"
    return None
