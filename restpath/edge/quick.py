"""
The quick way to send by a session: straight to urllib3's pool, where nobody can tell.

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
from types import FunctionType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, _basic_auth_str
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, get_cookie_header
from requests.structures import CaseInsensitiveDict
from requests.utils import get_netrc_auth, select_proxy

from restpath.call import Call
from restpath.edge.direct import Asked, Route, Way
from restpath.edge.environment import PROXIES_CHANGE_UNSEEN, Environment, environment_now
from restpath.edge.pools import IS_OLD

__all__ = ["IS_KNOWN", "QuickWay"]

# Whether these are versions of requests and urllib3 whose doings are known here.
IS_KNOWN = hasattr(HTTPAdapter, "get_connection_with_tls_context") and not IS_OLD


class QuickWay(Way):
    """
    The quick way of one session.

    Args:
        session: whose calls these are.
        adapters: the classes of adapters that are passed by: requests' own, and those that only make other pools.
    """

    def __init__(self, session: requests.Session, adapters: tuple[type[HTTPAdapter], ...]) -> None:
        self._session, self._adapters = session, adapters
        self._routes: dict[str, _Route] = {}

    def _route(self, url: str, origin: str) -> Route | None:
        environment = environment_now()
        route = self._routes.get(origin)
        if route is None or not route.holds(url, environment):
            if not IS_KNOWN or not _is_untouched() or not _is_plain(self._session):
                return None
            try:
                route = _Route(self._session, self._adapters, environment, url, origin)
            except Exception:  # the ordinary way tells what is wrong
                return None
            self._routes[origin] = route
        return None if route.pool is None else route

    def _keep_cookies(self, asked: Any, raw: Any) -> None:
        extract_cookies_to_jar(self._session.cookies, asked, raw)  # type: ignore[no-untyped-call]


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


class _Route(Route):
    """What a session brings to every call to one origin."""

    def __init__(
        self,
        session: requests.Session,
        adapters: tuple[type[HTTPAdapter], ...],
        environment: Environment,
        url: str,
        origin: str,
    ) -> None:
        super().__init__(origin, _lines(session))
        self._session, self._environment = session, environment
        self._adapter: Any = session.get_adapter(url)
        self._state = _state(session)
        self._manager = vars(self._adapter).get("poolmanager")
        is_plain = type(self._adapter) in adapters and _OF_ADAPTER.issuperset(vars(self._adapter))
        if is_plain and not (session.trust_env and PROXIES_CHANGE_UNSEEN):
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

    def _own_auth(self) -> Any:
        return self._session.auth

    def _netrc_login(self) -> Any:
        return get_netrc_auth(f"{self._origin}/") if self._session.trust_env else None

    def _written(self, auth: Any) -> str | None:
        if type(auth) is HTTPBasicAuth and HTTPBasicAuth.__call__ is _BASIC:
            auth = auth.username, auth.password
        if type(auth) is tuple and len(auth) == 2 and type(auth[0]) is type(auth[1]) is str:
            return _basic_auth_str(*auth)
        return None

    def _cookies(self, call: Call, headers: dict[str, str]) -> str | None:
        if not vars(self._session.cookies)["_cookies"]:
            return None
        asked: Any = Asked(call, headers)
        cookies: str | None = get_cookie_header(self._session.cookies, asked)  # type: ignore[no-untyped-call]
        return cookies


_BASIC = HTTPBasicAuth.__call__


def _state(session: requests.Session) -> tuple[Any, ...]:
    """What of a session's settings has a say in every call; what can change within, as a copy."""
    return session.verify, session.cert, session.trust_env, dict(session.proxies)


def _lines(session: requests.Session) -> list[Any]:
    """A session's header fields, in the spelling in which they are sent."""
    headers = session.headers
    store = vars(headers).get("_store") if type(headers) is CaseInsensitiveDict else None
    return list(headers.items() if store is None else store.values())


def _pool(adapter: Any, origin: str, verify: Any, cert: Any) -> Any:
    """The pool that an adapter would send by, with its certificates."""
    request = requests.Request("GET", f"{origin}/").prepare()
    pool = adapter.get_connection_with_tls_context(request, verify, {}, cert)
    adapter.cert_verify(pool, f"{origin}/", verify, cert)
    return pool
