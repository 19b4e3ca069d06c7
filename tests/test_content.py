"""JSON that comes over the wire: values, or an error for what says two things at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.content import parse_json

_NAMES = st.sampled_from(["a", "b", ":", " :", '":', '" :', "a:", "", "\\", "é"])
_TEXTS = st.one_of(_NAMES, st.sampled_from([": x", 'say ":', "\t:", "12:30", "http://x/"]))
_SPACES = st.sampled_from(["", "", "", " ", "\n\t", "\r"])


class _Object(list[tuple[str, Any]]):
    """The pairs of an object, with names that may be repeated."""


def _trees() -> st.SearchStrategy[Any]:
    leaves = st.one_of(_TEXTS, st.integers(), st.booleans(), st.none())
    return st.recursive(
        leaves,
        lambda below: st.one_of(
            st.lists(below, max_size=3), st.lists(st.tuples(_NAMES, below), max_size=3).map(_Object)
        ),
        max_leaves=12,
    )


def _written(value: Any, space: str, escapes: bool) -> str:
    """Write a tree as JSON: with spaces around all colons, or none, and with any name repeated that it repeats."""
    if isinstance(value, _Object):
        pairs = (
            f"{json.dumps(name, ensure_ascii=escapes)}{space}:{space}{_written(each, space, escapes)}"
            for name, each in value
        )
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each, space, escapes) for each in value) + "]"
    return json.dumps(value, ensure_ascii=escapes)


def _is_repetitive(value: Any) -> bool:
    if isinstance(value, _Object):
        names = [name for name, _ in value]
        return len({*names}) < len(names) or any(_is_repetitive(each) for _, each in value)
    return isinstance(value, list) and any(map(_is_repetitive, value))


@given(_trees(), _SPACES, st.booleans())
def test_a_repeated_name_is_an_error_wherever_colons_stand_and_nothing_else_is(
    tree: Any, space: str, escapes: bool
) -> None:
    text = _written(tree, space, escapes)
    if _is_repetitive(tree):
        with pytest.raises(ValueError, match="is in one object twice"):
            parse_json(text.encode(), None)
    else:
        assert parse_json(text.encode(), None) == json.loads(text)


def test_what_was_no_json_does_not_count_for_what_comes_after_it() -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="Expecting"):
            parse_json(b'[{"a": 1}, {"b": 2}, ', None)
        assert parse_json(b'{"a": 1}', None) == {"a": 1}
        with pytest.raises(ValueError, match="'a' is in one object twice"):
            parse_json(b'{"a": 1, "a": 2}', None)
