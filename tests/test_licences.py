"""What docs/licences.rst says of the packages that restpath stands on, against what is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest

from tests.support.tools import tools

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("packaging"), reason="needs packaging: pip install 'restpath[test]'"
)


@pytest.fixture
def licences() -> Iterator[Any]:
    with tools("licences") as (module,):
        yield module


def test_every_dependency_is_listed_with_its_licence(licences: Any) -> None:
    """What restpath, its extras, its tests and its documentation name; what these need in turn is for `make licences`
    to tell, as a new version of any of them may need something new on any day."""
    assert list(licences.problems(transitive_of=())) == []
    names = {name for extras in licences.TABLES.values() for extra in extras for name in licences.required(extra)}
    assert names - set(licences.listed()) == set()


def test_every_licence_in_the_tables_is_explained(licences: Any) -> None:
    """What a licence asks is said for each that a package has."""
    explained = licences.PAGE.read_text("utf-8").partition("The packages\n")[0]
    parts = {part for _, row in licences.listed().values() for part in licences.parts_of(row)}
    assert len(parts) > 5
    assert [part for part in sorted(parts) if part not in explained] == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ({}, "'Always' lacks\n   * - requests\n     - Apache"),
        ({"requests": ("Always", "MIT")}, "requests says that its licence is 'Apache"),
        (
            {"requests": ("For the tests", "Apache-2.0")},
            "requests is needed for 'Always', and is listed for 'For the tests'",
        ),
    ],
    ids=["not listed", "another licence", "another table"],
)
def test_what_is_amiss_is_told(
    rows: dict[str, tuple[str, str]], told: str, licences: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package without a row, with another licence, or in another table."""
    known = {name: row for name, row in licences.listed().items() if name != "requests"}
    monkeypatch.setattr(licences, "listed", lambda: {**known, **rows})
    found = [problem for problem in licences.problems(transitive_of=()) if "requests" in problem]
    assert len([problem for problem in found if told in problem]) == 1


@pytest.mark.parametrize(
    ("row", "expression", "words", "fits"),
    [
        ("BSD-3-Clause", "BSD-3-Clause", "", True),
        ("BSD-3-Clause", "BSD-2-Clause", "BSD-3-Clause", False),
        ("BSD-3-Clause", None, "BSD", True),
        ("MPL-2.0", None, "Mozilla Public License 2.0 (MPL 2.0)", True),
        ("BSD-3-Clause OR Apache-2.0", None, "BSD 3-Clause OR Apache-2.0", True),
        ("BSD-3-Clause OR Apache-2.0", None, "BSD 3-Clause", False),
        ("MIT", None, "GPL", False),
    ],
)
def test_a_licence_in_other_words_is_known(
    row: str, expression: str | None, words: str, fits: bool, licences: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expression has to be the same; older metadata have to name each part of it."""
    said = metadata.metadata("requests")
    for name, value in (("License-Expression", expression), ("License", words)):
        del said[name]
        if value:
            said[name] = value
    del said["Classifier"]
    monkeypatch.setattr(licences.metadata, "metadata", lambda name: said)
    assert licences.fits(row, "requests") is fits
