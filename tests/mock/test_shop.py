"""
Services of one's own, served from nothing but their definition; then with the words that say more.

The words are those that MAX uses, on another service, so that none of them is MAX's alone.
"""

from __future__ import annotations

import datetime
import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

import restpath
import restpath.mock
from restpath.mock.answer import Mock
from restpath.types import Headers

KEY = {"credentials": {"token": {}}, "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}}}
PLAIN = {
    "service": {"service": "shop", "base_url": "https://shop.example/v1", **KEY, "count_header": "X-Count"},
    "resources": {
        "/products": {"methods": "GET POST DELETE", "mock": {"key": "sku"}},
        "/products/{sku}": "GET PUT PATCH DELETE",
        "/products/{product}/reviews": "GET POST PUT",
        "/products/{product}/reviews/{review}": "GET DELETE",
        "/products/{product}/photo": "GET POST",
        "/files/{+path}": "GET PUT DELETE",
        "/orders": "GET POST",
        "/orders/{id}": "GET POST",
        "/jobs/{id}:cancel": "POST",
        "/jobs/{id}": "GET",
        "/settings": "GET PUT PATCH",
        "/status": {"methods": {"GET": {"auth": []}, "OPTIONS": {"auth": []}}},
        "/log": "POST GET PATCH TRACE",
    },
}


@pytest.fixture(params=["serve", "app"])
def shop(request: pytest.FixtureRequest) -> Iterator[Any]:
    definition = restpath.read(PLAIN)
    if request.param == "app":
        yield restpath.connect(definition, app=restpath.mock.app(definition), token="t")
        return
    with restpath.mock.serve(definition) as server, restpath.connect(definition, server.url, token="t") as client:
        yield client


# ---- without a word more than the definition's ---------------------------------------------------------------------


def test_what_is_posted_to_a_collection_is_then_there_by_the_field_that_names_it(shop: Any) -> None:
    made = shop.products.post.reply(sku="a/1 é", price=3)
    assert made.status == 201
    assert made.headers["Location"].endswith("/products/a%2F1%20%C3%A9")
    assert shop.products["a/1 é"].get() == made.content == {"sku": "a/1 é", "price": 3}
    assert shop.products.get() == [made.content]


def test_what_nothing_names_gets_an_id(shop: Any) -> None:
    first, second = shop.orders.post(product="a"), shop.orders.post(product="a")
    assert first["id"] != second["id"]
    assert shop.orders[first["id"]].get() == first
    assert shop.orders.get() == [first, second]
    assert "sku" in shop.products.post(price=3)


def test_making_what_is_there_is_a_conflict_and_posting_to_an_item_changes_it(shop: Any) -> None:
    shop.products.post(sku="a")
    with pytest.raises(restpath.Conflict, match="/products/a"):
        shop.products.post(sku="a")
    order = shop.orders.post(product="a")
    assert shop.orders[order["id"]].post(paid=True) == {**order, "paid": True}


def test_put_replaces_or_makes_and_patch_merges(shop: Any) -> None:
    shop.products.post(sku="a", price=3)
    assert shop.products["a"].put(name="x") == {"name": "x", "sku": "a"}
    assert shop.products["a"].patch(price=4, name=None, sku="b") == {"price": 4, "sku": "a"}
    assert shop.products["new"].put.reply(price=1).status == 201
    with pytest.raises(restpath.NotFound):
        shop.products["other"].patch(price=1)


def test_what_is_below_a_thing_needs_it_and_goes_with_it(shop: Any) -> None:
    with pytest.raises(restpath.NotFound, match="/products/a"):
        shop.products["a"].reviews.post(text="good")
    shop.products.post(sku="a")
    review = shop.products["a"].reviews.post(text="good")
    shop.products["a"].photo.post(upload_file=("a.png", io.BytesIO(b"1"), "image/png"))
    assert shop.products["a"].reviews[review["id"]].get() == review
    shop.products["a"].delete()
    shop.products.post(sku="a")
    assert shop.products["a"].reviews.get() == shop.products["a"].photo.get() == []


def test_a_list_that_is_put_takes_the_place_of_the_one_there_was(shop: Any) -> None:
    shop.products.post(sku="a")
    shop.products["a"].reviews.post(text="old")
    assert [one["text"] for one in shop.products["a"].reviews.put(data=[{"text": "x"}, {"text": "y"}])] == ["x", "y"]
    assert len(shop.products["a"].reviews.get()) == 2


def test_deleting_a_collection_empties_it(shop: Any) -> None:
    shop.products.post(sku="a")
    shop.products.delete()
    assert shop.products.get() == []


def test_uploads_come_back_byte_for_byte_as_a_form_and_as_a_body(shop: Any) -> None:
    shop.products.post(sku="a")
    data = b"\r\n--\x00\xff" * 1000
    shop.products["a"].photo.post(upload_file=("a.png", io.BytesIO(data), "image/png"))
    reply = shop.products["a"].photo.get.reply()
    assert (reply.body, reply.headers["Content-Type"]) == (data, "image/png")
    shop.files["a b/c#d"].put(data=data, headers={"Content-Type": "application/pdf"})
    reply = shop.files["a b/c#d"].get.reply()
    assert (reply.body, reply.headers["Content-Type"]) == (data, "application/pdf")
    shop.files["a b/c#d"].delete()
    with pytest.raises(restpath.NotFound):
        shop.files["a b/c#d"].get()


def test_a_document_is_what_was_put_there(shop: Any) -> None:
    with pytest.raises(restpath.NotFound):
        shop.settings.get()
    assert shop.settings.patch(a=1) == {"a": 1}
    assert shop.settings.put(data=[1, None]) == shop.settings.get() == [1, None]
    raw_text = {"data": b'"text"', "headers": {"Content-Type": "application/json"}}
    assert shop.settings.put(**raw_text) == shop.settings.get() == "text"
    assert shop.settings.get.reply().media_type == "application/json"
    assert shop.status.get() == {}


def test_a_collection_without_items_is_a_list_only(shop: Any) -> None:
    entry = shop.log.post(text="x")
    assert shop.log.get() == [entry]
    assert shop.jobs["7"][":cancel"].post(why="x") == {"why": "x"}


@pytest.fixture
def raw() -> Iterator[Any]:
    """Calls the shop with any method, whatever the definition says."""
    with restpath.mock.serve(restpath.read(PLAIN)) as server, requests.Session() as session:
        session.headers["Authorization"] = "Bearer t"
        yield lambda method, path, **more: session.request(method, server.url + path, timeout=10, **more)


def test_a_wrong_method_is_405_with_what_is_allowed_and_a_wrong_path_404(raw: Any) -> None:
    answer = raw("PATCH", "/orders", json={})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert answer.json()["message"] == "/orders does not take PATCH"
    assert (raw("GET", "/nothing").status_code, raw("BREW", "/nothing").status_code) == (404, 404)
    assert raw("BREW", "/orders").status_code == 405


def test_head_is_where_get_is_and_options_everywhere(raw: Any) -> None:
    raw("POST", "/orders", json={"a": 1})
    head, get = raw("HEAD", "/orders"), raw("GET", "/orders")
    assert (head.headers["X-Count"], head.headers["Content-Length"]) == ("1", str(len(get.content)))
    assert head.content == b""
    assert (raw("OPTIONS", "/orders").status_code, raw("OPTIONS", "/orders").headers["Allow"]) == (
        204,
        "GET, HEAD, POST",
    )
    assert raw("OPTIONS", "/status").headers["Allow"] == "GET, OPTIONS"


def test_a_method_whose_meaning_nothing_says_is_501(raw: Any) -> None:
    assert (raw("TRACE", "/log").status_code, raw("PATCH", "/log", json={}).status_code) == (501, 501)


def test_credentials_are_asked_for_where_the_definition_wants_them() -> None:
    with restpath.mock.serve(restpath.read(PLAIN), credentials={"token": "right"}) as server:
        for header, status in ((None, 401), ("Bearer", 401), ("Bearer wrong", 401), ("Bearer right", 200)):
            headers = {} if header is None else {"Authorization": header}
            answer = requests.get(f"{server.url}/products", headers=headers, timeout=10)
            assert answer.status_code == status
            if status == 401:
                assert answer.headers["WWW-Authenticate"] == 'Bearer realm="shop"'
        assert requests.get(f"{server.url}/status", timeout=10).status_code == 200


def test_a_credential_that_the_definition_does_not_have_is_refused() -> None:
    with pytest.raises(restpath.InvalidValue, match="tokne"):
        restpath.mock.app(restpath.read(PLAIN), credentials={"tokne": "right"})


def test_a_key_in_the_query_is_a_credential_too() -> None:
    definition = restpath.read(
        {
            "service": {"service": "q", "credentials": {"key": {}}, "auth": {"key": {"query": {"api_key": "{key}"}}}},
            "resources": {"/a": "GET"},
        }
    )
    with restpath.mock.serve(definition, credentials={"key": "k"}) as server:
        assert restpath.connect(definition, server.url, key="k").a.get() == {}
        assert requests.get(f"{server.url}/a?api_key=x", timeout=10).status_code == 401


def test_a_body_that_contradicts_the_definition_is_400() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    definition = restpath.read(
        {"service": {"service": "s"}, "resources": {"/a": {"methods": {"POST": {"body": {"schema": schema}}}}}}
    )
    with restpath.mock.serve(definition) as server:
        client = restpath.connect(definition, server.url, validate=False)
        assert client.a.post(n=1)["n"] == 1
        with pytest.raises(restpath.BadRequest, match="integer"):
            client.a.post(n="x")
        answer = requests.post(f"{server.url}/a", data={"n": "1"}, timeout=10)
        assert answer.status_code == 201, "a form has texts only, so that its types say nothing"


def test_the_base_path_is_the_servers_own_only_at_its_own_host() -> None:
    definition = restpath.read(PLAIN)
    inside = restpath.connect(definition, app=restpath.mock.app(definition), token="t")
    assert restpath.url(inside.orders) == "https://shop.example/v1/orders"
    assert inside.orders.get() == []


def test_many_threads_lose_nothing(shop: Any) -> None:
    def work() -> None:
        for _ in range(10):
            shop.orders.post(a=1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    orders = shop.orders.get()
    assert len({order["id"] for order in orders}) == len(orders) == 80


def test_a_fault_of_the_mock_is_500_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    mock = Mock(restpath.read(PLAIN), lambda: datetime.datetime.now(datetime.timezone.utc))
    monkeypatch.setattr("restpath.mock.answer.act", lambda asked: 1 / 0)
    answer = mock.answer("GET", "/status", Headers(), io.BytesIO())
    assert answer.status == 500
    assert isinstance(answer.body, bytes)
    assert b"Traceback" not in answer.body
    assert b"ZeroDivision" not in answer.body


# ---- with words of its own -----------------------------------------------------------------------------------------

WORDS = {
    "service": {
        "service": "club",
        "errors": {"code": "/problem/id", "message": "/problem/text"},
        "credentials": {"user": {"secret": False}},
        "auth": {"user": {"headers": {"X-User": "{user}"}}},
        "mock": {
            "variables": {"member": "/members/{member}"},
            "put": "merge",
            "method_override": "X-Method",
            "expects": {"X-Version": {"value": "2", "status": 409, "code": "version", "message": "Version 2, please"}},
            "undefined": {"status": 410},
            "paging": {"limit": "max", "before": "until", "after": "since", "more_header": "X-More"},
            "error": {"problem": {"kind": "error"}},
            "codes": {"404": "missing"},
        },
    },
    "resources": {
        "/members": {"methods": "GET POST", "mock": {"newest_first": True, "filters": {"level": ["/level", "/rank"]}}},
        "/members/{member}": {
            "methods": "GET PUT DELETE",
            "mock": {
                "key": {"member": "{body/name|credential/user}"},
                "new": {"level": 1},
                "sets": {"name": "{member}", "joined": "{now}", "link": "{url}/members/{member}"},
                "each": {"/friends": {"initial": "{each/name}!"}},
                "required": ["/level"],
                "existing": "keep",
                "missing": {"status": 422, "code": "stranger", "message": "Who is {member}?"},
                "shows": {"/visits": "/members/{member}/visits"},
            },
        },
        "/members/{member}/visits": {"methods": "GET", "mock": {"of": "/visits/{visit}", "where": {"/by": "{member}"}}},
        "/members/{member}/badge": {"methods": "GET", "mock": {"of": "/members/{member}", "file": "badge"}},
        "/visits": {
            "methods": {
                "GET": {},
                "POST": {"mock": {"status": 202, "also": [
                    {"of": "/guests/{guest}", "each": "{body/guests}", "names": {"visit": "with"},
                     "sets": {"visit": "{with}", "name": "{body}"}}
                ]}},
            }
        },
        "/visits/{visit}": {
            "methods": "GET DELETE",
            "mock": {"sets": {"id": "{visit}", "by": "{credential/user}"}, "needs": [],
                     "repeat": {"seconds": 10, "same": ["/by", "/room"]}},
        },
        "/guests/{guest}": "GET",
        "/guests": {"methods": {"GET": {"mock": {"grouped": {"by": "/visit", "gives": "/name"}}}}},
        "/rooms": {"methods": "GET", "mock": {"of": "/visits/{visit}", "gives": "/room", "once": True}},
        "/recent": {
            "methods": "GET",
            "mock": {"of": "/visits/{visit}",
                     "where": [{"/room": "bar"}, {"/by": {"in": "/members", "at": "/name", "with": {"x": "y"}}}]},
        },
        "/visits/{visit}/close": {
            "methods": {"POST": {"mock": {"does": "set", "sets": {"closed": True}}}}, "mock": {"of": "/visits/{visit}"},
        },
        "/about": {"methods": {"GET": {"mock": {"content": "Made at {url}"}}}},
        "/ping": {"methods": {"POST": {"mock": {"does": "tell", "content": {"pong": "{body/x|=null}"}}}}},
        "/places": {
            "methods": {"GET": {"mock": {
                "does": "describe",
                "each_resource": {"at": "{resource/template}"}, "each_method": {"m": "{method/method}"},
            }}},
        },
        "/of/{member}": {"methods": "GET", "mock": {"variables": {"member": False}}},
    },
}  # fmt: skip


class Club:
    """A client of the mock, with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        self.definition = restpath.read(WORDS)
        self.app = restpath.mock.app(self.definition, clock=lambda: self.now)
        self.client = restpath.connect(self.definition, app=self.app, user="ann")


@pytest.fixture
def club() -> Club:
    return Club()


def test_a_thing_begins_with_what_is_new_and_ends_with_what_is_set(club: Club) -> None:
    made = club.client.members.post(name="bob", level=2, joined="never", friends=[{"name": "x"}, 3])
    assert made == {
        "level": 2, "name": "bob", "joined": "2026-01-01T00:00:00Z", "link": "http://localhost/members/bob",
        "friends": [{"name": "x", "initial": "x!"}, 3], "visits": [],
    }  # fmt: skip
    assert club.client.members["bob"].put(level=3, name="eve", joined="now") == {**made, "level": 3}
    assert club.client.members.post(level=1)["name"] == "ann"
    assert [one["name"] for one in club.client.members.get()] == ["ann", "bob"]
    assert [one["name"] for one in club.client.members.get(qs={"level": 3})] == ["bob"]


def test_what_is_required_and_cannot_be_named_is_400(club: Club) -> None:
    for body in ({"name": "x"}, {"name": "", "level": 1}, {"name": "..", "level": 1}, {"name": [], "level": 1}):
        with pytest.raises(restpath.BadRequest):
            club.client.members.post(data=body)


def test_errors_have_the_services_own_shape_codes_and_statuses(club: Club) -> None:
    with pytest.raises(restpath.RequestError) as caught:
        club.client.members["bob"].visits.get()
    assert (caught.value.status, caught.value.code, caught.value.message) == (422, "stranger", "Who is bob?")
    assert caught.value.content == {"problem": {"kind": "error", "id": "stranger", "text": "Who is bob?"}}
    with pytest.raises(restpath.NotFound) as missing:
        club.client.visits["1"].get()
    assert missing.value.code == "missing"
    with pytest.raises(restpath.Conflict, match="Version 2, please"):
        club.client.visits.get(headers={"X-Version": "1"})
    assert club.client.visits.get(headers={"X-Version": "2"}) == []


def test_what_the_definition_does_not_have_is_answered_as_the_words_say(club: Club) -> None:
    loose = restpath.connect("http://localhost", app=club.app)
    for operation in (loose.nothing.get, loose.visits.delete, loose.visits.head):
        with pytest.raises(restpath.RequestError) as caught:
            operation(headers={"X-User": "ann"})
        assert caught.value.status == 410


def test_a_variable_that_names_nothing_here_asks_for_nothing(club: Club) -> None:
    with pytest.raises(restpath.NotFound):
        club.client.of["bob"].get()


def test_a_post_may_say_another_method(club: Club) -> None:
    club.client.members.post(name="bob", level=1)
    loose = restpath.connect("http://localhost", app=club.app)
    assert loose.members["bob"].post(level=7, headers={"X-User": "ann", "X-Method": "put"})["level"] == 7


def test_pages_are_cut_by_the_parameters_that_the_words_name(club: Club) -> None:
    ids = []
    for room in ("a", "b", "c"):
        ids.append(club.client.visits.post(room=room)["id"])
    reply = club.client.visits.get.reply(qs={"max": 1, "since": ids[0]})
    assert [one["id"] for one in reply.content] == ids[1:2]
    assert reply.headers["X-More"] == "1"
    assert club.client.rooms.get(qs={"max": 2}) == ["a", "b"]


def test_the_same_again_is_the_first_for_a_while(club: Club) -> None:
    first = club.client.visits.post(room="a")
    assert club.client.visits.post(room="a") == first
    club.now += datetime.timedelta(seconds=10)
    assert club.client.visits.post(room="a") != first
    assert club.client.rooms.get() == ["a"]


def test_more_is_made_beside_a_thing_and_shown_in_groups(club: Club) -> None:
    reply = club.client.visits.post.reply(room="a", guests=["x", "y"])
    assert reply.status == 202
    assert club.client.guests.get() == {reply.content["id"]: ["x", "y"]}


def test_a_view_shows_what_belongs_to_its_variables_or_to_another_list(club: Club) -> None:
    club.client.members.post(name="ann", level=1)
    visit = club.client.visits.post(room="a")
    other = restpath.connect(club.definition, app=club.app, user="bob")
    others = [other.visits.post(room=room) for room in ("bar", "b")]
    assert club.client.members["ann"].visits.get() == club.client.members["ann"].get()["visits"] == [visit]
    assert club.client.recent.get() == [visit, others[0]]


def test_a_method_may_only_set_something(club: Club) -> None:
    visit = club.client.visits.post(room="a")
    assert club.client.visits[visit["id"]].close.post(room="b") == {**visit, "closed": True}


def test_a_method_may_only_tell_something(club: Club) -> None:
    assert club.client.about.get() == "Made at http://localhost"
    assert club.client.ping.post(x=[1]) == {"pong": [1]}
    assert club.client.ping.post() == {"pong": None}


def test_a_service_can_describe_itself(club: Club) -> None:
    listed = {entry["at"]: entry["methods"] for entry in club.client.places.get()}
    assert listed["/visits"] == {"GET": {"m": "GET"}, "POST": {"m": "POST"}}
    assert set(listed) == {template for template, _ in club.definition.templates()}


@pytest.mark.parametrize(
    "words",
    [
        {"of": "/nowhere"},
        {"needs": ["/nowhere/{x}"]},
        {"shows": {"/a": "/nowhere"}},
        {"where": {"/a": {"in": "/nowhere", "at": "/a"}}},
        {"where": [{"/a": "b"}, {"/a": {"in": "/nowhere", "at": "/a"}}]},
        {"variables": {"x": "/nowhere/{x}"}},
    ],
)
def test_words_that_name_a_place_that_is_not_there_are_found_at_once(words: dict[str, Any]) -> None:
    definition = restpath.read({"service": {"service": "s"}, "resources": {"/a": {"methods": "GET", "mock": words}}})
    with pytest.raises(restpath.DefinitionError, match="nowhere"):
        restpath.mock.serve(definition)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/mock/typo", {"service": {"service": "s", "mock": {"typo": 1}}, "resources": {"/a": "GET"}}),
        ("/mock/put", {"service": {"service": "s", "mock": {"put": "x"}}, "resources": {"/a": "GET"}}),
        ("/~1a/mock/typo", {"service": {"service": "s"}, "resources": {"/a": {"methods": "GET", "mock": {"typo": 1}}}}),
        (
            "/~1a/methods/GET/mock/does",
            {"service": {"service": "s"}, "resources": {"/a": {"methods": {"GET": {"mock": {"does": "x"}}}}}},
        ),
    ],
)
def test_a_word_that_the_mock_does_not_know_is_an_error_of_the_data_file(place: str, words: dict[str, Any]) -> None:
    with pytest.raises(restpath.DefinitionError) as caught:
        restpath.read(words)
    assert caught.value.pointer == place


def test_a_number_that_a_caller_has_chosen_is_given_to_nothing_else() -> None:
    definition = restpath.read(
        {
            "service": {"service": "shop", "base_url": "https://shop.example", "mock": {"ids": "numbers"}},
            "resources": {"/orders": "GET POST", "/orders/{id}": "GET PUT"},
        }
    )
    client = restpath.connect(definition, app=restpath.mock.app(definition))
    for number in ("1", "2", "4"):
        client.orders[number].put(n=number)
    made = [client.orders.post.reply(n=0).headers["Location"].rpartition("/")[2] for _ in range(3)]
    assert made == ["3", "5", "6"]


@pytest.mark.parametrize("asked", [True, "true"])
def test_a_list_is_filtered_by_true_and_false_as_a_query_writes_them(asked: object) -> None:
    definition = restpath.read(
        {
            "service": {"service": "shop", "base_url": "https://shop.example"},
            "resources": {"/orders": {"methods": "GET POST", "mock": {"filters": {"done": "/done"}}}},
        }
    )
    client = restpath.connect(definition, app=restpath.mock.app(definition))
    for done in (True, False):
        client.orders.post(done=done)
    assert [order["done"] for order in client.orders.get(done=asked)] == [True]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"", 400),
        ({"Content-Type": "application/json"}, b"", 400),
        ({"Content-Type": "application/json"}, b"{}", 400),
        ({"Content-Type": "text/plain"}, b"n=1", 415),
        ({"Content-Type": "application/json"}, b'{"n": 1}', 201),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"n=1", 201),
    ],
)
def test_what_a_body_has_to_have_is_asked_of_a_call_without_one_too(
    headers: dict[str, str], body: bytes, status: int
) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    definition = restpath.read(
        {
            "service": {"service": "shop", "base_url": "https://shop.example"},
            "resources": {"/orders": {"methods": {"GET": {}, "POST": {"body": {"schema": schema}}}}},
        }
    )
    mock = Mock(definition, lambda: datetime.datetime.now(datetime.timezone.utc))
    assert mock.answer("POST", "/orders", Headers(headers), io.BytesIO(body)).status == status
