"""What can stand where the cursor is, by the definition alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from restpath.cli.commands import COMMANDS, commands
from restpath.cli.shells import find_completions
from tests.support.library import write_library


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


def _words(*typed: str) -> list[str]:
    """The words that can stand there; one that a space follows ends in one."""
    return [word + (" " if kind == "p" else "") for kind, word, _ in find_completions(commands, typed)]


# ---- commands and options ------------------------------------------------------------------------------------------


def test_commands_are_completed_from_their_table() -> None:
    assert _words("lo") == ["login ", "logout "]
    assert _words("") == [f"{name} " for name in COMMANDS]


def test_options_are_completed() -> None:
    assert _words("tree", "library", "--d") == ["--depth ", "--definition ", "--debug "]
    assert _words("--ver") == ["--version "]
    assert "--profile " in _words("get", "library/books", "--p")


def test_values_of_options_are_completed() -> None:
    assert _words("get", "library/books", "--output", "js") == ["json "]
    assert _words("get", "library/books", "--output=js") == ["--output=json "]
    assert _words("completion", "z") == ["zsh "]


def test_settings_are_completed_by_name_and_never_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_LIBRARY_TOKEN", "s3cret")
    assert _words("get", "library/books", "--set", "") == ["username=", "token=", "password=", "client_id="]
    assert _words("login", "library", "--set", "to") == ["token="]
    assert _words("login", "library", "--set", "token=") == []


def test_profiles_and_grants_are_completed(tmp_path: Path) -> None:
    file = tmp_path / "config" / "restpath" / "config.ini"
    file.parent.mkdir(parents=True)
    file.write_text("[library]\n[library:work]\n[library:home]\n[shop:other]\n", encoding="utf-8")
    assert _words("config", "library", "--profile", "") == ["work ", "home "]
    assert _words("get", "library/books", "--profile", "w") == ["work "]
    assert _words("login", "library", "--grant", "") == ["password ", "authorization_code "]


# ---- services and paths --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("get", "lib"), ["library/"]),
        (("tree", "lib"), ["library", "library/"]),
        (("search", "lib"), ["library "]),
        (("login", "lib"), ["library "]),
        (("get", "library/"), ["library/books", "library/members/", "library/files/", "library/users "]),
        (("get", "library/bo"), ["library/books", "library/books/"]),
        (("get", "library/books/"), ["library/books/new "]),
        (("post", "library/b"), ["library/books", "library/books/"]),
        (("post", "library/books/7"), ["library/books/7:lend "]),
        (("post", "library/books/7:l"), ["library/books/7:lend "]),
        (("post", "library/books/7/"), ["library/books/7/cover "]),
        (("delete", "library/"), ["library/books/"]),
        (("get", "library/members/"), ["library/members/:me", "library/members/{username}"]),
        (("get", "library/members/ann/"), ["library/members/ann/loans "]),
        (("show", "library/members/"), [
            "library/members/:me", "library/members/{username}",
        ]),
        (("tree", "library/members/{username}/"), ["library/members/{username}/loans "]),
        (("get", "library/nowhere/"), []),
        (("get", "nothing/"), []),
        (("get", "./nothing/"), []),
    ],
)  # fmt: skip
def test_segments_are_completed_that_lead_to_the_method(typed: tuple[str, ...], words: list[str]) -> None:
    assert _words(*typed) == words


def test_a_folder_is_completed_and_its_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _words("tree", "./lay") == ["./layers/"]
    assert _words("get", "./layers/library/members/ann/") == ["./layers/library/members/ann/loans "]


def test_a_segment_tells_its_methods_and_its_title() -> None:
    assert find_completions(commands, ["get", "library/b"])[0] == ("w", "library/books", "GET POST All books")


def test_operations_are_completed() -> None:
    assert _words("call", "library", "") == ["listBooks ", "addBook "]
    assert _words("show", "library", "li") == ["listBooks "]
    assert _words("show", "library/books", "li") == []


# ---- items ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("get", "library/books", ""), ["limit==", "sort==", "old=="]),
        (("get", "library/books", "limit==5", ""), ["sort==", "old=="]),
        (("get", "library/books", "sort==t"), ["sort==title "]),
        (("get", "library/books", "old=="), ["old==true ", "old==false "]),
        (("post", "library/books", "au"), ["author.name=", "author.born:="]),
        (("post", "library/books", "kind="), ["kind=novel ", "kind=atlas "]),
        (("post", "library/books", "lent:=t"), ["lent:=true "]),
        (("post", "library/books", "tags:=[1]", "ta"), ["tags:="]),
        (("post", "library/books/7/cover", ""), ["file@"]),
        (("call", "library", "addBook", "ti"), ["title="]),
        (("call", "shop", "orders.get", ""), ["id="]),
        (("get", "library/nowhere", ""), []),
        (("get", "library/books", "--all", "li"), ["limit=="]),
    ],
)
def test_items_are_completed_by_what_the_operation_takes(typed: tuple[str, ...], words: list[str]) -> None:
    assert _words(*typed) == words


@pytest.mark.parametrize("sign", ["@", "=@", ":=@"])
def test_files_are_completed_behind_an_at_sign(sign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").touch()
    (tmp_path / "photos").mkdir()
    (tmp_path / ".hidden").touch()
    assert _words("post", "library/books", f"x{sign}pho") == [f"x{sign}photo.png ", f"x{sign}photos/"]
    assert _words("post", "library/books", f"x{sign}no/where/") == []
    assert f"x{sign}.hidden " not in _words("post", "library/books", f"x{sign}")


def test_a_field_tells_what_it_is() -> None:
    found = {word: told for _, word, told in find_completions(commands, ["get", "library/books", ""])}
    assert found["limit=="] == "integer How many at most."
    assert found["sort=="] == "title|year What to sort by."


# ---- what it may not do --------------------------------------------------------------------------------------------


def test_a_wrong_data_file_has_no_words(library: Path) -> None:
    (library / "resources.json").write_text("{", encoding="utf-8")
    assert _words("get", "library/bo") == []
    assert _words("call", "library", "") == []


def test_no_request_and_no_library_that_makes_some() -> None:
    program = (
        "import sys; from restpath.cli.main import run; run(['completion', '--answer', 'zsh', '--', *sys.argv[1:]]);"
        "heavy = {'requests', 'urllib3', 'rich', 'jsonschema', 'prompt_toolkit', 'jmespath', 'socket', 'ssl'};"
        "print(*heavy & set(sys.modules), file=sys.stderr)"
    )
    for typed in (["ge"], ["get", "library/bo"], ["get", "library/books", "li"], ["call", "library", ""]):
        command = [sys.executable, "-c", program, *typed]
        subprocess.run(command, capture_output=True, env=dict(os.environ), check=True)  # the files are checked once
        done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=True)
        assert done.stdout.strip(), typed
        assert done.stderr.split() == [], typed


def test_files_are_completed_where_files_are_meant(tmp_path: Path) -> None:
    (tmp_path / "book.json").touch()
    (tmp_path / "boxes").mkdir()
    assert _words("post", "library/books", "--data", "bo") == ["book.json ", "boxes/"]
    assert _words("get", "library/books", "--save=bo") == ["--save=book.json ", "--save=boxes/"]
    assert _words("tree", "--definition", "bo") == ["book.json ", "boxes/"]
    assert _words("post", "library/books", "cover@bo") == ["cover@book.json ", "cover@boxes/"]
    assert _words("import", "shop", "bo") == ["book.json ", "boxes/"]
    assert _words("refresh", "shop", "--source", "bo") == ["book.json ", "boxes/"]
    assert _words("learn", "shop", "--into", "bo") == ["book.json ", "boxes/"]


def test_a_service_or_its_files_are_completed_for_check_and_mock(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").touch()
    for command in ("check", "mock"):
        assert _words(command, "lib") == ["library ", "lib.yaml "]
        assert _words(command, "./lib") == ["./lib.yaml "]


def test_tree_completes_the_namespaces_that_it_draws() -> None:
    assert {"ipernity/doc", "ipernity/doc.get/"} <= set(_words("tree", "ipernity/do"))
    assert "ipernity/doc/albums" in _words("tree", "ipernity/doc/alb")
    assert "ipernity/doc" not in _words("get", "ipernity/do")


def test_learn_completes_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restpath.edge.drafts.draft_names", lambda: ["shop", "store", "zoo"])
    assert _words("learn", "s") == ["shop ", "store "]
    assert "library " in _words("learn", "--from", "a.har", "lib")
