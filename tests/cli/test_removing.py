"""`restpath remove`: what goes, what stays, what is asked, and the way back."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath
import restpath.edge.imported
from restpath.cli.main import run
from restpath.edge.catalog import service_names
from restpath.edge.directories import config_directory
from restpath.edge.drafts import add_to_draft, draft_names
from restpath.edge.tokens import default_path, open_store, stored_logins
from restpath.errors import InvalidValue
from tests.support.library import write_service

Command = Callable[..., Any]
API = {
    "openapi": "3.0.3", "info": {"title": "Books", "version": "1"}, "servers": [{"url": "https://books.example.com"}],
    "paths": {"/books": {"get": {"operationId": "listBooks", "responses": {}}}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / variable.lower()))
    monkeypatch.delenv("RESTPATH_PATH", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api.json").write_text(json.dumps(API))
    return tmp_path


@pytest.fixture
def config(places: Path) -> Path:
    return places / "config" / "restpath"


@pytest.fixture
def books(typed: Command) -> str:
    assert typed("import", "books", "api.json").status == 0
    return "books"


def _templates(name: str) -> list[str]:
    return sorted({each.template for each in restpath.read(name).operations})


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# ---- what was imported ---------------------------------------------------------------------------------------------


def test_what_was_imported_is_gone_and_comes_back_on_request(typed: Command, books: str) -> None:
    ran = typed("remove", "books", "--yes")
    assert (ran.status, ran.err) == (0, "")
    assert "import  what was read from " in ran.out
    assert ran.out.endswith("books: removed; restpath remove books --undo brings it back\n")
    assert "books" not in service_names()
    assert typed("get", "books/books").status == 2
    assert typed("services").status == 0
    ran = typed("remove", "books", "--undo")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("books: back to what was read from ")
    assert _templates("books") == ["/books"]


def test_a_trial_shows_what_would_go_and_changes_nothing(typed: Command, books: str, places: Path) -> None:
    before = _files(places)
    ran = typed("remove", "books", "--dry-run")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("would go\n  import  what was read from ")
    assert ran.out.endswith("books: nothing was changed\n")
    assert _files(places) == before


def test_without_a_terminal_it_takes_a_yes(typed: Command, books: str) -> None:
    ran = typed("remove", "books")
    assert (ran.status, ran.out) == (2, "")
    assert "nothing was changed: restpath remove books --yes does it" in ran.err
    assert _templates("books") == ["/books"]


@pytest.mark.parametrize(("said", "status"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("", 130)])
def test_at_a_terminal_it_is_asked_for(
    typed: Command, books: str, monkeypatch: pytest.MonkeyPatch, said: str, status: int
) -> None:
    monkeypatch.setattr("restpath.cli.removing.is_terminal", lambda stream: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    ran = typed("remove", "books")
    assert ran.status == status
    assert "import: what was read from " in ran.err
    assert "Remove books: really?" in ran.err
    assert ("books" in service_names()) == (status != 0)


def test_a_name_is_free_again_for_another_import(typed: Command, books: str, places: Path) -> None:
    typed("remove", "books", "--yes")
    (places / "new.json").write_text(json.dumps({**API, "paths": {"/loans": {"get": {"responses": {}}}}}))
    assert typed("import", "books", "new.json").status == 0
    assert _templates("books") == ["/loans"]
    ran = typed("remove", "books", "--undo")
    assert ran.status == 2
    assert "nothing that was removed of books is kept" in ran.err
    assert _templates("books") == ["/loans"]


def test_a_service_that_came_with_restpath_is_as_it_came(typed: Command) -> None:
    ran = typed("remove", "mixcloud", "--yes")
    assert (ran.status, ran.out) == (2, "")
    assert "mixcloud came with restpath, and cannot be removed" in ran.err
    assert typed("import", "mixcloud", "api.json", "--accept-move", "--force").status == 0
    ran = typed("remove", "mixcloud", "--yes")
    assert "stays\n  what came with restpath\n" in ran.out
    assert "mixcloud: back to what came with restpath; restpath remove mixcloud --undo" in ran.out
    assert "/upload/" in _templates("mixcloud")
    assert typed("remove", "mixcloud", "--undo").status == 0
    assert _templates("mixcloud") == ["/books"]


def test_an_import_that_is_damaged_can_be_removed(typed: Command, books: str) -> None:
    folder = restpath.edge.imported.imported_folder("books")
    assert folder is not None
    (folder / "resources.json").write_text("{")
    assert typed("tree", "books").status == 2
    assert typed("remove", "books", "--yes").status == 0
    assert "books" not in service_names()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bokos"], "there is no service 'bokos'; did you mean 'books'?"),
        (["../books"], "is no name of a service"),
        (["bokos", "--undo"], "nothing that was removed of bokos is kept"),
        (["books", "--undo"], "nothing that was removed of books is kept"),
        (["books", "--undo", "--dry-run"], "--undo is done at once: restpath remove books --undo"),
    ],
)
def test_what_cannot_be_removed_is_told(typed: Command, books: str, words: list[str], said: str) -> None:
    ran = typed("remove", *words)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err


def test_what_was_removed_is_not_removed_twice(typed: Command, books: str) -> None:
    typed("remove", "books", "--yes")
    ran = typed("remove", "books", "--yes")
    assert ran.status == 2
    assert "books was removed before: restpath remove books --undo brings it back" in ran.err


def test_whoever_removed_corrections_as_well_is_told_how_both_come_back(typed: Command, books: str) -> None:
    own = config_directory() / "books"
    own.mkdir(parents=True)
    (own / "resources.json").write_text('{"format": 1, "/books": {"title": "Mine"}}')
    assert typed("remove", "books", "--own", "--yes").status == 0
    ran = typed("remove", "books", "--yes")
    assert "restpath remove books --undo --own brings it back, with your own data files" in ran.err
    assert typed("remove", "books", "--undo", "--own").status == 0
    assert (own / "resources.json").exists()


# ---- one's own files -----------------------------------------------------------------------------------------------


def test_corrections_are_neither_lost_nor_left_behind_alone(typed: Command, books: str, config: Path) -> None:
    write_service(config / "books", resources={"/books": "POST"})
    (config / "books" / "notes.txt").write_text("mine")
    ran = typed("remove", "books", "--yes")
    assert (ran.status, ran.out) == (2, "")
    assert "describes nothing by itself. Nothing was changed; restpath remove books --own" in ran.err
    before = _files(config / "books")
    ran = typed("remove", "books", "--own", "--yes")
    assert ran.status == 0
    assert ran.out.endswith("books: removed; restpath remove books --own --undo brings it back\n")
    (kept,) = (config / "removed.d" / "books").iterdir()
    assert f"your own data files are in {kept} now" in ran.err
    assert _files(kept) == before
    assert not (config / "books").exists()
    assert "books" not in service_names()
    ran = typed("remove", "books", "--own", "--undo")
    assert (ran.status, ran.err) == (0, "")
    assert f", and your own data files in {config / 'books'}\n" in ran.out
    assert _files(config / "books") == before
    assert restpath.connect("books").books.post.prepare().method == "POST"


def test_a_service_of_ones_own_is_removed_where_that_is_said(typed: Command, config: Path) -> None:
    """What was learnt and taken over lies among one's own files."""
    write_service(config / "tea", service={"base_url": "https://tea.example"}, resources={"/pots": "GET"})
    ran = typed("remove", "tea", "--yes")
    assert (ran.status, ran.out) == (2, "")
    assert f"your own data files, in {config / 'tea'}. restpath remove tea --own takes them away" in ran.err
    assert typed("remove", "tea", "--own", "--yes").status == 0
    assert typed("get", "tea/pots").status == 2
    ran = typed("remove", "tea", "--undo")
    assert "restpath remove tea --undo --own brings back your own data files" in ran.err
    assert typed("remove", "tea", "--undo", "--own").status == 0
    assert _templates("tea") == ["/pots"]


def test_what_would_be_overwritten_keeps_the_old_files_away(typed: Command, config: Path) -> None:
    write_service(config / "tea", service={"base_url": "https://tea.example"}, resources={"/pots": "GET"})
    typed("remove", "tea", "--own", "--yes")
    write_service(config / "tea", service={"base_url": "https://tea.example"}, resources={"/cups": "GET"})
    ran = typed("remove", "tea", "--undo", "--own")
    assert ran.status == 2
    assert f"{config / 'tea'} is there again: move it away first" in ran.err
    assert _templates("tea") == ["/cups"]
    assert typed("remove", "tea", "--own", "--yes").status == 0
    assert len(list((config / "removed.d" / "tea").iterdir())) == 2  # the earlier ones are still there


def test_what_lies_in_a_directory_of_the_path_is_left_alone(
    typed: Command, books: str, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_service(places / "project" / "books", service={"base_url": "https://a.example"}, resources={})
    other = write_service(places / "project" / "tea", service={"base_url": "https://a.example"}, resources={})
    monkeypatch.setenv("RESTPATH_PATH", str(places / "project"))
    ran = typed("remove", "tea", "--own", "--yes")
    assert ran.status == 2
    assert f"put there by hand, in {other}: move or delete that yourself" in ran.err
    ran = typed("remove", "books", "--own", "--yes")
    assert ran.status == 0
    assert f"stays\n  the data files in {folder}\n" in ran.out
    assert "books: described by what stays; " in ran.out
    assert _files(folder) != {}


def test_what_was_put_among_the_imports_by_hand_is_left_alone(typed: Command, places: Path) -> None:
    folder = places / "data" / "restpath" / "tea"
    write_service(folder, service={"base_url": "https://tea.example"}, resources={"/pots": "GET"})
    ran = typed("remove", "tea", "--yes")
    assert ran.status == 2
    assert f"put there by hand, in {folder}" in ran.err
    assert _templates("tea") == ["/pots"]


# ---- logins, drafts, profiles --------------------------------------------------------------------------------------


def test_logins_are_forgotten_with_the_service_and_with_no_other(typed: Command, books: str) -> None:
    store = open_store(default_path())
    for key in ("books https://books.example.com", "books:night https://n.example", "booksy https://b.example"):
        store.save(key, {"access_token": key})
    ran = typed("remove", "books", "--dry-run")
    assert "stored login  books https://books.example.com\n" in ran.out
    assert len(stored_logins()) == 3
    typed("remove", "books", "--yes")
    assert list(stored_logins()) == ["booksy https://b.example"]


def test_logins_stay_where_the_service_does(typed: Command) -> None:
    typed("import", "mixcloud", "api.json", "--accept-move", "--force")
    open_store(default_path()).save("mixcloud https://m.example", {"access_token": "x"})
    typed("remove", "mixcloud", "--yes")
    assert list(stored_logins()) == ["mixcloud https://m.example"]


def test_logins_that_could_not_be_forgotten_are_tried_again(
    typed: Command, books: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service is removed, that is told, and so is what is left to do."""
    open_store(default_path()).save("books https://books.example.com", {"access_token": "x"})
    with monkeypatch.context() as patch:
        patch.setattr("restpath.edge.tokenfiles._write_whole", _no_room)
        ran = typed("remove", "books", "--yes")
    assert ran.status == 1
    assert "books: removed; " in ran.out
    assert "stored login" not in ran.out
    assert "no room" in ran.err
    ran = typed("remove", "books", "--yes")
    assert (ran.status, ran.out) == (0, "removed\n  stored login  books https://books.example.com\nbooks: removed\n")
    assert stored_logins() == {}


def _no_room(*_: Any) -> None:
    raise restpath.AuthError("no room")


def test_what_else_there_is_of_it_is_told_and_kept(typed: Command, books: str, config: Path) -> None:
    add_to_draft("books", None, {"/loans": {"methods": {"GET": {}}}})
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.ini").write_text("[books]\nbase_url = https://a.example\n[books:night]\n[other]\n")
    ran = typed("remove", "books", "--yes")
    assert ran.status == 0
    assert "still a draft: restpath learn books --forget drops it" in ran.err
    assert "[books], [books:night] of config.ini is as it was" in ran.err
    assert draft_names() == ["books"]
    assert typed("learn", "books", "--forget").status == 0


# ---- what breaks off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [InvalidValue("no room"), KeyboardInterrupt()])
def test_what_breaks_off_leaves_all_as_it_was(
    typed: Command, books: str, config: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write_service(config / "books", resources={"/books": "POST"})
    before = _files(config / "books")

    def broken(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("restpath.edge.removed.retire", broken)
        ran = typed("remove", "books", "--own", "--yes")
    assert ran.status in (2, 130)
    assert ran.out == ""
    assert _files(config / "books") == before
    assert len(restpath.read("books").operations) == 2


def test_whoever_is_killed_in_the_middle_leaves_all_whole(books: str, config: Path) -> None:
    """One's own files are in their new place, the import is in force; the next removal goes on."""
    write_service(config / "books", resources={"/books": "POST"})
    code = (
        "import os, restpath.edge.removed as removed; from restpath.cli.main import run\n"
        "removed.retire = lambda *_: os._exit(9)\n"
        "run(['remove', 'books', '--own', '--yes'])"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 9
    assert _templates("books") == ["/books"]
    assert run(["remove", "books", "--yes"]) == 0
    assert "books" not in service_names()
    assert run(["remove", "books", "--own", "--undo"]) == 0
    assert len(restpath.read("books").operations) == 2


def test_another_import_meanwhile_is_not_removed_unseen(books: str, places: Path) -> None:
    from restpath.edge.imported import Changed
    from restpath.edge.removed import plan_removal

    plan = plan_removal("books")
    (places / "new.json").write_text(json.dumps({**API, "paths": {"/loans": {"get": {"responses": {}}}}}))
    assert run(["import", "books", "new.json", "--force"]) == 0
    with pytest.raises(Changed, match="was replaced meanwhile"):
        plan.apply()
    assert _templates("books") == ["/loans"]


# ---- completion ----------------------------------------------------------------------------------------------------


def test_what_can_be_removed_is_completed_and_what_can_come_back(typed: Command, books: str, config: Path) -> None:
    write_service(config / "tea", service={"base_url": "https://tea.example"}, resources={"/pots": "GET"})
    assert _completed("") == ["books", "tea"]
    assert _completed("--undo", "") == []
    typed("remove", "books", "--yes")
    typed("remove", "tea", "--own", "--yes")
    assert _completed("") == []
    assert _completed("--undo", "") == ["books", "tea"]


def _completed(*words: str) -> list[str]:
    from click.shell_completion import ShellComplete

    from restpath.cli.commands import commands

    *before, begun = words
    found = ShellComplete(commands, {}, "restpath", "_C").get_completions(["remove", *before], begun)
    return [item.value for item in found]
