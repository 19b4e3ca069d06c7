"""
What a description says and restpath cannot, or does otherwise: told by kind, for there may be hundreds.

Takes the `left_out` of a definition; gives lines: one for each kind with how often it is there, or one for each.
A description says what it likes: nothing in a line steers a terminal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from restpath.cli.drawing import plain_text
from restpath.cli.wording import in_cli_words

if TYPE_CHECKING:
    from restpath.importers.found import LeftOut

__all__ = ["left_out_lines"]

# What differs within a kind: names in quotes, URLs, numbers.
_OWN = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\bhttps?://[^\s,;]+|\b\d+\b")


def left_out_lines(left_out: Iterable[LeftOut], *, each: bool = False) -> Iterator[str]:
    """
    Write what is left out.

    Args:
        each: a line for each place; else a line for each kind, the most frequent first, by the first of them.
    """
    found = list(left_out)
    if each:
        yield from (plain_text(f"{one.place or '/'}: {in_cli_words(one.what)}") for one in found)
        return
    kinds = Counter(_OWN.sub("...", one.what) for one in found)
    first: dict[str, LeftOut] = {}
    for one in found:
        first.setdefault(_OWN.sub("...", one.what), one)
    for kind, count in kinds.most_common():
        one = first[kind]
        more = f" (at {one.place or '/'}" + (f", and {count - 1} more of this kind)" if count > 1 else ")")
        yield plain_text(in_cli_words(one.what) + more)
