"""
Keeping: the tokens of one client, got when they are first needed, and renewed once, whoever asks.

Takes a scheme, the credentials at hand and a way to send; gives a `Token`. However many threads find that a token has
ended, one of them gets the next; processes that share a store do so, too. A password is used once and then let go.
Source: RFC 6749 section 6 for renewal; where tokens lie is the store's matter, see `restpath/edge/tokens.py`.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from restpath.auth.answers import TokenRefused, refused
from restpath.auth.grants import Token, is_expired, read_token, token_request
from restpath.auth.schemes import Choice, Credentials, Proof, grant_for, named_in, of_grant, placeholders
from restpath.call import Call
from restpath.definition.model import Scheme, Service, TokenRule
from restpath.edge.clock import Clock
from restpath.errors import AuthError, RequestError
from restpath.masking import Secret, mask_url
from restpath.reply import Reply, value_at
from restpath.types import Headers

if TYPE_CHECKING:
    from restpath.edge.tokens import TokenStore

__all__ = ["Keeper", "moved_rule"]

Send = Callable[[Call, Proof], Reply]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def moved_rule(rule: TokenRule, moved: Callable[[str], str]) -> TokenRule:
    """Give a rule with its endpoints where they are now."""
    authorize = replace(rule.authorize, url=moved(rule.authorize.url)) if rule.authorize else None
    device = replace(rule.device, url=moved(rule.device.url)) if rule.device else None
    return replace(rule, url=moved(rule.url), authorize=authorize, device=device)


@dataclass(frozen=True)
class _Held:
    """
    A token in use.

    Attributes:
        replaces: the token that was given and ended, and that this one stands for.
        stored: whether it lies in the store, where the one that comes after it belongs, too.
    """

    token: Token
    replaces: Secret | None = None
    stored: bool = False


class Keeper:
    """
    The tokens of one client.

    Args:
        service: whose they are.
        rules: how they are got, by scheme, with the endpoints where they are now.
        base_url: where the service is.
        store: where they lie; None where nothing is kept beyond this client.
        label: sets logins of this client apart from others of the same service: the name of its profile.
        saves: whether each token that is got goes to the store; if not, only logins and what renews them.
        send: sends a request to an OAuth server, and raises for an error status.
        forget: lets go of credentials that were needed once.
    """

    def __init__(
        self,
        service: Service,
        rules: Mapping[str, TokenRule],
        base_url: str,
        *,
        store: TokenStore | None,
        saves: bool,
        label: str | None = None,
        clock: Callable[[], Clock],
        send: Send,
        forget: Callable[[frozenset[str]], None],
    ) -> None:
        self._service, self.rules, self.base_url = service, rules, base_url
        self._store, self._saves, self._clock, self._send, self._forget = store, saves, clock, send, forget
        self._name = service.name if label is None else f"{service.name}:{label}"
        self._held: dict[str, _Held] = {}
        self._found: dict[str, str] = {}
        self._lock = threading.RLock()

    def after_fork(self) -> None:
        """In a child process: let go of a lock that a thread of the parent may hold."""
        self._lock = threading.RLock()

    # ---- what is at hand ----

    def over(self, at_hand: Credentials) -> Credentials:
        """Give the credentials with the tokens in use among them, and what these were got with."""
        if not self._held:
            return at_hand
        own: dict[str, Secret] = {}
        values = _chained(own, at_hand.values)
        sources = dict(at_hand.sources)
        for name, held in tuple(self._held.items()):
            credential, given = self.rules[name].credential, self._given(name, at_hand)
            if (given is not None and given not in (held.replaces, held.token.access)) or not _is_of(held, at_hand):
                continue
            own[credential] = held.token.access
            sources[credential] = "stored login" if held.stored else "token endpoint"
            for public, text in held.token.public.items():
                if public not in values or sources.get(public) == "definition":
                    own[public], sources[public] = Secret(text), sources[credential]
        return Credentials(values, sources)

    def with_stored(self, names: tuple[str, ...], at_hand: Credentials) -> Credentials:
        """Give the credentials with those of a stored login among them."""
        for name in names:
            if name in self.rules and name not in self._held:
                token = self._load(name, at_hand)
                if token is not None:
                    self._held[name] = _Held(token, stored=True)
        return self.over(at_hand)

    def is_held(self, names: tuple[str, ...]) -> bool:
        """Tell whether a token of one of these schemes is in use."""
        return any(name in self._held for name in names)

    # ---- getting and renewing ----

    def token_for(self, choice: Choice, at_hand: Credentials, stale: Token | None = None) -> Token | None:
        """
        Give the token of a scheme: the one in use, or a new one in its place.

        Args:
            choice: the scheme, and the grant where there is no token yet.
            at_hand: the credentials.
            stale: the token that the service has refused, if any.
        Returns:
            the token; None where the refused one cannot be replaced.
        Raises:
            AuthError: it has ended and cannot be replaced, or the token endpoint refuses or answers nonsense.
            TransportError: the token endpoint does not answer.
        """
        scheme = choice.scheme
        current = self._current(scheme, at_hand)
        if current is not None and self._is_good(current, stale):
            return current
        with self._lock:
            current = self._current(scheme, self.over(at_hand))  # another thread may have been faster
            if current is not None and self._is_good(current, stale):
                return current
            return self._replaced(scheme, at_hand, current, stale)

    def _given(self, name: str, at_hand: Credentials) -> Secret | None:
        """The token that somebody gave; not one that was in use when these credentials were put together."""
        credential = self.rules[name].credential
        return at_hand.values.get(credential) if _is_given(credential, at_hand) else None

    def _current(self, scheme: Scheme, at_hand: Credentials) -> Token | None:
        given = self._given(scheme.name, at_hand)
        held = self._held.get(scheme.name)
        if held is not None and (given is None or given in (held.token.access, held.replaces)):
            return held.token if _is_of(held, at_hand) else None
        return None if given is None else Token(given)

    def _is_good(self, token: Token, stale: Token | None) -> bool:
        return (stale is None or token.access != stale.access) and not is_expired(token, self._clock().now())

    def _replaced(
        self, scheme: Scheme, at_hand: Credentials, current: Token | None, stale: Token | None
    ) -> Token | None:
        name, rule = scheme.name, self.rules[scheme.name]
        before = self._held.get(name)
        stored = before.stored if before is not None else self._saves
        with self._locked_store(stored):
            token = self._load(name, at_hand) if stored else None
            if token is None or not self._is_good(token, stale):
                token = self._got(scheme, rule, at_hand, token or current)
                if token is None:
                    return self._last_resort(scheme, current, stale)
                if stored:
                    self._save(name, token, at_hand)
        self._hold(name, token, at_hand, stored)
        self._forget(self._needed_once(scheme, rule))
        return token

    def _last_resort(self, scheme: Scheme, current: Token | None, stale: Token | None) -> Token | None:
        """Without a way to another token, one is good to its very end."""
        if stale is not None or current is None:
            return None
        if not is_expired(current, self._clock().now(), 0.0):
            return current
        raise AuthError(
            f"the token for {self._service.name or self.base_url} has ended, and there is nothing to renew it with: no "
            "refresh token came with it, and a password is not kept. Log in again with restpath.login()"
        )

    def _got(self, scheme: Scheme, rule: TokenRule, at_hand: Credentials, before: Token | None) -> Token | None:
        """Get a token: by the refresh token, else by credentials; None where there is neither."""
        refresh = (before.refresh if before is not None else None) or at_hand.values.get("refresh_token")
        if refresh is not None and "refresh_token" in rule.grants:
            known = Credentials(_chained(_secrets(before.public if before else {}), at_hand.values), at_hand.sources)
            try:
                return self.ask(scheme, "refresh_token", known, {"refresh_token": refresh}, before)
            except TokenRefused:
                if grant_for(self._service, rule, _without_refresh(at_hand)) is None:
                    raise
        grant = grant_for(self._service, rule, _without_refresh(at_hand))
        return None if grant is None else self.ask(scheme, grant, at_hand)

    def ask(
        self,
        scheme: Scheme,
        grant: str,
        at_hand: Credentials,
        more: Mapping[str, Secret] | None = None,
        before: Token | None = None,
    ) -> Token:
        """
        Ask the token endpoint.

        Args:
            more: what the flow itself fills in: code, redirect_uri, code_verifier, refresh_token, device_code.
            before: the token that is to be renewed.
        Raises:
            AuthError: it refuses, or answers nonsense.
        """
        rule = self.rules[scheme.name]
        values = self.with_discovered(rule, at_hand)
        call, proof = token_request(
            rule, grant, values, self.base_url, more=more or {}, credentials=self._service.credentials
        )
        self._check_discovered(rule, at_hand, call)
        reply = self.send(call, proof)
        return read_token(reply, rule, self._clock().now(), self._public(scheme, rule, at_hand), previous=before)

    def send(self, call: Call, proof: Proof) -> Reply:
        """Send a request to an OAuth server. Raises AuthError where it refuses."""
        try:
            return self._send(call, proof)
        except RequestError as error:
            problem = refused(error, proof.hidden)
        # Raised outside the handler: the service's own error may say back what was sent.
        raise problem

    def _public(self, scheme: Scheme, rule: TokenRule, at_hand: Credentials) -> dict[str, str]:
        known = self._service.credentials
        names = dict.fromkeys([*placeholders(scheme), *(n for grant in rule.grants for n in of_grant(rule, grant))])
        return {
            name: at_hand.values[name].reveal()
            for name in names
            if name in known and not known[name].secret and name in at_hand
        }

    def _needed_once(self, scheme: Scheme, rule: TokenRule) -> frozenset[str]:
        """The secrets that only the password grant asks for."""
        if "password" not in rule.grants:
            return frozenset()
        elsewhere = {*placeholders(scheme), *(name for text in rule.basic for name in named_in(text))}
        elsewhere.update(n for grant in rule.grants if grant != "password" for n in of_grant(rule, grant))
        known = self._service.credentials
        return frozenset(
            name
            for name in of_grant(rule, "password")
            if name in known and known[name].secret and name not in elsewhere
        )

    # ---- what the service itself tells ----

    def with_discovered(self, rule: TokenRule, at_hand: Credentials) -> Mapping[str, Secret]:
        """Give the credentials with those that the service itself tells, asked for once."""
        missing = [name for name in rule.discovery if name not in at_hand]
        for name in missing:
            if name not in self._found:
                self._found[name] = self._discovered(name, rule)
        return _chained({name: Secret(self._found[name]) for name in missing}, at_hand.values)

    def _discovered(self, name: str, rule: TokenRule) -> str:
        said = rule.discovery[name]
        call = Call("GET", self.base_url + said.path, headers=Headers({"Accept": "application/json"}))
        value = value_at(self.send(call, Proof()).content, said.pointer)
        if not isinstance(value, str) or not value:
            raise AuthError(
                f"{call.described()} does not say {name} at {said.pointer}: give {name}= to restpath.connect()"
            )
        return value

    def _check_discovered(self, rule: TokenRule, at_hand: Credentials, call: Call) -> None:
        """What is not the caller's own word gets secrets over HTTPS alone; this very machine aside."""
        if not any(name in named_in(rule.url) and name not in at_hand for name in rule.discovery):
            return
        parts = urlsplit(call.url)
        if parts.scheme != "https" and (parts.hostname or "") not in _LOOPBACK:
            names = ", ".join(f"{name}=" for name in rule.discovery)
            raise AuthError(
                f"{self.base_url} sends logins to {mask_url(call.url)}, which is not HTTPS: nothing was sent there. "
                f"If that is meant, say so: give {names} to restpath.connect()"
            )

    # ---- the store ----

    def keep(self, scheme: Scheme, token: Token, at_hand: Credentials) -> None:
        """Use a token that a login gave, and store it."""
        with self._lock:
            stored = self._store is not None
            with self._locked_store(stored):
                if stored:
                    self._save(scheme.name, token, at_hand, general=True)
            self._hold(scheme.name, token, at_hand, stored)

    def _hold(self, name: str, token: Token, at_hand: Credentials, stored: bool) -> None:
        before, given = self._held.get(name), self._given(name, at_hand)
        if given is None and before is not None:
            given = before.replaces
        self._held[name] = _Held(token, given, stored)

    def drop(self, at_hand: Credentials) -> None:
        """Forget all tokens, those in the store as well."""
        with self._lock:
            self._held.clear()
            if self._store is None:
                return
            with self._locked_store(True):
                for name in self.rules:
                    for key in self._keys(name, at_hand):
                        self._store.save(key, None)

    @contextmanager
    def _locked_store(self, used: bool) -> Iterator[None]:
        if self._store is None or not used:
            yield
            return
        from restpath.edge.tokens import lock_store

        with lock_store(self._store, self._clock()):
            yield

    def _load(self, name: str, at_hand: Credentials) -> Token | None:
        if self._store is None:
            return None
        from restpath.edge.tokens import load_token

        for key in self._keys(name, at_hand):
            stored = load_token(self._store, key)
            if stored is not None:
                token = Token.from_json(stored)
                if _is_of(_Held(token), at_hand):
                    return token
        return None

    def _save(self, name: str, token: Token, at_hand: Credentials, *, general: bool = False) -> None:
        if self._store is None:
            return
        keys = self._keys(name, at_hand)
        for key in keys if general else keys[:1]:
            self._store.save(key, token.to_json())

    def _keys(self, name: str, at_hand: Credentials) -> list[str]:
        """The names of a login in the store: the one of whom the caller speaks, then the one of whoever logged in."""
        rule, known = self.rules[name], self._service.credentials
        names = dict.fromkeys(each for grant in rule.grants for each in of_grant(rule, grant))
        who = sorted(
            f"{each}={at_hand.values[each].reveal()}"
            for each in names
            if each in at_hand and each in known and not known[each].secret and _is_given(each, at_hand)
        )
        general = f"{self._name} {self.base_url}" + (f" {name}" if len(self.rules) > 1 else "")
        return [" ".join([general, *who]), general] if who else [general]


def _is_given(name: str, at_hand: Credentials) -> bool:
    return at_hand.sources.get(name) not in ("definition", "stored login", "token endpoint")


def _is_of(held: _Held, at_hand: Credentials) -> bool:
    """Whether a token is of the one that the credentials speak of."""
    return all(
        name not in at_hand or not _is_given(name, at_hand) or at_hand.values[name].reveal() == text
        for name, text in held.token.public.items()
    )


def _secrets(public: Mapping[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in public.items()}


def _chained(first: Mapping[str, Secret], then: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """One mapping over another, of which nothing is looked up: a value may be a command that asks for a passphrase."""
    return ChainMap(first, then)  # type: ignore[arg-type]  # which are only read


def _without_refresh(at_hand: Credentials) -> Credentials:
    return Credentials(_Without(at_hand.values, "refresh_token"), at_hand.sources)


class _Without(Mapping[str, Secret]):
    """A mapping without one of its keys."""

    def __init__(self, values: Mapping[str, Secret], key: str) -> None:
        self._values, self._key = values, key

    def __getitem__(self, key: str) -> Secret:
        if key == self._key:
            raise KeyError(key)
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key != self._key and key in self._values

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._values if key != self._key)

    def __len__(self) -> int:
        return sum(1 for _ in self)
