"""
BandPage's errors: what the service answered, under the names that users of its client know.

    RequestError
    └── BandpageError               any answer but 200: .status_code
        ├── BandpageUnauthorized    401 and 403
        └── BandpageNotFound        404

They have all that restpath's own errors have (`.reply`, `.message`, no secrets), and one of those as their cause.
"""

from __future__ import annotations

from datetime import timedelta

from restpath.call import Call
from restpath.errors import RequestError
from restpath.reply import Reply
from restpath.services.bandpage import conf
from restpath.types import Headers

__all__ = ["BandpageError", "BandpageNotFound", "BandpageUnauthorized", "bandpage_error"]


class BandpageError(RequestError):
    """The service answered with another status than 200. One that a program makes itself needs no more than that."""

    _usual = 500

    def __init__(self, status_code: int | None = None, error: RequestError | None = None) -> None:
        error = error or _made_up(self._usual if status_code is None else status_code)
        super().__init__(str(error), reply=error.reply, code=error.code, detail=error.message)

    @property
    def status_code(self) -> int:
        """The HTTP status code."""
        return self.status


class BandpageUnauthorized(BandpageError):
    """401 or 403: the token is missing, no longer good, or not good for this."""

    _usual = 401


class BandpageNotFound(BandpageError):
    """404: there is no such object."""

    _usual = 404


_BY_STATUS: dict[int, type[BandpageError]] = {
    401: BandpageUnauthorized, 403: BandpageUnauthorized, 404: BandpageNotFound,
}  # fmt: skip


def bandpage_error(error: RequestError) -> BandpageError:
    """Give BandPage's error for one of restpath's own."""
    return _BY_STATUS.get(error.status, BandpageError)(error.status, error)


def _made_up(status: int) -> RequestError:
    """What an error stands on that a program makes by the status alone, as a test of its own may do."""
    reply = Reply(status, Headers(), b"", timedelta(0), Call("GET", conf.ENDPOINT))
    return RequestError(f"HTTP status {status}", reply=reply, code=status, detail="")
