"""`completion`: the scripts, in the shells themselves, and the words as each of them wants them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from restpath.cli.shells import split_line
from tests.support.library import write_library
from tests.support.terminal import Terminal

Command = Callable[..., Any]

BREAKS = " \t\n\"'@><=;|&(:"


def _shell(name: str) -> Any:
    there = shutil.which(name) is not None and sys.platform != "win32"
    return pytest.mark.skipif(not there, reason=f"there is no {name} here")


@pytest.fixture(autouse=True)
def environment(shop_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service, and a program called restpath, as it stands in a person's PATH."""
    write_library(shop_files.parent)
    program = tmp_path / "bin" / "restpath"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m restpath "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


# ---- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words", "quoted"),
    [
        ("", [""], ""),
        ("restpath ", ["restpath", ""], ""),
        ("restpath  get a/b", ["restpath", "get", "a/b"], ""),
        ("x 'a b' c", ["x", "a b", "c"], ""),
        ("x 'a b", ["x", "a b"], "'"),
        ('x "a\\"b c', ["x", 'a"b c'], '"'),
        ('x "a\\b', ["x", "a\\b"], '"'),
        ("x a\\ b", ["x", "a b"], ""),
        ("x ''", ["x", ""], ""),
        ("x '' y", ["x", "", "y"], ""),
        ("x a'b'c", ["x", "abc"], ""),
    ],
)
def test_a_line_is_parted_as_shells_do(line: str, words: list[str], quoted: str) -> None:
    assert split_line(line) == (words, quoted)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("restpath get lib", ["w library/"]),
        ("restpath get library/books sort==t", ["p title"]),
        ("restpath get library/books 'sort==t", ["w sort==title"]),
        ('restpath get library/books "sort==t', ["w sort==title"]),
        ("restpath get library/members/:", ["w me", "w me/"]),
        ("restpath post library/books/7:", ["p lend"]),
        ("restpath get library/members/a\\ b/lo", ["p library/members/a\\ b/loans"]),
        ("restpath get 'library/members/a b/lo", ["w library/members/a b/loans"]),
        ("restpath get library/books --output=js", ["p json"]),
        ("restpath post library/books au", ["w author.name=", "w author.born:="]),
        ("restpath", ["p get"]),
        ("restpath tree library/members/", ["w library/members/:me", "w library/members/{username}"]),
    ],
)
def test_bash_is_told_what_goes_into_its_line(command: Command, line: str, answer: list[str]) -> None:
    ran = command("completion", "--answer", "bash", "--", line, BREAKS)
    assert ran.status == 0
    words = [" ".join(row.split("\t")[:2]) for row in ran.out.splitlines()]
    assert words[: len(answer)] == answer


def test_bash_that_breaks_words_nowhere_gets_them_whole(command: Command) -> None:
    ran = command("completion", "--answer", "bash", "--", "restpath get library/books sort==t", " \t\n")
    assert ran.out.split("\t")[1] == "sort==title"


def test_a_file_with_a_strange_name_is_quoted(command: Command, tmp_path: Path) -> None:
    for name in ("a b.txt", "c'd.txt", "e$f.txt"):
        (tmp_path / name).touch()
    line = "restpath post library/books x@"
    ran = command("completion", "--answer", "bash", "--", line, BREAKS)
    words = [row.split("\t")[1] for row in ran.out.splitlines()]
    assert {"a\\ b.txt", "c\\'d.txt", "e\\$f.txt"} <= set(words)


@pytest.mark.parametrize(("shell", "begun"), [("zsh", "library/members/a b/lo"), ("fish", '"library/members/a b/lo')])
def test_the_others_are_told_whole_words_as_they_are(command: Command, shell: str, begun: str) -> None:
    ran = command("completion", "--answer", shell, "--", "get", begun)
    assert ran.out == "p\tlibrary/members/a b/loans\tGET\n"
    ran = command("completion", "--answer", shell, "--", "get", "library/books", "sort==t")
    assert ran.out == "p\tsort==title\t\n"


def test_an_answer_is_nothing_but_lines_of_words(command: Command) -> None:
    assert command("completion", "--answer", "bash").status == 0
    ran = command("completion", "--answer", "bash", "--", "restpath get nowhere/", BREAKS)
    assert (ran.status, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("words", [[], ["tcsh"], ["bash", "zsh"]])
def test_a_shell_has_to_be_said(command: Command, words: list[str]) -> None:
    ran = command("completion", *words)
    assert (ran.status, ran.out) == (2, "")
    assert "restpath completion bash|zsh|fish" in ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_says_where_to_put_it(command: Command, shell: str) -> None:
    ran = command("completion", shell)
    assert ran.status == 0
    assert f"restpath completion {shell}" in ran.out.split("\n\n")[0]


# ---- bash ----------------------------------------------------------------------------------------------------------


def _bash(line: str) -> list[str]:
    """What bash has when Tab is pressed behind a line."""
    program = (
        'eval "$(restpath completion bash)"; COMP_LINE=$1; COMP_POINT=${#COMP_LINE}; COMP_WORDBREAKS=$2;'
        "_restpath_completion restpath; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program, "bash", line, BREAKS], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@_shell("bash")
def test_bash_completes() -> None:
    assert _bash("restpath comp") == ["completion "]
    assert _bash("restpath get library/members/ann/") == ["library/members/ann/loans "]
    assert _bash("restpath get library/books sort==") == ["title ", "year "]
    assert _bash("restpath get library/books li") == ["limit=="]


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Type into an interactive bash, and wait for what comes of it."""
    env = {**os.environ, "TERM": "dumb", "PS1": "ready> ", "HISTFILE": ""}
    with Terminal(["bash", "--norc", "--noprofile", "-i"], env, columns=200) as terminal:
        terminal.type("bind 'set enable-bracketed-paste off'; eval \"$(restpath completion bash)\"; echo st''arted\n")
        terminal.until("started")
        number = 0

        def typed(text: str, expected: str) -> None:
            nonlocal number
            number += 1
            before = len(terminal.text)
            terminal.type(text)
            terminal.until(expected, after=before)
            terminal.type(f"\x15echo do''ne-{number}\n")
            terminal.until(f"done-{number}", after=before)

        yield typed


@_shell("bash")
def test_bash_completes_what_is_typed(bash: Callable[[str, str], None]) -> None:
    bash("restpath get library/members/:me/lo\t", "library/members/:me/loans ")
    bash("restpath get library/books lim\t", "limit==")
    bash("restpath get library/books sort==y\t", "sort==year ")
    bash("restpath get 'library/members/a b/lo\t", "'library/members/a b/loans'")
    bash("restpath get library/members/a\\ b/lo\t", "library/members/a\\ b/loans ")
    bash("restpath get library/books --set user\t", "--set username=")


# ---- zsh and fish --------------------------------------------------------------------------------------------------


@_shell("zsh")
def test_zsh_completes_what_is_typed() -> None:
    env = {**os.environ, "TERM": "xterm"}
    with Terminal(["zsh", "-f", "-i"], env, columns=200) as terminal:
        terminal.type("autoload -U compinit; compinit -u -D; eval \"$(restpath completion zsh)\"; echo st''arted\n")
        terminal.until("started")
        for typed, expected in (
            ("restpath get library/members/:me/lo\t", "library/members/:me/loans "),
            ("restpath get library/books lim\t", "limit=="),
            ("restpath get library/books sort==y\t", "sort==year "),
            ("restpath show library/books/\t", "GET PUT DELETE A book"),
        ):
            before = len(terminal.text)
            terminal.type(f"\x15{typed}")
            terminal.until(expected, after=before)


@_shell("fish")
def test_fish_completes() -> None:
    program = 'restpath completion fish | source; complete -C "$ASKED"'

    def asked(line: str) -> list[str]:
        env = {**os.environ, "ASKED": line}
        done = subprocess.run(["fish", "-N", "-c", program], capture_output=True, text=True, check=True, env=env)
        return done.stdout.splitlines()

    assert asked("restpath get library/members/ann/lo") == ["library/members/ann/loans\tGET"]
    assert asked("restpath get library/books lim") == ["limit==\tinteger How many at most."]
    assert sorted(asked("restpath get library/books sort==")) == ["sort==title", "sort==year"]
    assert asked('restpath get "library/members/a b/lo') == ["library/members/a b/loans\tGET"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_what_data_says_of_a_word_steers_no_terminal(command: Command, shop_files: Path, shell: str) -> None:
    resources = json.loads((shop_files / "resources.json").read_text(encoding="utf-8"))
    resources["/orders"]["title"] = "Or\x1b]0;x\x07d\x9bers\tall"
    (shop_files / "resources.json").write_text(json.dumps(resources), encoding="utf-8")
    ran = command("completion", "--answer", shell, "--", "get", "shop/or")
    assert ran.out.splitlines()[0] == "w\tshop/orders\tGET POST HEAD OPTIONS Or\\x1b]0;x\\x07d\\x9bers all"
    assert ran.out.replace("\t", "").replace("\n", "").isprintable()
