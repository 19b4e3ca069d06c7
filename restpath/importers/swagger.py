"""
OpenAPI 2.0, which is Swagger: from a description to the documents of a definition.

Takes a document as plain values, what it was read from, and what follows its references to other files; gives
`Imported`. Parameters, bodies and security schemes are put into the words of OpenAPI 3, and read as those are.
Source: OpenAPI 2.0.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from restpath.definition.mediatypes import essence_of
from restpath.importers.found import Imported, LeftOut, Refer, Report, follow_nothing
from restpath.importers.operations import Parts, Reader, read_operations
from restpath.importers.references import References, Spot
from restpath.importers.servers import Server, first_server
from restpath.types import JsonObject

__all__ = ["convert", "fits"]

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def fits(document: Any) -> bool:
    """Tell whether a document says that it is Swagger 2."""
    return isinstance(document, dict) and str(document.get("swagger", "")).startswith("2")


def convert(document: JsonObject, *, source: str = "", refer: Refer = follow_nothing) -> Imported:
    """
    Turn a Swagger description into the documents of a definition.

    Args:
        document: the description, as plain values.
        source: the URL or the file that it was read from; what it does not say of its server is taken from a URL.
        refer: follows references to other files.
    """
    imported = read_operations(document, Swagger2(), source, refer)

    def find_left_out() -> tuple[LeftOut, ...]:
        left_out = [LeftOut(_place_in(document, each.place), each.what) for each in imported.find_left_out()]
        return tuple(dict.fromkeys(left_out))

    return Imported(imported.documents, find_left_out)


def _place_in(document: JsonObject, place: str) -> str:
    """Give a place without the steps that only OpenAPI 3 has: those that lead somewhere in the document itself."""
    if not place.startswith("/"):
        return place  # of another file
    node: Any = document
    kept = ""
    for token in place.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        else:
            continue
        kept += f"/{token}"
    return kept


class Swagger2:
    """Where Swagger 2 says what."""

    name = "OpenAPI 2.0"
    siblings = False

    def server(self, document: Spot, source: str, report: Report) -> Server:
        """Make a server of scheme, host and base path; what is not said is that of the description's own URL."""
        own = urlsplit(source) if source.lower().startswith(("http://", "https://")) else None
        host = document.text("host").strip().strip("/")
        path = "/" + document.text("basePath").strip().lstrip("/")
        schemes = document.at("schemes").value
        known = [scheme for scheme in schemes if scheme in ("https", "http")] if isinstance(schemes, list) else []
        if own is not None and (not host or own.netloc == host) and (not known or own.scheme in known):
            scheme = own.scheme
        else:
            scheme = "https" if "https" in known or not known else "http"
        host = host or (own.netloc.rpartition("@")[2] if own is not None else "")
        url = f"{scheme}://{host}{path}" if host else path
        return first_server(Spot([{"url": url}], document.base, ("host",)), source, report)

    def security_schemes(self, document: Spot) -> Spot:
        """Give the security definitions, their flows as OpenAPI 3 has them."""
        found = document.at("securityDefinitions")
        if not isinstance(found.value, dict):
            return found
        return Spot({name: _scheme(said) for name, said in found.value.items()}, found.base, found.place)

    def parts(self, document: Spot, parameters: dict[tuple[str, str], Spot], operation: Spot, reader: Reader) -> Parts:
        """Give parameters, body and answer of an operation, as OpenAPI 3 has them."""
        body = next((spot for (where, _), spot in parameters.items() if where == "body"), None)
        form = {name: spot for (where, name), spot in parameters.items() if where == "formData"}
        consumes = operation.at("consumes").value or document.at("consumes").value or []
        types = [name for name in consumes if isinstance(name, str)] if isinstance(consumes, list) else []
        others = {key: _parameter(spot) for key, spot in parameters.items() if key[0] not in ("body", "formData")}
        found = Spot(None, operation.base)
        if body is not None:
            content = {name: {"schema": body.value.get("schema")} for name in types or ["application/json"]}
            found = Spot({"content": content}, body.base, body.place)
        elif form:
            found = _form(form, types)
        return Parts(others, found, _answer(operation, reader.references))


# ---- parameters --------------------------------------------------------------------------------------------------

_STYLES = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "tsv": ("tabDelimited", False),
}
_OF_PARAMETERS = frozenset({"name", "in", "description", "required", "collectionFormat", "allowEmptyValue"})


def _schema_value(said: JsonObject) -> JsonObject:
    """What a parameter says of its value, which stands beside the rest in Swagger 2."""
    if isinstance(said.get("schema"), dict):
        return {**said["schema"]}
    return {word: value for word, value in said.items() if word not in _OF_PARAMETERS}


def _parameter(spot: Spot) -> Spot:
    said = spot.value
    value = {word: said[word] for word in ("name", "in", "description", "required", "deprecated") if word in said}
    value["schema"] = _schema_value(said)
    if value["schema"].get("type") == "array":
        value["style"], value["explode"] = _style(said)
    return Spot(value, spot.base, spot.place)


def _style(said: JsonObject) -> tuple[str, bool]:
    name = said.get("collectionFormat")
    return _STYLES.get(name if isinstance(name, str) else "csv", _STYLES["csv"])


def _form(fields: dict[str, Spot], types: list[str]) -> Spot:
    """A request body of the form fields: multipart where one is a file, or where nothing else is taken."""
    has_file = any(spot.value.get("type") == "file" for spot in fields.values())
    forms = [name for name in types if essence_of(name) in (_FORM, _MULTIPART)]
    names = [_MULTIPART] if has_file else forms or [_FORM]
    schema: JsonObject = {"type": "object", "properties": {}, "required": []}
    encoding: JsonObject = {}
    for name, spot in fields.items():
        words = _schema_value(spot.value)
        if isinstance(spot.value.get("description"), str):
            words["description"] = spot.value["description"]
        schema["properties"][name] = words
        if spot.value.get("required") is True:
            schema["required"].append(name)
        if words.get("type") == "array":
            style, explode = _style(spot.value)
            encoding[name] = {"style": style, "explode": explode}
    first = next(iter(fields.values()))
    content = {name: {"schema": schema, "encoding": encoding} for name in names}
    return Spot({"content": content}, first.base, first.place)


def _answer(operation: Spot, references: References) -> Spot:
    responses = operation.at("responses")
    for status in ("200", "default"):
        if responses.at(status).value is not None:
            found = references.follow(responses.at(status))
            if found is not None and isinstance(found.value, dict):
                return found
            break
    return Spot(None, operation.base)


# ---- security ----------------------------------------------------------------------------------------------------

_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}


def _scheme(said: Any) -> Any:
    if not isinstance(said, dict) or said.get("type") != "oauth2":
        return said
    name = str(said.get("flow"))
    flow = {word: said[word] for word in ("authorizationUrl", "tokenUrl", "scopes") if word in said}
    return {"type": "oauth2", "flows": {_FLOWS.get(name, name): flow}, "description": said.get("description")}
