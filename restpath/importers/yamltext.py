"""
YAML of strangers: a description's text to plain values, with the meaning of YAML 1.2's core schema.

Takes text; gives plain values. `no`, dates and `=` are text; keys are texts whatever they look like; tags are passed
over; aliases are followed as far as what they come to stays within bounds. A repeated key holds what is said last, as
in JSON. Unlike in data files of one's own nothing is refused that can be understood.
Source: YAML 1.2.2 section 10.3. Parsed by PyYAML where it is installed (the extra `yaml`), by libyaml where it has
that; the values are made here, without recursion.
"""

from __future__ import annotations

import math
import re
from typing import Any

from restpath.definition.jsonfile import MAX_VALUES
from restpath.definition.yamlscalars import meaning_of
from restpath.errors import DefinitionError

__all__ = ["MAX_DEPTH", "read_yaml_text"]

MAX_DEPTH = 200
_EXPECTED = "a mapping, as a JSON object"
_SURROGATE = re.compile("[\ud800-\udfff]")

# Tabs that YAML 1.2 allows and PyYAML does not: on lines with nothing else, and behind something.
_EMPTY_LINE = re.compile(r"^[ \t]*\t[ \t]*$", re.MULTILINE)
_TAB_BEHIND = re.compile(r"(?<=\S)[ \t]*\t[ \t]*")


def read_yaml_text(text: str, file: str | None = None) -> Any:
    """
    Read a YAML text.

    Raises:
        DefinitionError: it is none, or is larger or deeper than any description; with line and column where known.
        ImportError: PyYAML is not installed.
    """
    import yaml

    try:
        return _read(text, file)
    except yaml.YAMLError as error:
        if "\t" in text:
            try:
                return _read(_TAB_BEHIND.sub(" ", _EMPTY_LINE.sub("", text)), file)
            except yaml.YAMLError:
                pass
        raise _no_yaml(error, file) from error


def _no_yaml(error: Any, file: str | None) -> DefinitionError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = [getattr(error, "context", None), getattr(error, "problem", None)]
    said = ", ".join(part for part in parts if part) or str(error).splitlines()[0]
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return DefinitionError(f"this is no YAML: {said}{where}", file=file, expected=_EXPECTED)


def _read(text: str, file: str | None) -> Any:
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    building = _Building(file)
    try:
        for event in yaml.parse(text, loader):
            handle = building.handlers.get(type(event).__name__)
            if handle is not None:
                handle(event)
    except (ValueError, OverflowError) as error:  # of an escape or a version with a number that nothing has
        raise DefinitionError(f"this is no YAML: {error}", file=file, expected=_EXPECTED) from error
    if not building.documents:
        raise DefinitionError("it is empty", file=file, expected=_EXPECTED)
    return building.documents[0]


class _Open:
    """A mapping or a list that is being read."""

    __slots__ = ("value", "key", "anchor", "before", "depth")

    def __init__(self, value: Any, anchor: str | None, before: int) -> None:
        self.value, self.anchor, self.before = value, anchor, before
        self.key: str | None = None
        self.depth = 1


class _Building:
    """Builds values from the events of a parser."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.documents: list[Any] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._count = 0
        self.handlers = {
            "ScalarEvent": self._scalar, "AliasEvent": self._alias, "MappingStartEvent": self._mapping,
            "SequenceStartEvent": self._sequence, "MappingEndEvent": self._end, "SequenceEndEvent": self._end,
            "DocumentStartEvent": self._document,
        }  # fmt: skip

    def _document(self, event: Any) -> None:
        if self.documents:
            raise self._fault("there are several documents in it", event, "one document")

    def _fault(self, problem: str, event: Any, expected: str) -> DefinitionError:
        where = f" (line {event.start_mark.line + 1}, column {event.start_mark.column + 1})"
        return DefinitionError(f"{problem}{where}", file=self.file, expected=expected)

    def _mapping(self, event: Any) -> None:
        self._begin({}, event)

    def _sequence(self, event: Any) -> None:
        self._begin([], event)

    def _begin(self, value: Any, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._fault("it is nested too deeply", event, f"at most {MAX_DEPTH} levels")
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            raise self._fault("a mapping or a list stands as a key", event, "a text as the key")
        self._open.append(_Open(value, event.anchor, self._count))

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.value, self._count - done.before + 1, done.depth)
        self._put(done.value, event, done.depth)

    def _scalar(self, event: Any) -> None:
        if not event.value.isascii() and _SURROGATE.search(event.value):  # libyaml refuses it by itself
            raise self._fault("half of a surrogate pair is no character", event, "text that has a UTF-8")
        top = self._open[-1] if self._open else None
        if top is not None and top.key is None and isinstance(top.value, dict):
            top.key = event.value
            if event.anchor is not None:
                self._anchors[event.anchor] = (event.value, 1, 0)
            return
        value = event.value if event.style else _plain(event.value)  # quoted, or a block
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1, 0)
        self._put(value, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise self._fault(f"the alias *{event.anchor} stands for nothing before it", event, "an anchor before it")
        value, count, depth = self._anchors[event.anchor]
        if len(self._open) + depth > MAX_DEPTH:
            raise self._fault("it is nested too deeply", event, f"at most {MAX_DEPTH} levels")
        top = self._open[-1] if self._open else None
        if top is not None and top.key is None and isinstance(top.value, dict):
            if not isinstance(value, str):
                raise self._fault("a mapping or a list stands as a key", event, "a text as the key")
            top.key = value
            return
        self._count += count - 1
        self._put(value, event, depth)

    def _put(self, value: Any, event: Any, depth: int = 0) -> None:
        self._count += 1  # what aliases stand for is counted each time
        if self._count > MAX_VALUES:
            raise self._fault("there is too much in it", event, f"at most {MAX_VALUES} values, aliases written out")
        if not self._open:
            self.documents.append(value)
            return
        top = self._open[-1]
        top.depth = max(top.depth, depth + 1)
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key == "<<" and isinstance(value, (dict, list)):  # a merge of YAML 1.1, which authors go on using
            for more in value if isinstance(value, list) else [value]:
                if not isinstance(more, dict):
                    raise self._fault("a merge (<<) takes in what is no mapping", event, "mappings")
                top.value.update({key: item for key, item in more.items() if key not in top.value})
            top.key = None
        else:
            top.value[top.key] = value
            top.key = None


def _plain(text: str) -> Any:
    """Read a scalar without quotes by the core schema; a number that JSON does not have stays text."""
    value = meaning_of(text)
    return text if isinstance(value, float) and not math.isfinite(value) else value
