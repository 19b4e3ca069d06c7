"""The commands that call, against a server that remembers what came: what is sent, and what it is told by."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted import Server, answer, closed_port, redirect

Command = Callable[..., Any]
Serve = Callable[..., Server]

JSON = "Content-Type: application/json"


def _sent(server: Server) -> Any:
    return json.loads(server.requests[-1].body)


# ---- what is sent --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["get", "put", "patch", "delete"])
def test_each_method_is_a_command(word: str, command: Command, server: Serve) -> None:
    shop = server()
    assert command(word, "shop/orders/7").status == 0
    assert shop.requests[0].line == f"{word.upper()} /v1/orders/7 HTTP/1.1"
    assert shop.requests[0].header("Authorization") == "Bearer t0ps3cret"


def test_items_become_body_query_and_header_fields(command: Command, server: Serve) -> None:
    shop = server()
    words = ["name=Ann", "count:=5", "tags:=[1, 2]", "dry==yes", "dry==no", "X-Own:1", "address.city=Wien", "n=5"]
    assert command("post", "shop/orders", *words).status == 0
    assert shop.requests[0].target == "/v1/orders?dry=yes&dry=no"
    assert shop.requests[0].header("X-Own") == "1"
    assert _sent(shop) == {
        "kind": "order", "address": {"country": "AT", "city": "Wien"}, "name": "Ann", "count": 5, "tags": [1, 2],
        "n": "5",
    }  # fmt: skip


def test_fields_of_a_method_without_a_body_go_in_the_query(command: Command, server: Serve) -> None:
    shop = server()
    command("get", "shop/orders", "limit=5", "a.b=x", r"c\.d=y", "from=z")
    assert shop.requests[0].target == "/v1/orders?limit=5&a.b=x&from=z&c.d=y"


def test_several_items_of_one_name_make_a_list(command: Command, server: Serve) -> None:
    shop = server()
    command("post", "shop/orders", "a=x", "a=y", "a:=3", "b:=[1]", "b:=[2]")
    assert {key: value for key, value in _sent(shop).items() if key in "ab"} == {"a": ["x", "y", 3], "b": [[1], [2]]}


def test_field_names_that_python_keeps_for_itself_are_written_as_they_are(command: Command, server: Serve) -> None:
    shop = server()
    words = ["data=1", "qs=2", "headers=3", "timeout=4", "upload_file=5", "from=6", "self=7", "upload_file_x=8"]
    command("post", "shop/orders", *words, "from_=9", "timeout_=10", r"a\.b=11", r"c.d\.e=12")
    sent = {key: value for key, value in _sent(shop).items() if key not in ("kind", "address")}
    assert sent == {
        "data": "1", "qs": "2", "headers": "3", "timeout": "4", "upload_file": "5", "from": "6", "self": "7",
        "upload_file_x": "8", "from_": "9", "timeout_": "10", "a.b": "11", "c": {"d.e": "12"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [("a=1", "a.b=2"), (r"a\.b=1", r"a\.b.c=2"), (r"a\.b.c=1", r"a\.b=2"), (r"a\.b=1", "c=1", "c.d=2")],
)
def test_items_that_contradict_each_other_are_refused(words: tuple[str, ...], command: Command, server: Serve) -> None:
    shop = server()
    ran = command("post", "shop/orders", *words)
    assert ran.status == 2
    assert "contradict" in ran.err or "say different things" in ran.err
    assert not shop.requests


def test_names_with_dots_that_the_definition_declares_are_one_name(command: Command, server: Serve) -> None:
    shop = server()
    command("post", "shop/orders", "options.size=5")
    assert _sent(shop)["options.size"] == "5"


def test_header_fields_can_be_left_out_sent_empty_and_joined(command: Command, server: Serve) -> None:
    shop = server()
    command("get", "shop/orders", "Accept-Encoding:", "X-Empty;", "X-A:1", "X-A:2", "Cookie:a=1", "Cookie:b=2")
    request = shop.requests[0]
    assert request.header("X-Empty") == ""
    assert request.header("X-A") == "1, 2"
    assert request.header("Cookie") == "a=1; b=2"
    assert request.header("Accept-Encoding") in (None, "identity")


def test_files_are_uploaded_with_their_names_and_types(command: Command, server: Serve, tmp_path: Path) -> None:
    shop = server()
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "b").write_bytes(b"B")
    assert command("post", "shop/orders/7/photo", "photo@a.png", "photo@b;type=text/x-b", "note=hi").status == 0
    body = shop.requests[0].body
    assert b'name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n' in body
    assert b'name="photo"; filename="b"\r\nContent-Type: text/x-b\r\n\r\nB\r\n' in body
    assert b'name="note"\r\n\r\nhi\r\n' in body


def test_the_content_of_files_becomes_fields(command: Command, server: Serve, tmp_path: Path) -> None:
    shop = server()
    (tmp_path / "text").write_text("Ünï\n", encoding="utf-8")
    (tmp_path / "some.json").write_text('\ufeff{"a": [1]}', encoding="utf-8")
    command("post", "shop/orders", "t=@text", "j:=@some.json", "q==@text", "X-T:@some.json")
    assert _sent(shop)["t"] == "Ünï\n"
    assert _sent(shop)["j"] == {"a": [1]}
    assert shop.requests[0].target == "/v1/orders?q=%C3%9Cn%C3%AF%0A"
    assert shop.requests[0].header("X-T") == '{"a": [1]}'


def test_a_body_is_sent_from_a_file_as_it_is(command: Command, server: Serve, tmp_path: Path) -> None:
    shop = server()
    (tmp_path / "rows.csv").write_bytes(b"a,b\r\n1,2\r\n")
    (tmp_path / "plain").write_bytes(b"{ }")
    command("post", "shop/orders", "--data", "rows.csv", "dry==1")
    command("post", "shop/orders", "--data", "plain")
    command("post", "shop/orders", "--data", "plain", "Content-Type:text/x-own")
    assert [(each.body, each.header("Content-Type")) for each in shop.requests] == [
        (b"a,b\r\n1,2\r\n", "text/csv"), (b"{ }", "application/json"), (b"{ }", "text/x-own"),
    ]  # fmt: skip
    assert shop.requests[0].target == "/v1/orders?dry=1"


def test_fields_beside_a_whole_body_are_refused(command: Command, server: Serve, tmp_path: Path) -> None:
    shop = server()
    (tmp_path / "body").write_bytes(b"{}")
    ran = command("post", "shop/orders", "--data", "body", "a=1", "f@body")
    assert ran.status == 2
    assert "so that a, f would be lost" in ran.err
    assert not shop.requests


@pytest.mark.parametrize("words", [["f@gone"], ["f=@gone"], ["f:=@gone"], ["--data", "gone"], ["f@."], ["f@a\0b"]])
def test_files_that_are_missing_are_found_before_the_call(words: list[str], command: Command, server: Serve) -> None:
    shop = server()
    ran = command("post", "shop/orders", *words)
    assert ran.status == 2
    assert ran.err.startswith("restpath: ")
    assert "cannot read" in ran.err or "is a directory" in ran.err
    assert not shop.requests


def test_a_file_that_is_no_text_or_no_json_is_told_with_the_place(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"ab\xff")
    (tmp_path / "bad.json").write_text('{"a":\n  tru}')
    assert (
        "'bytes' is no text in UTF-8 (at byte 3): f@bytes uploads it" in command("post", "shop/orders", "f=@bytes").err
    )
    ran = command("post", "shop/orders", "f:=@bad.json")
    assert ran.status == 2
    assert "bad.json is no JSON: expecting value at line 2, column 3 (at 'tru}')" in ran.err


# ---- where it goes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("shop", "/v1/"),
        ("shop/orders", "/v1/orders"),
        ("shop/orders/", "/v1/orders"),
        ("shop/users/", "/v1/users/"),
        ("shop/users", "/v1/users/"),
        ("shop/orders/me", "/v1/orders/me"),
        ("shop/orders/a%2Fb c%3F", "/v1/orders/a%2Fb%20c%3F"),
        ("shop/orders/a#b", "/v1/orders/a%23b"),
        ("shop/orders/50%", "/v1/orders/50%25"),
        ("shop/files/a/b c", "/v1/files/a/b%20c"),
        ("shop/jobs/7%3Acancel", "/v1/jobs/7%3Acancel"),
        ("shop/orders?limit=2&x=%20", "/v1/orders?limit=2&x=%20"),
        ("shop/found?fixed=yes", "/v1/found?fixed=yes"),
    ],
)
def test_a_path_is_read_as_it_stands_in_a_url(place: str, target: str, command: Command, server: Serve) -> None:
    shop = server()
    ran = command("get", place)
    assert (ran.status, ran.err) == (0, "")
    assert shop.requests[0].target == target


def test_among_templates_that_fit_the_method_decides(command: Command, server: Serve) -> None:
    shop = server()
    assert command("delete", "shop/orders/me").status == 0
    assert command("post", "shop/jobs/7:cancel").status == 0
    assert [each.line.rpartition(" ")[0] for each in shop.requests] == [
        "DELETE /v1/orders/me",
        "POST /v1/jobs/7:cancel",
    ]


def test_a_fragment_tells_operations_apart_and_is_not_sent(command: Command, server: Serve) -> None:
    shop = server()
    ran = command("post", "shop/token#refresh", "--python")
    assert ran.out == "restpath.connect('shop')['token#refresh'].post()\n"
    assert command("post", "shop/token#refresh").status == 0
    assert shop.requests[0].target == "/v1/token"


def test_a_path_with_variables_takes_their_values_from_items(command: Command, server: Serve) -> None:
    shop = server()
    assert command("put", "shop/orders/{id}", "id=a/b", "note=x").status == 0
    assert (shop.requests[0].target, _sent(shop)) == ("/v1/orders/a%2Fb", {"note": "x"})
    ran = command("put", "shop/orders/{id}", "note=x")
    assert (ran.status, ran.err) == (2, "restpath: the path has {id}, and no item says it: add id=...\n")


@pytest.mark.parametrize("item", ["id=", "id=.", "id=..", "id:=null", "id:=true", "id:=[1]", "id:={}", "id:=1.5"])
@pytest.mark.parametrize("place", ["shop/orders/{id}", "shop/orders/{id}/photo?x=1", "shop/orders/{id}?x=1"])
def test_what_cannot_be_a_value_of_a_path_never_makes_another_path(
    command: Command, server: Serve, place: str, item: str
) -> None:
    shop = server()
    ran = command("get", place, item)
    assert (ran.status, shop.requests) == (2, [])
    assert "cannot stand for {id}" in ran.err


@pytest.mark.parametrize("word", ["delete", "put", "patch"])
def test_a_value_that_is_missing_does_not_make_an_item_its_collection(
    command: Command, server: Serve, word: str, shop_files: Path
) -> None:
    shop = server()
    resources = json.loads((shop_files / "resources.json").read_text(encoding="utf-8"))
    resources["/carts"], resources["/carts/{id}"] = "GET DELETE PUT PATCH", "GET DELETE PUT PATCH"
    (shop_files / "resources.json").write_text(json.dumps(resources), encoding="utf-8")
    ran = command(word, "shop/carts/")
    assert (ran.status, shop.requests) == (2, [])
    assert ran.err == (
        "restpath: /carts/ ends in a slash, as where a value is missing: give the value, or leave the slash out to "
        f"{word.upper()} /carts itself\n"
    )
    assert command(word, "shop/carts/?x=1").status == 2
    assert command(word, "shop/carts").status == 0
    assert shop.requests[0].target == "/v1/carts"


def test_an_operation_is_called_by_its_name(command: Command, server: Serve) -> None:
    shop = server()
    assert command("call", "shop", "orders.get", "id=a/b", "x==1").status == 0
    assert shop.requests[0].target == "/v1/orders/a%2Fb?x=1"


def test_a_folder_stands_in_place_of_a_service(command: Command, server: Serve, shop_files: Path) -> None:
    shop = server()
    assert command("get", "./layers/shop/orders/7").status == 0
    assert command("get", f"{shop_files}/orders/8").status == 0
    assert [each.target for each in shop.requests] == ["/v1/orders/7", "/v1/orders/8"]


@pytest.mark.parametrize("words", [["get"], ["shell"], ["show"], ["tree"]])
def test_what_is_no_url_is_told_as_such(command: Command, words: list[str]) -> None:
    ran = command(*words, "http://[::1/x?token=hunter2")
    assert ran.status == 2
    assert ran.err.startswith("restpath: ")
    assert "hunter2" not in ran.err
    assert "fault" not in ran.err


def test_a_whole_url_works_without_a_definition(command: Command, server: Serve) -> None:
    shop = server(answer(200, b"hello", "Content-Type: text/plain"))
    url = shop.url.replace("://", "://ann:pw@")
    ran = command("post", f"{url}/any%2Fthing/?a=1", "b=2", "c==3")
    assert (ran.status, ran.out) == (0, "hello")
    request = shop.requests[0]
    assert (request.target, request.header("Authorization")) == ("/any%2Fthing/?a=1&c=3", "Basic YW5uOnB3")
    assert _sent(shop) == {"b": "2"}
    assert command("get", f":{shop.host.partition(':')[2]}/x").status == 0
    assert shop.requests[1].target == "/x"


def test_a_url_of_a_known_service_has_its_definition_and_credentials(command: Command, server: Serve) -> None:
    shop = server()
    assert command("get", f"{shop.url}/v1/orders/a%2Fb?limit=1").status == 0
    assert shop.requests[0].header("Authorization") == "Bearer t0ps3cret"
    assert shop.requests[0].target == "/v1/orders/a%2Fb?limit=1"
    assert "did you mean orders?" in command("get", f"{shop.url}/v1/order").err
    assert command("get", f"{shop.url}/v2/orders").status == 0
    assert shop.requests[1].header("Authorization") is None


def test_the_options_of_a_client_are_nearer_than_the_environment(
    command: Command, server: Serve, tmp_path: Path
) -> None:
    shop = server()
    (tmp_path / "config" / "restpath").mkdir(parents=True)
    (tmp_path / "config" / "restpath" / "config.ini").write_text("[shop:test]\nusername = ann\n")
    assert command("get", "shop/orders", "--base-url", f"{shop.url}/other", "--set", "token=mine").status == 0
    assert shop.requests[0].target == "/other/orders"
    assert shop.requests[0].header("Authorization") == "Bearer mine"
    assert command("get", "shop/orders", "--profile", "test", "--timeout", "3,5,9").status == 0
    ran = command("get", "shop/orders", "--profile", "tset")
    assert ran.status == 2
    assert "no profile 'tset'; did you mean 'test'?" in ran.err


def test_without_strictness_unknown_places_methods_and_bodies_go_through(command: Command, server: Serve) -> None:
    shop = server()
    ran = command("patch", "shop/unknown/7", "--no-strict", "a=1")
    assert ran.status == 0
    assert "shop does not know PATCH /unknown/7; it is sent all the same, as --no-strict says" in ran.err
    assert command("post", "shop/orders", "count=five", "--no-strict").status == 0
    assert [each.target for each in shop.requests] == ["/v1/unknown/7", "/v1/orders"]


# ---- what gets an error --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["get", "shpo/orders"], "there is no service 'shpo'; did you mean 'shop'?"),
        (["get", "shop/order"], "shop has no 'order'; did you mean orders? restpath tree shop lists what is there"),
        (["get", "shop/orders/7/foto"], "shop/orders/7 has no 'foto'; did you mean photo?"),
        (["get", "shop/orders/.."], "a segment . or .. would make another path of it"),
        (["post", "shop/orders/7"], "it accepts DELETE, GET, PATCH, PUT. restpath show shop/orders/7"),
        (["call", "shop", "orders.gt"], "shop has no operation 'orders.gt'; did you mean orders.get or orders.list?"),
        (["call", "shop", "orders.get"], "/orders/{id} needs a value for id"),
        (["get", "./gone/orders"], "'./gone/orders' is no folder of data files"),
        (["get", "shop/orders", "word"], "'word' is no item"),
        (["get", "shop/orders", "a:={"], "a:= is no JSON"),
        (["post", "shop/orders", "count=five"], "name=5 is a text, name:=5 a number"),
        (["get", "shop/orders", "--query", "a[["], "it does not compile"),
        (["get", "shop/orders", "--set", "tken=s3cret"], "did you mean 'token'? there are token, username"),
        (["get", "shop/orders", "--set", "s3cret"], "there is no = in it"),
        (["get", "shop/orders", "--timeout", "soon"], "'soon' is no time"),
        (["get", "shop/orders", "--limit", "-1"], "--limit"),
        (["get", "shop/orders", "--output", "xml"], "'xml' is not one of"),
        (["get", "shop/orders", "--curl", "--python"], "choose one of --curl, --python"),
        (["get", "shop/orders", "--headers", "--all"], "a walk has many"),
        (["get", "shop/orders", "--headers", "--query", "a"], "--headers shows no content"),
        (["get", "shop/orders", "--save", "gone/file"], "cannot save to 'gone/file'"),
        (["get", "shop/orders", "--save", "."], "it is a directory"),
        (["get", "shop/jobs/7", "--all"], "nothing says how GET /jobs/7 is cut into pages"),
        (["get", "http://127.0.0.1:x/"], "127.0.0.1:x"),
        (["get", "https://a.example", "--base-url", "https://b.example"], "a whole URL was given"),
        (["get"], "Missing argument"),
        (["gte", "shop"], "there is no command 'gte'; did you mean 'get'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_sent(
    words: list[str], said: str, command: Command, server: Serve
) -> None:
    shop = server(answer(200, b"{}", JSON))
    ran = command(*words)
    assert ran.status == 2, ran
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert "s3cret" not in ran.err.replace("t0ps3cret", "x")
    assert not shop.requests
    assert ran.out == ""


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (answer(204), 0),
        (answer(404, b'{"message": "gone"}', JSON), 4),
        (answer(500, b'{"message": "oh"}', JSON), 5),
        (answer(200, b'{"ok": false, "code": "gone", "message": "gone"}', JSON), 4),
        (answer(200, b'{"ok": false, "code": "other"}', JSON), 4),
        (answer(200, b"{", JSON), 1),
        (answer(200, b"", "Content-Length: 5"), 1),
        (redirect(307, "/v1/orders/7"), 1),
        (redirect(302, "https://elsewhere.example/"), 1),
    ],
)
def test_the_exit_status_says_what_came_of_it(reply: bytes, status: int, command: Command, server: Serve) -> None:
    server(reply)
    ran = command("put", "shop/orders/7", "a=1")
    assert ran.status == status, ran
    assert ran.out == ""
    assert ran.err.startswith("restpath: ") if status else ran.err == ""


def test_no_answer_where_nothing_happened_is_a_status_of_its_own(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restpath.edge.clock.SystemClock.sleep", lambda self, seconds: None)
    ran = command("get", "shop/orders", "--base-url", f"http://127.0.0.1:{closed_port()}")
    assert (ran.status, ran.out) == (3, "")
    assert "got no answer" in ran.err


def test_without_credentials_the_ways_to_give_them_are_said(
    command: Command, server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = server()
    monkeypatch.delenv("RESTPATH_SHOP_TOKEN")
    ran = command("get", "shop/orders")
    assert ran.status == 1
    assert "RESTPATH_SHOP_TOKEN" in ran.err
    assert "Give --set token=VALUE" in ran.err
    assert not shop.requests


def test_a_service_without_a_server_is_told_the_option(command: Command, shop_files: Path) -> None:
    service = json.loads((shop_files / "service.json").read_text())
    del service["base_url"]
    (shop_files / "service.json").write_text(json.dumps(service))
    ran = command("get", "shop/orders", "--set", "token=s3cret")
    assert ran.status == 2
    assert "say where it is by --base-url URL, in RESTPATH_SHOP_BASE_URL, or as base_url under [shop]" in ran.err


def test_a_wrong_data_file_or_configuration_is_told_with_its_place(
    command: Command, shop_files: Path, tmp_path: Path
) -> None:
    (tmp_path / "config" / "restpath").mkdir(parents=True)
    (tmp_path / "config" / "restpath" / "config.ini").write_text("[shop]\nusername = ann\nrubbish\n")
    ran = command("get", "shop/orders")
    assert ran.status == 2
    assert "config.ini, line 3: this is neither [section] nor key = value" in ran.err
    (shop_files / "resources.json").write_text('{"format": 1, "/orders": "FETCH"}')
    ran = command("get", "shop/orders")
    assert ran.status == 2
    assert "resources.json at /~1orders" in ran.err


def test_a_traceback_is_shown_with_debug_alone(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr("restpath.cli.asking.ask_place", fail)
    ran = command("get", "shop/orders")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "restpath: a fault of restpath's own, RuntimeError: odd (--debug shows where)\n"
    assert "Traceback" in command("get", "shop/orders", "--debug").err


@pytest.mark.parametrize("word", ["get", "post", "put", "patch", "delete", "head", "options", "call"])
def test_the_example_in_each_commands_help_works(word: str, command: Command) -> None:
    ran = command(word, "--help")
    assert ran.status == 0
    line = ran.out.rstrip().splitlines()[-1].split()
    assert line[:2] == ["restpath", word]
    assert command(*line[1:]).status == 0


def test_raw_shows_what_is_not_what_it_says_it_is(command: Callable[..., Any], server: Callable[..., Server]) -> None:
    """JSON that does not parse is an error, and --output raw shows it."""
    server(answer(200, b"{broken", "Content-Type: application/json"))
    ran = command("get", "shop/orders")
    assert (ran.status, ran.out) == (1, "")
    assert "--output raw shows its bytes" in ran.err
    ran = command("get", "shop/orders", "--output", "raw")
    assert (ran.status, ran.out) == (0, "{broken")


def test_a_field_takes_standard_input_once(command: Command, server: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = server()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}'), encoding="utf-8"))
    assert command("post", "shop/orders", "x:=@-").status == 0
    assert json.loads(shop.requests[0].body)["x"] == {"a": 1}
    for word, told in (("x=@-", "x=@-: standard input is empty"), ("photo@-", "an upload without a name")):
        ran = command("post", "shop/orders", word)
        assert ran.status == 2
        assert told in ran.err
    assert len(shop.requests) == 1


def test_an_operation_may_be_written_behind_its_service(command: Command, server: Serve) -> None:
    shop = server()
    assert command("call", "shop/orders.get", "id=7").status == 0
    assert shop.requests[0].target == "/v1/orders/7"
    ran = command("call", "shop")
    assert ran.status == 2
    assert "Missing argument 'OPERATION'" in ran.err
    assert "restpath call shop orders.get calls it" in command("get", "ipernity/doc.get").err.replace(
        "ipernity doc.get", "shop orders.get"
    )


def test_learn_drafts_what_is_not_known(
    command: Command, server: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    server(answer(200, b'{"items": []}', JSON))
    assert command("get", "shop/widgets").status == 2
    ran = command("get", "shop/widgets", "--learn", "-q", "items")
    assert (ran.status, ran.out) == (0, "[]\n")
    assert "as --learn says" in ran.err
    assert "/widgets" in command("learn", "shop").out


def test_a_file_as_the_body_of_a_multipart_operation_is_told_to_be_a_part(command: Any, tmp_path: Path) -> None:
    documents = {
        "service.json": {"format": 1, "service": "pics", "base_url": "https://a.example"},
        "resources.json": {"/pics": {"methods": {"PUT": {"body": {"media_type": "multipart/form-data"}}}}},
    }
    (tmp_path / "pics").mkdir()
    for name, document in documents.items():
        (tmp_path / "pics" / name).write_text(json.dumps(document), encoding="utf-8")
    ran = command("put", "./pics/pics", "--data", "layers/shop/service.json", "--dry-run")
    assert ran.status == 2
    assert "give the file as name@FILE, or give --data FILE with Content-Type:... for" in ran.err
