"""The code that a service may have beside its data: found by its name, asked before the engine, given all it needs."""

from __future__ import annotations

import datetime
import io
import json
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

import restpath
import restpath.mock
from restpath.definition.merge import Layer
from restpath.mock import behaviour
from restpath.mock.actions import act
from restpath.mock.answer import Mock
from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.behaviour import Behaviour, find_behaviour
from restpath.mock.granting import Visit
from restpath.mock.listing import answer_list
from restpath.mock.plan import Plan
from restpath.mock.state import State
from restpath.types import Headers

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
SHOP = restpath.read(
    {
        "service": {
            "service": "shop",
            "credentials": {"token": {}},
            "auth": {"t": {"query": {"t": "{token}"}}},
            "mock": {"tokens": {"only_issued": True, "credential": "token"}, "paging": {"limit": "limit"}},
        },
        "resources": {
            "/login": {"methods": {"POST": {"name": "log.in", "auth": [], "fields": "form"}}},
            "/items": "GET POST",
            "/items/{item}": {"methods": {"GET": {}, "DELETE": {"name": "items.drop"}}},
            "/tickets": {"methods": {"POST": {"auth": []}}},
        },
    }
)


def log_in(asked: Asked) -> Outcome:
    if asked.fields["user"] == "eve":
        raise Refusal(403, "not you", "Eve", content={"user": asked.fields["user"]})
    issued = asked.tokens.issue(owner={"user": asked.fields["user"]}, lifetime_seconds=60)
    return Outcome(200, {"token": issued.value})


def listed(asked: Asked) -> Outcome:
    bonus = {"for": asked.credentials["user"]}
    return answer_list(asked, [*(thing.content for thing in asked.state.matching("/items/{item}", {})), bonus])


def added(asked: Asked) -> Outcome:
    outcome = act(asked)
    asked.state.notes["added"] = asked.state.notes.get("added", 0) + 1
    return outcome


def page(visit: Visit) -> Outcome:
    return Outcome(200, {"asked": dict(visit.query), "now": visit.now.year}, bare=True)


def prepare(state: State, plan: Plan) -> None:
    state.add("/items/{item}", ("1",), {"id": "1", "of": plan.definition.name})


@pytest.fixture
def mock() -> Mock:
    actions = {"log.in": log_in, "GET /items": listed, "POST /items": added}
    return Mock(SHOP, lambda: NOW, behaviour=Behaviour(actions, {"GET /window": page}, prepare))


def ask(mock: Mock, method: str, target: str, body: bytes = b"", media_type: str = "application/json") -> Any:
    headers = Headers({"Host": "h", "Content-Type": media_type})
    answer = mock.answer(method, target, headers, io.BytesIO(body))
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body or b"null")


def token_of(mock: Mock, user: str) -> str:
    status, content = ask(mock, "POST", "/login", f"user={user}".encode(), "application/x-www-form-urlencoded")
    assert status == 200
    return str(content["token"])


def test_an_action_is_found_by_name_or_place_and_knows_who_a_token_belongs_to(mock: Mock) -> None:
    token = token_of(mock, "ann")
    assert ask(mock, "GET", f"/items?t={token}") == (200, [{"id": "1", "of": "shop"}, {"for": "ann"}])
    assert ask(mock, "GET", f"/items?t={token}&limit=1") == (200, [{"id": "1", "of": "shop"}])
    assert ask(mock, "GET", "/items?t=made-up")[0] == 401


def test_an_action_may_refuse_with_more_in_its_error(mock: Mock) -> None:
    status, content = ask(mock, "POST", "/login", b"user=eve", "application/x-www-form-urlencoded")
    assert (status, content) == (403, {"user": "eve", "error": "Eve", "message": "not you"})


def test_an_action_may_let_the_engine_do_its_own(mock: Mock) -> None:
    token = token_of(mock, "ann")
    status, made = ask(mock, "POST", f"/items?t={token}", b'{"a": 1}')
    assert (status, made["a"], mock.state.notes) == (201, 1, {"added": 1})
    assert ask(mock, "GET", f"/items/{made['id']}?t={token}") == (200, made), "other methods are the engine's"


def test_a_page_is_for_everybody_who_comes(mock: Mock) -> None:
    assert ask(mock, "GET", "/window?a=1&a=2") == (200, {"asked": {"a": "2"}, "now": 2026})
    assert ask(mock, "POST", "/window")[0] == 404


def test_a_token_can_be_taken_back(mock: Mock) -> None:
    token = token_of(mock, "ann")
    with mock.state.lock:
        mock.state.tokens.revoke("token", token)
    assert ask(mock, "GET", f"/items?t={token}")[0] == 401


def test_code_may_say_more_of_a_place_that_there_is_not() -> None:
    def undefined(method: str, path: str, plan: Plan) -> Refusal | None:
        return Refusal(410, f"{method} {path} of {plan.definition.name} is gone") if path == "/gone" else None

    mock = Mock(SHOP, lambda: NOW, behaviour=Behaviour(undefined=undefined))
    assert ask(mock, "GET", "/gone") == (410, {"error": "Gone", "message": "GET /gone of shop is gone"})
    assert ask(mock, "GET", "/nowhere")[0] == 404


# ---- finding -------------------------------------------------------------------------------------------------------


def bundled(name: str) -> Any:
    """A definition as if it had come with the package."""
    from restpath.definition.merge import merge_layers
    from restpath.definition.model import Definition

    layer = Layer(
        {"service": {"service": name}, "resources": {"/a": "GET"}}, {"service": f"restpath/resources/{name}/x"}
    )
    return Definition(merge_layers([layer]), tuple(layer.files.values()), layers=(layer,))


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[str]:
    """A service whose package has a behaviour; gives its name."""
    folder = tmp_path / "made_up"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "behaviour.py").write_text("ACTIONS = {'GET /a': lambda asked: 'done'}\n")
    monkeypatch.setattr("restpath.services.__path__", [str(tmp_path)])
    yield "made_up"
    for name in [name for name in sys.modules if name.startswith("restpath.services.made_up")]:
        del sys.modules[name]


def test_the_behaviour_of_a_bundled_service_is_found_by_its_name(packaged: str) -> None:
    found = find_behaviour(bundled(packaged))
    assert list(found.actions) == ["GET /a"]
    assert (dict(found.pages), found.prepare, found.undefined) == ({}, Behaviour().prepare, Behaviour().undefined)


def test_a_definition_of_ones_own_gets_no_behaviour_by_its_name(packaged: str) -> None:
    definition = restpath.read({"service": {"service": packaged}, "resources": {"/a": "GET"}})
    assert find_behaviour(definition) == Behaviour()
    assert f"restpath.services.{packaged}" not in sys.modules


@pytest.mark.parametrize("name", ["nothing", "0x", "a-b", "import", "demonstration"])
def test_nothing_is_imported_for_a_name_that_has_no_behaviour(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(place: str) -> types.ModuleType:
        raise AssertionError(f"{place} was imported")

    monkeypatch.setattr(behaviour.importlib, "import_module", refuse)
    assert find_behaviour(bundled(name)) == Behaviour()


def test_a_package_without_the_module_is_not_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "faceless").mkdir()
    (tmp_path / "faceless" / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.setattr("restpath.services.__path__", [str(tmp_path)])
    assert find_behaviour(bundled("faceless")) == Behaviour()
