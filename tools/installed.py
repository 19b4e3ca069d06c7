"""
Tries restpath as it is installed, with no look at the checkout that lies beside this file.

    python tools/installed.py all        # with all extras
    python tools/installed.py none       # without any
    python tools/installed.py some       # with whichever are there: what needs one is not tried

Takes what is installed in the environment that runs it; prints a line of versions, and ends with an error at the first
thing that does not work: a module, a data file, a call to the mock of every bundled service, the command line, and what
is said where an extra is missing. Nothing is sent but to 127.0.0.1.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Any

EXTRAS = {"click", "rich", "prompt_toolkit", "jmespath", "yaml", "oauthlib", "keyring", "responses"}
SHOWN = ("requests", "urllib3", "uritemplate", "jsonschema", "click", "rich", "prompt_toolkit", "PyYAML")

# What each bundled service is asked first, with credentials that its mock takes.
ASKED: dict[str, tuple[dict[str, str], Callable[[Any], object]]] = {
    "max": ({"username": "ann", "token": "any"}, lambda client: client.people.get()),
    "ipernity": (
        {"api_key": "6fa87ba500002712bd4eed6020f3bd72", "api_secret": "e9a599f0cf6ce193"},
        lambda client: client.doc.getList(user_id=7),
    ),
    "mixcloud": ({"access_token": "any"}, lambda client: client.popular.get()),
    "bandpage": ({"client_id": "an-id", "client_secret": "a-secret"}, lambda client: client["123"].events.get()),
}

# Each extra but the command line's, with what does not work without it.
MISSING: dict[str, Callable[[Any], object]] = {
    "yaml": lambda restpath: restpath.read(Path.home()),
    "oauth": lambda restpath: restpath.begin_login(
        restpath.connect("mixcloud", client_id="a", client_secret="b", store=None), "http://127.0.0.1:1/"
    ),
    "keyring": lambda restpath: restpath.connect("mixcloud", store="keyring", client_id="a").me.get(),
    "mock": lambda restpath: importlib.import_module("restpath.services.mixcloud.mock").MockServer(),
}


def main(extras: str) -> None:
    with tempfile.TemporaryDirectory(prefix="restpath-home-") as home:
        _move_to(home)
        _try(extras, home)


def _move_to(home: str) -> None:
    """Nothing of whoever runs it steers what is tried."""
    for name in list(os.environ):
        if name.upper().startswith(("RESTPATH_", "XDG_")) or name.upper().endswith("_PROXY"):
            del os.environ[name]
    os.environ.update(dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), home))


def _try(extras: str, home: str) -> None:
    import restpath

    folder = Path(restpath.__file__).parent
    assert Path(__file__).resolve().parents[1] not in folder.parents, f"{folder} is the checkout"
    _licence()
    data = _data_files()
    modules = _modules(restpath, extras == "all")
    calls = list(_calls(restpath))
    if extras == "all":
        _command_line({Path(name).parent.name for name in data} - {"schema"})
    elif extras == "none":
        _without_extras(restpath, home)
    print(
        f"Python {platform.python_version()}, {_versions()}: {len(modules)} modules, {len(data)} data files, "
        f"{len(calls)} calls"
    )


def _versions() -> str:
    found = []
    for name in SHOWN:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _licence() -> None:
    files = metadata.files("restpath") or []
    (licence,) = (file for file in files if file.name == "LICENSE")
    assert "MIT License" in licence.read_text()
    assert not [file for file in files if file.parts[0] in ("tests", "tools", "docs", "benchmarks")]


def _data_files() -> set[str]:
    """The names of all data files. Each can be read as the package reads it, and is what was put into the wheel."""
    listed = {file.as_posix(): file for file in metadata.files("restpath") or []}
    names = {name for name in listed if name.startswith("restpath/resources/") and name.endswith(".json")}
    for name in names | {"restpath/py.typed"}:
        said = listed[name].hash
        assert said is not None, name
        content = resources.files("restpath").joinpath(name.removeprefix("restpath/")).read_bytes()
        digest = urlsafe_b64encode(hashlib.new(said.mode, content).digest())
        assert digest.rstrip(b"=").decode() == said.value, name
    return names


def _modules(restpath: Any, everything: bool) -> list[str]:
    """Import every module; without extras some of the command line's may be missing what they stand on."""
    found = []
    for module in pkgutil.walk_packages(restpath.__path__, "restpath."):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if everything or error.name not in EXTRAS or not module.name.startswith("restpath.cli."):
                raise
        else:
            found.append(module.name)
    return found


def _calls(restpath: Any) -> Iterator[str]:
    """One call to the mock of each bundled service."""
    import restpath.mock

    for name, (credentials, ask) in ASKED.items():
        with (
            restpath.mock.serve(name) as server,
            restpath.connect(name, server.url, store=None, **credentials) as client,
        ):
            assert ask(client) is not None
        yield name


def _restpath(*words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("restpath.exe" if os.name == "nt" else "restpath")
    return subprocess.run(
        [str(program), *words], capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False
    )


def _command_line(services: set[str]) -> None:
    import restpath.mock

    listed = _restpath("services")
    assert {line.split()[0] for line in listed.stdout.splitlines()} == services == set(ASKED), listed
    checked = _restpath("check", *sorted(services))
    assert checked.returncode == 0, checked
    with restpath.mock.serve("max") as server:
        where = ("--base-url", server.url, "--set", "username=ann", "--set", "token=any")
        for output, expected in (("json", '"username"'), ("yaml", "username: "), ("table", "username")):
            made = _restpath("post", "max/people", f"username={output}", *where)
            got = _restpath("get", "max/people", "--output", output, *where)
            assert (made.returncode, got.returncode) == (0, 0), (made, got)
            assert expected in got.stdout, got
    assert "usage" in _restpath("--help").stdout.lower()


def _without_extras(restpath: Any, home: str) -> None:
    Path(home, "service.yaml").write_text("format: 1\nservice: own\n", encoding="utf-8")
    done = _restpath("--help")
    assert done.returncode == 1, done
    assert "pip install 'restpath[cli]'" in done.stderr, done
    for extra, use in MISSING.items():
        said = ""
        try:
            use(restpath)
        except restpath.RestpathError as error:
            said = str(error)
        assert f"pip install 'restpath[{extra}]'" in said, (extra, said)


if __name__ == "__main__":
    main(sys.argv[1])
