"""
Cloudcasts as YAML: a title, a description, tags, and tracks that say when they start.

Takes an open file or a text; gives a `CloudcastFile`. Nothing in a file is run: only the nodes of the document are
looked at, and a tag that is none of YAML's own is refused. A scalar is a text as it is written (`1999` and `No` are
good titles), but for `start`, which is YAML 1.1's integer with its base 60: 2:54 is 174 seconds. `0:54`, which YAML 1.1
takes for a text, and texts in quotes mean the same.
Source: YAML 1.1, and its integer type (yaml.org/type/int.html). Parsed by PyYAML where it is installed (extra `yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO, Any, TypeVar

from restpath.errors import InvalidValue
from restpath.records import dataclass

__all__ = ["CloudcastFile", "TrackLine", "read_cloudcast"]

_T = TypeVar("_T")
_OWN = "tag:yaml.org,2002:"
# What plain YAML is made of. PyYAML's tags for Python's own objects begin as these do.
_PLAIN = frozenset(
    _OWN + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "map", "seq")
)
_CLOCK = re.compile(r"([0-9]+)((?::[0-5]?[0-9]){0,2})")
_MOST_TEXT = 40


@dataclass(frozen=True)
class TrackLine:
    """A track of the file; `start` is in seconds."""

    start: int
    artist: str
    name: str


@dataclass(frozen=True)
class CloudcastFile:
    """What a file says."""

    title: str
    description: str
    tags: tuple[str, ...]
    tracks: tuple[TrackLine, ...]


def read_cloudcast(file: IO[str] | IO[bytes] | str) -> CloudcastFile:
    """
    Read a cloudcast.

    Raises:
        InvalidValue: it is no YAML, a key is missing, a value is not what it is to be, or PyYAML is not installed.
    """
    reader = _Reader(file)
    whole = reader.mapping(reader.root, "the file")
    return CloudcastFile(
        reader.take(whole, "title", "the file", reader.text),
        reader.take(whole, "desc", "the file", reader.text),
        tuple(reader.take(whole, "tags", "the file", reader.list_of(reader.text))),
        tuple(reader.take(whole, "tracks", "the file", reader.list_of(reader.track))),
    )


class _Reader:
    """Looks at the nodes of a document, and says where something is wrong."""

    def __init__(self, file: IO[str] | IO[bytes] | str) -> None:
        try:
            import yaml
        except ImportError:
            raise InvalidValue("a cloudcast as YAML needs PyYAML: pip install 'restpath[yaml]'") from None
        name = getattr(file, "name", None)
        self._file = f"{name}: " if isinstance(name, str) else ""
        try:
            self.root = yaml.compose(file, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
            deep = isinstance(error, RecursionError)
            problem = "it is nested too deeply" if deep else " ".join(str(error).split())
            raise InvalidValue(f"{self._file}this is no YAML: {problem}") from error

    def fault(self, node: Any, problem: str) -> InvalidValue:
        """Say what is wrong at a node."""
        where = f" (line {node.start_mark.line + 1}, column {node.start_mark.column + 1})" if node is not None else ""
        return InvalidValue(f"{self._file}{problem}{where}")

    def mapping(self, node: Any, what: str) -> dict[str, Any]:
        """Give the values of a mapping by their keys."""
        if node is None or node.id != "mapping":
            raise self.fault(node, f"{what} is to be a mapping of keys and values")
        self._check_tag(node, what)
        found: dict[str, Any] = {"": node}
        for key, value in node.value:
            if key.id == "scalar":
                self._check_tag(key, f"a key of {what}")
                if key.value in found:
                    raise self.fault(key, f"{what} has the key {key.value!r} twice")
                found[key.value] = value
        return found

    def take(self, values: dict[str, Any], key: str, what: str, read: Callable[[Any, str], _T]) -> _T:
        """Read the value of a key that has to be there."""
        if key not in values:
            raise self.fault(values[""], f"{what} lacks the key {key!r}")
        return read(values[key], f"{key!r}" if what == "the file" else f"{key!r} of {what}")

    def text(self, node: Any, what: str) -> str:
        """Read a text: any scalar, as it is written."""
        if node.id != "scalar" or (node.tag == f"{_OWN}null" and node.style is None):
            raise self.fault(node, f"{what} is to be a text")
        self._check_tag(node, what)
        return str(node.value)

    def list_of(self, read: Callable[[Any, str], _T]) -> Callable[[Any, str], list[_T]]:
        """Give what reads a list, item by item."""

        def read_list(node: Any, what: str) -> list[_T]:
            if node.id != "sequence":
                raise self.fault(node, f"{what} is to be a list")
            self._check_tag(node, what)
            return [read(item, f"{what.strip(chr(39))}[{index}]") for index, item in enumerate(node.value)]

        return read_list

    def track(self, node: Any, what: str) -> TrackLine:
        """Read a track."""
        values = self.mapping(node, what)
        start = self.take(values, "start", what, self.seconds)
        artist = self.take(values, "artist", what, self.text)
        return TrackLine(start, artist, self.take(values, "track", what, self.text))

    def seconds(self, node: Any, what: str) -> int:
        """Read when something starts: whole seconds, or minutes and seconds, or hours, minutes and seconds."""
        text = self.text(node, what).strip()
        clock = _CLOCK.fullmatch(text) if len(text) < _MOST_TEXT else None
        if node.tag == f"{_OWN}int" and node.style is None and len(text) < _MOST_TEXT:
            seconds = self._yaml_int(node)
        elif clock is not None:
            seconds = 0
            for piece in text.split(":"):
                seconds = seconds * 60 + int(piece)
        else:
            seconds = -1
        if seconds < 0:
            shown = text[:_MOST_TEXT]
            raise self.fault(
                node, f"{what} is {shown!r}, and is to be whole seconds, or a time such as 2:54 or 1:02:03"
            )
        return seconds

    @staticmethod
    def _yaml_int(node: Any) -> int:
        from yaml.constructor import SafeConstructor

        try:
            return int(SafeConstructor().construct_yaml_int(node))
        except ValueError:  # a tag !!int before what is none
            return -1

    def _check_tag(self, node: Any, what: str) -> None:
        if node.tag not in _PLAIN:
            raise self.fault(node, f"{what} has the tag {node.tag[:_MOST_TEXT]!r}: only plain values are read here")
