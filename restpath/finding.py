"""
Paths by text: from a URL back to a path.

Takes a URL of the service, or the path of one; gives `Path`s, the most literal match first, such that
`url(parse(client, url(p))) == url(p)`. Nothing is sent, but that a client that follows its service
(`refresh="on-miss"`) asks for what it does not know. The work is bounded by the number of the tree's nodes times the
length of the URL, for each node is entered once.
Source: RFC 3986 section 6.2.2 for what is the same URL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import IntEnum
from urllib.parse import unquote, urlsplit

from restpath.call import origin_of
from restpath.errors import InvalidValue, UnknownItem, UnknownResource
from restpath.expanding import expand_template, fill_template, free_path
from restpath.later import later_root
from restpath.masking import mask_url
from restpath.mixed import Layers, Marks, Reach
from restpath.path import Path
from restpath.phrasing import unknown
from restpath.place import Root
from restpath.records import dataclass
from restpath.resolving import candidates
from restpath.template import (
    Segment,
    TemplateError,
    Variable,
    encode_literal,
    encode_reserved,
    encode_simple,
    parse_template,
)
from restpath.tree import End, Node

__all__ = ["expand_any", "expand_other", "find_all", "find_paths", "parse_one"]


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
    what, error = _missing(root, text)
    return later_root(root, what, error, lambda newer: next(iter(find_paths(newer, text)), None))


def find_all(root: Root, text: str) -> list[Path]:
    """Read a path or URL back into all the paths that it can mean, as `find_paths` does; ask for it where none is."""
    found = find_paths(root, text)
    if found or root.renew is None:
        return found
    what, error = _missing(root, text)
    try:
        return later_root(root, what, error, lambda newer: find_paths(newer, text) or None)
    except UnknownResource:
        return []


def _missing(root: Root, text: str) -> tuple[str, UnknownItem]:
    """What a miss is remembered by: the first segment that is not known, where it is missing; and the error of it."""
    path, _ = _own_part(root, text)
    walk = _Walk(path, exact=False)
    for _ in walk.places(root.tree.root):
        pass
    node, end = walk.furthest or (root.tree.root, 0)
    part = walk.text[end + 1 :].partition("/")[0]
    name = _decoded(part, part)
    error = unknown(Path(root, node, walk.values(node, end)), name, UnknownItem)
    problem = f"nothing is at {mask_url(text)!r}: {error}"
    return f"{node.template} {name}", UnknownItem(problem, segment=error.segment, choices=error.choices)


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


def expand_any(root: Root, text: str, values: Mapping[str, object]) -> Path:
    """
    Give the path of a template by its own text, or by another text for the same path.

    Raises:
        UnknownItem: the definition has neither.
        InvalidValue: a variable has no value, a value no variable, or no template of that other text has such a path.
    """
    try:
        return _expand_known(root, text, values)
    except UnknownItem as error:
        return later_root(root, f"template {text}", error, lambda newer: _expand_known(newer, text, values))


def _expand_known(root: Root, text: str, values: Mapping[str, object]) -> Path:
    others = root.tree.others
    if others and isinstance(text, str) and text not in root.tree.by_text:
        known = next((other for other in (text, f"/{text}") if other in others), None)
        if known is not None and f"/{text}" not in root.tree.by_text:
            return expand_other(root, known, values, others[known])
    return expand_template(root, text, values)


def expand_other(root: Root, text: str, values: Mapping[str, object], templates: Collection[str]) -> Path:
    """
    Give the path that another text means: of these templates the most literal one that has it.

    Raises:
        InvalidValue: none of them has it; it names them.
    """
    written = fill_template(parse_template(text), values)
    for path in find_paths(root, written):
        if any(end.template.text in templates for end in candidates(path)):
            return path
    listed = ", ".join(list(templates)[:12]) + (", ..." if len(templates) > 12 else "")
    raise InvalidValue(f"{mask_url(written)} is no path of {text}, which stands for {listed}")


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


class _Walk:
    """
    A walk down the tree along a URL's path: literals first, then mixed segments, variables, and several at once.

    A place is entered once, from all the segments of the URL that it can begin at.

    Attributes:
        marks: the path in its normal form, where what is found has this very URL; else what it means to people.
        furthest: the node where the longest known part of the path ends, and where that is.
    """

    def __init__(self, path: str, exact: bool) -> None:
        self.text = encode_reserved(path)
        self.marks = Marks(self.text, exact)
        self.furthest: tuple[Node, int] | None = None
        self._layers: dict[Node, Layers] = {}

    def places(self, root: Node) -> Iterator[_Place]:
        """Give all the places that the whole path leads to."""
        self._layers[root] = [{0: 0}]
        stack = [(root, False)]
        while stack:
            node, below_is_done = stack.pop()
            if below_is_done:  # before a `{+path}` that takes all comes `{+path}/raw`, which is more literal
                yield from self._arrived(node)
                continue
            below = {child: layers for child, layers in self._below(node) if layers[-1]}
            self._layers.update(below)
            stack += [(node, True), *((child, False) for child in reversed(below))]

    def _arrived(self, node: Node) -> Iterator[_Place]:
        ends, last = self._layers[node][-1], len(self.text)
        further = max((end for end in ends if end < last), default=-1)
        if further > (self.furthest[1] if self.furthest else -1):
            self.furthest = node, further
        if last in ends or (node.parent is None and self.text == "/"):
            yield from self._filled(node, last if last in ends else 0, slash=False)
        if last - 1 in ends and self.text[-1] == "/" and any(end.template.slash for end in node.ends):
            yield from self._filled(node, last - 1, slash=True)

    def _filled(self, node: Node, end: int, *, slash: bool) -> Iterator[_Place]:
        """The place with its values, and again for each template in which a variable stands twice."""
        ends = (node.ends or node.subtree_ends()) if node.repeats else ()
        templates = dict.fromkeys(known.template.segments[: node.depth] for known in ends)
        twice = [segments for segments in templates if _has_one_twice(segments)]
        if not twice or len(twice) < len(templates):
            yield _Place(node, self.values(node, end), slash)
        for segments in twice:
            pieces = [piece for segment in segments for piece in ("/", *segment.pieces)]
            for values in Marks(self.text[:end], self.marks.exact).every_filling(pieces):
                yield _Place(node, values, slash)

    def values(self, node: Node, end: int) -> tuple[str, ...]:
        """Give the values from the root down to a node that ends there."""
        values: tuple[str, ...] = ()
        for step in node.line()[::-1]:
            own, start = self.marks.values(step.segment.pieces, self._layers[step], end)
            values, end = (*own, *values), start - 1
        return values

    def _below(self, node: Node) -> Iterator[tuple[Node, Layers]]:
        """The nodes one level down, with where their segments can end."""
        starts = {end + 1: end for end in self._layers[node][-1] if end < len(self.text)}
        parts = {start: self.text[start : self._slash(start)] for start in starts}
        literals: dict[Node, Reach] = {}
        for start, part in parts.items():
            literal = node.literals.get(_decoded(part, part))
            if literal is not None and (not self.marks.exact or part in map(encode_literal, literal.texts)):
                literals.setdefault(literal, {})[start + len(part)] = start
        yield from ((literal, _literal_layers(literal, starts, ends)) for literal, ends in literals.items())
        for child in node.composites.values():
            yield child, self._segments_only(self.marks.through(child.segment.pieces, starts))
        if node.variable is not None:
            good = {start: part for start, part in parts.items() if self._is_value(node, part)}
            yield node.variable, [starts, {start + len(part): start for start, part in good.items()}]
        if node.reserved is not None:
            yield node.reserved, self._segments_only(self.marks.through(node.reserved.segment.pieces, starts))

    def _is_value(self, node: Node, part: str) -> bool:
        text = _decoded(part, "")
        if text in ("", ".", "..") or (self.marks.exact and encode_simple(text) != part):
            return False
        return not (node.variable is not None and node.variable.implied and node.readings(text))

    def _segments_only(self, layers: Layers) -> Layers:
        """The same, where what ends within a segment of the path does not count."""
        ends = {end: start for end, start in layers[-1].items() if self._slash(end) == end}
        return [*layers[:-1], ends]

    def _slash(self, start: int) -> int:
        found = self.text.find("/", start)
        return len(self.text) if found < 0 else found


def _has_one_twice(segments: Sequence[Segment]) -> bool:
    variables = [variable for segment in segments for variable in segment.variables]
    return len({*variables}) < len(variables)


def _literal_layers(node: Node, starts: Reach, ends: Reach) -> Layers:
    return [starts, ends] if node.segment.pieces else [ends]  # an empty segment has no piece


def _decoded(part: str, otherwise: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return otherwise
