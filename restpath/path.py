"""
Path: one lazy place in the resource tree, with its values. Building, showing or comparing one sends nothing.

Takes names (`path.activities`) and items (`path["ann"]`); gives further paths, and operations made by the one callable
that the root injects. What nearly all paths are made of is found here at a glance; what else a name or an item can mean
is said in `items`, which template is meant where that takes more than a glance in `resolving`, and what is said of a
place in `phrasing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from restpath.errors import InvalidValue, UnknownItem
from restpath.place import Place, Root
from restpath.template import Segment
from restpath.tree import End, Names, Node

if TYPE_CHECKING:
    from restpath.definition.method import Method
    from restpath.named import Namespace

__all__ = [
    "Path", "fixed_below", "no_path", "operation_of", "plain_path", "render", "resolve", "restore_path", "root_of",
]  # fmt: skip


class Path(Place):
    """
    An immutable place in the resource tree of a service: `client.people["ann"].activities`.

    Attributes lead to fixed segments, items to fixed or variable ones. `get post put patch delete head options` are the
    operations, `defaults(method)` gives the body that one starts from, `walk` goes through a list page by page. All
    else is a function: `restpath.url(path)`, `restpath.describe(path)`, `restpath.children(path)`.
    """

    __slots__ = ()

    # A type with items but no length would be iterated by trying 0, 1, 2, ...
    __iter__: ClassVar[None] = None
    __contains__: ClassVar[None] = None

    def _at(self, node: Node, values: tuple[str, ...], names: Names | None = None, suffix: str | None = None) -> Path:
        return Path(self._root, node, values, names, suffix)

    def _in(self, root: Root, node: Node) -> Path:
        return Path(root, node, self._values, self._names, self._suffix)

    # ---- one segment on ----

    def __getattr__(self, name: str) -> Any:
        child = self._node.attributes.get(name)
        if child is not None and self._names is None and self._suffix is None:
            return plain_path(self._root, child, self._values)
        return _attribute_rules()(self, name)

    def __getitem__(self, key: Any) -> Any:
        if type(key) is str and self._names is None and self._suffix is None:
            node = self._node
            child = node.literals.get(key)
            if child is not None:
                return plain_path(self._root, child, self._values)
            child = node.variable
            # Text that could be another spelling of a segment, or is no value, takes the long way.
            if child is not None and key.isalnum() and key.isascii() and not (child.implied or child.repeats):
                return plain_path(self._root, child, (*self._values, key))
        return _item_rules()(self, key)

    # ---- operations ----

    @property
    def get(self) -> Any:
        """The operation GET."""
        return self._operation("get")

    @property
    def post(self) -> Any:
        """The operation POST."""
        return self._operation("post")

    @property
    def put(self) -> Any:
        """The operation PUT."""
        return self._operation("put")

    @property
    def patch(self) -> Any:
        """The operation PATCH."""
        return self._operation("patch")

    @property
    def delete(self) -> Any:
        """The operation DELETE."""
        return self._operation("delete")

    @property
    def head(self) -> Any:
        """The operation HEAD."""
        return self._operation("head")

    @property
    def options(self) -> Any:
        """The operation OPTIONS."""
        return self._operation("options")

    @property
    def defaults(self) -> Any:
        """`defaults(method)` gives a copy of the body that the method starts from; or the segment of that name."""
        found = self._segment("defaults")
        if found is not None:
            return found
        from restpath.resolving import defaults_of

        return lambda method: defaults_of(self, method)

    @property
    def walk(self) -> Any:
        """`walk(**fields)` gives the items of a list, page by page; or the segment of that name."""
        return self._segment("walk") or self._operation("get").walk

    def _operation(self, word: str) -> Any:
        return self._root.operation(self, word.upper())

    def _segment(self, name: str) -> Path | None:
        node = self._node.literals.get(name)
        if node is None or self._suffix is not None or not node.admits(self._names):
            return None
        return Path(self._root, node, self._values, self._names)

    # ---- being a value ----

    def __eq__(self, other: object) -> bool:
        """Equal are paths of the same template with the same values, however that was said."""
        if not isinstance(other, Path):
            return NotImplemented
        if self._values != other._values or self._node.shape != other._node.shape:
            return False
        return self._template() == other._template() and self._root.same_as(other._root)

    def _template(self) -> tuple[Any, ...]:
        """What is known of the template beside its shape: which ones it can be, else what was said of it."""
        if self._names is None and self._suffix is None and len(self._node.ends) < 2:
            return (*(end.template.text for end in self._node.ends),)
        from restpath.resolving import candidates

        ends = candidates(self)
        return tuple(end.template.text for end in ends) if ends else (None, self._names, self._suffix)

    def __hash__(self) -> int:
        return hash((self._root.base_url, self._node.shape, self._values))

    def __copy__(self) -> Path:
        return self

    def __deepcopy__(self, memo: object) -> Path:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        pieces = tuple(segment.pieces for segment in self._node.segments())
        return restore_path, (self._root.owner, pieces, self._values, self._names, self._suffix)

    # ---- being shown ----

    def __repr__(self) -> str:
        from restpath.phrasing import show
        from restpath.resolving import methods_at

        methods = " ".join(methods_at(self))
        return f"<{self._root.definition.name or 'path'} {show(self)}{': ' + methods if methods else ''}>"

    def __dir__(self) -> list[str]:
        from restpath.phrasing import attribute_names
        from restpath.resolving import methods_at

        words = [method.lower() for method in methods_at(self)]
        return sorted({*words, *attribute_names(self), "defaults", *(["walk"] if "get" in words else [])})

    def _ipython_key_completions_(self) -> list[str]:
        from restpath.phrasing import item_keys

        return item_keys(self)

    def _repr_html_(self) -> str:
        from html import escape

        from restpath.phrasing import children_of, show
        from restpath.resolving import methods_at

        methods = " ".join(f"<b>{escape(method)}</b>" for method in methods_at(self)) or "<i>no methods</i>"
        below = "".join(f"<li><code>{escape(name)}</code></li>" for name in children_of(self))
        return f"<div><code>{escape(show(self))}</code> {methods}{f'<ul>{below}</ul>' if below else ''}</div>"


def plain_path(root: Root, node: Node, values: tuple[str, ...]) -> Path:
    """Make a path of which no names and no suffix were said, in half the time that the class takes to be called."""
    path = _new(Path)
    path._root = root
    path._node = node
    path._values = values
    path._names = None
    path._suffix = None
    return path


_new = object.__new__


@cache
def _attribute_rules() -> Callable[[Place, str], Any]:
    from restpath.items import attribute

    return attribute


@cache
def _item_rules() -> Callable[[Place, Any], Any]:
    from restpath.items import item

    return item


# ---- which template is meant -------------------------------------------------------------------------------------


def resolve(place: Place, method: str) -> tuple[Method, End | None]:
    """
    Find the operation that a method means at a place.

    Returns:
        the record, and the template it ends in (None beyond the definition).
    Raises:
        MethodNotAllowed: no template here accepts the method.
        InvalidValue: several do, and nothing said which; or one variable was given two values.
    """
    only = place._node.only
    if only is not None and method in only.methods and place._names is None and place._suffix is None:
        return only.method(method), only
    return _resolving_rules()(place, method)


@cache
def _resolving_rules() -> Callable[[Place, str], tuple[Method, End | None]]:
    from restpath.resolving import resolve_by_rules

    return resolve_by_rules


def render(place: Place, end: End | None) -> str:
    """Write a place's path, percent-encoded; without the template's query."""
    if end is not None:
        return end.render(place._values, place._root.lookup)
    from restpath.resolving import render_free

    return render_free(place)


# ---- for the modules that stand on paths: a path's own names are those of the service ----------------------------


def root_of(place: Path | Namespace) -> Root:
    """Give what a path, a client or a namespace shares with all others of its client."""
    return place._root


def no_path(value: object) -> InvalidValue:
    """Make the error of what is given in a path's place."""
    return InvalidValue(f"this takes a client or a path of one, such as client.people, not {type(value).__name__}")


def operation_of(path: Path, word: str) -> Any:
    """Give the operation of a method at a path, whatever segments the service has."""
    return Path._operation(path, word)


def fixed_below(path: Path, text: str) -> Path | None:
    """Give the fixed segment of that spelling below a path; None where there is none."""
    return path[text] if path._node.fixed(text) is not None else None


def restore_path(
    owner: Any, pieces: Sequence[Any], values: tuple[str, ...], names: Names | None, suffix: str | None
) -> Path:
    """Make a pickled path again, from the client that was pickled with it."""
    from restpath.items import free_node

    root: Root = owner.root
    node = root.tree.root
    for segment in map(Segment, pieces):
        known = node.known(segment)
        if known is None and root.strict and not node.free:
            raise UnknownItem(f"{root.definition.name} has no {segment.text!r} any more", segment=segment.text)
        node = known or free_node(node, segment)
    return Path(root, node, values, names, suffix) if pieces or suffix else owner.path()
