"""Lines for a person or a pipe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from restpath.cli.drawing import Page
from restpath.cli.printing import Out


class Paper(Out):
    """A place that remembers what was written, as wide and as colourful as a test wants it."""

    def __init__(self, width: int | None = None, *, colour: bool = False, charset: str = "utf-8") -> None:
        super().__init__()
        self.terminal, self.colour, self.width = width is not None, colour, width
        self._charset = charset
        self.written = ""

    @property
    def encoding(self) -> str:
        return self._charset

    def text(self, text: str) -> None:
        self.written += text

    @property
    def lines(self) -> list[str]:
        return self.written.splitlines()


ROWS = [
    ("GET", "shop/orders", "List the orders, the newest first, with all that is in them"),
    ("DELETE", "shop/customers/{name}/addresses/{id}", "Take an address away"),
    ("GET", "shop", ""),
]


def test_a_row_in_a_pipe_is_one_line() -> None:
    paper = Paper()
    Page(paper).rows(ROWS, ("good", "name"))
    assert paper.lines == [
        "GET     shop/orders                           List the orders, the newest first, with all that is in them",
        "DELETE  shop/customers/{name}/addresses/{id}  Take an address away",
        "GET     shop",
    ]


def test_the_last_column_is_wrapped_beside_itself_on_a_terminal() -> None:
    paper = Paper(60)
    Page(paper).rows(ROWS)
    assert max(map(len, paper.lines)) <= 60
    assert paper.lines[0].startswith("GET     shop/orders   ")
    first, second = paper.lines[:2]
    assert second.strip()
    assert second.index(second.strip()) == first.index("List")


def test_what_is_to_be_copied_sticks_out_and_is_never_cut() -> None:
    paper = Paper(60)
    Page(paper).rows(ROWS)
    assert any(line.endswith("shop/customers/{name}/addresses/{id}") for line in paper.lines)
    assert "Take an address away" in paper.written


def test_a_column_that_is_empty_takes_no_room() -> None:
    paper = Paper()
    Page(paper).rows([("a", "", "b"), ("cc", "")])
    assert paper.lines == ["a   b", "cc"]


def test_nothing_is_drawn_of_no_rows() -> None:
    paper = Paper(80)
    Page(paper).rows([])
    assert paper.lines == []


def test_text_is_wrapped_on_a_terminal_and_whole_in_a_pipe() -> None:
    text = "word " * 40
    terminal, pipe = Paper(40), Paper()
    Page(terminal).wrapped(text, "  ")
    Page(pipe).wrapped(text, "  ")
    assert len(terminal.lines) > 4
    assert max(map(len, terminal.lines)) <= 40
    assert len(pipe.lines) == 1


def test_a_word_that_is_longer_than_a_line_stays_whole() -> None:
    paper = Paper(40)
    Page(paper).wrapped(f"see https://example.com/{'a' * 60} there")
    assert f"https://example.com/{'a' * 60}" in paper.lines


def test_a_line_is_cut_at_the_edge_with_its_look_ended() -> None:
    paper = Paper(24, colour=True)
    page = Page(paper)
    page.cut(page.look("a" * 30, "name"))
    assert paper.written == "\x1b[36m" + "a" * 23 + "\x1b[0m…\n"


def test_wide_characters_count_for_two_columns() -> None:
    paper = Paper()
    Page(paper).rows([("書物", "x"), ("ab", "y")])
    assert paper.lines == ["書物  x", "ab    y"]


@pytest.mark.parametrize("text", ["e\N{COMBINING ACUTE ACCENT}", "\u0e01\u0e35", "\u0928\u0941", "\u2708\ufe0e", "ab"])
def test_marks_on_a_character_take_no_column_of_their_own(text: str) -> None:
    paper = Paper(20)
    Page(paper).rows([(text, "x"), ("ab", "x")])
    width = 2 if text == "ab" else 1
    assert paper.lines[0] == text + " " * (2 - width) + "  x"


def test_there_are_colours_only_where_they_are_wanted() -> None:
    assert Page(Paper(80, colour=True)).look("a", "head") == "\x1b[1ma\x1b[0m"
    assert Page(Paper(80)).look("a", "head") == "a"
    assert Page(Paper(80, colour=True)).look("", "head") == ""


@pytest.mark.parametrize("write", [lambda page, text: page.rows([(text, text)]), lambda page, text: page.wrapped(text)])
def test_what_data_says_steers_no_terminal(write: Callable[[Page, str], None]) -> None:
    paper = Paper(80)
    write(Page(paper), "a\x1b[2Jb\x9bc\u202ed")
    assert "\x1b" not in paper.written
    assert "\x9b" not in paper.written
    assert "\u202e" not in paper.written
    assert Page(Paper()).look("\x1b]0;x\x07", "") == "\\x1b]0;x\\x07"


def test_a_tree_is_drawn_in_ascii_where_nothing_else_can_be_written() -> None:
    assert Page(Paper(charset="ascii")).branches()[0] == "|-- "
    assert Page(Paper(charset="ascii")).dots() == "..."
    assert Page(Paper()).branches()[0] == "├── "
