"""
Path: one lazy place in the resource tree, with its values. Building, showing or comparing one sends nothing.

Takes names (`path.activities`) and items (`path["ann"]`); gives further paths, and operations made by the one callable
that the root injects. What a name or an item means: see `_items`; which template is meant: see `resolve`.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from restpath.definition.model import Definition, Method
from restpath.errors import InvalidValue, MethodNotAllowed, UnknownAttribute, UnknownItem, UnknownResource
from restpath.template import Segment, Template, TemplateError, Variable, as_value, parse_template
from restpath.tree import End, Lookup, Names, Node, Tree, fill_composite, segments_parts
from restpath.types import JsonObject

if TYPE_CHECKING:
    from restpath.operations import Operation

__all__ = [
    "Namespace", "Path", "Root", "chain", "children_of", "defaults_of", "expand_template", "free_path",
    "named_operation", "render", "resolve", "resolve_any", "show", "unknown_name",
]  # fmt: skip

MakeOperation: TypeAlias = "Callable[[Path, str], Operation]"

_METHOD_WORDS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_RARE_METHOD_WORDS = frozenset({"trace", "query"})


class Root:
    """
    What all paths of one client share.

    Attributes:
        owner: whom a pickled path is made again from: something picklable with `.root` and `.path()`.
        definition: the service.
        tree: its resource tree.
        base_url: where it is, without a slash at the end.
        strict: whether segments and methods that the definition does not know are refused.
        operation: makes the operation for a path and a method; all that a path knows of calling.
        named: makes the operation of a given name.
        lookup: finds the value of a credential that may stand in a path (`:me`); None where there is none.
        warn: says once per place that something unknown is let through.
        servers: what to put in place of single operations' own servers; None: the base URL holds for all.
    """

    __slots__ = (
        "owner", "definition", "tree", "base_url", "strict", "operation", "named", "lookup", "warn", "free_methods",
        "servers",
    )  # fmt: skip

    def __init__(
        self,
        definition: Definition,
        tree: Tree,
        base_url: str,
        *,
        owner: Any,
        operation: MakeOperation,
        named: Callable[[str], Operation],
        strict: bool = True,
        lookup: Lookup = lambda name: None,
        warn: Callable[[str], None] = lambda place: None,
        servers: Mapping[str, str] | None = None,
    ) -> None:
        self.definition, self.tree, self.base_url, self.strict = definition, tree, base_url, strict
        self.owner = owner
        self.operation, self.named, self.lookup, self.warn = operation, named, lookup, warn
        self.servers = servers
        self.free_methods: dict[tuple[str, str], Method] = {}

    def base_of(self, method: Method) -> str:
        """Give the base URL of an operation: the service's, unless the operation names a server of its own."""
        if method.server is None or self.servers is None:
            return self.base_url
        return self.servers.get(method.server, method.server).rstrip("/")

    def same_as(self, other: Root) -> bool:
        """Tell whether paths of both lead to the same place, whoever is logged in."""
        return self is other or (self.base_url == other.base_url and self.definition == other.definition)


class Path:
    """
    An immutable place in the resource tree of a service: `client.people["ann"].activities`.

    Attributes lead to fixed segments, items to fixed or variable ones. `get post put patch delete head options` are the
    operations, `defaults(method)` gives the body that one starts from, `walk` goes through a list page by page. All
    else is a function: `restpath.url(path)`, `restpath.describe(path)`, `restpath.children(path)`.
    """

    __slots__ = ("_root", "_node", "_values", "_names", "_suffix")

    # A type with items but no length would be iterated by trying 0, 1, 2, ...
    __iter__: ClassVar[None] = None
    __contains__: ClassVar[None] = None

    def __init__(
        self, root: Root, node: Node, values: tuple[str, ...], names: Names | None = None, suffix: str | None = None
    ) -> None:
        self._root = root
        self._node = node
        self._values = values
        self._names = names
        self._suffix = suffix

    # ---- one segment on ----

    def __getattr__(self, name: str) -> Any:
        child = self._node.attributes.get(name)
        if child is not None and self._names is None and self._suffix is None:
            return Path(self._root, child, self._values)
        return _attribute(self, name)

    def __getitem__(self, item: Any) -> Any:
        if type(item) is str and self._names is None and self._suffix is None:
            node = self._node
            child = node.literals.get(item)
            if child is not None:
                return Path(self._root, child, self._values)
            child = node.variable
            # Text that could be another spelling of a segment, or is no value, takes the long way.
            if child is not None and item.isalnum() and item.isascii() and not child.implied:
                return Path(self._root, child, (*self._values, item))
        return _item(self, item)

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
        return None if node is None or self._suffix is not None else Path(self._root, node, self._values, self._names)

    # ---- being a value ----

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Path):
            return NotImplemented
        return (
            self._values == other._values
            and self._node.shape == other._node.shape
            and self._names == other._names
            and self._suffix == other._suffix
            and self._root.same_as(other._root)
        )

    def __hash__(self) -> int:
        return hash((self._root.base_url, self._node.shape, self._values, self._names, self._suffix))

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
        names = [name for name in self._node.attributes if _speakable(name)]
        return sorted({*words, *names, "defaults", *(["walk"] if "get" in words else [])})

    def _ipython_key_completions_(self) -> list[str]:
        return [*self._node.literals, *(f"{text}" for text in _custom_suffixes(self._node))]

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
        if found is None:
            raise unknown_name(self._root, self._prefix, self._names, name)
        return found

    def __dir__(self) -> list[str]:
        return sorted(self._names)

    def __repr__(self) -> str:
        return f"<{self._root.definition.name} {self._prefix}: {' '.join(sorted(self._names))}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return restore_namespace, (self._root.owner, self._prefix)


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
        node = known or _free_node(node, segment)
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


def unknown_name(root: Root, prefix: str, names: Mapping[str, object], name: str) -> UnknownResource:
    """Say that there is no operation of that name, and what the nearest ones are."""
    whole = f"{prefix}.{name}" if prefix else name
    near = _nearest(whole, [f"{prefix}.{known}" if prefix else known for known in names] + list(root.definition.named))
    return UnknownAttribute(
        f"{root.definition.name} has no operation {whole}{_did_you_mean(near)}", segment=name, choices=near
    )


# ---- what a name means -------------------------------------------------------------------------------------------


def _attribute(path: Path, name: str) -> Any:
    """The long way of attribute access: spellings, rare methods, what is unknown."""
    node, root = path._node, path._root
    if name.startswith("_"):
        raise AttributeError(f"{type(path).__name__!r} object has no attribute {name!r}")
    if name in _RARE_METHOD_WORDS and name.upper() in node.methods:
        return root.operation(path, name.upper())
    child = node.attributes.get(name)
    if child is None and name.endswith("_"):
        child = node.attributes.get(name[:-1])
    if child is not None and path._suffix is None and child.admits(path._names):
        return Path(root, child, path._values, path._names)
    if root.strict and not node.free or path._suffix is not None:
        raise _unknown(path, name, UnknownAttribute)
    return _free(path, name.removesuffix("_"), None)


def _item(path: Path, item: Any) -> Any:
    """The long way of item access: see `_text_item` for text, `_said_item` for mappings and pairs."""
    if path._suffix is not None:
        raise _unknown(path, str(item), UnknownItem)
    if isinstance(item, Mapping):
        return _said_item(path, None, item)
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) and isinstance(item[1], Mapping):
        return _said_item(path, item[0], item[1])
    return _text_item(path, item)


def _text_item(path: Path, item: object) -> Path:
    """
    A literal sibling of that spelling; else the variable of that level; else a mixed segment that the text fills;
    else, beside a variable, the mixed segment that adds the text to it.
    """
    node, root = path._node, path._root
    if isinstance(item, str):
        found = _literal(path, str(item))
        if found is not None:
            return found
    if node.variable is not None and not node.variable.implied:
        return _filled(path, node.variable, [item])
    if node.reserved is not None and not node.reserved.implied:
        return _filled(path, node.reserved, [item])
    fallback = _mixed(path, item)
    if fallback is not None:
        return fallback
    text = as_value(item, "item", place=show(path))
    if root.strict and not node.free:
        raise _unknown(path, text, UnknownItem)
    return _free(path, text, "item")


def _literal(path: Path, text: str) -> Path | None:
    node = path._node
    child = node.literals.get(text)
    if child is not None:
        return Path(path._root, child, path._values, path._names) if child.admits(path._names) else None
    spelled = node.spelled(text)
    if spelled is not None:
        return Path(path._root, spelled[0], path._values, path._names, spelled[1])
    custom = node.custom(text) if text.startswith(":") else None
    return None if custom is None else Path(path._root, custom, path._values, path._names)


def _mixed(path: Path, item: object) -> Path | None:
    node = path._node
    text = str(item) if isinstance(item, (str, int)) and not isinstance(item, bool) else None
    if text is not None:
        filled = [(child, fill_composite(child.segment, text)) for child in node.composites.values()]
        fits = [(child, values) for child, values in filled if values is not None]
        if len(fits) > 1:
            ways = " or ".join(_pair(child, values) for child, values in fits)
            raise InvalidValue(f"{text!r} in {show(path)} can be read in several ways: say {ways}")
        if fits:
            return _filled(path, *fits[0])
        custom = node.custom(text)
        if custom is not None:
            return Path(path._root, custom, path._values, path._names)
        if node.parent is not None and any(end.template.suffix == text for end in node.ends):
            return Path(path._root, node, path._values, path._names, text)
    implied = node.variable or node.reserved
    return _filled(path, implied, [item]) if implied is not None else None


def _pair(child: Node, values: Sequence[str]) -> str:
    names = next(iter(child.names), ())
    return f"[{next(iter(child.texts), '')!r}, {dict(zip(names, values, strict=False))!r}]"


def _filled(path: Path, child: Node, values: Sequence[object], names: Sequence[str] | None = None) -> Path:
    """Go to a variable child with these values, which are checked; `names` where they tell templates apart."""
    variables = child.segment.variables
    own = tuple(
        as_value(value, (names or [v.name for v in variables])[i], reserved=variables[i].reserved, place=show(path))
        for i, value in enumerate(values)
    )
    said: Names | None = path._names
    if names is not None and len(child.names) > 1:
        said = (*(path._names or (None,) * len(path._values)), *names)
    elif said is not None:
        said = (*said, *(None for _ in own))
    if said is not None and not child.admits(said):
        raise _unknown(path, str(values[0]), UnknownItem)
    return Path(path._root, child, (*path._values, *own), said)


def _said_item(path: Path, text: str | None, values: Mapping[Any, Any]) -> Path:
    """An item said outright: by the variables' names, and by the template's text where names are not enough."""
    node = path._node
    places = [node.variable, node.reserved, *node.composites.values()]
    fits: list[tuple[Node, tuple[str, ...], str | None]] = []
    for child in [place for place in places if place is not None and not place.implied]:
        suffix = None if text is None else _suffix_said(child, text)
        if text is not None and suffix is None:
            continue
        fits += [(child, names, suffix or None) for names in child.names if set(names) == set(values)]
    if not fits and node.free:
        return _free_said(path, text, values)
    if not fits:
        raise _unknown(path, text or "{" + ", ".join(map(str, values)) + "}", UnknownItem)
    if len(fits) > 1 and fits[0][0] is not node.variable:
        ways = " or ".join(f"[{next(iter(child.texts))!r}, {dict(values)!r}]" for child, _, _ in fits)
        raise InvalidValue(f"these names leave several templates in {show(path)}: say {ways}")
    child, names, suffix = fits[0]
    found = _filled(path, child, [values[name] for name in names], names)
    return found if suffix is None else Path(path._root, child, found._values, found._names, suffix)


def _suffix_said(child: Node, text: str) -> str | None:
    """What follows the segment in `"{id}/"`; "" for the segment alone; None if the text is another segment's."""
    if text in child.texts:
        return ""
    for end in child.ends:
        if end.template.suffix and text == end.template.segments[-1].text + end.template.suffix:
            return end.template.suffix
    return None


# ---- beyond the definition ---------------------------------------------------------------------------------------


def _free(path: Path, text: str, variable: str | None) -> Path:
    """A segment that no definition knows: an attribute becomes a literal, an item a variable."""
    value = as_value(text, variable or "segment", place=show(path))
    if variable is None:
        return Path(path._root, _free_node(path._node, Segment((value,))), path._values, _unsaid(path._names, 0))
    named = variable if variable != "item" else f"item{len(path._values) + 1}"
    node = _free_node(path._node, Segment((Variable(named),)))
    return Path(path._root, node, (*path._values, value), _unsaid(path._names, 1))


def _unsaid(names: Names | None, more: int) -> Names | None:
    return None if names is None else (*names, *(None,) * more)


def _free_said(path: Path, text: str | None, values: Mapping[Any, Any]) -> Path:
    if text is None and len(values) == 1:
        ((name, value),) = values.items()
        return _free(path, as_value(value, str(name), place=show(path)), str(name))
    raise InvalidValue(
        f"without a definition an item of {show(path)} is one value; "
        "for more use restpath.expand(client, '/a/{b}...{c}', ...)"
    )


def _free_node(parent: Node, segment: Segment) -> Node:
    node = Node(parent, segment, free=True)
    if segment.variables:
        node.names[tuple(variable.name for variable in segment.variables)] = None
        node.texts[segment.text] = None
    return node


def free_path(root: Root, template: Template, values: Mapping[str, object]) -> Path:
    """The path of a template that the definition does not know."""
    node, found = root.tree.root, []
    for segment in template.segments:
        node = _free_node(node, segment)
        for variable in segment.variables:
            found.append(as_value(values[variable.name], variable.name, reserved=variable.reserved))
    return Path(root, node, tuple(found), None, template.suffix or None)


def expand_template(root: Root, text: str, values: Mapping[str, object]) -> Path:
    """
    Give the path of a template by its own text.

    Raises:
        UnknownItem: the definition has no such template.
        InvalidValue: a variable has no value, or a value no variable.
    """
    if not isinstance(text, str):
        raise InvalidValue(f"{text!r} is no template: give its text, such as '/people/{{username}}'")
    found = root.tree.by_text.get(text) or root.tree.by_text.get("/" + text)
    if found is None and root.strict and root.definition.known:
        near = _nearest(text, list(root.tree.by_text))
        raise UnknownItem(
            f"{root.definition.name} has no template {text!r}{_did_you_mean(near)}", segment=text, choices=near
        )
    try:
        template = found[1].template if found else parse_template(text if text.startswith("/") else "/" + text)
    except TemplateError as error:
        raise InvalidValue(str(error)) from error
    _check_names(template, values)
    if found is None:
        return free_path(root, template, values)
    node = found[0]
    own: list[str] = []
    for segment in template.segments:
        for variable in segment.variables:
            own.append(as_value(values[variable.name], variable.name, reserved=variable.reserved, place=text))
    suffix = template.suffix if len(node.ends) > 1 and template.suffix else None
    return Path(root, node, tuple(own), _telling_names(node, template), suffix)


def _telling_names(node: Node, template: Template) -> Names | None:
    """The names that tell a template from others of its shape; None where its shape is its own."""
    steps: list[Node] = []
    step: Node | None = node
    while step is not None:
        steps.append(step)
        step = step.parent
    told: list[str | None] = []
    for step, segment in zip(steps[::-1][1:], template.segments, strict=True):
        told += [variable.name if len(step.names) > 1 else None for variable in segment.variables]
    return tuple(told) if any(told) else None


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


# ---- which template is meant -------------------------------------------------------------------------------------


def candidates(path: Path) -> list[End]:
    """The templates that end at a path, by the names and the suffix that were said; plain ones before others."""
    ends = [end for end in path._node.ends if end.admits(path._names, path._values)]
    if path._suffix is not None:
        return [end for end in ends if end.template.suffix == path._suffix]
    return sorted(ends, key=lambda end: end.template.suffix != "")


def resolve(path: Path, method: str) -> tuple[Method, End | None]:
    """
    Find the operation that a method means at a path.

    Returns:
        the record, and the template it ends in (None beyond the definition).
    Raises:
        MethodNotAllowed: no template here accepts the method.
        InvalidValue: several do, and nothing said which.
    """
    node = path._node
    only = node.only
    if only is not None and method in only.methods and path._names is None and path._suffix is None:
        return only.method(method), only
    ends = [end for end in candidates(path) if method in end.methods]
    plain = [end for end in ends if not end.template.suffix]
    ends = plain if plain and path._suffix is None else ends
    if len(ends) == 1:
        return ends[0].method(method), ends[0]
    if ends:
        raise InvalidValue(
            f"{method} {show(path)} could be {' or '.join(end.template.text for end in ends)}: "
            f"say which, {' or '.join(_outright(path, end) for end in ends)}"
        )
    if node.ends and not candidates(path):
        _refuse_repeats(path)
    if node.free or not path._root.strict:
        return _free_method(path, method), None
    raise _not_allowed(path, method)


def resolve_any(path: Path) -> tuple[End | None, str]:
    """Find what a path's URL is written by where no method says it: the plainest template that ends there."""
    ends = candidates(path)
    if not ends and path._node.ends:
        _refuse_repeats(path)
    end = ends[0] if ends else None
    return end, render(path, end)


def _refuse_repeats(path: Path) -> None:
    for end in path._node.ends:
        for first, again in end.repeats:
            if path._values[first] != path._values[again]:
                name = end.template.variables[first]
                raise InvalidValue(
                    f"{{{name}}} stands twice in {end.template.text} and is one variable: it was given as "
                    f"{path._values[first]!r} and as {path._values[again]!r}"
                )


def _outright(path: Path, end: End) -> str:
    names, node = end.template.variables, path._node
    if end.template.suffix:
        text = end.template.text
        values = dict(zip(names, path._values, strict=False))
        return f"restpath.expand(client, {text!r}, {values!r})" if values else f"restpath.expand(client, {text!r})"
    last = node.segment.variables
    own = dict(zip(names[-len(last) :], path._values[-len(last) :], strict=False)) if last else {}
    return f"{chain(path, up=1)}[{own!r}]"


def _not_allowed(path: Path, method: str) -> MethodNotAllowed:
    allowed = sorted({name for end in candidates(path) for name in end.methods})
    text = f"{show(path)} does not accept {method}"
    if allowed:
        text += "; it accepts " + ", ".join(allowed)
    else:
        below = children_of(path)
        text += "; it is no resource itself" + (", further segments are " + ", ".join(below[:8]) if below else "")
    other = _as_value_instead(path, lambda node: method in node.methods)
    return MethodNotAllowed(text + (f". For the value, say {other}" if other else ""), method=method, allowed=allowed)


def _free_method(path: Path, method: str) -> Method:
    root, node = path._root, path._node
    if root.definition.known:
        root.warn(f"{method} {node.template}")
    key = (method, node.template)
    if key not in root.free_methods:
        root.free_methods[key] = _free_record(root.definition, node, method)
    return root.free_methods[key]


def _free_record(definition: Definition, node: Node, method: str) -> Method:
    from restpath.definition.model import Resource

    resource = Resource(Template(node.template, tuple(node.segments())), None, "", "", "", {}, {})
    rules = definition.service.rules
    return Method(method, node.template, None, "", "", False, {}, None, None, False, None, rules, resource)


def render(path: Path, end: End | None) -> str:
    """Write a path's text, percent-encoded; without the template's query."""
    root = path._root
    if end is not None:
        return end.render(path._values, root.lookup)
    segments = path._node.segments()
    known = _passing(path)
    if known is not None and not path._node.free:
        segments = list(known.segments[: len(segments)])
    text, i = [], 0
    for part in segments_parts(segments, root.definition, None):
        if isinstance(part, str):
            text.append(part)
        else:
            text.append(part(path._values[i], root.lookup))
            i += 1
    slash = path._suffix is not None and path._suffix.startswith("/")
    return ("".join(text) or "/") + ("/" if slash and text else "")


def _passing(path: Path) -> Template | None:
    if path._names is None:
        return path._node.example
    return next((end.template for end in path._node.subtree_ends() if end.admits(path._names, ())), None)


def defaults_of(path: Path, method: str) -> JsonObject:
    """Give a copy of the body that a method starts from; {} where there is none."""
    if not isinstance(method, str) or method.upper() not in {*(word.upper() for word in _METHOD_WORDS), "QUERY"}:
        raise InvalidValue(f"{method!r} is no method; say defaults('post')")
    return resolve(path, method.upper())[0].defaults()


# ---- saying what is there ----------------------------------------------------------------------------------------


def show(path: Path) -> str:
    """The path as text for people: values as given, so that nothing needs to be known, but for slashes in them."""
    text, values = "", iter(path._values)
    for segment in path._node.segments():
        text += "/" + "".join(
            piece if isinstance(piece, str) else _shown(next(values), piece) for piece in segment.pieces
        )
    return (text or "/") + (path._suffix or "")


def _shown(value: str, variable: Variable) -> str:
    value = value.replace("/", "%2F") if not variable.reserved else value
    return value if value.isprintable() and len(value) <= 200 else repr(value[:200])


def children_of(path: Path) -> list[str]:
    """The segments one level down, as a template writes them."""
    node = path._node
    if path._suffix is not None:
        return []
    names = [text for text, child in node.literals.items() if child.admits(path._names)]
    for child in node.below():  # an implied one has no text of its own
        names += [text for text in child.texts if child.segment.variables and child.admits(path._names)]
    return names


def chain(path: Path, name: str = "client", up: int = 0) -> str:
    """Write a path as the Python expression that gives it, leaving off the last `up` segments."""
    nodes: list[Node] = []
    node: Node | None = path._node
    while node is not None and node.parent is not None:
        nodes.append(node)
        node = node.parent
    text = name
    for step in nodes[::-1][: len(nodes) - up]:
        text += _step(step, path._values[step.arity - len(step.segment.variables) : step.arity], path._names)
    return text


def _step(node: Node, values: Sequence[str], said: Names | None) -> str:
    parent = node.parent
    literal = node.segment.literal
    if literal is not None:
        return f".{literal}" if _speakable(literal) else f"[{literal!r}]"
    start = node.arity - len(values)
    plain = parent is not None and node is (parent.variable or parent.reserved)
    if plain and (said is None or said[start] is None) and parent is not None and values[0] not in parent.literals:
        return f"[{values[0]!r}]"
    names = next(iter(node.names), ())
    if said is not None and said[start] is not None:
        names = tuple(name or "" for name in said[start : node.arity])
    mapping = dict(zip(names, values, strict=False))
    return f"[{mapping!r}]" if plain else f"[{next(iter(node.texts), node.segment.text)!r}, {mapping!r}]"


_NOT_SEGMENTS = _METHOD_WORDS | {"defaults", "walk", "call", "close"}


def _speakable(name: str) -> bool:
    return (
        name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_") and name not in _NOT_SEGMENTS
    )


def _custom_suffixes(node: Node) -> Iterator[str]:
    if node.parent is not None and node.segment.shape in ("{}", "{+}"):
        for shape in node.parent.composites:
            if shape.startswith(node.segment.shape) and "{" not in shape[len(node.segment.shape) :]:
                yield shape[len(node.segment.shape) :]


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    import difflib

    folded: dict[str, str] = {}
    for text in known:
        folded.setdefault(text.lower().replace("-", "_"), text)
    near = difflib.get_close_matches(name.lower().replace("-", "_"), folded, 3, 0.6)
    return [folded[text] for text in near]


def _did_you_mean(near: Sequence[str]) -> str:
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _unknown(path: Path, name: str, error: type[UnknownResource]) -> UnknownResource:
    """The error that names the nearest segments, and the way to a value that a literal stands before."""
    node, root = path._node, path._root
    shown = name if len(name) <= 60 else name[:57] + "..."
    text = f"{root.definition.name or 'the service'} has no {shown!r} in {show(path)}"
    if path._suffix is not None:
        return error(f"{text}: nothing follows {path._suffix!r}", segment=name)
    known = children_of(path)
    near = _nearest(name, known)
    text += _did_you_mean([f"{chain(path)}{_said(choice)}" for choice in near])
    other = _as_value_instead(path, lambda sibling: name in sibling.literals or name in sibling.attributes)
    if other:
        ending = f".{name}" if error is UnknownAttribute else f"[{name!r}]"
        text += f". {show(path).rsplit('/', 1)[-1]!r} is a segment of its own here; for the value, say {other}{ending}"
    variables = [choice for choice in known if "{" in choice]
    if error is UnknownAttribute and variables and not near:
        text += f". For a value write {chain(path)}[{name!r}]"
    elif not near and not other:
        text += (
            f". There {'is' if len(known) == 1 else 'are'} " + ", ".join(known[:12]) if known else ". Nothing follows"
        )
        text += ", ..." if len(known) > 12 else ""
    return error(text, segment=name, choices=near or known[:12])


def _said(choice: str) -> str:
    return f".{choice}" if _speakable(choice) else f"[{choice!r}]"


def _as_value_instead(path: Path, fits: Callable[[Node], bool]) -> str | None:
    """Where the last segment is a literal beside a variable that would fit: the expression that says the value."""
    node = path._node
    literal, parent = node.segment.literal, node.parent
    sibling = parent.variable if parent is not None else None
    if literal is None or sibling is None or sibling.implied or not fits(sibling):
        return None
    names = next(iter(sibling.names), ("item",))
    return f"{chain(path, up=1)}[{ {names[0]: literal}!r}]"
