"""A JSON text by places: the same values as when it is read whole, and None for what is no JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.definition.places import Places, lay_open, octets_of

LEVELS = {"paths": 1, "components": 2}


def laid_open(text: str, looks: Any = None) -> Places | None:
    octets = octets_of(text.encode())
    assert octets is not None
    return lay_open(octets, json.JSONDecoder(), LEVELS, looks or {})


_KEYS = st.sampled_from(["paths", "components", "info", "", "ä", "€", '"', "x\u2028", "𝄞"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=4), st.booleans(), st.sampled_from([None, 0, 3]))
def test_it_holds_what_the_text_says(value: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    found = laid_open(json.dumps(value, ensure_ascii=ascii_only, indent=indent))
    assert found == value
    assert found is not None
    assert found.whole() == value


@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=3), st.data())
def test_what_is_no_json_is_none(value: dict[str, Any], data: st.DataObject) -> None:
    """A text with a piece cut out or put in is laid open exactly where it is still JSON."""
    text = json.dumps(value, ensure_ascii=False)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 3, len(text))))
    changed = (
        text[:start] + data.draw(st.sampled_from(["", ",", "}", "{", "[", '"', "\\", "\n", "0", "x"])) + text[end:]
    )
    try:
        read = json.loads(changed)
    except ValueError:
        assert laid_open(changed) is None
    else:
        found = laid_open(changed)
        assert found == read if isinstance(read, dict) else found is None


def test_of_repeated_keys_the_last_counts() -> None:
    text = (
        '{"paths": {"a": 1}, "x": 1, "paths": {"b": {"c": 1}, "b": 2}, "components": {"s": {"t": 1}, "s": 5}, "x": 2}'
    )
    assert laid_open(text) == json.loads(text)


def test_members_are_looked_at_once_and_not_kept() -> None:
    seen: list[Any] = []
    found = laid_open('{"paths": {"a": {"x": 1}, "b": 2}}', {"paths": lambda value: seen.append(value) or len(seen)})
    assert found is not None
    assert (seen, found["paths"].looks) == ([{"x": "1"}, "2"], {"a": 1, "b": 2})
    assert found["paths"]["a"] == {"x": 1}
    assert found["paths"]["a"] is not found["paths"]["a"]


@pytest.mark.parametrize("data", [b'{"a": "\xff"}', b'{"a": "\xc3"}', b'{"a": "\xed\xa0\x80"}'])
def test_what_is_no_utf_8_has_no_octets(data: bytes) -> None:
    assert octets_of(data) is None
