"""Learning processes that are killed leave drafts that are whole, and no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_killed_in_the_middle_of_learning_every_draft_is_whole_and_holds_no_value(tmp_path: Path) -> None:
    environ = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    environ["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "tests.support.killing_learners", "60"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    paths = int(done.stdout.split()[2])
    assert paths > 10
