"""
The pages of `docs/` say what is so: their examples are run in their order, against mocks and as programs.

In a page, Python's prompts are doctests; a block of the kind `console` holds commands, each behind `$ `, with what they
print (`...` stands for anything); a block of the kind `text` that begins with the prompt of a shell is typed into
`restpath shell`; a block with a caption is a file of that name. `restpath mock` goes on until the page ends, and its
port is another one than the page says. Further blocks are only read.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import restpath
from restpath.cli.main import run
from restpath.services.bandpage import conf
from tests.support.programs import run_program
from tests.support.transcripts import is_transcript, replay

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = {file.relative_to(DOCS).with_suffix("").as_posix(): file for file in sorted(DOCS.rglob("*.rst"))}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_FOR_A_SHELL = re.compile(r"[|<>;&$`*]")
_BLOCK = re.compile(r"\.\. code-block:: (\w+)")


class Block(NamedTuple):
    """A part of a page: what kind it is, its caption, where it begins, and its text."""

    kind: str
    caption: str
    line: int
    text: str


def blocks(page: str) -> Iterator[Block]:
    """Cut a page into its blocks of code and what is between them, of no kind."""
    lines = page.splitlines(keepends=True)
    at, begun = 0, 0
    while at < len(lines):
        found = _BLOCK.match(lines[at])
        if found is None:
            at += 1
            continue
        yield Block("", "", begun, "".join(lines[begun:at]))
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or lines[end].startswith("   ")):
            end += 1
        inner = [line[3:] if line.strip() else "\n" for line in lines[at + 1 : end]]
        options = [line for line in inner if line.startswith(":")]
        caption = next((line.partition(": ")[2].strip() for line in options if line.startswith(":caption:")), "")
        text = "".join(inner[len(options) :]).strip("\n") + "\n"
        yield Block(found[1], caption, at + 1, text)
        at = begun = end
    yield Block("", "", begun, "".join(lines[begun:]))


def has_examples(page: str) -> bool:
    return ">>> " in page or ".. code-block:: console" in page


class Reader:
    """Somebody who does all that a page says, in a folder of their own."""

    def __init__(self, page: str, monkeypatch: pytest.MonkeyPatch, until: contextlib.ExitStack, folder: Path) -> None:
        self.page, self.environment, self._until, self._folder = page, monkeypatch, until, folder
        self._names: dict[str, Any] = {}
        self._ports: dict[str, str] = {}
        self._status = 0
        self.done = 0

    def read(self, text: str) -> None:
        """Do what a page says, from its beginning to its end."""
        for block in blocks(text):
            said = self._here(block.text)
            if not block.kind:
                self._python(said, block.line)
            elif block.kind == "console":
                self._console(said, block.line)
            elif is_transcript(said):
                self._shell_of(said)
            elif block.caption:
                file = Path(block.caption).expanduser()
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(said, encoding="utf-8")

    def _here(self, text: str) -> str:
        for there, here in self._ports.items():
            text = text.replace(there, here)
        return text

    def _python(self, text: str, line: int) -> None:
        test = doctest.DocTestParser().get_doctest(text, {}, self.page, self.page, line)
        test.globs = self._names
        said: list[str] = []
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append, clear_globs=False)
        assert not result.failed, "".join(said)
        self.done += result.attempted

    def _console(self, text: str, line: int) -> None:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, wanted = self._here(re.sub(r"\\\n> ", "", part)).partition("\n")
            printed = self._command(command)
            wanted = self._here(wanted)
            assert doctest.OutputChecker().check_output(wanted, printed, FLAGS), (
                f"{self.page}, in the block at line {line}\n$ {command}\nshould print\n{wanted}and printed\n{printed}"
            )
            self.done += 1

    def _command(self, command: str) -> str:
        if command == "echo $?":
            return f"{self._status}\n"
        if named := re.fullmatch(r"export (\w+)=(.*)", command):
            self.environment.setenv(named[1], shlex.split(named[2])[0])
            return ""
        if mocked := re.fullmatch(r"restpath mock (\S+) --port (\d+)", command):
            return self._mock(mocked[1], mocked[2])
        if command.startswith("restpath ") and not _FOR_A_SHELL.search(re.sub(r"'[^']*'", "", command)):
            return self._restpath(shlex.split(command)[1:])
        return self._shell(command)

    def _shell_of(self, transcript: str) -> None:
        service = transcript.partition(">")[0].partition("/")[0]
        replay(transcript, [service], cwd=self._folder, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
        self.done += 1

    def _mock(self, service: str, port: str) -> str:
        words = [sys.executable, "-m", "restpath", "mock", service]
        url = self._until.enter_context(run_program(words, r"(http://127\.0\.0\.1:[0-9]+)", folder=self._folder))
        self._ports[f"127.0.0.1:{port}"] = url.removeprefix("http://")
        return f"{url}\n"

    def _restpath(self, arguments: list[str]) -> str:
        """Run our own command in this process, which is quicker, both of its streams going to one place."""
        printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            self._status = run(arguments)
        return printed.buffer.getvalue().decode()  # type: ignore[attr-defined,no-any-return]

    def _shell(self, command: str) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["sh", "-c", command], cwd=self._folder, env={**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
        )  # fmt: skip
        self._status = done.returncode
        return done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in, a home of its own, and an environment that examples may change."""
    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(conf, "ENDPOINT", conf.ENDPOINT)  # which examples change
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / ".local" / "share"))
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", [name for name, file in PAGES.items() if has_examples(file.read_text("utf-8"))])
def test_examples_do_what_the_page_says(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGES[page].read_text(encoding="utf-8")
    if shutil.which("sh") is None and ".. code-block:: console" in text:
        pytest.skip("its commands are for a shell that is not here")
    with contextlib.ExitStack() as until:
        reader = Reader(page, monkeypatch, until, folder)
        reader.read(text)
    assert reader.done


def test_a_wrong_example_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose Python or whose commands print something else than it says fails its test."""
    console = ".. code-block:: console\n\n   $ restpath services\n   nothing at all\n"
    for wrong in (">>> 1 + 1\n3\n", console):
        with contextlib.ExitStack() as until, pytest.raises(AssertionError, match=r"1 \+ 1|nothing at all"):
            Reader("wrong", monkeypatch, until, folder).read(wrong)


@pytest.mark.parametrize("page", [name for name in PAGES if name.startswith(("howto/", "tutorial", "coming"))])
def test_every_page_of_instructions_has_examples_that_run(page: str) -> None:
    assert has_examples(PAGES[page].read_text(encoding="utf-8"))


def test_tests_that_the_page_on_security_names_are_there() -> None:
    named = re.findall(r"``(tests/[\w/.*]+)``", PAGES["security"].read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [name for name in named if not list(ROOT.glob(name))] == []


def test_pages_and_files_that_the_readme_names_are_there() -> None:
    named = re.findall(r"``((?:docs|resources)/[\w/.]+)``", (ROOT / "README.rst").read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_reference_has_every_public_name_once() -> None:
    """The page of the Python names documents all of `restpath.__all__`."""
    text = PAGES["reference/python"].read_text(encoding="utf-8")
    named = re.findall(r"^\.\. auto\w+:: restpath\.(\w+)$", text, re.MULTILINE)
    assert sorted(named) == sorted(restpath.__all__)


# ---- what the site makes by itself -------------------------------------------------------------------------------


def extension(name: str) -> ModuleType:
    """Load a module of the site."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / "_ext" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def schema_pages() -> Any:
    return extension("schemas")


SCHEMAS = {file.name.partition(".")[0]: file for file in (ROOT / "resources" / "schema").glob("*.schema.json")}


def schemas() -> dict[str, Any]:
    return {kind: json.loads(file.read_text(encoding="utf-8")) for kind, file in SCHEMAS.items()}


def words_of(schema: Any) -> Iterator[str]:
    """Every word that a schema has anywhere."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for key, each in schema.items():
            if key not in ("examples", "if", "then", "else"):
                yield from words_of(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from words_of(each)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_reference_has_every_word_of_the_data_format(kind: str, schema_pages: Any) -> None:
    """Each word of a JSON Schema has its heading on the pages that are made of it, the mock's on one of their own."""
    made = "".join(file.read_text(encoding="utf-8") for file in PAGES.values())
    assert f".. data-format:: {kind}\n" in made
    pages = schema_pages.SchemaPages(schemas())
    lines = [*pages.lines(kind), *pages.lines(kind, mock=True)]
    headed = {line.strip("`") for line, below in pairwise(lines) if below.startswith("~~")}
    assert headed == set(words_of(schemas()[kind]))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_word_of_the_data_format_has_a_meaning(kind: str, schema_pages: Any) -> None:
    """Below each heading there is a sentence, beside its type."""
    pages = schema_pages.SchemaPages(schemas())
    words = "\n".join([*pages.lines(kind), *pages.lines(kind, mock=True)]).split("\n.. _word-")[1:]
    bare = [word.splitlines()[0] for word in words if not re.search(r"^:Type: .*\n(?::.*\n)*\n\w", word, re.MULTILINE)]
    assert words
    assert bare == []


def test_reference_tells_type_default_values_and_meaning(schema_pages: Any) -> None:
    """A word of a schema becomes a heading with all that the schema says of it; a default said in words is found."""
    schema = {
        "properties": {
            "size": {"enum": ["big", "small"], "description": "how big it is (small unless said otherwise)"},
            "more": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 1}}},
            "all": {"type": "array", "items": {"type": "string"}, "examples": [["a_b"]]},
        }
    }
    text = "\n".join(schema_pages.SchemaPages({"service": schema}).lines("service"))
    assert ":Type: one of the values\n:Default: small\n:Values: ``big``, ``small``\n\nHow big it is." in text
    assert ":Type: :ref:`more <format-service-more>`" in text
    assert ":Type: whole number, at least 1\n:Needed: yes" in text
    assert ":Type: list of text" in text
    assert '{"all": ["a_b"]}' in text


@pytest.mark.parametrize(
    ("page", "name"),
    [("howto/own_service", ""), ("howto/authorization", "scheme"), ("howto/authorization", "token"),
     ("howto/pages", "pages")],
)  # fmt: skip
def test_tables_of_words_are_whole(page: str, name: str) -> None:
    """Where a guide has the words of an object at a glance, it has all of them, but those that only describe."""
    document = schemas()["service"]
    words = (document["$defs"][name] if name else document)["properties"]
    told = set(re.findall(r"^``(\w+)`` ", PAGES[page].read_text(encoding="utf-8"), re.MULTILINE))
    described = {"$schema", "documentation", "mock", "service", "source", "title", "variables"}
    assert set(words) - described - told == set()


def test_a_schema_that_the_reference_has_no_words_for_is_an_error(schema_pages: Any) -> None:
    pages = schema_pages.SchemaPages({"service": {"properties": {"a": {"type": "string", "contentEncoding": "x"}}}})
    with pytest.raises(ValueError, match="contentEncoding"):
        list(pages.lines("service"))


def test_examples_in_the_schemas_are_right() -> None:
    """Whatever a schema gives as an example of a word is good by that schema."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    documents = schemas()
    registry: Any = Registry().with_resources(
        (each["$id"], Resource.from_contents(each)) for each in documents.values()
    )

    def examples(schema: Any, root: str) -> Iterator[tuple[Any, Any, str]]:
        if isinstance(schema, dict):
            yield from ((example, schema, root) for example in schema.get("examples", ()))
            for each in schema.values():
                yield from examples(each, root)

    found = [each for document in documents.values() for each in examples(document, document["$id"])]
    assert found
    for example, schema, root in found:
        local = {**schema, "$id": f"{root}/example", "$defs": documents[root.rpartition(":")[2]]["$defs"]}
        Draft202012Validator(local, registry=registry).validate(example)


def test_reference_has_every_command_and_option() -> None:
    """The page of the command line has each command of the help, and each option of each command."""
    from restpath.cli.commands import COMMANDS, commands

    lines = list(extension("commands").command_lines(commands, {name: each.group for name, each in COMMANDS.items()}))
    headings = [line for line, below in pairwise(lines) if below.startswith("~~")]
    assert headings == [f"restpath {name}" for name in COMMANDS]
    said = {option for line in lines for option in re.findall(r"(?<![\w-])--[a-z-]+", line)}
    shown = [each for name in COMMANDS for each in commands.commands[name].params if not getattr(each, "hidden", False)]
    options = {name for option in shown for name in option.opts}
    assert {name for name in options if name.startswith("--")} <= said


def test_docstrings_become_fields() -> None:
    """The sections of our docstrings are fields, an error of several has its own, and code stays code."""
    text = """Do it: at once.

    do_it(1)
    do_it(2)

Args:
    one: the first,
        which goes on.
    *rest: the others.
Raises:
    KeyError, OSError: it is gone.
Returns:
    nothing: there is none.
Source: RFC 9110
section 1.
"""
    assert [line for line in extension("docstrings").adapt(text.splitlines()) if line] == [
        "Do it: at once.", "::", "    do_it(1)", "    do_it(2)",
        ":param one: the first, which goes on.", r":param \*rest: the others.",
        ":raises KeyError: it is gone.", ":raises OSError: it is gone.",
        ":returns: nothing: there is none.",
        ":Source: RFC 9110 section 1.",
    ]  # fmt: skip


@pytest.mark.skipif(not importlib.util.find_spec("sphinx"), reason="needs Sphinx: pip install 'restpath[docs]'")
def test_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """All pages, references among them, are made; any warning is an error, and nothing is fetched."""
    strictly = ["-W", "--keep-going", "-n", "-q", "-b", "html", "-d", str(tmp_path / "doctrees")]
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *strictly, "docs", str(tmp_path / "site")],
        cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = {file.relative_to(tmp_path / "site").with_suffix("").as_posix() for file in tmp_path.rglob("site/**/*.html")}
    assert set(PAGES) <= made
    assert "restpath.connect" in (tmp_path / "site" / "reference" / "python.html").read_text("utf-8")
