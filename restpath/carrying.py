"""
Carrying a call to its end: tries, redirects, renewed proofs, and downloads that go on where they broke off.

Takes a core, a call and settings; gives the answer, or raises what stands in its place. What may be done again is for
`retry` to say, what may be followed for `redirects`, and who calls for the core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from restpath.auth.schemes import Proof
from restpath.call import Call
from restpath.edge.deadline import Deadline
from restpath.edge.journal import LOGGER, record_try, span_of
from restpath.edge.sending import Sending, open_sending, renewed_sending
from restpath.errors import BadReply, Timeout, TransportError
from restpath.exchange import Exchanged, deadline_error, note_asked
from restpath.operations import Settings
from restpath.records import replace
from restpath.redirects import next_call
from restpath.refusals import may_say_error
from restpath.reply import Reply
from restpath.resuming import is_rest, rest_call, whole_length
from restpath.retry import new_key, retry_delay, rule_of, with_idempotency_key
from restpath.types import Headers

if TYPE_CHECKING:
    from restpath.core import Core
    from restpath.edge.answer import Answer
    from restpath.edge.files import Target
    from restpath.firsttry import FirstTry

__all__ = ["carry", "download"]


def carry(
    core: Core, call: Call, settings: Settings, *, proof: Proof | None = None, first: FirstTry | None = None
) -> Reply:
    """
    Send a call, follow where it may be followed, and give the answer; raise for an error status.

    Args:
        proof: what proves who calls, where that is not for the core to find.
        first: what became of a try that was made already.
    """
    with _carried(core, call, settings, None, proof, first) as exchanged:
        return _good_reply(exchanged, settings)


def _good_reply(exchanged: Exchanged, settings: Settings) -> Reply:
    reply = exchanged.whole_reply(settings.max_reply_bytes)
    error = exchanged.error(reply)
    if error is not None:
        raise error
    return reply


# ---- downloads ---------------------------------------------------------------------------------------------------


def download(core: Core, call: Call, settings: Settings, target: str | os.PathLike[str] | BinaryIO) -> Reply:
    """Send a call and stream the answer's content to a target; a path is whole or as it was before."""
    from restpath.edge.files import open_target

    deadline = Deadline(settings.total_seconds, core.clock)
    with open_target(target) as write:
        first: Headers | None = None
        asked, tries = call, 0
        while True:
            tries += 1
            try:
                with _carried(core, asked, settings, deadline) as exchanged:
                    reply = _store(exchanged, settings, write, first)
                return replace(reply, call=call) if asked is not call else reply
            except TransportError as error:
                if isinstance(error, Timeout) and not write.received:
                    raise  # it would take as long again
                first = first if first is not None else write.headers
                rest = rest_call(call, first, write.received) if first is not None else None
                if rest is None or tries > settings.retries or deadline.is_over:
                    raise
                LOGGER.info("%s: asking for the rest behind %d bytes", error, write.received)
                asked = rest


def _store(exchanged: Exchanged, settings: Settings, write: Target, first: Headers | None) -> Reply:
    """Write an answer to a target: from the beginning, or behind what came before it broke off."""
    answer = exchanged.answer
    if not 200 <= answer.status < 300 or may_say_error(exchanged.reply(b"")):
        reply = _good_reply(exchanged, settings)
        if not 200 <= answer.status < 300:
            write.keep_old()
            return reply
    rest_of = first if answer.status == 206 and write.received else None
    if rest_of is None:
        write.begin_again()
        write.headers = answer.headers
    elif not is_rest(answer.headers, rest_of, write.received):
        raise BadReply(
            f"{exchanged.call.described()} was answered with another part than the one asked for: Content-Range "
            f"{answer.headers.get('content-range', 'is missing')!r}",
            call=exchanged.call,
        )
    for block in answer.blocks():
        write(block)
    whole = whole_length(answer.headers, rest_of) if rest_of is not None else None
    if whole not in (None, write.received):
        raise BadReply(
            f"{exchanged.call.described()} was answered with a part alone: {write.received} of {whole} bytes came",
            call=exchanged.call,
        )
    exchanged.check_deadline()
    return replace(exchanged.reply(b""), saved=write.received)


# ---- one call with all its tries ---------------------------------------------------------------------------------


@contextmanager
def _carried(
    core: Core,
    call: Call,
    settings: Settings,
    deadline: Deadline | None = None,
    proof: Proof | None = None,
    first: FirstTry | None = None,
) -> Iterator[Exchanged]:
    """Send a call, again where that may be done, and give the answer while its deadline is watched."""
    call = with_idempotency_key(call, new_key)
    deadline = deadline or Deadline(settings.total_seconds, core.clock)
    if first is not None:
        proof = first.proof
    elif proof is None:
        proof = _proof_in_time(core, call, settings, deadline)
    with span_of(call) as answered, open_sending(call, proof) as sending, deadline.armed():
        carriage = _Carriage(core, call, settings, deadline)
        exchanged = carriage.until_done(sending, proof, first)
        if exchanged.answer.status == 401 and proof.token is not None and exchanged.call.origin == call.origin:
            exchanged = carriage.renewed(sending, proof, exchanged)
        answered(exchanged.answer.status, exchanged.tries)
        try:
            yield exchanged
        except TransportError as error:
            exchanged.check_deadline()
            error.after(exchanged.tries)
            raise
        finally:
            exchanged.answer.close()
        exchanged.check_deadline()


def _proof_in_time(core: Core, call: Call, settings: Settings, deadline: Deadline) -> Proof:
    """Find the proof of a call; a token that is asked for takes no longer than the call may."""
    with deadline.armed():
        try:
            return core.proof_for(call, settings) or Proof()
        except TransportError:
            if not deadline.passed:
                raise
    raise deadline_error(call, deadline, happened=False)


class _Carriage:
    """A call on its way: what holds for all its tries."""

    def __init__(self, core: Core, call: Call, settings: Settings, deadline: Deadline) -> None:
        self._core, self._call, self._settings, self._deadline = core, call, settings, deadline
        self._asked = False  # whether the service was asked by a try before the last one

    def renewed(self, sending: Sending, proof: Proof, refused: Exchanged) -> Exchanged:
        """Send a call that was refused once more, with a new token; give the refusal where there is no other."""
        if not sending.repeatable:
            return refused
        try:
            new = self._renewed_proof(proof)
            again = renewed_sending(self._call, sending, proof, new) if new is not None else None
        except BaseException:
            refused.answer.close()
            raise
        if new is None:
            refused.hint = "There is nothing to renew the token with: log in again by restpath.login()"
        if new is None or again is None:
            return refused
        refused.answer.discard()
        return self.until_done(again, new)

    def _renewed_proof(self, stale: Proof) -> Proof | None:
        try:
            return self._core.proof_for(self._call, self._settings, stale=stale)
        except TransportError as error:  # of the token's request; what came of the call is another matter
            error.after(error.tries, asked=self._asked)
            raise

    def until_done(self, sending: Sending, proof: Proof, first: FirstTry | None = None) -> Exchanged:
        """Send the call until it is answered, or must not be sent again."""
        clock, tries = self._core.clock, 0
        while True:
            tries += 1
            made = first.started if first is not None and tries == 1 else None
            started = clock.monotonic() if made is None else made
            outcome, exchanged = self._try(sending, proof, first, tries, started)
            wait = self._wait(outcome, tries) if sending.repeatable else None
            record_try(self._call, outcome, tries, clock.monotonic() - started, wait)
            if wait is not None:
                self._asked = self._asked or not isinstance(outcome, TransportError) or outcome.may_have_happened
                clock.sleep(wait)
            elif isinstance(outcome, TransportError):
                raise outcome.after(tries, asked=self._asked)
            elif exchanged is not None:
                return exchanged

    def _try(
        self, sending: Sending, proof: Proof, first: FirstTry | None, tries: int, started: float
    ) -> tuple[Reply | TransportError, Exchanged | None]:
        """Send the call once: what came of it, and the exchange if there was an answer."""
        exchanged: Exchanged | None = None
        try:
            answer, last, why = self._follow(sending, proof, first)
            exchanged = Exchanged(answer, last, why, tries, started, self._deadline, self._core.clock)
            head = exchanged.reply(b"")
            retryable = answer.status in rule_of(self._call).statuses or may_say_error(head)
            return exchanged.whole_reply(self._settings.max_reply_bytes) if retryable else head, exchanged
        except TransportError as error:
            if not self._deadline.is_over:
                return error, exchanged
            return deadline_error(self._call, self._deadline, happened=error.may_have_happened), exchanged
        except KeyboardInterrupt as interrupt:
            if self._asked:
                note_asked(interrupt)
            raise

    def _wait(self, outcome: Reply | TransportError, tries: int) -> float | None:
        """How many seconds to wait before the next try; None for no further one."""
        if tries > self._settings.retries or self._deadline.is_over:
            return None
        core = self._core
        wait = retry_delay(self._call, outcome, tries, vouched=self._settings.repeat, chance=core.chance)
        return wait if wait is not None and self._deadline.allows(wait) else None

    def _follow(self, sending: Sending, proof: Proof, first: FirstTry | None) -> tuple[Answer, Call, str]:
        """Send the call once and follow its redirects; give the last answer unread, and why no further one if any."""
        core, call, settings = self._core, self._call, self._settings
        auth, trusted = core.auth_for(call, settings), core.is_home(call)
        home = proof.origin or core.origin
        proven = call.origin == home
        limit = min(settings.redirects, core.transport.max_redirects)
        seen, quickly = [call], first is None or not first.turned_down
        while True:
            timeout = self._deadline.shorten(settings.limits)
            answer = first.taken() if first is not None else None
            if answer is None:
                answer = core.transport.send(
                    call, sending, proof if proven else Proof(), timeout=timeout, auth=auth, trusted=trusted,
                    quickly=quickly,
                )  # fmt: skip
            head = Reply(answer.status, answer.headers, b"", timedelta(0), call, answer.reason)
            following = next_call(head, repeatable=sending.repeatable) if limit else None
            if isinstance(following, Call) and len(seen) > limit:
                circle = "it goes in a circle, and " if following.url in [each.url for each in seen] else ""
                following = f"{circle}{limit} redirects are the limit"
            if not isinstance(following, Call):
                return answer, call, following or ""
            answer.discard()
            LOGGER.info("%s: %d, which leads to %s", call.described(), answer.status, following.described())
            call = following
            # Whoever was sent elsewhere comes back as a stranger: it is not for others to say where credentials go.
            trusted, proven = trusted and call.origin == core.origin, proven and call.origin == home
            if call.origin != seen[-1].origin:
                sending = Sending(None)
            seen.append(call)
