"""
What `jsonschema` finds wrong in a data file, in words for its author.

Takes a validator's errors; gives one `DefinitionError`: the fault that was meant, its place, what was expected there.
Texts of the schemas themselves (`description`) say what is expected wherever a type or a list of words does not.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from restpath.definition.jsonfile import pointer
from restpath.errors import DefinitionError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Fault", "all_worded", "did_you_mean", "no_method", "one_of", "shown", "worded"]

_TYPES = {
    "object": "an object", "array": "a list", "string": "a text", "boolean": "true or false", "null": "null",
    "integer": "a whole number", "number": "a number",
}  # fmt: skip
_SHOWN = 20

Fault: TypeAlias = "tuple[str, list[object], str, str | None]"
"""The kind of the document, the place in the merged documents, what is wrong there, and what was expected."""


def shown(value: Any) -> str:
    """Say what a value is, and show it where it is short."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    kind = names.get(type(value), "a number")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool, int, float)) else ""
    return f"{kind}, {text}" if text and len(text) < 80 else kind


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give the end of a message that names the nearest known name; "" where none is near."""
    names = list(known)
    folded = {other.lower(): other for other in names}
    near = difflib.get_close_matches(name.lower(), folded, 1)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def one_of(names: Iterable[str], otherwise: str) -> str:
    """Say which names there are, the first of them where there are many, or what to do where there are none."""
    known = list(names)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"one of {', '.join(known[:_SHOWN])}{more}" if known else otherwise


def all_worded(errors: Iterable[ValidationError], file: str | None) -> Iterator[DefinitionError]:
    """Turn all that `jsonschema` finds into `DefinitionError`s: every fault of the form that was meant, each once."""
    for error in errors:
        for meant in _all_meant(error):
            extra = _extra_keys(meant) if meant.validator == "additionalProperties" else [None]
            for key in extra:
                yield worded(meant, file, extra=key)


def worded(
    error: ValidationError,
    file: str | None,
    place: Sequence[object] = (),
    *,
    what: str | None = None,
    extra: str | None = None,
) -> DefinitionError:
    """
    Turn an error of `jsonschema` into a `DefinitionError`.

    Args:
        error: the error.
        file: the file it is in.
        place: where in the file the value stands that was checked.
        what: what was expected as a whole.
        extra: of keys that are not known, the one that is meant; the first unless said.
    """
    error = _meant(error)
    place = [*place, *error.absolute_path]
    if _is_name(error):
        place.append(error.instance)
    if error.validator == "additionalProperties":
        extra = extra if extra is not None else _extra_keys(error)[0]
        place.append(extra)
        problem, expected = _unknown_key(error, extra)
    else:
        problem, expected = _PROBLEMS.get(str(error.validator), _other)(error)
    if what is not None:
        expected = f"{what}, here {expected}" if expected else what
    return DefinitionError(problem, file=file, pointer=pointer(place), expected=expected)


def _is_name(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _meant(error: ValidationError) -> ValidationError:
    """In a choice of forms, the fault of the form that was meant: the one of the value's own type."""
    while error.validator == "anyOf" and error.context:
        meant = _meant_branch(error)
        if not meant:
            return error
        error = max(meant, key=lambda inner: len(inner.absolute_path))
    return error


def _all_meant(error: ValidationError) -> Iterator[ValidationError]:
    """In a choice of forms, all faults of the form that was meant."""
    meant = _meant_branch(error) if error.validator == "anyOf" and error.context else []
    if not meant:
        yield error
    for inner in meant:
        yield from _all_meant(inner)


def _meant_branch(error: ValidationError) -> list[ValidationError]:
    """The faults of the form of the value's own type; none where there is no such form."""
    by_branch: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        by_branch.setdefault(inner.schema_path[0], []).append(inner)
    meant = [branch for branch in by_branch.values() if not any(_is_of_another_type(inner) for inner in branch)]
    return meant[0] if meant else []


def _is_of_another_type(error: ValidationError) -> bool:
    return not error.path and error.validator in ("type", "const")


def _extra_keys(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    instance: Any = error.instance
    return [
        str(key) for key in instance if key not in known and not any(re.search(pattern, key) for pattern in patterns)
    ]


_Words = tuple[str, "str | None"]


def _unknown_key(error: ValidationError, key: str) -> _Words:
    schema: Any = error.schema
    known = [name for name in schema.get("properties", {}) if name != "$schema"]
    if "^/" in schema.get("patternProperties", {}):
        return f"{key!r} is no URI template", "a key that begins with / (a URI template) or with x-"
    if "POST" in known:
        return no_method(key, known)
    return f"the key {key!r} is not known{did_you_mean(key, known)}", _one_of_or_note(known)


def no_method(key: str, known: Sequence[str]) -> _Words:
    """Say that a key is no method, and what was expected."""
    return f"{key!r} is no method{did_you_mean(key, known)}", _one_of_or_note(known)


def _one_of_or_note(known: Iterable[str]) -> str:
    return "one of " + ", ".join(known) + ", or a key that begins with x-"


def _wrong_type(error: ValidationError) -> _Words:
    wanted: Any = error.validator_value
    names = [_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    return f"this is {shown(error.instance)}", " or ".join(names)


def _no_form(error: ValidationError) -> _Words:
    schema: Any = error.schema
    return f"this is {shown(error.instance)}", schema.get("description")


def _unknown_word(error: ValidationError) -> _Words:
    words: Any = error.validator_value
    name = error.instance
    if not isinstance(name, str):
        return f"this is {shown(name)}", "one of " + ", ".join(words)
    return f"{name!r} is not known here{did_you_mean(name, words)}", "one of " + ", ".join(words)


def _wrong_form(error: ValidationError) -> _Words:
    schema: Any = error.schema
    what = "the name " if _is_name(error) else ""
    return f"{what}{error.instance!r} cannot stand here", schema.get(
        "description"
    ) or f"it to match {schema['pattern']}"


def _too_few(error: ValidationError) -> _Words:
    schema: Any = error.schema
    problem = "there is too little in it" if error.instance else "it is empty"
    wanted = schema.get("description") if error.instance else None
    return problem, wanted or _TYPES.get(str(schema.get("type")), "something")


def _missing(error: ValidationError) -> _Words:
    wanted: Any = error.validator_value
    absent = [name for name in wanted if name not in error.instance]  # type: ignore[operator]
    return f"the key {absent[0]!r} is missing", "the keys " + ", ".join(wanted)


def _refused(error: ValidationError) -> _Words:
    return "this key has no meaning here", "it to be absent"


def _other(error: ValidationError) -> _Words:
    schema: Any = error.schema
    return error.message, schema.get("description")


_PROBLEMS: dict[str, Callable[[ValidationError], _Words]] = {
    "anyOf": _no_form,
    "enum": _unknown_word,
    "minItems": _too_few,
    "minLength": _too_few,
    "minProperties": _too_few,
    "not": _refused,
    "pattern": _wrong_form,
    "required": _missing,
    "type": _wrong_type,
}
