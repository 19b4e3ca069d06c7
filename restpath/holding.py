"""
Holding: the tokens that one client has, and whose they are.

Takes credentials as somebody said them; gives them with the tokens in use among them, and tells whether one of these is
good. How a token comes here, and what takes its place, is the matter of `restpath/keeping.py`: most calls have one.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping

from restpath.auth.schemes import Credentials
from restpath.auth.token import Token, is_expired
from restpath.edge.clock import Clock
from restpath.masking import Secret
from restpath.records import dataclass

__all__ = ["IN_USE", "Held", "Holder", "chained", "is_of", "is_said"]

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
        clock: gives what tells the time.
    Attributes:
        held: the tokens, by scheme. Only a keeper changes it.
    """

    def __init__(self, credentials: Mapping[str, str], clock: Callable[[], Clock]) -> None:
        self.credentials, self._clock = credentials, clock
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
        return token.expires_at is None or not is_expired(token, self._clock().now())
