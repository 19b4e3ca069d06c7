"""
Calls that carry something: fields, a query, header fields, a body, files.

Takes a path, the record of the operation and what the caller gave; gives the `Call`. Which field becomes what is the
definition's word, see `fields_kind`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from restpath.body import check_body, encode_json
from restpath.call import Arguments, Call
from restpath.composing import Body, is_bodyless, may_be_json
from restpath.definition.mediatypes import JSON
from restpath.definition.method import Method
from restpath.errors import InvalidValue
from restpath.fields import field_name
from restpath.heading import definition_headers, sort_headers, with_parameters
from restpath.path import Path, render
from restpath.phrasing import chain, show
from restpath.querying import query_of
from restpath.tree import End
from restpath.types import Headers, Unset

if TYPE_CHECKING:
    from restpath.building import Plan

__all__ = ["Filling", "begun", "divide_fields", "filled_call"]

_UPLOAD = "upload_file"


class Filling:
    """
    The calls of an operation that carry no more than fields of the query, or a body of JSON.

    What is the same in all of them is worked out once, as in the `Plan` that it belongs to.
    """

    def __init__(self, plan: Plan) -> None:
        method = plan.method
        body = Body(method, method.method, None, False)
        media_type = body.media_type if body.media_type and may_be_json(body.media_type) else JSON
        self._plan, self._method = plan, method
        self._json_headers = Headers(definition_headers(method, media_type, (), set())) if body.kind == "json" else None
        self._is_asking = not method.parameters and (method.fields_kind == "query" or is_bodyless(method))

    def plain_call(self, path: Path, word: str, given: Arguments, end: End | None, validate: bool) -> Call | None:
        """Give the call without files and header fields of its own; None for one that takes more than that."""
        plan, method = self._plan, self._method
        if isinstance(given.data, Unset):
            return self._asking(path, word, given, end) if plan.has_no_body and self._is_asking else None
        if given.fields or given.qs is not None or self._json_headers is None or type(given.data) not in (dict, list):
            return None
        if validate and method.body_schema not in (None, True):
            check_body(given.data, method, f"{word} {show(path)}")
        url, content = plan.base + render(path, end) + plan.text, encode_json(given.data)
        return Call(word, url, plan.query, self._json_headers, content, operation=method)

    def _asking(self, path: Path, word: str, given: Arguments, end: End | None) -> Call | None:
        """A call whose fields all go into the query."""
        plan, method = self._plan, self._method
        fields = {field_name(field, method.declared): value for field, value in given.fields.items()}
        if len(fields) < len(given.fields) or any(field.startswith(_UPLOAD) for field in fields):
            return None
        query, text = query_of(method.defaults(), fields, given.qs, method, f"{word} {show(path)}")
        url = plan.base + render(path, end) + (f"?{text}" if text else "")
        return Call(word, url, query, plan.headers, operation=method)


def begun(method: Method) -> tuple[tuple[tuple[str, str], ...], str, bool]:
    """Give what the definition lets a call begin with: the query, as pairs and as text; and whether that is all."""
    start_query, start = divide_fields(method.defaults(), method)
    query, text = query_of(start_query, {}, None, method, method.method)
    return query, f"?{text}" if text else "", not start or method.method == "DELETE"


def filled_call(path: Path, word: str, given: Arguments, method: Method, end: End | None, validate: bool) -> Call:
    """Describe the request that an operation means, whatever was given: see `build_call`."""
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
    own_headers, secret, absent = sort_headers(with_parameters(given.headers, elsewhere, method, what))
    said = next((value for name, value in own_headers.items() if name.lower() == "content-type"), None)
    query, text = query_of(start_query, in_query, given.qs, method, what)
    body = Body(method, what, said, validate)
    media_type, made, parts = body.made_of(given.data, start, in_body, uploads)
    kept = definition_headers(method, media_type, parts, {*own_headers, *absent, *(name for name, _ in secret)})
    own = [pair for pair in own_headers.items() if not parts or pair[0].lower() != "content-type"]
    url = path._root.base_of(method) + render(path, end) + (f"?{text}" if text else "")
    return Call(word, url, query, Headers([*kept, *own]), made, parts, secret, absent, operation)


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
