"""Fields: keyword arguments to nested values and to pairs; nothing is lost, and nobody's objects are changed."""

from __future__ import annotations

import datetime
import enum
import keyword
import math
import uuid
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.errors import InvalidValue
from restpath.fields import RESERVED, encode_pairs, field_name, flat, merge, nest, numbered, pairs, rfc3339, scalar
from restpath.template import encode_query

NAIVE = datetime.datetime(2026, 1, 2)  # noqa: DTZ001  # naive is what it is here for
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
)
objects = st.dictionaries(st.sampled_from(["a", "b", "c"]), json_values, max_size=3)


# ---- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", sorted(RESERVED) + keyword.kwlist)
def test_one_underscore_is_dropped_behind_words_that_cannot_be_fields(word: str) -> None:
    assert field_name(word + "_") == word


@pytest.mark.parametrize("word", ["a_", "a__", "timeout__", "_", "__", "type_", "self", "self_", "from", "match_"])
def test_any_other_underscore_belongs_to_the_field(word: str) -> None:
    assert field_name(word) == word


def test_a_name_that_is_declared_with_its_underscore_keeps_it() -> None:
    assert field_name("from_", {"from_"}) == "from_"


# ---- nesting -----------------------------------------------------------------------------------------------------


def test_names_are_split_at_the_services_mark() -> None:
    assert nest({"object_content": "Hi"}, "_") == {"object": {"content": "Hi"}}


def test_without_a_mark_underscores_are_kept() -> None:
    assert nest({"object_content": "Hi"}, None) == {"object_content": "Hi"}


@pytest.mark.parametrize("mark", [None, "_", "."])
def test_a_dot_nests_everywhere(mark: str | None) -> None:
    assert nest({"object.content": "Hi"}, mark) == {"object": {"content": "Hi"}}


@pytest.mark.parametrize("name", ["doc_id", "options.version", "a.b_c"])
def test_declared_names_are_never_split(name: str) -> None:
    assert nest({name: 1}, "_", {name}) == {name: 1}


@pytest.mark.parametrize("name", ["_a", "a_", "a__b", "_", ".", "a.", ".a", "a..b", ""])
def test_names_that_would_give_empty_keys_stay_whole(name: str) -> None:
    assert nest({name: 1}, "_") == {name: 1}


def test_fields_of_one_object_are_joined() -> None:
    fields = {"a_b": 1, "a_c_d": 2, "a": {"e": 3, "c": {"f": 4}}}
    assert nest(fields, "_") == {"a": {"b": 1, "c": {"d": 2, "f": 4}, "e": 3}}


@pytest.mark.parametrize(
    "fields",
    [
        {"a": 1, "a_b": 2}, {"a_b": 2, "a": 1}, {"a": None, "a_b": 2}, {"a": [1], "a_b": 2}, {"a": {"b": 1}, "a_b": 2},
        {"a_b": 1, "a.b": 1}, {"a_b": 1, "a_b_c": 2}, {"a_b": {"c": 1}, "a": {"b": {"c": 2}}}, {"a_b": {},
        "a": {"b": 0}},
    ],
)  # fmt: skip
def test_fields_that_contradict_each_other_are_an_error_that_names_both(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as caught:
        nest(fields, "_")
    assert all(repr(name) in str(caught.value) for name in fields)


def test_objects_that_hold_themselves_are_refused() -> None:
    loop: dict[str, Any] = {}
    loop["again"] = loop
    with pytest.raises(InvalidValue, match="'a' is nested too deeply, or holds itself"):
        nest({"a": loop}, None)


@given(objects)
def test_what_is_nested_is_a_copy(given_object: dict[str, Any]) -> None:
    before = repr(given_object)
    result = nest({"x": given_object, "x.new": 1}, None)
    result["x"]["more"] = 1
    assert repr(given_object) == before


@given(st.dictionaries(st.text("ab_.", max_size=5), leaves, max_size=4))
def test_no_field_is_ever_lost(fields: dict[str, Any]) -> None:
    try:
        nested = nest(fields, "_")
    except InvalidValue:
        return
    assert sorted(map(repr, _leaves(nested))) == sorted(map(repr, fields.values()))


def _leaves(value: Any) -> list[Any]:
    return [leaf for item in value.values() for leaf in _leaves(item)] if isinstance(value, dict) else [value]


# ---- defaults ----------------------------------------------------------------------------------------------------


def test_objects_are_merged_recursively_and_anything_else_is_replaced() -> None:
    base = {"object": {"type": "note", "tags": [1]}, "n": 1}
    over = {"object": {"content": "Hi", "tags": [2]}, "n": {"m": None}}
    assert merge(base, over) == {"object": {"type": "note", "tags": [2], "content": "Hi"}, "n": {"m": None}}


@given(objects, objects)
def test_merging_changes_neither_side(base: dict[str, Any], over: dict[str, Any]) -> None:
    before = repr((base, over))
    merged = merge(base, over)
    merged["more"] = 1
    assert repr((base, over)) == before
    assert set(merged) == {*base, *over, "more"}


# ---- texts -------------------------------------------------------------------------------------------------------


class Colour(str, enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    BIG = 3


class _Float(float):
    def __repr__(self) -> str:
        return "np.float64(1.5)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"), ("", ""), (True, "true"), (False, "false"), (5, "5"), (1.5, "1.5"), (_Float(1.5), "1.5"),
        (b"\xc3\xa9", "é"),
        (Colour.RED, "red"), (Size.BIG, "3"), (Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"), (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone.utc), "2026-01-02T03:00:00Z"),
    ],
)  # fmt: skip
def test_values_have_one_text(value: object, text: str) -> None:
    assert scalar(value, "x") == text
    assert type(scalar(value, "x")) is str


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, Decimal("NaN"), Decimal("Infinity"), {}, {"a": 1}, [], object(), b"\xff",
     NAIVE, datetime.time(1), pytest.param(10**5000, id="a number of 5001 digits")],

)  # fmt: skip
def test_values_without_a_text_are_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match="size"):
        scalar(value, "size")


def test_a_refused_value_is_not_shown() -> None:
    with pytest.raises(InvalidValue) as caught:
        scalar({"pin": "hunter2"}, "login")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (datetime.timedelta(hours=2), "2026-01-02T03:04:05+02:00"), (datetime.timedelta(0), "2026-01-02T03:04:05Z"),
        (-datetime.timedelta(hours=3, minutes=30), "2026-01-02T03:04:05-03:30"),
        (datetime.timedelta(minutes=9, seconds=21), "2026-01-02T02:54:44Z"), (datetime.timedelta(seconds=1),
        "2026-01-02T03:04:04Z"),
    ],
)  # fmt: skip
def test_points_in_time_are_written_as_rfc_3339_has_them(offset: datetime.timedelta, text: str) -> None:
    assert rfc3339(datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(offset))) == text


def test_a_time_zone_that_tells_no_offset_is_none() -> None:
    class Silent(datetime.tzinfo):
        def utcoffset(self, when: datetime.datetime | None) -> None:
            return None

    with pytest.raises(InvalidValue, match="no time zone"):
        rfc3339(datetime.datetime(2026, 1, 2, tzinfo=Silent()))


# ---- pairs -------------------------------------------------------------------------------------------------------


def test_none_is_left_out_also_in_lists() -> None:
    assert pairs({"a": None, "b": [1, None, 2], "c": []}, {}, "repeat") == [("b", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("style", "query"),
    [("repeat", "a=1&a=x%2Cy&b=2"), ("commas", "a=1,x%2Cy&b=2"), ("brackets", "a%5B%5D=1&a%5B%5D=x%2Cy&b=2")],
)
@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_are_written_as_the_definition_says(style: Any, query: str, kind: Any) -> None:
    assert encode_pairs(pairs({"a": kind([1, "x,y"]), "b": 2}, {}, style), encode_query) == query


def test_a_single_name_may_have_a_way_of_its_own() -> None:
    assert flat(pairs({"a": [1, 2], "b": [1, 2]}, {"a": "commas"}, "repeat")) == [("a", "1,2"), ("b", "1"), ("b", "2")]


def test_a_set_is_written_in_one_order() -> None:
    assert pairs({"a": {"b", "a", "c"}}, {}, "repeat") == [("a", "a"), ("a", "b"), ("a", "c")]


@pytest.mark.parametrize("fields", [{1: "x"}, {None: "x"}, [(b"a", "x")]])
def test_names_are_text(fields: Any) -> None:
    with pytest.raises(InvalidValue, match="names are text"):
        pairs(fields, {}, "repeat")


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(InvalidValue, match="surrogate"):
        encode_pairs([("a", "\ud800")], encode_query)


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
def test_a_query_is_read_back_as_it_was(found: Any) -> None:
    query = encode_pairs(pairs(found, {}, "repeat"), encode_query)
    assert parse_qsl(query, keep_blank_values=True, errors="strict") == found


SECTIONS = [{"artist": "a", "song": "b"}, {"chapter": {"name": "c"}}]


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("dashes", ["s-0-artist", "s-0-song", "s-1-chapter-name"]),
        ("brackets", ["s[0][artist]", "s[0][song]", "s[1][chapter][name]"]),
        ("dots", ["s.0.artist", "s.0.song", "s.1.chapter.name"]),
    ],
)
def test_nested_values_become_numbered_fields_of_a_form(form: Any, names: list[str]) -> None:
    assert list(numbered("s", SECTIONS, form)) == list(zip(names, "abc", strict=True))


@pytest.mark.parametrize("value", ["x", 1, None, True, [], ["a", "b"], ("a", None)])
def test_a_plain_value_and_a_list_of_such_stay_one_field(value: Any) -> None:
    assert list(numbered("s", value, "dashes")) == [("s", value)]


def test_a_key_that_is_no_text_makes_no_field() -> None:
    with pytest.raises(InvalidValue, match="names are text"):
        list(numbered("s", [{(1, 2): "x"}], "brackets"))
