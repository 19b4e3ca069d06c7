"""Signatures: the published examples, and what must not change them."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restpath
from restpath import AuthError, InvalidValue
from restpath.auth.signing import signature_of
from restpath.carried import pairs_of
from restpath.definition.schemes import Signature
from restpath.masking import Secret

CASES = json.loads((Path(__file__).parents[1] / "cases" / "signatures.json").read_text("utf-8"))
MD5 = Signature("md5", "api_sig", "{pairs}{operation}{api_secret}")
SECRET = {"api_secret": Secret("s3")}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=6)


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_the_digest_is(case: dict[str, Any]) -> None:
    pairs = [(name, value) for name, value in case["pairs"]]
    secrets = {name: Secret(value) for name, value in case["credentials"].items()}
    assert signature_of(Signature(**case["signature"]), pairs, case["operation"], secrets) == case["digest"]


@given(PAIRS, st.randoms())
def test_order_does_not_matter(pairs: list[tuple[str, str]], chance: Any) -> None:
    mixed = list(pairs)
    chance.shuffle(mixed)
    assert signature_of(MD5, mixed, "doc.get", SECRET) == signature_of(MD5, pairs, "doc.get", SECRET)


@given(PAIRS, TEXT)
def test_what_is_signed_is_the_text_itself(pairs: list[tuple[str, str]], secret: str) -> None:
    text = "".join(name + value for name, value in sorted(pairs) if name != "api_sig") + "doc.get" + secret
    digest = signature_of(MD5, pairs, "doc.get", {"api_secret": Secret(secret)})
    assert digest == hashlib.md5(text.encode()).hexdigest()


def test_a_signature_without_a_secret_is_an_error() -> None:
    """It says what is missing and where to give it; nothing is signed with an empty secret."""
    with pytest.raises(AuthError, match=r"doc\.get has to be signed.*needs api_secret.*api_secret=\.\.\. to restpath"):
        signature_of(MD5, [], "doc.get", {})


def test_half_a_character_cannot_be_signed() -> None:
    with pytest.raises(InvalidValue, match="half a character") as caught:
        signature_of(MD5, [("a", "\ud800")], "doc.get", {"api_secret": Secret("hidden")})
    assert caught.value.__context__ is None


# ---- what of a call is signed ------------------------------------------------------------------------------------

CLIENT = restpath.connect(
    restpath.read(
        {
            "service": {"format": 1, "service": "signed", "base_url": "http://signed.example", "fields": "form"},
            "resources": {
                "/a": {"methods": {"GET": {}, "POST": {"query": {"q": {}}}, "PUT": {"fields": "json"}}},
                "/up": {"methods": {"POST": {"fields": "multipart"}}},
            },
        }
    )
)


def test_pairs_are_those_of_query_and_form() -> None:
    call = CLIENT.a.post.prepare(q="1", title="a b&c=é", tags=["x", "y"], empty="")
    assert sorted(pairs_of(call)) == [
        ("empty", ""), ("q", "1"), ("tags", "x"), ("tags", "y"), ("title", "a b&c=é")
    ]  # fmt: skip


def test_pairs_of_a_bodyless_call_are_those_of_its_query() -> None:
    assert pairs_of(CLIENT.a.get.prepare(x="1", y=None)) == [("x", "1")]


def test_the_fields_of_an_upload_are_signed_and_its_file_is_not() -> None:
    call = CLIENT.up.post.prepare(title="é", upload_file=("a.txt", io.BytesIO(b"data"), "text/plain"))
    assert pairs_of(call) == [("title", "é")]


def test_json_has_no_pairs() -> None:
    assert pairs_of(CLIENT.a.put.prepare(a=1)) == []
