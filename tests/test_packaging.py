"""
The package as others get it: a source archive, a wheel, the wheel as a zip on `sys.path`, an editable installation.

Everything is built from a copy of the checkout and tried in new virtual environments from an empty directory. They
see the dependencies of the environment that runs the tests, but not restpath's own installation there: a directory
that a `.pth` file names is searched, its own `.pth` files are not. Nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP = ("restpath", "resources", "tests", "docs", "benchmarks", "tools", ".ci")
NOT_SOURCE = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache", ".hypothesis", ".ipynb_checkpoints")

PROBE = """
import restpath, restpath.resources
client = restpath.connect("max", "http://127.0.0.1:1", username="a", token="t")
print(restpath.url(client.people["a"]))
print(restpath.__file__)
print(next(iter(restpath.resources.__path__)))
"""

EXTRAS = ("click", "rich", "prompt_toolkit", "jmespath", "yaml", "oauthlib", "keyring", "responses")
TIME = 1_700_000_000
AT_A_TIME = {"SOURCE_DATE_EPOCH": str(TIME)}

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("build", "setuptools", "pip"))),
    reason="needs build, setuptools and pip: pip install 'restpath[test]'",
)


def run(*command: str | Path, cwd: Path, path: Path | None = None, **variables: str) -> str:
    """Run a program away from the checkout and without the caller's PYTHON… variables; give what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SOURCE_DATE"))}
    environment |= variables
    environment |= {"PYTHONPATH": str(path)} if path else {}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command} failed\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """A new virtual environment."""

    scripts: Path

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    def install(self, *what: str | Path, cwd: Path) -> None:
        """Install without a look at any index. The dependencies are there, the backend and pip itself too."""
        offline = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
        run(self.python, "-m", "pip", "install", *offline, *what, cwd=cwd)


@pytest.fixture(scope="module")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Environment]:
    def make() -> Environment:
        home = tmp_path_factory.mktemp("environment")
        venv.create(home, symlinks=os.name != "nt", with_pip=False)
        scheme = {"base": str(home), "platbase": str(home), "installed_base": str(home)}
        layout = "nt" if os.name == "nt" else "posix_prefix"
        site = Path(sysconfig.get_path("purelib", layout, scheme))
        ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (site / "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n", encoding="utf-8")
        return Environment(Path(sysconfig.get_path("scripts", layout, scheme)))

    return make


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout without what tools left in it, in a folder whose name has a space."""
    copy = tmp_path_factory.mktemp("a checkout")
    for name in TOP:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=NOT_SOURCE)
    for file in ROOT.iterdir():
        if file.is_file() and file.name != "PKG-INFO":  # which an unpacked source archive has
            shutil.copy2(file, copy / file.name)
    return copy


@pytest.fixture(scope="module")
def archives(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source archive, and the wheel that is built from nothing but that archive."""
    target = tmp_path_factory.mktemp("archives")
    run(sys.executable, "tools/archives.py", target, cwd=checkout, **AT_A_TIME)
    return the_archives(target)


def the_archives(folder: Path) -> tuple[Path, Path]:
    """The one source archive and the one wheel in a folder."""
    (sdist,) = folder.glob("restpath-*.tar.gz")
    (wheel,) = folder.glob("restpath-*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def sdist_names(archives: tuple[Path, Path]) -> set[str]:
    with tarfile.open(archives[0]) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def contents(wheel: Path) -> dict[str, bytes]:
    """A wheel's files, without the list of the files themselves."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")}


def package_files(checkout: Path) -> set[str]:
    """The files of the packages as they are installed: all modules, all data files, the mark of a typed package."""
    code = {file.relative_to(checkout).as_posix() for file in (checkout / "restpath").rglob("*") if file.is_file()}
    data = {file.relative_to(checkout).as_posix() for file in (checkout / "resources").rglob("*") if file.is_file()}
    return code | {f"restpath/{name}" for name in data}


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    directory = tmp_path / "empty"
    directory.mkdir()
    return directory


def test_wheel_holds_the_packages_whole_and_nothing_else(archives: tuple[Path, Path], checkout: Path) -> None:
    """Every module and data file is in the wheel under its installed name; no tests, tools or stray files are."""
    names = {name for name in contents(archives[1]) if ".dist-info/" not in name}
    assert names == package_files(checkout)
    assert "restpath/py.typed" in names
    kinds = ("service", "resources", "defaults", "schemas")
    assert {f"restpath/resources/schema/{kind}.schema.json" for kind in kinds} <= names
    assert {f"restpath/resources/max/{kind}.json" for kind in ("service", "resources", "defaults")} <= names


def test_wheel_declares_licence_command_and_dependencies(archives: tuple[Path, Path]) -> None:
    """The metadata name the licence's text, the `restpath` command, the three core dependencies and every extra."""
    files = contents(archives[1])
    assert any(name.endswith("LICENSE") for name in files)
    text = {Path(name).name: content.decode() for name, content in files.items() if ".dist-info/" in name}
    assert "restpath = restpath.cli.main:entry" in text["entry_points.txt"]
    lines = text["METADATA"].splitlines()
    assert "License: MIT" in lines or "License-Expression: MIT" in lines
    assert "Requires-Python: >=3.10" in lines
    required = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    core = {line.split(">=")[0] for line in required if "extra ==" not in line}
    assert core == {"requests", "uritemplate", "jsonschema"}
    extras = {line.removeprefix("Provides-Extra: ") for line in lines if line.startswith("Provides-Extra: ")}
    assert extras == {"cli", "yaml", "oauth", "keyring", "mock", "all", "test", "docs"}


def test_sdist_holds_what_make_test_needs(sdist_names: set[str], checkout: Path) -> None:
    """The source archive can be worked in like a clone: sources, data, tests, docs and the files at the top."""
    top = {"Makefile", "setup.cfg", "setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE", "CHANGES.rst", ".ci/run"}
    tests = {file.relative_to(checkout).as_posix() for file in (checkout / "tests").rglob("*") if file.is_file()}
    docs = {file.relative_to(checkout).as_posix() for file in (checkout / "docs").rglob("*") if file.is_file()}
    sources = {name.replace("restpath/resources/", "resources/") for name in package_files(checkout)}
    assert (top | tests | docs | sources) - sdist_names == set()


def test_sdist_leaves_out_what_tools_made(sdist_names: set[str]) -> None:
    """No cache, environment or compiled file is in the source archive."""
    left = {"__pycache__", ".venv", ".venv-demo", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
    assert [name for name in sdist_names if left & set(name.split("/")) or name.endswith(".pyc")] == []


def test_wheel_is_the_same_from_the_archive_and_from_the_checkout(
    archives: tuple[Path, Path], checkout: Path, tmp_path: Path
) -> None:
    """File by file, a wheel built in the checkout equals the one built from the source archive."""
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ".", cwd=checkout)
    (wheel,) = tmp_path.glob("*.whl")
    assert contents(wheel) == contents(archives[1])


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_archives_are_the_same_bytes_from_anywhere_and_at_any_time(
    archives: tuple[Path, Path], checkout: Path, tmp_path: Path
) -> None:
    """In a clone elsewhere, later, with other modes, another locale and what tools left behind, the same is built."""
    clone = shutil.copytree(checkout, tmp_path / "a clone elsewhere", ignore=shutil.ignore_patterns("build"))
    when = f"{TIME} +0200"
    author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "core.autocrlf=false")
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "All"]):
        run("git", *words, cwd=clone, GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE=when)
    for file in clone.rglob("*.*"):
        if file.is_file() and ".git" not in file.parts:
            file.chmod(0o666)
            os.utime(file, (TIME + 9, TIME + 9))
    for left in ("restpath/left.py", "build/lib/restpath/left.py", "tests/left.txt", "restpath.egg-info/SOURCES.txt"):
        (clone / left).parent.mkdir(parents=True, exist_ok=True)
        (clone / left).write_text("tests/left.txt\n", encoding="utf-8")
    program = "import os, runpy; os.umask(0o077); runpy.run_path('tools/archives.py', run_name='__main__')"
    away = {"LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    run(sys.executable, "-c", program, tmp_path / "made", cwd=clone, **away)
    for one, other in zip(archives, the_archives(tmp_path / "made"), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_archives_built_from_the_source_archive_are_the_same_bytes(archives: tuple[Path, Path], tmp_path: Path) -> None:
    """Whoever has the source archive alone builds it and the wheel again; the time is the one that it bears."""
    run(sys.executable, "-m", "tarfile", "-e", archives[0], tmp_path, cwd=tmp_path)
    (source,) = tmp_path.iterdir()
    run(sys.executable, "tools/archives.py", tmp_path / "made", cwd=source)
    for one, other in zip(archives, the_archives(tmp_path / "made"), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_archives_bear_one_time_and_nobodys_name(archives: tuple[Path, Path]) -> None:
    """Times are the one that was said, owners are left out, and modes are those of files for all."""
    with tarfile.open(archives[0]) as sdist:
        assert {(member.mtime, member.uid, member.gid, member.uname, member.gname) for member in sdist} == {
            (TIME, 0, 0, "", "")
        }
        programs = {member.name.partition("/")[2] for member in sdist if member.isfile() and member.mode == 0o755}
    assert programs == {".ci/run", "tests/faults/certificates/make.sh"}
    with zipfile.ZipFile(archives[1]) as wheel:
        assert {info.date_time for info in wheel.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        assert {oct(info.external_attr >> 16) for info in wheel.infolist()} == {"0o100644"}


def test_a_time_that_is_none_is_told(checkout: Path, tmp_path: Path) -> None:
    """Where the time is not known, or is no number, nothing is built."""
    for said, told in (("soon", "'soon' is none"), ("", "say SOURCE_DATE_EPOCH")):
        done = subprocess.run(
            [sys.executable, "tools/archives.py", str(tmp_path / "made")],
            cwd=checkout, env={**os.environ, "SOURCE_DATE_EPOCH": said}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert told in done.stderr
    assert not (tmp_path / "made").exists()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_what_git_refuses_is_told(checkout: Path, tmp_path: Path) -> None:
    """Where git does not say what belongs to a clone, nobody guesses."""
    clone = shutil.copytree(checkout / "tools", tmp_path / "clone" / "tools").parent
    (clone / ".git").write_text("gitdir: nowhere", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "tools/archives.py", str(tmp_path / "made")],
        cwd=clone, env={**os.environ, **AT_A_TIME}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("git ls-files")
    assert not list((tmp_path / "made").iterdir())


def test_metadata_are_valid_and_the_readme_renders(archives: tuple[Path, Path], checkout: Path) -> None:
    """An index takes them: fields and versions fit, and README.rst needs nothing that docutils alone does not have."""
    metadata = pytest.importorskip("packaging.metadata", reason="needs packaging: pip install 'restpath[test]'")
    core = pytest.importorskip("docutils.core", reason="needs docutils: pip install 'restpath[docs]'")
    (text,) = (content for name, content in contents(archives[1]).items() if name.endswith(".dist-info/METADATA"))
    read = metadata.Metadata.from_email(text)
    assert read.description == (checkout / "README.rst").read_text("utf-8")
    assert read.description_content_type == "text/x-rst"
    settings = {"report_level": 1, "halt_level": 1, "raw_enabled": False, "file_insertion_enabled": False}
    core.publish_string(read.description, writer="html5", settings_overrides={**settings, "_disable_config": True})


def test_both_archives_hold_the_licence(archives: tuple[Path, Path], checkout: Path) -> None:
    """The text itself, unchanged: it asks to go wherever the software goes."""
    licence = (checkout / "LICENSE").read_bytes()
    assert [text for name, text in contents(archives[1]).items() if name.endswith("/LICENSE")] == [licence]
    with tarfile.open(archives[0]) as sdist:
        (member,) = (member for member in sdist if member.name.partition("/")[2] == "LICENSE")
        file = sdist.extractfile(member)
        assert file is not None
        assert file.read() == licence


def test_sdist_holds_every_file_of_the_clone(sdist_names: set[str]) -> None:
    """Whatever is committed is in the source archive."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no clone, or there is no git here")
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    assert {name for name in listed if name and (ROOT / name).is_file()} - sdist_names == set()


def test_wheel_installed_works_from_an_empty_directory(
    archives: tuple[Path, Path], checkout: Path, new_environment: Callable[[], Environment], empty: Path
) -> None:
    """The installed wheel finds its bundled data, and all that `make pythons` tries works."""
    environment = new_environment()
    environment.install(archives[1], cwd=empty)
    url, module, data = run(environment.python, "-c", PROBE, cwd=empty).splitlines()
    assert url == "http://127.0.0.1:1/people/a"
    assert Path(data) == Path(module).parent / "resources"
    assert environment.scripts.parent in Path(module).parents
    everything = all(map(importlib.util.find_spec, EXTRAS))
    tried = run(environment.python, "-I", checkout / "tools/installed.py", "all" if everything else "some", cwd=empty)
    assert re.search(r": \d{3} modules, \d+ data files, 4 calls$", tried.strip())


def test_wheel_works_as_a_zip_on_the_path(
    archives: tuple[Path, Path], new_environment: Callable[[], Environment], empty: Path
) -> None:
    """The wheel needs no unpacking: data are read as resources, not as files."""
    url, module, data = run(new_environment().python, "-c", PROBE, cwd=empty, path=archives[1]).splitlines()
    assert url == "http://127.0.0.1:1/people/a"
    assert Path(module) == archives[1] / "restpath" / "__init__.py"
    assert Path(data) == archives[1] / "restpath" / "resources"


def test_editable_installation_reads_the_checkout(
    checkout: Path, new_environment: Callable[[], Environment], empty: Path, tmp_path: Path
) -> None:
    """An editable installation runs the checkout's code and finds `restpath.resources` in its `resources/`."""
    clone = shutil.copytree(checkout, tmp_path / "clone", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    environment = new_environment()
    environment.install("--editable", clone, cwd=empty)
    url, module, data = run(environment.python, "-c", PROBE, cwd=empty).splitlines()
    assert url == "http://127.0.0.1:1/people/a"
    assert Path(module) == clone / "restpath" / "__init__.py"
    assert Path(data) == clone / "resources"
