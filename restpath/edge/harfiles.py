"""
A recording of a browser on the disk: from a file to the draft of a service.

Takes the path of a HAR and a service's name; gives what was learnt of it, which is in the draft then. The file is only
read, and no larger than any recording of a page.
"""

from __future__ import annotations

import json
import os
import stat
from datetime import datetime, timezone
from pathlib import Path as FilePath
from shlex import quote
from typing import Any

from restpath.definition.merge import Documents
from restpath.definition.model import Definition
from restpath.edge.catalog import service_names
from restpath.edge.drafts import add_to_draft, draft_file
from restpath.edge.lookup import read_service
from restpath.errors import DefinitionError, InvalidValue, RestpathError
from restpath.importers.har import Recording, read_recording
from restpath.recordings import learn_recording
from restpath.records import dataclass
from restpath.tree import Tree
from restpath.types import JsonObject

__all__ = ["Drafted", "draft_recording"]

_LARGEST = 256 * 1024 * 1024
_EXPECTED = "a HAR, as the network panel of a browser saves it"


@dataclass(frozen=True)
class Drafted:
    """What was read, and what is in the draft of it."""

    recording: Recording
    resources: JsonObject


def draft_recording(file: str, name: str, base_url: str | None = None) -> Drafted:
    """
    Draft what a recording has of a service.

    Args:
        file: the HAR.
        name: the service's name, of which there need be no data files yet.
        base_url: where it is; unless given, where its data files say, else the origin that most calls went to.
    Raises:
        InvalidValue: there is no such file, or the name or the URL is none.
        DefinitionError: the file is no HAR, or has no call of that service.
    """
    draft_file(name)
    definition = read_service(name) if name in service_names() else None
    where = _base_url(definition, base_url)
    recording = read_recording(_read(FilePath(file)), where, source=file)
    tree = definition.tree(Tree) if definition is not None else Tree(Definition(Documents({}, {}, {}), known=False))
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    resources = learn_recording(recording, tree, now)
    if resources:
        add_to_draft(name, recording.base_url, resources)
    return Drafted(recording, resources)


def _base_url(definition: Definition | None, base_url: str | None) -> str | None:
    from restpath.edge.address import find_address, said_address, split_address
    from restpath.edge.credentials import profile_address

    if base_url is not None or definition is None:
        return split_address(base_url)[0] if base_url is not None else None
    try:
        said = said_address(definition, None, lambda: profile_address(definition, None))
        return find_address(definition, said, {})[0]
    except RestpathError:  # it is where the recording says
        return None


def _read(file: FilePath) -> Any:
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):  # a pipe would be waited for
            raise InvalidValue(f"{file} is no file: give the HAR that a browser saved")
        with open(file, "rb") as opened:
            data = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise InvalidValue(f"{file} cannot be read: {why}") from error
    if len(data) > _LARGEST:
        problem = "it is too large: save the calls of the service alone, without images and scripts"
        raise DefinitionError(problem, file=str(file), expected=f"at most {_LARGEST >> 20} MiB")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise DefinitionError("it is nested too deeply", file=str(file), expected=_EXPECTED) from error
    except ValueError as error:
        # Not chained: json's own error holds the whole text, cookies and all.
        raise DefinitionError(_problem(data, error, str(file)), file=str(file), expected=_EXPECTED) from None


def _problem(data: bytes, error: ValueError, file: str) -> str:
    """What a file is that is no JSON."""
    start = data.lstrip()[:200].lower()
    if not start:
        return "this is no recording of a browser (HAR): it is empty"
    if data[:2] in (b"\x1f\x8b", b"PK"):
        return "this is a compressed file: unpack it first"
    if start.startswith(b"<"):
        return "this is no recording of a browser (HAR): it is HTML or XML"
    if start.startswith((b"openapi:", b"swagger:")):
        what = f"it is a description, which restpath import NAME {quote(file)} takes"
        return f"this is no recording of a browser (HAR): {what}"
    if isinstance(error, json.JSONDecodeError) and start.startswith(b"{"):
        return f"this recording is cut off or damaged: {error.msg} at line {error.lineno}, column {error.colno}"
    return "this is no recording of a browser (HAR), nor any JSON"
