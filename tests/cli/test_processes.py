"""The command line as programs and people meet it: processes, pipes, and a terminal."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath.mock
from tests.support.scripted import Request, Server, answer
from tests.support.terminal import Terminal

Serve = Callable[..., Server]
JSON = "Content-Type: application/json"
POSIX = pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")


def _started(*words: str, **settings: Any) -> subprocess.Popen[bytes]:
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
    program = settings.pop("program", ["-m", "restpath"])
    return subprocess.Popen([sys.executable, *program, *words], **settings)


def _ran(*words: str, given: bytes | None = None) -> tuple[int, bytes, bytes]:
    with _started(*words, stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL) as process:
        out, err = process.communicate(given, timeout=60)
    return process.returncode, out, err


def _many(request: Request) -> bytes:
    page = int(request.target.partition("page=")[2] or 1)
    items = [{"id": f"{page}-{i}", "text": "x" * 100} for i in range(200)]
    return answer(200, json.dumps({"items": items, "pages": 50}).encode(), JSON)


# ---- pipes ---------------------------------------------------------------------------------------------------------


def test_a_body_comes_from_a_pipe_byte_for_byte(shop_files: Path, server: Serve) -> None:
    shop = server()
    assert _ran("post", "shop/orders", "--data", "-", "Content-Type:a/b", given=b"\x00\xffbody") == (0, b"{}\n", b"")
    assert shop.requests[0].body == b"\x00\xffbody"


def test_standard_input_is_left_alone_unless_it_is_asked_for(shop_files: Path, server: Serve) -> None:
    shop = server()
    assert _ran("post", "shop/orders", "a=1", given=b"not read")[0] == 0
    assert json.loads(shop.requests[0].body)["a"] == "1"


def test_a_pipe_gets_plain_json_and_nothing_on_standard_error(shop_files: Path, server: Serve) -> None:
    server(answer(200, '{"a": ["ü"]}'.encode(), JSON))
    assert _ran("get", "shop/orders") == (0, '{"a": ["ü"]}\n'.encode(), b"")


def test_whoever_stops_reading_ends_it_quietly(shop_files: Path, server: Serve) -> None:
    shop = server(_many)
    with _started("get", "shop/orders", "--all", "-o", "ndjson") as process:
        assert process.stdout is not None and process.stderr is not None  # noqa: PT018
        assert process.stdout.readline().startswith(b'{"id": "1-0"')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
    assert len(shop.requests) < 50


@pytest.mark.parametrize("words", [["get", "--help"], ["get", "shop/orders"]])
def test_a_pipe_that_nobody_reads_ends_it_quietly(words: list[str], shop_files: Path, server: Serve) -> None:
    server(_many)
    read, write = os.pipe()
    os.close(read)
    with _started(*words, stdout=write) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_the_exit_status_is_that_of_the_process(shop_files: Path, server: Serve) -> None:
    server([answer(403, b"{}", JSON), answer(500, b"{}", JSON)])
    for status in (4, 5):
        done, out, err = _ran("put", "shop/orders/7", "a=1")
        assert (done, out) == (status, b"")
        assert err.startswith(b"restpath: PUT ")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")
def test_a_full_disk_is_told(shop_files: Path, server: Serve) -> None:
    server()
    with open("/dev/full", "wb") as full, _started("get", "shop/orders", stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"restpath: standard output: No space left on device\n")


_FAILING = [(["get", "nope"], 2), (["check", "nope"], 2), (["put", "shop/orders/7", "a=1"], 4), (["get"], 2)]


@pytest.mark.parametrize(("words", "status"), _FAILING)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_standard_error_that_nobody_reads_makes_no_success_of_a_failure(
    words: list[str], status: int, encoding: str, shop_files: Path, server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    server(answer(403, b"{}", JSON))
    read, write = os.pipe()
    os.close(read)
    with _started(*words, stderr=write) as process:
        os.close(write)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, b"")


@POSIX
@pytest.mark.parametrize(("words", "status"), _FAILING)
def test_what_is_told_on_standard_error_is_no_content_where_that_is_closed(
    words: list[str], status: int, shop_files: Path, server: Serve
) -> None:
    server(answer(403, b"{}", JSON))
    line = " ".join(["exec", shlex.quote(sys.executable), "-m", "restpath", *words, "2>&-"])
    done = subprocess.run(["/bin/sh", "-c", line], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)
    assert (done.returncode, done.stdout) == (status, b"")


@POSIX
@pytest.mark.parametrize("line", ["get shop/orders", "get shop/orders --save -", "get shop/orders -o table"])
def test_standard_output_that_is_closed_is_told(line: str, shop_files: Path, server: Serve) -> None:
    server(answer(200, b'{"a": 1}', JSON))
    whole = f"exec {shlex.quote(sys.executable)} -m restpath {line} >&-"
    done = subprocess.run(["/bin/sh", "-c", whole], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"restpath: standard output: it is closed\n")


@POSIX
@pytest.mark.parametrize("words", [["shell", "shop"], ["shell", "shop", "--python"]])
def test_a_shell_whose_input_is_closed_has_nothing_to_do(words: list[str], shop_files: Path, server: Serve) -> None:
    server()
    line = " ".join(["exec", shlex.quote(sys.executable), "-m", "restpath", *words, "<&-"])
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is full")
def test_a_call_is_made_though_standard_error_takes_nothing(shop_files: Path, server: Serve) -> None:
    shop = server()
    with open("/dev/full", "wb") as full, _started("get", "shop/orders", "limti=1", "-v", stderr=full) as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"{}\n")
    assert len(shop.requests) == 1


@pytest.mark.skipif(os.name != "posix", reason="there are no such signals")
def test_an_interruption_is_a_status_of_its_own(shop_files: Path, server: Serve) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def interrupt(sock: Any) -> None:
        processes[0].send_signal(signal.SIGINT)
        sock.recv(1)

    server([interrupt])
    processes.append(_started("put", "shop/orders/7", "a=1"))
    with processes[0] as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_a_call_imports_neither_rich_nor_what_it_does_not_need(shop_files: Path, server: Serve) -> None:
    server()
    code = (
        "import sys; from restpath.cli.main import run; run(sys.argv[1:]);"
        "print([name for name in ('rich', 'jmespath', 'prompt_toolkit', 'yaml', 'jsonschema', 'requests')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "get", "shop/orders"], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(ast.literal_eval(done.stdout.splitlines()[-1])) <= {"jsonschema", "requests"}
    words = ["get", "shop/orders", "--python"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


# ---- a terminal ----------------------------------------------------------------------------------------------------


class Runs:
    """Runs command lines on a pseudo-terminal of their own."""

    def __init__(self) -> None:
        self.shown = ""

    def run(self, *words: str, typed: str = "", columns: int = 80, out: int | None = None) -> int:
        """Run one; `typed` is answered to the first question; `out` takes standard output, if not the terminal."""
        command = [sys.executable, "-m", "restpath", *words]
        with Terminal(command, os.environ, columns=columns, out=out) as one:
            if typed:
                one.until("[y/N]: ")
                one.type(typed)
            status = one.end()
        self.shown = one.shown
        return status


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Runs()


@POSIX
def test_a_terminal_gets_colours_and_indentation_unless_no_color_is_set(
    terminal: Runs, shop_files: Path, server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server(answer(200, b'{"a": ["\\u009b31m"]}', JSON))
    assert terminal.run("get", "shop/jobs/7") == 0
    assert terminal.shown == '{\r\n  \x1b[1m"a"\x1b[0m: [\r\n    \x1b[32m"\\u009b31m"\x1b[0m\r\n  ]\r\n}\r\n'
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.run("get", "shop/jobs/7") == 0
    assert terminal.shown == '{\r\n  "a": [\r\n    "\\u009b31m"\r\n  ]\r\n}\r\n'


@POSIX
def test_bytes_are_not_dumped_on_a_terminal(terminal: Runs, shop_files: Path, server: Serve) -> None:
    server(answer(200, b"\x89PNG\x1b[31m", "Content-Type: image/png"))
    for words in ([], ["-o", "raw"]):
        assert terminal.run("get", "shop/jobs/7", *words) == 0
        assert (
            terminal.shown == "restpath: 9 bytes of image/png are not shown on a terminal: --save FILE keeps them\r\n"
        )


@POSIX
def test_what_is_saved_to_a_dash_cannot_steer_the_terminal_either(
    terminal: Runs, shop_files: Path, server: Serve
) -> None:
    server(
        [
            answer(200, b"a\x1b[31mb\x07\n", "Content-Type: text/plain"),
            answer(200, b"\x89PNG", "Content-Type: image/png"),
        ]
    )
    assert terminal.run("get", "shop/jobs/7", "--save", "-") == 0
    assert terminal.shown == "a\\x1b[31mb\\x07\r\n"
    assert terminal.run("get", "shop/jobs/7", "--save", "-") == 0
    assert "4 bytes of image/png are not shown" in terminal.shown


@POSIX
def test_text_cannot_steer_the_terminal(terminal: Runs, shop_files: Path, server: Serve) -> None:
    server(answer(200, b"a\x1b[31mb\x07\n", "Content-Type: text/plain"))
    assert terminal.run("get", "shop/jobs/7") == 0
    assert terminal.shown == "a\\x1b[31mb\\x07\r\n"


@POSIX
@pytest.mark.parametrize(("typed", "status", "sent"), [("y\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0), ("\x03", 130, 0)])
def test_delete_asks_on_a_terminal(
    typed: str, status: int, sent: int, terminal: Runs, shop_files: Path, server: Serve
) -> None:
    shop = server(answer(204))
    assert terminal.run("delete", "shop/orders/7", typed=typed) == status
    assert f"DELETE {shop.url}/v1/orders/7: really? [y/N]: " in terminal.shown
    assert len(shop.requests) == sent


@POSIX
def test_yes_is_not_asked_and_neither_is_a_script(
    terminal: Runs, shop_files: Path, server: Serve, tmp_path: Path
) -> None:
    shop = server(answer(204))
    assert terminal.run("delete", "shop/orders/7", "--yes") == 0
    with open(tmp_path / "out", "wb") as out:
        assert terminal.run("delete", "shop/orders/8", out=out.fileno()) == 0
    assert terminal.shown == ""
    assert len(shop.requests) == 2


@POSIX
def test_progress_is_shown_on_a_terminal_and_never_in_what_is_saved(
    terminal: Runs, shop_files: Path, server: Serve, tmp_path: Path
) -> None:
    big = os.urandom(1 << 20)
    (tmp_path / "big.bin").write_bytes(big)
    shop = server(lambda request: answer(200, big, "Content-Type: a/b") if request.method == "GET" else answer(204))
    assert terminal.run("post", "shop/orders/7/photo", "photo@big.bin") == 0
    assert "1.0/1.0 MB" in terminal.shown
    assert big in shop.requests[0].body
    assert terminal.run("put", "shop/orders/7", "--data", "big.bin") == 0
    assert "big.bin" in terminal.shown
    assert shop.requests[1].body == big
    assert terminal.run("get", "shop/jobs/7", "--save", "got.bin") == 0
    assert "1048576 bytes in got.bin" in terminal.shown
    assert (tmp_path / "got.bin").read_bytes() == big


@POSIX
@pytest.mark.parametrize("term", ["xterm", "dumb", "unknown"])
def test_what_an_upload_is_answered_with_is_a_line_of_its_own(
    term: str, terminal: Runs, shop_files: Path, server: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next prompt stands below it; a terminal that cannot take a bar away gets none, and no empty lines."""
    monkeypatch.setenv("TERM", term)
    (tmp_path / "big.bin").write_bytes(bytes(1 << 20))
    server(answer(200, b"Uploaded", "Content-Type: text/plain"))
    assert terminal.run("post", "shop/orders/7/photo", "photo@big.bin") == 0
    assert terminal.shown.endswith("Uploaded\r\n")
    assert ("big.bin" in terminal.shown) == (term == "xterm")
    assert term == "xterm" or terminal.shown == "Uploaded\r\n"
    with open(tmp_path / "out", "wb") as out:
        assert terminal.run("post", "shop/orders/7/photo", "photo@big.bin", out=out.fileno()) == 0
    assert (tmp_path / "out").read_bytes() == b"Uploaded"


@POSIX
def test_a_walk_into_a_file_is_counted_on_the_terminal(
    terminal: Runs, shop_files: Path, server: Serve, tmp_path: Path
) -> None:
    server(_many)
    with open(tmp_path / "out", "wb") as out:
        assert terminal.run("get", "shop/orders", "--limit", "500", "-o", "ndjson", out=out.fileno()) == 0
    assert re.search(r"\d+ items", terminal.shown)
    assert len((tmp_path / "out").read_bytes().splitlines()) == 500
    assert b"\x1b" not in (tmp_path / "out").read_bytes()


@POSIX
@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_fits_the_terminal(columns: int, terminal: Runs, shop_files: Path, server: Serve) -> None:
    server(_many)
    assert terminal.run("get", "shop/orders", "-o", "table", columns=columns) == 0
    lines = re.sub("\x1b\\[[0-9;]*m", "", terminal.shown).splitlines()
    assert lines[0].split() == ["id", "text"]
    assert max(map(len, lines)) <= columns


# ---- against the mock ----------------------------------------------------------------------------------------------


def test_a_day_in_a_script_against_the_mock(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with restpath.mock.serve("shop") as service:
        monkeypatch.setenv("RESTPATH_SHOP_BASE_URL", service.url)
        ran = command("post", "shop/orders", "note=first", "--query", "id", "-o", "raw")
        assert ran.status == 0
        name = ran.out.strip()
        assert command("put", f"shop/orders/{name}", "note=second").status == 0
        assert json.loads(command("get", f"shop/orders/{name}").out)["note"] == "second"
        assert command("delete", f"shop/orders/{name}").status == 0
        assert command("get", f"shop/orders/{name}").status == 4
