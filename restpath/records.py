"""
Records: the standard library's dataclasses, as far as this package uses them, at a tenth of their cost at import.

Takes a class with annotated names; gives it the methods that `dataclasses.dataclass` would, compiled when they are
first used. (The standard decorator compiles them when a module is imported, a quarter of a millisecond each, and
imports `inspect` to do so.) For type checkers these are the standard ones; for `dataclasses.replace`, `fields` and
`is_dataclass` so are the instances.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "field", "fields", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, repr=True):
        """Make a record of a class: see `dataclasses.dataclass`."""
        if cls is None:
            return lambda each: dataclass(each, frozen=frozen, eq=eq, repr=repr)
        return _made(cls, frozen, eq, repr)

    def field(**said):
        """Say more of a field than its default: see `dataclasses.field`."""
        return _Said(**said)

    def fields(record):
        """Give the fields of a record, with their names."""
        return tuple(_fields_of(record if isinstance(record, type) else type(record)))

    def replace(record, /, **changes):
        """Give the same record with some fields changed."""
        kept = {each.name: getattr(record, each.name) for each in _fields_of(type(record)) if each.name not in changes}
        return type(record)(**kept, **changes)


_MISSING = object()


class _Said:
    """A field: its name, its default, and where it takes part."""

    __slots__ = ("name", "default", "default_factory", "repr", "compare")

    def __init__(
        self, *, default: Any = _MISSING, default_factory: Any = None, repr: bool = True, compare: bool = True
    ) -> None:
        self.name = ""
        self.default, self.default_factory, self.repr, self.compare = default, default_factory, repr, compare


def _fields_of(cls: type) -> list[_Said]:
    found: list[_Said] = cls.__record_fields__  # type: ignore[attr-defined]
    return found


def _made(cls: type, frozen: bool, eq: bool, repr: bool) -> type:
    """Give a class the methods of a record; what its fields are is worked out when one of them is used."""
    own: dict[str, Any] = {
        "__record_fields__": _LateFields(cls),
        "__dataclass_fields__": _StandardFields(),
        "__match_args__": _MATCH_ARGS,
        "__init__": _init_of_first(cls, frozen),
    }
    if repr:
        own["__repr__"] = _repr
    if eq:
        own["__eq__"] = _eq
        own["__hash__"] = _hash if frozen else None
    if frozen:
        own |= {"__setattr__": _refuse_setting, "__delattr__": _refuse_setting}
    there = vars(cls)
    for name, value in own.items():
        if name not in there or (name == "__hash__" and there[name] is None):
            setattr(cls, name, value)
    return cls


class _LateFields:
    """The fields of a record, worked out of its annotations when they are first asked for."""

    __slots__ = ("_of",)

    def __init__(self, cls: type) -> None:
        self._of = cls

    def __get__(self, record: object, cls: type) -> list[_Said]:
        of = self._of
        said = {each.name: each for base in of.__mro__[:0:-1] for each in _own_fields(base)}
        for name, annotation in vars(of).get("__annotations__", {}).items():
            if "ClassVar" in str(annotation):
                continue
            default = vars(of).get(name, _MISSING)
            each = default if isinstance(default, _Said) else _Said(default=default)
            each.name = name
            said[name] = each
        if vars(of)["__record_fields__"] is not self:  # another thread was first, and may have changed the defaults
            return _fields_of(of)
        found = list(said.values())
        of.__record_fields__ = found  # type: ignore[attr-defined]
        _put_defaults(of, found)
        return found


def _put_defaults(of: type, found: list[_Said]) -> None:
    """Put the defaults in the places where the class has what is said of them."""
    for each in found:
        if not isinstance(vars(of).get(each.name), _Said):
            continue
        if each.default is not _MISSING:
            setattr(of, each.name, each.default)
            continue
        try:
            delattr(of, each.name)
        except AttributeError:  # another thread did, which came to the same fields
            pass


def _own_fields(base: type) -> list[_Said]:
    return _fields_of(base) if "__record_fields__" in vars(base) else []


class _MatchArgs:
    """The names of a record's fields, for `match`."""

    def __get__(self, record: object, cls: type) -> tuple[str, ...]:
        return tuple(each.name for each in _fields_of(cls))


_MATCH_ARGS = _MatchArgs()


_FIRST_ONES = 16


def _init_of_first(cls: type, frozen: bool) -> Callable[..., None]:
    """What stands for `__init__` until it has been called a few times, or wrongly, and is worth compiling then."""
    count = 0

    def __init__(self: Any, *args: Any, **values: Any) -> None:
        nonlocal count
        count += 1
        if count > _FIRST_ONES or not _is_filled(self, args, values):
            made = _compiled(cls, frozen)
            if vars(cls).get("__init__") is __init__:
                cls.__init__ = made  # type: ignore[misc]
            made(self, *args, **values)

    return __init__


def _is_filled(self: Any, args: tuple[Any, ...], values: dict[str, Any]) -> bool:
    """Give an instance its fields one by one; no where the arguments are not as they should be."""
    own = vars(self)
    said = _fields_of(type(self))
    if len(args) > len(said):
        return False
    left = len(values)
    for i, each in enumerate(said):
        if i < len(args):
            own[each.name] = args[i]
        elif each.name in values:
            own[each.name] = values[each.name]
            left -= 1
        elif each.default_factory is not None:
            own[each.name] = each.default_factory()
        elif each.default is not _MISSING:
            own[each.name] = each.default
        else:
            return False
    if left:
        return False
    if hasattr(self, "__post_init__"):
        self.__post_init__()
    return True


def _compiled(cls: type, frozen: bool) -> Callable[..., None]:
    """Write `__init__` out and compile it, as the standard library does: no other is as quick to call."""
    names: dict[str, Any] = {"_MISSING": _MISSING}
    parameters, lines = [], []
    for i, each in enumerate(_fields_of(cls)):
        value = each.name
        if each.default_factory is not None:
            names[f"_make{i}"] = each.default_factory
            parameters.append(f"{each.name}=_MISSING")
            value = f"_make{i}() if {each.name} is _MISSING else {each.name}"
        elif each.default is not _MISSING:
            names[f"_default{i}"] = each.default
            parameters.append(f"{each.name}=_default{i}")
        else:
            parameters.append(each.name)
        # Past `__setattr__`, which refuses, and as quick as an assignment.
        lines.append(f"_its[{each.name!r}] = {value}" if frozen else f"self.{each.name} = {value}")
    if frozen:
        lines.insert(0, "_its = self.__dict__")  # a name that no field has, as each is an argument
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    text = f"def __init__(self, {', '.join(parameters)}):\n    " + "\n    ".join(lines or ["pass"])
    exec(text, names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _repr(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in _fields_of(type(self)) if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, each.name) for each in _fields_of(type(self)) if each.compare)


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _refuse_setting(self: Any, name: str, *value: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


class _StandardFields:
    """What the standard library's functions ask a dataclass for, made when they do."""

    def __get__(self, record: object, cls: type) -> dict[str, Any]:
        import dataclasses

        listed: list[Any] = []
        for each in _fields_of(cls):
            words: dict[str, Any] = {"repr": each.repr, "compare": each.compare, "kw_only": True}
            if each.default_factory is not None:
                words["default_factory"] = each.default_factory
            elif each.default is not _MISSING:
                words["default"] = each.default
            listed.append((each.name, Any, dataclasses.field(**words)))
        standard = dataclasses.make_dataclass(cls.__name__, listed)
        found = {each.name: each for each in dataclasses.fields(standard)}
        cls.__dataclass_fields__ = found  # type: ignore[attr-defined]
        return found
