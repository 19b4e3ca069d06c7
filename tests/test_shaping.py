"""A shape has the types and names of a body, and none of its values."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from restpath.shaping import (
    merge_parameters,
    merge_schemas,
    pairs_schema,
    parameters_of,
    schema_of,
    typed_places,
    with_sure_types,
    without_mere_nulls,
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_every_body_that_was_seen_fits_the_merged_shape(bodies: list[Any]) -> None:
    merged = schema_of(bodies[0])
    for body in bodies[1:]:
        merged = merge_schemas(merged, schema_of(body))
    for body in bodies:
        jsonschema.validate(body, without_mere_nulls(merged))


@given(VALUES, VALUES)
def test_merging_the_same_again_changes_nothing(one: Any, other: Any) -> None:
    merged = merge_schemas(schema_of(one), schema_of(other))
    assert merge_schemas(merged, schema_of(one)) == merged
    assert merge_schemas(merged, schema_of(other)) == merged


@given(st.text(), st.integers(), st.floats(allow_nan=False))
def test_no_value_is_in_a_shape(text: str, number: int, fraction: float) -> None:
    marked = f"zqx{text}"
    body = {"a": marked, "b": [marked, {"c": number}], "d": fraction}
    shape = {"type": "object", "properties": {
        "a": {"type": "string"},
        "b": {"type": "array", "items": {"type": ["string", "object"], "properties": {"c": {"type": "integer"}}}},
        "d": {"type": "number"},
    }}  # fmt: skip
    assert schema_of(body) == shape
    assert "zqx" not in json.dumps(schema_of(body))


def test_nothing_is_required_and_a_key_that_is_a_value_is_no_property() -> None:
    shape = merge_schemas(schema_of({"scores": {"ann@example.com": 1, "17": 2.5}}), schema_of({"scores": {}, "b": 1}))
    assert shape == {
        "type": "object",
        "properties": {
            "scores": {"type": "object", "additionalProperties": {"type": "number"}},
            "b": {"type": "integer"},
        },
    }


def test_what_was_only_null_may_be_anything() -> None:
    shape = merge_schemas(schema_of({"a": None, "b": None}), schema_of({"b": "x"}))
    assert without_mere_nulls(shape)["properties"] == {"a": {}, "b": {"type": ["null", "string"]}}


def test_query_names_have_their_types_where_these_are_plain() -> None:
    pairs = [
        ("limit", "5"),
        ("ratio", "1.5"),
        ("all", "true"),
        ("sort", "name"),
        ("tag", "a"),
        ("tag", "b"),
        ("zip", "007"),
    ]
    found, secret = parameters_of([*pairs, ("access_token", "x"), ("utm_source", "y"), ("_", "1"), ("17", "z")])
    types = {name: words["type"] for name, words in found.items()}
    assert types == {
        "limit": "integer", "ratio": "number", "all": "boolean", "sort": "string", "tag": "array", "zip": "string",
    }  # fmt: skip
    assert secret == ["access_token"]


def test_parameters_of_two_types_are_texts_unless_both_are_numbers_or_one_is_a_list() -> None:
    one = {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "array"}}
    other = {"a": {"type": "string"}, "b": {"type": "number"}, "c": {"type": "integer"}, "d": {"type": "boolean"}}
    types = {name: words["type"] for name, words in merge_parameters(one, other).items()}
    assert types == {"a": "string", "b": "number", "c": "array", "d": "boolean"}


def test_a_form_is_an_object_of_texts() -> None:
    assert pairs_schema([("a", "1"), ("b", "x"), ("b", "y")]) == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "string"}}},
    }


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_a_type_that_was_seen_once_refuses_nothing_and_no_name_is_lost(bodies: list[Any]) -> None:
    for body in bodies:
        shape = schema_of(body)
        sure, open_ = with_sure_types(shape, dict.fromkeys(typed_places(shape), 1))
        assert sorted(open_) == sorted(typed_places(shape))
        for other in bodies:
            jsonschema.validate(other, sure)
        assert json.dumps(sure).count('"properties"') == json.dumps(shape).count('"properties"')


def test_a_type_is_sure_where_it_was_seen_three_times_and_the_same_each_time() -> None:
    shape = schema_of({"a": 1, "b": "x", "c": [True], "e": {"f": 1.5}})
    shape["properties"] |= {
        "b": {"type": ["string", "integer"]},
        "n": {"type": ["null", "integer"]},
        "own": {"type": "integer"},
    }
    seen = {"": 3, "/a": 3, "/b": 5, "/c": 3, "/c/*": 2, "/e": 2, "/e/f": 3, "/n": 4}
    assert with_sure_types(shape, seen) == (
        {
            "type": "object",
            "properties": {
                "a": {"type": "number"}, "b": {}, "c": {"type": "array", "items": {}},
                "e": {"properties": {"f": {"type": "number"}}}, "n": {"type": ["null", "number"]},
                "own": {"type": "integer"},
            },
        },
        ["/b", "/c/*", "/e"],
    )  # fmt: skip
