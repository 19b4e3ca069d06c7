"""Help texts whose examples run as they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restpath.cli.sampling import sample_words
from tests.support.library import write_library

Command = Callable[..., Any]

OWN = ("services", "tree", "show", "search", "config", "login", "logout", "completion")


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
