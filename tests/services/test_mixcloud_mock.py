"""What stands in for Mixcloud in tests: `MockServer`, forms read back, and sockets that are intercepted."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import InvalidValue, NotFound, TransportError
from restpath.multipart import field_part, file_part, open_multipart
from restpath.services.mixcloud import (
    Artist,
    Chapter,
    Cloudcast,
    Mixcloud,
    MixcloudOauth,
    MixcloudOauthError,
    Section,
    Track,
    User,
    slugify,
)
from restpath.services.mixcloud.mock import MockServer, parse_headers, parse_multipart
from restpath.sources import file_source

SPARTACUS = User("spartacus", "Spartacus")
MOMENT = datetime(2009, 8, 2, 16, 55, 1, tzinfo=timezone.utc)


def cloudcast(key: str, name: str) -> Cloudcast:
    sections = [Section(0, Track(f"{name} 1", Artist(None, "A"))), Section(416, Track(f"{name} 2", Artist("b", "B")))]
    return Cloudcast(key, name, sections, ["Funk", "Soul"], f"About {name}", SPARTACUS, MOMENT)


PARTY, DINNER = cloudcast("party", "Party"), cloudcast("dinner", "Dinner")


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as taken:
        yield taken


@pytest.fixture
def m() -> Mixcloud:
    return Mixcloud()


# ---- MockServer --------------------------------------------------------------------------------------------------


def test_an_artist_and_a_user_are_there_once_registered(server: MockServer, m: Mixcloud) -> None:
    with pytest.raises(NotFound):
        m.user("spartacus")
    server.register_artist(Artist("aphex-twin", "Aphex Twin"))
    server.register_user(SPARTACUS)
    assert m.artist("aphex-twin") == Artist("aphex-twin", "Aphex Twin")
    user = m.user("spartacus")
    assert (user.key, user.name, user.cloudcasts()) == ("spartacus", "Spartacus", [])


def test_a_cloudcast_comes_with_its_user_and_with_all_that_it_has(server: MockServer, m: Mixcloud) -> None:
    server.register_cloudcast(SPARTACUS, PARTY)
    whole = m.user("spartacus").cloudcast("party")
    assert (whole.name, whole.tags, whole.description()) == ("Party", ["Funk", "Soul"], "About Party")
    assert (whole.sections(), whole.created_time) == (PARTY.sections(), MOMENT)
    assert str(whole.picture()).startswith("http")
    listed = m.user("spartacus").cloudcasts()[0]
    assert (listed.sections(), listed.description()) == (PARTY.sections(), "About Party")


def test_several_cloudcasts_are_cut_by_limit_and_offset(server: MockServer, m: Mixcloud) -> None:
    server.register_cloudcasts(SPARTACUS, [PARTY, DINNER])
    user = m.user("spartacus")
    assert [each.key for each in user.cloudcasts()] == ["party", "dinner"]
    assert [each.key for each in user.cloudcasts(limit=1)] == ["party"]
    assert [each.key for each in user.cloudcasts(offset=1)] == ["dinner"]


def test_a_walk_goes_through_all_pages(server: MockServer, m: Mixcloud) -> None:
    server.register_cloudcasts(SPARTACUS, [PARTY, DINNER])
    assert [each["slug"] for each in m.client["spartacus"].cloudcasts.get.walk(limit=1)] == ["party", "dinner"]


def test_who_calls_is_the_one_that_was_said(server: MockServer, m: Mixcloud) -> None:
    server.i_am(SPARTACUS)
    assert (m.me().key, m.me().name) == ("spartacus", "Spartacus")
    assert requests.get("https://api.mixcloud.com/me/", allow_redirects=False, timeout=5).status_code == 302


def test_an_upload_callback_gets_the_request_and_answers_for_it(server: MockServer, m: Mixcloud) -> None:
    server.i_am(SPARTACUS)
    seen: list[Any] = []

    def upload(request: Any, uri: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        data = parse_multipart(request.body)
        sections, tags = parse_headers(data)
        me = m.me()  # calls within the callback are answered, too
        key = slugify(data["name"])
        server.register_cloudcast(me, Cloudcast(key, data["name"], sections, tags, data["description"], me))
        seen.append((request.method, request.path, uri, request.headers["Content-Type"][:19], sorted(data)[:3]))
        return 201, {**headers, "X-Seen": "1"}, json.dumps({"key": key})

    server.handle_upload(upload)
    posted = m.upload(PARTY, io.StringIO("\x00" * 30), picturefile=io.BytesIO(b"\xff\xd8"))
    assert (posted.status_code, posted.headers["x-seen"], posted.json()) == (201, "1", {"key": "party"})
    url = "https://api.mixcloud.com/upload/"
    assert seen == [("POST", "/upload/", url, "multipart/form-data", ["description", "mp3", "name"])]
    uploaded = m.me().cloudcast("party")
    assert uploaded.tags == ["Funk", "Soul"]
    assert [section.start_time for section in uploaded.sections()] == [0, 416]


def test_what_a_callback_raises_comes_out_of_the_test(server: MockServer, m: Mixcloud) -> None:
    def upload(request: Any, uri: str, headers: Any) -> Any:
        raise AssertionError("no picture")

    server.handle_upload(upload)
    with pytest.raises(AssertionError, match="no picture"):
        m.upload(PARTY, io.BytesIO(b"mp3"))


def test_mocked_uploads_are_then_there(server: MockServer, m: Mixcloud) -> None:
    server.register_cloudcast(SPARTACUS, DINNER)
    server.i_am(SPARTACUS)
    server.mock_upload(m.me())
    with_chapter = Cloudcast("k", "Party: the äfterparty", [Section(7, Chapter("Talk"))], ["x"], "One\r\nTwo", None)
    assert m.upload(with_chapter, io.BytesIO(b"mp3")).status_code == 200
    assert [each.name for each in m.me().cloudcasts()] == ["Dinner", "Party: the äfterparty"]
    uploaded = m.me().cloudcast("party-the-afterparty")
    assert (uploaded.sections(), uploaded.description()) == ([Section(7, Chapter("Talk"))], "One\r\nTwo")
    assert requests.post("https://api.mixcloud.com/upload/", data={"name": "x"}, timeout=5).status_code == 400


def test_codes_are_exchanged_or_are_not(server: MockServer) -> None:
    oauth = MixcloudOauth("qwerty", "ytrewq", "http://localhost/back")
    server.oauth_exchange()
    assert oauth.exchange_token("my_code") == "my_access_token"
    server.oauth_exchange_fail()
    with pytest.raises(MixcloudOauthError, match="cannot be exchanged"):
        oauth.exchange_token("my_code")


def test_a_new_server_replaces_the_one_before(m: Mixcloud) -> None:
    first = MockServer()
    first.register_user(SPARTACUS)
    with MockServer() as second:
        with pytest.raises(NotFound):
            m.user("spartacus")
        first.stop()  # the one that was replaced has nothing to give back
        second.register_user(SPARTACUS)
        assert m.user("spartacus").name == "Spartacus"
    from requests.adapters import HTTPAdapter

    assert HTTPAdapter.send.__module__ == "requests.adapters"


def test_nothing_but_mixcloud_is_answered(server: MockServer) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("https://example.com/", timeout=5)
    with pytest.raises(TransportError):
        restpath.connect("https://api.mixcloud.com.example", retries=0).user.get()


def test_the_roots_can_be_others() -> None:
    with MockServer("http://mix.example/api", "http://mix.example/api/oauth") as server:
        server.register_user(SPARTACUS)
        server.oauth_exchange()
        assert Mixcloud("http://mix.example/api").user("spartacus").name == "Spartacus"
        oauth = MixcloudOauth("i", "s", "http://localhost", oauth_root="http://mix.example/api/oauth")
        assert oauth.exchange_token("c") == "my_access_token"


def test_without_responses_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "responses", None)
    with pytest.raises(InvalidValue, match=r"restpath\[mock\]"):
        MockServer()


# ---- forms -------------------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=12)


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=40), max_size=6), st.binary(max_size=60))
def test_a_form_is_read_back_as_it_was_written(fields: dict[str, str], content: bytes) -> None:
    fields = {name: text for name, text in fields.items() if "%22" not in name}
    parts = [field_part(name, text) for name, text in fields.items()]
    parts.append(file_part("the file\t", file_source(("a.bin", content), field="file")))
    with open_multipart(parts) as body:
        read = parse_multipart(b"".join(body))
    assert read.pop("the file\t").encode("utf-8", "surrogateescape") == content
    assert read == fields


def test_a_form_may_be_text_and_need_not_be_one() -> None:
    body = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nÄ\r\n--b--\r\n'
    assert parse_multipart(body) == parse_multipart(body.encode()) == {"name": "Ä"}
    assert parse_multipart(b"") == parse_multipart(b"{}") == {}


def test_sections_and_tags_are_in_the_order_of_their_numbers() -> None:
    data = {
        "sections-10-artist": "Ten", "sections-10-song": "T", "sections-10-start_time": "10", "tags-1-tag": "Soul",
        "sections-2-chapter": "Two", "tags-0-tag": "Funk", "name": "x", "sections-x-song": "y",
    }  # fmt: skip
    sections, tags = parse_headers(data)
    assert sections == [Section(None, Chapter("Two")), Section(10, Track("T", Artist("ten", "Ten")))]
    assert tags == ["Funk", "Soul"]


# ---- sockets -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    httpretty = pytest.importorskip("httpretty")
    # What urllib3 looks for on any socket since 2.3, and httpretty's sockets lack.
    monkeypatch.setattr(httpretty.core.fakesock.socket, "shutdown", lambda self, how: None, raising=False)
    httpretty.enable(allow_net_connect=False)
    yield httpretty
    httpretty.disable()
    httpretty.reset()


def register(sockets: Any, path: str, content: Any, **more: Any) -> None:
    sockets.register_uri(sockets.GET, f"https://api.mixcloud.com{path}", body=json.dumps(content), **more)


def test_the_face_works_over_intercepted_sockets(sockets: Any, m: Mixcloud) -> None:
    register(sockets, "/artist/aphex-twin", {"slug": "aphex-twin", "name": "Aphex Twin"})
    register(sockets, "/spartacus", {"username": "spartacus", "name": "Spartacus"})
    register(sockets, "/me/", {}, status=302, location="https://api.mixcloud.com/spartacus")
    item = {
        "slug": "party",
        "name": "Party",
        "tags": [{"name": "Funk"}],
        "user": {"username": "spartacus", "name": "S"},
    }
    register(sockets, "/spartacus/cloudcasts/", {"data": [item]})
    track = {"name": "Happy", "artist": {"slug": None, "name": "Elio"}}
    register(
        sockets, "/spartacus/party", {**item, "description": "Bla", "sections": [{"start_time": 5, "track": track}]}
    )
    assert m.artist("aphex-twin").name == "Aphex Twin"
    assert m.me().key == "spartacus"
    party = m.me().cloudcasts(limit=1)[0]
    assert sockets.last_request().querystring == {"limit": ["1"]}
    assert (party.name, party.tags, party.description()) == ("Party", ["Funk"], "Bla")
    assert party.sections() == [Section(5, Track("Happy", Artist(None, "Elio")))]


def test_an_upload_goes_through_intercepted_sockets(sockets: Any) -> None:
    forms: list[dict[str, str]] = []

    def upload(request: Any, uri: str, headers: dict[str, Any]) -> Any:
        forms.append(parse_multipart(request.body))
        return [200, headers, "{}"]

    sockets.register_uri(sockets.POST, "https://api.mixcloud.com/upload/", body=upload)
    posted = Mixcloud(access_token="t0k").upload(PARTY, io.StringIO("\x00" * 30), io.BytesIO(b"png"))
    assert (posted.status_code, posted.json()) == (200, {})
    assert (forms[0]["name"], forms[0]["mp3"], forms[0]["picture"]) == ("Party", "\x00" * 30, "png")
    assert parse_headers(forms[0])[1] == ["Funk", "Soul"]
    assert sockets.last_request().querystring == {"access_token": ["t0k"]}


def test_codes_are_exchanged_over_intercepted_sockets(sockets: Any) -> None:
    url = "https://www.mixcloud.com/oauth/access_token"
    sockets.register_uri(sockets.GET, url, body='{"access_token": "my_access_token"}')
    assert MixcloudOauth("qwerty", "ytrewq", "http://localhost/back").exchange_token("my_code") == "my_access_token"
    assert sockets.last_request().querystring["code"] == ["my_code"]
    sockets.register_uri(sockets.GET, url, status=500, body="no")
    with pytest.raises(MixcloudOauthError):
        MixcloudOauth("qwerty", "ytrewq", "http://localhost/back").exchange_token("my_code")


def test_a_mock_server_takes_over_under_intercepted_sockets(sockets: Any, m: Mixcloud) -> None:
    with MockServer() as server:
        server.i_am(SPARTACUS)
        server.mock_upload(m.me())
        m.upload(PARTY, io.StringIO("\x00" * 30))
        assert m.user("spartacus").cloudcasts()[0].sections()[0].track.name == "Party 1"
    assert sockets.latest_requests() == []
