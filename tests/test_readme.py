"""The README says what is so: its examples are run in their order, its files are written and read."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from restpath.services.bandpage import conf

README = Path(__file__).parents[1] / "README.rst"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_examples_do_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(conf, "ENDPOINT", conf.ENDPOINT)  # which the examples change
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):  # what the examples write is theirs alone
        monkeypatch.setenv(variable, str(tmp_path / variable))
    text = README.read_text(encoding="utf-8")
    for name, content in re.findall(r"\.\. code-block:: json\n   :name: (\S+)\n\n((?:(?:   .*)?\n)+)", text):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(line[3:] for line in content.splitlines()), encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(text, {}, README.name, str(README), 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(examples, out=said.append)
    assert not result.failed, "".join(said)
    assert result.attempted > 60


def test_the_commands_it_names_are_there() -> None:
    from restpath.cli.commands import commands

    named = set(re.findall(r"^    restpath (\w+) ", README.read_text(encoding="utf-8"), re.MULTILINE))
    assert named == set(commands.commands)
