"""Mixcloud's paths by `restpath.connect`: where each call goes and with what, and that the mock answers all of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

import restpath
from restpath import AuthError
from restpath.services.mixcloud.forms import parse_multipart
from tests.support.scripted import Server, answer

MIXCLOUD = restpath.read("mixcloud")
JSON = "Content-Type: application/json"


@pytest.fixture
def server() -> Iterator[Any]:
    with restpath.mock.serve("mixcloud") as running:
        yield running


@pytest.fixture
def client(server: Any) -> Any:
    return restpath.connect("mixcloud", server.url, access_token="any")


# ---- where calls go ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "path"), [
    (lambda c: c["u"].get, "/u"),
    (lambda c: c["{user}/", {"user": "u"}].get, "/u/"),
    (lambda c: c["u"]["show"].get, "/u/show"),
    (lambda c: restpath.parse(c, "/u/show/").get, "/u/show/"),
    (lambda c: c.artist["aphex-twin"].get, "/artist/aphex-twin"),
    (lambda c: restpath.parse(c, "/artist/aphex-twin/").get, "/artist/aphex-twin/"),
    (lambda c: c.discover["funk"].get, "/discover/funk/"),
    (lambda c: c.categories["podcasts"].get, "/categories/podcasts/"),
    (lambda c: c.genres["house"].get, "/genres/house/"),
    (lambda c: c.me.get, "/me/"),
    (lambda c: c.popular.get, "/popular/"),
    (lambda c: c["popular"].get, "/popular/"),
    (lambda c: c.popular.hot.get, "/popular/hot/"),
    (lambda c: c.new.get, "/new/"),
    (lambda c: c.search.get, "/search/"),
    (lambda c: c[{"user": "popular"}].get, "/popular"),
    *((lambda c, name=name: c["u"][name].get, f"/u/{name}/") for name in (
        "feed", "comments", "followers", "following", "favorites", "cloudcasts", "listens", "playlists",
    )),
    *((lambda c, name=name: c["u"]["show"][name].get, f"/u/show/{name}/") for name in (
        "comments", "favorites", "listeners", "similar", "embed-json", "embed-html",
    )),
    (lambda c: c["u"].follow.post, "/u/follow/"),
    (lambda c: c["u"].follow.delete, "/u/follow/"),
    *((lambda c, name=name: c["u"]["show"][name].post, f"/u/show/{name}/") for name in (
        "favorite", "repost", "listen-later",
    )),
    (lambda c: c["u"]["show"].listen_later.delete, "/u/show/listen-later/"),
    (lambda c: c.upload.post, "/upload/"),
    (lambda c: c.upload["u"]["show"].edit.post, "/upload/u/show/edit/"),
])  # fmt: skip
def test_every_path_of_the_service_is_reached_as_it_is_spelled(call: Any, path: str) -> None:
    assert call(restpath.connect("mixcloud")).prepare().url == f"https://api.mixcloud.com{path}"


def test_an_action_needs_its_slash_and_the_token_in_the_query() -> None:
    with Server([answer(200, b"{}", JSON)]) as scripted:
        restpath.connect("mixcloud", scripted.url, access_token="t0k")["u"]["show"].favorite.post()
        restpath.connect("mixcloud", scripted.url, access_token="t0k")["u"]["show"].favorite.delete()
        assert [(request.method, request.target, request.body) for request in scripted.requests] == [
            ("POST", "/u/show/favorite/?access_token=t0k", b""), ("DELETE", "/u/show/favorite/?access_token=t0k", b""),
        ]  # fmt: skip


def test_reading_takes_a_token_where_there_is_one_and_goes_without() -> None:
    with Server([answer(200, b"{}", JSON)]) as scripted:
        restpath.connect("mixcloud", scripted.url).popular.get(limit=2)
        restpath.connect("mixcloud", scripted.url, access_token="t0k").popular.get(limit=2)
        assert [request.target for request in scripted.requests] == [
            "/popular/?limit=2", "/popular/?limit=2&access_token=t0k",
        ]  # fmt: skip


@pytest.mark.parametrize("act", [
    lambda c: c["u"]["show"].favorite.post(), lambda c: c["u"].follow.delete(), lambda c: c.upload.post(name="x"),
])  # fmt: skip
def test_what_needs_a_token_says_so_before_anything_is_sent(act: Any) -> None:
    with Server([]) as scripted:
        with pytest.raises(AuthError, match=r"access_token=.*RESTPATH_MIXCLOUD_ACCESS_TOKEN.*Nothing was sent"):
            act(restpath.connect("mixcloud", scripted.url))
        assert scripted.requests == []


def test_nested_fields_of_an_upload_are_numbered() -> None:
    with Server([answer(200, b"{}", JSON)]) as scripted:
        client = restpath.connect("mixcloud", scripted.url, access_token="t0k")
        client.upload.post(
            name="Show", tags=[{"tag": "Funk"}, {"tag": "Soul"}], upload_file=("a.mp3", io.BytesIO(b"mp3")),
            sections=[{"artist": "A", "song": "S", "start_time": 0}, {"chapter": "Talk", "start_time": 60}],
        )  # fmt: skip
        form = parse_multipart(scripted.requests[0].body)
    assert form == {
        "name": "Show", "tags-0-tag": "Funk", "tags-1-tag": "Soul", "sections-0-artist": "A", "sections-0-song": "S",
        "sections-0-start_time": "0", "sections-1-chapter": "Talk", "sections-1-start_time": "60", "mp3": "mp3",
    }  # fmt: skip


def test_more_than_five_tags_are_not_sent() -> None:
    with Server([]) as scripted, pytest.raises(restpath.InvalidBody, match="tags"):
        restpath.connect("mixcloud", scripted.url, access_token="t").upload.post(tags=[{"tag": "x"}] * 6)


# ---- answers -----------------------------------------------------------------------------------------------------


def test_json_that_arrives_as_plain_text_is_read_as_json() -> None:
    replies = [answer(200, b'{"a": [1]}', "Content-Type: text/plain; charset=utf-8")]
    with Server([*replies, answer(200, b"pong", "Content-Type: text/plain")]) as scripted:
        client = restpath.connect("mixcloud", scripted.url)
        assert client.popular.get() == {"a": [1]}
        assert client.popular.get() == "pong"


def test_an_error_has_the_services_own_words_and_the_wait_that_it_asks_for() -> None:
    body = b'{"error": {"type": "RateLimitException", "message": "Slow down", "retry_after": 120}}'
    with Server([answer(403, body, JSON)]) as scripted, pytest.raises(restpath.TooManyRequests) as caught:
        restpath.connect("mixcloud", scripted.url).popular.get()
    error = caught.value
    assert (error.status, error.code, error.message, error.retry_after) == (403, "RateLimitException", "Slow down", 120)


def test_the_token_is_in_no_error_and_no_curl(server: Any) -> None:
    client = restpath.connect("mixcloud", server.url, access_token="s3cret-token")
    with pytest.raises(restpath.NotFound) as caught:
        client["nobody"].get()
    line = client["u"]["show"].favorite.post.curl()
    assert "s3cret" not in str(caught.value) + repr(caught.value.call) + line
    assert "access_token" in line


def test_me_leads_to_the_users_own_path_and_keeps_the_query(client: Any) -> None:
    assert client.me.get()["key"] == "/ann/"
    reply = client.me.get.reply(metadata=1)
    assert reply.url.partition("?")[0].endswith("/ann/")
    assert "feed" in reply.content["metadata"]["connections"]


# ---- pages -------------------------------------------------------------------------------------------------------


def test_a_list_is_walked_page_by_page(client: Any) -> None:
    for number in range(5):
        client.upload.post(name=f"Show {number}", upload_file=("a.mp3", b"mp3"))
    walk = client["ann"].cloudcasts.get.walk(limit=2)
    assert sorted(each["slug"] for each in walk) == [f"show-{number}" for number in range(5)]
    page = client["ann"].cloudcasts.get(limit=2, offset=2)
    assert len(page["data"]) == 2
    assert set(page["paging"]) == {"next", "previous"}


def test_since_and_until_take_seconds_and_times(client: Any) -> None:
    def slugs(**query: Any) -> list[str]:
        return [each["slug"] for each in client["michelplatiniste"].cloudcasts.get(**query)["data"]]

    assert slugs(since="2009-08-02 16:02:00") == ["ambiance"]
    assert slugs(until="2009-08-02 16:02:00") == ["samples"]
    assert slugs(since=1249228860, until=1249228861) == ["samples"]
    assert slugs(until=1) == []


# ---- what users do -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "shown"), [
    ("favorite", lambda c: [each["key"] for each in c["ann"].favorites.get()["data"]]),
    ("listen-later", lambda c: [each["slug"] for each in c["ann"].playlists.get()["data"]]),
    ("repost", lambda c: [each["key"] for each in c["ann"].feed.get()["data"]]),
])  # fmt: skip
def test_an_action_is_done_and_undone(client: Any, action: str, shown: Any) -> None:
    assert shown(client) == []
    for _ in range(2):
        assert client["u"]["show"][action].post()["result"]["success"] is True
    assert shown(client) in (["/u/show/"], ["listen-later"])
    client["u"]["show"][action].delete()
    assert shown(client) == []


def test_following_is_seen_from_both_sides(client: Any) -> None:
    client["u"].follow.post()
    assert [each["key"] for each in client["ann"].following.get()["data"]] == ["/u/"]
    assert [each["key"] for each in client["u"].followers.get()["data"]] == ["/ann/"]
    assert [each["key"] for each in client["ann"].feed.get()["data"]] == ["/u/show/"]
    assert client["u"].get()["follower_count"] == 1
    client["u"].follow.delete()
    assert client["u"].followers.get()["data"] == []


def test_a_favorite_is_popular(client: Any) -> None:
    client["michelplatiniste"]["samples"].favorite.post()
    assert client.popular.get()["data"][0]["slug"] == "samples"
    assert [each["key"] for each in client["michelplatiniste"]["samples"].favorites.get()["data"]] == ["/ann/"]


def test_search_finds_cloudcasts_users_and_tags(client: Any) -> None:
    found = {kind: client.search.get(q="SA", type=kind)["data"] for kind in ("cloudcast", "user", "tag")}
    assert [each["name"] for each in found["cloudcast"]] == ["Sample & Funky"]
    assert [each["key"] for each in client.search.get(q="platin", type="user")["data"]] == ["/michelplatiniste/"]
    assert [each["key"] for each in client.search.get(q="fun", type="tag")["data"]] == ["/discover/funk/"]
    for query in ({}, {"q": "x", "type": "artist"}):
        with pytest.raises(restpath.BadRequest):
            client.search.get(**query)


def test_the_widget_has_the_sizes_and_the_color_asked_for(client: Any) -> None:
    widget = client["u"]["show"]["embed-json"].get(width=300, height="60", color="ff0000")
    assert (widget["width"], widget["height"], widget["title"]) == ("300", "60", "Show")
    assert 'width="300" height="60"' in widget["html"]
    assert "stylecolor=ff0000" in widget["html"]
    assert client["u"]["show"]["embed-html"].get(color='"><script>').count("<script") == 0


@pytest.mark.parametrize(("fields", "problem"), [
    ({"name": "x"}, "mp3"),
    ({"upload_file": ("a.mp3", b"mp3")}, "name"),
    ({"name": "x", "upload_file": ("a.mp3", b"mp3"), "tags-0": "x"}, "tags"),
    ({"name": "x", "upload_file": ("a.mp3", b"mp3"), "sections": [{"artist": "A"}]}, "sections"),
    ({"name": "x", "upload_file": ("a.mp3", b"mp3"), "sections": [{"chapter": "A", "start_time": "x"}]}, "start_time"),
    ({"name": "x", "upload_file": ("a.mp3", b"mp3"), "percentage_music": 101}, "percentage_music"),
    ({"name": "x", "upload_file": ("a.mp3", b"mp3"), "upload_file_picture": ("p", bytes(10_485_761))}, "picture"),
])  # fmt: skip
def test_the_mock_refuses_forms_that_the_service_would_refuse(client: Any, fields: Any, problem: str) -> None:
    with pytest.raises(restpath.BadRequest, match=problem):
        client.upload.post(**fields)
    assert client["ann"].cloudcasts.get()["data"] == []


# ---- every operation ---------------------------------------------------------------------------------------------

VALUES = {
    "user": "u", "cloudcast": "show", "artist": "aphex-twin", "tag": "soul", "category": "podcasts", "genre": "house",
}  # fmt: skip
OPERATIONS = [(operation.method, operation.template) for operation in MIXCLOUD.operations]


@pytest.mark.parametrize(("method", "template"), OPERATIONS, ids=[" ".join(pair) for pair in OPERATIONS])
def test_every_operation_of_the_definition_is_answered(server: Any, method: str, template: str) -> None:
    client = restpath.connect("mixcloud", server.url, access_token="u")
    names = MIXCLOUD.resource(template).template.variables
    path = restpath.expand(client, template, {name: VALUES[name] for name in names})
    fields: dict[str, Any] = {"q": "s"} if template == "/search/" else {}
    if template == "/upload/":
        fields = {"name": "New", "upload_file": ("a.mp3", b"mp3")}
    reply = getattr(path, method.lower()).reply(**fields)
    assert reply.status == 200
    if method != "GET":
        assert reply.content["result"]["success"] is True
    elif template.endswith("embed-html/"):
        assert (reply.media_type, reply.content[:7]) == ("text/html", "<iframe")
    elif not template.endswith("embed-json/"):
        assert {"key", "slug", "name", "url"} <= reply.content.keys() or {"data", "paging"} == reply.content.keys()


@pytest.mark.parametrize("template", [template for method, template in OPERATIONS if "{" in template])
def test_nothing_is_there_that_nobody_put_there(server: Any, template: str) -> None:
    client = restpath.connect("mixcloud", server.url, access_token="u")
    method = next(method for method, known in OPERATIONS if known == template)
    names = MIXCLOUD.resource(template).template.variables
    path = restpath.expand(client, template, dict.fromkeys(names, "nothing"))
    with pytest.raises(restpath.NotFound):
        getattr(path, method.lower())()


def test_a_mock_that_was_given_a_token_takes_no_other() -> None:
    with restpath.mock.serve("mixcloud", credentials={"access_token": "right"}) as server:
        assert restpath.connect("mixcloud", server.url, access_token="right").me.get()["key"] == "/ann/"
        with pytest.raises(restpath.Unauthorized):
            restpath.connect("mixcloud", server.url, access_token="wrong").me.get()
