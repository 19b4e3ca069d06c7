"""Data files that are whole or as they were: how they look, who may read them, and what a full disk leaves."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.edge import storing
from restpath.errors import InvalidValue
from restpath.testing import FakeClock

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=40,
)


@given(VALUES)
def test_what_is_laid_out_reads_back_as_it_was(value):
    assert json.loads(storing.json_text(value)) == value


@given(st.dictionaries(st.text(max_size=10), VALUES, max_size=6))
def test_what_fits_on_a_line_is_on_one_and_no_line_of_small_things_is_longer_than_that(document):
    for line in storing.json_text(document).splitlines():
        assert len(line) <= 120 or len(max(_texts(document), key=len)) > 8


def _texts(value):
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (json.dumps(key), *_texts(item))]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else [json.dumps(value)]


def test_the_order_is_the_documents_own_and_each_member_has_its_line():
    assert storing.json_text({"b": 1, "a": {"y": [1, 2], "x": None}}) == (
        '{\n  "b": 1,\n  "a": {"y": [1, 2], "x": null}\n}\n'
    )


def test_a_change_of_one_operation_is_a_change_of_one_line():
    before = {"/things": {"methods": {"GET": {"title": "x" * 60}, "POST": {"title": "y" * 60}}}, "/more": "GET"}
    after = {**before, "/things": {"methods": {**before["/things"]["methods"], "POST": {"title": "z" * 60}}}}
    pairs = zip(storing.json_text(before).splitlines(), storing.json_text(after).splitlines(), strict=True)
    assert len([1 for old, new in pairs if old != new]) == 1


def test_folders_and_files_are_the_users_alone(tmp_path):
    storing.make_folder(tmp_path / "a" / "b")
    storing.store_json(tmp_path / "a" / "b" / "x.json", {"a": 1})
    assert json.loads((tmp_path / "a" / "b" / "x.json").read_text()) == {"a": 1}
    if os.name == "posix":
        modes = [stat.S_IMODE((tmp_path / place).stat().st_mode) for place in ("a", "a/b", "a/b/x.json")]
        assert modes == [0o700, 0o700, 0o600]


@pytest.mark.skipif(os.name != "posix", reason="links need a right of their own")
def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path):
    outside, folder = tmp_path / "outside.json", tmp_path / "folder"
    outside.write_text("mine")
    folder.mkdir()
    (folder / "x.json").symlink_to(outside)
    (folder / ".x.json.part").symlink_to(outside)
    storing.store_text(folder / "x.json", "new")
    assert outside.read_text() == "mine"
    assert (folder / "x.json").read_text() == "new"
    assert not (folder / "x.json").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="links need a right of their own")
def test_a_folder_that_is_a_link_is_not_written_into(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidValue, match="it is a link or a file"), storing.held(tmp_path / "folder"):
        pytest.fail("the lock was given")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    file = tmp_path / "x.json"
    storing.store_text(file, "old")

    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storing.os, "fsync", full)
    with pytest.raises(InvalidValue, match=r"No space left on device\. Nothing was changed"):
        storing.store_text(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_one_who_was_killed_left_behind_is_in_nobodys_way(tmp_path):
    (tmp_path / ".x.json.part").write_text('{"half')
    storing.store_json(tmp_path / "x.json", {})
    assert [each.name for each in tmp_path.iterdir()] == ["x.json"]


def test_whoever_holds_a_folder_finds_nothing_half_written_in_it(tmp_path):
    for name in (".x.json.part", ".y.json.part", "mine.part", ".mine"):
        (tmp_path / name).write_text('{"half')
    with storing.held(tmp_path):
        assert sorted(os.listdir(tmp_path)) == [".lock", ".mine", "mine.part"]


def test_a_place_that_cannot_be_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidValue, match="cannot write"):
        storing.make_folder(tmp_path / "file" / "below")


def test_two_threads_are_in_a_folder_one_after_the_other(tmp_path):
    inside, seen, begun = [], [], threading.Barrier(4)

    def write():
        begun.wait()
        for _ in range(20):
            with storing.held(tmp_path / "folder"):
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 80


def test_another_process_waits_until_the_folder_is_free(tmp_path):
    program = "import sys; from pathlib import Path; from restpath.edge import storing\n"
    program += "with storing.held(Path(sys.argv[1])): print('in', flush=True)"
    with storing.held(tmp_path / "folder"):
        other = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "folder")], stdout=subprocess.PIPE, text=True
        )
        assert other.poll() is None
    assert other.communicate()[0] == "in\n"


def test_a_folder_that_another_process_keeps_is_told_after_the_time_that_was_said(tmp_path):
    program = "import sys; from pathlib import Path; from restpath.edge import storing\n"
    program += "with storing.held(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(tmp_path / "folder")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        clock = FakeClock()
        with (
            pytest.raises(storing.Busy, match=r"another process has been writing into .* for 7 seconds"),
            storing.held(tmp_path / "folder", clock=clock, seconds=7),
        ):
            pytest.fail("the lock was given")
        assert sum(clock.slept) == pytest.approx(7, abs=0.1)
        other.stdin.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    tmp_path.chmod(0o500)
    try:
        with (
            pytest.raises(InvalidValue, match=r"cannot write .*folder.*XDG_DATA_HOME"),
            storing.held(tmp_path / "restpath" / "folder"),
        ):
            pytest.fail("the lock was given")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("variable", ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", ""])
def test_what_cannot_be_written_names_the_variable_that_says_where_it_is(tmp_path, monkeypatch, variable):
    for each in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(each, str(tmp_path / each))
    (tmp_path / variable).mkdir(exist_ok=True)
    (tmp_path / variable / "restpath").write_text("in the way")
    with pytest.raises(InvalidValue, match="cannot write") as caught:
        storing.make_folder(tmp_path / variable / "restpath" / "shop")
    said = [
        each for each in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME") if f"in {each}" in str(caught.value)
    ]
    assert said == [variable] * bool(variable)


# ---- a cache


def test_a_cache_takes_what_it_is_given_for_its_owner_alone(tmp_path):
    folder = tmp_path / "cache" / "checked"
    for text in ("first", "second"):
        storing.cache_text(folder / "a", text)
    assert sorted(os.listdir(folder)) == [".lock", "a"]
    assert (folder / "a").read_text() == "second"
    if os.name == "posix":
        modes = [stat.S_IMODE(place.stat().st_mode) for place in (folder.parent, folder, folder / "a")]
        assert modes == [0o700, 0o700, 0o600]


def test_what_a_killed_one_left_in_a_cache_is_one_file_and_the_next_to_write_takes_it_away(tmp_path):
    (tmp_path / ".part").write_text("half")
    storing.cache_text(tmp_path / "b", "whole")
    assert sorted(os.listdir(tmp_path)) == [".lock", "b"]
    assert (tmp_path / "b").read_text() == "whole"


def test_a_cache_that_cannot_be_written_is_no_error_and_nothing_stays_beside(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storing.os, "replace", refuse)
    storing.cache_text(tmp_path / "c", "whole")
    assert os.listdir(tmp_path) == [".lock"]
    (tmp_path / "file").write_text("")
    storing.cache_text(tmp_path / "file" / "d", "whole")
    assert (tmp_path / "file").read_text() == ""
