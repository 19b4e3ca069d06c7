"""
`save`: the calls of a session as a script, in Python or for a POSIX shell, which runs as it is.

Takes a session and the name of a file; writes the calls that succeeded, in their order, with their places written out.
No secret is in it: credentials come from a profile, the environment or a login, and the secret values of items from
variables of the environment, which the script names at its beginning. What `_` stood for is written as its value.
Source: POSIX.1-2017, Shell Command Language, sections 2.2 (quoting) and 2.6.2 (`${NAME:?}`).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from shlex import quote
from typing import Any

import click

from restpath.cli.items import Item, parse_item, write_item
from restpath.cli.options import Options
from restpath.cli.printing import is_terminal, note
from restpath.cli.shell_session import Made, Session
from restpath.cli.shell_settings import is_secret
from restpath.errors import InvalidValue
from restpath.masking import is_secret_name, mask_query, mask_url
from restpath.types import UNSET

__all__ = ["known_secrets", "option_words", "python_script", "save_script", "shell_script"]


def save_script(session: Session, file: str, *, force: bool = False) -> None:
    """
    Write the script that the end of the file's name asks for.

    Raises:
        InvalidValue: it is neither .py nor .sh, there is nothing to write, the file is there already, or cannot be
            written; or a secret would be in it.
    """
    ending = os.path.splitext(file)[1].lower()
    if ending not in (".py", ".sh"):
        raise InvalidValue(f"{file}: say by the end of its name what it is to be: .py for Python, .sh for a shell")
    if not session.made:
        raise InvalidValue("no call has succeeded yet, so there is nothing to save")
    text = python_script(session) if ending == ".py" else shell_script(session)
    if any(secret in text for secret in known_secrets(session)):
        raise InvalidValue("a secret would stand in the script, in a path or in a value: write such a call by hand")
    path = os.path.expanduser(file)
    if os.path.lexists(path) and not force:
        _ask(file)
    _write(path, text)
    count = len(session.made)
    note(f"{count} call{'' if count == 1 else 's'} in {file}")


def _ask(file: str) -> None:
    if not is_terminal(sys.stdin):
        raise InvalidValue(f"{file} is there already: save --force {quote(file)} overwrites it")
    from restpath.cli.questioning import confirmed

    if not confirmed(f"{file} is there already: overwrite it?"):
        raise click.exceptions.Exit(1)


def _write(path: str, text: str) -> None:
    from restpath.edge.files import open_target

    with open_target(path) as target:
        target(text.encode("utf-8", "surrogateescape"))
    with suppress(OSError):  # it runs without that, too, by the name of its program
        os.chmod(path, os.stat(path).st_mode | 0o111)


def known_secrets(session: Session) -> frozenset[str]:
    """Give the secrets that the session knows without running or asking anything."""
    from restpath.edge.environment import variable_name

    definition = session.definition
    found = {text.partition("=")[2] for text in session.options.settings if is_secret(session, text.partition("=")[0])}
    for name, credential in definition.service.credentials.items():
        if credential.secret and definition.name:
            found.add(os.environ.get(variable_name(definition.name, name), ""))
    return frozenset(secret for secret in found if len(secret) > 3)


def _variable(name: str) -> str:
    """The variable of the environment for a secret value."""
    text = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    return f"_{text}" if text[:1].isdigit() else text


def _credential_lines(session: Session) -> list[str]:
    """Where the script's credentials come from, as lines of a comment."""
    from restpath.edge.environment import variable_name

    definition = session.definition
    names = [variable_name(definition.name, name) for name, one in definition.service.credentials.items() if one.secret]
    if not names or not definition.name:
        return []
    profile = session.options.profile
    section = definition.name if profile is None else f"{definition.name}:{profile}"
    return [f"Credentials come from the environment ({', '.join(names)}),", f"[{section}] in config.ini, or a login."]


def _checked_url(options: Options) -> Options:
    if options.base_url is not None and mask_url(options.base_url) != options.base_url:
        raise InvalidValue("the base URL holds a secret: put it into a profile, so that the script need not hold it")
    return options


def _public_settings(session: Session, options: Options) -> Options:
    """The options without the secrets that were set, which the script finds where every program does."""
    kept = [
        text
        for text in options.settings
        if not session.definition.name or not is_secret(session, text.partition("=")[0])
    ]
    definition = None if options.definition is None else _whole_path(options.definition)
    return replace(_checked_url(options), definition=definition, settings=tuple(kept), verbose=False, debug=False)


# ---- for a shell -------------------------------------------------------------------------------------------------

# What `write_item` does to a text that begins with = or @, behind backslashes or without: one more stands before it.
_TEXT = r"""text() {
    case ${1#"${1%%[!\\]*}"} in
        [=@]*) printf '\\%s' "$1" ;;
        *) printf '%s' "$1" ;;
    esac
}"""


def shell_script(session: Session) -> str:
    """Write the calls as a script for a POSIX shell."""
    hidden: dict[str, None] = {}
    calls = [" ".join(_shell_words(session, made, hidden)) for made in session.made]
    lines = ["#!/bin/sh", f"# Calls of {_plain(session.source)}, made in restpath shell."]
    lines += [f"# {line}" for line in _credential_lines(session)]
    lines.append("set -eu")
    lines += [f': "${{{name}:?}}"' for name in hidden]
    lines += [_TEXT] if hidden else []
    return "\n".join([*lines, "", *calls, ""])


def _plain(text: str) -> str:
    return " ".join(text.split())


def _shell_words(session: Session, made: Made, hidden: dict[str, None]) -> Iterator[str]:
    options = _public_settings(session, made.options)
    word, target, *rest = made.words
    target = _from_anywhere(target, session.source)
    if word == "call":
        whole, rest = [quote(target), quote(rest[0])], rest[1:]
    else:
        target, pairs = _without_secrets(target)
        whole, rest = [quote(target)], [*pairs, *rest]
    said = [*whole, *(_shell_item(item, hidden) for item in rest)]
    more = [_shell_setting(session, text, hidden) for text in option_words(options)]
    more += ["--yes"] if word == "delete" else []
    dashed = any(text.startswith("-") for text in said)
    yield from (["restpath", word, *more, "--", *said] if dashed else ["restpath", word, *said, *more])


def _from_anywhere(target: str, source: str) -> str:
    """A place of a service that is a folder or a file, by its whole path: a script runs in another directory, too."""
    if target.startswith(source) and target[len(source) :][:1] in ("", "/"):
        return _whole_path(source) + target[len(source) :]
    return target


def _whole_path(source: str) -> str:
    """The path of a folder or a file of data files; a service's name, a URL or another text stays as it is."""
    path = os.path.expanduser(source)
    is_path = "://" not in source and (os.sep in path or "/" in path) and os.path.exists(path)
    return os.path.abspath(path) if is_path else source


def _shell_setting(session: Session, text: str, hidden: dict[str, None]) -> str:
    """The token of a service without a name has no variable of its own."""
    name = text.partition("=")[0]
    if session.definition.name or name != "token" or "=" not in text:
        return quote(text)
    hidden["TOKEN"] = None
    return 'token="$TOKEN"'


def _shell_item(item: str, hidden: dict[str, None]) -> str:
    parsed = parse_item(item)
    if not _is_hidden(parsed):
        return quote(item)
    variable = _variable(parsed.name)
    hidden[variable] = None
    before = write_item(Item(parsed.kind, parsed.keys, 0 if parsed.kind == "json" else "x"))[:-1]
    return f'{quote(before)}"${variable}"' if parsed.kind == "json" else f'{quote(before)}"$(text "${variable}")"'


def _is_hidden(item: Item) -> bool:
    if item.kind not in ("text", "json", "query", "header") or item.value in (None, ""):
        return False
    return is_secret_name(item.name) or (item.kind == "json" and _has_secret(item.value))


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(is_secret_name(str(name)) or _has_secret(each) for name, each in value.items())
    return isinstance(value, list) and any(map(_has_secret, value))


def _without_secrets(target: str) -> tuple[str, list[str]]:
    """A place whose query holds a secret, and that pair as an item."""
    from urllib.parse import parse_qsl

    if mask_url(target) == target:
        return target, []
    path, _, query = target.partition("?")
    if mask_query(path) != path or ("://" in path and "@" in path.split("/")[2]):
        raise InvalidValue(f"{mask_url(target)} holds a secret, which a script must not")
    pairs = parse_qsl(query, keep_blank_values=True)
    return path, [write_item(Item("query", (name,), value)) for name, value in pairs]


def option_words(options: Options) -> list[str]:
    """Write options as the words of a command line."""
    words: list[str] = []
    for name, value in (
        ("--definition", options.definition), ("--base-url", options.base_url),
        *(("--set", text) for text in options.settings),
        ("--profile", options.profile), ("--timeout", _seconds(options.timeout)), ("--data", options.data),
        ("--refresh", options.refresh),
        ("--query", options.query), ("--output", options.output), ("--save", options.save), ("--limit", options.limit),
    ):  # fmt: skip
        words += [name, str(value)] if value is not None else []
    for name, is_said in (
        ("--no-strict", options.no_strict),
        ("--learn", options.learn),
        ("--headers", options.headers),
        ("--all", options.all),
    ):
        words += [name] if is_said else []
    return words


def _seconds(timeout: Any) -> str | None:
    if timeout is UNSET:
        return None
    return ",".join(repr(number) for number in (timeout if isinstance(timeout, tuple) else (timeout,)))


# ---- in Python ---------------------------------------------------------------------------------------------------

_SHOW = '''
def show(value, file=None):
    """Print what came back: text as it is, bytes as they are, anything else as a line of JSON."""
    if isinstance(value, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(value)
    elif value is not None:
        print(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=dict), file=file)
'''


def python_script(session: Session) -> str:
    """Write the calls as a program in Python."""
    hidden: dict[str, None] = {}

    def hide(name: str) -> str:
        hidden[_variable(name)] = None
        return f"os.environ[{_variable(name)!r}]"

    clients: dict[str, str] = {}
    calls = [line for made in session.made for line in _python_lines(session, made, clients, hide)]
    queried = any(made.options.query is not None for made in session.made)
    said = [f"Calls of {_plain(session.source)}, made in restpath shell.", *_credential_lines(session)]
    said += [f"Secret values come from the environment: {', '.join(hidden)}."] if hidden else []
    text = "\n".join(said).replace("\\", "\\\\").replace('"', "'")
    imports = ["import json", *(["import os"] if hidden else []), "import sys", ""]
    imports += (["import jmespath"] if queried else []) + ["import restpath"]
    made = [f"{name} = {expression}" for expression, name in clients.items()]
    head = ["#!/usr/bin/env python3", f'"""\n{text}\n"""', "", *imports, "", _SHOW, "", *made, "", *calls, ""]
    return "\n".join(head)


def _python_lines(session: Session, made: Made, clients: dict[str, str], hide: Callable[[str], str]) -> Iterator[str]:
    from restpath.cli.pythonic import client_expression, python_line
    from restpath.operations import about

    options, core = _public_settings(session, made.options), about(made.asked.operation).root.owner
    expression = client_expression(core, options, _whole_path(made.asked.service), hide)
    client = clients.setdefault(expression, "client" if not clients else f"client_{len(clients) + 1}")
    plain = replace(options, save=None) if options.forms else options
    if mask_url(made.words[1]) != made.words[1]:
        _ = _without_secrets(made.words[1])  # the pairs are among the arguments, and hidden there
    call = python_line(made.asked.operation, made.arguments, plain, made.asked.service, client=client, hide=hide)
    if plain.save is not None:
        yield call
        return
    left = [f"--output {options.output}"] if options.output in ("yaml", "table", "csv") else []
    left += ["--headers"] if options.headers else []
    if left:
        yield f"# {' and '.join(left)} of the shell is not done here: show() prints the content as JSON"
    file = "" if options.save in (None, "-") else ", file"
    indent = "    " if file else ""
    if file:
        yield f"with open({os.path.expanduser(str(options.save))!r}, 'w', encoding='utf-8') as file:"
    if options.query is not None:
        yield f"{indent}show(jmespath.search({options.query!r}, {f'list({call})' if options.walks else call}){file})"
    elif options.walks:
        yield f"{indent}for item in {call}:"
        yield f"{indent}    show(item{file})"
    else:
        yield f"{indent}show({call}{file})"
