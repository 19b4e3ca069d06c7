"""
Walk: what `operation.walk(**fields)` gives, the items of a list one by one, whatever its pages.

Takes a `Paging`, which describes the call for each page, and what sends a call; gives items, or whole replies, and a
cursor by which a later program goes on. A page is fetched when its first item is asked for; an error leaves the walk
where it is. A cursor is text for URLs and files: base64url (RFC 4648 section 5) of JSON, without credentials.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from operator import length_hint
from typing import Any, NoReturn
from urllib.parse import urlsplit

from restpath.call import Call
from restpath.errors import InvalidValue, RestpathError
from restpath.masking import mask_url
from restpath.pagination import Paging, Position
from restpath.reply import Reply

__all__ = ["Walk"]

_VERSION = 1
_LARGEST = 2**63


class Walk(Iterator[Any]):
    """
    The items of a list, one by one, page by page. Goes through it once, and is for one thread.

    `pages()` gives whole replies in place of items, `cursor` says where it is, and `resume(cursor)` goes on from there.
    After an error (`TransportError`, `RequestError`) it is where it was: asked for the next item, it asks for the same
    page again.
    """

    def __init__(
        self,
        paging: Paging,
        perform: Callable[[Call], Reply],
        *,
        max_items: int | None = None,
        max_pages: int | None = None,
    ) -> None:
        """
        Begin a walk. Nothing is sent.

        Args:
            paging: the list.
            perform: sends a call and gives the answer, or raises.
            max_items: how many items it gives; None for all. `pages()` stops behind the page that has the last.
            max_pages: how many pages it fetches; None for all.
        """
        self._paging, self._perform = paging, perform
        self._max_items, self._max_pages = max_items, max_pages
        self._begin(paging.start, paging.first, 0)

    def _begin(self, position: Position, call: Call, taken: int) -> None:
        self._position, self._call, self._taken = position, call, taken
        self._page: tuple[Reply, list[Any]] | None = None
        self._before: list[Any] = []
        self._seen = {self._key(call)}
        self._given = self._turned = 0
        # What of the page comes next, and how much that was when `_taken` and `_given` were last counted.
        self._rest: Iterator[Any] = iter(())
        self._left = 0
        self._is_shown = self._is_done = False

    # ---- items and pages ----

    def __iter__(self) -> Walk:
        return self

    def __next__(self) -> Any:
        """
        Give the next item.

        Raises:
            StopIteration: there is none, or the limit is reached.
            TransportError, RequestError, AuthError: as a call does; the walk stays where it is.
        """
        for item in self._rest:  # within a page, which is where a walk mostly is, nothing else needs to be looked at
            return item
        self._count()
        while (page := self._current_page()) is not None:
            if self._taken < len(page[1]):
                self._begin_with(page[1])
                return next(self._rest)
            self._turn(*page)
        raise StopIteration

    def _begin_with(self, items: list[Any]) -> None:
        """Have the items of a page that were not given come next, as far as the limit goes."""
        end = None if self._max_items is None else self._taken + self._max_items - self._given
        rest = items[self._taken : end]
        self._rest, self._left = iter(rest), len(rest)

    def _count(self) -> None:
        """Count what was given since this was last done."""
        left = length_hint(self._rest)
        self._taken += self._left - left
        self._given += self._left - left
        self._left = left

    def pages(self) -> Iterator[Reply]:
        """
        Give whole replies, each a page of the list, from the page at which the walk is.

        A page of which some items were given comes whole. One that only shows that the list is at its end is left out,
        but for the first.
        """
        return _Pages(self._next_reply)

    def _next_reply(self) -> Reply | None:
        self._count()
        while (page := self._current_page()) is not None:
            reply, items = page
            is_first = not items and not self._turned and not self._is_shown
            if self._taken < len(items) or is_first:
                self._given += len(items) - self._taken
                self._taken, self._is_shown = len(items), True
                self._rest, self._left = iter(()), 0
                return reply
            self._turn(*page)
        return None

    def _current_page(self) -> tuple[Reply, list[Any]] | None:
        """The page at which the walk is, fetched if need be; None at the end or at a limit."""
        if self._is_done or (self._max_items is not None and self._given >= self._max_items):
            return None
        if self._page is None:
            if self._max_pages is not None and self._turned >= self._max_pages:
                return None
            reply = self._perform(self._call)
            items = self._paging.items_of(reply, self._position)
            if self._paging.repeats(reply, items, self._before):
                self._is_done = True
                return None
            self._page, self._taken = (reply, items), min(self._taken, len(items))
        return self._page

    def _turn(self, reply: Reply, items: list[Any]) -> None:
        """Go on to the next page, which is not fetched yet."""
        self._page = None  # whatever comes: after an error it is asked for again
        following = self._following(reply, items)
        self._turned += 1
        if following is None:
            self._is_done = True
            return
        self._position, self._call, key = following
        self._seen.add(key)
        self._before, self._taken = items, 0

    def _following(self, reply: Reply, items: list[Any]) -> tuple[Position, Call, bytes | None] | None:
        """The position, the call and the key of the next page; None at the end, and where it would go in a circle."""
        position = self._paging.next_position(reply, self._position, items)
        if position is None:
            return None
        call = self._paging.call_at(position)
        key = self._key(call)
        return None if key is not None and key in self._seen else (position, call, key)

    def _key(self, call: Call) -> bytes | None:
        """What tells a page from all others; None where nothing leads back to one."""
        return None if self._paging.counts else _key(call)

    # ---- cursors ----

    @property
    def cursor(self) -> str | None:
        """
        Where the walk is, as text: what was given is behind it. None once the list is at its end.

        It holds no credentials, and is good for the same operation with the same arguments, in any later program:
        `operation.walk(**fields).resume(cursor)`.
        """
        self._count()
        if self._is_done:
            return None
        if self._page is None:
            return self._written(self._position, self._taken)
        reply, items = self._page
        if self._taken < len(items):
            return self._written(*self._paging.behind(items, self._taken, self._position))
        try:
            following = self._following(reply, items)
        except RestpathError:  # of which the walk tells when its next item is asked for
            return self._written(self._position, self._taken)
        return None if following is None else self._written(following[0], 0)

    def _written(self, position: Position, taken: int) -> str:
        place = [position.value, position.count, position.ties, taken]
        text = json.dumps([_VERSION, _digest(self._paging), *place], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def resume(self, cursor: str) -> Walk:
        """
        Give a walk that goes on behind what the walk of this cursor gave. Limits count anew.

        Raises:
            InvalidValue: it is no cursor, or one of another list, of other arguments or of a walk at its end.
        """
        position, taken = self._read(cursor)
        self._paging.check(position)
        walk = Walk(self._paging, self._perform, max_items=self._max_items, max_pages=self._max_pages)
        walk._begin(position, self._paging.call_at(position), taken)
        return walk

    def _read(self, cursor: object) -> tuple[Position, int]:
        if cursor is None:
            raise InvalidValue("None is the cursor of a walk at its end: there is nothing to go on with")
        what = self._paging.first.described()
        if not isinstance(cursor, str):
            raise InvalidValue(f"a {type(cursor).__name__} is no cursor: give the text of walk.cursor")
        place = _decoded(cursor.strip())  # a file may end in a line of its own
        if place is None:
            raise InvalidValue(f"this is no cursor of a walk through {what}: give the text of walk.cursor as it was")
        if place[0] != _digest(self._paging):
            raise InvalidValue(f"this cursor is of another walk than that through {what}: the arguments must be equal")
        return Position(*place[1:4]), place[4]

    def __repr__(self) -> str:
        self._count()
        where = "at its end" if self._is_done else f"at {self._call.described()}"
        return f"<Walk through {self._paging.first.described()}: {self._given} items given, {where}>"

    def __reduce__(self) -> NoReturn:
        raise InvalidValue(
            "a walk cannot be pickled or copied: keep its .cursor, and resume(cursor) a walk of its kind"
        )


class _Pages(Iterator[Reply]):
    """The replies of a walk. No generator, which an error would end."""

    def __init__(self, next_reply: Callable[[], Reply | None]) -> None:
        self._next_reply = next_reply

    def __next__(self) -> Reply:
        reply = self._next_reply()
        if reply is None:
            raise StopIteration
        return reply


def _key(call: Call) -> bytes:
    """What tells one page from another, in few bytes: pairs in another order ask for the same."""
    has_body = call.body is not None or bool(call.files)
    said = (call.url.partition("?")[0], sorted(call.query), _body(call) if has_body else None)
    return hashlib.blake2b(repr(said).encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _digest(paging: Paging) -> str:
    """What tells one list from another, with the arguments by which it was asked for; no credentials among them."""
    call, rule = paging.first, paging.rule
    url = urlsplit(mask_url(call.url))
    said = [call.method, url.scheme, url.netloc, url.path, sorted(url.query.split("&")), _body(call)]
    return hashlib.sha256(json.dumps([*said, rule.by, rule.parameter]).encode()).hexdigest()[:16]


def _body(call: Call) -> object:
    if isinstance(call.body, bytes):
        return hashlib.sha256(call.body).hexdigest()
    parts = [(part.name, part.source if isinstance(part.source, bytes) else repr(part.source)) for part in call.files]
    return [repr(call.body), repr(parts)]


def _decoded(cursor: str) -> list[Any] | None:
    """The fields of a cursor behind its version; None for anything that this module did not write."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != 6 or found[0] != _VERSION:
        return None
    _, digest, value, *counts = found
    sizes = all(isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _LARGEST for count in counts)
    simple = value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool))
    return [digest, value, *counts] if sizes and simple else None
