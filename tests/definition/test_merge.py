"""Layers over layers: RFC 7396, what is replaced whole, the short form, and which file said what."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.definition.merge import Documents, Layer, file_that_said, merge_layers, merge_patch, write_out

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from("abc") | st.text(max_size=2)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))

# The table of RFC 7396, appendix A: the original, the patch, the result.
APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


def by_the_rfc(target: Any, patch: Any) -> Any:
    """The pseudocode of RFC 7396 section 2, line by line."""
    if isinstance(patch, dict):
        if not isinstance(target, dict):
            target = {}
        for name, value in patch.items():
            if value is None:
                if name in target:
                    del target[name]
            else:
                target[name] = by_the_rfc(target.get(name), value)
        return target
    return patch


def merged(*layers: dict[str, Any]) -> Documents:
    return merge_layers([Layer(layer) for layer in layers])


def resources(*documents: dict[str, Any]) -> dict[str, Any]:
    return merged(*({"resources": document} for document in documents)).resources


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX_A)
def test_patch_gives_what_the_appendix_of_the_rfc_gives(target: Any, patch: Any, result: Any) -> None:
    """Each row of RFC 7396's appendix A comes out as it stands there."""
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_patch_is_the_pseudocode_of_the_rfc(target: Any, patch: Any) -> None:
    """For any two documents the result is that of the RFC's own pseudocode, and neither is changed."""
    before = copy.deepcopy((target, patch))
    assert merge_patch(target, patch) == by_the_rfc(copy.deepcopy(target), copy.deepcopy(patch))
    assert (target, patch) == before


@given(st.dictionaries(KEYS, JSON, max_size=4), st.dictionaries(KEYS, JSON, max_size=4))
def test_service_documents_merge_by_the_rfc(below: dict[str, Any], above: dict[str, Any]) -> None:
    """In service.json nothing is replaced whole: two layers are two patches, the first of them on nothing."""
    assert merged({"service": below}, {"service": above}).service == by_the_rfc(by_the_rfc({}, below), above)


def test_short_form_equals_the_long_form() -> None:
    """`"GET POST"` is the object of these methods, whether it stands for the resource or for its methods."""
    long = {"/people": {"methods": {"GET": {}, "POST": {}}}}
    assert write_out({"/people": "GET POST"}) == write_out({"/people": {"methods": "GET POST"}}) == long
    assert resources({"/people": "GET POST"}) == long


def test_short_form_adds_a_method() -> None:
    """A layer that says `"/people": "PATCH"` adds PATCH, and leaves what is said of the other methods."""
    below = {"/people": {"title": "People", "methods": {"GET": {"title": "List"}}}}
    assert resources(below, {"/people": "PATCH"}) == {
        "/people": {"title": "People", "methods": {"GET": {"title": "List"}, "PATCH": {}}}
    }


def test_short_form_changes_nothing_that_is_there() -> None:
    """Naming a method again keeps what is said of it."""
    below = {"/people": {"methods": {"GET": {"title": "List"}}}}
    assert resources(below, {"/people": "GET"}) == below


def test_null_removes_a_resource_with_its_defaults() -> None:
    """A default whose resource a layer removes goes with it, and no other does."""
    below = {
        "resources": {"/people": "POST", "/books": "POST"},
        "defaults": {"/people": {"POST": {"a": 1}}, "/books": {"POST": {"b": 2}}},
    }
    documents = merged(below, {"resources": {"/people": None}})
    assert documents.resources == {"/books": {"methods": {"POST": {}}}}
    assert documents.defaults == {"/books": {"POST": {"b": 2}}}


def test_null_removes_a_method_with_its_default() -> None:
    """A default whose method a layer removes goes with it."""
    below = {
        "resources": {"/people": "GET POST PUT"},
        "defaults": {"/people": {"POST": {"a": 1}, "PUT": {"b": 2}}},
    }
    documents = merged(below, {"resources": {"/people": {"methods": {"POST": None}}}})
    assert documents.resources == {"/people": {"methods": {"GET": {}, "PUT": {}}}}
    assert documents.defaults == {"/people": {"PUT": {"b": 2}}}


def test_resource_that_comes_back_has_no_old_defaults() -> None:
    """What was removed with a resource is not there when a later layer adds the resource again."""
    below = {"resources": {"/people": "POST"}, "defaults": {"/people": {"POST": {"a": 1}}}}
    assert merged(below, {"resources": {"/people": None}}, {"resources": {"/people": "POST"}}).defaults == {}


def test_null_for_all_methods_takes_their_defaults_along() -> None:
    """`"methods": null` removes every method, and a later layer starts anew."""
    below = {"resources": {"/people": "GET POST"}, "defaults": {"/people": {"POST": {"a": 1}}}}
    documents = merged(below, {"resources": {"/people": {"methods": None}}}, {"resources": {"/people": "GET"}})
    assert documents.resources == {"/people": {"methods": {"GET": {}}}}
    assert documents.defaults == {}


def test_default_of_the_removing_layer_stays() -> None:
    """A layer may remove a method's default of old and bring its own."""
    below = {"resources": {"/people": "POST"}, "defaults": {"/people": {"POST": {"a": 1}}}}
    assert merged(below, {"defaults": {"/people": {"POST": {"a": None, "b": 2}}}}).defaults == {
        "/people": {"POST": {"b": 2}}
    }


def test_json_schema_is_replaced_whole() -> None:
    """Half of one schema over half of another is neither's; a null in it is its own."""
    below = {"/a": {"methods": {"POST": {"body": {"schema": {"type": "object", "required": ["x"]}}}}}}
    schema = {"const": None, "title": "new"}
    above = {"/a": {"methods": {"POST": {"body": {"schema": schema}}}}}
    assert resources(below, above)["/a"]["methods"]["POST"]["body"] == {"schema": schema}


def test_query_parameter_is_replaced_whole_and_its_neighbours_stay() -> None:
    """A layer's word on one query parameter replaces that one alone."""
    below = {"/a": {"methods": {"GET": {"query": {"n": {"type": "integer", "title": "N"}, "m": {"type": "string"}}}}}}
    above = {"/a": {"methods": {"GET": {"query": {"n": {"type": "string", "default": None}, "m": None}}}}}
    assert resources(below, above)["/a"]["methods"]["GET"]["query"] == {"n": {"type": "string", "default": None}}


def test_field_called_schema_or_query_is_merged_as_any_other() -> None:
    """Only the places of JSON Schemas and query parameters are replaced whole, not everything of that name."""
    below = {"defaults": {"/a": {"POST": {"schema": {"x": 1}, "query": {"q": {"a": 1}}}}}}
    above = {"defaults": {"/a": {"POST": {"schema": {"y": 2}, "query": {"q": {"b": 2, "a": None}}}}}}
    assert merged(below, above).defaults == {"/a": {"POST": {"schema": {"x": 1, "y": 2}, "query": {"q": {"b": 2}}}}}


def test_notes_among_methods_are_left_out() -> None:
    """An `x-` key beside methods is no method, in resources and in defaults."""
    documents = merged(
        {
            "resources": {"/a": {"methods": {"x-note": 1, "POST": {"x-note": 2}}}},
            "defaults": {"/a": {"x-note": 3, "POST": {"x-note": 4}}},
        }
    )
    assert documents.resources == {"/a": {"methods": {"POST": {"x-note": 2}}}}
    assert documents.defaults == {"/a": {"POST": {"x-note": 4}}}


def test_layers_are_not_changed() -> None:
    """Merging leaves the layers as they were read."""
    layers = [Layer({"resources": {"/a": "GET"}}), Layer({"resources": {"/a": {"methods": {"GET": {"title": "x"}}}}})]
    before = copy.deepcopy([dict(layer.documents) for layer in layers])
    merge_layers(layers)
    assert [dict(layer.documents) for layer in layers] == before


LAYERS = [
    Layer({"resources": {"/a": "GET POST", "/b": "GET"}}, {"resources": "first"}),
    Layer({"resources": {"/a": "PATCH", "/b": None}}, {"resources": "second"}),
    Layer({"resources": {"/a": {"methods": {"POST": {"body": {"schema": {"type": "object"}}}}}}}),
]


@pytest.mark.parametrize(
    ("tokens", "file"),
    [
        (["/a"], ""),
        (["/a", "methods", "GET"], "first"),
        (["/a", "methods", "PATCH"], "second"),
        (["/a", "methods", "POST"], ""),
        (["/a", "methods", "POST", "body", "schema", "type"], ""),
        (["/b"], None),
        (["/b", "methods", "GET"], None),
        (["/c"], None),
    ],
)
def test_file_that_said_is_the_latest_that_says_it(tokens: list[str], file: str | None) -> None:
    """The latest layer with a word on a place said it; what was removed nobody says; "" is the program."""
    assert file_that_said(LAYERS, "resources", tokens) == file


def test_file_that_said_knows_what_is_replaced_whole() -> None:
    """What stood in a schema that a later layer replaced is said by nobody."""
    place = ["/a", "methods", "POST", "body", "schema"]

    def layer(schema: dict[str, Any], file: str) -> Layer:
        return Layer({"resources": {"/a": {"methods": {"POST": {"body": {"schema": schema}}}}}}, {"resources": file})

    layers = [layer({"enum": ["x"]}, "first"), layer({"type": "object"}, "second")]
    assert file_that_said(layers, "resources", [*place, "enum"]) is None
    assert file_that_said(layers[:1], "resources", [*place, "enum", 0]) == "first"
    assert file_that_said(layers[:1], "resources", [*place, "enum", 1]) is None
