"""The keywords that search for patterns, held to jsonschema's own."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restpath.definition import asserting
from restpath.definition.asserting import validator_class

BAD, GOOD = "^(a+)+$", "^[a-z]+$"
TEXT = "a" * 40 + "!"
DIALECT, DRAFT_7 = "https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"


def faults(schema: Any, instance: Any) -> list[str]:
    return [error.message for error in validator_class()(schema).iter_errors(instance)]


@pytest.fixture(autouse=True)
def no_hostile_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where anything at all searches for a hostile pattern, instead of hanging."""
    search = re.search

    def guarded(pattern: Any, text: str, flags: int = 0) -> Any:
        assert BAD not in str(pattern), "a hostile pattern was searched for"
        return search(pattern, text, flags)

    monkeypatch.setattr(re, "search", guarded)


def test_a_harmless_pattern_is_asserted_with_the_message_of_jsonschema() -> None:
    stock = [error.message for error in jsonschema.Draft202012Validator({"pattern": GOOD}).iter_errors("A")]
    assert faults({"pattern": GOOD}, "A") == stock == ["'A' does not match '^[a-z]+$'"]
    assert faults({"pattern": GOOD}, "a") == faults({"pattern": GOOD}, 5) == []


def test_the_two_keywords_can_be_plugged_in_alone() -> None:
    own = {"pattern": asserting.pattern_keyword, "patternProperties": asserting.pattern_properties_keyword}
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, own)
    assert validator({"pattern": BAD, "patternProperties": {BAD: False}}).is_valid(TEXT)
    assert not validator({"patternProperties": {GOOD: False}}).is_valid({"a": 1})


ESCAPES = [
    {"pattern": BAD},
    {"patternProperties": {BAD: False}},
    {"patternProperties": {BAD: True}, "additionalProperties": False},
    {"patternProperties": {BAD: True}, "unevaluatedProperties": False},
    {"allOf": [{"patternProperties": {BAD: True}}], "unevaluatedProperties": False},
    {"$ref": "#/$defs/a", "$defs": {"a": {"patternProperties": {BAD: True}}}, "unevaluatedProperties": False},
    {"$dynamicRef": "#/$defs/a", "$defs": {"a": {"patternProperties": {BAD: True}}}, "unevaluatedProperties": False},
    {"if": {"patternProperties": {BAD: True}}, "then": True, "unevaluatedProperties": False},
    {"dependentSchemas": {TEXT: {"patternProperties": {BAD: True}}}, "unevaluatedProperties": False},
    {"anyOf": [{"$schema": DIALECT, "pattern": BAD, "patternProperties": {BAD: True}}]},
    {"anyOf": [{"$schema": DRAFT_7, "pattern": BAD, "patternProperties": {BAD: True}}]},
    {"$schema": DIALECT, "$ref": "#/$defs/a", "$defs": {"a": {"pattern": BAD}}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"$schema": DRAFT_7, "allOf": [{"pattern": BAD}]}}},
    {"propertyNames": {"pattern": BAD}},
    {"additionalProperties": {"pattern": BAD}},
    {"contains": {"pattern": BAD}},
    {"unevaluatedItems": {"pattern": BAD}},
]  # fmt: skip


@pytest.mark.parametrize("schema", ESCAPES, ids=str)
@pytest.mark.parametrize("instance", [TEXT, {TEXT: TEXT}, [TEXT]], ids=["text", "object", "array"])
def test_no_keyword_searches_for_a_hostile_pattern_or_condemns_by_it(schema: Any, instance: Any) -> None:
    assert faults(schema, instance) == []


REVERSED = [
    {"not": {"pattern": BAD}},
    {"not": {"anyOf": [{"pattern": BAD}, {"type": "object"}]}},
    {"oneOf": [{"pattern": BAD}, {"type": "string"}]},
    {"if": {"pattern": BAD}, "then": False},
]


@pytest.mark.parametrize("schema", REVERSED, ids=str)
def test_a_pattern_left_out_condemns_nothing_where_a_match_would(schema: Any) -> None:
    assert faults(schema, TEXT) == []


def test_a_pattern_left_out_leaves_the_rest_of_the_schema_asserted() -> None:
    assert len(faults({"properties": {"a": {"pattern": BAD}, "b": {"not": {"const": 1}}}}, {"a": TEXT, "b": 1})) == 1
    assert len(faults({"allOf": [{"pattern": BAD}, {"not": {"type": "string"}}, {"maxLength": 3}]}, TEXT)) == 2


CLOSED = {"unevaluatedProperties": False}
A_INTEGER, A_TEXT = {"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {"type": "string"}}}
STOCK_SCHEMAS = [
    {"patternProperties": {"^a": {"type": "integer"}, "b$": {"minimum": 2}}, "additionalProperties": False},
    {"properties": {"a": True}, "patternProperties": {"^b": True}, "additionalProperties": {"type": "string"}},
    {"properties": {"a": True}, **CLOSED},
    {"allOf": [{"properties": {"a": True}}, {"patternProperties": {"^b": {"type": "integer"}}}], **CLOSED},
    {"anyOf": [{**A_INTEGER, "required": ["a"]}, {"patternProperties": {"b": True}, "required": ["b"]}], **CLOSED},
    {**A_INTEGER, "unevaluatedProperties": {"type": "string"}},
    {"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {"b": True}},
     "else": {"patternProperties": {"c": True}}, **CLOSED},
    {"$ref": "#/$defs/x", "$defs": {"x": {"patternProperties": {"^a": True}}}, **CLOSED},
    {"dependentSchemas": {"a": {"properties": {"b": True}}}, "properties": {"a": True}, **CLOSED},
    {"oneOf": [{**A_TEXT, "required": ["a"]}, {"required": ["b"]}], **CLOSED},
    {"not": {"patternProperties": {"^a": {"type": "integer"}}}},
]  # fmt: skip


@pytest.mark.parametrize("schema", STOCK_SCHEMAS, ids=str)
@given(
    instance=st.dictionaries(
        st.sampled_from(["a", "b", "c", "ab", "x"]), st.sampled_from([1, 2, "s", None]), max_size=4
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_harmless_schemas_are_judged_as_jsonschema_judges_them(schema: Any, instance: Any) -> None:
    ours = validator_class()(schema).iter_errors(instance)
    stock = jsonschema.Draft202012Validator(schema).iter_errors(instance)

    def place(error: Any) -> tuple[str, str]:
        return str(list(error.absolute_path)), str(list(error.absolute_schema_path))

    assert sorted(map(place, ours)) == sorted(map(place, stock))


def test_what_additional_properties_accepted_is_evaluated() -> None:  # which jsonschema 4.18 had not yet learnt
    schema = {"allOf": [{"properties": {"a": True}, "additionalProperties": {"type": "integer"}}], **CLOSED}
    assert faults(schema, {"a": "s", "b": 1}) == []
    assert len(faults(schema, {"b": "s"})) == 2


@pytest.mark.parametrize(
    ("pattern", "good"), [(r"^\W+$", "é"), (r"^[^\d]+$", "٣"), (r"^(?!\w)", "é"), (r"^é\b.", "éa"), (r"^\D+$", "٣")]
)
def test_letters_and_digits_of_other_scripts_are_none_in_javascript_and_refuse_nothing(pattern: str, good: str) -> None:
    """ECMA-262 finds these, and Python does not: what a pattern says of ASCII is asserted all the same."""
    assert validator_class()({"pattern": pattern}).is_valid(good)
    assert validator_class()({"patternProperties": {pattern: True}, "additionalProperties": False}).is_valid({good: 1})


@pytest.mark.parametrize(
    ("pattern", "bad"), [(r"^\W+$", "a"), (r"^\w+$", "é-"), (r"^[^\d]+$", "3"), (r"^[^@]+$", "é@")]
)
def test_what_is_wrong_by_both_is_refused(pattern: str, bad: str) -> None:
    assert not validator_class()({"pattern": pattern}).is_valid(bad)
