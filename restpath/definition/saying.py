"""
Who said what: the layers of a definition, asked about one place, or about all of what is said.

Takes layers as they were read; gives for a place what each of them says there, the latest first, and hence what holds
and what it overrides. What was removed is told, too. Nothing is recorded when layers are merged: it is found out again
when somebody asks. Source: RFC 7396 for what a layer does to those below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from restpath.definition.merge import SILENT, Layer, removals, value_said, within, written_out

__all__ = ["Saying", "leaves", "removed_places", "sayings", "source_words", "templates_said"]

# What is shown as one where everything else is shown leaf by leaf: nobody asks who said half of it.
_ONE_PIECE = frozenset({"mock", "enum", "default"})


@dataclass(frozen=True)
class Saying:
    """
    What one layer says at one place.

    Attributes:
        layer: which layer: "bundled", "imported", "configuration directory", "RESTPATH_PATH", "folder", "program", …
        file: the file's name; "" for what the program passed.
        value: what it says there; None where it removes what is below.
        removed: whether it removes what is below.
    """

    layer: str
    file: str
    value: Any
    removed: bool = False

    @property
    def source(self) -> str:
        """The file and the layer in words."""
        return source_words(self.file, self.layer)


def source_words(file: str | None, layer: str = "") -> str:
    """Name a file and its layer: `x/service.json (bundled)`; "the program" where there is no file."""
    if not file:
        return "the program" if layer in ("", "program") else layer
    return f"{file} ({layer})" if layer else file


def sayings(layers: Sequence[Layer], kind: str, tokens: Sequence[object]) -> list[Saying]:
    """
    Give what the layers say at a place, the latest first.

    Args:
        layers: the earliest first.
        kind: "service", "resources" or "defaults".
        tokens: the place, as the reference tokens of a JSON Pointer, in the long form.
    Returns:
        one for each layer that says or removes something there; the first says what holds. Empty where none does.
    """
    found = []
    for layer in layers:
        value = value_said(layer, kind, tokens)
        if value is SILENT and kind == "defaults" and _drops(layer, tokens):
            found.append(Saying(layer.origin, layer.files.get("resources", ""), None, removed=True))
        elif value is not SILENT:
            found.append(Saying(layer.origin, layer.files.get(kind, ""), value, removed=value is None))
    while found and found[0].removed:  # there was nothing to remove
        del found[0]
    return found[::-1]


def _drops(layer: Layer, tokens: Sequence[object]) -> bool:
    """Whether a default goes with its resource or its method, which this layer removes."""
    document = layer.documents.get("resources", {})
    if not tokens or tokens[0] not in document:
        return False
    part = written_out({str(tokens[0]): document[str(tokens[0])]}, "resources")
    return any(method is None or method in tokens[1:2] for _, method in removals(part))


def leaves(value: Any, tokens: tuple[object, ...] = (), whole: Any = None) -> Iterator[tuple[tuple[object, ...], Any]]:
    """
    Give all that is said below a place, piece by piece: what one layer can say without saying the rest.

    Args:
        value: the words of a place in the merged documents.
        tokens: where that place is.
        whole: what is replaced whole there, in the form of `merge.WHOLE`.
    """
    one = whole is True or (tokens and (tokens[-1] in _ONE_PIECE or str(tokens[-1]).startswith("x-")))
    if one or not isinstance(value, dict) or not value:
        yield tokens, value
        return
    for key, below in value.items():
        yield from leaves(below, (*tokens, key), within(whole, key))


def removed_places(layers: Sequence[Layer], merged: Any, template: str) -> list[tuple[tuple[object, ...], Saying]]:
    """
    Tell what layers took away of a template: itself, or methods, with who did.

    Args:
        merged: the merged resources.
        template: the URI template as it was written.
    """
    if template not in merged:
        found = sayings(layers, "resources", [template])
        return [((template,), found[0])] if found and found[0].removed else []
    kept = merged[template].get("methods", {})
    said: dict[str, None] = {}
    for layer in layers:
        words = written_out({template: layer.documents.get("resources", {}).get(template, {})}, "resources")[template]
        said.update(dict.fromkeys((words or {}).get("methods") or {}))
    places = [(template, "methods", method) for method in said if method not in kept]
    return [
        (place, found[0]) for place in places if (found := sayings(layers, "resources", place)) and found[0].removed
    ]


def templates_said(layers: Sequence[Layer]) -> Iterator[tuple[str, Any]]:
    """Give every template that any layer ever said, with its words, those that a later layer removes among them."""
    for layer in layers:
        for template, words in written_out(layer.documents.get("resources", {}), "resources").items():
            if template.startswith("/") and isinstance(words, dict) and isinstance(words.get("methods"), dict):
                yield template, words
