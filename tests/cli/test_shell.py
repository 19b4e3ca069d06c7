"""`restpath shell` from a pipe: the grammar of the command line without the service, statuses, `_`, `set`, `help`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath.mock
from tests.support.library import write_library
from tests.support.scripted import Request, Server, answer

Serve = Callable[..., Server]
Shell = Callable[..., Any]
JSON = "Content-Type: application/json"


def _echo(request: Request) -> bytes:
    """What came, as JSON: the method and the target, and the body where there is one."""
    body = json.loads(request.body) if request.body else None
    return answer(200, json.dumps({"did": f"{request.method} {request.target}", "body": body}).encode(), JSON)


def _did(out: str) -> list[str]:
    return [json.loads(line)["did"] for line in out.splitlines()]


# ---- calls and places ----------------------------------------------------------------------------------------------


def test_an_answer_that_is_text_does_not_run_into_the_next_one(shell: Shell, server: Serve, tmp_path: Path) -> None:
    """A text ends its line where others follow; raw, and in a file, it is byte for byte what came."""
    server(answer(200, b"Uploaded", "Content-Type: text/plain"))
    ran = shell("get orders/7\nget orders/7 --save a.txt\nget orders/8 --query length(@)\nget orders/7 -o raw\n")
    assert (ran.status, ran.out, ran.err) == (0, "Uploaded\n8\nUploaded", "")
    assert (tmp_path / "a.txt").read_bytes() == b"Uploaded"


def test_a_line_is_what_follows_restpath_without_the_service(shell: Shell, server: Serve) -> None:
    shop = server(_echo)
    ran = shell("get orders limit==1\npost orders note=Hello -o json\nget orders/7\ncall orders.get id=7\n")
    assert (ran.status, ran.err) == (0, "")
    assert _did(ran.out) == ["GET /v1/orders?limit=1", "POST /v1/orders", "GET /v1/orders/7", "GET /v1/orders/7"]
    assert shop.connections == 1


def test_paths_are_taken_from_the_place_where_one_is(shell: Shell, server: Serve) -> None:
    server(_echo)
    ran = shell(
        "cd orders/7\nget\nget photo\nget ../8\nget /jobs/1\nget . x==1\ncd photo\npwd\ncd -\npwd\ncd\npwd\ncd orders\n"
        "cd ..\npwd\nhead orders --headers --query x --dry-run\n",
        "--keep-going",
    )
    lines = ran.out.splitlines()
    assert _did("\n".join(lines[:5])) == [
        "GET /v1/orders/7", "GET /v1/orders/7/photo", "GET /v1/orders/8", "GET /v1/jobs/1", "GET /v1/orders/7?x=1",
    ]  # fmt: skip
    assert lines[5:9] == ["/orders/7/photo", "/orders/7", "/", "/"]


def test_a_shell_can_begin_at_a_place(shell: Shell, server: Serve) -> None:
    server(_echo)
    assert _did(shell("get\n", place="shop/orders/7").out) == ["GET /v1/orders/7"]
    assert shell("get\n", place="shop/nothing").status == 2


def test_all_options_of_a_call_are_there(shell: Shell, server: Serve) -> None:
    shop = server(answer(200, b'{"items": [{"id": 1}, {"id": 2}], "pages": 1}', JSON))
    ran = shell("cd orders\nget --all -o csv\nget --query items[0].id\nget . -o table --limit 1\nget --headers\n")
    assert ran.status == 0
    assert ran.out.startswith("id\n1\n2\n1\nid\n 1\n200 Words\n")
    sent = len(shop.requests)
    ran = shell("cd orders\npost . a=1 --dry-run\nget --curl\nget . limit==1 --python\n")
    assert "curl " in ran.out
    assert "restpath.connect('shop').orders.get(qs={'limit': '1'})" in ran.out
    assert len(shop.requests) == sent


def test_a_line_of_a_help_text_or_of_show_can_be_pasted(shell: Shell, server: Serve) -> None:
    server(_echo)
    ran = shell("cd jobs/1\nrestpath get shop/orders x==1\nrestpath call shop orders.list\nrestpath tree shop/jobs\n")
    assert _did("\n".join(ran.out.splitlines()[:2])) == ["GET /v1/orders?x=1", "GET /v1/orders"]
    assert ran.status == 0
    assert "a line begins with its command" in shell("restpath get other/orders\n").err


def test_a_url_is_called_as_it_is_outside(shell: Shell, server: Serve) -> None:
    server(_echo)
    with Server(_echo) as other:
        ran = shell(f"set token=own\nget {other.url}/x\n")
        assert _did(ran.out) == ["GET /x"]
        assert other.requests[0].header("authorization") is None


def test_a_url_in_place_of_the_service_will_do(shell: Shell) -> None:
    with Server(_echo) as other:
        ran = shell("get a/b?c=d\ncd a\nset token=own\nget b\npwd\n", place=f"{other.url}/x")
        assert _did("\n".join(ran.out.splitlines()[:2])) == ["GET /x/a/b?c=d", "GET /x/a/b"]
        assert ran.out.endswith("/x/a\n")
        assert other.requests[1].header("authorization") == "Bearer own"
        assert other.connections == 1
        for line in ("tree", "show", "search x", "login", "logout"):
            ran = shell(f"{line}\n", place=other.url)
            assert (ran.status, "no data files describe it" in ran.err) == (2, True)


def test_the_url_of_a_known_service_is_that_service(shell: Shell, server: Serve) -> None:
    shop = server(_echo)
    assert "Usage" not in shell("show orders\n", place=f"{shop.url}/v1/orders").err
    assert _did(shell("get 7\n", place=f"{shop.url}/v1/orders").out) == ["GET /v1/orders/7"]


def test_a_folder_of_data_files_is_a_service(shell: Shell, shop_files: Path, server: Serve) -> None:
    server(_echo)
    assert _did(shell("get orders\n", place="./layers/shop/").out) == ["GET /v1/orders"]


def test_a_definition_can_be_said(shell: Shell, shop_files: Path, server: Serve, tmp_path: Path) -> None:
    server(_echo)
    ran = shell("get orders\nsave x.sh\nshow orders\nget orders --definition other\n", "--definition", "layers/shop")
    assert _did(ran.out.splitlines()[0]) == ["GET /v1/orders"]
    assert "say it to restpath shell" in ran.err
    folder = shlex.quote(str(tmp_path / "layers" / "shop"))
    assert f"restpath get shop/orders --definition {folder}" in (tmp_path / "x.sh").read_text()


def test_json_may_go_over_several_lines(shell: Shell, server: Serve) -> None:
    server(_echo)
    ran = shell("post orders a:={\n\"b\": [1,\n2]} \\\n  note='x\ny' # done\n")
    body = json.loads(ran.out)["body"]
    assert (body["a"], body["note"]) == ({"b": [1, 2]}, "x\ny")


# ---- statuses ------------------------------------------------------------------------------------------------------


def test_it_stops_at_the_first_command_that_fails_with_its_status(shell: Shell, server: Serve) -> None:
    shop = server([answer(200, b"1", JSON), answer(404, b"{}", JSON)])
    ran = shell("# begins here\n\nget jobs/1\nget jobs/2\nget jobs/3\n")
    assert (ran.status, ran.out) == (4, "1\n")
    assert "failed with 404" in ran.err
    assert ran.err.endswith("restpath: stopped at line 4; --keep-going goes on behind a command that fails\n")
    assert len(shop.requests) == 2


def test_with_keep_going_the_first_failure_is_the_status(shell: Shell, server: Serve) -> None:
    shop = server([answer(404, b"{}", JSON), answer(403, b"{}", JSON), answer(200, b"1", JSON)])
    assert shell("get jobs/1\nget jobs/2\nget jobs/3\nnonsense\n", "--keep-going").status == 4
    assert len(shop.requests) == 3


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("gte orders", 2, "there is no command 'gte'; did you mean 'get'?"),
        ("get ordrs", 2, "did you mean orders?"),
        ("get x=1", 2, "'x=1' is no path here; if it is an item, say where it goes: . x=1"),
        ("get password=s3cret", 2, "an item is no path here; say where it goes, as in . NAME=VALUE"),
        ("post orders x", 2, "'x' is no item"),
        ("post orders a:={'", 2, "the line ends within an open {"),
        ("get 'orders", 2, "the line ends within an open '"),
        ("post orders --data -", 2, "say --data FILE"),
        ("cd nowhere", 2, "restpath tree shop lists"),
        ("_", 2, "_ is the last answer, and there is no answer yet"),
        ("post orders a=_.b", 2, "there is no answer yet"),
        ("set nonsense=1", 2, "there are token, username, base_url"),
        ("set timeout=soon", 2, "is no time"),
        ("set output=xml", 2, "give one of json"),
        ("set strict=maybe", 2, "strict is yes or no"),
        ("set profile=nobody", 2, "nobody"),
        ("set token", 2, "nobody is there to be asked"),
        ("save x.txt", 2, ".py for Python, .sh for a shell"),
        ("save x.py", 2, "no call has succeeded yet"),
        ("get --nonsense", 2, "No such option"),
        ("help nonsense", 2, "there is no command 'nonsense'"),
        ("login", 2, "shop has nowhere to log in"),
        ("search nonsense", 1, "no operation that speaks of"),
    ],
)
def test_what_is_wrong_is_told_as_on_the_command_line(
    line: str, status: int, told: str, shell: Shell, server: Serve
) -> None:
    shop = server(_echo)
    ran = shell(f"{line}\n")
    assert (ran.status, ran.out) == (status, "")
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert not shop.requests


def test_what_is_wrong_with_the_shell_itself_is_told_first(shell: Shell, server: Serve) -> None:
    shop = server(_echo)
    assert shell("get orders\n", place="shp").status == 2
    assert shell("get orders\n", "--profile", "nobody").status == 2
    assert shell("get orders\n", "--set", "nobody=1").status == 2
    assert not shop.requests


def test_exit_ends_it(shell: Shell, server: Serve) -> None:
    shop = server(_echo)
    for word in ("exit", "quit"):
        assert shell(f"{word}\nget orders\n").status == 0
    assert not shop.requests


def test_lines_that_are_no_text_are_told(shell: Shell, server: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server()
    done = subprocess.run(
        [sys.executable, "-m", "restpath", "shell", "shop"], input=b"pwd\n\xff\n", capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"/\n")
    assert b"line 2 of standard input is no text in UTF-8" in done.stderr


def test_a_service_without_a_server_can_be_looked_at_and_given_one(
    shell: Shell, shop_files: Path, tmp_path: Path
) -> None:
    service = json.loads((shop_files / "service.json").read_text())
    del service["base_url"]
    (shop_files / "service.json").write_text(json.dumps(service))
    ran = shell("cd orders\nshow\nget\n")
    assert ran.status == 2
    assert "shop has no server of its own" in ran.err
    with Server(_echo) as one:
        assert _did(shell(f"set timeout=5\nset base_url={one.url}\nget orders\n").out) == ["GET /orders"]


# ---- the last answer -----------------------------------------------------------------------------------------------


def test_the_last_answer_is_printed_whole_or_in_parts(shell: Shell, server: Serve) -> None:
    shop = server(answer(200, b'{"items": [{"id": 7, "n": "x"}, {"id": 8, "n": "y"}], "pages": 1}', JSON))
    ran = shell(
        "get orders --query pages\n_.items[0].id\n_.items[?n=='y'].id\n_ --query 'items[1].n' -o raw\n"
        "_.items -o csv\n_|length(items)\nget orders --all -o ndjson\n_[1].id\n_.items\n"
    )
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[:4] == ["1", "7", "[8]", "y"]
    assert lines[4:7] == ["id,n", "7,x", "8,y"]
    assert lines[7] == "2"
    assert lines[-2:] == ["8", "null"]
    assert len(shop.requests) == 2


def test_the_last_answer_can_be_saved_and_one_that_was_saved_is_not_kept(
    shell: Shell, server: Serve, tmp_path: Path
) -> None:
    server(answer(200, b"\x89PNG", "Content-Type: image/png"))
    assert shell("get jobs/1 --headers\n_ --save a.png\n").status == 0
    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG"
    ran = shell("get jobs/1 --save b.png\n_\n")
    assert ran.status == 2
    assert "it went to a file" in ran.err


def test_an_error_is_no_last_answer(shell: Shell, server: Serve) -> None:
    server([answer(200, b"7", JSON), answer(404, b'{"a": 1}', JSON)])
    ran = shell("get jobs/1\nget jobs/2\n_\n", "--keep-going")
    assert ran.out == "7\n7\n"


def test_what_does_not_fit_a_format_is_kept_all_the_same(shell: Shell, server: Serve) -> None:
    server(answer(200, b"7", JSON))
    ran = shell("get jobs/1 -o table\n_\n", "--keep-going")
    assert (ran.status, ran.out) == (1, "7\n")


@pytest.mark.parametrize(
    ("item", "body"),
    [
        ("a=_.id", {"a": "7"}), ("a:=_.id", {"a": 7}), ("a:=_", {"a": {"id": 7, "t": "=x", "l": [1], "n": None}}),
        ("a.b=_.t", {"a": {"b": "=x"}}), ("a:=_.l[0]", {"a": 1}), ("a='_.id'", {"a": "_.id"}), ("a=_id", {"a": "_id"}),
        ("a=\\_.id", {"a": "_.id"}), ("a=_.id x==_.t", {"a": "7"}),
    ],
)  # fmt: skip
def test_an_unquoted_item_takes_its_value_from_the_last_answer(
    item: str, body: dict[str, Any], shell: Shell, server: Serve
) -> None:
    shop = server([answer(200, b'{"id": 7, "t": "=x", "l": [1], "n": null}', JSON), answer(200, b"{}", JSON)])
    assert shell(f"get jobs/1\npatch orders/7 {item}\n").status == 0
    assert json.loads(shop.requests[1].body) == body
    assert shop.requests[1].target == ("/v1/orders/7?x=%3Dx" if "x==" in item else "/v1/orders/7")


@pytest.mark.parametrize(
    ("item", "told"),
    [("a=_.n", "has nothing at _.n"), ("a:=_.nope", "has nothing at _.nope"), ("a=_.l", "that is a list: name:=_"),
     ("a=_", "that is an object"), ("a=_.[", "does not compile")],
)  # fmt: skip
def test_nothing_is_sent_where_the_last_answer_has_no_such_value(
    item: str, told: str, shell: Shell, server: Serve
) -> None:
    shop = server(answer(200, b'{"id": 7, "l": [1], "n": null}', JSON))
    ran = shell(f"get jobs/1\npatch orders/7 {item}\n")
    assert ran.status == 2
    assert told in ran.err
    assert len(shop.requests) == 1


# ---- settings ------------------------------------------------------------------------------------------------------


def test_what_is_set_holds_for_the_calls_to_come(shell: Shell, server: Serve) -> None:
    shop = server(answer(200, b'[{"a": 1}]', JSON))
    ran = shell("set token=s3cr3tly output=ndjson timeout=2,3\nset\nget orders\nset output=\nget orders\nset token=\n"
                "get orders\nset\n")  # fmt: skip
    assert ran.status == 0
    assert "s3cr3tly" not in ran.out
    assert [line.split() for line in ran.out.splitlines()[:5]] == [
        ["set", "in", "this", "shell"], ["token", "***"], ["timeout", "2,3"], ["output", "ndjson"], ['{"a":', "1}"],
    ]  # fmt: skip
    tokens = [request.header("authorization") for request in shop.requests]
    assert tokens == ["Bearer s3cr3tly", "Bearer s3cr3tly", "Bearer t0ps3cret"]
    assert shop.connections == 1


def test_an_output_that_was_set_gives_way_where_it_does_not_fit(shell: Shell, server: Serve) -> None:
    server(answer(200, b"7", JSON, "X-Count: 3"))
    ran = shell("set output=table\nget jobs/1\nhead orders\nget jobs/1 --headers\n_\n")
    assert ran.status == 0
    assert ran.out.splitlines()[:2] == ["7", "3"]


def test_another_server_gets_nothing_of_what_is_set(shell: Shell, server: Serve) -> None:
    server(_echo)
    with Server(_echo) as other:
        ran = shell(f"set token=own\nget orders --base-url {other.url}\nset base_url={other.url}\nget orders\n")
        assert ran.status == 0
        assert [request.header("authorization") for request in other.requests] == ["Bearer t0ps3cret", "Bearer own"]


def test_what_is_not_strict_is_sent_all_the_same(shell: Shell, server: Serve) -> None:
    server(_echo)
    assert _did(shell("get nope --no-strict\nset strict=no\ncd nope\nget it\n").out) == [
        "GET /v1/nope",
        "GET /v1/nope/it",
    ]
    assert _did(shell("get nope\n", "--no-strict").out) == ["GET /v1/nope"]


def test_config_shows_both(shell: Shell, server: Serve) -> None:
    server()
    out = shell("set username=ann token=hidden\nconfig\n").out
    assert "environment RESTPATH_SHOP_TOKEN" in out
    assert "set in this shell" in out
    assert "hidden" not in out


# ---- looking around ------------------------------------------------------------------------------------------------


def test_looking_around_is_that_of_the_command_line(
    shell: Shell, command: Callable[..., Any], shop_files: Path
) -> None:
    write_library(shop_files.parent)
    for line, words in (
        ("show", ["show", "library"]), ("show books", ["show", "library/books"]), ("tree", ["tree", "library"]),
        ("show listBooks", ["show", "library", "listBooks"]), ("search lend", ["search", "library", "lend"]),
        ("tree books --depth 1", ["tree", "library/books", "--depth", "1"]),
    ):  # fmt: skip
        assert shell(f"{line}\n", place="library").out == command(*words).out


def test_help_lists_the_commands_and_says_more_of_one(shell: Shell) -> None:
    out = shell("help\n").out
    for name in ("get", "cd", "set", "save", "exit", "login", "_"):
        assert f"\n  {name} " in out
    assert "SERVICE" not in out
    for name in ("get", "call", "show", "tree", "search", "_", "set", "save", "cd"):
        text = shell(f"help {name}\n").out
        assert text.startswith(f"Usage: {name} ")
        assert "SERVICE/PATH" not in text
        assert shell(f"{name} --help\n").out.startswith(f"Usage: {name} ")


# ---- as a process --------------------------------------------------------------------------------------------------


def _process(given: bytes, *words: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "restpath", "shell", *words], input=given, capture_output=True, timeout=60, check=False,
        **settings,
    )  # fmt: skip


def test_a_pipe_gets_content_alone_and_no_prompt(shop_files: Path, server: Serve) -> None:
    server(answer(200, '{"a": "ü"}'.encode(), JSON))
    done = _process("get orders\n# ü\n_.a -o raw\n".encode(), "shop")
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"a": "ü"}\nü\n'.encode(), b"")


def test_whoever_stops_reading_ends_it_quietly_and_nothing_more_is_sent(shop_files: Path, server: Serve) -> None:
    shop = server(answer(200, json.dumps(["x" * 1000] * 200).encode(), JSON))
    script = b"get orders\n" * 50
    with subprocess.Popen(
        [sys.executable, "-m", "restpath", "shell", "shop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: PT018
        process.stdin.write(script)
        process.stdin.close()
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
    assert len(shop.requests) < 50


def test_python_runs_what_a_pipe_says_with_the_client_ready(shop_files: Path, server: Serve) -> None:
    server(_echo)
    done = _process(b"print(shop.orders['7'].get()['did'], client is shop, restpath.__name__)\n", "shop", "--python")
    assert (done.returncode, done.stdout) == (0, b"GET /v1/orders/7 True restpath\n")
    done = _process(b"raise SystemExit(3)\n", "shop", "--python")
    assert done.returncode == 3
    done = _process(b"1 / 0\n", "shop", "--python")
    assert done.returncode == 1
    assert b"ZeroDivisionError" in done.stderr


def test_a_pipe_needs_no_prompt_toolkit(shop_files: Path, server: Serve) -> None:
    server(_echo)
    program = "import sys; from restpath.cli.main import run; run(sys.argv[1:]); print('prompt_toolkit' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, "shell", "shop"], input="pwd\n", capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert done.stdout == "/\nFalse\n"


def test_a_morning_against_the_mock(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with restpath.mock.serve("shop") as service:
        monkeypatch.setenv("RESTPATH_SHOP_BASE_URL", service.url)
        ran = shell(
            "cd orders\npost . note=first --query note\nget {id} id=_.id --query note\ndelete {id} id=_.id\nget\n"
        )
        assert ran.err == ""
        assert ran.status == 0
        assert ran.out.splitlines()[:2] == ['"first"', '"first"']
        assert '"first"' not in ran.out.splitlines()[2]


def test_help_of_a_call_has_its_options_by_what_they_are_about(shell: Callable[..., Any]) -> None:
    ran = shell("help get\nhelp call\nhelp tree\n")
    assert ran.out.count("\nWho and where:\n") == 2
    assert ran.out.count("\nWhat is printed:\n") == 2
    assert ran.out.count("\nOptions:\n") == 1


def test_a_profile_that_is_not_there_is_told_at_once_for_a_service_with_no_server_too(shell: Shell) -> None:
    ran = shell("# nothing is called\n", "--profile", "nite", place="max")
    assert (ran.status, ran.out) == (2, "")
    assert "max has no profile 'nite'" in ran.err
    assert "base_url" not in ran.err
    assert shell("help\n", place="max").status == 0
    assert "max has no profile 'nite'" in shell("set profile=nite\n", place="max").err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ls", "there is no command 'ls'; tree lists what is there"),
        ("where shop orders", "where is no command of the shell: run restpath where outside"),
        ("refresh --all", "refresh is no command of the shell: run restpath refresh outside"),
        ("gte orders", "there is no command 'gte'; did you mean 'get'?"),
    ],
)
def test_what_is_no_command_here_is_told_where_it_is_or_what_does_it(shell: Shell, line: str, said: str) -> None:
    ran = shell(f"{line}\n")
    assert ran.status == 2
    assert said in ran.err


@pytest.mark.parametrize("line", ["get orders", "cd orders"])
def test_a_path_that_is_at_the_root_alone_is_told_how_to_be_written(shell: Shell, server: Serve, line: str) -> None:
    one = server(_echo)
    ran = shell(f"cd jobs/7\n{line}\n")
    assert ran.status == 2
    assert "Paths are taken from shop/jobs/7; /orders is from the root" in ran.err
    assert "from the root" not in shell("cd jobs/7\nget nothing\n").err + shell("get nothing\n").err
    assert not one.requests
