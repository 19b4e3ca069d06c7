"""
Real OAuth servers, by data alone: oidc-provider, which is strict, and oauth2-mock-server, which says what it is told.

Both are programs for Node.js and come by `.ci/run`. They are started once, on loopback. A person at a browser is a
`requests.Session` that fills in forms.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
import requests

import restpath
from restpath import AuthError
from restpath.auth.answers import TokenRefused
from restpath.edge.clock import SystemClock
from tests.support.programs import LOOPBACK, run_program
from tests.support.scripted import closed_port

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).with_name("oauth")
INSTALLED = ROOT / ".node"
NODE = shutil.which("node")
PACKAGES = [INSTALLED / "node_modules" / name for name in ("oidc-provider", "oauth2-mock-server")]
pytestmark = pytest.mark.skipif(
    NODE is None or not all(package.is_dir() for package in PACKAGES),
    reason="needs Node.js and the two servers: .ci/run installs them",
)

# What a careless client would send otherwise than it is: RFC 6749, section 2.3.1.
SECRET = 'a/b+c%d=~ :"x"'
PASSWORD = "correct horse"


# ---- the servers -------------------------------------------------------------------------------------------------


@contextmanager
def started(script: str) -> Iterator[str]:
    """Run a script from standard input, in the folder whose packages it imports, and give the URL that it prints."""
    with (SCRIPTS / script).open("rb") as source:
        command = [NODE or "node", "--input-type=module"]
        with run_program(command, f"listening ({LOOPBACK})$", folder=INSTALLED, stdin=source) as url:
            yield url


@pytest.fixture(scope="module")
def oidc() -> Iterator[str]:
    with started("oidc-provider.mjs") as url:
        yield url


@pytest.fixture(scope="module")
def tame() -> Iterator[str]:
    with started("mock-server.mjs") as url:
        yield url


# ---- the definitions ---------------------------------------------------------------------------------------------


def definition(token: Mapping[str, Any]) -> restpath.Definition:
    """The little API of the two servers, by a bearer token that is got as `token` says."""
    return restpath.read(
        {
            "service": {
                "format": 1, "service": "guarded",
                "credentials": {
                    "client_id": {"secret": False}, "client_secret": {},
                    "username": {"secret": False}, "password": {}, "scope": {"secret": False, "optional": True},
                    "oauth_server": {"secret": False}, "token": {},
                },
                "auth": {"oauth": {"bearer": "{token}", "token": {"credential": "token", **token}}},
            },
            "resources": {"/api/me": "GET", "/userinfo": "GET"},
        }
    )  # fmt: skip


REFRESH = {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"}
CODE = {
    "grant_type": "authorization_code", "code": "{code}", "redirect_uri": "{redirect_uri}",
    "code_verifier": "{code_verifier}", "client_id": "{client_id}",
}  # fmt: skip
LINK = {
    "response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_uri}",
    "scope": "openid offline_access", "prompt": "consent",
}  # fmt: skip
MACHINE = {
    "url": "/token", "basic": ["{client_id}", "{client_secret}"],
    "grants": {"client_credentials": {"grant_type": "client_credentials", "scope": "{scope}"}},
}  # fmt: skip
PERSON = {
    **MACHINE,
    "grants": {
        "password": {"grant_type": "password", "username": "{username}", "password": "{password}"},
        "refresh_token": REFRESH,
    },
}
BROWSER = {
    "url": "/token",
    "grants": {"authorization_code": CODE, "refresh_token": {**REFRESH, "client_id": "{client_id}"}},
    "authorize": {"url": "/auth", "query": LINK},
}
DEVICE = {
    "url": "/token",
    "grants": {
        "device_code": {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "{device_code}",
            "client_id": "{client_id}",
        },
        "refresh_token": {**REFRESH, "client_id": "{client_id}"},
    },
    "device": {"url": "/device/auth", "fields": {"client_id": "{client_id}", "scope": "openid offline_access"}},
}  # fmt: skip


class Clock(SystemClock):
    """A clock that is set forward in place of waiting."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def connected(url: str, token: Mapping[str, Any], **more: Any) -> tuple[restpath.Client, Clock]:
    client = restpath.connect(definition(token), url, **more)
    clock = Clock()
    client._core.clock = clock
    return client, clock


def person(oidc: str, **more: Any) -> tuple[restpath.Client, Clock]:
    known = {"client_id": "app", "client_secret": SECRET, "username": "ann", "password": PASSWORD, **more}
    return connected(oidc, PERSON, **known)


def revoke(oidc: str, token: str | None) -> None:
    """End a token before its time, as an administrator would. Source: RFC 7009."""
    who = ("app", quote(SECRET, safe=""))
    assert requests.post(f"{oidc}/token/revocation", data={"token": token}, auth=who, timeout=30).status_code == 200


# ---- a person at a browser ---------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The first form of a page: where it goes, and what it is filled with to begin with."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._forms = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._forms += 1
            self.action = said.get("action", "") if self._forms == 1 else self.action
        elif tag == "input" and self._forms == 1 and "name" in said:
            self.fields[said["name"]] = said.get("value", "")


def browse(link: str, *, login: str = "ann") -> requests.Response:
    """Open a link and fill in forms until there is none; give the last answer."""
    with requests.Session() as browser:
        answer = browser.get(link, timeout=30)
        for _ in range(12):
            page = Page(answer.text)
            if page.action is None:
                return answer
            known = {"login": login, "password": "any"}
            fields = {name: known.get(name, value) for name, value in page.fields.items()}
            answer = browser.post(urljoin(answer.url, page.action), data=fields, timeout=30)
    raise AssertionError(f"there was always another form, at last at {answer.url}")


# ---- client credentials ------------------------------------------------------------------------------------------


def test_a_client_gets_its_token_by_itself(oidc: str) -> None:
    """Its secret has all the characters that basic authentication and forms disagree about."""
    client, _ = connected(oidc, MACHINE, client_id="app", client_secret=SECRET)
    with client:
        first, second = client.api.me.get(), client.api.me.get()
    assert (first["client"], first["who"]) == ("app", None)
    assert first["token"] == second["token"]


def test_a_clients_token_is_got_anew_when_it_ends(oidc: str) -> None:
    client, clock = connected(oidc, MACHINE, client_id="app", client_secret=SECRET)
    with client:
        first = client.api.me.get()["token"]
        clock.ahead = 3560
        assert client.api.me.get()["token"] == first
        clock.ahead = 3580  # it is still good; what is sent now might come too late
        assert client.api.me.get()["token"] != first


def test_a_wrong_client_secret_is_refused_and_not_said(oidc: str) -> None:
    client, _ = connected(oidc, MACHINE, client_id="app", client_secret="no-such-secret")
    with (
        client,
        pytest.raises(TokenRefused, match=r"was refused \(401\): invalid_client.*client's own") as caught,
    ):
        client.api.me.get()
    assert caught.value.code == "invalid_client"
    assert "no-such-secret" not in str(caught.value)


def test_a_scope_that_the_client_may_not_have_is_refused(oidc: str) -> None:
    client, _ = connected(oidc, MACHINE, client_id="app", client_secret=SECRET, scope="read")
    with client, pytest.raises(TokenRefused, match=r"\(400\): invalid_scope: .*\. Ask for less"):
        client.api.me.get()


# ---- password and refresh ----------------------------------------------------------------------------------------


def test_a_password_gets_a_token_and_is_forgotten(oidc: str) -> None:
    client, _ = person(oidc)
    with client:
        assert client.api.me.get()["who"] == "ann"
        assert client._core.credential("password") is None
        assert client._core.credential("username") == "ann"
        assert restpath.which_credentials(client)["token"] == "token endpoint"


@pytest.mark.parametrize("password", ["wrong horse", "x", "no"])
def test_a_refused_password_is_not_said(oidc: str, password: str) -> None:
    """Although this server says it back in its own words, and however short it is."""
    client, _ = person(oidc, password=password)
    with client, pytest.raises(TokenRefused, match=r"/token was refused \(400\): invalid_grant") as caught:
        client.api.me.get()
    words = str(caught.value).replace(f"POST {oidc}/token was refused (400): invalid_grant", "")
    assert not re.search(rf"\b{password}\b", words)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_token_is_renewed_before_it_ends(oidc: str) -> None:
    """Twice over: each time the server takes the old refresh token away and gives another."""
    client, clock = person(oidc)
    with client:
        seen = [client.api.me.get()["token"]]
        for _ in range(2):
            clock.ahead += 3590
            seen.append(client.api.me.get()["token"])
            assert client.api.me.get()["token"] == seen[-1]
    assert len(set(seen)) == 3


def test_a_token_is_renewed_once_after_a_401(oidc: str) -> None:
    client, _ = person(oidc)
    with client:
        first = client.api.me.get()["token"]
        revoke(oidc, client._core.credential("token"))
        again = client.api.me.get()
    assert (again["who"], again["token"] != first) == ("ann", True)


def test_many_threads_renew_once(oidc: str) -> None:
    """Were a refresh token used twice, the server would take it for stolen, and end them all."""
    client, clock = person(oidc)
    with client:
        client.api.me.get()
        for _ in range(3):
            clock.ahead += 3590
            with ThreadPoolExecutor(8) as pool:
                found = list(pool.map(lambda _: client.api.me.get()["token"], range(24)))
            assert len(set(found)) == 1


def test_a_login_ends_where_it_cannot_be_renewed(oidc: str) -> None:
    """The refresh token was revoked: the password is gone, so the person is asked to log in again."""
    client, clock = person(oidc)
    with client:
        client.api.me.get()
        held = next(iter(client._core.prover.keeper._held.values()))
        assert held.token.refresh is not None
        revoke(oidc, held.token.refresh.reveal())
        clock.ahead = 3590
        with pytest.raises(TokenRefused, match=r"invalid_grant.*log in again") as caught:
            client.api.me.get()
    assert held.token.refresh.reveal() not in str(caught.value)


def test_a_stored_login_goes_on_in_another_program(oidc: str, tmp_path: Path) -> None:
    """The second knows neither password nor token, renews what the first left, and leaves the first its renewal."""
    store = tmp_path / "tokens.json"
    first, _ = person(oidc, store=store)
    with first:
        restpath.login(first)
        token = first.api.me.get()["token"]
    assert PASSWORD not in store.read_text("utf-8")
    second, clock = connected(oidc, PERSON, client_id="app", client_secret=SECRET, store=store)
    with second:
        assert second.api.me.get()["token"] == token
        clock.ahead = 3590
        renewed = second.api.me.get()["token"]
        assert renewed != token
    third, _ = connected(oidc, PERSON, client_id="app", client_secret=SECRET, store=store)
    with third:
        assert third.api.me.get()["token"] == renewed
        restpath.logout(third)
        with pytest.raises(AuthError, match="needs credentials"):
            third.api.me.get()


def test_an_oauth_server_that_the_service_names_is_asked(oidc: str) -> None:
    """What /api/info says is asked for once, without credentials."""
    token = {
        **PERSON, "url": "{oauth_server}/token",
        "discovery": {"oauth_server": {"path": "/api/info", "pointer": "/oauth_server"}},
    }  # fmt: skip
    known = {"client_id": "app", "client_secret": SECRET, "username": "ann", "password": PASSWORD}
    client, _ = connected(oidc, token, **known)
    with client:
        assert client.api.me.get()["who"] == "ann"


# ---- authorization code ------------------------------------------------------------------------------------------


@pytest.fixture
def oauthlib() -> None:
    pytest.importorskip("oauthlib", reason="needs oauthlib: python -m pip install 'restpath[oauth]'")


@pytest.mark.usefixtures("oauthlib")
def test_a_person_logs_in_at_a_browser(oidc: str) -> None:
    """Code with PKCE, state and a redirect to this machine, which the server insists on; renewed without the person."""
    client, clock = connected(oidc, BROWSER, client_id="cli", store=None)
    pages = []
    with client:
        restpath.login(
            client, redirect_uri=f"http://127.0.0.1:{closed_port()}/callback",
            show=lambda link: pages.append(browse(link, login="ben")),
        )  # fmt: skip
        first = client.api.me.get()
        clock.ahead = 3590
        second = client.api.me.get()
    assert "close this window" in pages[0].text
    assert (first["who"], first["client"], second["who"]) == ("ben", "cli", "ben")
    assert first["token"] != second["token"]


@pytest.mark.usefixtures("oauthlib")
def test_a_person_who_says_no_is_an_error(oidc: str) -> None:
    """The link of the first form's page that says so leads back with an error, which is told."""
    client, _ = connected(oidc, BROWSER, client_id="cli", store=None)

    def say_no(link: str) -> None:
        with requests.Session() as browser:
            page = browser.get(link, timeout=30)
            away = re.search(r'href="([^"]*/abort)"', page.text)
            assert away is not None
            browser.get(urljoin(page.url, away.group(1)), timeout=30)

    uri = f"http://127.0.0.1:{closed_port()}/callback"
    with client, pytest.raises(TokenRefused, match=r"the login was refused: access_denied: .*aborted") as caught:
        restpath.login(client, redirect_uri=uri, show=say_no)
    assert caught.value.code == "access_denied"


@pytest.mark.usefixtures("oauthlib")
def test_a_web_application_ends_a_login_in_another_request(oidc: str) -> None:
    """What is kept in between is JSON; a code is good for one login, and for the one that asked for it."""
    uri = "http://127.0.0.1:1/callback"  # nobody listens: the browser's last request is the answer
    client, _ = connected(oidc, BROWSER, client_id="cli", store=None)
    with client:
        begun = restpath.begin_login(client, uri)
        kept = json.dumps(begun.to_json())
        answer = redirected(begun.link)
        other = restpath.begin_login(client, uri)
        with pytest.raises(AuthError, match="its state is not the one"):
            restpath.login(client, authorization=other, answer=answer)
        stolen = restpath.Authorization.from_json({**json.loads(kept), "code_verifier": "x" * 43})
        with pytest.raises(TokenRefused, match="invalid_grant"):  # PKCE: who brings the code is not who asked for it
            restpath.login(client, authorization=stolen, answer=answer)
        begun = restpath.begin_login(client, uri)
        back = restpath.Authorization.from_json(begun.to_json())
        restpath.login(client, authorization=back, answer=redirected(begun.link))
        assert client.api.me.get()["who"] == "ann"


def redirected(link: str) -> str:
    """The URL on this machine at which a browser ends, where nobody answers."""
    with pytest.raises(requests.ConnectionError) as caught:
        browse(link)
    assert caught.value.request is not None
    assert caught.value.request.url is not None
    return caught.value.request.url


# ---- device ------------------------------------------------------------------------------------------------------


class Elsewhere(Clock):
    """A clock by which a person confirms while the device waits for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.link = ""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 2:
            assert browse(self.link, login="tina").status_code == 200


def test_a_person_confirms_a_device(oidc: str) -> None:
    """The device asks, waits, asks again, and has its token; nothing is waited for in earnest."""
    client, _ = connected(oidc, DEVICE, client_id="tv", store=None)
    clock = Elsewhere()
    client._core.clock = clock
    words = []

    def show(text: str) -> None:
        words.append(text)
        clock.link = re.search(r"http://\S+", text).group()  # type: ignore[union-attr]

    with client:
        restpath.login(client, "device_code", show=show)
        assert client.api.me.get()["who"] == "tina"
    assert clock.slept == [5.0, 5.0]
    assert re.search(r"Open http://127\.0\.0\.1:\d+/device\S* and confirm the code [A-Z]{4}-[A-Z]{4}", words[0])


def test_a_device_that_nobody_confirms_gives_up(oidc: str) -> None:
    client, clock = connected(oidc, DEVICE, client_id="tv", store=None)
    with client, pytest.raises(TokenRefused, match=r"nobody confirmed .* within 600 seconds") as caught:
        restpath.login(client, "device_code", show=lambda _: None)
    assert caught.value.code == "expired_token"
    assert sum(clock.slept) == 600


# ---- a server that answers what it is told -----------------------------------------------------------------------


def told(tame: str, scope: str) -> restpath.Client:
    return connected(tame, MACHINE, client_id="any", client_secret="hidden-secret", scope=scope)[0]


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("no token", "answered nonsense: no token at /access_token; it has 'token_type'"),
        ("empty token", "answered nonsense: no text that could be a token at /access_token"),
        ("two lines", "answered nonsense: no text that could be a token at /access_token"),
        ("lifetime in words", "answered nonsense: no number of seconds at /expires_in"),
        ("refused with 200", "was refused (200): invalid_grant: The code has been used"),
        ("broken", "failed with 500: server_error. Try again later"),
    ],
)
def test_a_token_endpoint_that_answers_nonsense_is_an_error(tame: str, scope: str, says: str) -> None:
    with told(tame, scope) as client, pytest.raises(AuthError) as caught:
        client.userinfo.get()
    assert str(caught.value).startswith(f"POST {tame}/token {says}")
    assert "hidden-secret" not in str(caught.value)


@pytest.mark.parametrize(("scope", "lifetime"), [("lifetime as text", 120.0), ("for ever", None)])
def test_a_lifetime_that_is_written_otherwise_is_understood(tame: str, scope: str, lifetime: float | None) -> None:
    with told(tame, scope) as client:
        assert client.userinfo.get() == {"authorization": "Bearer good"}
        assert next(iter(client._core.prover.keeper._held.values())).token.lifetime == lifetime


def test_every_grant_is_known_to_another_server(tame: str) -> None:
    """Client credentials, password and refresh, by the same data but for the address."""
    with told(tame, "any") as client:
        assert re.fullmatch(r"Bearer [\w.-]+", client.userinfo.get()["authorization"])
    client, clock = connected(tame, PERSON, client_id="a", client_secret="b", username="ann", password="any")
    with client:
        client.userinfo.get()
        clock.ahead = 3590
        assert client.userinfo.get()["authorization"].startswith("Bearer ")


@pytest.mark.usefixtures("oauthlib")
def test_a_code_is_known_to_another_server(tame: str) -> None:
    """It sends the browser back at once; PKCE and state are its own."""
    token = {**BROWSER, "authorize": {"url": "/authorize", "query": LINK}}
    client, _ = connected(tame, token, client_id="any", store=None)
    with client:
        restpath.login(client, show=lambda link: requests.get(link, timeout=30))
        assert client.userinfo.get()["authorization"].startswith("Bearer ")


def test_hosts_are_this_machine(oidc: str, tame: str) -> None:
    """Nothing but loopback is listened on."""
    assert {urlsplit(url).hostname for url in (oidc, tame)} == {"127.0.0.1"}
