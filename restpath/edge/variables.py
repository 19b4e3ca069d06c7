"""
Variables of the environment: how those of a service are called.

Takes a service's name and that of a credential, or `base_url`; gives the variable's name.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["variable_name"]


@lru_cache(maxsize=1024)
def variable_name(service: str, name: str) -> str:
    """Name the variable of the environment for a credential of a service."""
    return f"RESTPATH_{service}_{name}".upper().replace("-", "_").replace(".", "_")
