"""`login` and `logout`: a token got once, kept, and forgotten."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import click
import pytest

from restpath.edge.tokens import default_path
from tests.support.library import write_library, write_service
from tests.support.oauth import OAuth
from tests.support.scripted import Server
from tests.support.terminal import Terminal

Command = Callable[..., Any]

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")


@pytest.fixture
def oauth() -> OAuth:
    return OAuth()


@pytest.fixture(autouse=True)
def server(shop_files: Path, tmp_path: Path, oauth: OAuth, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    write_library(shop_files.parent)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with Server(oauth) as started:
        monkeypatch.setenv("RESTPATH_LIBRARY_BASE_URL", started.url)
        yield started


def _kept(tmp_path: Path) -> str:
    file = tmp_path / "data" / "restpath" / "tokens.json"
    return file.read_text(encoding="utf-8") if file.exists() else ""


# ---- by password ---------------------------------------------------------------------------------------------------


def test_a_login_keeps_the_token_and_not_the_password(command: Command, tmp_path: Path, server: Server) -> None:
    ran = command("login", "library", "--set", "username=ann", "--set", "password=pa55-of-ann")
    assert (ran.status, ran.out) == (0, "")
    assert f"logged in to library at {server.url}" in ran.err
    assert str(tmp_path / "data" / "restpath" / "tokens.json") in ran.err
    assert "t0ken-1" in _kept(tmp_path)
    assert "pa55" not in _kept(tmp_path)


def test_a_later_call_has_the_token(command: Command, oauth: OAuth) -> None:
    command("login", "library", "--set", "username=ann", "--set", "password=pa55-of-ann")
    assert command("get", "library/books").status == 0
    assert [token for _, token, _ in oauth.calls] == ["t0ken-1"]


def test_a_login_says_who_still_goes_before_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_LIBRARY_TOKEN", "nearer")
    ran = command("login", "library", "--set", "username=ann", "--set", "password=pa55-of-ann")
    assert ran.status == 0
    assert "its token is still said by the environment RESTPATH_LIBRARY_TOKEN, which calls use first" in ran.err
    assert "nearer" not in ran.err


def test_a_refused_login_says_so(command: Command, tmp_path: Path) -> None:
    ran = command("login", "library", "--set", "username=ann", "--set", "password=wrong")
    assert (ran.status, ran.out) == (1, "")
    assert "invalid_grant" in ran.err
    assert "wrong" not in ran.err
    assert _kept(tmp_path) == ""


def test_what_is_missing_is_named_where_nobody_can_be_asked(command: Command, oauth: OAuth) -> None:
    ran = command("login", "library", "--grant", "password")
    assert (ran.status, ran.out) == (2, "")
    assert "needs password, username" in ran.err
    assert "--set password=... --set username=..." in ran.err
    assert oauth.asked == []


def test_the_environment_and_the_profile_are_asked_first(
    command: Command, oauth: OAuth, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config" / "restpath" / "config.ini"
    file.parent.mkdir(parents=True)
    file.write_text(f"[library:work]\nbase_url = {server.url}\nusername = ann\n", encoding="utf-8")
    monkeypatch.setenv("RESTPATH_LIBRARY_PASSWORD", "pa55-of-ann")
    assert command("login", "library", "--profile", "work").status == 0
    assert oauth.asked[0]["username"] == "ann"
    assert "library:work" in _kept(tmp_path)


@needs_terminal
def test_a_person_is_asked_and_a_secret_is_not_shown(server: Server, oauth: OAuth) -> None:
    line = [sys.executable, "-m", "restpath", "login", "library", "--grant", "password", "--base-url", server.url]
    with Terminal(line, os.environ) as terminal:
        terminal.until("password: ")
        terminal.type("pa55-of-ann\n")
        terminal.until("username: ")
        terminal.type("ann\n")
        assert terminal.end() == 0
    assert oauth.asked[0]["password"] == "pa55-of-ann"
    assert "pa55-of-ann" not in terminal.text
    assert "username: ann" in terminal.text
    assert "logged in to library" in terminal.text


@needs_terminal
def test_ctrl_c_ends_a_login(oauth: OAuth) -> None:
    line = [sys.executable, "-m", "restpath", "login", "library", "--grant", "password"]
    with Terminal(line, os.environ) as terminal:
        terminal.until("password: ")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert "Traceback" not in terminal.text
    assert oauth.asked == []


@needs_terminal
def test_an_address_that_nobody_said_is_asked_for(shop_files: Path, server: Server, oauth: OAuth) -> None:
    files = write_library(shop_files.parent)
    service = json.loads((files / "service.json").read_text(encoding="utf-8"))
    del service["base_url"]
    write_service(files, service=service)
    env = {name: value for name, value in os.environ.items() if name != "RESTPATH_LIBRARY_BASE_URL"}
    line = [sys.executable, "-m", "restpath", "login", "library", "--set", "username=ann", "--grant", "password"]
    with Terminal(line, env, columns=200) as terminal:
        terminal.until("base URL: ")
        terminal.type(f"{server.url}\n")
        terminal.until("password: ")
        terminal.type("pa55-of-ann\n")
        assert terminal.end() == 0
    assert f"write base_url = {server.url} under [library]" in terminal.text


# ---- by a link -----------------------------------------------------------------------------------------------------


def _answer_to(link: str) -> str:
    """The URL that the browser is sent back to."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    return f"{query.get('redirect_uri', 'http://127.0.0.1/')}?{urlencode({'code': 'c0de', 'state': query['state']})}"


def test_a_browser_is_opened_and_its_answer_caught(
    command: Command, oauth: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("oauthlib")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opened: list[str] = []

    def browse(link: str) -> bool:
        opened.append(link)
        threading.Thread(target=lambda: opener.open(_answer_to(link)).close()).start()
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    ran = command("login", "library", "--set", "username=ann")
    assert (ran.status, ran.out) == (0, "")
    assert opened[0] in ran.err
    assert (oauth.asked[0]["grant_type"], oauth.asked[0]["code"]) == ("authorization_code", "c0de")


def test_without_a_browser_the_answer_is_pasted(
    command: Command, oauth: OAuth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("oauthlib")
    said: list[str] = []

    def asked(text: str, **settings: Any) -> str:
        link = next(line.strip() for line in said if "authorize" in line)
        return _answer_to(link)

    def echo(text: str = "", **settings: Any) -> None:
        said.extend(text.splitlines())

    monkeypatch.setattr(click, "prompt", asked)
    monkeypatch.setattr(click, "echo", echo)
    monkeypatch.setattr("webbrowser.open", lambda link: pytest.fail("a browser was opened"))
    ran = command(
        "login", "library", "--no-browser", "--set", "username=ann", "--redirect-uri", "http://127.0.0.1/back"
    )
    assert (ran.status, ran.out) == (0, "")
    assert oauth.asked[0]["code"] == "c0de"
    assert "t0ken-1" in _kept(tmp_path)


# ---- what cannot be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["libary"], "did you mean 'library'? restpath services lists them"),
        (["library", "--grant", "pasword"], "did you mean 'password'? there are password, authorization_code"),
        (["library", "--set", "usr=x"], "'usr' is no credential"),
        (["library", "--set", "username"], "--set username=VALUE"),
        (["library", "--set", "s3cr3t"], "say --set NAME=VALUE"),
        (
            ["shop"],
            "shop has nowhere to log in: write token, username under [shop] in config.ini, or set RESTPATH_SHOP",
        ),
        (["library", "--profile", "none"], "library has no profile 'none'"),
    ],
)
def test_what_cannot_be_is_told_before_anybody_is_asked(
    command: Command, oauth: OAuth, words: list[str], told: str
) -> None:
    ran = command("login", *words)
    assert (ran.status, ran.out) == (2, "")
    assert told in " ".join(ran.err.split())
    assert oauth.asked == []


# ---- logout --------------------------------------------------------------------------------------------------------


def test_a_logout_forgets_the_token(command: Command, tmp_path: Path) -> None:
    command("login", "library", "--set", "username=ann", "--set", "password=pa55-of-ann")
    ran = command("logout", "library")
    assert (ran.status, ran.out) == (0, "")
    assert "logged out of library" in ran.err
    assert "t0ken-1" not in _kept(tmp_path)
    assert "there was no login of library" in command("logout", "library").err


def test_a_logout_says_what_it_cannot_take_away(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("login", "library", "--set", "username=ann", "--set", "password=pa55-of-ann")
    monkeypatch.setenv("RESTPATH_LIBRARY_TOKEN", "another")
    ran = command("logout", "library")
    assert "its token is still said by the environment RESTPATH_LIBRARY_TOKEN" in ran.err


def test_a_password_comes_on_standard_input_where_that_is_said(
    command: Command, oauth: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("pa55-of-ann\nmore\n"))
    ran = command("login", "library", "--grant", "password", "--set", "username=ann", "--stdin")
    assert (ran.status, oauth.asked[0]["password"]) == (0, "pa55-of-ann")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ran = command("login", "library", "--grant", "password", "--set", "username=ann", "--stdin")
    assert ran.status == 2
    assert "there is no line for password on standard input" in ran.err


def test_config_lists_the_stored_logins(command: Command, oauth: OAuth) -> None:
    assert "stored logins\n" not in command("config").out
    assert command("login", "library", "--set", "username=ann", "--set", "password=pa55-of-ann").status == 0
    file = default_path()
    kept = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({key: {**token, "expires_at": 2e9} for key, token in kept.items()}), encoding="utf-8")
    out = command("config").out
    rows = out[out.rindex("stored logins") :].splitlines()[1:]
    assert rows[0].split()[0] == "library"
    assert "username=ann  until 2033-05-" in rows[0]
    assert "t0ken-1" not in out
    assert rows[1] == "" or not rows[1].startswith("  library ")
