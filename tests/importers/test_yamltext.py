"""YAML of strangers: what it means, and where its bounds are."""

from __future__ import annotations

from typing import Any

import pytest

from restpath.errors import DefinitionError
from restpath.importers import yamltext

pytest.importorskip("yaml")
read = yamltext.read_yaml_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: =", {"a": "="}),
        ("a: 2001-02-30", {"a": "2001-02-30"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2001-12-14t21:59:43.10-05:00", {"a": "2001-12-14t21:59:43.10-05:00"}),
        ("200: x", {"200": "x"}),
        ("on: y", {"on": "y"}),
        ("null: 1", {"null": 1}),
        ("a: 0o17", {"a": 15}),
        ("a: 017", {"a": 17}),
        ("a: 0x1F", {"a": 31}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: .inf", {"a": ".inf"}),
        ("a: 1e999", {"a": "1e999"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: 'true'", {"a": "true"}),
        ("a: True", {"a": True}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: !foo 1", {"a": 1}),
        ("a: !!str 1", {"a": 1}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ("&k a: 1\nb: *k", {"a": 1, "b": "a"}),
        ("a: 1\na: 2", {"a": 2}),
        ("a:\t1", {"a": 1}),
        ("a: 1\t\nb: 2", {"a": 1, "b": 2}),
        ("a: 1\n\t\nb: 2", {"a": 1, "b": 2}),
        ("a: |\n  x\ty\n", {"a": "x\ty\n"}),
        ("---\na: 1\n...\n", {"a": 1}),
        ('{"a": [1, {}]}', {"a": [1, {}]}),
    ],
)
def test_what_a_text_means(text: str, value: Any) -> None:
    found = read(text)
    assert found == value
    assert repr(found) == repr(value)


LAUGHS = "a0: &a0 [" + "x," * 9 + "]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 12))
DEEP = "".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else ''}]\n" for n in range(300))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "it is empty"),
        ("# nothing", "it is empty"),
        ("a: [", "this is no YAML"),
        ("a: *x", "*x"),
        ("a: b: c", "this is no YAML"),
        ("a: 1\n---\nb: 2", "several documents"),
        ("? [a]\n: 1", "as a key"),
        ("a:\n\tb: 1", "this is no YAML"),
        ("a: &x [*x]", "*x"),
        ("[" * 500, "nested too deeply"),
        (LAUGHS, "too much in it"),
        (DEEP, "nested too deeply"),
        ("a: \x07", "this is no YAML"),
        ("&x {a: 1}: 2", "as a key"),
        ("a: &x {}\n*x : 1", "as a key"),
        ("a: {<<: [[]]}", "takes in what is no mapping"),
        ("@", "this is no YAML"),
    ],
)
def test_what_is_none_or_grows_beyond_bounds_is_an_error(text: str, part: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(text, "a.yaml")
    assert part in str(caught.value)
    assert caught.value.file == "a.yaml"


@pytest.mark.parametrize("own", [True, False], ids=["as it is", "without libyaml"])
@pytest.mark.parametrize("text", ['a: "\\UFFFFFFFF"', 'a: "\\uD800"', "%YAML 1." + "1" * 5000 + "\n---\na: 1"])
def test_numbers_that_stand_for_nothing_are_errors(text: str, own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not own:
        monkeypatch.delattr("yaml.CBaseLoader", raising=False)
    with pytest.raises(DefinitionError):
        read(text)


def test_a_hexadecimal_number_that_python_cannot_write_stays_text() -> None:
    assert read("a: 0x" + "f" * 4000) == {"a": "0x" + "f" * 4000}
    assert repr(read("a: 0x" + "f" * 2900))
