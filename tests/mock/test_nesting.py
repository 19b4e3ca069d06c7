"""Forms read back by the mock: numbered names become the lists and objects that a client wrote them from."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
import restpath.mock
from restpath.definition.rules import NestedForm
from restpath.fields import numbered
from restpath.mock.nesting import nested

FORMS: list[NestedForm] = ["dashes", "brackets", "dots"]
NAMES = st.text("abcxyz_", min_size=1, max_size=3)
TEXTS = st.text(max_size=4)
INNER = st.lists(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=2), min_size=1, max_size=2)
ITEMS = st.lists(st.dictionaries(NAMES, TEXTS | INNER, min_size=1, max_size=2), min_size=1, max_size=3)


@pytest.mark.parametrize("form", FORMS)
@given(value=ITEMS)
def test_what_a_client_writes_is_read_back(form: NestedForm, value: Any) -> None:
    assert nested(dict(numbered("top", value, form)), form) == {"top": value}


@pytest.mark.parametrize("form", ["brackets", "dots"])
@given(value=st.dictionaries(NAMES, TEXTS, min_size=1))
def test_objects_are_read_back_where_their_mark_can_mean_nothing_else(form: NestedForm, value: Any) -> None:
    assert nested(dict(numbered("top", value, form)), form) == {"top": value}


@pytest.mark.parametrize(
    ("form", "fields", "value"),
    [
        ("dashes", {"listen-later": "1", "a-0": "x", "a-1": "y"}, {"listen-later": "1", "a": ["x", "y"]}),
        ("dashes", {"s-10-t": "k", "s-2-t": "c"}, {"s": [{"t": "c"}, {"t": "k"}]}),
        ("dashes", {"-1": "x", "a-0-b": "y", "a": "z"}, {"-1": "x", "a": "z"}),
        ("brackets", {"a[]": "x", "b[": "y", "[c]": "z", "d[e][0]": "w"},
         {"a": ["x"], "b[": "y", "[c]": "z", "d": {"e": ["w"]}}),
        ("dots", {"a..b": "x", ".c": "y", "d.0": "z", "d.0.e": "w"},
         {"a..b": "x", ".c": "y", "d": ["z"], "d.0.e": "w"}),
        (None, {"a-0-b": "x", "a[0]": "y"}, {"a-0-b": "x", "a[0]": "y"}),
    ],
)  # fmt: skip
def test_what_fits_no_such_name_or_contradicts_another_stays_as_it_is(form: Any, fields: Any, value: Any) -> None:
    assert nested(fields, form) == value


@given(st.dictionaries(st.text("a0-.[]", max_size=8), TEXTS, max_size=6), st.sampled_from(FORMS))
def test_no_names_make_it_fail(fields: dict[str, str], form: NestedForm) -> None:
    nested(fields, form)


@pytest.mark.parametrize("media_type", ["form", "multipart"])
def test_a_form_with_a_list_of_objects_arrives_as_that(media_type: str) -> None:
    definition = restpath.read(
        {
            "service": {"service": "s", "fields": media_type, "nested_form": "dashes"},
            "resources": {"/shows": "GET POST", "/shows/{id}": "GET", "/shows/{id}/sound": {
                "methods": "GET", "mock": {"of": "/shows/{id}", "file": "sound"}}},
        }
    )  # fmt: skip
    client = restpath.connect(definition, "http://x", app=restpath.mock.app(definition))
    sections = [{"artist": "A", "song": "B"}, {"chapter": "C"}]
    files = {"upload_file_sound": ("a.mp3", io.BytesIO(b"\0\1"), "audio/mpeg")} if media_type == "multipart" else {}
    made = client.shows.post(name="x", sections=sections, **files)
    assert (made["name"], made["sections"]) == ("x", sections)
    if files:
        assert client.shows[made["id"]].sound.get() == b"\0\1"


def test_a_field_that_came_twice_is_a_list_as_it_always_was() -> None:
    from restpath.mock.forms import read_content

    body = urlencode([("a", "1"), ("a", "2"), ("b-0-c", "3")]).encode()
    content = read_content(io.BytesIO(body), "application/x-www-form-urlencoded", None, "dashes")
    assert content.value == {"a": ["1", "2"], "b": [{"c": "3"}]}
    assert content.pairs == [("a", "1"), ("a", "2"), ("b-0-c", "3")]
