"""MAX as its first client's document has it: the examples for the REST-ish client, and the facts behind them."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import restpath
from restpath import mock

FACTS = Path(__file__).parents[2] / "shared" / "facts" / "max-routes.csv"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mock.serve("max") as server:
        yield server.url


@pytest.fixture(scope="module")
def maxclient(url: str) -> restpath.Client:
    client = restpath.connect("max", url, username="user.name", token="NLfIgUgBgODd4sdAgDsFgdAffFigfBf0")
    client.people["user.name"].post()
    return client


# ---- the document's examples, in its order -----------------------------------------------------------------------


def test_a_user_is_added_by_mimicking_the_url(maxclient: restpath.Client) -> None:
    assert maxclient.people["user.name"].post()["username"] == "user.name"


def test_collections_and_items_contain_each_other(maxclient: restpath.Client) -> None:
    assert isinstance(maxclient.people["user.name"].activities.get(), list)


def test_named_parameters_become_the_json_body(maxclient: restpath.Client) -> None:
    call = maxclient.people["user.name"].post.prepare(displayName="User Name")
    assert isinstance(call.body, bytes)
    assert json.loads(call.body) == {"displayName": "User Name"}
    maxclient.people["user.name"].post(displayName="User Name")


def test_data_gives_the_same_result_as_named_parameters(maxclient: restpath.Client) -> None:
    params = {"displayName": "User Name"}
    person = maxclient.people["user.name"]
    assert person.post.prepare(data=params) == person.post.prepare(displayName="User Name")
    person.post(data=params)


def test_defaults_can_be_looked_at(maxclient: restpath.Client) -> None:
    assert maxclient.people["user.name"].activities.defaults("post") == {"object": {"objectType": "note"}}
    assert maxclient.people["user.name"].defaults("post") == {}


def test_defaults_are_the_base_of_the_body(maxclient: restpath.Client) -> None:
    call = maxclient.people["user.name"].activities.post.prepare(generator="Twitter")
    assert isinstance(call.body, bytes)
    assert json.loads(call.body) == {"object": {"objectType": "note"}, "generator": "Twitter"}


def test_underscores_nest(maxclient: restpath.Client) -> None:
    activities = maxclient.people["user.name"].activities
    call = activities.post.prepare(generator="Twitter", object_content="Hello world")
    assert isinstance(call.body, bytes)
    assert json.loads(call.body) == {
        "object": {"objectType": "note", "content": "Hello world"},
        "generator": "Twitter",
    }
    activity = activities.post(generator="Twitter", object_content="Hello world")
    assert activity["object"]["content"] == "Hello world"


def test_the_query_string_is_a_mapping(maxclient: restpath.Client) -> None:
    activities = maxclient.people["user.name"].activities
    activities.post(object_content="another one")
    assert len(activities.get(qs={"limit": 1})) == 1


def test_an_open_file_is_uploaded(maxclient: restpath.Client, tmp_path: Path) -> None:
    (tmp_path / "avatar.png").write_bytes(b"\x89PNG of a person")
    with open(tmp_path / "avatar.png", "rb") as avatar:
        maxclient.people["user.name"].avatar.post(upload_file=avatar)
    assert maxclient.people["user.name"].avatar.get() == b"\x89PNG of a person"


def test_any_other_answer_raises_with_its_reason(maxclient: restpath.Client) -> None:
    with pytest.raises(restpath.RequestError, match="Unknown user: nobody") as caught:
        maxclient.people["nobody"].get()
    assert (caught.value.status, caught.value.code) == (400, "UnknownUserError")


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("value", ["user.name", 7, ""])
def test_an_id_given_to_the_method_never_reaches_the_collection(
    maxclient: restpath.Client, method: str, value: object
) -> None:
    with pytest.raises(restpath.InvalidValue, match=r"For the item say client\.conversations\["):
        getattr(maxclient.conversations, method)(value)


# ---- the facts ---------------------------------------------------------------------------------------------------


def test_me_stands_for_who_calls(maxclient: restpath.Client) -> None:
    assert restpath.url(maxclient.people[":me"]) == restpath.url(maxclient.people["user.name"])
    assert maxclient.people[":me"] != maxclient.people["user.name"]


def test_me_without_a_name_says_what_to_give(url: str) -> None:
    with pytest.raises(restpath.AuthError, match="username="):
        restpath.connect("max", url, token="t").people[":me"].get()


def test_a_context_is_known_by_the_hash_of_its_url(maxclient: restpath.Client) -> None:
    place = "http://example.org/a?b#c"
    digest = hashlib.sha1(place.encode()).hexdigest()
    assert restpath.url(maxclient.contexts[place]).endswith(f"/contexts/{digest}")
    assert restpath.url(maxclient.contexts[digest]).endswith(f"/contexts/{digest}")
    assert maxclient.contexts.post(url=place, displayName="A place")["hash"] == digest
    assert maxclient.contexts[place].get()["url"] == place


def test_the_hash_of_an_exception_is_no_context(maxclient: restpath.Client) -> None:
    assert restpath.url(maxclient.admin.maintenance.exceptions["abc"]).endswith("/exceptions/abc")


def test_head_counts(maxclient: restpath.Client) -> None:
    activities = maxclient.people["user.name"].activities
    before = activities.head()
    activities.post(object_content="one more")
    assert activities.head() == before + 1


def test_a_route_that_ends_in_defaults_is_one(maxclient: restpath.Client) -> None:
    permissions = maxclient.contexts["http://example.org/p"].permissions["user.name"]
    assert restpath.url(permissions.defaults).endswith("/permissions/user.name/defaults")
    maxclient.contexts.post(url="http://example.org/p")
    permissions.defaults.post()


def test_info_needs_no_credentials_and_gets_none(url: str) -> None:
    client = restpath.connect("max", url)
    assert "version" in client.info.get()
    with pytest.raises(restpath.AuthError, match="token, username"):
        client.people.get()


def test_three_header_fields_say_who_calls(maxclient: restpath.Client) -> None:
    line = maxclient.people.get.curl()
    assert "X-Oauth-Token: <token>" in line
    assert "X-Oauth-Username: user.name" in line
    assert "X-Oauth-Scope: widgetcli" in line


@pytest.mark.skipif(not FACTS.is_file(), reason="the list of MAX's routes is not beside this checkout")
def test_every_route_is_there_with_its_methods_and_no_other() -> None:
    listed: dict[str, set[str]] = {}
    with FACTS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            listed.setdefault(row["route"], set()).update(row["methods"].split())
    definition = restpath.read("max")
    assert {text: set(methods) for text, methods in definition.templates()} == listed
    assert len(listed) == 75
