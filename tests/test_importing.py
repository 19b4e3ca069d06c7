"""Imports and refreshes: what is written, what is shown, what is refused, and what a failure leaves."""

from __future__ import annotations

import base64
import errno
import json
import os
import shutil
import stat
import threading
import warnings
from pathlib import Path

import pytest

import restpath
from restpath.edge import imported, storing
from restpath.edge.catalog import service_names
from restpath.edge.source import check_source
from restpath.errors import ConnectionFailed, DefinitionError, InvalidValue, NotFound, RestpathError
from restpath.importing import Refused
from tests.support.growing import LISTED, GrowingService
from tests.support.scripted import answer, closed_port


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Where imported definitions lie, for this test alone."""
    for variable in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / variable.lower()))
    return tmp_path / "data" / "restpath"


@pytest.fixture
def service():
    with GrowingService() as service:
        yield service


def in_force(data, name="shop") -> Path:
    return data / name / json.loads((data / name / "in-force.json").read_text())["in_force"]


def templates(name="shop"):
    return [text for text, _ in restpath.read(name).templates()]


def said(changes):
    return [f"{each.method} {each.template}" for each in changes]


def own_layer(tmp_path, name="shop", **documents):
    folder = tmp_path / "config" / "restpath" / name
    folder.mkdir(parents=True, exist_ok=True)
    for kind, document in documents.items():
        (folder / f"{kind}.json").write_text(json.dumps(document))
    return folder


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A service `shop` whose data files say that it lists itself, as another directory has them for all users."""
    folder = tmp_path / "layers" / "listed"
    folder.mkdir(parents=True)
    for kind, document in LISTED.items():
        (folder / f"{kind}.json").write_text(json.dumps(document))
    return folder


# ---- importing ---------------------------------------------------------------------------------------------------


def test_a_description_at_a_url_is_a_service_by_its_name_from_then_on(service, data):
    plan = restpath.import_service("shop", f"{service.url}/openapi.json")
    assert plan.operations == 6
    assert "shop" in service_names()
    client = restpath.connect("shop")
    assert client.orders["7"].get() == {"called": "GET /orders/{id}"}


def test_the_files_name_their_schema_which_lies_beside_them_and_hold_to_it(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    folder = in_force(data)
    assert sorted(file.name for file in folder.iterdir()) == ["resources.json", "service.json", "source.json"]
    for kind in ("service", "resources"):
        document = json.loads((folder / f"{kind}.json").read_text())
        assert list(document)[:2] == ["$schema", "format"]
        assert json.loads((folder / document["$schema"]).read_text())["$id"] == f"urn:restpath:format-1:{kind}"
    assert check_source("shop").name == "shop"
    assert list(json.loads((folder / "service.json").read_text()))[2:4] == ["service", "source"]


def test_each_operation_has_a_line_of_its_own(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    lines = (in_force(data) / "resources.json").read_text().splitlines()
    assert [line for line in lines if '"get_people"' in line]
    assert all(len(line) <= 120 for line in lines)


def test_source_date_hash_and_etag_are_kept_apart_from_what_is_read(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    kept = json.loads((in_force(data) / "source.json").read_text())
    assert kept["place"] == f"{service.url}/openapi.json"
    assert kept["date"].endswith("Z")
    assert len(kept["sha256"]) == 64
    assert kept["etag"].startswith('"')
    assert kept["version"] == restpath.__version__


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_what_is_written_is_the_users_alone(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    for place in (data, *data.rglob("*")):
        assert stat.S_IMODE(place.stat().st_mode) == (0o700 if place.is_dir() else 0o600)


def test_a_file_a_folder_with_a_description_and_a_folder_of_data_files_can_be_imported(service, tmp_path, listed):
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "openapi.json").write_text(json.dumps(service.description()))
    restpath.import_service("one", tmp_path / "api" / "openapi.json")
    restpath.import_service("two", str(tmp_path / "api"))
    restpath.import_service("three", listed)
    assert templates("one") == templates("two") == templates("three")
    assert restpath.read("three").name == "three"
    assert restpath.connect("three", key="k").orders.defaults("post") == {"kind": "order"}


def test_user_name_and_password_of_a_url_go_to_it_and_are_not_kept(service, data):
    url = f"{service.url.replace('//', '//ann:pa%20ss@')}/openapi.json"
    restpath.import_service("shop", url)
    sent = service.server.requests[0].header("Authorization")
    assert sent == "Basic " + base64.b64encode(b"ann:pa ss").decode()
    assert not any(b"pa%20ss" in file.read_bytes() for file in data.rglob("*") if file.is_file())
    with pytest.raises(InvalidValue, match=r"a user name and a password, which are not kept"):
        restpath.refresh_service("shop")
    assert not restpath.refresh_service("shop", source=url).difference


def test_what_was_left_out_is_counted_by_what_it_is(service):
    link = {"name": "x", "in": "cookie", "schema": {"type": "string"}}
    service.extra = {"GET /orders": {"parameters": [link]}, "GET /people": {"callbacks": {"a": {}}}}
    plan = restpath.import_service("shop", f"{service.url}/openapi.json", dry_run=True)
    assert sum(plan.left_out_counts.values()) == len(plan.left_out) > 0


def test_a_dry_run_writes_nothing(service, data):
    plan = restpath.import_service("shop", f"{service.url}/openapi.json", dry_run=True)
    assert plan.operations == 6
    assert not data.exists()


def test_an_import_over_an_import_needs_to_be_said(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    with pytest.raises(InvalidValue, match=r"was imported before, from http.*restpath refresh shop.*force=True"):
        restpath.import_service("shop", f"{service.url}/openapi.json")
    service.routes["/new"] = "GET"
    restpath.import_service("shop", f"{service.url}/openapi.json", force=True)
    assert "/new" in templates()


def test_an_import_over_a_bundled_name_says_so_and_asks_before_credentials_go_elsewhere(service):
    with pytest.raises(Refused, match=r"would be gone"):
        restpath.import_service("mixcloud", f"{service.url}/openapi.json")
    with pytest.raises(
        Refused, match=r"where your credentials go.*the server: https://api\.mixcloud\.com becomes http"
    ):
        restpath.import_service("mixcloud", f"{service.url}/openapi.json", force=True)
    plan = restpath.import_service("mixcloud", f"{service.url}/openapi.json", force=True, accept_move=True)
    assert plan.replaces == "bundled"
    assert "/orders" in templates("mixcloud")
    assert restpath.undo_refresh("mixcloud") == "what came with restpath"
    assert "/orders" not in templates("mixcloud")


@pytest.mark.parametrize("name", ["", "Shop", "a b", "../shop", "a/b", "-x", "x" * 65, None, 7])
def test_what_is_no_name_is_refused_before_anything_is_fetched(service, name, data):
    with pytest.raises(InvalidValue, match="name of a service"):
        restpath.import_service(name, f"{service.url}/openapi.json")
    assert service.server.requests == []
    assert not data.exists()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "HTML or XML"),
        (b"{", "no JSON"),
        (b'{"a": 1}', "no format"),
        (b"", "empty"),
        (b'{"asyncapi": "2"}', "AsyncAPI"),
    ],
)
def test_a_source_that_is_no_description_changes_nothing(service, body, problem, data):
    service.broken = answer(200, body)
    with pytest.raises(DefinitionError, match=problem):
        restpath.import_service("shop", f"{service.url}/openapi.json")
    assert not (data / "shop").exists()


def test_a_url_that_gives_nothing_and_a_file_that_is_not_there_are_told(service, tmp_path):
    with pytest.raises(NotFound):
        restpath.import_service("shop", f"{service.url}/nothing")
    with pytest.raises(ConnectionFailed):
        restpath.import_service("shop", f"http://127.0.0.1:{closed_port()}/openapi.json")
    with pytest.raises(InvalidValue, match="there is no file or folder"):
        restpath.import_service("shop", tmp_path / "nothing.json")
    with pytest.raises(InvalidValue, match="is nothing to import"):
        restpath.import_service("shop", 7)  # type: ignore[arg-type]


def test_nothing_but_the_url_itself_is_fetched(service):
    service.extra = {"GET /people": {"parameters": [{"$ref": f"{service.url}/other.json#/x"}]}}
    restpath.import_service("shop", f"{service.url}/openapi.json")
    assert [request.target for request in service.server.requests] == ["/openapi.json"]


# ---- refreshing --------------------------------------------------------------------------------------------------


def test_a_refresh_shows_what_was_added_removed_and_changed_and_puts_it_in_force(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.routes |= {"/orders": "GET PUT", "/reviews": "GET"}
    parameter = {"name": "state", "in": "query", "schema": {"type": "string"}}
    service.extra = {"GET /orders": {"parameters": [parameter], "operationId": "allOrders"}}
    difference = restpath.refresh_service("shop").difference
    assert said(difference.added) == ["PUT /orders", "GET /reviews"]
    assert said(difference.removed) == ["POST /orders"]
    assert [str(each) for each in difference.changed] == ["GET /orders (allOrders): name, parameters +state"]
    assert str(difference) == "2 added, 1 removed, 1 changed"
    assert "/reviews" in templates()


def test_a_schema_that_bodies_share_and_that_is_another_changes_the_operations_that_use_it(tmp_path):
    file = tmp_path / "openapi.json"

    def write(kind):
        body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}
        schemas = {
            "Order": {"type": "object", "properties": {"item": {"$ref": "#/components/schemas/Item"}}},
            "Item": {"type": "object", "properties": {"count": {"type": kind}}},
        }
        paths = {"/orders": {"post": {"requestBody": body, "responses": {}}, "get": {"responses": {}}}}
        head = {
            "openapi": "3.0.3",
            "info": {"title": "Shop", "version": "1"},
            "servers": [{"url": "https://x.example"}],
        }
        file.write_text(json.dumps({**head, "paths": paths, "components": {"schemas": schemas}}))

    write("integer")
    restpath.import_service("shop", file)
    write("string")
    assert [str(each) for each in restpath.refresh_service("shop").difference.changed] == ["POST /orders: body"]
    client = restpath.connect("shop")
    with pytest.raises(restpath.InvalidBody):
        client.orders.post.prepare(item={"count": 1})


def test_variables_by_another_name_are_the_same_operation(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    del service.routes["/orders/{id}"]
    service.routes["/orders/{number}"] = "GET DELETE"
    difference = restpath.refresh_service("shop").difference
    assert not difference.added
    assert not difference.removed
    assert {str(each).rpartition(": ")[2] for each in difference.changed} >= {"path, name"}


def test_an_unchanged_service_is_not_fetched_again_and_leaves_the_files_as_they_are(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    before = {file: file.read_bytes() for file in data.rglob("*") if file.is_file()}
    assert not restpath.refresh_service("shop").difference
    assert service.server.requests[-1].header("If-None-Match")
    assert {file: file.read_bytes() for file in data.rglob("*") if file.is_file()} == before


def test_without_an_etag_the_same_content_is_unchanged_too(service, data):
    service.etags = False
    restpath.import_service("shop", f"{service.url}/openapi.json")
    folder = in_force(data)
    assert not restpath.refresh_service("shop").difference
    assert in_force(data) == folder


def test_a_new_etag_for_the_same_content_is_kept(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    content = json.dumps(service.description()).encode()
    service.broken = answer(200, content, 'ETag: "other"', "Last-Modified: Sat, 21 Nov 2026 08:00:00 GMT")
    restpath.refresh_service("shop")
    kept = json.loads((in_force(data) / "source.json").read_text())
    assert kept["etag"] == '"other"'
    restpath.refresh_service("shop")
    last = service.server.requests[-1]
    assert last.header("If-None-Match") == '"other"'
    assert last.header("If-Modified-Since") == "Sat, 21 Nov 2026 08:00:00 GMT"


def test_a_later_version_of_restpath_reads_all_of_it_again(service, monkeypatch):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    monkeypatch.setattr("restpath.gathering.__version__", "99")
    restpath.refresh_service("shop")
    assert service.server.requests[-1].header("If-None-Match") is None


def test_what_was_there_keeps_its_place_in_the_file(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    before = (in_force(data) / "resources.json").read_text()
    service.routes = dict(sorted({**service.routes, "/aaa": "GET"}.items(), reverse=True))
    restpath.refresh_service("shop")
    after = (in_force(data) / "resources.json").read_text()
    known = [line for line in after.splitlines() if "aaa" not in line]
    assert [line.rstrip(",") for line in known] == [line.rstrip(",") for line in before.splitlines()]


def test_a_dry_run_of_a_refresh_changes_nothing(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    folder = in_force(data)
    service.routes["/new"] = "GET"
    assert said(restpath.refresh_service("shop", dry_run=True).difference.added) == ["GET /new"]
    assert in_force(data) == folder
    assert "/new" not in templates()


def test_a_file_and_a_folder_are_read_again(tmp_path, service):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(service.description()))
    restpath.import_service("shop", file)
    service.routes["/new"] = "GET"
    file.write_text(json.dumps(service.description()))
    assert said(restpath.refresh_service("shop").difference.added) == ["GET /new"]
    file.unlink()
    with pytest.raises(InvalidValue, match="there is no file"):
        restpath.refresh_service("shop")
    assert "/new" in templates()


def test_undo_goes_back_once_and_says_to_what(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.routes["/new"] = "GET"
    restpath.refresh_service("shop")
    assert restpath.undo_refresh("shop").startswith(f"what was read from {service.url}/openapi.json on 20")
    assert "/new" not in templates()
    with pytest.raises(InvalidValue, match="there is nothing to undo for shop"):
        restpath.undo_refresh("shop")
    assert said(restpath.refresh_service("shop").difference.added) == ["GET /new"]


@pytest.mark.parametrize("name", ["shop", "max"])
def test_an_undo_of_what_was_never_imported_is_an_error_and_makes_no_folder(name, data):
    with pytest.raises(InvalidValue, match="there is nothing to undo"):
        restpath.undo_refresh(name)
    assert not data.exists()


def test_undo_of_the_import_itself_takes_the_service_away(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    assert restpath.undo_refresh("shop") == "nothing: it is no longer there"
    assert "shop" not in service_names()


def test_a_folder_that_was_put_there_by_hand_still_works_and_can_be_gone_back_to(service, data, listed):
    (data / "shop").mkdir(parents=True)
    for kind, document in LISTED.items():
        (data / "shop" / f"{kind}.json").write_text(json.dumps({key: document[key] for key in document if key != "x"}))
    assert restpath.read("shop").service.credentials.keys() == {"key"}
    with pytest.raises(InvalidValue, match="was imported before, by hand"):
        restpath.import_service("shop", f"{service.url}/openapi.json")
    restpath.import_service("shop", f"{service.url}/openapi.json", force=True, accept_move=True)
    assert restpath.read("shop").service.credentials.keys() == set()
    assert restpath.undo_refresh("shop") == f"the data files in {data / 'shop'}"
    assert restpath.read("shop").service.credentials.keys() == {"key"}


def test_only_two_generations_are_kept(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    for number in range(4):
        service.routes[f"/new{number}"] = "GET"
        restpath.refresh_service("shop")
    assert len([place for place in (data / "shop").iterdir() if place.is_dir()]) == 2


def test_a_service_that_nobody_knows_the_source_of_is_told_what_to_do(data):
    with pytest.raises(InvalidValue, match=r"mixcloud was not imported.*restpath import mixcloud SOURCE"):
        restpath.refresh_service("mixcloud")
    with pytest.raises(DefinitionError, match="there is no service 'nothing'"):
        restpath.refresh_service("nothing")


# ---- what is refused ---------------------------------------------------------------------------------------------


def refused(service, data, problem, **agreed):
    folder = in_force(data)
    with pytest.raises(DefinitionError, match=problem):
        restpath.refresh_service("shop")
    assert in_force(data) == folder
    restpath.refresh_service("shop", **agreed)
    assert in_force(data) != folder


def test_a_refresh_that_moves_the_server_has_to_be_agreed_to(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.base_url = "https://elsewhere.example"
    refused(service, data, "the server: http.* becomes https://elsewhere.example", accept_move=True)


def test_a_refresh_that_moves_the_server_of_one_operation_has_to_be_agreed_to(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.extra = {"GET /orders": {"servers": [{"url": "https://uploads.example"}]}}
    refused(service, data, "the server of GET /orders: none becomes https://uploads.example", accept_move=True)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {}}}},
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://b.example/token", "scopes": {}}}},
            "the token endpoint of .*a.example/token becomes https://b.example/token",
        ),
        (
            {"type": "apiKey", "in": "header", "name": "X-Key"},
            {"type": "apiKey", "in": "query", "name": "key"},
            "the scheme .* is another",
        ),
        ({"type": "http", "scheme": "bearer"}, {"type": "http", "scheme": "basic"}, "the scheme .* is another"),
    ],
)
def test_a_refresh_that_changes_who_is_told_what_has_to_be_agreed_to(tmp_path, service, data, before, after, problem):
    file = tmp_path / "openapi.json"

    def write(scheme):
        words = {**service.description(), "components": {"securitySchemes": {"own": scheme}}, "security": [{"own": []}]}
        file.write_text(json.dumps(words))

    write(before)
    restpath.import_service("shop", file)
    write(after)
    refused(service, data, problem, accept_move=True)


def test_a_refresh_that_loses_more_than_half_needs_force(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.routes = {"/routes": "GET", "/people": "GET"}
    refused(service, data, "4 of 6 operations would be gone.*force=True", force=True)


def test_a_refresh_that_finds_no_description_changes_nothing(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    folder = in_force(data)
    for broken, error in ((answer(200, b"<html>"), DefinitionError), (answer(404, b"gone"), NotFound)):
        service.broken = broken
        with pytest.raises(error):
            restpath.refresh_service("shop", force=True)
    assert in_force(data) == folder
    assert restpath.connect("shop").people.get() == {"called": "GET /people"}


def test_what_the_users_own_layers_make_wrong_is_refused_and_the_old_one_stands(service, data, tmp_path):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    own_layer(tmp_path, resources={"/mine": {"methods": {"GET": {"name": "get_new"}}}})
    folder = in_force(data)
    service.routes["/new"] = "GET"
    (doubt,) = restpath.refresh_service("shop", dry_run=True).doubts
    with pytest.raises(DefinitionError, match="'get_new' is the name of") as caught:
        restpath.refresh_service("shop")
    own = tmp_path / "config" / "restpath" / "shop" / "resources.json"
    assert f"Nothing was changed, for this is wrong with your own words over it, in {own}" in str(caught.value)
    assert doubt == f"this will not be put in force: {caught.value}"
    assert "shop/20" not in str(caught.value)  # no folder that is gone again
    assert in_force(data) == folder
    assert len([place for place in (data / "shop").iterdir() if place.is_dir()]) == 1
    assert "/mine" in templates()


@pytest.mark.parametrize("damage", ["gone", "{", "[]", '{"/people": 5}'])
def test_a_damaged_import_is_told_and_an_import_by_force_takes_its_place(service, data, damage):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    if damage == "gone":
        shutil.rmtree(in_force(data))
    else:
        (in_force(data) / "resources.json").write_text(damage)
    for step in (lambda: restpath.read("shop"), lambda: restpath.refresh_service("shop")):
        with pytest.raises(
            DefinitionError, match="import shop SOURCE --force" if damage == "gone" else r"resources\.json"
        ):
            step()
    restpath.import_service("shop", f"{service.url}/openapi.json", force=True)
    assert "/people" in templates()


# ---- corrections -------------------------------------------------------------------------------------------------


def test_hand_corrections_survive_a_refresh_and_still_hold(service, tmp_path):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    own_layer(
        tmp_path,
        resources={"/people": {"methods": {"GET": {"title": "Mine"}}}, "/secret": "GET"},
        defaults={"/orders": {"POST": {"kind": "mine"}}},
    )
    service.routes["/new"] = "GET"
    restpath.refresh_service("shop")
    definition = restpath.read("shop")
    assert definition.method("/people", "GET").title == "Mine"
    assert definition.method("/orders", "POST").defaults() == {"kind": "mine"}
    assert {"/secret", "/new"} < set(templates())


def test_a_correction_of_what_the_refresh_took_away_is_a_warning_that_names_it(service, tmp_path):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    folder = own_layer(
        tmp_path,
        resources={"/people": {"title": "Mine"}, "/orders": {"methods": {"POST": {"title": "Mine"}}}},
        defaults={"/people": {"GET": {"a": 1}}, "/orders/{id}": {"DELETE": {"a": 1}, "GET": {"b": 1}}},
    )
    restpath.read("shop")
    service.routes = {"/routes": "GET", "/orders": "GET", "/orders/{id}": "GET", "/more": "GET"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        plan = restpath.refresh_service("shop")
    assert {doubt.partition(": ")[0] for doubt in plan.doubts} == {
        f"{folder / 'resources.json'} at /~1people",
        f"{folder / 'defaults.json'} at /~1people",
        f"{folder / 'defaults.json'} at /~1orders~1{{id}}/DELETE",
    }
    with pytest.warns(UserWarning, match="has no effect, for the service does not have") as seen:
        definition = restpath.read("shop")
    assert len(seen) == 3
    assert definition.method("/orders/{id}", "GET").defaults() == {"b": 1}
    assert definition.method("/orders", "POST").title == "Mine"  # it says a method, and is a route of one's own


def test_without_an_import_a_correction_of_nothing_is_an_error_as_ever(tmp_path):
    own_layer(tmp_path, "mixcloud", defaults={"/nothing": {"GET": {}}})
    with pytest.raises(DefinitionError, match="there is no resource '/nothing'"):
        restpath.read("mixcloud")


# ---- a service that lists itself ---------------------------------------------------------------------------------


def test_a_service_that_lists_itself_is_asked_for_its_list_and_keeps_what_a_list_cannot_say(service, listed):
    restpath.import_service("shop", listed)
    service.routes |= {"/orders": "GET POST PATCH", "/reviews": "GET"}
    del service.routes["/people"]
    # An imported folder has a source, which is what a refresh asks; a service without one asks the service itself.
    definition = restpath.read("shop")
    from restpath.gathering import listed_by, relisted

    found = listed_by(restpath.connect(definition, service.url, key="k"), {})
    laid = relisted(definition.layers[0], definition, found.resources)
    now = restpath.read(laid)
    assert now.method("/orders", "GET").name == "listOrders"
    assert now.method("/orders", "GET").rules.pages is not None
    assert now.method("/orders", "POST").defaults() == {"kind": "order"}
    assert "PATCH" in dict(now.templates())["/orders"]
    assert "/reviews" in dict(now.templates())
    assert "/people" not in dict(now.templates())


@pytest.mark.parametrize(
    ("name", "credentials"),
    [
        ("max", {"username": "ann", "token": "t"}),
        ("ipernity", {"api_key": "6fa87ba500002712bd4eed6020f3bd72", "api_secret": "e9a599f0cf6ce193"}),
    ],
)
def test_the_bundled_services_list_what_we_know_of_them_and_nothing_is_lost(name, credentials, data):
    with restpath.mock.serve(name) as server:
        plan = restpath.refresh_service(name, server.url, **credentials)
    assert not plan.difference
    assert not (data / name).exists()


NEW = {
    "max": {"resources": {"/badges/{badge}": "GET POST", "/people/{username}/subscriptions": None}},
    "ipernity": {"resources": {"/doc.shine/json": {"methods": {"POST": {"name": "doc.shine"}}}, "/doc.get/json": None}},
}


@pytest.mark.parametrize(
    ("name", "credentials"),
    [
        ("max", {"username": "ann", "token": "t"}),
        ("ipernity", {"api_key": "6fa87ba500002712bd4eed6020f3bd72", "api_secret": "e9a599f0cf6ce193"}),
    ],
)
def test_a_bundled_service_that_has_grown_is_refreshed_from_itself_and_can_be_gone_back_from(name, credentials):
    grown, bundled = restpath.read(name, NEW[name]), restpath.read(name)
    with restpath.mock.serve(grown) as server:
        plan = restpath.refresh_service(name, server.url, **credentials)
        assert not restpath.refresh_service(name, server.url, **credentials).difference
    new, gone = (text for text in NEW[name]["resources"])
    assert {each.template for each in plan.difference.added} == {new}
    assert {each.template for each in plan.difference.removed} == {gone}
    assert not plan.difference.changed
    assert not plan.difference.moved
    assert plan.replaces == "bundled"
    now = restpath.read(name)
    assert now.documents.service.get("errors") == bundled.documents.service.get("errors")
    assert new in dict(now.templates())
    with restpath.mock.serve(name) as server:  # which serves what is in force
        assert not restpath.refresh_service(name, server.url, **credentials).difference
    assert restpath.undo_refresh(name) == "what came with restpath"
    assert restpath.read(name) == bundled


def test_a_refreshed_definition_can_be_served_by_the_mock():
    with restpath.mock.serve(restpath.read("max", NEW["max"])) as server:
        restpath.refresh_service("max", server.url, username="ann", token="t")
    with restpath.mock.serve("max") as server:
        client = restpath.connect("max", server.url, username="ann", token="t")
        assert client.people.get() is not None


def test_what_answers_with_another_thing_than_its_list_is_told():
    from tests.support.scripted import Server

    other = answer(200, b'{"hello": 1}', "Content-Type: application/json")
    with Server(other) as server, pytest.raises(DefinitionError, match="this is no list of routes"):
        restpath.refresh_service("max", server.url, username="ann", token="t")


def test_a_definition_whose_listing_is_no_resource_is_wrong():
    service = {**LISTED["service"], "listing": {"resource": "/nothing", "form": "routes"}}
    with pytest.raises(DefinitionError, match="there is no GET /nothing"):
        restpath.read({**LISTED, "service": service})


# ---- at the same time, and in the middle -------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_definition_and_nothing_beside_it(service, data, monkeypatch):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    before = {file: file.read_bytes() for file in data.rglob("*") if file.is_file()}
    service.routes["/new"] = "GET"
    real, wrote = os.fsync, []

    def full(number):
        wrote.append(number)
        if len(wrote) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    monkeypatch.setattr(storing.os, "fsync", full)
    with pytest.raises(InvalidValue, match=r"No space left on device\. Nothing was changed"):
        restpath.refresh_service("shop")
    assert {file: file.read_bytes() for file in data.rglob("*") if file.is_file()} == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may do anything may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(service, data):
    data.mkdir(parents=True)
    data.chmod(0o500)
    with pytest.raises(InvalidValue, match="cannot write"):
        restpath.import_service("shop", f"{service.url}/openapi.json")
    data.chmod(0o700)


def test_a_file_in_place_of_the_folder_is_told(service, data):
    data.parent.mkdir(parents=True)
    data.write_text("")
    with pytest.raises(InvalidValue, match="cannot write"):
        restpath.import_service("shop", f"{service.url}/openapi.json")


@pytest.mark.skipif(os.name != "posix", reason="links need a right of their own")
def test_no_link_is_followed_out_of_the_directory(service, data, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    data.mkdir(parents=True)
    (data / "shop").symlink_to(outside)
    with pytest.raises(InvalidValue, match="it is a link"):
        restpath.import_service("shop", f"{service.url}/openapi.json")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"in_force": "../../config"}', '{"in_force": 7}', '{"in_force": "2026/x"}', "[" * 100_000]
)
def test_a_file_that_does_not_say_what_is_in_force_leads_nowhere(data, text):
    (data / "shop").mkdir(parents=True)
    (data / "shop" / "in-force.json").write_text(text)
    with pytest.raises(DefinitionError, match=r"in-force\.json.*remove the file"):
        restpath.read("shop")
    assert "shop" in service_names()


def test_whoever_reads_while_others_refresh_finds_one_definition_whole(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    faults: list[BaseException] = []
    done = threading.Event()

    def read():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            while not done.is_set():
                try:
                    found = [text for text in templates() if text.startswith("/new")]
                    assert len(found) in (0, 3), found
                except BaseException as error:
                    faults.append(error)
                    return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    plain = dict(service.routes)
    for number in range(12):
        service.routes = plain if number % 2 else {**plain, "/new1": "GET", "/new2": "GET", "/new3": "GET"}
        restpath.refresh_service("shop")
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_of_two_refreshes_at_once_the_second_is_held_against_the_first(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.routes["/one"] = "GET"
    first = restpath.refresh_service("shop", dry_run=True)
    service.routes["/two"] = "GET"
    second = restpath.refresh_service("shop", dry_run=True)
    second.apply()
    first.apply()
    assert "/two" not in templates()  # what was applied last is in force, whole
    assert restpath.undo_refresh("shop")
    assert "/two" in templates()


def test_refreshes_from_many_threads_leave_one_definition_and_no_rest(service, data):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    service.routes["/new"] = "GET"
    faults: list[RestpathError] = []

    def refresh():
        try:
            restpath.refresh_service("shop")
        except RestpathError as error:
            faults.append(error)

    threads = [threading.Thread(target=refresh) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert "/new" in templates()
    assert imported.imported_folder("shop") == in_force(data)
    assert len([place for place in (data / "shop").iterdir() if place.is_dir()]) == 2
