"""
Operation: a method at a path, ready to be called: what `path.post` is.

Takes a path, a method and settings; gives content, or the request unsent, or the whole answer. It describes the call by
`build_call` and leaves the sending to the one `Sender` that the client injects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from restpath.building import build_call
from restpath.call import Arguments, Call
from restpath.errors import InvalidValue, MethodNotAllowed
from restpath.path import Path, resolve, root_of
from restpath.place import Root
from restpath.records import dataclass, field, fields, replace
from restpath.reply import Reply, result_of
from restpath.types import UNSET, Limits, Timeout, Unset

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.walking import Walk

__all__ = ["About", "Operation", "Sender", "Settings", "about", "record_of", "shown_operation"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Settings:
    """
    How calls are made. A client has its own, and `.options(...)` changes them for single operations.

    Attributes:
        timeout: seconds to connect and between bytes: one number for both, a pair, or None to wait for ever; a third
            number is for the whole call with all its tries.
        retries: how many further tries there may be where a try failed and another does no harm.
        repeat: the caller says that this call may be made twice without harm, so that it is tried again in any case.
        max_reply_bytes: how much of an answer is held in memory, after decompression; None for any size.
        redirects: how many redirects are followed; False for none.
        validate: whether bodies are checked against the definition's JSON Schemas.
        max_items: after how many items a walk ends; None for no limit.
        max_pages: after how many pages a walk ends; None for no limit.
        auth: what `requests` takes as `auth=`, in place of the client's; UNSET for the client's own.
    """

    timeout: Timeout = (10.0, 60.0)
    retries: int = 2
    repeat: bool = False
    max_reply_bytes: int | None = 256 * 1024 * 1024
    redirects: int = 10
    validate: bool = True
    max_items: int | None = None
    max_pages: int | None = None
    auth: Any = field(default=UNSET, repr=False)

    @property
    def limits(self) -> Limits:
        """The time limits for connecting and between bytes."""
        return (self.timeout[0], self.timeout[1]) if isinstance(self.timeout, tuple) else self.timeout

    @property
    def total_seconds(self) -> float | None:
        """The time limit for the whole call."""
        return self.timeout[2] if isinstance(self.timeout, tuple) and len(self.timeout) == 3 else None

    def changed(self, **changes: Any) -> Settings:
        """Give the same settings with some changed. Raises InvalidValue for one that there is not or cannot be."""
        known = [each.name for each in fields(self)]
        for name in changes:
            if name not in known:
                raise InvalidValue(f"there is no setting {name!r}; there are " + ", ".join(known))
        if "timeout" in changes:
            _check_timeout(changes["timeout"])
        redirects = changes.get("redirects", self.redirects)
        if not isinstance(redirects, int) or redirects < 0:
            raise InvalidValue(f"redirects={redirects!r}: give how many are followed, or False for none")
        if redirects is True:
            changes["redirects"] = Settings.redirects
        for name in ("validate", "repeat"):
            if not isinstance(changes.get(name, True), bool):
                raise InvalidValue(f"{name}={changes[name]!r}: give True or False")
        for name, least in (("retries", 0), ("max_reply_bytes", 1), ("max_items", 0), ("max_pages", 0)):
            value = changes.get(name, least)
            unlimited = value is None and name != "retries"
            if not unlimited and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise InvalidValue(f"{name}={value!r}: give a whole number, at least {least}")
        return replace(self, **changes)


_LONGEST = 1e9  # seconds; sockets take hardly more


def _check_timeout(timeout: object) -> None:
    parts = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    good = len(parts) in (2, 3) and all(
        part is None or (isinstance(part, (int, float)) and not isinstance(part, bool) and 0 < part <= _LONGEST)
        for part in parts
    )
    if not good:
        raise InvalidValue(f"timeout={timeout!r}: give seconds, (connect, read), (connect, read, total), or None")


class Sender(Protocol):
    """Who sends calls: the client."""

    settings: Settings

    def perform(self, call: Call, settings: Settings) -> Reply: ...
    def download(self, call: Call, settings: Settings, target: str | os.PathLike[str] | BinaryIO) -> Reply: ...
    def curl(self, call: Call) -> str: ...


class Operation:
    """
    A method at a path, ready to be called.

    Called, it sends the request and gives the parsed content. `.prepare` gives the request unsent, `.reply` the whole
    answer, `.curl` a command line, `.save` streams the answer to a file, `.walk` goes through a list page by page, and
    `.options(...)` gives the same operation with other settings.
    """

    __slots__ = ("_path", "_word", "_sender", "_settings")

    def __init__(self, path: Path, word: str, sender: Sender, settings: Settings | None = None) -> None:
        self._path, self._word, self._sender, self._settings = path, word, sender, settings

    def __call__(
        self,
        /,
        data: Any = UNSET,
        *,
        qs: Any = None,
        upload_file: Any = None,
        headers: Mapping[str, Any] | None = None,
        timeout: Timeout | Unset = UNSET,
        **fields: Any,
    ) -> Any:
        """
        Make the call.

        Args:
            data: the body as given; fields beside it are an error.
            qs: the query: a mapping, pairs, or text that is sent as it stands.
            upload_file: an open binary file, a path, `(name, file)`, `(name, file, type)`, or a list of these;
                `upload_file_<field>=` for other form fields.
            headers: header fields of this call; None as a value leaves out the session's.
            timeout: seconds, `(connect, read)`, `(connect, read, total)`, or None.
            fields: the body's fields, or the query's where the method has no body.
        Returns:
            the parsed content: JSON as values, text as str, anything else as bytes, None where there is none. For
            HEAD the count that a header carries, else the header fields.
        Raises:
            MethodNotAllowed, InvalidValue, InvalidBody, AuthError: before anything was sent.
            TransportError: no answer, or none that can be trusted.
            RequestError: the service answered with an error.
        """
        given = Arguments(data, qs, upload_file, headers, fields)
        settings = self._for_call(timeout)
        return result_of(self._sender.perform(self._describe(given, settings), settings))

    def prepare(
        self,
        /,
        data: Any = UNSET,
        *,
        qs: Any = None,
        upload_file: Any = None,
        headers: Mapping[str, Any] | None = None,
        timeout: Timeout | Unset = UNSET,
        **fields: Any,
    ) -> Call:
        """Give the request unsent. Needs no credentials and opens no file."""
        given = Arguments(data, qs, upload_file, headers, fields)
        return self._describe(given, self._for_call(timeout))

    def reply(
        self,
        /,
        data: Any = UNSET,
        *,
        qs: Any = None,
        upload_file: Any = None,
        headers: Mapping[str, Any] | None = None,
        timeout: Timeout | Unset = UNSET,
        **fields: Any,
    ) -> Reply:
        """Make the call and give the whole answer: status, headers, content, elapsed. Raises as a call does."""
        given = Arguments(data, qs, upload_file, headers, fields)
        settings = self._for_call(timeout)
        return self._sender.perform(self._describe(given, settings), settings)

    def curl(
        self,
        /,
        data: Any = UNSET,
        *,
        qs: Any = None,
        upload_file: Any = None,
        headers: Mapping[str, Any] | None = None,
        timeout: Timeout | Unset = UNSET,
        **fields: Any,
    ) -> str:
        """Give the call as a command line of curl, with placeholders for the credentials. Nothing is sent."""
        given = Arguments(data, qs, upload_file, headers, fields)
        return self._sender.curl(self._describe(given, self._for_call(timeout)))

    def save(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        /,
        data: Any = UNSET,
        *,
        qs: Any = None,
        upload_file: Any = None,
        headers: Mapping[str, Any] | None = None,
        timeout: Timeout | Unset = UNSET,
        **fields: Any,
    ) -> Reply:
        """
        Stream the answer's content to a file.

        Args:
            target: a path, which holds the old file or the whole new one at any time; or an open binary file.
        Returns:
            the answer, without its content.
        Raises:
            InvalidValue: the target cannot be written; nothing was sent.
            RequestError, TransportError: as a call does; a path is then as it was before.
        """
        given = Arguments(data, qs, upload_file, headers, fields)
        settings = self._for_call(timeout)
        return self._sender.download(self._describe(given, settings), settings, target)

    def walk(
        self,
        /,
        data: Any = UNSET,
        *,
        qs: Any = None,
        upload_file: Any = None,
        headers: Mapping[str, Any] | None = None,
        timeout: Timeout | Unset = UNSET,
        **fields: Any,
    ) -> Walk:
        """
        Go through a list: its items one by one, each page fetched when its first item is asked for.

        The arguments are those of a call and go with every page; what they say of the page is where the walk begins.
        `timeout` is for each page. `.options(max_items=..., max_pages=...)` sets a limit.

        Returns:
            an iterator of items; its `.pages()` gives whole replies, its `.cursor` is a text by which a later walk of
            the same arguments goes on: `.walk(...).resume(cursor)`.
        Raises:
            DefinitionError: the definition does not say how this list is paged.
            MethodNotAllowed, InvalidValue, InvalidBody: before anything was sent.
        """
        from restpath.pagination import Paging
        from restpath.walking import Walk

        given = Arguments(data, qs, upload_file, headers, fields)
        settings = self._for_call(timeout)
        service = root_of(self._path).definition.service
        paging = Paging(self._record(), service, given, lambda each: self._describe(each, settings), self._shown())
        return Walk(
            paging,
            lambda call: self._sender.perform(call, settings),
            max_items=settings.max_items,
            max_pages=settings.max_pages,
        )

    def options(self, /, **settings: Any) -> Operation:
        """Give the same operation with other settings, such as retries and timeout. See `Settings`."""
        return type(self)(self._path, self._word, self._sender, self._for_call(UNSET).changed(**settings))

    def _for_call(self, timeout: Timeout | Unset) -> Settings:
        settings = self._settings or self._sender.settings
        return settings if isinstance(timeout, Unset) else settings.changed(timeout=timeout)

    def _record(self) -> Method:
        return self._at_last(lambda path: resolve(path, self._word)[0])

    def _describe(self, given: Arguments, settings: Settings) -> Call:
        return self._at_last(lambda path: build_call(path, self._word, given, validate=settings.validate))

    def _at_last(self, make: Callable[[Path], _T]) -> _T:
        """Make something of the path; where it does not accept the method, of what it is by now."""
        try:
            return make(self._path)
        except MethodNotAllowed as error:
            from restpath.later import later

            return later(self._path, self._word, error, make)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operation) or type(other) is not type(self):
            return NotImplemented
        return (self._path, self._word, self._settings) == (other._path, other._word, other._settings)

    def __hash__(self) -> int:
        return hash((self._path, self._word))

    def _shown(self) -> str:
        from restpath.phrasing import show

        return f"{self._word} {show(self._path)}"

    def __repr__(self) -> str:
        return f"<{self._shown()}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_operation, (self._path, self._word), self._state()

    def _state(self) -> Settings | None:
        return self._settings.changed(auth=UNSET) if self._settings else None  # an auth object is a secret

    def __setstate__(self, settings: Settings) -> None:
        self._settings = settings


def _restore_operation(path: Path, word: str) -> Operation:
    operation: Operation = root_of(path).operation(path, word)
    return operation


# ---- for the modules that stand on operations --------------------------------------------------------------------


@dataclass(frozen=True)
class About:
    """
    What an operation is of.

    Attributes:
        path: the place; for an operation known by its name the place of its template, without values.
        word: the method, as it was asked for.
        name: the name that it is known by; None where it was reached by its path.
        root: what it shares with all others of its client.
        settings: its own settings; None for the client's.
    """

    path: Path
    word: str
    name: str | None
    root: Root
    settings: Settings | None


def about(operation: Operation) -> About:
    """Tell what an operation is of."""
    path = operation._path
    return About(path, operation._word, getattr(operation, "_name", None), root_of(path), operation._settings)


def record_of(operation: Operation) -> Method:
    """
    Give what the definition says of an operation.

    Raises:
        MethodNotAllowed, UnknownResource: it says nothing, and the client is strict.
    """
    return operation._record()


def shown_operation(operation: Operation) -> str:
    """Write an operation for a message: the method, and the path or the name."""
    return operation._shown()
