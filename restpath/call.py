"""
Call: one HTTP request, fully described and not sent.

Takes a `Path`, a method and what the caller gave; gives a `Call`. Pure: files are named, not opened, and no
credentials are looked up or put in. Which field becomes what is the definition's word, see `fields_kind`.
Source: RFC 9110 for methods and header fields, RFC 3986 for the query.
"""

from __future__ import annotations

import os
from collections.abc import ItemsView, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from restpath.body import FORM, JSON, body_kind, check_body, encode_json, is_bodyless, may_be_json
from restpath.definition.mediatypes import essence_of
from restpath.definition.model import Method
from restpath.errors import InvalidValue
from restpath.fields import Pairs, encode_pairs, field_name, flat, pairs
from restpath.masking import MASK, Secret, is_secret_name, mask_headers, mask_url
from restpath.path import Path, Root, chain, render, resolve, show
from restpath.records import dataclass, field, replace
from restpath.template import Variable, encode_query, encode_strays
from restpath.tree import End
from restpath.types import UNSET, Headers, Unset

if TYPE_CHECKING:  # calls with files import what these need when they are described
    from restpath.multipart import Part
    from restpath.sources import FileSource

__all__ = [
    "Arguments", "Call", "build_call", "divide_fields", "fields_place", "origin_of", "pairs_of",
]  # fmt: skip

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

    def __reduce__(self) -> tuple[Any, ...]:
        query = tuple((name, MASK if is_secret_name(name) else value) for name, value in self.query)
        return Call, (
            self.method, mask_url(self.url), query, self.headers, self.body, self.files, self.secret_headers,
            self.absent_headers, self.operation,
        )  # fmt: skip

    def __copy__(self) -> Call:
        return self  # immutable; and a copy, unlike a pickle, keeps its secrets

    def __deepcopy__(self, memo: dict[int, Any]) -> Call:
        return self

    def redirected(self, url: str, *, bare: bool) -> Call:
        """Give the same call to another URL; a bare one goes to a stranger, with nothing that could be a secret."""
        query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        if not bare:
            return replace(self, url=url, query=query)
        kept = Headers((name, value) for name, value in self.headers.lines() if name.lower() in _HARMLESS_HEADERS)
        return replace(self, url=url, query=query, headers=kept, secret_headers=(), body=None, files=())


_HARMLESS_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "range", "if-range", "cache-control"}
)


def origin_of(url: str) -> tuple[str, str, int]:
    """Give the origin of an http or https URL. Source: RFC 9110 section 4.3.1."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return (
        scheme,
        (parts.hostname or "").lower(),
        {"http": 80, "https": 443}.get(scheme, 0) if parts.port is None else parts.port,
    )


def fields_place(call: Call) -> Literal["query", "form", "parts"]:
    """Tell where further fields of a call go: into its form, or into the query where it has none and needs none."""
    if call.files:
        from restpath.multipart import is_related

        return "query" if is_related(call.files) else "parts"
    if isinstance(call.body, bytes):
        return "form" if essence_of(call.headers.get("content-type", "")) == FORM else "query"
    return "form" if call.body is None and call.method in ("POST", "PUT", "PATCH") else "query"


def pairs_of(call: Call) -> list[tuple[str, str]]:
    """Give every pair of a call's query and of its form, decoded; files and any other body are none."""
    found = list(call.query)
    if isinstance(call.body, bytes) and essence_of(call.headers.get("content-type", "")) == FORM:
        found += parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    for part in call.files:
        if part.filename is None and isinstance(part.source, bytes) and not part.related:
            found.append((part.name, part.source.decode("utf-8", "replace")))
    return found


@dataclass(frozen=True)
class Arguments:
    """What a caller gave to an operation."""

    data: Any = UNSET
    qs: Any = None
    upload_file: Any = None
    headers: Mapping[str, Any] | None = field(default=None, repr=False)
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
    plain = _plain_call(path, word, given, method, end, validate)
    if plain is not None:
        return plain
    from restpath.payload import Payload  # which plain calls need nothing of

    what = f"{word} {show(path)}"
    _refuse_id(path, method, given.data, what)
    operation, method = method, _as_sent(method, given)
    fields, uploads = _sort_fields(given, method)
    if fields and not isinstance(given.data, Unset):
        raise InvalidValue(
            f"{what}: data= is sent as given, so the fields {', '.join(fields)} would be lost: "
            "put them into data, or give all as fields; what belongs in the query goes in qs="
        )
    elsewhere = {
        name: fields.pop(name) for name in list(fields) if name in method.parameters and _is_elsewhere(name, method)
    }
    in_query, in_body = divide_fields(fields, method)
    start_query, start = divide_fields(method.defaults(), method)
    own_headers, secret, absent = _own_headers(given.headers, elsewhere, method, what)
    said = next((value for name, value in own_headers.items() if name.lower() == "content-type"), None)
    query, text = _query(start_query, in_query, given.qs, method, what)
    media_type, made, parts = Payload(method, what, said, validate).made_of(given.data, start, in_body, uploads)
    kept = _definition_headers(method, media_type, parts, {*own_headers, *absent, *(name for name, _ in secret)})
    own = [pair for pair in own_headers.items() if not parts or pair[0].lower() != "content-type"]
    url = path._root.base_of(method) + render(path, end) + (f"?{text}" if text else "")
    return Call(word, url, query, Headers([*kept, *own]), made, parts, secret, absent, operation)


def _plain_call(
    path: Path, word: str, given: Arguments, method: Method, end: End | None, validate: bool
) -> Call | None:
    """The call that has nothing of its own but a query, or a body of JSON; None for any other."""
    if given.headers is not None or given.upload_file is not None:
        return None
    plan = path._root.plans.get(method) or _new_plan(path._root, method)
    if isinstance(given.data, Unset):
        if not plan.has_no_body:
            return None
        if not given.fields and given.qs is None:
            return Call(word, plan.base + render(path, end) + plan.text, plan.query, plan.headers, operation=method)
        return _asking(path, word, given, method, end, plan) if plan.is_asking else None
    if given.fields or given.qs is not None or plan.json_headers is None or type(given.data) not in (dict, list):
        return None
    if validate and method.body_schema not in (None, True):
        check_body(given.data, method, f"{word} {show(path)}")
    url, content = plan.base + render(path, end) + plan.text, encode_json(given.data)
    return Call(word, url, plan.query, plan.json_headers, content, operation=method)


def _asking(path: Path, word: str, given: Arguments, method: Method, end: End | None, plan: _Plan) -> Call | None:
    """A call whose fields all go into the query."""
    fields = {field_name(field, method.declared): value for field, value in given.fields.items()}
    if len(fields) < len(given.fields) or any(field.startswith(_UPLOAD) for field in fields):
        return None
    query, text = _query(method.defaults(), fields, given.qs, method, f"{word} {show(path)}")
    url = plan.base + render(path, end) + (f"?{text}" if text else "")
    return Call(word, url, query, plan.headers, operation=method)


@dataclass(frozen=True)
class _Plan:
    """
    What is the same in all plain calls of an operation, worked out once.

    Attributes:
        base: its base URL.
        query, text: its query, as pairs and with its question mark.
        headers: its header fields without a body.
        has_no_body: whether it has none unless one is given.
        json_headers: its header fields with a body of JSON; None where bodies are anything else.
        is_asking: whether all of its fields go into the query.
    """

    base: str
    query: tuple[tuple[str, str], ...]
    text: str
    headers: Headers
    has_no_body: bool
    json_headers: Headers | None
    is_asking: bool


def _new_plan(root: Root, method: Method) -> _Plan:
    start_query, start = divide_fields(method.defaults(), method)
    query, text = _query(start_query, {}, None, method, method.method)
    has_no_body = not start or method.method == "DELETE"
    said, kind = body_kind(method, None)
    media_type = said if said and may_be_json(said) else JSON
    json_headers = Headers(_definition_headers(method, media_type, (), set())) if kind == "json" else None
    headers = Headers(_definition_headers(method, None, (), set()))
    is_asking = not method.parameters and (method.fields_kind == "query" or is_bodyless(method))
    base = root.base_of(method)
    plan = _Plan(base, query, f"?{text}" if text else "", headers, has_no_body, json_headers, is_asking)
    root.plans[method] = plan
    return plan


def _as_sent(method: Method, given: Arguments) -> Method:
    """The method with the body that is meant, where it may have several: what the content type or a file says."""
    if "bodies" not in method.words:
        return method
    headers = given.headers if isinstance(given.headers, Mapping) else {}
    said = next((value for name, value in headers.items() if str(name).lower() == "content-type"), None)
    uploads = given.upload_file is not None or any(
        word.startswith(_UPLOAD + "_") and value is not None and word not in method.declared
        for word, value in given.fields.items()
    )
    if said is None and not uploads and _is_content(given.data):
        return method.sent_raw(_file_type(given.data))
    return method.sent_as(said if isinstance(said, str) else None, uploads=uploads)


def _is_content(data: Any) -> bool:
    """Whether a body is content of the caller's own making, and not a value to be encoded."""
    return isinstance(data, (bytes, bytearray, memoryview, str, os.PathLike)) or hasattr(data, "read")


def _file_type(data: Any) -> str | None:
    """The media type that goes with a file's name; None for what is no file."""
    if not (isinstance(data, os.PathLike) or hasattr(data, "read")):
        return None
    from restpath.sources import file_source

    return file_source(data, field="data").media_type


def _is_elsewhere(name: str, method: Method) -> bool:
    """Whether a field of this name is a header field or a cookie: it is, unless query or body have it, too."""
    schema = method.body_schema if isinstance(method.body_schema, dict) else {}
    return name not in method.query and name not in schema.get("properties", ())


def _own_headers(
    headers: Mapping[str, Any] | None, declared: Mapping[str, Any], method: Method, what: str
) -> tuple[dict[str, str], tuple[tuple[str, Secret], ...], tuple[str, ...]]:
    """The caller's header fields, and those given as fields: plain ones, secret ones, those that are to be absent."""
    if headers is None and not declared:
        return {}, (), ()
    from restpath.headerfields import sort_headers, with_parameters

    return sort_headers(with_parameters(headers, declared, method, what))


def _definition_headers(
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


def _refuse_id(path: Path, method: Method, data: Any, what: str) -> None:
    """`client.people.delete("ann")` means an item, and would reach the collection."""
    is_id = isinstance(data, (str, int)) and not isinstance(data, bool)
    if is_id and method.method in ("GET", "HEAD", "DELETE") and path._node.variable is not None:
        raise InvalidValue(
            f"{what} would send {data!r} as its body. For the item say "
            f"{chain(path)}[{data!r}].{method.method.lower()}(); a text that really is the body, give as bytes"
        )


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


def divide_fields(fields: dict[str, Any], method: Method) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of the query, and fields of the body."""
    if method.fields_kind == "query" or is_bodyless(method):
        return fields, {}
    declared = method.query_names
    in_query = {name: value for name, value in fields.items() if name in declared}
    return in_query, {name: value for name, value in fields.items() if name not in in_query}


# ---- the query ---------------------------------------------------------------------------------------------------


def _query(
    start: Mapping[str, Any], fields: Mapping[str, Any], qs: Any, method: Method, what: str
) -> tuple[tuple[tuple[str, str], ...], str]:
    """The query as pairs and as text: the template's own pairs, then the fields over their defaults, then `qs`."""
    raw = _raw_query(qs) if isinstance(qs, (str, bytes)) else ""
    items = [] if qs is None or isinstance(qs, (str, bytes)) else _query_items(qs)
    lists, default = method.query_list_styles, method.rules.query_lists
    beyond = {name for name, _ in (*items, *_decoded(raw))}
    rest = {**{name: value for name, value in start.items() if name not in beyond}, **fields}
    bare, found = _template_query(rest, method)
    own = {name for name, _ in found} | set(bare)
    found += _without(own, pairs(rest, lists, default), what, "the template's own query")
    taken = {name for name, _ in found} | set(bare)
    found += _without(taken, pairs(items, lists, default), what, "its fields")
    texts = [encode_query(name) for name in bare] + [text for text in (encode_pairs(found, encode_query), raw) if text]
    return (*((name, "") for name in bare), *flat(found), *_decoded(raw)), "&".join(texts)


def _template_query(rest: dict[str, Any], method: Method) -> tuple[list[str], Pairs]:
    """The names without a value and the pairs of the template's own query; its variables are taken from `rest`."""
    bare: list[str] = []
    found: Pairs = []
    for pair in method.resource.template.query:
        if isinstance(pair.value, Variable):
            value = rest.pop(pair.value.name, None)
            found += pairs([(pair.name, value)], method.query_list_styles, method.rules.query_lists)
        elif pair.value is None:
            bare.append(pair.name)
        else:
            found.append((pair.name, pair.value))
    return bare, found


def _decoded(raw: str) -> list[tuple[str, str]]:
    return parse_qsl(raw, keep_blank_values=True, max_num_fields=None)


def _without(taken: set[str], more: Pairs, what: str, where: str) -> Pairs:
    twice = next((name for name, _ in more if name in taken), None)
    if twice is not None:
        raise InvalidValue(f"{what}: the parameter {twice!r} is in {where} already: give it once")
    return more


def _raw_query(qs: str | bytes) -> str:
    """A query given as text stays as it stands, but for what no URL can carry."""
    try:
        text = quote(qs.removeprefix(b"?" if isinstance(qs, bytes) else "?"), safe="%/?:@!$&'()*+,;=-._~")  # type: ignore[arg-type]
    except UnicodeEncodeError as error:
        raise InvalidValue("qs= holds a lone surrogate, which has no UTF-8") from error
    return encode_strays(text)


def _query_items(qs: Any) -> list[tuple[str, Any]]:
    if isinstance(qs, Mapping):
        return list(qs.items())
    items = list(qs) if isinstance(qs, (list, tuple, ItemsView)) else None
    if items is None or any(not isinstance(item, (list, tuple)) or len(item) != 2 for item in items):
        raise InvalidValue(f"qs= is a {type(qs).__name__}: give a mapping, pairs of name and value, or text")
    for name, _ in items:
        if not isinstance(name, str):
            raise InvalidValue(f"qs= has a name of type {type(name).__name__}: names are text")
    return [(name, value) for name, value in items]
