"""
What holds for the repository as a whole: what its files may not contain, and which module may import which.

The map of imports is house style: data flow down `ROWS`, imports point up. A module that is new needs its row here.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import FunctionType

import pytest

import restpath
from restpath.version import __version__

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "restpath"
NOT_SOURCE = {"build", "dist", "__pycache__"}
HIDDEN_SOURCE = {".ci", ".gitignore"}

# From the top of the map to its bottom. A module may import from the rows above its own and from its own row;
# a package stands for all that is in it.
ROWS = (
    "version once regex types records masking errors",
    "template values mixed judging shaping",
    "definition",
    "importers",
    "bytext",
    "tree",
    "place grafting",
    "later phrasing",
    "items resolving",
    "path",
    "expanding",
    "fields body sources multipart",
    "call content carried heading querying composing",
    "building filling",
    "finding urls refusals reply",
    "redirects links turning pagination retry resuming",
    "auth",
    "operations named walking curl describing provenance learning observing recordings",
    # above: pure, values in and values out; below: allowed to touch the world
    "edge",
    "logins",
    "keeping",
    "searching giving",
    "proving",
    "exchange client",
    "carrying firsttry learner gathering importing",
    "following",
    "core",
    "connecting crediting",
    "authorizing",
    "testing",
    "mock",
    "services",
    "bulk",
    "cli",
    "__main__",
)
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row.split()}
PURE = RANK["edge"]
FACES = {"services", "mock", "cli"}  # they may use the public names of `restpath` itself
# Sending, waiting and starting programs is for the modules below the line. (Files that a caller hands over are read
# above it, by `sources`.)
TOUCHING = {"requests", "socket", "ssl", "select", "selectors", "subprocess", "asyncio", "time", "http.client"}


# What a path is made of is read by the modules that are parts of it, and by the one that makes a call of it.
OF_PATHS = {"_root", "_node", "_values", "_names", "_suffix", "_at", "_in"}
PARTS_OF_PATHS = {"path", "phrasing", "items", "resolving", "finding", "urls", "building", "filling", "later"}
# Names of others' that begin so and are meant for all: a named tuple's method, the interpreter's frames, and what
# jsonschema has no other way to.
OTHERS = {"_replace", "_getframe", "_resolver", "_asdict"}


# The parts are joined here so that this file does not contain what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?:file://|(?<![\w./}]))/(?:work|root|home/\w+)/",
    "the host name of a package registry": "|".join(
        (r"\bpypi" + r"\.org", r"pythonhosted" + r"\.org", r"registry\." + r"npmjs\.org")
    ),
    "a merge marker": r"^(?:<{7}|>{7}|\|{7}) ",
}


def committed_files() -> list[Path]:
    """Every file that is or would be committed; without git or outside a clone, every file that tools did not make."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        except FileNotFoundError:
            pass
        else:
            if done.returncode == 0:
                names = os.fsdecode(done.stdout).split("\0")
                return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    return list(_walk(ROOT))


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        name = entry.name
        if name in NOT_SOURCE or name.endswith(".egg-info") or (name[0] == "." and name not in HIDDEN_SOURCE):
            continue
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def modules() -> dict[str, Path]:
    """The package's modules, by their names without `restpath.`; the package itself is the empty name."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


def row_of(module: str) -> str:
    return module.partition(".")[0]


class _Imports(ast.NodeVisitor):
    """Collects the names of what a module imports when it runs, wherever in it; not for type checkers alone."""

    def __init__(self, module: str, is_package: bool) -> None:
        self.names: list[str] = []
        self._package = ("restpath." + module).rstrip(".").split(".")[: None if is_package else -1]

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.names += [alias.name for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self._package[: len(self._package) - node.level + 1] if node.level else []
        source = ".".join([*base, *filter(None, [node.module])])
        self.names += [f"{source}.{alias.name}" for alias in node.names]


@cache
def imports_of(module: str) -> list[str]:
    """Everything that a module imports, as dotted names; `from a import b` counts as `a.b`."""
    visitor = _Imports(module, MODULES[module].name == "__init__.py")
    visitor.visit(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    return visitor.names


def inner_imports(module: str) -> set[str]:
    """The modules of the package that a module imports; the package itself is the empty name."""
    found = set()
    for name in imports_of(module):
        first, _, rest = name.partition(".")
        if first == "restpath" and row_of(rest) != "resources":
            while rest and rest not in MODULES:  # the last part may be a name in a module
                rest = rest.rpartition(".")[0]
            found.add(rest)
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_contains(what: str) -> None:
    """No committed file contains a path of one machine, the host name of a package registry or a merge marker."""
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    found = []
    for file in committed_files():
        text = file.read_bytes().decode("utf-8", "replace")
        found += [f"{file.relative_to(ROOT)}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []


def test_no_link_is_committed() -> None:
    """A link leads to a place of one machine, or to nothing on a system that has none."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no clone, or there is no git here")
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line for line in listed.splitlines() if line.startswith("120000")] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /ro" + "ot/.config"),
        ("a path of one machine", '"/ho' + 'me/ann/x"'),
        ("the host name of a package registry", "https://py" + "pi.org/simple"),
        ("a merge marker", "a\n<<<" + "<<<< HEAD\n"),
    ],
)
def test_forbidden_text_is_recognised(what: str, text: str) -> None:
    """What is looked for in the files would be found."""
    assert re.search(FORBIDDEN[what], text, re.MULTILINE)


@pytest.mark.parametrize("text", ["/people/root/", "https://example.com/home/ann/x", "Changes\n=======\n"])
def test_ordinary_text_is_not_forbidden(text: str) -> None:
    """URLs and headings are not taken for paths of a machine and merge markers."""
    assert not any(re.search(pattern, text, re.MULTILINE) for pattern in FORBIDDEN.values())


def test_walk_finds_what_git_lists() -> None:
    """Where git is missing, the same files are looked at."""
    assert set(_walk(ROOT)) >= {ROOT / name for name in ("setup.cfg", ".gitignore", ".ci/run", "restpath/errors.py")}
    assert not [file for file in _walk(ROOT) if {".git", ".venv", "__pycache__"} & set(file.parts)]


def test_version_is_the_same_everywhere() -> None:
    """setup.cfg, the package and the top section of CHANGES.rst name one version."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "setup.cfg", encoding="utf-8")
    text = (ROOT / "CHANGES.rst").read_text(encoding="utf-8")
    sections = re.findall(r"^(\S.*)\n-{3,}$", text, re.MULTILINE)
    assert sections[0].split()[0] == metadata["metadata"]["version"] == __version__


def test_no_module_bears_the_name_of_a_public_function() -> None:
    """A module called as a public function is would hide it, as soon as anything imports the module."""
    public = {name for name in restpath.__all__ if isinstance(getattr(restpath, name), FunctionType)}
    assert {"connect", "read", "url"} <= public
    assert [module for module in MODULES if module.rpartition(".")[2] in public] == []


def test_public_names_exist() -> None:
    """Each name in `restpath.__all__` is there, once."""
    assert len(set(restpath.__all__)) == len(restpath.__all__)
    assert [name for name in restpath.__all__ if not hasattr(restpath, name)] == []


def test_every_module_has_its_row() -> None:
    """The map of imports knows every module of the package."""
    assert {row_of(module) for module in MODULES} - {""} - set(RANK) == set()


@pytest.mark.parametrize("module", [module for module in MODULES if row_of(module) in RANK])
def test_module_imports_from_above_alone(module: str) -> None:
    """A module imports from the rows above its own; only faces import the public names of `restpath` itself."""
    row = row_of(module)
    allowed = {name for name, rank in RANK.items() if rank <= RANK[row]} | ({""} if row in FACES else set())
    assert {name for name in inner_imports(module) if row_of(name) not in allowed} == set()


def _own_names(tree: ast.Module) -> set[str]:
    """Every name that a module makes: functions, classes, variables, attributes and slots."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Store):
            found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)  # __slots__
    return found


def _foreign_insides(text: str, own: bool = False) -> set[str]:
    """
    The names with an underscore that a module takes from another: by import, or as an attribute that it does not make.

    Args:
        own: it is a part of a path, and may read what that is made of.
    """
    tree, found = ast.parse(text), set()
    known = _own_names(tree) | OTHERS | (OF_PATHS if own else set())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names if (node.module or "").partition(".")[0] == "restpath"}
        elif isinstance(node, ast.Attribute) and node.attr not in known:
            is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            found |= set() if is_own or ast.unparse(node.value) == "super()" else {node.attr}
    return {name for name in found if name.startswith("_") and not name.endswith("__")}


@pytest.mark.parametrize("module", MODULES)
def test_no_module_reads_the_insides_of_another(module: str) -> None:
    """What begins with an underscore is its own module's: others use what that module means for them."""
    text = MODULES[module].read_text(encoding="utf-8")
    assert _foreign_insides(text, own=module in PARTS_OF_PATHS) == set()


@pytest.mark.parametrize(
    "text", ["from restpath.core import _x", "core._x()", "f(client)._x.y", "import a\na._x = a._y"]
)
def test_foreign_insides_are_recognised(text: str) -> None:
    """What is looked for in the modules would be found."""
    assert _foreign_insides(text)


def test_own_insides_are_not_foreign() -> None:
    """A module may read what it makes, and a class what it inherits."""
    assert _foreign_insides("class A:\n def _x(self): return self._y\ndef f(a): return a._x") == set()


def test_imports_go_in_no_circle() -> None:
    """Within a row, too, one module comes before the other."""
    graph = {module: inner_imports(module) - {module, ""} for module in MODULES if module}
    list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", [module for module in MODULES if RANK.get(row_of(module), PURE) < PURE])
def test_pure_module_imports_nothing_that_sends_or_waits(module: str) -> None:
    """Left of the transport nothing sends, waits or starts a program: an asynchronous client is to stand on it too."""
    assert {name for name in imports_of(module) if any(f"{name}.".startswith(f"{top}.") for top in TOUCHING)} == set()


def test_import_is_light() -> None:
    """`import restpath` loads neither requests nor jsonschema; they come when they are first needed."""
    program = "import sys, restpath; print(*{'requests', 'urllib3', 'jsonschema'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_no_services_name_stands_outside_its_own_places() -> None:
    """What only one service needs is its module's; anything else is a word of the data."""
    names = sorted(folder.name for folder in (ROOT / "resources").iterdir() if (folder / "service.json").is_file())
    # One of them is also a function of Python's: as a service it stands in quotes, or in capitals.
    spoken = "|".join(name for name in names if name != "max")
    word = re.compile(rf"\b(?i:{spoken})\b|\bMAX\b|[\"'`]max[\"'`/]|\brestpath (?:\w+ )?max\b")
    texts = {name: file.read_text("utf-8") for name, file in MODULES.items() if row_of(name) != "services"}
    assert len(names) >= 4
    assert [(name, found.group()) for name, text in texts.items() if (found := word.search(text))] == []
