"""What is to be the same on every way by which a call can go: answers and failures, and what a server sees."""

from __future__ import annotations

import gzip
from typing import Any

import requests

import restpath
from tests.support.scripted import Request, Server, answer, close, reset
from tests.support.sessions import MakeSession

__all__ = ["ANSWERS", "JSON", "hooked", "outcome", "seen"]

JSON = "Content-Type: application/json"


def seen(requests_: list[Request]) -> list[Any]:
    """What a server saw."""
    return [(each.line, each.fields, each.body) for each in requests_]


_ZIPPED = gzip.compress(b'{"n": [1, 2]}')
ANSWERS: dict[str, Any] = {
    "JSON": answer(200, b'{"n": 1}', JSON),
    "nothing": answer(204),
    "an empty content": answer(200, b"", JSON),
    "compressed": answer(200, _ZIPPED, JSON, "Content-Encoding: gzip"),
    "compressed and cut": answer(200, _ZIPPED[:-9], JSON, "Content-Encoding: gzip"),
    "no gzip": answer(200, b"plain", JSON, "Content-Encoding: gzip"),
    "an unknown coding": answer(200, b"plain", JSON, "Content-Encoding: mine"),
    "ISO-8859-1": answer(200, b"caf\xe9", "Content-Type: text/plain; charset=iso-8859-1"),
    "UTF-16 JSON": answer(200, '{"é": 1}'.encode("utf-16"), JSON),
    "bytes": answer(200, b"\x00\x01", "Content-Type: application/octet-stream"),
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + JSON.encode() + b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "to the end of the connection": lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\n" + JSON.encode() + b"\r\n\r\n{}"),
    "cut": lambda sock: sock.sendall(answer(200, b'{"n"', JSON, length=9)),
    "larger than allowed": answer(200, b'"' + b"x" * 200 + b'"', JSON),
    "no JSON": answer(200, b"{", JSON),
    "an error": answer(404, b'{"why": "x"}', JSON),
    "an error that is cut": lambda sock: sock.sendall(answer(500, b"whole", JSON, length=9)),
    "a redirect": [answer(302, b"", "Location: /b"), answer(200, b'{"b": 1}', JSON)],
    "a bad redirect": answer(302, b"", "Location: http://[x"),
    "multipart": answer(200, b"--x--", "Content-Type: multipart/mixed; boundary=x"),
    "a head that is cut": lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "no head": lambda sock: sock.sendall(b"nonsense\r\n\r\n"),
    "a strange length": lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}"),
    "two lengths": lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "field names of any case, and twice": answer(200, b"{}", JSON, "X-A: 1", "x-a: 2", "X-Empty:", "X-Latin: \xe9 "),
    "no word": close,
    "a broken connection": reset,
}


def outcome(make: MakeSession | None, answers: Any, word: str) -> Any:
    """What comes of one call by a client of such a session, or of none: the reply or the error."""
    with (
        Server(answers if isinstance(answers, list) else [answers]) as server,
        restpath.connect(server.url, session=make() if make else None, retries=0, max_reply_bytes=100) as client,
    ):
        try:
            reply = getattr(client.a, word).reply()
            result = reply.status, reply.reason, reply.headers.lines(), reply.body, reply.content, reply.url
        except restpath.RestpathError as error:
            result = type(error), str(error), type(error.__cause__), getattr(error, "may_have_happened", None)
        return str(result).replace(server.url, "")


def hooked() -> requests.Session:
    """A session that takes the ordinary way, as ours would be."""
    session = requests.Session()
    session.headers["User-Agent"] = f"restpath/{restpath.__version__}"
    session.hooks["response"].append(lambda response, **settings: None)
    return session
