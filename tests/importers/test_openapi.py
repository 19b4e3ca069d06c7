"""OpenAPI 3: paths, operations, parameters, servers and pages, as documents that hold to our own check."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import restpath
from restpath.definition.check import check_layers, check_merged
from restpath.definition.merge import Layer, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import data_schemas
from restpath.importers import openapi
from restpath.importers.found import Imported
from restpath.path import resolve
from restpath.template import Template

CASES = Path(__file__).parents[1] / "cases"
SCHEMAS = data_schemas()
OPERATIONS = json.loads((CASES / "openapi_operations.json").read_text(encoding="utf-8"))
SERVERS = json.loads((CASES / "openapi_servers.json").read_text(encoding="utf-8"))


def described(**words: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "A service", "version": "1"}, **words}


def checked(imported: Imported) -> Definition:
    """Hold what was imported to our own check, and give the definition."""
    layer = Layer(imported.documents)
    documents = merge_layers([layer])
    check_layers([layer], SCHEMAS, "0")
    check_merged(documents, [layer])
    return Definition(documents, layers=(layer,), find_left_out=imported.find_left_out)


def reach_all(definition: Definition) -> None:
    """Reach every operation by its template, by a chain of items, and by its name."""
    client = restpath.connect(definition, "https://x.example")
    for operation in definition.operations:
        template = operation.resource.template
        values = {name: f"v{index}" for index, name in enumerate(dict.fromkeys(template.variables))}
        assert resolve(restpath.expand(client, template.text, values), operation.method)[0] is operation
        assert resolve(walked(client, template, values), operation.method)[0] is operation
        if operation.name is not None:
            assert restpath.operation(client, operation.name).prepare(**values).operation is operation


def walked(client: Any, template: Template, values: dict[str, str]) -> Any:
    place = client
    for index, segment in enumerate(template.segments):
        suffix = template.suffix if index == len(template.segments) - 1 else ""
        said = {variable.name: values[variable.name] for variable in segment.variables}
        if not said:
            place = place[(segment.literal or "") + suffix]
        else:
            place = place[segment.text + suffix, said] if suffix or len(segment.pieces) > 1 else place[said]
    return place


def found_at(documents: Any, place: str) -> Any:
    for token in place.split("/")[1:]:
        documents = documents[token.replace("~1", "/").replace("~0", "~")]
    return documents


@pytest.mark.parametrize("case", OPERATIONS, ids=lambda case: case["says"])
def test_what_a_description_says_is_what_the_documents_say(case: Any) -> None:
    imported = openapi.convert(described(**case["description"]))
    definition = checked(imported)
    reach_all(definition)
    templates = [text for text in imported.documents["resources"] if text.startswith("/")]
    assert templates == case.get("templates", templates)
    for text, methods in case.get("methods", {}).items():
        assert sorted(imported.documents["resources"][text]["methods"]) == methods
    for place, value in case.get("gives", {}).items():
        assert found_at(imported.documents, place) == value
    left_out = {each.place: each.what for each in imported.left_out}
    assert left_out.keys() == case.get("left_out", {}).keys()
    for place, part in case.get("left_out", {}).items():
        assert part in left_out[place]


@pytest.mark.parametrize("case", SERVERS, ids=lambda case: case["says"])
def test_where_a_service_is(case: Any) -> None:
    words = {"servers": case["servers"]} if "servers" in case else {}
    imported = openapi.convert(described(paths={"/a": {"get": {}}}, **words), source=case.get("source", ""))
    checked(imported)
    service = imported.documents["service"]
    assert service.get("base_url") == case["base_url"]
    assert service.get("variables", {}) == case.get("variables", {})
    assert service.get("servers", []) == case.get("others", [])
    assert len(imported.left_out) == len(case.get("left_out", ()))
    for each, part in zip(imported.left_out, case.get("left_out", ()), strict=True):
        assert part in each.what


def test_operations_and_paths_have_servers_of_their_own() -> None:
    """Variables are filled; the service's own server again is no word at all."""
    document = described(
        servers=[{"url": "https://a.example.com"}],
        paths={
            "/a": {
                "servers": [{"url": "https://{x}.example.com/up", "variables": {"x": {"default": "b"}}}],
                "get": {},
                "put": {"servers": [{"url": "https://c.example.com"}]},
            },
            "/b": {"get": {"servers": [{"url": "https://a.example.com/"}]}},
        },
    )
    client = restpath.connect(checked(openapi.convert(document)))
    assert client.a.get.prepare().url == "https://b.example.com/up/a"
    assert client.a.put.prepare().url == "https://c.example.com/a"
    assert client.b.get.prepare().url == "https://a.example.com/b"
    assert client._root.definition.method("/b", "GET").server is None


def test_a_service_goes_by_its_host_and_not_by_the_title_that_a_stranger_gave_it() -> None:
    """Its credentials in the environment go by that name: a title must not ask for those of another service."""
    document = described(info={"title": "MAX", "version": "1"}, servers=[{"url": "https://api.evil.example"}], paths={})
    assert openapi.convert(document).documents["service"]["service"] == "api-evil-example"
    document["servers"] = [{"url": "http://127.0.0.1:8000"}]
    assert openapi.convert(document).documents["service"]["service"] == "max"


# ---- pages -------------------------------------------------------------------------------------------------------


LIST = {"type": "array", "items": {"type": "object"}}


def paged(query: dict[str, Any], schema: Any, headers: Any = None, **more: Any) -> Any:
    response = {"headers": headers or {}, "content": {"application/json": {"schema": schema}}}
    parameters = [{"name": name, "in": "query", "schema": said} for name, said in query.items()]
    operation = {"parameters": parameters, "responses": {"200": response}, **more}
    imported = openapi.convert(described(paths={"/a": {"get": operation}}))
    checked(imported)
    return imported.documents["resources"]["/a"]["methods"]["GET"].get("pages")


NUMBER = {"type": "integer"}


@pytest.mark.parametrize(
    ("query", "schema", "headers", "rule"),
    [
        ({"per_page": NUMBER}, LIST, {"Link": {}}, {"by": "link", "next": "Link", "size": "per_page"}),
        ({}, LIST, {}, None),
        (
            {},
            {"properties": {"count": NUMBER, "next": {"type": "string", "format": "uri"}, "results": LIST}},
            {},
            {"by": "link", "next": "/next", "items": "/results", "optional": True},
        ),
        ({}, {"properties": {"next": {"type": "string"}, "results": LIST}}, {}, None),
        (
            {"cursor": {"type": "string"}, "limit": NUMBER},
            {"allOf": [{"properties": {"next_cursor": {"type": "string"}}}, {"properties": {"items": LIST}}]},
            {},
            {
                "by": "cursor",
                "parameter": "cursor",
                "next": "/next_cursor",
                "items": "/items",
                "size": "limit",
                "optional": True,
            },
        ),
        ({"cursor": {"type": "string"}}, {"properties": {"items": LIST}}, {}, None),
        ({"offset": NUMBER, "limit": NUMBER}, LIST, {}, {"by": "offset", "parameter": "offset", "size": "limit"}),
        (
            {"page": {"type": "integer", "default": 0}, "per_page": NUMBER},
            {"properties": {"a/b": LIST, "total": NUMBER}},
            {},
            {"by": "page", "parameter": "page", "first": 0, "size": "per_page", "items": "/a~1b", "optional": True},
        ),
        ({"page": NUMBER, "per_page": NUMBER}, LIST, {}, None),
        ({"offset": NUMBER, "limit": NUMBER}, {"properties": {"a": LIST, "b": LIST}}, {}, None),
    ],
)
def test_pages_are_known_where_the_description_says_enough(query: Any, schema: Any, headers: Any, rule: Any) -> None:
    assert paged(query, schema, headers) == rule


def test_pages_are_known_by_what_an_extension_says() -> None:
    schema = {"properties": {"value": LIST, "other": LIST, "nextLink": {"type": "string"}}}
    rule = paged({}, schema, **{"x-ms-pageable": {"nextLinkName": "nextLink", "itemName": "value"}})
    assert rule == {"by": "link", "next": "/nextLink", "items": "/value", "optional": True}


# ---- what nobody would write -------------------------------------------------------------------------------------

WHOLE = described(
    servers=[{"url": "https://{a}.example.com", "variables": {"a": {"default": "b", "enum": ["b", "c"]}}}],
    security=[{"key": []}, {}],
    paths={
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "one",
                "parameters": [{"$ref": "#/components/parameters/p"}],
                "responses": {"200": {"headers": {"Link": {}}, "content": {"application/json": {"schema": LIST}}}},
            },
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/S"}},
                        "multipart/form-data": {
                            "schema": {"properties": {"f": {"type": "string", "format": "binary"}}}
                        },
                    }
                },
                "security": [{"oauth": ["read"]}],
            },
        }
    },
    components={
        "parameters": {"p": {"name": "p", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}},
        "schemas": {
            "S": {"type": "object", "required": ["t"], "properties": {"t": {"$ref": "#/components/schemas/T"}}},
            "T": {"allOf": [{"$ref": "#/components/schemas/S"}], "nullable": True, "enum": [1], "minimum": 3},
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "oauth": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://a.example.com/token", "scopes": {"read": ""}}},
            },
        },
    },
)


def places(node: Any) -> list[tuple[Any, Any]]:
    found, pile = [], [node]
    while pile:
        value = pile.pop()
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        found += [(value, key) for key, _ in items]
        pile += [item for _, item in items if isinstance(item, (dict, list))]
    return found


JUNK = st.one_of(
    st.sampled_from(["", "/", "{", "}", "{a", "#/", "#/paths", "a b", "*/*", "..", "GET", "http://x", "\n", "é"]),
    st.sampled_from([{"$ref": "#"}, {"$ref": "#/components/schemas/T"}, {"$ref": 5}, {"a": None}, [None], {}, []]),
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5),
)  # fmt: skip


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_stands_wherever_the_documents_are_right(data: Any) -> None:
    document = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        every = places(document)
        holder, key = every[data.draw(st.integers(0, len(every) - 1))]
        holder[key] = data.draw(JUNK)
    if openapi.fits(document):
        reach_all(checked(openapi.convert(document, source="https://h.example/openapi.json")))


def test_nothing_of_the_paths_is_dropped_without_a_word() -> None:
    """What is no operation, no path item and no parameter is told with its place, and costs no other operation."""
    imported = openapi.convert(
        described(
            paths={
                "/d": {"fetch": {"responses": {}}, "get": "nope", "x-own": 1, "post": {}, "POST": {}},
                "/e": {"get": {"parameters": [{"name": "q", "in": "nowhere"}, "abc", {"name": "a b", "in": "header"}]}},
                "/f": {"get": {"parameters": {"q": {}}}, "additionalOperations": []},
                "/g": {"$ref": "#/components/pathItems/g"},
                "/h": [],
                "/q": None,
                "x-own": None,
            },
            components={"pathItems": {"g": {"put": 1}}},
        )
    )
    told = {each.place: each.what for each in imported.left_out}
    parts = {
        "/paths/~1d/fetch": "the method fetch is not known here",
        "/paths/~1d/get": "no operation",
        "/paths/~1d/POST": "another POST of this path is kept",
        "/paths/~1e/get/parameters/0": "'q' goes nowhere that is known: its word in is 'nowhere'",
        "/paths/~1e/get/parameters/1": "no parameter",
        "/paths/~1e/get/parameters/2": "'a b' is no name of a header field",
        "/paths/~1f/get/parameters": "no list of parameters",
        "/paths/~1f/additionalOperations": "no object of operations",
        "/components/pathItems/g/put": "no operation",
        "/paths/~1h": "no path item",
        "/paths/~1q": "no path item",
    }
    assert told.keys() == parts.keys()
    for place, part in parts.items():
        assert part in told[place]
    operations = [(each.method, each.template) for each in checked(imported).operations]
    assert operations == [("POST", "/d"), ("GET", "/e"), ("GET", "/f")]


def test_paths_that_are_no_object_are_told() -> None:
    assert [(each.place, each.what) for each in openapi.convert(described(paths=[])).left_out] == [
        ("/paths", "this is no object of paths")
    ]


@pytest.mark.parametrize("written", ["-0", "NaN", "1e400", "Infinity"])
def test_an_operation_is_called_whatever_number_stands_for_its_name(written: str, tmp_path: Path) -> None:
    document = described(paths={"/a": {"get": {"operationId": 77}}}, servers=[{"url": "https://x.example"}])
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document).replace("77", written), encoding="utf-8")
    definition = restpath.read(file)
    assert restpath.connect(definition).a.get.prepare().url == "https://x.example/a"
    assert definition.left_out == ()
