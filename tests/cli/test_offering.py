"""What an operation takes, as the items of a command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.cli.items import parse_item
from restpath.cli.offering import Offer, example_items, offers_of, shell_word, texts_of
from restpath.definition.method import Method
from tests.support.library import write_library


@pytest.fixture
def library(tmp_path: Path) -> restpath.Definition:
    return restpath.read(write_library(tmp_path))


def _method(**words: Any) -> Method:
    documents = {
        "service": {"format": 1, "service": "x"},
        "resources": {"format": 1, "/a": {"methods": {"POST": words}}},
    }
    return restpath.read(documents).method("/a", "POST")


def _items(method: Method, **settings: bool) -> list[str]:
    return [offer.name + offer.sign for offer in offers_of(method, **settings)]


def test_query_names_have_two_signs_of_equality(library: restpath.Definition) -> None:
    assert _items(library.method("/books", "GET")) == ["limit==", "sort==", "old=="]


def test_fields_have_the_sign_of_their_type(library: restpath.Definition) -> None:
    found = _items(library.method("/books", "POST"))
    assert found == ["title=", "pages:=", "lent:=", "kind=", "author.name=", "author.born:=", "tags:="]


def test_variables_are_among_the_fields_of_a_named_operation(library: restpath.Definition) -> None:
    assert _items(library.method("/books/{id}", "GET"), by_name=True) == ["id="]
    assert _items(library.method("/books/{id}", "GET")) == []


def test_a_multipart_body_takes_a_file(library: restpath.Definition) -> None:
    assert _items(library.method("/books/{id}/cover", "POST")) == ["file@"]


def test_what_goes_in_header_fields_and_cookies_is_offered_by_name() -> None:
    said = {"X-Trace": {"in": "header", "enum": ["on", "off"]}, "theme": {"in": "cookie", "documentation": "Dark?"}}
    first, second = offers_of(_method(parameters=said))
    assert (first.name, first.sign, first.told, first.documentation) == ("X-Trace", "=", "on|off", "In a header field.")
    assert (second.name, second.sign, second.documentation) == ("theme", "=", "In a cookie. Dark?")


def test_a_form_takes_text_alone() -> None:
    schema = {"properties": {"count": {"type": "integer"}, "own": {"properties": {"a": {}}}}}
    assert _items(_method(fields="form", body={"schema": schema})) == ["count=", "own="]


def test_what_a_schema_consists_of_is_looked_through() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/base"}, {"required": ["b"], "properties": {"b": {"type": ["null", "integer"]}}}],
        "$defs": {"base": {"properties": {"a": {"type": "string"}, "again": {"$ref": "#/$defs/base"}}}},
    }
    offers = list(offers_of(_method(body={"schema": schema})))
    assert ("a", "=", False) in [(offer.name, offer.sign, offer.required) for offer in offers]
    assert ("b", ":=", True) in [(offer.name, offer.sign, offer.required) for offer in offers]


def test_references_in_a_circle_come_to_an_end() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}}}}}
    assert all(offer.name.startswith("a") for offer in offers_of(_method(body={"schema": schema})))


def test_a_schema_that_names_nothing_offers_nothing() -> None:
    assert _items(_method(body={"schema": {"type": "array"}})) == []
    assert _items(_method(body={"schema": True})) == []


def test_values_to_choose_from_stand_as_the_sign_wants_them() -> None:
    assert texts_of(Offer("kind", "=", choices=("novel", 3))) == ["novel", "3"]
    assert texts_of(Offer("kind", ":=", choices=("novel", 3))) == ['"novel"', "3"]
    assert texts_of(Offer("old", "==", "boolean")) == ["true", "false"]
    assert texts_of(Offer("name", "=", "string")) == []


@pytest.mark.parametrize(
    ("template", "method", "items"),
    [
        ("/books", "GET", ["limit==10"]),
        ("/books", "POST", ["title=TITLE"]),
        ("/books/{id}/cover", "POST", ["file@FILE"]),
        ("/books/{id}", "GET", []),
    ],
)
def test_an_example_says_what_is_needed(
    library: restpath.Definition, template: str, method: str, items: list[str]
) -> None:
    assert example_items(library.method(template, method)) == items


def test_each_offer_is_an_item_that_can_be_read(library: restpath.Definition) -> None:
    for method in library.operations:
        for item in example_items(method, by_name=True):
            if "@" not in item:  # a file has to be there
                assert parse_item(item).name


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("shop/orders/{id}", "shop/orders/{id}"),
        ("shop/:me", "shop/:me"),
        ("a b", "'a b'"),
        ("{a,b}", "'{a,b}'"),
        ("~/x", "'~/x'"),
        ("x?y=1", "'x?y=1'"),
        ("", "''"),
    ],
)
def test_a_word_is_quoted_where_a_shell_would_take_it_for_more(text: str, written: str) -> None:
    assert shell_word(text) == written
