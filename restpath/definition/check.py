"""
The check of data files: each fault located by file and JSON Pointer, with what was expected there.

Takes layers as they were read; raises `DefinitionError`, or gives nothing. Documents are held to the package's JSON
Schemas first, then to the rules that a schema cannot say. Pure: nothing is read, fetched or run.
Source: the schemas in `resources/schema`; JSON Schema 2020-12; RFC 6901 for the pointers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from restpath.definition.jsonfile import MAX_DEPTH, pointer, too_deep
from restpath.definition.jsonschemas import check_json_schema, check_keywords
from restpath.definition.mediatypes import is_same_type
from restpath.definition.merge import KINDS, WHOLE, Documents, Layer, file_that_said, merge_patch
from restpath.definition.servers import data_url_problem
from restpath.definition.sharing import shared_faults
from restpath.definition.wording import all_worded, did_you_mean, one_of, shown, worded
from restpath.errors import DefinitionError
from restpath.template import TemplateError, parse_template
from restpath.types import JsonObject

__all__ = ["FORMAT", "check_layers", "check_merged", "document_faults", "merged_faults", "validators"]

FORMAT = 1


# ---- one document ------------------------------------------------------------------------------------------------


def check_layers(layers: Sequence[Layer], schemas: Mapping[str, JsonObject], version: str) -> None:
    """
    Check each document of each layer by itself.

    Args:
        layers: as read.
        schemas: the JSON Schemas by kind.
        version: this package's version, for the message about an unknown format.
    Raises:
        DefinitionError: the first fault found.
    """
    known = validators(schemas)
    for layer in layers:
        for kind in KINDS:
            if kind in layer.documents:
                _check_document(layer.documents[kind], kind, layer.files.get(kind), known[kind], version)


def validators(schemas: Mapping[str, JsonObject]) -> dict[str, Any]:
    """Make what holds documents to the package's JSON Schemas, by kind."""
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    resources = [(schema["$id"], DRAFT202012.create_resource(schema)) for schema in schemas.values()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return {kind: Draft202012Validator(schema, registry=registry) for kind, schema in schemas.items()}


def _check_document(document: Any, kind: str, file: str | None, validator: Any, version: str) -> None:
    if not isinstance(document, dict):
        raise DefinitionError(f"this is {shown(document)}", file=file, expected="a JSON object")
    _check_values(document, file)
    _check_format(document, file, version)
    if kind == "resources":
        _check_templates(document, file)
    _check_schema(document, kind, file, validator)
    if kind == "resources":
        _check_json_schemas(document, file)
    if kind == "schemas":
        for error in _keyword_faults(document, file):
            raise error


def _keyword_faults(document: JsonObject, file: str | None) -> Iterator[DefinitionError]:
    """The fault of each shared schema that has any."""
    shared = document.get("schemas")
    for name, schema in shared.items() if isinstance(shared, dict) else ():
        try:
            if isinstance(schema, (dict, bool)):
                check_keywords(schema, ("schemas", name), file)
        except DefinitionError as error:
            yield error


def _check_values(document: JsonObject, file: str | None) -> None:
    """Refuse what no schema can speak of: too many levels, and texts that have no UTF-8."""
    pile: list[tuple[tuple[object, ...], Any]] = [((), document)]
    while pile:
        place, node = pile.pop()
        if len(place) >= MAX_DEPTH and isinstance(node, (dict, list)):
            raise too_deep(file, place)
        if isinstance(node, dict):
            for key, value in node.items():
                _check_text(key, place, file)
                pile.append(((*place, key), value))
        elif isinstance(node, list):
            pile += [((*place, index), value) for index, value in enumerate(node)]
        elif isinstance(node, str):
            _check_text(node, place, file)


def _check_text(text: str, place: tuple[object, ...], file: str | None) -> None:
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise DefinitionError(
            "this text holds half of a surrogate pair, which is no character",
            file=file, pointer=pointer(place), expected="text that has a UTF-8",
        )  # fmt: skip


def _check_format(document: JsonObject, file: str | None, version: str) -> None:
    number = document.get("format", FORMAT)
    if number == FORMAT and not isinstance(number, bool):
        return
    if isinstance(number, int) and number > FORMAT:
        problem = (
            f"this is a file of format {number}, and restpath {version} reads format {FORMAT}: get a later one, "
            f"pip install --upgrade 'restpath>{version}'"
        )
    else:
        problem = f"this is {shown(number)}, and there is no such format; restpath {version} reads format {FORMAT}"
    raise DefinitionError(problem, file=file, pointer="/format", expected=str(FORMAT))


def _check_templates(document: JsonObject, file: str | None) -> None:
    for error in _template_faults(document, file):
        raise error


def _template_faults(document: JsonObject, file: str | None) -> Iterator[DefinitionError]:
    for key, words in document.items():
        if key in ("$schema", "format") or key.startswith("x-") or words is None:
            continue
        literal = isinstance(words, dict) and words.get("literal") is True
        try:
            parse_template(key, literal=literal)
        except TemplateError as error:
            found = DefinitionError(
                str(error), file=file, pointer=pointer([key]), expected="a URI template such as /people/{username}"
            )
            found.__cause__ = error
            yield found


def _check_schema(document: JsonObject, kind: str, file: str | None, validator: Any) -> None:
    from jsonschema.exceptions import best_match

    # A null removes something from the layers below: what is left where there is nothing below has to be right.
    # (A default's null is a body like any other to the schema.)
    left = document if kind == "defaults" else merge_patch({}, document, WHOLE.get(kind))
    error = best_match(validator.iter_errors(left))
    if error is not None:
        raise worded(error, file)


def _check_json_schemas(document: JsonObject, file: str | None) -> None:
    for error in _json_schema_faults(document, file):
        raise error


def _json_schema_faults(document: JsonObject, file: str | None) -> Iterator[DefinitionError]:
    """The fault of each JSON Schema that has any; where a schema is wrong, the rest of it is not looked at."""
    for schema, place in _json_schemas(document):
        try:
            check_json_schema(schema, place, file)
        except DefinitionError as error:
            yield error


def _json_schemas(document: JsonObject) -> Iterator[tuple[Any, tuple[object, ...]]]:
    for template, words in document.items():
        methods = words.get("methods") if template.startswith("/") and isinstance(words, dict) else None
        for method, said in methods.items() if isinstance(methods, dict) else ():
            if method.startswith("x-") or said is None:
                continue
            place = (template, "methods", method)
            schema = (said.get("body") or {}).get("schema")
            if schema is not None:
                yield schema, (*place, "body", "schema")
            for name, other in (said.get("bodies") or {}).items():
                if other is not None and "schema" in other:
                    yield other["schema"], (*place, "bodies", name, "schema")
            for name, parameter in (said.get("query") or {}).items():
                if parameter is not None and "items" in parameter:
                    yield parameter["items"], (*place, "query", name, "items")


# ---- the whole ---------------------------------------------------------------------------------------------------

_Fault = tuple[str, "list[object]", str, "str | None"]  # kind, place, problem, expected


def check_merged(documents: Documents, layers: Sequence[Layer]) -> None:
    """
    Check what only the merged documents can tell: that each part refers to parts that are there.

    Raises:
        DefinitionError: the first fault found, with the file of the layer that said it.
    """
    _check_presence(layers)
    for error in merged_faults(documents, layers):
        raise error


def merged_faults(documents: Documents, layers: Sequence[Layer]) -> Iterator[DefinitionError]:
    """Give every fault that only the merged documents can tell, with the file of the layer that said it."""
    for rule in (_service_faults, _method_faults, _default_faults, _name_faults, shared_faults):
        for kind, tokens, problem, expected in rule(documents):
            file = file_that_said(layers, kind, tokens) or None
            yield DefinitionError(problem, file=file, pointer=pointer(tokens), expected=expected)


def document_faults(
    document: Any, kind: str, file: str | None, known: Mapping[str, Any], version: str
) -> Iterator[DefinitionError]:
    """Give every fault of one document by itself; where the first leaves nothing to look at, that alone."""
    try:
        if not isinstance(document, dict):
            raise DefinitionError(f"this is {shown(document)}", file=file, expected="a JSON object")
        _check_values(document, file)
        _check_format(document, file, version)
    except DefinitionError as error:
        yield error
        return
    templates = list(_template_faults(document, file)) if kind == "resources" else []
    yield from templates
    wrong = {error.pointer for error in templates}
    left = document if kind == "defaults" else merge_patch({}, document, WHOLE.get(kind))
    by_schema = [e for e in all_worded(known[kind].iter_errors(left), file) if e.pointer not in wrong]
    yield from by_schema
    if kind == "schemas":
        yield from _keyword_faults(document, file)
    if kind == "resources":
        wrong |= {"/" + error.pointer[1:].partition("/")[0] for error in by_schema}
        good = {key: words for key, words in document.items() if pointer([key]) not in wrong}
        yield from _json_schema_faults(good, file)


def _check_presence(layers: Sequence[Layer]) -> None:
    for kind in ("service", "resources"):
        if not any(kind in layer.documents for layer in layers):
            beside = next((file for layer in layers for file in layer.files.values()), None)
            raise DefinitionError(
                f"there is no {kind}.json beside it" if beside else f"there are no documents called {kind!r}",
                file=beside,
                expected=f"{kind}.json" if beside else f"the key {kind!r}",
            )


def _templates(document: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    return ((template, words) for template, words in document.items() if template.startswith("/"))


# ---- service.json ----

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _service_faults(documents: Documents) -> Iterator[_Fault]:
    words = documents.service
    credentials: JsonObject = words.get("credentials", {})
    if "base_url" in words:
        yield from _url_faults([], "base_url", words)
    yield from _variable_faults([], words)
    for index, server in enumerate(words.get("servers", ())):
        yield from _url_faults(["servers", index], "url", server)
        yield from _variable_faults(["servers", index], server)
    for name, scheme in words.get("auth", {}).items():
        yield from _scheme_faults(["auth", name], scheme, credentials)
    if words.get("pages"):
        yield from _page_faults("service", ["pages"], words["pages"], partial=True)
    yield from _listing_faults(words.get("listing"), documents.resources)
    yield from _path_value_faults("service", ["path_values"], words.get("path_values", {}), credentials)
    for template, resource in _templates(documents.resources):
        rules = resource.get("path_values", {})
        yield from _path_value_faults("resources", [template, "path_values"], rules, credentials)


def _listing_faults(listing: JsonObject | None, resources: JsonObject) -> Iterator[_Fault]:
    resource = listing["resource"] if listing is not None else None
    if resource is not None and "GET" not in (resources.get(resource) or {}).get("methods", {}):
        problem = f"there is no GET {resource}{did_you_mean(resource, resources)}"
        yield "service", ["listing", "resource"], problem, "a template of resources.json that accepts GET"
    elif resource is not None and parse_template(resource).variables:
        yield "service", ["listing", "resource"], f"{resource} has variables", "the list of the service as a whole"


def _url_faults(place: list[object], key: str, words: JsonObject) -> Iterator[_Fault]:
    text: str = words[key]
    problem = data_url_problem(text)
    if problem:
        yield "service", [*place, key], problem, "a URL such as https://api.example.com/v1"
    variables = words.get("variables", {})
    for name in _PLACEHOLDER.findall(text):
        if name not in variables:
            problem = f"the variable {name!r} is not declared{did_you_mean(name, variables)}"
            yield "service", [*place, key], problem, one_of(variables, f"{name!r} under variables")


def _variable_faults(place: list[object], words: JsonObject) -> Iterator[_Fault]:
    for name, variable in words.get("variables", {}).items():
        if "default" in variable and variable["default"] not in variable.get("enum", [variable["default"]]):
            here = [*place, "variables", name, "default"]
            yield (
                "service",
                here,
                f"{variable['default']!r} is not in the enum",
                "one of " + ", ".join(variable["enum"]),
            )


_OF_SIGNATURES = frozenset({"pairs", "operation"})
# What a flow fills in by itself, and by which grant.
_OF_GRANTS = {
    "authorization_code": frozenset({"code", "redirect_uri", "code_verifier"}),
    "refresh_token": frozenset({"refresh_token"}),
    "device_code": frozenset({"device_code"}),
}


def _scheme_faults(place: list[object], scheme: JsonObject, credentials: JsonObject) -> Iterator[_Fault]:
    for part in ("headers", "query", "fields"):
        yield from _text_faults([*place, part], scheme.get(part, {}), credentials)
    for part in ("basic", "bearer"):
        texts = scheme.get(part, ())
        yield from _text_faults([*place, part], texts, credentials)
        if texts and not _PLACEHOLDER.search(" ".join([texts] if isinstance(texts, str) else texts)):
            problem, example = f"no credential is in it, so that {part} is the same for all", _EXAMPLES[part]
            yield "service", [*place, part], problem, f"{{name}} for each credential, such as {example}"
    text = scheme.get("signature", {}).get("text")
    if text is not None:
        yield from _placeholder_faults(text, [*place, "signature", "text"], credentials, _OF_SIGNATURES)
    if "token" in scheme:
        yield from _token_faults([*place, "token"], scheme["token"], credentials)
        wanted = scheme["token"]["credential"]
        if wanted not in _used_in(scheme):
            problem = f"the scheme uses {wanted!r} nowhere, so that the token would never be sent"
            expected = (
                f'"bearer": "{{{wanted}}}" beside token, or {{{wanted}}} in headers, query, fields, basic, signature'
            )
            yield "service", [*place, "token", "credential"], problem, expected


_EXAMPLES = {"basic": '["{username}", "{password}"]', "bearer": '"{token}"'}


def _used_in(scheme: JsonObject) -> set[str]:
    """The credentials that a scheme sends, or signs with."""
    texts = [text for part in ("headers", "query", "fields") for text in scheme.get(part, {}).values()]
    texts += [*scheme.get("basic", ()), scheme.get("bearer", ""), scheme.get("signature", {}).get("text", "")]
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def _token_faults(place: list[object], token: JsonObject, credentials: JsonObject) -> Iterator[_Fault]:
    wanted = token["credential"]
    if wanted not in credentials:
        problem = f"there is no credential {wanted!r}{did_you_mean(wanted, credentials)}"
        yield "service", [*place, "credential"], problem, one_of(credentials, f"{wanted!r} under credentials")
    for name in token.get("discovery", {}):
        known = credentials.get(name)
        if known is None or known.get("secret", True):
            problem = f"there is no credential {name!r} that is no secret{did_you_mean(name, credentials)}"
            yield "service", [*place, "discovery", name], problem, f'{name!r} under credentials, with "secret": false'
    yield from _endpoint_faults([*place, "url"], token["url"], credentials)
    yield from _text_faults([*place, "basic"], token.get("basic", ()), credentials)
    for grant, fields in token["grants"].items():
        filled = _OF_GRANTS.get(grant, frozenset())
        if not fields:
            problem = f"the request of the grant {grant} has no fields, and would ask for nothing"
            yield "service", [*place, "grants", grant], problem, f'fields by name, such as "grant_type": "{grant}"'
        yield from _text_faults([*place, "grants", grant], fields, credentials, filled)
    for part, grant, key in (("authorize", "authorization_code", "query"), ("device", "device_code", "fields")):
        words = token.get(part)
        if words is not None:
            yield from _endpoint_faults([*place, part, "url"], words["url"], credentials)
            filled = _OF_GRANTS[grant] - {"code", "code_verifier", "device_code"}
            yield from _text_faults([*place, part, key], words.get(key, {}), credentials, filled)
        if (words is None) != (grant not in token["grants"]):
            problem = f"the grant {grant} has no {part}" if words is None else f"{part} has no grant {grant}"
            yield "service", place, problem, "both, or neither"


def _endpoint_faults(place: list[object], text: str, credentials: JsonObject) -> Iterator[_Fault]:
    yield from _placeholder_faults(text, place, credentials)
    problem = None if text.startswith(("/", "{")) else data_url_problem(text)
    if problem:
        yield "service", place, problem, "a URL, a path below the base URL such as /token, or {credential}/token"


def _text_faults(
    place: list[object], texts: Any, credentials: JsonObject, filled: frozenset[str] = frozenset()
) -> Iterator[_Fault]:
    if isinstance(texts, str):
        yield from _placeholder_faults(texts, place, credentials, filled)
        return
    for key, text in texts.items() if isinstance(texts, dict) else enumerate(texts):
        yield from _placeholder_faults(text, [*place, key], credentials, filled)


_PAGE_NEEDS = {
    "page": ("parameter",), "offset": ("parameter",), "item": ("parameter", "key"), "link": ("next",),
    "cursor": ("parameter", "next"),
}  # fmt: skip
_PAGE_WORDS = ("by", "items", "optional", "size", "total", "more")
_PAGE_USES = {
    "page": ("parameter", "first", "pages"), "offset": ("parameter", "pages"), "item": ("parameter", "key"),
    "link": ("parameter", "next"), "cursor": ("parameter", "next"),
}  # fmt: skip


def _page_faults(kind: str, place: list[object], words: JsonObject, *, partial: bool) -> Iterator[_Fault]:
    by = words.get("by")
    if by is None:
        yield kind, place, "it is not said by what the list is cut", "by: one of " + ", ".join(_PAGE_NEEDS)
        return
    for name in () if partial else _PAGE_NEEDS[by]:
        if name not in words:
            yield kind, place, f"pages by {by} need {name!r}, which is not there", f"the key {name!r}"
    known = [*_PAGE_WORDS, *_PAGE_USES[by]]
    for name, value in words.items():
        if name not in known and not name.startswith("x-") and value is not False:
            yield kind, [*place, name], f"pages by {by} do not use {name!r}", "one of " + ", ".join(known)


def _placeholder_faults(
    text: str, place: list[object], credentials: JsonObject, filled: frozenset[str] = frozenset()
) -> Iterator[_Fault]:
    for name in _PLACEHOLDER.findall(text):
        if name not in credentials and name not in filled:
            problem = f"there is no credential {name!r}{did_you_mean(name, credentials)}"
            yield "service", place, problem, one_of(credentials, f"{name!r} under credentials")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        yield "service", place, f"the braces in {text!r} are not balanced", "each credential as {name}"


def _path_value_faults(kind: str, place: list[object], rules: JsonObject, credentials: JsonObject) -> Iterator[_Fault]:
    for name, rule in rules.items():
        wanted = rule.get("credential")
        if wanted is not None and wanted not in credentials:
            problem = f"there is no credential {wanted!r}{did_you_mean(wanted, credentials)}"
            expected = one_of(credentials, f"{wanted!r} under credentials in service.json")
            yield kind, [*place, name, "credential"], problem, expected


# ---- resources.json ----


def _method_faults(documents: Documents) -> Iterator[_Fault]:
    schemes: JsonObject = documents.service.get("auth", {})
    for template, words in _templates(documents.resources):
        if not words.get("methods"):
            yield (
                "resources",
                [template],
                "there are no methods",
                'methods, such as "GET POST"; null removes a resource',
            )
        variables = parse_template(template, literal=words.get("literal", False)).variables
        yield from _other_faults(template, words)
        for name in words.get("path_values", {}):
            if name not in variables:
                problem = f"{template} has no variable {name!r}{did_you_mean(name, variables)}"
                yield "resources", [template, "path_values", name], problem, one_of(variables, "no path_values here")
        yield from _server_faults([template, "server"], words)
        for method, said in words.get("methods", {}).items():
            place: list[object] = [template, "methods", method]
            yield from _server_faults([*place, "server"], said)
            if said.get("pages"):
                general = documents.service.get("pages") or {}
                base = general if said["pages"].get("by", general.get("by")) == general.get("by") else {}
                yield from _page_faults("resources", [*place, "pages"], {**base, **said["pages"]}, partial=False)
            for name in said.get("bodies", {}):
                if is_same_type(name, said.get("body", {}).get("media_type", "")):
                    problem = f"{name} is the media type of the body itself"
                    yield "resources", [*place, "bodies", name], problem, "other media types than that of body"
            for index, scheme in enumerate(said.get("auth", ())):
                if scheme not in schemes:
                    problem = f"there is no scheme {scheme!r}{did_you_mean(scheme, schemes)}"
                    expected = one_of(schemes, f"{scheme!r} under auth in service.json")
                    yield "resources", [*place, "auth", index], problem, expected


def _other_faults(template: str, words: JsonObject) -> Iterator[_Fault]:
    for index, text in enumerate(words.get("also", ())):
        try:
            parse_template(text)
        except TemplateError as error:
            yield "resources", [template, "also", index], str(error), "a URI template such as /v1/{+name}"


def _server_faults(place: list[object], words: JsonObject) -> Iterator[_Fault]:
    server = words.get("server")
    if server is not None:
        problem = data_url_problem(server) or (f"{server!r} has variables" if "{" in server else None)
        if problem:
            yield "resources", place, problem, "a URL such as https://upload.example.com/v1"


def _name_faults(documents: Documents) -> Iterator[_Fault]:
    dotted = documents.service.get("operation_names") == "dotted"
    seen: dict[str, str] = {}
    spaces: dict[str, str] = {}
    for template, words in _templates(documents.resources):
        for method, said in (words.get("methods") or {}).items():
            if "name" in said:
                name, here = said["name"], f"{method} {template}"
                place: list[object] = [template, "methods", method, "name"]
                if seen.setdefault(name, here) != here:
                    problem = f"{name!r} is the name of {seen[name]} already"
                    yield "resources", place, problem, "a name of its own"
                if dotted:
                    yield from _dotted_faults(name, place, seen, spaces)


def _dotted_faults(name: str, place: list[object], seen: Mapping[str, str], spaces: dict[str, str]) -> Iterator[_Fault]:
    parts = name.split(".")
    if not all(parts):
        yield "resources", place, f"{name!r} has an empty part", "names with one dot between, such as doc.get"
    around = [".".join(parts[:end]) for end in range(1, len(parts))]
    spaces.update(dict.fromkeys(around, name))
    clash = name if name in spaces else next((space for space in around if space in seen), None)
    if clash is not None:
        problem = f"{clash!r} is an operation, and {spaces[clash]!r} is within it"
        yield "resources", place, problem, "a name that is an operation or holds others, not both"


# ---- defaults.json ----


def _default_faults(documents: Documents) -> Iterator[_Fault]:
    for template, methods in _templates(documents.defaults):
        if template not in documents.resources:
            problem = f"there is no resource {template!r}{did_you_mean(template, documents.resources)}"
            yield "defaults", [template], problem, "a template of resources.json"
            continue
        accepted = documents.resources[template].get("methods") or {}
        for method in methods:
            if method not in accepted:
                yield "defaults", [template, method], f"{template} does not accept {method}", one_of(accepted, "")
