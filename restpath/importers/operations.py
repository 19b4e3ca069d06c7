"""
Operations: from the paths of a description to the documents of a definition, whichever version of OpenAPI it is in.

Takes a `Dialect`, which knows where that version says what; gives `Imported`. Every operation is kept, under the
description's own template: what is wrong with one is reported, and the operation does without that part.
Source: OpenAPI 3.1.1 sections 4.8.8 to 4.8.10, 3.2 for QUERY; the extension x-ms-paths.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from restpath.definition.lazy import LazyMap, Outline, Resources, Schemas
from restpath.definition.places import Places
from restpath.importers.bodies import body_words
from restpath.importers.found import Imported, LeftOut, Refer, Report
from restpath.importers.glances import METHODS, Glance, Told, is_list, look, name_in
from restpath.importers.naming import is_text, service_name, unique
from restpath.importers.pages import page_words
from restpath.importers.parameters import gather, read_parameters
from restpath.importers.references import References, Spot, is_reference
from restpath.importers.schemas import Schemas as OwnSchemas
from restpath.importers.security import Security
from restpath.importers.servers import Server, fixed_server
from restpath.importers.templates import written_as_template
from restpath.template import Template, parse_template
from restpath.types import JsonObject

__all__ = ["Dialect", "Parts", "read_operations"]


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
    """
    Turn a description into the documents of a definition.

    Of each operation no more is looked at than has to be known of all; the rest is read when the resource is first
    asked for. What is left out is found by reading all of it, when that is asked for.
    """

    def find_left_out() -> tuple[LeftOut, ...]:
        whole = document.whole() if isinstance(document, Places) else document
        return Reader(whole, dialect, source, refer).left_out()

    return Imported(Reader(document, dialect, source, refer).documents(), find_left_out)


# Source: OpenAPI 3.2.0 section 4.9.1, but for the methods.
_OF_ITEMS = frozenset({"$ref", "summary", "description", "servers", "parameters", "additionalOperations"})


class _Found(NamedTuple):
    """An operation, with the path item in which it stands."""

    method: str
    operation: Spot
    item: Spot


class Reader:
    """The reading of one description."""

    def __init__(self, document: JsonObject, dialect: Dialect, source: str, refer: Refer) -> None:
        self.dialect, self.source = dialect, source
        self.report = Report(source)
        self.references = References(document, source, refer, self.report)
        self.document = Spot(document, source)
        self.schemas = OwnSchemas(self.references, self.report, self.document, siblings=dialect.siblings)
        self.server = dialect.server(self.document, source, self.report)
        general = self.document.at("security")
        self.security = Security(
            dialect.security_schemes(self.document), general, self.references, self.report,
            base_url=self.server.url, variables=self.server.variables,
        )  # fmt: skip
        self._general: list[str] | None = None
        self._outlines: dict[str, Outline] = {}
        self._items: dict[str, tuple[str, str]] = {}  # where the path items are whose templates are not their keys
        self._first: dict[str, tuple[str, str]] = {}  # the operation that has a name

    def documents(self) -> dict[str, JsonObject]:
        """Give the documents."""
        requirements = self._outline()
        self._general = self.security.service_wide(asked_for=bool(requirements))
        for spot in requirements:
            self.security.names(spot, tells=False)  # it is told where the operation is read
        resources = Resources(self._resource, self._outlines, {"format": 1})
        return {
            "service": self._service(),
            "resources": resources,
            "schemas": Schemas(self.schemas.one, lambda: self._all_schemas(resources), {"format": 1}),
        }

    def _all_schemas(self, resources: Resources) -> JsonObject:
        resources.make_all()
        return self.schemas.shared()

    def left_out(self) -> tuple[LeftOut, ...]:
        """Give what is left out of the documents, of which all is made."""
        self.schemas.at_once = True
        self.documents()["resources"].make_all()  # type: ignore[attr-defined]
        self._leave_odd()
        self._leave_events()
        return self.report.left_out

    def _leave_odd(self) -> None:
        """Tell of all in the paths that is no operation and nothing else that a path item may have."""
        for word in ("paths", "x-ms-paths"):
            items = self.document.at(word)
            if items.value is not None and not isinstance(items.value, dict):
                self.report.add(items.place, "this is no object of paths", items.base)
            for path, item in items.items():
                if not path.startswith("x-"):
                    self._leave_odd_in(item)

    def _leave_odd_in(self, item: Spot) -> None:
        whole = self.references.follow(item)
        seen: set[str] = set()
        for holder in (item, whole) if whole is not None and whole is not item else (item,):
            if not isinstance(holder.value, dict):
                self.report.add(holder.place, "this is no path item: it is no object", holder.base)
            others = holder.at("additionalOperations")
            if others.value is not None and not isinstance(others.value, dict):
                self.report.add(others.place, "this is no object of operations", others.base)
            for word, spot in holder.items():
                if word.lower() in METHODS and word.lower() in seen:
                    self.report.add(spot.place, f"another {word.upper()} of this path is kept", spot.base)
                elif word.lower() in METHODS:
                    self._leave_odd_operation(spot)
                    if isinstance(spot.value, dict):
                        seen.add(word.lower())
                elif word not in _OF_ITEMS and not word.startswith("x-"):
                    self.report.add(spot.place, f"the method {word} is not known here", spot.base)

    def _leave_odd_operation(self, spot: Spot) -> None:
        found = self.references.follow(spot) if is_reference(spot.value) else spot
        if found is not None and not isinstance(found.value, dict):
            self.report.add(found.place, "this is no operation: it is no object", found.base)

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
        if self.server.others:
            words["servers"] = list(self.server.others)
        if self.security.credentials:
            words["credentials"] = self.security.credentials
        if self.security.auth:
            words["auth"] = self.security.auth
        return words

    def _filled_url(self) -> str | None:
        said = {name: words.get("default", name) for name, words in self.server.variables.items()}
        return re.sub(r"\{(\w+)\}", lambda match: str(said[match[1]]), self.server.url or "") or None

    # ---- paths ----

    def _outline(self) -> list[Spot]:
        """Look at all operations as far as that is needed; give what they ask for as security, each once."""
        looked: list[tuple[str, str, Glance]] = []
        for word in ("paths", "x-ms-paths"):
            items = self.document.at(word)
            names = items.value if isinstance(items.value, dict) else ()
            looked += [(word, path, self._glance(items, path)) for path in names if not path.startswith("x-")]
        told = Told(path for _, path, _ in looked)
        requirements: dict[str, Spot] = {}
        for word, path, glance in looked:
            text = self._template(word, path, glance, told) if glance.methods else None
            if text is not None:
                for spot in glance.security:
                    requirements.setdefault(json.dumps(spot.value), spot)
        return list(requirements.values())

    def _glance(self, items: Spot, path: str) -> Glance:
        """A first look at a path item: the one that was taken while it was read, where that was enough."""
        looks = items.value.looks if isinstance(items.value, Places) else None
        glance: Glance | None = looks[path] if looks is not None else look(items.value[path])
        if glance is None:
            founds = list(self._founds(items.at(path)))
            return Glance(
                tuple(found.method for found in founds),
                tuple(name_in(found.operation.value) for found in founds),
                tuple(found.operation.at("security") for found in founds if is_list(found.operation, "security")),
            )
        return glance

    def _template(self, word: str, path: str, glance: Glance, told: Told) -> str | None:
        """Find the template of a path, and note its outline; None, reported, where it has none."""
        place = (word, path)
        written = written_as_template(path)
        if written.text is None:
            self.report.add(place, f"no template can be made of this path: {written.problem}", self.source)
            return None
        if not path.startswith("/"):
            self.report.add(place, f"the path lacks its slash; it is {written.text!r} here", self.source)
        if written.literal:
            self.report.add(place, f"{written.problem}: its braces are plain text", self.source)
        if written.text in self._outlines:
            self.report.add(place, f"{written.text!r} is there already, and that one is kept", self.source)
            return None
        text = written.text
        twin = told.twin(written, glance.methods)
        if twin is not None:
            text = unique(f"{text}#2", self._outlines)
            what = f"nothing tells this from {twin!r}: it is {text!r} here, whose fragment is not sent"
            self.report.add(place, what, self.source)
        names = tuple(self._own_name(name, method, text) for method, name in zip(*glance[:2], strict=True))
        has_names = any(name is not None for name in names)
        self._outlines[text] = Outline(glance.methods, names if has_names else (), written.literal)
        if place != ("paths", text):
            self._items[text] = place
        return text

    def _own_name(self, name: str | None, method: str, text: str) -> str | None:
        """The name of an operation, unless another one has it."""
        return name if name is None or self._first.setdefault(name, (method, text)) == (method, text) else None

    def _founds(self, item: Spot) -> Iterator[_Found]:
        """Give the operations of a path, by whatever references they are reached."""
        whole = self.references.follow(item)
        if whole is None or not isinstance(whole.value, dict):
            return
        seen: set[str] = set()
        for holder in (item, whole) if whole is not item else (item,):
            for word, spot in [*holder.items(), *holder.at("additionalOperations").items()]:
                method = word.lower()
                if method not in METHODS or method in seen or not isinstance(spot.value, dict):
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

    def _resource(self, text: str) -> JsonObject:
        """Say in words what a resource is, and of its methods, what each is when that is asked for."""
        founds = list(self._founds(self.document.at(*self._items.get(text, ("paths", text)))))
        item = founds[0].item
        words: JsonObject = {}
        if is_text(item.text("summary")):
            words["title"] = item.text("summary")
        tags = (tag.value for found in founds for tag in found.operation.at("tags").elements() if is_text(tag.value))
        tag = next(tags, None)
        if tag is not None:
            words["category"] = tag
        if is_text(item.text("description")):
            words["documentation"] = item.text("description")
        literal = self._outlines[text].literal
        if literal:
            words["literal"] = True
        server = self._own_server(item)
        if server is not None:
            words["server"] = server
        template, by_method = parse_template(text, literal=literal), {found.method: found for found in founds}
        words["methods"] = LazyMap(lambda method: self._method(template, by_method[method]), by_method)
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
        words = self._heading(operation, found.method, template.text)
        server = self._own_server(operation)
        if server is not None:
            words["server"] = server
        both = gather(self.references, self.report, item.at("parameters"), operation.at("parameters"))
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
        elif self._general is not None and self._general != list(self.security.auth):
            words["auth"] = self._general  # all that there are is what the format assumes
        pages = page_words(query, operation, parts.answer, self.references) if found.method == "GET" else None
        if pages is not None:
            words["pages"] = pages
        if operation.at("callbacks").value:
            self.report.add((*operation.place, "callbacks"), "calls that the service makes", operation.base)
        return words

    def _heading(self, operation: Spot, method: str, text: str) -> JsonObject:
        words: JsonObject = {}
        name = name_in(operation.value)
        if name is not None:
            first = self._first.get(name)  # None where the first look read a number otherwise: NaN, -0
            if first == (method, text):
                words["name"] = name
            elif first is not None:
                place = (*operation.place, "operationId")
                self.report.add(place, f"{name!r} is the name of {' '.join(first)} already", operation.base)
        for word, own in (("summary", "title"), ("description", "documentation")):
            if is_text(operation.text(word)):
                words[own] = operation.text(word)
        if operation.at("deprecated").value is True:
            words["deprecated"] = True
        return words
