"""
Path: one lazy place in the resource tree, with its values. Building, showing or comparing one sends nothing.

Takes names (`path.activities`) and items (`path["ann"]`); gives further paths, and operations made by the one callable
that the root injects. What a name or an item means is said in `items`, which template is meant in `resolving`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from restpath.errors import InvalidValue, UnknownAttribute, UnknownItem, UnknownResource
from restpath.items import attribute, free_end, free_node, item
from restpath.later import later_root
from restpath.place import (
    Place,
    Root,
    attribute_names,
    chain,
    children_of,
    did_you_mean,
    item_keys,
    nearest,
    show,
    unknown,
)
from restpath.resolving import candidates, defaults_of, render, resolve, resolve_any, telling_names
from restpath.template import (
    Segment,
    Template,
    TemplateError,
    as_value,
    encode_literal,
    encode_reserved,
    encode_simple,
    parse_template,
    shown,
)
from restpath.tree import Names, Node

__all__ = [
    "Namespace", "Path", "Root", "candidates", "chain", "children_of", "defaults_of", "did_you_mean",
    "expand_template", "fill_template", "fixed_below", "free_path", "named_operation", "nearest", "no_path",
    "operation_of", "parts_of", "render", "resolve", "resolve_any", "root_of", "show", "unknown", "unknown_name",
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
            return Path(self._root, child, self._values)
        return attribute(self, name)

    def __getitem__(self, key: Any) -> Any:
        if type(key) is str and self._names is None and self._suffix is None:
            node = self._node
            child = node.literals.get(key)
            if child is not None:
                return Path(self._root, child, self._values)
            child = node.variable
            # Text that could be another spelling of a segment, or is no value, takes the long way.
            if child is not None and key.isalnum() and key.isascii() and not (child.implied or child.repeats):
                return Path(self._root, child, (*self._values, key))
        return item(self, key)

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
        return self._segment("defaults") or (lambda method: defaults_of(self, method))

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
        methods = " ".join(self._node.methods)
        return f"<{self._root.definition.name or 'path'} {show(self)}{': ' + methods if methods else ''}>"

    def __dir__(self) -> list[str]:
        words = [method.lower() for method in self._node.methods]
        return sorted({*words, *attribute_names(self), "defaults", *(["walk"] if "get" in words else [])})

    def _ipython_key_completions_(self) -> list[str]:
        return item_keys(self)

    def _repr_html_(self) -> str:
        from html import escape

        node = self._node
        methods = " ".join(f"<b>{escape(method)}</b>" for method in node.methods) or "<i>no methods</i>"
        below = "".join(f"<li><code>{escape(name)}</code></li>" for name in children_of(self))
        return f"<div><code>{escape(show(self))}</code> {methods}{f'<ul>{below}</ul>' if below else ''}</div>"


class Namespace:
    """The operations whose dotted names begin alike: `client.doc` of `doc.get`, `doc.getList`."""

    __slots__ = ("_root", "_prefix", "_names")

    def __init__(self, root: Root, prefix: str, names: Mapping[str, object]) -> None:
        self._root, self._prefix, self._names = root, prefix, names

    def __getattr__(self, name: str) -> Any:
        found = named_operation(self._root, self._prefix, self._names, name)
        if found is not None:
            return found
        error = unknown_name(self._root, self._prefix, self._names, name)
        if name.startswith("_"):
            raise error
        return later_root(
            self._root, f"{self._prefix}.{name}", error, lambda root: _named_later(root, self._prefix, name)
        )

    def __dir__(self) -> list[str]:
        return sorted(self._names)

    def __repr__(self) -> str:
        return f"<{self._root.definition.name} {self._prefix}: {' '.join(sorted(self._names))}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Namespace):
            return NotImplemented
        return self._prefix == other._prefix and self._root.same_as(other._root)

    def __hash__(self) -> int:
        return hash((self._root.base_url, self._prefix))

    def __copy__(self) -> Namespace:
        return self

    def __deepcopy__(self, memo: object) -> Namespace:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return restore_namespace, (self._root.owner, self._prefix)


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


def parts_of(space: Namespace) -> tuple[Root, str, Mapping[str, object]]:
    """Give what a namespace is made of: the root, what its names begin with, and the names below it."""
    return space._root, space._prefix, space._names


def restore_path(
    owner: Any, pieces: Sequence[Any], values: tuple[str, ...], names: Names | None, suffix: str | None
) -> Path:
    """Make a pickled path again, from the client that was pickled with it."""
    root: Root = owner.root
    node = root.tree.root
    for segment in map(Segment, pieces):
        known = node.known(segment)
        if known is None and root.strict and not node.free:
            raise UnknownItem(f"{root.definition.name} has no {segment.text!r} any more", segment=segment.text)
        node = known or free_node(node, segment)
    return Path(root, node, values, names, suffix) if pieces or suffix else owner.path()


def restore_namespace(owner: Any, prefix: str) -> Any:
    """Make a pickled namespace again."""
    found: Any = owner.path()
    for name in prefix.split("."):
        found = getattr(found, name)
    return found


def named_operation(root: Root, prefix: str, names: Mapping[str, object], name: str) -> Any:
    """Find the operation or the namespace of a dotted name; None where there is neither."""
    found = names.get(name)
    if found is None and name.endswith("_"):
        name = name[:-1]
        found = names.get(name)
    if isinstance(found, str):
        return root.named(found)
    return Namespace(root, f"{prefix}.{name}" if prefix else name, found) if isinstance(found, dict) else None


def _named_later(root: Root, prefix: str, name: str) -> Any:
    """The operation or the namespace of a dotted name as a later root has it; None where it has none."""
    names: Any = root.tree.operation_names
    for space in prefix.split(".") if prefix else ():
        names = names.get(space) if isinstance(names, dict) else None
    return named_operation(root, prefix, names, name) if isinstance(names, dict) else None


def unknown_name(root: Root, prefix: str, names: Mapping[str, object], name: str) -> UnknownResource:
    """Say that there is no operation of that name, and what the nearest ones are."""
    whole = f"{prefix}.{name}" if prefix else name
    here = [f"{prefix}.{known}" if prefix else known for known in names]
    near = nearest(whole, [*dict.fromkeys([*here, *root.definition.named])])
    return UnknownAttribute(
        f"{root.definition.name} has no operation {whole}{did_you_mean(near)}", segment=name, choices=near
    )


# ---- by the template's own text ----------------------------------------------------------------------------------


def expand_template(root: Root, text: str, values: Mapping[str, object]) -> Path:
    """
    Give the path of a template by its own text.

    Raises:
        UnknownItem: the definition has no such template.
        InvalidValue: a variable has no value, or a value no variable.
    """
    if not isinstance(text, str):
        raise InvalidValue(f"{text!r} is no template: give its text, such as '/people/{{username}}'")
    text = str.__str__(text)
    found = root.tree.by_text.get(text) or root.tree.by_text.get("/" + text)
    if found is None and root.strict and root.definition.known:
        near = nearest(text, list(root.tree.by_text)) or list(root.tree.by_text)[:12]
        raise UnknownItem(
            f"{root.definition.name} has no template {shown(text)}{did_you_mean(near)}", segment=text, choices=near
        )
    try:
        template = found[1].template if found else parse_template(text if text.startswith("/") else "/" + text)
    except TemplateError as error:
        raise InvalidValue(str(error)) from error
    _check_names(template, values)
    if found is None:
        return free_path(root, template, values)
    node = found[0]
    suffix = template.suffix if len(node.ends) > 1 and template.suffix else None
    return Path(root, node, _values(template, values), telling_names(node, template), suffix)


def fill_template(template: Template, values: Mapping[str, object]) -> str:
    """
    Write the path of a template that no resource needs to have.

    Raises:
        InvalidValue: a variable has no value, or a value no variable.
    """
    _check_names(template, values)
    text, filled = "", iter(_values(template, values))
    for segment in template.segments:
        text += "/" + "".join(
            encode_literal(piece)
            if isinstance(piece, str)
            else (encode_reserved if piece.reserved else encode_simple)(next(filled))
            for piece in segment.pieces
        )
    return text + template.suffix


def free_path(root: Root, template: Template, values: Mapping[str, object]) -> Path:
    """The path of a template that the definition does not know."""
    if template.query or template.fragment is not None:
        raise InvalidValue(
            f"{template.text}: no definition knows it, so give its path alone, and its query to the call as qs="
        )
    return Path(root, free_end(root.tree.root, template), _values(template, values), None, template.suffix or None)


def _values(template: Template, values: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(
        as_value(values[variable.name], variable.name, reserved=variable.reserved, place=template.text)
        for segment in template.segments
        for variable in segment.variables
    )


def _check_names(template: Template, values: Mapping[str, object]) -> None:
    wanted = set(template.variables)
    missing = [name for name in template.variables if name not in values]
    if missing:
        raise InvalidValue(f"{template.text} needs a value for {', '.join(dict.fromkeys(missing))}")
    extra = [str(name) for name in values if name not in wanted]
    if extra:
        fields = set(template.query_variables)
        hint = "; it is a field: give it to the call" if fields.intersection(extra) else ""
        raise InvalidValue(f"{template.text} has no variable {', '.join(extra)}{hint}")
