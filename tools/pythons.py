"""
The package on every Python that this machine has: installed as its users install it, and tried.

    python tools/pythons.py [--python PATH ...] [--archives FOLDER]

Takes interpreters (unless they are named: `python3.N` on the path, those of pyenv and uv, and those of the launcher of
Windows) and the two archives (unless there are: built by tools/archives.py); gives a line for each way to install, and
which Pythons were not found. Every way is a new environment, away from the checkout, in which tools/installed.py is
run: the wheel with all extras and the latest dependencies, the same with the lowest (tools/lowest.py), the wheel
without extras, and the source archive, built there by the latest setuptools and by the lowest that pyproject.toml
takes.
Ends with 1 if anything failed. Packages are downloaded.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lowest import floors

ROOT = Path(__file__).resolve().parents[1]
MINORS = range(10, 15)
WORDS = ("-I", "-W", "error", str(Path(__file__).with_name("installed.py")))


class Way(NamedTuple):
    """A way to install: what of it is said, which archive, which extras, and what else pip is given."""

    said: str
    archive: str
    extras: str
    more: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


def ways() -> list[Way]:
    """All of them, the quickest to fail first."""
    (backend,) = re.findall(r'"(setuptools>=[^"]*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [
        Way("wheel, no extras", "*.whl", "none"),
        Way("wheel, latest", "*.whl", "all"),
        Way("wheel, lowest", "*.whl", "all", tuple(floors())),
        Way("source, latest", "*.tar.gz", "all"),
        Way("source, lowest setuptools", "*.tar.gz", "all", ("--no-build-isolation",), (backend.replace(">=", "=="),)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Install the package on every Python there is, and try it.")
    parser.add_argument("--python", action="append", default=[], help="an interpreter; may be said several times")
    parser.add_argument("--archives", type=Path, help="the folder of the two archives, as they are built already")
    said = parser.parse_args()
    found = newest(said.python or candidates())
    with tempfile.TemporaryDirectory(prefix="restpath-pythons-") as place:
        archives = said.archives or _built(Path(place, "archives"))
        failed = [
            f"{version}: {way.said}"
            for version, python in found.items()
            for way in ways()
            if not _tried(python, way, archives.resolve(), Path(place, "environment"))
        ]
    if not said.python:
        there = {version.rpartition(".")[0] for version in found}
        missing = [f"3.{minor}" for minor in MINORS if f"3.{minor}" not in there]
        print(f"not found here: {', '.join(missing) or 'none'}")
    sys.exit(f"failed: {'; '.join(failed)}" if failed else 0 if found else "there is no Python here that it is for")


def candidates() -> Iterator[str]:
    """Give what may be an interpreter, as the system, pyenv, uv and the launcher of Windows call them."""
    for name in (*(f"python3.{minor}" for minor in MINORS), "python3", "python"):
        if program := shutil.which(name):
            yield program
    home = Path.home()
    for root in (Path(os.environ.get("PYENV_ROOT") or home / ".pyenv", "versions"), home / ".local/share/uv/python"):
        yield from map(str, sorted(root.glob("*/bin/python3")))
    if launcher := shutil.which("py"):
        listed = subprocess.run([launcher, "-0p"], capture_output=True, text=True, check=False).stdout
        yield from re.findall(r"(?<= )\S.*\.exe$", listed, re.MULTILINE)


def newest(pythons: Iterable[str]) -> dict[str, str]:
    """
    Give the newest interpreter of each minor version that the package is for, by its version.

    What does not run is left out: the shim of a version that is not chosen, a Python without venv.
    """
    program = "import ensurepip, sys, venv; print(*sys.version_info[:3])"
    found: dict[int, tuple[tuple[int, ...], str]] = {}
    for python in pythons:
        try:
            done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False)
        except OSError:
            continue
        version = tuple(map(int, done.stdout.split())) if done.returncode == 0 else (0, 0, 0)
        if version[0] == 3 and version[1] in MINORS and version > found.get(version[1], ((), ""))[0]:
            found[version[1]] = version, python
    return {".".join(map(str, version)): python for version, python in sorted(found.values())}


def _built(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, str(ROOT / "tools/archives.py"), str(folder)], check=True, stdout=subprocess.DEVNULL
    )
    return folder


def _tried(python: str, way: Way, archives: Path, home: Path) -> bool:
    (archive,) = archives.glob(way.archive)
    shutil.rmtree(home, ignore_errors=True)
    steps = [[python, "-m", "venv", str(home)]]
    own = str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    pip = [own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps += [[*pip, *way.before]] if way.before else []
    what = f"{archive}[all]" if way.extras == "all" else str(archive)
    steps += [[*pip, what, *way.more], [own, *WORDS, way.extras]]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    for step in steps:
        done = subprocess.run(
            step, cwd=home.parent, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            check=False,
        )  # fmt: skip
        if done.returncode:
            print(f"FAILED  {way.said}: {' '.join(step)}\n{done.stdout}{done.stderr}", flush=True)
            return False
    print(f"{way.said:27} {done.stdout.strip()}", flush=True)
    return True


if __name__ == "__main__":
    main()
