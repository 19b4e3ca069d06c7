"""
The first try of a plain call: made without what only further tries need, for nearly all calls need no other.

Takes a core, a call and settings; gives the `Reply`, where the call is as plain as its answer, else what became of the
try, with which the ordinary way goes on as if it had made it: after an error, at a redirect, a status that is no
success or an answer that may say in its content that it is none. A call with files or a time limit for the whole of it,
to another origin, or in a process that records spans does not come this way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.edge.journal import is_recording, is_tracing, record_try
from restpath.errors import TransportError
from restpath.operations import Settings
from restpath.reply import Reply
from restpath.retry import rule_of

if TYPE_CHECKING:
    from restpath.core import Core
    from restpath.edge.answer import Answer

__all__ = ["FirstTry", "try_first"]


class FirstTry:
    """
    What became of a first try.

    Attributes:
        proof: what proved who calls.
        started: when it was made, on the core's clock; None where it was not.
        turned_down: whether it could not be made the quick way, and no further one can.
    """

    __slots__ = ("proof", "started", "turned_down", "_answer", "_error")

    def __init__(
        self,
        proof: Proof,
        started: float | None = None,
        answer: Answer | None = None,
        error: TransportError | None = None,
        *,
        turned_down: bool = False,
    ) -> None:
        self.proof, self.started, self.turned_down = proof, started, turned_down
        self._answer, self._error = answer, error

    def taken(self) -> Answer | None:
        """Give the answer, or raise the error, once; None after that, and where there is neither."""
        answer, error = self._answer, self._error
        self._answer = self._error = None
        if error is not None:
            raise error
        return answer


def try_first(core: Core, call: Call, settings: Settings) -> Reply | FirstTry | None:
    """
    Make the first try of a call.

    Returns:
        the reply; what became of the try, for the ordinary way to go on with; None where nothing was done.
    Raises:
        AuthError: there are no credentials.
        TransportError: the answer did not come to its end.
    """
    body = call.body
    if call.files or not (body is None or isinstance(body, bytes)) or settings.total_seconds is not None:
        return None
    if is_tracing() or not core.is_home(call):
        return None
    proof = core.proof_for(call, settings) or Proof()
    if proof.origin is not None:
        return FirstTry(proof)
    clock = core.clock
    started = clock.monotonic()
    try:
        answer = core.transport.send_quickly(
            call, body, proof, timeout=settings.limits, auth=core.auth_for(call, settings)
        )
    except TransportError as error:
        return FirstTry(proof, started, error=error)
    if answer is None:
        return FirstTry(proof, turned_down=True)
    status, operation = answer.status, call.operation
    is_odd = not 200 <= status < 300 or status in rule_of(call).statuses
    if is_odd or (operation is not None and operation.rules.errors.when):
        return FirstTry(proof, started, answer)
    return _whole(core, call, settings, answer, started)


def _whole(core: Core, call: Call, settings: Settings, answer: Answer, started: float) -> Reply:
    clock = core.clock

    def reply(content: bytes) -> Reply:
        elapsed = timedelta(seconds=clock.monotonic() - started)
        return Reply(
            answer.status, answer.headers, content, elapsed, call, answer.reason, clock.now(), 1, answer.hidden
        )

    if is_recording():
        record_try(call, reply(b""), 1, clock.monotonic() - started, None)
    try:
        return reply(answer.read(settings.max_reply_bytes))
    finally:
        answer.close()
