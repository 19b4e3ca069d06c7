"""
The server of the soak: it does what it is asked, injects faults at a known rate, and counts every effect.

Run as a program it prints its URL and serves until its standard input ends. Each request is first met with a fault or
none: before the effect (nothing was done) or behind it (it was done, and the answer is lost, broken or an error).
`/control/...` never fails: there the soak asks what came of an effect.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import re
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

__all__ = ["FILE_BYTES", "ITEMS", "content_of", "main"]

ITEMS = 230
FILE_BYTES = 300_000
TOKEN_SECONDS = 0.7
REMEMBERED = 200_000
BEFORE = ("reset before", "503 before", "429 before", "idle close")
BEHIND = ("no answer", "500 behind", "cut off", "garbage", "reset within", "bad gzip", "drop by drop")


def content_of(name: str) -> bytes:
    """The bytes of a file: the same for a name at any time."""
    block = hashlib.sha256(name.encode()).digest()
    return (block * (FILE_BYTES // len(block) + 1))[:FILE_BYTES]


class Request(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """An answer to be sent, whole or not."""

    status: int
    body: bytes = b""
    headers: tuple[str, ...] = ()

    def head(self, *more: str) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Words", f"Content-Length: {len(self.body)}", *self.headers, *more]
        return "\r\n".join([*lines, "", ""]).encode()

    def __bytes__(self) -> bytes:
        return self.head() + self.body


def of_json(value: object, status: int = 200, *headers: str) -> Answer:
    """An answer whose content is JSON."""
    return Answer(status, json.dumps(value).encode(), ("Content-Type: application/json", *headers))


class Service:
    """What the service does, and how often it did it."""

    def __init__(self) -> None:
        self.effects: OrderedDict[str, int] = OrderedDict()
        self.keys: OrderedDict[str, str] = OrderedDict()
        self.tokens: dict[str, float] = {}
        self.counts: Counter[str] = Counter()

    def do(self, request: Request) -> Answer:
        """Do what is asked, once for each time that it is asked."""
        first, _, rest = request.path.strip("/").partition("/")
        if first == "token":
            return self._token(request)
        if not self._is_proven(request):
            self.counts["401"] += 1
            return of_json({"message": "the token has ended"}, 401, 'WWW-Authenticate: Bearer error="invalid_token"')
        work: Callable[[Request, str], Answer] | None = getattr(self, f"_{first}", None)
        return work(request, unquote(rest)) if work is not None else of_json({"message": "no such thing"}, 404)

    def _is_proven(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.tokens.get(token, 0.0) > time.monotonic()

    def _token(self, request: Request) -> Answer:
        said = dict(parse_qsl(request.body.decode()))
        if said.get("client_secret") != "of the soak":
            return of_json({"error": "invalid_client"}, 401)
        self.counts["tokens"] += 1
        token = f"t{self.counts['tokens']}"
        now = time.monotonic()
        self.tokens = {name: end for name, end in self.tokens.items() if end > now}
        self.tokens[token] = now + TOKEN_SECONDS
        return of_json({"access_token": token, "token_type": "bearer", "expires_in": 3600})  # it says so, and lies

    def _effect(self, name: str) -> None:
        self.effects[name] = self.effects.get(name, 0) + 1
        self.counts["effects"] += 1
        while len(self.effects) > REMEMBERED:
            self.effects.popitem(last=False)

    def _effects(self, request: Request, _: str) -> Answer:
        self._effect(json.loads(request.body)["name"])
        return of_json(json.loads(request.body), 201)

    def _keyed(self, request: Request, _: str) -> Answer:
        key = request.headers.get("idempotency-key", "")
        name = json.loads(request.body)["name"]
        if not key or key not in self.keys:
            self.keys[key] = name
            self._effect(name)
        while len(self.keys) > REMEMBERED:
            self.keys.popitem(last=False)
        return of_json({"name": self.keys[key]}, 201)

    def _things(self, request: Request, name: str) -> Answer:
        self._effect(name)
        return Answer(204) if request.method == "DELETE" else of_json(json.loads(request.body))

    def _uploads(self, request: Request, _: str) -> Answer:
        boundary = re.search('boundary="?([^";]+)', request.headers["content-type"])
        assert boundary is not None
        parts = request.body.split(b"--" + boundary[1].encode())[1:-1]
        found = {}
        for part in parts:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]*)"', head)
            found[name[1].decode() if name else ""] = content[:-2]
        self._effect(found["name"].decode())
        return of_json({"sha256": hashlib.sha256(found["file"]).hexdigest()}, 201)

    def _echo(self, request: Request, value: str) -> Answer:
        return of_json({"value": value, "query": request.query})

    def _offsets(self, request: Request, _: str) -> Answer:
        start, size = int(request.query.get("offset", 0)), int(request.query.get("limit", 20))
        return of_json({"items": list(range(ITEMS))[start : start + size], "total": ITEMS})

    def _cursors(self, request: Request, _: str) -> Answer:
        start, size = int(request.query.get("after", "c0")[1:]), int(request.query.get("limit", 20))
        following = f"c{start + size}" if start + size < ITEMS else None
        return of_json({"items": list(range(ITEMS))[start : start + size], "next": following})

    def _files(self, request: Request, name: str) -> Answer:
        content, tag = content_of(name), f'ETag: "{hashlib.sha256(name.encode()).hexdigest()[:16]}"'
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        kind = "Content-Type: application/octet-stream"
        if wanted and int(wanted[1]) < FILE_BYTES:
            start = int(wanted[1])
            range_of = f"Content-Range: bytes {start}-{FILE_BYTES - 1}/{FILE_BYTES}"
            self.counts["ranges"] += 1
            return Answer(206, content[start:], (kind, tag, range_of))
        return Answer(200, content, (kind, tag, "Accept-Ranges: bytes"))


class Server:
    """Reads requests, and lets them meet their faults."""

    def __init__(self, rate: float, seed: int) -> None:
        self.service, self._rate, self._chance = Service(), rate, random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        # A connection is cancelled when the server ends, which is no fault either.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        method, target, _ = head[0].split(" ")
        if target.startswith("/control/"):
            writer.write(bytes(self._control(target[9:])))
            return True
        self.requests += 1
        fault = self._fault()
        if fault == "reset before":
            writer.transport.abort()
            return False
        body = await _body(reader, headers)
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        request = Request(method, parts.path, query, headers, body)
        if fault in ("503 before", "429 before"):
            writer.write(bytes(of_json({"message": "later"}, int(fault[:3]), "Retry-After: 0")))
            return True
        answer = self.service.do(request)
        send = getattr(self, "_" + fault.replace(" ", "_"), None) if fault else None
        if send is None:
            writer.write(bytes(answer))
            await writer.drain()
            return fault != "idle close"  # a client finds out when it wants to use the connection again
        await send(writer, answer)
        return bool(fault == "500 behind")

    def _fault(self) -> str:
        if self._chance.random() >= self._rate:
            return ""
        # What is lost at the token endpoint is a token that nobody uses: as good as any other fault.
        fault = self._chance.choice(BEFORE + BEHIND)
        self.faults[fault] += 1
        return fault

    def _control(self, target: str) -> Answer:
        word, _, name = target.partition("/")
        if word == "effect":
            return of_json(self.service.effects.get(unquote(name), 0))
        return of_json({"requests": self.requests, "faults": self.faults, **self.service.counts})

    # ---- faults behind the effect ----

    async def _no_answer(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.close()

    async def _500_behind(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.write(bytes(of_json({"message": "it was done, and then something broke"}, 500)))

    async def _cut_off(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.write(answer.head() + answer.body[: len(answer.body) // 2])
        await writer.drain()
        writer.close()

    async def _garbage(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.write(b"\x00\xff\x17 this is no HTTP\r\n\r\n")
        writer.close()

    async def _reset_within(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.write(answer.head() + answer.body[:7])
        await writer.drain()
        writer.transport.abort()

    async def _bad_gzip(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        writer.write(answer.head("Content-Encoding: gzip", "Connection: close") + answer.body)
        await writer.drain()
        writer.close()

    async def _drop_by_drop(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        whole = answer.head("Connection: close") + answer.body
        step = max(1, len(whole) // 5)
        for start in range(0, len(whole), step):
            writer.write(whole[start : start + step])
            await writer.drain()
            await asyncio.sleep(0.002)
        writer.close()


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        chunk = await reader.readexactly(size)
        await reader.readline()
        body += chunk
        if not size:
            return body


async def _serve(rate: float, seed: int) -> None:
    server = Server(rate, seed)
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = server.serve
    listener = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", flush=True)
    try:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    finally:
        listener.close()  # not waited for: from Python 3.12 on that would take until the last client has gone


def main() -> None:
    """Serve until standard input ends."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rate", type=float, default=0.12, help="how many of the requests meet a fault")
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    asyncio.run(_serve(said.rate, said.seed))


if __name__ == "__main__":
    main()
