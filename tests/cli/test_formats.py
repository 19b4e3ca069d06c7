"""Formats: what any reader of them gets back."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from restpath.cli.formats import ListWriter, Misfit, write_value
from restpath.cli.printing import Out

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(TEXT.filter(lambda text: "." not in text), TEXT, min_size=1, max_size=3), max_size=4)


def _listed(items: list[Any], output: str | None) -> str:
    file = io.BytesIO()
    writer = ListWriter(output, Out(file))
    for item in items:
        writer.add(item)
    writer.close()
    return file.getvalue().decode()


def _written(value: Any, output: str) -> str:
    file = io.BytesIO()
    write_value(value, output, Out(file))
    return file.getvalue().decode()


@given(st.lists(JSON, max_size=4))
def test_items_written_one_by_one_are_the_list(items: list[Any]) -> None:
    assert json.loads(_listed(items, None)) == items
    assert [json.loads(line) for line in _listed(items, "ndjson").split("\n")[:-1]] == items


@given(JSON)
def test_a_value_is_the_same_in_json_and_ndjson(value: Any) -> None:
    assert json.loads(_written(value, "json")) == value
    if not isinstance(value, list):
        assert json.loads(_written(value, "ndjson")) == value


PLAIN = st.recursive(
    st.integers() | st.from_regex("[ -~]{0,9}", fullmatch=True),
    lambda below: st.lists(below) | st.dictionaries(st.from_regex("[a-z]{1,4}", fullmatch=True), below),
    max_leaves=5,
)


@given(PLAIN)
def test_yaml_is_read_back_as_the_value(value: Any) -> None:
    assert yaml.safe_load(_written(value, "yaml")) == value
    assert yaml.safe_load(_listed([value, value], "yaml")) == [value, value]


@given(ROWS)
def test_csv_is_read_back_with_every_column(rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    read = list(csv.reader(io.StringIO(_listed(rows, "csv"), newline="")))
    assert read == ([names, *([row.get(name, "") for name in names] for row in rows)] if rows else [])


def test_what_is_nested_becomes_columns_of_its_own() -> None:
    rows = [{"a": {"b": {"c": 1}, "d": [1, {"e": None}]}, "f": None, "g": True}, {"h": {}}]
    assert _listed(rows, "csv") == 'a.b.c,a.d,f,g,h\n1,"[1, {""e"": null}]",,true,\n,,,,{}\n'


def test_a_nul_is_no_reason_to_refuse() -> None:
    assert _listed([{"a": "x\0y"}], "csv") == "a\nx\0y\n"


@pytest.mark.parametrize("value", ["text", 5, True, None, b"bytes"])
def test_a_table_of_a_scalar_is_refused(value: object) -> None:
    with pytest.raises(Misfit):
        _written(value, "table")
