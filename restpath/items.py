"""
What a name and an item mean at a place: the rules of `path.name` and `path[item]`.

Takes a `Place` and what was written; gives the place that it leads to, or the error that says what would. A value never
turns into structure: what reaches something fixed is only a text that stands in the definition. Beyond the definition
(no definition, or `strict=False`) a name is a fixed segment, an item a variable one. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from restpath.errors import InvalidValue, UnknownAttribute, UnknownItem
from restpath.later import later
from restpath.phrasing import show, torn, unknown
from restpath.place import Place
from restpath.template import Segment, Template, Variable, encode_literal, encode_simple
from restpath.tree import RARE_METHOD_WORDS, Names, Node
from restpath.values import as_value, shown

__all__ = ["attribute", "free_end", "free_node", "item"]


def attribute(place: Place, name: str) -> Any:
    """
    What `place.name` means: the segment of that name, perhaps in another spelling, or a method that is rare.

    Raises:
        UnknownAttribute: nothing; an AttributeError, so that `hasattr` works.
    """
    if name.startswith("_"):
        raise AttributeError(f"{type(place).__name__!r} object has no attribute {name!r}")
    try:
        return _attribute(place, name)
    except UnknownAttribute as error:
        return later(place, name, error, lambda again: _attribute(again, name))


def _attribute(place: Place, name: str) -> Any:
    node, root = place._node, place._root
    if name in RARE_METHOD_WORDS and name.upper() in node.methods:
        return root.operation(place, name.upper())
    child = node.attributes.get(name)
    if child is None and name.endswith("_"):
        child = node.attributes.get(name[:-1])
    if child is not None and place._suffix is None and child.admits(place._names):
        return place._at(child, place._values, place._names)
    if place._suffix is not None or (root.strict and not node.free):
        raise unknown(place, name, UnknownAttribute)
    text = as_value(name.removesuffix("_"), "segment", place=show(place))
    return place._at(free_node(node, Segment((encode_simple(text),))), place._values, place._names)


def item(place: Place, key: object) -> Any:
    """
    What `place[key]` means, see `_text_item` for a plain one, `_said_item` for mappings and pairs.

    Raises:
        UnknownItem: nothing; a LookupError.
        InvalidValue: it can stand in no path, or be read in several ways.
    """
    try:
        return _item(place, key)
    except UnknownItem as error:
        return later(place, error.segment, error, lambda again: _item(again, key))


def _item(place: Place, key: object) -> Any:
    if place._suffix is not None:
        raise unknown(place, _plain(key) or shown(key), UnknownItem)
    if isinstance(key, Mapping):
        return _said_item(place, None, key)
    if isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], str) and isinstance(key[1], Mapping):
        return _said_item(place, _plain(key[0]), key[1])
    return _text_item(place, key)


def _plain(key: object) -> str | None:
    """The text itself of a text, whatever its class makes of it (an enumeration's member shows as its name)."""
    return str.__str__(key) if isinstance(key, str) else None


def _text_item(place: Place, key: object) -> Any:
    """
    A literal sibling of that spelling; else the variable of that level; else a mixed segment that the text fills;
    else, beside a variable, the mixed segment that adds the text to it.
    """
    node, root = place._node, place._root
    text = _plain(key)
    found = node.fixed(text) if text is not None else None
    if found is not None and found[0].admits(place._names):
        return place._at(found[0], place._values, place._names, found[1])
    if node.plain is not None and not node.plain.implied:
        return _filled(place, node.plain, [key])
    text = as_value(key, "item", place=show(place))
    mixed = _mixed(place, text)
    if mixed is not None:
        return _filled(place, *mixed)
    custom = node.custom(text)
    if custom is not None and custom.admits(place._names):
        return place._at(custom, place._values, place._names)
    if node.plain is not None:
        return _filled(place, node.plain, [key])
    if root.strict and not node.free:
        raise unknown(place, text, UnknownItem)
    return _free_value(place, f"item{len(place._values) + 1}", text)


def _mixed(place: Place, text: str) -> tuple[Node, tuple[str, ...]] | None:
    """The mixed segment that a text fills, with the values."""
    fits = [(child, values) for child, values in place._node.readings(text) if child.admits(place._names)]
    if len(fits) > 1:
        ways = " or ".join(_pair(child, values) for child, values in fits)
        raise InvalidValue(f"{text!r} in {show(place)} can be read in several ways: say {ways}")
    return fits[0] if fits else None


def _pair(child: Node, values: Sequence[str]) -> str:
    ((text, names), *_) = child.texts.items()
    return f"[{text!r}, {dict(zip(names, values, strict=True))!r}]"


def _filled(place: Place, child: Node, values: Sequence[object], names: Sequence[str] | None = None) -> Any:
    """Go to a variable child with these values, which are checked; `names` where they tell templates apart."""
    variables = child.segment.variables
    called = names or [variable.name for variable in variables]
    own = tuple(
        as_value(value, name, reserved=variable.reserved, place=show(place))
        for value, name, variable in zip(values, called, variables, strict=True)
    )
    said = place._names
    if names is not None and len(child.names) > 1:
        said = (*(said or (None,) * len(place._values)), *names)
    elif said is not None:
        said = (*said, *(None,) * len(own))
    if not child.admits(said):
        raise unknown(place, own[0], UnknownItem)
    if child.repeats:
        _refuse_torn(child, said, (*place._values, *own))
    return place._at(child, (*place._values, *own), said)


def _refuse_torn(child: Node, said: Names | None, values: Sequence[str]) -> None:
    """Refuse values that no template has here or further down, for a variable that stands twice has one."""
    ends = [end for end in child.subtree_ends() if end.bears(said)]
    if all(end.torn(values) for end in ends):
        raise torn(ends[0], values)


def _said_item(place: Place, text: str | None, values: Mapping[Any, Any]) -> Any:
    """An item said outright: by the variables' names, and by the template's text where names are not enough."""
    node = place._node
    fits: list[tuple[Node, str, tuple[str, ...], str | None]] = []
    for child in node.below():
        for own, names in child.texts.items():
            suffix = "" if text in (None, own) else _suffix_said(child, own, str(text))
            if names and suffix is not None and set(names) == set(values):
                fits.append((child, own, names, suffix or None))
    if not fits:
        return _free_said(place, text, values)
    plainest = [fit for fit in fits if fit[0] is node.plain]
    if len(fits) > 1 and not plainest:
        ways = " or ".join(f"[{own!r}, {shown(dict(values))}]" for _, own, _, _ in fits)
        raise InvalidValue(f"these names leave several templates in {show(place)}: say {ways}")
    child, _, names, suffix = (plainest or fits)[0]
    found = _filled(place, child, [values[name] for name in names], names)
    return found if suffix is None else place._at(child, found._values, found._names, suffix)


def _suffix_said(child: Node, own: str, text: str) -> str | None:
    """What follows the segment in `"{id}/"`; None if the text is another segment's."""
    suffixes = [end.template.suffix for end in child.ends if end.template.suffix]
    return next((suffix for suffix in suffixes if own + suffix == text), None)


# ---- beyond the definition ---------------------------------------------------------------------------------------


def free_node(parent: Node, segment: Segment) -> Node:
    """A node that no definition knows; the tree does not keep it."""
    node = Node(parent, segment, free=True)
    if segment.variables:
        node.texts[segment.text] = tuple(variable.name for variable in segment.variables)
        node.names[node.texts[segment.text]] = None
    return node


def free_end(root: Node, template: Template) -> Node:
    """The last node of a template that the definition does not know."""
    for segment in template.segments:
        pieces = [piece if isinstance(piece, Variable) else encode_literal(piece) for piece in segment.pieces]
        root = free_node(root, Segment(tuple(pieces)))
    return root


def _free_value(place: Place, name: str, value: object) -> Any:
    text = as_value(value, name, place=show(place))
    names: Names | None = None if place._names is None else (*place._names, None)
    return place._at(free_node(place._node, Segment((Variable(name),))), (*place._values, text), names)


def _free_said(place: Place, text: str | None, values: Mapping[Any, Any]) -> Any:
    """One value by a name that is not known; more would need a template to say where they stand."""
    known = place._root.strict and not place._node.free
    if not known and text is None and len(values) == 1:
        ((name, value),) = values.items()
        if isinstance(name, str) and name and not set(name).intersection("{}/"):
            return _free_value(place, name, value)
    if known or place._root.definition.known:
        raise unknown(place, text or "{" + ", ".join(_plain(name) or shown(name) for name in values) + "}", UnknownItem)
    raise InvalidValue(
        f"without a definition an item of {show(place)} is one value; "
        "for more use restpath.expand(client, '/a/{b}...{c}', ...)"
    )
