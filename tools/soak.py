"""
The soak: mixed calls, uploads, downloads, walks and token renewals in many threads, against a server that injects
faults.

Takes minutes (or seconds), threads and a seed; runs the server (`soak_server`), and after each call asks it what came
of the call. Prints what was done and exits with 1 if a promise did not hold: nothing was done twice, nothing reported
done that was not, nothing reported as certainly not done that was; no walk lost or doubled an item; no answer went to
another call; every file was whole; memory, threads and open files were flat.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import io
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from serving import serving_by
from soak_server import ITEMS, content_of

import restpath
from restpath import RequestError, TransportError

__all__ = ["DEFINITION", "Soak", "main"]

_PAGES = {"items": "/items", "size": "limit"}
DEFINITION = {
    "service": {
        "format": 1,
        "service": "soak",
        "base_url": "http://127.0.0.1",
        "credentials": {"token": {}, "client_secret": {}},
        "auth": {
            "bearer": {
                "bearer": "{token}",
                "token": {
                    "credential": "token",
                    "url": "/token",
                    "grants": {"client_credentials": {"client_secret": "{client_secret}"}},
                },
            }
        },
    },
    "resources": {
        "format": 1,
        "/effects": "POST",
        "/keyed": {"methods": {"POST": {"retries": {"idempotency_header": "Idempotency-Key"}}}},
        "/things/{name}": "PUT DELETE",
        "/uploads": "POST",
        "/echo/{value}": "GET",
        "/files/{name}": "GET",
        "/offsets": {
            "methods": {"GET": {"pages": {**_PAGES, "by": "offset", "parameter": "offset", "total": "/total"}}}
        },
        "/cursors": {"methods": {"GET": {"pages": {**_PAGES, "by": "cursor", "parameter": "after", "next": "/next"}}}},
    },
}
_RSS_BYTES = 24 << 20  # what an allocator may take and keep, however long it runs
_WARM_UP = 0.3


class Soak:
    """One run: what was done, and what of it did not hold."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self._url, self._folder, self._seed = url, folder, seed
        self.done: Counter[str] = Counter()
        self.broken: list[str] = []
        self._lock = threading.Lock()
        self._control = threading.local()
        self._jobs: tuple[tuple[Callable[[Any, random.Random, str], None], int], ...] = (
            (self.echo, 8), (self.effect, 8), (self.keyed, 4), (self.thing, 4), (self.upload, 2), (self.download, 2),
            (self.walk, 1),
        )  # fmt: skip

    def count(self, *words: str) -> None:
        """Count what was done."""
        with self._lock:
            self.done.update(words)

    def say(self, problem: str) -> None:
        """Note that a promise did not hold."""
        with self._lock:
            self.broken.append(problem)

    def work(self, client: Any, number: int, until: float) -> None:
        """Make calls until the time is over: what a thread does."""
        chance = random.Random(f"{self._seed} {number}")
        jobs, weights = zip(*self._jobs, strict=True)
        each = 0
        while time.monotonic() < until:
            each += 1
            job = chance.choices(jobs, weights)[0]
            try:
                job(client, chance, f"{number}-{each}")
            except Exception as error:  # any error that no job expects is a finding
                self.say(f"{job.__name__}: {type(error).__name__}: {error}")

    # ---- what is asked of the server behind the faults ----

    def ask(self, target: str) -> Any:
        """Ask the server's control, on a connection of this thread's own."""
        if not hasattr(self._control, "connection"):
            parts = urlsplit(self._url)
            self._control.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self._control.connection.request("GET", f"/control/{target}")
        return json.loads(self._control.connection.getresponse().read())

    def judged(self, kind: str, name: str, call: Callable[[], Any], *, often: bool = False) -> Any:
        """Make a call that has an effect, and hold what it says to what came of it."""
        answer, said = None, "done"
        try:
            answer = call()
        except TransportError as error:
            said = "unknown" if error.may_have_happened else "not done"
        except RequestError:
            said = "refused"
        except restpath.AuthError:  # it says nothing of an earlier try of the same call
            said = "refused"
        effects = self.ask(f"effect/{quote(name)}")
        self.count(kind, f"{kind}: {said}")
        if effects > 1 and not often:
            self.say(f"{kind} {name} was done {effects} times, and said to be {said}")
        if (said == "done" and not effects) or (said == "not done" and effects):
            self.say(f"{kind} {name} was done {effects} times, and said to be {said}")
        return answer

    # ---- the jobs ----

    def echo(self, client: Any, chance: random.Random, name: str) -> None:
        """An answer is the answer to this very call."""
        value, word = f"{name} é/{chance.random()}", str(chance.random())
        try:
            answer = client.echo[value].get(word=word)
        except (TransportError, RequestError, restpath.AuthError):
            self.count("echo failed")
            return
        self.count("echo")
        if answer != {"value": value, "query": {"word": word}}:
            self.say(f"echo {value!r} was answered {answer!r}")

    def effect(self, client: Any, chance: random.Random, name: str) -> None:
        """A POST is done once or not at all."""
        answer = self.judged("POST", name, lambda: client.effects.post(name=name, size=chance.random()))
        if answer is not None and answer["name"] != name:
            self.say(f"POST {name} was answered {answer!r}")

    def keyed(self, client: Any, chance: random.Random, name: str) -> None:
        """A POST with a key is tried again, and done once."""
        answer = self.judged("POST with a key", name, lambda: client.keyed.post(name=name))
        if answer is not None and answer["name"] != name:
            self.say(f"POST with a key {name} was answered {answer!r}")

    def thing(self, client: Any, chance: random.Random, name: str) -> None:
        """A PUT or DELETE may be done again, and is reported as it was."""
        if chance.random() < 0.5:
            self.judged("PUT", name, lambda: client.things[name].put(name=name), often=True)
        else:
            self.judged("DELETE", name, lambda: client.things[name].delete(), often=True)

    def upload(self, client: Any, chance: random.Random, name: str) -> None:
        """What arrives is what was sent."""
        content = content_of(name)[: chance.randrange(1, 200_000)]
        file = (f"{name}.bin", io.BytesIO(content), "application/octet-stream")
        answer = self.judged("upload", name, lambda: client.uploads.post(name=name, upload_file=file))
        if answer is not None and answer["sha256"] != hashlib.sha256(content).hexdigest():
            self.say(f"upload {name}: other bytes arrived")

    def download(self, client: Any, chance: random.Random, name: str) -> None:
        """A file is whole, or as it was before."""
        path = self._folder / name
        before = b"before" if chance.random() < 0.5 else None
        if before is not None:
            path.write_bytes(before)
        wanted = content_of(name)
        try:
            client.files[name].get.save(path)
        except (TransportError, RequestError, restpath.AuthError):
            self.count("download failed")
            wanted_now = before
        else:
            self.count("download")
            wanted_now = wanted
        found = path.read_bytes() if path.exists() else None
        if found != wanted_now:
            self.say(f"download {name}: {len(found or b'')} bytes that are not the file")
        path.unlink(missing_ok=True)

    def walk(self, client: Any, chance: random.Random, name: str) -> None:
        """No item is lost or doubled, however often the walk breaks off and is resumed."""
        place = client.offsets if chance.random() < 0.5 else client.cursors
        found: list[int] = []
        cursor, size = None, chance.choice((7, 20, 50))
        while True:
            walk = place.walk(qs={"limit": size})
            walk = walk.resume(cursor) if cursor is not None else walk
            try:
                found.extend(self._kept(walk))
                break
            except (TransportError, RequestError, restpath.AuthError):
                self.count("walk broken off")
                cursor = walk.cursor
        self.count("walk")
        if found != list(range(ITEMS)):
            self.say(f"a walk of {place!r} gave {len(found)} items, {len(set(found))} of them different")

    def _kept(self, walk: Any) -> Iterator[int]:
        for item in walk:
            yield item
            self.count("item")


# ---- the run -----------------------------------------------------------------------------------------------------


def serving(rate: float, seed: int) -> AbstractContextManager[str]:
    """Run the server in a process of its own; gives its URL."""
    return serving_by("soak_server.py", f"--rate={rate}", f"--seed={seed}")


def held() -> dict[str, int]:
    """What this process holds: bytes of memory and open files where the system tells, and threads."""
    found = {"threads": threading.active_count()}
    if os.path.isdir("/proc/self/fd"):
        found["open files"] = len(os.listdir("/proc/self/fd"))
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        found["memory"] = pages * os.sysconf("SC_PAGE_SIZE")
    return found


def run(seconds: float, threads: int, rate: float, seed: int) -> dict[str, Any]:
    """Run the soak; gives what was done, what the server counted, and what did not hold."""
    with tempfile.TemporaryDirectory() as folder, serving(rate, seed) as url:
        soak = Soak(url, Path(folder), seed)
        definition = restpath.read(DEFINITION)
        with restpath.connect(definition, url, client_secret="of the soak", store=None) as client:
            started = time.monotonic()
            workers = [
                threading.Thread(target=soak.work, args=(client, number, started + seconds))
                for number in range(threads)
            ]
            for worker in workers:
                worker.start()
            time.sleep(seconds * _WARM_UP)
            warm = held()
            time.sleep(max(0.0, started + seconds - time.monotonic() - 0.2))
            hot = held()
            for worker in workers:
                worker.join()
        server = soak.ask("counts")
        _judge_held(soak, warm, hot, threads)
        return {
            "seconds": seconds,
            "done": dict(soak.done),
            "server": server,
            "held": [warm, hot],
            "broken": soak.broken,
        }


def _judge_held(soak: Soak, warm: dict[str, int], hot: dict[str, int], threads: int) -> None:
    if hot.get("memory", 0) - warm.get("memory", 0) > _RSS_BYTES:
        soak.say(f"memory grew from {warm['memory'] >> 10} to {hot['memory'] >> 10} KiB")
    # Each thread may have a connection, one to the control, and a file or two in its hands.
    for word, more in (("open files", 3 * threads), ("threads", threads)):
        if hot.get(word, 0) > warm.get(word, 0) + more:
            soak.say(f"{word}: {warm[word]} after the warm-up, {hot[word]} at the end")


def main() -> int:
    """Run the soak, print what it counted; 1 where a promise did not hold."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=1.0)
    words.add_argument("--threads", type=int, default=16)
    words.add_argument("--rate", type=float, default=0.12, help="how many of the requests meet a fault")
    words.add_argument("--seed", type=int, default=1)
    said = words.parse_args()
    found = run(said.minutes * 60, said.threads, said.rate, said.seed)
    broken = found.pop("broken")
    print(json.dumps(found, indent=2))
    for problem in broken[:50]:
        print("BROKEN:", problem)
    print(f"{len(broken)} promises broken in {said.minutes:g} minutes, {said.threads} threads")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
