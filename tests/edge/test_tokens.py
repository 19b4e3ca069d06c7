"""Token stores: what is kept comes back, whole and for its owner only, whatever threads and processes do meanwhile."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restpath import AuthError, InvalidValue
from restpath.edge import locking
from restpath.edge.clock import SystemClock
from restpath.edge.keyrings import KeyringStore
from restpath.edge.tokenfiles import FileStore
from restpath.edge.tokens import MemoryStore, default_path, load_token, lock_store, open_store, stored_logins
from restpath.testing import FakeClock
from tests.support.measuring import in_child

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes, owners and links are otherwise elsewhere")
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
FORK_WARNING = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
TOKEN = {"access": "sesame-7", "expires_at": 1.5, "public": {"a": [1, None]}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "folder" / "tokens.json"


def kept(path: Path, text: str | bytes, mode: int = 0o600) -> FileStore:
    """A store on a file that is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return FileStore(path, clock=FakeClock())


def each(*actions: Callable[[], object]) -> tuple[Callable[[], object], ...]:
    return actions


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def make_strange(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file or link belong to somebody else: really so where that can be done."""
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    else:
        stranger = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: stranger)


def run(script: str, *args: object, **settings: Any) -> subprocess.Popen[str]:
    """Start a Python program that has FileStore and FakeClock."""
    start = "import os, sys\nfrom restpath.edge.tokenfiles import FileStore\nfrom restpath.testing import FakeClock\n"
    return subprocess.Popen(
        [sys.executable, "-c", start + textwrap.dedent(script), *map(str, args)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **settings,
    )  # fmt: skip


HOLD = """
with FileStore(sys.argv[1]).locked(FakeClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


# ---- what every store does


STORES: dict[str, Callable[[Path], Any]] = {"memory": lambda path: MemoryStore(), "file": FileStore}


@pytest.mark.parametrize("kind", STORES)
def test_a_token_is_kept_replaced_and_forgotten(kind: str, path: Path) -> None:
    store = STORES[kind](path)
    assert store.load("a") is None
    store.save("a", TOKEN)
    store.save("b", {})
    assert (store.load("a"), store.load("b")) == (TOKEN, {})
    store.save("a", {"access": "new"})
    assert store.load("a") == {"access": "new"}
    store.save("a", None)
    store.save("never there", None)
    assert (store.load("a"), store.load("b")) == (None, {})


@pytest.mark.parametrize("kind", STORES)
def test_a_token_that_is_changed_later_is_not_changed_in_the_store(kind: str, path: Path) -> None:
    store = STORES[kind](path)
    token: dict[str, Any] = {"public": {"a": "b"}}
    store.save("a", token)
    token["public"]["a"] = store.load("a")["public"]["a"] = "changed"
    assert store.load("a") == {"public": {"a": "b"}}


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("token", [{"a": {1, 2}}, {"a": float("nan")}, {("a",): 1}, "sesame", [1]], ids=repr)
def test_what_json_cannot_hold_is_refused_and_the_old_token_stays(kind: str, token: Any, path: Path) -> None:
    store = STORES[kind](path)
    store.save("a", TOKEN)
    with pytest.raises(InvalidValue, match="token"):
        store.save("a", token)
    assert store.load("a") == TOKEN


@pytest.mark.parametrize("kind", STORES)
def test_a_repr_shows_no_token(kind: str, path: Path) -> None:
    store = STORES[kind](path)
    store.save("a", TOKEN)
    assert "sesame" not in repr(store) + str(store)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]) | st.text(), st.none() | st.dictionaries(st.text(), _JSON, max_size=3)),
    max_size=6,
)


@settings(max_examples=40)
@given(_STEPS)
def test_a_store_is_like_a_dictionary(steps: list[tuple[str, dict[str, Any] | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tokens.json")
        for store in (MemoryStore(), FileStore(path)):
            model: dict[str, Any] = {}
            for key, token in steps:
                store.save(key, token)
                model[key] = token
            assert {key: store.load(key) for key in model} == model
        held = json.loads(path.read_bytes()) if path.exists() else {}
        assert held == {key: token for key, token in model.items() if token is not None}


# ---- in memory


def test_a_pickle_of_a_store_in_memory_is_empty_and_a_copy_is_the_store() -> None:
    store = MemoryStore()
    store.save("a", TOKEN)
    data = pickle.dumps(store)
    assert b"sesame" not in data
    assert pickle.loads(data).load("a") is None
    assert copy.copy(store) is copy.deepcopy(store) is store


# ---- in a file: who can see it


@POSIX
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_file_lock_and_folders_are_for_their_owner_only(umask: int, path: Path) -> None:
    old = os.umask(umask)
    try:
        FileStore(path).save("a", TOKEN)
    finally:
        os.umask(old)
    assert [mode_of(each) for each in (path.parent.parent, path.parent)] == [0o700, 0o700]
    assert {each.name: mode_of(each) for each in path.parent.iterdir()} == {
        "tokens.json": 0o600, "tokens.json.lock": 0o600,
    }  # fmt: skip


@POSIX
def test_a_token_is_at_no_moment_in_a_file_that_others_can_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    fsync = os.fsync

    def watched(file: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(file).st_mode))
        fsync(file)

    monkeypatch.setattr(os, "fsync", watched)
    FileStore(path).save("a", TOKEN)
    assert modes == [0o600, 0o700]  # the file, then its folder


@POSIX
def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    FileStore(tmp_path / "a").save("a", TOKEN)
    assert mode_of(tmp_path) == 0o755


@POSIX
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o601], ids=oct)
def test_a_file_that_others_can_get_at_is_refused(mode: int, path: Path) -> None:
    store = kept(path, json.dumps({"a": TOKEN}), mode)
    for action in each(lambda: store.load("a"), lambda: store.save("b", {}), lambda: store.save("a", None)):
        with pytest.raises(AuthError, match=rf"mode is 0{mode:o}.*chmod 600 '?{path}") as caught:
            action()
        assert "sesame" not in str(caught.value)
    assert json.loads(path.read_bytes()) == {"a": TOKEN}
    path.chmod(0o600)
    assert store.load("a") == TOKEN


@POSIX
def test_a_file_that_somebody_else_owns_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = kept(path, "{}")
    make_strange(path, monkeypatch)
    for action in each(lambda: store.load("a"), lambda: store.save("a", TOKEN)):
        with pytest.raises(AuthError, match="belongs to somebody else"):
            action()
    assert path.read_bytes() == b"{}"


@POSIX
def test_a_link_of_ones_own_is_followed_and_stays(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("../../other/real.json")
    FileStore(path).save("a", TOKEN)
    assert path.is_symlink()
    assert names(tmp_path / "other") == ["real.json", "real.json.lock"]
    assert FileStore(tmp_path / "other" / "real.json").load("a") == FileStore(path).load("a") == TOKEN


@POSIX
def test_a_link_that_somebody_else_made_is_not_followed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"{}")
    mine.chmod(0o600)
    path.parent.mkdir(parents=True)
    path.symlink_to(mine)
    make_strange(path, monkeypatch)
    for action in each(lambda: FileStore(path).load("a"), lambda: FileStore(path).save("a", TOKEN)):
        with pytest.raises(AuthError, match="somebody else"):
            action()
    assert mine.read_bytes() == b"{}"


@POSIX
def test_a_link_to_somebody_elses_place_is_not_followed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    path.parent.mkdir(parents=True)
    path.symlink_to(theirs / "tokens.json")
    make_strange(theirs, monkeypatch)
    with pytest.raises(AuthError, match="somebody else"):
        FileStore(path).save("a", TOKEN)
    assert names(theirs) == []


@POSIX
def test_a_link_to_itself_and_a_link_in_place_of_the_lock_are_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path)
    with pytest.raises(AuthError, match="leads to itself"):
        FileStore(path).load("a")
    path.unlink()
    Path(f"{path}.lock").symlink_to("elsewhere")
    with pytest.raises(AuthError, match=r"no way to lock .*tokens\.json\.lock"):
        FileStore(path).save("a", TOKEN)
    assert names(path.parent) == ["tokens.json.lock"]


@POSIX
def test_a_pipe_or_a_folder_is_refused_and_nothing_waits(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(AuthError, match="no ordinary file"):
        FileStore(path).load("a")
    store = FileStore(path.parent / "later")
    (path.parent / "later").mkdir()
    with pytest.raises(AuthError, match=r"directory|denied"):
        store.load("a")


def test_a_folder_is_no_store_and_gets_no_lock_beside_it(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(InvalidValue, match=r"tokens are kept in a file, and .* is a folder: give .*tokens.json"):
        FileStore(path)
    assert list(path.parent.iterdir()) == [path]


# ---- in a file: what is in it


BAD = {
    "cut short": b'{"a": {"access": "sesame-7"',
    "a list": b'["sesame-7"]',
    "a text": b'"sesame-7"',
    "no JSON": b"\n\nsesame-7",
    "no text": b"\xff\xfe\x00sesame-7",
    "bytes": b'{"a": "\xffsesame-7"}',
    "a huge number": b'{"sesame-7": ' + b"9" * 5000 + b"}",
    "too deep": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_no_json_object_is_refused_and_never_overwritten(what: str, path: Path) -> None:
    if what == "a huge number" and sys.version_info < (3, 10, 7):
        pytest.skip("this Python reads numbers of any length")
    store = kept(path, BAD[what])
    for action in each(lambda: store.load("a"), lambda: store.save("a", TOKEN), lambda: store.save("a", None)):
        with pytest.raises(AuthError, match=r"tokens\.json cannot be used: .*(no JSON)") as caught:
            action()
        error = caught.value
        assert error.__cause__ is error.__context__ is None
        assert "sesame" not in str(error)
    assert path.read_bytes() == BAD[what]


def test_the_line_of_a_fault_is_said(path: Path) -> None:
    with pytest.raises(AuthError, match="line 3 is no JSON"):
        kept(path, '{\n"a": {},\n!}').load("a")


@pytest.mark.parametrize("text", ["", "\n", "{}", "\ufeff{}", " { } "], ids=repr)
def test_an_empty_file_has_no_tokens(text: str, path: Path) -> None:
    store = kept(path, text)
    assert store.load("a") is None
    store.save("a", TOKEN)
    assert store.load("a") == TOKEN


def test_what_is_no_token_is_refused_and_others_beside_it_are_good(path: Path) -> None:
    store = kept(path, '{"a": "sesame-7", "b": {"access": "x"}}')
    with pytest.raises(AuthError, match="under 'a' is no token") as caught:
        store.load("a")
    assert "sesame" not in str(caught.value)
    assert store.load("b") == {"access": "x"}
    store.save("a", TOKEN)
    assert store.load("a") == TOKEN


def test_looking_for_a_token_makes_nothing(path: Path) -> None:
    store = FileStore(path)
    store.load("a")
    store.save("a", None)
    assert not path.parent.parent.exists()


# ---- in a file: what cannot be written


def test_a_place_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FileStore(tmp_path / "file" / "tokens.json")
    assert store.load("a") is None
    with pytest.raises(AuthError, match=r"store='a/path', or in memory with store=None"):
        store.save("a", TOKEN)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(path)
    store.save("a", TOKEN)

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(AuthError, match="No space left on device"):
                store.save("a", {"access": "new"})
        assert store.load("a") == TOKEN
        assert names(path.parent) == ["tokens.json", "tokens.json.lock"]


def test_a_writer_that_is_killed_leaves_the_old_file_and_no_lock(path: Path) -> None:
    FileStore(path).save("a", TOKEN)
    script = """
    os.replace = lambda *args: os._exit(9)
    FileStore(sys.argv[1]).save("a", {"access": "half"})
    """
    with run(script, path) as killed:
        assert killed.wait() == 9
    assert names(path.parent) == [".tokens.json.part", "tokens.json", "tokens.json.lock"]
    clock = FakeClock()
    store = FileStore(path, clock=clock)
    assert store.load("a") == TOKEN
    store.save("b", {})
    assert (store.load("a"), store.load("b"), clock.slept) == (TOKEN, {}, [])
    assert names(path.parent) == ["tokens.json", "tokens.json.lock"]


# ---- in a file: several at once


def test_threads_lose_nothing(path: Path) -> None:
    def work(number: int) -> None:
        for step in range(10):
            FileStore(path).save(f"{number} {step}", {"access": str(step)})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(json.loads(path.read_bytes())) == 60


def test_processes_lose_nothing(path: Path) -> None:
    script = """
    sys.stdin.read()
    for step in range(15):
        FileStore(sys.argv[1]).save(f"{os.getpid()} {step}", {"access": str(step)})
    """
    writers = [run(script, path) for _ in range(3)]
    for writer in writers:  # all of them begin now
        assert writer.stdin is not None
        writer.stdin.close()
    for writer in writers:
        assert writer.wait() == 0
        writer.stdout.close()  # type: ignore[union-attr]
    assert len(json.loads(path.read_bytes())) == 45


def test_one_thread_at_a_time_holds_the_lock(path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(10):
            with FileStore(path).locked(SystemClock()):
                inside.append(1)
                most.append(len(inside))
                FileStore(path).load("a")
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 40


def test_who_holds_the_lock_loads_saves_and_takes_it_again(path: Path) -> None:
    clock = FakeClock()
    store, same = FileStore(path, clock=clock), FileStore(f"{path.parent}/../folder/tokens.json", clock=clock)
    with store.locked(clock), same.locked(clock):
        same.save("a", TOKEN)
        store.save("b", {})
        assert (store.load("a"), same.load("b")) == (TOKEN, {})
    assert clock.slept == []


def test_another_thread_gets_the_lock_only_when_it_is_wholly_left(path: Path) -> None:
    store = FileStore(path)

    def refused() -> bool:
        found: list[bool] = []

        def work() -> None:
            try:
                with store.locked(FakeClock()):
                    found.append(False)
            except AuthError:
                found.append(True)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return found == [True]

    with store.locked(FakeClock()):
        with store.locked(FakeClock()):
            pass
        assert refused()
    assert not refused()


def test_a_lock_that_is_not_released_is_said_after_two_minutes_with_its_file(path: Path) -> None:
    with run(HOLD, path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        clock = FakeClock()
        with pytest.raises(AuthError) as caught, FileStore(path).locked(clock):
            pass
        assert f"{path}.lock" in str(caught.value)
        assert "another process has held" in str(caught.value)
        assert "end it" in str(caught.value)
        assert sum(clock.slept) == pytest.approx(120, abs=0.1)
        with pytest.raises(AuthError):
            FileStore(path, clock=FakeClock()).save("a", TOKEN)
        assert FileStore(path).load("a") is None
        holder.kill()
        holder.wait()
    clock = FakeClock()
    FileStore(path, clock=clock).save("a", TOKEN)
    assert (FileStore(path).load("a"), clock.slept) == (TOKEN, [])


def test_a_lock_is_released_by_an_error_within_it(path: Path) -> None:
    clock = FakeClock()
    with pytest.raises(KeyError), FileStore(path).locked(clock):
        raise KeyError
    with run('FileStore(sys.argv[1], clock=FakeClock()).save("a", {})', path) as other:
        assert other.wait() == 0


def is_held(path: Path) -> bool:
    try:
        with FileStore(path).locked(FakeClock()):
            return False
    except AuthError:
        return True


@FORKS
@FORK_WARNING
def test_a_child_does_not_hold_its_parents_lock_nor_lets_go_of_it(path: Path) -> None:
    manager = FileStore(path).locked(FakeClock())
    manager.__enter__()
    assert in_child(lambda: is_held(path)) == 0
    assert in_child(lambda: not manager.__exit__(None, None, None)) == 0
    assert in_child(lambda: is_held(path)) == 0
    manager.__exit__(None, None, None)
    assert in_child(lambda: not is_held(path)) == 0
    assert not is_held(path)


@FORKS
@FORK_WARNING
def test_a_lock_that_another_thread_held_does_not_stop_the_child_for_ever(path: Path) -> None:
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with FileStore(path).locked(FakeClock()):
            held.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        try:
            clock = SystemClock()
            FileStore(path, clock=clock).save("child", TOKEN)
            os._exit(0)
        finally:
            os._exit(2)
    leave.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert FileStore(path).load("child") == TOKEN


@FORKS
def test_a_child_that_lives_on_does_not_keep_the_lock_of_a_parent_that_was_killed(path: Path) -> None:
    script = """
    with FileStore(sys.argv[1]).locked(FakeClock()):
        if os.fork():
            os._exit(9)
        print("child", flush=True)
        sys.stdin.read()
    """
    with run(script, path) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "child\n"
        assert parent.wait() == 9
        assert not is_held(path)
        assert parent.stdin is not None
        parent.stdin.close()  # and here the child ends


@pytest.mark.skipif(os.name != "posix", reason="no other system has a way to say so")
def test_the_disk_has_taken_the_file_and_then_its_name_when_a_token_is_saved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def take(number: int) -> None:
        taken.append((stat.S_ISDIR(os.fstat(number).st_mode), path.exists()))

    monkeypatch.setattr(os, "fsync", take)
    FileStore(path).save("a", {"access_token": "x"})
    assert taken == [(False, False), (True, True)]


def test_where_the_place_knows_no_locks_that_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: int) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(locking, "try_lock", fail)
    for _ in range(2):
        with pytest.raises(AuthError, match=r"no way to lock .*tokens\.json\.lock: No locks available"):
            FileStore(path).save("a", TOKEN)
    monkeypatch.undo()
    FileStore(path).save("a", TOKEN)


# ---- on Windows, as far as it can be seen from elsewhere


class Locks(types.ModuleType):
    """The three names of msvcrt that are used."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.asked: list[int] = []
        self.taken = 0

    def locking(self, file: int, mode: int, count: int) -> None:
        assert count == 1
        self.asked.append(mode)
        if mode == self.LK_NBLCK and self.taken:
            self.taken -= 1
            raise PermissionError(13, "Permission denied")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Locks:
    locks = Locks()
    monkeypatch.setitem(sys.modules, "msvcrt", locks)
    monkeypatch.setattr(sys, "platform", "win32")
    return locks


def test_on_windows_the_lock_is_tried_until_it_is_free(path: Path, windows: Locks) -> None:
    windows.taken = 2
    clock = FakeClock()
    FileStore(path, clock=clock).save("a", TOKEN)
    assert len(clock.slept) == 2
    assert windows.asked == [windows.LK_NBLCK] * 3 + [windows.LK_UNLCK]


def test_on_windows_a_file_that_is_being_read_is_replaced_a_little_later(
    path: Path, windows: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, refused = os.replace, [1, 1]

    def busy(*args: Any) -> None:
        if refused:
            refused.pop()
            raise PermissionError(13, "The process cannot access the file")
        replace(*args)

    monkeypatch.setattr(os, "replace", busy)
    clock = FakeClock()
    store = FileStore(path, clock=clock)
    store.save("a", TOKEN)
    assert (store.load("a"), len(clock.slept)) == (TOKEN, 2)
    refused.extend([1] * 1000)
    with pytest.raises(AuthError, match="cannot access the file"):
        store.save("a", {})
    assert store.load("a") == TOKEN


# ---- finding a store


class Own:
    """A store of the user's own."""

    def __init__(self, token: object = None) -> None:
        self.token = token

    def load(self, name: str) -> Any:
        if isinstance(self.token, Exception):
            raise self.token
        return self.token

    def save(self, name: str, token: Mapping[str, Any] | None) -> None:
        self.token = token


def test_a_store_is_found_by_what_is_said(tmp_path: Path) -> None:
    assert isinstance(open_store(None), MemoryStore)
    for said in (tmp_path / "a", str(tmp_path / "a")):
        store = open_store(said)
        assert isinstance(store, FileStore)
        assert store.path == tmp_path / "a"
    own = Own()
    assert open_store(own) is own


def test_an_end_that_no_number_of_seconds_can_be_is_beyond_all_others(path: Path) -> None:
    ends = {"early": 5, "late": 1e300, "larger": 10**400, "before": -(10**400), "text": "5", "none": None}
    texts = {name: {"access_token": name, "expires_at": end} for name, end in ends.items()}
    kept(path, json.dumps(texts))
    told = {"early": 5.0, "late": 1e300, "larger": math.inf, "before": -math.inf, "text": None, "none": None}
    assert stored_logins(path) == told


@pytest.mark.parametrize("what", [1, {}, b"path", Own, object(), True, "", "a\0b"], ids=repr)
def test_what_is_no_store_is_refused(what: object) -> None:
    with pytest.raises(InvalidValue, match="token"):
        open_store(what)


def test_a_path_is_of_the_directory_and_the_home_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = FileStore("a.json")
    monkeypatch.chdir("..")
    assert store.path == tmp_path / "a.json"
    assert FileStore("~/a.json").path == Path.home() / "a.json"
    assert pickle.loads(pickle.dumps(store)).path == store.path


def test_the_default_file_is_in_the_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "restpath" / "tokens.json"


@pytest.mark.parametrize("token", [None, TOKEN, {}, types.MappingProxyType(TOKEN)], ids=repr)
def test_what_a_store_of_ones_own_gives_is_taken(token: Any) -> None:
    assert load_token(Own(token), "a") is token


@pytest.mark.parametrize("token", ['{"access": "sesame"}', b"sesame", ["sesame"], 0, False, ("a", "b")], ids=repr)
def test_what_is_no_token_of_a_store_of_ones_own_is_refused(token: Any) -> None:
    with pytest.raises(InvalidValue, match=rf"load\(\) of the token store Own gave a {type(token).__name__}") as caught:
        load_token(Own(token), "a")
    assert "sesame" not in str(caught.value)
    assert ("json.loads" in str(caught.value)) == isinstance(token, (str, bytes))


def test_an_exception_of_a_store_of_ones_own_passes_as_it_is() -> None:
    error = ConnectionResetError("the database is away")
    with pytest.raises(ConnectionResetError) as caught:
        load_token(open_store(Own(error)), "a")
    assert caught.value is error


def test_the_lock_of_a_store_is_used_where_it_has_one(path: Path) -> None:
    clock = FakeClock()
    with lock_store(FileStore(path), clock):
        assert Path(f"{path}.lock").exists()
    with lock_store(MemoryStore(), clock), lock_store(Own(), clock):
        pass

    class Locking(Own):
        def locked(self, clock: object) -> Any:
            return tempfile.TemporaryFile()

    with lock_store(Locking(), clock) as entered:
        assert not entered.closed
    assert entered.closed


# ---- in the keyring


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[tuple[str, str], str]]:
    keyring = pytest.importorskip("keyring")
    held: dict[tuple[str, str], str] = {}

    class Ring(keyring.backend.KeyringBackend):  # type: ignore[misc,name-defined]
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            if (service, username) not in held:
                raise keyring.errors.PasswordDeleteError("there is none")
            del held[service, username]

    old = keyring.get_keyring()
    keyring.set_keyring(Ring())
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    yield held
    keyring.set_keyring(old)


def test_the_keyring_has_each_token_as_json_under_its_key(ring: dict[tuple[str, str], str]) -> None:
    store = open_store("keyring")
    assert isinstance(store, KeyringStore)
    store.save("a", TOKEN)
    store.save("b", {})
    assert json.loads(ring["restpath", "a"]) == TOKEN
    assert (store.load("a"), store.load("b"), store.load("c")) == (TOKEN, {}, None)
    store.save("a", None)
    store.save("a", None)
    assert list(ring) == [("restpath", "b")]
    assert repr(store) == "KeyringStore()"
    with pytest.raises(InvalidValue):
        store.save("b", {"a": {1}})
    assert store.load("b") == {}


def test_what_the_keyring_has_there_and_is_no_token_is_refused(ring: dict[tuple[str, str], str]) -> None:
    ring["restpath", "a"] = "sesame"
    with pytest.raises(AuthError, match="'a' under 'restpath' cannot be used") as caught:
        KeyringStore().load("a")
    assert "sesame" not in str(caught.value)
    assert ring["restpath", "a"] == "sesame"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("PasswordSetError", "1280 characters.* this one has 69"),
        ("KeyringLocked", "unlock it"),
        ("NoKeyringError", "there is none on this machine"),
        ("InitError", "store='a/path'"),
        (None, "OSError"),
    ],
)
def test_a_failure_of_the_keyring_is_an_error_without_the_token(
    kind: str | None, words: str, ring: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = pytest.importorskip("keyring")

    def fail(service: str, username: str, password: str = "sesame-7") -> None:
        raise (getattr(keyring.errors, kind) if kind else OSError)(f"cannot keep {password}")

    for name in ("get_password", "set_password"):
        monkeypatch.setattr(keyring, name, fail)
    with pytest.raises(AuthError, match=words) as caught:
        KeyringStore().save("a", TOKEN)
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    for action in each(lambda: KeyringStore().load("a"), lambda: KeyringStore().save("a", None)):
        with pytest.raises(AuthError, match="no way to read from the keyring"):
            action()


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InvalidValue, match=r"pip install 'restpath\[keyring\]'"):
        open_store("keyring")


def test_renewals_with_the_keyring_go_one_by_one(ring: object, tmp_path: Path) -> None:
    clock = FakeClock()
    store = KeyringStore()
    with lock_store(store, clock):
        store.save("a", TOKEN)
        assert names(tmp_path / "restpath") == ["keyring.lock"]
        lock = tmp_path / "restpath" / "keyring.lock"
        assert is_held_elsewhere(lock)
    assert not is_held_elsewhere(lock)


def is_held_elsewhere(lock: Path) -> bool:
    with run("""
    from restpath.edge.locking import _lock_file
    sys.exit(_lock_file(sys.argv[1]) is None)
    """, lock) as other:  # fmt: skip
        return other.wait() == 1
