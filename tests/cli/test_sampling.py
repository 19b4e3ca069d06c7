"""Help texts whose examples run as they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import restpath
from restpath.cli.commands import COMMANDS
from restpath.cli.sampling import sample_words
from restpath.mock import serve
from tests.support.library import write_library

Command = Callable[..., Any]

OWN = ("services", "tree", "show", "search", "where", "config", "login", "logout", "completion", "demo", "check")


def _examples(command: Command, name: str) -> list[list[str]]:
    out = command(name, "--help").out
    return [shlex.split(line)[1:] for line in re.findall(r"^    (restpath .*)$", out, re.MULTILINE)]


@pytest.mark.parametrize("name", OWN)
def test_each_example_runs_as_it_stands(command: Command, name: str) -> None:
    examples = _examples(command, name)
    assert examples or name == "completion"
    for words in examples:
        if name in ("login", "logout"):  # which ask for what nobody has said
            assert command(*words[:1], "--help").status == 0
            assert command("config", words[1]).status == 0
            continue
        words = words[: words.index(">")] if ">" in words else words
        ran = command(*words)
        assert ran.status == 0, words
        assert ran.out


def test_examples_speak_of_what_is_there(shop_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_library(shop_files.parent)
    monkeypatch.setattr("restpath.edge.catalog.service_names", lambda: ["library"])
    assert sample_words() == {
        "service": "library", "place": "library/books", "template": "library/books/{id}",
        "operation": "library listBooks", "word": "books", "login": "library",
            "listing": "shop",
    }  # fmt: skip


def test_without_any_service_examples_still_have_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restpath.edge.catalog.service_names", list)
    assert sample_words()["place"] == "shop/orders"


@pytest.mark.parametrize("name", OWN)
def test_each_command_has_a_debug_option(command: Command, name: str) -> None:
    assert "--debug" in command(name, "--help").out


def test_debug_shows_where_an_error_came_from(command: Command) -> None:
    ran = command("tree", "shop/nowhere", "--debug")
    assert (ran.status, ran.out) == (2, "")
    assert "Traceback" in ran.err
    assert "Traceback" not in command("tree", "shop/nowhere").err


CALLS = ("get", "post", "put", "patch", "delete", "head", "options", "call")


@pytest.mark.parametrize("name", CALLS)
def test_the_example_of_a_call_runs_as_it_stands(command: Command, name: str) -> None:
    """It sends nothing."""
    (words,) = re.findall(r"^  restpath (.*)$", command(name, "--help").out, re.MULTILINE)
    ran = command(*shlex.split(words))
    assert (ran.status, ran.err) == (0, ""), words
    assert words.startswith(f"{name} ")
    assert "--dry-run" in words


@pytest.mark.parametrize("name", CALLS)
def test_the_example_of_a_call_can_be_made(command: Command, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent to a mock of the service, its request is one that the service knows."""
    (line,) = re.findall(r"^  restpath (.*) --dry-run$", command(name, "--help").out, re.MULTILINE)
    words = shlex.split(line.partition(" --base-url")[0])
    service = "shop" if "://" in words[1] else words[1].partition("/")[0]
    words[1] = "shop/" if "://" in words[1] else words[1]
    for credential in restpath.read(service).service.credentials:
        monkeypatch.setenv(f"RESTPATH_{service}_{credential}".upper(), "any")
    with serve(restpath.read(service)) as server:
        monkeypatch.setenv(f"RESTPATH_{service}_BASE_URL".upper(), server.url)
        ran = command(*words, "--yes", "--no-strict")
    assert ran.status in (0, 4), ran.err
    assert "has nothing at" not in ran.err


def test_the_first_steps_run_as_they_stand(command: Command) -> None:
    steps = re.findall(r"^  restpath (.*)$", command("--help").out, re.MULTILINE)
    assert len(steps) == 5
    for words in steps:
        ran = command(*shlex.split(words))
        assert (ran.status, ran.err) == (0, ""), words


def test_the_example_of_a_mock_serves(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped as soon as it would wait, it has said where it is."""
    monkeypatch.setattr("restpath.cli.standing.threading", SimpleNamespace(Event=_Interrupted))
    examples = _examples(command, "mock")
    assert len(examples) == 2
    ran = command(*examples[0])
    assert (ran.status, ran.out[:17]) == (130, "http://127.0.0.1:")


class _Interrupted:
    def wait(self) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_helps_fit_a_terminal_of_80_columns(command: Command, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = command(*filter(None, [name]), "--help").out
    examples = [line for line in said.splitlines() if line.lstrip().startswith(("restpath ", "eval "))]
    assert [line for line in said.splitlines() if len(line) > 80 and line not in examples] == []
    assert examples
