"""What the benchmark of the commands measures: that it is what it says, not how long it takes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import restpath
from restpath.cli.commands import commands
from restpath.cli.shells import find_completions

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "commands.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_commands", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_large_service_has_a_thousand_operations(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is good, and the places that are completed are there."""
    benchmark.write_large(tmp_path / "layers" / "large")
    monkeypatch.setenv("RESTPATH_PATH", str(tmp_path / "layers"))
    assert len(restpath.read("large").operations) == 1000
    for words in (["get", "large/area3/"], ["post", "large/area3/things61", "field"], ["call", "large", "things1"]):
        assert len(find_completions(commands, words)) >= 10, words


def test_the_benchmark_runs_alone(tmp_path: Path) -> None:
    """A round of it prints a line for each command, with the bound that it is held to."""
    done = subprocess.run(
        [sys.executable, str(FILE), "--rounds", "1", "--json", str(tmp_path / "times.json")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode in (0, 1)  # a busy machine misses a bound
    assert "at most 2 times" in done.stdout
    assert done.stdout.count("at most") == 7
    assert (tmp_path / "times.json").is_file()
