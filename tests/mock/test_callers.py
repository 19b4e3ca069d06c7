"""Who may ask a mock: credentials in every place that a scheme has, signatures, and what a service says to others."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from urllib3 import encode_multipart_formdata

import restpath
import restpath.mock
from restpath.mock.answer import Mock
from restpath.types import Headers

SIGNATURE = {"digest": "sha256", "parameter": "sig", "text": "{pairs}{operation}{secret}"}
SIGNED = {
    "service": {
        "service": "signed",
        "credentials": {"key": {}, "secret": {}, "token": {}},
        "auth": {
            "user": {"fields": {"key": "{key}", "auth": "t:{token}"}, "signature": SIGNATURE},
            "program": {"fields": {"key": "{key}"}, "signature": SIGNATURE},
            "anybody": {"fields": {"key": "{key}"}},
        },
        "errors": {"code": "/api/code", "message": "/api/message", "when": {"/api/status": ["error"]}},
        "mock": {
            "credentials": {"key": "k", "secret": "s"},
            "tokens": {"credential": "token"},
            "error": {"api": {"status": "error", "at": "{text:unix}"}},
            "error_status": 200,
            "codes": {"400": "2"},
            "refusals": {
                "missing": {"key": {"code": "100"}, "signature": {"code": "104"}, "*": {"code": "106"}},
                "wrong": {"key": {"code": "101", "message": "No such key"}, "signature": {"code": "105"},
                          "token": {"code": "107"}},
                "method": {"code": "120", "message": "POST only"}, "path": {"code": "103"},
            },
        },
    },
    "resources": {
        "/doc.get": {"methods": {"GET": {"name": "doc.get", "mock": {
            "does": "tell", "content": {"it": "{fields/id}"}}}}},
        "/doc.add": {"methods": {"POST": {"name": "doc.add", "auth": ["user"], "fields": "form", "mock": {
            "does": "tell", "content": {"got": "{body}", "of": "{credential/token}"}}}}},
        "/frob": {"methods": {"GET": {"name": "frob", "auth": ["program"], "mock": {"does": "tell"}}}},
    },
}  # fmt: skip


def sign(pairs: list[tuple[str, str]], operation: str, secret: str = "s") -> list[tuple[str, str]]:
    text = "".join(name + value for name, value in sorted(pairs)) + operation + secret
    return [*pairs, ("sig", hashlib.sha256(text.encode()).hexdigest())]


def ask(
    mock: Mock, method: str, path: str, query: Any = (), form: Any = None, files: bool = False, **headers: str
) -> Any:
    """Ask a mock in memory; gives the status and the content."""
    fields, body = {"Host": "x", **{name.replace("_", "-"): value for name, value in headers.items()}}, b""
    if files:
        body, fields["Content-Type"] = encode_multipart_formdata([*form, ("file", ("a.bin", b"\0", "image/x"))])
    elif form is not None:
        fields["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
    answer = mock.answer(method, f"{path}?{urlencode(query)}" if query else path, Headers(fields), io.BytesIO(body))
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body or b"null"), dict(answer.headers)


def mock_of(definition: Any, **credentials: str) -> Mock:
    import datetime

    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    return Mock(restpath.read(definition), lambda: now, credentials or None)


KEY = [("key", "k")]
USER = [("key", "k"), ("auth", "t:1")]


def test_a_right_signature_over_query_and_form_is_let_in_and_its_parameters_are_no_fields() -> None:
    mock = mock_of(SIGNED)
    form = sign([*USER, ("title", "é & ü"), ("a", "")], "doc.add")
    assert ask(mock, "POST", "/doc.add", form=form)[1] == {"got": {"title": "é & ü", "a": ""}, "of": "1"}
    assert ask(mock, "GET", "/doc.get", sign([*KEY, ("id", "7")], "doc.get"))[1] == {"it": "7"}
    split = [pair for pair in form if pair[0] != "title"]
    assert ask(mock, "POST", "/doc.add", [("title", "é & ü")], split)[1] == {"got": {"a": ""}, "of": "1"}


def test_the_files_of_a_form_are_not_signed() -> None:
    form = sign([*USER, ("title", "x")], "doc.add")
    assert ask(mock_of(SIGNED), "POST", "/doc.add", form=form, files=True)[1] == {"got": {"title": "x"}, "of": "1"}


@pytest.mark.parametrize(
    ("method", "path", "pairs", "code"),
    [
        ("POST", "/doc.add", [], "100"),
        ("POST", "/doc.add", [("key", "x")], "101"),
        ("POST", "/doc.add", USER, "104"),
        ("POST", "/doc.add", [*USER, ("sig", "0" * 64)], "105"),
        ("POST", "/doc.add", sign(USER, "doc.get"), "105"),
        ("POST", "/doc.add", sign(USER, "doc.add", "other"), "105"),
        ("POST", "/doc.add", sign(KEY, "doc.add"), "106"),
        ("POST", "/doc.add", sign([*KEY, ("auth", "other")], "doc.add"), "106"),
        ("GET", "/doc.add", sign(USER, "doc.add"), "120"),
        ("GET", "/doc.ad", sign(USER, "doc.add"), "103"),
        ("GET", "/frob", KEY, "104"),
        ("GET", "/doc.get", [*KEY, ("sig", "0" * 64)], "105"),
        ("GET", "/doc.get", [("id", "1")], "100"),
    ],
)
def test_each_thing_that_is_missing_or_wrong_has_the_services_own_code(
    method: str, path: str, pairs: list[tuple[str, str]], code: str
) -> None:
    given = {"form": pairs} if method == "POST" else {"query": pairs}
    status, content, headers = ask(mock_of(SIGNED), method, path, **given)
    assert (status, content["api"]["code"], content["api"]["status"]) == (200, code, "error")
    assert content["api"]["at"] == "1767225600"
    assert "WWW-Authenticate" not in headers


def test_a_client_meets_the_services_errors_and_the_right_secret_lets_it_in() -> None:
    definition = restpath.read(SIGNED)
    with restpath.mock.serve(definition) as server:
        wrong = restpath.connect(definition, server.url, key="k", secret="other", token="1")
        with pytest.raises(restpath.RequestError) as caught:
            wrong["doc.add"].post(title="x")
        assert (caught.value.status, caught.value.code) == (200, "105")
        client = restpath.connect(definition, server.url, key="k", secret="s", token="1")
        assert client["doc.add"].post(title="x") == {"got": {"title": "x"}, "of": "1"}
        assert client["doc.get"].get(id=7) == {"it": "7"}


def test_what_serve_is_told_stands_over_what_the_data_publishes() -> None:
    mock = mock_of(SIGNED, secret="mine", token="1")
    assert ask(mock, "POST", "/doc.add", form=sign(USER, "doc.add", "mine"))[1]["of"] == "1"
    for pairs, code in ((sign(USER, "doc.add"), "105"), (sign([*KEY, ("auth", "t:2")], "doc.add", "mine"), "107")):
        assert ask(mock, "POST", "/doc.add", form=pairs)[1]["api"]["code"] == code


def test_without_a_secret_any_signature_will_do_that_could_be_one() -> None:
    definition = json.loads(json.dumps(SIGNED))
    del definition["service"]["mock"]["credentials"]
    mock = mock_of(definition)
    assert ask(mock, "GET", "/frob", [*KEY, ("sig", "0" * 64)])[1] == {}
    for text in ("0", "x" * 64, "0" * 32):
        assert ask(mock, "GET", "/frob", [*KEY, ("sig", text)])[1]["api"]["code"] == "105"


def test_nothing_that_is_presented_is_passed_over_for_a_lesser_scheme() -> None:
    mock = mock_of(SIGNED, token="1")
    wrong = sign([*KEY, ("auth", "t:2"), ("id", "7")], "doc.get")
    assert ask(mock, "GET", "/doc.get", wrong)[1]["api"]["code"] == "107"
    assert ask(mock, "GET", "/doc.get", [*KEY, ("id", "7")])[1] == {"it": "7"}


# ---- headers, basic, bearer ----------------------------------------------------------------------------------------

PLACES = {
    "service": {
        "service": "places",
        "credentials": {
            "name": {"secret": False}, "password": {}, "token": {}, "zone": {"secret": False, "optional": True},
            "user_key": {}, "staff_key": {},
        },
        "auth": {
            "login": {"basic": ["{name}", "{password}"], "headers": {"X-Zone": "{zone}"}},
            "bearer": {"bearer": "{token}"},
            "user": {"headers": {"X-Key": "{user_key}"}},
            "staff": {"headers": {"X-Key": "{staff_key}"}},
            "open": {},
        },
    },
    "resources": {
        "/who": {"methods": {"GET": {"auth": ["login", "bearer"], "mock": {"does": "tell", "content": {
            "name": "{credential/name}", "zone": "{credential/zone}", "token": "{credential/token}"}}}}},
        "/keys": {"methods": {"GET": {"auth": ["user", "staff"]}}},
        "/open": {"methods": {"GET": {"auth": ["bearer", "open"]}}},
        "/free": {"methods": {"GET": {"auth": [], "mock": {"does": "tell", "content": {"by": "{credential/token}"}}}}},
    },
}  # fmt: skip


def test_basic_and_bearer_are_read_back_and_what_is_optional_may_be_missing() -> None:
    definition = restpath.read(PLACES)
    app = restpath.mock.app(definition, {"name": "ann", "password": "p:ä"})
    login = restpath.connect(definition, "http://x", app=app, name="ann", password="p:ä", zone="z")
    assert login.who.get() == {"name": "ann", "zone": "z"}
    assert restpath.connect(definition, "http://x", app=app, name="ann", password="p:ä").who.get() == {"name": "ann"}
    assert restpath.connect(definition, "http://x", app=app, token="t").who.get() == {"token": "t"}
    with pytest.raises(restpath.Unauthorized, match="password"):
        restpath.connect(definition, "http://x", app=app, name="ann", password="x").who.get()


@pytest.mark.parametrize("value", ["", "Basic", "Basic ?", "Basic YW5u", "Bearer", "Digest x"])
def test_what_is_no_credential_is_a_missing_one(value: str) -> None:
    status, _, headers = ask(mock_of(PLACES), "GET", "/who", Authorization=value)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="places"')


def test_one_place_may_hold_either_of_two_credentials() -> None:
    mock = mock_of(PLACES, user_key="u", staff_key="s")
    assert [ask(mock, "GET", "/keys", X_Key=key)[0] for key in ("u", "s", "x")] == [200, 200, 401]


def test_a_scheme_that_asks_for_nothing_lets_in_who_brings_nothing_but_nobody_who_brings_the_wrong_thing() -> None:
    mock = mock_of(PLACES, token="t")
    given = ({}, {"Authorization": "Bearer t"}, {"Authorization": "Bearer x"})
    assert [ask(mock, "GET", "/open", **headers)[0] for headers in given] == [200, 200, 401]


def test_where_nobody_is_asked_who_they_are_it_is_known_all_the_same() -> None:
    assert ask(mock_of(PLACES, token="t"), "GET", "/free", Authorization="Bearer x")[1] == {"by": "x"}
    assert ask(mock_of(PLACES), "GET", "/free")[1] == {}


# ---- people that the service knows ---------------------------------------------------------------------------------

CLUB = {
    "service": {
        "service": "club",
        "credentials": {"user": {"secret": False}, "token": {}},
        "auth": {
            "own": {
                "headers": {"X-User": "{user}", "X-Token": "{token}"},
                "token": {"credential": "token", "url": "/token",
                          "grants": {"password": {"username": "{user}"}}},
            }
        },
        "mock": {
            "known_callers": {"are": "/members/{member}", "by": "user", "except": ["POST /members"]},
            "first": {"/members/ann": {"level": 1}},
        },
    },
    "resources": {
        "/members": {"methods": "GET POST", "mock": {"key": "name"}},
        "/members/{member}": {"methods": "GET", "mock": {"missing": {"status": 400, "code": "Stranger"}}},
        "/open": {"methods": {"GET": {"auth": []}}},
    },
}  # fmt: skip


def test_callers_need_not_be_known_unless_serve_is_told_to_be_strict() -> None:
    definition = restpath.read(CLUB)
    with restpath.mock.serve(definition) as server:
        assert restpath.connect(definition, server.url, user="bob", token="t").members.get() == [
            {"level": 1, "name": "ann"}
        ]
    with restpath.mock.serve(definition, known_callers=True) as server:
        bob = restpath.connect(definition, server.url, user="bob", token="t")
        with pytest.raises(restpath.BadRequest, match="Stranger"):
            bob.members.get()
        assert requests.get(f"{server.url}/open", timeout=10).status_code == 200
        bob.members.post(name="bob")
        assert [one["name"] for one in bob.members.get()] == ["ann", "bob"]


def test_a_token_of_one_person_is_no_other_persons() -> None:
    mock = mock_of(CLUB)
    token = ask(mock, "POST", "/token", form=[("username", "ann")])[1]["access_token"]
    assert ask(mock, "GET", "/members", X_User="ann", X_Token=token)[0] == 200
    status, _, headers = ask(mock, "GET", "/members", X_User="bob", X_Token=token)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="club", error="invalid_token"')


@pytest.mark.parametrize(
    "words",
    [
        {"credentials": {"kye": "k"}},
        {"tokens": {"credential": "kye"}},
        {"known_callers": {"are": "/frob", "by": "kye"}},
        {"known_callers": {"are": "/kye", "by": "key"}},
    ],
)
def test_words_that_name_what_is_not_there_are_found_at_once(words: dict[str, Any]) -> None:
    definition = json.loads(json.dumps(SIGNED))
    definition["service"]["mock"].update(words)
    with pytest.raises(restpath.DefinitionError, match="kye"):
        mock_of(definition)
