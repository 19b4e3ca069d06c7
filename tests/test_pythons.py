"""What `make pythons` finds, and that it tells what fails; the package itself is tried in test_packaging.py."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.tools import tools


@pytest.fixture
def pythons() -> Iterator[Any]:
    with tools("pythons") as (module,):
        yield module


@pytest.mark.skipif(not importlib.util.find_spec("ensurepip"), reason="this Python cannot make environments")
def test_what_does_not_run_is_no_python(pythons: Any, tmp_path: Path) -> None:
    """Neither what is not there nor what fails, such as the shim of a version that nobody chose."""
    (tmp_path / "python3").write_text("no program", encoding="utf-8")
    found = pythons.newest([str(tmp_path / "python3"), str(tmp_path / "none"), sys.executable])
    assert found == {".".join(map(str, sys.version_info[:3])): sys.executable}


def test_every_way_is_tried_and_a_failure_is_told(pythons: Any, tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    """One that fails stops no other, and ends it with 1."""
    tried: list[list[str]] = []

    def run(step: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        tried.append(step)
        failed = "pip" in step and step[-1].endswith(".whl")
        return subprocess.CompletedProcess(step, int(failed), "tried\n", "no such wheel\n")

    for name in ("a.whl", "a.tar.gz"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "argv", ["pythons.py", "--python", "p", "--archives", str(tmp_path)])
    monkeypatch.setattr(pythons, "newest", lambda pythons: {"3.99.0": "p"})
    monkeypatch.setattr(pythons.subprocess, "run", run)
    with pytest.raises(SystemExit) as ended:
        pythons.main()
    assert ended.value.code == "failed: 3.99.0: wheel, no extras"
    out = capfd.readouterr().out
    assert "no such wheel" in out
    ways = [way.said for way in pythons.ways()]
    assert [line[:27].strip() for line in out.splitlines() if line.endswith(" tried")] == ways[1:]
    assert len([step for step in tried if step[1:3] == ["-m", "venv"]]) == len(ways) == 5


def test_the_floors_are_those_of_the_metadata(pythons: Any) -> None:
    """Each is held, the core's and the extras', and what the oldest requests runs on."""
    floors = pythons.floors()
    assert {"requests==2.30.0", "jsonschema==4.18.0", "urllib3<2"} <= set(floors)
    assert all("==" in floor or "<" in floor for floor in floors)
    assert [way.before for way in pythons.ways()][-1] == ("setuptools==70.1",)
