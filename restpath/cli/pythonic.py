"""
A call as a line of Python: the same call, to be put into a program.

Takes what a command line asked for; gives one expression. What is secret is left out, or a placeholder such as
`<password>` stands in its place: the client finds its credentials where the command line found them.
"""

from __future__ import annotations

import keyword
import os
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from restpath.cli.options import Options
from restpath.masking import is_secret_name
from restpath.types import UNSET

if TYPE_CHECKING:
    from restpath.core import Core
    from restpath.operations import Operation

__all__ = ["client_expression", "placeholder", "python_line"]

Hide = Callable[[str], str]
"""Gives the expression that stands for a secret of that name."""


def placeholder(name: str) -> str:
    """Give what stands for a secret where somebody is to put it."""
    return repr(f"<{name}>")


def python_line(
    operation: Operation,
    arguments: Mapping[str, Any],
    options: Options,
    service: str,
    *,
    client: str | None = None,
    hide: Hide = placeholder,
) -> str:
    """
    Write a call as a line of Python.

    Args:
        operation: what is called.
        arguments: its keywords.
        options: what else was said.
        service: the service as it was typed.
        client: the name of the client; unless given, the expression that makes one.
        hide: what stands for a secret.
    """
    from restpath.operations import about
    from restpath.phrasing import chain

    what = about(operation)
    core: Core = what.root.owner
    client = client or client_expression(core, options, service, hide)
    if what.name is not None:
        called = f"restpath.operation({client}, {what.name!r})"
    else:
        called = f"{chain(what.path, client)}.{what.word.lower()}"
    if options.limit is not None:
        called += f".options(max_items={options.limit})"
    verb = ".walk" if options.walks else ".save" if options.save is not None else ""
    first = [repr(options.save)] if verb == ".save" else []
    return f"{called}{verb}({', '.join([*first, *_keywords(arguments, hide)])})"


def client_expression(core: Core, options: Options, service: str, hide: Hide = placeholder) -> str:
    """Write the expression that makes a client."""
    if not core.definition.known:
        what = repr(core.base_url)
    else:
        is_name = service == core.definition.name and options.definition is None
        said_by = options.definition or service
        what = repr(service) if is_name else f"restpath.read({os.path.expanduser(said_by)!r})"
    words = [what] + ([repr(_without_login(options.base_url))] if options.base_url is not None else [])
    for text in options.settings:
        name, _, value = text.partition("=")
        credential = core.definition.service.credentials.get(name)
        shown = hide(name) if credential is not None and credential.secret else repr(value)
        words.append(f"{name}={shown}" if name.isidentifier() else f"credentials={{{name!r}: {shown}}}")
    words += [f"profile={options.profile!r}"] if options.profile is not None else []
    words += [f"timeout={options.timeout!r}"] if options.timeout is not UNSET else []
    words += ["strict=False", "validate=False"] if options.no_strict else []
    words += [f"refresh={options.refresh!r}"] if options.refresh is not None else []
    words += ["learn=True"] if options.learn else []
    return f"restpath.connect({', '.join(words)})"


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"<login>@{host[2]}").geturl() if host[1] else url


def _keywords(arguments: Mapping[str, Any], hide: Hide) -> list[str]:
    words: list[str] = []
    more: dict[str, str] = {}
    for name, value in arguments.items():
        text = _value(name, value, hide)
        if name.isidentifier() and not keyword.iskeyword(name):
            words.append(f"{name}={text}")
        else:
            more[name] = text
    if more:
        words.append("**{" + ", ".join(f"{name!r}: {text}" for name, text in more.items()) + "}")
    return words


def _value(name: str, value: Any, hide: Hide) -> str:
    """A value as Python writes it: a file by its path, a secret by its name."""
    if name == "data" and isinstance(value, FilePath):
        return f"open({str(value)!r}, 'rb')"
    if name == "data" and hasattr(value, "read"):
        return "sys.stdin.buffer"
    return _written(value, name, hide)


def _written(value: Any, name: str, hide: Hide) -> str:
    if isinstance(value, FilePath):
        return repr(str(value))
    if is_secret_name(name) and value is not None and not isinstance(value, (bool, Mapping)):
        return hide(name.lower())
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_written(each, str(key), hide)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(each, "", hide) for each in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(_written(each, "", hide) for each in value) + ")"
    return repr(value)
