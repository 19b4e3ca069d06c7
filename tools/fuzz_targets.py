"""
What is fuzzed: functions from bytes to nothing, out of which only restpath's own errors may come.

Each takes any bytes. Where a grammar stands between the bytes and the code under test, a `Maker` turns them into
documents, templates or values made of that grammar's own words, so that a fuzzer that follows coverage gets past the
first check. What is wrong shows as any other exception, as an AssertionError of a property, or as time or memory.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import restpath
from restpath import DefinitionError, RestpathError
from restpath.cli.items import parse_item, write_item
from restpath.edge.descriptions import decode, parse_text
from restpath.edge.source import check_source
from restpath.links import find_link, link_target
from restpath.template import TemplateError, parse_template

__all__ = ["TARGETS", "run_target"]

TARGETS: dict[str, Callable[[bytes], object]] = {}


def target(work: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """Enter a function into the table."""
    TARGETS[work.__name__] = work
    return work


def run_target(name: str, data: bytes) -> None:
    """Run one target on one input. Errors of restpath's own are what may come; whatever else comes is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(RestpathError):
            TARGETS[name](data)


class Maker:
    """Makes values of bytes, as long as there are any."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, below: int) -> int:
        """A number from 0 to below that, which the next byte chooses."""
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1] * below >> 8

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def text(self) -> str:
        """A piece of the data as text."""
        size = self.number(24)
        piece, self._at = self._data[self._at : self._at + size], self._at + size
        return piece.decode("utf-8", "surrogateescape" if size == 13 else "replace")

    def rest(self) -> bytes:
        """All that is left."""
        piece, self._at = self._data[self._at :], len(self._data)
        return piece

    def word(self, words: list[str]) -> str:
        """One of the words; now and then any text."""
        return self.text() if self.number(8) == 7 else words[(self.number(256) << 8 | self.number(256)) % len(words)]

    def value(self, words: list[str], depth: int = 0) -> Any:
        """A JSON value, whose keys and texts are mostly of the words."""
        kind = self.number(10 if depth < 7 and not self.is_empty else 5)
        if kind >= 7:
            return {self.word(words): self.value(words, depth + 1) for _ in range(self.number(5))}
        if kind == 6:
            return [self.value(words, depth + 1) for _ in range(self.number(4))]
        plain = (self.word(words), True, self.number(256) - 3, None, self.number(256) / 7, self.text())
        return plain[kind]


@cache
def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(
        (files("restpath.resources") / "schema" / f"{kind}.schema.json").read_text("utf-8")
    )
    return schema


# What fits the patterns of the format.
_TEXTS = [
    "/a", "/a/{b}", "/a/{+c}", "/{b}:x", "/a/b", "/", "/next", "{b}", "a", "b", "token", "GET", "GET POST", "/token",
    "application/json", "https://h.example/{v}", "X-Total", "a.b", "me", ":me", "Bearer {token}", "1",
]  # fmt: skip


class Follower:
    """Makes documents that mostly keep to a JSON Schema, and now and then do not."""

    def __init__(self, schema: dict[str, Any], maker: Maker, texts: list[str] = _TEXTS) -> None:
        self._root, self._maker, self._texts = schema, maker, texts

    def document(self) -> Any:
        """A document of this kind."""
        return self._made(self._root, 0)

    def _made(self, schema: Any, depth: int) -> Any:
        maker = self._maker
        if not isinstance(schema, dict) or maker.number(40) == 39 or depth > 14:
            return maker.value(self._texts, 5)
        if "$ref" in schema and schema["$ref"].startswith("#/$defs/"):
            return self._made(self._root["$defs"][schema["$ref"][8:]], depth + 1)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._made(schema[word][maker.number(len(schema[word]))], depth + 1)
        if "enum" in schema or "const" in schema:
            choices = schema.get("enum", [schema.get("const")])
            return choices[maker.number(len(choices))]
        return self._of_kind(schema, depth)

    def _of_kind(self, schema: dict[str, Any], depth: int) -> Any:
        maker, kind = self._maker, schema.get("type")
        if isinstance(kind, list):
            kind = kind[maker.number(len(kind))]
        if kind == "object" or "properties" in schema:
            return dict(self._members(schema, depth))
        if kind == "array":
            return [self._made(schema.get("items"), depth + 1) for _ in range(maker.number(4))]
        if kind in ("integer", "number"):
            return maker.number(256) - 2
        if kind == "boolean":
            return bool(maker.number(2))
        if kind == "string":
            return self._text(schema.get("pattern"))
        return maker.value(self._texts, 5)

    def _members(self, schema: dict[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            yield name, self._made(properties.get(name), depth + 1)
        names = list(properties)
        for _ in range(self._maker.number(5) if names else 0):
            name = names[self._maker.number(len(names))]
            yield name, self._made(properties[name], depth + 1)
        more = schema.get("additionalProperties")
        for pattern, below in [*schema.get("patternProperties", {}).items(), *([("", more)] if more else [])]:
            often = 4 if pattern != "^x-" or self._maker.number(16) == 15 else 1
            for _ in range(self._maker.number(often)):
                yield self._text(pattern), self._made(below, depth + 1)

    def _text(self, pattern: str | None) -> str:
        fitting = [text for text in self._texts if pattern is None or re.search(pattern, text)]
        return self._maker.word(fitting or [f"x-{self._maker.number(9)}"])


_OPENAPI_WORDS = """openapi 3.0.3 3.1.0 3.2.0 swagger 2.0 info title version paths /a /a/{b} /{b}.json /c:d get put post
    delete query head options patch trace additionalOperations parameters name in path header cookie formData body
    required schema type string integer number boolean array object null items properties allOf anyOf oneOf not enum
    const default $ref #/components/schemas/A #/definitions/A #/components/parameters/P #/paths/~1a/get A B P components
    definitions schemas responses requestBodies securitySchemes requestBody content application/json
    multipart/form-data application/x-www-form-urlencoded style form spaceDelimited deepObject explode
    allowReserved collectionFormat csv multi servers url variables https://h.example/{v} host basePath schemes https
    security securityDefinitions apiKey http bearer basic oauth2 openIdConnect flows clientCredentials tokenUrl scopes
    operationId tags summary description deprecated x-ms-paths $defs $id $anchor $dynamicRef pattern format minimum
    maxLength additionalProperties nullable readOnly example examples encoding contentType consumes produces webhooks
    callbacks links cursor next limit offset page 200 default"""
_DISCOVERY_WORDS = """kind discovery#restDescription discoveryVersion v1 rootUrl https://h.example/ servicePath v1/
    resources methods schemas a b id path flatPath httpMethod GET POST DELETE parameters location query path required
    repeated pattern ^projects/[^/]+$ type string integer array object $ref A request response parameterOrder
    description mediaUpload protocols simple resumable multipart accept maxSize v1/{+name} v1/projects/{projectsId} auth
    oauth2 scopes baseUrl enum enumDescriptions annotations default minimum format items properties additionalProperties
    nextPageToken pageToken name version title"""
_OPENAPI, _DISCOVERY = _OPENAPI_WORDS.split(), _DISCOVERY_WORDS.split()


# ---- data files and descriptions ---------------------------------------------------------------------------------


def _look_around(definition: restpath.Definition) -> None:
    """Do with a definition what costs no request: every operation by its template, and what can be said of it."""
    with restpath.connect(definition, "http://127.0.0.1:9", store=None) as client:
        dir(client), repr(client), restpath.describe(client)
        for operation in list(definition.operations)[:20]:
            with suppress(RestpathError):
                path = restpath.expand(client, operation.template, _any_values(operation.template))
                restpath.describe(path)
                made = getattr(path, operation.method.lower()).prepare()
                assert made.url.startswith("http://127.0.0.1:9"), made.url
                restpath.parse_all(client, made.url.partition("?")[0])


def _any_values(template: str) -> dict[str, object]:
    try:
        return dict.fromkeys(parse_template(template).variables, "v")
    except TemplateError:  # its braces are plain text
        return {}


def _check_and_look(definition: restpath.Definition) -> None:
    """What is read of a description passes the check of our own data files."""
    try:
        check_source(definition)
    except DefinitionError as error:
        raise AssertionError(f"what was read does not pass the check: {error}") from error
    _look_around(definition)


@target
def data_files(data: bytes) -> None:
    """Documents that follow the format's own schemas, and now and then do not."""
    maker = Maker(data)
    documents = {kind: Follower(_schema(kind), maker).document() for kind in ("service", "resources")}
    if maker.number(2):
        documents["defaults"] = Follower(_schema("defaults"), maker).document()
    for document in documents.values():
        if isinstance(document, dict):
            document["format"] = 1
    if isinstance(documents["service"], dict):
        documents["service"]["base_url"] = "http://127.0.0.1"
    _look_around(restpath.read(documents))


@contextmanager
def _file(name: str, content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        yield path


@target
def json_files(data: bytes) -> None:
    """A folder whose file is any bytes."""
    with _file("resources.json", data) as path:
        _look_around(restpath.read(path.parent))


@target
def yaml_files(data: bytes) -> None:
    """A folder whose file is any bytes, read as YAML."""
    with _file("resources.yaml", data) as path:
        _look_around(restpath.read(path.parent))


# How descriptions are built, in outline: what a Follower makes of these is read, and means something.
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": ["object", "array", "string", "integer", ["string", "null"], "null", "file"]},
        "properties": {"type": "object", "patternProperties": {"^[a-z]+$": {"$ref": "#/$defs/schema"}}},
        "items": {"$ref": "#/$defs/schema"},
        "allOf": {"type": "array", "items": {"$ref": "#/$defs/schema"}},
        "oneOf": {"type": "array", "items": {"$ref": "#/$defs/schema"}},
        "additionalProperties": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/schema"}]},
        "$ref": {"type": "string", "pattern": "^#|^A$"},
        "enum": {"type": "array"},
        "pattern": {"type": "string"},
        "nullable": {"type": "boolean"},
        "required": {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}]},
        "exclusiveMinimum": {"anyOf": [{"type": "boolean"}, {"type": "integer"}]},
        "$defs": {"type": "object", "patternProperties": {"^[a-z]+$": {"$ref": "#/$defs/schema"}}},
        "location": {"enum": ["query", "path"]},
        "repeated": {"type": "boolean"},
    },
}
_OPENAPI_SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["paths"],
    "properties": {
        "paths": {"type": "object", "patternProperties": {"^/": {"$ref": "#/$defs/item"}}},
        "x-ms-paths": {"type": "object", "patternProperties": {"^/": {"$ref": "#/$defs/item"}}},
        "servers": {"$ref": "#/$defs/servers"},
        "security": {"$ref": "#/$defs/security"},
        "host": {"type": "string"},
        "basePath": {"type": "string", "pattern": "^/"},
        "info": {"type": "object", "properties": {"title": {"type": "string"}, "version": {"type": "string"}}},
        "components": {
            "type": "object",
            "properties": {
                "schemas": {"type": "object", "patternProperties": {"^[A-Z]$": {"$ref": "#/$defs/schema"}}},
                "parameters": {"type": "object", "patternProperties": {"^[A-Z]$": {"$ref": "#/$defs/parameter"}}},
                "securitySchemes": {"type": "object", "patternProperties": {"^[a-zA-Z]$": {"$ref": "#/$defs/scheme"}}},
                "requestBodies": {"type": "object", "patternProperties": {"^[A-Z]$": {"$ref": "#/$defs/body"}}},
            },
        },
        "definitions": {"type": "object", "patternProperties": {"^[A-Z]$": {"$ref": "#/$defs/schema"}}},
        "securityDefinitions": {"type": "object", "patternProperties": {"^[a-zA-Z]$": {"$ref": "#/$defs/scheme"}}},
    },
    "$defs": {
        "schema": _SCHEMA,
        "servers": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": {"type": "string", "pattern": "^(https?:|/)"},
                    "variables": {
                        "type": "object",
                        "patternProperties": {"^v$": {"type": "object", "properties": {"default": {"type": "string"}}}},
                    },
                },
            },
        },
        "security": {
            "type": "array",
            "items": {"type": "object", "patternProperties": {"^[a-zA-Z]$": {"type": "array"}}},
        },
        "scheme": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"enum": ["apiKey", "http", "oauth2", "basic", "openIdConnect", "mutualTLS"]},
                "in": {"enum": ["header", "query", "cookie"]},
                "name": {"type": "string"},
                "scheme": {"enum": ["bearer", "basic", "digest", "Bearer"]},
                "flow": {"enum": ["application", "accessCode", "implicit", "password"]},
                "tokenUrl": {"type": "string", "pattern": "^(https?:|/)"},
                "flows": {
                    "type": "object",
                    "properties": {
                        "clientCredentials": {"type": "object", "properties": {"tokenUrl": {"type": "string"}}},
                        "authorizationCode": {
                            "type": "object",
                            "properties": {"tokenUrl": {"type": "string"}, "authorizationUrl": {"type": "string"}},
                        },
                    },
                },
            },
        },
        "parameter": {
            "type": "object",
            "required": ["name", "in"],
            "properties": {
                "name": {"type": "string"},
                "in": {"enum": ["path", "query", "header", "cookie", "formData", "body"]},
                "required": {"type": "boolean"},
                "schema": {"$ref": "#/$defs/schema"},
                "style": {
                    "enum": ["form", "simple", "spaceDelimited", "pipeDelimited", "deepObject", "matrix", "label"]
                },
                "explode": {"type": "boolean"},
                "collectionFormat": {"enum": ["csv", "multi", "ssv", "pipes", "tsv"]},
                "content": {"$ref": "#/$defs/content"},
                "$ref": {"type": "string", "pattern": "^#"},
                "type": {"enum": ["string", "integer", "array", "file"]},
            },
        },
        "content": {
            "type": "object",
            "patternProperties": {
                "^[a-z]+/": {
                    "type": "object",
                    "properties": {
                        "schema": {"$ref": "#/$defs/schema"},
                        "encoding": {"type": "object", "patternProperties": {"^[a-z]$": {"type": "object"}}},
                    },
                }
            },
        },
        "body": {
            "type": "object",
            "properties": {"content": {"$ref": "#/$defs/content"}, "$ref": {"type": "string", "pattern": "^#"}},
        },
        "item": {
            "type": "object",
            "properties": {
                "$ref": {"type": "string", "pattern": "^#"},
                "parameters": {"type": "array", "items": {"$ref": "#/$defs/parameter"}},
                "servers": {"$ref": "#/$defs/servers"},
                **{word: {"$ref": "#/$defs/operation"} for word in ("get", "post", "put", "delete", "query")},
            },
        },
        "operation": {
            "type": "object",
            "properties": {
                "operationId": {"type": "string"},
                "parameters": {"type": "array", "items": {"$ref": "#/$defs/parameter"}},
                "requestBody": {"$ref": "#/$defs/body"},
                "responses": {
                    "type": "object",
                    "patternProperties": {
                        "^200$": {"type": "object", "properties": {"content": {"$ref": "#/$defs/content"}}}
                    },
                },
                "security": {"$ref": "#/$defs/security"},
                "servers": {"$ref": "#/$defs/servers"},
                "consumes": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+/"}},
                "tags": {"type": "array", "items": {"type": "string"}},
                "deprecated": {"type": "boolean"},
                "summary": {"type": "string"},
            },
        },
    },
}
_DISCOVERY_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "schemas": {"type": "object", "patternProperties": {"^[A-Z]$": {"$ref": "#/$defs/schema"}}},
        "methods": {"$ref": "#/$defs/methods"},
        "resources": {"$ref": "#/$defs/resources"},
        "parameters": {"type": "object", "patternProperties": {"^[a-z]+$": {"$ref": "#/$defs/schema"}}},
        "auth": {"type": "object"},
        "title": {"type": "string"},
        "baseUrl": {"type": "string"},
    },
    "$defs": {
        "schema": _SCHEMA,
        "methods": {"type": "object", "patternProperties": {"^[a-z]+$": {"$ref": "#/$defs/method"}}},
        "resources": {
            "type": "object",
            "patternProperties": {
                "^[a-z]+$": {
                    "type": "object",
                    "properties": {
                        "methods": {"$ref": "#/$defs/methods"},
                        "resources": {"$ref": "#/$defs/resources"},
                    },
                }
            },
        },
        "method": {
            "type": "object",
            "required": ["path", "httpMethod"],
            "properties": {
                "id": {"type": "string"},
                "path": {"type": "string"},
                "flatPath": {"type": "string"},
                "httpMethod": {"enum": ["GET", "POST", "DELETE", "PATCH", "FETCH"]},
                "parameters": {"type": "object", "patternProperties": {"^[a-z]+$": {"$ref": "#/$defs/schema"}}},
                "request": {"type": "object", "properties": {"$ref": {"type": "string", "pattern": "^[A-Z]$"}}},
                "response": {"type": "object", "properties": {"$ref": {"type": "string", "pattern": "^[A-Z]$"}}},
                "scopes": {"type": "array", "items": {"type": "string"}},
                "mediaUpload": {"type": "object"},
            },
        },
    },
}


@target
def openapi(data: bytes) -> None:
    """A description that is built as OpenAPI says, and now and then is not."""
    maker = Maker(data)
    version = ("3.0.3", "3.1.0", "3.2.0", "2.0")[maker.number(4)]
    document = Follower(_OPENAPI_SHAPE, maker, _OPENAPI).document()
    document = document if isinstance(document, dict) else {}
    _check_and_look(restpath.read({**document, "swagger" if version == "2.0" else "openapi": version}))


@target
def discovery(data: bytes) -> None:
    """A description that is built as Google's discovery documents are, and now and then is not."""
    document = Follower(_DISCOVERY_SHAPE, Maker(data), _DISCOVERY).document()
    fixed = {"kind": "discovery#restDescription", "discoveryVersion": "v1", "rootUrl": "https://h.example/"}
    _check_and_look(restpath.read({**(document if isinstance(document, dict) else {}), **fixed}))


@target
def description_texts(data: bytes) -> None:
    """A description that is any bytes: JSON or YAML."""
    _look_around(restpath.read(parse_text(decode(data, "description"), "description")))


# ---- paths -------------------------------------------------------------------------------------------------------


@target
def templates(data: bytes) -> None:
    """A template of any text is refused, or gives a path that can be written and read back."""
    maker = Maker(data)
    pieces = ["/", "{", "}", "{a}", "{+b}", "{c}", "a", "b", ":", ".", "?", "#", "=", "&", "//", "...", "%2F", "ä"]
    text = "/" + "".join(maker.word(pieces) for _ in range(1 + maker.number(9)))
    definition = restpath.read({"service": {"format": 1}, "resources": {"format": 1, text: "GET"}})
    template = parse_template(text)
    with restpath.connect(definition, "http://127.0.0.1:9", store=None) as client:
        path = restpath.expand(client, text, {name: maker.text() for name in template.variables})
        url = restpath.url(path)
        assert "/../" not in url
        assert not url.endswith(("/..", "/.")), url
        if not template.query_variables and not template.suffix:
            assert restpath.url(restpath.parse(client, url)) == url


@target
def values(data: bytes) -> None:
    """A value is refused, or stands in its own segment and comes back as it was."""
    text = data.decode("utf-8", "surrogateescape")
    with restpath.connect(_VALUES, "http://127.0.0.1:9", store=None) as client:
        url = restpath.url(client.a[text])
        assert url.count("/") == 4, url
        assert restpath.url(restpath.parse(client, url)) == url
        plus = restpath.url(client.f[{"b": text}])
        assert plus.startswith("http://127.0.0.1:9/f/")
        assert ".." not in plus.split("/"), plus


_VALUES = restpath.read({"service": {"format": 1}, "resources": {"format": 1, "/a/{a}": "GET", "/f/{+b}": "GET"}})


# ---- what a server says ------------------------------------------------------------------------------------------

_STATUSES = (200, 201, 204, 206, 301, 302, 304, 400, 401, 404, 409, 429, 500, 503)
_HEADERS = ["Content-Type", "Content-Encoding", "Set-Cookie", "Link", "Location", "Retry-After", "Content-Range",
            "ETag", "WWW-Authenticate", "X-Total", "Content-Disposition", "Content-Length"]  # fmt: skip
_TYPES = ["application/json", "text/html; charset=", "application/problem+json", "gzip", "deflate", "br", "a=b; Path=/",
          "; Domain=", "<http://127.0.0.1:9/x>; rel=next", "rel=\"next\"", "/a", "//evil.example/", "http:", "1", "-1",
          "bytes 0-1/2", "Bearer error=", "utf-7", "idna", "undefined", "utf-16"]  # fmt: skip


def _answering(data: bytes) -> Callable[..., Iterable[bytes]]:
    maker = Maker(data)
    status = f"{_STATUSES[maker.number(len(_STATUSES))]} Word"
    lines = [
        (maker.word(_HEADERS), "".join(maker.word(_TYPES) for _ in range(1 + maker.number(3))))
        for _ in range(maker.number(6))
    ]
    body = maker.rest()

    def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        start(status, [(_latin(name), _latin(value)) for name, value in lines])
        return [body]

    return app


def _latin(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")


_ANSWERS = restpath.read(
    {
        "service": {"format": 1, "errors": {"message": "/error/message", "code": "/code"}},
        "resources": {
            "format": 1,
            "/a": {"methods": {"GET": {"pages": {"by": "link", "items": "/items", "next": "/next"}}, "POST": {}}},
            "/b": {"methods": {"GET": {"pages": {"by": "link", "items": "", "next": "Link"}}}},
        },
    }
)


@target
def answers(data: bytes) -> None:
    """Whatever a server answers is content, or an error of restpath's own."""
    with restpath.connect(
        _ANSWERS, "http://127.0.0.1:9", app=_answering(data), retries=0, store=None, max_reply_bytes=1 << 22
    ) as client:
        for call in (client.a.get, client.a.post, client.b.head):
            with suppress(RestpathError):
                call()
        for place in (client.a, client.b):
            with suppress(RestpathError):
                for count, _ in enumerate(place.walk()):
                    if count > 50:
                        break


@target
def links(data: bytes) -> None:
    """The next page is at the origin of the list, or there is none."""
    text = data.decode("latin-1")
    link = find_link([text], "next")
    found = link_target(link if link is not None else text, "http://127.0.0.1:9/a", "http://127.0.0.1:9")
    if not isinstance(found, str):
        assert (found.scheme, found.netloc) == ("http", "127.0.0.1:9"), found


# ---- the command line --------------------------------------------------------------------------------------------


@target
def items(data: bytes) -> None:
    """An item is refused, or written as a word that is read back as it."""
    item = parse_item(data.decode("utf-8", "surrogateescape"))
    assert parse_item(write_item(item)) == item, item


@target
def configuration(data: bytes) -> None:
    """A configuration file of any bytes."""
    from restpath.edge.profiles import read_profile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "restpath").mkdir()
        Path(folder, "restpath", "config.ini").write_bytes(data.replace(b"cmd:", b""))
        before = os.environ.get("XDG_CONFIG_HOME")
        os.environ["XDG_CONFIG_HOME"] = folder
        try:
            profile = read_profile("a", None, ["token", "base_url"], secret=["token"])
            profile.base_url  # noqa: B018  # asked for, as a call does
        finally:
            if before is None:
                del os.environ["XDG_CONFIG_HOME"]
            else:
                os.environ["XDG_CONFIG_HOME"] = before
