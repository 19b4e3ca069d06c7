"""The fixed part of the corpus run: descriptions among the test cases, walked to as `make corpus` walks to all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.tools import tools

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
JOBS, ODD = CASES / "discovery_jobs.json", CASES / "discovery_odd.json"

REFERRING = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example.com"}],
    "paths": {
        "/pets/{id}": {"$ref": "#/components/pathItems/pet~1one"},
        "/pets/{id}:cancel": {"post": {"operationId": "cancel"}},
        "/pets?old=true": {"get": {}},
        "/pets": {"$ref": "beside.json#/shared%20items/0", "get": {"operationId": "list"}},
        "x-note": {"get": {}},
    },
    "x-ms-paths": {"/pets#bulk": {"post": {}}},
    "components": {"pathItems": {"pet/one": {"get": {}, "delete": {}, "summary": "One pet"}}},
}
BESIDE = {"shared items": [{"post": {"operationId": "add"}}]}


@pytest.fixture(name="tools")
def _tools() -> Iterator[Any]:
    with tools("corpus", "count_operations", "reach") as (corpus, count_operations, reach):
        yield SimpleNamespace(corpus=corpus, count=count_operations, reach=reach)


@pytest.fixture
def referring(tmp_path: Path) -> Path:
    (tmp_path / "beside.json").write_text(json.dumps(BESIDE))
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(REFERRING), encoding="utf-8-sig")
    return file


# ---- the counter ----


def test_the_counter_follows_path_items_wherever_they_are(tools: Any, referring: Path) -> None:
    counted = tools.count.operations_in(referring, tools.count.read_file(referring))
    assert {(each.method, each.path, each.name) for each in counted} == {
        ("GET", "/pets/{id}", None), ("DELETE", "/pets/{id}", None), ("POST", "/pets/{id}:cancel", "cancel"),
        ("GET", "/pets?old=true", None), ("GET", "/pets", "list"), ("POST", "/pets", "add"),
        ("POST", "/pets#bulk", None),
    }  # fmt: skip


def test_the_counter_counts_discovery_methods_however_they_are_nested(tools: Any) -> None:
    counted = tools.count.operations_of(json.loads(JOBS.read_text()))
    assert len(counted) == 11
    assert {each.also for each in counted if each.name == "jobs.projects.delete"} == {"/v1/{+name}"}


def test_the_counter_does_not_import_restpath(tools: Any) -> None:
    assert "restpath" not in (ROOT / "tools" / "count_operations.py").read_text().partition('"""\n\nfrom')[2]


# ---- the walk ----


@pytest.mark.parametrize("file", [JOBS, ODD], ids=["jobs", "odd"])
def test_every_discovery_operation_is_reached_in_each_way(tools: Any, file: Path) -> None:
    found = tools.reach.walk_file(file)
    assert found["problem"] is None
    there = found["asked"]["template"]
    assert there == {JOBS: 11, ODD: 7}[file]  # two of the odd ones can be no operations
    for way in ("template", "chain", "back"):
        assert found["reached"][way] == there, found["misses"]
    for way in ("name", "also"):
        assert found["reached"][way] == found["asked"][way], found["misses"]


def test_every_openapi_operation_is_reached_in_each_way(tools: Any, referring: Path) -> None:
    found = tools.reach.walk_file(referring)
    assert (found["problem"], found["misses"]) == (None, [])
    assert (
        found["reached"]["template"] == found["reached"]["chain"] == found["reached"]["back"] == found["counted"] == 7
    )


def test_what_is_not_reached_is_a_miss(tools: Any) -> None:
    found = tools.reach.walk_file(ODD)
    assert [miss[:2] for miss in found["misses"]] == [["read", "GET /tasks/../x"], ["read", "BREW /tasks"]]


@pytest.mark.parametrize(
    ("template", "values", "fields", "url"),
    [
        ("/a/{b}", {"b": "c/d é"}, {}, "/a/c%2Fd%20%C3%A9"),
        ("/a/{+b}:x", {"b": "c/d:e"}, {}, "/a/c/d:e:x"),
        ("/a b/%7ec/%2f", {}, {}, "/a%20b/~c/%2F"),
        ("/a?b=true&c={d}&e#f", {}, {"d": "1&2"}, "/a?b=true&c=1%262&e"),
        ("/{a?b#c}/d", {"a?b#c": "x"}, {}, "/x/d"),
    ],
)
def test_a_url_is_written_from_its_template_alone(
    tools: Any, template: str, values: dict[str, str], fields: dict[str, str], url: str
) -> None:
    assert tools.reach.written(template, values, fields) == url


# ---- the run ----


def test_the_run_adds_up_what_its_processes_find(tools: Any, referring: Path) -> None:
    results = tools.corpus.run([("cases", JOBS), ("cases", referring)], 1)
    sums = tools.corpus.summed(results)
    assert {name: (each.documents, each.refused, each.counted) for name, each in sums.items()} == {
        "discovery": (1, 0, 11), "openapi": (1, 0, 7), "all": (2, 0, 18),
    }  # fmt: skip
    assert "100 %" in tools.corpus.table(results)


def test_a_share_that_is_not_whole_is_never_shown_as_whole(tools: Any) -> None:
    sums = tools.corpus.Sums(counted=1_000_000)
    sums.reached["template"] = 999_999
    assert sums.share("template") == "99.99 %"


def test_a_description_that_takes_too_long_is_ended_and_told(tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.corpus, "TIME_SECONDS", 0)
    (result,) = tools.corpus.run([("cases", JOBS)], 1)
    assert result["crashed"]
    assert "0 s" in result["problem"]
    assert "discovery_jobs.json: it took" in tools.corpus.table([result])


def test_a_sample_is_spread_over_all(tools: Any, tmp_path: Path) -> None:
    folder = tmp_path / tools.corpus.FOLDERS["directory"]
    folder.mkdir(parents=True)
    for number in range(10):
        (folder / f"{number}.json").write_text("{}")
    assert [file.stem for _, file in tools.corpus.descriptions(tmp_path, None, 3)] == ["0", "3", "6"]
    assert [file.stem for _, file in tools.corpus.descriptions(tmp_path, "7.json", None)] == ["7"]
    assert tools.corpus.descriptions(tmp_path, "github", None) == []
