"""
A walk to every operation of one description: whether restpath reaches it, in each of its ways.

Takes a file; gives what was reached and what was not, as plain values. The operations are those that `count_operations`
counts. For each of them its URL is written here from the template's text alone, and `.prepare()` has to give the same:

- template: `restpath.expand(client, "/v1/{+name}:cancel", {"name": "a/b"})`;
- chain: `client["v1"]["jobs"]["7"][":cancel"]`, made by the rules of names and items; where these leave several
  templates, with the variables' names, and where that does, with the template's text;
- name: `restpath.operation(client, "jobs.cancel")`;
- also: `restpath.expand()` by another text for the same path, where the description has one;
- back: `restpath.parse()` of the URL gives a path with the same URL.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from count_operations import Counted, kind_of, operations_in, read_file

import restpath

__all__ = ["WAYS", "walk_definition", "walk_file"]

BASE = "https://corpus.example.com"
WAYS = ("template", "chain", "name", "also", "back")
CHAINS = ("plain", "names", "texts")
_VARIABLE = re.compile(r"\{(\+?)([^{}]+)\}")


def walk_file(file: Path, read: Callable[[str], Any] = restpath.read) -> dict[str, Any]:
    """Walk to every operation of a file. What it gives can be written as JSON."""
    began = time.perf_counter()
    document = read_file(file)
    counted = operations_in(file, document)
    found: dict[str, Any] = {"file": file.name, "kind": kind_of(document), "counted": len(counted), "problem": None}
    del document
    try:
        definition = read(str(file))
        found.update(walk_definition(definition, counted))
        # Importers are trusted to give good data files: here they are held to what holds for files.
        for layer in definition.layers:
            restpath.read(dict(layer.documents))
    except restpath.RestpathError as error:
        found["problem"] = f"{type(error).__name__}: {error}"
    except Exception:
        found.update(problem=traceback.format_exc(limit=-3), crashed=True)
    return {**found, "seconds": round(time.perf_counter() - began, 3)}


def walk_definition(definition: Any, counted: list[Counted]) -> dict[str, Any]:
    """Walk to the operations that were counted, in a definition that was read."""
    client = restpath.connect(definition, BASE)
    known = _by_path(definition)
    reached = dict.fromkeys((*WAYS, *CHAINS), 0)
    asked = dict.fromkeys(WAYS, 0)
    misses: list[list[str]] = []
    for operation in counted:
        keys = known.get((operation.method, _plain(operation.path)))
        if not keys:
            misses.append(["read", f"{operation.method} {operation.path}", "the definition does not have it"])
            continue
        walk = _Walk(client, definition, keys.pop(0) if len(keys) > 1 else keys[0], operation)
        for way, problem in walk.problems():
            asked[way] += 1
            if problem is None:
                reached[way] += 1
            else:
                misses.append([way, f"{operation.method} {operation.path}", problem])
        if walk.level is not None:
            reached[CHAINS[walk.level]] += 1
    return {
        "asked": asked,
        "reached": reached,
        "misses": misses,
        "operations": sum(len(methods) for _, methods in definition.templates()),
        "left_out": len(getattr(definition, "left_out", ())),
    }


def _plain(text: str) -> str:
    """A template as a description writes it: variables are not marked as reserved."""
    return text.replace("{+", "{")


def _by_path(definition: Any) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The operations by method and path, without the fragments that tell apart what has one path."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for text, methods in definition.templates():
        for method in methods:
            for path in dict.fromkeys((_plain(text), _plain(text).partition("#")[0])):
                found.setdefault((method, path), []).append((method, text))
    return found


class _Walk:
    """The ways to one operation."""

    def __init__(self, client: Any, definition: Any, key: tuple[str, str], operation: Counted) -> None:
        self.client, self.operation = client, operation
        self.method, self.text = key
        self.record = definition.method(self.text, self.method)
        self.template = self.record.resource.template
        names = dict.fromkeys(variable for segment in self.template.segments for variable in segment.variables)
        self.values = {
            variable.name: f"zq{i}/é {i}" if variable.reserved else f"zq{i} é/{i}" for i, variable in enumerate(names)
        }
        in_query = {name: f"q{i}" for i, name in enumerate(self.template.query_variables)}
        self.fields = {_keyword(name): value for name, value in in_query.items()}
        self.url = BASE + written(self.text, self.values, in_query)
        self.level: int | None = None

    def problems(self) -> Iterator[tuple[str, str | None]]:
        """Give each way with what is wrong with it, None where it leads there."""
        yield "template", self._problem(lambda: restpath.expand(self.client, self.text, self.values))
        yield "chain", self._chain_problem()
        if self.record.name is not None:
            yield "name", self._problem_of(self._prepare_by_name)
        if self.operation.also is not None:
            yield "also", self._also_problem()
        yield "back", self._back_problem()

    def _problem(self, path: Callable[[], Any]) -> str | None:
        return self._problem_of(lambda: getattr(path(), self.method.lower()).prepare(**self.fields))

    def _problem_of(self, prepare: Callable[[], Any]) -> str | None:
        try:
            call = prepare()
        except restpath.RestpathError as error:
            return f"{type(error).__name__}: {error}"
        except AttributeError as error:
            return f"AttributeError: {error}"
        if (call.operation.method, call.operation.template) != (self.method, self.text):
            return f"it leads to {call.operation.method} {call.operation.template}"
        return None if call.url == self.url else f"its URL is {call.url} and not {self.url}"

    # ---- by a chain of items ----

    def _chain_problem(self) -> str | None:
        problem = None
        for level in range(len(CHAINS)):
            problem = self._problem(lambda: self._chain(level))  # noqa: B023 - called at once
            if problem is None:
                self.level = level
                return None
        return problem

    def _chain(self, level: int) -> Any:
        path = self.client
        segments, suffix = self.template.segments, self.template.suffix
        if not segments:
            return path[suffix] if suffix else path
        for i, segment in enumerate(segments):
            end = suffix if i == len(segments) - 1 else ""
            if segment.literal is not None:
                path = path[segment.literal + end]
            elif level == 0:
                path = self._plain_item(path, segment)
            else:
                values = {variable.name: self.values[variable.name] for variable in segment.variables}
                path = path[values] if level == 1 else path[segment.text + end, values]
        return path

    def _plain_item(self, path: Any, segment: Any) -> Any:
        """A value alone, a value and `:cancel`, or for any other mixture the names."""
        first, *rest = segment.pieces
        if not isinstance(first, str):
            value = self.values[first.name]
            if not rest:
                return path[value]
            if len(rest) == 1 and isinstance(rest[0], str) and rest[0].startswith(":"):
                return path[value][unquote(rest[0])]
        return path[{variable.name: self.values[variable.name] for variable in segment.variables}]

    # ---- by name, by another text, and back ----

    def _prepare_by_name(self) -> Any:
        values = {_keyword(name): value for name, value in self.values.items()}
        return restpath.operation(self.client, self.record.name).prepare(**{**self.fields, **values})

    def _also_problem(self) -> str | None:
        """The other text holds several segments in one variable: what stands there in the path is its value."""
        also = str(self.operation.also)
        pattern, names, last = "", [], 0
        for match in _VARIABLE.finditer(also):
            pattern += re.escape(also[last : match.start()]) + ("(.+)" if match[1] else r"([^/]+)")
            names.append(match[2])
            last = match.end()
        plain = {name: value.replace("/", "") for name, value in self.values.items()}
        own = _VARIABLE.sub(lambda match: plain[match[2]], self.text)
        fits = re.fullmatch(pattern + re.escape(also[last:]), own)
        if fits is None:
            return "the two spellings do not fit each other"
        values = dict(zip(names, fits.groups(), strict=True))
        wanted, self.url = self.url, BASE + written(self.text, plain, {})
        try:
            return self._problem(lambda: restpath.expand(self.client, also, values))
        finally:
            self.url = wanted

    def _back_problem(self) -> str | None:
        try:
            url = restpath.url(restpath.expand(self.client, self.text, self.values))
            again = restpath.url(restpath.parse(self.client, url))
        except restpath.RestpathError as error:
            return f"{type(error).__name__}: {error}"
        return None if url == again else f"{url} comes back as {again}"


_KEYWORDS = frozenset({"data", "qs", "headers", "timeout", "upload_file"})


def _keyword(name: str) -> str:
    return f"{name}_" if name in _KEYWORDS else name


# ---- the URL, by RFC 6570 alone ----------------------------------------------------------------------------------


def written(text: str, values: dict[str, str], fields: dict[str, str]) -> str:
    """Write the path and query of a template."""
    bare = _VARIABLE.sub(lambda match: "x" * len(match[0]), text)  # a mark within braces ends nothing
    end = bare.find("#") if "#" in bare else len(text)
    mark = bare.find("?", 0, end)
    path, query = (text[:mark], text[mark + 1 : end]) if mark >= 0 else (text[:end], "")
    pairs = "&".join(_pair(pair, fields) for pair in query.split("&") if pair)
    return _path(path, values) + (f"?{pairs}" if pairs else "")


def _path(path: str, values: dict[str, str]) -> str:
    parts, last = [], 0
    for match in _VARIABLE.finditer(path):
        parts += [_literal(path[last : match.start()]), _value(values[match[2]], reserved=bool(match[1]))]
        last = match.end()
    return "".join(parts) + _literal(path[last:])


def _value(value: str, *, reserved: bool) -> str:
    return quote(value, safe="/:@!$&'()*+,;=" if reserved else "")


def _literal(text: str) -> str:
    """A literal as it is sent: what is encoded already stays, unless that was not needed (RFC 3986 section 6.2.2)."""
    parts = re.split(r"((?:%[0-9A-Fa-f]{2})+)", text)
    encoded = [_normal(part) if i % 2 else quote(part, safe="/:@!$&'()*+,;=") for i, part in enumerate(parts)]
    return "".join(encoded)


def _normal(triplets: str) -> str:
    unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

    def one(match: re.Match[str]) -> str:
        character = chr(int(match[0][1:], 16))
        return character if character in unreserved else match[0].upper()

    return re.sub("%..", one, triplets)


def _pair(pair: str, fields: dict[str, str]) -> str:
    name, equals, value = pair.partition("=")
    variable = _VARIABLE.fullmatch(value)
    text = fields[variable[2]] if variable else unquote(value)
    return quote(unquote(name), safe="") + (f"={quote(text, safe='')}" if equals else "")
