"""
What an operation takes, as the items of a command line: names with their signs, values to choose from, an example.

Takes a method of a definition; gives `Offer`s: the template's variables where it is called by its name, the query's
names, what goes in header fields and cookies, the body's fields, a file. Nothing here touches the world.
Source: JSON Schema 2020-12 for the fields; the signs are HTTPie's (`=` text, `:=` JSON, `==` query, `@` file).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from restpath.definition.method import METHODS, Method
from restpath.tree import End

__all__ = ["Offer", "example_items", "offers_of", "ordered", "shell_word", "texts_of", "title_of"]

_DEEPEST = 4
_FILES = ("application/octet-stream", "binary")


class Offer(NamedTuple):
    """
    One thing that a call can say.

    Attributes:
        name: its name, as an item says it: `object.content` for a key within an object.
        sign: `=`, `:=`, `==` or `@`.
        kind: its type, in the words of JSON Schema; "" where none is said.
        choices: the values that it can have, where the definition lists them.
        required: whether the definition says that it is needed.
        deprecated: whether it is on its way out.
        documentation: what the definition says of it.
    """

    name: str
    sign: str
    kind: str = ""
    choices: tuple[Any, ...] = ()
    required: bool = False
    deprecated: bool = False
    documentation: str = ""

    @property
    def told(self) -> str:
        """The values or the type, in a word."""
        return "|".join(map(_text, self.choices)) if self.choices else self.kind


def offers_of(method: Method, *, by_name: bool = False) -> Iterator[Offer]:
    """
    Give what a call of a method can say, each name once.

    Args:
        by_name: it is called by its name, so that its template's variables are among the fields.
    """
    template = method.resource.template
    if by_name:
        where = f"Stands in {method.template}"
        yield from (Offer(name, "=", required=True, documentation=where) for name in dict.fromkeys(template.variables))
    for name in template.query_variables:
        if name not in method.query:
            yield Offer(name, "==", documentation=f"Stands in {method.template}")
    for name, said in method.query.items():
        required = bool(method.words.get("query", {}).get(name, {}).get("required"))
        yield Offer(name, "==", said.type or "", said.enum, required, said.deprecated, said.documentation)
    for name, said in method.parameters.items():
        documentation = f"In a {'header field' if said.place == 'header' else said.place}. {said.documentation}".strip()
        yield Offer(name, "=", said.type or "", said.enum, False, said.deprecated, documentation)
    yield from _body_offers(method)


def _body_offers(method: Method) -> list[Offer]:
    """The fields of the body; and a file, where that is what it is made of, or what the method itself speaks of."""
    kind = method.fields_kind
    fields = [*_fields(method.body_schema, method.body_schema, "", "json" if kind == "related" else kind, 0)]
    has_file = kind in ("multipart", "related") or "uploads" in method.words
    if has_file and not any(offer.sign == "@" for offer in fields):
        fields.append(Offer(method.rules.uploads.field, "@", "file", required=kind == "related" or not fields))
    return fields


def texts_of(offer: Offer) -> list[str]:
    """The values to choose from, as they stand behind the sign."""
    choices: Sequence[Any] = offer.choices or ((True, False) if offer.kind == "boolean" else ())
    return [_json(value) if offer.sign == ":=" else _text(value) for value in choices]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def ordered(methods: Collection[str]) -> list[str]:
    """Give the methods of a place in the order in which they are told."""
    return [method for method in METHODS if method in methods]


def title_of(end: End) -> str:
    """The title of a resource; for want of one, that of its only method."""
    title = end.definition.resource(end.template.text).title
    if title or len(end.methods) != 1:
        return title
    (word,) = end.methods
    return end.method(word).title


# ---- a body's fields ---------------------------------------------------------------------------------------------


def _fields(schema: object, whole: object, before: str, fields: str, depth: int) -> Iterator[Offer]:
    said = _plain(schema, whole)
    required = said.get("required", ())
    for name, words in said["properties"].items():
        own = _plain(words, whole)
        if own["properties"] and depth < _DEEPEST and fields == "json":
            yield from _fields(words, whole, f"{before}{name}.", fields, depth + 1)
            continue
        kind = _kind(own)
        text = fields != "json" or kind in ("string", "")
        sign = "@" if _is_file(own) else "=" if text else ":="
        documentation = str(own.get("description") or own.get("title") or "")
        yield Offer(
            before + name, sign, "file" if sign == "@" else kind, tuple(own.get("enum") or ()), name in required,
            own.get("deprecated") is True, documentation,
        )  # fmt: skip


def _plain(schema: object, whole: object, depth: int = 0) -> dict[str, Any]:
    """A schema with what it refers to and consists of written into it, as far as fields go."""
    said = dict(schema) if isinstance(schema, Mapping) else {}
    parts = [_target(said["$ref"], whole)] if isinstance(said.get("$ref"), str) else []
    parts += [part for part in said.get("allOf") or () if isinstance(part, Mapping)]
    properties = said.get("properties")
    said["properties"] = dict(properties) if isinstance(properties, Mapping) else {}
    for part in parts if depth < _DEEPEST else ():
        other = _plain(part, whole, depth + 1)
        said = {
            **other, **said,
            "properties": {**other["properties"], **said["properties"]},
            "required": [*other.get("required", ()), *said.get("required", ())],
        }  # fmt: skip
    return said


def _target(reference: str, whole: object) -> object:
    """What a reference within the schema leads to. Source: RFC 6901."""
    node = whole
    for token in reference.removeprefix("#").split("/")[1:] if reference.startswith("#/") else ["?"]:
        node = node.get(token.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    return node


def _kind(said: Mapping[str, Any]) -> str:
    """The type, without the null that may stand beside it."""
    kind = said.get("type")
    if isinstance(kind, str):
        return kind
    kinds = [each for each in kind or () if each != "null"]
    if kinds:
        return str(kinds[0]) if len(kinds) == 1 else "string" if "string" in kinds else ""
    return "" if all(isinstance(value, str) for value in said.get("enum") or ()) else "any"


def _is_file(said: Mapping[str, Any]) -> bool:
    return said.get("format") == "binary" or said.get("contentMediaType") in _FILES


# ---- an example --------------------------------------------------------------------------------------------------

_SAMPLES = {"integer": "10", "number": "1.5", "boolean": "true", "array": "[]", "object": "{}", "file": "FILE"}
_FEW = 2
_SAFE = re.compile(r"[\w@%+=:,./{}~-]+", re.ASCII)


def example_items(method: Method, *, by_name: bool = False) -> list[str]:
    """
    The items of an example: what is needed, and a file where one is taken. Where no field is needed, those that there
    are, if these are few, else the first.
    """
    offers = [offer for offer in offers_of(method, by_name=by_name) if not offer.deprecated]
    chosen = [offer for offer in offers if offer.required]
    fields = [offer for offer in _body_offers(method) if not offer.deprecated]
    files = [offer for offer in fields if offer.sign == "@"]
    if not any(offer.required for offer in fields):
        texts = [offer for offer in fields if offer.sign == "="]
        chosen += texts if len(texts) <= _FEW and not files else texts[:1]
    if not any(offer.sign == "@" for offer in chosen):
        chosen += files[:1]
    items = [offer.name + offer.sign + _sample(offer) for offer in chosen or offers[:1]]
    return [*items, "--data", "FILE"] if _is_list(method.body_schema) else items


def _is_list(schema: object) -> bool:
    """Whether a body is a list, which no items make."""
    return isinstance(schema, Mapping) and (schema.get("type") == "array" or "items" in schema)


def _sample(offer: Offer) -> str:
    """A value that shows what is meant: one of those listed, one of the type, else the name in capitals."""
    texts = texts_of(offer)
    if texts:
        return texts[0]
    name = re.sub(r"\W+", "_", offer.name.rpartition(".")[2]).upper()
    return name if offer.kind == "array" and offer.sign != ":=" else _SAMPLES.get(offer.kind, name)


def shell_word(text: str) -> str:
    """Write a word for a shell: braces, which every shell leaves alone when nothing is between commas, stay bare."""
    from shlex import quote

    return text if _SAFE.fullmatch(text) and not re.search(r"\{[^}]*,", text) and text[:1] != "~" else quote(text)
