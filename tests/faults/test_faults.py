"""
What restpath does about servers and networks that fail, as `docs/security.rst` says it, row by row.

Each row of the tables there is a test: a server does what the row's name means in `faults.py`, a call is made by the
row's method, and what the caller gets and how often the server was asked are held to the row. In each test it is also
looked whether the error is one of ours, whether it can be pickled, and whether a secret stands anywhere it should not.
"""

from __future__ import annotations

import base64
import copy
import logging
import os
import pickle
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import restpath

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not know a test's neighbours

from faults import COOKIE, FAULTS, KEY, PROXY_PASSWORD, TOKEN, Fault, Run
from server import CERTIFICATES, FaultServer

from tests.support.scripted import closed_port

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.rst"


# ---- the tables of the document ----------------------------------------------------------------------------------


def tables() -> list[list[str]]:
    """The rows of every table of faults in the document, without the headings."""
    rows: list[list[str]] = []
    inside = False
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith(".. list-table::"):
            inside = "Faults" in line
        elif inside and line.startswith("   * - "):
            rows.append([line[7:].strip()])
        elif inside and line.startswith("     - "):
            rows[-1].append(line[7:].strip())
        elif inside and line.startswith("       "):
            rows[-1][-1] += " " + line.strip()
        elif line and not line.startswith(" "):
            inside = False
    return [row for row in rows if row[0] != "Name"]


ROWS = tables()


def test_every_row_has_five_cells() -> None:
    """The tables of the document are whole, and no row stands there twice."""
    assert [row for row in ROWS if len(row) != 5] == []
    assert len({(name, method) for name, _, method, _, _ in ROWS}) == len(ROWS)


def test_every_fault_has_a_row_and_every_row_a_fault() -> None:
    """The document tells of every fault that is tested, and of no other."""
    assert {row[0] for row in ROWS} == set(FAULTS)
    assert len(FAULTS) >= 60
    assert f"the {len(FAULTS)}\nfaults that the tests know" in DOCUMENT.read_text(encoding="utf-8")


# ---- the client --------------------------------------------------------------------------------------------------

DEFINITION = {
    "service": {
        "format": 1,
        "service": "faulty",
        "credentials": {"token": {}, "key": {}},
        "auth": {"both": {"headers": {"Authorization": "Bearer {token}"}, "query": {"key": "{key}"}}},
        "errors": {"code": "/code", "message": "/message"},
    },
    "resources": {
        "/things": "GET HEAD POST PUT PATCH DELETE",
        "/orders": {"methods": {"POST": {"retries": {"idempotency_header": "Idempotency-Key"}}}},
        "/counted": {"methods": {"HEAD": {"count_header": "X-Total"}}},
    },
    "defaults": {},
}


class FakeClock:
    """A clock of 2030 that goes on by waiting; a wait takes no time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=sum(self.waits))

    def monotonic(self) -> float:
        return time.perf_counter() + sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


def large_file(folder: Path) -> Path:
    file = folder / "large"
    with file.open("wb") as stream:
        stream.truncate(16_000_000)
    return file


def send_file(method: str) -> Callable[[Any, Path], Any]:
    """Send a file that is larger than what a connection holds that nobody reads from."""

    def act(client: Any, folder: Path) -> Any:
        with large_file(folder).open("rb") as file:
            return getattr(client.things, method)(data=file)

    return act


def send_pipe(client: Any, _folder: Path) -> Any:
    """Send an open file that can be read once."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as stream:
        stream.write(b"only once")
    with os.fdopen(reader, "rb") as file:
        return client.things.put(data=file)


def save(client: Any, folder: Path) -> bytes:
    """Download to a file; where that fails, the old file is still there, and no other."""
    target = folder / "target"
    target.write_bytes(b"old")
    try:
        client.things.get.save(target)
    except restpath.RestpathError:
        assert target.read_bytes() == b"old"
        raise
    finally:
        assert [file.name for file in folder.iterdir()] == ["target"]
    return target.read_bytes()


def twice(first: str, second: str) -> Callable[[Any, Path, FaultServer], Any]:
    """Make one call, wait for what the server does with the connection, and make another."""

    def act(client: Any, folder: Path, server: FaultServer) -> Any:
        ONCE[first](client, folder)
        server.wait_until_idle()
        return ONCE[second](client, folder)

    return act


ONCE: dict[str, Callable[[Any, Path], Any]] = {
    "GET": lambda client, _: client.things.get(),
    "HEAD": lambda client, _: client.things.head(),
    "POST": lambda client, _: client.things.post(name="a thing"),
    "PUT": lambda client, _: client.things.put(name="a thing"),
    "PATCH": lambda client, _: client.things.patch(name="a thing"),
    "DELETE": lambda client, _: client.things.delete(),
    "GET, retries=0": lambda client, _: client.things.get.options(retries=0)(),
    "POST, repeat=True": lambda client, _: client.things.post.options(repeat=True)(name="a thing"),
    "GET with a key of its own": lambda client, _: client.things.get(headers={"X-Api-Key": TOKEN, "Cookie": COOKIE}),
    "POST with a key": lambda client, _: client.orders.post(name="a thing"),
    "POST of a file": send_file("post"),
    "PUT of a file": send_file("put"),
    "PUT of a pipe": send_pipe,
    "HEAD of a count": lambda client, _: client.counted.head(),
    "GET by .save": save,
}
METHODS: dict[str, Callable[[Any, Path, FaultServer], Any]] = {
    **{name: lambda client, folder, _server, act=act: act(client, folder) for name, act in ONCE.items()},
    **{f"{first}, then {second}": twice(first, second) for first in ("GET", "HEAD") for second in ("GET", "POST")},
}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def serve(fault: Fault, stack: ExitStack) -> Run:
    """Start the servers of a fault."""
    run, hosts = Run(), dict[str, str]()
    run.server = FaultServer(fault.scripts, hosts)
    if fault.scripts:
        stack.enter_context(run.server)
    else:
        run.server.host = f"127.0.0.1:{closed_port()}"
    run.stranger = stack.enter_context(FaultServer(fault.stranger, hosts)) if fault.stranger else None
    hosts["own"] = run.server.host
    if run.stranger is not None:
        hosts["stranger"] = run.stranger.host
    return run


def connect(fault: Fault, run: Run, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Connect a client that has a secret of every kind."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "authority.pem"))
    host = run.server.host
    if fault.proxy:
        proxy = f"http://ann:{PROXY_PASSWORD.replace('@', '%40')}@{host}"
        monkeypatch.setenv(f"{fault.scheme}_proxy", proxy)
        host = "service.test"
    definition = restpath.read(DEFINITION)
    settings: dict[str, Any] = {"timeout": (10, 10), **fault.settings}
    client: Any = restpath.connect(definition, f"{fault.scheme}://{host}", token=TOKEN, key=KEY, **settings)
    stack.callback(client.close)
    clock = FakeClock()
    client._core.clock, client._core.chance = clock, lambda: 1.0
    run.waits, run.replies = clock.waits, record_replies(client._core)
    return client


def record_replies(core: Any) -> list[restpath.Reply]:
    """Take note of every answer that a client makes content of."""
    replies: list[restpath.Reply] = []
    perform = core.perform

    def record(*args: Any) -> restpath.Reply:
        replies.append(perform(*args))
        return replies[-1]

    core.perform = record
    return replies


# ---- what came of it ---------------------------------------------------------------------------------------------


def described(outcome: Any, fault: Fault) -> str:
    """What the caller got, in the words of the document."""
    name = f"``{type(outcome).__name__}``"
    if isinstance(outcome, restpath.TransportError):
        return f"{name}, {'may have' if outcome.may_have_happened else 'nothing'} happened"
    if isinstance(outcome, restpath.RequestError):
        return f"{name} {outcome.status}"
    if isinstance(outcome, BaseException):
        return f"{name}, a foreign one: {outcome}"
    if outcome is None:
        return "``None``"
    if isinstance(outcome, restpath.Headers):
        return "the header fields"
    if type(outcome) is type(fault.content) and outcome == fault.content:
        return "the content"
    return f"something else: {outcome!r:.200}"


def times_asked(run: Run) -> str:
    return str(run.server.asked) + ("" if run.stranger is None else f" + {run.stranger.asked}")


def check_error(error: BaseException) -> None:
    """An error of ours, which says how often was tried and comes whole through a pickle."""
    assert isinstance(error, (restpath.TransportError, restpath.RequestError))
    holder: Any = error if isinstance(error, restpath.TransportError) else error.reply
    assert (f"after {holder.tries} tries" in str(error)) == (holder.tries > 1)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
    assert copy.copy(error).args == error.args


def check_requests(run: Run) -> None:
    """No try differs from the one before, and a stranger gets nothing that is not his."""
    bodies = {bytes(request.body) for request in run.server.requests if request.method in ("POST", "PUT", "PATCH")}
    assert len(bodies) <= 1
    if run.stranger is not None:
        assert not has_secret(run.stranger.received.decode("latin-1"))
        assert all(request.body == b"" for request in run.stranger.requests)


def left_behind(before: list[threading.Thread]) -> list[str]:
    """The names of threads that were not there before and do not end."""
    new = [thread for thread in threading.enumerate() if thread not in before]
    for thread in new:
        thread.join(5)
    return [thread.name for thread in new if thread.is_alive()]


# ---- secrets -----------------------------------------------------------------------------------------------------

# Each secret has a word in common. Encoded by Base64, it may begin at any of three places.
_WORD = b"s3cret"
_FORMS = ["s3cret", *(base64.b64encode(b"x" * shift + _WORD)[4 if shift else 0 : 8].decode() for shift in range(3))]
_TELLS = re.compile("|".join(map(re.escape, _FORMS)))
PRODUCED: list[str] = []


def has_secret(text: str) -> bool:
    return _TELLS.search(text) is not None


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that hangs on it, whether it would be printed or not."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [other for other in (each.__cause__, each.__context__) if other is not None]
            waiting += [value for value in (*each.args, *vars(each).values()) if isinstance(value, BaseException)]


def texts_of(error: BaseException) -> Iterator[str]:
    """All that may be printed of an error."""
    for each in chain(error):
        yield from (str(each), repr(each), repr(each.args), repr(vars(each)))
        yield "".join(traceback.TracebackException.from_exception(each, capture_locals=True).format())


def pickles_of(*things: object) -> Iterator[str]:
    for thing in things:
        yield pickle.dumps(thing).decode("latin-1")


class Log(logging.Handler):
    """Everything that restpath logs, and what of other libraries' logs is seen without asking for it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] == "restpath" or record.levelno >= logging.WARNING:
            self.texts += [logging.Formatter().format(record), repr(record.args)]


@pytest.fixture
def log() -> Iterator[Log]:
    handler, root = Log(), logging.getLogger()
    loggers = [logging.getLogger(name) for name in ("restpath", "urllib3", "requests")]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


# ---- the tests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "method", "gets", "asked"),
    [pytest.param(row[0], *row[2:], id=f"{row[0]}-{row[2]}") for row in ROWS if len(row) == 5],
)
def test_fault(
    name: str,
    method: str,
    gets: str,
    asked: str,
    stack: ExitStack,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The caller gets what the document says, the server is asked as often as it says, and no secret is told."""
    fault = FAULTS[name]
    run = serve(fault, stack)
    client = connect(fault, run, stack, monkeypatch)
    threads = threading.enumerate()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            run.outcome = METHODS[method](client, tmp_path, run.server)
        except Exception as error:
            run.outcome = error
    printed = [*log.texts, *capfd.readouterr(), *(str(each.message) for each in warned), repr(client)]
    printed += [repr(shown) for reply in run.replies for shown in (reply, reply.call, reply.headers)]
    pickled = list(pickles_of(client, client.things.get, client.things))
    if isinstance(run.outcome, BaseException):
        printed += texts_of(run.outcome)
        pickled += pickles_of(run.outcome, getattr(run.outcome, "call", None))
    pickled += pickles_of(*run.replies)
    if fault.echoes:  # what the server itself said is content, and belongs to the caller
        printed = [text for text in printed if "Traceback (most" not in text]
        pickled = pickled[:3]
    PRODUCED.extend([*printed, *pickled])

    assert run.server.failure is None
    assert described(run.outcome, fault) in gets.split(" or ")
    assert times_asked(run) in asked.split(" or ")
    if isinstance(run.outcome, BaseException):
        check_error(run.outcome)
    check_requests(run)
    if fault.check is not None:
        fault.check(run)
    assert [text for text in (*printed, *pickled) if has_secret(text)] == []
    assert [str(each.message) for each in warned] == []
    assert left_behind(threads) == []


def test_no_text_of_these_tests_has_a_secret_in_it() -> None:
    """No secret stands in anything that was logged, raised, pickled or printed by the tests above."""
    assert [text for text in PRODUCED if has_secret(text)] == []


@pytest.mark.parametrize("secret", [TOKEN, KEY, PROXY_PASSWORD, COOKIE])
@pytest.mark.parametrize("before", ["", "a", "ab", "ann:"])
def test_a_secret_would_be_found(secret: str, before: str) -> None:
    """What is looked for in all these texts would be found, in the clear and in Base64."""
    assert has_secret(secret)
    assert has_secret(base64.b64encode((before + secret).encode()).decode())
    assert not has_secret("a secret of no one's")
