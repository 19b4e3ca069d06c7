"""
Turning pages: a caller's arguments with another page among them.

Takes `Arguments` and a parameter's name and value; gives arguments whose call asks for that page. The parameter goes
where the caller said it (fields, `qs`, `data`), else where fields go. Pure; nobody's objects are changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import ItemsView, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from restpath.call import Arguments, Call
from restpath.carried import pairs_of
from restpath.definition.method import Method
from restpath.fields import field_name, scalar
from restpath.records import dataclass, replace
from restpath.template import encode_query
from restpath.types import Unset

__all__ = [
    "Turned", "kept_arguments", "piece_name", "plain_name", "query_pieces", "said_of", "turned", "with_parameter",
]  # fmt: skip


def kept_arguments(given: Arguments) -> Arguments:
    """Give the arguments as they are now: a walk is long, and lists and mappings are their owner's to change."""
    qs = list(given.qs) if isinstance(given.qs, ItemsView) else given.qs
    headers = dict(given.headers) if isinstance(given.headers, Mapping) else given.headers
    return replace(given, data=_copy(given.data), qs=_copy(qs), headers=headers, fields=_copy(given.fields))


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value  # a tuple may be an upload


def with_parameter(given: Arguments, name: str, value: str | int | float | None, method: Method) -> Arguments:
    """Give the arguments with another page: where the caller said it, else where fields go."""
    for word in given.fields:
        if field_name(word, method.declared) == name:
            return replace(given, fields={**given.fields, word: value})
    qs = _replaced_in(given.qs, name, value)
    if qs is not None:
        return replace(given, qs=qs)
    data = given.data
    if isinstance(data, Unset):
        return replace(given, fields={**given.fields, name: value})
    if isinstance(data, Mapping) and (name in data or _takes_in_body(method, name)):
        return replace(given, data={**data, name: value})
    return replace(given, qs=_added_to(given.qs, name, value))


@dataclass(frozen=True)
class Turned:
    """
    A call of which another page's differs in one text of its query and in nothing else.

    Attributes:
        call: such a call.
        head, tail: what of its URL is before that text, and what is behind it.
        place: which pair of its query it is.
    """

    call: Call
    head: str
    tail: str
    place: int

    def with_text(self, text: str) -> Call:
        """Give the call with another text."""
        call, place = self.call, self.place
        query = (*call.query[:place], (call.query[place][0], text), *call.query[place + 1 :])
        return Call(
            call.method, self.head + encode_query(text) + self.tail, query, call.headers, None, (), call.secret_headers,
            call.absent_headers, call.operation,
        )  # fmt: skip


def turned(call: Call, name: str, text: str) -> Turned | None:
    """See where a call says its page; None unless that is once, in its query, as this text."""
    places = [at for at, (own, _) in enumerate(call.query) if own == name]
    path, _, query = call.url.partition("?")
    piece, pieces = f"{encode_query(name)}={encode_query(text)}", query.split("&")
    if call.body is not None or call.files or len(places) != 1 or pieces.count(piece) != 1:
        return None
    at = pieces.index(piece)
    head = f"{path}?{'&'.join([*pieces[:at], piece.partition('=')[0]])}="
    tail = "".join(f"&{each}" for each in pieces[at + 1 :])
    return Turned(call, head, tail, places[0]) if call.query[places[0]][1] == text else None


def _takes_in_body(method: Method, name: str) -> bool:
    return (
        method.method not in ("GET", "HEAD", "DELETE")
        and method.fields_kind != "query"
        and name not in method.query_names
    )


def _replaced_in(qs: Any, name: str, value: str | int | float | None) -> Any:
    """A query with another value for a name; None where the name is not in it."""
    if isinstance(qs, Mapping):
        return {**qs, name: value} if name in qs else None
    if isinstance(qs, bytes):
        found = _replaced_in(qs.decode("utf-8", "surrogateescape"), name, value)
        return found if found is None else found.encode("utf-8", "surrogateescape")
    if isinstance(qs, str):
        pieces = qs.removeprefix("?").split("&")
        found = [(piece_name(piece), piece) for piece in pieces]
        exchanged = _exchange(found, name, _piece(name, value))
        return exchanged and "&".join(piece for _, piece in exchanged)
    return _exchange([tuple(pair) for pair in qs], name, value) if qs else None


def _exchange(pairs: list[tuple[str, Any]], name: str, value: Any) -> list[tuple[str, Any]] | None:
    at = next((index for index, (own, _) in enumerate(pairs) if own == name), None)
    if at is None:
        return None
    return [*pairs[:at], (name, value), *(pair for pair in pairs[at:] if pair[0] != name)]


def _added_to(qs: Any, name: str, value: str | int | float | None) -> Any:
    if isinstance(qs, bytes):
        return b"&".join(part for part in (qs.removeprefix(b"?"), _piece(name, value).encode()) if part)
    if isinstance(qs, str):
        return "&".join(part for part in (qs.removeprefix("?"), _piece(name, value)) if part)
    return {**(qs or {}), name: value} if qs is None or isinstance(qs, Mapping) else [*qs, (name, value)]


def _piece(name: str, value: str | int | float | None) -> str:
    return f"{encode_query(name)}={encode_query(scalar(value, name))}"


def query_pieces(url: str) -> list[str]:
    """Give the pairs of a URL's query as they stand there."""
    return [piece for piece in urlsplit(url).query.split("&") if piece]


def piece_name(piece: str) -> str:
    """Give the name of a pair as it stands in a query."""
    return unquote_plus(piece.partition("=")[0])


def plain_name(piece: str) -> str:
    """Give the name of a pair; `tag[0]` is `tag[]`, as some services write it back."""
    return re.sub(r"\[[0-9]*\]$", "[]", piece_name(piece))


def said_of(call: Call, name: str) -> list[Any]:
    """Give what a call says of a parameter: in its query, its form or its JSON."""
    found: list[Any] = [value for own, value in pairs_of(call) if own == name]
    return found or _in_json(call, name)


def _in_json(call: Call, name: str) -> list[Any]:
    if not isinstance(call.body, bytes) or not call.body.startswith(b"{"):
        return []
    try:
        content = json.loads(call.body)
    except (ValueError, RecursionError):  # the caller's own bytes, which are nobody's to judge
        return []
    return [content[name]] if content.get(name) is not None else []
