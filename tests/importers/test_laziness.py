"""Descriptions are read as far as they are used: counted, not timed."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.definition import places
from restpath.importers import openapi, operations, schemas, swagger
from restpath.importers.operations import Reader

JSON = "application/json"


def body(name: str) -> dict[str, Any]:
    return {"content": {JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def big(count: int = 40) -> dict[str, Any]:
    """A description in which every body refers to one schema, and that to another, round and round."""
    described = {
        f"S{i}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{(i + 1) % 3}"}}}
        for i in range(count)
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Café", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {
            f"/things{i}/{{id}}": {
                "get": {"operationId": f"get{i}", "responses": {}},
                "put": {"operationId": f"put{i}", "requestBody": body(f"S{i}"), "responses": {}},
            }
            for i in range(count)
        },
        "components": {"schemas": described},
    }


class Counts:
    """What was converted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.operations: list[str] = []
        self.schemas: list[str] = []
        method, fill = Reader._method, schemas.Schemas._fill

        def counted(reader: Reader, template: Any, found: Any) -> Any:
            self.operations.append(f"{found.method} {template.text}")
            return method(reader, template, found)

        def filled(own: Any, entry: Any) -> None:
            self.schemas.append(entry.name)
            fill(own, entry)

        monkeypatch.setattr(operations.Reader, "_method", counted)
        monkeypatch.setattr(schemas.Schemas, "_fill", filled)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    return Counts(monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(big(), ensure_ascii=False), encoding="utf-8")
    return path


def test_after_reading_and_connecting_nothing_has_been_converted(counts: Counts, file: Path) -> None:
    client = restpath.connect(restpath.read(file), "http://127.0.0.1:1")
    assert repr(client.things7["x"])
    assert (counts.operations, counts.schemas) == ([], [])


def test_a_call_converts_its_own_operation_alone(counts: Counts, file: Path) -> None:
    client = restpath.connect(restpath.read(file), "http://127.0.0.1:1")
    assert client.things7["x"].get.prepare().url == "http://127.0.0.1:1/things7/x"
    assert (counts.operations, counts.schemas) == (["GET /things7/{id}"], [])
    assert client.call  # the names are known besides
    assert restpath.operation(client, "get8").prepare(id="y").url.endswith("/things8/y")
    assert counts.operations == ["GET /things7/{id}", "GET /things8/{id}"]


def test_a_body_converts_the_schemas_that_it_leads_to_alone_circles_included(counts: Counts, file: Path) -> None:
    client = restpath.connect(restpath.read(file), "http://127.0.0.1:1")
    client.things7["x"].put.prepare(next={"next": {"next": {}}})
    assert set(counts.schemas) - {""} == {"S7", "S2", "S0", "S1"}
    with pytest.raises(restpath.InvalidBody):
        client.things7["x"].put.prepare(next={"next": 5})
    assert len(counts.operations) == 1


def test_a_mapping_is_converted_as_late_as_a_file(counts: Counts) -> None:
    client = restpath.connect(restpath.read(big()), "http://127.0.0.1:1")
    client.things7["x"].get.prepare()
    assert counts.operations == ["GET /things7/{id}"]


def test_the_text_is_read_by_pieces_and_no_piece_is_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = places.Octets.read
    monkeypatch.setattr(places.Octets, "read", lambda self, start: read.append(start) or real(self, start))
    client = restpath.connect(restpath.read(file), "http://127.0.0.1:1")
    before = len(read)
    client.things7["x"].get.prepare()
    assert len(read) == before + 1


def test_what_is_left_out_is_found_by_going_through_all(counts: Counts, file: Path) -> None:
    definition = restpath.read(file)
    assert definition.left_out == ()
    assert len(counts.operations) == 80
    assert definition.left_out is definition.left_out


def test_the_schemas_of_a_definition_are_those_that_its_bodies_lead_to(tmp_path: Path) -> None:
    document = big(5)
    del document["paths"]["/things4/{id}"]
    definition = restpath.read(document)
    assert list(definition.documents.schemas["schemas"]) == ["S0", "S1", "S2", "S3"]


def test_names_of_schemas_do_not_depend_on_what_was_used_first() -> None:
    paths = {
        f"/{name}": {"post": {"requestBody": {"content": {JSON: {"schema": schema}}}, "responses": {}}}
        for name, schema in {
            "a": {"properties": {"x": {"$ref": "#/paths/~1b/post/requestBody/content/application~1json/schema"}}},
            "b": {"title": "B", "properties": {"y": {"$ref": "#/components/schemas/schema"}}},
        }.items()
    }
    document = {**big(1), "paths": paths, "components": {"schemas": {"schema": {"title": "own"}}}}
    forward, backward = restpath.read(document), restpath.read(document)
    for definition, order in ((forward, ("/a", "/b")), (backward, ("/b", "/a"))):
        for template in order:
            assert definition.method(template, "POST").body_schema
    assert forward == backward
    assert forward.documents.schemas["schemas"]["schema"] == {"title": "own"}


def test_reading_late_and_at_once_come_to_the_same(file: Path) -> None:
    """By pieces of the text, from values, and in whatever order: the documents are the same."""
    late, mapping = restpath.read(file), restpath.read(json.loads(file.read_text(encoding="utf-8")))
    for template, methods in [*late.templates()][::-1]:
        for method in methods:
            assert late.method(template, method).words is not None
    assert late.documents.resources == mapping.documents.resources
    assert late.documents.schemas == mapping.documents.schemas


def test_threads_that_use_one_definition_get_what_one_alone_gets(file: Path) -> None:
    definition, alone = restpath.read(file), restpath.read(file)
    barrier, failed = threading.Barrier(6), []

    def use(start: int) -> None:
        barrier.wait()
        try:
            client = restpath.connect(definition, "http://127.0.0.1:1")
            for i in range(start, start + 40):
                getattr(client, f"things{i % 40}")["x"].put.prepare(next={})
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=use, args=(i * 7,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert definition == alone


def test_swagger_is_read_as_late(counts: Counts) -> None:
    paths = {f"/a{i}": {"get": {"responses": {}}, "put": {"responses": {}}} for i in range(9)}
    imported = swagger.convert({"swagger": "2.0", "info": {"title": "A", "version": "1"}, "paths": paths})
    assert counts.operations == []
    assert imported.documents["resources"]["/a3"]["methods"]["GET"] == {}
    assert counts.operations == ["GET /a3"]


def test_service_wide_words_count_what_operations_say_that_were_not_read() -> None:
    """Schemes that only operations ask for are there from the beginning."""
    document = big(2)
    document["components"]["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "token": {"type": "http", "scheme": "bearer"},
    }  # fmt: skip
    document["paths"]["/things1/{id}"]["put"]["security"] = [{"key": [], "token": []}]
    service = openapi.convert(document).documents["service"]
    assert list(service["auth"]) == ["key+token"]


def test_nothing_is_read_of_other_files_once_the_description_is_read(tmp_path: Path) -> None:
    """What refers to other files is used at once; they may be gone afterwards."""
    document = big(3)
    document["paths"]["/other"] = {"$ref": "other.json#/item"}
    document["components"]["schemas"]["S0"]["properties"]["next"] = {"$ref": "other.json#/schema"}
    item = {"post": {"requestBody": {"content": {JSON: {"schema": {"$ref": "third.json"}}}}, "responses": {}}}
    other = {"item": item, "schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    for name, content in (("openapi", document), ("other", other), ("third", {"type": "object", "required": ["x"]})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    definition = restpath.read(tmp_path / "openapi.json")
    for file in tmp_path.iterdir():
        file.unlink()
    client = restpath.connect(definition, "http://127.0.0.1:1")
    with pytest.raises(restpath.InvalidBody):
        client.other.post.prepare(y=1)
    with pytest.raises(restpath.InvalidBody):
        client.things0["x"].put.prepare(next={"n": "x"})
    assert definition.left_out == ()


def discovery_document(count: int = 20) -> dict[str, Any]:
    methods = {
        f"m{i}": {
            "id": f"shop.things.m{i}", "path": f"things{i}", "httpMethod": "POST", "request": {"$ref": f"T{i}"},
        }
        for i in range(count)
    }  # fmt: skip
    schemas = {
        f"T{i}": {"id": f"T{i}", "type": "object", "properties": {"t": {"$ref": "T0"}, "n": {"type": "integer"}}}
        for i in range(count)
    }
    return {
        "kind": "discovery#restDescription", "name": "shop", "version": "v1", "rootUrl": "https://shop.example.com/",
        "resources": {"things": {"methods": methods}}, "schemas": schemas,
    }  # fmt: skip


def test_a_discovery_document_is_read_as_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from restpath.importers import discovery, discovery_schemas

    converted: list[str] = []
    words, one = discovery.method_words, discovery_schemas.Schemas.one

    def counted(common: Any, said: Any, place: Any) -> Any:
        converted.append(said["id"])
        return words(common, said, place)

    monkeypatch.setattr(discovery, "method_words", counted)
    monkeypatch.setattr(discovery_schemas.Schemas, "one", lambda self, name: converted.append(name) or one(self, name))
    (tmp_path / "shop.json").write_text(json.dumps(discovery_document()))
    client = restpath.connect(restpath.read(tmp_path / "shop.json"), "http://127.0.0.1:1")
    assert converted == []
    assert client.shop.things.m3.prepare(n=1, t={"n": 2}).body
    assert set(converted) == {"shop.things.m3", "T3", "T0"}
    with pytest.raises(restpath.InvalidBody):
        client.shop.things.m3.prepare(t={"n": "x"})
