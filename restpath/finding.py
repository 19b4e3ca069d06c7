"""
Paths by text: from a path to its URL, and from a URL back to a path.

Takes a path or a URL of the service; gives `Path`s, the most literal match first, such that
`url(parse(client, url(p))) == url(p)`. Nothing is sent. The work is bounded by the number of the tree's places times
that of the URL's segments, for each place is entered once with the same rest of the URL.
Source: RFC 3986 section 6.2.2 for what is the same URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import unquote, urlsplit

from restpath.call import origin_of
from restpath.errors import InvalidValue, UnknownItem
from restpath.masking import mask_url
from restpath.mixed import every_filling, fill_from_url
from restpath.path import Path, Root, candidates, free_path, resolve_any, unknown
from restpath.template import (
    Segment,
    TemplateError,
    Variable,
    as_value,
    decode_reserved,
    encode_literal,
    encode_query,
    encode_reserved,
    encode_simple,
    parse_template,
)
from restpath.tree import End, Node

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
        UnknownItem: the definition has no such place; it names the last segment that is known, and what follows there.
        InvalidValue: see `find_paths`.
    """
    found = find_paths(root, text)
    if found:
        return found[0]
    path, _ = _own_part(root, text)
    walk = _Walk(path, exact=False)
    for _ in walk.places(root.tree.root):
        pass
    place, index = walk.furthest
    error = unknown(Path(root, place.node, place.values), _decoded(walk.parts[index]) or walk.parts[index], UnknownItem)
    raise UnknownItem(f"nothing is at {mask_url(text)!r}: {error}", segment=error.segment, choices=error.choices)


def find_paths(root: Root, text: str) -> list[Path]:
    """
    Read a path, or a URL of the service's own origin, back into paths, the most literal match first.

    A template is given once: where its variables could be filled in several ways, these have the same URL.

    Raises:
        InvalidValue: it is no text, another origin's, or has a query that no path can hold.
    """
    path, query = _own_part(root, text)
    if not root.definition.known and not query:
        return [_free(root, path)]
    found: dict[tuple[Node, str | None], tuple[_Fit, Path]] = {}
    somewhere = root.tree.root.free or not root.strict
    for exact in (True, False):
        for place in _Walk(path, exact).places(root.tree.root):
            somewhere = True
            fitted = _fit(Path(root, place.node, place.values), place.slash, query, exact)
            if fitted is not None:
                found.setdefault((place.node, fitted[1]._suffix), fitted)
    if not found and query and somewhere:
        raise InvalidValue(
            f"?{query} is part of a call and not of a path: leave it off, and give it to the call as qs="
        )
    if not found and not root.strict:
        return [_free(root, path)]
    return [candidate for _, candidate in sorted(found.values(), key=lambda fitted: fitted[0])]


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
    """The path of a URL that no definition knows: all of its segments are fixed."""
    try:
        template = parse_template(re.sub(r"[{}]", lambda brace: "%7B" if brace.group() == "{" else "%7D", path))
    except TemplateError as error:
        raise InvalidValue(str(error)) from error
    return free_path(root, template, {})


class _Fit(IntEnum):
    """How well a path fits a URL, the best first."""

    RESOURCE = 0
    ON_THE_WAY = 1  # to a resource, for it is none itself
    RESOURCE_MEANT = 2  # its own URL is another: ":" stands for "%3A" in a value, or the other way round in a literal
    ON_THE_WAY_MEANT = 3
    ALMOST = 4  # it has a slash or a query in every template that the URL lacks


def _fit(path: Path, slash: bool, query: str, exact: bool) -> tuple[_Fit, Path] | None:
    """The path with the suffix of the template that has this slash and this query; None if there is no such."""
    ends = candidates(path)
    fitting = [end for end in ends if end.template.slash == slash and _fixed_query(end) == _query_pairs(query)]
    if fitting:
        chosen = fitting[0].template.suffix
        if chosen != ends[0].template.suffix:
            path = Path(path._root, path._node, path._values, None, chosen)
        return _Fit.RESOURCE if exact else _Fit.RESOURCE_MEANT, path
    if slash or query or (path._node.ends and not ends):
        return None
    return _Fit.ALMOST if ends else _Fit.ON_THE_WAY if exact else _Fit.ON_THE_WAY_MEANT, path


def _fixed_query(end: End) -> list[tuple[str, str]]:
    fixed = [pair for pair in end.template.query if not isinstance(pair.value, Variable)]
    return sorted((pair.name, str(pair.value or "")) for pair in fixed)


def _query_pairs(query: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in query.split("&")] if query else []
    return sorted((unquote(name), unquote(value)) for name, _, value in parts)


# ---- down the tree -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A node reached with values, and whether the URL has a slash behind it."""

    node: Node
    values: tuple[str, ...]
    slash: bool = False


_Step = tuple[Node, int, "tuple[str, ...]"]


class _Walk:
    """
    A walk down the tree along a URL's segments: literals first, then mixed segments, variables, and several at once.

    Attributes:
        parts: the URL's segments, in their normal form.
        exact: what is found has this very URL; else it may have another that means the same to people.
        steps: how many places were entered: what the work is measured by.
        furthest: where the longest known part of the URL ends, and the index of the segment after it.
    """

    def __init__(self, path: str, exact: bool) -> None:
        self.parts = encode_reserved(path).split("/")[1:]
        self.exact = exact
        self.steps = 0
        self.furthest: tuple[_Place, int] = (_Place(Node(None, Segment(())), ()), -1)

    def places(self, root: Node) -> Iterator[_Place]:
        """Give all the places that the whole URL leads to."""
        entered: set[tuple[Node, int, tuple[str, ...]]] = set()
        stack: list[Iterator[_Step]] = [iter([(root, 0, ())])]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                continue
            node, index, values = step
            # Values tell apart only what a variable that stands twice may still refuse.
            key = (node, index, values if node.repeats else ())
            if key not in entered:
                entered.add(key)
                self.steps += 1
                yield from self._arrived(node, index, values)
                stack.append(self._onward(node, index, values))

    def _arrived(self, node: Node, index: int, values: tuple[str, ...]) -> Iterator[_Place]:
        rest = self.parts[index:] if index + 1 >= len(self.parts) else ["more"]
        if index > self.furthest[1] and rest:
            self.furthest = _Place(node, values), index
        if not rest or (node.parent is None and rest == [""]):
            yield _Place(node, values)
        elif rest == [""] and any(end.template.slash for end in node.ends):
            yield _Place(node, values, slash=True)

    def _onward(self, node: Node, index: int, values: tuple[str, ...]) -> Iterator[_Step]:
        if index == len(self.parts):
            return
        part = self.parts[index]
        text = _decoded(part)
        literal = node.literals.get(part if text is None else text)
        if literal is not None and (not self.exact or part in map(encode_literal, literal.texts)):
            yield literal, index + 1, values
        rest = "/".join(self.parts[index:]) if node.composites else ""
        for child in node.composites.values():
            for count, own in self._filled(child, rest):
                yield child, index + count, (*values, *own)
        if node.variable is not None and text is not None and _is_value(text):
            meant = not (node.variable.implied and node.readings(text))
            if meant and (not self.exact or encode_simple(text) == part):
                yield node.variable, index + 1, (*values, text)
        if node.reserved is not None:
            for count in range(1, len(self.parts) - index + 1):
                value = decode_reserved("/".join(self.parts[index : index + count]))
                if _is_value(value, reserved=True):
                    yield node.reserved, index + count, (*values, value)

    def _filled(self, child: Node, rest: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        if not child.repeats:
            yield from fill_from_url(child.segment, rest, exact=self.exact)
            return
        for written in child.texts:  # for it is the names that tell which values must be the same
            segment = parse_template("/" + written, literal=True).segments[0]
            for count, own in every_filling(segment, rest, exact=self.exact):
                if child.takes(own):
                    yield count, own


def _decoded(part: str) -> str | None:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return None


def _is_value(text: str, *, reserved: bool = False) -> bool:
    try:
        as_value(text, reserved=reserved)
    except InvalidValue:
        return False
    return True
