"""Media types: which of the declared ones a call means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.definition.mediatypes import matching_type

DECLARED = [
    "application/json", "application/json; v=2", "application/*+json", "application/*", "image/*", "*/*",
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/json;v=2", "application/json; v=2"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/merge-patch+json", "application/*+json"),
        ("application/pdf", "application/*"),
        ("image/png", "image/*"),
        ("text/csv", "*/*"),
    ],
)
def test_the_most_specific_that_fits_is_meant(said: str, meant: str) -> None:
    assert matching_type(said, DECLARED) == meant
    assert matching_type(said, DECLARED[::-1]) == meant


@pytest.mark.parametrize("said", ["text/csv", "application/jsonx", "image/png/x", "", "image"])
def test_none_is_meant_where_none_fits(said: str) -> None:
    assert matching_type(said, ["application/json", "image/*", "application/x.son"]) is None


@given(st.text("ab*/", max_size=6), st.text("ab/", max_size=6))
def test_a_star_is_anything_but_a_slash(within: str, essence: str) -> None:
    meant = re.fullmatch("[^/]*".join(map(re.escape, within.split("*"))), essence)
    assert matching_type(essence, [within]) == (None if meant is None else within)


def test_a_row_of_stars_takes_no_longer_than_one() -> None:
    assert matching_type("application/octet-stream", ["*" * 5000 + "/json"]) is None
    assert matching_type("application/octet-stream", ["*a" * 500 + "*/octet-stream"]) is None
