"""A client is as good in a child process as in its parent, and neither reads the other's answers."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

import restpath
from restpath.edge import forking
from tests.support.measuring import in_child

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    peers: set[int]

    def do_GET(self) -> None:
        self.peers.add(self.client_address[1])
        body = json.dumps(self.path).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, set[int]]]:
    peers: set[int] = set()
    handler = type("Handler", (Echo,), {"peers": peers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        made.daemon_threads = True
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}", peers
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("own_session", [False, True])
@pytest.mark.parametrize("is_early", [False, True])
def test_parent_and_child_use_connections_of_their_own(
    server: tuple[str, set[int]], own_session: bool, is_early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restpath.edge.transport.is_early", lambda: is_early)
    url, peers = server
    client = restpath.connect(url, session=requests.Session() if own_session else None)
    assert client["parent"].get() == "/parent"
    assert in_child(lambda: all(client[f"child{i}"].get() == f"/child{i}" for i in range(20))) == 0
    assert all(client[f"parent{i}"].get() == f"/parent{i}" for i in range(20))
    assert len(peers) == 2
    restpath.close(client)


def test_a_lock_that_another_thread_held_does_not_stop_the_child(server: tuple[str, set[int]]) -> None:
    client = restpath.connect(server[0])
    with client._core._lock:
        assert in_child(lambda: client["child"].get() == "/child") == 0
    restpath.close(client)


SLOW = """
import threading
begun.set()
assert go_on.wait(30)
whole = True
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_waits_for_an_import_of_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr("builtins.begun", begun, raising=False)
    monkeypatch.setattr("builtins.go_on", go_on, raising=False)
    monkeypatch.setattr(forking, "_IMPORTED_LATE", ("slow_to_import",))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "slow_to_import.py").write_text(SLOW)
    importing = threading.Thread(target=importlib.import_module, args=("slow_to_import",))
    importing.start()
    assert begun.wait(30)
    threading.Timer(0.1, go_on.set).start()
    child = os.fork()
    if child == 0:  # has but this thread: what is half imported stays so
        os._exit(0 if getattr(sys.modules.get("slow_to_import"), "whole", False) else 3)
    _, status = os.waitpid(child, 0)
    importing.join()
    sys.modules.pop("slow_to_import", None)
    assert os.waitstatus_to_exitcode(status) == 0


LOGGING_LATER = """
import builtins, importlib, os, sys, threading
from restpath.edge import forking
assert "logging" not in sys.modules
import logging
forking._IMPORTED_LATE = ("slow_to_import",)
sys.path.insert(0, sys.argv[1])
builtins.begun, builtins.go_on = threading.Event(), threading.Event()
importing = threading.Thread(target=importlib.import_module, args=("slow_to_import",))
importing.start()
assert begun.wait(30)
threading.Timer(0.1, go_on.set).start()
child = os.fork()
if child == 0:
    os._exit(0 if getattr(sys.modules.get("slow_to_import"), "whole", False) else 3)
_, status = os.waitpid(child, 0)
importing.join()
print(os.waitstatus_to_exitcode(status), logging._lock._is_owned())
"""


def test_a_fork_waits_for_an_import_that_asks_for_a_logger(tmp_path: Path) -> None:
    slow = SLOW.replace("whole =", "import logging; whole = logging.getLogger(__name__) and")
    (tmp_path / "slow_to_import.py").write_text(slow)
    done = subprocess.run(
        [sys.executable, "-c", LOGGING_LATER, str(tmp_path)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stdout.split() == ["0", "False"], done.stderr
