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
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from restpath.auth.schemes import (
    Choice,
    Credentials,
    Proof,
    choose_scheme,
    missing_for,
    of_grant,
    placeholders,
    prove,
)  # fmt: skip
from restpath.call import Call
from restpath.definition.model import Definition, Scheme
from restpath.edge.credentials import given_credentials, variable_name, with_environment, with_netrc, with_profile
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
        """Let go of what was needed once."""
        if any(name in self.given for name in names):
            self.give(**dict.fromkeys(names))

    def credential(self, name: str) -> Secret | None:
        """Find one credential, wherever it is; the profile's commands are not run for it."""
        at_hand = self.keeper.over(with_environment(self.definition, self.given))
        return at_hand.values.get(name)

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
        found = self._find(call, names)
        if found is None:
            return Proof()
        choice, at_hand = found
        scheme, service = choice.scheme, self.definition.service
        if scheme.name not in self.keeper.rules:
            return None if stale is not None else prove(scheme, at_hand.values, service, call)
        token = self.keeper.token_for(choice, at_hand, stale)
        if token is None:
            return None
        own = {self.keeper.rules[scheme.name].credential: token.access}
        public = {name: Secret(text) for name, text in token.public.items()}
        values: ChainMap[str, Secret] = ChainMap(own, at_hand.values, public)  # type: ignore[arg-type]  # only read
        return prove(scheme, values, service, call, token)

    def _find(self, call: Call, names: tuple[str, ...]) -> tuple[Choice, Credentials] | None:
        """The scheme and the credentials for a call; None where the call goes as it is."""
        service = self.definition.service
        given = self.keeper.over(self.given)
        nearest = choose_scheme(service, names, given)
        if nearest is not None and nearest.scheme.name == names[0]:
            return nearest, given
        fields = [field for name in names for field in _fields(service.schemes[name])]
        if nearest is None and (_says_who(call, fields) or self._own_proof(call, fields)):
            return None
        # What the caller gave for one scheme may be part of a better one, with the rest from environment and profile.
        for at_hand in islice(self._further(names), 2 if nearest is not None else None):
            choice = choose_scheme(service, names, at_hand)
            if choice is not None and (nearest is None or self._is_better(choice, nearest, names)):
                return choice, at_hand
        if nearest is not None:
            return nearest, given
        open_to_all = next((name for name in names if not placeholders(service.schemes[name])), None)
        if open_to_all is not None:
            return Choice(service.schemes[open_to_all]), given
        if not self.definition.known or self._netrc_proof(call):
            return None
        raise self._no_credentials(call, names)

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
        yield self.keeper.over(with_netrc(self.definition, around))

    def sources(self, names: tuple[str, ...], call: Call) -> dict[str, str]:
        """Tell where the credentials come from that a call would use, by name. Nothing is sent."""
        found = self._find(call, names) if names else None
        if found is None:
            return {}
        choice, at_hand = found
        return {name: at_hand.sources[name] for name in self._used(choice) if name in at_hand.sources}

    def _used(self, choice: Choice) -> list[str]:
        rule = choice.scheme.token
        more = of_grant(rule, choice.grant) if rule is not None and choice.grant is not None else []
        return [*dict.fromkeys([*placeholders(choice.scheme), *more])]

    def _no_credentials(self, call: Call, names: tuple[str, ...]) -> AuthError:
        from restpath.edge.profiles import config_file

        service = self.definition.service
        ways = missing_for(service, names, self.at_hand())
        named = "; or ".join(", ".join(way) for way in ways)
        arguments = " or ".join(", ".join(f"{name}=..." for name in way) for way in ways)
        variables = " or ".join(", ".join(variable_name(service.name, name) for name in way) for way in ways)
        login = ", or log in by restpath.login()" if any(name in self.keeper.rules for name in names) else ""
        return AuthError(
            f"{call.described()} needs credentials: {named}. Give {arguments} to restpath.connect(), set {variables} "
            f"in the environment, write them under [{service.name}] in {config_file()}{login}. Nothing was sent"
        )


def _fields(scheme: Scheme) -> list[str]:
    basic = ["Authorization"] if scheme.basic else []
    return [*scheme.headers, *scheme.query, *scheme.fields, *basic]


def _says_who(call: Call, fields: list[str]) -> bool:
    """Whether the caller gave credentials with this very call."""
    return any(call.has_header(name) for name in [*fields, "Authorization"]) or any(
        name in fields for name, _ in parse_qsl(urlsplit(call.url).query)
    )
