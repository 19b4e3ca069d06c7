"""The environment at a glance: the same object for as long as no variable changes, whatever stands for `os.environ`."""

from __future__ import annotations

import os

import pytest

from restpath.edge.environment import environment_now


def test_the_environment_is_the_same_until_a_variable_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment_now()
    assert environment_now() is before
    monkeypatch.setenv("A_NEW_ONE", "1")
    assert environment_now() is not before


def test_a_plain_dict_may_stand_for_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"HOME": "/"})  # as tests do that want to know nothing of their surroundings
    before = environment_now()
    assert environment_now() is before
    os.environ["A_NEW_ONE"] = "1"
    assert environment_now() is not before
