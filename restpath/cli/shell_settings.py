"""
`set`: credentials, variables of the service, and options for all calls of a session.

Takes NAME=VALUE; changes the session. Nothing is written anywhere, and no secret is shown.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from restpath.cli.drawing import Page
from restpath.cli.options import FORMATS, read_seconds
from restpath.cli.printing import is_terminal
from restpath.cli.shell_session import Session
from restpath.errors import InvalidValue
from restpath.masking import MASK, is_secret_name, mask_url
from restpath.types import UNSET

__all__ = ["change", "is_secret", "list_settings", "values_of"]

_SWITCH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_OPTIONS = ("base_url", "profile", "timeout", "strict", "output", "verbose")


def values_of(session: Session, name: str) -> list[str]:
    """Give the values that an option can have; of no name, the options."""
    if not name:
        return list(_OPTIONS)
    if name == "profile":
        from restpath.edge.profiles import profile_names

        return list(profile_names(session.definition.name))
    return {"output": list(FORMATS), "strict": ["yes", "no"], "verbose": ["yes", "no"]}.get(name, [])


def is_secret(session: Session, name: str) -> bool:
    """Tell whether what is set by this name is a secret."""
    credential = session.definition.service.credentials.get(name)
    return credential.secret if credential is not None else is_secret_name(name)


def change(session: Session, text: str) -> None:
    """
    Set what NAME=VALUE says; NAME= takes it back, NAME alone asks for the value.

    Raises:
        InvalidValue: there is nothing of that name, or it cannot have that value.
        click.BadParameter: an option cannot have that value.
    """
    name, mark, value = text.partition("=")
    own = name.replace("-", "_")
    names = _credentials(session)
    if name not in names and own not in _OPTIONS:
        raise _unknown(name, [*names, *_OPTIONS])
    if not mark:
        value = _asked(session, name)
    if name in names:
        _change_setting(session, name, value)
    else:
        _change_option(session, own, value)


def _credentials(session: Session) -> list[str]:
    service = session.definition.service
    return [*service.credentials, *service.url_variables] if session.definition.known else ["token"]


def _unknown(name: str, known: list[str]) -> InvalidValue:
    from restpath.definition.wording import did_you_mean

    near = did_you_mean(name, known) or ";"
    return InvalidValue(f"nothing is called {name[:40]!r}{near} there are {', '.join(known)}")


def _asked(session: Session, name: str) -> str:
    if not is_terminal(sys.stdin):
        raise InvalidValue(f"{name} has no value, and nobody is there to be asked: set {name}=VALUE")
    from restpath.cli.questioning import ask

    return ask(name, hidden=is_secret(session, name), empty=True)


def _change_setting(session: Session, name: str, value: str) -> None:
    kept = [text for text in session.options.settings if text.partition("=")[0] != name]
    settings = tuple([*kept, f"{name}={value}"] if value else kept)
    session.change(replace(session.options, settings=settings))


def _change_option(session: Session, name: str, value: str) -> None:
    if name in ("output", "verbose"):
        _change_default(session, name, value)
        return
    changes: dict[str, Any] = {name: value or None}
    if name == "timeout":
        ctx = click.get_current_context()
        changes = {"timeout": read_seconds(ctx, ctx.command.params[0], value) if value else UNSET}
    elif name == "strict":
        changes = {"no_strict": not _switch(name, value) if value else False}
    session.change(replace(session.options, **changes))


def _change_default(session: Session, name: str, value: str) -> None:
    if not value:
        session.defaults.pop(name, None)
        return
    if name == "output" and value not in FORMATS:
        raise InvalidValue(f"there is no output {value[:40]!r}: give one of {', '.join(FORMATS)}")
    session.defaults[name] = value if name == "output" else str(_switch(name, value))


def _switch(name: str, value: str) -> bool:
    if value.lower() not in _SWITCH:
        raise InvalidValue(f"{name} is yes or no, not {value[:40]!r}")
    return _SWITCH[value.lower()]


def list_settings(session: Session) -> None:
    """Print what is set in this shell, secrets masked."""
    page, own = Page(), session.options
    rows = []
    for text in own.settings:
        name, _, value = text.partition("=")
        rows.append((name, MASK if is_secret(session, name) else value))
    rows += [("base_url", mask_url(own.base_url))] if own.base_url is not None else []
    rows += [("profile", own.profile)] if own.profile is not None else []
    rows += [("timeout", _seconds_text(own.timeout))] if own.timeout is not UNSET else []
    rows += [("strict", "no")] if own.no_strict else []
    rows += [(name, "yes" if value == "True" else value) for name, value in session.defaults.items()]
    if not rows:
        page.wrapped(f"nothing is set in this shell; set NAME=VALUE sets one of {', '.join(_all(session))}")
        return
    page.line(page.look("set in this shell", "head"))
    page.rows(rows, ("name",), "  ")


def _all(session: Session) -> list[str]:
    return [*_credentials(session), *_OPTIONS]


def _seconds_text(timeout: Any) -> str:
    return ",".join(f"{number:g}" for number in (timeout if isinstance(timeout, tuple) else (timeout,)))
