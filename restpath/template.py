"""
URI templates: from the text in a data file to segments, variables and a fixed query; from values to the text sent.

Takes `"/people/{username}/activities"`; gives a `Template` whose segments the resource tree is built from.
Source: RFC 6570, levels 1 and 2 of a path: `{name}` and `{+name}`. Departures, each for safety: a reserved value
never brings a `?` or a `#` with it (they would end the path), and names may be any text without braces, because
published descriptions use `{user-id}` and `{metadata.name}`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from string import ascii_letters, digits
from urllib.parse import quote, unquote

from restpath.once import cached_property
from restpath.records import dataclass
from restpath.regex import pattern

__all__ = [
    "Variable", "Segment", "QueryPair", "Template", "TemplateError", "parse_template", "is_plain", "plain_segment",
    "suffix_of", "encode_simple", "encode_reserved", "encode_literal", "encode_query", "encode_strays",
    "normalize_path",
]  # fmt: skip


class TemplateError(ValueError):
    """The text is no URI template that a path can be made of; the message says why and what would be."""


@dataclass(frozen=True)
class Variable:
    """A variable of a template; a reserved one, `{+name}`, holds several segments at once."""

    name: str
    reserved: bool = False

    def __str__(self) -> str:
        return f"{{+{self.name}}}" if self.reserved else f"{{{self.name}}}"


@dataclass(frozen=True)
class Segment:
    """What stands between two slashes: literal text, one variable, or both mixed."""

    pieces: tuple[str | Variable, ...]

    # Written out here and below: even a small program makes so many of both that compiling it takes longer.
    def __init__(self, pieces: tuple[str | Variable, ...]) -> None:
        vars(self)["pieces"] = pieces

    @cached_property
    def text(self) -> str:
        """The segment as the template writes it."""
        return "".join(map(str, self.pieces))

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The variables in order; a literal has none."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Variable))

    @cached_property
    def literal(self) -> str | None:
        """The decoded text of a literal segment (as it stands if that is no UTF-8); None where there is a variable."""
        if not self.pieces:
            return ""
        (first, *more) = self.pieces
        if not isinstance(first, str) or more:
            return None
        try:
            return unquote(first, errors="strict")
        except UnicodeDecodeError:
            return encode_literal(first)

    @cached_property
    def shape(self) -> str:
        """The segment without its variables' names: two variables of one shape are one place in the tree."""
        return "".join(map(_shape, self.pieces))


def _shape(piece: str | Variable) -> str:
    if isinstance(piece, Variable):
        return "{+}" if piece.reserved else "{}"
    return piece.replace("{", "%7B").replace("}", "%7D")  # a brace of the text is no variable's


@dataclass(frozen=True)
class QueryPair:
    """A pair of the template's own query: a fixed value (None: no `=`), or a variable that is filled by a field."""

    name: str
    value: str | Variable | None


@dataclass(frozen=True)
class Template:
    """
    A URI template, taken apart.

    Attributes:
        text: as the definition writes it.
        segments: the path's segments; none for the root.
        slash: whether the path ends in a slash of its own.
        query: the pairs behind `?`.
        fragment: what stands behind `#`; it tells operations apart and is never sent.
        suffix: slash, query and fragment as written: what tells apart the templates that share their segments.
    """

    text: str
    segments: tuple[Segment, ...]
    slash: bool = False
    query: tuple[QueryPair, ...] = ()
    fragment: str | None = None
    suffix: str = ""

    def __init__(
        self,
        text: str,
        segments: tuple[Segment, ...],
        slash: bool = False,
        query: tuple[QueryPair, ...] = (),
        fragment: str | None = None,
        suffix: str = "",
    ) -> None:
        own = vars(self)
        own["text"], own["segments"], own["slash"] = text, segments, slash
        own["query"], own["fragment"], own["suffix"] = query, fragment, suffix

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the path's variables in order; one that stands twice is there twice."""
        return tuple(variable.name for segment in self.segments for variable in segment.variables)

    @property
    def query_variables(self) -> tuple[str, ...]:
        """The names of the query's variables, which are filled by fields of the call."""
        return tuple(pair.value.name for pair in self.query if isinstance(pair.value, Variable))


_TOKEN = pattern(r"\{[^{}]*\}|[{}]|/|[^{}/]+")
_WORD = frozenset(f"{ascii_letters}{digits}_")
_NAME = _WORD | {".", "-"}
_TEXT = _NAME.union("~:@!$&'()*,;=+")
_OPERATORS = frozenset("#./;?&=,!@|")


def parse_template(text: str, *, literal: bool = False) -> Template:
    """
    Take a URI template apart.

    Args:
        text: the template, with its leading slash.
        literal: braces that stand alone, and operators restpath does not expand, are taken as plain text.
    Raises:
        TemplateError: no leading slash, unbalanced braces, dot segments, an operator with no meaning in a path, one
            variable as `{name}` and as `{+name}`, or what has no UTF-8.
    Source: RFC 6570 section 2; RFC 3986 section 3.3 for dot segments.
    """
    plain = _plain_segments(text)  # nearly all are
    if plain is not None:
        return Template(text, plain)
    if not text.startswith("/"):
        raise TemplateError(f"the template {text!r} needs a leading slash: {'/' + text!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TemplateError(f"the template {text!r} holds a lone surrogate, which has no UTF-8") from error
    path, query, fragment = _split(text)
    segments: list[Segment] = []
    pieces: list[str | Variable] = []
    for token in _TOKEN.findall(path[1:]):
        if token == "/":
            segments.append(_segment(pieces, text))
            pieces = []
        else:
            pieces.append(_piece(token, text, literal))
    slash = path.endswith("/") and path != "/"
    if not slash and path != "/":
        segments.append(_segment(pieces, text))
    _check_kinds(segments, text)
    pairs = tuple(_query_pair(pair, text, literal) for pair in query.split("&")) if query else ()
    suffix = ("/" if slash else "") + text[len(path) :]
    return Template(text, tuple(segments), slash, pairs, fragment, suffix)


def is_plain(text: str) -> bool:
    """Tell whether a text is surely a template, of fixed segments and such of one `{name}`: a quick look."""
    return _plain_segments(text) is not None


def _plain_segments(text: str) -> tuple[Segment, ...] | None:
    pieces = text[1:].split("/")
    found = tuple(filter(None, map(plain_segment, pieces)))
    return found if len(found) == len(pieces) and text[0] == "/" else None


@lru_cache(maxsize=8192)
def plain_segment(text: str) -> Segment | None:
    """
    Give the segment that is nothing but a text or one `{name}`, whatever stands around it in a template.

    None for any other piece between two slashes: what that means, only the whole template says.
    """
    if text[:1] == "{" and text[-1] == "}":
        name = text[1:-1]
        return Segment((Variable(name),)) if name[:1] in _WORD and _NAME.issuperset(name) else None
    return Segment((text,)) if text not in ("", ".", "..") and _TEXT.issuperset(text) else None


def suffix_of(segment: Segment) -> str | None:
    """Give the literal that follows the only variable of a segment such as `{id}:cancel`; None for any other."""
    if len(segment.pieces) == 2 and isinstance(segment.pieces[0], Variable) and isinstance(segment.pieces[1], str):
        return segment.pieces[1]
    return None


def _split(text: str) -> tuple[str, str | None, str | None]:
    """Split off query and fragment at the first `?` and `#` outside braces."""
    bare = re.sub(r"\{[^{}]*\}", lambda match: "x" * len(match.group()), text)
    end = bare.find("#") if "#" in bare else len(text)
    fragment = text[end + 1 :] if "#" in bare else None
    mark = bare.find("?", 0, end)
    if mark < 0:
        return text[:end], None, fragment
    return text[:mark], text[mark + 1 : end], fragment


def _piece(token: str, text: str, literal: bool) -> str | Variable:
    if token in ("{", "}"):
        if literal:
            return token
        raise TemplateError(f'the braces in {text!r} are not balanced; say "literal": true if they are plain text')
    if token[0] != "{":
        return token
    name = token[1:-1]
    reserved = name.startswith("+")
    name = name[1:] if reserved else name
    if not name:
        if literal:
            return token
        raise TemplateError(f"a variable in {text!r} has no name")
    if name[0] in _OPERATORS and not literal:
        raise TemplateError(f"{token} in {text!r}: a path has only {{name}} and {{+name}}; a query goes under 'query'")
    if (name.endswith("*") or re.search(r":\d+$", name)) and not literal:
        raise TemplateError(f"{token} in {text!r}: the modifiers * and :n have no meaning in a path")
    return Variable(name, reserved)


def _segment(pieces: list[str | Variable], text: str) -> Segment:
    merged: list[str | Variable] = []
    for is_text, run in groupby(pieces, lambda piece: isinstance(piece, str)):  # literal braces are tokens of their own
        same = list(run)
        merged += ["".join(map(str, same))] if is_text else same
    segment = Segment(tuple(merged))
    if segment.literal in (".", ".."):
        raise TemplateError(f"the dot segment {segment.literal!r} in {text!r} would be resolved away")
    return segment


def _check_kinds(segments: list[Segment], text: str) -> None:
    """One variable has one value, and that is written in one way."""
    kinds = {variable for segment in segments for variable in segment.variables}
    for variable in kinds:
        if variable.reserved and Variable(variable.name) in kinds:
            raise TemplateError(f"the variable {variable.name!r} stands in {text!r} as {{name}} and as {{+name}}")


def _query_pair(pair: str, text: str, literal: bool) -> QueryPair:
    name, equals, value = pair.partition("=")
    if not equals:
        return QueryPair(unquote(name), None)
    if value.startswith("{") and value.endswith("}") and value.count("{") == 1:
        variable = _piece(value, text, literal)
        if isinstance(variable, Variable):
            return QueryPair(unquote(name), variable)
    if "{" in value and not literal:
        raise TemplateError(f"the query value {value!r} in {text!r} mixes text and variables")
    return QueryPair(unquote(name), unquote(value))


# ---- as it is sent -----------------------------------------------------------------------------------------------


_TRIPLET = pattern(r"(%[0-9A-Fa-f]{2})")
# RFC 6570's reserved set without the marks that end or bracket a path.
_RESERVED_SAFE = "/:@!$&'()*+,;="


def encode_simple(text: str) -> str:
    """Percent-encode all but the unreserved characters. Source: RFC 6570 section 3.2.2."""
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def encode_reserved(text: str) -> str:
    """
    Percent-encode for `{+name}`: reserved characters and existing triplets stay.

    The triplets are written in their normal form, as `requests` would send them: one address has one spelling.
    Source: RFC 6570 section 3.2.3; RFC 3986 section 6.2.2.
    """
    if "%" not in text:
        return quote(text, safe=_RESERVED_SAFE)
    parts = _TRIPLET.split(text)
    return "".join(normalize_path(part) if i % 2 else quote(part, safe=_RESERVED_SAFE) for i, part in enumerate(parts))


def encode_literal(text: str) -> str:
    """Percent-encode a literal of a template as far as it needs it. Source: RFC 6570 section 3.1."""
    return encode_reserved(text)


def encode_query(text: str) -> str:
    """Percent-encode a query name or value; a space becomes %20, which every service reads as one."""
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def encode_strays(text: str) -> str:
    """Encode each percent sign that begins no triplet: for one of these, urllib3 would encode all of a URL's again."""
    return _STRAY_PERCENT.sub("%25", text)


_STRAY_PERCENT = pattern(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def normalize_path(text: str) -> str:
    """Write percent-encodings in one way: hex in capitals, unreserved characters plain (RFC 3986 section 6.2.2)."""

    def normal(match: re.Match[str]) -> str:
        byte = int(match.group()[1:], 16)
        return chr(byte) if byte in _UNRESERVED else match.group().upper()

    return _TRIPLET.sub(normal, text)
