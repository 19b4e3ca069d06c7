"""
A session of the shell: one service, its one client, the place where one is, the last answer, and what was called.

Takes a definition and `Options`; gives operations for paths as they are typed from the place where one is. It is what
`holding` holds. Nothing is sent here.
Source: RFC 3986 section 5.2.4 for `.` and `..`, which are taken away before anything is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from restpath.cli.options import Options
from restpath.errors import InvalidValue, RestpathError, UnknownItem
from restpath.types import UNSET

if TYPE_CHECKING:
    from restpath.cli.arguments import Given
    from restpath.cli.asking import Asked
    from restpath.client import Client
    from restpath.definition.model import Definition
    from restpath.reply import Reply

__all__ = ["Made", "Session", "joined"]

_MOST_ITEMS = 10_000
"""How many items of a walk are kept for `_`."""


class Made(NamedTuple):
    """
    A call that was made.

    Attributes:
        words: the command line that makes it: command, SERVICE/PATH or SERVICE OPERATION, items. No options.
        asked: what was called.
        arguments: its keywords.
        options: all options, those of the session among them.
    """

    words: tuple[str, ...]
    asked: Asked
    arguments: dict[str, Any]
    options: Options


class Session:
    """
    What a shell knows.

    Attributes:
        source: the service as it was typed; a URL without its path where there is no definition.
        options: where the service is and who calls.
        defaults: what else was set, by the name of the option.
        place, before: the path where one is and where one was, without the leading slash.
        made: the calls that succeeded.
        bare: the words of the line that were written without quotes.
        asked_at: the path that the last answer is from; "" where it has none.
    """

    def __init__(self, source: str, definition: Definition | None, options: Options, place: str = "") -> None:
        self.source, self.options, self.place, self.before = source, options, place.rstrip("/"), place.rstrip("/")
        self.defaults: dict[str, str] = {}
        self.made: list[Made] = []
        self.bare: frozenset[str] = frozenset()
        self.asked_at, self._items = "", 0
        self._definition = definition
        self._clients: dict[Options, Client] = {}
        self._last: Any = None
        self._why_not: str | None = "there is no answer yet: make a call first"

    # ---- what is held ----

    @property
    def definition(self) -> Definition:
        """What is known of the service."""
        if self._definition is None:
            from restpath.path import root_of

            self._definition = root_of(self.client).definition
        return self._definition

    def holds(self, what: Definition | str) -> bool:
        """Tell whether this is the session's service."""
        return what == self.source if isinstance(what, str) else what is self._definition

    @property
    def client(self) -> Client:
        """The client of the session, made when it is first needed. Raises InvalidValue where there can be none."""
        return self.client_for(Options())

    def client_for(self, options: Options) -> Client:
        """Give the session's client; where options ask for another, one that is made once and kept beside it."""
        from restpath.cli.asking import new_client

        wanted = _of_client(self.merged(options))
        if wanted not in self._clients:
            what = self.source if "://" in self.source else self.definition
            self._clients[wanted] = new_client(what, wanted)
        return self._clients[wanted]

    def merged(self, options: Options) -> Options:
        """
        Give the options of a call with those of the session behind them.

        A call that says another server or another profile gets nothing of what the session says of who calls: that is
        for the session's own server.
        """
        own = self.options
        elsewhere = options.base_url not in (None, own.base_url) or options.profile not in (None, own.profile)
        timeout = own.timeout if options.timeout is UNSET else options.timeout
        if elsewhere:
            return replace(options, timeout=timeout, definition=own.definition)
        return replace(
            options, base_url=own.base_url, profile=own.profile, timeout=timeout, definition=own.definition,
            settings=tuple(_by_name([*own.settings, *options.settings]).values()),
            no_strict=own.no_strict or options.no_strict, learn=own.learn or options.learn,
        )  # fmt: skip

    def change(self, options: Options) -> None:
        """
        Have other options from now on; credentials alone are changed in the client that is there.

        Raises:
            InvalidValue: they cannot be; nothing is changed.
        """
        before = self.options
        old = _of_client(self.merged(Options()))
        self.options = options
        try:
            self._change_client(old, _of_client(self.merged(Options())))
        except BaseException:
            self.options = before
            raise

    def _change_client(self, old: Options, new: Options) -> None:
        from restpath.client import core_of

        client = self._clients.get(old)
        if old == new:
            return
        before, after = _by_name(old.settings), _by_name(new.settings)
        changed = {name for name in {**before, **after} if before.get(name) != after.get(name)}
        known = set(self.definition.service.credentials)
        if client is not None and replace(new, settings=old.settings) == old and changed <= known:
            core_of(client).give(**{name: _value(after.get(name)) for name in changed})
            self._clients[new] = self._clients.pop(old)
            return
        if self.has_server:
            _ = self.client
        if client is not None:
            _close(self._clients.pop(old))

    @property
    def has_server(self) -> bool:
        """Whether anybody says where the service is. Raises InvalidValue where the profile is not there, or wrong."""
        from restpath.cli.asking import has_server

        return "://" in self.source or has_server(self.definition, self.merged(Options()))

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            _close(client)
        self._clients.clear()

    # ---- places ----

    def path(self, typed: str) -> str:
        """Give the path, without the leading slash, that is meant by what is typed at the place where one is."""
        return joined(self.place, typed)

    def whole(self, typed: str) -> str:
        """Give SERVICE/PATH for what is typed."""
        path = self.path(typed)
        return f"{self.source}/{path}" if path else self.source

    def go(self, typed: str) -> None:
        """
        Go to a place, if there is such a place.

        Raises:
            UnknownResource: there is none; it names the nearest.
        """
        from restpath.cli.locating import Located, find_spot

        path = self.before if typed == "-" else self.path(typed)
        if path.strip("/") and self.definition.known and not (self.options.no_strict or self.options.learn):
            with self._told_of_root(typed):
                find_spot(Located(self.source, self.definition, path))
        self.place, self.before = path.rstrip("/"), self.place

    # ---- calls ----

    def ask_place(self, typed: str, word: str, options: Options, given: Given) -> tuple[Asked, Options]:
        """
        Find what a path and a method mean; a URL means what it means outside.

        Raises:
            UnknownResource, InvalidValue, MethodNotAllowed: as a command line does.
        """
        from restpath.cli.asking import Asked, ask_place, operation_at, operation_by_now
        from restpath.cli.locating import Located

        if "://" in typed:
            return ask_place(typed, word, options, given), options
        merged, path = self.merged(options), self.path(typed)
        client = self.client_for(options)
        with self._told_of_root(typed):
            if self.definition.known:
                located = Located(self.source, self.definition, path.partition("?")[0])
                operation = operation_by_now(client, path, word, given, located)
            else:
                operation = operation_at(client, path, word, given)
        return Asked(self.source, self._timed(operation, merged)), merged

    @contextmanager
    def _told_of_root(self, typed: str) -> Iterator[None]:
        """Let the error for what is not below the place where one is say that it is at the root, where it is there."""
        from restpath.cli.locating import Located, find_spot

        try:
            yield
        except UnknownItem as error:
            path = typed.partition("?")[0]
            if not self.place or path.startswith(("/", ".")):
                raise
            try:
                find_spot(Located(self.source, self.definition, path))
            except RestpathError:
                raise error from None
            told = f"{error}. Paths are taken from {self.source}/{self.place}; /{path} is from the root"
            raise UnknownItem(told, segment=error.segment, choices=error.choices) from None

    def ask_named(self, name: str, options: Options) -> tuple[Asked, Options]:
        """Find an operation by its name. Raises UnknownResource where there is none."""
        from restpath.cli.asking import Asked, operation_named

        merged = self.merged(options)
        operation = operation_named(self.client_for(options), name, self.source)
        return Asked(self.source, self._timed(operation, merged)), merged

    @staticmethod
    def _timed(operation: Any, options: Options) -> Any:
        return operation if options.timeout is UNSET else operation.options(timeout=options.timeout)

    # ---- the last answer: a `Keeper` ----

    @property
    def last(self) -> Any:
        """The content of the last answer. Raises InvalidValue where there is none."""
        if self._why_not is not None:
            raise InvalidValue(f"_ is the last answer, and {self._why_not}")
        return self._last

    @property
    def has_last(self) -> bool:
        """Whether there is a last answer."""
        return self._why_not is None

    def begin(self, path: str) -> None:
        """Note where the next answer is to come from."""
        self.asked_at, self._items = path, 0

    def keep_reply(self, reply: Reply) -> None:
        """Keep an answer."""
        from restpath.reply import result_of
        from restpath.types import Headers

        value = result_of(reply)
        self._last = dict(value) if isinstance(value, Headers) else value
        self._why_not = None if reply.saved is None else "it went to a file: leave --save out to have it here"

    def keep_item(self, item: Any) -> None:
        """Keep an item of a walk, as long as there are not too many of them."""
        if self._items == 0:
            self._last, self._why_not = [], None
        self._items += 1
        if self._items > _MOST_ITEMS:
            self._last, self._why_not = None, f"it had more than {_MOST_ITEMS} items, which are not kept"
        else:
            self._last.append(item)

    def end_walk(self) -> None:
        """Note that a walk has come to its end, which may have been its beginning."""
        if self._items == 0:
            self._last, self._why_not = [], None


def joined(place: str, typed: str) -> str:
    """
    Give the path that is typed at a place.

    Args:
        place: where one is, without slashes at its ends.
        typed: a path; absolute with a slash before it. `.` and `..` mean what they mean for folders; a dot that is
            percent-encoded is none of these.
    Returns:
        the path without its leading slash; a slash at its end, two slashes, and what follows `?` stay as typed.
    """
    path, mark, rest = _parted(typed)
    if path.startswith("/"):
        parts, path = [], path[1:]
    else:
        parts = place.split("/") if place else []
    typed_parts: Sequence[str] = path.split("/") if path else []
    for index, part in enumerate(typed_parts):
        if part == "..":
            parts = parts[:-1]
        elif part == "" and index and typed_parts[index - 1] in (".", "..") and index == len(typed_parts) - 1:
            continue  # the slash behind the dots
        elif part != ".":
            parts.append(part)
    return "/".join(parts) + mark + rest


def _parted(typed: str) -> tuple[str, str, str]:
    found = re.search(r"[?#]", typed)
    return (typed, "", "") if found is None else (typed[: found.start()], found.group(), typed[found.end() :])


def _of_client(options: Options) -> Options:
    """What of the options makes a client; how long one waits is said call by call."""
    return Options(
        base_url=options.base_url,
        settings=options.settings,
        profile=options.profile,
        no_strict=options.no_strict,
        learn=options.learn,
        refresh=options.refresh,
    )


def _by_name(settings: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE, the last of each name."""
    return {text.partition("=")[0]: text for text in settings}


def _value(setting: str | None) -> str | None:
    return None if setting is None else setting.partition("=")[2]


def _close(client: Client) -> None:
    import restpath

    restpath.close(client)
