"""
Gathering: what a definition is to be made of, from the source that the user named, or from the service itself.

Takes a file, a folder, a URL, or a client that asks its service for the list that it gives of itself; gives documents
with where they are from, and without them where nothing is new. Nothing else is fetched, and nothing is written.
Source: RFC 9110 section 13.1 for what asks for nothing but news.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from restpath.definition.merge import Layer
from restpath.definition.relisting import relist
from restpath.edge.bundled import read_bundled
from restpath.edge.clock import SystemClock
from restpath.edge.datafiles import read_folder
from restpath.edge.imported import Origin, read_imported
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

__all__ = ["Found", "Listed", "gather_list", "gather_source", "listed_by", "relisted"]

_URL = re.compile(r"https?:/", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """What a source gave; without documents where it is what is known already."""

    documents: Mapping[str, JsonObject] | None
    origin: Origin
    left_out: tuple[LeftOut, ...] = ()


def gather_source(source: str | os.PathLike[str], known: Origin | None = None) -> Found:
    """
    Read what the user named.

    Args:
        source: a file, a folder, or a URL.
        known: where it was from the last time, by which a URL is asked for nothing but news.
    Raises:
        InvalidValue: it is none of these, or there is no such file.
        DefinitionError: it is no description, or cannot be read.
        TransportError, RequestError: the URL does not give it.
    """
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


def _read_url(url: str, known: Origin | None) -> Found:
    from restpath.edge.descriptions import MAX_BYTES, read_fetched
    from restpath.edge.fetching import fetch_changed

    place, login = _without_login(url)
    same = known if known is not None and known.place == place else None
    fetched = fetch_changed(url, MAX_BYTES, _conditions(same))
    if fetched.data is None and same is not None:
        return Found(None, same)
    described = read_fetched(fetched.data or b"", fetched.found_at)
    origin = _origin("url", place, fetched.data or b"", login=login)
    origin = replace(origin, etag=_mark(fetched.etag), last_modified=_mark(fetched.last_modified))
    return Found(described.layer.documents, origin, described.find_left_out())


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


def _read_path(path: FilePath) -> Found:
    from restpath.edge.descriptions import description_file, read_description

    described = read_description(path)
    if described is None:
        layer = read_folder(path)
        data = b"".join(FilePath(file).read_bytes() for file in layer.files.values())
        return Found(layer.documents, _origin("folder", str(path), data))
    file = description_file(path) or path
    origin = _origin("file" if file == path else "folder", str(path), file.read_bytes())
    return Found(described.layer.documents, origin, described.find_left_out())


def _origin(kind: str, place: str, data: bytes, *, login: bool = False) -> Origin:
    date = SystemClock().now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return Origin(kind, place, date, hashlib.sha256(data).hexdigest(), version=__version__, login=login)


# ---- the list that a service gives of itself -----------------------------------------------------------------------


def gather_list(name: str, client: Client, known: Origin | None) -> Found:
    """
    Ask a service for the list of its operations, and bring what was known of it up to date.

    Raises:
        DefinitionError: what it gives is no such list.
        RestpathError: it gives none.
    """
    place = root_of(client).base_url + root_of(client).definition.service.words["listing"]["resource"]
    same = known if known is not None and known.place == place else None
    listed = listed_by(client, _conditions(same))
    if listed is None and same is not None:
        return Found(None, same)
    if listed is None:
        raise DefinitionError("the service says that its list has not changed, and was not asked that", file=place)
    base = read_bundled(name) or read_imported(name) or Layer({})
    origin = replace(_origin("listing", place, listed.data), etag=_mark(listed.etag))
    origin = replace(origin, last_modified=_mark(listed.last_modified))
    # How calls are proven is what the definition knows, and a list has no words for.
    left_out = tuple(each for each in listed.left_out if each.place != "/methods/method")
    return Found(relisted(base, root_of(client).definition, listed.resources), origin, left_out)


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
    from restpath.expanding import expand_template
    from restpath.importers import listings
    from restpath.path import operation_of

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
