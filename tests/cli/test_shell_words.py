"""Lines of the shell: the words of sh, what is open, and JSON that needs no quotes."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.cli.shell_words import bare_word, split_words


def _words(line: str) -> list[str]:
    parted = split_words(line)
    assert parted.open == ""
    return [word.text for word in parted.words]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  \t ", []),
        ("# a comment, it's one", []),
        ("get people # and this", ["get", "people"]),
        ("get token#refresh", ["get", "token#refresh"]),
        ("a 'b c'd \"e f\"", ["a", "b cd", "e f"]),
        ("''", [""]),
        ("a\\ b \\# \\\\", ["a b", "#", "\\"]),
        ('"a\\"b\\$\\x"', ['a"b$\\x']),
        ("a \\\n b\\\nc", ["a", "bc"]),
        ("'a\nb'", ["a\nb"]),
        ("$HOME * ~ {id}", ["$HOME", "*", "~", "{id}"]),
        ('tags:=["a", "b c"] x=1', ['tags:=["a", "b c"]', "x=1"]),
        ('a:={"b": [1, "}"]}', ['a:={"b": [1, "}"]}']),
        ("a:=[[1], [2]]", ["a:=[[1], [2]]"]),
        ('a:=[\\"x\\"]', ['a:=["x"]']),
        ("a==x:=[1 2]", ["a==x:=[1", "2]"]),
        ("orders/{id}:=x", ["orders/{id}:=x"]),
    ],
)
def test_a_line_is_parted_into_words(line: str, words: list[str]) -> None:
    assert _words(line) == words


@pytest.mark.parametrize(
    ("line", "opened"),
    [
        ("a 'b", "'"), ('a "b', '"'), ('a "b\\"', '"'), ("a:={", "{"),
        ('a:=["}"', "["), ('a:=["]', "["), ("a \\", "\\"),
        ('a:={"b": "\\', "{"), ("get {", ""), ("a=[", ""), ("# '", ""),
    ],
)  # fmt: skip
def test_what_is_open_is_told(line: str, opened: str) -> None:
    assert split_words(line).open == opened


def test_a_word_tells_where_it_begins_and_whether_it_was_quoted() -> None:
    words = split_words("get  'a b' c=_.id").words
    assert [(word.start, word.bare) for word in words] == [(0, True), (5, False), (11, True)]
    assert [split_words(line).ended for line in ("get", "get ", "", "get '")] == [False, True, True, False]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), max_size=5))
def test_what_sh_quotes_is_read_back(words: list[str]) -> None:
    assert _words(" ".join(map(shlex.quote, words))) == words


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r")))
def test_a_word_without_quotes_is_read_back(word: str) -> None:
    assert _words(bare_word(word)) == [word]


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_json_needs_no_quotes(value: object) -> None:
    text = json.dumps([value], ensure_ascii=False, indent=1)
    assert _words(f"post x a.b:={text} c=d") == ["post", "x", f"a.b:={text}", "c=d"]


@given(st.text())
def test_any_line_has_words(line: str) -> None:
    parted = split_words(line)
    assert all(0 <= word.start < len(line) for word in parted.words)
