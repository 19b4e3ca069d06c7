"""Bodies that may be in several media types: the one that a call means is sent, and held to its own schema."""

from __future__ import annotations

import email
import json
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

import restpath
from restpath import DefinitionError, InvalidBody, InvalidValue
from restpath.definition.merge import Layer, merge_layers
from tests.support.scripted import Request, Server, answer

JSON, FORM, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
WHOLE = {"type": "object", "properties": {"title": {"type": "string"}, "size": {"type": "integer"}}}
PLAIN = {"type": "object", "properties": {"caption": {"type": "string"}}, "required": ["caption"]}
POST: dict[str, Any] = {
    "name": "addPhoto",
    "query": {"caption": {}},
    "body": {"schema": {**WHOLE, "required": ["title"]}},
    "bodies": {
        "application/merge-patch+json": {"schema": WHOLE},
        FORM: {"schema": PLAIN, "nested_form": "brackets", "query_lists": "commas"},
        MULTIPART: {"schema": WHOLE, "uploads": {"field": "photo"}},
        "application/xml": {},
        "image/*": {},
    },
}


def documents(post: dict[str, Any]) -> dict[str, Any]:
    return {
        "service": {"format": 1, "service": "photos", "base_url": "https://a.example"},
        "resources": {"/photos": {"methods": {"POST": post, "GET": {}}}},
    }


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer(200, b"{}", f"Content-Type: {JSON}")) as one:
        yield one


@pytest.fixture
def post(server: Server) -> Any:
    return restpath.connect(restpath.read(documents(POST)), server.url).photos.post


def form_of(request: Request) -> dict[str, bytes]:
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n".encode()
    whole: Message = email.message_from_bytes(head + request.body)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)  # type: ignore[misc]
        for part in whole.get_payload()
    }


def test_the_first_body_is_sent_unless_something_else_is_said(server: Server, post: Any) -> None:
    post(title="A")
    post({"title": "B"})
    assert [(each.header("content-type"), json.loads(each.body)) for each in server.requests] == [
        (JSON, {"title": "A"}), (JSON, {"title": "B"}),
    ]  # fmt: skip


def test_a_content_type_chooses_the_body_and_its_schema(server: Server, post: Any) -> None:
    post(size=1, headers={"Content-Type": "application/merge-patch+json"})
    with pytest.raises(InvalidBody, match="title"):
        post(size=1)
    with pytest.raises(InvalidBody, match="size"):
        post(size="x", headers={"Content-Type": "application/merge-patch+json"})
    (request,) = server.requests
    assert (request.header("content-type"), request.body) == ("application/merge-patch+json", b'{"size": 1}')


def test_a_form_is_written_by_its_own_words(server: Server, post: Any) -> None:
    post(caption="A", tags=[1, 2], at={"x": 3}, headers={"content-type": FORM})
    (request,) = server.requests
    assert request.target == "/photos"  # the form declares what is the query's elsewhere
    assert parse_qsl(request.body.decode()) == [("caption", "A"), ("tags", "1,2"), ("at[x]", "3")]
    with pytest.raises(InvalidBody, match="caption"):
        post(title="A", headers={"content-type": FORM})


def test_a_field_of_the_query_is_of_the_query_with_the_first_body(server: Server, post: Any) -> None:
    post(title="A", caption="B")
    assert (server.requests[0].target, server.requests[0].body) == ("/photos?caption=B", b'{"title": "A"}')


@pytest.mark.parametrize("keyword", ["upload_file", "upload_file_photo"])
def test_a_file_goes_with_the_multipart_body(keyword: str, server: Server, post: Any) -> None:
    post(size=3, **{keyword: ("a.png", b"png", "image/png")})
    (request,) = server.requests
    assert str(request.header("content-type")).startswith(MULTIPART)
    assert form_of(request) == {"size": b"3", "photo": b"png"}
    with pytest.raises(InvalidBody, match="size"):
        post(size="x", **{keyword: ("a.png", b"png", "image/png")})


def test_a_multipart_body_without_a_file_is_chosen_by_its_content_type(server: Server, post: Any) -> None:
    post(size=3, headers={"Content-Type": MULTIPART})
    assert form_of(server.requests[0]) == {"size": b"3"}


def test_a_body_that_is_not_made_of_fields_is_sent_as_given(server: Server, post: Any) -> None:
    post(b"<a/>", headers={"Content-Type": "application/xml"})
    post(b"png", headers={"Content-Type": "image/png"})
    with pytest.raises(InvalidValue, match="data="):
        post(title="A", headers={"Content-Type": "application/xml"})
    assert [(each.header("content-type"), each.body) for each in server.requests] == [
        ("application/xml", b"<a/>"), ("image/png", b"png"),
    ]  # fmt: skip


def test_a_media_type_that_is_not_declared_is_held_to_the_first_schema(server: Server, post: Any) -> None:
    post(title="A", headers={"Content-Type": "application/vnd.a+json"})
    assert server.requests[0].header("content-type") == "application/vnd.a+json"
    with pytest.raises(InvalidBody, match="title"):
        post({"size": 1}, headers={"Content-Type": "application/vnd.a+json"})


def test_what_is_not_sent_is_not_lost_on_another_body(post: Any) -> None:
    """A file beside a content type that takes none is refused as ever."""
    with pytest.raises(InvalidValue, match="multipart/form-data"):
        post(upload_file=b"x", headers={"Content-Type": "application/xml"})


def test_the_bodies_are_described_with_what_differs(post: Any) -> None:
    lines = [line.strip() for line in restpath.describe(post).splitlines()]
    at = lines.index("or as application/x-www-form-urlencoded")
    assert lines[at : at + 3] == ["or as application/x-www-form-urlencoded", "caption: string (required)",
                                  f"or as {MULTIPART}"]  # fmt: skip
    assert "or as image/*" in lines


def test_a_layer_takes_one_away_and_replaces_the_schema_of_another() -> None:
    layer = {"resources": {"/photos": {"methods": {"POST": {
        "bodies": {"image/*": None, FORM: {"schema": {"type": "object"}}},
    }}}}}  # fmt: skip
    merged = merge_layers([Layer(documents(POST)), Layer(layer)])
    bodies = merged.resources["/photos"]["methods"]["POST"]["bodies"]
    assert "image/*" not in bodies
    assert bodies[FORM] == {"schema": {"type": "object"}, "nested_form": "brackets", "query_lists": "commas"}


@pytest.mark.parametrize(
    ("bodies", "place"),
    [
        ({}, "/bodies"),
        ({"xml": {}}, "/bodies/xml"),
        ({"text/csv": {"media_type": "a/b"}}, "/bodies/text~1csv/media_type"),
        ({"text/csv": {"schema": {"type": "nonsense"}}}, "/bodies/text~1csv/schema/type"),
        ({"text/csv": {"schema": {"$ref": "#/schemas/A"}}}, "/bodies/text~1csv/schema"),
        ({"application/vnd.A": {}}, "/bodies/application~1vnd.A"),
    ],
)
def test_a_wrong_word_is_found_where_it_stands(bodies: Any, place: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        restpath.read(documents({"body": {"media_type": "application/vnd.a"}, "bodies": bodies}))
    assert caught.value.pointer == f"/~1photos/methods/POST{place}"


def test_a_shared_schema_holds_for_a_body_of_several() -> None:
    post = {"body": {}, "bodies": {FORM: {"schema": {"$ref": "#/schemas/Plain"}}}}
    definition = restpath.read({**documents(post), "schemas": {"schemas": {"Plain": PLAIN}}})
    photos = restpath.connect(definition).photos
    with pytest.raises(InvalidBody, match="caption"):
        photos.post.prepare(title="A", headers={"Content-Type": FORM})
    assert photos.post.prepare(title="A").body == b'{"title": "A"}'


# ---- content of the caller's own making ----------------------------------------------------------------

PARTS = {"media_type": MULTIPART, "schema": WHOLE}


def _put(server: Server, **words: Any) -> Any:
    return restpath.connect(restpath.read(documents(words)), server.url).photos.post


@pytest.mark.parametrize("name", ["a.png", "a.json", "nothing-known"])
def test_a_file_as_data_goes_as_the_only_body_that_is_not_made_of_parts(
    name: str, server: Server, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(b"content")
    _put(server, body=PARTS, bodies={"image/png": {}})(data=tmp_path / name)
    assert (server.requests[0].header("content-type"), server.requests[0].body) == ("image/png", b"content")


@pytest.mark.parametrize(
    ("name", "sent"),
    [("a.png", "image/png"), ("a.json", JSON), ("nothing-known", "application/octet-stream"), ("a.jpg", "image/jpeg")],
)
def test_a_file_as_data_goes_as_the_body_of_its_type_where_there_are_several(
    name: str, sent: str, server: Server, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(b"{}")
    others: Any = {"image/*": {}, JSON: {}, "application/octet-stream": {}}
    _put(server, body=PARTS, bodies=others)(data=tmp_path / name)
    assert server.requests[0].header("content-type") == sent


@pytest.mark.parametrize(("name", "sent"), [("whole", JSON), ("a.txt", JSON), ("a.png", "image/png")])
def test_a_file_whose_name_says_nothing_goes_as_the_first_body(
    name: str, sent: str, server: Server, tmp_path: Path
) -> None:
    post = _put(server, body={"media_type": JSON}, bodies={"image/*": {}, "application/octet-stream": {}})
    (tmp_path / name).write_bytes(b"{}")
    with (tmp_path / name).open("rb") as file:
        post(data=file)
    post(data=tmp_path / name)
    post(data=b"{}")
    assert [each.header("content-type") for each in server.requests] == [sent, sent, JSON]


@pytest.mark.parametrize("data", [b"content", "content", Path(__file__)])
@pytest.mark.parametrize("media_type", [MULTIPART, "multipart/related", "multipart/mixed"])
def test_content_is_never_said_to_be_made_of_parts_without_their_boundary(
    media_type: str, data: Any, server: Server
) -> None:
    post = _put(server, body={"media_type": media_type})
    with pytest.raises(
        InvalidValue, match=f"sends {media_type}, which is made of parts: give the file as upload_file="
    ):
        post(data=data)
    with pytest.raises(InvalidValue, match="made of parts"):
        post(data=data, headers={"Content-Type": media_type})
    assert not server.requests
    post(data=data, headers={"Content-Type": f"{media_type}; boundary=xy"})
    post(data=data, headers={"Content-Type": "image/png"})
    assert [each.header("content-type") for each in server.requests] == [f"{media_type}; boundary=xy", "image/png"]
