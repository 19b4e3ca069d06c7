"""`show`: all that the definition says of a place, an operation or a service."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath
import restpath.mock
from restpath.cli.offering import shell_word
from tests.support.library import write_library, write_service

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


def _lines(command: Command, *words: str) -> list[str]:
    ran = command("show", *words)
    assert (ran.status, ran.err) == (0, "")
    return [" ".join(line.split()) for line in ran.out.splitlines()]


def test_a_place_is_shown_with_all_that_is_said_of_it(command: Command, library: Path) -> None:
    assert (
        command("show", "library/books").out
        == f"""library/books
All books · Books
The shelves.

GET  List the books  (listBooks)
  limit==  integer     How many at most.
  sort==   title|year  What to sort by.
  old==    boolean     Deprecated.
  restpath get library/books limit==10

POST  Add a book  (addBook)
  title=         string       Required. What it is called.
  pages:=        integer
  lent:=         boolean
  kind=          novel|atlas
  author.name=   string
  author.born:=  integer
  tags:=         array
  body: application/json
  starts from {{"kind": "novel"}}
  restpath post library/books title=TITLE

said by
  {library / "resources.json"}
  {library / "defaults.json"}

below
  new {{id}}:lend {{id}}

more
  restpath tree library/books
"""
    )


def test_a_place_with_values_has_them_in_its_examples(command: Command) -> None:
    lines = _lines(command, "library/members/ann/loans")
    assert lines[:2] == ["library/members/{username}/loans", "{username} is ann"]
    assert "restpath get library/members/ann/loans" in lines


def test_a_place_without_values_has_the_current_user_in_its_examples(command: Command) -> None:
    lines = _lines(command, "library/members/{username}")
    assert "restpath get library/members/:me" in lines
    assert not any("{username} is" in line for line in lines)


def test_documentation_of_several_lines_is_shown_whole(command: Command) -> None:
    lines = _lines(command, "library/members/ann")
    assert "Not what they read." in lines


def test_what_needs_no_credentials_says_so(command: Command) -> None:
    assert "credentials: none needed" in _lines(command, "library/books/new")


def test_a_deprecated_method_is_marked(command: Command) -> None:
    assert "DELETE (deprecated)" in _lines(command, "library/books/7")


def test_a_place_on_the_way_leads_on(command: Command) -> None:
    lines = _lines(command, "library/members")
    assert "no resource itself, but on the way to others" in lines
    assert "{username}" in lines
    assert "restpath tree library/members" in lines


def test_a_line_to_copy_can_be_copied(command: Command) -> None:
    assert "restpath get 'library/books/a b'" in _lines(command, "library/books/a b")


def test_an_operation_is_shown_by_its_name(command: Command) -> None:
    lines = _lines(command, "library", "addBook")
    assert lines[0] == "library addBook"
    assert "POST /books" in lines
    assert "restpath call library addBook title=TITLE" in lines


def test_variables_of_a_named_operation_are_among_its_fields(command: Command, shop_files: Path) -> None:
    lines = _lines(command, "shop", "orders.get")
    assert "id= Required. Stands in /orders/{id}" in lines
    assert "restpath call shop orders.get id=ID" in lines


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["library", "addBok"], "did you mean addBook"),
        (["library", "addBok"], "restpath tree library lists them"),
        (["library/boks"], "did you mean books?"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest(command: Command, words: list[str], told: str) -> None:
    ran = command("show", *words)
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err


def test_a_service_without_names_says_how_its_operations_are_shown(command: Command, shop_files: Path) -> None:
    write_service(shop_files.parent / "plain", service={"service": "plain"}, resources={"/a": "GET"})
    ran = command("show", "plain", "a")
    assert ran.status == 2
    assert "its operations have no names; say restpath show plain/PATH" in ran.err


def test_a_service_is_shown_with_its_credentials_and_files(command: Command, library: Path) -> None:
    lines = _lines(command, "library")
    assert lines[:3] == ["library", "The library", "Books, and who reads them."]
    assert "https://library.example/v1" in lines
    assert "token What the library gave out. A secret." in lines
    assert "client_id 'terminal' unless said." in lines
    assert "GET library/books List the books" in lines
    assert str(library / "service.json") in lines


def test_a_service_at_no_address_says_how_to_give_one(command: Command, shop_files: Path) -> None:
    write_service(shop_files.parent / "lost", service={"service": "lost"}, resources={"/a": "GET"})
    ran = command("show", "lost")
    assert "--base-url, in RESTPATH_LOST_BASE_URL, or as base_url under [lost] in config.ini" in ran.out


def test_the_file_of_the_latest_layer_is_named(
    command: Command, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"/books/new": {"methods": {"GET": {"title": "Fresh"}, "POST": {}}}}
    own = write_service(tmp_path / "later" / "library", resources=words)
    monkeypatch.setenv("RESTPATH_PATH", os.pathsep.join([str(library.parent), str(own.parent)]))
    lines = _lines(command, "library/books/new")
    assert "GET Fresh" in lines
    assert "POST" in lines
    assert str(own / "resources.json") in lines
    assert str(library / "resources.json") not in _lines(command, "library/books/new")


def test_everything_that_is_there_can_be_shown(command: Command) -> None:
    from restpath.edge.catalog import service_names
    from restpath.edge.lookup import read_service

    for name in service_names():
        definition = read_service(name)
        for template, _ in definition.templates():
            assert command("show", name + template).status == 0, template
        for operation in definition.named:
            assert command("show", name, operation).status == 0, operation


def test_the_bodies_that_can_be_sent_as_well_are_shown(command: Command, shop_files: Path) -> None:
    caption = {"type": "object", "properties": {"caption": {"type": "string"}}}
    file = {"properties": {"photo": {"type": "string", "format": "binary"}}}
    bodies = {
        "application/xml": {},
        "image/*": {},
        "multipart/form-data": {"schema": file, "uploads": {"field": "photo"}},
    }
    post = {"body": {"schema": caption}, "bodies": bodies}
    write_service(
        shop_files.parent / "photos", service={"service": "photos"}, resources={"/p": {"methods": {"POST": post}}}
    )
    lines = _lines(command, "photos/p")
    at = lines.index("caption= string")
    assert lines[at : at + 6] == [
        "caption= string",
        "or as application/xml: with Content-Type:application/xml",
        "or as image/*: with a Content-Type: that fits",
        "or as multipart/form-data: with a file, or with Content-Type:multipart/form-data",
        "photo@ file",
        "restpath post photos/p caption=CAPTION",
    ]
    stated = json.loads(command("show", "photos/p", "-o", "json").out)[0]["methods"][0]["bodies"]
    assert [body["media_type"] for body in stated] == list(bodies)
    assert [each["item"] for each in stated[2]["takes"]] == ["photo@"]


def test_the_servers_of_a_service_are_shown_and_chosen(command: Command, shop_files: Path) -> None:
    regions = {"region": {"default": "eu", "enum": ["eu", "us"]}}
    servers = [
        {"url": "https://sandbox.example", "title": "The sandbox"},
        {"url": "https://{region}.shop.example", "variables": regions},
    ]
    words = {"service": "places", "base_url": "https://places.example", "servers": servers}
    write_service(shop_files.parent / "places", service=words, resources={"/a": "GET"})
    lines = _lines(command, "places")
    assert "or https://sandbox.example (The sandbox)" in lines
    assert "or https://{region}.shop.example ({region} is eu or us)" in lines
    assert [each["url"] for each in json.loads(command("show", "places", "-o", "json").out)["servers"]] == [
        "https://sandbox.example", "https://{region}.shop.example",
    ]  # fmt: skip
    config = " ".join(command("config", "places").out.split())
    assert "another server https://sandbox.example --base-url: The sandbox" in config
    chosen = ["--base-url", "https://{region}.shop.example", "--set", "region=us"]
    assert "https://us.shop.example/a" in command("get", "places/a", "--curl", *chosen).out


def test_json_and_a_file_in_one_body_are_shown_and_rehearsed(
    command: Command, shop_files: Path, tmp_path: Path
) -> None:
    owner = {"type": "object", "properties": {"owner": {"type": "object", "properties": {"id": {"type": "integer"}}}}}
    post = {"body": {"media_type": "multipart/related", "schema": owner}}
    words = {"service": "files", "base_url": "https://files.example"}
    write_service(shop_files.parent / "files", service=words, resources={"/f": {"methods": {"POST": post}}})
    lines = _lines(command, "files/f")
    assert {"owner.id:= integer", "file@ file Required.", "body: multipart/related"} <= set(lines)
    (tmp_path / "a.png").write_bytes(b"PNG")
    ran = command("post", "files/f", "owner.id:=1", f"file@{tmp_path / 'a.png'}", "--dry-run")
    assert ran.status == 0
    assert "Content-Type: multipart/related" in ran.out
    assert 'JSON: {"owner": {"id": 1}}' in ran.out


def _example(command: Command, method: str, *words: str) -> list[str]:
    """The items of a method's example."""
    (place,) = json.loads(command("show", *words, "--output", "json").out)
    (line,) = [each["example"] for each in place["methods"] if each["method"] == method]
    assert line[:2] == ["restpath", method.lower()]
    return line[3:]


@pytest.mark.parametrize(
    ("place", "method", "items"),
    [
        ("people", "POST", ["username=USERNAME", "displayName=DISPLAYNAME"]),
        ("people/ann", "PUT", ["displayName=DISPLAYNAME"]),
        ("people/ann/avatar", "POST", ["file@FILE"]),
        ("people/ann/activities", "POST", ["object.content=CONTENT", "file@FILE"]),
        ("contexts", "POST", ["url=URL", "displayName=DISPLAYNAME"]),
        ("contexts/{hash}/activities", "POST", ["object.content=CONTENT", "file@FILE"]),
        ("contexts/{hash}/tags", "PUT", ["--data", "FILE"]),
        ("activities/{id}/comments", "POST", ["object.content=CONTENT"]),
        ("activities/{id}/likes", "POST", []),
        ("tokens", "POST", ["platform=PLATFORM", "token=TOKEN"]),
        ("conversations", "POST", ["object.content=CONTENT"]),
        ("conversations/{conversation}", "PUT", ["displayName=DISPLAYNAME"]),
        ("conversations/{conversation}/participants", "POST", ["username=USERNAME"]),
        ("conversations/{conversation}/messages", "POST", ["object.content=CONTENT", "file@FILE"]),
    ],
)
def test_an_example_works_once_its_placeholders_are_filled(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, method: str, items: list[str]
) -> None:
    (tmp_path / "a.png").write_bytes(b"PNG")
    (tmp_path / "a.json").write_text('["red"]')
    with restpath.mock.serve("max") as server:
        monkeypatch.setenv("RESTPATH_MAX_BASE_URL", server.url)
        client = restpath.connect("max", server.url, username="ann", token="t")
        client.people["ann"].post()
        there = {
            "hash": client.contexts.post(url="http://a.example")["hash"],
            "id": client.people["ann"].activities.post(object_content="Hello")["id"],
            "conversation": client.conversations.post(object_content="Hello")["id"],
        }
        place = f"max/{place.format(**there)}"
        assert _example(command, method, place) == items
        shown = " ".join(["restpath", method.lower(), shell_word(place), *items])
        assert f"  {shown}" in command("show", place).out.splitlines()
        file = "a.json" if "--data" in items else "a.png"
        filled = [re.sub(r"=[A-Z]+$", "=ben", item).replace("FILE", file) for item in items]
        ran = command(method.lower(), place, *filled, "--set", "username=ann", "--set", "token=t")
    assert (ran.status, ran.err) == (0, "")


def test_the_example_of_a_list_is_a_file(command: Command, library: Path) -> None:
    """No items make a list; and a file is part of an example where the method itself speaks of uploads."""
    said = {"body": {"schema": {"type": "array"}}}
    resources = {"/l": {"methods": {"PUT": said}}, "/u": {"methods": {"POST": {"uploads": {"field": "picture"}}}}}
    write_service(library.parent / "lists", service={"base_url": "https://a.example"}, resources=resources)
    assert _example(command, "PUT", "lists/l") == ["--data", "FILE"]
    assert _example(command, "POST", "lists/u") == ["picture@FILE"]
