"""
Uploads: a file is sent, and its ticket asked after until the document is there.

Takes a face, a file and parameters; gives a doc_id. Between two questions it waits as long as the service says, by the
client's own clock.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from restpath.client import core_of
from restpath.services.ipernity.errors import UploadError

if TYPE_CHECKING:
    from restpath.services.ipernity.api import IpernityAPI

__all__ = ["LONGEST_WAIT_SECONDS", "PATIENCE_SECONDS", "upload_and_wait"]

PATIENCE_SECONDS = 1800.0  # a long video takes a while
LONGEST_WAIT_SECONDS = 60.0
_SHORTEST_WAIT_SECONDS = 1.0


def upload_and_wait(api: IpernityAPI, filename: str | os.PathLike[str], params: Mapping[str, Any]) -> str:
    """
    Upload a file and wait for its document.

    Raises:
        UploadError: there is no ticket, it is invalid, or it is not done after half an hour.
    """
    name = os.fspath(filename)
    answer = api.call("upload.file", file=filename, **params)
    ticket = answer.get("ticket") if isinstance(answer, dict) else None
    if not isinstance(ticket, (str, int)):
        raise UploadError(name, None, f"{name} was sent, and Ipernity gave no ticket for it")
    return _wait(api, name, str(ticket))


def _wait(api: IpernityAPI, name: str, ticket: str) -> str:
    clock = core_of(api).clock
    started = clock.monotonic()
    while True:
        state = _state(api.call("upload.checkTickets", tickets=ticket), ticket)
        if state is None or str(state.get("invalid", "0")) != "0":
            raise UploadError(name, ticket)
        if str(state.get("done", "0")) != "0":
            if not state.get("doc_id"):
                raise UploadError(name, ticket, f"{name} was taken, and Ipernity does not say as which document")
            return str(state["doc_id"])
        wait = _wait_seconds(state.get("eta"))
        if clock.monotonic() + wait - started > PATIENCE_SECONDS:
            raise UploadError(
                name, ticket, f"{name} was sent and is not a document after {PATIENCE_SECONDS:.0f} seconds; "
                f"upload.checkTickets(tickets={ticket!r}) tells how far it is"
            )  # fmt: skip
        clock.sleep(wait)


def _state(answer: Any, ticket: str) -> Mapping[str, Any] | None:
    """Find what is said of a ticket; a single one may come outside a list."""
    found = answer.get("tickets", {}).get("ticket") if isinstance(answer, dict) else None
    for state in found if isinstance(found, list) else [found]:
        if isinstance(state, dict) and str(state.get("id")) == ticket:
            return state
    return None


def _wait_seconds(eta: Any) -> float:
    try:
        seconds = float(eta)
    except (TypeError, ValueError):
        seconds = 0.0
    if not seconds > _SHORTEST_WAIT_SECONDS:  # not a number, too
        return _SHORTEST_WAIT_SECONDS
    return min(seconds, LONGEST_WAIT_SECONDS)
