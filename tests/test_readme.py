"""The README says what is so: its examples are run in their order, its files are written and read."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from restpath.services.bandpage import conf
from tests.support.scripted import closed_port
from tests.support.transcripts import replay

README = Path(__file__).parents[1] / "README.rst"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def write_files(text: str, folder: Path) -> None:
    """Write the files that the README shows with their names."""
    for name, content in re.findall(r"\.\. code-block:: json\n   :name: (\S+)\n\n((?:(?:   .*)?\n)+)", text):
        file = folder / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text("\n".join(line[3:] for line in content.splitlines()), encoding="utf-8")


BODY = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
BOATS = {
    "openapi": "3.1.0",
    "info": {"title": "Boats", "version": "1"},
    "paths": {
        "/boats": {
            "get": {"operationId": "listBoats"},
            "post": {"operationId": "addBoat", "requestBody": {"content": {"application/json": {"schema": BODY}}}},
        },
        "/boats/{boat-id}:launch": {"post": {"summary": "Let her go", "callbacks": {"done": {}}}},
    },
}


@pytest.fixture
def stranger() -> Iterator[str]:
    """The URL of a service that nobody here has heard of, which publishes its description."""
    answers = {"/openapi.json": BOATS, "/boats": [{"name": "Ada"}, {"name": "Bo"}]}

    class Strange(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answers[self.path]).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Strange) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_examples_do_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(conf, "ENDPOINT", conf.ENDPOINT)  # which the examples change
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):  # what the examples write is theirs alone
        monkeypatch.setenv(variable, str(tmp_path / variable))
    text = README.read_text(encoding="utf-8")
    write_files(text, tmp_path)
    examples = doctest.DocTestParser().get_doctest(text, {"url": stranger}, README.name, str(README), 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(examples, out=said.append)
    assert not result.failed, "".join(said)
    assert result.attempted > 60


def test_the_commands_it_names_are_there() -> None:
    from restpath.cli.commands import commands

    named = set(re.findall(r"^    restpath (\w+) ", README.read_text(encoding="utf-8"), re.MULTILINE))
    assert named == set(commands.commands)


def test_the_calls_that_it_shows_are_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line of the command line's first block is a call that would go out as it stands."""
    from restpath.cli.main import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESTPATH_MAX_BASE_URL", "https://max.example.com")
    (tmp_path / "ann.png").write_bytes(b"a picture")
    shown = README.read_text(encoding="utf-8").partition("\nThe command line\n")[2].partition("::\n\n")[2]
    lines = shown.partition("\n\n")[0].splitlines()
    assert len(lines) > 6
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "restpath"
        assert run([*words, "--dry-run"]) == 0, line
        assert capsys.readouterr().out.split()[0] in ("GET", words[0].upper()), line


# ---- the way to a cron job ---------------------------------------------------------------------------------------

BLOCK = re.compile(r"\.\. code-block:: (sh|text)\n(?:   :name: (\S+)\n)?\n((?:(?:   .*)?\n)+)")


def _section(title: str) -> list[tuple[str, str]]:
    """The blocks of a section: `sh` or its name, and the text."""
    text = README.read_text(encoding="utf-8").partition(f"\n{title}\n~")[2]
    text = re.split(r"\n\n[^\n]+\n[-~]{5,}\n", text)[0] + "\n"
    return [
        (name or kind, "\n".join(line[3:] for line in block.strip("\n").splitlines()))
        for kind, name, block in BLOCK.findall(text)
    ]


def _program(folder: Path) -> Path:
    """A directory with a program called restpath, as it stands in a person's PATH."""
    program = folder / "bin" / "restpath"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m restpath "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program.parent


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody's, with nothing of restpath's in the environment."""
    for name in [name for name in os.environ if name.startswith(("RESTPATH_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(README.parent))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("sh") is None, reason="paths and shell are those of Linux")
def test_the_way_to_a_cron_job_can_be_gone(home: Path) -> None:
    """Every command of that section is run, in a new home; what cron runs has no more than cron gives it."""
    programs, port = _program(home), str(closed_port())
    reports = home / "reports"
    config = home / ".config" / "restpath" / "config.ini"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[other]\ntoken = kept", encoding="utf-8")
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    blocks = [(kind, text.replace("8080", port)) for kind, text in _section("From nothing to a cron job")]
    assert [kind for kind, _ in blocks] == ["sh", "sh", "trying", "saving", "sh", "crontab"]
    first = blocks[0][1].replace(" &\n", " >mock.url & echo $! >mock.pid\n", 1)
    try:
        subprocess.run(["sh", "-ec", first], env=environment, timeout=60, check=True)
        subprocess.run(["sh", "-c", "until [ -s mock.url ]; do :; done"], timeout=60, check=True)
        looked = subprocess.run(
            ["sh", "-ec", blocks[1][1]], env=environment, timeout=60, check=True, capture_output=True, text=True
        )
        assert "profile [max:night]" in looked.stdout
        assert config.read_text(encoding="utf-8").startswith("[other]\ntoken = kept\n")
        for _, transcript in blocks[2:4]:
            replay(transcript, ["max", "--profile", "night"], cwd=reports)
        ran = subprocess.run(
            ["sh", "-ec", blocks[4][1]],
            env=environment,
            timeout=60,
            check=True,
            capture_output=True,
            text=True,
        )
        assert "--profile night" in ran.stdout
        assert "a-token" not in ran.stdout
        path, line = blocks[5][1].splitlines()
        path = path.replace("/usr/local/bin", str(programs))
        command = line.split(None, 5)[5]
        (reports / "people.csv").unlink()
        subprocess.run(["env", "-i", f"HOME={home}", f"PYTHONPATH={README.parent}", path, "sh", "-c", command],
                       timeout=60, check=True)  # fmt: skip
        assert (reports / "night.log").read_text() == '"The night job ran"\n'
        assert "ann" in (reports / "people.csv").read_text()
    finally:
        subprocess.run(["sh", "-c", "kill $(cat mock.pid)"], timeout=60, check=False)


def typed_in(text: str) -> list[tuple[str, str]]:
    """The lines of a shell that a text shows, behind `$`, each with what it says is printed."""
    blocks = re.findall(r"^::\n\n((?:    .*\n)+)", text, re.MULTILINE)
    lines = [line[4:] for block in blocks for line in block.splitlines()]
    found: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


@pytest.mark.parametrize("heading", ["Tomorrow's endpoints"])
def test_commands_print_what_the_readme_says(
    heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shell lines of a section, typed one after the other; a mock in the background takes a port that is free."""
    import restpath
    from restpath.cli.main import run
    from restpath.mock import serve

    section = README.read_text(encoding="utf-8").partition(f"\n{heading}\n----")[2].partition("\n----")[0]
    monkeypatch.chdir(tmp_path)
    for variable in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / f"home-{variable}"))
    write_files(section, tmp_path)
    checker, servers, urls = doctest.OutputChecker(), [], {}
    lines = typed_in(section)
    assert len(lines) > 8
    try:
        for line, said in lines:
            for shown, real in urls.items():
                line = line.replace(shown, real)
            words = shlex.split(line.removesuffix(" &"))
            given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
            start = words.index("restpath") + 1 if "restpath" in words else len(words)
            with monkeypatch.context() as around:
                for name, value in given.items():
                    (monkeypatch if words[0] == "export" else around).setenv(name, value)
                if line.endswith(" &"):
                    servers.append(serve(restpath.read(words[start + 1])))
                    urls[said.strip()] = servers[-1].url
                elif words[0] == "kill":
                    servers.pop().stop()
                elif words[0] != "export":
                    run(words[start:])
                    printed = "".join(capsys.readouterr())
                    assert checker.check_output(said, printed, FLAGS), f"{line}\n{printed}"
    finally:
        for server in servers:
            server.stop()
