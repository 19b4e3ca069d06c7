"""`config`: what is in force, and where each value came from."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.auth.tokens import Token
from restpath.masking import Secret
from tests.support.library import write_library, write_service

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def library(shop_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return write_library(shop_files.parent)


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Path]:
    """Write the configuration file."""

    def write(text: str) -> Path:
        file = tmp_path / "config" / "restpath" / "config.ini"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return file

    return write


def _rows(command: Command, *words: str) -> dict[str, str]:
    ran = command("config", *words)
    assert (ran.status, ran.err) == (0, "")
    rows = [line.split(None, 1) for line in ran.out.splitlines() if line.startswith("  ")]
    return {name: " ".join(rest.split()) for name, rest in rows}


def test_without_anything_said_the_definition_stands(command: Command) -> None:
    assert _rows(command, "library") == {
        "base_url": "https://library.example/v1 definition",
        "username": "- not set: RESTPATH_LIBRARY_USERNAME",
        "token": "- not set: RESTPATH_LIBRARY_TOKEN",
        "password": "- not set: RESTPATH_LIBRARY_PASSWORD",
        "client_id": "terminal definition",
    }


def test_the_configuration_file_is_named_and_its_secrets_masked(
    command: Command, configured: Callable[[str], Path]
) -> None:
    file = configured("[library]\nbase_url = https://own.example\nusername = ann\npassword = pa55w0rd\n")
    rows = _rows(command, "library")
    assert rows["base_url"] == "https://own.example profile [library]"
    assert rows["username"] == "ann profile [library]"
    assert rows["password"] == "*** profile [library]"
    out = command("config", "library").out
    assert str(file) in out
    assert "pa55w0rd" not in out


def test_the_environment_goes_before_the_file(
    command: Command, configured: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured("[library]\nusername = ann\ntoken = fromfile\n")
    monkeypatch.setenv("RESTPATH_LIBRARY_USERNAME", "bob")
    rows = _rows(command, "library")
    assert rows["username"] == "bob environment RESTPATH_LIBRARY_USERNAME"
    assert rows["token"] == "*** profile [library]"


def test_what_the_environment_puts_beside_a_named_profile_is_said_in_a_sentence(
    command: Command, configured: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured("[library:work]\ntoken = t0ken\n")
    said = "the environment is nearer than a profile, also one that is named"
    assert said not in command("config", "library", "--profile", "work").out
    monkeypatch.setenv("RESTPATH_LIBRARY_USERNAME", "bob")
    ran = command("config", "library", "--profile", "work")
    assert ran.status == 0
    sentence = f"{said}: RESTPATH_LIBRARY_USERNAME holds beside [library:work], whatever that says"
    assert sentence in " ".join(ran.out.split())
    assert said not in command("config", "library").out  # no profile, nothing to be beside


def test_a_profile_stands_in_place_of_the_service(command: Command, configured: Callable[[str], Path]) -> None:
    configured("[library]\nusername = ann\n[library:work]\nbase_url = https://work.example\n")
    rows = _rows(command, "library", "--profile", "work")
    assert rows["base_url"] == "https://work.example profile [library:work]"
    assert rows["username"].startswith("-")


def test_a_command_is_not_run(command: Command, configured: Callable[[str], Path], tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    run = f"cmd:\"{sys.executable}\" -c \"open(r'{ran}', 'w'); print('x')\""
    configured(f"[library]\ntoken = {run}\nusername = {run}\nbase_url = {run}\n")
    rows = _rows(command, "library")
    for name in ("token", "username", "base_url"):
        assert rows[name] == "cmd:*** profile [library], a command, which was not run"
    assert not ran.exists()


def test_a_value_that_the_environment_has_is_told_with_its_variable(
    command: Command, configured: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured("[library]\nusername = env:WHO\ntoken = env:WHAT\npassword = env:NOT_THERE\n")
    monkeypatch.setenv("WHO", "ann")
    monkeypatch.setenv("WHAT", "t0ken")
    rows = _rows(command, "library")
    assert rows["username"] == "ann profile [library], environment WHO"
    assert rows["token"] == "*** profile [library], environment WHAT"
    assert rows["password"] == "- profile [library], environment NOT_THERE, which is not set"


def test_a_profile_of_another_server_is_not_in_force(
    command: Command, configured: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured("[library]\nbase_url = https://own.example\ntoken = t0ken\n")
    monkeypatch.setenv("RESTPATH_LIBRARY_BASE_URL", "https://other.example")
    ran = command("config", "library")
    assert "https://other.example  environment RESTPATH_LIBRARY_BASE_URL" in ran.out
    assert "***" not in ran.out
    assert "[library] is for another server, and its credentials go nowhere else" in ran.out


def test_a_stored_login_is_told(command: Command) -> None:
    core = restpath.connect("library", username="ann")._root.owner
    scheme = core.definition.service.schemes["bearer"]
    core.prover.keeper.keep(scheme, Token(Secret("st0red"), public={"username": "ann"}), core.prover.at_hand())
    rows = _rows(command, "library")
    assert rows["token"] == "*** stored login"
    assert rows["username"] == "ann stored login"


@pytest.mark.parametrize("ends", [1e20, 1e12 * 400, -1e18, 10**400])
def test_a_login_that_ends_beyond_all_dates_is_listed(command: Command, tmp_path: Path, ends: float) -> None:
    file = tmp_path / "data" / "restpath" / "tokens.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"library https://library.example/v1": {"access_token": "x", "expires_at": ends}}))
    file.chmod(0o600)
    ran = command("config")
    assert (ran.status, ran.err) == (0, "")
    assert "until a time beyond all dates" in ran.out


def test_a_stored_login_stands_behind_what_is_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    test_a_stored_login_is_told(command)
    monkeypatch.setenv("RESTPATH_LIBRARY_TOKEN", "nearer")
    assert _rows(command, "library")["token"] == "*** environment RESTPATH_LIBRARY_TOKEN"


def test_a_login_in_a_base_url_is_masked(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_LIBRARY_BASE_URL", "https://ann:pa55@own.example")
    ran = command("config", "library")
    assert "https://***@own.example" in ran.out
    assert "pa55" not in ran.out


def test_variables_of_the_base_url_are_shown(command: Command, shop_files: Path) -> None:
    service = {
        "service": "wide", "base_url": "https://{region}.example",
        "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}},
    }  # fmt: skip
    write_service(shop_files.parent / "wide", service=service, resources={"/a": "GET"})
    assert _rows(command, "wide")["region"] == "eu definition"


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("[library]\nusernam = ann\n", ["library"], "did you mean 'username'?"),
        ("[library:work]\n", ["library", "--profile", "wrk"], "did you mean 'work'?"),
        ("[library]\nsecretword\n", ["library"], "config.ini, line 2"),
        ("stray\n", [], "config.ini, line 1"),
        ("", ["libary"], "did you mean 'library'?"),
        ("", ["--profile", "x"], "restpath config SERVICE --profile x"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    command: Command, configured: Callable[[str], Path], text: str, words: list[str], told: str
) -> None:
    configured(text)
    ran = command("config", *words)
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err
    assert "secretword" not in ran.err


def test_without_a_service_the_files_and_variables_are_shown(
    command: Command, configured: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = configured("[library]\nusername = ann\ntokn = s3cret\n[libary:work]\nx = y\n")
    monkeypatch.setenv("RESTPATH_LIBRARY_TOKEN", "s3cret")
    monkeypatch.setenv("RESTPATH_LIBRARY_TOKN", "s3cret")
    ran = command("config")
    assert ran.status == 0
    rows = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert f"configuration {file}" in rows
    assert "[library] username, tokn (not known)" in rows
    assert "[libary:work] x there is no such service" in rows
    assert "RESTPATH_LIBRARY_TOKEN library" in rows
    assert "RESTPATH_LIBRARY_TOKN nothing reads it" in rows
    assert "s3cret" not in ran.out
