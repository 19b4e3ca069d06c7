"""A recording of a browser: which of its calls are one service's, and what must not be learnt of them."""

from __future__ import annotations

from typing import Any

import pytest

from restpath.errors import DefinitionError
from restpath.importers.har import read_recording


def entry(url: str, method: str = "GET", status: int = 200, mime: str = "application/json", **request: Any) -> Any:
    return {
        "startedDateTime": "2026-02-03T04:05:06.789Z",
        "request": {"method": method, "url": url, "headers": [], "queryString": [], "cookies": [], **request},
        "response": {"status": status, "content": {"mimeType": mime, "text": "{}" if mime else "", "size": 2}},
    }


def har(*entries: Any) -> Any:
    return {"log": {"version": "1.2", "entries": list(entries)}}


API = "https://api.example/v1"


def test_the_origin_that_most_calls_with_json_went_to_is_the_services() -> None:
    ads = [entry("https://ads.example/pixel", mime="image/gif") for _ in range(5)]
    found = read_recording(har(*ads, entry("https://one.example/a"), entry(f"{API}/a"), entry(f"{API}/b?x=1")))
    assert found.base_url == "https://api.example"
    assert [(call.method, call.path, call.query) for call in found.calls] == [
        ("GET", "/v1/a", ()), ("GET", "/v1/b", (("x", "1"),)),
    ]  # fmt: skip
    assert found.left_out == {"without JSON": 5, "to one.example": 1}


def test_a_base_url_says_whose_calls_are_meant() -> None:
    entries = [entry(f"{API}/a"), entry("https://api.example/v10/b"), entry("https://API.example:443/v1/c"), entry(API)]
    found = read_recording(har(*entries), API + "/")
    assert [call.path for call in found.calls] == ["/a", "/c", "/"]
    with pytest.raises(DefinitionError, match=r"no call of https://other.example with JSON and success.*4 to"):
        read_recording(har(*entries[:2], entry(f"{API}/d"), entry(API)), "https://other.example")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (entry(f"{API}/a", "OPTIONS"), "that are preflights (OPTIONS)"),
        (entry(f"{API}/a", status=404), "without success"),
        (entry(f"{API}/a", status=302), "without success"),
        (entry(f"{API}/a", mime="text/html"), "without JSON"),
        (entry(f"{API}/a", "CONNECT"), "with other methods"),
        (entry("wss://api.example/socket"), "that are not HTTP"),
        (entry("https://[broken"), "that cannot be read"),
        ({"request": None}, "that cannot be read"),
        (None, "that cannot be read"),
        (entry(f"{API}/graphql", "POST"), "to GraphQL, which has no resources"),
        (
            entry(f"{API}/q", "POST", postData={"mimeType": "application/json", "text": '{"query": "query A { b }"}'}),
            "to GraphQL, which has no resources",
        ),
    ],
)
def test_what_is_no_call_of_a_rest_service_is_left_out_and_counted(bad: Any, why: str) -> None:
    found = read_recording(har(entry(f"{API}/good"), bad))
    assert [call.path for call in found.calls] == ["/v1/good"]
    assert found.left_out == {why: 1}


def test_an_answer_without_content_is_good_where_none_is_to_be_expected() -> None:
    deleted = entry(f"{API}/a/7", "DELETE", status=204, mime="")
    found = read_recording(har(entry(f"{API}/a"), deleted, entry(f"{API}/b", status=204, mime="")))
    assert [call.method for call in found.calls] == ["GET", "DELETE"]


def test_the_time_of_a_call_is_told_in_utc() -> None:
    times = ["2026-02-03T04:05:06.789Z", "2026-02-03T00:05:06+01:00", "2026-02-03 4", "2026-99-99T00:00:00Z"]
    entries = [{**entry(f"{API}/a"), "startedDateTime": text} for text in times]
    found = [call.when for call in read_recording(har(*entries)).calls]
    assert found == ["2026-02-03T04:05:06Z", "2026-02-02T23:05:06Z", "", ""]


def test_a_body_that_asks_for_a_query_is_no_graphql() -> None:
    post = {"mimeType": "application/json", "text": '{"query": "shoes and boots"}'}
    assert read_recording(har(entry(f"{API}/search", "POST", postData=post))).calls[0].body == post["text"].encode()


def test_names_of_fields_and_files_of_a_multipart_body_are_read_and_its_values_are_not() -> None:
    text = (
        '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nprivate\r\n'
        '--x\r\nContent-Disposition: form-data; name="photo"; filename="private.png"\r\n\r\n...\r\n--x--'
    )
    post = {"mimeType": "multipart/form-data; boundary=x", "text": text}
    (call,) = read_recording(har(entry(f"{API}/photos", "POST", postData=post))).calls
    assert (call.fields, call.files, call.body) == (("title",), ("photo",), None)
    assert "private" not in repr(call)


def test_what_carried_credentials_is_known_as_secret() -> None:
    headers = [
        {"name": "Authorization", "value": "Bearer s3cr3tt0ken"},
        {"name": "Accept", "value": "application/json"},
    ]
    cookies = [{"name": "sid", "value": "c00kie-value"}, {"name": "lang", "value": "en"}]
    query = [{"name": "api_key", "value": "quer-key-1"}]
    found = read_recording(har(entry(f"{API}/a", headers=headers, cookies=cookies, queryString=query)))
    assert {"s3cr3tt0ken", "c00kie-value", "quer-key-1"} <= found.secrets
    assert found.secrets.isdisjoint({"application/json", "en"})
    assert "s3cr3t" not in repr(found)


def test_halves_of_surrogate_pairs_are_left_out_of_addresses_and_replaced_in_forms() -> None:
    form = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "\ud800"}]}
    answer = {"status": 200, "content": {"mimeType": "application/json"}}
    recording = read_recording({"log": {"entries": [
        {"request": {"method": "POST", "url": f"https://x.example/{path}", "postData": form}, "response": answer}
        for path in ("a", "\ud800", "b?c=\ud800")
    ]}})  # fmt: skip
    assert [(call.path, call.body) for call in recording.calls] == [("/a", b"a=%3F")]
    assert recording.left_out == {"that cannot be read": 2}
