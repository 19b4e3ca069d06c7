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
