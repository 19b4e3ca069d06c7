"""
Mixed segments, such as `{id}.json` and `{base}...{head}`: from a text back to the values of their variables.

Takes a segment and a text; gives values. Two texts are read: what a caller wrote as an item, where only one reading
counts, and what a URL holds, where any reading does, for all have the same URL. The work grows with the length of the
text times the number of pieces, whatever they are: nothing is tried twice.
Source: RFC 6570 sections 3.2.2 and 3.2.3 for what a value looks like in a URL; RFC 3629 for where characters end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from urllib.parse import unquote

from restpath.template import Segment, Variable, decode_reserved, encode_literal, encode_simple

__all__ = ["every_filling", "fill_from_item", "fill_from_url", "suffix_of"]


def suffix_of(segment: Segment) -> str | None:
    """Give the literal that follows the only variable of a segment such as `{id}:cancel`; None for any other."""
    if len(segment.pieces) == 2 and isinstance(segment.pieces[0], Variable) and isinstance(segment.pieces[1], str):
        return segment.pieces[1]
    return None


# ---- from an item ------------------------------------------------------------------------------------------------


def fill_from_item(segment: Segment, text: str) -> tuple[str, ...] | None:
    """
    Fill a mixed segment's variables from a text that has its form.

    Returns:
        the values in order; None if the text has not this form, or could be taken apart in two ways.
    """
    pieces = segment.pieces
    if any(isinstance(a, Variable) and isinstance(b, Variable) for a, b in pairwise(pieces)):
        return None
    starts = pieces[0] if isinstance(pieces[0], str) else ""
    ends = pieces[-1] if isinstance(pieces[-1], str) else ""
    if len(text) < len(starts) + len(ends) or not (text.startswith(starts) and text.endswith(ends)):
        return None
    between = [piece for piece in pieces[bool(starts) : len(pieces) - bool(ends)] if isinstance(piece, str)]
    inner = text[len(starts) : len(text) - len(ends)]
    first = _cut(inner, between)
    # The same from the other end: where both agree, there is no third way.
    mirrored = _cut(inner[::-1], [piece[::-1] for piece in between[::-1]])
    last = None if mirrored is None else [part[::-1] for part in mirrored[::-1]]
    return tuple(first) if first is not None and first == last else None


def _cut(text: str, between: Sequence[str]) -> list[str] | None:
    """Cut a text at each of the literals, as early as can be; no part is empty."""
    parts, start = [], 0
    for literal in between:
        place = text.find(literal, start + 1)
        if place < 0:
            return None
        parts.append(text[start:place])
        start = place + len(literal)
    return [*parts, text[start:]] if start < len(text) else None


# ---- from a URL --------------------------------------------------------------------------------------------------

_DOTS = ("", ".", "..")
_Reach = dict[int, int]


def fill_from_url(segment: Segment, text: str, *, exact: bool = True) -> Iterator[tuple[int, tuple[str, ...]]]:
    """
    Fill a mixed segment from the beginning of a URL's path, which is in normal form.

    Args:
        exact: the values make the very same text again; else a plain one may hold what would be encoded in it.
    Gives:
        for each way to end at a slash or at the end of the text, how many of the text's segments that takes, and the
        values. A `{+name}` takes several segments.
    """
    text = _reach_of(segment, text)
    marks = _Marks(text, exact)
    layers: list[_Reach] = [{0: 0}]
    for piece in segment.pieces:
        starts = layers[-1]
        layers.append(_after_literal(piece, text, starts) if isinstance(piece, str) else marks.after(piece, starts))
    for end in layers[-1]:
        if end == len(text) or text[end] == "/":
            yield text.count("/", 0, end) + 1, _values(segment, text, layers, end)


_MOST_STEPS = 10_000


def every_filling(segment: Segment, text: str, *, exact: bool = True) -> Iterator[tuple[int, tuple[str, ...]]]:
    """
    The same with all values there are: where a variable stands twice, here or further on, only some of them are good.

    It ends after a bounded number of steps, which only a long text that could be read in thousands of ways takes.
    """
    text = _reach_of(segment, text)
    marks = _Marks(text, exact)
    stack: list[tuple[int, tuple[int, ...]]] = [(0, (0,))]
    for _ in range(_MOST_STEPS):
        if not stack:
            return
        count, places = stack.pop()
        if count == len(segment.pieces):
            end = places[-1]
            if end == len(text) or text[end] == "/":
                layers = [{place: before} for before, place in zip((0, *places), places, strict=False)]
                yield text.count("/", 0, end) + 1, _values(segment, text, layers, end)
            continue
        piece = segment.pieces[count]
        same = _written_before(segment, text, count, places)
        start = {places[-1]: 0}
        ends = marks.after(piece, start) if isinstance(piece, Variable) else _after_literal(piece, text, start)
        if same is not None:
            ends = {end: 0 for end in ends if text[places[-1] : end] == same}
        stack += [(count + 1, (*places, end)) for end in sorted(ends, reverse=True)]


def _written_before(segment: Segment, text: str, count: int, places: Sequence[int]) -> str | None:
    """What a variable has been filled with where it stood before in the same segment."""
    piece = segment.pieces[count]
    before = segment.pieces.index(piece)
    return text[places[before] : places[before + 1]] if isinstance(piece, Variable) and before < count else None


def _reach_of(segment: Segment, text: str) -> str:
    """As much of a text as the segment could take."""
    return text if any(variable.reserved for variable in segment.variables) else text.partition("/")[0]


def _after_literal(piece: str, text: str, starts: _Reach) -> _Reach:
    written = encode_literal(piece)
    return {start + len(written): start for start in starts if text.startswith(written, start)}


def _values(segment: Segment, text: str, layers: Sequence[_Reach], end: int) -> tuple[str, ...]:
    """Go back from an end through the starts that led there."""
    values = []
    for piece, layer in zip(segment.pieces[::-1], layers[:0:-1], strict=True):
        start = layer[end]
        if isinstance(piece, Variable):
            written = text[start:end]
            values.append(decode_reserved(written) if piece.reserved else unquote(written))
        end = start
    return tuple(values[::-1])


class _Marks:
    """Where the values of variables may begin and end in a text."""

    def __init__(self, text: str, exact: bool) -> None:
        self.text = text
        self.exact = exact
        self.cuts: list[int] = []  # never within a triplet
        self.whole: set[int] = set()  # never within a character of several triplets
        self.barriers: set[int] = set()  # behind what no plain value holds: a slash, what is no UTF-8, ...
        for run in re.finditer(r"(?:%[0-9A-F]{2})+|.", text, re.DOTALL):
            self._mark(run.start(), run.group())
        self.cuts.append(len(text))
        self.whole.add(len(text))

    def _mark(self, start: int, run: str) -> None:
        if len(run) == 1:
            self.cuts.append(start)
            self.whole.add(start)
            if run == "/" or (self.exact and encode_simple(run) != run):
                self.barriers.add(start + 1)
            return
        self.cuts += range(start, start + len(run), 3)
        for character in bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape"):
            self.whole.add(start)
            no_text = "\ud800" <= character <= "\udfff"
            start += 3 * (1 if no_text else len(character.encode()))
            if no_text:
                self.barriers.add(start)

    def after(self, variable: Variable, starts: _Reach) -> _Reach:
        """Give where a value can end that begins at one of the starts, each with such a start."""
        return self._after_reserved(starts) if variable.reserved else self._after_plain(starts)

    def _after_plain(self, starts: _Reach) -> _Reach:
        """The earliest start serves every end up to the next barrier: a shorter value is no better than a longer."""
        ends: _Reach = {}
        first: int | None = None
        for cut in self.cuts:
            if cut in self.barriers:
                first = None
            if cut not in self.whole:
                continue
            if first is not None and self.text[first:cut] not in _DOTS:
                ends[cut] = first
            if first is None and cut in starts:
                first = cut
        return ends

    def _after_reserved(self, starts: _Reach) -> _Reach:
        """The same for `{+name}`, each of whose own segments has to be no dots: those before this one, and this one."""
        ends: _Reach = {}
        first: int | None = None  # the earliest start in this segment
        earlier: int | None = None  # the earliest start before it, with good segments from there to here
        begin = 0
        for cut in self.cuts:
            if cut and self.text[cut - 1] == "/":
                if earlier is not None and self.text[begin : cut - 1] in _DOTS:
                    earlier = None
                if earlier is None and first is not None and self.text[first : cut - 1] not in _DOTS:
                    earlier = first
                first, begin = None, cut
            if first is not None and self.text[first:cut] not in _DOTS:
                ends[cut] = first
            elif earlier is not None and self.text[begin:cut] not in _DOTS:
                ends[cut] = earlier
            if first is None and cut in starts:
                first = cut
        return ends
