"""
The check of data files: each fault located by file and JSON Pointer, with what was expected there.

Takes layers as they were read; raises `DefinitionError`, or gives nothing. Documents are held to the package's JSON
Schemas first, then to the rules that a schema cannot say. Pure: nothing is read, fetched or run.
Source: the schemas in `resources/schema`; JSON Schema 2020-12; RFC 6901 for the pointers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from restpath.definition.merge import KINDS, Layer, file_that_said, write_out
from restpath.definition.model import Documents
from restpath.errors import DefinitionError
from restpath.template import TemplateError, parse_template
from restpath.types import JsonObject

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["FORMAT", "MAX_DEPTH", "check_layers", "check_merged", "pointer"]

FORMAT = 1
MAX_DEPTH = 100


def pointer(tokens: Sequence[object]) -> str:
    """Write reference tokens as a JSON Pointer."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


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
    for layer in layers:
        for kind in KINDS:
            if kind in layer.documents:
                _check_document(layer.documents[kind], kind, layer.files.get(kind), schemas, version)


def _check_document(
    document: Any, kind: str, file: str | None, schemas: Mapping[str, JsonObject], version: str
) -> None:
    if not isinstance(document, dict):
        raise DefinitionError(f"this is {_shown(document)}", file=file, expected="a JSON object")
    _check_depth(document, file)
    number = document.get("format", FORMAT)
    if number != FORMAT or isinstance(number, bool):
        raise DefinitionError(
            f"format {number!r} is not one that restpath {version} reads; get a later version of restpath for it, "
            f"or write the file in format {FORMAT}",
            file=file,
            pointer="/format",
            expected=str(FORMAT),
        )
    if kind == "resources":
        _check_templates(document, file)
    _check_schema(document, kind, file, schemas)
    if kind == "resources":
        _check_body_schemas(document, file)


def _check_depth(document: JsonObject, file: str | None) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        if not level:
            return
    raise DefinitionError(f"it is nested more than {MAX_DEPTH} levels deep", file=file)


def _children(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node


def _check_schema(document: JsonObject, kind: str, file: str | None, schemas: Mapping[str, JsonObject]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    resources = [(schema["$id"], Resource.from_contents(schema, DRAFT202012)) for schema in schemas.values()]
    registry: Registry[Any] = Registry().with_resources(resources)
    validator = Draft202012Validator(schemas[kind], registry=registry)
    # A null removes something from the layers below; what it removes needs no check.
    stripped = document if kind == "defaults" else _without_nulls(document)
    error = best_match(validator.iter_errors(stripped))
    if error is not None:
        raise _located(_deepest(error), file)


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None or key == "schema"}
    return node


def _deepest(error: ValidationError) -> ValidationError:
    """In a choice of forms, the fault of the form that was meant: the one of the value's own type."""
    while error.validator == "anyOf" and error.context:
        by_branch: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            by_branch.setdefault(inner.schema_path[0], []).append(inner)
        meant = [branch for branch in by_branch.values() if all(inner.validator != "type" for inner in branch)]
        nested = [branch for branch in by_branch.values() if any(len(inner.path) for inner in branch)]
        chosen = (meant or nested or list(by_branch.values()))[0]
        error = max(chosen, key=lambda inner: len(inner.absolute_path))
    return error


def _located(error: ValidationError, file: str | None) -> DefinitionError:
    place = list(error.absolute_path)
    problem, expected = _PROBLEMS.get(str(error.validator), _other_problem)(error)
    if error.validator == "additionalProperties":
        place.append(_extra_key(error))
    return DefinitionError(problem, file=file, pointer=pointer(place), expected=expected)


def _shown(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    kind = names.get(type(value), "a number")
    text = repr(value)
    return f"{kind}, {text}" if isinstance(value, (str, int, float)) and len(text) < 80 else kind


def _extra_key(error: ValidationError) -> str:
    schema: Any = error.schema
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    instance: Any = error.instance
    return next(
        str(key) for key in instance if key not in known and not any(re.search(pattern, key) for pattern in patterns)
    )


def _unknown_key(error: ValidationError) -> tuple[str, str]:
    import difflib

    schema: Any = error.schema
    key, known = _extra_key(error), [name for name in schema.get("properties", {}) if name != "$schema"]
    if "^/" in schema.get("patternProperties", {}):
        return f"{key!r} is no URI template", "a key that begins with / (a URI template) or with x-"
    near = difflib.get_close_matches(key, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"the key {key!r} is not known{hint}", "one of " + ", ".join(known) + ", or a key that begins with x-"


def _type_problem(error: ValidationError) -> tuple[str, str]:
    wanted = error.validator_value
    return f"this is {_shown(error.instance)}", " or ".join(wanted) if isinstance(wanted, list) else str(wanted)


def _enum_problem(error: ValidationError) -> tuple[str, str]:
    return f"{error.instance!r} is not known here", "one of " + ", ".join(map(str, list(error.validator_value)))  # type: ignore[arg-type]


def _pattern_problem(error: ValidationError) -> tuple[str, str]:
    if "GET" in str(error.validator_value):
        return f"{error.instance!r} is no list of methods", 'methods with a space between, such as "GET POST"'
    return f"{error.instance!r} is not of the form that is needed here", f"a text that matches {error.validator_value}"


def _other_problem(error: ValidationError) -> tuple[str, str | None]:
    return error.message, None


_PROBLEMS: dict[str, Callable[[ValidationError], tuple[str, str | None]]] = {
    "additionalProperties": _unknown_key,
    "type": _type_problem,
    "enum": _enum_problem,
    "pattern": _pattern_problem,
}


def _check_templates(document: JsonObject, file: str | None) -> None:
    for key, words in document.items():
        if key in ("$schema", "format") or key.startswith("x-"):
            continue
        literal = isinstance(words, dict) and words.get("literal") is True
        try:
            parse_template(key, literal=literal)
        except TemplateError as error:
            raise DefinitionError(str(error), file=file, pointer=pointer([key]), expected="a URI template") from error


def _check_body_schemas(document: JsonObject, file: str | None) -> None:
    for template, words in write_out(document).items():
        methods = words.get("methods") if isinstance(words, dict) else None
        for method, said in (methods or {}).items():
            schema = ((said or {}).get("body") or {}).get("schema")
            if schema is not None:
                place = [template, "methods", method, "body", "schema"]
                _check_body_schema(schema, place, file)


def _check_body_schema(schema: Any, place: list[str], file: str | None) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = pointer([*place, *error.absolute_path])
        raise DefinitionError(error.message, file=file, pointer=where, expected="a JSON Schema (2020-12)") from error
    anchors = {node["$anchor"] for _, node in _objects(schema, []) if isinstance(node.get("$anchor"), str)}
    for path, node in _objects(schema, []):
        for word in ("$ref", "$dynamicRef"):
            reference = node.get(word)
            if isinstance(reference, str):
                _check_reference(schema, reference, anchors, pointer([*place, *path, word]), file)


def _objects(node: Any, path: list[object]) -> Iterator[tuple[list[object], JsonObject]]:
    if isinstance(node, dict):
        yield path, node
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in pairs:
        if key not in ("enum", "const", "examples", "default"):
            yield from _objects(child, [*path, key])


def _check_reference(schema: Any, reference: str, anchors: set[str], where: str, file: str | None) -> None:
    expected = "a reference inside this schema, such as #/$defs/name"
    if not reference.startswith("#"):
        raise DefinitionError(
            f"{reference!r} points outside the schema, and nothing is ever fetched for a definition",
            file=file,
            pointer=where,
            expected=expected,
        )
    node: Any = schema
    if reference[1:] in anchors:
        return
    for token in reference[2:].split("/") if reference.startswith("#/") else [] if reference == "#" else ["?"]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and token.isdigit() and int(token) < len(node):
            node = node[int(token)]
        elif isinstance(node, dict) and token in node:
            node = node[token]
        else:
            raise DefinitionError(f"{reference!r} leads nowhere", file=file, pointer=where, expected=expected)


# ---- the whole ---------------------------------------------------------------------------------------------------


def check_merged(documents: Documents, layers: Sequence[Layer]) -> None:
    """
    Check what only the merged documents can tell: that each part refers to parts that are there.

    Raises:
        DefinitionError: the first fault found, with the file of the layer that said it.
    """
    for rule in (_check_service, _check_methods, _check_defaults, _check_names):
        for kind, tokens, problem, expected in rule(documents):
            file = file_that_said(layers, kind, tokens)
            raise DefinitionError(problem, file=file, pointer=pointer(tokens), expected=expected)


_Fault = tuple[str, list[str], str, "str | None"]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _check_service(documents: Documents) -> Iterator[_Fault]:
    words = documents.service
    if not words:
        yield "service", [], "there is no service.json in any layer", "a service.json beside resources.json"
    if "base_url" in words:
        yield from _check_base_url(words)
    credentials = words.get("credentials", {})
    for name, scheme in words.get("auth", {}).items():
        for part in ("headers", "query"):
            for key, text in scheme.get(part, {}).items():
                for placeholder in _PLACEHOLDER.findall(text):
                    if placeholder not in credentials:
                        place = ["auth", name, part, key]
                        expected = "one of " + ", ".join(credentials) if credentials else "it under credentials"
                        yield "service", place, f"there is no credential {placeholder!r}", expected
    for kind, place, rules in _path_value_places(documents):
        for name, rule in rules.items():
            if rule.get("credential") is not None and rule["credential"] not in credentials:
                tokens = [*place, name, "credential"]
                yield kind, tokens, f"there is no credential {rule['credential']!r}", "one under credentials"


def _path_value_places(documents: Documents) -> Iterator[tuple[str, list[str], JsonObject]]:
    yield "service", ["path_values"], documents.service.get("path_values", {})
    for template, words in documents.resources.items():
        if template.startswith("/") and "path_values" in words:
            yield "resources", [template, "path_values"], words["path_values"]


def _check_base_url(words: JsonObject) -> Iterator[_Fault]:
    text = words["base_url"]
    problem = base_url_problem(text)
    if problem:
        yield "service", ["base_url"], problem, "a URL such as https://api.example.com/v1"
    for name in _PLACEHOLDER.findall(text):
        if name not in words.get("variables", {}):
            yield "service", ["base_url"], f"the variable {name!r} is not declared", "it under variables"


def base_url_problem(text: str) -> str | None:
    """Say what is wrong with a base URL, or None."""
    try:
        parts = urlsplit(_PLACEHOLDER.sub("x", text))
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        return f"{text!r} is no URL: {error}"
    if parts.scheme not in ("http", "https") or not host:
        return f"{text!r} is no http or https URL"
    if parts.query or parts.fragment or "?" in text or "#" in text:
        return f"{text!r} has a query or a fragment"
    if any(piece in (".", "..") for piece in parts.path.split("/")):
        return f"{text!r} has dot segments"
    if re.search(r"[\s{}\x00-\x1f]", _PLACEHOLDER.sub("x", text)):
        return f"{text!r} has spaces, control characters or braces that are not balanced"
    return None


def _check_methods(documents: Documents) -> Iterator[_Fault]:
    schemes = documents.service.get("auth", {})
    for template, words in documents.resources.items():
        if not template.startswith("/"):
            continue
        if not words.get("methods"):
            yield "resources", [template], "there are no methods", '"methods", such as "GET POST"'
        for name in words.get("path_values", {}):
            if name not in parse_template(template, literal=words.get("literal", False)).variables:
                yield "resources", [template, "path_values", name], f"{template} has no variable {name!r}", None
        for method, said in words.get("methods", {}).items():
            for index, scheme in enumerate(said.get("auth", ())):
                if scheme not in schemes:
                    place = [template, "methods", method, "auth"]
                    yield "resources", place, f"there is no scheme {scheme!r}", _one_of(schemes, index)
            for place, server in (([template, "methods", method, "server"], said.get("server")),):
                if server is not None and base_url_problem(server):
                    yield "resources", place, str(base_url_problem(server)), "a URL"


def _one_of(names: Mapping[str, Any], _: int) -> str:
    return "one of " + ", ".join(names) if names else "it under auth in service.json"


def _check_defaults(documents: Documents) -> Iterator[_Fault]:
    import difflib

    for template, methods in documents.defaults.items():
        if not template.startswith("/"):
            continue
        if template not in documents.resources:
            near = difflib.get_close_matches(template, documents.resources, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield "defaults", [template], f"there is no resource {template!r}{hint}", "a template of resources.json"
            continue
        accepted = documents.resources[template].get("methods", {})
        for method in methods:
            if method not in accepted:
                problem = f"{template} does not accept {method}"
                yield "defaults", [template, method], problem, "one of " + ", ".join(accepted)


def _check_names(documents: Documents) -> Iterator[_Fault]:
    seen: dict[str, str] = {}
    for template, words in documents.resources.items():
        if template.startswith("/"):
            for method, said in words.get("methods", {}).items():
                name, here = said.get("name"), f"{method} {template}"
                if name is not None and seen.setdefault(name, here) != here:
                    place = [template, "methods", method, "name"]
                    yield "resources", place, f"{name!r} is the name of {seen[name]} already", "a name of its own"
