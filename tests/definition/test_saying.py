"""Who said what: every layer that speaks of a place, the latest first, and who removed what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.definition.merge import Layer, merge_layers
from restpath.definition.saying import leaves, removed_places, sayings, templates_said


def layer(origin: str, **documents: Any) -> Layer:
    return Layer(documents, {kind: f"{origin}/{kind}.json" for kind in documents}, origin=origin)


BUNDLED = layer(
    "bundled",
    service={"base_url": "https://a.example", "auth": {"key": {"headers": {"X-Key": "{key}"}}}},
    resources={
        "/a": "GET POST",
        "/b": {"title": "B", "methods": {"GET": {"query": {"limit": {"type": "integer", "enum": [1]}}}, "PUT": {}}},
        "/c": "DELETE",
    },
    defaults={"/a": {"POST": {"kind": "x", "deep": {"one": 1}}}, "/c": {"DELETE": {"why": "y"}}},
)
OWN = layer(
    "own",
    service={"base_url": "https://b.example"},
    resources={"/b": {"methods": {"GET": {"query": {"limit": {"type": "string"}}}, "PUT": None}}, "/c": None},
    defaults={"/a": {"POST": {"deep": {"one": 2}}}},
)
LAYERS = [BUNDLED, OWN]


@pytest.mark.parametrize(
    ("kind", "place", "said"),
    [
        ("service", ["base_url"], [("own", "https://b.example"), ("bundled", "https://a.example")]),
        ("service", ["auth", "key", "headers", "X-Key"], [("bundled", "{key}")]),
        ("service", ["nothing"], []),
        ("defaults", ["/a", "POST", "deep", "one"], [("own", 2), ("bundled", 1)]),
        ("defaults", ["/a", "POST", "kind"], [("bundled", "x")]),
        ("resources", ["/a", "methods", "POST"], [("bundled", {})]),
        ("resources", ["/b", "methods", "PUT"], [("own", None), ("bundled", {})]),
        ("resources", ["/b", "methods", "GET", "query", "limit", "enum"], [("own", None), ("bundled", [1])]),
        ("defaults", ["/c", "DELETE", "why"], [("own", None), ("bundled", "y")]),
        ("resources", ["/nowhere", "methods"], []),
    ],
)
def test_each_layer_that_speaks_of_a_place_is_told_the_latest_first(kind: str, place: list[str], said: Any) -> None:
    found = sayings(LAYERS, kind, place)
    assert [(each.layer, each.value) for each in found] == said
    assert [each.removed for each in found] == [value is None for _, value in said]


def test_a_default_that_went_with_its_resource_was_removed_by_the_file_of_resources() -> None:
    assert sayings(LAYERS, "defaults", ["/c", "DELETE"])[0].source == "own/resources.json (own)"


def test_what_was_never_there_was_not_removed() -> None:
    assert sayings([layer("own", resources={"/x": None})], "resources", ["/x"]) == []


def test_what_the_program_passed_has_no_file() -> None:
    passed = Layer({"service": {"title": "T"}}, origin="program")
    assert sayings([passed], "service", ["title"])[0].source == "the program"


def test_removed_resources_and_methods_are_told_with_who_did_it() -> None:
    merged = merge_layers(LAYERS).resources
    assert [(place, saying.file) for place, saying in removed_places(LAYERS, merged, "/c")] == [
        (("/c",), "own/resources.json")
    ]
    assert [place for place, _ in removed_places(LAYERS, merged, "/b")] == [("/b", "methods", "PUT")]
    assert removed_places(LAYERS, merged, "/a") == []
    assert [template for template, _ in templates_said(LAYERS)] == ["/a", "/b", "/c", "/b"]


WORDS = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.dictionaries(st.sampled_from("pqr"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from("xyz"), WORDS, max_size=3), min_size=1, max_size=4))
def test_for_any_layers_the_latest_saying_of_each_leaf_is_what_holds(documents: list[dict[str, Any]]) -> None:
    layers = [layer(f"layer{index}", service=document) for index, document in enumerate(documents)]
    for place, value in leaves(merge_layers(layers).service):
        if place and value != {}:
            assert sayings(layers, "service", place)[0].value == value
