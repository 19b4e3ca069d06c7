"""
Taking over: from a draft to the user's own data files, where it is in force.

Takes a draft and which of its templates; adds their words to `resources.json` in the configuration directory, and to
nothing else: what the user's files say already stays as it is, and a file that is no JSON is not rewritten. For a
service that there are no data files of, a `service.json` is written beside. All of it is checked with the layers below
and above before anything is written; the draft then has the rest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path as FilePath
from typing import Any

from restpath.edge.catalog import service_names
from restpath.edge.datafiles import read_folder
from restpath.edge.directories import config_directory
from restpath.edge.drafts import Draft, change_draft, drop_draft, read_draft
from restpath.edge.layering import read_with_own
from restpath.edge.locking import insist
from restpath.edge.lookup import read_service
from restpath.edge.source import read_source
from restpath.edge.storing import json_text, make_folder, store_json, unstorable
from restpath.edge.whole import sync_folder
from restpath.errors import DefinitionError, InvalidValue
from restpath.learning import draft_words, shape_of, unsure_parts, without_known
from restpath.records import dataclass, replace
from restpath.types import JsonObject

__all__ = ["NotRewritten", "Taken", "chosen", "forget", "pending", "take_over"]


@dataclass(frozen=True)
class Taken:
    """
    What was taken over.

    Attributes:
        words: the resources that were added.
        files: the files that were written.
        kept: operations of which the user's own file says something else already.
        unsure: what is unsure of what was added, in words.
    """

    words: JsonObject
    files: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


class NotRewritten(InvalidValue):
    """
    The user's own file is no JSON: nothing was written.

    Attributes:
        text: what to paste into it.
    """

    def __init__(self, message: str, text: str = "") -> None:
        super().__init__(message)
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return NotRewritten, (str(self), self.text)


# ---- which part --------------------------------------------------------------------------------------------------


def pending(draft: Draft) -> Draft:
    """
    Give a draft without what the service's data files say by now.

    Raises:
        DefinitionError: a data file of the service is wrong.
    """
    if draft.name not in service_names():
        return draft
    known = read_service(draft.name).documents.resources
    return replace(draft, resources=_named_as_known(without_known(draft.resources, known), known))


def _named_as_known(resources: JsonObject, known: Mapping[str, Any]) -> JsonObject:
    """Write templates as the definition does where it has their shape, whatever the variables are called."""
    texts: dict[str, str] = {}
    for text in known:
        if text.startswith("/"):
            texts.setdefault(shape_of(text), text)
    return {texts.get(shape_of(text), text): words for text, words in resources.items()}


def chosen(resources: JsonObject, only: Sequence[str]) -> JsonObject:
    """
    Give the resources whose templates match one of some patterns (`/widgets/*`); all where there are none.

    Raises:
        InvalidValue: a pattern matches nothing.
    """
    found: set[str] = set()
    for pattern in only:
        matching = {text for text in resources if fnmatchcase(text, pattern.replace("[", "[[]"))}
        if not matching:
            raise InvalidValue(f"nothing in the draft is {pattern!r}; there are {', '.join(resources) or 'none'}")
        found |= matching
    return {text: words for text, words in resources.items() if text in found} if only else resources


def forget(name: str, only: Sequence[str] = ()) -> int:
    """
    Drop a draft, or a part of it.

    Returns:
        how many templates were dropped.
    Raises:
        InvalidValue: a pattern matches nothing, or the draft cannot be written.
    """
    dropped: JsonObject = {}

    def rest(draft: Draft) -> Draft:
        dropped.update(chosen(draft.resources, only))
        return replace(draft, resources={text: said for text, said in draft.resources.items() if text not in dropped})

    if only:
        change_draft(name, rest)
        return len(dropped)
    with suppress(DefinitionError):  # what is no draft can be dropped all the same
        dropped.update(read_draft(name).resources)
    drop_draft(name)
    return len(dropped)


# ---- taking over -------------------------------------------------------------------------------------------------


def take_over(name: str, only: Sequence[str] = (), *, base_url: str | None = None, into: str | None = None) -> Taken:
    """
    Take a draft over into the user's own data files, or into a folder of data files.

    Args:
        only: patterns of templates; all unless given.
        base_url: where a service is that no data files are of, in place of where it was learnt.
        into: a folder of data files, in place of the configuration directory.
    Returns:
        what was done; nothing where the draft has nothing of it.
    Raises:
        NotRewritten: the user's own file is no JSON; it is as it was, and so is the draft.
        DefinitionError: the result would be wrong; nothing was written.
        InvalidValue: it cannot be written, or it is not clear where the service is.
    """
    done: list[Taken] = []

    def rest(draft: Draft) -> Draft:
        open_ = pending(draft)
        picked = chosen(open_.resources, only)
        if picked:
            folder = FilePath(into) if into is not None else config_directory() / name
            done.append(_take(replace(open_, resources=picked), folder, base_url, own=into is None))
        return replace(open_, resources={text: said for text, said in open_.resources.items() if text not in picked})

    change_draft(name, rest)
    return done[0] if done else Taken({})


def _take(draft: Draft, folder: FilePath, base_url: str | None, *, own: bool) -> Taken:
    words = draft_words(draft.resources)
    folder = FilePath(os.path.realpath(folder))  # a link of the user's own stays one
    before = _documents(folder, words, own=own)
    resources, kept = _added(before.get("resources", {}), words)
    documents = {**before, "resources": resources}
    new: JsonObject = {"resources": resources}
    if own and draft.name not in service_names():
        new = {"service": _service(draft, base_url), **new}
        documents.update(new)
    if own:
        read_with_own(draft.name, documents)
    else:
        read_source(documents)
    changed = {kind: document for kind, document in new.items() if document != before.get(kind)}
    files = _store(folder, changed) if folder.exists() else _store_new(folder, changed)
    gone = {tuple(each.split(" ", 1)) for each in kept}
    added = {
        text: {**said, "methods": {word: each for word, each in said["methods"].items() if (word, text) not in gone}}
        for text, said in words.items()
    }
    unsure = [line for line in unsure_parts(draft.resources) if line.split(": ", 1)[0] not in kept]
    return Taken(
        {text: said for text, said in added.items() if said["methods"]}, tuple(files), tuple(kept), tuple(unsure)
    )


def _store(folder: FilePath, documents: Mapping[str, JsonObject]) -> list[str]:
    """Write documents into a folder; give the files."""
    make_folder(folder)
    files = {FilePath(os.path.realpath(folder / f"{kind}.json")): document for kind, document in documents.items()}
    for file, document in files.items():
        store_json(file, document)
    return [str(file) for file in files]


def _store_new(folder: FilePath, documents: Mapping[str, JsonObject]) -> list[str]:
    """Write a folder that is not there yet: whoever reads finds all of its files or none, also after a crash."""
    import shutil

    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)  # of one who was killed while writing
    try:
        files = _store(beside, documents)
        insist(lambda: os.replace(beside, folder))
        sync_folder(folder.parent)
    except OSError as error:
        raise unstorable(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [str(folder / os.path.basename(file)) for file in files]


def _documents(folder: FilePath, words: JsonObject, *, own: bool) -> dict[str, JsonObject]:
    """The user's own documents, where there are some. Raises NotRewritten where the one to change is no JSON."""
    if own and not any((folder / f"{kind}{end}").exists() for kind in _KINDS for end in _ENDS):
        return {}
    layer = read_folder(folder)
    file = layer.files.get("resources", "")
    if file.endswith((".yaml", ".yml")):
        raise NotRewritten(
            f"{file} is YAML, which is not rewritten, as its comments would be lost. Paste into it what stands on "
            "standard output (JSON is YAML, too), then drop the draft with --forget",
            json_text(words),
        )
    return dict(layer.documents)


_KINDS = ("service", "resources", "defaults")
_ENDS = (".json", ".yaml", ".yml")


def _service(draft: Draft, base_url: str | None) -> JsonObject:
    """The words of a service that there is nothing of yet: where it is, and a bearer token for whoever has one."""
    if draft.defined_in is not None:
        raise InvalidValue(
            f"{draft.name} is defined in {draft.defined_in}, which is no layer of restpath: say --into FOLDER for a "
            "folder of data files, or paste there what restpath learn shows"
        )
    where = base_url or draft.base_url
    if where is None:
        raise InvalidValue(f"there are no data files of {draft.name}, and where it is is not known: say --base-url URL")
    from restpath.edge.address import split_address

    return {
        "format": 1,
        "service": draft.name,
        "base_url": split_address(where)[0],
        "credentials": {"token": {"optional": True}},
        "auth": {"bearer": {"bearer": "{token}"}},
    }


def _added(existing: JsonObject, words: JsonObject) -> tuple[JsonObject, list[str]]:
    """Add words to a document, never over one that is there; give it, and the operations that stay as they are."""
    merged, kept = dict(existing), []
    shapes = {shape_of(text): text for text in existing if text.startswith("/")}
    for text, said in words.items():
        own = shapes.get(shape_of(text), text)
        methods = said["methods"]
        if own not in merged:
            merged[own] = _short(methods) or said
            continue
        have = merged[own]
        there = have.get("methods", {}) if isinstance(have, dict) else have
        if there is None:  # the user has removed it
            kept += [f"{method} {text}" for method in methods]
            continue
        known = there.split() if isinstance(there, str) else list(there)
        kept += [f"{method} {text}" for method in methods if method in known]
        new = {method: each for method, each in methods.items() if method not in known}
        if new:
            whole = _joined(there, known, new)
            merged[own] = {**have, "methods": whole} if isinstance(have, dict) else _as_resource(whole)
    return merged, kept


def _short(methods: Mapping[str, Any]) -> str:
    """The short form, where nothing but the methods is said."""
    return "" if any(methods.values()) else " ".join(methods)


def _joined(there: Any, known: Sequence[str], new: JsonObject) -> Any:
    if isinstance(there, str):
        short = _short(new)
        return f"{there} {short}" if short else {**{method: {} for method in known}, **new}
    return {**there, **new}


def _as_resource(methods: Any) -> Any:
    return methods if isinstance(methods, str) else {"methods": methods}
