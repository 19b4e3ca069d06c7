"""A definition brought up to date by a list: what the list says holds, what it cannot say stays."""

from __future__ import annotations

import pytest

from restpath.definition.relisting import relist

KNOWN = {
    "service": {"format": 1},
    "resources": {
        "format": 1,
        "/list": "GET",
        "/a": {"title": "Mine", "methods": {"GET": {"name": "a", "pages": False}, "HEAD": {}, "POST": {"auth": []}}},
        "/a/{id}": "GET",
        "/up": {"methods": {"POST": {"server": "https://up.example"}}},
    },
    "defaults": {"format": 1, "/a": {"POST": {"k": 1}}, "/a/{id}": {"GET": {"k": 2}}},
}


def routes(*pairs):
    return {text: {"methods": {word: {} for word in words.split()}} for text, words in pairs}


def methods(documents):
    return {text: list(words["methods"]) for text, words in documents["resources"].items() if text.startswith("/")}


ALL = (("/list", "GET"), ("/a", "GET POST"), ("/a/{id}", "GET"))


def test_a_list_of_what_is_known_changes_nothing():
    now = relist(KNOWN, routes(*ALL), own="/list")
    assert methods(now) == {
        "/list": ["GET"], "/a": ["GET", "HEAD", "POST"], "/a/{id}": ["GET"], "/up": ["POST"],
    }  # fmt: skip
    assert now["defaults"] == KNOWN["defaults"]
    assert now["resources"]["/a"]["methods"]["GET"] == {"name": "a", "pages": False}


def test_what_is_not_listed_goes_with_its_defaults_and_what_no_list_has_stays():
    now = relist(KNOWN, routes(("/a", "GET")), own="/list")
    assert methods(now) == {"/list": ["GET"], "/a": ["GET", "HEAD"], "/up": ["POST"]}
    assert now["defaults"] == {"format": 1}


def test_of_an_incomplete_list_nothing_goes():
    assert methods(relist(KNOWN, routes(("/b", "GET")), own="/list", complete=False)).keys() == {
        "/list", "/a", "/a/{id}", "/up", "/b",
    }  # fmt: skip


def test_variables_by_other_names_are_the_route_that_is_known():
    now = relist(KNOWN, routes(*ALL[:2], ("/a/{number}", "GET PUT")), own="/list")
    assert methods(now)["/a/{id}"] == ["GET", "PUT"]
    assert "/a/{number}" not in now["resources"]


def test_parameters_that_are_new_are_taken_over_and_known_ones_stay():
    known = {**KNOWN, "resources": {"/a": {"methods": {"GET": {"query": {"x": {"type": "integer"}}}}}}}
    said = {"/a": {"methods": {"GET": {"query": {"x": {"type": "string"}, "y": {}}, "title": "T"}}}}
    assert relist(known, said)["resources"]["/a"]["methods"]["GET"] == {
        "query": {"x": {"type": "integer"}, "y": {}}, "title": "T",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a", "a.b"])
def test_a_new_operation_whose_name_is_taken_goes_without_it(name):
    said = {**routes(*ALL), "/new": {"methods": {"GET": {"name": name}}}, "/other": {"methods": {"GET": {"name": "o"}}}}
    now = relist(KNOWN, said, own="/list")["resources"]
    assert now["/new"]["methods"]["GET"] == {}
    assert now["/other"]["methods"]["GET"] == {"name": "o"}


def test_an_operation_that_has_another_method_now_keeps_what_is_known_of_it():
    said = {**routes(*ALL), "/a": {"methods": {"PATCH": {"name": "a"}, "POST": {}}}}
    assert relist(KNOWN, said, own="/list")["resources"]["/a"]["methods"]["PATCH"] == {"name": "a", "pages": False}


def test_of_two_templates_for_one_path_the_plain_one_grows():
    known = {"service": {}, "resources": {"/t": "POST", "/t#again": "POST", "/q?x=1": "GET"}}
    now = relist(known, routes(("/t", "POST DELETE"), ("/q", "GET")))
    assert methods(now) == {"/t": ["POST", "DELETE"], "/t#again": ["POST"], "/q?x=1": ["GET"]}


def test_what_is_passed_is_not_changed():
    import copy

    before = copy.deepcopy(KNOWN)
    relist(KNOWN, routes(("/b", "GET")), own="/list")
    assert before == KNOWN
