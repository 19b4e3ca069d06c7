"""
The transport: the only place that knows `requests`.

Takes a `Call`, what its credentials add, and settings; gives an `Answer` whose bytes are still to come. What is plain
enough goes the way of `quick`; else a hand-built `PreparedRequest` goes through `Session.send` and an adapter whose
`send` is not overridden, so that what intercepts requests (responses, requests-mock, vcrpy) intercepts this. Every
foreign error leaves as one of ours, see `failures`.
Source: requests' documented order of sessions, environment and calls; RFC 9110 for what may be sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from restpath.auth.schemes import Proof
from restpath.body import FORM, encode_form
from restpath.call import Call, fields_place
from restpath.edge.answer import Answer
from restpath.edge.deadline import current_watch
from restpath.edge.quick import QuickWay
from restpath.edge.wire import StrictResponse
from restpath.masking import Secret
from restpath.records import dataclass, field
from restpath.types import UNSET, Limits

if TYPE_CHECKING:  # files and failures import what they need when there are some
    from restpath.errors import RestpathError
    from restpath.multipart import StreamedBody

__all__ = ["RequestsTransport", "Sending", "open_sending", "renewed_sending"]

_POOL_SIZE = 32


@dataclass(frozen=True)
class Sending:
    """A call's body with what proves who calls, opened once for all tries. Close it when the call is done."""

    body: bytes | StreamedBody | None = field(repr=False)
    content_type: str | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the body can be sent again."""
        return self.body is None or isinstance(self.body, bytes) or self.body.rewindable

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.body is not None and not isinstance(self.body, bytes):
            self.body.close()


def open_sending(call: Call, proof: Proof) -> Sending:
    """
    Open what a call names, before anything is sent.

    Raises:
        InvalidValue: a file is missing, closed or unreadable.
    """
    place = fields_place(call)
    added = [(name, secret.reveal()) for name, secret in proof.fields] if place != "query" else []
    if call.files:
        from restpath.multipart import field_part, open_multipart

        names = {part.name for part in call.files}
        body = open_multipart((*(field_part(name, text) for name, text in added if name not in names), *call.files))
        said = call.headers.get("content-type", "")
        # A multipart type without its boundary could not be read by anyone.
        return Sending(body, body.content_type if not said or said.lower().startswith("multipart/") else said)
    if call.body is not None and not isinstance(call.body, bytes):
        from restpath.multipart import open_body

        return Sending(open_body(call.body))
    if added:
        return _form_sending(call.body or b"", added, call.headers.get("content-type", FORM))
    return Sending(call.body)


def _form_sending(form: bytes, added: list[tuple[str, str]], content_type: str) -> Sending:
    taken = {name for name, _ in parse_qsl(form.decode("ascii", "replace"), keep_blank_values=True)}
    more = encode_form([(name, text) for name, text in added if name not in taken])
    return Sending(b"&".join(each for each in (form, more) if each), content_type)


def renewed_sending(call: Call, sending: Sending, before: Proof, proof: Proof) -> Sending | None:
    """Give what is sent when a proof has changed; None where what was opened can neither be used nor opened again."""
    if before.fields == proof.fields or fields_place(call) == "query":
        return sending if sending.repeatable else None
    return open_sending(call, proof) if sending.body is None or isinstance(sending.body, bytes) else None


class _Detour:
    """
    The last of the response hooks: keeps `Session.send` from following an answer in its thoughts.

    Told to follow nothing, it prepares the next request all the same: reads the answer whole, and fails on a
    `Location` that is no URL. Hidden until it is done, the `Location` leads nowhere.
    """

    def __init__(self, *, hiding: bool) -> None:
        self._hiding = hiding
        self.response: requests.Response | None = None
        self._location: str | None = None

    def __call__(self, response: requests.Response, **settings: Any) -> None:
        self.response = response
        if self._hiding:
            self._location = response.headers.pop("location", None)

    def undo(self) -> None:
        """Give the answer back as it came."""
        if self.response is not None and self._location is not None:
            self.response.headers["Location"] = self._location


class _HTTPPool(urllib3.HTTPConnectionPool):
    """A pool whose connections read answers to the letter, and tell the call's watchdog which socket they use."""

    def _get_conn(self, timeout: Any = None) -> Any:
        return _strict(super()._get_conn(timeout))


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    def _get_conn(self, timeout: Any = None) -> Any:
        return _strict(super()._get_conn(timeout))


def _strict(connection: Any) -> Any:
    # Set on the connection, not by a class of one's own: vcrpy puts its own class in the pool's place for one.
    connection.response_class = StrictResponse
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


# Pools that a fork left behind: closing them could wait for a lock that no thread here will ever give back.
_of_the_parent: list[Any] = []


class RequestsTransport:
    """Sends calls by a session of requests: the user's own, or one that is made when it is first needed."""

    def __init__(self, session: requests.Session | None, *, user_agent: str, app: Any = None, base_url: str = ""):
        self._own = session is None
        self.session = session if session is not None else _new_session(user_agent)
        self._mounted: dict[str, Any] = {}
        self._quick = QuickWay(self.session, (HTTPAdapter, _Adapter))
        if app is not None:
            self._mount(app, base_url)

    def _mount(self, app: Any, base_url: str) -> None:
        """Put an application in place of the network; on the user's own session for its own origin alone."""
        from restpath.edge.wsgi import wsgi_adapter

        parts = urlsplit(base_url)
        adapter = wsgi_adapter(app)
        for prefix in ("https://", "http://") if self._own else (f"{parts.scheme}://{parts.netloc}",):
            self._mounted[prefix] = (adapter, self.session.adapters.get(prefix))
            self.session.mount(prefix, adapter)

    def close(self) -> None:
        """Close the connections, if the session is not the user's own; that one gets its adapters back."""
        if self._own:
            self.session.close()
            return
        for prefix, (adapter, before) in self._mounted.items():
            if self.session.adapters.get(prefix) is adapter:
                del self.session.adapters[prefix]
                if before is not None:
                    self.session.mount(prefix, before)

    def after_fork(self) -> None:
        """In a child process: give the session's adapters new pools, and its cookies a new lock."""
        for adapter in self.session.adapters.values():
            if isinstance(adapter, HTTPAdapter):
                _of_the_parent.extend((adapter.poolmanager, adapter.proxy_manager))
                state = vars(adapter)
                adapter.proxy_manager = {}
                adapter.init_poolmanager(state["_pool_connections"], state["_pool_maxsize"], block=state["_pool_block"])
        vars(self.session.cookies)["_cookies_lock"] = threading.RLock()

    @property
    def max_redirects(self) -> int:
        """How many redirects the session allows."""
        return self.session.max_redirects

    def session_proves(self, names: list[str]) -> bool:
        """Tell whether the session says who calls: by its `auth`, a header field or a parameter of these names."""
        params = self.session.params if isinstance(self.session.params, Mapping) else {}
        held = CaseInsensitiveDict({**params, **self.session.headers})
        return bool(self.session.auth or any(held.get(name) is not None for name in names))

    def netrc_proves(self, call: Call) -> bool:
        """Tell whether the netrc has an entry for a call."""
        return self._netrc(call.url) is not None

    def _netrc(self, url: str) -> Any:
        return requests.utils.get_netrc_auth(url) if self.session.trust_env else None

    def send(
        self, call: Call, sending: Sending, proof: Proof, *, timeout: Limits, auth: Any, trusted: bool,
        quickly: bool = True,
    ) -> Answer:  # fmt: skip
        """
        Send a call once, following nothing.

        Args:
            call: what to send.
            sending: its body, opened.
            proof: what its credentials add.
            timeout: as requests has it.
            auth: what the caller gave as `auth=`, None for nothing at all, or UNSET for the session's.
            trusted: whether this is the origin that the credentials are for; no other gets any, or the session's
                own header fields, parameters and client certificate.
            quickly: False for a call that is known not to go the quick way.
        Raises:
            TransportError: no answer came.
            InvalidValue: the call cannot be sent at all.
        """
        try:
            body = sending.body
            quickly = quickly and trusted and sending.content_type is None
            if quickly and (body is None or isinstance(body, bytes)):
                answer = self._quick.send(call, body, proof, timeout=timeout, auth=auth)
                if answer is not None:
                    return answer
            return Answer(self._exchange(call, sending, proof, timeout, auth, trusted), call, proof)
        except requests.HTTPError as error:  # what a hook makes of an error status; we do that, too
            if error.response is not None:
                return Answer(error.response, call, proof)
            failure = _failure(error, call, proof)
        except Exception as error:
            from restpath.edge.failures import is_from_callback

            failure = None if is_from_callback(error) else _failure(error, call, proof)
            if failure is None:
                raise
        # Raised outside the handler, so that no foreign error with its request hangs on as the context.
        raise failure or AssertionError

    def send_quickly(
        self, call: Call, body: bytes | None, proof: Proof, *, timeout: Limits, auth: Any
    ) -> Answer | None:
        """
        Send a call to the origin that the credentials are for, if it can go the quick way; None if not.

        Raises:
            TransportError, InvalidValue: as `send` does.
        """
        try:
            return self._quick.send(call, body, proof, timeout=timeout, auth=auth)
        except Exception as error:
            failure = _failure(error, call, proof)
            if failure is None:
                raise
        raise failure

    def _exchange(
        self, call: Call, sending: Sending, proof: Proof, timeout: Limits, auth: Any, trusted: bool
    ) -> requests.Response:
        url, headers = _with_proof(call, proof), _own_headers(call, sending, proof)
        auth = _chosen_auth(call, auth, proof, self.session.auth)
        if trusted and _prepares_by_itself(self.session):
            return self._send_ordinarily(call, url, headers, sending, timeout, auth)
        request = self._prepared(call, url, headers, sending, auth, trusted)
        detour = _Detour(hiding=True)
        request.hooks["response"].append(detour)
        settings = self.session.merge_environment_settings(request.url, {}, True, None, None)
        if not trusted:
            settings["cert"] = None
        try:
            return self.session.send(request, timeout=timeout, allow_redirects=False, **settings)
        finally:
            detour.undo()

    def _send_ordinarily(
        self, call: Call, url: str, headers: dict[str, str], sending: Sending, timeout: Limits, auth: Any
    ) -> requests.Response:
        """Send by `Session.request`, for a session that has ways of its own."""
        detour = _Detour(hiding=False)  # it may keep the answer for later
        hooks = {event: _listed(each) for event, each in self.session.hooks.items()}
        hooks["response"] = [*hooks.get("response", []), detour]
        own_auth = {} if auth is UNSET else {"auth": auth}
        try:
            return self.session.request(
                call.method, url, headers={**headers, **dict.fromkeys(call.absent_headers)}, data=_sized(sending.body),
                timeout=timeout, allow_redirects=False, stream=True, hooks=hooks, **own_auth,
            )  # fmt: skip
        except Exception:
            if detour.response is None or not detour.response.is_redirect:
                raise
            return detour.response

    def _prepared(
        self, call: Call, url: str, headers: dict[str, str], sending: Sending, auth: Any, trusted: bool
    ) -> requests.PreparedRequest:
        """Build the request as `Session.prepare_request` would, without its rewriting of the URL."""
        session = self.session
        request = requests.PreparedRequest()
        request.method, request.body = call.method, sending.body  # type: ignore[assignment]
        request.url = _with_params(url, session.params) if trusted else url
        merged: CaseInsensitiveDict[Any] = CaseInsensitiveDict(
            session.headers if trusted else {name: session.headers.get(name) for name in _HARMLESS_OF_SESSION}
        )
        merged.update(headers)
        for name in call.absent_headers:
            merged.pop(name, None)
        request.prepare_headers({name: value for name, value in merged.items() if value is not None})
        # The session's own jar and no copy, which could not be made while another thread fills it; and never None,
        # of which whoever copies the request (digest, Session.send) makes an error.
        if trusted:
            own = request.headers.get("Cookie")
            request.prepare_cookies(session.cookies)
            if own is not None and request.headers.get("Cookie") != own:  # requests would put the jar's in its place
                request.headers["Cookie"] = f"{request.headers['Cookie']}; {own}"
        else:  # cookies know hosts and no ports: another origin of the same host would get them
            request._cookies = session.cookies  # type: ignore[attr-defined]
        if auth is UNSET and trusted:
            auth = session.auth or (None if "Authorization" in request.headers else self._netrc(url))
        if trusted and auth not in (UNSET, None):
            request.prepare_auth(auth, url)
        request.prepare_hooks(session.hooks)  # after those of the authentication, as requests does
        return request


def _failure(error: Exception, call: Call, proof: Proof) -> RestpathError | None:
    from restpath.edge.failures import sending_failure

    return sending_failure(error, call, proof)


_HARMLESS_OF_SESSION = ("User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Connection")


def _chosen_auth(call: Call, auth: Any, proof: Proof, session_auth: Any) -> Any:
    """The nearest wins: the call's own header field, `connect`, `auth=`; UNSET where it is the session's to say."""
    if call.has_header("authorization") or any(name.lower() == "authorization" for name, _ in proof.headers):
        return _no_auth
    if auth is not UNSET:
        return auth or _no_auth
    return _no_auth if proof and not session_auth else UNSET  # the netrc comes last


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _with_params(url: str, params: Any) -> str:
    """Add the session's own parameters, as requests encodes them, but for those that the call has itself."""
    if not params or not isinstance(params, Mapping):  # requests, too, leaves out what is no mapping
        return url
    taken = _query_names(url)
    given = {name: value for name, value in params.items() if value is not None and name not in taken}
    if not given:
        return url
    text = urlsplit(requests.Request("GET", "http://localhost/", params=given).prepare().url or "").query
    return f"{url}{'&' if '?' in url else '?'}{text}" if text else url


def _new_session(user_agent: str) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = user_agent
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=_POOL_SIZE))
    return session


def _prepares_by_itself(session: requests.Session) -> bool:
    """Whether a session has ways of its own, which a hand-built request would pass by."""
    names = ("request", "prepare_request", "send")
    return any(
        name in vars(session) or getattr(type(session), name) is not getattr(requests.Session, name) for name in names
    )


def _listed(hooks: Any) -> list[Any]:
    return list(hooks) if isinstance(hooks, (list, tuple)) else [hooks]


class _SizedBody:
    """A streamed body whose length requests can see, for the ordinary way."""

    def __init__(self, body: StreamedBody, length: int) -> None:
        self._body, self._length = body, length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)


def _sized(body: bytes | StreamedBody | None) -> Any:
    if body is not None and not isinstance(body, bytes) and body.length is not None:
        return _SizedBody(body, body.length) if body.length else b""  # requests would send nothing in chunks
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
    body = sending.body
    length = len(body or b"") if body is None or isinstance(body, bytes) else body.length
    if length is None:
        headers["Transfer-Encoding"] = "chunked"
    elif body is not None or call.method not in ("GET", "HEAD"):
        headers = {name: value for name, value in headers.items() if name.lower() not in _LENGTHS}
        headers["Content-Length"] = str(length)
    return headers


_LENGTHS = ("content-length", "transfer-encoding")


def _with_proof(call: Call, proof: Proof) -> str:
    """The URL with what proves who calls, but for what the call says itself."""
    url = call.url
    added: tuple[tuple[str, Secret], ...] = proof.query
    if proof.fields and fields_place(call) == "query":
        added = (*added, *proof.fields)
    taken = _query_names(url) if added else set()
    for name, secret in added:
        if name in taken:
            continue
        url += f"{'&' if '?' in url else '?'}{quote(name, safe='')}={quote(secret.reveal(), safe='')}"
    return url


def _query_names(url: str) -> set[str]:
    return {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
