"""
Paths by text: from a template and values, and from a URL back to a path.

Takes the text of a template, or a path or URL of the service; gives `Path`s. Nothing is sent. A URL is read with the
most literal match first, such that `url(parse(client, url(p))) == url(p)`.
Source: RFC 6570 for templates, RFC 3986 section 6.2.2 for what is the same URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from restpath.call import origin_of
from restpath.errors import InvalidValue, RestpathError, UnknownItem
from restpath.masking import mask_url
from restpath.path import Path, Root, _did_you_mean, _nearest, resolve_any
from restpath.template import (
    Segment,
    TemplateError,
    Variable,
    as_value,
    decode_reserved,
    encode_literal,
    encode_query,
    normalize_path,
    parse_template,
)
from restpath.tree import Node

__all__ = ["find_paths", "parse_one", "url_of"]


def url_of(path: Path) -> str:
    """Write the URL of a path, with its template's fixed query, without credentials."""
    root = path._root
    end, text = resolve_any(path)
    base = root.base_url if end is None else root.base_of(end.method(min(end.methods)))
    fixed = [] if end is None else [pair for pair in end.template.query if not isinstance(pair.value, Variable)]
    query = "&".join(
        encode_query(pair.name) + ("" if pair.value is None else "=" + encode_query(str(pair.value))) for pair in fixed
    )
    return base + text + (f"?{query}" if query else "")


def parse_one(root: Root, text: str) -> Path:
    """
    Read a path or URL back into the path that is meant: the most literal of those there are.

    Raises:
        UnknownItem: the definition has no such place.
        InvalidValue: see `find_paths`.
    """
    found = find_paths(root, text)
    if not found:
        near = _nearest(text, list(root.tree.by_text))
        raise UnknownItem(
            f"{root.definition.name} has nothing at {mask_url(text)!r}{_did_you_mean(near)}", segment=text, choices=near
        )
    return found[0]


def find_paths(root: Root, text: str) -> list[Path]:
    """
    Read a path, or a URL of the service's own origin, back into paths, the most literal match first.

    Raises:
        InvalidValue: it is no text, another origin's, or has a query that no path can hold.
    """
    path, query = _own_part(root, text)
    if not root.definition.known:
        return [_free(root, path)] if not query else []
    parts = normalize_path(path).split("/")[1:]
    found = [Path(root, node, values, None, suffix) for node, values, suffix in _match(root.tree.root, parts, ())]
    if query:
        found = [_with_query(candidate, query) for candidate in found]
    return sorted(found, key=lambda candidate: not candidate._node.ends)


def _own_part(root: Root, text: str) -> tuple[str, str]:
    """The path and the query behind the base URL."""
    if not isinstance(text, str):
        raise InvalidValue(f"{text!r} is no text: give a path such as '/people/ann', or a URL of {root.base_url}")
    slashes = root.tree.root.literals if root.definition.known else [""]
    if text.startswith("/") and (not text.startswith("//") or "" in slashes):
        parts = urlsplit("//host" + text)
        return parts.path or "/", parts.query
    return _of_url(root, text)


def _of_url(root: Root, text: str) -> tuple[str, str]:
    try:
        parts, base = urlsplit(text), urlsplit(root.base_url)
        same = parts.scheme != "" and origin_of(text) == origin_of(root.base_url)
    except ValueError as error:
        raise InvalidValue(f"{mask_url(text)!r} is no URL: {error}") from error
    if not same:
        raise InvalidValue(
            f"{mask_url(text)!r} is not below {root.base_url}: give a URL of it, or a path from its root"
        )
    prefix = base.path.rstrip("/")
    if not (parts.path == prefix or parts.path.startswith(prefix + "/")):
        raise InvalidValue(f"{mask_url(text)!r} is not below {root.base_url}")
    return parts.path[len(prefix) :] or "/", parts.query


def _free(root: Root, path: str) -> Path:
    from restpath.path import free_path

    try:
        template = parse_template(re.sub(r"[{}]", lambda brace: "%7B" if brace.group() == "{" else "%7D", path))
    except TemplateError as error:
        raise InvalidValue(str(error)) from error
    return free_path(root, template, {})


def _with_query(path: Path, query: str) -> Path:
    """Keep a path whose template has this very query of its own."""
    pairs = sorted(part.partition("=")[::2] for part in query.split("&"))
    for end in path._node.ends:
        fixed = [pair for pair in end.template.query if not isinstance(pair.value, Variable)]
        own = sorted((encode_query(pair.name), encode_query(str(pair.value or ""))) for pair in fixed)
        if own == pairs and path._suffix in (None, end.template.suffix):
            only = len({other.template.suffix for other in path._node.ends}) == 1
            return Path(path._root, path._node, path._values, None, None if only else end.template.suffix)
    raise InvalidValue(f"?{query} is part of a call and not of a path: leave it off, and give it to the call as qs=")


_Match = tuple[Node, "tuple[str, ...]", "str | None"]


def _match(node: Node, parts: list[str], values: tuple[str, ...]) -> Iterator[_Match]:
    """Walk down the tree by a URL's segments: literals first, then mixed segments, variables, and several at once."""
    if not parts or (node.parent is None and parts == [""]):
        yield node, values, None
        return
    if parts == [""] and node.parent is not None:
        slashed = [end.template.suffix for end in node.ends if end.template.slash]
        if slashed:
            plain = any(not end.template.slash for end in node.ends)
            yield node, values, slashed[0] if plain else None
    part, rest = parts[0], parts[1:]
    text = _decoded(part)
    if text is not None:
        literal = node.literals.get(text)
        if literal is not None:
            yield from _match(literal, rest, values)
    for child in node.composites.values():
        several = any(variable.reserved for variable in child.segment.variables)
        for count in range(1, len(parts) + 1) if several else (1,):
            for filled in _fill(child.segment, "/".join(parts[:count])):
                yield from _match(child, parts[count:], (*values, *filled))
    if node.variable is not None and not node.variable.implied and _is_value(text):
        yield from _match(node.variable, rest, (*values, text or ""))
    if node.reserved is not None and not node.reserved.implied:
        for count in range(1, len(parts) + 1):
            value = decode_reserved("/".join(parts[:count]))
            if _is_value(value, reserved=True):
                yield from _match(node.reserved, parts[count:], (*values, value))


def _decoded(part: str) -> str | None:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return None


def _is_value(text: str | None, *, reserved: bool = False) -> bool:
    try:
        as_value(text, reserved=reserved)
    except InvalidValue:
        return False
    return True


# One character of a value as a URL writes it: never half of one that UTF-8 writes in several bytes.
_UNIT = (
    r"(?:[^%{slash}]|%[0-7][0-9A-F]|%[CD][0-9A-F]%[89AB][0-9A-F]|%E[0-9A-F](?:%[89AB][0-9A-F]){{2}}"
    r"|%F[0-7](?:%[89AB][0-9A-F]){{3}})"
)
_UNITS = {False: _UNIT.format(slash="/"), True: _UNIT.format(slash="")}
_LONGEST_MIXED = 2048


def _fill(segment: Segment, part: str) -> Iterator[tuple[str, ...]]:
    """Fill a mixed segment from the text of a URL: in one way, for any other has the same URL."""
    pattern = "".join(
        re.escape(normalize_path(encode_literal(piece))) if isinstance(piece, str) else f"({_UNITS[piece.reserved]}+?)"
        for piece in segment.pieces
    )
    match = re.fullmatch(pattern, part) if len(part) <= _LONGEST_MIXED else None
    if match is not None:
        pairs = list(zip(match.groups(), segment.variables, strict=True))
        values = [decode_reserved(text) if variable.reserved else _decoded(text) for text, variable in pairs]
        if all(
            _is_value(value, reserved=variable.reserved) for value, (_, variable) in zip(values, pairs, strict=True)
        ):
            yield tuple(value or "" for value in values)
