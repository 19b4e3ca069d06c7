"""
The errors of Ipernity's face, under the names that its users know; each is an error of restpath's tree too.

    IpernityError (RestpathError)
    ├── UnknownMethod              (UnknownResource, AttributeError) there is no such method; nothing was sent
    ├── NoCredentials              (AuthError) key, secret or token are missing; nothing was sent
    ├── APIRequestError            (RequestError) the service answered with an error
    └── UploadError                an upload came to nothing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from restpath.errors import AuthError, RequestError, RestpathError, UnknownAttribute

__all__ = ["APIRequestError", "IpernityError", "NoCredentials", "UnknownMethod", "UploadError"]


class IpernityError(RestpathError):
    """Whatever goes wrong between here and Ipernity, but for the network."""


class UnknownMethod(IpernityError, UnknownAttribute):
    """
    There is no such method.

    Attributes:
        method: the name that was asked for.
        choices: the nearest names that there are.
    """

    def __init__(self, method: str | None = None, message: str | None = None, *, choices: Sequence[str] = ()):
        self.method = method
        super().__init__(message or f"Ipernity has no method {method}", segment=method or "", choices=choices)


class NoCredentials(IpernityError, AuthError):
    """The API key, its secret or the token are missing for what was asked; nothing was sent."""


class APIRequestError(IpernityError, RequestError):
    """
    Ipernity answered with an error.

    Attributes:
        status: the service's own word for it, "error"; HTTP's status is `reply.status`, mostly 200.
        code: the service's number.
        message: the service's words.
        method: the method that was called.
        params: what it was called with, without credentials.
        reply: the whole answer; None in an error that no answer stands behind.
    """

    reply: Any

    def __init__(
        self,
        status: str = "error",
        code: int | str = 0,
        message: str = "unspecified error",
        method: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        reply: Any = None,
    ):
        self._status, self.method, self.params = status, method, params
        said = f"{method or 'Ipernity'} answered with {status} {code}: {message}"
        super().__init__(said, reply=reply, code=code, detail=message)

    @property
    def status(self) -> str:  # type: ignore[override]  # users of this face know the service's word under this name
        """The service's own word: "error"."""
        return self._status


class UploadError(IpernityError):
    """
    An upload came to nothing: its ticket is invalid, or it is not done in time.

    Attributes:
        filename: the file.
        ticket: the ticket that the service gave for it; None where it gave none.
    """

    def __init__(self, filename: str | None = None, ticket: str | None = None, message: str | None = None):
        self.filename, self.ticket = filename, ticket
        self.message = message or f"{filename} was not taken: its ticket {ticket} is invalid"
        super().__init__(self.message)
