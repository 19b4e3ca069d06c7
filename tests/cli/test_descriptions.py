"""A description of a service in place of its name: OpenAPI and its like, from a file or a URL."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restpath.cli.commands import commands
from restpath.cli.leaving import left_out_lines
from restpath.cli.shells import find_completions
from restpath.importers.found import LeftOut
from tests.support.scripted import answer

PETS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example/v1"}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "List the pets",
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                "responses": {},
            }
        },
        "/pets/{id}": {
            "get": {
                "responses": {},
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "one", "in": "query", "schema": {"type": "object"}},
                    {"name": "two", "in": "query", "schema": {"type": "object"}},
                ],
            }
        },
    },
}
Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def pets(shop_files: Path, tmp_path: Path) -> Path:
    """The description, as a file in the working directory."""
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(PETS), encoding="utf-8")
    return file


@pytest.mark.parametrize("source", ["pets.json", "./pets.json"])
def test_looking_around_takes_the_file_of_a_description(command: Command, source: str) -> None:
    assert "pets  GET  List the pets" in command("tree", source).out
    assert f"restpath get {source}/pets limit==10" in command("show", f"{source}/pets").out
    assert f"restpath call {source} listPets limit==10" in command("show", source, "listPets").out
    assert "listPets" in command("search", source, "limit", "-o", "json").out


def test_lines_to_copy_have_the_quotes_that_a_source_needs(command: Command, tmp_path: Path, pets: Path) -> None:
    (tmp_path / "my pets").mkdir()
    pets.rename(tmp_path / "my pets" / "pets.json")
    source = "./my pets/pets.json"
    shown = command("show", source).out
    assert f"restpath tree '{source}'\n" in shown
    assert f"restpath search '{source}' WORD\n" in shown
    said = [command("show", source, "nope").err, command("search", source, "zzz").err, command("call", source, "x").err]
    assert all(f"restpath tree '{source}'" in each for each in said)


def test_calls_take_the_file_of_a_description(command: Command) -> None:
    assert (
        command("get", "./pets.json/pets", "limit==1", "--dry-run").out == "GET https://pets.example/v1/pets?limit=1\n"
    )
    assert command("call", "pets.json", "listPets", "-n").out == "GET https://pets.example/v1/pets\n"


def test_a_description_goes_by_the_name_that_stands_beside_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --definition the settings of that name hold, and lines to copy say where to read."""
    monkeypatch.setenv("RESTPATH_ZOO_BASE_URL", "https://zoo.example")
    ran = command("get", "zoo/pets/7", "--definition", "pets.json", "--dry-run")
    assert ran.out == "GET https://zoo.example/pets/7\n"
    assert "restpath get zoo/pets limit==10 --definition pets.json" in command(
        "show", "zoo/pets", "--definition", "pets.json"
    ).out  # fmt: skip
    ran = command("get", "zoo/nothing", "--definition", "pets.json")
    assert (ran.status, "restpath tree zoo --definition pets.json lists" in ran.err) == (2, True)
    ran = command("call", "zoo", "nothing", "--definition", "pets.json")
    assert (ran.status, "restpath tree zoo --definition pets.json lists" in ran.err) == (2, True)


def test_a_folder_of_data_files_stands_beside_a_name_as_well(command: Command, shop_files: Path) -> None:
    ran = command("get", "other/orders", "--definition", str(shop_files), "--dry-run")
    assert ran.out.startswith("GET https://shop.example/v1/orders\n")


def test_the_line_of_python_reads_the_description(command: Command) -> None:
    ran = command("get", "zoo/pets", "--definition", "pets.json", "--python")
    assert ran.out == "restpath.connect(restpath.read('pets.json')).pets.get()\n"


def test_looking_around_takes_the_url_of_a_description(command: Command, server: Any) -> None:
    """What is shown to be copied says where the description is."""
    url = server(answer(200, json.dumps(PETS).encode(), "Content-Type: application/json")).url + "/openapi.json"
    assert "pets  GET  List the pets" in command("tree", url).out
    shown = command("show", url, "/pets").out
    assert f"restpath get pets-example/pets limit==10 --definition {url}" in shown
    assert command("get", "zoo/pets", "--definition", url, "-n").out == "GET https://pets.example/v1/pets\n"


def test_a_url_of_something_else_is_told(command: Command, server: Any) -> None:
    url = server(answer(200, b"<html></html>", "Content-Type: text/html")).url
    ran = command("tree", url)
    assert (ran.status, ran.out) == (2, "")
    assert "HTML" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("tree", "./nothing.json"), "'./nothing.json' is no folder of data files and no description"),
        (("get", "zoo/pets", "--definition", "nothing.json"), "nothing.json"),
        (("get", "./x/pets", "--definition", "pets.json"), "beside --definition a service is a name: '.' is none"),
        (
            ("call", "shop/orders", "orders.list"),
            "'shop/orders' is a place: say restpath call shop OPERATION, or use get",
        ),
        (("login", "https://pets.example"), "is a URL: give the name of a service here"),
    ],
)
def test_what_cannot_be_read_is_told(command: Command, words: tuple[str, ...], told: str) -> None:
    ran = command(*words)
    assert ran.status == 2
    assert told in ran.err


def test_completion_knows_the_file_and_fetches_no_url(server: Any) -> None:
    def words(*typed: str) -> list[str]:
        return [word for _, word, _ in find_completions(commands, typed)]

    assert words("tree", "./pe") == ["./pets.json"]
    assert words("get", "./pets.json/p") == ["./pets.json/pets", "./pets.json/pets/"]
    assert words("get", "./pets.json/pets", "li") == ["limit=="]
    assert words("get", "--definition", "pets.json", "zoo/p") == ["zoo/pets", "zoo/pets/"]
    assert words("get", "zoo/pets", "--definition", "pets.json", "li") == ["limit=="]
    started = server()
    assert words("get", "zoo/pets", "--definition", f"{started.url}/x", "li") == []
    assert started.requests == []


# ---- what is left out ----------------------------------------------------------------------------------------------


def test_what_is_left_out_is_told_by_kind(command: Command) -> None:
    ran = command("check", "pets.json")
    assert (ran.status, ran.out) == (0, "pets.json: good, pets-example, 2 operations\n")
    (line,) = ran.err.splitlines()
    assert line.startswith("pets.json: left out: the object 'one' goes as ")
    assert "(at /paths/~1pets~1{id}/get/parameters/1, and 1 more of this kind)" in line
    shown = command("show", "pets.json").out
    assert "restpath show pets.json --verbose lists all 2" in shown


@pytest.mark.parametrize("words", [("check", "pets.json", "-v"), ("show", "pets.json", "--verbose")])
def test_all_that_is_left_out_is_told_on_demand(command: Command, words: tuple[str, ...]) -> None:
    ran = command(*words)
    assert "'one'" in ran.out + ran.err
    assert "'two'" in ran.out + ran.err


def test_one_of_a_kind_is_told_whole() -> None:
    found = [LeftOut("/a", "no 'x' here"), LeftOut("/b", "give token="), LeftOut("/c", "no 'y' here")]
    assert list(left_out_lines(found)) == [
        "no 'x' here (at /a, and 1 more of this kind)", "give --set token=VALUE (at /b)",
    ]  # fmt: skip
    assert list(left_out_lines(found, each=True)) == [
        "/a: no 'x' here", "/b: give --set token=VALUE", "/c: no 'y' here",
    ]  # fmt: skip


def test_what_is_left_out_is_told_of_a_service_with_a_root_as_well(command: Command, pets: Path) -> None:
    pets.write_text(json.dumps({**PETS, "paths": {"/": {"get": {"responses": {}}}, **PETS["paths"]}}), encoding="utf-8")
    assert "restpath show pets.json --verbose lists all 2" in command("show", "pets.json").out
