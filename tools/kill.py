"""
The kills: processes that are ended in the middle of what they write, many times, and what they leave.

Takes how many kills of each kind, and a seed. A round starts the writers of a kind (`kill_kinds`) as processes of their
own and ends them by SIGKILL (on Windows by TerminateProcess): at a random time, just before a random one of the steps
on files that they make (opening, renaming, locking), or within a write, at a random byte (by SIGXFSZ, where the system
has it). Another process then looks by restpath's own readers, writes once itself, and looks again. Other rounds take
the room away in place of the process: files that may not grow beyond a random byte, and with `--small FOLDER` (an empty
file system of some megabytes) a disk that is full, and one that is read-only. Prints what was done; 1 where something
was not whole.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import multiprocessing.connection
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from multiprocessing.sharedctypes import RawArray, RawValue
from pathlib import Path
from typing import Any

from kill_kinds import KINDS, POSIX, Done, Fault, Kind
from serving import serving_by

import restpath

__all__ = ["Killer", "main"]

# Where there is a fork, what was imported before is there at once: a hundred kills take seconds.
_CONTEXT: Any = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
_TOUCHING = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "fcntl.flock")
_PATIENCE = 60.0
_ROOM = 200 << 20
WAYS = ("time", "step", "byte") if POSIX else ("time", "step")


# ---- in the processes that are ended -----------------------------------------------------------------------------


def _touches(kind: Kind, event: str, arguments: tuple[Any, ...]) -> bool:
    """Tell whether an event of the interpreter is a step on the kind's own files."""
    if event not in _TOUCHING:
        return False
    path = arguments[0] if arguments else None
    return not isinstance(path, (str, bytes)) or os.fsdecode(path).startswith(str(kind.folder))


def _arm(kind: Kind, way: str, at: int, hit: Any) -> None:
    """See that this process ends just before its step number `at`, or where it writes byte number `at` of a file."""
    if way == "step":
        left = at

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if _touches(kind, event, arguments):
                left -= 1
                if left < 0:
                    hit.value += 1
                    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

        sys.addaudithook(hook)
    elif way in ("byte", "limit"):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if way == "byte" else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (at, resource.RLIM_INFINITY))
        if way == "byte":
            os.write = _cut_off(os.write, at)


def _cut_off(write: Any, at: int) -> Any:
    """Give `os.write` as it is where the system ends a process between two pages of one write, which it may."""
    import resource

    left = at % 5

    def cut_off(file: int, data: bytes) -> int:
        nonlocal left
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return int(write(file, data))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        left -= 1
        if left < 0:
            write(file, data[: at % (len(data) + 1)])
            os.kill(os.getpid(), signal.SIGXFSZ)
        return int(write(file, data))

    return cut_off


def _write(kind: Kind, number: int, way: str, at: int, began: Any, done: Any, hit: Any) -> None:
    """Write without end: what is to be killed."""
    parent = multiprocessing.parent_process()
    _arm(kind, way, at, hit)
    while parent is not None and parent.is_alive():  # or nobody would end it
        began[number] += 1
        kind.step(number, began[number])
        done[number] = began[number]


def _be_refused(kind: Kind, number: int, way: str, at: int, began: Any, done: Any, hit: Any) -> None:
    """Write until there is no room; only an error of restpath's own may say so."""
    _arm(kind, way, at, hit)
    for _ in range(30):
        began[number] += 1
        try:
            kind.step(number, began[number])
        except restpath.RestpathError:
            sys.exit(3)
        done[number] = began[number]


def _look(kind: Kind, done: list[Done], began: Any, ended: Any, room: bool) -> None:
    """Look at what is there, and write as the next process would."""
    try:
        kind.check(done)
        kind.check_modes()
        if room:
            number = kind.writers
            began[number] += 1
            kind.settle(number, began[number])
            ended[number] = began[number]
            kind.check([*done[:number], Done(began[number], ended[number], done[number].broken)])
            kind.check_modes()
            left = kind.half_written()
            if len(left) > kind.spare:
                raise Fault(f"left behind, though another has written since: {left}")
    except Fault as fault:
        print(f"FAULT {kind.name}: {fault}", flush=True)
        sys.exit(1)


# ---- the run -----------------------------------------------------------------------------------------------------


class Killer:
    """
    Kills the writers of one kind.

    Attributes:
        counts: what was done.
    """

    def __init__(self, kind: Kind, seed: int) -> None:
        self.kind, self.counts = kind, Counter[str]()
        self._chance = random.Random(f"{seed} {kind.name}")
        self._began, self._done = RawArray("q", kind.writers + 1), RawArray("q", kind.writers + 1)
        self._hit = RawValue("q")
        self._broken: list[set[int]] = [set() for _ in range(kind.writers + 1)]

    def prepare(self) -> None:
        """Make what has to be there, and find out how long a step takes, and what it does."""
        kind, touched = self.kind, 0
        for name, folder in _folders(kind).items():
            os.environ[name] = folder
        kind.prepare()
        kind.begin()

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal touched
            touched += _touches(kind, event, arguments)

        kind.started = [0] * (kind.writers + 1)
        sys.addaudithook(hook)
        took = []
        for number in range(kind.writers):
            for _ in range(3):
                started = time.perf_counter()
                self._began[number] += 1
                kind.step(number, self._began[number])
                self._done[number] = self._began[number]
                took.append(time.perf_counter() - started)
        self._seconds = sorted(took)[len(took) // 2]
        self._steps = max(1, touched // len(took))
        found = [place.stat().st_size for place in kind.place.rglob("*") if place.is_file()]
        self._bytes = 2 * max(found, default=1)

    def kill(self, way: str) -> None:
        """Start the writers, and end them."""
        self._begin()
        chance, kind = self._chance, self.kind
        at = {
            "time": 0, "step": chance.randrange(3 * self._steps), "byte": int(self._bytes ** chance.random()),
        }[way]  # fmt: skip
        writers = [self._started(_write, number, way, at) for number in range(kind.writers)]
        often = 3 if way == "time" else 10  # whoever does not come to its step or byte is ended all the same
        wait = min(2.0, chance.uniform(0.1, 1) * often * self._seconds * kind.writers)
        multiprocessing.connection.wait([each.sentinel for each in writers], wait)
        for each in writers:
            each.kill()
        for each in writers:
            each.join()
        ends = {-getattr(signal, name) for name in ("SIGKILL", "SIGXFSZ") if hasattr(signal, name)} | {15, -15}
        if any(each.exitcode not in ends for each in writers):
            raise Fault(f"a writer ended by itself, with {[each.exitcode for each in writers]}")
        self.counts["rounds"] += 1
        self.counts[f"by {way}"] += 1
        self.counts["kills"] += len(writers)
        if way == "byte":
            ended = -signal.SIGXFSZ
            self.counts["within a write"] += sum(each.exitcode == ended for each in writers)
        self.counts["before a step on a file"] += self._hit.value
        self._hit.value = 0
        self._look()

    def refuse(self, way: str) -> None:
        """Start a writer that has no room."""
        self._begin()
        kind, at = self.kind, int(self._bytes ** self._chance.random())
        with _without_room(kind, way, self._chance):
            writer = self._started(_be_refused, self._chance.randrange(kind.writers), way, at)
            writer.join(_PATIENCE)
            if writer.exitcode not in (0, 3):
                writer.kill()
                raise Fault(f"without room ({way}, {at}), a writer ended with {writer.exitcode}")
            self.counts[f"{way}: refused" if writer.exitcode else f"{way}: went on"] += 1
            if way != "limit":
                self._look(room=False)
        self._look()

    def _started(self, work: Any, number: int, way: str, at: int) -> Any:
        process = _CONTEXT.Process(target=work, args=(self.kind, number, way, at, self._began, self._done, self._hit))
        process.start()
        return process

    def _begin(self) -> None:
        self.kind.round += 1
        self.kind.started = list(self._began)
        self.kind.begin()

    def _look(self, room: bool = True) -> None:
        for number, broken in enumerate(self._broken):
            if self._began[number] != self._done[number]:
                broken.add(self._began[number])
        done = [
            Done(*each, frozenset(broken)) for *each, broken in zip(self._began, self._done, self._broken, strict=True)
        ]
        if room:
            self.counts["half written"] += bool(self.kind.half_written())
        looker = _CONTEXT.Process(target=_look, args=(self.kind, done, self._began, self._done, room))
        looker.start()
        looker.join(4 * _PATIENCE)
        if looker.exitcode != 0:
            looker.kill()
            raise Fault(f"after round {self.kind.round}")


def _folders(kind: Kind) -> dict[str, str]:
    """The variables that say where restpath's folders are."""
    below = str(kind.folder / "home")
    names = {"HOME": "", "USERPROFILE": "", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config"}
    names |= {"XDG_CACHE_HOME": "cache", "APPDATA": "roaming", "LOCALAPPDATA": "local"}
    return {name: os.path.join(below, part) for name, part in names.items()}


@contextlib.contextmanager
def _without_room(kind: Kind, way: str, chance: random.Random) -> Iterator[None]:
    """Take the room of the disk away for a while: fill it, or make it read-only."""
    disk = kind.folder.parent
    if way == "full":
        filler = disk / "filler"
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filler.write_bytes(b"x" * max(0, free - chance.randrange(3) * 4096))
        try:
            yield
        finally:
            filler.unlink()
    elif way == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    else:
        yield


def _run(made: type[Kind], folder: Path, times: int, refusals: list[str], seed: int) -> tuple[str, Counter[str], bool]:
    """Kill and refuse one kind so many times; gives its name, what was done, and whether all was whole."""
    with serving_by("kill_server.py") as url, tempfile.TemporaryDirectory(dir=folder) as place:
        killer, started = Killer(made(Path(place), url), seed), time.monotonic()
        try:
            killer.prepare()
            for number in range(times):
                killer.kill(WAYS[number % len(WAYS)])
            for way in refusals:
                killer.refuse(way)
            killer.counts["seconds"] = round(time.monotonic() - started)
        except Exception as error:
            text = str(error) if isinstance(error, Fault) else traceback.format_exc()
            print(f"FAULT {killer.kind.name}: {text}", flush=True)
            return killer.kind.name, killer.counts, False
        return killer.kind.name, killer.counts, True


def _in_own_process(made: type[Kind], folder: Path, times: int, refusals: list[str], seed: int) -> Any:
    """Run a kind in a process of its own, for the hooks and the environment that it leaves behind."""
    reader, writer = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_send, args=(writer, made, folder, times, refusals, seed))
    process.start()
    writer.close()
    try:
        return reader.recv()
    except EOFError:
        return made.__name__.lower(), Counter(), False
    finally:
        process.join()


def _send(writer: Any, *arguments: Any) -> None:
    writer.send(_run(*arguments))


def _memory() -> Path | None:
    """A file system in memory, where the system has one: what ends is the process, not the machine."""
    place = Path("/dev/shm")
    try:
        info = os.statvfs(place)
    except (OSError, AttributeError):
        return None
    return place if info.f_bavail * info.f_frsize > _ROOM and os.access(place, os.W_OK) else None


def main(arguments: list[str] | None = None) -> int:
    """Kill, print what was done; 1 where something was not whole."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--times", type=int, default=30, help="rounds of kills of each kind")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--kinds", default=",".join(kind.__name__.lower() for kind in KINDS))
    words.add_argument("--folder", type=Path, default=_memory(), help="where the files are; in memory, if that can be")
    words.add_argument("--small", type=Path, help="an empty file system of some megabytes, to be filled")
    said = words.parse_args(arguments)
    started, good, total = time.monotonic(), True, Counter[str]()
    refusals = ["limit"] * (max(1, said.times // 5) if POSIX else 0)
    with tempfile.TemporaryDirectory(dir=said.folder) as folder:
        for made in KINDS:
            if made.__name__.lower() not in said.kinds.split(","):
                continue
            name, counts, whole = _in_own_process(made, Path(folder), said.times, refusals, said.seed)
            if said.small is not None and whole:
                ways = ["full", "read-only"][: 2 if os.geteuid() == 0 else 1] * max(1, said.times // 10)
                _, more, whole = _in_own_process(made, said.small, 0, ways, said.seed)
                counts += more
            total += counts
            good = good and whole
            print(json.dumps({name: dict(counts)}), flush=True)
    seconds = time.monotonic() - started
    print(
        f"{total['kills']} processes killed, {total['before a step on a file']} of them between two steps on files and "
        f"{total['within a write']} within a write; after {total['half written']} of "
        f"{total['rounds']} rounds something half written was there; {seconds:.0f} seconds"
    )
    print("all whole or absent" if good else "NOT WHOLE")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
