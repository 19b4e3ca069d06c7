"""
Tokens in a file: a JSON object of keys and tokens, for its owner's eyes only.

Takes a path; gives a store, see `tokens`. The file is written whole or not at all, and by one process at a time. What
others can read, or made, is not used; no message shows what is in it.
Source: RFC 6819 section 5.1.4.1 (protect stored credentials); flock(2); XDG Base Directory Specification (mode 0700).
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path as FilePath
from typing import Any

from restpath.edge.clock import Clock, SystemClock
from restpath.edge.locking import insist, lock_of
from restpath.edge.tokentexts import read_object, token_text
from restpath.edge.whole import make_missing, write_whole
from restpath.errors import AuthError, InvalidValue

__all__ = ["FileStore", "held_file", "read_tokens"]


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
        token = read_tokens(place, self._clock or SystemClock()).get(key)
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
        kept = None if token is None else json.loads(token_text(token))
        clock = self._clock or SystemClock()
        with self.locked(clock):
            place = _follow_links(self.path)
            tokens = read_tokens(place, clock)
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
        with held_file(f"{_follow_links(self.path)}.lock", clock):
            yield


def held_file(file: str, clock: Clock) -> AbstractContextManager[None]:
    """
    Hold a lock on tokens, whose file and folder are made if need be: `with held_file(file, clock): ...`.

    Raises:
        AuthError: there is no way to make it; or, on entering, another process or thread has held it for two minutes.
    """
    folder = os.path.dirname(file)
    try:
        make_missing(FilePath(folder))
    except OSError as error:
        raise AuthError(_unwritable(folder, error)) from error

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


def read_tokens(place: str, clock: Clock) -> dict[str, Any]:
    """
    Read all the tokens of a file; none where there is no file.

    Raises:
        AuthError: others can read it, or it is no file of tokens.
    """
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
    return read_object(data, f"the token file {place}", "mend it, or remove it and log in again")


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


def _write_whole(place: str, data: bytes, clock: Clock) -> None:
    """Put a file of tokens in the place of the old one. The lock is held: the name beside it is ours."""
    folder, name = os.path.split(place)
    try:
        write_whole(place, os.path.join(folder, f".{name}.part"), data, clock)
    except OSError as error:
        raise AuthError(_unwritable(place, error)) from error
