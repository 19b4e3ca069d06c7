"""Mixed segments: a text taken apart into values, in bounded work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from restpath.errors import InvalidValue
from restpath.mixed import Marks, fill_from_item
from restpath.template import (
    Segment,
    Variable,
    encode_literal,
    encode_reserved,
    encode_simple,
    parse_template,
    suffix_of,
)
from restpath.values import as_value
from tests.support.measuring import lines_run


def segment(text: str) -> Segment:
    return parse_template("/" + text).segments[0]


# ---- an item -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("{id}.json", "5.json", ("5",)),
        ("{id}.json", "a.b.json", ("a.b",)),
        ("{id}.json", ".json", None),
        ("{id}.json", "5.xml", None),
        ("{a}...{b}", "main...dev/x", ("main", "dev/x")),
        ("{a}...{b}", "a...b...c", None),
        ("{a}...{b}", "....", None),
        ("fn(a={a},b={b})", "fn(a=1,b=2)", ("1", "2")),
        ("fn(a={a},b={b})", "fn(a=1,b=2,b=3)", None),
        ("{a}{b}", "ab", None),
        ("v{a}", "v\n", ("\n",)),
        ("aa{x}aa", "aaa", None),
    ],
)
def test_a_text_fills_a_mixed_segment_where_only_one_reading_does(
    template: str, text: str, values: tuple[str, ...] | None
) -> None:
    assert fill_from_item(segment(template), text) == values


def readings(pieces: tuple[Any, ...], text: str) -> Iterator[tuple[str, ...]]:
    """All ways to take a text apart, tried one by one."""
    if not pieces:
        if not text:
            yield ()
    elif isinstance(pieces[0], str):
        if text.startswith(pieces[0]):
            yield from readings(pieces[1:], text[len(pieces[0]) :])
    else:
        for end in range(1, len(text) + 1):
            for more in readings(pieces[1:], text[end:]):
                yield (text[:end], *more)


literals = st.text("a.-", min_size=1, max_size=2)
variables = st.builds(Variable, st.sampled_from("xyz"), st.booleans())


@st.composite
def mixed(draw: st.DrawFn, adjacent: bool = True) -> Segment:
    pieces: list[Any] = []
    for _ in range(draw(st.integers(2, 5))):
        last_is_text = bool(pieces) and isinstance(pieces[-1], str)
        apart = bool(pieces) and not last_is_text and not adjacent
        pieces.append(draw(variables if last_is_text else literals if apart else st.one_of(variables, literals)))
    made = Segment(tuple(pieces))
    return made if made.variables else Segment((*pieces, Variable("x")))


@given(mixed(adjacent=False), st.text("a.-b", max_size=9))
def test_an_item_is_read_if_and_only_if_there_is_one_way_to(made: Segment, text: str) -> None:
    ways = list(readings(made.pieces, text))
    assert fill_from_item(made, text) == (ways[0] if len(ways) == 1 else None)


# ---- a URL -------------------------------------------------------------------------------------------------------


def fill_from_url(made: Segment, text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """One reading for each number of the URL's segments that a segment of the template can take."""
    marks = Marks(text, exact=True)
    layers = marks.through(made.pieces, {0: 0})
    for end in layers[-1]:
        if end == len(text) or text[end] == "/":
            yield text.count("/", 0, end) + 1, marks.values(made.pieces, layers, end)[0]


def every_filling(made: Segment, text: str) -> list[tuple[str, ...]]:
    return list(Marks(text, exact=True).every_filling(made.pieces))


def written(made: Segment, values: tuple[str, ...]) -> str:
    left = iter(values)
    return "".join(
        encode_literal(piece)
        if isinstance(piece, str)
        else (encode_reserved if piece.reserved else encode_simple)(next(left))
        for piece in made.pieces
    )


def good(made: Segment, values: tuple[str, ...]) -> bool:
    try:
        for variable, value in zip(made.variables, values, strict=True):
            as_value(value, reserved=variable.reserved)
    except InvalidValue:
        return False
    return True


values_of_url = st.text(st.sampled_from("a.-/%2Eé\N{GRINNING FACE}"), min_size=1, max_size=6)


@given(mixed(), st.data())
@example(segment("{a}.{b}"), None)
def test_whatever_values_made_a_url_it_is_read_back_to_values_that_make_it(made: Segment, data: Any) -> None:
    values = ("...", "x") if data is None else tuple(data.draw(values_of_url) for _ in made.variables)
    if not good(made, values):
        return
    text = written(made, values)
    found = dict(fill_from_url(made, text))
    count = text.count("/") + 1
    assert count in found
    assert written(made, found[count]) == text
    assert good(made, found[count])


@given(mixed(), st.text("a.-/", max_size=12))
def test_what_is_read_from_any_url_makes_the_beginning_of_it(made: Segment, text: str) -> None:
    for count, values in fill_from_url(made, text):
        assert written(made, values) == "/".join(text.split("/")[:count])
        assert good(made, values)


@given(mixed(), st.text("a.-/", max_size=8))
def test_every_filling_is_found_where_all_are_asked_for(made: Segment, text: str) -> None:
    pieces = enumerate(made.pieces)
    apart = Segment(tuple(p if isinstance(p, str) else Variable(f"v{i}", p.reserved) for i, p in pieces))
    expected = {
        values for values in readings(apart.pieces, text) if good(apart, values) and written(apart, values) == text
    }
    assert set(every_filling(apart, text)) == expected
    assert bool(dict(fill_from_url(apart, text)).get(text.count("/") + 1)) == bool(expected)


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [("{a}{a}", "0000", ("00", "00")), ("{a}-{a}", "x-y-x-y", ("x-y", "x-y")), ("{a}{a}", "000", None)],
)
def test_a_variable_that_stands_twice_is_filled_with_one_value(
    template: str, text: str, values: tuple[str, ...] | None
) -> None:
    assert every_filling(segment(template), text) == ([] if values is None else [values])


@pytest.mark.parametrize(
    ("template", "text", "found"),
    [
        ("{id}.json", "5.json/x", [(1, ("5",))]),
        ("{id}.json", "%2E.json", []),
        ("{+name}:go", "a/b:go", [(2, ("a/b",))]),
        ("{+name}:go", "a:go/b:go", [(1, ("a",)), (2, ("a:go/b",))]),
        ("{+name}:go", "%FF:go", [(1, ("%FF",))]),
        ("{name}:go", "%FF:go", []),
        ("{a}{b}", "%C3%A9x", [(1, ("é", "x"))]),
        ("{+a}:{+b}", "p:/q:z", [(2, ("p:/q", "z"))]),
        ("{a}.{b}", "....x", [(1, ("...", "x"))]),
    ],
)
def test_a_url_is_read_by_whole_characters_and_good_values(
    template: str, text: str, found: list[tuple[int, tuple[str, ...]]]
) -> None:
    text = text.replace("%2E", ".")
    assert list(fill_from_url(segment(template), text)) == found


# ---- cost --------------------------------------------------------------------------------------------------------


MANY = "-".join(f"{{v{i}}}" for i in range(9))
RESERVED = "-".join(f"{{+v{i}}}" for i in range(9))


@pytest.mark.parametrize("template", [MANY, MANY + ".json", RESERVED, RESERVED + ":x", MANY.replace("-", "")])
@pytest.mark.parametrize("unit", ["-", "a-", "-/", "a-a/", "./", "%C3-"])
def test_the_work_grows_with_the_text_and_not_with_its_ways_to_be_read(template: str, unit: str) -> None:
    made = segment(template)
    short, long = (lines_run(lambda n=n: list(fill_from_url(made, unit * n))) for n in (50, 200))
    assert long < 5 * short + 500
    assert lines_run(lambda: fill_from_item(made, unit * 200)) < 500


def test_even_every_filling_ends() -> None:
    assert len(every_filling(segment("{a}{b}{c}{d}{e}{f}{g}{h}{i}"), "x" * 200)) < 10_000


def test_a_custom_method_is_one_variable_and_a_text() -> None:
    assert [suffix_of(segment(text)) for text in ("{id}:go", "{+id}:go", "{id}", "x{id}", "{a}{b}", "{a}-{b}")] == [
        ":go", ":go", None, None, None, None,
    ]  # fmt: skip
