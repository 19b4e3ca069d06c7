"""
The way to send as long as nobody has imported requests: a session as it comes could only do what is done here.

Takes a call without files to the origin that the credentials are for; gives an `Answer`, or None where a session has to
be made: with proxies or a netrc of the environment, or an `auth` that does more than write a header field. The first
cookie makes one, too, and so does whatever else imports requests: from then on calls go by the session, over the
connections that are open. Nobody can have put anything in the place of requests' own functions before that, but for
whoever waits for it to be imported (tracing, the certificates of a company's network): then it is.
Source: the defaults of `requests.Session` of requests 2.32 to 2.34; tests/edge/test_early.py compares the two.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3

from restpath.edge.direct import Route, Way
from restpath.edge.environment import PROXIES_CHANGE_UNSEEN, Environment, environment_now
from restpath.edge.pools import IS_OLD, new_manager
from restpath.once import cached_property

if TYPE_CHECKING:
    import requests

__all__ = ["EarlyWay", "LateSession", "has_netrc", "is_early"]


def is_early() -> bool:
    """Tell whether nobody in this process has imported requests or waits for that, and this way is known here."""
    return _IS_KNOWN and "requests" not in sys.modules and not _is_awaited()


_IS_KNOWN = not IS_OLD and not PROXIES_CHANGE_UNSEEN


def _is_awaited() -> bool:
    """Whether a finder stands before Python's own, as those do that change a module as it is imported."""
    for finder in sys.meta_path:
        home = getattr(finder, "__module__", "")
        if home == "_frozen_importlib_external":  # that of the files
            return False
        if home not in _HARMLESS_FINDERS:
            return True
    return True


# Those of setuptools and of virtualenv change nothing but distutils and pip.
_HARMLESS_FINDERS = ("_frozen_importlib", "_distutils_hack", "_virtualenv")


def has_netrc() -> bool:
    """Tell whether there is a netrc for requests to read."""
    return "NETRC" in os.environ or any(os.path.exists(os.path.expanduser(f"~/{name}")) for name in _NETRC)


_NETRC = (".netrc", "_netrc")


class LateSession:
    """
    A client's session: the user's own, or one that is made when it is first needed.

    Attributes:
        user_agent: the value of the header field.
        manager: the pools that it sends by, and whoever comes before it.
    """

    def __init__(self, user_agent: str, given: requests.Session | None) -> None:
        self.user_agent, self.manager = user_agent, new_manager()
        if given is not None:
            self.session = given

    @cached_property
    def session(self) -> requests.Session:
        """The session."""
        from restpath.edge.session import new_session

        return new_session(self.user_agent, self.manager)

    @property
    def is_made(self) -> bool:
        """Whether there is one yet."""
        return "session" in self.__dict__


class EarlyWay(Way):
    """The way of a client whose session is not made yet."""

    def __init__(self, late: LateSession) -> None:
        self._late = late
        codings = urllib3.util.make_headers(accept_encoding=True)["accept-encoding"]
        self._lines = [
            ("User-Agent", late.user_agent), ("Accept-Encoding", codings.replace(",", ", ")), ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ]  # fmt: skip
        self._routes: dict[str, _Route] = {}

    def _route(self, url: str, origin: str) -> Route | None:
        environment = environment_now()
        route = self._routes.get(origin)
        if route is None or route.environment is not environment or route.pool is None or route.pool.pool is None:
            route = self._routes[origin] = _Route(self._late.manager, self._lines, environment, origin)
        return None if route.pool is None else route

    def _keep_cookies(self, asked: Any, raw: Any) -> None:
        # The package first: of two threads, one that is at a module of it and one that is at the whole wait for each
        # other, which Python ends with an ImportError.
        import requests

        requests.cookies.extract_cookies_to_jar(self._late.session.cookies, asked, raw)  # type: ignore[no-untyped-call]


class _Route(Route):
    """What a session as it comes would bring to every call to one origin."""

    retries = urllib3.Retry(0, read=False)

    def __init__(self, manager: urllib3.PoolManager, lines: list[Any], environment: Environment, origin: str) -> None:
        super().__init__(origin, lines)
        self.environment = environment
        # Not by `items`, which fails over a variable that another thread takes away meanwhile.
        if not any(_is_proxy(name) and os.environ.get(name) for name in os.environ):
            self.pool = _pool(manager, origin)

    def _netrc_login(self) -> Any:
        return _SOME if has_netrc() else None


_SOME = object()  # a login that is for requests to read


def _is_proxy(name: str) -> bool:
    """Whether a variable names a proxy."""
    key = name.lower()
    return key.endswith("_proxy") and key != "no_proxy"


def _pool(manager: urllib3.PoolManager, origin: str) -> Any:
    """The pool that requests would send by; None where it would not find its certificates."""
    parts = urlsplit(origin)
    said = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    settings = {"cert_reqs": "CERT_REQUIRED", **(_as_setting(said) if said else {})}  # the pool's key, TLS or not
    pool: Any = manager.connection_from_host(parts.hostname, parts.port, parts.scheme, pool_kwargs=settings)
    if parts.scheme != "https":
        pool.cert_reqs, pool.ca_certs, pool.ca_cert_dir = "CERT_NONE", None, None
        return pool
    place = said or _certificates()
    if not place or not os.path.exists(place):
        return None
    pool.cert_reqs = "CERT_REQUIRED"
    for name, value in _as_setting(place).items():
        setattr(pool, name, value)
    return pool


def _as_setting(place: str) -> dict[str, str]:
    """How urllib3 calls a file or a folder of certificates."""
    return {"ca_cert_dir" if os.path.isdir(place) else "ca_certs": place}


@cache
def _certificates() -> str | None:
    """
    The file of certificates that requests trusts; None where it is not plain to see.

    That is certifi's, unless who packaged requests says otherwise in its module `certs`, which is run without the rest.
    """
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    package = find_spec("requests")
    folder = next(iter(package.submodule_search_locations or ()), None) if package is not None else None
    spec = spec_from_file_location("restpath.edge._certs", os.path.join(folder, "certs.py")) if folder else None
    if spec is None or spec.loader is None:
        return None
    module: Any = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        place = module.where()
    except (OSError, ImportError, AttributeError):
        return None
    return place if isinstance(place, str) and os.path.isfile(place) else None
