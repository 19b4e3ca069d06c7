"""
The body of a call: what the caller gave, over what the definition starts from, in the form that the service takes.

Takes values, fields and files; gives the media type with the bytes, the file or the parts. Files are named, not opened.
Source: RFC 7578 for forms with files, RFC 2387 for JSON beside the file that it describes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from restpath.body import check_body, encode_form, encode_json
from restpath.definition.mediatypes import FORM, JSON, MULTIPART, RELATED, essence_of, is_json
from restpath.definition.method import Method
from restpath.errors import InvalidValue
from restpath.fields import flat, merge, nest, numbered, pairs, scalar
from restpath.regex import pattern
from restpath.types import Unset

if TYPE_CHECKING:  # calls with files import what these need when they are described
    from restpath.multipart import Part
    from restpath.sources import FileSource

__all__ = ["Body", "is_bodyless", "may_be_json", "text_or_json"]

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE", "QUERY"})


_Content = tuple["str | None", "bytes | FileSource | None", "tuple[Part, ...]"]


_NOTHING: _Content = (None, None, ())


class Body:
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
        if self.kind == "raw" or (self.media_type and self.kind == "json" and not may_be_json(self.media_type)):
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
        good = self.media_type and (self.said or may_be_json(self.media_type))
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

        if is_bodyless(self.method):
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


def is_bodyless(method: Method) -> bool:
    return not (method.method in _BODY_METHODS or method.has_body or "fields" in method.words)


_BOUNDARY = pattern(r";\s*boundary=.", re.IGNORECASE)


def may_be_json(media_type: str) -> bool:
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
