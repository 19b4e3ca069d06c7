"""
Drafts: what was learnt of services and nobody has looked at yet, one file for each, `drafts.d/NAME.json`.

Takes resources with notes (see `learning`); merges them into what other threads and processes have learnt, under the
lock of the folder, and writes files whole. A draft is in force nowhere. The folder is the user's alone (0700), and so
are the files (0600).
Source: XDG Base Directory Specification for where data are; the format is that of resources.json with `x-` keys.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path as FilePath
from typing import Any

from restpath.definition.jsonfile import pointer
from restpath.edge.catalog import is_name
from restpath.edge.clock import Clock
from restpath.edge.directories import RESERVED, data_directory
from restpath.edge.storing import held, json_text, store_text, unstorable
from restpath.errors import DefinitionError, InvalidValue
from restpath.learning import merge_resources, settled, shape_of
from restpath.records import dataclass, field, replace
from restpath.types import JsonObject

__all__ = [
    "Draft", "add_to_draft", "change_draft", "check_draft", "draft_file", "draft_names", "draft_text", "drop_draft",
    "drop_edit", "keep_edit", "kept_edit", "read_draft", "service_name",
]  # fmt: skip

_FOLDER = "drafts.d"  # with a dot, so that no service is looked for in it
_KEYS = ("$schema", "format", "service", "base_url", "defined_in", "resources")
_LARGEST = 32 * 1024 * 1024


@dataclass(frozen=True)
class Draft:
    """
    What was learnt of a service.

    Attributes:
        name: the service's name.
        base_url: where it was, for a service of which no data files say so.
        defined_in: where its definition is, where that is no layer: a folder, or in words.
        resources: as resources.json has them, with notes.
    """

    name: str
    base_url: str | None = None
    defined_in: str | None = None
    resources: JsonObject = field(default_factory=dict)

    def document(self) -> JsonObject:
        """Give what its file says."""
        where = {"base_url": self.base_url, "defined_in": self.defined_in}
        where = {key: text for key, text in where.items() if text}
        return {"format": 1, "service": self.name, **where, "resources": self.resources}


def service_name(url: str) -> str:
    """Make a name for the service at a URL, of its host: `api-example-com`; with its port, if that is its own."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = (parts.hostname or "service") + (f"-{parts.port}" if parts.port else "")
    return re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:64].strip("-") or "service"


def draft_file(name: str) -> FilePath:
    """
    Name the file of a draft.

    Raises:
        InvalidValue: that is no name of a service.
    """
    if not is_name(name):
        raise InvalidValue(
            f"{name[:60]!r} is no name of a service: give at most 64 small letters, digits, - and _, such as my-shop"
        )
    if name in RESERVED:
        raise InvalidValue(f"{name!r} can be no name of a service, for not every system lets a file be called so")
    return data_directory() / _FOLDER / f"{name}.json"


def kept_edit(name: str) -> FilePath:
    """Name the file in which an edit that went wrong is kept."""
    return draft_file(name).with_suffix(".edit.json")


def draft_names() -> list[str]:
    """Name the services of which there are drafts."""
    try:
        names = os.listdir(data_directory() / _FOLDER)
    except OSError:
        return []
    return sorted(name[:-5] for name in names if name.endswith(".json") and is_name(name[:-5]))


def read_draft(name: str) -> Draft:
    """
    Read a draft; an empty one where there is none.

    Raises:
        InvalidValue: that is no name of a service.
        DefinitionError: the file is no draft.
    """
    file = draft_file(name)
    try:
        with open(file, "rb", opener=lambda path, flags: os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))) as opened:
            data = opened.read(_LARGEST + 1)
    except FileNotFoundError:
        return Draft(name)
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read: {error.strerror or error}") from error
    return _read(data, name, str(file))


def _read(data: bytes, name: str, file: str) -> Draft:
    from restpath.definition.jsonfile import read_json

    if len(data) > _LARGEST:
        raise DefinitionError("it is too large", file=file, expected=f"at most {_LARGEST >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError("it is not UTF-8", file=file, expected="a text in UTF-8") from error
    return check_draft(read_json(text, file), name, file)


def check_draft(document: Any, name: str, file: str | None = None) -> Draft:
    """
    See that a document is a draft, and give it with its short forms written out.

    Raises:
        DefinitionError: it is not.
    """
    from restpath.definition.merge import write_out
    from restpath.template import TemplateError, parse_template

    def wrong(problem: str, pointer: str, expected: str) -> DefinitionError:
        return DefinitionError(problem, file=file, pointer=pointer, expected=expected)

    if not isinstance(document, dict):
        raise wrong("this is no draft", "", "an object with format, service, resources")
    if document.get("format", 1) != 1:
        raise wrong("this format is not known", "/format", "1")
    if document.get("service", name) != name:
        raise wrong(f"this is a draft of {str(document['service'])[:60]!r}", "/service", repr(name))
    unknown = next((key for key in document if key not in _KEYS and not key.startswith("x-")), None)
    if unknown is not None:
        raise wrong(f"the key {unknown!r} is not known", f"/{unknown}", " and ".join(_KEYS))
    base_url, defined_in = document.get("base_url"), document.get("defined_in")
    resources = document.get("resources", {})
    for key in ("base_url", "defined_in"):
        if not isinstance(document.get(key, ""), str):
            raise wrong("this is no text", f"/{key}", "a text, or nothing")
    if not isinstance(resources, dict):
        raise wrong("these are no resources", "/resources", "an object of templates")
    out = write_out(resources)
    for template, words in out.items():
        place = pointer(["resources", template])
        try:
            parse_template(template)
        except TemplateError as error:
            raise wrong(str(error), place, "a URI template such as /orders/{order_id}") from error
        methods = words.get("methods") if isinstance(words, dict) else None
        if not isinstance(methods, dict) or not all(isinstance(said, dict) for said in methods.values()):
            raise wrong("there are no methods", place, 'methods, such as "GET POST"')
        out[template] = {**words, "methods": {word: _with_good_notes(said) for word, said in methods.items()}}
    return Draft(name, base_url, defined_in, out)


def _with_good_notes(said: JsonObject) -> JsonObject:
    """Leave out notes that somebody has edited into what they cannot be: they are only notes."""
    seen = said.get("x-seen")
    seen = seen if isinstance(seen, dict) else {}
    good = isinstance(seen.get("times"), int) and all(isinstance(seen.get(key), str) for key in ("first", "last"))
    lists = {key: value for key, value in said.items() if key not in ("x-answer", "x-unsure")}
    for key, kind in (("x-answer", str), ("x-unsure", dict)):
        if isinstance(said.get(key), list):
            lists[key] = [each for each in said[key] if isinstance(each, kind)]
    if not good:
        lists.pop("x-seen", None)
    elif "types" in seen:
        types = seen["types"] if isinstance(seen["types"], dict) else {}
        lists["x-seen"] = {**seen, "types": {key: value for key, value in types.items() if isinstance(value, int)}}
    return lists


# ---- writing -----------------------------------------------------------------------------------------------------


def add_to_draft(
    name: str,
    base_url: str | None,
    resources: JsonObject,
    counts: JsonObject | None = None,
    *,
    defined_in: str | None = None,
    seconds: float = 120.0,
    clock: Clock | None = None,
) -> None:
    """
    Merge what was learnt into the draft of a service.

    Args:
        base_url: where it was learnt.
        resources: what is new.
        counts: resources that were seen again, of which only `x-seen` counts where the draft still has them.
        seconds: how long another process may keep the drafts to itself, at most.
    Raises:
        Busy: it kept them longer.
        InvalidValue: it cannot be written; the draft is as it was.
        DefinitionError: what lies there is no draft.
    """

    def merged(draft: Draft) -> Draft:
        grown = merge_resources(draft.resources, resources)
        whole = settled(merge_resources(grown, _only_known(counts or {}, grown)))
        return replace(
            draft,
            base_url=draft.base_url or base_url,
            defined_in=draft.defined_in or defined_in,
            resources=whole,
        )

    change_draft(name, merged, seconds=seconds, clock=clock)


def _only_known(counts: JsonObject, known: JsonObject) -> JsonObject:
    """What a draft still has, by the shape of its templates: what was taken over or dropped is not to come back."""
    there = {shape_of(template): words["methods"] for template, words in known.items()}
    rest: JsonObject = {}
    for template, words in counts.items():
        have = there.get(shape_of(template), {})
        methods = {word: said for word, said in words["methods"].items() if word in have}
        if methods:
            rest[template] = {"methods": methods}
    return rest


def change_draft(
    name: str, change: Callable[[Draft], Draft], *, seconds: float = 120.0, clock: Clock | None = None
) -> Draft:
    """
    Change a draft while nobody else does; one that says nothing is removed.

    Raises:
        Busy: another process keeps the drafts to itself for that many seconds.
        InvalidValue: it cannot be written; the draft is as it was.
        DefinitionError: what lies there is no draft.
    """
    file = draft_file(name)
    with held(file.parent, seconds=seconds, clock=clock):
        before = read_draft(name)
        after = change(before)
        if after == before:
            return after
        if after.resources:
            store_text(file, json.dumps(after.document()) + "\n")  # laid out where somebody looks at it
        else:
            _remove(file)
        return after


def drop_draft(name: str) -> None:
    """
    Remove a draft, whatever is in it, and an edit of it that was kept.

    Raises:
        InvalidValue: it cannot be removed.
    """
    file = draft_file(name)
    with held(file.parent):
        _remove(file)
        drop_edit(name)


def keep_edit(name: str, text: str) -> FilePath:
    """Keep an edit that went wrong, so that nothing of it is lost."""
    file = kept_edit(name)
    with held(file.parent):
        store_text(file, text)
    return file


def drop_edit(name: str) -> None:
    """Remove an edit that was kept, if there is one."""
    with suppress(FileNotFoundError):
        os.unlink(kept_edit(name))


def _remove(file: FilePath) -> None:
    try:
        with suppress(FileNotFoundError):
            os.unlink(file)
    except OSError as error:
        raise unstorable(file, error) from error


def draft_text(draft: Draft) -> str:
    """Write a draft as its file has it."""
    return json_text(json.loads(json.dumps(draft.document())))
