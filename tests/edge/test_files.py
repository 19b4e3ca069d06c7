"""Downloads to files: whole, or as they were before; refused before anything is sent."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import InvalidValue, NotFound, TransportError
from restpath.edge.files import open_target
from tests.support.scripted import Server, answer, closed_port, redirect

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes, links and devices are otherwise elsewhere")


def save(server: Server, target: Any, **settings: Any) -> restpath.Reply:
    reply: restpath.Reply = restpath.connect(server.url, retries=0, **settings).a.get.save(target)
    return reply


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_the_content_is_saved_and_the_answer_given_without_it(tmp_path: Path) -> None:
    with Server(answer(200, b"content", "X-A: 1", "Content-Type: application/json")) as server:
        reply = save(server, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b"content"
    assert (reply.status, reply.body, reply.headers["X-A"]) == (200, b"", "1")
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("kind", ["str", "Path", "relative", "long name", "spaces and more"])
def test_paths_of_all_kinds(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path: Any = {
        "str": str(tmp_path / "a"), "Path": tmp_path / "a", "relative": "a", "long name": tmp_path / ("é" * 120),
        "spaces and more": tmp_path / " a #%é.txt",
    }[kind]  # fmt: skip
    with Server(answer(200, b"content")) as server:
        save(server, path)
    assert Path(path).read_bytes() == b"content"
    assert len(names(tmp_path)) == 1


def test_while_it_is_written_the_old_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with open_target(path) as write:
        write(b"n" * 10)
        assert path.read_bytes() == b"old"
        assert len(names(tmp_path)) == 2
        assert next(name for name in names(tmp_path) if name != "a").startswith(".a.")
    assert path.read_bytes() == b"n" * 10


FAULTS = {
    "an error status": answer(404, b"no"),
    "an error of the server": answer(500, b"no"),
    "a redirect that is not followed": redirect(302, "ftp://a/"),
    "a short content": answer(200, b"short", length=99),
    "no gzip": answer(200, b"no gzip", "Content-Encoding: gzip"),
    "silence": lambda sock: (sock.sendall(answer(200, b"short", length=99)), sock.recv(1 << 16)),
}


@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize("old", [b"old", None], ids=["with an old file", "without one"])
def test_after_a_failure_the_old_file_is_there_and_nothing_else(what: str, old: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a"
    if old is not None:
        path.write_bytes(old)
    fault: Any = FAULTS[what]
    if what == "a short content":
        fault = lambda sock: sock.sendall(answer(200, b"short", length=99))  # noqa: E731
    with Server([fault]) as server, pytest.raises((restpath.RequestError, TransportError)):
        save(server, path, timeout=(5, 0.3))
    assert names(tmp_path) == (["a"] if old is not None else [])
    assert old is None or path.read_bytes() == old


def test_an_unchanged_content_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with Server(answer(304, b"", 'ETag: "x"')) as server:
        reply = save(server, path)
    assert (reply.status, path.read_bytes(), names(tmp_path)) == (304, b"old", ["a"])
    with Server(answer(304)) as server:
        save(server, tmp_path / "none")
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("status", [200, 201, 203, 204])
def test_an_empty_content_is_an_empty_file(status: int, tmp_path: Path) -> None:
    with Server(f"HTTP/1.1 {status} W\r\nContent-Length: 0\r\n\r\n".encode()) as server:
        save(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b""


def test_a_redirect_is_followed_to_the_content(tmp_path: Path) -> None:
    with Server([redirect(302, "/b"), answer(200, b"content")]) as server:
        reply = save(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"content"
    assert reply.url.endswith("/b")


def test_content_is_decompressed_on_its_way(tmp_path: Path) -> None:
    import gzip

    with Server(answer(200, gzip.compress(b"x" * 100_000), "Content-Encoding: gzip")) as server:
        save(server, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x" * 100_000


# ---- what cannot be written


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("missing/a", "No such file|cannot find"),
        ("", "directory"),
        ("folder", "directory"),
        ("folder/", "directory"),
        ("missing/", "directory"),
        ("a\0b", "null"),
        ("file/a", "Not a directory|No such file|cannot find"),
        ("x" * 300, "too long|cannot"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_anything_is_sent(
    target: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with Server() as server:
        with pytest.raises(InvalidValue, match=words):
            save(server, target)
        assert not server.requests
    assert names(tmp_path) == ["file", "folder"]


class Text(io.StringIO):
    encoding = "utf-8"


def _closed() -> io.BytesIO:
    file = io.BytesIO()
    file.close()
    return file


@pytest.mark.parametrize("target", [Text(), _closed(), None, 7, b"bytes", object(), ["a"]], ids=repr)
def test_what_is_no_target_is_refused_before_anything_is_sent(target: Any) -> None:
    with Server() as server:
        with pytest.raises(InvalidValue, match="cannot save to"):
            save(server, target)
        assert not server.requests


def test_a_file_opened_in_another_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with Server() as server, path.open("rb") as reading, path.open("r+") as text:
        for file in (reading, text):
            with pytest.raises(InvalidValue, match=r"binary|reading only"):
                save(server, file)
        assert not server.requests


@POSIX
def test_a_write_protected_file_or_folder_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is protected from root")
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with Server() as server:
        with pytest.raises(InvalidValue, match="write-protected"):
            save(server, path)
        tmp_path.chmod(0o555)
        with pytest.raises(InvalidValue, match="Permission denied"):
            save(server, tmp_path / "b")
        tmp_path.chmod(0o755)
        assert not server.requests


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")
def test_a_full_disk_is_told_also_where_the_last_bytes_are_those_that_do_not_fit() -> None:
    with pytest.raises(InvalidValue, match="No space left"), open_target("/dev/full") as write:
        write(b"few")


@POSIX
def test_a_disk_that_is_full_at_the_end_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    program = (
        "import resource, sys\nfrom restpath import InvalidValue\nfrom restpath.edge.files import open_target\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n    with open_target('a') as write:\n        write(b'x' * 101)\n"
        "except InvalidValue as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("cannot save to 'a': File too large"), done.stderr
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


# ---- what is beside


def test_what_one_who_was_killed_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    for _ in range(3):
        program = (
            "import os, sys\nfrom restpath.edge.files import open_target\n"
            "with open_target(sys.argv[1]) as write:\n    write(b'part' * 10_000)\n    os._exit(9)"
        )
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a")], check=False)
        assert done.returncode == 9
        assert names(tmp_path) == [".a.0.part"]
        if os.name == "nt":  # where only its age tells that nobody is writing any more
            os.utime(tmp_path / ".a.0.part", (0, 0))
    with open_target(tmp_path / "a") as write:
        write(b"whole")
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_what_several_have_left_is_removed_by_one(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f".a.{number}.part").write_bytes(b"half")
        os.utime(tmp_path / f".a.{number}.part", (0, 0))
    with open_target(tmp_path / "a") as write:
        write(b"whole")
    assert names(tmp_path) == ["a"]


def test_who_is_still_writing_keeps_what_is_beside(tmp_path: Path) -> None:
    with open_target(tmp_path / "a") as first:
        first(b"first")
        with open_target(tmp_path / "a") as second:
            assert names(tmp_path) == [".a.0.part", ".a.1.part"]
            second(b"second")
        assert (tmp_path / "a").read_bytes() == b"second"
    assert (tmp_path / "a").read_bytes() == b"first"
    assert names(tmp_path) == ["a"]


@POSIX
def test_what_somebody_laid_beside_is_neither_written_to_nor_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / ".a.0.part").symlink_to(tmp_path / "mine")
    (tmp_path / ".a.1.part").mkdir()
    os.mkfifo(tmp_path / ".a.2.part")
    with open_target(tmp_path / "a") as write:
        write(b"whole")
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert names(tmp_path) == [".a.0.part", ".a.1.part", ".a.2.part", "a", "mine"]


@POSIX
def test_what_takes_the_place_of_a_private_file_is_private_from_the_first_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o600)
    with open_target(tmp_path / "a") as write:
        write(b"new")
        assert (tmp_path / ".a.0.part").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


# ---- modes, links, devices


@POSIX
def test_the_mode_is_that_of_any_new_file_or_of_the_old_one(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with Server(answer(200, b"x")) as server:
            save(server, tmp_path / "new")
            (tmp_path / "old").write_bytes(b"old")
            (tmp_path / "old").chmod(0o4701)
            save(server, tmp_path / "old")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o7777 == 0o640
    assert (tmp_path / "old").stat().st_mode & 0o7777 == 0o701  # but nothing that came from elsewhere is set-uid


@POSIX
def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("made")
    with Server(answer(200, b"new")) as server:
        save(server, tmp_path / "link")
        save(server, tmp_path / "dangling")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == (tmp_path / "made").read_bytes() == b"new"


@POSIX
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    with Server(answer(200, b"new")) as server:
        save(server, os.devnull)
    assert not os.path.isfile(os.devnull)


# ---- open files


def test_an_open_file_gets_the_content_where_it_stands_and_stays_open(tmp_path: Path) -> None:
    with Server(answer(200, b"content")) as server, (tmp_path / "a").open("wb") as file:
        file.write(b"before ")
        save(server, file)
        file.write(b" after")
    assert (tmp_path / "a").read_bytes() == b"before content after"
    memory = io.BytesIO()
    with Server(answer(200, b"content")) as server:
        save(server, memory)
    assert memory.getvalue() == b"content"


def test_a_writer_of_ones_own_gets_bytes() -> None:
    class Writer:
        def __init__(self) -> None:
            self.blocks: list[bytes] = []

        def write(self, block: bytes) -> None:
            self.blocks.append(block)

    writer = Writer()
    with Server(answer(200, b"c" * 200_000)) as server:
        save(server, writer)
    assert b"".join(writer.blocks) == b"c" * 200_000
    assert {type(block) for block in writer.blocks} == {bytes}


def test_a_writer_that_takes_a_little_at_a_time_gets_all() -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.got = b""

        def writable(self) -> bool:
            return True

        def write(self, block: Any) -> int:
            self.got += bytes(block[:1000])
            return min(len(block), 1000)

    slow = Slow()
    with Server(answer(200, bytes(range(256)) * 100)) as server:
        save(server, slow)
    assert slow.got == bytes(range(256)) * 100


@pytest.mark.parametrize("how", ["full", "takes nothing"])
def test_a_full_disk_is_said_so_and_the_connection_closed(how: str) -> None:
    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, block: Any) -> int:
            if how == "full":
                raise OSError(28, "No space left on device")
            return 0

    with Server(answer(200, b"x" * 1_000_000)) as server, pytest.raises(InvalidValue, match=r"No space|takes no more"):
        save(server, Full())


def test_an_error_of_the_writers_own_passes_as_it_is() -> None:
    class Broken:
        def write(self, block: bytes) -> int:
            raise KeyError("mine")

    with Server(answer(200, b"x")) as server, pytest.raises(KeyError, match="mine"):
        save(server, Broken())


def test_nobody_there_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TransportError):
        restpath.connect(f"http://127.0.0.1:{closed_port()}", retries=0).a.get.save(tmp_path / "a")
    assert names(tmp_path) == []


def test_an_error_has_its_content_although_it_was_to_be_saved(tmp_path: Path) -> None:
    fault = answer(404, b'{"why": 1}', "Content-Type: application/json")
    with Server(fault) as server, pytest.raises(NotFound) as caught:
        save(server, tmp_path / "a")
    assert caught.value.content == {"why": 1}


def test_a_large_content_is_streamed(tmp_path: Path) -> None:
    """200 MiB arrive, and the process grows by less than 32."""
    program = textwrap.dedent(
        """
        import resource, sys, restpath
        client = restpath.connect(sys.argv[1])
        client.a.get.save(sys.argv[2])  # loads what is loaded once
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        client.b.get.save(sys.argv[2])
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    pytest.importorskip("resource")
    size = 200 << 20

    def large(sock: Any) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        block = bytes(1 << 20)
        for _ in range(size >> 20):
            sock.sendall(block)

    with Server([answer(200, b"x"), large]) as server:
        done = subprocess.run(
            [sys.executable, "-c", program, server.url, str(tmp_path / "a")], capture_output=True, text=True, check=True
        )
    grown = int(done.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert (tmp_path / "a").stat().st_size == size
    assert grown < 32 << 20
