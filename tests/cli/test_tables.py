"""Tables for terminals of any width, and for pipes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from restpath.cli.printing import Out
from restpath.cli.tables import write_table


class _Screen(Out):
    """A terminal of so many columns; None: a pipe."""

    def __init__(self, width: int | None, charset: str = "utf-8") -> None:
        self.file = None
        self.said: list[str] = []
        self.terminal, self.colour, self.width = width is not None, False, width
        self._charset = charset

    @property
    def encoding(self) -> str:
        return self._charset

    def text(self, text: str) -> None:
        self.said.append(text)

    @property
    def lines(self) -> list[str]:
        return "".join(self.said).splitlines()


ROWS = [
    {"id": 7, "name": "Ann", "deep": {"a": [1, 2, 3], "b": "x" * 50}, "text": "many words " * 9},
    {"id": 12, "name": "한국", "deep": None, "text": "line\nbreak\tand\x1b[31m"},
]


def test_a_pipe_gets_every_column_in_full() -> None:
    screen = _Screen(None)
    write_table(ROWS, list(ROWS[0]), screen)
    assert [line.split()[:2] for line in screen.lines] == [["id", "name"], ["7", "Ann"], ["12", "한국"]]
    assert "x" * 50 in screen.lines[1]
    assert screen.lines[2].endswith(r"line break and\x1b[31m")


def test_columns_are_aligned_whatever_the_characters_are() -> None:
    screen = _Screen(None)
    write_table(ROWS, ["id", "name", "text"], screen)
    starts = [
        cell_len(line[: line.index(word)]) for line, word in zip(screen.lines, ("text", "many", "line"), strict=True)
    ]
    assert starts == [10, 10, 10]
    assert [line[:2] for line in screen.lines] == ["id", " 7", "12"]


@pytest.mark.parametrize("width", [80, 200])
def test_a_terminal_gets_what_it_has_room_for(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    screen = _Screen(width)
    rows = [{f"plain{i}": "word" for i in range(6)} | {f"nested{i}": {"a": "b" * 40} for i in range(6)}]
    write_table(rows, list(rows[0]), screen)
    assert max(map(cell_len, screen.lines)) <= width
    assert all(f"plain{i}" in screen.lines[0] for i in range(6))
    left = capsys.readouterr().err
    assert ("no room for" in left) == (width == 80 or "nested5" not in screen.lines[0])


@given(
    st.lists(
        st.dictionaries(st.text(max_size=12), st.text(max_size=40) | st.integers() | st.none()), min_size=1, max_size=4
    ),
    st.integers(20, 200),
)
def test_no_line_is_wider_than_the_terminal(rows: list[dict[str, object]], width: int) -> None:
    screen = _Screen(width)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if columns:
        write_table(rows, columns, screen)
        assert len(screen.lines) == len(rows) + 2
        assert max(map(cell_len, screen.lines)) <= width


@pytest.mark.parametrize("width", [1, 2, 4, 12, 30, 79])
def test_a_terminal_of_ascii_gets_a_rule_and_dots_of_ascii(width: int) -> None:
    screen = _Screen(width, "ascii")
    write_table([{"id": 7, "text": "many words " * 9}], ["id", "text"], screen)
    assert all(line.isascii() and len(line) <= width for line in screen.lines)
    assert set(screen.lines[1]) == {"-"}
    if width == 79:
        assert screen.lines[2].endswith("...")
