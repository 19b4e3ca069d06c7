"""
Making a call of a path, a method and what the caller gave.

What is the same in all calls of an operation is worked out once; a call that carries nothing of its own, as most do, is
made of that, and every other one by `filling`. Pure: files are named, not opened, and no credentials are looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from restpath.call import Arguments, Call
from restpath.once import cached_property
from restpath.path import Path, render, resolve
from restpath.place import Root
from restpath.tree import End
from restpath.types import Headers, Unset

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.filling import Filling

__all__ = ["Plan", "build_call"]


def build_call(path: Path, word: str, given: Arguments, *, validate: bool = True) -> Call:
    """
    Describe the request that an operation means.

    Args:
        path: where.
        word: the HTTP method, in capitals.
        given: the caller's arguments.
        validate: hold the body to the definition's JSON Schema.
    Raises:
        MethodNotAllowed, InvalidValue, InvalidBody: nothing is sent that could not be meant.
    """
    method, end = resolve(path, word)
    if given.headers is None and given.upload_file is None:
        plan = path._root.plans.get(method) or _new_plan(path._root, method)
        if plan.has_no_body and not given.fields and given.qs is None and isinstance(given.data, Unset):
            return Call(word, plan.base + render(path, end) + plan.text, plan.query, plan.headers, operation=method)
        made = plan.filling.plain_call(path, word, given, end, validate)
        if made is not None:
            return made
    return _filled_call()(path, word, given, method, end, validate)


@cache
def _filled_call() -> Callable[[Path, str, Arguments, Method, End | None, bool], Call]:
    from restpath.filling import filled_call

    return filled_call


class Plan:
    """
    What is the same in all calls of an operation, worked out once.

    Attributes:
        method: the operation.
        base: its base URL.
        query, text: its query, as pairs and with its question mark.
        headers: its header fields without a body.
        has_no_body: whether it has none unless one is given.
    """

    def __init__(self, base: str, method: Method) -> None:
        self.base, self.method = base, method
        self.headers = Headers(method.rules.headers.items())
        self.query: tuple[tuple[str, str], ...] = ()
        self.text, self.has_no_body = "", True
        if method.defaults() or method.resource.template.query:
            from restpath.filling import begun

            self.query, self.text, self.has_no_body = begun(method)

    @cached_property
    def filling(self) -> Filling:
        """What its calls are that carry something."""
        from restpath.filling import Filling

        return Filling(self)


def _new_plan(root: Root, method: Method) -> Plan:
    plan = root.plans[method] = Plan(root.base_of(method), method)
    return plan
