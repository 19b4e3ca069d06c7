"""
What comes with the package: the data files of its services, and the JSON Schemas of data files.

Takes a name; gives what is there, read by whatever loaded the package, be it a folder or an archive. The files were
checked by the package's tests and are trusted.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any

from restpath.definition.merge import KINDS, Layer
from restpath.types import JsonObject

__all__ = ["bundled_names", "data_schemas", "read_bundled", "schema_texts"]

_resources: Any = import_module("restpath.resources")


def read_bundled(name: str) -> Layer | None:
    """Read the layer of a service; None where there is none."""
    documents, names = {}, {}
    for kind in KINDS:
        try:
            documents[kind] = json.loads(_content(name, f"{kind}.json"))
        except OSError:
            continue
        names[kind] = f"restpath/resources/{name}/{kind}.json"
    return Layer(documents, names, origin="bundled") if documents else None


def bundled_names() -> list[str]:
    """Name the services."""
    from importlib.resources import files

    folders = [entry for entry in files(_resources).iterdir() if entry.is_dir()]
    return [entry.name for entry in folders if (entry / "service.json").is_file()]


def data_schemas() -> dict[str, JsonObject]:
    """Give the package's JSON Schemas of data files, by kind."""
    return {kind: json.loads(text) for kind, text in schema_texts().items()}


def schema_texts() -> dict[str, str]:
    """Give the JSON Schemas of our data files as they are shipped, by kind."""
    return {kind: _content("schema", f"{kind}.schema.json").decode() for kind in KINDS}


def _content(folder: str, name: str) -> bytes:
    """Read a file of the package. Raises OSError where there is none."""
    # As `pkgutil.get_data` does, whose module costs more to import than all the files to read.
    data: bytes = _resources.__loader__.get_data(os.path.join(_resources.__path__[0], folder, name))
    return data
