"""
File sources: what a body or a part can come from, described now and opened when it is sent.

Takes what callers give as a file (an open binary file, a path, or a tuple of name, file and media type); gives a
`FileSource`, a value that touches no disk. Only `FileSource.open` does I/O; what it gives keeps to the length that
was measured then, so that a body can never contradict its Content-Length unnoticed (RFC 9110 section 8.6).
File names without their folders: RFC 7578 section 4.2. Media types: RFC 9110 section 8.3.1.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from typing import Any, TypeVar

from restpath.errors import InvalidValue
from restpath.records import dataclass
from restpath.regex import pattern
from restpath.types import BinaryReader

__all__ = ["FileSource", "OpenSource", "file_source", "check_media_type", "check_text"]

_T = TypeVar("_T")
_OCTETS = "application/octet-stream"
_FORBIDDEN = pattern(r"[\r\n\0]")
_MEDIA_TYPE = pattern(r"[!-~](?:[\t -~]*[!-~])?")
_WAYS = "give an open binary file, a path, or a tuple (name, file) or (name, file, media type)"


@dataclass(frozen=True, eq=False, repr=False)
class FileSource:
    """
    Where the bytes of a file come from, and what to call it. Equal by value; open files are equal by identity.

    A pickle keeps paths and bytes, but not an open file: `file` is then None, and opening says so.

    Attributes:
        file: a path (`str`), the content itself (`bytes`), an open binary file, or None (lost in a pickle).
        name: the file name to tell the service; None if there is none to be known.
        given_type: the media type that the caller gave, or None.
    """

    file: str | bytes | BinaryReader | None
    name: str | None = None
    given_type: str | None = None

    @property
    def media_type(self) -> str:
        """The media type given, else the one that goes with the name's extension, else application/octet-stream."""
        # Guessed on demand: the table of `mimetypes` is read from the system's files.
        return self.given_type or _guess_type(self.name)

    def open(self) -> OpenSource:
        """
        Open the file, or take the open one as it stands, and measure how much is to be sent.

        Raises:
            InvalidValue: it is missing, unreadable, a directory, closed meanwhile, or was lost in a pickle.
        """
        label = self._label()
        if self.file is None:
            raise InvalidValue(f"cannot send {label}: its open file was lost in a pickle; give it or a path again")
        if isinstance(self.file, str):
            return OpenSource(_open_path(self.file, label), label=label, owned=True)
        if isinstance(self.file, bytes):
            return OpenSource(io.BytesIO(self.file), label=label, owned=True)
        if _is_closed(self.file):
            raise InvalidValue(f"cannot send {label}: it was closed meanwhile; keep it open until the call is done")
        return OpenSource(self.file, label=label, owned=False)

    def _label(self) -> str:
        shown = self.file if isinstance(self.file, str) else self.name
        return "the file" if shown is None else f"the file {shown!r}"

    def _key(self) -> tuple[object, ...]:
        plain = self.file is None or isinstance(self.file, (str, bytes))
        return plain, self.file if plain else id(self.file), self.name, self.given_type

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, FileSource) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        if isinstance(self.file, bytes):
            what = f"{len(self.file)} bytes"
        else:
            what = repr(self.file) if self.file is None or isinstance(self.file, str) else "an open file"
        return f"FileSource({what}, name={self.name!r}, media_type={self.given_type!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        kept = self.file if isinstance(self.file, (str, bytes)) else None
        return FileSource, (kept, self.name, self.given_type)

    def __copy__(self) -> FileSource:
        return self  # immutable; and a copy, unlike a pickle, has no reason to lose the open file

    def __deepcopy__(self, memo: dict[int, Any]) -> FileSource:
        return self


class OpenSource:
    """
    A source while it is being sent: reads from where the file stood, up to the length it then had.

    Attributes:
        length: bytes to come from the first position to the end; None if that cannot be known.
        rewindable: whether `rewind` can bring back the first position.
    """

    def __init__(self, file: Any, *, label: str, owned: bool) -> None:
        self._file, self._label, self._owned = file, label, owned
        self._start, self.length = self._guard(lambda: _measure(file))
        self.rewindable = self._start is not None
        self._left, self._begun = self.length, False

    def read(self, size: int) -> bytes:
        """
        Read up to `size` bytes; none at the end.

        Raises:
            InvalidValue: the file was closed, failed, gave something else than bytes, or is now shorter than it was.
        """
        if self._left is not None:
            size = min(size, self._left)  # a file that grows meanwhile: what was announced is what is sent
        if size <= 0:
            return b""
        self._begin()
        block = self._read_bytes(size)
        if self._left is not None:
            if not block:
                raise InvalidValue(
                    f"{self._label} was cut short while it was sent: {self._left} of {self.length} bytes are missing,"
                    " so the request was broken off; send it again when nothing writes to the file"
                )
            block = block[: self._left]
            self._left -= len(block)
        return block

    def rewind(self) -> None:
        """
        Go back to where the file first stood.

        Raises:
            InvalidValue: something was read already, and the file cannot go back.
        """
        if self._begun and not self.rewindable:
            raise InvalidValue(f"{self._label} cannot be rewound to be sent again; give a path or a seekable file")
        self._left, self._begun = self.length, False

    def close(self) -> None:
        """Close the file if it was opened here; the caller's own files stay open."""
        if self._owned:
            self._file.close()

    def __enter__(self) -> OpenSource:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _begin(self) -> None:
        # Sought only now, because one open file may be in several parts, each of which moves it.
        if not self._begun and self._start is not None:
            self._guard(lambda: self._file.seek(self._start))
        self._begun = True

    def _read_bytes(self, size: int) -> bytes:
        block = self._guard(lambda: self._file.read(size))
        if isinstance(block, str):
            raise InvalidValue(f"{self._label} gives text when read; open it in binary mode ('rb')")
        if block is None:
            raise InvalidValue(
                f"{self._label} has no bytes ready; make it blocking, a non-blocking file cannot be sent"
            )
        if not isinstance(block, (bytes, bytearray, memoryview)):
            raise InvalidValue(f"{self._label} gives {type(block).__name__} when read; it has to give bytes")
        return bytes(block)

    def _guard(self, action: Callable[[], _T]) -> _T:
        try:
            return action()
        except InvalidValue:
            raise
        except Exception as error:
            # Whatever a caller's file raises; an OSError let through would pass for a failure of the connection.
            problem = "it was closed meanwhile" if _is_closed(self._file) else f"reading it failed: {_reason(error)}"
            raise InvalidValue(f"cannot send {self._label}: {problem}") from error


def file_source(value: object, *, field: str) -> FileSource:
    """
    Describe the file that a caller gave, without touching it.

    Args:
        value: an open binary file, a path (`str` or `os.PathLike`), or a tuple `(name, file)` or
            `(name, file, media type)`, where the file may also be its content as `bytes`. A name or media type of
            None is as if it were not given; a given name is told as it stands.
        field: what to call the file in an error.
    Raises:
        InvalidValue: it is none of these, closed, in text mode, or named in a way that no header can say.
    """
    name: object = None
    media_type: object = None
    file = value
    if isinstance(value, tuple):
        if len(value) not in (2, 3):
            raise InvalidValue(f"{field}: a tuple of {len(value)} is no file; {_WAYS}")
        name, file, media_type = value if len(value) == 3 else (*value, None)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        raise InvalidValue(f"{field}: bytes alone have no file name; give a tuple (name, bytes)")
    kept = _check_file(file, field)
    if name is None:
        name = _known_name(kept)
    if name is not None:
        name = check_text(name, what=f"{field}: the file name")
    if media_type is not None:
        media_type = check_media_type(media_type, what=f"{field}: the media type")
    return FileSource(kept, name, media_type)


def check_text(text: object, *, what: str) -> str:
    """
    Give back `text` if it can stand in a header field as UTF-8.

    Raises:
        InvalidValue: it is no text, holds a line break or NUL, or cannot be UTF-8 (a path of undecodable bytes).
    """
    if not isinstance(text, str):
        raise InvalidValue(f"{what} has to be text, not {type(text).__name__}; {_WAYS}")
    if _FORBIDDEN.search(text):
        raise InvalidValue(f"{what} {text!r} holds a line break or NUL; give another one, as in (name, file)")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(f"{what} {text!r} cannot be written as UTF-8; give another, as in (name, file)") from error
    return text


def check_media_type(text: object, *, what: str) -> str:
    """
    Give back `text` if a Content-Type field can hold it.

    Raises:
        InvalidValue: it is not printable ASCII, or empty.
    """
    if not isinstance(text, str) or not _MEDIA_TYPE.fullmatch(text):
        raise InvalidValue(f"{what} {text!r} cannot be sent; give one like 'image/png' or 'text/plain; charset=utf-8'")
    return text


def _check_file(file: object, field: str) -> str | bytes | BinaryReader:
    if isinstance(file, bytes):
        return file
    if isinstance(file, (str, os.PathLike)):
        path = os.fsdecode(file)
        if not path or "\0" in path:
            raise InvalidValue(f"{field}: {path!r} is no path; {_WAYS}")
        return path
    if not callable(getattr(file, "read", None)):
        raise InvalidValue(f"{field}: {_kind(file)} is no file; {_WAYS}")
    if _is_closed(file):
        raise InvalidValue(f"{field}: the file is closed; keep it open until the call is done, or give its path")
    if _is_text(file):
        raise InvalidValue(f"{field}: the file is open in text mode; open it in binary mode ('rb'), or give its path")
    if isinstance(file, io.IOBase) and not file.readable():
        raise InvalidValue(f"{field}: the file is not open for reading; open it with mode 'rb', or give its path")
    return file  # type: ignore[return-value]  # it has a `read`: that it gives bytes is seen when it does


def _kind(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _is_text(file: object) -> bool:
    if isinstance(file, io.TextIOBase):
        return True
    if isinstance(file, (io.RawIOBase, io.BufferedIOBase)):
        return False  # whatever its mode says: a member of a ZIP archive says 'r' and is binary
    mode = getattr(file, "mode", None)
    return (isinstance(mode, str) and "b" not in mode) or isinstance(getattr(file, "encoding", None), str)


def _is_closed(file: object) -> bool:
    return getattr(file, "closed", False) is True


def _known_name(file: str | bytes | BinaryReader) -> str | None:
    path = file if isinstance(file, str) else getattr(file, "name", None)
    # An open descriptor's name is its number, a standard stream's is '<stdin>'.
    if not isinstance(path, str) or (path.startswith("<") and path.endswith(">") and not isinstance(file, str)):
        return None
    return os.path.basename(path) or None


def _guess_type(name: str | None) -> str:
    import mimetypes

    # The prefix keeps a name with a colon from being taken for a URL, or even a `data:` one.
    media_type, encoding = mimetypes.guess_type(f"./{name}") if name else (None, None)
    if encoding:  # the type of `a.tar.gz` is not that of the archive inside
        return "application/gzip" if encoding == "gzip" else _OCTETS
    return media_type or _OCTETS


def _open_path(path: str, label: str) -> io.BufferedReader:
    try:
        return open(path, "rb")
    except OSError as error:
        raise InvalidValue(
            f"cannot send {label}: {_reason(error)}; check the path (content itself is given as bytes: (name, bytes))"
        ) from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _measure(file: Any) -> tuple[int | None, int | None]:
    """Find where a file stands and how many bytes follow; None for what it cannot tell."""
    if _is_stream(file):
        return None, None
    try:
        start = file.tell()
        file.seek(start)
    except Exception:  # no such method, or one that says no in a way of its own: it is a stream
        return None, None
    try:
        file.seek(0, os.SEEK_END)
        length = max(0, file.tell() - start)
    except Exception:  # it can go back, but does not know its end
        length = None
    file.seek(start)
    return start, length


def _is_stream(file: Any) -> bool:
    # Pipes and devices are asked outright: Windows lets a pipe be sought, and Linux /dev/zero, both without effect.
    if isinstance(file, (io.FileIO, io.BufferedReader, io.BufferedRandom)):
        try:
            mode = os.fstat(file.fileno()).st_mode
        except OSError:  # a buffer over something that is no descriptor
            return not file.seekable()
        return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)
    return False
