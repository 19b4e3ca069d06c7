"""Provenance: every value of a call with who said it, which file of which layer, and no secret."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import Client, InvalidValue
from restpath.provenance import Fact, facts_of

SERVICE = {
    "service": "shop",
    "base_url": "https://shop.example/v1",
    "credentials": {"token": {}, "scope": {"secret": False, "default": "all"}, "username": {"secret": False}},
    "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}", "X-Scope": "{scope}"}}},
    "headers": {"Accept": "application/json", "X-Version": "1"},
    "path_values": {"user": {"spelling": "credential", "text": ":me", "credential": "username"}},
    "uploads": {"field": "file", "json_field": "json"},
}
RESOURCES = {
    "/orders/{id}": {
        "methods": {
            "GET": {"query": {"limit": {}, "sort": {}}},
            "POST": {"headers": {"X-Version": "2"}, "query": {"dry": {}}},
            "PUT": {"body": {"media_type": "application/vnd.shop+json"}},
        }
    },
    "/orders/{id}/notes/{+path}": "POST",
    "/form": {"methods": {"POST": {"fields": "form", "nested_form": "brackets"}}},
    "/people/{user}/by/{hash}": {"methods": "GET", "path_values": {"hash": {"spelling": "sha1"}}},
    "/found?fixed=yes": "GET",
    "/elsewhere": {"methods": {"GET": {"server": "https://files.example", "auth": []}}},
}
DEFAULTS = {
    "/orders/{id}": {"POST": {"kind": "order", "address": {"country": "AT", "zip": 1}}, "GET": {"sort": "name"}},
    "/form": {"POST": {"kind": "order", "a": {"b": "c"}}},
}


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    for name, content in (("service", SERVICE), ("resources", RESOURCES), ("defaults", DEFAULTS)):
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps({"format": 1, **content}), encoding="utf-8")
    return tmp_path


@pytest.fixture
def client(layers: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(layers / "config"))
    over = {"defaults": {"/orders/{id}": {"POST": {"address": {"country": "DE"}}}}}
    return restpath.connect(restpath.read(layers / "shop", over), token="s3cret", username="ann")


def told(call: Any) -> dict[str, str]:
    """The sources by the part and the name of a value, with the folder of the test left out."""
    return {fact.label: fact.source for fact in facts_of(call)}


def test_a_body_is_told_leaf_by_leaf_down_to_the_layer_of_a_single_default(client: Client, layers: Path) -> None:
    call = client.orders["7"].post.prepare(note="hi", address={"zip": 2}, dry=True)
    source = str(layers / "shop" / "defaults.json") + " (folder)"
    assert told(call) == {
        "{id}": "argument",
        "?dry": "argument",
        "Accept": f"definition, {layers / 'shop' / 'service.json'} (folder)",
        "X-Version": f"definition, {layers / 'shop' / 'resources.json'} (folder)",
        "Content-Type": "what the body is",
        "kind": f"default for POST /orders/{{id}}, {source}",
        "address.country": "default for POST /orders/{id}, the program",
        "address.zip": "argument, over the default 1",
        "note": "argument",
    }


def test_a_query_is_told_with_defaults_arguments_and_what_the_template_fixes(client: Client) -> None:
    found = told(client.orders["7"].get.prepare(limit=1))
    assert found["?limit"] == "argument"
    assert found["?sort"].startswith("default for GET /orders/{id}, ")
    assert told(client.orders["7"].get.prepare(sort="age"))["?sort"] == "argument, over the default name"
    assert told(client.found.get.prepare())["?fixed"] == "the template /found?fixed=yes"


def test_header_fields_are_told_with_what_the_caller_says_in_their_place(client: Client) -> None:
    call = client.orders["7"].post.prepare(headers={"Accept": "text/csv", "X-Token": "abc", "X-Version": None})
    found = {fact.name: fact for fact in facts_of(call) if fact.part == "header"}
    assert found["Accept"].source == "argument"
    assert found["X-Token"].value == "***"
    assert found["X-Version"].value == "left out"
    put = client.orders["7"].put.prepare(a=1)
    assert "resources.json" in told(put)["Content-Type"]


def test_variables_are_told_with_how_they_are_spelled(client: Client) -> None:
    found = {fact.name: fact for fact in facts_of(client.people[":me"].by["https://x.example/"].get.prepare())}
    assert found["user"].value == "ann"
    assert found["user"].source.startswith("argument, or the credential username where that was :me, ")
    assert found["hash"].source.startswith("argument, in SHA-1 unless it was given so")
    call = client.orders["a/b"].notes["x/y z"].post.prepare()
    assert [(fact.name, fact.value) for fact in facts_of(call) if fact.part == "path"] == [
        ("id", "a/b"),
        ("path", "x/y z"),
    ]


def test_a_form_and_parts_are_told_field_by_field(client: Client, tmp_path: Path) -> None:
    found = told(client.form.post.prepare(note="x"))
    assert found["kind"].startswith("default for POST /form, ")
    assert found["a[b]"].startswith("default for POST /form, ")
    assert found["note"] == "argument"
    file = tmp_path / "a.txt"
    file.write_text("x")
    upload = {fact.name: fact for fact in facts_of(client.orders["7"].post.prepare(upload_file=file, note="x"))}
    assert upload["file"] == Fact("file", "file", f"the file {file}", "argument")
    assert upload["kind"].said == "default"
    assert upload["note"].said == "argument"


@pytest.mark.parametrize("data", [b"abc", "text", [1, 2]], ids=repr)
def test_a_body_that_is_not_made_of_fields_is_told_whole(client: Client, data: Any) -> None:
    (fact,) = [fact for fact in facts_of(client.orders["7"].put.prepare(data=data)) if fact.part == "body"]
    assert (fact.name, fact.source) == ("body", "argument")
    assert fact.value.endswith(" bytes")


def test_secrets_are_masked_wherever_they_are(client: Client) -> None:
    fields = {"password": "pa55word", "credentials": {"pass": "s3cret-too"}}
    call = client.orders["7"].post.prepare(qs={"api_key": "k3y"}, headers={"X-Token": "t0ken"}, **fields)
    said = restpath.describe(call, client)
    assert not [secret for secret in ("pa55word", "k3y", "t0ken", "s3cret") if secret in said]
    assert said.count("***") >= 4


def test_the_client_adds_the_server_and_the_credentials_with_their_sources(client: Client, layers: Path) -> None:
    call = client.orders["7"].get.prepare()
    rows = [line.split(None, 3) for line in restpath.describe(call, client).splitlines()[1:4]]
    file = layers / "shop" / "service.json"
    assert rows == [
        ["base", "URL", "https://shop.example/v1", f"definition, {file} (folder)"],
        ["token", "***", "connect"],
        ["scope", "all", "definition,", f"{file} (folder)"],
    ]


def test_a_call_by_itself_says_which_credentials_it_will_get(client: Client, layers: Path) -> None:
    said = restpath.describe(client.orders["7"].get.prepare()).splitlines()
    assert said[0] == "GET https://shop.example/v1/orders/7?sort=name"
    assert said[1].split(None, 2)[:2] == ["credentials", "bearer"]
    assert said[1].endswith(f"added when it is sent, {layers / 'shop' / 'service.json'} (folder)")


def test_the_source_of_a_credential_is_that_of_the_nearest_place(
    layers: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RESTPATH_SHOP_TOKEN", "s3cret")
    client = restpath.connect(restpath.read(layers / "shop"), "https://other.example")
    said = restpath.describe(client.orders["7"].get.prepare(), client)
    assert "environment RESTPATH_SHOP_TOKEN" in said
    assert "https://other.example  url=" in said
    monkeypatch.delenv("RESTPATH_SHOP_TOKEN")
    config = tmp_path / "config" / "restpath" / "config.ini"
    config.parent.mkdir(parents=True)
    config.write_text("[shop]\nbase_url = https://p.example\ntoken = s3cret\n")
    config.chmod(0o600)
    client = restpath.connect(restpath.read(layers / "shop"))
    said = restpath.describe(client.orders["7"].get.prepare(), client)
    assert said.count(f"profile [shop] in {config}") == 2
    assert "s3cret" not in said


def test_what_is_missing_is_told_and_nothing_raised(layers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(layers / "config"))
    client = restpath.connect(restpath.read(layers / "shop"))
    assert "needs credentials: token" in restpath.describe(client.orders["7"].get.prepare(), client)


def test_an_operation_of_another_server_has_that_server_and_no_credentials(client: Client) -> None:
    said = restpath.describe(client.elsewhere.get.prepare(), client).splitlines()
    assert said[1].split()[:3] == ["base", "URL", "https://files.example"]
    assert "resources.json" in said[1]
    assert "token" not in "".join(said)


def test_a_pickled_call_is_small_and_still_tells_what_it_can(client: Client) -> None:
    call = pickle.loads(pickle.dumps(client.orders["7"].post.prepare(note="hi")))
    assert told(call)["kind"] == "default for POST /orders/{id}, the definition"
    big = restpath.read(
        {"service": {"base_url": "https://a.example"}, "resources": {f"/r{n}/{{id}}": "GET" for n in range(500)}}
    )
    assert len(pickle.dumps(restpath.connect(big).r7["1"].get.prepare())) < 5000


def test_a_call_of_a_service_that_nobody_described_has_arguments_alone() -> None:
    client = restpath.connect("https://api.example")
    assert set(told(client.people["7"].post.prepare(a=1, qs={"b": 2})).values()) == {"argument", "what the body is"}


def test_a_client_beside_a_path_is_refused(client: Client) -> None:
    with pytest.raises(InvalidValue, match="a path knows its own"):
        restpath.describe(client.orders, client)


def test_what_is_sent_as_another_body_is_told_as_that() -> None:
    """A field that only the chosen body has is the body's; JSON beside a file is told by its fields."""
    form = {"schema": {"properties": {"dry": {}}}}
    bodies = {"application/x-www-form-urlencoded": form, "multipart/related": {}}
    post = {"query": {"dry": {}}, "body": {}, "bodies": bodies}
    words = {"service": {"base_url": "https://a.example"}, "resources": {"/a": {"methods": {"POST": post}}},
             "defaults": {"/a": {"POST": {"dry": 1, "kind": "x"}}}}  # fmt: skip
    call = restpath.connect(restpath.read(words)).a.post.prepare
    said = call(headers={"Content-Type": "application/x-www-form-urlencoded"}, b=2)
    assert {(fact.part, fact.name, fact.said) for fact in facts_of(said) if fact.part in ("query", "body")} == {
        ("body", "dry", "default"), ("body", "kind", "default"), ("body", "b", "argument"),
    }  # fmt: skip
    related = call(b=2, upload_file=("f", b"x"))
    assert {(fact.part, fact.name, fact.said) for fact in facts_of(related) if fact.part != "path"} >= {
        ("query", "dry", "default"), ("body", "kind", "default"), ("body", "b", "argument"),
        ("file", "file", "argument"),
    }  # fmt: skip


# ---- any call ----------------------------------------------------------------------------------------------------

NAMES = st.text(min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(NAMES, VALUES, max_size=4),
    st.dictionaries(NAMES, st.text(max_size=6) | st.integers(), max_size=4),
    st.text(min_size=1, max_size=6),
)
def test_of_any_call_all_is_told_that_is_sent_and_nothing_else(fields: Any, query: Any, text: str) -> None:
    client = restpath.connect(restpath.read({"service": SERVICE, "resources": RESOURCES, "defaults": DEFAULTS}))
    try:
        call = client.orders[text].post.prepare(qs=query, **fields)
    except restpath.RestpathError:
        return
    facts = facts_of(call)
    (value,) = [fact.value for fact in facts if fact.part == "path"]
    assert value == " ".join(text.split())
    sent = parse_qsl(urlsplit(call.url).query, keep_blank_values=True)
    assert [fact.name for fact in facts if fact.part == "query"] == [name for name, _ in sent]
    told_of = [fact.name for fact in facts if fact.part == "body"]
    assert isinstance(call.body, bytes)
    assert told_of == [".".join(map(str, place)) for place, _ in leaves(json.loads(call.body))]


def leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a body says, by places."""
    if not isinstance(value, dict) or not value:
        yield place, value
        return
    for key, below in value.items():
        yield from leaves(below, (*place, key))
