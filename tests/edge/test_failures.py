"""What foreign errors become: the right class, whether it may have happened, a cause without secrets."""

from __future__ import annotations

import gzip
import io
import pickle
import socket
import threading
import traceback
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

import restpath
from restpath import BadReply, ConnectionFailed, InvalidValue, ServerError, TransportError
from tests.support.scripted import Answer, Server, answer, certificate, close, closed_port, reset, stall

SECRET = "s3cret-t0ken/+"
DEFINITION = restpath.read(
    {
        "service": {
            "format": 1, "service": "test", "credentials": {"token": {}},
            "auth": {"query": {"query": {"k": "{token}"}, "headers": {"X-T": "{token}"}}},
        },
        "resources": {"/a": "GET POST HEAD"},
    }
)  # fmt: skip


def sent(data: bytes, then: Callable[[socket.socket], object] = close) -> Callable[[socket.socket], None]:
    """An answer of exactly these bytes, after which something happens to the connection."""

    def run(sock: socket.socket) -> None:
        sock.sendall(data)
        then(sock)

    return run


def connect(url: str, **settings: Any) -> restpath.Client:
    return restpath.connect(DEFINITION, url, token=SECRET, retries=0, **settings)


def failure(answers: Answer, session: requests.Session | None = None, **settings: Any) -> Any:
    """The error that a call ends in; checked for secrets and foreign errors."""
    with Server([answers]) as server:
        client = connect(server.url, session=session, **settings)
        with pytest.raises(restpath.RestpathError) as caught:
            client.a.get(qs={"q": "1"})
    return check(caught.value)


def check(error: restpath.RestpathError) -> restpath.RestpathError:
    for each in (error, error.__cause__):
        text = f"{each} {each!r} {getattr(each, 'args', '')}"
        for form in (SECRET, "s3cret-t0ken%2F%2B"):
            assert form not in text
        assert getattr(each, "request", None) is None
        assert getattr(each, "response", None) is None
    assert error.__context__ is None
    assert type(error).__module__ == "restpath.errors"
    shown = "".join(traceback.format_exception(error))
    assert "s3cret" not in shown
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args) == (type(error), error.args)
    assert getattr(copy, "may_have_happened", None) == getattr(error, "may_have_happened", None)
    return error


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ZIPPED = gzip.compress(bytes(range(256)) * 100)

FAULTS: dict[str, tuple[Any, type[TransportError], bool]] = {
    "closed without a word": (close, ConnectionFailed, True),
    "reset without a word": (reset, ConnectionFailed, True),
    "reset inside the header fields": (sent(b"HTTP/1.1 200 OK\r\nX-A", reset), ConnectionFailed, True),
    "no HTTP": (sent(b"220 mail.example ESMTP\r\n\r\n"), BadReply, True),
    "too many header fields": (sent(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n"), BadReply, True),
    "a header line that is too long": (sent(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n"), BadReply, True),
    "two lengths": (sent(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), BadReply, True),
    "a short content": (sent(HEAD + b"Content-Length: 9\r\n\r\nabc"), BadReply, True),
    "reset inside the content": (sent(HEAD + b"Content-Length: 9\r\n\r\nabc", reset), BadReply, True),
    "a short chunk": (sent(CHUNKED + b"9\r\nabc"), BadReply, True),
    "no last chunk": (sent(CHUNKED + b"3\r\nabc\r\n"), BadReply, True),
    "a chunk without a size": (sent(CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n"), BadReply, True),
    "no gzip": (answer(200, b"not zipped", "Content-Encoding: gzip"), BadReply, True),
    "a gzip cut short": (answer(200, ZIPPED[:-20], "Content-Encoding: gzip"), BadReply, True),
    "a deflate cut short": (answer(200, zlib.compress(b"x" * 999)[:-5], "Content-Encoding: deflate"), BadReply, True),
    "gzip in chunks, cut short": (
        sent(CHUNKED[:-2] + b"Content-Encoding: gzip\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (60, ZIPPED[:60])), BadReply, True
    ),
    "silence": (stall, restpath.Timeout, True),
    "silence inside the header fields": (sent(b"HTTP/1.1 200 OK\r\nX-", stall), restpath.Timeout, True),
    "silence inside the content": (sent(HEAD + b"Content-Length: 9\r\n\r\nabc", stall), restpath.Timeout, True),
    "silence inside a chunk": (sent(CHUNKED + b"9\r\nabc", stall), restpath.Timeout, True),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize("make", [None, requests.Session], ids=["our session", "the user's session"])
def test_a_fault_of_the_server_is_the_error_that_fits(what: str, make: Any) -> None:
    answers, kind, happened = FAULTS[what]
    error = failure(answers, session=make() if make else None, timeout=(5, 0.3 if "silence" in what else 5))
    assert type(error) is kind
    assert error.may_have_happened is happened
    assert error.call.method == "GET"
    assert "GET http://127.0.0.1" in str(error)


def test_refused_connections_never_happened() -> None:
    for session in (None, requests.Session()):
        with pytest.raises(ConnectionFailed, match="refused") as caught:
            connect(f"http://127.0.0.1:{closed_port()}", session=session).a.get()
        assert not caught.value.may_have_happened
        assert "nothing was sent" in str(check(caught.value))
        assert "object at 0x" not in str(caught.value)


def test_hosts_that_cannot_be_found_never_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **settings: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ConnectionFailed, match="Name or service not known") as caught:
        connect("http://nowhere.example").a.get()
    assert not caught.value.may_have_happened
    check(caught.value)


def test_a_connection_that_takes_too_long_never_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(self: socket.socket, address: Any) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", slow)
    with pytest.raises(restpath.Timeout) as caught:
        connect("http://127.0.0.1:1").a.get()
    assert not caught.value.may_have_happened
    check(caught.value)


def test_a_handshake_that_breaks_never_happened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.0)
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(restpath.Timeout) as caught:  # accepted by the system, and nobody speaks TLS
            connect(f"https://{host}", timeout=(0.3, 0.3)).a.get()
    assert not caught.value.may_have_happened
    check(caught.value)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        hanging_up = threading.Thread(target=lambda: listener.accept()[0].close())
        hanging_up.start()
        with pytest.raises(TransportError) as broken:
            connect(f"https://{host}", timeout=5).a.get()
        hanging_up.join(5)
    assert not broken.value.may_have_happened
    check(broken.value)


@pytest.mark.parametrize("name", ["good", "self-signed", "expired", "wrong-name"])
def test_a_certificate_that_proves_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support.scripted import AUTHORITY

    if name != "good":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", AUTHORITY)
    with Server(tls=certificate(name)) as server, pytest.raises(restpath.TLSError) as caught:
        connect(server.url).a.get()
    assert not caught.value.may_have_happened
    assert not server.requests
    check(caught.value)


def test_a_proxy_that_cannot_be_reached_never_happened() -> None:
    session = requests.Session()
    session.proxies["http"] = f"http://ann:{SECRET.replace('/', '')}@127.0.0.1:{closed_port()}"
    words = r"no way through the proxy that the environment or the session names: .*refused"
    with Server() as server, pytest.raises(ConnectionFailed, match=words) as caught:
        connect(server.url, session=session).a.get()
    assert not caught.value.may_have_happened
    check(caught.value)


def test_a_proxy_that_refuses_the_tunnel_never_happened() -> None:
    session = requests.Session()
    with Server(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as proxy:
        session.proxies["https"] = proxy.url
        with pytest.raises(ConnectionFailed, match=r"no way through the proxy .* 407") as caught:
            connect("https://127.0.0.1:1", session=session).a.get()
    assert not caught.value.may_have_happened
    check(caught.value)


def test_a_proxy_that_breaks_off_may_have_happened() -> None:
    session = requests.Session()
    with Server([reset]) as proxy:
        session.proxies["http"] = proxy.url
        with pytest.raises(ConnectionFailed) as caught:
            connect("http://a.example", session=session).a.post()
    assert caught.value.may_have_happened
    check(caught.value)


@pytest.mark.parametrize("proxy", ["http://", "http://[", "foo://127.0.0.1:1", "http://u:p@:80"])
def test_a_proxy_that_is_no_url_is_our_error(proxy: str) -> None:
    session = requests.Session()
    session.proxies["http"] = proxy
    with pytest.raises(restpath.RestpathError) as caught:
        connect("http://127.0.0.1:1", session=session).a.get()
    check(caught.value)


def test_a_retrying_adapter_of_the_user_gives_our_error() -> None:
    from urllib3.util import Retry

    session = requests.Session()
    session.mount(
        "http://", requests.adapters.HTTPAdapter(max_retries=Retry(2, status_forcelist=[503], backoff_factor=0))
    )
    error = failure(answer(503, b""), session=session)
    assert isinstance(error, TransportError)


def test_a_file_that_shrinks_while_it_is_sent_is_said_so(tmp_path: Path) -> None:
    class Shrinking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            self.truncate(5)
            return super().read(size)

    with Server() as server:
        for make in (None, requests.Session):
            client = connect(server.url, session=make() if make else None)
            with pytest.raises(InvalidValue, match="cut short while it was sent"):
                client.a.post(data=Shrinking(b"0123456789"))


def test_an_error_status_with_a_broken_content_is_the_error_of_its_status() -> None:
    error = failure(sent(b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nabc"))
    assert type(error) is ServerError


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_what_has_no_content_needs_none(method: str) -> None:
    lines = ["Content-Encoding: gzip", "Content-Length: 99"]
    head = "\r\n".join(["HTTP/1.1 {} W", *lines, "", ""])
    with Server(lambda request: head.format(200 if method == "HEAD" else 304).encode()) as server:
        client = connect(server.url)
        reply = getattr(client.a, method.lower()).reply()
        assert reply.body == b""
    if method == "GET":
        with Server(answer(200, b"", "Content-Encoding: gzip")) as server:
            assert connect(server.url).a.get() is None


def test_gzip_of_several_members_is_whole() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    with Server(answer(200, body, "Content-Encoding: gzip", "Content-Type: text/plain")) as server:
        assert connect(server.url).a.get() == "one two"


def test_an_error_of_the_callers_own_is_no_part_of_ours() -> None:
    """A call made while another error is handled: that one is the context, and does not colour what is said."""
    with Server([close]) as server:
        client = connect(server.url)
        try:
            raise TimeoutError("the caller's own")
        except TimeoutError:
            with pytest.raises(ConnectionFailed) as caught:
                client.a.get()
    assert "caller's own" not in str(caught.value)


def test_another_failure_that_the_caller_is_handling_does_not_say_that_nothing_was_sent() -> None:
    with Server([close]) as server:
        client = connect(server.url)
        try:
            requests.get(f"http://127.0.0.1:{closed_port()}", timeout=5)
        except requests.ConnectionError:
            with pytest.raises(ConnectionFailed) as caught:
                client.a.post()
    assert caught.value.may_have_happened


def test_errors_of_foreign_kinds_from_an_auth_are_ours_too() -> None:
    """A session that fetches a token on the way."""

    def fetch(request: requests.PreparedRequest) -> requests.PreparedRequest:
        requests.get(f"http://127.0.0.1:{closed_port()}/token?k={SECRET}", timeout=5)
        return request

    with Server() as server, pytest.raises(ConnectionFailed) as caught:
        restpath.connect(server.url, auth=fetch, retries=0).a.get()
    assert not server.requests
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


def test_an_adapter_of_the_users_may_raise_what_sockets_raise() -> None:
    class Broken(requests.adapters.BaseAdapter):
        def send(self, *args: Any, **settings: Any) -> requests.Response:
            raise ConnectionRefusedError(111, "no such socket")

        def close(self) -> None: ...

    session = requests.Session()
    session.mount("http://", Broken())
    with pytest.raises(ConnectionFailed, match="no such socket") as caught:
        connect("http://127.0.0.1:1", session=session).a.get()
    check(caught.value)


@pytest.mark.parametrize("timeout", [0.2, (5, 0.2, 60)])
def test_the_time_limit_that_ran_out_is_named(timeout: Any) -> None:
    with Server([stall]) as server, pytest.raises(restpath.Timeout, match=r"timed out: nothing came for 0\.2 seconds"):
        restpath.connect(server.url, timeout=timeout).a.post(b="c")
