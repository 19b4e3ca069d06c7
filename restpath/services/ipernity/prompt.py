"""
The prompt: Python with the API at hand as `ip`, and commands and methods that need no parentheses.

Takes a face and where to read and write; gives an exit status. Errors are told in a line, and the next line is read.
At a terminal names are completed with the tabulator key; from anywhere else the lines are run in silence.
"""

from __future__ import annotations

import builtins
import code
import contextlib
import json
import pprint
import re
import shlex
import sys
import webbrowser
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from restpath.client import core_of
from restpath.errors import InvalidValue, RestpathError
from restpath.services.ipernity.api import IpernityAPI

__all__ = ["Prompt", "run_prompt"]

_BANNER = """\
Ipernity at {url}, {who}.
The API is `ip`: ip.user.get(user_id=4711), or plainly: user.get user_id=4711
Commands: login, whoami, methods, help, exit. The tabulator key completes names."""

_HELP = """\
user.get user_id=7     call a method: its parameters as name=value, in quotes where there are spaces in one
login [doc=write ...]  get a token: opens the browser, where you authorize this application
                       (permissions doc, blog, post, network, profile; each read, write or delete)
whoami                 whose the token is, and what it permits
methods [text]         the methods of the API with that text in their names
help, exit (or quit)   this text; the end

Anything else is Python. `ip` is the API and `_` the last answer:
    ip.doc.getList(user_id=7)              call a method: all its parameters by name
    list(ip.walk_docs(user_id=7))          a whole list, page by page
    ip.upload_file('photo.jpg', title='')  upload, wait, and get the doc_id
    help(ip)                               Python's own help"""

_METHOD = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+")


class Prompt(code.InteractiveConsole):
    """
    A console with the API in it.

    Args:
        ask: reads a line after a prompt, as `input` does; raises EOFError at the end.
        write_out: prints a text for the user.
        browse: opens a link in a browser.
    """

    def __init__(
        self,
        api: IpernityAPI,
        ask: Callable[[str], str] | None = None,
        write_out: Callable[[str], None] = print,
        browse: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__({"__name__": "__console__", "__doc__": None, "ip": api})
        self.api, self._ask, self._write_out, self._browse = api, ask or _ask, write_out, browse or webbrowser.open_new
        self.failed = False
        self._commands: Mapping[str, Callable[[str], None]] = {
            "login": self._login, "whoami": self._whoami, "methods": self._methods, "help": self._help,
            "quit": self._quit, "exit": self._quit,
        }  # fmt: skip

    def raw_input(self, prompt: str = "") -> str:
        """Read a line."""
        return self._ask(prompt)

    def push(self, line: str, *args: Any, **more: Any) -> bool:
        """Run a line: a command, a method, or Python. Gives True where a statement goes on."""
        word, _, rest = line.strip().partition(" ")
        command = self._commands.get(word)
        # In the middle of a statement, or with an argument that no command has, a word is Python's.
        if self.buffer or rest.lstrip()[:1] in ("=", "(", ".") or not (command or self._is_method(word)):
            return super().push(line, *args, **more)
        try:
            if command is not None:
                command(rest.strip())
            else:
                self._call(word, rest)
        except SystemExit:
            raise
        except BaseException:
            self.showtraceback()
        return False

    def _is_method(self, word: str) -> bool:
        """Whether a word can only be a method's name: Python knows nothing under its beginning, and the API does."""
        start = word.partition(".")[0]
        if _METHOD.fullmatch(word) is None or start in self.locals or hasattr(builtins, start):
            return False
        return any(name.startswith(f"{start}.") for name in core_of(self.api).definition.named)

    def showtraceback(self) -> None:
        """Show an error: one that tells what to do in a line, any other as Python does."""
        error = sys.exc_info()[1]
        self.failed = True
        if isinstance(error, RestpathError):
            self.write(f"{type(error).__name__}: {error}\n")
        elif isinstance(error, KeyboardInterrupt):
            self.write("\nKeyboardInterrupt\n")
        else:
            super().showtraceback()

    def showsyntaxerror(self, filename: str | None = None, **more: Any) -> None:
        """Show where a line is no Python."""
        self.failed = True
        super().showsyntaxerror(filename, **more)

    def display(self, value: object) -> None:
        """Print an answer so that it can be read, and keep it as `_`."""
        if value is not None:
            self.locals["_"] = value
            self._write_out(pprint.pformat(value, width=100, compact=True, sort_dicts=False))

    # ---- methods and commands ----

    def _call(self, method: str, said: str) -> None:
        answer = self.api.call(method, **_pairs(said))
        self.locals["_"] = answer
        self._write_out(json.dumps(answer, indent=4, ensure_ascii=False))

    def _login(self, said: str) -> None:
        wanted = _pairs(said) or {"doc": "write"}
        frob = self.api.auth.getFrob()["auth"]["frob"]
        link = self.api.auth.auth_url(wanted, frob)
        self._write_out(f"Authorize this application in your browser:\n{link}")
        self._browse(link)
        try:
            self._ask("Press Enter when that is done... ")
        except EOFError:
            self._write_out("")
        self.api.auth.getToken(frob)
        self._whoami("")
        self._write_out("ip.token is the token: as `api token` in the configuration file it serves the next time too.")

    def _whoami(self, said: str) -> None:
        user = self.api.user_info
        if user is None:
            self._write_out("Nobody is logged in: `login` gets a token.")
            return
        permissions = " ".join(f"{area}={level}" for area, level in self.api.permissions.items()) or "nothing"
        self._write_out(f"{user.get('username')} (user_id {user.get('user_id')}); permitted: {permissions}")

    def _methods(self, said: str) -> None:
        definition = core_of(self.api).definition
        for each in definition.operations:
            if said.lower() in (each.name or "").lower():
                self._write_out(f"{each.name:<26}{each.title}")

    def _help(self, said: str) -> None:
        self._write_out(_HELP)

    def _quit(self, said: str) -> None:
        raise SystemExit


def run_prompt(api: IpernityAPI, stdin: TextIO | None = None, *, browse: Callable[[str], object] | None = None) -> int:
    """
    Read and run lines until they end.

    Args:
        stdin: where to read; None: the standard input, by `input`.
    Returns:
        the exit status: 0, or 1 where a line came to an error and there was no terminal to tell somebody at.
    """
    source = sys.stdin if stdin is None else stdin
    is_terminal = source is not None and source.isatty()
    ask = _ask if is_terminal else _ask_in_silence if stdin is None else _reader(stdin)
    prompt = Prompt(api, ask, browse=browse)
    before, sys.displayhook = sys.displayhook, prompt.display
    try:
        if is_terminal:
            _complete_names(prompt)
            prompt.interact(_BANNER.format(url=core_of(api).base_url, who=_who(api)), exitmsg="")
            return 0
        return _run_lines(prompt)
    except SystemExit as end:
        if end.code is None:
            return int(prompt.failed and not is_terminal)
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.displayhook = before


def _who(api: IpernityAPI) -> str:
    return "with a token" if api.token else "without a token: `login` gets one"


def _ask(prompt: str) -> str:
    return builtins.input(prompt)  # looked up each time: a test may have put another in its place


def _ask_in_silence(prompt: str) -> str:
    return _ask("")


def _pairs(said: str) -> dict[str, str]:
    """Read `name=value` pairs. Raises InvalidValue for anything else."""
    try:
        words = shlex.split(said)
    except ValueError as error:
        raise InvalidValue(f"{said!r} has a quote that does not end") from error
    wrong = next((word for word in words if not word.partition("=")[0].isidentifier() or "=" not in word), None)
    if wrong is not None:
        raise InvalidValue(f"{wrong!r} is no parameter: write name=value, without spaces around the =")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _reader(stdin: TextIO) -> Callable[[str], str]:
    def ask(prompt: str) -> str:
        line = stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    return ask


def _run_lines(prompt: Prompt) -> int:
    goes_on = False
    with contextlib.suppress(EOFError):
        while True:
            goes_on = prompt.push(prompt.raw_input())
    if goes_on:
        prompt.push("")  # the end of the input is the end of the last statement too
    return int(prompt.failed)


def _complete_names(prompt: Prompt) -> None:
    """Let the tabulator key complete names, where there is a readline."""
    try:
        import readline
        import rlcompleter
    except ImportError:
        return
    readline.set_completer(rlcompleter.Completer(prompt.locals).complete)
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
