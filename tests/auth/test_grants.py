"""Grants: what a token request says and hides, and which answers are tokens."""

from __future__ import annotations

import contextlib
import json
import pickle
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath import AuthError
from restpath.auth.grants import (
    TokenRefused,
    client_authentication,
    endpoint_url,
    read_token,
    refused,
    token_request,
)
from restpath.auth.tokens import Token, is_expired
from restpath.call import Call
from restpath.definition.schemes import Credential, TokenAnswer, TokenRule
from restpath.errors import RequestError
from restpath.masking import Secret
from restpath.refusals import error_of
from restpath.reply import Reply
from restpath.types import Headers

BASE = "https://api.example.com/v1"
NOW = datetime(2024, 5, 1, 12, 0, tzinfo=timezone.utc)
ENDPOINT = Call("POST", "https://auth.example.com/token")
RULE = TokenRule(
    credential="token",
    url="{oauth_server}/token",
    basic=("{client_id}", "{client_secret}"),
    grants={
        "client_credentials": {"grant_type": "client_credentials", "scope": "{scope}"},
        "password": {"grant_type": "password", "username": "{username}", "password": "{password}"},
        "refresh_token": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"},
        "authorization_code": {"code": "{code}", "redirect_uri": "{redirect_uri}", "code_verifier": "{code_verifier}"},
    },
)
CREDENTIALS = {
    "oauth_server": Credential("oauth_server", secret=False),
    "client_id": Credential("client_id", secret=False),
    "username": Credential("username", secret=False),
    "scope": Credential("scope", secret=False, optional=True),
}
HAND = {
    "oauth_server": "https://auth.example.com/", "client_id": "app", "client_secret": "s3cret", "username": "ann",
    "password": "correct horse",
}  # fmt: skip


def secrets(values: Mapping[str, str]) -> dict[str, Secret]:
    return {name: Secret(value) for name, value in values.items()}


def shown(pairs: tuple[tuple[str, Secret], ...]) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in pairs}


def answered(
    body: bytes | str | dict[str, Any] | list[Any],
    *,
    status: int = 200,
    media_type: str | None = "application/json",
    hidden: tuple[str, ...] = (),
) -> Reply:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = Headers({"Content-Type": media_type} if media_type else {})
    return Reply(status, headers, data, timedelta(0), ENDPOINT, hidden=tuple(map(Secret, hidden)))


def token_in(body: Any, rule: TokenRule = RULE, **more: Any) -> Token:
    return read_token(answered(body, **more), rule, NOW, {})


# ---- the request -------------------------------------------------------------------------------------------------


def test_a_request_holds_nothing_secret() -> None:
    """URL, method and Accept stand in the call; the fields and the client's authentication are what is added to it."""
    call, proof = token_request(RULE, "password", secrets(HAND), BASE, credentials=CREDENTIALS)
    assert (call.method, call.url, call.body, call.query) == ("POST", "https://auth.example.com/token", None, ())
    assert dict(call.headers) == {"Accept": "application/json"}
    assert shown(proof.fields) == {"grant_type": "password", "username": "ann", "password": "correct horse"}
    assert list(shown(proof.headers)) == ["Authorization"]
    assert proof.origin == ("https", "auth.example.com", 443)
    for each in ("s3cret", "correct", "horse"):
        assert each not in f"{call!r} {proof!r} {pickle.dumps((call, proof))!r}"


def test_hidden_are_the_secrets_and_not_the_names() -> None:
    """What a service says back is masked where it is secret; whose login was refused may be said."""
    _, proof = token_request(RULE, "password", secrets(HAND), BASE, credentials=CREDENTIALS)
    hidden = {secret.reveal() for secret in proof.hidden}
    assert {"s3cret", "correct horse"} < hidden
    assert not hidden & {"ann", "app", "https://auth.example.com/"}
    assert b64decode(next(iter(hidden - {"s3cret", "correct horse"}))) == b"app:s3cret"


def test_a_get_request_has_its_fields_in_the_query() -> None:
    rule = TokenRule("token", "/access_token", "GET", grants={"authorization_code": {"code": "{code}"}})
    call, proof = token_request(rule, "authorization_code", {}, BASE, more=secrets({"code": "c"}))
    assert (call.method, call.url) == ("GET", f"{BASE}/access_token")
    assert (shown(proof.query), proof.fields, proof.headers) == ({"code": "c"}, (), ())


def test_a_field_goes_without_an_optional_credential() -> None:
    hand = secrets(HAND)
    _, without = token_request(RULE, "client_credentials", hand, BASE, credentials=CREDENTIALS)
    _, with_scope = token_request(
        RULE, "client_credentials", {**hand, "scope": Secret("read")}, BASE, credentials=CREDENTIALS
    )
    assert shown(without.fields) == {"grant_type": "client_credentials"}
    assert shown(with_scope.fields) == {"grant_type": "client_credentials", "scope": "read"}


def test_a_code_goes_without_what_its_flow_does_not_have() -> None:
    """A code that was typed in has no redirect URI, and a service without PKCE no verifier."""
    _, proof = token_request(RULE, "authorization_code", secrets(HAND), BASE, more=secrets({"code": "c"}))
    assert shown(proof.fields) == {"code": "c"}


def test_what_the_flow_fills_in_wins_over_credentials() -> None:
    hand = {**secrets(HAND), "refresh_token": Secret("old")}
    _, proof = token_request(RULE, "refresh_token", hand, BASE, more=secrets({"refresh_token": "new"}))
    assert shown(proof.fields)["refresh_token"] == "new"


def test_a_public_client_says_who_it_is() -> None:
    """Without its optional secret a client cannot authenticate, and sends its name as a field (RFC 6749, 3.2.1)."""
    known = {**CREDENTIALS, "client_secret": Credential("client_secret", optional=True)}
    hand = secrets({name: value for name, value in HAND.items() if name != "client_secret"})
    _, proof = token_request(RULE, "authorization_code", hand, BASE, more=secrets({"code": "c"}), credentials=known)
    assert shown(proof.fields) == {"code": "c", "client_id": "app"}
    assert proof.headers == ()


def test_all_that_is_missing_is_named() -> None:
    with pytest.raises(
        AuthError, match=r"needs credentials: username, password, client_secret\. Give them to"
    ) as caught:
        token_request(RULE, "password", secrets({"oauth_server": "https://a.example", "client_id": "app"}), BASE)
    assert "a.example/token" in str(caught.value)


def test_only_what_is_needed_is_looked_up() -> None:
    """A credential may be the output of a command, which asks for a passphrase."""

    class Costly(dict[str, Secret]):
        def __getitem__(self, name: str) -> Secret:
            assert name in ("oauth_server", "client_id", "client_secret")
            return super().__getitem__(name)

    token_request(RULE, "client_credentials", Costly(secrets(HAND)), BASE, credentials=CREDENTIALS)


def test_an_unknown_grant_names_those_that_are_there() -> None:
    with pytest.raises(AuthError, match="no grant 'device_code': it has client_credentials, password, refresh_token"):
        token_request(RULE, "device_code", secrets(HAND), BASE)


@pytest.mark.parametrize(
    ("text", "values", "url"),
    [
        ("/oauth/token", {}, f"{BASE}/oauth/token"),
        ("https://a.example/token?api-version=1", {}, "https://a.example/token?api-version=1"),
        ("{server}/token", {"server": "https://a.example/"}, "https://a.example/token"),
        ("{server}", {"server": "http://127.0.0.1:8080/o/token"}, "http://127.0.0.1:8080/o/token"),
        ("https://a.example/{tenant}/token", {"tenant": "b/../c?d"}, "https://a.example/b%2F..%2Fc%3Fd/token"),
        ("https://{tenant}.example/token", {"tenant": "evil.example/"}, "https://evil.example%2F.example/token"),
    ],
)
def test_the_endpoint_is(text: str, values: dict[str, str], url: str) -> None:
    """A server stands at the beginning as it is; what stands elsewhere is one piece of a path."""
    assert endpoint_url(text, secrets(values), BASE) == url


@pytest.mark.parametrize(
    "server",
    ["ftp://a.example", "a.example", "https://", "https://u:pass@a.example", "https://a b", "https://a.example/#f",
     "https://a.example:port", "https://a.example\\@b", "javascript:alert(1)", "https://a.example\n"],
)  # fmt: skip
def test_an_endpoint_that_is_no_server_is_refused(server: str) -> None:
    with pytest.raises(AuthError, match="the login goes to") as caught:
        endpoint_url("{server}/token", secrets({"server": server}), BASE)
    assert "pass" not in str(caught.value)


def test_an_endpoint_that_lacks_a_credential_says_which() -> None:
    with pytest.raises(AuthError, match=r"\{oauth_server\}/token, needs oauth_server"):
        token_request(RULE, "password", {}, BASE)


# ---- the client's own authentication -----------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_server_that_decodes_reads_every_client(user: str, password: str) -> None:
    """RFC 6749 section 2.3.1: name and secret are form-encoded; `+` and `%20` are both a space to those who read it."""
    pair = b64decode(client_authentication(Secret(user), Secret(password)).reveal()).decode("ascii")
    name, _, secret = pair.partition(":")
    assert (unquote(name.replace("+", " ")), unquote(secret.replace("+", " "))) == (user, password)


@given(st.text("abcXYZ019-._~/=!*'();@&,$[]#?\"<>\\^`{|}"), st.text("abcXYZ019-._~/=!*'():;@&,$[]#?\"<>\\^`{|}"))
def test_a_server_that_does_not_decode_reads_the_usual_clients(user: str, password: str) -> None:
    """Only what the decoding would change is encoded: a secret in base64 goes as it is, unless it has a plus."""
    assert b64decode(client_authentication(Secret(user), Secret(password)).reveal()).decode() == f"{user}:{password}"


# ---- the answer --------------------------------------------------------------------------------------------------


def test_a_token_is_read() -> None:
    token = read_token(
        answered({"access_token": "abc", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "def"}),
        RULE, NOW, {"username": "ann"},
    )  # fmt: skip
    assert token.to_json() == {
        "access_token": "abc", "refresh_token": "def", "expires_at": NOW.timestamp() + 3600, "lifetime": 3600.0,
        "credentials": {"username": "ann"},
    }  # fmt: skip
    assert token.answer is not None
    assert token.answer["token_type"] == "Bearer"
    assert not re.search("abc|def", repr(token))


@pytest.mark.parametrize("media_type", ["application/json", "text/javascript", "text/html; charset=utf-8", None])
def test_json_is_read_whatever_it_is_called(media_type: str | None) -> None:
    assert token_in({"access_token": "abc"}, media_type=media_type).access.reveal() == "abc"


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "text/html", None])
def test_a_form_is_read_whatever_it_is_called(media_type: str | None) -> None:
    """As services answered before RFC 6749, and some do today where nobody asks for JSON."""
    token = token_in("access_token=a%2Fb&scope=repo%2Cgist&expires_in=120\n", media_type=media_type)
    assert (token.access.reveal(), token.lifetime) == ("a/b", 120.0)


def test_a_legacy_answer_is_read_where_the_definition_says() -> None:
    answer = TokenAnswer(("/access_token", "/oauth_token", "/auth/token~1x"), "/ttl", "/auth/again")
    rule = TokenRule("token", "/token", answer=answer)
    assert token_in({"oauth_token": "old"}, rule).access.reveal() == "old"
    token = token_in({"access_token": None, "auth": {"token/x": "deep", "again": "r"}, "ttl": 60}, rule)
    assert (token.access.reveal(), token.lifetime) == ("deep", 60.0)
    assert token.refresh is not None
    assert token.refresh.reveal() == "r"


@pytest.mark.parametrize(
    ("said", "lifetime"),
    [
        (3600, 3600.0), (3600.5, 3600.5), ("3600", 3600.0), (" 3600 ", 3600.0), ("3600.0", 3600.0), (1, 1.0),
        (None, None), ("", None), (0, None), (-1, None), ("-1", None), (9223372036854775807, None), (1e300, None),
        ("9" * 5000, None),
    ],
)  # fmt: skip
def test_a_lifetime_is(said: object, lifetime: float | None) -> None:
    """What is no lifetime stands for "for ever", and is none; such a token would else be renewed before every call."""
    assert token_in({"access_token": "abc", "expires_in": said}).lifetime == lifetime


@pytest.mark.parametrize("said", ["soon", "1e3", "NaN", "2024-05-01", True, [], {}, "½", "٣"])
def test_a_lifetime_that_is_no_number_is_nonsense(said: object) -> None:
    with pytest.raises(AuthError, match="nonsense: no number of seconds at /expires_in"):
        token_in({"access_token": "abc", "expires_in": said})


@pytest.mark.parametrize(
    "access", ["", " ", "a\r\nX: 1", "a\nb", " a", "a ", "é", "a\x00b", 7, True, ["abc"], {"token": "abc"}]
)
def test_a_token_that_no_header_could_carry_is_nonsense(access: object) -> None:
    with pytest.raises(AuthError, match="nonsense: no text that could be a token at /access_token; it has 'access_to"):
        token_in({"access_token": access})


@pytest.mark.parametrize(
    ("body", "media_type", "says"),
    [
        (b"", None, "nonsense: it is empty"),
        ("<html>Sign in", "text/html", "nonsense: it begins '<html>Sign in'"),
        ("null", "application/json", "nonsense: it begins 'null'"),
        ('"abc"', "application/json", "nonsense: it begins"),
        ([{"access_token": "abc"}], "application/json", "nonsense: it begins"),
        ("{}", "application/json", "nonsense: no token at /access_token; it has nothing"),
        ({"token": "abc"}, "application/json", "nonsense: no token at /access_token; it has 'token'"),
        ("[" * 100_000, "application/json", "nonsense: it begins"),
        ('{"access_token": "a", "access_token": "b"}', "application/json", "nonsense: it begins"),
        ('{"access_token": "a", "expires_in": NaN}', "application/json", "nonsense: it begins"),
        (b"\xff\xfe\x00", "application/octet-stream", "nonsense: it begins"),
    ],
)
def test_nonsense_is_an_error_that_names_the_endpoint(body: Any, media_type: str | None, says: str) -> None:
    with pytest.raises(AuthError) as caught:
        token_in(body, media_type=media_type)
    assert "POST https://auth.example.com/token" in str(caught.value)
    assert says in str(caught.value)
    assert not isinstance(caught.value, TokenRefused)


@pytest.mark.parametrize("body", ["tok-93fa7710bbe2", "OK 5f4dcc3b5aa765d61d8327deb882cf99", {"tok": "s3cr3t-t0ken"}])
def test_nonsense_shows_nothing_that_could_be_a_token(body: Any) -> None:
    """Where a token stands in a place that nobody looked at, the error must not print it."""
    with pytest.raises(AuthError) as caught:
        token_in(body, media_type="text/plain")
    assert not re.search("93fa|5f4d|s3cr", str(caught.value))


def test_nonsense_says_no_secret_back() -> None:
    with pytest.raises(AuthError) as caught:
        token_in("welcome correct horse", media_type="text/plain", hidden=("correct horse",))
    assert not re.search("correct|horse", str(caught.value))


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=5))
def test_whatever_stands_for_a_token_is_one_or_an_error(value: Any) -> None:
    for body in ({"access_token": value}, {"access_token": "a", "refresh_token": value, "expires_in": value}, [value]):
        with contextlib.suppress(AuthError):
            token = token_in(body)
            assert Token.from_json(token.to_json()).to_json() == token.to_json()


@given(st.binary())
def test_whatever_bytes_come_are_a_token_or_an_error(body: bytes) -> None:
    with contextlib.suppress(AuthError):
        assert token_in(body, media_type="application/json").access


def test_a_renewed_token_keeps_its_refresh_token() -> None:
    """RFC 6749 section 6: a new one comes only where the service rotates them."""
    old = Token(Secret("a"), Secret("r1"))
    kept = read_token(answered({"access_token": "b"}), RULE, NOW, {}, previous=old)
    rotated = read_token(answered({"access_token": "b", "refresh_token": "r2"}), RULE, NOW, {}, previous=old)
    assert kept.to_json()["refresh_token"] == "r1"
    assert rotated.to_json()["refresh_token"] == "r2"


@pytest.mark.parametrize("said", [{"x": 1}, ["r"], 5, "a\nb"])
def test_a_refresh_token_that_is_none_is_nonsense(said: object) -> None:
    with pytest.raises(AuthError, match="nonsense: no text that could be a token at /refresh_token"):
        token_in({"access_token": "a", "refresh_token": said})


def test_a_refusal_with_a_status_of_success_is_a_refusal() -> None:
    with pytest.raises(TokenRefused, match="bad_verification_code: The code is wrong") as caught:
        token_in("error=bad_verification_code&error_description=The+code+is+wrong.", media_type="text/plain")
    assert caught.value.code == "bad_verification_code"


# ---- stored tokens -----------------------------------------------------------------------------------------------


def test_a_token_comes_back_from_its_json() -> None:
    token = Token(Secret("a"), Secret("r"), 1714564800.5, {"username": "ann"}, {"more": 1}, 60.0)
    stored = json.loads(json.dumps(token.to_json()))
    back = Token.from_json({**stored, "of a later version": {}})
    assert back.to_json() == token.to_json()
    assert back.answer is None
    assert Token.from_json(Token(Secret("a")).to_json()).to_json() == {"access_token": "a"}


@pytest.mark.parametrize(
    "stored",
    [
        None, [], "abc", 5, {}, {"access_token": None}, {"access_token": ""}, {"access_token": "a\nb"},
        {"access_token": 5}, {"access_token": "a", "refresh_token": 5}, {"access_token": "a", "refresh_token": "\r\n"},
        {"access_token": "a", "expires_at": "soon"}, {"access_token": "a", "expires_at": True},
        {"access_token": "a", "expires_at": float("nan")}, {"access_token": "a", "expires_at": float("inf")},
        {"access_token": "a", "expires_at": 10**400}, {"access_token": "a", "lifetime": []},
        {"access_token": "a", "credentials": ["ann"]}, {"access_token": "a", "credentials": {"username": 5}},
    ],
)  # fmt: skip
def test_a_damaged_stored_token_is_an_error(stored: object) -> None:
    with pytest.raises(AuthError, match=r"the stored login is damaged.*restpath\.login\(\)"):
        Token.from_json(stored)


def test_a_pickled_token_has_lost_its_secrets() -> None:
    token = Token(Secret("aaa"), Secret("rrr"), 5.0, {"username": "ann"}, {"access_token": "aaa"})
    data = pickle.dumps(token)
    assert b"aaa" not in data
    assert b"rrr" not in data
    assert pickle.loads(data).public == {"username": "ann"}


# ---- expiry ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lifetime", "left", "expired"),
    [
        (3600.0, 31.0, False), (3600.0, 30.0, True), (3600.0, -5.0, True), (60.0, 7.0, False), (60.0, 6.0, True),
        (1.0, 0.5, False), (1.0, 0.0, True), (None, 31.0, False), (None, 29.0, True),
    ],
)  # fmt: skip
def test_a_token_counts_as_expired(lifetime: float | None, left: float, expired: bool) -> None:
    """Half a minute before its end, or a tenth of its lifetime where that is shorter."""
    token = Token(Secret("a"), expires_at=NOW.timestamp() + left, lifetime=lifetime)
    assert is_expired(token, NOW) is expired


def test_a_token_without_an_end_never_counts_as_expired() -> None:
    assert not is_expired(Token(Secret("a")), NOW + timedelta(days=36500))


def test_the_leeway_can_be_given() -> None:
    token = Token(Secret("a"), expires_at=NOW.timestamp() + 100, lifetime=3600.0)
    assert is_expired(token, NOW, leeway_seconds=100)
    assert not is_expired(token, NOW, leeway_seconds=0)


# ---- refusals ----------------------------------------------------------------------------------------------------


def refusal(body: Any, status: int = 400, hidden: tuple[str, ...] = (), **more: Any) -> TokenRefused:
    error = error_of(answered(body, status=status, **more))
    assert isinstance(error, RequestError)
    return refused(error, tuple(map(Secret, hidden)))


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (
            {"error": "invalid_grant"},
            400,
            "was refused (400): invalid_grant. The password, code or refresh token is not good",
        ),
        (
            {"error": "invalid_grant", "error_description": "It ended."},
            400,
            "invalid_grant: It ended. The password, code",
        ),
        ({"error": "invalid_client"}, 401, "was refused (401): invalid_client. Check the client's own credentials"),
        ({"error": "own"}, 400, "was refused (400): own"),
        ({"error": {"type": "OAuthException", "message": "Bad code"}}, 400, "(400): OAuthException: Bad code"),
        (
            "error=invalid_scope&error_description=No+such+scope",
            400,
            "(400): invalid_scope: No such scope. Ask for less",
        ),
        ("<h1>Not\x07 here</h1>", 404, "was refused (404): <h1>Not here</h1>"),
        ("", 401, "was refused (401)"),
        ({"error": "server_error"}, 503, "failed with 503: server_error. Try again later"),
        ({"error": 5, "error_description": ["x"]}, 400, "was refused (400)"),
    ],
)
def test_a_refusal_says(body: Any, status: int, says: str) -> None:
    error = refusal(body, status)
    assert str(error).startswith("POST https://auth.example.com/token ")
    assert says in str(error)


def test_a_refusal_has_the_services_own_word_for_it() -> None:
    assert refusal({"error": "invalid_grant"}).code == "invalid_grant"
    assert refusal("<html>").code == ""
    assert pickle.loads(pickle.dumps(refusal({"error": "own"}))).code == "own"


@pytest.mark.parametrize("password", ["correct horse", "pw", "x1", "p%w d", "invalid password", "Zé\"'<"])
@pytest.mark.parametrize("form", ["no {} of ann", "{}", "got password={}&username=ann", "a b {}{} c"])
def test_no_refusal_says_a_password(password: str, form: str) -> None:
    """However short the password is, and wherever the endpoint says it back."""
    for body in ({"error": "invalid_grant", "error_description": form.format(password, password)},
                 {"error": form.format(password, password)}, f"<p>{form.format(password, password)}</p>"):  # fmt: skip
        error = refusal(body, hidden=(password,))
        assert password not in f"{error} {error.code} {error.__cause__} {error.__context__}"
        assert "auth.example.com" in str(error)


@given(st.text(min_size=1, max_size=12), st.text(max_size=20), st.text(max_size=20))
def test_no_words_of_a_refusal_hold_a_secret(secret: str, before: str, after: str) -> None:
    body = {"error": f"{after}{secret}", "error_description": f"{before}{secret}{after}"}
    error = refusal(body, hidden=(secret,))
    words = str(error).removeprefix("POST https://auth.example.com/token was refused (400)").replace("***", "")
    assert secret not in words or secret.isspace()
