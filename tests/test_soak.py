"""The soak in short: threads, faults, tokens that end, and no promise broken; and it would notice if one were."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import restpath
from restpath.client import core_of
from restpath.edge.clock import SystemClock
from tests.support.scripted import Server, close
from tests.support.tools import tools


@pytest.fixture
def soak() -> Iterator[Any]:
    with tools("soak") as (module,):
        yield module


def test_nothing_is_lost_doubled_or_mixed_up_while_faults_are_injected(soak: Any) -> None:
    found = soak.run(seconds=4.0, threads=8, rate=0.15, seed=7)
    assert found["broken"] == []
    assert all(found["done"][what] > 0 for what in ("POST: done", "walk", "upload: done", "download"))
    assert found["server"]["tokens"] > 1, "tokens ended and were renewed"
    assert sum(found["server"]["faults"].values()) > 20


def test_the_server_ends_though_somebody_is_still_connected(soak: Any) -> None:
    """From Python 3.12 on a server that is waited for takes as long as its last client."""
    with socket.socket() as client:
        with soak.serving(rate=0.0, seed=1) as url:
            client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
            client.sendall(b"GET /effects HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(8) == b"HTTP/1.1"
        while client.recv(1 << 16):
            pass


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        (lambda post, name: [post(name=name), post(name=name)], "POST 0-1 was done 2 times, and said to be done"),
        (lambda post, name: [], "POST 0-1 was done 0 times, and said to be done"),
    ],
    ids=["twice", "not at all"],
)
def test_the_soak_notices_what_was_done_twice_or_not_at_all(
    soak: Any, tmp_path: Path, posts: Any, expected: str
) -> None:
    with soak.serving(rate=0.0, seed=1) as url:
        run = soak.Soak(url, tmp_path, 1)
        with restpath.connect(restpath.read(soak.DEFINITION), url, client_secret="of the soak", store=None) as client:
            careless = SimpleNamespace(
                effects=SimpleNamespace(
                    post=lambda name, size: [posts(client.effects.post, name), {"name": name}][-1]
                )
            )  # fmt: skip
            run.effect(careless, random.Random(1), "0-1")
    assert run.broken == [expected]


def test_the_soak_notices_a_post_that_is_tried_again_under_another_key(soak: Any, tmp_path: Path) -> None:
    with soak.serving(rate=0.0, seed=1) as url:
        run = soak.Soak(url, tmp_path, 1)
        with restpath.connect(restpath.read(soak.DEFINITION), url, client_secret="of the soak", store=None) as client:

            def post(name: str) -> Any:
                return [client.keyed.post(name=name) for _ in range(2)][-1]  # each call has a key of its own

            run.keyed(SimpleNamespace(keyed=SimpleNamespace(post=post)), random.Random(1), "0-1")
    assert run.broken == ["POST with a key 0-1 was done 2 times, and said to be done"]


def test_the_soak_notices_a_lost_item_and_another_calls_answer(soak: Any, tmp_path: Path) -> None:
    class Lossy(list[int]):
        cursor = None

    run = soak.Soak("http://127.0.0.1:1", tmp_path, 1)
    place = SimpleNamespace(walk=lambda qs: Lossy(range(soak.ITEMS - 1)))
    run.walk(SimpleNamespace(offsets=place, cursors=place), random.Random(1), "0-1")
    answered = SimpleNamespace(get=lambda word: {"value": "somebody else's", "query": {}})
    run.echo(SimpleNamespace(echo={f"0-2 é/{random.Random(1).random()}": answered}), random.Random(1), "0-2")
    assert len(run.broken) == 2
    assert f"gave {soak.ITEMS - 1} items" in run.broken[0]
    assert "was answered {'value': \"somebody else's\"" in run.broken[1]


def test_an_error_of_a_later_try_does_not_hide_that_an_earlier_one_may_have_been_carried_out() -> None:
    """The connection breaks behind the request; when it is tried again, nobody listens any more."""
    server = Server([close])
    server.__enter__()
    ended: list[float] = []

    class Clock(SystemClock):
        def sleep(self, seconds: float) -> None:
            ended.append(seconds)
            if len(ended) == 1:
                server.__exit__(None, None, None)

    definition = restpath.read({"service": {"format": 1}, "resources": {"format": 1, "/a": "PUT"}})
    with restpath.connect(definition, server.url) as client:
        core_of(client).clock = Clock()
        with pytest.raises(restpath.TransportError, match="an earlier try may have been carried out") as caught:
            client.a.put(b=1)
    assert caught.value.may_have_happened
    assert caught.value.tries == 3
