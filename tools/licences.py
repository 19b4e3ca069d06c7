"""
The licences of all that restpath stands on: what docs/licences.rst says against what is installed.

    python tools/licences.py

Takes the requirements of setup.cfg, the metadata of what is installed, with what that requires in turn, and the tables
of the page; prints what is missing in a table, stands in another or has another licence by now, and ends with 1 if
anything does. A row for what is not installed here (another system or Python needs it) is left alone.
Source: PEP 639 (License-Expression), PEP 508 (requirements), spdx.org/licenses.
"""

from __future__ import annotations

import configparser
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/licences.rst"

# The headings of the page's tables, with the extras whose packages they list. A package stands in the first it is for.
TABLES = {
    "Always": [""],
    "With extras": ["cli", "yaml", "oauth", "keyring", "mock"],
    "For the documentation": ["docs"],
    "For the tests": ["test"],
}
# How older metadata call a licence, which have no SPDX expression.
FAMILIES = {
    "BSD": "bsd",
    "MIT": "mit",
    "Apache": "apache",
    "ISC": "isc",
    "MPL": "mozilla|mpl",
    "PSF": "psf|python software",
    "GPL": "gpl|general public",
    "LicenseRef": "public domain",
}


def main() -> int:
    found = list(problems())
    print("\n".join(found) or f"{len(listed())} packages: every licence is listed")
    return bool(found)


def problems(transitive_of: tuple[str, ...] = tuple(TABLES)) -> Iterator[str]:
    """
    Compare the page with what is installed.

    Args:
        transitive_of: the tables for which packages that only others need are looked at, too.
    Returns:
        what is wrong, a sentence each; where a row is missing, with the row.
    """
    rows, seen, order = listed(), set[str](), list(TABLES)
    for table, extras in TABLES.items():
        direct = {name for extra in extras for name in required(extra)}
        for name, parent in sorted(needed(extras).items()):
            if name in seen:
                continue
            seen.add(name)
            if name not in direct and table not in transitive_of:
                continue
            if name not in rows:
                yield f"{table!r} lacks\n   * - {name}\n     - {_said(name)}\n     - {parent}"
            elif order.index(rows[name][0]) > order.index(table):  # some version of another may need it earlier
                yield f"{name} is needed for {table!r}, and is listed for {rows[name][0]!r}"
            elif not fits(rows[name][1], name):
                yield f"{name} says that its licence is {_said(name)!r}, and the page that it is {rows[name][1]!r}"


def listed() -> dict[str, tuple[str, str]]:
    """Give the page's rows: name to table and licence."""
    found: dict[str, tuple[str, str]] = {}
    parts = re.split(r"^(.+)\n[-~=]{4,}$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        if title in TABLES:
            for name, licence in re.findall(r"^   \* - ([a-z0-9-]+)\n     - (.+)$", text, re.MULTILINE):
                if name in found:
                    raise ValueError(f"{name} is listed twice")
                found[name] = title, licence
    return found


@cache
def _config() -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def required(extra: str) -> list[str]:
    """Give the names that setup.cfg requires for an extra; for none, what is always required."""
    config = _config()
    said = config["options.extras_require"][extra] if extra else config["options"]["install_requires"]
    names = [canonicalize_name(Requirement(line).name) for line in said.splitlines() if line]
    return [name for name in names if name != "restpath"]


def needed(extras: list[str]) -> dict[str, str]:
    """Give all that is needed for some extras and is installed, each with one that requires it."""
    found: dict[str, str] = {}
    waiting = [(name, "", extra or "restpath") for extra in extras for name in required(extra)]
    asked: set[tuple[str, str]] = set()
    while waiting:
        name, extra, parent = waiting.pop(0)
        if (name, extra) in asked or not _installed(name):
            continue
        asked.add((name, extra))
        found.setdefault(name, parent)
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(requirement.name), more, name) for more in ("", *requirement.extras)]
    return found


def _installed(name: str) -> bool:
    try:
        return bool(metadata.distribution(name))
    except metadata.PackageNotFoundError:
        return False


def _said(name: str) -> str:
    """What a package's metadata say of its licence: as an expression, or else in the words of older metadata."""
    about = metadata.metadata(name)
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License")
    ]
    words = (about.get("License") or "").strip().partition("\n")[0]
    return "; ".join(filter(None, [words, *classifiers]))


def fits(row: str, name: str) -> bool:
    """Whether a row says what a package says of its licence."""
    if expression := metadata.metadata(name).get("License-Expression"):
        return str(expression) == row
    families = [FAMILIES.get(re.split("[-0-9]", part)[0], re.escape(part)) for part in parts_of(row)]
    return all(re.search(family, _said(name), re.IGNORECASE) for family in families)


def parts_of(row: str) -> list[str]:
    """The licences that an expression names."""
    return re.split(r" (?:AND|OR|WITH) ", row)


if __name__ == "__main__":
    sys.exit(main())
