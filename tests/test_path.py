"""Paths as values: what names and items mean, what is equal, what is sent (nothing), and how they show themselves."""

from __future__ import annotations

import copy
import enum
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath.named import Namespace
from restpath.path import Path
from restpath.phrasing import chain, children_of, show

RESOURCES: dict[str, Any] = {
    "/": "GET",
    "/users": "GET POST",
    "/users/": "GET",
    "/users/me": "GET",
    "/users/{id}": "GET DELETE",
    "/users/{id}/repos": "GET",
    "/users/{id}/repos/{repo}": "GET",
    "/user-accounts": "GET",
    "/class": "GET",
    "/_search": "GET",
    "/documents": "GET DELETE",
    "/documents/delete": "POST",
    "/pets/{id}": "GET",
    "/pets/{petId}/toys": "GET",
    "/nodes/{metric}": "GET",
    "/nodes/{node_id}": "GET",
    "/jobs/{id}": "GET",
    "/jobs/{id}:cancel": "POST",
    "/jobs/{id}:cancel/log": "GET",
    "/badges/{id}.json": "GET",
    "/files/{+path}": "GET",
    "/token": "POST",
    "/token#refresh": "POST",
    "/s": "GET TRACE QUERY",
    "/t": "POST",
}


class Untouchable(requests.adapters.BaseAdapter):
    """An adapter that must not be asked to send."""

    def send(self, *args: Any, **more: Any) -> requests.Response:
        raise AssertionError("something was sent")

    def close(self) -> None:
        pass


class UntouchableSession(requests.Session):
    """A session that must not send, whichever way it is asked to."""

    def __init__(self) -> None:
        super().__init__()
        for prefix in ("https://", "http://"):
            self.mount(prefix, Untouchable())

    def send(self, *args: Any, **more: Any) -> requests.Response:
        raise AssertionError("something was sent")

    request = send  # type: ignore[assignment]


def read(resources: Mapping[str, Any] = RESOURCES, **service: Any) -> restpath.Definition:
    words = {"format": 1, "service": "odd", "base_url": "https://odd.example/v1", **service}
    return restpath.read({"service": words, "resources": dict(resources)})


DEFINITION = read()
DOTTED = read(
    {
        "/api/doc.get": {"methods": {"GET": {"name": "doc.get"}}},
        "/api/doc.list/{user_id}": {"methods": {"GET": {"name": "doc.getList"}}},
        "/api/post.get": {"methods": {"GET": {"name": "post.get"}}},
        "/api/a.b.c": {"methods": {"POST": {"name": "a.b.c"}}},
        "/api/x.import": {"methods": {"POST": {"name": "x.import"}}},
    },
    operation_names="dotted",
)


def connect(what: Any = DEFINITION, *args: Any, **settings: Any) -> restpath.Client:
    return restpath.connect(what, *args, session=UntouchableSession(), **settings)


@pytest.fixture(scope="module")
def client() -> restpath.Client:
    return connect()


@pytest.fixture
def free() -> restpath.Client:
    return connect("https://api.example.com")


def written(path: Any) -> str:
    return restpath.url(path).removeprefix("https://odd.example/v1").removeprefix("https://api.example.com")


# ---- what a name means -------------------------------------------------------------------------------------------


def test_a_name_is_the_fixed_segment_of_that_name(client: restpath.Client) -> None:
    assert written(client.users) == "/users"


def test_an_underscore_finds_a_dash_where_that_is_the_only_match(client: restpath.Client) -> None:
    assert client.user_accounts == client["user-accounts"]


def test_one_trailing_underscore_is_dropped(client: restpath.Client) -> None:
    assert client.class_ == client["class"]
    assert client.users_ == client.users
    assert not hasattr(client, "users__")


def test_letter_case_is_never_folded(client: restpath.Client) -> None:
    assert not hasattr(client, "Users")


def test_a_name_that_begins_with_an_underscore_is_never_a_segment(
    client: restpath.Client, free: restpath.Client
) -> None:
    for place in (client, client.users["x"], free, free.a["b"]):
        with pytest.raises(AttributeError):
            _ = place._search
        with pytest.raises(AttributeError):
            _ = place.__wrapped__


@pytest.mark.parametrize("word", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_a_method_is_there_and_is_refused_when_called_where_the_resource_does_not_accept_it(
    client: restpath.Client, word: str
) -> None:
    operation = getattr(client.t, word)
    if word == "post":
        assert operation.prepare().method == "POST"
        return
    with pytest.raises(restpath.MethodNotAllowed, match="accepts POST") as caught:
        operation()
    assert (caught.value.method, list(caught.value.allowed)) == (word.upper(), ["POST"])


def test_rare_methods_are_there_where_a_resource_has_them(client: restpath.Client) -> None:
    assert client.s.trace.prepare().method == "TRACE"
    assert client.s.query.prepare().method == "QUERY"
    assert not hasattr(client.t, "trace")
    assert not hasattr(client.t, "query")


def test_a_path_has_no_other_public_attributes_of_its_own() -> None:
    own = {name for name in dir(Path) if not name.startswith("_")}
    assert own == {"get", "post", "put", "patch", "delete", "head", "options", "defaults", "walk"}
    assert {name for name in dir(restpath.Client) if not name.startswith("_")} == own | {"call", "close"}


def test_walk_is_the_walk_of_get(client: restpath.Client) -> None:
    assert client.users.walk.__self__ == client.users.get
    assert client.users.walk.__func__ is type(client.users.get).walk


def test_defaults_gives_a_copy_of_the_body_a_method_starts_from() -> None:
    told = restpath.read(
        {
            "service": {"format": 1, "service": "odd", "base_url": "https://odd.example"},
            "resources": {"/a": "GET POST"},
            "defaults": {"/a": {"POST": {"x": {"y": 1}}}},
        }
    )
    path = connect(told).a
    path.defaults("post")["x"]["y"] = 2
    assert path.defaults("POST") == restpath.defaults(path, "post") == {"x": {"y": 1}}
    assert path.defaults("get") == {}
    with pytest.raises(restpath.MethodNotAllowed):
        path.defaults("put")
    for wrong in ("fetch", None, 1, ""):
        with pytest.raises(restpath.InvalidValue):
            path.defaults(wrong)


# ---- what an item means ------------------------------------------------------------------------------------------


class Colour(str, enum.Enum):
    RED = "red"
    ME = "me"


@pytest.mark.parametrize("value", ["red", Colour.RED])
def test_an_item_is_a_value_by_its_text(client: restpath.Client, value: str) -> None:
    assert written(client.users[value]) == "/users/red"


def test_a_literal_of_that_spelling_comes_first_also_for_a_member_of_an_enumeration(client: restpath.Client) -> None:
    assert client.users[Colour.ME] == client.users.me


def test_ints_and_uuids_are_values(client: restpath.Client) -> None:
    assert client.users[7] == client.users["7"]
    assert written(client.users[UUID(int=1)]) == "/users/00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    "value", [None, "", ".", "..", True, 1.5, b"x", ["x"], "\ud800", 10**5000], ids=lambda value: type(value).__name__
)
def test_a_value_that_is_no_name_is_refused_before_it_can_hit_the_collection(
    client: restpath.Client, free: restpath.Client, value: Any
) -> None:
    for place in (client.users, client.files, client.badges, client.class_, free.a, connect(strict=False).users):
        for item in (value, {"id": value}, {"path": value}):
            with pytest.raises(restpath.RestpathError):
                place[item]
    with pytest.raises(restpath.InvalidValue):
        client.users[value]
    with pytest.raises(restpath.InvalidValue):
        restpath.expand(client, "/users/{id}", id=value)


def test_a_slash_in_an_id_makes_no_segment(client: restpath.Client) -> None:
    assert written(client.users["a/b"]) == "/users/a%2Fb"
    assert written(client.users["../me"]) == "/users/..%2Fme"
    assert written(client.users["%2E%2E"]) == "/users/%252E%252E"


def test_names_and_text_of_a_template_may_be_said_outright(client: restpath.Client) -> None:
    assert client.users[{"id": "me"}] != client.users["me"]
    assert written(client.users[{"id": "me"}].repos) == "/users/me/repos"
    assert client.jobs["{id}:cancel", {"id": 7}] == client.jobs["7"][":cancel"]
    assert client.users["{id}", {"id": 7}] == client.users[7]


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"id": 1, "no": 2},
        {1: 2},
        {"no": 1},
        ("{id}", {}),
        ("{no}", {"id": 1}),
        ("{id}", 1),
        ("a", "b"),
        (),
        (1, 2, 3),
    ],
)
def test_what_is_said_outright_and_not_there_is_an_error(client: restpath.Client, item: Any) -> None:
    with pytest.raises((restpath.UnknownResource, restpath.InvalidValue)):
        client.users[item]


def test_a_custom_method_can_be_gone_on_from(client: restpath.Client) -> None:
    assert written(client.jobs["7"][":cancel"].log) == "/jobs/7:cancel/log"


# ---- what is not there -------------------------------------------------------------------------------------------


def test_an_unknown_name_is_an_attribute_error_that_names_the_nearest(client: restpath.Client) -> None:
    with pytest.raises(restpath.UnknownResource, match=r"did you mean client\.users") as caught:
        _ = client.user
    assert isinstance(caught.value, AttributeError)
    assert not isinstance(caught.value, LookupError)
    assert caught.value.segment == "user"
    assert caught.value.choices[0] == "users"


def test_an_unknown_item_is_a_lookup_error_that_names_the_nearest(client: restpath.Client) -> None:
    with pytest.raises(restpath.UnknownResource, match=r"client\['user-accounts'\]") as caught:
        client["user-account"]
    assert isinstance(caught.value, LookupError)
    assert not isinstance(caught.value, AttributeError)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda c: c.users.nobody, r"client\.users\['nobody'\]"),
        (lambda c: c.users["x"].rpos, r"client\.users\['x'\]\.repos"),
        (lambda c: c.users["x"].foo, r"There is repos"),
        (lambda c: c.users["x"]["foo"], r"There is repos"),
        (lambda c: c.t.foo, "Nothing follows"),
        (lambda c: c.badges["7.png"].x, "Nothing follows"),
        (lambda c: restpath.expand(c, "/usrs"), "/users"),
        (lambda c: restpath.parse(c, "/users/x/repo"), r"client\.users\['x'\]\.repos"),
        (lambda c: restpath.parse(c, "/zzz"), "There are"),
    ],
)
def test_every_unknown_resource_names_what_there_is(
    client: restpath.Client, ask: Callable[..., Any], says: str
) -> None:
    with pytest.raises(restpath.UnknownResource, match=says) as caught:
        ask(client)
    assert caught.value.choices or "Nothing" in says


def test_a_template_is_never_offered_as_if_its_braces_were_a_value(client: restpath.Client) -> None:
    with pytest.raises(restpath.UnknownResource) as caught:
        _ = client.users.id
    assert "'{id}'" not in str(caught.value)


def test_the_errors_can_be_pickled(client: restpath.Client) -> None:
    with pytest.raises(restpath.UnknownResource) as caught:
        _ = client.user
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.choices) == (type(caught.value), str(caught.value), caught.value.choices)


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.uuids(), st.builds(object),
        st.sampled_from([*RESOURCES, "users/", "token#refresh", ":cancel", "{id}", "{}", ":{}", "?x", "#"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.one_of(st.text(), st.integers()), inner),
        st.dictionaries(st.sampled_from(["id", "path", "petId", "metric"]), inner, max_size=2),
    ),
    max_leaves=4,
)  # fmt: skip

PLACES: list[Callable[[Any], Any]] = [
    lambda c: c, lambda c: c.users, lambda c: c.users["x"], lambda c: c.pets, lambda c: c.jobs, lambda c: c.jobs["7"],
    lambda c: c.badges, lambda c: c.badges["7"], lambda c: c.files, lambda c: c["users/"],
    lambda c: c.nodes[{"metric": "x"}],
]  # fmt: skip


@given(anything, st.sampled_from(PLACES), st.booleans())
def test_nothing_but_our_own_errors_comes_out_of_items_and_names(
    item: Any, place: Callable[[Any], Any], strict: bool
) -> None:
    start = place(CLIENTS[strict])
    try:
        found = start[item]
    except restpath.RestpathError as error:
        str(error).encode("utf-8")
    else:
        repr(found), restpath.url(found), hash(found)
        assert eval(chain(found), {"client": CLIENTS[strict], "restpath": restpath}) == found
    if isinstance(item, str):
        try:
            found = getattr(start, item)
        except (restpath.RestpathError, AttributeError) as error:
            str(error).encode("utf-8")


CLIENTS = {True: connect(), False: connect(strict=False)}


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_without_a_definition_any_value_is_one_segment(values: list[str]) -> None:
    path: Any = connect("https://api.example.com")
    try:
        for value in values:
            path = path[value]
    except restpath.InvalidValue:
        return
    assert written(path).count("/") == len(values)
    assert eval(chain(path), {"client": path._root.owner.path()}) == path


# ---- beyond the definition ---------------------------------------------------------------------------------------


def test_without_a_definition_everything_is_let_through_in_silence(free: restpath.Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert free.a.b["c d"].class_.get.prepare(x=1).url == "https://api.example.com/a/b/c%20d/class?x=1"
        assert free.users["ann"].put.prepare(a=1).method == "PUT"
        assert free.a.get_.post.prepare().url == "https://api.example.com/a/get"
        assert free.a.trace.get.prepare().url == "https://api.example.com/a/trace"
        assert free.get.prepare().url == "https://api.example.com/"
        assert restpath.expand(free, "/a/{+b}:go/", b="x/y").get.prepare().url == "https://api.example.com/a/x/y:go/"


def test_without_a_definition_a_value_still_never_turns_into_structure(free: restpath.Client) -> None:
    assert written(free["a/b"]) == "/a%2Fb"
    assert written(getattr(free, "a/b?c")) == "/a%2Fb%3Fc"
    assert written(getattr(free, "50%25")) == "/50%2525"
    assert written(free[{"id": "users/"}]) == "/users%2F"


def test_without_a_definition_an_item_is_one_value(free: restpath.Client) -> None:
    with pytest.raises(restpath.InvalidValue, match="expand"):
        free[{"a": 1, "b": 2}]


def test_a_query_that_no_definition_knows_is_not_lost_in_silence(free: restpath.Client) -> None:
    for text in ("/a?b=1", "/a#b"):
        with pytest.raises(restpath.InvalidValue, match="qs="):
            restpath.expand(free, text)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.nobody.get.prepare(),
        lambda c: c["nobody"].get.prepare(),
        lambda c: c.users.me.x["y"].put.prepare(),
        lambda c: c.users["x"].patch.prepare(a=1),
        lambda c: c.t[{"a": "b"}].get.prepare(),
    ],
)
def test_not_strict_means_let_through_with_one_warning_at_the_callers_line(call: Callable[..., Any]) -> None:
    client = connect(strict=False)
    with pytest.warns(UserWarning, match="does not know") as caught:
        first = call(client)
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert call(client) == first


def test_another_place_gets_a_warning_of_its_own_and_another_value_does_not() -> None:
    client = connect(strict=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for operation in (client.zoo[1].get, client.zoo[2].get, client.zoo[1].put):
            operation.prepare()
    assert len(caught) == 2


def test_not_strict_keeps_what_the_definition_says_of_a_resource() -> None:
    client = connect(read({"/only/": "GET", "/r?beta=true": "GET"}), strict=False)
    with pytest.warns(UserWarning, match="PUT /only/"):
        assert client.only.put.prepare().url == "https://odd.example/v1/only/"
    with pytest.warns(UserWarning, match="PUT /r"):
        assert client.r.put.prepare().url == "https://odd.example/v1/r?beta=true"


def test_nothing_is_warned_of_where_the_definition_knows(client: restpath.Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connect(strict=False).users["x"].get.prepare()


# ---- being a value -----------------------------------------------------------------------------------------------


def test_paths_are_equal_if_template_and_values_are_however_that_was_said(client: restpath.Client) -> None:
    same = [
        (client.users[7], client.users["7"]),
        (client.users[7], client.users[{"id": 7}]),
        (client.pets[7], client.pets[{"id": 7}]),
        (client.pets[7].toys, client.pets[{"petId": "7"}].toys),
        (client.users, client["users"]),
        (client.users["x"], restpath.expand(client, "/users/{id}", id="x")),
        (client["users/"], restpath.expand(client, "/users/")),
    ]
    for one, other in same:
        assert one == other
        assert hash(one) == hash(other)
        assert len({one, other}) == 1


def test_paths_that_differ_in_template_or_values_differ(client: restpath.Client) -> None:
    paths = [
        client, client.users, client["users/"], client.users.me, client.users[{"id": "me"}], client.users[7],
        client.users[8], client.nodes["n"], client.nodes[{"metric": "n"}], client.nodes[{"node_id": "n"}],
        client.pets[{"petId": 7}], client.pets[{"id": 7}], client.jobs["7:cancel"], client.jobs["7"][":cancel"],
        client.token, client["token#refresh"], client.users[7].repos, client.files["7"],
    ]  # fmt: skip
    assert [one == other for one in paths for other in paths] == [i == j for i in range(18) for j in range(18)]


def test_a_path_equals_nothing_else(client: restpath.Client) -> None:
    assert client.users != "/users"
    assert client.users != object()
    assert client.users is not None


def test_whoever_is_logged_in_does_not_matter_and_where_the_service_is_does() -> None:
    login = {"credentials": {"token": {}}, "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}}}
    first, second = (connect(read(**login), token=token) for token in ("one", "two"))
    assert first.users == second.users
    assert hash(first.users) == hash(second.users)
    assert first == second
    assert first.users != connect(read(**login), "https://elsewhere.example").users
    assert first.users != connect().users


def test_a_path_cannot_be_changed(client: restpath.Client) -> None:
    for place in (client, client.users):
        for name in ("get", "defaults", "walk", "users", "anything", "_anything"):
            with pytest.raises(AttributeError):
                setattr(place, name, 1)
            with pytest.raises(AttributeError):
                delattr(place, name)
        with pytest.raises(TypeError):
            place["x"] = 1
        with pytest.raises(TypeError):
            del place["x"]


def test_a_place_that_was_asked_for_by_its_name_is_kept(client: restpath.Client) -> None:
    users = client.users
    assert client.users is users
    assert client["users"] == users
    assert pickle.loads(pickle.dumps(client)).users == users


def test_a_path_has_no_length_no_members_and_no_iteration(client: restpath.Client, free: restpath.Client) -> None:
    for place in (client, client.users, free, free.a):
        for wrong in (
            len,
            iter,
            list,
            lambda path: "x" in path,
            lambda path: [*path],
            lambda path: dict(path),
            reversed,
        ):
            with pytest.raises(TypeError):
                wrong(place)
        assert bool(place) is True


def all_places(client: restpath.Client) -> Iterator[Path]:
    yield from (place(client) for place in PLACES)
    yield client.users[{"id": "me"}].repos
    yield client.nodes[{"node_id": "n"}]
    yield client["token#refresh"]
    yield client.jobs["7"][":cancel"].log
    yield client.files["a/b"]


def test_a_path_is_pickled_with_its_client() -> None:
    client = connect()
    for place in all_places(client):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(place, protocol))
            assert again == place
            assert show(again) == show(place)
            assert type(again) is type(place)
            assert restpath.url(again) == restpath.url(place)


def test_beyond_the_definition_a_path_is_pickled_too(free: restpath.Client) -> None:
    for place in (free, free.a["b"].c, free[{"id": "x"}], restpath.expand(free, "/a/{+b}/", b="c/d")):
        again = pickle.loads(pickle.dumps(place))
        assert again == place
        assert restpath.url(again) == restpath.url(place)
    client = connect(strict=False)
    assert pickle.loads(pickle.dumps(client.users.me.x["y"])) == client.users.me.x["y"]


def test_paths_pickled_together_share_one_client() -> None:
    client = connect()
    first, second = pickle.loads(pickle.dumps([client.users, client.users["x"]]))
    assert first._root is second._root


def test_operations_and_namespaces_are_pickled() -> None:
    client = connect(DOTTED)
    for value in (client.doc, client.a.b, client.doc.get, client.doc.getList, client.api):
        assert pickle.loads(pickle.dumps(value)) == value
    assert pickle.loads(pickle.dumps(connect().users.get)) == connect().users.get


def test_a_copy_is_the_path_itself(client: restpath.Client) -> None:
    for place in (client, client.users["x"], connect(DOTTED).doc):
        assert copy.copy(place) is place
        assert copy.deepcopy(place) is place
    assert copy.deepcopy([client.users])[0] is not None


def test_paths_are_shared_between_threads() -> None:
    client = connect(read())  # a definition whose tree nobody has walked yet
    start = threading.Barrier(8)

    def work(number: int) -> tuple[list[str], bool]:
        start.wait()
        places = [*all_places(client), client.users[number].repos[number]]
        return [restpath.url(place) for place in places[:-1]], places[-1] == client.users[number].repos[str(number)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert all(result == results[0] for result in results)
    assert results[0][1]


# ---- nothing is sent ---------------------------------------------------------------------------------------------

PROBES = [
    "shape", "dtype", "keys", "items", "values", "name", "fget", "read", "fileno", "mro", "columns", "to_dict",
    "__array__", "__dataframe__", "__html__", "__rich__", "__rich_repr__", "__wrapped__", "__iter__", "__len__",
    "_repr_html_", "_repr_svg_", "_repr_png_", "_repr_json_", "_repr_latex_", "_repr_pretty_", "_repr_markdown_",
    "_repr_mimebundle_", "_repr_javascript_", "_repr_pdf_", "_repr_jpeg_", "_ipython_display_", "_sage_src_",
    "_ipython_canary_method_should_not_exist_", "_ipython_key_completions_", "__getstate__", "__index__", "__fspath__",
]  # fmt: skip


def test_looking_at_a_path_sends_nothing(client: restpath.Client, free: restpath.Client) -> None:
    dotted = connect(DOTTED)
    for place in [*all_places(client), free, free.a["b"], dotted, dotted.doc, dotted.api]:
        repr(place), str(place), f"{place}", dir(place), hash(place), bool(place), vars(type(place))
        assert place == place
        assert place != 1
        assert place in [place]
        copy.copy(place), copy.deepcopy(place), pickle.dumps(place), callable(place)
        for name in PROBES:
            hasattr(place, name), getattr(place, name, None)
        for wrong in (len, iter, lambda path: 1 in path):
            with pytest.raises(TypeError):
                wrong(place)
        if isinstance(place, Path):
            place._repr_html_(), place._ipython_key_completions_(), restpath.describe(place), restpath.url(place)
            restpath.children(place), chain(place), place.get, place.delete, place.defaults, place.walk


def test_no_display_hook_is_found_beside_the_html(client: restpath.Client, free: restpath.Client) -> None:
    for place in (client.users, free.a):
        found = [name for name in PROBES if name.startswith("_") and hasattr(place, name)]
        assert set(found) <= {"_repr_html_", "_ipython_key_completions_", "__getstate__", "__iter__"}


# ---- being shown -------------------------------------------------------------------------------------------------


def test_a_path_shows_its_service_its_place_and_its_methods(client: restpath.Client) -> None:
    assert repr(client.users["ann"]) == "<odd /users/ann: GET DELETE>".replace("GET DELETE", "DELETE GET")
    assert repr(client.users["ann"].repos["a/b"]) == "<odd /users/ann/repos/a%2Fb: GET>"
    assert repr(client["token#refresh"]) == "<odd /token#refresh: POST>"
    assert repr(client) == "<Client odd at https://odd.example/v1>"


def test_a_value_cannot_play_tricks_with_the_terminal_or_the_page(client: restpath.Client) -> None:
    path = client.users["\x1b[2J\u202e<script>"]
    assert "\x1b" not in repr(path)
    assert "\u202e" not in repr(path)
    assert "<script>" not in path._repr_html_()
    assert "&lt;script&gt;" in path._repr_html_()
    assert len(repr(client.users["x" * 10_000])) < 500


def test_dir_names_methods_and_segments_as_python_writes_them(client: restpath.Client) -> None:
    assert set(dir(client.users)) == {"get", "post", "me", "defaults", "walk"}
    assert {"user_accounts", "class_", "users", "call", "close"} <= set(dir(client))
    assert {"_search", "class", "user-accounts"}.isdisjoint(dir(client))
    assert "delete_" in dir(client.documents)
    assert "trace" in dir(client.s)
    for place in all_places(client):
        assert all(hasattr(place, name) for name in dir(place))


def test_children_are_the_segments_as_the_templates_write_them(client: restpath.Client) -> None:
    assert children_of(client.users) == restpath.children(client.users) == ["me", "{id}"]
    assert restpath.children(client.jobs) == ["{id}:cancel", "{id}"]
    assert restpath.children(client["users/"]) == []
    assert restpath.children(client.pets[{"id": 7}]) == []


@pytest.mark.parametrize(
    "text",
    [
        "client", "client.users", "client['users/']", "client.users['ann'].repos['a/b']", "client['class']",
        "client['user-accounts']", "client.documents['delete']", "client.users[{'id': 'me'}]", "client.users.me",
        "client.jobs['7'][':cancel'].log".replace("['7'][':cancel']", "['{id}:cancel', {'id': '7'}]"),
        "client.nodes[{'metric': 'n'}]", "client['token#refresh']", "client['_search']", "client.badges['7']",
        "client.badges['{id}.json', {'id': '7'}]",
    ],
)  # fmt: skip
def test_a_path_can_be_written_as_the_expression_that_gives_it(client: restpath.Client, text: str) -> None:
    path = eval(text, {"client": client})
    assert chain(path) == text


# ---- operations with dotted names --------------------------------------------------------------------------------


def test_a_chain_of_names_is_the_operation_itself() -> None:
    client = connect(DOTTED)
    assert client.doc.getList.prepare(user_id=7).url == "https://odd.example/v1/api/doc.list/7"
    assert client.doc.get.prepare(doc_id=1).url == "https://odd.example/v1/api/doc.get?doc_id=1"
    assert client.a.b.c.prepare().method == "POST"
    assert client.x.import_ == restpath.operation(client, "x.import")
    assert client.doc.getList == restpath.operation(client, "doc.getList")


def test_namespaces_win_over_the_methods_on_the_client() -> None:
    client = connect(DOTTED)
    assert isinstance(client.post, Namespace)
    assert client.post.get.prepare(post_id=1).url == "https://odd.example/v1/api/post.get?post_id=1"
    assert client.get is not None
    assert not isinstance(client.get, Namespace)
    assert not isinstance(client.api.post, Namespace)


def test_an_unknown_operation_names_the_nearest() -> None:
    client = connect(DOTTED)
    for ask in (lambda: client.doc.getLst, lambda: restpath.operation(client, "doc.getLst"), lambda: client.dco):
        with pytest.raises(restpath.UnknownResource, match="did you mean doc"):
            ask()
    with pytest.raises(restpath.UnknownResource) as caught:
        _ = client.doc.getlist
    assert len(caught.value.choices) == len(set(caught.value.choices)) > 0
    with pytest.raises(restpath.UnknownResource):
        client.call("doc.getLst")


def test_call_and_walk_go_by_name_and_bring_the_fields() -> None:
    client = connect(DOTTED)
    with pytest.raises(AssertionError, match="sent"):
        client.call("doc.get", doc_id=1)
    with pytest.raises(restpath.RestpathError):
        list(client.doc.getList.walk(user_id=7))


def test_namespaces_are_values_that_say_what_they_hold() -> None:
    client = connect(DOTTED)
    assert repr(client.doc) == "<odd doc: get getList>"
    assert dir(client.doc) == ["get", "getList"]
    assert client.doc == connect(DOTTED).doc
    assert hash(client.doc) == hash(connect(DOTTED).doc)
    assert client.doc != client.post
    assert client.doc != "doc"
    assert {"doc", "post", "a", "call"} <= set(dir(client))


def test_a_segment_called_call_or_close_wins_and_the_functions_still_work() -> None:
    client = connect(read({"/call": "GET", "/close": "GET", "/x": {"methods": {"GET": {"name": "x"}}}}))
    assert written(client.call) == "/call"
    assert written(client.close) == "/close"
    assert restpath.operation(client, "x").prepare().url == "https://odd.example/v1/x"
    restpath.close(client)
    with client as same:
        assert same is client


# ---- in IPython --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    config = pytest.importorskip("traitlets.config").Config()
    config.HistoryManager.enabled = False
    config.Completer.use_jedi = False
    directory = str(tmp_path_factory.mktemp("ipython"))
    made = interactive.InteractiveShell(config=config, ipython_dir=directory)
    made.user_ns["client"] = connect()
    made.user_ns["free"] = connect("https://api.example.com")
    yield made
    made.restore_sys_module_state()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("client.us", {".users", ".user_accounts"}),
        ("client.users.", {".get", ".post", ".me", ".defaults", ".walk"}),
        ("client.documents.del", {".delete", ".delete_"}),
        ("client.cla", {".class_"}),
    ],
)
def test_ipython_completes_attributes_and_sends_nothing(shell: Any, text: str, expected: set[str]) -> None:
    # Of a chain, IPython evaluates nothing unless it is told that it may: any attribute could be a program.
    shell.Completer.evaluation = "unsafe"
    assert completed(shell, text) - METHODS == expected - METHODS
    shell.Completer.evaluation = "limited"
    start, _, rest = text.rpartition(".")
    shell.user_ns["place"] = eval(start, shell.user_ns)
    assert completed(shell, f"place.{rest}") - METHODS == expected - METHODS


METHODS = {".get", ".post", ".put", ".patch", ".delete", ".head", ".options"}  # which every path has, beside its own


def completed(shell: Any, text: str) -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `complete` is an old name, which old and new versions have
        _, found = shell.complete(text)
    return {"." + name.rpartition(".")[2] for name in found if "._" not in name}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("client['us", {"users", "users/", "user-accounts"}),
        ("client['_", {"_search"}),
        ("client['tok", {"token", "token#refresh"}),
        ("client.users['", {"me"}),
        ("client.jobs['7'][':", {":cancel"}),
    ],
)
def test_ipython_completes_items(shell: Any, text: str, expected: set[str]) -> None:
    shell.user_ns["job"] = shell.user_ns["client"].jobs["7"]
    shell.user_ns["users"] = shell.user_ns["client"].users
    text = text.replace("client.users[", "users[").replace("client.jobs['7'][", "job[")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, found = shell.complete(text)
    assert {key.removesuffix("']").rpartition("['")[2] for key in found} >= expected


def test_ipython_displays_a_path_as_text_and_html(shell: Any) -> None:
    for text, shown in (("client.users", "/users"), ("free.a['b']", "/a/b")):
        place = eval(text, shell.user_ns)
        data, _ = shell.display_formatter.format(place)
        assert set(data) == {"text/plain", "text/html"}
        assert shown in data["text/plain"]
        assert shown in data["text/html"]
        assert shown in shell.inspector._get_info(place)["text/plain"]


def test_ipython_inspects_an_operation_without_making_the_call(shell: Any) -> None:
    assert "Make the call" in shell.inspector._get_info(shell.user_ns["client"].users.get)["text/plain"]


def test_what_a_place_accepts_is_that_of_its_own_templates() -> None:
    client = connect(read({"/notes": "GET POST", "/notes/": "GET"}))
    assert repr(client["notes/"]).endswith("/notes/: GET>")
    assert "post" not in dir(client["notes/"])
    assert "post" in dir(client.notes)


def test_an_empty_segment_is_named_as_such() -> None:
    with pytest.raises(restpath.UnknownResource, match=r"There is an empty segment \(''\)"):
        _ = connect(read({"/a//b": "GET"})).a["/b"]
