"""Errors: their tree, what each holds, and that all of them survive a pickle."""

from __future__ import annotations

import copy
import datetime
import io
import pickle
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import errors
from restpath.errors import BodyFault, RestpathError, UnknownAttribute, UnknownItem, error_class
from restpath.refusals import error_of
from restpath.reply import Reply
from restpath.types import Headers

CLIENT = restpath.connect("https://a.example")
STREAM = io.BytesIO(b"x")
CALL = CLIENT.x.post.prepare(upload_file=("a.txt", STREAM), headers={"Authorization": "Bearer hunter2"})
STATUSES = {
    "BadRequest": 400, "Unauthorized": 401, "Forbidden": 403, "NotFound": 404, "Conflict": 409, "TooManyRequests": 429,
    "ServerError": 503, "RequestError": 418,
}  # fmt: skip


def refused(status: int) -> errors.RequestError:
    headers = Headers([("Retry-After", "5"), ("Set-Cookie", "sid=hunter2")])
    error = error_of(Reply(status, headers, b"words", datetime.timedelta(0), CALL))
    assert error is not None
    return error


EXAMPLES: dict[str, RestpathError] = {
    "RestpathError": RestpathError("words"),
    "DefinitionError": errors.DefinitionError("words", file="a.json", pointer="/a", expected="b"),
    "UnknownResource": errors.UnknownResource("words", segment="a", choices=["b"]),
    "UnknownAttribute": UnknownAttribute("words", segment="a", choices=["b"]),
    "UnknownItem": UnknownItem("words", segment="a", choices=["b"]),
    "MethodNotAllowed": errors.MethodNotAllowed("words", method="PUT", allowed=["GET"]),
    "InvalidValue": errors.InvalidValue("words"),
    "InvalidBody": errors.InvalidBody("POST /x", [BodyFault("/a", "words"), BodyFault("", "more")]),
    "AuthError": errors.AuthError("words"),
    "TransportError": errors.TransportError("words", call=CALL),
    "ConnectionFailed": errors.ConnectionFailed("words", call=CALL, may_have_happened=False),
    "Timeout": errors.Timeout("words", call=CALL),
    "TLSError": errors.TLSError("words", call=CALL, may_have_happened=False),
    "BadReply": errors.BadReply("words", call=CALL),
    **{name: refused(status) for name, status in STATUSES.items()},
}


def test_every_error_has_an_example_here() -> None:
    classes = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, RestpathError)
    }
    assert classes == set(EXAMPLES)
    assert all(type(error).__name__ == name for name, error in EXAMPLES.items())


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ("UnknownAttribute", "UnknownItem")])
def test_every_error_is_in_restpath_itself(name: str) -> None:
    assert getattr(restpath, name) is getattr(errors, name)
    assert name in restpath.__all__


@pytest.mark.parametrize(
    ("child", "parents"),
    [
        ("DefinitionError", [RestpathError]), ("UnknownAttribute", [errors.UnknownResource, AttributeError]),
        ("UnknownItem", [errors.UnknownResource, LookupError]), ("MethodNotAllowed", [RestpathError]),
        ("InvalidValue", [RestpathError, ValueError]), ("InvalidBody", [RestpathError]), ("AuthError", [RestpathError]),
        ("ConnectionFailed", [errors.TransportError]), ("Timeout", [errors.TransportError]), ("TLSError",
        [errors.TransportError]),
        ("BadReply", [errors.TransportError]), *((name, [errors.RequestError]) for name in STATUSES),
    ],
)  # fmt: skip
def test_the_tree_is_as_the_design_has_it(child: str, parents: list[type]) -> None:
    kind = getattr(errors, child)
    assert all(issubclass(kind, parent) for parent in [*parents, RestpathError])


@pytest.mark.parametrize("name", ["ConnectionFailed", "Timeout", "TLSError", "BadReply"])
def test_no_answer_is_not_an_answer(name: str) -> None:
    assert not issubclass(getattr(errors, name), errors.RequestError)


@pytest.mark.parametrize("error", EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_can_be_pickled(error: RestpathError, protocol: int) -> None:
    data = pickle.dumps(error, protocol)
    again = pickle.loads(data)
    assert (type(again), str(again), again.args) == (type(error), str(error), error.args)
    assert set(vars(again)) == set(vars(error))
    for name, value in vars(error).items():
        if name not in ("call", "reply"):
            assert getattr(again, name) == value
    assert b"hunter2" not in data


@pytest.mark.parametrize("error", EXAMPLES.values(), ids=EXAMPLES)
def test_no_error_shows_a_secret(error: RestpathError) -> None:
    assert "hunter2" not in str(error) + repr(error) + repr(vars(error))


@pytest.mark.parametrize("error", EXAMPLES.values(), ids=EXAMPLES)
def test_every_error_can_be_copied(error: RestpathError) -> None:
    assert vars(copy.copy(error)) == vars(error)
    assert vars(copy.deepcopy(error)).keys() == vars(error).keys()


@pytest.mark.parametrize("name", STATUSES)
def test_a_pickled_answer_says_all_that_it_said(name: str) -> None:
    error: Any = EXAMPLES[name]
    again = pickle.loads(pickle.dumps(error))
    assert (again.status, again.code, again.message, again.content) == (
        STATUSES[name],
        STATUSES[name],
        "words",
        "words",
    )
    assert (again.retry_after, again.headers["Retry-After"]) == (5.0, "5")
    assert again.call.url == "https://a.example/x"
    assert again.call.files[0].name == "file"


def test_a_pickled_error_has_lost_the_open_file_and_says_so_when_it_is_sent() -> None:
    again = pickle.loads(pickle.dumps(EXAMPLES["ConnectionFailed"]))
    with pytest.raises(restpath.InvalidValue, match="lost in a pickle"):
        again.call.files[0].source.open()


def test_an_error_with_a_file_that_was_really_opened_can_be_pickled(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    with path.open("rb") as file:
        error = errors.Timeout("words", call=CLIENT.x.post.prepare(file))
        assert pickle.loads(pickle.dumps(error)).call.body.name == "a.txt"


def test_notes_and_the_cause_do_no_harm() -> None:
    error = errors.InvalidValue("words")
    error.__cause__ = ValueError("cause")
    error.__dict__["__notes__"] = ["note"]
    assert pickle.loads(pickle.dumps(error)).__dict__["__notes__"] == ["note"]


def test_a_definition_error_names_file_place_and_expectation() -> None:
    assert str(EXAMPLES["DefinitionError"]) == "a.json at /a: words (expected b)"
    assert str(errors.DefinitionError("words")) == "words"
    assert str(errors.DefinitionError("words", pointer="/a")) == "at /a: words"


def test_an_invalid_body_lists_its_faults() -> None:
    assert str(EXAMPLES["InvalidBody"]) == (
        "POST /x was not sent: its body contradicts the definition\n  /a: words\n  the body: more"
    )


def test_errors_of_attributes_and_items_serve_those_who_probe() -> None:
    strict = restpath.connect(
        restpath.read(
            {"service": {"format": 1, "service": "t", "base_url": "https://a.example"}, "resources": {"/people": "GET"}}
        )
    )
    assert not hasattr(strict, "peple")
    with pytest.raises(LookupError, match="people"):
        strict["peple"]


@pytest.mark.parametrize(
    ("status", "name"),
    [*((status, name) for name, status in STATUSES.items()), (599, "ServerError"), (499, "RequestError")],
)
def test_each_status_has_its_class(status: int, name: str) -> None:
    assert error_class(status) is getattr(errors, name)
