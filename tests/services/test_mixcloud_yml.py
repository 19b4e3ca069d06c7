"""Cloudcasts as YAML: what is read, what a time may look like, and what is said of files that are none."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from restpath import InvalidValue
from restpath.services.mixcloud import Artist, Cloudcast, Section, Track, User


def document(**changes: Any) -> str:
    """A good file, as text, with some values replaced; UNSET by None."""
    known = {"title": "Title", "desc": "Desc", "tags": "[Funk]", "tracks": "[{start: 0, artist: A, track: T}]"}
    return "".join(f"{key}: {value}\n" for key, value in {**known, **changes}.items() if value is not None)


def start_of(text: str) -> int | None:
    cloudcast = Cloudcast.from_yml(document(tracks=f"\n  - start: {text}\n    artist: A\n    track: T"), None)
    return cloudcast.sections()[0].start_time


@pytest.mark.parametrize(("text", "seconds"), [
    ("0", 0), ("54", 54), ("2:54", 174), ("0:54", 54), ("0:05", 5), ("09:30", 570), ("10:09", 609), ("190:20", 11420),
    ("1:02:03", 3723), ("0:00:07", 7), ('"2:54"', 174), ("'0:54'", 54), ('"174"', 174), ("08", 8), ("1_000", 1000),
    ("!!int 2:54", 174), ("!!str 2:54", 174),
])  # fmt: skip
def test_a_start_is_seconds_or_a_time(text: str, seconds: int) -> None:
    assert start_of(text) == seconds


@given(st.integers(0, 10**6))
def test_every_start_that_yaml_1_1_reads_means_the_same(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    hours, low = divmod(minutes, 60)
    spelled = [str(seconds), f"{minutes}:{rest:02}", f"{hours}:{low:02}:{rest:02}", f"'{minutes}:{rest:02}'"]
    for text in spelled:
        assert start_of(text) == seconds
        by_yaml = yaml.safe_load(text)
        assert by_yaml == seconds or isinstance(by_yaml, str)


@pytest.mark.parametrize("text", [
    "soon", "1:75", "0:2:3:4", "-5", "1.5", "2:54.5", "~", "", "[1]", "{a: 1}", "true", "2001-01-01", ":1",
    "٣", "9" * 5000, "!!int soon", "0x",
])  # fmt: skip
def test_a_start_that_is_no_time_is_an_error_that_shows_it(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"'start' of tracks\[0\]") as caught:
        start_of(text)
    assert len(str(caught.value)) < 200


def test_texts_are_as_they_are_written() -> None:
    text = document(
        title="1999", tags="[No, 80s, 2:54, 'x']", tracks="[{start: 1, artist: 311, track: Yes}]",
        desc="2001-01-01",
    )  # fmt: skip
    user = User("spartacus", "Spartacus")
    cloudcast = Cloudcast.from_yml(text, user)
    assert (cloudcast.key, cloudcast.name, cloudcast.description()) == ("1999", "1999", "2001-01-01")
    assert cloudcast.tags == ["No", "80s", "2:54", "x"]
    assert cloudcast.sections() == [Section(1, Track("Yes", Artist("311", "311")))]
    assert cloudcast.user is user


@pytest.mark.parametrize("make", [
    io.StringIO, lambda text: io.BytesIO(text.encode()), lambda text: io.BytesIO(text.encode("utf-16")), str,
])  # fmt: skip
def test_a_file_may_be_open_for_text_or_for_bytes(make: Any) -> None:
    assert Cloudcast.from_yml(make(document(title="Ünïcödé")), None).name == "Ünïcödé"


def test_an_anchor_may_be_used_again() -> None:
    text = document(tracks="[{start: 0, artist: &a Bob, track: T}, {start: 1, artist: *a, track: U}]")
    assert [section.track.artist for section in Cloudcast.from_yml(text, None).sections()] == [
        Artist("bob", "Bob"), Artist("bob", "Bob"),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["title", "desc", "tags", "tracks"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(InvalidValue, match=f"lacks the key '{key}'"):
        Cloudcast.from_yml(document(**{key: None}), None)


@pytest.mark.parametrize("key", ["start", "artist", "track"])
def test_a_key_that_a_track_lacks_is_named_with_its_place(key: str) -> None:
    known = {"start": "5", "artist": "A", "track": "T"}
    line = ", ".join(f"{name}: {value}" for name, value in known.items() if name != key)
    with pytest.raises(InvalidValue, match=rf"tracks\[1\] lacks the key '{key}' \(line 6, "):
        Cloudcast.from_yml(document(tracks=f"\n  - {{start: 0, artist: A, track: T}}\n  - {{{line}}}"), None)


def test_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "show.yml"
    file.write_text("title: x\n")
    with open(file) as opened, pytest.raises(InvalidValue, match=r"show\.yml: the file lacks the key 'desc'"):
        Cloudcast.from_yml(opened, None)


@pytest.mark.parametrize(("changes", "problem"), [
    ({"title": "[a]"}, "'title' is to be a text"), ({"title": ""}, "'title' is to be a text"),
    ({"desc": "{a: 1}"}, "'desc' is to be a text"), ({"tags": "Funk"}, "'tags' is to be a list"),
    ({"tags": "[[a]]"}, r"tags\[0\] is to be a text"), ({"tags": "[~]"}, r"tags\[0\] is to be a text"),
    ({"tracks": "x"}, "'tracks' is to be a list"), ({"tracks": "[x]"}, r"tracks\[0\] is to be a mapping"),
    ({"tracks": "[{start: 0, artist: [A], track: T}]"}, r"'artist' of tracks\[0\] is to be a text"),
    ({"more": "1\ntitle: again"}, "has the key 'title' twice"),
])  # fmt: skip
def test_a_value_of_another_kind_is_an_error_that_names_it(changes: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem):
        Cloudcast.from_yml(document(**changes), None)


@pytest.mark.parametrize(
    "text", ["", "- a\n", "x", "a: [", "a: b: c", "---\na: 1\n---\nb: 2\n", "\x00", "[" * 5000, "*x"]
)
def test_what_is_no_such_file_is_an_error(text: str) -> None:
    with pytest.raises(InvalidValue):
        Cloudcast.from_yml(io.StringIO(text), None)


@pytest.mark.parametrize("tag", [
    "!!python/object/apply:os.mkdir [{made}]", "!!python/name:os.system x", "!!python/object/new:os.mkdir [{made}]",
    "!own x", "!!binary eA==", "!!python/module:antigravity x",
])  # fmt: skip
@pytest.mark.parametrize("place", ["title", "tags", "tracks"])
def test_a_file_never_runs_code(tag: str, place: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    spelled = tag.format(made=made)
    text = {"title": spelled, "tags": f"[{spelled}]", "tracks": f"[{{start: {spelled}, artist: A, track: T}}]"}
    with pytest.raises(InvalidValue):
        Cloudcast.from_yml(document(**{place: text[place]}), None)
    assert not os.path.exists(made)


@given(st.text(max_size=60))
def test_any_text_is_a_cloudcast_or_an_error_of_ours(text: str) -> None:
    try:
        Cloudcast.from_yml(io.StringIO(text), None)
    except InvalidValue:
        pass


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=30),
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=10), max_size=5),
)
def test_what_pyyaml_writes_is_read_back(title: str, tags: list[str]) -> None:
    text = yaml.safe_dump({"title": title, "desc": "", "tags": tags, "tracks": []}, allow_unicode=True)
    cloudcast = Cloudcast.from_yml(text, None)
    assert (cloudcast.name, cloudcast.tags) == (title, tags)


def test_without_pyyaml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(InvalidValue, match=r"restpath\[yaml\]"):
        Cloudcast.from_yml(io.StringIO(document()), None)
