"""
Which resources a target means: from the path and the query of a request to places in the tree.

Takes a `Tree` and the path as it was sent; gives `Found`s, the most literal first. It is looser than reading a URL back
into a path (`finding`): nobody has to write the same URL again, so that any spelling of a character will do.
Source: RFC 3986 section 2.1 for percent-encoding, RFC 6570 for the templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from restpath.errors import InvalidValue
from restpath.template import Segment, Variable
from restpath.tree import End, Node, Tree
from restpath.values import as_value

__all__ = ["Found", "find_resources"]


@dataclass(frozen=True)
class Found:
    """A resource that a target means, with the values in it."""

    node: Node
    end: End
    values: tuple[str, ...]


def find_resources(tree: Tree, path: str, query: Mapping[str, Sequence[str]]) -> Iterator[Found]:
    """
    Give the resources that a target means.

    Args:
        path: percent-encoded, with its leading slash.
        query: the values of the query by name; what a template fixes of it must be there.
    """
    for node, values, slash in _places(tree.root, path.split("/")[1:], ()):
        ends = [end for end in node.ends if end.template.slash == slash and end.admits(None, values)]
        for end in sorted(ends, key=lambda end: -len(end.template.query)):
            if _fits(end, query):
                yield Found(node, end, values)


def _fits(end: End, query: Mapping[str, Sequence[str]]) -> bool:
    return all(
        pair.name in query and (isinstance(pair.value, Variable) or (pair.value or "") in query[pair.name])
        for pair in end.template.query
    )


_Place = tuple[Node, "tuple[str, ...]", bool]


def _places(node: Node, parts: list[str], values: tuple[str, ...]) -> Iterator[_Place]:
    """Walk down: literals first, then mixed segments, variables, and several segments at once."""
    if not parts or parts == [""]:
        yield node, values, bool(parts) and node.parent is not None
    if not parts:
        return
    literal = node.literals.get(unquote(parts[0]))
    if literal is not None:
        yield from _places(literal, parts[1:], values)
    for child in node.composites.values():
        yield from _mixed(child, parts, values)
    if node.variable is not None and not node.variable.implied:
        yield from _with_value(node.variable, parts, 1, values)
    if node.reserved is not None and not node.reserved.implied:
        for count in range(1, len(parts) + 1):
            yield from _with_value(node.reserved, parts, count, values)


def _with_value(node: Node, parts: list[str], count: int, values: tuple[str, ...]) -> Iterator[_Place]:
    value = _value("/".join(parts[:count]), reserved=node.segment.variables[0].reserved)
    if value is not None:
        yield from _places(node, parts[count:], (*values, value))


def _mixed(node: Node, parts: list[str], values: tuple[str, ...]) -> Iterator[_Place]:
    variables = node.segment.variables
    several = any(variable.reserved for variable in variables)
    for count in range(1, len(parts) + 1) if several else (1,):
        match = re.fullmatch(_pattern(node.segment), _plain("/".join(parts[:count])))
        texts = match.groups() if match is not None else ()
        own = [_value(text, reserved=variable.reserved) for text, variable in zip(texts, variables, strict=False)]
        if match is not None and None not in own:
            yield from _places(node, parts[count:], (*values, *map(str, own)))


def _pattern(segment: Segment) -> str:
    """A mixed segment as a regular expression for its encoded text."""
    return "".join(
        re.escape(_plain(piece)) if isinstance(piece, str) else "(.+?)" if piece.reserved else "([^/]+?)"
        for piece in segment.pieces
    )


def _plain(text: str) -> str:
    """Spell percent-encodings in one way, those of a slash and of the percent sign apart."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda match: _spelled(int(match.group(1), 16)), text)


def _spelled(byte: int) -> str:
    character = chr(byte)
    return character if quote(character, safe="") == character else f"%{byte:02X}"


def _value(text: str, *, reserved: bool) -> str | None:
    """The value that an encoded text stands for; None where no path could hold it."""
    try:
        return as_value(unquote(text, errors="strict"), reserved=reserved)
    except (InvalidValue, UnicodeDecodeError):
        return None
