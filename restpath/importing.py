"""
Importing and refreshing: from a description, or from what a service lists of itself, to data files of the user's own.

Takes a service's name and where its description is; gives a `Refresh`, which says what would change and what speaks
against it, and puts it in force where it is applied: whole, and so that it can be undone. Nothing is fetched but the
source that the user named, or the list that the service gives.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from restpath.definition.dead import without_dead
from restpath.definition.differing import Difference, compare
from restpath.definition.merge import KINDS, Layer, merge_layers
from restpath.definition.relisting import relist
from restpath.edge import imported
from restpath.edge.bundled import read_bundled
from restpath.edge.catalog import check_name
from restpath.edge.clock import SystemClock
from restpath.edge.datafiles import read_folder
from restpath.edge.imported import Changed, Origin, imported_folder, origin_of, read_imported
from restpath.edge.layering import check_base, define_over, own_layers
from restpath.errors import DefinitionError, InvalidValue
from restpath.importers.found import LeftOut
from restpath.masking import mask_url
from restpath.path import root_of
from restpath.records import dataclass, replace
from restpath.types import JsonObject
from restpath.version import __version__

if TYPE_CHECKING:
    from restpath.client import Client
    from restpath.definition.model import Definition

__all__ = [
    "Listed", "Refresh", "Refused", "listed_by", "plan_import", "plan_refresh", "read_again", "relisted", "undo_last",
    "undo_removes",
]  # fmt: skip

_URL = re.compile(r"https?:/", re.IGNORECASE)


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
    found = _read(source)
    return _plan(name, found.documents, found.origin, found.left_out, mend=force)


@dataclass(frozen=True)
class _Found:
    """What a source gave; without documents where it is what is known already."""

    documents: Mapping[str, JsonObject] | None
    origin: Origin
    left_out: tuple[LeftOut, ...] = ()


def _read(source: str | os.PathLike[str], known: Origin | None = None) -> _Found:
    if isinstance(source, str) and _URL.match(source):
        return _read_url(source, known)
    if not isinstance(source, (str, os.PathLike)) or not str(source) or "\0" in str(source):
        raise InvalidValue(f"{source!r} is nothing to import: give a file, a folder or a URL")
    if isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        raise InvalidValue(f"{mask_url(source)!r} cannot be fetched: give a URL with https:// or http://, or a file")
    path = FilePath(os.path.abspath(os.path.expanduser(source)))
    if not os.path.lexists(path):
        raise InvalidValue(f"there is no file or folder {path}: give a description, a folder of data files, or a URL")
    return _read_path(path)


def _read_url(url: str, known: Origin | None) -> _Found:
    from restpath.edge.descriptions import MAX_BYTES, read_fetched
    from restpath.edge.fetching import fetch_changed

    place, login = _without_login(url)
    same = known if known is not None and known.place == place else None
    fetched = fetch_changed(url, MAX_BYTES, _conditions(same))
    if fetched.data is None and same is not None:
        return _Found(None, same)
    described = read_fetched(fetched.data or b"", fetched.found_at)
    origin = _origin("url", place, fetched.data or b"", login=login)
    origin = replace(origin, etag=_mark(fetched.etag), last_modified=_mark(fetched.last_modified))
    return _Found(described.layer.documents, origin, described.find_left_out())


def _conditions(known: Origin | None) -> dict[str, str]:
    """What asks for nothing but news; nothing where another version of restpath read it, which may read more now."""
    if known is None or known.version != __version__:
        return {}
    marks = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in marks.items() if value}


def _mark(text: str) -> str:
    return text if len(text) <= 400 and text.isprintable() else ""


def _without_login(url: str) -> tuple[str, bool]:
    """The URL as it is kept: without user name and password."""
    bare = re.sub(r"^(https?:/+)[^/?#]*@", r"\1", url, flags=re.IGNORECASE)
    return bare, bare != url


def _read_path(path: FilePath) -> _Found:
    from restpath.edge.descriptions import description_file, read_description

    described = read_description(path)
    if described is None:
        layer = read_folder(path)
        data = b"".join(FilePath(file).read_bytes() for file in layer.files.values())
        return _Found(layer.documents, _origin("folder", str(path), data))
    file = description_file(path) or path
    origin = _origin("file" if file == path else "folder", str(path), file.read_bytes())
    return _Found(described.layer.documents, origin, described.find_left_out())


def _origin(kind: str, place: str, data: bytes, *, login: bool = False) -> Origin:
    date = SystemClock().now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return Origin(kind, place, date, hashlib.sha256(data).hexdigest(), version=__version__, login=login)


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
        found = _read(source if source is not None else known.place, known)  # type: ignore[union-attr]
    elif "listing" in definition.service.words:
        found = _read_listing(name, connect(definition), known)
    else:
        raise _no_way(name)
    return _plan(name, found.documents, found.origin, found.left_out, known=known)


def _no_way(name: str) -> InvalidValue:
    if imported_folder(name) is not None:
        problem, force = f"the data files of {name} were put there by hand, from nobody knows where", " --force"
    else:
        problem, force = f"{name} was not imported, and does not list its own operations", ""
    return InvalidValue(f"{problem}: restpath import {name} SOURCE{force} takes a description of it")


def _read_listing(name: str, client: Client, known: Origin | None) -> _Found:
    place = root_of(client).base_url + root_of(client).definition.service.words["listing"]["resource"]
    same = known if known is not None and known.place == place else None
    listed = listed_by(client, _conditions(same))
    if listed is None and same is not None:
        return _Found(None, same)
    if listed is None:
        raise DefinitionError("the service says that its list has not changed, and was not asked that", file=place)
    base = read_bundled(name) or read_imported(name) or Layer({})
    origin = replace(_origin("listing", place, listed.data), etag=_mark(listed.etag))
    origin = replace(origin, last_modified=_mark(listed.last_modified))
    # How calls are proven is what the definition knows, and a list has no words for.
    left_out = tuple(each for each in listed.left_out if each.place != "/methods/method")
    return _Found(relisted(base, root_of(client).definition, listed.resources), origin, left_out)


@dataclass(frozen=True)
class Listed:
    """What a service lists of itself: its routes, as the bytes that they came as, and by what to ask again."""

    resources: JsonObject
    left_out: tuple[LeftOut, ...]
    data: bytes
    etag: str
    last_modified: str


def listed_by(client: Client, conditions: Mapping[str, str]) -> Listed | None:
    """
    Ask a service for the list of its operations.

    Args:
        client: whoever asks; its definition has the word `listing`.
        conditions: header fields that ask for nothing but news.
    Returns:
        the list; None where there is no news.
    Raises:
        DefinitionError: what it gives is no such list.
        RestpathError: it gives none.
    """
    from restpath.importers import listings
    from restpath.path import expand_template, operation_of

    words = root_of(client).definition.service.words["listing"]
    operation = operation_of(expand_template(root_of(client), words["resource"], {}), "get")
    reply = operation.reply(headers=dict(conditions) or None)
    if reply.status == 304:
        return None
    place = mask_url(reply.call.url)
    content = reply.content
    if not isinstance(content, (dict, list)) or listings.form_of(content) != words["form"]:
        raise DefinitionError(f"this is no list of {words['form']}", file=place, expected="the service's own list")
    found = listings.convert(content, source=reply.call.url)
    marks = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
    return Listed(found.documents["resources"], found.left_out, reply.body, *marks)


def relisted(base: Layer, definition: Definition, listed: JsonObject) -> dict[str, JsonObject]:
    """Bring the lowest layer of a definition up to date by what the service lists."""
    words = definition.service.words["listing"]
    return relist(base.documents, listed, own=words["resource"], complete=words.get("complete", True))


def read_again(name: str, origin: Origin) -> tuple[Mapping[str, JsonObject] | None, Origin]:
    """
    Fetch a description again from where it is from.

    Returns:
        the documents, None where nothing has changed; and where they are from.
    """
    found = _read(origin.place, origin)
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
