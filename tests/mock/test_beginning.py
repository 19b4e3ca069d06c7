"""What a mock has from the beginning, by the word `first` of its data."""

from __future__ import annotations

from typing import Any

import pytest

import restpath
import restpath.mock

RESOURCES = {
    "/bands": {"methods": "GET POST", "mock": {"key": "id", "sets": {"type": "Band", "of": "{credential/user}"}}},
    "/bands/{band}": "GET",
    "/bands/{band}/events": "GET POST",
    "/bands/{band}/events/{event}": "GET",
    "/about": "GET PUT",
}


def service(first: dict[str, Any]) -> Any:
    words = {"first": first, "caller": {"user": "ann"}, "ids": "numbers"}
    return restpath.read({"service": {"service": "bands", "mock": words}, "resources": RESOURCES})


def test_things_lists_and_documents_are_there_as_if_somebody_had_made_them() -> None:
    first = {
        "/bands/a%2Fb": {"name": "A"},
        "/bands": [{"id": "c", "name": "C"}],
        "/bands/c/events": [{"title": "x"}, {"title": "y"}],
        "/about": ["anything"],
    }
    definition = service(first)
    for _ in range(2):  # each mock has its own
        client = restpath.connect(definition, "http://x", app=restpath.mock.app(definition))
        assert client.bands["a/b"].get() == {"name": "A", "id": "a/b", "type": "Band", "of": "ann"}
        assert [band["id"] for band in client.bands.get()] == ["a/b", "c"]
        assert client.bands["c"].events.get() == [{"title": "x", "id": "1"}, {"title": "y", "id": "2"}]
        assert client.about.get() == ["anything"]
        assert client.bands["c"].events.post(title="z")["id"] == "3"


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"/nowhere": {}}, "/nowhere"),
        ({"/bands": {"id": "x"}}, "which"),
        ({"/bands": [{"id": "x"}, {"id": "x"}]}, "already"),
    ],
)
def test_what_cannot_be_there_is_an_error_of_the_data_file(first: dict[str, Any], said: str) -> None:
    with pytest.raises(restpath.DefinitionError, match=said):
        restpath.mock.app(service(first))
