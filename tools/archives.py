"""
The source archive and the wheel, the same byte for byte whoever builds them, where and when.

    python tools/archives.py dist

Takes the files that git knows of (without git: all but what tools leave behind) and SOURCE_DATE_EPOCH, which is the
time of the last commit unless it is said; gives both archives in the folder named. The wheel is built from nothing but
the source archive. What setuptools takes from the machine is put right afterwards: times, modes, owners, and the time
in gzip's header, which it has no setting for. What remains is the versions of build and setuptools, which the
environment of `make dist` holds (tools/archives.txt), and the zlib that compresses.
Source: reproducible-builds.org/specs/source-date-epoch; RFC 1952 section 2.3 (gzip); POSIX.1-2001 (pax).
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_OF_ZIP = 315_532_800  # 1980-01-01: the format knows no earlier time
LEFT_BEHIND = {"build", "dist", "__pycache__"}
HIDDEN = {".ci", ".gitignore"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the source archive and the wheel reproducibly.")
    parser.add_argument("folder", type=Path, help="where they go")
    folder = parser.parse_args().folder
    epoch = source_date()
    os.umask(0o022)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restpath-archives-") as place:
        built = _build(_clean_copy(Path(place, "source"), epoch), Path(place, "built"), epoch)
        for archive in built:
            made = folder / archive.name
            (_pack_wheel if archive.suffix == ".whl" else _pack_source)(archive, made, epoch)
            print(made)


def source_date() -> int:
    """
    Give the time that both archives bear, in seconds since 1970.

    Returns:
        SOURCE_DATE_EPOCH; or when the last commit was made; or, in an unpacked source archive, the time that it bears.
    """
    said = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct")
    if said and said.strip().isdigit():
        return max(int(said), FIRST_OF_ZIP)
    if said:
        sys.exit(f"SOURCE_DATE_EPOCH is a number of seconds since 1970, and {said!r} is none")
    brought = ROOT / "PKG-INFO"
    if not brought.is_file():
        sys.exit("this is no clone and no unpacked source archive: say SOURCE_DATE_EPOCH, in seconds since 1970")
    return max(int(brought.stat().st_mtime), FIRST_OF_ZIP)


def _git(*words: str) -> str | None:
    """What git says of this very clone; None where this is none, though it may lie in somebody else's."""
    if not (ROOT / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        sys.exit("this is a clone, and git, which knows what belongs to it, is not installed")
    if done.returncode:
        sys.exit(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _sources() -> Iterator[Path]:
    listed = _git("ls-files", "-z", "--cached")
    if listed is None:
        yield from _walk(ROOT)
        return
    if _git("status", "--porcelain", "--untracked-files=no"):
        print("These archives hold changes that no commit has: nobody else can build them.", file=sys.stderr)
    yield from (file for name in listed.split("\0") if name and (file := ROOT / name).is_file())


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        name = entry.name
        if name in LEFT_BEHIND or name.endswith(".egg-info") or (name[0] == "." and name not in HIDDEN):
            continue
        yield from _walk(entry) if entry.is_dir() else (entry,)


def _clean_copy(target: Path, epoch: int) -> Path:
    """Copy the sources alone, so that neither an old `build` nor a list of an old build gets into a new one."""
    for file in _sources():
        copy = target / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        os.utime(copy, (epoch, epoch))
    return target


def _build(source: Path, target: Path, epoch: int) -> list[Path]:
    """Have setuptools build both, the wheel from the source archive; whatever it is told is told here."""
    unsaid = ("PYTHON", "LC_", "LANG", "DISTUTILS", "SETUPTOOLS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unsaid)}
    environment |= {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"}
    environment |= {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(source)]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")
    return sorted(target.iterdir())


def _mode(content: bytes) -> int:
    """What begins as a program does is one: not every file system keeps the mode of a file."""
    return 0o755 if content.startswith(b"#!") else 0o644


def _pack_source(archive: Path, made: Path, epoch: int) -> None:
    with (
        tarfile.open(archive) as old,
        open(made, "wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            clean = tarfile.TarInfo(member.name)
            clean.type, clean.size, clean.mtime = member.type, member.size, epoch
            file = old.extractfile(member)
            content = file.read() if file else b""
            clean.mode = 0o755 if member.isdir() else _mode(content)
            new.addfile(clean, io.BytesIO(content))


def _pack_wheel(archive: Path, made: Path, epoch: int) -> None:
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():  # in their order: the list of what is there comes last
            clean = zipfile.ZipInfo(member.filename, time.gmtime(epoch)[:6])
            clean.create_system, clean.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            new.writestr(clean, old.read(member), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
