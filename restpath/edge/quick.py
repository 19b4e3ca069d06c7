"""
The quick way to send: past `Session.send` and `HTTPAdapter.send`, straight to urllib3's pool, where nobody can tell.

Takes a call without files to the origin that the credentials are for; gives an `Answer`, or None where the ordinary way
has to be taken, with the same result. That is so whenever the session or requests itself is not as it comes: a class of
its own, other adapters, hooks, parameters, proxies, an `auth` that does more than write a header field, or functions
that somebody has put others in the place of (responses, requests-mock, tracing). What holds for all calls to an origin
is worked out once, as a `_Route`, and looked at again before each call: the session's header fields, proxies, `verify`,
`cert`, adapters, the environment. The netrc is read once per route. Cookies are sent and kept as requests does.
With urllib3 1.26, or requests before 2.32, whose pools know nothing of TLS settings, all calls go the ordinary way.
Source: what `Session.request` of requests 2.32 to 2.34 does, step by step; tests/edge/test_quick.py compares the two.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from types import FunctionType
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, _basic_auth_str
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header
from requests.structures import CaseInsensitiveDict
from requests.utils import check_header_validity, get_netrc_auth, select_proxy
from urllib3 import exceptions as wire

from restpath.auth.schemes import BasicLogin, Proof, basic_header
from restpath.call import Call
from restpath.edge.answer import Answer, shortfall
from restpath.edge.environment import Environment, environment_now
from restpath.errors import BadReply
from restpath.types import UNSET, Limits

__all__ = ["IS_KNOWN", "QuickWay"]

# Whether these are versions of requests and urllib3 whose doings are known here.
_OLD_POOLS = str(vars(urllib3)["__version__"]).startswith("1.")
IS_KNOWN = hasattr(HTTPAdapter, "get_connection_with_tls_context") and not _OLD_POOLS


class QuickWay:
    """
    The quick way of one session.

    Args:
        session: whose calls these are.
        adapters: the classes of adapters that are passed by: requests' own, and those that only make other pools.
    """

    def __init__(self, session: requests.Session, adapters: tuple[type[HTTPAdapter], ...]) -> None:
        self._session, self._adapters = session, adapters
        self._routes: dict[str, _Route] = {}

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
        parted = _parted(url) if IS_KNOWN else None
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
            asked: Any = _Asked(call, headers)
            extract_cookies_to_jar(self._session.cookies, asked, raw)  # type: ignore[no-untyped-call]
        came: Any = _Came(raw)
        return _QuickAnswer(came, call, proof)

    def _route(self, url: str, origin: str) -> _Route | None:
        """What holds for an origin; None where the quick way does not lead there."""
        environment = environment_now()
        route = self._routes.get(origin)
        if route is None or not route.holds(url, environment):
            if not _is_untouched() or not _is_plain(self._session):
                return None
            try:
                route = _Route(self._session, self._adapters, environment, url, origin)
            except Exception:  # the ordinary way tells what is wrong
                return None
            self._routes[origin] = route
        return None if route.pool is None else route


# ---- whether all is as requests has it -----------------------------------------------------------------------------

_NO_HOOKS: dict[str, list[Any]] = {"response": []}
_OF_SESSION = frozenset(requests.Session.__attrs__)
_OF_ADAPTER = frozenset({*HTTPAdapter.__attrs__, "proxy_manager", "poolmanager"})


def _is_plain(session: requests.Session) -> bool:
    """Whether a session is none but requests' own, and adds to a request only what is a matter of its attributes."""
    return (
        type(session) is requests.Session
        and _OF_SESSION.issuperset(vars(session))
        and session.hooks == _NO_HOOKS
        and not session.params
        and type(session.cookies) is RequestsCookieJar
    )


_originals: tuple[dict[str, Any], dict[str, Any]] | None = None


def _is_untouched() -> bool:
    """Whether requests' own classes hold requests' own functions, and nothing that somebody put in their place."""
    global _originals
    found = _originals
    if found is None:
        if not (_is_own(requests.Session) and _is_own(HTTPAdapter)):
            return False
        _originals = found = dict(vars(requests.Session)), dict(vars(HTTPAdapter))
    return vars(requests.Session) == found[0] and vars(HTTPAdapter) == found[1]


def _is_own(kind: type) -> bool:
    """Whether the functions of a class are of its own module: what wraps one bears its name, but not its globals."""
    home = vars(sys.modules[kind.__module__])
    members = [each for each in vars(kind).values() if callable(each)]
    return all(isinstance(each, FunctionType) and each.__globals__ is home for each in members)


# ---- what holds for all calls to an origin -------------------------------------------------------------------------


class _Route:
    """
    What a session brings to every call to one origin, worked out once.

    Attributes:
        pool: urllib3's, that leads there; None where the ordinary way has to be taken.
    """

    def __init__(
        self,
        session: requests.Session,
        adapters: tuple[type[HTTPAdapter], ...],
        environment: Environment,
        url: str,
        origin: str,
    ) -> None:
        self._session, self._environment, self._origin = session, environment, origin
        self._adapter: Any = session.get_adapter(url)
        self._state, self._lines = _state(session), _lines(session)
        self._merged: tuple[Proof, dict[str, str], dict[str, str]] | None = None
        self._netrc: Any = UNSET
        self.pool: Any = None
        self._manager = vars(self._adapter).get("poolmanager")
        is_plain = type(self._adapter) in adapters and _OF_ADAPTER.issuperset(vars(self._adapter))
        if is_plain and not _changes_unseen(session):
            settings = session.merge_environment_settings(f"{origin}/", {}, True, None, None)
            if not select_proxy(f"{origin}/", settings["proxies"]):
                self.pool = _pool(self._adapter, origin, settings["verify"], settings["cert"])

    @property
    def retries(self) -> Any:
        """The adapter's own retries."""
        return self._adapter.max_retries

    def holds(self, url: str, environment: Environment) -> bool:
        """Tell whether nothing of what this was made of has changed."""
        session, adapter, pool = self._session, self._adapter, self.pool
        return (
            self._environment is environment
            and (pool is None or pool.pool is not None)  # or it was closed, by the session or for want of room
            and vars(adapter).get("poolmanager") is self._manager
            and _OF_ADAPTER.issuperset(vars(adapter))
            and _is_untouched()
            and _is_plain(session)
            and session.get_adapter(url) is adapter
            and _state(session) == self._state
            and _lines(session) == self._lines
        )

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
            if key in _ELSEWHERE or key == "authorization" or not _is_plain_value(value):
                return None
            headers.pop(names.get(key, name), None)
            headers[name] = value
        own = self._authorization(names, proof, auth)
        if own is None:
            return None
        if own:
            headers.pop(names.get("authorization", ""), None)
            headers["Authorization"] = own
        if vars(self._session.cookies)["_cookies"]:
            asked: Any = _Asked(call, headers)
            cookies = get_cookie_header(self._session.cookies, asked)  # type: ignore[no-untyped-call]
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
            if not isinstance(name, str) or not isinstance(value, str) or name.lower() in _ELSEWHERE:
                return None
            try:
                check_header_validity((name, value))
            except requests.exceptions.InvalidHeader:
                return None
            merged[name.lower()] = name, value
        return proof, dict(merged.values()), {key: name for key, (name, _) in merged.items()}

    def _authorization(self, names: dict[str, str], proof: Proof, auth: Any) -> str | None:
        """What an `auth` writes into the header field; "" where there is none, None where it does more than that."""
        session = self._session
        if auth is UNSET and not session.auth:
            if proof or "authorization" in names or not session.trust_env:
                return ""
            if self._netrc is UNSET:
                self._netrc = get_netrc_auth(f"{self._origin}/")
            auth = self._netrc
        elif proof and any(name.lower() == "authorization" for name, _ in proof.headers):
            return ""
        elif auth is UNSET:
            auth = session.auth
        if not auth:
            return ""
        if type(auth) is BasicLogin:
            return basic_header(auth.name, auth.password)
        if type(auth) is HTTPBasicAuth and HTTPBasicAuth.__call__ is _BASIC:
            auth = auth.username, auth.password
        if type(auth) is tuple and len(auth) == 2 and type(auth[0]) is type(auth[1]) is str:
            return _basic_auth_str(*auth)
        return None


_BASIC = HTTPBasicAuth.__call__
# Fields that requests or urllib3 have ways of their own with.
_ELSEWHERE = frozenset({"content-length", "transfer-encoding", "cookie", "host"})


def _is_plain_value(value: str) -> bool:
    """Whether a field's value is ASCII that can be seen, with spaces and tabs behind the first of it."""
    return value.isascii() and value.replace("\t", " ").isprintable() and value[:1] not in ("", " ", "\t")


# Tests of texts, and no patterns: to compile one takes as long as a hundred calls take by it.
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_ADDRESS = frozenset("abcdef0123456789:")


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


def _state(session: requests.Session) -> tuple[Any, ...]:
    """What of a session's settings has a say in every call; what can change within, as a copy."""
    return session.verify, session.cert, session.trust_env, dict(session.proxies)


def _lines(session: requests.Session) -> list[Any]:
    """A session's header fields, in the spelling in which they are sent."""
    headers = session.headers
    store = vars(headers).get("_store") if type(headers) is CaseInsensitiveDict else None
    return list(headers.items() if store is None else store.values())


def _changes_unseen(session: requests.Session) -> bool:
    """Whether the proxies can change without a variable: the settings of macOS and Windows name some, too."""
    return session.trust_env and sys.platform in ("darwin", "win32")


def _pool(adapter: Any, origin: str, verify: Any, cert: Any) -> Any:
    """The pool that an adapter would send by, with its certificates; None where it could come to have others."""
    request = requests.Request("GET", f"{origin}/").prepare()
    if hasattr(adapter, "get_connection_with_tls_context"):
        pool = adapter.get_connection_with_tls_context(request, verify, {}, cert)
    elif origin.startswith("https:"):
        return None  # before requests 2.32 all calls shared one pool, whatever each of them trusts
    else:
        pool = adapter.get_connection(f"{origin}/", {})
    adapter.cert_verify(pool, f"{origin}/", verify, cert)
    return pool


class _Asked:
    """What requests' cookies want to know of a request."""

    def __init__(self, call: Call, headers: dict[str, str]) -> None:
        self.url, self.method, self.headers = call.url, call.method, headers


# ---- sending -------------------------------------------------------------------------------------------------------


def _sent(route: _Route, method: str, target: str, headers: dict[str, str], body: bytes | None, timeout: Limits) -> Any:
    """Send as `HTTPAdapter.send` does; None where the pool was closed a moment ago."""
    try:
        return route.pool.urlopen(
            method=method, url=target, body=body, headers=headers, retries=route.retries, redirect=False,
            assert_same_host=False, timeout=_both(timeout), preload_content=False, decode_content=False,
        )  # fmt: skip
    except wire.ClosedPoolError:
        return None
    except Exception as error:
        failure = _as_requests_says(error)
        if failure is None:
            raise
        raise failure from error


@lru_cache(maxsize=32)
def _both(limits: Limits) -> urllib3.Timeout:
    connect, read = limits if isinstance(limits, tuple) else (limits, limits)
    return urllib3.Timeout(connect=connect, read=read)


def _as_requests_says(error: Exception) -> Exception | None:
    """The error that requests makes of one of urllib3's; None where it lets it pass."""
    reason = getattr(error, "reason", None)
    if isinstance(error, wire.MaxRetryError):
        if isinstance(reason, wire.ConnectTimeoutError) and not isinstance(reason, wire.NewConnectionError):
            return requests.ConnectTimeout(error)
        if isinstance(reason, wire.ResponseError):
            return requests.exceptions.RetryError(error)
        theirs = requests.exceptions.SSLError if isinstance(reason, wire.SSLError) else requests.ConnectionError
        return theirs(error)
    return next((theirs(error) for kind, theirs in _ERRORS if isinstance(error, kind)), None)


_ERRORS: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (wire.ProtocolError, requests.ConnectionError),
    (OSError, requests.ConnectionError),
    (wire.SSLError, requests.exceptions.SSLError),
    (wire.ReadTimeoutError, requests.ReadTimeout),
    (wire.InvalidHeader, requests.exceptions.InvalidHeader),
)


def _as_reading_says(error: Exception) -> Exception:
    """The error that requests makes of one of urllib3's that comes while an answer is read."""
    return next((theirs(error) for kind, theirs in _READING if isinstance(error, kind)), error)


_READING: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (wire.ProtocolError, requests.exceptions.ChunkedEncodingError),
    (wire.DecodeError, requests.exceptions.ContentDecodingError),
    (wire.ReadTimeoutError, requests.ConnectionError),
    (wire.SSLError, requests.exceptions.SSLError),
)


# ---- the answer ----------------------------------------------------------------------------------------------------


class _Came:
    """What an `Answer` needs of a response: urllib3's own, and requests' where its content is read in blocks."""

    def __init__(self, raw: Any) -> None:
        self.raw, self.status_code, self.reason = raw, raw.status, raw.reason
        self.headers = raw.headers
        self._response: requests.Response | None = None

    def iter_content(self, size: int) -> Any:
        """Give the content, decompressed, in blocks."""
        self._response = requests.Response()
        self._response.raw = self.raw
        return self._response.iter_content(size)

    def close(self) -> None:
        """Give the connection back; one whose answer was not read to its end is closed."""
        if self._response is not None:
            self._response.close()
            return
        self.raw.close()
        self.raw.release_conn()


class _QuickAnswer(Answer):
    """An answer whose content, where its length is told and small enough, is read at once."""

    def read(self, limit: int | None) -> bytes:
        """Give the whole content, as `Answer.read` does."""
        if self._kept is not None or not self._is_short(limit):
            return super().read(limit)
        raw = self._response.raw
        try:
            content: bytes = raw.read(decode_content=True)
            problem = shortfall(self._response, self._call.method)
            if problem is None:
                raw.release_conn()
                self._kept = content
                return content
            failure: Any = BadReply(f"{self._call.described()} was answered, but not to the end: {problem}")
            failure.call = self._call
        except (wire.HTTPError, OSError, ValueError) as error:
            from restpath.edge.failures import reading_failure

            failure = reading_failure(_as_reading_says(error), self._call, self._proof)
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
