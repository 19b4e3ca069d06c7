"""The records of a definition: what they hand out cannot be changed, can be pickled, and says who said it."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest

from restpath.definition.frozen import FrozenDict, FrozenList, freeze
from restpath.definition.merge import Documents
from restpath.definition.model import Definition
from restpath.edge.source import read_source

SERVICE: dict[str, Any] = {
    "service": "shop",
    "base_url": "https://{tenant}.example.com",
    "variables": {"tenant": {"default": "main", "enum": ["main", "other"]}},
    "credentials": {"token": {}, "user": {"secret": False}},
    "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}, "query": {"query": {"key": "{token}"}}},
    "path_values": {"user": {"spelling": "credential", "text": ":me", "credential": "user"}},
    "headers": {"Accept": "application/json", "X-Client": "a"},
    "nested_by": "_",
    "count_header": "X-Total",
    "uploads": {"field": "upload", "json_field": "data"},
    "errors": {"code": "/code", "message": "/message"},
}
RESOURCES: dict[str, Any] = {
    "/people/{user}": {
        "title": "A person",
        "path_values": {"user": {"spelling": "plain"}},
        "methods": {
            "GET": {"query": {"limit": {"type": "integer", "enum": [1, 2], "lists": "commas"}}},
            "POST": {
                "name": "add",
                "body": {"schema": {"type": "object", "properties": {"tags": {"type": "array"}}, "required": ["tags"]}},
                "headers": {"accept": "text/plain"},
                "nested_by": False,
                "count_header": False,
                "uploads": {"json_field": False},
                "errors": {"code": False},
                "auth": [],
            },
        },
    },
    "/files": "GET",
}
DEFAULTS = {"/people/{user}": {"POST": {"tags": ["a"], "deep": {"x": 1}}}}


@pytest.fixture
def definition() -> Definition:
    return read_source(copy.deepcopy({"service": SERVICE, "resources": RESOURCES, "defaults": DEFAULTS}))


def all_mappings(definition: Definition) -> list[Any]:
    service, post = definition.service, definition.method("/people/{user}", "POST")
    get = definition.method("/people/{user}", "GET")
    return [
        service.variables, service.variables["tenant"], service.credentials, service.schemes, service.path_values,
        service.words, service.rules.headers, service.schemes["bearer"].headers, service.schemes["query"].query,
        get.query, get.query_list_styles, post.rules.headers, post.body_schema, post.body_schema["properties"],  # type: ignore[index]
        post.words, post.words["body"], post.base, post.base["deep"],  # type: ignore[index]
        post.resource.path_values, post.resource.words, definition.named, definition.documents.service,
        definition.documents.resources, definition.documents.defaults,
    ]  # fmt: skip


def test_operations_have_method_template_and_name(definition: Definition) -> None:
    """`definition.operations` names everything that can be called, in the files' order."""
    found = [(operation.method, operation.template, operation.name) for operation in definition.operations]
    assert found == [
        ("GET", "/people/{user}", None),
        ("POST", "/people/{user}", "add"),
        ("GET", "/files", None),
    ]


def test_attributes_cannot_be_set(definition: Definition) -> None:
    """No attribute of a definition or of its records can be set or deleted."""
    method = definition.operations[0]
    service = definition.service
    records = (
        definition, definition.documents, service, service.rules, service.rules.uploads, service.path_values["user"],
        service.credentials["token"], service.schemes["bearer"], method, method.resource, method.query["limit"],
        method.rules.errors, method.rules.retries, method.resource.template,
    )  # fmt: skip
    for record in records:
        for field in dataclasses.fields(record):
            with pytest.raises(AttributeError):
                setattr(record, field.name, None)
            with pytest.raises(AttributeError):
                delattr(record, field.name)
        with pytest.raises(AttributeError):
            record.new = 1


def test_mappings_that_are_handed_out_cannot_be_changed(definition: Definition) -> None:
    """Every mapping that a definition hands out refuses every change, and says what to do instead."""
    changes: list[Any] = [
        lambda mapping: mapping.__setitem__("new", 1),
        lambda mapping: mapping.__delitem__(next(iter(mapping))),
        lambda mapping: mapping.update(new=1),
        lambda mapping: mapping.setdefault("new", 1),
        lambda mapping: mapping.pop("new", None),
        lambda mapping: mapping.popitem(),
        lambda mapping: mapping.clear(),
        lambda mapping: mapping.__ior__({"new": 1}),
    ]
    for mapping in all_mappings(definition):
        before = dict(mapping)
        for change in changes:
            with pytest.raises(TypeError, match="cannot be changed"):
                change(mapping)
        assert dict(mapping) == before


def test_lists_that_are_handed_out_cannot_be_changed(definition: Definition) -> None:
    """Neither can the lists within them."""
    required = definition.method("/people/{user}", "POST").body_schema["required"]  # type: ignore[index]
    changes: list[Any] = [
        lambda: required.append("x"),
        lambda: required.extend(["x"]),
        lambda: required.insert(0, "x"),
        lambda: required.pop(),
        lambda: required.remove("tags"),
        lambda: required.clear(),
        lambda: required.sort(),
        lambda: required.reverse(),
        lambda: required.__setitem__(0, "x"),
        lambda: required.__delitem__(0),
        lambda: required.__iadd__(["x"]),
        lambda: required.__imul__(2),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    assert required == ["tags"]


def test_defaults_are_a_copy(definition: Definition) -> None:
    """What `defaults()` gives is the caller's own, down to the last list."""
    method = definition.method("/people/{user}", "POST")
    own = method.defaults()
    own["tags"].append("b")
    own["deep"]["x"] = own["new"] = 2
    assert method.defaults() == DEFAULTS["/people/{user}"]["POST"]
    assert definition.method("/files", "GET").defaults() == {}


def test_documents_of_the_program_are_copied() -> None:
    """Changing the mapping after it was read changes nothing."""
    documents = {"service": copy.deepcopy(SERVICE), "resources": copy.deepcopy(RESOURCES)}
    definition = read_source(documents)
    before = definition.digest
    documents["resources"]["/people/{user}"]["methods"]["POST"]["body"]["schema"]["required"].append("x")
    documents["service"]["headers"]["X"] = "y"
    assert definition.method("/people/{user}", "POST").body_schema["required"] == ["tags"]  # type: ignore[index]
    assert read_source(documents).digest != before


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_definition_and_its_records_can_be_pickled(definition: Definition, protocol: int) -> None:
    """A pickle gives an equal definition, and records that are still read-only."""
    again = pickle.loads(pickle.dumps(definition, protocol))
    assert again == definition
    assert hash(again) == hash(definition)
    assert again.source_of("/files") == definition.source_of("/files")
    method = pickle.loads(pickle.dumps(definition.method("/people/{user}", "POST"), protocol))
    assert method.defaults() == DEFAULTS["/people/{user}"]["POST"]
    assert dict(method.rules.headers) == {"X-Client": "a", "accept": "text/plain"}
    with pytest.raises(TypeError, match="cannot be changed"):
        method.body_schema["type"] = "array"
    assert pickle.loads(pickle.dumps(definition.service, protocol)).credentials == definition.service.credentials


def test_read_only_json_is_json_and_copies_are_ordinary() -> None:
    """`json` writes it, `copy`, `deepcopy`, `dict`, `list` and `|` give ordinary values."""
    value = freeze({"a": [1, {"b": None}]})
    assert json.dumps(value) == '{"a": [1, {"b": null}]}'
    assert value == {"a": [1, {"b": None}]}
    assert freeze(value) is value
    assert type(copy.copy(value)) is type(value | {}) is type(value.copy()) is dict
    deep = copy.deepcopy(value)
    assert type(deep) is dict
    assert type(deep["a"]) is list
    assert type(deep["a"][1]) is dict
    assert type(copy.copy(value["a"])) is list
    assert repr(FrozenDict(a=FrozenList([1]))) == "{'a': [1]}"


def test_equal_definitions_are_equal_whoever_said_what() -> None:
    """Definitions are equal if what they say is; one layer or two make no difference."""
    whole = read_source({"service": {}, "resources": {"/a": "GET POST"}})
    piled = read_source({"service": {}, "resources": {"/a": "GET"}}, {"resources": {"/a": "POST"}})
    assert whole == piled
    assert hash(whole) == hash(piled)
    assert whole != read_source({"service": {}, "resources": {"/a": "GET"}})
    assert whole != "a"


def test_method_has_the_services_word_unless_it_has_its_own(definition: Definition) -> None:
    """What service.json says holds for all methods; a method's own word wins, and false turns it off."""
    general, own = definition.method("/files", "GET").rules, definition.method("/people/{user}", "POST").rules
    assert general.headers == {"Accept": "application/json", "X-Client": "a"}
    assert (general.nested_by, general.count_header, general.uploads.json_field) == ("_", "X-Total", "data")
    assert (general.errors.code, general.auth) == ("/code", ("bearer", "query"))
    assert (own.nested_by, own.count_header, own.uploads.json_field, own.errors.code) == (None, None, None, None)
    assert (own.uploads.field, own.errors.message, own.auth) == ("upload", "/message", ())


def test_method_replaces_a_header_however_it_is_spelled(definition: Definition) -> None:
    """Names of header fields ignore case, so `accept` of a method is not sent beside `Accept` of the service."""
    assert definition.method("/people/{user}", "POST").rules.headers == {"X-Client": "a", "accept": "text/plain"}


def test_unknown_method_is_a_key_error(definition: Definition) -> None:
    """The records of what is not there are not made up."""
    with pytest.raises(KeyError):
        definition.method("/files", "POST")
    with pytest.raises(KeyError):
        definition.resource("/nothing")


def test_threads_get_one_record(definition: Definition) -> None:
    """Records and the tree are the same for all threads, as caches know them by identity."""
    start, found = threading.Barrier(8), []

    def look() -> None:
        start.wait()
        found.append((definition.method("/people/{user}", "POST"), definition.tree(lambda _: object())))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(method) for method, _ in found}) == len({id(tree) for _, tree in found}) == 1


def test_definition_made_by_hand_is_read_only_too() -> None:
    """Documents are read-only wherever they come from, and nobody is named as who said them."""
    definition = Definition(Documents({"service": "x"}, {"/a": {"methods": {"GET": {}}}}, {}))
    with pytest.raises(TypeError, match="cannot be changed"):
        definition.documents.resources["/b"] = {}
    assert definition.source_of("/a") is None


# ---- which file said what ----------------------------------------------------------------------------------------


@pytest.fixture
def piled(tmp_path: Path) -> Definition:
    """Two folders and the program, one over the other."""
    below, above = tmp_path / "below", tmp_path / "above"
    for folder, files in (
        (below, {"service": SERVICE, "resources": RESOURCES, "defaults": DEFAULTS}),
        (above, {"service": {"title": "Shop"}, "resources": {"/people/{user}": "PATCH", "/files": None}}),
    ):
        folder.mkdir()
        for kind, document in files.items():
            (folder / f"{kind}.json").write_text(json.dumps(document), encoding="utf-8")
    own = {
        "service": {"credentials": {"token": {"documentation": "x"}}},
        "defaults": {"/people/{user}": {"PATCH": {}}},
    }
    return read_source(below, above, own)


@pytest.mark.parametrize(
    ("place", "part", "defaults", "file"),
    [
        ("/people/{user}", None, False, "above/resources.json"),
        ("/people/{user}", "GET", False, "below/resources.json"),
        ("/people/{user}", "patch", False, "above/resources.json"),
        ("/people/{user}", "PUT", False, None),
        ("/files", None, False, None),
        ("/files", "GET", False, None),
        ("/nothing", None, False, None),
        ("/people/{user}", None, True, ""),
        ("/people/{user}", "POST", True, "below/defaults.json"),
        ("/people/{user}", "PATCH", True, ""),
        ("/files", None, True, None),
        ("base_url", None, False, "below/service.json"),
        ("title", None, False, "above/service.json"),
        ("credentials", None, False, ""),
        ("credentials", "token", False, ""),
        ("credentials", "user", False, "below/service.json"),
        ("source", None, False, None),
    ],
)
def test_source_of_names_the_file_that_said_it(
    piled: Definition, tmp_path: Path, place: str, part: str | None, defaults: bool, file: str | None
) -> None:
    """The latest layer with a word on it is named; "" is the program, None is nobody."""
    expected = str(tmp_path / file) if file else file
    assert piled.source_of(place, part, defaults=defaults) == expected
