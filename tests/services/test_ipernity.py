"""Ipernity's face, against the mock over HTTP: calls both ways, authorization, permissions, uploads, lists, errors."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import restpath
import restpath.mock
from restpath.services.ipernity import (
    APIRequestError,
    AuthHandler,
    DesktopAuthHandler,
    IpernityAPI,
    IpernityError,
    NoCredentials,
    UnknownMethod,
    UploadError,
    WebAuthHandler,
)
from restpath.testing import FakeClock, use_clock

KEY, SECRET = "6fa87ba500002712bd4eed6020f3bd72", "e9a599f0cf6ce193"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Any]:
    with restpath.mock.serve("ipernity", clock=clock.now) as server:
        yield server


@pytest.fixture
def api(server: Any, clock: FakeClock) -> Iterator[IpernityAPI]:
    """A face of somebody who is not logged in."""
    with IpernityAPI(KEY, SECRET, url=server.url, auth_url_base=f"{server.url}/apps/authorize") as api:
        use_clock(api, clock)
        yield api


def log_in(api: IpernityAPI, **permissions: str) -> IpernityAPI:
    frob = api.auth.getFrob()["auth"]["frob"]
    assert requests.get(api.auth.auth_url(permissions, frob), timeout=10).ok
    api.auth.getToken(frob)
    return api


class Canned:
    """A server that answers with what it is given, the last of it for ever; what it was asked is in `asked`."""

    def __init__(self, *answers: str, status: int = 200) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        queue = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
                parts = urlsplit(self.path)
                outer.asked.append((parts.path.split("/")[1], parse_qs(parts.query or body)))
                data = (queue.pop(0) if len(queue) > 1 else queue[0]).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Canned:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def api(self, clock: FakeClock | None = None, **more: Any) -> IpernityAPI:
        api = IpernityAPI(KEY, SECRET, url=self.url, **more)
        use_clock(api, clock or FakeClock())
        return api


# ---- calling -----------------------------------------------------------------------------------------------------


def test_both_ways_of_calling_are_the_same_call(api: IpernityAPI) -> None:
    by_name, by_attributes = api.call("user.get", userid=4711), api.user.get(userid=4711)
    assert by_name == by_attributes
    assert by_name["user"]["username"] == "ben"
    assert by_name["api"]["status"] == "ok", "the answer is the complete one"


def test_connect_reaches_the_service_too(server: Any) -> None:
    client = restpath.connect("ipernity", server.url, api_key=KEY, api_secret=SECRET)
    titles = [doc["title"] for doc in client.doc.getList.walk(user_id=7)]
    assert titles == [f"Photo {number}" for number in range(25, 0, -1)]
    assert client.call("doc.get", doc_id=3601)["doc"]["title"] == "Photo 1"


@pytest.mark.parametrize("call", [lambda api: api.doc.get(3601), lambda api: api.call("doc.get", 3601)])
def test_parameters_go_by_keyword_alone(api: IpernityAPI, call: Any) -> None:
    with pytest.raises(TypeError):
        call(api)


def test_flags_are_one_and_zero_and_lists_have_commas() -> None:
    with Canned('{"api": {"status": "ok"}}') as server:
        server.api().doc.search(share=True, tags=["a", "b"], extra=None)
        ((_, fields),) = server.asked
    assert (fields["share"], fields["tags"], "extra" in fields) == (["1"], ["a,b"], False)


def test_a_post_carries_everything_in_its_form() -> None:
    with Canned('{"api": {"status": "ok"}}') as server:
        server.api(token="t").doc.tags.add(doc_id=1234, keywords="easy")
        ((name, fields),) = server.asked
    assert (name, set(fields)) == ("doc.tags.add", {"api_key", "auth_token", "api_sig", "doc_id", "keywords"})


@pytest.mark.parametrize(
    ("ask", "near"),
    [
        (lambda api: api.call("doc.gett"), "doc.get"),
        (lambda api: api.doc.gett, "doc.get"),
        (lambda api: api.docc, "doc"),
        (lambda api: api.doc.comments.getlist, "doc.comments.getList"),
    ],
)
def test_an_unknown_method_is_caught_before_sending(ask: Any, near: str) -> None:
    with Canned("{}") as server, pytest.raises(UnknownMethod) as caught:
        ask(server.api())
    assert server.asked == []
    assert near in caught.value.choices
    assert f"did you mean {caught.value.choices[0]}" in str(caught.value)
    assert isinstance(caught.value, (restpath.UnknownResource, IpernityError))


def test_looking_around_sends_nothing() -> None:
    with Canned("{}") as server:
        api = server.api(token="t")
        assert not hasattr(api, "nope")
        assert not hasattr(api.doc, "nope")
        assert {"doc", "auth", "upload_file", "walk_docs", "call"} <= set(dir(api))
        assert {"comments", "get", "getList"} <= set(dir(api.doc))
        assert (repr(api), repr(api.doc.get)) == (f"<IpernityAPI at {server.url}>", "<GET doc.get>")
        assert SECRET not in repr(api) + repr(api.auth) + repr(vars(api))
    assert server.asked == []


def test_a_method_has_what_every_operation_has(api: IpernityAPI) -> None:
    assert api.doc.get.prepare(doc_id=1).url.endswith("/doc.get/json?doc_id=1")
    assert SECRET not in api.album.create.curl(title="x")
    assert "auth_token" not in api.album.create.curl(title="x"), "as long as there is no token, none is sent"
    api.token = "t"
    assert "auth_token=" in api.album.create.curl(title="x")
    assert {"token"} <= restpath.which_credentials(api).keys()
    api.token = None
    assert restpath.which_credentials(api) == {"api_key": "connect", "api_secret": "connect"}
    assert api.doc.get.options(retries=0).reply(doc_id=3601).status == 200
    assert len(list(api.doc.getList.walk(user_id=7, per_page=9))) == 25


# ---- errors ------------------------------------------------------------------------------------------------------


def test_an_error_inside_an_answer_is_raised(api: IpernityAPI) -> None:
    with pytest.raises(APIRequestError) as caught:
        api.doc.get(doc_id=1)
    error = caught.value
    assert (error.status, error.code, error.method, error.params) == ("error", 1, "doc.get", {"doc_id": 1})
    assert "no such doc" in error.message
    assert isinstance(error, IpernityError)
    assert isinstance(error, restpath.RequestError)
    assert error.reply.status == 200
    assert isinstance(error.__cause__, restpath.RequestError)


def test_errors_can_be_made_as_the_facts_have_them() -> None:
    error = APIRequestError("error", 105, "Signature invalid", "doc.get", {"doc_id": 1})
    assert (error.status, error.code, error.message) == ("error", 105, "Signature invalid")
    assert (error.method, error.params, str(error)) == (
        "doc.get", {"doc_id": 1}, "doc.get answered with error 105: Signature invalid",
    )  # fmt: skip
    assert UnknownMethod("doc.gett").method == "doc.gett"
    upload = UploadError("a.jpg", "712218")
    assert (upload.filename, upload.ticket) == ("a.jpg", "712218")


def test_errors_can_be_pickled(api: IpernityAPI) -> None:
    with pytest.raises(APIRequestError) as caught:
        api.doc.get(doc_id=1)
    for error in (caught.value, UnknownMethod("x"), UploadError("a", "1"), NoCredentials("none")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
    assert pickle.loads(pickle.dumps(caught.value)).params == {"doc_id": 1}


def test_a_wrong_secret_is_error_105(server: Any) -> None:
    with pytest.raises(APIRequestError) as caught:
        IpernityAPI(KEY, "wrong", url=server.url).user.get(user_id=7)
    assert caught.value.code == 105


def test_without_a_token_the_service_says_that_one_is_needed(api: IpernityAPI) -> None:
    """Such a call goes as the application's own, as every call of a client without a token."""
    with pytest.raises(APIRequestError) as caught:
        api.album.create(title="x")
    assert (caught.value.code, caught.value.params) == (106, {"title": "x"})


def test_without_a_secret_calls_go_unsigned_where_they_may(server: Any) -> None:
    api = IpernityAPI(KEY, url=server.url)
    assert api.doc.get(doc_id=3601)["doc"]["title"] == "Photo 1"
    with pytest.raises(NoCredentials, match=r"api_secret.*IpernityAPI\(\)"):
        api.user.get(user_id=7)
    with pytest.raises(restpath.AuthError):
        api.album.create(title="x")


def test_a_failure_of_the_server_is_the_same_error() -> None:
    with Canned("<html>", status=500) as server, pytest.raises(APIRequestError) as caught:
        server.api().doc.get(doc_id=1)
    assert (caught.value.code, caught.value.reply.status) == (500, 500)


def test_no_error_says_a_secret(server: Any) -> None:
    api = IpernityAPI(KEY, SECRET, "a-token-of-mine", url=server.url)
    with pytest.raises(APIRequestError) as caught:
        api.album.create(title="x")
    assert caught.value.code == 107
    said = f"{caught.value} {caught.value!r} {caught.value.params} {caught.value.__cause__} {caught.value.call!r}"
    assert not any(secret in said for secret in (SECRET, "a-token-of-mine"))


# ---- authorization -----------------------------------------------------------------------------------------------


def test_the_link_is_signed_as_published() -> None:
    link = IpernityAPI(KEY, SECRET).auth.auth_url({"network": "read"})
    assert link == (
        f"https://www.ipernity.com/apps/authorize?api_key={KEY}&perm_network=read"
        "&api_sig=da183021cd39461108770b822fcd9398"
    )


def test_the_link_carries_the_frob_and_never_a_token() -> None:
    link = IpernityAPI(KEY, SECRET, "token").auth.auth_url({"doc": "write", "blog": "none"}, "the-frob")
    assert set(parse_qs(urlsplit(link).query)) == {"api_key", "perm_doc", "frob", "api_sig"}


def test_a_link_cannot_be_signed_without_a_secret() -> None:
    with pytest.raises(NoCredentials, match="no secret"):
        IpernityAPI(KEY).auth.auth_url({"doc": "read"})


def test_permissions_may_be_spelled_as_the_service_spells_them(api: IpernityAPI) -> None:
    plain, spelled = ({f"{prefix}network": "read", "doc": "write"} for prefix in ("", "perm_"))
    assert api.auth.auth_url(spelled, "f") == api.auth.auth_url(perms=plain, frob="f")
    api.token = {"token": "t", "permissions": {"perm_network": "read", "doc": "delete"}}
    assert api.has_permissions(spelled)
    assert api.has_permissions(plain)
    assert not api.has_permissions({"perm_network": "write"})
    with pytest.raises(restpath.InvalidValue, match="permission 'cat'"):
        api.has_permissions({"perm_cat": "read"})


@pytest.mark.parametrize("permissions", [{"docs": "read"}, {"doc": "own"}, "doc"])
def test_a_permission_that_there_is_not_is_refused(permissions: Any) -> None:
    with pytest.raises(restpath.InvalidValue, match=r"permission|delete"):
        IpernityAPI(KEY, SECRET).auth.auth_url(permissions)


def test_the_dance_ends_in_a_token_that_is_used(api: IpernityAPI) -> None:
    assert (api.token, api.user_info, api.permissions) == (None, None, None)
    assert not api.has_permissions({"doc": "read"})
    log_in(api, doc="write")
    assert api.token
    assert api.user_info == {"user_id": "7", "username": "ann"}
    assert api.album.create(title="Mine")["album"]["title"] == "Mine"


def test_a_token_can_be_got_without_being_used(api: IpernityAPI) -> None:
    frob = api.auth.getFrob()["auth"]["frob"]
    assert requests.get(api.auth.auth_url({"doc": "read"}, frob), timeout=10).ok
    answer = api.auth.getToken(frob, store_token=False)
    assert answer["auth"]["token"]
    assert (api.token, api.permissions) == (None, None)
    assert api.auth.checkToken(auth_token=answer["auth"]["token"])["auth"]["permissions"] == {"doc": "read"}


def test_further_parameters_go_with_the_calls_for_tokens() -> None:
    with Canned('{"auth": {"token": "t"}}') as server:
        api = server.api()
        api.auth.getToken("f", lang="de")
        api.auth.checkToken(lang="de")
    assert [(name, fields["lang"]) for name, fields in server.asked] == [
        ("auth.getToken", ["de"]), ("auth.checkToken", ["de"]),
    ]  # fmt: skip


def test_key_secret_and_token_can_be_set_afterwards(server: Any, api: IpernityAPI) -> None:
    token = log_in(api, doc="write").token
    other = IpernityAPI("key", "secret", {"token": "t", "user": {"user_id": "8"}}, url=server.url)
    other.api_key, other.api_secret, other.token = KEY, SECRET, token
    assert (other.api_key, other.api_secret, other.token) == (KEY, SECRET, token)
    assert other.user_info == {"user_id": "7", "username": "ann"}, "of the token before nothing is left"
    other.token = {"token": "t2", "user": {"user_id": "9"}, "permissions": {}}
    assert (other.token, other.user_info) == ("t2", {"user_id": "9"})
    other.token = other.api_secret = None
    assert (other.token, other.api_secret, other.user_info) == (None, None, None)
    with pytest.raises(restpath.InvalidValue, match="neither a text nor"):
        other.token = 5


def test_a_token_given_as_text_is_asked_about_once(api: IpernityAPI) -> None:
    token = log_in(api, doc="write").token
    again = IpernityAPI(KEY, SECRET, token, url=restpath.url(api))
    assert (again.user_info, again.permissions) == ({"user_id": "7", "username": "ann"}, {"doc": "write"})


def test_a_token_given_as_a_mapping_needs_no_asking() -> None:
    given = {"token": "t", "permissions": {"doc": "read"}, "user": {"user_id": "8", "username": "ben"}}
    with Canned("{}") as server:
        api = server.api(token=given)
        assert (api.token, api.user_info, api.permissions) == ("t", given["user"], given["permissions"])
    assert server.asked == []


@pytest.mark.parametrize("token", [{"frob": "x"}, 5, {"token": 5}])
def test_a_token_that_is_none_is_refused(token: Any) -> None:
    with pytest.raises(restpath.InvalidValue, match=r"auth\.getToken"):
        IpernityAPI(KEY, SECRET, token)


@pytest.mark.parametrize(
    ("wanted", "enough"),
    [
        ({"doc": "read"}, True), ({"doc": "write"}, True), ({"doc": "delete"}, False), ({"blog": "none"}, True),
        ({"blog": "read"}, False), ({"doc": "read", "network": "read"}, True), ({}, True), (None, True),
        ({"doc": "read", "network": "write"}, False),
    ],
)  # fmt: skip
def test_permissions_include_those_below(wanted: Any, enough: bool) -> None:
    token = {"token": "t", "permissions": {"doc": "write", "network": "read"}, "user": {}}
    assert IpernityAPI(KEY, SECRET, token).has_permissions(wanted) is enough


def test_any_token_can_be_checked(api: IpernityAPI) -> None:
    token = log_in(api, doc="read").token
    other = IpernityAPI(KEY, SECRET, url=restpath.url(api))
    assert other.auth.checkToken(token)["auth"]["permissions"] == {"doc": "read"}
    assert api.auth.checkToken()["auth"]["token"] == token
    with pytest.raises(APIRequestError) as caught:
        api.auth.checkToken("another")
    assert (caught.value.code, caught.value.params) == (107, {})
    assert other.token is None


@pytest.mark.parametrize("answer", ['{"auth": {}}', "[]", '{"auth": {"token": ""}}', '"token"'])
def test_an_answer_without_a_token_is_nonsense(answer: str) -> None:
    with Canned(answer) as server:
        api = server.api()
        with pytest.raises(restpath.AuthError, match=r"auth\.getToken answered without a token"):
            api.auth.getToken("frob")
        assert api.token is None
        with pytest.raises(restpath.AuthError, match=r"auth\.checkToken answered without a token"):
            _ = server.api(token="t").permissions


def test_the_way_to_a_token_is_chosen() -> None:
    class Own(AuthHandler):
        """A way of one's own."""

    ways = [type(IpernityAPI(KEY, SECRET, auth=way).auth) for way in ("desktop", "web", Own)]
    assert ways == [DesktopAuthHandler, WebAuthHandler, Own]
    assert not hasattr(IpernityAPI(KEY, SECRET, auth="web").auth, "getFrob")
    with pytest.raises(restpath.InvalidValue, match="desktop"):
        IpernityAPI(KEY, SECRET, auth="telepathy")


# ---- uploads -----------------------------------------------------------------------------------------------------


def test_an_upload_is_waited_for(api: IpernityAPI, clock: FakeClock, tmp_path: Path) -> None:
    file = tmp_path / "tree.jpg"
    file.write_bytes(b"\xff\xd8tree")
    doc_id = log_in(api, doc="write").upload_file(str(file), title="A tree", is_public=False)
    assert clock.slept == [3.0]
    doc = api.doc.get(doc_id=doc_id)["doc"]
    assert (doc["title"], doc["visibility"]["ispublic"]) == ("A tree", "0")


def test_a_ticket_that_turns_invalid_is_an_error(api: IpernityAPI, tmp_path: Path) -> None:
    file = tmp_path / "tree.broken"
    file.write_bytes(b"tree")
    with pytest.raises(UploadError) as caught:
        log_in(api, doc="write").upload_file(file)
    assert caught.value.filename == str(file)
    assert caught.value.ticket in str(caught.value)


def test_a_file_that_is_not_there_is_not_sent(api: IpernityAPI) -> None:
    with pytest.raises(restpath.InvalidValue, match=r"no-such\.jpg"):
        log_in(api, doc="write").upload_file("no-such.jpg")


def tickets(**state: str) -> str:
    said = ", ".join(f'"{name}": "{value}"' for name, value in {"id": "712218", **state}.items())
    return f'{{"api": {{"status": "ok"}}, "tickets": {{"ticket": [{{{said}}}]}}}}'


TICKET = '{"api": {"status": "ok"}, "ticket": "712218"}'


def test_the_service_says_how_long_to_wait_within_bounds(tmp_path: Path) -> None:
    clock = FakeClock()
    waits = [tickets(done="0", invalid="0", eta=eta) for eta in ("120", "7", "0", "-5", "nan", "soon")]
    with Canned(TICKET, *waits, tickets(done="1", invalid="0", eta="0", doc_id="5412")) as server:
        file = tmp_path / "a.jpg"
        file.write_bytes(b"x")
        assert server.api(clock, token="t").upload_file(file) == "5412"
    assert clock.slept == [60.0, 7.0, 1.0, 1.0, 1.0, 1.0]
    assert [fields["tickets"] for name, fields in server.asked if name == "upload.checkTickets"] == [["712218"]] * 7


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([TICKET, tickets(done="0", invalid="0", eta="50")], "after 1800 seconds"),
        ([TICKET, '{"tickets": {"ticket": []}}'], "ticket 712218 is invalid"),
        ([TICKET, tickets(done="1", invalid="0")], "which document"),
        (['{"api": {"status": "ok"}}'], "no ticket"),
        (["[]"], "no ticket"),
    ],
)
def test_an_upload_that_comes_to_nothing_ends(tmp_path: Path, answers: list[str], fault: str) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    with Canned(*answers) as server, pytest.raises(UploadError, match=fault):
        server.api(token="t").upload_file(file)


def test_a_single_ticket_may_stand_outside_a_list(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    with Canned(
        TICKET, '{"tickets": {"ticket": {"id": "712218", "done": "1", "invalid": "0", "doc_id": "9"}}}'
    ) as server:
        assert server.api(token="t").upload_file(file) == "9"


# ---- lists -------------------------------------------------------------------------------------------------------


def test_lists_are_walked_page_by_page(api: IpernityAPI) -> None:
    docs = api.walk_docs(user_id=7)
    assert next(docs)["title"] == "Photo 25"
    assert len(list(docs)) == 24
    assert [each["title"] for each in api.walk_albums(user_id=7)] == ["Summer", "Winter"]
    assert len(list(api.walk_album_docs(10460))) == 22
    assert len(list(api.walk_doc_search(text="photo 1", per_page=3))) == 12
    assert [each["title"] for each in api.walk_folders(user_id=7)] == ["Seasons"]
    assert [each["title"] for each in api.walk_folder_albums(11252, per_page=1)] == ["Summer", "Winter"]


def test_a_page_is_asked_for_when_it_is_needed() -> None:
    page = '{"docs": {"total": "4", "per_page": "2", "doc": [{"doc_id": "%d"}, {"doc_id": "%d"}]}}'
    with Canned(page % (1, 2), page % (3, 4)) as server:
        docs = server.api().walk_docs(user_id=7)
        assert server.asked == []
        assert [next(docs), next(docs)] == [{"doc_id": "1"}, {"doc_id": "2"}]
        assert len(server.asked) == 1
        assert len(list(docs)) == 2
        assert [fields["user_id"] for _, fields in server.asked] == [["7"], ["7"]], "what was asked for stays"


def test_any_list_can_be_walked(api: IpernityAPI) -> None:
    assert [each["username"] for each in api.walk_data("network.getList", user_id=7)] == ["ben"]
    assert [each["username"] for each in api.walk_data("network.getList", "user", user_id=7)] == ["ben"]
    assert len(list(api.walk_data("explore.docs.getRecent", elem_name="doc", count=5))) == 5
    assert len(list(api.walk_data("api.methods.getList"))) == 102
    with pytest.raises(restpath.InvalidValue, match="no list of 'car'"):
        list(api.walk_data("doc.getList", "car", user_id=7))
    with pytest.raises(restpath.InvalidValue, match="page='two'"):
        list(api.walk_data("api.methods.getList", "car", page="two"))
    with pytest.raises(UnknownMethod):
        api.walk_data("doc.getlist")


def test_a_list_that_the_definition_does_not_know_has_pages_too() -> None:
    page = '{"api": {}, "things": {"total": "3", "thing": %s}}'
    with Canned(page % '[{"n": "1"}, {"n": "2"}]', page % '{"n": "3"}') as server:
        assert [each["n"] for each in server.api().walk_data("test.echo", "thing", x="y")] == ["1", "2", "3"]
        assert [fields["page"] for _, fields in server.asked] == [["1"], ["2"]]


def test_a_list_without_numbers_ends_at_an_empty_page() -> None:
    page = '{"api": {}, "things": {"thing": %s}}'
    with Canned(page % '[{"n": "1"}]', page % '[{"n": "2"}]', page % "[]") as server:
        assert [each["n"] for each in server.api().walk_data("test.echo", "thing", x="y")] == ["1", "2"]
        assert [fields["page"] for _, fields in server.asked] == [["1"], ["2"], ["3"]]
    with Canned(page % '[{"n": "1"}]') as server:
        assert len(list(server.api().walk_data("test.echo", x="y"))) == 1, "it gives the same page again and again"


def test_a_list_with_nothing_in_it_is_an_empty_walk() -> None:
    with Canned('{"api": {}, "things": {"total": "0"}}') as server:
        assert list(server.api().walk_data("test.echo", "thing", x="y")) == []
        assert list(server.api().walk_data("test.echo", x="y")) == []
        assert len(server.asked) == 2
    with Canned('{"folder": {"folder_id": "1", "albums": {"page": "1"}}}') as server:
        assert list(server.api().walk_folder_albums(1)) == []


def test_one_item_may_stand_in_place_of_its_list() -> None:
    with Canned(
        '{"docs": {"total": "1", "per_page": "20", "page": "1", "pages": "1", "doc": {"doc_id": "5"}}}'
    ) as server:
        assert list(server.api().walk_docs(user_id=7)) == [{"doc_id": "5"}]
    album = '{"folder": {"folder_id": "1", "albums": {"album": {"album_id": "5"}}}}'
    with Canned(album, '{"folder": {"albums": {}}}') as server:
        assert list(server.api().walk_folder_albums(1)) == [{"album_id": "5"}]


# ---- being a value -----------------------------------------------------------------------------------------------


def test_a_pickled_face_has_its_ways_and_no_secret(api: IpernityAPI) -> None:
    data = pickle.dumps(log_in(api, doc="read"))
    assert not any(secret.encode() in data for secret in (SECRET, api.token or ""))
    again = pickle.loads(data)
    assert type(again) is IpernityAPI
    assert (restpath.url(again), again.auth_url_base) == (restpath.url(api), api.auth_url_base)
    assert type(again.auth) is DesktopAuthHandler
    assert copy.copy(api) is api
    assert pickle.loads(pickle.dumps(api.doc.get)).prepare(doc_id=1) == api.doc.get.prepare(doc_id=1)


def test_many_threads_may_share_one_face(api: IpernityAPI) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(api.doc.get(doc_id=3601 + n)["doc"]["title"]))  # type: ignore[misc]
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"Photo {n + 1}" for n in range(8))
