"""Loopback redirects: which request ends the wait, what the browser sees, and that nothing stays open."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest

from restpath import AuthError, InvalidValue
from restpath.edge.loopback import Redirect, catch_redirect

WAIT = 30.0


def port_of(redirect: Redirect) -> int:
    port = urlsplit(redirect.redirect_uri).port
    assert port is not None
    return port


def asked(redirect: Redirect, target: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(redirect), timeout=WAIT)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def sent(redirect: Redirect, data: bytes) -> bytes:
    """Send bytes that are no request, and read whatever comes of it."""
    with socket.create_connection(("127.0.0.1", port_of(redirect)), WAIT) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while block := sock.recv(4096):
                found += block
        except ConnectionResetError:
            pass
        return found


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True


def test_the_url_of_the_browser_is_given() -> None:
    """Whole, so that its state can be looked at; nothing listens any more after that."""
    with catch_redirect() as redirect:
        port = port_of(redirect)
        assert redirect.redirect_uri == f"http://127.0.0.1:{port}/"
        assert asked(redirect, "/?code=a%2Fb&state=s")[0] == 200
        assert redirect.wait(WAIT) == f"http://127.0.0.1:{port}/?code=a%2Fb&state=s"
    assert not is_open(port)


def test_a_refusal_ends_the_wait_too() -> None:
    with catch_redirect() as redirect:
        asked(redirect, "/?error=access_denied")
        assert redirect.wait(WAIT).endswith("/?error=access_denied")


def test_port_and_path_can_be_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with catch_redirect(port, "/oauth/callback") as redirect:
        assert redirect.redirect_uri == f"http://127.0.0.1:{port}/oauth/callback"
        assert asked(redirect, "/?code=c")[0] == 404
        assert asked(redirect, "/oauth/callback?code=c")[0] == 200
        assert redirect.wait(WAIT) == f"{redirect.redirect_uri}?code=c"


def test_the_browser_sees_nothing_of_what_it_asked() -> None:
    """A page that quotes its URL could be made to say anything; and the URL goes to nobody as a referrer."""
    with catch_redirect() as redirect:
        status, headers, page = asked(redirect, "/?code=c0de<script>&state=st4te")
        assert (status, headers["referrer-policy"], headers["cache-control"]) == (200, "no-referrer", "no-store")
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "Python" not in headers["server"]
        assert "You can close this window and go back to the program." in page
        assert "Done" not in page  # nobody has looked yet at what was brought
        for each in ("c0de", "script", "st4te"):
            assert each not in page + str(headers)


@pytest.mark.parametrize(
    "target", ["/favicon.ico", "/", "/?", "/?state=s", "/?code=", "/?error=", "/other?code=c", "//?xcode=c", "*"]
)
def test_what_ends_no_login_is_ignored(target: str) -> None:
    with catch_redirect() as redirect:
        status, _, page = asked(redirect, target)
        assert (status, page) == (404, "")
        assert asked(redirect, "/?code=good")[0] == 200
        assert redirect.wait(WAIT).endswith("/?code=good")


@pytest.mark.parametrize(
    "query", ["code=c&state=other", "code=c", "code=c&state=", "error=no&state=other", "code=c&state=st4te&state=other"]
)
def test_who_comes_with_another_state_is_not_the_one(query: str) -> None:
    with catch_redirect() as redirect:
        redirect.expect("st4te")
        status, _, page = asked(redirect, f"/?{query}")
        assert (status, page) == (404, "")
        assert asked(redirect, "/?code=good&state=st4te")[0] == 200
        assert redirect.wait(WAIT).endswith("/?code=good&state=st4te")


def test_a_refusal_may_come_without_a_state() -> None:
    with catch_redirect() as redirect:
        redirect.expect("st4te")
        assert asked(redirect, "/?error=access_denied")[0] == 200


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "DELETE", "FETCH"])
def test_only_a_get_ends_a_login(method: str) -> None:
    with catch_redirect() as redirect:
        assert asked(redirect, "/?code=bad", method)[0] == 501
        asked(redirect, "/?code=good")
        assert redirect.wait(WAIT).endswith("/?code=good")


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET\r\n\r\n", b"GET / SPDY/9\r\n\r\n", b"\xff" * 70000,
     b"GET /?code=bad HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n", b"GET /?code=" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
     b"GET /?code=" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n"],
    ids=["nothing", "lines", "TLS", "no target", "no HTTP", "no line", "many headers", "a long line", "a long URL"],
)  # fmt: skip
def test_garbage_is_survived(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing of it ends the wait, is said back or is printed."""
    with catch_redirect() as redirect:
        answer = sent(redirect, data)
        assert b"code" not in answer
        assert b"\r\n\r\n" not in answer or answer.endswith(b"\r\n\r\n")
        asked(redirect, "/?code=good")
        assert redirect.wait(WAIT).endswith("/?code=good")
    assert capfd.readouterr() == ("", "")


def test_connections_that_say_nothing_hold_nobody_up() -> None:
    """Browsers open some in advance."""
    with catch_redirect() as redirect:
        silent = [socket.create_connection(("127.0.0.1", port_of(redirect)), WAIT) for _ in range(8)]
        try:
            asked(redirect, "/?code=good")
            assert redirect.wait(WAIT).endswith("/?code=good")
        finally:
            for sock in silent:
                sock.close()


def test_the_first_good_one_counts() -> None:
    with catch_redirect() as redirect:
        asked(redirect, "/?code=first")
        asked(redirect, "/?code=second")
        assert redirect.wait(WAIT).endswith("/?code=first")


def test_the_browser_may_come_while_somebody_waits() -> None:
    with catch_redirect() as redirect:
        browser = threading.Thread(target=asked, args=(redirect, "/?code=good"))
        browser.start()
        assert redirect.wait(WAIT).endswith("/?code=good")
        browser.join(WAIT)


def test_a_wait_ends() -> None:
    with catch_redirect() as redirect:
        port = port_of(redirect)
        with pytest.raises(AuthError, match=rf"nobody came back to http://127\.0\.0\.1:{port}/ within 0 seconds"):
            redirect.wait(0)
    assert not is_open(port)


def test_the_socket_is_closed_whatever_happens() -> None:
    ports = []

    def interrupted() -> None:
        with catch_redirect() as redirect:
            ports.append(port_of(redirect))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not is_open(ports[0])


def test_only_this_machine_is_listened_to() -> None:
    """Whoever is on the network beside it cannot even connect."""
    with catch_redirect() as redirect:
        assert redirect._server.socket.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_says_so() -> None:
    with catch_redirect() as redirect:
        port = port_of(redirect)
        with (
            pytest.raises(InvalidValue, match=rf"cannot listen on 127\.0\.0\.1 port {port}: .*0 for any"),
            catch_redirect(port),
        ):
            pass


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_port_that_is_none_says_so(port: int) -> None:
    with pytest.raises(InvalidValue, match="cannot listen on"), catch_redirect(port):
        pass


@pytest.mark.parametrize("path", ["", "callback", "/a?b=1", "/a#b", "/a b", "/é", "/a\r\nX: 1"])
def test_a_path_that_is_none_says_so(path: str) -> None:
    with pytest.raises(InvalidValue, match="the path of a redirect URI begins with /"), catch_redirect(path=path):
        pass
