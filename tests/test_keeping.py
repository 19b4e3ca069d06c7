"""Tokens: got once, renewed once, kept where it was said, and no password behind them."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import UNSET, AuthError, Timeout, TransportError, Unauthorized
from restpath.masking import Secret
from restpath.testing import FakeClock, use_clock
from tests.support.oauth import JSON, OAuth, definition_of, told
from tests.support.scripted import Request, Server, answer, close, closed_port, redirect

DOCUMENTS = definition_of()
DEFINITION = restpath.read(DOCUMENTS)
APP: dict[str, Any] = {"client_id": "app", "client_secret": "s3cret-of-app"}
PASSWORD = restpath.read(
    definition_of(
        basic=None,
        grants={
            "password": {
                "grant_type": "password", "username": "{username}", "password": "{password}", "scope": "{scope}",
            },
            "refresh_token": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"},
        },
    )
)  # fmt: skip
BOTH = restpath.read(
    definition_of(
        grants={
            "password": {"grant_type": "password", "username": "{username}", "password": "{password}"},
            "refresh_token": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"},
            "client_credentials": {"grant_type": "client_credentials"},
        },
    )
)
ANN: dict[str, Any] = {"username": "ann", "password": "pa55-of-ann"}


@pytest.fixture
def oauth() -> OAuth:
    return OAuth()


@pytest.fixture
def server(oauth: OAuth) -> Iterator[Server]:
    with Server(oauth) as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def connect(definition: Any, server: Server, clock: FakeClock | None = None, /, **words: Any) -> restpath.Client:
    client = restpath.connect(definition, server.url, **words)
    if clock is not None:
        use_clock(client, clock)
    return client


def grants(oauth: OAuth) -> list[str]:
    return [fields["grant_type"] for fields in oauth.asked]


def tokens(oauth: OAuth) -> list[str]:
    return [token for _, token, _ in oauth.calls]


def texts_of(error: BaseException) -> str:
    """All the words that an error, its causes and contexts have, and its pickle."""
    found, seen = "", set()
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        found += f"{each} {each!r} {each.args!r} {vars(each)!r} {getattr(each, 'call', None)!r}"
        queue += [each.__cause__, each.__context__]
    return found + repr(pickle.dumps(error)) + "".join(traceback.format_exception(error))


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Do something in many threads that begin together."""
    gate = threading.Barrier(count)

    def one(_: int) -> Any:
        gate.wait(10)
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


# ---- client credentials


def test_a_token_is_got_at_the_first_call_and_used_for_later_ones(server: Server, oauth: OAuth) -> None:
    client = connect(DEFINITION, server, **APP)
    assert not oauth.asked
    assert client.a.get() == client.a.get() == {"token": "t0ken-1"}
    assert oauth.asked == [{"grant_type": "client_credentials", "basic": "app:s3cret-of-app"}]


def test_many_threads_that_begin_at_once_ask_once(server: Server, oauth: OAuth) -> None:
    client = connect(DEFINITION, server, **APP)
    assert at_once(32, client.a.get) == [{"token": "t0ken-1"}] * 32
    assert len(oauth.asked) == 1


def test_a_token_is_renewed_before_use_when_its_lifetime_ends(server: Server, oauth: OAuth, clock: FakeClock) -> None:
    oauth.lifetime = 3600
    client = connect(DEFINITION, server, clock, **APP)
    client.a.get()
    clock.sleep(3500)
    client.a.get()
    clock.sleep(99)
    client.a.get()
    assert tokens(oauth) == ["t0ken-1", "t0ken-1", "t0ken-2"]


class Counting(FakeClock):
    """A clock that lets something happen when the time was asked for often enough."""

    left, then = -1, threading.Event()

    def now(self) -> datetime:
        self.left -= 1
        if not self.left:
            self.then.set()
        return super().now()


def test_many_threads_that_find_a_token_ended_renew_it_once(server: Server, oauth: OAuth) -> None:
    oauth.lifetime, oauth.refreshing = 3600, True
    clock = Counting()
    client = connect(DEFINITION, server, clock, **APP)
    client.a.get()
    oauth.revoke()
    clock.sleep(4000)
    oauth.wait.clear()
    clock.left, clock.then = 32, oauth.wait  # each of the threads has seen that it ended
    assert at_once(32, client.a.get) == [{"token": "t0ken-2"}] * 32
    assert grants(oauth) == ["client_credentials", "refresh_token"]
    assert set(tokens(oauth)[1:]) == {"t0ken-2"}  # none of them tried the old one again


def test_many_threads_that_are_refused_renew_once(server: Server, oauth: OAuth) -> None:
    oauth.refreshing = True
    client = connect(DEFINITION, server, **APP)
    client.a.get()
    oauth.revoke()
    oauth.wait.clear()
    oauth.until_calls = 33  # each of the threads has been refused
    assert at_once(32, client.a.get) == [{"token": "t0ken-2"}] * 32
    assert grants(oauth) == ["client_credentials", "refresh_token"]


@pytest.mark.parametrize("kind", ["json", "form", "multipart", "data", "file"])
def test_a_call_is_made_once_more_after_a_401_with_its_whole_body(
    kind: str, server: Server, oauth: OAuth, tmp_path: Path
) -> None:
    client = connect(DEFINITION, server, **APP)
    client.a.get()
    oauth.revoke()
    path = tmp_path / "file"
    path.write_bytes(b"content" * 50_000)
    if kind == "json":
        client.a.post(x=[1, 2])
    elif kind == "form":
        client.form.post(x="y")
    elif kind == "multipart":
        client.a.post(upload_file=path, x="y")
    elif kind == "data":
        client.a.post(path)
    else:
        with path.open("rb") as file:
            client.a.post(upload_file=file)
    (_, first, body), (_, second, again) = oauth.calls[1:]
    assert (first, second) == ("t0ken-1", "t0ken-2")
    assert body == again != b""
    assert len(oauth.asked) == 2


class Once(io.RawIOBase):
    """A stream that goes forward only."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


def test_a_body_that_can_be_read_once_is_sent_once(server: Server, oauth: OAuth) -> None:
    client = connect(DEFINITION, server, **APP)
    client.a.get()
    oauth.revoke()
    with pytest.raises(Unauthorized):
        client.a.post(upload_file=Once(b"content"))
    assert (len(oauth.calls), len(oauth.asked)) == (2, 1)


def test_two_401_in_a_row_end_it(server: Server, oauth: OAuth) -> None:
    client = connect(DEFINITION, server, **APP)
    oauth.good = _Nothing()
    with pytest.raises(Unauthorized):
        client.a.get()
    assert (len(oauth.calls), len(oauth.asked)) == (2, 2)
    with pytest.raises(Unauthorized):
        client.a.get()
    assert (len(oauth.calls), len(oauth.asked)) == (4, 3)


class _Nothing(set[str]):
    def add(self, element: str) -> None:
        """Nothing is ever good."""


def test_a_token_that_somebody_gave_is_not_replaced_where_nothing_can_replace_it(
    server: Server, oauth: OAuth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tokens"
    connect(DEFINITION, server, store=path, **APP).a.get()
    for name, value in APP.items():
        monkeypatch.setenv(f"RESTPATH_TEST_{name.upper()}", value)
    oauth.calls.clear()
    for store in ({}, {"store": path}, {"store": None}):
        with pytest.raises(Unauthorized):
            connect(DEFINITION, server, token="0ther", **store).a.get()
    assert tokens(oauth) == ["0ther"] * 3  # and nobody else's was taken
    assert len(oauth.asked) == 1


def test_a_token_and_a_refresh_token_may_be_given(server: Server, oauth: OAuth) -> None:
    oauth.refresh, oauth.refreshing = {"mine"}, True
    client = connect(DEFINITION, server, token="old", refresh_token="mine", **APP)
    client.a.get()
    oauth.revoke()
    client.a.get()
    assert tokens(oauth) == ["old", "t0ken-1", "t0ken-1", "t0ken-2"]
    assert [fields.get("refresh_token") for fields in oauth.asked] == ["mine", "r3fresh-1"]
    connect(DEFINITION, server, refresh_token="r3fresh-2", **APP).a.get()
    assert tokens(oauth)[-1] == "t0ken-3"


def test_a_renewal_holds_in_the_middle_of_a_walk(server: Server, oauth: OAuth) -> None:
    walk = connect(DEFINITION, server, **APP).list.get.walk()
    assert [next(walk), next(walk)] == [10, 11]
    oauth.revoke()
    assert list(walk) == [20, 21]
    assert len(oauth.asked) == 2


def test_a_renewal_holds_for_what_is_saved(server: Server, oauth: OAuth, tmp_path: Path) -> None:
    client = connect(DEFINITION, server, **APP)
    client.a.get()
    oauth.revoke()
    client.a.get.save(tmp_path / "saved")
    assert json.loads((tmp_path / "saved").read_text()) == {"token": "t0ken-2"}


def test_a_401_from_elsewhere_renews_nothing(oauth: OAuth) -> None:
    with Server(told({}, 401)) as other, Server(lambda request: there(request)) as server:

        def there(request: Request) -> bytes:
            return oauth(request) if request.target == "/token" else redirect(302, f"{other.url}/b")

        with pytest.raises(Unauthorized):
            connect(DEFINITION, server, **APP).a.get()
        assert (len(oauth.asked), len(other.requests)) == (1, 1)
        assert other.requests[0].header("authorization") is None


def test_a_connection_is_not_left_open_by_a_renewal_that_fails(server: Server, oauth: OAuth) -> None:
    client = connect(DEFINITION, server, **APP)
    client.a.get()
    oauth.revoke()
    oauth.answers = [told({"error": "invalid_client"}, 401)]
    with pytest.raises(AuthError, match="invalid_client"):
        client.a.get()
    client.a.get()  # and the next call asks again
    assert tokens(oauth) == ["t0ken-1", "t0ken-1", "t0ken-1", "t0ken-2"]


# ---- passwords


def test_a_password_is_used_once_and_then_nowhere(
    server: Server, oauth: OAuth, caplog: pytest.LogCaptureFixture, clock: FakeClock
) -> None:
    oauth.lifetime, oauth.refreshing = 3600, True
    caplog.set_level(logging.DEBUG)
    client = connect(PASSWORD, server, clock, pickle_secrets=True, username="ann", password=made_anew())
    client.a.get()
    clock.sleep(3600)
    client.a.get()
    oauth.revoke()
    client.a.get()
    assert grants(oauth) == ["password", "refresh_token", "refresh_token"]
    assert [fields.get("refresh_token") for fields in oauth.asked] == [None, "r3fresh-1", "r3fresh-2"]
    gc.collect()
    assert not [each for each in reached(client._core) if isinstance(each, str) and "pa55-of-ann" in each]
    assert "pa55" not in f"{client!r} {client._core!r} {pickle.dumps(client)!r} {caplog.text}"


def made_anew() -> str:
    """A password that no constant of this module is."""
    return "".join(("pa55", "-of-ann"))


def reached(start: object) -> list[object]:
    """All that hangs on an object, but for modules, classes and functions' globals."""
    found, queue = {}, [start]
    while queue:
        each = queue.pop()
        if id(each) in found or isinstance(each, (type, type(sys))):
            continue
        found[id(each)] = each
        kept = [each._text] if isinstance(each, Secret) else []  # slots of texts are not followed by gc
        queue += [*gc.get_referents(each), *kept] if not callable(each) or hasattr(each, "__self__") else []
    return list(found.values())


def test_what_looks_for_passwords_would_find_one(server: Server) -> None:
    client = connect(PASSWORD, server, username="ann", password=made_anew())
    assert [each for each in reached(client._core) if isinstance(each, str) and "pa55-of-ann" in each]


def test_a_login_by_password_lets_go_of_what_connect_was_given(server: Server, oauth: OAuth, tmp_path: Path) -> None:
    client = connect(PASSWORD, server, store=tmp_path / "tokens", **ANN)
    restpath.login(client)
    assert client._core.credential("password") is None
    assert client.a.get() == {"token": "t0ken-1"}


def test_a_password_is_kept_where_an_operation_needs_it_itself(server: Server, oauth: OAuth) -> None:
    grant = {"grant_type": "password", "username": "{username}", "password": "{password}"}
    documents = definition_of(grants={"password": grant}, basic=None)
    documents["service"]["auth"]["basic"] = {"basic": ["{username}", "{password}"]}
    documents["resources"]["/old"] = {"methods": {"GET": {"auth": ["basic"]}}}
    client = connect(restpath.read(documents), server, **ANN)
    client.a.get()
    with pytest.raises(Unauthorized):
        client.old.get()
    assert server.requests[-1].header("authorization") == "Basic YW5uOnBhNTUtb2YtYW5u"


def test_an_ended_token_without_a_refresh_token_says_to_log_in(server: Server, oauth: OAuth, clock: FakeClock) -> None:
    oauth.lifetime = 3600
    client = connect(PASSWORD, server, clock, **ANN)
    client.a.get()
    clock.sleep(3590)
    client.a.get()  # good to its very end, as there is no other
    clock.sleep(10)
    with pytest.raises(AuthError, match=r"has ended.*restpath\.login\(\)"):
        client.a.get()
    assert (len(oauth.calls), len(oauth.asked)) == (2, 1)


@pytest.mark.parametrize("lifetime", [3600, None])
def test_a_password_of_the_environment_gets_the_next_token(
    lifetime: float | None, server: Server, oauth: OAuth, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth.lifetime = lifetime
    for name, value in ANN.items():
        monkeypatch.setenv(f"RESTPATH_TEST_{name.upper()}", value)
    client = connect(PASSWORD, server, clock)
    client.a.get()
    oauth.revoke()
    clock.sleep(4000)
    client.a.get()
    assert grants(oauth) == ["password", "password"]


def test_a_refresh_token_of_the_environment_renews_its_own_tokens_only(
    server: Server, oauth: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth.refresh, oauth.rotates = {"of-environment"}, False
    monkeypatch.setenv("RESTPATH_TEST_REFRESH_TOKEN", "of-environment")
    client = connect(PASSWORD, server)
    for _ in range(3):
        oauth.revoke()
        client.a.get()
    assert [fields.get("refresh_token") for fields in oauth.asked] == ["of-environment"] * 3
    restpath.login(client, **ANN)
    oauth.revoke()
    with pytest.raises(Unauthorized):
        client.a.get()  # and is not somebody else from then on
    assert grants(oauth)[3:] == ["password"]


def test_a_refused_refresh_token_gives_way_to_what_is_there(
    server: Server, oauth: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth.refreshing = True
    client = connect(BOTH, server, **ANN, **APP)
    client.a.get()
    oauth.revoke()
    oauth.refresh.clear()
    assert client.a.get() == {"token": "t0ken-2"}
    monkeypatch.setenv("RESTPATH_TEST_PASSWORD", ANN["password"])
    other = connect(PASSWORD, server, **ANN)
    other.a.get()
    oauth.revoke()
    oauth.refresh.clear()
    other.a.get()
    assert grants(oauth)[:3] == ["client_credentials", "refresh_token", "client_credentials"]
    assert grants(oauth)[3:] == ["password", "refresh_token", "password"]


def test_a_refused_refresh_token_without_anything_else_is_an_error(server: Server, oauth: OAuth) -> None:
    oauth.refreshing = True
    client = connect(PASSWORD, server, **ANN)
    client.a.get()
    oauth.revoke()
    oauth.refresh.clear()
    with pytest.raises(AuthError, match=r"invalid_grant.*log in again") as caught:
        client.a.get()
    assert "r3fresh" not in texts_of(caught.value)


@pytest.mark.parametrize("password", ["a1", "x", "wr0ng", "a longer one with spaces", "grant", "ann"])
def test_a_wrong_password_is_in_no_text_and_is_not_tried_again(password: str, server: Server, oauth: OAuth) -> None:
    client = connect(PASSWORD, server, username="u-ser", password=password)
    with pytest.raises(AuthError, match="invalid_grant") as caught:
        client.a.get()
    said = str(caught.value).replace("invalid_grant", "").replace("was granted", "")
    if password not in ("x", "grant", "ann"):
        assert password not in texts_of(caught.value)
    assert f"password': '{password}" not in said
    assert (len(oauth.asked), len(oauth.calls)) == (1, 0)


# ---- the token endpoint


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answer(200, b"<html>Welcome</html>", "Content-Type: text/html"), "nonsense"),
        (answer(200, b"", JSON), "is empty"),
        (told([]), "nonsense"),
        (told({"access_token": 5}), "no text that could be a token"),
        (told({"access_token": "a\nb"}), "no text that could be a token"),
        (told({"token": "t0ken-x"}), "no token at /access_token; it has 'token'"),
        (told({"access_token": "t0ken-x", "expires_in": []}), "no number of seconds"),
        (answer(500, b"<html>s3cret-of-app</html>", "Content-Type: text/html"), "failed with 500"),
        (told({"error": "temporarily_unavailable"}, 503), "failed with 503"),
        (redirect(302, "/login?next=s3cret-of-app"), r"was refused \(302\)"),
    ],
    ids=str,
)
def test_a_token_endpoint_that_gives_no_token_is_an_error_for_the_owner(
    reply: bytes, words: str, server: Server, oauth: OAuth
) -> None:
    client = connect(DEFINITION, server, **APP)
    oauth.answers = [reply]
    with pytest.raises(AuthError, match=words) as caught:
        client.a.get()
    assert "s3cret" not in texts_of(caught.value)
    assert "t0ken-x" not in texts_of(caught.value)
    assert not oauth.calls
    assert client.a.get() == {"token": "t0ken-1"}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_secrets_follow_no_redirect_to_another_server(method: str, status: int, oauth: OAuth) -> None:
    definition = restpath.read(definition_of(method=method, basic=None, grants={
        "client_credentials": {"grant_type": "client_credentials", "client_id": "{client_id}", "s": "{client_secret}"}
    }))  # fmt: skip
    with Server(told({"access_token": "of another"})) as other, Server(redirect(status, f"{other.url}/t")) as server:
        with pytest.raises(AuthError) as caught:
            connect(definition, server, **APP).a.get()
        assert "s3cret" not in texts_of(caught.value)
        assert not [each for each in other.requests if b"s3cret" in each.body or "s3cret" in each.target]
        assert len(server.requests) == 1


def test_an_endpoint_that_cannot_be_reached_is_the_networks_fault(oauth: OAuth) -> None:
    definition = restpath.read(definition_of(url="{server}/token"))
    with Server(oauth) as server:
        client = connect(definition, server, server=f"http://127.0.0.1:{closed_port()}", **APP)
        with pytest.raises(TransportError) as caught:
            client.a.get.options(retries=0)()
        assert not server.requests
    call = caught.value.call
    assert call is not None
    assert call.url.endswith("/token")
    assert "s3cret" not in texts_of(caught.value)
    with Server([close]) as broken, pytest.raises(TransportError) as caught:
        connect(definition, broken, server=broken.url, **APP).a.get()
    assert "s3cret" not in texts_of(caught.value)


@pytest.mark.parametrize(
    ("of_client", "of_call"), [((5, 5, 0.2), UNSET), (UNSET, (5, 5, 0.2)), ((5, 5, 60), (5, 5, 0.2))],
    ids=["the client's", "the call's", "the call's in place of the client's"],
)  # fmt: skip
def test_an_endpoint_that_drips_is_held_to_the_total(of_client: Any, of_call: Any) -> None:
    gone = threading.Event()

    def drip(sock: Any) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while not gone.wait(0.02):
            sock.sendall(b" ")

    with Server([drip]) as server:
        client = connect(DEFINITION, server, timeout=of_client, **APP)
        with pytest.raises(Timeout, match=r"0\.2 seconds") as caught:
            client.a.get(timeout=of_call)
        gone.set()
        assert caught.value.call is not None
        assert "s3cret" not in texts_of(caught.value)
        assert len(server.requests) == 1


def test_the_users_session_does_not_speak_to_the_oauth_server(oauth: OAuth) -> None:
    import requests

    session = requests.Session()
    session.auth = ("session", "pw")
    session.headers["X-Own"] = "own"
    session.cookies.set("own", "cookie", domain="127.0.0.1")
    with Server(oauth) as server, Server(oauth) as other:
        definition = restpath.read(definition_of(url="{server}/token"))
        connect(definition, server, session=session, server=other.url, **APP).a.get()
        (asked,), (called,) = other.requests, server.requests
    assert asked.header("authorization") == "Basic YXBwOnMzY3JldC1vZi1hcHA="
    assert (asked.header("x-own"), asked.header("cookie")) == (None, None)
    assert called.header("authorization") == "Bearer t0ken-1"
    assert called.header("x-own") == "own"


def test_endpoints_move_with_the_service(oauth: OAuth) -> None:
    documents = definition_of(url="https://login.example/oauth/token")
    documents["service"]["base_url"] = "https://api.example/v1"
    definition = restpath.read(documents)
    oauth.at = "/v1/oauth/token"
    with Server(oauth) as server, Server(oauth) as other:
        restpath.connect(definition, server.url + "/v1", **APP).a.get()
        assert [each.target for each in server.requests] == ["/v1/oauth/token", "/v1/a"]
        oauth.at = "/oauth/token"
        servers = {"https://login.example": other.url}
        restpath.connect(definition, server.url + "/v1", servers=servers, **APP).a.get()
        assert [each.target for each in other.requests] == ["/oauth/token"]
        assert [each.header("authorization") for each in server.requests[2:]] == ["Bearer t0ken-2"]


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://api.example/v1", "https://api.example/v2"),
        ("https://api.example/v1", "https://API.example:443"),
        ("https://{region}.api.example/v1", "https://eu.api.example/v1"),
        ("https://{region}.api.example:8443", "https://us.api.example:8443/x"),
    ],
)
def test_endpoints_stay_where_the_service_has_not_moved(base_url: str, url: str) -> None:
    documents = definition_of(url="https://login.example/oauth/token")
    documents["service"].update(base_url=base_url, variables={"region": {"enum": ["us", "eu"]}})
    ways: tuple[dict[str, Any], ...] = ({}, {"servers": {}})
    for more in ways:
        core = restpath.connect(restpath.read(documents), url, **more, **APP)._core
        assert core.prover.keeper.rules["oauth"].url == "https://login.example/oauth/token"
    for other in (
        "https://xeu.api.example/v1",
        "http://api.example/v1",
        "https://api.example:444",
        "https://x.example",
    ):
        core = restpath.connect(restpath.read(documents), other, **APP)._core
        assert core.prover.keeper.rules["oauth"].url == f"{other}/oauth/token"
    moved = restpath.connect(
        restpath.read(documents), url, servers={"https://login.example": "https://b.example"}, **APP
    )
    assert moved._core.prover.keeper.rules["oauth"].url == "https://b.example/oauth/token"


# ---- what the service itself tells

DISCOVERING = restpath.read(
    definition_of(
        url="{server}/token",
        basic=None,
        grants={
            "password": {"grant_type": "password", "username": "{username}", "password": "{password}"},
            "device_code": {"device_code": "{device_code}"},
            "authorization_code": {"code": "{code}"},
        },
        discovery={"server": {"path": "/info", "pointer": "/oauth~1server"}},
        authorize={"url": "{server}/authorize", "query": {"client_id": "{client_id}"}},
        device={"url": "{server}/device", "fields": {"client_id": "{client_id}"}},
    )
)


def test_the_oauth_server_that_the_service_names_is_asked_for_once(oauth: OAuth) -> None:
    with Server(oauth) as other, Server(lambda request: info(request)) as server:

        def info(request: Request) -> bytes:
            return told({"oauth/server": other.url}) if request.target == "/info" else oauth(request)

        client = connect(DISCOVERING, server, **ANN)
        at_once(8, client.a.get)
        restpath.login(client, **ANN)
        assert [each.target for each in server.requests].count("/info") == 1
        assert all(each.header("authorization") is None for each in server.requests if each.target == "/info")
        assert [each.target for each in other.requests] == ["/token", "/token"]
        other_client = connect(DISCOVERING, server, server=other.url, **ANN)
        other_client.a.get()
        assert [each.target for each in server.requests].count("/info") == 1  # the caller said where


@pytest.mark.parametrize("way", ["call", "password", "authorization_code", "device_code", "begin_login"])
def test_a_server_without_https_that_the_service_names_gets_nothing(way: str) -> None:
    place = "http://oauth.example:1"
    with Server(lambda request: told({"oauth/server": place})) as server:
        client = connect(DISCOVERING, server, client_id="app", **ANN)
        ways: dict[str, Callable[[], object]] = {
            "call": client.a.get,
            "begin_login": lambda: restpath.begin_login(client),
        }
        login = ways.get(way, lambda: restpath.login(client, way, ask=lambda link: "c0de"))
        with pytest.raises(AuthError, match=r"which is not HTTPS: nothing was sent there.*give server=") as caught:
            login()
        assert "pa55" not in texts_of(caught.value)
        assert [each.target for each in server.requests] == ["/info"]


def test_the_caller_may_name_a_server_without_https() -> None:
    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        body = told({"access_token": "t0ken"}) if environ["PATH_INFO"] == "/token" else told(environ["HTTP_HOST"])
        start("200 OK", [("Content-Type", "application/json")])
        return [body.partition(b"\r\n\r\n")[2]]

    client = restpath.connect(DISCOVERING, "https://a.example", app=app, server="http://oauth.example", **ANN)
    assert client.a.get() == "a.example"


def test_a_service_that_does_not_name_its_server_is_told_of() -> None:
    with Server(told({"oauth": 1})) as server:
        with pytest.raises(AuthError, match=r"does not say server at /oauth~1server: give server= to"):
            connect(DISCOVERING, server, **ANN).a.get()
        assert len(server.requests) == 1


# ---- stores


def test_a_second_client_takes_the_first_ones_token_from_the_store(
    server: Server, oauth: OAuth, tmp_path: Path
) -> None:
    path = tmp_path / "tokens"
    for _ in range(2):
        assert connect(DEFINITION, server, store=path, **APP).a.get() == {"token": "t0ken-1"}
    code = (
        "import restpath, sys; from tests.support.oauth import definition_of; "
        f"print(restpath.connect(restpath.read(definition_of()), {server.url!r}, store={str(path)!r}, "
        "client_id='app', client_secret='s3cret-of-app').a.get())"
    )
    assert run(code) == "{'token': 't0ken-1'}\n"
    assert len(oauth.asked) == 1
    assert "s3cret-of-app" not in path.read_text()
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def run(code: str) -> str:
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_stored_token_of_somebody_else_is_not_used(server: Server, oauth: OAuth, tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    oauth.passwords["bob"] = "pa55-of-bob"
    connect(PASSWORD, server, store=path, **ANN).a.get()
    connect(PASSWORD, server, store=path, username="bob", password="pa55-of-bob").a.get()
    connect(PASSWORD, server, store=path, **ANN).a.get()
    assert tokens(oauth) == ["t0ken-1", "t0ken-2", "t0ken-1"]
    with pytest.raises(AuthError, match="needs credentials"):
        connect(PASSWORD, server, store=path, username="eve").a.get()


class Shelf:
    """A store of the user's own."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.saved: list[str] = []

    def load(self, key: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.kept.get(key)
        return found

    def save(self, key: str, token: Mapping[str, Any] | None) -> None:
        self.saved.append(key)
        if token is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = dict(token)


def test_an_object_may_be_the_store(server: Server, oauth: OAuth) -> None:
    shelf = Shelf()
    connect(DEFINITION, server, store=shelf, **APP).a.get()
    connect(DEFINITION, server, store=shelf, **APP).a.get()
    assert len(oauth.asked) == 1
    login = {"access_token": "t0ken-1", "credentials": {"client_id": "app"}}
    assert shelf.kept == {f"test {server.url} client_id=app": login, f"test {server.url}": login}


def test_the_first_login_of_a_store_is_that_of_those_who_do_not_say_whose_they_mean(
    server: Server, oauth: OAuth
) -> None:
    shelf = Shelf()
    connect(DEFINITION, server, store=shelf, **APP).a.get()
    connect(DEFINITION, server, store=shelf).a.get()
    assert len(oauth.asked) == 1
    first = {"access_token": "somebody's", "credentials": {"client_id": "first"}}
    shelf.kept = {f"test {server.url}": first}
    connect(DEFINITION, server, store=shelf, **APP).a.get()
    assert shelf.kept[f"test {server.url}"] == first


def test_without_a_store_nothing_is_written(server: Server, oauth: OAuth, home: Path) -> None:
    client = connect(PASSWORD, server, store=None)
    restpath.login(client, **ANN)
    client.a.get()
    connect(DEFINITION, server, store=None, **APP).a.get()
    connect(DEFINITION, server, **APP).a.get()  # nor by a client that was not told where
    assert not list(home.iterdir())
    assert restpath.which_credentials(client)["token"] == "token endpoint"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "data"
    place.mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(place))
    return place


def test_a_login_is_there_for_later_clients_and_its_renewals_are_kept(server: Server, oauth: OAuth, home: Path) -> None:
    oauth.refreshing = True
    restpath.login(connect(PASSWORD, server), **ANN)
    kept = home / "restpath" / "tokens.json"
    assert "t0ken-1" in kept.read_text()
    assert "pa55" not in kept.read_text()
    assert connect(PASSWORD, server).a.get() == {"token": "t0ken-1"}
    oauth.revoke()
    assert connect(PASSWORD, server).a.get() == {"token": "t0ken-2"}
    assert connect(PASSWORD, server).a.get() == {"token": "t0ken-2"}
    assert grants(oauth) == ["password", "refresh_token"]


def test_a_renewal_is_kept_for_those_who_say_who_they_are_and_those_who_do_not(
    server: Server, oauth: OAuth, home: Path
) -> None:
    oauth.refreshing = True
    restpath.login(connect(PASSWORD, server), **ANN)
    for said in ({}, {"username": "ann"}, {}, {"username": "ann"}):
        oauth.revoke()
        assert connect(PASSWORD, server, **said).a.get()
        assert connect(PASSWORD, server).a.get() == connect(PASSWORD, server, username="ann").a.get()
    assert grants(oauth) == ["password"] + 4 * ["refresh_token"]
    assert [fields.get("refresh_token") for fields in oauth.asked[1:]] == [f"r3fresh-{n}" for n in (1, 2, 3, 4)]


def test_a_login_that_a_killed_process_renewed_under_one_key_alone_is_mended_by_the_next_renewal(
    server: Server, oauth: OAuth, home: Path
) -> None:
    oauth.refreshing = True
    restpath.login(connect(PASSWORD, server), **ANN)
    kept = home / "restpath" / "tokens.json"
    before = json.loads(kept.read_text())[f"test {server.url}"]
    oauth.revoke()
    assert connect(PASSWORD, server).a.get() == {"token": "t0ken-2"}
    kept.write_text(json.dumps({**json.loads(kept.read_text()), f"test {server.url}": before}))
    assert connect(PASSWORD, server).a.get() == {"token": "t0ken-2"}  # found under the name of whose it is
    assert [token for _, token, _ in oauth.calls].count("t0ken-1") == 1
    oauth.revoke()
    assert connect(PASSWORD, server).a.get() == {"token": "t0ken-3"}
    assert {token["refresh_token"] for token in json.loads(kept.read_text()).values()} == {"r3fresh-3"}
    assert grants(oauth) == ["password", "refresh_token", "refresh_token"]


def test_logging_out_leaves_nothing_of_the_login(server: Server, oauth: OAuth, home: Path) -> None:
    oauth.passwords["bob"] = "pa55-of-bob"
    kept = home / "restpath" / "tokens.json"
    restpath.login(connect(PASSWORD, server), username="bob", password="pa55-of-bob")
    client = connect(PASSWORD, server)
    restpath.login(client, **ANN)
    restpath.logout(client)
    with pytest.raises(AuthError, match="needs credentials"):
        client.a.get()
    assert list(json.loads(kept.read_text())) == [f"test {server.url} username=bob"]  # others stay
    restpath.login(connect(PASSWORD, server), **ANN)
    restpath.logout(connect(PASSWORD, server, username="bob"))
    assert list(json.loads(kept.read_text())) == [f"test {server.url} username=ann", f"test {server.url}"]
    restpath.logout(connect(PASSWORD, server))
    assert json.loads(kept.read_text()) == {}


def test_a_token_that_cannot_be_stored_is_still_in_use(server: Server, oauth: OAuth) -> None:
    class Full(Shelf):
        def save(self, key: str, token: Mapping[str, Any] | None) -> None:
            raise AuthError("the disk is full")

    client = connect(DEFINITION, server, store=Full(), **APP)
    with pytest.raises(AuthError, match="the disk is full"):
        client.a.get()
    assert client.a.get() == {"token": "t0ken-1"}
    assert len(oauth.asked) == 1


def test_a_damaged_token_in_a_store_is_told_of(server: Server) -> None:
    shelf = Shelf()
    shelf.kept = {f"test {server.url} client_id=app": {"access_token": 5}}
    client = connect(DEFINITION, server, store=shelf, **APP)
    with pytest.raises(AuthError, match="damaged"):
        client.a.get()
    restpath.logout(client)
    client.a.get()


def test_a_profile_has_logins_of_its_own(
    server: Server, oauth: OAuth, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    (home / "restpath").mkdir()
    (home / "restpath" / "config.ini").write_text("[test:work]\nscope = all\n")
    restpath.login(connect(PASSWORD, server, profile="work"), **ANN)
    assert connect(PASSWORD, server, profile="work").a.get() == {"token": "t0ken-1"}
    with pytest.raises(AuthError, match="needs credentials"):
        connect(PASSWORD, server).a.get()
    assert list(json.loads((home / "restpath" / "tokens.json").read_text()))[-1] == f"test:work {server.url}"


def test_two_processes_renew_a_login_once(server: Server, oauth: OAuth, tmp_path: Path) -> None:
    oauth.refreshing = True
    path = tmp_path / "tokens"
    client = connect(PASSWORD, server, store=path)
    restpath.login(client, **ANN)
    oauth.revoke()
    code = (
        "import restpath, sys; from tests.support.oauth import definition_of; "
        "definition = restpath.read(definition_of(basic=None, grants={"
        "'refresh_token': {'grant_type': 'refresh_token', 'refresh_token': '{refresh_token}'}, "
        "'password': {'username': '{username}', 'password': '{password}'}})); "
        f"client = restpath.connect(definition, {server.url!r}, store={str(path)!r}); "
        "print(restpath.which_credentials(client)['token'], flush=True); sys.stdin.readline(); print(client.a.get())"
    )
    root = Path(__file__).resolve().parents[1]
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                         env={**os.environ, "PYTHONPATH": str(root)})
        for _ in range(2)
    ]  # fmt: skip
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "stored login\n"
    oauth.wait.clear()  # the first that comes waits, until both have been refused
    oauth.until_calls = 2
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    assert [each.communicate(timeout=60)[0] for each in running] == ["{'token': 't0ken-2'}\n"] * 2
    assert grants(oauth) == ["password", "refresh_token"]
    assert client.a.get() == {"token": "t0ken-2"}  # and the first client, too, takes it
    assert len(oauth.asked) == 2


# ---- whose token


def test_another_user_does_not_get_the_token_of_the_one_before(server: Server, oauth: OAuth) -> None:
    oauth.passwords["bob"] = "pa55-of-bob"
    client = connect(PASSWORD, server, **ANN)
    client.a.get()
    client._core.give(username="bob", password="pa55-of-bob")
    client.a.get()
    client._core.give(username="eve")
    with pytest.raises(AuthError, match="needs credentials"):
        client.a.get()
    client._core.give(token="her-own")
    with pytest.raises(Unauthorized):
        client.a.get()
    assert tokens(oauth) == ["t0ken-1", "t0ken-2", "her-own"]


def test_a_renewed_token_is_not_used_for_somebody_elses(server: Server, oauth: OAuth) -> None:
    oauth.refresh, oauth.refreshing = {"mine"}, True
    client = connect(PASSWORD, server, username="ann", token="old", refresh_token="mine")
    client.a.get()
    client._core.give(username="bob", refresh_token=None)
    with pytest.raises(Unauthorized):
        client.a.get()
    assert tokens(oauth) == ["old", "t0ken-1", "old"]  # the caller's own word


# ---- copies, pickles, forks


def test_a_pickle_has_the_token_only_where_that_is_wanted(server: Server, oauth: OAuth) -> None:
    for keep in (False, True):
        client = connect(PASSWORD, server, pickle_secrets=keep, **ANN)
        client.a.get()
        data = pickle.dumps(client)
        assert (b"t0ken" in data) is keep
        again = pickle.loads(data)
        if keep:
            assert again.a.get() == client.a.get()
        else:
            with pytest.raises(AuthError, match=r"needs credentials: token; or password\."):
                again.a.get()
    assert len(oauth.asked) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_is_not_held_up_by_a_renewal_of_its_parent(server: Server, oauth: OAuth) -> None:
    client = connect(DEFINITION, server, **APP)
    oauth.wait.clear()
    thread = threading.Thread(target=client.a.get)
    thread.start()
    while not server.requests:  # it asks, and has the lock
        pass
    child = os.fork()
    if not child:
        try:
            lock = client._core.prover.keeper._lock
            os._exit(0 if lock.acquire(timeout=5) else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    oauth.wait.set()
    thread.join(10)
    assert os.waitstatus_to_exitcode(status) == 0
