"""
Which template is meant at a place where more than one ends, or none; and what a path is as text that has none.

Takes a `Place` and a method; gives the record of the operation and the percent-encoded path. Where several templates
end in one place, what was said decides: the variables' names, the suffix, the method; what nothing decides is an error
that names all. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from restpath.definition.method import METHODS, Method, Resource
from restpath.definition.model import Definition
from restpath.errors import InvalidValue, MethodNotAllowed
from restpath.phrasing import chain, children_of, item_keys, show, torn, value_instead
from restpath.place import Place
from restpath.template import Template
from restpath.tree import End, Names, Node, segments_parts
from restpath.types import JsonObject

__all__ = ["candidates", "defaults_of", "methods_at", "render_free", "resolve_any", "resolve_by_rules", "telling_names"]


def candidates(place: Place) -> list[End]:
    """The templates that end at a place, by the names and the suffix that were said; plain ones before others."""
    only = place._node.only
    if only is not None and place._names is None and place._suffix is None:
        return [only]
    ends = [end for end in place._node.ends if end.admits(place._names, place._values)]
    if place._suffix is not None:
        return [end for end in ends if end.template.suffix == place._suffix]
    return sorted(ends, key=lambda end: end.template.suffix != "")


def methods_at(place: Place) -> list[str]:
    """The methods that are accepted at a place, sorted: with a suffix those of its templates alone."""
    return sorted({method for end in candidates(place) for method in end.methods})


def resolve_by_rules(place: Place, method: str) -> tuple[Method, End | None]:
    """Find the operation that a method means at a place, whatever was said of that: see `resolve` in `path`."""
    here = candidates(place)
    if not here:
        _refuse_torn(place)
    ends = [end for end in here if method in end.methods]
    plain = [end for end in ends if not end.template.suffix]
    ends = plain or ends
    if len(ends) == 1:
        return ends[0].method(method), ends[0]
    if ends:
        raise InvalidValue(
            f"{method} {show(place)} could be {' or '.join(end.template.text for end in ends)}: "
            f"say which, {' or '.join(_outright(place, end) for end in ends)}"
        )
    if place._node.free or not place._root.strict:
        return _free_method(place, method, here)
    raise _not_allowed(place, method, here)


def resolve_any(place: Place) -> tuple[End | None, str]:
    """Find what a place's URL is written by where no method says it: the plainest template that ends there."""
    ends = candidates(place)
    if not ends:
        _refuse_torn(place)
    if not ends:
        return None, render_free(place)
    return ends[0], ends[0].render(place._values, place._root.lookup)


def telling_names(node: Node, template: Template) -> Names | None:
    """The names that tell a template from others of its shape; None where its shape is its own."""
    told: list[str | None] = []
    for step, segment in zip(node.line(), template.segments, strict=True):
        told += [variable.name if len(step.names) > 1 else None for variable in segment.variables]
    return tuple(told) if any(told) else None


def _outright(place: Place, end: End) -> str:
    """The expression that leaves only this template."""
    names = telling_names(place._node, end.template)
    return chain(place._at(place._node, place._values, names, end.template.suffix or None))


def _refuse_torn(place: Place) -> None:
    for end in place._node.ends:
        if end.bears(place._names) and end.torn(place._values):
            raise torn(end, place._values)


def _not_allowed(place: Place, method: str, here: Sequence[End]) -> MethodNotAllowed:
    allowed = sorted({name for end in here for name in end.methods})
    text = f"{show(place)} does not accept {method}"
    if allowed:
        text += "; it accepts " + ", ".join(allowed)
    else:
        below = list(dict.fromkeys([*children_of(place), *item_keys(place)]))
        text += "; it is no resource itself" + (", further segments are " + ", ".join(below[:8]) if below else "")
    other = value_instead(place, lambda node: method in node.methods)
    return MethodNotAllowed(text + (f". For the value, say {other}" if other else ""), method=method, allowed=allowed)


# ---- beyond the definition ---------------------------------------------------------------------------------------


def _free_method(place: Place, method: str, here: Sequence[End]) -> tuple[Method, End | None]:
    """A method that the definition does not know: at one of its resources, or at a place that it does not know."""
    root, node = place._root, place._node
    end = here[0] if here else None
    text = end.template.text if end is not None else node.template
    if root.definition.known:
        root.warn(f"{method} {text}")
    key = (method, text)
    if key not in root.free_methods:
        resource = end.definition.resource(text) if end is not None else _free_resource(node)
        root.free_methods[key] = _free_record(root.definition, resource, method)
    return root.free_methods[key], end


def _free_resource(node: Node) -> Resource:
    return Resource(Template(node.template, tuple(node.segments())), None, "", "", "", {}, {})


def _free_record(definition: Definition, resource: Resource, method: str) -> Method:
    rules = definition.service.rules
    return Method(method, resource.template.text, None, "", "", False, {}, None, None, False, None, rules, resource)


# ---- as text -----------------------------------------------------------------------------------------------------


def render_free(place: Place) -> str:
    """Write the path of a place in which no template ends, percent-encoded."""
    root = place._root
    segments = place._node.segments()
    known = _passing(place)
    if known is not None and not place._node.free:
        segments = list(known.segments[: len(segments)])
    text, values = [], iter(place._values)
    for part in segments_parts(segments, root.definition, None):
        text.append(part if isinstance(part, str) else part(next(values), root.lookup))
    slash = place._suffix is not None and place._suffix.startswith("/")
    return ("".join(text) or "/") + ("/" if slash and text else "")


def _passing(place: Place) -> Template | None:
    if place._names is None:
        return place._node.example
    return next((end.template for end in place._node.subtree_ends() if end.bears(place._names)), None)


def defaults_of(place: Place, method: str) -> JsonObject:
    """
    Give a copy of the body that a method starts from; {} where there is none.

    Raises:
        InvalidValue: there is no such method.
        MethodNotAllowed: there is, but not here.
    """
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise InvalidValue(f"{method!r} is no method; say defaults('post')")
    return resolve_by_rules(place, method.upper())[0].defaults()
