"""Services that are in several places: told, and chosen by the URL that connect() takes."""

from __future__ import annotations

import re
from typing import Any

import pytest

import restpath
from restpath import DefinitionError, InvalidValue
from tests.support.scripted import Server, answer

REGIONS = {"region": {"default": "eu", "enum": ["eu", "us"]}}
SERVERS: list[dict[str, Any]] = [
    {"url": "https://sandbox.example.com/v1", "title": "The sandbox", "documentation": "Nothing here is real."},
    {"url": "https://{region}.example.com/v1", "documentation": "By region.", "variables": REGIONS},
]


def definition(**words: Any) -> restpath.Definition:
    service = {"format": 1, "service": "shop", "base_url": "https://a.example.com/v1", "servers": SERVERS, **words}
    return restpath.read({"service": service, "resources": {"/orders": "GET", "/token": "POST"}})


def test_the_base_url_is_used_unless_another_is_said() -> None:
    assert restpath.connect(definition()).orders.get.prepare().url == "https://a.example.com/v1/orders"


@pytest.mark.parametrize(
    ("url", "variables", "host"),
    [
        (SERVERS[0]["url"], {}, "sandbox"),
        (SERVERS[1]["url"], {}, "eu"),
        (SERVERS[1]["url"], {"region": "us"}, "us"),
        ("https://elsewhere.example.com/v1", {}, "elsewhere"),
    ],
)
def test_another_server_is_chosen_by_its_url_and_its_variables(url: str, variables: Any, host: str) -> None:
    client = restpath.connect(definition(), url, **variables)
    assert client.orders.get.prepare().url == f"https://{host}.example.com/v1/orders"


@pytest.mark.parametrize(
    ("url", "variables", "said"),
    [
        (SERVERS[1]["url"], {"region": "mars"}, "not one of eu, us"),
        (SERVERS[0]["url"], {"region": "us"}, "region would be part of another server's URL"),
        (None, {"region": "us"}, "https://a.example.com/v1 has no variables"),
        ("https://x.example.com", {"region": "us"}, "but a URL was given"),
        ("sandbox", {}, "https://a.example.com/v1, https://sandbox.example.com/v1, https://{region}.example.com/v1"),
        ("https://{zone}.example.com/v1", {}, "has braces: give one such as"),
    ],
)
def test_what_is_no_server_is_refused_with_those_that_there_are(url: str | None, variables: Any, said: str) -> None:
    with pytest.raises(InvalidValue, match=re.escape(said)):
        restpath.connect(definition(), url, **variables)


def test_a_service_without_a_base_url_names_its_servers() -> None:
    words = {"service": {"service": "shop", "servers": SERVERS[:1]}, "resources": {"/orders": "GET"}}
    with pytest.raises(InvalidValue, match=r"the definition names https://sandbox\.example\.com/v1"):
        restpath.connect(restpath.read(words))


def test_they_are_described() -> None:
    lines = restpath.describe(restpath.connect(definition())).splitlines()
    assert "  also at https://sandbox.example.com/v1 - The sandbox" in lines
    assert "  also at https://{region}.example.com/v1 - By region." in lines
    assert "also at" not in restpath.describe(restpath.connect(definition()).orders)


def test_an_oauth_server_stays_where_it_is_for_all_servers_of_the_definition() -> None:
    """With a server that the definition does not name, its token endpoint moves there; with one that it names, not."""
    token = {"credential": "token", "grants": {"client_credentials": {"client_id": "{client_id}"}}}
    with (
        Server(answer(200, b'{"access_token": "t"}', "Content-Type: application/json")) as login,
        Server(answer(200, b"{}", "Content-Type: application/json")) as sandbox,
    ):
        words = definition(
            credentials={"token": {}, "client_id": {}},
            auth={"oauth": {"bearer": "{token}", "token": {**token, "url": f"{login.url}/token"}}},
            servers=[{"url": sandbox.url}],
        )
        restpath.connect(words, sandbox.url, client_id="me").orders.get()
        assert [request.target for request in login.requests] == ["/token"]
        assert [request.header("authorization") for request in sandbox.requests] == ["Bearer t"]


@pytest.mark.parametrize(
    ("server", "place"),
    [
        ({}, ""),
        ({"url": "ftp://a.example"}, "/url"),
        ({"url": "https://u:p@a.example"}, "/url"),
        ({"url": "https://{x}.example"}, "/url"),
        ({"url": "https://{x}.example", "variables": {"x": {"default": "c", "enum": ["a"]}}}, "/variables/x/default"),
        ({"url": "https://a.example", "port": 1}, "/port"),
    ],
)
def test_a_wrong_word_is_found_where_it_stands(server: Any, place: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definition(servers=[server])
    assert caught.value.pointer == f"/servers/0{place}"
