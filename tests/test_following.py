"""Refresh on a miss: when the service is asked, what holds after that, and what never asks."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest

import restpath
from restpath.errors import InvalidValue, MethodNotAllowed, UnknownResource
from restpath.testing import FakeClock, use_clock
from tests.support.growing import LISTED, GrowingService
from tests.support.scripted import answer, closed_port


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    for variable in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / variable.lower()))


@pytest.fixture
def service():
    with GrowingService() as service:
        yield service


@pytest.fixture
def client(service):
    return restpath.connect(restpath.read(LISTED), service.url, key="k", refresh="on-miss")


def asked(service):
    return service.asked("/routes")


# ---- growth ------------------------------------------------------------------------------------------------------


def test_a_segment_that_is_new_is_there_at_once_and_paths_made_before_stay(service, client):
    order = client.orders["7"]
    service.routes |= {"/reviews/{id}": "GET", "/orders/{id}/photo": "GET PUT"}
    assert client.reviews["3"].get() == {"called": "GET /reviews/{id}"}
    assert asked(service) == 1
    assert order.photo.put() == {"called": "PUT /orders/{id}/photo"}
    assert order.get() == {"called": "GET /orders/{id}"}
    assert client.orders["7"]["photo"].get() == {"called": "GET /orders/{id}/photo"}
    assert asked(service) == 1


def test_an_item_a_literal_and_a_method_that_are_new_are_found(service, client):
    service.routes |= {"/people": "GET POST", "/people/{name}": "GET"}
    assert client.people.post() == {"called": "POST /people"}
    assert client.people["ann"].get() == {"called": "GET /people/{name}"}
    service.routes["/web-hooks"] = "GET"
    assert client.web_hooks.get() == {"called": "GET /web-hooks"}
    service.routes["/odd"] = "GET"
    assert client["odd"].get() == {"called": "GET /odd"}


def test_a_template_and_a_url_that_are_new_are_found(service):
    steps = {
        "/reviews/{id}": lambda client: restpath.expand(client, "/reviews/{id}", id=3),
        "/notes/{id}": lambda client: restpath.parse(client, "/notes/3"),
        "/marks/{id}": lambda client: restpath.parse(client, f"{service.url}/marks/3"),
        "/words/{id}": lambda client: restpath.parse_all(client, "/words/3")[0],
    }
    for number, (template, step) in enumerate(steps.items()):
        client = restpath.connect(restpath.read(LISTED), service.url, key="k", refresh="on-miss")
        service.routes[template] = "GET"
        assert step(client).get() == {"called": f"GET {template}"}
        assert asked(service) == number + 1


def test_a_url_that_leads_nowhere_is_asked_for_once_by_its_first_unknown_segment(service, client):
    for number in range(3):
        assert restpath.parse_all(client, f"/nowhere/{number}") == []
        with pytest.raises(UnknownResource, match="nothing is at '/nowhere/"):
            restpath.parse(client, f"/nowhere/{number}")
        with pytest.raises(UnknownResource, match="nowhere"):
            client["nowhere"]
    assert asked(service) == 1
    for _ in range(2):
        with pytest.raises(UnknownResource, match="has no template"):
            restpath.expand(client, "/nowhere/{id}", id=1)
    assert asked(service) == 2


def test_what_the_list_cannot_say_is_still_known_in_what_was_learnt(service, client):
    service.routes["/reviews"] = "GET"
    reviews = client.reviews
    orders = restpath.parse(reviews, "/orders")
    assert orders.defaults("post") == {"kind": "order"}
    assert orders.get.prepare().operation.rules.pages is not None
    assert restpath.operation(client, "listOrders").prepare().url == f"{service.url}/orders"


def test_what_the_service_dropped_is_refused_by_the_service_and_then_by_new_paths(service, client):
    people = client.people
    del service.routes["/people"]
    service.routes["/staff"] = "GET"
    assert client.staff.get() == {"called": "GET /staff"}
    with pytest.raises(restpath.NotFound):
        people.get()
    with pytest.raises(UnknownResource, match="has no template"):
        restpath.expand(client.staff, "/people")


def test_a_name_that_is_new_is_found_by_call_and_by_operation():
    dotted = {
        "service": {**LISTED["service"], "operation_names": "dotted",
                    "listing": {"resource": "/api.list/json", "form": "methods"}},
        "resources": {"format": 1, "/api.list/json": {"methods": {"GET": {"name": "api.list"}}},
                      "/doc.get/json": {"methods": {"GET": {"name": "doc.get"}}}},
    }  # fmt: skip
    from tests.support.scripted import Server

    names = ["api.list", "doc.get"]

    def serve(request):
        import json

        if request.target.startswith("/api.list"):
            methods = [{"name": name, "authentication": {"post": "0"}} for name in names]
            content = {"methods": {"method": methods}}
        else:
            content = {"called": request.target}
        return answer(200, json.dumps(content).encode(), "Content-Type: application/json")

    with Server(serve) as server:
        client = restpath.connect(restpath.read(dotted), server.url, key="k", refresh="on-miss")
        doc = client.doc
        names.append("doc.shine")
        assert doc.shine() == {"called": "/doc.shine/json"}
        names.append("album.get")
        assert client.album.get() == {"called": "/album.get/json"}
        names.append("album.set")
        assert client.call("album.set") == {"called": "/album.set/json"}
        names.append("post.get")
        assert restpath.operation(client, "post.get")() == {"called": "/post.get/json"}
        with pytest.raises(UnknownResource, match=r"has no operation doc\.nothing"):
            _ = doc.nothing


@pytest.mark.parametrize(
    ("name", "credentials", "layer", "reach"),
    [
        ("max", {"username": "ann", "token": "t"}, {"/badges": "GET"}, lambda client: client.badges),
        (
            "ipernity",
            {"api_key": "6fa87ba500002712bd4eed6020f3bd72", "api_secret": "e9a599f0cf6ce193"},
            {"/doc.shine/json": {"methods": {"GET": {"name": "doc.shine"}}}},
            lambda client: client.doc.shine,
        ),
    ],
)
def test_the_bundled_services_are_followed_as_their_mocks_grow(name, credentials, layer, reach):
    with restpath.mock.serve(restpath.read(name, {"resources": layer})) as server:
        with pytest.raises(UnknownResource):
            reach(restpath.connect(name, server.url, **credentials))
        following = restpath.connect(name, server.url, refresh="on-miss", **credentials)
        assert reach(following) is not None


def test_the_faces_follow_too():
    from restpath.services.ipernity import IpernityAPI
    from restpath.services.max import MaxClient

    grown = restpath.read("max", {"resources": {"/badges": "GET"}})
    with restpath.mock.serve(grown) as server:
        client = MaxClient(server.url, refresh="on-miss")
        assert restpath.url(client.badges) == f"{server.url}/badges"
    grown = restpath.read("ipernity", {"resources": {"/doc.shine/json": {"methods": {"GET": {"name": "doc.shine"}}}}})
    with restpath.mock.serve(grown) as server:
        key, secret = "6fa87ba500002712bd4eed6020f3bd72", "e9a599f0cf6ce193"
        api = IpernityAPI(key, secret, url=server.url, refresh="on-miss")
        assert api.doc.shine is not None
        with pytest.raises(UnknownResource, match=r"Ipernity has no method doc\.nothing"):
            _ = api.doc.nothing


def test_a_service_that_was_imported_from_a_url_is_asked_there(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    client = restpath.connect("shop", refresh="on-miss")
    service.routes["/reviews"] = "GET"
    assert client.reviews.get() == {"called": "GET /reviews"}
    assert service.server.requests[-2].header("If-None-Match")
    with pytest.raises(UnknownResource):
        _ = client.nothing
    assert "/reviews" not in dict(restpath.read("shop").templates())  # it is known in this client alone


def test_hand_corrections_lie_over_what_is_learnt(service, tmp_path):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    folder = tmp_path / "config" / "restpath" / "shop"
    folder.mkdir(parents=True)
    (folder / "resources.json").write_text('{"/people": {"methods": {"GET": {"title": "Mine"}}}, "/mine": "GET"}')
    client = restpath.connect("shop", refresh="on-miss")
    service.routes["/reviews"] = "GET"
    assert client.reviews._root.definition.method("/people", "GET").title == "Mine"
    assert restpath.parse(client.reviews, "/mine") is not None


# ---- a miss ------------------------------------------------------------------------------------------------------


def test_a_miss_is_asked_for_once_and_remembered_for_a_while(service, client):
    clock = FakeClock()
    use_clock(client, clock)
    for _ in range(3):
        with pytest.raises(UnknownResource, match=r"has no 'oders' in /; did you mean client.orders"):
            _ = client.oders
        assert not hasattr(client, "oders")
    assert asked(service) == 1
    clock.sleep(301)
    service.routes["/oders"] = "GET"
    assert client.oders.get() == {"called": "GET /oders"}
    assert asked(service) == 2


def test_another_miss_asks_for_nothing_but_news(service, client):
    for name in ("one", "two"):
        with pytest.raises(UnknownResource):
            client[name]
    first, second = (request for request in service.server.requests if request.target == "/routes")
    assert first.header("If-None-Match") is None
    assert second.header("If-None-Match")


def test_the_suggestions_are_of_what_there_is_by_now(service, client):
    service.routes["/reviews"] = "GET"
    with pytest.raises(UnknownResource, match=r"did you mean client.reviews") as caught:
        _ = client.revieuws
    assert "reviews" in caught.value.choices


def test_a_method_that_there_is_not_is_asked_for_once(service, client):
    for _ in range(2):
        with pytest.raises(MethodNotAllowed, match="/people does not accept DELETE; it accepts GET"):
            client.people.delete()
    assert asked(service) == 1
    assert service.asked("/people") == 0


BROKEN = {
    "an error": (answer(404, b"{}"), "404"),
    "no list": (answer(200, b'{"a": 1}', "Content-Type: application/json"), "no list of routes"),
    "no JSON": (answer(200, b"<html>", "Content-Type: text/html"), "no list of routes"),
    "broken JSON": (answer(200, b"{", "Content-Type: application/json"), "application/json that is not"),
}


@pytest.mark.parametrize(("broken", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_list_that_is_none_is_noted_in_the_ordinary_error(service, client, broken, problem):
    service.broken = broken
    with pytest.raises(UnknownResource, match=rf"(?s)could not be asked for: .*{problem}") as caught:
        _ = client.reviews
    assert isinstance(caught.value, AttributeError)
    assert caught.value.segment == "reviews"


def test_without_a_network_each_miss_is_the_ordinary_error_and_only_the_first_tries():
    client = restpath.connect(
        restpath.read(LISTED), f"http://127.0.0.1:{closed_port()}", key="k", refresh="on-miss", retries=0
    )
    clock = FakeClock()
    use_clock(client, clock)
    for name in ("one", "two"):
        with pytest.raises(LookupError, match=r"could not be asked for: GET .* got no answer"):
            client[name]


def test_after_a_failure_it_is_quiet_for_a_while_and_then_asks_again(service, client):
    clock = FakeClock()
    use_clock(client, clock)
    service.broken = answer(400, b"{}")
    for name in ("one", "two"):
        with pytest.raises(UnknownResource):
            client[name]
    assert asked(service) == 1
    service.broken = None
    service.routes |= {"/one": "GET", "/two": "GET"}
    clock.sleep(31)
    assert client["one"].get() == {"called": "GET /one"}


def test_without_credentials_for_the_list_the_error_says_so(service):
    words = {**LISTED["resources"], "/routes": "GET"}
    client = restpath.connect(restpath.read({**LISTED, "resources": words}), service.url, refresh="on-miss")
    with pytest.raises(UnknownResource, match=r"could not be asked for: .*key"):
        _ = client.reviews


def test_a_description_that_would_move_the_service_or_take_most_of_it_is_not_followed(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    client = restpath.connect("shop", refresh="on-miss")
    service.base_url, service.routes["/reviews"] = "https://elsewhere.example", "GET"
    with pytest.raises(UnknownResource, match=r"would move .*elsewhere.example.*restpath refresh shop"):
        _ = client.reviews
    service.base_url, service.routes = None, {"/reviews": "GET"}
    with pytest.raises(UnknownResource, match=r"6 of 6 operations would be gone.*restpath refresh shop --force"):
        client["staff"].get()
    assert client.people._root.base_url == service.url


# ---- what never asks ---------------------------------------------------------------------------------------------


def test_looking_copying_comparing_and_probing_ask_nothing(service, client):
    path = client.orders["7"]
    for thing in (client, client.orders, path):
        dir(thing)
        repr(thing)
        hash(thing)
        assert thing == thing
        copy.copy(thing)
        copy.deepcopy(thing)
        pickle.loads(pickle.dumps(thing))
        thing._ipython_key_completions_()
        thing._repr_html_()
        for name in ("_ipython_display_", "_repr_mimebundle_", "__wrapped__", "_x", "__array__"):
            assert not hasattr(thing, name)
        restpath.describe(thing)
        restpath.children(thing)
        with pytest.raises(TypeError):
            iter(thing)
    assert restpath.parse(client, "/orders/8") == restpath.expand(client, "/orders/{id}", id=8)
    assert client.orders["8"].get.prepare().url == f"{service.url}/orders/8"
    assert service.server.requests == []


def test_a_client_that_was_not_asked_to_follow_asks_nothing(service):
    client = restpath.connect(restpath.read(LISTED), service.url, key="k")
    with pytest.raises(UnknownResource):
        _ = client.nothing
    with pytest.raises(MethodNotAllowed):
        client.people.delete()
    assert service.server.requests == []


def test_without_strictness_nothing_is_a_miss(service):
    client = restpath.connect(restpath.read(LISTED), service.url, key="k", refresh="on-miss", strict=False)
    with pytest.warns(UserWarning, match="does not know"), pytest.raises(restpath.NotFound):
        client.nothing.get()
    assert asked(service) == 0


def test_what_cannot_be_followed_is_told_when_connecting(service):
    with pytest.raises(InvalidValue, match=r"cannot be followed by refresh='on-miss'.*restpath import mixcloud URL"):
        restpath.connect("mixcloud", refresh="on-miss")
    with pytest.raises(InvalidValue, match="give refresh='on-miss'"):
        restpath.connect("max", service.url, refresh="always")
    with pytest.raises(InvalidValue, match="learn or refresh, not both"):
        restpath.connect("max", service.url, refresh="on-miss", learn=True)


# ---- many at once, and elsewhere ---------------------------------------------------------------------------------


def test_of_many_threads_one_asks_and_the_others_wait_for_it(service, client):
    service.routes["/reviews"] = "GET"
    begun, found = threading.Barrier(12), []

    def reach(number):
        begun.wait()
        found.append(client.reviews.get() if number % 2 else client.orders["7"].get())

    threads = [threading.Thread(target=reach, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert asked(service) == 1


def test_many_threads_with_many_misses_all_find_what_there_is(service, client):
    service.routes |= {f"/new{number}": "GET" for number in range(12)}
    begun, found = threading.Barrier(12), []

    def reach(number):
        begun.wait()
        found.append(client[f"new{number}"].get()["called"])

    threads = [threading.Thread(target=reach, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"GET /new{number}" for number in range(12))
    assert asked(service) == 1


def test_a_path_that_was_learnt_can_be_pickled_and_its_client_goes_on_following(service, client):
    service.routes["/reviews"] = "GET"
    reviews = pickle.loads(pickle.dumps(client.reviews))
    assert restpath.url(reviews) == f"{service.url}/reviews"
    service.routes["/more"] = "GET"
    assert restpath.url(pickle.loads(pickle.dumps(client)).more) == f"{service.url}/more"


def test_an_imported_client_that_has_learnt_can_be_pickled(service):
    restpath.import_service("shop", f"{service.url}/openapi.json")
    client = restpath.connect("shop", refresh="on-miss")
    service.routes["/reviews"] = "GET"
    reviews = pickle.loads(pickle.dumps(client.reviews))
    assert reviews.get() == {"called": "GET /reviews"}


def test_credentials_go_with_the_list_as_with_any_call(service):
    words = {**LISTED["resources"], "/routes": "GET"}
    client = restpath.connect(restpath.read({**LISTED, "resources": words}), service.url, key="k", refresh="on-miss")
    service.routes["/reviews"] = "GET"
    client.reviews.get()
    assert [request.header("X-Key") for request in service.server.requests] == ["k", "k"]
