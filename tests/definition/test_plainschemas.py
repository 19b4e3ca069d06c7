"""A first look at a body never says yes to what a whole validator refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from restpath.definition.plainschemas import surely_good

LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from(["", "a", "b", "abc"])
VALUES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), below, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
_SIZES = ("minLength", "maxLength", "minItems", "maxItems")
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def words(below: Any) -> Any:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
            "enum": st.lists(st.sampled_from(["a", "b", "abc"]), min_size=1, unique=True),
            "properties": st.dictionaries(st.sampled_from(["a", "b", "c"]), below, max_size=2),
            "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
            "additionalProperties": st.booleans(),
            "items": below,
            "title": st.just("words"),
            **dict.fromkeys(_SIZES, st.integers(0, 3)),
            **dict.fromkeys(_LIMITS, st.integers(-3, 3)),
        },
    )


SCHEMAS = st.recursive(st.just(True) | words(st.just(True)), words, max_leaves=5)


@given(SCHEMAS, VALUES)
def test_what_is_surely_good_is_good(schema: Any, value: Any) -> None:
    check = surely_good(schema)
    assert check is not None
    if check(value):
        Draft202012Validator(schema).validate(json.loads(json.dumps(value)))


@given(SCHEMAS, VALUES)
def test_what_is_good_is_seen_to_be_at_the_first_look(schema: Any, value: Any) -> None:
    """But for numbers: 1.0 is an integer, of which only the whole validator is certain."""
    if Draft202012Validator(schema).is_valid(value) and '"integer"' not in json.dumps(schema):
        check = surely_good(schema)
        assert check is not None
        assert check(value)


@pytest.mark.parametrize(
    "schema",
    [
        False, {"$ref": "#/$defs/a"}, {"pattern": "a"}, {"anyOf": [True]}, {"items": {"not": True}},
        {"enum": [1, True]}, {"properties": {"a": {"const": 1}}}, {"additionalProperties": {"type": "string"}},
        {"type": "file"}, {"properties": []}, {"minimum": "1"}, {"unknown": 1}, {"prefixItems": [True]}, "text",
    ],
)  # fmt: skip
def test_a_schema_of_more_is_left_to_the_whole_validator(schema: Any) -> None:
    assert surely_good(schema) is None


class Text(str):
    """A text of a class of its own, of which JSON may make anything."""


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"properties": {"a": True}}, {1: "x"}),
        ({"type": "string"}, Text("x")),
        ({"type": "object"}, [("a", 1)]),
        ({"items": True}, (1, 2)),
        ({"minimum": 1}, Text("x")),
        ({"maximum": 3}, float("nan")),
        ({"required": ["a"]}, object()),
    ],
)
def test_values_that_are_not_plain_json_are_never_surely_good(schema: Any, value: Any) -> None:
    check = surely_good(schema)
    assert check is not None
    assert not check(value)
