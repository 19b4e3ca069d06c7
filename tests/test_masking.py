"""Masking: secrets show themselves nowhere, and all else is left readable."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.masking import MASK, Secret, is_secret_name, mask_headers, mask_query, mask_secrets, mask_url


def test_a_secret_shows_itself_in_no_way_of_printing() -> None:
    secret = Secret("hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>9}", "%s" % secret, repr([secret]), repr({"a": secret})]  # noqa: UP031
    assert not any("hunter2" in text for text in shown)
    assert secret.reveal() == "hunter2"


def test_a_pickle_of_a_secret_does_not_hold_it() -> None:
    data = pickle.dumps(Secret("hunter2"))
    assert b"hunter2" not in data
    assert pickle.loads(data).reveal() == MASK


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_secret_keeps_it(again: Any) -> None:
    assert again([Secret("hunter2")])[0].reveal() == "hunter2"


def test_secrets_are_equal_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("a")
    assert not Secret("")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-Oauth-Token", "X-Api-Key", "apikey",
        "api_key",
        "clientSecret", "client_secret", "access_token", "accesstoken", "authToken", "X-CSRFToken", "X-XSRF-TOKEN",
        "password",
        "newPassword", "X-Amz-Signature", "sig", "api_sig", "session_id", "sessionid", "Private-Token", "private_key",
        "user[password]", "options.token", "JWT", "X-Auth-Key", "passphrase",
    ],
)  # fmt: skip
def test_names_of_credentials_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Accept", "Content-Type", "X-Oauth-Username", "author", "authors", "tokens", "max_tokens", "design", "signal",
        "assignee", "key", "keyword", "monkey", "Idempotency-Key", "passport", "secretary", "cookies", "oauthor", "",
    ],
)  # fmt: skip
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


def test_header_lines_are_masked_by_name_and_by_type() -> None:
    lines = [("Authorization", "Basic xyz"), ("Accept", "a/b"), ("X-Id", Secret("s")), ("X-N", 5)]
    assert mask_headers(lines) == [("Authorization", MASK), ("Accept", "a/b"), ("X-Id", MASK), ("X-N", "5")]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://a.example/x?token=abc&q=1", "https://a.example/x?token=***&q=1"),
        ("https://ann:pw@a.example/x", "https://***@a.example/x"),
        ("//ann:pw@a.example/x", "//***@a.example/x"),
        ("https://ann:p@w@a.example/x?y=z@b", "https://***@a.example/x?y=z@b"),
        ("https://a.example/a//b@c", "https://a.example/a//b@c"),
        ("https://a.example/#access_token=abc&state=1", "https://a.example/#access_token=***&state=1"),
        ("https://a.example/?user%5Bpassword%5D=pw", "https://a.example/?user%5Bpassword%5D=***"),
        ("GET /x?sig=abc failed with 404: gone", "GET /x?sig=*** failed with 404: gone"),
        ('<a href="/x?token=abc">x</a>', '<a href="/x?token=***">x</a>'),
        ("https://a.example/?q=a@b", "https://a.example/?q=a@b"),
    ],
)
def test_urls_are_masked_where_secrets_stand_and_nowhere_else(text: str, masked: str) -> None:
    assert mask_url(text) == masked


def test_a_query_alone_can_be_masked() -> None:
    assert mask_query("https://a.example/http://x@y?token=t") == "https://a.example/http://x@y?token=***"


@given(st.text(st.characters(codec="ascii", exclude_characters='&;#"<> \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f'), min_size=1))
def test_no_value_of_a_secret_name_gets_through(value: str) -> None:
    text = f"https://a.example/?a=b&api_key=X{value}X&c=d"
    assert mask_url(text) == "https://a.example/?a=b&api_key=***&c=d"


@pytest.mark.parametrize("written", ["s3cret key&2", "s3cret%20key%262", "s3cret+key%262", "key&2", "key%262"])
def test_what_a_stranger_says_back_is_masked_whole_in_each_spelling(written: str) -> None:
    text = mask_secrets(f"you sent <{written}>", [Secret("key&2"), Secret("s3cret key&2")], longer_than=3)
    assert text == "you sent <***>"


def test_a_secret_that_another_one_holds_is_masked_after_it() -> None:
    secrets = [Secret(word) for word in ("abcd", "abcdefgh", "abcdef")]
    assert mask_secrets("abcdefgh abcdef abcd abc", secrets, longer_than=3) == "*** *** *** abc"
