"""
Operations: from the paths of a description to the documents of a definition, whichever version of OpenAPI it is in.

Takes a `Dialect`, which knows where that version says what; gives `Imported`. Every operation is kept, under the
description's own template: what is wrong with one is reported, and the operation does without that part.
Source: OpenAPI 3.1.1 sections 4.8.8 to 4.8.10, 3.2 for QUERY; the extension x-ms-paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from restpath.importers.bodies import body_words
from restpath.importers.found import Imported, Refer, Report
from restpath.importers.naming import is_text, service_name, unique
from restpath.importers.pages import page_words
from restpath.importers.parameters import gather, read_parameters
from restpath.importers.references import References, Spot, is_reference
from restpath.importers.schemas import Schemas
from restpath.importers.security import Security
from restpath.importers.servers import Server, fixed_server
from restpath.importers.templates import written_as_template
from restpath.template import Template, parse_template
from restpath.types import JsonObject

__all__ = ["Dialect", "Parts", "read_operations"]

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "query"})


class Parts(NamedTuple):
    """What an operation is made of, in the words of OpenAPI 3; a spot whose value is None is not there."""

    parameters: dict[tuple[str, str], Spot]
    body: Spot
    answer: Spot


class Dialect(Protocol):
    """Where one version of OpenAPI says what."""

    name: str
    siblings: bool

    def server(self, document: Spot, source: str, report: Report) -> Server:
        """Give the server of the whole description."""
        ...

    def security_schemes(self, document: Spot) -> Spot:
        """Give the security schemes by name."""
        ...

    def parts(self, document: Spot, parameters: dict[tuple[str, str], Spot], operation: Spot, reader: Reader) -> Parts:
        """Give parameters, body and answer of an operation."""
        ...


def read_operations(document: JsonObject, dialect: Dialect, source: str, refer: Refer) -> Imported:
    """Turn a description into the documents of a definition."""
    return Reader(document, dialect, source, refer).imported()


class _Found(NamedTuple):
    """An operation, with the path item in which it stands."""

    method: str
    operation: Spot
    item: Spot


class _Place(NamedTuple):
    """A template with its operations."""

    template: Template
    literal: bool
    founds: list[_Found]


class Reader:
    """The reading of one description."""

    def __init__(self, document: JsonObject, dialect: Dialect, source: str, refer: Refer) -> None:
        self.dialect, self.source = dialect, source
        self.report = Report(source)
        self.references = References(document, source, refer, self.report)
        self.schemas = Schemas(self.references, self.report, siblings=dialect.siblings)
        self.document = Spot(document, source)
        self.server = dialect.server(self.document, source, self.report)
        general = self.document.at("security")
        self.security = Security(
            dialect.security_schemes(self.document), general, self.references, self.report,
            base_url=self.server.url, variables=self.server.variables,
        )  # fmt: skip
        self._names: dict[str, str] = {}
        self._general: list[str] | None = None
        self._told: dict[tuple[object, ...], str] = {}

    def imported(self) -> Imported:
        """Give the documents, and what was left out."""
        places = list(self._places())
        operations = [found.operation for place in places for found in place.founds]
        asked_for = any(isinstance(operation.at("security").value, list) for operation in operations)
        self._general = self.security.service_wide(asked_for=asked_for)
        resources: JsonObject = {"format": 1}
        for place in places:
            resources[place.template.text] = self._resource(place)
        self._mark_auth(resources)
        self._leave_events()
        return Imported({"service": self._service(), "resources": resources}, self.report.left_out)

    def _leave_events(self) -> None:
        webhooks = self.document.at("webhooks")
        if webhooks.value:
            self.report.add(webhooks.place, "calls that the service makes, for which a server is needed")

    # ---- the service ----

    def _service(self) -> JsonObject:
        info = self.document.at("info")
        title, about = info.text("title").strip(), info.text("description")
        version = info.at("version").value
        shown = f", version {version}" if isinstance(version, (str, int, float)) and version != "" else ""
        url = self.server.url
        words: JsonObject = {"format": 1, "service": service_name(self._filled_url(), title)}
        if title:
            words["title"] = title
        if about:
            words["documentation"] = about
        words["source"] = f"The {self.dialect.name} description{f' at {self.source}' if self.source else ''}{shown}"
        if url is not None:
            words["base_url"] = url
        if self.server.variables:
            words["variables"] = self.server.variables
        if self.security.credentials:
            words["credentials"] = self.security.credentials
        if self.security.auth:
            words["auth"] = self.security.auth
        return words

    def _filled_url(self) -> str | None:
        variables = self.server.variables
        return re.sub(r"\{(\w+)\}", lambda match: variables[match[1]]["default"], self.server.url or "") or None

    def _mark_auth(self, resources: JsonObject) -> None:
        """Write the general schemes where nothing is said, unless they are all there are, which the format assumes."""
        general = self._general
        if general is None or general == list(self.security.auth):
            return
        for words in resources.values():
            for said in words["methods"].values() if isinstance(words, dict) else ():
                said.setdefault("auth", general)

    # ---- paths ----

    def _places(self) -> Iterator[_Place]:
        """Give each template with its operations."""
        seen: set[str] = set()
        for word in ("paths", "x-ms-paths"):
            for path, item in self.document.at(word).items():
                founds = list(self._founds(item)) if not path.startswith("x-") else []
                if founds:
                    place = self._place(path, item, founds, seen)
                    if place is not None:
                        seen.add(place.template.text)
                        yield place

    def _place(self, path: str, item: Spot, founds: list[_Found], seen: set[str]) -> _Place | None:
        written = written_as_template(path)
        if written.text is None:
            self.report.add(item.place, f"no template can be made of this path: {written.problem}")
            return None
        if not path.startswith("/"):
            self.report.add(item.place, f"the path lacks its slash; it is {written.text!r} here")
        if written.literal:
            self.report.add(item.place, f"{written.problem}: its braces are plain text")
        if written.text in seen:
            self.report.add(item.place, f"{written.text!r} is there already, and that one is kept")
            return None
        return self._told_apart(
            _Place(parse_template(written.text, literal=written.literal), written.literal, founds), seen
        )

    def _told_apart(self, place: _Place, seen: set[str]) -> _Place:
        """Give a template whose operations nothing tells from others a fragment that does, and is not sent."""
        template, text = place.template, place.template.text
        pieces = tuple(segment.pieces if segment.literal is None else segment.literal for segment in template.segments)
        twin = None
        for found in place.founds:
            twin = self._told.setdefault((found.method, pieces, template.suffix), text)
            if twin != text:
                break
        if twin is None or twin == text:
            return place
        own = unique(f"{text}#2", seen)
        item = place.founds[0].item
        what = f"nothing tells this from {twin!r}: it is {own!r} here, whose fragment is not sent"
        self.report.add(item.place, what, item.base)
        return place._replace(template=parse_template(own, literal=place.literal))

    def _founds(self, item: Spot) -> Iterator[_Found]:
        """Give the operations of a path, by whatever references they are reached."""
        whole = self.references.follow(item)
        if whole is None or not isinstance(whole.value, dict):
            return
        seen: set[str] = set()
        for holder in (item, whole) if whole is not item else (item,):
            for word, spot in [*holder.items(), *holder.at("additionalOperations").items()]:
                method = word.lower()
                if method not in _METHODS or method in seen or not isinstance(spot.value, dict):
                    if spot.place[-2:-1] == ("additionalOperations",):
                        self.report.add(spot.place, f"the method {word} is not known here", spot.base)
                    continue
                seen.add(method)
                yield _Found(method.upper(), self._operation(spot), whole)

    def _operation(self, spot: Spot) -> Spot:
        if not is_reference(spot.value):
            return spot
        found = self.references.follow(spot)
        return found if found is not None and isinstance(found.value, dict) else Spot({}, spot.base, spot.place)

    # ---- one resource ----

    def _resource(self, place: _Place) -> JsonObject:
        item, founds = place.founds[0].item, place.founds
        words: JsonObject = {}
        if is_text(item.text("summary")):
            words["title"] = item.text("summary")
        tags = (tag.value for found in founds for tag in found.operation.at("tags").elements() if is_text(tag.value))
        tag = next(tags, None)
        if tag is not None:
            words["category"] = tag
        if is_text(item.text("description")):
            words["documentation"] = item.text("description")
        if place.literal:
            words["literal"] = True
        server = self._own_server(item)
        if server is not None:
            words["server"] = server
        words["methods"] = {found.method: self._method(place.template, found) for found in founds}
        return words

    def _own_server(self, spot: Spot) -> str | None:
        servers = spot.at("servers")
        if not servers.value or servers.value == self.document.at("servers").value:
            return None
        server = fixed_server(servers, self.source, self.report)
        return server if server != self._filled_url() else None

    # ---- one operation ----

    def _method(self, template: Template, found: _Found) -> JsonObject:
        """Say in words what an operation is. It needs nothing but the document, the path item and the operation."""
        operation, item = found.operation, found.item
        words = self._heading(operation, f"{found.method} {template.text}")
        server = self._own_server(operation)
        if server is not None:
            words["server"] = server
        both = gather(self.references, item.at("parameters"), operation.at("parameters"))
        parts = self.dialect.parts(self.document, both, operation, self)
        parameters = read_parameters(parts.parameters.items(), self.references, self.schemas, self.report)
        own = {pair.name for pair in template.query}
        query = {name: said for name, said in parameters.query.items() if name not in own}
        if query:
            words["query"] = query
        if parameters.headers:
            words["headers"] = parameters.headers
        if parameters.elsewhere:
            words["parameters"] = parameters.elsewhere
        for name, spot in parameters.path.items():
            if name not in template.variables and name not in template.query_variables:
                self.report.add(spot.place, f"the path has no variable {name!r}", spot.base)
        body = self.references.follow(parts.body) if parts.body.value is not None else None
        if body is not None and isinstance(body.value, dict):
            words.update(body_words(body, self.references, self.schemas, self.report, query))
        if isinstance(operation.at("security").value, list):
            words["auth"] = self.security.names(operation.at("security"))
        pages = page_words(query, operation, parts.answer, self.references) if found.method == "GET" else None
        if pages is not None:
            words["pages"] = pages
        if operation.at("callbacks").value:
            self.report.add((*operation.place, "callbacks"), "calls that the service makes", operation.base)
        return words

    def _heading(self, operation: Spot, what: str) -> JsonObject:
        words: JsonObject = {}
        name = operation.at("operationId").value
        if isinstance(name, (str, int)) and not isinstance(name, bool) and str(name):
            other = self._names.setdefault(str(name), what)
            if other == what:
                words["name"] = str(name)
            else:
                place = (*operation.place, "operationId")
                self.report.add(place, f"{name!r} is the name of {other} already", operation.base)
        for word, own in (("summary", "title"), ("description", "documentation")):
            if is_text(operation.text(word)):
                words[own] = operation.text(word)
        if operation.at("deprecated").value is True:
            words["deprecated"] = True
        return words
