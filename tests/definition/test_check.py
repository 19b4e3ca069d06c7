"""The check of data files: what is wrong gets an error that says where, and what was expected; the rest is read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import Definition, DefinitionError, InvalidBody
from restpath.definition.jsonschemas import is_plain
from restpath.definition.merge import Documents
from restpath.definition.resource_faults import name_faults

CASES = json.loads((Path(__file__).parents[1] / "cases" / "wrong_data_files.json").read_text(encoding="utf-8"))
GOOD: dict[str, Any] = {
    "service.json": {"base_url": "https://api.example.com"},
    "resources.json": {"/people": "GET POST"},
}
SERVICE = GOOD["service.json"]


def write(folder: Path, files: dict[str, Any]) -> None:
    """Write data files: a text as it stands, anything else as JSON, None not at all."""
    for name, content in files.items():
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name).write_text(text, encoding="utf-8", newline="")


def read(resources: Any = None, service: Any = None, defaults: Any = None) -> Definition:
    documents = {"service": SERVICE if service is None else service, "resources": resources or {"/people": "GET POST"}}
    return restpath.read(documents if defaults is None else {**documents, "defaults": defaults})


def with_schema(schema: Any) -> Definition:
    return read({"/people": {"methods": {"POST": {"body": {"schema": schema}}}}})


def attempt(action: Callable[[], Any], expected: type[Exception]) -> Any:
    try:
        return action()
    except expected as error:
        return error


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_wrong_data_file_says_where_and_what_was_expected(case: dict[str, Any], tmp_path: Path) -> None:
    """Each wrong file is a `DefinitionError` with the file, the place, what was expected, and words for a stranger."""
    if any(name.endswith(("yaml", "yml")) for name in case["files"]) and "beside" not in str(case["says"]):
        pytest.importorskip("yaml", reason="needs PyYAML: pip install 'restpath[yaml]'")
    write(tmp_path, {**GOOD, **case["files"]})
    with pytest.raises(DefinitionError) as caught:
        restpath.read(tmp_path)
    error, message = caught.value, str(caught.value)
    assert error.file == str(tmp_path / case["file"] if case["file"] else tmp_path)
    assert error.pointer == case["pointer"]
    assert error.expected
    assert error.expected in message
    assert message.startswith(error.file)
    assert [text for text in case["says"] if text not in message] == []


def test_table_of_wrong_files_starts_from_good_ones(tmp_path: Path) -> None:
    """The files that the table's cases change are right by themselves."""
    write(tmp_path, GOOD)
    assert [(operation.method, operation.template) for operation in restpath.read(tmp_path).operations] == [
        ("GET", "/people"),
        ("POST", "/people"),
    ]


@pytest.mark.parametrize("levels", [101, 5_000, 100_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_nesting_of_thousands_of_levels_is_an_error(tmp_path: Path, levels: int, start: str, end: str) -> None:
    """However deep a file is nested, it is a `DefinitionError`."""
    middle = "1" if start == '{"a":' else ""
    write(tmp_path, {**GOOD, "resources.json": '{"x-a": ' + start * levels + middle + end * levels + "}"})
    with pytest.raises(DefinitionError, match="nested too deeply") as caught:
        restpath.read(tmp_path)
    assert caught.value.file == str(tmp_path / "resources.json")
    assert caught.value.expected == "at most 100 levels"


@pytest.mark.parametrize("levels", [101, 5_000, 100_000])
def test_mapping_of_thousands_of_levels_is_an_error(levels: int) -> None:
    """However deep what the program passes is nested, it is a `DefinitionError`."""
    deep: Any = {}
    for _ in range(levels):
        deep = {"a": deep}
    with pytest.raises(DefinitionError, match="nested too deeply") as caught:
        read({"/people": "GET", "x-a": deep})
    assert caught.value.pointer == "/x-a"
    while deep:  # taken apart by hand: freeing it at one go would go as deep
        deep = deep.pop("a")


def test_file_of_ninety_levels_is_read() -> None:
    """The limit is far beyond what any real file needs, and holds for JSON Schemas as well."""
    schema: Any = {"type": "string"}
    for _ in range(45):
        schema = {"properties": {"a": schema}}
    assert with_schema({"properties": {"a": schema["properties"]["a"]}}).operations[0].body_schema


# ---- what is right -----------------------------------------------------------------------------------------------


def test_notes_are_ignored_everywhere() -> None:
    """A key that begins with `x-` is allowed in every object of the format, whatever its value, and means nothing."""
    note = {"x-note": [1, {"x": None}]}
    definition = read(
        {
            "/people/{u}": {
                **note,
                "path_values": {"u": {"spelling": "sha1", **note}},
                "methods": {
                    **note,
                    "POST": {
                        **note,
                        "query": {"n": {"type": "integer", **note}},
                        "body": note,
                        "uploads": note,
                        "errors": note,
                    },
                },
            },
            **note,
        },
        {
            **note,
            **SERVICE,
            "variables": {"v": note},
            "credentials": {"token": note},
            "auth": {"a": {"headers": {"A": "{token}"}, **note}},
            "uploads": note,
            "errors": note,
        },
        {"/people/{u}": {"POST": {"a": 1}, **note}, **note},
    )
    (operation,) = definition.operations
    assert (operation.method, operation.defaults()) == ("POST", {"a": 1})
    assert operation.rules.uploads.field == "file"
    client = restpath.connect(definition)
    assert json.loads(client.people["a"].post.prepare(b=2).body) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "schema",
    [
        True,
        False,
        {},
        {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {"$ref": "#"}}}}},
        {"properties": {"children": {"type": "array", "items": {"$ref": "#"}}}},
        {"$defs": {"a": {"$anchor": "here"}}, "properties": {"x": {"$ref": "#here"}}},
        {"$defs": {"a": {"$id": "urn:a", "type": "string"}}, "properties": {"x": {"$ref": "urn:a"}}},
        {"$id": "https://a.example/s", "$defs": {"b": {"$id": "b"}}, "items": {"$ref": "https://a.example/b"}},
        {"$dynamicRef": "#node", "$defs": {"n": {"$dynamicAnchor": "node", "type": "object"}}},
        {"$ref": "#/shapes/a~1b/0", "shapes": {"a/b": [{"type": "string"}]}},
        {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {}}},
        {"properties": {"$ref": {"type": "string"}, "default": {"enum": [{"$ref": "#/data"}]}}},
        {"const": {"$ref": "https://example.com/data"}, "examples": [{"$ref": "x"}]},
        {"pattern": r"^\p{L}+$"},
    ],
)
def test_json_schema_that_is_right_is_accepted(schema: Any) -> None:
    """References within the schema, anchors, recursion through a part of the value, and data that look like one."""
    assert with_schema(schema).operations[0].body_schema == schema


def test_schema_circle_is_found_behind_other_references() -> None:
    """A circle is found also where its first part was met on the way to something else."""
    schema = {
        "allOf": [{"properties": {"x": {"$ref": "#/$defs/c"}}}, {"$ref": "#/$defs/c"}],
        "$defs": {"c": {"$ref": "#"}},
    }
    with pytest.raises(DefinitionError, match="without end"):
        with_schema(schema)


def test_reference_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `$ref` to the network is refused without a try."""
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(DefinitionError, match="nothing is ever fetched"):
        with_schema({"$ref": "http://127.0.0.1:9/schema.json"})


def test_dotted_names_may_share_their_namespaces() -> None:
    """`doc.get`, `doc.list` and `doc.page.get` stand side by side; where names are plain, `doc` may stand with them."""
    names = ["doc.get", "doc.list", "doc.page.get", "user"]
    resources = {f"/{index}": {"methods": {"GET": {"name": name}}} for index, name in enumerate(names)}
    assert list(read(resources, {**SERVICE, "operation_names": "dotted"}).named) == names
    resources["/doc"] = {"methods": {"GET": {"name": "doc"}}}
    assert "doc" in read(resources).named


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    """A file may begin with a byte order mark, as some editors write it."""
    write(tmp_path, {**GOOD, "resources.json": '\ufeff{"/people": "GET"}'})
    assert len(restpath.read(tmp_path).operations) == 1


def test_text_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    """Another encoding is told by the place of the first byte that cannot be."""
    write(tmp_path, GOOD)
    (tmp_path / "resources.json").write_bytes('{"/people": "GET",\n "x-a": "é"}'.encode("latin-1"))
    with pytest.raises(DefinitionError, match=r"it is not UTF-8 \(line 2, byte 28\)") as caught:
        restpath.read(tmp_path)
    assert caught.value.expected == "a text in UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_text_in_other_encodings_is_an_error(tmp_path: Path, encoding: str) -> None:
    """UTF-16 and UTF-32 are refused, with or without PyYAML's way of guessing."""
    write(tmp_path, GOOD)
    (tmp_path / "resources.json").write_bytes('{"/people": "GET"}'.encode(encoding))
    with pytest.raises(DefinitionError, match=r"UTF-8|JSON"):
        restpath.read(tmp_path)


def test_missing_pyyaml_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyYAML a YAML file is an error that names the extra, and JSON is read as ever."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    write(tmp_path, {**GOOD, "defaults.yaml": "/people: {POST: {a: 1}}"})
    with pytest.raises(DefinitionError, match=r"pip install 'restpath\[yaml\]'") as caught:
        restpath.read(tmp_path)
    assert caught.value.file == str(tmp_path / "defaults.yaml")
    assert caught.value.expected
    (tmp_path / "defaults.yaml").unlink()
    assert restpath.read(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("target", ["resources.json", "nowhere.json"])
def test_link_that_leads_nowhere_is_an_error(tmp_path: Path, target: str) -> None:
    """A link to itself or to nothing is not taken for an absent file."""
    write(tmp_path, {"service.json": GOOD["service.json"]})
    (tmp_path / "resources.json").symlink_to(target)
    with pytest.raises(DefinitionError, match="cannot be read") as caught:
        restpath.read(tmp_path)
    assert caught.value.file == str(tmp_path / "resources.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """What is no ordinary file is an error at once."""
    write(tmp_path, {"service.json": GOOD["service.json"]})
    os.mkfifo(tmp_path / "resources.json")
    with pytest.raises(DefinitionError, match="no ordinary file"):
        restpath.read(tmp_path)


def test_folder_in_a_files_place_is_an_error(tmp_path: Path) -> None:
    """A folder called resources.json is no data file."""
    write(tmp_path, {"service.json": GOOD["service.json"]})
    (tmp_path / "resources.json").mkdir()
    with pytest.raises(DefinitionError, match="cannot be read"):
        restpath.read(tmp_path)


# ---- anything ----------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
WORDS = st.sampled_from(
    "/ /people /people/{id} /{+x} {id} x-a format $schema methods GET POST query body schema media_type auth headers "  # noqa: SIM905
    "name title path_values spelling sha1 credential text uploads json_field errors message code base_url variables "
    "default enum credentials service https://a.example https://{t}.example items type object $ref #/a # $defs allOf "
    "server fields nested_by count_header retries literal mock defaults".split()
)
KEYWORDS = ("type", "required", "enum", "minLength", "minimum", "uniqueItems", "properties", "anyOf", "items", "title")
ANYTHING = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)
METHOD = st.fixed_dictionaries(
    {},
    optional={
        "body": ANYTHING | st.fixed_dictionaries({"schema": ANYTHING}),
        "query": ANYTHING | st.dictionaries(WORDS, st.fixed_dictionaries({}, optional={"items": ANYTHING})),
        "auth": ANYTHING,
        "headers": ANYTHING,
        "name": ANYTHING,
    },
)
RESOURCES = st.dictionaries(
    st.sampled_from(["/", "/a", "/a/{b}", "/a/{+b}", "/{x"]) | st.text(max_size=4).map(lambda text: "/" + text),
    st.just("GET POST") | ANYTHING | st.fixed_dictionaries({"methods": st.fixed_dictionaries({"POST": METHOD})}),
    max_size=3,
)


@given(service=ANYTHING | st.just({}), resources=RESOURCES | ANYTHING, defaults=RESOURCES | ANYTHING)
def test_any_documents_give_a_definition_or_a_definition_error(service: Any, resources: Any, defaults: Any) -> None:
    """Whatever the documents are, they make a definition that can be used, or a `DefinitionError`; nothing else."""
    documents = {"service": service, "resources": resources, "defaults": defaults}
    definition = attempt(lambda: restpath.read(documents), DefinitionError)
    if isinstance(definition, DefinitionError):
        assert definition.expected
        assert definition.file is None
        return
    client = restpath.connect(definition, "https://a.example")
    assert restpath.describe(client) is not None
    for operation in definition.operations:
        assert operation.method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY")
        assert operation.rules is not None
        assert definition.source_of(operation.template, operation.method) == ""


@given(ANYTHING)
def test_any_body_schema_gives_a_definition_or_a_definition_error(schema: Any) -> None:
    """Whatever stands for a JSON Schema, a body is held to it, or it is refused when it is read; nothing else."""
    definition = attempt(lambda: with_schema(schema), DefinitionError)
    if isinstance(definition, DefinitionError):
        assert definition.pointer.startswith("/~1people/methods/POST/body")
        return
    post = restpath.connect(definition).people.post
    call = attempt(lambda: post.prepare(data={"a": [1, {}]}), InvalidBody)
    assert call.faults if isinstance(call, InvalidBody) else json.loads(call.body) == {"a": [1, {}]}


@given(ANYTHING | st.fixed_dictionaries({}, optional=dict.fromkeys(KEYWORDS, ANYTHING)))
def test_schema_that_looks_plain_is_right(schema: Any) -> None:
    """The quick look at a schema never takes a wrong one for a right one."""
    from jsonschema import Draft202012Validator

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    assert not is_plain(schema) or meta.is_valid(schema)


@given(st.binary(max_size=40))
def test_any_bytes_give_a_definition_or_a_definition_error(tmp_path_factory: Any, data: bytes) -> None:
    """Whatever is in a file, it is read or it is a `DefinitionError` that names it."""
    folder = tmp_path_factory.mktemp("bytes")
    write(folder, {"service.json": {}})
    (folder / "resources.json").write_bytes(data)
    found = attempt(lambda: restpath.read(folder), DefinitionError)
    assert isinstance(found, Definition) or found.file == str(folder / "resources.json")


def test_a_dotted_name_of_thousands_of_parts_is_looked_through_part_by_part() -> None:
    """Without a text for each of its beginnings, which would be gigabytes."""
    import tracemalloc

    name = "a" + ".a" * 20_000
    resources = {"/a": {"methods": {"GET": {"name": name}}}}
    documents = Documents({"operation_names": "dotted"}, resources, {})
    tracemalloc.start()
    try:
        assert list(name_faults(documents)) == []
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
