"""
The transport, compared with `requests.Session.request`: what a user's session brings has the same effect here.

Each twin test makes the same call both ways, each with a fresh session, and compares what the server saw: request
lines, header fields as a multiset, bodies. Where we differ on purpose, the test says so:

- the path is sent as it stands, while requests rewrites it, and a space in the query as %20, where requests has +;
- the call's own `Authorization` and the credentials given to `connect` win over the session's `auth` and the netrc;
- the netrc never replaces an `Authorization` among the session's own header fields;
- to another origin, redirected or an operation's own, go no header fields, parameters, `auth` and client certificate.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import socket
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth

import restpath
from restpath import InvalidValue, TLSError
from tests.support.scripted import AUTHORITY, CLIENT, Answer, Request, Server, answer, certificate, redirect
from tests.support.sessions import MakeSession, made


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer(200, b"{}", "Content-Type: application/json")) as running:
        yield running


def seen(requests_: list[Request]) -> list[tuple[str, Any, bytes]]:
    return [(each.line, each.fields, each.body) for each in requests_]


def twins(
    server: Server,
    make: MakeSession,
    method: str = "GET",
    target: str = "/a/b",
    times: int = 1,
    ours: dict[str, Any] | None = None,
    theirs: dict[str, Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    """What the server saw of requests, and what it saw of us, of the same calls."""
    with make() as session:
        for _ in range(times):
            session.request(method, server.url + target, **(theirs or {}))
    expected = seen(server.requests)
    server.requests.clear()
    with make() as session, restpath.connect(server.url, session=session) as client:
        path = client
        for segment in target.split("?")[0].strip("/").split("/"):
            path = path[segment]
        for _ in range(times):
            getattr(path, method.lower())(**(ours or {}))
    return expected, seen(server.requests)


class Signs(requests.auth.AuthBase):
    """Reads the body, as schemes do that sign it."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        request.headers["X-Signature"] = f"{request.method} {request.path_url} {len(body)}"
        return request


def _token(request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.headers["Authorization"] = "Bearer callable"
    return request


def _with_body(request: requests.PreparedRequest) -> requests.PreparedRequest:
    request.body = b'{"other": true}'
    return request


class Marking(HTTPAdapter):
    def add_headers(self, request: requests.PreparedRequest, **settings: Any) -> None:
        request.headers["X-Adapter"] = "mine"


def _mounted() -> requests.Session:
    session = requests.Session()
    session.mount("http://127.0.0.1", Marking())
    return session


def _cookies() -> requests.Session:
    session = requests.Session()
    session.cookies.set("here", "1", domain="127.0.0.1", path="/")
    session.cookies.set("deeper", "2", domain="127.0.0.1", path="/a")
    session.cookies.set("elsewhere", "3", domain="example.com", path="/")
    session.cookies.set("only_tls", "4", domain="127.0.0.1", path="/", secure=True)
    session.cookies.set("any", "5")
    return session


SESSIONS: dict[str, MakeSession] = {
    "nothing of its own": requests.Session,
    "header fields": made(headers={"X-Mine": "1", "Accept": "text/x", "User-Agent": "mine/1"}),
    "a header field that is None": made(headers={"User-Agent": None, "Accept-Encoding": None, "X-None": None}),
    "header fields that are bytes": made(headers={"X-Bytes": b"caf\xe9"}),
    "basic authentication": made(auth=("ann", "geheim-é")),
    "a callable as auth": made(auth=_token),
    "an auth object that reads the body": made(auth=Signs()),
    "an auth that replaces the body": made(auth=_with_body),
    "cookies": _cookies,
    "parameters": made(params={"key": "a b", "list": [1, 2], "none": None}),
    "parameters that are text, which requests ignores": made(params="a=1"),
    "an adapter": _mounted,
    "stream": made(stream=True),
    "no trust in the environment": made(trust_env=False),
    "verify=False": made(verify=False),
    "max_redirects": made(max_redirects=0),
    "hooks": made(hooks={"response": [lambda response, **settings: None]}),
    "a hook that is not in a list": made(hooks={"response": lambda response, **settings: None}),
}


@pytest.mark.parametrize("what", SESSIONS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_a_session_has_the_effect_that_it_has_in_requests(server: Server, what: str, method: str) -> None:
    body = method == "POST"
    expected, found = twins(
        server,
        SESSIONS[what],
        method,
        ours={"data": {"a": 1}} if body else {},
        theirs={"json": {"a": 1}} if body else {},
    )
    assert found == expected
    assert len(found) == 1


@pytest.mark.parametrize("what", SESSIONS)
def test_a_session_has_the_same_effect_on_a_call_with_a_query_and_own_header_fields(server: Server, what: str) -> None:
    theirs = {"params": {"q": "x", "r": ["1", "2"], "key": "call"}, "headers": {"X-Call": "1", "Accept": None}}
    ours = {"qs": {"q": "x", "r": ["1", "2"], "key": "call"}, "headers": {"X-Call": "1", "Accept": None}}
    expected, found = twins(server, SESSIONS[what], ours=ours, theirs=theirs)
    assert _sorted_query(found) == _sorted_query(expected)


def _sorted_query(requests_: list[Any]) -> list[Any]:
    """The session's parameters come first with requests, with us behind those of the call."""
    return [(sorted(re.split(r"[?&]", line.split(" ")[1])), *rest) for line, *rest in requests_]


@pytest.mark.parametrize("what", ["nothing of its own", "cookies", "a callable as auth"])
def test_a_cookie_of_the_calls_own_header_fields_wins(server: Server, what: str) -> None:
    own = {"headers": {"Cookie": "own=1"}}
    expected, found = twins(server, SESSIONS[what], ours=own, theirs=own)
    assert found == expected
    assert found[0][1][("cookie", "own=1")] == 1


def test_a_multipart_upload_is_the_same_but_for_its_boundary(server: Server) -> None:
    expected, found = twins(
        server, requests.Session, "POST",
        theirs={"files": {"file": ("a.txt", io.BytesIO(b"content"), "text/plain")}, "data": {"x": "1"}},
        ours={"upload_file": ("a.txt", io.BytesIO(b"content"), "text/plain"), "x": "1"},
    )  # fmt: skip
    shapes = []
    for _, fields, body in (expected[0], found[0]):
        boundary = next(value for name, value in fields if name == "content-type").partition("boundary=")[2].encode()
        shapes.append(sorted(part.strip(b"\r\n-") for part in body.split(boundary)))
    # requests sends the fields first, we the files as they were given.
    assert shapes[0] == shapes[1]


# ---- digest, cookies that come, hooks


def digest_server(request: Request) -> Answer:
    if "authorization" not in {name.lower() for name, _ in request.lines}:
        return answer(401, b"", 'WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"', "Set-Cookie: c=1; Path=/")
    return answer(200, b"{}", "Content-Type: application/json")


def _without_chance(requests_: list[Any]) -> list[Any]:
    """Digest answers hold a random number."""
    return [
        (line, sorted((name, re.sub(r'(cnonce|response)="\w+"', "", value)) for name, value in fields), body)
        for line, fields, body in requests_
    ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_digest_authentication_asks_twice_and_then_once(method: str) -> None:
    body = method == "POST"
    with Server(digest_server) as server:
        expected, found = twins(
            server, made(auth=HTTPDigestAuth("ann", "geheim")), method, times=2,
            ours={"data": {"a": 1}} if body else {}, theirs={"json": {"a": 1}} if body else {},
        )  # fmt: skip
    # The session object is fresh but the auth object is not: requests had to ask first, we know the nonce.
    assert _without_chance(found)[-1][0] == _without_chance(expected)[-1][0]
    assert len(expected) == 3
    assert [fields for _, fields, _ in _without_chance(found)][-1][0][0] == "accept"


def test_digest_authentication_sends_a_streamed_body_again(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"x" * 100_000)
    with Server(digest_server) as server, restpath.connect(server.url, auth=HTTPDigestAuth("ann", "geheim")) as client:
        client.x.post(data=file)
    assert [len(each.body) for each in server.requests] == [100_000, 100_000]
    assert server.requests[1].header("cookie") == "c=1"


def test_hooks_of_the_session_see_the_answer_behind_the_digest() -> None:
    """As in requests, the authentication's hooks come first."""
    statuses: list[list[int]] = []
    for ours in (False, True):
        session = made(auth=HTTPDigestAuth("ann", "geheim"))()
        statuses.append([])
        session.hooks["response"].append(lambda response, **settings: statuses[-1].append(response.status_code))
        with Server(digest_server) as server:
            if ours:
                restpath.connect(server.url, session=session).x.get()
            else:
                session.get(server.url + "/x")
    assert statuses == [[200], [200]]


def test_cookies_that_a_server_sets_come_back_to_it_alone() -> None:
    answers = [answer(200, b"", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/a"), answer()]
    with Server(answers) as server, Server() as other:
        expected, found = twins(server, requests.Session, times=2)
        assert found[0] == expected[0]
        assert expected[1][1][("cookie", "a=1; b=2")] == 1
    session = requests.Session()
    with Server(answers) as server, Server() as other:
        restpath.connect(server.url, session=session).a.b.get()
        restpath.connect(server.url, session=session).a.b.get()
        restpath.connect(other.url.replace("127.0.0.1", "localhost"), session=session).a.b.get()
    assert [each.header("cookie") for each in server.requests] == [None, "b=2; a=1"]
    assert other.requests[0].header("cookie") is None
    assert {cookie.name for cookie in session.cookies} == {"a", "b"}


@pytest.mark.parametrize("make", [requests.Session, None])
def test_a_client_keeps_the_cookies_of_its_calls(make: MakeSession | None) -> None:
    with Server([answer(200, b"", "Set-Cookie: a=1"), answer()]) as server:
        client = restpath.connect(server.url, session=make() if make else None)
        client.a.get()
        client.b.get()
    assert server.requests[1].header("cookie") == "a=1"


def test_a_plain_jar_works_as_in_requests() -> None:
    with Server([answer(200, b"", "Set-Cookie: a=1; Path=/"), answer()]) as server:
        expected, _ = twins(server, made(cookies=CookieJar()), times=2)
    with Server([answer(200, b"", "Set-Cookie: a=1; Path=/"), answer()]) as server:
        client = restpath.connect(server.url, session=made(cookies=CookieJar())())
        client.a.b.get(), client.a.b.get()
    assert [each.header("cookie") for each in server.requests] == [None, "a=1"]
    assert expected[1][1][("cookie", "a=1")] == 1


def test_a_hook_gets_the_answer_with_its_location() -> None:
    """What keeps requests from following an answer hides its Location only behind all other hooks."""
    locations = []
    session = made(hooks={"response": [lambda response, **settings: locations.append(response.headers["location"])]})()
    with Server([redirect(302, "/b"), redirect(302, "/c"), answer()]) as server:
        session.hooks["response"].append(lambda response, **settings: None)
        with pytest.raises(KeyError, match="location"):  # the last answer has none: the hook's own error
            restpath.connect(server.url, session=session).a.get()
    assert locations == ["/b", "/c"]


def test_an_answer_that_a_hook_keeps_is_whole_afterwards() -> None:
    kept: list[requests.Response] = []
    session = made(hooks={"response": [lambda response, **settings: kept.append(response)]})()
    with Server([redirect(302, "/b"), answer()]) as server:
        restpath.connect(server.url, session=session).a.get()
    assert kept[0].headers["Location"] == "/b"
    assert kept[0].is_redirect


def test_a_hook_can_put_another_answer_in_its_place(server: Server) -> None:
    def other(response: requests.Response, **settings: Any) -> requests.Response:
        mine = requests.Response()
        mine.status_code, mine.raw = 201, io.BytesIO(b'["mine"]')
        mine.headers["Content-Type"] = "application/json"
        return mine

    reply = restpath.connect(server.url, session=made(hooks={"response": [other]})()).a.get.reply()
    assert (reply.status, reply.content) == (201, ["mine"])


def test_a_hook_can_change_header_fields(server: Server) -> None:
    def change(response: requests.Response, **settings: Any) -> None:
        response.headers["Content-Type"] = "text/plain"

    assert restpath.connect(server.url, session=made(hooks={"response": [change]})()).a.get() == "{}"


def test_a_hook_that_has_read_the_content_leaves_it_for_us(server: Server) -> None:
    session = made(hooks={"response": [lambda response, **settings: response.content and None]})()
    assert restpath.connect(server.url, session=session).a.get() == {}


def test_a_hook_that_raises_for_status_leads_to_our_own_error() -> None:
    session = made(hooks={"response": [lambda response, **settings: response.raise_for_status()]})()
    with Server(answer(404, b'{"why": 1}', "Content-Type: application/json")) as server:
        call = restpath.connect(server.url, session=session).a.get
        with pytest.raises(restpath.NotFound) as caught:
            call()
    assert caught.value.content == {"why": 1}


@pytest.mark.parametrize("error", [KeyError("mine"), OSError("mine"), ValueError("mine"), UnicodeError("mine")])
@pytest.mark.parametrize("place", ["hook", "auth"])
def test_an_error_of_the_users_own_passes_as_it_is(server: Server, error: Exception, place: str) -> None:
    def fail(*args: Any, **settings: Any) -> None:
        raise error

    session = made(hooks={"response": [fail]})() if place == "hook" else made(auth=fail)()
    with pytest.raises(type(error)) as caught:
        restpath.connect(server.url, session=session).a.get()
    assert caught.value is error


# ---- the environment: proxies, netrc, certificates


PROXIES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "of the session": ({"http": "{proxy}"}, {}),
    "of the session, for the host": ({"http://127.0.0.1": "{proxy}"}, {}),
    "of the session, with a password": ({"http": "http://ann:geheim@{proxy_host}"}, {}),
    "of the environment": ({}, {"HTTP_PROXY": "{proxy}"}),
    "of the environment, for all": ({}, {"ALL_PROXY": "{proxy}"}),
    "of the environment, but not for this host": ({}, {"HTTP_PROXY": "{proxy}", "NO_PROXY": "127.0.0.1"}),
    "of the environment, but for no host": ({}, {"HTTP_PROXY": "{proxy}", "NO_PROXY": "*"}),
    "of both, where the environment wins": ({"http": "http://127.0.0.1:1"}, {"HTTP_PROXY": "{proxy}"}),
}


@pytest.mark.parametrize("what", PROXIES)
def test_proxies(server: Server, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Both ways ask the same server, the proxy or the one behind it, with the same words."""
    with Server(answer(200, b'["proxy"]', "Content-Type: application/json")) as proxy:
        of_session, of_environment = PROXIES[what]
        for name, value in of_environment.items():
            for spelling in {name, name.lower()}:
                monkeypatch.setenv(spelling, value.format(proxy=proxy.url))
        proxies = {name: value.format(proxy=proxy.url, proxy_host=proxy.host) for name, value in of_session.items()}
        make = made(proxies=proxies)
        with make() as session:
            session.get(server.url + "/a/b")
        expected = seen(server.requests), seen(proxy.requests)
        server.requests.clear(), proxy.requests.clear()
        with make() as session:
            restpath.connect(server.url, session=session).a.b.get()
        assert (seen(server.requests), seen(proxy.requests)) == expected


def test_proxies_may_change_between_two_calls(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer(200, b'["proxy"]', "Content-Type: application/json")) as proxy:
        client = restpath.connect(server.url)
        assert client.a.get() == {}
        monkeypatch.setenv("http_proxy", proxy.url)
        assert client.a.get() == ["proxy"]
        assert proxy.requests[0].line == f"GET {server.url}/a HTTP/1.1"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert client.a.get() == {}


@pytest.mark.parametrize("auth", [None, ("session", "s3ss10n")], ids=["alone", "beside the session's auth"])
def test_the_netrc_is_read(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login net password rc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    expected, found = twins(server, made(auth=auth) if auth else requests.Session)
    assert found == expected
    name = auth[0] if auth else "net"
    assert base64.b64decode(dict(found[0][1])[("authorization", _basic(found))] and _basic(found)[6:]).startswith(
        name.encode()
    )


def _basic(requests_: list[Any]) -> str:
    return next(value for name, value in requests_[0][1] if name == "authorization")


def test_the_netrc_is_not_read_by_a_session_that_does_not_trust_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login net password rc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    expected, found = twins(server, made(trust_env=False))
    assert found == expected
    assert not [1 for name, _ in found[0][1] if name == "authorization"]


def test_the_netrc_is_the_last_resort(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deliberate difference: requests lets the netrc replace an Authorization among the session's header fields."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login net password rc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    expected, found = twins(server, made(headers={"Authorization": "Bearer session"}))
    assert _basic(expected).startswith("Basic ")
    assert _basic(found) == "Bearer session"
    restpath.connect(server.url, token="t0k").a.get()
    assert server.requests[-1].header("authorization") == "Bearer t0k"


@pytest.mark.parametrize("how", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "verify"])
def test_authorities_are_found_where_requests_finds_them(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    session = requests.Session()
    if how == "verify":
        session.verify = AUTHORITY
    else:
        monkeypatch.setenv(how, AUTHORITY)
    with Server(answer(200, b"1"), tls=certificate("good")) as server:
        assert session.get(server.url + "/a").status_code == 200
        assert restpath.connect(server.url, session=session).a.get() == 1
        if how != "verify":
            assert restpath.connect(server.url).a.get() == 1


@pytest.mark.parametrize("which", ["good", "self-signed"])
def test_a_certificate_that_nobody_vouches_for_is_refused(which: str) -> None:
    with Server(answer(200, b"1"), tls=certificate(which)) as server:
        with pytest.raises(TLSError, match="nothing was sent") as caught:
            restpath.connect(server.url, token="s3cret-t0ken").a.get()
        assert not caught.value.may_have_happened
        assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)
        assert not server.requests
        session = made(verify=False)()
        with pytest.warns(Warning, match="Unverified HTTPS request"):
            assert restpath.connect(server.url, session=session).a.get() == 1


def test_a_client_certificate_is_shown() -> None:
    with Server(answer(200, b"1"), tls=certificate("good", client=CLIENT)) as server:
        session = made(verify=AUTHORITY, cert=CLIENT)()
        restpath.connect(server.url, session=session).a.get()
    assert "restpath tests: client" in str(server.peers)


def test_a_client_certificate_is_shown_to_no_other_origin() -> None:
    tls = certificate("good", client=CLIENT)
    with Server(answer(200, b"1"), tls=tls) as other, Server(redirect(302, other.url + "/b"), tls=tls) as server:
        session = made(verify=AUTHORITY, cert=CLIENT)()
        assert restpath.connect(server.url, session=session).a.get() == 1
    assert "restpath tests: client" in str(server.peers)
    assert other.peers == [{}] or not any(other.peers)


@pytest.mark.parametrize(
    "setting", [{"verify": "missing.pem"}, {"cert": "missing.pem"}, {"cert": (CLIENT, "missing.key")}], ids=str
)
def test_a_file_of_certificates_that_is_missing_is_named(setting: dict[str, Any]) -> None:
    with Server(answer(), tls=certificate("good")) as server, pytest.raises(InvalidValue, match=r"missing\.(pem|key)"):
        restpath.connect(server.url, session=made(**{"verify": AUTHORITY, **setting})()).a.get()


# ---- sessions with ways of their own


class Requests(requests.Session):
    def request(self, method: str, url: str, *args: Any, **settings: Any) -> requests.Response:
        settings["headers"] = {**(settings.get("headers") or {}), "X-Way": "request"}
        return super().request(method, url, *args, **settings)


class Prepares(requests.Session):
    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        prepared = super().prepare_request(request)
        prepared.headers["X-Way"] = "prepare_request"
        return prepared


class Sends(requests.Session):
    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        request.headers["X-Way"] = "send"
        return super().send(request, **settings)


WAYS: dict[str, MakeSession] = {"request": Requests, "prepare_request": Prepares, "send": Sends}


@pytest.mark.parametrize("what", WAYS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_session_with_ways_of_its_own_goes_them(server: Server, what: str, method: str) -> None:
    body = method == "POST"
    expected, found = twins(
        server, WAYS[what], method, ours={"data": {"a": 1}} if body else {}, theirs={"json": {"a": 1}} if body else {}
    )
    assert found == expected
    assert found[0][1][("x-way", what)] == 1


@pytest.mark.parametrize("what", WAYS)
def test_a_session_with_ways_of_its_own_gives_the_same_result(what: str, tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"x" * 300_000)

    def told(request: Request) -> Answer:
        body = json.dumps([request.line, len(request.body), request.header("x-call"), request.header("authorization")])
        return answer(200, body.encode(), "Content-Type: application/json")

    with Server(told) as server:
        calls: list[Callable[[Any], Any]] = [
            lambda client: client.a.get(qs={"q": "ä"}, headers={"X-Call": "1"}),
            lambda client: client.a.post(data=file),
            lambda client: client.a.post(data=b""),
            lambda client: client.a.post(data=io.BytesIO(b"")),
            lambda client: client.a.put(upload_file=("n", io.BytesIO(b"abc"))).__class__,
            lambda client: client.a.post(a=1, headers={"Authorization": "Bearer own"}),
            lambda client: client.a.get(headers={"Authorization": None}),
            lambda client: client.a.post.options(auth=("u", "p"))(),
        ]
        for call in calls:
            with restpath.connect(server.url, token="t0k") as plain:
                expected = call(plain)
            with WAYS[what]() as session, restpath.connect(server.url, token="t0k", session=session) as client:
                assert call(client) == expected
    for request in server.requests:
        assert not (request.header("content-length") and request.header("transfer-encoding")), request


@pytest.mark.parametrize("what", WAYS)
def test_a_way_that_is_an_attribute_of_the_session_is_gone(server: Server, what: str) -> None:
    session = requests.Session()
    own = getattr(session, what)
    asked = []

    def spy(*args: Any, **settings: Any) -> Any:
        asked.append(what)
        return own(*args, **settings)

    with restpath.connect(server.url, session=session) as client:
        client.a.get()
        with mock.patch.object(session, what, spy):
            client.a.get()
        client.a.get()
    assert asked == [what]
    assert len(server.requests) == 3


@pytest.mark.parametrize("what", [*WAYS, "none"])
@pytest.mark.parametrize("location", ["http://[", "http://h:99999/", "file:///etc/passwd", "", "http://u:p@h/", "//["])
def test_a_location_that_is_no_url_is_our_error_with_any_session(what: str, location: str) -> None:
    with Server(redirect(302, location, "Set-Cookie: a=1")) as server:
        session = WAYS.get(what, requests.Session)()
        with pytest.raises(restpath.RequestError) as caught:
            restpath.connect(server.url, session=session).a.get()
    assert type(caught.value) is restpath.RequestError
    assert caught.value.status == 302
    assert caught.value.__context__ is None
    assert [cookie.name for cookie in session.cookies] in (["a"], [])


def test_an_answer_that_redirects_and_sets_a_cookie_is_followed_with_it() -> None:
    with Server([redirect(302, "/b", "Set-Cookie: a=1"), answer(200, b"1")]) as server:
        assert restpath.connect(server.url, session=requests.Session()).a.get() == 1
    assert server.requests[1].header("cookie") == "a=1"


@pytest.mark.parametrize("what", WAYS)
def test_a_session_with_ways_of_its_own_takes_no_credentials_to_another_origin(what: str) -> None:
    with Server(answer(200, b"1")) as other, Server(redirect(302, other.url + "/b")) as server:
        session = WAYS[what]()
        session.headers["X-Api-Key"] = "s3cret"
        session.params["key"] = "s3cret"  # type: ignore[index]
        session.auth = ("ann", "s3cret")
        client = restpath.connect(server.url, session=session)
        assert client.a.get() == 1
    assert "s3cret" not in str(other.requests)
    assert other.requests[0].header("authorization") is None


# ---- what is our own


@pytest.mark.parametrize("make", [requests.Session, None], ids=["the user's session", "our own"])
@pytest.mark.parametrize("path", ["/%2E%2E/a", "//a//b", "/a;b=1/c,d", "/a%2fb", "/a/%7Eb/~c", "/"])
def test_the_path_is_sent_as_it_stands(server: Server, make: MakeSession | None, path: str) -> None:
    from restpath.call import Call

    client = restpath.connect(server.url, session=make() if make else None)
    core = client._core
    core.perform(Call("GET", server.url + path), core.settings)
    # urllib3 writes the digits of an escape in capitals, which means the same (RFC 3986 section 6.2.2.1).
    assert server.requests[0].target == path.replace("%2f", "%2F")


def test_the_user_agent_is_ours_unless_the_session_is_the_users(server: Server) -> None:
    restpath.connect(server.url).a.get()
    assert str(server.requests[0].header("user-agent")).startswith("restpath/")


def test_connections_are_used_again(server: Server) -> None:
    with restpath.connect(server.url) as client:
        for _ in range(5):
            client.a.get()
    assert server.connections == 1


def test_connections_are_used_again_after_an_error_and_a_redirect() -> None:
    answers = [answer(404, b"no"), redirect(302, "/b"), answer(200, b"1"), answer(500, b"", "X: 1"), answer(204)]
    with Server(answers) as server, restpath.connect(server.url, retries=0) as client:
        for _ in range(4):
            with pytest.raises(restpath.RequestError) if _ in (0, 2) else _nothing():
                client.a.get()
    assert server.connections == 1


class _nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *exc: object) -> None: ...


def test_a_redirect_with_endless_content_is_followed_without_reading_it() -> None:
    def endless(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 999999999\r\n\r\n")
        try:
            while True:
                sock.sendall(bytes(1 << 16))
        except OSError:
            pass

    for make in (None, requests.Session):
        with Server([endless, answer(200, b"1")]) as server:
            assert restpath.connect(server.url, session=make() if make else None).a.get() == 1


def test_time_limits_have_their_defaults_and_may_be_given(server: Server) -> None:
    given: list[Any] = []

    class Noting(HTTPAdapter):
        def send(self, *args: Any, **settings: Any) -> requests.Response:
            given.append(settings["timeout"])
            return super().send(*args, **settings)

    session = requests.Session()
    session.mount("http://", Noting())
    client = restpath.connect(server.url, session=session)
    client.a.get()
    client.a.get(timeout=5)
    client.a.get(timeout=(1, 2))
    client.a.get(timeout=None)
    client.a.get.options(timeout=3)()
    restpath.connect(server.url, session=session, timeout=(4, 5)).a.get()
    assert given == [(10.0, 60.0), 5, (1, 2), None, 3, (4, 5)]


@pytest.mark.parametrize("timeout", [1e20, float("inf"), 0.1])
def test_a_time_limit_that_is_too_long_is_said_so(server: Server, timeout: float) -> None:
    client = restpath.connect(server.url)
    if timeout == 0.1:
        client.a.get(timeout=(timeout, 5))
        return
    with pytest.raises(InvalidValue):
        client.a.get(timeout=timeout)


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "€", " a"])
@pytest.mark.parametrize("make", [requests.Session, Sends, None], ids=["plain", "own ways", "connect"])
def test_a_header_field_of_the_session_that_cannot_be_sent_is_not_shown(server: Server, value: str, make: Any) -> None:
    session = (make or requests.Session)()
    session.headers["X-Mine"] = f"s3cret{value}" if value != " a" else " s3cret"
    with pytest.raises(InvalidValue, match="header field") as caught:
        restpath.connect(server.url, session=session).a.get()
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert not server.requests


def test_a_session_without_an_adapter_for_the_url_is_said_so(server: Server) -> None:
    session = requests.Session()
    session.adapters.clear()
    with pytest.raises(InvalidValue, match="No connection adapters"):
        restpath.connect(server.url, session=session).a.get()


def test_a_password_that_iso_8859_1_lacks_is_sent_as_utf_8(server: Server) -> None:
    host = server.url.replace("http://", "")
    restpath.connect(f"http://ann:%E2%82%AC@{host}").a.get()
    assert server.requests[0].header("authorization") == "Basic " + base64.b64encode("ann:€".encode()).decode()


def test_a_body_of_unknown_length_is_sent_in_chunks(server: Server) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.left = [b"abc", b"defg"]

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            piece = self.left.pop(0) if self.left else b""
            buffer[: len(piece)] = piece
            return len(piece)

    for make in (None, requests.Session, Requests):
        restpath.connect(server.url, session=make() if make else None).a.post(data=Pipe())
        assert (server.requests[-1].body, server.requests[-1].header("content-length")) == (b"abcdefg", None)
        assert server.requests[-1].header("transfer-encoding") == "chunked"


def test_a_callers_own_transfer_encoding_or_length_does_not_contradict_the_body(server: Server) -> None:
    headers = {"Transfer-Encoding": "chunked", "content-length": "99"}
    restpath.connect(server.url).a.post(data=b"abc", headers=headers)
    request = server.requests[0]
    assert (request.header("content-length"), request.header("transfer-encoding")) == ("3", None)


def test_content_is_decompressed(server: Server) -> None:
    body = gzip.compress(b'"zipped"')
    with Server(answer(200, body, "Content-Encoding: gzip", "Content-Type: application/json")) as server:
        assert restpath.connect(server.url).a.get() == "zipped"
        assert restpath.connect(server.url, session=requests.Session()).a.get() == "zipped"


def test_header_lines_stay_apart() -> None:
    with Server(answer(200, b"", "Set-Cookie: a=1, b", "Set-Cookie: c=2", "X-A: 1", "x-a: 2")) as server:
        headers = restpath.connect(server.url).a.get.reply().headers
    assert headers.get_all("set-cookie") == ["a=1, b", "c=2"]
    assert headers["X-A"] == "1, 2"
