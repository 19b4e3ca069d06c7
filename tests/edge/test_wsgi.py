"""The adapter to a WSGI application, held to PEP 3333 and to the same application behind a real server on loopback."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import flask
import pytest
import requests
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.serving import WSGIRequestHandler as WerkzeugHandler
from werkzeug.serving import make_server as make_werkzeug_server

from restpath.edge.wsgi import wsgi_adapter

ORIGIN = "http://app.example"
App = Callable[..., Any]


def session(app: App) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.mount("http://", wsgi_adapter(app))
    made.mount("https://", wsgi_adapter(app))
    return made


def answering(*pieces: bytes, status: str = "200 OK", headers: list[tuple[str, str]] | None = None) -> App:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Type", "text/plain")] if headers is None else headers)
        return list(pieces)

    return app


def seen(*args: Any, **kwargs: Any) -> dict[str, Any]:
    """Send a request and give the environ that the application got, with the body it read as "body"."""
    environs: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environs.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("204 No Content", [])
        return []

    session(app).request(*args, **kwargs)
    return environs[0]


class Closing:
    """An iterable of an answer that remembers what was done with it."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.given, self.closed = iter(pieces), 0, 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self.pieces)
        self.given += 1
        return piece

    def close(self) -> None:
        self.closed += 1

    def app(self, environ: dict[str, Any], start_response: Any) -> Closing:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self


# ---- the request


def test_the_path_is_decoded_to_latin_1_and_the_target_kept_as_sent() -> None:
    environ = seen("GET", f"{ORIGIN}/a%2Fb/caf%C3%A9%20x?q=%C3%A9&r=1+2")
    assert environ["PATH_INFO"] == "/a/b/caf\u00c3\u00a9 x"
    assert environ["REQUEST_URI"] == environ["RAW_URI"] == "/a%2Fb/caf%C3%A9%20x?q=%C3%A9&r=1+2"
    assert (environ["QUERY_STRING"], environ["SCRIPT_NAME"]) == ("q=%C3%A9&r=1+2", "")


@pytest.mark.parametrize(
    ("origin", "name", "port", "host", "scheme"),
    [
        ("http://app.example", "app.example", "80", "app.example", "http"),
        ("https://app.example", "app.example", "443", "app.example", "https"),
        ("https://app.example:8443", "app.example", "8443", "app.example:8443", "https"),
        ("http://app.example:80", "app.example", "80", "app.example", "http"),
        ("http://[::1]:81", "::1", "81", "[::1]:81", "http"),
        ("http://ann:pw@app.example", "app.example", "80", "app.example", "http"),
    ],
)
def test_the_server_is_the_one_of_the_url(origin: str, name: str, port: str, host: str, scheme: str) -> None:
    environ = seen("GET", f"{origin}/")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (name, port)
    assert (environ["HTTP_HOST"], environ["wsgi.url_scheme"]) == (host, scheme)
    assert (environ["REMOTE_ADDR"], environ["SERVER_PROTOCOL"]) == ("127.0.0.1", "HTTP/1.1")


def test_header_fields_become_variables_and_those_of_one_name_are_joined() -> None:
    headers = {
        "X-One": "1",
        "x_one": "2",
        "Content-Type": "a/b",
        "X-Bytes": b"caf\xe9",
        "X-Latin": "caf\xe9",
        "Host": "other",
    }
    environ = seen("POST", f"{ORIGIN}/", headers=headers, data=b"12")
    assert (environ["HTTP_X_ONE"], environ["CONTENT_TYPE"], environ["HTTP_HOST"]) == ("1,2", "a/b", "other")
    assert environ["HTTP_X_BYTES"] == environ["HTTP_X_LATIN"] == "caf\xe9"
    assert environ["CONTENT_LENGTH"] == "2"
    assert "HTTP_CONTENT_TYPE" not in environ
    assert "HTTP_CONTENT_LENGTH" not in environ


class Unsized:
    """A file that does not say how long it is."""

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self.file.read(min(size, 1000))


CONTENT = bytes(range(256)) * 1024


@pytest.mark.parametrize(
    ("body", "expected", "length"),
    [
        (None, b"", "0"),
        (b"", b"", "0"),
        (b"\x00\xff", b"\x00\xff", "2"),
        ("text", b"text", "4"),
        (io.BytesIO(CONTENT), CONTENT, str(len(CONTENT))),
        (io.BytesIO(b""), b"", None),
        (iter([b"ab", b"", b"cd"]), b"abcd", None),
        ((piece for piece in [CONTENT, b"!"]), CONTENT + b"!", None),
    ],
    ids=["None", "empty", "bytes", "str", "file", "empty file", "iterable", "generator"],
)
def test_a_body_of_any_kind_arrives_whole_with_its_length_where_it_is_known(
    body: Any, expected: bytes, length: Any
) -> None:
    environ = seen("POST", f"{ORIGIN}/", data=body)
    assert environ["body"] == expected
    assert environ.get("CONTENT_LENGTH") == length
    assert environ.get("wsgi.input_terminated") is (None if length else True)
    assert environ.get("HTTP_TRANSFER_ENCODING") == (None if length else "chunked")


def prepared(body: Any, **headers: str) -> requests.PreparedRequest:
    request = requests.Request("POST", f"{ORIGIN}/").prepare()
    request.body = body
    del request.headers["Content-Length"]
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return request


def read_by(request: requests.PreparedRequest, read: Callable[[Any], Any] = lambda file: file.read()) -> Any:
    results = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        results.append(read(environ["wsgi.input"]))
        start_response("200 OK", [])
        return []

    session(app).send(request)
    return results[0]


def test_a_file_is_read_from_where_it_stands_and_stays_open() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    assert read_by(prepared(file)) == b"456789"
    assert not file.closed


def test_a_file_without_length_is_read_in_pieces_until_it_ends() -> None:
    assert read_by(prepared(Unsized(CONTENT))) == CONTENT


def test_the_body_ends_at_its_content_length() -> None:
    assert read_by(prepared(io.BytesIO(b"0123456789"), Content_Length="4")) == b"0123"


def test_text_is_sent_as_utf_8() -> None:
    assert read_by(prepared("café", Content_Length="5")) == "café".encode()
    assert read_by(prepared(io.StringIO("café"))) == "café".encode()


def test_the_body_can_be_read_by_lines() -> None:
    assert read_by(prepared(b"a\nb\nc"), lambda file: [file.readline(), *file]) == [b"a\n", b"b\n", b"c"]
    assert read_by(prepared(b"a\nb"), lambda file: file.readlines()) == [b"a\n", b"b"]
    assert read_by(prepared(b"abc"), lambda file: [file.read(2), file.read(2), file.read(2)]) == [b"ab", b"c", b""]


def test_a_body_is_not_read_before_the_application_asks_for_it() -> None:
    drawn = []

    def body() -> Iterator[bytes]:
        drawn.append(1)
        yield b"x"

    assert session(answering(b"no")).post(ORIGIN, data=body()).text == "no"
    assert not drawn


def test_a_body_that_fails_is_the_senders_failure_whatever_the_application_makes_of_it() -> None:
    def body() -> Iterator[bytes]:
        yield b"x"
        raise ZeroDivisionError("in the body")

    def forgiving(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        try:
            environ["wsgi.input"].read()
        except ZeroDivisionError:
            start_response("500 Oops", [])
        return []

    def strict(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return [environ["wsgi.input"].read()]

    for app in (forgiving, strict):
        with pytest.raises(ZeroDivisionError):
            session(app).post(ORIGIN, data=body())


def test_a_header_that_latin_1_lacks_fails_as_over_a_network() -> None:
    with pytest.raises(UnicodeEncodeError):
        session(answering()).get(ORIGIN, headers={"X": "\u20ac"})


# ---- the answer


def test_the_answer_has_status_reason_headers_body_and_elapsed() -> None:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-A", "1"), ("X-A", "2"), ("X-Latin", "caf\xe9")]
    reply = session(answering("é".encode(), b"", b"!", status="299 Very Good", headers=headers)).get(f"{ORIGIN}/p?q#f")
    assert (reply.status_code, reply.reason, reply.text) == (299, "Very Good", "é!")
    assert (reply.headers["x-a"], reply.headers["X-Latin"], reply.encoding) == ("1, 2", "caf\xe9", "utf-8")
    assert reply.raw.headers.getlist("X-A") == ["1", "2"]
    assert reply.url == f"{ORIGIN}/p?q#f"
    assert reply.elapsed > datetime.timedelta(0)
    assert pickle.loads(pickle.dumps(reply)).text == "é!"


def test_a_status_without_reason_has_an_empty_one() -> None:
    assert session(answering(status="404")).get(ORIGIN).reason == ""


def test_cookies_are_kept_for_the_session_and_sent_again() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/; HttpOnly")])
        return [environ.get("HTTP_COOKIE", "").encode()]

    client = session(app)
    assert client.get(ORIGIN).cookies.get_dict() == {"a": "1", "b": "2"}
    assert client.get(ORIGIN).text == "a=1; b=2"


def test_a_redirect_is_followed_with_the_cookie_it_set() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/":
            start_response("302 Found", [("Location", "/there"), ("Set-Cookie", "a=1")])
            return []
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode(), b" ", environ["HTTP_COOKIE"].encode()]

    reply = session(app).get(f"{ORIGIN}/")
    assert (reply.text, len(reply.history)) == ("/there a=1", 1)


def test_a_compressed_answer_is_decompressed_but_for_raw() -> None:
    packed = gzip.compress(CONTENT)
    headers = [("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]
    client = session(answering(packed[:100], packed[100:], headers=headers))
    assert client.get(ORIGIN).content == CONTENT
    assert b"".join(client.get(ORIGIN, stream=True).iter_content(1000)) == CONTENT
    assert client.get(ORIGIN, stream=True).raw.read() == packed
    assert client.get(ORIGIN, stream=True).raw.read(decode_content=True) == CONTENT


def test_pieces_are_taken_one_by_one_as_they_are_read_and_the_end_closes() -> None:
    result = Closing(b"one", b"", b"two", b"three")
    reply = session(result.app).get(ORIGIN, stream=True)
    assert (result.given, result.closed) == (1, 0)
    pieces = reply.iter_content(3)
    assert (next(pieces), result.given) == (b"one", 1)
    assert (next(pieces), result.given) == (b"two", 3)
    assert b"".join(pieces) == b"three"
    assert result.closed == 1


def test_closing_the_answer_early_closes_the_iterable_once() -> None:
    result = Closing(b"one", b"two")
    with session(result.app).get(ORIGIN, stream=True) as reply:
        assert result.closed == 0
    reply.close()
    assert (result.given, result.closed) == (1, 1)


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
)
def test_an_answer_that_has_no_body_by_its_nature_gives_none_and_closes(method: str, status: str) -> None:
    result = Closing(b"body")

    def app(environ: dict[str, Any], start_response: Any) -> Closing:
        start_response(status, [("Content-Length", "4")])
        return result

    reply = session(app).request(method, ORIGIN)
    assert (reply.content, reply.headers["Content-Length"], result.closed) == (b"", "4", 1)


def test_start_response_may_be_called_when_the_first_piece_is_made() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        yield b""
        start_response("201 Created", [("X-A", "1")])
        yield b"late"

    reply = session(app).get(ORIGIN)
    assert (reply.status_code, reply.headers["X-A"], reply.text) == (201, "1", "late")


def test_what_is_written_comes_before_what_is_returned() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        write = start_response("200 OK", [])
        write(b"one ")
        write(b"")
        write(b"two ")
        return [b"three"]

    assert session(app).get(ORIGIN).text == "one two three"


def test_exc_info_replaces_a_head_that_is_not_yet_sent() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("X-A", "1")])
        try:
            raise KeyError("lost")
        except KeyError as error:
            start_response("500 Oops", [], (KeyError, error, error.__traceback__))
        return [b"sorry"]

    reply = session(app).get(ORIGIN)
    assert (reply.status_code, reply.text, "X-A" in reply.headers) == (500, "sorry", False)


def test_exc_info_raises_again_once_the_head_is_sent() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "9")])
        yield b"one"
        try:
            raise KeyError("lost")
        except KeyError as error:
            start_response("500 Oops", [], (KeyError, error, error.__traceback__))
            yield b"never"

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session(app).get(ORIGIN)


# ---- applications that fail


def raising(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise ZeroDivisionError("the application's own words")


def silent(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return [b"x"]


def silent_and_empty(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return []


def twice(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    start_response("200 OK", [])
    return []


def nothing(environ: dict[str, Any], start_response: Any) -> None:
    start_response("200 OK", [])


def text(environ: dict[str, Any], start_response: Any) -> list[Any]:
    start_response("200 OK", [])
    return ["text"]


FAILING = [
    (raising, ZeroDivisionError), (silent, AssertionError), (silent_and_empty, AssertionError), (twice, AssertionError),
    (nothing, TypeError), (text, TypeError), (answering(status="OK"), ValueError),
    (answering(status="100 Continue"), ValueError),
    (answering(status="200 OK\r\nX: 1"), ValueError), (answering(headers=[("X", "1\r\nY: 2")]), ValueError),
    (answering(headers=[("X: 1\r\nY", "2")]), ValueError), (answering(headers=[("X", "\u20ac")]), ValueError),
    (answering(headers=[("X", "1")] * 200), Exception),
]  # fmt: skip


@pytest.mark.parametrize(("app", "cause"), FAILING)
def test_an_application_that_gives_no_answer_is_a_broken_connection_with_its_cause(app: App, cause: type) -> None:
    with pytest.raises(requests.exceptions.ConnectionError) as caught:
        session(app).get(ORIGIN)
    assert isinstance(caught.value.__cause__, cause)
    assert "own words" not in str(caught.value)
    assert caught.value.request is not None


def test_a_failure_before_the_first_piece_closes_the_iterable() -> None:
    result = Closing()

    def pieces() -> Iterator[bytes]:
        raise ZeroDivisionError
        yield b""

    result.pieces = pieces()
    with pytest.raises(requests.exceptions.ConnectionError):
        session(result.app).get(ORIGIN)
    assert result.closed == 1


def test_a_failure_in_the_midst_of_the_body_is_a_broken_connection_that_keeps_its_cause() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"one"
        raise ZeroDivisionError

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session(app).get(ORIGIN)
    reply = session(app).get(ORIGIN, stream=True)
    with pytest.raises(urllib3.exceptions.ProtocolError) as caught:
        reply.raw.read()
    broken = caught.value.__cause__ or caught.value.__context__
    assert broken is not None
    assert isinstance(broken.__cause__, ZeroDivisionError)


def test_what_is_no_fault_of_the_application_goes_through_untouched() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(app).get(ORIGIN)


def test_a_close_that_fails_does_not_spoil_a_good_answer(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Closing):
        def close(self) -> None:
            raise ZeroDivisionError

    assert session(Failing(b"good").app).get(ORIGIN).text == "good"
    assert "close()" in caplog.text


# ---- the same application in the process and behind a server


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


class QuietWerkzeug(WerkzeugHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args: Any) -> None:
        pass


@pytest.fixture(params=["wsgiref", "werkzeug"])
def served(request: pytest.FixtureRequest) -> Iterator[Callable[[App], str]]:
    """Give a function that serves an application on loopback and gives its origin."""
    running = []

    def serve(app: App) -> str:
        if request.param == "wsgiref":
            server: Any = make_server("127.0.0.1", 0, app, handler_class=Quiet)
        else:
            server = make_werkzeug_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietWerkzeug)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


OF_THE_SERVER = {"date", "server", "connection", "transfer-encoding", "keep-alive"}


def parsed(body: bytes) -> Any:
    """Give JSON as what it says, whatever the order of its keys; everything else as it is."""
    try:
        values = [json.loads(line) for line in body.splitlines()] if body[:1] == b"{" else [json.loads(body)]
    except ValueError:
        try:
            values = [json.loads(body)]
        except ValueError:
            return body
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("headers"), dict):
            value["headers"].pop("Cookie", None)  # Digest's are random
            value["headers"].pop("Authorization", None)
    return values


def told(reply: requests.Response, origin: str) -> dict[str, Any]:
    headers = {name.lower(): value.replace(origin, "") for name, value in reply.headers.items()}
    if headers.get("content-length") == "0":  # some servers add it where the application left it out
        del headers["content-length"]
    return {
        "status": (reply.status_code, reply.reason),
        "headers": {name: value for name, value in headers.items() if name not in OF_THE_SERVER},
        "body": parsed(reply.content.replace(origin.encode(), b"")),
        "cookies": reply.cookies.get_dict(),
        "history": [old.status_code for old in reply.history],
    }


def both(
    app: App,
    served: Callable[[App], str],
    send: Callable[[requests.Session, str], requests.Response],
    inside: Any = None,
) -> Any:
    """Send the same over a network and without one, and give what came of it, or the kind of the error."""
    outcomes = []
    origin = served(app)
    for client in (requests.Session(), session(inside or app)):
        client.trust_env = False
        try:
            outcomes.append(told(send(client, origin), origin))
        except requests.RequestException as error:
            outcomes.append({"error": (type(error), type(error.args[0]))})
    assert outcomes[0] == outcomes[1]
    return outcomes[1]


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    length = environ.get("CONTENT_LENGTH")
    read = environ["wsgi.input"].read(int(length or 0))
    names = ["REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "HTTP_HOST", "HTTP_ACCEPT_ENCODING"]
    names += [
        "HTTP_USER_AGENT",
        "HTTP_X_A",
        "HTTP_COOKIE",
        "HTTP_CONNECTION",
        "HTTP_ACCEPT",
        "SERVER_PORT",
        "REMOTE_ADDR",
    ]
    lines = [f"{name}={environ.get(name, '')}" for name in names]
    body = "\n".join(lines).encode("latin-1") + b"\n" + read
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body[:7], body[7:]]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_an_application_that_holds_itself_to_pep_3333_finds_no_fault(method: str, served: Callable[[App], str]) -> None:
    body = None if method in ("GET", "HEAD", "OPTIONS") else b"body"
    app = answering(headers=[("Content-Type", "text/plain"), ("Content-Length", "9")]) if method == "HEAD" else echo
    headers = {"X-A": "caf\xe9", "Content-Type": "a/b"}

    def send(client: requests.Session, origin: str) -> requests.Response:
        return client.request(method, f"{origin}/caf%C3%A9%2F;x?q=1&q=%20", data=body, headers=headers)

    # Only the one in the process is held to it: werkzeug's server is at fault itself (REMOTE_PORT is a number).
    assert both(app, served, send, inside=validator(app))["status"] == (200, "OK")


def test_a_request_without_any_headers_gets_those_that_urllib3_adds(served: Callable[[App], str]) -> None:
    def send(client: requests.Session, origin: str) -> requests.Response:
        request = requests.Request("GET", f"{origin}/x", headers={"Content-Type": "a/b"}).prepare()
        return client.send(request)

    assert b"HTTP_ACCEPT_ENCODING=identity\n" in both(echo, served, send)["body"]


@pytest.mark.parametrize("claimed", ["3", "5", "9", "x", "-1"])
def test_a_wrong_content_length_surfaces_as_over_a_network(claimed: str) -> None:
    app = answering(b"12345", headers=[("Content-Length", claimed)])
    client = session(app)
    if claimed != "9":
        assert client.get(ORIGIN).content == (b"123" if claimed == "3" else b"12345")
        return
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
        client.get(ORIGIN)
    assert isinstance(caught.value.args[0].args[1], urllib3.exceptions.IncompleteRead)


@pytest.mark.skipif(urllib3.__version__ < "2", reason="before urllib3 2, requests takes a short body for a whole one")
def test_a_short_body_is_the_same_error_as_over_a_network(served: Callable[[App], str]) -> None:
    app = answering(b"12345", headers=[("Content-Length", "9"), ("Connection", "close")][:1])

    def send(client: requests.Session, origin: str) -> requests.Response:
        return client.get(origin, headers={"Connection": "close"}, timeout=5)

    assert both(app, served, send) == {
        "error": (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError)
    }


def made_flask() -> flask.Flask:
    app = flask.Flask("made")

    @app.route("/people/<path:name>", methods=["GET", "PUT", "DELETE"])
    def person(name: str) -> Any:
        if flask.request.method == "DELETE":
            return "", 204
        return {
            "name": name,
            "query": flask.request.args.to_dict(flat=False),
            "body": flask.request.get_data(as_text=True),
        }

    @app.post("/upload")
    def upload() -> Any:
        file = flask.request.files["file"]
        return {"name": file.filename, "size": len(file.read()), "form": flask.request.form.to_dict()}

    @app.get("/stream")
    def stream() -> Any:
        return flask.Response((f"{number}\n" for number in range(1000)), mimetype="text/plain")

    @app.get("/login")
    def login() -> Any:
        reply = flask.redirect(flask.url_for("whoami"))
        reply.set_cookie("who", "ann")
        return reply

    @app.get("/whoami")
    def whoami() -> Any:
        return flask.jsonify(flask.request.cookies)

    return app


@pytest.mark.parametrize(
    ("method", "path", "settings"),
    [
        ("GET", "/people/caf%C3%A9%20x?limit=1&limit=2", {}),
        ("PUT", "/people/ann", {"json": {"é": 1}}),
        ("DELETE", "/people/ann", {}),
        ("HEAD", "/people/ann", {}),
        ("GET", "/nothing", {}),
        ("PATCH", "/people/ann", {}),
        ("POST", "/upload", {"data": {"a": "é"}, "files": {"file": ("é.bin", CONTENT)}}),
        ("GET", "/stream", {}),
        ("GET", "/login", {}),
    ],
)
def test_flask_answers_as_it_does_over_a_network(
    method: str, path: str, settings: dict[str, Any], served: Callable[[App], str]
) -> None:
    assert both(made_flask(), served, lambda client, origin: client.request(method, origin + path, **settings))[
        "status"
    ]


@pytest.mark.parametrize(
    ("method", "path", "settings"),
    [
        ("GET", "/get?a=1&b=%C3%A9", {}), ("POST", "/post", {"data": {"a": ["1", "2"]}}),
        ("POST", "/post", {"json": [1, None]}), ("PUT", "/put", {"data": b"\x00\xff"}), ("DELETE", "/delete", {}),
        ("GET", "/gzip", {}), ("GET", "/deflate", {}), ("GET", "/status/418", {}), ("GET", "/status/204", {}),
        ("HEAD", "/get", {}), ("GET", "/redirect/2", {}), ("GET", "/cookies/set?a=1", {}), ("OPTIONS", "/get", {}),
        ("GET", "/basic-auth/ann/pw", {"auth": ("ann", "pw")}), ("GET", "/bytes/2000?seed=1", {}),
        ("GET", "/stream/5", {}), ("GET", "/range/1024?chunk_size=100", {"headers": {"Range": "bytes=10-99"}}),
        ("GET", "/encoding/utf8", {}), ("GET", "/response-headers?X-A=1&X-A=2", {}), ("GET", "/image/png", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("served", ["werkzeug"], indirect=True)
def test_httpbin_answers_as_it_does_over_a_network(
    method: str, path: str, settings: dict[str, Any], served: Callable[[App], str]
) -> None:
    from httpbin import app

    def without_length(client: requests.Session, origin: str) -> requests.Response:
        reply = client.request(method, origin + path, **settings)
        if not path.startswith(("/bytes", "/image", "/range")):
            reply.headers.pop("Content-Length", None)  # the bodies name the port and are as long as it is
        return reply

    assert both(app, served, without_length)["status"]


def test_an_auth_that_asks_again_over_the_connection_asks_the_application_again() -> None:
    from httpbin import app

    reply = session(app).get(f"{ORIGIN}/digest-auth/auth/ann/pw", auth=requests.auth.HTTPDigestAuth("ann", "pw"))
    assert (reply.status_code, [old.status_code for old in reply.history]) == (200, [401])


def test_many_threads_may_use_one_adapter() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    client = session(app)
    texts: dict[int, str] = {}

    def ask(number: int) -> None:
        texts[number] = client.get(f"{ORIGIN}/{number}").text

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: f"/{number}" for number in range(20)}


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 50))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_byte_goes_there_and_back(sent: list[bytes], pieces: list[bytes], size: int) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield environ["wsgi.input"].read()
        yield from pieces

    reply = session(app).post(ORIGIN, data=iter(sent), stream=True)
    assert b"".join(reply.iter_content(size)) == b"".join(sent + pieces)
