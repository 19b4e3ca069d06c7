"""
Places in words: as text, as a Python expression, as a list of what follows; and the errors that name what would have
worked.

Takes a `Place`; gives texts. Nobody needs them who finds what is looked for. Nothing is sent.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from restpath.errors import InvalidValue, UnknownAttribute, UnknownItem, UnknownResource
from restpath.template import Variable, suffix_of
from restpath.tree import METHOD_WORDS, End, Names, Node
from restpath.values import shown

if TYPE_CHECKING:  # whose insides these functions read
    from restpath.place import Place

__all__ = [
    "attribute_names", "chain", "children_of", "did_you_mean", "item_keys", "nearest", "show", "torn", "unknown",
    "value_instead",
]  # fmt: skip


# ---- as text -----------------------------------------------------------------------------------------------------


def show(place: Place) -> str:
    """The place as text for people: values as given, so that nothing needs to be known, but for slashes in them."""
    text, values = "", iter(place._values)
    for segment in place._node.segments():
        text += "/" + "".join(
            piece if isinstance(piece, str) else _shown(next(values), piece) for piece in segment.pieces
        )
    return (text or "/") + (place._suffix or "")


def _shown(value: str, variable: Variable) -> str:
    value = value.replace("/", "%2F") if not variable.reserved else value
    return value if value.isprintable() and len(value) <= 200 else repr(value[:200])


# ---- what follows ------------------------------------------------------------------------------------------------


def children_of(place: Place) -> list[str]:
    """The segments one level down, as a template writes them."""
    node = place._node
    if place._suffix is not None:
        return []
    names = [text for text, child in node.literals.items() if child.admits(place._names)]
    for child in node.below():  # an implied one has no text of its own
        names += [text for text in child.texts if child.segment.variables and child.admits(place._names)]
    return names


def attribute_names(place: Place) -> list[str]:
    """The attributes that lead to segments, as Python writes them: `user_accounts`, `class_`."""
    attributes = place._node.attributes if place._suffix is None else {}
    spelled = {name if _speakable(name) else f"{name}_": child for name, child in attributes.items()}
    return [
        name for name, child in spelled.items()
        if _speakable(name) and attributes.get(name, child) is child and child.admits(place._names)
    ]  # fmt: skip


def item_keys(place: Place) -> list[str]:
    """The items that lead to something fixed: literals, with their suffixes where these decide, and custom methods."""
    node = place._node
    if place._suffix is not None:
        return []
    literals = [text for text, child in node.literals.items() if child.admits(place._names)]
    suffixed = [text for text, (child, _) in node.suffixed.items() if len(child.ends) > 1]
    beside = node.parent.composites.values() if node.parent is not None else ()
    customs = [suffix for suffix in map(suffix_of, (child.segment for child in beside)) if suffix]
    return [*literals, *suffixed, *(suffix for suffix in customs if node.custom(suffix) is not None)]


_TAKEN = METHOD_WORDS | {"defaults", "walk", "call", "close"}


def _speakable(name: str) -> bool:
    """Whether a name can be written as an attribute and means the segment, here and at the client."""
    return (
        name.isidentifier()
        and unicodedata.is_normalized("NFKC", name)  # Python reads names in that form
        and not keyword.iskeyword(name)
        and not name.startswith("_")
        and name not in _TAKEN
    )


# ---- as a Python expression --------------------------------------------------------------------------------------


def chain(place: Place, name: str = "client", up: int = 0) -> str:
    """Write a place as the Python expression that gives it, leaving off the last `up` segments."""
    line = place._node.line()
    line = line[: len(line) - up]
    suffix = place._suffix if not up else None
    text = name
    for node in line:
        step = _step(node, place, suffix if node is place._node else None)
        if step is None:
            return _expanded(place, line, suffix, name)
        text += step
    return text if line or not suffix else f"{text}[{suffix!r}]"


def _step(node: Node, place: Place, suffix: str | None) -> str | None:
    """One segment of the expression; None where no name or item says it."""
    literal, parent = node.segment.literal, node.parent
    if parent is None:
        return ""
    if literal is None:
        values = place._values[node.arity - len(node.segment.variables) : node.arity]
        if not node.free:
            return _value(node, parent, values, place._names, suffix)
        return _free_value(node, values) if suffix is None else None
    if node.free:
        return _free_name(literal) if suffix is None else None
    if suffix is None and _speakable(literal) and parent.attributes.get(literal) is node:
        return f".{literal}"
    found = parent.fixed(literal + (suffix or ""))
    return f"[{literal + (suffix or '')!r}]" if found == (node, suffix) else None


def _value(node: Node, parent: Node, values: Sequence[str], said: Names | None, suffix: str | None) -> str | None:
    """An item: the value alone where that is enough, else the names with it, else the template's text too."""
    told = (said or (None,) * node.arity)[node.arity - len(values) : node.arity]
    plain = node is parent.plain
    if plain and suffix is None and not any(told) and _is_plain(parent, values[0]):
        return f"[{values[0]!r}]"
    if node.implied:
        return None
    text, names = next(
        (text, names)
        for text, names in node.texts.items()
        if all(asked in (None, own) for asked, own in zip(told, names, strict=True))
    )
    mapping = dict(zip(names, values, strict=True))
    if plain and suffix is None:
        return f"[{mapping!r}]"
    return f"[{text + (suffix or '')!r}, {mapping!r}]"


def _is_plain(parent: Node, value: str) -> bool:
    """Whether a value, as a plain item, means itself."""
    if parent.fixed(value) is not None:
        return False
    return not (parent.plain is not None and parent.plain.implied and parent.readings(value))


def _free_name(literal: str) -> str | None:
    if _speakable(literal) and not literal.endswith("_"):
        return f".{literal}"
    return f".{literal}_" if _speakable(f"{literal}_") else None


def _free_value(node: Node, values: Sequence[str]) -> str | None:
    if node.segment.shape != "{}":
        return None
    name = node.segment.variables[0].name
    return f"[{values[0]!r}]" if name == f"item{node.arity}" else f"[{ {name: values[0]}!r}]"


def _expanded(place: Place, line: Sequence[Node], suffix: str | None, name: str) -> str:
    """The expression by the template's own text, where a chain cannot say it."""
    ends = line[-1].ends if line else place._node.ends
    text = next((end.template.text for end in ends if end.template.suffix == (suffix or "")), None)
    if text is None:
        text = "".join("/" + node.segment.text for node in line) + (suffix or "")
    variables = [variable.name for node in line for variable in node.segment.variables]
    values = dict(zip(variables, place._values, strict=False))
    return f"restpath.expand({name}, {text!r}{f', {values!r}' if values else ''})"


# ---- what is not there -------------------------------------------------------------------------------------------


def nearest(name: str, known: Sequence[str]) -> list[str]:
    """Give the names that are most like a name, the best first; none that are not like it."""
    import difflib

    folded: dict[str, list[str]] = {}
    for text in known:
        folded.setdefault(text.lower().replace("-", "_"), []).append(text)
    near = difflib.get_close_matches(name[:200].lower().replace("-", "_"), folded, 3, 0.6)
    return [text for found in near for text in folded[found]][:3]


def did_you_mean(near: Sequence[str]) -> str:
    """The end of a message that names the nearest ones."""
    return f"; did you mean {' or '.join(near)}?" if near else ""


def unknown(place: Place, name: str, error: type[UnknownAttribute] | type[UnknownItem]) -> UnknownResource:
    """The error that names the nearest segments, and the way to a value that a literal stands before."""
    text = f"{place._root.definition.name or 'the service'} has no {shown(name)} in {show(place)}"
    if place._suffix is not None:
        return error(f"{text}: nothing follows {place._suffix!r}", segment=name)
    known = children_of(place)
    near = nearest(name, [choice for choice in known if choice in place._node.literals])
    return error(text + "".join(_hints(place, name, error, near, known)), segment=name, choices=near or known[:12])


def _hints(place: Place, name: str, error: type[UnknownResource], near: list[str], known: list[str]) -> Iterator[str]:
    here = chain(place)
    yield did_you_mean([f"{here}.{choice}" if _speakable(choice) else f"{here}[{choice!r}]" for choice in near])
    other = value_instead(place, lambda sibling: name in sibling.literals or name in sibling.attributes)
    if other:
        ending = f".{name}" if error is UnknownAttribute else f"[{name!r}]"
        yield f". {show(place).rsplit('/', 1)[-1]!r} is a segment of its own here; for the value, say {other}{ending}"
    elif not near and error is UnknownAttribute and len(known) > len(place._node.literals):
        yield f". For a value write {here}[{name!r}]"
    elif not near and known:
        more = ", ..." if len(known) > 12 else ""
        named = ", ".join(choice or "an empty segment ('')" for choice in known[:12])
        yield f". There {'is' if len(known) == 1 else 'are'} {named}{more}"
        for child in [*place._node.composites.values()][:1]:
            ((text, names), *_) = child.texts.items()
            yield f". Say {text} by {here}[{{{', '.join(f'{name!r}: ...' for name in dict.fromkeys(names))}}}]"
    elif not near:
        yield ". Nothing follows it"


def torn(end: End, values: Sequence[str]) -> InvalidValue:
    """The error for a variable that stands twice and was given two values."""
    first, again = end.torn(values) or (0, 0)
    return InvalidValue(
        f"{{{end.template.variables[first]}}} stands twice in {end.template.text} and is one variable: it was given as "
        f"{shown(values[first])} and as {shown(values[again])}"
    )


def value_instead(place: Place, fits: Callable[[Node], bool]) -> str | None:
    """Where the last segment is a literal beside a variable that would fit: the expression that says the value."""
    node = place._node
    literal, parent = node.segment.literal, node.parent
    sibling = parent.variable if parent is not None else None
    if not literal or sibling is None or sibling.implied or not fits(sibling):
        return None
    return f"{chain(place, up=1)}[{ {next(iter(sibling.names))[0]: literal}!r}]"
