"""The mock of BandPage is strict about what BandPage was strict about, and has something to look at."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import restpath
from restpath import mock
from restpath.testing import FakeClock, use_clock

CLIENT = {"client_id": "abc", "client_secret": "xyz"}
FORM = {"client_id": "abc", "grant_type": "client_credentials"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def url(clock: FakeClock) -> Iterator[str]:
    with mock.serve("bandpage", credentials=CLIENT, clock=clock.now) as served:
        yield served.url


def token_of(url: str) -> str:
    return str(requests.post(url + "/token", data=FORM, auth=("abc", "xyz"), timeout=5).json()["access_token"])


def test_a_token_request_is_answered_as_the_document_has_it(url: str) -> None:
    answer = requests.post(url + "/token", data=FORM, auth=("abc", "xyz"), timeout=5)
    content = answer.json()
    assert (answer.status_code, content.pop("expires_in"), content.pop("token_type")) == (200, 3600, "bearer")
    assert sorted(content) == ["access_token", "mapi"]


@pytest.mark.parametrize("auth", [None, ("abc", "no"), ("no", "xyz")], ids=repr)
def test_another_client_gets_no_token(url: str, auth: tuple[str, str] | None) -> None:
    assert requests.post(url + "/token", data=FORM, auth=auth, timeout=5).status_code == 401


def test_a_client_cannot_ask_for_another(url: str) -> None:
    answer = requests.post(url + "/token", data={**FORM, "client_id": "somebody"}, auth=("abc", "xyz"), timeout=5)
    assert answer.status_code == 401
    with mock.serve("bandpage") as served:  # where nobody says who is right, they still have to be the same
        asked = [
            requests.post(served.url + "/token", data=FORM, auth=(name, "xyz"), timeout=5) for name in ("no", "abc")
        ]
    assert [each.status_code for each in asked] == [401, 200]


@pytest.mark.parametrize("query", ["", "?access_token=", "?access_token=made-up"])
@pytest.mark.parametrize("path", ["/123", "/123/events", "/search/band"])
def test_without_a_token_that_it_gave_it_refuses(url: str, path: str, query: str) -> None:
    assert requests.get(url + path + query, timeout=5).status_code == 401


def test_client_id_and_secret_are_good_for_tokens_alone(url: str) -> None:
    assert requests.get(url + "/123", auth=("abc", "xyz"), timeout=5).status_code == 401


def test_a_token_is_good_for_its_hour(url: str, clock: FakeClock) -> None:
    place = f"{url}/123?access_token={token_of(url)}"
    clock.sleep(3599)
    assert requests.get(place, timeout=5).status_code == 200
    clock.sleep(1)
    assert requests.get(place, timeout=5).status_code == 401


@pytest.mark.parametrize("path", ["/999", "/123/nothing", "/999/events", "/1001/events"])
def test_what_is_not_there_is_not_found(url: str, path: str) -> None:
    answer = requests.get(f"{url}{path}?access_token={token_of(url)}", timeout=5)
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]


def test_everything_with_an_id_can_be_read_by_it(url: str) -> None:
    client = restpath.connect("bandpage", url, **CLIENT)
    for connection in ("events", "photos", "tracks", "videos"):
        for item in client["123"][connection].get(limit=3):
            assert client[item["bid"]].get() == item


def test_pages_have_fifty_items_and_a_link_to_the_next(url: str) -> None:
    token = token_of(url)
    answer = requests.get(f"{url}/123/tracks?since=0&access_token={token}", timeout=5)
    assert len(answer.json()) == 50
    link = answer.links["next"]["url"]
    assert parse_qs(urlsplit(link).query) == {"since": ["0"], "offset": ["50"], "access_token": [token]}
    last = requests.get(link, timeout=5)
    assert (len(last.json()), last.links) == (10, {})


@pytest.mark.parametrize("query", ["limit=x", "offset=-1"])
def test_a_page_is_asked_for_by_numbers(url: str, query: str) -> None:
    answer = requests.get(f"{url}/123/events?{query}&access_token={token_of(url)}", timeout=5)
    assert answer.status_code == 400


def test_a_walk_outlives_its_token(url: str, clock: FakeClock) -> None:
    """The links have the token of their page in them; each page is asked for with the one that is good then."""
    client = restpath.connect("bandpage", url, **CLIENT)
    use_clock(client, clock)
    titles = []
    for event in client["123"].events.walk(limit=1):
        titles.append(event["title"])
        clock.sleep(3600)
    assert titles == ["Album release", "Summer fair", "Farewell"]


def test_a_client_whose_clock_is_wrong_gets_a_new_token_after_a_401(url: str, clock: FakeClock) -> None:
    client = restpath.connect("bandpage", url, **CLIENT)
    use_clock(client, FakeClock())
    first = client["123"].get.reply()
    clock.sleep(3600)
    again = client["123"].get.reply()
    assert (first.content, again.status) == (again.content, 200)
