"""The shell on a pseudo-terminal: the prompt, completion, several lines, history, Ctrl-C and Ctrl-D."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath.mock
from tests.support.scripted import Request, Server, answer
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")

Serve = Callable[..., Server]
JSON = "Content-Type: application/json"


@pytest.fixture
def environment(shop_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("prompt_toolkit")
    for name, value in (
        ("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("XDG_DATA_HOME", str(tmp_path / "data")),
        ("PROMPT_TOOLKIT_NO_CPR", "1"), ("PYTHONUTF8", "1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)


def _opened(*words: str, columns: int = 80, program: list[str] | None = None) -> Terminal:
    return Terminal([sys.executable, *(program or ["-m", "restpath"]), "shell", *words], os.environ, columns=columns)


def _say(terminal: Terminal, line: str, answer: str) -> None:
    """Type a line and wait for what comes of it, and for the next prompt."""
    before = len(terminal.text)
    terminal.type(f"{line}\n")
    terminal.until(answer, after=before)
    terminal.until(">", after=terminal.text.index(answer, before) + len(answer))


def _echo(request: Request) -> bytes:
    body = request.body.decode() or "null"
    return answer(200, json.dumps({"did": f"{request.method} {request.target}", "body": body}).encode(), JSON)


def test_lines_are_done_one_after_the_other_and_the_prompt_shows_where_one_is(environment: None, server: Serve) -> None:
    shop = server(_echo)
    with _opened("shop") as terminal:
        terminal.until("shop>")
        assert f"{shop.url}/v1" in terminal.text
        _say(terminal, "get orders", '"did": "GET /v1/orders"')
        _say(terminal, "cd orders/7\npwd", "/orders/7\n")
        _say(terminal, "get ordrs", "restpath tree shop/orders/7")
        _say(terminal, "get", '"did": "GET /v1/orders/7"')
        _say(terminal, "_.did", "GET /v1/orders/7")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert shop.connections == 1


def test_exit_leaves_it(environment: None, server: Serve) -> None:
    server()
    with _opened("shop") as terminal:
        terminal.until("shop>")
        terminal.type("exit\n")
        assert terminal.end() == 0


def test_what_is_open_goes_on_on_the_next_line(environment: None, server: Serve) -> None:
    shop = server(_echo)
    with _opened("shop") as terminal:
        terminal.until("shop>")
        terminal.type("post orders a:={\n")
        terminal.until("...")
        terminal.type('"b": 1}\n')
        terminal.until('"did"')
        _say(terminal, "pwd", "/")
    assert json.loads(shop.requests[0].body)["a"] == {"b": 1}


def test_ctrl_c_cancels_the_line_and_not_the_shell(environment: None, server: Serve) -> None:
    shop = server(_echo)
    with _opened("shop") as terminal:
        terminal.until("shop>")
        before = len(terminal.text)
        terminal.type("delete orders/7\x03")
        terminal.until("\nshop>", after=before)
        _say(terminal, "get orders", '"did": "GET /v1/orders"')
        terminal.type("post orders a='b\n")
        terminal.until("...")
        before = len(terminal.text)
        terminal.type("\x03")
        terminal.until("shop>", after=before)
        _say(terminal, "pwd", "/")
    assert [request.line.split()[0] for request in shop.requests] == ["GET"]


def test_ctrl_c_cancels_the_call_that_is_running_and_the_next_gets_its_own_answer(
    environment: None, server: Serve
) -> None:
    terminals: list[Terminal] = []

    def interrupt(sock: Any) -> None:
        terminals[0].type("\x03")
        sock.recv(1)

    server([interrupt, answer(200, b'"the second"', JSON)])
    with _opened("shop") as terminal:
        terminals.append(terminal)
        terminal.until("shop>")
        terminal.type("put orders/1 a=1\n")
        terminal.until("restpath: interrupted")
        _say(terminal, "get jobs/2", "the second")
        terminal.type("\x04")
        assert terminal.end() == 0


def test_delete_asks_and_ctrl_c_there_means_no(environment: None, server: Serve) -> None:
    shop = server(answer(204))
    with _opened("shop") as terminal:
        terminal.until("shop>")
        for typed, sent in (("n\n", 0), ("\x03", 0), ("y\n", 1)):
            before = len(terminal.text)
            terminal.type("delete orders/7\n")
            terminal.until("really? [y/N]: ", after=before)
            before = len(terminal.text)
            terminal.type(typed)
            terminal.until("\nshop>", after=before)
            assert len(shop.requests) == sent


def test_tab_completes_and_sends_nothing(environment: None, server: Serve) -> None:
    """What is completed is seen by what comes of it: a terminal is only sent what changes on it."""
    shop = server(_echo)
    with _opened("shop") as terminal:
        terminal.until("shop>")
        terminal.type("ge\t")
        terminal.until("get")
        terminal.type("ord\t")
        terminal.until("GET POST HEAD OPTIONS")
        assert shop.connections == 0
        terminal.type("/7/ph\t")
        terminal.until("oto")
        assert shop.connections == 0
        terminal.type("\n")
        terminal.until('"did": "GET /v1/orders/7/photo"')
    assert len(shop.requests) == 1


def test_ids_of_the_last_answer_are_completed(environment: None, server: Serve) -> None:
    shop = server(answer(200, b'{"items": [{"id": "first-one"}], "pages": 1}', JSON))
    with _opened("shop") as terminal:
        terminal.until("shop>")
        _say(terminal, "get orders --all", "first-one")
        before = len(terminal.text)
        terminal.type("cd orders/fi\t")
        terminal.until("rst-one", after=before)
        terminal.type("\n")
        terminal.until("shop/orders/first-one>", after=before)
        assert len(shop.requests) == 1


def test_a_secret_is_asked_for_and_nowhere_kept(environment: None, server: Serve, tmp_path: Path) -> None:
    shop = server(_echo)
    with _opened("shop") as terminal:
        terminal.until("shop>")
        terminal.type("set token\n")
        terminal.until("token: ")
        before = len(terminal.text)
        terminal.type("qu13t0ne\n")
        terminal.until("\nshop>", after=before)  # what is typed while it is asked for is thrown away
        _say(terminal, "set", "***")
        _say(terminal, "get jobs/1 X-Api-Key:l0udone", '"did"')
        _say(terminal, "get jobs/2", '"did"')
        assert "qu13t0ne" not in terminal.shown
        terminal.type("\x04")
        terminal.end()
    assert {request.header("authorization") for request in shop.requests} == {"Bearer qu13t0ne"}
    file = tmp_path / "data" / "restpath" / "history.d" / "shop"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().splitlines() == ['"set token"', '"set"', '"get jobs/2"']


def test_the_next_shell_has_the_history(environment: None, server: Serve) -> None:
    server(_echo)
    with _opened("shop") as terminal:
        terminal.until("shop>")
        _say(terminal, "get jobs/77", '"did"')
        terminal.type("\x04")
        terminal.end()
    with _opened("shop") as terminal:
        terminal.until("shop>")
        terminal.type("\x1b[A")
        terminal.until("get jobs/77")
        terminal.type("\n")
        terminal.until('"did": "GET /v1/jobs/77"')


def test_save_asks_before_it_overwrites(environment: None, server: Serve, tmp_path: Path) -> None:
    server(_echo)
    (tmp_path / "out.sh").write_text("mine")
    with _opened("shop") as terminal:
        terminal.until("shop>")
        _say(terminal, "get jobs/1", '"did"')
        terminal.type("save out.sh\n")
        terminal.until("overwrite it? [y/N]: ")
        terminal.type("n\n")
        _say(terminal, "pwd", "/")
        assert (tmp_path / "out.sh").read_text() == "mine"
        terminal.type("save out.sh\n")
        terminal.until("overwrite it? [y/N]: ", after=len(terminal.text))
        terminal.type("y\n")
        terminal.until("1 call in out.sh")


def test_content_alone_goes_to_standard_output(environment: None, server: Serve, tmp_path: Path) -> None:
    server(_echo)
    opened = "import os, sys; os.dup2(os.open('out', os.O_WRONLY | os.O_CREAT), 1)"
    program = ["-c", f"{opened}; from restpath.cli.main import entry; entry()"]
    with _opened("shop", program=program) as terminal:
        terminal.until("shop>")
        terminal.type("get jobs/1\npwd\nexit\n")
        assert terminal.end() == 0
    assert (tmp_path / "out").read_text() == '{"did": "GET /v1/jobs/1", "body": "null"}\n/\n'


def test_without_the_extra_it_says_how_to_get_it(environment: None, server: Serve) -> None:
    server()
    program = ["-c", "import sys; sys.modules['prompt_toolkit'] = None; from restpath.cli.main import entry; entry()"]
    with _opened("shop", program=program) as terminal:
        assert terminal.end() == 1
        assert "this needs prompt_toolkit, of the extra cli: pip install 'restpath[cli]'" in terminal.text


@pytest.mark.parametrize("blocked", ["", "IPython"])
def test_python_has_the_client_ready(blocked: str, environment: None, server: Serve, tmp_path: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    if not blocked:
        pytest.importorskip("IPython")
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    server(_echo)
    program = [
        "-c",
        f"import sys; sys.modules[{blocked or 'nothing'!r}] = None; from restpath.cli.main import entry; entry()",
    ]
    with _opened("shop", "--python", program=program) as terminal:
        terminal.until("In [1]" if not blocked else ">>> ")
        assert "client, shop: <Client shop at " in terminal.text
        terminal.type("shop is client, client.jobs[7].get()['did'] + restpath.__name__\n")
        terminal.until("(True, 'GET /v1/jobs/7restpath')")
        terminal.until("In [2]" if not blocked else ">>> ", after=terminal.text.index("7restpath"))
        terminal.type("\x04")
        if not blocked:
            terminal.until("exit")
            terminal.type("y\n")
        assert terminal.end() == 0


@pytest.mark.parametrize("columns", [80, 200])
def test_nothing_is_wider_than_the_terminal(columns: int, environment: None, server: Serve) -> None:
    server(_echo)
    with _opened("shop", columns=columns) as terminal:
        terminal.until("shop>")
        for line, last in (("help", "exit "), ("help set", "--help"), ("set", "nothing is set"), ("tree", "users")):
            _say(terminal, line, last)
        lines = re.split(r"[\r\n]+", re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", terminal.shown))
    # What is typed is drawn again and again on its line.
    assert max(len(line) for line in lines if not line.startswith("shop>")) <= columns


def test_an_evening_against_the_mock(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        restpath.mock.serve("max") as service,
        _opened("max", "--base-url", service.url, "--set", "username=ann", "--set", "token=longenough") as terminal,
    ):
        terminal.until("max>")
        _say(terminal, "post people username=ann", '"username": "ann"')
        _say(terminal, "cd people/:me\npwd", "/people/:me\n")
        _say(terminal, "post activities object.content=Hello", '"content": "Hello"')
        _say(terminal, "get activities --query [].object.content", '"Hello"')
        _say(terminal, "head activities", "1")
        terminal.type("\x04")
        assert terminal.end() == 0
