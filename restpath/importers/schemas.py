"""
Schemas: from OpenAPI's own dialects to JSON Schema 2020-12, and what they refer to to the shared schemas.

Takes the spots of schemas; gives schemas whose references lead to the shared ones, `#/schemas/Name`, which are made
when they are first asked for. What cannot be said is left away such that the schema accepts more, never less, and
is reported: a reference that leads nowhere, a keyword that makes no sense, a circle that would never end.
Source: JSON Schema 2020-12; the Schema Objects of OpenAPI 2.0, 3.0.4 and 3.1.1 for what differs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from restpath.definition import lazy
from restpath.definition.bundles import Bundles, reference_to
from restpath.definition.frozen import freeze
from restpath.definition.jsonfile import pointer
from restpath.importers.circles import circles
from restpath.importers.found import Report
from restpath.importers.keywords import KEPT, Wrong
from restpath.importers.naming import unique
from restpath.importers.references import References, Spot, is_reference, key_of
from restpath.once import cached_property
from restpath.types import JsonObject

__all__ = ["Schemas"]

_MAX_DEPTH = 30  # each level is two in the document, and a document has a hundred


class _Unknown:
    """Stands for a schema that cannot be said: what it is part of has to do without."""


_UNKNOWN: Final = _Unknown()
_UNMADE: Final = object()
# Where a description has its schemas by name: these keep their names, whatever is used first.
_NAMED = (("components", "schemas"), ("definitions",))
_Key = tuple[str, str]


@dataclass
class _Entry:
    """A schema that others refer to."""

    name: str
    spot: Spot
    made: Any = _UNMADE
    refers: dict[str, None] = field(default_factory=dict)  # the names of the entries that it refers to
    in_place: dict[tuple[str, bool], None] = field(default_factory=dict)  # those asked about the very same value


class Schemas:
    """
    The schemas of one description.

    Args:
        siblings: whether what stands beside a `$ref` counts, as it does from OpenAPI 3.1 on.
    """

    def __init__(self, references: References, report: Report, document: Spot, *, siblings: bool) -> None:
        self._references, self._report, self._siblings = references, report, siblings
        self._document = document
        self._entries: dict[str, _Entry] = {}
        self._names: dict[_Key, str] = {}
        self._cuts: set[tuple[str, str, bool]] = set()  # (entry, what it refers to, whether that only widens)
        self._here: _Entry = _Entry("", Spot(None, ""))
        self._wanted: dict[str, None] = {}
        self.at_once = False
        self._bundles = Bundles(lazy.Schemas(self.one, dict))

    def whole(self, spot: Spot) -> JsonObject | bool:
        """Give a schema, whose references lead to shared ones; True where nothing can be said."""
        root = _Entry("", spot)
        self._fill(root)
        self._wanted.update(root.refers)
        if self.at_once:
            self._make(root.refers)
        made: JsonObject | bool = root.made
        return made

    def bundle(self, schema: JsonObject | bool) -> JsonObject | bool:
        """Give a schema with the shared ones that it refers to in it."""
        return schema if isinstance(schema, bool) else self._bundles.whole(schema)

    def one(self, name: str) -> Any:
        """Give a shared schema by its name. Raises KeyError where there is none."""
        if name not in self._entries:
            self._entries[name] = _Entry(name, self._document.at(*self._named[name]))
        self._make([name])
        return self._entries[name].made

    def shared(self) -> JsonObject:
        """Give the shared schemas that those refer to which were made so far, by name."""
        reached: dict[str, None] = {}
        pile = list(self._wanted)
        while pile:
            name = pile.pop()
            if name not in reached:
                reached[name] = None
                self._make([name])
                pile += self._entries[name].refers
        return {name: self._entries[name].made for name in sorted(reached)}

    # ---- making entries ----

    @property
    def made(self) -> list[str]:
        """The names of the shared schemas that have been made so far."""
        return [name for name, entry in self._entries.items() if entry.made is not _UNMADE]

    @cached_property
    def _named(self) -> dict[str, tuple[str, ...]]:
        """The places of the schemas that have names in the description, by the names that they have here."""
        found: dict[str, tuple[str, ...]] = {}
        tried: dict[str, int] = {}  # names of another script are all the same here
        for place in _NAMED:
            spot = self._document.at(*place)
            for key in spot.value if isinstance(spot.value, dict) else ():
                name = unique(_clean(key), found, tried)
                found[name] = (*place, key)
                self._names[spot.base, pointer((*spot.place, key))] = name
        return found

    def _make(self, names: Iterable[str]) -> None:
        """Make entries and all that they lead to, and cut the circles among them."""
        batch: dict[str, _Entry] = {}
        pile = list(names)
        try:
            while pile:
                name = pile.pop()
                entry = self._entries[name]
                if entry.made is _UNMADE:
                    batch[name] = entry
                    self._fill(entry)
                    pile += entry.refers
            for name in self._cut(batch):
                self._fill(batch[name])
        except BaseException:
            for entry in batch.values():
                entry.made = _UNMADE
            raise

    def _fill(self, entry: _Entry) -> None:
        entry.refers, entry.in_place = {}, {}
        self._here = entry
        made = self._schema(entry.spot, widening=True)
        entry.made = True if made is _UNKNOWN else freeze(made)

    def _cut(self, batch: dict[str, _Entry]) -> list[str]:
        """
        Find where to cut the circles among new entries; give the names of those that change.

        A base that is one of its variants, each of which is the base again, loses the list of its variants: they still
        are what the base is.
        """
        changed: dict[str, None] = {}
        choices = {name: [to for to, _ in entry.in_place] for name, entry in batch.items()}
        for circle in circles(choices):
            for name in circle:
                for to, plain in batch[name].in_place:
                    if to in circle and not plain:
                        self._cuts.add((name, to, plain))
                        changed[name] = None
        plains = {
            name: [to for to, plain in entry.in_place if plain and (name, to, plain) not in self._cuts]
            for name, entry in batch.items()
        }
        for circle in circles(plains):
            for name in circle:
                self._cuts.update((name, to, True) for to in plains[name] if to in circle)
                changed[name] = None
        return list(changed)

    # ---- one schema ----

    def _schema(self, spot: Spot, *, widening: bool | None, depth: int = 0) -> Any:
        """
        Convert a schema.

        Args:
            widening: it is about the value of the entry itself: True where to leave it away makes that one accept more;
                None where it is about a part of the value.
        Returns:
            the schema, or `_UNKNOWN`.
        """
        value = spot.value
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            self._report.add(spot.place, "this is no schema", spot.base)
            return _UNKNOWN
        if depth > _MAX_DEPTH:
            self._report.add(spot.place, "this schema is nested too deeply: it is not checked", spot.base)
            return _UNKNOWN
        if is_reference(value):
            return self._reference(spot, widening, depth)
        return self._object(spot, widening, depth)

    def _reference(self, spot: Spot, widening: bool | None, depth: int) -> Any:
        target = self._target(spot)
        if isinstance(target, str):
            self._report.add((*spot.place, "$ref"), f"{spot.value['$ref'][:200]!r} {target}", spot.base)
            made: Any = _UNKNOWN
        else:
            made = self._entry(target, spot, widening)
        beside = {key: item for key, item in spot.value.items() if key != "$ref"}
        if self._siblings and beside:
            own = self._object(Spot(beside, spot.base, spot.place), widening, depth)
            if made is _UNKNOWN or own is _UNKNOWN:
                return own if widening else _UNKNOWN
            return {**own, **made}
        return _nullable(made) if beside.get("nullable") is True or beside.get("x-nullable") is True else made

    def _target(self, spot: Spot) -> Spot | str:
        """What a reference names; `#/$defs/...` may be meant of the schema around it, as authors do who embed one."""
        reference: str = spot.value["$ref"]
        found = self._references.find(spot.base, reference)
        if isinstance(found, str) and reference.startswith(("#/$defs/", "#/definitions/")):
            for end in range(len(spot.place), 0, -1):
                around = quote(pointer(spot.place[:end]))
                inner = self._references.find(spot.base, f"#{around}{reference[1:]}")
                if isinstance(inner, Spot):
                    return inner
        return found

    def _entry(self, target: Spot, spot: Spot, widening: bool | None) -> Any:
        name = self._name_of(target)
        if name not in self._entries:
            self._entries[name] = _Entry(name, target)
        if widening is not None:
            if (self._here.name, name, widening) in self._cuts:
                self._report.add(spot.place, "this schema refers to itself without end: the circle is cut", spot.base)
                return _UNKNOWN
            self._here.in_place[name, widening] = None
        self._here.refers[name] = None
        return {"$ref": reference_to(name)}

    def _name_of(self, target: Spot) -> str:
        """The name of a shared schema: its own, or one made of its place; the same whatever was used first."""
        taken, key = self._named, key_of(target)
        name = self._names.get(key)
        if name is None:
            file = key[0] if key[0] != self._document.base else ""
            mark = hashlib.sha256(f"{file}#{key[1]}".encode()).hexdigest()[:8]
            token = _clean(str(target.place[-1])) if target.place else "schema"
            name = self._names[key] = unique(f"{token}-{mark}", taken)
        return name

    def _object(self, spot: Spot, widening: bool | None, depth: int) -> Any:
        made: JsonObject = {}
        for word, item in spot.items():
            if word in KEPT:
                try:
                    found = KEPT[word](item.value)
                except Wrong as error:
                    self._report.add(item.place, f"{error}: it is not checked", spot.base)
                    continue
                made.update(found)
        lost = self._within(spot, made, widening, depth)
        if lost:
            for word in ("unevaluatedItems", "unevaluatedProperties"):
                made.pop(word, None)
        _bounds(spot.value, made)
        self._requirements(spot, made)
        null = spot.value.get("nullable") is True or spot.value.get("x-nullable") is True
        return _nullable(made) if null else made

    # ---- what holds schemas ----

    def _within(self, spot: Spot, made: JsonObject, widening: bool | None, depth: int) -> bool:
        """Convert the schemas within a schema; tell whether something about the same value was lost."""
        lost = False
        for word, item in spot.items():
            if word in _MAPS:
                made.update(self._map(word, item, widening if word == "dependentSchemas" else None, depth))
            elif word in _PARTS:
                self._part(word, item, made, depth)
            elif word in _LISTS:
                choice = "discriminator" in spot.value and "anyOf" not in spot.value
                lost |= self._list(word, item, made, widening, depth, choice=choice)
            elif word in _IN_PLACE:
                inner = self._schema(item, widening=None if widening is None else False, depth=depth + 1)
                if inner is _UNKNOWN:
                    lost = True
                else:
                    made[word] = inner
        if "if" not in made:
            made.pop("then", None)
            made.pop("else", None)
        return lost

    def _map(self, word: str, item: Spot, widening: bool | None, depth: int) -> JsonObject:
        if not isinstance(item.value, dict):
            self._report.add(item.place, f"{word} needs an object: it is not checked", item.base)
            return {}
        about = None if widening is None else False
        found = {key: self._schema(inner, widening=about, depth=depth + 1) for key, inner in item.items()}
        return {word: {key: True if inner is _UNKNOWN else inner for key, inner in found.items()}}

    def _part(self, word: str, item: Spot, made: JsonObject, depth: int) -> None:
        if word == "items" and isinstance(item.value, list):  # a tuple, as JSON Schema had it before 2020-12
            found = [self._schema(inner, widening=None, depth=depth + 1) for inner in item.elements()]
            if found:
                made["prefixItems"] = [True if inner is _UNKNOWN else inner for inner in found]
            return
        inner = self._schema(item, widening=None, depth=depth + 1)
        word = "items" if word == "additionalItems" else word
        if inner is not _UNKNOWN and not (word == "items" and "items" in made):
            made[word] = inner

    def _list(
        self, word: str, item: Spot, made: JsonObject, widening: bool | None, depth: int, *, choice: bool
    ) -> bool:
        if not isinstance(item.value, list):
            self._report.add(item.place, f"{word} needs a list: it is not checked", item.base)
            return True
        if word == "prefixItems":
            found = [self._schema(inner, widening=None, depth=depth + 1) for inner in item.elements()]
            if found:
                made[word] = [True if inner is _UNKNOWN else inner for inner in found]
            return False
        about = None if widening is None else (widening and word == "allOf")
        found = [self._schema(inner, widening=about, depth=depth + 1) for inner in item.elements()]
        known = [inner for inner in found if inner is not _UNKNOWN]
        if word != "allOf" and len(known) < len(found):
            return True
        if known:
            # A discriminator says which one counts; that others fit as well is no fault then.
            made["anyOf" if choice and word == "oneOf" else word] = known
        return len(known) < len(found)

    def _requirements(self, spot: Spot, made: JsonObject) -> None:
        """Ask a caller for no property that only the service may send. Source: OpenAPI 3.0.4 section 4.7.24.1."""
        wanted = made.get("required")
        if not wanted:
            return
        properties = spot.at("properties")
        needed = [name for name in wanted if not self._is_read_only(properties.at(name))]
        if needed:
            made["required"] = needed
        else:
            del made["required"]

    def _is_read_only(self, spot: Spot) -> bool:
        value = spot.value
        if is_reference(value):
            target = self._references.find(spot.base, value["$ref"])
            own = self._siblings and value.get("readOnly") is True
            return own or (isinstance(target, Spot) and _says_read_only(target.value))
        return _says_read_only(value)


def _clean(token: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", token)[:100] or "schema"


_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_PARTS = frozenset(
    {
        "items", "additionalItems", "contains", "additionalProperties", "propertyNames", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema",
    }
)  # fmt: skip
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_IN_PLACE = frozenset({"not", "if", "then", "else"})


def _says_read_only(value: Any) -> bool:
    return isinstance(value, dict) and value.get("readOnly") is True


def _bounds(value: JsonObject, made: JsonObject) -> None:
    """`exclusiveMinimum: true` beside `minimum`, as JSON Schema had it before draft 6."""
    for exclusive, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if value.get(exclusive) is True and plain in made:
            made[exclusive] = made.pop(plain)


def _nullable(made: Any) -> Any:
    """Let null be good as well, as OpenAPI 3.0 says by `nullable`."""
    if made is _UNKNOWN or isinstance(made, bool):
        return made
    if "type" not in made or set(made) & _BESIDE_TYPE:
        return {"anyOf": [made, {"type": "null"}]}
    types = made["type"] if isinstance(made["type"], list) else [made["type"]]
    made = {**made, "type": [*types, *([] if "null" in types else ["null"])]}
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made


# What null would have to be good for beside the type.
_BESIDE_TYPE = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if", "const"})
