"""
Names: from what a description calls things to names that the data format takes.

Takes titles, hosts and names of all kinds; gives service names, names of credentials and of schemas. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

__all__ = ["credential_name", "is_text", "service_name", "slug", "unique"]

# What connect() itself takes; a credential of such a name could only be given in its mapping.
_SETTINGS = frozenset(
    {
        "what", "url", "session", "auth", "app", "timeout", "retries", "redirects", "max_reply_bytes", "strict",
        "validate", "servers", "credentials", "pickle_secrets", "store", "profile", "learn",
    }
)  # fmt: skip


def is_text(value: object) -> bool:
    """Tell whether a value is a text with something in it."""
    return isinstance(value, str) and value.strip() != ""


def slug(text: str) -> str:
    """Make a service's name of a text; "" where nothing of it can stand in one."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:64].strip("-_")


def service_name(base_url: str | None, title: str) -> str:
    """
    Name a service by its host, and by its title only where that says nothing.

    Credentials in the environment and in the configuration file go by this name: a stranger's title must not be able
    to ask for those of another service.
    """
    host = urlsplit(base_url).hostname or "" if base_url else ""
    if host and "." in host and not _is_address(host):
        return slug(host) or "service"
    return slug(title) or "service"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def credential_name(text: str, taken: Collection[str] = ()) -> str:
    """Name a credential after its header field or parameter: `X-API-Key` is `api_key`."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").removeprefix("x_") or "key"
    name = f"_{name}" if name[0].isdigit() else name
    return f"{name}_key" if name in _SETTINGS or name in taken else name


def unique(name: str, taken: Collection[str], tried: dict[str, int] | None = None) -> str:
    """
    Give a name that is not taken: this one, or one with a number behind it.

    Args:
        tried: the numbers up to which others of the same name came; where there are thousands of them, each has its
            number at once.
    """
    if name not in taken:
        return name
    tried = tried if tried is not None else {}
    number = tried.get(name, 1) + 1
    while f"{name}_{number}" in taken:
        number += 1
    tried[name] = number
    return f"{name}_{number}"
