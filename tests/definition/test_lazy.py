"""Objects whose members are made when they are asked for: they behave as the plain ones, and make nothing too early."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from typing import Any

import pytest

import restpath
from restpath.definition.lazy import LazyMap, Outline, Resources, Schemas, outlines_of, schema_in
from restpath.definition.merge import Layer, merge_layers

PLAIN = {"a": {"x": [1]}, "b": 2}


def lazy(made: list[str] | None = None) -> LazyMap:
    def make(key: str) -> Any:
        if made is not None:
            made.append(key)
        return PLAIN[key]

    return LazyMap(make, PLAIN)


@pytest.mark.parametrize(
    "look",
    [
        dict, json.dumps, copy.copy, copy.deepcopy, repr, lambda value: {**value}, lambda value: value | {"c": 1},
        lambda value: {"c": 1} | value, lambda value: list(value.items()), lambda value: list(value.values()),
        lambda value: value.copy(), lambda value: value == PLAIN, lambda value: value != PLAIN, len, list,
        lambda value: [value.get("a"), value.get("z"), value.get("z", 1)], lambda value: dict(value, c=1),
        lambda value: pickle.loads(pickle.dumps(value)),
    ],
)  # fmt: skip
def test_it_looks_as_the_plain_object_does(look: Any) -> None:
    assert look(lazy()) == look(PLAIN)


def test_nothing_is_made_before_it_is_asked_for_and_nothing_twice() -> None:
    made: list[str] = []
    found = lazy(made)
    assert (len(found), "a" in found, list(found), made) == (2, True, ["a", "b"], [])
    assert found["a"] is found["a"]
    assert (made, found.made) == (["a"], ["a"])


def test_what_it_makes_is_read_only() -> None:
    with pytest.raises(TypeError):
        lazy()["a"]["x"].append(2)
    with pytest.raises(TypeError):
        lazy()["c"] = 1


def test_threads_that_ask_at_once_get_one_and_the_same() -> None:
    barrier, found = threading.Barrier(8), LazyMap(lambda key: {key: 1}, "abcdefgh")
    got: list[list[int]] = []

    def ask() -> None:
        barrier.wait()
        got.append([id(found[key]) for key in "abcdefgh"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert all(each == got[0] for each in got)


WORDS: dict[str, Any] = {
    "/a": {"methods": {"GET": {"name": "getA"}}},
    "/b/{c}": {"literal": False, "also": ["/b/{+c}"], "methods": {"POST": {}, "PUT": {"name": "putB"}}},
}


def resources(made: list[str]) -> Resources:
    def make(key: str) -> Any:
        made.append(key)
        return WORDS[key]

    return Resources(make, dict(outlines_of(WORDS)), {"format": 1})


def test_outlines_are_known_without_making_resources() -> None:
    made: list[str] = []
    found = dict(outlines_of(resources(made)))
    assert found == dict(outlines_of(WORDS))
    assert found["/b/{c}"] == Outline(("POST", "PUT"), (None, "putB"), False, ("/b/{+c}",))
    assert list(found["/b/{c}"].named()) == [("PUT", "putB")]
    assert made == []


def test_a_layer_makes_only_what_it_speaks_of() -> None:
    """A layer over resources that are made late changes, adds and removes as over plain ones."""
    made: list[str] = []
    layer = Layer({"resources": {"/a": {"title": "A", "methods": {"PUT": {}}}, "/b/{c}": None, "/d": "GET"}})
    late = merge_layers([Layer({"resources": resources(made)}), layer]).resources
    plain = merge_layers([Layer({"resources": {"format": 1, **WORDS}}), layer]).resources
    assert made == ["/a"]
    assert dict(outlines_of(late)) == dict(outlines_of(plain))
    assert late == plain


def test_a_layer_over_shared_schemas_replaces_each_whole() -> None:
    shared = {"A": {"title": "A", "type": "object"}, "B": {"title": "B"}}
    late = Schemas(shared.__getitem__, lambda: shared, {"format": 1})
    layers = [Layer({"schemas": late}), Layer({"schemas": {"schemas": {"A": {"title": "a"}, "B": None, "C": True}}})]
    found = merge_layers(layers).schemas
    assert (schema_in(found, "A"), schema_in(found, "C")) == ({"title": "a"}, True)
    with pytest.raises(KeyError):
        schema_in(found, "B")
    assert found == {"format": 1, "schemas": {"A": {"title": "a"}, "C": True}}


@pytest.mark.parametrize("words", [{"title": "x"}, {"methods": None}, {"methods": {"GET": None}}])
def test_a_layer_that_leaves_a_route_of_a_description_without_methods_is_told_as_over_data_files(words: Any) -> None:
    """Over what is made late as over plain documents."""
    paths = {"/a": {"get": {}}, "/b": {"get": {}}}
    late = {"openapi": "3.1.0", "servers": [{"url": "https://x.example"}], "paths": paths}
    plain = {"service": {"base_url": "https://x.example"}, "resources": {"/a": "GET", "/b": "GET"}}
    for template in ("/a", "/new") if words.get("title") is None else ("/new",):
        for base in (late, plain):
            with pytest.raises(restpath.DefinitionError, match="there are no methods"):
                restpath.read(base, {"resources": {template: words}})


def test_a_layer_takes_all_shared_schemas_of_a_description_away_as_it_does_of_data_files() -> None:
    late = Layer(
        {"schemas": Schemas(lambda name: {"type": "object"}, lambda: {"A": {"type": "object"}}, {"format": 1})}
    )
    plain = Layer({"schemas": {"format": 1, "schemas": {"A": {"type": "object"}}}})
    above = Layer({"schemas": {"schemas": None}})
    for below in (late, plain):
        assert merge_layers([below, above]).schemas == {"format": 1}
