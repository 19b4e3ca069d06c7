"""
Call: one HTTP request, fully described and not sent.

Made by `building` of a path, a method and what the caller gave; files are named in it, not opened, and there are no
credentials in it. Pure.
Source: RFC 9110 for methods and header fields, RFC 3986 for the query.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from restpath.masking import MASK, Secret, is_secret_name, mask_url
from restpath.records import dataclass, field
from restpath.types import UNSET, Headers

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.multipart import Part
    from restpath.sources import FileSource

__all__ = ["Arguments", "Call", "origin_of"]


@dataclass(frozen=True)
class Call:
    """
    One HTTP request, described but not sent. Equal calls are equal; there are no credentials in it.

    Attributes:
        method: the HTTP method.
        url: the whole URL, with its query.
        query: the pairs of the query, decoded.
        headers: the header fields of this very call.
        body: the bytes to send, the open file or path that holds them, or None.
        files: the parts of a multipart body, fields among them; empty for any other body.
        secret_headers: the caller's own header fields that carry credentials; shown nowhere, lost in a pickle.
        absent_headers: the session's header fields that this call goes without.
        operation: what the definition says of it.
    """

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = Headers()
    body: bytes | FileSource | None = None
    files: tuple[Part, ...] = ()
    secret_headers: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)
    absent_headers: tuple[str, ...] = ()
    operation: Method | None = field(default=None, repr=False, compare=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: who gets to see it."""
        return origin_of(self.url)

    def has_header(self, name: str) -> bool:
        """Tell whether the caller gave this header field, or said that it is to be absent."""
        key = name.lower()
        own = (*(line for line, _ in self.secret_headers), *self.absent_headers)
        return key in self.headers or any(key == line.lower() for line in own)

    def described(self) -> str:
        """The call in a few words for messages and logs, without secrets."""
        return f"{self.method} {mask_url(self.url)}"

    def __repr__(self) -> str:
        from restpath.carried import shown_call

        return shown_call(self)

    def __reduce__(self) -> tuple[Any, ...]:
        query = tuple((name, MASK if is_secret_name(name) else value) for name, value in self.query)
        return Call, (
            self.method, mask_url(self.url), query, self.headers, self.body, self.files, self.secret_headers,
            self.absent_headers, self.operation,
        )  # fmt: skip

    def __copy__(self) -> Call:
        return self  # immutable; and a copy, unlike a pickle, keeps its secrets

    def __deepcopy__(self, memo: dict[int, Any]) -> Call:
        return self

    def redirected(self, url: str, *, bare: bool) -> Call:
        """Give the same call to another URL; a bare one goes to a stranger, with nothing that could be a secret."""
        from restpath.carried import redirected_call

        return redirected_call(self, url, bare)


def origin_of(url: str) -> tuple[str, str, int]:
    """Give the origin of an http or https URL. Source: RFC 9110 section 4.3.1."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return (
        scheme,
        (parts.hostname or "").lower(),
        {"http": 80, "https": 443}.get(scheme, 0) if parts.port is None else parts.port,
    )


@dataclass(frozen=True)
class Arguments:
    """What a caller gave to an operation."""

    data: Any = UNSET
    qs: Any = None
    upload_file: Any = None
    headers: Mapping[str, Any] | None = field(default=None, repr=False)
    fields: Mapping[str, Any] = field(default_factory=dict)
