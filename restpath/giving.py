"""
Giving: what `connect` was given, changed later: by the caller, or where it was needed once and is let go.

Takes a prover and credentials by name. What was proven before with others is not proven with them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from restpath.auth.schemes import placeholders
from restpath.edge.credentials import given_credentials

if TYPE_CHECKING:
    from restpath.proving import Prover

__all__ = ["forget", "give"]


def give(prover: Prover, **credentials: object) -> None:
    """
    Change what `connect` was given; None takes a credential away.

    Raises:
        InvalidValue: one is no text of one line.
    """
    with prover.lock:
        given = prover.given
        known = {name: value for name, value in given.values.items() if given.sources[name] == "connect"}
        known = {name: value for name, value in known.items() if name not in credentials}
        new = {name: value for name, value in credentials.items() if value is not None}
        prover.given = given_credentials(prover.definition, {**known, **new})


def forget(prover: Prover, names: frozenset[str]) -> None:
    """Let go of what was needed once; not of what an operation needs that takes no token."""
    names = frozenset(name for name in names if prover.given.sources.get(name) == "connect")
    if names:
        give(prover, **dict.fromkeys(names - _needed_again(prover)))


def _needed_again(prover: Prover) -> set[str]:
    """The credentials of the operations that can do without tokens."""
    definition, with_tokens = prover.definition, prover.holder.credentials
    ways = {method.rules.auth for method in definition.operations}
    tokenless = [names for names in ways if not any(name in with_tokens for name in names)]
    return {each for names in tokenless for name in names for each in placeholders(definition.service.schemes[name])}
