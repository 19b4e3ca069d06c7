"""What `--dry-run --verbose` tells of a call is what the same command then sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.cli.conftest import Ran
from tests.support.scripted import Server

Command = Callable[..., Ran]
CALLS: list[list[str]] = [
    ["get", "shop/orders"],
    ["get", "shop/orders", "limit==3", "note==a b&c=d/é"],
    ["get", "shop/orders/a%2Fb"],
    ["post", "shop/orders", "note=hi"],
    ["post", "shop/orders", "address.zip:=12", 'tags:=["a", null]', "address.country=DE"],
    ["post", "shop/orders", "X-Mine:yes", "page==1", "note=ünï"],
    ["post", "shop/orders", "file@upload.txt", "note=hi"],
    ["put", "shop/orders/7", "--data", "upload.txt", "Content-Type:text/plain"],
    ["delete", "shop/orders/7"],
    ["patch", "shop/else/where", "a.b:=1", "--no-strict"],
]


@pytest.mark.parametrize("arguments", CALLS, ids=lambda said: " ".join(said)[:40])
def test_a_rehearsal_tells_what_is_then_sent(
    command: Command, server: Callable[..., Server], tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "upload.txt").write_text("the file")
    recorder = server()
    told = command(*arguments, "--dry-run", "--verbose")
    assert (told.status, recorder.requests) == (0, []), told.err
    command(*arguments)
    (sent,) = recorder.requests
    head, *blocks = told.out.rstrip("\n").split("\n\n")
    first, *lines = head.splitlines()
    assert first == f"{sent.method} {recorder.url}{sent.target}"
    for name, _, value in (line.partition(": ") for line in lines):
        said = (sent.header(name) or "").partition("; boundary=")[0]  # which is another each time
        assert said == value.replace("<token>", "t0ps3cret")
    facts = [re.split(r"  +", row) for row in blocks[-1].splitlines()]
    assert not any("t0ps3cret" in word for words in facts for word in words)
    asked = [(words[0][1:], words[1]) for words in facts if words[0].startswith("?")]
    assert asked == parse_qsl(urlsplit(sent.target).query)
    if sent.header("Content-Type") == "application/json":
        (shown,) = blocks[:-1]
        assert json.loads(shown) == json.loads(sent.body)
        told_of = {words[0]: words[1] for words in facts if words[-1].startswith(("item", "default"))}
        for place, leaf in leaves(json.loads(sent.body)):
            assert told_of[place] == (leaf if isinstance(leaf, str) else json.dumps(leaf))


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What a body says, by dotted places."""
    if not isinstance(value, dict):
        yield place, value
        return
    for key, below in value.items():
        yield from leaves(below, f"{place}.{key}" if place else key)
