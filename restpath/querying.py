"""
The query of a call: what the template has, the fields over what the definition starts from, and the caller's `qs=`.

Takes these; gives pairs of names and texts, and the text that is sent. What is said twice is an error.
Source: RFC 3986 section 3.4.
"""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from restpath.definition.method import Method
from restpath.errors import InvalidValue
from restpath.fields import Pairs, encode_pairs, flat, pairs
from restpath.template import Variable, encode_query, encode_strays

__all__ = ["query_of"]


def query_of(
    start: Mapping[str, Any], fields: Mapping[str, Any], qs: Any, method: Method, what: str
) -> tuple[tuple[tuple[str, str], ...], str]:
    """The query as pairs and as text: the template's own pairs, then the fields over their defaults, then `qs`."""
    raw = _raw_query(qs) if isinstance(qs, (str, bytes)) else ""
    items = [] if qs is None or isinstance(qs, (str, bytes)) else _query_items(qs)
    lists, default = method.query_list_styles, method.rules.query_lists
    beyond = {name for name, _ in (*items, *_decoded(raw))}
    rest = {**{name: value for name, value in start.items() if name not in beyond}, **fields}
    bare, found = _template_query(rest, method)
    own = {name for name, _ in found} | set(bare)
    found += _without(own, pairs(rest, lists, default), what, "the template's own query")
    taken = {name for name, _ in found} | set(bare)
    found += _without(taken, pairs(items, lists, default), what, "its fields")
    texts = [encode_query(name) for name in bare] + [text for text in (encode_pairs(found, encode_query), raw) if text]
    return (*((name, "") for name in bare), *flat(found), *_decoded(raw)), "&".join(texts)


def _template_query(rest: dict[str, Any], method: Method) -> tuple[list[str], Pairs]:
    """The names without a value and the pairs of the template's own query; its variables are taken from `rest`."""
    bare: list[str] = []
    found: Pairs = []
    for pair in method.resource.template.query:
        if isinstance(pair.value, Variable):
            value = rest.pop(pair.value.name, None)
            found += pairs([(pair.name, value)], method.query_list_styles, method.rules.query_lists)
        elif pair.value is None:
            bare.append(pair.name)
        else:
            found.append((pair.name, pair.value))
    return bare, found


def _decoded(raw: str) -> list[tuple[str, str]]:
    return parse_qsl(raw, keep_blank_values=True, max_num_fields=None)


def _without(taken: set[str], more: Pairs, what: str, where: str) -> Pairs:
    twice = next((name for name, _ in more if name in taken), None)
    if twice is not None:
        raise InvalidValue(f"{what}: the parameter {twice!r} is in {where} already: give it once")
    return more


def _raw_query(qs: str | bytes) -> str:
    """A query given as text stays as it stands, but for what no URL can carry."""
    try:
        text = quote(qs.removeprefix(b"?" if isinstance(qs, bytes) else "?"), safe="%/?:@!$&'()*+,;=-._~")  # type: ignore[arg-type]
    except UnicodeEncodeError as error:
        raise InvalidValue("qs= holds a lone surrogate, which has no UTF-8") from error
    return encode_strays(text)


def _query_items(qs: Any) -> list[tuple[str, Any]]:
    if isinstance(qs, Mapping):
        return list(qs.items())
    items = list(qs) if isinstance(qs, (list, tuple, ItemsView)) else None
    if items is None or any(not isinstance(item, (list, tuple)) or len(item) != 2 for item in items):
        raise InvalidValue(f"qs= is a {type(qs).__name__}: give a mapping, pairs of name and value, or text")
    for name, _ in items:
        if not isinstance(name, str):
            raise InvalidValue(f"qs= has a name of type {type(name).__name__}: names are text")
    return [(name, value) for name, value in items]
