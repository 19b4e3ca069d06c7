"""
Token stores: where the tokens of a login are kept until the next time.

Takes a key that names a login, and a token as a JSON object; gives it back to who asks for that key. In memory, in a
file that only its owner can read, in the keyring of the system, or in any object with `load` and `save`. A file is
written whole or not at all, and by one process at a time; no message and no repr shows what is in it.
Source: RFC 6819 section 5.1.4.1 (protect stored credentials); flock(2); XDG Base Directory Specification (mode 0700).
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path as FilePath
from typing import Any, Protocol, cast

from restpath.edge.clock import Clock, SystemClock
from restpath.edge.directories import data_directory
from restpath.edge.locking import insist, lock_of
from restpath.errors import AuthError, InvalidValue

__all__ = [
    "FileStore", "KeyringStore", "MemoryStore", "TokenStore", "default_path", "load_token", "lock_store", "open_store",
    "stored_logins",
]  # fmt: skip

_KEYRING_SERVICE = "restpath"


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
        return KeyringStore() if what == "keyring" else FileStore(what)
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
    from restpath.edge.clock import SystemClock

    found: dict[str, float | None] = {}
    seen: list[object] = []
    tokens = _read_tokens(str(default_path() if path is None else path), SystemClock())
    for key in sorted(tokens, key=len, reverse=True):
        token = tokens[key] if isinstance(tokens[key], Mapping) else {}
        if (token.get("access_token"), key.split(" ")[:2]) not in seen:
            seen.append((token.get("access_token"), key.split(" ")[:2]))
            ends = token.get("expires_at")
            found[key] = float(ends) if isinstance(ends, (int, float)) else None
    return dict(sorted(found.items()))


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
            self._texts[key] = _token_text(token)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self._texts)}>"

    def __reduce__(self) -> tuple[type[MemoryStore], tuple[()]]:
        return MemoryStore, ()

    def __copy__(self) -> MemoryStore:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> MemoryStore:
        return self


def _token_text(token: Mapping[str, Any]) -> str:
    """Write a token as JSON; the error says only what type it cannot be of."""
    if not isinstance(token, Mapping):
        raise InvalidValue(f"a token is a mapping, not a {type(token).__name__}")
    try:
        return json.dumps(dict(token), allow_nan=False)
    except TypeError as error:
        problem = str(error)
    except (ValueError, RecursionError) as error:
        problem = type(error).__name__
    raise InvalidValue(f"this token cannot be kept, for JSON cannot hold it: {problem}")


def _read_object(data: str | bytes, what: str, advice: str) -> dict[str, Any]:
    """Read a JSON object. The cause is not chained: json's own error carries all of the text."""
    problem = "it is no JSON object"
    try:
        found = json.loads(data)
        if isinstance(found, dict):
            return found
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno} is no JSON"
    except (ValueError, RecursionError):
        pass
    raise AuthError(f"{what} cannot be used: {problem}. It is left as it is: {advice}")


# ---- in a file ---------------------------------------------------------------------------------------------------


class FileStore:
    """
    Keeps tokens in a file: a JSON object of keys and tokens, for its owner's eyes only.

    Args:
        path: the file; it and its directory are made when the first token is saved. A leading `~` is one's home.
        clock: what `save` waits by while another process has the file.
    Raises:
        InvalidValue: that is no path.
    """

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock | None = None) -> None:
        text = os.path.expanduser(os.fsdecode(path))
        if not text or "\0" in text:
            raise InvalidValue(f"{text!r} is no path of a file in which tokens could be kept")
        if os.path.isdir(text):  # before a lock would be made beside it
            raise InvalidValue(
                f"tokens are kept in a file, and {text!r} is a folder: give {os.path.join(text, 'tokens.json')!r}"
            )
        self.path = FilePath(os.path.abspath(text))  # a program may change its directory
        self._clock = clock

    def __repr__(self) -> str:
        return f"FileStore({str(self.path)!r})"

    def load(self, key: str) -> Mapping[str, Any] | None:
        """
        Give the token kept under a key, or None.

        Raises:
            AuthError: others can read the file, or it is no file of tokens.
        """
        place = _follow_links(self.path)
        token = _read_tokens(place, self._clock or SystemClock()).get(key)
        if token is None or isinstance(token, dict):
            return token
        raise AuthError(f"what the token file {place} keeps under {key!r} is no token: take it out of the file")

    def save(self, key: str, token: Mapping[str, Any] | None) -> None:
        """
        Keep a token under a key, beside what the file has; None forgets it.

        Raises:
            AuthError: the file cannot be written, is not one's own, or another process holds its lock.
            InvalidValue: JSON cannot hold the token.
        """
        if token is None and self.load(key) is None:
            return
        kept = None if token is None else json.loads(_token_text(token))
        clock = self._clock or SystemClock()
        with self.locked(clock):
            place = _follow_links(self.path)
            tokens = _read_tokens(place, clock)
            tokens.pop(key, None)
            if kept is not None:
                tokens[key] = kept
            _write_whole(place, json.dumps(tokens, indent=1).encode(), clock)

    @contextmanager
    def locked(self, clock: Clock) -> Iterator[None]:
        """
        Keep the file to this thread; `load` and `save` can be called inside, and so can this.

        Raises:
            AuthError: another process or thread held it for two minutes by the clock.
        """
        place = _follow_links(self.path)
        _make_directory(os.path.dirname(place))
        with _held(f"{place}.lock", clock):
            yield


def _held(file: str, clock: Clock) -> AbstractContextManager[None]:
    """Hold a lock on tokens."""

    def refusal(reason: OSError | None, seconds: float) -> AuthError:
        if reason is not None:
            return AuthError(_unwritable(file, reason, "there is no way to lock"))
        return AuthError(
            f"another process has held {file} for {seconds:.0f} seconds, so no token can be renewed or saved: let it "
            "finish its login, or end it, and try again"
        )

    return lock_of(file).held(clock, refusal)


def _unwritable(place: str, error: OSError, problem: str = "no token can be kept in") -> str:
    """Say that tokens cannot be kept at a place, and what to do."""
    return (
        f"{problem} {place}: {error.strerror or error}. Keep tokens in another file with store='a/path', "
        "or in memory with store=None"
    )


def _follow_links(path: FilePath) -> str:
    """
    Find the file itself; a link stays one, and what it leads to is replaced.

    A stranger's link could have us write over any file of ours: only one's own are followed, and root's.
    """
    place = str(path)
    try:
        for _ in range(40):
            if not os.path.islink(place):
                return os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place))
            link, place = place, os.path.join(os.path.dirname(place), os.readlink(place))
            folder = os.path.dirname(place)
            if not _is_own(os.lstat(link)) or (os.path.exists(folder) and not _is_own(os.stat(folder))):
                raise AuthError(f"the token file {link} is a link that somebody else made, or to a place of theirs")
    except OSError as error:
        raise AuthError(f"the token file {path} cannot be found: {error.strerror or error}") from error
    raise AuthError(f"the token file {path} is a link that leads to itself: remove it")


def _is_own(info: os.stat_result) -> bool:
    return sys.platform == "win32" or info.st_uid in (os.geteuid(), 0)


def _read_tokens(place: str, clock: Clock) -> dict[str, Any]:
    """Read all the tokens of a file; none where there is no file."""
    # No waiting for a pipe's other end; and no link, should there be one now.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with insist(lambda: open(place, "rb", opener=lambda name, _: os.open(name, flags)), clock) as file:
            _check_owner(os.fstat(file.fileno()), place)
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise AuthError(f"the token file {place} cannot be read: {error.strerror or error}") from error
    if not data.strip():
        return {}
    return _read_object(data, f"the token file {place}", "mend it, or remove it and log in again")


def _check_owner(info: os.stat_result, place: str) -> None:
    import shlex

    if not stat.S_ISREG(info.st_mode):
        raise AuthError(f"the token file {place} is no ordinary file: give the path of one")
    if sys.platform != "win32":  # there, the folders of a user are the user's alone
        if info.st_uid != os.geteuid():
            raise AuthError(
                f"the token file {place} belongs to somebody else (user id {info.st_uid}), and is not used: "
                "remove it, or keep tokens in another file with store='a/path'"
            )
        if info.st_mode & 0o077:
            raise AuthError(
                f"others can get at the tokens in {place} (its mode is {stat.S_IMODE(info.st_mode):04o}): "
                f"run chmod 600 {shlex.quote(place)}"
            )


def _make_directory(folder: str) -> None:
    try:
        missing = [each for each in (FilePath(folder), *FilePath(folder).parents) if not os.path.lexists(each)]
        for each in reversed(missing):
            each.mkdir(0o700, exist_ok=True)
    except OSError as error:
        raise AuthError(_unwritable(folder, error)) from error


def _write_whole(place: str, data: bytes, clock: Clock) -> None:
    """Write beside the old file, and put the new one in its place. The lock is held: the name beside it is ours."""
    folder, name = os.path.split(place)
    temporary = os.path.join(folder, f".{name}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with suppress(FileNotFoundError):  # of one who was killed while writing
            os.unlink(temporary)
        try:
            with open(temporary, "wb", opener=lambda name, _: os.open(name, flags, 0o600)) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            insist(lambda: os.replace(temporary, place), clock)
        finally:
            with suppress(OSError):
                os.unlink(temporary)
    except OSError as error:
        raise AuthError(_unwritable(place, error)) from error


# ---- in the keyring ----------------------------------------------------------------------------------------------


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
        return _read_object(str(text), what, "remove it there, and log in again")

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
        text = _token_text(token)
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
        _make_directory(folder)
        with _held(os.path.join(folder, "keyring.lock"), clock):
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
