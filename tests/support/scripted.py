"""
A server on loopback that remembers every request byte for byte, and answers as it is told.

Takes what answers: a function of the request, or a list of answers, the last of which holds for all requests after. An
answer is the bytes to send; or a function that gets the connection's socket and may do with it what it likes, after
which the connection is closed. Each connection has its thread, so that many clients can be served at a time.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

__all__ = [
    "AUTHORITY", "CLIENT", "Answer", "Request", "Server", "answer", "certificate", "closed_port", "close", "redirect",
    "reset", "stall",
]  # fmt: skip

CERTIFICATES = Path(__file__).resolve().parents[1] / "faults" / "certificates"
AUTHORITY = str(CERTIFICATES / "authority.pem")
CLIENT = str(Path(__file__).with_name("client.pem"))


def _in_any_order(name: str, value: str) -> str:
    """Cookies of one path come in the order in which a jar happens to hold their domains."""
    return "; ".join(sorted(value.split("; "))) if name.lower() == "cookie" else value


@dataclass(frozen=True)
class Request:
    """
    A request as it came.

    Attributes:
        line: the request line.
        lines: the header fields, in their order.
        body: the body, out of its chunks.
        chunks: the sizes of the chunks; None where it was not sent in chunks.
        connection: the number of the connection.
    """

    line: str
    lines: tuple[tuple[str, str], ...]
    body: bytes
    chunks: tuple[int, ...] | None
    connection: int

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]

    def header(self, name: str) -> str | None:
        """The value of a header field, several joined; None if there is none."""
        found = [value for line, value in self.lines if line.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def fields(self) -> Counter[tuple[str, str]]:
        """The header fields as a multiset, their names in lower case."""
        return Counter((name.lower(), _in_any_order(name, value)) for name, value in self.lines)


Answer: TypeAlias = "bytes | Callable[[socket.socket], object]"


def answer(status: int = 200, body: bytes = b"", *lines: str, length: int | None = None) -> bytes:
    """Write an answer: its status, its content, further header lines; `length` is what it says its length is."""
    head = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body) if length is None else length}", *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


_NOTHING = answer()


def redirect(status: int, location: str, *lines: str) -> bytes:
    """Write an answer that points elsewhere; the location may hold any character of ISO-8859-1."""
    return answer(status, b"moved", f"Location: {location}", *lines)


def close(sock: socket.socket) -> None:
    """Close the connection without a word."""


def reset(sock: socket.socket) -> None:
    """Break the connection off."""
    sock.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if hasattr(socket, "SIO_RCVALL") else "ii", 1, 0)
    )
    sock.close()


def stall(sock: socket.socket) -> None:
    """Say nothing until the client goes."""
    while sock.recv(1 << 16):
        pass


def closed_port() -> int:
    """Find a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def certificate(name: str, *, client: str | None = None) -> ssl.SSLContext:
    """Make the server's side of TLS with one of the certificates; `client` is the authority of the clients it wants."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    if client is not None:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(client)
    return context


class Server:
    """
    Listens while it is entered.

    Attributes:
        requests: what came, in order.
        connections: how many connections were made.
        peers: the client certificates that were shown.
    """

    def __init__(
        self,
        answers: Callable[[Request], Answer] | Sequence[Answer] | Answer = _NOTHING,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._answers, self._tls = answers, tls
        self.requests: list[Request] = []
        self.connections = 0
        self.peers: list[object] = []
        self._lock = threading.Lock()
        self._stopping = False
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def host(self) -> str:
        """Host and port, as they stand in a URL."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def __enter__(self) -> Server:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._start(self._accept)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping = True
        with socket.create_connection(self._listener.getsockname()[:2]):  # wakes whoever accepts
            self._threads[0].join(10)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in list(self._threads):
            thread.join(10)
            assert not thread.is_alive(), "the server hangs"

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping:
                sock.close()
                return
            sock.settimeout(10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            self._start(lambda sock=sock, number=self.connections: self._serve(sock, number))  # type: ignore[misc]

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with self._lock:
                self._open.add(sock)
                if self._stopping:
                    return
            if self._tls is not None:
                self.peers.append(sock.getpeercert())  # type: ignore[attr-defined]
            with sock, sock.makefile("rb") as file:
                while (request := _read(file, number)) is not None:
                    reaction = self._reaction(request)
                    if not isinstance(reaction, bytes):
                        reaction(sock)
                        return
                    sock.sendall(reaction)
        except OSError:  # the client went, or turned our certificate down
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _reaction(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            count = len(self.requests)
        if isinstance(self._answers, bytes):
            return self._answers
        if callable(self._answers):
            return self._answers(request)  # type: ignore[arg-type,return-value]
        return self._answers[min(count, len(self._answers)) - 1]


def _read(file: object, number: int) -> Request | None:
    readline, read = file.readline, file.read  # type: ignore[attr-defined]
    line = readline().decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    lines = []
    while text := readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = text.partition(":")
        lines.append((name, value.strip()))
    fields = {name.lower(): value for name, value in lines}
    if fields.get("transfer-encoding", "").lower() == "chunked":
        chunks, body = [], b""
        while size := int(readline(), 16):
            chunks.append(size)
            body += read(size)
            readline()
        readline()
        return Request(line, tuple(lines), body, tuple(chunks), number)
    return Request(line, tuple(lines), read(int(fields.get("content-length", 0))), None, number)
