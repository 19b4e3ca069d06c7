"""Slips of the finger that a newcomer made: each is told what to type, and nothing goes out that was not meant."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import write_library
from tests.support.scripted import answer

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("delete", "library/books/{identity}", "identity=7"), "there is no variable {identity}"),
        (("get", "library/members/{user}", "user=ann"), "did you mean {username}? Braces of a value are written %7B"),
        (("tree", "library/members/{user}"), "did you mean {username}?"),
        (("get", "library/books//"), "has an empty segment, as where a value is missing"),
        (("get", "library//books"), "has an empty segment"),
        (("get", "library/books/http://a.example/x"), "write it http%3A%2F%2Fa.example%2Fx, or give the path with its"),
        (("get", "library/books/%ff/x"), "library/books"),
        (("get", "shop/orders/%ff"), "its %.. are no UTF-8"),
        (("post", "library/books", '{"title": "x"}'), "is a body and no item: give its fields"),
        (("post", "library/books", "--data", '{"title": "x"}'), "--data takes a file: for a body as text"),
        (("post", "library/books", "title:=@nofile"), "title:=@nofile: cannot read 'nofile'"),
        (("post", "shop/orders", "--limit", "3"), "--all and --limit walk through a list, and POST /orders gives none"),
    ],
)
def test_a_slip_is_told_and_nothing_is_sent(command: Command, words: tuple[str, ...], told: str) -> None:
    ran = command(*words, *(["--dry-run"] if words[0] not in ("tree", "show") else []))
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err


def test_a_path_may_have_values_and_variables(command: Command) -> None:
    """A value is encoded, so that it stays one segment."""
    ran = command("get", "library/members/{username}/loans", "username=a/b", "-n")
    assert ran.out.splitlines()[0] == "GET https://library.example/v1/members/a%2Fb/loans"
    assert command("get", "shop/orders/{id}", "id=me", "-n").out.splitlines()[0].startswith("GET https://shop.example/")
    ran = command("get", "library/members/ann/loans?x={y}", "-n")
    assert ran.out.splitlines()[0] == "GET https://library.example/v1/members/ann/loans?x=%7By%7D"


def test_a_url_of_a_known_service_can_be_looked_at(command: Command) -> None:
    assert "GET  Tells who somebody is." in command("show", "https://library.example/v1/members/ann").out
    assert command("tree", "https://library.example/v1/books/7").out.startswith("library/books/7  GET PUT DELETE")


def test_an_operation_can_be_shown_as_a_path(command: Command) -> None:
    assert command("show", "library/listBooks").out == command("show", "library", "listBooks").out


def test_the_line_of_curl_is_the_request(command: Command) -> None:
    """Whoever proves himself who calls gets no credentials of the definition beside it."""
    ran = command("get", "shop/orders", "Authorization:Bearer mine", "--curl")
    assert ran.out == "curl -H 'Authorization: <authorization>' https://shop.example/v1/orders\n"
    assert "Authorization: Bearer <token>" in command("get", "shop/orders", "--curl").out


def test_options_that_a_line_leaves_out_are_told(command: Command) -> None:
    assert (
        "the line leaves out --save, --limit"
        in command("get", "shop/orders", "--limit", "3", "--save", "x", "--curl").err
    )
    assert "the line leaves out --query" in command("get", "shop/orders", "--query", "a", "--python").err
    assert command("get", "shop/orders", "--limit", "3", "--python").err == ""


def test_an_empty_standard_input_is_no_body(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b""))))  # type: ignore[arg-type]
    ran = command("post", "shop/orders", "--data", "-", "-n")
    assert (ran.status, ran.out) == (2, "")
    assert "standard input is empty" in ran.err


def test_a_list_of_texts_is_a_column_of_csv(command: Command, server: Any) -> None:
    server(answer(200, json.dumps(["a", "b"]).encode(), "Content-Type: application/json"))
    assert command("get", "shop/orders", "-o", "csv").out == "value\na\nb\n"


def test_a_closed_standard_output_is_an_error(
    command: Command, server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from restpath.cli.main import run

    server()
    monkeypatch.setattr(sys, "stdout", None)
    assert run(["get", "shop/orders"]) == 1
    assert "standard output" in capsys.readouterr().err


def test_completion_offers_the_variables_of_the_path() -> None:
    from restpath.cli.commands import commands
    from restpath.cli.shells import find_completions

    found = [word for _, word, _ in find_completions(commands, ["get", "library/books/{id}", "i"])]
    assert found == ["id="]


def test_the_login_in_a_url_is_shown_masked(command: Command) -> None:
    url = "https://ann:s3cret@elsewhere.example/x"
    assert command("get", url, "-n").out == (
        "GET https://elsewhere.example/x\nAuthorization: Basic <name>:<password>\n"
    )  # fmt: skip
    assert command("get", url, "--curl").out == "curl -u '<name>:<password>' https://elsewhere.example/x\n"


@pytest.mark.parametrize("words", [("call", "shop", "orders", "-n"), ("show", "shop", "orders")])
def test_the_beginning_of_names_is_told_as_such(command: Command, words: tuple[str, ...]) -> None:
    ran = command(*words)
    assert (ran.status, ran.out) == (2, "")
    assert "has no operation 'orders', but orders.list, orders.get: restpath tree shop/orders lists them" in ran.err
