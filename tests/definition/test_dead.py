"""Corrections whose place is gone: which they are, and that the others stay."""

from __future__ import annotations

from typing import Any

import pytest

from restpath.definition.dead import idle_removals, without_dead
from restpath.definition.merge import Layer, merge_layers

BASE = Layer({"service": {"format": 1}, "resources": {"/people": "GET POST"}})


@pytest.mark.parametrize(
    "words",
    [
        {"title": "x"}, {"methods": None}, {"methods": {"POST": None}}, {"methods": {"POST": None}, "title": "x"},
        {"methods": {}},
    ],
)  # fmt: skip
def test_what_adds_to_a_route_that_is_gone_or_takes_from_it_is_left_out_and_told(words: Any) -> None:
    kept, dead = without_dead([BASE, Layer({"resources": {"/gone": words}}, {"resources": "own.json"})])
    assert [str(each) for each in dead] == [
        "own.json at /~1gone: the correction has no effect, for the service does not have /gone, or no longer"
    ]
    assert list(merge_layers(kept).resources) == ["/people"]


@pytest.mark.parametrize("words", [{"title": "x"}, {"methods": None}, {"methods": {"GET": None, "POST": None}}, "PUT"])
def test_what_is_said_of_a_route_that_is_there_stays_whether_it_is_right_or_not(words: Any) -> None:
    """That all its methods are taken away one by one is a fault, which the check tells."""
    layer = Layer({"resources": {"/people": words}})
    assert without_dead([BASE, layer]) == ([BASE, layer], [])


def test_a_route_that_a_later_layer_makes_is_there_for_the_earlier_one() -> None:
    layers = [BASE, Layer({"resources": {"/new": {"title": "x"}}}), Layer({"resources": {"/new": "GET"}})]
    assert without_dead(layers) == (layers, [])


def test_defaults_of_what_is_gone_are_left_out_one_by_one() -> None:
    defaults = {"/people": {"POST": {"a": 1}, "PUT": {}, "x-note": 1}, "/gone": {"POST": {}}}
    kept, dead = without_dead([BASE, Layer({"defaults": defaults}, {"defaults": "own.json"})])
    assert [each.tokens for each in dead] == [("/people", "PUT"), ("/gone",)]
    assert kept[1].documents["defaults"] == {"/people": {"POST": {"a": 1}, "x-note": 1}}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"/poeple": None}, "nothing is removed, for there is no /poeple; did you mean '/people'?"),
        ({"/people": {"methods": {"PUT": None}}}, "nothing is removed, for there is no PUT /people"),
        ({"/people": None}, None), ({"x-note": None}, None),
        ({"/people": {"methods": {"POST": None, "x-note": None}}}, None),
        ({"/people": {"methods": None, "title": None}}, None),
    ],
)  # fmt: skip
def test_a_removal_of_what_is_not_there_is_found(words: Any, problem: str | None) -> None:
    found = list(idle_removals([BASE, Layer({"resources": words}, {"resources": "own.json"})]))
    assert [said for _, said in found] == ([problem] if problem else [])
    assert all(each.file == "own.json" for each, _ in found)


def test_what_one_layer_removes_another_cannot_remove_again() -> None:
    gone = Layer({"resources": {"/people": None}}, {"resources": "own.json"})
    assert [each.tokens for each, _ in idle_removals([BASE, gone, gone])] == [("/people",)]
    less = Layer({"resources": {"/people": {"methods": {"POST": None}}}})
    assert [each.tokens for each, _ in idle_removals([BASE, less, less])] == [("/people", "methods", "POST")]
    assert list(idle_removals([BASE, gone, Layer({"resources": {"/people": "GET"}}), gone])) == []
