"""Looking around as people do: in a terminal, wide or narrow, and in pipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from restpath.version import __version__
from tests.support.library import write_library
from tests.support.terminal import Terminal

RESTPATH = [sys.executable, "-m", "restpath"]
LOOKS = [
    ["services"],
    ["tree", "library"],
    ["show", "library/books"],
    ["search", "library", "book"],
    ["config", "library"],
]

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")


@pytest.fixture(autouse=True)
def library(shop_files: Path) -> Path:
    return write_library(shop_files.parent)


def _on_terminal(words: list[str], columns: int, **env: str) -> str:
    """What is shown on a terminal, with its colours."""
    with Terminal([*RESTPATH, *words], {**os.environ, "TERM": "xterm", **env}, columns=columns) as terminal:
        assert terminal.end() == 0
        return terminal.shown.replace("\r\n", "\n")


def _piped(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RESTPATH, *words], capture_output=True, encoding="utf-8", env={**os.environ, **env}, stdin=subprocess.DEVNULL
    )


@needs_terminal
@pytest.mark.parametrize("words", LOOKS)
def test_a_terminal_gets_colours_unless_it_wants_none(words: list[str]) -> None:
    assert "\x1b[" in _on_terminal(words, 80)
    assert "\x1b[" not in _on_terminal(words, 80, NO_COLOR="1")
    assert "\x1b[" not in _on_terminal(words, 80, TERM="dumb")


@needs_terminal
@pytest.mark.parametrize("words", LOOKS)
def test_no_colour_is_one_that_only_dark_or_only_light_can_show(words: list[str]) -> None:
    looks = set(re.findall(r"\x1b\[([0-9;]*)m", _on_terminal(words, 80)))
    assert looks <= {"0", "1", "2", "31", "32", "35", "36"}


@needs_terminal
@pytest.mark.parametrize(
    "words", [["tree", "library"], ["search", "library", "book"], ["show", "library", "listBooks"]]
)
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_lines_keep_to_the_terminal_but_for_what_is_to_be_copied(words: list[str], columns: int) -> None:
    lines = _on_terminal(words, columns, NO_COLOR="1").splitlines()
    long = [line for line in lines if len(line) > columns]
    assert all(" " not in line.strip() or line.strip().startswith(("restpath ", "GET", "POST")) for line in long)


@needs_terminal
def test_a_wide_terminal_shows_what_a_pipe_has() -> None:
    for words in LOOKS[:4]:
        assert _on_terminal(words, 200, NO_COLOR="1") == _piped(*words).stdout


@pytest.mark.parametrize("words", LOOKS)
def test_a_pipe_gets_plain_text(words: list[str]) -> None:
    done = _piped(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout


def test_a_stream_that_takes_ascii_alone_gets_that() -> None:
    done = _piped("tree", "library", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "|-- books  GET POST  All books" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of POSIX")
def test_a_closed_pipe_ends_quietly() -> None:
    line = f'for i in 1 2 3 4 5 6 7 8; do "{sys.executable}" -m restpath tree library; done | head -n 1'
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=dict(os.environ))
    assert (done.stdout, done.stderr) == ("library  The library, 12 operations\n", "")


@pytest.mark.parametrize(
    ("words", "status"), [(["tree", "nothing"], 2), (["search", "library", "xyzzy"], 1), (["show"], 2)]
)
def test_what_is_wrong_goes_to_standard_error_alone(words: list[str], status: int) -> None:
    done = _piped(*words)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_told() -> None:
    assert _piped("--version").stdout == f"restpath, version {__version__}\n"
