"""
Corrections without a place: what a layer says of a route that the layers below it do not have, or no longer.

Takes layers; gives them without that, and what was left out, with the file and the place. A layer that says the methods
of a route itself adds that route, and is none of these. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from restpath.definition.jsonfile import pointer
from restpath.definition.merge import Layer, merge_layers, removals, write_out, written_out
from restpath.definition.wording import did_you_mean
from restpath.types import JsonObject

__all__ = ["Dead", "idle_removals", "without_dead"]


class Dead(NamedTuple):
    """A correction whose place is gone."""

    file: str
    kind: str
    tokens: tuple[str, ...]

    @property
    def problem(self) -> str:
        """What is the matter with it."""
        what = "the default" if self.kind == "defaults" else "the correction"
        return f"{what} has no effect, for the service does not have {' '.join(self.tokens[::-1])}, or no longer"

    def __str__(self) -> str:
        return f"{self.file} at {pointer(self.tokens)}: {self.problem}".strip()


def without_dead(layers: Sequence[Layer]) -> tuple[list[Layer], list[Dead]]:
    """Leave out of the layers over the first what speaks of routes and methods that there are not."""
    if len(layers) < 2:
        return list(layers), []
    try:
        spoken = _spoken_of(layers)
        merged, routes = merge_layers(spoken), {text for layer in spoken for text in _routes_of(layer)}
    except (AttributeError, TypeError, ValueError):  # which the check has better words for
        return list(layers), []
    kept: list[Layer] = [layers[0]]
    dead: list[Dead] = []
    for layer in layers[1:]:
        found = [*_dead_routes(layer, routes), *_dead_defaults(layer, merged.resources, routes)]
        dead += found
        kept.append(_without(layer, found) if found else layer)
    return kept, dead


def idle_removals(layers: Sequence[Layer]) -> Iterator[tuple[Dead, str]]:
    """
    Find what layers take away that there is not below them: mostly a name that was meant otherwise.

    Returns:
        each with its words; where it stands is in the long form.
    """
    for number, layer in enumerate(layers):
        said = written_out(layer.documents.get("resources", {}), "resources")
        taken = [each for each in removals(said) if each[0].startswith("/")]
        below = merge_layers(layers[:number]).resources if taken else {}
        file = layer.files.get("resources", "")
        for template, method in taken:
            if method is None and template not in below:
                near = did_you_mean(template, below)
                yield Dead(file, "resources", (template,)), f"nothing is removed, for there is no {template}{near}"
            elif method is not None and method not in below.get(template, {}).get("methods", {}):
                place = (template, "methods", method)
                yield Dead(file, "resources", place), f"nothing is removed, for there is no {method} {template}"


def _spoken_of(layers: Sequence[Layer]) -> list[Layer]:
    """The layers with the resources alone that those over the first speak of: the first may have thousands."""
    kinds = ("resources", "defaults")
    spoken = list(dict.fromkeys(text for layer in layers[1:] for kind in kinds for text in _templates(layer, kind)))
    parts = []
    for layer in layers:
        resources = layer.documents.get("resources", {})
        parts.append(Layer({"resources": {text: resources[text] for text in spoken if text in resources}}))
    return parts


def _routes_of(layer: Layer) -> Iterator[str]:
    """The routes for which a layer says methods; that it takes some away makes no route."""
    for template, words in write_out(_templates(layer, "resources")).items():
        methods = words.get("methods") if isinstance(words, dict) else None
        if isinstance(methods, dict) and any(said is not None for said in methods.values()):
            yield template


def _dead_routes(layer: Layer, routes: Collection[str]) -> Iterator[Dead]:
    """What adds to a resource or takes from it, where there is none."""
    for template in _templates(layer, "resources"):
        if template not in routes:
            yield Dead(layer.files.get("resources", ""), "resources", (template,))


def _dead_defaults(layer: Layer, resources: JsonObject, routes: Collection[str]) -> Iterator[Dead]:
    file = layer.files.get("defaults", "")
    for template, methods in _templates(layer, "defaults").items():
        words = resources.get(template)
        if not isinstance(words, dict) or template not in routes:
            yield Dead(file, "defaults", (template,))
        elif isinstance(methods, dict) and isinstance(words.get("methods"), dict):
            for method in methods:
                if method not in words["methods"] and not method.startswith("x-"):
                    yield Dead(file, "defaults", (template, method))


def _templates(layer: Layer, kind: str) -> JsonObject:
    document = layer.documents.get(kind)
    if not isinstance(document, dict):
        return {}
    return {key: words for key, words in document.items() if key.startswith("/") and words is not None}


def _without(layer: Layer, dead: Sequence[Dead]) -> Layer:
    documents: dict[str, Any] = dict(layer.documents)
    for each in dead:
        documents[each.kind] = _dropped(documents[each.kind], each.tokens)
    return Layer(documents, layer.files, origin=layer.origin)


def _dropped(document: Mapping[str, Any], tokens: Sequence[str]) -> JsonObject:
    rest = dict(document)
    if len(tokens) == 1:
        del rest[tokens[0]]
    else:
        rest[tokens[0]] = _dropped(rest[tokens[0]], tokens[1:])
    return rest
