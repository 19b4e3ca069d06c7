"""
Call: one HTTP request, fully described and not sent.

Takes a `Path`, a method and what the caller gave; gives a `Call`. Pure: files are named, not opened, and no
credentials are looked up or put in. Which field becomes what is the definition's word, see `fields_kind`.
Source: RFC 9110 for methods and header fields, RFC 3986 for the query.
"""

from __future__ import annotations

import os
import re
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from restpath.body import FORM, JSON, MULTIPART, RELATED, check_body, encode_form, encode_json, is_json
from restpath.definition.mediatypes import essence_of
from restpath.definition.model import Method
from restpath.errors import InvalidValue
from restpath.fields import Pairs, encode_pairs, field_name, flat, merge, nest, numbered, pairs, scalar
from restpath.masking import MASK, Secret, is_secret_name, mask_headers, mask_url
from restpath.path import Path, render, resolve
from restpath.phrasing import chain, show
from restpath.place import Root
from restpath.records import dataclass, field, replace
from restpath.regex import pattern
from restpath.template import Variable, encode_query, encode_strays
from restpath.tree import End
from restpath.types import UNSET, Headers, Unset

if TYPE_CHECKING:  # calls with files import what these need when they are described
    from restpath.multipart import Part
    from restpath.sources import FileSource

__all__ = [
    "Arguments", "Call", "build_call", "divide_fields", "fields_place", "origin_of", "pairs_of", "text_or_json",
]  # fmt: skip

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
    own_headers, secret, absent = _sort_headers(_with_parameters(given.headers, elsewhere, method, what))
    said = next((value for name, value in own_headers.items() if name.lower() == "content-type"), None)
    query, text = _query(start_query, in_query, given.qs, method, what)
    body = _Body(method, what, said, validate)
    media_type, made, parts = body.made_of(given.data, start, in_body, uploads)
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
    body = _Body(method, method.method, None, False)
    media_type = body.media_type if body.media_type and _may_be_json(body.media_type) else JSON
    json_headers = Headers(_definition_headers(method, media_type, (), set())) if body.kind == "json" else None
    headers = Headers(_definition_headers(method, None, (), set()))
    is_asking = not method.parameters and (method.fields_kind == "query" or _is_bodyless(method))
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


def _with_parameters(
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


def _is_bodyless(method: Method) -> bool:
    return not (method.method in _BODY_METHODS or method.has_body or "fields" in method.words)


def divide_fields(fields: dict[str, Any], method: Method) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields of the query, and fields of the body."""
    if method.fields_kind == "query" or _is_bodyless(method):
        return fields, {}
    declared = method.query_names
    in_query = {name: value for name, value in fields.items() if name in declared}
    return in_query, {name: value for name, value in fields.items() if name not in in_query}


# ---- header fields -----------------------------------------------------------------------------------------------

_TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


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
    seen: set[str] = set()
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
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


# ---- the body ----------------------------------------------------------------------------------------------------

_Content = tuple["str | None", "bytes | FileSource | None", "tuple[Part, ...]"]
_NOTHING: _Content = (None, None, ())


class _Body:
    """The body of one call, with its media type: what the caller gave, over what the definition starts from."""

    def __init__(self, method: Method, what: str, said: str | None, validate: bool) -> None:
        self.method, self.what, self.said, self.validate = method, what, said, validate
        headers = method.rules.headers.items()
        in_headers = next((value for name, value in headers if name.lower() == "content-type"), None)
        self.media_type = said or method.media_type or in_headers
        own = said or (in_headers if method.media_type is None else None)
        kinds = {FORM: "form", MULTIPART: "multipart", RELATED: "related", "": method.fields_kind}
        self.kind = kinds.get(essence_of(own or ""), "json")

    def made_of(
        self, data: Any, start: dict[str, Any], fields: dict[str, Any], uploads: list[tuple[str, Any]]
    ) -> _Content:
        """Give media type, content and parts; two of the three are always empty or None."""
        if isinstance(data, Unset):
            value = merge(start, nest(fields, self.method.rules.nested_by, self.method.declared))
        else:
            value = data
        if uploads:
            return self._upload(data, value, uploads)
        if not isinstance(data, Unset):
            raw = _raw(data, self.media_type)
            if raw is not None:
                self._refuse_without_boundary(raw[0])
            return raw if raw is not None else self._encoded(value)
        if not fields and (not start or self.method.method == "DELETE"):
            return _NOTHING
        self._refuse_raw()
        return self._encoded(value)

    def _refuse_without_boundary(self, media_type: str | None) -> None:
        """Content that is said to be made of parts can be read by nobody without their boundary (RFC 2046, 5.1.1)."""
        if media_type and essence_of(media_type).startswith("multipart/") and not _BOUNDARY.search(media_type):
            raise InvalidValue(
                f"{self.what} sends {essence_of(media_type)}, which is made of parts: give the file as upload_file=, "
                "or give data= with headers={'Content-Type': ...} for another media type, or for parts and their "
                "boundary"
            )

    def _refuse_raw(self) -> None:
        if self.kind == "raw" or (self.media_type and self.kind == "json" and not _may_be_json(self.media_type)):
            raise InvalidValue(
                f"{self.what} sends {self.media_type}, which is not made of fields: give the body as data="
            )

    def _encoded(self, value: Any) -> _Content:
        if self.kind == "related":
            raise InvalidValue(f"{self.what} sends {RELATED}, which has a file: give it as upload_file=")
        if self.kind in ("form", "multipart"):
            return self._form(value)
        if self.validate:
            check_body(value, self.method, self.what)
        good = self.media_type and (self.said or _may_be_json(self.media_type))
        return self.media_type if good else JSON, encode_json(value), ()

    def _form(self, value: Any) -> _Content:
        items = _form_items(value, self.kind)
        if self.validate:
            check_body(_joined(items), self.method, self.what, as_text=True)
        items = self._flattened(items)
        lists = self.method.rules.query_lists
        if self.kind == "form":
            media_type = self.media_type if self.media_type and essence_of(self.media_type) == FORM else FORM
            return media_type, encode_form(flat(pairs(items, {}, lists))), ()
        return None, None, self._parts(items)

    def _parts(self, items: Sequence[tuple[str, Any]]) -> tuple[Part, ...]:
        from restpath.multipart import field_part

        texts = [(name, text_or_json(item)) for name, item in items]
        found = flat(pairs(texts, {}, self.method.rules.query_lists))
        return tuple(field_part(_part_name(name), text) for name, text in found)

    def _upload(self, data: Any, value: Any, uploads: list[tuple[str, Any]]) -> _Content:
        from restpath.multipart import field_part

        if _is_bodyless(self.method):
            raise InvalidValue(f"{self.what} has no body, so it cannot upload a file")
        wanted = RELATED if self.kind == "related" else MULTIPART
        if self.said and essence_of(self.said) != wanted:
            raise InvalidValue(
                f"{self.what}: a file goes as {wanted}, not as {self.said}: leave that header field out, or give "
                "the file as data="
            )
        files = tuple(part for name, upload in uploads for part in _file_parts(name, upload))
        if isinstance(data, Unset) and not value and self.kind != "related":
            return None, None, files
        if not isinstance(data, Unset) and _raw(data, None) is not None:
            raise InvalidValue(f"{self.what}: beside a file data= is a value for JSON, not a body by itself")
        if self.kind == "related":
            return None, None, self._related(value, files)
        json_field = self.method.rules.uploads.json_field
        if json_field is not None:
            if self.validate:
                check_body(value, self.method, self.what)
            # Without a media type of its own: a form field, as services that read one expect it.
            return None, None, (*files, field_part(json_field, encode_json(value)))
        items = _form_items(value, "multipart")
        if self.validate:
            beside = {name for name, _ in uploads}
            check_body(_joined(items), self.method, self.what, as_text=True, beside=beside)
        return None, None, (*self._parts(self._flattened(items)), *files)

    def _related(self, value: Any, files: Sequence[Part]) -> tuple[Part, ...]:
        """JSON and the file that it describes, in this order. Source: RFC 2387 section 3."""
        from restpath.multipart import related_part

        if len(files) != 1:
            raise InvalidValue(f"{self.what}: {RELATED} has one file, and {len(files)} are given")
        if self.validate:
            check_body(value, self.method, self.what)
        return related_part("JSON", encode_json(value), JSON), related_part(files[0].name, files[0].source)

    def _flattened(self, items: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Nested values as fields of their own, where the definition says how these are called."""
        form = self.method.rules.nested_form
        try:
            return items if form is None else [pair for name, item in items for pair in numbered(name, item, form)]
        except RecursionError as error:
            raise InvalidValue(f"{self.what}: a field is nested too deeply, or holds itself") from error


_BOUNDARY = pattern(r";\s*boundary=.", re.IGNORECASE)


def _may_be_json(media_type: str) -> bool:
    """Media types of one's own are JSON as a rule; those that are surely something else are not."""
    essence = essence_of(media_type)
    kind = essence.partition("/")[0]
    return is_json(essence) or (kind == "application" and not essence.endswith(_NO_JSON))


_NO_JSON = ("xml", "octet-stream", "pdf", "zip", "urlencoded", "ndjson", "yaml")


def _raw(data: Any, media_type: str | None) -> _Content | None:
    """Bytes, text and open files go as they are; None for values that are to be encoded."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return media_type, bytes(data), ()
    if isinstance(data, str):
        try:
            return media_type or "text/plain; charset=utf-8", data.encode(), ()
        except UnicodeEncodeError as error:
            raise InvalidValue("data= holds a lone surrogate, which has no UTF-8") from error
    if hasattr(data, "read") or isinstance(data, os.PathLike):
        from restpath.sources import file_source

        source = file_source(data, field="data")
        return media_type or source.media_type, source, ()
    if isinstance(data, Iterator):
        raise InvalidValue("data= is an iterator, which cannot be sent again when that is needed: give an open file")
    return None


def _form_items(value: Any, kind: str) -> list[tuple[str, Any]]:
    """The pairs that a form is made of."""
    items = list(value.items()) if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else None
    if items is None or any(not isinstance(item, (list, tuple)) or len(item) != 2 for item in items):
        raise InvalidValue(
            f"data= is a {type(value).__name__}, of which no {kind} can be made: give a mapping, or pairs of name and "
            "value"
        )
    return [(name, item) for name, item in items]


def _joined(items: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Pairs as the object that a schema speaks of; what is None is not sent, and several of one name are a list."""
    found: dict[str, list[Any]] = {}
    for name, value in items:
        if value is not None:
            text = scalar(value, name) if isinstance(value, bytes) else value
            found.setdefault(name, []).append(text)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _file_parts(name: str, value: Any) -> list[Part]:
    from restpath.multipart import file_part
    from restpath.sources import file_source

    sources = value if isinstance(value, list) else [value]
    if not sources:
        raise InvalidValue(f"the upload {name!r} is an empty list: give at least one file, or leave it out")
    return [file_part(_part_name(name), file_source(source, field=name)) for source in sources]


def _part_name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(f"the field {name!r} holds a lone surrogate, which has no UTF-8") from error
    return name


def text_or_json(value: Any) -> Any:
    """Give a nested value as JSON, as a form has to carry it; any other as it is."""
    nested = isinstance(value, Mapping) or (
        isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value)
    )
    return encode_json(value).decode() if nested else value
