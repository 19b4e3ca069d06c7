"""`.curl`: lines for people, without secrets; and what the real curl sends when a shell runs them."""

from __future__ import annotations

import email
import email.policy
import io
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import restpath
from restpath import Call
from restpath.curl import ShownProof, curl_line
from restpath.multipart import open_multipart
from restpath.types import Headers

FORM = "application/x-www-form-urlencoded"
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]
DOCUMENTS = {
    "service": {
        "format": 1, "service": "test", "credentials": {"token": {}, "user": {"secret": False}, "key": {}},
        "auth": {"both": {"headers": {"X-Token": "{token}", "X-User": "{user}"}, "query": {"api_key": "{key}"}}},
    },
    "resources": {
        "/open": {"methods": {method: {"auth": []} for method in METHODS}},
        "/open/{id}": {"methods": {"GET": {"auth": []}}}, "/raw/{+path}": {"methods": {"GET": {"auth": []}}},
        "/a//b": {"methods": {"GET": {"auth": []}}}, "/dir/": {"methods": {"GET": {"auth": []}}},
        "/form": {"methods": {"POST": {"fields": "form", "auth": []}}},
        "/upload": {"methods": {"POST": {"uploads": {"json_field": "json"}, "auth": []}, "PUT": {"auth": []}}},
        "/guarded": "GET POST",
    },
}  # fmt: skip
CLIENT = restpath.connect(restpath.read(DOCUMENTS), "https://a.example")


# ---- what is written ---------------------------------------------------------------------------------------------


def test_a_get_is_curl_and_the_url() -> None:
    assert CLIENT.open.get.curl(q="a b") == "curl 'https://a.example/open?q=a%20b'"


def test_credentials_are_placeholders_whether_they_are_known_or_not() -> None:
    line = "curl -H 'X-Token: <token>' -H 'X-User: {}' 'https://a.example/guarded?api_key=<key>'"
    assert CLIENT.guarded.get.curl() == line.format("<user>")
    known = restpath.connect(restpath.read(DOCUMENTS), "https://a.example", token="hunter2", user="ann", key="hunter3")
    assert known.guarded.get.curl() == line.format("ann")


def test_the_callers_own_secrets_are_placeholders_and_take_the_place_of_the_definitions() -> None:
    line = CLIENT.guarded.get.curl(headers={"Authorization": "Bearer hunter2", "x-token": "hunter3", "X-User": None})
    assert "hunter" not in line
    assert shlex.split(line)[1:-1] == [
        "-H",
        "Authorization: <authorization>",
        "-H",
        "x-token: <x-token>",
        "-H",
        "X-User:",
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("open", {"password": "hunter2", "n": 1}), ("open", {"login": {"clientSecret": "hunter2"},
        "list": [{"token": "hunter2"}]}),
        ("form", {"password": "hunter2", "n": 1}), ("upload", {"upload_file": ("a", b""), "password": "hunter2"}),
        ("open", {"data": {"api_key": "hunter2"}}), ("open", {"qs": {"token": "hunter2"}}), ("open",
        {"qs": "token=hunter2"}),
        ("open", {"credentials": {"user": "ann", "pass": "hunter2"}}),
        ("open", {"login": {"token": [{"is": "hunter2"}]}}),
    ],
)  # fmt: skip
def test_secrets_in_query_and_body_are_masked(path: str, fields: dict[str, Any]) -> None:
    line = CLIENT[path].post.curl(**fields)
    assert "hunter2" not in line
    assert "***" in line


def test_a_body_without_secrets_is_shown_byte_by_byte() -> None:
    assert "--data-raw '{\"tokens\":   1}'" in CLIENT.open.post.curl(
        '{"tokens":   1}', headers={"Content-Type": "application/json"}
    )


def test_a_long_body_that_is_no_text_is_the_readers_to_bring() -> None:
    line = CLIENT.open.post.curl(b"\xff" * 100_000)
    assert line.startswith("curl ")
    assert "--data-binary @-" in line


def test_an_open_file_is_named_where_it_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a b.png"
    path.write_bytes(b"x")
    with path.open("rb") as file:
        assert f"@{path}" in CLIENT.open.post.curl(file)
        assert f'"{path}"' in CLIENT.upload.post.curl(upload_file=file).replace("\\\\", "\\")
    assert "@-" in CLIENT.open.post.curl(io.BytesIO(b"x"))


# ---- what the real curl sends ------------------------------------------------------------------------------------

curl = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("sh") is None, reason="needs curl and a POSIX shell on this machine"
)
_CURLS_OWN = {"user-agent", "accept", "host", "content-length", "expect"}


class _Recorder(BaseHTTPRequestHandler):
    def do_ANY(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_ANY

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Recorder) as listening:
        listening.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def run(server: Any, line: str) -> tuple[str, str, dict[str, str], bytes]:
    server.seen.clear()
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, (line, done.stderr)
    [seen] = server.seen
    return seen


def _target(call: Call) -> str:
    parts = urlsplit(call.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def hold_together(call: Call, seen: tuple[str, str, dict[str, str], bytes]) -> None:
    """What curl sent is what the call says."""
    method, target, headers, body = seen
    assert (method, target) == (call.method, _target(call))
    own = {name.lower() for name, _ in call.headers.lines()}
    got = {name.lower(): value for name, value in headers.items() if name.lower() not in _CURLS_OWN - own}
    if call.files:
        assert parsed(got.pop("content-type"), body) == parsed(*_written(call))
    elif call.body is None or isinstance(call.body, bytes):
        assert body == (call.body or b"")
    assert got == {name.lower(): value for name, value in call.headers.lines()}


def _written(call: Call) -> tuple[str, bytes]:
    with open_multipart(call.files) as body:
        return body.content_type, b"".join(body)


def parsed(content_type: str, body: bytes) -> list[tuple[Any, ...]]:
    message = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    return [
        (part["content-disposition"].params, part.get("content-type"), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("open", "get", {}),
    ("open", "get", {"qs": {"a": ["1", "b c"], "é": "[x]{y}", "t": "'\"$`\\!"}}),
    ("open", "get", {"qs": "q=%2F[1]&x='a'*&flag"}),
    ("open", "get", {"headers": {"X-A": "it's", "X-B": "", "X-C": "@file", "Accept": "x/y"}}),
    ("open", "get", {"data": {"q": 1}}),
    ("open", "head", {"qs": {"a": 1}}),
    ("open", "delete", {}),
    ("open", "delete", {"a": 1}),
    ("open", "post", {}),
    ("open", "post", {"content": 'it\'s é "x" $HOME `ls` \\n\n!', "list": [1, None]}),
    ("open", "put", {"data": None}),
    ("open", "patch", {"data": "@/etc/hostname"}),
    ("open", "post", {"data": "a\nb\r\nc", "headers": {"Content-Type": "text/x"}}),
    ("open", "post", {"data": b"plain"}),
    ("open", "post", {"data": b""}),
    ("open", "post", {"data": bytes(range(256))}),
    ("open", "post", {"data": b"a\0b"}),
    ("open", "post", {"data": {"a": 1}, "headers": {"Content-Type": None}}),
    ("form", "post", {"a": "b c&d", "e": ["é", "+"]}),
    ("upload", "put", {"upload_file": None, "a": 1}),
    ("a//b", "get", {}),
    ("dir/", "get", {"q": 1}),
]


@curl
@pytest.mark.parametrize(("path", "method", "arguments"), CALLS)
def test_curl_sends_what_the_call_says(server: Any, path: str, method: str, arguments: dict[str, Any]) -> None:
    client = restpath.connect(restpath.read(DOCUMENTS), f"http://127.0.0.1:{server.server_port}")
    operation = restpath.expand(client, f"/{path}")._operation(method)
    hold_together(operation.prepare(**arguments), run(server, operation.curl(**arguments)))


@curl
@pytest.mark.parametrize("value", ["a/b c", "é#?", "[1-3]", "{a,b}", "x;y&z", "%2F", "a@b:c"])
def test_curl_asks_for_the_same_path(server: Any, value: str) -> None:
    client = restpath.connect(restpath.read(DOCUMENTS), f"http://127.0.0.1:{server.server_port}")
    for operation in (client.open[value].get, client.raw[value].get):
        hold_together(operation.prepare(), run(server, operation.curl()))


@curl
def test_curl_sends_the_same_form_with_files(server: Any, tmp_path: Path) -> None:
    client = restpath.connect(restpath.read(DOCUMENTS), f"http://127.0.0.1:{server.server_port}")
    first, second = tmp_path / "a, b;c.png", tmp_path / "notes"
    first.write_bytes(bytes(range(256)))
    second.write_bytes(b"")
    for operation in (client.upload.post, client.upload.put):
        arguments = {
            "upload_file": [first, (None, second, "text/x")], "upload_file_thumb": ("other \u00e9.png", first),
            "text": "it's @x; \u00e9\nand more",
            "list": ["a", "b"],
        }  # fmt: skip
        hold_together(operation.prepare(**arguments), run(server, operation.curl(**arguments)))


@curl
def test_curl_sends_the_same_file(server: Any, tmp_path: Path) -> None:
    client = restpath.connect(restpath.read(DOCUMENTS), f"http://127.0.0.1:{server.server_port}")
    path = tmp_path / "it's a.png"
    path.write_bytes(bytes(range(256)) * 10)
    with path.open("rb") as file:
        for data in (path, file):
            seen = run(server, client.open.post.curl(data))
            hold_together(client.open.post.prepare(data), seen)
            assert seen[3] == path.read_bytes()


@curl
def test_header_fields_of_the_session_that_are_to_be_absent_are_absent(server: Any) -> None:
    client = restpath.connect(restpath.read(DOCUMENTS), f"http://127.0.0.1:{server.server_port}")
    _, _, headers, _ = run(server, client.open.get.curl(headers={"User-Agent": None, "Accept": None}))
    assert not {"user-agent", "accept"} & {name.lower() for name in headers}


@curl
def test_placeholders_arrive_where_credentials_would(server: Any) -> None:
    client = restpath.connect(restpath.read(DOCUMENTS), f"http://127.0.0.1:{server.server_port}")
    _, target, headers, _ = run(server, client.guarded.post.curl(a=1, headers={"Cookie": "sid=hunter2"}))
    assert target == "/guarded?api_key=<key>"
    assert (headers["X-Token"], headers["Cookie"]) == ("<token>", "<cookie>")


def test_a_line_is_made_of_the_call_alone() -> None:
    assert curl_line(CLIENT.guarded.get.prepare()) == "curl https://a.example/guarded"


def test_fields_of_credentials_stand_in_the_form_as_placeholders() -> None:
    call = Call("POST", "http://a.example/x", headers=Headers([("Content-Type", FORM)]), body=b"a=1&token=s3cret")
    line = curl_line(call, ShownProof(fields=[("api_key", "<api_key>"), ("sig", "<sig>")]))
    assert "--data-raw 'a=1&token=***&api_key=<api_key>&sig=<sig>'" in line
    bare = curl_line(Call("POST", "http://a.example/x"), ShownProof(fields=[("api_key", "<api_key>")]))
    assert "Content-Type: application/x-www-form-urlencoded" in bare
    assert "api_key=<api_key>" in bare
