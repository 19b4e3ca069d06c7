"""Makers of sessions of requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import requests

__all__ = ["MakeSession", "made"]

MakeSession: TypeAlias = Callable[[], requests.Session]


def made(**attributes: Any) -> MakeSession:
    """A maker of sessions with such attributes; mappings are added to what the session has."""

    def make() -> requests.Session:
        session = requests.Session()
        for name, value in attributes.items():
            if isinstance(value, dict):
                getattr(session, name).update(value)
            else:
                setattr(session, name, value)
        return session

    return make
