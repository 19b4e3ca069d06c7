"""Redirects: which are followed, with what, and what is said of those that are not."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import Call, Headers, InvalidValue, RequestError
from restpath.masking import Secret
from restpath.redirects import next_call, redirect_error
from restpath.reply import Reply
from tests.support.scripted import Answer, Request, Server, answer, redirect

HERE = "https://api.example/v1/a/b?q=1"


def reply(location: str | None, status: int = 302, method: str = "GET", url: str = HERE, **call: Any) -> Reply:
    lines = [] if location is None else [("Location", location)]
    return Reply(status, Headers(lines), b"", timedelta(0), Call(method, url, **call))


def following(*args: Any, **settings: Any) -> Call:
    call = next_call(reply(*args, **settings))
    assert isinstance(call, Call), call
    return call


# ---- where to


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://api.example/c", "https://api.example/c"),
        ("/c", "https://api.example/c"),
        ("c", "https://api.example/v1/a/c"),
        ("../c", "https://api.example/v1/c"),
        ("?x=2", "https://api.example/v1/a/b?x=2"),
        ("//api.example/c", "https://api.example/c"),
        ("//other.example/c", "https://other.example/c"),
        ("/c#fragment", "https://api.example/c"),
        ("#fragment", "https://api.example/v1/a/b?q=1"),
        ("/a b", "https://api.example/a%20b"),
        ("/a%20b%2Fc", "https://api.example/a%20b%2Fc"),
        ("/a%20b/100%", "https://api.example/a%20b/100%25"),  # for one stray sign urllib3 would encode all again
        ("/\u00c3\u00a9", "https://api.example/%C3%A9"),  # UTF-8, as header fields are read
        ("/voil\u00c3\u00a0", "https://api.example/voil%C3%A0"),  # whose last byte looks like a space
        ("/\u00e9", "https://api.example/%E9"),  # ISO-8859-1
        ("/\u20ac", "https://api.example/%E2%82%AC"),  # as a mock may have it
        ("/{x}|^`<>\"\\", "https://api.example/%7Bx%7D%7C%5E%60%3C%3E%22%5C"),
        ("  /c  ", "https://api.example/c"),
        ("HTTPS://API.EXAMPLE:443/c", "https://API.EXAMPLE:443/c"),
        ("https://[::1]:8443/c", "https://[::1]:8443/c"),
    ],
)  # fmt: skip
def test_a_location_means(location: str, url: str) -> None:
    assert following(location).url == url


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://[", "no URL"),
        ("http://[::1", "no URL"),
        ("https://api.example:99999/", "no URL"),
        ("https://api.example:x/", "no URL"),
        ("https://api.example:0/", "no URL"),
        ("https://a b/", "no URL"),
        ("https://b\u00c3\u00bccher.example/", "no URL"),
        ("file:///etc/passwd", "no http or https URL"),
        ("javascript:alert(1)", "no http or https URL"),
        ("data:text/plain,x", "no http or https URL"),
        ("ftp://api.example/", "no http or https URL"),
        ("mailto:ann@example.com", "no http or https URL"),
        ("https://ann:geheim@api.example/c", "credentials"),
        ("https://ann@api.example/c", "credentials"),
        ("https://@api.example/c", "credentials"),
        ("http://api.example/c", "HTTPS does not fall to HTTP"),
        ("", "no location"),
        (" ", "no location"),
        (None, "no location"),
    ],
)
def test_a_location_that_is_not_followed_and_why(location: str | None, why: str) -> None:
    answered = reply(location)
    reason = next_call(answered)
    assert isinstance(reason, str)
    assert why in reason
    error = redirect_error(answered, reason)
    assert why in str(error)
    assert "geheim" not in str(error)
    assert (error.status, error.code) == (302, 302)


def test_a_location_that_says_our_secret_back_is_told_without_it() -> None:
    token = Secret("geheim-0123456789")
    lines = Headers([("Location", f"http://other.example/{token.reveal()}?next={token.reveal()}")])
    answered = Reply(302, lines, b"", timedelta(0), Call("GET", HERE), hidden=(token,))
    reason = next_call(answered)
    assert reason == "HTTPS does not fall to HTTP"
    assert token.reveal() not in str(redirect_error(answered, reason))


def test_several_locations_are_not_followed() -> None:
    answered = Reply(302, Headers([("Location", "/a"), ("location", "/b")]), b"", timedelta(0), Call("GET", HERE))
    assert next_call(answered) == "there is more than one location"
    assert "/a, /b" in str(redirect_error(answered, "x"))


@given(st.text(max_size=40), st.sampled_from([301, 302, 303, 307, 308]))
def test_any_location_gives_a_call_or_words(location: str, status: int) -> None:
    found = next_call(reply(location, status))
    if isinstance(found, Call):
        assert found.url.startswith("https://")
        assert found.url.isascii()
        assert "#" not in found.url
        assert found.origin[1]
    else:
        assert found
    redirect_error(reply(location, status), "x")


# ---- which methods


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_follow_as_they_are(status: int, method: str) -> None:
    assert following("/c", status, method).method == method


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
@pytest.mark.parametrize("status", [301, 302, 303])
def test_other_methods_never_become_a_get(status: int, method: str) -> None:
    reason = next_call(reply("/c", status, method))
    assert isinstance(reason, str)
    words = f"the {method} was carried out, most likely" if status == 303 else f"a {method} would become another call"
    assert words in reason


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [307, 308])
def test_other_methods_follow_where_the_status_keeps_them(status: int, method: str) -> None:
    call = following("/c", status, method, body=b"x")
    assert (call.method, call.body) == (method, b"x")
    reason = next_call(reply("https://other.example/", status, method))
    assert isinstance(reason, str)
    assert "no other server" in reason


@pytest.mark.parametrize("status", [200, 201, 204, 300, 304, 305, 306, 309, 399, 400, 500])
def test_other_statuses_are_no_redirects(status: int) -> None:
    assert next_call(reply("/c", status)) is None


def test_a_body_that_cannot_be_sent_again_is_not() -> None:
    reason = next_call(reply("/c", 307, "POST"), repeatable=False)
    assert isinstance(reason, str)
    assert "only once" in reason


# ---- what goes along


OWN = {
    "headers": Headers([("Accept", "a/b"), ("X-Custom", "1"), ("Content-Type", "c/d"), ("Range", "bytes=0-")]),
    "secret_headers": (("Authorization", Secret("s3cret")),),
    "body": b"x",
}


@pytest.mark.parametrize(
    "location",
    ["https://other.example/", "https://api.example:444/", "https://api.example.evil.example/", "https://sub.api.example/",
     "https://api.example./", "//other.example/"],
)  # fmt: skip
def test_to_another_origin_goes_a_bare_call(location: str) -> None:
    call = following(location, **OWN)
    assert dict(call.headers) == {"Accept": "a/b", "Range": "bytes=0-"}
    assert (call.secret_headers, call.body, call.files) == ((), None, ())


def test_from_http_to_https_is_another_origin() -> None:
    call = following("https://api.example/", url="http://api.example/", **OWN)
    assert call.secret_headers == ()


def test_on_the_same_origin_the_call_keeps_what_it_has() -> None:
    call = following("https://API.example:443/c", **OWN)
    assert call.secret_headers == OWN["secret_headers"]
    assert call.headers["X-Custom"] == "1"


# ---- over a real connection

MakeSession = Callable[[], requests.Session]
SESSIONS: list[Any] = [pytest.param(None, id="our session"), pytest.param(requests.Session, id="the user's session")]


def _session(make: MakeSession | None) -> requests.Session | None:
    return make() if make else None


DEFINITION = {
    "service": {
        "format": 1,
        "service": "test",
        "credentials": {"user": {"secret": False}, "token": {}, "key": {}},
        "auth": {"both": {"headers": {"X-Token": "{token}", "X-User": "{user}"}, "query": {"k": "{key}"}}},
    },
    "resources": {
        "/a": "GET POST PUT HEAD",
        "/b": "GET",
        "/elsewhere": {"methods": "GET", "server": "https://x.example"},
    },
}
CREDENTIALS = {"user": "ann", "token": "t0ken-s3cret", "key": "k3y s3cret/+"}


@pytest.mark.parametrize("make", SESSIONS)
@pytest.mark.parametrize("other_host", ["127.0.0.1", "localhost"])
def test_no_credential_of_any_scheme_crosses_to_another_origin(
    make: MakeSession | None, other_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login netrc password rc-s3cret\nmachine localhost login l password l-s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(answer(200, b"1")) as other:
        target = other.url.replace("127.0.0.1", other_host) + "/b"
        with Server([redirect(302, target, "Set-Cookie: sid=s3cret; Path=/")]) as server:
            session = make() if make else None
            if session is not None:
                session.headers.update({"X-Mine": "mine-s3cret", "Authorization": "Bearer s3cret"})
                session.params = {"session_key": "s3cret"}
                session.auth = ("ann", "pw-s3cret")
            client = restpath.connect(restpath.read(DEFINITION), server.url, session=session, **CREDENTIALS)
            assert client.a.get(headers={"X-Api-Key": "own-s3cret", "Cookie": "c=own-s3cret"}) == 1
            assert client.a.get.options(auth=("ann", "options-s3cret"))() == 1
    sent = " ".join(f"{each.line} {each.lines}" for each in other.requests)
    # Cookies are kept by host and not by port, in every browser as in this jar (RFC 6265 section 8.5).
    sent = sent.replace("('Cookie', 'sid=s3cret')", "") if other_host == "127.0.0.1" else sent
    assert "s3cret" not in sent
    assert "Authorization" not in sent
    assert len(other.requests) == 2
    assert server.requests[0].header("x-token") == "t0ken-s3cret"
    assert "k=k3y%20s3cret%2F%2B" in server.requests[0].target


@pytest.mark.parametrize("make", SESSIONS)
def test_credentials_follow_on_the_same_origin(make: MakeSession | None) -> None:
    with Server([redirect(307, "/b?x=1"), answer(200, b"1")]) as server:
        client = restpath.connect(restpath.read(DEFINITION), server.url, session=_session(make), **CREDENTIALS)
        client.a.get(headers={"X-Api-Key": "own"})
    assert server.requests[1].target == "/b?x=1&k=k3y%20s3cret%2F%2B"
    assert server.requests[1].header("x-token") == "t0ken-s3cret"
    assert server.requests[1].header("x-api-key") == "own"


def test_whoever_was_sent_elsewhere_comes_back_as_a_stranger() -> None:
    """It is not for another server to say at which of our own URLs the credentials are used."""
    servers: list[Server] = []

    def there(request: Request) -> Answer:
        return redirect(302, servers[0].url + "/deleted-by-get")

    with Server(there) as other, Server([redirect(302, other.url), answer(200, b"1")]) as server:
        servers.append(server)
        client = restpath.connect(restpath.read(DEFINITION), server.url, auth=("u", "s3cret"), **CREDENTIALS)
        client.a.get()
    assert server.requests[1].target == "/deleted-by-get"
    assert "s3cret" not in str(server.requests[1])


def test_a_location_that_says_our_query_credentials_back_takes_them_nowhere() -> None:
    with Server(answer(200, b"1")) as other:

        def echo(request: Request) -> Answer:
            return redirect(302, f"{other.url}/b{request.target.partition('/a')[2]}")

        with Server(echo) as server:
            client = restpath.connect(restpath.read(DEFINITION), server.url, **CREDENTIALS)
            reply = client.a.get.reply(qs={"z": 1})
    assert other.requests[0].target == "/b?z=1"
    assert "s3cret" not in reply.url
    with Server(lambda request: redirect(302, f"/c{request.target.partition('/a')[2]}")) as server:
        client = restpath.connect(restpath.read(DEFINITION), server.url, **CREDENTIALS)
        with pytest.raises(RequestError) as caught:
            client.a.post()
    assert "s3cret" not in f"{caught.value} {caught.value.headers} {dict(caught.value.headers)}"


def test_an_operations_own_server_gets_no_credentials() -> None:
    with Server(answer(200, b"1")) as other, Server() as server:
        documents = {**DEFINITION, "resources": {"/a": {"methods": "GET", "server": other.url}, "/b": "GET"}}
        documents["service"] = {**DEFINITION["service"], "base_url": server.url}
        session = requests.Session()
        session.headers["Authorization"] = "Bearer s3cret"
        client = restpath.connect(restpath.read(documents), session=session, auth=("u", "s3cret"), **CREDENTIALS)
        assert client.a.get() == 1
    assert "s3cret" not in str(other.requests)


@pytest.mark.parametrize("make", SESSIONS)
@pytest.mark.parametrize("status", [307, 308])
def test_a_body_goes_along_whole(make: MakeSession | None, status: int, tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    path = tmp_path / "a.bin"
    path.write_bytes(content)

    class Endless(io.BytesIO):
        """Seekable, but does not know its end: sent in chunks, and rewound all the same."""

        def seek(self, offset: int, whence: int = 0) -> int:
            if whence == 2:
                raise OSError("no end")
            return super().seek(offset, whence)

    bodies: dict[str, dict[str, Any]] = {
        "json": {"data": {"a": 1}},
        "path": {"data": path},
        "open file": {"data": io.BytesIO(content)},
        "chunks": {"data": Endless(content)},
        "multipart": {"upload_file": path, "x": "1"},
    }
    for what, body in bodies.items():
        with Server([redirect(status, "/b"), answer(200, b"1")]) as server:
            assert restpath.connect(server.url, session=_session(make)).a.post(**body) == 1
        first, second = server.requests
        assert (second.method, second.target) == ("POST", "/b"), what
        assert first.body == second.body, what
        assert len(first.body) >= (len(content) if what != "json" else 1), what
        assert first.header("content-type") == second.header("content-type"), what


class Once(io.RawIOBase):
    """What can be read only once, as a pipe."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


@pytest.mark.parametrize("make", SESSIONS)
def test_a_body_that_can_be_read_only_once_ends_in_an_error_that_names_the_location(make: MakeSession | None) -> None:
    with Server([redirect(307, "/moved-to"), answer(200, b"1")]) as server:
        with pytest.raises(RequestError, match=r"/moved-to.*only once") as caught:
            restpath.connect(server.url, session=_session(make)).a.post(data=Once(b"abc"))
        assert caught.value.status == 307
        assert len(server.requests) == 1


@pytest.mark.parametrize("make", SESSIONS)
@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_that_is_answered_by_a_redirect_is_an_error_that_names_the_location(
    make: MakeSession | None, status: int
) -> None:
    with Server([redirect(status, "/new/7"), answer(200, b"1")]) as server:
        with pytest.raises(RequestError, match="/new/7") as caught:
            restpath.connect(server.url, session=_session(make)).a.post(a=1)
        assert caught.value.headers["Location"] == "/new/7"
        assert caught.value.content == "moved" or caught.value.content == b"moved"
        assert len(server.requests) == 1


@pytest.mark.parametrize("make", SESSIONS)
def test_a_circle_ends_with_an_error_that_says_so(make: MakeSession | None) -> None:
    with Server(lambda request: redirect(302, "/a" if request.target == "/b" else "/b")) as server:
        client = restpath.connect(server.url, session=_session(make))
        with pytest.raises(RequestError, match="it goes in a circle, and 10 redirects are the limit") as caught:
            client.a.get()
        assert len(server.requests) == 11
        assert caught.value.call.url == server.url + "/a"


def test_a_long_way_ends_at_its_limit() -> None:
    with Server(lambda request: redirect(302, request.target + "x")) as server:
        client = restpath.connect(server.url, redirects=3)
        with pytest.raises(
            RequestError, match=r"GET \S+/axxx redirects to /axxxx.*: 3 redirects are the limit \(302\)"
        ):
            client.a.get()
        assert len(server.requests) == 4


@pytest.mark.parametrize("redirects", [False, 0])
def test_redirects_can_be_turned_off(redirects: Any) -> None:
    with Server(redirect(302, "/b")) as server:
        call = restpath.connect(server.url).a.get.options(redirects=redirects)
        with pytest.raises(RequestError, match="/b"):
            call()
        assert len(server.requests) == 1


def test_a_limit_of_the_users_session_holds() -> None:
    session = requests.Session()
    session.max_redirects = 2
    with Server(lambda request: redirect(302, request.target + "x")) as server:
        client = restpath.connect(server.url, session=session)
        with pytest.raises(RequestError, match="2 redirects are the limit"):
            client.a.get()


@pytest.mark.parametrize("make", SESSIONS)
def test_locations_of_all_kinds_are_followed_over_a_connection(make: MakeSession | None) -> None:
    ways = {
        "c": "/a/c",
        "//{host}/d": "/d",
        "/e#f": "/e",
        "/g h": "/g%20h",
        "/\u00c3\u00a9": "/%C3%A9",
        "?q=1": "/a/b?q=1",
    }
    for location, target in ways.items():
        servers: list[Server] = []

        def told(request: Request, location: str = location, servers: list[Server] = servers) -> Answer:
            if len(servers[0].requests) == 1:
                return redirect(302, location.format(host=servers[0].host))
            return answer(200, b"1")

        with Server(told) as server:
            servers.append(server)
            assert restpath.connect(server.url, session=_session(make)).a.b.get() == 1
        assert server.requests[1].target == target


def test_several_location_lines_are_not_followed_over_a_connection() -> None:
    with Server(answer(302, b"", "Location: /b", "Location: /c")) as server:
        for make in (None, requests.Session):
            with pytest.raises(RequestError, match="more than one location"):
                restpath.connect(server.url, session=make() if make else None).a.get()


def test_a_broken_content_behind_a_redirect_does_not_matter() -> None:
    with Server([answer(302, b"no gzip", "Location: /b", "Content-Encoding: gzip"), answer(200, b"1")]) as server:
        assert restpath.connect(server.url).a.get() == 1


def test_head_follows_and_gives_the_last_answers_header_fields() -> None:
    with Server([b"HTTP/1.1 302 F\r\nLocation: /b\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Last: 1\r\n\r\n"]) as server:
        assert restpath.connect(server.url).a.head()["X-Last"] == "1"
    assert [each.method for each in server.requests] == ["HEAD", "HEAD"]


def test_a_bad_setting_is_refused() -> None:
    with pytest.raises(InvalidValue):
        restpath.connect("https://a.example", redirects=-1)
