"""
Kills processes in the middle of what they write, many times, and looks at what they leave.

Run as a program with a folder and a number. It forks a child that imports, refreshes and undoes without end, kills it
at a random moment, and holds what is on the disk to be whole: a definition that was in force before or after, every
file of it. What is wrong is printed, and the program ends with status 1.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import restpath
from restpath.edge.directories import data_directory
from restpath.errors import RestpathError

NEW = {f"/new{number}": {"get": {"responses": {}}} for number in range(40)}
OLD = {f"/old{number}": {"get": {"responses": {}}} for number in range(40)}
ALWAYS = {"/always": {"get": {"responses": {}}}}


def write_descriptions(folder: Path) -> tuple[Path, Path]:
    """Write the two descriptions that the definition is made of in turn."""
    files = folder / "old.json", folder / "new.json"
    for file, paths in zip(files, (OLD, NEW), strict=True):
        head = {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}}
        file.write_text(json.dumps({**head, "servers": [{"url": "https://shop.example"}], "paths": ALWAYS | paths}))
    return files


def work(old: Path, new: Path) -> None:
    """Refresh, undo and import once, from whatever was left."""
    with suppress(RestpathError):  # nothing to undo
        restpath.refresh_service("shop", source=new, force=True)
        restpath.undo_refresh("shop")
        restpath.refresh_service("shop", source=new, force=True)
        restpath.import_service("shop", old, force=True)


def fault() -> str | None:
    """Say what is not whole; None where all is."""
    try:
        found = {text for text, _ in restpath.read("shop").templates()}
        if found not in ({*ALWAYS, *OLD}, {*ALWAYS, *NEW}):
            return f"half a definition: {sorted(found)}"
        folder = data_directory() / "shop"
        said = json.loads((folder / "in-force.json").read_text())
        for generation in filter(None, (said["in_force"], said.get("before"))):
            for file in (folder / generation).iterdir():
                json.loads(file.read_text())
    except (RestpathError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main(folder: Path, kills: int) -> int:
    old, new = write_descriptions(folder)
    restpath.import_service("shop", old)
    started = time.perf_counter()
    work(old, new)
    longest = time.perf_counter() - started
    chance, seen = random.Random(), set()
    for number in range(kills):
        child = os.fork()
        while child == 0:
            work(old, new)
        time.sleep(chance.uniform(0, 1.2 * longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WTERMSIG(status) != signal.SIGKILL:
            print(f"the child ended by itself: {status}")
            return 1
        problem = fault()
        if problem is not None:
            print(f"after kill {number}: {problem}")
            return 1
        seen.add(frozenset(text for text, _ in restpath.read("shop").templates()))
    for source in (old, new):  # nothing is left locked, and what writes sweeps out what the killed have left
        restpath.refresh_service("shop", source=source, force=True)
    print(f"{kills} kills, {len(seen)} definitions seen, {len(os.listdir(data_directory() / 'shop'))} entries left")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
