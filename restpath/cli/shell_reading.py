"""
The loop of the shell: lines in, commands done, statuses out.

Takes a session and where lines come from: a terminal, or a pipe. On a terminal the shell goes on whatever a line comes
to; from a pipe it stops at the first command that fails, whose status is then the shell's own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from restpath.cli.main import DONE, INTERRUPTED, told_status
from restpath.cli.printing import note
from restpath.cli.shell_calls import CALLS
from restpath.cli.shell_commands import Leave, commands_of, unknown_command
from restpath.cli.shell_last import EXPRESSION, split_options
from restpath.cli.shell_session import Session
from restpath.cli.shell_words import Word, split_words
from restpath.cli.speaking import speak_of
from restpath.errors import InvalidValue

__all__ = ["Shell", "read_pipe"]

_PLACED = (*CALLS, "show", "tree")


class Shell:
    """A session, and its commands."""

    def __init__(self, session: Session, *, debug: bool = False) -> None:
        self.session, self.debug = session, debug
        self.group = commands_of(session)

    def status(self, line: str) -> int:
        """
        Do what a line says, tell what went wrong, and give the exit status. The session has to be held meanwhile.

        Raises:
            Leave: the shell is to end.
            BrokenPipeError, SystemExit: whoever read what was printed has gone.
        """
        leaving: list[Leave] = []

        def run() -> Any:
            speak_of(self.session.source if "://" not in self.session.source else "")
            try:
                return self._run(line)
            except Leave as leave:
                leaving.append(leave)
                return DONE

        status = told_status(run, self.debug or " --debug" in line)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        if leaving:
            raise leaving[0]
        return status

    def _run(self, line: str) -> Any:
        looked_back = EXPRESSION.match(line.strip())
        parted = split_words(line)
        if parted.open and looked_back is None:
            raise InvalidValue(f"the line ends within {_opened(parted.open)}")
        words = _inside(parted.words, self.session.source)
        if not words:
            return DONE
        if looked_back is not None:
            query, options = split_options(line.strip()[1:].strip())
            texts = ["_", *([] if query is None else ["--query", query])]
            return self._command([*texts, *(word.text for word in split_words(options).words)])
        self.session.bare = frozenset(word.text for word in words if word.bare)
        return self._command([word.text for word in words])

    def _command(self, words: list[str]) -> Any:
        name = "exit" if words[0] == "quit" else words[0]
        command = self.group.commands.get(name)
        if command is None:
            raise unknown_command(name)
        defaults = {key: value for key, value in self.session.defaults.items() if name in (*CALLS, "call", "_")}
        return command.main(words[1:], prog_name=name, standalone_mode=False, default_map=defaults)


def _opened(what: str) -> str:
    return {"\\": "nothing: a backslash is its last character"}.get(what, f"an open {what}")


def _inside(words: list[Word], source: str) -> list[Word]:
    """
    Read a line that was written for outside, `restpath get SERVICE/PATH`, as help texts have it.

    Raises:
        InvalidValue: it is about another service, or a command that only is outside.
    """
    if not words or words[0].text != "restpath":
        return words
    _, *rest = words
    at = next(
        (i for i, word in enumerate(rest) if i and (word.text == source or word.text.startswith(f"{source}/"))), None
    )
    if at is None:
        raise InvalidValue(f"in the shell of {source} a line begins with its command: help lists them")
    path = rest[at].text[len(source) :] or "/"
    if rest[0].text in _PLACED and not _names_operation(rest, at, path):
        return [*rest[:at], rest[at]._replace(text=path), *rest[at + 1 :]]
    return [*rest[:at], *rest[at + 1 :]]


def _names_operation(words: list[Word], at: int, path: str) -> bool:
    """Whether it is `show SERVICE OPERATION`."""
    more = words[at + 1 : at + 2]
    return words[0].text == "show" and path == "/" and bool(more) and not more[0].text.startswith("-")


# ---- a pipe ------------------------------------------------------------------------------------------------------


def read_pipe(shell: Shell, stream: BinaryIO, *, keep_going: bool = False) -> int:
    """
    Do the lines of a pipe, without a prompt.

    Args:
        keep_going: whether a command that fails is no end.
    Returns:
        the status of the first command that failed; 0 where none did.
    """
    first = DONE
    try:
        for number, line in _lines(stream):
            status = shell.status(line)
            first = first or status
            if status == INTERRUPTED:
                return INTERRUPTED
            if status != DONE and not keep_going:
                note(f"stopped at line {number}; --keep-going goes on behind a command that fails")
                return status
    except Leave:
        pass
    return first


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """The commands of a pipe, each with the number of the line that it begins in."""
    begun, start = "", 0
    for number, block in enumerate(stream, 1):
        try:
            text = block.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InvalidValue(f"line {number} of standard input is no text in UTF-8: {error.reason}") from error
        start = start if begun else number
        begun += re.sub(r"\r?\n$", "\n", text)
        if begun.endswith("\n") and split_words(begun[:-1]).open:
            continue
        yield start, begun.rstrip("\n")
        begun = ""
    if begun:
        yield start, begun.rstrip("\n")
