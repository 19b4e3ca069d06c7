"""
Google API Discovery documents, version 1, as the documents of a definition.

Takes a document of `kind` `discovery#restDescription` as plain values; gives an `Imported`. The tree comes from
`flatPath` (from `path` where there is none), for read so no two methods collide; `path`, in which `{+name}` stands for
several segments at once, becomes another text for the same resource. Where the `pattern` of such a variable lets a
value be of any length (`.*`), the variable of the flat path that stands for it is a reserved one too.
Source: the Discovery document format, version 1 (`kind`, `rootUrl`, `flatPath`, `mediaUpload`, `apiVersion`); RFC 6570.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from restpath.definition.jsonfile import pointer
from restpath.definition.lazy import LazyMap, Outline, Resources, Schemas
from restpath.definition.method import METHODS
from restpath.definition.places import Places
from restpath.definition.servers import data_url_problem
from restpath.errors import DefinitionError
from restpath.importers.discovery_methods import common_of, media_type_of, method_words, text_of
from restpath.importers.discovery_paths import flat_path, reserved_variables, with_reserved
from restpath.importers.discovery_schemas import Schemas as OwnSchemas
from restpath.importers.found import Imported, LeftOut, Refer, Report, follow_nothing
from restpath.importers.naming import service_name
from restpath.importers.templates import in_the_way, written_as_template
from restpath.types import JsonObject

__all__ = ["DIRECTORY", "KIND", "convert", "fits"]

KIND = "discovery#restDescription"
DIRECTORY = "discovery#directoryList"

_Place = tuple[object, ...]
_OPEN = "open"


class _Found(NamedTuple):
    """A method of the document, and where it stands."""

    place: _Place
    words: JsonObject


class _Late(NamedTuple):
    """A method of ours: its name, and what makes its other words."""

    name: str | None
    make: Callable[[], JsonObject]

    def made(self) -> JsonObject:
        """Give its words."""
        words = {key: value for key, value in self.make().items() if key != "name"}
        return words if self.name is None else {"name": self.name, **words}


@dataclass
class _Resource:
    """A resource of ours: what it says beside its methods, these, and other texts for it."""

    words: JsonObject
    methods: dict[str, _Late] = field(default_factory=dict)
    also: set[str] = field(default_factory=set)

    def outline(self) -> Outline:
        """Give what is known of it without its methods' words."""
        names = tuple(method.name for method in self.methods.values())
        return Outline(tuple(self.methods), names, self.words.get("literal", False), tuple(sorted(self.also)))

    def made(self) -> JsonObject:
        """Give its words, those of its methods late."""
        methods = LazyMap(lambda method: self.methods[method].made(), self.methods)
        also = {"also": sorted(self.also)} if self.also else {}
        return {**self.words, "methods": methods, **also}


def fits(document: JsonObject) -> bool:
    """Tell whether this is a Discovery document."""
    return document.get("kind") == KIND


def convert(document: JsonObject, *, source: str = "", refer: Refer = follow_nothing) -> Imported:
    """
    Turn a Discovery document into the documents of a definition.

    Args:
        document: as it was read.
        source: where from, for messages.
        refer: not needed, for a Discovery document refers to nothing outside.
    Raises:
        DefinitionError: it is a directory of descriptions, or its parts are not what the format says.
    """

    def find_left_out() -> tuple[LeftOut, ...]:
        return _Reading(document.whole() if isinstance(document, Places) else document, source).left_out()

    return Imported(_Reading(document, source).documents(), find_left_out)


class _Reading:
    """One document on its way, with what is left out of it."""

    def __init__(self, document: JsonObject, source: str) -> None:
        _check_kind(document, source)
        self.document, self.source = document, source
        self.report = Report()
        self.names: set[str] = set()
        self.resources: dict[str, _Resource] = {}
        parameters, schemas = self._object(document, "parameters"), self._object(document, "schemas")
        self.auth = _credentials("oauth2" in self._object(document, "auth"), "key" in parameters)
        self.common = common_of(
            parameters, OwnSchemas(schemas, self.report), [name for name in self.auth["auth"] if name != _OPEN]
        )

    def documents(self) -> dict[str, JsonObject]:
        methods = list(self.methods())
        service, resources = self._service(methods), self._resources(methods)
        schemas = Schemas(self.common.schemas.one, lambda: self._all_schemas(resources), {"format": 1})
        return {"service": service, "resources": resources, "schemas": schemas}

    def _all_schemas(self, resources: Resources) -> JsonObject:
        resources.make_all()
        return self.common.schemas.shared()

    def left_out(self) -> tuple[LeftOut, ...]:
        """Give what is left out of the documents, of which all is made."""
        self.common.schemas.at_once = True
        self.documents()["resources"].make_all()  # type: ignore[attr-defined]
        return self.report.left_out

    def _object(self, holder: JsonObject, *place: object) -> JsonObject:
        """What stands under the last token: an object, or nothing."""
        value = holder.get(str(place[-1]))
        if value is not None and not isinstance(value, dict):
            raise DefinitionError("this is no object", file=self.source, pointer=pointer(place), expected="an object")
        return value or {}

    # ---- the methods, wherever they are nested ----

    def methods(self) -> Iterator[_Found]:
        """Give every method, in the document's order."""
        pile: list[tuple[_Place, JsonObject]] = [((), self.document)]
        while pile:
            place, holder = pile.pop()
            for name in self._object(holder, *place, "methods"):
                here = (*place, "methods", name)
                yield _Found(here, self._method(self._object(holder["methods"], *here), here))
            below = self._object(holder, *place, "resources")
            pile += [
                ((*place, "resources", name), self._object(below, *place, "resources", name))
                for name in reversed(list(below))
            ]

    def _method(self, words: JsonObject, place: _Place) -> JsonObject:
        for key, expected in (("path", "a path such as v1/{+name}"), ("httpMethod", "an HTTP method such as GET")):
            if not isinstance(words.get(key), str):
                problem = f"the method has no {key}"
                raise DefinitionError(problem, file=self.source, pointer=pointer(place), expected=expected)
        return words

    # ---- service ----

    def _service(self, methods: list[_Found]) -> JsonObject:
        document = self.document
        base_url = self._server(_base_url(document), "rootUrl" if _root_url(document) else "baseUrl")
        service: JsonObject = {
            "format": 1,
            "service": service_name(base_url, text_of(document, "name")),
            "title": " ".join(_texts(document, "title", "version")),
            "documentation": text_of(document, "description"),
            "source": ", revision ".join(_texts(document, "id", "revision")),
            "base_url": base_url,
            "servers": self._regions(),
            "operation_names": self._kind_of_names(methods),
            **self.auth,
        }
        self._leave_out_of_service()
        return {key: value for key, value in service.items() if value}

    def _server(self, url: str, key: str) -> str | None:
        """A URL of the document, if it can be the service's."""
        problem = "it says no server" if not url else data_url_problem(url)
        if problem is None and "{" in url:
            problem = f"{url!r} has variables"
        if problem is not None:
            self.report.add((key,), f"{problem}: give one as connect(..., url)")
        return url if problem is None else None

    def _regions(self) -> list[JsonObject]:
        """The servers by region."""
        listed = self.document.get("endpoints")
        path, found = text_of(self.document, "servicePath").strip("/"), []
        for index, said in enumerate(listed if isinstance(listed, list) else ()):
            words = said if isinstance(said, dict) else {}
            url = f"{text_of(words, 'endpointUrl').rstrip('/')}/{path}".rstrip("/")
            problem = data_url_problem(url) or (f"{url!r} has variables" if "{" in url else None)
            if problem is not None:
                self.report.add(("endpoints", index), f"a server by region, for {problem}")
                continue
            texts = {"title": text_of(words, "location"), "documentation": text_of(words, "description")}
            found.append({"url": url, **{key: text for key, text in texts.items() if text}})
        return found

    def _kind_of_names(self, methods: list[_Found]) -> str:
        name = in_the_way({text_of(found.words, "id") for found in methods} - {""})
        if name is not None:
            what = f"names as attributes, for {name} is an operation and holds others: client.call() takes the names"
            self.report.add((), what)
        return "dotted" if name is None else "plain"

    def _leave_out_of_service(self) -> None:
        scopes = self._object(self._object(self.document, "auth"), "oauth2").get("scopes")
        for place, there, what in (
            (("auth", "oauth2", "scopes"), scopes, "which scopes a method needs: get a token that has them"),
            (("batchPath",), self.document.get("batchPath"), "several calls in one request"),
        ):
            if there:
                self.report.add(place, what)

    # ---- resources ----

    def _resources(self, methods: list[_Found]) -> Resources:
        reserved: dict[str, set[str]] = {}
        for _, words in methods:
            reserved.setdefault(flat_path(words), set()).update(reserved_variables(words))
        for found in methods:
            flat = flat_path(found.words)
            self._add(found, with_reserved(flat, reserved[flat]))
        for found in methods:
            self._add_upload(found)
        outlines = {text: resource.outline() for text, resource in self.resources.items()}
        return Resources(lambda text: self.resources[text].made(), outlines, {"format": 1})

    def _add(self, found: _Found, path: str) -> None:
        place, words = found
        method = str(words["httpMethod"]).upper()
        text, resource_words = self._template(path, place)
        if text is None or method not in METHODS:
            self.report.add(place, f"the method: {method} {path} can be no operation")
            return
        if text in self.resources and method in self.resources[text].methods:
            other = self.resources[text].methods[method].name
            self.report.add(
                place, f"a URL of its own: it shares method and path with {other}, and has a template alone"
            )
            text = f"{text}#{pointer(place)}"
        resource = self.resources.setdefault(text, _Resource(resource_words))
        name = self._own_name(text_of(words, "id"), place)
        resource.methods[method] = _Late(name, lambda: method_words(self.common, words, place))
        also = written_as_template(str(words["path"]))
        if also.text not in (None, text) and not also.problem:
            resource.also.add(str(also.text))

    def _own_name(self, name: str, place: _Place) -> str | None:
        """The name of a method, unless another one has it."""
        if not name:
            return None
        if name not in self.names:
            self.names.add(name)
            return name
        self.report.add((*place, "id"), f"the name {name!r}, which another method has")
        return None

    def _template(self, path: str, place: _Place) -> tuple[str | None, JsonObject]:
        """The template of a path, None where none can be made of it; and what the resource says of it."""
        written = written_as_template(path)
        if written.problem:
            self.report.add(place, written.problem)
        return written.text, {"literal": True} if written.literal else {}

    # ---- uploads ----

    def _add_upload(self, found: _Found) -> None:
        """Add the resources that take the file of a method: alone, and with what describes it; others are left out."""
        place, words = found
        upload = self._object(words, *place, "mediaUpload")
        protocols = self._object(upload, *place, "mediaUpload", "protocols")
        for name, protocol in protocols.items():
            here = (*place, "mediaUpload", "protocols", name)
            if name != "simple" or not isinstance(protocol, dict) or not isinstance(protocol.get("path"), str):
                self.report.add(here, f"uploads of the kind {name}")
                continue
            kinds = ["media"]
            if protocol.get("multipart") is True and isinstance(words.get("request"), dict):
                kinds.append("multipart")
            for kind in kinds:
                self._add_one_upload(found, kind, protocol["path"], here)

    def _add_one_upload(self, found: _Found, kind: str, path: str, here: _Place) -> None:
        place, words = found
        text, resource_words = self._template(f"{path}?uploadType={kind}", here)
        method = str(words["httpMethod"]).upper()
        root = self._server(_root_url(self.document), "rootUrl")
        there = self.resources[text].methods if text in self.resources else {}
        if text is None or root is None or method not in METHODS or method in there:
            self.report.add(here, f"the upload of the kind {kind}: it can be no operation of its own")
            return
        resource = self.resources.setdefault(text, _Resource({**resource_words, "server": root}))
        name = text_of(words, "id")
        own = self._own_name(f"{name}_{kind}" if name else "", place)
        resource.methods[method] = _Late(own, lambda: self._upload_words(words, place, kind))

    def _upload_words(self, words: JsonObject, place: _Place, kind: str) -> JsonObject:
        without = ("response", "id") if kind == "multipart" else ("request", "response", "id")
        converted = method_words(self.common, {key: value for key, value in words.items() if key not in without}, place)
        converted.get("query", {}).pop("uploadType", None)
        accepted = self._object(words, *place, "mediaUpload").get("accept")
        media_type = media_type_of(accepted if isinstance(accepted, list) else [])
        body = {"media_type": media_type if kind == "media" else "multipart/related"}
        return {**converted, "body": {**converted.get("body", {}), **body}}


# ---- service -----------------------------------------------------------------------------------------------------


def _check_kind(document: JsonObject, source: str) -> None:
    kind = document.get("kind")
    if kind == DIRECTORY:
        raise DefinitionError(
            "this is a directory of descriptions: read the one that is meant, by its discoveryRestUrl",
            file=source, expected=KIND,
        )  # fmt: skip
    if kind != KIND:
        raise DefinitionError(f"its kind is {kind!r}", file=source, pointer="/kind", expected=KIND)


def _root_url(document: JsonObject) -> str:
    return text_of(document, "rootUrl").rstrip("/")


def _base_url(document: JsonObject) -> str:
    """`baseUrl` is the older word, and out of date where the two differ."""
    root = _root_url(document)
    whole = f"{root}/{text_of(document, 'servicePath').strip('/')}" if root else text_of(document, "baseUrl")
    return whole.rstrip("/")


def _credentials(has_tokens: bool, has_keys: bool) -> JsonObject:
    """Where tokens are got the document does not say, so one is given; or a key."""
    credentials: JsonObject = {}
    auth: JsonObject = {}
    if has_tokens:
        credentials["token"] = {"documentation": "An OAuth 2.0 access token."}
        auth["oauth2"] = {"bearer": "{token}"}
    if has_keys:
        credentials["api_key"] = {"documentation": "A key that says which project calls."}
        auth["key"] = {"query": {"key": "{api_key}"}}
    if auth:
        auth[_OPEN] = {"documentation": "A call without credentials: what is open to all."}
    return {"credentials": credentials, "auth": auth}


def _texts(holder: JsonObject, *keys: str) -> list[str]:
    return [text for text in (text_of(holder, key) for key in keys) if text]
