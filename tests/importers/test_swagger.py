"""OpenAPI 2.0: what it says otherwise than 3, and a real server's own description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.definition.check import check_layers, check_merged
from restpath.definition.merge import Layer, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import data_schemas
from restpath.importers import swagger


def read(source: str = "", **words: Any) -> Definition:
    document = {"swagger": "2.0", "info": {"title": "A service", "version": "1"}, "paths": {"/a": {"get": {}}}, **words}
    imported = swagger.convert(document, source=source)
    layer = Layer(imported.documents)
    documents = merge_layers([layer])
    check_layers([layer], data_schemas(), "0")
    check_merged(documents, [layer])
    return Definition(documents, layers=(layer,), find_left_out=imported.find_left_out)


def post(*parameters: Any, **words: Any) -> Any:
    definition = read(paths={"/a": {"post": {"parameters": list(parameters), **words}}})
    return restpath.connect(definition, "https://x.example").a.post


HERE = "https://h.example/docs/swagger.json"


@pytest.mark.parametrize(
    ("source", "words", "base_url"),
    [
        ("", {"host": "a.example.com", "basePath": "/v1/", "schemes": ["http", "https"]}, "https://a.example.com/v1"),
        ("", {"host": "a.example.com", "schemes": ["http"]}, "http://a.example.com"),
        ("", {"host": "a.example.com"}, "https://a.example.com"),
        ("", {"basePath": "/v1"}, None),
        (HERE, {}, "https://h.example"),
        (HERE, {"basePath": "v1"}, "https://h.example/v1"),
        (HERE, {"schemes": ["http"]}, "http://h.example"),
        ("http://127.0.0.1:99/s.json", {"host": "127.0.0.1:99"}, "http://127.0.0.1:99"),
        (HERE, {"host": "a.example.com", "schemes": ["ws"]}, "https://a.example.com"),
    ],
)
def test_where_the_service_is(source: str, words: Any, base_url: str | None) -> None:
    assert read(source, **words).service.base_url == base_url


@pytest.mark.parametrize(
    ("style", "query"),
    [(None, "a=1,2"), ("csv", "a=1,2"), ("multi", "a=1&a=2")],
)
def test_a_list_in_the_query_is_written_as_its_collection_format_says(style: str | None, query: str) -> None:
    parameter = {"name": "a", "in": "query", "type": "array", "items": {"type": "integer"}}
    words = parameter if style is None else {**parameter, "collectionFormat": style}
    assert post(words).prepare(a=[1, 2]).url == f"https://x.example/a?{query}"


def test_a_body_is_held_to_its_schema_and_goes_as_what_the_operation_takes() -> None:
    body = {"name": "pet", "in": "body", "schema": {"type": "object", "required": ["a"]}}
    assert post(body).prepare(a=1).body == b'{"a": 1}'
    with pytest.raises(restpath.InvalidBody):
        post(body).prepare(b=1)
    assert post(body, consumes=["application/xml"]).prepare(b"<a/>").headers["Content-Type"] == "application/xml"
    both = post(body, consumes=["application/xml", "application/json"])
    assert both.prepare(a=1).headers["Content-Type"] == "application/json"


def test_form_fields_make_a_form_and_a_multipart_one_where_a_file_is_among_them() -> None:
    text = {"name": "t", "in": "formData", "type": "integer", "required": True}
    assert post(text).prepare(t=1).body == b"t=1"
    with pytest.raises(restpath.InvalidBody, match="/t"):
        post(text).prepare(t="x")
    call = post(text, {"name": "photo", "in": "formData", "type": "file"}).prepare(
        t=1, upload_file=("a.png", b"x", "image/png")
    )
    assert [part.name for part in call.files] == ["t", "photo"]
    only_multipart = post(text, consumes=["multipart/form-data"]).prepare(t=1)
    assert [part.name for part in only_multipart.files] == ["t"]


def test_parameters_bodies_and_answers_are_found_behind_references() -> None:
    response = {"200": {"$ref": "#/responses/r"}}
    definition = read(
        parameters={"p": {"name": "limit", "in": "query", "type": "integer"}},
        responses={"r": {"headers": {"Link": {"type": "string"}}, "schema": {"type": "array"}}},
        paths={"/a": {"get": {"parameters": [{"$ref": "#/parameters/p"}], "responses": response}}},
    )
    method = definition.method("/a", "GET")
    assert method.query["limit"].type == "integer"
    assert method.rules.pages is not None
    assert (method.rules.pages.by, method.rules.pages.next, method.rules.pages.size) == ("link", "Link", "limit")


def test_null_is_good_where_an_extension_says_so() -> None:
    schema = {"properties": {"a": {"type": "string", "x-nullable": True}}}
    assert post({"name": "b", "in": "body", "schema": schema}).prepare(a=None).body == b'{"a": null}'


def test_places_of_what_is_left_out_are_places_of_the_description_itself() -> None:
    body = {"name": "b", "in": "body", "schema": {"properties": {"a": {"type": "int"}}}}
    query = {"name": "q", "in": "query", "type": "array", "collectionFormat": "tsv", "items": {"type": "nothing"}}
    definition = read(
        paths={"/a": {"post": {"parameters": [body, query]}}},
        securityDefinitions={"o": {"type": "oauth2", "flow": "implicit"}},
        security=[{"o": []}],
    )
    assert [each.place for each in definition.left_out] == [
        "/securityDefinitions/o",
        "/paths/~1a/post/parameters/1/items/type",
        "/paths/~1a/post/parameters/1",
        "/paths/~1a/post/parameters/0/schema/properties/a/type",
    ]


def test_a_real_servers_description_is_read_whole() -> None:
    """Jupyter Server ships one, in YAML."""
    module = pytest.importorskip("jupyter_server")
    pytest.importorskip("yaml")
    definition = restpath.read(Path(module.__file__).parent / "services" / "api" / "api.yaml")
    assert len(definition.operations) > 25
    assert definition.left_out == ()
    client = restpath.connect(definition, "http://127.0.0.1:8888")
    call = client.api.contents["a/b.ipynb"].patch.prepare(path="c.ipynb")
    assert (call.url, call.body) == ("http://127.0.0.1:8888/api/contents/a%2Fb.ipynb", b'{"path": "c.ipynb"}')
    assert client.api.sessions["x"].get.prepare().operation == definition.method("/api/sessions/{session}", "GET")


def test_lists_of_the_query_and_of_the_form_are_written_each_in_their_way() -> None:
    """A form's lists have commas unless said otherwise, and those of the query what they say themselves."""
    many = {"type": "array", "items": {"type": "string"}}
    call = post(
        {"name": "q", "in": "query", "collectionFormat": "multi", **many},
        {"name": "f", "in": "formData", **many},
    ).prepare(q=["1", "2"], f=["3", "4"])
    assert call.url == "https://x.example/a?q=1&q=2"
    assert call.body == b"f=3%2C4"
