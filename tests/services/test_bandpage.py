"""BandPage as its Python client's document has it, against the mock, and what that document leaves open."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

import restpath
import restpath.services.bandpage as bandpage
from restpath import mock
from restpath.testing import FakeClock

CLIENT = {"client_id": "abc", "client_secret": "xyz"}
TOKEN = "rqay894bkhzn9aa6gjvruxta"
HOUR = 3600


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[mock.server.MockServer]:
    """The mock, with the global configuration pointing at it."""
    with mock.serve("bandpage", credentials=CLIENT, clock=clock.now) as served:
        monkeypatch.setattr(bandpage.conf, "ENDPOINT", served.url)
        monkeypatch.setattr(bandpage.conf, "CLIENT_ID", "abc")
        monkeypatch.setattr(bandpage.conf, "SECRET_KEY", "xyz")
        yield served


@pytest.fixture
def token(server: mock.server.MockServer) -> dict[str, Any]:
    return bandpage.get_access_token()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    """A service that answers what a test says, with nothing configured."""
    for name in ("CLIENT_ID", "SECRET_KEY"):
        monkeypatch.setattr(bandpage.conf, name, None)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as answers:
        yield answers


def url(path: str) -> str:
    return bandpage.conf.ENDPOINT + path


# ---- the document's examples, in its order -----------------------------------------------------------------------


def test_basic_usage(server: mock.server.MockServer, capsys: pytest.CaptureFixture[str]) -> None:
    bandpage.conf.CLIENT_ID = "abc"
    bandpage.conf.SECRET_KEY = "xyz"

    token = bandpage.get_access_token()

    print(bandpage.get("123", access_token=token))
    assert "'bid': '123'" in capsys.readouterr().out


def test_configured_globally_or_passed_through_on_a_request(
    server: mock.server.MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bandpage.conf, "CLIENT_ID", "somebody else")
    monkeypatch.setattr(bandpage.conf, "SECRET_KEY", "another secret")
    with pytest.raises(bandpage.BandpageUnauthorized):
        bandpage.get_access_token()
    assert bandpage.get_access_token(client_id="abc", secret_key="xyz")["access_token"]


def test_a_token_is_a_dict_with_these_four_keys(token: dict[str, Any]) -> None:
    assert sorted(token) == ["access_token", "expires_in", "mapi", "token_type"]
    assert (token["expires_in"], token["token_type"]) == (HOUR, "bearer")
    assert isinstance(token["access_token"], str)
    assert isinstance(token["mapi"], str)


def test_the_full_dict_or_its_text_can_be_passed_around(token: dict[str, Any]) -> None:
    bid = "123"
    assert bandpage.get(bid, access_token=token) == bandpage.get(bid, access_token=token["access_token"])
    assert bandpage.get(bid, token)["bid"] == bid


def test_a_band_is_a_dict_whose_keys_may_be_missing(token: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    band = bandpage.get("123", access_token=token)
    band.get("bio")
    if band.get("bio") is not None:
        print(band.get("bio"))
    assert capsys.readouterr().out == "Four people and a van.\n"
    assert bandpage.get("125", access_token=token).get("bio") is None


def test_connections_are_lists(token: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    events = bandpage.get("123/events", access_token=token)
    for event in events:
        print(event)
    assert capsys.readouterr().out.count("'type': 'Event'") == 3


def test_errors_have_one_class_above_them(server: mock.server.MockServer, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        bandpage.get("123", access_token="no longer good")
    except bandpage.BandpageError:
        print("Oops, BandPage fail!")
    assert capsys.readouterr().out == "Oops, BandPage fail!\n"


class Cache:
    """What frameworks call a cache: things are gone when their time is over."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock, self._things = clock, dict[str, tuple[Any, float]]()

    def get(self, key: str) -> Any:
        value, until = self._things.get(key, (None, 0.0))
        return value if self._clock.monotonic() < until else None

    def set(self, key: str, value: Any, timeout: float) -> None:
        self._things[key] = (value, self._clock.monotonic() + timeout)


def test_the_caching_pattern_asks_for_a_token_once_in_its_lifetime(
    server: mock.server.MockServer, clock: FakeClock
) -> None:
    cache = Cache(clock)

    def band() -> tuple[Any, str]:
        token = cache.get("BandPage:access_token")
        if token is None:
            token = bandpage.get_access_token()
            cache.set("BandPage:access_token", token, token["expires_in"])
        return bandpage.get("123", access_token=token), token["access_token"]

    first, kept = band()
    clock.sleep(HOUR - 1)
    again, same = band()
    assert (first, kept) == (again, same)
    clock.sleep(1)
    later, new = band()
    assert later == first
    assert new != kept


# ---- tokens ------------------------------------------------------------------------------------------------------


def test_a_token_ends_after_its_hour(token: dict[str, Any], clock: FakeClock) -> None:
    clock.sleep(HOUR - 1)
    assert bandpage.get("123", access_token=token)
    clock.sleep(1)
    with pytest.raises(bandpage.BandpageUnauthorized):
        bandpage.get("123", access_token=token)


def test_search_finds_bands_by_name(token: dict[str, Any]) -> None:
    assert [band["bid"] for band in bandpage.search("sleeper", access_token=token)] == ["123", "124"]
    assert bandpage.search("nobody", token, limit=1)[0]["name"] == "Nobody's Aunt"


@pytest.mark.parametrize("wrong", ["", {}, {"access_token": None}, {"access_token": ""}, 7, ["a"]], ids=repr)
def test_what_is_no_token_is_refused_before_anything_is_sent(service: responses.RequestsMock, wrong: Any) -> None:
    with pytest.raises(restpath.InvalidValue, match="get_access_token"):
        bandpage.get("123", access_token=wrong)
    assert len(service.calls) == 0


def test_a_token_request_is_basic_and_a_form(service: responses.RequestsMock) -> None:
    service.post(url("/token"), json={"access_token": TOKEN})
    assert bandpage.get_access_token(client_id="abc", secret_key="xyz") == {"access_token": TOKEN}
    request = service.calls[0].request
    assert request.headers["Authorization"] == "Basic YWJjOnh5eg=="
    assert request.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert sorted(str(request.body or b"", "ascii").split("&")) == ["client_id=abc", "grant_type=client_credentials"]


@pytest.mark.parametrize("answer", ["<html>", "{}", "[]", '{"access_token": 1}', '{"access_token": ""}', ""])
def test_a_token_endpoint_that_answers_nonsense_is_an_auth_error(service: responses.RequestsMock, answer: str) -> None:
    service.post(url("/token"), body=answer, content_type="text/html" if "<" in answer else "application/json")
    with pytest.raises(restpath.AuthError, match="access_token") as caught:
        bandpage.get_access_token(client_id="abc", secret_key="very-secret")
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["client_id", "secret_key"]),
        ({"client_id": "abc"}, ["secret_key"]),
        ({"secret_key": "very-secret"}, ["client_id"]),
    ],
)
def test_missing_client_credentials_are_an_error_that_says_every_way_to_give_them(
    service: responses.RequestsMock, given: dict[str, str], missing: list[str]
) -> None:
    with pytest.raises(restpath.AuthError) as caught:
        bandpage.get_access_token(**given)
    text = str(caught.value)
    for name in missing:
        assert f"{name}=..." in text
        assert f"bandpage.conf.{name.upper()}" in text
        assert f"BANDPAGE_{name.upper()}" in text
    for name in {"client_id", "secret_key"} - set(missing):
        assert f"{name}=" not in text
    assert "RESTPATH_BANDPAGE_CLIENT_" in text
    assert "very-secret" not in text
    assert len(service.calls) == 0


def test_a_missing_token_is_an_error_that_says_every_way_to_get_one(service: responses.RequestsMock) -> None:
    with pytest.raises(restpath.AuthError, match=r"secret_key are missing.*access_token=.*bandpage\.conf\.CLIENT_ID"):
        bandpage.get("123")
    with pytest.raises(restpath.AuthError, match="access_token="):
        bandpage.search("sleeper")
    assert len(service.calls) == 0


def test_the_environment_stands_in_for_what_nobody_gave(
    service: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTPATH_BANDPAGE_CLIENT_ID", "abc")
    monkeypatch.setenv("RESTPATH_BANDPAGE_CLIENT_SECRET", "xyz")
    service.post(url("/token"), json={"access_token": TOKEN})
    bandpage.get_access_token()
    assert service.calls[0].request.headers["Authorization"] == "Basic YWJjOnh5eg=="


def test_a_token_in_the_environment_is_good_for_calls(
    service: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTPATH_BANDPAGE_ACCESS_TOKEN", TOKEN)
    service.get(
        url("/123"), json={"bid": "123"}, match=[responses.matchers.query_param_matcher({"access_token": TOKEN})]
    )
    assert bandpage.get("123") == {"bid": "123"}


# ---- paths -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", "/", "//", "/123", "/events", "123/", "123//events", ".", "..", "123/..", "../123", "%2E%2E", "123/%2e",
     "123/events/5", "?limit=1", "/?limit=1", "http://127.0.0.1/123", None, True, 1.5, b"123", ["123"]],
    ids=repr,
)  # fmt: skip
def test_a_path_without_its_id_or_out_of_its_place_sends_nothing(service: responses.RequestsMock, path: Any) -> None:
    with pytest.raises(restpath.InvalidValue):
        bandpage.get(path, access_token=TOKEN)
    assert len(service.calls) == 0


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("123", "/123"),
        (123, "/123"),
        ("123/events", "/123/events"),
        ("123/anything-else", "/123/anything-else"),
        ("a b/events", "/a%20b/events"),
        ("a%2Fb/events", "/a%2Fb/events"),
        ("123#top", "/123%23top"),
        ("search/band?name=x%20y", "/search/band?name=x%20y"),
        ("123/events?limit=1&limit=2", "/123/events?limit=1&limit=2"),
        ("token", "/token"),
    ],
)
def test_path_is_sent_segment_by_segment(service: responses.RequestsMock, path: Any, sent: str) -> None:
    service.get(re.compile(".*"), json={})
    bandpage.get(path, access_token=TOKEN)
    asked = service.calls[0].request.url or ""
    assert unquote(asked).endswith(f"access_token={TOKEN}")
    assert asked.removeprefix(bandpage.conf.ENDPOINT).replace("+", "%20").startswith(sent)


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..") and text.isprintable()))
def test_whatever_an_id_is_it_stays_one_segment(bid: str) -> None:
    with responses.RequestsMock() as service:
        service.get(re.compile(".*"), json={})
        bandpage.get(f"{quote(bid, safe='')}/events", access_token=TOKEN)
        path = urlsplit(service.calls[0].request.url or "").path
    assert path.count("/") == 2
    assert unquote(path) == f"/{bid}/events"


def test_further_fields_go_into_the_query(token: dict[str, Any]) -> None:
    assert [event["bid"] for event in bandpage.get("123/events", access_token=token, limit=1, offset=1)] == ["1002"]
    assert len(bandpage.get("123/events?limit=2", access_token=token, offset=2)) == 1


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, bandpage.BandpageUnauthorized),
        (403, bandpage.BandpageUnauthorized),
        (404, bandpage.BandpageNotFound),
        (400, bandpage.BandpageError),
        (500, bandpage.BandpageError),
        (201, bandpage.BandpageError),
    ],
)
def test_any_status_but_200_is_an_error(
    service: responses.RequestsMock, status: int, kind: type[bandpage.BandpageError]
) -> None:
    service.get(url("/123"), status=status, json={"error": f"No, {TOKEN} is not good"})
    with pytest.raises(bandpage.BandpageError) as caught:
        bandpage.get("123", access_token=TOKEN)
    error = caught.value
    assert type(error) is kind
    assert error.status_code == error.status == error.reply.status == status
    assert error.content == {"error": f"No, {TOKEN} is not good"}
    assert isinstance(error, restpath.RequestError)


def test_restpaths_own_error_is_the_cause(service: responses.RequestsMock) -> None:
    service.get(url("/123"), status=403)
    with pytest.raises(bandpage.BandpageUnauthorized) as caught:
        bandpage.get("123", access_token=TOKEN)
    assert isinstance(caught.value.__cause__, restpath.Forbidden)


def test_an_error_says_what_was_asked_and_answered_without_the_token(service: responses.RequestsMock) -> None:
    service.get(url("/123"), status=401, json={"error": f"No, {TOKEN} is not good"})
    with pytest.raises(bandpage.BandpageUnauthorized, match=r"GET .*/123 failed with 401: No, \*\*\*") as caught:
        bandpage.get("123", access_token=TOKEN)
    assert TOKEN not in str(caught.value) + repr(caught.value) + repr(caught.value.reply)


def test_an_error_can_be_made_by_its_status_and_pickled() -> None:
    usual = [bandpage.BandpageNotFound(), bandpage.BandpageUnauthorized(), bandpage.BandpageUnauthorized(403)]
    assert [error.status_code for error in usual] == [404, 401, 403]
    error = pickle.loads(pickle.dumps(bandpage.BandpageNotFound(404)))
    assert (type(error), error.status_code, str(error)) == (bandpage.BandpageNotFound, 404, "HTTP status 404")
    assert error.reply.content is None


def test_no_answer_is_no_error_of_bandpage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandpage.conf, "ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(restpath.ConnectionFailed):
        bandpage.get("123", access_token=TOKEN)


# ---- the class ---------------------------------------------------------------------------------------------------


def test_a_bandpage_has_credentials_of_its_own(server: mock.server.MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandpage.conf, "CLIENT_ID", "somebody else")
    monkeypatch.setattr(bandpage.conf, "SECRET_KEY", "another secret")
    own = bandpage.Bandpage("abc", "xyz")
    token = own.get_access_token()
    for api in (bandpage.Bandpage(access_token=token), bandpage.Bandpage("abc", "xyz", token["access_token"])):
        assert api.get("123")["bid"] == "123"
        assert api.get("123/photos", limit=1)[0]["bid"] == "2001"
        assert api.search("train")[0]["bid"] == "124"


def test_a_bandpage_without_token_gets_one_and_another_when_it_has_ended(
    server: mock.server.MockServer, clock: FakeClock
) -> None:
    api = bandpage.Bandpage("abc", "xyz")
    assert api.get("123")["bid"] == "123"
    clock.sleep(2 * HOUR)
    assert api.get("123")["bid"] == "123"
    assert api.access_token is None


def test_a_bandpage_shows_no_secret() -> None:
    api = bandpage.Bandpage("abc", "very-secret", TOKEN)
    assert repr(api) == "<Bandpage abc>"
    kept = pickle.dumps(api)
    assert b"very-secret" not in kept
    assert TOKEN.encode() not in kept
    assert pickle.loads(kept).client_id == "abc"


# ---- Django ------------------------------------------------------------------------------------------------------

PROJECT = """
BANDPAGE_CLIENT_ID = "abc"
BANDPAGE_SECRET_KEY = "xyz"
"""
PROGRAM = """
import sys
import restpath.services.bandpage as bandpage
assert "django" not in sys.modules
bandpage.conf.ENDPOINT = sys.argv[1]

import django
django.setup()
from django.core.cache import cache
from django.test import override_settings

token = cache.get('BandPage:access_token')
if token is None:
    token = bandpage.get_access_token()
    cache.set('BandPage:access_token', token, token['expires_in'])
print(bandpage.get('123', access_token=token)["bid"])
assert cache.get('BandPage:access_token') == token

def refused(**given):
    try:
        bandpage.get_access_token(**given)
    except bandpage.BandpageUnauthorized:
        return True

with override_settings(BANDPAGE_SECRET_KEY="another"):
    assert refused()
    bandpage.conf.SECRET_KEY = "xyz"
    assert not refused()
    bandpage.conf.SECRET_KEY = "yet another"
assert refused()
assert not refused(secret_key="xyz")
"""


def test_settings_of_a_django_project_are_read_and_overridden(server: mock.server.MockServer, tmp_path: Path) -> None:
    pytest.importorskip("django", reason="needs Django: pip install django")
    (tmp_path / "project.py").write_text(PROJECT, encoding="utf-8")
    done = run(PROGRAM, server.url, tmp_path, DJANGO_SETTINGS_MODULE="project")
    assert (done.returncode, done.stdout, done.stderr) == (0, "123\n", "")


def test_settings_that_nobody_has_looked_at_yet_are_read(server: mock.server.MockServer, tmp_path: Path) -> None:
    pytest.importorskip("django", reason="needs Django: pip install django")
    (tmp_path / "project.py").write_text(PROJECT, encoding="utf-8")
    program = """
import sys
import restpath
import restpath.services.bandpage as bandpage
from django.conf import settings
bandpage.conf.ENDPOINT = sys.argv[1]
assert not settings.configured
try:
    print(len(bandpage.get_access_token()["access_token"]) > 8, settings.configured)
except restpath.AuthError as error:
    print("settings of a Django project" in str(error), settings.configured)
"""
    done = run(program, server.url, tmp_path, DJANGO_SETTINGS_MODULE="project")
    assert (done.returncode, done.stdout, done.stderr) == (0, "True True\n", "")
    done = run(program, server.url, tmp_path, DJANGO_SETTINGS_MODULE="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "True False\n", "")


def test_django_is_never_imported_for_its_settings(server: mock.server.MockServer, tmp_path: Path) -> None:
    program = """
import sys
import restpath.services.bandpage as bandpage
bandpage.conf.ENDPOINT = sys.argv[1]
token = bandpage.get_access_token(client_id="abc", secret_key="xyz")
print(bandpage.get("123", access_token=token)["bid"], "django" in sys.modules)
"""
    done = run(program, server.url, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "123 False\n", "")


def run(program: str, address: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    import os

    environment = {**os.environ, **variables, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", program, address],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )


# ---- the same service by its paths -------------------------------------------------------------------------------


def test_connect_reaches_it_by_client_id_and_secret(server: mock.server.MockServer) -> None:
    client = restpath.connect("bandpage", server.url, client_id="abc", client_secret="xyz")
    assert [event["bid"] for event in client["123"].events.get()] == ["1001", "1002", "1003"]
    with pytest.raises(
        restpath.AuthError, match=r"needs credentials: access_token; or client_id, client_secret\. Give"
    ):
        restpath.connect("bandpage", server.url)["123"].get()
    assert client.search.band.get(name="train")[0]["bid"] == "124"
    assert client["1001"].get()["title"] == "Album release"
    with pytest.raises(restpath.NotFound):
        client["999"].get()


def test_named_connections_are_attributes_and_any_other_is_an_item() -> None:
    client = restpath.connect("bandpage", access_token=TOKEN)
    names = ["emails", "events", "genres", "photos", "tracks", "videos", "websites"]
    assert restpath.children(client["123"]) == [*names, "{connection}"]
    for name in names:
        assert restpath.url(getattr(client["123"], name)) == f"https://api-read.bandpage.com/123/{name}"
        assert client["123"][name] == getattr(client["123"], name)
    assert restpath.url(client["123"]["mailing-list"]) == "https://api-read.bandpage.com/123/mailing-list"
    with pytest.raises(restpath.UnknownResource):
        client["123"].mailing_list  # noqa: B018


def test_walk_goes_through_all_pages(server: mock.server.MockServer) -> None:
    client = restpath.connect("bandpage", server.url, client_id="abc", client_secret="xyz")
    assert len(client["123"].tracks.get()) == 50
    assert [track["bid"] for track in client["123"].tracks.walk(limit=7)] == [str(3000 + n) for n in range(1, 61)]
    assert [band["bid"] for band in client.search.band.walk(name="sleeper", limit=1)] == ["123", "124"]


def test_the_endpoint_is_that_of_the_data() -> None:
    assert restpath.read("bandpage").service.base_url == bandpage.conf.ENDPOINT
