"""
The lowest versions that setup.cfg promises to work with, as requirements for pip.

Reads setup.cfg in the current directory; prints the core and the extras that the tests use at their floors, `urllib3`
below 2 (which the floor of requests is there for), and the programs that run the tests. Linters and stubs are left out:
they judge the code, not what it runs on, and the stubs of requests insist on urllib3 2.
"""

from __future__ import annotations

import configparser

TRIED = ("cli", "yaml", "oauth", "keyring", "mock")
NOT_RUN = ("restpath[", "ruff", "mypy", "types-")


def main() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read("setup.cfg", encoding="utf-8")
    extras = config["options.extras_require"]
    floors = config["options"]["install_requires"].split() + " ".join(extras[name] for name in TRIED).split()
    tools = [line for line in extras["test"].split() if not line.startswith(NOT_RUN)]
    print("\n".join([*(line.replace(">=", "==") for line in floors), "urllib3<2", *tools]))


if __name__ == "__main__":
    main()
