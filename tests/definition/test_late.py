"""Data files that were found good are read late: the same definition, and no more read than is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.definition import late, places
from restpath.definition.writing import documents_of
from restpath.edge import defining

SERVICE = {"format": 1, "service": "shop", "base_url": "https://shop.example.com"}
RESOURCES: dict[str, Any] = {
    "$schema": "x",
    "format": 1,
    "/short": "GET POST",
    "/gone": None,
    "/naïve/{id}": {"also": ["/n/{+id}"], "methods": {"GET": {"name": "getNaïve", "title": None}, "PUT": None}},
    "/things": {"methods": {"POST": {"name": "add", "body": {"schema": {"$ref": "#/schemas/Thing"}}}}},
    "/x/{y": {"literal": True, "methods": "GET"},
    "x-note": {"a": 1},
}
SCHEMAS: dict[str, Any] = {
    "format": 1,
    "schemas": {
        "Thing": {"type": "object", "properties": {"size": {"type": "integer"}, "part": {"$ref": "#/schemas/Part"}}},
        "Part": {"properties": {"of": {"$ref": "#/schemas/Thing"}}},
        "Gone": None,
    },
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data files, and a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(defining, "_found_good", {})
    monkeypatch.setattr(defining, "_WORTH_NOTING", 0)
    (tmp_path / "shop").mkdir()
    for name, document in (("service", SERVICE), ("resources", RESOURCES), ("schemas", SCHEMAS)):
        text = json.dumps(document, ensure_ascii=False)
        (tmp_path / "shop" / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path / "shop"


def test_what_was_found_good_says_the_same_when_it_is_read_late(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = restpath.read(folder)
    calls: list[Any] = []
    real = late.late_documents
    monkeypatch.setattr(late, "late_documents", lambda *args: calls.append(args) or real(*args))
    again = restpath.read(folder)
    assert len(calls) == 1
    monkeypatch.setattr(defining, "_found_good", {})  # as if in another process
    other = restpath.read(folder)
    assert len(calls) == 2
    for definition in (again, other):
        assert list(definition.outlines()) == list(first.outlines())
        assert definition == first
        assert definition.documents == first.documents
        assert definition.source_of("/short") == str(folder / "resources.json")


def test_a_call_reads_its_own_resource_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    restpath.read(folder)
    client = restpath.connect(restpath.read(folder), "http://127.0.0.1:1")
    read: list[int] = []
    real = places.Octets.read
    monkeypatch.setattr(places.Octets, "read", lambda self, start: read.append(start) or real(self, start))
    assert client["naïve"][5].get.prepare().url == "http://127.0.0.1:1/na%C3%AFve/5"
    assert len(read) == 1
    assert restpath.operation(client, "add").prepare(size=1, part={"of": {"size": 2}}).body
    assert len(read) == 4  # the resource and two schemas
    with pytest.raises(restpath.InvalidBody, match="/part/of/size"):
        restpath.operation(client, "add").prepare(part={"of": {"size": "x"}})


def test_a_changed_file_is_checked_again(folder: Path) -> None:
    restpath.read(folder)
    restpath.read(folder)
    (folder / "resources.json").write_text('{"/short": "FETCH"}')
    with pytest.raises(restpath.DefinitionError, match="FETCH"):
        restpath.read(folder)


@pytest.mark.parametrize("notes", ["", "{", "[]", '{"resources": 5}', '{"resources": {"starts": {}}}', '{"what": {}}'])
def test_a_cache_that_somebody_spoilt_is_only_slower(folder: Path, notes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = restpath.read(folder)
    files = [file for file in (defining.cache_directory() / "checked").iterdir() if file.name != ".lock"]
    assert len(files) == 2  # that it is good, and where what stands
    for file in files:
        file.write_text(notes)
    monkeypatch.setattr(defining, "_found_good", {})
    assert restpath.read(folder) == first


def test_a_layer_over_late_files_changes_what_it_says(folder: Path) -> None:
    layer = {"resources": {"/short": {"title": "Short"}, "/things": None}}
    eager = restpath.read(folder, layer)
    lazily = restpath.read(restpath.read(folder), layer)
    assert lazily == eager
    assert "/things" not in lazily.documents.resources


def test_the_documents_of_a_definition_are_written_and_read_as_the_same(folder: Path, tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "servers": [{"url": "https://a.example.com"}],
        "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {
            "$ref": "#/components/schemas/A"}}}}}, "get": {"parameters": [{"name": "q",
                "in": "query", "schema": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}]}}},
        "components": {"schemas": {"A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}}, "B": {}, "C": {}}},
    }  # fmt: skip
    for i, definition in enumerate((restpath.read(document), restpath.read(folder), restpath.read("max"))):
        written = tmp_path / f"written-{i}"
        written.mkdir()
        for kind, words in documents_of(definition).items():
            (written / f"{kind}.json").write_text(json.dumps(words), encoding="utf-8")
        assert restpath.read(written) == definition
    assert documents_of(restpath.read(document))["schemas"]["schemas"].keys() == {"A", "B"}
    assert documents_of(restpath.read("max")).keys() == {"service", "resources", "defaults"}


def imported(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: dict[str, Any]) -> None:
    """Import the folder, and lay the user's own layer over it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    restpath.import_service("shop", folder)
    own = tmp_path / "config" / "restpath" / "shop"
    own.mkdir(parents=True)
    (own / "resources.json").write_text(json.dumps(layer), encoding="utf-8")


@pytest.mark.parametrize("layer", [{}, {"/short": {"title": "Short"}}, {"/more": "GET", "/things": None}])
def test_under_the_users_own_layers_only_what_these_speak_of_is_read(
    folder: Path, tmp_path: Path, layer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(folder, tmp_path, monkeypatch, layer)
    first = restpath.read("shop")
    monkeypatch.setattr(defining, "_found_good", {})  # as if in another process
    read: list[int] = []
    real = places.Octets.read
    monkeypatch.setattr(places.Octets, "read", lambda self, start: read.append(start) or real(self, start))
    again = restpath.read("shop")
    spoken = [text for text, words in layer.items() if text in RESOURCES and words is not None]
    assert len(read) <= 2 * 5 + 2 * len(spoken)  # what the files say of themselves, and x-note
    made = [key for key in again.documents.resources.made if key.startswith("/")]
    assert set(made) <= set(layer)
    assert list(again.outlines()) == list(first.outlines())
    assert again == first


def test_a_correction_of_what_is_gone_is_told_and_left_out_without_reading_the_rest(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(folder, tmp_path, monkeypatch, {"/away": {"title": "Gone"}, "/short": {"title": "Short"}})
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"/~1away: the correction has no effect"):
            definition = restpath.read("shop")
        assert "/away" not in definition.documents.resources
        assert definition.documents.resources["/short"]["title"] == "Short"
        monkeypatch.setattr(defining, "_found_good", {})


def test_files_whose_methods_a_layer_above_says_are_read_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "resources.json").write_text('{"/a": {"title": "A"}, "/b": "GET"}', encoding="utf-8")
    monkeypatch.setenv("RESTPATH_PATH", str(tmp_path / "over"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for place, text in (
        ("config/restpath/shop", '{"/a": {"title": "A"}, "/b": "GET"}'),
        ("over/shop", '{"/a": "GET"}'),
    ):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "resources.json").write_text(text, encoding="utf-8")
    (tmp_path / "config/restpath/shop/service.json").write_text(json.dumps(SERVICE), encoding="utf-8")
    for _ in range(2):
        assert [each.template for each in restpath.read("shop").operations] == ["/a", "/b"]
