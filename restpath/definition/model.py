"""
A service as typed, immutable records: what stands between the JSON of the data files and the rest of the code.

Takes documents that `check` found good, or that are trusted because they came with the package; gives a `Definition`.
Records are made when they are first asked for, so that a description of thousands of operations costs what is used of
it. All that they hand out is read-only, down to the last list: what one client sees, no other can change.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from restpath.definition.bundles import Bundles
from restpath.definition.frozen import frozen_map
from restpath.definition.lazy import MAKING, Outline, outlines_of
from restpath.definition.mediatypes import essence_of, matching_type
from restpath.definition.merge import Documents, Layer, file_that_said
from restpath.errors import DefinitionError
from restpath.once import cached_property
from restpath.records import dataclass, field, replace
from restpath.template import Template, parse_template
from restpath.types import JsonObject

if TYPE_CHECKING:  # only for the annotation: importers stand below
    from restpath.importers.found import LeftOut

__all__ = [
    "METHODS", "AuthorizeRule", "Credential", "Definition", "DeviceRule", "Discovery", "Documents", "ErrorRule",
    "Fields", "Method", "NestedForm", "PageRule", "Parameter", "PathValue", "QueryLists", "Resource", "RetryRule",
    "Rules", "Scheme", "Server", "Service", "Signature", "TokenAnswer", "TokenRule", "Uploads",
]  # fmt: skip

_T = TypeVar("_T")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY")

Fields: TypeAlias = Literal["json", "form", "multipart", "query"]
QueryLists: TypeAlias = Literal["repeat", "commas", "brackets", "spaces", "pipes"]
NestedForm: TypeAlias = Literal["dashes", "brackets", "dots"]
Texts: TypeAlias = Mapping[str, str]
_PARTS, _OCTETS = "multipart/", "application/octet-stream"
_MULTIPART, _RELATED = "multipart/form-data", "multipart/related"
_KINDS = {"application/x-www-form-urlencoded": "form", _MULTIPART: "multipart", _RELATED: "related"}
_TYPES = {"json": "application/json", **{kind: media_type for media_type, kind in _KINDS.items()}}


_NOTHING: Mapping[str, Any] = frozen_map({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True)
class Credential:
    """
    A name under which `connect` takes a credential.

    Attributes:
        secret: whether it must be shown nowhere.
        default: its value where none is given.
        optional: whether what it is part of goes without it where it is missing.
        netrc: the machine of the netrc whose password it is.
    """

    name: str
    secret: bool = True
    default: str | None = None
    optional: bool = False
    netrc: str | None = None


@dataclass(frozen=True)
class Signature:
    """
    A signature over the pairs of query and form.

    Attributes:
        digest: md5, sha1 or sha256.
        parameter: the name under which it goes with the call, in hex.
        text: what is signed: `{pairs}`, `{operation}` and credentials.
    """

    digest: str
    parameter: str
    text: str


@dataclass(frozen=True)
class AuthorizeRule:
    """The link to which a person is sent for an authorization code. Source: RFC 6749 section 4.1.1, RFC 7636."""

    url: str
    query: Texts = field(default_factory=_nothing)
    pkce: bool = True
    state: bool = True


@dataclass(frozen=True)
class DeviceRule:
    """Where a device asks for its codes. Source: RFC 8628 section 3.1."""

    url: str
    fields: Texts = field(default_factory=_nothing)


@dataclass(frozen=True)
class TokenAnswer:
    """Where the answer of a token endpoint has what: JSON Pointers, the first that is there. Source: RFC 6749 5.1."""

    token: tuple[str, ...] = ("/access_token",)
    expires_in: str = "/expires_in"
    refresh_token: str = "/refresh_token"


@dataclass(frozen=True)
class Discovery:
    """Where the service itself tells a credential that is no secret: a path that is open to all, and a JSON Pointer."""

    path: str
    pointer: str


@dataclass(frozen=True)
class TokenRule:
    """
    How a token is got.

    Attributes:
        credential: the credential that the token becomes.
        url: the token endpoint: a URL, or a path below the base URL; `{name}` stands for a credential.
        method: POST, or GET where the fields go in the query.
        basic: user name and password of the client's own authentication (RFC 6749 section 2.3.1).
        grants: the fields of the request by grant.
        discovery: how credentials are found out that nobody gave.
    """

    credential: str
    url: str
    method: str = "POST"
    basic: tuple[str, ...] = ()
    grants: Mapping[str, Texts] = field(default_factory=_nothing)
    authorize: AuthorizeRule | None = None
    device: DeviceRule | None = None
    answer: TokenAnswer = TokenAnswer()
    discovery: Mapping[str, Discovery] = field(default_factory=_nothing)


@dataclass(frozen=True)
class Scheme:
    """
    A way to authenticate: what goes with a call, with each `{name}` filled with a credential.

    Attributes:
        headers: header fields.
        query: pairs of the query.
        fields: pairs that go where the call's own fields go: in its form, or in the query where it has no body.
        basic: user name and password of HTTP's basic authentication (RFC 7617).
        signature: what is signed, and how.
        token: how its token is got where none is given.
    """

    name: str
    headers: Texts = field(default_factory=_nothing)
    query: Texts = field(default_factory=_nothing)
    fields: Texts = field(default_factory=_nothing)
    basic: tuple[str, ...] = ()
    signature: Signature | None = None
    token: TokenRule | None = None


@dataclass(frozen=True)
class PageRule:
    """
    How a list is cut into pages.

    Attributes:
        by: what names the next page: its number, an offset, the last item, a link, or a cursor.
        items: where the items are: a JSON Pointer into the content.
        optional: whether that place may be missing where there are no items.
        parameter: the query parameter that says which page.
        size: the query parameter that says how many items a page has.
        first: the number of the first page.
        key: where an item has the value that goes into `parameter`: a JSON Pointer into the item.
        next: where the next link or cursor is: a JSON Pointer into the content, or a header field's name.
        pages: where the number of pages is: a JSON Pointer into the content.
        total: where the number of items is: a JSON Pointer into the content.
        more: where it is said whether there is more: a JSON Pointer into the content, or a header field's name.
    """

    by: Literal["page", "offset", "item", "link", "cursor"]
    items: str = ""
    parameter: str | None = None
    size: str | None = None
    first: int = 1
    key: str | None = None
    next: str | None = None
    pages: str | None = None
    total: str | None = None
    more: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class PathValue:
    """How the values of one variable are spelled in a path."""

    spelling: Literal["plain", "sha1", "credential"]
    text: str = ""
    credential: str = ""


@dataclass(frozen=True)
class Uploads:
    """How files are sent: their form field, and the one that carries the JSON beside them (None: field by field)."""

    field: str = "file"
    json_field: str | None = None


@dataclass(frozen=True)
class ErrorRule:
    """
    Where an error's content says what is wrong: JSON Pointers, None where it does not.

    Attributes:
        when: the values that make an error of an answer with a status of success, by the place where they stand.
        statuses: the HTTP status that a code of the service's own amounts to.
    """

    code: str | None = None
    message: str | None = None
    retry_after: str | None = None
    when: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    statuses: Mapping[str, int] = field(default_factory=_nothing)


@dataclass(frozen=True)
class RetryRule:
    """
    What may be tried again.

    Attributes:
        safe: whether a call may be made again although it may have been carried out; None leaves it to the method.
        statuses: the answers that another try may better.
        longest_wait_seconds: the longest wait that a service may ask for; a longer one is its error at once.
        idempotency_header: the header field whose key makes a call safe to repeat.
    """

    safe: bool | None = None
    statuses: tuple[int, ...] = (429, 502, 503, 504)
    longest_wait_seconds: float = 60.0
    idempotency_header: str | None = None


@dataclass(frozen=True)
class Rules:
    """What the service says for all its methods, and each method may say otherwise."""

    headers: Mapping[str, str] = field(default_factory=_nothing)
    fields: Fields = "json"
    nested_by: str | None = None
    query_lists: QueryLists = "repeat"
    nested_form: NestedForm | None = None
    uploads: Uploads = Uploads()
    count_header: str | None = None
    errors: ErrorRule = ErrorRule()
    retries: RetryRule = RetryRule()
    pages: PageRule | None = None
    json_types: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()

    def overridden_by(self, words: Mapping[str, Any]) -> Rules:
        """Give these rules with a method's own words over them."""
        if not words:
            return self
        uploads, errors = words.get("uploads", {}), words.get("errors", {})
        return Rules(
            headers=_with_headers(self.headers, words["headers"]) if "headers" in words else self.headers,
            fields=words.get("fields", self.fields),
            nested_by=words.get("nested_by", self.nested_by) or None,
            query_lists=words.get("query_lists", self.query_lists),
            nested_form=words.get("nested_form", self.nested_form) or None,
            uploads=_replaced(self.uploads, uploads),
            count_header=words.get("count_header", self.count_header) or None,
            errors=_replaced(self.errors, errors),
            retries=_replaced(self.retries, words.get("retries", {})),
            pages=_page_rule(self.pages, words["pages"]) if "pages" in words else self.pages,
            json_types=tuple(words.get("json_types", self.json_types)),
            auth=tuple(words["auth"]) if "auth" in words else self.auth,
        )


def _with_headers(general: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    names = {name.lower() for name in own}
    return frozen_map({**{name: text for name, text in general.items() if name.lower() not in names}, **own})


def _page_rule(general: PageRule | None, words: Any) -> PageRule | None:
    """A method's own words over the service's, or in their place where they speak of another kind of pages."""
    if not words:
        return None
    over = general if general is not None and words.get("by", general.by) == general.by else None
    rule: PageRule = _replaced(over or PageRule(words["by"]), words)
    return rule


# Words that a method turns off with false, as null takes away only what a layer below says of the same place.
_CAN_BE_OFF = frozenset(
    {"json_field", "code", "message", "retry_after", "idempotency_header", "size", "pages", "total", "more"}
)


def _replaced(record: Any, words: Mapping[str, Any]) -> Any:
    known = {key: _frozen(value) for key, value in words.items()}
    known = {key: value for key, value in known.items() if not key.startswith("x-")}
    known = {key: None if value is False and key in _CAN_BE_OFF else value for key, value in known.items()}
    return type(record)(**{**record.__dict__, **known}) if known else record


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return frozen_map({key: _frozen(each) for key, each in value.items()})
    return tuple(value) if isinstance(value, list) else value


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
    parameters: Mapping[str, Parameter] = field(repr=False, default_factory=_nothing)
    words: Mapping[str, Any] = field(repr=False, default_factory=_nothing)
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


@dataclass(frozen=True)
class Server:
    """
    Another place where a service is: a URI template, what it is called, what it is for, and its variables.

    `connect` takes it as `url=`, with its variables as keywords where there are any.
    """

    url: str
    title: str = ""
    documentation: str = ""
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=_nothing)


@dataclass(frozen=True, eq=False)
class Service:
    """What is said of the service as a whole."""

    name: str
    title: str
    documentation: str
    base_url: str | None
    variables: Mapping[str, Mapping[str, Any]]
    dotted: bool
    credentials: Mapping[str, Credential]
    schemes: Mapping[str, Scheme]
    path_values: Mapping[str, PathValue]
    rules: Rules = field(repr=False)
    words: Mapping[str, Any] = field(repr=False, default_factory=_nothing)
    servers: tuple[Server, ...] = ()

    def variables_of(self, url: str) -> Mapping[str, Mapping[str, Any]] | None:
        """Give the variables of the server whose URI template this is; None where it is no server's."""
        if url == self.base_url:
            return self.variables
        return next((server.variables for server in self.servers if server.url == url), None)

    @cached_property
    def url_variables(self) -> Mapping[str, Mapping[str, Any]]:
        """The variables of the base URL and of all other servers."""
        found: dict[str, Mapping[str, Any]] = dict(self.variables)
        for server in self.servers:
            found = {**server.variables, **found}
        return frozen_map(found)


@dataclass(frozen=True, eq=False)
class Definition:
    """
    What the data files say of a service, merged.

    Attributes:
        service: what holds for all of it.
        files: the files it was read from, the earlier layer first.
        known: False for a service of which nothing is known, so that everything is let through.
        layers: the documents as they were read, for telling which file said what.
        find_left_out: gives what the description that it was read from says and restpath cannot.
    """

    documents: Documents = field(repr=False)
    files: tuple[str, ...] = ()
    known: bool = True
    layers: tuple[Layer, ...] = field(repr=False, default=())
    find_left_out: Callable[[], tuple[LeftOut, ...]] | None = field(repr=False, default=None)

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """
        What the description that it was read from says and restpath cannot, in the description's own order.

        To tell it, the whole description is gone through when it is first asked for: that takes about as long as
        using every operation once.
        """
        if self.find_left_out is None:
            return ()
        with MAKING:
            if "left_out" not in self.__dict__:
                try:
                    self.__dict__["left_out"] = self.find_left_out()
                except RecursionError as error:
                    raise DefinitionError("it is nested too deeply", expected="fewer levels") from error
        found: tuple[LeftOut, ...] = self.__dict__["left_out"]
        return found

    @cached_property
    def service(self) -> Service:
        """What is said of the service as a whole."""
        return _service(self.documents.service)

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @cached_property
    def _resources(self) -> dict[str, Resource]:
        return {}

    @cached_property
    def _methods(self) -> dict[tuple[str, str], Method]:
        return {}

    @cached_property
    def _bundles(self) -> Bundles:
        return Bundles(self.documents.schemas)

    def outlines(self) -> Iterator[tuple[str, Outline]]:
        """Give every URI template with what is known of it without making its record, in the files' order."""
        return outlines_of(self.documents.resources)

    def templates(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give every URI template with the methods it accepts, in the files' order."""
        return ((text, outline.methods) for text, outline in self.outlines())

    def resource(self, template: str) -> Resource:
        """Give the record of a template. Raises KeyError where there is none."""
        record = self._resources.get(template)
        if record is None:
            record = _resource(template, self.documents.resources[template], self)
            record = self._resources.setdefault(template, record)  # one record, whatever threads ask for it
        return record

    def method(self, template: str, method: str) -> Method:
        """Give the record of a method at a template. Raises KeyError where there is none."""
        record = self._methods.get((template, method))
        if record is None:
            resource = self.resource(template)
            base = self.documents.defaults.get(template, {}).get(method)
            words = resource.words["methods"][method]
            record = _method(method, words, resource, self.service, base, self._bundles)
            record = self._methods.setdefault((template, method), record)
        return record

    def source_of(self, place: str, part: str | None = None, *, defaults: bool = False) -> str | None:
        """
        Tell which file said what: the latest that says something there.

        Args:
            place: a URI template, or a word of service.json ("base_url").
            part: a method of that template ("GET"), or a key within that word ("token" of "credentials").
            defaults: ask for the default bodies of the template instead.
        Returns:
            the file's name, "" for what the program passed, None where nothing is said.
        """
        kind = ("defaults" if defaults else "resources") if place.startswith("/") else "service"
        tokens = [place] if part is None else [place, part]
        if kind == "resources":
            tokens = [place] if part is None else [place, "methods", part.upper()]
        elif kind == "defaults" and part is not None:
            tokens = [place, part.upper()]
        return file_that_said(self.layers, kind, tokens) if self._says(kind, tokens) else None

    def _says(self, kind: str, tokens: list[str]) -> bool:
        node: Any = getattr(self.documents, kind)
        for token in tokens:
            node = node.get(token) if isinstance(node, dict) else None
        return node is not None

    def tree(self, build: Callable[[Definition], _T]) -> _T:
        """Give the resource tree, built once for all clients by the module below that knows how."""
        if "_tree" not in self.__dict__:
            self.__dict__.setdefault("_tree", build(self))
        tree: _T = self.__dict__["_tree"]
        return tree

    @cached_property
    def operations(self) -> tuple[Method, ...]:
        """Every operation: `.method`, `.template`, `.name`, and what else is said of it."""
        return tuple(self.method(template, method) for template, methods in self.templates() for method in methods)

    @cached_property
    def named(self) -> Mapping[str, tuple[str, str]]:
        """Template and method of every operation that has a name."""
        found: dict[str, tuple[str, str]] = {}
        for template, outline in self.outlines():
            for method, name in outline.named():
                found.setdefault(name, (template, method))
        return frozen_map(found)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all that is said, in hex: equal definitions have equal ones."""
        import hashlib
        import json

        said = [self.documents.service, self.documents.resources, self.documents.defaults]
        said += [schemas] if (schemas := self.documents.schemas.get("schemas")) else []
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and (self is other or self.digest == other.digest)

    def __hash__(self) -> int:
        return hash((self.name, len(self.documents.resources)))

    def __reduce__(self) -> tuple[Any, ...]:
        made = Definition, (self.documents, self.files, self.known, self.layers)
        return (_restored, (*made[1], self.left_out)) if self.find_left_out is not None else made

    def __repr__(self) -> str:
        return f"<Definition {self.name}: {sum(len(methods) for _, methods in self.templates())} operations>"


def _restored(documents: Documents, files: tuple[str, ...], known: bool, layers: tuple[Layer, ...], left: Any) -> Any:
    return Definition(documents, files, known, layers, lambda: left)


# ---- from words to records ---------------------------------------------------------------------------------------


def _service(words: JsonObject) -> Service:
    schemes = {name: _scheme(name, scheme) for name, scheme in words.get("auth", {}).items()}
    own = {key: words[key] for key in _RULE_WORDS if key in words}
    return Service(
        name=words.get("service", ""),
        title=str(words.get("title", words.get("service", ""))),
        documentation=words.get("documentation", ""),
        base_url=words.get("base_url"),
        variables=frozen_map(words.get("variables", {})),
        dotted=words.get("operation_names") == "dotted",
        credentials=frozen_map({name: _credential(name, said) for name, said in words.get("credentials", {}).items()}),
        schemes=frozen_map(schemes),
        path_values=_path_values(words.get("path_values", {})),
        rules=Rules(auth=tuple(schemes)).overridden_by(own),
        words=words,
        servers=tuple(map(_server, words.get("servers", ()))),
    )


def _server(words: JsonObject) -> Server:
    variables = frozen_map(words.get("variables", {}))
    return Server(words["url"], words.get("title", ""), words.get("documentation", ""), variables)


_RULE_WORDS = (
    "headers", "fields", "nested_by", "query_lists", "nested_form", "uploads", "count_header", "errors", "retries",
    "pages", "json_types",
)  # fmt: skip


def _scheme(name: str, words: JsonObject) -> Scheme:
    bearer = {"Authorization": f"Bearer {words['bearer']}"} if "bearer" in words else {}
    signature = words.get("signature")
    return Scheme(
        name,
        headers=frozen_map({**words.get("headers", {}), **bearer}),
        query=frozen_map(words.get("query", {})),
        fields=frozen_map(words.get("fields", {})),
        basic=tuple(words.get("basic", ())),
        signature=Signature(**_known(signature)) if signature is not None else None,
        token=_token_rule(words["token"]) if "token" in words else None,
    )


def _token_rule(words: JsonObject) -> TokenRule:
    authorize, device = words.get("authorize"), words.get("device")
    answer = _known(words.get("answer", {}))
    if isinstance(answer.get("token"), str):
        answer["token"] = (answer["token"],)
    return TokenRule(
        credential=words["credential"],
        url=words["url"],
        method=words.get("method", "POST"),
        basic=tuple(words.get("basic", ())),
        grants=frozen_map({name: frozen_map(fields) for name, fields in words.get("grants", {}).items()}),
        authorize=AuthorizeRule(**_known(authorize)) if authorize is not None else None,
        device=DeviceRule(**_known(device)) if device is not None else None,
        answer=TokenAnswer(**answer),
        discovery=frozen_map({name: Discovery(**_known(said)) for name, said in words.get("discovery", {}).items()}),
    )


def _known(words: JsonObject) -> dict[str, Any]:
    """Words as arguments of a record, without those that are the author's own."""
    return {key: _frozen(value) for key, value in words.items() if not key.startswith("x-")}


def _credential(name: str, words: JsonObject) -> Credential:
    return Credential(
        name,
        secret=words.get("secret", True),
        default=words.get("default"),
        optional=words.get("optional", False),
        netrc=words.get("netrc"),
    )


def _path_values(words: JsonObject) -> Mapping[str, PathValue]:
    return frozen_map(
        {
            name: PathValue(rule["spelling"], rule.get("text", ""), rule.get("credential", ""))
            for name, rule in words.items()
        }
    )


def _resource(text: str, words: JsonObject, definition: Definition) -> Resource:
    return Resource(
        template=parse_template(text, literal=words.get("literal", False)),
        name=words.get("name"),
        title=words.get("title", ""),
        category=words.get("category", ""),
        documentation=words.get("documentation", ""),
        path_values=_path_values(words.get("path_values", {})),
        words=words,
        definition=definition,
    )


def _method(
    method: str, words: JsonObject, resource: Resource, service: Service, base: JsonObject | None, bundles: Bundles
) -> Method:
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
        rules=service.rules.overridden_by(words),
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
