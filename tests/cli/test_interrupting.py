"""What is said of a call that Ctrl-C ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import restpath
from restpath.cli.interrupting import fate_of
from tests.support.scripted import Server, answer

Command = Callable[..., Any]


def _interrupt(*args: Any, **settings: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("http.client.HTTPConnection.getresponse", "POST {url}/v1/orders may have been carried out"),
        ("socket.socket.connect", "POST {url}/v1/orders was not sent"),
    ],
)
def test_it_is_said_whether_it_may_have_been_carried_out(
    place: str, words: str, command: Command, server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = server()
    with monkeypatch.context() as patch:
        patch.setattr(place, _interrupt, raising=False)
        ran = command("post", "shop/orders", "note=x")
        again = command("get", "shop/orders")
    assert ran.status == 130
    assert ran.err == f"\nrestpath: interrupted: {words.format(url=shop.url)}\n"
    assert (again.status, again.err) == (130, "\nrestpath: interrupted\n")


def test_before_anything_is_sent_nothing_was_sent() -> None:
    call = restpath.connect("https://api.example.com").orders.delete.prepare()
    with pytest.raises(KeyboardInterrupt) as caught:
        _interrupt()
    assert fate_of(call, caught.value) == ": DELETE https://api.example.com/orders was not sent"


def test_a_try_after_the_first_may_have_been_preceded_by_one_that_was_carried_out(
    command: Command, server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("restpath.edge.clock.SystemClock.sleep", lambda clock, seconds: None)
        server([lambda sock: patch.setattr("socket.socket.connect", _interrupt, raising=False), answer(204)])
        ran = command("put", "shop/orders/1", "a=1")
    assert ran.status == 130
    assert "may have been carried out" in ran.err
