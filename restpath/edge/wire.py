"""
What comes over the wire, held to the letter of HTTP/1.1 before anybody believes it.

Takes the socket of a connection; gives the response that urllib3 reads from, which is http.client's but for what that
lets pass: header fields that end in the middle, a Content-Length that is none, chunk sizes with signs, unknown transfer
codings, interim answers that are not interim. The call's watchdog is told of the socket here, where it is known even
if the connection is to be closed.
Source: RFC 9112 sections 4 (status line), 5 (field syntax), 6.1 to 6.3 (codings and length), 7.1 (chunks); RFC 9110
section 15.2 for interim answers.
"""

from __future__ import annotations

import email.errors
import http.client
import re
from functools import lru_cache
from typing import Any

from restpath.edge.deadline import current_watch
from restpath.regex import FIELD_NAME, pattern

__all__ = ["StrictResponse", "WireError"]

_CHUNK_SIZE = pattern(rb"[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_LINE = 65536
_MOST_INTERIM = 16
_MOST_LINES = 90  # http.client's own limit, of a hundred fields, is not ours to keep
_ENDS = (b"\r\n", b"\n", b"")
_PLAIN_FIELD = pattern(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\r?\n", re.MULTILINE)
# What email's parser finds wrong with a content that it is not given.
_OF_CONTENT = (email.errors.MultipartInvariantViolationDefect, email.errors.StartBoundaryNotFoundDefect)


class WireError(http.client.HTTPException):
    """What came is no HTTP answer that can be trusted."""


class StrictResponse(http.client.HTTPResponse):
    """http.client's response, less trusting."""

    def __init__(self, sock: Any, *args: Any, **settings: Any) -> None:
        super().__init__(sock, *args, **settings)
        self._interim = 0
        watch = current_watch()
        if watch is not None:
            watch.watch(sock)

    def _read_status(self) -> tuple[str, int, str]:
        # http.client knows of 100 alone, and takes 103 for the answer.
        while True:
            try:
                version, status, reason = super()._read_status()  # type: ignore[misc]
            except http.client.RemoteDisconnected as error:
                if self._interim:
                    raise WireError("it ends behind an interim answer") from error
                raise
            if status == 101 or status >= 200:
                return version, status, reason
            self._interim += 1
            if self._interim > _MOST_INTERIM:
                raise WireError(f"more than {_MOST_INTERIM} interim answers came, and none behind them")
            if status == 100:
                return version, status, reason  # whose header fields http.client reads itself
            http.client.parse_headers(self.fp)

    def begin(self) -> None:
        """Read status line and header fields, and hold them to the rules."""
        lines = [self.fp.readline(_LONGEST_LINE + 1)]
        if not self._has_plain_head(lines):
            self._begin_carefully(lines)

    def _has_plain_head(self, lines: list[bytes]) -> bool:
        """
        Read a head that has nothing unusual about it, at a fifth of the cost; say no to any other.

        Args:
            lines: the status line; the lines that were read come to it.
        """
        status = _plain_status(lines[0])
        if status is None:
            return False
        read = self.fp.readline
        while (line := read(_LONGEST_LINE + 1)) not in _ENDS and len(lines) < _MOST_LINES:
            lines.append(line)
        lines.append(line)
        if line not in (b"\r\n", b"\n"):
            return False
        head = b"".join(lines[1:-1]).decode("latin-1")
        fields = _PLAIN_FIELD.findall(head)
        if len(fields) != len(lines) - 2:
            return False
        names = [name.lower() for name, _ in fields]
        said = dict(zip(names, (value for _, value in fields), strict=True))
        if "transfer-encoding" in said or names.count("content-length") != 1 or names.count("connection") > 1:
            return False
        length = said["content-length"]
        if not (length.isascii() and length.isdigit() and len(length) < 20):
            return False
        message = _Fields()
        for name, value in fields:
            message.set_raw(name, value)
        self.headers = self.msg = message
        self.version, self.chunked = 11, False
        self.status, self.reason = status
        self.code = self.status
        self.will_close = "close" in said.get("connection", "").lower()
        bodyless = self.status in (204, 304) or self._method == "HEAD"  # type: ignore[attr-defined]
        self.length = 0 if bodyless else int(length)
        return True

    def _begin_carefully(self, read_before: list[bytes]) -> None:
        lines: Any = _Lines(self.fp, read_before)
        self.fp = lines
        super().begin()
        if self.fp is not None:
            self.fp = lines.file
        if lines.cut:
            raise WireError("it ends in the middle of its header fields")
        if self.status == 101:
            raise WireError("it switches to another protocol, which nobody asked for")
        self._check_fields()
        if self.chunked and self.fp is not None:
            chunks: Any = _Chunks(self.fp)
            self.fp = chunks

    def _check_fields(self) -> None:
        fields = self.headers
        names = [str(name) for name in fields]
        if any(not isinstance(each, _OF_CONTENT) for each in fields.defects) or not all(
            FIELD_NAME.fullmatch(name) for name in names
        ):
            raise WireError("it has a line among its header fields that is none")
        if any(re.search(r"[\0\r\n]", str(value)) for value in fields.values()):
            raise WireError("it has a header field with a control character in it")
        codings = ",".join(fields.get_all("transfer-encoding", [])).lower().replace(" ", "")
        if codings not in ("", "identity", "chunked"):
            raise WireError(f"its transfer coding {codings[:60]!r} is not known")
        lengths = {text.strip() for value in fields.get_all("content-length", []) for text in value.split(",")}
        if lengths and (len(lengths) > 1 or not re.fullmatch("[0-9]{1,19}", min(lengths))):
            raise WireError(f"its Content-Length {', '.join(sorted(lengths))[:60]!r} is none")


@lru_cache(maxsize=32)
def _plain_status(line: bytes) -> tuple[int, str] | None:
    """Status code and reason of a status line that has nothing unusual about it; nearly all answers have the same."""
    code, _, reason = line[9:-2].partition(b" ")
    if line[:9] != b"HTTP/1.1 " or line[-2:] != b"\r\n" or len(code) != 3 or not code.isdigit():
        return None
    if not b"2" <= code[:1] <= b"5" or b"\r" in reason or b"\n" in reason or b"\0" in reason:
        return None
    return int(code), reason.decode("latin-1").strip()


class _Fields(http.client.HTTPMessage):
    """Header fields that were read as plain text, and need no further look when they are asked for."""

    def items(self) -> list[tuple[str, Any]]:
        """Give the lines, in their order."""
        return list(self.raw_items())


class _Lines:
    """The head of an answer, line by line, from those on that were read already; takes note of a line that was cut."""

    def __init__(self, file: Any, read_before: list[bytes]) -> None:
        self.file = file
        self.cut = False
        self._read_before = read_before[::-1]

    def readline(self, limit: int = -1) -> bytes:
        """Read a line."""
        line: bytes = self._read_before.pop() if self._read_before else self.file.readline(limit)
        self.cut = self.cut or (not line.endswith(b"\n") and len(line) != limit)
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class _Chunks:
    """The content of a chunked answer; sees to it that a chunk's size is one."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._in_trailer = False

    def readline(self, limit: int = -1) -> bytes:
        """Read the size of a chunk, or a line behind the last one."""
        line: bytes = self._file.readline(limit if limit >= 0 else _LONGEST_LINE + 1)
        if not self._in_trailer and line.strip():
            if not _CHUNK_SIZE.fullmatch(line):
                raise WireError(f"it has a chunk of the size {line[:40]!r}, which is none")
            self._in_trailer = int(line.partition(b";")[0], 16) == 0
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
