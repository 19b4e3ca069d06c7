"""The mock on the wire: connections that stay open, bodies in every form, and what is no HTTP."""

from __future__ import annotations

import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
import requests
import urllib3

import restpath
import restpath.mock
from restpath.mock.state import BLOCK_BYTES

NOTES = restpath.read(
    {
        "service": {"service": "notes"},
        "resources": {"/notes": "GET POST", "/notes/{id}": "GET", "/files/{id}": "GET PUT"},
    }
)


@pytest.fixture
def server() -> Iterator[Any]:
    with restpath.mock.serve(NOTES) as server:
        yield server


def talk(server: Any, sent: bytes, *, close: bool = True) -> bytes:
    """Send bytes on one connection and give all that comes back until it ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(sent)
        if close:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def post(body: bytes, *fields: bytes) -> bytes:
    head = [b"POST /notes HTTP/1.1", b"Host: x", b"Content-Type: application/json", *fields]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def test_one_connection_carries_many_requests_whether_their_bodies_mean_something_or_not(server: Any) -> None:
    unread = b"x" * 100_000
    refused = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(unread), unread)
    good = post(b'{"a": 1}', b"Content-Length: 8")
    reads = [method + b" /notes HTTP/1.1\r\nHost: x\r\n\r\n" for method in (b"HEAD", b"GET")]
    got = talk(server, b"".join([refused, good, good, *reads]))
    assert re.findall(rb"HTTP/1\.1 (\d+)", got) == [b"404", b"201", b"201", b"200", b"200"]
    assert len(json.loads(got[got.rindex(b"[") :])) == 2


def test_a_session_keeps_its_connection(server: Any) -> None:
    with urllib3.HTTPConnectionPool("127.0.0.1", server.port, timeout=10) as pool:
        for method, path in (("GET", "/notes"), ("POST", "/nothing"), ("HEAD", "/notes"), ("OPTIONS", "/notes")):
            pool.request(method, path, body=b"{}", retries=False)
        assert (pool.num_connections, pool.num_requests) == (1, 4)


def test_a_body_in_chunks_is_read_to_its_end(server: Any) -> None:
    body = b'4;x=y\r\n{"a"\r\n4\r\n: 1}\r\n0\r\nTrailer: x\r\n\r\n'
    got = talk(server, post(body, b"Transfer-Encoding: chunked") * 2)
    assert got.count(b"201 Created") == 2
    answer = requests.post(f"{server.url}/notes", data=iter([b'{"a"', b": 2}"]), timeout=10)
    assert answer.json()["a"] == 2


@pytest.mark.parametrize(
    "sent",
    [
        post(b"{}", b"Content-Length: x"),
        post(b"{}", b"Content-Length: -2"),
        post(b"{}", b"Content-Length: 2", b"Content-Length: 3"),
        post(b"{}", b"Content-Length: 9"),
        post(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        post(b"{}", b"Transfer-Encoding: gzip, chunked"),
        post(b"zz\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"{}", b"Content-Length: " + b"9" * 5000),
        post(b"{}", "Content-Length: ٢".encode()),
        post(b"-2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"0x2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"0_2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b" 2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"%s\r\n{}\r\n0\r\n\r\n" % (b"f" * 5000), b"Transfer-Encoding: chunked"),
        post(b"1\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"9\r\n{}", b"Transfer-Encoding: chunked"),
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_http_is_400_and_ends_the_connection(server: Any, sent: bytes) -> None:
    got = talk(server, sent)
    assert b" 400 " in got.split(b"\r\n")[0] or b"400" in got
    assert b"Traceback" not in got
    assert requests.get(f"{server.url}/notes", timeout=10).json() == []


def test_a_client_that_expects_to_be_asked_for_its_body_is_asked(server: Any) -> None:
    got = talk(server, post(b"{}", b"Expect: 100-continue", b"Content-Length: 2"))
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201")


def test_a_big_file_goes_to_disk_and_comes_back(server: Any) -> None:
    data = bytes(range(256)) * (3 * BLOCK_BYTES // 256) + b"end"
    assert requests.put(f"{server.url}/files/a", data=io.BytesIO(data), timeout=10).status_code == 201
    answers: list[bytes] = []

    def read() -> None:
        answers.append(requests.get(f"{server.url}/files/a", timeout=10).content)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [data] * 4


def test_a_whole_url_as_target_is_understood(server: Any) -> None:
    assert b"200 OK" in talk(server, b"GET http://x/notes?a=1 HTTP/1.1\r\nHost: x\r\n\r\n")


def test_stopping_hangs_up_and_may_be_done_twice() -> None:
    server = restpath.mock.serve(NOTES)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as idle:
        requests.get(f"{server.url}/notes", timeout=10)
        server.stop()
        server.stop()
        assert idle.recv(1) == b""
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/notes", timeout=10)


def test_a_port_can_be_chosen_and_taken_once_only(server: Any) -> None:
    with pytest.raises(restpath.InvalidValue, match=r"in use|only one usage"):
        restpath.mock.serve(NOTES, port=server.port)
    port = server.port
    server.stop()
    with restpath.mock.serve(NOTES, port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"


def test_the_service_may_be_named_and_an_unknown_one_is_an_error() -> None:
    with restpath.mock.serve("max") as server:
        assert "max" in repr(server)
        assert server.url in repr(server)
    with pytest.raises(restpath.DefinitionError):
        restpath.mock.app("no-such-service")


# ---- WSGI --------------------------------------------------------------------------------------------------------


def ask(environ: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    """Call the application under the validator of PEP 3333."""
    got: list[Any] = []
    environ.setdefault("SCRIPT_NAME", "")
    setup_testing_defaults(environ)
    result = validator(restpath.mock.app(NOTES))(environ, lambda *said: got.append(said) or (lambda data: None))
    try:
        body = b"".join(result)
    finally:
        result.close()  # type: ignore[attr-defined]
    status, headers = got[0][:2]
    return status, dict(headers), body


def test_the_application_keeps_to_pep_3333() -> None:
    body = b'{"a": "\xc3\xa9"}'
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/notes", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "QUERY_STRING": "",
    }  # fmt: skip
    status, headers, answer = ask(environ)
    assert (status, headers["Content-Length"]) == ("201 Created", str(len(answer)))
    assert json.loads(answer)["a"] == "\u00e9"
    assert ask({"REQUEST_METHOD": "HEAD", "PATH_INFO": "/notes", "QUERY_STRING": ""})[2] == b""
    assert ask({"REQUEST_METHOD": "OPTIONS", "PATH_INFO": "/notes", "QUERY_STRING": ""})[0] == "204 No Content"


def test_the_application_tells_an_encoded_slash_by_the_raw_target_where_the_server_gives_one() -> None:
    app = restpath.mock.app(NOTES)
    client = restpath.connect(NOTES, app=app)
    client.files["a/b"].put(data=b"x", headers={"Content-Type": "image/png"})
    assert client.files["a/b"].get() == b"x"


def test_the_application_stands_below_a_path_of_its_servers() -> None:
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/below", "PATH_INFO": "/notes", "QUERY_STRING": "x=1"}
    assert ask({**environ, "REQUEST_URI": "/below/notes?x=1"})[2] == b"[]"
    assert ask(environ)[2] == b"[]"
