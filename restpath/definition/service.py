"""
The service as a whole: where it is, what it takes to be let in, and the rules that hold for all of it.

Takes the document `service`, found good; gives an immutable `Service`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restpath.definition.frozen import frozen_map, nothing
from restpath.definition.rules import PathValue, Rules, path_values_of
from restpath.definition.schemes import Credential, Scheme, credential_of, scheme_of
from restpath.once import cached_property
from restpath.records import dataclass, field
from restpath.types import JsonObject

__all__ = ["Server", "Service", "service_of"]


@dataclass(frozen=True)
class Server:
    """
    Another place where a service is: a URI template, what it is called, what it is for, and its variables.

    `connect` takes it as `url=`, with its variables as keywords where there are any.
    """

    url: str
    title: str = ""
    documentation: str = ""
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=nothing)


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
    words: Mapping[str, Any] = field(repr=False, default_factory=nothing)
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


def service_of(words: JsonObject) -> Service:
    """Make the record of a service of the document."""
    credentials = {name: credential_of(name, said) for name, said in words.get("credentials", {}).items()}
    schemes = {name: scheme_of(name, said) for name, said in words.get("auth", {}).items()}
    own = {key: words[key] for key in _RULE_WORDS if key in words}
    return Service(
        name=words.get("service", ""),
        title=str(words.get("title", words.get("service", ""))),
        documentation=words.get("documentation", ""),
        base_url=words.get("base_url"),
        variables=frozen_map(words.get("variables", {})),
        dotted=words.get("operation_names") == "dotted",
        credentials=frozen_map(credentials),
        schemes=frozen_map(schemes),
        path_values=path_values_of(words.get("path_values", {})),
        rules=Rules(auth=tuple(schemes)).overridden_by(own),
        words=words,
        servers=tuple(map(_server, words.get("servers", ()))),
    )


_RULE_WORDS = (
    "headers", "fields", "nested_by", "query_lists", "nested_form", "uploads", "count_header", "errors", "retries",
    "pages", "json_types",
)  # fmt: skip


def _server(words: JsonObject) -> Server:
    variables = frozen_map(words.get("variables", {}))
    return Server(words["url"], words.get("title", ""), words.get("documentation", ""), variables)
