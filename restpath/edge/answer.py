"""
An answer on its way: its header fields have come, its content is read when it is asked for.

Takes a response of requests or urllib3 whose content is unread; gives status, header fields and blocks of bytes,
decompressed. What breaks off, is cut short or cannot be decompressed ends in a `TransportError`, never in a part given
as all.
Source: RFC 9112 section 8 (incomplete messages), RFC 9110 section 8.4 (content codings).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import urllib3
from urllib3 import exceptions as wire

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.errors import BadReply, TransportError
from restpath.types import Headers

if TYPE_CHECKING:
    import requests

__all__ = ["Answer", "DirectAnswer"]

_BLOCK_BYTES = 1 << 16
_DISCARDED_BYTES = 1 << 16


class Answer:
    """An answer whose header fields have come, and whose content is still to be read."""

    def __init__(self, response: requests.Response, call: Call, proof: Proof) -> None:
        self._response, self._call, self._proof = response, call, proof
        self.status = response.status_code
        self.reason = response.reason or ""
        self.headers = _headers(response, proof)
        self.hidden = proof.hidden
        self._kept: bytes | None = None
        self.came: list[bytes] = []
        unknown = _unknown_coding(self.headers) if call.method != "HEAD" else None
        if unknown is not None:
            response.close()
            raise BadReply(
                f"{call.described()} was answered in the content coding {unknown[:60]!r}, which cannot be undone here",
                call=call,
            )

    def read(self, limit: int | None) -> bytes:
        """
        Give the whole content, decompressed, which is then kept.

        Raises:
            BadReply: it is larger than `limit` bytes, or not what its header fields say.
            TransportError: it broke off.
        """
        if self._kept is None:
            size = 0
            for block in self.blocks():
                self.came.append(block)
                size += len(block)
                if limit is not None and size > limit:
                    self.close()
                    raise BadReply(
                        f"{self._call.described()} was answered with more than {limit} bytes, the limit of "
                        "max_reply_bytes: use .save(), or raise the limit by .options(max_reply_bytes=...)",
                        call=self._call,
                    )
            self._kept = b"".join(self.came)
            self.came = []  # or all of it would be held twice
        return self._kept

    def discard(self) -> None:
        """Read a short content to its end, so that the connection can be used again; break a long one off."""
        size = 0
        try:
            for block in self.blocks():
                size += len(block)
                if size > _DISCARDED_BYTES:
                    break
        except TransportError:
            pass  # nobody asked for it
        self.close()

    def blocks(self) -> Iterator[bytes]:
        """
        Give the content, decompressed, in blocks.

        Raises:
            TransportError: it broke off, or is not what its header fields say.
        """
        if self._kept is not None:
            yield self._kept
            return
        failure: TransportError | None = None
        try:
            yield from self._response.iter_content(_BLOCK_BYTES)
            problem = _shortfall(self._response, self._call.method)
            if problem is not None:
                failure = BadReply(f"{self._call.described()} was answered, but not to the end: {problem}")
                failure.call = self._call
        except (wire.HTTPError, OSError, ValueError) as error:  # those of requests are OSErrors
            from restpath.edge.failures import reading_failure

            failure = reading_failure(error, self._call, self._proof)
        finally:
            self.close()
        # Raised outside the handler, so that no foreign error with its request hangs on as the context.
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Give the connection back."""
        self._response.close()


class DirectAnswer(Answer):
    """An answer straight from urllib3, whose content is read at once where its length is told and small enough."""

    def __init__(self, raw: Any, call: Call, proof: Proof) -> None:
        came: Any = _Came(raw)
        super().__init__(came, call, proof)

    def read(self, limit: int | None) -> bytes:
        """Give the whole content, as `Answer.read` does."""
        if self._kept is not None or not self._is_short(limit):
            return super().read(limit)
        raw = self._response.raw
        try:
            content: bytes = raw.read(decode_content=True)
            problem = _shortfall(self._response, self._call.method)
            if problem is None:
                raw.release_conn()
                self._kept = content
                return content
            failure: Any = BadReply(f"{self._call.described()} was answered, but not to the end: {problem}")
            failure.call = self._call
        except (wire.HTTPError, OSError, ValueError) as error:
            from restpath.edge.failures import as_reading_says, reading_failure

            failure = reading_failure(as_reading_says(error), self._call, self._proof)
        self.close()
        # Raised outside the handler, so that no foreign error with its request hangs on as the context.
        raise failure

    def _is_short(self, limit: int | None) -> bool:
        said = self.headers.get("content-length", "")
        return (
            200 <= self.status < 300
            and self.status != 204
            and self._call.method != "HEAD"
            and said.isascii()
            and said.isdigit()
            and (limit is None or int(said) <= limit)
            and "content-encoding" not in self.headers
            and "transfer-encoding" not in self.headers
        )

    def close(self) -> None:
        """Give the connection back."""
        if self._kept is None:
            super().close()


class _Came:
    """What an `Answer` needs of a response of requests, of urllib3's own."""

    def __init__(self, raw: Any) -> None:
        self.raw, self.status_code, self.reason = raw, raw.status, raw.reason
        self.headers = raw.headers
        self._is_read = False

    def iter_content(self, size: int) -> Iterator[bytes]:
        """Give the content, decompressed, in blocks."""
        try:
            yield from self.raw.stream(size, decode_content=True)
        except wire.HTTPError as error:
            from restpath.edge.failures import as_reading_says

            failure = as_reading_says(error)
            if failure is error:
                raise
            raise failure from error
        self._is_read = True

    def close(self) -> None:
        """Give the connection back; one whose answer was not read to its end is closed."""
        if not self._is_read:
            self.raw.close()
        self.raw.release_conn()


def _headers(response: requests.Response, proof: Proof) -> Headers:
    """The header lines: those that came, unless a hook has put others in their place."""
    raw = getattr(response.raw, "headers", None)
    if response.headers is raw and not proof.query:  # the quick way's, which no hook has seen
        return Headers(response.headers.items())
    from requests.structures import CaseInsensitiveDict

    shown = CaseInsensitiveDict(response.headers)
    as_sent = raw is not None and hasattr(raw, "getlist") and CaseInsensitiveDict(raw) == shown
    lines: Iterable[tuple[Any, Any]] = raw.items() if raw is not None and as_sent else shown.items()
    return Headers((str(name), _without_query_secrets(str(value), proof)) for name, value in lines)


def _without_query_secrets(text: str, proof: Proof) -> str:
    """A `Location` or a link that says our own query credentials back: they are put in anew where they belong."""
    for name, _ in proof.query:
        spelled = "|".join({re.escape(name), re.escape(quote(name, safe="")), re.escape(quote_plus(name))})
        text = re.sub(rf"(?<=[?&])(?:{spelled})=[^&#\s<>\"]*&?", "", text)
        text = re.sub(r"[?&](?=#|>|\"|\s|$)", "", text) if proof.query else text
    return text


def _unknown_coding(headers: Headers) -> str | None:
    """The first content coding that urllib3 would hand through as it came; None if there is none."""
    if "content-encoding" not in headers:
        return None
    known = {"", "identity", "gzip", "x-gzip", "deflate", *urllib3.response.HTTPResponse.CONTENT_DECODERS}
    codings = headers.get("content-encoding", "").lower().split(",")
    return next((coding.strip() for coding in codings if coding.strip() not in known), None)


def _shortfall(response: requests.Response, method: str) -> str | None:
    """Say what is missing of what was read: urllib3 1.26 takes a short one for whole, and all a cut stream."""
    raw = response.raw
    if method == "HEAD" or response.status_code in (204, 304) or not isinstance(raw, urllib3.HTTPResponse):
        return None
    came, said = raw.tell(), raw.headers.get("Content-Length", "")
    if said.isdigit() and came < int(said) and "Transfer-Encoding" not in raw.headers:
        return f"{came} of {said} bytes came"
    if _is_cut(getattr(getattr(raw, "_decoder", None), "_obj", None)):
        return f"its {raw.headers.get('Content-Encoding')} content ends in the middle"
    return None


def _is_cut(decompressor: Any) -> bool:
    """Whether a decompressor of zlib stopped in the middle. One that nothing came to could still begin."""
    if not isinstance(decompressor, type(zlib.decompressobj())) or decompressor.eof:
        return False
    for kind in (_GZIP, zlib.MAX_WBITS):
        probe = decompressor.copy()
        try:
            probe.decompress(zlib.compressobj(wbits=kind).flush())  # nothing, compressed
        except zlib.error:
            continue
        if probe.eof:
            return False
    return True


_GZIP = zlib.MAX_WBITS + 16
