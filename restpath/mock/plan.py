"""
The plan: what each resource of a definition does when the definition is served.

Takes a `Definition`; gives for a place in its tree the `Role` it plays: the kind of things it is about, what each
method does to them, and which other things must be there. What the data does not say follows from the templates: a
fixed segment above a variable one is a collection, the variable one its item, any other fixed segment a document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from restpath.definition.method import Method
from restpath.definition.model import Definition
from restpath.errors import DefinitionError
from restpath.once import cached_property
from restpath.template import TemplateError, parse_template
from restpath.tree import End, Node, Tree

__all__ = ["Kind", "Plan", "Role"]

_ANYWHERE = {"OPTIONS": "allow"}
_READING = dict.fromkeys(("GET", "HEAD", "QUERY"), "read")
_COLLECTION = {**dict.fromkeys(_READING, "list"), "POST": "create", "PUT": "refill", "DELETE": "clear"}
_ITEM = {**_READING, "POST": "create", "PUT": "put", "PATCH": "merge", "DELETE": "delete"}
_FILE = {**dict.fromkeys(_READING, "download"), "POST": "upload", "PUT": "upload", "DELETE": "discard"}
_ACTIONS = {
    form: {**_ANYWHERE, **own}
    for form, own in {"collection": _COLLECTION, "item": _ITEM, "document": _ITEM, "file": _FILE}.items()
}
_MAKING = frozenset({"create", "put", "upload", "refill", "add"})


@dataclass(frozen=True, eq=False)
class Kind:
    """
    A kind of things that the mock keeps.

    Attributes:
        name: the template of the place where such a thing is.
        parts: the names of the values that make up its key.
        node: the place; the collection itself where the definition has no place for single things.
        addressed: whether single things have a place.
        words: what the data says of such things.
    """

    name: str
    parts: tuple[str, ...]
    node: Node
    addressed: bool = True
    words: Mapping[str, Any] = field(default_factory=dict)

    def spelled(self, key: Sequence[str]) -> str:
        """Write the place of a thing, for people."""
        text = self.name
        for part, value in zip(self.parts, key, strict=False):
            for variable in (f"{{{part}}}", f"{{+{part}}}"):
                text = text.replace(variable, value, 1)
        return text


@dataclass(frozen=True, eq=False)
class Role:
    """
    What a resource does.

    Attributes:
        form: collection, item, document or file.
        kind: the kind of things it is about.
        node: its place in the tree.
        names: what the mock's words call the variables of its template.
        words: what the data says of it.
        variables: the template's own names for them.
    """

    form: str
    kind: Kind
    node: Node
    names: tuple[str, ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[str, ...] = ()

    def bound(self, values: Sequence[str]) -> dict[int, str]:
        """Give the parts of the kind's key that the path says, by their places: by position, else by name."""
        if _is_above(self.kind.node, self.node) or _is_above(self.node, self.kind.node):
            return dict(enumerate(values[: len(self.kind.parts)]))
        return self.bound_by_name(dict(zip(self.names, values, strict=True)))

    def bound_by_name(self, named: Mapping[str, str]) -> dict[int, str]:
        """Give the parts of the kind's key that have a value among these, by their places."""
        return {place: named[part] for place, part in enumerate(self.kind.parts) if part in named}

    def renamed(self, named: Mapping[str, str]) -> dict[str, str]:
        """Call the values of the template's variables as the mock's words do."""
        own = dict(zip(self.variables, self.names, strict=True))
        return {own.get(name, name): value for name, value in named.items()}

    @cached_property
    def upload_kind(self) -> Kind:
        """The kind under which what is uploaded here is kept."""
        if self.form == "file":
            return self.kind
        return Kind(f"{self.kind.name}#file", self.kind.parts[:-1], self.node)


def _text_of(node: Node) -> str:
    return "".join(f"/{segment.text}" for segment in node.segments()) or "/"


def _is_above(upper: Node, lower: Node) -> bool:
    node: Node | None = lower
    while node is not None:
        if node is upper:
            return True
        node = node.parent
    return False


class Plan:
    """The roles and kinds of a whole definition."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.tree = definition.tree(Tree)
        self.words: Mapping[str, Any] = definition.service.words.get("mock", {})
        self._kinds: dict[Node, Kind] = {}
        self._roles: dict[str, Role] = {}

    @cached_property
    def token_credential(self) -> str:
        """The credential that is the service's token: what the words say, else that of a scheme's token rule."""
        rules = [scheme.token for scheme in self.definition.service.schemes.values() if scheme.token is not None]
        said = self.words.get("tokens", {}).get("credential")
        return str(said or (rules[0].credential if rules else "token"))

    # ---- kinds ----

    def kind(self, template: str) -> Kind:
        """Give the kind whose things are at a template, or in the collection there."""
        return self._kind_at(self._node(template))

    def _node(self, template: str) -> Node:
        node: Node | None = self.tree.root
        try:
            segments = parse_template(template).segments
        except TemplateError as error:
            raise DefinitionError(f"the mock's words name {template!r}: {error}") from error
        for segment in segments:
            node = node.known(segment) if node is not None else None
        if node is None:
            raise DefinitionError(
                f"the mock's words name {template!r}, and {self.definition.name} has no such place",
                expected="a template of resources.json",
            )
        return node

    def _kind_at(self, node: Node) -> Kind:
        item = None if self._words_at(node).get("file") else _item_of(node)
        place = item or node
        found = self._kinds.get(place)
        if found is None:
            found = self._make_kind(place, addressed=item is not None or self._is_document(node))
            self._kinds[place] = found
        return found

    def _make_kind(self, node: Node, *, addressed: bool) -> Kind:
        names = node.example.variables[: node.arity] if node.example else ()
        parts = names if addressed else (*names, "id")
        words = {**(self._kind_words(node.parent) if node.segment.variables else {}), **self._kind_words(node)}
        return Kind(_text_of(node), parts, node, addressed, words)

    def _words_at(self, node: Node) -> dict[str, Any]:
        return {key: value for end in node.ends for key, value in self._words_of(end.template.text).items()}

    def _words_of(self, text: str) -> Mapping[str, Any]:
        elsewhere = self.words.get("resources", {}).get(text, {})
        return {**elsewhere, **self.definition.resource(text).words.get("mock", {})}

    def method_words(self, method: Method) -> Mapping[str, Any]:
        """Give what the data says of a method: beside it, or with the service's other words for the mock."""
        elsewhere = self.words.get("resources", {}).get(method.template, {}).get("methods", {})
        return {**elsewhere.get(method.method, {}), **method.words.get("mock", {})}

    def action(self, role: Role, method: Method) -> str | None:
        """Name what a method does where a role is played; None for one that means nothing there."""
        said: str | None = self.method_words(method).get("does")
        return said or _ACTIONS[role.form].get(method.method)

    def _kind_words(self, node: Node | None) -> dict[str, Any]:
        """What a place says of its kind: nothing, where it is a view of another's."""
        words = self._words_at(node) if node is not None else {}
        return {} if "of" in words else {key: value for key, value in words.items() if key in _KIND_WORDS}

    def _is_document(self, node: Node) -> bool:
        words = self._words_at(node)
        lists = {"POST", "HEAD"}.intersection(node.methods) or "key" in words
        return bool(words.get("file")) or not lists

    # ---- roles ----

    def role(self, end: End, node: Node) -> Role:
        """Give the role of a template that ends at a place."""
        text = end.template.text
        found = self._roles.get(text)
        if found is None:
            found = self._roles[text] = self._make_role(end, node)
        return found

    def role_of(self, template: str) -> Role:
        """Give the role of a template by its text; one that is no resource's lists the things of its kind."""
        found = self.tree.by_text.get(template)
        if found is not None:
            return self.role(found[1], found[0])
        kind = self.kind(template)
        return Role("collection", kind, kind.node)

    def _make_role(self, end: End, node: Node) -> Role:
        words = self._words_of(end.template.text)
        kind = self.kind(words["of"]) if "of" in words else self._kind_at(node)
        own = end.template.variables
        names = tuple(words.get("names", {}).get(name, name) for name in own)
        return Role(self._form(words, node), kind, node, names, words, own)

    def _form(self, words: Mapping[str, Any], node: Node) -> str:
        if words.get("file"):
            return "file"
        if node.segment.variables:
            return "item"
        if "of" in words or _item_of(node) is not None or not self._is_document(node):
            return "collection"
        return "document"

    def referred(self, role: Role, values: Sequence[str]) -> Iterator[tuple[str, Kind, tuple[str, ...]]]:
        """Give the things that a path names on its way and that must be there: the variable, the kind, the key."""
        seen = {role.kind} if role.form != "collection" else set()
        for above in reversed(list(_ancestors(role.node))):
            kind, names = self._kind_above(above), role.names[: above.arity]
            if kind is None or kind in seen or kind.name not in self.made:
                continue
            seen.add(kind)
            bound = Role("item", kind, above, names).bound(values[: above.arity])
            if len(bound) == len(kind.parts):
                yield names[-1], kind, tuple(bound[place] for place in range(len(kind.parts)))
        for name, template in {**self.words.get("variables", {}), **role.words.get("variables", {})}.items():
            if name in role.names and template and self.kind(template) not in seen:
                yield name, self.kind(template), (values[role.names.index(name)],)

    def _kind_above(self, node: Node) -> Kind | None:
        if not node.segment.variables or node.implied:
            return None
        for end in node.ends:
            return self.role(end, node).kind
        return self._kind_at(node)

    @cached_property
    def made(self) -> frozenset[str]:
        """The names of the kinds that something in the definition can make."""
        return frozenset(role.kind.name for role, method in self._all() if self.action(role, method) in _MAKING)

    def _all(self) -> Iterator[tuple[Role, Method]]:
        for method in self.definition.operations:
            node, end = self.tree.by_text[method.template]
            yield self.role(end, node), method

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Every kind that any resource is about."""
        roles = list(dict.fromkeys(role for role, _ in self._all()))
        uploads = [role.upload_kind for role in roles if not role.kind.addressed]
        return tuple(dict.fromkeys([*(role.kind for role in roles), *uploads]))

    def depends(self, kind: Kind, upon: Kind) -> list[int] | None:
        """Tell which places of a kind's key name a thing of another kind, in that one's order; None if none do."""
        if kind is upon:
            return None
        if kind.node is not upon.node and _is_above(upon.node, kind.node):
            return list(range(len(upon.parts)))
        if not kind.node.ends:
            return None
        meant = {**self.words.get("variables", {}), **self._words_at(kind.node).get("variables", {})}
        named = [name for name, template in meant.items() if template and self.kind(template) is upon]
        return next(([kind.parts.index(name)] for name in named if name in kind.parts), None)

    def check(self) -> None:
        """Hold the words to the definition. Raises DefinitionError where they name what is not there."""
        for _ in self.kinds:
            pass
        if "known_callers" in self.words:
            self.kind(self.words["known_callers"]["are"])
        known = self.definition.service.credentials
        for name in self._named_credentials():
            if name not in known:
                choices = ", ".join(known) or "none"
                raise DefinitionError(
                    f"the mock's words name the credential {name!r}, and there is none", expected=f"one of {choices}"
                )
        for template in filter(None, self.words.get("variables", {}).values()):
            self.kind(template)
        for text, methods in self.definition.templates():
            words = self._words_of(text)
            for said in (words, *(self.method_words(self.definition.method(text, method)) for method in methods)):
                for template in _named_places(said):
                    self.kind(template)

    def _named_credentials(self) -> Iterator[str]:
        yield from self.words.get("credentials", ())
        yield from filter(None, (self.words.get("tokens", {}).get("credential"),))
        yield from filter(None, (self.words.get("known_callers", {}).get("by"),))

    def address(self, kind: Kind, key: Sequence[str]) -> str | None:
        """Write the path at which a thing can be read; None where it has none."""
        ends = [end for end in kind.node.ends if "GET" in end.methods and not end.template.query]
        return ends[0].render(key, lambda _: None) if ends and kind.addressed else None


_KIND_WORDS = frozenset({
    "key", "new", "sets", "each", "needs", "required", "missing", "repeat", "existing", "shows", "newest_first",
    "filters",
})  # fmt: skip


def _named_places(words: Mapping[str, Any]) -> Iterator[str]:
    yield from words.get("needs", ())
    yield from words.get("shows", {}).values()
    yield from (more["of"] for more in words.get("also", ()))
    yield from filter(None, words.get("variables", {}).values())
    where = words.get("where", ())
    for alternative in [where] if isinstance(where, dict) else where:
        yield from (source["in"] for source in alternative.values() if isinstance(source, dict))


def _item_of(node: Node) -> Node | None:
    """The place of the items of a collection; the place itself where it is one."""
    if node.segment.variables:
        return node
    mixed = [child for child in node.composites.values() if child.segment.variables]
    below = [child for child in (node.variable, node.reserved) if child is not None and not child.implied]
    return below[0] if below else mixed[0] if len(mixed) == 1 else None


def _ancestors(node: Node) -> Iterator[Node]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent
