"""Logins: by password, by a link, by another device; what is kept of them, and what a wrong one says."""

from __future__ import annotations

import json
import pickle
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

import restpath
from restpath import AuthError, InvalidValue, TransportError
from restpath.auth.tokens import Token
from restpath.masking import Secret
from restpath.testing import FakeClock, use_clock
from tests.support.oauth import OAuth, definition_of, told
from tests.support.scripted import Request, Server, answer, closed_port

pytest.importorskip("oauthlib")

GRANTS: dict[str, Any] = {
    "password": {"grant_type": "password", "username": "{username}", "password": "{password}"},
    "authorization_code": {
        "grant_type": "authorization_code", "code": "{code}", "redirect_uri": "{redirect_uri}",
        "code_verifier": "{code_verifier}",
    },
    "device_code": {"grant_type": "device", "device_code": "{device_code}"},
    "refresh_token": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"},
    "client_credentials": {"grant_type": "client_credentials"},
}  # fmt: skip
WORDS: dict[str, Any] = {
    "authorize": {
        "url": "/authorize",
        "query": {"response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_uri}"},
        "pkce": True,
        "state": True,
    },
    "device": {"url": "/device", "fields": {"client_id": "{client_id}"}},
}
ALL = restpath.read(definition_of(grants=GRANTS, **WORDS))
APP: dict[str, Any] = {"client_id": "app", "client_secret": "s3cret-of-app"}
ANN: dict[str, Any] = {"username": "ann", "password": "pa55-of-ann"}


@pytest.fixture
def oauth() -> OAuth:
    return OAuth(refreshing=True)


@pytest.fixture
def server(oauth: OAuth) -> Iterator[Server]:
    with Server(oauth) as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path))
    return tmp_path


def kept(home: Path) -> dict[str, Any]:
    file = home / "restpath" / "tokens.json"
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def query_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def text_of(error: BaseException) -> str:
    return f"{error} {error!r} {vars(error)!r} {error.__cause__!r} {error.__context__!r} {pickle.dumps(error)!r}"


# ---- by password


def test_a_password_gets_a_token_and_is_not_kept(server: Server, oauth: OAuth, home: Path) -> None:
    client = restpath.connect(ALL, server.url, **APP)
    restpath.login(client, **ANN)
    assert client.a.get() == {"token": "t0ken-1"}
    assert [fields["grant_type"] for fields in oauth.asked] == ["password"]
    assert set(kept(home)) == {f"test {server.url} client_id=app username=ann", f"test {server.url}"}
    assert "pa55" not in str(kept(home))
    assert client._core.credential("password") is None


@pytest.mark.parametrize("password", ["a1", "wr0ng one", "pa55-of-bob"])
def test_a_wrong_password_is_refused_once_and_said_nowhere(
    password: str, server: Server, oauth: OAuth, home: Path
) -> None:
    client = restpath.connect(ALL, server.url, **APP)
    with pytest.raises(AuthError, match="invalid_grant") as caught:
        restpath.login(client, username="u-ser", password=password)
    assert password not in text_of(caught.value)
    assert len(oauth.asked) == 1
    assert kept(home) == {}


def test_a_login_goes_over_the_one_before(server: Server, oauth: OAuth) -> None:
    oauth.passwords["bob"] = "pa55-of-bob"
    client = restpath.connect(ALL, server.url, token="given", **APP)
    restpath.login(client, **ANN)
    assert client.a.get() == {"token": "t0ken-1"}
    restpath.login(client, username="bob", password="pa55-of-bob")
    assert client.a.get() == {"token": "t0ken-2"}
    oauth.revoke()
    assert client.a.get() == {"token": "t0ken-3"}
    assert oauth.asked[-1]["refresh_token"] == "r3fresh-2"


def test_without_a_grant_what_is_there_decides(server: Server, oauth: OAuth) -> None:
    only = restpath.read(definition_of())
    restpath.login(restpath.connect(only, server.url, **APP))
    assert oauth.asked[-1]["grant_type"] == "client_credentials"
    with pytest.raises(AuthError, match=r"a login at test needs client_secret=\.\.\.: give it to restpath\.login\(\)"):
        restpath.login(restpath.connect(only, server.url, client_id="app"))
    restpath.login(restpath.connect(ALL, server.url, **APP, **ANN))
    assert oauth.asked[-1]["grant_type"] == "password"
    restpath.login(restpath.connect(ALL, server.url, **APP, **ANN), "client_credentials")
    assert oauth.asked[-1]["grant_type"] == "client_credentials"


def test_what_a_login_used_of_the_environment_renews_it(
    server: Server, oauth: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in APP.items():
        monkeypatch.setenv(f"RESTPATH_TEST_{name.upper()}", value)
    client = restpath.connect(ALL, server.url)
    restpath.login(client, "password", **ANN)
    oauth.revoke()
    assert client.a.get() == {"token": "t0ken-2"}
    assert [fields["grant_type"] for fields in oauth.asked] == ["password", "refresh_token"]
    assert oauth.asked[-1]["basic"] == "app:s3cret-of-app"


TWO = definition_of(grants={"client_credentials": {"grant_type": "client_credentials"}})
TWO["service"]["auth"]["person"] = {
    "headers": {"X-Person": "{person_token}"},
    "token": {
        "credential": "person_token", "url": "/token",
        "grants": {name: GRANTS[name] for name in ("password", "authorization_code")}, "authorize": WORDS["authorize"],
    },
}  # fmt: skip
TWO["service"]["credentials"]["person_token"] = {}


@pytest.mark.parametrize(
    ("words", "scheme"),
    [
        (ANN, "person"),
        ({"username": "ann"}, "person"),
        (APP, "oauth"),
        ({**APP, **ANN}, "oauth"),  # two of each: the first scheme
        ({}, "person"),  # for which all is there
        ({"grant": "password", **ANN}, "person"),
        ({"grant": "client_credentials", **APP}, "oauth"),
        ({"scheme": "oauth", **APP}, "oauth"),
        ({"grant": "authorization_code"}, "person"),
        ({"redirect_uri": "https://app.example/b", "ask": lambda link: "c0de"}, "person"),
    ],
    ids=str,
)
def test_a_login_takes_the_scheme_that_uses_what_was_given(
    words: dict[str, Any], scheme: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from restpath.authorizing import _Login

    monkeypatch.setattr(_Login, "by_link", lambda self, *_: self.keep(Token(Secret("by-link"))))
    client = restpath.connect(restpath.read(TWO), server.url, client_id="app")
    if not words:
        client._core.give(**ANN)
    restpath.login(client, **words)
    assert list(client._core.prover.keeper.state()) == [scheme]


def test_the_link_is_that_of_the_scheme_that_has_one(server: Server) -> None:
    client = restpath.connect(restpath.read(TWO), server.url, **APP)
    assert restpath.begin_login(client, "https://app.example/b").link.startswith(f"{server.url}/authorize?")


# ---- by a link


@pytest.mark.parametrize("whole", [True, False], ids=["the URL", "the code alone"])
def test_a_code_may_be_typed_in(whole: bool, server: Server, oauth: OAuth) -> None:
    links: list[str] = []

    def ask(link: str) -> str:
        links.append(link)
        state = query_of(link)["state"]
        return f"https://app.example/back?code=c0de&state={state}" if whole else " c0de\n"

    client = restpath.connect(ALL, server.url, **APP)
    restpath.login(client, ask=ask, redirect_uri="https://app.example/back")
    assert client.a.get() == {"token": "t0ken-1"}
    query = query_of(links[0])
    assert links[0].startswith(f"{server.url}/authorize?")
    assert (query["client_id"], query["redirect_uri"]) == ("app", "https://app.example/back")
    (fields,) = oauth.asked
    assert (fields["code"], fields["redirect_uri"]) == ("c0de", "https://app.example/back")
    assert len(fields["code_verifier"]) >= 43
    assert "s3cret" not in links[0]


class Browser:
    """Opens the link, and goes where the service sends it: `show=` of a login."""

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self.statuses: list[int] = []
        self.links: list[str] = []

    def __call__(self, link: str) -> None:
        self.links.append(link)
        threading.Thread(target=self._go, args=(link,), daemon=True).start()

    def _go(self, link: str) -> None:
        query = query_of(link)
        for target in ("/favicon.ico", self._answer.format(**query)):
            url = target if "://" in target else query["redirect_uri"].rstrip("/") + target
            try:
                with urllib.request.urlopen(url, timeout=10) as reply:
                    self.statuses.append(reply.status)
            except urllib.error.HTTPError as error:
                self.statuses.append(error.code)
                error.close()


def test_a_browser_on_this_machine_brings_the_code(server: Server, oauth: OAuth) -> None:
    browser = Browser("{redirect_uri}?code=c0de&state={state}")
    client = restpath.connect(ALL, server.url, **APP)
    restpath.login(client, "authorization_code", show=browser)
    assert client.a.get() == {"token": "t0ken-1"}
    assert oauth.asked[0]["redirect_uri"] == query_of(browser.links[0])["redirect_uri"]
    assert oauth.asked[0]["redirect_uri"].startswith("http://127.0.0.1:")


def test_a_stray_request_does_not_end_a_login(server: Server, oauth: OAuth) -> None:
    def show(link: str) -> None:
        query = query_of(link)
        for back in ("?code=c1de&state=another", "?code=c1de", "?error=no&state=another"):
            Browser("{redirect_uri}" + back)._go(link)
        Browser("{redirect_uri}?code=c0de&state={state}")._go(link)
        assert query["state"]

    client = restpath.connect(ALL, server.url, **APP)
    restpath.login(client, "authorization_code", show=show)
    assert [fields["code"] for fields in oauth.asked] == ["c0de"]


@pytest.mark.parametrize("as_text", [False, True])
def test_a_login_ends_with_what_a_session_kept(as_text: bool, server: Server, oauth: OAuth) -> None:
    client = restpath.connect(ALL, server.url, **APP)
    begun = restpath.begin_login(client, "https://app.example/back")
    kept: Any = json.loads(json.dumps(begun.to_json()))
    back = f"https://app.example/back?code=c0de&state={begun.state}"
    restpath.login(client, authorization=json.dumps(kept) if as_text else kept, answer=back)
    assert client.a.get() == {"token": "t0ken-1"}
    for damaged in ({}, {**kept, "state": 5}, "{", "[]"):
        with pytest.raises(AuthError, match="what was kept of the login is damaged"):
            restpath.login(client, authorization=damaged, answer=back)


def test_the_redirect_may_be_one_that_is_registered(server: Server, oauth: OAuth) -> None:
    for place in (f"http://127.0.0.1:{closed_port()}/done", f"http://localhost:{closed_port()}"):
        browser = Browser("{redirect_uri}?code=c0de&state={state}")
        restpath.login(restpath.connect(ALL, server.url, **APP), show=browser, redirect_uri=place)
        assert oauth.asked[-1]["redirect_uri"] == place


@pytest.mark.parametrize(
    ("back", "words"),
    [
        ("{redirect_uri}?code=c0de&state=another", "its state is not the one that was sent"),
        ("{redirect_uri}?code=c0de", "its state is not the one that was sent"),
        (
            "{redirect_uri}?error=access_denied&error_description=Go+away&state={state}",
            "refused: access_denied: Go away",
        ),
        ("{redirect_uri}?code=&state={state}", "there is no code|that is no code"),
        ("{redirect_uri}?code=c0de&code=c1de&state={state}", "says code twice"),
    ],
)
def test_an_answer_that_is_none_of_this_login_gets_no_token(
    back: str, words: str, server: Server, oauth: OAuth, home: Path
) -> None:
    def ask(link: str) -> str:
        return back.format(**query_of(link))

    client = restpath.connect(ALL, server.url, **APP)
    with pytest.raises(AuthError, match=words) as caught:
        restpath.login(client, ask=ask, redirect_uri="https://app.example/back")
    assert "c0de" not in text_of(caught.value)
    assert not oauth.asked
    if "code=&" not in back and "its state" not in words:  # which the loopback does not take for an end
        with pytest.raises(AuthError, match=words):
            restpath.login(client, "authorization_code", show=Browser(back))
    assert not oauth.asked
    assert kept(home) == {}


def test_a_login_may_end_in_another_request(server: Server, oauth: OAuth) -> None:
    client = restpath.connect(ALL, server.url, **APP)
    begun = restpath.begin_login(client, "https://app.example/back")
    session = json.loads(json.dumps(begun.to_json()))
    assert "s3cret" not in str(session)
    later = restpath.connect(ALL, server.url, store=None, **APP)
    answered = f"https://app.example/back?code=c0de&state={query_of(begun.link)['state']}"
    restpath.login(later, authorization=restpath.Authorization.from_json(session), answer=answered)
    assert later.a.get() == {"token": "t0ken-1"}
    assert oauth.asked[0]["code_verifier"] == session["code_verifier"]
    with pytest.raises(AuthError, match="state"):
        restpath.login(later, authorization=restpath.begin_login(client), answer=answered)


def test_a_code_that_is_refused_says_so(server: Server, oauth: OAuth) -> None:
    client = restpath.connect(ALL, server.url, **APP)
    with pytest.raises(AuthError, match="unsupported_grant_type") as caught:
        restpath.login(client, ask=lambda link: "wr0ng-c0de")
    assert "wr0ng-c0de" not in text_of(caught.value)


# ---- by another device


class Devices:
    """A service for devices: the words that it says to each question."""

    def __init__(self, oauth: OAuth, *said: Any) -> None:
        self.oauth, self.said = oauth, list(said)
        self.begun: list[dict[str, str]] = []
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Any:
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.target == "/device":
            self.begun.append(fields)
            return told(
                {
                    "device_code": "d3vice", "user_code": "ABCD-EFGH", "verification_uri": "https://go.example/device",
                    "interval": 5, "expires_in": 60,
                }
            )  # fmt: skip
        if request.target != "/token" or fields.get("grant_type") != "device":
            return self.oauth(request)
        self.asked.append(fields["device_code"])
        said = self.said.pop(0)
        return told({"error": said}, 400) if isinstance(said, str) else said


def by_device(devices: Devices) -> tuple[FakeClock, list[str], restpath.Client]:
    clock, shown = FakeClock(), list[str]()
    with Server(devices) as server:
        client = restpath.connect(ALL, server.url, retries=0, **APP)
        use_clock(client, clock)
        restpath.login(client, "device_code", show=shown.append)
        client.a.get()
    return clock, shown, client


def test_a_device_asks_as_often_as_it_is_told_to(oauth: OAuth, home: Path) -> None:
    token = oauth._token()
    devices = Devices(oauth, "authorization_pending", "slow_down", "authorization_pending", token)
    clock, shown, _ = by_device(devices)
    assert clock.slept == [5, 5, 10, 10]
    assert shown == ["Open https://go.example/device and confirm the code ABCD-EFGH"]
    assert devices.asked == ["d3vice"] * 4
    assert devices.begun[0]["client_id"] == "app"
    assert "t0ken-1" in str(kept(home))


def test_a_device_asks_less_often_where_nobody_answers(oauth: OAuth) -> None:
    def gone(sock: Any) -> None:
        """Close the connection without a word."""

    clock, _, _ = by_device(Devices(oauth, gone, oauth._token()))
    assert clock.slept == [5, 10]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (["access_denied"], "access_denied"),
        (["authorization_pending", "expired_token"], "expired_token"),
        (["authorization_pending"] * 20, "nobody confirmed ABCD-EFGH .* within 60 seconds"),
    ],
)
def test_a_device_that_nobody_confirms_gets_no_token(said: list[str], words: str, oauth: OAuth, home: Path) -> None:
    with pytest.raises(AuthError, match=words) as caught:
        by_device(Devices(oauth, *said))
    assert "d3vice" not in text_of(caught.value)
    assert kept(home) == {}


# ---- what is wrong with a login


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"grant": "implicit"}, "no grant 'implicit'; there are password, authorization_code"),
        ({"grant": 5}, "no grant 5"),
        ({"grant": ["password"]}, r"no grant \['password'\]"),
        ({"passwort": "s3cret"}, "login() knows no 'passwort'; did you mean 'password'"),
        ({"username": "ann", "password": b"s3cret"}, "'password' needs a text"),
        ({"username": "ann", "password": "s3cret\n"}, "line break"),
        ({"scheme": "other"}, "scheme='other' has no token to get; there are oauth"),
        ({"answer": "c0de"}, "give both"),
        ({"authorization": 5, "answer": "c0de"}, "authorization= is a int"),
        ({"authorization": b"{}", "answer": "c0de"}, "authorization= is a bytes"),
        ({"ask": "c0de"}, "ask= is a str"),
        ({"show": "c0de", "grant": "device_code"}, "show= is a str"),
        ({"ask": lambda link: 5}, "ask= gave a int"),
        ({"redirect_uri": "https://app.example/back"}, "does not lead to this machine"),
        ({"redirect_uri": "http://127.0.0.1:x/"}, "is no URL"),
        ({"redirect_uri": 5}, "redirect_uri="),
    ],
    ids=str,
)
def test_a_wrong_argument_is_told_of_before_anything_is_sent(
    words: dict[str, Any], problem: str, server: Server
) -> None:
    client = restpath.connect(ALL, server.url, **APP)
    with pytest.raises(InvalidValue, match=problem.replace("()", r"\(\)")) as caught:
        restpath.login(client, **words)
    assert "s3cret" not in text_of(caught.value)
    assert not server.requests


def test_a_service_without_tokens_has_nowhere_to_log_in(server: Server) -> None:
    definition = restpath.read(
        {
            "service": {
                "format": 1, "service": "plain", "credentials": {"key": {}},
                "auth": {"key": {"headers": {"X": "{key}"}}},
            },
            "resources": {"/a": "GET"},
        }
    )  # fmt: skip
    client = restpath.connect(definition, server.url)
    with pytest.raises(InvalidValue, match=r"plain has nowhere to log in: give its credentials to restpath\.connect"):
        restpath.login(client)
    restpath.logout(client)  # there is nothing to forget
    with pytest.raises(InvalidValue, match="takes a client"):
        restpath.login("plain")  # type: ignore[arg-type]


@pytest.mark.parametrize("grant", ["authorization_code"])
def test_a_missing_extra_says_what_to_install(grant: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "oauthlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "oauthlib", None)
    client = restpath.connect(ALL, server.url, **APP)
    with pytest.raises(InvalidValue, match=r"pip install 'restpath\[oauth\]'"):
        restpath.login(client, grant, ask=lambda link: "c0de")
    restpath.login(client, **ANN)  # which needs none
    assert client.a.get() == {"token": "t0ken-1"}


def test_what_a_link_lacks_is_named(server: Server) -> None:
    with pytest.raises(AuthError, match="needs credentials: client_id"):
        restpath.begin_login(restpath.connect(ALL, server.url))


def test_a_server_that_does_not_answer_is_the_networks_fault(home: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    client = restpath.connect(ALL, url, retries=0, **APP)
    for grant in ("password", "device_code"):
        with pytest.raises(TransportError) as caught:
            restpath.login(client, grant, **ANN)
        assert "pa55" not in text_of(caught.value)
    with Server(answer(502, b"<html>pa55-of-ann</html>", "Content-Type: text/html")) as server:
        with pytest.raises(AuthError, match=r"failed with 502.*Try again later") as refused:
            restpath.login(restpath.connect(ALL, server.url, **APP), **ANN)
        assert "pa55" not in text_of(refused.value)
    assert kept(home) == {}
