"""
Tokens: what one holds, and whether it is good for a call that is made now.

How they are got is the matter of `restpath/auth/grants.py`; where they lie, of `restpath/logins.py`.
Source: RFC 6749 section 5.1 and appendices A.12 and A.17.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

from restpath.definition.frozen import frozen_map
from restpath.errors import AuthError
from restpath.masking import Secret
from restpath.records import dataclass, field

__all__ = ["Token", "is_expired", "is_token"]

_LONGEST_LEEWAY_SECONDS = 30.0


@dataclass(frozen=True, eq=False)
class Token:
    """
    What a token endpoint gave.

    Attributes:
        access: the token itself.
        refresh: what gets the next one without anybody's doing; None where there is none.
        expires_at: when it ends, in Unix seconds; None where nobody said.
        lifetime: how many seconds it was good for when it came; None where nobody said.
        public: the credentials that are no secrets and that it was got with, such as the user's name.
        answer: all that the endpoint said; only kept in memory.
    """

    access: Secret
    refresh: Secret | None = None
    expires_at: float | None = None
    public: Mapping[str, str] = field(default_factory=lambda: frozen_map({}))
    answer: Mapping[str, Any] | None = field(default=None, repr=False)
    lifetime: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give what a store keeps. It holds the secrets."""
        said = {
            "access_token": self.access.reveal(),
            "refresh_token": self.refresh.reveal() if self.refresh else None,
            "expires_at": self.expires_at,
            "lifetime": self.lifetime,
            "credentials": dict(self.public) or None,
        }
        return {name: value for name, value in said.items() if value is not None}

    @staticmethod
    def from_json(stored: object) -> Token:
        """
        Take what a store kept. What it does not know is left aside: a later version may have written it.

        Raises:
            AuthError: it is no token; the message shows nothing of it.
        """
        said = stored if isinstance(stored, Mapping) else {}
        access, refresh = said.get("access_token"), said.get("refresh_token")
        moments = [said.get("expires_at"), said.get("lifetime")]
        public = said.get("credentials", {})
        good = (
            is_token(access)
            and (refresh is None or is_token(refresh))
            and all(moment is None or _is_moment(moment) for moment in moments)
            and isinstance(public, Mapping)
            and all(isinstance(each, str) for pair in public.items() for each in pair)
        )
        if not good:
            raise AuthError("the stored login is damaged, and is of no use: log in again with restpath.login()")
        expires_at, lifetime = (None if moment is None else float(moment) for moment in moments)
        kept = Secret(str(refresh)) if refresh is not None else None
        return Token(Secret(str(access)), kept, expires_at, frozen_map(public), lifetime=lifetime)

    def __reduce__(self) -> tuple[Any, ...]:
        return Token, (self.access, self.refresh, self.expires_at, self.public, None, self.lifetime)


def is_token(value: object) -> TypeGuard[str]:
    """Tell whether something is a text that can be a token: printable ASCII, without a space at either end."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable() and value == value.strip()


def _is_moment(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) < 1e12 and math.isfinite(value)


def is_expired(token: Token, now: datetime, leeway_seconds: float | None = None) -> bool:
    """
    Tell whether a token ends before a call that is made now would arrive; False where its end is not known.

    Args:
        leeway_seconds: how long before its end it counts as expired. Unless given: 30 seconds, which clocks and slow
            calls differ by, but a tenth of its lifetime at most: a token of a minute is to be used for most of it, and
            one of a second must not be renewed before each call.
    """
    if token.expires_at is None:
        return False
    if leeway_seconds is None:
        lifetime = math.inf if token.lifetime is None else token.lifetime
        leeway_seconds = min(_LONGEST_LEEWAY_SECONDS, lifetime / 10)
    return now.timestamp() + leeway_seconds >= token.expires_at
