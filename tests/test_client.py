"""The client: what connect takes, whose credentials win and where they go, threads, pickles, what is never shown."""

from __future__ import annotations

import copy
import itertools
import logging
import os
import pickle
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

import restpath
from restpath import AuthError, InvalidValue, RestpathError
from tests.support.scripted import Answer, Request, Server, answer, redirect

SERVICE: dict[str, Any] = {
    "format": 1,
    "service": "test",
    "credentials": {"user": {"secret": False}, "token": {}, "region-key": {}},
    "auth": {"both": {"headers": {"X-Token": "{token}", "X-User": "{user}"}}},
    "path_values": {"user": {"spelling": "credential", "text": ":me", "credential": "user"}},
}
RESOURCES = {
    "/a": "GET POST",
    "/open": {"methods": {"GET": {"auth": []}}},
    "/people/{user}": "GET",
}
DEFINITION = restpath.read({"service": SERVICE, "resources": RESOURCES})
KEYED = restpath.read(
    {
        "service": {
            "format": 1,
            "service": "keyed",
            "credentials": {"key": {}},
            "auth": {"q": {"query": {"k": "{key}"}}},
        },
        "resources": {"/a": "GET"},
    }
)
REGIONAL = restpath.read(
    {
        "service": {
            "format": 1,
            "service": "regional",
            "base_url": "https://{region}.api.example/{version}",
            "variables": {"region": {"enum": ["eu", "us"]}, "version": {"default": "v1"}},
        },
        "resources": {"/a": "GET"},
    }
)
GIVEN = {"user": "ann", "token": "t0ken-s3cret"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer(200, b"1", "Content-Type: application/json")) as running:
        yield running


def headers(server: Server, *names: str) -> tuple[str | None, ...]:
    """What the last request had in these header fields."""
    return tuple(server.requests[-1].header(name) for name in names)


def hello(environ: dict[str, Any], start: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [f'"{environ["HTTP_HOST"]}{environ["PATH_INFO"]}"'.encode()]


# ---- what connect takes


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tokn": "s3cret"}, r"did you mean 'token'\? test takes"),
        ({"sesion": None}, "did you mean 'session'"),
        (
            {"xyz": "s3cret"},
            r"knows no 'xyz'\. test takes the credentials user, token, region-key; the settings are ses",
        ),
        ({"credentials": {"Token": "s3cret"}}, "did you mean 'token'"),
        ({"token": "s3cret\r\nX: y"}, "line break"),
        ({"token": b"s3cret"}, "needs a text"),
        ({"token": ""}, "needs a text"),
        ({"token": ["s3cret"]}, "not list"),
        ({"session": "s3cret"}, "session= is a str"),
        ({"session": object()}, "session= is a object"),
        ({"auth": "s3cret"}, "auth="),
        ({"auth": ("a", "b", "s3cret")}, "auth="),
        ({"app": "s3cret"}, "app= is a str"),
        ({"strict": "no"}, "strict="),
        ({"pickle_secrets": 1}, "pickle_secrets="),
        ({"timeout": "5"}, "timeout="),
        ({"timeout": -1}, "timeout="),
        ({"redirects": "x"}, "redirects="),
        ({"validate": 0}, "validate="),
        ({"servers": "https://a.example"}, "servers= is a str"),
        ({"servers": {"https://x.example": "https://a.example"}}, "no operation has that server"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_named_and_its_value_not_shown(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as caught:
        restpath.connect(DEFINITION, "https://a.example", **settings)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://a.example/?q=1", "query"),
        ("https://a.example/#x", "fragment"),
        ("https://a.example/a b", "spaces"),
        (" https://a.example", "no http or https URL|spaces"),
        ("https://a.example/../x", "dot segments"),
        ("https://a.example/{x}", "braces"),
        ("ftp://a.example", "no http or https URL"),
        ("a.example", "no http or https URL"),
        ("https://", "no http or https URL"),
        ("", "no http or https URL"),
        ("https://[", "no URL"),
        ("https://a.example:99999", "no URL"),
        ("https://ann:s3cret@a.example/?q=1", "no URL"),
        ("https://ann:s3cret/x@a.example", "no URL"),
        ("https://ann:s3cret@/", "no URL"),
        ("https://ann:s3 cret@a.example", "no URL"),
        (b"https://a.example", "a bytes is no URL"),
        (7, "a int is no URL"),
        ("https://\u2603\udc00.example", "no host name|no URL"),
        ("https://a\u3002\u3002b.example", "no host name"),
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url: Any, words: str) -> None:
    for arguments in ((DEFINITION, url), (url,)) if isinstance(url, str) and "://" in url else ((DEFINITION, url),):
        with pytest.raises(InvalidValue, match=words) as caught:
            restpath.connect(*arguments)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("what", [None, 7, b"max", ["max"], {"service": {}}])
def test_what_is_nothing_to_connect_to_is_refused(what: Any) -> None:
    with pytest.raises(InvalidValue, match="nothing to connect to"):
        restpath.connect(what)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://a.example/", "https://a.example"),
        ("https://a.example/v1/", "https://a.example/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[::1]:8443/x", "https://[::1]:8443/x"),
        ("https://b\u00fccher.example/caf\u00e9", "https://xn--bcher-kva.example/caf%C3%A9"),
        ("https://stra\u00dfe.example:8443", "https://xn--strae-oqa.example:8443"),
        ("https://@a.example", "https://a.example"),
    ],
)
def test_a_base_url_is_kept_without_its_last_slash_and_in_ascii(given: str, base: str) -> None:
    assert restpath.url(restpath.connect(DEFINITION, given).a) == f"{base}/a"
    assert restpath.url(restpath.connect(given).a) == f"{base}/a"


def test_without_a_server_it_is_said_where_to_give_it() -> None:
    with pytest.raises(InvalidValue, match=r"test has no server of its own.*RESTPATH_TEST_BASE_URL"):
        restpath.connect(DEFINITION)


def test_the_server_may_be_in_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_TEST_BASE_URL", server.url)
    restpath.connect(DEFINITION, **GIVEN).a.get()
    assert len(server.requests) == 1
    assert restpath.url(restpath.connect(DEFINITION, "https://given.example").a) == "https://given.example/a"


def test_variables_of_the_base_url() -> None:
    assert restpath.url(restpath.connect(REGIONAL, region="eu").a) == "https://eu.api.example/v1/a"
    assert restpath.url(restpath.connect(REGIONAL, region="us", version="v2").a) == "https://us.api.example/v2/a"
    for settings, words in [
        ({}, "needs region="),
        ({"region": "mars"}, "not one of eu, us"),
        ({"region": "eu", "version": "../x"}, "cannot stand"),
        ({"region": "eu", "version": "a/b"}, "cannot stand"),
        ({"region": "eu", "version": 2}, "cannot stand"),
        ({"url": "https://a.example", "region": "eu"}, "but a URL was given"),
        ({"regin": "eu"}, "did you mean 'region'"),
    ]:
        with pytest.raises(InvalidValue, match=words):
            restpath.connect(REGIONAL, **settings)


def test_servers_of_single_operations_are_replaced_one_by_one_or_all() -> None:
    resources = {
        "/a": {"methods": "GET", "server": "https://one.example"},
        "/b": {"methods": "GET", "server": "https://two.example/v2"},
        "/c": "GET",
    }
    definition = restpath.read({"service": {**SERVICE, "base_url": "https://base.example"}, "resources": resources})

    def urls(**settings: Any) -> list[str]:
        client = restpath.connect(definition, **settings)
        return [restpath.url(path) for path in (client.a, client.b, client.c)]

    base = "https://base.example"
    assert urls() == ["https://one.example/a", "https://two.example/v2/b", f"{base}/c"]
    one = urls(servers={"https://one.example": "http://x.example/"})
    assert one == ["http://x.example/a", "https://two.example/v2/b", f"{base}/c"]
    assert urls(url="http://y.example") == ["http://y.example/a", "http://y.example/b", "http://y.example/c"]
    both = urls(url="http://y.example", servers={"https://one.example": "http://x.example"})
    assert both == ["http://x.example/a", "http://y.example/b", "http://y.example/c"]
    with pytest.raises(InvalidValue, match="gives credentials") as caught:
        urls(servers={"https://one.example": "http://u:s3cret@x.example"})
    assert "s3cret" not in str(caught.value)
    with pytest.raises(InvalidValue, match="no http or https URL"):
        urls(servers={"https://one.example": "x.example"})


# ---- whose credentials win


def test_a_token_is_a_bearer_where_nothing_is_known(server: Server) -> None:
    restpath.connect(server.url, token="t0k").a.get()
    assert headers(server, "authorization") == ("Bearer t0k",)
    restpath.connect(server.url).a.get()
    assert headers(server, "authorization") == (None,)
    with pytest.raises(InvalidValue, match="knows no 'username'"):
        restpath.connect(server.url, username="ann")


def test_user_information_of_a_url_is_basic_authentication(server: Server) -> None:
    with_login = server.url.replace("//", "//ann:s3cret%2F@")
    for client in (restpath.connect(with_login), restpath.connect(DEFINITION, with_login)):
        client.a.get()
        assert headers(server, "authorization") == ("Basic YW5uOnMzY3JldC8=",)
        assert "s3cret" not in f"{client!r} {restpath.url(client.a)} {client.a.get.prepare()!r} {client.a.get.curl()}"
        assert b"s3cret" not in pickle.dumps(client)
    restpath.connect(with_login, auth=("other", "pw")).a.get()
    assert headers(server, "authorization") == ("Basic b3RoZXI6cHc=",)
    restpath.connect("https://u:s3cret@old.example", server.url).a.get()
    assert headers(server, "authorization") == (None,)


def test_connect_wins_over_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "env-token")
    monkeypatch.setenv("RESTPATH_TEST_USER", "env-user")
    restpath.connect(DEFINITION, server.url).a.get()
    assert headers(server, "x-token", "x-user") == ("env-token", "env-user")
    restpath.connect(DEFINITION, server.url, token="given").a.get()
    assert headers(server, "x-token", "x-user") == ("given", "env-user")
    restpath.connect(DEFINITION, server.url, token=None).a.get()
    assert headers(server, "x-token") == ("env-token",)
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "s3cret\nX: y")
    with pytest.raises(InvalidValue, match="RESTPATH_TEST_TOKEN") as caught:
        restpath.connect(DEFINITION, server.url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["region-key", "region.key", "region_key"])
def test_names_that_are_no_identifiers_are_spelled_with_underscores_in_the_environment(
    name: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = {
        **SERVICE,
        "service": "my-test",
        "credentials": {name: {}},
        "auth": {"k": {"headers": {"K": f"{{{name}}}"}}},
    }
    del service["path_values"]
    definition = restpath.read({"service": service, "resources": {"/a": "GET"}})
    monkeypatch.setenv("RESTPATH_MY_TEST_REGION_KEY", "env")
    restpath.connect(definition, server.url).a.get()
    assert headers(server, "k") == ("env",)
    restpath.connect(definition, server.url, credentials={name: "given"}).a.get()
    assert headers(server, "k") == ("given",)


def test_the_calls_own_header_fields_win_over_all(server: Server) -> None:
    client = restpath.connect(DEFINITION, server.url, auth=("u", "p"), **GIVEN)
    client.a.get(headers={"X-Token": "own", "Authorization": "Bearer own"})
    assert headers(server, "x-token", "x-user", "authorization") == ("own", "ann", "Bearer own")
    client.a.get(headers={"X-Token": None, "Authorization": None})
    assert headers(server, "x-token", "x-user", "authorization") == (None, "ann", None)
    # With credentials of its own a call needs no others.
    restpath.connect(DEFINITION, server.url).a.get(headers={"X-Token": "own"})
    restpath.connect(DEFINITION, server.url).a.get(headers={"Authorization": "Bearer own"})
    assert headers(server, "authorization") == ("Bearer own",)


def test_a_key_in_the_calls_own_query_wins(server: Server) -> None:
    restpath.connect(KEYED, server.url, key="k3y &").a.get(qs={"q": "1"})
    assert server.requests[-1].target == "/a?q=1&k=k3y%20%26"
    restpath.connect(KEYED, server.url, key="k3y").a.get(qs={"k": "own"})
    restpath.connect(KEYED, server.url).a.get(qs="k=own")
    assert [each.target for each in server.requests[-2:]] == ["/a?k=own", "/a?k=own"]


def test_the_sessions_own_credentials_win_over_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "env")
    monkeypatch.setenv("RESTPATH_TEST_USER", "env")
    session = requests.Session()
    session.headers["X-Token"] = "session"
    restpath.connect(DEFINITION, server.url, session=session).a.get()
    assert headers(server, "x-token", "x-user") == ("session", None)
    session = requests.Session()
    session.auth = ("session", "pw")
    restpath.connect(DEFINITION, server.url, session=session).a.get()
    assert headers(server, "x-token", "authorization") == (None, "Basic c2Vzc2lvbjpwdw==")
    restpath.connect(DEFINITION, server.url, session=session, auth=("given", "pw")).a.get()
    assert headers(server, "x-token", "authorization") == (None, "Basic Z2l2ZW46cHc=")
    restpath.connect(DEFINITION, server.url, session=session, auth=None).a.get()
    assert headers(server, "x-token", "authorization") == ("env", None)
    restpath.connect(DEFINITION, server.url, session=session, **GIVEN).a.get()
    assert headers(server, "x-token", "authorization") == ("t0ken-s3cret", "Basic c2Vzc2lvbjpwdw==")
    session = requests.Session()
    session.params = {"k": "session"}
    restpath.connect(KEYED, server.url, session=session).a.get()
    assert server.requests[-1].target == "/a?k=session"


def test_the_netrc_is_the_last_resort(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login net password rc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    restpath.connect(DEFINITION, server.url).a.get()
    assert headers(server, "authorization") == ("Basic bmV0OnJj",)
    restpath.connect(DEFINITION, server.url, **GIVEN).a.get()
    assert headers(server, "authorization", "x-token") == (None, "t0ken-s3cret")
    with pytest.raises(AuthError):
        restpath.connect(DEFINITION, server.url, auth=None).a.get()


def test_an_option_of_one_operation_replaces_what_the_client_has(server: Server) -> None:
    client = restpath.connect(DEFINITION, server.url, **GIVEN)
    client.a.get.options(auth=("u", "p"))()
    assert headers(server, "x-token", "authorization") == (None, "Basic dTpw")
    client.a.get.options(auth=None)()
    assert headers(server, "x-token", "authorization") == (None, None)
    client.a.get()
    assert headers(server, "x-token", "authorization") == ("t0ken-s3cret", None)


@pytest.mark.parametrize("own", [False, True], ids=["our session", "the user's session"])
def test_an_operation_that_is_open_to_all_gets_no_credentials(
    own: bool, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login net password rc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "env")
    session = requests.Session() if own else None
    if session is not None:
        session.auth = ("session", "pw")
    for client in (
        restpath.connect(DEFINITION, server.url, session=session, **GIVEN),
        restpath.connect(DEFINITION, server.url, session=session, auth=("u", "p")),
        restpath.connect(DEFINITION, server.url, session=session),
    ):
        client.open.get()
        assert headers(server, "authorization", "x-token", "x-user") == (None, None, None)
    client.open.get.options(auth=("u", "p"))()
    assert headers(server, "authorization") == ("Basic dTpw",)


def test_without_credentials_it_is_said_which_are_missing_and_where_to_give_them(server: Server) -> None:
    with pytest.raises(AuthError) as caught:
        restpath.connect(DEFINITION, server.url, user="ann").a.get()
    text = str(caught.value)
    for words in (
        "needs credentials: token.",
        "token=...",
        "restpath.connect()",
        "RESTPATH_TEST_TOKEN",
        "Nothing was sent",
    ):
        assert words in text
    assert not server.requests
    client = restpath.connect(DEFINITION, server.url)
    client.a.get.prepare()
    client.a.get.curl()
    assert not server.requests


def test_credentials_fill_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    assert restpath.url(restpath.connect(DEFINITION, "https://a.example", user="ann").people[":me"]).endswith(
        "/people/ann"
    )
    monkeypatch.setenv("RESTPATH_TEST_USER", "bob")
    assert restpath.url(restpath.connect(DEFINITION, "https://a.example").people[":me"]).endswith("/people/bob")


# ---- an application in place of a network


def test_an_application_needs_no_server_and_no_network() -> None:
    assert restpath.connect(DEFINITION, app=hello, **GIVEN).a.get() == "localhost/a"
    assert restpath.connect(DEFINITION, "https://a.example/v1", app=hello, **GIVEN).a.get() == "a.example/v1/a"


def test_operations_with_a_server_of_their_own_and_redirects_stay_in_the_application() -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/b":
            start("302 Found", [("Location", "https://elsewhere.example/x")])
            return []
        return hello(environ, start)

    resources = {"/a": {"methods": "GET", "server": "https://one.example"}, "/b": "GET"}
    definition = restpath.read({"service": {"format": 1, "service": "test"}, "resources": resources})
    client = restpath.connect(definition, app=app)
    assert client.a.get() == "one.example/a"
    assert client.b.get() == "elsewhere.example/x"


def test_an_application_does_not_stay_on_the_users_session() -> None:
    session = requests.Session()
    own = requests.adapters.HTTPAdapter()
    session.mount("https://mine.example", own)
    before = dict(session.adapters)
    with restpath.connect("https://mine.example", session=session, app=hello) as client:
        assert client.a.get() == "mine.example/a"
        assert session.get("https://mine.example/b").json() == "mine.example/b"
        assert session.get_adapter("https://other.example/") is before["https://"]
        restpath.close(client)
        assert session.adapters == before
        assert client.a.get() == "mine.example/a"
    assert session.adapters == before
    assert session.get_adapter("https://mine.example/") is own


def test_what_the_user_mounted_meanwhile_stays() -> None:
    session = requests.Session()
    with restpath.connect("https://mine.example", session=session, app=hello) as client:
        client.a.get()
        later = requests.adapters.HTTPAdapter()
        session.mount("https://mine.example", later)
    assert session.get_adapter("https://mine.example/") is later


# ---- its life


def test_a_client_is_a_context_manager_and_can_be_used_again_afterwards(server: Server) -> None:
    with restpath.connect(DEFINITION, server.url, **GIVEN) as client:
        client.a.get()
        client.a.get()
        assert server.connections == 1
    client.a.get()
    assert server.connections == 2
    client.close()
    client.close()
    client.a.get()
    restpath.close(client)


def test_closing_leaves_the_users_session_open(server: Server) -> None:
    class Noting(requests.Session):
        closed = False

        def close(self) -> None:
            self.closed = True

    session = Noting()
    with restpath.connect(DEFINITION, server.url, session=session, **GIVEN) as client:
        client.a.get()
    assert not session.closed


def test_nothing_is_sent_or_opened_before_a_call(server: Server) -> None:
    client = restpath.connect(DEFINITION, server.url, **GIVEN)
    repr(client), dir(client), copy.copy(client), copy.deepcopy(client), pickle.dumps(client), client == client
    assert client._core._transport is None
    assert server.connections == 0


@pytest.mark.parametrize("own", [False, True], ids=["our session", "the user's session"])
def test_32_threads_share_a_client(own: bool) -> None:
    def told(request: Request) -> Answer:
        cookie = request.target[-1]
        return answer(200, f'"{request.target}"'.encode(), "Content-Type: application/json", f"Set-Cookie: c{cookie}=1")

    with Server(told) as server:
        session = None
        if own:
            session = requests.Session()
            session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32))
        client = restpath.connect(server.url, session=session)
        barrier = threading.Barrier(32)

        def run(thread: int) -> None:
            barrier.wait()
            for number in range(62):
                assert client.a.get(n=thread * 100 + number % 7) == f"/a?n={thread * 100 + number % 7}"

        with ThreadPoolExecutor(32) as pool:
            list(pool.map(run, range(32)))
        restpath.close(client)
    assert len(server.requests) == 32 * 62
    assert server.connections <= 32


def test_closing_while_other_threads_call_harms_none(server: Server) -> None:
    client = restpath.connect(server.url)

    def run(thread: int) -> None:
        for _ in range(20):
            if thread == 0:
                client.close()
            assert client.a.get() == 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))


# ---- pickles


def test_a_pickle_has_no_secrets_and_looks_for_them_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    session = requests.Session()
    session.auth = ("session", "pw-s3cret")
    client = restpath.connect(
        DEFINITION, server.url, session=session, auth=("ann", "auth-s3cret"), timeout=(1, 2), strict=False, **GIVEN
    )
    client.a.get()
    data = pickle.dumps(client)
    assert b"s3cret" not in data
    again = pickle.loads(data)
    assert repr(again) == repr(client)
    assert again == client
    assert again._core.settings.timeout == (1, 2)
    assert restpath.url(again.people[":me"]) == f"{server.url}/people/ann"
    with pytest.raises(AuthError, match="needs credentials: token"):
        again.a.get()
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "env")
    pickle.loads(data).a.get()
    assert headers(server, "x-token", "x-user") == ("env", "ann")


def test_a_pickle_has_its_secrets_where_that_is_wanted(server: Server) -> None:
    session = requests.Session()
    session.headers["X-Mine"] = "1"
    client = restpath.connect(
        DEFINITION, server.url, session=session, auth=("ann", "pw"), pickle_secrets=True, redirects=3, **GIVEN
    )
    client.a.get()
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(client))))
    again.a.get()
    assert headers(server, "x-token", "x-mine", "authorization") == ("t0ken-s3cret", "1", "Basic YW5uOnB3")
    assert server.requests[0].fields == server.requests[1].fields


@pytest.mark.parametrize("auth", [None, restpath.UNSET])
@pytest.mark.parametrize("keep", [True, False])
def test_a_pickle_knows_whether_no_auth_was_given_or_none(auth: Any, keep: bool) -> None:
    client = restpath.connect("https://a.example", auth=auth, pickle_secrets=keep)
    assert pickle.loads(pickle.dumps(client))._core._auth is auth


def test_pickles_of_paths_and_operations_bring_their_client_along(server: Server) -> None:
    client = restpath.connect(DEFINITION, server.url, pickle_secrets=True, **GIVEN)
    for thing in (client.a, client.a.get, client.a.get.options(timeout=3)):
        again = pickle.loads(pickle.dumps(thing))
        assert again == thing
        (again if callable(again) else again.get)()
    assert len(server.requests) == 3


def test_a_client_of_an_application_cannot_be_pickled() -> None:
    with pytest.raises(InvalidValue, match="cannot be pickled"):
        pickle.dumps(restpath.connect(DEFINITION, app=hello))


def test_a_client_of_a_url_has_no_user_information_in_its_pickle(server: Server) -> None:
    url = server.url.replace("//", "//ann:s3cret@")
    again = pickle.loads(pickle.dumps(restpath.connect(url)))
    again.a.get()
    assert headers(server, "authorization") == (None,)
    kept = pickle.loads(pickle.dumps(restpath.connect(url, pickle_secrets=True)))
    kept.a.get()
    assert headers(server, "authorization") == ("Basic YW5uOnMzY3JldA==",)


# ---- what is never shown


MARK = "s3c" + "ret"  # apart, for tracebacks show the lines of this file
IN_URLS = "qu3" + "ry"  # what the caller puts into a query, or the server into a Location: kept as data in a pickle


def everything_of(error: BaseException | None) -> list[str]:
    """All the words that an error, its cause and its context have, and its pickle."""
    if error is None:
        return []
    texts = [str(error), repr(error), repr(vars(error)), repr(error.args), "".join(traceback.format_exception(error))]
    if isinstance(error, RestpathError):
        texts.append(repr(pickle.dumps(error)).replace(IN_URLS, ""))
    return texts + everything_of(error.__cause__) + everything_of(error.__context__)


@pytest.mark.parametrize("own", [False, True], ids=["our session", "the user's session"])
def test_no_secret_is_in_any_text(
    own: bool, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Everything that calls of all kinds print, log, warn, raise and show, searched for their secrets."""
    caplog.set_level(logging.DEBUG, logger="restpath")
    texts: list[str] = []

    def attempt(call: Callable[[], Any]) -> None:
        try:
            value = call()
            texts.extend([repr(value), str(value)])
        except RestpathError as error:
            texts.extend(everything_of(error))
            locals_of(error.__traceback__)

    def locals_of(step: Any) -> None:
        """What tracebacks with variables show, as those of some terminals and of error trackers do."""
        while step is not None:
            module = step.tb_frame.f_globals.get("__name__", "")
            if module.startswith(("restpath.client", "restpath.core", "restpath.connecting", "restpath.edge.")):
                shown = [f"{name}={value!r}" for name, value in step.tb_frame.f_locals.items()]
                texts.extend(shown)
            step = step.tb_next

    json = "Content-Type: application/json"
    answers: list[Any] = [
        answer(200, b"1"), answer(401, b"no"), answer(404, b"{}", json), redirect(302, "/b"), answer(200, b"{", json),
        redirect(302, f"http://u:{IN_URLS}@[/"), redirect(302, f"/x?k=k3y%2F{MARK}%2B%C3%A4"), lambda sock: None,
        lambda sock: sock.sendall(answer(200, b"short", length=9)), answer(503, b"later"),
    ]  # fmt: skip
    both = {**SERVICE["auth"]["both"], "query": {"k": "{region-key}"}}
    resources = {**RESOURCES, "/b": "GET", "/x": "GET"}
    definition = restpath.read({"service": {**SERVICE, "auth": {"all": both}}, "resources": resources})
    secrets = {"token": f"t0ken-{MARK}", "region-key": f"k3y/{MARK}+ä"}
    bearer = {"Authorization": f"Bearer bear3r-{MARK}"}
    turns = itertools.cycle(answers)
    with (
        Server(lambda request: next(turns)) as server,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        session = requests.Session() if own else None
        if session is not None:
            session.headers["X-Api-Key"] = f"head-{MARK}"
            session.params = {"sig": f"param-{MARK}"}
        client = restpath.connect(
            definition, server.url.replace("//", f"//ann:us3r-{MARK}@"), session=session, credentials=secrets,
            user="ann", retries=0, timeout=(2, 2), strict=False,
        )  # fmt: skip
        attempt(lambda: (client, client._core, client._core.prover.given, client._core._auth, client._core.transport))
        calls: list[Callable[[], Any]] = [
            lambda: client.a.get(qs={"access_token": IN_URLS}, headers={"X-Auth": f"own-{MARK}"}),
            lambda: client.a.get.options(timeout=(2, 2)).reply(headers=bearer),
            lambda: client.a.post(x="b0dy"),
            lambda: client.a.get.options(auth=requests.auth.HTTPBasicAuth("bob", f"0ption-{MARK}"))(),
        ]
        for call in calls * len(answers):
            attempt(call)
        attempt(lambda: client.a.get.curl(qs={"token": IN_URLS}, headers=bearer))
        attempt(lambda: client.a.get.prepare(qs={"token": IN_URLS}, headers={"Cookie": f"sid={MARK}"}))
        attempt(lambda: client.a.get(headers={"Authorization": f"Bearer {MARK}\r\nX: y"}))
    for call in calls:
        attempt(call)
    with pytest.raises(InvalidValue) as refused:
        restpath.connect(definition, "http://x", token=f"{MARK}\n")
    texts += everything_of(refused.value)
    texts.append(repr(pickle.dumps(client)))
    texts += [str(each.message) for each in warned]
    texts += [record.getMessage() for record in caplog.records if record.name.startswith("restpath")]
    texts += list(capfd.readouterr())
    assert any(f"t0ken-{MARK}" in str(each.lines) for each in server.requests)
    assert len(texts) > 100
    assert [text for text in texts if any(each in text for each in (MARK, "k3y", IN_URLS))] == []


def test_an_environment_with_other_variables_changes_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH__TOKEN", "env")
    monkeypatch.setenv("RESTPATH_TOKEN", "env")
    restpath.connect(server.url).a.get()
    assert headers(server, "authorization") == (None,)
    assert "RESTPATH_TOKEN" in os.environ
