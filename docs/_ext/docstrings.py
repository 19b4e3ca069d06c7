"""
Our docstrings as docutils reads them: the sections Args, Attributes, Returns, Yields, Raises, and `Source:` and
`Departure:` in a line.

Takes the lines of a docstring; gives reStructuredText.
Departure: napoleon, which Sphinx has for such sections, takes the first words of `Returns:` and of a property's line
for a type where a colon follows. Ours are plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

__all__ = ["adapt"]

_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields):\s*$")
_SAID = re.compile(r"(Source|Departure): (.*)")
_ENTRY = re.compile(r" {4}((?:\*{0,2}\w+)(?:, \w+)*): (.*)")
_FIELDS = {"Args": "param", "Attributes": "ivar", "Raises": "raises", "Returns": "returns", "Yields": "yields"}


def adapt(lines: list[str]) -> list[str]:
    """
    Write a docstring's sections as fields.

    Args:
        lines: the docstring, without its indentation.
    """
    found: list[str] = []
    for heading, body in _sections(lines):
        if not heading:
            found += [*_with_code(body), ""]
        elif heading in ("Args", "Attributes", "Raises"):
            found += [*_entries(_FIELDS[heading], body), ""]
        else:
            found += [f":{_FIELDS.get(heading, heading)}: {_joined(body)}", ""]
    return found


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Cut a docstring at its headings; what comes before them has none."""
    marked, heading = [], ""
    for line in lines:
        section, said = _SECTION.match(line), _SAID.match(line)
        if section is not None:
            heading = section[1]
        elif said is not None:
            heading = said[1]
            marked.append((heading, said[2]))
        else:
            if not line.strip() and heading in ("Source", "Departure"):
                heading = ""
            marked.append((heading, line))
    for name, group in groupby(marked, key=lambda each: each[0]):
        yield name, [line for _, line in group]


def _entries(field: str, body: list[str]) -> Iterator[str]:
    """Write `name: what it is`, which may go on in lines further in; of several names in one each has its own."""
    names, text = [""], ""
    for line in [*body, "    end: "]:
        entry = _ENTRY.match(line)
        if entry is None:
            text = f"{text} {line.strip()}".rstrip()
            continue
        yield from (f":{field} {_plain(name)}: {text}" for name in names if name)
        names, text = entry[1].split(", "), entry[2]


def _with_code(body: list[str]) -> Iterator[str]:
    """Mark what stands indented behind an empty line as code."""
    is_code, before = False, "text"
    for line in body:
        if line.startswith("    ") and not before and not is_code:
            yield from ["::", ""]
            is_code = True
        elif line and not line.startswith(" "):
            is_code = False
        yield line
        before = line


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _plain(name: str) -> str:
    return name.replace("*", r"\*")
