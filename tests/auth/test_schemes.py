"""Schemes: what credentials add to a call, and what never shows them."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.auth import HTTPBasicAuth

import restpath
from restpath import UNSET, InvalidValue
from restpath.auth.missing import missing_for
from restpath.auth.schemes import (
    Credentials,
    choose_scheme,
    credential_text,
    fill,
    hidden,
    named_in,
    placeholders,
    prove,
)  # fmt: skip
from restpath.definition.schemes import Scheme
from restpath.masking import Secret

SERVICE = restpath.read(
    {
        "service": {
            "format": 1, "service": "test",
            "credentials": {"user": {"secret": False}, "token": {}, "key": {}},
            "auth": {
                "bearer": {"headers": {"Authorization": "Bearer {token}", "X-User": "{user}"}},
                "key": {"query": {"api": "{key}"}},
                "open": {"headers": {"X-Client": "restpath"}},
            },
        },
        "resources": {"/a": "GET"},
    }
).service  # fmt: skip


def at_hand(**values: str) -> Credentials:
    return Credentials({name: Secret(value) for name, value in values.items()})


def test_placeholders_are_named_once_and_in_order() -> None:
    scheme = Scheme("s", {"A": "{b} {a}", "B": "{b}", "C": "none"}, {"q": "{c}{a}"})
    assert placeholders(scheme) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        ({"token": "t", "user": "u", "key": "k"}, "bearer"),
        ({"token": "t", "key": "k"}, "key"),
    ],
)
def test_the_first_scheme_whose_credentials_are_there_is_chosen(values: dict[str, str], chosen: str) -> None:
    choice = choose_scheme(SERVICE, list(SERVICE.schemes), at_hand(**values))
    assert choice is not None
    assert (choice.scheme.name, choice.grant) == (chosen, None)


def test_no_scheme_is_chosen_where_none_has_its_credentials() -> None:
    assert choose_scheme(SERVICE, ["bearer", "key"], at_hand(user="u")) is None
    assert choose_scheme(SERVICE, [], at_hand(token="t")) is None
    assert choose_scheme(SERVICE, ["open"], at_hand(token="t")) is None  # it is what is left, not a choice


def test_what_is_missing_is_named_for_every_scheme_that_is_not_far_off() -> None:
    assert missing_for(SERVICE, ["bearer", "key"], at_hand(user="u")) == [["token"], ["key"]]
    assert missing_for(SERVICE, ["bearer", "key"], at_hand()) == [["token", "user"], ["key"]]
    assert missing_for(SERVICE, [], at_hand()) == []


def test_what_is_missing_never_has_more_than_another_way_needs() -> None:
    schemes = {"one": "{a}", "two": "{a} {b}", "three": "{b} {c} {d}", "far": "{b} {c} {d} {e}"}
    service = restpath.read({
        "service": {
            "format": 1, "service": "test", "credentials": {name: {} for name in "abcde"},
            "auth": {name: {"headers": {"X": text}} for name, text in schemes.items()},
        },
        "resources": {"/a": "GET"},
    }).service  # fmt: skip
    assert missing_for(service, ["one", "two", "three"], at_hand()) == [["a"], ["b", "c", "d"]]
    assert missing_for(service, ["one", "far"], at_hand()) == [["a"]]
    assert missing_for(service, ["two", "three"], at_hand(b="x")) == [["a"], ["c", "d"]]


def test_a_proof_holds_the_filled_texts_and_shows_none() -> None:
    proof = prove(SERVICE.schemes["bearer"], at_hand(token="s3cret", user="ann").values, SERVICE)
    assert [(name, secret.reveal()) for name, secret in proof.headers] == [
        ("Authorization", "Bearer s3cret"), ("X-User", "ann"),
    ]  # fmt: skip
    assert "s3cret" not in f"{proof!r} {proof} {pickle.dumps(proof)!r}"
    assert prove(SERVICE.schemes["key"], at_hand(key="k").values, SERVICE).query == (("api", Secret("k")),)
    assert proof
    assert not prove(Scheme("none", {}, {}), at_hand().values, SERVICE)


def test_a_credential_with_braces_is_not_filled_again() -> None:
    proof = prove(SERVICE.schemes["bearer"], at_hand(token="{user}", user="ann").values, SERVICE)
    assert proof.headers[0][1].reveal() == "Bearer {user}"


@pytest.mark.parametrize("value", ["t", "é", "a b", "0", 7, Secret("t")])
def test_a_credential_is_text_or_a_whole_number(value: Any) -> None:
    assert credential_text("token", value).reveal() == (value.reveal() if isinstance(value, Secret) else str(value))


@pytest.mark.parametrize("value", [None, "", b"s3cret", 1.5, True, ["s3cret"], {"s3cret": 1}, object(), Secret("")])
def test_anything_else_is_none_and_is_not_shown(value: Any) -> None:
    with pytest.raises(InvalidValue, match="'token' needs a text") as caught:
        credential_text("token", value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0"])
def test_a_credential_of_several_lines_is_refused_and_not_shown(mark: str) -> None:
    for value in (f"s3cret{mark}X: y", Secret(f"s3cret{mark}"), f"{mark}s3cret"):
        with pytest.raises(InvalidValue, match="line break") as caught:
            credential_text("token", value)
        assert "s3cret" not in str(caught.value)


def test_half_a_character_in_a_credential_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidValue, match="half a character") as caught:
        credential_text("token", "s3cret\udcff")
    assert "s3cret" not in str(caught.value)


def test_a_login_shows_itself_nowhere_and_is_sent_as_requests_does() -> None:
    for name, password in (("ann", "geheim"), ("ä", "ö:ü"), ("", "")):
        login = hidden((name, password))
        expected, found = requests.PreparedRequest(), requests.PreparedRequest()
        expected.prepare("GET", "http://a.example", auth=HTTPBasicAuth(name, password))
        found.prepare("GET", "http://a.example", auth=login)
        assert found.headers == expected.headers
        assert repr(login) == str(login) == "BasicLogin()"
    snowman = requests.Request("GET", "http://a.example", auth=hidden(("\u2603", "x"))).prepare()
    assert snowman.headers["Authorization"] == "Basic 4piDOng="


@pytest.mark.parametrize("auth", [None, UNSET, (b"a", b"b"), ("a", "b", "c"), len])
def test_other_kinds_of_auth_stay_what_they_are(auth: Any) -> None:
    assert hidden(auth) is auth


@given(st.text("{}ab", max_size=12))
def test_a_placeholder_is_what_stands_between_two_braces_without_another(text: str) -> None:
    names = re.findall(r"\{([^{}]*)\}", text)
    assert named_in(text) == names
    filled = fill(text, {name: Secret(f"<{name}>") for name in names})
    assert filled == re.sub(r"\{([^{}]*)\}", r"<\1>", text)


def test_placeholders_are_looked_up_in_their_order() -> None:
    """One may be a command that asks for a passphrase."""
    asked: list[str] = []

    class Asking(Mapping[str, Secret]):
        def __getitem__(self, name: str) -> Secret:
            asked.append(name)
            return Secret(name)

        def __iter__(self) -> Iterator[str]:
            return iter(())

        def __len__(self) -> int:
            return 0

    assert fill("{b}:{a}", Asking()) == "b:a"
    assert asked == ["b", "a"]
