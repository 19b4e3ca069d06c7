"""
Where a service is: from what the caller, the environment and the definition say to a base URL.

Takes URLs and the values of a base URL's variables; gives the URL without a slash at its end and without user
information, which comes apart from it as credentials. No message shows user information.
Source: RFC 3986 section 3.2.1 (user information), RFC 6570 (templates), UTS 46 (host names beyond ASCII).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from restpath.auth.schemes import BasicLogin
from restpath.definition.model import Definition
from restpath.definition.servers import base_url_problem
from restpath.definition.service import Service
from restpath.edge.environment import variable_name
from restpath.errors import InvalidValue
from restpath.masking import MASK, mask_url

__all__ = ["checked_address", "find_address", "said_address", "split_address"]

_PATH_SAFE = "%/:@!$&'()*+,;=~-._"


def said_address(definition: Definition, url: object, profile_url: Callable[[], str | None]) -> object:
    """
    Find where the service is to be, by whoever says so first: the caller, the environment, the profile.

    Raises:
        InvalidValue: the environment says no URL.
    """
    if url is not None:
        return url
    variable = variable_name(definition.name, "base_url")
    said = os.environ.get(variable) if definition.name else None
    return checked_address(said, variable) if said is not None else profile_url()


def checked_address(url: str, place: str) -> str:
    """Give a URL back. Raises InvalidValue: it is none, with the place where it was said."""
    try:
        split_address(url)
    except InvalidValue as error:
        raise InvalidValue(f"{place}: {error}") from None
    return url


def find_address(
    definition: Definition,
    url: object,
    variables: Mapping[str, Any],
    *,
    has_app: bool = False,
) -> tuple[str, BasicLogin | None]:
    """
    Find the base URL: the one that somebody said, or the definition's with its variables filled in.

    Args:
        url: what `said_address` found: a URL, or one of the definition's servers as it stands there.
        variables: what is given for the variables of a server.

    Raises:
        InvalidValue: there is none, or it is no URL.
    """
    service = definition.service
    said = service.base_url if url is None else url
    declared = service.variables_of(said) if definition.known and isinstance(said, str) else None
    if declared is not None and isinstance(said, str):
        _refuse_others(said, declared, variables)
        said = _filled(said, declared, variables)
    elif variables:
        raise InvalidValue(f"{', '.join(variables)} would be part of the definition's base URL, but a URL was given")
    if said is None and has_app:
        said = "http://localhost"
    if said is None:
        raise InvalidValue(
            f"{service.name or 'the service'} has no server of its own: say where it is, "
            f"restpath.connect({service.name!r}, 'https://...'), or in {variable_name(service.name, 'base_url')}"
            + _known_servers(service)
        )
    try:
        return split_address(said)
    except InvalidValue as error:
        if url is None or not service.servers:
            raise
        raise InvalidValue(f"{error}{_known_servers(service)}") from None


def _refuse_others(url: str, declared: Mapping[str, object], given: Mapping[str, object]) -> None:
    beyond = [name for name in given if name not in declared]
    if beyond:
        has = ", ".join(declared) or "no variables"
        raise InvalidValue(f"{', '.join(beyond)} would be part of another server's URL: {url} has {has}")


def _known_servers(service: Service) -> str:
    """The servers that the definition names, at the end of a message."""
    urls = [*([service.base_url] if service.base_url else ()), *(server.url for server in service.servers)]
    return f"; the definition names {', '.join(map(mask_url, urls))}" if service.servers else ""


def split_address(url: object) -> tuple[str, BasicLogin | None]:
    """
    Part a URL from the user information in it.

    Returns:
        the URL, and the login for basic authentication; None where there is none.
    Raises:
        InvalidValue: it is no http or https URL, or has a query, a fragment, spaces or braces.
    """
    if not isinstance(url, str):
        raise InvalidValue(f"a {type(url).__name__} is no URL: give a text such as 'https://api.example.com'")
    problem = base_url_problem(url)
    if problem or "{" in url:
        shown = re.sub(r"(?<=//).*@", f"{MASK}@", url, flags=re.DOTALL)
        if "@" in url:  # whose words may hold a piece of a password
            problem = f"{shown!r} is no URL (what stands before its @ has to be percent-encoded)"
        raise InvalidValue(f"{problem or f'{shown!r} has braces'}: give one such as 'https://api.example.com/v1'")
    parts = urlsplit(url)
    login = BasicLogin(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    bare = parts._replace(netloc=_host(parts), path=quote(parts.path, safe=_PATH_SAFE)).geturl().rstrip("/")
    return bare, login


def _host(parts: SplitResult) -> str:
    """Host and port, in ASCII."""
    netloc = parts.netloc.rpartition("@")[2]
    if netloc.isascii():
        return netloc
    import idna  # comes with requests, and is what requests itself uses

    try:
        host = idna.encode(parts.hostname or "", uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InvalidValue(f"{netloc!r} is no host name: {error}") from error
    return host if parts.port is None else f"{host}:{parts.port}"


def _filled(text: str, declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> str:
    from uritemplate import URITemplate

    template = URITemplate(text)
    values: dict[str, Any] = {name: _value(text, name, declared[name], given) for name in template.variable_names}
    return template.expand(values)


def _value(text: str, name: str, declared: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    value = given.get(name, declared.get("default"))
    choices = declared.get("enum")
    if value is None:
        raise InvalidValue(f"the base URL {text} needs {name}=: give it to connect()")
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._~-]+", value) or ".." in value:
        raise InvalidValue(f"{name}={value!r} cannot stand in the base URL {text}: give letters, digits, - and .")
    if choices and value not in choices:
        raise InvalidValue(f"{name}={value!r} is not one of " + ", ".join(choices))
    return value
