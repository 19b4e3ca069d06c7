"""What is printed of an answer, where, and in which format; what is shown unsent."""

from __future__ import annotations

import io
import json
import pickle
import shlex
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.cli.progress import SMALL
from tests.support.scripted import Request, Server, answer

Command = Callable[..., Any]
Serve = Callable[..., Server]

JSON = "Content-Type: application/json"
ORDER = b'{"id": "7", "name": "\xc3\x9cn\\u0007\xed\x95\x9c", "n": 5, "deep": {"a": [1], "b": null}}'


def _page(request: Request) -> bytes:
    """Three pages of two orders each, for whoever asks."""
    page = int(request.target.partition("page=")[2].partition("&")[0] or 1)
    items = [{"id": 2 * page - 1, "name": f"a{page}"}, {"id": 2 * page, "name": f"b{page}"}]
    if page == 3:
        items[1]["late"] = "x"
    return answer(200, json.dumps({"items": items, "pages": 3}).encode(), JSON)


def _broken_off(sock: socket.socket) -> None:
    sock.sendall(answer(200, b"x", length=5))


# ---- formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ([], '{"id": "7", "name": "Ün\\u0007한", "n": 5, "deep": {"a": [1], "b": null}}\n'),
        (["-o", "json"], '{"id": "7", "name": "Ün\\u0007한", "n": 5, "deep": {"a": [1], "b": null}}\n'),
        (["-o", "ndjson"], '{"id": "7", "name": "Ün\\u0007한", "n": 5, "deep": {"a": [1], "b": null}}\n'),
        (["-o", "raw"], ORDER.decode()),
        (["-o", "csv"], "id,name,n,deep.a,deep.b\n7,Ün\x07한,5,[1],\n"),
        (["--query", "deep.a"], "[1]\n"),
        (["--query", "id"], '"7"\n'),
        (["--query", "id", "-o", "raw"], "7\n"),
        (["--query", "[id, n, deep.b]", "-o", "raw"], "7\n5\n\n"),
        (["--query", "nothing"], "null\n"),
        (["--query", "deep", "-o", "yaml"], "a:\n- 1\nb: null\n"),
        (["--query", "n", "-o", "yaml"], "5\n"),
        (["--query", "{n: n, id: id}", "-o", "table"], "name  value\nn     5\nid    7\n"),
    ],
)
def test_content_is_printed_in_the_format_that_is_asked_for(
    words: list[str], out: str, command: Command, server: Serve
) -> None:
    server(answer(200, ORDER, JSON))
    ran = command("get", "shop/jobs/7", *words)
    assert (ran.status, ran.out, ran.err) == (0, out, "")


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["-o", "ndjson"], '{"id": 1, "name": "a1"}\n{"id": 2, "name": "b1"}\n'),
        (["-o", "csv"], "id,name\n1,a1\n2,b1\n"),
        (["-o", "table"], "id  name\n 1  a1\n 2  b1\n"),
        (["-o", "table", "--query", "items[].name"], "value\na1\nb1\n"),
        (["-o", "raw", "--query", "items[].name"], "a1\nb1\n"),
        (["-o", "csv", "--query", "items[?id > `1`].{n: name}"], "n\nb1\n"),
    ],
)
def test_formats_for_lists_take_the_items_of_a_page(
    words: list[str], out: str, command: Command, server: Serve
) -> None:
    server(_page)
    ran = command("get", "shop/orders", *words)
    assert (ran.status, ran.out, ran.err) == (0, out, "")


@pytest.mark.parametrize(
    ("body", "media_type", "words", "said"),
    [
        (
            b'"word"',
            "application/json",
            ["-o", "table"],
            "a table needs a list or an object, and the content is a text",
        ),
        (b"5", "application/json", ["-o", "table"], "the content is a number"),
        (b"[[1]]", "application/json", ["-o", "csv"], "CSV needs objects, and the content has a list"),
        (b"\xff\x00", "image/png", ["-o", "json"], "json cannot hold 2 bytes that are no text"),
        (b"\xff\x00", "image/png", ["-o", "yaml"], "yaml cannot hold 2 bytes"),
        (b"\xff\x00", "image/png", ["-o", "csv"], "CSV needs objects, and the content has bytes"),
        (b'{"a": 1}', "application/json", ["--query", "abs('x')"], "--query cannot be asked of its content"),
        (b'["x"]', "application/json", ["--query", "contains(@[0], `1`)"], "--query cannot be asked of its content"),
    ],
)
def test_content_that_does_not_fit_is_an_error_that_says_the_call_was_made(
    body: bytes, media_type: str, words: list[str], said: str, command: Command, server: Serve
) -> None:
    shop = server(answer(200, body, f"Content-Type: {media_type}"))
    ran = command("get", "shop/jobs/7", *words)
    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert "the call was made" in ran.err
    assert len(shop.requests) == 1


@pytest.mark.parametrize(
    ("reply", "out"),
    [
        (answer(204), ""),
        (answer(200, b"null", JSON), "null\n"),
        (answer(200, b'"word"', JSON), '"word"\n'),
        (answer(200, b"a\r\nb", "Content-Type: text/plain"), "a\r\nb"),
        (answer(200, b'"\\ud800"', JSON), '"\\ud800"\n'),
    ],
)
def test_content_goes_into_a_pipe_as_what_it_is(reply: bytes, out: str, command: Command, server: Serve) -> None:
    server(reply)
    ran = command("get", "shop/jobs/7")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.replace("\r\n", "\n") == out.replace("\r\n", "\n")


def test_bytes_go_into_a_pipe_as_they_are(
    shop_files: Path, server: Serve, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from restpath.cli.main import run

    server(answer(200, bytes(range(256)), "Content-Type: image/png"))
    assert run(["get", "shop/jobs/7"]) == 0
    assert capfdbinary.readouterr().out == bytes(range(256))


def test_head_and_options_print_the_count_or_the_header_fields(command: Command, server: Serve) -> None:
    server([answer(200, b"", "X-Count: 12"), answer(200, b"", "X-Count: 12"), answer(204, b"", "Allow: GET, POST")])
    assert command("head", "shop/orders").out == "12\n"
    assert command("head", "shop/orders", "--headers").out.splitlines()[0] == "200 Words"
    assert "Allow: GET, POST\n" in command("options", "shop/orders").out


def test_headers_are_printed_in_place_of_the_content(command: Command, server: Serve) -> None:
    server(answer(200, b"{}", JSON, "X-A: 1"))
    ran = command("get", "shop/orders", "--headers")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "200 Words\nContent-Length: 2\nContent-Type: application/json\nX-A: 1\n"


# ---- walks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "out", "pages"),
    [
        (["--all", "-o", "ndjson", "--query", "[].id", "-o", "raw"], "1\n2\n3\n4\n5\n6\n", 3),
        (["--limit", "3", "--query", "[].name"], '["a1", "b1", "a2"]\n', 2),
        (["--limit", "3"], '[\n{"id": 1, "name": "a1"},\n{"id": 2, "name": "b1"},\n{"id": 3, "name": "a2"}\n]\n', 2),
        (["--limit", "0"], "[]\n", 0),
        (["--limit", "1", "-o", "yaml"], "- id: 1\n  name: a1\n", 1),
        (["--all", "--limit", "2", "-o", "csv"], "id,name\n1,a1\n2,b1\n", 1),
        (["--all", "-o", "csv", "page==3"], "id,name,late\n5,a3,\n6,b3,x\n", 1),
        (["--all", "-o", "table", "page==3"], "id  name  late\n 5  a3\n 6  b3    x\n", 1),
    ],
)
def test_a_walk_prints_the_items_of_all_pages(
    words: list[str], out: str, pages: int, command: Command, server: Serve
) -> None:
    shop = server(_page)
    ran = command("get", "shop/orders", *words)
    assert (ran.status, ran.out, ran.err) == (0, out, "")
    assert len(shop.requests) == pages


def test_a_walk_prints_what_it_has_before_it_asks_for_more(command: Command, server: Serve) -> None:
    seen: list[Any] = []

    def answers(request: Request) -> bytes:
        return _page(request) if "page=2" not in request.target else answer(500, b'{"message": "no more"}', JSON)

    shop = server(answers)
    ran = command("get", "shop/orders", "--all", "-o", "ndjson")
    assert (ran.status, ran.out) == (5, '{"id": 1, "name": "a1"}\n{"id": 2, "name": "b1"}\n')
    assert "no more" in ran.err
    ran = command("get", "shop/orders", "--all")
    with pytest.raises(ValueError):
        seen.append(json.loads(ran.out))  # what is cut short is no JSON
    assert len(shop.requests) == 4


# ---- saving --------------------------------------------------------------------------------------------------------


def test_content_is_saved_as_it_came_or_in_the_format_asked_for(
    command: Command, server: Serve, tmp_path: Path
) -> None:
    server(_page)
    ran = command("get", "shop/orders", "--save", "a.json")
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert json.loads((tmp_path / "a.json").read_bytes())["pages"] == 3
    assert command("get", "shop/orders", "--save", "a.csv", "-o", "csv").status == 0
    assert (tmp_path / "a.csv").read_bytes() == b"id,name\n1,a1\n2,b1\n"
    assert command("get", "shop/orders", "--save", "all", "--all", "-o", "ndjson").status == 0
    assert len((tmp_path / "all").read_text().splitlines()) == 6
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == ["a.csv", "a.json", "all"]


def test_a_file_is_as_it_was_where_the_call_fails(command: Command, server: Serve, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")
    server([answer(500, b"{}", JSON), answer(500, b"{}", JSON), _broken_off])
    assert command("post", "shop/orders", "--save", "kept").status == 5
    assert command("post", "shop/orders", "--save", "kept", "-o", "json").status == 5
    assert command("post", "shop/orders", "--save", "kept").status == 1
    assert (tmp_path / "kept").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["kept"]


def test_a_file_is_as_it_was_where_nothing_is_new(command: Command, server: Serve, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")
    server(answer(304))
    assert command("get", "shop/orders", 'If-None-Match:"a"', "--save", "kept").status == 0
    assert (tmp_path / "kept").read_text() == "old"
    assert command("get", "shop/orders", 'If-None-Match:"a"', "--save", "new").status == 0
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["kept"]


def test_a_text_has_its_own_line_ends_also_where_those_of_the_system_are_others(
    shop_files: Path, server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restpath.cli.main import run

    server(answer(200, "a\r\nb\nü".encode(), "Content-Type: text/plain; charset=utf-8"))
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="utf-8", newline="\r\n"))
    assert run(["get", "shop/jobs/7"]) == 0
    assert written.getvalue() == "a\r\nb\nü".encode()


def test_what_is_saved_to_a_dash_goes_to_standard_output(
    shop_files: Path, server: Serve, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    from restpath.cli.main import run

    server(answer(200, b"\x00\xff", "Content-Type: image/png"))
    assert run(["get", "shop/jobs/7", "--save", "-"]) == 0
    assert capfdbinary.readouterr().out == b"\x00\xff"


@pytest.mark.parametrize("words", [["--limit", "0"], ["--limit", "5"], ["--all"]])
def test_a_line_of_curl_says_that_it_walks_through_nothing(command: Command, server: Serve, words: list[str]) -> None:
    server()
    assert command("get", "shop/orders", "--curl", *words).err == f"restpath: the line leaves out {words[0]}\n"


# ---- unsent --------------------------------------------------------------------------------------------------------

LOUD = [
    "post", "shop/orders", "password=pass-s3cret", "note=hi", "limit==1", "api_key==key-s3cret",
    "X-Auth-Token:head-s3cret", "X-Own:1", "--set", "token=set-s3cret", "--set", "username=ann",
]  # fmt: skip


@pytest.mark.parametrize("option", ["--dry-run", "--curl", "--python", "--verbose"])
def test_no_secret_is_shown(option: str, command: Command, server: Serve) -> None:
    shop = server(answer(200, b"{}", JSON, "Set-Cookie: session=cook-s3cret"))
    ran = command(*LOUD, option)
    assert ran.status == 0, ran
    assert "s3cret" not in ran.out + ran.err
    assert "hi" in ran.out + ran.err
    assert len(shop.requests) == (option == "--verbose")


def test_a_dry_run_shows_the_request_that_would_go_out(command: Command, server: Serve) -> None:
    shop = server()
    ran = command("post", "shop/orders/7/photo", "--dry-run", "note=hi", "X-A:1")
    assert ran.out.splitlines()[:3] == [
        f"POST {shop.url}/v1/orders/7/photo",
        "Content-Type: application/json",
        "X-A: 1",
    ]
    assert "Authorization: Bearer <token>\n\n{\n" in ran.out
    assert json.loads(ran.out.partition("\n\n")[2]) == {"note": "hi"}
    assert not shop.requests


def test_a_dry_run_names_files_and_opens_none(
    command: Command, server: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    (tmp_path / "a.png").write_bytes(b"1234")
    out = command("post", "shop/orders/7/photo", "-n", "photo@a.png", "note=hi", "password=s3cret").out
    assert "Content-Type: multipart/form-data\n" in out
    shown = ["note: hi", "password: ***", "photo: (the file a.png, image/png, 4 bytes)"]
    assert out.partition("\n\n")[2].splitlines() == shown
    out = command("post", "shop/orders", "-n", "--data", "-").out
    assert out.endswith("\n\n(standard input, application/json)\n")


def test_a_verbose_dry_run_tells_where_each_value_comes_from(
    command: Command, server: Serve, tmp_path: Path, shop_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = server()
    ran = command("post", "shop/orders?x=0", "-n", "-v", "note=hi", "dry==1", "X-A:1", "Accept:")
    rows = [" ".join(line.split()) for line in ran.out.rstrip().rpartition("\n\n")[2].splitlines()]
    assert rows == [
        f"base URL {shop.url}/v1 environment RESTPATH_SHOP_BASE_URL",
        "token *** environment RESTPATH_SHOP_TOKEN",
        "?x 0 item x==...",
        "?dry 1 item dry==...",
        "Content-Type application/json what the body is",
        "X-A 1 item X-A:...",
        "Accept left out item Accept:",
        f"kind order default for POST /orders, {shop_files / 'defaults.json'} (RESTPATH_PATH)",
        f"address.country AT default for POST /orders, {shop_files / 'defaults.json'} (RESTPATH_PATH)",
        "note hi item note=...",
    ]
    monkeypatch.delenv("RESTPATH_SHOP_BASE_URL")
    monkeypatch.delenv("RESTPATH_SHOP_TOKEN")
    out = command("get", "shop/orders", "-n", "-v").out
    assert f"base URL     https://shop.example/v1  definition, {shop_files / 'service.json'} (RESTPATH_PATH)\n" in out
    assert "credentials  none" in out
    assert "--base-url" in command("get", "shop/orders", "-n", "-v", "--base-url", "https://x.example").out
    (tmp_path / "config" / "restpath").mkdir(parents=True)
    (tmp_path / "config" / "restpath" / "config.ini").write_text(
        "[shop]\nbase_url = https://p.example\ntoken = s3cret\n"
    )
    (tmp_path / "config" / "restpath" / "config.ini").chmod(0o600)
    out = command("get", "shop/orders", "-n", "-v").out
    assert out.count("profile [shop] in ") == 2
    assert "s3cret" not in out


PYTHON = [
    ["get", "shop/orders", "limit==5"],
    ["get", "shop/orders/a%2Fb"],
    ["get", "shop/found?fixed=yes"],
    ["get", "shop/files/a/b"],
    ["post", "shop/jobs/7:cancel", "data=1", "from=2", "a.b=3", r"c\.d=4", "n:=[1, null]"],
    ["post", "shop/orders", "note=hi", "X-A:1", "Accept:", "q==a", "q==b", "count:=5"],
    ["post", "shop/orders/7/photo", "photo@a.png", "photo@a.png;type=x/y", "note=hi"],
    ["put", "shop/orders/7", "--data", "a.png"],
    ["call", "shop", "orders.get", "id=7", "x==1"],
    ["get", "./layers/shop/orders/7"],
    ["get", "https://api.example/a/b%2Fc/?x=1"],
    ["delete", "shop/unknown/x", "--no-strict"],
    ["get", "shop/orders", "--base-url", "https://other.example/x", "--timeout", "3,4", "--set", "username=ann"],
]


@pytest.mark.filterwarnings("ignore:shop does not know")
@pytest.mark.parametrize("words", PYTHON)
def test_the_line_of_python_is_the_same_call(
    words: list[str], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restpath.core import Core

    (tmp_path / "a.png").write_bytes(b"1234")
    calls: list[Any] = []

    def perform(self: Core, call: Any, settings: Any) -> Any:
        calls.append((pickle.loads(pickle.dumps(call)), settings.timeout, self.base_url))
        raise restpath.InvalidValue("it is enough to know")

    monkeypatch.setattr(Core, "perform", perform)
    assert command(*words).status == 2
    line = command(*words, "--python").out
    assert line.count("\n") == 1
    with pytest.raises(restpath.InvalidValue, match="enough"):
        eval(line, {"restpath": restpath})
    first, second = calls
    if "--data" in words:  # an open file is lost in a pickle
        assert (first[0].method, first[0].url) == (second[0].method, second[0].url)
    else:
        assert first == second


def test_the_line_of_python_says_walks_files_and_placeholders(command: Command) -> None:
    out = command("get", "shop/orders", "--python", "--limit", "5", "--set", "token=s3cret", "--profile", "x").out
    assert "profile" in command("get", "shop/orders", "--python", "--profile", "x").err
    out = command("get", "shop/orders", "--python", "--limit", "5", "--set", "token=s3cret").out
    assert out == "restpath.connect('shop', token='<token>').orders.get.options(max_items=5).walk()\n"
    out = command("get", "shop/jobs/7", "--python", "--save", "x.png").out
    assert out == "restpath.connect('shop').jobs['7'].get.save('x.png')\n"


def test_the_line_of_curl_is_the_same_call(command: Command, server: Serve) -> None:
    shop = server()
    words = ["post", "shop/orders", "note=it's", "x==ä b", "X-A:1"]
    line = shlex.split(command(*words, "--curl").out)
    assert not shop.requests
    assert line[:3] == ["curl", "-X", "POST"]
    assert command(*words).status == 0
    request = shop.requests[0]
    assert line[-1] == f"{shop.url}{request.target}"
    assert line[line.index("--data-raw") + 1].encode() == request.body
    assert "Authorization: Bearer <token>" in line


def test_verbose_tells_on_standard_error_what_went_and_what_came(command: Command, server: Serve) -> None:
    shop = server(answer(200, b"{}", JSON))
    ran = command("post", "shop/orders", "-v", "note=hi")
    assert ran.out == "{}\n"
    lines = ran.err.splitlines()
    assert lines[0] == f"> POST {shop.url}/v1/orders"
    assert '>   "note": "hi"' in lines
    assert any(line.startswith(f"* POST {shop.url}/v1/orders: 200 in ") for line in lines)
    assert "< 200 Words" in lines


def test_verbose_shows_all_that_came_with_an_error(command: Command, server: Serve) -> None:
    server(answer(404, b'{"message": "gone", "more": "words"}', JSON))
    ran = command("get", "shop/jobs/7", "-v")
    assert (ran.status, ran.out) == (4, "")
    assert "< 404 Words" in ran.err
    assert '"more": "words"' in ran.err


def test_verbose_masks_what_the_service_says_back(command: Command, server: Serve) -> None:
    server(answer(401, b'{"message": "no t0ps3cret here", "sent": "t0ps3cret"}', JSON, "X-Echo: t0ps3cret"))
    for words in ([], ["-v"], ["-v", "--debug"]):
        ran = command("get", "shop/jobs/7", *words)
        assert ran.status == 4
        assert "t0ps3cret" not in ran.out + ran.err


def test_in_a_script_nobody_is_asked_before_delete(command: Command, server: Serve) -> None:
    shop = server(answer(204))
    assert command("delete", "shop/orders/7").status == 0
    assert len(shop.requests) == 1


@pytest.mark.parametrize(
    ("module", "extra", "words"),
    [("yaml", "yaml", ["-o", "yaml"]), ("rich.cells", "cli", ["-o", "table"]), ("jmespath", "cli", ["--query", "a"])],
)
def test_a_missing_extra_is_named_before_anything_is_sent(
    module: str, extra: str, words: list[str], command: Command, server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = server()
    monkeypatch.setitem(sys.modules, module, None)
    ran = command("post", "shop/orders", "count:=1", *words)
    assert ran.status == 2
    assert f"needs the extra {extra}: pip install 'restpath[{extra}]'" in ran.err
    assert shop.requests == []


def test_without_what_draws_bars_a_file_goes_up_whole(
    command: Command, server: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restpath.cli.progress.is_terminal", lambda stream: True)
    for module in [name for name in sys.modules if name.partition(".")[0] == "rich"] + ["rich"]:
        monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "big.bin").write_bytes(b"x" * SMALL)
    shop = server(answer(204))
    assert command("post", "shop/orders/7/photo", "--data", "big.bin") == (0, "", "")
    assert [request.body for request in shop.requests] == [b"x" * SMALL]


def test_a_file_and_a_content_type_choose_the_body(
    command: Command, server: Serve, shop_files: Path, tmp_path: Path
) -> None:
    form = {"schema": {"required": ["caption"]}}
    post = {"body": {}, "bodies": {"multipart/form-data": {}, "application/x-www-form-urlencoded": form}}
    resources = {"/photos": {"methods": {"POST": post}}}
    (shop_files / "resources.json").write_text(json.dumps(resources), encoding="utf-8")
    (shop_files / "defaults.json").unlink()
    (tmp_path / "a.png").write_bytes(b"png")
    shop = server()
    typed = "Content-Type:application/x-www-form-urlencoded"
    for words in (["a=1"], ["a=1", f"photo@{tmp_path / 'a.png'}"], ["caption=x", typed]):
        assert command("post", "shop/photos", *words).status == 0
    types = [str(each.header("content-type")).partition(";")[0] for each in shop.requests]
    assert types == ["application/json", "multipart/form-data", "application/x-www-form-urlencoded"]
    ran = command("post", "shop/photos", "a=1", typed)
    assert (ran.status, len(shop.requests)) == (2, 3)
    assert "'caption' is a required property" in ran.err
