"""
The transport: sends calls by a session of requests, which nobody else touches.

Takes a `Call`, what its credentials add, and settings; gives an `Answer` whose bytes are still to come. What is plain
enough goes the way of `early` as long as there is no need for a session, then that of `quick`; all else goes that of
`ordinary`. Every foreign error leaves as one of ours, see `failures`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.edge.answer import Answer
from restpath.edge.early import EarlyWay, LateSession, has_netrc, is_early
from restpath.edge.pools import new_manager
from restpath.once import cached_property
from restpath.types import Limits

if TYPE_CHECKING:
    import requests

    from restpath.edge.direct import Way
    from restpath.edge.quick import QuickWay
    from restpath.edge.sending import Sending
    from restpath.errors import RestpathError

__all__ = ["RequestsTransport"]

_REDIRECTS = 30  # how many a session allows, unless it says otherwise

# Pools that a fork left behind: closing them could wait for a lock that no thread here will ever give back.
_of_the_parent: list[Any] = []


class RequestsTransport:
    """Sends calls by a session of requests: the user's own, or one that is made when it is first needed."""

    def __init__(self, session: requests.Session | None, *, user_agent: str, app: Any = None, base_url: str = ""):
        self._own = session is None
        self._late = LateSession(user_agent, session)
        self._early = EarlyWay(self._late)
        self._mounted: dict[str, Any] = {}
        if app is not None:
            self._mount(app, base_url)

    @property
    def session(self) -> requests.Session:
        """The user's own session, or one that is made when it is first needed."""
        return self._late.session

    @cached_property
    def _quick(self) -> QuickWay:
        from restpath.edge.quick import QuickWay
        from restpath.edge.session import ADAPTERS

        return QuickWay(self.session, ADAPTERS)

    def _way(self) -> Way:
        """The way of a plain call."""
        return self._quick if self._late.is_made or not is_early() else self._early

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
            self._late.manager.clear()
            if self._late.is_made:
                self.session.close()
            return
        for prefix, (adapter, before) in self._mounted.items():
            if self.session.adapters.get(prefix) is adapter:
                del self.session.adapters[prefix]
                if before is not None:
                    self.session.mount(prefix, before)

    def after_fork(self) -> None:
        """In a child process: have new pools, and give the session's cookies a new lock."""
        _of_the_parent.append(self._late.manager)
        self._late.manager = new_manager()
        self._early = EarlyWay(self._late)
        if not self._late.is_made:
            return
        from requests.adapters import HTTPAdapter

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
        return self.session.max_redirects if self._late.is_made else _REDIRECTS

    def session_proves(self, names: list[str]) -> bool:
        """Tell whether the session says who calls: by its `auth`, a header field or a parameter of these names."""
        from requests.structures import CaseInsensitiveDict

        params = self.session.params if isinstance(self.session.params, Mapping) else {}
        held = CaseInsensitiveDict({**params, **self.session.headers})
        return bool(self.session.auth or any(held.get(name) is not None for name in names))

    def netrc_proves(self, call: Call) -> bool:
        """Tell whether the netrc has an entry for a call."""
        if not self._late.is_made and not has_netrc():
            return False
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
                answer = self._way().send(call, body, proof, timeout=timeout, auth=auth)
                if answer is not None:
                    return answer
            from restpath.edge.ordinary import exchange  # which most calls need nothing of

            return Answer(exchange(self.session, call, sending, proof, timeout, auth, trusted), call, proof)
        except Exception as error:
            from restpath.edge.failures import is_from_callback, refused_answer

            refused = refused_answer(error)
            if refused is not None:
                return Answer(refused, call, proof)
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
            return self._way().send(call, body, proof, timeout=timeout, auth=auth)
        except Exception as error:
            failure = _failure(error, call, proof)
            if failure is None:
                raise
        raise failure


def _failure(error: Exception, call: Call, proof: Proof) -> RestpathError | None:
    from restpath.edge.failures import sending_failure

    return sending_failure(error, call, proof)
