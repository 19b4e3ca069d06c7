"""Replies: what an answer's bytes mean, and which error a status stands for."""

from __future__ import annotations

import datetime
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import BadReply, Call, Headers, Reply, RequestError
from restpath.refusals import error_of
from restpath.reply import result_of

UTC = datetime.timezone.utc
CLIENT = restpath.connect(
    restpath.read(
        {
            "service": {
                "format": 1, "service": "test", "base_url": "https://a.example", "count_header": "X-Total",
                "errors": {"code": "/error/0/id", "message": "/error/0/a~1b", "retry_after": "/wait"},
            },
            "resources": {
                "/x": "GET POST HEAD DELETE",
                "/plain": "GET",
                "/whole": {"methods": {"GET": {"errors": {"message": ""}}}},
            },
        }
    )
)  # fmt: skip
GET = CLIENT.x.get.prepare()


def replied(
    body: bytes = b"", media_type: str | None = None, status: int = 200, call: Call = GET, **headers: str
) -> Reply:
    lines = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if media_type is not None:
        lines.append(("Content-Type", media_type))
    received = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    return Reply(status, Headers(lines), body, datetime.timedelta(seconds=1), call, "Words", received)


def failed(
    body: bytes = b"", media_type: str | None = "application/json", status: int = 400, **more: Any
) -> RequestError:
    error = error_of(replied(body, media_type, status, **more))
    assert error is not None
    return error


# ---- content -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON;charset=utf-8", "application/hal+json", "text/json", None]
)
@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}), (b"null", None), (b' "\xc3\xa9" ', "é"), (b"0",
        0),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}), ('["é"]'.encode("utf-16"), ["é"]), ('["é"]'.encode("utf-32-be"), ["é"]),
    ],
)  # fmt: skip
def test_json_is_parsed_by_its_type_and_where_there_is_none(media_type: str | None, body: bytes, content: Any) -> None:
    assert replied(body, media_type).content == content


@pytest.mark.parametrize("charset", ["punycode", "-PunyCode-", "idna"])
def test_an_encoding_of_host_names_is_no_character_set(charset: str) -> None:
    # To decode a megabyte of it takes minutes, whoever sends it.
    assert replied("b\u00e9-9a".encode(), f"text/plain; charset={charset}").content == "b\u00e9-9a"


def test_a_content_type_is_read_no_further_than_it_can_mean_anything() -> None:
    assert replied(b"\xe9", "text/plain; x=" + "y" * 900 + "; charset=cp1250").text == "\u00e9"
    assert replied(b"\xb9", "text/plain; charset=cp1250" + ";" * 60_000).text == "\u0105"
    assert replied(b"\xb9", "text/plain" + ";" * 60_000 + "charset=cp1250").text == "\u00b9"


def test_json_of_another_character_set_is_parsed_where_it_is_named() -> None:
    assert replied('{"a": "é"}'.encode("latin-1"), "application/json; charset=ISO-8859-1").content == {"a": "é"}


@pytest.mark.parametrize("media_type", ["application/json", "text/html", "image/png", None])
def test_no_content_is_none(media_type: str | None) -> None:
    assert replied(b"", media_type).content is None
    assert replied(b"left over", media_type, 204).content is None
    assert replied(b"left over", media_type, 304).content is None


@pytest.mark.parametrize(
    ("body", "media_type", "content"),
    [
        (b"a,\xc3\xa9", "text/csv", "a,é"), ("é".encode("latin-1"), "text/plain; charset=iso-8859-1", "é"), (b"\xe9",
        "text/plain", "é"),
        (b"\xef\xbb\xbfx", "text/plain", "x"), (b"\xef\xbb\xbfx", 'text/plain; charset="UTF-8"', "x"), (b"\xff",
        "text/plain; charset=utf-8", "\ufffd"),
        (b"x", "text/plain; charset=nonsense", "x"), (b"x", "text/plain; charset=hex", "x"), (b"x",
        "text/plain; charset=idna", "x"),
        (b"x", "text/plain; charset=undefined", "x"), (b"<a/>", "application/xml", "<a/>"), (b"<a/>", "image/svg+xml",
        "<a/>"),
        (b"{}\n{}", "application/x-ndjson", "{}\n{}"), (b"a=1", "application/x-www-form-urlencoded", "a=1"),
        (b"x", "application/x-odd; charset=utf-8", "x"), (b"not json", None, "not json"),
    ],
)  # fmt: skip
def test_other_text_is_text(body: bytes, media_type: str | None, content: str) -> None:
    assert replied(body, media_type).content == content


@pytest.mark.parametrize(
    "media_type",
    [
        "image/png", "application/octet-stream", "application/pdf; charset=utf-8",
        "application/octet-stream; charset=binary", "",
        "application/x-odd", "application/x-odd; charset=utf-8", "application/x-odd; charset=binary", "nonsense",
        "image/png; charset=latin-1", None,
    ],
)  # fmt: skip
def test_anything_else_is_bytes(media_type: str | None) -> None:
    assert replied(b"\x89PNG\xff\x00", media_type).content == b"\x89PNG\xff\x00"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>", b'{"a": 1', b"{'a': 1}", b"NaN", b"[Infinity]", b'"\xff"', b"{} {}", b" ", b"[" * 100_000,
        pytest.param(b"1" * 5000, id="a number of 5000 digits"),
    ],
)  # fmt: skip
def test_json_that_is_none_is_a_bad_reply(body: bytes) -> None:
    reply = replied(body, "application/json")
    with pytest.raises(BadReply) as caught:
        result_of(reply)
    assert "GET https://a.example/x answered 200 with application/json that is not" in str(caught.value)
    assert caught.value.call == GET
    assert caught.value.may_have_happened
    assert len(str(caught.value)) < 1000
    assert isinstance(reply.lenient_content, str)
    assert reply.body == body


@pytest.mark.parametrize("body", [b"[" * 100_000, b"NaN", pytest.param(b"1" * 5000, id="digits")])
def test_what_does_not_parse_without_a_type_is_text(body: bytes) -> None:
    assert replied(body).content == body.decode()


@given(st.binary(), st.none() | st.text() | st.sampled_from(["text/plain; charset=",
    "application/json; charset="]).flatmap(lambda start: st.text().map(lambda end: start + end)))  # fmt: skip
def test_any_answer_has_content_or_is_a_bad_reply(body: bytes, media_type: str | None) -> None:
    reply = replied(body, media_type)
    try:
        content = reply.content
    except BadReply:
        content = reply.lenient_content
    assert isinstance(reply.text, str)
    assert content is None or isinstance(content, (str, bytes, int, float, list, dict))


# ---- HEAD --------------------------------------------------------------------------------------------------------


def head(path: Any = CLIENT.x, **headers: str) -> Any:
    return result_of(replied(b"", None, 200, path.head.prepare(), **headers))


def test_head_gives_the_count_that_its_header_field_carries() -> None:
    assert head(x_total="42") == 42
    assert head(X_TOTAL=" 0 ") == 0


def test_head_gives_none_where_the_header_field_is_missing() -> None:
    assert head() is None


def test_head_gives_the_header_fields_where_none_is_declared() -> None:
    assert head(restpath.connect("https://b.example").x, etag="x") == {"ETag": "x"}


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "1, 2", "²", pytest.param("1" * 5000, id="5000 digits")])
def test_a_count_that_is_no_number_is_a_bad_reply(text: str) -> None:
    with pytest.raises(BadReply, match="no number of items"):
        head(x_total=text)


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequest"), (401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound"), (409, "Conflict"), (429,
        "TooManyRequests"),
        (500, "ServerError"), (502, "ServerError"), (503, "ServerError"), (599, "ServerError"), (402, "RequestError"),
        (405, "RequestError"),
        (410, "RequestError"), (418, "RequestError"), (422, "RequestError"), (300, "RequestError"), (301,
        "RequestError"), (307, "RequestError"),
    ],
)  # fmt: skip
def test_each_status_has_its_error(status: int, name: str) -> None:
    error = failed(status=status)
    assert type(error) is getattr(restpath, name)
    assert (error.status, error.code) == (status, status)
    assert str(status) in str(error)
    assert "GET https://a.example/x" in str(error)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299, 304])
def test_success_and_not_modified_are_no_errors(status: int) -> None:
    assert error_of(replied(b"", None, status)) is None
    assert result_of(replied(b"", None, status)) is None


def test_code_and_message_are_read_where_the_definition_says() -> None:
    error = failed(b'{"error": [{"id": "UnknownUser", "a/b": "No such user"}]}', status=404)
    assert (error.code, error.message, error.status) == ("UnknownUser", "No such user", 404)
    assert str(error) == "GET https://a.example/x failed with 404 UnknownUser: No such user"
    assert error.content == {"error": [{"id": "UnknownUser", "a/b": "No such user"}]}
    assert failed(b'{"error": [{"id": 17}]}').code == 17
    assert failed(b'"all of it"', call=CLIENT.whole.get.prepare()).message == "all of it"


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"x"', b"null", b'{"error": "x"}', b'{"error": []}',
    b'{"error": [{"id": null, "a/b": 5}]}', b'{"error": [{"id": true}]}',
                                  b'{"error": [{"id": "", "a/b": ""}]}', b'{"error": {"0": 5}}', b"<html>", b"\xff",
                                  b"["])  # fmt: skip
def test_without_them_status_and_the_beginning_of_the_content_stand_in(body: bytes) -> None:
    error = failed(body, status=422)
    assert error.code == 422
    assert error.message == error.reply.excerpt


def test_without_content_the_reason_stands_in() -> None:
    assert failed(b"").message == "Words"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            b"<!DOCTYPE HTML>\n<html><head><title>No</title><style>h1 {}</style></head><h1>No</h1><p>Gone",
            "404: No Gone",
        ),
        (b"<html><script>if (a < b) {}</script><!-- <p>x -->Not<br>here<a href='", "404: Not here"),
        (b"<html><head></head></html>", "404: <html><head></head></html>"),
        (b"a < b and <c>", "404: a < b and <c>"),
    ],
)
def test_of_a_page_of_html_an_error_has_the_words(page: bytes, words: str) -> None:
    assert str(failed(page, "text/html", 404)).endswith(words)


def test_a_page_of_html_behind_a_502_is_a_server_error_that_quotes_the_beginning_of_its_words() -> None:
    for media_type in ("text/html", "application/json"):
        error = failed(b"<html>\n  <h1>Bad   Gateway</h1>" + b"x" * 5000, media_type, 502)
        assert type(error) is restpath.ServerError
        assert "502: Bad Gateway xxx" in str(error)
        assert len(str(error)) < 500
        assert isinstance(error.content, str)


def test_long_words_are_cut_in_the_message_alone() -> None:
    error = failed(json.dumps({"error": [{"a/b": "x" * 5000}]}).encode())
    assert len(error.message) == 5000
    assert len(str(error)) < 800


@pytest.mark.parametrize(
    ("status", "wait", "words"),
    [
        (429, "3600", "it asks to wait 3600 seconds before another try"), (503, "0.5", "it asks to wait 1 seconds"),
        (429, "0", None), (429, "soon", None), (404, "3600", None),
    ],
)  # fmt: skip
def test_an_error_says_how_long_the_service_asks_to_wait(status: int, wait: str, words: str | None) -> None:
    text = str(failed(status=status, retry_after=wait))
    assert words in text if words else "asks to wait" not in text


def test_a_redirect_left_over_says_where_it_led() -> None:
    error = failed(status=302, location="https://ann:hunter2@b.example/?token=hunter2#access_token=hunter2")
    assert "redirects to https://***@b.example/?token=***#access_token=***, which was not followed (302)" in str(error)
    assert "hunter2" not in error.message
    error = failed(status=303, call=CLIENT.x.post.prepare(), location="/y")
    assert "the POST was carried out, most likely, and its result is there to be got; do not make it again" in str(
        error
    )
    error = failed(status=302, call=CLIENT.x.post.prepare(), location="/y")
    assert "a POST would become another call there" in str(error)
    assert "redirects to nowhere" in str(failed(status=301))


def test_an_error_says_no_secret_of_its_call_although_the_service_does() -> None:
    call = CLIENT.x.get.prepare(headers={"Authorization": "Bearer hunter2hunter2"}, qs={"api_key": "k3y"})
    error = failed(b"unknown token hunter2hunter2 in /x?api_key=k3y", "text/plain", 401, call=call)
    assert "hunter2" not in str(error)
    assert "k3y" not in str(error)
    with pytest.raises(BadReply) as caught:
        result_of(replied(b"{hunter2hunter2", "application/json", 200, call))
    assert "hunter2" not in str(caught.value)


def test_an_error_has_what_there_is_to_know() -> None:
    error = failed(b"{}", etag="x")
    assert error.headers["ETag"] == "x"
    assert error.call == GET
    assert error.reply.elapsed == datetime.timedelta(seconds=1)
    assert error.retry_after is None


# ---- how long to wait --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), (" 1.5 ", 1.5), ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60.0), ("Thursday, 01-Jan-26 00:01:00 GMT", 60.0),
        ("", None), ("soon", None), ("-5", None), ("²", None), ("1e3", None), ("1.2.3", None), ("inf", None), ("nan",
        None), ("5, 5", None),
        ("9" * 400, 1e9), ("Thu, 99 Jan 2026 00:01:00 GMT", None), ("Thu, 01 Jan 99999 00:01:00 GMT", None),
    ],
)  # fmt: skip
def test_the_wait_is_read_in_seconds_and_as_a_date(text: str, seconds: float | None) -> None:
    assert replied(retry_after=text).retry_after == seconds


@pytest.mark.parametrize(("wait", "seconds"), [("30", 30.0), ("1.5", 1.5), ('"7"', 7.0), ("null", 5.0), ("true", None),
    ("-1", None), ("{}", None), ("1e999", 5.0)])  # fmt: skip
def test_the_wait_is_read_where_the_definition_says_before_the_header(wait: str, seconds: float | None) -> None:
    error = failed(f'{{"wait": {wait}}}'.encode(), status=429, retry_after="5")
    assert error.retry_after == seconds


def test_the_wait_in_a_header_needs_no_word_of_the_definition() -> None:
    assert failed(b"{}", status=503, call=CLIENT.plain.get.prepare(), retry_after="5").retry_after == 5.0


@given(st.text())
def test_a_wait_is_a_finite_number_or_none(text: str) -> None:
    seconds = replied(retry_after=text).retry_after
    assert seconds is None or 0 <= seconds < float("inf")


# ---- being a value -----------------------------------------------------------------------------------------------


def test_a_reply_says_little_of_itself_and_nothing_of_its_content() -> None:
    call = CLIENT.x.get.prepare(qs={"token": "hunter2"})
    assert (
        repr(replied(b"secret content", "text/plain", call=call))
        == "<Reply 200 to GET https://a.example/x?token=***: 14 bytes>"
    )


def test_a_reply_can_be_pickled() -> None:
    reply = replied(b'{"a": 1}', "application/json", etag="x")
    assert reply.content == {"a": 1}
    again = pickle.loads(pickle.dumps(reply))
    assert again == reply
    assert again.content == {"a": 1}
    assert again.url == "https://a.example/x"


def test_a_pickled_reply_holds_no_cookie() -> None:
    assert b"hunter2" not in pickle.dumps(replied(set_cookie="sid=hunter2"))


@pytest.mark.parametrize("proof", ["Basic YW5uOmh1bnRlcjI=", "Bearer eyJ0.abc-1", "bearer tok_en1"])
def test_a_proof_that_a_service_says_back_is_in_no_message(proof: str) -> None:
    """It may be a session's, a netrc's or an `auth=`'s, of which nothing is known here."""
    error = error_of(replied(f"Token not accepted: {proof}; basic authentication is required".encode(), status=401))
    assert proof.split()[1] not in f"{error} {error.message}"  # type: ignore[union-attr]
    assert "basic authentication is required" in str(error)


def test_an_error_within_an_answer_of_success_does_not_say_that_it_failed_with_200() -> None:
    errors = {"code": "/code", "message": "/message", "when": {"/status": ["error"]}}
    service = {"format": 1, "service": "test", "base_url": "https://a.example", "errors": errors}
    definition = restpath.read({"service": service, "resources": {"/x": "GET"}})
    call = restpath.connect(definition).x.get.prepare()

    def said(status: int, **content: object) -> str:
        body = json.dumps({"status": "error", **content}).encode()
        return str(error_of(replied(body, "application/json", status, call)))

    assert (
        said(200, code=404, message="No such album") == "GET https://a.example/x failed with error 404: No such album"
    )
    assert said(400, code=404, message="No such album") == "GET https://a.example/x failed with 400 404: No such album"
    assert said(200, message="No") == "GET https://a.example/x failed: No"
