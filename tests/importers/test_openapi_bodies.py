"""OpenAPI 3: request bodies and their schemas, as calls that are made and held to them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

import restpath
from restpath.definition.check import check_layers, check_merged
from restpath.definition.merge import Layer, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import data_schemas
from restpath.importers import openapi

JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"


def read(
    content: Any, schemas: Any = None, *, version: str = "3.0.3", method: str = "post", **words: Any
) -> Definition:
    document = {
        "openapi": version,
        "info": {"title": "A service", "version": "1"},
        "paths": {"/a": {method: {"requestBody": {"content": content}, **words}}},
        "components": {"schemas": schemas or {}},
    }
    imported = openapi.convert(document)
    layer = Layer(imported.documents)
    documents = merge_layers([layer])
    check_layers([layer], data_schemas(), "0")
    check_merged(documents, [layer])
    return Definition(documents, layers=(layer,), find_left_out=imported.find_left_out)


def operation(definition: Definition, method: str = "post") -> Any:
    return getattr(restpath.connect(definition, "https://x.example").a, method)


def schema_of(schema: Any, schemas: Any = None, version: str = "3.0.3") -> Any:
    definition = read({JSON: {"schema": schema}}, schemas, version=version)
    return definition.method("/a", "POST").body_schema


def left_out(definition: Definition) -> dict[str, str]:
    return {each.place: each.what for each in definition.left_out}


# ---- media types -------------------------------------------------------------------------------------------------


def test_json_comes_before_forms_and_the_others_can_be_said() -> None:
    form = {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    definition = read({"text/csv": {}, MULTIPART: {}, FORM: form, JSON: {"schema": {"type": "object"}}})
    call = operation(definition).prepare(x=1)
    assert (call.headers["Content-Type"], call.body) == (JSON, b'{"x": 1}')
    assert list(definition.method("/a", "POST").bodies) == ["text/csv", MULTIPART, FORM]
    assert operation(definition).prepare(n=1, headers={"Content-Type": FORM}).body == b"n=1"
    with pytest.raises(restpath.InvalidBody):
        operation(definition).prepare(n="x", headers={"Content-Type": FORM})
    assert not left_out(definition)


def test_a_range_of_media_types_is_one_that_can_be_said() -> None:
    schema = {"schema": {"type": "object", "required": ["a"]}}
    definition = read({"application/*+json": schema, "text/json": schema, JSON: {"schema": {"type": "object"}}})
    operation(definition).prepare(b=1)
    for name in ("application/patch+json", "text/json"):
        with pytest.raises(restpath.InvalidBody):
            operation(definition).prepare(b=1, headers={"Content-Type": name})
    assert not left_out(definition)


def test_what_is_no_media_type_is_left_out_and_told() -> None:
    definition = read({"": {}, JSON: {}})
    assert not definition.method("/a", "POST").bodies
    assert "no media type" in left_out(definition)["/paths/~1a/post/requestBody/content/"]


def test_a_media_type_that_is_json_by_its_suffix_is_sent_under_its_name() -> None:
    call = operation(read({"application/vnd.a+json": {"schema": {}}})).prepare(x=1)
    assert (call.headers["Content-Type"], call.body) == ("application/vnd.a+json", b'{"x": 1}')


def test_any_media_type_is_json_where_its_schema_is_not_of_bytes() -> None:
    assert operation(read({"*/*": {"schema": {"type": "object"}}})).prepare(x=1).headers["Content-Type"] == JSON
    binary = read({"*/*": {"schema": {"type": "string", "format": "binary"}}})
    assert operation(binary).prepare(b"x").headers["Content-Type"] == "application/octet-stream"


def test_a_form_nests_by_brackets_where_the_description_says_deep_object() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object"}, "n": {"type": "integer"}}}
    definition = read({FORM: {"schema": schema, "encoding": {"a": {"style": "deepObject", "explode": True}}}})
    assert operation(definition).prepare(a={"b": 1}, n=2).body == b"a%5Bb%5D=1&n=2"
    with pytest.raises(restpath.InvalidBody):
        operation(definition).prepare(n="x")


def test_the_lists_of_a_form_have_commas_where_none_is_exploded() -> None:
    definition = read({FORM: {"schema": {}, "encoding": {"a": {"explode": False}}}})
    assert operation(definition).prepare(a=[1, 2]).body == b"a=1%2C2"


def test_the_file_of_a_multipart_form_goes_in_its_field() -> None:
    schema = {"properties": {"photo": {"type": "string", "format": "binary"}, "title": {"type": "string"}}}
    for content in ({MULTIPART: {"schema": schema}}, {JSON: {"schema": {}}, MULTIPART: {"schema": schema}}):
        call = operation(read(content)).prepare(upload_file=("a.png", io.BytesIO(b"x"), "image/png"), title="A")
        assert sorted(part.name for part in call.files) == ["photo", "title"]


def test_a_body_that_is_no_json_and_no_form_is_sent_as_given() -> None:
    for name in ("application/xml", "application/octet-stream", "text/plain", "image/png"):
        definition = read({name: {"schema": {"type": "object", "required": ["a"]}}})
        call = operation(definition).prepare(b"<a/>")
        assert (call.headers["Content-Type"], call.body) == (name, b"<a/>")
        with pytest.raises(restpath.InvalidValue, match="data="):
            operation(definition).prepare(a=1)


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_method_that_has_no_body_elsewhere_has_the_one_that_is_described(method: str) -> None:
    definition = read({JSON: {"schema": {"properties": {"x": {"type": "integer"}}}}}, method=method)
    assert operation(definition, method).prepare(x=1).body == b'{"x": 1}'


def test_a_body_without_a_media_type_is_a_body_all_the_same() -> None:
    definition = read({"no media type": {"schema": {}}})
    assert operation(definition).prepare(x=1).body == b'{"x": 1}'


# ---- names of fields ---------------------------------------------------------------------------------------------


def test_a_dotted_field_is_not_nested_wherever_in_the_schema_it_is_declared() -> None:
    schemas = {"A": {"allOf": [{"$ref": "#/components/schemas/B"}]}, "B": {"properties": {"options.version": {}}}}
    definition = read({JSON: {"schema": {"$ref": "#/components/schemas/A"}}}, schemas)
    body = operation(definition).prepare(**{"options.version": 1, "a.b": 2}).body
    assert json.loads(body) == {"options.version": 1, "a": {"b": 2}}


def test_a_field_of_body_and_query_is_the_bodys_and_that_is_reported() -> None:
    schema = {"allOf": [{"properties": {"id": {}}}]}
    definition = read({JSON: {"schema": schema}}, parameters=[{"name": "id", "in": "query", "schema": {}}])
    call = operation(definition).prepare(id=1, qs={"id": 2})
    assert (call.body, call.query) == (b'{"id": 1}', (("id", "2"),))
    assert "qs=" in left_out(definition)["/paths/~1a/post/requestBody/content/application~1json"]


# ---- schemas -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"allOf": [{}], "nullable": True}, {"anyOf": [{"allOf": [{}]}, {"type": "null"}]}),
        ({"minimum": 1, "exclusiveMinimum": True, "type": "integer"}, {"exclusiveMinimum": 1, "type": "integer"}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"exclusiveMaximum": 5}, {"exclusiveMaximum": 5}),
        ({"example": {"a": 1}}, {"examples": [{"a": 1}]}),
        ({"oneOf": [{}, {}], "discriminator": {"propertyName": "a"}}, {"anyOf": [{}, {}]}),
        ({"oneOf": [{}, {}]}, {"oneOf": [{}, {}]}),
        ({"xml": {}, "externalDocs": {}, "x-a": 1, "title": "A"}, {"title": "A"}),
        ({"type": "file"}, {"type": "string", "format": "binary"}),
        ({"items": [{"title": "A"}], "additionalItems": False}, {"prefixItems": [{"title": "A"}], "items": False}),
        ({"properties": {"a": {"required": True}}}, {"properties": {"a": {}}}),
        ({"required": ["a", "a"]}, {"required": ["a"]}),
        ({"properties": {"a": {"readOnly": True}}, "required": ["a"]}, {"properties": {"a": {"readOnly": True}}}),
        ({"minLength": 1.0, "then": {}}, {"minLength": 1}),
        (True, True),
    ],
)  # fmt: skip
def test_a_schema_says_the_same_in_json_schema_2020_12(said: Any, made: Any) -> None:
    assert schema_of(said) == made


@pytest.mark.parametrize(
    ("said", "made", "place"),
    [
        ({"type": "int"}, {}, "type"),
        ({"type": ["string", 5]}, {}, "type"),
        ({"minLength": "3"}, {}, "minLength"),
        ({"enum": "a"}, {}, "enum"),
        ({"multipleOf": 0}, {}, "multipleOf"),
        ({"pattern": 5}, {}, "pattern"),
        ({"properties": []}, {}, "properties"),
        ({"allOf": {}}, {}, "allOf"),
        ({"required": [1]}, {}, "required"),
        ({"properties": {"a": 5}}, {"properties": {"a": True}}, "properties/a"),
        ({"$ref": "#/components/schemas/Gone"}, True, "$ref"),
        ({"allOf": [{"$ref": "#/gone"}, {"title": "A"}]}, {"allOf": [{"title": "A"}]}, "allOf/0/$ref"),
        ({"oneOf": [{"$ref": "#/gone"}, {"title": "A"}]}, {}, "oneOf/0/$ref"),
        ({"not": {"$ref": "#/gone"}}, {}, "not/$ref"),
        ({"items": {"$ref": "https://example.com/a.json"}}, {}, "items/$ref"),
    ],
)
def test_what_makes_no_sense_is_not_checked_and_reported(said: Any, made: Any, place: str) -> None:
    definition = read({JSON: {"schema": said}})
    assert definition.method("/a", "POST").body_schema == made
    assert list(left_out(definition)) == [f"/paths/~1a/post/requestBody/content/application~1json/schema/{place}"]


def test_a_schema_has_all_that_it_refers_to_and_nothing_else_circles_among_them() -> None:
    properties = {"next": {"$ref": "#/components/schemas/Node"}, "to": {"$ref": "#/components/schemas/x%20y~1"}}
    schemas = {"Node": {"type": "object", "properties": properties}, "x y/": {"type": "integer"}, "Other": {}}
    definition = read({JSON: {"schema": {"$ref": "#/components/schemas/Node"}}}, schemas)
    schema = definition.method("/a", "POST").body_schema
    assert isinstance(schema, dict)
    assert sorted(schema["schemas"]) == ["Node", "x_y_"]
    assert operation(definition).prepare(next={"next": {"to": 1}}).body
    with pytest.raises(restpath.InvalidBody, match="/next/next/to"):
        operation(definition).prepare(next={"next": {"to": "x"}})


def test_what_several_bodies_refer_to_is_there_once() -> None:
    schema = {"properties": {"a": {"$ref": "#/components/schemas/A"}}}
    document = {
        "openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "components": {"schemas": {"A": {"title": "A"}}},
        "paths": {f"/{name}": {"post": {"requestBody": {"content": {JSON: {"schema": schema}}}}} for name in "abc"},
    }  # fmt: skip
    imported = openapi.convert(document)
    definition = Definition(merge_layers([Layer(imported.documents)]))
    bodies = [definition.method(f"/{name}", "POST").body_schema for name in "abc"]
    shared = [body["schemas"] for body in bodies if isinstance(body, dict)]
    assert shared[0] is shared[1] is shared[2]
    assert imported.documents["schemas"] == {"format": 1, "schemas": {"A": {"title": "A"}}}


def test_a_base_that_is_one_of_its_variants_is_cut_where_it_would_never_end() -> None:
    """Each variant still is all that the base is."""
    schemas = {
        "Pet": {
            "type": "object", "required": ["kind"], "oneOf": [{"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind"},
        },
        "Dog": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"age": {"type": "integer"}}}]},
    }  # fmt: skip
    definition = read({JSON: {"schema": {"$ref": "#/components/schemas/Dog"}}}, schemas)
    assert operation(definition).prepare(kind="dog", age=3).body
    for wrong in ({"age": 3}, {"kind": "dog", "age": "x"}):
        with pytest.raises(restpath.InvalidBody):
            operation(definition).prepare(**wrong)
    assert "without end" in left_out(definition)["/components/schemas/Pet/oneOf/0"]


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/components/schemas/A"}, {"allOf": [{"$ref": "#/components/schemas/A"}]}]
)
def test_a_schema_that_is_nothing_but_itself_says_nothing(schema: Any) -> None:
    definition = read({JSON: {"schema": schema}}, {"A": schema, "B": {"$ref": "#/components/schemas/A"}})
    assert operation(definition).prepare(x=1).body == b'{"x": 1}'


def test_what_stands_beside_a_reference_counts_from_3_1_on() -> None:
    schemas = {"A": {"type": "object"}}
    said = {"$ref": "#/components/schemas/A", "required": ["x"]}
    assert "required" not in schema_of({"properties": {"a": said}}, schemas)["properties"]["a"]
    assert schema_of({"properties": {"a": said}}, schemas, "3.1.0")["properties"]["a"]["required"] == ["x"]


def test_a_schema_that_brings_its_own_definitions_finds_them() -> None:
    schema = {"$defs": {"A": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#here"}}}
    made = schema_of(schema, {"H": {"$anchor": "here", "type": "boolean"}}, "3.1.0")
    inner = made["properties"]["a"]["$ref"].removeprefix("#/schemas/")
    assert inner.startswith("A-")  # what has its name only in there has one made of its place
    assert made["schemas"] == {inner: {"type": "integer"}, "H": {"type": "boolean"}}


def test_a_schema_that_is_nested_too_deeply_is_cut_off() -> None:
    schema: Any = {"type": "string"}
    for _ in range(200):
        schema = {"properties": {"a": schema}}
    definition = read({JSON: {"schema": schema}})
    assert [each.what for each in definition.left_out] == ["this schema is nested too deeply: it is not checked"]


@pytest.mark.parametrize("word", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
def test_a_limit_that_no_float_holds_is_left_out_and_told(word: str) -> None:
    definition = read({JSON: {"schema": {"properties": {"n": {"type": "number", word: 10**400}}}}})
    assert operation(definition).prepare(n=1.5).body == b'{"n": 1.5}'
    assert whats(definition) == [f"{word} needs a number that a float holds: it is not checked"]


def whats(definition: Definition) -> list[str]:
    return list(left_out(definition).values())


def test_a_form_beside_the_first_does_not_write_lists_and_objects_as_that_does() -> None:
    said = {"schema": {"type": "object"}, "encoding": {"a": {"explode": False}, "b": {"style": "deepObject"}}}
    definition = read({FORM: said, MULTIPART: {"schema": {"type": "object"}}})
    first = definition.method("/a", "POST")
    assert (first.rules.query_lists, first.rules.nested_form) == ("commas", "brackets")
    other = first.bodies[MULTIPART].rules
    assert (other.query_lists, other.nested_form) == ("repeat", None)
