"""Shared schemas, `schemas.json`: what refers to one finds it, and what is wrong with one is said with its place."""

from __future__ import annotations

from typing import Any

import pytest

import restpath

SERVICE = {"service": "shop", "base_url": "https://shop.example.com"}
POST = {"/a": {"methods": {"POST": {"body": {"schema": {"$ref": "#/schemas/A"}}}}}}


def read(schemas: Any, resources: Any = None, *layers: Any) -> restpath.Definition:
    documents = {"service": SERVICE, "resources": resources or POST, "schemas": {"schemas": schemas}}
    return restpath.read(documents, *layers)


@pytest.mark.parametrize(
    ("schemas", "pointer", "says"),
    [
        ({}, "/~1a/methods/POST/body/schema", "there is no shared schema 'A'"),
        ({"a": {}}, "/~1a/methods/POST/body/schema", "did you mean 'a'"),
        ({"A": {"items": {"$ref": "#/schemas/B"}}}, "/schemas/A", "there is no shared schema 'B'"),
        ({"A": {"items": {"$ref": "#/$defs/B"}, "$defs": {"B": {}}}}, "/schemas/A/items/$ref", "out of the shared"),
        ({"A": {"$ref": "#"}}, "/schemas/A/$ref", "out of the shared schemas"),
        ({"A": {"$ref": "https://x.example/y"}}, "/schemas/A/$ref", "out of the shared schemas"),
        ({"A": {"$id": "urn:a"}}, "/schemas/A/$id", "has no $id"),
        ({"A": {"allOf": [{"$ref": "#/schemas/B"}]}, "B": {"not": {"$ref": "#/schemas/A"}}}, "", "without end"),
        ({"A": {"type": "objekt"}}, "/schemas/A/type", "objekt"),
        ({"A": 5}, "/schemas/A", "5"),
        ([], "/schemas", "a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(schemas: Any, pointer: str, says: str) -> None:
    with pytest.raises(restpath.DefinitionError) as caught:
        read(schemas)
    assert says in str(caught.value)
    assert pointer in (caught.value.pointer, "")


def test_a_body_is_held_to_what_it_refers_to_circles_included() -> None:
    schemas = {"A": {"required": ["b"], "properties": {"b": {"$ref": "#/schemas/B"}}},
               "B": {"properties": {"a": {"$ref": "#/schemas/A"}, "n": {"type": "integer"}}}}  # fmt: skip
    post = restpath.connect(read(schemas)).a.post
    assert post.prepare(b={"a": {"b": {"n": 1}}}).body
    with pytest.raises(restpath.InvalidBody, match="/b/a"):
        post.prepare(b={"a": {}})
    assert "b" in restpath.describe(post)


def test_the_fields_of_a_shared_schema_are_declared() -> None:
    """A name with a dot that the schema declares is sent as it is, wherever the schema stands."""
    post = restpath.connect(read({"A": {"properties": {"a.b": True}}})).a.post
    assert post.prepare(**{"a.b": 1}).body == b'{"a.b": 1}'


def test_a_layer_replaces_a_shared_schema_whole() -> None:
    below = {"A": {"type": "object", "required": ["x"]}}
    definition = read(below, None, {"schemas": {"schemas": {"A": {"required": ["y"]}}}})
    assert definition.method("/a", "POST").body_schema == {"required": ["y"]}
    with pytest.raises(restpath.DefinitionError, match="no shared schema 'A'"):
        read(below, None, {"schemas": {"schemas": {"A": None}}})


def test_a_body_may_refer_to_shared_schemas_and_to_its_own() -> None:
    schema = {
        "$defs": {"n": {"type": "integer"}},
        "properties": {"n": {"$ref": "#/$defs/n"}, "a": {"$ref": "#/schemas/A"}},
    }
    post = restpath.connect(
        read({"A": {"type": "string"}}, {"/a": {"methods": {"POST": {"body": {"schema": schema}}}}})
    ).a.post
    assert post.prepare(n=1, a="x").body
    with pytest.raises(restpath.InvalidBody):
        post.prepare(n=1, a=2)
    with pytest.raises(restpath.InvalidBody):
        post.prepare(n="x")


@pytest.mark.parametrize("name", ["a b", "a/b", "a~b", "ä", "a%b"])
def test_a_shared_schema_may_have_any_name(name: str) -> None:
    from restpath.definition.bundles import reference_to

    resources = {"/a": {"methods": {"POST": {"body": {"schema": {"$ref": reference_to(name)}}}}}}
    post = restpath.connect(read({name: {"type": "integer"}}, resources)).a.post
    with pytest.raises(restpath.InvalidBody):
        post.prepare({"x": 1})


def test_of_hundreds_of_names_a_fault_names_the_first() -> None:
    schemas = {f"S{number}": {} for number in range(300)}
    resources = {"/a": {"methods": {"POST": {"body": {"schema": {"$ref": "#/schemas/Nothing"}}}}}}
    with pytest.raises(restpath.DefinitionError) as caught:
        restpath.read({"service": {}, "resources": resources, "schemas": {"schemas": schemas}})
    assert "S0, S1, " in str(caught.value)
    assert str(caught.value).endswith("S19 and 280 more)")
