"""`services`, `tree` and `search`: a look around without a server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import write_library, write_service

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


# ---- services ------------------------------------------------------------------------------------------------------


def test_services_lists_each_with_its_title_and_place(command: Command) -> None:
    ran = command("services")
    assert ran.status == 0
    rows = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "library 12 operations The library https://library.example/v1" in rows
    assert [row.split()[0] for row in rows] == sorted(row.split()[0] for row in rows)


def test_a_service_without_an_address_says_so(command: Command, shop_files: Path) -> None:
    write_service(shop_files.parent / "lost", service={"service": "lost"}, resources={"/a": "GET"})
    assert "say where with --base-url" in command("services").out


def test_services_lists_the_others_where_one_is_wrong(command: Command, library: Path) -> None:
    (library / "resources.json").write_text("[]", encoding="utf-8")
    ran = command("services")
    assert ran.status == 2
    assert "its data files are wrong" in ran.out
    assert "resources.json" in ran.err
    assert "\nshop " in ran.out


# ---- tree ----------------------------------------------------------------------------------------------------------


def test_tree_draws_the_paths_with_their_methods(command: Command) -> None:
    ran = command("tree", "library")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "library  The library, 12 operations",
        "├── books  GET POST  All books",
        "│   ├── new  GET  The newest book",
        "│   ├── {id}:lend  POST",
        "│   └── {id}  GET PUT DELETE  A book",
        "│       └── cover  POST",
        "├── members",
        "│   └── {username}  GET",
        "│       └── loans  GET",
        "├── files",
        "│   └── {+path}  GET",
        "└── users  GET",
    ]


def test_tree_begins_where_it_is_told_to(command: Command) -> None:
    assert command("tree", "library/members/ann").out.splitlines() == ["library/members/ann  GET", "└── loans  GET"]
    assert command("tree", "library/members/{username}/loans").out == "library/members/{username}/loans  GET\n"


def test_tree_ends_at_the_depth_and_says_where_there_is_more(command: Command) -> None:
    out = command("tree", "library", "--depth", "1").out
    assert "├── books  GET POST  All books  …" in out
    assert "└── users  GET\n" in out
    assert "loans" not in out


def test_tree_takes_a_folder(command: Command, library: Path) -> None:
    assert command("tree", f"{library}/members").out.startswith(f"{library}/members\n└── {{username}}  GET")


@pytest.fixture
def dotted(shop_files: Path) -> Path:
    """A service whose operations are dotted names."""
    resources = {
        f"/{name}/json": {"methods": {word: {"name": name, "title": f"The {name}"}}}
        for name, word in (("doc.get", "GET"), ("doc.comments.add", "POST"), ("api.test", "GET"))
    }
    service = {"service": "dotted", "title": "Dots", "operation_names": "dotted", "base_url": "https://dots.example"}
    return write_service(shop_files.parent / "dotted", service=service, resources=resources)


def test_tree_of_dotted_names_is_that_of_the_names(command: Command, dotted: Path) -> None:
    assert command("tree", "dotted").out.splitlines() == [
        "dotted  Dots, 3 operations",
        "├── doc",
        "│   ├── get  GET  The doc.get",
        "│   └── comments",
        "│       └── add  POST  The doc.comments.add",
        "└── api",
        "    └── test  GET  The api.test",
    ]
    assert command("tree", "dotted/doc/comments").out.splitlines() == [
        "dotted doc.comments", "└── add  POST  The doc.comments.add",
    ]  # fmt: skip
    assert "json" in command("tree", "dotted/doc.get").out


def test_an_unknown_place_is_told_with_the_nearest(command: Command) -> None:
    ran = command("tree", "library/boks")
    assert (ran.status, ran.out) == (2, "")
    assert "did you mean books?" in ran.err
    assert "restpath tree library lists what is there" in ran.err
    ran = command("tree", "libary")
    assert (ran.status, ran.out) == (2, "")
    assert "did you mean 'library'? restpath services lists them" in ran.err


# ---- search --------------------------------------------------------------------------------------------------------


def _found(command: Command, *words: str) -> list[str]:
    return [" ".join(line.split()) for line in command("search", "library", *words).out.splitlines()]


def test_search_finds_by_path_and_title(command: Command) -> None:
    assert "GET library/members/{username}/loans" in _found(command, "LOAN")
    assert "GET library/books/new The newest book" in _found(command, "newest")


def test_search_finds_by_parameter_and_says_which(command: Command) -> None:
    assert _found(command, "limit") == ["GET library/books List the books (takes limit)"]
    assert _found(command, "author") == ["POST library/books Add a book (takes author.name, author.born)"]


def test_search_finds_by_documentation_and_shows_the_line(command: Command) -> None:
    assert _found(command, "what", "they", "read") == ["GET library/members/{username} Not what they read."]


def test_search_wants_all_the_words(command: Command) -> None:
    assert _found(command, "book", "newest") == ["GET library/books/new The newest book"]


def test_what_is_named_so_comes_first(command: Command) -> None:
    assert _found(command, "title") == [
        "POST library/books Add a book (takes title)",
        "GET library/books List the books (takes sort)",
    ]


def test_a_search_that_finds_nothing_says_so(command: Command) -> None:
    ran = command("search", "library", "spaceship")
    assert (ran.status, ran.out) == (1, "")
    assert "restpath tree library lists all there are" in ran.err


def test_search_needs_a_word(command: Command) -> None:
    assert command("search", "library").status == 2


@pytest.mark.parametrize("arguments", [["services"], ["tree", "library"], ["search", "library", "book"]])
def test_looking_around_makes_no_client_and_needs_no_requests(arguments: list[str]) -> None:
    import os
    import subprocess
    import sys

    program = (
        "import sys; from restpath.cli.main import run; status = run(sys.argv[1:]);"
        "print(*{'requests', 'rich', 'jsonschema', 'prompt_toolkit'} & set(sys.modules), status, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, *arguments]
    subprocess.run(command, capture_output=True, env=dict(os.environ), check=True)  # the files are checked once
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=True)
    assert done.stderr.split() == ["0"]
