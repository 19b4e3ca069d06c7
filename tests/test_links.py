"""Links: which one of the field `Link` is meant. Where they lead to is tested with the pages that they are for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.links import find_link, link_target


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        (["<a>; rel=next"], "a"),
        (['<a>; rel="next"'], "a"),
        (['<a>;rel="NEXT"'], "a"),
        (['<a>  ;  rel  =  "next"'], "a"),
        (['<a>; rel="first next last"'], "a"),
        (['<a>; title="x, <b>; rel=next"; rel=prev, <c>; rel=next'], "c"),
        (['<a>; title="say \\"next\\", <b>"; rel=next'], "a"),
        (['<a,b;c>; rel="next"'], "a,b;c"),
        ([' , ,<a>; rel="prev", , <b>;rel=next,'], "b"),
        (["<a>; rel=prev", "<b>; rel=next"], "b"),
        (["<a>; REL=next"], "a"),
        (["<a>; rel=next; rel=prev"], "a"),
        (["<a>; rel=prev; rel=next"], None),  # of two, the first holds
        (['<a>; rel=next; anchor="/other"', ], None),
        (['<a>; anchor="#x"; rel=next, <b>; rel=next'], "b"),
        (["<a>; title*=UTF-8''x; rel=next"], "a"),
        (["<a>; title; rel=next"], "a"),
        (["<a>; ; rel=next"], "a"),
        (['<a>; rel="next'], "a"),
        (["< a >; rel=next"], "a"),
        (["<>; rel=next"], ""),
        (["<a>"], None),
        (["<a>; rel=nextpage"], None),
        (["<a>; rev=next"], None),
        (['<a>; title="rel=next"'], None),
        (["a; rel=next"], None),
        (["junk, <a>; rel=next"], "a"),
        (["<a; rel=next"], None),
        (["<https://x.example/?a=1&b=2>; rel=\"next\"; type='x'"], "https://x.example/?a=1&b=2"),
        ([""], None),
        ([], None),
    ],
)  # fmt: skip
def test_a_link_is_found_by_its_relation(lines: list[str], target: str | None) -> None:
    assert find_link(lines, "next") == target


_texts = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='<>"\\'), max_size=12)


@given(st.lists(st.tuples(_texts, st.sampled_from(["next", "prev", "up"]), _texts), max_size=4), st.booleans())
def test_links_are_read_as_they_were_written(links: list[tuple[str, str, str]], joined: bool) -> None:
    lines = [f'<{target}>; title="{title}, <x>; rel=next"; rel="{rel}"' for target, rel, title in links]
    expected = next((target for target, rel, _ in links if rel == "next"), None)
    assert find_link([", ".join(lines)] if joined else lines, "next") == expected


@given(st.text(st.sampled_from("<>;,=\"\\ \t'rel=nxa"), max_size=40))
def test_any_line_gives_a_link_or_none(line: str) -> None:
    assert find_link([line], "next") is None or "<" in line


@pytest.mark.parametrize(
    "line", ["<," * 30000, "," * 60000, '"' * 60000, "<a>" + ";" * 60000, "<a>;x=" + '"\\' * 30000]
)
def test_a_line_that_is_made_to_be_slow_is_read_in_one_go(line: str) -> None:
    assert find_link([line], "next") is None  # in a second or so, where going back would take hours


@given(st.text(max_size=40))
def test_any_link_stays_at_home_or_gives_words(link: str) -> None:
    target = link_target(link, "https://api.example/v1/things?q=1", "https://api.example/")
    if isinstance(target, str):
        assert target
    else:
        assert (target.scheme, target.netloc.lower().removesuffix(":443"), target.fragment) == (
            "https",
            "api.example",
            "",
        )
        assert target.geturl().isascii()
