"""
How long a person waits for `restpath` itself: looking around and completion, beside what Python and click take.

    python benchmarks/commands.py [--rounds N] [--json FILE]

Takes nothing but the package that this Python has; makes a service of a thousand operations in a folder of its own.
Each command is a process of its own, and the rounds go through all commands in turn, so that a busy machine slows them
alike. Prints the median and the quickest of each in milliseconds, how many times `python -c "import click"` that is,
and whether it is within its bound. Exit status 1 where one is not. Nothing is sent.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Bench", "benches", "main", "measure", "write_large"]

ENTRY = [sys.executable, "-c", "import sys; from restpath.cli.main import entry; sys.argv[0] = 'restpath'; entry()"]
BASE = "python -c 'import click'"


class Bench(NamedTuple):
    """
    One command.

    Attributes:
        name: what it is called in the table.
        command: the words of its process.
        times: how many times `import click` it may take; None where it has no such bound.
        milliseconds: how long it may take; None where it has no such bound.
    """

    name: str
    command: list[str]
    times: float | None = None
    milliseconds: float | None = None


def write_large(folder: Path, operations: int = 1000) -> None:
    """Write the data files of a service with so many operations, five to a collection, as published ones have them."""
    folder.mkdir(parents=True)
    resources: dict[str, Any] = {}
    for number in range(operations // 5):
        name = f"area{number // 20}/things{number}"
        schema = {"type": "object", "properties": {f"field{i}": {"type": "string", "maxLength": 80} for i in range(12)}}
        body = {"media_type": "application/json", "schema": schema}
        query = {"limit": {"type": "integer", "documentation": "How many at most."}, "sort": {"enum": ["name", "age"]}}
        resources[f"/{name}"] = {
            "title": f"Things of kind {number}",
            "methods": {
                "GET": {"name": f"things{number}.list", "title": "List them", "query": query},
                "POST": {"name": f"things{number}.add", "title": "Add one", "body": body},
            },
        }
        resources[f"/{name}/{{id}}"] = {
            "methods": {
                "GET": {"name": f"things{number}.get", "documentation": "Gives one of them, with all that is known."},
                "PUT": {"name": f"things{number}.put", "body": body},
                "DELETE": {"name": f"things{number}.delete"},
            },
        }
    service = {"format": 1, "service": folder.name, "title": "A thousand", "base_url": "https://large.example/v1"}
    (folder / "service.json").write_text(json.dumps(service), encoding="utf-8")
    (folder / "resources.json").write_text(json.dumps({"format": 1, **resources}), encoding="utf-8")


def benches() -> list[Bench]:
    """Give what is measured; the first is what the others are compared with."""

    def completing(line: str) -> list[str]:
        return [*ENTRY, "completion", "--answer", "bash", "--", line, " \"'><=;|&(:"]

    return [
        Bench(BASE, [sys.executable, "-c", "import click"]),
        Bench("show max/people", [*ENTRY, "show", "max/people"], times=2),
        Bench("tree max", [*ENTRY, "tree", "max"]),
        Bench("restpath --help", [*ENTRY, "--help"]),
        Bench("complete: get max/people/", completing("restpath get max/people/"), milliseconds=150),
        Bench("complete: get max/people lim", completing("restpath get max/people lim"), milliseconds=150),
        Bench("complete: call ipernity doc.", completing("restpath call ipernity doc."), milliseconds=150),
        Bench("complete: get large/area3/", completing("restpath get large/area3/"), milliseconds=300),
        Bench("complete: post large/… field", completing("restpath post large/area3/things61 field"), milliseconds=300),
        Bench("complete: call large things1", completing("restpath call large things1"), milliseconds=300),
        Bench("show large/area3/things61", [*ENTRY, "show", "large/area3/things61"]),
    ]


def measure(what: Sequence[Bench], rounds: int, environment: dict[str, str]) -> dict[str, list[float]]:
    """Run each in turn, as often as asked; give the milliseconds of each."""
    found: dict[str, list[float]] = {bench.name: [] for bench in what}
    for number in range(rounds + 1):
        for bench in what:
            started = time.perf_counter()
            subprocess.run(bench.command, stdout=subprocess.DEVNULL, env=environment, check=True)
            if number:  # the first round writes what is kept for later ones
                found[bench.name].append((time.perf_counter() - started) * 1000)
    return found


def _table(what: Sequence[Bench], found: dict[str, list[float]]) -> bool:
    """Print a line for each; tell whether all are within their bounds."""
    base, good = statistics.median(found[what[0].name]), True
    print(f"{'':32}  median     min   times import click")
    for bench in what:
        median = statistics.median(found[bench.name])
        bounds = [f"at most {bench.times:g} times"] if bench.times is not None else []
        bounds += [f"at most {bench.milliseconds:g} ms"] if bench.milliseconds is not None else []
        kept = (bench.times is None or median <= bench.times * base) and median <= (bench.milliseconds or median)
        good = good and kept
        said = f"   {', '.join(bounds)}{'' if kept else ': MISSED'}" if bounds else ""
        print(f"{bench.name:32} {median:7.1f} {min(found[bench.name]):7.1f} {median / base:7.2f}{said}")
    return good


def main(arguments: Sequence[str]) -> int:
    """Measure and print; give the exit status."""
    parser = argparse.ArgumentParser(description="How long restpath's own commands take.")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is run (15)")
    parser.add_argument("--json", metavar="FILE", help="write the milliseconds of every run to a file")
    said = parser.parse_args(arguments)
    what = benches()
    with tempfile.TemporaryDirectory() as folder:
        write_large(Path(folder, "layers", "large"))
        own = {f"XDG_{kind}_HOME": str(Path(folder, kind)) for kind in ("CONFIG", "CACHE", "DATA")}
        environment = {**os.environ, **own, "RESTPATH_PATH": str(Path(folder, "layers"))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as it is where somebody works
        found = measure(what, said.rounds, environment)
    if said.json:
        Path(said.json).write_text(json.dumps(found, indent=2), encoding="utf-8")
    return 0 if _table(what, found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
