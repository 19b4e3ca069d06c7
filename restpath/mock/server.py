"""
The mock on loopback and as a WSGI application: bytes of HTTP in, bytes of HTTP out.

Takes a `Mock`; gives a server that listens on 127.0.0.1 in threads of its own, or an application for PEP 3333. Bodies
are read to their end before they are looked at (in memory up to 1 MiB, in a temporary file beyond), so that a
connection can always be used again.
Source: RFC 9112 for messages, PEP 3333 for WSGI.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

from restpath.mock.answer import Answer, Mock
from restpath.mock.state import BLOCK_BYTES, Blob, spool
from restpath.types import BinaryReader, Headers
from restpath.version import __version__

__all__ = ["MockServer", "wsgi_app"]

_LONGEST_LINE = 64 * 1024


class MockServer:
    """
    A mock that listens. A context manager; `url` says where.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, mock: Mock, port: int = 0) -> None:
        self.mock = mock
        self._server = _Server(mock, port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="restpath mock", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The URL to connect to."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop listening and hang up; doing so twice is no fault."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> MockServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<MockServer of {self.mock.definition.name} at {self.url}>"


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # On Windows the same option would let two servers share a port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, mock: Mock, port: int) -> None:
        self.mock = mock
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._guard:
            still_open = list(self._open)
        for connection in still_open:  # threads that wait for a next request wake up and end
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; whatever else goes wrong in the mock itself was answered with 500."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"restpath/{__version__}"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: _Server

    def __getattr__(self, name: str) -> Any:
        # Whether a method is known is the definition's to say.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        with spool() as body:
            try:
                self._read_body(body)
            except _BadMessage as error:
                self.close_connection = True
                self._send(Answer(400, (("Content-Type", "text/plain; charset=utf-8"),), f"{error}\n".encode()))
                return
            body.seek(0)
            self._send(self.server.mock.answer(self.command, self.path, Headers(self.headers.items()), body))

    def _read_body(self, body: IO[bytes]) -> None:
        lengths = set(self.headers.get_all("Content-Length", []))
        coding = self.headers.get("Transfer-Encoding", "").strip().lower()
        if coding:
            if coding != "chunked" or lengths:
                raise _BadMessage("a body in chunks has no length, and no other coding is known here")
            for data in _chunks(self.rfile):
                body.write(data)
        elif lengths:
            (text, *more) = lengths
            if more or not re.fullmatch("[0-9]{1,18}", text):
                raise _BadMessage("Content-Length is no number of bytes")
            _copy(self.rfile, body, int(text))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status, answer.reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(answer.length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            for data in _blocks(answer):
                self.wfile.write(data)

    def version_string(self) -> str:
        """Name the server, and not the Python that it runs on."""
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: whoever wants to see the traffic has it on the other side."""


class _BadMessage(ValueError):
    """What came is no HTTP message."""


def _copy(source: BinaryReader, target: IO[bytes], count: int) -> None:
    while count:
        data = source.read(min(count, BLOCK_BYTES))
        if not data:
            raise _BadMessage("the body is shorter than its Content-Length")
        target.write(data)
        count -= len(data)


def _chunks(source: Any) -> Iterator[bytes]:
    """Read a body in chunks. Source: RFC 9112 section 7.1; extensions and trailers mean nothing here."""
    while True:
        said = re.fullmatch(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n", source.readline(_LONGEST_LINE), re.DOTALL)
        if said is None:
            raise _BadMessage("a chunk has no length")
        size = int(said[1], 16)
        if size == 0:
            break
        while size:
            data = source.read(min(size, BLOCK_BYTES))
            if not data:
                raise _BadMessage("the body breaks off in a chunk")
            yield data
            size -= len(data)
        if source.readline(_LONGEST_LINE).strip():
            raise _BadMessage("a chunk is longer than it says")
    while source.readline(_LONGEST_LINE).strip():
        pass


def _blocks(answer: Answer) -> Iterable[bytes]:
    return answer.body if isinstance(answer.body, Blob) else (answer.body,)


# ---- WSGI --------------------------------------------------------------------------------------------------------


def wsgi_app(mock: Mock) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Make a WSGI application of a mock."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with spool() as body:
            _read_input(environ, body)
            body.seek(0)
            answer = mock.answer(
                environ["REQUEST_METHOD"], _target(environ), _headers(environ), body, scheme=environ["wsgi.url_scheme"]
            )
        headers = [*answer.headers]
        if answer.status != 204:
            headers.append(("Content-Length", str(answer.length)))
        start_response(f"{answer.status} {answer.reason}", headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else _blocks(answer)

    return app


def _target(environ: Mapping[str, Any]) -> str:
    """The target as it was asked for: PATH_INFO would have lost which slashes were encoded."""
    for name in ("RAW_URI", "REQUEST_URI"):
        raw = environ.get(name)
        if raw and not environ.get("SCRIPT_NAME"):
            return str(raw)
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe="/:@!$&'()*+,;=~")
    query = environ.get("QUERY_STRING", "")
    return (path or "/") + (f"?{query}" if query else "")


def _headers(environ: Mapping[str, Any]) -> Headers:
    lines = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    lines += [
        (name.replace("_", "-"), environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)
    ]
    return Headers(lines)


def _read_input(environ: Mapping[str, Any], body: IO[bytes]) -> None:
    source = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        with contextlib.suppress(_BadMessage):
            _copy(source, body, int(length))
    elif environ.get("wsgi.input_terminated"):
        while data := source.read(BLOCK_BYTES):
            body.write(data)
