"""The command line against the real Jupyter Server: what it is told is on the disk, and what is there is printed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from restpath.cli.main import run
from tests.servers.test_jupyter import FOLDER, NAMES, Place, Server, composed, names_in, place, pytestmark, server

__all__ = ["place", "pytestmark", "server"]  # fixtures and the condition to run at all

Command = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def command(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("RESTPATH_JUPYTER_BASE_URL", server.url)
    monkeypatch.setenv("RESTPATH_JUPYTER_TOKEN", server.token)

    def ran(word: str, path: str, *words: str) -> tuple[int, Any, str]:
        capsys.readouterr()
        status = run([word, f"{FOLDER}/api/contents/{path}", *words])
        out, err = capsys.readouterr()
        assert server.token not in out + err
        return status, out, err

    return ran


def test_files_are_written_renamed_read_and_deleted(command: Command, place: Place) -> None:
    assert command("put", f"{place.name}/a.txt", "type=file", "format=text", "content=Hällo")[0] == 0
    assert (place.disk / "a.txt").read_text(encoding="utf-8") == "Hällo"
    assert command("patch", f"{place.name}/a.txt", f"path={place.name}/b.txt")[0] == 0
    assert command("get", f"{place.name}/b.txt", "--query", "content", "-o", "raw") == (0, "Hällo\n", "")
    assert command("delete", f"{place.name}/b.txt") == (0, "", "")
    assert not (place.disk / "b.txt").exists()
    status, out, err = command("get", f"{place.name}/b.txt", "content==0")
    assert (status, out) == (4, "")
    assert "failed with 404" in err


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_reached_percent_encoded(name: str, command: Command, place: Place) -> None:
    body = json.dumps(name)
    assert (
        command("put", f"{place.name}/{quote(name, safe='')}", "type=file", "format=text", f"content:={body}")[0] == 0
    )
    assert names_in(place.disk) == composed([name])
    assert command("get", f"{place.name}/{quote(name, safe='')}", "--query", "content", "-o", "raw")[1] == f"{name}\n"


def test_a_directory_is_shown_as_a_table_and_as_csv(command: Command, place: Place) -> None:
    for name in ("b", "a"):
        (place.disk / name).write_text("x" * 5)
    query = "sort_by(content, &name)[].{name: name, size: size}"
    assert command("get", place.name, "--query", query, "-o", "table")[1] == "name  size\na        5\nb        5\n"
    assert command("get", place.name, "--query", query, "-o", "csv")[1] == "name,size\na,5\nb,5\n"


def test_what_is_wrong_with_a_body_is_said_before_it_is_sent(command: Command, place: Place) -> None:
    status, _, err = command("put", f"{place.name}/a", "type=folder")
    assert status == 2
    assert "/type" in err
    assert command("put", f"{place.name}/a", "type=folder", "--no-strict")[0] != 2


def test_the_line_of_curl_does_the_same(command: Command, server: Server, place: Place, tmp_path: Path) -> None:
    words = ["type=file", "format=text", 'content=it\'s "quoted"']
    _, line, _ = command("put", f"{place.name}/c.txt", *words, "--curl")
    assert "<token>" in line
    script = line.replace("<token>", server.token)
    try:
        done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=60, check=False)
    except FileNotFoundError:
        pytest.skip("there is no shell")
    if done.returncode == 127:
        pytest.skip("there is no curl")
    assert (place.disk / "c.txt").read_text() == 'it\'s "quoted"'
