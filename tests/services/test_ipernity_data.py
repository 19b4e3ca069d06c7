"""Ipernity's data files: all its methods with what each needs, the signatures that it publishes, errors and lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import restpath
from restpath.auth.signing import signature_of
from restpath.masking import Secret

CASES = Path(__file__).parents[1] / "cases"
KEY, SECRET = "6fa87ba500002712bd4eed6020f3bd72", "e9a599f0cf6ce193"
DEFINITION = restpath.read("ipernity")
METHODS = {method.name: method for method in DEFINITION.operations}
PERMISSIONS = DEFINITION.service.words["x-permissions"]
LISTS = {
    "album.docs.getList": "/album/docs/doc", "album.getFaves": "/faves/fave", "album.getList": "/albums/album",
    "album.getVisitors": "/visitors/visitor", "doc.comments.getList": "/comments/comment",
    "doc.getFaves": "/faves/fave", "doc.getList": "/docs/doc", "doc.getVisitors": "/visitors/visitor",
    "doc.search": "/docs/doc", "explore.docs.getPopular": "/docs/doc", "faves.albums.getList": "/albums/album",
    "faves.docs.getList": "/docs/doc", "folder.albums.getList": "/folder/albums/album",
    "folder.getList": "/folders/folder", "group.docs.getList": "/group/docs/doc", "group.getList": "/groups/group",
    "group.search": "/groups/group", "network.getList": "/network/user", "post.comments.getList": "/comments/comment",
    "post.getFaves": "/faves/fave", "post.getList": "/posts/post", "post.getVisitors": "/visitors/visitor",
    "post.search": "/posts/post", "tags.docs.getList": "/docs/doc",
}  # fmt: skip


def test_there_are_102_methods_one_to_a_template() -> None:
    assert len(METHODS) == len(DEFINITION.operations) == 102
    assert all(method.template == f"/{name}/json" for name, method in METHODS.items())
    assert all(method.title for method in METHODS.values())


def test_so_many_methods_change_data_need_a_token_or_only_a_signature() -> None:
    auths = [method.rules.auth for method in METHODS.values()]
    assert sum(method.method == "POST" for method in METHODS.values()) == 44
    assert auths.count(("user",)) == 54
    assert auths.count(("application",)) == 2
    assert auths.count(("user", "application")) == 1
    assert auths.count(("user", "application", "key")) == 45
    assert {area: {level: len(names) for level, names in levels.items()} for area, levels in PERMISSIONS.items()} == {
        "doc": {"read": 25, "write": 38, "delete": 3}, "network": {"read": 2}, "post": {"read": 6, "write": 4},
        "blog": {"read": 1, "write": 1},
    }  # fmt: skip


def test_data_say_what_the_service_lists_of_its_methods() -> None:
    """HTTP method, signature, token and permission of each, as `api.methods.getList` had them in November 2026."""
    listed = json.loads((CASES / "ipernity_methods.json").read_text(encoding="utf-8"))
    assert set(listed) == set(METHODS)
    for name, (method, is_signed, has_token, permission) in listed.items():
        auth = METHODS[name].rules.auth
        assert METHODS[name].method == method, name
        assert ("key" not in auth) == is_signed, name
        assert (auth == ("user",)) == has_token, name
        said = [f"{area}={level}" for area, levels in PERMISSIONS.items() for level in levels if name in levels[level]]
        assert said == ([permission] if permission else []), name


def test_methods_without_a_token_are_those_that_get_one() -> None:
    assert [name for name, method in METHODS.items() if method.rules.auth == ("application",)] == [
        "auth.getFrob", "auth.getToken",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "operation", "digest"),
    [
        ({"doc_id": "1234", "keywords": "easy"}, "doc.tags.add", "a269b218feb341ef03bc093a0f2c8078"),
        ({"perm_network": "read"}, "", "da183021cd39461108770b822fcd9398"),
    ],
)
def test_signature_is_the_published_one(pairs: dict[str, str], operation: str, digest: str) -> None:
    """The examples of the service's own documentation: a call, and a link that has no method."""
    signature = DEFINITION.service.schemes["application"].signature
    assert signature is not None
    signed = {**pairs, "api_key": KEY}.items()
    assert signature_of(signature, signed, operation, {"api_secret": Secret(SECRET)}) == digest


def test_every_common_code_has_a_status() -> None:
    rule = DEFINITION.service.rules.errors
    assert set(rule.statuses) >= {*map(str, range(100, 114)), "120"}
    assert (rule.code, rule.message, dict(rule.when)) == ("/api/code", "/api/message", {"/api/status": ("error",)})
    assert (rule.statuses["105"], rule.statuses["110"], rule.statuses["113"], rule.statuses["120"]) == (
        401, 403, 429, 405,
    )  # fmt: skip


def test_lists_say_where_their_items_are() -> None:
    rules = {name: method.rules.pages for name, method in METHODS.items()}
    assert {name: rule.items for name, rule in rules.items() if rule is not None} == LISTS
    assert all((rule.by, rule.parameter, rule.size) == ("page", "page", "per_page") for rule in rules.values() if rule)


@pytest.mark.parametrize(
    ("credentials", "scheme"),
    [
        ({"api_key": KEY, "api_secret": SECRET, "token": "t"}, "user"),
        ({"api_key": KEY, "api_secret": SECRET}, "application"),
        ({"api_key": KEY}, "key"),
    ],
)
def test_every_call_is_signed_where_there_is_a_secret(credentials: dict[str, str], scheme: str) -> None:
    seen: list[dict[str, str]] = []

    def app(environ: dict[str, str], start: object) -> list[bytes]:
        seen.append(dict(pair.split("=") for pair in environ["QUERY_STRING"].split("&")))
        start("200 OK", [("Content-Type", "application/json")])  # type: ignore[operator]
        return [b'{"api": {"status": "ok"}}']

    restpath.connect("ipernity", app=app, **credentials).doc.get(doc_id=1)
    wanted = {"user": {"auth_token", "api_sig"}, "application": {"api_sig"}, "key": set()}[scheme]
    assert set(seen[0]) == {"api_key", "doc_id"} | wanted
