"""What intercepts requests intercepts us: responses, requests-mock and vcrpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
import responses
import vcr

import restpath
from restpath import NotFound, RequestError, TransportError
from tests.support.scripted import Server, answer, closed_port

URL = "http://api.example/v1"
SESSIONS = [pytest.param(None, id="our session"), pytest.param(requests.Session, id="the user's session")]


def connect(make: Any, url: str = URL) -> restpath.Client:
    return restpath.connect(url, session=make() if make else None, token="t0k", retries=0)


@pytest.mark.parametrize("make", SESSIONS)
def test_responses(make: Any) -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{URL}/people/ann", json={"name": "Ann"}, headers={"X-A": "1"})
        mock.post(
            f"{URL}/people", json={"id": 7}, status=201,
            match=[responses.matchers.json_params_matcher({"name": "Bob"}),
                   responses.matchers.header_matcher({"Authorization": "Bearer t0k"})],
        )  # fmt: skip
        mock.get(f"{URL}/missing", json={"why": "gone"}, status=404)
        mock.get(f"{URL}/old", status=302, headers={"Location": f"{URL}/people/ann", "Set-Cookie": "a=1"})
        mock.get(f"{URL}/broken", body=requests.ConnectionError("broken by hand"))
        client = connect(make)
        reply = client.people["ann"].get.reply()
        assert (reply.content, reply.headers["X-A"]) == ({"name": "Ann"}, "1")
        assert client.people.post(name="Bob") == {"id": 7}
        with pytest.raises(NotFound) as missing:
            client.missing.get()
        assert missing.value.content == {"why": "gone"}
        assert client.old.get() == {"name": "Ann"}
        with pytest.raises(TransportError, match="broken by hand"):
            client.broken.get()
        with pytest.raises(TransportError, match="Connection refused by Responses"):
            client.unknown.get()


@pytest.mark.parametrize("make", SESSIONS)
def test_responses_with_uploads_and_downloads(make: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"content")
    with responses.RequestsMock() as mock:
        mock.post(f"{URL}/files", body=b"", status=204)
        mock.get(f"{URL}/files/1", body=b"downloaded")
        client = connect(make)
        assert client.files.post(upload_file=file) is None
        assert mock.calls[0].request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
        client.files["1"].get.save(tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_bytes() == b"downloaded"


@pytest.mark.parametrize("make", SESSIONS)
def test_requests_mock(make: Any) -> None:
    with requests_mock.Mocker() as mock:
        mock.get(f"{URL}/people/ann?x=1", json={"name": "Ann"}, headers={"X-A": "1"})
        mock.post(f"{URL}/people", json={"id": 7}, status_code=201, request_headers={"Authorization": "Bearer t0k"})
        mock.get(f"{URL}/missing", json={"why": "gone"}, status_code=404)
        mock.get(f"{URL}/old", status_code=302, headers={"Location": "/v1/people/ann?x=1"})
        mock.post(f"{URL}/old", status_code=302, headers={"Location": "/v1/new"})
        mock.get(f"{URL}/slow", exc=requests.exceptions.ConnectTimeout)
        client = connect(make)
        reply = client.people["ann"].get.reply(x=1)
        assert (reply.content, reply.headers["X-A"]) == ({"name": "Ann"}, "1")
        assert client.people.post(name="Bob") == {"id": 7}
        assert mock.last_request.json() == {"name": "Bob"}
        with pytest.raises(NotFound):
            client.missing.get()
        assert client.old.get() == {"name": "Ann"}
        with pytest.raises(RequestError, match="/v1/new"):
            client.old.post()
        with pytest.raises(restpath.Timeout) as slow:
            client.slow.get()
        assert not slow.value.may_have_happened
        with pytest.raises(requests_mock.NoMockAddress):  # no error of requests, and for the test's author alone
            client.unknown.get()


def test_requests_mock_mounted_on_a_session() -> None:
    session = requests.Session()
    adapter = requests_mock.Adapter()
    adapter.register_uri("GET", "mock://api.example/a", text="1")
    adapter.register_uri("GET", f"{URL}/a", json=1)
    session.mount("http://", adapter)
    assert restpath.connect(URL, session=session).a.get() == 1


@pytest.mark.parametrize("make", SESSIONS)
def test_vcrpy_records_and_plays(make: Any, tmp_path: Path) -> None:
    cassette = str(tmp_path / "cassette.yaml")
    with Server([answer(200, b'{"n": 1}', "Content-Type: application/json"), answer(404, b"no")]) as server:
        url = server.url
        with vcr.use_cassette(cassette), connect(make, url) as client:
            assert client.a.get() == {"n": 1}
            with pytest.raises(NotFound):
                client.b.post(x=1)
        assert len(server.requests) == 2
    with vcr.use_cassette(cassette, record_mode="none") as played, connect(make, url) as client:
        assert client.a.get() == {"n": 1}
        with pytest.raises(NotFound):
            client.b.post(x=1)
        assert played.play_count == 2
    with pytest.raises(TransportError):  # nobody is there any more
        connect(make, url).a.get()


def test_a_client_made_before_is_intercepted_too() -> None:
    with connect(None, f"http://127.0.0.1:{closed_port()}") as client:
        with pytest.raises(TransportError):
            client.a.get()
        base = client._core.base_url
        with responses.RequestsMock() as mock:
            mock.get(f"{base}/a", json=1)
            assert client.a.get() == 1
        with requests_mock.Mocker() as other:
            other.get(f"{base}/a", json=2)
            assert client.a.get() == 2
        with pytest.raises(TransportError):
            client.a.get()
