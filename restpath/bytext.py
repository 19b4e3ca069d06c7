"""
The templates of a resource tree by their text.

Takes a `Tree`; gives a mapping, in which only those that are asked for are walked to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from restpath.definition.lazy import Outline
from restpath.once import cached_property
from restpath.template import parse_template

if TYPE_CHECKING:
    from restpath.tree import End, Node, Tree

__all__ = ["ByText"]


class ByText(Mapping[str, "tuple[Node, End]"]):
    """The templates of a tree by their text; only those that are asked for are walked to."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @cached_property
    def _outlines(self) -> Mapping[str, Outline]:
        return dict(self._tree.definition.outlines())

    def __getitem__(self, text: str) -> tuple[Node, End]:
        if text in self._tree.grafted and text not in self._outlines:
            return self._tree.grafted[text]
        outline = self._outlines[text]
        node = self._tree.root
        for segment in parse_template(text, literal=outline.literal).segments:
            below = node.known(segment)
            assert below is not None
            node = below
        return node, next(end for end in node.ends if end.template.text == text)

    def __contains__(self, text: object) -> bool:
        return text in self._outlines or text in self._tree.grafted

    def __iter__(self) -> Iterator[str]:
        return iter({**self._outlines, **self._tree.grafted} if self._tree.grafted else self._outlines)

    def __len__(self) -> int:
        return sum(1 for _ in self)
