"""
What the mock keeps: things by kind and key, and the files that came with them.

Takes contents; gives them back. It knows nothing of HTTP or of definitions. A file is kept in memory up to 1 MiB and
in a temporary one beyond. Whoever uses a `State` holds its lock meanwhile; files are read without it.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import IO, Any

from restpath.mock.tokens import TokenBook
from restpath.types import Json

__all__ = ["BLOCK_BYTES", "Blob", "State", "Thing", "spool"]

BLOCK_BYTES = 1 << 20


def spool() -> IO[bytes]:
    """Make a file that stays in memory while it is small."""
    return tempfile.SpooledTemporaryFile(max_size=BLOCK_BYTES)


class Blob:
    """The bytes of a file, to be read any number of times and by several threads at once."""

    def __init__(self, name: str, media_type: str) -> None:
        self.name, self.media_type = name, media_type
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = spool()
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Add bytes at the end. Only before anybody reads."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hex."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        place = 0
        while place < self.size:
            with self._lock:
                self._file.seek(place)
                data = self._file.read(BLOCK_BYTES)
            place += len(data)
            yield data

    def __del__(self) -> None:
        self._file.close()


@dataclass
class Thing:
    """
    One thing that the service keeps.

    Attributes:
        key: what names it among its kind: the values of the kind's parts.
        number: its place in the order in which all things came to be.
        content: its JSON, as stored.
        files: the uploads that came with it, by form field.
    """

    key: tuple[str, ...]
    number: int
    created: datetime
    content: Json
    files: list[tuple[str, Blob]] = field(default_factory=list)


_EVER = datetime(1, 1, 1, tzinfo=timezone.utc)


class State:
    """
    Everything a mock service remembers.

    Attributes:
        tokens: the tokens and codes that were given out.
        notes: what a behaviour keeps beside things.
        numbered: whether new identifiers are numbers.
    """

    def __init__(self, *, numbered: bool = False) -> None:
        self.lock = threading.RLock()
        self.tokens = TokenBook()
        self.notes: dict[str, Any] = {}
        self.numbered = numbered
        self._kinds: dict[str, dict[tuple[str, ...], Thing]] = {}
        self._number = self._named = 0

    def next_id(self, now: datetime) -> str:
        """Make an identifier that was not made before: a number, or 24 hex digits, which sort by age."""
        if self.numbered:
            self._named += 1
            return str(self._named)
        self._number += 1
        return f"{int(now.timestamp()) & 0xFFFFFFFF:08x}{self._number:016x}"

    def number_of(self, identifier: str) -> int | None:
        """Tell the number in an identifier that `next_id` made, whether the thing is still there or not."""
        digits = identifier if len(identifier) == 24 and identifier.isalnum() else ""
        try:
            number = int(digits[8:], 16)
        except ValueError:
            return None
        return number if number <= self._number else None

    def add(
        self,
        kind: str,
        key: tuple[str, ...],
        content: Json,
        files: Sequence[tuple[str, Blob]] = (),
        now: datetime = _EVER,
    ) -> Thing:
        """Keep a thing, made before all time unless said; one that has its key already is replaced in its place."""
        things = self._kinds.setdefault(kind, {})
        old = things.get(key)
        if old is not None:
            old.content, old.files = content, list(files) or old.files
            return old
        self._number += 1
        things[key] = Thing(key, self._number, now, content, list(files))
        return things[key]

    def get(self, kind: str, key: tuple[str, ...]) -> Thing | None:
        """Find a thing by its key."""
        return self._kinds.get(kind, {}).get(key)

    def matching(self, kind: str, parts: Mapping[int, str]) -> list[Thing]:
        """Give the things of a kind whose key has these values at these places, the oldest first."""
        things = self._kinds.get(kind, {}).values()
        return [thing for thing in things if all(thing.key[place] == value for place, value in parts.items())]

    def remove(self, kind: str, key: tuple[str, ...]) -> bool:
        """Forget a thing; False if there was none."""
        return self._kinds.get(kind, {}).pop(key, None) is not None
