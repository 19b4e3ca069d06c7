"""JSON data files and the program's own documents: plain values, or the place of what is wrong."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.definition.jsonfile import Budget, pointer, read_json, read_values
from restpath.errors import DefinitionError

NUMBERS = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda i: st.lists(i, max_size=3) | st.dictionaries(st.text(max_size=5), i, max_size=3))


def attempt(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except DefinitionError as error:
        return error


@given(JSON)
def test_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    """What JSON's readers agree about comes out as it is; a copy of values is equal, too."""
    assert read_json(json.dumps(value)) == value
    assert read_values(value) == value


@given(st.text(max_size=30) | st.text('[]{}:,"0123456789.eE+-truefalsnNaI \n', max_size=30))
def test_any_text_gives_plain_values_or_a_definition_error(text: str) -> None:
    """Whatever the text is, nothing but a `DefinitionError` comes of it, and nothing but JSON."""
    found = attempt(lambda: read_json(text, "x.json"))
    if isinstance(found, DefinitionError):
        assert found.file == "x.json"
        assert found.expected
    else:
        assert json.dumps(found, allow_nan=False)


def test_pointer_escapes_as_the_rfc_says() -> None:
    """`~` and `/` are escaped; the whole document is the empty pointer."""
    assert pointer([]) == ""
    assert pointer(["a/b", "m~n", 0, ""]) == "/a~1b/m~0n/0/"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1, "a": 1}', "/a"),
        ('{"a": [1, {"b": {}, "c": 2, "b": 3}]}', "/a/1/b"),
        ('[[], [NaN]]', "/1/0"),
        ('{"a": {"a": 1e400}}', "/a/a"),
        ('{"a": [' + "9" * 5000 + "]}", "/a/0"),
        ('{"a": NaN, "b": 1, "b": 2}', "/a"),
        ('{"a": NaN, "a": 2}', "/a"),
    ],
)  # fmt: skip
def test_place_of_what_readers_differ_about_is_named(text: str, place: str) -> None:
    """Repeated keys, NaN and numbers without end are errors at their places."""
    with pytest.raises(DefinitionError) as caught:
        read_json(text)
    assert caught.value.pointer == place


def test_large_numbers_that_can_be_read_are_read() -> None:
    """A whole number may be longer than any float is exact."""
    assert read_json(str(10**300)) == 10**300


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000])
def test_thousands_of_levels_are_an_error(text: str) -> None:
    """Nesting without end is a `DefinitionError`, not the end of the stack."""
    with pytest.raises(DefinitionError, match=r"nested too deeply|no JSON"):
        read_json(text)


class Colour(IntEnum):
    RED = 1


class Lazy(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __getitem__(self, key: str) -> Any:
        return {"b": (1, Colour.RED)}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["b"])

    def __len__(self) -> int:
        return 1


def test_values_of_the_program_are_copied_to_plain_ones() -> None:
    """Mappings, tuples and subclasses become dicts, lists and plain numbers, which share nothing with them."""
    inner = [1]
    found = read_values(OrderedDict(a=Lazy(), c=inner))
    assert json.dumps(found) == '{"a": {"b": [1, 1]}, "c": [1]}'
    assert type(found["a"]["b"][1]) is int
    assert found["c"] is not inner


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {}
    circle["a"] = circle
    return circle


@pytest.mark.parametrize(
    ("value", "place", "says"),
    [
        ({"a": {1: 2}}, "/a", "the key 1 is no text"),
        ({"a": [b"x"]}, "/a/0", "a bytes, which JSON does not have"),
        ({"a": {2}}, "/a", "a set, which"),
        ({"a": float("nan")}, "/a", "nan, which"),
        ({"a": [float("-inf")]}, "/a/0", "-inf, which"),
        ({"a": 10**5000}, "/a", "too large"),
        (_circle(), "/a", "nested too deeply"),
    ],
)
def test_values_that_are_no_json_are_an_error_at_their_place(value: Any, place: str, says: str) -> None:
    """What the program passes is held to JSON, and the place is named."""
    with pytest.raises(DefinitionError, match=says) as caught:
        read_values(value)
    assert (caught.value.pointer, caught.value.file) == (place, None)
    assert caught.value.expected


def test_of_faults_that_a_repeated_key_hides_the_key_is_told() -> None:
    with pytest.raises(DefinitionError, match="the key 'h' is there twice") as caught:
        read_json('{"v": [1, 2], "h": [NaN, NaN], "h": 1}')
    assert caught.value.pointer == "/h"


class Key(str, Enum):
    A = "a"


def test_keys_that_are_texts_of_a_kind_of_their_own_are_what_they_say() -> None:
    (key,) = read_values({Key.A: 1})
    assert (key, type(key)) == ("a", str)


@pytest.mark.parametrize(
    "wrap", [lambda value: {"service": {"x-a": value}}, lambda value: {"openapi": "3.1.0", "x": value}]
)
def test_parts_that_stand_in_many_places_are_counted_each_time(wrap: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What YAML readers make of aliases: a hundred objects that would be 2 to the power of a hundred."""
    monkeypatch.setattr(Budget.__init__, "__defaults__", (50_000,))
    value: Any = 1
    for _ in range(90):
        value = {"a": value, "b": value}
    with pytest.raises(DefinitionError, match="there is too much in it"):
        restpath.read(wrap(value))
