"""
httpbin, the program that says what it was asked: held to it in this process, and over a real connection.

Both ways run the same tests, so that what works against an application works against a server. Retries are off, for
they would wait; they have tests of their own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.auth import HTTPDigestAuth

import restpath

_INSTALL = "python -m pip install 'httpbin>=0.10.2' 'werkzeug>=3.0'"
app = pytest.importorskip("httpbin", reason=f"needs the program itself: {_INSTALL}").app
serving = pytest.importorskip("werkzeug.serving", reason=f"needs a server to run it on: {_INSTALL}")

FOLDER = Path(__file__).with_name("httpbin")
DEFINITION = restpath.read(FOLDER)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def with_token() -> restpath.Definition:
    """The same definition, with a token that every call bears."""
    service = json.loads((FOLDER / "service.json").read_text("utf-8"))
    service |= {"credentials": {"token": {}}, "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}}}
    resources = json.loads((FOLDER / "resources.json").read_text("utf-8"))
    return restpath.read({"service": service, "resources": resources})


WITH_TOKEN = with_token()


class Quiet(serving.WSGIRequestHandler):  # type: ignore[misc,name-defined]
    protocol_version = "HTTP/1.1"  # keeps connections, and sends what has no length in chunks

    def log(self, *_: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[str]:
    """Run httpbin on loopback; gives its URL."""
    server = serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Service:
    """One way to httpbin: its URL, and the application where there is no connection."""

    url: str
    app: Any = None

    def connect(self, definition: restpath.Definition = DEFINITION, **more: Any) -> restpath.Client:
        return restpath.connect(definition, more.pop("url", self.url), app=self.app, **{"retries": 0, **more})


@pytest.fixture(scope="module")
def loopback() -> Iterator[Service]:
    with running() as url:
        yield Service(url)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Another origin."""
    with running() as url:
        yield url


@pytest.fixture(scope="module", params=["in process", "loopback"])
def service(request: pytest.FixtureRequest) -> Service:
    if request.param == "loopback":
        found: Service = request.getfixturevalue("loopback")
        return found
    return Service("http://httpbin.example", app)


@pytest.fixture
def client(service: Service) -> Iterator[restpath.Client]:
    with service.connect() as made:
        yield made


@pytest.fixture(scope="module")
def near() -> Iterator[restpath.Client]:
    """A client in this process, for what many examples are tried on."""
    with Service("http://httpbin.example", app).connect() as made:
        yield made


# ---- methods -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "trace"])
def test_each_method_arrives_as_itself(client: restpath.Client, method: str) -> None:
    assert getattr(client.anything, method)()["method"] == method.upper()


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_segments_named_as_methods_are_reached_by_item(service: Service, method: str) -> None:
    client = service.connect()
    assert getattr(client[method], method)()["url"] == f"{service.url}/{method}"


def test_head_gives_the_header_fields(client: restpath.Client) -> None:
    headers = client["get"].head()
    assert headers["content-type"] == "application/json"
    assert int(headers["Content-Length"]) > 0


def test_options_tells_what_is_allowed(client: restpath.Client) -> None:
    reply = client["get"].options.reply()
    assert reply.content is None
    assert {"GET", "HEAD", "OPTIONS"} <= {word.strip() for word in reply.headers["Allow"].split(",")}


def test_delete_has_a_body_only_where_one_is_given(client: restpath.Client) -> None:
    assert client["delete"].delete()["data"] == ""
    assert client["delete"].delete(reason="old")["json"] == {"reason": "old"}
    assert client["delete"].delete(data=None)["data"] == "null"


# ---- query and path ----------------------------------------------------------------------------------------------


def test_named_fields_are_the_query_of_a_get(client: restpath.Client) -> None:
    found = client["get"].get(a="1 2&é+", b=[1, "2"], c=None, d=True, from_="x", qs={"timeout": 5})["args"]
    assert found == {"a": "1 2&é+", "b": ["1", "2"], "d": "true", "from": "x", "timeout": "5"}


def test_lists_are_written_as_the_definition_says(client: restpath.Client) -> None:
    assert client.anything.commas.get(x=[1, 2])["args"] == {"x": "1,2"}
    assert client.anything.brackets.get(x=[1, 2])["args"] == {"x[]": ["1", "2"]}


def test_a_query_given_as_text_is_sent_as_it_stands(client: restpath.Client) -> None:
    assert client["get"].get(qs="b=2&a=%31&b=3")["args"] == {"a": "1", "b": ["2", "3"]}
    assert client["get"].get.reply(qs="b=2&a=%31").url.endswith("/get?b=2&a=%31")


texts = st.text(max_size=12)
names = st.text(min_size=1, max_size=8)


def echoed(values: dict[str, list[str]]) -> dict[str, Any]:
    """What httpbin makes of fields: one value as text, several as a list."""
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


@settings(max_examples=60)
@given(query=st.dictionaries(names, st.lists(texts, min_size=1, max_size=3), max_size=4))
def test_any_query_arrives(near: restpath.Client, query: dict[str, list[str]]) -> None:
    assert near["get"].get(qs=query)["args"] == echoed(query)


@settings(max_examples=60)
@given(form=st.dictionaries(names, st.lists(texts, min_size=1, max_size=3), min_size=1, max_size=4))
def test_any_form_arrives(near: restpath.Client, form: dict[str, list[str]]) -> None:
    assert near.anything.form.post(data=form)["form"] == echoed(form)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(value=st.lists(json_values, max_size=3) | st.dictionaries(texts, json_values, max_size=3))
def test_any_json_arrives(near: restpath.Client, value: Any) -> None:
    assert near["post"].post(value)["json"] == value


@pytest.mark.parametrize("value", ["a b", "é", "a?b=c", "a#b", "50% of", "a+b", "a;b,c:d@e", "日本", "~_-."])
def test_a_path_value_arrives(client: restpath.Client, value: str) -> None:
    echo = client.anything[value].get(x=1)
    assert unquote(echo["url"]).endswith(f"/anything/{value}?x=1")
    assert echo["args"] == {"x": "1"}


def test_a_literal_sibling_wins_and_a_mapping_reaches_the_variable(client: restpath.Client) -> None:
    assert client.anything["form"].post(a=1)["form"] == {"a": "1"}
    assert client.anything[{"name": "form"}].post(a=1)["json"] == {"a": 1}


# ---- bodies ------------------------------------------------------------------------------------------------------


def test_fields_are_json(client: restpath.Client) -> None:
    echo = client["post"].post(a=1, b={"c": [True, None, "é"]}, **{"d.e": 2.5})
    assert echo["json"] == {"a": 1, "b": {"c": [True, None, "é"]}, "d": {"e": 2.5}}
    assert echo["headers"]["Content-Type"] == "application/json"
    assert echo["headers"]["Content-Length"] == str(len(echo["data"]))


def test_fields_are_a_form_where_the_definition_says_so(client: restpath.Client) -> None:
    echo = client.anything.form.post(a="1 2", b="é&=+%", c=[1, 2], d=True)
    assert echo["form"] == {"a": "1 2", "b": "é&=+%", "c": ["1", "2"], "d": "true"}
    assert echo["headers"]["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_mapping_is_a_form_under_a_forms_content_type(client: restpath.Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client["post"].post({"a": "ü"}, headers=headers)["form"] == {"a": "ü"}


def test_fields_are_parts_where_the_definition_says_so(client: restpath.Client) -> None:
    echo = client.anything.multipart.post(a="1 2", b="é&=+\r\nc")
    assert echo["form"] == {"a": "1 2", "b": "é&=+\r\nc"}
    assert echo["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")


def test_a_file_goes_up_beside_fields(client: restpath.Client, tmp_path: Path) -> None:
    (tmp_path / "é 1.png").write_bytes(PNG)
    echo = client["post"].post(upload_file=tmp_path / "é 1.png", title="Größe")
    assert echo["files"] == {"file": "data:image/png;base64," + base64.b64encode(PNG).decode()}
    assert echo["form"] == {"title": "Größe"}


def test_a_file_goes_up_beside_json_where_the_definition_says_so(client: restpath.Client) -> None:
    echo = client.anything.beside.post(upload_file=("a.png", PNG), title="Größe", size={"w": 1})
    assert list(echo["files"]) == ["picture"]
    assert json.loads(echo["form"]["about"]) == {"title": "Größe", "size": {"w": 1}}


def test_several_files_go_up(client: restpath.Client) -> None:
    with io.BytesIO(b"first") as first:
        echo = client["post"].post(upload_file_a=first, upload_file_b=("b", b"second"), upload_file=[("c", b"third")])
    assert echo["files"] == {"a": "first", "b": "second", "file": "third"}


def test_bytes_text_and_files_go_as_they_are(client: restpath.Client, tmp_path: Path) -> None:
    assert client["post"].post(b"\x00\xff")["data"] == "data:application/octet-stream;base64,AP8="
    text = client["post"].post("Größe")
    assert (text["data"], text["headers"]["Content-Type"]) == ("Größe", "text/plain; charset=utf-8")
    (tmp_path / "a.txt").write_bytes(b"from a file")
    with (tmp_path / "a.txt").open("rb") as file:
        assert client["post"].post(file)["data"] == "from a file"


def test_a_content_type_of_the_callers_own_wins(client: restpath.Client) -> None:
    echo = client["post"].post({"a": 1}, headers={"content-type": "application/vnd.x+json"})
    assert (echo["json"], echo["headers"]["Content-Type"]) == ({"a": 1}, "application/vnd.x+json")


def test_a_file_of_unknown_length_goes_in_chunks_which_httpbin_does_not_take(loopback: Service) -> None:
    class Pipe(io.RawIOBase):
        pieces = [b"one", b"two"]

        def readable(self) -> bool:
            return True

        def read(self, _: int = -1) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    with pytest.raises(restpath.ServerError, match="Chunked requests are not supported") as caught:
        loopback.connect()["post"].post(Pipe())
    assert caught.value.status == 501


# ---- status codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, restpath.BadRequest), (401, restpath.Unauthorized), (402, restpath.RequestError),
        (403, restpath.Forbidden), (404, restpath.NotFound), (406, restpath.RequestError), (409, restpath.Conflict),
        (418, restpath.RequestError), (422, restpath.RequestError), (429, restpath.TooManyRequests),
        (500, restpath.ServerError), (502, restpath.ServerError), (503, restpath.ServerError),
        (599, restpath.ServerError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head"])
def test_each_status_is_its_error(
    client: restpath.Client, method: str, status: int, error: type[restpath.RequestError]
) -> None:
    with pytest.raises(error) as caught:
        getattr(client.status[status], method)()
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.code) == (status, status)
    assert str(caught.value).startswith(f"{method.upper()} ")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
def test_success_without_content_is_none(client: restpath.Client, status: int) -> None:
    assert client.status[status].get() is None
    assert client.status[status].post.reply().status == status


def test_an_error_without_media_type_is_read_as_text(client: restpath.Client) -> None:
    with pytest.raises(restpath.RequestError) as caught:
        client.status[418].get()
    assert "-=[ teapot ]=-" in caught.value.content
    assert caught.value.message.startswith("-=[ teapot ]=-")
    assert caught.value.headers["x-more-info"].startswith("http")


def test_not_modified_is_a_reply(client: restpath.Client) -> None:
    reply = client.etag["abc"].get.reply(headers={"If-None-Match": "abc"})
    assert (reply.status, reply.content, reply.headers["ETag"]) == (304, None, "abc")
    with pytest.raises(restpath.RequestError) as caught:
        client.etag["abc"].get(headers={"If-Match": "other"})
    assert caught.value.status == 412


# ---- redirects ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["redirect", "relative-redirect", "absolute-redirect"])
def test_get_follows_relative_and_absolute_redirects(client: restpath.Client, service: Service, way: str) -> None:
    reply = client[way][3].get.reply()
    assert reply.url == reply.content["url"] == f"{service.url}/get"
    assert reply.call.method == "GET"


def test_head_follows_redirects(client: restpath.Client) -> None:
    assert client.redirect[2].head()["Content-Type"] == "application/json"


def test_as_many_redirects_are_followed_as_are_allowed(client: restpath.Client, tmp_path: Path) -> None:
    get = client.redirect[3].get
    assert get.options(redirects=3)()["args"] == {}
    for limit in (2, 1, False):
        with pytest.raises(restpath.RequestError, match=r"redirects to /.*not followed") as caught:
            get.options(redirects=limit)()
        assert caught.value.status == 302
        with pytest.raises(restpath.RequestError, match=r"redirects to /.*not followed"):
            get.options(redirects=limit).save(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_query_of_a_redirect_is_kept(client: restpath.Client) -> None:
    assert client.redirect_to.get(url="/get?a=b%20c&é=1", status_code=303)["args"] == {"a": "b c", "é": "1"}


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_redirect_that_keeps_the_method_keeps_the_body(client: restpath.Client, method: str, status: int) -> None:
    call = getattr(client.redirect_to, method)
    echo = call({"a": [1]}, qs={"url": f"/{method}?x=1", "status_code": status})
    assert (echo["json"], echo["args"]) == ({"a": [1]}, {"x": "1"})


def test_an_upload_is_sent_again_where_a_redirect_asks_for_it(client: restpath.Client) -> None:
    with io.BytesIO(b"content") as file:
        echo = client.redirect_to.post(upload_file=file, qs={"url": "/post", "status_code": 307})
    assert echo["files"] == {"file": "content"}


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_is_never_turned_into_a_get(client: restpath.Client, method: str, status: int) -> None:
    words = "was carried out, most likely" if status == 303 else "would become another call"
    with pytest.raises(restpath.RequestError, match=f"{method.upper()} {words}") as caught:
        getattr(client.redirect_to, method)({"a": 1}, qs={"url": "/get", "status_code": status})
    assert caught.value.status == status
    assert caught.value.headers["Location"] == "/get"


def test_no_credential_crosses_to_another_origin(loopback: Service, elsewhere: str) -> None:
    digest = HTTPDigestAuth("ann", "secret")
    session = requests.Session()
    session.headers["X-Session-Key"] = "secret"
    clients = [
        loopback.connect(auth=("ann", "secret")),
        loopback.connect(url=loopback.url.replace("//", "//ann:secret@")),
        loopback.connect(auth=digest),
        loopback.connect(WITH_TOKEN, token="secret"),
        loopback.connect(session=session),
    ]
    for client in clients:
        headers = {"X-Api-Key": "secret", "Cookie": "key=secret"}
        echo = client.redirect_to.get(url=f"{elsewhere}/headers", headers=headers)["headers"]
        assert echo["Host"] == elsewhere.removeprefix("http://")
        assert "secret" not in json.dumps(echo)
        assert not {"Authorization", "Cookie", "X-Api-Key", "X-Session-Key"} & set(echo)
        stays = client.redirect_to.get(url="/headers", headers=headers)["headers"]
        assert stays["X-Api-Key"] == "secret"


def test_credentials_stay_on_a_redirect_within_the_origin(service: Service) -> None:
    client = service.connect(WITH_TOKEN, token="mine")
    assert client.redirect_to.get(url="/bearer")["token"] == "mine"
    assert client.redirect_to.get(url=f"{service.url}/bearer")["token"] == "mine"


def test_a_body_does_not_cross_to_another_origin(loopback: Service, elsewhere: str) -> None:
    with pytest.raises(restpath.RequestError) as caught:
        loopback.connect().redirect_to.post({"a": 1}, qs={"url": f"{elsewhere}/post", "status_code": 307})
    assert caught.value.status == 307


@pytest.mark.parametrize("target", ["ftp://files.example/", "file:///etc/passwd", "mailto:ann@example.com"])
def test_a_redirect_to_what_is_no_web_address_is_not_followed(client: restpath.Client, target: str) -> None:
    with pytest.raises(restpath.RequestError, match="which was not followed"):
        client.redirect_to.get(url=target)


# ---- content and its encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("way", "said"), [("gzip", "gzipped"), ("deflate", "deflated")])
def test_compressed_answers_are_decompressed(client: restpath.Client, tmp_path: Path, way: str, said: str) -> None:
    reply = client[way].get.reply()
    assert reply.headers["Content-Encoding"] == way
    assert reply.content[said] is True
    client[way].get.save(tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_bytes())[said] is True


def test_brotli_is_asked_for_only_where_it_can_be_read(client: restpath.Client) -> None:
    if "br" not in client.headers.get()["headers"]["Accept-Encoding"]:
        pytest.skip("needs a reader of Brotli: python -m pip install brotlicffi")
    assert client.brotli.get()["brotli"] is True


def test_text_comes_as_text(client: restpath.Client) -> None:
    assert "∮ E⋅da = Q" in client.encoding.utf8.get()
    assert client.html.get().startswith("<!DOCTYPE html>")
    assert client.xml.get().startswith("<?xml")
    assert "Disallow: /deny" in client["robots.txt"].get()
    assert "YOU SHOULDN'T BE HERE" in client.deny.get()


def test_json_comes_parsed_and_pictures_as_bytes(client: restpath.Client) -> None:
    assert client.json.get()["slideshow"]["author"] == "Yours Truly"
    assert client.image["png"].get().startswith(b"\x89PNG\r\n")
    assert client.image["svg"].get().startswith("<svg ")


def test_lines_of_json_are_not_json(client: restpath.Client) -> None:
    reply = client.stream[3].get.reply()
    assert [json.loads(line)["id"] for line in reply.body.splitlines()] == [0, 1, 2]
    with pytest.raises(restpath.BadReply, match="answered 200 with application/json that is not"):
        client.stream[3].get()


# ---- streams and files -------------------------------------------------------------------------------------------


def test_the_same_bytes_come_whole_and_in_chunks(client: restpath.Client, near: restpath.Client) -> None:
    whole = client.bytes[50_000].get(seed=7)
    assert len(whole) == 50_000
    assert client.stream_bytes[50_000].get(seed=7, chunk_size=777) == near.stream_bytes[50_000].get(seed=7)


def test_save_streams_to_a_path_and_to_an_open_file(client: restpath.Client, tmp_path: Path) -> None:
    expected = hashlib.sha256(client.stream_bytes[100_000].get(seed=3)).digest()
    reply = client.stream_bytes[100_000].get.save(tmp_path / "a.bin", seed=3, chunk_size=10_000)
    target = io.BytesIO()
    client.stream_bytes[100_000].get.save(target, seed=3)
    assert (reply.status, reply.body) == (200, b"")
    assert hashlib.sha256((tmp_path / "a.bin").read_bytes()).digest() == expected
    assert hashlib.sha256(target.getvalue()).digest() == expected
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_save_of_an_error_writes_nothing(client: restpath.Client, tmp_path: Path) -> None:
    (tmp_path / "old.bin").write_bytes(b"old")
    with pytest.raises(restpath.ServerError) as caught:
        client.drip.get.save(tmp_path / "old.bin", duration=0, delay=0, numbytes=5, code=500)
    assert caught.value.content == b"*****"
    assert (tmp_path / "old.bin").read_bytes() == b"old"


def test_an_answer_that_drips_comes_whole(client: restpath.Client) -> None:
    assert client.drip.get(duration=0.02, delay=0, numbytes=4) == b"****"


def test_a_part_can_be_asked_for(client: restpath.Client) -> None:
    reply = client.range[26].get.reply(headers={"Range": "bytes=3-6"})
    assert (reply.status, reply.content) == (206, b"defg")
    with pytest.raises(restpath.RequestError) as caught:
        client.range[26].get(headers={"Range": "bytes=300-600"})
    assert caught.value.status == 416


# ---- credentials -------------------------------------------------------------------------------------------------


class Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@pytest.mark.parametrize("auth", [("ann", "p w:%"), requests.auth.HTTPBasicAuth("ann", "p w:%")])
def test_basic_authentication(service: Service, auth: Any) -> None:
    path = service.connect(auth=auth).basic_auth["ann"]["p w:%"]
    assert path.get() == {"authenticated": True, "user": "ann"}


def test_basic_authentication_beyond_latin_1_is_given_as_bytes(service: Service) -> None:
    auth = ("änn".encode(), "pässwörd€".encode())
    assert service.connect(auth=auth).basic_auth["änn"]["pässwörd€"].get()["user"] == "änn"


def test_basic_authentication_from_the_url(service: Service) -> None:
    client = service.connect(url=service.url.replace("//", "//ann:p%20w@"))
    assert client.basic_auth["ann"]["p w"].get()["authenticated"] is True
    assert "p%20w@" not in restpath.url(client.basic_auth["ann"]["p w"])


def test_wrong_and_missing_credentials_are_unauthorized(service: Service) -> None:
    for client in (service.connect(), service.connect(auth=("ann", "wrong"))):
        with pytest.raises(restpath.Unauthorized) as caught:
            client.basic_auth["ann"]["right"].get()
        assert caught.value.headers["WWW-Authenticate"] == 'Basic realm="Fake Realm"'
        with pytest.raises(restpath.NotFound):
            client.hidden_basic_auth["ann"]["right"].get()


def test_a_users_own_session_authenticates(service: Service) -> None:
    session = requests.Session()
    session.auth = ("ann", "pw")
    assert service.connect(session=session).hidden_basic_auth["ann"]["pw"].get()["authenticated"] is True


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
def test_digest_authentication(service: Service, algorithm: str) -> None:
    client = service.connect(auth=HTTPDigestAuth("ann", "pw"))
    path = client.digest_auth["auth"]["ann"]["pw"][algorithm]
    assert path.get() == {"authenticated": True, "user": "ann"}
    assert path.get()["authenticated"] is True


def test_a_wrong_digest_is_unauthorized(service: Service) -> None:
    client = service.connect(auth=HTTPDigestAuth("ann", "wrong"))
    with pytest.raises(restpath.Unauthorized):
        client.digest_auth["auth"]["ann"]["pw"]["MD5"].get()


def test_auth_of_a_single_operation_is_left_behind_with_it(service: Service) -> None:
    client = service.connect()
    assert client.bearer.get.options(auth=Bearer("one"))()["token"] == "one"
    with pytest.raises(restpath.Unauthorized):
        client.bearer.get()
    assert service.connect(auth=Bearer("two")).bearer.get()["token"] == "two"


def test_the_nearest_credentials_win(service: Service) -> None:
    client = service.connect(WITH_TOKEN, token="given", auth=("ann", "pw"))
    assert client.bearer.get()["token"] == "given"
    assert client.bearer.get(headers={"Authorization": "Bearer nearer"})["token"] == "nearer"
    with pytest.raises(restpath.AuthError, match="needs credentials: token"):
        service.connect(WITH_TOKEN).bearer.get()


# ---- cookies and header fields -----------------------------------------------------------------------------------


def test_a_client_keeps_its_cookies_to_itself(service: Service) -> None:
    one, other = service.connect(), service.connect()
    assert one.cookies.set.get(flavour="plain", b="2") == {"cookies": {"flavour": "plain", "b": "2"}}
    assert one.cookies.get() == {"cookies": {"flavour": "plain", "b": "2"}}
    assert other.cookies.get() == {"cookies": {}}
    assert one.cookies["delete"].get(qs={"b": ""}) == {"cookies": {"flavour": "plain"}}


def test_a_sessions_own_cookies_are_sent(service: Service) -> None:
    session = requests.Session()
    session.cookies.set("mine", "1")
    client = service.connect(session=session)
    assert client.cookies.get() == {"cookies": {"mine": "1"}}
    client.cookies.set.get(theirs="2")
    assert session.cookies["theirs"] == "2"


def test_header_fields_of_a_call_are_of_that_call_alone(client: restpath.Client) -> None:
    echo = client.headers.get(headers={"X-Mine": "Größe", "accept": "text/x"})["headers"]
    assert (echo["X-Mine"], echo["Accept"]) == ("Größe", "text/x")
    after = client.headers.get()["headers"]
    assert "X-Mine" not in after
    assert after["Accept"] == "*/*"
    assert after["User-Agent"].startswith("restpath/")


def test_a_sessions_header_field_is_left_out_by_none(service: Service) -> None:
    session = requests.Session()
    session.headers["X-Always"] = "1"
    client = service.connect(session=session)
    assert client.headers.get()["headers"]["X-Always"] == "1"
    assert "X-Always" not in client.headers.get(headers={"x-always": None})["headers"]


@pytest.mark.parametrize("headers", [{"X-A": "€"}, {"X-A": "a\r\nX-B: c"}, {"X-É": "a"}, {"X A": "a"}, {"": "a"}])
def test_header_fields_that_cannot_be_are_refused(client: restpath.Client, headers: dict[str, str]) -> None:
    with pytest.raises(restpath.InvalidValue):
        client.headers.get(headers=headers)


def test_repeated_header_fields_of_an_answer_are_all_there(client: restpath.Client) -> None:
    headers = client.response_headers.get.reply(qs=[("X-A", "1"), ("x-a", "2"), ("X-B", "é")]).headers
    assert headers.get_all("x-a") == ["1", "2"]
    assert (headers["X-A"], headers["x-b"]) == ("1, 2", "é")


# ---- time, threads, and the two ways -----------------------------------------------------------------------------


def test_a_service_that_is_too_slow_is_a_timeout(loopback: Service) -> None:
    for call in (loopback.connect().delay[1].get, loopback.connect().delay[1].post):
        with pytest.raises(restpath.Timeout) as caught:
            call(timeout=0.05)
        assert caught.value.may_have_happened
        assert caught.value.call is not None
        assert caught.value.call.url == f"{loopback.url}/delay/1"


def test_a_short_delay_is_waited_for(client: restpath.Client) -> None:
    assert client.delay["0.01"].get()["url"].endswith("/delay/0.01")


def test_a_connection_that_breaks_is_told_from_one_that_was_never_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = restpath.connect(DEFINITION, f"http://127.0.0.1:{port}", retries=0)
        breaking = threading.Thread(target=lambda: listener.accept()[0].close())
        breaking.start()
        with pytest.raises(restpath.TransportError) as broken:
            client["get"].get()
        breaking.join()
    with pytest.raises(restpath.ConnectionFailed) as refused:
        client["get"].get()
    assert (broken.value.may_have_happened, refused.value.may_have_happened) == (True, False)


def test_one_client_serves_many_threads(client: restpath.Client) -> None:
    def ask(number: int) -> Any:
        return client.anything[number].post(n=number, headers={"X-N": str(number)})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(32)))
    assert [(answer["json"]["n"], answer["headers"]["X-N"]) for answer in answers] == [
        (number, str(number)) for number in range(32)
    ]


def test_both_ways_send_the_same(loopback: Service, near: restpath.Client) -> None:
    far = loopback.connect()
    for ask in (
        lambda client: client.anything["a b"].get(x=[1, "é"]),
        lambda client: client.anything["x"].post(a={"b": 1}),
        lambda client: client.anything["x"].put(b"\x00\xff"),
        lambda client: client.anything["x"].delete(),
        lambda client: client.anything.form.post(a="é"),
    ):
        one, other = ask(near), ask(far)
        for echo in (one, other):
            assert echo["headers"].pop("Host") in echo.pop("url")
            echo["headers"].pop("Cookie", None)
        assert one == other


def test_a_service_without_definition_is_asked_the_same_way(service: Service) -> None:
    client = restpath.connect(service.url, app=service.app, retries=0)
    assert client.anything["a b"].deeper.post(a=1)["json"] == {"a": 1}
    assert client["get"].get(a=1)["args"] == {"a": "1"}
    with pytest.raises(restpath.NotFound):
        client.no_such_thing.get()
