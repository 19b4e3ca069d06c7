"""
What is allowed and hardly meant: routes that cannot be told apart, words that nothing uses, pages that contradict
themselves.

Takes merged documents that have no faults; gives doubts and notes with their places. Only what would surprise somebody
who calls the service is told: a doubt that is mostly wrong is one that nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from restpath.definition.bundles import Bundles
from restpath.definition.findings import Doubt
from restpath.definition.merge import Documents
from restpath.definition.schema_doubts import body_doubts, shared_doubts
from restpath.template import Segment, Template, parse_template
from restpath.types import JsonObject

__all__ = ["doubts_of"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SHOWN = 6


def doubts_of(documents: Documents, *, imported: bool = False) -> Iterator[Doubt]:
    """
    Give what is doubtful in a definition.

    Args:
        documents: merged, and without faults.
        imported: it was made of a description in another format: what its author chose is no doubt of its reader's.
    """
    templates = {
        text: parse_template(text, literal=words.get("literal", False))
        for text, words in documents.resources.items()
        if text.startswith("/")
    }
    alike = list(_shape_doubts(documents, templates))
    yield from alike
    if not imported:
        told = {tokens[0] for _, _, tokens, _, _ in alike}
        yield from (doubt for doubt in _level_doubts(templates) if doubt[2][0] not in told)
        if documents.service.get("operation_names") != "dotted":  # where names are the chains
            yield from _unreachable_notes(templates)
        yield from _credential_doubts(documents)
        yield from _namespace_doubts(documents, templates)
    yield from _also_doubts(documents, templates)
    yield from _variable_doubts(documents, templates)
    yield from _page_doubts(documents)
    bundles = Bundles(documents.schemas)
    yield from shared_doubts(bundles, documents.schemas.get("schemas", {}), imported=imported)
    for template, words in documents.resources.items():
        if template.startswith("/"):
            yield from _deprecated_notes(template, words)
            for method, said in words["methods"].items():
                start = documents.defaults.get(template, {}).get(method)
                yield from body_doubts(bundles, template, method, said, start, imported=imported)


# ---- routes ------------------------------------------------------------------------------------------------------


def _shape(template: Template) -> tuple[tuple[str, ...], str]:
    """What of a template is the same for all of the same paths; a literal by its meaning, not by its spelling."""
    return tuple(_segment_shape(segment) for segment in template.segments), template.suffix


def _segment_shape(segment: Segment) -> str:
    literal = segment.literal
    return segment.shape if literal is None else f"={literal}"


def _shape_doubts(documents: Documents, templates: Mapping[str, Template]) -> Iterator[Doubt]:
    """Two templates of one shape with a method in common: nothing in a path decides between them."""
    by_shape: dict[Any, list[str]] = {}
    for text, template in templates.items():
        by_shape.setdefault(_shape(template), []).append(text)
    for texts in by_shape.values():
        first: dict[str, str] = {}  # the first of them with a method: one is enough to tell of
        for text in texts:
            shared: dict[str, list[str]] = {}
            for method in documents.resources[text]["methods"]:
                if first.setdefault(method, text) != text:
                    shared.setdefault(first[method], []).append(method)
            for other, both in shared.items():
                yield from _same_shape(text, other, both, templates)


def _same_shape(text: str, other: str, both: Sequence[str], templates: Mapping[str, Template]) -> Iterator[Doubt]:
    names, others = templates[text].variables, templates[other].variables
    methods = " and ".join(both)
    place = [text, "methods", both[0]]
    if names == others:
        problem = f"{methods} here and at {other} are the same path, and no chain can mean one of them"
        yield "doubt", "resources", place, problem, "keep one of the two"
        return
    ours = next(name for name, theirs in zip(names, others, strict=True) if name != theirs)
    problem = f"{methods} here and at {other} differ in nothing but the names of variables"
    advice = f"a plain item cannot decide: say it by name, [{{{ours!r}: ...}}], or keep one of the two"
    yield "doubt", "resources", place, problem, advice


def _level_doubts(templates: Mapping[str, Template]) -> Iterator[Doubt]:
    """One place whose variable has two names."""
    levels: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
    for text, template in templates.items():
        before: tuple[str, ...] = ()
        for segment in template.segments:
            before = (*before, _segment_shape(segment))
            if segment.variables:
                names = tuple(variable.name for variable in segment.variables)
                levels.setdefault(before, {}).setdefault(names, text)
    for named in levels.values():
        first, *more = named.items()
        for names, text in more:
            one, two = " and ".join(first[0]), " and ".join(names)
            problem = f"the variable {two!r} is called {one!r} at {first[1]}, and both stand at the same place"
            yield "doubt", "resources", [text], problem, "give it one name: values by name, and spellings, go by it"


def _unreachable_notes(templates: Mapping[str, Template]) -> Iterator[Doubt]:
    """Segments that only an item reaches: no fault, and good to know."""
    found: dict[str, str] = {}
    for text, template in templates.items():
        for segment in template.segments:
            literal = segment.literal
            if literal and not _is_attribute(literal):
                found.setdefault(literal, text)
    if found:
        names = ", ".join([repr(name) for name in found][:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        place = [next(iter(found.values()))]
        yield "note", "resources", place, f"no attribute reaches {names}{more}", 'they are reached as items, ["..."]'


def _is_attribute(literal: str) -> bool:
    name = literal.replace("-", "_")
    return name.isidentifier() and not name.startswith("_")


def _namespace_doubts(documents: Documents, templates: Mapping[str, Template]) -> Iterator[Doubt]:
    """A segment that is hidden behind the namespace of dotted operations of the same name."""
    if documents.service.get("operation_names") != "dotted":
        return
    spaces: dict[str, str] = {}
    for text in templates:
        for said in documents.resources[text]["methods"].values():
            if "name" in said:
                spaces.setdefault(said["name"].partition(".")[0], said["name"])
    seen: set[str] = set()
    for text, template in templates.items():
        first = (template.segments[0].literal or "").replace("-", "_") if template.segments else ""
        if first in spaces and first not in seen:
            seen.add(first)
            problem = f"as an attribute, {first} is where operations such as {spaces[first]} are, and no segment"
            yield "doubt", "resources", [text], problem, f"the item [{template.segments[0].literal!r}] reaches that"


def _also_doubts(documents: Documents, templates: Mapping[str, Template]) -> Iterator[Doubt]:
    for text in templates:
        for index, other in enumerate(documents.resources[text].get("also", ())):
            if other in templates:
                problem = f"{other} is a template of its own, and is taken for that wherever it is written"
                yield "doubt", "resources", [text, "also", index], problem, "leave it out here"


def _deprecated_notes(template: str, words: JsonObject) -> Iterator[Doubt]:
    methods = words["methods"]
    if len(methods) > 1 and all(said.get("deprecated") for said in methods.values()):
        yield "note", "resources", [template], "all methods here are deprecated", "say in documentation what is instead"


# ---- words that nothing uses -------------------------------------------------------------------------------------


def _credential_doubts(documents: Documents) -> Iterator[Doubt]:
    service = documents.service
    used = _texts_in(service.get("auth", {}))
    rules = [service.get("path_values", {}), *(_words(documents, "path_values"))]
    used |= {rule.get("credential", "") for named in rules for rule in named.values()}
    for name in service.get("credentials", {}):
        if name not in used:
            problem = f"nothing uses the credential {name!r}: no scheme under auth, and no path"
            yield "doubt", "service", ["credentials", name], problem, f"write {{{name}}} where it goes, or leave it out"
    named = [said.get("auth") for said in _methods(documents)]
    if named and all(schemes is not None for schemes in named):
        wanted = {name for schemes in named for name in schemes or ()}
        for name in service.get("auth", {}):
            if name not in wanted:
                problem = f"every method names its schemes, and none of them the scheme {name!r}"
                yield "doubt", "service", ["auth", name], problem, "name it in a method's auth, or leave it out"


def _texts_in(value: Any) -> set[str]:
    """The credentials that schemes speak of: in {braces}, and as what a token or a discovery fills."""
    found: set[str] = set()
    pile = [value]
    while pile:
        node = pile.pop()
        if isinstance(node, str):
            found.update(_PLACEHOLDER.findall(node))
        elif isinstance(node, dict):
            if isinstance(node.get("credential"), str):
                found.add(node["credential"])
            if isinstance(node.get("discovery"), dict):
                found.update(node["discovery"])
            pile += node.values()
        elif isinstance(node, list):
            pile += node
    return found


def _words(documents: Documents, word: str) -> Iterator[Mapping[str, Any]]:
    """What resources say under one of their words."""
    for template, words in documents.resources.items():
        if template.startswith("/") and isinstance(words.get(word), dict):
            yield words[word]


def _methods(documents: Documents) -> Iterator[JsonObject]:
    for template, words in documents.resources.items():
        if template.startswith("/"):
            yield from words["methods"].values()


def _variable_doubts(documents: Documents, templates: Mapping[str, Template]) -> Iterator[Doubt]:
    service = documents.service
    in_paths = {name for template in templates.values() for name in template.variables}
    for name in service.get("path_values", {}):
        if name not in in_paths:
            problem = f"no template has a variable {name!r}, so that this spells nothing"
            yield "doubt", "service", ["path_values", name], problem, "name a variable of a template, or leave it out"
    in_base = set(_PLACEHOLDER.findall(service.get("base_url", "")))
    for name, said in service.get("variables", {}).items():
        if name not in in_base:
            problem = f"the base URL has no variable {name!r}"
            yield "doubt", "service", ["variables", name], problem, f"write {{{name}}} into base_url, or leave it out"
        elif "default" not in said:
            problem = f"the base URL cannot be filled without {name!r}, which has no default"
            yield "note", "service", ["variables", name], problem, "whoever connects has to say it, or the whole URL"


# ---- pages and other pointers ------------------------------------------------------------------------------------


def _page_doubts(documents: Documents) -> Iterator[Doubt]:
    general = documents.service.get("pages") or {}
    yield from _rule_doubts("service", ["pages"], general, general)
    yield from _pointer_doubts("service", ["errors"], documents.service.get("errors", {}), ("code", "message"))
    yield from _undeclared(documents, general)
    for template, words in documents.resources.items():
        for method, said in words["methods"].items() if template.startswith("/") else ():
            place: list[object] = [template, "methods", method]
            own = said.get("pages")
            if own:
                base = general if own.get("by", general.get("by")) == general.get("by") else {}
                yield from _rule_doubts("resources", [*place, "pages"], own, {**base, **own})
                yield from _unknown_parameters([*place, "pages"], own, said)
            yield from _pointer_doubts("resources", [*place, "errors"], said.get("errors", {}), ("code", "message"))
            yield from _upload_doubts([*place, "uploads"], said, documents.service.get("uploads", {}))


def _rule_doubts(kind: str, place: list[object], own: JsonObject, rule: JsonObject) -> Iterator[Doubt]:
    """What a rule of pages says that contradicts itself; told at the words that say it."""
    yield from _pointer_doubts(kind, place, own, ("items", "next", "total", "pages", "more", "key"))
    items = rule.get("items", "")
    for name in ("next", "total", "pages", "more"):
        at = rule.get(name)
        if not isinstance(at, str) or not at.startswith("/") or not (name in own or "items" in own):
            continue
        if items == "":
            problem = f"without items the content itself is the list, and a list has no {at!r}"
            yield "doubt", kind, [*place, name] if name in own else place, problem, "say under items where the list is"
        elif at == items or at.startswith(items + "/"):
            problem = f"{at!r} is in the list itself, which is at {items!r}"
            yield "doubt", kind, [*place, name] if name in own else place, problem, "name a place beside the list"
    ends = [name for name in ("total", "pages", "more") if rule.get(name)]
    if own and rule.get("by") in ("page", "offset") and not ends and kind == "service":
        problem = f"pages by {rule['by']} without total, pages or more end at an empty page, or at one that comes again"
        yield "note", kind, place, problem, "a place for one of them saves the last request"


def _pointer_doubts(kind: str, place: list[object], words: JsonObject, names: Iterable[str]) -> Iterator[Doubt]:
    for name in names:
        at = words.get(name)
        if isinstance(at, str) and at.startswith("/") and "-" in at.split("/"):
            problem = f"{at!r} names what is behind the last item of a list, where nothing ever is"
            yield "doubt", kind, [*place, name], problem, "a number, or the name of a key, in place of -"


def _undeclared(documents: Documents, rule: JsonObject) -> Iterator[Doubt]:
    """The service's words on pages, where every method that declares its query leaves their parameters out."""
    declared = [said["query"] for said in _methods(documents) if said.get("query")]
    for word in ("parameter", "size"):
        name = rule.get(word)
        if isinstance(name, str) and declared and len(declared) > 2 and not any(name in query for query in declared):
            problem = f"no method declares the query parameter {name!r}, though {len(declared)} declare others"
            yield (
                "doubt",
                "service",
                ["pages", word],
                problem,
                "declare it under query where lists are, or mend it here",
            )


def _unknown_parameters(place: list[object], own: JsonObject, said: JsonObject) -> Iterator[Doubt]:
    known = {*said.get("query", {}), *_properties(said)}
    for word in ("parameter", "size"):
        name = own.get(word)
        if isinstance(name, str) and known and name not in known:
            problem = f"this method declares its fields, and {name!r} is none of them"
            yield "doubt", "resources", [*place, word], problem, "declare it under query, or mend it here"


def _properties(said: JsonObject) -> set[str]:
    schema = (said.get("body") or {}).get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return set(properties) if isinstance(properties, dict) else set()


def _upload_doubts(place: list[object], said: JsonObject, general: JsonObject) -> Iterator[Doubt]:
    known = _properties(said)
    if {**general, **said.get("uploads", {})}.get("json_field"):
        return  # the schema is that of the JSON beside the file
    for word, name in said.get("uploads", {}).items():
        if isinstance(name, str) and word in ("field", "json_field") and known and name not in known:
            problem = f"the body's schema has no {name!r}"
            yield "doubt", "resources", [*place, word], problem, "name a property of the schema, or add it there"
