"""
Where each value of a call comes from: an argument, a default, or a word of the definition, with its file and layer.

Takes a `Call`; gives `Fact`s. Nothing was recorded when the call was made: what the definition would have put in is
worked out again and compared, so that calls cost nothing for it. An argument that equals a default cannot be told from
it, and is said to be the default. The server and the credentials are the client's: `crediting` adds those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from restpath.call import Call
from restpath.composing import text_or_json
from restpath.definition.mediatypes import FORM, essence_of, is_json
from restpath.definition.method import Method
from restpath.definition.model import Definition
from restpath.definition.rules import PathValue
from restpath.definition.saying import sayings
from restpath.fields import flat, numbered, pairs
from restpath.filling import divide_fields
from restpath.masking import MASK, is_secret_name, mask_headers, mask_url
from restpath.multipart import Part
from restpath.records import dataclass
from restpath.sources import FileSource
from restpath.template import Template, Variable, encode_literal

__all__ = ["Fact", "definition_words", "fact_lines", "facts_of", "said_by"]

ARGUMENT = "argument"
_SHOWN = 60


@dataclass(frozen=True)
class Fact:
    """
    A value of a call and who said it.

    Attributes:
        part: which part of the request it is in.
        name: the variable, parameter, header field, or the dotted place in the body.
        value: the value as it may be seen: secrets are masked, long ones cut.
        source: who said it, in words.
        said: "argument" for what the caller gave, else "default" or "definition"; "client" for what is the client's.
    """

    part: Literal["server", "credential", "path", "query", "header", "body", "file"]
    name: str
    value: str
    source: str
    said: Literal["argument", "default", "definition", "client"] = "argument"

    @property
    def label(self) -> str:
        """The name as it is shown: what part it is of can be seen."""
        if self.part == "server":
            return "base URL"
        return {"path": f"{{{self.name}}}", "query": f"?{self.name}"}.get(self.part, self.name)


def said_by(definition: Definition | None, kind: str, tokens: Sequence[object]) -> str:
    """Name the file and the layer that say something at a place: `x/service.json (bundled)`."""
    if definition is None:
        return "the definition"
    found = sayings(definition.layers, kind, tokens)
    return found[0].source if found else "the definition"


def fact_lines(facts: Sequence[Fact]) -> Iterator[str]:
    """Write facts as aligned lines: name, value, source."""
    names = max((len(fact.label) for fact in facts), default=0)
    values = max((len(fact.value) for fact in facts), default=0)
    for fact in facts:
        yield f"{fact.label:<{names}}  {fact.value:<{values}}  {fact.source}".rstrip()


def facts_of(call: Call) -> list[Fact]:
    """Tell of every value of a call who said it, but for the server and the credentials, which are the client's."""
    method = call.operation
    if method is None:
        return [*_given_headers(call, {}), *_plain_query(call), *_raw_body(call)]
    sent = method.sent_as(call.headers.get("content-type"), uploads=bool(call.files))
    return [
        *_path_facts(call, method),
        *_query_facts(call, sent),
        *_header_facts(call, method),
        *_body_facts(call, sent),
    ]


# ---- the path ----------------------------------------------------------------------------------------------------


def _path_facts(call: Call, method: Method) -> Iterator[Fact]:
    template, resource = method.resource.template, method.resource
    if not template.variables:
        return
    found = _pattern(template).search(urlsplit(call.url).path)
    if found is None:
        return
    seen: set[str] = set()
    general = resource.definition.service.path_values if resource.definition is not None else {}
    for name, text in zip(template.variables, found.groups(), strict=True):
        if name in seen:
            continue
        seen.add(name)
        rule, place = resource.path_values.get(name), ("resources", [template.text, "path_values", name])
        if rule is None:
            rule, place = general.get(name), ("service", ["path_values", name])
        spelled = _spelling_words(rule)
        source = f"{ARGUMENT}{spelled}, {said_by(resource.definition, *place)}" if spelled else ARGUMENT
        yield Fact("path", name, _shown(name, unquote(text)), source)


def _spelling_words(rule: PathValue | None) -> str:
    if rule is None or rule.spelling == "plain":
        return ""
    if rule.spelling == "sha1":
        return ", in SHA-1 unless it was given so: the spelling sha1"
    return f", or the credential {rule.credential} where that was {rule.text}"


@lru_cache(maxsize=64)
def _pattern(template: Template) -> re.Pattern[str]:
    """What finds the values of a template's variables at the end of a URL's path."""
    text = "".join("/" + "".join(map(_piece_pattern, segment.pieces)) for segment in template.segments)
    return re.compile(text + ("/" if template.slash else "") + r"\Z", re.DOTALL)


def _piece_pattern(piece: str | Variable) -> str:
    if isinstance(piece, Variable):
        return "(.+)" if piece.reserved else "([^/]+)"
    return re.escape(encode_literal(piece))


# ---- the query ---------------------------------------------------------------------------------------------------


def _query_facts(call: Call, method: Method) -> Iterator[Fact]:
    fixed = [(pair.name, pair.value or "") for pair in method.resource.template.query if not _is_variable(pair.value)]
    start, _ = divide_fields(method.defaults(), method)
    default = flat(pairs(start, method.query_list_styles, method.rules.query_lists))
    for name, value in call.query:
        if (name, value) in fixed:
            source, said = f"the template {method.template}", "definition"
        elif (name, value) in default:
            source, said = _default_words(method, [name]), "default"
        else:
            overridden = next((each for key, each in default if key == name), None)
            source, said = _over(overridden, name), "argument"
        yield Fact("query", name, _shown(name, value), source, said)  # type: ignore[arg-type]


def _is_variable(value: object) -> bool:
    return isinstance(value, Variable)


def _plain_query(call: Call) -> Iterator[Fact]:
    for name, value in call.query:
        yield Fact("query", name, _shown(name, value), ARGUMENT)


def _default_words(method: Method, place: Sequence[object]) -> str:
    said = said_by(method.resource.definition, "defaults", [method.template, method.method, *place])
    return f"default for {method.method} {method.template}, {said}"


def _over(default: object, name: str) -> str:
    """The words for an argument that stands in a default's place."""
    return ARGUMENT if default is None else f"{ARGUMENT}, over the default {_shown(name, default)}"


# ---- header fields -----------------------------------------------------------------------------------------------


def _header_facts(call: Call, method: Method) -> Iterator[Fact]:
    definition = method.resource.definition
    own = {name.lower(): name for name in method.words.get("headers", {})}
    known: dict[str, tuple[str, str]] = {}
    for name, value in method.rules.headers.items():
        key = name.lower()
        place = [method.template, "methods", method.method, "headers", own.get(key, name)]
        general = "service", ["headers", name]
        known[key] = value, said_by(definition, *(("resources", place) if key in own else general))
    if method.media_type:
        place = [method.template, "methods", method.method, "body", "media_type"]
        known["content-type"] = method.media_type, f"{said_by(definition, 'resources', place)}"
    yield from _given_headers(call, known)


def _given_headers(call: Call, known: Mapping[str, tuple[str, str]]) -> Iterator[Fact]:
    """The header fields of a call, with those that the definition says: the value and who says it, by name."""
    for name, value in mask_headers(call.headers.lines()):
        default, said = known.get(name.lower(), (None, ""))
        if default is not None and call.headers.get(name) == default:
            yield Fact("header", name, _cut(value), f"definition, {said}", "definition")
        elif name.lower() == "content-type" and _follows(call, value):
            yield Fact("header", name, value, "what the body is", "definition")
        else:
            yield Fact("header", name, _cut(value), ARGUMENT)
    yield from (Fact("header", name, MASK, ARGUMENT) for name, _ in call.secret_headers)
    yield from (Fact("header", name, "left out", ARGUMENT) for name in call.absent_headers)


def _follows(call: Call, media_type: str) -> bool:
    """Whether a media type is what follows from the body: that of a form, of JSON, of a text or of the file."""
    if isinstance(call.body, FileSource):
        return media_type == call.body.media_type
    return media_type in (FORM, "application/json", "text/plain; charset=utf-8")


# ---- the body ----------------------------------------------------------------------------------------------------


def _body_facts(call: Call, method: Method) -> Iterator[Fact]:
    _, start = divide_fields(method.defaults(), method)
    if call.files:
        yield from _part_facts(call, method, start)
    elif isinstance(call.body, bytes) and _essence(call) == FORM:
        found = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)
        yield from _pair_facts(found, method, start)
    else:
        value = _json_of(call.body) if isinstance(call.body, bytes) and is_json(_essence(call)) else None
        yield from _json_facts(value, method, start) if isinstance(value, dict) else _raw_body(call)


def _essence(call: Call) -> str:
    return essence_of(call.headers.get("content-type", ""))


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _json_facts(value: Mapping[str, Any], method: Method, start: Mapping[str, Any]) -> Iterator[Fact]:
    default = dict(_leaves(start, ()))
    for place, leaf in _leaves(value, ()):
        name = ".".join(place)
        if place in default and default[place] == leaf and type(default[place]) is type(leaf):
            yield Fact("body", name, _shown(name, leaf), _default_words(method, place), "default")
        else:
            yield Fact("body", name, _shown(name, leaf), _over(default.get(place), name))


def _leaves(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    pile = [(place, value)]
    while pile:
        where, node = pile.pop()
        if isinstance(node, Mapping) and (node or not where):
            pile += [((*where, str(key)), below) for key, below in reversed([*node.items()])]
        else:
            yield where, node


def _pair_facts(found: Sequence[tuple[str, str]], method: Method, start: Mapping[str, Any]) -> Iterator[Fact]:
    form = method.rules.nested_form
    items = list(start.items())
    if form is not None:
        items = [pair for name, item in items for pair in numbered(name, item, form)]
    texts = [(name, text_or_json(item)) for name, item in items]
    default = flat(pairs(texts, {}, method.rules.query_lists))
    top = [*start]
    for name, value in found:
        if (name, value) in default:
            place = next(([key] for key in top if name.startswith(key)), [])
            yield Fact("body", name, _shown(name, value), _default_words(method, place), "default")
        else:
            yield Fact("body", name, _shown(name, value), _over(next((v for k, v in default if k == name), None), name))


def _part_facts(call: Call, method: Method, start: Mapping[str, Any]) -> Iterator[Fact]:
    pairs_found: list[tuple[str, str]] = []
    for part in call.files:
        if isinstance(part.source, FileSource):
            yield Fact("file", part.name, _file_words(part), ARGUMENT)
        elif _is_json_part(part, method) and isinstance(value := _json_of(part.source), dict):
            yield from _json_facts(value, method, start)
        else:
            pairs_found.append((part.name, part.source.decode("utf-8", "replace")))
    yield from _pair_facts(pairs_found, method, start)


def _is_json_part(part: Part, method: Method) -> bool:
    return part.related or part.name == method.rules.uploads.json_field


def _raw_body(call: Call) -> Iterator[Fact]:
    if isinstance(call.body, FileSource):
        own = call.body.file if isinstance(call.body.file, str) else getattr(call.body.file, "name", None)
        yield Fact("body", "body", f"the file {own}" if isinstance(own, str) else "a file", ARGUMENT)
    elif call.body is not None:
        yield Fact("body", "body", f"{len(call.body)} bytes", ARGUMENT)


def _file_words(part: Part) -> str:
    source = part.source
    own = source.file if isinstance(source, FileSource) and isinstance(source.file, str) else part.filename
    return f"the file {own}" if own else "a file"


# ---- as it may be seen -------------------------------------------------------------------------------------------


def _shown(name: str, value: object) -> str:
    if is_secret_name(name):
        return MASK
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _cut(mask_url(text) if "://" in text else text)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def definition_words(definition: Definition, kind: str, tokens: Sequence[object]) -> str:
    """Say that it is the definition's word, and whose file says so."""
    return f"definition, {said_by(definition, kind, tokens)}" if definition.layers else "definition"
