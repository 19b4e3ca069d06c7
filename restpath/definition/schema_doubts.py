"""
What contradicts itself in the JSON Schemas of a definition: defaults, examples and enums against their schemas, bounds
that nothing fits, patterns that match nothing or may take for ever.

Takes what a method says; gives doubts. A pattern that may take for ever is never searched for, here or in a call.
Source: JSON Schema 2020-12; ECMA-262 for patterns, as far as Python reads them alike.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from restpath.definition.asserting import bounded_steps, validator_class
from restpath.definition.bundles import Bundles
from restpath.definition.findings import Doubt
from restpath.definition.jsonschemas import schemas_within
from restpath.definition.patterns import compiled_pattern, cost, parsed_pattern
from restpath.types import JsonObject

__all__ = ["body_doubts", "matches_nothing", "shared_doubts"]

_RAW = re.compile(r"(?:text/(?!json)|image/|audio/|video/|application/(?:octet-stream|pdf|zip|xml|x-ndjson))", re.I)
# What a body that is not yet filled in may lack: fields are merged over defaults.
_LATER = frozenset({"required", "minProperties", "dependentRequired", "anyOf", "oneOf", "if", "not", "minItems"})
_BOUNDS = (
    ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"), ("minimum", "maximum"),
)  # fmt: skip


def body_doubts(
    bundles: Bundles, template: str, method: str, said: JsonObject, start: Any, *, imported: bool = False
) -> Iterator[Doubt]:
    """
    Give what is doubtful in what a method takes.

    Args:
        bundles: the shared schemas that those of a method may refer to.
        said: the method's words.
        start: the body that calls of it start from; None where there is none.
        imported: examples and defaults are a published description's, and nobody's here to mend.
    """
    place: list[object] = [template, "methods", method]
    body = said.get("body") or {}
    schema = body.get("schema")
    if start:
        yield from _default_doubts(bundles, template, method, said, start)
    for name, parameter in said.get("query", {}).items():
        yield from _parameter_doubts([*place, "query", name], parameter)
        yield from _schema_doubts(
            bundles, "resources", [*place, "query", name, "items"], parameter.get("items"), imported
        )
        if not imported and isinstance(schema, dict) and name in schema.get("properties", {}):
            problem = f"{name!r} is a property of the body, too, and as a field of a call it goes there"
            yield (
                "note",
                "resources",
                [*place, "query", name],
                problem,
                "one of the query has to be given as such, and not as a field",
            )
    yield from _schema_doubts(bundles, "resources", [*place, "body", "schema"], schema, imported)


def _default_doubts(bundles: Bundles, template: str, method: str, said: JsonObject, start: Any) -> Iterator[Doubt]:
    body = said.get("body") or {}
    media_type = body.get("media_type", "")
    place: list[object] = [template, method]
    if _RAW.match(media_type) and "fields" not in said:
        problem = f"the body goes as {media_type}, which is not made of fields, so that this default cannot go with it"
        yield "doubt", "defaults", place, problem, "leave it out, or the media type"
        return
    for name, value in start.items() if isinstance(start, dict) else ():
        if value is None and name in said.get("query", {}):
            problem = "null in a query is left out, so that this default says nothing"
            yield "doubt", "defaults", [*place, name], problem, "a value, or nothing"
    schema = body.get("schema")
    if isinstance(schema, (dict, bool)):
        schema = bundles.whole(schema) if isinstance(schema, dict) else schema
        in_body = {name: value for name, value in start.items() if not _in_query(name, said, schema)}
        for error in _errors(schema, in_body, schema):
            where = [*place, *error.absolute_path]
            yield "doubt", "defaults", where, f"the body's schema refuses this default: {_short(error)}", _MEND


_MEND = "mend the one or the other"


def _in_query(name: str, said: JsonObject, schema: Any) -> bool:
    known = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return name in said.get("query", {}) and name not in known


def _errors(schema: Any, value: Any, root: Any, later: frozenset[str] = _LATER) -> list[Any]:
    """What a schema finds wrong with a value, but for what may come later. No pattern is searched for without end."""
    try:
        validator = validator_class()(root)
        if schema is not root:
            validator = validator.evolve(schema=schema)
        with bounded_steps(value):
            return [error for error in validator.iter_errors(value) if error.validator not in later]
    except Exception:  # a reference that leads nowhere, or a schema too deep to be asked: faults, and told as such
        return []


def _short(error: Any) -> str:
    text = " ".join(str(error.message).split())
    return text if len(text) <= 160 else text[:157] + "..."


def _parameter_doubts(place: list[object], parameter: JsonObject) -> Iterator[Doubt]:
    kind = parameter.get("type")
    enum = parameter.get("enum", ())
    if kind is None:
        return
    simple = {"type": kind}
    wrong = [value for value in enum if not _fits(simple, value)]
    if wrong and kind != "array":
        problem = f"the enum has {wrong[0]!r}, which is no {kind}"
        yield "doubt", "resources", [*place, "enum"], problem, _MEND
    if "default" in parameter:
        value = parameter["default"]
        if not _fits(simple, value) and not isinstance(value, str):
            yield "doubt", "resources", [*place, "default"], f"the default {value!r} is no {kind}", _MEND
        elif enum and kind != "array" and value not in enum:
            yield "doubt", "resources", [*place, "default"], f"the default {value!r} is not in the enum", _MEND


def _fits(schema: Any, value: Any) -> bool:
    return bool(validator_class()(schema).is_valid(value))


# ---- within a schema ---------------------------------------------------------------------------------------------


def shared_doubts(bundles: Bundles, shared: JsonObject, *, imported: bool = False) -> Iterator[Doubt]:
    """Give what is doubtful in the schemas that are shared."""
    for name, schema in shared.items():
        yield from _schema_doubts(bundles, "schemas", ["schemas", name], schema, imported)


def _schema_doubts(bundles: Bundles, kind: str, place: list[object], schema: Any, imported: bool) -> Iterator[Doubt]:
    root = bundles.whole(schema) if isinstance(schema, dict) and not imported else schema
    pile: list[tuple[tuple[object, ...], Any]] = [((), schema)]
    seen: set[int] = set()
    while pile:
        path, node = pile.pop()
        if not isinstance(node, dict) or id(node) in seen:
            continue
        seen.add(id(node))
        pile += [((*path, *steps), inner) for steps, inner in schemas_within(node)]
        for steps, problem, advice in _node_doubts(node):
            is_pattern = steps[0] in (
                "pattern",
                "patternProperties",
            )  # what its author holds bodies to is no fault here
            yield "note" if imported and is_pattern else "doubt", kind, [*place, *path, *steps], problem, advice
        if not imported:
            yield from _example_doubts(kind, [*place, *path], node, root)


def _example_doubts(kind: str, place: list[object], node: JsonObject, root: Any) -> Iterator[Doubt]:
    examples = node.get("examples")
    said = [(("examples", index), value) for index, value in enumerate(examples if isinstance(examples, list) else ())]
    said += [(("default",), node["default"])] if "default" in node else []  # type: ignore[list-item]
    for steps, value in said:
        for error in _errors(node, value, root, frozenset())[:1]:
            what = "example" if len(steps) > 1 else "default"
            yield "doubt", kind, [*place, *steps], f"the schema refuses its own {what}: {_short(error)}", _MEND
    wanted, enum = node.get("type"), node.get("enum")
    if wanted is not None and isinstance(enum, list):
        wrong = [value for value in enum if not _fits({"type": wanted}, value)]
        if wrong:
            problem = f"the enum has {wrong[0]!r}, which is not of the type that is wanted beside it"
            yield "doubt", kind, [*place, "enum"], problem, _MEND


_NodeDoubt = tuple["tuple[object, ...]", str, str]


def _node_doubts(node: JsonObject) -> Iterator[_NodeDoubt]:
    for low, high in _BOUNDS:
        if _number(node.get(low)) and _number(node.get(high)) and node[low] > node[high]:
            yield (low,), f"{low} {node[low]} is above {high} {node[high]}, so that nothing fits", _MEND
    if isinstance(node.get("pattern"), str):
        yield from _pattern_doubts(("pattern",), node["pattern"], node.get("maxLength"))
    patterns = node.get("patternProperties")
    for pattern in patterns if isinstance(patterns, Mapping) else ():
        yield from _pattern_doubts(("patternProperties", pattern), pattern, None)
    required, properties = node.get("required"), node.get("properties")
    if isinstance(required, list) and isinstance(properties, dict) and node.get("additionalProperties") is False:
        absent = [name for name in required if name not in properties]
        if absent and not patterns:
            problem = f"{absent[0]!r} is required, and no property that is allowed is called so"
            yield ("required",), problem, "add the property, or leave the name out"


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@lru_cache(maxsize=1024)
def _pattern_words(pattern: str) -> tuple[str, str] | None:
    """What is the matter with a pattern, and what to do; None where nothing is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled_pattern(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"Python cannot read this pattern ({error}), so that nothing is held to it", "write it another way"
    if matches_nothing(pattern):
        return "no text matches this pattern", "mend it"
    if cost(pattern) is None:
        return (
            "no bound is seen for the time that this pattern may take, so that nothing is held to it",
            "write it without a repetition within a repetition, or say by format what is meant",
        )
    return None


def _pattern_doubts(steps: tuple[object, ...], pattern: str, longest: object) -> Iterator[_NodeDoubt]:
    words = _pattern_words(pattern)
    if words is not None:
        yield steps, *words
    elif isinstance(longest, int) and _least(pattern) > longest:
        problem = f"a text that matches has {_least(pattern)} characters or more, and maxLength is {longest}"
        yield steps, problem, _MEND


@lru_cache(maxsize=1024)
def _least(pattern: str) -> int:
    """The length of the shortest text that a pattern matches."""
    return int(parsed_pattern(pattern).getwidth()[0])


def matches_nothing(pattern: str) -> bool:
    """Tell whether it is sure that no text matches a pattern: text before its beginning, or behind its end."""
    if len(pattern) > 4000:
        return False
    try:
        parsed = parsed_pattern(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    if parsed.state.flags & re.MULTILINE:
        return False
    return _is_dead(parsed)


def _is_dead(items: Iterable[Any]) -> bool:
    before = 0
    ended = False
    for op, value in items:
        width = _width(op, value)
        if op.name == "AT" and value.name in ("AT_BEGINNING", "AT_BEGINNING_STRING") and before:
            return True
        if op.name == "BRANCH" and all(_is_dead(branch) for branch in value[1]):
            return True
        if ended and width and not _is_newline(op, value):
            return True
        if op.name == "IN" and [each[0].name for each in value] == ["NEGATE", "CATEGORY", "CATEGORY"]:
            names = {value[1][1].name, value[2][1].name}
            if any({name, name.replace("CATEGORY_", "CATEGORY_NOT_")} == names for name in names):
                return True
        ended = ended or (op.name == "AT" and value.name in ("AT_END", "AT_END_STRING"))
        before += width
    return False


def _is_newline(op: Any, value: Any) -> bool:
    """What may stand behind `$`: the line feed at the end of the text."""
    return op.name not in ("LITERAL",) or value == 10


def _width(op: Any, value: Any) -> int:
    """The least number of characters that a part takes."""
    if op.name in ("LITERAL", "NOT_LITERAL", "ANY", "IN", "RANGE", "CATEGORY"):
        return 1
    if op.name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return int(value[0]) * int(value[2].getwidth()[0])
    if op.name == "SUBPATTERN":
        return int(value[3].getwidth()[0])
    if op.name == "BRANCH":
        return min(int(branch.getwidth()[0]) for branch in value[1])
    return 0
