"""Fields that may be misspelled are told, and sent all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import write_library

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


def test_a_misspelled_field_of_a_query_is_told_with_the_nearest_and_sent(command: Command) -> None:
    ran = command("get", "library/books", "limt=3", "sort=title", "-n")
    assert ran.out.startswith("GET https://library.example/v1/books?limt=3&sort=title\n")
    (line,) = ran.err.splitlines()
    assert "is not known to take 'limt' in its query; did you mean limit? It is sent all the same" in line


def test_where_none_is_near_those_that_there_are_are_named(command: Command) -> None:
    ran = command("call", "library", "listBooks", "colour=red", "-n")
    assert "'colour' in its query, which knows limit, sort, old. It is sent all the same" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("get", "library/books", "limt==3"),  # meant
        ("get", "library/books", "limit=3", "page=2"),
        ("get", "library/books/7", "limt=3"),  # nobody says what its query knows
        ("post", "library/books", "title=x", "limt=x"),  # a field of the body
        ("get", "https://elsewhere.example/books", "limt=3"),
    ],
)
def test_what_is_meant_or_not_known_is_sent_silently(command: Command, library: Path, words: tuple[str, ...]) -> None:
    file = library / "service.json"
    file.write_text(
        file.read_text().replace('"format": 1', '"format": 1, "pages": {"by": "page", "parameter": "page"}')
    )
    ran = command(*words, "-n")
    assert (ran.status, ran.err) == (0, "")
