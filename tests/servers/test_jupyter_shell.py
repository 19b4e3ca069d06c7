"""The shell against the real Jupyter Server: from a pipe and on a terminal, what it is told is on the disk."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from restpath.cli.main import run
from tests.servers.test_jupyter import FOLDER, Place, Server, place, pytestmark, server
from tests.support.terminal import Terminal

__all__ = ["place", "pytestmark", "server"]  # fixtures and the condition to run at all

Shell = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def shell(server: Server, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
          tmp_path: Path) -> Shell:  # fmt: skip
    monkeypatch.setenv("RESTPATH_JUPYTER_BASE_URL", server.url)
    monkeypatch.setenv("RESTPATH_JUPYTER_TOKEN", server.token)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def ran(lines: str) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode()), encoding="utf-8"))
        status = run(["shell", f"{FOLDER}/api/contents"])
        out, err = capsys.readouterr()
        assert server.token not in out + err
        return status, out, err

    return ran


def test_a_session_from_a_pipe_is_on_the_disk_and_its_script_does_it_again(
    shell: Shell, place: Place, tmp_path: Path
) -> None:
    lines = (
        f"put {place.name}/a.txt type=file format=text content='Hällo \"you\"' --query name\n"
        f"get {place.name}/a.txt --query content -o raw\n"
        f"put {place.name}/b.txt type=file format=text content=_.content --query size\nsave again.py\n"
        f"delete {place.name}/b.txt\nget {place.name}/b.txt content==0\n"
    )
    status, out, err = shell(lines)
    assert (status, out.splitlines()[:2]) == (4, ['"a.txt"', 'Hällo "you"'])
    assert "failed with 404" in err
    assert (place.disk / "a.txt").read_text(encoding="utf-8") == 'Hällo "you"'
    assert not (place.disk / "b.txt").exists()
    (place.disk / "a.txt").unlink()
    exec(compile((tmp_path / "again.py").read_text(encoding="utf-8"), "again.py", "exec"), {"__name__": "again"})
    assert (place.disk / "b.txt").read_text(encoding="utf-8") == 'Hällo "you"'


@pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")
def test_a_session_on_a_terminal_goes_on_after_an_error(
    shell: Shell, server: Server, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("prompt_toolkit")
    for name, value in (("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("PROMPT_TOOLKIT_NO_CPR", "1")):
        monkeypatch.setenv(name, value)
    (place.disk / "only-one.txt").write_text("here it is", encoding="utf-8")
    command = [sys.executable, "-m", "restpath", "shell", f"{FOLDER}/api/contents/{place.name}"]
    with Terminal(command, os.environ, columns=200) as terminal:
        terminal.until(">")
        terminal.type(f"get /api/contents/{place.name}/only-one.txt --query '[name, content]' -o ndjson\n")
        terminal.until('\n"here it is"')
        terminal.type("delete /api/contents/nothing-there --yes\n")
        terminal.until("failed with 404")
        terminal.until(">", after=terminal.text.index("failed with 404"))
        terminal.type("\x04")
        assert terminal.end() == 0
        assert server.token not in terminal.text


def test_the_last_answer_is_the_servers(shell: Shell, place: Place) -> None:
    (place.disk / "x").write_text("1")
    status, out, _ = shell(f"get {place.name} --query type\n_.content[].name\n_.content | length(@)\n")
    assert status == 0
    assert [json.loads(line) for line in out.splitlines()] == ["directory", ["x"], 1]
