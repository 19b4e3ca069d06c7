"""
A service of one's own: Jupyter Server described in forty lines of data, held to the real program.

The program is started once, on loopback, with a directory, settings and a token of its own. What the tests did is
looked at twice where that says more: in the answers, and on the disk.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import pickle
import re
import secrets
import socket
import sys
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import restpath
from tests.support.programs import run_jupyter

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jupyter_server") is None,
    reason="needs the program itself: python -m pip install 'jupyter-server>=2.0'",
)

FOLDER = Path(__file__).with_name("jupyter")
DEFINITION = restpath.read(FOLDER)
# Windows has no such file names.
ONLY_ELSEWHERE = "" if sys.platform == "win32" else '?*:|<>"\\'
NAMES = ["a b", "a#b", "é", "100%", "a+b", "a%20b", "a&b=c", "a;b,c@d!$'()~", "[x]{y}", "日本", "😀", *ONLY_ELSEWHERE]
TINY_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256))


@dataclass(frozen=True)
class Server:
    """The running program: its URL, its token, and the directory that it serves."""

    url: str
    token: str
    root: Path

    def connect(self, **more: Any) -> restpath.Client:
        return restpath.connect(DEFINITION, self.url, **more)


@dataclass(frozen=True)
class Place:
    """A directory of one test's own, as the program calls it and on the disk."""

    name: str
    disk: Path

    def __truediv__(self, name: str) -> str:
        return f"{self.name}/{name}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_jupyter(tmp_path_factory.mktemp("jupyter")) as (url, token, root):
        yield Server(url, token, root)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[restpath.Client]:
    with server.connect(token=server.token) as made:
        yield made


@pytest.fixture
def place(server: Server) -> Place:
    name = f"t{secrets.token_hex(4)}"
    (server.root / name).mkdir()
    return Place(name, server.root / name)


def composed(names: Iterator[str] | list[str]) -> set[str]:
    """File systems may write an accent as a character of its own."""
    return {unicodedata.normalize("NFC", name) for name in names}


def names_in(folder: Path) -> set[str]:
    """What is in a directory, but for the program's own hidden checkpoints."""
    return composed([entry.name for entry in folder.iterdir() if not entry.name.startswith(".")])


def spelled(name: str) -> str:
    """A name as a value of `{+path}`, where %20 means a space: RFC 6570, section 3.2.3."""
    return re.sub("%(?=[0-9A-Fa-f]{2})", "%25", name)


# ---- the definition ----------------------------------------------------------------------------------------------


def test_the_definition_is_at_most_forty_lines_of_data() -> None:
    lines = [line for file in sorted(FOLDER.iterdir()) for line in file.read_text("utf-8").splitlines()]
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 140


def test_the_definition_names_the_operations() -> None:
    found = {(operation.method, operation.template) for operation in DEFINITION.operations}
    assert ("PATCH", "/api/contents/{+path}") in found
    assert ("HEAD", "/files/{+path}") in found
    assert len(found) == 15


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_read_back_from_its_url(name: str) -> None:
    client = restpath.connect(DEFINITION, "http://jupyter.example")
    for path in (client.api.contents[f"d/{name}"], client.api.contents[name].checkpoints["checkpoint"]):
        assert restpath.url(restpath.parse(client, restpath.url(path))) == restpath.url(path)


# ---- who may -----------------------------------------------------------------------------------------------------


def test_the_version_is_told_to_anybody(server: Server) -> None:
    assert re.match(r"[0-9]+\.[0-9]+", server.connect().api.get()["version"])


def test_the_status_is_told_to_whoever_has_the_token(client: restpath.Client) -> None:
    status = client.api.status.get()
    assert status["kernels"] == 0
    assert status["started"] <= status["last_activity"]


def test_the_token_goes_out_in_jupyters_own_words(server: Server) -> None:
    line = server.connect().api.contents["a b"].get.curl()
    assert line == f"curl -H 'Authorization: token <token>' {server.url}/api/contents/a%20b"


def test_without_a_token_nothing_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        client = restpath.connect(DEFINITION, f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(restpath.AuthError, match=r"needs credentials: token.*RESTPATH_JUPYTER_TOKEN"):
            client.api.contents.post(type="notebook")
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_token_may_stand_in_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_JUPYTER_TOKEN", server.token)
    assert server.connect().api.contents.get()["type"] == "directory"


def test_a_wrong_token_is_forbidden_and_is_told_to_nobody(server: Server) -> None:
    with pytest.raises(restpath.Forbidden) as caught:
        server.connect(token="wrong-and-secret").api.contents.get()
    error = caught.value
    assert (error.status, error.code, error.message) == (403, 403, "Forbidden")
    assert error.content == {"message": "Forbidden", "reason": None}
    assert "wrong-and-secret" not in f"{error} {error!r} {error.call!r} {vars(error)!r} {pickle.dumps(error)!r}"


def test_a_write_with_a_wrong_token_changes_nothing(server: Server, place: Place) -> None:
    (place.disk / "kept.txt").write_text("old")
    with pytest.raises(restpath.Forbidden):
        server.connect(token="wrong").api.contents[place / "kept.txt"].delete()
    assert names_in(place.disk) == {"kept.txt"}


def test_a_call_without_definition_and_token_is_forbidden_by_the_server(server: Server) -> None:
    with pytest.raises(restpath.Forbidden) as caught:
        restpath.connect(server.url).api.contents.get()
    assert caught.value.content["message"] == "Forbidden"


def test_a_calls_own_header_stands_for_the_token(server: Server) -> None:
    headers = {"Authorization": f"token {server.token}"}
    assert server.connect().api.contents.get(headers=headers)["type"] == "directory"


def test_a_pickled_client_left_its_token_behind(server: Server, client: restpath.Client) -> None:
    copy = pickle.loads(pickle.dumps(client))
    assert server.token.encode() not in pickle.dumps(client)
    with pytest.raises(restpath.AuthError):
        copy.api.contents.get()


# ---- creating, writing, reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"type": "notebook"}, "Untitled.ipynb"),
        ({"type": "file", "ext": ".txt"}, "untitled.txt"),
        ({"type": "directory"}, "Untitled Folder"),
    ],
)
def test_post_creates_under_a_name_of_the_servers(
    client: restpath.Client, place: Place, fields: dict[str, str], name: str
) -> None:
    made = client.api.contents[place.name].post(**fields)
    assert (made["name"], made["path"], made["type"]) == (name, place / name, fields["type"])
    assert names_in(place.disk) == {name}


def test_the_location_of_what_was_created_is_a_path(client: restpath.Client, place: Place) -> None:
    reply = client.api.contents[place.name].post.reply(type="directory")
    assert reply.status == 201
    assert restpath.parse(client, reply.headers["Location"]) == client.api.contents[place / "Untitled Folder"]


def test_post_copies(client: restpath.Client, place: Place) -> None:
    (place.disk / "a #1.txt").write_text("same")
    copied = client.api.contents[place.name].post(copy_from=place / "a #1.txt")
    assert client.files[copied["path"]].get() == "same"
    assert len(names_in(place.disk)) == 2


@pytest.mark.parametrize("name", NAMES)
def test_text_is_written_read_and_deleted_under_any_name(client: restpath.Client, place: Place, name: str) -> None:
    path = client.api.contents[place / spelled(name)]
    written = path.put(type="file", format="text", content=f"It is {name}.\n")
    assert written["name"] == name
    assert names_in(place.disk) == composed([name])
    assert path.get(format="text")["content"] == f"It is {name}.\n"
    assert path.delete() is None
    assert names_in(place.disk) == set()


@pytest.mark.parametrize("name", NAMES)
def test_rename_leads_to_any_name_and_back(client: restpath.Client, place: Place, name: str) -> None:
    (place.disk / "plain.bin").write_bytes(TINY_PNG)
    there = client.api.contents[place / "plain.bin"].patch(path=place / name)
    assert there["path"] == place / name
    assert names_in(place.disk) == composed([name])
    with pytest.raises(restpath.NotFound):
        client.api.contents[place / "plain.bin"].get()
    client.api.contents[place / spelled(name)].patch(path=place / "plain.bin")
    assert (place.disk / "plain.bin").read_bytes() == TINY_PNG


def test_bytes_are_written_as_base64(client: restpath.Client, place: Place) -> None:
    content = base64.b64encode(TINY_PNG).decode()
    path = client.api.contents[place / "é #1.png"]
    written = path.put(type="file", format="base64", content=content)
    assert (written["size"], written["mimetype"]) == (len(TINY_PNG), "image/png")
    assert [entry.read_bytes() for entry in place.disk.glob("*.png")] == [TINY_PNG]
    assert base64.b64decode(path.get()["content"]) == TINY_PNG


def test_a_notebook_is_written_and_read(client: restpath.Client, place: Place) -> None:
    cell = {"cell_type": "markdown", "id": "one", "metadata": {}, "source": "# Größe"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = client.api.contents[place / "a b#é.ipynb"]
    path.put(type="notebook", content=notebook)
    model = path.get()
    assert (model["type"], model["format"]) == ("notebook", "json")
    assert model["content"]["cells"][0]["source"] == "# Größe"
    assert json.loads(next(place.disk.glob("*.ipynb")).read_text("utf-8"))["nbformat"] == 4


def test_writing_again_replaces(client: restpath.Client, place: Place) -> None:
    path = client.api.contents[place / "a.txt"]
    assert path.put.reply(type="file", format="text", content="one").status == 201
    assert path.put.reply(type="file", format="text", content="two").status == 200
    assert (place.disk / "a.txt").read_text() == "two"


def test_directories_nest(client: restpath.Client, place: Place) -> None:
    names = ["a b", "c#d", "é%"]
    for depth in (1, 2, 3):
        client.api.contents[place / "/".join(names[:depth])].put(type="directory")
    deepest = place / "/".join(names)
    client.api.contents[f"{deepest}/x+y.txt"].put(type="file", format="text", content="deep")
    assert restpath.url(client.files[f"{deepest}/x+y.txt"]).endswith("/a%20b/c%23d/%C3%A9%25/x+y.txt")
    assert client.files[f"{deepest}/x+y.txt"].get() == "deep"
    assert (place.disk / "a b" / "c#d").is_dir()


def test_a_directory_lists_what_is_in_it(client: restpath.Client, place: Place) -> None:
    for name in ("a b.txt", "c#d.txt", "é.txt"):
        (place.disk / name).write_text(name)
    (place.disk / "folder").mkdir()
    listed = {composed([item["name"]]).pop(): item["type"] for item in client.api.contents[place.name].get()["content"]}
    assert listed == {"a b.txt": "file", "c#d.txt": "file", "é.txt": "file", "folder": "directory"}
    assert client.api.contents[place.name].get(content=0)["content"] is None


def test_a_directory_called_checkpoints_is_reached_by_its_value(client: restpath.Client, place: Place) -> None:
    (place.disk / "deep").mkdir()
    (place.disk / "deep" / "checkpoints.txt").write_text("mine")
    assert client.files[place / "deep/checkpoints.txt"].get() == "mine"
    assert client.api.contents[place / "deep/checkpoints.txt"].get()["content"] == "mine"


def test_one_client_writes_from_many_threads(client: restpath.Client, place: Place) -> None:
    def write(number: int) -> Any:
        return client.api.contents[place / f"n {number}.txt"].put(type="file", format="text", content=str(number))

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, range(24)))
    assert [model["name"] for model in written] == [f"n {number}.txt" for number in range(24)]
    assert {(place.disk / f"n {number}.txt").read_text() for number in range(24)} == set(map(str, range(24)))


AWKWARD = "abZ019 .#%&+;=@!$'(),[]{}~^`-_éßΩ日😀" + ONLY_ELSEWHERE


@settings(max_examples=25)
@given(name=st.text(AWKWARD, min_size=1, max_size=20).filter(lambda name: name == name.strip(" .")))
def test_any_name_goes_there_and_comes_back(client: restpath.Client, server: Server, name: str) -> None:
    folder = server.root / "any"
    folder.mkdir(exist_ok=True)
    path = client.api.contents[f"any/{spelled(name)}"]
    path.put(type="file", format="text", content=name)
    assert names_in(folder) == composed([name])
    assert client.files[f"any/{spelled(name)}"].get.reply().body.decode() == name
    path.delete()
    assert names_in(folder) == set()


def test_a_percent_triplet_in_a_path_is_taken_as_encoded_already(client: restpath.Client, place: Place) -> None:
    """`{+path}` passes %20 on, as RFC 6570 has it, so that it names the file with a space; %2520 names the other."""
    for name in ("a b.txt", "a%20b.txt"):
        (place.disk / name).write_text(name)
    assert client.files[place / "a%20b.txt"].get() == client.files[place / "a b.txt"].get() == "a b.txt"
    assert client.files[place / "a%2520b.txt"].get() == "a%20b.txt"


# ---- checkpoints -------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_made_listed_restored_and_deleted(client: restpath.Client, place: Place) -> None:
    path = client.api.contents[place / "a b#é.txt"]
    path.put(type="file", format="text", content="first")
    made = path.checkpoints.post()
    path.put(type="file", format="text", content="second")
    assert path.checkpoints.get() == [made]
    assert path.checkpoints[made["id"]].post() is None
    assert path.get()["content"] == "first"
    assert path.checkpoints[made["id"]].delete() is None
    assert path.checkpoints.get() == []


# ---- files as they are -------------------------------------------------------------------------------------------


def test_files_come_as_what_they_are(client: restpath.Client, place: Place) -> None:
    (place.disk / "a b#é.png").write_bytes(TINY_PNG)
    (place.disk / "a.txt").write_bytes("Größe".encode())
    client.api.contents[place.name].post(type="notebook")
    assert client.files[place / "a b#é.png"].get() == TINY_PNG
    assert client.files[place / "a.txt"].get() == "Größe"
    assert client.files[place / "Untitled.ipynb"].get()["cells"] == []


def test_save_writes_the_file_byte_for_byte(client: restpath.Client, place: Place, tmp_path: Path) -> None:
    content = secrets.token_bytes(3_000_001)
    (place.disk / "large #1.bin").write_bytes(content)
    reply = client.files[place / "large #1.bin"].get.save(tmp_path / "copy.bin")
    assert (reply.status, reply.body) == (200, b"")
    assert (tmp_path / "copy.bin").read_bytes() == content


def test_a_save_that_fails_leaves_the_old_file(client: restpath.Client, place: Place, tmp_path: Path) -> None:
    (tmp_path / "copy.bin").write_bytes(b"old")
    with pytest.raises(restpath.NotFound):
        client.files[place / "nope"].get.save(tmp_path / "copy.bin")
    assert [entry.name for entry in tmp_path.iterdir()] == ["copy.bin"]
    assert (tmp_path / "copy.bin").read_bytes() == b"old"


def test_head_tells_the_size(client: restpath.Client, place: Place) -> None:
    (place.disk / "a b#é.png").write_bytes(TINY_PNG)
    headers = client.files[place / "a b#é.png"].head()
    assert (headers["Content-Length"], headers["Content-Type"]) == (str(len(TINY_PNG)), "image/png")


def test_a_part_of_a_file_can_be_asked_for(client: restpath.Client, place: Place) -> None:
    (place.disk / "a.txt").write_text("0123456789")
    reply = client.files[place / "a.txt"].get.reply(headers={"Range": "bytes=2-4"})
    assert (reply.status, reply.content, reply.headers["Content-Range"]) == (206, "234", "bytes 2-4/10")


def test_a_file_that_did_not_change_is_a_reply(client: restpath.Client, place: Place) -> None:
    (place.disk / "a.txt").write_text("same")
    path = client.files[place / "a.txt"]
    reply = path.get.reply(headers={"If-Modified-Since": path.head()["Last-Modified"]})
    assert (reply.status, reply.content) == (304, None)


def test_a_wrong_token_leads_to_the_login_page_only_if_redirects_are_followed(
    server: Server, place: Place, tmp_path: Path
) -> None:
    (place.disk / "a.txt").write_text("secret")
    path = server.connect(token="wrong").files[place / "a.txt"]
    assert "/login?" in path.get.reply().url
    with pytest.raises(restpath.RequestError, match="redirects to /login") as caught:
        path.get.options(redirects=False).save(tmp_path / "a.txt")
    assert caught.value.status == 302
    assert list(tmp_path.iterdir()) == []


# ---- errors ------------------------------------------------------------------------------------------------------


def test_400_says_in_json_what_is_wrong(client: restpath.Client, place: Place) -> None:
    (place.disk / "a.txt").write_text("x")
    with pytest.raises(restpath.BadRequest) as caught:
        client.api.contents[place / "a.txt"].get(type="directory")
    error = caught.value
    assert error.content["reason"] == "bad type"
    assert error.message == error.content["message"]
    assert str(error).endswith(f"failed with 400: {error.message}")
    assert error.call.method == "GET"


def test_400_for_a_body_that_is_no_json(client: restpath.Client, place: Place) -> None:
    with pytest.raises(restpath.BadRequest, match="Invalid JSON in body of request"):
        client.api.contents[place / "a.txt"].put("no json")
    assert names_in(place.disk) == set()


def test_400_for_posting_to_a_file(client: restpath.Client, place: Place) -> None:
    (place.disk / "a.txt").write_text("x")
    with pytest.raises(restpath.BadRequest, match="Cannot POST to files, use PUT instead"):
        client.api.contents[place / "a.txt"].post(type="file")


def test_404_of_contents_is_plain_text_whatever_its_media_type_says(client: restpath.Client, place: Place) -> None:
    with pytest.raises(restpath.NotFound) as caught:
        client.api.contents[place / "a b#é"].get()
    error = caught.value
    assert error.headers["Content-Type"] == "application/json"
    assert error.content == error.message == f"file or directory {'/' + (place / 'a b#é')!r} does not exist"
    with pytest.raises(restpath.BadReply):
        _ = error.reply.content


def test_404_of_a_change_is_json(client: restpath.Client, place: Place) -> None:
    for call in (lambda path: path.patch(path=place / "b"), lambda path: path.delete()):
        with pytest.raises(restpath.NotFound, match="File or directory does not exist") as caught:
            call(client.api.contents[place / "nope"])
        assert caught.value.content["message"] == caught.value.message


def test_404_of_files_is_a_page_that_is_quoted_in_short(client: restpath.Client, place: Place) -> None:
    with pytest.raises(restpath.NotFound) as caught:
        client.files[place / "nope"].get()
    assert caught.value.content.startswith("<!DOCTYPE HTML>")
    assert caught.value.message.startswith("Jupyter Server requires JavaScript")
    assert len(str(caught.value)) < 500 < len(caught.value.content)


def test_404_to_head_has_no_words_but_the_servers_own(client: restpath.Client, place: Place) -> None:
    with pytest.raises(restpath.NotFound) as caught:
        client.files[place / "nope"].head()
    assert (caught.value.content, caught.value.message) == (None, "Not Found")


def test_409_for_a_name_that_is_taken(client: restpath.Client, place: Place) -> None:
    for name in ("a.txt", "b.txt"):
        (place.disk / name).write_text(name)
    with pytest.raises(restpath.Conflict, match="File already exists"):
        client.api.contents[place / "a.txt"].patch(path=place / "b.txt")
    assert (place.disk / "b.txt").read_text() == "b.txt"


def test_500_is_the_servers_error(client: restpath.Client, place: Place) -> None:
    with pytest.raises(restpath.ServerError) as caught:
        client.api.contents[place / "no folder/a.txt"].put(type="file", format="text", content="x")
    assert "Unexpected error while saving file" in caught.value.message


def test_an_error_can_be_pickled(client: restpath.Client, server: Server, place: Place) -> None:
    with pytest.raises(restpath.NotFound) as caught:
        client.api.contents[place / "nope"].delete()
    data = pickle.dumps(caught.value)
    copy = pickle.loads(data)
    assert (str(copy), copy.status, copy.content) == (str(caught.value), 404, caught.value.content)
    assert server.token.encode() not in data


# ---- what is refused before anything is sent ---------------------------------------------------------------------


def test_a_body_is_held_to_its_schema(client: restpath.Client, place: Place) -> None:
    with pytest.raises(restpath.InvalidBody) as caught:
        client.api.contents[place / "a.txt"].put(type="folder", format="zip", content="x")
    assert [fault.pointer for fault in caught.value.faults] == ["/format", "/type"]
    with pytest.raises(restpath.InvalidBody, match="'path' is a required property"):
        client.api.contents[place / "a.txt"].patch(name="b.txt")


def test_the_server_judges_where_the_schema_is_told_not_to(client: restpath.Client, place: Place) -> None:
    put = client.api.contents[place / "a.txt"].put.options(validate=False)
    with pytest.raises(restpath.BadRequest, match="Must specify format of file contents"):
        put(type="file", format="zip", content="x")


@pytest.mark.parametrize(
    "value", ["..", ".", "a/..", "../a", "a/./b", "%2E%2E/a", "a/%2e", "a//b", "/a", "a/", "", None]
)
def test_no_value_climbs_out_of_the_directory(client: restpath.Client, value: Any) -> None:
    for place in (client.api.contents, client.files):
        with pytest.raises(restpath.InvalidValue):
            place[value].get()


def test_the_server_refuses_a_climb_in_the_body(client: restpath.Client, server: Server, place: Place) -> None:
    (place.disk / "a.txt").write_text("x")
    with pytest.raises(restpath.NotFound, match="outside root contents directory"):
        client.api.contents[place / "a.txt"].patch(path="../a.txt")
    assert not (server.root.parent / "a.txt").exists()


def test_what_the_definition_lacks_is_unknown_until_strict_is_off(server: Server) -> None:
    with pytest.raises(restpath.UnknownResource, match="kernels"):
        _ = server.connect(token=server.token).api.kernels
    lenient = server.connect(token=server.token, strict=False)
    with pytest.warns(UserWarning, match="does not know GET /api/kernels"):
        assert lenient.api.kernels.get() == []


def test_a_method_that_is_not_declared_is_not_allowed(client: restpath.Client) -> None:
    with pytest.raises(restpath.MethodNotAllowed, match="DELETE"):
        client.api.contents.delete()


def test_a_server_that_is_gone_is_a_failed_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(restpath.ConnectionFailed) as caught:
        restpath.connect(DEFINITION, f"http://127.0.0.1:{port}", token="t", retries=0).api.contents.get()
    assert not caught.value.may_have_happened
