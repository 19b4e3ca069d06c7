"""
The faults by their names: what the server does, and what is true in the end besides what `docs/security.rst` says.

Takes nothing; gives `FAULTS`. What the caller gets, by which method and after how many questions to the server, stands
in the tables of `docs/security.rst` alone, so that it is said once and read by people and by the tests alike.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from server import Connection, Script

__all__ = ["COOKIE", "FAULTS", "KEY", "PROXY_PASSWORD", "TOKEN", "Fault", "Run"]

# Every secret has one word in common, so that a part of one is found as well.
TOKEN, KEY, PROXY_PASSWORD, COOKIE = "s3cret/token+1==", "s3cret key&2", "s3cret-proxy@3", "s3cret-cookie-4"
SAID_PASSWORD = "s3cret-said-5"

OK = b'{"ok": true}'
JSON_TYPE, TEXT_TYPE = "Content-Type: application/json", "Content-Type: text/plain; charset=utf-8"
SHORT_READ = {"timeout": (5, 0.2)}
SHORT_CONNECT = {"timeout": (0.2, 5)}
SHORT_TOTAL = {"timeout": (5, 5, 0.3)}


class Run:
    """One test as it went: the two servers, the waits, and what came of it."""

    server: Any
    stranger: Any
    outcome: Any
    waits: list[float]
    replies: list[Any]


@dataclass(frozen=True)
class Fault:
    """
    One fault.

    Attributes:
        scripts: what the server does, one for each time it is asked; the last one for all times after.
        content: what the caller gets where the table says "the content".
        settings: what is given to `connect`.
        scheme: the scheme of the URL that the client is given.
        stranger: what the other server does, where there is one.
        proxy: whether the server stands as the proxy of a service that is not there.
        echoes: whether the server itself hands a secret out, so that contents may hold it; messages and logs may not.
        check: what else holds.
    """

    scripts: tuple[Script, ...]
    content: Any = field(default_factory=lambda: {"ok": True})
    settings: Mapping[str, Any] = field(default_factory=dict)
    scheme: str = "http"
    stranger: tuple[Script, ...] = ()
    proxy: bool = False
    echoes: bool = False
    check: Callable[[Run], object] | None = None


FAULTS: dict[str, Fault] = {}


def fault(name: str, *scripts: Script, **facts: Any) -> None:
    assert name not in FAULTS, name
    FAULTS[name] = Fault(scripts, **facts)


# ---- what scripts are made of ------------------------------------------------------------------------------------


def says(data: bytes, end: str = "close") -> Script:
    """Read a request, send these bytes, end so."""

    def run(connection: Connection) -> None:
        connection.read()
        connection.send(data)
        getattr(connection, end)()

    return Script(run)


def greets(data: bytes, end: str = "close") -> Script:
    """Send these bytes to whoever connects, and end so once the client has said something."""

    def run(connection: Connection) -> None:
        connection.send(data)
        connection.read_some()
        getattr(connection, end)()

    return Script(run, at_once=True)


def drips(data: bytes, more: bytes) -> Script:
    """Send the first bytes at once, and the others one by one for ever."""

    def run(connection: Connection) -> None:
        connection.read()
        connection.send(data)
        connection.drip(more)

    return Script(run)


def answer(*lines: str, body: bytes = OK, status: str = "200 OK", kind: str = JSON_TYPE, length: bool = True) -> bytes:
    """Write an answer."""
    fields = [kind] * bool(kind) + list(lines) + [f"Content-Length: {len(body)}"] * length
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1") + body


def gives(*lines: str, end: str = "keep", **parts: Any) -> Script:
    """Answer a request."""
    return says(answer(*lines, **parts), end)


def moves(where: str, status: int = 302, *lines: str, body: bytes = b"") -> Script:
    """Redirect."""
    return gives(f"Location: {where}", *lines, status=f"{status} Moved", body=body)


def fails(status: int, *lines: str) -> Script:
    """Answer with an error."""
    return gives(*lines, status=f"{status} No", body=b'{"message": "not now"}')


def packed(coding: str, data: bytes, *, kind: str = JSON_TYPE) -> Script:
    """Answer with a content that is said to be in this coding."""
    return gives(f"Content-Encoding: {coding}", body=data, kind=kind)


def chunks(data: bytes, *, kind: str = JSON_TYPE) -> bytes:
    """Write an answer in chunks, which are given as they are sent."""
    return answer("Transfer-Encoding: chunked", body=data, kind=kind, length=False)


GOOD = gives()
HEAD = b"HTTP/1.1 200 OK\r\n"

# ---- connections -------------------------------------------------------------------------------------------------

fault("refuse")  # without a script nobody listens
fault("reset-on-connect", Script(Connection.reset, at_once=True))
fault("close-on-connect", Script(Connection.close, at_once=True))
fault("reset-before-answer", says(b"", "reset"))
fault("close-before-answer", says(b""))
fault("reset-in-status-line", says(b"HTTP/1.1 2", "reset"))
fault("close-in-status-line", says(b"HTTP/1.1 200"))
fault("reset-in-headers", says(HEAD + b"Content-Ty", "reset"))
fault("close-after-status-line", says(HEAD))
fault("close-in-headers", says(HEAD + b"Content-Type: text/plain\r\nContent-Len"))
fault("close-after-a-header", says(HEAD + b"Content-Type: text/plain\r\n"))
fault("reset-in-body", says(answer()[:-5], "reset"))
fault("close-in-body", says(answer()[:-5]))
fault("close-before-body", says(answer()[: -len(OK)]))
fault("reset-in-chunk", says(chunks(b"c\r\n" + OK[:5]), "reset"))
fault("close-in-chunk", says(chunks(b"c\r\n" + OK[:5])))
fault("close-between-chunks", says(chunks(b"5\r\n" + OK[:5] + b"\r\n")))
fault("close-before-last-chunk", says(chunks(b"4\r\ntext\r\n", kind=TEXT_TYPE)))
fault("reset-in-unbounded-body", says(answer(body=b"some te", kind=TEXT_TYPE, length=False), "reset"))
fault("half-close-in-body", says(answer()[:-5], "half_close"))
fault("half-close-after-answer", says(answer(), "half_close"), GOOD)
fault("fails-then-works", says(b"", "reset"), says(b""), GOOD)

# ---- time --------------------------------------------------------------------------------------------------------

fault("stall-on-connect", Script(Connection.stall, at_once=True), settings=SHORT_READ)
fault("stall-before-answer", says(b"", "stall"), settings=SHORT_READ)
fault("stall-in-status-line", says(b"HTTP/1.1 2", "stall"), settings=SHORT_READ)
fault("stall-after-status-line", says(HEAD, "stall"), settings=SHORT_READ)
fault("stall-in-headers", says(HEAD + b"Content-Type: text", "stall"), settings=SHORT_READ)
fault("stall-before-body", says(answer()[: -len(OK)], "stall"), settings=SHORT_READ)
fault("stall-in-body", says(answer()[:-5], "stall"), settings=SHORT_READ)
fault("stall-between-chunks", says(chunks(b"5\r\n" + OK[:5] + b"\r\n"), "stall"), settings=SHORT_READ)
fault("stall-before-last-chunk", says(chunks(b"c\r\n" + OK + b"\r\n"), "stall"), settings=SHORT_READ)
fault("continue-then-stall", says(b"HTTP/1.1 100 Continue\r\n\r\n", "stall"), settings=SHORT_READ)
fault("stall-past-deadline", says(b"", "stall"), settings=SHORT_TOTAL)
fault("drip-status-line", drips(b"", b"HTTP/1.1 200 " + b"O" * 500), settings=SHORT_TOTAL)
fault("drip-header", drips(HEAD, b"X: " + b"x" * 500), settings=SHORT_TOTAL)
fault("drip-headers", drips(HEAD, b"X: x\r\n"), settings=SHORT_TOTAL)
fault("drip-body", drips(answer(body=b"{" + b" " * 500)[:-500], b" "), settings=SHORT_TOTAL)
fault("drip-unbounded-body", drips(answer(kind=TEXT_TYPE, length=False), b"more"), settings=SHORT_TOTAL)
fault("drip-chunks", drips(chunks(b""), b"1\r\nx\r\n"), settings=SHORT_TOTAL)
fault("drip-chunk-extension", drips(chunks(b"5;"), b"x" * 500), settings=SHORT_TOTAL)
fault("drip-continue", drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), settings=SHORT_TOTAL)
fault(
    "drip-gzip",
    drips(answer("Content-Encoding: gzip", length=False, body=b""), gzip.compress(OK)[:10]),
    settings=SHORT_TOTAL,
)
fault("wait-past-deadline", fails(503, "Retry-After: 30"), settings={"timeout": (5, 5, 5)})

# ---- lengths and chunks ------------------------------------------------------------------------------------------


def length(said: str, *lines: str, body: bytes = OK, end: str = "close") -> Script:
    return gives(f"Content-Length: {said}", *lines, body=body, length=False, end=end)


fault("length-too-large", length("100"))
fault(
    "length-too-large-text", gives("Content-Length: 100", body=b"half a te", kind=TEXT_TYPE, length=False, end="close")
)
fault("length-too-small", length("5"))
fault("length-negative", length("-12"))
fault("length-signed", length("+12"))
fault("length-no-number", length("twelve"))
fault("length-underscore", length("1_2"))
fault("length-hexadecimal", length("0xc"))
fault("length-empty", length(""))
fault("length-fraction", length("12.0"))
fault("length-huge", length("9" * 30))
fault("length-twice-different", length("12", "Content-Length: 5"))
fault("length-twice-same", length("12", "Content-Length: 12"))
fault("length-list-different", length("12, 5"))
fault("length-beside-chunks", length("5", "Transfer-Encoding: chunked", body=b"c\r\n" + OK + b"\r\n0\r\n\r\n"))
fault("chunk-size-no-number", says(chunks(b"zz\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-empty", says(chunks(b"\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-negative", says(chunks(b"-1\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-signed", says(chunks(b"+c\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-underscore", says(chunks(b"0_c\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-prefixed", says(chunks(b"0xc\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-huge", says(chunks(b"f" * 16 + b"\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-too-small", says(chunks(b"5\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-size-too-large", says(chunks(b"20\r\n" + OK + b"\r\n0\r\n\r\n")))
fault("chunk-extension-junk", says(chunks(b'c;"\x00;=\xff;;a=b\r\n' + OK + b"\r\n0\r\n\r\n"), "keep"))
fault("chunk-trailers", says(chunks(b"c\r\n" + OK + b"\r\n0\r\nX-Sum: 1\r\n\r\n"), "keep"))
fault("chunks-that-are-none", says(chunks(OK)))
fault("transfer-coding-unknown", gives("Transfer-Encoding: rot13", length=False, end="close"))

# ---- compression -------------------------------------------------------------------------------------------------

TEXT = b"all of the text, " * 40
_bomb = gzip.compress(b'"' + b"0" * 20_000_000 + b'"')
_raw = zlib.compressobj(wbits=-15)
RAW = _raw.compress(OK) + _raw.flush()
BIG = {"max_reply_bytes": 100_000}

fault("gzip-that-is-none", packed("gzip", OK))
fault("gzip-text-that-is-none", packed("gzip", TEXT, kind=TEXT_TYPE))
fault("gzip-cut", packed("gzip", gzip.compress(TEXT, 0)[:-100], kind=TEXT_TYPE))
fault("gzip-without-its-end", packed("gzip", gzip.compress(TEXT)[:-8], kind=TEXT_TYPE))
fault("gzip-wrong-checksum", packed("gzip", gzip.compress(TEXT)[:-8] + bytes(8), kind=TEXT_TYPE))
fault("gzip-then-junk", packed("gzip", gzip.compress(OK) + b"junk"))
fault("gzip-in-two-parts", packed("gzip", gzip.compress(OK[:5]) + gzip.compress(OK[5:])))
fault("gzip-empty", packed("gzip", b""))
fault("gzip-twice", packed("gzip, gzip", gzip.compress(gzip.compress(OK))))
fault("gzip-said-twice", packed("gzip, gzip", gzip.compress(OK)))
fault("gzip-fifty-times", packed(", ".join(["gzip"] * 50), OK))
fault("gzip-unasked", packed("x-gzip", gzip.compress(OK)))
fault("deflate-cut", packed("deflate", zlib.compress(TEXT, 0)[:-100], kind=TEXT_TYPE))
fault("deflate-raw", packed("deflate", RAW))
fault("deflate-that-is-none", packed("deflate", OK))
fault("coding-unknown", packed("crunch", TEXT, kind=TEXT_TYPE))
fault("coding-unknown-json", packed("crunch", b"\x01\x02\x03"))
fault("bomb", packed("gzip", _bomb), settings=BIG)
fault(
    "bomb-behind-an-error", gives("Content-Encoding: gzip", body=_bomb, status="502 No"), settings={**BIG, "retries": 0}
)
fault("content-too-large", gives(body=b'"' + b"0" * 200_000 + b'"'), settings=BIG)
fault(
    "content-too-large-in-chunks",
    says(chunks(b"1000\r\n" + b"0" * 4096 + b"\r\n" + b"f0000\r\n" + b"0" * 0xF0000)),
    settings=BIG,
)
fault(
    "content-of-just-the-limit",
    gives(body=b'"' + b"0" * 998 + b'"'),
    settings={"max_reply_bytes": 1000},
    content="0" * 998,
)

# ---- status lines and header fields ------------------------------------------------------------------------------

fault("banner-of-ssh", greets(b"SSH-2.0-OpenSSH_9.6\r\n"))
fault("banner-of-smtp", greets(b"220 mail.test ESMTP\r\n"))
fault("garbage", says(bytes(range(128, 256)) * 8))
fault("zeros", says(bytes(4096)))
fault("http-0.9", says(b"<html>hello</html>\r\n"))
fault("http-2", says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80"))
fault("http-2-preface", says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
fault("http-3", says(answer().replace(b"HTTP/1.1", b"HTTP/3.0")))
fault("http-1.0", says(answer().replace(b"HTTP/1.1", b"HTTP/1.0")))
fault("blank-line-first", says(b"\r\n" + answer()))
fault("status-missing", says(b"HTTP/1.1\r\n\r\n"))
fault("status-000", gives(status="000 Nothing"))
fault("status-999", gives(status="999 Blocked"))
fault("status-1000", gives(status="1000 Much"))
fault("status-2e2", gives(status="2e2 OK"))
fault("status-line-endless", says(b"HTTP/1.1 200 " + b"O" * 100_000 + b"\r\n\r\n"))
fault(
    "switch",
    gives("Connection: Upgrade", "Upgrade: websocket", status="101 Switching Protocols", length=False, body=b""),
)
fault("interim-alone", says(b"HTTP/1.1 102 Processing\r\n\r\n"))
fault("continue-alone", says(b"HTTP/1.1 100 Continue\r\n\r\n"))
fault("continue-unasked", says(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(), "keep"))
fault("early-hints", says(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" + answer(), "keep"))
fault("early-hints-and-error", says(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(status="404 No"), "keep"))


def _flood(connection: Connection) -> None:
    connection.read()
    while not connection.server.stopping.is_set():
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


fault("interim-flood", Script(_flood), settings=SHORT_TOTAL)
fault("headers-101", gives(*(f"X-{number}: x" for number in range(101))))
fault("headers-endless", drips(HEAD, b"X: x\r\n" * 200), settings=SHORT_TOTAL)
fault("headers-flood", gives(*(f"X-{number}: x" for number in range(100_000))))
fault("header-too-long", gives("X: " + "x" * 70_000))
fault("header-folded", gives("X: one", " two"))
fault("header-folded-first", says(HEAD + b" folded: into nothing\r\n" + answer()[len(HEAD) :]))
fault(
    "header-without-colon",
    says(HEAD + b"no colon here\r\n" + answer(kind=TEXT_TYPE, body=b"a whole text")[len(HEAD) : -6]),
)
fault("header-without-name", says(HEAD + b": nameless\r\n" + answer()[len(HEAD) :]))
fault("header-name-with-space", says(HEAD + b"Content-Length : 5\r\n" + answer()[len(HEAD) :]))
fault("header-with-zero-byte", gives("X: a\0b"))
fault("header-with-control-bytes", gives("X: \x1b[31mred\x07\x7f"))
fault("header-with-bare-return", gives("X: a\rContent-Length: 3"))
fault("header-of-high-bytes", gives("X: \xff\xfe\xe9"))
fault("lines-end-in-newline", says(answer().replace(b"\r\n", b"\n"), "keep"))
fault("set-cookie-bomb", gives(*(f"Set-Cookie: c{number}={'x' * 4000}" for number in range(90))), GOOD)
fault(
    "set-cookie-broken",
    gives("Set-Cookie: \xff;;=; Domain=.; Max-Age=never", "Set-Cookie: a=b; Domain=example.com"),
    GOOD,
)

# ---- content -----------------------------------------------------------------------------------------------------

LOGIN = b"<!doctype html><title>Sign in</title>"

fault("json-cut", gives(body=OK[:-3]))
fault("json-and-more", gives(body=OK + OK))
fault("json-that-is-html", gives(body=LOGIN))
fault("json-nan", gives(body=b'{"n": NaN}'))
fault("json-infinity", gives(body=b"[-Infinity]"))
fault("json-number-too-large", gives(body=b"[1e999]"))
fault("json-integer-of-10000-digits", gives(body=b"[" + b"9" * 10_000 + b"]"))
fault("json-duplicate-keys", gives(body=b'{"ok": true, "ok": false}'))
fault("json-zero-bytes", gives(body=b'{"ok":\0 true}'))
fault("json-only-zero-bytes", gives(body=bytes(100)))
fault("json-control-byte", gives(body=b'{"a": "\x01"}'))
fault("json-nested-100000-deep", gives(body=b"[" * 100_000 + b"]" * 100_000))
fault("json-objects-100000-deep", gives(body=b'{"a":' * 100_000 + b"1" + b"}" * 100_000))
fault("json-byte-order-mark", gives(body=b"\xef\xbb\xbf" + OK))
fault("json-utf-16", gives(body=OK.decode().encode("utf-16")))
fault("json-not-utf-8", gives(body='{"name": "Zoë"}'.encode("latin-1")))
fault("json-surrogate-bytes", gives(body=b'{"name": "\xed\xa0\x80"}'))
fault(
    "json-false-charset",
    gives(body='{"ok": "Zoë"}'.encode(), kind="Content-Type: application/json; charset=latin-1"),
    content={"ok": "Zoë"},
)
fault("json-empty", gives(body=b""))
fault("json-white-space", gives(body=b" \r\n "))
fault(
    "text-charset-unknown", gives(body="Zoë".encode(), kind="Content-Type: text/plain; charset=klingon"), content="Zoë"
)
fault("text-charset-missing", gives(body="Zoë".encode(), kind="Content-Type: text/plain"), content="Zoë")
fault("text-charset-false", gives(body="Zoë".encode("latin-1"), kind=TEXT_TYPE), content="Zo\N{REPLACEMENT CHARACTER}")
fault("text-charset-no-text", gives(body=b"abc", kind="Content-Type: text/plain; charset=rot13"), content="abc")
fault("text-charset-undefined", gives(body=b"abc", kind="Content-Type: text/plain; charset=undefined"), content="abc")
fault(
    "text-charset-idna",
    gives(body=b"\xff.-abc", kind="Content-Type: text/plain; charset=idna"),
    content="\N{REPLACEMENT CHARACTER}.-abc",
)
fault("text-charset-with-zero-byte", gives(body=b"abc", kind='Content-Type: text/plain; charset="a\0b"'), content="abc")
fault("type-garbage", gives(body=b"abc", kind="Content-Type: ;;/=\xff"), content="abc")
fault("type-missing", gives(kind=""))
fault("type-missing-and-no-json", gives(body=b"\xff\xfe", kind=""), content=b"\xff\xfe")
fault(
    "html-behind-502",
    gives(status="502 Bad Gateway", body=LOGIN, kind="Content-Type: text/html"),
    check=lambda run: _shows(run, "Sign in"),
)
fault("html-as-json-behind-500", gives(status="500 No", body=LOGIN), check=lambda run: _shows(run, "Sign in"))
fault("error-nested-too-deep", gives(status="400 No", body=b"[" * 100_000))
fault("error-in-odd-charset", gives(status="400 No", body=b"abc", kind="Content-Type: text/plain; charset=undefined"))
fault("error-cut", says(answer(status="404 Not Found", body=b'{"message": "no"}')[:-5]))
fault(
    "error-with-control-bytes",
    gives(status="400 No", body=b"\x1b[2J\x1b[31mred\0\x9b", kind=TEXT_TYPE),
    check=lambda run: _is_plain(run),
)
fault(
    "error-json-with-control-bytes",
    gives(status="400 No", body=rb'{"code": "\u001b[2J\n", "message": "\u001b[31mred\r\u009b\u202e"}'),
    check=lambda run: _is_plain(run),
)
fault(
    "error-reason-with-control-bytes", gives(status="404 \x1b[31mred\x9b", body=b""), check=lambda run: _is_plain(run)
)
fault(
    "type-with-control-bytes",
    gives(kind="Content-Type: application/\x1b[31mred+json", body=b"{\x1b"),
    check=lambda run: _is_plain(run),
)
fault("body-behind-204", says(answer(status="204 No Content"), "keep"), GOOD)
fault("body-behind-304", says(answer(status="304 Not Modified"), "keep"), GOOD)
fault("body-behind-head", says(answer(), "keep"), GOOD)
fault("count-that-is-none", gives("X-Total: many"))


def _shows(run: Run, words: str) -> None:
    assert words in str(run.outcome)


def _is_plain(run: Run) -> None:
    assert str(run.outcome).isprintable()


# ---- redirects ---------------------------------------------------------------------------------------------------


def _echoed(status: int, prefix: str) -> Script:
    """Redirect to the same place with a slash at its end, the query kept, as many frameworks do."""

    def run(connection: Connection) -> None:
        path, _, query = connection.read().target.partition("?")
        where = f"{prefix}{path}/?{query}"
        connection.send(answer(f"Location: {where}", status=f"{status} Moved", body=b""))
        connection.keep()

    return Script(run)


def _rewritten(prefix: str) -> Script:
    """Redirect as `_echoed` does, with the query parsed and written again."""

    def run(connection: Connection) -> None:
        path, _, query = connection.read().target.partition("?")
        where = f"{prefix}{path}/?page=1&{urlencode(parse_qsl(query))}&order=up"
        connection.send(answer(f"Location: {where}", status="301 Moved", body=b""))
        connection.keep()

    return Script(run)


def _went_to(target: str) -> Callable[[Run], None]:
    def check(run: Run) -> None:
        if run.server.asked > 1:
            assert run.server.requests[-1].target.partition("?")[0] == target

    return check


def _names(place: str) -> Callable[[Run], None]:
    def check(run: Run) -> None:
        assert place in str(run.outcome)

    return check


def _keyed_once(run: Run) -> None:
    assert run.server.requests[-1].target.count("key=") == 1


AWAY = "http://{stranger}/elsewhere"

fault("redirect", moves("/elsewhere"), GOOD, check=_went_to("/elsewhere"))
fault("redirect-303", moves("/elsewhere", 303), GOOD, check=_went_to("/elsewhere"))
fault("redirect-307", moves("/elsewhere", 307), GOOD, check=_went_to("/elsewhere"))
fault("redirect-308", moves("/elsewhere", 308), GOOD, check=_went_to("/elsewhere"))
fault("redirect-300", moves("/elsewhere", 300), check=_names("/elsewhere"))
fault("redirect-305", moves("http://{stranger}/", 305), stranger=(GOOD,))
fault("redirect-loop", moves("/things"))
fault("redirect-chain", *(moves(f"/hop/{number}") for number in range(10)), GOOD, check=_went_to("/hop/9"))
fault("redirect-chain-too-long", *(moves(f"/hop/{number}") for number in range(11)), GOOD)
fault("redirect-off", moves("/elsewhere"), settings={"redirects": False})
fault("redirect-away", moves(AWAY), stranger=(GOOD,))
fault("redirect-away-307", moves(AWAY, 307), stranger=(GOOD,))
fault("redirect-away-after-cookie", moves(AWAY, 302, f"Set-Cookie: session={COOKIE}; Path=/"), stranger=(GOOD,))
fault("redirect-away-and-back", moves(AWAY), GOOD, stranger=(moves("http://{own}/back"),))
fault("redirect-without-scheme", moves("//{stranger}/elsewhere"), stranger=(GOOD,))
fault("redirect-to-file", moves("file:///etc/passwd"), check=_names("file:///etc/passwd"))
fault("redirect-to-javascript", moves("javascript:alert(1)"), check=_names("javascript:"))
fault("redirect-to-data", moves("data:application/json,{}"))
fault("redirect-to-ftp", moves("ftp://127.0.0.1/x"))
fault("redirect-with-password", moves(f"http://ann:{SAID_PASSWORD}@{{own}}/x"), echoes=True)
fault("redirect-with-control-bytes", moves("ftp://h/\x1b[31mred\x9b"), check=lambda run: _is_plain(run))
fault("redirect-nowhere", gives(status="302 Moved", body=b""))
fault("redirect-empty", moves(""))
fault("redirect-twice", moves("/a", 302, "Location: /b"))
fault("redirect-garbage", moves("http://[::1"))
fault("redirect-port-garbage", moves("http://127.0.0.1:port/"))
fault("redirect-port-0", moves("http://127.0.0.1:0/"))
fault("redirect-host-empty", moves("http:///x"), GOOD)
fault("redirect-back-slash", moves("\\\\{stranger}\\x"), GOOD, stranger=(GOOD,))
fault("redirect-with-zero-byte", moves("/a\0b"), GOOD)
fault("redirect-in-utf-8", moves("/zo\xc3\xab"), GOOD, check=_went_to("/zo%C3%AB"))
fault("redirect-escaped", moves("/a%2Fb%20c?x=%26"), GOOD, check=_went_to("/a%2Fb%20c"))
fault("redirect-keeps-query", _echoed(301, ""), GOOD, echoes=True, check=_keyed_once)
fault("redirect-away-keeps-query", _echoed(301, "http://{stranger}"), stranger=(GOOD,), echoes=True)
fault("redirect-rewrites-query", _rewritten(""), GOOD, echoes=True, check=_keyed_once)
fault("redirect-away-rewrites-query", _rewritten("http://{stranger}"), stranger=(GOOD,), echoes=True)
fault(
    "redirect-body-endless",
    drips(answer("Location: /x", status="302 Moved", length=False, body=b""), b"more"),
    GOOD,
    settings=SHORT_TOTAL,
)
fault("redirect-body-large", moves("/x", body=b"0" * 1_000_000), GOOD, settings=BIG)
fault("redirect-body-cut", says(answer("Location: /x", status="302 Moved")[:-5]), GOOD)

# ---- what is tried again -----------------------------------------------------------------------------------------


def _waited(*seconds: float) -> Callable[[Run], None]:
    def check(run: Run) -> None:
        if run.server.asked > 1:
            assert run.waits == list(seconds)

    return check


def _asks_to_wait(seconds: float | None) -> Callable[[Run], None]:
    def check(run: Run) -> None:
        assert run.outcome.retry_after == seconds
        assert run.waits == []

    return check


def _one_key(run: Run) -> None:
    keys = {request.header("idempotency-key") for request in run.server.requests}
    assert len(keys) == 1
    assert keys != {None}


fault("busy-for-ever", fails(503))
fault("busy-twice", fails(503), fails(503), GOOD)
fault("busy-twice-one-key", fails(503), fails(503), GOOD, check=_one_key)
fault("busy-then-reset", fails(503), says(b"", "reset"), GOOD)
fault("gateway-502", fails(502), GOOD)
fault("gateway-504", fails(504), GOOD)
fault("error-500", fails(500))
fault("error-501", fails(501))
fault("reset-one-key", says(b"", "reset"), says(b"", "reset"), GOOD, check=_one_key)
fault("slow-down-3-seconds", fails(429, "Retry-After: 3"), GOOD, check=_waited(3.0))
fault("slow-down-0-seconds", fails(429, "Retry-After: 0"), GOOD, check=_waited(0.0))
fault("slow-down-until", fails(429, "Retry-After: Tue, 01 Jan 2030 00:00:05 GMT"), GOOD, check=_waited(5.0))
fault("slow-down-until-past", fails(503, "Retry-After: Tue, 01 Jan 2019 00:00:00 GMT"), GOOD, check=_waited(0.0))
fault("slow-down-garbage", fails(429, "Retry-After: soon"), GOOD, check=_waited(0.5))
fault("slow-down-negative", fails(429, "Retry-After: -5"), GOOD, check=_waited(0.5))
fault("slow-down-twice", fails(429, "Retry-After: 3", "Retry-After: 4"), GOOD)
fault("slow-down-too-long", fails(429, "Retry-After: 3600"), check=_asks_to_wait(3600.0))
fault("slow-down-digits", fails(503, "Retry-After: " + "9" * 5000), check=_asks_to_wait(1e9))
fault("slow-down-month-13", fails(429, "Retry-After: Tue, 99 Foo 99999 99:99:99 GMT"), GOOD, check=_waited(0.5))

# ---- connections that are kept -----------------------------------------------------------------------------------

fault("idle-closed", says(answer(), "close"), GOOD)
fault("idle-reset", says(answer(), "reset"), GOOD)
fault("idle-closed-at-the-wrong-moment", says(answer(), "keep"), says(b""), GOOD)
fault("answered-twice", says(answer(body=b'"first"') + answer(body=b'"stale"'), "keep"), GOOD)
fault("bytes-behind-answer", says(answer() + b"more than was said", "keep"), GOOD)
fault("close-said-not-done", gives("Connection: close"), GOOD)

# ---- TLS ---------------------------------------------------------------------------------------------------------


def encrypted(certificate: str, data: bytes = answer(), end: str = "close") -> Script:
    """Answer by TLS."""

    def run(connection: Connection) -> None:
        connection.encrypt(certificate)
        connection.read()
        connection.send(data)
        getattr(connection, end)()

    return Script(run, at_once=True)


ALERT = b"\x15\x03\x01\x00\x02\x02\x46"


def _hello_then(end: str, data: bytes = b"") -> Script:
    def run(connection: Connection) -> None:
        connection.read_some()
        connection.send(data)
        getattr(connection, end)()

    return Script(run, at_once=True)


def _nothing_read(run: Run) -> None:
    assert run.server.requests == []


def tls(name: str, *scripts: Script, **facts: Any) -> None:
    fault(name, *scripts, scheme="https", **facts)


tls("tls-good", encrypted("good"))
tls("tls-wrong-name", encrypted("wrong-name"), check=_nothing_read)
tls("tls-expired", encrypted("expired"), check=_nothing_read)
tls("tls-self-signed", encrypted("self-signed"), check=_nothing_read)
tls("tls-on-a-plain-port", _hello_then("close", answer(status="400 Bad Request")), check=_nothing_read)
tls("tls-closed-in-handshake", _hello_then("close"), check=_nothing_read)
tls("tls-reset-in-handshake", _hello_then("reset"), check=_nothing_read)
tls("tls-alert", _hello_then("close", ALERT), check=_nothing_read)
tls("tls-garbage", _hello_then("close", b"\x16\x03\x03" + bytes(200)), check=_nothing_read)
tls("tls-stall-in-handshake", _hello_then("stall"), settings=SHORT_CONNECT, check=_nothing_read)
tls("tls-stall-past-deadline", _hello_then("stall"), settings=SHORT_TOTAL, check=_nothing_read)
tls("tls-cut-in-body", encrypted("good", answer()[:-5]))
tls("tls-stall-in-body", encrypted("good", answer()[:-5], "stall"), settings=SHORT_READ)
tls("tls-drip", Script(lambda connection: _drip_encrypted(connection), at_once=True), settings=SHORT_TOTAL)
tls(
    "tls-down-to-plain", encrypted("good", answer("Location: http://{stranger}/", status="302 Moved")), stranger=(GOOD,)
)
tls("tls-down-to-plain-307", encrypted("good", answer("Location: http://{own}/", status="307 Moved")))
fault("tls-answer-on-a-plain-port", says(ALERT))


def _drip_encrypted(connection: Connection) -> None:
    connection.encrypt("good")
    connection.read()
    connection.send(answer(body=b"{" + b" " * 500)[:-500])
    connection.drip(b" ")


# ---- proxies -----------------------------------------------------------------------------------------------------


def _proxied(run: Run) -> None:
    assert all(request.header("proxy-authorization") for request in run.server.requests)


def proxy(name: str, *scripts: Script, **facts: Any) -> None:
    fault(name, *scripts, proxy=True, **facts)


proxy("proxy-refuses")
proxy("proxy-works", GOOD, check=_proxied)
proxy("proxy-resets", says(b"", "reset"))
proxy("proxy-407", fails(407))
proxy("proxy-garbage", says(b"what?\r\n\r\n"))
proxy("proxy-tunnel-407", fails(407), scheme="https", check=_proxied)
proxy("proxy-tunnel-502", fails(502), scheme="https")
proxy("proxy-tunnel-garbage", says(b"what?\r\n\r\n"), scheme="https")
proxy("proxy-tunnel-reset", says(b"", "reset"), scheme="https")
proxy("proxy-tunnel-to-nowhere", Script(lambda connection: _tunnel_to_nowhere(connection)), scheme="https")
proxy("proxy-tunnel-stalls", says(b"", "stall"), scheme="https", settings=SHORT_CONNECT)


def _tunnel_to_nowhere(connection: Connection) -> None:
    connection.read()
    connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
    connection.read_some()
    connection.close()


# ---- uploads -----------------------------------------------------------------------------------------------------


def _early(data: bytes, end: Callable[[Connection], object]) -> Script:
    """Answer when the head of a request was read, and its body was not."""

    def run(connection: Connection) -> None:
        connection.read_head()
        connection.send(data)
        end(connection)

    return Script(run)


def _half_closed_then_drained(connection: Connection) -> None:
    connection.half_close()
    connection.drain()
    connection.close()


TOO_LARGE = answer("Connection: close", status="413 Too Large", body=b'{"message": "at most 1 MB"}')

fault("early-413", _early(TOO_LARGE, Connection.drain))
fault("early-413-half-close", _early(TOO_LARGE, _half_closed_then_drained))
fault("early-413-reset", _early(TOO_LARGE, Connection.reset))
fault("early-413-stall", _early(TOO_LARGE, Connection.stall), settings={"timeout": (0.3, 0.3)})
fault("reset-while-uploading", _early(b"", Connection.reset))
fault("stall-while-uploading", _early(b"", Connection.stall), settings={"timeout": (0.3, 0.3)})
fault("stall-while-uploading-past-deadline", _early(b"", Connection.stall), settings=SHORT_TOTAL)
fault("busy-after-upload", fails(503), GOOD)
fault("busy-after-pipe", fails(503), GOOD)
fault("redirect-after-pipe", moves("/elsewhere", 307), GOOD)

# ---- downloads ---------------------------------------------------------------------------------------------------

fault("download-cut", says(answer(body=TEXT, kind=TEXT_TYPE)[:-100]))
fault("download-cut-in-chunk", says(chunks(b"1000\r\n" + TEXT, kind=TEXT_TYPE)))
fault("download-gzip-cut", packed("gzip", gzip.compress(TEXT, 0)[:-100], kind=TEXT_TYPE))
fault("download-stall", says(answer(body=TEXT, kind=TEXT_TYPE)[:-100], "stall"), settings=SHORT_READ)
fault("download-drip", drips(answer(body=TEXT, kind=TEXT_TYPE)[: -len(TEXT)], b"x"), settings=SHORT_TOTAL)
fault("download-error", fails(500))
fault("download-large", gives(body=b"0" * 200_000, kind=TEXT_TYPE), settings=BIG, content=b"0" * 200_000)

# ---- servers that repeat what they hear --------------------------------------------------------------------------


def _parrot(status: str, kind: str, *, as_json: bool = False) -> Script:
    def run(connection: Connection) -> None:
        request = connection.read()
        heard = f"{request.method} {request.target}\n" + "\n".join(": ".join(line) for line in request.lines)
        body = json.dumps({"message": heard}) if as_json else heard
        connection.send(answer(status=status, body=body.encode(), kind=kind))
        connection.keep()

    return Script(run)


fault("echo-as-error", _parrot("400 Bad Request", TEXT_TYPE), echoes=True)
fault("echo-as-json-error", _parrot("500 No", JSON_TYPE, as_json=True), echoes=True)
fault("echo-as-bad-json", _parrot("200 OK", JSON_TYPE), echoes=True)
