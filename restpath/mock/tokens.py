"""
The tokens and codes that the mock has given out: who they belong to, how long they are good, and which came of which.

Takes the moment and what a token is for; gives it back for its text. It knows nothing of HTTP; whoever uses it holds
the lock of the `State` that it is in.
Source: RFC 6749 section 1.4 and 1.5 for tokens, section 10.5 for codes that are good once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

__all__ = ["Issued", "TokenBook", "Tokens"]


@dataclass(frozen=True)
class Issued:
    """
    A token that was given out, or a code for one.

    Attributes:
        credential: the credential that it is, or what kind of code.
        owner: the credentials that it stands for, and whatever else is known of its owner.
        expires_at: when it is no longer good; None: never.
        notes: what else is kept with it.
    """

    value: str
    credential: str
    owner: Mapping[str, Any]
    expires_at: datetime | None = None
    notes: Mapping[str, Any] | None = None

    def is_good(self, now: datetime) -> bool:
        """Tell whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


class TokenBook:
    """Everything that was given out and not taken back."""

    def __init__(self) -> None:
        self._issued: dict[tuple[str, str], Issued] = {}

    def issue(
        self,
        credential: str,
        owner: Mapping[str, Any],
        now: datetime,
        lifetime_seconds: float | None = None,
        notes: Mapping[str, Any] | None = None,
        value: str | None = None,
    ) -> Issued:
        """Give out a new one: a text that cannot be guessed, unless it is said."""
        until = None if lifetime_seconds is None else now + timedelta(seconds=lifetime_seconds)
        issued = Issued(value or secrets.token_hex(16), credential, dict(owner), until, notes)
        self._issued[credential, issued.value] = issued
        return issued

    def find(self, credential: str, value: str) -> Issued | None:
        """Find one by its text, whether it is still good or not."""
        return self._issued.get((credential, value))

    def revoke(self, credential: str, value: str) -> Issued | None:
        """Take one back; gives it, or None if there was none."""
        return self._issued.pop((credential, value), None)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a service at one moment, as a behaviour sees them."""

    book: TokenBook
    now: datetime
    credential: str = ""

    def issue(
        self,
        credential: str | None = None,
        owner: Mapping[str, Any] | None = None,
        lifetime_seconds: float | None = None,
        value: str | None = None,
    ) -> Issued:
        """Give out a token: of the service's one kind, unless a credential is named."""
        return self.book.issue(credential or self.credential, owner or {}, self.now, lifetime_seconds, value=value)

    def find(self, credential: str, value: str) -> Issued | None:
        """Find a token that was given out and is still good."""
        found = self.book.find(credential, value)
        return found if found is not None and found.is_good(self.now) else None

    def revoke(self, value: str, credential: str | None = None) -> None:
        """Take a token back."""
        self.book.revoke(credential or self.credential, value)
