"""
OpenAPI 3.0, 3.1 and 3.2: from a description to the documents of a definition.

Takes a document as plain values, what it was read from, and what follows its references to other files; gives
`Imported`. Source: OpenAPI 3.0.4, 3.1.1 and 3.2.0.
"""

from __future__ import annotations

from typing import Any

from restpath.importers.found import Imported, Refer, Report, follow_nothing
from restpath.importers.operations import Parts, Reader, read_operations
from restpath.importers.references import References, Spot
from restpath.importers.servers import Server, first_server
from restpath.types import JsonObject

__all__ = ["convert", "fits"]


def fits(document: Any) -> bool:
    """Tell whether a document says that it is OpenAPI 3."""
    return isinstance(document, dict) and _version(document).startswith("3.")


def _version(document: JsonObject) -> str:
    """The version that a document says it is in; a number where somebody forgot the quotes in YAML."""
    said = document.get("openapi")
    return str(said) if isinstance(said, (str, float, int)) and not isinstance(said, bool) else ""


def convert(document: JsonObject, *, source: str = "", refer: Refer = follow_nothing) -> Imported:
    """
    Turn an OpenAPI description into the documents of a definition.

    Args:
        document: the description, as plain values.
        source: the URL or the file that it was read from; relative servers are relative to a URL.
        refer: follows references to other files.
    """
    return read_operations(document, OpenAPI3(_version(document)), source, refer)


class OpenAPI3:
    """Where OpenAPI 3 says what."""

    def __init__(self, version: str) -> None:
        self.name = f"OpenAPI {version}"
        self.siblings = not version.startswith("3.0")

    def server(self, document: Spot, source: str, report: Report) -> Server:
        """Give the first of the servers."""
        return first_server(document.at("servers"), source, report)

    def security_schemes(self, document: Spot) -> Spot:
        """Give the security schemes by name."""
        return document.at("components", "securitySchemes")

    def parts(self, document: Spot, parameters: dict[tuple[str, str], Spot], operation: Spot, reader: Reader) -> Parts:
        """Give parameters, body and answer of an operation, which stand where they are expected."""
        return Parts(parameters, operation.at("requestBody"), answer_of(operation, reader.references))


def answer_of(operation: Spot, references: References) -> Spot:
    """Give the answer that says success, with its header fields and the schema of its JSON."""
    responses = operation.at("responses")
    for status in ("200", "2XX", "2xx", "default"):
        if responses.at(status).value is not None:
            found = references.follow(responses.at(status))
            if found is None or not isinstance(found.value, dict):
                break
            schema = next(
                (media.at("schema") for name, media in found.at("content").items() if "json" in name.lower()), None
            )
            value = {"headers": found.at("headers").value, "schema": schema.value if schema is not None else None}
            return Spot(value, found.base, found.place)
    return Spot(None, operation.base)
