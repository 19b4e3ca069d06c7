"""`restpath learn`: the draft as data, edited, taken over, dropped; and drafts of recordings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import learner as learner_module
from restpath.cli import learning
from restpath.edge import storing, taking
from restpath.edge.drafts import add_to_draft, draft_file, draft_names, kept_edit, read_draft
from tests.cli.conftest import Ran
from tests.support.scripted import Server

Command = Callable[..., Ran]
SEEN = {"times": 2, "first": "2026-01-01T00:00:00Z", "last": "2026-01-02T00:00:00Z"}
WIDGETS = {
    "/widgets": {"methods": {
        "GET": {"query": {"limit": {"type": "integer"}}, "x-seen": SEEN},
        "POST": {"x-seen": SEEN},
    }},
    "/widgets/{widget_id}": {"methods": {"GET": {
        "x-seen": SEEN, "x-answer": ["application/json"], "x-unsure": [{"segment": "widgets", "why": "a word"}],
    }}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def directories(shop_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def draft() -> None:
    add_to_draft("shop", None, WIDGETS)


def own(tmp_path: Path, name: str = "shop", kind: str = "resources") -> Path:
    return tmp_path / "config" / "restpath" / name / f"{kind}.json"


def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *lines: str) -> None:
    """An editor that does something to the text of its file."""
    program = tmp_path / "editor.py"
    program.write_text(
        "\n".join(["import sys", "f = sys.argv[1]", "s = open(f).read()", *lines, "open(f, 'w').write(s)"])
    )
    monkeypatch.setenv("VISUAL", f'"{sys.executable}" "{program}"')


# ---- looking -----------------------------------------------------------------------------------------------------


def test_without_a_name_the_drafts_are_listed(command: Command, draft: None) -> None:
    ran = command("learn")
    assert ran.out.split() == ["shop", "3", "operations", "last", "seen", "2026-01-02T00:00:00Z"]


def test_without_a_draft_it_is_said_how_one_comes_about(command: Command) -> None:
    ran = command("learn")
    assert (ran.status, ran.out) == (0, "")
    assert "learn=True" in ran.err


def test_the_draft_is_shown_in_the_words_that_would_be_taken_over_with_its_notes(command: Command, draft: None) -> None:
    ran = command("learn", "shop")
    assert (ran.status, json.loads(ran.out)) == (0, WIDGETS)
    assert own(Path.cwd()).exists() is False


def test_a_part_is_shown_by_its_pattern(command: Command, draft: None) -> None:
    assert list(json.loads(command("learn", "shop", "--only", "/widgets/*").out)) == ["/widgets/{widget_id}"]
    ran = command("learn", "shop", "--only", "/gadgets")
    assert ran.status == 2
    assert "nothing in the draft is '/gadgets'; there are /widgets, /widgets/{widget_id}" in ran.err


def test_a_name_without_a_draft_is_told_the_nearest(command: Command, draft: None) -> None:
    for words in ((), ("--take",), ("--edit",), ("--forget",)):
        ran = command("learn", "shpo", *words)
        assert ran.status == 2
        assert "there is no draft of 'shpo'" in ran.err
    assert "did you mean 'shop'?" in command("learn", "shpo").err


@pytest.mark.parametrize(
    "words",
    [
        ["--take"],
        ["shop", "--take", "--edit"],
        ["shop", "--from", "x.har", "--forget"],
        ["No Name"],
        ["../x", "--take"],
    ],
)
def test_what_cannot_be_meant_is_refused(command: Command, words: list[str]) -> None:
    ran = command("learn", *words)
    assert (ran.status, ran.out) == (2, "")
    assert "Traceback" not in ran.err


# ---- taking over -------------------------------------------------------------------------------------------------


def test_what_is_taken_over_is_in_force_and_the_draft_is_empty(
    command: Command, draft: None, server: Callable[..., Server], tmp_path: Path
) -> None:
    ran = command("learn", "shop", "--take")
    assert ran.status == 0
    assert ran.out.splitlines() == ["GET POST  shop/widgets", "GET  shop/widgets/{widget_id}"]
    assert str(own(tmp_path)) in ran.err
    assert json.loads(own(tmp_path).read_text()) == {
        "/widgets": {"methods": {"GET": {"query": {"limit": {"type": "integer"}}}, "POST": {}}},
        "/widgets/{widget_id}": "GET",
    }
    assert draft_names() == []
    one = server()
    assert command("get", "shop/widgets/7").status == 0
    assert one.requests[0].target == "/v1/widgets/7"


def test_a_part_is_taken_over_and_the_rest_stays_a_draft(command: Command, draft: None, tmp_path: Path) -> None:
    assert command("learn", "shop", "--only", "/widgets/*", "--take").status == 0
    assert list(json.loads(own(tmp_path).read_text())) == ["/widgets/{widget_id}"]
    assert list(read_draft("shop").resources) == ["/widgets"]


def test_words_of_the_user_are_never_overwritten(command: Command, draft: None, tmp_path: Path) -> None:
    own(tmp_path).parent.mkdir(parents=True)
    before = {"x-note": "mine", "/orders": None, "/widgets": {"title": "Mine", "methods": {"GET": {"title": "All"}}},
              "/widgets/{id}": "DELETE"}  # fmt: skip
    own(tmp_path).write_text(json.dumps(before))
    add_to_draft("shop", None, {"/widgets/{widget_id}": {"methods": {"DELETE": {"query": {"a": {}}}}}})
    ran = command("learn", "shop", "--take")
    assert json.loads(own(tmp_path).read_text()) == {
        **before,
        "/widgets": {"title": "Mine", "methods": {"GET": {"title": "All"}, "POST": {}}},
        "/widgets/{id}": "DELETE GET",
    }
    assert ran.out.splitlines() == ["POST  shop/widgets", "GET  shop/widgets/{id}"]
    assert draft_names() == []


def test_what_the_user_has_removed_stays_removed(command: Command, tmp_path: Path) -> None:
    own(tmp_path).parent.mkdir(parents=True)
    own(tmp_path).write_text('{"/parcels": null, "/more": "GET"}')
    add_to_draft("shop", None, {"/parcels": {"methods": {"GET": {}}}})
    ran = command("learn", "shop", "--take")
    assert "GET /parcels stays as your own file says" in ran.err
    assert json.loads(own(tmp_path).read_text()) == {"/parcels": None, "/more": "GET"}


def test_a_file_in_yaml_is_not_rewritten_and_what_to_paste_is_printed(
    command: Command, draft: None, tmp_path: Path
) -> None:
    file = own(tmp_path).with_suffix(".yaml")
    file.parent.mkdir(parents=True)
    file.write_text("# mine\n/more: GET\n")
    ran = command("learn", "shop", "--take")
    assert ran.status == 2
    assert "is YAML, which is not rewritten" in ran.err
    assert list(json.loads(ran.out)) == list(WIDGETS)
    assert file.read_text() == "# mine\n/more: GET\n"
    assert draft_names() == ["shop"]


def test_what_would_not_pass_the_check_is_not_written(command: Command, tmp_path: Path) -> None:
    add_to_draft("shop", None, {"/widgets": {"methods": {"GET": {"auth": ["no-such-scheme"]}}}})
    ran = command("learn", "shop", "--take")
    assert ran.status == 2
    assert "no-such-scheme" in ran.err
    assert not own(tmp_path).exists()
    assert draft_names() == ["shop"]


def test_a_full_disk_changes_nothing(
    command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path, *given: object) -> None:
        raise storing.unstorable(file, OSError(28, "No space left on device"))

    monkeypatch.setattr(taking, "store_json", full)
    ran = command("learn", "shop", "--take")
    assert ran.status == 2
    assert "No space left on device" in ran.err
    assert list(read_draft("shop").resources) == list(WIDGETS)


def test_a_service_that_exists_nowhere_gets_its_files_and_can_be_used(
    command: Command, server: Callable[..., Server], tmp_path: Path
) -> None:
    one = server()
    client: Any = restpath.connect(one.url + "/api", learn="tea")
    client.leaves["7"].get()
    ran = command("learn", "tea", "--take")
    assert ran.status == 0
    assert json.loads(own(tmp_path, "tea", "service").read_text())["base_url"] == one.url + "/api"
    assert command("get", "tea/leaves/8").status == 0
    assert command("get", "tea/leaves/8", "--set", "token=abc").status == 0
    assert [request.target for request in one.requests] == ["/api/leaves/7", "/api/leaves/8", "/api/leaves/8"]
    assert [request.header("Authorization") for request in one.requests] == [None, None, "Bearer abc"]
    again: Any = restpath.connect(one.url + "/api", learn="tea")
    again.leaves["7"].get()
    with pytest.warns(UserWarning, match="tea does not know GET /cups"):
        again.cups.get()
    assert list(read_draft("tea").resources) == ["/cups"]


def test_where_a_service_is_that_nobody_knows_has_to_be_said(command: Command, tmp_path: Path) -> None:
    add_to_draft("tea", None, {"/leaves": {"methods": {"GET": {}}}})
    assert "say --base-url URL" in command("learn", "tea", "--take").err
    assert command("learn", "tea", "--take", "--base-url", "https://tea.example").status == 0
    assert restpath.read("tea").service.base_url == "https://tea.example"


def test_a_definition_that_is_no_layer_is_added_to_where_it_is(
    command: Command, server: Callable[..., Server], tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "service.json").write_text('{"format": 1, "service": "mine", "base_url": "https://mine.example"}')
    (folder / "resources.json").write_text('{"/things": "GET"}')
    client: Any = restpath.connect(restpath.read(folder), server().url, learn=True)
    with pytest.warns(UserWarning, match="does not know POST /things"):
        client.things.post(a=1)
    ran = command("learn", "mine", "--take")
    assert ran.status == 2
    assert f"mine is defined in {folder}" in ran.err
    assert command("learn", "mine", "--take", "--into", str(folder)).status == 0
    assert set(json.loads((folder / "resources.json").read_text())["/things"]["methods"]) == {"GET", "POST"}


def test_on_a_terminal_it_asks(command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "is_terminal", lambda stream: True)
    asked: list[str] = []
    monkeypatch.setattr(learning.click, "confirm", lambda text, **more: asked.append(text) or len(asked) > 1)
    assert "nothing was taken over" in command("learn", "shop").err
    assert not own(tmp_path).exists()
    assert command("learn", "shop").status == 0
    assert asked[0] == "Take 3 operations (1 operation with something unsure, see x-unsure) over?"
    assert own(tmp_path).exists()


def test_what_is_in_the_data_files_by_now_is_not_shown(command: Command, draft: None, tmp_path: Path) -> None:
    own(tmp_path).parent.mkdir(parents=True)
    own(tmp_path).write_text('{"/widgets": "GET POST", "/widgets/{w}": "GET"}')
    ran = command("learn", "shop")
    assert (ran.status, ran.out) == (0, "")
    assert "in its data files by now" in ran.err


def test_a_draft_is_dropped_whole_or_in_part(command: Command, draft: None) -> None:
    assert command("learn", "shop", "--forget", "--only", "/widgets").status == 0
    assert list(read_draft("shop").resources) == ["/widgets/{widget_id}"]
    assert command("learn", "shop", "--forget").status == 0
    assert draft_names() == []


def test_a_draft_that_cannot_be_read_is_told_and_can_be_dropped(command: Command, draft: None) -> None:
    draft_file("shop").write_text("{")
    assert "shop  cannot be read" in command("learn").out
    for words in ((), ("--take",), ("--edit",)):
        ran = command("learn", "shop", *words)
        assert ran.status == 2
        assert str(draft_file("shop")) in ran.err
    assert command("learn", "shop", "--forget").status == 0
    assert draft_names() == []


# ---- editing -----------------------------------------------------------------------------------------------------


def test_an_edit_is_taken_into_the_draft(
    command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, tmp_path, "s = s.replace('widget_id', 'number')")
    ran = command("learn", "shop", "--edit")
    assert list(json.loads(ran.out)) == ["/widgets", "/widgets/{number}"]
    assert not kept_edit("shop").exists()


def test_an_edit_that_changes_nothing_leaves_the_draft(
    command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, tmp_path)
    assert "nothing was changed" in command("learn", "shop", "--edit").err
    assert read_draft("shop").resources == WIDGETS


@pytest.mark.parametrize(
    ("change", "said"),
    [("s = s[:-5]", "this is no JSON"), ("s = s.replace('\"GET\"', '\"GETT\"')", "GETT"), ("s = '[]'", "no draft")],
)
def test_a_wrong_edit_is_kept_and_told_and_the_next_one_goes_on_with_it(
    command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, said: str
) -> None:
    before = draft_file("shop").read_bytes()
    editor(monkeypatch, tmp_path, change)
    ran = command("learn", "shop", "--edit")
    assert ran.status == 2
    assert said in ran.err
    assert "--edit goes on with it" in ran.err
    assert draft_file("shop").read_bytes() == before
    assert "an edit of it waits" in command("learn", "shop").err
    editor(monkeypatch, tmp_path, f"s = {before.decode()!r}.replace('widget_id', 'number')")
    assert command("learn", "shop", "--edit").status == 0
    assert "/widgets/{number}" in read_draft("shop").resources


def test_what_is_learnt_while_the_editor_is_open_is_not_lost(
    command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(filename: str) -> None:
        add_to_draft("shop", None, {"/gadgets": {"methods": {"GET": {"x-seen": SEEN}}}})
        file = Path(filename)
        words = json.loads(file.read_text())
        del words["resources"]["/widgets"]
        file.write_text(json.dumps(words))

    monkeypatch.setattr(learning.click, "edit", edit)
    assert command("learn", "shop", "--edit").status == 0
    assert list(read_draft("shop").resources) == ["/widgets/{widget_id}", "/gadgets"]


def test_an_editor_that_fails_changes_nothing(
    command: Command, draft: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, tmp_path, "sys.exit(3)")
    ran = command("learn", "shop", "--edit")
    assert ran.status == 2
    assert read_draft("shop").resources == WIDGETS
    assert not kept_edit("shop").exists()


# ---- recordings --------------------------------------------------------------------------------------------------


def har(*calls: tuple[str, str], **more: Any) -> dict[str, Any]:
    entries = [
        {
            "startedDateTime": "2026-02-03T04:05:06.789Z",
            "request": {"method": method, "url": url, "headers": [], "cookies": [], "queryString": [], **more},
            "response": {"status": 200, "content": {"mimeType": "application/json", "text": "{}"}},
        }
        for method, url in calls
    ]
    return {"log": {"version": "1.2", "entries": entries}}


def test_a_recording_becomes_a_draft_and_what_is_left_out_is_said(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "page.har"
    calls = [
        ("GET", "https://api.example/users/7"),
        ("GET", "https://api.example/users/8"),
        ("OPTIONS", "https://api.example/users"),
    ]
    file.write_text(json.dumps(har(*calls, ("GET", "https://ads.example/x"))))
    ran = command("learn", "tea", "--from", str(file))
    assert ran.status == 0
    assert "2 calls of https://api.example came to 1 new operation" in ran.err
    assert "left out: 1 that are preflights (OPTIONS), 1 to ads.example" in ran.err
    said = json.loads(ran.out)["/users/{user_id}"]["methods"]["GET"]
    assert said["x-seen"] == {"times": 2, "first": "2026-02-03T04:05:06Z", "last": "2026-02-03T04:05:06Z"}
    assert command("learn", "tea", "--take").status == 0
    assert restpath.read("tea").service.base_url == "https://api.example"


def test_of_a_known_service_only_its_own_calls_and_what_is_new_are_drafted(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "page.har"
    base = "https://shop.example/v1"
    file.write_text(
        json.dumps(har(("GET", f"{base}/orders"), ("GET", f"{base}/orders/x9/parcels"), ("GET", "https://a.example/b")))
    )
    ran = command("learn", "shop", "--from", str(file))
    assert list(json.loads(ran.out)) == ["/orders/{id}/parcels"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<!doctype html>", "HTML or XML"),
        (b"[]", "it is a JSON list"),
        (b'{"openapi": "3.1.0", "info": {}, "paths": {}}', "restpath import tea {file} takes"),
        (b"openapi: 3.1.0", "restpath import tea {file} takes"),
        (b'{"info": {}, "item": []}', "Postman"),
        (b'{"log": {"entries": [', "cut off"),
        (b'{"log": {"version": "2.0", "entries": []}}', "HAR '2.0' is not known"),
        (b'{"log": {"entries": []}}', "which is empty"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "nor any JSON"),
    ],
)
def test_what_is_no_recording_gets_an_error_that_says_what_it_is(
    command: Command, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "page.har"
    file.write_bytes(content)
    ran = command("learn", "tea", "--from", str(file))
    assert (ran.status, ran.out) == (2, "")
    assert said.replace("{file}", str(file)) in ran.err
    assert draft_names() == []


def test_a_recording_that_is_not_there_is_told(command: Command, tmp_path: Path) -> None:
    assert "cannot be read: No such file" in command("learn", "tea", "--from", "none.har").err
    assert "is no file" in command("learn", "tea", "--from", os.curdir).err


# ---- types -------------------------------------------------------------------------------------------------------


def learn_widgets(one: Server, times: int) -> None:
    client = restpath.connect("shop", one.url + "/v1", learn=True)
    for _ in range(times):
        client.widgets.post(name="a", size=3)
    for learner in list(learner_module._live):
        learner.write()


def test_what_was_seen_once_refuses_no_good_call(
    command: Command, server: Callable[..., Server], tmp_path: Path
) -> None:
    one = server()
    learn_widgets(one, 1)
    ran = command("learn", "shop", "--take")
    assert (ran.status, ran.out) == (0, "POST  shop/widgets\n")
    assert "unsure: POST /widgets: of any type until 3 calls agree on one: the body, name, size" in ran.err
    said = json.loads(own(tmp_path).read_text())["/widgets"]["methods"]["POST"]
    assert {"name": {}, "size": {}}.items() <= said["body"]["schema"]["properties"].items()
    for size in ("4.5", "null", '"big"'):
        assert command("post", "shop/widgets", f"size:={size}").status == 0


def test_what_three_calls_agreed_on_is_a_type_and_an_integer_a_number(
    command: Command, server: Callable[..., Server]
) -> None:
    one = server()
    learn_widgets(one, 2)
    learn_widgets(one, 1)
    shown = json.loads(command("learn", "shop").out)["/widgets"]["methods"]["POST"]
    assert shown["body"]["schema"]["properties"] == {"name": {"type": "string"}, "size": {"type": "number"}}
    assert (shown["x-seen"]["types"], "x-unsure" in shown) == ({"": 3, "/name": 3, "/size": 3}, False)
    assert "unsure" not in command("learn", "shop", "--take").err
    assert command("post", "shop/widgets", "size:=4.5").status == 0
    ran = command("post", "shop/widgets", "size:=null")
    assert (ran.status, "/size: null is not of type 'number'" in ran.err, ":=5" in ran.err) == (2, True, False)
    for words in ("size=4", "name:=4"):
        assert "name=5 is a text, name:=5 a number" in command("post", "shop/widgets", words).err
