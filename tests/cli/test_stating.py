"""What looking around finds, as values for scripts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import write_library

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


@pytest.fixture
def values(command: Command) -> Callable[..., Any]:
    """Run a command with --output json, and read what it prints."""

    def read(*words: str) -> Any:
        ran = command(*words, "--output", "json")
        assert (ran.status, ran.err) == (0, "")
        return json.loads(ran.out)

    return read


def test_services_are_values(values: Callable[..., Any]) -> None:
    found = {each["name"]: each for each in values("services")}
    assert found["library"] == {
        "name": "library", "title": "The library", "operations": 12, "base_url": "https://library.example/v1",
    }  # fmt: skip


def test_a_tree_is_a_list_of_resources(values: Callable[..., Any]) -> None:
    found = values("tree", "library/books")
    assert [each["template"] for each in found] == [
        "/books", "/books/new", "/books/{id}:lend", "/books/{id}", "/books/{id}/cover",
    ]  # fmt: skip
    assert found[0] == {
        "template": "/books", "methods": ["GET", "POST"], "names": ["listBooks", "addBook"], "title": "All books",
        "category": "Books",
    }  # fmt: skip
    assert [each["template"] for each in values("tree", "library", "--depth", "1")] == ["/books", "/users/"]


def test_a_place_is_its_resources_with_their_methods(values: Callable[..., Any]) -> None:
    (found,) = values("show", "library/books/7")
    assert (found["template"], found["values"], found["title"]) == ("/books/{id}", {"id": "7"}, "A book")
    assert [(each["method"], each["deprecated"]) for each in found["methods"]] == [
        ("GET", False), ("PUT", False), ("DELETE", True),
    ]  # fmt: skip
    assert found["below"] == ["cover"]
    assert found["files"][0].endswith("resources.json")


def test_a_place_on_the_way_has_no_methods(values: Callable[..., Any]) -> None:
    (found,) = values("show", "library/members")
    assert (found["template"], found["methods"], found["below"]) == (None, [], ["{username}"])


def test_an_operation_says_what_it_takes(values: Callable[..., Any]) -> None:
    found = values("show", "library", "listBooks")
    assert found["takes"][1] == {
        "item": "sort==", "name": "sort", "type": None, "choices": ["title", "year"], "required": False,
        "deprecated": False, "documentation": "What to sort by.",
    }  # fmt: skip
    assert found["example"] == ["restpath", "call", "library", "listBooks", "limit==10"]


def test_the_body_that_is_started_from_is_a_value(values: Callable[..., Any]) -> None:
    (found,) = values("show", "library/books")
    assert [each["starts_from"] for each in found["methods"]] == [None, {"kind": "novel"}]


def test_a_service_is_values(values: Callable[..., Any]) -> None:
    found = values("show", "library")
    assert (found["operations"], found["left_out"]) == (12, [])
    assert found["credentials"][0] == {
        "name": "username", "secret": False, "default": None, "documentation": "Who reads.",
    }  # fmt: skip


def test_what_is_searched_for_is_values(command: Command, values: Callable[..., Any]) -> None:
    assert [each["name"] for each in values("search", "library", "book")][:2] == ["listBooks", "addBook"]
    ran = command("search", "library", "nothing", "-o", "json")
    assert (ran.status, ran.out) == (1, "[]\n")


def test_lists_can_be_csv(command: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(command("tree", "library", "-o", "csv").out)))
    assert rows[0]["template"] == "/books"


def test_a_wrong_data_file_leaves_the_others_values(command: Command, library: Path) -> None:
    (library / "service.json").write_text("{", encoding="utf-8")
    ran = command("services", "-o", "json")
    assert ran.status == 2
    assert "shop" in [each["name"] for each in json.loads(ran.out)]
