"""
A server that fails on purpose: raw sockets on 127.0.0.1, each answer a script, one thread, one server for each test.

Takes scripts, one for each time it is turned to (by a new connection or by a further request on an old one), the last
of them for all times after; gives what was asked of it. A script sends what it likes, and says at its end what becomes
of the connection. It never sleeps: a script that stalls gives the thread back, and one that drips waits for the end of
the test between two bytes.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CERTIFICATES", "Connection", "FaultServer", "Request", "Script"]

CERTIFICATES = Path(__file__).parent / "certificates"
_GUARD_SECONDS = 10.0  # longer than any test; what waits so long on the client is a fault of the test
_PATIENCE = 150  # drips, of which a client should have enough long before


@dataclass
class Request:
    """A request as far as it was read."""

    method: str
    target: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of a header field; None if there is none."""
        return next((value for line, value in self.lines if line.lower() == name.lower()), None)


class Gone(Exception):
    """The client closed the connection."""


class Connection:
    """One connection, as a script sees it."""

    def __init__(self, server: FaultServer, sock: socket.socket) -> None:
        self.server, self.sock = server, sock
        self.requests: list[Request] = []
        self.waiting = True  # for a request, with which the next script begins
        self.ended = False  # whether the script said what becomes of the connection
        self._left = b""

    # ---- reading ----

    def read_head(self) -> Request:
        """Read the request as far as the empty line."""
        while b"\r\n\r\n" not in self._left:
            self._left += self._receive()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target = first.split(" ")[:2]
        pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        request = Request(method, target, pairs)
        self.requests.append(request)
        self.server.requests.append(request)
        return request

    def read(self) -> Request:
        """Read a whole request."""
        request = self.read_head()
        if request.header("transfer-encoding") is not None:
            while True:
                size = int(self._line(), 16)
                request.body += self._exactly(size)
                self._line()
                if size == 0:
                    return request
        request.body = self._exactly(int(request.header("content-length") or 0))
        return request

    def read_some(self) -> None:
        """Read whatever comes first, be it a request or not."""
        self._left += self._receive()

    def drain(self) -> None:
        """Read until the client closes its side."""
        try:
            while True:
                self._receive()
        except Gone:
            pass

    def _receive(self) -> bytes:
        try:
            data = self.sock.recv(1 << 16)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.server.received += data
        return data

    def _line(self) -> bytes:
        while b"\r\n" not in self._left:
            self._left += self._receive()
        line, _, self._left = self._left.partition(b"\r\n")
        return line

    def _exactly(self, size: int) -> bytes:
        parts, missing = [self._left], size - len(self._left)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        data = b"".join(parts)
        self._left = data[size:]
        return data[:size]

    # ---- writing ----

    def send(self, data: bytes) -> None:
        """Send bytes, in which the names of the hosts stand for themselves in braces."""
        for name, host in self.server.hosts.items():
            data = data.replace(b"{" + name.encode() + b"}", host.encode())
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def drip(self, data: bytes) -> None:
        """Send bytes one by one, over and over, until the client has enough of it."""
        for number in range(_PATIENCE):
            self.send(data[number % len(data)].to_bytes(1, "big"))
            if self.server.stopping.wait(0.02):
                return
        self.server.failure = AssertionError("the client hangs: it goes on listening to drips")

    def encrypt(self, certificate: str) -> None:
        """Begin TLS with one of the certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
        self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        try:
            self.sock.do_handshake()
        except OSError as error:  # the client turned it down
            raise Gone from error

    # ---- the end of a script ----

    def keep(self) -> None:
        """Leave the connection open for a further request."""
        self.waiting = self.ended = True

    def stall(self) -> None:
        """Leave the connection open, and do nothing more with it."""
        self.ended = True

    def half_close(self) -> None:
        """Say that no more will be sent, and leave the connection open."""
        self.sock.shutdown(socket.SHUT_WR)
        self.stall()

    def close(self) -> None:
        """Close the connection in order, after all that was sent."""
        self.server.forget(self)
        self.sock.close()

    def reset(self) -> None:
        """Break the connection off."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if _WINDOWS else "ii", 1, 0))
        self.close()


_WINDOWS = hasattr(socket, "SIO_RCVALL")


@dataclass(frozen=True)
class Script:
    """
    What the server does once.

    Attributes:
        run: does it; the connection is closed after it unless it says otherwise.
        at_once: whether it begins when the connection is made, and not only when something comes.
    """

    run: Callable[[Connection], object]
    at_once: bool = False


class FaultServer:
    """
    Listens while it is entered.

    Attributes:
        scripts: what it does.
        hosts: names that scripts have for hosts and ports.
        host: its own host and port, as they stand in a URL.
        asked: how often it was turned to.
        connections: how many connections there were.
        requests: the requests, as far as they were read.
        received: every byte that came, in the clear.
        failure: what went wrong with a script; None if nothing did.
    """

    def __init__(self, scripts: Sequence[Script], hosts: Mapping[str, str]) -> None:
        self.scripts, self.hosts = list(scripts), hosts
        self.asked = self.connections = 0
        self.requests: list[Request] = []
        self.received = bytearray()
        self.failure: BaseException | None = None
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._open: list[Connection] = []
        self._running = False

    def __enter__(self) -> FaultServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="fault-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopping.set()
        self._wake.send(b"x")
        for connection in list(self._open):  # a script may hang on one
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
        self._thread.join(_GUARD_SECONDS)
        alive = self._thread.is_alive()
        for sock in (self._listener, self._wake, self._woken, *(each.sock for each in self._open)):
            sock.close()
        assert not alive, "the fault server hangs"

    def wait_until_idle(self) -> None:
        """Wait until the script that runs is at its end."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._running, _GUARD_SECONDS), "a script hangs"

    def forget(self, connection: Connection) -> None:
        """Listen no more to a connection that is about to be closed."""
        self._open.remove(connection)
        connection.ended, connection.waiting = True, False

    def _serve(self) -> None:
        try:
            while not self.stopping.is_set():
                waiting = {each.sock: each for each in self._open if each.waiting}
                ready, _, _ = select.select([self._listener, self._woken, *waiting], [], [])
                for sock in ready:
                    if sock is self._listener:
                        self._accept()
                    elif sock in waiting:
                        self._run(waiting[sock], peek=True)
        except BaseException as failure:  # shown by the test, which would otherwise only see a client left alone
            self.failure = failure

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.settimeout(_GUARD_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections += 1
        connection = Connection(self, sock)
        self._open.append(connection)
        if self._next().at_once:
            self._run(connection, peek=False)

    def _next(self) -> Script:
        return self.scripts[min(self.asked, len(self.scripts) - 1)]

    def _run(self, connection: Connection, *, peek: bool) -> None:
        """Run the next script, if anyone asks for it: a client that closes its end does not."""
        self._set_running(True)
        try:
            if peek and not connection.sock.recv(1, socket.MSG_PEEK):
                raise Gone
            script = self._next()
            self.asked += 1
            connection.waiting = connection.ended = False
            script.run(connection)
            if not connection.ended:
                connection.close()
        except (Gone, ConnectionError):
            if connection in self._open:
                connection.close()
        self._set_running(False)

    def _set_running(self, running: bool) -> None:
        with self._changed:
            self._running = running
            self._changed.notify_all()
