"""Multipart bodies: what is written, what is refused, and what arrives at a server of the test's own."""

from __future__ import annotations

import email
import email.policy
import io
import os
import pickle
import socket
import subprocess
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from werkzeug.formparser import parse_form_data
from werkzeug.test import EnvironBuilder

from restpath.errors import InvalidValue
from restpath.multipart import (
    BLOCK_BYTES,
    Part,
    StreamedBody,
    encode_headers,
    field_part,
    file_part,
    open_body,
    open_multipart,
)
from restpath.sources import FileSource, OpenSource, file_source

MEBIBYTE = 1 << 20
texts = st.text(st.characters(exclude_categories=["Cs"]))
contents = st.one_of(
    st.binary(max_size=400), st.sampled_from([b"", b"\r\n", b"--", b"\r\n--", b'"\\', b"\r\n--b\r\n", "💥é".encode()])
)


def upload(name: str, value: object) -> Part:
    return file_part(name, file_source(value, field=name))


def written(*parts: Part, boundary: str | None = None) -> tuple[str, bytes]:
    with open_multipart(parts, boundary) as body:
        return body.content_type, b"".join(body)


def parsed(content_type: str, content: bytes) -> list[tuple[str, str | None, str | None, bytes]]:
    """Read a form with werkzeug: name, file name, media type and content of each part, fields first."""
    environ = EnvironBuilder(method="POST", input_stream=io.BytesIO(content), content_type=content_type).get_environ()
    environ["CONTENT_LENGTH"] = str(len(content))
    _, fields, files = parse_form_data(environ, silent=False)
    found: list[tuple[str, str | None, str | None, bytes]]
    found = [(name, None, None, text.encode()) for name, text in fields.items(multi=True)]
    for name, file in files.items(multi=True):
        found.append((name, file.filename, file.content_type, file.read()))
        file.close()
    return found


def by_hand(content_type: str, content: bytes) -> list[tuple[bytes, bytes]]:
    """Split a form as RFC 2046 section 5.1.1 says: the header block and the content of each part."""
    delimiter = b"\r\n--" + content_type.split("boundary=")[1].encode()
    first, *pieces, last = (b"\r\n" + content).split(delimiter)
    assert (first, last) == (b"", b"--\r\n")
    assert all(piece.startswith(b"\r\n") for piece in pieces)
    return [(head, body) for head, _, body in (piece[2:].partition(b"\r\n\r\n") for piece in pieces)]


def browser_spelling(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class Stream(io.RawIOBase):
    """A stream of unknown length, which also gives little at a time."""

    def __init__(self, content: bytes) -> None:
        self.inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        return self.inner.readinto(memoryview(target)[:5000])


# ---- parts


def test_equal_parts_are_equal_and_survive_a_pickle() -> None:
    one = (field_part("a", "é", "text/plain"), upload("f", ("n", b"x")))
    other = (field_part("a", "é".encode(), "text/plain"), upload("f", ("n", b"x")))
    assert one == other == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(other)
    assert field_part("a", "x") != field_part("a", "x", "text/plain") != upload("a", ("n", b"x"))


def test_a_repr_shows_no_content() -> None:
    shown = repr([field_part("pin", "hunter2"), upload("f", ("n", b"hunter2"))])
    assert "hunter2" not in shown
    assert "Part('pin', 7 bytes" in shown


def test_a_file_without_a_name_is_called_as_its_field() -> None:
    assert upload("photo", io.BytesIO(b"x")).filename == "photo"
    assert upload("photo", ("", b"x")).filename == ""


# ---- what is written


def test_the_form_of_the_rfc_is_written_to_the_byte() -> None:
    content_type, content = written(
        field_part("caption", "Zoë"),
        field_part("meta", '{"a": 1}', "application/json"),
        upload("photo", ("zoë.png", b"\x89PNG")),
        boundary="b-1",
    )
    assert content_type == "multipart/form-data; boundary=b-1"
    head = (
        '--b-1\r\nContent-Disposition: form-data; name="caption"\r\n\r\nZoë\r\n'
        '--b-1\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"a": 1}\r\n'
        '--b-1\r\nContent-Disposition: form-data; name="photo"; filename="zoë.png"\r\nContent-Type: image/png\r\n'
    )
    assert content == head.encode() + b"\r\n\x89PNG\r\n--b-1--\r\n"


def test_no_parts_are_an_empty_form() -> None:
    assert written(boundary="b")[1] == b"--b--\r\n"


@given(texts, texts)
def test_names_are_spelled_as_browsers_do(name: str, filename: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written_headers = encode_headers(Part(name, b"", filename, "text/plain"))
    shown, file_shown = browser_spelling(name), browser_spelling(filename)
    assert written_headers.decode() == (
        f'Content-Disposition: form-data; name="{shown}"; filename="{file_shown}"\r\nContent-Type: text/plain\r\n\r\n'
    )


@given(st.lists(st.tuples(texts, texts | contents, st.none() | texts)))
def test_every_content_arrives_to_the_byte_under_any_names(listed: list[tuple[str, str | bytes, str | None]]) -> None:
    parts, expected = [], []
    for name, value, filename in listed:
        content = value if isinstance(value, bytes) else value.encode()
        source: FileSource | bytes = content if filename is None else FileSource(content)
        parts.append(Part(name, source, filename, "x/y"))
        expected.append((encode_headers(parts[-1])[:-4], content))
    with open_multipart(parts) as body:
        content = b"".join(body)
        assert body.length == len(content)
        assert by_hand(body.content_type, content) == expected


# Werkzeug takes %22 for a quote and a doubled backslash for one, which browsers do not write: these it cannot tell.
readable_names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='\\%"'), min_size=1)


@given(st.lists(st.tuples(readable_names, contents)), st.lists(st.tuples(readable_names, readable_names, contents)))
def test_werkzeug_reads_what_was_written(fields: list[tuple[str, bytes]], files: list[tuple[str, str, bytes]]) -> None:
    fields = [(name, value) for name, value in fields if value.decode(errors="replace").encode() == value]
    parts = [field_part(name, value) for name, value in fields]
    parts += [upload(name, (filename, value, "x/y")) for name, filename, value in files]
    found = parsed(*written(*parts))
    expected = [(name, None, None, value) for name, value in fields]
    assert sorted(found, key=repr) == sorted(expected + [(n, f, "x/y", v) for n, f, v in files], key=repr)


def test_quotes_in_names_are_read_back_by_werkzeug() -> None:
    assert parsed(*written(upload('a "b"', ('say "hi".txt', b"x")))) == [
        ('a "b"', 'say "hi".txt', "text/plain", b"x"),
    ]


def test_the_standard_library_reads_what_was_written() -> None:
    content_type, content = written(field_part("a", "1"), upload("f", ("n.bin", b"\0\r\n\xff")), field_part("a", "2"))
    message = email.message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content, policy=email.policy.HTTP
    )
    assert not message.defects
    found = [(part.get_param("name", header="content-disposition"), part.get_filename()) for part in message.walk()][1:]
    assert found == [("a", None), ("f", "n.bin"), ("a", None)]
    assert [part.get_payload(decode=True) for part in message.walk()][1:] == [b"1", b"\0\r\n\xff", b"2"]


def test_several_files_may_stand_in_one_field_in_their_order() -> None:
    found = parsed(*written(*(upload("photos", (f"{number}.txt", b"%d" % number)) for number in range(5))))
    assert found == [("photos", f"{number}.txt", "text/plain", b"%d" % number) for number in range(5)]


def test_json_may_stand_beside_a_file() -> None:
    parts = field_part("object", '{"content": "Hi \\"é\\""}', "application/json"), upload("file", ("a.png", b"\x89"))
    assert parsed(*written(*parts)) == [
        ("object", None, None, '{"content": "Hi \\"é\\""}'.encode()),
        ("file", "a.png", "image/png", b"\x89"),
    ]


def test_one_open_file_may_stand_in_two_parts() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    assert [found[3] for found in parsed(*written(upload("a", file), upload("b", file)))] == [b"456789"] * 2


def test_one_stream_may_not_stand_in_two_parts() -> None:
    stream = Stream(b"x")
    with pytest.raises(InvalidValue, match="'b' stands in two parts"):
        open_multipart([upload("a", stream), upload("b", stream)])


@pytest.mark.parametrize(
    "part",
    [
        Part("a\ud800", b""),
        Part("a", b"", "b\ud800"),
        Part("a", b"", None, "text/plain\r\nX-Injected: 1"),
        Part("a", b"", None, ""),
    ],
    ids=ascii,
)
def test_what_no_header_can_say_is_refused(part: Part) -> None:
    with pytest.raises(InvalidValue):
        open_multipart([part])


def test_text_and_types_that_cannot_be_sent_are_refused_when_the_part_is_made() -> None:
    with pytest.raises(InvalidValue, match="'a' cannot be written as UTF-8"):
        field_part("a", "\ud800")
    with pytest.raises(InvalidValue, match="media type"):
        field_part("a", "x", "text/plain\n")


# ---- the boundary


def test_a_boundary_is_random() -> None:
    assert written()[0] != written()[0]


def test_a_boundary_that_a_field_holds_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(["taken", "free"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(tokens))
    content_type, content = written(field_part("a", "\r\n--taken--\r\n"))
    assert content_type == "multipart/form-data; boundary=free"
    assert parsed(content_type, content) == [("a", None, None, b"\r\n--taken--\r\n")]


@pytest.mark.parametrize("boundary", ["", "a b", "é", "a\r\nb", "x" * 71, "a;b", 'a"b', "held"])
def test_a_boundary_that_would_not_do_is_refused(boundary: str) -> None:
    with pytest.raises(InvalidValue, match="boundary"):
        open_multipart([field_part("a", "with held inside")], boundary)


# ---- opening, rewinding, closing


def test_if_one_file_cannot_be_opened_those_before_it_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    opened: list[OpenSource] = []
    kept = FileSource.open

    def spy(source: FileSource) -> OpenSource:
        opened.append(kept(source))
        return opened[-1]

    monkeypatch.setattr(FileSource, "open", spy)
    with pytest.raises(InvalidValue, match="No such file") as caught:
        open_multipart([upload("a", tmp_path / "a"), upload("b", tmp_path / "b")])
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(InvalidValue, match="closed"):
        opened[0].read(1)


def test_closing_a_body_leaves_the_callers_files_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    file = io.BytesIO(b"y")
    body = open_multipart([upload("a", tmp_path / "a"), upload("b", file)])
    body.close()
    body.close()
    assert not file.closed
    with pytest.raises(InvalidValue, match="closed"):
        iter(body)


@given(st.lists(contents, max_size=4), st.integers(0, 20))
def test_every_iteration_gives_the_same_bytes_however_far_the_last_one_came(given: list[bytes], position: int) -> None:
    files = [io.BytesIO(content) for content in given]
    for file in files:
        file.seek(position)
    with open_multipart([upload("f", file) for file in files]) as body:
        assert body.rewindable
        next(iter(body))
        first = b"".join(body)
        body.rewind()
        assert first == b"".join(body)
        assert [content for _, content in by_hand(body.content_type, first)] == [part[position:] for part in given]


def test_a_body_with_a_stream_has_no_length_and_goes_out_once() -> None:
    with open_multipart([upload("f", Stream(b"0123456789")), field_part("a", "1")]) as body:
        assert (body.length, body.rewindable) == (None, False)
        assert by_hand(body.content_type, b"".join(body))[0][1] == b"0123456789"
        with pytest.raises(InvalidValue, match="cannot be rewound"):
            iter(body)


def test_a_file_that_shrinks_breaks_the_body_off(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0" * 100)
    with open_multipart([upload("a", tmp_path / "a")]) as body:
        os.truncate(tmp_path / "a", 50)
        with pytest.raises(InvalidValue, match="cut short"):
            list(body)


def test_a_small_form_is_one_block_and_a_big_one_is_big_blocks(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0" * (5 * MEBIBYTE + 3))
    small = [upload("f", (f"{number}", b"x" * 100)) for number in range(200)]
    with open_multipart(small) as body:
        assert len(list(body)) == 1
    with open_multipart([*small, upload("a", tmp_path / "a"), upload("b", Stream(b"1" * 2 * MEBIBYTE))]) as body:
        sizes = [len(block) for block in body]
    assert all(BLOCK_BYTES <= size <= 2 * BLOCK_BYTES for size in sizes[:-1])


def test_a_file_alone_is_a_body_with_its_own_type(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"0123456789")
    source = file_source(tmp_path / "a.png", field="data")
    with open_body(source) as body:
        assert (body.content_type, body.length, body.rewindable) == ("image/png", 10, True)
        assert b"".join(body) == b"".join(body) == b"0123456789"
    with open_body(source, "x/y") as body:
        assert body.content_type == "x/y"


# ---- over a connection


@dataclass
class Arrived:
    """A request as the server of the test saw it."""

    headers: dict[str, str]
    content: bytes
    chunks: list[int] = field(default_factory=list)


class Server:
    """Takes requests one by one on loopback and keeps them; the answers are given beforehand, else 200."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/"
        self.arrived: list[Arrived] = []
        self.answers: list[bytes] = []
        self.keep_content = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        if self.thread.is_alive():
            with socket.create_connection(self.listening.getsockname()) as last:
                last.sendall(b"STOP\r\n\r\n")
            self.thread.join(30)
        self.listening.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self.listening.accept()
            with connection, connection.makefile("rb") as stream:
                lines = list(iter(stream.readline, b"\r\n"))
                if lines[0].startswith(b"STOP"):
                    return
                self.arrived.append(self._receive(lines, stream))
                answer = self.answers.pop(0) if self.answers else b"200 OK\r\n"
                with suppress(OSError):  # of a client that broke off
                    connection.sendall(b"HTTP/1.1 " + answer + b"Content-Length: 0\r\nConnection: close\r\n\r\n")

    def _receive(self, lines: list[bytes], stream: BinaryIO) -> Arrived:
        pairs = (line.decode("latin-1").strip().partition(": ") for line in lines[1:])
        headers = {name.lower(): value for name, _, value in pairs}
        if headers.get("transfer-encoding") != "chunked":
            return Arrived(headers, self._take(stream, int(headers["content-length"])))
        chunks, content = [], b""
        while size := int(stream.readline(), 16):
            chunks.append(size)
            content += stream.read(size)
            stream.readline()
        stream.readline()
        return Arrived(headers, content, chunks)

    def _take(self, stream: BinaryIO, left: int) -> bytes:
        if self.keep_content:
            return stream.read(left)
        checksum = 0
        while left and (block := stream.read(min(left, MEBIBYTE))):
            left, checksum = left - len(block), zlib.crc32(block, checksum)
        return b"%d %d" % (left, checksum)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def send(server: Server, body: StreamedBody, **settings: Any) -> requests.Response:
    """Send a body as a transport does: by a `PreparedRequest` made by hand."""
    prepared = requests.Request("POST", server.url, **settings).prepare()
    prepared.headers.pop("Content-Length", None)
    prepared.headers["Content-Type"] = body.content_type
    if body.length is not None:
        prepared.headers["Content-Length"] = str(body.length)
    prepared.body = body  # type: ignore[assignment]
    with requests.Session() as session:
        session.trust_env = False
        return session.send(prepared, timeout=30)


def test_a_form_arrives_to_the_byte_under_its_length(server: Server, tmp_path: Path) -> None:
    content = os.urandom(3 * MEBIBYTE + 17)
    (tmp_path / "big.bin").write_bytes(content)
    with open_multipart([field_part("a", "é"), upload("f", tmp_path / "big.bin"), field_part("b", "")]) as body:
        send(server, body)
        expected = b"".join(body)
    (arrived,) = server.arrived
    assert arrived.headers["content-length"] == str(len(expected))
    assert "transfer-encoding" not in arrived.headers
    assert arrived.content == expected
    assert parsed(arrived.headers["content-type"], arrived.content) == [
        ("a", None, None, "é".encode()),
        ("b", None, None, b""),
        ("f", "big.bin", "application/octet-stream", content),
    ]


def test_a_form_of_unknown_length_arrives_in_big_chunks(server: Server) -> None:
    content = os.urandom(3 * MEBIBYTE + 17)
    with open_multipart([field_part("a", "1"), upload("f", ("s.bin", Stream(content)))]) as body:
        send(server, body)
    (arrived,) = server.arrived
    assert "content-length" not in arrived.headers
    assert all(size >= BLOCK_BYTES for size in arrived.chunks[:-1])
    assert parsed(arrived.headers["content-type"], arrived.content) == [
        ("a", None, None, b"1"),
        ("f", "s.bin", "application/octet-stream", content),
    ]


@pytest.mark.parametrize("content", [b"", b"0123456789"])
@pytest.mark.parametrize("kind", [io.BytesIO, Stream])
def test_a_file_alone_arrives_to_the_byte(server: Server, kind: Any, content: bytes) -> None:
    with open_body(file_source(("a.txt", kind(content)), field="data")) as body:
        send(server, body)
    (arrived,) = server.arrived
    assert (arrived.headers["content-type"], arrived.content) == ("text/plain", content)


def test_a_body_can_be_sent_again_and_is_the_same(server: Server) -> None:
    file = io.BytesIO(os.urandom(MEBIBYTE))
    file.seek(100)
    with open_multipart([upload("f", file)]) as body:
        send(server, body)
        send(server, body)
    first, second = server.arrived
    assert first.content == second.content
    assert len(first.content) > MEBIBYTE - 100


def test_a_digest_login_sends_the_whole_body_again(server: Server) -> None:
    server.answers.append(b'401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n')
    with open_multipart([upload("f", ("n", b"0123456789"))]) as body:
        assert send(server, body, auth=HTTPDigestAuth("ann", "x")).status_code == 200
    first, second = server.arrived
    assert "authorization" in second.headers
    assert first.content == second.content != b""


def test_a_retry_of_an_adapters_own_sends_the_whole_body_again(server: Server) -> None:
    from urllib3.util.retry import Retry

    server.answers.append(b"503 Busy\r\n")
    with open_multipart([upload("f", ("n", b"0123456789"))]) as body, requests.Session() as session:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(max_retries=Retry(1, status_forcelist=[503], allowed_methods=None)))
        prepared = requests.Request("POST", server.url).prepare()
        prepared.headers.update({"Content-Type": body.content_type, "Content-Length": str(body.length)})
        prepared.body = body  # type: ignore[assignment]
        assert session.send(prepared, timeout=30).status_code == 200
    first, second = server.arrived
    assert first.content == second.content != b""


def test_a_file_that_shrinks_while_it_is_sent_never_looks_complete(server: Server) -> None:
    file = io.BytesIO(b"0" * (3 * MEBIBYTE))
    with open_body(file_source(("n", file), field="data")) as body:
        file.truncate(MEBIBYTE)
        with pytest.raises(InvalidValue, match="cut short"):
            send(server, body)
    server.close()
    assert server.arrived[0].headers["content-length"] == str(3 * MEBIBYTE)
    assert len(server.arrived[0].content) == MEBIBYTE


SENDER = """
import sys
import requests
from restpath.multipart import field_part, file_part, open_multipart
from restpath.sources import file_source

def peak():
    # Linux hands the parent's peak on to a child's ru_maxrss; VmHWM is the process's own.
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS

def send(path):
    parts = [field_part("a", "1"), file_part("f", file_source(path, field="f"))]
    with open_multipart(parts, "b") as body, requests.Session() as session:
        session.trust_env = False
        prepared = requests.Request("POST", sys.argv[1]).prepare()
        prepared.headers.update({"Content-Type": body.content_type, "Content-Length": str(body.length)})
        prepared.body = body
        assert session.send(prepared, timeout=60).status_code == 200

send(sys.argv[2])
before = peak()
send(sys.argv[3])
print(peak() - before)
"""


def test_an_upload_of_600_mib_grows_the_process_by_less_than_64_mib(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="this platform does not tell the peak of a process's memory")
    small, big, size = tmp_path / "small", tmp_path / "big", 600 * MEBIBYTE
    small.write_bytes(b"x")
    with big.open("wb") as sparse:
        sparse.truncate(size)
    server.keep_content = False
    command = [sys.executable, "-c", SENDER, server.url, str(small), str(big)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 64 * MEBIBYTE
    frame = written(field_part("a", "1"), upload("f", ("big", b"\0")), boundary="b")[1]
    before, after = frame.split(b"\0")
    checksum = zlib.crc32(before)
    for _ in range(600):
        checksum = zlib.crc32(bytes(MEBIBYTE), checksum)
    assert server.arrived[-1].headers["content-length"] == str(len(frame) - 1 + size)
    assert server.arrived[-1].content == b"0 %d" % zlib.crc32(after, checksum)
