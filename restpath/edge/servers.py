"""
Servers of their own: where operations and OAuth endpoints are that are not at the base URL.

Takes a definition, what the caller puts in the place of its servers and the base URL; gives where each is now. A
service that is tried elsewhere must not send a token to where it usually is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from restpath.call import origin_of
from restpath.definition.model import Definition
from restpath.edge.address import split_address
from restpath.errors import InvalidValue

__all__ = ["check_servers", "moved_endpoint"]


def check_servers(servers: object, definition: Definition, base_url: str | None) -> dict[str, str]:
    """
    Take what is to stand in place of single operations' own servers.

    Args:
        servers: URLs by the servers that the definition names.
        definition: the definition.
        base_url: what stands in place of those that are not among them; None leaves them as they are. OAuth servers
            stay where it is at the definition's own server.
    Raises:
        InvalidValue: it is no mapping of URLs, or names a server that no operation has.
    """
    if not isinstance(servers, Mapping):
        raise InvalidValue(
            f"servers= is a {type(servers).__name__}: give a mapping of the definition's servers to URLs"
        )
    if not servers and base_url is None:
        return {}
    moving = {method.server for method in definition.operations if method.server is not None}
    endpoints = {root for root in map(_root, _endpoints(definition)) if root is not None}
    own = moving | endpoints
    if base_url is None or not _is_at_home(definition, base_url):
        moving = own
    replaced = dict.fromkeys(moving, base_url) if base_url is not None else {}
    for name, url in servers.items():
        if name not in own:
            raise InvalidValue(
                f"servers= names {name!r}, but no operation has that server; there are " + (", ".join(own) or "none")
            )
        bare, login = split_address(url)
        if login is not None:
            raise InvalidValue(f"servers= gives credentials for {bare}: an operation's own server gets none")
        replaced[name] = bare
    return {name: url for name, url in replaced.items() if url is not None}


def moved_endpoint(url: str, servers: Mapping[str, str] | None, base_url: str, definition: Definition) -> str:
    """
    Give the URL of an endpoint of an OAuth server where it is now.

    One that has no server of its own stays as it is; so does any where the service is at the definition's own server,
    with another path perhaps, as nothing has moved then.

    Args:
        servers: as `check_servers` gives them; None puts the base URL in place of every server.
    """
    root = _root(url)
    if root is None or (servers is None and _is_at_home(definition, base_url)):
        return url
    new = base_url if servers is None else servers.get(root, root)
    return new.rstrip("/") + url[len(root) :]


def _is_at_home(definition: Definition, base_url: str) -> bool:
    """Whether a base URL is at a server that the definition itself names, by any of the names it gives it."""
    service = definition.service
    own = [(service.base_url, service.variables), *((each.url, each.variables) for each in service.servers)]
    return any(_is_at(text, declared, base_url) for text, declared in own if text is not None)


def _is_at(text: str, declared: Mapping[str, Mapping[str, Any]], base_url: str) -> bool:
    """Whether a base URL has the scheme, host and port of a URL with variables, whatever is in these."""
    pieces = re.split(r"\{([^{}]*)\}", _root_of(text))
    for at in range(1, len(pieces), 2):
        known = declared.get(pieces[at], {})
        values = [*known.get("enum", ()), *([known["default"]] if "default" in known else ())]
        pieces[at] = f"(?:{'|'.join(map(re.escape, values))})" if values else "(?!)"
    pieces[::2] = map(re.escape, pieces[::2])
    scheme, host, port = origin_of(base_url)
    usual = port == (443 if scheme == "https" else 80)
    own = [f"{scheme}://{host}:{port}", *([f"{scheme}://{host}"] if usual else [])]
    return any(re.fullmatch("".join(pieces), each, re.IGNORECASE) for each in own)


def _root_of(text: str) -> str:
    """Scheme and host of a URL that may have variables."""
    return re.match(r"[^/]*//[^/?#]*|", text).group()  # type: ignore[union-attr]  # "" matches anything


def _root(url: str) -> str | None:
    """Scheme and host of a URL; None for a path, or for what a credential says."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc and "{" not in parts.netloc else None


def _endpoints(definition: Definition) -> Iterator[str]:
    for scheme in definition.service.schemes.values():
        rule = scheme.token
        if rule is not None:
            yield from (each.url for each in (rule, rule.authorize, rule.device) if each is not None)
