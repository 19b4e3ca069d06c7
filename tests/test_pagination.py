"""Page rules: items, positions and the calls for them, from replies that nobody sent."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import BadReply, Call, DefinitionError, Headers, InvalidValue
from restpath.building import build_call
from restpath.call import Arguments
from restpath.masking import Secret
from restpath.pagination import Paging, Position
from restpath.reply import Reply

BASE = "https://api.example/v1"


def paging(rule: dict[str, Any], method: str = "GET", words: Any = None, *, url: str = BASE, **given: Any) -> Paging:
    """The pages of a list at /things by a rule; the arguments are those of `Arguments`."""
    service = {
        "format": 1, "service": "test", "base_url": url, "credentials": {"token": {}},
        "auth": {"key": {"query": {"access_token": "{token}"}}},
    }  # fmt: skip
    resources = {"/things": {"methods": {method: {"pages": rule, **(words or {})}}}}
    definition = restpath.read({"service": service, "resources": resources})
    client = restpath.connect(definition, token="geheim-token")
    record = definition.method("/things", method)
    arguments = Arguments(**given)
    return Paging(record, definition.service, arguments, lambda each: build_call(client.things, method, each))


def reply(content: Any, *lines: tuple[str, str], url: str = f"{BASE}/things", hidden: Any = ()) -> Reply:
    headers = Headers([("Content-Type", "application/json"), *lines])
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(200, headers, body, timedelta(0), Call("GET", url), hidden=tuple(map(Secret, hidden)))


def following(pages: Paging, content: Any, *lines: tuple[str, str], at: Position | None = None, **more: Any) -> Any:
    """The position behind a page."""
    position = at or pages.start
    answered = reply(content, *lines, **more)
    return pages.next_position(answered, position, pages.items_of(answered, position))


PAGE = {"by": "page", "parameter": "page", "items": "/docs/doc", "pages": "/docs/pages", "total": "/docs/total"}
OFFSET = {"by": "offset", "parameter": "offset", "total": "/total", "items": "/items"}
ITEM = {"by": "item", "parameter": "before", "key": "/id", "items": "/items"}
LINK = {"by": "link", "next": "/next", "items": "/items"}
CURSOR = {"by": "cursor", "parameter": "after", "next": "/cursor", "items": "/items"}


# ---- where the items are


@pytest.mark.parametrize(
    ("pointer", "content", "items"),
    [
        ("", [1, 2], [1, 2]),
        ("", [], []),
        ("", None, []),
        ("/data", {"data": [1]}, [1]),
        ("/a/b", {"a": {"b": [1]}}, [1]),
        ("/0/x", [{"x": [1]}], [1]),
        ("/a~1b/c~0d", {"a/b": {"c~d": [1]}}, [1]),
        ("/", {"": [1]}, [1]),
        ("/data", {"data": None}, []),
        ("/data", [], []),
        ("/docs/doc", {"docs": []}, []),
        ("/docs/doc", {"docs": None}, []),
        ("/data", None, []),
    ],
)
def test_the_items_of_a_page_stand_where_the_rule_says(pointer: str, content: Any, items: list[Any]) -> None:
    pages = paging(
        {"by": "page", "parameter": "page", "items": pointer} if pointer else {"by": "page", "parameter": "p"}
    )
    assert pages.items_of(reply(content), pages.start) == items


def test_a_list_of_one_may_be_written_as_its_item_where_the_page_counts() -> None:
    pages = paging(PAGE)
    one = reply({"docs": {"total": "1", "doc": {"id": 1}}})
    assert pages.items_of(one, pages.start) == [{"id": 1}]
    assert pages.next_position(one, pages.start, [{"id": 1}]) is None
    for content in ({"docs": {"doc": {"error": "down"}}}, {"docs": {"total": "1", "doc": {}}}):
        with pytest.raises(BadReply, match="no list at /docs/doc: there is an"):
            pages.items_of(reply(content), pages.start)


def test_an_answer_without_content_is_an_empty_page() -> None:
    pages = paging(LINK)
    assert pages.items_of(reply(b""), pages.start) == []


def test_a_page_that_counts_no_items_may_leave_its_list_out() -> None:
    pages = paging(PAGE)
    assert pages.items_of(reply({"docs": {"total": "0"}}), pages.start) == []
    with pytest.raises(BadReply, match="no list at /docs/doc"):
        pages.items_of(reply({"docs": {"total": 2}}), pages.start)


@pytest.mark.parametrize("content", [{}, {"docs": {}}, {"kind": "docs"}, None, {"docs": {"doc": None}}])
def test_a_list_that_is_optional_may_be_left_out(content: Any) -> None:
    pages = paging({"by": "page", "parameter": "page", "items": "/docs/doc", "optional": True})
    assert pages.items_of(reply(content), pages.start) == []


@pytest.mark.parametrize("content", [{"docs": "geheim"}, {"docs": {"doc": {}}}, [1], "geheim", {"docs": [1]}])
def test_an_optional_list_is_left_out_of_an_object_alone(content: Any) -> None:
    pages = paging({"by": "page", "parameter": "page", "items": "/docs/doc", "optional": True})
    with pytest.raises(BadReply, match="no list at /docs/doc"):
        pages.items_of(reply(content), pages.start)


@pytest.mark.parametrize(
    ("pointer", "content", "words"),
    [
        ("/data", {"fault": "down"}, "there is nothing, and the content is an object with fault"),
        ("/data", {"fault": "down"}, '"optional": true'),
        ("/data", {}, "there is nothing, and the content is an empty object"),
        ("/docs/doc", {"docs": {"dok": [1], "total": "0"}}, "and /docs is an object with dok, total"),
        ("/docs/doc", {"albums": {"doc": []}, "api": 1}, "the content is an object with albums, api"),
        ("/docs/doc", {"docs": [1, 2]}, "no list at /docs/doc: there is nothing, and /docs is a list of 2"),
        ("/docs/doc", {"docs": "none"}, "no list at /docs/doc"),
        ("/data", [1, 2], "the content is a list of 2"),
        ("/data", {"data": {"id": 1}}, "there is an object with id"),  # one object is not a list of one
        ("/data", {"data": {}}, "an empty object"),
        ("/data", {"data": "geheim"}, "there is a text"),
        ("/data", {"data": 7}, "there is a number"),
        ("/data", {"data": True}, "there is a truth value"),
        ("", {"a": 1, "b": 2}, "no list at its beginning: there is an object with a, b"),
        ("", "geheim", "there is a text"),
    ],
)
def test_an_answer_without_its_list_is_an_error_that_says_what_there_is(pointer: str, content: Any, words: str) -> None:
    pages = paging({"by": "page", "parameter": "page", "items": pointer})
    with pytest.raises(BadReply) as caught:
        pages.items_of(reply(content), pages.start)
    assert words in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert caught.value.call is not None


def test_text_in_place_of_json_is_no_list() -> None:
    pages = paging(LINK)
    answered = Reply(200, Headers({"Content-Type": "text/html"}), b"<html>", timedelta(0), Call("GET", BASE))
    with pytest.raises(BadReply, match="the content is a text"):
        pages.items_of(answered, pages.start)


# ---- by number and offset


@pytest.mark.parametrize(
    ("docs", "page", "more"),
    [
        ({"pages": 3}, 1, 2), ({"pages": 3}, 2, 3), ({"pages": 3}, 3, None), ({"pages": "3"}, 2, 3),
        ({"pages": "3"}, 3, None), ({"pages": 3.0}, 3, None), ({"pages": 1}, 1, None), ({"pages": 0}, 1, None),
        ({"pages": None}, 1, 2), ({"pages": "many"}, 1, 2), ({"pages": True}, 1, 2), ({"pages": -1}, 1, 2),
        ({"pages": -1.0}, 1, 2), ({"total": -1}, 1, 2), ({"total": -1.0}, 1, 2),
        ({}, 1, 2), ({}, 99, 100), ({"total": 2}, 1, None), ({"total": "2"}, 1, None), ({"total": "3"}, 1, 2),
        ({"total": 2, "pages": 5}, 1, None),
    ],
)  # fmt: skip
def test_the_number_of_pages_or_of_items_ends_a_list_of_pages(docs: Any, page: int, more: int | None) -> None:
    content = {"docs": {"doc": [{"id": 1}, {"id": 2}], **docs}}
    found = following(paging(PAGE), content, at=Position(page))
    assert found == (None if more is None else Position(more, 2))


def test_the_number_of_items_counts_from_where_the_walk_began() -> None:
    content = {"docs": {"doc": [1, 2], "total": "5"}}
    pages = paging(PAGE)
    assert following(pages, content, at=Position(2, 2)) == Position(3, 4)
    assert following(pages, content, at=Position(3, 4)) is None
    late = paging(PAGE, fields={"page": 3})  # of whose size nothing is known
    assert following(late, content) == Position(4, 2)


def test_pages_may_count_from_zero() -> None:
    pages = paging({**PAGE, "first": 0})
    assert pages.start == Position(0)
    assert following(pages, {"docs": {"doc": [1], "pages": 2}}) == Position(1, 1)
    assert following(pages, {"docs": {"doc": [1], "pages": 2}}, at=Position(1, 1)) is None


def test_an_offset_moves_by_what_came() -> None:
    pages = paging(OFFSET, qs={"limit": 10})
    assert following(pages, {"items": [1, 2, 3], "total": 9}) == Position(3, 3)
    assert following(pages, {"items": [1, 2, 3], "total": 9}, at=Position(6, 6)) is None
    assert following(pages, {"items": [1]}, at=Position(6, 6)) == Position(7, 7)


@pytest.mark.parametrize(
    ("given", "start"),
    [
        ({"fields": {"offset": 40}}, 40), ({"fields": {"offset": "40"}}, 40), ({"qs": {"offset": 40}}, 40),
        ({"qs": "limit=2&offset=40"}, 40), ({"qs": [("offset", 40)]}, 40), ({"fields": {"offset": None}}, 0), ({}, 0),
    ],
)  # fmt: skip
def test_a_walk_begins_where_the_caller_says(given: dict[str, Any], start: int) -> None:
    pages = paging(OFFSET, **given)
    assert pages.start == Position(start, start)
    assert pages.call_at(pages.start) is pages.first


@pytest.mark.parametrize("value", ["x", -1, 1.5, "", True, [1, 2]])
def test_a_walk_begins_at_one_whole_number(value: Any) -> None:
    with pytest.raises(InvalidValue, match="begins at one whole number"):
        paging(OFFSET, fields={"offset": value})


def test_an_empty_page_ends_every_list() -> None:
    for rule in (PAGE, OFFSET, ITEM, LINK, CURSOR):
        content = {"docs": {"doc": []}, "items": [], "next": "?page=2", "cursor": "x"}
        assert following(paging(rule), content) is None


# ---- whether there is more


@pytest.mark.parametrize(
    ("told", "goes_on"),
    [
        (True, True), (1, True), ("1", True), ("true", True), (" True ", True), ("yes", True), ("25", True),
        (False, False), (0, False), ("0", False), ("false", False), ("no", False), ("", False), (None, True),
        ({}, True), ("perhaps", True),
    ],
)  # fmt: skip
def test_the_service_says_whether_there_is_more(told: Any, goes_on: bool) -> None:
    pages = paging({**ITEM, "more": "/more"})
    found = following(pages, {"items": [{"id": 7}], "more": told})
    assert (found is not None) is goes_on


def test_a_flag_in_a_header_field_says_no_where_it_is_missing() -> None:
    pages = paging({**ITEM, "more": "X-More"})
    content = {"items": [{"id": 7}]}
    assert following(pages, content, ("x-more", "1")) == Position(7, 1, 1)
    assert following(pages, content, ("x-more", "0")) is None
    assert following(pages, content) is None


def test_a_flag_in_the_content_that_is_missing_says_nothing() -> None:
    assert following(paging({**ITEM, "more": "/more"}), {"items": [{"id": 7}]}) is not None


def test_what_the_service_says_of_more_goes_before_its_counts() -> None:
    pages = paging({**OFFSET, "more": "/more"})
    assert following(pages, {"items": [1], "total": 1, "more": True}) == Position(1, 1)


def test_an_empty_page_of_a_list_that_goes_on_leads_to_the_next() -> None:
    pages = paging({**CURSOR, "more": "/more"})
    assert following(pages, {"items": [], "more": True, "cursor": "x"}) == Position("x")
    assert following(pages, {"items": [], "more": True}) is None


# ---- by the last item


@pytest.mark.parametrize("value", [7, "7", "a b", 1.5, 0, -3, "\u20ac"])
def test_the_value_of_the_last_item_is_kept_as_it_is(value: Any) -> None:
    found = following(paging(ITEM), {"items": [{"id": 1}, {"id": value}]})
    assert (found.value, type(found.value)) == (value, type(value))


def test_the_items_may_be_the_values_themselves() -> None:
    assert following(paging({**ITEM, "key": ""}), {"items": ["a", "b"]}) == Position("b", 2, 1)


@pytest.mark.parametrize("item", [{}, {"id": None}, {"id": {}}, {"id": True}, {"id": ""}, 7, {"id": "\ud800"}])
def test_an_item_that_has_no_value_to_go_by_is_an_error(item: Any) -> None:
    with pytest.raises(BadReply, match="without a value at /id"):
        following(paging(ITEM), {"items": [{"id": 1}, item]})


def test_items_that_come_again_are_dropped_however_many_have_one_value() -> None:
    pages = paging(ITEM)
    page = {"items": [{"id": 9}, {"id": 5, "n": 1}, {"id": 5, "n": 2}]}
    position = following(pages, page)
    assert position == Position(5, 3, 2)
    again = reply({"items": [{"id": 5, "n": 1}, {"id": 5, "n": 2}, {"id": 5, "n": 3}, {"id": 4}]})
    assert pages.items_of(again, position) == [{"id": 5, "n": 3}, {"id": 4}]
    assert pages.items_of(reply({"items": [{"id": 4}, {"id": 5}]}), position) == [{"id": 4}, {"id": 5}]


def test_ties_that_fill_a_page_are_counted_on() -> None:
    pages = paging(ITEM)
    assert following(pages, {"items": [{"id": 5}, {"id": 5}, {"id": 5}]}, at=Position(5, 4, 2)).ties == 3


# ---- by link


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://api.example/v1/things?page=2", "https://api.example/v1/things?page=2"),
        ("/v2/things?page=2", "https://api.example/v2/things?page=2"),
        ("?page=2", "https://api.example/v1/things?page=2"),
        ("things2", "https://api.example/v1/things2"),
        ("../a", "https://api.example/a"),
        ("//api.example/a", "https://api.example/a"),
        ("?page=2#part", "https://api.example/v1/things?page=2"),
        ("HTTPS://API.EXAMPLE:443/a", "https://API.EXAMPLE:443/a"),
        (" ?a=b c&d=\u20ac ", "https://api.example/v1/things?a=b%20c&d=%E2%82%AC"),
        ("?a=100%&b=%41", "https://api.example/v1/things?a=100%25&b=%41"),
        ("?token=x%2By&page_token=a==", "https://api.example/v1/things?token=x%2By&page_token=a=="),
    ],
)
def test_a_link_is_read_from_where_the_page_was(link: str, url: str) -> None:
    pages = paging(LINK)
    found = following(pages, {"items": [1], "next": link})
    assert found == Position(url, 1)
    assert pages.call_at(found).url == url


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("https://evil.example/v1/things", "it is on https://evil.example, and a walk stays on https://api.example"),
        ("//evil.example/x", "evil.example"),
        ("https://api.example:8443/x", "it is on https://api.example:8443"),
        ("https://api.example.evil.example/", "evil.example"),
        ("http://api.example/v1/things?page=2", "HTTPS does not fall to HTTP"),
        ("https://ann:geheim@api.example/x", "there are credentials in it"),
        ("https://api.example@evil.example/x", "there are credentials in it"),
        ("https://@api.example/x", "there are credentials in it"),
        ("javascript:alert(1)", "no http or https URL"),
        ("file:///etc/passwd", "no http or https URL"),
        ("http://[", "no URL"),
        ("https://api.example:99999/", "no URL"),
        ("https://a b/", "no http or https URL"),
        ("\\\\evil.example/x\\", None),  # a relative path, however it looks
    ],
)
def test_a_link_that_leads_away_is_an_error_that_says_where(link: str, why: str | None) -> None:
    pages = paging(LINK)
    if why is None:
        assert urlsplit(following(pages, {"items": [1], "next": link}).value).netloc == "api.example"
        return
    with pytest.raises(BadReply) as caught:
        following(pages, {"items": [1], "next": link})
    assert why in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_link_from_http_to_https_is_another_origin_too() -> None:
    pages = paging(LINK, url="http://api.example")
    with pytest.raises(BadReply, match=r"it is on https://api\.example"):
        following(pages, {"items": [1], "next": "https://api.example/things"}, url="http://api.example/things")


def test_a_link_from_where_a_redirect_led_to_is_not_followed() -> None:
    pages = paging(LINK)
    for link in ("?page=2", "https://api.example/v1/things?page=2"):
        with pytest.raises(BadReply, match=r"it comes from cdn\.example"):
            following(pages, {"items": [1], "next": link}, url="https://cdn.example/x")


@pytest.mark.parametrize("value", [None, "", False, 0])
def test_no_link_ends_the_list(value: Any) -> None:
    assert following(paging(LINK), {"items": [1], "next": value}) is None
    assert following(paging(LINK), {"items": [1]}) is None


@pytest.mark.parametrize("value", [7, True, {"href": "/x"}, ["/x"]])
def test_what_is_no_link_is_an_error(value: Any) -> None:
    with pytest.raises(BadReply, match="no link at /next"):
        following(paging(LINK), {"items": [1], "next": value})


def test_the_query_of_the_caller_stays_where_a_link_has_none_of_that_name() -> None:
    pages = paging(LINK, fields={"q": "a b", "limit": 5, "tag": ["x", "y"]})
    call = pages.call_at(following(pages, {"items": [1], "next": "?limit=2&page=2"}))
    assert call.url == f"{BASE}/things?limit=2&page=2&q=a%20b&tag=x&tag=y"
    assert call.query == tuple(parse_qsl(urlsplit(call.url).query))


def test_a_list_that_comes_back_with_numbers_is_not_said_twice() -> None:
    pages = paging(LINK, qs=[("tag[]", "x"), ("tag[]", "y"), ("page[size]", 2)])
    call = pages.call_at(following(pages, {"items": [1], "next": "?tag%5B0%5D=x&tag%5B1%5D=y&page[number]=2"}))
    assert parse_qsl(urlsplit(call.url).query) == [
        ("tag[0]", "x"), ("tag[1]", "y"), ("page[number]", "2"), ("page[size]", "2"),
    ]  # fmt: skip


def test_where_the_caller_began_is_not_said_beside_a_link() -> None:
    pages = paging({**LINK, "parameter": "start"}, fields={"start": 5, "q": "x"})
    call = pages.call_at(following(pages, {"items": [1], "next": "?from=9"}))
    assert call.url == f"{BASE}/things?from=9&q=x"


def test_credentials_that_a_service_writes_into_its_links_are_left_out() -> None:
    pages = paging(LINK, fields={"session_id": "mine-geheim"})
    link = "?access_token=geheim-token&page=2&session_id=mine-geheim&x=said%2Dback%2Dgeheim&page_token=n"
    found = following(pages, {"items": [1], "next": link}, hidden=["said-back-geheim"])
    assert found.value == f"{BASE}/things?page=2&page_token=n"
    # What the caller gave goes with every page; what a scheme adds is added when it is sent.
    assert pages.call_at(found).url == f"{BASE}/things?page=2&page_token=n&session_id=mine-geheim"


def test_a_link_may_stand_in_a_header_field() -> None:
    lines = ("Link", '<?page=9>; rel="prev", </v1/things?page=2>; rel="next"'), ("link", "<?page=5>; rel=next")
    assert following(paging({**LINK, "next": "Link"}), {"items": [1]}, *lines).value == f"{BASE}/things?page=2"
    assert following(paging({**LINK, "next": "Link"}), {"items": [1]}, lines[1]).value == f"{BASE}/things?page=5"
    assert following(paging({**LINK, "next": "Link"}), {"items": [1]}) is None
    own = paging({**LINK, "next": "X-Next-Page"})
    assert (
        following(own, {"items": [1]}, ("x-next-page", "?q=\u00e2\u0082\u00ac")).value == f"{BASE}/things?q=%E2%82%AC"
    )
    assert following(own, {"items": [1]}, ("x-next-page", "?q=\u00e9")).value == f"{BASE}/things?q=%C3%A9"
    # The last byte of a character can look like a space.
    assert following(own, {"items": [1]}, ("x-next-page", "?q=\u00c3\u00a0")).value == f"{BASE}/things?q=%C3%A0"
    linked = following(paging({**LINK, "next": "Link"}), {"items": [1]}, ("link", "<?q=\u00c3\u00a0>; rel=next"))
    assert linked.value == f"{BASE}/things?q=%C3%A0"


# ---- by cursor


@pytest.mark.parametrize("value", ["abc", 7, "a b&c", "\u20ac", -1])
def test_a_cursor_is_kept_as_it_is(value: Any) -> None:
    pages = paging(CURSOR, fields={"q": "x"})
    found = following(pages, {"items": [1], "cursor": value})
    assert found == Position(value, 1)
    assert dict(pages.call_at(found).query) == {"q": "x", "after": str(value)}


@pytest.mark.parametrize("value", [None, "", False, 0, "0"])
def test_no_cursor_ends_the_list(value: Any) -> None:
    assert following(paging(CURSOR), {"items": [1], "cursor": value}) is None
    assert following(paging(CURSOR), {"items": [1]}) is None


@pytest.mark.parametrize("value", [True, {"a": 1}, ["x"], "\udc80"])
def test_what_is_no_cursor_is_an_error(value: Any) -> None:
    with pytest.raises(BadReply, match="no cursor at /cursor"):
        following(paging(CURSOR), {"items": [1], "cursor": value})


def test_a_cursor_may_stand_in_a_header_field() -> None:
    pages = paging({**CURSOR, "next": "X-Cursor"})
    assert following(pages, {"items": [1]}, ("x-cursor", " abc ")) == Position("abc", 1)
    assert following(pages, {"items": [1]}, ("x-cursor", "")) is None
    assert following(pages, {"items": [1]}) is None


# ---- where the page's parameter goes


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({}, "page=2"),
        ({"fields": {"q": "x"}}, "q=x&page=2"),
        ({"fields": {"page": 1, "q": "x"}}, "page=2&q=x"),
        ({"qs": {"q": "x"}}, "page=2&q=x"),
        ({"qs": {"page": "1", "q": "x"}}, "page=2&q=x"),
        ({"qs": [("page", 1), ("q", "x")]}, "page=2&q=x"),
        ({"qs": {"q": "x"}.items()}, "page=2&q=x"),
        ({"qs": "q=a%2Fb&x"}, "page=2&q=a%2Fb&x"),
        ({"qs": "?q=a%2Fb&page=1&x"}, "q=a%2Fb&page=2&x"),
        ({"qs": b"p%61ge=1&q=\xc3\xa9"}, "page=2&q=%C3%A9"),
        ({"qs": "q=a/b", "fields": {"x": 1}}, "x=1&page=2&q=a/b"),
        ({"data": b"raw"}, "page=2"),
        ({"data": b"raw", "qs": "q=x"}, "q=x&page=2"),
        ({"data": b"raw", "qs": b"q=x"}, "q=x&page=2"),
        ({"data": b"raw", "qs": {"q": "x"}}, "q=x&page=2"),
        ({"data": b"raw", "qs": [("q", "x")]}, "q=x&page=2"),
    ],
)
def test_the_number_of_the_page_goes_where_the_caller_said_it_or_where_fields_go(given: Any, query: str) -> None:
    pages = paging(PAGE, **given)
    assert urlsplit(pages.call_at(Position(2)).url).query == query


_values = st.text(min_size=1).filter(lambda text: text.isprintable()) | st.integers(0) | st.floats(0, 1e9)


@pytest.mark.parametrize(
    "given_",
    [
        {}, {"fields": {"q": "after"}}, {"fields": {"after": "x", "q": ["y", "z"]}}, {"qs": {"q": "x", "after": "1"}},
        {"qs": "q=a%2Fb&x&after=1"}, {"qs": b"%61fter=1&q=\xc3\xa9"}, {"qs": "x=after=1&y", "fields": {"after[]": 1}},
        {"headers": {"X-Mine": "1", "Authorization": "mine", "Accept": None}}, {"data": b"raw", "qs": {"q": "x"}},
    ],
)  # fmt: skip
@given(first=_values, second=_values)
def test_the_call_of_a_page_is_the_same_whichever_page_was_asked_for_before(
    given_: Any, first: Any, second: Any
) -> None:
    pages = paging(CURSOR, **given_)
    pages.call_at(Position(first))
    assert pages.call_at(Position(second)) == paging(CURSOR, **given_).call_at(Position(second))


def test_a_search_with_a_body_carries_the_page_in_its_body() -> None:
    pages = paging(PAGE, "POST", fields={"q": "x"})
    call = pages.call_at(Position(2))
    assert (json.loads(call.body), call.query) == ({"q": "x", "page": 2}, ())  # type: ignore[arg-type]
    given = paging(PAGE, "POST", data={"q": {"a": 1}, "page": 5})
    assert given.start == Position(5)
    assert json.loads(given.call_at(Position(6)).body) == {"q": {"a": 1}, "page": 6}  # type: ignore[arg-type]
    assert json.loads(paging(PAGE, "POST", data={"q": 1}).call_at(Position(6)).body) == {"q": 1, "page": 6}  # type: ignore[arg-type]


def test_a_form_carries_the_page_among_its_fields() -> None:
    pages = paging(PAGE, "POST", {"fields": "form"}, fields={"q": "x", "page": "3"}, qs="raw=1")
    assert pages.start == Position(3)
    call = pages.call_at(Position(4))
    assert (call.body, urlsplit(call.url).query) == (b"q=x&page=4", "raw=1")


def test_a_page_that_the_definition_has_in_the_query_stays_there() -> None:
    words = {"query": {"page": {"type": "integer"}}}
    for arguments in ({"fields": {"q": 1}}, {"data": {"q": 1}}):
        call = paging(PAGE, "POST", words, **arguments).call_at(Position(2))
        assert (json.loads(call.body), call.query) == ({"q": 1}, (("page", "2"),))  # type: ignore[arg-type]


def test_a_list_that_its_owner_changes_meanwhile_changes_no_page() -> None:
    fields: dict[str, Any] = {"tag": ["x"]}
    qs = {"q": "x"}
    pages = paging(PAGE, fields=fields, qs=qs)
    fields["tag"].append("y")
    fields["more"] = qs["more"] = "z"
    assert urlsplit(pages.call_at(Position(2)).url).query == "tag=x&page=2&q=x"


def test_a_file_goes_with_every_page_from_a_path_and_not_from_an_open_file(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"png")
    call = paging(PAGE, "POST", upload_file=str(picture), fields={"q": "x"}).call_at(Position(2))
    assert {part.name for part in call.files} == {"q", "page", "file"}
    with pytest.raises(InvalidValue, match="give a path, not an open file"):
        paging(PAGE, "POST", upload_file=io.BytesIO(b"png"))


# ---- rules that are not there


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_what_is_said_of_all_lists_is_not_for_methods_that_change_something(method: str) -> None:
    definition = restpath.read(
        {
            "service": {"format": 1, "service": "test", "base_url": BASE, "pages": PAGE},
            "resources": {"/things": f"GET {method}"},
        }
    )
    client = restpath.connect(definition)
    assert client.things.get.walk().cursor
    with pytest.raises(DefinitionError, match=f"does not say how {method} /things is paged"):
        restpath.Path._operation(client.things, method.lower()).walk()


def test_a_rule_that_is_not_whole_says_what_it_needs() -> None:
    definition = restpath.read(
        {
            "service": {"format": 1, "service": "test", "base_url": BASE, "pages": {"by": "cursor", "next": "/next"}},
            "resources": {"/things": "GET"},
        }
    )
    with pytest.raises(DefinitionError, match="pages by cursor need 'parameter'"):
        restpath.connect(definition).things.walk()


_names = st.sampled_from(["items", "next", "cursor", "id", "docs", "doc", "pages", "total", "more"])
_contents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(_names, each, max_size=4),
)


@given(_contents)
def test_any_content_gives_a_position_an_end_or_a_bad_reply(content: Any) -> None:
    for pages in _ALL:
        answered = reply(content)
        try:
            position = pages.next_position(answered, pages.start, pages.items_of(answered, pages.start))
        except BadReply:
            continue
        if position is not None:
            pages.check(position)
            assert pages.call_at(position).origin == pages.first.origin


_ALL = [paging({**rule, "more": "/more"}) for rule in (PAGE, OFFSET, ITEM, LINK, CURSOR)]
