"""
Retries: from what became of a try to the seconds before the next one, or to none.

Takes a `Call`, its `RetryRule` and the outcome of a try; gives seconds to wait, or None to stop. Pure, but for the
chance in `new_key`: who waits, and what time it is, is the client's business. Nothing is repeated that could be done
twice: a call that may have been carried out is tried again only where its method is idempotent, where the definition
says that repeating is safe, where it bears an idempotency key, or where the caller vouches for it.
Source: RFC 9110 sections 9.2.2 (idempotent methods) and 10.2.3 (Retry-After); exponential backoff with full jitter.
"""

from __future__ import annotations

from collections.abc import Callable

from restpath.call import Call
from restpath.definition.rules import RetryRule
from restpath.errors import BadReply, Timeout, TLSError, TransportError
from restpath.records import replace
from restpath.reply import Reply
from restpath.types import Headers

__all__ = ["may_repeat", "new_key", "retry_delay", "rule_of", "with_idempotency_key"]

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY"})
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 20.0


def rule_of(call: Call) -> RetryRule:
    """Give the rule that the definition has for a call."""
    return call.operation.rules.retries if call.operation else RetryRule()


def may_repeat(call: Call, *, vouched: bool = False) -> bool:
    """
    Tell whether a call may be made again although it may have been carried out.

    Args:
        call: the call, with its idempotency key if it has one.
        vouched: the caller said that repeating it does no harm.
    """
    rule = rule_of(call)
    if vouched or (rule.idempotency_header is not None and call.has_header(rule.idempotency_header)):
        return True
    return rule.safe if rule.safe is not None else call.method in _IDEMPOTENT


def with_idempotency_key(call: Call, make_key: Callable[[], str]) -> Call:
    """Give the call the one key that all its tries bear, where the definition has such a header; the caller's wins."""
    header = rule_of(call).idempotency_header
    if header is None or call.method in _IDEMPOTENT or call.has_header(header):
        return call
    return replace(call, headers=Headers([*call.headers.lines(), (header, make_key())]))


def new_key() -> str:
    """Make an idempotency key that there was not before."""
    from uuid import uuid4

    return str(uuid4())


def retry_delay(
    call: Call, outcome: Reply | TransportError, tries: int, *, vouched: bool, chance: Callable[[], float]
) -> float | None:
    """
    Say how long to wait before a call is made again.

    Args:
        call: the call that was made.
        outcome: the answer, or the error that stood in its place.
        tries: how many tries there were, this one included.
        vouched: the caller said that repeating it does no harm.
        chance: gives numbers from 0 to 1, evenly spread.
    Returns:
        seconds; None where it must not, or would not help to, be made again.
    """
    from restpath.refusals import meant_status

    rule = rule_of(call)
    backoff = chance() * min(_LONGEST_BACKOFF_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(tries - 1, 16))
    if isinstance(outcome, TransportError):
        if isinstance(outcome, (TLSError, BadReply)) or (isinstance(outcome, Timeout) and outcome.may_have_happened):
            return None  # another try would fail alike, or take as long again
        return backoff if not outcome.may_have_happened or may_repeat(call, vouched=vouched) else None
    if meant_status(outcome) not in rule.statuses or not may_repeat(call, vouched=vouched):
        return None
    asked = outcome.retry_after
    if asked is None:
        return backoff
    return asked if asked <= rule.longest_wait_seconds else None
