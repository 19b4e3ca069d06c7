"""
The session of requests that a client has of its own, and what its adapters do differently.

Takes the pools that are there already; gives a session by which calls go the ordinary way.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from restpath.edge.pools import POOL_SIZE, POOLS

__all__ = ["ADAPTERS", "OwnAdapter", "new_session"]


class OwnAdapter(HTTPAdapter):
    """An adapter whose connections are read as `wire` reads them, and whose URLs stay as they are."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        """Make the pools."""
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Give the pools of a proxy."""
        manager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Give the target of a request."""
        # requests folds slashes at its beginning, where `/` and `//` are two resources.
        url = super().request_url(request, proxies)
        path = request.path_url
        return path if path.startswith("//") and url == "/" + path.lstrip("/") else url


ADAPTERS = (HTTPAdapter, OwnAdapter)


def new_session(user_agent: str, manager: Any) -> requests.Session:
    """Make a session that sends by these pools."""
    session = requests.Session()
    session.headers["User-Agent"] = user_agent
    for scheme in ("https://", "http://"):
        adapter = OwnAdapter(pool_maxsize=POOL_SIZE)
        adapter.poolmanager = manager
        session.mount(scheme, adapter)
    return session
