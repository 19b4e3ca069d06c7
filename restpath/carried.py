"""
What a call carries: its pairs of name and value, where further ones go, all of it in words without secrets, and what
of it goes on to another URL.

Takes a `Call`. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlsplit

from restpath.definition.mediatypes import FORM, essence_of
from restpath.masking import MASK, mask_headers
from restpath.records import replace
from restpath.types import Headers

if TYPE_CHECKING:
    from restpath.call import Call

__all__ = ["fields_place", "pairs_of", "redirected_call", "shown_call"]


def fields_place(call: Call) -> Literal["query", "form", "parts"]:
    """Tell where further fields of a call go: into its form, or into the query where it has none and needs none."""
    if call.files:
        from restpath.multipart import is_related

        return "query" if is_related(call.files) else "parts"
    if isinstance(call.body, bytes):
        return "form" if essence_of(call.headers.get("content-type", "")) == FORM else "query"
    return "form" if call.body is None and call.method in ("POST", "PUT", "PATCH") else "query"


def pairs_of(call: Call) -> list[tuple[str, str]]:
    """Give every pair of a call's query and of its form, decoded; files and any other body are none."""
    found = list(call.query)
    if isinstance(call.body, bytes) and essence_of(call.headers.get("content-type", "")) == FORM:
        found += parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    for part in call.files:
        if part.filename is None and isinstance(part.source, bytes) and not part.related:
            found.append((part.name, part.source.decode("utf-8", "replace")))
    return found


def shown_call(call: Call) -> str:
    """Write a call for people, without its secrets."""
    parts = [f"<Call {call.described()}"]
    parts += [f"{name}: {value}" for name, value in mask_headers(call.headers.lines())]
    parts += [f"{name}: {MASK}" for name, _ in call.secret_headers]
    if call.files:
        parts.append("multipart of " + ", ".join(part.name for part in call.files))
    elif isinstance(call.body, bytes):
        parts.append(f"{len(call.body)} bytes")
    elif call.body is not None:
        parts.append(repr(call.body))
    return " | ".join(parts) + ">"


def redirected_call(call: Call, url: str, bare: bool) -> Call:
    """Give the same call to another URL, see `Call.redirected`."""
    query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if not bare:
        return replace(call, url=url, query=query)
    kept = Headers((name, value) for name, value in call.headers.lines() if name.lower() in _HARMLESS_HEADERS)
    return replace(call, url=url, query=query, headers=kept, secret_headers=(), body=None, files=())


_HARMLESS_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "range", "if-range", "cache-control"}
)
