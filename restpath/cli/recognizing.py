"""
Which service a URL is of: one whose base URL it begins with, by what environment, profile and definition say.

Takes a URL and `Options`; gives the service's name, its definition, and what follows the base URL; of a URL of nobody
known its origin, and what follows that.
Source: RFC 3986 section 6.2 for what is the same origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from restpath.errors import InvalidValue, RestpathError
from restpath.masking import mask_url

if TYPE_CHECKING:
    from restpath.cli.options import Options
    from restpath.definition.model import Definition

__all__ = ["known_place", "place_of"]


def known_place(url: str) -> tuple[str, Definition, str] | None:
    """The service that a URL is of, by what environment, profile and definition say, and the path; None for others."""
    found = _known(url, None)
    return None if found is None else (found[0], found[1], found[2].partition("?")[0])


def place_of(url: str, options: Options) -> tuple[str, Definition | None, str]:
    """
    Give the service that a URL is of, its definition, and the path with its query, without the slash before it.

    Of a URL that says who calls, or beside another base URL, nothing is known: its origin stands for the service.

    Raises:
        InvalidValue: it is no URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidValue(f"{mask_url(url)[:200]!r} is no URL: {error}") from error
    known = None if "@" in parts.netloc or options.base_url is not None else _known(url, options.profile)
    if known is not None:
        return known
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}", None, parts.path.removeprefix("/") + query


def _known(url: str, profile: str | None) -> tuple[str, Definition, str] | None:
    """The service whose base URL a URL begins with, and what follows there: the longest where there are several."""
    from restpath.edge.catalog import service_names
    from restpath.edge.lookup import read_service

    found: list[tuple[int, str, Definition, str]] = []
    bare = url.partition("#")[0]
    for name in service_names():
        try:
            definition = read_service(name)
            base = _address(definition, profile)
        except RestpathError:  # of another service, as a rule; its own commands tell
            continue
        rest = _below(bare, base)
        if rest is not None:
            found.append((len(base), name, definition, rest))
    return max(found, key=lambda each: each[0])[1:] if found else None


def _address(definition: Definition, profile: str | None) -> str:
    from restpath.edge.address import find_address, said_address
    from restpath.edge.credentials import profile_address

    url = said_address(definition, None, lambda: profile_address(definition, profile))
    return find_address(definition, url, {})[0]


def _below(url: str, base: str) -> str | None:
    """What follows a base URL, without its slash; None where the URL is another's."""
    from restpath.call import origin_of

    try:
        if origin_of(url) != origin_of(base):
            return None
    except ValueError:  # no port, or no host
        return None
    parts, prefix = urlsplit(url), urlsplit(base).path
    if parts.path != prefix and not parts.path.startswith(prefix + "/"):
        return None
    return parts.path[len(prefix) + 1 :] + (f"?{parts.query}" if parts.query else "")
