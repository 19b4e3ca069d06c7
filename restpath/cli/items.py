"""
Items: the words of a command line that say what goes with a call, as HTTPie writes them.

Takes `name=text`, `name:=json`, `name==query`, `Header:value`, `name@file`, and `=@`, `:=@`, `==@`, `:@` with the
content of a file; gives an `Item`, and writes one back as such a word. The first separator counts, and of those that
begin there the longest. A backslash before one of `:;=@.` or before a backslash makes it part of the name. What follows
the separator stands as it is, whatever it holds, but for a backslash right behind the separator that keeps a value's
own `=` or `@` from belonging to it: `name=\\=x` is the text `=x`. No file is opened here.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from restpath.errors import InvalidValue
from restpath.masking import is_secret_name

__all__ = ["File", "Item", "Kind", "json_value", "parse_item", "quoted", "write_item"]

Kind = Literal["text", "json", "query", "header", "upload", "text_file", "json_file", "query_file", "header_file"]

_KINDS: dict[str, Kind] = {  # the longest first: that is the one that counts
    "==@": "query_file", ":=@": "json_file", "==": "query", ":=": "json", "=@": "text_file", ":@": "header_file",
    "=": "text", ":": "header", "@": "upload",
}  # fmt: skip
_MARKS: dict[Kind, str] = {kind: mark for mark, kind in _KINDS.items()}
_SPECIAL = ":;=@.\\"
_OF_JSON = ("{", "[")  # at the beginning of a word, unless a backslash stands before
_TYPE = ";type="
_KEPT = re.compile(r"\\+(?=[=@])")  # behind the separator: one backslash too many
_TO_KEEP = re.compile(r"\\*[=@]")
_WAYS = (
    "give name=text, name:=JSON, name==text for the query, Header:value, name@file to upload one, or name=@file and "
    "name:=@file for its content"
)


@dataclass(frozen=True)
class File:
    """A file to upload: its path, and the media type where one was said."""

    path: str
    media_type: str | None = None


@dataclass(frozen=True)
class Item:
    """
    One word of a command line.

    Attributes:
        kind: what it is.
        keys: its name, parted at the dots that stand for nesting.
        value: the text; the JSON value; the path of a `..._file`; the `File` of an upload; None for a header field that
            is to be left out.
    """

    kind: Kind
    keys: tuple[str, ...]
    value: Any

    @property
    def name(self) -> str:
        """The whole name, with its dots."""
        return ".".join(self.keys)


def parse_item(text: str) -> Item:
    """
    Read one word.

    Raises:
        InvalidValue: it has no separator or no name, or its JSON does not parse; the message says where.
    """
    if text.startswith(_OF_JSON):
        raise InvalidValue(
            f"{quoted(text)} is a body and no item: give its fields, name=text or name:=JSON, or the whole of it by "
            "--data FILE (echo ... | restpath ... --data -)"
        )
    keys, end = _name(text)
    if end == len(text) - 1 and text[end] == ";":
        return Item("header", _named(keys, text), "")
    mark = next((mark for mark in _KINDS if text.startswith(mark, end)), None)
    if mark is None:
        hint = f". To send the file {text} as the body, say --data {text}" if os.path.isfile(text) else ""
        raise InvalidValue(f"{quoted(text)} is no item: {_WAYS}{hint}")
    kind, raw = _KINDS[mark], text[end + len(mark) :]
    return Item(kind, _named(keys, text), _value(kind, ".".join(keys), raw))


def write_item(item: Item) -> str:
    """Write an item as the word that is read back as it."""
    name = ".".join("".join(f"\\{char}" if char in _SPECIAL else char for char in key) for key in item.keys)
    name = f"\\{name}" if name.startswith(_OF_JSON) else name
    if item.kind == "header" and item.value == "":
        return f"{name};"
    if item.kind == "json":
        return f"{name}:={json.dumps(item.value, ensure_ascii=False)}"
    text = _file_text(item.value) if isinstance(item.value, File) else item.value or ""
    return f"{name}{_MARKS[item.kind]}{_escaped(text)}"


def _name(text: str) -> tuple[list[str], int]:
    """The keys before the separator, and where that begins: at a `;` only where it ends the word."""
    keys, at = [""], 0
    while at < len(text):
        char = text[at]
        if char == "\\" and (text[at + 1 : at + 2] in (*_SPECIAL,) or (at == 0 and text[1:2] in _OF_JSON)):
            at += 1
            keys[-1] += text[at]
        elif char in ":=@" or (char == ";" and at == len(text) - 1):
            break
        elif char == ".":
            keys.append("")
        else:
            keys[-1] += char
        at += 1
    return keys, at


def _named(keys: list[str], text: str) -> tuple[str, ...]:
    if keys != [""]:
        return tuple(keys)
    file = text[1:] or "FILE"
    if text.startswith("@"):
        raise InvalidValue(f"{text!r} has no name: field@{file} uploads the file, --data {file} sends it as the body")
    raise InvalidValue(f"{quoted(text)} has no name before its separator: {_WAYS}")


def _value(kind: Kind, name: str, raw: str) -> Any:
    if kind == "json":
        return json_value(raw, f"{name}:=", secret=is_secret_name(name))
    text = raw[1:] if _KEPT.match(raw) else raw
    if kind == "upload":
        path, mark, media_type = text.rpartition(_TYPE)
        return File(_path(path, name), media_type or None) if mark else File(_path(text, name))
    if kind.endswith("_file"):
        return _path(text, name)
    return None if kind == "header" and not text else text


def _path(text: str, name: str) -> str:
    if not text:
        raise InvalidValue(f"{name}@ names no file")
    return text


def _escaped(text: str) -> str:
    return f"\\{text}" if _TO_KEEP.match(text) else text


def _file_text(file: File) -> str:
    # A path that holds the mark itself is followed by one more, with nothing behind it.
    more = f"{_TYPE}{file.media_type or ''}" if file.media_type or _TYPE in file.path else ""
    return file.path + more


def quoted(text: str) -> str:
    """Give a word as a message may quote it: of one that may hold a secret, nothing."""
    return repr(text if len(text) <= 80 else text[:77] + "...") if not is_secret_name(text) else "an item"


# ---- JSON --------------------------------------------------------------------------------------------------------


def json_value(text: str, what: str, *, secret: bool = False) -> Any:
    """
    Read JSON that somebody typed.

    Args:
        what: what it is the value of, for the message: `tags:=`, or a file's name.
        secret: nothing of it is to be quoted; nor is it where a key in it is called as secrets are.
    Raises:
        InvalidValue: it does not parse; with the line, the column, and what stands there.
    """
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        line, column, at = error.lineno, error.colno, error.pos
        problem = f"{error.msg[:1].lower()}{error.msg[1:]} at"
    except _NoNumber as error:
        at = text.find(str(error))
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        problem = f"{error} is no number there, at"
    except _Twice as error:
        raise InvalidValue(f"{what} says the key {str(error)!r} twice in one object: say it once") from error
    except (ValueError, RecursionError) as error:  # more digits than Python reads; nested too deeply
        raise InvalidValue(f"{what} holds JSON that cannot be read: {error}") from error
    place = f"line {line}, column {column}" if "\n" in text else f"character {column}"
    found = "" if secret or is_secret_name(text) else f" ({_around(text, at)})"
    is_word = text[:1].isalpha() and what.endswith("=")
    hint = ". A text needs its quotes within JSON, or = in place of :=" if is_word else ""
    raise InvalidValue(f"{what} is no JSON: {problem} {place}{found}{hint}")


class _NoNumber(ValueError):
    """What Python takes for a number, and JSON does not."""


class _Twice(ValueError):
    """A key that an object has twice, of which one would be lost."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _no_number(name: str) -> NoReturn:
    raise _NoNumber(name)


def _around(text: str, at: int) -> str:
    """What stands at a place, in a few words."""
    if at >= len(text):
        return f"behind {text[-20:]!r}, where it ends" if text else "there is nothing"
    return f"at {text[at : at + 20]!r}"
