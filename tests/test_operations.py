"""Operations: a method at a path, ready to be called; against an application in this process."""

from __future__ import annotations

import copy
import inspect
import io
import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import DefinitionError, InvalidBody, InvalidValue, NotFound, RestpathError
from restpath.operations import Operation, Settings

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
DEFINITION = restpath.read(
    {
        "service": {"format": 1, "service": "test", "base_url": "https://a.example", "count_header": "X-Total"},
        "resources": {
            "/echo": {"methods": {"GET": {}, "PUT": {}, "POST": {"body": {"schema": SCHEMA}}}},
            "/u/{user-id}/posts": {"methods": {"GET": {"name": "posts.list"}, "POST": {"name": "posts.add"}}},
            "/t/{timeout}/{class}": {"methods": {"GET": {"name": "odd"}}},
            "/find?q={q}": {"methods": {"GET": {"name": "find"}}},
            "/missing": "GET", "/unchanged": "GET", "/count": "HEAD", "/odd/target": "POST",
        },
    }
)  # fmt: skip


class App:
    """Answers with what it was asked, and remembers it."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        names = {name: value for name, value in environ.items() if name.startswith("HTTP_") or name == "CONTENT_TYPE"}
        path = environ["PATH_INFO"]
        self.seen.append(
            {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "query": environ["QUERY_STRING"],
                "body": body,
                "headers": names,
            }
        )
        if path == "/missing":
            start("404 Not Found", [("Content-Type", "application/json")])
            return [b'{"a": 1}']
        if path == "/unchanged":
            start("304 Not Modified", [("ETag", '"x"')])
            return []
        if path == "/count":
            start("200 OK", [("X-Total", "42"), ("Content-Length", "9")])
            return []
        start("200 OK", [("Content-Type", "application/json"), ("X-A", "b")])
        return [json.dumps([environ["REQUEST_METHOD"], environ["QUERY_STRING"], body.decode()]).encode()]


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def client(app: App) -> Any:
    return restpath.connect(DEFINITION, app=app)


# ---- the five ways to call ---------------------------------------------------------------------------------------


def test_a_call_gives_the_parsed_content(client: Any, app: App) -> None:
    assert client.echo.get(a=1) == ["GET", "a=1", ""]
    assert client.echo.post(n=1) == ["POST", "", '{"n": 1}']
    assert client.echo.post({"n": 2}) == ["POST", "", '{"n": 2}']
    assert app.seen[1]["headers"]["CONTENT_TYPE"] == "application/json"


def test_prepare_sends_nothing(client: Any, app: App) -> None:
    call = client.echo.post.prepare(n=1)
    assert (call.method, call.url, call.body) == ("POST", "https://a.example/echo", b'{"n": 1}')
    assert client.echo.post.curl(n=1).startswith("curl -X POST")
    assert app.seen == []


def test_a_reply_has_status_headers_content_and_elapsed(client: Any) -> None:
    reply = client.echo.get.reply(qs={"a": 1})
    assert (reply.status, reply.headers["x-a"], reply.content) == (200, "b", ["GET", "a=1", ""])
    assert reply.elapsed.total_seconds() >= 0
    assert reply.call == client.echo.get.prepare(qs={"a": 1})


def test_a_reply_raises_for_an_error_as_a_call_does(client: Any) -> None:
    for ask in (client.missing.get, client.missing.get.reply):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.content == {"a": 1}
        assert caught.value.reply.status == 404


def test_not_modified_is_a_reply(client: Any) -> None:
    assert client.unchanged.get() is None
    assert client.unchanged.get.reply().headers["ETag"] == '"x"'


def test_head_gives_the_count(client: Any) -> None:
    assert client.count.head() == 42
    assert client.count.head.reply().content is None


def test_save_streams_to_a_path_and_to_a_file(client: Any, tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    reply = client.echo.get.save(target, a=1)
    assert json.loads(target.read_text()) == ["GET", "a=1", ""]
    assert (reply.status, reply.content) == (200, None)
    stream = io.BytesIO()
    client["odd"]["target"].post.save(stream, target=1, self=2)
    assert json.loads(json.loads(stream.getvalue())[2]) == {"target": 1, "self": 2}


def test_save_leaves_the_old_file_where_the_call_fails(client: Any, tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    with pytest.raises(NotFound):
        client.missing.get.save(target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert target.read_text() == "old"


def test_walk_says_that_the_definition_does_not_page_this(client: Any, app: App) -> None:
    with pytest.raises(DefinitionError, match="does not say how GET /echo is paged"):
        client.echo.get.walk(a=1)
    with pytest.raises(DefinitionError):
        restpath.operation(client, "posts.list").walk(self=1)
    assert app.seen == []


def test_nothing_of_a_call_is_left_behind_for_the_next(client: Any, app: App) -> None:
    client.echo.get(a=1, headers={"X-A": "1", "Cookie": "c=d"}, timeout=1)
    client.echo.get()
    assert {"HTTP_X_A", "HTTP_COOKIE"} <= set(app.seen[0]["headers"])
    assert not {"HTTP_X_A", "HTTP_COOKIE"} & set(app.seen[1]["headers"])
    assert app.seen[1]["query"] == ""
    assert client.echo.get == client.echo.get


@pytest.mark.parametrize("name", ["__call__", "prepare", "reply", "curl", "save"])
def test_every_way_to_call_takes_the_same_five_keywords(name: str) -> None:
    parameters = inspect.signature(getattr(Operation, name)).parameters
    words = {word: parameter.kind for word, parameter in parameters.items() if word not in ("self", "target")}
    assert list(words) == ["data", "qs", "upload_file", "headers", "timeout", "fields"]
    assert all(words[word] is inspect.Parameter.KEYWORD_ONLY for word in ("qs", "upload_file", "headers", "timeout"))
    assert parameters["self"].kind is inspect.Parameter.POSITIONAL_ONLY


def test_a_faulty_call_sends_nothing(client: Any, app: App) -> None:
    for ask in (
        client.echo.post,
        client.echo.post.reply,
        lambda **fields: client.echo.post.save(io.BytesIO(), **fields),
    ):
        with pytest.raises(InvalidBody):
            ask(n="x")
    with pytest.raises(InvalidValue):
        client.echo.put(upload_file="no/such/file")
    assert app.seen == []


# ---- settings ----------------------------------------------------------------------------------------------------


def test_options_give_another_operation_and_leave_the_first_as_it_was(client: Any) -> None:
    post = client.echo.post
    lax = post.options(validate=False)
    assert lax(n="x")[2] == '{"n": "x"}'
    assert lax.options(redirects=0)(n="x")[2] == '{"n": "x"}'
    assert lax != post
    assert lax == client.echo.post.options(validate=False)
    with pytest.raises(InvalidBody):
        post(n="x")


@pytest.mark.parametrize("timeout", [1, 0.5, None, (1, 2), (None, 3.5), (1, None, 9), (None, None, None)])
def test_a_timeout_is_seconds_or_a_tuple_of_them_or_none(client: Any, timeout: Any) -> None:
    assert client.echo.get(timeout=timeout)
    assert Settings().changed(timeout=timeout).timeout == timeout


@pytest.mark.parametrize(
    "timeout", [0, -1, "1", (1,), (1, 2, 3, 4), (1, 2, 0), [1, 2], True, math.nan, math.inf, 1e300, (1, "2"), {}]
)
def test_other_timeouts_are_refused(client: Any, app: App, timeout: Any) -> None:
    with pytest.raises(InvalidValue, match="timeout="):
        client.echo.get(timeout=timeout)
    with pytest.raises(InvalidValue, match="timeout="):
        client.echo.get.prepare(timeout=timeout)
    assert app.seen == []


@pytest.mark.parametrize(
    "settings",
    [
        {"redirects": -1}, {"redirects": "5"}, {"redirects": 1.5}, {"validate": 1}, {"validate": None}, {"colour": 1},
        {"timeout": 0},
        {"retries": -1}, {"retries": True}, {"retries": None}, {"repeat": 1}, {"max_reply_bytes": 0},
        {"max_reply_bytes": "1"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(client: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(settings))):
        client.echo.get.options(**settings)


def test_redirects_may_be_a_number_or_a_yes_or_no() -> None:
    assert [Settings().changed(redirects=value).redirects for value in (0, 3, False, True)] == [0, 3, False, 10]


# ---- being a value -----------------------------------------------------------------------------------------------


def test_operations_are_equal_by_path_method_and_settings(client: Any) -> None:
    assert client.echo.get == client.echo.get
    assert hash(client.echo.get) == hash(client.echo.get)
    assert client.echo.get != client.echo.put
    assert client.echo.get != client.missing.get
    assert client.echo.get != "GET /echo"
    assert client.echo.get.options(validate=False) != client.echo.get


def test_an_operation_says_what_it_is(client: Any) -> None:
    assert repr(client.echo.get) == "<GET /echo>"
    assert repr(restpath.operation(client, "posts.list")) == "<GET posts.list>"


class _Auth:
    def __call__(self, request: Any) -> Any:
        return request


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_operations_can_be_copied_and_pickled(again: Any) -> None:
    client = restpath.connect(DEFINITION)
    for operation in (
        client.echo.get, client.echo.post.options(validate=False, timeout=3), restpath.operation(client, "posts.list"),
        restpath.operation(client, "posts.list").options(timeout=(1, None)),
    ):  # fmt: skip
        assert again(operation) == operation
        assert type(again(operation)) is type(operation)


def test_a_pickled_operation_has_no_auth() -> None:
    operation = restpath.connect(DEFINITION).echo.get.options(auth=("ann", "hunter2"), timeout=3)
    data = pickle.dumps(operation)
    assert b"hunter2" not in data
    assert pickle.loads(data) == restpath.connect(DEFINITION).echo.get.options(timeout=3)


# ---- operations by name ------------------------------------------------------------------------------------------


def test_an_operation_by_name_takes_its_variables_as_fields(client: Any, app: App) -> None:
    assert client.call("posts.list", **{"user-id": "a/b"}, limit=1) == ["GET", "limit=1", ""]
    operation = restpath.operation(client, "posts.add")
    assert operation.prepare(**{"user-id": "ann"}, content="Hi").url == "https://a.example/u/ann/posts"
    assert operation({"content": "Hi"}, **{"user-id": "ann"}) == ["POST", "", '{"content": "Hi"}']
    assert operation.options(validate=False).prepare(**{"user-id": 7}).url == "https://a.example/u/7/posts"
    assert app.seen[1]["path"] == "/u/ann/posts"


def test_variables_that_are_words_of_python_or_of_the_operation_take_an_underscore(client: Any) -> None:
    call = restpath.operation(client, "odd").prepare(timeout_="3", class_="c", from_=1)
    assert call.url == "https://a.example/t/3/c?from=1"


def test_the_query_of_a_template_is_filled_too(client: Any) -> None:
    assert restpath.operation(client, "find").prepare(q="x", more=1).url == "https://a.example/find?q=x&more=1"


@pytest.mark.parametrize("values", [{}, {"user-id": None}, {"user-id": ""}, {"user-id": ".."}, {"user_id": "ann"}])
def test_a_variable_without_a_good_value_is_refused(client: Any, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="user-id"):
        restpath.operation(client, "posts.list").prepare(**values)


def test_a_name_that_is_none_is_an_error_that_names_the_nearest(client: Any) -> None:
    with pytest.raises(RestpathError, match="posts"):
        client.call("posts.lisst")
