"""
What holds for every test: none sees the settings of the person who runs it, and none writes in their home.

Takes the environment as it is; leaves an empty home directory and no variable that would steer restpath, requests,
IPython or Jupyter. It is done before the tests are collected, and for the programs that they start too.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

_STEERING = ("RESTPATH_", "XDG_", "JUPYTER", "IPYTHON", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC", "SSL_CERT_")
_home = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def pytest_configure(config: pytest.Config) -> None:
    for name in list(os.environ):
        if name.upper().startswith(_STEERING) or name.upper().endswith("_PROXY"):
            del os.environ[name]
    config.stash[_home] = home = tempfile.TemporaryDirectory(prefix="restpath-home-", ignore_cleanup_errors=True)
    os.environ["HOME"] = os.environ["USERPROFILE"] = home.name
    os.environ["APPDATA"] = os.environ["LOCALAPPDATA"] = str(Path(home.name, "AppData"))
    # How long an example takes says more of the machine than of the code.
    settings.register_profile("restpath", parent=settings(), deadline=None)
    settings.load_profile("restpath")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _home in config.stash:
        config.stash[_home].cleanup()
