"""`save`: the calls of a session as a script that runs as it is, without secrets."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restpath.cli.arguments import read_items
from restpath.cli.holding import held
from restpath.cli.items import Item, parse_item, write_item
from restpath.cli.locating import read_named
from restpath.cli.main import run
from restpath.cli.options import Options
from restpath.cli.shell_script import option_words, python_script, shell_script
from restpath.cli.shell_session import Made, Session
from tests.cli.conftest import Ran
from tests.support.scripted import Request, Server, answer

Serve = Callable[..., Server]
Shell = Callable[..., Any]


JSON = "Content-Type: application/json"
SH = pytest.mark.skipif(shutil.which("sh") is None or os.name != "posix", reason="there is no sh")


def _seen(server: Server) -> list[tuple[Any, ...]]:
    """What came, as far as the calls said it."""
    return [(each.line, _body(each), each.header("x-own"), each.header("authorization")) for each in server.requests]


def _body(request: Request) -> Any:
    return json.loads(request.body) if request.body[:1] == b"{" else request.body


RunScript = Callable[..., Ran]


@pytest.fixture
def run_script(command: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunScript:
    """Run a script: Python's as a process; of one for a shell, sh reads it, and its command lines are run here."""
    program, calls = tmp_path / "bin" / "restpath", tmp_path / "calls"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n{ printf "%s\\0" "$@"; printf "\\036"; } >>"$CALLS"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(calls))

    def ran(file: Path, **environment: str) -> Ran:
        calls.write_bytes(b"")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            words = [sys.executable] if file.suffix == ".py" else ["sh"]
            done = subprocess.run([*words, str(file)], capture_output=True, text=True, timeout=60, check=False)
            rest = [command(*line.decode().split("\0")[:-1]) for line in calls.read_bytes().split(b"\x1e")[:-1]]
        return Ran(
            done.returncode or max((each.status for each in rest), default=0),
            done.stdout + "".join(each.out for each in rest),
            done.stderr + "".join(each.err for each in rest),
        )

    return ran


def _two(request: Request) -> bytes:
    if request.method == "GET" and "orders" in request.target:
        return answer(200, b'{"items": [{"id": 1}, {"id": 2}], "pages": 1}', JSON, "X-Count: 2")
    return answer(200, b'{"id": "a\'b", "text": "\\u00e9"}', JSON)


LINES = r"""
cd orders/7
put . note="it's \"x\"" tags:=["a", {"b": null}] X-Own:yes 'path\.name=$HOME *'
get photo --save photo.json
post photo file@up.txt;type=text/plain
cd ..
get . limit==2
get --all -o ndjson
get --query items[].id
get '{id}' id=_.items[0].id
head
call orders.get id='a/b'
post . --data body.json
get /nowhere
get /files/a/b%20c
options
delete 7
get jobs --dry-run
"""


@pytest.mark.parametrize("ending", [pytest.param("sh", marks=SH), "py"])
def test_a_script_makes_the_calls_again_and_those_alone_that_succeeded(
    ending: str, shell: Shell, server: Serve, run_script: RunScript, tmp_path: Path
) -> None:
    (tmp_path / "up.txt").write_text("up")
    (tmp_path / "body.json").write_text('{"whole": 1}')
    shop = server(_two)
    ran = shell(f"{LINES}\nset timeout=9 username=ann\nget\nsave out.{ending}\n", "--keep-going")
    assert ran.err.splitlines()[-1] == f"restpath: 14 calls in out.{ending}"
    first = _seen(shop)
    shop.requests.clear()
    done = run_script(tmp_path / f"out.{ending}")
    assert (done.status, done.err) == (0, "")
    again = _seen(shop)
    parts = 2  # the multipart body has a boundary of its own each time
    assert [each for i, each in enumerate(again) if i != parts] == [each for i, each in enumerate(first) if i != parts]
    assert again[parts][0] == first[parts][0]
    assert json.loads((tmp_path / "photo.json").read_text())["pages"] == 1
    lines = [json.loads(line) for line in done.out.splitlines() if line.startswith(("{", "[", "2"))]
    assert {"id": 1} in lines
    assert [1, 2] in lines


@pytest.mark.parametrize("ending", [pytest.param("sh", marks=SH), "py"])
def test_no_secret_is_in_a_script_and_it_runs_with_those_of_its_environment(
    ending: str, shell: Shell, server: Serve, run_script: RunScript, tmp_path: Path
) -> None:
    shop = server(_two)
    ran = shell(
        "set token=s3cr3t-one\npost orders password=s3cr3t-two user:={\"api_key\": \"s3cr3t-three\"} count:=1\n"
        "get jobs/1 Authorization:s3cr3t-four 'X-Auth-Token:s3cr3t-five' x==1\nget jobs/1?token=s3cr3t-six&a=b\n"
        f"post orders password=@file client_secret==s3cr3t-seven\nsave out.{ending}\n".replace("password=@file", "a=b")
    )  # fmt: skip
    assert ran.status == 0
    text = (tmp_path / f"out.{ending}").read_text()
    assert "s3cr3t" not in text
    assert "RESTPATH_SHOP_TOKEN" in text
    first = _seen(shop)
    shop.requests.clear()
    assert run_script(tmp_path / f"out.{ending}").status != 0
    assert not shop.requests
    user = '{"api_key": "s3cr3t-three"}' if ending == "sh" else "unused"
    done = run_script(
        tmp_path / f"out.{ending}", RESTPATH_SHOP_TOKEN="s3cr3t-one", PASSWORD="s3cr3t-two", USER=user,
        API_KEY="s3cr3t-three", AUTHORIZATION="s3cr3t-four", X_AUTH_TOKEN="s3cr3t-five", TOKEN="s3cr3t-six",
        CLIENT_SECRET="s3cr3t-seven",
    )  # fmt: skip
    assert (done.status, done.err) == (0, "")
    assert _seen(shop) == first


@SH
def test_a_secret_that_looks_like_a_file_stays_a_text(
    shell: Shell, server: Serve, run_script: RunScript, tmp_path: Path
) -> None:
    shop = server(_two)
    assert shell("post orders password=x\nsave out.sh\n").status == 0
    for secret in ("@/etc/passwd", "=x", "\\@x", "a b'$c", "\\x", "\\\\=x", "\\\\\\@", "\\\\", "\\"):
        shop.requests.clear()
        assert run_script(tmp_path / "out.sh", PASSWORD=secret).status == 0
        assert json.loads(shop.requests[0].body)["password"] == secret


def test_a_secret_in_a_path_is_refused(shell: Shell, server: Serve, tmp_path: Path) -> None:
    server(_two)
    ran = shell("get jobs/t0ps3cret\nsave out.sh\n")
    assert ran.status == 2
    assert "a secret would stand in the script" in ran.err
    assert not (tmp_path / "out.sh").exists()


def test_a_file_that_is_there_is_not_overwritten_unasked(shell: Shell, server: Serve, tmp_path: Path) -> None:
    server(_two)
    (tmp_path / "out.sh").write_text("mine")
    ran = shell("get jobs/1\nsave out.sh\n")
    assert ran.status == 2
    assert "out.sh is there already: save --force out.sh overwrites it" in ran.err
    assert (tmp_path / "out.sh").read_text() == "mine"
    assert shell("get jobs/1\nsave --force out.sh\n").status == 0
    assert "restpath get shop/jobs/1" in (tmp_path / "out.sh").read_text()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_script_can_be_run_by_its_name(shell: Shell, server: Serve, tmp_path: Path) -> None:
    server(_two)
    assert shell("get jobs/1\nsave out.py\n").status == 0
    assert stat.S_IMODE((tmp_path / "out.py").stat().st_mode) & 0o100


def test_the_profile_and_the_server_of_the_session_are_in_the_script(
    shell: Shell, server: Serve, run_script: RunScript, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = server(_two)
    monkeypatch.delenv("RESTPATH_SHOP_TOKEN")
    config = tmp_path / "config" / "restpath" / "config.ini"
    config.parent.mkdir(parents=True)
    config.write_text(f"[shop:night]\nbase_url = {shop.url}/v1\ntoken = owls\n")
    config.chmod(0o600)
    lines = f"set base_url={shop.url}/v1 username=ann token=daytime\n"
    lines += "get jobs/1\nset base_url= token= profile=night\nget jobs/1\nget jobs/2 --no-strict\n"
    assert shell(f"{lines}save out.sh\nsave out.py\n").status == 0
    text = (tmp_path / "out.sh").read_text()
    assert f"--base-url {shop.url}/v1" in text
    assert text.count("--profile night") == 2
    shop.requests.clear()
    assert run_script(tmp_path / "out.py").status != 0  # the first call has its token from the environment
    monkeypatch.setenv("RESTPATH_SHOP_TOKEN", "daytime")
    assert run_script(tmp_path / "out.sh").status == 0
    tokens = [request.header("authorization") for request in shop.requests]
    assert tokens == ["Bearer daytime"] * 3  # the environment goes before a profile


def test_a_folder_is_named_by_its_whole_path_and_a_url_as_it_was(
    shell: Shell, server: Serve, run_script: RunScript, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = server(_two)
    whole = str(tmp_path / "layers" / "shop")
    assert shell("get jobs/1\nsave a.sh\nsave a.py\n", place="./layers/shop").status == 0
    assert f"{shlex.quote(f'{whole}/jobs/1')}\n" in (tmp_path / "a.sh").read_text()
    assert f"restpath.read({whole!r})" in (tmp_path / "a.py").read_text()
    monkeypatch.chdir(tmp_path / "bin")
    assert run_script(tmp_path / "a.py").status == 0
    if shutil.which("sh"):
        assert run_script(tmp_path / "a.sh").status == 0
    assert {request.target for request in shop.requests} == {"/v1/jobs/1"}
    monkeypatch.chdir(tmp_path)
    count = len(shop.requests)
    with Server(_two) as other:
        assert shell("set token=longenough\nget x/y\nsave b.py\nsave b.sh\n", place=other.url).status == 0
        assert "longenough" not in (tmp_path / "b.py").read_text() + (tmp_path / "b.sh").read_text()
        assert run_script(tmp_path / "b.py", TOKEN="longenough").status == 0
        if shutil.which("sh"):
            assert run_script(tmp_path / "b.sh", TOKEN="longenough").status == 0
        assert {request.header("authorization") for request in other.requests} == {"Bearer longenough"}
    assert len(shop.requests) == count


# ---- quoting -------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
JSONS = st.recursive(st.booleans() | st.integers() | TEXTS, lambda each: st.lists(each, max_size=3), max_leaves=5)
ITEMS = st.one_of(
    TEXTS.map(lambda text: write_item(Item("text", ("note",), text))),
    TEXTS.map(lambda text: write_item(Item("query", ("q",), text))),
    JSONS.map(lambda value: write_item(Item("json", ("value",), value))),
)
IDS = TEXTS.filter(lambda text: text.strip(".") and "/" not in text)


def _session(tmp: Path, items: list[str], name: str) -> tuple[Session, dict[str, Any]]:
    from urllib.parse import quote

    session = Session("shop", read_named("shop"), Options(base_url="http://127.0.0.1:1"))
    given = read_items(items)
    asked, merged = session.ask_place(f"orders/{quote(name, safe='')}", "PUT", Options(output="json"), given)
    arguments = given.arguments(asked.operation._record())
    words = ("put", f"shop/orders/{quote(name, safe='')}", *items)
    session.made.append(Made(words, asked, arguments, merged))
    return session, arguments


@SH
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=st.lists(ITEMS, max_size=4), name=IDS)
def test_the_shell_reads_every_word_back(items: list[str], name: str, shop_files: Path, tmp_path: Path) -> None:
    session, _ = _session(tmp_path, items, name)
    with held(session):
        text = shell_script(session)
    body = f'restpath() {{ printf "%s\\0" "$@"; }}\n{text}'
    done = subprocess.run(["sh"], input=body.encode(), capture_output=True, check=True, timeout=60)
    words = [word.decode() for word in done.stdout.split(b"\0")[:-1]]
    made, options = session.made[0], option_words(session.made[0].options)
    assert words in ([*made.words, *options], ["put", *options, "--", *made.words[1:]])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=st.lists(ITEMS, max_size=4), name=IDS)
def test_python_says_the_same(items: list[str], name: str, shop_files: Path, tmp_path: Path) -> None:
    session, arguments = _session(tmp_path, items, name)
    calls: list[Any] = []

    class Path:
        def __getattr__(self, word: str) -> Any:
            return (lambda **said: calls.append(said)) if word == "put" else self

        def __getitem__(self, item: str) -> Any:
            assert item == name
            return self

    with held(session):
        text = python_script(session)
    names = {"__name__": "script"}
    exec(compile(text.replace("client = restpath.connect", "client = connected or restpath.connect"), "script", "exec"),
         {**names, "connected": Path()})  # fmt: skip
    assert calls == [arguments]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ITEMS)
def test_items_are_read_back(item: str) -> None:
    assert write_item(parse_item(item)) == item


def test_a_script_of_the_command_line_is_a_command_line(shell: Shell, server: Serve, tmp_path: Path) -> None:
    server(_two)
    assert shell("get orders limit==1\nsave out.sh\n").status == 0
    line = (tmp_path / "out.sh").read_text().splitlines()[-1]
    assert run(shlex.split(line)[1:]) == 0


def test_a_python_script_says_which_output_it_does_not_make(shell: Shell, server: Serve, tmp_path: Path) -> None:
    server(answer(200, b'{"items": [{"id": 1}], "pages": 1}', "Content-Type: application/json"))
    assert shell("set output=csv\nget orders\nget orders --headers\nset output=\nget orders\nsave out.py\n").status == 0
    text = (tmp_path / "out.py").read_text(encoding="utf-8")
    assert text.count("# --output csv of the shell is not done here") == 1
    assert text.count("# --headers of the shell is not done here") == 1
