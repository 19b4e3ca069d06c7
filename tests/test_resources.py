"""Every data file that the package ships, and every example of old, holds to its schema and its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import restpath
from restpath.definition.jsonfile import read_json
from restpath.definition.merge import KINDS
from restpath.edge.catalog import service_names
from restpath.edge.source import check_source

ROOT = Path(__file__).parents[1]
RESOURCES = ROOT / "resources"
SCHEMAS = sorted((RESOURCES / "schema").glob("*.json"))
FILES = sorted(file for file in RESOURCES.glob("*/*.json") if file.parent.name != "schema")
EXAMPLES = sorted(folder for folder in (ROOT / "tests" / "definitions").glob("*/*") if folder.is_dir())
# What is there for people: titles and texts, the heading in a list, and the parameters that a call could name anyway;
# and so is a body's schema that only names such fields.
DOCUMENTATION = {"title", "documentation", "category", "query"}
LIMIT_BYTES = 150


def label(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def load(file: Path) -> Any:
    return read_json(file.read_text(encoding="utf-8"), str(file))


def without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: without_documentation(value)
            for key, value in node.items()
            if key not in DOCUMENTATION
            and not (key == "body" and list(value) == ["schema"] and names_only(value["schema"]))
        }
    return node


def names_only(schema: Any) -> bool:
    """Whether a schema names fields and asks nothing of their values."""
    known = {"properties", "items", "title", "description"}
    parts = [*schema.get("properties", {}).values(), schema.get("items", {})] if isinstance(schema, dict) else [None]
    return isinstance(schema, dict) and schema.keys() <= known and all(map(names_only, parts)) if schema else True


@pytest.mark.parametrize("file", FILES + SCHEMAS, ids=label)
def test_file_is_json_that_no_reader_reads_otherwise(file: Path) -> None:
    """No file has a repeated key, a byte order mark or anything else that readers differ about."""
    assert isinstance(load(file), dict)
    assert file.read_bytes()[:1] == b"{"
    assert file.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("file", SCHEMAS, ids=label)
def test_schema_is_a_json_schema(file: Path) -> None:
    """Each shipped schema is one of 2020-12, is named by its format, and refers only to the others."""
    from jsonschema import Draft202012Validator

    schema = load(file)
    Draft202012Validator.check_schema(schema)
    kind = file.name.removesuffix(".schema.json")
    assert kind in KINDS
    assert schema["$id"] == f"urn:restpath:format-1:{kind}"
    references = [part.split('"')[0] for part in json.dumps(schema).split('"$ref": "')[1:]]
    places = ("#/$defs/", *(f"urn:restpath:format-1:{each}#/$defs/" for each in KINDS))
    assert all(reference.startswith(places) for reference in references)
    assert all(
        reference.rpartition("/")[2] in json.dumps([load(other) for other in SCHEMAS]) for reference in references
    )


@pytest.mark.parametrize("file", FILES, ids=label)
def test_schema_that_a_file_names_is_shipped(file: Path) -> None:
    """`$schema` leads from the file to the shipped schema of its kind, so that an editor finds it."""
    named = (file.parent / load(file)["$schema"]).resolve()
    assert named == (RESOURCES / "schema" / f"{file.stem}.schema.json").resolve()
    assert named in [schema.resolve() for schema in SCHEMAS]


@pytest.mark.parametrize("file", FILES, ids=label)
def test_file_opens_with_its_format(file: Path) -> None:
    """Behind `$schema` each file says its format; service.json goes on with the service's name and its source."""
    document = load(file)
    assert list(document)[:2] == ["$schema", "format"]
    assert document["format"] == 1
    if file.stem == "service":
        assert document["service"] == file.parent.name
        assert document["source"]


@pytest.mark.parametrize("service", sorted({file.parent.name for file in FILES}))
def test_service_holds_to_the_schemas_and_rules(service: str) -> None:
    """All that `restpath check` knows is held against the bundled files, which are trusted after that."""
    definition = check_source(service)
    assert definition.name == service
    assert definition.operations
    assert {file.stem for file in FILES if file.parent.name == service} >= {"service", "resources"}
    assert service in service_names()


@pytest.mark.parametrize("file", [file for file in FILES if file.stem == "resources"], ids=label)
def test_route_costs_little(file: Path) -> None:
    """Without its documentation no route costs more than 150 bytes, written without spaces."""
    routes = {key: words for key, words in load(file).items() if key.startswith("/")}
    cost = {
        key: len(json.dumps({key: without_documentation(words)}, ensure_ascii=False, separators=(",", ":")).encode())
        - 2
        for key, words in routes.items()
    }
    assert {key: size for key, size in cost.items() if size > LIMIT_BYTES} == {}


def test_every_folder_is_a_service() -> None:
    """No folder among the resources is forgotten by the catalog."""
    folders = {file.parent.name for file in FILES}
    assert folders <= set(service_names())
    assert "max" in folders


# ---- definitions of old ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_definition_of_old_goes_on_loading(folder: Path) -> None:
    """Files of a published format are read for ever, and mean what they meant."""
    if list(folder.glob("*.y*ml")):
        pytest.importorskip("yaml", reason="needs PyYAML: pip install 'restpath[yaml]'")
    expected = load(folder / "expected.json")
    definition = check_source(folder)
    assert definition.name == expected["name"]
    assert [f"{operation.method} {operation.template}" for operation in definition.operations] == expected["operations"]


def test_long_example_means_what_it_meant() -> None:
    """Every word of format 1 has the meaning that it was published with."""
    client = restpath.connect(restpath.read(ROOT / "tests" / "definitions" / "format-1" / "long"), token="t")
    definition = client._root.definition
    assert restpath.url(client["books"]) == "https://main.library.example.com/v1/books"
    assert definition.service.title == "Library"
    listing = definition.method("/books", "GET")
    assert (listing.name, listing.query["order"].enum, listing.query["order"].deprecated) == (
        "books.list", ("title", "year"), True,
    )  # fmt: skip
    url = client["books"].get.prepare(author=["a", "b"], limit=2).url
    assert unquote(url).endswith("?author[]=a&author[]=b&limit=2")
    assert client.books.list.prepare(limit=2).url.endswith("/books?limit=2")
    assert (listing.rules.query_lists, listing.rules.headers) == ("commas", {"Accept": "application/json"})
    assert definition.method("/books", "HEAD").rules.count_header == "X-Books"
    add = definition.method("/books", "POST")
    assert add.media_type == "application/vnd.library+json; charset=utf-8"
    assert (add.rules.nested_by, add.rules.auth, add.rules.headers) == ("-", ("key",), {"accept": "text/plain"})
    assert (add.rules.errors.message, add.rules.errors.code) == ("/message", "/error/code")
    assert add.defaults() == {"language": "en", "parts": []}
    cover = definition.method("/books/{hash}/cover", "PUT")
    assert cover.server == "https://upload.example.com/v2"
    assert (cover.rules.fields, cover.rules.uploads.field, cover.rules.uploads.json_field) == (
        "multipart",
        "image",
        None,
    )
    assert (cover.rules.nested_by, cover.rules.auth) == (None, ())
    assert definition.method("/books/{hash}", "GET").server == "https://archive.example.com"
    assert definition.method("/books/{hash}", "GET").resource.path_values["hash"].spelling == "plain"
    assert restpath.url(client.odd["{brace"]).endswith("/odd/%7Bbrace")
    with pytest.raises(restpath.InvalidBody):
        client.books.add.prepare(title=5)


def test_yaml_example_means_what_it_meant() -> None:
    """YAML files say texts where YAML 1.1 said booleans, dates and octal numbers."""
    pytest.importorskip("yaml", reason="needs PyYAML: pip install 'restpath[yaml]'")
    definition = restpath.read(ROOT / "tests" / "definitions" / "format-1" / "yaml")
    words = definition.service.words
    assert (words["title"], words["source"]) == ("no", "2026-11-21")
    assert words["x-values"] == [None, True, 31, 15, 10, -2500.0, "5", "on", "="]
    assert definition.resource("/people/{username}").title == "One person"
    assert definition.method("/people", "POST").defaults() == {"kind": "person"}
