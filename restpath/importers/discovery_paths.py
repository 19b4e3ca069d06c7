"""
The two paths of a Discovery method: `path`, as it is sent, and `flatPath`, as the tree has it.

Takes the words of a method; gives its flat path, and which of its variables hold several segments at once. In `path`
one variable, `{+name}`, stands for what are several segments in `flatPath`; its `pattern` says which, one by one.
Source: the Discovery document format, version 1; RFC 6570 for `{+name}`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from restpath.types import JsonObject

__all__ = ["flat_path", "reserved_variables", "with_reserved"]

_RESERVED = re.compile(r"\{\+([^{}]*)\}")
_PLAIN = re.compile(r"\{([^{}+]+)\}")
_ONE, _ANY = "\0", "\1"  # a segment, and any number of them, in a pattern that is written out


def flat_path(words: JsonObject) -> str:
    """Give the flat path of a method; its path where it has no other."""
    flat = words.get("flatPath")
    return flat if isinstance(flat, str) and flat else str(words["path"])


def reserved_variables(words: JsonObject) -> set[str]:
    """
    Name the variables of the flat path whose values may hold slashes: those for which a pattern has `.*`.

    The flat path is laid beside the path, in which each reserved variable is written out as its pattern has it.
    """
    path, flat = str(words["path"]), flat_path(words)
    if path == flat or not _RESERVED.search(path):
        return set()
    parameters = words.get("parameters")
    patterns = parameters if isinstance(parameters, dict) else {}
    written = _RESERVED.sub(lambda match: _written_out(patterns.get(match[1]), match[0]), path).split("/")
    segments = flat.split("/")
    if len(written) != len(segments):
        return set()
    pairs = [(_PLAIN.match(own), other) for own, other in zip(segments, written, strict=True)]
    return {own[1] for own, other in pairs if own and other.startswith((_ANY, f"{{+{own[1]}}}"))}


def _written_out(parameter: Any, otherwise: str) -> str:
    """A pattern as segments: `^projects/[^/]+/.*$` becomes `projects/<one>/<any>`."""
    pattern = parameter.get("pattern") if isinstance(parameter, dict) else None
    if not isinstance(pattern, str):
        return otherwise
    plain = pattern.removeprefix("^").removesuffix("$").replace("[^/]+", _ONE)
    return re.sub(r"\.[*+]", _ANY, plain)


def with_reserved(path: str, names: Collection[str]) -> str:
    """Mark variables of a path as reserved."""
    return _PLAIN.sub(lambda match: f"{{+{match[1]}}}" if match[1] in names else match[0], path)
