"""
What the library says to a program, in the words of a command line.

Takes a message of an error or a warning; gives it with what to type in place of what to write in Python: `--set` for
`restpath.connect()`, `restpath login` for `restpath.login()`, items and options for keywords, and the service that the
command line is about for SERVICE. Each row of the table is one way in which the library speaks of itself; a test goes
through all its messages and finds those that no row knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from restpath.cli.speaking import spoken_of

__all__ = ["in_cli_words"]

_NAME = r"[\w-]+"
_NAMES = rf"{_NAME}(?:, {_NAME})*"
_KEYWORDS = re.compile(rf"(?:credentials=\{{\"({_NAME})\": \.\.\.\}}|\b({_NAME})=(?:\.\.\.)?)")


def _settings(found: re.Match[str]) -> str:
    """`give token=... or password=... to restpath.connect()`: each by an option of its own."""
    verb, names = found[1], found[2]
    written, count = _KEYWORDS.subn(lambda each: f"--set {each[1] or each[2]}=VALUE", names)
    return f"{verb} {written}" if count else f"{verb} {names} by --set NAME=VALUE"


def _options(names: str) -> str:
    """`token=..., password` as options."""
    return ", ".join(f"--set {name.removesuffix('=...')}=VALUE" for name in names.split(", "))


_TABLE: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    # Credentials and logins
    (rf"\bneeds credentials: ({_NAMES})\. Give them to restpath\.connect\(\) or restpath\.login\(\)",
     lambda found: f"needs credentials: {found[1]}. Give {_options(found[1])}, or log in by restpath login SERVICE"),
    (rf"\bneeds ({_NAME}=\.\.\.(?:, {_NAME}=\.\.\.)*): give it to restpath\.login\(\)",
     lambda found: f"needs {found[1].replace('=...', '')}: give {_options(found[1])}"),
    (rf"\bneeds ({_NAMES}): give it to restpath\.connect\(\)",
     lambda found: f"needs {found[1]}: give {_options(found[1])}"),
    (r"\b([Gg]ive|pass) ((?:(?!\bgive\b)[^;])*?)(?: to)? (?:restpath\.connect\(\) or restpath\.login\(\))",
     lambda found: _settings(found) + ", or log in by restpath login SERVICE"),
    (r"\b([Gg]ive|pass) ((?:(?!\bgive\b)[^;])*?) to (?:restpath\.)?(?:connect|login)\(\)", _settings),
    (r"\bneeds (\w+)=: give it by --set NAME=VALUE", r"needs \1: give --set \1=VALUE"),
    (r"\b(?:by|with) restpath\.login\(\)", "by restpath login SERVICE"),
    (r"with restpath\.begin_login\(\)", "by restpath login SERVICE"),
    (r"give ask=, a function .*; a web application uses restpath\.begin_login\(\)",
     "--no-browser asks for the answer to be pasted"),
    (r"\bredirect_uri=(?= )", "--redirect-uri"),
    (r"\bredirect_uri=", "--redirect-uri "),
    (r"give token=(?=$|[;.])", "give --set token=VALUE"),
    (r"give connect\(\) (?:an auth= that does it|a session= that proves who calls)", "a program of Python can"),
    # Where a service is
    (r"give connect\(\) (?:another URL|another as its url|the whole URL|the URL)(?! in)", "give another by --base-url"),
    (r"give one as connect\(\.\.\., url\)", "give one by --base-url"),
    (r"say where it is, restpath\.connect\([^()]*\), or in (\w+)", r"say where it is by --base-url URL, or in \1"),
    (r"leave out url=", "leave out --base-url"),
    (r", or a definition from restpath\.read\(folder\)", ", or a folder of data files"),
    (r"\ba definition from restpath\.read\(folder\)", "a folder of data files"),
    (r"For a service of your own pass restpath\.read\('a/folder'\)", "For a service of your own name its folder"),
    # Where logins are kept
    (r"([Kk])eep tokens in (?:another|a) file with store='a/path'(?:, or in memory with store=None)?",
     r"\1eep them elsewhere: they lie in the directory that XDG_DATA_HOME names"),
    # Settings
    (r"\.options\(validate=False\)", "--no-strict"),
    (r"\bstrict=False\b", "--no-strict"),
    (r"\blearn=True\b", "--learn"),
    (r"the total that timeout= allows", "the total that --timeout allows"),
    (r"the limit of max_reply_bytes: use \.save\(\), or raise the limit by \.options\(max_reply_bytes=\.\.\.\)",
     "the most that is held in memory: --save FILE takes any size"),
    (r"\.reply\(\.\.\.\)\.body has its bytes", "--output raw shows its bytes, and --save FILE keeps them"),
    # Imports and refreshes
    (r"\bforce=True\b", "--force"),
    (r"\baccept_move=True\b", "--accept-move"),
    (r"\brefresh='on-miss'", "--refresh on-miss"),
    # What goes with a call
    (r"is given as a field and in headers=: give it once", "is given as name=... and as Name:...: give it once"),
    (r"give the (file|body) as data=", r"give the \1 by --data FILE"),
    (r", which has a file: give it as upload_file=", ", which has a file: give it as file@PATH"),
    (r"made of parts: give the file as upload_file=", "made of parts: give the file as name@FILE"),
    (r"; servers= of connect\(\) takes others", "; a program of Python can choose others"),
    (r"and its query to the call as qs=", "and its query as name==text"),
    (r"give data= with headers=\{'Content-Type': \.\.\.\} for", "give --data FILE with Content-Type:... for"),
    (r"give (that one|its members) in qs=", r"write \1 as name==text"),
    (r"(?:and )?give it to the call as qs=", "write it as name==text"),
    (r": client\.call\(\) takes the names", ": restpath call takes the names"),
    (r"is a value of type dict\b", "is an object"),
    (r"is a value of type list\b", "is a list"),
    (r"\bqs= has\b", "the query has"),
    (r"\bqs= holds\b", "the query holds"),
    (r"\bdata= holds\b", "the body holds"),
]  # fmt: skip
_LOGIN = re.compile(r"\brestpath login SERVICE\b")
_IMPORT = re.compile(r"\brestpath import NAME\b")
_ROWS = [(re.compile(pattern, re.DOTALL), words) for pattern, words in _TABLE]


def in_cli_words(text: str) -> str:
    """Give a message of the library in the words of a command line."""
    for pattern, words in _ROWS:
        text = pattern.sub(words, text)
    service, options = spoken_of()
    if not service:
        return text
    text = _LOGIN.sub(lambda _: f"restpath login {service}{options}", text)
    return _IMPORT.sub(lambda _: f"restpath import {service}", text)
