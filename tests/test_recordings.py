"""From the calls of a recording to the words of a draft: what looks like a value is one, and the rest may be unsure."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.importers.har import Recorded, Recording
from restpath.recordings import learn_recording
from restpath.tree import Tree

NOW = "2026-01-01T00:00:00Z"
KNOWN = restpath.read({
    "service": {"format": 1, "service": "shop", "base_url": "https://a.example"},
    "resources": {"/people": "GET", "/people/{username}": "GET", "/people/me": "GET"},
})  # fmt: skip


def learnt(*calls: str | Recorded, secrets: frozenset[str] = frozenset()) -> dict[str, Any]:
    made = [call if isinstance(call, Recorded) else Recorded(*call.split(" "), ()) for call in calls]
    return learn_recording(Recording("https://a.example", tuple(made), {}, secrets), Tree(KNOWN), NOW)


def why(resources: dict[str, Any], template: str, method: str = "GET") -> list[str]:
    return [mark["why"] for mark in resources[template]["methods"][method].get("x-unsure", [])]


def test_what_looks_like_an_id_is_a_variable_and_calls_of_one_shape_are_one() -> None:
    uuid = "550e8400-e29b-41d4-a716-446655440000"
    found = learnt("GET /orders/7", f"GET /orders/{uuid}", "DELETE /orders/9", "GET /v2/boxes/7/parts")
    assert {text: list(words["methods"]) for text, words in found.items()} == {
        "/orders/{order_id}": ["GET", "DELETE"], "/v2/boxes/{box_id}/parts": ["GET"],
    }  # fmt: skip
    assert found["/orders/{order_id}"]["methods"]["GET"]["x-seen"]["times"] == 2


def test_words_that_vary_below_a_collection_are_values_and_said_to_be_unsure() -> None:
    found = learnt("GET /users/ann/posts", "GET /users/bob/posts", "GET /users/cid/posts")
    assert list(found) == ["/users/{user_id}/posts"]
    assert why(found, "/users/{user_id}/posts") == ["several words stood here"]


def test_two_words_below_a_collection_with_the_same_words_behind_them_are_values() -> None:
    found = learnt("GET /projects/own-web/issues", "GET /projects/own-api/issues", "PUT /projects/own-api/issues/7")
    assert list(found) == ["/projects/{project_id}/issues", "/projects/{project_id}/issues/{issue_id}"]


def test_collections_below_one_place_stay_what_they_are() -> None:
    calls = [f"GET /api/{name}/search" for name in ("users", "orders", "items", "parts")]
    assert list(learnt(*calls)) == [call.split(" ")[1] for call in calls]


def test_a_word_beside_a_variable_is_said_to_be_perhaps_a_value() -> None:
    found = learnt("GET /orders/7", "GET /orders/latest")
    assert list(found) == ["/orders/{order_id}", "/orders/latest"]
    assert why(found, "/orders/latest") == ["a fixed segment, or a value of the variable beside it"]


def test_what_the_definition_knows_is_no_news_and_its_variables_keep_their_names() -> None:
    found = learnt("GET /people/ann", "GET /people/me", "GET /people", "GET /people/ann/badges", "PUT /people/bob")
    assert {text: list(words["methods"]) for text, words in found.items()} == {
        "/people/{username}/badges": ["GET"], "/people/{username}": ["PUT"],
    }  # fmt: skip


def test_tokens_tracking_and_credentials_are_left_out() -> None:
    query = (("limit", "5"), ("access_token", "t0ps3cret"), ("utm_source", "x"), ("_", "1700000000"))
    call = Recorded("GET", "/orders", query)
    found = learnt(call, "GET /bots/sesameopen/messages", secrets=frozenset({"t0ps3cret", "sesameopen"}))
    assert found["/orders"]["methods"]["GET"]["query"] == {"limit": {"type": "integer"}}
    assert "access_token" in why(found, "/orders")[0]
    assert list(found) == ["/orders", "/bots/{bot_id}/messages"]
    assert "t0ps3cret" not in json.dumps(found)


def test_bodies_and_uploads_are_learnt_by_their_names() -> None:
    made = Recorded("POST", "/orders", (), "application/json", b'{"item": "tea", "n": 1}', answer="application/json")
    sent = Recorded("POST", "/photos", (), "multipart/form-data", None, ("title",), ("photo",))
    found = learnt(made, sent)
    assert found["/orders"]["methods"]["POST"]["body"]["schema"]["properties"] == {
        "item": {"type": "string"}, "n": {"type": "integer"},
    }  # fmt: skip
    photo = found["/photos"]["methods"]["POST"]
    assert photo["uploads"] == {"field": "photo"}
    assert photo["body"]["schema"]["properties"]["photo"] == {"type": "string", "format": "binary"}


def test_dot_segments_and_empty_ones_are_no_paths_to_learn() -> None:
    assert learnt("GET /a//b", "GET /%2E%2E/b") == {}


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12), st.integers(10**9, 10**12))
def test_no_value_of_a_recording_is_ever_in_what_is_learnt(text: str, number: int) -> None:
    marked = f"zqx9{text}"
    body = json.dumps({"a": marked, "b": [{"c": marked, "d": number}]}).encode()
    call = Recorded("POST", f"/things/{number}", (("q", marked), ("n", str(number))), "application/json", body)
    said = json.dumps(learnt(call), ensure_ascii=False)
    assert "zqx9" not in said
    assert str(number) not in said
