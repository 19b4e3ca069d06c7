"""Mixcloud's face: the examples of its client's document over HTTP, uploads, edits, OAuth and the netrc."""

from __future__ import annotations

import datetime
import hashlib
import io
import netrc
import pickle
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import restpath
from restpath import InvalidValue
from restpath.edge.directories import config_file
from restpath.services import mixcloud
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
from tests.support.scripted import Server, answer

EXAMPLE = """\
title: Sample & Funky
desc: One sample leads to the next.
tags: [Funk, Hip hop]
tracks:
  - {start: 0, artist: Vernon Burch, track: Get up}
  - {start: 2:54, artist: Pino d'Angio, track: Ma quale idea}
"""


@pytest.fixture
def server() -> Iterator[Any]:
    with restpath.mock.serve("mixcloud") as running:
        yield running


def party(**more: Any) -> Cloudcast:
    known: dict[str, Any] = {
        "sections": [
            Section(0, Track("Samurai", Artist(None, "Jazztronik"))),
            Section(416, Track("Refresher", Artist(None, "Time of your life"))),
        ],
        "tags": ["Funk", "Soul"], "description": "Bla bla", "user": None,
    }  # fmt: skip
    return Cloudcast("party-time", "Party Time", **{**known, **more})


def code_of(link: str) -> str:
    """Open the link as a browser does, and read the code off the redirect."""
    sent_to = requests.get(link, allow_redirects=False, timeout=10).headers["Location"]
    return parse_qs(urlsplit(sent_to).query)["code"][0]


# ---- the document ------------------------------------------------------------------------------------------------


@pytest.fixture
def run(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs an example as it stands, where the user's configuration says that Mixcloud is the mock."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path))
    file = config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"[mixcloud]\nbase_url = {server.url}\n")
    monkeypatch.setattr(mixcloud.oauth, "OAUTH_ROOT", f"{server.url}/oauth")

    def run_example(code: str, /, **names: Any) -> dict[str, Any]:
        exec(textwrap.dedent(code), names)
        return names

    return run_example


def test_the_first_example_lists_the_names_of_a_users_cloudcasts(
    run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run("""
        from restpath.services.mixcloud import Mixcloud
        m = Mixcloud()
        u = m.user('michelplatiniste')
        for c in u.cloudcasts():
            print(c.name)
    """)
    assert capsys.readouterr().out == "L'ambiance\nSample & Funky\n"


def test_the_example_of_authorization_ends_with_who_one_is(
    run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    names = run(
        """
        from restpath.services import mixcloud
        o = mixcloud.MixcloudOauth(
            client_id=client_id, client_secret=client_secret,
            redirect_uri=redirect_uri)

        url = o.authorize_url()
        """,
        client_id="qwerty", client_secret="ytrewq", redirect_uri="http://localhost/back",
    )  # fmt: skip
    run(
        """
        access_token = o.exchange_token(code)

        # This can then be used for calls that required authorization.

        m = mixcloud.Mixcloud(access_token=access_token)
        print(m.me())
        """,
        **names, code=code_of(names["url"]),
    )  # fmt: skip
    assert capsys.readouterr().out == "User('ann', 'Ann')\n"


def test_the_example_of_uploading_uploads_a_file_that_is_open_for_bytes(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    mp3_path = tmp_path / "show.mp3"
    mp3_path.write_bytes(b"ID3" + bytes(1000))
    names = run(
        """
        from restpath.services import mixcloud
        m = mixcloud.Mixcloud(access_token=access_token)
        cc = Cloudcast('party-time', 'Party Time', [], ['Funk'], 'Bla bla', None)
        with open(mp3_path, 'rb') as mp3:
            r = m.upload(cc, mp3)
        """,
        access_token="any", mp3_path=mp3_path, Cloudcast=Cloudcast,
    )  # fmt: skip
    assert names["r"].status_code == 200
    assert [each.name for each in names["m"].me().cloudcasts()] == ["Party Time"]


def test_the_example_of_uploading_as_it_stands_is_told_about_the_mode(server: Any, tmp_path: Path) -> None:
    mp3_path = tmp_path / "show.mp3"
    mp3_path.write_bytes(b"ID3")
    m = mixcloud.Mixcloud(server.url, access_token="any")
    with open(mp3_path) as mp3, pytest.raises(InvalidValue, match=r"mp3: the file is open in text mode.*'rb'"):
        m.upload(party(), mp3)
    assert m.me().cloudcasts() == []


def test_the_example_of_yaml_reads_a_cloudcast(tmp_path: Path) -> None:
    yml_path = tmp_path / "example.yml"
    yml_path.write_text(EXAMPLE)
    with open(yml_path) as yml:
        cc = mixcloud.Cloudcast.from_yml(yml, None)
    assert (cc.key, cc.name, cc.user, cc.tags) == ("sample-funky", "Sample & Funky", None, ["Funk", "Hip hop"])
    assert [section.start_time for section in cc.sections()] == [0, 174]


def test_the_netrc_of_the_document_is_used_by_itself(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".netrc"
    file.write_text("machine mixcloud-api\npassword u\n")
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    m = Mixcloud(server.url)
    assert (m.access_token, m.me().key) == ("u", "u")
    assert restpath.connect("mixcloud", server.url).me.get()["key"] == "/u/"


def test_the_netrc_is_asked_by_its_own_library_whether_there_is_a_file_or_not() -> None:
    with mock.patch.object(netrc.netrc, "authenticators", return_value=("", None, "my_access_token")) as asked:
        assert Mixcloud().access_token == "my_access_token"
    asked.assert_called_with("mixcloud-api")
    assert Mixcloud().access_token is None


def test_a_damaged_netrc_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine\n\nnonsense here\n")
    monkeypatch.setenv("NETRC", str(file))
    with pytest.raises(restpath.AuthError, match="netrc"):
        _ = Mixcloud().access_token


# ---- users and cloudcasts ----------------------------------------------------------------------------------------


def test_sections_and_description_are_fetched_when_they_are_first_asked_for() -> None:
    item = b'{"slug": "show", "name": "Show", "tags": [], "user": {"username": "u", "name": "U"}}'
    whole = b'{"slug": "show", "name": "Show", "tags": [], "description": "Bla", "sections": [], "pictures": {}}'
    kind = "Content-Type: application/json"
    replies = [
        answer(200, b'{"username": "u", "name": "U"}', kind), answer(200, b'{"data": [' + item + b"]}", kind),
        answer(200, whole, kind),
    ]  # fmt: skip
    with Server(replies) as scripted:
        cloudcast = Mixcloud(scripted.url).user("u").cloudcasts()[0]
        assert len(scripted.requests) == 2
        assert cloudcast.sections() == []
        assert (cloudcast.description(), cloudcast.picture(), cloudcast.sections()) == ("Bla", None, [])
        assert [request.target for request in scripted.requests] == ["/u", "/u/cloudcasts/", "/u/show"]


def test_limit_and_offset_cut_the_list(server: Any) -> None:
    user = Mixcloud(server.url).user("michelplatiniste")
    assert [each.key for each in user.cloudcasts(limit=1)] == ["ambiance"]
    assert [each.key for each in user.cloudcasts(offset=1)] == ["samples"]
    assert [each.key for each in user.cloudcasts(limit=5, offset=2)] == []


def test_a_cloudcast_has_all_that_the_service_says_of_it(server: Any) -> None:
    cloudcast = Mixcloud(server.url).user("michelplatiniste").cloudcast("samples")
    assert cloudcast.name == "Sample & Funky"
    assert cloudcast.tags == ["Funk", "Hip hop"]
    assert cloudcast.sections()[1] == Section(262, Track("Pumpin'", Artist("the-jaz", "The Jaz")))
    assert cloudcast.description() == "Sample & Funky, by Michel Platiniste."
    assert cloudcast.created_time == datetime.datetime(2009, 8, 2, 16, 1, tzinfo=datetime.timezone.utc)
    assert str(cloudcast.picture()).startswith("http")
    assert cloudcast.user is not None
    assert (cloudcast.user.key, cloudcast.user.name) == ("michelplatiniste", "Michel Platiniste")


def test_an_artist_has_a_key_and_a_name(server: Any) -> None:
    assert Mixcloud(server.url).artist("aphex-twin") == Artist("aphex-twin", "Aphex Twin")


@pytest.mark.parametrize("ask", [
    lambda m: m.user("nobody"), lambda m: m.artist("nobody"), lambda m: m.user("u").cloudcast("nothing"),
])  # fmt: skip
def test_what_is_not_there_is_an_error(server: Any, ask: Any) -> None:
    with pytest.raises(restpath.NotFound) as caught:
        ask(Mixcloud(server.url))
    assert caught.value.code == "DoesNotExist"


def test_an_empty_key_never_reaches_another_path(server: Any) -> None:
    with pytest.raises(InvalidValue):
        Mixcloud(server.url).user("")


@pytest.mark.parametrize(("body", "problem"), [
    (b"[]", "no object of JSON"), (b"{}", "a user that has no username"), (b"<html></html>", "no object of JSON"),
])  # fmt: skip
def test_an_answer_that_is_none_is_said(body: bytes, problem: str) -> None:
    replies = [answer(200, body, "Content-Type: text/plain")]
    with Server(replies) as scripted, pytest.raises(restpath.BadReply, match=problem):
        Mixcloud(scripted.url).user("u")


def test_a_user_made_by_hand_knows_nobody_to_ask() -> None:
    with pytest.raises(InvalidValue, match="made by hand"):
        User("spartacus", "Spartacus").cloudcasts()
    by_hand = Cloudcast("k", "K", None, [], None, None)
    assert (by_hand.sections(), by_hand.description(), by_hand.picture()) == ([], "", None)


def test_me_is_asked_for_without_a_token_too(server: Any) -> None:
    with pytest.raises(restpath.Unauthorized):
        Mixcloud(server.url).me()


def test_the_token_can_be_changed(server: Any) -> None:
    m = Mixcloud(server.url, access_token="u")
    assert m.me().key == "u"
    m.access_token = "ann"
    assert m.me().key == "ann"


# ---- uploads -----------------------------------------------------------------------------------------------------


def test_what_is_uploaded_is_then_there(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    sections = [Section(0, Track('Samurai (12" Mix)', Artist(None, "Jäzztronik"))), Section(1061, Chapter("Talk"))]
    posted = m.upload(party(sections=sections), io.BytesIO(b"mp3"), io.BytesIO(b"picture"))
    assert (posted.status_code, posted.ok, bool(posted)) == (200, True, True)
    assert posted.json()["result"]["key"] == "/ann/party-time/"
    cloudcast = m.me().cloudcast("party-time")
    assert cloudcast.sections() == [
        Section(0, Track("Samurai (12\" Mix)", Artist("jazztronik", "Jäzztronik"))), Section(1061, Chapter("Talk")),
    ]  # fmt: skip
    assert (cloudcast.tags, cloudcast.description()) == (["Funk", "Soul"], "Bla bla")
    assert str(cloudcast.picture()).endswith(hashlib.sha256(b"picture").hexdigest())


def test_a_cloudcast_without_a_picture_has_the_usual_sizes_of_one(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    assert m.upload(party(), io.BytesIO(b"mp3")).headers["content-type"] == "text/plain; charset=utf-8"
    client = restpath.connect("mixcloud", server.url)
    assert set(client["ann"]["party-time"].get()["pictures"]) == set(client["u"]["show"].get()["pictures"])
    assert str(m.me().cloudcast("party-time").picture()).endswith("/default")
    hot = client.popular.hot.get.reply()
    assert (hot.media_type, len(hot.content["data"])) == ("text/plain", 4), "JSON under another name is still read"


def test_a_second_cloudcast_of_a_name_gets_a_key_of_its_own(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    keys = [m.upload(party(), io.BytesIO(b"mp3")).json()["result"]["key"] for _ in range(2)]
    assert keys == ["/ann/party-time/", "/ann/party-time-2/"]


def test_the_form_has_the_fields_that_mixcloud_knows() -> None:
    with Server([answer(200, b"{}", "Content-Type: application/json")]) as scripted:
        m = Mixcloud(scripted.url, access_token="t0k")
        sections = [Section(416, Track("Refresher", Artist(None, "Time"))), Section(None, Chapter("Talk"))]
        m.upload(party(sections=sections), io.BytesIO(b"mp3"), io.BytesIO(b"picture"), unlisted=True)
        request = scripted.requests[0]
    form = mixcloud_form(request.body)
    assert request.target == "/upload/?access_token=t0k"
    assert list(form.items()) == [
        ("name", "Party Time"), ("description", "Bla bla"), ("sections-0-artist", "Time"),
        ("sections-0-song", "Refresher"), ("sections-0-start_time", "416"), ("sections-1-chapter", "Talk"),
        ("tags-0-tag", "Funk"), ("tags-1-tag", "Soul"), ("percentage_music", "100"), ("unlisted", "true"),
        ("mp3", "mp3"), ("picture", "picture"),
    ]  # fmt: skip


def mixcloud_form(body: bytes) -> dict[str, str]:
    from restpath.services.mixcloud.forms import parse_multipart

    return parse_multipart(body)


def test_a_stringio_is_sent_as_utf_8() -> None:
    with Server([answer(200, b"{}")]) as scripted:
        Mixcloud(scripted.url).upload(party(), io.StringIO("\x00ä" * 3))
        assert "\x00ä\x00ä\x00ä".encode() in scripted.requests[0].body


def test_an_upload_without_a_token_is_for_mixcloud_to_refuse(server: Any) -> None:
    posted = Mixcloud(server.url).upload(party(), io.BytesIO(b"mp3"))
    assert (posted.status_code, posted.ok) == (401, False)
    with pytest.raises(restpath.Unauthorized) as caught:
        posted.raise_for_status()
    assert caught.value.code == "OAuthException"


def test_a_token_that_cannot_be_read_is_not_the_same_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("nonsense")
    monkeypatch.setenv("NETRC", str(file))
    with Server([]) as scripted:
        with pytest.raises(restpath.AuthError, match="netrc"):
            Mixcloud(scripted.url).upload(party(), io.BytesIO(b"mp3"))
        assert scripted.requests == []


def test_a_refused_upload_says_how_long_to_wait() -> None:
    body = b'{"error": {"type": "RateLimitException", "message": "Slow down", "retry_after": 90}}'
    with Server([answer(403, body, "Content-Type: application/json")]) as scripted:
        posted = Mixcloud(scripted.url, access_token="t").upload(party(), io.BytesIO(b"mp3"))
        assert (posted.status_code, posted.reply.retry_after, posted.json()["error"]["message"]) == (
            403,
            90.0,
            "Slow down",
        )
        with pytest.raises(restpath.TooManyRequests, match="Slow down"):
            posted.raise_for_status()
        assert len(scripted.requests) == 1


class Zeros(io.RawIOBase):
    """A file of zeros that has a length and holds nothing."""

    def __init__(self, length: int) -> None:
        self.length, self.place = length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        self.place = place + (0, self.place, self.length)[whence]
        return self.place

    def tell(self) -> int:
        return self.place


@pytest.mark.parametrize(("mp3", "picture", "tags", "problem"), [
    (Zeros(4_294_967_297), None, [], "mp3: the file has 4,294,967,297 bytes, and Mixcloud takes 4,294,967,296"),
    (io.BytesIO(b"mp3"), Zeros(10_485_761), [], "picture: the file has 10,485,761 bytes.* 10,485,760"),
    (io.BytesIO(b"mp3"), None, list("abcdef"), "has 6 tags, and Mixcloud takes 5 at most"),
    ("no such file.mp3", None, [], "cannot send the file 'no such file.mp3'"),
    (None, None, [], "mp3: None is no file"),
])  # fmt: skip
def test_what_mixcloud_would_refuse_is_said_before_anything_is_sent(
    mp3: Any, picture: Any, tags: list[str], problem: str
) -> None:
    with Server([]) as scripted:
        with pytest.raises(InvalidValue, match=problem):
            Mixcloud(scripted.url, access_token="t").upload(party(tags=tags), mp3, picture)
        assert scripted.requests == []


def test_the_largest_picture_and_five_tags_are_taken(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    posted = m.upload(party(tags=list("abcde")), ("show.mp3", b"mp3"), io.BytesIO(bytes(10_485_760)))
    assert posted.status_code == 200


def test_a_cloudcast_without_a_name_is_not_sent() -> None:
    with pytest.raises(InvalidValue, match="needs a name"):
        Mixcloud(access_token="t").upload(Cloudcast("k", "", [], [], "", None), io.BytesIO(b"mp3"))


def test_a_yaml_file_is_uploaded(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    m.upload_yml_file(io.StringIO(EXAMPLE), io.BytesIO(b"mp3"))
    cloudcast = m.user("ann").cloudcasts()[0]
    assert cloudcast.sections()[1] == Section(174, Track("Ma quale idea", Artist("pino-d-angio", "Pino d'Angio")))


def test_a_yaml_file_that_mixcloud_does_not_take_is_an_error(server: Any) -> None:
    with pytest.raises(restpath.Unauthorized):
        Mixcloud(server.url).upload_yml_file(io.StringIO(EXAMPLE), io.BytesIO(b"mp3"))


# ---- edits -------------------------------------------------------------------------------------------------------


def test_a_cloudcast_is_changed(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    m.upload(party(), io.BytesIO(b"mp3"))
    cloudcast = m.me().cloudcasts()[0]
    cloudcast.name, cloudcast.tags = "Party Time II", ["House"]
    m.edit(cloudcast, io.BytesIO(b"another picture"), unlisted=True)
    changed = m.me().cloudcast("party-time")
    assert (changed.name, changed.tags, len(changed.sections())) == ("Party Time II", ["House"], 2)
    assert changed.pictures != cloudcast.pictures
    assert m.me().cloudcasts() == []


def test_somebody_elses_cloudcast_stays_as_it_is(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    with pytest.raises(restpath.Forbidden):
        m.edit(m.user("u").cloudcast("show"))


def test_an_edit_without_a_user_is_of_ones_own(server: Any) -> None:
    m = Mixcloud(server.url, access_token="any")
    m.upload(party(), io.BytesIO(b"mp3"))
    m.edit(party(description=""))
    assert m.me().cloudcast("party-time").description() == ""


# ---- OAuth -------------------------------------------------------------------------------------------------------


def test_the_link_has_who_asks_and_where_to_go() -> None:
    link = MixcloudOauth("qwerty", "ytrewq", "http://localhost/back?a=1").authorize_url()
    assert link.partition("?")[0] == mixcloud.OAUTH_ROOT + "/authorize"
    assert parse_qs(urlsplit(link).query) == {"client_id": ["qwerty"], "redirect_uri": ["http://localhost/back?a=1"]}


@pytest.mark.parametrize(("given", "missing"), [
    ({"client_secret": "s", "redirect_uri": "http://localhost"}, "client_id missing"),
    ({"client_id": "i", "client_secret": "s"}, "redirect_uri missing"),
])  # fmt: skip
def test_what_the_link_lacks_is_said(given: dict[str, str], missing: str) -> None:
    with pytest.raises(MixcloudOauthError, match=missing):
        MixcloudOauth(**given).authorize_url()


@pytest.mark.parametrize(("status", "body", "problem"), [
    (500, b"{}", "failed with 500"),
    (400, b'{"error": {"type": "OAuthException", "message": "bad code s3cret-code"}}', "OAuthException"),
    (200, b'{"token": "x"}', "no token at /access_token"),
    (200, b"<html>", "nonsense"),
])  # fmt: skip
def test_an_exchange_that_fails_says_so_without_secrets(status: int, body: bytes, problem: str) -> None:
    with Server([answer(status, body, "Content-Type: application/json")]) as scripted:
        oauth = MixcloudOauth("qwerty", "s3cret-ytrewq", "http://localhost/back", oauth_root=scripted.url)
        with pytest.raises(MixcloudOauthError, match=problem) as caught:
            oauth.exchange_token("s3cret-code")
        query = parse_qs(urlsplit(scripted.requests[0].target).query)
    assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__) + repr(oauth)
    assert query == {
        "client_id": ["qwerty"], "client_secret": ["s3cret-ytrewq"], "redirect_uri": ["http://localhost/back"],
        "code": ["s3cret-code"],
    }  # fmt: skip
    assert isinstance(caught.value, restpath.AuthError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_an_exchange_before_there_is_a_code_says_where_it_is() -> None:
    with pytest.raises(MixcloudOauthError, match="the query of the redirect has it"):
        MixcloudOauth("i", "s", "http://localhost").exchange_token("")


def test_the_mock_refuses_a_code_in_the_service_s_own_words(server: Any) -> None:
    said = {
        "client_id": "app",
        "client_secret": "hush-hush",
        "redirect_uri": "http://localhost/back",
        "code": "made-up",
    }
    answer = requests.get(f"{server.url}/oauth/access_token", params=said, timeout=10)
    message = "code is not known, or was used, or has expired"
    assert (answer.status_code, answer.json()) == (400, {"error": {"type": "OAuthException", "message": message}})
    with pytest.raises(MixcloudOauthError, match=message):
        MixcloudOauth("app", "hush-hush", "http://localhost/back", oauth_root=f"{server.url}/oauth").exchange_token(
            "made-up"
        )


def test_a_code_is_good_once(server: Any) -> None:
    oauth = MixcloudOauth("i", "s", "http://localhost/back", oauth_root=f"{server.url}/oauth")
    code = code_of(oauth.authorize_url())
    assert oauth.exchange_token(code)
    with pytest.raises(MixcloudOauthError):
        oauth.exchange_token(code)


# ---- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "slug"), [
    ("Party Time", "party-time"), ("L'ambiance", "l-ambiance"), ("Ünïcödé Straße", "unicode-strasse"),
    ("100% Æther", "100-aether"), ("a_b-c--d", "a_b-c-d"), ("Menelik & No Se", "menelik-no-se"),
    ("Привет, Мир", "привет-мир"), ("", ""),
])  # fmt: skip
def test_a_slug_is_the_name_as_it_stands_in_an_address(name: str, slug: str) -> None:
    assert slugify(name) == slug == slugify(slug)


def test_constants_are_those_of_the_original_client() -> None:
    assert (mixcloud.API_ROOT, mixcloud.OAUTH_ROOT, mixcloud.NETRC_MACHINE) == (
        "https://api.mixcloud.com", "https://www.mixcloud.com/oauth", "mixcloud-api",
    )  # fmt: skip


def test_nothing_is_imported_that_only_some_need() -> None:
    import subprocess
    import sys

    code = (
        "import sys, restpath.services.mixcloud.mock; "
        "print([name for name in ('requests', 'responses', 'yaml', 'oauthlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
