"""
Loopback redirects: waits on this machine for the browser that a person comes back with.

Takes a port and a path; gives the `redirect_uri` to ask for, and the URL with which the browser came. Listens on
127.0.0.1 alone and shows nothing of what it was asked. Whoever comes with another login's state is not the one; what
else the URL says is not believed here: see `read_code`.
Source: RFC 8252 sections 7.3 and 8.3.
"""

from __future__ import annotations

import hmac
import os
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

from restpath.errors import AuthError, InvalidValue

__all__ = ["Redirect", "catch_redirect"]

_IDLE_SECONDS = 10.0
_LONGEST_TARGET = 16 * 1024
# True however the login ends: what the browser brings is looked at only after this.
_PAGE = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Back to the program</title>"
    b"<p>You can close this window and go back to the program."
)


class Redirect:
    """
    Where a browser is expected.

    Attributes:
        redirect_uri: the URL that the browser is to be sent to.
    """

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.redirect_uri = f"http://127.0.0.1:{server.server_address[1]}{server.path}"

    def expect(self, state: str) -> None:
        """Take no browser that comes with another state than this: it is of somebody else's login, or of nobody's."""
        self._server.state = state

    def wait(self, timeout_seconds: float = 300.0) -> str:
        """
        Wait for the browser, and give the whole URL that it asked for.

        Raises:
            AuthError: it did not come in time.
        """
        end = time.monotonic() + timeout_seconds
        # In short turns, because Ctrl-C does not reach a long one on Windows.
        while not self._server.came.wait(max(0.0, min(0.5, end - time.monotonic()))):
            if time.monotonic() >= end:
                raise AuthError(
                    f"nobody came back to {self.redirect_uri} within {timeout_seconds:g} seconds: log in again, and "
                    "open the link in a browser on this machine"
                )
        return self._server.url


@contextmanager
def catch_redirect(port: int = 0, path: str = "/") -> Iterator[Redirect]:
    """
    Listen for a browser until the block ends.

    Args:
        port: the port to listen on; 0 takes any that is free.
        path: the path of the redirect URI, for services that want all of it registered.
    Raises:
        InvalidValue: the port is taken, or the path is none.
    """
    if not re.fullmatch(r"/[\x21\x24-\x3e\x40-\x7e]*", path):
        raise InvalidValue(
            f"path={path!r}: the path of a redirect URI begins with / and has neither query nor fragment"
        )
    try:
        server = _Server(port, path)
    except (OSError, OverflowError) as error:
        raise InvalidValue(f"cannot listen on 127.0.0.1 port {port}: {error}. Use another, or 0 for any") from error
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="restpath redirect", daemon=True
    )
    thread.start()
    try:
        yield Redirect(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    # A thread each: browsers open connections in advance, on which nothing comes for a long time.
    daemon_threads = True
    block_on_close = False
    # On Windows the same option would let two servers share a port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, path: str) -> None:
        self.path, self.url, self.state = path, "", ""
        self.came = threading.Event()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def take(self, target: str) -> bool:
        """Take the first target that says how the login ended; whether this is an end at all."""
        path, _, query = target.partition("?")
        pairs = parse_qsl(query)
        names = {name for name, _ in pairs}
        if path != self.path or not {"code", "error"} & names:
            return False
        # Some services leave the state out where they say no.
        if self.state and ("state" in names or "error" not in names):
            given = [value for name, value in pairs if name == "state"] or [""]
            if not all(hmac.compare_digest(each.encode("utf-8", "replace"), self.state.encode()) for each in given):
                return False
        with self._guard:
            self.url = self.url or f"http://127.0.0.1:{self.server_address[1]}{target}"
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever sends garbage or goes away is no browser that anybody waits for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "restpath", ""
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        good = len(self.path) <= _LONGEST_TARGET and self.server.take(self.path)
        self._send(200 if good else 404, _PAGE if good else b"")
        if good:
            self.wfile.flush()
            self.server.came.set()  # only now: whoever waited closes all this

    def _send(self, status: int, page: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Referrer-Policy", "no-referrer")  # the code is in the URL of the page
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say what the status says and no more: the usual page quotes the request."""
        self.close_connection = True
        self.request_version = "HTTP/1.1"  # what came may have had none
        self._send(code, b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the code would be in it."""
