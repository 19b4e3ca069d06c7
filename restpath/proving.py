"""
Proving: who calls, found out for each call.

Takes a `Call` and all the places where credentials may be; gives the `Proof` that goes with it. The nearest wins: the
call's own header fields, `connect`, `auth=` or the session's, the environment, the profile in the configuration file,
a stored login, the netrc. What is further away is not even looked at where the nearer will do.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from restpath.auth.schemes import Choice, Credentials, Proof, choose_scheme, named_in, of_grant, placeholders, prove
from restpath.auth.tokens import Holder
from restpath.call import Call
from restpath.definition.model import Definition
from restpath.definition.schemes import Scheme
from restpath.edge.credentials import is_open, with_environment
from restpath.edge.environment import Environment, environment_now
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.auth.tokens import Token
    from restpath.edge.profiles import Profile
    from restpath.keeping import Keeper

__all__ = ["Prover"]


class Prover:
    """
    Finds what proves who calls, for one client.

    Args:
        definition: the service.
        given: what `connect` was given.
        holder: the tokens in use.
        keeper: makes what gets tokens; asked once, when there is no good one, as most calls have one or need none.
        profile: reads the profile of the configuration file, None where there is none; asked when nothing nearer does.
        own_proof: tells whether `auth=` or the session proves who calls: (the call, the fields that would).
        netrc_proof: tells whether requests finds the netrc's login for a call.
    Attributes:
        lock: held while `given` is changed.
    """

    def __init__(
        self,
        definition: Definition,
        given: Credentials,
        holder: Holder,
        *,
        keeper: Callable[[], Keeper],
        profile: Callable[[], Profile | None],
        own_proof: Callable[[Call, list[str]], bool],
        netrc_proof: Callable[[Call], bool],
    ) -> None:
        self.definition, self.given, self.holder = definition, given, holder
        self.profile, self.own_proof, self.netrc_proof = profile, own_proof, netrc_proof
        self.lock = threading.Lock()
        self._new_keeper = keeper
        self._keeper: Keeper | None = None
        self._kept: dict[tuple[str, ...], _Kept] = {}

    def after_fork(self) -> None:
        """In a child process: let go of locks that a thread of the parent may hold."""
        self.lock = threading.Lock()
        if self._keeper is not None:
            self._keeper.after_fork()

    @property
    def keeper(self) -> Keeper:
        """What gets tokens."""
        if self._keeper is None:
            with self.lock:
                if self._keeper is None:
                    self._keeper = self._new_keeper()
        return self._keeper

    def at_hand(self) -> Credentials:
        """Give all that somebody said: what `connect` was given, then environment and profile."""
        from restpath.edge.further import with_profile

        return with_profile(self.profile(), with_environment(self.definition, self.given))

    # ---- the proof ----

    def proof_for(self, call: Call, names: tuple[str, ...], stale: Token | None = None) -> Proof | None:
        """
        Find the proof of a call.

        Args:
            names: the schemes that are good for it.
            stale: the token that the service has refused, if any.
        Returns:
            the proof, empty where somebody else sees to it or none is needed; None where a refused token cannot be
            replaced.
        Raises:
            AuthError: credentials are needed and there are none, or a token cannot be got.
        """
        kept = self._kept.get(names)
        if kept is not None and stale is None and self._holds(kept, call):
            return kept.proof
        given, environment, in_use = self.given, environment_now(), self.holder.in_use()
        found = self.find(call, names)
        if found is None:
            return Proof()
        proof = self._proof_by(*found, call, stale)
        if proof is not None and in_use == self.holder.in_use():
            self._keep(names, call, proof, *found, (given, environment, in_use))
        return proof

    def _proof_by(self, choice: Choice, at_hand: Credentials, call: Call, stale: Token | None) -> Proof | None:
        scheme, service = choice.scheme, self.definition.service
        if scheme.token is None or _says_itself(call, scheme, scheme.token.credential):
            return None if stale is not None else prove(scheme, at_hand.values, service, call)
        token: Token | None = self.holder.current(scheme.name, at_hand)
        if token is None or not self.holder.is_good(token, stale):
            token = self.keeper.token_for(choice, at_hand, stale, self.at_hand)
        if token is None:
            return None
        own = {scheme.token.credential: token.access}
        public = {name: Secret(text) for name, text in token.public.items()}
        values: ChainMap[str, Secret] = ChainMap(own, at_hand.values, public)  # type: ignore[arg-type]  # only read
        return prove(scheme, values, service, call, token)

    def _keep(
        self, names: tuple[str, ...], call: Call, proof: Proof, choice: Choice, at_hand: Credentials, state: _State
    ) -> None:
        """Keep a proof for the calls after this one, if it is made of what is known to be as it was."""
        sources = [at_hand.sources.get(name, "") for name in self.used(choice) if name in at_hand]
        is_said = all(source in _SAID for source in sources)
        is_known = all(source in _SAID or source.startswith("environment") for source in sources)
        kept = _Kept(proof, state, frozenset([*self.fields_of(names), "Authorization"]), is_said)
        if is_known and choice.scheme.signature is None and kept.is_for(call):
            self._kept[names] = kept

    def _holds(self, kept: _Kept, call: Call) -> bool:
        """Whether a proof is what would be found for a call, too."""
        given, environment, in_use = kept.state
        token = kept.proof.token
        return (
            given is self.given
            and environment is environment_now()
            and in_use == self.holder.in_use()
            and kept.is_for(call)
            and (kept.is_said or not self.own_proof(call, list(kept.fields)))
            and (token is None or self.holder.is_good(token))
        )

    def find(self, call: Call, names: tuple[str, ...]) -> tuple[Choice, Credentials] | None:
        """
        Find the scheme and the credentials for a call; nothing is sent, and no token is got.

        Args:
            names: the schemes that are good for it.
        Returns:
            both; None where the call goes as it is.
        Raises:
            AuthError: credentials are needed and there are none.
        """
        found = self._nearest(call, names)
        return None if found is None else (found[0], self._completed(*found))

    def _completed(self, choice: Choice, at_hand: Credentials) -> Credentials:
        """
        The credentials with what a scheme can go without, such as a scope, from environment and profile.

        Not its token, where another one is to be got: that would be another login's.
        """
        rule = choice.scheme.token
        own = None if rule is None else rule.credential
        names = [name for name in self.used(choice) if name != own and is_open(name, at_hand)]
        if not names:
            return at_hand
        profile, around = self.profile(), with_environment(self.definition, self.given, names)
        if profile is None and around is self.given:
            return at_hand
        from restpath.edge.further import with_profile, with_some

        around = with_profile(profile, around)
        return with_some([name for name in names if not is_open(name, around)], around, at_hand)

    def _nearest(self, call: Call, names: tuple[str, ...]) -> tuple[Choice, Credentials] | None:
        """The scheme, and the nearest of the credentials that do for it."""
        given = self.holder.over(self.given)
        nearest = choose_scheme(self.definition.service, names, given)
        if nearest is not None and nearest.scheme.name == names[0]:
            return nearest, given
        from restpath.searching import search  # most callers give all that the best one asks for

        return search(self, call, names, given, nearest)

    def used(self, choice: Choice) -> list[str]:
        """Name the credentials that a scheme is filled with, or its token is got with."""
        rule = choice.scheme.token
        more = [*of_grant(rule, choice.grant), *rule.discovery] if rule is not None and choice.grant is not None else []
        return [*dict.fromkeys([*placeholders(choice.scheme), *more])]

    def fields_of(self, names: tuple[str, ...]) -> list[str]:
        """Name the fields in which a call could say itself who makes it."""
        return [field for name in names for field in _fields(self.definition.service.schemes[name])]


_State: TypeAlias = "tuple[Credentials, Environment, tuple[object, ...]]"


class _Kept:
    """
    A proof, and what it was made of.

    Attributes:
        state: what `connect` had been given, the variables, the tokens in use.
        fields: where a call could say itself who makes it.
        is_said: whether all of it comes from the caller, who has the last word; else somebody could be nearer.
    """

    __slots__ = ("proof", "state", "fields", "is_said", "_keys")

    def __init__(self, proof: Proof, state: _State, fields: frozenset[str], is_said: bool) -> None:
        self.proof, self.state, self.fields, self.is_said = proof, state, fields, is_said
        self._keys = frozenset(field.lower() for field in fields)

    def is_for(self, call: Call) -> bool:
        """Tell whether a call says nothing itself of who makes it."""
        return not (
            call.secret_headers
            or call.absent_headers
            or call.headers.has_any(self._keys)
            or (call.query and any(name in self.fields for name, _ in call.query))
        )


_SAID = ("connect", "definition", "token endpoint")


def _fields(scheme: Scheme) -> list[str]:
    basic = ["Authorization"] if scheme.basic else []
    return [*scheme.headers, *scheme.query, *scheme.fields, *basic]


def _says_itself(call: Call, scheme: Scheme, credential: str) -> bool:
    """Whether the caller wrote into this very call what the token would go into."""
    headers = [name for name, text in scheme.headers.items() if credential in named_in(text)]
    pairs = [
        name for texts in (scheme.query, scheme.fields) for name, text in texts.items() if credential in named_in(text)
    ]
    given = {name for name, _ in parse_qsl(urlsplit(call.url).query, keep_blank_values=True)}
    return bool(headers or pairs) and all(map(call.has_header, headers)) and given.issuperset(pairs)
