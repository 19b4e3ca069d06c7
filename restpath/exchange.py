"""
Exchanges: an answer with what is known of how it came, and the reply or the error that comes of it.

Takes an answer that is still to be read; gives a `Reply`. What a watchdog cut off is never passed off as the whole.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from restpath.call import Call
from restpath.edge.clock import Clock
from restpath.errors import BadReply, RequestError, Timeout
from restpath.redirects import redirect_error
from restpath.refusals import error_of
from restpath.reply import Reply

if TYPE_CHECKING:
    from restpath.edge.answer import Answer
    from restpath.edge.deadline import Deadline


__all__ = ["Exchanged", "deadline_error", "note_asked", "was_asked_before"]


class Exchanged:
    """An answer with what is known of how it came."""

    def __init__(
        self, answer: Answer, call: Call, why: str, tries: int, started: float, deadline: Deadline, clock: Clock
    ) -> None:
        self.answer, self.call, self.tries = answer, call, tries
        self._not_followed = why
        self.hint: str | None = None  # what its error is to say besides
        self._started, self._deadline, self._clock = started, deadline, clock

    def reply(self, body: bytes) -> Reply:
        """Make the reply, with its content."""
        answer = self.answer
        elapsed = timedelta(seconds=self._clock.monotonic() - self._started)
        now = self._clock.now()
        return Reply(
            answer.status, answer.headers, body, elapsed, self.call, answer.reason, now, self.tries, answer.hidden
        )

    def whole_reply(self, limit: int | None) -> Reply:
        """Make the reply with all of its content; behind an error status what came of it is enough."""
        try:
            body = self.answer.read(limit)
        except BadReply:
            if self.answer.status < 400 or self._deadline.passed:
                raise
            body = b"".join(self.answer.came)
        return self.reply(body)

    def error(self, reply: Reply) -> RequestError | None:
        """Give the error that the reply stands for; None for success."""
        error = redirect_error(reply, self._not_followed) if self._not_followed else error_of(reply)
        if error is None or self.hint is None:
            return error
        return type(error)(f"{error}. {self.hint}", reply=reply, code=error.code, detail=error.message)

    def check_deadline(self) -> None:
        """Raise where the watchdog ended the call: what was read until then is not the whole."""
        if self._deadline.passed:
            raise deadline_error(self.call, self._deadline).after(self.tries)


def deadline_error(call: Call, deadline: Deadline, *, happened: bool = True) -> Timeout:
    fate = "the service may have carried it out" if happened else "nothing was sent"
    return Timeout(
        f"{call.described()} was not done after {deadline.seconds} seconds, the total that timeout= allows ({fate})",
        call=call,
        may_have_happened=happened,
    )


def note_asked(interrupt: KeyboardInterrupt) -> None:
    """Write on an interrupt that a try before the one it ended may have been carried out."""
    vars(interrupt)["asked"] = True


def was_asked_before(interrupt: KeyboardInterrupt) -> bool:
    """Tell whether a try before the one that was interrupted may have been carried out."""
    return "asked" in vars(interrupt)
