"""The whole check: every fault at once, doubts with the file of their layer, and what a description leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import DefinitionError, InvalidValue
from restpath.edge.catalog import service_names
from restpath.edge.checking import check_all


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.split("_")[1].lower()))
    monkeypatch.delenv("RESTPATH_PATH", raising=False)
    return tmp_path


def write(folder: Path, **documents: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in documents.items():
        text = content if isinstance(content, str) else json.dumps({"format": 1, **content})
        (folder / f"{kind}.json").write_text(text, encoding="utf-8")
    return folder


def places(source: Any, *layers: Any) -> list[str]:
    found = restpath.check_definition(source, *layers)
    return [f"{each.level} {Path(each.file).name}#{each.place}" for each in found]


SERVICE = {"base_url": "https://a.example"}


@pytest.mark.parametrize("name", [name for name in service_names() if name in restpath.read(name).files[0]])
def test_a_bundled_service_has_neither_faults_nor_doubts(name: str) -> None:
    assert [each for each in restpath.check_definition(name) if each.level != "note"] == []


def test_all_faults_are_told_at_once_each_with_file_place_and_advice(home: Path) -> None:
    folder = write(
        home / "bad",
        service={**SERVICE, "auth": {"k": {"headers": {"A": "{nobody}"}}}},
        resources={
            "/a/{x": "GET",
            "/b": "GTE",
            "/c": {"methods": {"GET": {"nme": 1, "titel": "x"}}},
            "/d": {"methods": {"POST": {"body": {"schema": {"type": "objct"}}}}},
            "/e": {"methods": {"GET": {"auth": ["none"]}}},
            "/f": "GET",
        },
        defaults={"/zz": {"POST": {}}, "/f": {"POST": {}}},
    )
    found = restpath.check_definition(folder)
    assert [f"{Path(each.file).name}#{each.place}" for each in found] == [
        "resources.json#/~1a~1{x",
        "resources.json#/~1b",
        "resources.json#/~1c/methods/GET/nme",
        "resources.json#/~1c/methods/GET/titel",
        "resources.json#/~1d/methods/POST/body/schema/type",
        "service.json#/auth/k/headers/A",
        "resources.json#/~1e/methods/GET/auth/0",
        "defaults.json#/~1zz",
        "defaults.json#/~1f/POST",
    ]
    assert {each.level for each in found} == {"fault"}
    assert all(each.file.startswith(str(folder)) and each.advice for each in found)
    assert "did you mean 'name'?" in str(found[2])


def test_what_is_told_as_a_fault_is_what_read_refuses(home: Path) -> None:
    doubtful = write(home / "x", service={**SERVICE, "credentials": {"k": {}}}, resources={"/a": "GET"})
    assert restpath.read(doubtful).name == "x"
    assert places(doubtful) == ["doubt service.json#/credentials/k"]
    faulty = write(home / "y", service={**SERVICE, "base_url": "ftp://a"}, resources={"/a": "GET"})
    with pytest.raises(DefinitionError) as caught:
        restpath.read(faulty)
    (fault,) = restpath.check_definition(faulty)
    assert (fault.file, fault.place) == (caught.value.file, caught.value.pointer)
    assert fault.problem in str(caught.value)


def test_files_that_cannot_be_read_are_all_told(home: Path) -> None:
    folder = write(home / "x", service="{", resources='{"/a": "GET", "/a": "PUT"}', defaults='{"/b": {"POST": {}}}')
    assert places(folder) == ["fault service.json#", "fault resources.json#/~1a"]


def test_what_is_missing_is_told(home: Path) -> None:
    assert "there is no service.json" in str(restpath.check_definition(write(home / "x", resources={"/a": "GET"}))[0])
    assert "no data files" in str(restpath.check_definition(write(home / "empty"))[0])


def test_a_service_is_checked_along_all_layers_and_each_finding_names_its_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = write(home / "one" / "max", defaults={"/people/{username}/activities": {"POST": {}}})
    two = write(home / "config" / "restpath" / "max", service={"credentials": {"unused": {}}})
    monkeypatch.setenv("RESTPATH_PATH", str(one.parent))
    found = [each for each in restpath.check_definition("max") if each.level != "note"]
    assert [(each.level, each.file) for each in found] == [("doubt", str(two / "service.json"))]
    write(one, defaults={"/poeple": {"POST": {}}})
    write(two, service={"credentials": {"unused": 5}})
    files = {each.file for each in restpath.check_definition("max")}
    assert files == {str(one / "defaults.json"), str(two / "service.json")}
    write(two, service={})
    assert [each.file for each in restpath.check_definition("max")] == [str(one / "defaults.json")]


def test_a_data_file_stands_for_its_folder(home: Path) -> None:
    folder = write(home / "x", service=SERVICE, resources={"/a": "GET"}, defaults={"/b": {"POST": {}}})
    assert places(folder / "resources.json") == ["fault defaults.json#/~1b"]


def test_documents_and_layers_of_the_program_are_checked_too() -> None:
    documents = {"service": SERVICE, "resources": {"/a": "GET", "/n/{x}": "GET"}}
    assert places(documents) == []
    assert places(documents, {"resources": {"/n/{y}": "GET"}}) == ["doubt #/~1n~1{y}/methods/GET"]
    assert places(documents, {"resources": {"/n/{y": "GET"}}) == ["fault #/~1n~1{y"]
    assert places(restpath.read(documents)) == []


def test_a_description_is_told_with_what_is_left_out_of_it(home: Path) -> None:
    paths = {
        f"/p{number}": {"get": {"responses": {}, "callbacks": {"c": {"{$request.query.url}": {}}}}}
        for number in range(3)
    }
    file = home / "openapi.json"
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}
    file.write_text(json.dumps({**document, "servers": [{"url": "https://a.example"}]}), encoding="utf-8")
    for source in (file, home):
        checked = check_all(source)
        assert (checked.findings, checked.operations) == ([], 3)
        ((what, count, first),) = checked.grouped()
        assert count == 3
        assert what == "calls that the service makes"
        assert first.startswith("/paths/~1p0/get/callbacks")


def test_a_description_that_is_none_is_a_fault(home: Path) -> None:
    file = home / "openapi.json"
    file.write_text('{"openapi": "9.9"}', encoding="utf-8")
    (fault,) = restpath.check_definition(file)
    assert (fault.level, fault.file) == ("fault", str(file))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("nowhere", DefinitionError),
        ("./nowhere", InvalidValue),
        ("", InvalidValue),
        (5, InvalidValue),
        ("a\0b", InvalidValue),
    ],
)
def test_what_is_no_source_is_an_error(source: Any, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        restpath.check_definition(source)


def test_a_resource_without_methods_hides_no_other_fault() -> None:
    documents = {"service": SERVICE, "resources": {"/a": {}, "/b": "GET"}, "defaults": {"/a": {"GET": {}}}}
    assert places(documents) == ["fault #/~1a", "fault #/~1a/GET"]


def test_a_correction_of_what_a_refresh_took_away_is_a_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over an import it is left out with a warning, so that the service goes on working: no fault."""
    for kind in ("DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    imported, own = (tmp_path / kind / "restpath" / "shop" for kind in ("DATA", "CONFIG"))
    for folder, documents in (
        (imported, {"service": {"format": 1, "base_url": "http://shop.example"}, "resources": {"/orders": "GET"}}),
        (own, {"resources": {"/gone": {"title": "Gone"}}}),
    ):
        folder.mkdir(parents=True)
        for kind, document in documents.items():
            (folder / f"{kind}.json").write_text(json.dumps({"format": 1, **document}))
    (found,) = restpath.check_definition("shop")
    assert (found.level, found.file, found.place) == ("doubt", str(own / "resources.json"), "/~1gone")
    assert "does not have /gone" in found.problem


def test_a_removal_that_removes_nothing_is_a_doubt_and_one_of_what_is_no_method_a_fault() -> None:
    base = {"service": {"format": 1, "service": "shop"}, "resources": {"/orders": "GET DELETE"}}
    (found,) = restpath.check_definition(base, {"resources": {"/ordres": None}})
    assert (found.level, found.place) == ("doubt", "/~1ordres")
    assert found.problem == "nothing is removed, for there is no /ordres; did you mean '/orders'?"
    wrong = {"resources": {"/orders": {"methods": {"delete": None}}}}
    (found,) = restpath.check_definition(base, wrong)
    assert (found.level, found.place) == ("fault", "/~1orders/methods/delete")
    with pytest.raises(restpath.DefinitionError, match="'delete' is no method; did you mean 'DELETE'"):
        restpath.read(base, wrong)


# ---- faults of the whole beside those of one part ------------------------------------------------------------------


KEYS: dict[str, Any] = {
    **SERVICE, "service": "a", "credentials": {"key": {}}, "auth": {"own": {"headers": {"X-Key": "{kee}"}}},
}  # fmt: skip
GOOD = {"/a": "GET", "/b": {"methods": {"GET": {"auth": ["own"]}}}}
LOST = "fault service.json#/auth/own/headers/X-Key"


@pytest.mark.parametrize(
    ("service", "resources", "others"),
    [
        ({"retry": 3}, {}, {"service.json#/retry"}),
        ({"unknown": 3}, {}, {"service.json#/unknown"}),
        ({"credentials": {"key": {}, "other": 5}}, {}, {"service.json#/credentials/other"}),
        ({"pages": {"by": "leaf"}}, {"/c": {"methods": {"GET": {"pages": {"size": "n"}}}}}, {"service.json#/pages/by"}),
        (
            {"listing": {"resource": "/c", "form": "routes"}, "retry": 3}, {"/c": {"methods": {"GET": {"body": 3}}}},
            {"resources.json#/~1c/methods/GET/body", "service.json#/retry"},
        ),
    ],
)  # fmt: skip
def test_a_credential_that_is_nowhere_declared_is_told_beside_other_faults(
    service: Any, resources: Any, others: set[str], home: Path
) -> None:
    found = places(write(home / "a", service={**KEYS, **service}, resources={**GOOD, **resources}))
    assert LOST in found
    assert {each.removeprefix("fault ") for each in found} - {LOST.removeprefix("fault ")} == others


def test_what_is_wrong_in_a_part_makes_no_fault_of_each_use_of_it(home: Path) -> None:
    service = {**KEYS, "auth": {"own": {"headers": 5}}, "credentials": {"key": 5}}
    body = {"schema": {"$ref": "#/schemas/thing"}}
    folder = write(
        home / "a", service=service, resources={**GOOD, "/c": {"methods": {"POST": {"body": body}}}},
        schemas={"schemas": {"thing": {"type": "txt"}}},
    )  # fmt: skip
    assert sorted(places(folder)) == [
        "fault schemas.json#/schemas/thing/type", "fault service.json#/auth/own/headers",
        "fault service.json#/credentials/key",
    ]  # fmt: skip


@pytest.mark.parametrize("service", [{"credentials": 5}, {"auth": []}, {"format": 9}, 5, {"auth": {"own": None}}])
@pytest.mark.parametrize("resources", [{"/a": 5}, {"/a": {"methods": 5}}, {"a": "GET"}, [], {"/{": "GET"}])
def test_whatever_is_wrong_is_told_and_fails_nothing(service: Any, resources: Any) -> None:
    documents = {"service": {**KEYS, **service} if isinstance(service, dict) else service, "resources": resources}
    assert restpath.check_definition(documents)
