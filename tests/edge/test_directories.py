"""Where a user's files are, on each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from restpath.edge.directories import cache_directory, config_directory, data_directory

ALL = (config_directory, data_directory, cache_directory)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def test_linux_follows_the_xdg_specification(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The specification's directories, and its variables where they hold absolute paths."""
    monkeypatch.setattr(sys, "platform", "linux")
    assert [place() for place in ALL] == [
        home / ".config/restpath", home / ".local/share/restpath", home / ".cache/restpath",
    ]  # fmt: skip
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "own"))
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert config_directory() == home / "own" / "restpath"
    assert data_directory() == home / ".local/share/restpath"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_no_two_directories_are_one(home: Path, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """A service is never found twice, even where the system's directories for different things are the same."""
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / "AppData"))
    places = [place() for place in ALL]
    assert len(set(places)) == 3
    assert not [one for one in places for other in places if one in other.parents]
    assert all(home in place.parents for place in places)
