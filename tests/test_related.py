"""multipart/related: JSON and the file that it describes, in one body (RFC 2387)."""

from __future__ import annotations

import email
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import InvalidBody, InvalidValue
from restpath.multipart import open_multipart, related_part
from tests.support.scripted import Request, Server, answer

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}, "owner": {"type": "object"}}}
WORDS: dict[str, Any] = {
    "service": {
        "format": 1, "service": "files", "base_url": "https://a.example", "credentials": {"key": {}},
        "auth": {"key": {"fields": {"key": "{key}"}}},
    },
    "resources": {
        "/files": {"methods": {"GET": {}, "POST": {"body": {"media_type": "multipart/related", "schema": SCHEMA},
                                                 "retries": {"safe": True}}}},
        "/photos": {"methods": {"POST": {"body": {}, "bodies": {"multipart/related": {"schema": SCHEMA}}}}},
    },
}  # fmt: skip


def client(url: str = "https://a.example", **more: Any) -> Any:
    return restpath.connect(restpath.read(WORDS), url, key="k", **more)


def parts_of(request: Request) -> list[tuple[str, Any]]:
    whole = email.message_from_bytes(f"Content-Type: {request.header('content-type')}\r\n\r\n".encode() + request.body)
    assert whole.get_content_type() == "multipart/related"
    assert whole.get_param("type") == "application/json"
    return [(part.get_content_type(), part.get_payload(decode=True)) for part in whole.get_payload()]  # type: ignore[union-attr]


@pytest.mark.parametrize("where", ["files", "photos"])
def test_the_fields_are_the_first_part_and_the_file_the_second(where: str) -> None:
    with Server(answer(200, b"{}", "Content-Type: application/json")) as server:
        post = client(server.url)[where].post
        post(title="A", owner={"id": 1}, upload_file=("a.png", io.BytesIO(b"PNG"), "image/png"))
        post({"title": "B"}, upload_file=("a.bin", b"BIN"))
    first, second = server.requests
    assert parts_of(first) == [
        ("application/json", b'{"title": "A", "owner": {"id": 1}}'), ("image/png", b"PNG"),
    ]  # fmt: skip
    assert parts_of(second) == [("application/json", b'{"title": "B"}'), ("application/octet-stream", b"BIN")]
    assert first.header("content-length") == str(len(first.body))


def test_fields_of_the_credentials_go_in_the_query_for_there_is_no_form() -> None:
    with Server(answer(200, b"{}", "Content-Type: application/json")) as server:
        client(server.url).files.post(upload_file=("a", b"x"))
    assert server.requests[0].target == "/files?key=k"
    assert parts_of(server.requests[0])[0] == ("application/json", b"{}")


def test_the_json_is_held_to_its_schema() -> None:
    for where in ("files", "photos"):
        with pytest.raises(InvalidBody, match="title"):
            client()[where].post.prepare(title=1, upload_file=("a", b"x"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"title": "A"}, "upload_file="),
        ({"upload_file": [("a", b"x"), ("b", b"y")]}, "2 are given"),
        ({"upload_file": ("a", b"x"), "headers": {"Content-Type": "text/csv"}}, "multipart/"),
        ({"upload_file": ("a", b"x"), "data": b"raw"}, "beside a file"),
    ],
)
def test_what_is_not_json_and_one_file_is_refused(given: Any, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        client().files.post.prepare(**given)


def test_a_body_that_is_whole_already_goes_as_it_is() -> None:
    headers = {"Content-Type": "multipart/related; boundary=b"}
    call = client().files.post.prepare(b"--b--", headers=headers)
    assert (call.body, call.headers["content-type"]) == (b"--b--", headers["Content-Type"])


def test_without_a_file_the_first_of_several_bodies_is_sent() -> None:
    call = client().photos.post.prepare(title="A")
    assert call.body == b'{"title": "A"}'


def test_the_file_is_streamed_and_read_again_for_another_try(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"x" * 3_000_000)
    answers = [answer(503, b"", "Retry-After: 0"), answer(200, b"{}", "Content-Type: application/json")]
    with Server(answers) as server:
        client(server.url).files.post(upload_file=file)
    assert [len(parts_of(each)[1][1]) for each in server.requests] == [3_000_000, 3_000_000]


def test_parts_have_a_media_type_and_no_name() -> None:
    parts = [related_part("JSON", b"{}", "application/json"), related_part("file", b"x")]
    with open_multipart(parts, boundary="b") as body:
        assert body.content_type == 'multipart/related; type="application/json"; boundary=b'
        assert b"".join(body) == (
            b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n"
            b"--b\r\nContent-Type: application/octet-stream\r\n\r\nx\r\n--b--\r\n"
        )


def test_the_mock_takes_it_and_holds_it_to_the_schema() -> None:
    definition = restpath.read({**WORDS, "service": {"service": "files", "base_url": "https://a.example"}})
    with restpath.mock.serve(definition) as server:
        files = restpath.connect(definition, server.url).files
        files.post(title="A", upload_file=("a.png", b"PNG", "image/png"))
        assert [each["title"] for each in files.get()] == ["A"]
        with pytest.raises(restpath.BadRequest, match="title"):
            files.post.options(validate=False)(title=1, upload_file=("a", b"x"))
        with pytest.raises(restpath.BadRequest, match="no JSON"):
            files.post(
                b"--b\r\nContent-Type: text/csv\r\n\r\nx\r\n--b--\r\n",
                headers={"Content-Type": "multipart/related; boundary=b"},
            )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_sends_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a b.png"
    file.write_bytes(b"PNG")
    with Server(answer(200, b"{}", "Content-Type: application/json")) as server:
        post = client(server.url).files.post
        line = post.curl(title='a "q" \\ ;type=b', upload_file=file)
        subprocess.run(line.replace("<key>", "k"), shell=True, check=True, capture_output=True)
        post(title='a "q" \\ ;type=b', upload_file=file)
    by_curl, own = server.requests
    assert parts_of(by_curl) == parts_of(own)
    assert json.loads(parts_of(own)[0][1]) == {"title": 'a "q" \\ ;type=b'}
    assert by_curl.target == own.target
