"""Data files and descriptions that mean harm: each ends soon, in an error of restpath's own or in nothing at all."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import DefinitionError, InvalidBody, InvalidValue, RestpathError
from restpath.edge import datafiles
from restpath.edge.catalog import service_names

GOOD = {"service.json": '{"base_url": "https://a.example"}', "resources.json": '{"/a": "GET POST"}'}
DEEP = "[" * 200_000 + "]" * 200_000


@pytest.fixture(autouse=True)
def fenced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket is opened, no program started, and nothing of the user's own is read."""

    def refuse(*args: Any, **more: Any) -> Any:
        raise AssertionError("a data file must not come to this")

    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.delenv("RESTPATH_PATH", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "system", refuse)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def made(**files: str | None) -> Path:
        place = tmp_path / "shop"
        place.mkdir(exist_ok=True)
        for name, text in {**GOOD, **{name.replace("_", "."): text for name, text in files.items()}}.items():
            if text is not None:
                (place / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        return place

    return made


def schema(words: Any) -> str:
    return json.dumps({"/a": {"methods": {"POST": {"body": {"schema": words}}}}})


HOSTILE = {
    "levels without end": ({"service_json": '{"x-a": ' + DEEP + "}"}, "nested too deeply"),
    "a number of millions of digits": ({"service_json": '{"x-a": ' + "1" * 3_000_000 + "}"}, "too large"),
    "a number beyond every float": ({"service_json": '{"x-a": 1e999999}'}, "too large"),
    "NaN": ({"service_json": '{"x-a": NaN}'}, "no number in JSON"),
    "half of a surrogate pair": ({"resources_json": '{"/a\\ud800": "GET"}'}, "half of a surrogate pair"),
    "a key that is there twice": ({"resources_json": '{"/a": "GET", "/a": "POST"}'}, "is there twice"),
    "a key twice among thousands": (
        {"resources_json": "{" + "".join(f'"/a{n}": "GET",' for n in range(60_000)) + '"/a59999": "GET"}'},
        "is there twice",
    ),
    "braces by the thousand": ({"resources_json": json.dumps({"/" + "{" * 100_000: "GET"})}, "not balanced"),
    "a template that climbs": ({"resources_json": '{"/a/../../etc": "GET"}'}, "'..'"),
    "a schema that is fetched": ({"resources_json": schema({"$ref": "https://evil.example/x"})}, "ever fetched"),
    "a schema that is a file": ({"resources_json": schema({"$ref": "file:///etc/passwd"})}, "ever fetched"),
    "a schema that climbs": ({"resources_json": schema({"$ref": "../../secret.json"})}, "ever fetched"),
    "a schema that holds itself": ({"resources_json": schema({"$ref": "#"})}, "without end"),
    "a tag of YAML": ({"resources_json": None, "resources_yaml": "/a: !!python/object/apply:os.system [id]"}, "tags"),
    "aliases of YAML": ({"resources_json": None, "resources_yaml": "x-a: &a [1]\nx-b: [*a, *a]\n/a: GET"}, "aliases"),
    "levels of YAML": ({"resources_json": None, "resources_yaml": "x-a: " + "[" * 5_000}, "nested too deeply"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_read_and_told_by_check(name: str, folder: Callable[..., Path]) -> None:
    files, says = HOSTILE[name]
    if any(key.endswith("yaml") for key in files):
        pytest.importorskip("yaml", reason="needs PyYAML: pip install 'restpath[yaml]'")
    place = folder(**files)
    with pytest.raises(DefinitionError, match=says) as caught:
        restpath.read(place)
    assert Path(str(caught.value.file)).parent == place
    assert any(says in finding.problem for finding in restpath.check_definition(place))


def test_a_file_that_is_too_large_is_not_read_whole(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder()
    monkeypatch.setattr(datafiles, "MAX_BYTES", 20)
    with pytest.raises(DefinitionError, match="it is too large"):
        restpath.read(place)


def test_yaml_that_would_take_minutes_is_to_be_json(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(defaults_yaml="x-a: " + "a" * 5_000_000)
    with pytest.raises(DefinitionError, match="write the file as JSON"):
        restpath.read(place)


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes, devices and links")
@pytest.mark.parametrize("kind", ["fifo", "/dev/zero", "/dev/stdin", "folder"])
def test_what_is_no_ordinary_file_is_not_waited_for(kind: str, folder: Callable[..., Path]) -> None:
    place = folder()
    file = place / "defaults.json"
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        os.symlink(kind, file)
    with pytest.raises(DefinitionError, match=r"no ordinary file|cannot be read"):
        restpath.read(place)


def test_a_link_to_a_secret_shows_nothing_of_it(folder: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2 is the password")
    place = folder()
    try:
        os.symlink(tmp_path / "secret", place / "defaults.json")
    except OSError:
        pytest.skip("links may not be made here")
    with pytest.raises(DefinitionError) as caught:
        restpath.read(place)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["../max", "max/../../etc", "..", ".", "max\n", "a\0b", "MAX", "max/", "~root", "a" * 70]
)
def test_a_name_that_climbs_is_no_service(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidValue, match="no name of a service"):
        restpath.connect(name, "https://a.example")


ODD = ["/dev/null", "relative/x", "~", "/nonexistent", "", os.pathsep, "x" * 5000, "a" + os.pathsep + "b", "\udcff"]


@pytest.mark.parametrize("path", ODD)
def test_odd_entries_of_the_path_are_passed_by(path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        monkeypatch.setenv("RESTPATH_PATH", path)
    except UnicodeEncodeError:
        pytest.skip("the environment cannot hold this here")
    assert "max" in service_names()
    assert restpath.read("max").name == "max"


def test_a_folder_of_thousands_of_entries_costs_no_look_at_each(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder()
    for number in range(2000):
        (place / f"f{number}").touch()
    looked: list[str] = []
    real = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda name: looked.append(str(name)) or real(name))
    assert restpath.read(place).name == "shop"
    monkeypatch.setenv("RESTPATH_PATH", str(place))
    assert "shop" not in service_names()
    assert len(looked) < 200


def client(folder: Callable[..., Path], words: Any) -> Any:
    return restpath.connect(restpath.read(folder(resources_json=schema(words))))


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_without_bound_is_never_searched_for(pattern: str, folder: Callable[..., Path]) -> None:
    call = client(folder, {"properties": {"x": {"pattern": pattern}}}).a.post.prepare(x="a" * 60 + "!")
    assert call.method == "POST"


def test_a_schema_that_multiplies_itself_is_given_up(folder: Callable[..., Path]) -> None:
    parts: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    shop = client(folder, {"$defs": {**parts, "d40": {"type": "object"}}, "$ref": "#/$defs/d0"})
    with pytest.raises(InvalidValue, match="more steps than any that is meant"):
        shop.a.post.prepare(x=1)
    assert shop.a.post.options(validate=False).prepare(x=1).method == "POST"


def test_a_large_body_of_an_ordinary_schema_is_checked_to_its_end(folder: Callable[..., Path]) -> None:
    item = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    shop = client(folder, {"type": "array", "uniqueItems": True, "items": item})
    good = [{"a": number} for number in range(5000)]
    assert shop.a.post.prepare(good).method == "POST"
    with pytest.raises(InvalidBody, match="its body contradicts the definition"):
        shop.a.post.prepare([*good, {"a": 7}])


@pytest.mark.parametrize(
    ("items", "unique"),
    [([1, 1.0], False), ([1, True], True), ([0, False], True), ([{"a": 1}, {"a": 1.0}], False), ([[1], [True]], True),
     ([None, None], False), (["a", ["a"]], True), ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], False)],
)  # fmt: skip
def test_unique_items_are_those_that_json_tells_apart(items: Any, unique: bool, folder: Callable[..., Path]) -> None:
    shop = client(folder, {"uniqueItems": True})
    if unique:
        assert shop.a.post.prepare(items).method == "POST"
    else:
        with pytest.raises(InvalidBody, match="non-unique"):
            shop.a.post.prepare(items)


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.json", "/etc/passwd", "https://evil.example/x", "file:///etc/passwd", "link/secret.json",
        "a/../../secret.json",
    ],
)  # fmt: skip
def test_a_description_reads_nothing_outside_its_folder(reference: str, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"type": "hunter2"}')
    place = tmp_path / "api"
    place.mkdir()
    try:
        os.symlink(tmp_path, place / "link")
    except OSError:
        pytest.skip("links may not be made here")
    body = {"content": {"application/json": {"schema": {"$ref": reference}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"post": {"requestBody": body}}},
    }
    (place / "openapi.json").write_text(json.dumps(document))
    definition = restpath.read(place)
    assert "hunter2" not in json.dumps(definition.documents.resources)
    assert [method.template for method in definition.operations] == ["/a"]
    assert definition.left_out


KEYS = ["/a", "/{b}", "methods", "GET", "query", "auth", "pages", "$ref", "x-a", "body"]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**30) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(service=ANY, resources=ANY, defaults=ANY)
def test_any_documents_are_checked_with_findings_alone(service: Any, resources: Any, defaults: Any) -> None:
    try:
        found = restpath.check_definition({"service": service, "resources": resources, "defaults": defaults})
    except RestpathError:
        return
    refused = None
    try:
        restpath.read({"service": service, "resources": resources, "defaults": defaults})
    except DefinitionError as error:
        refused = error
    assert any(each.level == "fault" for each in found) == (refused is not None)
