"""
Learning: from calls that a service answered to the words that a definition would have for them.

Takes what was seen of a call (the steps of its path, names and types, no values) and the resource tree of what is
known; gives resources in the form of resources.json, with notes under `x-` keys: how often and when a method was seen
(`x-seen`), the media types of its answers (`x-answer`), and what is unsure of it (`x-unsure`). Drafts of several calls,
threads and processes merge, in any order. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

from restpath.judging import is_id, is_plain_word, is_plural, variable_for
from restpath.records import dataclass, field
from restpath.shaping import SURE, merge_parameters, merge_schemas, typed_places, with_sure_types, without_mere_nulls
from restpath.template import TemplateError, parse_template
from restpath.tree import Node
from restpath.types import JsonObject

__all__ = [
    "NOTES", "Placed", "Seen", "Step", "draft_words", "merge_resources", "method_words", "place_steps",
    "settled", "shape_of", "unsure_parts", "without_known",
]  # fmt: skip

NOTES = ("x-seen", "x-answer", "x-unsure")
Kind = Literal["name", "item", "word", "said"]


@dataclass(frozen=True)
class Step:
    """
    One segment of a path that was called.

    Attributes:
        text: what stood there, decoded; of a `said` one the segment as a template writes it.
        kind: how it was written: a `name` (an attribute), an `item`, a `word` of a URL of which nothing else is known;
            or `said`: a template said it.
        secret: whether a credential stands in it.
    """

    text: str = field(repr=False)
    kind: Kind
    secret: bool = False


@dataclass(frozen=True)
class Seen:
    """
    A call that was answered with success, without its values.

    Attributes:
        method: the HTTP method.
        steps: its path.
        words: what resources.json would say of the method, beside its template.
        unsure: what is unsure of it, whatever its path.
        suffix: the slash at the end of the path, where there is one.
    """

    method: str
    steps: tuple[Step, ...]
    words: JsonObject
    unsure: tuple[JsonObject, ...] = ()
    suffix: str = ""


@dataclass(frozen=True)
class Placed:
    """A path as a template, and what is unsure of its segments."""

    template: str
    unsure: tuple[JsonObject, ...] = ()


# ---- paths -------------------------------------------------------------------------------------------------------


def place_steps(steps: Sequence[Step], root: Node, suffix: str = "") -> Placed:
    """
    Make a template of the steps of a path: names stay, values become variables.

    What is known decides: an item that is a known literal is that literal, and a variable that is known at its level
    keeps its name. Beyond, a name that looks like an id becomes a variable, as it must not be written down; and an item
    that is a plain word with no collection before it is taken for the name of one.

    Args:
        root: the root of the tree of what is known.
        suffix: a slash at the end.
    """
    node: Node | None = root
    texts: list[str] = []
    taken: list[str] = []
    unsure: list[JsonObject] = []
    before: str | None = None
    for step in steps:
        known = _known_step(node, step)
        text, why = (known[0], "") if known is not None else _new_step(step, before, taken, unsure_before(texts))
        node = known[1] if known is not None else _below(node, text)
        if why:
            unsure.append({"segment": text, "why": why})
        names = re.findall(r"\{\+?([^{}]+)\}", text)
        taken += names
        before = before if names else step.text
        texts.append(text)
    return Placed("".join(f"/{text}" for text in texts) + suffix or "/", tuple(unsure))


def unsure_before(texts: Sequence[str]) -> bool:
    """Whether no literal stands right before what comes next: at the root, and below a variable."""
    return not texts or texts[-1].startswith("{")


def _known_step(node: Node | None, step: Step) -> tuple[str, Node] | None:
    """The segment of a node that is known, as its templates write it, and the node; None where there is none."""
    if node is None:
        return None
    if step.kind == "said":
        child = _below(node, step.text)
        return (step.text, child) if child is not None and step.text in (*child.texts, child.segment.text) else None
    if step.text in node.literals and not step.secret:
        child = node.literals[step.text]
        return child.segment.text, child
    child = node.variable
    if step.kind == "name" or child is None or child.implied or not child.texts:
        return None
    return next(iter(child.texts)), child


def _below(node: Node | None, text: str) -> Node | None:
    if node is None:
        return None
    try:
        (segment,) = parse_template(f"/{text}").segments
    except (TemplateError, ValueError):
        return None
    return node.known(segment)


_WAS_NAME = "written as a name, but looks like an id"
_WAS_ITEM = "written as an item: a word with no collection before it may be a value as well"
_WAS_WORD = "a word in a URL: it may be a value"
_WAS_SLUG = "a value, or a fixed segment that no attribute can spell"


# What the paths of an interface begin with: no collection, whose items would follow.
_ROOTS = re.compile(r"api|rest|ajax|internal|public|v\d.*|\d.*", re.IGNORECASE)


def _new_step(step: Step, before: str | None, taken: Sequence[str], first: bool) -> tuple[str, str]:
    """A segment that is not known: as a template writes it, and what is unsure of it."""
    variable = f"{{{variable_for(before, taken)}}}"
    if step.kind == "said":
        return step.text, ""
    if step.secret:
        return variable, "a credential stood here"
    value = is_id(step.text)
    if step.kind == "name":
        return (variable, _WAS_NAME) if value else (_literal(step.text), "")
    if step.kind == "word":
        doubtful = before and not first and not is_plural(step.text) and not _ROOTS.fullmatch(before)
        return (variable, "") if value else (_literal(step.text), _WAS_WORD if doubtful else "")
    if first and is_plain_word(step.text):
        return _literal(step.text), _WAS_ITEM
    return variable, _WAS_SLUG if re.fullmatch(r"[a-z]+(?:-[a-z]+)+", step.text) and not value else ""


def _literal(text: str) -> str:
    return quote(text, safe="-._~!$&'()*+,;=:@")


# ---- words -------------------------------------------------------------------------------------------------------


def method_words(seen: Seen, unsure: Sequence[JsonObject], times: int, when: str) -> JsonObject:
    """Give the words of a method with its notes."""
    marks = [*unsure, *seen.unsure]
    types = dict.fromkeys(typed_places(_body_schema(seen.words)), times)
    words: JsonObject = {
        **seen.words,
        "x-seen": {"times": times, "first": when, "last": when, **({"types": types} if types else {})},
        **({"x-unsure": marks} if marks else {}),
    }
    return _in_order(words)


def _body_schema(words: JsonObject) -> JsonObject:
    """The shape of the body; {} where nothing is said of it."""
    body = words.get("body")
    schema = body.get("schema") if isinstance(body, dict) else None
    return schema if isinstance(schema, dict) else {}


def _in_order(words: JsonObject) -> JsonObject:
    """The words, and behind them the notes."""
    return {key: words[key] for key in (*(key for key in words if key not in NOTES), *NOTES) if key in words}


def merge_resources(one: JsonObject, other: JsonObject) -> JsonObject:
    """
    Give the resources of two drafts as one.

    A template of the second that has the shape of one of the first is that one, whatever its variables are called:
    whoever renamed them in the draft has said how they are called.
    """
    merged = dict(one)
    shapes = {shape_of(text): text for text in one}
    for text, words in other.items():
        own = shapes.setdefault(shape_of(text), text)
        methods = dict(merged.get(own, {}).get("methods", {}))
        for method, said in words["methods"].items():
            methods[method] = _merged_method(methods[method], said) if method in methods else said
        merged[own] = {**words, **merged.get(own, {}), "methods": methods}
    return merged


@lru_cache(maxsize=4096)
def shape_of(template: str) -> str:
    """Give a template without the names of its variables; of what is none, the text itself."""
    try:
        parsed = parse_template(template)
    except TemplateError:
        return template
    return "".join(f"/{segment.shape}" for segment in parsed.segments) + parsed.suffix


def _merged_method(one: JsonObject, other: JsonObject) -> JsonObject:
    merged = {**other, **one}
    if "query" in one and "query" in other:
        merged["query"] = merge_parameters(one["query"], other["query"])
    if "body" in one and "body" in other:
        merged["body"] = _merged_body(one["body"], other["body"])
    if "x-seen" in one and "x-seen" in other:
        first, second = one["x-seen"], other["x-seen"]
        merged["x-seen"] = {
            "times": first["times"] + second["times"],
            "first": min(first["first"], second["first"]),
            "last": max(first["last"], second["last"]),
        }
        types = [each.get("types", {}) for each in (first, second)]
        if any(types):
            both = dict.fromkeys([*types[0], *types[1]])
            merged["x-seen"]["types"] = {place: sum(each.get(place, 0) for each in types) for place in both}
    for key in ("x-answer", "x-unsure"):
        if key in one and key in other:
            merged[key] = [*one[key], *(each for each in other[key] if each not in one[key])]
    return _in_order(merged)


def _merged_body(one: JsonObject, other: JsonObject) -> JsonObject:
    """What two bodies have in common: of two media types the first, whose shape then is the only one."""
    if one.get("media_type", "") != other.get("media_type", ""):
        return one
    if "schema" not in one or "schema" not in other:
        return {**other, **one}
    return {**one, "schema": merge_schemas(one["schema"], other["schema"])}


# ---- words that turn out to be values ----------------------------------------------------------------------------

# How many: below a collection with the same words behind them; else with such; else.
_FEW, _MANY, _VERY_MANY = 2, 3, 5


def settled(resources: JsonObject) -> JsonObject:
    """
    Make one variable of words that vary at a place where values are likely.

    Words that are unsure are taken for values where several stand at one place with the same behind them: below a
    collection (`users/ann/posts`, `users/bob/posts`), or where they were written as items.
    """
    while (found := next(_variations(resources), None)) is not None:
        position, texts = found
        resources = _varied(resources, position, texts)
    return resources


def _variations(resources: JsonObject) -> Iterator[tuple[int, list[str]]]:
    """The templates that differ only in an unsure word, and its position."""
    groups: dict[tuple[object, ...], dict[str, None]] = {}
    for text, words in resources.items():
        segments = text.split("/")[1:]
        marks = {
            mark["segment"]: mark.get("why")
            for said in words["methods"].values()
            for mark in said.get("x-unsure", ())
            if isinstance(mark, dict) and "segment" in mark
        }
        for at, segment in enumerate(segments):
            why = marks.get(segment)
            in_collection = why == _WAS_WORD and at > 0 and is_plural(segments[at - 1])
            if (in_collection or why == _WAS_ITEM) and not is_plural(segment):
                rest = shape_of("/" + "/".join(segments[at + 1 :])) if segments[at + 1 :] else ""
                groups.setdefault((at, in_collection, rest, *segments[:at]), {})[text] = None
    for (position, in_collection, behind, *_), found in groups.items():
        same_words = re.search(r"/[^/{]", str(behind)) is not None
        enough = (_FEW if same_words else _MANY) if in_collection else _MANY if same_words else _VERY_MANY
        if len(found) >= enough:
            yield int(str(position)), list(found)


def _varied(resources: JsonObject, position: int, texts: Sequence[str]) -> JsonObject:
    """The resources with a variable at a position of these templates, and of those that go further from there."""
    first = texts[0].split("/")[1:]
    words = {text.split("/")[1:][position] for text in texts}
    before = next((text for text in reversed(first[:position]) if not text.startswith("{")), None)
    kept: JsonObject = {}
    for text, said in resources.items():
        segments = text.split("/")[1:]
        if segments[:position] == first[:position] and segments[position : position + 1] != []:
            if segments[position] in words:
                name = variable_for(before, [part.strip("{+}") for part in segments if part.startswith("{")])
                gone, segments[position] = segments[position], f"{{{name}}}"
                said = _remarked(said, gone, segments[position])
        kept = merge_resources(kept, {"/" + "/".join(segments): said})
    return kept


def _remarked(words: JsonObject, gone: str, variable: str) -> JsonObject:
    mark = {"segment": variable, "why": "several words stood here"}
    methods = {}
    for method, said in words["methods"].items():
        others = [each for each in said.get("x-unsure", ()) if each.get("segment") != gone]
        methods[method] = {**said, "x-unsure": [*others, mark]}
    return {**words, "methods": methods}


# ---- what would be taken over ------------------------------------------------------------------------------------


def draft_words(resources: JsonObject, *, notes: bool = False) -> JsonObject:
    """Give the very words that would be taken over; with their notes where that is asked for."""
    told: JsonObject = {}
    for text, words in resources.items():
        methods = {}
        for method, said in words["methods"].items():
            kept = {key: value for key, value in said.items() if notes or key not in NOTES}
            schema = _body_schema(said)
            if schema:
                sure, open_ = with_sure_types(without_mere_nulls(schema), said.get("x-seen", {}).get("types", {}))
                kept["body"] = {**kept["body"], "schema": sure}
                if open_ and notes:
                    kept["x-unsure"] = [*kept.get("x-unsure", ()), {"why": _OPEN + ", ".join(map(_shown, open_))}]
            methods[method] = _in_order(kept)
        told[text] = {**words, "methods": methods}
    return told


_OPEN = f"of any type until {SURE} calls agree on one: "


def _shown(place: str) -> str:
    return place[1:] or "the body"


def unsure_parts(resources: JsonObject) -> list[str]:
    """Give what is unsure of the operations of a draft, one line for each operation and reason."""
    return [
        f"{method} {text}: " + ": ".join(str(mark[key]) for key in ("segment", "why") if key in mark)
        for text, words in draft_words(resources, notes=True).items()
        for method, said in words["methods"].items()
        for mark in said.get("x-unsure", ())
    ]


def without_known(resources: JsonObject, known: Mapping[str, Any]) -> JsonObject:
    """Give the resources of a draft without the methods that a definition has by now, by the shape of the template."""
    there: dict[str, set[str]] = {}
    for text, words in known.items():
        if text.startswith("/"):
            there.setdefault(shape_of(text), set()).update(words["methods"])
    rest: JsonObject = {}
    for text, words in resources.items():
        have = there.get(shape_of(text), ())
        methods = {method: said for method, said in words["methods"].items() if method not in have}
        if methods:
            rest[text] = {**words, "methods": methods}
    return rest
