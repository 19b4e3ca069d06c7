"""YAML data files: the values of YAML 1.2's core schema, and nothing that JSON could not say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.definition.yamlfile import read_yaml
from restpath.errors import DefinitionError

yaml = pytest.importorskip("yaml", reason="needs PyYAML: pip install 'restpath[yaml]'")

NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda i: st.lists(i, max_size=3) | st.dictionaries(st.text(max_size=5), i, max_size=3))


def attempt(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except DefinitionError as error:
        return error


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("Yes", "Yes"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("true", True), ("True", True), ("FALSE", False), ("tRUE", "tRUE"),
        ("null", None), ("~", None), ("NULL", None), ("nil", "nil"),
        ("2026-11-21", "2026-11-21"), ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"), ("10:30", "10:30"),
        ("=", "="), ("<<", "<<"), ("1_000", "1_000"), ("0b11", "0b11"),
        ("010", 10), ("09", 9), ("0o17", 15), ("0x1F", 31), ("-7", -7), ("+7", 7), ("-0", 0),
        ("1.", 1.0), (".5", 0.5), ("-2.5e3", -2500.0), ("1e3", 1000.0), ("1.2.3", "1.2.3"), (".", "."),
        ("'5'", "5"), ('"true"', "true"), ("|\n  5\n", "5\n"), ("''", ""), ('"\\u00e9"', "é"),
        ("5 # five", 5), ("a#b", "a#b"), ("[]", []), ("{}", {}), ("{a: }", {"a": None}), ("- no\n- 1", ["no", 1]),
    ],
)  # fmt: skip
def test_scalars_mean_what_the_core_schema_says(text: str, value: Any) -> None:
    """`no`, dates and times are texts; only true, false, null and numbers are anything else."""
    found = read_yaml(text)
    assert found == value
    assert type(found) is type(value)


@given(JSON)
def test_json_without_tabs_and_control_characters_is_yaml(value: Any) -> None:
    """Any JSON text is read as the same value."""
    text = json.dumps(value)
    assert json.dumps(read_yaml(text)) == text


@given(st.text(max_size=30) | st.text("[]{}:,-?&*!|>'\"#%@`\n ab1", max_size=30))
def test_any_text_gives_plain_values_or_a_definition_error(text: str) -> None:
    """Whatever the text is, nothing but a `DefinitionError` comes of it, and nothing but JSON."""
    found = attempt(lambda: read_yaml(text, "x.yaml"))
    if isinstance(found, DefinitionError):
        assert found.file == "x.yaml"
        assert found.expected
    else:
        assert json.dumps(found, allow_nan=False)


def test_bomb_of_aliases_is_refused_before_it_grows() -> None:
    """Aliases, which can make a small file large, are errors."""
    lines = ["a: &a [x, x]"]
    lines += [f"{name}: &{name} [*{last}, *{last}]" for last, name in itertools.pairwise("abcdefghi")]
    with pytest.raises(DefinitionError, match=r"aliases are not read here \(line 2, column"):
        read_yaml("\n".join(lines))


def test_tags_run_nothing() -> None:
    """A tag that would call something in another loader is an error."""
    with pytest.raises(DefinitionError, match="tags are not read here"):
        read_yaml("!!python/object/apply:os.getcwd []")


@pytest.mark.parametrize("tag", ["!!int '5'", "!!binary aGk=", "!!set {a}", "!!timestamp 2026-11-21", "! 5", "!own a"])
def test_every_tag_is_refused(tag: str) -> None:
    """The harmless tags are refused, too: values are told by how they are written."""
    with pytest.raises(DefinitionError, match="tags are not read here"):
        read_yaml(f"a: {tag}")


@pytest.mark.parametrize("text", ["[" * 20_000, "[" * 20_000 + "]" * 20_000, "- " * 20_000 + "a"])
def test_thousands_of_levels_are_an_error(text: str) -> None:
    """Nesting without end is a `DefinitionError`, not the end of the stack."""
    with pytest.raises(DefinitionError, match="nested too deeply") as caught:
        read_yaml(text)
    assert caught.value.expected == "at most 100 levels"


def test_number_of_thousands_of_digits_is_an_error() -> None:
    """A number that Python would not read is refused like one that no float holds."""
    with pytest.raises(DefinitionError, match="JSON has no number 9999"):
        read_yaml("a: " + "9" * 10_000)


def test_number_of_thousands_of_hexadecimal_digits_is_an_error() -> None:
    """What Python would read and could not write is refused; what it can write is read."""
    with pytest.raises(DefinitionError, match="JSON has no number 0xffff"):
        read_yaml("a: 0x" + "f" * 4000)
    assert json.dumps(read_yaml("a: 0x" + "f" * 2900))


@pytest.mark.parametrize("text", ['a: "\\UFFFFFFFF"', "%YAML 1." + "1" * 5000 + "\n---\na: 1"])
def test_escapes_and_versions_that_nothing_has_are_errors(text: str) -> None:
    """A number that stands for no character or no version is a `DefinitionError`."""
    with pytest.raises(DefinitionError, match="this is no YAML") as caught:
        read_yaml(text, "x.yaml")
    assert caught.value.file == "x.yaml"
