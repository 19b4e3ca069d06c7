"""What a terminal and a pipe get."""

from __future__ import annotations

import io
import json
import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.cli.main import run
from restpath.cli.printing import Out, json_text, note, painted, visible

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=8,
)


class _Screen(Out):
    def __init__(self, terminal: bool, encoding: str = "utf-8") -> None:
        self.terminal, self.colour, self.width, self._said = terminal, terminal, 80, encoding

    @property
    def encoding(self) -> str:
        return self._said


@given(JSON, st.booleans(), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_json_is_the_same_value_with_and_without_colours(value: object, terminal: bool, encoding: str) -> None:
    text = json_text(value, _Screen(terminal, encoding))
    plain = re.sub("\x1b\\[[0-9;]*m", "", text)
    assert json.loads(plain) == value
    plain.encode(encoding)  # and can be written


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    shown = visible(text) + re.sub("\x1b\\[[0-9;]*m", "", json_text([text], _Screen(True)))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_names_texts_and_values_have_colours_of_their_own() -> None:
    text = painted('{"a": "b: 1", "c\\"": -1.5e3, "d": [true, null]}')
    assert text == (
        '{\x1b[1m"a"\x1b[0m: \x1b[32m"b: 1"\x1b[0m, \x1b[1m"c\\""\x1b[0m: \x1b[35m-1.5e3\x1b[0m, \x1b[1m"d"\x1b[0m: '
        "[\x1b[35mtrue\x1b[0m, \x1b[35mnull\x1b[0m]}"
    )


@pytest.mark.parametrize(
    ("variables", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(
    variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Terminal())
    out = Out()
    assert (out.terminal, out.colour) == (True, colour)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    out = Out()
    assert (out.terminal, out.colour, out.width) == (False, False, None)


def test_what_an_encoding_lacks_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii", newline=""))
    out = Out()
    out.text("ä\ud800\n")
    out.data(b"\xff")
    out.flush()
    assert written.getvalue() == b"\\xe4\\ud800\n\xff"


def test_a_note_and_a_warning_steer_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    note("the scheme a\x1b[2J\x9b is new")
    assert capsys.readouterr().err == "restpath: the scheme a\\x1b[2J\\x9b is new\n"
    monkeypatch.setattr(
        "restpath.cli.commands.commands.main", lambda *words, **more: warnings.warn("a\x1b[2J\x9b", stacklevel=1)
    )
    assert run([]) == 0
    assert capsys.readouterr().err == "restpath: a\\x1b[2J\\x9b\n"
