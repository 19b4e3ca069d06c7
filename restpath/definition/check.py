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
from restpath.definition.merge import KINDS, WHOLE, Documents, Layer, file_that_said, merge_patch
from restpath.definition.method import METHODS
from restpath.definition.resource_faults import default_faults, method_faults, name_faults
from restpath.definition.service_faults import service_faults
from restpath.definition.sharing import schemas_said, shared_faults
from restpath.definition.wording import all_worded, no_method, shown, worded
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
        yield from _removal_faults(key, words, file)


def _removal_faults(template: str, words: Any, file: str | None) -> Iterator[DefinitionError]:
    """The nulls at names that are no methods: they would remove nothing, and what was meant would stay."""
    methods = words.get("methods") if isinstance(words, dict) else None
    for method, said in methods.items() if isinstance(methods, dict) else ():
        if said is None and method not in METHODS and not method.startswith("x-"):
            problem, expected = no_method(method, METHODS)
            yield DefinitionError(problem, file=file, pointer=pointer([template, "methods", method]), expected=expected)


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
    for schema, place in schemas_said(document):
        try:
            check_json_schema(schema, place, file)
        except DefinitionError as error:
            yield error


# ---- the whole ---------------------------------------------------------------------------------------------------


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
    for rule in (service_faults, method_faults, default_faults, name_faults, shared_faults):
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
