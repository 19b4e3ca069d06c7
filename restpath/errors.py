"""
Every error that restpath raises. No exception of requests, urllib3, jsonschema or json reaches the caller bare.

    RestpathError
    ├── DefinitionError            a data file is wrong: for its author
    ├── UnknownResource            no such segment (also AttributeError or LookupError)
    ├── MethodNotAllowed           the resource does not accept this method
    ├── InvalidValue               a value that cannot be sent (also ValueError)
    ├── InvalidBody                the body contradicts its JSON Schema; nothing was sent
    ├── AuthError                  no credentials, or they were refused before the call: for the account's owner
    ├── TransportError             no answer, or none that can be trusted: for the network
    │   └── ConnectionFailed · Timeout · TLSError · BadReply
    └── RequestError               the service answered with an error
        ├── BadRequest · Unauthorized · Forbidden · NotFound · Conflict · TooManyRequests
        └── ServerError

All of them can be pickled; a message says what was attempted and what to do, and holds no secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from restpath.records import dataclass

if TYPE_CHECKING:  # only for the annotations: errors stand above calls and replies
    from restpath.call import Call
    from restpath.reply import Reply
    from restpath.types import Headers, Json

__all__ = [
    "RestpathError", "DefinitionError", "UnknownResource", "MethodNotAllowed", "InvalidValue", "InvalidBody",
    "BodyFault", "AuthError", "TransportError", "ConnectionFailed", "Timeout", "TLSError", "BadReply",
    "RequestError", "BadRequest", "Unauthorized", "Forbidden", "NotFound", "Conflict", "TooManyRequests",
    "ServerError", "error_class",
]  # fmt: skip


def _restore(cls: type[RestpathError], args: tuple[Any, ...], state: dict[str, Any]) -> RestpathError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


def _plain(text: str) -> str:
    """Write out what would steer a terminal: a message quotes strangers."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


class RestpathError(Exception):
    """The root of everything restpath raises on purpose. Its message can be printed to any terminal."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(_plain(arg) if isinstance(arg, str) else arg for arg in args))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own way calls the class with `args`, which none of the classes below could take.
        return _restore, (type(self), self.args, self.__dict__.copy())


class DefinitionError(RestpathError):
    """
    A data file is wrong.

    Attributes:
        file: the file's name, or None where the data came from the program.
        pointer: the place in it, a JSON Pointer (RFC 6901); "" is the whole file.
        expected: what would have been right there, if that can be said in a few words.
        problem: what is wrong, without the place.
    """

    def __init__(self, problem: str, *, file: str | None = None, pointer: str = "", expected: str | None = None):
        self.file, self.pointer, self.expected, self.problem = file, pointer, expected, problem
        place = " ".join(part for part in (file, f"at {pointer}" if pointer else "") if part)
        text = f"{place}: {problem}" if place else problem
        super().__init__(f"{text} (expected {expected})" if expected else text)


class UnknownResource(RestpathError):
    """
    The definition knows no such segment here. Raised at once, before anything is sent.

    Attributes:
        segment: the name or the value that was asked for.
        choices: the nearest names that would have worked, the best first.
    """

    def __init__(self, message: str, *, segment: str = "", choices: Sequence[str] = ()):
        self.segment, self.choices = segment, tuple(choices)
        super().__init__(message)


class UnknownAttribute(UnknownResource, AttributeError):
    """`UnknownResource` as raised by attribute access, so that `hasattr` and `getattr` work."""


class UnknownItem(UnknownResource, LookupError):
    """`UnknownResource` as raised by item access and by look-ups by text."""


class MethodNotAllowed(RestpathError):
    """
    The resource does not accept this method. Raised when the method is called; nothing was sent.

    Attributes:
        method: the method that was asked for.
        allowed: the methods that the resource accepts.
    """

    def __init__(self, message: str, *, method: str = "", allowed: Sequence[str] = ()):
        self.method, self.allowed = method, tuple(allowed)
        super().__init__(message)


class InvalidValue(RestpathError, ValueError):
    """A path value, parameter, setting or file that cannot be sent. Nothing was."""


@dataclass(frozen=True)
class BodyFault:
    """One contradiction between a body and its schema: the place (a JSON Pointer) and what is wrong there."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the body'}: {self.message}"


class InvalidBody(RestpathError):
    """
    The body contradicts the definition's JSON Schema. Nothing was sent.

    Attributes:
        faults: every contradiction, as `BodyFault`.
    """

    def __init__(self, what: str, faults: Sequence[BodyFault]):
        self.faults = tuple(faults)
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(f"{what} was not sent: its body contradicts the definition{lines}")


class AuthError(RestpathError):
    """There are no credentials for a call that needs some, or they were refused before it was made."""


class TransportError(RestpathError):
    """
    No answer came, or none that can be trusted.

    Attributes:
        call: the call that was made, without credentials.
        may_have_happened: whether the service may have carried it out all the same.
        tries: how often it was sent.
    """

    tries = 1

    def __init__(self, message: str, *, call: Call | None = None, may_have_happened: bool = True):
        self.call, self.may_have_happened = call, may_have_happened
        super().__init__(message)

    def after(self, tries: int, *, asked: bool = False) -> TransportError:
        """Give this error with the number of tries it took, and whether the service was asked by one before."""
        if tries > 1:
            self.tries = tries
            self.args = (f"{self.args[0]} (after {tries} tries)",)
        if asked and not self.may_have_happened:
            self.may_have_happened = True
            self.args = (f"{self.args[0]}; an earlier try may have been carried out",)
        return self


class ConnectionFailed(TransportError):
    """The connection could not be made, or it broke."""


class Timeout(TransportError):
    """The service took longer than the call's time limits."""


class TLSError(TransportError):
    """The server could not prove that it is the one that was asked for; nothing was sent."""


class BadReply(TransportError):
    """The answer is not what it says it is: short, garbled, or not of its own media type."""


class RequestError(RestpathError):
    """
    The service answered with an error.

    Attributes:
        reply: the whole answer.
    """

    def __init__(self, message: str, *, reply: Reply, code: str | int, detail: str):
        self.reply, self.code, self.message = reply, code, detail
        super().__init__(message)

    code: str | int
    """The service's own code where it has one, else the HTTP status."""
    message: str
    """The service's own words, or the beginning of what it sent."""

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.reply.status

    @property
    def content(self) -> Json:
        """The answer's content, parsed where it can be; else its text or bytes."""
        return self.reply.lenient_content

    @property
    def headers(self) -> Headers:
        """The answer's header fields."""
        return self.reply.headers

    @property
    def call(self) -> Call:
        """The call that was answered, without credentials."""
        return self.reply.call

    @property
    def retry_after(self) -> float | None:
        """Seconds the service asked to wait before another try; None if it did not say."""
        return self.reply.retry_after


class BadRequest(RequestError):
    """400: the service could not make sense of the call."""


class Unauthorized(RequestError):
    """401: the credentials are missing or no longer good."""


class Forbidden(RequestError):
    """403: the credentials are good, but not for this."""


class NotFound(RequestError):
    """404: there is no such thing."""


class Conflict(RequestError):
    """409: the call contradicts the state of the resource."""


class TooManyRequests(RequestError):
    """429: slow down; `.retry_after` says by how much where the service does."""


class ServerError(RequestError):
    """5xx: the service, or a proxy before it, failed."""


_BY_STATUS: dict[int, type[RequestError]] = {
    400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 429: TooManyRequests,
}  # fmt: skip


def error_class(status: int) -> type[RequestError]:
    """Find the class for an HTTP status: its own, `ServerError` for any 5xx, else `RequestError`."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else RequestError)
