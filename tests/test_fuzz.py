"""Every input that the fuzzer kept, and some by chance: out of any bytes come only errors of restpath's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.tools import tools

NAMES = [
    "data_files", "json_files", "yaml_files", "openapi", "discovery", "description_texts", "templates", "values",
    "answers", "links", "items", "configuration",
]  # fmt: skip


@pytest.fixture(scope="module", name="tools")
def _tools() -> Iterator[Any]:
    with tools("fuzz", "fuzz_targets") as (fuzz, fuzz_targets):
        fuzz.run_target, fuzz.targets = fuzz_targets.run_target, fuzz_targets.TARGETS
        yield fuzz


def test_every_target_is_tried_here(tools: Any) -> None:
    assert list(tools.targets) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_was_kept_gives_way_no_more(tools: Any, name: str) -> None:
    inputs = tools.kept_inputs(name)
    assert inputs, "make fuzz keeps what reaches new code"
    for data in inputs:
        tools.run_target(name, data)


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_read_or_refused(tools: Any, name: str) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=400))
    def tried(data: bytes) -> None:
        tools.run_target(name, data)

    tried()
