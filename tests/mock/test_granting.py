"""The mock's token endpoint, authorization link and device endpoint, asked as any client of RFC 6749 asks."""

from __future__ import annotations

import base64
import datetime
import hashlib
import io
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

import restpath
from restpath.mock.answer import Answer, Mock
from restpath.types import Headers

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CLIENT = {"client_id": "{client_id}", "client_secret": "{client_secret}"}
CLUB = {
    "service": {
        "service": "club",
        "base_url": "https://club.example/v1",
        "credentials": {
            "token": {}, "username": {"secret": False}, "password": {}, "client_secret": {},
            "client_id": {"secret": False}, "scope": {"secret": False, "default": "all"},
        },
        "auth": {
            "bearer": {
                "bearer": "{token}",
                "token": {
                    "credential": "token",
                    "url": "https://login.example/oauth/token",
                    "grants": {
                        "client_credentials": {"grant_type": "client_credentials", "scope": "{scope}", **CLIENT},
                        "password": {"grant_type": "password", "username": "{username}", "password": "{password}",
                                     "client_id": "{client_id}"},
                        "refresh_token": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}",
                                          "client_id": "{client_id}"},
                        "authorization_code": {"grant_type": "authorization_code", "code": "{code}",
                                               "redirect_uri": "{redirect_uri}", "code_verifier": "{code_verifier}",
                                               "client_id": "{client_id}"},
                        "device_code": {"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                                        "device_code": "{device_code}", "client_id": "{client_id}"},
                    },
                    "authorize": {"url": "https://login.example/oauth/authorize",
                                  "query": {"response_type": "code", "client_id": "{client_id}", "scope": "{scope}",
                                            "redirect_uri": "{redirect_uri}"}},
                    "device": {"url": "https://login.example/oauth/device", "fields": {"client_id": "{client_id}"}},
                },
            }
        },
        "mock": {
            "tokens": {"only_issued": True, "expires_in_seconds": 60,
                       "extra": {"token_type": "bearer", "scope": "{scope}"}},
            "caller": {"username": "ann"},
        },
    },
    "resources": {"/me": {"methods": {"GET": {"mock": {"does": "tell", "content": {"is": "{credential/username}"}}}}}},
}  # fmt: skip


class Server:
    """A mock, the moment that it thinks it is, and what is asked of it."""

    def __init__(self, definition: Any = CLUB, **credentials: str) -> None:
        self.now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        self.mock = Mock(restpath.read(definition), lambda: self.now, credentials)

    def ask(self, method: str, target: str, form: Any = None, **headers: str) -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        body = b""
        if form is not None:
            fields["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        return self.mock.answer(method, target, Headers({"Host": "127.0.0.1:1", **fields}), io.BytesIO(body))

    def token(self, path: str = "/oauth/token", status: int = 200, **form: str) -> dict[str, Any]:
        answer = self.ask("POST", path, form)
        assert (answer.status, dict(answer.headers)["Cache-Control"]) == (status, "no-store"), answer.body
        return content(answer)

    def link(self, **query: str) -> dict[str, str]:
        """Follow the authorization link; gives what came back in the redirect."""
        answer = self.ask("GET", f"/oauth/authorize?{urlencode({**LINK, **query})}")
        assert answer.status == 302, answer.body
        place = urlsplit(dict(answer.headers)["Location"])
        assert f"{place.scheme}://{place.netloc}{place.path}" == "http://127.0.0.1:9/back"
        return {name: values[0] for name, values in parse_qs(place.query).items()}

    def who(self, token: str) -> Any:
        answer = self.ask("GET", "/me", Authorization=f"Bearer {token}")
        return content(answer)["is"] if answer.status == 200 else dict(answer.headers)["WWW-Authenticate"]


LINK = {
    "response_type": "code", "client_id": "app", "redirect_uri": "http://127.0.0.1:9/back?x=1", "state": "s 1",
    "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip
APP = {"client_id": "app", "client_secret": "hush"}
BY_CODE = {
    "grant_type": "authorization_code", "client_id": "app", "redirect_uri": LINK["redirect_uri"],
    "code_verifier": VERIFIER,
}  # fmt: skip
BY_DEVICE = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": "app"}
ANN = {"grant_type": "password", "username": "ann", "password": "secret", "client_id": "app"}


def content(answer: Answer) -> Any:
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


def test_client_credentials_get_a_token_that_is_good_until_it_expires() -> None:
    server = Server()
    got = server.token(grant_type="client_credentials", scope="read", **APP)
    assert got == {"token_type": "bearer", "scope": "read", "access_token": got["access_token"], "expires_in": 60}
    assert server.who(got["access_token"]) == "ann"
    server.now += datetime.timedelta(seconds=60)
    assert server.who(got["access_token"]) == 'Bearer realm="club", error="invalid_token"'


def test_a_token_that_was_not_given_out_is_no_token() -> None:
    assert Server().who("made-up") == 'Bearer realm="club", error="invalid_token"'


def test_the_token_endpoint_is_below_the_servers_own_url_and_below_its_base_path() -> None:
    below = json.loads(json.dumps(CLUB))
    below["service"]["auth"]["bearer"]["token"]["url"] = "/token"
    server = Server(below)
    assert server.token("/token", **ANN)["access_token"]
    headers, body = {"Host": "club.example", "Content-Type": "application/x-www-form-urlencoded"}, urlencode(ANN)
    answer = server.mock.answer("POST", "/v1/token", Headers(headers), io.BytesIO(body.encode()))
    assert answer.status == 200


def test_a_path_stands_for_an_oauth_server_that_a_credential_names() -> None:
    definition = json.loads(json.dumps(CLUB))
    definition["service"]["auth"]["bearer"]["token"]["url"] = "{scope}/oauth/token"
    assert Server(definition).token(**ANN)["access_token"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({**ANN, "password": "wrong"}, 400, "invalid_grant"),
        ({**ANN, "username": "bob"}, 400, "invalid_grant"),
        ({**ANN, "client_id": "other"}, 401, "invalid_client"),
        ({**ANN, "password": ""}, 400, "invalid_request"),
        ({"username": "ann"}, 400, "invalid_request"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_id": "app", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "none", **APP}, 400, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up", "client_id": "app"}, 400, "invalid_grant"),
        ({**BY_CODE, "code": "made-up"}, 400, "invalid_grant"),
        ({**BY_DEVICE, "device_code": "made-up"}, 400, "invalid_grant"),
    ],
)
def test_what_is_wrong_is_said_as_rfc_6749_has_it(form: dict[str, str], status: int, error: str) -> None:
    server = Server(username="ann", password="secret", client_id="app", client_secret="hush", scope="all")
    assert server.token(status=status, **form)["error"] == error


def test_what_is_wrong_may_be_said_as_the_service_says_all_else() -> None:
    definition = json.loads(json.dumps(CLUB))
    definition["service"]["errors"] = {"code": "/error/type", "message": "/error/message"}
    definition["service"]["mock"]["tokens"]["error_code"] = "NoToken"
    said = {"type": "NoToken", "message": "password is missing"}
    assert Server(definition).token(status=400, **{**ANN, "password": ""}) == {"error": said}


def test_where_nobody_said_what_is_right_anything_whole_is() -> None:
    assert Server().token(**{**ANN, "password": "whatever"})["access_token"]


def test_a_token_belongs_to_whom_it_was_got_for() -> None:
    server = Server()
    got = server.token(**{**ANN, "username": "bob"})
    assert server.who(got["access_token"]) == "bob"


def test_a_refresh_token_is_good_once_and_for_its_own_client() -> None:
    server = Server()
    first = server.token(**{**ANN, "username": "bob"})
    form = {"grant_type": "refresh_token", "client_id": "app"}
    second = server.token(refresh_token=first["refresh_token"], **form)
    assert second["access_token"] != first["access_token"]
    assert server.who(second["access_token"]) == "bob"
    assert server.token(refresh_token=first["refresh_token"], status=400, **form)["error"] == "invalid_grant"
    other = {**form, "client_id": "other"}
    assert server.token(refresh_token=second["refresh_token"], status=400, **other)["error"] == "invalid_grant"


def test_a_code_comes_back_with_the_state_and_is_good_once() -> None:
    server = Server()
    back = server.link()
    assert (back["state"], back["x"]) == ("s 1", "1")
    got = server.token(code=back["code"], **BY_CODE)
    assert server.who(got["access_token"]) == "ann"
    assert server.token(code=back["code"], status=400, **BY_CODE)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "wrong",
    [{"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:9/other"}, {"client_id": "other"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_code_is_good_only_for_the_request_that_it_was_given_for(wrong: dict[str, str]) -> None:
    server = Server()
    assert server.token(code=server.link()["code"], status=400, **{**BY_CODE, **wrong})["error"] == "invalid_grant"


def test_a_code_expires() -> None:
    server = Server()
    code = server.link()["code"]
    server.now += datetime.timedelta(minutes=10)
    assert server.token(code=code, status=400, **BY_CODE)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_wrong_link_comes_back_with_an_error_and_the_state(query: dict[str, str], error: str) -> None:
    back = Server().link(**query)
    assert (back["error"], back["state"]) == (error, "s 1")
    assert "code" not in back


@pytest.mark.parametrize(
    ("query", "status"),
    [({"redirect_uri": "back"}, 400), ({"redirect_uri": ""}, 400), ({"client_id": "x"}, 401), ({"client_id": ""}, 400)],
)
def test_nobody_is_sent_where_nobody_knows_who_asks(query: dict[str, str], status: int) -> None:
    answer = Server(client_id="app").ask("GET", f"/oauth/authorize?{urlencode({**LINK, **query})}")
    assert answer.status == status
    assert "Location" not in dict(answer.headers)


def test_a_device_is_let_in_when_it_asks_again() -> None:
    server = Server()
    answer = server.ask("POST", "/oauth/device", {"client_id": "app"})
    device = content(answer)
    assert device["verification_uri"] == "http://127.0.0.1:1/oauth/device"
    assert server.ask("GET", "/oauth/device").status == 200
    asked = {**BY_DEVICE, "device_code": device["device_code"]}
    assert server.token(status=400, **asked)["error"] == "authorization_pending"
    assert server.who(server.token(**asked)["access_token"]) == "ann"
    assert server.token(status=400, **asked)["error"] == "invalid_grant"


def test_a_device_that_asks_too_late_starts_again() -> None:
    server = Server()
    device = content(server.ask("POST", "/oauth/device", {"client_id": "app"}))
    server.now += datetime.timedelta(seconds=device["expires_in"])
    asked = {**BY_DEVICE, "device_code": device["device_code"]}
    assert server.token(status=400, **asked)["error"] == "expired_token"


@pytest.mark.parametrize("form", [{}, {"client_id": "other"}])
def test_a_device_needs_its_client(form: dict[str, str]) -> None:
    assert Server(client_id="app").ask("POST", "/oauth/device", form).status in (400, 401)


def test_another_method_is_refused_with_the_right_one() -> None:
    answer = Server().ask("GET", "/oauth/token")
    assert (answer.status, dict(answer.headers)["Allow"]) == (405, "POST")


# ---- older ways ----------------------------------------------------------------------------------------------------

LEGACY = {
    "service": {
        "service": "old",
        "credentials": {"token": {}, "key": {"secret": False}, "secret": {}},
        "auth": {
            "query": {
                "query": {"access_token": "{token}"},
                "token": {
                    "credential": "token",
                    "url": "/access_token",
                    "method": "GET",
                    "basic": ["{key}", "{secret}"],
                    "grants": {"authorization_code": {"client_id": "{key}", "code": "{code}"}},
                    "authorize": {"url": "/authorize", "query": {"client_id": "{key}"}, "pkce": False, "state": False},
                    "answer": {"token": ["/access_token", "/oauth_token"]},
                },
            }
        },
        "mock": {"tokens": {"extra": {}, "token_at": "/oauth_token"}},
    },
    "resources": {"/me": "GET"},
}


def basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def old_token(server: Server, **headers: str) -> Answer:
    link = {"client_id": "k", "redirect_uri": "http://127.0.0.1:9/back"}
    back = dict(server.ask("GET", f"/authorize?{urlencode(link)}").headers)["Location"]
    return server.ask("GET", f"/access_token?client_id=k&code={back.partition('code=')[2]}", **headers)


def test_a_grant_without_a_type_in_the_query_answers_at_the_older_place() -> None:
    server = Server(LEGACY, key="k", secret="s/1")
    answer = old_token(server, Authorization=basic("k", "s/1"))
    assert list(content(answer)) == ["oauth_token"]
    assert server.ask("GET", f"/me?access_token={content(answer)['oauth_token']}").status == 200
    assert server.ask("GET", "/me?access_token=made-up").status == 200, "any token is good unless the words say more"


def test_basic_authentication_of_the_client_is_checked_in_either_spelling() -> None:
    server = Server(LEGACY, key="k", secret="s/1")
    assert old_token(server, Authorization=basic("k", "s%2F1")).status == 200
    for wrong in (basic("k", "x"), basic("x", "s/1"), "Basic x", "Bearer x", ""):
        answer = old_token(server, Authorization=wrong)
        assert (answer.status, content(answer)["error"]) == (401, "invalid_client")
        assert dict(answer.headers)["WWW-Authenticate"] == 'Basic realm="old"'


def test_one_client_cannot_speak_for_another() -> None:
    server = Server(LEGACY)  # which takes any client, and each for who it is
    assert old_token(server, Authorization=basic("k", "any")).status == 200
    assert old_token(server, Authorization=basic("other", "any")).status == 400
