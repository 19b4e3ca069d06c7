"""What a message tells to type can be pasted: it names the service that the command line is about."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath.mock
from restpath.cli.speaking import spoken_of

Command = Callable[..., Any]
Shell = Callable[..., Any]
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop_files: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def _hint(err: str) -> list[str]:
    """The command line that a message says to log in by."""
    found = re.search(r"log in (?:again )?by (restpath login .*?)(?:\. Nothing|\n|$)", err)
    assert found is not None, err
    return shlex.split(found[1])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["get", "max/people/ann", "--base-url", NOBODY], ["max", "--base-url", NOBODY]),
        (["call", "max", "login.none", "--base-url", NOBODY], None),
        (["refresh", "ipernity"], None),
        (
            ["get", "max/people", "--base-url", NOBODY, "--set", "client_id=a b", "--set", "password=s3cret"],
            ["max", "--base-url", NOBODY, "--set", "client_id=a b"],
        ),
        (["get", "max/people", "--base-url", "http://a:s3cret@127.0.0.1:1"], None),
    ],
)
def test_whoever_is_to_log_in_is_told_the_whole_command(
    command: Command, words: list[str], hint: list[str] | None
) -> None:
    """With the options that the login depends on, and without any secret."""
    ran = command(*words)
    assert ran.status != 0
    assert "SERVICE" not in ran.err
    assert "s3cret" not in ran.err
    if hint is not None:
        assert _hint(ran.err) == ["restpath", "login", *hint]


def test_a_login_of_a_profile_is_told_with_the_profile(command: Command, tmp_path: Path) -> None:
    (tmp_path / "config" / "restpath").mkdir(parents=True)
    (tmp_path / "config" / "restpath" / "config.ini").write_text(f"[max:by night]\nbase_url = {NOBODY}\n")
    ran = command("get", "max/people", "--profile", "by night")
    assert _hint(ran.err) == ["restpath", "login", "max", "--profile", "by night"]
    ran = command(*_hint(ran.err)[1:])
    assert "the login needs username, password" in ran.err  # it is the profile's server that would be asked


def test_what_is_told_of_a_described_service_logs_in_to_it(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "service.json").write_text(
        '{"format": 1, "service": "other", "credentials": {"token": {}, "user": {"secret": false}, "word": {}},'
        ' "auth": {"own": {"headers": {"X-Token": "{token}"}, "token": {"credential": "token",'
        ' "url": "/token", "grants": {"password": {"username": "{user}", "password": "{word}"}}}}}}'
    )
    (folder / "resources.json").write_text('{"format": 1, "/a": "GET", "/token": "POST"}')
    ran = command("get", "tea/a", "--definition", str(folder), "--base-url", NOBODY)
    assert _hint(ran.err)[:5] == ["restpath", "login", "tea", "--definition", str(folder)]
    ran = command(*_hint(ran.err)[1:])
    assert "the login needs user, word" in ran.err
    assert "RESTPATH_TEA_USER, RESTPATH_TEA_WORD" in ran.err
    ran = command("logout", *_hint(command("get", "tea/a", "--definition", str(folder), "--base-url", NOBODY).err)[2:])
    assert (ran.status, ran.err) == (0, f"restpath: there was no login of tea at {NOBODY}\n")


def test_what_a_shell_tells_can_be_typed_there(shell: Shell) -> None:
    with restpath.mock.serve("max") as server:
        ran = shell("get people\n", "--base-url", server.url, place="max")
        assert _hint(ran.err) == ["restpath", "login", "max"]
        typed = f"set username=ann\nset password=a\n{shlex.join(_hint(ran.err))}\nget people --query length(@)\n"
        ran = shell(typed, "--base-url", server.url, place="max")
    assert (ran.status, ran.out) == (0, "0\n"), ran.err
    assert "logged in to max" in ran.err


def test_a_service_that_is_not_known_keeps_its_placeholder(command: Command) -> None:
    assert "restpath login max" in command("get", "max/people", "--base-url", NOBODY).err
    ran = command("refresh", "--undo")
    assert "say which: restpath refresh NAME" in ran.err
    assert spoken_of() == ("", "")  # nothing is left of the line before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["refresh", "shop", "--all"], "say restpath refresh shop for that one, or restpath refresh --all"),
        (["refresh", "shop", "--undo", "--dry-run"], "restpath refresh shop --undo"),
        (["get", "shop/orders", "--refresh", "on-miss"], "restpath import shop URL does that"),
        (["call", "shop/orders/", "orders.list"], "say restpath call shop OPERATION"),
        (["call", "shop"], "Missing argument 'OPERATION'. restpath tree shop lists them"),
    ],
)
def test_other_messages_name_the_service_as_well(command: Command, words: list[str], said: str) -> None:
    ran = command(*words)
    assert ran.status == 2
    assert said in " ".join(ran.err.split())
