"""
Paths by a template's own text: `expand`, and the places that no resource of the definition has.

Takes a template and the values of its variables; gives the `Path`, or its text. Nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from restpath.errors import InvalidValue, UnknownItem
from restpath.items import free_end
from restpath.path import Path
from restpath.phrasing import did_you_mean, nearest
from restpath.place import Root
from restpath.resolving import telling_names
from restpath.template import Template, TemplateError, encode_literal, encode_reserved, encode_simple, parse_template
from restpath.values import as_value, shown

__all__ = ["expand_template", "fill_template", "free_path"]


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
