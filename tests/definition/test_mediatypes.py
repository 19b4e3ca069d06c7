"""Media types: which of the declared ones a call means."""

from __future__ import annotations

import pytest

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
