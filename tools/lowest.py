"""
The lowest versions that setup.cfg promises to work with, as requirements for pip.

Reads setup.cfg beside this folder; prints the core and the extras at their floors, `urllib3` below 2 (which the floor
of requests is there for), and the programs that run the tests. Linters and stubs are left out: they judge the code, not
what it runs on, and the stubs of requests insist on urllib3 2.
"""

from __future__ import annotations

import configparser
from pathlib import Path

TRIED = ("cli", "yaml", "oauth", "keyring", "mock")
NOT_RUN = ("restpath[", "ruff", "mypy", "types-")


def floors() -> list[str]:
    """Give the core and all extras at their floors."""
    config = _config()
    extras = config["options.extras_require"]
    named = config["options"]["install_requires"].split() + " ".join(extras[name] for name in TRIED).split()
    return [*(line.replace(">=", "==") for line in named), "urllib3<2"]


def _config() -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    config.read(Path(__file__).resolve().parents[1] / "setup.cfg", encoding="utf-8")
    return config


def main() -> None:
    tools = [line for line in _config()["options.extras_require"]["test"].split() if not line.startswith(NOT_RUN)]
    print("\n".join([*floors(), *tools]))


if __name__ == "__main__":
    main()
