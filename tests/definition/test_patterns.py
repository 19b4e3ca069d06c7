"""The bound on patterns, held to an independent count of steps."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restpath.definition import patterns
from restpath.definition.patterns import cost, is_assertable

EVERYDAY = [
    r"^[a-z]+$", r"^\d{4}-\d{2}-\d{2}$", r"^[a-z0-9]+(-[a-z0-9]+)*$", r"^(draft|open|closed)$",
    r"^[^@]+@[^@]+\.[a-z]{2,}$", r"^projects/[^/]+/locations/[^/]+$", r"^#[0-9a-fA-F]{6}$",
    r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$", r"^(\d{1,3}\.){3}\d{1,3}$", "", r"\S", r"^x-",
    r"^.{1,255}$",
    r"^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$", r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$", r"^(?!x-)[a-z]+$", r"^https?://\S+$",
    r"^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])$",
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", r"^(/([^/~]|~[01])*)*$",
    r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", r"^\+?[1-9]\d{1,14}$", r"(?i)^[a-z]+$",
]  # fmt: skip
HOSTILE = [
    r"(a+)+$", r"(a|a)*$", r"([a-z]+)*$", r"(.*)*x", r"(\w+\s?)*$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(?:a?){40}a{40}",
    r"(a*)*b", r"(x+x+)+y", r"^(a|b|ab)*$", r"((?:a|b?)*c)*", r"(\w_?|\d)+x", r"^(éb?|\w)*$",
    r"(?i)^(kb?|\u212a)*$", r"(?i)^(ab?|A)*$", r"(.|\s)*x", r"([^a]|[^b])*c", r"^(.*,)*$", "a?" * 40 + "a" * 40,
    r"(|||||||){20}x", ".*" * 30, r"(a{0,99}){0,99}" * 3,
    r"(a|b)*?(a|b)*?" * 12, "(a?){64}" * 60,
]  # fmt: skip
NOT_UNDERSTOOD = [
    r"(a)\1", r"(?=.*a)b", r"(?!a+$)b", r"(?<=a)(?(1)b|c)", r"^\p{L}+$", r"\cA", r"[", r"(?<name>a)", "[]a", "[^]",
    "[[a]--b]",
    "a{99999999999}", "(?a)a", "(" * 5000 + ")" * 5000, "(a|" * 1300, "(" * 60 + "a" + ")" * 60, "a" * 100_000,
    "[a-z]{60}" * 100,
    "|".join(f"{number:04}" for number in range(790)),
]  # fmt: skip


@pytest.mark.parametrize("pattern", EVERYDAY)
def test_a_pattern_of_daily_use_is_asserted_on_texts_of_daily_size(pattern: str) -> None:
    assert cost(pattern) == 1
    assert is_assertable(pattern, 10_000)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_pattern_that_backtracks_without_a_useful_bound_is_never_asserted(pattern: str) -> None:
    assert cost(pattern) is None
    assert not is_assertable(pattern, 0)


@pytest.mark.parametrize("pattern", NOT_UNDERSTOOD, ids=lambda pattern: pattern[:20])
def test_what_is_not_understood_or_too_large_or_no_python_is_never_asserted(pattern: str) -> None:
    assert cost(pattern) is None


def test_a_quadratic_pattern_is_asserted_on_short_texts_only() -> None:
    assert cost("^a*a*b") == 2
    assert is_assertable("^a*a*b", 500)
    assert not is_assertable("^a*a*b", 100_000)


@pytest.mark.parametrize(
    ("pattern", "degree"), [("a+b", 2), ("^a+b", 1), ("a*a*b", 3), ("x.*y.*z", 3), ("^(a|ab)*c", 1)]
)
def test_the_degree_counts_the_beginnings_of_the_search_and_each_way_to_part_the_text(
    pattern: str, degree: int
) -> None:
    assert cost(pattern) == degree


def test_an_anchor_counts_only_where_it_holds_for_every_way_to_match() -> None:
    assert cost("^a+b|^c") == 1
    assert cost("(^a+b)") == 1
    assert cost("^c|a+b") == 2
    assert cost("(?m)^a+b") == 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 brought them")
def test_possessive_and_atomic_groups_cost_no_more_than_the_plain_ones() -> None:
    assert cost("^a++b") == cost("^(?>a+)b") == 1
    assert cost("(?>a+)+$") is None


def test_what_is_no_text_is_no_pattern() -> None:
    assert cost(5) is None  # type: ignore[arg-type]


def test_running_out_of_stack_is_not_remembered_as_a_verdict() -> None:
    pattern = "^" + "(a" * 30 + ")" * 30 + "$"

    def deeper(left: int) -> int | None:
        return cost(pattern) if not left else deeper(left - 1)

    with pytest.raises(RecursionError):
        deeper(sys.getrecursionlimit())
    shallow = [deeper(sys.getrecursionlimit() - spare) for spare in (400,)]
    assert shallow in ([None], [1])
    assert cost(pattern) == 1


def test_no_pattern_that_passes_makes_python_warn(recwarn: pytest.WarningsRecorder) -> None:
    for pattern in ("[[a]", "[a--b]", "[a&&b]", "[a||b]", "[a~~b]", "a--b", "a||b", r"\[[a]", r"[\[[a]"):
        if cost(pattern) is not None:
            re.compile(pattern)
    assert not recwarn.list
    assert cost("^--[a-z]+$") == 1


# ---- an independent count: a naive backtracking matcher over a tree of its own


Node = tuple[Any, ...]  # ("set", "ab") ("seq", a, b…) ("alt", a, b…) ("rep", node, least, most or None)


def spelled(node: Node) -> str:
    kind, *rest = node
    if kind == "set":
        return f"[{rest[0]}]"
    if kind == "rep":
        body, least, most = rest
        return f"(?:{spelled(body)}){{{least},{'' if most is None else most}}}"
    if kind == "alt":  # the empty groups keep Python's parser from merging what the alternatives have in common
        return f"(?:{'|'.join('()' + spelled(one) for one in rest)})"
    return f"(?:{''.join(map(spelled, rest))})"


class TooMany(Exception):
    """The count has passed its limit."""


class Count:
    """Counts the characters that a naive backtracking search looks at."""

    def __init__(self, limit: int) -> None:
        self.steps, self.limit = 0, limit

    def ends(self, node: Node, text: str, at: int) -> Iterator[int]:
        kind, *rest = node
        if kind == "set":
            self.steps += 1
            if self.steps > self.limit:
                raise TooMany
            if at < len(text) and text[at] in rest[0]:
                yield at + 1
        elif kind == "alt":
            for one in rest:
                yield from self.ends(one, text, at)
        elif kind == "seq":
            yield from self.in_row(rest, text, at)
        else:
            yield from self.repeated(*rest, text, at)

    def in_row(self, nodes: list[Node], text: str, at: int) -> Iterator[int]:
        if not nodes:
            yield at
            return
        for middle in self.ends(nodes[0], text, at):
            yield from self.in_row(nodes[1:], text, middle)

    def repeated(self, body: Node, least: int, most: int | None, text: str, at: int) -> Iterator[int]:
        if most is None or most > 0:
            for middle in self.ends(body, text, at):
                if middle > at or least:  # a round that matches nothing is not followed by another
                    yield from self.repeated(body, max(least - 1, 0), None if most is None else most - 1, text, middle)
        if not least:
            yield at

    def search(self, node: Node, text: str) -> int:
        for start in range(len(text) + 1):
            for _ in self.ends(node, text, start):
                return self.steps
        return self.steps


def bound(pattern: str, length: int) -> int | None:
    coefficients = patterns._bound(pattern)
    return None if coefficients is None else sum(each * length**power for power, each in enumerate(coefficients))


nodes = st.recursive(
    st.sampled_from([("set", "a"), ("set", "b"), ("set", "ab")]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ("seq", *parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: ("alt", *parts)),
        st.tuples(st.just("rep"), inner, st.integers(0, 2), st.sampled_from([None, None, 2, 3])),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes, st.text("ab", max_size=10), st.sampled_from(["c", "ab"]))
def test_no_search_takes_more_steps_than_the_bound_says(node: Node, text: str, last: str) -> None:
    whole = ("seq", node, ("set", last))  # with a "c", every way is tried in vain
    allowed = bound(spelled(whole), len(text))
    if allowed is not None:
        assert Count(allowed).search(whole, text) <= allowed


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes)
def test_a_pattern_that_was_seen_to_take_many_steps_is_not_promised_fewer(node: Node) -> None:
    whole = ("seq", node, ("set", "c"))
    for text in ("a" * 24, "b" * 24, "ab" * 12, "aab" * 8):
        allowed = bound(spelled(whole), len(text))
        try:
            Count(20_000).search(whole, text)
        except TooMany:
            assert allowed is None or allowed > 20_000


def test_the_count_agrees_that_an_overlap_without_a_choice_is_harmless() -> None:
    # (a|ab)*c looks dangerous, but a text can be parted in one way only.
    tree = ("seq", ("rep", ("alt", ("set", "a"), ("seq", ("set", "a"), ("set", "b"))), 0, None), ("set", "c"))
    assert cost("(a|ab)*c") == 2
    assert Count(100_000).search(tree, "ab" * 50) < 20_000


@settings(max_examples=200, deadline=None)
@given(st.text(r"ab()[]|*+?{}\\^$.-,1dwsWu&:=!<>", max_size=30))
def test_any_text_at_all_gets_a_verdict(pattern: str) -> None:
    assert cost(pattern) is None or cost(pattern) >= 1
    if cost(pattern) is not None:
        re.compile(pattern)


@pytest.mark.parametrize("flags", ["", "(?i)"])
def test_a_pattern_whose_sets_alone_would_take_long_to_compile_is_never_compiled(
    flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    monkeypatch.setattr(re, "compile", lambda *said: compiled.append(said))
    assert cost(flags + "(?:x[\\u0000-\\ufffd])" + "[\\u0000-\\ufffe]" * 100) is None
    assert compiled == []


def test_sets_of_a_whole_script_are_asserted() -> None:
    assert cost("^[\\u4e00-\\u9fa5\\u3040-\\u30ff]+$") == 1
