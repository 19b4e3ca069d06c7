"""
Bodies: JSON and form values to bytes, and the check of a body against its JSON Schema.

Takes plain values and a `Method`; gives bytes, or every fault of the body at once. Pure.
Source: RFC 8259 for JSON, the URL standard's urlencoded format for forms, JSON Schema 2020-12 for the check.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from uuid import UUID

from restpath.errors import BodyFault, InvalidBody, InvalidValue
from restpath.fields import rfc3339

if TYPE_CHECKING:
    from restpath.definition.model import Method

__all__ = ["FORM", "JSON", "MULTIPART", "check_body", "encode_form", "encode_json", "is_json"]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def is_json(media_type: str) -> bool:
    """Tell whether a media type is JSON, by its name or by its suffix (RFC 6839 section 3.1)."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == JSON or essence == "text/json" or essence.endswith("+json")


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
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        number = float(value)
        if Decimal(repr(number)) != value:
            raise InvalidValue(f"{value!r} loses digits as a JSON number: give it as text")
        return number
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} {value!r} is neither text, number, boolean, null, list nor object")


def encode_form(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Write pairs as a form."""
    try:
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode("ascii")
    except UnicodeEncodeError as error:
        raise InvalidValue("a form field holds a lone surrogate, which has no UTF-8") from error


def check_body(value: Any, method: Method, what: str) -> None:
    """
    Hold a body to the JSON Schema of its method, where there is one.

    Args:
        value: the body, as a value.
        what: the call, for the message.
    Raises:
        InvalidBody: with every fault and its place.
    """
    if method.body_schema is None or method.body_schema is True:
        return
    validator = _validator(_Key(method))
    faults = [
        BodyFault(
            "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in error.absolute_path), text
        )
        for error in sorted(
            validator.iter_errors(json.loads(encode_json(value))), key=lambda error: list(map(str, error.absolute_path))
        )
        for text in [error.message if len(error.message) < 300 else error.message[:297] + "..."]
    ]
    if faults:
        raise InvalidBody(what, faults)


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
def _validator(key: _Key) -> Any:
    """Compile a method's schema; references outside it are never followed, unsafe patterns never run."""
    from referencing import Registry

    from restpath.definition.patterns import validator_class

    registry: Registry[Any] = Registry()
    return validator_class()(key.method.body_schema, registry=registry)
