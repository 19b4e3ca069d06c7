"""
Which service a command line is about, so that what a message tells to type can be pasted.

Takes the service as it was typed, and the options that lead to the same login; gives them to whoever words a message.
Nothing is known at the beginning of each command line, and of each line of a shell.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restpath.cli.options import Options
    from restpath.definition.service import Service

__all__ = ["options_of_login", "speak_of", "spoken_of"]

_spoken = ("", "")


def speak_of(service: str, options: str = "") -> None:
    """
    Note which service is meant from now on.

    Args:
        service: as it was typed; "" where none is known.
        options: what a login of it has to say as well, with a space before it.
    """
    global _spoken
    _spoken = (quote(service) if service else "", options)


def spoken_of() -> tuple[str, str]:
    """Give the service, as a word for a shell, and the options; "" for both where none is known."""
    return _spoken


def options_of_login(options: Options, service: Service) -> str:
    """Write what says whose login is meant, and where: no secret, and no address with one in it."""
    from restpath.masking import mask_url

    words: list[str] = []
    if options.definition is not None:
        words += ["--definition", options.definition]
    if options.base_url is not None:
        words += ["--base-url", options.base_url if mask_url(options.base_url) == options.base_url else "URL"]
    if options.profile is not None:
        words += ["--profile", options.profile]
    known = service.credentials
    for text in options.settings:
        name = text.partition("=")[0]
        if name in service.url_variables or (name in known and not known[name].secret):
            words += ["--set", text]
    return "".join(f" {quote(word)}" for word in words)
