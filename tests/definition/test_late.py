"""Data files that were found good are read late: the same definition, and no more read than is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.definition import late, places
from restpath.definition.writing import documents_of
from restpath.edge import catalog

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
    monkeypatch.setattr(catalog, "_found_good", {})
    monkeypatch.setattr(catalog, "_WORTH_NOTING", 0)
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
    monkeypatch.setattr(catalog, "_found_good", {})  # as if in another process
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
    (file,) = (catalog.cache_directory() / "checked").iterdir()
    file.write_text(notes)
    monkeypatch.setattr(catalog, "_found_good", {})
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
