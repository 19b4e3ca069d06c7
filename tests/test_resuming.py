"""A download that broke off goes on where the server can, and two versions are never passed off as one."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.testing import FakeClock, use_clock
from tests.support.scripted import Server as Scripted
from tests.support.scripted import answer

OLD, NEW = b"old " * 50_000, b"NEW!" * 50_000


class Server(ThreadingHTTPServer):
    """Serves a content that breaks off at given places, and may be another one from a given request on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.breaks: list[int] = []
        self.changes_at = 10**9
        self.ranges = True
        self.tag: str | None = '"{}"'
        self.asked: list[str | None] = []
        self.forgets_range = False
        self.part: int | None = None
        self.told_whole = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.asked.append(self.headers.get("Range"))
        changed = len(server.asked) > server.changes_at
        content = NEW if changed else OLD
        tag = None if server.tag is None else server.tag.format("new" if changed else "old")
        start = self._start(tag) if server.ranges else 0
        self.send_response(206 if start else 200)
        if tag is not None:
            self.send_header("ETag", tag)
        if start:
            told = 0 if server.forgets_range else start
            content = content[: None if server.part is None else start + server.part]
            whole = len(OLD) if server.told_whole else "*"
            self.send_header("Content-Range", f"bytes {told}-{len(content) - 1}/{whole}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        self.wfile.write(rest[: server.breaks.pop(0)] if server.breaks else rest)
        self.wfile.flush()
        self.close_connection = True

    def _start(self, tag: str | None) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(asked.group(1)) if asked and self.headers.get("If-Range") == tag else 0

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server) -> Iterator[restpath.Client]:
    with restpath.connect(server.url) as made:
        use_clock(made, FakeClock())
        yield made


def test_a_download_goes_on_where_it_broke_off(server: Server, client: restpath.Client, tmp_path: Path) -> None:
    server.breaks = [70_000, 80_000]
    client.file.get.save(tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == OLD
    first, second, third = server.asked
    assert first is None
    # What came is asked for again only as far as it was not written yet: less than one block.
    assert 0 < int(second[6:-1]) <= 70_000 < int(third[6:-1]) <= 150_000  # type: ignore[index]


def test_content_that_changed_meanwhile_is_fetched_whole(
    server: Server, client: restpath.Client, tmp_path: Path
) -> None:
    server.breaks, server.changes_at = [70_000], 1
    client.file.get.save(tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == NEW


def test_what_broke_off_before_its_first_block_is_asked_for_again(
    server: Server, client: restpath.Client, tmp_path: Path
) -> None:
    server.breaks, server.tag = [0], None
    client.file.get.save(tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == OLD
    assert server.asked == [None, None]


def test_a_server_without_ranges_sends_all_again(server: Server, client: restpath.Client, tmp_path: Path) -> None:
    server.breaks, server.ranges = [70_000], False
    client.file.get.save(tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == OLD


@pytest.mark.parametrize("tag", [None, 'W/"{}"'])
def test_without_a_strong_tag_nothing_is_put_together(
    tag: str | None, server: Server, client: restpath.Client, tmp_path: Path
) -> None:
    server.breaks, server.tag = [70_000], tag
    with pytest.raises(restpath.BadReply):
        client.file.get.save(tmp_path / "it")
    assert list(tmp_path.iterdir()) == []
    assert server.asked == [None]


def test_a_rest_from_another_place_is_not_put_behind(server: Server, client: restpath.Client, tmp_path: Path) -> None:
    server.breaks, server.forgets_range = [70_000], True
    with pytest.raises(restpath.BadReply, match="Content-Range"):
        client.file.get.save(tmp_path / "it")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", [True, False])
def test_a_part_that_ends_before_the_content_does_is_not_the_whole(
    told: bool, server: Server, client: restpath.Client, tmp_path: Path
) -> None:
    server.breaks, server.part, server.told_whole = [70_000], 10, told
    with pytest.raises(restpath.BadReply, match=f"of {len(OLD)} bytes"):
        client.file.get.save(tmp_path / "it")
    assert list(tmp_path.iterdir()) == []


def test_a_content_that_comes_in_parts_is_asked_for_to_its_end(
    server: Server, client: restpath.Client, tmp_path: Path
) -> None:
    server.breaks, server.part = [70_000], 70_000
    client.file.get.save(tmp_path / "it")
    assert (tmp_path / "it").read_bytes() == OLD
    assert len(server.asked) == 3


def test_the_callers_own_range_is_asked_for_again_where_nothing_of_it_came(tmp_path: Path) -> None:
    lines = 'ETag: "a"', "Content-Range: bytes 100-109/1000"
    answers = [answer(206, b"", *lines, length=10), answer(206, b"0123456789", *lines)]
    with Scripted(answers) as scripted, restpath.connect(scripted.url) as made:
        use_clock(made, FakeClock())
        made.file.get.save(tmp_path / "it", headers={"Range": "bytes=100-109"})
    assert (tmp_path / "it").read_bytes() == b"0123456789"


def test_it_gives_up_after_the_tries_it_has(server: Server, client: restpath.Client, tmp_path: Path) -> None:
    server.breaks = [10, 10, 10, 10]
    (tmp_path / "it").write_bytes(b"what was there")
    with pytest.raises(restpath.BadReply):
        client.file.get.options(retries=1).save(tmp_path / "it")
    assert len(server.asked) == 2
    assert (tmp_path / "it").read_bytes() == b"what was there"


def test_an_open_file_gets_the_rest_too(server: Server, client: restpath.Client) -> None:
    server.breaks, target = [70_000], io.BytesIO()
    client.file.get.save(target)
    assert target.getvalue() == OLD


def test_a_file_that_cannot_go_back_gets_all_where_nothing_of_it_came(server: Server, client: restpath.Client) -> None:
    class Pipe(io.RawIOBase):
        got = b""

        def writable(self) -> bool:
            return True

        def write(self, block: Any) -> int:
            self.got += bytes(block)
            return len(block)

    server.breaks, target = [0], Pipe()
    client.file.get.save(target)  # type: ignore[arg-type]
    assert target.got == OLD


def test_a_file_that_cannot_go_back_is_never_given_a_second_version(server: Server, client: restpath.Client) -> None:
    class Pipe:
        def __init__(self) -> None:
            self.got = b""

        def write(self, block: bytes) -> int:
            self.got += block
            return len(block)

    server.breaks, server.changes_at, target = [70_000], 1, Pipe()
    with pytest.raises(restpath.InvalidValue, match="cannot go back"):
        client.file.get.save(target)  # type: ignore[arg-type]
    assert target.got
    assert OLD.startswith(target.got)
