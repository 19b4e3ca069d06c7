"""
The quick way against `Session.request`: who takes it, and that nobody can tell.

`test_transport.py` compares what a session brings with what it brings in requests, whichever way is taken; here each
feature says which way that is, what changes between two calls of one client takes effect as in requests, and answers
and failures are the same on both ways.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

import restpath
from restpath import TransportError
from restpath.edge import quick
from tests.support.scripted import (
    AUTHORITY,
    CLIENT,
    Server,
    answer,
    certificate,
    closed_port,
    stall,
)
from tests.support.sessions import MakeSession, made
from tests.support.ways import ANSWERS, JSON, hooked, outcome, seen

pytestmark = pytest.mark.skipif(not quick.IS_KNOWN, reason="with old versions all calls go the ordinary way")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer(200, b'{"n": 1}', JSON)) as running:
        yield running


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the ways of all calls were: True for each that was the quick one."""
    taken: list[bool] = []
    send = quick.QuickWay.send

    def noted(*args: Any, **settings: Any) -> Any:
        try:
            found = send(*args, **settings)
        except Exception:
            taken.append(True)
            raise
        taken.append(found is not None)
        return found

    monkeypatch.setattr(quick.QuickWay, "send", noted)
    return taken


def mounting(adapter: Callable[[], Any], prefix: str = "http://") -> MakeSession:
    def make() -> requests.Session:
        session = requests.Session()
        session.mount(prefix, adapter())
        return session

    return make


def having(name: str, make: Callable[[requests.Session], Any]) -> MakeSession:
    def with_own() -> requests.Session:
        session = requests.Session()
        setattr(session, name, make(session))
        return session

    return with_own


class Own(requests.Session):
    """A session of a class of its own, which may do anything."""


class OwnAdapter(HTTPAdapter):
    """An adapter of a class of its own."""


class OwnBasic(HTTPBasicAuth):
    """A login of a class of its own."""


def _with_cookies() -> requests.Session:
    session = requests.Session()
    session.cookies.set("here", "1", domain="127.0.0.1", path="/")
    session.cookies.set("elsewhere", "3", domain="example.com", path="/")
    session.cookies.set("any", "5")
    return session


def _with_patched_adapter() -> requests.Session:
    session = requests.Session()
    adapter: Any = session.get_adapter("http://127.0.0.1")
    adapter.send = functools.partial(HTTPAdapter.send, adapter)
    return session


QUICK: dict[str, MakeSession] = {
    "nothing of its own": requests.Session,
    "header fields": made(headers={"X-Mine": "1", "accept": "text/x", "User-Agent": None}),
    "an Authorization": made(headers={"Authorization": "Bearer mine"}),
    "basic authentication": made(auth=("ann", "geheim-é")),
    "a login object": made(auth=HTTPBasicAuth("ann", "x")),
    "cookies": _with_cookies,
    "no trust in the environment": made(trust_env=False),
    "verify=False": made(verify=False),
    "stream": made(stream=True),
    "an adapter with retries and pools of its own": mounting(
        lambda: HTTPAdapter(max_retries=1, pool_connections=2, pool_maxsize=3, pool_block=True)
    ),
    "proxies for others": made(proxies={"https": "http://127.0.0.1:1", "http://example.com": "http://127.0.0.1:1"}),
}
ORDINARY: dict[str, MakeSession] = {
    "a class of its own": Own,
    "an adapter of its own": mounting(OwnAdapter),
    "an adapter of its own for some paths": mounting(OwnAdapter, "http://127.0.0.1"),
    "an adapter with a function in place of its own": _with_patched_adapter,
    "a send of its own": having("send", lambda session: functools.partial(requests.Session.send, session)),
    "a get_adapter of its own": having("get_adapter", lambda s: functools.partial(requests.Session.get_adapter, s)),
    "hooks": made(hooks={"response": [lambda response, **settings: None]}),
    "parameters": made(params={"key": "1"}),
    "digest authentication": made(auth=HTTPDigestAuth("ann", "x")),
    "a login object of its own": made(auth=OwnBasic("ann", "x")),
    "header fields that are bytes": made(headers={"X-Bytes": b"1"}),
    "a Cookie field": made(headers={"Cookie": "a=1"}),
    "a jar of its own": made(cookies=CookieJar()),
}


@pytest.mark.parametrize("what", [*QUICK, *ORDINARY])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_each_session_goes_its_way_and_the_server_sees_the_same(
    server: Server, ways: list[bool], what: str, method: str
) -> None:
    make = QUICK.get(what) or ORDINARY[what]
    body = method == "POST"
    with make() as session:
        for _ in range(2):
            session.request(method, f"{server.url}/a/b?q=1", **({"json": {"a": "é"}} if body else {}))
    expected = seen(server.requests)
    server.requests.clear()
    with make() as session, restpath.connect(server.url, session=session) as client:
        for _ in range(2):
            getattr(client.a.b, method.lower())(**({"data": {"a": "é"}} if body else {}), qs="q=1")
    assert seen(server.requests) == expected
    assert ways == [what in QUICK] * 2


def test_a_client_of_its_own_session_goes_the_quick_way_on_one_connection(server: Server, ways: list[bool]) -> None:
    with restpath.connect(server.url, token="t0k") as client:
        assert [client.a.get(), client.b.post(x=1), client.c.delete()] == [{"n": 1}] * 3
    assert ways == [True] * 3
    assert server.connections == 1
    assert {each.header("authorization") for each in server.requests} == {"Bearer t0k"}


def test_uploads_and_applications_go_the_ordinary_way(server: Server, ways: list[bool], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"content")
    with restpath.connect(server.url) as client:
        client.a.post(upload_file=tmp_path / "a.txt")
    assert ways == []

    def application(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    assert restpath.connect("http://app.example", app=application).a.get() == {}
    assert ways == [False]


# ---- what changes between two calls --------------------------------------------------------------------------------


def _set(name: str, value: Any) -> Callable[[requests.Session, str], None]:
    return lambda session, url: setattr(session, name, value)


CHANGES: dict[str, Callable[[requests.Session, str], Any]] = {
    "a header field": lambda session, url: session.headers.update({"X-New": "1"}),
    "a header field that goes": lambda session, url: session.headers.pop("Accept", None),
    "the spelling of a header field": lambda session, url: session.headers.update({"ACCEPT": "*/*"}),
    "all header fields": lambda session, url: setattr(session, "headers", requests.structures.CaseInsensitiveDict()),
    "a login": _set("auth", ("ann", "x")),
    "a callable as auth": lambda session, url: setattr(
        session, "auth", lambda request: (request.headers.update({"X-Auth": "1"}), request)[1]
    ),
    "a cookie": lambda session, url: session.cookies.set("a", "1"),
    "another jar": lambda session, url: setattr(session, "cookies", requests.cookies.cookiejar_from_dict({"b": "2"})),
    "a hook": lambda session, url: session.hooks["response"].append(lambda response, **settings: None),
    "parameters": lambda session, url: session.params.update(key="1"),
    "an adapter": lambda session, url: session.mount(url, OwnAdapter()),
    "an adapter for a path": lambda session, url: session.mount(f"{url}/a/", OwnAdapter()),
    "connections that are closed": lambda session, url: session.close(),
    "a proxy": lambda session, url: session.proxies.update(http=url),
    "a proxy in the environment": lambda session, url: os.environ.update(http_proxy=url),
    "a proxy for all in the environment": lambda session, url: os.environ.update(ALL_PROXY=url),
    "a proxy in mixed case in the environment": lambda session, url: os.environ.update(Http_Proxy=url),
    "a netrc in the environment": lambda session, url: os.environ.update(NETRC="netrc"),
}


_UNSEEN = ("adapter", "hook", "spelling", "adapter,")


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_between_two_calls_has_the_effect_that_it_has_in_requests(
    server: Server, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password geheim")
    kept = dict(os.environ)
    found = []
    for ours in (False, True):
        with requests.Session() as session, restpath.connect(server.url, session=session) as client:
            try:
                for _ in range(2):
                    client.a.b.get() if ours else session.get(f"{server.url}/a/b")
                    CHANGES[what](session, server.url)
                client.a.b.get() if ours else session.get(f"{server.url}/a/b")
            finally:
                os.environ.clear()
                os.environ.update(kept)
        found.append(seen(server.requests))
        server.requests.clear()
    assert found[0] == found[1]
    assert what == "connections that are closed" or found[0][0] != found[0][2] or what.split()[1] in _UNSEEN


def test_what_no_proxy_excepts_goes_there_directly_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer(200, b"{}", JSON)) as proxy, restpath.connect(server.url) as client:
        client.a.get()
        monkeypatch.setenv("http_proxy", proxy.url)
        client.b.get()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        client.c.get()
    assert [each.target for each in server.requests] == ["/a", "/c"]
    assert [each.target for each in proxy.requests] == [f"{server.url}/b"]


def test_a_bundle_of_certificates_in_the_environment_counts_from_the_next_call(
    ways: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(answer(200, b"{}", JSON), tls=certificate("good")) as server:
        client = restpath.connect(server.url.replace("127.0.0.1", "localhost"), retries=0)
        with pytest.raises(restpath.TLSError):
            client.a.get()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", AUTHORITY)
        assert client.a.get() == {}
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with pytest.raises(restpath.TLSError):
            client.a.get()
    assert ways == [True] * 3


def test_a_client_certificate_is_shown_on_the_quick_way(ways: list[bool]) -> None:
    with Server(answer(200, b"{}", JSON), tls=certificate("good", client=CLIENT)) as server:
        session = made(verify=AUTHORITY, cert=CLIENT)()
        client = restpath.connect(server.url.replace("127.0.0.1", "localhost"), session=session)
        assert client.a.get() == {}
        session.cert = None
        assert client.a.get() == {}
    assert [bool(peer) for peer in server.peers] == [True, False]
    assert ways == [True, True]


def test_cookies_that_come_on_the_quick_way_are_kept_and_sent(ways: list[bool]) -> None:
    first = answer(200, b"{}", JSON, "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/other")
    found = []
    for ours in (False, True):
        with Server([first, answer(200, b"{}", JSON)]) as server, requests.Session() as session:
            client = restpath.connect(server.url, session=session)
            for _ in range(2):
                client.a.get() if ours else session.get(f"{server.url}/a")
            found.append(
                (
                    [each.header("cookie") for each in server.requests],
                    sorted((c.name, c.value, c.path) for c in session.cookies),
                )
            )
    assert found[0] == found[1]
    assert ways == [True, True]


def test_a_netrc_is_used_on_the_quick_way(server: Server, ways: list[bool], tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login ann password geheim")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETRC", str(file))
        requests.get(f"{server.url}/a")
        restpath.connect(server.url).a.get()
    assert server.requests[0].header("authorization") == server.requests[1].header("authorization")
    assert str(server.requests[1].header("authorization")).startswith("Basic ")
    assert ways == [True]


# ---- functions that somebody has put others in the place of --------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (requests.Session, "send"), (requests.Session, "request"), (requests.Session, "get_adapter"),
        (requests.Session, "merge_environment_settings"), (requests.Session, "prepare_request"),
        (HTTPAdapter, "send"), (HTTPAdapter, "build_response"), (HTTPAdapter, "cert_verify"),
        (HTTPAdapter, "add_headers"), (HTTPAdapter, "request_url"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [None, requests.Session])
def test_a_function_in_the_place_of_one_of_requests_is_called(
    server: Server, ways: list[bool], monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, make: Any
) -> None:
    client = restpath.connect(server.url, session=make() if make else None)
    client.a.get()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, functools.wraps(getattr(owner, name))(_calling(getattr(owner, name))))
        client.a.get()
    client.a.get()
    assert ways in (
        [True, False, True],
        [True, True],
    )  # whoever replaces `request` is called instead of any way of ours
    assert len(server.requests) == 3


def _calling(function: Any) -> Any:
    return lambda *args, **settings: function(*args, **settings)


def test_a_function_that_was_replaced_before_the_first_call_is_noticed(server: Server) -> None:
    program = (
        "import requests; send = requests.Session.send\n"
        "def noted(*args, **settings): print('called'); return send(*args, **settings)\n"
        "noted.__module__, noted.__qualname__ = send.__module__, send.__qualname__\n"
        "requests.Session.send = noted\n"
        "import sys, restpath; client = restpath.connect(sys.argv[1]); client.a.get()\n"
        "requests.Session.send = send; client.a.get()"
    )
    done = subprocess.run([sys.executable, "-c", program, server.url], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["called"]
    assert len(server.requests) == 2


# ---- answers and failures are the same on both ways ----------------------------------------------------------------


@pytest.mark.parametrize("what", ANSWERS)
@pytest.mark.parametrize("word", ["get", "post", "head"])
def test_an_answer_is_the_same_on_both_ways(what: str, word: str, ways: list[bool]) -> None:
    found = outcome(requests.Session, ANSWERS[what], word)
    assert ways[0]
    assert found == outcome(hooked, ANSWERS[what], word)


def test_a_server_that_is_not_there_is_the_same_on_both_ways() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    found = []
    for make in (requests.Session, hooked):
        with pytest.raises(TransportError) as caught:
            restpath.connect(url, session=make(), retries=0).a.get()
        found.append(
            (type(caught.value), str(caught.value), type(caught.value.__cause__), caught.value.may_have_happened)
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("limit", [(5, 0.05), 0.05])
def test_a_server_that_says_nothing_is_the_same_on_both_ways(limit: Any) -> None:
    found = []
    for make in (requests.Session, hooked):
        with Server([stall]) as server:
            with pytest.raises(TransportError) as caught:
                restpath.connect(server.url, session=make(), retries=0, timeout=limit).a.get()
            text = str(caught.value).replace(server.url, "").replace(server.host.rpartition(":")[2], "")
        found.append((type(caught.value), text, type(caught.value.__cause__), caught.value.may_have_happened))
    assert found[0] == found[1]


@pytest.mark.parametrize("make", [requests.Session, hooked])
def test_an_answer_is_saved_in_blocks_on_both_ways(make: MakeSession, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    with Server(answer(200, content)) as server, restpath.connect(server.url, session=make()) as client:
        client.a.get.save(tmp_path / "a")
        client.a.get.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == content
    assert server.connections == 1


def test_a_pool_that_others_have_pushed_out_is_made_again(server: Server, ways: list[bool]) -> None:
    session = mounting(lambda: HTTPAdapter(pool_connections=1))()
    client = restpath.connect(server.url, session=session)
    with Server(answer(200, b"{}", JSON)) as other:
        for _ in range(3):
            client.a.get()
            session.get(other.url)
    assert len(server.requests) == 3
    assert ways == [True] * 3
