"""URI templates and the values put into them."""

from __future__ import annotations

import enum
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import requote_uri

from restpath.errors import InvalidValue
from restpath.mixed import decode_reserved
from restpath.template import (
    TemplateError,
    encode_literal,
    encode_reserved,
    encode_simple,
    normalize_path,
    parse_template,
)
from restpath.values import as_value, shown

texts = st.text(st.characters(codec="utf-8"))
tricky = st.text(st.sampled_from("ab./%2EF5c?#:é\N{GRINNING FACE}{} "), min_size=1)


# ---- taking a template apart -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "segments", "slash"),
    [
        ("/", [], False),
        ("/a", ["a"], False),
        ("/a/", ["a"], True),
        ("/a//b", ["a", "", "b"], False),
        ("//", [""], True),
        ("/{id}.json", ["{id}.json"], False),
        ("/{+name}:cancel", ["{+name}:cancel"], False),
        ("/{a/b}", ["{a/b}"], False),
    ],
)
def test_slashes_part_segments_and_none_is_lost(text: str, segments: list[str], slash: bool) -> None:
    template = parse_template(text)
    assert [segment.text for segment in template.segments] == segments
    assert template.slash is slash
    assert template.text == text


@pytest.mark.parametrize(
    ("text", "query", "fragment", "suffix"),
    [
        ("/r?beta=true", [("beta", "true")], None, "?beta=true"),
        ("/r?on", [("on", None)], None, "?on"),
        ("/r/?a=1&b=%20", [("a", "1"), ("b", " ")], None, "/?a=1&b=%20"),
        ("/t#refresh", [], "refresh", "#refresh"),
        ("/t?a=1#x?y", [("a", "1")], "x?y", "?a=1#x?y"),
        ("/t#", [], "", "#"),
    ],
)
def test_query_and_fragment_are_part_of_the_template(
    text: str, query: list[tuple[str, str]], fragment: str | None, suffix: str
) -> None:
    template = parse_template(text)
    assert [(pair.name, pair.value) for pair in template.query] == query
    assert (template.fragment, template.suffix) == (fragment, suffix)


def test_the_variables_of_the_query_are_no_variables_of_the_path() -> None:
    template = parse_template("/find/{id}?path={path}&a=1")
    assert (template.variables, template.query_variables) == (("id",), ("path",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("people", "leading slash"),
        ("", "leading slash"),
        ("/x/{y", "balanced"),
        ("/x/y}", "balanced"),
        ("/x/{a{b}}", "balanced"),
        ("/x/{}", "no name"),
        ("/x/{+}", "no name"),
        ("/x/{?q}", "query"),
        ("/x{/rest}", "path has only"),
        ("/x/{a*}", "modifiers"),
        ("/x/{a:3}", "modifiers"),
        ("/a/../b", "dot segment"),
        ("/a/%2e%2E", "dot segment"),
        ("/.", "dot segment"),
        ("/x?a=b{c}", "mixes"),
        ("/\ud800", "UTF-8"),
        ("/{a}/x/{+a}", "stands in"),
    ],
)
def test_what_is_no_template_of_a_path_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        parse_template(text)


@pytest.mark.parametrize("text", ["/x/{y", "/x/y}", "/x/{}", "/x/{?q}", "/x/{a*}"])
def test_literal_takes_braces_and_operators_as_plain_text_or_names(text: str) -> None:
    assert parse_template(text, literal=True).text == text


@given(texts)
def test_any_text_is_a_template_or_a_template_error(text: str) -> None:
    for literal in (False, True):
        try:
            template = parse_template("/" + text, literal=literal)
        except TemplateError:
            continue
        path = "/" + "/".join(segment.text for segment in template.segments) + ("/" if template.slash else "")
        assert (path if template.segments else "/") + template.suffix.removeprefix("/" if template.slash else "") == (
            "/" + text
        )


# ---- values ------------------------------------------------------------------------------------------------------


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 3


class Loud(str):
    def __str__(self) -> str:
        return "LOUD"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ann", "ann"),
        (7, "7"),
        (-7, "-7"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (Level.LOW, "3"),
        (Loud("quiet"), "quiet"),
        ("...", "..."),
        ("a/../b", "a/../b"),
        ("%2E%2E", "%2E%2E"),
        (" ", " "),
    ],
)
def test_a_value_is_text_an_int_or_a_uuid(value: object, text: str) -> None:
    assert as_value(value) == text
    assert type(as_value(value)) is str


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError


REFUSED: list[Any] = [
    None, "", ".", "..", True, False, 1.5, float("nan"), b"ann", bytearray(b"x"), [], ["a"], {}, set(), (), object(),
    "\ud800", "a\udfff", 10**5000, Mute(), Ellipsis, slice(1, 2), 1j, lambda: None, int, UUID,
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match=r"cannot stand for \{id\} in /people"):
        as_value(value, "id", place="/people")


@pytest.mark.parametrize(
    "value", ["a//b", "/a", "a/", "a/./b", "a/../b", "%2E%2E", "a/%2e%2e/b", "a/.%2E", "%2e", "a/%2E./b", "/"]
)
def test_a_reserved_value_has_no_empty_and_no_dot_segments_however_spelled(value: str) -> None:
    with pytest.raises(InvalidValue):
        as_value(value, reserved=True)


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidValue) as caught:
        as_value(["x" * 1000])
    assert len(str(caught.value)) < 200


def test_what_has_no_repr_is_shown_by_its_type() -> None:
    assert shown(Mute()) == "<Mute>"


# ---- encoding ----------------------------------------------------------------------------------------------------


@given(texts)
def test_a_simple_value_never_makes_a_segment_a_query_or_a_fragment(text: str) -> None:
    encoded = encode_simple(text)
    assert set(encoded).isdisjoint("/?#\\;:@&=+$, {}")
    assert encoded.isascii()
    assert unquote(encoded) == text


@given(tricky)
def test_a_reserved_value_keeps_its_slashes_and_never_ends_the_path(text: str) -> None:
    encoded = encode_reserved(text)
    assert set(encoded).isdisjoint("?# {}")
    assert encoded.isascii()
    assert encoded.count("/") == text.count("/")


@given(tricky)
def test_what_is_encoded_is_what_requests_sends(text: str) -> None:
    for encoded in (encode_simple(text), encode_reserved(text), encode_literal(text)):
        assert requote_uri(encoded) == encoded
        assert normalize_path(encoded) == encoded


@given(tricky)
def test_a_reserved_value_read_back_is_sent_the_same(text: str) -> None:
    encoded = encode_reserved(text)
    assert encode_reserved(decode_reserved(encoded)) == encoded


@pytest.mark.parametrize(("text", "normal"), [("%7e%2d", "~-"), ("%2f", "%2F"), ("%c3%a9", "%C3%A9"), ("%zz%", "%zz%")])
def test_percent_encodings_have_one_normal_form(text: str, normal: str) -> None:
    assert normalize_path(text) == normal
