"""
One layer of data files: from a folder or the program to documents and the files they came from.

Takes a folder or a mapping; gives a `Layer`, whose documents are plain values that nobody has checked yet, or
raises `DefinitionError` where they cannot be read. YAML is read where PyYAML is installed. A folder can also be opened
without parsing its files, for those that were found good before.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from restpath.definition.lazy import LatePlain
from restpath.definition.merge import KINDS, Layer
from restpath.errors import DefinitionError, InvalidValue
from restpath.records import dataclass, field

__all__ = ["FILES", "MAX_BYTES", "FileLayer", "bytes_of", "open_folder", "read_folder", "read_mapping"]

MAX_BYTES = 128 * 1024 * 1024
_MAX_YAML = 4 * 1024 * 1024
FILES = {kind + suffix: kind for kind in KINDS for suffix in (".json", ".yaml", ".yml")}


def read_mapping(documents: Mapping[Any, Any]) -> Layer:
    from restpath.definition.jsonfile import pointer, read_values

    unknown = [key for key in documents if key not in KINDS]
    if unknown or not documents:
        raise DefinitionError(
            f"the key {unknown[0]!r} is not known" if unknown else "there is nothing in it",
            pointer=pointer(unknown[:1]),
            expected="service, resources, defaults and schemas",
        )
    return Layer({kind: read_values(document) for kind, document in documents.items()}, origin="program")


@dataclass(frozen=True)
class FileLayer(Layer):
    """A layer of files, whose documents are parsed when they are first asked for."""

    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def texts(self) -> dict[str, bytes]:
        """The contents of the files that are JSON."""
        return {kind: data for kind, data in self.contents.items() if self.files[kind].endswith(".json")}


def _digest(contents: Mapping[str, bytes], names: Mapping[str, str]) -> str:
    """The SHA-256 of all files, with what tells how they are read."""
    import hashlib  # late: it loads OpenSSL, and the bundled files need none

    found = hashlib.sha256()
    for kind, data in contents.items():
        found.update(f"{kind} {os.path.splitext(names[kind])[1]} {len(data)}\n".encode())
        found.update(data)
    return found.hexdigest()


def read_folder(folder: FilePath, origin: str = "folder", faults: list[DefinitionError] | None = None) -> Layer:
    """
    Read the data files of a folder.

    Args:
        origin: which layer it is.
        faults: takes what is wrong with single files, where the others are to be read all the same.
    Raises:
        DefinitionError: a file cannot be read, or there is none.
        InvalidValue: there is no such folder.
    """
    layer = open_folder(folder, origin, faults)
    documents = {}
    for kind in layer.documents:
        try:
            documents[kind] = layer.documents[kind]
        except DefinitionError as error:
            _told(error, faults)
    return Layer(documents, {kind: layer.files[kind] for kind in documents}, layer.digest, origin)


def _told(error: DefinitionError, faults: list[DefinitionError] | None) -> None:
    """Keep an error where somebody takes them all, else raise it."""
    if faults is None:
        raise error
    faults.append(error)


def open_folder(folder: FilePath, origin: str = "folder", faults: list[DefinitionError] | None = None) -> FileLayer:
    """Read the files of a folder, of which none is parsed before it is asked for; that may raise DefinitionError."""
    contents: dict[str, bytes] = {}
    names: dict[str, str] = {}
    there = _data_files(folder)
    for name in there:
        kind, file = FILES[name], folder / name
        try:
            if kind in names:
                problem = f"there is {os.path.basename(names[kind])} beside it: keep one of them"
                raise DefinitionError(problem, file=str(file), expected=f"one file for {kind}")
            contents[kind], names[kind] = bytes_of(file), str(file)
        except DefinitionError as error:
            _told(error, faults)
    if not there:
        raise DefinitionError(
            "there are no data files in this folder", file=str(folder), expected="service.json and resources.json"
        )
    contents = {kind: contents[kind] for kind in KINDS if kind in contents}
    documents = LatePlain(lambda kind: _parse(_text_of(contents[kind], names[kind]), names[kind]), contents)
    files = {kind: names[kind] for kind in contents}
    return FileLayer(documents, files, _digest(contents, files), origin, contents)


def _data_files(folder: FilePath) -> list[str]:
    """The data files that are there, sorted: they are asked for by name, however much else is in the folder."""
    try:
        with os.scandir(folder):  # whether it is a folder, and may be read
            return sorted(name for name in FILES if os.path.lexists(folder / name))
    except NotADirectoryError as error:
        problem = f"{folder} is a file: give the folder that holds service.json and resources.json"
        raise InvalidValue(problem) from error
    except FileNotFoundError as error:
        problem = f"there is no folder {folder}: give the folder that holds service.json and resources.json"
        raise InvalidValue(problem) from error
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error, "a folder that you may read") from error


def _unreadable(file: object, error: Exception, expected: str) -> DefinitionError:
    why = (error.strerror if isinstance(error, OSError) else None) or error
    return DefinitionError(f"it cannot be read: {why}", file=str(file), expected=expected)


def bytes_of(file: FilePath, *, limit: int | None = None, name: str | None = None, most: str = "") -> bytes:
    """
    Read a file.

    Args:
        limit: how many bytes it may have; 128 MiB unless said.
        name: what it is called in an error; its path unless said.
        most: what is behind the size in an error.
    Raises:
        DefinitionError: it cannot be read, is no ordinary file, or is too large.
    """
    limit = MAX_BYTES if limit is None else limit
    name = str(file) if name is None else name
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):  # a pipe would be waited for
            raise OSError(errno.EINVAL, "it is no ordinary file")
        with open(file, "rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error, "a file that you may read") from error
    if len(data) > limit:
        raise DefinitionError("it is too large", file=name, expected=f"at most {MAX_BYTES >> 20} MiB{most}")
    return data


def _text_of(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"line {data.count(10, 0, error.start) + 1}, byte {error.start}"
        raise DefinitionError(f"it is not UTF-8 ({where})", file=file, expected="a text in UTF-8") from error


def _parse(text: str, file: str) -> Any:
    if file.endswith(".json"):
        from restpath.definition.jsonfile import read_json

        return read_json(text, file)
    if len(text) > _MAX_YAML:  # which takes a minute, where the same as JSON takes none
        problem = f"it is too large for YAML, which has {_MAX_YAML >> 20} MiB at most: write the file as JSON"
        raise DefinitionError(problem, file=file, expected="a JSON file")
    from restpath.definition.yamlfile import read_yaml

    try:
        return read_yaml(text, file)
    except ImportError as error:
        problem = "YAML needs PyYAML, which is not installed: pip install 'restpath[yaml]', or write the file as JSON"
        raise DefinitionError(problem, file=file, expected="PyYAML, or a JSON file") from error
