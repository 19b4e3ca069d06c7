"""
Every example of the original client's document, in its order and with its slips corrected, against the mock over HTTP.

The corrections: the REST-ish examples that post activities are said of `.activities`; the file goes in `upload_file`;
the two clients are imported from here.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import mock
from restpath.services.max import MaxClient as RestMaxClient
from restpath.services.max import RequestError
from restpath.services.max import RpcMaxClient as MaxClient

TOKEN = "NLfIgUgBgODd4sdAgDsFgdAffFigfBf0"


@pytest.fixture
def server() -> Iterator[Any]:
    with mock.serve("max", credentials={"username": "user.name", "password": "password"}) as server:
        yield server


@pytest.fixture
def client(server: Any) -> MaxClient:
    client = MaxClient(server.url, oauth_server=server.url)
    client.setActor("user.name")
    client.setToken(TOKEN)
    return client


@pytest.fixture
def maxclient(server: Any) -> RestMaxClient:
    maxclient = RestMaxClient(server.url)
    maxclient.setActor("user.name")
    maxclient.setToken(TOKEN)
    maxclient.people["user.name"].post()
    return maxclient


def sent(call: restpath.Call) -> Any:
    assert isinstance(call.body, bytes)
    return json.loads(call.body)


# ---- authentication ----------------------------------------------------------------------------------------------


def test_a_client_is_made_of_two_urls() -> None:
    client = MaxClient("http://max.server.com", oauth_server="http://oauth.server.com")
    assert client.oauth_server == "http://oauth.server.com"


def test_it_authenticates_by_a_name_and_a_token(server: Any) -> None:
    client = MaxClient(server.url, oauth_server=server.url)
    client.setActor("user.name")
    client.setToken(TOKEN)
    assert (client.getActor(), client.getToken()) == ("user.name", TOKEN)
    assert client.addUser("user.name")[:2] == (True, 201)


def test_it_grabs_the_token_for_a_password(server: Any) -> None:
    client = MaxClient(server.url, oauth_server=server.url)
    token = client.login(username="user.name", password="password")
    assert token
    assert (client.getToken(), client.getActor()) == (token, "user.name")
    assert client.addUser("user.name")[:2] == (True, 201)


def test_login_asks_for_what_is_not_said(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str, text: str) -> str:
        asked.append(prompt)
        return text

    monkeypatch.setattr("builtins.input", lambda prompt="": answer(prompt, "user.name"))
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": answer(prompt, "password"))
    client = MaxClient(server.url, oauth_server=server.url)
    assert client.login() == client.getToken() is not None
    assert (asked, client.getActor()) == (["Username: ", "Password: "], "user.name")


# ---- the RPC-like client -----------------------------------------------------------------------------------------


def test_it_has_a_method_for_every_endpoint(client: MaxClient) -> None:
    client.addUser("user.name")
    assert client.getUser("user.name")["username"] == "user.name"


def test_a_response_has_three_values(client: MaxClient) -> None:
    succeeded, status, content = client.addUser("user.name")
    assert (succeeded, status, content["username"]) == (True, 201, "user.name")
    assert client.modifyContext("http://nowhere.example.org", {"displayName": "?"})[:2] == (False, 404)


def test_content_without_json_is_none(client: MaxClient) -> None:
    client.addUser("user.name")
    assert client.postAvatar("user.name", ("avatar.png", b"\x89PNG")) == (True, 201, None)


# ---- the REST-ish client -----------------------------------------------------------------------------------------


def test_a_user_is_added_by_mimicking_the_url(maxclient: RestMaxClient) -> None:
    assert maxclient.people["user.name"].post()["username"] == "user.name"


def test_items_and_collections_contain_each_other(maxclient: RestMaxClient) -> None:
    assert maxclient.people["user.name"].activities.get() == []


def test_resources_are_lazy(maxclient: RestMaxClient) -> None:
    before = maxclient.last_response_code, maxclient.last_response
    _ = maxclient.people["nobody"].activities, maxclient.people["nobody"].activities.get
    assert (maxclient.last_response_code, maxclient.last_response) == before


def test_named_parameters_become_json(maxclient: RestMaxClient) -> None:
    person = maxclient.people["user.name"]
    assert sent(person.post.prepare(displayName="User Name")) == {"displayName": "User Name"}
    assert person.put(displayName="User Name")["displayName"] == "User Name"


def test_data_is_the_body_and_other_arguments_are_ignored(maxclient: RestMaxClient) -> None:
    params = {"displayName": "User Name"}
    person = maxclient.people["user.name"]
    assert sent(person.post.prepare(data=params)) == params
    assert sent(person.post.prepare(data=params, displayName="Another", other=1)) == params
    assert person.post(data=params, other=1)["username"] == "user.name"


def test_defaults_can_be_inspected(maxclient: RestMaxClient) -> None:
    assert maxclient.people["user.name"].activities.defaults("post") == {"object": {"objectType": "note"}}
    assert maxclient.people["user.name"].defaults("post") == {}


def test_defaults_are_the_base_of_what_is_sent(maxclient: RestMaxClient) -> None:
    post = maxclient.people["user.name"].activities.post
    assert sent(post.prepare(generator="Twitter")) == {"object": {"objectType": "note"}, "generator": "Twitter"}
    assert post(generator="Twitter")["generator"] == "Twitter"


def test_key_subkey_is_nested(maxclient: RestMaxClient) -> None:
    post = maxclient.people["user.name"].activities.post
    assert sent(post.prepare(generator="Twitter", object_content="Hello world")) == {
        "object": {"objectType": "note", "content": "Hello world"},
        "generator": "Twitter",
    }
    assert post(generator="Twitter", object_content="Hello world")["object"]["content"] == "Hello world"


def test_the_query_string_is_fed_through_qs(maxclient: RestMaxClient) -> None:
    maxclient.people["carles.bruguera"].post()
    activities = maxclient.people["carles.bruguera"].activities
    activities.post(object_content="one")
    activities.post(object_content="two")
    assert len(activities.get(qs={"limit": 1})) == 1


def test_an_open_file_is_uploaded(maxclient: RestMaxClient, tmp_path: Path) -> None:
    (tmp_path / "avatar.png").write_bytes(b"\x89PNG of a person")
    maxclient.people["carles.bruguera"].post()
    with open(tmp_path / "avatar.png", "rb") as avatar:
        maxclient.people["carles.bruguera"].avatar.post(upload_file=avatar)
    assert maxclient.people["carles.bruguera"].avatar.get() == b"\x89PNG of a person"


def test_any_other_answer_raises_with_its_reason(maxclient: RestMaxClient) -> None:
    with pytest.raises(RequestError, match="Unknown user: nobody") as caught:
        maxclient.people["nobody"].get()
    assert caught.value.status == 400
    with pytest.raises(RequestError, match="ObjectNotFound"):
        maxclient.activities["nothing"].get()


# ---- the change log ----------------------------------------------------------------------------------------------


def test_the_oauth_server_is_fetched_from_info_if_not_provided(server: Any) -> None:
    client = RestMaxClient(server.url)
    assert client.oauth_server == server.url
    assert client.login("user.name", "password")


def test_values_that_are_no_hashes_are_wrapped_into_hashes(maxclient: RestMaxClient) -> None:
    maxclient.contexts.post(url="http://example.org", displayName="Example")
    assert maxclient.contexts["http://example.org"].get()["displayName"] == "Example"


def test_several_files_are_told_apart_by_their_ids(maxclient: RestMaxClient) -> None:
    call = maxclient.people["user.name"].activities.post.prepare(
        object_content="Look", upload_file=("a.png", b"a"), upload_file_thumb=("b.png", b"b")
    )
    assert sorted(part.name for part in call.files) == ["file", "json_data", "thumb"]


def test_list_content_in_data_is_no_dict(maxclient: RestMaxClient) -> None:
    maxclient.contexts.post(url="http://example.org")
    assert maxclient.contexts["http://example.org"].tags.put(data=["a", "b"]) == ["a", "b"]


def test_a_list_that_is_empty_is_given_as_one(client: MaxClient) -> None:
    client.addUser("user.name")
    assert client.subscribed() == []
