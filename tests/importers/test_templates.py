"""Operation names: whether they can be chains of attributes."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.importers.templates import in_the_way


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), None), (("a.b", "a.c", "ab"), None), (("a.b", "a"), "a"), (("a..b",), "a..b"), (("",), ""),
        (("a", "a-x", "a.b.c"), "a"), (["a.b", "a.b"], None),
    ],
)  # fmt: skip
def test_a_name_that_holds_others_or_has_an_empty_part_is_in_the_way(names: Collection[str], found: str | None) -> None:
    assert in_the_way(names) == found


@given(st.sets(st.text("a-.", max_size=6), max_size=6))
def test_it_is_found_wherever_it_stands_among_the_others(names: set[str]) -> None:
    bad = {name for name in names if not all(name.split(".")) or any(each.startswith(f"{name}.") for each in names)}
    found = in_the_way(names)
    assert found in bad if bad else found is None


def test_a_name_of_thousands_of_parts_takes_no_more_memory_than_it_has_itself() -> None:
    assert in_the_way({"a" + ".a" * 200_000}) is None
