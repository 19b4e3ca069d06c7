"""Calls: what a path, a method and arguments become; nothing is sent, and nothing wrong gets this far."""

from __future__ import annotations

import copy
import email.message
import io
import json
import pickle
import types
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import Call, InvalidBody, InvalidValue, MethodNotAllowed, RestpathError
from restpath.call import origin_of
from restpath.masking import MASK, Secret

FORM = "application/x-www-form-urlencoded"
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "doc_id": {}, "options.version": {}},
    "required": ["n"],
}
RESOURCES: dict[str, Any] = {
    "/": "GET POST",
    "/x": "GET HEAD OPTIONS POST PUT PATCH DELETE QUERY TRACE",
    "/x/{id}": "GET",
    "/checked": {"methods": {"POST": {"body": {"schema": SCHEMA}}, "DELETE": {"body": {"schema": SCHEMA}}}},
    "/form": {"methods": {"POST": {"body": {"media_type": FORM}}, "PUT": {"fields": "form"},
    "GET": {"fields": "form"}}},
    "/form/checked": {"methods": {"POST": {"body": {"media_type": FORM, "schema": SCHEMA}}}},
    "/parts": {"methods": {"POST": {"body": {"media_type": "multipart/form-data"}}}},
    "/queried": {"methods": {"POST": {"fields": "query"}}},
    "/csv": {"methods": {"POST": {"body": {"media_type": "text/csv"}}}},
    "/vendor": {"methods": {"POST": {"body": {"media_type": "application/vnd.x+json"}}}},
    "/typed": {"methods": {"POST": {"headers": {"content-type": "application/vnd.y+json"}},
    "GET": {"headers": {"X-A": "1"}}}},
    "/search": {"methods": {"GET": {"body": {}}, "POST": {"query": {"routing": {}, "ids": {"lists": "commas"}}}}},
    "/defaults": {"methods": {"GET": {}, "POST": {"query": {"lang": {}}}, "DELETE": {},
    "PUT": {"body": {"schema": SCHEMA}}}},
    "/upload": {"methods": {"POST": {}, "GET": {}}},
    "/upload/json": {"methods": {"POST": {"uploads": {"field": "photo", "json_field": "json_data"},
    "body": {"schema": SCHEMA}}}},
    "/upload/queried": {"methods": {"POST": {"fields": "query"}}},
    "/upload/checked": {"methods": {"POST": {"body": {"media_type": "multipart/form-data",
    "schema": {"required": ["file"], "properties": {"n": {"type": "integer"}}}}}}},
    "/lists": {"methods": {"GET": {"query": {"a": {"lists": "commas"}, "b": {"lists": "brackets"}}}}},
    "/find?path={path}&v=1&all": "GET POST",
}  # fmt: skip
DEFAULTS = {
    "/defaults": {
        "GET": {"limit": 10, "lang": "en"},
        "POST": {"object": {"type": "note", "tags": [1]}, "lang": "en"},
        "DELETE": {"sure": True},
    }
}


def connected(**words: Any) -> Any:
    service = {"format": 1, "service": "test", "base_url": "https://a.example/v1", **words}
    return restpath.connect(restpath.read({"service": service, "resources": RESOURCES, "defaults": DEFAULTS}))


CLIENT = connected()
NESTING = connected(nested_by="_")


def content_type(call: Call) -> str | None:
    return call.headers.get("content-type")


def sent(call: Call) -> Any:
    assert isinstance(call.body, bytes)
    return json.loads(call.body)


def parts(call: Call) -> list[tuple[str, Any]]:
    return [(part.name, part.source if isinstance(part.source, bytes) else part.source.name) for part in call.files]


# ---- where fields go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "query"])
def test_fields_are_the_json_body_of_methods_with_a_body(method: str) -> None:
    call = CLIENT.x._operation(method).prepare(a=1, b={"c": [None]})
    assert (call.method, call.url, sent(call)) == (
        method.upper(),
        "https://a.example/v1/x",
        {"a": 1, "b": {"c": [None]}},
    )
    assert content_type(call) == "application/json"


@pytest.mark.parametrize("method", ["get", "head", "options", "trace"])
def test_fields_are_the_query_of_methods_without_one(method: str) -> None:
    call = CLIENT.x._operation(method).prepare(a=1, b=[True, None, "é"])
    assert call.url == "https://a.example/v1/x?a=1&b=true&b=%C3%A9"
    assert (call.body, content_type(call)) == (None, None)
    assert call.query == (("a", "1"), ("b", "true"), ("b", "é"))


def test_query_names_never_nest() -> None:
    assert NESTING.x.get.prepare(a_b=1, **{"c.d": 2}).url.endswith("?a_b=1&c.d=2")


def test_a_get_whose_body_is_declared_takes_its_fields_there() -> None:
    assert sent(CLIENT.search.get.prepare(q="x")) == {"q": "x"}


def test_parameters_that_are_declared_go_in_the_query_of_a_post() -> None:
    call = CLIENT.search.post.prepare(routing="r", ids=[1, 2], q="x")
    assert call.url.endswith("/search?routing=r&ids=1,2")
    assert sent(call) == {"q": "x"}


def test_fields_go_where_the_definition_says() -> None:
    assert CLIENT.queried.post.prepare(a=1).url.endswith("/queried?a=1")
    assert CLIENT.queried.post.prepare(a=1).body is None
    assert CLIENT.form.put.prepare(a=1).body == b"a=1"
    assert parts(CLIENT.parts.post.prepare(a=1, b=[2, 3])) == [("a", b"1"), ("b", b"2"), ("b", b"3")]


def test_a_get_makes_a_form_only_where_its_own_word_says_so() -> None:
    assert CLIENT.form.get.prepare(a=1).body == b"a=1"
    assert connected(fields="form").x.get.prepare(a=1).url.endswith("/x?a=1")


def test_a_body_made_of_no_fields_is_told_to_come_as_data() -> None:
    with pytest.raises(InvalidValue, match="text/csv, which is not made of fields: give the body as data="):
        CLIENT.csv.post.prepare(a=1)


# ---- names -------------------------------------------------------------------------------------------------------


def test_a_field_may_be_called_self() -> None:
    assert sent(CLIENT.x.post.prepare(self=1, path=2, word=3, given=4, method=5, target=6)) == {
        "self": 1, "path": 2, "word": 3, "given": 4, "method": 5, "target": 6,
    }  # fmt: skip


def test_words_of_python_and_of_the_operation_take_an_underscore() -> None:
    call = CLIENT.x.post.prepare(timeout_=3, from_="a", data_=1, qs_=2, headers_=4, upload_file_=5, class_=6)
    assert sent(call) == {"timeout": 3, "from": "a", "data": 1, "qs": 2, "headers": 4, "upload_file": 5, "class": 6}


def test_a_field_given_twice_is_an_error() -> None:
    with pytest.raises(InvalidValue, match="'from' was given twice"):
        CLIENT.x.post.prepare(from_=1, **{"from": 2})


def test_services_nest_by_their_mark_and_a_dot_nests_everywhere() -> None:
    assert sent(NESTING.x.post.prepare(object_content="Hi")) == {"object": {"content": "Hi"}}
    assert sent(CLIENT.x.post.prepare(**{"object.content": "Hi"})) == {"object": {"content": "Hi"}}
    assert sent(CLIENT.x.post.prepare(object_content="Hi")) == {"object_content": "Hi"}


def test_names_declared_whole_are_never_split() -> None:
    call = NESTING.checked.post.prepare(n=1, doc_id=2, **{"options.version": 3}, other_id=4)
    assert sent(call) == {"n": 1, "doc_id": 2, "options.version": 3, "other": {"id": 4}}


def test_fields_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(InvalidValue, match="'a' and 'a_b' contradict each other"):
        NESTING.x.post.prepare(a=1, a_b=2)


# ---- defaults ----------------------------------------------------------------------------------------------------


def test_fields_are_merged_over_defaults() -> None:
    call = NESTING["defaults"].post
    assert sent(call.prepare(object_content="Hi", x=1)) == {
        "object": {"type": "note", "tags": [1], "content": "Hi"},
        "x": 1,
    }
    assert sent(call.prepare(object_tags=[])) == {"object": {"type": "note", "tags": []}}
    assert sent(call.prepare(object=None)) == {"object": None}
    assert sent(call.prepare()) == {"object": {"type": "note", "tags": [1]}}


def test_defaults_are_for_the_query_where_fields_are() -> None:
    get, post = CLIENT["defaults"].get, CLIENT["defaults"].post
    assert get.prepare().url.endswith("?limit=10&lang=en")
    assert get.prepare(limit=5, lang=None).url.endswith("?limit=5")
    assert get.prepare(qs={"limit": 5, "lang": None}).url.endswith("?limit=5")
    assert get.prepare(qs="limit=5").url.endswith("?lang=en&limit=5")
    assert post.prepare().url.endswith("?lang=en")
    assert post.prepare(lang="ca").url.endswith("?lang=ca")


def test_data_is_sent_as_given_without_defaults() -> None:
    assert sent(CLIENT["defaults"].post.prepare({"a": 1})) == {"a": 1}


def test_a_delete_has_a_body_only_where_fields_or_data_make_one() -> None:
    delete = CLIENT["defaults"].delete
    assert delete.prepare().body is None
    assert delete.prepare(qs={"a": 1}).body is None
    assert sent(delete.prepare(a=1)) == {"sure": True, "a": 1}
    assert sent(delete.prepare([1])) == [1]
    assert CLIENT.checked.delete.prepare().body is None


def test_a_post_without_anything_has_no_body() -> None:
    call = CLIENT.x.post.prepare()
    assert (call.body, content_type(call)) == (None, None)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "tags", "a"]), inner, max_size=2)
    ),
)


@given(st.dictionaries(st.sampled_from(["object", "object_type", "object_tags_a", "lang", "x"]), values, max_size=3))
def test_defaults_and_the_callers_objects_are_never_changed(fields: dict[str, Any]) -> None:
    path, before = NESTING["defaults"], copy.deepcopy(fields)
    said = restpath.defaults(path, "post")
    try:
        path.post.prepare(**fields)
    except InvalidValue:
        pass
    assert fields == before
    assert restpath.defaults(path, "post") == said == DEFAULTS["/defaults"]["POST"]


# ---- data= -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, True, 0, 1.5, [], [1, {"a": None}], {}, {"a": 1}, (1, 2)])
def test_values_go_as_json(data: Any) -> None:
    call = CLIENT.x.post.prepare(data)
    assert sent(call) == (list(data) if isinstance(data, tuple) else data)
    assert content_type(call) == "application/json"


def test_other_mappings_go_as_json_too() -> None:
    assert sent(CLIENT.x.post.prepare(types.MappingProxyType({"a": 1}))) == {"a": 1}


@pytest.mark.parametrize("data", [b"\xff\0", bytearray(b"\xff\0"), memoryview(b"\xff\0")])
def test_bytes_go_as_they_are(data: Any) -> None:
    call = CLIENT.x.post.prepare(data)
    assert (call.body, content_type(call)) == (b"\xff\0", None)


def test_text_goes_as_it_is() -> None:
    call = CLIENT.x.post.prepare("é")
    assert (call.body, content_type(call)) == ("é".encode(), "text/plain; charset=utf-8")


@pytest.mark.parametrize("data", [b"a,b", "a,b"])
def test_raw_data_goes_under_the_type_of_definition_or_headers(data: Any) -> None:
    assert content_type(CLIENT.csv.post.prepare(data)) == "text/csv"
    assert content_type(CLIENT.typed.post.prepare(data)) == "application/vnd.y+json"
    assert CLIENT.csv.post.prepare(data, headers={"content-type": "text/x"}).headers == {"Content-Type": "text/x"}


def test_open_files_and_paths_are_named_and_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    call = CLIENT.x.post.prepare(path)
    assert (call.body.file, content_type(call)) == (str(path), "image/png")
    stream = io.BytesIO(b"abc")
    assert CLIENT.csv.post.prepare(stream).body.file is stream
    assert content_type(CLIENT.csv.post.prepare(stream)) == "text/csv"
    assert content_type(CLIENT.x.post.prepare(stream)) == "application/octet-stream"
    assert stream.tell() == 0


def test_files_that_cannot_be_sent_are_refused(tmp_path: Path) -> None:
    closed = io.BytesIO()
    closed.close()
    for wrong in (closed, io.StringIO("text"), iter([b"a"]), (byte for byte in b"a")):
        with pytest.raises(InvalidValue):
            CLIENT.x.post.prepare(wrong)


def test_mappings_and_lists_of_pairs_go_as_a_form_where_the_type_is_a_forms() -> None:
    expected = b"a=1&b=x+y&b=%C3%A9"
    for call in (
        CLIENT.form.post.prepare({"a": 1, "b": ["x y", "é"], "c": None}),
        CLIENT.form.post.prepare([("a", 1), ("b", "x y"), ("b", "é")]),
        CLIENT.form.post.prepare(a=1, b=["x y", "é"]),
        CLIENT.x.post.prepare({"a": 1, "b": ["x y", "é"]}, headers={"Content-Type": FORM}),
    ):
        assert (call.body, content_type(call)) == (expected, FORM)
    call = CLIENT.x.post.prepare({"a": "é"}, headers={"Content-Type": f"{FORM}; charset=utf-8"})
    assert (call.body, content_type(call)) == (b"a=%C3%A9", f"{FORM}; charset=utf-8")


@pytest.mark.parametrize("data", [None, 5, [1, 2], {"a": {"b": 1}}])
def test_what_makes_no_form_is_refused_where_a_form_is_meant(data: Any) -> None:
    with pytest.raises(InvalidValue):
        CLIENT.form.post.prepare(data)


def test_a_form_type_takes_raw_data_as_it_is() -> None:
    call = CLIENT.form.post.prepare("a=1&b=2")
    assert (call.body, content_type(call)) == (b"a=1&b=2", FORM)


def test_json_takes_the_type_that_definition_or_headers_give() -> None:
    assert content_type(CLIENT.vendor.post.prepare(a=1)) == "application/vnd.x+json"
    assert content_type(CLIENT.typed.post.prepare(a=1)) == "application/vnd.y+json"
    assert content_type(CLIENT.x.post.prepare(headers={"content-type": "application/merge-patch+json"}, a=1)) == (
        "application/merge-patch+json"
    )
    assert content_type(CLIENT.csv.post.prepare({"a": 1})) == "application/json"


@pytest.mark.parametrize("make", [lambda: CLIENT.x.post, lambda: CLIENT.x.get, lambda: CLIENT.search.post])
def test_fields_beside_data_are_an_error(make: Callable[[], Any]) -> None:
    for data in (None, {}, b"x"):
        with pytest.raises(InvalidValue, match="data= is sent as given, so the fields a, routing would be lost"):
            make().prepare(data, a=1, routing="r")


def test_a_get_takes_data_and_a_query_beside_it() -> None:
    call = CLIENT.x.get.prepare({"a": 1}, qs={"b": 2})
    assert (sent(call), call.url) == ({"a": 1}, "https://a.example/v1/x?b=2")


@pytest.mark.parametrize("data", [float("nan"), [float("inf")], object(), {"a": b"x"}, "\ud800", {(): 1}])
def test_data_that_cannot_be_sent_is_refused(data: Any) -> None:
    with pytest.raises(InvalidValue):
        CLIENT.x.post.prepare(data)


# ---- qs= ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("qs", "query"),
    [
        (None, ""), ({}, ""), ("", ""), ({"a": None}, ""), ({"a": []}, ""), ({"a": ""}, "?a="),
        ({"a": [1, None, True], "b": False}, "?a=1&a=true&b=false"),
        ([("a", 1), ("b", 2), ("a", 3)], "?a=1&b=2&a=3"), ((["a", 1],), "?a=1"), ({"a": 1}.items(), "?a=1"),
        ({"a b": "c&d=e+f/é"}, "?a%20b=c%26d%3De%2Bf%2F%C3%A9"), ({"id": uuid.UUID(int=0)}, f"?id={uuid.UUID(int=0)}"),
        ("a=1&a=2&flag", "?a=1&a=2&flag"), ("?a=1", "?a=1"), ("q=%C3%A9+x", "?q=%C3%A9+x"), ("q=é x", "?q=%C3%A9%20x"),
        (b"q=%2f", "?q=%2f"), (b"q=\xff", "?q=%FF"), ("q=100%", "?q=100%25"), ("q=%zz%20", "?q=%25zz%20"), ("a#b",
        "?a%23b"),
        ("$filter=a eq 'b'&x=a/b:c@d", "?$filter=a%20eq%20'b'&x=a/b:c@d"),
    ],
)  # fmt: skip
def test_the_query_is_what_qs_says(qs: Any, query: str) -> None:
    assert CLIENT.x.get.prepare(qs=qs).url == f"https://a.example/v1/x{query}"
    assert CLIENT.x.post.prepare(qs=qs, a=1).url == f"https://a.example/v1/x{query}"


@pytest.mark.parametrize("qs", [5, True, ["a"], [("a",)], "ab\ud800", {"a": {"b": 1}}, {"a": [[1]]}, {1: 2}, [(1, 2)],
    object(),
                                {"a": "\ud800"}, {"\ud800": 1}, {"a": float("nan")}, [([], 1)],
                                bytearray(b"a=1")])  # fmt: skip
def test_a_query_that_cannot_be_sent_is_refused(qs: Any) -> None:
    with pytest.raises(InvalidValue):
        CLIENT.x.get.prepare(qs=qs)


def test_lists_are_written_as_service_or_parameter_say() -> None:
    assert CLIENT.lists.get.prepare(qs={"a": [1, "x,y"], "b": [1, 2], "c": [1, 2]}).url.endswith(
        "?a=1,x%2Cy&b%5B%5D=1&b%5B%5D=2&c=1&c=2"
    )
    assert connected(query_lists="commas").x.get.prepare(a=[1, 2]).url.endswith("?a=1,2")
    assert connected(query_lists="brackets").form.post.prepare(a=[1, 2]).body == b"a%5B%5D=1&a%5B%5D=2"


def test_fields_and_qs_of_different_names_stand_together() -> None:
    assert CLIENT.x.get.prepare(a=1, qs={"b": 2}).url.endswith("?a=1&b=2")
    assert CLIENT.x.get.prepare(a=1, qs="b=2").url.endswith("?a=1&b=2")


def test_a_parameter_in_fields_and_in_qs_is_an_error() -> None:
    with pytest.raises(InvalidValue, match="'a' is in its fields already"):
        CLIENT.x.get.prepare(a=1, qs={"a": 2})


def test_the_query_of_a_template_is_part_of_the_operation() -> None:
    call = CLIENT.find.get.prepare(path="a/b c", more=1)
    assert call.url == "https://a.example/v1/find?all&path=a%2Fb%20c&v=1&more=1"
    assert dict(call.query) == {"all": "", "path": "a/b c", "v": "1", "more": "1"}
    assert CLIENT.find.get.prepare().url.endswith("/find?all&v=1")
    call = CLIENT.find.post.prepare(path="p", x=1)
    assert (call.url, sent(call)) == ("https://a.example/v1/find?all&path=p&v=1", {"x": 1})


@pytest.mark.parametrize("more", [{"v": 2}, {"all": 1}, {"qs": {"v": 2}}, {"qs": {"all": 1}}])
def test_what_a_template_says_itself_is_not_said_again(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="give it once"):
        CLIENT.find.get.prepare(**more)


def test_the_pairs_of_a_query_given_as_text_are_known_too() -> None:
    assert CLIENT.x.get.prepare(qs="a=1&b=%C3%A9&c").query == (("a", "1"), ("b", "é"), ("c", ""))


utf8 = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.tuples(utf8, utf8), max_size=5))
def test_the_query_is_read_back_by_everybody_as_it_was(pairs: list[tuple[str, str]]) -> None:
    call = CLIENT.x.get.prepare(qs=pairs)
    assert parse_qsl(urlsplit(call.url).query, keep_blank_values=True, errors="strict") == pairs
    assert list(call.query) == pairs
    assert call.url.isascii()


# ---- headers= ----------------------------------------------------------------------------------------------------


def test_header_fields_of_the_call_are_nearer_than_those_of_the_definition() -> None:
    assert CLIENT.typed.get.prepare().headers == {"X-A": "1"}
    assert CLIENT.typed.get.prepare(headers={"x-a": "2", "X-B": 3, "X-C": b"\xe9", "X-D": ""}).headers == {
        "X-A": "2", "X-B": "3", "X-C": "é", "X-D": "",
    }  # fmt: skip


def test_none_takes_a_header_field_away() -> None:
    call = CLIENT.typed.get.prepare(headers={"x-a": None, "User-Agent": None})
    assert (call.headers, call.absent_headers) == ({}, ("x-a", "User-Agent"))
    assert call.has_header("X-A")
    call = CLIENT.x.post.prepare({"a": 1}, headers={"Content-Type": None})
    assert (content_type(call), sent(call)) == (None, {"a": 1})


@pytest.mark.parametrize("value", ["a\r\nX-B: c", "a\n", "a\rb", "a\0", "a\x7f", b"a\nb", 1.5, [], {}, "č", "\ud800",
                                   pytest.param(10**5000, id="a number of 5001 digits")])  # fmt: skip
@pytest.mark.parametrize("name", ["X-A", "Authorization"])
def test_a_header_field_is_one_line_and_a_refusal_does_not_show_it(name: str, value: Any) -> None:
    with pytest.raises(InvalidValue, match=name) as caught:
        CLIENT.x.get.prepare(headers={name: value})
    assert not (isinstance(value, str) and value in str(caught.value))
    assert caught.value.__cause__ is None or name == "X-A" or isinstance(value, int)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\n", "é", None, 5, b"X-A", "X-A "])
def test_a_header_name_is_a_token(name: Any) -> None:
    with pytest.raises(InvalidValue, match="no name for a header field"):
        CLIENT.x.get.prepare(headers={name: "x"})


@pytest.mark.parametrize(
    "headers", [{"X-A": "1", "x-a": "2"}, {"X-A": "1", "x-a": None}, {"Cookie": "1", "cookie": "2"}]
)
def test_one_header_field_is_given_once(headers: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="given twice"):
        CLIENT.x.get.prepare(headers=headers)


@pytest.mark.parametrize("headers", ["X-A: 1", [("X-A", "1")], 5])
def test_header_fields_come_as_a_mapping(headers: Any) -> None:
    with pytest.raises(InvalidValue, match="give a mapping"):
        CLIENT.x.get.prepare(headers=headers)


def test_a_message_of_the_standard_library_is_no_mapping_and_a_headers_object_is_one() -> None:
    assert CLIENT.x.get.prepare(headers=restpath.Headers([("X-A", "1")])).headers == {"X-A": "1"}
    with pytest.raises(InvalidValue):
        CLIENT.x.get.prepare(headers=email.message.Message())


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer hunter2"}, {"X-Api-Key": b"hunter2"}, {"X-Id": Secret("hunter2")}]
)
def test_secrets_in_header_fields_are_neither_shown_nor_pickled(headers: dict[str, Any]) -> None:
    call = CLIENT.x.post.prepare(headers=headers, a=1)
    [(name, secret)] = call.secret_headers
    assert (name in headers, secret.reveal().endswith("hunter2")) == (True, True)
    for text in (repr(call), str(call), call.described(), str(vars(call)), CLIENT.x.post.curl(headers=headers)):
        assert "hunter2" not in text
    assert b"hunter2" not in pickle.dumps(call)
    assert copy.deepcopy(call) == call


def test_a_copy_of_a_call_is_the_call() -> None:
    call = CLIENT.x.get.prepare(qs={"api_key": "hunter2"})
    assert [copy.copy(call), copy.deepcopy([call])] == [call, [call]]
    assert "hunter2" in copy.copy(call).url
    assert "hunter2" not in pickle.loads(pickle.dumps(call)).url


# ---- uploads -----------------------------------------------------------------------------------------------------


def test_a_file_alone_is_the_one_part() -> None:
    call = CLIENT.upload.post.prepare(upload_file=("a.png", b"x"))
    assert (parts(call), call.body, content_type(call)) == ([("file", "a.png")], None, None)


def test_fields_beside_a_file_go_field_by_field() -> None:
    call = CLIENT.upload.post.prepare(
        upload_file=("a", b"x"), n=1, on=True, tags=["a", "b"], none=None, deep={"a": [1]}, **{"x.y": 1}
    )
    assert parts(call) == [
        ("n", b"1"), ("on", b"true"), ("tags", b"a"), ("tags", b"b"), ("deep", b'{"a": [1]}'), ("x", b'{"y": 1}'),
        ("file", "a"),
    ]  # fmt: skip


def test_json_beside_a_file_goes_in_the_field_that_the_definition_names() -> None:
    post = CLIENT.upload.json.post
    call = post.prepare(upload_file=("a", b"x"), n=1)
    assert parts(call) == [("photo", "a"), ("json_data", b'{"n": 1}')]
    assert parts(post.prepare({"n": 2}, upload_file=("a", b"x"))) == [("photo", "a"), ("json_data", b'{"n": 2}')]
    assert parts(post.prepare(upload_file=("a", b"x"))) == [("photo", "a")]
    with pytest.raises(InvalidBody):
        post.prepare(upload_file=("a", b"x"), n="x")


def test_several_files_go_in_one_field_or_in_several(tmp_path: Path) -> None:
    stream = io.BytesIO(b"")
    call = CLIENT.upload.post.prepare(
        upload_file=[("a", b"1"), tmp_path / "b.txt"],
        upload_file_thumb=stream,
        **{"upload_file_more[]": ("c", stream, "x/y")},
    )
    assert parts(call) == [("file", "a"), ("file", "b.txt"), ("thumb", None), ("more[]", "c")]
    assert call.files[2].filename == "thumb"
    assert call.files[3].source.media_type == "x/y"


@pytest.mark.parametrize(
    "wrong", [5, b"bytes", [], (), ("a",), object(), "", io.StringIO("x"), {"a": 1}, [None], ("a", None)]
)
def test_what_is_no_file_is_refused(wrong: Any) -> None:
    for field in ("upload_file", "upload_file_thumb"):
        with pytest.raises(InvalidValue):
            CLIENT.upload.post.prepare(**{field: wrong})


def test_a_file_beside_no_body_is_refused() -> None:
    with pytest.raises(InvalidValue, match="cannot upload a file"):
        CLIENT.upload.get.prepare(upload_file=("a", b"x"))


@pytest.mark.parametrize("data", [b"x", "text", io.BytesIO(b"x"), None, 5, [1]])
def test_data_beside_a_file_is_a_mapping_where_it_goes_field_by_field(data: Any) -> None:
    with pytest.raises(InvalidValue):
        CLIENT.upload.post.prepare(data, upload_file=("a", b"x"))


def test_a_file_goes_beside_fields_in_the_query() -> None:
    call = CLIENT.upload.queried.post.prepare(upload_file=("a", b"x"), n=1)
    assert (call.url.endswith("?n=1"), parts(call)) == (True, [("file", "a")])


def test_a_file_is_no_fault_of_the_form_it_stands_in() -> None:
    post = CLIENT.upload.checked.post
    assert parts(post.prepare(upload_file=("a", b"x"), n="5")) == [("n", b"5"), ("file", "a")]
    with pytest.raises(InvalidBody):
        post.prepare(upload_file=("a", b"x"), n="x")


def test_another_type_than_a_forms_is_refused_beside_a_file() -> None:
    with pytest.raises(InvalidValue, match="multipart/form-data, not as application/json"):
        CLIENT.upload.post.prepare(upload_file=("a", b"x"), headers={"content-type": "application/json"})
    call = CLIENT.upload.post.prepare(upload_file=("a", b"x"), headers={"content-type": "multipart/form-data"})
    assert content_type(call) is None


def test_the_definitions_type_is_not_that_of_an_upload() -> None:
    assert content_type(CLIENT.typed.post.prepare(upload_file=("a", b"x"))) is None


def test_names_of_parts_can_be_written() -> None:
    for fields in (
        {"upload_file_\ud800": ("a", b"x")},
        {"upload_file": ("a", b"x"), "\ud800": 1},
        {"upload_file": ("a", b"x"), "a": "\ud800"},
    ):
        with pytest.raises(InvalidValue):
            CLIENT.upload.post.prepare(**fields)


# ---- the check ---------------------------------------------------------------------------------------------------


def test_a_body_is_checked_if_one_is_given() -> None:
    assert CLIENT.checked.post.prepare().body is None
    for arguments in ({"data": {"n": "x"}}, {"data": None}, {"data": []}):
        with pytest.raises(InvalidBody):
            CLIENT.checked.post.prepare(**arguments)
    with pytest.raises(InvalidBody) as caught:
        CLIENT.checked.post.prepare(n="x")
    assert [(fault.pointer, fault.message) for fault in caught.value.faults] == [("/n", "'x' is not of type 'integer'")]
    assert sent(CLIENT.checked.post.prepare(n=1)) == {"n": 1}


def test_a_form_is_checked_as_the_texts_it_is_made_of() -> None:
    assert CLIENT.form.checked.post.prepare(n="5").body == b"n=5"
    assert CLIENT.form.checked.post.prepare([("n", "5")]).body == b"n=5"
    with pytest.raises(InvalidBody):
        CLIENT.form.checked.post.prepare(n="x")


@pytest.mark.parametrize("data", [b"anything", "anything"])
def test_raw_data_is_sent_unchecked(data: Any) -> None:
    assert CLIENT.checked.post.prepare(data).body == b"anything"


def test_validate_false_leaves_the_check_out() -> None:
    assert sent(CLIENT.checked.post.options(validate=False).prepare(n="x")) == {"n": "x"}
    assert CLIENT.form.checked.post.options(validate=False).prepare(n="x").body == b"n=x"
    assert parts(CLIENT.upload.json.post.options(validate=False).prepare(upload_file=("a", b"x"), n="x"))


def test_a_method_that_is_not_there_is_refused_before_anything_else() -> None:
    with pytest.raises(MethodNotAllowed):
        CLIENT.csv.delete.prepare(object(), qs=object())


# ---- being a value -----------------------------------------------------------------------------------------------


def test_equal_calls_are_equal_and_have_equal_hashes() -> None:
    def make(**more: Any) -> Call:
        return CLIENT.x.post.prepare({"a": 1}, qs={"b": 2}, headers={"X-A": "1", "Cookie": "c"}, **more)

    assert make() == make()
    assert hash(make()) == hash(make())
    others = [
        CLIENT.x.put.prepare({"a": 1}),
        CLIENT.x.post.prepare({"a": 2}),
        CLIENT.x.post.prepare({"a": 1}, qs={"b": 2}),
    ]
    others += [CLIENT.x.post.prepare({"a": 1}, qs={"b": 2}, headers={"X-A": "1", "Cookie": "d"})]
    assert all(make() != other for other in others)


def test_calls_with_files_are_equal_by_path_and_by_open_file(tmp_path: Path) -> None:
    stream = io.BytesIO()
    for value in (tmp_path / "a", stream, ("a", b"x")):
        first, second = (CLIENT.upload.post.prepare(upload_file=value) for _ in range(2))
        assert (first, hash(first)) == (second, hash(second))
    assert CLIENT.upload.post.prepare(upload_file=stream) != CLIENT.upload.post.prepare(upload_file=io.BytesIO())


def test_a_pickled_call_is_the_same_call(tmp_path: Path) -> None:
    for call in (
        CLIENT.x.post.prepare(a=1), CLIENT.x.get.prepare(a=[1, 2]), CLIENT.form.post.prepare(a=1),
        CLIENT.x.post.prepare(tmp_path / "x"),
        CLIENT.upload.post.prepare(upload_file=("a", b"x"), n=1),
    ):  # fmt: skip
        again = pickle.loads(pickle.dumps(call))
        assert (again, hash(again), repr(again)) == (call, hash(call), repr(call))
        assert again.operation.template == call.operation.template


def test_a_call_with_an_open_file_can_be_pickled_without_it() -> None:
    for call in (CLIENT.upload.post.prepare(upload_file=io.BytesIO(b"x")), CLIENT.x.post.prepare(io.BytesIO(b"x"))):
        again = pickle.loads(pickle.dumps(call))
        source = again.files[0].source if again.files else again.body
        assert source.file is None


def test_a_call_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        CLIENT.x.get.prepare().url = "https://b.example"


def test_the_repr_shows_what_is_sent_but_no_secret() -> None:
    call = CLIENT.x.post.prepare(
        {"pin": "hunter2"}, qs={"token": "hunter2", "q": 1}, headers={"X-A": "1", "Cookie": "hunter2"}
    )
    text = repr(call)
    assert text.startswith(f"<Call POST https://a.example/v1/x?token={MASK}&q=1")
    assert "X-A: 1" in text
    assert f"Cookie: {MASK}" in text
    assert "18 bytes" in text
    assert "hunter2" not in text
    assert "multipart of n, file" in repr(CLIENT.upload.post.prepare(upload_file=("a", b"x"), n=1))
    assert "an open file" in repr(CLIENT.x.post.prepare(io.BytesIO()))


def test_a_redirected_call_keeps_what_it_is_and_a_bare_one_loses_what_could_be_secret() -> None:
    call = CLIENT.x.post.prepare({"a": 1}, qs="a=1", headers={"Accept": "x/y", "X-A": "1", "Cookie": "c"})
    moved = call.redirected("https://a.example/z?b=2", bare=False)
    assert (moved.url, moved.query, moved.body) == ("https://a.example/z?b=2", (("b", "2"),), call.body)
    assert (moved.headers, moved.secret_headers) == (call.headers, call.secret_headers)
    bare = call.redirected("https://b.example/", bare=True)
    assert (bare.headers, bare.secret_headers, bare.body, bare.files, bare.query) == (
        {"accept": "x/y"},
        (),
        None,
        (),
        (),
    )


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.example/x", ("https", "a.example", 443)), ("http://a.example", ("http", "a.example", 80)),
        ("HTTP://a.example:8080/", ("http", "a.example", 8080)), ("https://[::1]:1/", ("https", "::1", 1)),
    ],
)  # fmt: skip
def test_an_origin_is_scheme_host_and_port(url: str, origin: tuple[str, str, int]) -> None:
    assert origin_of(url) == origin


# ---- nothing else comes out --------------------------------------------------------------------------------------

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(max_size=5),
    st.decimals(),
    st.datetimes(),
    st.dates(),
    st.uuids(),
    st.complex_numbers(),
    st.just(object()),
    st.just("\ud800"),
)
anything = st.recursive(
    odd,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.tuples(st.text(max_size=3), inner),
        st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3),
        st.sets(st.text(max_size=2) | st.integers(), max_size=3),
    ),
)
words = ["a", "a_b", "a.b", "a_b_c", "from_", "self", "n", "upload_file_x", "routing", "path", "\ud800", ""]
keywords = st.dictionaries(st.sampled_from(words), anything, max_size=3)
arguments = st.fixed_dictionaries(
    {}, optional={"data": anything, "qs": anything, "headers": anything, "upload_file": anything}
)
operations = st.sampled_from(
    [
        restpath.expand(client, operation.template)._operation(operation.method)
        for client in (CLIENT, NESTING)
        for operation in client._root.definition.operations
        if "{id}" not in operation.template
    ]
)


@given(operations, keywords, st.just({}) | arguments)
def test_only_errors_of_restpath_come_out(operation: Any, fields: dict[str, Any], more: dict[str, Any]) -> None:
    before, failure = repr(DEFAULTS), None
    try:
        call = operation.prepare(**fields, **more)
    except RestpathError as error:
        failure = error
    if failure is None:
        assert call.url.isascii()
        assert (hash(call), call == call) == (hash(call), True)
        assert isinstance(repr(call), str)
    else:
        assert type(pickle.loads(pickle.dumps(failure))) is type(failure)
    assert repr(DEFAULTS) == before


ELSEWHERE = restpath.connect(
    restpath.read(
        {
            "service": {"format": 1, "service": "elsewhere", "nested_by": "_", "query_lists": "pipes"},
            "resources": {
                "/a": {"methods": {"GET": {"parameters": {"X-Request-Id": {"in": "header"}, "theme": {"in": "cookie"}}},
                                   "POST": {"parameters": {"X_Kind": {"in": "header"}, "token": {"in": "cookie"}}}}},
            },
        }
    ),
    "http://127.0.0.1:1",
)  # fmt: skip


def test_declared_parameters_go_in_header_fields_and_cookies() -> None:
    call = ELSEWHERE.a.get.prepare(limit=1, theme="dark", **{"X-Request-Id": ["a", 2]})
    assert call.url.endswith("/a?limit=1")
    assert call.headers.get("x-request-id") == "a,2"
    assert [(name, secret.reveal()) for name, secret in call.secret_headers] == [("Cookie", "theme=dark")]
    posted = ELSEWHERE.a.post.prepare(X_Kind=True, a_b=1, token=None, headers={"Cookie": "own=1"})
    assert (posted.headers.get("x_kind"), posted.body) == ("true", b'{"a": {"b": 1}}')
    assert [secret.reveal() for _, secret in posted.secret_headers] == ["own=1"]
    both = ELSEWHERE.a.post.prepare(token="t", headers={"Cookie": "own=1"})
    assert [secret.reveal() for _, secret in both.secret_headers] == ["own=1; token=t"]


@pytest.mark.parametrize("own", ["a=b", b"a=b", Secret("a=b"), None])
def test_a_cookie_field_goes_beside_the_callers_own_cookies(own: Any) -> None:
    call = ELSEWHERE.a.get.prepare(headers={"cookie": own}, theme="dark")
    [(name, secret)] = call.secret_headers
    assert (name, secret.reveal()) == ("Cookie", "theme=dark" if own is None else "a=b; theme=dark")


@pytest.mark.parametrize("value", ["a b", "a;b", "a,b", "ä", "a\nb", ""])
def test_a_cookie_is_of_what_cookies_can_carry(value: str) -> None:
    if not value:
        assert ELSEWHERE.a.get.prepare(theme="").secret_headers
        return
    with pytest.raises(InvalidValue, match="the cookie 'theme'"):
        ELSEWHERE.a.get.prepare(theme=value)


def test_a_header_field_given_twice_is_an_error() -> None:
    with pytest.raises(InvalidValue, match="X-Request-Id is given as a field and in headers="):
        ELSEWHERE.a.get.prepare(headers={"x-request-id": "1"}, **{"X-Request-Id": "2"})


def test_lists_may_be_written_with_pipes_and_spaces() -> None:
    assert ELSEWHERE.a.get.prepare(ids=["1", "2"]).url.endswith("/a?ids=1%7C2")
