"""
A field that may be misspelled: one that goes into a query whose names the definition lists, and is none of them.

Takes what was said of a call, and the call; gives what to say about it. It is sent all the same: services take more
than they tell. Who writes `name==text` means it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restpath.call import Call
    from restpath.cli.arguments import Given
    from restpath.definition.method import Method

__all__ = ["doubts"]

_MOST = 8


def doubts(method: Method, call: Call, given: Given, variables: Collection[str] = ()) -> Iterator[str]:
    """
    Give a line for each field that the query of an operation does not know.

    Args:
        variables: the fields that stand in the path.
    """
    known = _known(method)
    if not method.query:
        return
    sent = {name for name, _ in call.query}
    for keys in given.fields:
        name = ".".join(keys)
        if name in sent and name not in known and name not in variables and name not in given.query:
            what = f"{call.described()} is not known to take {name!r} in its query"
            yield f"{what}{_instead(name, known)} It is sent all the same"


def _known(method: Method) -> dict[str, None]:
    """The names of a query, in the definition's order: declared, in the template, and those that cut pages."""
    pages = method.rules.pages
    more = [pages.parameter, pages.size] if pages is not None else []
    return dict.fromkeys([*method.query, *method.resource.template.query_variables, *filter(None, more)])


def _instead(name: str, known: Collection[str]) -> str:
    from restpath.phrasing import did_you_mean, nearest

    near = nearest(name, list(known))
    if near:
        return did_you_mean(near)
    rest = ", ..." if len(known) > _MOST else ""
    return f", which knows {', '.join(list(known)[:_MOST])}{rest}."
