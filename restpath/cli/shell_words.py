"""
The lines of the shell: parted into words as a POSIX shell does, so that a line is the same in both.

Takes a line that may not be ended; gives its words, each with where it begins, and what is open at the end: a quote, or
JSON. Quotes and backslashes are those of sh; nothing else is special, neither `$` nor `*`. What is more than sh: JSON
behind `:=` needs no quotes around it, whatever spaces and quotes are in it.
Source: POSIX.1-2017, Shell Command Language, section 2.2 (quoting).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Line", "Word", "bare_word", "split_words"]

_JSON_NEXT = re.compile(r"(?:[^=:@\\]|\\.)+:=", re.DOTALL)
_ESCAPED = re.compile(r"([\s\\'\"`$&|;<>()*?\[\]#!])")
_CLOSING = {"{": "}", "[": "]"}


class Word(NamedTuple):
    """
    A word.

    Attributes:
        text: what it says, without its quotes.
        start: where in the line it begins.
        bare: whether it was written without a quote or a backslash.
    """

    text: str
    start: int
    bare: bool


class Line(NamedTuple):
    """
    A line.

    Attributes:
        words: its words; comments are none.
        open: what is begun and not ended: `'`, `"`, `{`, `[` or a backslash; "" where the line is whole.
        ended: whether a blank or the line's beginning stands at its end, so that no word is begun there.
    """

    words: list[Word]
    open: str
    ended: bool


def split_words(line: str) -> Line:
    """Part a line into words."""
    return _Splitting(line).line()


class _Splitting:
    """One line on its way to words."""

    def __init__(self, line: str) -> None:
        self._line, self._at = line, 0
        self._words: list[Word] = []
        self._text, self._start, self._open = "", -1, ""

    def line(self) -> Line:
        while self._at < len(self._line) and not self._open:
            self._step(self._line[self._at])
        ended = self._start < 0
        self._end()
        return Line(self._words, self._open, ended)

    def _step(self, char: str) -> None:
        if char in " \t\r\n":
            self._end()
            self._at += 1
        elif char == "#" and self._start < 0:
            end = self._line.find("\n", self._at)
            self._at = end if end >= 0 else len(self._line)
        else:
            self._start = self._at if self._start < 0 else self._start
            self._within(char)

    def _within(self, char: str) -> None:
        if char == "\\":
            self._escape()
        elif char == "'":
            self._take_to("'")
        elif char == '"':
            self._double()
        elif char in _CLOSING and _JSON_NEXT.fullmatch(self._text):
            self._json(char)
        else:
            self._text += char
            self._at += 1

    def _end(self) -> None:
        if self._start >= 0:
            raw = self._line[self._start : self._at]
            self._words.append(Word(self._text, self._start, raw == self._text and not set(raw) & set("'\"\\")))
        self._text, self._start = "", -1

    def _escape(self) -> None:
        """A backslash: what follows stands for itself; a line that ends in one goes on."""
        following = self._line[self._at + 1 : self._at + 2]
        if not following:
            self._open = "\\"
        if following != "\n":
            self._text += following
        elif self._text == "" and self._start == self._at:
            self._start = -1  # a line that goes on between two words
        self._at += 2

    def _take_to(self, quote: str) -> None:
        end = self._line.find(quote, self._at + 1)
        self._text += self._line[self._at + 1 : end if end >= 0 else None]
        self._at = end + 1 if end >= 0 else len(self._line)
        self._open = "" if end >= 0 else quote

    def _double(self) -> None:
        """Text in double quotes, where a backslash escapes what would be special in sh."""
        found = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL).match(self._line, self._at)
        assert found is not None, "it begins with a quote"
        self._text += re.sub(r'\\(["\\$`\n])', lambda each: each[1].strip("\n"), found[1])
        self._at = found.end()
        self._open = "" if found[2] else '"'
        if not found[2]:
            self._at = len(self._line)

    def _json(self, opening: str) -> None:
        """An object or a list as it stands, up to the bracket that closes it."""
        depth, quoted = [], False
        while self._at < len(self._line):
            char = self._line[self._at]
            self._at += 1
            if char == "\\":  # within a text it is JSON's; outside one it can only be sh's
                following = self._line[self._at : self._at + 1]
                self._text += char + following if quoted else following
                self._at += 1
                continue
            self._text += char
            quoted = quoted != (char == '"')
            if not quoted and char in _CLOSING:
                depth.append(_CLOSING[char])
            elif not quoted and depth and char == depth[-1]:
                depth.pop()
                if not depth:
                    return
        self._open = opening


def bare_word(text: str) -> str:
    """Write a word without quotes, each special character behind a backslash, so that more can be written after it."""
    if "\n" in text:
        return "'" + text.replace("'", "'\\''") + "'"
    return _ESCAPED.sub(r"\\\1", text) if text else "''"
