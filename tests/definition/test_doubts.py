"""Doubts and notes: what is allowed and hardly meant is told with its place; what is right is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from restpath.definition.doubts import doubts_of
from restpath.definition.merge import Documents, write_out
from restpath.definition.schema_doubts import matches_nothing


def found(
    resources: Any = None, service: Any = None, defaults: Any = None, *, level: str = "doubt", imported: bool = False
) -> list[tuple[str, str]]:
    """The doubts of a definition: the place, and what is the matter."""
    words = {"base_url": "https://a.example", **(service or {})}
    documents = Documents(words, write_out(resources or {"/a": "GET"}), defaults or {})
    return [
        ("/".join(map(str, place)), f"{problem}; {advice}")
        for said, _, place, problem, advice in doubts_of(documents, imported=imported)
        if said == level
    ]


def with_body(schema: Any) -> Any:
    return {"/a": {"methods": {"POST": {"body": {"schema": schema}}}}}


CASES = json.loads((Path(__file__).parents[1] / "cases" / "doubts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["doubts"], ids=lambda case: case["says"])
def test_what_is_hardly_meant_is_a_doubt_at_its_place(case: Any) -> None:
    doubts = found(**case["definition"])
    assert [where for where, _ in doubts] == [case["place"]]
    assert case["says"] in doubts[0][1]


@pytest.mark.parametrize("definition", CASES["right"], ids=repr)
def test_what_is_right_is_not_doubted(definition: Any) -> None:
    assert found(**definition) == []


@pytest.mark.parametrize("case", CASES["notes"], ids=lambda case: case["says"])
def test_what_is_good_to_know_is_a_note_and_no_doubt(case: Any) -> None:
    assert found(**case["definition"]) == []
    (note,) = found(**case["definition"], level="note")
    assert case["says"] in note[1]


def test_a_description_is_not_doubted_for_what_its_author_chose() -> None:
    resources = {
        "/p/{id}": "GET",
        "/p/{petId}/toys": "GET",
        **with_body({"pattern": "^(a+)+$", "examples": [1], "type": "string"}),
    }
    assert found(resources, {"credentials": {"key": {}}}, imported=True) == []
    assert len(found(resources, {"credentials": {"key": {}}})) == 4


@pytest.mark.parametrize(
    ("pattern", "dead"),
    [
        ("a^", True), ("$a", True), (r"\Aa\Za", True), (r"a\A", True), (r"[^\s\S]", True), ("a^|b^", True),
        ("/^x$/", True), ("^a$", False), ("(?m)a$\n^b", False), ("a*^b", False), ("^^a", False), ("a$$", False),
        ("a^|b", False), (r"[^\s\d]", False), ("[", False), ("$\n", False), (r"a$\s", False), ("", False),
    ],
)  # fmt: skip
def test_a_pattern_that_no_text_matches_is_known(pattern: str, dead: bool) -> None:
    assert matches_nothing(pattern) is dead
