"""
The way without a session against that of a session as it comes: nobody can tell, neither the caller nor the server.

Here requests is imported, by the tests themselves; so these say that it is not. What depends on that is tried in
processes of its own.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import restpath
from restpath import TransportError
from restpath.edge import early
from restpath.edge.transport import _REDIRECTS
from tests.support.scripted import AUTHORITY, Server, answer, certificate, closed_port, stall
from tests.support.ways import ANSWERS, JSON, outcome

pytestmark = pytest.mark.skipif(not early._IS_KNOWN, reason="with old versions all calls go the ordinary way")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer(200, b'{"n": 1}', JSON)) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what would be for a session to read."""
    for name in os.environ:
        if name.lower().endswith("_proxy") or name in ("NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setattr("restpath.firsttry.is_tracing", lambda: False)


class Ways:
    """Has calls go the early way, and notes for each that could whether it did."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.taken: list[bool] = []
        self.is_early = True
        send = early.EarlyWay.send

        def noted(*args: Any, **settings: Any) -> Any:
            try:
                found = send(*args, **settings)
            except Exception:
                self.taken.append(True)
                raise
            self.taken.append(found is not None)
            return found

        patch.setattr(early.EarlyWay, "send", noted)
        patch.setattr("restpath.edge.transport.is_early", lambda: self.is_early)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


# ---- answers and failures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ANSWERS)
@pytest.mark.parametrize("word", ["get", "post", "head"])
def test_an_answer_is_the_same_with_and_without_a_session(what: str, word: str, ways: Ways) -> None:
    found = outcome(None, ANSWERS[what], word)
    assert ways.taken[0]
    ways.is_early = False
    assert found == outcome(None, ANSWERS[what], word)


def _failure(url: str, **settings: Any) -> tuple[Any, ...]:
    with pytest.raises(TransportError) as caught:
        restpath.connect(url, retries=0, **settings).a.get()
    error = caught.value
    return type(error), str(error).replace(url, ""), type(error.__cause__), error.may_have_happened


def test_a_server_that_is_not_there_is_the_same_with_and_without_a_session(ways: Ways) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    found = _failure(url)
    ways.is_early = False
    assert found == _failure(url)
    assert ways.taken == [True]


@pytest.mark.parametrize("limit", [(5, 0.05), 0.05])
def test_a_server_that_says_nothing_is_the_same_with_and_without_a_session(limit: Any, ways: Ways) -> None:
    with Server([stall]) as server:
        found = _failure(server.url, timeout=limit)
        ways.is_early = False
        assert found == _failure(server.url, timeout=limit)
    assert ways.taken == [True]


# ---- what the server sees ------------------------------------------------------------------------------------------

CALLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing of its own": ({}, {}),
    "a token": ({"token": "t0k"}, {}),
    "header fields": ({}, {"headers": {"X-Mine": "1", "accept": "text/x", "User-Agent": "mine"}}),
    "a header field that is to be absent": ({}, {"headers": {"Accept": None}}),
    "an Authorization": ({"token": "t0k"}, {"headers": {"Authorization": "Bearer mine"}}),
    "a Cookie": ({}, {"headers": {"Cookie": "a=1"}}),
    "a query": ({}, {"qs": "a=1&b=%20"}),
    "JSON": ({}, {"data": {"a": "é"}}),
    "bytes": ({}, {"data": b"\x00"}),
    "name and password": ({"auth": ("ann", "geheim-é")}, {}),
    "no authentication": ({"auth": None}, {}),
    "an object as auth": ({"auth": requests.auth.HTTPDigestAuth("ann", "x")}, {}),
}
BY_A_SESSION = {"a header field that is to be absent", "an Authorization", "a Cookie", "an object as auth"}


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("method", ["get", "post", "delete", "head"])
def test_the_server_sees_the_same_with_and_without_a_session(
    server: Server, ways: Ways, what: str, method: str
) -> None:
    settings, words = CALLS[what]
    if "data" in words and method != "post":
        words = {}
    found = []
    for ways.is_early in (True, False):
        with restpath.connect(server.url, **settings) as client:
            for _ in range(2):
                getattr(client.a.b, method)(**words)
        found.append([(each.line, each.lines, each.body) for each in server.requests])
        server.requests.clear()
    assert found[0] == found[1]
    assert ways.taken == ([False] if what in BY_A_SESSION else [True, True])


def test_a_login_in_the_url_is_sent_without_a_session(server: Server, ways: Ways) -> None:
    for ways.is_early in (True, False):
        restpath.connect(f"http://ann:geheim@{server.host}").a.get()
    first, second = (each.header("authorization") for each in server.requests)
    assert first == second
    assert str(first).startswith("Basic ")
    assert ways.taken == [True]


def test_uploads_and_downloads_need_no_session_of_the_users(server: Server, ways: Ways, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "a").write_bytes(content)
    with Server(answer(200, content)) as server, restpath.connect(server.url) as client:
        client.a.get.save(tmp_path / "b")
        client.a.post(upload_file=tmp_path / "a")
        client.a.get.save(tmp_path / "c")
        assert server.connections == 1
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes() == content
    assert ways.taken == [True]


# ---- what asks for a session ---------------------------------------------------------------------------------------


def test_a_cookie_makes_a_session_that_keeps_the_connection(ways: Ways) -> None:
    first = answer(200, b"{}", JSON, "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/other")
    with Server([first, answer(200, b"{}", JSON)]) as server, restpath.connect(server.url) as client:
        client.a.get()
        client.a.get()
        assert [each.header("cookie") for each in server.requests] == [None, "a=1"]
        assert server.connections == 1
    assert ways.taken == [True]


def test_whoever_imports_requests_has_its_session_used_from_the_next_call(server: Server, ways: Ways) -> None:
    with restpath.connect(server.url) as client:
        client.a.get()
        ways.is_early = False
        client.a.get()
        assert server.connections == 1
    assert ways.taken == [True]
    assert server.requests[0].lines == server.requests[1].lines


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "Http_Proxy"])
def test_a_proxy_of_the_environment_is_asked_from_the_next_call(
    server: Server, ways: Ways, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(answer(200, b"{}", JSON)) as proxy, restpath.connect(server.url) as client:
        client.a.get()
        monkeypatch.setenv(name, proxy.url)
        client.b.get()
        monkeypatch.delenv(name)
        client.c.get()
    assert [each.target for each in server.requests] == ["/a", "/c"]
    assert [each.target for each in proxy.requests] == [f"{server.url}/b"]
    assert ways.taken == [True, False]


def test_a_variable_that_another_thread_takes_away_meanwhile_is_no_error(
    server: Server, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_proxy = early._is_proxy

    def found(name: str) -> bool:
        os.environ.pop("GONE_MEANWHILE", None)  # what another thread may do at any moment
        return is_proxy(name)

    monkeypatch.setenv("GONE_MEANWHILE", "1")
    monkeypatch.setattr(early, "_is_proxy", found)
    restpath.connect(server.url).a.get()
    assert "GONE_MEANWHILE" not in os.environ
    assert ways.taken == [True]


@pytest.mark.parametrize("name", ["NETRC", ".netrc", "_netrc"])
def test_a_netrc_is_read(
    server: Server, ways: Ways, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("machine 127.0.0.1 login ann password geheim")
    monkeypatch.setenv("HOME", str(tmp_path))
    if name == "NETRC":
        monkeypatch.setenv(name, str(tmp_path / name))
    restpath.connect(server.url).a.get()
    requests.get(f"{server.url}/a")
    assert server.requests[0].header("authorization") == server.requests[1].header("authorization")
    assert str(server.requests[0].header("authorization")).startswith("Basic ")
    assert ways.taken == [False]


def test_a_token_goes_before_a_netrc_that_is_not_read(
    server: Server, ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password geheim")
    monkeypatch.setenv("HOME", str(tmp_path))
    restpath.connect(server.url, token="t0k").a.get()
    assert server.requests[0].header("authorization") == "Bearer t0k"
    assert ways.taken == [True]


# ---- TLS -----------------------------------------------------------------------------------------------------------


def test_certificates_are_those_that_requests_trusts_and_the_environments_count_from_the_next_call(
    ways: Ways, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert early._certificates() == requests.certs.where()
    with Server(answer(200, b"{}", JSON), tls=certificate("good")) as server:
        client = restpath.connect(server.url.replace("127.0.0.1", "localhost"), retries=0)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            with pytest.raises(restpath.TLSError):
                client.a.get()
            monkeypatch.setenv(name, AUTHORITY)
            assert client.a.get() == {}
            monkeypatch.setenv(name, str(tmp_path))  # a folder without any
            with pytest.raises(restpath.TLSError):
                client.a.get()
            monkeypatch.delenv(name)
        assert ways.taken == [True] * 6
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
        with pytest.raises(restpath.InvalidValue, match="TLS CA certificate bundle"):
            client.a.get()
    assert ways.taken == [True] * 6 + [False]


def test_a_connection_with_tls_is_kept_for_the_session(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", AUTHORITY)
    with Server(answer(200, b"{}", JSON), tls=certificate("good")) as server:
        with restpath.connect(server.url.replace("127.0.0.1", "localhost")) as client:
            client.a.get()
            ways.is_early = False
            client.a.get()
        assert server.connections == 1


# ---- closing, threads, forks ---------------------------------------------------------------------------------------


def test_a_client_that_was_closed_opens_a_new_connection(server: Server, ways: Ways) -> None:
    with restpath.connect(server.url) as client:
        client.a.get()
    client.a.get()
    restpath.close(client)
    assert server.connections == 2
    assert ways.taken == [True, True]


def test_a_client_that_was_closed_keeps_no_connection(server: Server, ways: Ways) -> None:
    pools: list[weakref.ref[Any]] = []
    gc.disable()
    try:
        for ways.is_early in (True, False):
            with restpath.connect(server.url) as client:
                client.a.get()
                pools.extend(map(weakref.ref, client._core.transport._late.manager.pools._container.values()))
        assert [pool() for pool in pools] == [None, None]  # a pool's connections end with it
    finally:
        gc.enable()


def test_threads_share_the_pool_and_a_session_that_comes_in_between(ways: Ways) -> None:
    cookie = answer(200, b'{"n": 1}', JSON, "Set-Cookie: a=1; Path=/")
    with Server(cookie) as server, restpath.connect(server.url) as client:
        found: list[Any] = []

        def several() -> None:
            found.extend(client.a.get() for _ in range(20))

        threads = [threading.Thread(target=several) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.a.get()
        assert found == [{"n": 1}] * 160
        assert server.connections <= 8
        assert server.requests[-1].header("cookie") == "a=1"


def test_a_session_that_is_made_later_allows_as_many_redirects_as_one_as_it_comes() -> None:
    assert requests.Session().max_redirects == _REDIRECTS


# ---- without requests ----------------------------------------------------------------------------------------------


def run(program: str, *args: str, **variables: str) -> list[str]:
    """The words that a program prints, in a process of its own."""
    start = "import os, sys, restpath\ndef known(): return 'requests' in sys.modules\n"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "COV"))}
    done = subprocess.run(
        [sys.executable, "-c", start + program, *args], capture_output=True, text=True, check=False,
        env={**kept, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_plain_calls_do_not_import_requests() -> None:
    def answered(request: Any) -> bytes:
        return {
            "/zipped": ANSWERS["compressed"], "/chunks": ANSWERS["chunks"], "/none": ANSWERS["an error"],
        }.get(request.target, ANSWERS["JSON"])  # fmt: skip

    program = """
client = restpath.connect(sys.argv[1], token="t0k")
print(client.a.get()["n"], client.a.post(x=1)["n"], client.a.delete()["n"], client.zipped.get()["n"][1], known())
client.chunks.get()
try: client.none.get()
except restpath.NotFound: print(known())
import requests
print(client.a.get()["n"])
"""
    with Server(answered) as server:
        assert run(program, server.url) == ["1", "1", "1", "2", "False", "False", "1"]
        assert server.connections == 1


def test_what_is_put_in_requests_place_after_the_first_call_is_called(server: Server) -> None:
    program = """
client = restpath.connect(sys.argv[1])
client.a.get()
import requests
send = requests.Session.send
def noted(*args, **settings): print("called"); return send(*args, **settings)
requests.Session.send = noted
client.a.get()
requests.Session.send = send
client.a.get()
"""
    assert run(program, server.url) == ["called"]
    assert len(server.requests) == 3


def test_who_waits_for_the_import_of_requests_to_change_it_has_it_imported(server: Server) -> None:
    program = """
import importlib.abc, importlib.machinery
class Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module):
        super().exec_module(module)
        send = module.Session.send
        def noted(*args, **settings): print("called"); return send(*args, **settings)
        module.Session.send = noted
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if name == "requests.sessions": spec.loader = Loader(name, spec.origin)
        return spec
client = restpath.connect(sys.argv[1])
if sys.argv[2] == "later":
    client.a.get()
    print(known())
sys.meta_path.insert(0, Finder())
client.a.get()
"""
    assert run(program, server.url, "at first") == ["called"]
    assert run(program, server.url, "later") == ["False", "called"]


@pytest.mark.parametrize("home", ["_virtualenv", "_distutils_hack"])
def test_the_finder_of_an_environment_is_in_nobodys_way(server: Server, home: str) -> None:
    program = f"""
class Finder:
    __module__ = {home!r}
    def find_spec(self, name, path=None, target=None): return None
sys.meta_path.insert(0, Finder())
restpath.connect(sys.argv[1]).a.get()
print(known())
"""
    assert run(program, server.url) == ["False"]


def test_a_failure_without_requests_is_told_in_the_same_words() -> None:
    program = """
if sys.argv[2] == "with": import requests
try: restpath.connect(sys.argv[1], retries=0).a.get()
except restpath.ConnectionFailed as error: print(error, repr(error.__cause__), error.may_have_happened)
"""
    url = f"http://127.0.0.1:{closed_port()}"
    found = run(program, url, "without")
    assert found == run(program, url, "with")
    assert found[-1] == "False"


HALFWAY = """
import builtins
def __getattr__(name):
    if name == "__version__":
        builtins.begun.set()
        builtins.go_on.wait(30)
        return "3.0.0"
    raise AttributeError(name)
"""


def test_calls_wait_for_another_threads_import_of_requests(tmp_path: Path) -> None:
    (tmp_path / "charset_normalizer.py").write_text(HALFWAY)  # of which requests asks before it imports its own modules
    is_halfway = threading.Event()

    def answered(request: Any) -> bytes:
        if request.target == "/halfway":
            is_halfway.set()
        if request.target == "/cookie":
            assert is_halfway.wait(30)
            return answer(200, b"{}", JSON, "Set-Cookie: a=1; Path=/")
        return answer(200, b"{}", JSON)

    program = """
import builtins, threading, urllib.request
builtins.begun, builtins.go_on = threading.Event(), threading.Event()
sys.path.insert(0, sys.argv[2])
client = restpath.connect(sys.argv[1])
def call(path):
    try: path.get(); print("answered ", end="")
    except Exception as error: print(type(error).__name__ + " ", end="")
def importing():
    import requests
threads = [threading.Thread(target=call, args=(client.cookie,)), threading.Thread(target=importing)]
for thread in threads: thread.start()
assert begun.wait(30)
threads.append(threading.Thread(target=call, args=(client.plain,)))
threads[-1].start()
urllib.request.urlopen(sys.argv[1] + "/halfway").read()
threading.Timer(0.2, go_on.set).start()
for thread in threads: thread.join()
call(client.last)
"""
    with Server(answered) as server:
        assert run(program, server.url, str(tmp_path)) == ["answered"] * 3
        assert server.requests[-1].header("cookie") == "a=1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_has_connections_of_its_own(server: Server) -> None:
    program = """
client = restpath.connect(sys.argv[1])
client.parent.get()
child = os.fork()
if not child:
    print(client.child.get()["n"], client.child.get()["n"], known(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(client.parent.get()["n"], known())
"""
    assert run(program, server.url) == ["1", "1", "False", "1", "False"]
    assert [(each.target, each.connection) for each in server.requests] == [
        ("/parent", 1), ("/child", 2), ("/child", 2), ("/parent", 1),
    ]  # fmt: skip


SLOW_CERTIFI = """
import builtins
builtins.begun.set()
builtins.go_on.wait(30)
def where(): return {}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_waits_for_the_certificates_that_another_thread_looks_for(tmp_path: Path) -> None:
    (tmp_path / "certifi.py").write_text(SLOW_CERTIFI.format(repr(AUTHORITY)))
    program = """
import builtins, threading
builtins.begun, builtins.go_on = threading.Event(), threading.Event()
sys.path.insert(0, sys.argv[2])
client = restpath.connect(sys.argv[1])
calling = threading.Thread(target=client.parent.get)
calling.start()
assert builtins.begun.wait(30)
threading.Timer(0.1, builtins.go_on.set).start()
child = os.fork()
if not child:
    os._exit(0 if hasattr(sys.modules["certifi"], "where") else 3)  # what is half imported stays so
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), known())
calling.join()
"""
    with Server(answer(200, b"{}", JSON), tls=certificate("good")) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert run(program, url, str(tmp_path)) == ["0", "False"]
