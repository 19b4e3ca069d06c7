"""The library's messages, as the command line shows them: what to type, and no Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import restpath
from restpath.cli.wording import in_cli_words

PACKAGE = Path(restpath.__file__).parent
# The faces speak for themselves: some of them are Python's own.
FACES = {"cli", "mock", "services", "testing.py", "__init__.py"}
# How the library speaks of itself to a program.
PYTHON = re.compile(
    r"restpath\.\w+|\b(?:connect|expand|login|begin_login)\(|\.(?:options|reply|save|walk|prepare|curl)\("
    r"|\b[a-z_]+=(?=[\s,:;.)'\"]|$|\.\.\.|True|False|None|X)|\bqs\b|client[.\[]|\bmax_\w+"
)
# What no command line leads to: arguments that a command makes or checks itself, and what is no message at all. A new
# message that speaks of Python gets a row in `wording`, or, where that is so, its beginning here.
ELSEWHERE = (
    "X: data= is sent as given", "headers= is a", "qs= is a", "data= is", "X: beside a file data=",  # `arguments`
    "profile= is a", "session= is a", "auth= ", "app= is a", "servers= ", "timeout=X", "redirects=X",  # `asking`
    "X=X: give ", "scheme=X has no token", "ask= gave", "authorization= ", "path=X: the path",  # `logging_in`
    "the definition does not say how X is paged",  # `performing` says it before
    "without a definition an item", "restpath.expand(X", "a definition cannot be changed",  # paths and data of programs
    "this takes a client or a path of one",
    "learn=X", "content-disposition: *form-data",  # `connect` is told, no command; a pattern
    "What connect() takes", "^(?:<[^<>]*", "Part(X", "FileSource(X", "multipart/X; boundary=X",
    'related; type="X"', "Content-Type: multipart/related",  # header fields
    "X is no definition: give", "X: give True or False", "X: X is given as name=...",
)  # fmt: skip


def _messages(text: str) -> Iterator[str]:
    """The texts of a module but for documentation; X stands for what is filled in."""
    tree = ast.parse(text)
    places = (ast.Module, ast.ClassDef, ast.FunctionDef)
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    said = {id(node.value) for each in ast.walk(tree) if isinstance(each, places)
            for node in each.body if isinstance(node, ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said | within:
            yield node.value


def _modules() -> list[str]:
    files = sorted(file.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py"))
    return [file.as_posix() for file in files if file.parts[0] not in FACES]


@pytest.mark.parametrize("module", _modules())
def test_no_message_speaks_python_at_the_command_line(module: str) -> None:
    """Every message of the library that a command can come to says what to type."""
    shown = [in_cli_words(text) for text in _messages((PACKAGE / module).read_text("utf-8")) if " " in text]
    assert [text for text in shown if PYTHON.search(text) and not text.startswith(ELSEWHERE)] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "it needs: token. Give token=... to restpath.connect(), set A_TOKEN, or log in by restpath.login()",
            "it needs: token. Give --set token=VALUE, set A_TOKEN, or log in by restpath login SERVICE",
        ),
        (
            'give api_key=... or username=..., credentials={"pass-word": ...} to restpath.connect()',
            "give --set api_key=VALUE or --set username=VALUE, --set pass-word=VALUE",
        ),
        (
            "it needs credentials: id. Give them to restpath.connect() or restpath.login()",
            "it needs credentials: id. Give --set id=VALUE, or log in by restpath login SERVICE",
        ),
        (
            "a login at x needs user=..., password=...: give it to restpath.login()",
            "a login at x needs user, password: give --set user=VALUE, --set password=VALUE",
        ),
        (
            "where the login goes, {a}/{b-c}, needs a, b-c: give it to restpath.connect()",
            "where the login goes, {a}/{b-c}, needs a, b-c: give --set a=VALUE, --set b-c=VALUE",
        ),
        ("the base URL u needs tenant=: give it to connect()", "the base URL u needs tenant: give --set tenant=VALUE"),
        (":me stands for it: pass username= to connect()", ":me stands for it: pass --set username=VALUE"),
        (
            "it has none: say where it is, restpath.connect('shop', 'https://...'), or in SHOP_URL",
            "it has none: say where it is by --base-url URL, or in SHOP_URL",
        ),
        ("a plain message: nothing=to change", "a plain message: nothing=to change"),
    ],
)
def test_what_to_write_becomes_what_to_type(said: str, shown: str) -> None:
    assert in_cli_words(said) == shown
