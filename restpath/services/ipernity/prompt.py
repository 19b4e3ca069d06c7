"""
The prompt: Python with the API at hand as `ip`, and a few commands that need no parentheses.

Takes a face and where to read and write; gives an exit status. At a terminal names are completed with the tabulator
key, and errors are told in a line. From a pipe the lines are run in silence, up to the first error.
"""

from __future__ import annotations

import code
import pprint
import sys
import webbrowser
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from restpath.errors import RestpathError
from restpath.services.ipernity.api import IpernityAPI

__all__ = ["Prompt", "run_prompt"]

_BANNER = """\
Ipernity at {url}, {who}.
The API is `ip`: ip.user.get(user_id=4711), or ip.call('user.get', user_id=4711).
Commands: login, whoami, methods, help, quit. The tabulator key completes names."""

_HELP = """\
login [doc=write ...]  get a token: opens the browser, where you authorize this application
                       (permissions doc, blog, post, network, profile; each read, write or delete)
whoami                 whose the token is, and what it permits
methods [text]         the methods of the API with that text in their names
help, quit             this text; the end

Anything else is Python. `ip` is the API and `_` the last answer:
    ip.doc.getList(user_id=7)              call a method: all its parameters by name
    list(ip.walk_docs(user_id=7))          a whole list, page by page
    ip.upload_file('photo.jpg', title='')  upload, wait, and get the doc_id
    help(ip)                               Python's own help"""


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
        ask: Callable[[str], str] = input,
        write_out: Callable[[str], None] = print,
        browse: Callable[[str], object] = webbrowser.open_new,
    ) -> None:
        super().__init__({"__name__": "__console__", "__doc__": None, "ip": api})
        self.api, self._ask, self._write_out, self._browse = api, ask, write_out, browse
        self.failed = False
        self._commands: Mapping[str, Callable[[str], None]] = {
            "login": self._login, "whoami": self._whoami, "methods": self._methods, "help": self._help,
            "quit": self._quit, "exit": self._quit,
        }  # fmt: skip

    def raw_input(self, prompt: str = "") -> str:
        """Read a line."""
        return self._ask(prompt)

    def push(self, line: str, *args: Any, **more: Any) -> bool:
        """Run a line: a command, or Python. Gives True where a statement goes on."""
        word, _, rest = line.strip().partition(" ")
        # In the middle of a statement, or with an argument that no command has, a word is Python's.
        if self.buffer or word not in self._commands or rest.lstrip()[:1] in ("=", "(", "."):
            return super().push(line, *args, **more)
        try:
            self._commands[word](rest.strip())
        except SystemExit:
            raise
        except BaseException:
            self.showtraceback()
        return False

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

    # ---- commands ----

    def _login(self, said: str) -> None:
        wanted = dict(pair.partition("=")[::2] for pair in said.split()) or {"doc": "write"}
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
        definition = self.api._core.definition
        for each in definition.operations:
            if said.lower() in (each.name or "").lower():
                self._write_out(f"{each.name:<26}{each.title}")

    def _help(self, said: str) -> None:
        self._write_out(_HELP)

    def _quit(self, said: str) -> None:
        raise SystemExit(0)


def run_prompt(api: IpernityAPI, stdin: TextIO, *, browse: Callable[[str], object] = webbrowser.open_new) -> int:
    """
    Read and run lines until they end.

    Returns:
        the exit status: 0, or 1 where a line from a pipe came to an error.
    """
    is_terminal = stdin.isatty()
    prompt = Prompt(api, input if is_terminal else _reader(stdin), browse=browse)
    before, sys.displayhook = sys.displayhook, prompt.display
    try:
        if is_terminal:
            _complete_names(prompt)
            prompt.interact(_BANNER.format(url=api._root.base_url, who=_who(api)), exitmsg="")
            return 0
        return _run_lines(prompt, stdin)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.displayhook = before


def _who(api: IpernityAPI) -> str:
    return "with a token" if api.token else "without a token: `login` gets one"


def _reader(stdin: TextIO) -> Callable[[str], str]:
    def ask(prompt: str) -> str:
        line = stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    return ask


def _run_lines(prompt: Prompt, stdin: TextIO) -> int:
    goes_on = False
    while line := stdin.readline():
        goes_on = prompt.push(line.rstrip("\n"))
        if prompt.failed:
            return 1
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
