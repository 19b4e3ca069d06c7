"""The kills in short: all that is written is whole or absent; and they would notice if it were not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.tools import TOOLS

KINDS = {"tokens", "renewals", "definitions", "drafts", "taking", "downloads", "history", "cache", "scripts"}


def killed(*words: str, program: str = "") -> subprocess.CompletedProcess[str]:
    """Kill in a process of its own, as it forks and leaves hooks behind."""
    start = f"import sys; sys.path.insert(0, {str(TOOLS)!r}); import kill, os\n{program}\nsys.exit(kill.main())"
    command = [sys.executable, "-c", start, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)


def test_whoever_is_killed_while_writing_leaves_what_is_whole_and_in_nobodys_way() -> None:
    """`make kill TIMES=500` kills more."""
    done = killed("--times", "3", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    *lines, total, verdict = done.stdout.splitlines()
    counts = {name: counted for line in lines for name, counted in json.loads(line).items()}
    assert set(counts) == KINDS
    assert all(counted["rounds"] == 3 and counted["kills"] >= 6 for counted in counts.values())
    # It was not for nothing: some were ended within a step, and left what they had not done.
    hits = ("before a step on a file", "within a write", "half written")
    assert sum(counted[each] for counted in counts.values() for each in hits) > 9, total
    assert verdict == "all whole or absent"


NOT_WHOLE = {
    "tokens": """
import restpath.edge.tokenfiles as tokens
def written(place, data, clock):
    with open(place, "wb", opener=lambda name, flags: os.open(name, flags, 0o600), buffering=0) as file:
        for at in range(0, len(data), 100):
            open(place + ".lock").close()  # a step on a file
            file.write(data[at : at + 100])
tokens._write_whole = written
""",
    "downloads": """
import restpath.edge.files as files
files._is_swept = lambda place: False
""",
    "history": """
import restpath.cli.shell_history as history
history._is_torn = lambda file, size: False
""",
    "taking": """
import restpath.edge.taking as taking
taking._store_new = taking._store
""",
}


@pytest.mark.parametrize("kind", NOT_WHOLE)
def test_what_is_half_written_lost_or_left_behind_is_noticed(kind: str) -> None:
    # The first fault ends it, which mostly comes within a few rounds: how many it takes is a matter of timing.
    done = killed("--times", "400", "--seed", "3", "--kinds", kind, program=NOT_WHOLE[kind])
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAULT {kind}: " in done.stdout
    assert done.stdout.endswith("NOT WHOLE\n")
