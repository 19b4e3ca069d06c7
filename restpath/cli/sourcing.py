"""
`where`: which file of which layer said what, down to a single default and query parameter, and what that overrides.

Takes SERVICE, SERVICE/PATH or SERVICE OPERATION; prints a line for each thing that is said, with its file and layer,
and under it what the layers below had said; also for what a layer has removed, and for the shared schemas that a place
refers to. Nothing is sent.
Source: RFC 6901 for the places in JSON.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from restpath.cli.completing import complete_operation, complete_path
from restpath.cli.drawing import Page
from restpath.cli.options import definition_option
from restpath.cli.sampling import Sampled

if TYPE_CHECKING:
    from restpath.cli.locating import Located
    from restpath.definition.model import Definition
    from restpath.definition.saying import Saying

__all__ = ["where"]

_SHOWN = 60


@dataclass(frozen=True)
class _Row:
    """What is said at one place, by whom, the latest first."""

    kind: str
    place: tuple[object, ...]
    sayings: Sequence[Saying]

    @property
    def label(self) -> str:
        """The place in words, without the template and the words that say nothing: `GET query limit`."""
        words = [str(token) for token in (self.place if self.kind == "service" else self.place[1:])]
        if self.kind == "resources" and words[:1] == ["methods"]:
            words = words[1:]
        if self.kind == "defaults":
            words = [*words[:1], "default", ".".join(words[1:])]
        return " ".join(filter(None, words))


@click.command(cls=Sampled)
@click.argument("place", metavar="SERVICE[/PATH]", shell_complete=complete_path)
@click.argument("operation", required=False, shell_complete=complete_operation)
@definition_option
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def where(place: str, operation: str | None, definition: str | None, output: str) -> None:
    """
    Tell which file said what, and what it overrides.

    Each thing that is said has a line with its file and layer: down to a single default and query parameter. Below it
    stands what it overrides. What a layer has removed is told with the file that did it. SERVICE alone gives the words
    for the whole service: base_url, auth, pages and so on, and the shared schemas that several files speak of.

    \b
    Examples:
      restpath where <service>
      restpath where <place>
      restpath where <operation>
    """
    from restpath.cli.locating import locate, place_or_operation

    located, operation = place_or_operation(locate(place, definition), operation)
    rows = list(_rows(located, operation))
    if output == "json":
        click.echo(json.dumps([_as_json(row) for row in rows], ensure_ascii=True, indent=2))
    else:
        _print(rows)


def _rows(located: Located, operation: str | None) -> Iterator[_Row]:
    definition = located.definition
    if operation is not None:
        template, method = _named(located, operation)
        yield from _template_rows(definition, template, method)
        yield from _schema_rows(definition, [(template, method)])
    elif located.path:
        templates = _templates_at(located)
        for template in templates:
            yield from _template_rows(definition, template)
        yield from _schema_rows(definition, [(template, None) for template in templates])
    else:
        yield from _leaf_rows(definition, "service", (), definition.documents.service)
        yield from _all_removed(definition)
        yield from _disputed_schemas(definition)


# ---- what there is, and was --------------------------------------------------------------------------------------


def _with_removed(definition: Definition) -> Definition:
    """The definition as it would be if no layer had removed a resource or a method: for finding what was removed."""
    from restpath.definition.merge import Documents, merge_patch
    from restpath.definition.saying import templates_said

    merged: dict[str, Any] = {}
    for template, words in templates_said(definition.layers):
        kept = {method: said for method, said in words["methods"].items() if said is not None}
        merged[template] = merge_patch(merged.get(template, {}), {**words, "methods": kept})
    found = Documents(definition.documents.service, merged, {})
    return replace(definition, documents=found) if definition.layers else definition


def _templates_at(located: Located) -> list[str]:
    """
    The templates that a path means; of what is no resource any more, too.

    Raises:
        UnknownItem: there is no such place, and never was.
    """
    from restpath.cli.locating import find_spot
    from restpath.errors import UnknownItem
    from restpath.phrasing import nearest

    spot = find_spot(located._replace(definition=_with_removed(located.definition)))
    if spot.ends:
        return [end.template.text for end in spot.ends]
    below = [end.template.text for end in spot.node.subtree_ends()]
    raise UnknownItem(
        f"{located.source}/{located.path} is no resource itself; below it are {', '.join(below[:8])}",
        segment=located.path,
        choices=nearest(located.path, below),
    )


def _named(located: Located, name: str) -> tuple[str, str]:
    from restpath.cli.showing import find_operation

    found = find_operation(located._replace(definition=_with_removed(located.definition)), name)
    return found.template, found.method


# ---- rows --------------------------------------------------------------------------------------------------------


def _template_rows(definition: Definition, template: str, method: str | None = None) -> Iterator[_Row]:
    from restpath.definition.saying import removed_places

    documents = definition.documents
    removed = removed_places(definition.layers, documents.resources, template)
    for place, _ in removed:
        if len(place) == 1 or method in (None, place[-1]):
            yield _row(definition, "resources", place)
    words = documents.resources.get(template)
    if words is not None:
        for kind, part in (("resources", words), ("defaults", documents.defaults.get(template))):
            start: tuple[object, ...] = (template,)
            if method is not None:
                part = ((part or {}).get("methods", {}) if kind == "resources" else part or {}).get(method)
                start = (template, "methods", method) if kind == "resources" else (template, method)
            if part is not None:
                yield from _leaf_rows(definition, kind, start, part)


def _all_removed(definition: Definition) -> Iterator[_Row]:
    from restpath.definition.saying import removed_places, templates_said

    for template in dict.fromkeys(template for template, _ in templates_said(definition.layers)):
        for place, _ in removed_places(definition.layers, definition.documents.resources, template):
            yield _row(definition, "resources", place)


def _schema_rows(definition: Definition, places: Sequence[tuple[str, str | None]]) -> Iterator[_Row]:
    """The shared schemas that methods refer to, with those that these refer to."""
    from restpath.definition.bundles import shared_names
    from restpath.definition.lazy import schema_in

    methods = [
        said
        for template, method in places
        for word, said in definition.documents.resources.get(template, {}).get("methods", {}).items()
        if method in (None, word)
    ]
    names = dict.fromkeys(name for said in methods for name in _named_in(said))
    pile = list(names)
    while pile:
        with suppress(KeyError):  # which a schema of a definition that nobody has checked may lack
            inner = [
                name for name in shared_names(schema_in(definition.documents.schemas, pile.pop())) if name not in names
            ]
            names.update(dict.fromkeys(inner))
            pile += inner
    for name in names:
        with suppress(KeyError):
            yield _row(definition, "schemas", ("schemas", name))


def _named_in(method: Any) -> Iterator[str]:
    from restpath.definition.bundles import shared_names

    yield from shared_names(method.get("body", {}).get("schema", {}))
    for parameter in method.get("query", {}).values():
        yield from shared_names(parameter.get("items", {}))


def _disputed_schemas(definition: Definition) -> Iterator[_Row]:
    """The shared schemas that more than one layer speaks of."""
    documents = [layer.documents.get("schemas") or {} for layer in definition.layers]
    names = (
        [name for document in documents for name in document.get("schemas") or {}]
        if sum(map(bool, documents)) > 1
        else []
    )
    for name, count in Counter(names).items():
        if count > 1:
            yield _row(definition, "schemas", ("schemas", name))


def _leaf_rows(definition: Definition, kind: str, start: tuple[object, ...], words: Any) -> Iterator[_Row]:
    from restpath.definition.merge import WHOLE, within
    from restpath.definition.saying import leaves

    whole: Any = WHOLE.get(kind)
    for token in start:
        whole = within(whole, str(token))
    for place, _ in leaves(words, start, whole):
        if place not in (("$schema",), ("format",)):
            yield _row(definition, kind, place)


def _row(definition: Definition, kind: str, place: tuple[object, ...]) -> _Row:
    from restpath.definition.saying import Saying, sayings

    found = sayings(definition.layers, kind, place)
    if not found:  # made of the folder's name, or of a definition without layers
        node: Any = getattr(definition.documents, kind)
        for token in place:
            node = node[token]
        found = [Saying("", "", node)]
    return _Row(kind, place, found)


# ---- printing ----------------------------------------------------------------------------------------------------


def _print(rows: Sequence[_Row]) -> None:
    page, heading = Page(), None
    table: list[tuple[str, str, str]] = []
    for row in rows:
        above = str(row.place[0]) if row.kind != "service" else ""
        if above != heading and heading is not None:
            _flush(page, heading, table)
            page.line()
        heading = above
        table += _lines(row)
    if heading is not None:
        _flush(page, heading, table)


def _flush(page: Page, heading: str, table: list[tuple[str, str, str]]) -> None:
    if heading:
        page.line(page.look(heading, "head"))
    page.rows(table, ("name", "", "dim"), "  " if heading else "")
    table.clear()


def _lines(row: _Row) -> Iterator[tuple[str, str, str]]:
    first, *others = row.sayings
    if first.removed:
        yield row.label or "the resource", "removed", f"by {first.source}"
    else:
        yield row.label or "the resource", _shown(row, first.value), first.source
    for other in others:
        yield "", "over a removal" if other.removed else f"over {_shown(row, other.value)}", other.source


def _shown(row: _Row, value: Any) -> str:
    """A value in a few words: a resource by its methods, a method without a word by its being there."""
    from restpath.masking import mask_url

    if row.kind == "resources" and isinstance(value, dict) and len(row.place) == 1:
        value = " ".join(value.get("methods") or {}) or value
    if row.kind == "resources" and value == {}:
        return "is there"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join((mask_url(text) if "://" in text else text).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _as_json(row: _Row) -> dict[str, Any]:
    from restpath.definition.jsonfile import pointer

    first, *others = row.sayings
    said = [_saying_as_json(saying) for saying in others]
    return {"kind": row.kind, "place": pointer(row.place), **_saying_as_json(first), "overrides": said}


def _saying_as_json(saying: Saying) -> dict[str, Any]:
    """A file of null is what the program passed."""
    found: dict[str, Any] = {"layer": saying.layer, "file": saying.file or None}
    return {**found, "removed": True} if saying.removed else {**found, "value": saying.value}
