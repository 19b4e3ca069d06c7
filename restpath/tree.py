"""
The resource tree: from a definition's URI templates to nodes that a chain of names walks down.

Takes a `Definition`; gives the root `Node`. A node works out what is below it when it is first looked into, so that a
tree of thousands of templates costs what is walked of it. A node is a place: literal segments lead down by their
text, variable ones by their shape, so that `/pets/{id}` and `/pets/{petId}/toys` share one node. Which template is
meant where several end in one node is said by the method, the variables' names, or the text behind the path (slash,
query, fragment).
Source: RFC 6570 for the templates; the rules of precedence are the package's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from restpath.definition.lazy import MAKING, Outline
from restpath.definition.model import Definition
from restpath.definition.rules import PathValue
from restpath.once import cached_property
from restpath.regex import pattern
from restpath.template import (
    Segment,
    Template,
    Variable,
    encode_literal,
    encode_reserved,
    encode_simple,
    parse_template,
    plain_segment,
    suffix_of,
)

if TYPE_CHECKING:
    from restpath.definition.method import Method, Resource

__all__ = ["METHOD_WORDS", "RARE_METHOD_WORDS", "End", "Encoder", "Lookup", "Names", "Node", "Tree", "segments_parts"]

METHOD_WORDS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
RARE_METHOD_WORDS = frozenset({"trace", "query"})  # attributes only where a resource has them

Names: TypeAlias = "tuple[str | None, ...]"
Lookup: TypeAlias = Callable[[str], "str | None"]
Encoder: TypeAlias = Callable[[str, Lookup], str]


class End:
    """A template that ends in a node, with the methods it accepts."""

    __slots__ = ("definition", "template", "methods", "repeats", "_parts", "_around")

    def __init__(self, definition: Definition, template: Template, methods: tuple[str, ...]) -> None:
        self.definition = definition
        self.template = template
        self.methods = frozenset(methods)
        names = template.variables
        # Positions that must hold one value, because one variable stands there twice.
        self.repeats = tuple((names.index(name), i) for i, name in enumerate(names) if names.index(name) != i)
        self._parts: tuple[str | Encoder, ...] | None = None
        self._around: tuple[str, Encoder, str, bool] | None = None

    def method(self, name: str) -> Method:
        """Give the record of one of the methods."""
        return self.definition.method(self.template.text, name)

    def bears(self, names: Names | None) -> bool:
        """Tell whether this template has these names in these places, as far as they go."""
        own = self.template.variables
        return names is None or all(asked in (None, name) for asked, name in zip(names, own, strict=False))

    def admits(self, names: Names | None, values: Sequence[str]) -> bool:
        """Tell whether this template has these names in these places, and one value for each variable."""
        return self.bears(names) and self.torn(values) is None

    def torn(self, values: Sequence[str]) -> tuple[int, int] | None:
        """Find two places that one variable has and that hold two values, as far as these go."""
        apart = ((first, again) for first, again in self.repeats if again < len(values))
        return next(((first, again) for first, again in apart if values[first] != values[again]), None)

    @property
    def around(self) -> tuple[str, Encoder, str, bool] | None:
        """What stands around the one variable, how it is written, and whether plain words stay; None of several."""
        self._compiled()
        return self._around

    def render(self, values: Sequence[str], lookup: Lookup) -> str:
        """Write the path with these values, percent-encoded, with the template's slash but without its query."""
        around = self._around
        if around is not None:
            before, encode, after, keeps_words = around
            value = values[0]
            if keeps_words and value.isalnum() and value.isascii():
                return f"{before}{value}{after}"
            return f"{before}{encode(value, lookup)}{after}"
        text, i = [], 0
        for part in self._parts or self._compiled():
            if isinstance(part, str):
                text.append(part)
            else:
                text.append(part(values[i], lookup))
                i += 1
        return "".join(text)

    def _compiled(self) -> tuple[str | Encoder, ...]:
        parts = self._parts
        if parts is None:
            template = self.template
            parts = segments_parts(template.segments, self.definition, self.definition.resource(template.text))
            parts = (*parts, "/") if template.slash or not template.segments else parts
            self._parts, self._around = parts, self._one_variable(parts)
        return parts

    def _one_variable(self, parts: tuple[str | Encoder, ...]) -> tuple[str, Encoder, str, bool] | None:
        before, encode, after = (*parts, "", "", "")[:3]
        if len(parts) > 3 or not isinstance(before, str) or isinstance(encode, str) or not isinstance(after, str):
            return None
        (name,) = self.template.variables
        rule = _rules(self.definition, self.definition.resource(self.template.text)).get(name)
        keeps_words = rule is None or rule.spelling == "plain" or (rule.text != "" and not rule.text.isalnum())
        return before, encode, after, keeps_words and not (rule is not None and rule.spelling == "sha1")


def segments_parts(
    segments: Sequence[Segment], definition: Definition, resource: Resource | None
) -> tuple[str | Encoder, ...]:
    """Compile segments to texts and encoders in turn, by the service's rules and the resource's own over them."""
    rules = _rules(definition, resource)
    parts: list[str | Encoder] = []
    for segment in segments:
        parts.append("/")
        for piece in segment.pieces:
            parts.append(encode_literal(piece) if isinstance(piece, str) else _encoder(piece, rules.get(piece.name)))
    merged: list[str | Encoder] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return tuple(merged)


def _rules(definition: Definition, resource: Resource | None) -> dict[str, PathValue]:
    return {**definition.service.path_values, **(resource.path_values if resource else {})}


def _encoder(variable: Variable, rule: PathValue | None) -> Encoder:
    encode = encode_reserved if variable.reserved else encode_simple
    spelling = _SPELLINGS[rule.spelling if rule else "plain"]
    return spelling(encode, rule or PathValue("plain"))


def _plain(encode: Callable[[str], str], rule: PathValue) -> Encoder:
    return lambda value, lookup: encode(value)


_SHA1 = pattern(r"[0-9A-Fa-f]{40}")


def _sha1(encode: Callable[[str], str], rule: PathValue) -> Encoder:
    def spell(value: str, lookup: Lookup) -> str:
        if _SHA1.fullmatch(value):
            return value
        import hashlib

        return hashlib.sha1(value.encode(), usedforsecurity=False).hexdigest()

    return spell


def _credential(encode: Callable[[str], str], rule: PathValue) -> Encoder:
    def spell(value: str, lookup: Lookup) -> str:
        if value != rule.text:
            return encode(value)
        return encode(_own_value()(value, rule.credential, lookup))

    return spell


@cache
def _own_value() -> Callable[[str, str, Lookup], str]:
    from restpath.values import own_value

    return own_value


_SPELLINGS: dict[str, Callable[[Callable[[str], str], PathValue], Encoder]] = {
    "plain": _plain,
    "sha1": _sha1,
    "credential": _credential,
}


class _Passing:
    """A template that passes through a node, or ends there; taken apart as far as it is walked, for few are walked."""

    __slots__ = ("_definition", "_text", "_outline", "_pieces", "_template")

    def __init__(self, definition: Definition, text: str, outline: Outline) -> None:
        self._definition, self._text, self._outline = definition, text, outline
        self._pieces = text[1:].split("/")
        self._template: Template | None = None

    @property
    def template(self) -> Template:
        """All of it."""
        if self._template is None:
            self._template = parse_template(self._text, literal=self._outline.literal)
        return self._template

    def segment(self, depth: int) -> Segment | None:
        """Give the segment at a depth, all above which have been given; None where the template ends."""
        if self._template is None:
            if depth == len(self._pieces):
                return None
            plain = plain_segment(self._pieces[depth])
            if plain is not None:
                return plain
        segments = self.template.segments  # a slash or a question mark may be part of what comes here
        return segments[depth] if depth < len(segments) else None

    @property
    def repeats(self) -> bool:
        """Whether one variable stands twice in it."""
        names = [part.partition("}")[0] for part in self._text.split("{")[1:]]
        return len({*names}) < len(names) and len({*self.template.variables}) < len(self.template.variables)

    def end(self) -> End:
        """Make its end."""
        return End(self._definition, self.template, self._outline.methods)


class Node:
    """
    A place in the resource tree.

    Attributes:
        parent: the node above; None for the root.
        segment: the segment that led here (of one of the templates, where their variables' names differ).
        literals: the fixed segments below, by their decoded text.
        variable: the `{name}` below, whatever it is called; `reserved` the `{+name}`.
        composites: the mixed segments below (`{id}.json`), by shape.
        ends: the templates that end here.
        example: a template that passes here; None beyond the definition.
        texts: the segment that led here as each template that passes through writes it, with its variables' names.
        names: these names.
        implied: no template passes here; the node only leads on to `{id}:suffix` beside it.
        repeats: whether a template that passes here has a variable that stands twice.
        free: beyond the definition: anything may follow.
    """

    __slots__ = (
        "parent", "segment", "shape", "arity", "depth", "literals", "attributes", "variable", "reserved", "composites",
        "ends", "names", "texts", "implied", "repeats", "free", "only", "_spelled", "_passing", "_example",
    )  # fmt: skip

    def __init__(self, parent: Node | None, segment: Segment, *, free: bool = False) -> None:
        self.parent = parent
        self.segment = segment
        self.shape: str = f"{parent.shape}/{segment.shape}" if parent else ""
        self.arity: int = (parent.arity if parent else 0) + len(segment.variables)
        self.depth: int = parent.depth + 1 if parent else 0
        self.names: dict[tuple[str, ...], None] = {}
        self.texts: dict[str, tuple[str, ...]] = {}
        self._example: Template | _Passing | None = None
        self.implied = False
        self.free = free
        self._spelled: dict[str, tuple[Node, str]] | None = None
        # What passes here or ends here, until it is sorted out; None from then on.
        self._passing: Callable[[], Sequence[_Passing]] | list[_Passing] | None = []

    # ---- building ----

    def __getattr__(self, name: str) -> Any:
        """Work out what is below, when that is first asked for: what is then known is found without coming here."""
        if name not in _BELOW:
            raise AttributeError(name)
        with MAKING:
            if self._passing is not None:
                self._grow(self._passing if isinstance(self._passing, list) else self._passing())
                self._passing = None
        return object.__getattribute__(self, name)

    def _grow(self, passing: Sequence[_Passing]) -> None:
        below, ends = _Below(self), []
        for each in passing:
            segment = each.segment(self.depth)
            if segment is None:
                ends.append(each.end())
            else:
                below.pass_on(each, segment)
        below.imply()
        self.variable: Node | None = below.variable
        self.reserved: Node | None = below.reserved
        self.composites: dict[str, Node] = below.composites
        self.literals: dict[str, Node] = below.literals
        self.ends: list[End] = ends
        self.repeats: bool = any(each.repeats for each in passing)
        self.only: End | None = self.ends[0] if len(self.ends) == 1 and not self.ends[0].repeats else None
        self.attributes: dict[str, Node] = self._attributes()

    def _attributes(self) -> dict[str, Node]:
        """What attribute access finds here."""
        dashed: dict[str, list[Node]] = {}
        for text, node in self.literals.items():
            dashed.setdefault(text.replace("-", "_"), []).append(node)
        named = {name: nodes[0] for name, nodes in dashed.items() if len(nodes) == 1}
        named.update(self.literals)
        taken = {word for word in RARE_METHOD_WORDS.intersection(named) if word.upper() in self.methods}
        attributes = {name: node for name, node in named.items() if not name.startswith("_") and name not in taken}
        for word in taken:  # the method stands before the segment, which takes an underscore
            attributes.setdefault(f"{word}_", named[word])
        return attributes

    def finish_again(self) -> None:
        """Work out once more what attribute access and calls look up here, where something was added."""
        self._spelled = None
        self.only = self.ends[0] if len(self.ends) == 1 and not self.ends[0].repeats else None
        self.attributes = self._attributes()

    def known(self, segment: Segment) -> Node | None:
        """Find the node for a segment; None where there is none."""
        literal, shape = segment.literal, segment.shape
        if literal is not None:
            return self.literals.get(literal)
        return {"{}": self.variable, "{+}": self.reserved}.get(shape) or self.composites.get(shape)

    # ---- looking around ----

    @property
    def example(self) -> Template | None:
        return self._example.template if isinstance(self._example, _Passing) else self._example

    @example.setter
    def example(self, template: Template) -> None:
        self._example = template

    @property
    def plain(self) -> Node | None:
        """The node below that a plain item fills: the variable of this level, an implied one for want of another."""
        variables = [node for node in (self.variable, self.reserved) if node is not None]
        return min(variables, key=lambda node: node.implied, default=None)

    def below(self) -> Iterator[Node]:
        """Give the nodes one level down: literals first, then composites, then variables."""
        yield from self.literals.values()
        yield from self.composites.values()
        if self.variable is not None:
            yield self.variable
        if self.reserved is not None:
            yield self.reserved

    def takes(self, values: Sequence[str]) -> bool:
        """Tell whether any template has one value for each variable of the segment that led here."""
        return any(len({*zip(names, values, strict=True)}) == len({*names}) for names in self.names)

    def readings(self, text: str) -> list[tuple[Node, tuple[str, ...]]]:
        """Give the mixed segments below that a text fills, with the values."""
        if not self.composites:
            return []
        from restpath.mixed import fill_from_item

        filled = [(child, fill_from_item(child.segment, text)) for child in self.composites.values()]
        return [(child, values) for child, values in filled if values is not None and child.takes(values)]

    def subtree_ends(self) -> Iterator[End]:
        """Give every template that ends here or further down."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield from node.ends
            stack.extend(node.below())

    def admits(self, names: Names | None) -> bool:
        """Tell whether any template here or further down has these names in these places."""
        return names is None or any(end.bears(names) for end in self.subtree_ends())

    @property
    def methods(self) -> list[str]:
        """The methods accepted here, in any of the templates that end here, sorted."""
        return sorted({method for end in self.ends for method in end.methods})

    @property
    def template(self) -> str:
        """The template's text up to here, for people."""
        if self.ends:
            return self.ends[0].template.text
        return "".join("/" + segment.text for segment in self.segments()) or "/"

    def fixed(self, text: str) -> tuple[Node, str | None] | None:
        """
        Find what a text reaches below that is no value, and the suffix that is said with it.

        It is a literal of that spelling; or one written with what follows its path, `users/`, `token#refresh`,
        `responses?beta=true`; or, at a variable, the custom method beside it, `:cancel`.
        """
        child = self.literals.get(text)
        if child is not None:
            return child, None
        child = self.custom(text) if text.startswith(":") else None
        return self.suffixed.get(text) if child is None else (child, None)

    @property
    def suffixed(self) -> dict[str, tuple[Node, str]]:
        """The literals below (at the root, nothing) written with what follows their paths."""
        if self._spelled is None:
            places = [*self.literals.items(), *([("", self)] if self.parent is None else [])]
            self._spelled = {
                text + end.template.suffix: (node, end.template.suffix)
                for text, node in places
                for end in node.ends
                if end.template.suffix
            }
        return self._spelled

    def custom(self, text: str) -> Node | None:
        """Find the composite beside this variable that adds `text` to it: `:cancel` for `{id}:cancel`."""
        if self.parent is None or self.segment.shape not in ("{}", "{+}"):
            return None
        found = self.parent.composites.get(Segment((*self.segment.pieces, text)).shape)
        return found if found is not None and suffix_of(found.segment) == text else None

    def line(self) -> list[Node]:
        """Give the nodes from the one below the root down to this one."""
        found: list[Node] = []
        node = self
        while node.parent is not None:
            found.append(node)
            node = node.parent
        return found[::-1]

    def segments(self) -> list[Segment]:
        """Give the segments from the root down to here."""
        return [node.segment for node in self.line()]


_BELOW = frozenset(
    {"literals", "attributes", "variable", "reserved", "composites", "ends", "repeats", "only"}
)  # fmt: skip


class _Below:
    """The nodes one level down, while they are gathered: nobody sees them before all are there."""

    def __init__(self, parent: Node) -> None:
        self._parent = parent
        self.literals: dict[str, Node] = {}
        self.composites: dict[str, Node] = {}
        self.variable: Node | None = None
        self.reserved: Node | None = None

    def pass_on(self, passing: _Passing, segment: Segment) -> None:
        """Let a template pass through the node of its next segment."""
        node = self._child(segment)
        names = node.texts.get(segment.text)
        if names is None:
            names = node.texts[segment.text] = tuple(variable.name for variable in segment.variables)
            node.names[names] = None
        node._example = node._example or passing
        node.implied = False
        assert isinstance(node._passing, list)
        node._passing.append(passing)

    def _child(self, segment: Segment) -> Node:
        literal, shape = segment.literal, segment.shape
        if literal is not None:
            found = self.literals.get(literal)
            if found is None:
                found = self.literals[literal] = Node(self._parent, segment)
            return found
        if shape == "{}":
            self.variable = self.variable or Node(self._parent, segment)
            return self.variable
        if shape == "{+}":
            self.reserved = self.reserved or Node(self._parent, segment)
            return self.reserved
        found = self.composites.get(shape)
        if found is None:
            found = self.composites[shape] = Node(self._parent, segment)
        return found

    def imply(self) -> None:
        """Make sure that `{id}:suffix` can be reached by way of its variable, where no template has that alone."""
        for node in self.composites.values():
            if suffix_of(node.segment) is not None:
                reserved = node.segment.variables[0].reserved
                if (self.reserved if reserved else self.variable) is None:
                    self._child(Segment((Variable("item", reserved),))).implied = True


class Tree:
    """
    The tree of a definition.

    Attributes:
        by_text: its templates by their text: each with the node in which it ends.
        grafted: those among them that were added since.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.root = Node(None, Segment(()), free=not definition.known)
        self.root._passing = self._templates
        self.grafted: dict[str, tuple[Node, End]] = {}

    def _templates(self) -> list[_Passing]:
        return [_Passing(self.definition, text, outline) for text, outline in self.definition.outlines()]

    @cached_property
    def by_text(self) -> Mapping[str, tuple[Node, End]]:
        from restpath.bytext import ByText

        return ByText(self)

    @cached_property
    def others(self) -> Mapping[str, list[str]]:
        """The templates that have the same paths as another text, which is in none of them."""
        found: dict[str, list[str]] = {}
        for text, outline in self.definition.outlines():
            for other in outline.also:
                found.setdefault(other, []).append(text)
        return found

    @cached_property
    def operation_names(self) -> dict[str, object]:
        """The dotted names of the operations as nested mappings; a leaf is the whole name."""
        tree: dict[str, object] = {}
        for name in self.definition.named:
            *spaces, last = name.split(".")
            level = tree
            for space in spaces:
                deeper = level.setdefault(space, {})
                if not isinstance(deeper, dict):
                    break
                level = deeper
            else:
                level.setdefault(last, name)
        return tree
