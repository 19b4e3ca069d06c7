"""Bodies as the mock reads them: forms written by urllib3 and by restpath come back byte for byte."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import encode_multipart_formdata

from restpath.mock.forms import BadContent, read_content
from restpath.multipart import field_part, file_part, open_multipart
from restpath.sources import file_source
from restpath.types import UNSET


def read(body: bytes, content_type: str, json_field: str | None = None) -> Any:
    return read_content(io.BytesIO(body), content_type, json_field)


def files_of(content: Any) -> list[tuple[str, str, str, bytes]]:
    return [(name, blob.name, blob.media_type, b"".join(blob)) for name, blob in content.files]


CONTENTS = st.binary(max_size=300) | st.lists(st.sampled_from([b"\r\n", b"--", b"BOUND", b"-", b"x", b"\r"])).map(
    b"".join
)


@given(st.lists(CONTENTS, min_size=1, max_size=4))
def test_files_come_back_byte_for_byte_whatever_they_hold(contents: list[bytes]) -> None:
    fields = [("file", (f"{i}.bin", data, "image/x")) for i, data in enumerate(contents)]
    boundary = "BOUND-0"
    while any(boundary.encode() in data for data in contents):
        boundary += "1"
    body, content_type = encode_multipart_formdata(fields, boundary)
    assert files_of(read(body, content_type)) == [
        ("file", f"{i}.bin", "image/x", data) for i, data in enumerate(contents)
    ]


@pytest.mark.parametrize("size", [(1 << 20) - 30, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_boundary_is_found_across_blocks(size: int) -> None:
    data = b"\r\n--" * (size // 4) + b"\r" * (size % 4)
    body, content_type = encode_multipart_formdata([("f", ("n", data)), ("g", ("m", b""))])
    assert [part[3] for part in files_of(read(body, content_type))] == [data, b""]


def test_what_restpath_sends_is_read_with_its_names_and_the_json_beside() -> None:
    parts = [
        file_part("pic", file_source(('b\u00edg "x".png', io.BytesIO(b"123"), "image/png"), field="pic")),
        field_part("json_data", '{"a": ["\u00e9"]}'),
    ]
    with open_multipart(parts) as sent:
        content = read(b"".join(sent), sent.content_type, "json_data")
    assert content.value == {"a": ["\u00e9"]}
    assert files_of(content) == [("pic", "b\u00edg %22x%22.png", "image/png", b"123")]


def test_fields_of_a_form_become_an_object_and_repeated_ones_a_list() -> None:
    body, content_type = encode_multipart_formdata([("a", "1"), ("b", "2"), ("a", "3")])
    assert read(body, content_type).value == {"a": ["1", "3"], "b": "2"}
    assert read(b"a=1&b=2+%C3%A9&a=3&c=", "application/x-www-form-urlencoded").value == {
        "a": ["1", "3"], "b": "2 \u00e9", "c": "",
    }  # fmt: skip


def test_json_is_read_by_its_type_by_its_suffix_and_where_there_is_no_type() -> None:
    for content_type in ("application/json", "application/vnd.x+json; charset=utf-8", ""):
        assert read(b'{"a": null}', content_type).value == {"a": None}
    assert read(b"", "application/json").value is UNSET
    assert read(b"null", "application/json").value is None


@pytest.mark.parametrize("content_type", ["image/png", ""])
def test_any_other_body_is_a_file(content_type: str) -> None:
    content = read(b"\x00\xff", content_type)
    assert content.value is UNSET
    assert files_of(content) == [("", "", content_type, b"\x00\xff")]


def test_a_media_type_is_kept_as_one_line_that_a_header_can_carry() -> None:
    body = GOOD.replace(b'"a"', b'"a"; filename="f"\r\nContent-Type: a/b;\r\n c=\xc3\xa9')
    assert files_of(read(body, "multipart/form-data; boundary=B")) == [("a", "f", "a/b; c=", b"1")]


GOOD = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'


def test_what_stands_around_the_parts_means_nothing() -> None:
    body = b"preamble\r\n" + GOOD.replace(b"--B\r\n", b"--B  \r\n") + b"epilogue"
    assert read(body, "multipart/form-data; boundary=B").value == {"a": "1"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (GOOD[:-5], "multipart/form-data; boundary=B"),
        (GOOD, "multipart/form-data"),
        (GOOD, "multipart/form-data; boundary=C"),
        (GOOD.replace(b"--B\r\n", b"--Bx\r\n"), "multipart/form-data; boundary=B"),
        (GOOD.replace(b'; name="a"', b""), "multipart/form-data; boundary=B"),
        (GOOD.replace(b"form-data", b"attachment"), "multipart/form-data; boundary=B"),
        (GOOD.replace(b"\r\n\r\n1", b"\r\n" + b"x" * 70_000), "multipart/form-data; boundary=B"),
        (GOOD.replace(b"1", b"\xff"), "multipart/form-data; boundary=B"),
        (b"", "multipart/form-data; boundary=B"),
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"Infinity", "application/json"),
        (b"a=%FF", "application/json"),
        (b"\xff=1", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(BadContent):
        read(body, content_type)


@given(st.binary(max_size=200))
def test_no_bytes_make_a_form_fail_in_another_way(body: bytes) -> None:
    for whole in (body, GOOD[:5] + body, GOOD[:50] + body + GOOD[50:]):
        try:
            read(whole, "multipart/form-data; boundary=B", "a")
        except BadContent:
            pass
