"""
A WSGI application in place of a network: requests go to it in the process, without a port.

Takes the application; gives an adapter to mount on a `requests.Session`. The application's answer is written out as the
bytes that a server would send, piece by piece as it makes them, and read back by `http.client` and `urllib3`; whatever
they do to an answer from the network (lengths, decompression, cookies, HEAD) they so do to this one.
Time limits, certificates and proxies mean nothing here and are ignored.
Source: PEP 3333; RFC 9112 section 6.3 for where a body ends. Like the transport, this module knows `requests`.
"""

from __future__ import annotations

import http.client
import io
import logging
import re
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from types import TracebackType
from typing import Any, TypeAlias, cast
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.util import FileWrapper, is_hop_by_hop

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

__all__ = ["wsgi_adapter"]

Environ: TypeAlias = "dict[str, Any]"
Write: TypeAlias = Callable[[bytes], object]
WsgiApp: TypeAlias = Callable[[Environ, Callable[..., Write]], Iterable[bytes]]
_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]

_log = logging.getLogger(__name__)
_STATUS = re.compile(r"[2-9][0-9]{2}( [^\x00-\x08\x0a-\x1f\x7f]*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_BLOCK_BYTES = 64 * 1024
_SKIPPED = "@@@SKIP_HEADER@@@"  # urllib3's word for a header that is not to be sent (urllib3.util.SKIP_HEADER)


def wsgi_adapter(app: WsgiApp) -> BaseAdapter:
    """
    Make an adapter that hands every request to a WSGI application in this process.

    An application that raises, or that breaks PEP 3333, looks like a connection that broke: `send` raises
    `requests.exceptions.ConnectionError` with the application's exception as its cause; once the answer has
    begun, reading it fails as over a network, with that exception further down the chain of causes.
    """
    return _WsgiAdapter(app)


class _WsgiAdapter(BaseAdapter):
    def __init__(self, app: WsgiApp) -> None:
        super().__init__()
        self.app = app

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        body = _RequestBody(request.body, _content_length(request.headers))
        answer = _Answer()
        head = http.client.HTTPResponse(cast(socket.socket, _Connection(answer)), method=request.method)
        try:
            answer.begin(self.app, _environ(request, body))
            body.raise_failure()
            head.begin()
        except (_ApplicationFailed, http.client.HTTPException) as problem:
            head.close()  # and with it the answer
            body.raise_failure()
            cause = problem.__cause__ or problem
            message = f"the WSGI application gave no answer: {type(cause).__name__}"
            raise requests.exceptions.ConnectionError(message, request=request) from cause
        except BaseException:
            head.close()
            raise
        return self._response(request, head)

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def _response(self, request: requests.PreparedRequest, head: http.client.HTTPResponse) -> requests.Response:
        raw = urllib3.HTTPResponse(
            body=cast(Any, head),
            headers=cast(Any, head.msg.items()),
            status=head.status,
            version=head.version,
            reason=head.reason,
            preload_content=False,
            decode_content=False,
            original_response=cast(Any, head),
            enforce_content_length=True,
            request_method=request.method,
            request_url=request.path_url,
        )
        response = requests.Response()
        response.status_code, response.reason = raw.status, raw.reason or ""
        response.headers = CaseInsensitiveDict(raw.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw, response.url = raw, request.url or ""
        response.request, response.connection = request, cast(Any, self)
        extract_cookies_to_jar(response.cookies, request, raw)  # type: ignore[no-untyped-call]
        return response


# ---- the request, as the application sees it


def _environ(request: requests.PreparedRequest, body: _RequestBody) -> Environ:
    parts = urlsplit(request.url or "")
    target = request.path_url
    path, _, query = target.partition("?")
    default_port = 443 if parts.scheme == "https" else 80
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or default_port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "restpath",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": _host(parts.netloc, default_port),
        # what http.client and urllib3 send where the request says nothing else
        "HTTP_ACCEPT_ENCODING": "identity",
        "HTTP_USER_AGENT": f"python-urllib3/{metadata.version('urllib3')}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BufferedReader(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    environ.update(_header_variables(request.headers))
    if request.body is not None and "CONTENT_LENGTH" not in environ:
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
        environ["wsgi.input_terminated"] = True
    return environ


def _host(netloc: str, default_port: int) -> str:
    host = netloc.rpartition("@")[2]
    return host.removesuffix(f":{default_port}")


def _header_variables(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """Name the header fields as CGI does; those that fall on one name are joined (RFC 9110 section 5.3)."""
    variables: dict[str, str] = {}
    for name, value in headers.items():
        key = _native(name).upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = _native(value).strip()
        if text != _SKIPPED:
            separator = "; " if key == "HTTP_COOKIE" else ","
            variables[key] = f"{variables[key]}{separator}{text}" if key in variables else text
    return variables


def _native(text: str | bytes) -> str:
    """Give the string whose code points are the bytes that would be sent."""
    # What Latin-1 lacks fails here as it does in http.client.
    return (text if isinstance(text, bytes) else text.encode("latin-1")).decode("latin-1")


def _content_length(headers: Mapping[str, str | bytes]) -> int | None:
    text = headers.get("Content-Length")
    return int(text) if text is not None and _native(text).strip().isdecimal() else None


class _RequestBody(io.RawIOBase):
    """The body as `wsgi.input` reads it: from its source as asked for, and never past its Content-Length."""

    def __init__(self, source: Any, length: int | None) -> None:
        self._pieces, self._left, self._piece = _pieces(source), length, memoryview(b"")
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            while not self._piece:
                self._piece = memoryview(next(self._pieces))
        except StopIteration:
            return 0
        except Exception as failure:
            self.failure = failure
            raise
        size = min(len(buffer), len(self._piece), len(buffer) if self._left is None else self._left)
        buffer[:size], self._piece = self._piece[:size], self._piece[size:]
        self._left = None if self._left is None else self._left - size
        return size

    def raise_failure(self) -> None:
        """Raise what the source raised: the fault is the sender's, whatever the application made of it."""
        if self.failure is not None:
            raise self.failure


def _pieces(source: Any) -> Iterator[bytes]:
    if source is None:
        return
    if isinstance(source, str):
        yield source.encode()
    elif isinstance(source, (bytes, bytearray, memoryview)):
        yield bytes(source)
    else:
        pieces = iter(lambda: source.read(_BLOCK_BYTES), None) if hasattr(source, "read") else iter(source)
        for piece in pieces:
            if not piece and hasattr(source, "read"):
                return
            yield piece.encode() if isinstance(piece, str) else bytes(piece)


# ---- the answer, as the bytes that a server would send


class _ApplicationFailed(OSError):
    """The application raised or broke PEP 3333; the cause says how. An OSError, as a broken connection is."""


@contextmanager
def _as_failure() -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        raise _ApplicationFailed(f"the WSGI application failed: {type(problem).__name__}") from problem


class _Connection:
    """All that `http.client` asks of a socket."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._answer)


class _Answer(io.RawIOBase):
    """The head and the body of the application's answer, made as they are read."""

    def __init__(self) -> None:
        self._head: bytes | None = None  # set by start_response, None again once it is on its way
        self._begun = False
        self._ready: deque[bytes] = deque()
        self._piece = memoryview(b"")
        self._result: Iterable[bytes] = ()
        self._iterator: Iterator[bytes] = iter(())

    def begin(self, app: WsgiApp, environ: Environ) -> None:
        """Call the application and go on until the head of its answer is final: to the first byte, or to the end."""
        with _as_failure():
            self._result = app(environ, self._start_response)
            self._iterator = iter(self._result)
            while not self._begun and self._advance():
                pass
            self._release_head()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            if self._ready:
                self._piece = memoryview(self._ready.popleft())
                continue
            with _as_failure():
                if not self._advance():
                    return 0
        size = min(len(buffer), len(self._piece))
        buffer[:size], self._piece = self._piece[:size], self._piece[size:]
        return size

    def close(self) -> None:
        """Tell the application that nobody reads on (PEP 3333: `close` is called in any case)."""
        result, self._result, self._iterator = self._result, (), iter(())
        super().close()
        try:
            if hasattr(result, "close"):
                result.close()
        except Exception:  # the answer was good; a server would write this to its log as well
            _log.exception("the WSGI application failed in close()")

    def _advance(self) -> bool:
        """Take one more piece from the application; False at the end."""
        for data in self._iterator:
            self._write(data)
            return True
        return False

    def _write(self, data: bytes) -> None:
        if not isinstance(data, bytes):
            raise TypeError(f"a WSGI application gives bytes, not {type(data).__name__}")
        if data:
            self._release_head()
            self._ready.append(data)

    def _release_head(self) -> None:
        if self._begun:
            return
        if self._head is None:
            raise AssertionError("the application did not call start_response")
        self._begun = True
        self._ready.append(self._head)

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None) -> Write:
        if exc_info is not None and self._begun:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self._head is not None:
            raise AssertionError("start_response was called twice, without exc_info")
        self._head = _head(status, headers)
        return self._write


def _head(status: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Write out the status line and the header fields, and the empty line after them."""
    if not _STATUS.fullmatch(status):
        raise ValueError(f"{status!r} is no status of an answer")
    lines = [f"HTTP/1.1 {status}"]
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"{name!r} is no header field, or its value is none")
        if not is_hop_by_hop(name):  # not the application's to say: the body is not chunked, whatever it claims
            lines.append(f"{name}: {value}")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
