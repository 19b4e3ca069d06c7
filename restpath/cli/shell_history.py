"""
The history of the shell: a file for each service, which only its owner can read, without secrets.

Takes lines; keeps each as one line of JSON, the oldest first. A line is written by one call that appends, under a lock,
so that two shells at once lose nothing of each other's; of one that was killed, the line that it wrote just then is
left out. A line that sets or holds what may be a secret is not written.
Nothing here ends a shell: a file that cannot be written or read is told once, and the shell goes on without it.
Source: XDG Base Directory Specification (mode 0700); RFC 8259.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path as FilePath
from urllib.parse import quote

from restpath.masking import is_secret_name, mask_url

__all__ = ["History", "history_path", "may_hold_secret"]

_MOST_BYTES = 1 << 20
_LOCK_SECONDS = 2.0  # nobody is to wait for a history
_KEPT_LINES = 2000
# A name, its separator as items, JSON, header fields and options have it, and something behind it.
_NAMED = re.compile(r"([\w.\-]+)[\"'\\]*\s*[:=]+@?\s*[^\s,}\]]")
_SET = re.compile(r"\s*set\s+([\w.\-]+)\s+\S")
_PROOF = re.compile(r"\bbearer\s+\S|[:=]\s*[\"'\\]*(?:basic|digest|token)\s+\S", re.IGNORECASE)


def history_path(source: str) -> FilePath:
    """The file for a service: its name, its folder or its URL as it was typed."""
    from restpath.edge.directories import data_directory

    # A folder that no service can be called as.
    name = source if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", source) else quote(os.path.abspath(source), safe="")[-200:]
    name = quote(mask_url(source), safe="")[-200:] if "://" in source else name
    return data_directory() / "history.d" / name


def may_hold_secret(line: str, names: frozenset[str] = frozenset(), secrets: frozenset[str] = frozenset()) -> bool:
    """
    Tell whether a line may hold a secret.

    Args:
        names: what else is secret by its name: the service's own credentials.
        secrets: the secrets that are known, wherever they stand.
    """
    if any(secret in line for secret in secrets if len(secret) > 3) or _PROOF.search(line):
        return True
    if mask_url(line) != line:
        return True
    return any(
        name in names or name.rpartition(".")[2] in names or is_secret_name(name) for name in map(_name, _named(line))
    )


def _named(line: str) -> Iterator[re.Match[str]]:
    """All names with something behind them, also those that stand within what is behind another."""
    at = 0
    if (slip := _SET.match(line)) is not None:
        yield slip
    while (found := _NAMED.search(line, at)) is not None:
        yield found
        at = found.end(1)


def _name(found: re.Match[str]) -> str:
    return found[1]


class History:
    """
    The lines of one service.

    Attributes:
        path: the file.
        problem: why nothing is kept, once that is so.
    """

    def __init__(self, path: FilePath) -> None:
        self.path = path
        self.problem: str | None = None

    def lines(self) -> list[str]:
        """Give the lines, the oldest first; what is damaged is left out."""
        found = []
        try:
            with open(self.path, encoding="utf-8", errors="replace", opener=_open_to_read) as file:
                for text in file:
                    try:
                        line = json.loads(text)
                    except ValueError:
                        continue
                    if isinstance(line, str):
                        found.append(line)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem = f"the history in {self.path} cannot be read: {error.strerror or error}"
        return found[-_KEPT_LINES:]

    def add(self, line: str) -> None:
        """Keep a line."""
        if self.problem is not None:
            return
        from restpath.edge.clock import SystemClock
        from restpath.edge.locking import lock_of
        from restpath.errors import InvalidValue

        def refusal(reason: OSError | None, seconds: float) -> InvalidValue:
            problem = f"another process has held {self.path} for {seconds:.0f} seconds"
            return InvalidValue(problem if reason is None else f"it cannot be locked: {reason.strerror or reason}")

        try:
            for folder in (self.path.parent.parent, self.path.parent):
                folder.mkdir(0o700, parents=True, exist_ok=True)
            with lock_of(f"{self.path}.lock").held(SystemClock(), refusal, seconds=_LOCK_SECONDS):
                self._append(line)
        except (OSError, InvalidValue) as error:
            self.problem = f"no history is kept: {error}"

    def _append(self, line: str) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        file = os.open(self.path, flags, 0o600)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(file, 0o600)  # it may have been made by somebody else's hands
            size = os.fstat(file).st_size
            data = f"{json.dumps(line)}\n".encode()
            if _is_torn(file, size):
                data = b"\n" + data
            if os.write(file, data) != len(data):
                os.ftruncate(file, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)
        if size + len(data) > _MOST_BYTES:
            self._shorten()

    def _shorten(self) -> None:
        """Leave the latest lines. The lock is held, so that nobody appends to the old file meanwhile."""
        kept = [f"{json.dumps(line)}\n" for line in self.lines()[-_KEPT_LINES // 2 :]]
        temporary = f"{self.path}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        try:
            with open(temporary, "w", encoding="utf-8", opener=lambda name, _: os.open(name, flags, 0o600)) as file:
                file.writelines(kept)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError:  # the line itself is kept, and the next one tries again
            with suppress(OSError):
                os.unlink(temporary)


def _is_torn(file: int, size: int) -> bool:
    """Tell whether the last line has no end: whoever wrote it was killed."""
    return size > 0 and os.lseek(file, size - 1, os.SEEK_SET) >= 0 and os.read(file, 1) != b"\n"


def _open_to_read(name: str, flags: int) -> int:
    return os.open(name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
