"""What looks like a value is told from what looks like a word of the interface."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restpath.judging import is_id, is_plain_word, is_service_name, singular, variable_for


@pytest.mark.parametrize(
    "text",
    [
        "7", "2024-01-31", "550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "a1b2c3d",
        "u1234",
        "ann@example.com", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "eyJhbGciOiJIUzI1NiJ9", "AbCdEfGhIjKlMnOp",
        "héllo", "a b",
        "order-1234", "qwrtplkjhgfdsazxcvb", "x" * 61, "a%2Fb",
    ],
)  # fmt: skip
def test_ids_hashes_keys_and_addresses_look_like_values(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "widgets", "user-accounts", "v1", "v2.1", "v1beta2", "2.0", "oauth2", "ipv4", "s3", "sha256",
        "Microsoft.Compute",
        "getOrganizationMembership", "_search", "messages:send", "me", "mp3-files",
    ],
)  # fmt: skip
def test_words_and_versions_look_like_names(text: str) -> None:
    assert not is_id(text)


@given(st.one_of(st.integers(0).map(str), st.uuids().map(str), st.binary(min_size=16, max_size=32).map(bytes.hex)))
def test_any_number_uuid_or_hash_looks_like_a_value(text: str) -> None:
    assert is_id(text)
    assert not is_plain_word(text)


@pytest.mark.parametrize("name", ["limit", "page[size]", "object.content", "$filter", "_id", "created_at", "utf8"])
def test_names_that_services_give_are_names(name: str) -> None:
    assert is_service_name(name)


@pytest.mark.parametrize("name", ["", "ann@example.com", "17", str(uuid.UUID(int=5)), "two words", "k" * 80, "ключ"])
def test_keys_that_somebody_made_are_no_names(name: str) -> None:
    assert not is_service_name(name)


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("widgets", "widget"), ("categories", "category"), ("boxes", "box"), ("people", "person"), ("status", "status"),
        ("addresses", "address"), ("news", "news"), ("bus", "bus"), ("houses", "house"), ("movies", "movie"),
    ],
)  # fmt: skip
def test_a_plain_plural_has_its_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_a_variable_is_named_after_the_literal_before_it_and_apart_from_others() -> None:
    assert variable_for("widgets", []) == "widget_id"
    assert variable_for("userAccounts", []) == "user_account_id"
    assert variable_for("user-accounts", ["user_account_id"]) == "user_account_id_2"
    assert variable_for(None, []) == "id"
    assert variable_for("2.0", []) == "item_2_0_id"
