"""A session: places as for folders, one client, and options that go to their own server alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from restpath.cli.locating import read_named
from restpath.cli.options import Options
from restpath.cli.shell_session import Session, joined
from restpath.errors import InvalidValue, UnknownResource


@pytest.mark.parametrize(
    ("place", "typed", "path"),
    [
        ("", "orders", "orders"), ("orders", "7", "orders/7"), ("orders/7", "..", "orders"), ("orders", "../..", ""),
        ("orders/7", "/jobs", "jobs"), ("orders", ".", "orders"), ("", ".", ""), ("orders/7", "../8/", "orders/8/"),
        ("orders/7", "../", "orders"), ("a", "b//c", "a/b//c"), ("a", "./b", "a/b"), ("a", "%2E%2E", "a/%2E%2E"),
        ("a", "x?y=../z", "a/x?y=../z"), ("a", "?y=1", "a?y=1"), ("", "token#refresh", "token#refresh"),
        ("a", "/", ""), ("a/b", "../../..", ""), ("a", "...", "a/..."),
    ],
)  # fmt: skip
def test_a_path_is_taken_from_the_place_where_one_is(place: str, typed: str, path: str) -> None:
    assert joined(place, typed) == path


@pytest.fixture
def session(shop_files: Path) -> Session:
    options = Options(base_url="http://127.0.0.1:1/v1", settings=("token=own",))
    return Session("shop", read_named("shop"), options)


def test_one_goes_only_where_there_is_something(session: Session) -> None:
    session.go("orders/7")
    with pytest.raises(UnknownResource, match="restpath tree"):
        session.go("nowhere")
    assert session.place == "orders/7"
    session.go("-")
    session.go("-")
    assert session.place == "orders/7"


def test_all_calls_have_one_client(session: Session) -> None:
    assert session.client is session.client_for(Options(timeout=3.0, output="json"))
    assert session.client is session.client_for(Options(base_url="http://127.0.0.1:1/v1"))
    assert session.client is not session.client_for(Options(no_strict=True))


@pytest.mark.parametrize("elsewhere", [Options(base_url="http://127.0.0.1:2"), Options(profile="other")])
def test_a_call_to_elsewhere_gets_nothing_of_what_is_set(session: Session, elsewhere: Options) -> None:
    merged = session.merged(elsewhere)
    assert (merged.base_url, merged.profile, merged.settings) == (elsewhere.base_url, elsewhere.profile, ())


def test_a_credential_is_changed_in_the_client_that_is_there(session: Session) -> None:
    client = session.client
    session.change(Options(base_url="http://127.0.0.1:1/v1", settings=("token=other",)))
    assert session.client is client
    assert client._root.owner.credential("token") == "other"


def test_what_cannot_be_set_changes_nothing(session: Session) -> None:
    client = session.client
    with pytest.raises(InvalidValue):
        session.change(Options(base_url="nonsense"))
    assert session.options.base_url == "http://127.0.0.1:1/v1"
    assert session.client is client


def test_the_items_of_a_walk_are_kept_unless_there_are_too_many(session: Session) -> None:
    with pytest.raises(InvalidValue, match="no answer yet"):
        _ = session.last
    session.begin("orders")
    for number in range(3):
        session.keep_item(number)
    assert session.last == [0, 1, 2]
    session.begin("orders")
    session.end_walk()
    assert session.last == []
    session.begin("orders")
    for number in range(10_001):
        session.keep_item(number)
    with pytest.raises(InvalidValue, match="more than 10000 items"):
        _ = session.last
