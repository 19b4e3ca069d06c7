"""
Regular expressions that are compiled when they are first used: most programs use few of those in a package,
and compiling one takes as long as importing a small module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["FIELD_NAME", "pattern"]

if TYPE_CHECKING:
    from re import compile as pattern
else:

    def pattern(text, flags=0):
        """Give what `re.compile` would, compiled when it is first asked for something."""
        return _Pattern(text, flags)


class _Pattern:
    """Looks like a compiled pattern, and becomes one: what was asked for once is an attribute of its own."""

    def __init__(self, text: Any, flags: int) -> None:
        self._said = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(*self._said), name)
        setattr(self, name, found)
        return found


# The name of a header field. Source: RFC 9110 sections 5.1 and 5.6.2.
FIELD_NAME = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
