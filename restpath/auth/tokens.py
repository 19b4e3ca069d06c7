"""
Tokens: those that a client holds, whose they are, and whether they are good for a call that is made now.

Takes credentials as somebody said them; gives them with the tokens in use among them. Pure. How a token is got is the
matter of `restpath/auth/grants.py`, what takes its place that of `restpath/keeping.py`: most calls have one.
Source: RFC 6749 section 5.1 and appendices A.12 and A.17.
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from restpath.auth.schemes import Credentials
from restpath.definition.frozen import frozen_map
from restpath.errors import AuthError
from restpath.masking import Secret
from restpath.records import dataclass, field

__all__ = ["IN_USE", "Held", "Holder", "Token", "chained", "is_expired", "is_of", "is_said", "is_token"]

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


# ---- those in use ------------------------------------------------------------------------------------------------

IN_USE = ("stored login", "token endpoint")
"""Where credentials are from that nobody said: tokens in use, and what these were got with."""


def is_said(name: str, at_hand: Credentials) -> bool:
    """Tell whether somebody said a credential: it is neither the definition's own, nor of a token in use."""
    return name in at_hand and at_hand.sources.get(name) not in ("definition", *IN_USE)


def is_of(token: Token, at_hand: Credentials) -> bool:
    """Tell whether a token is of the one that the credentials speak of."""
    return all(
        not is_said(name, at_hand) or at_hand.values[name].reveal() == text for name, text in token.public.items()
    )


def chained(first: Mapping[str, Secret], then: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """Give one mapping over another. Nothing is looked up: a value may be a command that asks for a passphrase."""
    return ChainMap(first, then)  # type: ignore[arg-type]  # which are only read


@dataclass(frozen=True)
class Held:
    """
    A token in use.

    Attributes:
        replaces: the token that was given and ended, and that this one stands for.
        stored: whether it lies in the store, where the one that comes after it belongs, too.
        found: whether it is a login of earlier that was found there: all that is said anywhere goes before it.
    """

    token: Token
    replaces: Secret | None = None
    stored: bool = False
    found: bool = False

    def stands(self, credential: str, at_hand: Credentials) -> bool:
        """Tell whether it is what these credentials speak of, and not another one that somebody said."""
        if not is_of(self.token, at_hand):
            return False
        if not is_said(credential, at_hand):
            return True
        # Looked up only where it can be: it may be a command.
        return self.replaces is not None and at_hand.values[credential] in (self.replaces, self.token.access)


class Holder:
    """
    The tokens that one client has in use.

    Args:
        credentials: what a token is called among the credentials, by the scheme that it is for.
        now: tells the time.
    Attributes:
        held: the tokens, by scheme. Only a keeper changes it.
    """

    def __init__(self, credentials: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self.credentials, self._now = credentials, now
        self.held: dict[str, Held] = {}

    def in_use(self) -> tuple[object, ...]:
        """Give what is equal as long as the same tokens are in use."""
        return tuple(self.held.values()) if self.held else ()

    def over(self, at_hand: Credentials, *, found: bool = False) -> Credentials:
        """
        Give the credentials with the tokens in use among them, and what these were got with.

        Args:
            found: whether those of a stored login are meant, too.
        """
        if not self.held:
            return at_hand
        own: dict[str, Secret] = {}
        sources = dict(at_hand.sources)
        for name, held in tuple(self.held.items()):
            credential = self.credentials[name]
            if credential in own or (held.found and not found) or not held.stands(credential, at_hand):
                continue
            own[credential] = held.token.access
            sources[credential] = "stored login" if held.stored else "token endpoint"
            for public, text in held.token.public.items():
                if public not in own and (public not in at_hand or sources.get(public) == "definition"):
                    own[public], sources[public] = Secret(text), sources[credential]
        return Credentials(chained(own, at_hand.values), sources) if own else at_hand

    def held_for(self, name: str, at_hand: Credentials) -> Held | None:
        """Give the token in use of a scheme, if it is what these credentials speak of."""
        held = self.held.get(name)
        return held if held is not None and held.stands(self.credentials[name], at_hand) else None

    def current(self, name: str, at_hand: Credentials) -> Token | None:
        """Give the token in use of a scheme, whichever was when the credentials were looked at; else the given one."""
        held = self.held_for(name, at_hand)
        if held is not None:
            return held.token
        credential = self.credentials[name]
        given = at_hand.values.get(credential) if at_hand.sources.get(credential) not in IN_USE else None
        return None if given is None else Token(given)

    def is_good(self, token: Token, stale: Token | None = None) -> bool:
        """
        Tell whether a token is good for a call that is made now, as far as is known.

        Args:
            stale: the one that the service has refused, if any.
        """
        if stale is not None and token.access == stale.access:
            return False
        return token.expires_at is None or not is_expired(token, self._now())
