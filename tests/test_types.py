"""`UNSET` and `Headers`: the small values that everything else shares."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.types import UNSET, Headers

names = st.sampled_from(["Accept", "X-Thing", "x-thing", "Link", "ETag"])
lines = st.lists(st.tuples(names, st.text("abc ,;=", max_size=6)), max_size=6)


def test_unset_is_false_and_says_its_name() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_unset_stays_the_one_it_is(again: Any) -> None:
    assert again(UNSET) is UNSET


def test_header_names_ignore_case() -> None:
    headers = Headers([("Content-Type", "text/plain")])
    assert headers["content-TYPE"] == "text/plain"
    assert "CONTENT-type" in headers
    assert list(headers) == ["Content-Type"]


def test_a_field_that_came_twice_is_joined_and_its_lines_are_kept() -> None:
    headers = Headers([("Set-Cookie", "a=1, x"), ("X", "y"), ("set-cookie", "b=2")])
    assert headers["Set-Cookie"] == "a=1, x, b=2"
    assert headers.get_all("SET-COOKIE") == ["a=1, x", "b=2"]
    assert headers.get_all("absent") == []
    assert len(headers) == 2
    assert headers.lines()[1] == ("X", "y")


def test_what_is_no_name_is_simply_absent() -> None:
    headers = Headers([("A", "1")])
    assert None not in headers
    assert headers.get(5) is None  # type: ignore[call-overload]
    with pytest.raises(KeyError):
        headers["B"]


def test_headers_are_made_of_a_mapping_too() -> None:
    assert Headers({"A": "1"}) == Headers([("A", "1")])


def test_headers_equal_a_mapping_of_the_same_names_in_any_case() -> None:
    assert Headers([("A", "1"), ("B", "2")]) == {"b": "2", "a": "1"}
    assert Headers([("A", "1")]) != {"A": "2"}
    assert Headers([("A", "1")]) != [("A", "1")]


@given(lines)
def test_equal_headers_have_equal_hashes(given_lines: list[tuple[str, str]]) -> None:
    other = Headers((name.upper(), value) for name, value in given_lines)
    assert Headers(given_lines) == other
    assert hash(Headers(given_lines)) == hash(other)


@given(lines)
def test_a_pickle_keeps_every_line_that_is_no_secret(given_lines: list[tuple[str, str]]) -> None:
    assert pickle.loads(pickle.dumps(Headers(given_lines))).lines() == tuple(given_lines)


def test_credentials_of_an_answer_are_neither_shown_nor_pickled() -> None:
    headers = Headers([("Set-Cookie", "sid=s3cret"), ("X-Auth-Token", "s3cret"), ("Age", "1")])
    assert "s3cret" not in repr(headers)
    assert "'Age': '1'" in repr(headers)
    assert b"s3cret" not in pickle.dumps(headers)
    assert pickle.loads(pickle.dumps(headers))["Age"] == "1"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_a_copy_of_headers_keeps_credentials(again: Any) -> None:
    assert again(Headers([("Set-Cookie", "sid=s3cret")]))["set-cookie"] == "sid=s3cret"
