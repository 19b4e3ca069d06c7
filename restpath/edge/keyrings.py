"""
Tokens in the keyring of the system.

Takes a key that names a login; gives a store, see `tokens`. A keyring's own words are not repeated: they are a
stranger's, and may quote the token.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from restpath.edge.clock import Clock
from restpath.edge.directories import data_directory
from restpath.edge.tokenfiles import held_file
from restpath.edge.tokentexts import read_object, token_text
from restpath.errors import AuthError, InvalidValue

__all__ = ["KeyringStore"]

_KEYRING_SERVICE = "restpath"


class KeyringStore:
    """
    Keeps tokens in the keyring of the system, each under the service "restpath" and its key as the user name.

    Raises:
        InvalidValue: the extra `keyring` is missing.
    """

    def __init__(self) -> None:
        _keyring()

    def __repr__(self) -> str:
        return "KeyringStore()"

    def load(self, key: str) -> Mapping[str, Any] | None:
        """
        Give the token kept under a key, or None.

        Raises:
            AuthError: the keyring cannot be read, or holds something else there.
        """
        text = _ask_keyring("read from", lambda: _keyring().get_password(_KEYRING_SERVICE, key))
        if text is None:
            return None
        what = f"what the keyring has for {key!r} under {_KEYRING_SERVICE!r}"
        return read_object(str(text), what, "remove it there, and log in again")

    def save(self, key: str, token: Mapping[str, Any] | None) -> None:
        """
        Keep a token under a key; None forgets it.

        Raises:
            AuthError: the keyring did not take it.
            InvalidValue: JSON cannot hold the token.
        """
        if token is None:
            if _ask_keyring("read from", lambda: _keyring().get_password(_KEYRING_SERVICE, key)) is not None:
                _ask_keyring("write to", lambda: _keyring().delete_password(_KEYRING_SERVICE, key))
            return
        text = token_text(token)
        size = (
            f". Some keyrings take only short texts (that of Windows, 1280 characters), and this one has {len(text)}: "
            "keep tokens in a file with store='a/path'"
        )
        _ask_keyring("write to", lambda: _keyring().set_password(_KEYRING_SERVICE, key, text), size)

    @contextmanager
    def locked(self, clock: Clock) -> Iterator[None]:
        """
        Keep renewals to this thread: a keyring has no lock of its own, so a file beside the default one is it.

        Raises:
            AuthError: another process or thread held it for two minutes by the clock.
        """
        folder = os.path.realpath(data_directory())
        with held_file(os.path.join(folder, "keyring.lock"), clock):
            yield


def _keyring() -> Any:
    from importlib import import_module

    try:
        return import_module("keyring")
    except ImportError as error:
        raise InvalidValue(
            "to keep tokens in the keyring, the package keyring is needed: pip install 'restpath[keyring]'"
        ) from error


def _ask_keyring(what: str, action: Callable[[], object], hint: str = "") -> object:
    """Do something with the keyring. Its own words are not repeated: they are a stranger's, and may quote the token."""
    try:
        return action()
    except InvalidValue:
        raise
    except Exception as error:
        kind = type(error).__name__
    advice = {
        "NoKeyringError": ": there is none on this machine; keep tokens in a file with store='a/path'",
        "KeyringLocked": ": unlock it, and try again",
    }
    raise AuthError(f"there was no way to {what} the keyring ({kind}){advice.get(kind, hint)}")
