"""
The check of a whole definition: from a name, a folder, a file or documents to everything that is found in it.

Takes what `restpath.read` takes; gives `Finding`s: all the faults and not the first alone, then doubts and notes, each
with the file of its layer. Whether something is trusted, or was found good before, is not asked here. Of a description
in another format it is told what was left out of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath

from restpath.definition.check import document_faults, merged_faults, validators
from restpath.definition.dead import idle_removals, without_dead
from restpath.definition.doubts import doubts_of
from restpath.definition.findings import Finding, doubt_finding, finding_of
from restpath.definition.jsonfile import pointer
from restpath.definition.merge import KINDS, Documents, Layer, file_that_said, merge_layers
from restpath.definition.model import Definition
from restpath.definition.sound import sound_parts
from restpath.edge.bundled import data_schemas
from restpath.edge.catalog import means_service
from restpath.edge.datafiles import FILES, read_folder, read_mapping
from restpath.edge.descriptions import is_description
from restpath.edge.layering import layers_of_service
from restpath.edge.source import Source, layer_of, read_source
from restpath.errors import DefinitionError, InvalidValue
from restpath.importers.found import LeftOut
from restpath.version import __version__

__all__ = ["Checked", "check_all"]


class Checked:
    """
    What a check came to.

    Attributes:
        name: the service's name; "" where it is not known.
        operations: how many operations there are; None where faults leave that open.
        findings: all that was found, faults first.
        left_out: what a description says beyond what restpath does.
    """

    def __init__(self, name: str, operations: int | None, findings: list[Finding], left_out: Sequence[LeftOut] = ()):
        self.name, self.operations, self.findings, self.left_out = name, operations, findings, tuple(left_out)

    def count(self, level: str) -> int:
        """Tell how many findings there are of a level."""
        return sum(finding.level == level for finding in self.findings)

    def grouped(self) -> list[tuple[str, int, str]]:
        """Give what is left out, most often first: what it is, how often, and the first place."""
        counts = Counter(left.what for left in self.left_out)
        first: dict[str, str] = {}
        for left in self.left_out:
            first.setdefault(left.what, left.place)
        return [(what, count, first[what]) for what, count in counts.most_common()]


def check_all(source: Source, *layers: Source) -> Checked:
    """
    Look through a definition.

    Args:
        source, layers: as `restpath.read` takes them; or one data file.
    Raises:
        InvalidValue: there is no such source.
        TransportError, RequestError: a URL does not give it.
    """
    source = _folder_of(source)
    if isinstance(source, Definition) or is_description(source):
        try:
            definition = read_source(source, *layers)
        except DefinitionError as error:
            return Checked("", None, [finding_of(error)])
        return _of_definition(definition)
    faults: list[DefinitionError] = []
    found, dead = _without_dead(_layers_of(source, faults))
    for layer in layers:
        try:
            found.append(layer_of(layer))
        except DefinitionError as error:
            faults.append(error)
    findings, documents = _look_through(found, faults)
    findings += dead
    if documents is None:
        return Checked("", None, findings)
    return Checked(str(documents.service.get("service", "")), _count(documents), findings)


def _folder_of(source: Source) -> Source:
    """The folder of a data file that is named by itself."""
    if isinstance(source, (str, os.PathLike)) and os.path.basename(source) in FILES and os.path.isfile(source):
        return source if is_description(source) else os.path.dirname(source) or os.curdir
    return source


def _of_definition(definition: Definition) -> Checked:
    """A definition that is there already was checked when it was read; it may have come from a description."""
    described = definition.left_out or any(layer.origin == "description" for layer in definition.layers)
    found = _doubts(definition.documents, definition.layers, imported=bool(described))
    return Checked(definition.name, _count(definition.documents), found, definition.left_out)


def _layers_of(source: object, faults: list[DefinitionError]) -> list[Layer]:
    if isinstance(source, str) and means_service(source):
        return layers_of_service(source, faults)[0]
    try:
        if isinstance(source, Mapping):
            return [read_mapping(source)]
        if not isinstance(source, (str, os.PathLike)) or not str(source) or "\0" in str(source):
            raise InvalidValue(f"{source!r} is no definition: give a service's name, a folder of data files, or a file")
        return [read_folder(FilePath(source), faults=faults)]
    except DefinitionError as error:
        faults.append(error)
        return []


def _without_dead(layers: list[Layer]) -> tuple[list[Layer], list[Finding]]:
    """Over an import, what corrects a place that is gone is left out, as `read` does; that is a doubt each time."""
    if not layers or layers[0].origin != "imported":
        return layers, []
    kept, dead = without_dead(layers)
    return kept, [Finding("doubt", each.file, pointer(each.tokens), each.problem, "take it out") for each in dead]


def _count(documents: Documents) -> int:
    words = (words for template, words in documents.resources.items() if template.startswith("/"))
    return sum(len(each["methods"]) for each in words)


# ---- faults, then doubts -----------------------------------------------------------------------------------------


def _look_through(layers: list[Layer], unread: list[DefinitionError]) -> tuple[list[Finding], Documents | None]:
    """Every fault there is; doubts where there are none. Gives the merged documents where there are no faults."""
    faults = [*unread]
    known = validators(data_schemas())
    wrong: dict[str, set[str]] = {}  # the places that are wrong, by kind
    for layer in layers:
        for kind in KINDS:
            if kind in layer.documents:
                found = list(document_faults(layer.documents[kind], kind, layer.files.get(kind), known, __version__))
                faults += found
                if found:
                    wrong.setdefault(kind, set()).update(error.pointer for error in found)
    whole = layers if not wrong else sound_parts(layers, wrong, known)
    if not unread and whole:
        unclear = any(place.startswith("/pages") for place in wrong.get("service", ()))
        faults += [each for each in _merged_faults(whole) if not (unclear and "/pages" in each.pointer)]
    if faults:
        seen = {str(error): error for error in faults}
        return [finding_of(error) for error in seen.values()], None
    if not layers:
        return [], None
    documents = merge_layers(layers)
    return [*_idle_removals(layers), *_doubts(documents, layers)], documents


def _idle_removals(layers: Sequence[Layer]) -> Iterator[Finding]:
    for each, problem in idle_removals(layers):
        yield Finding("doubt", each.file, pointer(each.tokens), problem, "take it out, or name what is there")


def _merged_faults(layers: Sequence[Layer]) -> Iterator[DefinitionError]:
    """The faults of the whole."""
    missing = [kind for kind in ("service", "resources") if not any(kind in layer.documents for layer in layers)]
    if missing:
        beside = next((file for layer in layers for file in layer.files.values()), None)
        for kind in missing:
            what = f"there is no {kind}.json beside it" if beside else f"there are no documents called {kind!r}"
            yield DefinitionError(what, file=beside, expected=f"{kind}.json" if beside else f"the key {kind!r}")
        return
    yield from merged_faults(merge_layers(layers), layers)


def _doubts(documents: Documents, layers: Sequence[Layer], *, imported: bool = False) -> list[Finding]:
    found = []
    for doubt in doubts_of(documents, imported=imported):
        _, kind, tokens, _, _ = doubt
        found.append(doubt_finding(doubt, _file_of(layers, kind, tokens)))
    return sorted(dict.fromkeys(found), key=lambda finding: finding.level)


def _file_of(layers: Sequence[Layer], kind: str, tokens: Sequence[object]) -> str:
    """The file that says what is at a place, or what is around it."""
    for end in range(len(tokens), -1, -1):
        file = file_that_said(layers, kind, tokens[:end])
        if file:
            return file
    return ""
