"""
Bodies: JSON and form values to bytes, and the check of a body against its JSON Schema.

Takes plain values and a `Method`; gives bytes, or every fault of the body at once. Pure.
Source: RFC 8259 for JSON, the URL standard's urlencoded format for forms, JSON Schema 2020-12 for the check.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from restpath.errors import BodyFault, DefinitionError, InvalidBody, InvalidValue
from restpath.fields import rfc3339
from restpath.masking import MASK, is_secret_name
from restpath.types import is_a

if TYPE_CHECKING:
    from decimal import Decimal

    from restpath.definition.method import Method

__all__ = ["check_body", "encode_form", "encode_json"]


def encode_json(value: Any) -> bytes:
    """
    Write a value as JSON. Points in time become RFC 3339 texts, UUIDs texts, Decimals numbers.

    Raises:
        InvalidValue: something in it has no JSON.
    """
    try:
        return json.dumps(value, allow_nan=False, default=_other).encode()
    except RecursionError as error:
        raise InvalidValue("the body is nested too deeply for JSON") from error
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"the body has no JSON: {error}") from error


def _other(value: object) -> Any:
    if isinstance(value, datetime.date):
        return rfc3339(value)
    if is_a(value, "uuid", "UUID"):
        return str(value)
    if is_a(value, "decimal", "Decimal"):
        return _number(value)  # type: ignore[arg-type]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    # Its type alone: the value may be a secret, or without end.
    raise TypeError(f"a value of type {type(value).__name__} is neither text, number, boolean, null, list nor object")


def _number(value: Decimal) -> int | float:
    from decimal import Decimal

    if (
        value.is_finite()
        and value == value.to_integral_value()
        and 0 <= value.adjusted() < 400
        and "." not in f"{value}"
    ):
        return int(value)
    number = float(value) if value.is_finite() else None
    if number is None or Decimal(repr(number)) != value:
        raise InvalidValue(f"{value!r} cannot be a JSON number without loss: give it as text")
    return number


def encode_form(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Write pairs as a form."""
    try:
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidValue("a form field holds a lone surrogate, which has no UTF-8") from error


def check_body(value: Any, method: Method, what: str, *, as_text: bool = False, beside: Collection[str] = ()) -> None:
    """
    Hold a body to the JSON Schema of its method, where there is one.

    Args:
        value: the body, as a value.
        what: the call, for the message.
        as_text: the body is a form, where all values are texts: "5" is as good as 5, and one value as a list of one.
        beside: the fields that are files, which are there and are not looked into.
    Raises:
        InvalidBody: with every fault and its place.
        InvalidValue: it is no JSON, or nested too deeply to be checked.
    """
    if method.body_schema is None or method.body_schema is True:
        return
    if not as_text and not beside:
        is_good = _first_look(_Key(method))
        if is_good is not None and is_good(value):
            return
    from restpath.definition.asserting import bounded_steps

    validator = _validator(_Key(method))
    try:
        instance = json.loads(encode_json(value))
        if beside and isinstance(instance, dict):
            instance.update(dict.fromkeys(beside, ""))
        with bounded_steps(instance):
            errors = [
                error
                for error in validator.iter_errors(instance)
                if not (error.absolute_path and error.absolute_path[0] in beside)
                and not (as_text and _is_good_as_text(validator, error))
            ]
    except (RecursionError, ArithmeticError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else f"beyond what can be computed ({error})"
        raise InvalidValue(
            f"the body of {what} cannot be checked, for it is {problem}: .options(validate=False) leaves that out"
        ) from error
    except _unresolvable() as error:
        raise DefinitionError(f"the body's JSON Schema of {what} refers to what is not in it: {error}") from error
    if errors:
        secrets = list(_secret_texts(instance, False))
        errors.sort(key=lambda error: list(map(str, error.absolute_path)))
        raise InvalidBody(what, [_fault(error, secrets) for error in errors])


def _fault(error: Any, secrets: Sequence[str]) -> BodyFault:
    from restpath.definition.jsonfile import pointer

    message = _in_json(error.message, error.instance)
    for text in secrets:
        message = message.replace(text, MASK)
    return BodyFault(pointer(error.absolute_path), message if len(message) < 300 else message[:297] + "...")


def _in_json(message: str, value: Any) -> str:
    """A message with the value that it begins with as JSON writes it, not Python."""
    if value is None or isinstance(value, bool):
        return re.sub(rf"^{value!r}\b", json.dumps(value), message)
    return message


def _secret_texts(node: Any, secret: bool) -> Iterator[str]:
    """How the values of fields that carry secrets are written in a message."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _secret_texts(value, secret or is_secret_name(key))
    elif isinstance(node, list):
        for value in node:
            yield from _secret_texts(value, secret)
    elif secret and node not in ("", None) and not isinstance(node, bool):
        yield repr(node)


def _is_good_as_text(validator: Any, error: Any) -> bool:
    """Whether a value of a form, which was found faulty, is good as what its text could be read as."""
    value = error.instance
    if isinstance(value, dict):
        return False
    candidates: list[Any] = [str(value).lower() if isinstance(value, bool) else str(value), [value]]
    if isinstance(value, str):
        try:
            candidates.append(json.loads(value))
        except (ValueError, RecursionError):
            pass
    elif isinstance(value, list):
        candidates = value[:1] if len(value) == 1 else []
    return any(validator.evolve(schema=error.schema).is_valid(candidate) for candidate in candidates)


def _unresolvable() -> type[Exception]:
    from referencing.exceptions import Unresolvable

    return Unresolvable


class _Key:
    """A method as the key of a cache: by identity, which holds because records are made once per definition."""

    __slots__ = ("method",)

    def __init__(self, method: Method) -> None:
        self.method = method

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.method is self.method

    def __hash__(self) -> int:
        return id(self.method)


@lru_cache(maxsize=512)
def _first_look(key: _Key) -> Callable[[Any], bool] | None:
    from restpath.definition.plainschemas import surely_good

    return surely_good(key.method.body_schema)


@lru_cache(maxsize=512)
def _validator(key: _Key) -> Any:
    """Compile a method's schema; references outside it are never followed, unsafe patterns never run."""
    from referencing import Registry

    from restpath.definition.asserting import validator_class

    registry: Registry[Any] = Registry()
    return validator_class()(key.method.body_schema, registry=registry)
