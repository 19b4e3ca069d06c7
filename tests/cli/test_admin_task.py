"""The script that tries again, in the guide to scripts: each of its commands, its profile and itself, on a mock."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.mock import serve

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "scripts.rst"
Command = Callable[..., Any]


@pytest.fixture(scope="module")
def task() -> str:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"^A script that tries again\n-+\n(.*?)^\S[^\n]*\n-{5,}$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def _block(task: str, language: str) -> str:
    found = re.search(rf"code-block:: {language}\n\n((?:(?:   .*)?\n)+)", task)
    assert found is not None
    return "".join(line[3:] + "\n" for line in found[1].splitlines())


@pytest.fixture
def server(tmp_path: Path, task: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The mock, with people in it, and the profile that names it."""
    with serve(restpath.read("max")) as server:
        client = restpath.connect("max", server.url, username="reporter", token="t")
        for name in ("ann", "bob", "cem", "dora"):
            client.people.post(username=name)
        config = tmp_path / "config" / "restpath" / "config.ini"
        config.parent.mkdir(parents=True)
        said = _block(task, "ini").replace("https://max.example.com", server.url)
        said = re.sub("cmd:.*", lambda _: f"cmd:{shlex.quote(sys.executable)} -c 'print(\"t\")'", said)
        config.write_text(said, encoding="utf-8")
        config.chmod(0o600)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        yield server


def test_each_command_of_the_task_runs(task: str, command: Command, server: Any, tmp_path: Path) -> None:
    lines = re.findall(r"^   \$ restpath (.*)$", task, re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        ran = command(*shlex.split(line))
        assert (ran.status, ran.err) == (0, ""), line
    with (tmp_path / "people.csv").open(encoding="utf-8", newline="") as file:
        assert {"ann", "bob", "cem", "dora"} <= {row["username"] for row in csv.DictReader(file)}


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
def test_the_script_of_the_task_runs(task: str, server: Any, tmp_path: Path) -> None:
    script = (
        _block(task, "sh").replace("/srv/reports", str(tmp_path)).replace("/etc/reporter", str(tmp_path / "config"))
    )
    file, program = tmp_path / "people.sh", tmp_path / "restpath"
    file.write_text(script, encoding="utf-8")
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m restpath "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    root = str(ROOT)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": root}
    done = subprocess.run(["sh", str(file)], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "ann" in (tmp_path / "people.csv").read_text(encoding="utf-8")
