"""What services say of themselves when asked for their routes or methods, as the mocks of two services say it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import mock
from restpath.definition.model import Definition
from restpath.importers.listings import convert, fits

APPLICATION = {"api_key": "6fa87ba500002712bd4eed6020f3bd72", "api_secret": "e9a599f0cf6ce193"}
ROUTE = {
    "route_id": "pets",
    "route_url": "/pets/{id}",
    "route_name": "A pet",
    "category": "Pets",
    "filesystem": True,
    "methods": {
        "GET": {
            "description": "Get a pet",
            "documentation": "All of it.",
            "payload": None,
            "rest_params": ["id"],
            "query_params": {"fields": {"type": "string", "documentation": "Which."}},
            "permission": "Owner",
            "modifiers": [],
        }
    },
}


@pytest.fixture(scope="module")
def routes() -> tuple[Any, Any]:
    with mock.serve("max") as server:
        client = restpath.connect("max", server.url, username="ann", token="t")
        return client.info.api.get(), client.info.api.get(qs={"by_category": 1})


@pytest.fixture(scope="module")
def methods() -> Any:
    with mock.serve("ipernity") as server:
        return restpath.connect("ipernity", server.url, **APPLICATION).api.methods.getList()


def read(document: Any, source: str = "a.json") -> Definition:
    """The definition, held to the schemas and rules that hold for data files."""
    return restpath.read(dict(convert(document, source=source).documents))


def operations(definition: Definition) -> set[tuple[str, str]]:
    return {(method, template) for template, methods in definition.templates() for method in methods}


# ---- routes ----


def test_the_routes_of_a_service_are_those_that_its_data_files_have(routes: tuple[Any, Any]) -> None:
    assert operations(read(routes[0])) == operations(restpath.read("max"))


def test_routes_by_category_say_the_same(routes: tuple[Any, Any]) -> None:
    by_category = read(routes[1])
    assert operations(by_category) == operations(read(routes[0]))
    assert by_category.resource("/people").category == "User"


def test_routes_by_their_ids_say_the_same() -> None:
    assert operations(read({"pets": ROUTE})) == operations(read([ROUTE])) == {("GET", "/pets/{id}")}


def test_a_route_brings_its_names_and_documentation() -> None:
    definition = read([ROUTE])
    resource, method = definition.resource("/pets/{id}"), definition.method("/pets/{id}", "GET")
    assert (resource.name, resource.title, resource.category) == ("pets", "A pet", "Pets")
    assert (method.title, method.documentation) == ("Get a pet", "All of it.")
    assert method.query["fields"].documentation == "Which."
    assert convert([ROUTE], source="").documents["resources"]["/pets/{id}"]["x-stores-files"] is True


def test_a_method_comes_from_each_route_of_one_place(routes: tuple[Any, Any]) -> None:
    resource = convert(routes[0], source="").documents["resources"]["/people/{username}"]
    assert resource["name"] == "user"
    assert resource["methods"]["POST"]["x-name"] == "deprecated_create_user"


def test_what_was_listed_can_be_called(routes: tuple[Any, Any]) -> None:
    definition = read(routes[0], "https://max.example.com/sub/info/api?by_category=1")
    client = restpath.connect(definition)
    call = client.people["ann"].activities.get.prepare(limit=1)
    assert call.url == "https://max.example.com/sub/people/ann/activities?limit=1"


def test_the_base_url_holds_no_name_and_no_query() -> None:
    own = {**ROUTE, "route_url": "/info/api"}
    service = convert([own], source="https://ann:secret@a.example.com/info/api?token=secret").documents["service"]
    assert service["base_url"] == "https://a.example.com"
    assert "secret" not in str(service)


def test_without_a_url_nothing_is_said_of_the_server(routes: tuple[Any, Any]) -> None:
    assert convert(routes[0], source="listing.json").documents["service"] == {"format": 1}


def test_a_payload_that_is_a_schema_becomes_the_bodys() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    for payload in (schema, {"schema": schema}):
        post = {"payload": payload}
        assert read([{**ROUTE, "methods": {"POST": post}}]).method("/pets/{id}", "POST").body_schema == schema


@pytest.mark.parametrize("payload", ["text", {"a": 1}, {"type": "object", "properties": 5}, {"type": "nonsense"}])
def test_a_payload_that_is_no_schema_is_left_out(payload: Any) -> None:
    found = convert([{**ROUTE, "methods": {"POST": {"payload": payload}}}], source="")
    assert [each.place for each in found.left_out] == ["/0/methods/POST/payload"]


def test_modifiers_and_words_that_are_no_methods_are_left_out() -> None:
    found = convert([{**ROUTE, "methods": {"GET": {"modifiers": ["x"]}, "BREW": {}}}], source="")
    assert [each.place for each in found.left_out] == ["/0/methods/GET/modifiers", "/0/methods/BREW"]


def test_a_route_with_braces_that_are_not_balanced_is_plain_text() -> None:
    found = convert([{**ROUTE, "route_url": "/pets/{id"}], source="")
    assert found.documents["resources"]["/pets/{id"]["literal"] is True
    assert [each.place for each in found.left_out] == ["/0/route_url"]


# ---- methods by name ----


def test_the_methods_of_a_service_are_those_that_its_data_files_have(methods: Any) -> None:
    bundled = restpath.read("ipernity")
    assert dict(read(methods).named) == dict(bundled.named)


def test_listed_methods_are_chains_of_attributes(methods: Any) -> None:
    definition = read(methods, "https://api.example.com/api/api.methods.getList/json?api_key=secret")
    client = restpath.connect(definition)
    assert client.doc.getList.prepare(user_id=7).url == "https://api.example.com/api/doc.getList/json?user_id=7"
    assert client.album.create.prepare(title="t").method == "POST"


def test_what_follows_a_methods_name_is_read_from_the_url(methods: Any) -> None:
    definition = read(methods, "https://api.example.com/rest/api.methods.getList/v2/xml")
    assert "/doc.get/v2/xml" in dict(definition.templates())


def test_how_calls_are_proved_is_left_for_a_layer_to_say(methods: Any) -> None:
    found = convert(methods, source="")
    assert "auth" not in found.documents["service"]
    assert [each.place for each in found.left_out] == ["/methods/method", "/methods/method"]


def test_one_method_alone_is_a_list_of_one() -> None:
    definition = read({"methods": {"method": {"name": "doc.get", "authentication": {"post": "1"}}}})
    assert operations(definition) == {("POST", "/doc.get/json")}


def test_names_of_which_one_holds_others_are_no_chains() -> None:
    listed = [{"name": name, "authentication": {}} for name in ("doc", "doc.get")]
    assert convert({"methods": {"method": listed}}, source="").documents["service"]["operation_names"] == "plain"


@pytest.mark.parametrize("name", ["", "a..b", "a/b", "a{b", "../b", "a?b"])
def test_a_name_that_can_stand_in_no_path_is_left_out(name: str) -> None:
    listed = [{"name": each, "authentication": {}} for each in ("doc.get", name)]
    found = convert({"methods": {"method": listed}}, source="")
    assert "/methods/method/1/name" in [each.place for each in found.left_out]


# ---- what is none ----


@pytest.mark.parametrize(
    "document",
    [None, 5, "text", [], {}, [1, "a"], {"a": {"b": {"c": ROUTE}}}, {"methods": []}, {"methods": {"method": [5]}},
     {"methods": {"method": [{"name": "a"}]}}, {"paths": {"/a": {"get": {}}}}],
)  # fmt: skip
def test_what_is_no_listing_is_none(document: Any) -> None:
    assert not fits(document)
    with pytest.raises(restpath.DefinitionError, match="route_url"):
        convert(document, source="a.json")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(sorted(ROUTE)), _JSON, st.sampled_from(sorted(ROUTE["methods"]["GET"])), _JSON)  # type: ignore[index]
def test_whatever_a_route_says_the_result_is_good_or_the_error_a_clear_one(
    key: str, value: Any, word: str, said: Any
) -> None:
    route = {**ROUTE, "methods": {"GET": {**ROUTE["methods"]["GET"], word: said}}}  # type: ignore[index]
    try:
        found = convert([{**route, key: value}], source="https://a.example.com/pets")
    except restpath.DefinitionError:
        return
    restpath.read(dict(found.documents))


def test_a_second_route_of_one_path_and_method_is_told() -> None:
    routes = [{"route_url": "/a", "methods": ["GET"]}, {"route_url": "/a", "methods": {"get": {"query_params": ["q"]}}}]
    imported = convert(routes)
    assert imported.documents["resources"]["/a"]["methods"] == {"GET": {}}
    (left,) = imported.left_out
    assert (left.place, left.what) == ("/1/methods/get", "another GET /a: the first is kept")
