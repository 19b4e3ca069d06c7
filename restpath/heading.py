"""
The header fields of a call: what the definition says, and what the caller says over it.

Takes names and values of any kind; gives lines of text, those that carry secrets apart.
Source: RFC 9110 section 5 for header fields, RFC 6265 section 4.1.1 for cookies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from restpath.definition.method import Method
from restpath.errors import InvalidValue
from restpath.fields import scalar
from restpath.masking import Secret, is_secret_name
from restpath.regex import FIELD_NAME, pattern

if TYPE_CHECKING:
    from restpath.multipart import Part

__all__ = ["definition_headers", "sort_headers", "with_parameters"]


def with_parameters(
    headers: Mapping[str, Any] | None, values: Mapping[str, Any], method: Method, what: str
) -> Mapping[str, Any] | None:
    """The caller's header fields with those that the definition declares and that were given as fields."""
    if not values or (headers is not None and not isinstance(headers, Mapping)):
        return headers
    own = dict(headers or {})
    taken = {name.lower() for name in own if isinstance(name, str)}
    cookies: list[str] = []
    for name, value in values.items():
        if value is None:
            continue
        text = (
            ",".join(scalar(each, name) for each in value) if isinstance(value, (list, tuple)) else scalar(value, name)
        )
        if method.parameters[name].place == "cookie":
            cookies.append(f"{name}={_cookie_text(name, text)}")
        elif name.lower() in taken:
            raise InvalidValue(f"{what}: {name} is given as a field and in headers=: give it once")
        else:
            own[name] = text
    if cookies:
        before = [own.pop(name) for name in list(own) if name.lower() == "cookie"]
        said = [_header_text("Cookie", value) for value in before if value is not None]
        own["Cookie"] = "; ".join([*said, *cookies])
    return own


def _cookie_text(name: str, text: str) -> str:
    """Source: RFC 6265 section 4.1.1."""
    if re.search(r"[\s\",;\\]|[^\x21-\x7e]", text):
        raise InvalidValue(f"the cookie {name!r} has characters that no cookie can carry (its value is not shown here)")
    return text


def definition_headers(
    method: Method, media_type: str | None, parts: Sequence[Part], taken: set[str]
) -> list[tuple[str, str]]:
    """The definition's header fields, but for those that the caller speaks of; a form has a type of its own."""
    lines = [
        (name, value)
        for name, value in method.rules.headers.items()
        if name.lower() != "content-type" or not (media_type or parts)
    ]
    if media_type:
        lines.append(("Content-Type", media_type))
    given = {name.lower() for name in taken}
    return [(name, value) for name, value in lines if name.lower() not in given]


def sort_headers(
    headers: Mapping[str, Any] | None,
) -> tuple[dict[str, str], tuple[tuple[str, Secret], ...], tuple[str, ...]]:
    """Part the caller's header fields: plain ones, those that carry credentials, those that are to be absent."""
    if headers is None:
        return {}, (), ()
    if not isinstance(headers, Mapping):
        raise InvalidValue(f"headers= is a {type(headers).__name__}: give a mapping of names and values")
    plain: dict[str, str] = {}
    secret: list[tuple[str, Secret]] = []
    absent: list[str] = []
    seen: set[str] = set()
    for name, value in headers.items():
        if not isinstance(name, str) or not FIELD_NAME.fullmatch(name):
            raise InvalidValue(f"{name!r} is no name for a header field")
        if name.lower() in seen:
            raise InvalidValue(f"the header field {name} is given twice, in another letter case: give it once")
        seen.add(name.lower())
        if value is None:
            absent.append(name)
        elif isinstance(value, Secret) or is_secret_name(name):
            secret.append((name, Secret(_header_text(name, value))))
        else:
            plain[name] = _header_text(name, value)
    return plain, tuple(secret), tuple(absent)


# RFC 9110 section 5.5: no control characters but the tab.
_NO_HEADER = pattern(r"[\x00-\x08\x0a-\x1f\x7f]")


def _header_text(name: str, value: object) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    elif isinstance(text, int):
        text = scalar(text, f"the header field {name}")
    if not isinstance(text, str) or _NO_HEADER.search(text):
        raise InvalidValue(f"the header field {name} needs a text of one line (its value is not shown here)")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        # Not chained: the foreign error would hold the value.
        raise InvalidValue(f"the header field {name} has characters that no header field can carry") from None
    return text.strip(" \t")
