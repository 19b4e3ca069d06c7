"""
The transport: the only place that knows `requests`.

Takes a `Call`, what its credentials add, and settings; gives an `Answer` whose bytes are still to come. A hand-built
`PreparedRequest` goes through `Session.send` and an adapter whose `send` is not overridden, so that what intercepts
requests (responses, requests-mock, vcrpy) intercepts this. Every foreign error leaves as a `TransportError`.
Source: requests' documented order of sessions, environment and calls; RFC 9110 for what may be sent again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from restpath.auth.schemes import Proof
from restpath.body import MULTIPART
from restpath.call import Call
from restpath.edge.deadline import current_watch
from restpath.errors import BadReply, ConnectionFailed, InvalidValue, TLSError, TransportError
from restpath.errors import Timeout as TimeoutError_
from restpath.masking import MASK, mask_url
from restpath.multipart import StreamedBody, open_body, open_multipart
from restpath.sources import FileSource
from restpath.types import Headers, Timeout

if TYPE_CHECKING:
    from restpath.types import Unset

__all__ = ["Answer", "RequestsTransport", "SessionLike", "Sending", "open_sending"]

SessionLike = requests.Session
_BLOCK_BYTES = 1 << 16
_POOL_SIZE = 32


@dataclass(frozen=True)
class Sending:
    """A call's body, opened once for all tries. Close it when the call is done."""

    body: bytes | StreamedBody | None
    content_type: str | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the body can be sent again."""
        return not isinstance(self.body, StreamedBody) or self.body.rewindable

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *exc: object) -> None:
        if isinstance(self.body, StreamedBody):
            self.body.close()


def open_sending(call: Call) -> Sending:
    """
    Open what a call names, before anything is sent.

    Raises:
        InvalidValue: a file is missing, closed or unreadable.
    """
    if call.files:
        body = open_multipart(call.files)
        said = call.headers.get("content-type", "")
        # A multipart type without its boundary could not be read by anyone.
        return Sending(body, body.content_type if not said or said.lower().startswith(MULTIPART) else said)
    if isinstance(call.body, FileSource):
        return Sending(open_body(call.body))
    return Sending(call.body)


class Answer:
    """An answer whose header fields have come, and whose content is still to be read."""

    def __init__(self, response: requests.Response, call: Call, proof: Proof) -> None:
        self._response, self._call, self._proof = response, call, proof
        self.status = response.status_code
        self.reason = response.reason or ""
        self.headers = _headers(response)
        self._kept: bytes | None = None

    def read(self, limit: int | None) -> bytes:
        """
        Give the whole content, decompressed, which is then kept.

        Raises:
            BadReply: it is larger than `limit` bytes, or not what its header fields say.
            TransportError: it broke off.
        """
        if self._kept is None:
            parts, size = [], 0
            for block in self.blocks():
                parts.append(block)
                size += len(block)
                if limit is not None and size > limit:
                    self.close()
                    raise BadReply(
                        f"{self._call.described()} was answered with more than {limit} bytes, the limit of "
                        "max_reply_bytes: use .save(), or raise the limit by .options(max_reply_bytes=...)",
                        call=self._call,
                    )
            self._kept = b"".join(parts)
        return self._kept

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
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            failure = _reading_error(error, self._call, self._proof)
        finally:
            self.close()
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Give the connection back."""
        self._response.close()


def _headers(response: requests.Response) -> Headers:
    raw = getattr(response.raw, "headers", None)
    lines = list(raw.items()) if hasattr(raw, "getlist") else list(response.headers.items())
    return Headers((str(name), str(value)) for name, value in lines)


class _Session(requests.Session):
    """A session that leaves redirects to whoever called; otherwise requests would prepare the next request unasked."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


class _HTTPPool(urllib3.HTTPConnectionPool):
    """A pool that tells the call's watchdog which connection it uses."""

    def _get_conn(self, timeout: Any = None) -> Any:
        return _watched(super()._get_conn(timeout))


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    def _get_conn(self, timeout: Any = None) -> Any:
        return _watched(super()._get_conn(timeout))


def _watched(connection: Any) -> Any:
    watch = current_watch()
    if watch is not None:
        watch.watch(connection)
    return connection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        # requests folds slashes at the beginning of a path, where `/` and `//` are two resources.
        url = super().request_url(request, proxies)
        path = request.path_url
        return path if path.startswith("//") and url == "/" + path.lstrip("/") else url


class RequestsTransport:
    """Sends calls by a session of requests: the user's own, or one that is made when it is first needed."""

    def __init__(self, session: requests.Session | None, *, user_agent: str, app: Any = None, base_url: str = ""):
        self._own = session is None
        self.session = session if session is not None else _new_session(user_agent)
        self._ordinary = _is_overridden(self.session)
        if app is not None:
            from restpath.edge.wsgi import wsgi_adapter

            self.session.mount(base_url, wsgi_adapter(app))

    def close(self) -> None:
        """Close the connections, if the session is not the user's own."""
        if self._own:
            self.session.close()

    def has_auth(self, call: Call, names: list[str]) -> bool:
        """Tell whether the session itself authenticates: its `auth`, a header field of these names, or the netrc."""
        held = CaseInsensitiveDict(self.session.headers)
        return bool(self.session.auth or any(name in held for name in names) or self._netrc(call))

    def _netrc(self, call: Call) -> Any:
        return requests.utils.get_netrc_auth(call.url) if self.session.trust_env else None

    def send(self, call: Call, sending: Sending, proof: Proof, *, timeout: Timeout, auth: Any, trusted: bool) -> Answer:
        """
        Send a call once, following nothing.

        Args:
            call: what to send.
            sending: its body, opened.
            proof: what its credentials add.
            timeout: as requests has it.
            auth: what the caller gave as `auth=`, or UNSET for the session's.
            trusted: whether this is the origin that the credentials are for; no other gets any, or the session's
                own header fields.
        Raises:
            TransportError: no answer came.
            InvalidValue: the call cannot be sent at all.
        """
        failure: Exception
        try:
            return Answer(self._exchange(call, sending, proof, timeout, auth, trusted), call, proof)
        except InvalidValue:
            raise
        except requests.exceptions.InvalidURL as error:
            failure = InvalidValue(f"{call.described()} cannot be sent: {_clean(error, proof)}")
        except (requests.exceptions.InvalidHeader, UnicodeError) as error:
            failure = InvalidValue(f"{call.described()} has a header field that cannot be sent: {_clean(error, proof)}")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failure = _sending_error(error, call, proof)
        # Raised outside the handler, so that no foreign error with its request hangs on as the context.
        raise failure

    def _exchange(
        self, call: Call, sending: Sending, proof: Proof, timeout: Timeout, auth: Any, trusted: bool
    ) -> requests.Response:
        headers = _own_headers(call, sending, proof)
        url = _with_proof(call.url, proof)
        if self._ordinary:
            own_auth = {} if auth is _unset() else {"auth": auth}
            return self.session.request(
                call.method, url, headers={**headers, **dict.fromkeys(call.absent_headers)}, data=_sized(sending.body),
                timeout=timeout, allow_redirects=False, stream=True, **own_auth,
            )  # fmt: skip
        request = self._prepared(call, url, headers, sending, proof, auth, trusted)
        settings = self.session.merge_environment_settings(request.url, {}, True, None, None)
        return self.session.send(request, timeout=timeout, allow_redirects=False, **settings)

    def _prepared(
        self, call: Call, url: str, headers: dict[str, str], sending: Sending, proof: Proof, auth: Any, trusted: bool
    ) -> requests.PreparedRequest:
        """Build the request as `Session.prepare_request` would, without its rewriting of the URL."""
        session = self.session
        request = requests.PreparedRequest()
        request.method, request.url, request.body = call.method, url, sending.body  # type: ignore[assignment]
        if session.params and trusted:
            request.prepare_url(url, session.params)  # type: ignore[arg-type]
        merged: CaseInsensitiveDict[Any] = CaseInsensitiveDict(
            session.headers if trusted else {name: session.headers.get(name) for name in _HARMLESS_OF_SESSION}
        )
        merged.update(headers)
        for name in call.absent_headers:
            merged.pop(name, None)
        request.headers = CaseInsensitiveDict((name, value) for name, value in merged.items() if value is not None)
        request.hooks = {event: list(_listed(hooks)) for event, hooks in session.hooks.items()}
        # Session.send copies this jar when it prepares a redirect: None would make it fail there.
        request._cookies = session.cookies  # type: ignore[attr-defined]
        if len(session.cookies):
            request.prepare_cookies(session.cookies)
        if trusted:
            chosen = self._auth(call, auth, proof)
            if chosen is not None:
                request.prepare_auth(chosen, url)
        return request

    def _auth(self, call: Call, auth: Any, proof: Proof) -> Any:
        """The nearest wins: the call's own header field, `auth=`, the session's; the netrc where there is none else."""
        if call.has_header("authorization") or any(name.lower() == "authorization" for name, _ in proof.headers):
            return None
        if auth is not _unset():
            return auth
        return self.session.auth or (None if proof else self._netrc(call))


_HARMLESS_OF_SESSION = ("User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Connection")


def _unset() -> Unset:
    from restpath.types import UNSET

    return UNSET


def _new_session(user_agent: str) -> requests.Session:
    session = _Session()
    session.headers["User-Agent"] = user_agent
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=_POOL_SIZE))
    return session


def _is_overridden(session: requests.Session) -> bool:
    """Whether a session has ways of its own, which a hand-built request would pass by."""
    names = ("request", "prepare_request", "send")
    return any(
        name in vars(session) or getattr(type(session), name) is not getattr(requests.Session, name) for name in names
    )


def _listed(hooks: Any) -> Any:
    return hooks if isinstance(hooks, (list, tuple)) else [hooks]


class _SizedBody:
    """A streamed body whose length requests can see, for the ordinary way."""

    def __init__(self, body: StreamedBody, length: int) -> None:
        self._body, self._length = body, length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)


def _sized(body: bytes | StreamedBody | None) -> Any:
    if isinstance(body, StreamedBody) and body.length is not None:
        return _SizedBody(body, body.length)
    return body


def _own_headers(call: Call, sending: Sending, proof: Proof) -> dict[str, str]:
    """The header fields of a call: its own over those of its credentials, and those that tell of its body."""
    headers = {name: secret.reveal() for name, secret in proof.headers if not call.has_header(name)}
    for name, value in call.headers.lines():
        headers[name] = value
    headers.update({name: secret.reveal() for name, secret in call.secret_headers})
    if sending.content_type is not None:
        for name in [name for name in headers if name.lower() == "content-type"]:
            del headers[name]
        headers["Content-Type"] = sending.content_type
    body = sending.body  # type: ignore[assignment]
    length = body.length if isinstance(body, StreamedBody) else len(body or b"")
    if length is None:
        headers["Transfer-Encoding"] = "chunked"
    elif body is not None or call.method not in ("GET", "HEAD"):
        headers["Content-Length"] = str(length)
    return headers


def _with_proof(url: str, proof: Proof) -> str:
    for name, secret in proof.query:
        url += f"{'&' if '?' in url else '?'}{quote(name, safe='')}={quote(secret.reveal(), safe='')}"
    return url


# ---- foreign errors ----------------------------------------------------------------------------------------------


def _clean(error: BaseException, proof: Proof) -> str:
    """The words of a foreign error without the secrets of its URL."""
    text = mask_url(str(error))
    for _, secret in (*proof.headers, *proof.query):
        for form in {secret.reveal(), quote(secret.reveal(), safe="")}:
            text = text.replace(form, MASK) if form else text
    return text


def _cause(error: BaseException, proof: Proof) -> BaseException:
    """A foreign error of the same class with clean words, and without the request it carries."""
    clean: BaseException = type(error).__new__(type(error))
    clean.args = (_clean(error, proof),)
    for name in ("request", "response"):
        if hasattr(error, name):
            setattr(clean, name, None)
    return clean


def _sending_error(error: Exception, call: Call, proof: Proof) -> TransportError:
    """Say what became of a call that got no answer, and whether it may have been carried out."""
    inner = _innermost(error)
    kind: type[TransportError] = ConnectionFailed
    happened = True
    if isinstance(error, requests.exceptions.ConnectTimeout):
        kind, happened = TimeoutError_, False
    elif isinstance(error, requests.exceptions.Timeout) or isinstance(inner, urllib3.exceptions.ReadTimeoutError):
        kind = TimeoutError_
    elif isinstance(error, requests.exceptions.SSLError) or isinstance(inner, urllib3.exceptions.SSLError):
        kind, happened = TLSError, False
    elif isinstance(error, requests.exceptions.ProxyError):
        happened = False
    elif isinstance(inner, urllib3.exceptions.NewConnectionError):
        happened = False
    elif isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        kind = BadReply
    fate = "the service may have carried it out" if happened else "nothing was sent"
    failure = kind(
        f"{call.described()} got no answer: {_clean(inner, proof)} ({fate})", call=call, may_have_happened=happened
    )
    failure.__cause__ = _cause(error, proof)
    return failure


def _reading_error(error: Exception, call: Call, proof: Proof) -> TransportError:
    inner = _innermost(error)
    timed_out = isinstance(inner, (urllib3.exceptions.ReadTimeoutError, TimeoutError))
    kind = TimeoutError_ if timed_out else BadReply
    failure = kind(f"{call.described()} was answered, but not to the end: {_clean(inner, proof)}", call=call)
    failure.__cause__ = _cause(error, proof)
    return failure


def _innermost(error: BaseException) -> BaseException:
    """What a chain of wrapped errors began with, as far as it says something."""
    seen = 0
    while seen < 8:
        seen += 1
        wrapped = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(wrapped, BaseException):
            break
        error = wrapped
    return error
