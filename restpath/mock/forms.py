"""
The body of a request: its bytes to a value and to files.

Takes a binary file and its Content-Type; gives `Content`. A form's files are copied block by block, never held whole.
Source: RFC 7578 and RFC 2046 section 5.1 for multipart, the URL standard for urlencoded forms, RFC 8259 for JSON.
"""

from __future__ import annotations

import email.parser
import email.utils
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import IO, Any
from urllib.parse import parse_qsl

from restpath.definition.mediatypes import FORM, MULTIPART, RELATED, is_json
from restpath.definition.rules import NestedForm
from restpath.mock.nesting import nested
from restpath.mock.state import BLOCK_BYTES, Blob
from restpath.types import UNSET, Json

__all__ = ["BadContent", "Content", "read_content"]

_LONGEST_HEAD = 64 * 1024
_LONGEST_FIELD = 64 << 20
_LONGEST_GUESS = 16 << 20


class BadContent(ValueError):
    """The body is not what its media type says; the message says how."""


@dataclass
class Content:
    """
    What a request brought.

    Attributes:
        value: the JSON, or the fields of a form; `UNSET` if there is none.
        files: the files with their form fields, in their order.
        is_json: whether the value was JSON, and so has the types that its sender meant.
        pairs: the fields of a form, as they came.
    """

    value: Any = UNSET
    files: list[tuple[str, Blob]] = field(default_factory=list)
    is_json: bool = False
    pairs: list[tuple[str, str]] = field(default_factory=list)


def read_content(
    body: IO[bytes], content_type: str, json_field: str | None, nested_form: NestedForm | None = None
) -> Content:
    """
    Read a body.

    Args:
        body: a binary file, at its beginning.
        content_type: the value of the header field, "" where there is none.
        json_field: the form field that carries the JSON beside a file.
        nested_form: how nested values are written in a form.
    Raises:
        BadContent: the bytes are not what they are said to be.
    """
    if not content_type:
        return _untyped_content(body)
    header = Message()
    header["Content-Type"] = content_type
    media_type = header.get_content_type()
    if media_type in (MULTIPART, RELATED):
        boundary = header.get_param("boundary")
        if not isinstance(boundary, str) or not boundary:
            raise BadContent(f"{media_type} without a boundary")
        if media_type == RELATED:
            return _related_content(_related_parts(body, boundary.encode("latin-1", "replace")))
        return _form_content(_parts(body, boundary.encode("latin-1", "replace")), json_field, nested_form)
    if media_type == FORM:
        pairs = parse_qsl(_text(body.read(), "the form"), keep_blank_values=True)
        return Content(nested(_fields(pairs), nested_form), pairs=pairs)
    if is_json(media_type):
        data = body.read()
        return Content(_json(data), is_json=True) if data.strip() else Content()
    return _raw_content(body, content_type)


def _untyped_content(body: IO[bytes]) -> Content:
    """A body without a media type: JSON where it parses, as clients of old send it, else a file."""
    start = body.read(_LONGEST_GUESS)
    if len(start) < _LONGEST_GUESS:
        try:
            return Content(_json(start), is_json=True) if start.strip() else Content()
        except BadContent:
            pass
    body.seek(0)
    return _raw_content(body, "")


def _raw_content(body: IO[bytes], content_type: str) -> Content:
    blob = Blob("", _one_line(content_type))
    while data := body.read(BLOCK_BYTES):
        blob.write(data)
    return Content(files=[("", blob)] if blob.size else [])


def _one_line(text: str) -> str:
    """A media type as a header field can carry it again."""
    return re.sub(r"[^\x21-\x7e]+", " ", text).strip()


def _json(data: bytes) -> Json:
    try:
        return json.loads(data, parse_constant=_refuse)
    except RecursionError as error:
        raise BadContent("the JSON is nested too deeply") from error
    except ValueError as error:
        raise BadContent(f"this is no JSON: {error}") from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadContent(f"{what} is not UTF-8 (byte {error.start})") from error


def _fields(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Fields by name; one that came several times is a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return found


# ---- multipart ---------------------------------------------------------------------------------------------------


def _form_content(
    parts: Iterator[tuple[str, Blob, bool]], json_field: str | None, nested_form: NestedForm | None
) -> Content:
    content = Content()
    for name, blob, is_file in parts:
        if is_file:
            content.files.append((name, blob))
            continue
        text = _text(b"".join(blob), f"the field {name!r}")
        content.pairs.append((name, text))
        if name == json_field:
            content.value, content.is_json = _json(text.encode()), True
    if content.value is UNSET and content.pairs:
        content.value = nested(_fields(content.pairs), nested_form)
    return content


def _related_content(parts: Iterator[Blob]) -> Content:
    """JSON and the files that it describes. Source: RFC 2387."""
    root, *files = parts
    if not is_json(root.media_type):
        raise BadContent(f"the first part is {root.media_type}, and no JSON")
    return Content(_json(b"".join(root)), files=[("", blob) for blob in files], is_json=True)


def _related_parts(body: IO[bytes], boundary: bytes) -> Iterator[Blob]:
    reader = _Delimited(body, b"\r\n--" + boundary)
    for _ in reader.until_delimiter():
        pass
    while reader.opens_part():
        header = _part_header(reader.head())
        blob = Blob(header.get_filename() or "", _one_line(header.get("content-type", "application/octet-stream")))
        for data in reader.until_delimiter():
            blob.write(data)
        yield blob


def _parts(body: IO[bytes], boundary: bytes) -> Iterator[tuple[str, Blob, bool]]:
    """Give each part: its name, its bytes, and whether it is a file."""
    reader = _Delimited(body, b"\r\n--" + boundary)
    for _ in reader.until_delimiter():  # what stands before the first part means nothing
        pass
    while reader.opens_part():
        header = _part_header(reader.head())
        said = header.get_param("name", header="content-disposition")
        if header.get_content_disposition() != "form-data" or said is None:
            raise BadContent("a part of the form has no name")
        name = email.utils.collapse_rfc2231_value(said)
        filename = header.get_filename()
        blob = Blob(filename or "", _one_line(header.get("content-type", "application/octet-stream")))
        for data in reader.until_delimiter():
            blob.write(data)
            if filename is None and blob.size > _LONGEST_FIELD:
                raise BadContent(f"the field {name!r} is longer than {_LONGEST_FIELD} bytes")
        yield name, blob, filename is not None


def _part_header(head: bytes) -> Message:
    """Read the header fields of a part; names are UTF-8 as they are (RFC 7578 section 5.1)."""
    text = _text(head, "a part's header")
    return email.parser.HeaderParser().parsestr(text)


class _Delimited:
    """Reads a file up to a delimiter, block by block."""

    def __init__(self, file: IO[bytes], delimiter: bytes) -> None:
        self._file, self._delimiter = file, delimiter
        self._buffer = b"\r\n"  # so that a first line that is the delimiter is found like any other

    def _more(self) -> bool:
        data = self._file.read(BLOCK_BYTES)
        self._buffer += data
        return bool(data)

    def until_delimiter(self) -> Iterator[bytes]:
        """Give the bytes before the next delimiter, and go behind it."""
        keep = len(self._delimiter) - 1
        while (place := self._buffer.find(self._delimiter)) < 0:
            ready = len(self._buffer) - keep
            if ready > 0:
                yield self._buffer[:ready]
                self._buffer = self._buffer[ready:]
            if not self._more():
                raise BadContent("the form ends before its last boundary")
        if place:
            yield self._buffer[:place]
        self._buffer = self._buffer[place + len(self._delimiter) :]

    def opens_part(self) -> bool:
        """Tell whether a part follows the delimiter; False if that was the last (RFC 2046 section 5.1.1)."""
        while len(self._buffer) < 2 and self._more():
            pass
        if self._buffer.startswith(b"--"):
            return False
        line = self._line().rstrip(b" \t\r\n")
        if line:
            raise BadContent("a boundary of the form is followed by other text")
        return True

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_HEAD or not self._more():
                raise BadContent("the form breaks off in a part's header")
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def head(self) -> bytes:
        """Give the header fields of a part, and go to its body."""
        lines: list[bytes] = []
        while line := self._line():
            lines.append(line)
            if sum(map(len, lines)) > _LONGEST_HEAD:
                raise BadContent("a part's header is too long")
        return b"\r\n".join(lines) + b"\r\n\r\n"
