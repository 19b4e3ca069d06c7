"""A client that learns: what was answered is in force in it at once, and a draft on disk without any value."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import restpath
from restpath.edge import drafts, storing
from restpath.edge.drafts import add_to_draft, draft_file, draft_names, read_draft
from restpath.errors import InvalidValue
from restpath.testing import FakeClock
from tests.support.scripted import Request, Server, answer, redirect

JSON = "Content-Type: application/json"
DEFINITION = {
    "service": {"format": 1, "service": "shop", "base_url": "https://shop.example", "credentials": {"token": {}},
                "auth": {"bearer": {"bearer": "{token}"}}, "errors": {"when": {"/ok": ["false"]}}, "nested_by": "_"},
    "resources": {"/people": "GET", "/people/{username}": "GET", "/people/me": "GET"},
}  # fmt: skip


def replying(request: Request) -> bytes:
    """Answers nearly all with success."""
    path = request.target.partition("?")[0]
    if path.startswith("/missing"):
        return answer(404, b"{}", JSON)
    if path.startswith("/failing"):
        return answer(200, b'{"ok": false}', JSON)
    if path.startswith("/moved"):
        return redirect(302, "/elsewhere")
    if path == "/slashed":
        return redirect(301, "/slashed/")
    if path.startswith("/page"):
        return answer(200, b"<html>", "Content-Type: text/html; charset=utf-8")
    return answer(200, b'{"ok": true}', JSON)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(replying) as one:
        yield one


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def shop(server: Server) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield restpath.connect(restpath.read(DEFINITION), server.url, token="t0ps3cret-token", learn=True)


def learnt(name: str = "shop") -> dict[str, list[str]]:
    return {text: sorted(words["methods"]) for text, words in read_draft(name).resources.items()}


def unsure(template: str, method: str = "GET", name: str = "shop") -> list[str]:
    said = read_draft(name).resources[template]["methods"][method].get("x-unsure", [])
    return [mark["why"] for mark in said]


# ---- what is learnt ----------------------------------------------------------------------------------------------


def test_attributes_become_literals_and_items_variables_that_are_named_after_them(shop: Any) -> None:
    shop.widgets["7"].parts.get()
    shop.widgets["8"].parts["9"].put(a=1)
    assert learnt() == {"/widgets/{widget_id}/parts": ["GET"], "/widgets/{widget_id}/parts/{part_id}": ["PUT"]}


def test_a_known_variable_keeps_its_name_and_a_known_literal_is_that_literal(shop: Any) -> None:
    shop.people["ann"].badges.get()
    shop.people["me"].badges.get()
    shop.people.post(a=1)
    assert learnt() == {"/people/{username}/badges": ["GET"], "/people/me/badges": ["GET"], "/people": ["POST"]}


def test_what_the_definition_knows_is_not_learnt(shop: Any) -> None:
    shop.people.get()
    shop.people["ann"].get()
    assert draft_names() == []


def test_only_a_success_of_the_place_that_was_called_is_learnt(shop: Any) -> None:
    for place in (shop.missing, shop.failing):
        with pytest.raises(restpath.RequestError):
            place.get()
    shop.moved.get()
    assert draft_names() == []
    shop.slashed.get()
    assert learnt() == {"/slashed": ["GET"]}


def test_a_page_of_html_is_learnt_and_said_to_be_unsure(shop: Any) -> None:
    shop.page.get()
    assert "HTML" in unsure("/page")[0]


def test_names_types_and_media_types_are_learnt(shop: Any) -> None:
    shop.widgets.post(size=1, object_tag="x", qs={"dry": True, "api_key": "k"})
    shop.widgets.post(size=1.5)
    words = read_draft("shop").resources["/widgets"]["methods"]["POST"]
    assert words["query"] == {"dry": {"type": "boolean"}}
    assert words["body"] == {"media_type": "application/json", "schema": {"type": "object", "properties": {
        "size": {"type": "number"}, "object": {"type": "object", "properties": {"tag": {"type": "string"}}},
    }}}  # fmt: skip
    assert words["x-answer"] == ["application/json"]
    assert "api_key" in unsure("/widgets", "POST")[0]


def test_forms_uploads_and_other_bodies_are_learnt_by_their_names_and_types(shop: Any) -> None:
    shop.forms.post(data={"a": "1"}, headers={"Content-Type": "application/x-www-form-urlencoded"})
    shop.photos.post(upload_file_photo=("private-name.png", io.BytesIO(b"p1xels")), title="private-title")
    shop.raw.put(data=b"private-bytes", headers={"Content-Type": "image/png"})
    methods = {text: words["methods"] for text, words in read_draft("shop").resources.items()}
    assert methods["/forms"]["POST"]["body"]["media_type"] == "application/x-www-form-urlencoded"
    assert methods["/photos"]["POST"]["uploads"] == {"field": "photo"}
    assert set(methods["/photos"]["POST"]["body"]["schema"]["properties"]) == {"title", "photo"}
    assert methods["/raw"]["PUT"]["body"] == {"media_type": "image/png"}
    assert "private" not in draft_file("shop").read_text()


def test_a_download_is_learnt_too(shop: Any, tmp_path: Path) -> None:
    shop.exports["7"].get.save(tmp_path / "export")
    assert learnt() == {"/exports/{export_id}": ["GET"]}


# ---- what must not be written down -------------------------------------------------------------------------------


def test_a_name_that_looks_like_an_id_is_no_literal_on_disk(shop: Any) -> None:
    shop.users.u12345678.posts.get()
    restpath.expand(shop, "/orders/4711/parts").get()
    assert learnt() == {"/users/{user_id}/posts": ["GET"], "/orders/{order_id}/parts": ["GET"]}
    assert "looks like an id" in unsure("/users/{user_id}/posts")[0]
    assert "12345678" not in draft_file("shop").read_text()


def test_an_item_with_no_collection_before_it_is_taken_for_one_and_said_to_be_unsure(server: Server) -> None:
    client = restpath.connect(server.url, learn="shop")
    client["users"]["7"].get()
    client["user-accounts"].get()
    client["77"].get()
    assert learnt() == {"/users/{user_id}": ["GET"], "/user-accounts": ["GET"], "/{id}": ["GET"]}
    assert "may be a value" in unsure("/users/{user_id}")[0]
    assert unsure("/{id}") == []


def test_several_words_at_one_place_become_one_variable(server: Server) -> None:
    client = restpath.connect(server.url, learn="shop")
    for name in ("ann", "bob", "cid"):
        client[name].repos.get()
    assert learnt() == {"/{id}/repos": ["GET"]}
    assert read_draft("shop").resources["/{id}/repos"]["methods"]["GET"]["x-seen"]["times"] == 3


def test_a_credential_in_a_path_or_under_any_name_is_not_written(server: Server) -> None:
    client: Any = restpath.connect(restpath.read(DEFINITION), server.url, token="sesame", learn=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.bots.sesame.messages.get()
        client.other.get(qs={"sesame": 1})
        client.more.get(headers={"X-Api-Key": "opensays"}, qs={"q": "opensays"})
    text = draft_file("shop").read_text()
    assert "sesame" not in text
    assert "opensays" not in text
    assert list(learnt()) == ["/bots/{bot_id}/messages", "/more"]


MARKED = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(
    lambda text: f"zqx9{text}"
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MARKED, MARKED, MARKED, MARKED, st.integers(10**11, 10**14))
def test_no_value_of_path_query_body_or_header_is_ever_in_a_draft(
    shop: Any, one: str, two: str, three: str, four: str, number: int
) -> None:
    plain = "".join(c for c in four if c.isascii() and c.isprintable())
    item = shop.things[one.replace("/", "") or "x"].parts
    item.post(
        a=two, b=[two, {"c": number}], d={str(number): two}, qs={"q": three, "n": number}, headers={"X-Own": plain}
    )
    item.get(q=three)
    item.put(data={"a": two}, headers={"Content-Type": "application/x-www-form-urlencoded", "Cookie": plain})
    for file in draft_file("shop").parent.iterdir():
        data = file.read_bytes()
        assert [text for text in (b"zqx9", str(number).encode(), b"t0ps3cret") if text in data] == []


# ---- in force at once --------------------------------------------------------------------------------------------


def test_what_was_learnt_is_in_force_in_the_client_at_once(server: Server) -> None:
    client: Any = restpath.connect(restpath.read(DEFINITION), server.url, token="t", learn=True)
    with pytest.warns(UserWarning, match="does not know GET /people/{username}/badges; .* as learn=True says"):
        client.people["ann"].badges.get()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.people["bob"].badges.get()
    assert restpath.children(client.people["ann"]) == ["badges"]
    assert "badges" in dir(client.people["ann"])
    assert "get" in dir(client.people["ann"].badges)
    assert "what this client has learnt" in restpath.describe(client.people["ann"].badges)


def test_a_template_that_was_learnt_is_found_by_its_text_and_by_a_url(shop: Any) -> None:
    shop.widgets["7"].parts.get()
    path = shop.widgets["8"].parts
    assert restpath.expand(shop, "/widgets/{widget_id}/parts", widget_id=8) == path
    assert restpath.parse(shop, restpath.url(path)) == path
    templates = [*shop._root.tree.by_text]
    assert len(shop._root.tree.by_text) == len(templates) == 4


def test_other_clients_and_other_processes_know_nothing_of_it(shop: Any, server: Server) -> None:
    definition = shop._root.definition
    shop.widgets.get()
    other = restpath.connect(definition, server.url, token="t")
    with pytest.raises(restpath.UnknownResource):
        _ = other.widgets
    assert "widgets" not in restpath.children(pickle.loads(pickle.dumps(shop)))


def test_a_call_means_the_same_before_and_after_it_was_learnt(shop: Any) -> None:
    calls = [
        lambda: shop.widgets.post.prepare(size="x", a_b=1, dry=1),
        lambda: shop.widgets.post.prepare(data=[1]),
    ]
    before = [(call().url, call().headers, call().body) for call in calls]
    shop.widgets.post(size=1, qs={"dry": 1}, headers={"Content-Type": "application/x-www-form-urlencoded"})
    shop.widgets.post(data={"size": 1, "a_b": 2})
    assert [(call().url, call().headers, call().body) for call in calls] == before


def test_a_pickled_client_learns_on_under_the_same_name(server: Server) -> None:
    client = restpath.connect(server.url, learn="tea")
    again: Any = pickle.loads(pickle.dumps(client))
    again.leaves["7"].get()
    assert learnt("tea") == {"/leaves/{leave_id}": ["GET"]}


# ---- the draft ---------------------------------------------------------------------------------------------------


def test_the_name_is_the_services_the_one_said_or_made_of_the_host(server: Server) -> None:
    restpath.connect(server.url, learn=True).a.get()
    restpath.connect(server.url, learn="tea").a.get()
    assert draft_names() == sorted([server.host.replace(".", "-").replace(":", "-"), "tea"])
    assert read_draft("tea").base_url == server.url
    assert drafts.service_name("https://API.Example.com/v1") == "api-example-com"


@pytest.mark.parametrize("learn", ["No Name", "../x", "", 1.5, None])
def test_what_is_no_name_is_refused(server: Server, learn: Any) -> None:
    with pytest.raises(InvalidValue, match="name"):
        restpath.connect(server.url, learn=learn)


def test_another_name_for_a_service_that_has_one_is_refused(server: Server) -> None:
    with pytest.raises(InvalidValue, match="this is the service 'shop': say learn=True"):
        restpath.connect(restpath.read(DEFINITION), server.url, learn="tea")


def test_a_base_url_with_a_key_in_it_is_not_written(server: Server) -> None:
    client: Any = restpath.connect(f"{server.url}/hooks/T0123456789", learn="hooks")
    client.messages.get()
    assert "T0123" not in draft_file("hooks").read_text()


def test_it_is_written_when_something_new_was_seen_and_counts_are_kept_for_the_end(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    store = storing.store_text
    monkeypatch.setattr(drafts, "store_text", lambda *given: (written.append(given), store(*given)))
    for _ in range(5):
        shop.widgets["7"].get()
    assert len(written) == 1
    restpath.close(shop)
    assert len(written) == 2
    assert read_draft("shop").resources["/widgets/{widget_id}"]["methods"]["GET"]["x-seen"]["times"] == 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_the_folder_and_the_file_are_the_users_alone(shop: Any) -> None:
    shop.widgets.get()
    assert stat.S_IMODE(os.stat(draft_file("shop").parent).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(draft_file("shop")).st_mode) == 0o600


def test_a_draft_that_cannot_be_written_fails_no_call_and_warns_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise storing.unstorable("drafts", OSError(28, "No space left on device"))

    client: Any = restpath.connect(server.url, learn="tea")
    monkeypatch.setattr(drafts, "store_text", full)
    with pytest.warns(UserWarning, match="is not learnt: cannot write drafts: No space left"):
        assert client.a.get() == {"ok": True}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client.b.get() == {"ok": True}
    monkeypatch.undo()
    client.c.get()
    assert client._core.learner is not None


def test_calls_do_not_wait_for_a_process_that_stands_still_with_the_drafts(server: Server) -> None:
    program = "import sys; from pathlib import Path; from restpath.edge import storing\n"
    program += "with storing.held(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    client: Any = restpath.connect(server.url, learn="tea")
    clock = client._core.learner._clock = FakeClock()
    command = [sys.executable, "-c", program, str(draft_file("tea").parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        with pytest.warns(UserWarning, match="another process has been writing"):
            assert client.a.get() == {"ok": True}
        waited = len(clock.slept)
        assert sum(clock.slept) < 3
        assert client.b.get() == client.c.get() == {"ok": True}
        assert len(clock.slept) == waited
        other.stdin.close()
        other.wait()
    clock.sleep(100)
    client.d.get()
    assert list(read_draft("tea").resources) == ["/a", "/b", "/c", "/d"]


def test_a_draft_that_is_broken_stays_and_fails_no_call(shop: Any, server: Server) -> None:
    file = draft_file("tea")
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with pytest.warns(UserWarning, match="is not learnt"):
        restpath.connect(server.url, learn="tea").a.get()
    assert file.read_text() == "{"


def test_threads_learn_together_and_nothing_is_lost(server: Server) -> None:
    client: Any = restpath.connect(server.url, learn="tea")
    failed: list[BaseException] = []

    def learn(number: int) -> None:
        try:
            for place in "abcdefgh":
                getattr(client, f"{place}{number}").get()
                getattr(client, place)["7"].get()
                restpath.children(client)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=learn, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found = learnt("tea")
    assert {f"/{place}{number}" for place in "abcdefgh" for number in range(6)} <= set(found)
    client.close()
    seen = read_draft("tea").resources["/a/{a_id}"]["methods"]["GET"]["x-seen"]["times"]
    assert seen == 6


def test_a_variable_that_was_renamed_in_the_draft_keeps_that_name(shop: Any, server: Server) -> None:
    shop.widgets["7"].get()
    file = draft_file("shop")
    file.write_text(file.read_text().replace("widget_id", "number"))
    client: Any = restpath.connect(restpath.read(DEFINITION), server.url, token="t", learn=True)
    for call in (client.widgets["8"].get, client.widgets["8"].delete):
        with pytest.warns(UserWarning, match="does not know"):
            call()
    assert learnt() == {"/widgets/{number}": ["DELETE", "GET"]}


def test_a_client_that_does_not_learn_has_no_learner_and_loads_none_of_it(server: Server) -> None:
    client = restpath.connect(restpath.read(DEFINITION), server.url, token="t")
    assert client._core.learner is None
    import subprocess

    program = (
        "import sys, restpath; restpath.connect('https://x.example'); print([n for n in sys.modules if 'learn' in n])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_draft_is_json_of_the_form_of_resources(shop: Any) -> None:
    shop.widgets.get()
    document = json.loads(draft_file("shop").read_text())
    assert (document["format"], document["service"]) == (1, "shop")
    assert restpath.read({"service": DEFINITION["service"], "resources": document["resources"]})


def test_what_is_new_and_was_seen_again_before_it_was_written_is_counted_each_time(server: Server) -> None:
    words = {
        "methods": {"GET": {"x-seen": {"times": 1, "first": "2026-01-01T00:00:00Z", "last": "2026-01-01T00:00:00Z"}}}
    }
    add_to_draft("tea", server.url, {"/a/{a_id}": words}, {"/a/{a_id}": words, "/dropped": words})
    found = read_draft("tea").resources
    assert found["/a/{a_id}"]["methods"]["GET"]["x-seen"]["times"] == 2
    assert "/dropped" not in found, "a count alone brings nothing back that was taken out"


@pytest.mark.parametrize("learn", [True, "shop"])
def test_learning_and_asking_on_a_miss_are_refused_together(learn: bool | str) -> None:
    with pytest.raises(InvalidValue, match="learn or refresh, not both"):
        restpath.connect(restpath.read(DEFINITION), learn=learn, refresh="on-miss")
    assert draft_names() == []
