"""
A service that answers from its own definition, for trying things out and for tests.

    with restpath.mock.serve("shop") as server:
        client = restpath.connect("shop", server.url, token="any")

Takes a service's name or a `Definition`; gives a server on loopback, or a WSGI application for `connect(..., app=...)`.
It needs no extra.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restpath.definition.model import Definition
    from restpath.mock.answer import Mock
    from restpath.mock.server import MockServer

__all__ = ["app", "serve"]


def serve(
    what: str | Definition,
    port: int = 0,
    credentials: Mapping[str, str] | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    known_callers: bool = False,
) -> MockServer:
    """
    Serve a definition on 127.0.0.1, from threads of this process, until `stop()` or the end of a `with` block.

    Args:
        what: a service's name, or a definition from `restpath.read`.
        port: 0 takes one that is free.
        credentials: what a caller must present, by the names that `connect` takes; without it any complete ones do.
        clock: gives the present moment, with its time zone, where a test sets it.
        known_callers: refuse whoever is none of the service's own people, where its data says who they are.
    Raises:
        DefinitionError: there is no such service, or a data file is wrong.
        InvalidValue: the service has no credential of that name, or the port is taken or is none.
    """
    from restpath.errors import InvalidValue
    from restpath.mock.server import MockServer

    if not isinstance(port, int) or not 0 <= port < 65536:
        raise InvalidValue(f"{port!r} is no port: give a number below 65536; 0 picks a free one")
    engine = _mock(what, credentials, clock, known_callers)
    try:
        return MockServer(engine, port)
    except OSError as error:
        raise InvalidValue(f"cannot listen on port {port!r} of 127.0.0.1: {error}; 0 picks a free one") from error


def app(
    what: str | Definition,
    credentials: Mapping[str, str] | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    known_callers: bool = False,
) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Make a WSGI application that serves a definition; the arguments are those of `serve`."""
    from restpath.mock.server import wsgi_app

    return wsgi_app(_mock(what, credentials, clock, known_callers))


def _mock(
    what: str | Definition,
    credentials: Mapping[str, str] | None,
    clock: Callable[[], datetime] | None,
    known_callers: bool,
) -> Mock:
    from restpath.edge.source import read_source
    from restpath.mock.answer import Mock

    now = clock or (lambda: datetime.now(timezone.utc))
    return Mock(read_source(what), now, credentials, known_callers=known_callers)
