"""
Sources: all that a definition can be read from.

Takes a folder, documents, a service's name, a description in another format or a definition; gives a `Definition`, with
further layers over it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from restpath.definition.merge import KINDS, Layer
from restpath.definition.model import Definition
from restpath.edge.catalog import means_service
from restpath.edge.datafiles import open_folder, read_folder, read_mapping
from restpath.edge.defining import check_all, define
from restpath.edge.lookup import read_service
from restpath.errors import InvalidValue
from restpath.records import replace

__all__ = ["Source", "check_source", "layer_of", "read_source"]

Source: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | Definition"


def read_source(source: Source, *layers: Source) -> Definition:
    """
    Read a definition, and lay more over it.

    Args:
        source: a path of a folder of data files; a mapping with the keys service, resources and defaults; a service's
            name, where there is no folder of that name with data files in it; or a definition.
        layers: folders or mappings, each laid over all before it.
    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
        InvalidValue: it is none of these.
    """
    base = source if isinstance(source, Definition) else _read_one(source)
    if not layers:
        return base
    below = base.layers or (Layer({kind: getattr(base.documents, kind) for kind in KINDS}),)
    laid = define([*below, *(layer_of(layer) for layer in layers)], base.name, trusted=len(below), named=True)
    return replace(laid, find_left_out=base.find_left_out)


def check_source(source: Source) -> Definition:
    """
    Read a definition and check all of it, whether or not it is trusted, or was found good before.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
        InvalidValue: there is no such source.
    """
    definition = source if isinstance(source, Definition) else _read_one(source, whole=True)
    check_all(definition)
    return definition


def _read_one(source: object, *, whole: bool = False) -> Definition:
    if isinstance(source, Mapping) and not set(source).difference(KINDS):
        return define([read_mapping(source)], "", trusted=0, whole=whole)
    if isinstance(source, str) and means_service(source):
        return read_service(source, whole=whole)
    from restpath.edge.descriptions import read_description

    described = read_description(source)
    if described is not None:
        return replace(define([described.layer], "", trusted=1), find_left_out=described.find_left_out)
    if isinstance(source, Mapping):
        return define([read_mapping(source)], "", trusted=0, whole=whole)
    folder = _as_folder(source)
    return define([open_folder(folder)], _name_of(folder), trusted=0, whole=whole)


def layer_of(source: object) -> Layer:
    """Read what is to be laid over a definition, unchecked. Raises as `read_source` does."""
    if isinstance(source, Definition):
        return Layer({kind: getattr(source.documents, kind) for kind in KINDS})
    return read_mapping(source) if isinstance(source, Mapping) else read_folder(_as_folder(source))


def _as_folder(source: object) -> FilePath:
    if not isinstance(source, (str, os.PathLike)) or not str(source) or "\0" in str(source):
        raise InvalidValue(f"{source!r} is no definition: give a folder of data files, or a mapping of documents")
    return FilePath(source)


def _name_of(folder: FilePath) -> str:
    """A service's name made of its folder's, where its file does not say one."""
    return re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_")[:64]
