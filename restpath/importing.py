"""
Importing and refreshing: from a description, or from what a service lists of itself, to data files of the user's own.

Takes a service's name and where its description is; gives a `Refresh`, which says what would change and what speaks
against it, and puts it in force where it is applied: whole, and so that it can be undone. What the source or the
service says is read by `gathering`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from restpath.definition.dead import without_dead
from restpath.definition.differing import Difference, compare
from restpath.definition.merge import KINDS, Layer, merge_layers
from restpath.edge import imported
from restpath.edge.bundled import read_bundled
from restpath.edge.catalog import check_name
from restpath.edge.imported import Changed, Origin, imported_folder, origin_of, read_imported
from restpath.edge.layering import check_base, define_over, own_layers
from restpath.errors import DefinitionError, InvalidValue
from restpath.gathering import gather_list, gather_source
from restpath.importers.found import LeftOut
from restpath.masking import mask_url
from restpath.records import dataclass, replace
from restpath.types import JsonObject

if TYPE_CHECKING:
    from restpath.client import Client
    from restpath.definition.model import Definition

__all__ = [
    "Refresh", "Refused", "plan_import", "plan_refresh", "read_again", "undo_last", "undo_removes",
]  # fmt: skip


class Refused(DefinitionError):
    """What is new is not put in force unless the user says so; the old definition stands."""


# ---- what would be done ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refresh:
    """
    What an import or a refresh does.

    Attributes:
        name: the service's.
        documents: what comes in force, by kind; None where nothing has changed.
        origin: where it is from.
        difference: against what is in force.
        left_out: what the description says and restpath cannot.
        replaces: what it stands in place of: "bundled", "imported", or "" where the service is new.
        doubts: what the user's own layers say that is no longer so, in words.
        over: the folder of the definition that is in force, None for a bundled one.
    """

    name: str
    documents: Mapping[str, JsonObject] | None
    origin: Origin
    difference: Difference
    left_out: tuple[LeftOut, ...] = ()
    replaces: str = ""
    doubts: tuple[str, ...] = ()
    over: FilePath | None = None

    def __repr__(self) -> str:
        return f"<Refresh of {self.name}: {self.difference}>"

    @property
    def operations(self) -> int:
        """How many operations come in force."""
        resources = (self.documents or {}).get("resources", {})
        return sum(len(words["methods"]) for text, words in _long(resources) if text.startswith("/"))

    @property
    def left_out_counts(self) -> dict[str, int]:
        """What was left out, grouped by what it is, the most frequent first."""
        return dict(Counter(_kind_of(each.what) for each in self.left_out).most_common())

    def check(self, *, accept_move: bool = False, force: bool = False) -> None:
        """
        See that nothing speaks against it that the user has not agreed to.

        Raises:
            Refused: something does.
        """
        if self.documents is None:
            return
        if self.difference.lost_most and not force:
            raise Refused(
                f"{self.name}: {len(self.difference.removed)} of {self.difference.before} operations would be gone, "
                "which looks like another description, or a part of one. Nothing was changed; force=True takes it"
            )
        if self.difference.moved and not accept_move:
            raise Refused(
                f"{self.name}: what decides where your credentials go is another now ("
                + "; ".join(self.difference.moved)
                + "). Nothing was changed; accept_move=True takes it"
            )

    def apply(self, *, accept_move: bool = False, force: bool = False) -> Definition:
        """
        Put it in force.

        Returns:
            the definition as it is now, with the user's own layers over it.
        Raises:
            Refused: something speaks against it, see `check`.
            DefinitionError: it is wrong, by itself or with the user's own layers over it; the old one stands.
            InvalidValue: it cannot be written; the old one stands.
        """
        from restpath.edge.layering import read_over
        from restpath.edge.lookup import read_service

        self.check(accept_move=accept_move, force=force)
        if self.documents is not None:
            _check_over(self.name, _layer_of(self.documents, self.origin))
            _store_schemas()
            try:
                imported.keep(
                    self.name, self.documents, self.origin, lambda layer: check_base(layer, self.name), over=self.over
                )
            except Changed:  # another refresh came first: what is new is new against that
                again = _plan(self.name, self.documents, self.origin, self.left_out)
                return again.apply(accept_move=accept_move, force=force)
        base = read_imported(self.name)
        # Of what the user's own layers say in vain tells `doubts`.
        return read_service(self.name) if base is None else read_over(base, self.name, warn=False)


def _long(resources: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    from restpath.definition.merge import write_out

    yield from write_out(resources).items()


def _kind_of(what: str) -> str:
    """What was left out without what it is called there."""
    text = re.sub(r"'[^']*'|\"[^\"]*\"|\b\d+\b", "…", what)
    return text if len(text) <= 160 else text[:159] + "…"


# ---- importing ---------------------------------------------------------------------------------------------------


def plan_import(name: str, source: str | os.PathLike[str], *, force: bool = False) -> Refresh:
    """
    Read a description, and say what it would do as the definition of a service.

    Args:
        name: what the service is to be called.
        source: a file, a folder, or a URL.
        force: whether it may take the place of what was imported before.
    Raises:
        InvalidValue: that is no name, or there is an import of it already; the URL is none.
        DefinitionError: it is no description, or is wrong.
        TransportError, RequestError: the URL does not give it.
    """
    check_name(name)
    before = origin_of(name)
    if imported_folder(name) is not None and not force:
        said = f"from {mask_url(before.place)} on {before.date[:10]}" if before is not None else "by hand"
        raise InvalidValue(
            f"{name} was imported before, {said}: restpath refresh {name} fetches that again; "
            "force=True imports this in its place"
        )
    found = gather_source(source)
    return _plan(name, found.documents, found.origin, found.left_out, mend=force)


# ---- refreshing --------------------------------------------------------------------------------------------------


def plan_refresh(
    name: str, *, connect: Callable[[Definition], Client], source: str | os.PathLike[str] | None = None
) -> Refresh:
    """
    Fetch again what a definition is made of, and say what is new.

    Args:
        name: the service's.
        connect: makes the client that asks a service for the list that it gives of itself.
        source: where the description is by now, in place of where it was.
    Raises:
        InvalidValue: nobody knows where it is from, and the service does not list itself.
        DefinitionError: what was found is no description.
        RestpathError: it cannot be fetched.
    """
    from restpath.edge.lookup import read_service

    check_name(name)
    definition, known = read_service(name), origin_of(name)
    if source is not None or (known is not None and known.kind != "listing"):
        if source is None and known is not None and known.login:
            raise InvalidValue(
                f"{name} came from {mask_url(known.place)} with a user name and a password, which are not kept: say "
                f"restpath refresh {name} --source URL with them"
            )
        found = gather_source(source if source is not None else known.place, known)  # type: ignore[union-attr]
    elif "listing" in definition.service.words:
        found = gather_list(name, connect(definition), known)
    else:
        raise _no_way(name)
    return _plan(name, found.documents, found.origin, found.left_out, known=known)


def _no_way(name: str) -> InvalidValue:
    if imported_folder(name) is not None:
        problem, force = f"the data files of {name} were put there by hand, from nobody knows where", " --force"
    else:
        problem, force = f"{name} was not imported, and does not list its own operations", ""
    return InvalidValue(f"{problem}: restpath import {name} SOURCE{force} takes a description of it")


def read_again(name: str, origin: Origin) -> tuple[Mapping[str, JsonObject] | None, Origin]:
    """
    Fetch a description again from where it is from.

    Returns:
        the documents, None where nothing has changed; and where they are from.
    """
    found = gather_source(origin.place, origin)
    if found.documents is None:
        return None, found.origin
    return _as_files(name, found.documents, found.origin, {}), found.origin


# ---- the plan ----------------------------------------------------------------------------------------------------


def _plan(
    name: str, documents: Mapping[str, JsonObject] | None, origin: Origin, left_out: tuple[LeftOut, ...],
    known: Origin | None = None, *, mend: bool = False,
) -> Refresh:  # fmt: skip
    over = imported_folder(name)
    base = _good_import(name) if mend else read_imported(name)
    replaces = "imported" if over is not None else ""
    if base is None and over is None:
        base = read_bundled(name)
        replaces = "bundled" if base is not None else ""
    if documents is None:
        return Refresh(name, None, origin, Difference(), replaces=replaces, over=over)
    order = base.documents if base is not None else {}
    laid = _as_files(name, documents, origin, order)
    new = _layer_of(laid, origin)
    check_base(new, name, alone=True)
    difference = compare(merge_layers([base] if base is not None else []), merge_layers([new]))
    if base is not None and _same(base.documents, laid):
        if known is not None and (known.etag, known.last_modified) != (origin.etag, origin.last_modified):
            imported.update_origin(name, replace(origin, left_out=known.left_out))
        return Refresh(name, None, origin, Difference(), left_out, replaces, over=over)
    if base is None:
        difference = replace(difference, moved=())
    plan = Refresh(name, laid, origin, difference, left_out, replaces, tuple(_doubts(name, base, new)), over)
    return replace(plan, origin=replace(origin, left_out=plan.left_out_counts or None))


def _same(old: Mapping[str, JsonObject], new: Mapping[str, JsonObject]) -> bool:
    """Whether documents say the same, in whatever order; where a schema is makes no difference."""
    before, after = merge_layers([Layer(old)]), merge_layers([Layer(new)])
    return all(_said(getattr(before, kind)) == _said(getattr(after, kind)) for kind in KINDS)


def _said(document: JsonObject) -> JsonObject:
    return {key: value for key, value in document.items() if key not in ("$schema", "format")}


def _as_files(
    name: str, documents: Mapping[str, JsonObject], origin: Origin, order: Mapping[str, JsonObject]
) -> dict[str, JsonObject]:
    """The documents as they stand in the files: each names its schema, and what was there before keeps its place."""
    laid: dict[str, JsonObject] = {}
    for kind in KINDS:
        if kind not in documents:
            continue
        words = dict(documents[kind])
        if kind not in ("service", "resources") and not any(_said(words).values()):
            continue  # a file that says nothing
        head: dict[str, Any] = {"$schema": f"../../schema/{kind}.schema.json", "format": 1}
        if kind == "service":
            head |= {"service": name, "source": words.get("source") or mask_url(origin.place)}
        before = [key for key in order.get(kind, ()) if key in words]
        ordered = {key: words[key] for key in [*before, *words]}
        laid[kind] = {**head, **{key: value for key, value in ordered.items() if key not in head}}
    return laid


def _good_import(name: str) -> Layer | None:
    """The imported layer; None where it is damaged, so that something else can take its place."""
    try:
        base = read_imported(name)
        if base is not None:
            check_base(base, name, alone=True)
    except (DefinitionError, InvalidValue):
        return None
    return base


def _layer_of(documents: Mapping[str, JsonObject], origin: Origin) -> Layer:
    """The documents as a layer, of which errors say where they are from."""
    return Layer(documents, {kind: mask_url(origin.place) for kind in documents})


def _check_over(name: str, new: Layer) -> None:
    """See that what is new is good with the user's own layers over it. Raises DefinitionError, which names these."""
    own = own_layers(name)
    if not own:
        return
    try:
        define_over([new, *own], name)
    except DefinitionError as error:
        files = [file for layer in own for file in layer.files.values()]
        raise DefinitionError(
            f"{error.problem}. Nothing was changed, for this is wrong with your own words over it, in "
            + ", ".join(files),
            file=error.file,
            pointer=error.pointer,
            expected=error.expected,
        ) from error


def _doubts(name: str, base: Layer | None, new: Layer) -> Iterator[str]:
    """What the user's own layers say that is no longer so."""
    own = own_layers(name)
    _, dead = without_dead([new, *own])
    yield from map(str, dead)
    before = base.documents.get("resources", {}) if base is not None else {}
    now = new.documents["resources"]
    for layer in own:
        for text, words in layer.documents.get("resources", {}).items():
            speaks = isinstance(words, (str, dict)) and text.startswith("/") and text in before and text not in now
            if speaks and not any(each.tokens == (text,) for each in dead):
                yield (
                    f"{layer.files.get('resources', '')} at {text}: the service no longer has this; "
                    "what you say of it stands as a route of your own"
                )
    try:
        _check_over(name, new)
    except DefinitionError as error:
        yield f"this will not be put in force: {error}"


def _store_schemas() -> None:
    """Lay the schemas that the files name beside them, so that an editor finds them."""
    from restpath.edge.bundled import schema_texts
    from restpath.edge.directories import data_directory
    from restpath.edge.storing import held, store_text

    folder = data_directory() / "schema"
    with held(folder):
        for kind, text in schema_texts().items():
            file = folder / f"{kind}.schema.json"
            if not file.is_file() or file.read_text(encoding="utf-8") != text:
                store_text(file, text)


def undo_removes(name: str) -> bool:
    """Tell whether there would be no such service any more: nothing was there before its import."""
    check_name(name)
    return imported.was_first(name) and read_bundled(name) is None


def undo_last(name: str) -> str:
    """
    Take back the last import or refresh of a service.

    Returns:
        what is in force now, in words.
    Raises:
        InvalidValue: there is nothing to undo.
    """
    check_name(name)
    folder = imported.undo(name)
    if folder is None:
        return "what came with restpath" if read_bundled(name) is not None else "nothing: it is no longer there"
    origin = origin_of(name)
    if origin is None:
        return f"the data files in {folder}"
    return f"what was read from {mask_url(origin.place)} on {origin.date[:10]} at {origin.date[11:16]} UTC"
