"""
Paths and operation names of descriptions, as the data format has them.

Takes a path as it is written somewhere; gives the template, and whether its braces are plain text. Takes names; tells
whether they can be chains of attributes. Pure.
Source: RFC 6570.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from restpath.template import TemplateError, is_plain, parse_template

__all__ = ["Written", "in_the_way", "written_as_template"]


class Written(NamedTuple):
    """
    A path as a template.

    Attributes:
        text: the template; None where none can be made of the path.
        literal: whether its braces are plain text.
        problem: what keeps it from being a template in the ordinary way; "" where nothing does.
    """

    text: str | None
    literal: bool = False
    problem: str = ""


def written_as_template(path: str) -> Written:
    """Write a path as a template: with its leading slash, and with braces as plain text where they are not balanced."""
    text = path if path.startswith("/") else f"/{path}"
    if is_plain(text):
        return Written(text)
    try:
        parse_template(text)
    except TemplateError as error:
        problem = str(error)
    else:
        return Written(text)
    try:
        parse_template(text, literal=True)
    except TemplateError as error:
        return Written(None, False, str(error))
    return Written(text, True, problem)


def in_the_way(names: Collection[str]) -> str | None:
    """Find a name that keeps all from being chains of attributes: one with an empty part, or one that holds others."""
    parted = sorted(name.split(".") for name in set(names))  # what a name holds comes right behind it
    for parts, following in zip(parted, [*parted[1:], []], strict=False):
        if not all(parts) or following[: len(parts)] == parts:
            return ".".join(parts)
    return None
