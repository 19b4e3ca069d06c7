"""
What is unknown now and may be known later: the same step, taken again in a newer tree of the same client.

Takes a place, the error of a step there, and the step; where the client follows its service (`refresh="on-miss"`),
gives what the step leads to in a later root, in which the place's segments are stepped again. A path never changes:
what follows from the step has the later root, and the path has its own as before. Pure: how a root is renewed is
injected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from restpath.errors import MethodNotAllowed, RestpathError, UnknownResource
from restpath.place import Place, Root

__all__ = ["later", "later_root", "stepped_again"]

_T = TypeVar("_T")


def later(place: Place, what: str, error: RestpathError, step: Callable[[Any], _T]) -> _T:
    """
    Take a step that failed again, where there is a later root.

    Args:
        place: where it failed.
        what: the name or the method that is not there, by which a miss is remembered.
        error: why it failed.
        step: takes a place.
    Raises:
        UnknownResource, MethodNotAllowed: it fails there, too; with the nearest of what there is by now.
    """
    if place._suffix is not None:  # which nothing ever follows
        raise error

    def take(root: Root) -> _T | None:
        again = stepped_again(root, place)
        return None if again is None else step(again)

    return later_root(place._root, f"{place._node.template} {what}", error, take)


def later_root(root: Root, what: str, error: RestpathError, take: Callable[[Root], _T | None]) -> _T:
    """
    Look something up that a root does not know, where there is a later one.

    Args:
        take: looks it up; None, or the error that it is unknown, where it is not there either.
    Raises:
        UnknownResource, MethodNotAllowed: it is nowhere.
    """
    if root.renew is None:
        raise error
    newer = root.renew(root, what)
    for each in newer:
        try:
            found = take(each)
        except (UnknownResource, MethodNotAllowed) as again:
            error = again
        else:
            if found is not None:
                return found
    if newer.note:
        error.args = (f"{error.args[0]}. {newer.note}", *error.args[1:])
    raise error from None


def stepped_again(root: Root, place: Place) -> Any:
    """Give the same place in the tree of another root; None where that does not have it."""
    node = root.tree.root
    for segment in place._node.segments():
        known = node.known(segment)
        if known is None:
            return None
        node = known
    return place._in(root, node) if node.admits(place._names) else None
