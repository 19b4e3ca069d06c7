"""What differs between two definitions: operations, what of them, and what decides where credentials go."""

from __future__ import annotations

import pytest

import restpath
from restpath.definition.differing import compare
from restpath.definition.merge import Documents


def difference(before, after, service=None, newer=None):
    base = {"format": 1, "service": "x", "base_url": "https://x.example", **(service or {})}
    both = [
        restpath.read({"service": {**base, **more}, "resources": {"format": 1, **resources}}).documents
        for resources, more in ((before, {}), (after, newer or {}))
    ]
    return compare(*both)


def test_equal_definitions_differ_in_nothing():
    assert not difference({"/a": "GET"}, {"/a": {"methods": "GET"}})
    assert str(difference({"/a": "GET"}, {"/a": "GET"})) == "unchanged"


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ({"name": "one"}, {"name": "two"}, "name"),
        ({}, {"query": {"a": {}}}, "parameters +a"),
        ({"query": {"a": {}, "b": {}}}, {"query": {"a": {"type": "string"}}}, "parameters -b ~a"),
        ({}, {"parameters": {"X-A": {"in": "header"}}}, "parameters +X-A"),
        ({}, {"body": {"schema": {"type": "object"}}}, "body"),
        ({}, {"bodies": {"text/csv": {}}}, "body"),
        ({}, {"server": "https://up.example"}, "server"),
        ({}, {"auth": []}, "security"),
        ({}, {"pages": {"by": "link", "next": "header"}}, "pages"),
        ({"title": "a"}, {"title": "b", "documentation": "c"}, "documentation"),
        ({}, {"deprecated": True}, "deprecation"),
    ],
)
def test_it_names_what_of_an_operation_is_another(before, after, what):
    found = difference({"/a": {"methods": {"POST": before}}}, {"/a": {"methods": {"POST": after}}})
    assert [each.what for each in found.changed] == [(what,)]
    assert not found.added
    assert not found.removed


def test_notes_of_the_author_are_no_change():
    assert not difference({"/a": {"methods": {"GET": {"x-n": 1}}}}, {"/a": {"methods": {"GET": {"x-n": 2}}}})


def test_methods_and_routes_come_and_go_by_themselves():
    found = difference({"/a": "GET POST", "/b": "GET"}, {"/a": "GET PUT", "/c": "GET"})
    assert [str(each) for each in found.added] == ["PUT /a", "GET /c"]
    assert [str(each) for each in found.removed] == ["POST /a", "GET /b"]


def test_a_path_whose_variables_go_by_other_names_has_changed_and_not_gone():
    found = difference({"/a/{id}": "GET DELETE"}, {"/a/{number}": "GET"})
    assert [str(each) for each in found.changed] == ["GET /a/{number}: path"]
    assert [str(each) for each in found.removed] == ["DELETE /a/{id}"]


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({}, {"base_url": "https://y.example"}, "the server: https://x.example becomes https://y.example"),
        ({"auth": {}}, {"auth": {"k": {"bearer": "{t}"}}}, "the scheme k is new"),
        ({"auth": {"k": {"bearer": "{t}"}}}, {"auth": {"k": {"headers": {"X-K": "{t}"}}}}, "the scheme k is another"),
    ],
)
def test_it_names_what_decides_where_credentials_go(before, after, moved):
    before, after = ({"credentials": {"t": {}}, **each} for each in (before, after))
    assert moved in difference({"/a": "GET"}, {"/a": "GET"}, before, after).moved


def test_words_for_people_move_nothing():
    service = {"credentials": {"t": {}}, "auth": {"k": {"bearer": "{t}"}}}
    newer = {"credentials": {"t": {"documentation": "x"}}, "auth": {"k": {"bearer": "{t}", "documentation": "x"}}}
    found = difference({"/a": "GET"}, {"/a": "GET"}, service, {**newer, "title": "X"})
    assert found.moved == ()
    assert found.service == ("title",)


def test_a_new_operation_with_a_server_of_its_own_moves_nothing_and_an_old_one_does():
    own = {"methods": {"GET": {"server": "https://up.example"}}}
    assert difference({"/a": "GET"}, {"/a": "GET", "/b": own}).moved == ()
    assert difference({"/a": "GET"}, {"/a": own}).moved == ("the server of GET /a: none becomes https://up.example",)


@pytest.mark.parametrize(("left", "most"), [(5, False), (3, False), (2, True), (0, True)])
def test_more_than_half_is_most(left, most):
    before = {f"/r{number}": "GET" for number in range(6)}
    after = {text: before[text] for text in list(before)[:left]} | {"/other": "GET"}
    assert difference(before, after).lost_most is most


def test_a_shared_schema_that_is_another_changes_all_that_lead_to_it():
    """Through however many others, circles among them."""
    names = [f"S{number}" for number in range(30)]
    new = {name: {"items": {"$ref": f"#/schemas/{to}"}} for name, to in zip(names, [*names[1:], "S0"], strict=True)}
    old = {**new, "S29": {"type": "string"}, "Other": {}}
    words = {"/a": {"methods": {"POST": {"body": {"schema": {"$ref": "#/schemas/S0"}}}}}}
    before, after = (Documents({}, words, {}, {"schemas": said}) for said in (old, {**new, "Other": {}}))
    assert [str(each) for each in compare(before, after).changed] == ["POST /a: body"]
