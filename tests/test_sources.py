"""File sources: what is taken as a file, what is refused, and what opening one promises."""

from __future__ import annotations

import copy
import gzip
import io
import os
import pickle
import socket
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.errors import InvalidValue
from restpath.sources import FileSource, check_media_type, file_source


def source_of(value: object) -> FileSource:
    return file_source(value, field="file")


def read_all(source: FileSource, size: int = 7) -> bytes:
    with source.open() as opened:
        return b"".join(iter(lambda: opened.read(size), b""))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "ann.png"
    file.write_bytes(b"0123456789")
    return file


@pytest.fixture
def pipe() -> Iterator[io.BufferedReader]:
    """The reading end of a pipe that holds ten bytes."""
    reading, writing = os.pipe()
    with open(reading, "rb") as reader:
        with open(writing, "wb") as writer:
            writer.write(b"0123456789")
        yield reader


class OnlyRead:
    """The least that counts as a file: it reads, and can do nothing else."""

    def __init__(self, *blocks: Any) -> None:
        self.blocks = list(blocks)

    def read(self, size: int = -1) -> Any:
        block = self.blocks.pop(0) if self.blocks else b""
        if isinstance(block, Exception):
            raise block
        return block


# ---- what is taken


@pytest.mark.parametrize("shape", [str, Path, os.fsencode], ids=["str", "Path", "PathLike of bytes"])
def test_a_path_gives_the_content_and_the_last_part_of_its_name(path: Path, shape: Any) -> None:
    class Wrapped:
        def __fspath__(self) -> Any:
            return shape(path) if shape is not Path else str(path)

    given = path if shape is Path else str(path) if shape is str else Wrapped()
    source = source_of(given)
    assert (source.name, source.media_type, read_all(source)) == ("ann.png", "image/png", b"0123456789")


def test_an_open_file_gives_its_name_and_stays_open(path: Path) -> None:
    with path.open("rb") as file:
        source = source_of(file)
        assert (source.name, source.media_type, read_all(source)) == ("ann.png", "image/png", b"0123456789")
        assert not file.closed


def test_a_file_opened_from_a_path_is_closed_with_its_source(path: Path) -> None:
    with source_of(path).open() as opened:
        assert opened.read(3) == b"012"
    with pytest.raises(InvalidValue, match="closed"):
        opened.read(3)


@pytest.mark.parametrize("media_type", [(), (None,), ("text/x-odd; charset=utf-8",)])
def test_a_tuple_gives_name_and_type_over_those_of_the_file(path: Path, media_type: tuple[Any, ...]) -> None:
    for file in (path, str(path), b"0123456789", io.BytesIO(b"0123456789")):
        source = source_of(("nöte.txt", file, *media_type))
        expected = next((given for given in media_type if given), "text/plain")
        assert (source.name, source.media_type, read_all(source)) == ("nöte.txt", expected, b"0123456789")


def test_a_name_of_none_in_a_tuple_leaves_the_file_its_own(path: Path) -> None:
    assert source_of((None, path, "image/x-odd")) == FileSource(str(path), "ann.png", "image/x-odd")


def test_a_file_without_a_name_has_none_and_is_octets() -> None:
    source = source_of(io.BytesIO(b"x"))
    assert (source.name, source.media_type) == (None, "application/octet-stream")


@pytest.mark.parametrize("name", ["<stdin>", "<fdopen>", 3, b"ann.png", None, ""])
def test_what_is_no_file_name_is_not_told_as_one(name: object) -> None:
    file = io.BytesIO(b"x")
    file.name = name
    assert source_of(file).name is None


def test_the_folders_of_an_open_file_are_not_told() -> None:
    file = io.BytesIO(b"x")
    file.name = os.path.join(os.sep, "home", "ann", "secret plans", "a.txt")
    assert source_of(file).name == "a.txt"


def test_a_pipe_has_no_name(pipe: io.BufferedReader) -> None:
    assert source_of(pipe).name is None


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.JSON", "application/json"),
        ("archive.tar.gz", "application/gzip"),
        ("archive.tar.bz2", "application/octet-stream"),
        ("data:text/html,x", "application/octet-stream"),
        ("http://x/a.png", "image/png"),
        ("noextension", "application/octet-stream"),
        (".png", "application/octet-stream"),
    ],
)
def test_the_media_type_goes_by_the_extension_alone(name: str, media_type: str) -> None:
    assert source_of((name, b"")).media_type == media_type


def test_a_member_of_a_zip_archive_is_a_binary_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("m.txt", b"0123456789")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive, archive.open("m.txt") as member:
        assert read_all(source_of(member)) == b"0123456789"


def test_a_compressed_file_is_measured_by_what_it_gives(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.gz", "wb") as file:
        file.write(b"0" * 5000)
    with gzip.open(tmp_path / "a.gz") as file, source_of(file).open() as opened:
        assert opened.length == 5000


def test_temporary_files_are_files() -> None:
    for make in (tempfile.TemporaryFile, tempfile.NamedTemporaryFile, tempfile.SpooledTemporaryFile):
        with make() as file:
            file.write(b"0123456789")
            file.seek(4)
            assert read_all(source_of(file)) == b"456789"


# ---- what is refused


@pytest.mark.parametrize(
    "value",
    [
        None, 3, True, 1.5, [], {}, object(), b"bytes", bytearray(b"x"), "", "a\0b", "a\nb", "x/a\rb",
        (), ("a",), ("a", b"", "text/plain", {}), ("a", None), ("a", 3), ("a", ("b", b"")), ("a", ""),
        (3, b""), (b"a", b""), ("a\r\nb", b""), ("a\0", b""), ("\ud800", b""),
        ("a", b"", 3), ("a", b"", ""), ("a", b"", "t/t\r\nX: y"), ("a", b"", "text/\0"), ("a", b"", "tëxt/plain"),
        io.StringIO("text"), ("a", io.StringIO("text")),
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_file_is_refused_naming_the_field(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"^photo: .*(give|open) "):
        file_source(value, field="photo")


def test_text_mode_is_refused_saying_the_right_mode(path: Path) -> None:
    class OddMode(OnlyRead):
        mode = "r"

    class OddEncoding(OnlyRead):
        encoding = "utf-8"

    with path.open() as file, tempfile.SpooledTemporaryFile(mode="w+") as spooled:
        for text in (file, spooled, OddMode(), OddEncoding()):
            with pytest.raises(InvalidValue, match=r"text mode.*'rb'"):
                source_of(text)


def test_a_closed_file_is_refused(path: Path) -> None:
    with path.open("rb") as file:
        pass
    for value in (file, ("a", file)):
        with pytest.raises(InvalidValue, match="closed"):
            source_of(value)


def test_a_file_open_for_writing_only_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "w").open("wb") as file, pytest.raises(InvalidValue, match="not open for reading"):
        source_of(file)


def test_describing_a_path_touches_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the disk was touched")

    for name in ("open", "stat", "lstat"):
        monkeypatch.setattr(os, name, touched)
    monkeypatch.setattr("builtins.open", touched)
    source = source_of(PurePosixPath("/no/such/file.png"))
    assert source.name == "file.png"
    assert hash(source) == hash(copy.copy(source))
    assert "file.png" in repr(source)


@given(st.text())
def test_a_media_type_that_is_taken_fits_into_one_header_line(text: str) -> None:
    try:
        taken = check_media_type(text, what="it")
    except InvalidValue:
        return
    assert taken == text
    assert taken.isascii()
    assert taken.strip() == taken != ""
    assert not set("\r\n\0") & set(taken)


# ---- what a source is


def test_equal_descriptions_are_equal_and_hash_alike(path: Path) -> None:
    with path.open("rb") as one, path.open("rb") as other:
        for value in (str(path), ("a", b"x"), ("a", b"x", "t/t"), one):
            assert source_of(value) == source_of(value)
            assert hash(source_of(value)) == hash(source_of(value))
        assert source_of(one) != source_of(other)
        assert source_of(path) == source_of(str(path))
    assert source_of(("a", b"x")) != source_of(("a", "x"))
    assert source_of(("a", b"x")) != source_of(("b", b"x"))
    assert source_of(("a", b"x", "t/t")) != source_of(("a", b"x"))
    assert source_of(("a", b"x")) != ("a", b"x")


def test_files_that_cannot_be_hashed_or_claim_to_be_equal_still_count_by_identity() -> None:
    class Odd(OnlyRead):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

    one, other = source_of(Odd()), source_of(Odd())
    assert one != other
    assert len({one, other}) == 2


def test_its_repr_never_shows_content() -> None:
    assert repr(source_of(("a.txt", b"hunter2"))) == "FileSource(7 bytes, name='a.txt', media_type=None)"
    assert "hunter2" not in repr(source_of(io.BytesIO(b"hunter2")))


def test_a_pickle_keeps_paths_and_bytes(path: Path) -> None:
    for value in (path, ("a", b"x", "t/t")):
        assert pickle.loads(pickle.dumps(source_of(value))) == source_of(value)


def test_a_pickle_loses_an_open_file_and_opening_says_so(path: Path) -> None:
    with path.open("rb") as file:
        lost = pickle.loads(pickle.dumps(source_of((None, file, "image/x-odd"))))
    assert (lost.file, lost.name, lost.media_type) == (None, "ann.png", "image/x-odd")
    with pytest.raises(InvalidValue, match="lost in a pickle"):
        lost.open()


def test_a_copy_keeps_the_open_file(path: Path) -> None:
    with path.open("rb") as file:
        source = source_of(file)
        assert copy.copy(source).file is file
        assert copy.deepcopy([source])[0].file is file


# ---- opening and reading


@given(st.binary(max_size=300), st.integers(0, 320), st.integers(1, 90))
def test_it_is_measured_and_read_from_where_it_stands(content: bytes, position: int, size: int) -> None:
    file = io.BytesIO(content)
    file.seek(position)
    with source_of(file).open() as opened:
        assert (opened.length, opened.rewindable) == (len(content[position:]), True)
        for _ in range(2):
            assert b"".join(iter(lambda: opened.read(size), b"")) == content[position:]
            opened.rewind()


def test_it_begins_where_it_stood_even_if_someone_moved_it_meanwhile() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    with source_of(file).open() as opened:
        file.seek(0)
        assert opened.read(100) == b"456789"


def test_a_pipe_has_no_length_and_cannot_go_back(pipe: io.BufferedReader) -> None:
    with source_of(pipe).open() as opened:
        assert (opened.length, opened.rewindable) == (None, False)
        opened.rewind()  # nothing was read yet
        assert opened.read(4) == b"0123"
        with pytest.raises(InvalidValue, match="cannot be rewound"):
            opened.rewind()
        assert opened.read(100) == b"456789"
        assert opened.read(100) == b""


def test_a_socket_has_no_length() -> None:
    one, other = socket.socketpair()
    with one, other, other.makefile("rb") as file:
        one.sendall(b"0123456789")
        one.shutdown(socket.SHUT_WR)
        with source_of(file).open() as opened:
            assert (opened.length, opened.rewindable) == (None, False)
            assert opened.read(100) == b"0123456789"


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs /dev/zero, which says it is seekable and empty")
def test_a_device_has_no_length() -> None:
    with source_of("/dev/zero").open() as opened:
        assert (opened.length, opened.read(3)) == (None, b"\0\0\0")


def test_what_only_reads_has_no_length_and_may_give_little_at_a_time() -> None:
    with source_of(OnlyRead(b"01", bytearray(b"23"), memoryview(b"4"))).open() as opened:
        assert (opened.length, opened.rewindable) == (None, False)
        assert [opened.read(100) for _ in range(4)] == [b"01", b"23", b"4", b""]


def test_what_can_go_back_but_not_to_its_end_is_rewindable_without_length() -> None:
    class NoEnd(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            if whence:
                raise OSError("no end")
            return super().seek(offset)

    with source_of(NoEnd(b"0123456789")).open() as opened:
        assert (opened.length, opened.rewindable) == (None, True)
        assert opened.read(100) == b"0123456789"
        opened.rewind()
        assert opened.read(100) == b"0123456789"


def test_a_missing_path_is_an_invalid_value_with_its_cause(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"none\.png.*check the path") as caught:
        source_of(tmp_path / "none.png").open()
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_directory_is_an_invalid_value_with_its_cause(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue) as caught:
        source_of(tmp_path).open()
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_an_unreadable_path_is_an_invalid_value_with_its_cause(path: Path) -> None:
    path.chmod(0)
    with pytest.raises(InvalidValue) as caught:
        source_of(path).open()
    assert isinstance(caught.value.__cause__, PermissionError)


def test_a_file_closed_before_sending_is_an_invalid_value() -> None:
    file = io.BytesIO(b"x")
    source = source_of(file)
    file.close()
    with pytest.raises(InvalidValue, match="closed meanwhile"):
        source.open()


def test_a_file_closed_while_sending_is_an_invalid_value_with_its_cause() -> None:
    file = io.BytesIO(b"0123456789")
    with source_of(file).open() as opened:
        opened.read(3)
        file.close()
        with pytest.raises(InvalidValue, match="closed meanwhile") as caught:
            opened.read(3)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), RuntimeError("odd")])
def test_whatever_reading_raises_is_an_invalid_value_with_its_cause(error: Exception) -> None:
    with source_of(OnlyRead(b"01", error)).open() as opened:
        opened.read(100)
        with pytest.raises(InvalidValue, match=r"reading it failed: (Input|odd)") as caught:
            opened.read(100)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(("block", "words"), [("text", "binary mode"), (None, "non-blocking"), (3, "int")])
def test_what_gives_no_bytes_is_an_invalid_value(block: object, words: str) -> None:
    with source_of(OnlyRead(block)).open() as opened, pytest.raises(InvalidValue, match=words):
        opened.read(100)


def test_a_file_that_shrinks_while_it_is_sent_is_an_invalid_value(path: Path) -> None:
    path.write_bytes(b"0" * (1 << 20))
    with source_of(path).open() as opened:
        opened.read(1000)
        os.truncate(path, 2000)
        with pytest.raises(InvalidValue, match="cut short"):
            list(iter(lambda: opened.read(1 << 19), b""))


def test_a_file_that_grows_while_it_is_sent_ends_where_it_ended(path: Path) -> None:
    with source_of(path).open() as opened:
        assert opened.read(3) == b"012"
        with path.open("ab") as more:
            more.write(b"more")
        assert opened.read(100) == b"3456789"
        assert opened.read(100) == b""


def test_a_file_that_gives_more_than_it_is_asked_for_ends_at_its_length() -> None:
    class Generous(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(100) + b"more"

    assert read_all(source_of(Generous(b"0123456789"))) == b"0123456789"
