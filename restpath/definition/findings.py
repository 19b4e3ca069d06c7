"""
What is found when a definition is looked through: faults, doubts and notes, each with its file, place and advice.

A fault is what `restpath.read` refuses. A doubt is what it takes, and what will hardly do what was meant. A note is
only good to know. Places are JSON Pointers (RFC 6901).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from restpath.definition.jsonfile import pointer
from restpath.errors import DefinitionError

__all__ = ["Doubt", "Finding", "Level", "doubt_finding", "finding_of"]

Level: TypeAlias = Literal["fault", "doubt", "note"]

Doubt: TypeAlias = "tuple[Level, str, Sequence[object], str, str]"
"""A level, the kind of the document, the place in the merged documents, what is the matter, and what to do."""


@dataclass(frozen=True)
class Finding:
    """
    Something that a check found.

    Attributes:
        level: "fault" for what `read` refuses, "doubt" for what will hardly do what was meant, "note" for the rest.
        file: the file that says it; "" where the program passed it.
        place: where in that file, in the long form: a JSON Pointer, "" for the whole.
        problem: what is the matter.
        advice: what was expected, or what to do; "" where that is plain.
    """

    level: Level
    file: str
    place: str
    problem: str
    advice: str = ""

    def __str__(self) -> str:
        where = f"{self.file}#{self.place}" if self.place else self.file
        text = f"{where}: {self.problem}" if where else self.problem
        if not self.advice:
            return text
        return f"{text} ({self.advice})" if self.level == "fault" else f"{text}; {self.advice}"


def doubt_finding(doubt: Doubt, file: str) -> Finding:
    """Make a finding of a doubt, with the file that says what it is about."""
    level, _, tokens, problem, advice = doubt
    return Finding(level, file, pointer(tokens), problem, advice)


def finding_of(error: DefinitionError) -> Finding:
    """Make a finding of what `read` would have raised."""
    advice = f"expected {error.expected}" if error.expected else ""
    return Finding("fault", error.file or "", error.pointer or "", error.problem, advice)
