"""
Servers that nobody here wrote, run as programs on loopback for as long as a test needs them.

Takes a command and the pattern of the line in which it names its address; gives the URL, once somebody listens there.
"""

from __future__ import annotations

import os
import queue
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest

from tests.support.scripted import closed_port

__all__ = ["LOOPBACK", "run_jupyter", "run_program"]

START_SECONDS = 60
LOOPBACK = r"http://127\.0\.0\.1:[0-9]+"


@contextmanager
def run_program(
    command: Sequence[str], address: str, *, folder: Path, variables: Mapping[str, str] | None = None, stdin: Any = None
) -> Iterator[str]:
    """
    Run a program until the end of the block.

    Args:
        command: the program and its arguments.
        address: the pattern of what it prints before it listens; the URL is its group.
        folder: where it runs.
        variables: what its environment has besides ours.
        stdin: an open file; nothing unless said.
    """
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **(variables or {})}, stdin=stdin or subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert process.stdout is not None
    log, lines = process.stdout, _Lines()
    reader = threading.Thread(target=lines.follow, args=(log,), daemon=True)
    reader.start()
    try:
        url = lines.address(re.compile(address), " ".join(command[:3]))
        lines.wait_until_open(url)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(30)
        log.close()


class _Lines:
    """What a program says, line by line, and None when it has ended."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._deadline = time.monotonic() + START_SECONDS

    def follow(self, log: IO[str]) -> None:
        # Read to the end, so that the program never waits for somebody to read what it says.
        for line in log:
            self._lines.put(line)
        self._lines.put(None)

    def address(self, pattern: re.Pattern[str], program: str) -> str:
        seen: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, self._deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                pytest.fail(f"{program} did not start; it said:\n" + "".join(seen))
            seen.append(line)
            found = pattern.search(line.rstrip())
            if found:
                return found.group(1)

    def wait_until_open(self, url: str) -> None:
        """Wait until somebody listens: some programs name their address a moment before."""
        host, _, port = urlsplit(url).netloc.partition(":")
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=START_SECONDS).close()
                return
            except ConnectionRefusedError:
                if time.monotonic() > self._deadline:
                    raise
            with suppress(queue.Empty):
                self._lines.get(timeout=0.05)


@contextmanager
def run_jupyter(base: Path) -> Iterator[tuple[str, str, Path]]:
    """Run a Jupyter Server with settings of its own below a folder; gives its URL, its token and what it serves."""
    root, token = base / "root", secrets.token_hex(16)
    root.mkdir()
    own = {f"JUPYTER_{name}_DIR": str(base / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={closed_port()}", f"--ServerApp.root_dir={root}",
        "--FileContentsManager.delete_to_trash=False",
    ]  # fmt: skip
    variables = {**own, "JUPYTER_NO_CONFIG": "1", "JUPYTER_TOKEN": token}
    with run_program(command, f"({LOOPBACK})/", folder=base, variables=variables) as url:
        yield url, token, root
