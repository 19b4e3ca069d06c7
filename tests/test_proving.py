"""Who calls: whose credentials win, what is not even looked at, what goes into which call."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

import restpath
from restpath import AuthError, InvalidValue
from tests.support.oauth import OAuth, definition_of, told
from tests.support.scripted import Request, Server

LAYERED: dict[str, Any] = {
    "service": {
        "format": 1,
        "service": "test",
        "credentials": {"key": {"netrc": "test-api"}, "client_id": {"secret": False}, "client_secret": {}},
        "auth": {
            "key": {
                "headers": {"X-Key": "{key}"},
                "token": {
                    "credential": "key",
                    "url": "/token",
                    "basic": ["{client_id}", "{client_secret}"],
                    "grants": {"client_credentials": {"grant_type": "client_credentials"}},
                },
            }
        },
    },
    "resources": {"/a": "GET"},
}
TEST = restpath.read(LAYERED)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(told(1)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path))
    (tmp_path / "restpath").mkdir()
    return tmp_path


def configure(home: Path, text: str) -> None:
    file = home / "restpath" / "config.ini"
    file.write_text(text)
    file.chmod(0o600)


def store(home: Path, key: str, **token: Any) -> None:
    file = home / "restpath" / "tokens.json"
    file.write_text(json.dumps({key: token}))
    file.chmod(0o600)


def netrc(home: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    file = home / "netrc"
    file.write_text(text)
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))


def command(marker: Path, value: str) -> str:
    """A command for a profile that leaves a mark when it is run."""
    code = f"open({str(marker)!r}, 'a').write('x'); print({value!r})"
    return "cmd:" + (shlex.join([sys.executable, "-c", code]))


def sent(server: Server, *names: str) -> tuple[str | None, ...]:
    return tuple(server.requests[-1].header(name) for name in names)


# ---- the order


def test_the_nearest_wins_and_each_says_where_it_is_from(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = requests.Session()
    session.headers["X-Key"] = "of session"
    monkeypatch.setenv("RESTPATH_TEST_KEY", "of environment")
    configure(home, "[test]\nkey = of profile\n")
    store(home, f"test {server.url}", access_token="of login")
    netrc(home, monkeypatch, "machine test-api login x password of-netrc\n")
    config = home / "restpath" / "config.ini"

    def found(**words: Any) -> tuple[Any, ...]:
        client = restpath.connect(TEST, server.url, **words)
        client.a.get()
        return *sent(server, "x-key"), restpath.which_credentials(client)

    client = restpath.connect(TEST, server.url, key="of connect", session=session)
    client.a.get(headers={"X-Key": "of call"})
    assert sent(server, "x-key") == ("of call",)
    assert found(key="of connect", session=session) == ("of connect", {"key": "connect"})
    assert found(session=session) == ("of session", {"auth": "auth= or the session"})
    assert found() == ("of environment", {"key": "environment RESTPATH_TEST_KEY"})
    monkeypatch.delenv("RESTPATH_TEST_KEY")
    assert found() == ("of profile", {"key": f"profile [test] in {config}"})
    config.unlink()
    assert found() == ("of login", {"key": "stored login"})
    (home / "restpath" / "tokens.json").unlink()
    assert found() == ("of-netrc", {"key": "netrc, machine test-api"})
    monkeypatch.delenv("NETRC")
    with pytest.raises(AuthError):
        found()
    netrc(home, monkeypatch, "machine 127.0.0.1 login net password rc\n")
    assert found() == (None, {"auth": "netrc"})
    assert sent(server, "authorization") == ("Basic bmV0OnJj",)


def test_what_is_stored_wins_over_nothing_said_whatever_was_called_before(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = definition_of()
    documents["service"]["credentials"]["key"] = {}
    documents["service"]["auth"]["key"] = {"headers": {"X-Key": "{key}"}}
    documents["resources"]["/o"] = {"methods": {"GET": {"auth": ["oauth"]}}}
    store(home, f"test {server.url}", access_token="of-login")
    monkeypatch.setenv("RESTPATH_TEST_KEY", "of-environment")
    client = restpath.connect(restpath.read(documents), server.url)
    for _ in range(2):
        client.a.get()
        assert sent(server, "x-key", "authorization") == ("of-environment", None)
        client.o.get()
        assert sent(server, "x-key", "authorization") == (None, "Bearer of-login")


def test_the_environment_goes_before_a_stored_login_and_a_login_of_this_client_before_both(home: Path) -> None:
    oauth = OAuth()
    with Server(oauth) as server:
        definition = restpath.read(definition_of())
        client = restpath.connect(definition, server.url)
        oauth.good.add("of-environment")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RESTPATH_TEST_TOKEN", "of-environment")
            assert client.a.get() == {"token": "of-environment"}
            restpath.login(client, client_id="app", client_secret="s3cret-of-app")
            assert client.a.get() == {"token": "t0ken-1"}
            assert restpath.connect(definition, server.url).a.get() == {"token": "of-environment"}
        assert restpath.connect(definition, server.url).a.get() == {"token": "t0ken-1"}


def test_a_call_that_says_itself_who_calls_gets_no_token(home: Path) -> None:
    oauth = OAuth()
    oauth.good.add("mine")
    documents = definition_of()
    documents["service"]["auth"]["oauth"]["headers"] = {"X-Client": "{client_id}"}
    with Server(oauth) as server:
        client = restpath.connect(restpath.read(documents), server.url, client_id="app", client_secret="s3cret-of-app")
        assert client.a.get(headers={"Authorization": "Bearer mine"}) == {"token": "mine"}
        assert sent(server, "x-client") == ("app",)
        with pytest.raises(restpath.Unauthorized):
            client.a.get(headers={"Authorization": "Bearer wrong"})
        assert not oauth.asked
        client.a.get()
        with pytest.raises(restpath.Unauthorized):
            client.a.get(headers={"Authorization": "Bearer wrong"})
        assert (len(oauth.asked), len(oauth.calls)) == (1, 4)


def test_a_command_of_a_profile_is_not_run_where_it_is_not_needed(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = home / "marker"
    configure(home, f"[test]\nkey = {command(marker, 'of-command')}\nclient_secret = {command(marker, 'x')}\n")
    client = restpath.connect(TEST, server.url, key="of connect")
    client.a.get()
    restpath.which_credentials(client)
    monkeypatch.setenv("RESTPATH_TEST_KEY", "of environment")
    restpath.connect(TEST, server.url).a.get()
    monkeypatch.delenv("RESTPATH_TEST_KEY")
    client = restpath.connect(TEST, server.url)
    repr(client), client.a.get.curl(), restpath.which_credentials(client), client._core.credential("client_id")
    assert not marker.exists()
    client.a.get()
    client.a.get()
    assert sent(server, "x-key") == ("of-command",)
    assert marker.read_text() == "x"  # once, and only the one that was needed


def test_what_a_profile_says_openly_fills_paths_and_is_shown_and_no_command_is_run_for_it(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = home / "marker"
    documents = json.loads(json.dumps(LAYERED))
    documents["service"]["path_values"] = {"id": {"spelling": "credential", "text": ":me", "credential": "client_id"}}
    documents["resources"]["/of/{id}"] = "GET"
    documents["service"]["auth"]["key"]["headers"]["X-Client"] = "{client_id}"
    definition = restpath.read(documents)
    run = command(marker, "x")
    configure(home, f"[test]\nclient_id = ann\nkey = k\n[test:run]\nclient_id = {run}\n[test:env]\nclient_id = env:N\n")
    client = restpath.connect(definition, server.url)
    assert restpath.url(client.of[":me"]) == f"{server.url}/of/ann"
    assert "X-Client: ann" in client.of[":me"].get.curl()
    assert client.of[":me"].get.prepare().url.endswith("/of/ann")
    monkeypatch.setenv("N", "bob")
    assert restpath.url(restpath.connect(definition, server.url, profile="env").of[":me"]).endswith("/of/bob")
    monkeypatch.setenv("RESTPATH_TEST_CLIENT_ID", "eve")
    assert restpath.url(client.of[":me"]).endswith("/of/eve")
    monkeypatch.delenv("RESTPATH_TEST_CLIENT_ID")
    with pytest.raises(AuthError, match="as plain text"):
        restpath.url(restpath.connect(definition, server.url, profile="run").of[":me"])
    assert not marker.exists()
    elsewhere = restpath.connect(definition, "https://other.example", profile="run")
    assert "X-Client: <client_id>" in elsewhere.of["x"].get.curl()
    configure(home, "nonsense\n")
    assert "X-Client: <client_id>" in restpath.connect(definition, server.url, key="k").of["x"].get.curl()


def test_a_profile_that_cannot_be_read_does_not_matter_where_it_is_not_needed(server: Server, home: Path) -> None:
    configure(home, "nonsense\n")
    restpath.connect(TEST, server.url, key="of connect").a.get()
    with pytest.raises(InvalidValue, match="before the first"):
        restpath.connect(TEST, server.url).a.get()


def test_a_profile_has_to_be_there(server: Server, home: Path) -> None:
    configure(home, "[test:office]\nkey = of-office\n[test]\nkey = usual\n")
    with pytest.raises(InvalidValue, match=r"no profile 'ofice'; did you mean 'office'\?.*there are office"):
        restpath.connect(TEST, server.url, profile="ofice")
    with pytest.raises(InvalidValue, match="profile= is a int"):
        restpath.connect(TEST, server.url, profile=1)  # type: ignore[arg-type]
    restpath.connect(TEST, server.url, profile="office").a.get()
    assert sent(server, "x-key") == ("of-office",)


def test_a_profile_for_another_server_is_named_where_credentials_are_wanting(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, "[test:night]\nbase_url = https://elsewhere.example\nkey = s3cret\n")
    monkeypatch.setenv("RESTPATH_TEST_BASE_URL", server.url)
    said = r"What \[test:night\] says now is for https://elsewhere\.example, and goes nowhere else\. Nothing was sent$"
    with pytest.raises(restpath.AuthError, match=said):
        restpath.connect(TEST, profile="night").a.get()
    assert server.requests == []


def test_a_profile_may_say_where_the_service_is(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(
        home, f"[test:office]\nbase_url = {server.url}/office\nkey = of-office\n[test]\nbase_url = {server.url}/usual\n"
    )
    restpath.connect(TEST, profile="office").a.get()
    assert server.requests[-1].target == "/office/a"
    restpath.connect(TEST, key="k").a.get()
    assert server.requests[-1].target == "/usual/a"
    monkeypatch.setenv("RESTPATH_TEST_BASE_URL", f"{server.url}/environment")
    restpath.connect(TEST, profile="office").a.get()
    assert server.requests[-1].target == "/environment/a"
    restpath.connect(TEST, f"{server.url}/said", profile="office").a.get()
    assert server.requests[-1].target == "/said/a"


@pytest.mark.parametrize("mark", ["\n", "\r", "\r\nX: y"])
def test_a_variable_with_a_line_break_is_an_error_before_anything_is_sent(
    mark: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = restpath.connect(TEST, server.url)
    monkeypatch.setenv("RESTPATH_TEST_KEY", f"s3cret{mark}")
    for make in (lambda: restpath.connect(TEST, server.url), client.a.get):
        with pytest.raises(InvalidValue, match="'key in RESTPATH_TEST_KEY' has a line break") as caught:
            make()
        assert "s3cret" not in str(caught.value)
    assert not server.requests
    restpath.connect(TEST, server.url, key="given").a.get()  # which is not looked at where connect says it


@pytest.mark.parametrize(
    ("text", "words"),
    [("macron s3cret", "cannot be read: bad"), ("bad", "cannot be read: bad")],
)
def test_a_damaged_netrc_is_told_of_without_its_words(
    text: str, words: str, server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc(home, monkeypatch, "machine test-api password s3cret " + text + "\n")
    with pytest.raises(AuthError, match=words) as caught:
        restpath.connect(TEST, server.url).a.get()
    assert "s3cret" not in str(caught.value)
    restpath.connect(TEST, server.url, key="k").a.get()


# ---- levels together

PAIRED = restpath.read(
    {
        "service": {
            "format": 1,
            "service": "test",
            "credentials": {
                "user": {"secret": False}, "token": {}, "password": {}, "scope": {"secret": False, "default": "usual"},
                "extra": {"optional": True},
            },
            "auth": {
                "both": {
                    "headers": {"X-User": "{user}", "X-Token": "{token}", "X-Scope": "{scope}", "X-Extra": "{extra}"}
                },
                "old": {"basic": ["{user}", "{password}"]},
            },
        },
        "resources": {"/a": "GET"},
    }
)  # fmt: skip


def test_what_is_given_is_completed_from_further_away(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTPATH_TEST_USER", "ann")
    configure(home, "[test]\ntoken = of-profile\nuser = bob\n")
    client = restpath.connect(PAIRED, server.url)
    client.a.get()
    assert sent(server, "x-user", "x-token", "x-scope") == ("ann", "of-profile", "usual")
    assert list(restpath.which_credentials(client).values()) == [
        "environment RESTPATH_TEST_USER", f"profile [test] in {home / 'restpath' / 'config.ini'}", "definition",
    ]  # fmt: skip
    restpath.connect(PAIRED, server.url, token="given").a.get()
    assert sent(server, "x-user", "x-token") == ("ann", "given")


def test_a_better_scheme_is_completed_only_where_it_uses_all_that_was_given(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "of-environment")
    restpath.connect(PAIRED, server.url, user="ann", password="pw").a.get()
    assert sent(server, "x-token", "authorization") == (None, "Basic YW5uOnB3")
    restpath.connect(PAIRED, server.url, user="ann").a.get()
    assert sent(server, "x-token", "authorization") == ("of-environment", None)


def test_what_a_scheme_can_go_without_is_taken_from_wherever_it_is(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = restpath.connect(PAIRED, server.url, user="ann", token="t")
    client.a.get()
    assert sent(server, "x-scope", "x-extra") == ("usual", None)
    configure(home, "[test]\nextra = of-profile\nscope = of-profile\ntoken = none\n")
    monkeypatch.setenv("RESTPATH_TEST_SCOPE", "of-environment")
    client = restpath.connect(PAIRED, server.url, user="ann", token="t")
    client.a.get()
    assert sent(server, "x-token", "x-scope", "x-extra") == ("t", "of-environment", "of-profile")
    assert restpath.which_credentials(client)["scope"] == "environment RESTPATH_TEST_SCOPE"
    restpath.connect(PAIRED, server.url, user="ann", token="t", scope="given").a.get()
    assert sent(server, "x-scope") == ("given",)


def test_the_environment_may_name_the_oauth_server(monkeypatch: pytest.MonkeyPatch) -> None:
    oauth = OAuth()
    definition = restpath.read(
        definition_of(url="{server}/token", discovery={"server": {"path": "/info", "pointer": "/oauth"}})
    )
    with Server(oauth) as server, Server(oauth) as other:
        monkeypatch.setenv("RESTPATH_TEST_SERVER", other.url)
        client = restpath.connect(definition, server.url, client_id="app", client_secret="s3cret-of-app")
        assert restpath.which_credentials(client)["server"] == "environment RESTPATH_TEST_SERVER"
        client.a.get()
        assert [each.target for each in server.requests] == ["/a"]
        assert [each.target for each in other.requests] == ["/token"]


def test_a_token_of_the_environment_is_not_mixed_with_a_login_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTPATH_TEST_TOKEN", "of-environment")
    monkeypatch.setenv("RESTPATH_TEST_REFRESH_TOKEN", "of-environment")
    oauth = OAuth()
    with Server(oauth) as server:
        definition = restpath.read(definition_of())
        client = restpath.connect(definition, server.url, client_id="app", client_secret="s3cret-of-app")
        assert client.a.get() == {"token": "t0ken-1"}
        with pytest.raises(restpath.Unauthorized):
            restpath.connect(definition, server.url, token="given").a.get()
        assert [fields["grant_type"] for fields in oauth.asked] == ["client_credentials"]


# ---- what is missing


def test_without_credentials_all_is_said_that_would_help(server: Server, home: Path) -> None:
    with pytest.raises(AuthError) as caught:
        restpath.connect(TEST, server.url).a.get()
    assert str(caught.value) == (
        f"GET {server.url}/a needs credentials: key; or client_id, client_secret. Give key=... or client_id=..., "
        "client_secret=... to restpath.connect(), set RESTPATH_TEST_KEY or RESTPATH_TEST_CLIENT_ID, "
        "RESTPATH_TEST_CLIENT_SECRET in the environment, write them under [test] in "
        f"{home / 'restpath' / 'config.ini'}, write the password of the machine test-api in the "
        "netrc, or log in by restpath.login(). Nothing was sent"
    )
    with pytest.raises(
        AuthError, match=r"needs credentials: key; or client_secret\. Give key=\.\.\. or client_secret="
    ):
        restpath.connect(TEST, server.url, client_id="app").a.get()
    configure(home, "[test:office]\nclient_id = app\n")
    with pytest.raises(AuthError, match=r"key; or client_secret.*under \[test:office\]"):
        restpath.connect(TEST, server.url, profile="office").a.get()
    with pytest.raises(AuthError):
        restpath.which_credentials(restpath.connect(TEST, server.url))
    assert not server.requests


def test_a_service_without_a_name_is_not_looked_for_anywhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = json.loads(json.dumps(LAYERED))
    del documents["service"]["service"]
    monkeypatch.setenv("RESTPATH__KEY", "s3cret")
    with pytest.raises(AuthError) as caught:
        restpath.connect(restpath.read(documents), server.url).a.get()
    assert "RESTPATH_" not in str(caught.value)
    assert "[]" not in str(caught.value)


def test_a_service_without_a_name_keeps_tokens_where_it_is_told(tmp_path: Path) -> None:
    documents = definition_of()
    del documents["service"]["service"]
    oauth = OAuth()
    with Server(oauth) as server:
        for _ in range(2):
            client = restpath.connect(
                restpath.read(documents), server.url, store=tmp_path / "t", client_id="app",
                client_secret="s3cret-of-app",
            )  # fmt: skip
            client.a.get()
    assert len(oauth.asked) == 1


@pytest.mark.parametrize("what", [5, str, object(), ""])
def test_a_store_that_is_none_is_an_error_of_connect(what: Any, server: Server) -> None:
    for definition in (TEST, PAIRED):
        with pytest.raises(InvalidValue):
            restpath.connect(definition, server.url, store=what)


# ---- what goes into a call


def scheme(words: dict[str, Any], **more: Any) -> restpath.Definition:
    return restpath.read(
        {
            "service": {
                "format": 1,
                "service": "test",
                "credentials": {"key": {}, "secret": {}, "maybe": {"optional": True}},
                "auth": {"one": words, **more},
            },
            "resources": {
                "/a": "GET POST",
                "/form": {"methods": {"POST": {"fields": "form"}}},
                "/named": {"methods": {"POST": {"fields": "form", "name": "doc.get"}, "GET": {"name": "doc.look"}}},
            },
        }
    )


def pairs_sent(request: Request) -> list[tuple[str, str]]:
    query = parse_qsl(request.target.partition("?")[2])
    kind = request.header("content-type") or ""
    return query + (parse_qsl(request.body.decode()) if kind.startswith("application/x-www-form") else [])


def test_what_needs_an_optional_credential_is_left_out_without_it(server: Server) -> None:
    words = {
        "headers": {"X-Key": "{key}", "X-Both": "{key}-{maybe}"},
        "query": {"m": "{maybe}"},
        "basic": ["{key}", "{maybe}"],
    }
    definition = scheme(words)
    restpath.connect(definition, server.url, key="k").a.get()
    assert sent(server, "x-key", "x-both", "authorization") == ("k", None, None)
    assert server.requests[-1].target == "/a"
    restpath.connect(definition, server.url, key="k", maybe="m").a.get()
    assert sent(server, "x-key", "x-both", "authorization") == ("k", "k-m", "Basic azpt")
    assert server.requests[-1].target == "/a?m=m"


def test_a_scheme_of_nothing_lets_a_call_go_without(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = scheme({"headers": {"X-Key": "{key}"}}, none={"documentation": "open"})
    client = restpath.connect(definition, server.url)
    client.a.get()
    assert sent(server, "x-key") == (None,)
    assert restpath.which_credentials(client) == {}
    monkeypatch.setenv("RESTPATH_TEST_KEY", "k")
    restpath.connect(definition, server.url).a.get()
    assert sent(server, "x-key") == ("k",)


def test_a_call_that_may_go_without_is_not_stopped_by_a_netrc(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc(home, monkeypatch, "machine test-api bad s3cret\n")
    words = {"headers": {"X-Key": "{key}"}}
    documents = {
        "service": {
            "format": 1,
            "service": "test",
            "credentials": {"key": {"netrc": "test-api"}},
            "auth": {"a": words},
        },
        "resources": {"/a": "GET"},
    }
    with pytest.raises(AuthError, match="cannot be read"):
        restpath.connect(restpath.read(documents), server.url).a.get()
    documents["service"]["auth"]["open"] = {}  # type: ignore[index]
    restpath.connect(restpath.read(documents), server.url).a.get()
    assert sent(server, "x-key") == (None,)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_netrc_that_others_can_read_says_what_to_run(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".netrc"
    file.write_text("machine test-api login ann password s3cret\n")
    file.chmod(0o644)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    with pytest.raises(AuthError, match=r"others can read the passwords in the netrc ~/.netrc: run chmod 600 ~/.netrc"):
        restpath.connect(TEST, server.url).a.get()


def test_a_credential_with_the_name_of_a_setting_is_given_among_credentials(server: Server) -> None:
    auth = {"a": {"headers": {"X-A": "{timeout}", "X-B": "{key-id}", "X-C": "{user}"}}}
    names: dict[str, Any] = {"timeout": {}, "key-id": {}, "user": {}}
    service = {"format": 1, "service": "test", "credentials": names, "auth": auth}
    definition = restpath.read({"service": service, "resources": {"/a": "GET"}})
    with pytest.raises(AuthError) as caught:
        restpath.connect(definition, server.url).a.get()
    assert 'Give credentials={"timeout": ...}, credentials={"key-id": ...}, user=... to' in str(caught.value)


def test_a_user_name_with_a_colon_is_refused_before_anything_is_sent(server: Server) -> None:
    definition = scheme({"basic": ["{key}", "{maybe}"]})
    with pytest.raises(InvalidValue, match=r"'a:b' has a colon in it.*RFC 7617") as caught:
        restpath.connect(definition, server.url, key="a:b", maybe="s3cret").a.get()
    assert "s3cret" not in str(caught.value)
    cases: tuple[dict[str, Any], ...] = (
        {"auth": ("a:b", "s3cret")},
        {"url": server.url.replace("//", "//a%3Ab:s3cret@")},
    )
    for words in cases:
        with pytest.raises(InvalidValue, match="colon"):
            restpath.connect(definition, **{"url": server.url, **words})
    assert not server.requests


def test_a_call_with_all_it_needs_looks_into_the_environment_for_what_is_open_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import restpath.proving

    looked: list[Any] = []

    def looking(definition: Any, given: Any, names: Any = None) -> Any:
        looked.append(names)
        return given

    monkeypatch.setattr(restpath.proving, "with_environment", looking)
    client = restpath.connect(PAIRED, server.url, user="ann", token="t", scope="all", extra="e")
    client.a.get()
    assert looked == []
    restpath.connect(PAIRED, server.url, user="ann", token="t", scope="all").a.get()
    assert looked == [["extra"]]


@pytest.mark.parametrize("said", ["", "ftp://a.example", "https://a.example?b=c"])
def test_a_base_url_that_is_none_is_told_of_with_its_place(
    said: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said:
        configure(home, f"[test]\nbase_url = {said}\n")
        with pytest.raises(InvalidValue, match=r"^base_url of profile \[test\] in .*config.ini: .*give one such as"):
            restpath.connect(TEST)
    monkeypatch.setenv("RESTPATH_TEST_BASE_URL", said)
    with pytest.raises(InvalidValue, match=r"^RESTPATH_TEST_BASE_URL: .*give one such as"):
        restpath.connect(TEST)


def test_fields_go_where_the_calls_own_fields_go(server: Server, tmp_path: Path) -> None:
    client = restpath.connect(scheme({"fields": {"api_key": "{key}"}}), server.url, key="k&y")
    client.a.get(x="1")
    assert pairs_sent(server.requests[-1]) == [("x", "1"), ("api_key", "k&y")]
    client.form.post(x="1")
    assert (server.requests[-1].target, server.requests[-1].body) == ("/form", b"x=1&api_key=k%26y")
    client.form.post()
    assert (server.requests[-1].target, server.requests[-1].body) == ("/form", b"api_key=k%26y")
    client.a.post(x=1)
    assert (server.requests[-1].target, server.requests[-1].body) == ("/a?api_key=k%26y", b'{"x": 1}')
    file = tmp_path / "f"
    file.write_bytes(b"content")
    client.form.post(upload_file=file, x="1")
    assert server.requests[-1].target == "/form"
    assert b'name="api_key"\r\n\r\nk&y\r\n' in server.requests[-1].body


def test_basic_and_bearer_are_written_as_their_rules_say(server: Server) -> None:
    restpath.connect(scheme({"basic": ["{key}", "{secret}"]}), server.url, key="u", secret="p:w").a.get()
    assert sent(server, "authorization") == ("Basic " + base64.b64encode(b"u:p:w").decode(),)
    restpath.connect(scheme({"bearer": "{key}"}), server.url, key="k").a.get()
    assert sent(server, "authorization") == ("Bearer k",)


def test_a_signature_covers_query_and_form_and_the_operation(server: Server) -> None:
    words = {
        "fields": {"api_key": "{key}"},
        "signature": {"digest": "md5", "parameter": "sig", "text": "{pairs}{operation}{secret}"},
    }
    client = restpath.connect(scheme(words), server.url, key="k", secret="s3cret")
    restpath.operation(client, "doc.get")(b="2", qs={"a": "ä 1"})
    expected = hashlib.md5("aä 1api_keykb2doc.gets3cret".encode()).hexdigest()
    assert dict(pairs_sent(server.requests[-1])) == {"a": "ä 1", "b": "2", "api_key": "k", "sig": expected}
    restpath.operation(client, "doc.look")(z="1")
    expected = hashlib.md5(b"api_keykz1doc.looks3cret").hexdigest()
    assert dict(pairs_sent(server.requests[-1])) == {"z": "1", "api_key": "k", "sig": expected}
    assert all("s3cret" not in each.target and b"s3cret" not in each.body for each in server.requests)


def test_a_renewed_token_is_signed_anew() -> None:
    oauth = OAuth()
    documents = definition_of()
    documents["service"]["auth"]["oauth"]["signature"] = {
        "digest": "sha1", "parameter": "sig", "text": "{pairs}{client_secret}{token}",
    }  # fmt: skip
    with Server(oauth) as server:
        client = restpath.connect(restpath.read(documents), server.url, client_id="app", client_secret="s3cret-of-app")
        client.form.post(x="1")
        oauth.revoke()
        client.form.post(x="1")
    signatures = [dict(parse_qsl(body.decode()))["sig"] for _, _, body in oauth.calls]
    expected = [hashlib.sha1(f"x1s3cret-of-appt0ken-{n}".encode()).hexdigest() for n in (1, 1, 2)]
    assert signatures == expected


# ---- to whom it goes


def test_the_services_token_goes_to_the_service_and_its_secrets_to_the_oauth_server() -> None:
    oauth = OAuth(refreshing=True)
    definition = restpath.read(definition_of(url="{server}/token"))
    with Server(oauth) as server, Server(oauth) as other:
        client = restpath.connect(
            definition, server.url, server=other.url, client_id="app", client_secret="s3cret-of-app"
        )
        client.a.get()
        oauth.revoke()
        client.form.post(x="y")
        assert {each.target for each in other.requests} == {"/token"}
        assert all("t0ken" not in str((each.line, each.lines, each.body)) for each in other.requests)
        for each in server.requests:
            assert not {"s3cret", "r3fresh"} & {word for word in ("s3cret", "r3fresh") if word in str(each)}
            assert (each.header("authorization") or "").startswith("Bearer t0ken-")


def test_what_a_profile_says_goes_to_no_other_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "restpath").mkdir()
    own = "base_url = https://own.example.com/v1\ntoken = s3cret\n"
    (tmp_path / "restpath" / "config.ini").write_text(f"[guarded]\n{own}[guarded:work]\n{own}")
    (tmp_path / "restpath" / "config.ini").chmod(0o600)
    definition = restpath.read(
        {
            "service": {"service": "guarded", "credentials": {"token": {}}, "auth": {"t": {"bearer": "{token}"}}},
            "resources": {"/a": "GET"},
        }
    )
    assert restpath.which_credentials(restpath.connect(definition))["token"].startswith("profile [guarded]")
    assert "token" in restpath.which_credentials(restpath.connect(definition, "https://own.example.com/v2"))
    with pytest.raises(AuthError, match="needs credentials: token"):
        restpath.connect(definition, "https://other.example.com").a.get()
    with pytest.raises(InvalidValue, match=r"'work' is for https://own\.example\.com/v1"):
        restpath.connect(definition, "http://own.example.com/v1", profile="work")
