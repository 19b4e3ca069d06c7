"""What tests of other programs lean on: a clock that does not wait, and cassettes without secrets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath.testing import FakeClock, use_clock, vcr_filters

SECRETS = ("tok-5ecret-1", "key-5ecret-2", "pass-5ecret-3", "cook-5ecret-4", "fresh-5ecret-5")
TOKEN, KEY, PASSWORD, COOKIE, FRESH = SECRETS
DEFINITION: dict[str, Any] = {
    "service": {
        "format": 1,
        "service": "taped",
        "base_url": "http://127.0.0.1:1",
        "credentials": {"token": {}, "key": {}},
        "auth": {"both": {"headers": {"X-Odd-Name": "{token}"}, "query": {"odd": "{key}"}}},
    },
    "resources": {"/things": "GET POST", "/login": {"methods": {"POST": {"fields": "form"}}}},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({"things": [1, 2], "access_token": FRESH})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({"ok": True})

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", f"session={COOKIE}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def calls(client: restpath.Client) -> list[Any]:
    return [
        client.things.get(page=2),
        client.things.post(name="a", password=PASSWORD),
        client.login.post(user="ann", password=PASSWORD),
        client.things.get(headers={"Authorization": f"Bearer {TOKEN}"}),
    ]


def test_a_cassette_has_no_secret_in_it_and_plays(url: str, tmp_path: Path) -> None:
    vcr = pytest.importorskip("vcr", reason="vcrpy is not installed")
    with restpath.connect(restpath.read(DEFINITION), url, token=TOKEN, key=KEY) as client:
        recorder = vcr.VCR(**vcr_filters(client))
        with recorder.use_cassette(str(tmp_path / "tape.yaml")):
            recorded = calls(client)
        tape = (tmp_path / "tape.yaml").read_text(encoding="utf-8")
        with recorder.use_cassette(str(tmp_path / "tape.yaml"), record_mode="none") as cassette:
            played = calls(client)
        assert cassette.play_count == 4
    assert [secret for secret in SECRETS if secret in tape] == []
    assert recorded[0] == {"things": [1, 2], "access_token": FRESH}
    assert played[0] == {"things": [1, 2], "access_token": "***"}
    assert played[1:3] == recorded[1:3]
    assert "page=2" in tape


SCHEMES: dict[str, Any] = {
    "fields": {"fields": {"pin": "{key}"}},
    "signed": {"signature": {"parameter": "digest_of_it", "digest": "md5", "text": "{pairs}{key}"}},
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("given", [{"a": "1"}, {"upload_file": ("a.txt", b"words"), "password": PASSWORD}])
def test_what_proves_who_calls_is_in_no_cassette_whatever_carries_it(
    scheme: str, given: dict[str, Any], url: str, tmp_path: Path
) -> None:
    vcr = pytest.importorskip("vcr", reason="vcrpy is not installed")
    service = {**DEFINITION["service"], "auth": {scheme: SCHEMES[scheme]}}
    definition = restpath.read({"service": service, "resources": DEFINITION["resources"]})
    client = restpath.connect(definition, url, key=KEY)
    with client, vcr.VCR(**vcr_filters(client)).use_cassette(str(tmp_path / "tape.yaml")) as cassette:
        client.login.post(**given)
    (request,) = cassette.requests
    body = request.body.decode()
    name = "pin" if scheme == "fields" else "digest_of_it"
    masked = f'name="{name}"\r\n\r\n***\r\n' if "upload_file" in given else f"{name}=***"
    assert masked in body
    assert "words" in body or "a=1" in body
    assert [secret for secret in SECRETS if secret in body] == []


def test_secrets_in_urls_of_header_fields_and_deep_in_bodies_are_in_no_cassette() -> None:
    response = {
        "headers": {"Location": ["http://h/?access_token=5ecret"], "Link": ['<http://h/?token=5ecret>; rel="next"']},
        "body": {"string": b'{"token": {"value": "5ecret", "n": [5, null]}, "api_key": ["5ecret"], "kept": [1]}'},
    }
    clean = vcr_filters()["before_record_response"](response)
    assert clean["headers"]["Location"] == ["http://h/?access_token=***"]
    assert "5ecret" not in str(clean)
    assert json.loads(clean["body"]["string"]) == {
        "token": {"value": "***", "n": ["***", None]}, "api_key": ["***"], "kept": [1],
    }  # fmt: skip


def test_what_is_no_secret_is_recorded_as_it_is(url: str, tmp_path: Path) -> None:
    vcr = pytest.importorskip("vcr", reason="vcrpy is not installed")
    with restpath.connect(url) as client:
        with vcr.VCR(**vcr_filters()).use_cassette(str(tmp_path / "tape.yaml")) as cassette:
            client.things.post({"name": "Zoë", "n": 1.50})
        assert cassette.requests[0].body == b'{"name": "Zo\\u00eb", "n": 1.5}'


def test_a_fake_clock_goes_on_by_sleeping() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.sleep(90)
    assert clock.monotonic() == 90
    assert (clock.now() - before).total_seconds() == 90
    assert clock.slept == [90]


def test_retries_of_a_client_with_a_fake_clock_do_not_wait() -> None:
    client, clock = restpath.connect("http://127.0.0.1:1"), FakeClock()
    use_clock(client, clock)
    with pytest.raises(restpath.ConnectionFailed, match="after 3 tries"):
        client.things.post()
    assert clock.slept == [0.5, 1.0]
