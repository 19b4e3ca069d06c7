"""
YAML data files: the same values as JSON, read with the meaning of YAML 1.2's core schema.

Takes text; gives plain values. `no`, dates and `=` are text; a tag, a repeated key, a key that is no text, an alias and
a number that JSON does not have are errors, so that a file says what it seems to say and cannot grow when it is read.
Source: YAML 1.2.2 section 10.3. Parsed by PyYAML where it is installed (the extra `yaml`); the values are made here.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from restpath.definition.jsonfile import pointer, too_deep
from restpath.definition.yamlscalars import meaning_of
from restpath.errors import DefinitionError

__all__ = ["read_yaml"]


def read_yaml(text: str, file: str | None = None) -> Any:
    """
    Read a YAML text.

    Raises:
        DefinitionError: it is none, or uses what a data file may not; with line and column where they are known.
        ImportError: PyYAML is not installed.
    """
    import yaml

    loader = _open(text, file)
    try:
        node = loader.get_single_node()
        if node is None:
            raise DefinitionError("it is empty", file=file, expected="a mapping, as a JSON object")
        return _value(node, (), file)
    except RecursionError as error:
        raise too_deep(file) from error
    except (ValueError, OverflowError) as error:  # of an escape or a version with a number that nothing has
        raise DefinitionError(f"this is no YAML: {error}", file=file, expected="a mapping, as a JSON object") from error
    except yaml.MarkedYAMLError as error:
        said = ", ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        raise _fault(
            f"this is no YAML for a data file: {said}", mark, (), file, "a mapping, as a JSON object"
        ) from error
    finally:
        loader.dispose()


def _open(text: str, file: str | None) -> Any:
    """Make the loader for a text, which may hold no characters that YAML forbids."""
    from yaml.reader import ReaderError

    try:
        return _loader()(text)
    except ReaderError as error:
        at: int = error.position
        where = f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
        problem = f"this is no YAML: the character U+{ord(text[at]):04X} at {where}"
        raise DefinitionError(problem, file=file, expected="printable text") from error


@lru_cache(maxsize=1)
def _loader() -> Any:
    import yaml

    class Loader(yaml.BaseLoader):
        """PyYAML's loader that gives every scalar as text, without tags and aliases."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            mark: Any = event.start_mark
            if isinstance(event, yaml.AliasEvent):
                raise yaml.MarkedYAMLError(problem="aliases are not read here", problem_mark=mark)
            if getattr(event, "tag", None) is not None:
                raise yaml.MarkedYAMLError(problem="tags are not read here", problem_mark=mark)
            return super().compose_node(parent, index)

    return Loader


def _fault(problem: str, mark: Any, place: tuple[object, ...], file: str | None, expected: str) -> DefinitionError:
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return DefinitionError(f"{problem}{where}", file=file, pointer=pointer(place), expected=expected)


def _value(node: Any, place: tuple[object, ...], file: str | None) -> Any:
    if node.id == "scalar":
        return _scalar(node, place, file)
    if node.id == "sequence":
        return [_value(item, (*place, index), file) for index, item in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node, place, file) if key_node.id == "scalar" else None
        if not isinstance(key, str):
            shown = f"the key {key_node.value!r}" if key_node.id == "scalar" else f"a {key_node.id} as a key"
            raise _fault(
                f"{shown} is no text", key_node.start_mark, place, file, "a text as the key, or quotes around it"
            )
        if key in result:
            raise _fault(f"the key {key!r} is there twice", key_node.start_mark, (*place, key), file, "each key once")
        result[key] = _value(value_node, (*place, key), file)
    return result


def _scalar(node: Any, place: tuple[object, ...], file: str | None) -> Any:
    text: str = node.value
    if node.style is not None:  # quoted, or a block
        return text
    value = meaning_of(text)
    if isinstance(value, float) and not math.isfinite(value):
        raise _fault(f"JSON has no number {text[:40]}", node.start_mark, place, file, "a number that a float holds")
    return value
