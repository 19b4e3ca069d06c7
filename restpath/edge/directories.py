"""
Where a user's files are: settings and corrections, what the program keeps, what can be lost.

Takes the environment as it is; gives paths, of which nothing needs to be there, and makes nothing.
Source: XDG Base Directory Specification where its variables are set, and on Linux; each system's own custom elsewhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path as FilePath

__all__ = ["RESERVED", "cache_directory", "config_directory", "config_file", "data_directory"]

# What no service can be called that files are kept of: names of devices, which Windows sees wherever they stand; and
# the folder of the JSON Schemas, which lies beside the services.
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "schema", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)


def _directory(variable: str, posix: str, mac: str, windows: str) -> FilePath:
    said = os.environ.get(variable)
    if said and os.path.isabs(said):
        return FilePath(said) / "restpath"
    home = os.path.expanduser("~")
    if not os.path.isabs(home):  # whoever runs this has no home: here nothing is found, and nothing can be made
        return FilePath(os.devnull) / "restpath"
    if sys.platform == "win32":
        place, name = windows.split("/")
        return FilePath(os.environ.get(place) or os.path.join(home, "AppData", "Local")) / name
    return FilePath(home) / (mac if sys.platform == "darwin" else posix)


def config_directory() -> FilePath:
    """The user's own corrections and settings: `~/.config/restpath` on Linux."""
    return _directory("XDG_CONFIG_HOME", ".config/restpath", "Library/Application Support/restpath", "APPDATA/restpath")


def config_file() -> FilePath:
    """The user's configuration file, which says credentials and base URLs: see `restpath/edge/profiles.py`."""
    return config_directory() / "config.ini"


# Elsewhere than on Linux one directory holds both the user's files and the program's: hence names of their own, so that
# no service is found twice.
def data_directory() -> FilePath:
    """What was imported and refreshed: `~/.local/share/restpath` on Linux."""
    return _directory(
        "XDG_DATA_HOME", ".local/share/restpath", "Library/Application Support/restpath-data",
        "LOCALAPPDATA/restpath-data",
    )  # fmt: skip


def cache_directory() -> FilePath:
    """What can be lost: `~/.cache/restpath` on Linux."""
    return _directory("XDG_CACHE_HOME", ".cache/restpath", "Library/Caches/restpath", "LOCALAPPDATA/restpath-cache")
