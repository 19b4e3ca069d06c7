"""The programs in `tools`, as modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

__all__ = ["TOOLS", "tools"]

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@contextmanager
def tools(*names: str) -> Iterator[list[Any]]:
    """Import tools by name; afterwards these and those that they imported are gone, and their names are free."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        try:
            yield [import_module(name) for name in names]
        finally:
            for name in {file.stem for file in TOOLS.glob("*.py")}:
                sys.modules.pop(name, None)
