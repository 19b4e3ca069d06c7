"""Processes that are killed in the middle of an import or a refresh leave every file whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, so that a hundred of them are quick")
def test_killed_at_random_a_hundred_times_every_file_is_the_old_one_or_the_new_one(tmp_path):
    """`KILLS=5000 pytest tests/test_killing.py` kills more."""
    kills = os.environ.get("KILLS", "100")
    places = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CONFIG", "CACHE")}
    command = [sys.executable, "-m", "tests.support.killing", str(tmp_path), kills]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **places}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{kills} kills, 2 definitions seen")
    left = sorted(entry.name for entry in (tmp_path / "data" / "restpath" / "shop").iterdir())
    assert len(left) == 4  # the lock, what is in force, and two generations
