"""A service of the tests' own for the command line: its data files, a server that remembers, and a way to run."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from restpath.cli.main import run
from tests.support.scripted import Server, answer

SERVICE = {
    "service": "shop",
    "base_url": "https://shop.example/v1",
    "credentials": {"token": {}, "username": {"secret": False}},
    "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}},
    "count_header": "X-Count",
    "pages": {"by": "page", "parameter": "page", "items": "/items", "pages": "/pages"},
    "errors": {"message": "/message", "when": {"/ok": ["false"]}, "statuses": {"gone": 404}, "code": "/code"},
}
RESOURCES = {
    "/": "GET",
    "/orders": {
        "methods": {
            "GET": {"name": "orders.list", "query": {"limit": {"type": "integer"}}},
            "POST": {
                "body": {
                    "schema": {"type": "object", "properties": {"count": {"type": "integer"}, "options.size": {}}}
                },
                "query": {"dry": {}},
            },
            "HEAD": {},
            "OPTIONS": {},
        }
    },
    "/orders/{id}": {"methods": {"GET": {"name": "orders.get"}, "DELETE": {}, "PUT": {}, "PATCH": {}}},
    "/orders/me": "GET",
    "/orders/{id}/photo": "GET POST",
    "/jobs/{id}": {"methods": {"GET": {"pages": False}}},
    "/jobs/{id}:cancel": "POST",
    "/files/{+path}": "GET",
    "/users/": "GET",
    "/token": "POST",
    "/token#refresh": "POST",
    "/found?fixed=yes": "GET",
    "/form": {"methods": {"POST": {"fields": "form"}}},
}
DEFAULTS = {"/orders": {"POST": {"kind": "order", "address": {"country": "AT"}}}}


class Ran(NamedTuple):
    """What a command line came to."""

    status: int
    out: str
    err: str


Shell = Callable[..., Ran]


@pytest.fixture
def shop_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data files of the service `shop`, where restpath finds them by its name; and a place to write in."""
    folder = tmp_path / "layers" / "shop"
    folder.mkdir(parents=True)
    for name, content in (("service", SERVICE), ("resources", RESOURCES), ("defaults", DEFAULTS)):
        (folder / f"{name}.json").write_text(json.dumps({"format": 1, **content}), encoding="utf-8")
    monkeypatch.setenv("RESTPATH_PATH", str(folder.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RESTPATH_SHOP_TOKEN", "t0ps3cret")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command line in this process."""

    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        status = run(arguments)
        return Ran(status, *capsys.readouterr())

    return ran


@pytest.fixture
def command(shop_files: Path, typed: Callable[..., Ran]) -> Callable[..., Ran]:
    """Run a command line in this process, where there are a shop's files."""
    return typed


@pytest.fixture
def shell(shop_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Ran]) -> Shell:
    """Give lines to a shell in this process, as a pipe does."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def ran(lines: str, *options: str, place: str = "shop") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode()), encoding="utf-8"))
        return command("shell", place, *options)

    return ran


@pytest.fixture
def server(shop_files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Have a server answer in place of the shop's own."""
    servers: list[Server] = []

    def started(answers: Any = None) -> Server:
        one = Server(answers or answer(200, b"{}", "Content-Type: application/json"))
        one.__enter__()
        servers.append(one)
        monkeypatch.setenv("RESTPATH_SHOP_BASE_URL", one.url + "/v1")
        return one

    yield started
    for one in servers:
        one.__exit__()
