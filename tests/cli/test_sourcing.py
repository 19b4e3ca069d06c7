"""`restpath where`: which file of which layer said what, what it overrides, and what was removed by whom."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.support.scripted import Server, answer

Command = Callable[..., Ran]


@pytest.fixture
def over(shop_files: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Lay files over those of the shop; gives their folder."""

    def laid(**documents: Any) -> Path:
        folder = shop_files.parents[1] / "over" / "shop"
        folder.mkdir(parents=True)
        for kind, content in documents.items():
            (folder / f"{kind}.json").write_text(json.dumps({"format": 1, **content}), encoding="utf-8")
        monkeypatch.setenv("RESTPATH_PATH", f"{shop_files.parent}{os.pathsep}{folder.parent}")
        return folder

    return laid


def rows(ran: Ran) -> list[str]:
    assert ran.status == 0, ran.err
    return [" ".join(line.split()) for line in ran.out.splitlines()]


def test_a_default_and_a_query_parameter_are_told_with_what_they_override(
    command: Command, shop_files: Path, over: Callable[..., Path]
) -> None:
    folder = over(
        resources={"/orders": {"methods": {"GET": {"query": {"limit": {"type": "string"}}}}}},
        defaults={"/orders": {"POST": {"address": {"country": "DE"}}}},
    )
    found = rows(command("where", "shop/orders"))
    assert found[0] == "/orders"
    at = found.index('GET query limit {"type": "string"} ' + f"{folder / 'resources.json'} (RESTPATH_PATH)")
    assert found[at + 1] == 'over {"type": "integer"} ' + f"{shop_files / 'resources.json'} (RESTPATH_PATH)"
    at = found.index(f"POST default address.country DE {folder / 'defaults.json'} (RESTPATH_PATH)")
    assert found[at + 1] == f"over AT {shop_files / 'defaults.json'} (RESTPATH_PATH)"
    assert f"POST default kind order {shop_files / 'defaults.json'} (RESTPATH_PATH)" in found
    assert f"HEAD is there {shop_files / 'resources.json'} (RESTPATH_PATH)" in found


@pytest.mark.parametrize("place", ["shop/orders/7", "shop/orders/{id}"])
def test_a_path_is_asked_for_with_values_or_variables(command: Command, place: str) -> None:
    assert rows(command("where", place))[0] == "/orders/{id}"


def test_what_was_removed_is_told_with_the_file_that_did_it(
    command: Command, shop_files: Path, over: Callable[..., Path]
) -> None:
    folder = over(resources={"/users/": None, "/orders/{id}": {"methods": {"PUT": None}}})
    by = f"by {folder / 'resources.json'} (RESTPATH_PATH)"
    base = f"{shop_files / 'resources.json'} (RESTPATH_PATH)"
    assert rows(command("where", "shop/users/")) == [
        "/users/",
        f"the resource removed {by}",
        f"over GET {base}",
    ]
    assert rows(command("where", "shop/orders/7"))[1:3] == [f"PUT removed {by}", f"over is there {base}"]
    whole = rows(command("where", "shop"))
    assert whole[-3:] == ["/users/", f"the resource removed {by}", f"over GET {base}"]
    assert command("show", "shop/users/").status == 2


def test_an_operation_is_asked_for_by_its_name_also_when_it_was_removed(
    command: Command, over: Callable[..., Path]
) -> None:
    over(resources={"/orders": {"methods": {"GET": None}}})
    assert rows(command("where", "shop", "orders.get"))[1].startswith("GET name orders.get ")
    assert rows(command("where", "shop", "orders.list"))[1].startswith("GET removed by ")


def test_the_words_for_the_whole_service_are_told_by_the_service_alone(
    command: Command, shop_files: Path, over: Callable[..., Path]
) -> None:
    folder = over(service={"base_url": "https://other.example", "pages": {"parameter": "p"}})
    found = rows(command("where", "shop"))
    at = found.index(f"base_url https://other.example {folder / 'service.json'} (RESTPATH_PATH)")
    assert found[at + 1] == f"over https://shop.example/v1 {shop_files / 'service.json'} (RESTPATH_PATH)"
    assert f"pages by page {shop_files / 'service.json'} (RESTPATH_PATH)" in found
    assert f"pages parameter p {folder / 'service.json'} (RESTPATH_PATH)" in found
    assert any(line.startswith("auth bearer headers Authorization Bearer {token} ") for line in found)


def test_bundled_imported_and_configured_layers_have_their_names(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "(bundled)" in command("where", "mixcloud").out
    folders = {"data": "service", "config": "resources"}
    for place, kind in folders.items():
        folder = tmp_path / place / "restpath" / "mixcloud"
        folder.mkdir(parents=True)
        for name in (kind, "resources"):
            content = {"base_url": "https://a.example"} if name == "service" else {f"/{place}": "GET"}
            (folder / f"{name}.json").write_text(json.dumps({"format": 1, **content}), encoding="utf-8")
    assert "(imported)" in command("where", "mixcloud/data").out
    assert "(configuration directory)" in command("where", "mixcloud/config").out
    assert "(bundled)" not in command("where", "mixcloud").out


def test_json_has_a_pointer_into_the_long_form_the_layer_and_what_is_overridden(
    command: Command, shop_files: Path, over: Callable[..., Path]
) -> None:
    folder = over(defaults={"/orders": {"POST": {"kind": "other"}}})
    found = {row["place"]: row for row in json.loads(command("where", "shop/orders", "-o", "json").out)}
    kind = next(row for row in found.values() if row["kind"] == "defaults" and row["place"] == "/~1orders/POST/kind")
    assert kind == {
        "kind": "defaults",
        "place": "/~1orders/POST/kind",
        "layer": "RESTPATH_PATH",
        "file": str(folder / "defaults.json"),
        "value": "other",
        "overrides": [{"layer": "RESTPATH_PATH", "file": str(shop_files / "defaults.json"), "value": "order"}],
    }
    assert found["/~1orders/methods/HEAD"]["value"] == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["shop/oders"], "did you mean orders"),
        (["shop", "orders.lst"], "did you mean orders.list"),
        (["nowhere"], "there is no service 'nowhere'"),
        (["shop/jobs"], "is no resource itself; below it are /jobs/{id}"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(command: Command, words: list[str], says: str) -> None:
    ran = command("where", *words)
    assert ran.status == 2
    assert says in ran.err
    assert ran.out == ""


# ---- shared schemas, and what is no service's name ------------------------------------------------------------------

PETS = {
    "openapi": "3.0.3", "info": {"title": "Pets", "version": "1"}, "servers": [{"url": "https://pets.example.com"}],
    "components": {"schemas": {
        "Pet": {"type": "object", "properties": {"friend": {"$ref": "#/components/schemas/Pet"},
                                                 "home": {"$ref": "#/components/schemas/Home"}}},
        "Home": {"type": "string"}, "Order": {"type": "integer"}}},
    "paths": {"/pets": {"post": {"operationId": "pets.add", "responses": {}, "requestBody": {"content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}},
        "/orders": {"get": {"responses": {}}, "post": {"responses": {}, "requestBody": {"content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}}}},
}  # fmt: skip


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(PETS), encoding="utf-8")
    return file


def test_the_shared_schemas_that_a_place_refers_to_are_told_with_who_said_them(
    command: Command, pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("import", "pets", str(pets)).status == 0
    own = tmp_path / "over" / "pets" / "schemas.json"
    own.parent.mkdir(parents=True)
    own.write_text('{"schemas": {"Home": {"type": "integer"}}}', encoding="utf-8")
    monkeypatch.setenv("RESTPATH_PATH", str(tmp_path / "over"))
    found = rows(command("where", "pets/pets"))
    at = found.index("schemas")
    assert found[at + 1].startswith('Pet {"type": "object"')
    assert found[at + 1].endswith("schemas.json (imported)")
    assert found[at + 2] == f'Home {{"type": "integer"}} {own} (RESTPATH_PATH)'
    assert found[at + 3].startswith('over {"type": "string"} ')
    assert len(found) == at + 4
    (said,) = [row for row in json.loads(command("where", "pets", "-o", "json").out) if row["kind"] == "schemas"]
    assert (said["place"], said["file"], said["overrides"][0]["layer"]) == ("/schemas/Home", str(own), "imported")
    assert rows(command("where", "pets/orders"))[-1].startswith('Order {"type": "integer"} ')


@pytest.mark.parametrize("said", [["shop/pets", "--definition"], ["shop", "pets.add", "--definition"]])
def test_what_a_description_says_is_told_by_file_and_by_url(command: Command, pets: Path, said: list[str]) -> None:
    with Server(lambda _: answer(200, pets.read_bytes(), "Content-Type: application/json")) as server:
        for source in (str(pets), f"{server.url}/pets.json"):
            found = rows(command("where", *said, source))
            assert f"POST name pets.add {source} (description)" in found
            assert any(row.startswith("Home ") for row in found)
        assert rows(command("where", f"{server.url}/pets.json"))[0].startswith("service ")


def test_an_operation_is_named_behind_the_slash_too(command: Command, pets: Path) -> None:
    assert command("import", "pets", str(pets)).status == 0
    assert command("where", "pets/pets.add").out == command("where", "pets", "pets.add").out
    assert command("where", "pets", "/orders").out == command("where", "pets/orders").out


def test_json_has_nothing_that_steers_a_terminal(command: Command, over: Callable[..., Path]) -> None:
    over(service={"title": "Sh\x9b2Jop \u202e\u00fc"})
    ran = command("where", "shop", "-o", "json")
    assert ran.out.isascii()
    assert "Sh\x9b2Jop \u202e\u00fc" in [row["value"] for row in json.loads(ran.out)]
