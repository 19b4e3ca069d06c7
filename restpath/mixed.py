"""
Mixed segments, such as `{id}.json` and `{base}...{head}`: from a text back to the values of their variables.

Takes a segment, or its pieces, and a text; gives values. Two texts are read: what a caller wrote as an item, where only
one reading counts, and what a URL holds, where any reading does, for all have the same URL. The work grows with the
length of the text times the number of pieces, whatever they are: nothing is tried twice.
Source: RFC 6570 sections 3.2.2 and 3.2.3 for what a value looks like in a URL; RFC 3629 for where characters end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import unquote

from restpath.template import Segment, Variable, encode_literal, encode_reserved, encode_simple

__all__ = ["Layers", "Marks", "Reach", "decode_reserved", "fill_from_item"]


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
_MOST_STEPS = 10_000

Reach: TypeAlias = "dict[int, int]"  # where pieces can end in a text, each with a place where the last of them began
Layers: TypeAlias = "list[Reach]"  # one before the first piece, and one after each


class Marks:
    """
    The path of a URL, and where the values of variables may begin and end in it.

    Attributes:
        text: the path in its normal form.
        exact: what is read makes the very same text again; else a plain value may hold what would be encoded in it.
    """

    def __init__(self, text: str, exact: bool) -> None:
        self.text = text
        self.exact = exact
        self._cuts: list[int] = []  # never within a triplet
        self._whole: set[int] = set()  # never within a character of several triplets
        self._barriers: set[int] = set()  # behind what no plain value holds: a slash, what is no UTF-8, ...

    def _read(self) -> None:
        for run in re.finditer(r"(?:%[0-9A-F]{2})+|.", self.text, re.DOTALL):
            self._mark(run.start(), run.group())
        self._cuts.append(len(self.text))
        self._whole.add(len(self.text))

    def _mark(self, start: int, run: str) -> None:
        if len(run) == 1:
            self._cuts.append(start)
            self._whole.add(start)
            if run == "/" or (self.exact and encode_simple(run) != run):
                self._barriers.add(start + 1)
            return
        self._cuts += range(start, start + len(run), 3)
        for character in bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape"):
            self._whole.add(start)
            no_text = "\ud800" <= character <= "\udfff"
            start += 3 * (1 if no_text else len(character.encode()))
            if no_text:
                self._barriers.add(start)

    def through(self, pieces: Sequence[str | Variable], starts: Reach) -> Layers:
        """Read pieces from any of the starts; the last layer is where they can end."""
        layers = [starts]
        for piece in pieces:
            layers.append(self._after(piece, layers[-1]))
        return layers

    def values(self, pieces: Sequence[str | Variable], layers: Layers, end: int) -> tuple[tuple[str, ...], int]:
        """Go back from an end; give the values that the pieces have there, and the start."""
        values = []
        for piece, layer in zip(pieces[::-1], layers[:0:-1], strict=True):
            start = layer[end]
            if isinstance(piece, Variable):
                written = self.text[start:end]
                values.append(decode_reserved(written) if piece.reserved else unquote(written))
            end = start
        return tuple(values[::-1]), end

    def every_filling(self, pieces: Sequence[str | Variable]) -> Iterator[tuple[str, ...]]:
        """
        Give the values of all readings of the whole text in which a variable that stands twice has one value.

        It ends after a bounded number of steps, which only a long text with thousands of readings takes.
        """
        stack: list[tuple[int, ...]] = [(0,)]
        for _ in range(_MOST_STEPS):
            if not stack:
                return
            places = stack.pop()
            count = len(places) - 1
            if count < len(pieces):
                ends = self._after(pieces[count], {places[-1]: 0})
                same = self._written_before(pieces, places)
                fits = [end for end in sorted(ends, reverse=True) if same in (None, self.text[places[-1] : end])]
                stack += [(*places, end) for end in fits]
            elif places[-1] == len(self.text):
                yield self.values(pieces, [{end: start} for start, end in pairwise((0, *places))], places[-1])[0]

    def _written_before(self, pieces: Sequence[str | Variable], places: Sequence[int]) -> str | None:
        """What a variable has been filled with where it stood before."""
        piece = pieces[len(places) - 1]
        before = pieces.index(piece)
        twice = isinstance(piece, Variable) and before < len(places) - 1
        return self.text[places[before] : places[before + 1]] if twice else None

    def _after(self, piece: str | Variable, starts: Reach) -> Reach:
        if isinstance(piece, Variable):
            if not self._cuts:  # most URLs are read without
                self._read()
            return self._after_reserved(starts) if piece.reserved else self._after_plain(starts)
        written = encode_literal(piece)
        return {start + len(written): start for start in starts if self.text.startswith(written, start)}

    def _after_plain(self, starts: Reach) -> Reach:
        """The earliest start serves every end up to the next barrier: a shorter value is no better than a longer."""
        ends: Reach = {}
        first: int | None = None
        for cut in self._cuts:
            if cut in self._barriers:
                first = None
            if cut not in self._whole:
                continue
            if first is not None and self.text[first:cut] not in _DOTS:
                ends[cut] = first
            if first is None and cut in starts:
                first = cut
        return ends

    def _after_reserved(self, starts: Reach) -> Reach:
        """The same for `{+name}`, each of whose own segments has to be no dots: those before this one, and this one."""
        ends: Reach = {}
        first: int | None = None  # the earliest start in this segment
        earlier: int | None = None  # the earliest start before it, with good segments from there to here
        begin = 0
        for cut in self._cuts:
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


def decode_reserved(text: str) -> str:
    """Turn the text of a `{+name}` back into a value that is encoded to the same text again."""
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
    for candidate in (decoded, _decode_pieces(text)):
        if encode_reserved(candidate) == text:
            return candidate
    return text


def _decode_pieces(text: str) -> str:
    def keep_or_decode(run: str) -> str:
        try:
            decoded = unquote(run, errors="strict")
        except UnicodeDecodeError:
            return run
        return decoded if encode_reserved(decoded) == run else run

    runs: Iterator[str] = iter(re.split(r"((?:%[0-9A-Fa-f]{2})+)", text))
    return "".join(keep_or_decode(run) for run in runs)
