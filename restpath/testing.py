"""
What tests of programs that use restpath need: a clock that does not wait, and cassettes without secrets.

Takes clients and what vcrpy is about to record; gives the same without anything that could be a credential.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from restpath.client import Client, core_of
from restpath.core import Core
from restpath.edge.clock import Clock
from restpath.masking import MASK, is_secret_name, mask_url

__all__ = ["FakeClock", "use_clock", "vcr_filters"]


class FakeClock:
    """
    A clock that goes on only when somebody sleeps by it.

    Attributes:
        slept: the seconds of each wait, in order.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time it shows."""
        return self._now + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Go on by so many seconds, at once."""
        self.slept.append(seconds)
        self._seconds += seconds


def use_clock(client: Client, clock: Clock, chance: Callable[[], float] = lambda: 1.0) -> None:
    """
    Put another clock into a client, so that its retries do not wait.

    Args:
        client: the client.
        clock: a `FakeClock`, or anything like one.
        chance: gives the share of the longest backoff that is waited, from 0 to 1.
    """
    core: Core = core_of(client)
    core.clock, core.chance = clock, chance


def vcr_filters(client: Client | None = None) -> dict[str, Callable[[Any], Any]]:
    """
    Give the two settings of vcrpy that keep secrets out of cassettes: `vcr.VCR(**vcr_filters(client))`.

    Header fields, query values and fields of bodies are masked by their names; of a client's definition also the
    fields and query values in which it sends credentials, whatever they are called.
    """
    known: set[str] = set()
    if client is not None:
        for scheme in core_of(client).definition.service.schemes.values():
            known.update(name.lower() for name in (*scheme.headers, *scheme.query))

    def secret(name: str) -> bool:
        return name.lower() in known or is_secret_name(name)

    return {
        "before_record_request": lambda request: _request(request, secret),
        "before_record_response": lambda response: _response(response, secret),
    }


_IsSecret = Callable[[str], bool]


def _request(request: Any, secret: _IsSecret) -> Any:
    request = copy.copy(request)
    request.headers = {name: MASK if secret(name) else value for name, value in dict(request.headers).items()}
    request.uri = re.sub(
        r"([?&])([^=&#]+)=([^&#]*)",
        lambda match: f"{match[1]}{match[2]}={MASK}" if secret(match[2]) else match[0],
        mask_url(request.uri),
    )
    if isinstance(request.body, (bytes, str)):
        request.body = _body(request.body, secret)
    return request


def _response(response: Mapping[str, Any], secret: _IsSecret) -> dict[str, Any]:
    clean = copy.deepcopy(dict(response))
    clean["headers"] = {
        name: ([MASK] if secret(name) else value)
        for name, value in clean.get("headers", {}).items()
        if name.lower() != "set-cookie"
    }
    body = clean.get("body", {})
    if isinstance(body.get("string"), (bytes, str)):
        body["string"] = _body(body["string"], secret)
        lengths = [name for name in clean["headers"] if name.lower() == "content-length"]
        for name in lengths:
            clean["headers"][name] = [str(len(body["string"]))]
    return clean


def _body(body: bytes | str, secret: _IsSecret) -> bytes | str:
    """Mask the fields of a JSON body or a form; anything else stays."""
    text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
    try:
        clean = json.dumps(_masked(json.loads(text), secret))
        clean = text if json.loads(clean) == json.loads(text) else clean
    except (ValueError, RecursionError):
        clean = re.sub(
            r"(^|&)([^=&\s]+)=([^&\s]*)",
            lambda match: f"{match[1]}{match[2]}={MASK}" if secret(match[2]) else match[0],
            text,
        )
    return clean.encode("utf-8", "surrogateescape") if isinstance(body, bytes) else clean


def _masked(value: Any, secret: _IsSecret) -> Any:
    if isinstance(value, dict):
        return {
            key: MASK if secret(key) and isinstance(item, (str, int)) else _masked(item, secret)
            for key, item in value.items()
        }
    return [_masked(item, secret) for item in value] if isinstance(value, list) else value
