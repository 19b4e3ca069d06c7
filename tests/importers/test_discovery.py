"""Discovery documents: what becomes of them, and that every method is reached and sent as the document says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.definition.model import Definition
from restpath.importers.discovery import DIRECTORY, KIND, convert, fits
from restpath.importers.found import Imported
from tests.support.scripted import Server, answer

CASES = Path(__file__).resolve().parents[1] / "cases"
JOBS = json.loads((CASES / "discovery_jobs.json").read_text(encoding="utf-8"))
ODD = json.loads((CASES / "discovery_odd.json").read_text(encoding="utf-8"))


def imported(document: dict[str, Any] = JOBS) -> Imported:
    return convert(document, source="a.json")


def checked(document: dict[str, Any] = JOBS) -> Definition:
    """The definition, held to the schemas and rules that hold for data files."""
    return restpath.read(dict(imported(document).documents))


def words(template: str, method: str, document: dict[str, Any] = JOBS) -> Any:
    return imported(document).documents["resources"][template]["methods"][method]


def left_out(document: dict[str, Any] = JOBS) -> dict[str, str]:
    return {each.place: each.what for each in imported(document).left_out}


@pytest.fixture(scope="module")
def client() -> restpath.Client:
    return restpath.connect(checked(), token="t")


# ---- the service ----


def test_a_document_becomes_documents_that_pass_the_check() -> None:
    assert checked().name == "jobs-example-com"
    assert checked(ODD).name == "odd"


def test_the_document_is_not_changed() -> None:
    before = copy.deepcopy(JOBS)
    imported()
    assert before == JOBS


def test_the_base_url_is_made_of_root_and_service_path_for_the_other_word_is_out_of_date() -> None:
    assert imported().documents["service"]["base_url"] == "https://jobs.example.com"
    assert checked({**JOBS, "servicePath": "jobs/v1/"}).service.base_url == "https://jobs.example.com/jobs/v1"
    without = {key: value for key, value in JOBS.items() if key not in ("rootUrl", "servicePath")}
    assert checked(without).service.base_url == "https://old.example.com"


def test_title_and_documentation_are_the_documents() -> None:
    service = checked().service
    assert (service.title, service.documentation) == ("Jobs API v1", "Runs jobs.")
    assert service.words["source"] == "jobs:v1, revision 20261101"


def test_a_token_or_a_key_proves_who_calls_and_what_asks_for_no_scope_goes_without() -> None:
    definition = checked()
    assert list(definition.service.credentials) == ["token", "api_key"]
    assert definition.method("/v1/operations/{+operationsId}", "GET").rules.auth == ("oauth2", "key")
    assert definition.method("/v1/about", "GET").rules.auth == ("oauth2", "key", "open")


def test_what_cannot_be_said_of_the_service_is_left_out() -> None:
    said = left_out()
    assert {"/auth/oauth2/scopes", "/batchPath"} < said.keys()


def test_the_servers_by_region_are_servers_and_what_is_none_is_left_out() -> None:
    (europe,) = checked().service.servers
    assert (europe.url, europe.title) == ("https://jobs.eu.example.com", "eu")
    odd = {**JOBS, "servicePath": "v2/", "endpoints": [{"endpointUrl": "https://a.example"}, {"location": "us"}, 3]}
    assert [server.url for server in checked(odd).service.servers] == ["https://a.example/v2"]
    assert {"/endpoints/1", "/endpoints/2"} < left_out(odd).keys()


# ---- paths ----


def test_the_tree_comes_from_the_flat_path(client: restpath.Client) -> None:
    job = client.v1.projects["p"].jobs["7"]
    assert job.delete.prepare().url == "https://jobs.example.com/v1/projects/p/jobs/7"
    assert job[":cancel"].post.prepare().url == "https://jobs.example.com/v1/projects/p/jobs/7:cancel"


def test_a_method_without_flat_path_has_the_place_of_its_path(client: restpath.Client) -> None:
    assert client.v1.media["m"].post.prepare().url == "https://jobs.example.com/v1/media/m"


def test_three_methods_of_one_path_are_three_operations(client: restpath.Client) -> None:
    named = {name: restpath.operation(client, name) for name in client._root.definition.named}
    assert named["jobs.projects.delete"].prepare(projectsId="p").url.endswith("/v1/projects/p")
    assert named["jobs.projects.jobs.delete"].prepare(projectsId="p", jobsId="j").url.endswith("/v1/projects/p/jobs/j")
    assert named["jobs.operations.delete"].prepare(operationsId="a/b").url.endswith("/v1/operations/a/b")


def test_a_variable_whose_pattern_takes_any_text_takes_slashes_for_all_methods_of_its_place() -> None:
    templates = dict(checked().templates())
    assert set(templates["/v1/operations/{+operationsId}"]) == {"DELETE", "GET"}


def test_a_variable_without_pattern_that_is_reserved_in_the_path_takes_slashes(client: restpath.Client) -> None:
    path = client.v1.projects["p"].jobs["j"].invoke["a/b"]
    assert path.post.prepare().url.endswith("/v1/projects/p/jobs/j/invoke/a/b")


def test_a_variable_of_one_segment_never_takes_a_slash(client: restpath.Client) -> None:
    assert client.v1.projects["a/b:c"].jobs.get.prepare().url.endswith("/v1/projects/a%2Fb%3Ac/jobs")


def test_two_reserved_variables_beside_each_other_are_laid_out_by_their_patterns(client: restpath.Client) -> None:
    path = client.v1.projects["p"].kinds["k"][":search"]
    assert path.get.prepare().url == "https://jobs.example.com/v1/projects/p/kinds/k:search"


def test_the_path_is_kept_as_another_text_for_the_same_place() -> None:
    resource = imported().documents["resources"]["/v1/projects/{projectsId}/jobs/{jobsId}"]
    assert resource["also"] == ["/v1/{+name}"]


def test_either_spelling_of_a_path_is_expanded_to_the_same_place(client: restpath.Client) -> None:
    path = restpath.expand(client, "v1/{+name}:cancel", name="projects/p/jobs/7")
    flat = restpath.expand(client, "/v1/projects/{projectsId}/jobs/{jobsId}:cancel", projectsId="p", jobsId="7")
    assert path == flat
    assert restpath.url(path) == "https://jobs.example.com/v1/projects/p/jobs/7:cancel"


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("projects/p", "/v1/projects/p"),
        ("projects/p/jobs/7", "/v1/projects/p/jobs/7"),
        ("operations/a/b", "/v1/operations/a/b"),
        ("projects/example.com:p", "/v1/projects/example.com%3Ap"),
        ("projects/a%2Fb", "/v1/projects/a%2Fb"),
        ("projects/p/jobs/7:cancel", "/v1/projects/p/jobs/7%3Acancel"),
    ],
)
def test_a_path_that_names_several_places_is_the_one_that_its_value_fits(
    client: restpath.Client, name: str, url: str
) -> None:
    path = restpath.expand(client, "/v1/{+name}", name=name)
    assert path.delete.prepare().url == "https://jobs.example.com" + url


def test_a_value_that_fits_no_place_is_refused_with_all_that_there_are(client: restpath.Client) -> None:
    with pytest.raises(restpath.InvalidValue, match="no path of") as caught:
        restpath.expand(client, "/v1/{+name}", name="folders/f")
    for text in ("/v1/operations/{+operationsId}", "/v1/projects/{projectsId}/jobs/{jobsId}"):
        assert text in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", "projects/..", "projects//jobs/7", None])
def test_a_value_that_would_climb_is_refused(client: restpath.Client, name: Any) -> None:
    with pytest.raises(restpath.InvalidValue):
        restpath.expand(client, "/v1/{+name}", name=name)


def test_an_operation_of_a_name_takes_the_variables_of_either_spelling(client: restpath.Client) -> None:
    delete = restpath.operation(client, "jobs.projects.jobs.delete")
    assert delete.prepare(name="projects/p/jobs/7") == delete.prepare(projectsId="p", jobsId="7")
    with pytest.raises(restpath.InvalidValue):
        delete.prepare(name="projects/p")


def test_a_field_of_the_body_that_is_called_like_a_variable_stays_one(client: restpath.Client) -> None:
    create = restpath.operation(client, "jobs.projects.jobs.create")
    call = create.prepare(projectsId="p", name="n")
    assert (call.url, json.loads(call.body)) == ("https://jobs.example.com/v1/projects/p/jobs", {"name": "n"})


def test_methods_are_called_by_their_ids_as_chains_of_attributes(client: restpath.Client) -> None:
    call = client.jobs.projects.jobs.list.prepare(projectsId="p", states=["NEW", "DONE"], pageSize=5)
    assert call.url == "https://jobs.example.com/v1/projects/p/jobs?states=NEW&states=DONE&pageSize=5"


# ---- parameters ----


def test_parameters_of_the_document_go_with_every_method_but_those_that_prove_who_calls() -> None:
    query = words("/v1/about", "GET")["query"]
    assert query == {
        "alt": {"type": "string", "enum": ["json", "media"], "default": "json", "documentation": "The format."},
        "prettyPrint": {"type": "boolean", "default": True},
    }


def test_a_repeated_parameter_is_an_array_that_repeats_its_name() -> None:
    states = words("/v1/projects/{projectsId}/jobs", "GET")["query"]["states"]
    assert states == {"type": "array", "items": {"type": "string", "enum": ["NEW", "DONE"]}, "lists": "repeat"}


def test_defaults_have_the_type_of_their_parameter() -> None:
    assert words("/v1/projects/{projectsId}/jobs", "GET")["query"]["pageSize"] == {
        "type": "integer", "default": 50, "format": "int32",
    }  # fmt: skip


def test_a_parameter_beside_a_body_goes_into_the_query(client: restpath.Client) -> None:
    call = client.v1.projects["p"].jobs.post.prepare(name="n", alt="json")
    assert call.url.endswith("/jobs?alt=json")
    assert json.loads(call.body) == {"name": "n"}


def test_the_version_of_a_method_goes_with_it_as_a_header_field(client: restpath.Client) -> None:
    assert client.v1.projects["p"].jobs.post.prepare(name="n").headers["x-goog-api-version"] == "2026-10-01"


def test_deprecated_methods_say_so() -> None:
    definition = checked()
    assert definition.method("/v1/projects/{projectsId}", "DELETE").deprecated
    assert not definition.method("/v1/about", "GET").deprecated


# ---- bodies ----


def body_schema(template: str = "/v1/projects/{projectsId}/jobs") -> Any:
    return checked().method(template, "POST").body_schema


def test_what_is_required_moves_from_the_property_to_what_has_it() -> None:
    assert body_schema()["required"] == ["name"]


def test_numbers_of_64_bits_are_texts_or_numbers() -> None:
    assert body_schema()["properties"]["size"] == {"type": ["string", "integer"], "format": "int64"}


def test_limits_and_defaults_written_as_texts_become_numbers() -> None:
    properties = body_schema()["properties"]
    assert (properties["share"]["minimum"], properties["share"]["maximum"]) == (0, 1.5)
    assert properties["tries"]["default"] == 3


def test_any_means_no_type() -> None:
    assert body_schema()["properties"]["payload"] == {}


def test_schemas_that_refer_to_each_other_come_along_once(client: restpath.Client) -> None:
    schema = body_schema()
    assert set(schema["schemas"]) == {"Job", "Step"}
    assert schema["properties"]["parent"] == {"description": "The job that began it.", "$ref": "#/schemas/Job"}
    deep = {"name": "a", "parent": {"name": "b", "steps": [{"title": "t", "job": {"name": 5}}]}}
    with pytest.raises(restpath.InvalidBody):
        client.v1.projects["p"].jobs.post.prepare(data=deep)
    deep["parent"]["steps"][0]["job"]["name"] = "c"  # type: ignore[index]
    assert client.v1.projects["p"].jobs.post.prepare(data=deep).body


def test_a_reference_that_leads_nowhere_holds_for_everything_and_is_told() -> None:
    assert body_schema()["schemas"]["Step"]["properties"]["lost"] == {}
    assert left_out()["/schemas/Step/properties/lost/$ref"] == "a schema that is not there, 'Nowhere'"


def test_references_that_go_round_and_round_hold_for_everything_and_are_told() -> None:
    template = "/v1/projects/{projectsId}/jobs/{jobsId}/invoke/{+way}"
    assert body_schema(template) == {}
    assert "/schemas/Left/$ref" in left_out()


def test_a_body_whose_schema_stands_in_the_method_is_read() -> None:
    template = "/v1/projects/{projectsId}/jobs/{jobsId}:cancel"
    assert body_schema(template) == {"type": "object", "additionalProperties": {}}


# ---- pages ----


def test_a_list_with_a_token_for_the_next_page_is_walked_by_it() -> None:
    assert words("/v1/projects/{projectsId}/jobs", "GET")["pages"] == {
        "by": "cursor", "items": "/jobs", "parameter": "pageToken", "next": "/nextPageToken", "size": "pageSize",
        "optional": True,
    }  # fmt: skip


def test_an_answer_with_two_lists_of_objects_says_nothing_of_pages() -> None:
    assert "pages" not in words("/v1/projects/{projectsId}/kinds/{kindsId}:search", "GET")


def test_a_walk_goes_on_until_there_is_no_token() -> None:
    pages = {
        "": {"jobs": [{"name": "a"}], "unreachable": ["x"], "nextPageToken": "2"},
        "pageToken=2": {"jobs": [{"name": "b"}]},
    }

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(pages[environ["QUERY_STRING"]]).encode()]

    client = restpath.connect(checked(), token="t", app=app)
    assert [job["name"] for job in client.v1.projects["p"].jobs.walk()] == ["a", "b"]


# ---- uploads ----


def test_a_file_alone_is_uploaded_at_a_place_of_its_own(client: restpath.Client) -> None:
    call = restpath.operation(client, "jobs.media.upload_media").prepare(b"PNG", qs={"note": "n"}, mediaId="m")
    assert call.url == "https://jobs.example.com/upload/v1/media/m?uploadType=media&note=n"
    assert (call.body, call.headers["content-type"]) == (b"PNG", "image/png")


def test_the_upload_stays_at_the_root_where_the_service_is_below_it() -> None:
    client = restpath.connect(checked({**JOBS, "servicePath": "jobs/"}), token="t")
    call = restpath.operation(client, "jobs.media.upload_media").prepare(b"PNG", mediaId="m")
    assert call.url.startswith("https://jobs.example.com/upload/")


def test_other_kinds_of_upload_are_left_out() -> None:
    place = "/resources/media/methods/upload/mediaUpload/protocols"
    said = left_out()
    assert said[f"{place}/resumable"] == "uploads of the kind resumable"
    assert not [each for each in said if each.startswith(f"{place}/simple")]


def described_upload() -> dict[str, Any]:
    """The same document, with an upload that has JSON beside the file."""
    document: dict[str, Any] = json.loads(json.dumps(JOBS))
    document["resources"]["media"]["methods"]["upload"]["request"] = {"$ref": "Media"}
    document["schemas"]["Media"] = {"id": "Media", "type": "object", "properties": {"title": {"type": "string"}}}
    return document


def test_a_file_and_what_describes_it_go_in_one_body_as_google_has_it() -> None:
    definition = checked(described_upload())
    with Server(answer(200, b"{}", "Content-Type: application/json")) as server:
        client = restpath.connect(definition, server.url, token="t")
        client.call("jobs.media.upload_multipart", mediaId="m", title="A", upload_file=("a.png", b"PNG", "image/png"))
        with pytest.raises(restpath.InvalidBody, match="title"):
            client.call("jobs.media.upload_multipart", mediaId="m", title=3, upload_file=("a", b"PNG"))
    (request,) = server.requests
    assert request.target == "/upload/v1/media/m?uploadType=multipart"
    assert str(request.header("content-type")).startswith('multipart/related; type="application/json"; boundary=')
    assert b'Content-Type: application/json\r\n\r\n{"title": "A"}\r\n' in request.body
    assert b"Content-Type: image/png\r\n\r\nPNG\r\n" in request.body
    assert b"Content-Disposition" not in request.body


def test_two_kinds_of_upload_at_one_place_are_told_apart_by_their_templates() -> None:
    media = restpath.connect(checked(described_upload()), token="t").upload.v1.media
    for kind, body in (("media", {"data": b"PNG"}), ("multipart", {"upload_file": ("a", b"PNG")})):
        path = media[f"{{mediaId}}?uploadType={kind}", {"mediaId": "m"}]
        assert path.post.prepare(**body).url == f"https://jobs.example.com/upload/v1/media/m?uploadType={kind}"
    with pytest.raises(restpath.InvalidValue, match="uploadType=multipart"):
        media["m"].post.prepare(b"PNG")


# ---- what is odd ----


def test_two_methods_that_nothing_tells_apart_are_both_reached() -> None:
    client = restpath.connect(checked(ODD), "https://odd.example.com")
    second = restpath.operation(client, "odd.tasks.find").prepare(id="7")
    assert second.url == restpath.operation(client, "odd.tasks.get").prepare(id="7").url
    assert "/resources/tasks/methods/second" in left_out(ODD)


def test_a_name_that_another_method_has_is_left_out() -> None:
    assert "name" not in words("/tasks/{id}/more", "GET", ODD)
    assert "/resources/tasks/methods/third/id" in left_out(ODD)


def test_names_that_are_operations_and_hold_others_are_no_attributes() -> None:
    assert imported(ODD).documents["service"]["operation_names"] == "plain"
    assert "odd.tasks" in left_out(ODD)[""]


def test_braces_that_are_not_balanced_are_plain_text() -> None:
    client = restpath.connect(checked(ODD), "https://odd.example.com")
    assert client.tasks["{id"].x.get.prepare().url == "https://odd.example.com/tasks/%7Bid/x"
    assert "balanced" in left_out(ODD)["/resources/tasks/methods/broken"]


@pytest.mark.parametrize("name", ["climbs", "brews"])
def test_what_can_be_no_operation_is_left_out(name: str) -> None:
    assert f"/resources/tasks/methods/{name}" in left_out(ODD)


def test_a_server_that_is_none_is_left_out() -> None:
    assert checked(ODD).service.base_url is None
    assert "give one" in left_out(ODD)["/rootUrl"]


def test_words_of_a_wrong_type_are_passed_over() -> None:
    assert words("/asks", "GET", ODD)["query"] == {
        "deep": {"type": "object"}, "what": {"type": "string", "default": "x"},
    }  # fmt: skip
    sends = words("/sends", "POST", ODD)
    assert sends["body"]["schema"] == {"properties": {"a": {"type": "string"}}}
    assert "headers" not in sends


def test_a_schema_of_very_many_levels_ends_somewhere() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(300):
        schema = {"type": "array", "items": schema}
    document = {**JOBS, "schemas": {**JOBS["schemas"], "Job": schema}}
    assert checked(document)
    assert left_out(document)["/schemas/Job/items/items"] == "a schema of so many levels"


def test_a_directory_of_descriptions_is_no_description() -> None:
    assert not fits({"kind": DIRECTORY})
    with pytest.raises(restpath.DefinitionError, match="discoveryRestUrl"):
        convert({"kind": DIRECTORY, "items": []}, source="a.json")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"kind": "else"}, "/kind"),
        ({"kind": KIND, "resources": []}, "/resources"),
        ({"kind": KIND, "schemas": 5}, "/schemas"),
        ({"kind": KIND, "resources": {"a": {"methods": {"b": 1}}}}, "/resources/a/methods/b"),
        ({"kind": KIND, "methods": {"b": {"httpMethod": "GET"}}}, "/methods/b"),
        ({"kind": KIND, "methods": {"b": {"path": "x"}}}, "/methods/b"),
    ],
)
def test_what_is_no_discovery_document_is_named_with_its_place(document: dict[str, Any], place: str) -> None:
    with pytest.raises(restpath.DefinitionError) as caught:
        convert(document, source="a.json")
    assert (caught.value.pointer, caught.value.file) == (place, "a.json")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_whatever_stands_in_a_document_the_result_is_good_or_the_error_a_clear_one(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from([JOBS, ODD])))
    for _ in range(data.draw(st.integers(1, 3))):
        node: Any = document
        while isinstance(node, (dict, list)) and node:
            key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else list(range(len(node)))))
            below = node[key]
            if not isinstance(below, (dict, list)) or not below or data.draw(st.integers(0, 5)) == 0:
                if key != "kind":
                    node[key] = data.draw(_JSON)
                break
            node = below
    try:
        found = imported(document)
    except restpath.DefinitionError:
        return
    restpath.read(dict(found.documents))
