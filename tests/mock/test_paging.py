"""Pages of a mock's lists, and what stands around every answer: as the words of the data have them."""

from __future__ import annotations

import datetime
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import restpath
import restpath.mock
from restpath.mock.answer import Mock
from restpath.mock.paging import read_moment
from restpath.types import Headers

UTC = datetime.timezone.utc


def shop(words: Any, items: Any = 5, **more: Any) -> Any:
    """Connect to a mock of a shop with so many items in it."""
    first = [{"n": number} for number in range(1, items + 1)] if isinstance(items, int) else items
    definition = restpath.read(
        {
            "service": {"service": "shop", "mock": {"first": {"/items": first}, "ids": "numbers", **words}},
            "resources": {
                "/items": {"methods": "GET POST", "mock": more},
                "/items/{item}": "GET DELETE",
                "/plain": {"methods": "GET", "mock": {"of": "/items/{item}", "listed": False}},
            },
        }
    )
    now = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    app = restpath.mock.app(definition, clock=lambda: now)
    return restpath.connect(definition, "http://shop", app=app)


def numbers(items: Any) -> list[int]:
    return [item["n"] for item in items]


NUMBERED = {
    "paging": {"page": "page", "limit": "per_page", "size": 2, "most": 3},
    "listed": {
        "items": {"total": "{total}", "per_page": "{limit}", "page": "{page}", "pages": "{pages}", "item": "{items}"}
    },
    "numbers": "texts",
}


def test_pages_by_number_say_how_many_there_are_in_texts() -> None:
    client = shop(NUMBERED)
    facts = {"total": "5", "per_page": "2", "page": "2", "pages": "3"}
    assert client.items.get(page=2) == {"items": {**facts, "item": [{"n": "3", "id": "3"}, {"n": "4", "id": "4"}]}}
    assert client.items.get(page=4)["items"]["item"] == []
    assert client.items.get(per_page=100)["items"]["per_page"] == "3"


@pytest.mark.parametrize("query", [{"page": "x"}, {"per_page": "-1"}, {"page": "1.5"}])
def test_what_is_no_number_is_400(query: dict[str, str]) -> None:
    with pytest.raises(restpath.BadRequest, match="no number"):
        shop(NUMBERED).items.get(qs=query)


LINKED = {
    "paging": {"limit": "limit", "offset": "offset", "size": 2},
    "listed": {"data": "{items}", "paging": {"next": "{next}", "previous": "{previous}"}},
}


def test_links_lead_over_all_pages_and_back_with_the_callers_query() -> None:
    client = shop(LINKED)
    first = client.items.get(limit=2, q="a b")
    assert first["paging"] == {"next": "http://shop/items?q=a+b&offset=2&limit=2"}
    middle, last = client.items.get(limit=2, offset=2), client.items.get(limit=2, offset=4)
    assert numbers(first["data"] + middle["data"] + last["data"]) == [1, 2, 3, 4, 5]
    assert middle["paging"] == {
        "next": "http://shop/items?offset=4&limit=2",
        "previous": "http://shop/items?offset=0&limit=2",
    }
    assert list(last["paging"]) == ["previous"]


def test_a_resource_may_give_its_list_alone() -> None:
    assert numbers(shop(LINKED).plain.get(limit=3)) == [1, 2, 3]


@settings(max_examples=20)
@given(total=st.integers(0, 12), size=st.integers(1, 5))
def test_pages_by_number_and_by_offset_hold_each_item_once(total: int, size: int) -> None:
    by_page, by_offset = shop(NUMBERED, total), shop(LINKED, total)
    pages = [by_page.items.get(page=number, per_page=min(size, 3))["items"]["item"] for number in range(1, 14)]
    assert [int(item["n"]) for page in pages for item in page] == list(range(1, total + 1))
    parts = [by_offset.items.get(offset=start, limit=size)["data"] for start in range(0, 13, size)]
    assert [item["n"] for part in parts for item in part] == list(range(1, total + 1))


DATED = {"paging": {"since": "since", "until": "until", "limit": "limit", "time": "/at"}}
DATES = [{"n": day, "at": f"2026-01-{day:02}T12:00:00Z"} for day in (1, 2, 3)]
NOON = int(datetime.datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "moment", [str(NOON), "2026-01-02 12:00:00", "2026-01-02T12:00:00Z", "2026-01-02T13:00:00+01:00"]
)
def test_a_page_between_two_moments_begins_with_the_one_and_ends_before_the_other(moment: str) -> None:
    client = shop(DATED, DATES)
    assert numbers(client.items.get(since=moment)) == [2, 3]
    assert numbers(client.items.get(until=moment)) == [1]
    assert numbers(client.items.get(since="2026-01-01", until=moment)) == [1]


def test_without_a_word_on_it_the_moment_of_a_thing_is_when_it_was_made() -> None:
    client = shop({"paging": {"since": "since"}})
    assert numbers(client.items.get(since="2026-01-01 00:00:00")) == [1, 2, 3, 4, 5]
    assert client.items.get(since="2026-01-01 00:00:01") == []
    with pytest.raises(restpath.BadRequest, match="no moment"):
        client.items.get(since="yesterday")


@given(st.one_of(st.text(max_size=20), st.floats(), st.integers()))
def test_whatever_is_said_is_a_moment_with_its_zone_or_none(said: Any) -> None:
    moment = read_moment(said)
    assert moment is None or moment.tzinfo is not None


def test_a_resource_may_have_pages_of_its_own() -> None:
    assert numbers(shop(LINKED, paging={"size": 4}).items.get()["data"]) == [1, 2, 3, 4]


# ---- around every answer -------------------------------------------------------------------------------------------

AROUND = {
    "service": {
        "service": "around",
        "errors": {"code": "/api/code", "message": "/api/message", "when": {"/api/status": ["error"]},
                   "statuses": {"404": 404}},
        "json_types": ["text/plain"],
        "mock": {
            "success": {"api": {"status": "ok", "at": "{unix}"}},
            "error": {"api": {"status": "error"}},
            "error_status": 200,
            "media_type": "text/plain; charset=utf-8",
            "codes": {"404": "404"},
            "post_reads": True,
            "first": {"/docs/7": {"title": "x"}},
        },
    },
    "resources": {
        "/docs": "GET",
        "/docs/{doc}": {"methods": {"GET": {"mock": {"content": {"doc": "{it}", "title": "{it/title}"}}},
                                    "DELETE": {}}},
        "/ping": {"methods": {"POST": {"mock": {"does": "tell", "status": 202}}}},
        "/json": {"methods": {"GET": {"mock": {"does": "tell", "media_type": "application/hal+json"}}}},
        "/text": {"methods": {"GET": {"mock": {"does": "tell", "content": "plain"}}}},
    },
}  # fmt: skip


@pytest.fixture
def around() -> Any:
    definition = restpath.read(AROUND)
    now = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    app = restpath.mock.app(definition, clock=lambda: now)
    return restpath.connect(definition, "http://around", app=app)


def test_success_has_what_the_words_put_beside_it(around: Any) -> None:
    api = {"status": "ok", "at": 1767225600}
    assert around.docs["7"].get() == {"api": api, "doc": {"title": "x"}, "title": "x"}
    reply = around.ping.post.reply()
    assert (reply.status, reply.content, reply.media_type) == (202, {"api": api}, "text/plain")
    assert around.json.get.reply().media_type == "application/hal+json"
    assert around.docs.get() == [{"title": "x"}], "a list has no room beside it"
    assert around.text.get() == "plain"
    assert around.docs["7"].delete.reply().status == 204


@pytest.mark.parametrize(("method", "status"), [("POST", "ok"), ("PUT", "error")])
def test_a_post_may_stand_for_a_get_where_nothing_else_is_known(method: str, status: str) -> None:
    mock = Mock(restpath.read(AROUND), lambda: datetime.datetime.now(UTC))
    answer = mock.answer(method, "/docs/7", Headers({"Host": "h"}), io.BytesIO())
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["api"]["status"] == status


def test_an_error_may_come_under_a_status_of_success(around: Any) -> None:
    with pytest.raises(restpath.NotFound) as caught:
        around.docs["8"].get()
    assert (caught.value.status, caught.value.code) == (200, "404")
    assert caught.value.content["api"]["status"] == "error"
