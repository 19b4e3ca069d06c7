"""SERVICE/PATH as it is typed, and the place that it means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import restpath
from restpath.cli.locating import find_spot, locate, spots_at
from restpath.errors import DefinitionError, InvalidValue, UnknownItem
from tests.support.library import write_library, write_service


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


def _template(place: str) -> str:
    (end,) = find_spot(locate(place)).ends
    return end.template.text


@pytest.mark.parametrize(
    ("place", "template", "values"),
    [
        ("library/books", "/books", {}),
        ("library/books/7", "/books/{id}", {"id": "7"}),
        ("library/books/{id}", "/books/{id}", {"id": "{id}"}),
        ("library/books/%7Bnumber%7D", "/books/{id}", {"id": "{number}"}),
        ("library/books/new", "/books/new", {}),
        ("library/books/a%2Fb", "/books/{id}", {"id": "a/b"}),
        ("library/books/7:lend", "/books/{id}:lend", {"id": "7"}),
        ("library/books/{id}:lend", "/books/{id}:lend", {"id": "{id}"}),
        ("library/members/:me/loans", "/members/{username}/loans", {"username": ":me"}),
        ("library/files/a/b/c", "/files/{+path}", {"path": "a/b/c"}),
        ("library/users", "/users/", {}),
        ("library/users/", "/users/", {}),
        ("library/books/", "/books", {}),
        ("shop/orders/me", "/orders/me", {}),
        ("shop/token", "/token", {}),
        ("shop/token#refresh", "/token#refresh", {}),
        ("shop/found?fixed=yes", "/found?fixed=yes", {}),
        ("shop", "/", {}),
        ("shop/", "/", {}),
    ],
)
def test_a_place_is_the_template_that_it_fits(place: str, template: str, values: dict[str, str]) -> None:
    spot = find_spot(locate(place))
    assert spot.ends[0].template.text == template
    assert dict(spot.values) == values


@pytest.mark.parametrize("path", ["/books", "/books/7", "/books/new", "/members/ann/loans", "/files/a/b", "/users/"])
def test_a_place_is_the_one_that_parse_gives(path: str) -> None:
    client = restpath.connect("library")
    assert _template(f"library{path}") == restpath.parse(client, path)._node.template


def test_a_place_on_the_way_has_no_templates() -> None:
    assert find_spot(locate("library/members")).ends == ()


def test_every_reading_is_given_the_most_literal_first() -> None:
    found = [spot.node.template for spot in spots_at(locate("library").definition, "books/new")]
    assert found == ["/books/new", "/books/{id}"]


def test_a_folder_of_data_files_stands_for_a_service(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(library.parent.parent)
    for folder in ("./layers/library", "layers/library", str(library)):
        located = locate(f"{folder}/books/7")
        assert (located.source, located.path) == (folder, "books/7")
        assert located.definition.name == "library"
        assert locate(folder).path == ""


def test_a_service_goes_before_a_folder_of_its_name(tmp_path: Path) -> None:
    write_service(tmp_path / "shop", service={"service": "other"}, resources={"/there": "GET"})
    assert locate("shop/orders").definition.name == "shop"
    assert locate("./shop/there").definition.name == "other"


def test_a_folder_in_the_home_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_library(tmp_path)
    assert locate("~/library/books").definition.name == "library"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("libary/books", "there is no service 'libary'; did you mean 'library'? restpath services lists them"),
        ("Nothing Like It", "there is no service 'Nothing Like It'. restpath services lists them"),
        ("./nowhere/books", "'./nowhere/books' is no folder of data files"),
    ],
)
def test_what_is_no_service_is_told_with_the_command_that_lists_them(place: str, words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        locate(place)
    assert words in str(caught.value)


def test_a_folder_without_data_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidValue, match="has no data files"):
        locate(f".{os.sep}empty")


def test_a_wrong_data_file_is_told_as_such(library: Path) -> None:
    (library / "resources.json").write_text("{", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"resources\.json"):
        locate("library/books")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("library/boks/7", "library has no 'boks'; did you mean books? restpath tree library lists what is there"),
        (
            "library/members/ann/lons",
            "library/members/ann has no 'lons'; did you mean loans? restpath tree library/mem",
        ),
        ("library/members/ann/x", "restpath tree library/members/ann lists what is there: loans"),
        ("library/books/7/cover/x", "library/books/7/cover has no 'x': nothing follows it"),
        ("library/members/an n/x", "restpath tree 'library/members/an n' lists"),
    ],
)
def test_an_unknown_segment_is_told_with_the_nearest_and_the_command_that_lists_them(place: str, words: str) -> None:
    with pytest.raises(UnknownItem) as caught:
        find_spot(locate(place))
    assert words in str(caught.value)
