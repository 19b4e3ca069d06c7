"""The face of MAX by resource paths: who calls, the token dance, hubs, the last answer, and its ancestor's habits."""

from __future__ import annotations

import base64
import copy
import getpass
import inspect
import json
import logging
import pickle
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

import restpath
from restpath import mock
from restpath.services.max import MaxClient, RpcMaxClient
from restpath.services.max.wirelog import LOGGER

PASSWORD = "correct horse"
FACES = pytest.mark.parametrize("face", [MaxClient, RpcMaxClient])


@pytest.fixture
def server() -> Iterator[Any]:
    with mock.serve("max", credentials={"username": "ann", "password": PASSWORD}) as server:
        yield server


@pytest.fixture
def client(server: Any) -> MaxClient:
    client = MaxClient(server.url, actor="ann")
    client.setToken("t")
    client.people["ann"].post()
    return client


class Scripted:
    """A MAX and its OAuth server in one, which answer what they are told to and remember what they were asked."""

    def __init__(self, info: Any = None, token: Any = None, other: Any = None) -> None:
        self.info, self.token, self.other = info, token, other
        self.asked: list[tuple[str, dict[str, str], bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        headers = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.asked.append((f"{environ['REQUEST_METHOD']} {path}", headers, body))
        content = {"/info": self.info, "/token": self.token}.get(path, self.other)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(content).encode()]

    @property
    def lines(self) -> list[str]:
        return [line for line, _, _ in self.asked]

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.asked[-1][2].decode()).items()}


def scripted(app: Scripted, face: Any = MaxClient, **arguments: Any) -> Any:
    return face("http://127.0.0.1:80", app=app, **arguments)


# ---- making one --------------------------------------------------------------------------------------------------


def test_the_arguments_are_those_of_the_original() -> None:
    names = [*inspect.signature(MaxClient).parameters]
    assert names[:9] == [
        "url", "oauth_server", "actor", "auth_method", "expand_underscores", "scope", "grant_type", "client_id",
        "debug",
    ]  # fmt: skip
    assert inspect.signature(MaxClient) == inspect.signature(RpcMaxClient)


@FACES
def test_nothing_is_sent_by_making_or_looking(face: Any) -> None:
    app = Scripted()
    client = scripted(app, face, actor="ann")
    repr(client), dir(client), client.getActor(), client.getToken(), client == client, copy.copy(client)
    assert client.last_response is client.last_response_code is None
    assert app.asked == []


def test_it_is_a_client_like_any_other(client: MaxClient) -> None:
    assert isinstance(client, restpath.Client)
    assert restpath.url(client.people["ann"]).endswith("/people/ann")
    assert {"login", "setActor", "people", "activities"} <= set(dir(client))
    with client as same:
        assert same.people["ann"].get()["username"] == "ann"


def test_a_segment_called_as_a_method_is_an_item(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "max").mkdir()
    (tmp_path / "max" / "resources.json").write_text('{"format": 1, "/login/{id}": "GET", "/login": "POST"}')
    monkeypatch.setenv("RESTPATH_PATH", str(tmp_path))
    client = MaxClient("http://max.example")
    assert callable(client.login)
    assert restpath.url(client["login"]["7"]) == "http://max.example/login/7"


@pytest.mark.parametrize(
    "wrong", [{"auth_method": "digest"}, {"timeout": "long"}, {"url": "max.example"}, {"actor": ""}, {"nonsense": 1}]
)
def test_wrong_arguments_are_said_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises((restpath.InvalidValue, TypeError)):
        MaxClient(**{"url": "http://max.example", **wrong})


def test_what_connect_takes_goes_too() -> None:
    app = Scripted()
    client = scripted(app, timeout=3, retries=0)
    assert client._core.settings.timeout == 3
    assert client.info.get() is None


# ---- logging in --------------------------------------------------------------------------------------------------


@FACES
def test_a_login_gives_the_token_that_calls_then_carry(server: Any, face: Any) -> None:
    client = face(server.url)
    token = client.login("ann", PASSWORD)
    assert token == client.getToken()
    assert client.getActor() == "ann"
    path = client._core.path().people["ann"]
    assert path.post()["username"] == "ann"


def test_the_request_for_a_token_is_that_of_the_facts() -> None:
    app = Scripted(info={"max.oauth_server": "http://127.0.0.1:80/oauth"}, token={"access_token": "T1"})
    client = scripted(app, oauth_server="http://127.0.0.1:80", scope="s", grant_type="g", client_id="C")
    assert client.login("ann", PASSWORD) == "T1"
    assert app.lines == ["POST /token"]
    assert app.form == {"grant_type": "g", "client_id": "C", "scope": "s", "username": "ann", "password": PASSWORD}
    client.people.get()
    headers = app.asked[-1][1]
    assert (headers["X_OAUTH_TOKEN"], headers["X_OAUTH_USERNAME"], headers["X_OAUTH_SCOPE"]) == ("T1", "ann", "s")


def test_unless_told_it_is_the_original_programs() -> None:
    app = Scripted(info={"max.oauth_server": "http://127.0.0.1:80"}, token={"oauth_token": "old"})
    assert scripted(app).login("ann", PASSWORD) == "old"  # as legacy servers call it
    assert app.lines == ["GET /info", "POST /token"]
    wanted = {"grant_type": "password", "client_id": "MAX", "scope": "widgetcli"}
    assert wanted.items() <= app.form.items()


def test_a_login_is_asked_for_on_the_terminal(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []
    monkeypatch.setattr("builtins.input", lambda prompt: prompts.append(prompt) or "")
    monkeypatch.setattr(getpass, "getpass", lambda prompt: prompts.append(prompt) or PASSWORD)
    client = MaxClient(server.url, actor="ann")
    assert client.login()
    assert prompts == ["Username [ann]: ", "Password: "]
    assert client.login("ann")
    assert prompts == ["Username [ann]: ", "Password: ", "Password: "]


@pytest.mark.parametrize("arguments", [{}, {"username": "ann"}])
def test_without_a_terminal_it_says_what_to_say(monkeypatch: pytest.MonkeyPatch, arguments: dict[str, str]) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    monkeypatch.setattr(getpass, "getpass", nobody)
    with pytest.raises(restpath.AuthError, match="nobody to ask"):
        MaxClient("http://max.example").login(**arguments)


def test_a_refused_login_changes_nothing_and_shows_no_password(server: Any) -> None:
    client = MaxClient(server.url)
    token = client.login("ann", PASSWORD)
    with pytest.raises(restpath.AuthError, match="invalid_grant") as caught:
        client.login("eve", "not the right one")
    shown = str(caught.value) + repr(caught.value) + str(caught.value.__cause__) + str(caught.value.__context__)
    assert "not the right one" not in shown
    assert (client.getActor(), client.getToken()) == ("ann", token)


@pytest.mark.parametrize("token", [{}, {"access_token": ""}, {"access_token": ["T"]}, [], None])
def test_a_token_endpoint_that_answers_nonsense_is_an_error(token: Any) -> None:
    client = scripted(Scripted(token=token), oauth_server="http://127.0.0.1:80")
    with pytest.raises(restpath.AuthError, match="token"):
        client.login("ann", PASSWORD)


def test_a_password_goes_to_no_server_that_info_names_without_https() -> None:
    app = Scripted(info={"max.oauth_server": "http://oauth.example"}, token={"access_token": "T"})
    with pytest.raises(restpath.AuthError, match="not HTTPS"):
        scripted(app).login("ann", PASSWORD)
    assert app.lines == ["GET /info"]


def test_the_one_who_asked_says_over_which_server(server: Any) -> None:
    client = MaxClient("http://127.0.0.1:9", oauth_server=server.url, retries=0)
    assert client.login("ann", PASSWORD)


@FACES
def test_get_token_with_a_password_gets_one(server: Any, face: Any) -> None:
    client = face(server.url, actor="ann")
    assert client.getToken() is None
    token = client.getToken(password=PASSWORD)
    assert token == client.getToken() == client._core.credential("token")


def test_a_token_said_later_is_the_one_in_use(server: Any) -> None:
    client = MaxClient(server.url)
    client.login("ann", PASSWORD)
    client.setToken("another")
    assert client.getToken() == "another"


def test_the_token_of_one_is_not_anothers(server: Any) -> None:
    client = MaxClient(server.url)
    client.login("ann", PASSWORD)
    client.setActor("bob")
    with pytest.raises(restpath.AuthError, match=r"say setToken\(token\), or login\(\)"):
        client.people.get()


@pytest.mark.parametrize(
    ("arguments", "ways"),
    [({}, r"setActor\(name\) and setToken\(token\), or login\(\)"), ({"actor": "ann"}, r"say setToken\(token\), or")],
)
def test_a_call_without_a_token_says_what_to_say(arguments: dict[str, str], ways: str) -> None:
    app = Scripted()
    for face in (MaxClient, RpcMaxClient):
        with pytest.raises(restpath.AuthError, match=ways):
            scripted(app, face, **arguments)._core.path().people.get()
    assert app.asked == []


def test_info_needs_no_token() -> None:
    assert scripted(Scripted(info={"version": "5"})).info.get() == {"version": "5"}


def test_connect_gets_the_token_by_itself(server: Any) -> None:
    with restpath.connect("max", server.url, username="ann", password=PASSWORD) as client:
        assert client.people["ann"].post()["username"] == "ann"
        assert client._core.credential("password") is None


def test_tokens_stay_in_memory(server: Any) -> None:
    MaxClient(server.url).login("ann", PASSWORD)
    assert MaxClient(server.url, actor="ann").getToken() is None
    with pytest.raises(restpath.AuthError):
        MaxClient(server.url, actor="ann").people.get()


# ---- errors ----------------------------------------------------------------------------------------------------------


class Refusing:
    """A MAX that refuses everything with 404."""

    def __init__(self, body: bytes, media_type: str) -> None:
        self.body, self.media_type = body, media_type

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("404 Not Found", [("Content-Type", self.media_type)])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]


def refused(body: bytes, media_type: str = "text/html") -> restpath.NotFound:
    client = MaxClient("http://max.example", actor="ann", app=Refusing(body, media_type))
    client.setToken("t")
    with pytest.raises(restpath.NotFound) as caught:
        client.people["ann"].get()
    assert client.last_response_code == 404
    assert caught.value.reply.body == body
    return caught.value


@pytest.mark.parametrize("body", [b"<h1>404</h1>", b""])
def test_a_404_without_json_is_a_method_that_is_not_implemented(body: bytes) -> None:
    error = refused(body)
    assert str(error) == "GET http://max.example/people/ann failed with 404: " + error.message
    assert error.message == "this method is not implemented for that route"


def test_a_404_may_say_that_a_role_may_not() -> None:
    error = refused(b"<p>predicate mismatch (restricted permissions to = Manager)</p>")
    assert error.message == "the role Manager may not do this"


def test_a_404_with_json_is_an_object_that_is_not_there() -> None:
    error = refused(b'{"error": "ObjectNotFound", "error_description": "No such thing"}', "application/json")
    assert (error.code, error.message) == ("ObjectNotFound", "No such thing")


# ---- basic authentication ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["setBasicAuth", "login"])
def test_basic_authentication_goes_with_calls_and_nothing_else(way: str) -> None:
    app = Scripted()
    client = scripted(app, auth_method="basic")
    getattr(client, way)("ann", PASSWORD)
    client.people[":me"].get()
    line, headers, _ = app.asked[-1]
    assert line == "GET /people/ann"
    assert headers["AUTHORIZATION"] == "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
    assert not any(name.startswith("X_OAUTH") for name in headers)
    client.info.get()
    assert "AUTHORIZATION" not in app.asked[-1][1]


def test_basic_authentication_is_what_is_shown_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOGGER, "handlers", [])
    client = scripted(Scripted(other={}), auth_method="basic", debug=True)
    client.setBasicAuth("ann", PASSWORD)
    assert restpath.which_credentials(client) == {"username": "connect", "password": "connect"}
    line = client.people.get.curl()
    assert "-u 'ann:<password>'" in line
    assert "X-Oauth" not in line
    client.people.get()
    client.info.get()
    said = capsys.readouterr().err
    assert said.count("-u 'ann:<password>'") == 1
    assert PASSWORD not in said + line
    client.setToken("T")
    assert restpath.which_credentials(client) == {"token": "connect", "username": "connect", "scope": "definition"}
    assert "-u" not in client.people.get.curl()


def test_the_mock_takes_basic_authentication(server: Any) -> None:
    client = MaxClient(server.url, auth_method="basic")
    client.setBasicAuth("ann", PASSWORD)
    assert client.people["ann"].post()["username"] == "ann"
    client.setBasicAuth("ann", "wrong")
    with pytest.raises(restpath.Unauthorized):
        client.people.get()


def test_basic_authentication_without_a_password_says_what_to_say() -> None:
    with pytest.raises(restpath.AuthError, match="setBasicAuth"):
        scripted(Scripted(), auth_method="basic", actor="ann").people.get()


def test_a_token_said_later_ends_basic_authentication() -> None:
    app = Scripted()
    client = scripted(app)
    client.setBasicAuth("ann", PASSWORD)
    client.setToken("T")
    client.people.get()
    assert "AUTHORIZATION" not in app.asked[-1][1]
    assert app.asked[-1][1]["X_OAUTH_TOKEN"] == "T"


# ---- the server --------------------------------------------------------------------------------------------------


@FACES
def test_what_the_server_says_of_itself_is_asked_for_once(face: Any) -> None:
    app = Scripted(info={"max.oauth_server": "https://oauth.example", "version": "5"})
    client = scripted(app, face)
    assert client.server_info["version"] == client.server_info["version"] == "5"
    assert client.oauth_server == "https://oauth.example"
    assert app.lines == ["GET /info"]
    assert client.last_response is None


@pytest.mark.parametrize("info", [{}, {"max.oauth_server": None}, {"max": {"oauth_server": "x"}}, [], None])
def test_a_server_that_names_no_oauth_server_has_none(info: Any) -> None:
    client = scripted(Scripted(info=info))
    assert client.oauth_server is None
    with pytest.raises(restpath.AuthError, match="oauth_server="):
        client.login("ann", PASSWORD)


# ---- hubs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(server: Any) -> Iterator[Any]:
    info = {"domains": {"here": {"max_server_url": server.url}}, "default_maxserver_url": f"{server.url}/at"}
    service = {"format": 1, "service": "hub", "mock": {"resources": {"/info": {"methods": {"GET": {"content": info}}}}}}
    with mock.serve(restpath.read({"service": service, "resources": {"/info": "GET"}})) as hub:
        yield hub


@FACES
def test_a_hub_says_where_a_domain_is(hub: Any, server: Any, face: Any) -> None:
    client = face.from_hub_domain("here", hub=hub.url, actor="ann")
    assert isinstance(client, face)
    assert client.login("ann", PASSWORD)
    client.setActor("ann")
    assert client._core.base_url == server.url
    assert client._core.path().people["ann"].post()["username"] == "ann"


def test_any_other_domain_is_below_the_default(hub: Any, server: Any) -> None:
    assert MaxClient.from_hub_domain("else where", hub.url)._core.base_url == f"{server.url}/at/else%20where"


def test_a_hub_that_knows_nothing_is_an_error() -> None:
    service = {"format": 1, "service": "hub", "mock": {"resources": {"/info": {"methods": {"GET": {"content": {}}}}}}}
    with (
        mock.serve(restpath.read({"service": service, "resources": {"/info": "GET"}})) as hub,
        pytest.raises(restpath.InvalidValue, match="knows no MAX for the domain 'x'"),
    ):
        MaxClient.from_hub_domain("x", hub.url)


# ---- the last answer ---------------------------------------------------------------------------------------------


@FACES
def test_the_last_answer_is_remembered_also_an_error(server: Any, face: Any) -> None:
    client = face(server.url, actor="ann")
    client.setToken("t")
    people = client._core.path().people
    people["ann"].post()
    assert client.last_response_code == 201
    assert json.loads(client.last_response)["username"] == "ann"
    with pytest.raises(restpath.BadRequest):
        people["nobody"].get()
    assert client.last_response_code == 400
    assert "UnknownUserError" in client.last_response


def test_each_thread_has_its_own_last_answer(client: MaxClient) -> None:
    seen: list[Any] = []

    def other() -> None:
        seen.append(client.last_response_code)
        client.people["ann"].get()
        seen.append(client.last_response_code)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(30)
    assert seen == [None, 200]
    assert client.last_response_code == 201


def test_another_client_has_its_own_last_answer(client: MaxClient, server: Any) -> None:
    assert MaxClient(server.url).last_response_code is None
    assert client.last_response_code == 201


# ---- its ancestor's habits ---------------------------------------------------------------------------------------


def test_data_silently_wins_over_fields(client: MaxClient) -> None:
    post = client.people["ann"].activities.post
    body = {"object": {"content": "Hi"}}
    for operation in (post, post.options(retries=0)):
        call = operation.prepare(data=body, generator="lost", upload_file_pic=("a.png", b"x"))
        assert sorted(part.name for part in call.files) == ["json_data", "pic"]
        assert operation.prepare(data=body, generator="lost") == operation.prepare(data=body)
    assert post(data=body, generator="lost").keys() & {"generator"} == set()
    assert post.prepare(data=None, generator="x") == post.prepare(generator="x")
    with pytest.raises(restpath.InvalidValue):
        restpath.connect("max", "http://x.example").people["ann"].activities.post.prepare(data=body, generator="lost")


def test_underscores_can_be_left_alone(server: Any) -> None:
    client = MaxClient(server.url, expand_underscores=False, actor="ann")
    call = client.people["ann"].activities.post.prepare(object_content="Hi")
    assert json.loads(call.body) == {"object": {"objectType": "note"}, "object_content": "Hi"}
    call = MaxClient(server.url, actor="ann").people["ann"].activities.post.prepare(object_content="Hi")
    assert json.loads(call.body)["object"] == {"objectType": "note", "content": "Hi"}


def test_a_list_is_walked_page_by_page(client: MaxClient) -> None:
    activities = client.people["ann"].activities
    posted = [activities.post(object_content=str(number))["id"] for number in range(5)]
    assert [one["id"] for one in activities.walk(limit=2)] == posted[::-1]
    pages = [len(reply.content) for reply in activities.get.walk(qs={"limit": 2}).pages()]
    assert pages == [2, 2, 1]
    for name in ("bob", "eve"):
        client.people[name].post()
    assert [one["username"] for one in client.people.walk(limit=1)] == ["eve", "bob", "ann"]
    for place in "abc":
        client.contexts.post(url=f"http://{place}.example")
    assert len([*client.contexts.walk(limit=2)]) == 3
    with pytest.raises(restpath.DefinitionError):
        client.people["ann"].timeline.authors.walk(limit=1)


def test_an_answer_can_be_saved(client: MaxClient, tmp_path: Any) -> None:
    client.people["ann"].avatar.post(upload_file=("a.png", b"\x89PNG"))
    client.people["ann"].avatar.get.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG"
    assert client.last_response_code == 200


# ---- debugging ---------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet() -> Iterator[None]:
    handlers, level = [*LOGGER.handlers], LOGGER.level
    yield
    LOGGER.handlers[:], LOGGER.level = handlers, level


@pytest.mark.usefixtures("quiet")
def test_debugging_shows_what_goes_over_the_wire_and_no_secret(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    before = [*logging.getLogger().handlers], logging.getLogger().level, logging.getLogger("urllib3").level
    client = MaxClient(server.url, debug=True)
    MaxClient(server.url, debug=True)
    token = client.login("ann", PASSWORD)
    client.people["ann"].post(displayName="Ann")
    with pytest.raises(restpath.BadRequest):
        client.people["nobody"].get()
    shown = capsys.readouterr().err
    assert f"{server.url}/people/ann" in shown
    assert shown.count("> curl -X POST") == 1
    assert "X-Oauth-Token: <token>" in shown
    assert "< 201 Created" in shown
    assert "UnknownUserError" in shown
    assert token is not None
    assert token not in shown
    assert PASSWORD not in shown
    assert before == ([*logging.getLogger().handlers], logging.getLogger().level, logging.getLogger("urllib3").level)


@pytest.mark.usefixtures("quiet")
def test_without_debugging_nothing_is_shown(client: MaxClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.people["ann"].get()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("quiet")
def test_a_secret_that_is_said_back_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    client = scripted(Scripted(other={"said": "s3cret-token"}), debug=True, actor="ann")
    client.setToken("s3cret-token")
    assert client.people.get() == {"said": "s3cret-token"}
    assert '< {"said": "***"}' in capsys.readouterr().err
    client.people.get(headers={"X-Api-Key": "s3cret-token"})
    assert "s3cret-token" not in capsys.readouterr().err


@pytest.mark.usefixtures("quiet")
def test_a_secret_of_the_callers_own_that_is_said_back_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    client = scripted(Scripted(other={"said": "geh3im"}), debug=True, actor="ann")
    client.setToken("another")
    client.people.get(headers={"X-Api-Key": "geh3im"})
    shown = capsys.readouterr().err
    assert "geh3im" not in shown
    assert '< {"said": "***"}' in shown


@pytest.mark.usefixtures("quiet")
def test_an_answer_that_does_not_come_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    client = MaxClient("http://127.0.0.1:9", debug=True, actor="ann", retries=0)
    client.setToken("t")
    with pytest.raises(restpath.ConnectionFailed):
        client.people.get()
    assert "< GET http://127.0.0.1:9/people" in capsys.readouterr().err


# ---- pickles -----------------------------------------------------------------------------------------------------


@FACES
def test_a_pickle_keeps_the_face_and_no_secret(server: Any, face: Any) -> None:
    client = face(server.url, oauth_server=server.url, scope="s")
    client.setToken("s3cret-token")
    client.setActor("ann", "uri")
    data = pickle.dumps(client)
    assert b"s3cret-token" not in data
    again = pickle.loads(data)
    assert type(again) is face
    assert (again.getActor(), again.oauth_server, again.getToken()) == ("ann", server.url, None)
    assert again._core.actor("") == {"objectType": "uri", "username": "ann"}
    assert again.login("ann", PASSWORD)


def test_a_pickled_path_leads_back_to_its_client(client: MaxClient) -> None:
    path = pickle.loads(pickle.dumps(client.people["ann"].activities))
    assert path == client.people["ann"].activities
    assert path.post.prepare(data={}, lost=1).body == b"{}"
