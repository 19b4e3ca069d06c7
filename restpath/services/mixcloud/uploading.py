"""
Uploads: a cloudcast to the fields of a form, files to what can be sent, and Mixcloud's limits held before it is.

Takes a cloudcast, files and further fields; gives fields for `upload.post` and `edit.post`, or says what Mixcloud would
refuse. Nothing is sent here, and files are measured, not read; but for an `io.StringIO`, which is sent as UTF-8.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from restpath.errors import InvalidValue
from restpath.services.mixcloud.things import Chapter, Cloudcast, Section
from restpath.sources import file_source

if TYPE_CHECKING:
    from restpath.reply import Reply

__all__ = ["LONGEST_MP3_BYTES", "LONGEST_PICTURE_BYTES", "MOST_TAGS", "Answered", "file_field", "form_fields"]

LONGEST_MP3_BYTES = 4_294_967_296
LONGEST_PICTURE_BYTES = 10_485_760
MOST_TAGS = 5
_LIMITS = {"mp3": LONGEST_MP3_BYTES, "picture": LONGEST_PICTURE_BYTES}


def form_fields(cloudcast: Cloudcast, more: Mapping[str, Any]) -> dict[str, Any]:
    """
    Give the fields of a form for a cloudcast.

    Args:
        more: further fields; those that are None are left out.
    Raises:
        InvalidValue: it has no name, or more tags than Mixcloud takes.
    """
    if not isinstance(cloudcast.name, str) or not cloudcast.name.strip():
        raise InvalidValue("a cloudcast needs a name to be uploaded")
    if len(cloudcast.tags) > MOST_TAGS:
        raise InvalidValue(
            f"the cloudcast {cloudcast.name!r} has {len(cloudcast.tags)} tags, and Mixcloud takes {MOST_TAGS} at most: "
            "nothing was sent"
        )
    fields: dict[str, Any] = {"name": cloudcast.name, "description": cloudcast.description()}
    fields["sections"] = [_section(section) for section in cloudcast.sections()]
    fields["tags"] = [{"tag": tag} for tag in cloudcast.tags]
    known = {**fields, **{name: value for name, value in more.items() if value is not None}}
    return {name: value for name, value in known.items() if value != []}


def _section(section: Section) -> dict[str, Any]:
    track = section.track
    said: dict[str, Any]
    if isinstance(track, Chapter):
        said = {"chapter": track.name}
    else:
        said = {"artist": track.artist.name, "song": track.name}
    return {**said, **({} if section.start_time is None else {"start_time": section.start_time})}


def file_field(name: str, file: Any) -> Any:
    """
    Give a file as a call takes it, once it is known not to be too large.

    Args:
        name: the form field, `mp3` or `picture`.
        file: an open binary file, a path, an `io.StringIO`, bytes, or a tuple of name, file and media type.
    Raises:
        InvalidValue: it is no file, open in text mode, or larger than Mixcloud takes; nothing was sent.
    """
    if isinstance(file, io.StringIO):
        file = file.read().encode()
    if isinstance(file, (bytes, bytearray, memoryview)):
        file = (name, bytes(file))
    with file_source(file, field=name).open() as opened:
        length = opened.length
    if length is not None and length > _LIMITS[name]:
        raise InvalidValue(
            f"{name}: the file has {length:,} bytes, and Mixcloud takes {_LIMITS[name]:,} at most: nothing was sent"
        )
    return file


class Answered:
    """
    What Mixcloud answered to an upload, in the words of an answer of requests; an error status is an answer, too.

    Attributes:
        reply: the answer as restpath has it.
    """

    def __init__(self, reply: Reply, error: Exception | None = None) -> None:
        self.reply, self._error = reply, error

    @property
    def status_code(self) -> int:
        """The HTTP status code."""
        return self.reply.status

    @property
    def ok(self) -> bool:
        """Whether Mixcloud took it."""
        return self._error is None

    @property
    def reason(self) -> str:
        """The words beside the status."""
        return self.reply.reason

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields."""
        return self.reply.headers

    @property
    def content(self) -> bytes:
        """The bytes of the content."""
        return self.reply.body

    @property
    def text(self) -> str:
        """The content as text."""
        return self.reply.text

    @property
    def url(self) -> str:
        """Where it was sent, without credentials."""
        return self.reply.url

    def json(self) -> Any:
        """Give the content, parsed."""
        return self.reply.content

    def raise_for_status(self) -> None:
        """Raise the error that the answer stands for, with its `retry_after`, if it is one."""
        if self._error is not None:
            raise self._error

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"
