"""The RPC-like face of MAX: every row of the facts, and what holds for all of its methods."""

from __future__ import annotations

import csv
import hashlib
import inspect
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import restpath
from restpath import mock
from restpath.services.max import RpcMaxClient
from restpath.services.max.filling import fill
from restpath.services.max.methods import METHODS

FACTS = Path(__file__).parents[3] / "shared" / "facts"
with_facts = pytest.mark.skipif(not FACTS.is_dir(), reason="the facts about MAX are not beside this checkout")
PLACE = "http://portal.example/news"
ENCODED = f"context={quote(PLACE, safe='')}"
HASH = hashlib.sha1(PLACE.encode()).hexdigest()


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with mock.serve("max") as server:
        yield server


@pytest.fixture
def client(server: Any) -> RpcMaxClient:
    client = RpcMaxClient(server.url, actor="ann")
    client.setToken("t")
    client.addUser("ann")
    client.addUser("bob")
    client.addContext(PLACE, "News")
    return client


class Recorder:
    """A MAX that says yes to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.method, self.path, self.query, self.body, self.type = "", "", "", b"", ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.method, self.path, self.query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
        self.body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.type = environ.get("CONTENT_TYPE", "")
        start_response("200 OK", [("Content-Type", "application/json"), ("X-totalItems", "7")])
        return [] if self.method == "HEAD" else [b'{"said": "yes"}']

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def recorded(recorder: Recorder) -> RpcMaxClient:
    client = RpcMaxClient("http://max.example", actor="ann", app=recorder)
    client.setToken("t")
    return client


# ---- the table ---------------------------------------------------------------------------------------------------


def rows() -> list[dict[str, str]]:
    with (FACTS / "max-rpc.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@with_facts
def test_the_table_has_every_row_of_the_facts_and_no_other() -> None:
    with (FACTS / "max-routes.csv").open(encoding="utf-8") as file:
        routes = {row["name"]: row["route"] for row in csv.DictReader(file)}
    expected = {
        row["name"]: (row["method"].split()[0], routes[row["resource"]], row["gives"], row["parameters"])
        for row in rows()
    }
    own = {row.name: (row.http_method, row.template, row.gives, row.call.partition("(")[2][:-1]) for row in METHODS}
    own["addUser"] = (*own["addUser"][:3], own["addUser"][3].replace("=None", "="))
    assert own == expected
    assert len(METHODS) == len(expected)


@with_facts
def test_methods_that_count_are_those_of_the_facts() -> None:
    counting = {row["name"] for row in rows() if "HEAD where count" in row["method"]}
    assert {row.name for row in METHODS if "count" in row.signature.parameters} == counting


def test_every_template_is_one_of_the_definition() -> None:
    templates = {(method.method, method.template) for method in restpath.read("max").operations}
    assert [row.name for row in METHODS if (row.http_method, row.template) not in templates] == []


def test_no_template_names_what_is_no_argument() -> None:
    for row in METHODS:
        known = {*row.signature.parameters, "actor", "actor_object"}
        said = json.dumps([row.query, row.body, [f"{{{row.file[1]}}}"] if row.file else []]) + str(row.values)
        assert set(re.findall(r"\{\*?(\w+)\}", said)) <= known, row.name
        assert set(re.findall(r"\{(\w+)\}", row.template)) <= known | row.values.keys(), row.name


# ---- as Python methods -------------------------------------------------------------------------------------------


def test_methods_have_signatures_and_documentation(recorded: RpcMaxClient) -> None:
    assert str(inspect.signature(recorded.addUser)) == "(username, displayName=None)"
    assert (
        str(inspect.signature(recorded.addActivity))
        == "(content, otype='note', contexts=[], generator=None, username=None)"
    )
    for row in METHODS:
        method = getattr(recorded, row.name)
        assert method.__name__ == row.name
        assert row.says in method.__doc__
        assert row.name in dir(recorded)


def test_wrong_arguments_are_a_type_error_that_names_the_method(recorded: RpcMaxClient, recorder: Recorder) -> None:
    for wrong in (
        lambda: recorded.addUser(),
        lambda: recorded.getContexts("x"),
        lambda: recorded.getUser(nobody="x"),
        lambda: recorded.getUser("a", username="a"),
    ):
        with pytest.raises(TypeError, match=r"^(addUser|getContexts|getUser)\(\) "):
            wrong()
    assert recorder.method == ""


def test_unknown_methods_are_attribute_errors(recorded: RpcMaxClient) -> None:
    assert not hasattr(recorded, "addPerson")


# ---- what is sent ------------------------------------------------------------------------------------------------

NOTE = {"objectType": "note", "content": "Hi"}
ANN = {"objectType": "person", "username": "ann"}
SENT: list[tuple[str, tuple[Any, ...], dict[str, Any], str, str, Any]] = [
    ("getUser", (), {}, "GET /people/ann", "", None),
    ("getUser", ("bob",), {}, "GET /people/bob", "", None),
    ("addUser", ("bob",), {}, "POST /people/bob", "", {}),
    ("addUser", ("bob", ""), {}, "POST /people/bob", "", {}),
    ("addUser", ("bob",), {"displayName": "Bob"}, "POST /people/bob", "", {"displayName": "Bob"}),
    ("modifyUser", ("bob", {"a": None}), {}, "PUT /people/bob", "", {"a": None}),
    ("modifyContext", (PLACE, {"a": 1}), {}, f"PUT /contexts/{HASH}", "", {"a": 1}),
    ("add_tags_to_context", (PLACE, ["a", "b"]), {}, f"PUT /contexts/{HASH}/tags", "", ["a", "b"]),
    ("remove_tag_from_context", (PLACE, "a b"), {}, f"DELETE /contexts/{HASH}/tags/a b", "", None),
    ("addActivity", ("Hi",), {}, "POST /people/ann/activities", "", {"object": NOTE}),
    ("addActivity", ("Hi", "note", (), ""), {}, "POST /people/ann/activities", "", {"object": NOTE}),
    ("addActivity", ("Hi", "note", None, {}), {}, "POST /people/ann/activities", "", {"object": NOTE}),
    (
        "addActivity",
        ("Hi", "note", [PLACE], "me", "bob"),
        {},
        "POST /people/bob/activities",
        "",
        {"object": NOTE, "contexts": [{"url": PLACE, "objectType": "context"}], "generator": "me"},
    ),
    ("add_activity_as_context", ("Hi", PLACE), {}, f"POST /contexts/{HASH}/activities", "", {"object": NOTE}),
    ("getActivity", ("a1",), {}, "GET /activities/a1", "", None),
    ("getUserTimeline", (), {}, "GET /people/ann/timeline", "", None),
    ("getContextActivities", (HASH,), {}, f"GET /contexts/{HASH}/activities", f"context={HASH}", None),
    ("getContextActivities", (PLACE,), {}, f"GET /contexts/{HASH}/activities", ENCODED, None),
    ("getContextActivities", (HASH, True), {}, f"HEAD /contexts/{HASH}/activities", f"context={HASH}", None),
    ("getUserActivities", (), {}, "GET /people/ann/activities", "", None),
    ("getUserActivities", (PLACE,), {}, "GET /people/ann/activities", ENCODED, None),
    (
        "getUserActivities",
        (),
        {"context": HASH, "count": True, "username": "bob"},
        "HEAD /people/bob/activities",
        f"context={HASH}",
        None,
    ),
    ("getTimelineLastAuthors", (), {}, "GET /people/ann/timeline/authors", "", None),
    ("getTimelineLastAuthors", (3,), {}, "GET /people/ann/timeline/authors", "limit=3", None),
    ("getContextLastAuthors", (HASH, 3), {}, f"GET /contexts/{HASH}/activities/authors", "limit=3", None),
    ("getAllActivities", (), {}, "GET /activities", "", None),
    ("getAllActivities", (True,), {}, "HEAD /activities", "", None),
    ("getAllComments", (), {"count": True}, "HEAD /activities/comments", "", None),
    (
        "addComment",
        ("Hi", "a1", "note"),
        {},
        "POST /activities/a1/comments",
        "",
        {"actor": ANN, "object": NOTE},
    ),
    ("getComments", ("a1",), {}, "GET /activities/a1/comments", "", None),
    (
        "addContext",
        (PLACE, "News"),
        {},
        "POST /contexts",
        "",
        {"url": PLACE, "objectType": "context", "displayName": "News"},
    ),
    (
        "addContext",
        ("x:1", "News", {"read": "public"}, "uri", "uri"),
        {},
        "POST /contexts",
        "",
        {"uri": "x:1", "objectType": "uri", "displayName": "News", "permissions": {"read": "public"}},
    ),
    ("get_context", (PLACE,), {}, f"GET /contexts/{HASH}", "", None),
    ("deleteContext", (PLACE,), {}, f"DELETE /contexts/{HASH}", "", None),
    (
        "subscribe",
        (PLACE,),
        {},
        "POST /people/ann/subscriptions",
        "",
        {"object": {"objectType": "context", "url": PLACE}},
    ),
    ("unsubscribe", (PLACE, "context", "bob"), {}, f"DELETE /people/bob/subscriptions/{HASH}", "", None),
    ("subscribed_to_context", (PLACE,), {}, f"GET /contexts/{HASH}/subscriptions", "", None),
    ("subscribed", (), {}, "GET /people/ann/subscriptions", "", None),
    ("grant_permission", (PLACE,), {}, f"PUT /contexts/{HASH}/permissions/ann/read", "", {}),
    ("revoke_permission", (PLACE, "bob"), {}, f"DELETE /contexts/{HASH}/permissions/bob/write", "", None),
    ("pushtokens_by_conversation", ("c1",), {}, "GET /conversations/c1/tokens", "", None),
    ("getUsers", (), {}, "GET /people", "", None),
    ("getActivities", (), {}, "GET /activities", "", None),
    ("getContexts", (), {}, "GET /contexts", "", None),
    ("getSecurity", (), {}, "GET /admin/security", "", None),
    ("grant_security_role", ("bob", "Manager"), {}, "POST /admin/security/roles/Manager/users/bob", "", {}),
    ("revoke_security_role", ("bob", "Manager"), {}, "DELETE /admin/security/roles/Manager/users/bob", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "kwargs", "line", "query", "body"), SENT)
def test_a_method_makes_its_call(
    recorded: RpcMaxClient, recorder: Recorder, name: str, args: Any, kwargs: Any, line: str, query: str, body: Any
) -> None:
    result = getattr(recorded, name)(*args, **kwargs)
    assert (f"{recorder.method} {recorder.path}", recorder.query) == (line, query)
    assert recorder.json == body
    content = 7 if recorder.method == "HEAD" else {"said": "yes"}
    row = next(row for row in METHODS if row.name == name)
    assert result == ((True, 200, content) if row.gives == "triple" else content)


def test_every_method_was_tried() -> None:
    assert {row.name for row in METHODS} - {name for name, *_ in SENT} == {"postAvatar"}


@pytest.mark.parametrize("image", [io.BytesIO(b"\x89PNG"), ("other.png", b"\x89PNG")])
def test_a_picture_goes_as_the_file_avatar_png(recorded: RpcMaxClient, recorder: Recorder, image: Any) -> None:
    assert recorded.postAvatar("ann", image)[0] is True
    name = "other.png" if isinstance(image, tuple) else "avatar.png"
    assert f'name="file"; filename="{name}"'.encode() in recorder.body
    assert b"\x89PNG" in recorder.body


def test_a_text_is_no_list_of_contexts(recorded: RpcMaxClient, recorder: Recorder) -> None:
    with pytest.raises(restpath.InvalidValue, match="give a list"):
        recorded.addActivity("Hi", contexts=PLACE)
    assert recorder.method == ""


def test_the_default_list_of_contexts_is_nobodys_to_change(recorded: RpcMaxClient, recorder: Recorder) -> None:
    contexts = [PLACE]
    recorded.addActivity("Hi", contexts=contexts)
    assert contexts == [PLACE]
    recorded.addActivity("Hi")
    assert "contexts" not in recorder.json


def test_without_an_actor_nothing_is_sent(recorder: Recorder) -> None:
    client = RpcMaxClient("http://max.example", app=recorder)
    client.setToken("t")
    for call in (client.getUser, client.getUserTimeline, lambda: client.addComment("Hi", "a1")):
        with pytest.raises(restpath.AuthError, match=r"setActor\(name\), or login\(\)"):
            call()
    assert recorder.method == ""


def test_a_value_that_would_make_another_path_is_refused(recorded: RpcMaxClient, recorder: Recorder) -> None:
    for wrong in ("", "..", None):
        with pytest.raises(restpath.InvalidValue):
            recorded.deleteContext(wrong)
    assert recorder.method == ""


# ---- what comes back ---------------------------------------------------------------------------------------------


def test_an_error_is_given_and_not_raised(client: RpcMaxClient) -> None:
    ok, status, content = client.addActivity("Hi", username="nobody")
    assert (ok, status, content["error"]) == (False, 400, "UnknownUserError")
    assert client.modifyContext("http://nowhere.example", {}) == (
        False,
        404,
        client.get_context("http://nowhere.example"),
    )


def test_an_error_where_the_content_is_given_alone_is_false(client: RpcMaxClient) -> None:
    content = client.getUser("nobody")
    assert not content
    assert content["error_description"] == "Unknown user: nobody"
    assert json.loads(json.dumps(content)) == content
    assert client.getUserActivities(username="nobody", count=True) is None


def test_what_is_no_json_is_none(client: RpcMaxClient) -> None:
    with pytest.warns(UserWarning, match="does not know GET /nowhere"):
        assert client.GET("/nowhere") == (False, 404, None)
    assert client.postAvatar("ann", io.BytesIO(b"\x89PNG")) == (True, 201, None)
    assert client.GET("/people/ann/avatar") == (True, 200, None)
    assert client.last_response == b"\x89PNG"


def test_no_answer_at_all_is_raised() -> None:
    client = RpcMaxClient("http://127.0.0.1:9", actor="ann", retries=0)
    client.setToken("t")
    with pytest.raises(restpath.ConnectionFailed):
        client.getUser()


def test_a_days_work(client: RpcMaxClient) -> None:
    _, _, activity = client.addActivity("Look", contexts=[PLACE], generator="test")
    assert client.getActivity(activity["id"])["object"]["content"] == "Look"
    assert client.getUserTimeline()[0]["id"] == activity["id"]
    assert client.getContextActivities(PLACE, count=True) == len(client.getContextActivities(HASH))
    assert client.getUserActivities(PLACE)[0]["id"] == activity["id"]
    assert client.addComment("Nice", activity["id"])["actor"]["username"] == "ann"
    assert [one["object"]["content"] for one in client.getComments(activity["id"])] == ["Nice"]
    client.subscribe(PLACE)
    assert [one["hash"] for one in client.subscribed()] == [HASH]
    assert client.subscribed_to_context(PLACE)[0]["username"] == "ann"
    client.grant_permission(PLACE, permission="write")
    assert client.unsubscribe(PLACE) is None
    assert client.add_tags_to_context(PLACE, ["a", "b"]) == (True, 200, ["a", "b"])
    assert client.remove_tag_from_context(PLACE, "a") == (True, 204, None)
    client.grant_security_role("bob", "Manager")
    assert client.getSecurity() == {"Manager": ["bob"]}
    assert client.revoke_security_role("bob", "Manager") is None


# ---- any route ---------------------------------------------------------------------------------------------------


def test_any_route_can_be_called(client: RpcMaxClient) -> None:
    assert client.POST("/people/eve", {"displayName": "Eve"})[:2] == (True, 201)
    assert client.PUT("/people/eve", {"displayName": "E"})[2]["displayName"] == "E"
    assert client.GET("people/eve")[2]["displayName"] == "E"
    assert client.GET("/people", {"username": "eve"})[2] == client.GET("/people?username=eve")[2]
    assert client.HEAD("/people/eve/activities") == (True, 200, 0)
    assert client.POST("/people/eve/avatar", upload_file=("a.png", b"\x89PNG"))[:2] == (True, 201)
    assert client.DELETE("/people/eve") == (True, 204, None)
    assert client.GET("/people/eve")[:2] == (False, 400)


def test_a_body_goes_beside_a_file(recorded: RpcMaxClient, recorder: Recorder) -> None:
    recorded.POST("/people/ann/activities", {"object": NOTE}, upload_file=("a.png", b"\x89PNG"))
    assert b'name="json_data"' in recorder.body
    assert json.dumps(NOTE["content"]).encode() in recorder.body


def test_a_delete_may_have_a_body(recorded: RpcMaxClient, recorder: Recorder) -> None:
    recorded.DELETE("/people/ann", {"why": "test"})
    assert recorder.json == {"why": "test"}


def test_me_is_a_route_too(recorded: RpcMaxClient, recorder: Recorder) -> None:
    recorded.GET("/people/:me")
    assert recorder.path == "/people/ann"


def test_a_route_of_another_server_is_refused(recorded: RpcMaxClient, recorder: Recorder) -> None:
    with pytest.raises(restpath.InvalidValue):
        recorded.GET("http://elsewhere.example/people")
    assert recorder.method == ""


# ---- templates ---------------------------------------------------------------------------------------------------


def test_templates_keep_the_type_of_what_fills_them() -> None:
    assert fill({"a": "{x}", "{k}": [{"u": "{*l}"}]}, {"x": 5, "k": "b", "l": [1, 2]}) == {
        "a": 5,
        "b": [{"u": 1}, {"u": 2}],
    }
    assert fill({"a": "{x}", "b": {"c": "{x}"}, "d": "{y}", "e": "{z}"}, {"x": None, "y": [], "z": ""}) == {}
    assert fill({"a": "{x}", "b": "{y}"}, {"x": 0, "y": False}) == {"a": 0, "b": False}
