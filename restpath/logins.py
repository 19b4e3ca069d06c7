"""
Logins: the stored tokens of one client, each under the name of whose it is.

Takes a scheme, what is said of who calls, and tokens; finds them in a store and keeps them there: the login of whom the
caller speaks, else that of whoever logged in last. What a token stands for goes with it, wherever it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from restpath.auth.schemes import Credentials, of_grant
from restpath.auth.tokens import Token, chained, is_of, is_said
from restpath.definition.schemes import TokenRule
from restpath.definition.service import Service
from restpath.edge.clock import Clock
from restpath.errors import AuthError
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.edge.tokens import TokenStore

__all__ = ["Logins", "OwnStore", "of_login"]


def of_login(token: Token, at_hand: Credentials | None = None) -> Credentials:
    """Give the credentials that a token was got with, as far as they are no secret; over others, if any."""
    values, sources = (at_hand.values, at_hand.sources) if at_hand is not None else ({}, {})
    public = {name: Secret(text) for name, text in token.public.items()}
    return Credentials(chained(public, values), {**sources, **dict.fromkeys(public, "login")})


class Logins:
    """
    The stored tokens of one client.

    Args:
        service: whose they are.
        rules: how they are got, by scheme.
        base_url: where the service is.
        store: where they lie; None where nothing is kept.
        label: sets them apart from others of the same service: the name of a profile.
    """

    def __init__(
        self,
        service: Service,
        rules: Mapping[str, TokenRule],
        base_url: str,
        store: TokenStore | None,
        label: str | None,
    ) -> None:
        self._service, self._rules, self._store = service, rules, store
        self._name = f"{service.name if label is None else f'{service.name}:{label}'} {base_url}".lstrip()

    def __bool__(self) -> bool:
        return self._store is not None

    @contextmanager
    def locked(self, clock: Clock) -> Iterator[None]:
        """Keep the store to this thread. Raises AuthError: another process did not let go of it in time."""
        if self._store is None:
            yield
            return
        from restpath.edge.tokens import lock_store

        with lock_store(self._store, clock):
            yield

    def load(self, name: str, at_hand: Credentials) -> Token | None:
        """Find the token of a scheme, of the one that the credentials speak of. Raises AuthError: it is damaged."""
        from restpath.edge.tokens import load_token

        for key in self._keys(name, at_hand) if self._store is not None else ():
            stored = load_token(self._store, key)  # type: ignore[arg-type]  # there is one
            if stored is not None:
                token = Token.from_json(stored)
                if is_of(token, at_hand):
                    return self._latest(name, key, token)
        return None

    def _latest(self, name: str, key: str, token: Token) -> Token:
        """What lies under the name of whose a token is: written first, it is the later where a process was killed."""
        own = self._keys(name, of_login(token))[0]
        there = self._at(own) if own != key else None
        return there if there is not None and there.public == token.public else token

    def save(self, name: str, token: Token, ended: Token | None, *, general: bool = False) -> None:
        """
        Store a token.

        Args:
            ended: the one that it stands for: wherever that lies, it is of no use any more; neither is an earlier one
                of the same person, which a process has left that was killed between two keys.
            general: whether it is also the login of those who do not say whose they mean; so is the first of a store.
        """
        if self._store is None:
            return
        own, shared = self._keys(name, of_login(token))[0], self._keys(name, Credentials())[0]
        for key in dict.fromkeys((own, shared)):
            there = self._at(key) if key != own else None
            if key == own or general or there is None or _is_same(there, ended) or there.public == token.public:
                self._store.save(key, token.to_json())

    def drop(self, name: str, at_hand: Credentials, held: Token | None) -> None:
        """
        Forget the tokens of a scheme of the one that the credentials speak of, and those that are damaged.

        Args:
            held: the token in use, whoever it is of.
        """
        if self._store is None:
            return
        keys = dict.fromkeys([*self._keys(name, at_hand), *(self._keys(name, of_login(held)) if held else ())])
        for key in tuple(keys):
            token = self._at(key)
            if token is not None and is_of(token, at_hand):
                keys.update(dict.fromkeys(self._keys(name, of_login(token))))
        for key in keys:
            token = self._at(key)
            if token is None or is_of(token, at_hand) or (held is not None and _is_same(token, held)):
                self._store.save(key, None)

    def _at(self, key: str) -> Token | None:
        """What lies under one key; None for nothing, and for what is damaged."""
        from restpath.edge.tokens import load_token

        stored = load_token(self._store, key) if self._store is not None else None
        try:
            return None if stored is None else Token.from_json(stored)
        except AuthError:
            return None

    def _keys(self, name: str, at_hand: Credentials) -> list[str]:
        """The names of a login in the store: the one of whom the caller speaks, then the one of whoever logged in."""
        rule, known = self._rules[name], self._service.credentials
        names = dict.fromkeys(each for grant in rule.grants for each in of_grant(rule, grant))
        public = [each for each in names if each in known and not known[each].secret and is_said(each, at_hand)]
        texts = {each: at_hand.values[each].reveal() for each in public}
        who = sorted(f"{each}={text}" for each, text in texts.items() if text != known[each].default)
        general = self._name + (f" {name}" if len(self._rules) > 1 else "")
        return [" ".join([general, *who]), general] if who else [general]


def _is_same(token: Token, other: Token | None) -> bool:
    """Whether two tokens are of one login."""
    if other is None:
        return False
    return token.access == other.access or (token.refresh is not None and token.refresh == other.refresh)


class OwnStore:
    """The user's own store of tokens, opened when it is first asked."""

    def __init__(self) -> None:
        self._opened: TokenStore | None = None

    def _open(self) -> TokenStore:
        from restpath.edge.tokens import default_path, open_store

        if self._opened is None:
            self._opened = open_store(default_path())
        return self._opened

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Give the token kept under a key, or None."""
        return self._open().load(key)

    def save(self, key: str, token: Mapping[str, Any] | None) -> None:
        """Keep a token under a key; None forgets it."""
        self._open().save(key, token)

    def locked(self, clock: Clock) -> AbstractContextManager[Any]:
        """Keep the store to oneself."""
        from restpath.edge.tokens import lock_store

        return lock_store(self._open(), clock)
