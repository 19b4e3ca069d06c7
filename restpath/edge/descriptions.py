"""
Descriptions: from a file, a URL, a mapping or a folder to a layer of data files, and what was left out.

Takes a source; gives a `Described`, or None where the source is no description but data files of our own. JSON and YAML
are read; what is larger or deeper than any description is refused. References to other files are followed beside the
file and nowhere else: no network, nothing above its folder, nothing that a symbolic link leads out of it.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from restpath.definition.lazy import Resources, Schemas
from restpath.definition.merge import KINDS, Layer
from restpath.definition.places import Places, lay_open, octets_of
from restpath.edge.datafiles import FILES, MAX_BYTES, bytes_of
from restpath.errors import DefinitionError, InvalidValue
from restpath.importers.found import LeftOut, Refer, follow_nothing
from restpath.importers.glances import look

if TYPE_CHECKING:
    from restpath.definition.jsonfile import Budget
    from restpath.importers.recognize import Convert

__all__ = ["MAX_BYTES", "Described", "description_file", "is_description", "read_description", "read_fetched"]

_MAX_FILES = 2000
_NAMES = tuple(f"{stem}.{suffix}" for stem in ("openapi", "swagger") for suffix in ("json", "yaml", "yml"))
_URL = re.compile(r"https?:/", re.IGNORECASE)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
_YAML = (".yaml", ".yml")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAY_HOLD_SURROGATES = re.compile(r"\\u[dD][89a-fA-F]")


class Described(NamedTuple):
    """A description as a layer of data files, which needs no check, and what tells what was left out of it."""

    layer: Layer
    find_left_out: Callable[[], tuple[LeftOut, ...]]


def read_description(source: object) -> Described | None:
    """
    Read a description.

    Args:
        source: a URL, a path of a file, of a folder that holds openapi.json or the like, or the document as a mapping.
    Returns:
        None where the source can only be data files of our own.
    Raises:
        DefinitionError: it is no description, or cannot be read.
        InvalidValue, TransportError, RequestError: the URL is none, or does not give it.
    """
    if isinstance(source, Mapping):
        return None if not set(source).difference(KINDS) else _read_mapping(source)
    if isinstance(source, str) and _URL.match(source):
        return _read_url(source)
    if not isinstance(source, (str, os.PathLike)) or not str(source) or "\0" in str(source):
        return None
    try:
        file = description_file(FilePath(source))
    except OSError:  # a place that cannot be looked at: the folder's reader says why
        return None
    return _read_file(file) if file is not None else None


def is_description(source: object) -> bool:
    """Tell whether a source is to be read as a description; what a file of data files' name holds is looked at."""
    if isinstance(source, Mapping):
        return bool(set(source).difference(KINDS)) and _says_format(source)
    if isinstance(source, str) and _URL.match(source):
        return True
    if not isinstance(source, (str, os.PathLike)) or not str(source) or "\0" in str(source):
        return False
    try:
        file = description_file(FilePath(source))
        if file is None or file.name not in FILES:
            return file is not None
        from restpath.importers.recognize import find_importer

        return find_importer(_Beside(file).read(file)) is not None
    except (OSError, DefinitionError):
        return False


def description_file(path: FilePath) -> FilePath | None:
    """Find the file of a description: the path itself, or what lies in the folder, if there are no data files."""
    if path.is_file():
        return path
    if not path.is_dir() or any((path / name).exists() for name in FILES):
        return None
    return next((path / name for name in _NAMES if (path / name).is_file()), None)


# ---- from where --------------------------------------------------------------------------------------------------


def _read_mapping(source: Mapping[Any, Any]) -> Described | None:
    from restpath.importers.recognize import find_importer, recognize

    document = _plain(source)
    if find_importer(document) is None and not _says_format(document):
        return None
    return _described(recognize(document), document, "", follow_nothing)


def _says_format(document: Any) -> bool:
    return any(key in document for key in ("openapi", "swagger", "discoveryVersion", "kind", "paths", "asyncapi"))


def _read_url(url: str) -> Described:
    from restpath.edge.fetching import fetch_description

    return read_fetched(*fetch_description(url, MAX_BYTES))


def read_fetched(data: bytes, found_at: str) -> Described:
    """
    Read a description that came from a URL.

    Raises:
        DefinitionError: it is none.
    """
    from restpath.importers.recognize import recognize

    parts = urlsplit(found_at)
    name = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))  # a query may hold a secret
    document = _document_in(data, name)
    convert = recognize(document, name)

    def refer(base: str, reference: str, /) -> tuple[str, Any]:
        with suppress(ValueError):  # what is no URL is not this one
            if urljoin(found_at, reference) in (found_at, name):
                return name, document
        raise DefinitionError("nothing but the URL itself is fetched", file=name)

    return _described(convert, document, name, refer)


def _read_file(file: FilePath) -> Described | None:
    from restpath.importers.recognize import find_importer, recognize

    beside = _Beside(file)
    document = beside.read(file)
    if file.name in FILES and find_importer(document) is None:
        return None  # one of our own, of which the folder is to be given
    convert = recognize(document, str(file))
    if isinstance(document, Places) or not _is_of_files(document):
        return _described(convert, document, str(file), follow_nothing)
    return _all_read(_described(convert, document, str(file), beside))


def _all_read(described: Described) -> Described:
    """Use all of a description at once: it refers to other files, and later none is read."""
    left_out = described.find_left_out()
    for document in described.layer.documents.values():
        if isinstance(document, Resources):
            document.make_all()
        elif isinstance(document, Schemas):
            _ = document["schemas"]
    return Described(described.layer, lambda: left_out)


def _described(convert: Convert, document: Any, name: str, refer: Refer) -> Described:
    try:
        imported = convert(document, source=name, refer=refer)
    except RecursionError as error:
        raise DefinitionError("it is nested too deeply", file=name or None, expected="fewer levels") from error
    files = dict.fromkeys(imported.documents, name) if name else {}
    return Described(Layer(imported.documents, files, origin="description"), imported.find_left_out)


class _Beside(Refer):
    """Follows references to files in the folder of a description, and below it."""

    def __init__(self, file: FilePath) -> None:
        self._root = os.path.realpath(file.parent)
        self._names = {os.path.realpath(file): str(file)}
        self._documents: dict[str, Any] = {}
        self._folders = {str(file): self._root}
        self._bytes = 0

    def __call__(self, base: str, reference: str, /) -> tuple[str, Any]:
        real = self._place(base, reference)
        name = self._names.setdefault(real, os.path.relpath(real, self._root).replace(os.sep, "/"))
        self._folders.setdefault(name, os.path.dirname(real))
        if name not in self._documents:
            self.read(FilePath(real), name)
        return name, self._documents[name]

    def _place(self, base: str, reference: str) -> str:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", reference) or reference.startswith(("/", "\\")):
            raise DefinitionError("it leads away from the description, and only files beside that are read")
        path = unquote(reference.partition("?")[0]).replace("\\", "/")
        if "\0" in path or ":" in path:
            raise DefinitionError("that is no name of a file")
        real = os.path.realpath(os.path.join(self._folders[base], *path.split("/")))
        if not os.path.join(real, "").startswith(os.path.join(self._root, "")):
            raise DefinitionError("it leads out of the folder of the description")
        return real

    def read(self, file: FilePath, name: str | None = None) -> Any:
        """Read one file; all together are no larger than one may be."""
        shown = name or str(file)
        data = bytes_of(file, limit=MAX_BYTES - self._bytes, name=shown, most=" in all")
        self._bytes += len(data)
        if len(self._documents) >= _MAX_FILES:
            raise DefinitionError("it refers to too many files", file=shown, expected=f"at most {_MAX_FILES}")
        document = _document_in(data, shown) if name is None else parse_text(decode(data, shown), shown)
        self._documents[shown] = document
        return document


# ---- from bytes to places ----------------------------------------------------------------------------------------

# What is known by its place: of a description of many megabytes only what is used is ever read.
_LEVELS = {"paths": 1, "x-ms-paths": 1, "components": 2, "definitions": 1, "schemas": 1}
_LOOKS = {"paths": look, "x-ms-paths": look}
_REFERS_OUT = re.compile(r'"\$ref"\s*:\s*"(?!#)')


def _document_in(data: bytes, name: str) -> Any:
    """Read a description: by places where it is JSON and refers to no other file, else whole."""
    data = data.removeprefix(codecs.BOM_UTF8)
    octets = octets_of(data) if data[:64].lstrip()[:1] == b"{" and not name.lower().endswith(_YAML) else None
    if octets is not None and not _MAY_HOLD_SURROGATES.search(octets):
        document = lay_open(octets, json.JSONDecoder(**_NUMBERS), _LEVELS, _LOOKS)
        if document is not None and not (_is_of_files(document) and _refers_out(octets)):
            return document
    return parse_text(decode(data, name), name)


def _is_of_files(document: Mapping[str, Any]) -> bool:
    """Whether the references of a document may lead to other files, as those of OpenAPI do."""
    return "openapi" in document or "swagger" in document


def _refers_out(text: str) -> bool:
    """Whether there may be a reference to another file. (To count is quick, to search for a pattern is not.)"""
    if text.count('"$ref"') == text.count('"$ref": "#') + text.count('"$ref":"#'):
        return False
    return _REFERS_OUT.search(text) is not None


# ---- from bytes to values ----------------------------------------------------------------------------------------


def decode(data: bytes, name: str) -> str:
    """
    Give the text of a description: UTF-8, or what its byte-order mark says.

    Raises:
        DefinitionError: it is none.
    """
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"line {data.count(10, 0, error.start) + 1}, byte {error.start}"
        raise DefinitionError(f"it is not {encoding} ({where})", file=name, expected="a text in UTF-8") from error


def parse_text(text: str, name: str) -> Any:
    """
    Read JSON or YAML, whichever it is.

    Raises:
        DefinitionError: it is neither, or larger or deeper than any description.
    """
    start = text.lstrip()[:1]
    if not start:
        raise DefinitionError("it is empty", file=name, expected="a description")
    if start == "<":
        raise DefinitionError("this is HTML or XML", file=name, expected="a description in JSON or YAML")
    if start in "{[" and not (name.lower().endswith(_YAML) and not _is_json(text)):
        return _read_json(text, name)
    return _read_yaml(text, name)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _read_json(text: str, name: str) -> Any:
    try:
        value = json.loads(text, **_NUMBERS)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        ends = " (the text ends there)" if cut else ""
        where = f"line {error.lineno}, column {error.colno}"
        problem = f"this is no JSON: {error.msg} at {where}{ends}"
        raise DefinitionError(problem, file=name, expected="a description in JSON or YAML") from error
    except RecursionError as error:
        raise DefinitionError("it is nested too deeply", file=name, expected="fewer levels") from error
    return _plain(value) if _MAY_HOLD_SURROGATES.search(text) else value


def _finite(digits: str) -> Any:
    number = float(digits)
    return number if number - number == 0 else digits  # what no float holds stays text


def _whole(digits: str) -> Any:
    return int(digits) if len(digits) < 4000 else digits


_NUMBERS: Any = {"parse_constant": str, "parse_float": _finite, "parse_int": _whole}


def _read_yaml(text: str, name: str) -> Any:
    from restpath.importers.yamltext import read_yaml_text

    try:
        return read_yaml_text(text, name)
    except ImportError as error:
        problem = "YAML needs PyYAML, which is not installed: pip install 'restpath[yaml]', or give the JSON"
        raise DefinitionError(problem, file=name, expected="PyYAML, or a description in JSON") from error


_MAX_DEPTH = 200


def _plain(value: Any) -> Any:
    """Copy what the program passed to plain values of one's own: keys are texts, and so is what JSON does not have."""
    from restpath.definition.jsonfile import Budget

    return _copied(value, 0, Budget())


def _copied(value: Any, depth: int, budget: Budget) -> Any:
    budget.take()
    if depth > _MAX_DEPTH:
        raise DefinitionError("it is nested too deeply", expected=f"at most {_MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return {_key(key): _copied(item, depth + 1, budget) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item, depth + 1, budget) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() < 13_000 else hex(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else str(value)
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str.__str__(value) if isinstance(value, str) else _text(value))


def _key(key: Any) -> str:
    """A key as text: what reads YAML 1.1 makes numbers of `200` and booleans of `on`."""
    if isinstance(key, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str.__str__(key))
    return json.dumps(key) if key is None or isinstance(key, bool) else _text(key)


def _text(value: Any) -> str:
    """A date and a time, as readers of YAML 1.1 make them; anything else is no value of a document."""
    import datetime

    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return str(value)
    raise InvalidValue(f"a description has no value of the type {type(value).__name__}: give it as JSON has it")
