"""
What is missing: the credentials that would do, where those at hand do for none of the schemes. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from restpath.auth.schemes import Credentials, lacking, of_grant, placeholders
from restpath.definition.service import Service

__all__ = ["missing_for"]

_FURTHER = 2  # who lacks a token may well have the client id and secret that get one


def missing_for(service: Service, names: Sequence[str], at_hand: Credentials) -> list[list[str]]:
    """Name the credentials that are missing: each list would do, none has another in it, and none is much longer."""
    ways: list[list[str]] = []
    for name in names:
        scheme = service.schemes[name]
        missing = lacking(service, placeholders(scheme), at_hand)
        ways.append(missing)
        rule = scheme.token
        if rule is None or rule.credential not in missing:
            continue
        others = [each for each in missing if each != rule.credential]
        for grant in ("client_credentials", "password"):
            if grant in rule.grants:
                ways.append(others + lacking(service, [n for n in of_grant(rule, grant) if n not in others], at_hand))
    least = min(map(len, ways), default=0)
    near = [way for index, way in enumerate(ways) if len(way) <= least + _FURTHER and way not in ways[:index]]
    return [way for way in near if not any(set(other) < set(way) for other in ways)]
