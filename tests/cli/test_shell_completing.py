"""Completion in the shell: from the definition and the last answer, and nothing is ever sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restpath.cli.holding import held
from restpath.cli.locating import read_named
from restpath.cli.options import Options
from restpath.cli.shell_completing import find_words
from restpath.cli.shell_reading import Shell
from restpath.cli.shell_session import Session
from tests.support.library import write_library
from tests.support.scripted import Server, answer


@pytest.fixture
def shell(shop_files: Path) -> Iterator[Shell]:
    """A shell of the library, at a server that counts what comes."""
    write_library(shop_files.parent)
    with Server(answer(200, b"{}", "Content-Type: application/json")) as server:
        session = Session("library", read_named("library"), Options(base_url=server.url, settings=("username=ann",)))
        with held(session):
            yield Shell(session)
        session.close()
        assert server.requests == []
        assert server.connections == 0


def _words(shell: Shell, line: str) -> list[str]:
    return [found.text + ("" if found.goes_on else " ") for found in find_words(shell.session, shell.group, line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ge", ["get "]),
        ("s", ["show ", "search ", "set ", "save "]),
        ("get b", ["books", "books/"]),
        ("get /b", ["/books", "/books/"]),
        ("get members/", ["members/:me", "members/{username}"]),
        ("get books sort", ["sort=="]),
        ("get books sort==", ["sort==title ", "sort==year "]),
        ("get books old==t", ["old==true "]),
        ("get books limit==1 l", []),
        ("post books k", ["kind="]),
        ("post books kind=", ["kind=novel ", "kind=atlas "]),
        ("post books au", ["author.name=", "author.born:="]),
        ("call list", ["listBooks "]),
        ("call listBooks so", ["sort=="]),
        ("show list", ["listBooks "]),
        ("get books --out", ["--output "]),
        ("get books --output js", ["json "]),
        ("get books -o nd", ["ndjson "]),
        ("get books --output=js", ["--output=json "]),
        ("help lo", ["login ", "logout "]),
        ("set to", ["token="]),
        ("set out", ["output="]),
        ("set output=y", ["output=yaml "]),
        ("set strict=", ["strict=yes ", "strict=no "]),
        ("nonsense x", []),
        ("get 'boo", ["books", "books/"]),
        ("cd members/{", ["members/{username}", "members/{username}/"]),
        ("get nowhere/", []),
        ("", ["get ", "post ", "put ", "patch ", "delete ", "head ", "options ", "call ", "_ ", "cd ", "pwd ", "show ",
              "tree ", "search ", "set ", "config ", "login ", "logout ", "save ", "help ", "exit "]),
    ],
)  # fmt: skip
def test_what_can_stand_at_the_cursor_is_found(line: str, words: list[str], shell: Shell) -> None:
    assert _words(shell, line) == words


def test_segments_are_those_below_the_place_where_one_is(shell: Shell) -> None:
    shell.session.go("members/ann")
    assert _words(shell, "get l") == ["loans "]
    assert _words(shell, "get ../:") == ["../:me", "../:me/"]
    assert _words(shell, "post /books ti") == ["title="]
    shell.session.go("/books")
    assert _words(shell, "post . ti") == ["title="]
    assert _words(shell, "get . sort==y") == ["sort==year "]


def _answered(shell: Shell, path: str, content: object) -> None:
    shell.session.begin(path)
    shell.session._last, shell.session._why_not = content, None


def test_the_ids_of_the_last_answer_stand_for_a_variable(shell: Shell) -> None:
    _answered(shell, "books", {"items": [{"id": 7, "title": "Nine"}, {"id": "a b"}, {"title": "no id", "tags": ["x"]}]})
    found = find_words(shell.session, shell.group, "get books/")
    assert [(each.text, each.told) for each in found if "new" not in each.text] == [
        ("books/7", "Nine"), ("books/a%20b", "of the last answer"),
    ]  # fmt: skip
    assert _words(shell, "delete books/7") == ["books/7 "]
    assert "members/7" not in _words(shell, "get members/")
    _answered(shell, "books", ["x", 8])
    assert "books/x " in _words(shell, "get books/")
    _answered(shell, "books", {"id": 7})
    shell.session.go("books")
    assert "7" in [word.strip() for word in _words(shell, "get ")]


def test_a_variable_is_also_found_by_its_own_name_in_any_answer(shell: Shell) -> None:
    _answered(shell, "books/7", {"id": 7, "lentTo": [{"userName": "bob", "id": 3}]})
    assert "members/bob" in _words(shell, "get members/")
    assert "members/3" not in _words(shell, "get members/")


def test_keys_of_the_last_answer_are_completed(shell: Shell) -> None:
    _answered(shell, "books", {"items": [{"title": "x", "id": 1}]})
    assert _words(shell, "_.it") == ["_.items"]
    assert _words(shell, "_.items[0].") == ["_.items[0].title", "_.items[0].id"]
    assert _words(shell, "post books title=_.items[0].t") == ["title=_.items[0].title"]
    assert _words(shell, "_.nope.") == []


def test_a_service_of_which_nothing_is_known_completes_quietly(shop_files: Path) -> None:
    with Server() as server:
        session = Session(server.url, None, Options())
        with held(session):
            shell = Shell(session)
            assert _words(shell, "get a") == []
            assert _words(shell, "ge") == ["get "]
            assert _words(shell, "get a x") == []
        assert server.connections == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text("gets /boks=:_.[]{}'\"\\-@#?", max_size=25))
def test_no_line_is_too_odd_to_complete(shell: Shell, line: str) -> None:
    _answered(shell, "books", {"items": [{"id": 1}]})
    for found in find_words(shell.session, shell.group, line):
        assert 0 <= found.start <= len(line)
