"""The items of a command line: what each word means, and that every item can be written as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import restpath
from restpath.cli.items import File, Item, parse_item, write_item


@pytest.mark.parametrize(
    ("text", "kind", "keys", "value"),
    [
        ("a=b", "text", ("a",), "b"),
        ("a=", "text", ("a",), ""),
        ("a=5", "text", ("a",), "5"),
        ("a=b=c:d@e", "text", ("a",), "b=c:d@e"),
        ("a:=5", "json", ("a",), 5),
        ('a:={"b": [1, null]}', "json", ("a",), {"b": [1, None]}),
        ("a==b", "query", ("a",), "b"),
        ("filter[name]==b", "query", ("filter[name]",), "b"),
        ("X-A:b", "header", ("X-A",), "b"),
        ("X-A: b", "header", ("X-A",), " b"),
        ("X-A:", "header", ("X-A",), None),
        ("X-A;", "header", ("X-A",), ""),
        ("a;b=c", "text", ("a;b",), "c"),
        ("a@b.png", "upload", ("a",), File("b.png")),
        ("a@b;type=image/png", "upload", ("a",), File("b", "image/png")),
        ("a=@b", "text_file", ("a",), "b"),
        ("a:=@b", "json_file", ("a",), "b"),
        ("a==@b", "query_file", ("a",), "b"),
        ("a:@b", "header_file", ("a",), "b"),
        ("a.b.c=x", "text", ("a", "b", "c"), "x"),
        (r"a\.b=x", "text", ("a.b",), "x"),
        (r"a\:b\=c\@d\;e=x", "text", ("a:b=c@d;e",), "x"),
        (r"a\\=x", "text", ("a\\",), "x"),
        (r"a\b=x", "text", (r"a\b",), "x"),
        (r"a=\=x", "text", ("a",), "=x"),
        (r"a=\@x", "text", ("a",), "@x"),
        (r"a=\\=x", "text", ("a",), r"\=x"),
        (r"a=x\=y", "text", ("a",), r"x\=y"),
        (r"a=\\host\share", "text", ("a",), r"\\host\share"),
        ("a===b", "query", ("a",), "=b"),
    ],
)
def test_a_word_means_what_its_first_and_longest_separator_says(
    text: str, kind: str, keys: tuple[str, ...], value: Any
) -> None:
    assert parse_item(text) == Item(kind, keys, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("word", "'word' is no item"),
        ("", "'' is no item"),
        ("=x", "has no name"),
        ("@file", "field@file uploads the file, --data file sends it"),
        ("a@", "a@ names no file"),
        ("a=@", "names no file"),
        ('a:={"b":}', "a:= is no JSON: expecting value at character 6 (at '}')"),
        ("a:=", "expecting value at character 1 (there is nothing)"),
        ("a:=[1, 2", "at character 6 (behind '[1, 2', where it ends)"),
        ('a:={\n"b": x}', "line 2, column 6"),
        ("a:=hello", "A text needs its quotes"),
        ('a:=[{"b": 1, "c": 2, "b": 3}]', "a:= says the key 'b' twice"),
        ("a:=NaN", "NaN is no number there"),
        ("a:=" + "[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_item_is_refused_with_the_place_where_it_goes_wrong(text: str, said: str) -> None:
    with pytest.raises(restpath.InvalidValue) as caught:
        parse_item(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["password:={s3cret", "token:=s3cret", "s3cret-token", 'to:={"password": s3cret}'])
def test_no_message_quotes_what_may_be_a_secret(text: str) -> None:
    with pytest.raises(restpath.InvalidValue) as caught:
        parse_item(text)
    assert "s3cret" not in str(caught.value)


def test_a_bare_file_name_is_told_the_option_for_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "body.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(restpath.InvalidValue, match=r"say --data body\.json"):
        parse_item("body.json")


# ---- writing and reading back --------------------------------------------------------------------------------------

MARKS = st.text(alphabet=":;=@.\\", max_size=4)
TEXT = st.one_of(st.text(max_size=12), MARKS, st.builds("".join, st.lists(st.one_of(MARKS, st.text(max_size=3)))))
KEYS = st.lists(TEXT, min_size=1, max_size=3).map(tuple).filter(lambda keys: keys != ("",))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=6,
)
PATHS = TEXT.filter(bool)
TYPES = st.none() | st.text(alphabet="abc/+-=; ", min_size=1, max_size=12).filter(lambda text: ";type=" not in text)
ITEMS = st.one_of(
    st.builds(Item, st.sampled_from(["text", "query"]), KEYS, TEXT),
    st.builds(Item, st.just("header"), KEYS, st.none() | TEXT),
    st.builds(Item, st.just("json"), KEYS, JSON),
    st.builds(Item, st.just("upload"), KEYS, st.builds(File, PATHS, TYPES)),
    st.builds(Item, st.sampled_from(["text_file", "json_file", "query_file", "header_file"]), KEYS, PATHS),
)


@given(ITEMS)
@example(Item("text", ("a.b",), "=x"))
@example(Item("header", ("[",), None))
@example(Item("text", ("\\\\{a",), "x"))
@example(Item("text", ("a",), "\\=x"))
@example(Item("upload", ("a",), File("b;type=c")))
@example(Item("header", ("a;",), ""))
@example(Item("text", ("\\",), "\\"))
def test_every_item_is_read_back_from_the_word_that_is_written_for_it(item: Item) -> None:
    assert parse_item(write_item(item)) == item


@given(st.text(max_size=30))
def test_any_word_is_an_item_or_an_error_of_its_own(text: str) -> None:
    try:
        item = parse_item(text)
    except restpath.InvalidValue:
        return
    assert parse_item(write_item(item)) == item
