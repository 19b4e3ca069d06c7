"""
Call: one HTTP request, fully described and not sent.

Takes a `Path`, a method and what the caller gave; gives a `Call`. Pure: files are named, not opened, and no
credentials are looked up or put in. Which field becomes what is the definition's word, see `fields_kind`.
Source: RFC 9110 for methods and header fields, RFC 3986 for the query.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from restpath.body import FORM, JSON, MULTIPART, check_body, encode_form, encode_json, is_json
from restpath.definition.model import Method
from restpath.errors import InvalidValue
from restpath.fields import Pairs, encode_pairs, field_name, flat, merge, nest, pairs
from restpath.masking import MASK, Secret, is_secret_name, mask_headers, mask_url
from restpath.multipart import Part, field_part, file_part
from restpath.path import Path, render, resolve, show
from restpath.sources import FileSource, file_source
from restpath.template import Variable, encode_query
from restpath.types import UNSET, Headers, Unset

__all__ = ["Arguments", "Call", "build_call", "origin_of"]

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE", "QUERY"})
_UPLOAD = "upload_file"


@dataclass(frozen=True)
class Call:
    """
    One HTTP request, described but not sent. Equal calls are equal; there are no credentials in it.

    Attributes:
        method: the HTTP method.
        url: the whole URL, with its query.
        query: the pairs of the query, decoded.
        headers: the header fields of this very call.
        body: the bytes to send, the open file or path that holds them, or None.
        files: the parts of a multipart body, fields among them; empty for any other body.
        secret_headers: the caller's own header fields that carry credentials; shown nowhere, lost in a pickle.
        absent_headers: the session's header fields that this call goes without.
        operation: what the definition says of it.
    """

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Headers = Headers()
    body: bytes | FileSource | None = None
    files: tuple[Part, ...] = ()
    secret_headers: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)
    absent_headers: tuple[str, ...] = ()
    operation: Method | None = field(default=None, repr=False, compare=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: who gets to see it."""
        return origin_of(self.url)

    def has_header(self, name: str) -> bool:
        """Tell whether the caller gave this header field, or said that it is to be absent."""
        key = name.lower()
        own = (*(line for line, _ in self.secret_headers), *self.absent_headers)
        return key in self.headers or any(key == line.lower() for line in own)

    def described(self) -> str:
        """The call in a few words for messages and logs, without secrets."""
        return f"{self.method} {mask_url(self.url)}"

    def __repr__(self) -> str:
        parts = [f"<Call {self.described()}"]
        parts += [f"{name}: {value}" for name, value in mask_headers(self.headers.lines())]
        parts += [f"{name}: {MASK}" for name, _ in self.secret_headers]
        if self.files:
            parts.append("multipart of " + ", ".join(part.name for part in self.files))
        elif isinstance(self.body, bytes):
            parts.append(f"{len(self.body)} bytes")
        elif self.body is not None:
            parts.append(repr(self.body))
        return " | ".join(parts) + ">"

    def redirected(self, url: str, *, bare: bool) -> Call:
        """Give the same call to another URL; a bare one goes to a stranger, with nothing that could be a secret."""
        if not bare:
            return replace(self, url=url)
        kept = Headers((name, value) for name, value in self.headers.lines() if name.lower() in _HARMLESS_HEADERS)
        return replace(self, url=url, headers=kept, secret_headers=(), body=None, files=())


_HARMLESS_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "range", "if-range", "cache-control"}
)


def origin_of(url: str) -> tuple[str, str, int]:
    """Give the origin of an http or https URL. Source: RFC 9110 section 4.3.1."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(scheme, 0)


@dataclass(frozen=True)
class Arguments:
    """What a caller gave to an operation."""

    data: Any = UNSET
    qs: Any = None
    upload_file: Any = None
    headers: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def build_call(path: Path, word: str, given: Arguments, *, validate: bool = True) -> Call:
    """
    Describe the request that an operation means.

    Args:
        path: where.
        word: the HTTP method, in capitals.
        given: the caller's arguments.
        validate: hold the body to the definition's JSON Schema.
    Raises:
        MethodNotAllowed, InvalidValue, InvalidBody: nothing is sent that could not be meant.
    """
    method, end = resolve(path, word)
    what = f"{word} {show(path)}"
    fields, uploads = _sort_fields(given, method)
    in_query, in_body = _divide(fields, method)
    if not isinstance(given.data, Unset) and in_body:
        raise InvalidValue(
            f"{what}: data= is sent as given, so the fields {', '.join(in_body)} would be lost: "
            "put them into data, or give all as fields"
        )
    if not isinstance(given.data, Unset) and in_query and not _is_bodyless(method):
        raise InvalidValue(f"{what}: beside data= the parameters {', '.join(in_query)} go in qs=")
    own_headers, secret, absent = _sort_headers(given.headers)
    query, text = _query(in_query, given.qs, method, what)
    media_type, body, parts = _body(given.data, in_body, uploads, method, own_headers, what, validate)
    lines = {**method.rules.headers, **({"Content-Type": media_type} if media_type else {})}
    taken = {name.lower() for name in (*own_headers, *absent, *(name for name, _ in secret))}
    kept = [(name, value) for name, value in lines.items() if name.lower() not in taken]
    url = path._root.base_of(method) + render(path, end) + (f"?{text}" if text else "")
    return Call(word, url, query, Headers([*kept, *own_headers.items()]), body, parts, secret, absent, method)


# ---- fields and uploads ------------------------------------------------------------------------------------------


def _sort_fields(given: Arguments, method: Method) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Part the uploads from the fields, and give each field the name that the service knows."""
    fields: dict[str, Any] = {}
    uploads: list[tuple[str, Any]] = []
    if given.upload_file is not None:
        uploads.append((method.rules.uploads.field, given.upload_file))
    for word, value in given.fields.items():
        name = field_name(word, method.declared)
        if name == word and word.startswith(_UPLOAD + "_") and word not in method.declared:
            if value is not None:
                uploads.append((word.removeprefix(_UPLOAD + "_"), value))
        elif name in fields:
            raise InvalidValue(f"the field {name!r} was given twice, as {name!r} and as {word!r}")
        else:
            fields[name] = value
    return fields, uploads


def _is_bodyless(method: Method) -> bool:
    return method.fields_kind == "query" or not (
        method.method in _BODY_METHODS or method.has_body or "fields" in method.words
    )


def _divide(fields: dict[str, Any], method: Method) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of the query, and fields of the body."""
    if _is_bodyless(method):
        return fields, {}
    declared = method.query_names
    in_query = {name: value for name, value in fields.items() if name in declared}
    return in_query, {name: value for name, value in fields.items() if name not in in_query}


# ---- header fields -----------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _sort_headers(
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
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise InvalidValue(f"{name!r} is no name for a header field")
        if value is None:
            absent.append(name)
        elif isinstance(value, Secret) or is_secret_name(name):
            secret.append((name, Secret(_header_text(name, value))))
        else:
            plain[name] = _header_text(name, value)
    return plain, tuple(secret), tuple(absent)


def _header_text(name: str, value: object) -> str:
    text = value.reveal() if isinstance(value, Secret) else value
    text = text.decode("latin-1") if isinstance(text, bytes) else str(text) if isinstance(text, int) else text
    if not isinstance(text, str) or re.search(r"[\r\n\0]", text):
        raise InvalidValue(f"the header field {name} needs a text of one line (its value is not shown here)")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise InvalidValue(f"the header field {name} has characters that no header field can carry") from error
    return text


# ---- the query ---------------------------------------------------------------------------------------------------


def _query(fields: Mapping[str, Any], qs: Any, method: Method, what: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The query as pairs and as text: the template's own pairs, then the fields, then `qs`."""
    rest = dict(fields)
    found: Pairs = []
    lists = method.query_list_styles
    default = method.rules.query_lists
    bare: list[str] = []
    for pair in method.resource.template.query:
        if isinstance(pair.value, Variable):
            found += pairs([(pair.name, rest.pop(pair.value.name, None))], lists, default)
        elif pair.value is None:
            bare.append(pair.name)
        else:
            found.append((pair.name, pair.value))
    fixed = {name for name, _ in found} | set(bare)
    found += _without(fixed, pairs(rest, lists, default), what, "the template's own query")
    taken = {name for name, _ in found} | set(bare)
    raw = ""
    if isinstance(qs, (str, bytes)):
        raw = _raw_query(qs)
    elif qs is not None:
        found += _without(taken, pairs(_query_items(qs), lists, default), what, "its fields")
    texts = [encode_query(name) for name in bare] + [text for text in (encode_pairs(found, encode_query), raw) if text]
    return tuple(flat(found)), "&".join(texts)


def _without(taken: set[str], more: Pairs, what: str, where: str) -> Pairs:
    twice = next((name for name, _ in more if name in taken), None)
    if twice is not None:
        raise InvalidValue(f"{what}: the parameter {twice!r} is in {where} already: give it once")
    return more


def _raw_query(qs: str | bytes) -> str:
    """A query given as text stays as it stands, but for what no URL can carry."""
    try:
        text = qs.decode() if isinstance(qs, bytes) else qs
        return quote(text.removeprefix("?"), safe="%/?:@!$&'()*+,;=-._~")
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise InvalidValue("qs= holds what has no UTF-8") from error


def _query_items(qs: Any) -> Mapping[str, Any] | Sequence[tuple[str, Any]]:
    if isinstance(qs, Mapping):
        return qs
    items = list(qs) if isinstance(qs, (list, tuple)) else None
    if items is None or any(not isinstance(item, (list, tuple)) or len(item) != 2 for item in items):
        raise InvalidValue(f"qs= is a {type(qs).__name__}: give a mapping, pairs of name and value, or text")
    return items


# ---- the body ----------------------------------------------------------------------------------------------------

_Body = tuple["str | None", "bytes | FileSource | None", "tuple[Part, ...]"]


def _body(
    data: Any, fields: dict[str, Any], uploads: list[tuple[str, Any]], method: Method,
    headers: Mapping[str, str], what: str, validate: bool,
) -> _Body:  # fmt: skip
    """The body with its media type: what the caller gave, over what the definition starts from."""
    said = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    kind = _kind(said, method)
    if uploads:
        return _upload(data, fields, uploads, method, what, validate)
    if not isinstance(data, Unset):
        raw = _raw(data, said or method.media_type)
        if raw is not None:
            return raw
        value = data
    else:
        start = method.defaults() if not _is_bodyless(method) else {}
        if not fields and (not start or method.method == "DELETE"):
            return None, None, ()
        _refuse_raw(kind, method, said, what)
        value = merge(start, nest(fields, method.rules.nested_by, method.declared))
    return _encoded(value, kind, said or method.media_type, method, what, validate)


def _kind(said: str | None, method: Method) -> str:
    media_type = (said or "").partition(";")[0].strip().lower()
    return {FORM: "form", MULTIPART: "multipart", "": method.fields_kind}.get(media_type, "json")


def _refuse_raw(kind: str, method: Method, said: str | None, what: str) -> None:
    media_type = said or method.media_type
    if kind == "raw" or (media_type and kind == "json" and not _may_be_json(media_type)):
        raise InvalidValue(f"{what} sends {media_type}, which is not made of fields: give the body as data=")


def _may_be_json(media_type: str) -> bool:
    """Media types of one's own are JSON as a rule; those that are surely something else are not."""
    essence = media_type.partition(";")[0].strip().lower()
    kind = essence.partition("/")[0]
    return is_json(essence) or (kind == "application" and not essence.endswith(("xml", "octet-stream", "pdf", "zip")))


def _encoded(value: Any, kind: str, media_type: str | None, method: Method, what: str, validate: bool) -> _Body:
    if kind in ("form", "multipart") and isinstance(value, Mapping):
        found = pairs(value, {}, method.rules.query_lists)
        if kind == "form":
            return media_type or FORM, encode_form(flat(found)), ()
        return None, None, tuple(field_part(name, text) for name, text in flat(found))
    if validate:
        check_body(value, method, what)
    return media_type if media_type and kind == "json" else JSON, encode_json(value), ()


def _raw(data: Any, media_type: str | None) -> _Body | None:
    """Bytes, text and open files go as they are; None for values that are to be encoded."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return media_type, bytes(data), ()
    if isinstance(data, str):
        try:
            return media_type or "text/plain; charset=utf-8", data.encode(), ()
        except UnicodeEncodeError as error:
            raise InvalidValue("data= holds a lone surrogate, which has no UTF-8") from error
    if hasattr(data, "read") or isinstance(data, os.PathLike):
        source = file_source(data, field="data")
        return media_type or source.media_type, source, ()
    if isinstance(data, Iterator):
        raise InvalidValue("data= is an iterator, which cannot be sent again when that is needed: give an open file")
    return None


def _upload(
    data: Any, fields: dict[str, Any], uploads: list[tuple[str, Any]], method: Method, what: str, validate: bool
) -> _Body:
    if _is_bodyless(method):
        raise InvalidValue(f"{what} has no body, so it cannot upload a file")
    files = [part for name, value in uploads for part in _file_parts(name, value)]
    if isinstance(data, Unset):
        value = merge(method.defaults(), nest(fields, method.rules.nested_by, method.declared))
    elif _raw(data, None) is not None:
        raise InvalidValue(f"{what}: beside a file data= is a value for JSON, not a body by itself")
    else:
        value = data
    if isinstance(data, Unset) and not value:
        return None, None, tuple(files)
    json_field = method.rules.uploads.json_field
    if json_field is not None:
        if validate:
            check_body(value, method, what)
        # Without a media type of its own: a form field, as services that read one expect it.
        return None, None, (*files, field_part(json_field, encode_json(value)))
    if not isinstance(value, Mapping):
        raise InvalidValue(f"{what}: beside a file data= is a mapping, for each of its fields is a form field")
    beside = flat(pairs({name: _text_or_json(item) for name, item in value.items()}, {}, method.rules.query_lists))
    return None, None, (*(field_part(name, text) for name, text in beside), *files)


def _file_parts(name: str, value: Any) -> list[Part]:
    sources = value if isinstance(value, list) else [value]
    if not sources:
        raise InvalidValue(f"the upload {name!r} is an empty list: give at least one file, or leave it out")
    return [file_part(name, file_source(source, field=name)) for source in sources]


def _text_or_json(value: Any) -> Any:
    nested = isinstance(value, Mapping) or (
        isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value)
    )
    return encode_json(value).decode() if nested else value
