"""
The transport: sends calls by a session of requests, which nobody else touches.

Takes a `Call`, what its credentials add, and settings; gives an `Answer` whose bytes are still to come. What is plain
enough goes the way of `quick`, all else that of `ordinary`. Every foreign error leaves as one of ours, see `failures`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.edge.answer import Answer
from restpath.edge.deadline import current_watch
from restpath.edge.quick import QuickWay
from restpath.edge.wire import StrictResponse
from restpath.types import Limits

if TYPE_CHECKING:
    from restpath.edge.sending import Sending
    from restpath.errors import RestpathError

__all__ = ["RequestsTransport"]

_POOL_SIZE = 32


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
        from restpath.edge.ordinary import netrc_login

        return netrc_login(self.session, call.url) is not None

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
            from restpath.edge.ordinary import exchange  # which most calls need nothing of

            return Answer(exchange(self.session, call, sending, proof, timeout, auth, trusted), call, proof)
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


def _failure(error: Exception, call: Call, proof: Proof) -> RestpathError | None:
    from restpath.edge.failures import sending_failure

    return sending_failure(error, call, proof)


def _new_session(user_agent: str) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = user_agent
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(pool_maxsize=_POOL_SIZE))
    return session
