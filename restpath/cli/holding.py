"""
What a session holds for the commands that run in it: a definition that was read once, and the one client of it.

Takes a holder while a session runs; gives it to whoever reads a definition or makes a client. Outside a session there
is none, and each command reads and makes its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from restpath.cli.options import Options
    from restpath.client import Client
    from restpath.definition.model import Definition

__all__ = ["Holder", "held", "holder"]


class Holder(Protocol):
    """
    Who holds a service.

    Attributes:
        source: the service as it was typed.
        definition: what is known of it.
    """

    source: str

    @property
    def definition(self) -> Definition: ...

    def holds(self, what: Definition | str) -> bool:
        """Tell whether a definition, or the URL of a service that has none, is the one held."""

    def client_for(self, options: Options) -> Client:
        """Give the client that these options ask for."""


_holder: Holder | None = None


def holder() -> Holder | None:
    """Give who holds a service now; None outside a session."""
    return _holder


@contextmanager
def held(one: Holder) -> Iterator[None]:
    """Have a service held as long as this lasts."""
    global _holder
    before, _holder = _holder, one
    try:
        yield
    finally:
        _holder = before
