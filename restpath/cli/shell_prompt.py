"""
The prompt of the shell on a terminal: lines with completion and history, and the loop around them.

Takes a shell; asks for lines until it is left. Ctrl-C cancels the line or the call that is running, Ctrl-D leaves. What
is open at the end of a line goes on on the next. Nothing but content goes to standard output where that is no terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.output import create_output

from restpath.cli.printing import note
from restpath.cli.shell_commands import Leave
from restpath.cli.shell_completing import find_words
from restpath.cli.shell_history import History, history_path, may_hold_secret
from restpath.cli.shell_reading import Shell
from restpath.cli.shell_script import known_secrets
from restpath.cli.shell_words import split_words

__all__ = ["prompt_text", "run_prompt"]

_MOST_COLUMNS = 40


def run_prompt(shell: Shell) -> int:
    """Ask for lines and do them until the shell is left. Gives 0: every line has told of its own end."""
    session = shell.session
    history = History(history_path(session.source))
    prompt = _prompt(shell, history)
    while True:
        try:
            line = prompt.prompt(prompt_text(session.source, session.place))
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        try:
            if line.strip():
                _keep(history, shell, line)
                shell.status(line)
        except Leave:
            return 0
        except KeyboardInterrupt:  # between two commands
            print("\nrestpath: interrupted", file=sys.stderr)


def prompt_text(source: str, place: str) -> str:
    """Write the prompt: service and place, of a long one the end."""
    name = source.partition("://")[2] or os.path.basename(source)
    path = f"/{place}"
    if len(name) + len(path) > _MOST_COLUMNS:
        segments = path.split("/")
        while len(segments) > 2 and len(name) + len("/".join(segments)) > _MOST_COLUMNS - 2:
            segments.pop(1)
        path = "/…" + "/".join(["", *segments[1:]]) if len(segments) < path.count("/") + 1 else path
        path = path if len(path) <= _MOST_COLUMNS else f"…{path[-_MOST_COLUMNS + 1 :]}"
    return f"{name}{path if place else ''}> "


def _keep(history: History, shell: Shell, line: str) -> None:
    """Write a line to the history, if no secret can be in it."""
    credentials = shell.session.definition.service.credentials
    names = frozenset(name for name, credential in credentials.items() if credential.secret)
    told = history.problem
    if not may_hold_secret(line, names, known_secrets(shell.session)):
        history.add(line)
    if history.problem is not None and told is None:
        note(history.problem)


def _prompt(shell: Shell, history: History) -> PromptSession[str]:
    # The one within the session also has what the file may not have.
    return PromptSession(
        history=InMemoryHistory(history.lines()), completer=_Completer(shell), complete_while_typing=False,
        complete_in_thread=True, multiline=True, key_bindings=_keys(), prompt_continuation=_continuation,
        enable_history_search=True, output=create_output(always_prefer_tty=True),
    )  # fmt: skip


def _continuation(width: int, number: int, soft: int | bool) -> str:
    return "" if soft is True else "... ".rjust(width)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def enter(event: KeyPressEvent) -> None:
        """Go on on the next line where something is open; else take the line."""
        buffer = event.current_buffer
        if split_words(buffer.text).open and buffer.document.is_cursor_at_the_end:
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    return keys


class _Completer(Completer):
    """Completes from what is known here."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Give what can stand at the cursor."""
        text: Any = document.text_before_cursor
        for found in find_words(self._shell.session, self._shell.group, text):
            word = found.text if found.goes_on else f"{found.text} "
            yield Completion(word, found.start - len(text), display=found.shown, display_meta=found.told)
