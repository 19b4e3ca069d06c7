"""
The keywords of JSON Schema that search for patterns: as `jsonschema` has them, but for patterns that may take for ever.

Takes what a validator of `jsonschema` hands a keyword; gives its errors. What may not be searched for is held to
nothing, and condemns no value by that. What a validator costs is bounded by the size of the value that it checks.
Source: JSON Schema 2020-12, core sections 10.3.2 and 11.3, validation section 6.3.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["bounded_steps", "keywords", "pattern_keyword", "pattern_properties_keyword", "validator_class"]

_Errors: TypeAlias = Iterator[Any]
_Keyword: TypeAlias = Callable[[Any, Any, Any, Any], _Errors]

_unasserted: ContextVar[int] = ContextVar("patterns left unasserted", default=0)


def pattern_keyword(validator: Any, pattern: Any, instance: Any, schema: Any) -> _Errors:
    """Assert `pattern` as `jsonschema` does, but only where that is sure to end soon."""
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and _found(pattern, instance) is False:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def pattern_properties_keyword(validator: Any, patterns: Any, instance: Any, schema: Any) -> _Errors:
    """Assert `patternProperties` as `jsonschema` does; a name that may not be searched is held to nothing."""
    if validator.is_type(instance, "object"):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if _found(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


# How many schemas may be asked about one value: a few that refer to each other can be 2 to the power of their number.
_steps: ContextVar[list[int] | None] = ContextVar("steps left", default=None)
_MOST_STEPS, _STEPS_EACH = 100_000, 400


@contextmanager
def bounded_steps(value: Any) -> Iterator[None]:
    """
    Bound the steps of the validations within, by the size of the value that is checked.

    Raises:
        OverflowError: more were needed, as only a schema needs that multiplies itself.
    """
    token = _steps.set([_MOST_STEPS + _STEPS_EACH * _size(value)])
    try:
        yield
    finally:
        _steps.reset(token)


def _take_step() -> None:
    left = _steps.get()
    if left is not None:
        left[0] -= 1
        if left[0] < 0:
            raise OverflowError("its schema takes more steps than any that is meant")


def _size(value: Any) -> int:
    """How many values there are in a value, itself among them."""
    count, pile = 0, [value]
    while pile:
        node = pile.pop()
        count += 1
        pile += node.values() if isinstance(node, Mapping) else node if isinstance(node, (list, tuple)) else ()
    return count


def _unique_items(validator: Any, unique: Any, instance: Any, schema: Any) -> _Errors:
    """Assert `uniqueItems` in the time that a look at each item takes; the stock one compares each with all others."""
    from jsonschema import ValidationError

    if unique and validator.is_type(instance, "array"):
        seen: set[Any] = set()
        for item in instance:
            key = _as_key(item)
            if key in seen:
                yield ValidationError(f"{instance!r} has non-unique elements")
                return
            seen.add(key)


def _as_key(value: Any) -> Any:
    """What is equal for equal values of JSON alone: 1 is 1.0, and not true."""
    if isinstance(value, Mapping):
        return "object", frozenset((name, _as_key(item)) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return "array", tuple(map(_as_key, value))
    return type(value) if isinstance(value, bool) else None, value


@lru_cache(maxsize=1)
def keywords() -> Mapping[str, _Keyword]:
    """
    Give every keyword of 2020-12 that searches for patterns, or whose verdict would turn round with one left out.

    A pattern that is not asserted counts as one that matches. Beneath `not`, `oneOf`, `if`, `contains` and what is
    unevaluated, that could condemn a value; there, the verdict is not asserted either.
    """
    from jsonschema import Draft202012Validator

    stock = Draft202012Validator.VALIDATORS
    doubtful = {name: stock[name] for name in ("not", "oneOf", "if", "contains", "unevaluatedItems")}
    return {
        "pattern": pattern_keyword,
        "patternProperties": pattern_properties_keyword,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
        "unevaluatedProperties": _if_all_asserted(_unevaluated_properties),
        **{name: _if_all_asserted(keyword) for name, keyword in doubtful.items()},
    }


@lru_cache(maxsize=1)
def validator_class() -> Any:
    """
    Give the validator of 2020-12 with `keywords`, which no schema can make search in any other way.

    A `$schema` within a schema (or at the end of a `$ref`) makes `jsonschema` go on with the stock validator that is
    registered for it, and so search for any pattern; here it is not heeded.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    safe: Any = extend(Draft202012Validator, dict(keywords()))  # type: ignore[no-untyped-call]
    stock_evolve = safe.evolve

    def evolve(self: Any, **changes: Any) -> Any:
        _take_step()
        schema = changes.setdefault("schema", self.schema)
        if isinstance(schema, Mapping) and "$schema" in schema:
            changes["schema"] = {key: value for key, value in schema.items() if key != "$schema"}
        return stock_evolve(self, **changes)

    safe.evolve = evolve
    return safe


def _found(pattern: Any, text: str) -> bool | None:
    """Tell whether `pattern` is found in `text`; None, and a note of it, where it may not be searched for."""
    from restpath.definition.patterns import is_assertable  # late: few schemas have any

    if is_assertable(pattern, len(text)) and (text.isascii() or _reads_alike(pattern)):
        return re.search(pattern, text) is not None
    _unasserted.set(_unasserted.get() + 1)
    return None


# Python's \d and \w have digits and letters of all scripts, and those of ECMA-262 only ASCII's: where they stand for
# what is not to be there, Python refuses what is meant to be good.
_NOT_THESE = re.compile(r"\\[WDBb]|\[\^[^\]]*\\[wd]|\(\?<?![^)]*\\[wd]")


@lru_cache(maxsize=1024)
def _reads_alike(pattern: str) -> bool:
    """Tell whether Python finds a pattern in any text in which ECMA-262 does."""
    return _NOT_THESE.search(pattern) is None


def _if_all_asserted(keyword: _Keyword) -> _Keyword:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> _Errors:
        before = _unasserted.get()
        errors = list(keyword(validator, value, instance, schema) or ())
        if _unasserted.get() == before:
            yield from errors

    return check


def _is_valid(errors: _Errors) -> bool:
    return next(errors, None) is None


def _may_match_one(patterns: Iterable[str], name: str) -> bool:
    return any(_found(pattern, name) is not False for pattern in patterns)


def _additional_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> _Errors:
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extras = [name for name in instance if name not in known and not _may_match_one(patterns, name)]
    if subschema is False and extras:
        names = ", ".join(map(repr, extras))
        yield ValidationError(f"Additional properties are not allowed: {names}")
    elif subschema is not False:
        for name in extras:
            yield from validator.descend(instance[name], subschema, path=name)


def _unevaluated_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> _Errors:
    from jsonschema import ValidationError

    if not validator.is_type(instance, "object"):
        return
    evaluated = _evaluated(validator, instance, schema)
    extras = [name for name in instance if name not in evaluated]
    faulty = [name for name in extras if not _is_valid(validator.descend(instance[name], subschema))]
    if faulty:
        names = ", ".join(map(repr, faulty))
        yield ValidationError(f"Unevaluated properties are not allowed: {names}")


def _evaluated(validator: Any, instance: Any, schema: Any) -> set[str]:
    """Name the properties that the schema, or one it applies to the same object, has said anything of."""
    if not isinstance(schema, Mapping):
        return set()
    names = set(instance.keys() & schema.get("properties", {}).keys())
    names |= {name for name in instance if _may_match_one(schema.get("patternProperties", {}), name)}
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema:
            names |= {key for key, value in instance.items() if _is_valid(validator.descend(value, schema[keyword]))}
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            there = validator._resolver.lookup(schema[keyword])
            beyond = validator.evolve(schema=there.contents, _resolver=there.resolver)
            names |= _evaluated(beyond, instance, there.contents)
    for part in _applied(validator, instance, schema):
        names |= _evaluated(validator, instance, part)
    return names


def _applied(validator: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    """Give the subschemas that apply to the same object and accept it."""
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            if _is_valid(validator.descend(instance, part)):
                yield part
    for name, part in schema.get("dependentSchemas", {}).items():
        if name in instance:
            yield part
    if "if" in schema:
        holds = _is_valid(validator.descend(instance, schema["if"]))
        if holds:
            yield schema["if"]
        yield schema.get("then" if holds else "else", True)
