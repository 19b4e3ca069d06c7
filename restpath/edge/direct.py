"""
Straight to urllib3's pools, past `Session.send` and `HTTPAdapter.send`: what `quick` and `early` have in common.

Takes what a session brings to all calls to an origin, and a call; gives an `Answer`, or None where the ordinary way has
to be taken. Errors leave as requests raises them. Does without requests itself, which takes as long to import as a
hundred calls take, until something of it is needed.
Source: what `Session.request` of requests 2.32 to 2.34 does, step by step.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import urllib3
from urllib3 import exceptions as wire

from restpath.auth.schemes import BasicLogin, Proof, basic_header
from restpath.call import Call
from restpath.edge.answer import Answer, DirectAnswer
from restpath.types import UNSET, Limits

__all__ = ["Asked", "Route", "Way"]

# ---- what holds for all calls to an origin -------------------------------------------------------------------------

# Fields that requests or urllib3 have ways of their own with.
_ELSEWHERE = frozenset({"content-length", "transfer-encoding", "cookie", "host"})
# Tests of texts, and no patterns: to compile one takes as long as a hundred calls take by it.
_FIELD_NAME = frozenset("!#$%&'*+.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_ADDRESS = frozenset("abcdef0123456789:")


class Route:
    """
    What is brought to every call to one origin, worked out once.

    Attributes:
        pool: urllib3's, that leads there; None where the ordinary way has to be taken.
        retries: urllib3's own.
    """

    pool: Any = None
    retries: Any = None

    def __init__(self, origin: str, lines: list[Any]) -> None:
        self._origin, self._lines = origin, lines
        self._merged: tuple[Proof, dict[str, str], dict[str, str]] | None = None
        self._netrc: Any = UNSET

    def headers_for(self, call: Call, body: bytes | None, proof: Proof, auth: Any) -> dict[str, str] | None:
        """The header fields of a call, merged as requests does it; None where only the ordinary way can."""
        merged = self._merged
        if merged is None or merged[0] is not proof:
            merged = self._merged = self._merge(proof)
        lines = call.headers.lines()
        if merged is None or call.secret_headers or len(lines) != len(call.headers):
            return None
        names, headers = merged[2], merged[1].copy()
        for name, value in lines:
            key = name.lower()
            if key in _ELSEWHERE or key == "authorization" or not _is_plain(value):
                return None
            headers.pop(names.get(key, name), None)
            headers[name] = value
        own = self._authorization(names, proof, auth)
        if own is None:
            return None
        if own:
            headers.pop(names.get("authorization", ""), None)
            headers["Authorization"] = own
        cookies = self._cookies(call, headers)
        if cookies is not None:
            headers["Cookie"] = cookies
        if body is not None or call.method not in ("GET", "HEAD"):
            headers["Content-Length"] = str(len(body or b""))
        return headers

    def _merge(self, proof: Proof) -> tuple[Proof, dict[str, str], dict[str, str]] | None:
        """The session's header fields with the proof's over them, and their names by those in lower case."""
        merged: dict[str, tuple[str, str]] = {}
        for name, value in [*self._lines, *((name, secret.reveal()) for name, secret in proof.headers)]:
            if value is None:
                continue
            if not isinstance(name, str) or not isinstance(value, str) or not name or name.lower() in _ELSEWHERE:
                return None
            if not _FIELD_NAME.issuperset(name) or not (value == "" or _is_plain(value)):
                return None
            merged[name.lower()] = name, value
        return proof, dict(merged.values()), {key: name for key, (name, _) in merged.items()}

    def _authorization(self, names: dict[str, str], proof: Proof, auth: Any) -> str | None:
        """What an `auth` writes into the header field; "" where there is none, None where it does more than that."""
        own = self._own_auth()
        if auth is UNSET and not own:
            if proof or "authorization" in names:
                return ""
            if self._netrc is UNSET:
                self._netrc = self._netrc_login()
            auth = self._netrc
        elif proof and any(name.lower() == "authorization" for name, _ in proof.headers):
            return ""
        elif auth is UNSET:
            auth = own
        if not auth:
            return ""
        return basic_header(auth.name, auth.password) if type(auth) is BasicLogin else self._written(auth)

    def _own_auth(self) -> Any:
        """The session's `auth`."""
        return None

    def _netrc_login(self) -> Any:
        """What the netrc has for the origin; None for nothing."""
        raise NotImplementedError

    def _written(self, auth: Any) -> str | None:
        """What an `auth` that is none of ours writes into `Authorization`; None for one that does more than that."""
        return None

    def _cookies(self, call: Call, headers: dict[str, str]) -> str | None:
        """The cookies that go with a call."""
        return None


def _is_plain(value: str) -> bool:
    """Whether a field's value is ASCII that can be seen, with spaces and tabs behind the first of it."""
    return value.isascii() and value.replace("\t", " ").isprintable() and value[:1] not in ("", " ", "\t")


def _parted(url: str) -> tuple[str, str] | None:
    """An origin in its normal form, and a path with its query that is sent as it stands; None for other URLs."""
    mark = url.find("?")
    end = mark if mark >= 0 else len(url)
    slash = url.find("/", len("http://x"), end)
    start = slash if slash >= 0 else end
    origin, target = url[:start], url[start:]
    is_plain = target.isascii() and target.isprintable() and not target.startswith("//")
    return (origin, target) if is_plain and " " not in target and "#" not in target and _is_normal(origin) else None


@lru_cache(maxsize=256)
def _is_normal(origin: str) -> bool:
    """Whether an origin is as RFC 3986 section 6.2 would have it, but for its port."""
    scheme, _, authority = origin.partition("://")
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, "80"
    known, host = (_ADDRESS, host[1:-1]) if host.startswith("[") and host.endswith("]") else (_HOST, host)
    is_port = port.isascii() and port.isdigit()
    return scheme in ("http", "https") and is_port and host != "" and known.issuperset(host)


# ---- sending -------------------------------------------------------------------------------------------------------


class Way:
    """A way of sending; what leads where is for the one who knows what is brought to the calls."""

    def send(self, call: Call, body: bytes | None, proof: Proof, *, timeout: Limits, auth: Any) -> Answer | None:
        """
        Send a call once, following nothing.

        Args:
            call: what to send, without files.
            body: its body.
            proof: what its credentials add.
            timeout: as requests has it.
            auth: what the caller gave as `auth=`; UNSET for the session's.
        Returns:
            the answer; None where nothing was sent and the ordinary way is to be taken.
        Raises:
            Exception: as `Session.request` raises it.
        """
        url = call.url
        parted = _parted(url)
        if parted is None or url[-1] == "?" or proof.query or proof.fields or call.absent_headers:
            return None
        origin, target = parted
        route = self._route(url, origin)
        headers = route.headers_for(call, body, proof, auth) if route is not None else None
        if route is None or headers is None:
            return None
        raw = _sent(route, call.method, target if target[:1] == "/" else f"/{target}", headers, body, timeout)
        if raw is None:
            return None
        if "set-cookie" in raw.headers or "set-cookie2" in raw.headers:
            self._keep_cookies(Asked(call, headers), raw)
        return DirectAnswer(raw, call, proof)

    def _route(self, url: str, origin: str) -> Route | None:
        """What holds for an origin; None where this way does not lead there."""
        raise NotImplementedError

    def _keep_cookies(self, asked: Any, raw: Any) -> None:
        """Keep what an answer says in `Set-Cookie`."""
        raise NotImplementedError


class Asked:
    """What requests' cookies want to know of a request."""

    def __init__(self, call: Call, headers: dict[str, str]) -> None:
        self.url, self.method, self.headers = call.url, call.method, headers


def _sent(route: Route, method: str, target: str, headers: dict[str, str], body: bytes | None, timeout: Limits) -> Any:
    """Send as `HTTPAdapter.send` does; None where the pool was closed a moment ago."""
    try:
        return route.pool.urlopen(
            method=method, url=target, body=body, headers=headers, retries=route.retries, redirect=False,
            assert_same_host=False, timeout=_both(timeout), preload_content=False, decode_content=False,
        )  # fmt: skip
    except wire.ClosedPoolError:
        return None
    except Exception as error:
        from restpath.edge.failures import as_requests_says

        failure = as_requests_says(error)
        if failure is None:
            raise
        raise failure from error


@lru_cache(maxsize=32)
def _both(limits: Limits) -> urllib3.Timeout:
    connect, read = limits if isinstance(limits, tuple) else (limits, limits)
    return urllib3.Timeout(connect=connect, read=read)
