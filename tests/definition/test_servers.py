"""Base URLs: what is wrong with them is told without the password that stands in them."""

from __future__ import annotations

import pytest

from restpath.definition.servers import base_url_problem, data_url_problem


@pytest.mark.parametrize(
    "url",
    [
        "https://ann:hidden@x.example/?q", "https://ann:hidden@x.example:port", "https://ann:hidden/@x.example/a b",
        "https://ann:hidden@[x", "ann:hidden@x.example", "ftp://ann:hidden@x.example", "https://ann:hid#den@x.example",
        "https://ann:hidden@x.example/../y", "//ann:hidden@x.example", "https://x:y@hidden@[z",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_url_is_told_without_what_stands_before_its_at(url: str) -> None:
    problem = base_url_problem(url)
    assert problem is not None
    assert "hid" not in problem
    assert "***@" in problem


def test_a_program_may_give_a_password_in_a_url_and_a_data_file_may_not() -> None:
    assert base_url_problem("https://ann:pw@x.example/v1") is None
    assert data_url_problem("https://x.example/v1") is None
    problem = data_url_problem("https://ann:pw@x.example/v1")
    assert problem is not None
    assert "pw" not in problem
