"""
One operation as the definition has it: an HTTP method at a resource, its parameters and its bodies.

Takes the words of a resource and of one of its methods, found good, and the service's rules; gives immutable records.
What is worked out of the words is worked out when it is first asked for.
Source: RFC 9110 section 9 for the methods, RFC 7578 and RFC 2387 for bodies of several parts.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from restpath.definition.frozen import frozen_map, nothing
from restpath.definition.mediatypes import essence_of, matching_type
from restpath.definition.rules import PathValue, QueryLists, Rules, path_values_of
from restpath.once import cached_property
from restpath.records import dataclass, field, replace
from restpath.template import Template, parse_template
from restpath.types import JsonObject

if TYPE_CHECKING:
    from restpath.definition.bundles import Bundles
    from restpath.definition.model import Definition

__all__ = ["METHODS", "Method", "Parameter", "Resource", "method_of", "resource_of"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY")

_PARTS, _OCTETS = "multipart/", "application/octet-stream"
_MULTIPART, _RELATED = "multipart/form-data", "multipart/related"
_KINDS = {"application/x-www-form-urlencoded": "form", _MULTIPART: "multipart", _RELATED: "related"}
_TYPES = {"json": "application/json", **{kind: media_type for media_type, kind in _KINDS.items()}}


@dataclass(frozen=True)
class Parameter:
    """A parameter as the definition declares it: of the query, or in a header field or a cookie."""

    name: str
    type: str | None = None
    enum: tuple[Any, ...] = ()
    lists: QueryLists | None = None
    documentation: str = ""
    deprecated: bool = False
    place: Literal["query", "header", "cookie"] = "query"


@dataclass(frozen=True, eq=False)
class Resource:
    """
    A URI template and what is said of it beside its methods.

    Attributes:
        definition: whose it is, for telling which file said what; None in a pickle, and for what nobody defined.
    """

    template: Template
    name: str | None
    title: str
    category: str
    documentation: str
    path_values: Mapping[str, PathValue]
    words: Mapping[str, Any] = field(repr=False)
    definition: Definition | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """A pickle of a call keeps what is said of its own resource, and not the whole definition with it."""
        return {**self.__dict__, "definition": None}


@dataclass(frozen=True, eq=False)
class Method:
    """
    One operation of a service: an HTTP method at a URI template, with all that the definition says of it.

    Attributes:
        method: the HTTP method, in capitals.
        template: the URI template, as the definition writes it.
        name: the operation's own name; None where it has none.
        query: the declared query parameters by name.
        parameters: the declared parameters that go in header fields and cookies, by name.
        said_schema: the body's JSON Schema as the definition writes it; None where none is declared.
        media_type: the body's declared media type, if any.
        has_body: whether the definition speaks of a body.
        server: the operation's own server; None where it is the service's.
    """

    method: str
    template: str
    name: str | None
    title: str
    documentation: str
    deprecated: bool
    query: Mapping[str, Parameter]
    said_schema: JsonObject | bool | None = field(repr=False)
    media_type: str | None
    has_body: bool
    server: str | None
    rules: Rules = field(repr=False)
    resource: Resource = field(repr=False)
    base: JsonObject | None = field(repr=False, default=None)
    parameters: Mapping[str, Parameter] = field(repr=False, default_factory=nothing)
    words: Mapping[str, Any] = field(repr=False, default_factory=nothing)
    bundles: Bundles | None = field(repr=False, default=None)

    @cached_property
    def body_schema(self) -> JsonObject | bool | None:
        """The body's JSON Schema with all of the shared ones that it refers to, under `schemas`; None for none."""
        if self.bundles is None or not isinstance(self.said_schema, dict):
            return self.said_schema
        return self.bundles.whole(self.said_schema)

    @cached_property
    def declared(self) -> frozenset[str]:
        """The field names that are declared whole, and hence are never split into nested keys."""
        names = {*self.query, *self.parameters}
        if isinstance(self.body_schema, dict) and isinstance(self.body_schema.get("properties"), dict):
            names.update(self.body_schema["properties"])
        return frozenset(names.union(self.resource.template.query_variables))

    @cached_property
    def query_names(self) -> frozenset[str]:
        """The fields that go in the query although the method has a body: declared there, and not in the body."""
        schema = self.body_schema if isinstance(self.body_schema, dict) else {}
        in_query = {*self.query, *self.resource.template.query_variables}
        return frozenset(in_query - set(schema.get("properties", ())))

    @cached_property
    def query_list_styles(self) -> Mapping[str, QueryLists]:
        """How the lists of single parameters are written, where that is not the service's way."""
        return frozen_map({name: parameter.lists for name, parameter in self.query.items() if parameter.lists})

    @cached_property
    def fields_kind(self) -> str:
        """
        What named fields become: json, form, multipart or query.

        Also related, JSON beside a file (RFC 2387); or raw, where the body is not made of fields.
        """
        media_type = essence_of(self.media_type or "")
        if "fields" in self.words or not media_type:
            return self.rules.fields
        return _KINDS.get(media_type, "json" if "json" in media_type else "raw")

    @cached_property
    def bodies(self) -> Mapping[str, Method]:
        """
        The operation with its body in another media type, by those that the definition allows beside the first.

        The names may be ranges, such as `image/*`. Each has its own schema, and its own words on uploads, lists and
        nested values where these differ.
        """
        said: JsonObject = self.words.get("bodies", {})
        return frozen_map({name: self._with_body(name, words) for name, words in said.items()})

    def _with_body(self, name: str, words: JsonObject) -> Method:
        own = {word: said for word, said in words.items() if word != "schema"}
        beside = {word: value for word, value in self.words.items() if word not in ("bodies", "body", "fields")}
        return replace(
            self, said_schema=words.get("schema"), media_type=None if "*" in name else name, has_body=True,
            rules=self.rules.overridden_by(own), words=beside,
        )  # fmt: skip

    def sent_as(self, content_type: str | None, *, uploads: bool = False) -> Method:
        """
        Give the operation with the body that a call means.

        Args:
            content_type: the media type that the call names; None where it names none.
            uploads: whether it brings files, which need a multipart form, or multipart/related.
        Returns:
            one of `bodies`, or this where none is meant: its own body is what is sent unless something else is said.
        """
        if "bodies" not in self.words or (content_type is None and not uploads):
            return self
        own = self.media_type or _TYPES.get(self.fields_kind, "")
        known = [own, *self.bodies] if own else [*self.bodies]
        wanted = (content_type,) if content_type is not None else (_MULTIPART, _RELATED)
        name = next((found for each in wanted if (found := matching_type(each, known)) is not None), "")
        return self.bodies.get(name, self)

    def sent_raw(self, file_type: str | None) -> Method:
        """
        Give the operation with the body that content of the caller's own making means, where no content type is said.

        Args:
            file_type: the media type that the file's name speaks of; None where there is none.
        Returns:
            the body whose media type is the file's; else this, or, where this is made of parts, the only other one.
        """
        own = essence_of(self.media_type or _TYPES.get(self.fields_kind, ""))
        is_parts = own.startswith(_PARTS)
        if file_type is not None and (is_parts or file_type != _OCTETS):  # a name that says nothing changes nothing
            wanted = matching_type(file_type, [own, *self.bodies])
            if wanted is not None:
                return self.bodies.get(wanted, self)
        others = [name for name in self.bodies if not name.startswith(_PARTS)] if is_parts else []
        return self.bodies[others[0]] if len(others) == 1 and "*" not in others[0] else self

    def defaults(self) -> JsonObject:
        """Give a copy of the body that a call starts from; {} where the definition has none."""
        return copy.deepcopy(self.base) if self.base else {}


def resource_of(text: str, words: JsonObject, definition: Definition) -> Resource:
    """Make the record of a resource of its URI template and its words."""
    return Resource(
        template=parse_template(text, literal=words.get("literal", False)),
        name=words.get("name"),
        title=words.get("title", ""),
        category=words.get("category", ""),
        documentation=words.get("documentation", ""),
        path_values=path_values_of(words.get("path_values", {})),
        words=words,
        definition=definition,
    )


def method_of(
    method: str, words: JsonObject, resource: Resource, rules: Rules, base: JsonObject | None, bundles: Bundles | None
) -> Method:
    """
    Make the record of a method.

    Args:
        method: in capitals.
        words: what the definition says of it.
        resource: where it is.
        rules: the service's, which hold where the words do not say otherwise.
        base: the body that a call starts from; None where there is none.
        bundles: the shared schemas that the body's may refer to; None where there are none.
    """
    body = words.get("body")
    return Method(
        method=method,
        template=resource.template.text,
        name=words.get("name"),
        title=words.get("title", ""),
        documentation=words.get("documentation", ""),
        deprecated=words.get("deprecated", False),
        query=frozen_map({name: _parameter(name, said) for name, said in words.get("query", {}).items()}),
        said_schema=body.get("schema") if body is not None else None,
        media_type=body.get("media_type") if body is not None else None,
        has_body=body is not None or "bodies" in words,
        server=words.get("server", resource.words.get("server")),
        rules=rules.overridden_by(words),
        resource=resource,
        base=base,
        parameters=frozen_map({name: _parameter(name, said) for name, said in words.get("parameters", {}).items()}),
        words=words,
        bundles=bundles,
    )


def _parameter(name: str, words: JsonObject) -> Parameter:
    return Parameter(
        name=name,
        type=words.get("type"),
        enum=tuple(words.get("enum", ())),
        lists=words.get("lists"),
        documentation=words.get("documentation", ""),
        deprecated=words.get("deprecated", False),
        place=words.get("in", "query"),
    )
