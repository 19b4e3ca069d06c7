"""`restpath import` and `restpath refresh`: what is shown, what is asked, and the exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import restpath
from restpath.mock import serve
from tests.support.growing import GrowingService
from tests.support.scripted import answer, closed_port

KEYS = ["--set", "api_key=6fa87ba500002712bd4eed6020f3bd72", "--set", "api_secret=e9a599f0cf6ce193"]


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    for variable in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / variable.lower()))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def service():
    with GrowingService() as service:
        yield service


def test_import_says_how_many_operations_there_are_and_what_to_type_next(typed, service):
    ran = typed("import", "shop", f"{service.url}/openapi.json")
    assert ran.status == 0
    assert ran.out.startswith(f"shop: 6 operations from {service.url}/openapi.json\n")
    for line in ("restpath tree shop", "restpath get shop/routes", "restpath refresh shop"):
        assert line in ran.out
    assert ran.err == ""
    assert json.loads(typed("get", "shop/people").out) == {"called": "GET /people"}


def test_import_groups_what_it_leaves_out(typed, service):
    service.extra = {text: {"callbacks": {"done": {}}} for text in ("GET /orders", "GET /people")}
    ran = typed("import", "shop", f"{service.url}/openapi.json", "--dry-run")
    assert "left out\n  calls that the service makes (at /paths/" in ran.out
    assert ", and 1 more of this kind)\n  --verbose lists all 2\n" in ran.out
    whole = typed("import", "shop", f"{service.url}/openapi.json", "--dry-run", "--verbose")
    assert whole.out.count(": calls that the service makes\n") == 2
    assert typed("tree", "shop").status == 2


def test_what_is_left_out_is_told_in_the_words_of_a_command_line(typed, service):
    one = {"in": "query", "name": "one", "schema": {"type": "object"}}
    service.extra = {"GET /orders": {"parameters": [one]}}
    ran = typed("import", "shop", f"{service.url}/openapi.json")
    assert "the object 'one' goes as form: write its members as name==text" in ran.out
    assert "qs=" not in ran.out


def test_an_import_is_in_force_before_anything_is_told_of_it(service):
    """Whoever reads the report may have gone by then."""
    assert _unread("import", "shop", f"{service.url}/openapi.json") == 0
    assert "/orders" in {each.template for each in restpath.read("shop").operations}
    service.routes["/reviews"] = "GET"
    assert _unread("refresh", "shop") == 0
    assert "/reviews" in {each.template for each in restpath.read("shop").operations}


def test_all_are_refreshed_where_nobody_reads_of_the_first(typed, service):
    with GrowingService() as other:
        typed("import", "shop", f"{service.url}/openapi.json")
        typed("import", "store", f"{other.url}/openapi.json")
        service.routes["/reviews"] = other.routes["/reviews"] = "GET"
        assert _unread("refresh", "--all") == 0
    for name in ("shop", "store"):
        assert "/reviews" in {each.template for each in restpath.read(name).operations}


def _unread(*words: str) -> int:
    """Run a command line of its own, whose standard output nobody reads."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run([sys.executable, "-m", "restpath", *words], stdout=write, check=False).returncode
    finally:
        os.close(write)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_a_report_that_cannot_be_written_is_an_error_that_says_what_is_in_force(service):
    command = [sys.executable, "-m", "restpath", "import", "shop", f"{service.url}/openapi.json"]
    with open("/dev/full", "w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert "shop: what is new is in force, and only the report of it could not be written" in ran.stderr
    assert restpath.read("shop").operations


def test_a_refused_import_tells_in_short_that_nothing_was_changed(typed, service):
    service.routes = {f"/things{number}": "GET" for number in range(30)}
    ran = typed("import", "max", f"{service.url}/openapi.json")
    assert ran.status == 2
    (line,) = ran.out.splitlines()
    assert line.startswith("max: 30 added, ")
    assert line.endswith("; nothing was changed")
    assert "would be gone" in ran.err


def test_an_import_that_cannot_be_written_says_nothing_else(typed, service, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    ran = typed("import", "shop", f"{service.url}/openapi.json")
    assert (ran.status, ran.out) == (2, "")
    assert "XDG_DATA_HOME" in ran.err


def test_long_lists_are_cut_with_a_count_and_whole_on_demand(typed, service):
    service.routes = {f"/things{number}": "GET" for number in range(30)}
    cut = typed("import", "max", f"{service.url}/openapi.json", "--dry-run").out
    assert "  and 10 more; --verbose lists all\n" in cut
    assert "/things29" not in cut
    assert "max came with restpath; this would stand in its place\n" in cut
    whole = typed("import", "max", f"{service.url}/openapi.json", "--dry-run", "--verbose").out
    assert "/things29" in whole
    assert "more; --verbose" not in whole


def test_import_over_an_import_names_the_two_ways(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    ran = typed("import", "shop", f"{service.url}/openapi.json")
    assert ran.status == 2
    assert "restpath refresh shop fetches that again; --force imports this in its place" in ran.err


def test_import_over_a_bundled_name_says_that_it_stands_in_its_place(typed, service):
    ran = typed("import", "mixcloud", f"{service.url}/openapi.json", "--force", "--accept-move")
    assert ran.status == 0
    assert "mixcloud came with restpath; this stands in its place, and restpath refresh mixcloud --undo goes" in ran.out
    assert typed("refresh", "mixcloud", "--undo").out == "mixcloud: back to what came with restpath\n"


@pytest.mark.parametrize(
    ("name", "source", "status", "message"),
    [
        ("Shop", "x.json", 2, "can be no name of a service"),
        ("../x", "x.json", 2, "can be no name of a service"),
        ("a" * 65, "x.json", 2, "can be no name of a service: take at most 64 small letters"),
        ("ünï", "x.json", 2, "can be no name of a service"),
        ("con", "x.json", 2, "not every system lets a folder be called so"),
        ("schema", "x.json", 2, "can be no name of a service"),
        ("shop", "nothing.json", 2, "there is no file or folder"),
        ("shop", "file:///x.json", 2, "give a URL with https:// or http://, or a file"),
        ("shop", f"http://127.0.0.1:{closed_port()}/x", 3, "got no answer"),
        ("shop", "page.json", 2, "HTML or XML"),
    ],
)
def test_an_import_that_cannot_be_says_why(typed, tmp_path, name, source, status, message):
    (tmp_path / "page.json").write_text("<html>")
    ran = typed("import", name, source)
    assert ran.status == status
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "data").exists()


def test_refresh_shows_each_operation_that_is_new_gone_or_another(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.routes |= {"/orders": "GET PUT", "/reviews": "GET"}
    service.extra = {"GET /orders": {"parameters": [{"name": "state", "in": "query", "schema": {"type": "string"}}]}}
    dry = typed("refresh", "shop", "--dry-run")
    ran = typed("refresh", "shop")
    for shown in (dry, ran):
        assert shown.status == 0
        lines = [line.split() for line in shown.out.splitlines()]
        assert lines.index(["added"]) < lines.index(["PUT", "/orders", "put_orders"]) < lines.index(["removed"])
        assert ["POST", "/orders", "post_orders"] in lines
        assert ["GET", "/orders", "parameters", "+state"] in lines
    assert dry.out.endswith("shop: 2 added, 1 removed, 1 changed; nothing was changed\n")
    assert ran.out.endswith("shop: 2 added, 1 removed, 1 changed; restpath refresh shop --undo goes back\n")
    assert typed("refresh", "shop").out == "shop: unchanged\n"


def test_undo_says_what_is_in_force_and_a_second_one_is_an_error(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.routes["/reviews"] = "GET"
    typed("refresh", "shop")
    assert typed("refresh", "shop", "--undo").out.startswith(f"shop: back to what was read from {service.url}")
    ran = typed("refresh", "shop", "--undo")
    assert ran.status == 2
    assert "there is nothing to undo for shop" in ran.err


def test_what_takes_a_service_away_is_asked_for_or_said(typed, service, monkeypatch):
    import io

    typed("import", "shop", f"{service.url}/openapi.json")
    assert typed("refresh", "shop").out == "shop: unchanged\n"  # which is no step
    refused = typed("refresh", "shop", "--undo")
    assert refused.status == 2
    assert "takes the service away. Nothing was changed; restpath refresh shop --undo --yes does it" in refused.err
    with monkeypatch.context() as terminal:
        terminal.setattr("restpath.cli.importing.is_terminal", lambda stream: True)
        terminal.setattr("sys.stdin", io.StringIO("n\n"))
        assert typed("refresh", "shop", "--undo").status == 1
    assert restpath.read("shop").operations
    assert typed("refresh", "shop", "--undo", "--yes").out == "shop: back to nothing: it is no longer there\n"
    assert typed("tree", "shop").status == 2


def test_in_a_script_a_move_is_refused_and_the_option_named(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.base_url = "https://elsewhere.example"
    ran = typed("refresh", "shop")
    assert ran.status == 2
    assert ran.out == "shop: no operation is another; nothing was changed\n"
    assert "https://elsewhere.example" in ran.err
    assert "Nothing was changed; --accept-move takes it" in ran.err
    assert restpath.read("shop").service.base_url == service.url
    assert typed("refresh", "shop", "--accept-move").status == 0
    assert restpath.read("shop").service.base_url == "https://elsewhere.example"


@pytest.mark.parametrize(("said", "status"), [("y\n", 0), ("n\n", 1), ("", 130)])
def test_at_a_terminal_a_move_is_asked_for(typed, service, monkeypatch, said, status):
    import io

    typed("import", "shop", f"{service.url}/openapi.json")
    service.base_url = "https://elsewhere.example"
    monkeypatch.setattr("restpath.cli.importing.is_terminal", lambda stream: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    ran = typed("refresh", "shop")
    assert ran.status == status
    assert "Your credentials would go by that from now on: really?" in ran.err
    moved = restpath.read("shop").service.base_url == "https://elsewhere.example"
    assert moved == (status == 0)


def test_losing_more_than_half_needs_force(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.routes = {"/people": "GET"}
    ran = typed("refresh", "shop")
    assert ran.status == 2
    assert "5 of 6 operations would be gone" in ran.err
    assert "--force takes it" in ran.err
    assert typed("refresh", "shop", "--force").status == 0


def test_all_goes_on_where_one_fails_and_tells_of_it(typed, service):
    with GrowingService() as other:
        typed("import", "shop", f"{service.url}/openapi.json")
        typed("import", "store", f"{other.url}/openapi.json")
        service.broken = answer(404, b"{}")
        other.routes["/reviews"] = "GET"
        ran = typed("refresh", "--all")
    assert ran.status == 4
    assert "store: 1 added" in ran.out
    assert ran.err.startswith("restpath: shop: ")
    assert "404" in ran.err


def test_all_of_nothing_says_how_to_begin(typed):
    ran = typed("refresh", "--all")
    assert ran.status == 0
    assert "restpath import NAME SOURCE" in ran.err


@pytest.mark.parametrize(
    "words",
    [[], ["shop", "--all"], ["--all", "--undo"], ["shop", "--undo", "--dry-run"], ["--all", "--base-url", "http://x"]],
)
def test_what_makes_no_sense_is_a_usage_error(typed, words):
    ran = typed("refresh", *words)
    assert ran.status == 2
    assert f"restpath refresh {'shop' if 'shop' in words else 'NAME'}" in ran.err


@pytest.mark.parametrize("name", ["nothing", "../x", "mixcloud"])
def test_what_cannot_be_refreshed_is_told(typed, name):
    ran = typed("refresh", name)
    assert ran.status == 2
    assert "Traceback" not in ran.err
    assert ran.err.startswith("restpath: ")


def test_a_service_that_lists_itself_is_asked_with_the_users_credentials(typed):
    grown = {"resources": {"/doc.shine/json": {"methods": {"POST": {"name": "doc.shine"}}}}}
    with serve(restpath.read("ipernity", grown)) as server:
        ran = typed("refresh", "ipernity", "--base-url", server.url, *KEYS)
        assert ran.status == 0
        assert "POST  /doc.shine/json  doc.shine" in ran.out
        missing = typed("refresh", "ipernity", "--base-url", server.url)
        assert missing.status == 1
        assert "api_key" in missing.err
    assert "doc.shine" in typed("tree", "ipernity/doc.shine").out


def test_corrections_of_what_is_gone_are_told_with_their_place(typed, service, tmp_path):
    typed("import", "shop", f"{service.url}/openapi.json")
    folder = tmp_path / "config" / "restpath" / "shop"
    folder.mkdir(parents=True)
    (folder / "resources.json").write_text('{"/people": {"title": "Mine"}}')
    del service.routes["/people"]
    ran = typed("refresh", "shop")
    assert ran.status == 0
    assert f"{folder / 'resources.json'} at /~1people" in ran.err
    again = typed("tree", "shop")
    assert again.status == 0
    assert "has no effect, for the service does not have /people, or no longer" in again.err


def test_on_miss_finds_what_is_new_for_one_call(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.routes |= {"/reviews/{id}": "GET", "/people": "GET POST"}
    assert typed("get", "shop/reviews/7").status == 2
    assert json.loads(typed("get", "shop/reviews/7", "--refresh", "on-miss").out) == {"called": "GET /reviews/{id}"}
    assert json.loads(typed("post", "shop/people", "--refresh", "on-miss").out) == {"called": "POST /people"}
    assert json.loads(typed("call", "shop", "post_people", "--refresh", "on-miss").out) == {"called": "POST /people"}
    missing = typed("get", "shop/nothing", "--refresh", "on-miss")
    assert missing.status == 2
    assert "shop has no 'nothing'" in missing.err
    assert typed("get", "mixcloud/x/y/z/w", "--refresh", "on-miss").status == 2


def test_on_miss_has_the_values_of_the_path_for_its_second_look_too(typed, service):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.routes["/orders/{id}"] += " PUT"
    found = typed("put", "shop/orders/{id}", "id=7", "--refresh", "on-miss")
    assert json.loads(found.out) == {"called": "PUT /orders/{id}"}


def test_on_miss_holds_in_the_shell_and_in_a_line_of_python(typed, service, monkeypatch):
    typed("import", "shop", f"{service.url}/openapi.json")
    service.routes |= {"/reviews/{id}": "GET", "/people": "GET POST"}
    lines = "get reviews/7 --refresh on-miss\ncall post_people --refresh on-miss\nsave it.sh\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    ran = typed("shell", "shop")
    assert (ran.status, ran.out) == (0, '{"called": "GET /reviews/{id}"}\n{"called": "POST /people"}\n')
    assert "restpath get shop/reviews/7 --refresh on-miss\n" in Path("it.sh").read_text()
    line = typed("get", "shop/reviews/7", "--refresh", "on-miss", "--python").out
    assert line == "restpath.connect('shop', refresh='on-miss').reviews['7'].get()\n"


def test_examples_of_the_help_are_of_services_that_are_there(typed):
    assert "restpath refresh ipernity --undo" in typed("refresh", "--help").out
    assert "restpath import shop openapi.yaml" in typed("import", "--help").out


# ---- both ways, for as long as it takes --------------------------------------------------------------------------


def test_a_long_running_client_and_a_command_line_both_follow_a_service(typed, service):
    """It grows, renames and drops endpoints between calls; nobody touches the package."""
    typed("import", "shop", f"{service.url}/openapi.json")
    client = restpath.connect("shop", refresh="on-miss")
    order = client.orders["7"]
    assert order.get() == {"called": "GET /orders/{id}"}

    service.routes["/orders/{id}/photo"] = "GET PUT"  # it grows
    assert order.photo.get() == {"called": "GET /orders/{id}/photo"}
    assert typed("get", "shop/orders/7/photo").status == 2
    assert "2 added" in typed("refresh", "shop").out
    assert json.loads(typed("get", "shop/orders/7/photo").out) == {"called": "GET /orders/{id}/photo"}

    service.routes["/clients"] = service.routes.pop("/people")  # it renames
    assert client.clients.get() == {"called": "GET /clients"}
    with pytest.raises(restpath.NotFound):
        client.people.get()
    assert typed("get", "shop/people").status == 4
    assert "1 added, 1 removed" in typed("refresh", "shop").out
    assert json.loads(typed("get", "shop/clients").out) == {"called": "GET /clients"}
    assert typed("get", "shop/people").status == 2

    service.routes["/orders/{id}"] = "GET"  # it drops one, and has another method for the other
    service.routes["/orders"] = "GET POST PATCH"
    assert client.orders.patch() == {"called": "PATCH /orders"}
    with pytest.raises(restpath.NotFound):
        order.delete()
    assert "1 added, 1 removed" in typed("refresh", "shop").out
    assert json.loads(typed("patch", "shop/orders").out) == {"called": "PATCH /orders"}
    assert typed("delete", "shop/orders/7", "--yes").status == 2

    assert order.get() == {"called": "GET /orders/{id}"}
    assert "DELETE" not in typed("tree", "shop").out
    assert typed("refresh", "shop", "--undo").status == 0
    assert "DELETE" in typed("tree", "shop").out
