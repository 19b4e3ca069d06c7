"""
Page rules: from a page of a list, its items and the call that fetches the page after it.

Takes a call's arguments, the definition's `PageRule` and a `Reply`; gives items, a `Position` (where a page begins,
small and JSON-able) and the `Call` for a position, or None at the end. Never sends. What ends a list: an empty page, no
next link or cursor, the number of pages or items, the service's own word that there is no more.
Source: RFC 6901 for places in the content; all else is the definition's word. Links: `links`, arguments: `turning`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from urllib.parse import SplitResult, unquote_plus, urlsplit

from restpath.call import Arguments, Call
from restpath.content import value_at
from restpath.definition.method import Method
from restpath.definition.rules import PageRule
from restpath.definition.service import Service
from restpath.errors import BadReply, DefinitionError, InvalidValue
from restpath.fields import scalar
from restpath.links import find_link, link_target
from restpath.masking import is_secret_name, mask_url
from restpath.records import dataclass
from restpath.regex import pattern
from restpath.reply import Reply
from restpath.sources import FileSource
from restpath.turning import (
    Turned,
    kept_arguments,
    piece_name,
    plain_name,
    query_pieces,
    said_of,
    turned,
    with_parameter,
)
from restpath.types import UNSET, Json, Unset

__all__ = ["Paging", "Position", "Value"]

Value: TypeAlias = "str | int | float | None"


@dataclass(frozen=True)
class Position:
    """
    Where a page begins.

    Attributes:
        value: the page's number, its offset, the last item's value, the cursor or the link, as the rule has it; None
            where the caller's own call begins.
        count: how many items came before, at least.
        ties: by item: how many items with just this value came before.
    """

    value: Value = None
    count: int = 0
    ties: int = 0


class Paging:
    """
    A list cut into pages: its rule, and the call for each of them. Holds no page and sends nothing.

    Attributes:
        rule: how the list is cut.
        first: the call for the page at which the caller begins.
        start: the position of that page.
    """

    def __init__(
        self,
        method: Method,
        service: Service,
        given: Arguments,
        describe: Callable[[Arguments], Call],
        what: str = "the list",
    ) -> None:
        """
        Describe the first page.

        Args:
            method: the operation.
            service: whose credentials no link may carry.
            given: the caller's arguments; what they say of the page is where the walk begins.
            describe: makes a call of arguments.
            what: the operation, for messages.
        Raises:
            DefinitionError: the definition does not say how the list is paged.
            InvalidValue: it cannot begin there, or its body could be sent only once.
        """
        self.rule = _rule_of(method, what)
        self._method, self._given, self._describe = method, kept_arguments(given), describe
        self.first = describe(self._given)
        self._turned: Turned | None = None
        self.start = Position()
        if self.counts:
            number = _start_number(self.rule, self.first)
            self.start = Position(number, number if self.rule.by == "offset" else 0)
        self._proof_names = _proof_names(service, method)
        _refuse_open_files(self.first, what)

    def call_at(self, position: Position) -> Call:
        """Give the call for the page at a position. Raises InvalidValue for one that no page of this list has."""
        if position == self.start:
            return self.first
        if self.rule.by == "link":
            return self._linked(str(position.value))
        name = str(self.rule.parameter)
        text = scalar(position.value, name)
        if self._turned is not None:
            return self._turned.with_text(text)
        call = self._describe(with_parameter(self._given, name, position.value, self._method))
        self._turned = turned(call, name, text)
        return call

    @property
    def counts(self) -> bool:
        """Whether pages are asked for by numbers that only grow, so that they lead in no circle."""
        return self.rule.by in ("page", "offset")

    def check(self, position: Position) -> None:
        """Refuse a position that no page of this list can have. Raises InvalidValue."""
        by, value = self.rule.by, position.value
        if by in ("page", "offset"):
            fits = isinstance(value, int) and value >= 0
        else:
            fits = value is None or (isinstance(value, str) if by == "link" else _value(value) is not None)
        if not fits or isinstance(value, bool):
            raise InvalidValue("this cursor belongs to another kind of list")
        if by == "link" and value is not None:
            target = link_target(str(value), self.first.url, self.first.url)
            if isinstance(target, str):
                raise InvalidValue(f"this cursor leads away from {self.first.described()}: {target}")

    # ---- what a page holds ----

    def items_of(self, reply: Reply, position: Position) -> list[Any]:
        """
        Give the items of a page, but for those at its beginning that the page before had already.

        Raises:
            BadReply: there is no list where the definition says.
        """
        items = self._listed(reply)
        if self.rule.by != "item" or not position.ties:
            return items
        # Services that mean "from this value on" rather than "behind it" begin with what came last.
        again = 0
        while again < min(position.ties, len(items)) and _at(items[again], self.rule.key) == position.value:
            again += 1
        return items[again:]

    def _listed(self, reply: Reply) -> list[Any]:
        content, pointer = reply.content, self.rule.items
        found = _at(content, pointer)
        if isinstance(found, list):
            return found
        # Services that leave empty lists out write a list of one as its only item. What comes in a page's place, such
        # as the words of a failure, counts no items.
        if isinstance(found, dict) and found and pointer and (self.rule.optional or self.is_bounded(reply)):
            return [found]
        reached, around = _reached(content, pointer)
        if found is None or around is None or (isinstance(found, Unset) and self._may_lack(content, around)):
            return []
        what = "nothing" if isinstance(found, Unset) else _shown(found)
        place = pointer or "its beginning"
        where = f", and {reached or 'the content'} is {_shown(around)}" if pointer else ""
        hint = (
            '. Where the service leaves empty lists out, say "optional": true under pages'
            if isinstance(found, Unset) and isinstance(around, dict)
            else ""
        )
        raise BadReply(
            f"{reply.call.described()} answered {reply.status}, but there is no list at {place}: "
            f"there is {what}{where}{hint}",
            call=reply.call,
        )

    def _may_lack(self, content: Json, around: Any) -> bool:
        """
        Whether a page without its list is an empty one: where the definition or the page itself says so.

        Nothing else is one: what comes in a page's place, such as words of a failure, would end the walk in silence.
        """
        if around == [] or _number(_at(content, self.rule.total)) == 0:  # some write an empty object as an empty list
            return True
        return self.rule.optional and isinstance(around, dict)

    def is_bounded(self, reply: Reply) -> bool:
        """Tell whether the page says how many there are, so that no list of its kind goes on for ever."""
        return any(_number(_at(reply.content, place)) is not None for place in (self.rule.pages, self.rule.total))

    def repeats(self, reply: Reply, items: Sequence[Any], before: Sequence[Any]) -> bool:
        """
        Tell whether a page is the one before over again, as from a service that does not heed the page's number.

        Bare values may come in equal pages by right; where nothing else would end such a list, this does.
        """
        if not self.counts or not items or list(items) != list(before):
            return False
        return not self.is_bounded(reply) or any(isinstance(item, (dict, list)) for item in items)

    # ---- what comes after it ----

    def behind(self, items: Sequence[Any], taken: int, position: Position) -> tuple[Position, int]:
        """
        Say where a walk is that has taken some of a page's items: a position, and how many items of the page there.

        By item it is the last one taken, so that items which come new at the list's head move nothing; unless the next
        one has the same value, which the service may skip.
        """
        if self.rule.by != "item" or not 0 < taken < len(items):
            return position, taken
        if _at(items[taken], self.rule.key) == _at(items[taken - 1], self.rule.key):
            return position, taken
        try:
            return self._behind_item(items[:taken], position), 0
        except ValueError:
            return position, taken

    def next_position(self, reply: Reply, position: Position, items: Sequence[Any]) -> Position | None:
        """
        Give the position of the page after this one; None where this is the last.

        Raises:
            BadReply: what should lead to the next page does not, or leads away from the service.
        """
        more = self._says_more(reply)
        goes_by_link = self.rule.by in ("link", "cursor")
        if more is False or (not items and not (more and goes_by_link)):
            return None
        count = position.count + len(items)
        if more is None and self._is_reached(reply, position, count):
            return None
        return _NEXT[self.rule.by](self, reply, position, items)

    def _says_more(self, reply: Reply) -> bool | None:
        """What the service itself says. A header field that is not there says no; a place in the content, nothing."""
        place = self.rule.more
        if place is None:
            return None
        told = _told(reply, place)
        if isinstance(told, (bool, int, float)):
            return bool(told)
        if isinstance(told, str):
            text = told.strip().lower()
            return bool(int(text)) if _DIGITS.fullmatch(text) else _FLAGS.get(text)
        return None if place.startswith("/") else False

    def _is_reached(self, reply: Reply, position: Position, count: int) -> bool:
        """Whether the number of pages or of items says that this page is the last."""
        content, rule = reply.content, self.rule
        pages, total = _number(_at(content, rule.pages)), _number(_at(content, rule.total))
        if pages is not None and rule.by == "page" and int(position.value or 0) - rule.first + 1 >= pages:
            return True
        return total is not None and count >= total

    def _next_number(self, reply: Reply, position: Position, items: Sequence[Any]) -> Position:
        return Position(int(position.value or 0) + 1, position.count + len(items))

    def _next_offset(self, reply: Reply, position: Position, items: Sequence[Any]) -> Position:
        # By what came, as a service may give fewer than were asked for.
        offset = int(position.value or 0) + len(items)
        return Position(offset, offset)

    def _next_item(self, reply: Reply, position: Position, items: Sequence[Any]) -> Position:
        try:
            return self._behind_item(items, position)
        except ValueError:
            raise BadReply(
                f"{reply.call.described()} has a last item without a value at {self.rule.key or 'its beginning'}, by "
                f"which the next page is asked for: it is {_shown(items[-1])}",
                call=reply.call,
            ) from None

    def _behind_item(self, items: Sequence[Any], position: Position) -> Position:
        """The position behind the last of these items. Raises ValueError where that has no value to go by."""
        value = _value(_at(items[-1], self.rule.key))
        if value is None:
            raise ValueError
        ties = 0
        while ties < len(items) and _at(items[-1 - ties], self.rule.key) == value:
            ties += 1
        if ties == len(items) and position.value == value:
            ties += position.ties
        return Position(value, position.count + len(items), ties)

    def _next_cursor(self, reply: Reply, position: Position, items: Sequence[Any]) -> Position | None:
        told = _told(reply, str(self.rule.next))
        if told in _NO_CURSOR:
            return None
        value = _value(told)
        if value is None:
            raise BadReply(
                f"{reply.call.described()} has no cursor at {self.rule.next}: there is {_shown(told)}", call=reply.call
            )
        return Position(value, position.count + len(items))

    def _next_link(self, reply: Reply, position: Position, items: Sequence[Any]) -> Position | None:
        told = _told(reply, str(self.rule.next))
        if told in _NO_CURSOR:
            return None
        call = reply.call
        if not isinstance(told, str):
            raise BadReply(f"{call.described()} has no link at {self.rule.next}: there is {_shown(told)}", call=call)
        target = link_target(told, reply.url, self.first.url)
        if isinstance(target, str):
            shown = mask_url(" ".join(told.split()))[:300]
            raise BadReply(
                f"{call.described()} has a next page at {shown!r}, which was not asked for: {target}", call=call
            )
        return Position(self._without_proof(target, reply), position.count + len(items))

    def _without_proof(self, target: SplitResult, reply: Reply) -> str:
        """The URL of a link without credentials that the service wrote into it; they are added anew when it is sent."""
        secrets = {secret.reveal() for secret in reply.hidden}
        own = {piece for piece in query_pieces(self.first.url) if is_secret_name(piece_name(piece))}

        def is_proof(piece: str) -> bool:
            value = unquote_plus(piece.partition("=")[2])
            return piece_name(piece) in self._proof_names or piece in own or (len(value) > 6 and value in secrets)

        kept = [piece for piece in target.query.split("&") if not is_proof(piece)]
        return target._replace(query="&".join(kept)).geturl()

    def _linked(self, url: str) -> Call:
        """The call to a link: with what the caller's query says beside it."""
        parts = urlsplit(url)
        own = [piece for piece in parts.query.split("&") if piece]
        taken = {plain_name(piece) for piece in own} | {self.rule.parameter}
        own += [piece for piece in query_pieces(self.first.url) if plain_name(piece) not in taken]
        return self.first.redirected(parts._replace(query="&".join(own)).geturl(), bare=False)


_NEXT: dict[str, Callable[[Paging, Reply, Position, Sequence[Any]], Position | None]] = {
    "page": Paging._next_number,
    "offset": Paging._next_offset,
    "item": Paging._next_item,
    "link": Paging._next_link,
    "cursor": Paging._next_cursor,
}


# ---- rules -------------------------------------------------------------------------------------------------------

_NEEDS = {
    "page": ("parameter",), "offset": ("parameter",), "item": ("parameter", "key"), "link": ("next",),
    "cursor": ("parameter", "next"),
}  # fmt: skip


def _rule_of(method: Method, what: str) -> PageRule:
    """
    The rule of an operation; what the service says of all lists is not for methods that change something.

    Raises:
        DefinitionError: there is none, or it is not whole.
    """
    rule = method.rules.pages
    if rule is None or (method.method not in ("GET", "QUERY") and not method.words.get("pages")):
        raise DefinitionError(
            f"the definition does not say how {what} is paged. Where the answer is the whole list, make the call and "
            "go through what it gives; else pass its paging parameters in qs=, or say it under pages in a layer: "
            'restpath.read(..., {"resources": {"/...": {"methods": {"GET": {"pages": {"by": "page", ...}}}}}})'
        )
    for name in _NEEDS[rule.by]:
        if getattr(rule, name) is None:
            raise DefinitionError(f"{what}: pages by {rule.by} need {name!r}, which the definition does not say")
    return rule


def _start_number(rule: PageRule, first: Call) -> int:
    """The page's number or the offset at which the caller begins."""
    said = said_of(first, str(rule.parameter))
    if not said:
        return rule.first if rule.by == "page" else 0
    number = _number(said[0])
    if number is None or len(said) > 1:
        shown = said[0] if len(said) == 1 else said
        raise InvalidValue(f"{rule.parameter}={shown!r}: a walk begins at one whole number")
    return number


def _proof_names(service: Service, method: Method) -> frozenset[str]:
    """The query names by which credentials go with a call."""
    schemes = [service.schemes[name] for name in method.rules.auth]
    signed = [scheme.signature.parameter for scheme in schemes if scheme.signature is not None]
    return frozenset([*signed, *(name for scheme in schemes for name in (*scheme.query, *scheme.fields))])


def _refuse_open_files(first: Call, what: str) -> None:
    for source in (first.body, *(part.source for part in first.files)):
        if isinstance(source, FileSource) and not isinstance(source.file, (str, bytes)):
            raise InvalidValue(f"{what} sends its file with every page: give a path, not an open file")


# ---- places in an answer -----------------------------------------------------------------------------------------

_DIGITS = pattern("[0-9]{1,18}")
_FLAGS = {"true": True, "yes": True, "false": False, "no": False, "": False}
# The zero is what services say that count their cursors; none of them comes back to its beginning.
_NO_CURSOR = (None, UNSET, "", False, 0, "0")


def _at(content: Json, pointer: str | None) -> Any:
    """What stands at a JSON Pointer; UNSET where nothing does."""
    return value_at(content, pointer, UNSET)


def _reached(content: Json, pointer: str) -> tuple[str, Any]:
    """How far a JSON Pointer leads before its own place, and what stands there."""
    tokens = pointer.split("/")[:-1]
    for end in range(len(tokens), 0, -1):
        place = "/".join(tokens[:end])
        found = _at(content, place)
        if not isinstance(found, Unset):
            return place, found
    return "", content


def _told(reply: Reply, place: str) -> Any:
    """What stands at a place of the content or in a header field; None or UNSET where nothing does."""
    if place.startswith("/"):
        return _at(reply.content, place)
    if place.lower() == "link":
        link = find_link(reply.headers.get_all("link"), "next")
        return link if link is None else _as_meant(link)
    text = reply.headers.get(place)
    return _as_meant(text.strip(" \t")) if text is not None else None


def _as_meant(text: str) -> str:
    """What a header field says: it is read as ISO-8859-1, and mostly meant as UTF-8."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def _number(value: Any) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _value(found: Any) -> str | int | float | None:
    """A value by which a page can be asked for; None for anything else."""
    if isinstance(found, str):
        return found if found and not _SURROGATE.search(found) else None
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


_SURROGATE = pattern("[\ud800-\udfff]")  # JSON can say them, no URL can carry them


def _shown(value: Any) -> str:
    """What a value is, in words that say nothing of what is in it but the names of its parts."""
    if isinstance(value, dict):
        names = [str(name)[:40] for name in list(value)[:8]]
        return "an object with " + ", ".join(names) if names else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, Unset) or value is None:
        return "nothing"
    kinds = {str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(value), f"{len(value)} bytes" if isinstance(value, bytes) else "a value")
