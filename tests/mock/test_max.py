"""
MAX as the mock serves it: over real HTTP as a program of 2014 would call it, and by restpath with and without a port.

What is asserted of statuses, shapes and header fields is what the service's facts say of a running server.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3 import encode_multipart_formdata

import restpath
import restpath.mock
from restpath.edge.wsgi import wsgi_adapter
from restpath.mock.answer import Mock
from restpath.mock.server import wsgi_app
from restpath.types import Headers

URL = "http://portal.example/news"
HASH = hashlib.sha1(URL.encode()).hexdigest()
PNG = b"\x89PNG\r\n\x1a\n--\r\n\x00\xff" * 100
MAX = restpath.read("max")
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "max-routes.csv"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2026, 5, 1, 12, 0, tzinfo=datetime.timezone.utc)

    def __call__(self) -> datetime.datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[Any]:
    with restpath.mock.serve("max", clock=clock) as server:
        yield server


@pytest.fixture(params=["serve", "app"])
def client(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Any]:
    """A client of the mock on loopback, and one of the same mock in this process."""
    if request.param == "app":
        app = restpath.mock.app("max", clock=clock)
        yield restpath.connect("max", app=app, username="ann", token="t")
        return
    with (
        restpath.mock.serve("max", clock=clock) as server,
        restpath.connect("max", server.url, username="ann", token="t") as made,
    ):
        yield made


class OldProgram:
    """Calls the service as programs of 2014 did: requests, JSON bodies, three header fields, overridden methods."""

    def __init__(self, url: str, username: str = "ann", *, override: bool = False) -> None:
        self.url, self.override = url, override
        self.headers = {"X-Oauth-Token": "tok", "X-Oauth-Username": username, "X-Oauth-Scope": "widgetcli"}

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {**self.headers, "Content-Type": "application/json"}
        if self.override and method in ("PUT", "DELETE"):
            method, headers["X-HTTP-Method-Override"] = "POST", method
        data = None if body is None else json.dumps(body)
        return requests.request(method, self.url + path, data=data, headers=headers, timeout=10, **more)

    def upload(self, path: str, body: Any, **files: Any) -> requests.Response:
        data = {} if body is None else {"json_data": json.dumps(body)}
        return requests.post(self.url + path, data=data, files=files, headers=self.headers, timeout=10)


@pytest.fixture
def old(server: Any) -> OldProgram:
    program = OldProgram(server.url)
    program("POST", "/people/ann", {})
    return program


# ---- the calls of the original client's document -----------------------------------------------------------------


def test_adding_a_person_is_201_and_again_200(server: Any) -> None:
    old = OldProgram(server.url)
    first, again = old("POST", "/people/ann", {"displayName": "Ann"}), old("POST", "/people/ann", {"displayName": "B"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == old("GET", "/people/ann").json()
    assert first.json() == {
        "id": "ann", "username": "ann", "displayName": "Ann", "objectType": "person",
        "published": "2026-05-01T12:00:00Z", "subscribedTo": [],
    }  # fmt: skip


def test_a_person_is_added_in_the_collection_too_by_name_or_as_the_caller(server: Any) -> None:
    old = OldProgram(server.url, "bob")
    assert old("POST", "/people", {"username": "ann"}).json()["username"] == "ann"
    assert old("POST", "/people").json()["username"] == "bob"
    assert [person["username"] for person in old("GET", "/people").json()] == ["bob", "ann"]
    assert [person["username"] for person in old("GET", "/people?username=bob").json()] == ["bob"]


def test_an_activity_is_listed_counted_and_read(old: OldProgram) -> None:
    posted = old(
        "POST", "/people/ann/activities", {"object": {"objectType": "note", "content": "Hi"}, "generator": "x"}
    )
    activity = posted.json()
    assert posted.status_code == 201
    assert re.fullmatch("[0-9a-f]{24}", activity["id"])
    assert activity["actor"] == {"objectType": "person", "username": "ann", "displayName": "ann"}
    assert (activity["objectType"], activity["verb"], activity["generator"]) == ("activity", "post", "x")
    assert activity["object"] == {"objectType": "note", "content": "Hi"}
    assert activity["published"] == "2026-05-01T12:00:00Z"
    assert old("GET", "/people/ann/activities").json() == [activity]
    assert old("GET", f"/activities/{activity['id']}").json() == activity
    assert old("GET", "/activities").json() == old("GET", "/people/ann/timeline").json() == [activity]
    assert old("HEAD", "/people/ann/activities").headers["X-totalItems"] == "1"


def test_an_unknown_person_is_an_error_of_the_services_own_shape(old: OldProgram) -> None:
    answer = old("GET", "/people/x/activities")
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "UnknownUserError", "error_description": "Unknown user: x", "objectType": "error",
    }  # fmt: skip


def test_the_caller_need_not_be_a_person(server: Any) -> None:
    OldProgram(server.url, "nobody")("POST", "/people/ann", {})
    assert OldProgram(server.url, "nobody")("GET", "/people/ann").status_code == 200


def test_another_thing_that_is_not_there_is_404_in_json(old: OldProgram) -> None:
    for path in ("/activities/123", f"/contexts/{HASH}", f"/contexts/{HASH}/activities", "/conversations/1/messages"):
        answer = old("GET", path)
        assert answer.status_code == 404
        assert answer.json()["objectType"] == "error"
        assert answer.json()["error"] == "ObjectNotFound"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("PUT", "/people"), ("HEAD", "/people"), ("GET", "//")]
)
def test_a_wrong_path_or_method_is_404_in_html(old: OldProgram, method: str, path: str) -> None:
    answer = old(method, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("override", [False, True])
def test_put_merges_and_delete_deletes_with_a_body_and_by_an_overridden_post(server: Any, override: bool) -> None:
    old = OldProgram(server.url, override=override)
    old("POST", "/people/ann", {"displayName": "Ann"})
    put = old("PUT", "/people/ann", {"twitterUsername": "a", "username": "other"})
    assert put.status_code == 200
    assert (put.json()["username"], put.json()["displayName"], put.json()["twitterUsername"]) == ("ann", "Ann", "a")
    gone = old("DELETE", "/people/ann", {"why": "test"})
    assert (gone.status_code, gone.content, gone.headers.get("Content-Length")) == (204, b"", None)
    assert old("GET", "/people/ann").status_code == 400


def test_get_and_head_can_be_overridden_too(old: OldProgram) -> None:
    for method in ("GET", "HEAD"):
        headers = {**old.headers, "X-HTTP-Method-Override": method}
        answer = requests.post(f"{old.url}/people/ann/activities", headers=headers, data=b"{}", timeout=10)
        assert (answer.status_code, answer.headers["X-totalItems"]) == (200, "0")


def test_an_avatar_comes_back_byte_for_byte_in_every_size(old: OldProgram) -> None:
    posted = old.upload("/people/ann/avatar", None, anything=("avatar.png", PNG, "image/png"))
    assert (posted.status_code, posted.text) == (201, "Uploaded")
    for path in ("/people/ann/avatar", "/people/ann/avatar/mini"):
        answer = old("GET", path)
        assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")


def test_an_avatar_takes_exactly_one_file(old: OldProgram) -> None:
    file = ("a.png", PNG)
    assert old.upload("/people/ann/avatar", None, one=file, two=file).status_code == 400
    assert old.upload("/people/ann/avatar", {"a": 1}, nothing=(None, b"x")).status_code == 400
    assert old("GET", "/people/ann/avatar").status_code == 404


def test_an_activity_with_a_file_keeps_both(old: OldProgram) -> None:
    body = {"object": {"objectType": "image", "content": "Look: é"}}
    activity = old.upload("/people/ann/activities", body, file=("bíg.png", PNG, "image/png")).json()
    assert activity["object"] == {
        "objectType": "image", "content": "Look: é", "filename": "bíg.png", "mimetype": "image/png",
    }  # fmt: skip
    for place in ("image", "image/large", "file/download"):
        assert old("GET", f"/activities/{activity['id']}/{place}").content == PNG


def test_an_activity_without_a_file_has_no_image(old: OldProgram) -> None:
    activity = old("POST", "/people/ann/activities", {"object": {"content": "Hi"}}).json()
    assert old("GET", f"/activities/{activity['id']}/image").status_code == 404


def test_info_needs_no_credentials_and_names_the_servers(server: Any) -> None:
    answer = requests.get(f"{server.url}/info", timeout=10).json()
    assert answer["max.oauth_server"] == server.url
    assert {"max.server_id", "max.stomp_server", "version"} < answer.keys()


# ---- who may call ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["X-Oauth-Token", "X-Oauth-Username", "X-Oauth-Scope", ""])
def test_missing_or_empty_credentials_are_401(old: OldProgram, missing: str) -> None:
    headers = {name: value for name, value in old.headers.items() if missing and name != missing}
    for more in ({}, {missing: ""} if missing else {}):
        answer = requests.get(f"{old.url}/people/ann", headers={**headers, **more}, timeout=10)
        assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")
        assert "WWW-Authenticate" in answer.headers


def test_only_the_credentials_that_the_mock_was_given_are_good() -> None:
    with restpath.mock.serve("max", credentials={"username": "ann", "token": "right"}) as server:
        right = restpath.connect("max", server.url, username="ann", token="right")
        assert right.people.post()["username"] == "ann"
        for username, token in (("ann", "wrong"), ("bob", "right")):
            with pytest.raises(restpath.Unauthorized):
                restpath.connect("max", server.url, username=username, token=token).people.get()


@pytest.mark.parametrize(("said", "status"), [(None, 200), ("4.0", 200), ("5.0", 412)])
def test_another_compatibility_id_is_412(old: OldProgram, said: str | None, status: int) -> None:
    headers = {**old.headers, **({} if said is None else {"X-Max-Compat-ID": said})}
    assert requests.get(f"{old.url}/people", headers=headers, timeout=10).status_code == status


@pytest.mark.parametrize("body", [b"{", b"[]", b"3", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_a_body_that_is_no_json_object_is_400(old: OldProgram, body: bytes) -> None:
    headers = {**old.headers, "Content-Type": "application/json"}
    answer = requests.post(f"{old.url}/people/ann/activities", data=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["objectType"] == "error"


def test_me_stands_for_the_caller(old: OldProgram) -> None:
    assert old("GET", "/people/:me").json()["username"] == "ann"


def test_the_oauth_server_gives_tokens_for_passwords_as_the_facts_have_it() -> None:
    with restpath.mock.serve("max", credentials={"username": "ann", "password": "right"}) as server:
        fields = {"grant_type": "password", "client_id": "MAX", "scope": "widgetcli", "username": "ann"}
        for password, status in (("right", 200), ("wrong", 400)):
            answer = requests.post(f"{server.url}/token", data={**fields, "password": password}, timeout=10)
            assert answer.status_code == status
            assert ("access_token" in answer.json()) is (password == "right")
        token = requests.post(f"{server.url}/token", data={**fields, "password": "right"}, timeout=10).json()
        headers = {"X-Oauth-Token": token["access_token"], "X-Oauth-Scope": "widgetcli"}
        for username, status in (("ann", 200), ("bob", 401)):
            headers["X-Oauth-Username"] = username
            assert requests.get(f"{server.url}/people", headers=headers, timeout=10).status_code == status


def test_a_legacy_oauth_server_calls_it_oauth_token() -> None:
    legacy = restpath.read("max", {"service": {"mock": {"tokens": {"token_at": "/oauth_token"}}}})
    with restpath.mock.serve(legacy) as server, restpath.connect("max", server.url, username="a", password="b") as made:
        fields = {"grant_type": "password", "client_id": "MAX", "scope": "s", "username": "a", "password": "b"}
        answer = requests.post(f"{server.url}/token", data=fields, timeout=10).json()
        assert "oauth_token" in answer
        assert "access_token" not in answer
        assert made.people.get() == []


def test_basic_authentication_is_the_older_way(server: Any) -> None:
    assert requests.get(f"{server.url}/people", auth=("ann", "x"), timeout=10).status_code == 200


def test_where_asked_to_the_mock_wants_callers_that_it_knows() -> None:
    with restpath.mock.serve("max", known_callers=True) as server:
        old = OldProgram(server.url)
        assert old("GET", "/people").json()["error"] == "UnknownUserError"
        assert old("GET", "/admin/security").status_code == 200
        assert old("POST", "/people/ann", {}).status_code == 201
        assert old("GET", "/people").status_code == 200


@pytest.mark.skipif(not FACTS.is_file(), reason="the list of MAX's routes is not beside this checkout")
def test_who_need_not_be_known_is_what_the_facts_say() -> None:
    with FACTS.open(encoding="utf-8") as file:
        listed = {
            f"{method} {row['route']}"
            for row in csv.DictReader(file)
            for method in row["actor_not_required_for"].split()
        }
    assert set(MAX.service.words["mock"]["known_callers"]["except"]) == listed


# ---- activities --------------------------------------------------------------------------------------------------


def test_the_same_content_within_a_minute_is_the_first_activity(client: Any, clock: Clock) -> None:
    client.people["ann"].post()
    client.people["bob"].post()
    first = client.people["ann"].activities.post.reply(object_content="Hi")
    clock.later(59)
    again = client.people["ann"].activities.post.reply(object_content="Hi")
    others = [client.people["ann"].activities, client.people["bob"].activities]
    assert (first.status, again.status) == (201, 200)
    assert first.content == again.content
    assert others[0].post.reply(object_content="Ho").status == others[1].post.reply(object_content="Hi").status == 201
    clock.later(2)
    assert others[0].post.reply(object_content="Hi").status == 201


def test_lists_are_cut_by_limit_before_and_after_and_say_whether_they_go_on(client: Any) -> None:
    client.people["ann"].post()
    ids = [client.people["ann"].activities.post(object_content=str(i))["id"] for i in range(5)][::-1]

    def page(**qs: Any) -> tuple[list[str], str | None]:
        reply = client.people["ann"].activities.get.reply(qs=qs)
        return [activity["id"] for activity in reply.content], reply.headers.get("X-Has-Remaining-Items")

    assert page() == (ids, None)
    assert page(limit=2) == (ids[:2], "1")
    assert page(limit=2, before=ids[1]) == (ids[2:4], "1")
    assert page(limit=2, before=ids[3]) == (ids[4:], None)
    assert page(after=ids[1]) == (ids[:1], None)
    client.activities[ids[1]].delete()
    assert page(limit=2, before=ids[1]) == (ids[2:4], "1")
    assert client.people["ann"].activities.head() == 4
    for qs in ({"limit": "x"}, {"before": "nothing"}):
        with pytest.raises(restpath.BadRequest):
            page(**qs)


def test_comments_likes_and_favorites_show_in_their_activity_and_go_with_it(client: Any) -> None:
    client.people["ann"].post()
    activity = client.activities[client.people["ann"].activities.post(object_content="Hi")["id"]]
    comment = activity.comments.post(object_content="Nice")
    assert (comment["actor"]["username"], comment["object"]["objectType"]) == ("ann", "comment")
    assert activity.likes.post.reply().status == 201
    assert activity.likes.post.reply().status == 200
    activity.favorites.post()
    activity.flag.post()
    shown = activity.get()
    assert shown["replies"] == activity.comments.get() == client.people["ann"].comments.get() == [comment]
    assert [one["username"] for one in shown["likes"]] == [one["username"] for one in shown["favorites"]] == ["ann"]
    assert shown["flagged"] is True
    activity.likes["ann"].delete()
    activity.favorites["ann"].delete()
    activity.flag.delete()
    shown = activity.get()
    assert (shown["likes"], shown["favorites"], shown["flagged"]) == ([], [], False)
    assert client.activities.comments.head() == 1
    activity.delete()
    assert client.activities.comments.head() == 0
    with pytest.raises(restpath.NotFound):
        activity.comments.get()


# ---- contexts ----------------------------------------------------------------------------------------------------


def test_a_context_is_named_by_the_sha1_of_its_url(client: Any) -> None:
    made = client.contexts.post.reply(url=URL, displayName="News")
    assert (made.status, made.content["hash"], made.content["objectType"]) == (201, HASH, "context")
    assert client.contexts.post.reply(url=URL).status == 200
    assert client.contexts[URL].get() == client.contexts[HASH].get() == made.content
    assert client.contexts[URL].put(displayName="Old", hash="x")["displayName"] == "Old"
    assert [context["hash"] for context in client.contexts.get()] == [HASH]
    assert [context["hash"] for context in client.contexts.public.get()] == [HASH]
    client.contexts[URL].delete()
    assert client.contexts.get() == []


def test_a_context_without_url_is_400(client: Any) -> None:
    with pytest.raises(restpath.BadRequest, match="/url"):
        client.contexts.post(displayName="News")


def test_an_activity_with_a_context_is_listed_there_and_in_its_subscribers_timeline(client: Any) -> None:
    for name in ("ann", "bob", "eve"):
        client.people[name].post()
    client.contexts.post(url=URL, displayName="News")
    client.people["bob"].subscriptions.post(object_url=URL)
    posted = client.people["ann"].activities.post(object_content="Hi", contexts=[{"url": URL, "objectType": "context"}])
    assert posted["contexts"] == [{"url": URL, "objectType": "context", "hash": HASH}]
    for path in (client.contexts[URL].activities, client.people["bob"].timeline, client.people["ann"].timeline):
        assert [activity["id"] for activity in path.get()] == [posted["id"]]
    assert client.people["eve"].timeline.get() == client.people["bob"].activities.get() == []
    assert [one["username"] for one in client.people["bob"].timeline.authors.get()] == ["ann"]
    assert [one["username"] for one in client.contexts[URL].activities.authors.get()] == ["ann"]
    assert client.people["ann"].activities.head(qs={"context": HASH}) == 1
    client.activities[posted["id"]].comments.post(object_content="Nice")
    assert client.contexts[URL].comments.head() == 1


def test_a_context_can_post_itself(client: Any) -> None:
    client.contexts.post(url=URL, displayName="News")
    posted = client.contexts[URL].activities.post(object_content="Hi")
    assert posted["actor"] == {"objectType": "context", "url": URL, "hash": HASH}
    assert client.contexts[URL].activities.head() == 1


def test_subscriptions_are_seen_from_both_sides_and_end_from_both(client: Any) -> None:
    client.people["ann"].post()
    client.people["bob"].post()
    client.contexts.post(url=URL, displayName="News")
    first = client.people["ann"].subscriptions.post.reply(object_url=URL)
    assert (first.status, first.content["verb"], first.content["object"]["hash"]) == (201, "subscribe", HASH)
    assert client.people["ann"].subscriptions.post.reply(object_url=URL).status == 200
    assert client.contexts[URL].subscriptions.post.reply(actor_username="bob").status == 201
    assert [one["displayName"] for one in client.people["bob"].subscriptions.get()] == ["News"]
    assert [one["hash"] for one in client.people["ann"].get()["subscribedTo"]] == [HASH]
    assert [one["username"] for one in client.contexts[URL].subscriptions.get()] == ["bob", "ann"]
    client.people["ann"].subscriptions[URL].delete()
    client.contexts[URL].subscriptions["bob"].delete()
    assert client.contexts[URL].subscriptions.get() == client.people["ann"].subscriptions.get() == []
    with pytest.raises(restpath.NotFound):
        client.people["ann"].subscriptions[URL].delete()


def test_nobody_subscribes_to_a_context_that_is_not_there(client: Any) -> None:
    client.people["ann"].post()
    with pytest.raises(restpath.NotFound):
        client.people["ann"].subscriptions.post(object_url=URL)


def test_deleting_a_context_or_a_person_ends_their_subscriptions(client: Any) -> None:
    client.people["ann"].post()
    client.people["bob"].post()
    client.contexts.post(url=URL)
    for name in ("ann", "bob"):
        client.people[name].subscriptions.post(object_url=URL)
    client.people["bob"].delete()
    assert [one["username"] for one in client.contexts[URL].subscriptions.get()] == ["ann"]
    client.contexts[URL].delete()
    assert client.people["ann"].get()["subscribedTo"] == []


def test_permissions_are_granted_revoked_and_reset(client: Any) -> None:
    client.people["ann"].post()
    client.contexts.post(url=URL)
    client.people["ann"].subscriptions.post(object_url=URL)
    permissions = client.contexts[URL].permissions["ann"]
    assert permissions["write"].put.reply().status == 201
    assert permissions["write"].put.reply().status == 200
    permissions["read"].put()
    assert client.people["ann"].subscriptions.get()[0]["permissions"] == ["write", "read"]
    permissions["write"].delete()
    assert client.people["ann"].subscriptions.get()[0]["permissions"] == ["read"]
    assert permissions.defaults.post()["permissions"] == []
    assert client.people["ann"].subscriptions.get()[0]["permissions"] == []


def test_tags_are_added_listed_and_removed(client: Any) -> None:
    client.contexts.post(url=URL)
    assert client.contexts[URL].tags.put(data=["a", "b"]) == ["a", "b"]
    assert client.contexts[URL].tags.put(data=["b", "c"]) == client.contexts[URL].get()["tags"] == ["a", "b", "c"]
    client.contexts[URL].tags["b"].delete()
    assert client.contexts[URL].tags.get() == ["a", "c"]
    client.contexts[URL].tags.delete()
    assert client.contexts[URL].tags.get() == []


# ---- conversations -----------------------------------------------------------------------------------------------


def test_a_conversation_has_participants_and_messages(client: Any) -> None:
    for name in ("ann", "bob", "eve"):
        client.people[name].post()
    who = [{"objectType": "conversation", "participants": ["ann", "bob"]}]
    made = client.conversations.post.reply(contexts=who, object_content="Hi")
    talk = client.conversations[made.content["id"]]
    assert made.status == 201
    assert [one["username"] for one in talk.get()["participants"]] == ["ann", "bob"]
    client.people["bob"].conversations[made.content["id"]].messages.post(object_content="Ho")
    talk.messages.post(object_content="Fine")
    said = [(one["actor"]["username"], one["object"]["content"]) for one in talk.messages.get()]
    assert said == [("ann", "Fine"), ("bob", "Ho"), ("ann", "Hi")]
    talk.participants.post(username="eve")
    talk.participants["bob"].delete()
    talk.owner.put(actor_username="eve")
    assert [one["username"] for one in talk.get()["participants"]] == ["ann", "eve"]
    assert client.people["ann"].conversations[made.content["id"]].get()["owner"] == "eve"
    assert client.messages.head() == 3
    assert client.conversations.active.head() == 1
    talk.delete()
    assert client.conversations.get() == []


def test_a_message_with_a_file_keeps_it(client: Any) -> None:
    client.people["ann"].post()
    talk = client.conversations[client.conversations.post(object_content="Hi")["id"]]
    message = talk.messages.post(object_content="Look", upload_file=("a.png", io.BytesIO(PNG), "image/png"))
    assert client.messages[message["id"]].image.get() == client.messages[message["id"]].file.download.get() == PNG


# ---- the rest ----------------------------------------------------------------------------------------------------


def test_device_tokens_belong_to_people(client: Any) -> None:
    client.people["ann"].post()
    client.tokens.post(platform="ios", token="t1")
    client.people["ann"].device["android"]["t2"].post()
    assert [token["token"] for token in client.people["ann"].tokens.get()] == ["t1", "t2"]
    assert [token["token"] for token in client.people["ann"].tokens.platforms["android"].get()] == ["t2"]
    client.contexts.post(url=URL)
    client.people["ann"].subscriptions.post(object_url=URL)
    assert len(client.contexts[URL].tokens.get()) == 2
    client.people["ann"].tokens.platforms["ios"].delete()
    client.tokens["t2"].delete()
    assert client.people["ann"].tokens.get() == []


def test_roles_are_granted_and_revoked(client: Any) -> None:
    client.admin.security.roles["Manager"].users["ann"].post()
    client.admin.security.roles["Manager"].users["bob"].post()
    assert client.admin.security.get() == {"Manager": ["ann", "bob"]}
    assert client.admin.security.users.get() == ["ann", "bob"]
    client.admin.security.roles["Manager"].users["bob"].delete()
    assert client.admin.security.get() == {"Manager": ["ann"]}


def test_info_api_lists_every_operation_of_the_definition(client: Any) -> None:
    entries = client.info.api.get()
    listed = {(entry["route_url"], method) for entry in entries for method in entry["methods"]}
    assert listed == {(operation.template, operation.method) for operation in MAX.operations}
    assert all(entry.keys() == _ENTRY for entry in entries)
    assert all(said.keys() == _METHOD for entry in entries for said in entry["methods"].values())
    by_id = {entry["route_id"]: entry for entry in entries}
    assert (by_id["avatar"]["filesystem"], by_id["user"]["filesystem"]) == (True, False)
    assert list(by_id["deprecated_create_user"]["methods"]) == ["POST"]
    assert by_id["user"]["methods"]["GET"]["rest_params"] == ["username"]
    grouped = client.info.api.get(qs={"by_category": 1})
    assert [entry for group in grouped.values() for entry in group] == sorted(
        entries, key=lambda entry: list(grouped).index(entry["category"])
    )


_ENTRY = {"route_id", "route_url", "route_name", "category", "filesystem", "methods"}
_METHOD = {
    "description", "documentation", "payload", "rest_params", "query_params", "permission", "modifiers",
}  # fmt: skip


# ---- every operation ---------------------------------------------------------------------------------------------

OPERATIONS = [(operation.method, operation.template) for operation in MAX.operations]
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/contexts"): {"url": URL + "/2"},
    ("POST", "/tokens"): {"platform": "ios", "token": "new"},
    ("PUT", "/contexts/{hash}/tags"): ["c"],
    ("POST", "/people/{username}/subscriptions"): {"object": {"url": URL}},
    ("POST", "/conversations/{id}/participants"): {"username": "bob"},
}
NOT_THERE = {"/contexts/{hash}/avatar", "/conversations/{id}/avatar", "/admin/maintenance/exceptions/{hash}"}


def populated() -> tuple[Any, dict[str, str]]:
    """A client of a MAX with one of everything, and the values that name them."""
    mock = Mock(MAX, lambda: datetime.datetime.now(datetime.timezone.utc))
    picture, form = encode_multipart_formdata([("file", ("a.png", PNG, "image/png"))])

    def post(path: str, body: Any = None, method: str = "POST") -> str:
        data, kind = (picture, form) if body is PNG else (json.dumps(body or {}).encode(), "application/json")
        headers = Headers([*OldProgram("").headers.items(), ("Content-Type", kind)])
        answer = mock.answer(method, path, headers, io.BytesIO(data))
        assert answer.status in (200, 201)
        made = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body[:1] == b"{" else {}
        return str(made.get("id"))

    post("/people/ann")
    post("/people/ann/avatar", PNG)
    post("/contexts", {"url": URL})
    post("/people/ann/subscriptions", {"object": {"url": URL}})
    post(f"/contexts/{HASH}/tags", ["a"], "PUT")
    post(f"/contexts/{HASH}/permissions/ann/write", method="PUT")
    post(f"/contexts/{HASH}/unsubscriptionpush/ann")
    post(f"/contexts/{HASH}/activities", PNG)
    activity = post("/people/ann/activities", {"object": {"content": "Hi"}, "contexts": [{"url": URL}]})
    picture_activity = post("/people/ann/activities", PNG)
    comment = post(f"/activities/{activity}/comments", {"object": {"content": "Nice"}})
    post(f"/activities/{activity}/likes")
    post(f"/activities/{activity}/favorites")
    talk = post("/conversations", {"contexts": [{"participants": ["ann"]}]})
    message = post(f"/conversations/{talk}/messages", PNG)
    post("/people/ann/device/ios/tok")
    post("/admin/security/roles/Manager/users/ann")
    known = {
        "username": "ann", "user": "ann", "role": "Manager", "hash": HASH, "activity": activity, "comment": comment,
        "platform": "ios", "token": "tok", "size": "mini", "permission": "write", "tag": "a", "id": talk,
        "message": message, "picture": picture_activity,
    }  # fmt: skip
    return restpath.connect("max", app=wsgi_app(mock), username="ann", token="t"), known


def named(template: str, known: dict[str, str]) -> dict[str, str]:
    """The values for a template: some names mean another thing below another collection."""
    meant = dict(known)
    if template.startswith("/messages/"):
        meant["id"] = known["message"]
    if "/image" in template or "/file" in template:
        meant["activity"] = known["picture"]
    return {name: meant[name] for name in MAX.resource(template).template.variables}


CASES = pytest.mark.parametrize(("method", "template"), OPERATIONS, ids=[" ".join(pair) for pair in OPERATIONS])


@pytest.fixture(scope="module")
def unchanged() -> Any:
    """One that is only read from."""
    return populated()


@CASES
def test_every_operation_of_the_definition_answers_sensibly(method: str, template: str, unchanged: Any) -> None:
    client, known = unchanged if method in ("GET", "HEAD") else populated()
    path = restpath.expand(client, template, named(template, known))
    arguments: dict[str, Any] = {}
    if template == "/people/{username}/avatar" and method == "POST":
        arguments["upload_file"] = ("a.png", io.BytesIO(PNG), "image/png")
    elif (method, template) in BODIES:
        arguments["data"] = BODIES[method, template]
    operation = getattr(path, method.lower())
    if template in NOT_THERE:
        with pytest.raises(restpath.NotFound) as caught:
            operation(**arguments)
        assert caught.value.code == "ObjectNotFound"
        return
    reply = operation.reply(**arguments)
    assert reply.status in ((204,) if method == "DELETE" else (200, 201))
    if method == "HEAD":
        assert int(reply.headers["X-totalItems"]) >= 1
    elif method == "GET":
        assert reply.content not in (None, b"")


@CASES
def test_every_operation_asks_for_credentials_but_those_that_need_none(
    method: str, template: str, anonymous: Any
) -> None:
    path = re.sub(r"{\w+}", "x", template)
    answer = anonymous.request(method, f"http://max.example{path}")
    assert answer.status_code == (200 if template in ("/info", "/info/api") else 401)


@pytest.fixture(scope="module")
def anonymous() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", wsgi_adapter(restpath.mock.app("max")))
    return session
