"""The history: kept per service, for its owner alone, without secrets, and by several shells at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.cli.shell_history import History, history_path, may_hold_secret


def test_lines_are_read_back_in_order_with_their_breaks(tmp_path: Path) -> None:
    history = History(tmp_path / "a" / "b" / "shop")
    for line in ("get people", 'post x a:=[1,\n"é"]', "cd -"):
        history.add(line)
    assert History(history.path).lines() == ["get people", 'post x a:=[1,\n"é"]', "cd -"]
    assert len(history.path.read_text().splitlines()) == 3


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    history = History(tmp_path / "a" / "b" / "shop")
    history.add("x")
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.path.parent.stat().st_mode) == 0o700
    history.path.chmod(0o644)
    history.add("y")
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600


def test_each_service_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sources = ["shop", "./shop", "https://shop.example", "https://a:secret@shop.example", "/etc/shop"]
    paths = [history_path(source) for source in sources]
    assert len(set(paths)) == len(paths)
    assert {path.parent for path in paths} == {tmp_path / "restpath" / "history.d"}
    assert "secret" not in str(paths)


def test_what_is_damaged_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "shop"
    path.write_bytes(b'"get a"\nnonsense\n{"a": 1}\n\xff\n"get b"\n"cut o')
    assert History(path).lines() == ["get a", "get b"]


def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "shop"
    path.write_bytes(b'"get a"\n"cut o')
    History(path).add("get b")
    History(path).add("get c")
    assert History(path).lines() == ["get a", "get b", "get c"]


@pytest.mark.skipif(os.name != "posix", reason="no other system lets a file be limited")
def test_a_full_disk_leaves_no_half_of_a_line_and_is_told(tmp_path: Path) -> None:
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom restpath.cli.shell_history import History\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\nhistory = History(Path(sys.argv[1]))\n"
        "history.add('get ' + 'a' * 50)\nassert history.problem is None\nhistory.add('get ' + 'b' * 50)\n"
        "print(history.problem)"
    )
    path = tmp_path / "shop"
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert "no history is kept" in done.stdout, done.stderr
    assert "No space left" in done.stdout
    assert path.read_bytes() == b'"get ' + b"a" * 50 + b'"\n'


def test_a_history_that_cannot_be_shortened_stays_and_leaves_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restpath.cli.shell_history._MOST_BYTES", 10)

    def no_room(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    history = History(tmp_path / "shop")
    history.add("get people")
    history.add("get more")
    assert history.problem is None
    assert history.lines() == ["get people", "get more"]
    assert sorted(os.listdir(tmp_path)) == ["shop", "shop.lock"]


def test_a_file_that_cannot_be_written_is_told_once_and_hurts_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = History(tmp_path / "file" / "shop")
    history.add("get a")
    assert history.problem is not None
    assert "no history is kept" in history.problem
    told = history.problem
    history.add("get b")
    assert history.problem == told
    assert history.lines() == []


@pytest.mark.skipif(os.name != "posix", reason="links are made by everybody on POSIX alone")
def test_a_link_that_somebody_left_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    (tmp_path / "shop").symlink_to(tmp_path / "mine")
    history = History(tmp_path / "shop")
    history.add("get a")
    assert history.problem is not None
    assert (tmp_path / "mine").read_text() == ""


def test_two_shells_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shop"
    program = (
        "import sys; from pathlib import Path; from restpath.cli.shell_history import History\n"
        "history = History(Path(sys.argv[1]))\n"
        "for number in range(200): history.add(f'{sys.argv[2]} {number} ' + 'x' * 200)\n"
    )
    shells = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in "abc"]
    assert [shell.wait(60) for shell in shells] == [0, 0, 0]
    lines = History(path).lines()
    for name in "abc":
        assert [line.split()[1] for line in lines if line[0] == name] == [str(number) for number in range(200)]


def test_a_long_history_loses_its_oldest_lines(tmp_path: Path) -> None:
    history = History(tmp_path / "shop")
    history.path.write_text(f'"{"x" * 999}"\n' * 1100)
    history.add("the last")
    assert history.path.stat().st_size < (1 << 20)
    assert history.lines()[-1] == "the last"
    assert len(history.lines()) == 1000


@pytest.mark.parametrize(
    "line",
    [
        "set token=abc", "set token abc", "set client_secret=x", "set pin=1234", "get a --set token=abc",
        "get a --set=password=x", "get a Authorization:Bearer", "get a 'Authorization: Bearer abc'",
        "post a password=x",
        "post a user.password=x", 'post a user:={"password": "x"}', "post a 'user:={\\'password\\': 1}'",
        'post a user:={\n"api_key":\n"x"}', "get a?access_token=abc", "get https://ann:pw@example.com/a",
        "get a token==abc", "get a Cookie:a=b", "get a X-Api-Key:@file", "get a x=s3cr3tvalue",
        "get a x='Bearer abcde'",
        "get a X-Own:'Basic YTpi'", "set base_url=https://ann:pw@example.com",
    ],
)  # fmt: skip
def test_a_line_that_may_hold_a_secret_is_known(line: str) -> None:
    assert may_hold_secret(line, frozenset({"pin"}), frozenset({"s3cr3tvalue"}))


@pytest.mark.parametrize(
    "line",
    [
        "get people", "get people/ann/tokens", "get sessions/token limit==1", "set output=table", "set token",
        "post a name=_.id note='a: b'", "get a?limit=1", "cd tokens", "show auth", "set username=ann",
        "get a --query 'items[].token'", "get https://example.com/a",
    ],
)  # fmt: skip
def test_a_line_without_one_is_kept(line: str) -> None:
    assert not may_hold_secret(line, frozenset({"pin"}), frozenset({"s3cr3tvalue"}))


@given(st.text(), st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4), st.text())
def test_a_known_secret_is_found_wherever_it_stands(before: str, secret: str, after: str) -> None:
    assert may_hold_secret(before + secret + after, secrets=frozenset({secret}))


@given(st.text(), st.sampled_from(["password=", "Authorization:", "--set token=", "api_key==", '"secret": ']))
def test_a_secret_name_is_found_behind_whatever(before: str, name: str) -> None:
    assert may_hold_secret(f"{before} {name}x")
