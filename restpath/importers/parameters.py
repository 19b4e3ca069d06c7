"""
Parameters: from the parameter objects of an operation to the words of its query.

Takes the spots of parameters, those of the path first; gives what the data format says of them, and reports what goes
otherwise than a caller would think: header fields, cookies, and styles that the data format has no word for.
Source: OpenAPI 3.1.1 section 4.8.12 (style and explode).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from restpath.definition.frozen import freeze
from restpath.importers.found import Report
from restpath.importers.keywords import TYPES, is_shallow
from restpath.importers.naming import is_text
from restpath.importers.references import References, Spot
from restpath.importers.schemas import Schemas
from restpath.types import JsonObject

__all__ = ["Parameters", "gather", "is_header", "read_parameters"]


@dataclass
class Parameters:
    """
    What the parameters of an operation come to.

    Attributes:
        query: the words of the query parameters by name.
        headers: header fields that always have one value.
        elsewhere: the words of those that go in header fields and cookies, by name.
        path: the variables of the path that are declared, and where.
    """

    query: JsonObject = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    elsewhere: JsonObject = field(default_factory=dict)
    path: dict[str, Spot] = field(default_factory=dict)


def gather(references: References, report: Report, *lists: Spot) -> dict[tuple[str, str], Spot]:
    """Give the parameters of several lists by place and name, those of the later over those of the earlier."""
    found: dict[tuple[str, str], Spot] = {}
    for each in lists:
        if each.value is not None and not isinstance(each.value, list):
            report.add(each.place, "this is no list of parameters", each.base)
        for target in filter(None, map(references.follow, each.elements())):
            if is_text(target.text("name")):
                found[target.text("in"), target.text("name")] = target
            else:
                report.add(target.place, "this is no parameter: it has no name", target.base)
    return found


def read_parameters(
    found: Iterable[tuple[tuple[str, str], Spot]], references: References, schemas: Schemas, report: Report
) -> Parameters:
    """Turn parameters into words; what has none is reported."""
    made = Parameters()
    for (where, name), spot in found:
        if where == "query":
            made.query.update(_query(name, spot, references, schemas, report))
        elif where == "querystring":
            report.add(spot.place, "the whole query in one parameter: give it to the call as qs=", spot.base)
        elif where == "path":
            made.path[name] = spot
            _check_path_style(name, spot, report)
        elif where == "header":
            _header(name, spot, references, schemas, made, report)
        elif where == "cookie":
            made.elsewhere[name] = _elsewhere("cookie", spot, references, schemas)
        else:
            what = f"the parameter {name!r} goes nowhere that is known: its word in is {spot.value.get('in')!r:.60}"
            report.add(spot.place, what, spot.base)
    return made


# ---- query -------------------------------------------------------------------------------------------------------

# How a list is written; None as the data format does unless said otherwise. What deepObject makes of a list is said
# nowhere: services that have it write brackets.
_LISTS = {
    ("form", True): None, ("form", False): "commas", ("spaceDelimited", True): None, ("pipeDelimited", True): None,
    ("spaceDelimited", False): "spaces", ("pipeDelimited", False): "pipes",
    ("deepObject", True): "brackets", ("deepObject", False): "brackets",
}  # fmt: skip
_KEPT = ("enum", "default", "format")


def _query(name: str, spot: Spot, references: References, schemas: Schemas, report: Report) -> dict[str, JsonObject]:
    schema = _schema_of(spot, references)
    words = _parameter_words(spot, schema, schemas)
    if spot.at("content").value:
        report.add((*spot.place, "content"), f"{name!r} is written as JSON: give it as text", spot.base)
        return {name: {**words, "type": "string"} if "type" in words else words}
    if spot.value.get("allowReserved") is True:
        what = f"reserved characters of {name!r} are percent-encoded, which means the same"
        report.add((*spot.place, "allowReserved"), what, spot.base)
    style = spot.text("style") or "form"
    explode = spot.value.get("explode", style == "form") is True
    if words.get("type") == "object" and (style, explode) != ("form", False):
        parts = _parts(name, style, schema, references, schemas)
        if parts:
            return parts
    if words.get("type") == "array":
        if (style, explode) in _LISTS:
            lists = _LISTS[style, explode]
            words = words if lists is None else {**words, "lists": lists}
        else:
            report.add(spot.place, f"the list {name!r} goes as {style}: give it as one text", spot.base)
    elif words.get("type") == "object":
        how = "name[key]" if style == "deepObject" else "as text"
        report.add(spot.place, f"the object {name!r} goes as {style}: give its members in qs=, {how}", spot.base)
    return {name: words}


def _parts(
    name: str, style: str, schema: Spot | None, references: References, schemas: Schemas
) -> dict[str, JsonObject]:
    """The members of an object as parameters of their own, `filter[name]` or `name`, as the style writes them."""
    made: dict[str, JsonObject] = {}
    for key, spot in schema.at("properties").items() if schema is not None else ():
        inner = references.follow(spot)
        if inner is not None and isinstance(inner.value, dict):
            words = _parameter_words(inner, inner, schemas)
            if words.get("type") == "object":
                return {}
            made[f"{name}[{key}]" if style == "deepObject" else key] = words
    return made


def _schema_of(spot: Spot, references: References) -> Spot | None:
    """Find the schema of a parameter: its own, or that of its content."""
    content = next((inner for _, inner in spot.at("content").items()), None)
    schema = spot.at("schema") if content is None else content.at("schema")
    if schema.value is None:
        return None
    schema_spot = references.follow(schema)
    return schema_spot if schema_spot is not None and isinstance(schema_spot.value, dict) else None


def _parameter_words(spot: Spot, schema: Spot | None, schemas: Schemas) -> JsonObject:
    """Say in words what a parameter is: its type, what it may be, its documentation."""
    words: JsonObject = {}
    said = schema.value if schema is not None else {}
    kind = _type(said)
    if kind is not None:
        words["type"] = kind
    if schema is not None and isinstance(said.get("items"), dict) and said["items"]:
        words["items"] = schemas.whole(schema.at("items"))
    for word in _KEPT:
        value = said.get(word)
        good = is_text(value) if word == "format" else isinstance(value, list) and value if word == "enum" else True
        if word in said and good and is_shallow(value):
            words[word] = freeze(value)
    documentation = spot.text("description") or (schema.text("description") if schema is not None else "")
    if documentation:
        words["documentation"] = documentation
    if spot.value.get("deprecated") is True:
        words["deprecated"] = True
    return words


def _type(said: JsonObject) -> str | None:
    kinds = said.get("type")
    names = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    known = [name for name in names if isinstance(name, str) and name in TYPES and name != "null"]
    return known[0] if len(known) == 1 else None


# ---- elsewhere ---------------------------------------------------------------------------------------------------

# Source: OpenAPI 3.1.1 section 4.8.12.1: parameters of these names are ignored.
_NOT_SAID_HERE = frozenset({"accept", "content-type", "authorization"})


def _header(name: str, spot: Spot, references: References, schemas: Schemas, made: Parameters, report: Report) -> None:
    if name.lower() in _NOT_SAID_HERE:
        return
    schema = _schema_of(spot, references)
    value = _only_value(schema.value if schema is not None else {})
    if value is not None and spot.value.get("required") is True and is_header(name, value):
        made.headers[name] = value
    elif is_header(name, ""):
        made.elsewhere[name] = _elsewhere("header", spot, references, schemas)
    else:
        report.add(spot.place, f"{name!r} is no name of a header field", spot.base)


_SAID_ELSEWHERE = ("type", "enum", "documentation", "deprecated")


def _elsewhere(where: str, spot: Spot, references: References, schemas: Schemas) -> JsonObject:
    words = _parameter_words(spot, _schema_of(spot, references), schemas)
    return {"in": where, **{word: words[word] for word in _SAID_ELSEWHERE if word in words}}


def _only_value(said: Any) -> str | None:
    enum = said.get("enum")
    only = enum[0] if isinstance(enum, list) and len(enum) == 1 else said.get("const")
    return only if isinstance(only, str) else None


def is_header(name: str, value: str) -> bool:
    """Tell whether a header field can be sent with every call as it stands."""
    good = name.isascii() and all(char.isalnum() or char in "!#$%&'*+.^_`|~-" for char in name)
    return good and bool(name) and value.isascii() and value.isprintable()


def _check_path_style(name: str, spot: Spot, report: Report) -> None:
    style = spot.text("style")
    if style in ("matrix", "label"):
        what = f"{name!r} goes as {style}, which a path here has not: give the value with its marks"
        report.add((*spot.place, "style"), what, spot.base)
