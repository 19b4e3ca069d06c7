"""Walks: over HTTP against a server on loopback that pages one list in every way."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import BadReply, ConnectionFailed, DefinitionError, InvalidValue, NotFound, RequestError, ServerError
from tests.support.scripted import Answer, Request, Server, answer, close, redirect

ITEMS = "/data"
KINDS: dict[str, dict[str, Any]] = {
    "page": {"by": "page", "parameter": "page", "items": ITEMS},
    "pages": {"by": "page", "parameter": "page", "items": ITEMS, "pages": "/pages"},
    "zero": {"by": "page", "parameter": "page", "items": ITEMS, "first": 0, "pages": "/pages"},
    "total": {"by": "page", "parameter": "page", "items": ITEMS, "total": "/total"},
    "offset": {"by": "offset", "parameter": "offset", "items": ITEMS},
    "counted": {"by": "offset", "parameter": "offset", "items": ITEMS, "total": "/total"},
    "flagged": {"by": "offset", "parameter": "offset", "items": ITEMS, "more": "X-More"},
    "before": {"by": "item", "parameter": "before", "key": "/id", "items": ITEMS},
    "until": {"by": "item", "parameter": "until", "key": "/id", "items": ITEMS, "more": "/more"},
    "link": {"by": "link", "next": "/next", "items": ITEMS},
    "relative": {"by": "link", "next": "/next", "items": ITEMS},
    "header": {"by": "link", "next": "Link", "items": ITEMS},
    "cursor": {"by": "cursor", "parameter": "after", "next": "/next", "items": ITEMS},
    "token": {"by": "cursor", "parameter": "after", "next": "X-Next", "items": ITEMS},
}
# How many requests a whole list takes beyond one for each page with items in it: those without a count or a link
# see from an empty page that they are through.
KNOWS_ITS_END = {
    "pages",
    "zero",
    "total",
    "counted",
    "flagged",
    "until",
    "link",
    "relative",
    "header",
    "cursor",
    "token",
}


def definition(**rules: Any) -> restpath.Definition:
    methods = {name: {"pages": rule} for name, rule in (rules or KINDS).items()}
    return restpath.read(
        {
            "service": {
                "format": 1, "service": "test", "credentials": {"token": {}},
                "auth": {"key": {"query": {"access_token": "{token}"}}},
            },
            "resources": {f"/{name}": {"methods": {"GET": words}} for name, words in methods.items()},
        }
    )  # fmt: skip


def page_of(request: Request) -> bytes:
    """A page of the list of `n` items with `size` to a page; an error where a page lacks what every page is to have."""
    url = urlsplit(request.target)
    query = dict(parse_qsl(url.query))
    kind = url.path.strip("/")
    if query.pop("access_token", "") != "geheim-token" or request.header("x-mine") != "yes":
        return answer(401, b"{}")
    count, size = int(query["n"]), int(query["size"])
    items = [{"id": 1000 - number} for number in range(count)]
    begin = _begin(kind, query, size)
    chosen = items[begin : begin + size]
    more = begin + size < count
    content: dict[str, Any] = {
        "data": chosen, "pages": str(-(-count // size)), "total": count, "more": int(more),
    }  # fmt: skip
    lines = ["Content-Type: application/json"]
    # The links carry the token, as some services write them, and lose what the caller asked for.
    link = f"/{kind}?" + urlencode({"from": begin + size, "access_token": "geheim-token", "size": size})
    absolute = f"http://{request.header('host')}{link}"
    if more:
        given = {"link": absolute, "relative": link, "cursor": f"c{begin + size}"}
        content["next"] = given.get(kind)
        lines += [f'Link: <{link}>; rel="next", </{kind}>; rel=first', f"X-Next: c{begin + size}", "X-More: 1"]
    return answer(200, json.dumps(content).encode(), *lines)


def _begin(kind: str, query: dict[str, str], size: int) -> int:
    if kind in ("page", "pages", "total"):
        return (int(query.get("page", 1)) - 1) * size
    if kind == "zero":
        return int(query.get("page", 0)) * size
    if "before" in query:
        return 1000 - int(query["before"]) + 1
    if "until" in query:  # this service means "from this one on"
        return 1000 - int(query["until"])
    return int(query.get("offset", query.get("from", query.get("after", "0").removeprefix("c"))))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(page_of) as server:
        yield server


@pytest.fixture
def asked(server: Server) -> Callable[[], list[str]]:
    """What was asked for since the test began."""
    begun = len(server.requests)
    return lambda: [request.target for request in server.requests[begun:]]


MINE = {"X-Mine": "yes"}


def operation(server: Server, kind: str, **settings: Any) -> Any:
    client = restpath.connect(definition(), server.url, token="geheim-token", **settings)
    return client[kind].get


def ids(count: int) -> list[int]:
    return [1000 - number for number in range(count)]


def walked(walk: Any) -> list[int]:
    return [item["id"] for item in walk]


# ---- the whole list


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("count", "size"), [(0, 2), (1, 2), (2, 2), (5, 2), (6, 2), (4, 10)])
def test_a_walk_gives_every_item_once_and_asks_no_more_than_it_needs(
    server: Server, asked: Callable[[], list[str]], kind: str, count: int, size: int
) -> None:
    walk = operation(server, kind).walk(n=count, size=size, headers=MINE)
    assert walked(walk) == ids(count)
    if kind != "until":  # which gives one item of each page again
        pages = -(-count // size) or 1
        extra = 1 if count and kind not in KNOWS_ITS_END else 0
        assert len(asked()) == pages + extra
    assert walk.cursor is None
    assert list(walk) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_fetched_when_its_first_item_is_asked_for(
    server: Server, asked: Callable[[], list[str]], kind: str
) -> None:
    walk = operation(server, kind).walk(n=9, size=3, headers=MINE)
    repr(walk), walk.cursor
    assert asked() == []
    assert walked(itertools.islice(walk, 3)) == ids(3)
    repr(walk), walk.cursor
    assert len(asked()) == 1
    next(walk)
    assert len(asked()) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_pages_gives_whole_replies(server: Server, kind: str) -> None:
    replies = list(operation(server, kind).walk(n=5, size=2, headers=MINE).pages())
    assert [reply.status for reply in replies] == [200] * len(replies)
    items = [item["id"] for reply in replies for item in reply.content["data"]]
    assert list(dict.fromkeys(items)) == ids(5)
    assert all(reply.content["data"] for reply in replies)


def test_pages_of_an_empty_list_are_the_one_that_says_so(server: Server) -> None:
    walk = operation(server, "page").walk(n=0, size=2, headers=MINE)
    assert [reply.content["total"] for reply in walk.pages()] == [0]
    assert list(walk.pages()) == []


def test_pages_go_on_with_the_page_of_which_items_were_given(server: Server) -> None:
    walk = operation(server, "pages").walk(n=6, size=2, headers=MINE)
    assert walked(itertools.islice(walk, 3)) == ids(3)
    whole = next(walk.pages())
    assert [item["id"] for item in whole.content["data"]] == [998, 997]
    assert walked(walk) == [996, 995]


def test_every_page_is_sent_with_the_arguments_and_credentials_of_the_call(
    server: Server, asked: Callable[[], list[str]]
) -> None:
    for kind in ("page", "offset", "before", "link", "header", "cursor"):
        list(operation(server, kind).walk(qs={"n": 5, "size": 2, "q": "a b"}, headers=MINE))
    for target in asked():
        pairs = parse_qsl(urlsplit(target).query)
        assert {("n", "5"), ("size", "2"), ("q", "a b")} <= set(pairs)
        assert [value for name, value in pairs if name == "access_token"] == ["geheim-token"]
        assert len(dict(pairs)) == len(pairs)


def test_a_walk_begins_where_the_caller_says(server: Server) -> None:
    begun = {"page": {"page": 3}, "pages": {"page": "3"}, "zero": {"page": 2}, "offset": {"offset": 4}}
    begun |= {"before": {"before": 997}, "cursor": {"after": "c4"}, "link": {"from_": 4}, "total": {"page": 3}}
    for kind, start in begun.items():
        assert walked(operation(server, kind).walk(n=9, size=2, headers=MINE, **start)) == ids(9)[4:], kind


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 12), st.integers(1, 5), st.integers(0, 12))
def test_wherever_a_walk_is_broken_off_another_gives_exactly_the_rest(
    server: Server, kind: str, count: int, size: int, broken: int
) -> None:
    size += kind == "until"
    call = {"n": count, "size": size, "headers": MINE}
    walk = operation(server, kind).walk(**call)
    begun = walked(itertools.islice(walk, broken))
    cursor = walk.cursor
    if cursor is None:
        assert begun == ids(count)
        return
    cursor = json.loads(json.dumps(pickle.loads(pickle.dumps(cursor))))
    rest = operation(server, kind).walk(**call).resume(cursor)
    assert begun + walked(rest) == ids(count)
    assert "geheim" not in cursor
    assert begun + walked(walk) == ids(count)  # and the first one goes on, too


@given(st.sampled_from(sorted(KINDS)), st.integers(1, 9), st.integers(1, 4))
def test_a_walk_resumed_again_and_again_loses_and_doubles_nothing(
    server: Server, kind: str, count: int, step: int
) -> None:
    call = {"n": count, "size": 3, "headers": MINE}
    found: list[int] = []
    walk = operation(server, kind).walk(**call)
    while True:
        found += walked(itertools.islice(walk, step))
        if walk.cursor is None:
            break
        walk = operation(server, kind).walk(**call).resume(walk.cursor)
    assert found == ids(count)


def test_a_cursor_behind_a_page_asks_for_the_next_one_alone(server: Server, asked: Callable[[], list[str]]) -> None:
    for kind in KINDS:
        walk = operation(server, kind).walk(n=4, size=2, headers=MINE)
        walked(itertools.islice(walk, 2))
        before = len(asked())
        next(operation(server, kind).walk(n=4, size=2, headers=MINE).resume(walk.cursor))
        assert len(asked()) == before + 1, kind


# ---- limits


def test_max_items_ends_a_walk_and_leaves_a_cursor(server: Server, asked: Callable[[], list[str]]) -> None:
    walk = operation(server, "page").options(max_items=4).walk(n=9, size=2, headers=MINE)
    assert walked(walk) == ids(4)
    assert len(asked()) == 2
    rest = operation(server, "page").walk(n=9, size=2, headers=MINE).resume(walk.cursor)
    assert walked(rest) == ids(9)[4:]
    assert list(operation(server, "page").options(max_items=0).walk(n=9, size=2)) == []


def test_max_pages_ends_a_walk_and_leaves_a_cursor(server: Server, asked: Callable[[], list[str]]) -> None:
    limited = operation(server, "cursor").options(max_pages=2)
    walk = limited.walk(n=9, size=2, headers=MINE)
    assert walked(walk) == ids(4)
    assert len(asked()) == 2
    assert len(list(limited.walk(n=9, size=2, headers=MINE).pages())) == 2
    on = limited.walk(n=9, size=2, headers=MINE).resume(walk.cursor)  # limits count anew
    assert walked(on) == ids(9)[4:8]
    assert list(limited.options(max_pages=0).walk(n=9, size=2)) == []


# ---- ends of lists that would have none


def entered(server: Server, rule: dict[str, Any], **settings: Any) -> Any:
    return restpath.connect(definition(things=rule), server.url, token="geheim-token", **settings).things.get


def said(content: Any, *lines: str) -> bytes:
    return answer(200, json.dumps(content).encode(), "Content-Type: application/json", *lines)


@pytest.mark.parametrize("name", ["page", "offset", "total"])
def test_a_service_that_does_not_heed_the_page_ends_the_walk(name: str) -> None:
    with Server(said({"data": [{"id": 1}, {"id": 2}], "total": 99})) as server:
        assert walked(entered(server, KINDS[name]).walk()) == [1, 2]
        assert len(server.requests) == 2
        assert len(list(entered(server, KINDS[name]).walk().pages())) == 1


def test_bare_values_may_come_in_equal_pages_where_their_number_is_known() -> None:
    with Server(said({"data": [7, 7], "total": 6})) as server:
        assert list(entered(server, KINDS["counted"]).walk()) == [7] * 6
        assert list(entered(server, KINDS["offset"]).walk()) == [7, 7]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cursor", {"next": "same"}), ("link", {"next": "?page=2"}), ("before", {}), ("cursor", {"next": 7}),
    ],
)  # fmt: skip
def test_what_leads_to_where_the_walk_was_ends_it(name: str, content: Any) -> None:
    with Server(said({"data": [{"id": 1}], **content})) as server:
        walk = entered(server, KINDS[name]).walk()
        assert walked(walk) == [1, 1][: 1 if name == "before" else 2]
        assert walk.cursor is None
        assert len(server.requests) == 2


def test_a_circle_of_links_ends_the_walk_however_their_pairs_are_ordered() -> None:
    links = ["/things?a=1&b=2", "/things?a=3&b=4", "/things?b=2&a=1", "/things?a=5"]
    pages = [said({"data": [{"id": number}], "next": link}) for number, link in enumerate(links)]
    with Server(pages) as server:
        assert walked(entered(server, KINDS["link"]).walk()) == [0, 1, 2]
        assert len(server.requests) == 3


def test_a_link_back_to_the_first_page_ends_the_walk() -> None:
    with Server(said({"data": [{"id": 1}], "next": "/things?q=x"})) as server:
        assert walked(entered(server, KINDS["link"]).walk(q="x")) == [1]
        assert len(server.requests) == 1


# ---- errors on the way


def test_an_error_leaves_the_walk_where_it_is_and_the_next_item_asks_again() -> None:
    pages = [said({"data": [1, 2]}), answer(404, b"{}"), close, answer(500), said({"data": [3]}), said({"data": []})]
    with Server(pages) as server:
        walk = entered(server, KINDS["page"], retries=0).walk()
        assert [next(walk), next(walk)] == [1, 2]
        cursor = walk.cursor
        for error in (NotFound, ConnectionFailed, ServerError):
            with pytest.raises(error):
                next(walk)
            assert walk.cursor == cursor
        assert list(walk) == [3]
        assert [request.target.partition("page=")[2][:1] for request in server.requests] == ["", *"22223"]


def test_an_error_in_the_midst_of_pages_leaves_them_where_they_are() -> None:
    with Server([said({"data": [1]}), answer(500), said({"data": [2]}), said({"data": []})]) as server:
        pages = entered(server, KINDS["page"], retries=0).walk().pages()
        assert next(pages).content == {"data": [1]}
        with pytest.raises(RequestError):
            next(pages)
        assert [reply.content["data"] for reply in pages] == [[2]]


def test_a_page_without_its_list_is_asked_for_again() -> None:
    with Server([said({"data": 7}), said({"data": [1]}), said({"data": []})]) as server:
        walk = entered(server, KINDS["page"]).walk()
        with pytest.raises(BadReply, match="no list at /data"):
            next(walk)
        assert list(walk) == [1]


def test_a_page_that_is_something_else_does_not_end_the_walk_in_silence() -> None:
    with Server([said({"data": [1]}), said({"fault": "down"}), said({"data": [2]}), said({"data": []})]) as server:
        walk = entered(server, KINDS["page"]).walk()
        assert next(walk) == 1
        with pytest.raises(
            BadReply, match="no list at /data: there is nothing, and the content is an object with fault"
        ):
            next(walk)
        assert list(walk) == [2]


def test_every_page_is_tried_again_as_a_call_is() -> None:
    busy = answer(503, b"", "Retry-After: 0")
    with Server([busy, said({"data": [1]}), busy, said({"data": [2]}), busy, said({"data": []})]) as server:
        assert list(entered(server, KINDS["page"]).walk()) == [1, 2]


def test_a_link_to_another_host_is_an_error_that_names_it_and_no_request() -> None:
    with Server() as stranger:
        link = f"{stranger.url}/things?page=2"
        pages = [said({"data": [{"id": 1}], "next": link}), said({"data": [{"id": 1}], "next": "/things?page=2"})]
        with Server([*pages, said({"data": [{"id": 2}]})]) as server:
            walk = entered(server, KINDS["link"]).walk()
            assert next(walk) == {"id": 1}
            cursor = walk.cursor
            with pytest.raises(BadReply, match=f"it is on http://{stranger.host}"):
                next(walk)
            assert stranger.requests == []
            assert walk.cursor == cursor
            assert walked(walk) == [2]  # asked for again, the page has a link of its own


def test_a_redirect_to_another_host_does_not_say_where_the_walk_goes() -> None:
    page = said({"data": [{"id": 1}], "next": "?page=2"})
    with Server(page) as stranger, Server(redirect(302, f"{stranger.url}/things")) as server:
        walk = entered(server, KINDS["link"]).walk()
        assert next(walk) == {"id": 1}
        with pytest.raises(BadReply, match=f"it comes from {stranger.host}"):
            next(walk)
        assert len(stranger.requests) == 1


def test_links_are_read_from_where_a_redirect_led_to() -> None:
    def reply(request: Request) -> Answer:
        if request.target.startswith("/things"):
            return redirect(302, "/people/ann/")
        is_first = request.target.partition("?")[0] == "/people/ann/"
        return said({"data": [{"id": 1}], "next": "more"} if is_first else {"data": [{"id": 2}]})

    with Server(reply) as server:
        assert walked(restpath.connect(definition(things=KINDS["link"]), server.url, token="t").things.walk()) == [1, 2]
        assert server.requests[-1].target.startswith("/people/ann/more")


def test_items_that_come_new_at_the_head_are_not_given_by_item() -> None:
    """A walk by item that was broken off goes on behind the last item, wherever that is by now."""
    items = [{"id": number} for number in range(6, 0, -1)]

    def reply(request: Request) -> Answer:
        before = int(dict(parse_qsl(urlsplit(request.target).query)).get("before", 99))
        return said({"data": [item for item in items if item["id"] < before][:4]})

    with Server(reply) as server:
        get = entered(server, KINDS["before"])
        walk = get.walk()
        assert walked(itertools.islice(walk, 3)) == [6, 5, 4]
        items.insert(0, {"id": 7})
        assert walked(get.walk().resume(walk.cursor)) == [3, 2, 1]


# ---- cursors


@pytest.mark.parametrize(
    "text", ["", "x", "not a cursor", "\u20ac", "WzFd", "bnVsbA", "e30", "W10", "A" * 5000, "=", "-_"]
)
def test_a_text_that_is_no_cursor_is_refused(server: Server, text: str) -> None:
    with pytest.raises(InvalidValue, match="no cursor of a walk through GET"):
        operation(server, "page").walk(n=1).resume(text)


@pytest.mark.parametrize("value", [7, b"x", [], object()])
def test_what_is_no_text_is_no_cursor(server: Server, value: Any) -> None:
    with pytest.raises(InvalidValue, match="is no cursor: give the text"):
        operation(server, "page").walk(n=1).resume(value)


def test_white_space_around_a_cursor_is_nothing(server: Server) -> None:
    walk = operation(server, "page").walk(n=4, size=2, headers=MINE)
    first = next(walk)
    again = operation(server, "page").walk(n=4, size=2, headers=MINE).resume(f"  {walk.cursor}\r\n")
    assert next(again) == next(walk) != first


def test_the_cursor_of_a_walk_at_its_end_is_no_beginning(server: Server) -> None:
    with pytest.raises(InvalidValue, match="nothing to go on with"):
        operation(server, "page").walk(n=1).resume(None)


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda data: data.hex()))
def test_any_text_is_a_cursor_of_this_walk_or_refused(server: Server, text: str) -> None:
    with pytest.raises(InvalidValue):
        operation(server, "page").walk(n=1).resume(text)


def test_the_cursor_of_another_walk_is_refused(server: Server) -> None:
    get = operation(server, "page")
    cursor = get.walk(n=1, size=2).cursor
    assert get.walk(size=2, n=1).resume(cursor)
    elsewhere = restpath.connect(definition(), "http://localhost:1", token="t")["page"].get
    for other in (
        get.walk(n=2, size=2), get.walk(n=1), get.walk(n=1, size=2, page=3), elsewhere.walk(n=1, size=2),
        operation(server, "pages").walk(n=1, size=2),
    ):  # fmt: skip
        with pytest.raises(InvalidValue, match="of another walk"):
            other.resume(cursor)


def _forged(cursor: str, **changes: Any) -> str:
    import base64

    version, digest, value, *counts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    fields = [changes.get("version", version), digest, changes.get("value", value), *changes.get("counts", counts)]
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("page", {"version": 2}), ("page", {"value": "x"}), ("page", {"value": -1}), ("page", {"value": None}),
        ("page", {"value": True}), ("page", {"value": [1]}), ("page", {"counts": [0, 0, -1]}),
        ("page", {"counts": [0, 0]}), ("page", {"counts": [0, 0, True]}), ("page", {"counts": [0, 0, 1e3]}),
        ("page", {"value": float("nan")}), ("link", {"value": 7}), ("link", {"value": "https://evil.example/"}),
        ("link", {"value": "http://ann:x@127.0.0.1/"}), ("link", {"value": "http://["}), ("cursor", {"value": True}),
        ("cursor", {"value": ""}), ("cursor", {"value": "\ud800"}), ("before", {"value": {}}),
    ],
)  # fmt: skip
def test_a_cursor_that_was_tampered_with_is_refused(
    server: Server, asked: Callable[[], list[str]], kind: str, changes: dict[str, Any]
) -> None:
    walk = operation(server, kind).walk(n=1, size=1)
    with pytest.raises(InvalidValue):
        walk.resume(_forged(walk.cursor, **changes))
    assert asked() == []


def test_a_cursor_holds_no_credentials_and_is_good_for_others(server: Server) -> None:
    import base64

    own = {"qs": {"n": 4, "size": 1, "api_key": "geheim-1"}, "headers": MINE}
    for kind in KINDS:
        if kind == "until":
            continue
        walk = operation(server, kind).walk(**own)
        next(walk)
        cursor = walk.cursor
        assert b"geheim" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), kind
        renewed = {**own, "qs": {**own["qs"], "api_key": "geheim-2"}}
        assert walked(operation(server, kind).walk(**renewed).resume(cursor)) == ids(4)[1:], kind


# ---- what a walk is


def test_a_walk_says_where_it_is_without_secrets(server: Server) -> None:
    walk = operation(server, "link").walk(n=3, size=2, token="geheim-own", headers=MINE)
    host = server.url
    assert repr(walk) == (
        f"<Walk through GET {host}/link?n=3&size=2&token=***: 0 items given, "
        f"at GET {host}/link?n=3&size=2&token=***>"
    )  # fmt: skip
    list(walk)
    assert repr(walk).endswith(": 3 items given, at its end>")
    on = operation(server, "page").walk(n=3, size=2, headers=MINE)
    walked(itertools.islice(on, 3))
    assert repr(on).endswith(f"3 items given, at GET {host}/page?n=3&size=2&page=2>")


def test_a_walk_is_gone_through_once_and_neither_pickled_nor_copied(server: Server) -> None:
    walk = operation(server, "pages").walk(n=3, size=2, headers=MINE)
    assert iter(walk) is walk
    assert len(list(walk)) == 3
    assert list(walk) == []
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(InvalidValue, match=r"keep its \.cursor"):
            attempt(walk)


def test_walk_of_a_path_and_of_the_module_are_that_of_get(server: Server) -> None:
    client = restpath.connect(definition(), server.url, token="geheim-token")
    assert walked(client["page"].walk(n=3, size=2, headers=MINE)) == ids(3)
    assert walked(restpath.walk(client["page"], n=3, size=2, headers=MINE)) == ids(3)


def test_what_is_wrong_with_a_walk_is_said_when_it_is_made(server: Server, asked: Callable[[], list[str]]) -> None:
    get = operation(server, "page")
    with pytest.raises(InvalidValue):
        get.walk(page="x")
    with pytest.raises(InvalidValue):
        get.walk(data={}, q=1)
    with pytest.raises(InvalidValue):
        get.walk(timeout=-1)
    plain = restpath.connect(
        restpath.read({"service": {"format": 1, "service": "x"}, "resources": {"/a": "GET"}}), server.url
    )
    with pytest.raises(DefinitionError, match=r"does not say how GET /a is paged.*make the call and go through"):
        plain.a.walk()
    assert asked() == []


def test_a_list_without_pages_can_be_walked_by_a_rule_of_ones_own() -> None:
    told = definition(things={"by": "page", "parameter": "page"})
    with Server([said([1, 2]), said([3]), said([])]) as server:
        assert list(restpath.connect(told, server.url, token="t").things.walk()) == [1, 2, 3]


def test_a_search_by_post_is_walked_in_its_body() -> None:
    def reply(request: Request) -> Answer:
        said_page = json.loads(request.body)
        assert (request.method, said_page["q"]) == ("POST", {"a": [1]})
        begin = (said_page.get("page", 1) - 1) * 2
        return said({"data": list(range(5))[begin : begin + 2]})

    told = restpath.read(
        {
            "service": {"format": 1, "service": "test"},
            "resources": {"/search": {"methods": {"POST": {"pages": KINDS["page"]}}}},
        }
    )
    with Server(reply) as server:
        post = restpath.connect(told, server.url).search.post
        assert list(post.walk(q={"a": [1]})) == [0, 1, 2, 3, 4]
        assert list(post.walk({"q": {"a": [1]}}, qs="raw=%41")) == [0, 1, 2, 3, 4]
        assert list(post.walk(q={"a": [1]}, page=2)) == [2, 3, 4]
        assert {request.target for request in server.requests} == {"/search", "/search?raw=%41"}


def test_an_operation_known_by_name_is_walked_with_the_variables_of_its_template() -> None:
    told = restpath.read(
        {
            "service": {"format": 1, "service": "test", "operation_names": "dotted"},
            "resources": {
                "/u/{user_id}/docs": {"methods": {"GET": {"name": "doc.getList", "pages": KINDS["page"]}}},
            },
        }
    )
    with Server([said({"data": [1]}), said({"data": [2]}), said({"data": []})]) as server:
        assert list(restpath.connect(told, server.url).doc.getList.walk(user_id=7, q="x")) == [1, 2]
        assert [request.target for request in server.requests] == [
            "/u/7/docs?q=x", "/u/7/docs?q=x&page=2", "/u/7/docs?q=x&page=3",
        ]  # fmt: skip
