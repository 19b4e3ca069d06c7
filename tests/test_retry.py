"""Nothing is repeated that could be done twice; what may be repeated waits as the service asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.call import Call
from restpath.reply import Reply
from restpath.retry import may_repeat, retry_delay, with_idempotency_key
from restpath.types import Headers

SAFE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY")
UNSAFE = ("POST", "PATCH")


def make_call(method: str, **words: object) -> Call:
    definition = restpath.read(
        {
            "service": {"format": 1, "service": "a", "base_url": "http://127.0.0.1:1"},
            "resources": {"/a": {"methods": {method: {"retries": words} if words else {}}}},
        }
    )
    return Call(method, "http://127.0.0.1:1/a", operation=definition.operations[0])


def make_reply(call: Call, status: int, **headers: str) -> Reply:
    lines = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Reply(status, Headers(lines), b"", timedelta(0), call)


def delay(call: Call, outcome: object, tries: int = 1, *, vouched: bool = False, chance: float = 1.0) -> float | None:
    return retry_delay(call, outcome, tries, vouched=vouched, chance=lambda: chance)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", SAFE)
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_idempotent_call_is_made_again_after_a_passing_failure(method: str, status: int) -> None:
    call = make_call(method)
    assert delay(call, make_reply(call, status)) == 0.5


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_post_is_not_made_again_once_it_was_answered(method: str, status: int) -> None:
    call = make_call(method)
    assert delay(call, make_reply(call, status)) is None


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 409, 500, 501])
def test_no_other_answer_is_asked_for_twice(status: int) -> None:
    call = make_call("GET")
    assert delay(call, make_reply(call, status)) is None


@pytest.mark.parametrize("method", SAFE + UNSAFE)
def test_any_call_is_made_again_if_nothing_was_sent(method: str) -> None:
    call = make_call(method)
    assert delay(call, restpath.ConnectionFailed("no", call=call, may_have_happened=False)) == 0.5


@pytest.mark.parametrize(("method", "again"), [*((m, True) for m in SAFE), *((m, False) for m in UNSAFE)])
def test_a_connection_that_broke_is_tried_again_only_by_idempotent_methods(method: str, again: bool) -> None:
    call = make_call(method)
    assert (delay(call, restpath.ConnectionFailed("no", call=call)) is not None) is again


@pytest.mark.parametrize("error", [restpath.TLSError, restpath.BadReply, restpath.Timeout])
def test_failures_that_another_try_would_repeat_are_final(error: type[restpath.TransportError]) -> None:
    assert delay(make_call("GET"), error("no")) is None


def test_a_connection_that_was_not_made_in_time_is_tried_again() -> None:
    assert delay(make_call("POST"), restpath.Timeout("no", may_have_happened=False)) == 0.5


def test_the_definition_says_what_is_safe() -> None:
    careful, bold = make_call("GET", safe=False), make_call("POST", safe=True)
    assert delay(careful, make_reply(careful, 503)) is None
    assert delay(bold, make_reply(bold, 503)) == 0.5


def test_the_definition_says_which_answers_may_get_better() -> None:
    call = make_call("GET", statuses=[500])
    assert delay(call, make_reply(call, 500)) == 0.5
    assert delay(call, make_reply(call, 503)) is None


def test_the_caller_may_vouch_for_a_post() -> None:
    call = make_call("POST")
    assert delay(call, make_reply(call, 503), vouched=True) == 0.5


def test_an_idempotency_key_makes_a_post_repeatable() -> None:
    call = with_idempotency_key(make_call("POST", idempotency_header="Idempotency-Key"), lambda: "key-1")
    assert call.headers["idempotency-key"] == "key-1"
    assert may_repeat(call)
    assert with_idempotency_key(call, lambda: "key-2") == call


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_no_key_is_put_where_none_is_needed(method: str) -> None:
    call = make_call(method, idempotency_header="Idempotency-Key")
    assert with_idempotency_key(call, lambda: "key") is call


def test_the_service_says_how_long_to_wait() -> None:
    call = make_call("GET")
    assert delay(call, make_reply(call, 429, retry_after="7")) == 7.0


def test_a_wait_beyond_the_limit_is_the_error_at_once() -> None:
    call = make_call("GET", longest_wait_seconds=5)
    assert delay(call, make_reply(call, 503, retry_after="6")) is None
    assert delay(call, make_reply(call, 503, retry_after="5")) == 5.0


@given(tries=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_the_backoff_grows_to_a_ceiling_and_keeps_its_jitter(tries: int, chance: float) -> None:
    call = make_call("GET")
    longest = min(20.0, 0.5 * 2.0 ** min(tries - 1, 16))
    assert delay(call, make_reply(call, 503), tries, chance=chance) == pytest.approx(chance * longest)
