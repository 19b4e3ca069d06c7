"""
urllib3's pools of connections, for all ways of sending.

Takes nothing; gives what holds the pools of a client. Their connections read answers as `wire` does, and tell the
call's watchdog which socket they use.
"""

from __future__ import annotations

from typing import Any

import urllib3

from restpath.edge.deadline import current_watch
from restpath.edge.wire import StrictResponse

__all__ = ["IS_OLD", "POOLS", "POOL_SIZE", "new_manager"]

# urllib3 1.26, whose pools know nothing of TLS settings.
IS_OLD = str(vars(urllib3)["__version__"]).startswith("1.")
POOL_SIZE = 32


class _HTTPPool(urllib3.HTTPConnectionPool):
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


POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


def new_manager() -> urllib3.PoolManager:
    """Make what holds the pools, as an adapter of requests does."""
    manager = urllib3.PoolManager(num_pools=10, maxsize=POOL_SIZE, block=False)
    manager.pool_classes_by_scheme = POOLS
    return manager
