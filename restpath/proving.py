"""
Proving: who calls, found out for each call.

Takes a `Call` and all the places where credentials may be; gives the `Proof` that goes with it. The nearest wins: the
call's own header fields, `connect`, `auth=` or the session's, the environment, the profile in the configuration file,
a stored login, the netrc. What is further away is not even looked at where the nearer will do.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from restpath.auth.schemes import (
    Choice,
    Credentials,
    Proof,
    choose_scheme,
    missing_for,
    named_in,
    of_grant,
    placeholders,
    prove,
)  # fmt: skip
from restpath.call import Call
from restpath.definition.model import Definition, Scheme
from restpath.edge.credentials import (
    as_argument,
    given_credentials,
    is_open,
    variable_name,
    with_environment,
    with_netrc,
    with_profile,
    with_some,
)  # fmt: skip
from restpath.edge.environment import Environment, environment_now
from restpath.errors import AuthError
from restpath.keeping import Keeper
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.auth.grants import Token
    from restpath.edge.profiles import Profile

__all__ = ["Prover"]


class Prover:
    """
    Finds what proves who calls, for one client.

    Args:
        definition: the service.
        given: what `connect` was given.
        keeper: the tokens in use.
        profile: reads the profile of the configuration file; asked once, when nothing nearer will do.
        own_proof: tells whether `auth=` or the session proves who calls: (the call, the fields that would).
        netrc_proof: tells whether requests finds the netrc's login for a call.
    """

    def __init__(
        self,
        definition: Definition,
        given: Credentials,
        keeper: Keeper,
        *,
        profile: Callable[[], Profile],
        own_proof: Callable[[Call, list[str]], bool],
        netrc_proof: Callable[[Call], bool],
    ) -> None:
        self.definition, self.given, self.keeper = definition, given, keeper
        self._profile, self._own_proof, self._netrc_proof = profile, own_proof, netrc_proof
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], _Kept] = {}

    def after_fork(self) -> None:
        """In a child process: let go of locks that a thread of the parent may hold."""
        self._lock = threading.Lock()
        self.keeper.after_fork()

    # ---- the caller's own ----

    def give(self, **credentials: object) -> None:
        """
        Change what `connect` was given; None takes a credential away.

        Raises:
            InvalidValue: one is no text of one line.
        """
        with self._lock:
            known = {name: value for name, value in self.given.values.items() if self.given.sources[name] == "connect"}
            known = {name: value for name, value in known.items() if name not in credentials}
            new = {name: value for name, value in credentials.items() if value is not None}
            self.given = given_credentials(self.definition, {**known, **new})

    def forget(self, names: frozenset[str]) -> None:
        """Let go of what was needed once; not of what an operation needs that takes no token."""
        names = frozenset(name for name in names if self.given.sources.get(name) == "connect")
        if names:
            self.give(**dict.fromkeys(names - self._needed_again()))

    def _needed_again(self) -> set[str]:
        """The credentials of the operations that can do without tokens."""
        schemes, ways = self.definition.service.schemes, {method.rules.auth for method in self.definition.operations}
        tokenless = [names for names in ways if not any(name in self.keeper.rules for name in names)]
        return {each for names in tokenless for name in names for each in placeholders(schemes[name])}

    def credential(self, name: str) -> Secret | None:
        """
        Find one credential, wherever it is; of the profile, one that is no secret, and no command is run for it.

        Raises:
            InvalidValue: it would be the profile's, and that cannot be read.
        """
        at_hand = self.keeper.over(with_environment(self.definition, self.given), found=True)
        known = self.definition.service.credentials.get(name)
        if known is None or known.secret or not is_open(name, at_hand):
            return at_hand.values.get(name)
        return self._profile().plain(name) or at_hand.values.get(name)

    def at_hand(self) -> Credentials:
        """Give all that somebody said: what `connect` was given, then environment and profile."""
        return with_profile(self._profile(), with_environment(self.definition, self.given))

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
        given, environment, in_use = self.given, environment_now(), self.keeper.in_use()
        found = self.find(call, names)
        if found is None:
            return Proof()
        proof = self._proof_by(*found, call, stale)
        if proof is not None and in_use == self.keeper.in_use():
            self._keep(names, call, proof, *found, (given, environment, in_use))
        return proof

    def _proof_by(self, choice: Choice, at_hand: Credentials, call: Call, stale: Token | None) -> Proof | None:
        scheme, service = choice.scheme, self.definition.service
        if scheme.token is None or _says_itself(call, scheme, scheme.token.credential):
            return None if stale is not None else prove(scheme, at_hand.values, service, call)
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
        sources = [at_hand.sources.get(name, "") for name in self._used(choice) if name in at_hand]
        is_said = all(source in _SAID for source in sources)
        is_known = all(source in _SAID or source.startswith("environment") for source in sources)
        kept = _Kept(proof, state, frozenset([*self._fields_of(names), "Authorization"]), is_said)
        if is_known and choice.scheme.signature is None and kept.is_for(call):
            self._kept[names] = kept

    def _holds(self, kept: _Kept, call: Call) -> bool:
        """Whether a proof is what would be found for a call, too."""
        given, environment, in_use = kept.state
        token = kept.proof.token
        return (
            given is self.given
            and environment is environment_now()
            and in_use == self.keeper.in_use()
            and kept.is_for(call)
            and (kept.is_said or not self._own_proof(call, list(kept.fields)))
            and (token is None or self.keeper.is_good(token))
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
        names = [name for name in self._used(choice) if name != own and is_open(name, at_hand)]
        if not names:
            return at_hand
        around = with_profile(self._profile(), with_environment(self.definition, self.given, names))
        return with_some([name for name in names if not is_open(name, around)], around, at_hand)

    def _nearest(self, call: Call, names: tuple[str, ...]) -> tuple[Choice, Credentials] | None:
        """The scheme, and the nearest of the credentials that do for it."""
        service = self.definition.service
        given = self.keeper.over(self.given)
        nearest = choose_scheme(service, names, given)
        if nearest is not None and nearest.scheme.name == names[0]:
            return nearest, given
        fields = self._fields_of(names)
        if nearest is None and (_says_who(call, fields) or self._own_proof(call, fields)):
            return None
        # What the caller gave for one scheme may be part of a better one, with the rest from environment and profile.
        for at_hand in islice(self._further(names), 2 if nearest is not None else None):
            choice = choose_scheme(service, names, at_hand)
            if choice is not None and (nearest is None or self._is_better(choice, nearest, names)):
                return choice, at_hand
        if nearest is not None:
            return nearest, given
        open_to_all = self._open_to_all(names)
        if open_to_all is not None:
            return Choice(service.schemes[open_to_all]), given
        if not self.definition.known or self._netrc_proof(call):
            return None
        raise self._no_credentials(call, names)

    def _open_to_all(self, names: tuple[str, ...]) -> str | None:
        """A scheme of nothing among those that are good for a call, which may go without credentials then."""
        return next((name for name in names if not placeholders(self.definition.service.schemes[name])), None)

    def _is_better(self, choice: Choice, nearest: Choice, names: tuple[str, ...]) -> bool:
        """Whether a scheme that comes first also uses all that the caller gave for the other one."""
        if names.index(choice.scheme.name) >= names.index(nearest.scheme.name):
            return False
        own = {name for name in placeholders(nearest.scheme) if self.given.sources.get(name) == "connect"}
        return own <= set(placeholders(choice.scheme))

    def _further(self, names: tuple[str, ...]) -> Iterator[Credentials]:
        """All that is at hand, and ever more of it."""
        around = with_environment(self.definition, self.given)
        yield self.keeper.over(around)
        around = with_profile(self._profile(), around)
        yield self.keeper.over(around)
        yield self.keeper.with_stored(names, around)
        try:
            around = with_netrc(self.definition, around)
        except AuthError:
            if self._open_to_all(names) is None:  # or the call may go without credentials
                raise
        yield self.keeper.over(around, found=True)

    def sources(self, names: tuple[str, ...], call: Call) -> dict[str, str]:
        """Tell where the credentials come from that a call would use, by name. Nothing is sent."""
        found = self.find(call, names) if names else None
        if found is None:
            return self._foreign_source(call, names)
        choice, at_hand = found
        return {name: at_hand.sources[name] for name in self._used(choice) if name in at_hand.sources}

    def _used(self, choice: Choice) -> list[str]:
        rule = choice.scheme.token
        more = [*of_grant(rule, choice.grant), *rule.discovery] if rule is not None and choice.grant is not None else []
        return [*dict.fromkeys([*placeholders(choice.scheme), *more])]

    def _foreign_source(self, call: Call, names: tuple[str, ...]) -> dict[str, str]:
        """Where a login comes from that is not ours to put in."""
        if self._own_proof(call, self._fields_of(names)):
            return {"auth": "auth= or the session"}
        return {"auth": "netrc"} if names and self._netrc_proof(call) else {}

    def _fields_of(self, names: tuple[str, ...]) -> list[str]:
        return [field for name in names for field in _fields(self.definition.service.schemes[name])]

    def _no_credentials(self, call: Call, names: tuple[str, ...]) -> AuthError:
        from restpath.edge.profiles import config_file

        service = self.definition.service
        ways = missing_for(service, names, self.at_hand())
        named = "; or ".join(", ".join(way) for way in ways)
        arguments = " or ".join(", ".join(map(as_argument, way)) for way in ways)
        places = [f"give {arguments} to restpath.connect()"]
        if service.name:
            variables = " or ".join(", ".join(variable_name(service.name, name) for name in way) for way in ways)
            section = service.name if self.keeper.label is None else f"{service.name}:{self.keeper.label}"
            places += [f"set {variables} in the environment", f"write them under [{section}] in {config_file()}"]
        machines = dict.fromkeys(service.credentials[name].netrc for way in ways if len(way) == 1 for name in way)
        places += [f"write the password of the machine {each} in the netrc" for each in machines if each is not None]
        if any(name in self.keeper.rules for name in names):
            places.append("log in by restpath.login()")
        said = ", ".join(places[:-1]) + f", or {places[-1]}" if len(places) > 1 else places[0]
        return AuthError(
            f"{call.described()} needs credentials: {named}. {said[0].upper()}{said[1:]}. Nothing was sent"
        )


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


def _says_who(call: Call, fields: list[str]) -> bool:
    """Whether the caller gave credentials with this very call."""
    return any(call.has_header(name) for name in [*fields, "Authorization"]) or any(
        name in fields for name, _ in parse_qsl(urlsplit(call.url).query)
    )


def _says_itself(call: Call, scheme: Scheme, credential: str) -> bool:
    """Whether the caller wrote into this very call what the token would go into."""
    headers = [name for name, text in scheme.headers.items() if credential in named_in(text)]
    pairs = [
        name for texts in (scheme.query, scheme.fields) for name, text in texts.items() if credential in named_in(text)
    ]
    given = {name for name, _ in parse_qsl(urlsplit(call.url).query, keep_blank_values=True)}
    return bool(headers or pairs) and all(map(call.has_header, headers)) and given.issuperset(pairs)
