"""
The ordinary way to send: a hand-built `PreparedRequest` through `Session.send`, and an adapter whose `send` is not
overridden, so that what intercepts requests (responses, requests-mock, vcrpy) intercepts this.

Takes a session, a call that is opened and what its credentials add; gives the answer as requests gives it, unread.
Source: requests' documented order of sessions, environment and calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.carried import fields_place
from restpath.masking import Secret
from restpath.types import UNSET, Limits

if TYPE_CHECKING:
    from restpath.edge.sending import Sending
    from restpath.multipart import StreamedBody

__all__ = ["exchange", "netrc_login"]


def netrc_login(session: requests.Session, url: str) -> Any:
    """Give the name and password that the netrc has for a URL; None where there are none, or it is not to be read."""
    return requests.utils.get_netrc_auth(url) if session.trust_env else None


def exchange(
    session: requests.Session, call: Call, sending: Sending, proof: Proof, timeout: Limits, auth: Any, trusted: bool
) -> requests.Response:
    """
    Send a call once, following nothing; see `RequestsTransport.send` for the arguments.

    Raises:
        Exception: as `Session.request` raises it.
    """
    url, headers = _with_proof(call, proof), _own_headers(call, sending, proof)
    auth = _chosen_auth(call, auth, proof, session.auth)
    if trusted and _prepares_by_itself(session):
        return _send_by_itself(session, call, url, headers, sending, timeout, auth)
    request = _prepared(session, call, url, headers, sending, auth, trusted)
    detour = _Detour(hiding=True)
    request.hooks["response"].append(detour)
    settings = session.merge_environment_settings(request.url, {}, True, None, None)
    if not trusted:
        settings["cert"] = None
    try:
        return session.send(request, timeout=timeout, allow_redirects=False, **settings)
    finally:
        detour.undo()


def _send_by_itself(
    session: requests.Session,
    call: Call,
    url: str,
    headers: dict[str, str],
    sending: Sending,
    timeout: Limits,
    auth: Any,
) -> requests.Response:
    """Send by `Session.request`, for a session that has ways of its own."""
    detour = _Detour(hiding=False)  # it may keep the answer for later
    hooks = {event: _listed(each) for event, each in session.hooks.items()}
    hooks["response"] = [*hooks.get("response", []), detour]
    own_auth = {} if auth is UNSET else {"auth": auth}
    try:
        return session.request(
            call.method, url, headers={**headers, **dict.fromkeys(call.absent_headers)}, data=_sized(sending.body),
            timeout=timeout, allow_redirects=False, stream=True, hooks=hooks, **own_auth,
        )  # fmt: skip
    except Exception:
        if detour.response is None or not detour.response.is_redirect:
            raise
        return detour.response


def _prepared(
    session: requests.Session, call: Call, url: str, headers: dict[str, str], sending: Sending, auth: Any, trusted: bool
) -> requests.PreparedRequest:
    """Build the request as `Session.prepare_request` would, without its rewriting of the URL."""
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
        auth = session.auth or (None if "Authorization" in request.headers else netrc_login(session, url))
    if trusted and auth not in (UNSET, None):
        request.prepare_auth(auth, url)
    request.prepare_hooks(session.hooks)  # after those of the authentication, as requests does
    return request


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
