"""
Which patterns of a stranger's definition may be asserted: those whose search is sure to end soon.

Takes a `pattern` of JSON Schema; gives a bound on the steps that `re.search` can take with it, or None where none is
seen. The expression becomes a position automaton (Glushkov 1961) through the standard library's own parser. A
backtracking matcher visits each path of it at most once, so the number of paths that one text can have bounds the
steps. That number is exponential where a loop can be run through in two ways by one text, and else a polynomial
(Weber and Seidl 1991, "On the degree of ambiguity of finite automata"). Anything not understood has no bound.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

if sys.version_info >= (3, 11):
    from re import _parser as sre_parse  # type: ignore[attr-defined]
else:
    import sre_parse

__all__ = ["compiled_pattern", "cost", "is_assertable", "parsed_pattern"]

BUDGET_STEPS = 10_000_000  # about a second
_MAX_PATTERN, _MAX_DEPTH, _MAX_POSITIONS, _MAX_WORK = 4_000, 50, 2_000, 200_000
_MAX_WIDTH, _WIDEST_RANGE = 1_000_000, 0x10000  # to compile that takes half a second; beyond the BMP is no more work
_MAX_COUNT = 1_000_000  # a larger constant is no bound that anybody could use
_MAX_COPIES = 64  # up to here x{3} is written out as xxx; beyond, it is taken as a loop, which has all its paths

_Polynomial: TypeAlias = "tuple[int, ...]"  # coefficients, the constant first
_Counts: TypeAlias = "dict[int, int]"  # position -> in how many ways


def cost(pattern: str) -> int | None:
    """
    Find the degree of the polynomial in the text's length that bounds the steps of `re.search`.

    Returns:
        1 for linear, 2 for quadratic, …; None where no bound is seen or Python cannot compile the pattern
        (among them the parts of ECMA-262 that Python lacks, such as `\\p{L}`).
    """
    bound = _bound(pattern)
    return None if bound is None else len(bound) - 1


def is_assertable(pattern: str, length: int) -> bool:
    """Tell whether searching any text of `length` characters for `pattern` takes at most `BUDGET_STEPS`."""
    bound = _bound(pattern)
    return bound is not None and sum(factor * length**power for power, factor in enumerate(bound)) <= BUDGET_STEPS


def parsed_pattern(pattern: str) -> Any:
    """Give a pattern as the standard library's parser takes it apart. Raises re.error where Python cannot read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sre_parse.parse(pattern)


def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """
    Compile a pattern, unless that alone would take long: Python goes through each character of each range.

    Raises:
        re.error: Python cannot read it.
        OverflowError: its sets hold too many characters.
    """
    pile: list[Any] = [parsed_pattern(pattern)]
    width = 0
    while pile:
        node = pile.pop()
        if isinstance(node, tuple) and len(node) == 2 and getattr(node[0], "name", "") == "RANGE":
            width += min(node[1][1] - node[1][0], _WIDEST_RANGE)
        elif isinstance(node, (tuple, list, sre_parse.SubPattern)):
            pile += [node[index] for index in range(len(node))]  # one of the parser has no iterator
    if width > _MAX_WIDTH:
        raise OverflowError("its sets hold too many characters")
    return re.compile(pattern)


class _Refused(Exception):
    """No bound is seen."""


def _bound(pattern: object) -> _Polynomial | None:
    try:
        return _analyse(pattern) if isinstance(pattern, str) and len(pattern) <= _MAX_PATTERN else None
    except RecursionError:  # says as much of the caller's stack as of the pattern, so it is not remembered
        return None


@lru_cache(maxsize=1024)
def _analyse(pattern: str) -> _Polynomial | None:
    if _is_ambiguous(pattern):
        return None
    try:
        compiled = compiled_pattern(pattern)
        return _Automaton(sre_parse.parse(pattern), compiled.flags).steps()
    except (_Refused, re.error, OverflowError, ValueError, Warning):
        return None


_TOKEN = re.compile(r"\\.|\[\^?|--|&&|~~|\|\||.", re.DOTALL)


def _is_ambiguous(pattern: str) -> bool:
    """
    Tell whether a set reads otherwise in Python than in ECMA-262, now (`[]`, `[^]`) or soon (`[[a]--b]`).

    Python warns of the latter whenever it compiles one; a user could do nothing about that.
    """
    inside = fresh = False
    for token in _TOKEN.findall(pattern):
        if not inside:
            inside = fresh = token[0] == "["
        elif (fresh and token[0] in "[]") or (len(token) == 2 and token[0] in "-&~|"):
            return True
        else:
            inside, fresh = token != "]", False
    return False


# ---- characters: Latin-1 one by one, all others in four kinds that the categories tell apart; never too small a set

_KINDS = ("\u0660", "\u0100", "\u2003", "\u20ac")  # a digit, another word character, a space, anything else
_ALL = (1 << 260) - 1
_BEYOND = _ALL ^ ((1 << 256) - 1)
_LETTERS = sum(1 << code for code in range(256) if chr(code).isalpha())


def _kind(char: str) -> int:
    kinds = (char.isdecimal(), char.isalnum() or char == "_", char.isspace(), True)
    return 1 << (256 + kinds.index(True))


def _matching(test: Callable[[str], bool]) -> int:
    latin = sum(1 << code for code in range(256) if test(chr(code)))
    return latin | sum(_kind(char) for char in _KINDS if test(char))


_CATEGORIES = {
    "DIGIT": _matching(str.isdecimal),
    "SPACE": _matching(str.isspace),
    "WORD": _matching(lambda char: char.isalnum() or char == "_"),
}


def _characters(low: int, high: int, whole: bool) -> int:
    """Give the set of a range; beyond Latin-1 all the kinds it may touch if `whole`, else only those it covers."""
    latin = (1 << min(high + 1, 256)) - (1 << min(low, 256))
    if high < 256:
        return latin
    if not whole:
        return latin | (_BEYOND if low <= 256 and high >= sys.maxunicode else 0)
    return latin | (_kind(chr(low)) if low == high else _BEYOND)


def _member(name: str, value: Any, whole: bool) -> int:
    if name == "LITERAL":
        return _characters(value, value, whole)
    if name == "RANGE":
        return _characters(value[0], value[1], whole)
    if name == "CATEGORY":
        category = value.name.removeprefix("CATEGORY_")
        inside = _CATEGORIES.get(category.removeprefix("NOT_"))
        if inside is not None:
            return _ALL ^ inside if category.startswith("NOT_") else inside
    raise _Refused(name)


def _either_case(mask: int) -> int:
    # A few letters have their other case far away (the Kelvin sign is a k), so any may be any.
    cased = _LETTERS | _kind("\u0100") | _kind("\u20ac")
    return mask | cased if mask & cased else mask


def _set(members: Iterable[tuple[Any, Any]], flags: int) -> int:
    negated, mask, covered = False, 0, 0
    for op, value in members:
        if op.name == "NEGATE":
            negated = True
            continue
        mask |= _member(op.name, value, True)
        covered |= _member(op.name, value, False)
    if negated:
        return _ALL ^ covered
    return _either_case(mask) if flags & re.IGNORECASE else mask


# ---- the automaton: one position for each character of the pattern, edges with the number of ways to take them


class _Part(NamedTuple):
    """A piece of the pattern: where it may begin and end, and the number of ways in which it matches nothing."""

    first: _Counts
    last: _Counts
    empty: int


_NOTHING = _Part({}, {}, 1)


def _add(counts: _Counts, more: _Counts, times: int) -> _Counts:
    if not times:
        return counts
    total = dict(counts)
    for position, ways in more.items():
        total[position] = total.get(position, 0) + ways * times
    return total


def _is_anchored(items: Any, flags: int) -> bool:
    """Tell whether a match can begin nowhere but at the beginning of the text."""
    if not len(items):
        return False
    op, value = items[0]
    if op.name == "AT":
        multiline = flags & re.MULTILINE
        return value.name == "AT_BEGINNING_STRING" or (value.name == "AT_BEGINNING" and not multiline)
    if op.name == "SUBPATTERN":
        return _is_anchored(value[3], flags | value[1])
    return op.name == "BRANCH" and all(_is_anchored(item, flags) for item in value[1])


class _Automaton:
    """
    The position automaton of a parsed pattern.

    Position 0 stands before the match. Positions are numbered as they stand in the pattern, and every edge that leads
    back lies within a loop, so an outermost loop is a strongly connected component and a range of positions.
    """

    def __init__(self, tree: Any, flags: int) -> None:
        if flags & (re.ASCII | re.LOCALE):
            raise _Refused("the categories above are those of Unicode")
        self.sets, self.edges, self.loop = [_ALL], [{}], [0]  # type: tuple[list[int], list[_Counts], list[int]]
        self.work, self.weight = 0, 1
        whole = self._sequence(tree, flags, 0)
        self._connect({0: 1}, whole.first)
        if not _is_anchored(tree, flags):
            self._connect({0: 1}, {0: 1})  # `search` tries every place
        self.exits = {**whole.last, 0: whole.empty}

    def _charge(self, amount: int = 1) -> None:
        self.work += amount
        if self.work > _MAX_WORK:
            raise _Refused("too large")

    def _connect(self, sources: _Counts, targets: _Counts) -> None:
        self._charge(len(sources) * len(targets))
        for source, ways in sources.items():
            self.edges[source] = _add(self.edges[source], targets, ways)

    def _character(self, mask: int) -> _Part:
        if len(self.sets) > _MAX_POSITIONS:
            raise _Refused("too large")
        self.sets.append(mask)
        self.edges.append({})
        self.loop.append(0)
        position = len(self.sets) - 1
        return _Part({position: 1}, {position: 1}, 0)

    def _then(self, left: _Part, right: _Part) -> _Part:
        self._connect(left.last, right.first)
        self._charge(len(left.first) + len(right.last))
        empty = min(left.empty * right.empty, _MAX_COUNT + 1)
        return _Part(_add(left.first, right.first, left.empty), _add(right.last, left.last, right.empty), empty)

    def _either(self, left: _Part, right: _Part) -> _Part:
        self._charge(len(left.first) + len(left.last))
        return _Part(_add(left.first, right.first, 1), _add(left.last, right.last, 1), left.empty + right.empty)

    def _sequence(self, items: Any, flags: int, depth: int) -> _Part:
        if depth > _MAX_DEPTH:
            raise _Refused("too deep")
        whole = _NOTHING
        for op, value in items:
            self._charge()
            whole = self._then(whole, self._item(op.name, value, flags, depth + 1))
        return whole

    def _item(self, name: str, value: Any, flags: int, depth: int) -> _Part:
        if name in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            return self._character(self._alphabet(name, value, flags))
        if name == "AT":
            return _NOTHING
        if name == "SUBPATTERN":
            return self._sequence(value[3], (flags | value[1]) & ~value[2], depth)
        if name == "ATOMIC_GROUP":  # gives up paths that this counts all the same, as do possessive repeats
            return self._sequence(value, flags, depth)
        if name == "BRANCH":
            whole = self._sequence(value[1][0], flags, depth)
            for item in value[1][1:]:
                whole = self._either(whole, self._sequence(item, flags, depth))
            return whole
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, items = value
            return self._repeat(least, most, items, flags, depth)
        if name in ("ASSERT", "ASSERT_NOT"):
            self.weight += _assertion_steps(value[1], depth)
            return _NOTHING
        raise _Refused(name)  # back references, conditions, and what a later Python brings

    def _alphabet(self, name: str, value: Any, flags: int) -> int:
        if name == "ANY":
            return _ALL if flags & re.DOTALL else _ALL ^ (1 << ord("\n"))
        if name == "IN":
            return _set(value, flags)
        if name == "NOT_LITERAL":
            return _ALL ^ _characters(value, value, False)
        mask = _characters(value, value, True)
        return _either_case(mask) if flags & re.IGNORECASE else mask

    def _repeat(self, least: int, most: int, items: Any, flags: int, depth: int) -> _Part:
        if not most:
            return _NOTHING
        start = len(self.sets)
        body = self._sequence(items, flags, depth)
        width = len(self.sets) - start
        endless = most is sre_parse.MAXREPEAT
        copies = max(least - 1, 0) if endless else most - 1
        if width * (copies + 1) > _MAX_COPIES:
            endless, copies = True, 0  # every path of x{m,n} is one of x* by the same text
        parts = [body] + [self._sequence(items, flags, depth) for _ in range(copies)]
        if endless:
            parts[-1] = self._loop(parts[-1], len(self.sets) - width)
        return self._row(parts, least)

    def _loop(self, body: _Part, start: int) -> _Part:
        if body.empty:
            raise _Refused("an endless repeat of what may be empty")
        self._connect(body.last, body.first)
        self.loop[start:] = [start] * (len(self.loop) - start)
        return body

    def _row(self, parts: list[_Part], least: int) -> _Part:
        """Give parts[0] parts[1] … of which those from number `least` on may be left out, the last ones first."""
        optional = _NOTHING
        for part in reversed(parts[least:]):
            optional = self._either(_NOTHING, self._then(part, optional))
        whole = _NOTHING
        for part in parts[:least]:
            whole = self._then(whole, part)
        return self._then(whole, optional)

    # ---- the bound

    def steps(self) -> _Polynomial:
        """Give the polynomial in the text's length that bounds the steps; refuse where there is none of use."""
        self.together = self._simultaneous()
        paths = self._paths()
        for position, edges in enumerate(self.edges):
            local = 1 + sum(edges.values()) + self.exits.get(position, 0)
            paths[position] = _times(paths[position], local * self.weight)
        total = _grow(self._most(dict(enumerate(paths))))
        if sum(total) > _MAX_COUNT:
            raise _Refused("a bound too large to be of use")
        return total

    def _pairs_after(self, left: int, right: int) -> Iterator[tuple[int, int]]:
        for one in self.edges[left]:
            self._charge(len(self.edges[right]))
            for other in self.edges[right]:
                if self.sets[one] & self.sets[other]:
                    yield (one, other) if one <= other else (other, one)

    def _reach(self, pairs: Iterable[tuple[int, int]], loop: int = 0) -> Iterator[tuple[int, int]]:
        """Give all pairs of positions that one text leads to from `pairs`, and these; or those within a loop."""
        todo, seen = list(pairs), set(pairs)
        while todo:
            pair = todo.pop()
            yield pair
            for after in self._pairs_after(*pair):
                if after not in seen and (not loop or self.loop[after[0]] == self.loop[after[1]] == loop):
                    seen.add(after)
                    todo.append(after)

    def _simultaneous(self) -> list[set[int]]:
        """For each position, those at which another path of the same text may be at the same time, and itself."""
        together: list[set[int]] = [set() for _ in self.sets]
        for left, right in self._reach([(0, 0)]):
            together[left].add(right)
            together[right].add(left)
        return together

    def _most(self, paths: Mapping[int, _Polynomial]) -> _Polynomial:
        """Bound the sum of `paths` over the positions that can be held at the same time."""
        most: _Polynomial = ()
        for position in paths:
            others = self.together[position] & paths.keys()
            self._charge(len(others))
            most = _merge(max, most, _sum(paths[other] for other in others))
        return most

    def _paths(self) -> list[_Polynomial]:
        """For each position, bound the number of paths that end there by one text."""
        sources: list[_Counts] = [{} for _ in self.sets]
        for source, edges in enumerate(self.edges):
            for target, ways in edges.items():
                sources[target][source] = ways
        paths: list[_Polynomial] = [(1,)]
        while len(paths) < len(self.sets):
            start = len(paths)
            size = self.loop.count(start) or 1
            members = range(start, start + size)
            entries = {
                (source, target): ways
                for target in members
                for source, ways in sources[target].items()
                if source < start
            }
            entering: dict[int, _Polynomial] = {}
            for (source, _), ways in entries.items():
                entering[source] = _merge(int.__add__, entering.get(source, ()), _times(paths[source], ways))
            bound = self._most(entering)
            if self.loop[start]:
                self._refuse_two_ways(members)
                bound = _grow(bound) if self._may_join(members, entries) else bound
            paths.extend([bound] * size)
        return paths

    def _refuse_two_ways(self, members: range) -> None:
        """Refuse a loop that one text can run through in two ways: each further round would double the paths."""
        start = members[0]
        if any(ways > 1 for one in members for other, ways in self.edges[one].items() if other in members):
            raise _Refused("two ways")
        parted = [
            pair for one in members for pair in self._pairs_after(one, one)
            if pair[0] != pair[1] and pair[0] in members and pair[1] in members
        ]  # fmt: skip
        if any(left == right for left, right in self._reach(parted, start)):
            raise _Refused("two ways")

    def _may_join(self, members: range, entries: Iterable[tuple[int, int]]) -> bool:
        """Tell whether a path that enters the loop can ever meet, by the same text, one that entered it before."""
        pairs = []
        for source, target in entries:
            for inside in self.together[source] & set(members):
                for after in self.edges[inside].keys() & set(members):
                    self._charge()
                    if self.sets[after] & self.sets[target]:
                        pairs.append((min(after, target), max(after, target)))
        return any(left == right for left, right in self._reach(pairs, members[0]))


def _assertion_steps(items: Any, depth: int) -> int:
    """Bound the steps of a look-around of fixed shape; refuse one that repeats anything."""
    if depth > _MAX_DEPTH:
        raise _Refused("too deep")
    steps = 1
    for op, value in items:
        if op.name == "BRANCH":
            steps *= sum(_assertion_steps(item, depth + 1) for item in value[1])
        elif op.name == "SUBPATTERN":
            steps *= _assertion_steps(value[3], depth + 1)
        elif op.name not in ("LITERAL", "NOT_LITERAL", "IN", "ANY", "AT"):
            raise _Refused(op.name)
        if steps > _MAX_COUNT:
            raise _Refused("too large")
    return steps + len(items)


def _merge(join: Callable[[int, int], int], left: _Polynomial, right: _Polynomial) -> _Polynomial:
    size = max(len(left), len(right))
    pairs = zip(left + (0,) * (size - len(left)), right + (0,) * (size - len(right)), strict=True)
    return _usable(tuple(join(one, other) for one, other in pairs))


def _sum(terms: Iterable[_Polynomial]) -> _Polynomial:
    total: _Polynomial = ()
    for term in terms:
        total = _merge(int.__add__, total, term)
    return total


def _times(polynomial: _Polynomial, factor: int) -> _Polynomial:
    return _usable(tuple(factor * each for each in polynomial))


def _grow(polynomial: _Polynomial) -> _Polynomial:
    """Multiply by (length + 1)."""
    return _merge(int.__add__, polynomial, (0, *polynomial))


def _usable(polynomial: _Polynomial) -> _Polynomial:
    if sum(polynomial) > _MAX_COUNT:
        raise _Refused("a bound too large to be of use")
    return polynomial
