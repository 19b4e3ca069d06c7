"""Reading descriptions: files, folders, mappings and URLs; what is followed, and what is refused."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.edge import descriptions
from restpath.errors import BadReply, ConnectionFailed, DefinitionError, InvalidValue, NotFound, RequestError

DOCUMENT: Any = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {"/pets/{id}": {"get": {"operationId": "getPet"}}},
}
TEXT = json.dumps(DOCUMENT)
YAML = "openapi: 3.1.0\ninfo: {title: Pets, version: 1}\npaths:\n  /pets/{id}:\n    get:\n      operationId: getPet\n"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def names(definition: restpath.Definition) -> list[str]:
    return list(definition.named)


# ---- from where --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", TEXT),
        ("a.yaml", YAML),
        ("a", YAML),
        ("a.yml", TEXT),
        ("a.json", YAML),
        ("a.json", b"\xef\xbb\xbf" + TEXT.encode()),
        ("a.yaml", b"\xef\xbb\xbf" + YAML.encode()),
        ("a.json", TEXT.encode("utf-16")),
        ("a.json", TEXT.encode("utf-32")),
        ("a.yaml", "{openapi: 3.1.0, info: {}, paths: {/a: {get: {operationId: getPet}}}}"),
    ],
)
def test_a_file_is_read_whatever_it_is_called_and_written_in(tmp_path: Path, name: str, content: Any) -> None:
    file = written(tmp_path, name, content)
    definition = restpath.read(file)
    assert names(definition) == ["getPet"]
    assert definition.files[0] == str(file)
    assert restpath.read(str(file)) == definition


def test_a_mapping_is_read_also_with_the_keys_that_a_yaml_reader_makes() -> None:
    document = {**DOCUMENT, "paths": {"/a": {"get": {"responses": {200: {"description": "x"}, True: {}, None: {}}}}}}
    assert [str(template) for template, _ in restpath.read(document).templates()] == ["/a"]
    assert names(restpath.read(DOCUMENT)) == ["getPet"]


def test_a_folder_with_a_description_and_no_data_files_is_that_description(tmp_path: Path) -> None:
    written(tmp_path, "openapi.yaml", YAML)
    assert names(restpath.read(tmp_path)) == ["getPet"]
    written(tmp_path, "service.json", "{}")
    written(tmp_path, "resources.json", '{"/a": "GET"}')
    assert names(restpath.read(tmp_path)) == []


def test_a_description_may_be_called_as_a_data_file_is(tmp_path: Path) -> None:
    assert names(restpath.read(written(tmp_path, "resources.json", TEXT))) == ["getPet"]
    with pytest.raises(InvalidValue, match="give the folder"):
        restpath.read(written(tmp_path, "service.json", "{}"))


def test_data_files_are_laid_over_a_description() -> None:
    definition = restpath.read(DOCUMENT, {"resources": {"/more": "GET"}, "service": {"base_url": "https://x.example"}})
    assert [template for template, _ in definition.templates()] == ["/pets/{id}", "/more"]
    assert restpath.connect(definition).more.get.prepare().url == "https://x.example/more"


def test_what_is_left_out_is_told_and_outlives_a_pickle() -> None:
    definition = restpath.read({**DOCUMENT, "webhooks": {"a": {}}})
    assert [(each.place, each.what) for each in definition.left_out] == [
        ("/webhooks", "calls that the service makes, for which a server is needed")
    ]
    assert pickle.loads(pickle.dumps(definition)).left_out == definition.left_out
    assert restpath.read("max").left_out == ()


# ---- what is none ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.json", "", "it is empty"),
        ("a.json", " \n", "it is empty"),
        ("a.json", TEXT[:-9], "the text ends there"),
        ("a.json", "{'a': 1}", "no JSON"),
        ("a.html", "<!DOCTYPE html>", "HTML or XML"),
        ("a.json", b"\xff\xfe\x00", "it is not utf-16"),
        ("a.json", b'{"a": "\xe4"}', "it is not utf-8"),
        ("a.json", "[1]", "this is a list"),
        ("a.json", '{"a": 1}', "no format"),
        ("a.json", '{"openapi": "4.1"}', "no openapi '4.1'"),
        ("a.txt", "hello", "this is a text"),
        ("a.json", "[" * 100_000, "too deeply"),
        ("a.json", '{"a":' * 100_000, "too deeply"),
        ("a.yaml", "a: [", "no YAML"),
        ("a.yaml", "[" * 5000, "too deeply"),
    ],
)
def test_what_is_no_description_is_an_error_that_names_the_file(
    tmp_path: Path, name: str, content: Any, part: str
) -> None:
    file = written(tmp_path, name, content)
    with pytest.raises(DefinitionError) as caught:
        restpath.read(file)
    assert part in str(caught.value)
    assert caught.value.file == str(file)


def test_numbers_and_texts_that_json_has_not_do_no_harm(tmp_path: Path) -> None:
    content: Any = {"application/json": {"schema": "SCHEMA"}}
    document = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": {"content": content}}}}}
    schema = '{"type": "object", "maximum": 1e999, "default": NaN, "enum": ["\\ud800", ' + "9" * 5000 + "]}"
    file = written(tmp_path, "a.json", json.dumps(document).replace('"SCHEMA"', schema))
    made = restpath.read(file).method("/a", "POST").body_schema
    assert made == {"type": "object", "default": "NaN", "enum": ["\N{REPLACEMENT CHARACTER}", "9" * 5000]}


def test_a_description_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "a.json", TEXT)
    monkeypatch.setattr(descriptions, "MAX_BYTES", len(TEXT) - 1)
    with pytest.raises(DefinitionError, match="too large"):
        restpath.read(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(InvalidValue):
        restpath.read(tmp_path / "a.json")
    written(tmp_path, "b.json", TEXT.replace('"paths"', '"components": {"x": {"$ref": "a.json"}}, "paths"'))
    assert names(restpath.read(tmp_path / "b.json")) == ["getPet"]


def test_a_mapping_of_neither_kind_is_an_error_about_data_files() -> None:
    with pytest.raises(DefinitionError, match="expected service, resources, defaults and schemas"):
        restpath.read({"resourcs": {}})
    with pytest.raises(DefinitionError, match="AsyncAPI"):
        restpath.read({"asyncapi": "3.0.0"})
    with pytest.raises(InvalidValue, match="of the type object"):
        restpath.read({**DOCUMENT, "x": object()})


# ---- references to other files -----------------------------------------------------------------------------------


def with_reference(reference: str) -> str:
    return json.dumps({**DOCUMENT, "paths": {"/a": {"$ref": reference}, "/kept": {"get": {}}}})


ITEM = json.dumps({"one": {"get": {"operationId": "fromAfar"}}, "on": {"$ref": "sub/deeper.yaml#/two"}})


@pytest.mark.parametrize(
    "reference",
    [
        "items.json#/one",
        "./items.json#/one",
        "sub/../items.json#/one",
        "it%65ms.json#/one",
        "items.json#/on",
        "sub/deeper.yaml#/up",
    ],
)
def test_references_to_files_beside_the_description_and_below_are_followed(tmp_path: Path, reference: str) -> None:
    written(tmp_path, "items.json", ITEM)
    written(tmp_path, "sub/deeper.yaml", "two: {get: {operationId: fromAfar}}\nup: {$ref: '../items.json#/one'}\n")
    definition = restpath.read(written(tmp_path, "openapi.json", with_reference(reference)))
    assert (names(definition), definition.left_out) == (["fromAfar"], ())


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("../outside.json#/one", "leads out of the folder"),
        ("link.json#/one", "leads out of the folder"),
        ("sub/../../outside.json", "leads out"),
        ("%2E%2E/outside.json", "leads out"),
        ("..\\outside.json", "leads out"),
        ("/etc/passwd", "leads away"),
        ("file:///etc/passwd", "leads away"),
        ("https://example.com/a.json", "leads away"),
        ("//example.com/a.json", "leads away"),
        ("C:/a.json", "leads away"),
        ("gone.json", "it cannot be read"),
        ("sub", "no ordinary file"),
        ("bad.json", "this is no JSON"),
        ("a%00.json", "no name of a file"),
    ],
)
def test_what_is_elsewhere_is_not_read_and_reported(tmp_path: Path, reference: str, part: str) -> None:
    inside = tmp_path / "inside"
    written(tmp_path, "outside.json", ITEM)
    written(inside, "sub/x.json", ITEM)
    written(inside, "bad.json", "{")
    try:
        (inside / "link.json").symlink_to(tmp_path / "outside.json")
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    definition = restpath.read(written(inside, "openapi.json", with_reference(reference)))
    assert [template for template, _ in definition.templates()] == ["/kept"]
    (left_out,) = definition.left_out
    assert left_out.place == "/paths/~1a/$ref"
    assert part in left_out.what


def test_files_that_refer_to_each_other_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(
        tmp_path, "b.json", json.dumps({"s": {"properties": {"a": {"$ref": "openapi.json#/components/schemas/S"}}}})
    )
    document = {
        **DOCUMENT,
        "components": {"schemas": {"S": {"properties": {"b": {"$ref": "b.json#/s"}}}}},
        "paths": {
            "/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "b.json#/s"}}}}}}
        },
    }
    file = written(tmp_path, "openapi.json", json.dumps(document))
    read: list[str] = []
    real = descriptions.bytes_of
    monkeypatch.setattr(
        descriptions, "bytes_of", lambda file, **words: read.append(words["name"]) or real(file, **words)
    )
    definition = restpath.read(file)
    assert read == [str(file), "b.json"]
    assert definition.left_out == ()
    schema = definition.method("/a", "POST").body_schema
    assert isinstance(schema, dict)
    assert [name.partition("-")[0] for name in sorted(schema["schemas"])] == ["S", "s"]


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "items.json", ITEM + " " * 1000)
    file = written(tmp_path, "openapi.json", with_reference("items.json#/one"))
    monkeypatch.setattr(descriptions, "MAX_BYTES", 1000)
    (left_out,) = restpath.read(file).left_out
    assert "too large" in left_out.what


# ---- URLs --------------------------------------------------------------------------------------------------------

Answer = Callable[[BaseHTTPRequestHandler], "tuple[int, dict[str, str], bytes]"]


@contextmanager
def served(answer: Answer) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server on loopback that answers as told, and what it was asked."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join(10)


def fixed(body: bytes, status: int = 200, **headers: str) -> Answer:
    return lambda _: (status, headers, body)


def test_from_a_url_to_a_first_call_without_a_line_of_ones_own() -> None:
    def answer(asked: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        body = TEXT if asked.path == "/openapi.json" else '{"name": "Rex"}'
        return 200, {"Content-Type": "application/json"}, body.encode()

    with served(answer) as (url, asked):
        client = restpath.connect(restpath.read(f"{url}/openapi.json"))
        assert client.pets[7].get() == {"name": "Rex"}
        assert client.call("getPet", id=8) == {"name": "Rex"}
    assert [path for path, _ in asked] == ["/openapi.json", "/pets/7", "/pets/8"]


def test_a_url_in_yaml_and_compressed_is_read_too() -> None:
    with served(fixed(gzip.compress(YAML.encode()), **{"Content-Encoding": "gzip"})) as (url, _):
        assert names(restpath.read(f"{url}/v3/api-docs?group=x#top")) == ["getPet"]


def test_credentials_in_a_url_go_to_its_own_origin_alone_and_are_kept_nowhere() -> None:
    with (
        served(fixed(TEXT.encode())) as (other, asked_there),
        served(lambda _: (302, {"Location": f"{other}/moved.json"}, b"")) as (url, asked),
    ):
        definition = restpath.read(f"{url.replace('//', '//ann:s3cret@')}/openapi.json?token=t0ken")
    assert asked[0][1]["authorization"] == "Basic YW5uOnMzY3JldA=="
    assert asked_there[0][0] == "/moved.json"
    assert "authorization" not in asked_there[0][1]
    assert definition.service.base_url == other
    said = json.dumps([definition.documents.service, definition.files])
    assert "s3cret" not in said
    assert "t0ken" not in said


def test_who_was_sent_elsewhere_comes_back_without_the_credentials_of_a_url() -> None:
    here: list[str] = []

    def answer(asked: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        moved = asked.path == "/openapi.json"
        return (302, {"Location": f"{other}/moved"}, b"") if moved else (200, {}, TEXT.encode())

    with (
        served(lambda _: (302, {"Location": f"{here[0]}/what/others/chose"}, b"")) as (other, _),
        served(answer) as (url, asked),
    ):
        here.append(url)
        restpath.read(f"{url.replace('//', '//ann:s3cret@')}/openapi.json")
    assert ["authorization" in fields for _, fields in asked] == [True, False]


def test_a_description_behind_a_redirect_that_is_not_followed_is_an_error_that_says_why() -> None:
    with (
        served(fixed(b"", 302, Location="ftp://x.example")) as (url, _),
        pytest.raises(RequestError, match="no http or https URL"),
    ):
        restpath.read(f"{url}/openapi.json")


def test_nothing_but_the_url_itself_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = written(tmp_path, "netrc", "machine 127.0.0.1 login ann password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    document = json.loads(with_reference("items.json#/one"))
    document["paths"]["/self"] = {"$ref": "openapi.json#/paths/~1kept"}
    with served(fixed(json.dumps(document).encode())) as (url, asked):
        definition = restpath.read(f"{url}/openapi.json")
    assert len(asked) == 1
    assert "authorization" not in asked[0][1]
    assert [template for template, _ in definition.templates()] == ["/kept", "/self"]
    assert "nothing but the URL itself is fetched" in definition.left_out[0].what


def test_a_url_that_gives_no_description_is_an_error_that_says_what_it_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(fixed(b"nothing here", 404)) as (url, _), pytest.raises(NotFound, match="nothing here"):
        restpath.read(f"{url}/openapi.json")
    with served(fixed(b"<html>")) as (url, _), pytest.raises(DefinitionError, match="HTML or XML"):
        restpath.read(f"{url}/openapi.json")
    with served(fixed(TEXT.encode(), **{"Content-Length": "9999"})) as (url, _), pytest.raises(BadReply):
        restpath.read(f"{url}/openapi.json")
    with (
        served(fixed(b"", 302, Location="/again")) as (url, asked),
        pytest.raises(BadReply, match="redirects more than"),
    ):
        restpath.read(f"{url}/openapi.json")
    assert len(asked) == 11
    with served(fixed(b"", 302, Location="ftp://x.example")) as (url, _), pytest.raises(RequestError, match="ftp"):
        restpath.read(f"{url}/openapi.json")
    monkeypatch.setattr(descriptions, "MAX_BYTES", 10)
    with served(fixed(TEXT.encode())) as (url, _), pytest.raises(BadReply, match="more than 10 bytes"):
        restpath.read(f"{url}/openapi.json")


def test_a_url_that_answers_nothing_is_an_error_of_the_network() -> None:
    with served(fixed(b"")) as (url, _):
        pass
    with pytest.raises(ConnectionFailed):
        restpath.read(f"{url}/openapi.json")


@pytest.mark.parametrize(
    "url", ["http://", "https:///x", "http://a b/", "http://[::1", "http://x:99999/", "http://x\n.example/"]
)
def test_what_is_no_url_is_an_error_that_shows_no_password(url: str) -> None:
    with pytest.raises(InvalidValue):
        restpath.read(url)
    with pytest.raises(InvalidValue) as caught:
        restpath.read(url.replace("//", "//ann:s3cret@"))
    assert "s3cret" not in str(caught.value)
