"""
Times restpath and others at the same work, and writes the table that the README quotes.

    python -m benchmarks [--rows get,post] [--rounds N] [--json FILE]

Each case of a row has a process of its own, with 24 environment variables (requests takes longer with every one). In
every round all cases of the row do a batch each, in random order, so that what else the machine does hits them alike;
what counts is the median over the rounds. Where there are two cores or more, clients are held to the first one and the
server to the last. One case of each row is there twice: where the two differ by more than 5 %, the row does not count,
and is measured again, at most three times.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import server
from benchmarks.cases import CASES, ROWS, Place, Row

VARIABLES = 24
BATCH_SECONDS = {"wall": 0.025, "cpu": 0.2, "upload": 0.0}
ROUNDS = {"wall": 41, "cpu": 15, "fresh": 31, "upload": 21}
ATTEMPTS = 3
UPLOAD_BYTES = 512 << 20
PEAK_MIB = 45
AGREED = 0.05
AGAIN = " (again)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rows", default=",".join(row.name for row in ROWS), help="which rows, with commas between")
    parser.add_argument("--rounds", type=float, default=1, help="how many times the usual number of rounds")
    parser.add_argument("--json", help="a file for all samples")
    parser.add_argument("--worker", nargs=3, metavar=("ROW", "CASE", "PLACE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        row, name, place = args.worker
        return work(_row(row), name, Place(**json.loads(place)))
    rows = [_row(name) for name in args.rows.split(",")]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as with Ctrl-C, the server is ended
    with tempfile.TemporaryDirectory() as folder, server.running(Path(folder)) as running:
        place = Place(running.url, _large_file(folder, rows), running.secure_url or "", running.certificate or "")
        results = {}
        for row in rows:
            results[row.name] = measure_well(row, place, args.rounds)
    print(table(results, running.name))
    if args.json:
        Path(args.json).write_text(json.dumps(results, indent=1), encoding="utf-8")
    return None


def _row(name: str) -> Row:
    found = next((row for row in ROWS if row.name == name), None)
    if found is None:
        sys.exit(f"there is no row {name!r}; there are {', '.join(row.name for row in ROWS)}")
    return found


def _large_file(folder: str, rows: list[Row]) -> str:
    if not any(row.kind == "upload" for row in rows):
        return ""
    file, block = Path(folder, "large.bin"), os.urandom(1 << 20)
    with file.open("wb") as opened:
        for _ in range(UPLOAD_BYTES >> 20):
            opened.write(block)
    return str(file)


# ---- rounds --------------------------------------------------------------------------------------------------------


def measure_well(row: Row, place: Place, rounds: float) -> dict[str, Any]:
    """Time the cases of a row until it counts, as far as that can be had; gives what `measure` gives."""
    samples: dict[str, Any] = {}
    for attempt in range(ATTEMPTS):
        print(f"{row.title} ...{' once more' if attempt else ''}", file=sys.stderr, flush=True)
        samples = measure(row, place, rounds)
        if "left out" in samples or _agree(row, samples):
            break
    return samples


def measure(row: Row, place: Place, rounds: float) -> dict[str, Any]:
    """Time the cases of a row in turn; gives the samples in seconds by case, and what could not be measured."""
    if row.name == "https" and not place.secure:
        return {"left out": "the server speaks no TLS"}
    names = [*CASES[row.name], row.twice + AGAIN]
    take = _take_fresh if row.kind == "fresh" else _take_batches
    return take(row, names, place, max(3, round(ROUNDS[row.kind] * rounds)))


def _take_fresh(row: Row, names: list[str], place: Place, rounds: int) -> dict[str, Any]:
    samples: dict[str, Any] = {name: [] for name in names}
    for turn in range(-1, rounds):  # the first one only writes the compiled modules
        for name in random.sample(names, len(names)):
            program = CASES[row.name][name.removesuffix(AGAIN)](place)
            done = subprocess.run(
                [sys.executable, "-c", _TIMED, program], capture_output=True, text=True, check=True, env=_environment()
            )
            if turn >= 0:
                samples[name].append(float(done.stdout.split()[-1]))
    return samples


_TIMED = (
    "import sys, time; start = time.perf_counter(); exec(compile(sys.argv[1], 'program', 'exec')); "
    "print(time.perf_counter() - start)"
)


def _take_batches(row: Row, names: list[str], place: Place, rounds: int) -> dict[str, Any]:
    workers = {name: _Worker(row, name.removesuffix(AGAIN), place) for name in names}
    samples: dict[str, Any] = {name: [] for name in names}
    try:
        missing = {name: worker.problem for name, worker in workers.items() if worker.problem}
        if missing:
            return {"left out": "; ".join(f"{name}: {problem}" for name, problem in missing.items())}
        sizes = {name: worker.size(BATCH_SECONDS[row.kind]) for name, worker in workers.items()}
        for _ in range(rounds):
            for name in random.sample(names, len(names)):
                samples[name].append(workers[name].batch(sizes[name])[row.kind == "cpu"])
        samples["peak MiB"] = workers["restpath"].batch(1)[2]
    finally:
        for worker in workers.values():
            worker.close()
    return samples


class _Worker:
    """A process that does one case, as often as it is told."""

    def __init__(self, row: Row, name: str, place: Place) -> None:
        command = [sys.executable, "-m", "benchmarks", "--worker", row.name, name, json.dumps(vars(place))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
        )
        self._per = row.per
        self.problem = json.loads(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline() or json.dumps("its process ended")

    def batch(self, count: int) -> tuple[float, float, float]:
        """Do it so many times: seconds for one, seconds of CPU for one, MiB of memory at the peak so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        wall, cpu, peak = json.loads(self._read())
        return wall / count / self._per, cpu / count / self._per, peak

    def size(self, seconds: float) -> int:
        """Warm up, and find how many times fill so many seconds."""
        count = 1
        while (took := self.batch(count)[0] * count * self._per) < seconds / 4:
            count *= 4
        return max(1, round(count * seconds / took))

    def close(self) -> None:
        self._process.communicate()


def work(row: Row, name: str, place: Place) -> None:
    """Do a case as often as standard input says, line by line."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    try:
        operation = CASES[row.name][name](place)
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1 and row.kind == "wall":
            os.sched_setaffinity(0, {0})
        operation()
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), file=answers)
        return
    print("null", file=answers)
    for line in sys.stdin:
        count = int(line)
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(count):
            operation()
        took = time.perf_counter() - wall, time.process_time() - cpu, _peak()
        print(json.dumps(took), file=answers)


def _peak() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _environment() -> dict[str, str]:
    """A fixed number of variables, and no proxies among them."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONPATH")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return {**found, **{f"ORDINARY_{i}": "some ordinary value" for i in range(VARIABLES - len(found))}}


# ---- the table -----------------------------------------------------------------------------------------------------


def table(results: dict[str, dict[str, Any]], server_name: str) -> str:
    """Write the results as a simple table of reStructuredText."""
    today = datetime.datetime.now().astimezone().date()
    machine = f"{os.cpu_count()} cores ({_processor()}), {VARIABLES} environment variables, {server_name}"
    rows = [("work", "restpath", "against", "ratio", "goal")]
    for name, samples in results.items():
        row = _row(name)
        if "left out" in samples:
            rows.append((row.title, "not measured", samples["left out"], "", ""))
            continue
        own = statistics.median(samples["restpath"])
        for peer, goal in row.goals.items():
            theirs = statistics.median(samples[peer])
            ratio = f"{_ratio(samples, peer):.2f}" + ("" if _agree(row, samples) else " (does not count)")
            rows.append((row.title, _shown(own), f"{peer}, {_shown(theirs)}", ratio, f"{goal:g}"))
        if row.kind == "upload":
            peak = f"{samples['peak MiB']:.0f} MiB"
            rows.append((f"{row.title}, memory at its peak", peak, "", "", f"{PEAK_MIB} MiB"))
    when = f"{today}, Python {platform.python_version()}, {machine}:"
    return "\n".join([when, "", *_table(rows), "", *_doubts(results), *_missed(results)])


def _agree(row: Row, samples: dict[str, Any]) -> bool:
    return _apart(row, samples) <= AGREED


def _apart(row: Row, samples: dict[str, Any]) -> float:
    first, again = (statistics.median(samples[name]) for name in (row.twice, row.twice + AGAIN))
    return abs(first - again) / min(first, again)


def _doubts(results: dict[str, dict[str, Any]]) -> list[str]:
    measured = {name: samples for name, samples in results.items() if "left out" not in samples}
    apart = {name: _apart(_row(name), samples) for name, samples in measured.items()}
    return [
        f"{_row(name).title}: {_row(name).twice} timed twice differs by {share:.0%} in the last of {ATTEMPTS} "
        "attempts, so the row does not count; run it again when the machine has nothing else to do."
        for name, share in apart.items()
        if share > AGREED
    ]


def _missed(results: dict[str, dict[str, Any]]) -> list[str]:
    """A line for each goal that is missed, or one that none is."""
    missed, count = [], 0
    for name, samples in results.items():
        row = _row(name)
        if "left out" in samples:
            continue
        for peer, goal in row.goals.items():
            count += 1
            if _ratio(samples, peer) > goal:
                missed.append(f"{row.title}: {_ratio(samples, peer):.2f} of {peer}, the goal is {goal:g}.")
        if row.kind == "upload" and samples["peak MiB"] > PEAK_MIB:
            missed.append(f"{row.title}: {samples['peak MiB']:.0f} MiB, the goal is {PEAK_MIB}.")
    return missed or [f"All {count} ratios are within their goals."]


def _ratio(samples: dict[str, Any], peer: str) -> float:
    return statistics.median(samples["restpath"]) / statistics.median(samples[peer])


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    rule = "  ".join("=" * width for width in widths)
    return [rule, lines[0], rule, *lines[1:], rule]


def _shown(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return found[0] if found else platform.machine()


if __name__ == "__main__":
    main()
