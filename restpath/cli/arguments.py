"""
From the items of a command line to the arguments of an operation.

Takes items, and the body's file if there is one; gives what `operation(...)` is called with. Several items of one name
make a list. A name is what was typed, also where Python would spell it with an underscore (`timeout=3`, `from=x`). The
files that items name are found, and those whose content is meant are read, before anything is sent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from restpath.cli.items import File, Item, json_value, parse_item
from restpath.cli.printing import is_terminal
from restpath.errors import InvalidValue
from restpath.fields import RESERVED, field_name, merge, nest
from restpath.masking import is_secret_name

if TYPE_CHECKING:
    from restpath.definition.method import Method

__all__ = ["Given", "keyword_of", "read_items"]

_UPLOAD = "upload_file_"


class Given:
    """
    What was said of a call.

    Attributes:
        headers: header fields; None leaves one out.
        query: pairs of the query, each name with all its values.
        fields: named fields by their keys, parted at the dots.
        uploads: files by the name of their field.
        data: the body's file, `-` for standard input; None if there is none.
    """

    def __init__(self, data: str | None = None) -> None:
        self.headers: dict[str, str | None] = {}
        self.query: dict[str, Any] = {}
        self.fields: dict[tuple[str, ...], Any] = {}
        self.uploads: dict[str, list[File]] = {}
        self.data = data

    def take(self, name: str) -> Any:
        """Take a field away, for it stands in the path. Raises InvalidValue where it was not said."""
        if (name,) not in self.fields:
            raise InvalidValue(f"the path has {{{name}}}, and no item says it: add {name}=...")
        return self.fields.pop((name,))

    def add_query(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Add pairs that stood in the path: before those of items."""
        items, self.query = self.query, {}
        for name, text in pairs:
            _add(self.query, name, text)
        for name, value in items.items():
            for text in value if isinstance(value, _Several) else [value]:
                _add(self.query, name, text)

    def arguments(self, method: Method, *, variables: Collection[str] = ()) -> dict[str, Any]:
        """
        Give the keywords of an operation.

        Args:
            method: what is called.
            variables: the fields that stand in the path of an operation that has a name.
        Raises:
            InvalidValue: there are fields beside a body that is given whole, or they contradict each other.
        """
        found: dict[str, Any] = {"headers": dict(self.headers)} if self.headers else {}
        method = self.meant(method)
        query = dict(self.query)
        if self.data is not None:
            self._refuse_fields(variables)
            found["data"] = _standard_input() if self.data == "-" else FilePath(os.path.expanduser(self.data))
            self._say_type(found, method)
        found.update(self._keywords(method, query, variables))
        if query:
            found["qs"] = query
        found.update({f"{_UPLOAD}{name}": _sources(files) for name, files in self.uploads.items()})
        return found

    def meant(self, method: Method) -> Method:
        """Give the method with the body that is meant, where it may have several."""
        said = next((value for name, value in self.headers.items() if name.lower() == "content-type"), None)
        return method.sent_as(said, uploads=bool(self.uploads))

    def _refuse_fields(self, variables: Collection[str]) -> None:
        names = [".".join(keys) for keys in self.fields if ".".join(keys) not in variables]
        names += list(self.uploads)
        if names:
            raise InvalidValue(
                f"--data is the whole body, so that {', '.join(names)} would be lost: put it into the body; what "
                "belongs in the query is written name==text"
            )

    def _say_type(self, found: dict[str, Any], method: Method) -> None:
        """A body of which nobody says what it is, is what the service speaks."""
        said = any(name.lower() == "content-type" for name in [*self.headers, *method.rules.headers])
        known = self.data != "-" and os.path.splitext(self.data or "")[1] != ""
        kind = {"json": "application/json", "form": "application/x-www-form-urlencoded"}.get(method.fields_kind)
        if kind and not said and not known and not method.media_type:
            found["headers"] = {**self.headers, "Content-Type": kind}

    def _keywords(self, method: Method, query: dict[str, Any], variables: Collection[str]) -> dict[str, Any]:
        """The fields as keywords; where a name can be none, the whole body as data, and the query as such."""
        keywords: dict[str, Any] = {}
        whole: dict[tuple[str, ...], Any] = {}
        for keys, value in self.fields.items():
            name = ".".join(keys)
            word = name if name in variables else keyword_of(name, method.declared)
            if word is None or any("." in key for key in keys):
                whole[keys] = value
            else:
                keywords[word] = value
        if not whole:
            return keywords
        own = {name: value for name, value in keywords.items() if name in variables}
        plain = {keys: value for keys, value in self.fields.items() if keys not in whole and ".".join(keys) not in own}
        return {**own, **_whole(method, plain, whole, query)}


def keyword_of(name: str, declared: Collection[str]) -> str | None:
    """Give the keyword by which an operation takes a field; None where there is none."""
    for word in (name, f"{name}_"):
        taken = word in RESERVED or (word.startswith(_UPLOAD) and word not in declared)
        if not taken and field_name(word, declared) == name:
            return word
    return None


def _whole(
    method: Method, plain: dict[tuple[str, ...], Any], whole: dict[tuple[str, ...], Any], query: dict[str, Any]
) -> dict[str, Any]:
    """The arguments where names stand that no keyword can be: what a call makes of its fields is made here."""
    bodyless = method.method in ("GET", "HEAD", "OPTIONS", "TRACE") and not method.has_body
    if method.fields_kind == "query" or (bodyless and "fields" not in method.words):
        for keys, value in {**plain, **whole}.items():
            query[".".join(keys)] = value
        return {}
    elsewhere = next((name for name in map(".".join, plain) if name in method.parameters), None)
    if elsewhere is not None:
        raise InvalidValue(
            f"{elsewhere} goes in a header field: beside {'.'.join(next(iter(whole)))} it is written as one"
        )
    in_query = {keys: value for keys, value in plain.items() if ".".join(keys) in method.query_names}
    query.update({".".join(keys): value for keys, value in in_query.items()})
    fields: dict[str, Any] = {".".join(keys): value for keys, value in plain.items() if keys not in in_query}
    placed: dict[str, Any] = {}
    for keys, value in whole.items():
        _place(placed, keys, value)
    both = set(fields) & set(placed)
    if both:
        raise _contradicting(both.pop())
    start = {name: value for name, value in method.defaults().items() if name not in method.query_names}
    body = merge(start, nest({**fields, **placed}, method.rules.nested_by, {*method.declared, *placed}))
    return {"data": body}


def _place(target: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            raise _contradicting(".".join(keys))
    if keys[-1] in target:
        raise _contradicting(".".join(keys))
    target[keys[-1]] = value


def _contradicting(name: str) -> InvalidValue:
    return InvalidValue(f"two items say different things of {name}: give one of them")


# ---- reading -----------------------------------------------------------------------------------------------------


def read_items(words: Sequence[str], data: str | None = None) -> Given:
    """
    Read the items of a command line, and the files that they speak of.

    Raises:
        InvalidValue: one is no item, its JSON does not parse, or a file is missing or cannot be read.
    """
    given = Given(data)
    if data is not None and data != "-":
        _check_file(data, "--data")
    for word in words:
        _take(given, parse_item(word))
    return given


def _take(given: Given, item: Item) -> None:
    value = item.value
    if item.kind == "upload":
        if value.path == "-":
            raise InvalidValue(
                f"{item.name}@- would be an upload without a name: save it to a file first; --data - sends standard "
                "input as the body, and a file of that name is ./-"
            )
        _check_file(value.path, f"{item.name}@{value.path}")
        given.uploads.setdefault(item.name, []).append(value)
    elif item.kind in ("header", "header_file"):
        text = _content(value, item).rstrip("\r\n") if item.kind == "header_file" else value
        _add_header(given.headers, item.name, text)
    elif item.kind in ("query", "query_file"):
        _add(given.query, item.name, _content(value, item) if item.kind == "query_file" else value)
    elif item.kind == "json_file":
        _add(given.fields, item.keys, json_value(_content(value, item), value, secret=is_secret_name(item.name)))
    else:
        _add(given.fields, item.keys, _content(value, item) if item.kind == "text_file" else value)


def _standard_input() -> Any:
    if sys.stdin is None:
        raise InvalidValue("--data -: standard input is closed")
    if is_terminal(sys.stdin):
        return sys.stdin.buffer.read()  # until Ctrl-D is pressed once
    if hasattr(sys.stdin.buffer, "peek") and not sys.stdin.buffer.peek(1):
        raise InvalidValue("--data -: standard input is empty; an empty body is --data /dev/null")
    return sys.stdin.buffer


class _Several(list[Any]):
    """The values of several items of one name; a list that one item gave is none."""


def _add(target: dict[Any, Any], name: Any, value: Any) -> None:
    if name not in target:
        target[name] = value
    elif isinstance(target[name], _Several):
        target[name].append(value)
    else:
        target[name] = _Several([target[name], value])


def _add_header(headers: dict[str, str | None], name: str, value: str | None) -> None:
    """Add a header field; lines of one name are joined (RFC 9110 section 5.3), those of cookies by a semicolon."""
    known = next((each for each in headers if each.lower() == name.lower()), None)
    if known is None:
        headers[name] = value
        return
    before = headers[known]
    if before is None or value is None:
        raise InvalidValue(f"the header field {name} is left out and given: say one of them")
    headers[known] = ("; " if name.lower() == "cookie" else ", ").join((before, value))


def _check_file(path: str, what: str) -> None:
    """See that a file is there, without reading it: it may be a pipe."""
    file = os.path.expanduser(path)
    try:
        os.stat(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL
        if what == "--data" and path.lstrip()[:1] in ("{", "["):
            raise InvalidValue(
                "--data takes a file: for a body as text, echo it: echo ... | restpath ... --data -"
            ) from error
        raise InvalidValue(f"{what}: cannot read {path!r}: {getattr(error, 'strerror', None) or error}") from error
    if os.path.isdir(file):
        raise InvalidValue(f"{what}: {path!r} is a directory: give a file in it")
    if not os.access(file, os.R_OK):
        raise InvalidValue(f"{what}: cannot read {path!r}: Permission denied")


_SIGNS = {"text_file": "=@", "json_file": ":=@", "query_file": "==@", "header_file": ":@"}


def _typed_in(what: str) -> bytes:
    """All of standard input, which is there once."""
    from restpath.cli.holding import holder

    if sys.stdin is None:
        raise InvalidValue(f"{what}: standard input is closed")
    if holder() is not None:
        raise InvalidValue(f"{what}: standard input is where the shell's own lines come from: name a file")
    data = sys.stdin.buffer.read()
    if not data:
        raise InvalidValue(f"{what}: standard input is empty, or was read already; a file of that name is ./-")
    return data


def _content(path: str, item: Item) -> str:
    what = f"{item.name}{_SIGNS[item.kind]}{path}"
    if path == "-":
        try:
            return _typed_in(what).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidValue(f"{what}: standard input is no text in UTF-8 (at byte {error.start + 1})") from error
    _check_file(path, what)
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidValue(
            f"{path!r} is no text in UTF-8 (at byte {error.start + 1}): {item.name}@{path} uploads it as it is"
        ) from error
    except OSError as error:
        raise InvalidValue(f"cannot read {path!r}: {error.strerror or error}") from error


def _sources(files: Sequence[File]) -> Any:
    """What an upload is given as: paths, with the media type where one was said."""
    found = [_source(file) for file in files]
    return found[0] if len(found) == 1 else found


def _source(file: File) -> Any:
    path = os.path.expanduser(file.path)
    return FilePath(path) if file.media_type is None else (os.path.basename(path), FilePath(path), file.media_type)
