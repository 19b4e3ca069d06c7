"""Authorization by a person: links, and what comes back of them."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
import re
import sys
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath import AuthError, DefinitionError, InvalidValue
from restpath.auth.authorization import (
    Authorization,
    begin,
    read_code,
)
from restpath.auth.grants import TokenRefused, token_request
from restpath.definition.schemes import AuthorizeRule, Credential, TokenRule
from restpath.masking import Secret

pytest.importorskip("oauthlib", reason="needs oauthlib: python -m pip install 'restpath[oauth]'")

BASE = "https://api.example.com/v1"
BACK = "http://127.0.0.1:4711/callback"
QUERY = {
    "response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_uri}", "scope": "{scope}"
}  # fmt: skip
RULE = TokenRule(
    credential="token",
    url="/token",
    grants={
        "authorization_code": {"code": "{code}", "redirect_uri": "{redirect_uri}", "code_verifier": "{code_verifier}"},
    },
    authorize=AuthorizeRule("https://www.example.com/authorize", QUERY),
)
CREDENTIALS = {
    "client_id": Credential("client_id", secret=False), "scope": Credential("scope", secret=False, optional=True)
}  # fmt: skip
HAND = {"client_id": Secret("app & co")}


def begun(rule: TokenRule = RULE, redirect_uri: str | None = BACK, **more: str) -> Authorization:
    hand = {**HAND, **{name: Secret(value) for name, value in more.items()}}
    return begin(rule, hand, BASE, redirect_uri, credentials=CREDENTIALS)


def query_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query, strict_parsing=True))


# ---- the link ----------------------------------------------------------------------------------------------------


def test_a_link_has_what_the_definition_says_and_its_safeguards() -> None:
    """The proof key is RFC 7636's: the challenge in the link is the SHA-256 of a verifier that nobody sees."""
    made = begun(scope="read write")
    query = query_of(made.link)
    assert made.link.startswith("https://www.example.com/authorize?")
    assert query.pop("state") == made.state
    assert query.pop("code_challenge_method") == "S256"
    assert made.code_verifier is not None
    digest = hashlib.sha256(made.code_verifier.reveal().encode()).digest()
    assert query.pop("code_challenge") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert query == {
        "response_type": "code", "client_id": "app & co", "redirect_uri": BACK, "scope": "read write"
    }  # fmt: skip
    assert made.redirect_uri == BACK


def test_links_are_read_back_whole() -> None:
    """No value of the query turns into structure, whatever is in it."""
    link = begun(scope="a&b=c#d é+%").link
    assert parse_qs(urlsplit(link).query)["scope"] == ["a&b=c#d é+%"]


def test_each_link_has_a_state_and_a_key_of_its_own() -> None:
    several = [begun() for _ in range(20)]
    assert len({each.state for each in several}) == 20
    assert len({each.code_verifier.reveal() for each in several if each.code_verifier}) == 20
    assert all(len(each.state) >= 43 for each in several)
    assert all(each.code_verifier and 43 <= len(each.code_verifier.reveal()) <= 128 for each in several)


def test_both_safeguards_can_be_off() -> None:
    """For services from before them: the link has exactly what the definition says."""
    old = TokenRule("token", "/token", authorize=AuthorizeRule("/authorize?a=1", {"id": "{client_id}"}, False, False))
    made = begun(old)
    assert (made.link, made.state, made.code_verifier) == (f"{BASE}/authorize?a=1&id=app+%26+co", "", None)
    assert list(made.exchange_values("c")) == ["code", "redirect_uri"]


def test_a_link_without_a_redirect_uri_leaves_it_out() -> None:
    """The service then shows the code, to be typed in."""
    made = begun(redirect_uri=None)
    assert "redirect_uri" not in query_of(made.link)
    assert list(made.exchange_values("c")) == ["code", "code_verifier"]


def test_a_link_names_what_it_lacks() -> None:
    with pytest.raises(
        AuthError, match=r"the link to https://www\.example\.com/authorize needs credentials: client_id"
    ):
        begin(RULE, {}, BASE, BACK, credentials=CREDENTIALS)


def test_a_link_never_holds_a_secret() -> None:
    rule = replace(RULE, authorize=AuthorizeRule("/authorize", {"secret": "{client_secret}"}))
    with pytest.raises(DefinitionError, match=r'would show client_secret: say "secret": false of it') as caught:
        begin(rule, {"client_secret": Secret("s3cret")}, BASE, BACK, credentials=CREDENTIALS)
    assert "s3cret" not in str(caught.value)


def test_a_service_without_a_link_says_so() -> None:
    with pytest.raises(AuthError, match="no link to log in by"):
        begun(TokenRule("token", "/token"))


@pytest.mark.parametrize("uri", ["", "callback", "https://a b", "https://a/#f", "https://a/\n", "https:"])
def test_a_redirect_uri_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(InvalidValue, match="is no URL without a fragment"):
        begun(redirect_uri=uri)


@pytest.mark.parametrize("uri", ["https://a.example/cb?x=1", "com.example.app:/back", "urn:ietf:wg:oauth:2.0:oob"])
def test_a_redirect_uri_may_be_an_applications_own(uri: str) -> None:
    assert query_of(begun(redirect_uri=uri).link)["redirect_uri"] == uri


def test_without_oauthlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oauthlib", None)
    monkeypatch.setitem(sys.modules, "oauthlib.oauth2", None)
    with pytest.raises(InvalidValue, match=r"pip install 'restpath\[oauth\]'"):
        begun()


def test_the_code_is_exchanged_with_its_proof() -> None:
    made = begun()
    _, proof = token_request(RULE, "authorization_code", HAND, BASE, more=made.exchange_values("c0de"))
    assert made.code_verifier is not None
    assert {name: secret.reveal() for name, secret in proof.fields} == {
        "code": "c0de", "redirect_uri": BACK, "code_verifier": made.code_verifier.reveal()
    }  # fmt: skip


# ---- between two requests of a web application -------------------------------------------------------------------


def test_an_authorization_comes_back_from_its_json() -> None:
    made = begun()
    back = Authorization.from_json(json.loads(json.dumps(made.to_json())))
    assert back.to_json() == made.to_json()
    assert Authorization.from_json(json.dumps(made.to_json())).to_json() == made.to_json()
    assert read_code(back, f"{BACK}?code=c&state={made.state}") == "c"


def test_an_authorization_shows_no_proof_key() -> None:
    made = begun()
    assert made.code_verifier is not None
    assert made.code_verifier.reveal() not in repr(made)
    assert made.code_verifier.reveal().encode() not in pickle.dumps(made)


@pytest.mark.parametrize(
    "stored",
    [None, {}, "", "[]", "{", {"link": "a"}, {"link": 5, "state": ""}, {"link": "a", "state": None},
     {"link": "a", "state": "", "code_verifier": 5}, {"link": "a", "state": "", "redirect_uri": []}],
)  # fmt: skip
def test_a_damaged_authorization_is_an_error(stored: object) -> None:
    with pytest.raises(AuthError, match="what was kept of the login is damaged"):
        Authorization.from_json(stored)


@pytest.mark.parametrize("stored", [5, [], b"{}", True])
def test_what_is_no_authorization_at_all_is_refused(stored: object) -> None:
    with pytest.raises(InvalidValue, match="is no kept login"):
        Authorization.from_json(stored)


# ---- what comes back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    ["{back}?code={code}&state={state}", "{back}?state={state}&iss=x&code={code}", "?code={code}&state={state}",
     "code={code}&state={state}", "state={state}&code={code}", "/callback?code={code}&state={state}", "{code}",
     " {back}?code={code}&state={state}\n", "  {code}\n", "{back}?code={code}&state={state}#_=_"],
)  # fmt: skip
def test_a_code_is_read(form: str) -> None:
    """From the whole URL, from its query, or as it was typed in; also over http, to this very machine."""
    made = begun()
    code = "4/0Ab+_c~d.e"
    given = code if form.strip() == "{code}" else quote(code, safe="")
    assert read_code(made, form.format(back=BACK, code=given, state=made.state)) == code


@pytest.mark.parametrize("state", ["", "x", "{state}x", "{STATE}", "é", "%00"])
def test_a_state_that_does_not_match_is_an_error(state: str) -> None:
    made = begun()
    said = state.format(state=made.state, STATE=made.state.swapcase())
    with pytest.raises(AuthError, match="its state is not the one that was sent") as caught:
        read_code(made, f"{BACK}?code=c&state={said}")
    assert made.state not in str(caught.value)


def test_a_missing_state_is_an_error() -> None:
    with pytest.raises(AuthError, match="its state is not the one"):
        read_code(begun(), f"{BACK}?code=c")


def test_without_a_state_of_ones_own_none_is_looked_at() -> None:
    assert read_code(Authorization("link"), f"{BACK}?code=c&state=any") == "c"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:4712/callback", "https://127.0.0.1:4711/callback", "http://127.0.0.1:4711/",
     "http://evil.example/callback", "http://127.0.0.1:4711/callback/", "http://127.0.0.1:4711@evil.example/callback",
     "http://[::1/callback", "http://127.0.0.1:x/callback"],
)  # fmt: skip
def test_a_code_for_another_redirect_uri_is_refused(url: str) -> None:
    made = begun()
    with pytest.raises(
        AuthError, match=r"came back to .*, and this login waits for it at http://127\.0\.0\.1:4711/call"
    ):
        read_code(made, f"{url}?code=c&state={made.state}")


@pytest.mark.parametrize(
    "url", ["HTTP://127.0.0.1:4711/callback", "http://127.0.0.1:04711/callback", "http://localhost:4711/callback"]
)
def test_a_redirect_uri_may_be_spelled_otherwise_where_that_means_the_same(url: str) -> None:
    made = begun()
    assert read_code(made, f"{url}?code=c&state={made.state}") == "c"


@pytest.mark.parametrize(
    ("query", "says", "code"),
    [
        ("error=access_denied&error_description=Ann+said+no.&state={state}",
         "the login was refused: access_denied: Ann said no.", "access_denied"),
        ("error=access_denied", "the login was refused: access_denied", "access_denied"),
        ("error=server_error&state={state}", "refused: server_error", "server_error"),
        ("error=own_word&error_description=a%0D%0Ab%1B[2J", "refused: own_word: a b", "own_word"),
    ],
)  # fmt: skip
def test_a_refusal_is_an_error_with_its_description(query: str, says: str, code: str) -> None:
    made = begun()
    with pytest.raises(TokenRefused, match=re.escape(says)) as caught:
        read_code(made, f"{BACK}?{query.format(state=made.state)}")
    assert caught.value.code == code
    assert str(caught.value).isprintable()
    assert caught.value.__context__ is None


def test_a_refusal_with_a_wrong_state_is_nobodys() -> None:
    with pytest.raises(AuthError, match="its state is not the one"):
        read_code(begun(), f"{BACK}?error=access_denied&state=x")


@pytest.mark.parametrize("query", ["state={state}", "state={state}&code=", "codes=1&state={state}"])
def test_an_answer_without_a_code_says_what_to_give(query: str) -> None:
    made = begun()
    with pytest.raises(AuthError, match="give the whole URL that the browser ended at"):
        read_code(made, f"{BACK}?{query.format(state=made.state)}")


@pytest.mark.parametrize("query", ["code=a&code=b&state={state}", "code=a&state={state}&state={state}"])
def test_an_answer_that_says_two_things_is_refused(query: str) -> None:
    made = begun()
    with pytest.raises(AuthError, match=r"says (code|state) twice"):
        read_code(made, f"{BACK}?{query.format(state=made.state)}")


@pytest.mark.parametrize("text", ["", "   ", "two words", "a\nb", "é", "x" * 5000])
def test_a_text_that_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(AuthError, match="that is no code"):
        read_code(begun(), text)


@given(st.text())
def test_whatever_comes_back_is_a_code_or_an_error(text: str) -> None:
    """Nothing foreign is raised, and no URL without the state gives a code."""
    made = Authorization("link", "the state", None, BACK)
    for answer in (text, f"{BACK}?{text}", f"http://{text}", f"code={text}"):
        try:
            code = read_code(made, answer)
        except AuthError:
            continue
        assert code == answer.strip()
        assert "://" not in answer or not urlsplit(answer).query
