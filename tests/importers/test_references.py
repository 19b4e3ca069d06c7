"""References: where they lead, within a document and to other files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from restpath.edge.descriptions import read_fetched
from restpath.errors import DefinitionError
from restpath.importers.circles import circles
from restpath.importers.found import LeftOut, Report
from restpath.importers.references import References, Spot

DOCUMENT: Any = {
    "a/b": {"~c": 1, "d%e": 2},
    "list": [{"x": 3}],
    "to": {"$ref": "#/list/0"},
    "on": {"$ref": "#/to"},
    "round": {"$ref": "#/and"},
    "and": {"$ref": "#/round"},
    "within": {"$ref": "#/within/x"},
    "p": {"$ref": "#/q/x"},
    "q": {"$ref": "#/p/x"},
    "other": {"$ref": "more.json#/s"},
    "": {"": 4},
}
MORE: Any = {"s": {"$ref": "#/t"}, "t": {"y": 5}, "back": {"$ref": "main.json#/list"}}


def refer(base: str, reference: str, /) -> tuple[str, Any]:
    found = {"more.json": MORE, "main.json": DOCUMENT}
    if reference not in found:
        raise DefinitionError("it is not there")
    return reference, found[reference]


def references() -> tuple[References, Report]:
    report = Report("main.json")
    return References(DOCUMENT, "main.json", refer, report), report


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("#/a~1b/~0c", 1),
        ("#/a%7E1b/%7E0c", 1),
        ("#/a~1b/d%25e", 2),
        ("#/list/0/x", 3),
        ("#/to/x", 3),
        ("#/on/x", 3),
        ("more.json#/t/y", 5),
        ("more.json#/s/y", 5),
        ("more.json#/back/0/x", 3),
        ("#//", 4),
        ("#", DOCUMENT),
        ("", DOCUMENT),
        ("more.json", MORE),
    ],
)
def test_where_a_reference_leads(reference: str, value: Any) -> None:
    found, report = references()
    spot = found.follow(Spot({"$ref": reference}, "main.json"))
    assert spot is not None
    assert spot.value == value
    assert report.left_out == ()


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("#/gone", "leads nowhere"),
        ("#/list/1", "leads nowhere"),
        ("#/list/-1", "leads nowhere"),
        ("#/list/x", "leads nowhere"),
        ("#anchor", "leads nowhere"),
        ("gone.json", "is not followed: it is not there"),
        ("#/list/0/x/y", "leads nowhere"),
        ("#/round", "round and round"),
        ("#/within", "round and round"),
        ("#/p", "round and round"),
        ("#/q/z", "round and round"),
        ("#/list/99999999999999999999", "leads nowhere"),
    ],
)
def test_what_leads_nowhere_is_reported_with_its_place(reference: str, part: str) -> None:
    found, report = references()
    assert found.follow(Spot({"$ref": reference}, "main.json", ("paths", "/a"))) is None
    (left_out,) = report.left_out
    assert left_out.place == "/paths/~1a/$ref"
    assert part in left_out.what


def test_a_reference_of_another_file_is_relative_to_that_file_and_reported_with_its_name() -> None:
    found, report = references()
    assert found.follow(Spot({"$ref": "#/gone"}, "main.json")) is None
    spot = found.follow(Spot({"$ref": "more.json#/s"}, "main.json"))
    assert spot is not None
    assert (spot.base, spot.place) == ("more.json", ("t",))
    assert found.follow(Spot({"$ref": "#/gone"}, "more.json", ("x",))) is None
    assert [each.place for each in report.left_out] == ["/$ref", "more.json#/x/$ref"]
    assert str(LeftOut("", "all")) == "/: all"


def test_circles_are_the_nodes_that_lead_to_each_other() -> None:
    graph = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["d", "gone"], "e": ["a"], "f": []}
    assert {frozenset(circle) for circle in circles(graph)} == {frozenset("abc"), frozenset("d")}
    long = {str(number): [str(number + 1)] for number in range(5000)}
    assert circles({**long, "5000": ["0"]}) == [frozenset(map(str, range(5001)))]


def test_a_reference_that_is_no_url_is_not_followed_and_told() -> None:
    document = {"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/b": {"$ref": "http://[x#/b"}}}
    described = read_fetched(json.dumps(document).encode(), "https://x.example/openapi.json")
    (left,) = described.find_left_out()
    assert "nothing but the URL itself is fetched" in left.what
    assert "/a" in described.layer.documents["resources"]
