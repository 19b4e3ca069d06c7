"""
Operations by their names: `doc.getList`, as services call them that speak of methods and not of resources.

Takes the root of a client and a name, whole or up to a dot; gives the operation, or the namespace of those whose names
go on from there. Where a template has variables, they are among the fields of the call. Nothing is sent by looking.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from restpath.building import build_call
from restpath.call import Arguments, Call
from restpath.errors import UnknownAttribute, UnknownItem, UnknownResource
from restpath.expanding import expand_template
from restpath.fields import field_name
from restpath.later import later_root
from restpath.operations import Operation, Sender, Settings, about
from restpath.path import Path
from restpath.phrasing import did_you_mean, nearest
from restpath.place import Root
from restpath.records import replace
from restpath.template import parse_template
from restpath.types import UNSET

if TYPE_CHECKING:
    from restpath.definition.method import Method

__all__ = ["NamedOperation", "Namespace", "named_operation", "operation_of_name", "parts_of", "unknown_name"]


class NamedOperation(Operation):
    """An operation known by its name; the variables of its template are among the fields of a call."""

    __slots__ = ("_name", "_root")

    def __init__(self, root: Root, name: str, sender: Sender, settings: Settings | None = None) -> None:
        template, word = root.definition.named[name]
        super().__init__(Path(root, root.tree.by_text[template][0], ()), word, sender, settings)
        self._root, self._name = root, name

    def _record(self) -> Method:
        return self._root.definition.method(*self._root.definition.named[self._name])

    def _describe(self, given: Arguments, settings: Settings) -> Call:
        template, word = self._root.definition.named[self._name]
        text, variables = self._meant(template, {field_name(key) for key in given.fields} | set(given.fields))
        names = {key: key if key in variables else field_name(key) for key in given.fields}
        values = {name: given.fields[key] for key, name in names.items() if name in variables}
        if text == template:
            path = expand_template(self._root, template, values)
        else:
            from restpath.finding import expand_other

            path = expand_other(self._root, text, values, [template])
        rest = {key: value for key, value in given.fields.items() if names[key] not in variables}
        return build_call(path, word, replace(given, fields=rest), validate=settings.validate)

    def _meant(self, template: str, given: Collection[str]) -> tuple[str, set[str]]:
        """The template, or the other text for its paths whose variables were given, with its variables."""
        own = set(self._root.tree.by_text[template][1].template.variables)
        if not own.intersection(given):
            for other in self._root.definition.resource(template).words.get("also", ()):
                variables = set(parse_template(other).variables)
                if variables.issubset(given):
                    return other, variables
        return template, own

    def options(self, /, **settings: Any) -> NamedOperation:
        """Give the same operation with other settings, such as retries and timeout. See `Settings`."""
        return NamedOperation(self._root, self._name, self._sender, self._for_call(UNSET).changed(**settings))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedOperation):
            return NotImplemented
        settings = about(self).settings, about(other).settings
        return self._name == other._name and settings[0] == settings[1] and self._root.same_as(other._root)

    def __hash__(self) -> int:
        return hash((self._root.base_url, self._name))

    def _shown(self) -> str:
        return f"{self._word} {self._name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_named, (self._root.owner, self._name), self._state()


def operation_of_name(root: Root, name: str, sender: Sender) -> NamedOperation:
    """Make the operation of a name. Raises UnknownItem where there is none."""
    if name not in root.definition.named:
        unknown = unknown_name(root, "", root.tree.operation_names, name)
        raise UnknownItem(str(unknown), segment=unknown.segment, choices=unknown.choices)
    return NamedOperation(root, name, sender)


def _restore_named(owner: Any, name: str) -> Operation:
    operation: Operation = owner.root.named(name)
    return operation


# ---- dotted names ------------------------------------------------------------------------------------------------


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


def parts_of(space: Namespace) -> tuple[Root, str, Mapping[str, object]]:
    """Give what a namespace is made of: the root, what its names begin with, and the names below it."""
    return space._root, space._prefix, space._names


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
