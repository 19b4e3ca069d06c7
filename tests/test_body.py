"""Bodies: values to JSON and to forms, and the check of a body against its method's JSON Schema."""

from __future__ import annotations

import datetime
import json
import math
import types
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.body import check_body, encode_form, encode_json
from restpath.definition.mediatypes import is_json
from restpath.definition.method import Method
from restpath.errors import DefinitionError, InvalidBody, InvalidValue, RestpathError

NAIVE = datetime.datetime(2026, 1, 2)  # noqa: DTZ001  # naive is what it is here for


def method_with(schema: Any, media_type: str | None = None) -> Method:
    body = {"schema": schema, **({"media_type": media_type} if media_type else {})}
    documents = {
        "service": {"format": 1, "service": "test", "base_url": "https://a.example"},
        "resources": {"/x": {"methods": {"POST": {"body": body}}}},
    }
    return restpath.read(documents).method("/x", "POST")


def faults_of(schema: Any, value: Any, **more: Any) -> list[tuple[str, str]]:
    try:
        check_body(value, method_with(schema), "POST /x", **more)
    except InvalidBody as error:
        return [(fault.pointer, fault.message) for fault in error.faults]
    return []


# ---- media types -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/hal+json"]
)
def test_json_is_known_by_its_name_and_by_its_suffix(text: str) -> None:
    assert is_json(text)


@pytest.mark.parametrize(
    "text", ["", "text/plain", "application/jsonp", "application/x-ndjson", "application/json-seq"]
)
def test_what_only_resembles_json_is_none(text: str) -> None:
    assert not is_json(text)


# ---- JSON --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), ("é", '"\\u00e9"'), ([1, (2,)], "[1, [2]]"), ({1: None}, '{"1": null}'),
        (datetime.date(2026, 1, 2), '"2026-01-02"'), (Decimal("1.5"), "1.5"), (Decimal("5"), "5"), (Decimal("5.0"),
        "5.0"),
        (Decimal("12345678901234567890"), "12345678901234567890"), (Decimal("1E+3"), "1000"), (uuid.UUID(int=0),
        '"' + str(uuid.UUID(int=0)) + '"'),
        (datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), '"2026-01-02T00:00:00Z"'),
        ({"b", "a"}, '["a", "b"]'), (types.MappingProxyType({"a": 1}), '{"a": 1}'),
    ],
)  # fmt: skip
def test_values_become_json(value: Any, text: str) -> None:
    assert encode_json(value).decode() == text


@pytest.mark.parametrize(
    "value",
    [
        math.nan, [math.inf], Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("0.1234567890123456789"),
        Decimal("1E+9999"), b"bytes", object(), {(1,): 1}, {1, "a"}, NAIVE, 1j, iter([]),

        pytest.param(10**5000, id="a number of 5001 digits"),
    ],
)  # fmt: skip
def test_values_without_json_are_refused(value: Any) -> None:
    with pytest.raises(InvalidValue):
        encode_json({"x": value})


def test_a_naive_point_in_time_is_told_to_take_a_time_zone() -> None:
    with pytest.raises(InvalidValue, match="no time zone"):
        encode_json([NAIVE])


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(InvalidValue) as caught:
        encode_json({"password": b"hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "bytes" in str(caught.value)


def test_objects_that_hold_themselves_and_deep_ones_are_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for value in (loop, deep):
        with pytest.raises(InvalidValue):
            encode_json(value)


def test_a_lone_surrogate_is_escaped_as_json_can() -> None:
    assert encode_json("\ud800") == b'"\\ud800"'


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False,
    allow_infinity=False),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_json_is_read_back_as_it_was(value: Any) -> None:
    assert json.loads(encode_json(value)) == value


# ---- forms -------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_a_form_is_read_back_as_it_was(found: list[tuple[str, str]]) -> None:
    assert parse_qsl(encode_form(found).decode("ascii"), keep_blank_values=True, errors="strict") == found


def test_a_form_writes_spaces_as_plus() -> None:
    assert encode_form([("a b", "c+d&é")]) == b"a+b=c%2Bd%26%C3%A9"


def test_a_lone_surrogate_has_no_form() -> None:
    with pytest.raises(InvalidValue, match="surrogate"):
        encode_form([("a", "\udcff")])


# ---- the check ---------------------------------------------------------------------------------------------------

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
        "a/b~c": {"type": "string"},
    },
    "required": ["name"],
    "$defs": {"tag": {"enum": ["x", "y"]}},
}


def test_a_good_body_passes() -> None:
    assert faults_of(PERSON, {"name": "Ann", "age": 3, "tags": ["x"], "more": None}) == []


def test_every_fault_is_listed_with_its_place() -> None:
    faults = faults_of(PERSON, {"age": -1, "tags": ["x", "z", 5], "a/b~c": 1})
    assert [place for place, _ in faults] == ["", "/a~1b~0c", "/age", "/tags/1", "/tags/2"]
    assert dict(faults)[""] == "'name' is a required property"


def test_the_message_says_what_was_not_sent_and_names_the_places() -> None:
    with pytest.raises(InvalidBody) as caught:
        check_body({"name": "", "age": "x"}, method_with(PERSON), "POST /people")
    text = str(caught.value)
    assert text.startswith("POST /people was not sent")
    assert "/name: " in text
    assert "/age: 'x' is not of type 'integer'" in text


@pytest.mark.parametrize(("schema", "good"), [(True, True), (False, False), ({}, True), ({"not": {}}, False)])
def test_a_schema_may_be_a_boolean(schema: Any, good: bool) -> None:
    assert (faults_of(schema, {"a": 1}) == []) is good


def test_values_are_checked_as_they_will_be_sent() -> None:
    schema = {"properties": {"when": {"type": "string"}, "sum": {"type": "number"}, "list": {"type": "array"}}}
    when = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    assert faults_of(schema, {"when": when, "sum": Decimal("1.5"), "list": (1, 2)}) == []


def test_a_format_is_an_annotation() -> None:
    assert (
        faults_of({"properties": {"mail": {"format": "email"}, "id": {"format": "uuid"}}}, {"mail": "x", "id": "y"})
        == []
    )


def test_safe_patterns_are_asserted_and_others_are_not() -> None:
    assert faults_of({"properties": {"id": {"pattern": "^[a-z]+$"}}}, {"id": "A"})[0][0] == "/id"
    assert faults_of({"properties": {"id": {"pattern": "^(a+)+$"}}}, {"id": "a" * 5000 + "!"}) == []


def test_a_schema_that_refers_elsewhere_fetches_nothing() -> None:
    method = method_with({"type": "object"})
    object.__setattr__(method, "body_schema", {"$ref": "https://schemas.example/person.json"})
    with pytest.raises(DefinitionError, match="refers to what is not in it"):
        check_body({}, method, "POST /x")


def test_references_within_a_schema_may_go_round() -> None:
    tree = {
        "$ref": "#/$defs/node",
        "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["v"]}},
    }
    assert [place for place, _ in faults_of(tree, {"v": 1, "next": {"next": {"v": 2}}})] == ["/next"]


def test_a_body_too_deep_for_the_check_is_refused() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}}
    deep: Any = {}
    for _ in range(400):
        deep = {"next": deep}
    with pytest.raises(InvalidValue, match="validate=False"):
        check_body(deep, method_with(tree), "POST /x")


def test_numbers_beyond_floats_are_no_crash() -> None:
    with pytest.raises(RestpathError):
        check_body(10**400, method_with({"multipleOf": 0.5}), "POST /x")


def test_a_fault_does_not_show_a_secret() -> None:
    schema = {
        "properties": {"password": {"minLength": 20}, "login": {"properties": {"token": {"type": "integer"}}}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    faults = faults_of(schema, {"password": "hunter2", "login": {"token": "t0k3n"}, "name": "Ann"})
    assert [place for place, _ in faults] == ["", "/login/token", "/password"]
    assert not any("hunter2" in message or "t0k3n" in message for _, message in faults)
    assert "Ann" in faults[0][1]


def test_long_messages_are_cut() -> None:
    [(_, message)] = faults_of({"type": "object"}, ["x" * 5000])
    assert len(message) == 300


# ---- forms are texts ---------------------------------------------------------------------------------------------

FORM = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "maximum": 9},
        "on": {"type": "boolean"},
        "name": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "level": {"anyOf": [{"enum": [1, 2]}, {"type": "null"}]},
        "photo": {"type": "array"},
    },
    "required": ["photo"],
}


def test_in_a_form_a_text_is_as_good_as_what_it_spells() -> None:
    value = {"n": "5", "on": "true", "name": 7, "tags": "one", "level": "2", "photo": []}
    assert faults_of(FORM, value, as_text=True) == []
    assert len(faults_of(FORM, value)) == 5


def test_in_a_form_what_a_text_cannot_spell_is_a_fault() -> None:
    value = {"n": "12", "on": "x", "level": "3", "photo": []}
    assert [place for place, _ in faults_of(FORM, value, as_text=True)] == ["/level", "/n", "/on"]


def test_files_beside_a_form_are_there_and_not_looked_into() -> None:
    assert faults_of(FORM, {"n": 5}, as_text=True, beside={"photo"}) == []
    assert faults_of(FORM, {"n": 5}, as_text=True) == [("", "'photo' is a required property")]
