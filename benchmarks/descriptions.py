"""
Big descriptions: the time and the memory that it takes to use one, as ratios to `json.load` of the same file.

For each file, in one process, one after the other and again and again, so that whatever else the machine does meets all
of them alike; the least time of each counts:

- `json`     `json.load` of the file;
- `connect`  `restpath.read` of the file and `restpath.connect`: at most 1.5 times that;
- `written`  the same definition from data files of our own, connected, and one call prepared: at most 0.25 times that;
- `over`     the same of an imported service, with a correction of the user's own over it: at most 0.25 times that.

Memory is what `tracemalloc` counts as held after each: `connect` at most 0.5 times what `json.load` holds.

    python benchmarks/descriptions.py            GitHub's, Stripe's and Microsoft Graph's, installed by tools/corpus.py
    python benchmarks/descriptions.py FILE ...   other OpenAPI descriptions in JSON

Ends with 1 where a bound does not hold for GitHub's, or for a file that was given.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BOUNDS = {"connect": 1.5, "written": 0.25, "over": 0.25, "memory": 0.5}
SERVER = "http://127.0.0.1:1"


def installed(cache: Path) -> list[Path]:
    """The three descriptions of the packages that the corpus run installs."""
    sys.path.insert(0, str(ROOT / "tools"))
    from corpus import FOLDERS, install

    install(cache)
    github, directory = cache / FOLDERS["github"], cache / FOLDERS["directory"]
    return [
        github / "api.github.com.json", directory / "stripe.com.json", directory / "microsoft.com" / "graph.json",
    ]  # fmt: skip


def load(file: Path) -> Any:
    """What everything is compared with."""
    with file.open(encoding="utf-8") as stream:
        return json.load(stream)


def connect(source: Path | str) -> Any:
    """Read and connect."""
    import restpath

    return restpath.connect(restpath.read(source), SERVER)


def prepare_one(client: Any) -> Any:
    """Prepare the first call that can be: a GET without variables."""
    import restpath

    for text, outline in client._root.definition.outlines():
        if "GET" in outline.methods and "{" not in text and "?" not in text:
            return restpath.expand(client, text).get.prepare()
    raise SystemExit("there is no GET without variables in it")


def write(file: Path, folder: Path) -> Path:
    """Write a description out as data files of our own, which are found good once."""
    import restpath
    from restpath.definition.writing import documents_of

    folder.mkdir()
    for kind, document in documents_of(restpath.read(file)).items():
        (folder / f"{kind}.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    restpath.read(folder)
    return folder


def correct(folder: Path, name: str) -> str:
    """Import data files, and lay a correction over them; give the name that they go by then."""
    import restpath
    from restpath.edge.directories import config_directory

    restpath.import_service(name, folder)
    own = config_directory() / name
    own.mkdir(parents=True)
    text = next(text for text, outline in restpath.read(folder).outlines() if "GET" in outline.methods)
    (own / "resources.json").write_text(json.dumps({text: {"title": "Corrected"}, "/of-ones-own": "GET POST"}))
    restpath.read(name)
    return name


def seconds(action: Callable[[], Any]) -> float:
    """How long an action takes; what it gives is let go of beyond that."""
    gc.collect()
    began = time.perf_counter()
    result = action()
    took = time.perf_counter() - began
    del result
    return took


def held(action: Callable[[], Any]) -> int:
    """How many bytes are held by what an action gives."""
    gc.collect()
    tracemalloc.start()
    result = action()
    gc.collect()
    found = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del result
    return found


def measure(file: Path, folder: Path, imported: str, rounds: int) -> dict[str, float]:
    """Measure one file; times in seconds, memory in bytes."""
    actions: dict[str, Callable[[], Any]] = {
        "json": lambda: load(file),
        "connect": lambda: connect(file),
        "written": lambda: prepare_one(connect(folder)),
        "over": lambda: prepare_one(connect(imported)),
    }
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(seconds(action))
    found = {name: min(each) for name, each in times.items()}
    return {**found, "json held": held(actions["json"]), "connect held": held(actions["connect"])}


def ratios(found: dict[str, float]) -> dict[str, float]:
    """What the bounds are about."""
    return {
        "connect": found["connect"] / found["json"],
        "written": found["written"] / found["json"],
        "over": found["over"] / found["json"],
        "memory": found["connect held"] / found["json held"],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="OpenAPI descriptions in JSON")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "corpus", help="where the packages are")
    parser.add_argument("--rounds", type=int, default=7)
    said = parser.parse_args(arguments)
    files = said.files or installed(said.cache.resolve())
    bound = files if said.files else files[:1]
    good = True
    with tempfile.TemporaryDirectory() as home:
        for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = os.path.join(home, variable)
        import restpath

        prepare_one(restpath.connect(restpath.read({"service": {}, "resources": {"/a": "GET"}}), SERVER))
        print(f"{'':24}{'MB':>7}{'json':>9}" + "".join(f"{name:>9}" for name in BOUNDS) + "   (times of json.load)")
        for number, file in enumerate(files):
            folder = write(file, Path(home) / f"written-{number}")
            found = measure(file, folder, correct(folder, f"written-{number}"), said.rounds)
            size, compared = file.stat().st_size / 1e6, ratios(found)
            shown = "".join(f"{value:9.2f}" for value in compared.values())
            print(f"{file.name:24}{size:7.1f}{found['json']:7.3f} s{shown}", flush=True)
            good &= file not in bound or all(compared[name] <= most for name, most in BOUNDS.items())
    print(f"{'at most':24}{'':7}{'':9}" + "".join(f"{most:9.2f}" for most in BOUNDS.values()))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
