"""Every input that the fuzzer kept, and some by chance: out of any bytes come only errors of restpath's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
NAMES = [
    "data_files", "json_files", "yaml_files", "openapi", "discovery", "description_texts", "templates", "values",
    "answers", "links", "items", "configuration",
]  # fmt: skip


@pytest.fixture(scope="module")
def tools() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        import fuzz
        import fuzz_targets

        fuzz.run_target, fuzz.targets = fuzz_targets.run_target, fuzz_targets.TARGETS  # type: ignore[attr-defined]
        yield fuzz
        for name in ("fuzz", "fuzz_targets"):
            sys.modules.pop(name, None)


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
