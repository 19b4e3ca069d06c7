"""
Token stores: where the tokens of a login are kept until the next time.

Takes a key that names a login, and a token as a JSON object; gives it back to who asks for that key. In memory, in a
file that only its owner can read (`tokenfiles`), in the keyring of the system (`keyrings`), or in any object with
`load` and `save`. No message and no repr shows what is in one.
Source: RFC 6819 section 5.1.4.1 (protect stored credentials).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path as FilePath
from typing import Any, Protocol, cast

from restpath.edge.clock import Clock, SystemClock
from restpath.edge.directories import data_directory
from restpath.edge.tokentexts import token_text
from restpath.errors import InvalidValue

__all__ = [
    "MemoryStore", "TokenStore", "default_path", "load_token", "lock_store", "open_store", "stored_logins",
]  # fmt: skip


class TokenStore(Protocol):
    """
    Where tokens are kept. A token is what JSON can hold, and as secret as a password.

    A store may also have `locked(clock)`, a context manager: who renews a token holds it meanwhile, so that no other
    process renews the same one.
    """

    def load(self, key: str, /) -> Mapping[str, Any] | None:
        """Give the token kept under a key, or None."""

    def save(self, key: str, token: Mapping[str, Any] | None, /) -> None:
        """Keep a token under a key in place of what was there; None forgets it."""


def default_path() -> FilePath:
    """The file in which logins are kept unless something else is said."""
    return data_directory() / "tokens.json"


def open_store(what: object) -> TokenStore:
    """
    Find the store that is meant.

    Args:
        what: None for memory, "keyring", a file's path, or an object with `load` and `save`.
    Raises:
        InvalidValue: it is none of these, or the extra `keyring` is missing.
    """
    if what is None:
        return MemoryStore()
    if isinstance(what, (str, os.PathLike)):
        if what == "keyring":
            from restpath.edge.keyrings import KeyringStore

            return KeyringStore()
        from restpath.edge.tokenfiles import FileStore

        return FileStore(what)
    if isinstance(what, type) or not all(callable(getattr(what, name, None)) for name in ("load", "save")):
        kind = f"the class {what.__name__}" if isinstance(what, type) else f"a {type(what).__name__}"
        raise InvalidValue(
            f"{kind} is no token store: give None to keep tokens in memory, 'keyring', a file's path, or an object "
            "with load(key) and save(key, token)"
        )
    return cast(TokenStore, what)


def stored_logins(path: str | os.PathLike[str] | None = None) -> dict[str, float | None]:
    """
    Name the logins of a file of tokens: by the key that each lies under, when its token ends (Unix seconds).

    A login that lies there under a general key, too, is named once, by the longer.

    Raises:
        AuthError: the file cannot be read.
    """
    from restpath.edge.tokenfiles import read_tokens

    found: dict[str, float | None] = {}
    seen: list[object] = []
    tokens = read_tokens(str(default_path() if path is None else path), SystemClock())
    for key in sorted(tokens, key=len, reverse=True):
        token = tokens[key] if isinstance(tokens[key], Mapping) else {}
        if (token.get("access_token"), key.split(" ")[:2]) not in seen:
            seen.append((token.get("access_token"), key.split(" ")[:2]))
            ends = token.get("expires_at")
            found[key] = _seconds(ends) if isinstance(ends, (int, float)) else None
    return dict(sorted(found.items()))


def _seconds(said: int | float) -> float:
    try:
        return float(said)
    except OverflowError:  # somebody has written hundreds of digits into the file
        return math.inf if said > 0 else -math.inf


def load_token(store: TokenStore, key: str) -> Mapping[str, Any] | None:
    """
    Load a token from any store, and see that it is one.

    Raises:
        InvalidValue: a store of the user's own gave something else.
    """
    token: object = store.load(key)
    if token is None or isinstance(token, Mapping):
        return token
    hint = " (of JSON text, give json.loads(text))" if isinstance(token, (str, bytes)) else ""
    raise InvalidValue(
        f"load() of the token store {type(store).__name__} gave a {type(token).__name__}, where a mapping "
        f"or None was expected{hint}"
    )


def lock_store(store: TokenStore, clock: Clock) -> AbstractContextManager[Any]:
    """
    Keep a store to oneself while a token is renewed: `with lock_store(store, clock): ...`; free where it has no lock.

    Raises:
        AuthError: on entering: another process did not let go of it in time.
    """
    # Asked of the class, as a mock object has an attribute of any name.
    if callable(getattr(type(store), "locked", None)):
        return cast("AbstractContextManager[Any]", store.locked(clock))  # type: ignore[attr-defined]
    return nullcontext()


# ---- in memory ---------------------------------------------------------------------------------------------------


class MemoryStore:
    """Keeps tokens as long as it lives; a pickle of it is empty, and a copy is the same store."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}  # as text: what the caller does to a token later stays the caller's

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Give the token kept under a key, or None."""
        text = self._texts.get(key)
        return None if text is None else cast("Mapping[str, Any]", json.loads(text))

    def save(self, key: str, token: Mapping[str, Any] | None) -> None:
        """
        Keep a token under a key; None forgets it.

        Raises:
            InvalidValue: JSON cannot hold it.
        """
        if token is None:
            self._texts.pop(key, None)
        else:
            self._texts[key] = token_text(token)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self._texts)}>"

    def __reduce__(self) -> tuple[type[MemoryStore], tuple[()]]:
        return MemoryStore, ()

    def __copy__(self) -> MemoryStore:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> MemoryStore:
        return self
