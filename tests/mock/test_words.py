"""The templates and places of the mock's words, as plain values."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from restpath.mock.words import fill, group, merged, over, put_at, same_at, spelled, values_at
from restpath.types import UNSET

KNOWN: dict[str, Any] = {
    "name": "ann", "body": {"a": {"b": 1}, "list": [{"c": 2}, {"c": 3}]}, "body/": {"a": {"b": 1}}, "none": None,
    "yes": True,
}  # fmt: skip


def look(name: str) -> Any:
    return KNOWN.get(name, UNSET)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{name}", "ann"),
        ("Unknown user: {name}", "Unknown user: ann"),
        ("{body/a/b}", 1),
        ("{body/a}", {"b": 1}),
        ("{other|name}", "ann"),
        ("{body/x|body/a/b}", 1),
        ("{none}", None),
        ("{other|=false}", False),
        ('{other|=""}', ""),
        ("{sha1:name}", hashlib.sha1(b"ann").hexdigest()),
        ("[{other}]", "[]"),
        ("{yes} {none} {body/a}", 'true null {"b": 1}'),
        ({"a": "{name}", "b": "{other}"}, {"a": "ann"}),
        (["{name}", "{other}", 3, True], ["ann", 3, True]),
        ("{ not one }", "{ not one }"),
        ("{}", "{}"),
    ],
)
def test_a_template_is_filled_and_leaves_out_what_is_not_there(template: Any, filled: Any) -> None:
    assert fill(template, look) == filled


def test_a_template_that_is_one_unknown_placeholder_is_unset() -> None:
    assert fill("{other}", look) is UNSET


def test_what_is_filled_in_is_a_copy() -> None:
    fill("{body/a}", look)["b"] = 2
    assert KNOWN["body/"]["a"] == {"b": 1}


def test_a_star_stands_for_every_item_of_a_list() -> None:
    content = {"list": [{"c": 1}, {"c": 2}, {}], "a/b": {"~": 5}}
    assert list(values_at(content, "/list/*/c")) == [1, 2]
    assert list(values_at(content, "/list/1/c")) == [2]
    assert list(values_at(content, "/a~1b/~0")) == [5]
    assert list(values_at(content, "")) == [content]
    assert list(values_at(content, "/x/y")) == list(values_at("text", "/x")) == []


def test_numbers_and_texts_may_stand_for_each_other_in_a_comparison() -> None:
    assert same_at({"a": 7}, "/a", "7")
    assert not same_at({"a": 7}, "/a", "8")
    assert not same_at({}, "/a", None)


def test_a_value_is_put_at_a_place_that_is_made_for_it() -> None:
    assert put_at({"x": 1}, "/a/b~1c", 2) == {"x": 1, "a": {"b/c": 2}}
    assert put_at({}, "", 3) == 3


def test_laying_over_keeps_null_and_merging_removes_it() -> None:
    base = {"a": {"b": 1, "c": 2}, "d": [1]}
    more = {"a": {"b": None}, "d": [2]}
    assert over(base, more) == {"a": {"b": None, "c": 2}, "d": [2]}
    assert merged(base, more) == {"a": {"c": 2}, "d": [2]}
    assert base == {"a": {"b": 1, "c": 2}, "d": [1]}


def test_items_are_grouped_by_what_stands_at_a_place() -> None:
    items = [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 3}, {"v": 4}]
    assert group(items, "/k", lambda item: item["v"]) == {"a": [1, 3], "b": [2], "": [4]}


def test_a_value_can_be_spelled_as_a_text() -> None:
    assert fill("{text:n}", {"n": 7}.get) == "7"
    assert spelled({"a": [1, 2.5, True, None, "x"]}) == {"a": ["1", "2.5", True, None, "x"]}
