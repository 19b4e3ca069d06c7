"""
Keeping: the tokens of one client, got when they are first needed, and renewed once, whoever asks.

Takes a scheme, the credentials at hand and a way to send; gives a `Token`. However many threads find that a token has
ended, one of them gets the next; processes that share a store do so, too. A password is used once and then let go.
Source: RFC 6749 section 6 for renewal; where tokens lie is the matter of `restpath/logins.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from restpath.auth.answers import TokenRefused, refused
from restpath.auth.grants import read_token, token_request
from restpath.auth.schemes import Choice, Credentials, Proof, grant_for, named_in, of_grant, placeholders
from restpath.auth.tokens import Held, Holder, Token, chained, is_expired, is_of
from restpath.call import Call
from restpath.content import value_at
from restpath.definition.schemes import Scheme, TokenRule
from restpath.definition.service import Service
from restpath.edge.clock import Clock
from restpath.errors import AuthError, RequestError
from restpath.logins import Logins, of_login
from restpath.masking import Secret, mask_url
from restpath.records import replace
from restpath.reply import Reply
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


class Keeper:
    """
    Gets the tokens of one client, and what takes their place.

    Args:
        holder: those in use.
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
        holder: Holder,
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
        self._saves, self._clock, self._send, self._forget = saves, clock, send, forget
        self.label = label
        self._logins = Logins(service, rules, base_url, store, label)
        self._holder, self._held = holder, holder.held
        self._found: dict[str, str] = {}
        self._lock = threading.RLock()

    def after_fork(self) -> None:
        """In a child process: let go of a lock that a thread of the parent may hold."""
        self._lock = threading.RLock()

    def state(self) -> dict[str, Any]:
        """Give the tokens in use, as a pickle may hold them. It holds the secrets."""
        return {
            name: (held.token.to_json(), held.replaces.reveal() if held.replaces else None, held.stored, held.found)
            for name, held in self._held.items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Use the tokens that `state` gave."""
        for name, (token, replaces, stored, found) in state.items():
            self._held[name] = Held(Token.from_json(token), Secret(replaces) if replaces else None, stored, found)

    def with_stored(self, names: tuple[str, ...], at_hand: Credentials) -> Credentials:
        """Give the credentials with those of a stored login among them."""
        for name in names:
            if name in self.rules and not self._is_held(name, at_hand):
                with self._lock:  # or what is found could take the place of what came after it
                    token = None if self._is_held(name, at_hand) else self._logins.load(name, at_hand)
                    if token is not None:
                        self._held[name] = Held(token, stored=True, found=True)
        return self._holder.over(at_hand, found=True)

    def _is_held(self, name: str, at_hand: Credentials) -> bool:
        return self._holder.held_for(name, at_hand) is not None

    # ---- getting and renewing ----

    def token_for(
        self,
        choice: Choice,
        at_hand: Credentials,
        stale: Token | None = None,
        further: Callable[[], Credentials] | None = None,
    ) -> Token | None:
        """
        Give the token of a scheme: the one in use, if another thread has got it meanwhile, or a new one in its place.

        Args:
            choice: the scheme, and the grant where there is no token yet.
            at_hand: the credentials.
            stale: the token that the service has refused, if any.
            further: gives all that is at hand, for the renewal of a token that nobody gave.
        Returns:
            the token; None where the refused one cannot be replaced.
        Raises:
            AuthError: it has ended and cannot be replaced, or the token endpoint refuses or answers nonsense.
            TransportError: the token endpoint does not answer.
        """
        scheme = choice.scheme
        with self._lock:
            current = self._holder.current(scheme.name, at_hand)  # another thread may have been faster
            if current is not None and self._holder.is_good(current, stale):
                return current
            return self._replaced(scheme, at_hand, current, stale, further)

    def _replaced(
        self,
        scheme: Scheme,
        at_hand: Credentials,
        current: Token | None,
        stale: Token | None,
        further: Callable[[], Credentials] | None,
    ) -> Token | None:
        name, rule = scheme.name, self.rules[scheme.name]
        before = self._holder.held_for(name, at_hand)
        if before is None:
            before = Held(Token(Secret("")), replaces=current.access if current else None, stored=self._saves)
            is_final = current is not None and self._way(rule, at_hand) is None
        else:
            at_hand, is_final = _renewing(before, at_hand, further), False
        stored = before.stored and bool(self._logins) and not is_final
        with self._logins.locked(self._clock()) if stored else nullcontext():
            token = self._logins.load(name, at_hand) if stored else None
            if token is not None and self._holder.is_good(token, stale):
                self._held[name] = replace(before, token=token, stored=True)
            else:
                ended = token or current
                token = self._got(scheme, rule, at_hand, ended)
                if token is None:
                    return self._last_resort(current, stale)
                # Before it is stored, as that may fail, and the one before it is of no use any more.
                self._held[name] = replace(before, token=token, stored=stored)
                if stored:
                    self._logins.save(name, token, ended)
        self._forget(self._needed_once(scheme, rule))
        return token

    def _last_resort(self, current: Token | None, stale: Token | None) -> Token | None:
        """Without a way to another token, one is good to its very end."""
        if stale is not None:
            return None
        if current is not None and not is_expired(current, self._clock().now(), 0.0):
            return current
        raise AuthError(
            f"the token for {self._service.name or self.base_url} has ended, and there is nothing to renew it with: no "
            "refresh token came with it, and a password is not kept. Log in again with restpath.login()"
        )

    def _got(self, scheme: Scheme, rule: TokenRule, at_hand: Credentials, before: Token | None) -> Token | None:
        """Get a token: by the refresh token, else by credentials; None where there is neither."""
        refusal: TokenRefused | None = None
        if "refresh_token" in rule.grants and ((before is not None and before.refresh) or "refresh_token" in at_hand):
            try:
                return self._refreshed(scheme, at_hand, before or Token(Secret("")))
            except TokenRefused as error:
                refusal = error
        grant = grant_for(self._service, rule, _without_refresh(at_hand))
        if grant is not None:
            return self.ask(scheme, grant, at_hand)
        if refusal is not None:
            raise refusal
        return None

    def _refreshed(self, scheme: Scheme, at_hand: Credentials, before: Token) -> Token:
        """Get a token by a refresh token, which goes on to be used where no new one comes (RFC 6749 section 6)."""
        refresh = before.refresh or at_hand.values["refresh_token"]
        known = Credentials(of_login(before, at_hand).values, at_hand.sources)
        return self.ask(scheme, "refresh_token", known, {"refresh_token": refresh}, replace(before, refresh=refresh))

    def _way(self, rule: TokenRule, at_hand: Credentials) -> str | None:
        """A grant that gets a token with what is at hand; None where there is none."""
        if "refresh_token" in at_hand and "refresh_token" in rule.grants:
            return "refresh_token"
        return grant_for(self._service, rule, at_hand)

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
        self.check_discovered(rule, rule.url, at_hand, call.url)
        reply = self.send(call, proof)
        return read_token(reply, rule, self._clock().now(), self._public(scheme, rule, at_hand), previous=before)

    def send(self, call: Call, proof: Proof) -> Reply:
        """Send a request to an OAuth server. Raises AuthError where it refuses."""
        problem: AuthError
        try:
            reply = self._send(call, proof)
        except RequestError as error:
            problem = refused(error, proof.hidden)
        else:
            if not proof or reply.call.origin == call.origin:
                return reply
            where = mask_url(reply.url)
            problem = AuthError(
                f"{call.described()} led to {where}, another server, which gives no tokens for this one"
            )
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
        return chained({name: Secret(self._found[name]) for name in missing}, at_hand.values)

    def _discovered(self, name: str, rule: TokenRule) -> str:
        said = rule.discovery[name]
        call = Call("GET", self.base_url + said.path, headers=Headers({"Accept": "application/json"}))
        value = value_at(self.send(call, Proof()).content, said.pointer)
        if not isinstance(value, str) or not value:
            raise AuthError(
                f"{call.described()} does not say {name} at {said.pointer}: give {name}= to restpath.connect()"
            )
        return value

    def check_discovered(self, rule: TokenRule, text: str, at_hand: Credentials, url: str) -> None:
        """
        See that what is not the caller's own word gets logins over HTTPS alone; this very machine aside.

        Args:
            text: the endpoint as the definition has it.
            url: where that is.
        Raises:
            AuthError: the service itself has named a place without HTTPS.
        """
        told = [name for name in named_in(text) if name in rule.discovery and name not in at_hand]
        parts = urlsplit(url)
        if told and parts.scheme != "https" and (parts.hostname or "") not in _LOOPBACK:
            names = ", ".join(f"{name}=" for name in told)
            raise AuthError(
                f"{self.base_url} sends logins to {mask_url(url)}, which is not HTTPS: nothing was sent there. "
                f"If that is meant, say so: give {names} to restpath.connect()"
            )

    # ---- logins ----

    def keep(self, scheme: Scheme, token: Token, at_hand: Credentials) -> None:
        """Use a token that a login gave, and store it."""
        name, rule = scheme.name, self.rules[scheme.name]
        given = at_hand.values[rule.credential] if at_hand.sources.get(rule.credential) == "connect" else None
        with self._lock, self._logins.locked(self._clock()):
            self._held[name] = Held(token, given, stored=bool(self._logins))
            self._logins.save(name, token, None, general=True)
        self._forget(self._needed_once(scheme, rule))

    def drop(self, at_hand: Credentials) -> None:
        """Forget all tokens, those in the store as well; those of others stay."""
        with self._lock:
            held = {name: each.token for name, each in self._held.items()}
            self._held.clear()
            with self._logins.locked(self._clock()):
                for name in self.rules:
                    self._logins.drop(name, at_hand, held.get(name))


def _renewing(held: Held, at_hand: Credentials, further: Callable[[], Credentials] | None) -> Credentials:
    """
    What renews a token in use: of one that nobody gave, all that is at hand and does not speak of somebody else.

    Its own refresh token is in it; another one would be another login's.
    """
    around = further() if further is not None and held.replaces is None else at_hand
    return _without_refresh(of_login(held.token, around if is_of(held.token, around) else at_hand))


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
