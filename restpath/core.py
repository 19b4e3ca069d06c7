"""
The core of a client: joins a definition to the world; the one place where calls, credentials and the transport meet.

Takes a definition, where the service is, credentials and settings; sends calls with what proves who makes them, keeps
that to the origin it is for, follows redirects, tries again where that may be done, and makes answers into content.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

from restpath.auth.schemes import BasicLogin, Credentials, Proof, choose_scheme, hidden
from restpath.auth.tokens import Holder
from restpath.call import Call, origin_of
from restpath.client import Client, client_of
from restpath.definition.model import Definition
from restpath.edge.clock import Clock, SystemClock
from restpath.edge.credentials import (
    check_names,
    given_credentials,
    is_for,
    profile_of,
    with_environment,
)  # fmt: skip
from restpath.edge.forking import tell_of_forks
from restpath.errors import InvalidValue, RestpathError, UnknownResource
from restpath.operations import Operation, Sender, Settings
from restpath.path import Path
from restpath.place import Root
from restpath.proving import Prover
from restpath.reply import Reply
from restpath.retry import new_key, with_idempotency_key
from restpath.tree import Tree
from restpath.types import UNSET, Unset
from restpath.version import __version__

if TYPE_CHECKING:
    import requests

    from restpath.edge.profiles import Profile
    from restpath.edge.tokens import TokenStore
    from restpath.edge.transport import RequestsTransport
    from restpath.following import Follower
    from restpath.keeping import Keeper
    from restpath.learner import Learner


__all__ = ["Core"]


class Core:
    """What a client and all its paths share: definition, credentials, settings and transport. A `Sender`."""

    address_given = False  # whether connect() was told the base URL, for telling where it is from

    def __init__(
        self,
        definition: Definition,
        base_url: str,
        *,
        given: Credentials,
        settings: Settings,
        strict: bool = True,
        session: requests.Session | None = None,
        auth: Any = UNSET,
        app: Any = None,
        servers: Mapping[str, str] | None = None,
        pickle_secrets: bool = False,
        what: object = None,
        store: Any = UNSET,
        profile: str | None = None,
        client_class: type[Client] = Client,
        refresh: str | None = None,
        learn: bool | str = False,
    ) -> None:
        self.definition, self.base_url, self.settings = definition, base_url, settings
        self._learn = learn
        self._strict, self._session, self._auth, self._app = strict and not learn, session, auth, app
        self._servers, self._pickle_secrets, self._what, self._class = servers, pickle_secrets, what, client_class
        self._tokens_in, self._profile = store, profile
        self._profile_read: Profile | Unset | None = UNSET
        self._store: TokenStore | None = None
        self.clock: Clock = SystemClock()
        self.chance: Callable[[], float] = _by_chance
        with_environment(definition, given)  # a variable that cannot be sent is an error of connect()
        self.prover = self._new_prover(given)
        self._transport: RequestsTransport | None = None
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        self.origin = origin_of(base_url)
        self._follower: Follower | None = None
        if refresh is not None:
            from restpath.following import Follower

            self._follower = Follower(self)
        self.root: Root = self._new_root(definition)
        self.learner = _new_learner(self.root, learn) if learn else None
        tell_of_forks(self)

    def _new_root(self, definition: Definition) -> Root:
        return Root(
            definition, self._tree_of(definition), self.base_url, owner=self, operation=self.operation,
            named=self.named, strict=self._strict, lookup=self._lookup, warn=self._warn, servers=self._servers,
            renew=self._follower,
        )  # fmt: skip

    def renew(self, definition: Definition) -> None:
        """
        Have paths that are made from now on stand on a newer definition. Those that there are stay as they are.

        Who calls, and where credentials go, is as before: the newer one says the same of that.
        """
        self.root, self._what = self._new_root(definition), None

    def _tree_of(self, definition: Definition) -> Tree:
        """The resource tree; what a client learns is its own, and so is the tree that it puts it into."""
        return Tree(definition) if self._learn else definition.tree(Tree)

    def _new_prover(self, given: Credentials) -> Prover:
        schemes = self.definition.service.schemes
        credentials = {name: each.token.credential for name, each in schemes.items() if each.token is not None}
        holder = Holder(credentials, now=lambda: self.clock.now())  # noqa: PLW0108  # another clock may take its place
        if self._tokens_in is not UNSET and self._tokens_in is not None:  # a wrong word is an error of connect()
            from restpath.edge.tokens import open_store

            self._store = open_store(self._tokens_in)
        return Prover(
            self.definition, given, holder, keeper=lambda: self._new_keeper(holder), profile=self.read_profile,
            own_proof=self._proves_itself,
            netrc_proof=lambda call: self._auth is UNSET and self.transport.netrc_proves(call),
        )  # fmt: skip

    def _new_keeper(self, holder: Holder) -> Keeper:
        from restpath.edge.servers import moved_endpoint
        from restpath.keeping import Keeper, moved_rule
        from restpath.logins import OwnStore

        def moved(url: str) -> str:
            return moved_endpoint(url, self._servers, self.base_url, self.definition)

        service, said = self.definition.service, self._tokens_in is not UNSET
        rules = {name: moved_rule(each.token, moved) for name, each in service.schemes.items() if each.token}
        return Keeper(
            holder, service, rules, self.base_url,
            store=self._store if said or not rules or not service.name else OwnStore(), saves=said,
            clock=lambda: self.clock, label=self._profile, send=self._send_to_oauth_server, forget=self._forget,
        )  # fmt: skip

    def read_profile(self) -> Profile | None:
        """Give the profile of the configuration file that is in force; None where none is for this server."""
        if isinstance(self._profile_read, Unset):
            found = profile_of(self.definition, self._profile)
            self._profile_read = found if found is not None and is_for(found, self.origin) else None
        return self._profile_read

    def _forget(self, names: frozenset[str]) -> None:
        from restpath.giving import forget

        forget(self.prover, names)

    def after_fork(self) -> None:
        """In a child process: let go of the parent's connections and of locks that its threads may hold."""
        self._lock = threading.Lock()
        if self._follower is not None:
            self._follower.after_fork()
        self.prover.after_fork()
        if self._transport is not None:
            self._transport.after_fork()

    # ---- what paths ask for ----

    def path(self) -> Client:
        """Give the root of all paths."""
        return client_of(self, self._class)

    def operation(self, path: Path, word: str) -> Operation:
        """Make the operation for a method at a path."""
        return Operation(path, word, self)

    def named(self, name: str) -> Operation:
        """Make the operation of a name. Raises UnknownItem where there is none."""
        try:
            return self._named_at(self.root, name)
        except UnknownResource as error:
            from restpath.later import later_root

            return later_root(self.root, f"operation {name}", error, lambda root: self._named_at(root, name))

    def _named_at(self, root: Root, name: str) -> Operation:
        return _name_rules()(root, name, self)

    def call(self, name: str, /, *args: Any, **fields: Any) -> Any:
        """Call the operation of a name."""
        return self.named(name)(*args, **fields)

    def _lookup(self, name: str) -> str | None:
        from restpath.searching import credential_of

        value = credential_of(self.prover, name)
        return value.reveal() if value else None

    def _warn(self, place: str) -> None:
        with self._lock:
            if place in self._warned:
                return
            self._warned.add(place)
        why = "strict=False" if self.learner is None else "learn=True"
        warnings.warn(
            f"{self.definition.name} does not know {place}; it is sent all the same, as {why} says",
            stacklevel=_caller_level(),
        )

    # ---- credentials ----

    def give(self, **credentials: Any) -> None:
        """Change the credentials that `connect` was given; None takes one away. Raises InvalidValue."""
        check_names(self.definition, list(credentials), ())
        from restpath.giving import give

        give(self.prover, **credentials)

    def credential(self, name: str) -> str | None:
        """Give one credential as it would be used; of the profile, one that is no secret and not a command's."""
        return self._lookup(name)

    def sources(self) -> dict[str, str]:
        """Tell where the credentials come from that a call would use, by name. Nothing is sent."""
        from restpath.searching import sources_of

        call = Call("GET", self.base_url)
        return sources_of(self.prover, self.schemes_for(call, self.definition.service.rules.auth), call)

    def schemes_for(self, call: Call, names: tuple[str, ...]) -> tuple[str, ...]:
        """Choose among the schemes that are good for a call, the best first; a face may have its own way."""
        return names

    def proof_for(self, call: Call, settings: Settings, stale: Proof | None = None) -> Proof | None:
        """
        Find what proves who calls.

        Args:
            stale: the proof that the service has refused, if any.
        Returns:
            the proof; None where a refused one cannot be replaced.
        Raises:
            AuthError: the operation needs credentials, and there are none; or its token cannot be got.
        """
        names = self.schemes_for(call, _schemes_of(call))
        if not names or settings.auth is not UNSET or not self.is_home(call):
            return Proof() if stale is None else None
        if stale is not None and stale.token is None:
            return None
        return self.prover.proof_for(call, names, stale.token if stale is not None else None)

    def _proves_itself(self, call: Call, fields: list[str]) -> bool:
        """Whether `auth=` or the session says who calls."""
        if self._auth not in (UNSET, None):
            return True
        return self._session is not None and self._auth is UNSET and self.transport.session_proves(fields)

    def is_home(self, call: Call) -> bool:
        """Tell whether a call goes to the origin that the credentials are for."""
        url, base = call.url, self.base_url
        if url.startswith(base) and url[len(base) : len(base) + 1] in ("/", "?", ""):
            return True
        return bool(call.origin == self.origin)

    def auth_for(self, call: Call, settings: Settings) -> Any:
        """What goes as `auth=`: the call's own, none for an operation that is open to all, else the client's."""
        if settings.auth is not UNSET:
            return hidden(settings.auth)
        words = call.operation.words if call.operation else {}
        return None if "auth" in words and not words["auth"] else self._auth

    def _send_to_oauth_server(self, call: Call, proof: Proof) -> Reply:
        """Send a request for a token, with its own proof and nothing of the session's."""
        from restpath.carrying import carry

        settings = self.settings.changed(auth=None, max_reply_bytes=_TOKEN_REPLY_BYTES)
        return carry(self, call, settings, proof=proof)

    # ---- sending ----

    @property
    def transport(self) -> RequestsTransport:
        """What sends calls; made when first needed, so that looking around costs nothing."""
        transport = self._transport
        if transport is not None:
            return transport
        with self._lock:
            if self._transport is None:
                from restpath.edge.transport import RequestsTransport

                agent = f"restpath/{__version__}"
                self._transport = RequestsTransport(
                    self._session, user_agent=agent, app=self._app, base_url=self.base_url
                )
            return self._transport

    def perform(self, call: Call, settings: Settings) -> Reply:
        """Send a call, follow where it may be followed, and give the answer; raise for an error status."""
        from restpath.firsttry import try_first

        call = with_idempotency_key(call, new_key)
        reply = try_first(self, call, settings)
        if not isinstance(reply, Reply):
            from restpath.carrying import carry  # which most calls need nothing of

            reply = carry(self, call, settings, first=reply)
        if self.learner is not None:
            self.learner.saw(call, reply)
        return reply

    def download(self, call: Call, settings: Settings, target: str | os.PathLike[str] | BinaryIO) -> Reply:
        """Send a call and stream the answer's content to a target; a path is whole or as it was before."""
        from restpath.carrying import download

        reply = download(self, call, settings, target)
        if self.learner is not None:
            self.learner.saw(call, reply)
        return reply

    def curl(self, call: Call) -> str:
        """Write a call as a line of curl, with placeholders for what its credentials add."""
        from restpath.curl import curl_line, shown_proof

        names = self.schemes_for(call, _schemes_of(call)) if call.origin == self.origin else ()
        service = self.definition.service
        choice = choose_scheme(service, names, with_environment(self.definition, self.prover.given))
        scheme = choice.scheme if choice is not None else service.schemes[names[0]] if names else None
        if scheme is None or not self.definition.known:
            return curl_line(call)
        return curl_line(call, shown_proof(scheme, self.shown_credential))

    def shown_credential(self, name: str) -> str:
        """Give a credential as it may be seen: its value where that is no secret, else its name in angle brackets."""
        credential = self.definition.service.credentials.get(name)
        known: str | None = None
        if credential is not None and not credential.secret:
            with suppress(RestpathError):  # a profile that cannot be read says nothing
                known = self._lookup(name)
        return known or f"<{name}>"

    @property
    def has_login(self) -> bool:
        """Whether name and password go with calls because the base URL has them, or `auth=`."""
        return isinstance(self._auth, BasicLogin)

    def close(self) -> None:
        """Give the connections back. A call after that opens new ones."""
        with self._lock:
            transport, self._transport = self._transport, None
        if self.learner is not None:
            self.learner.write()
        if transport is not None:
            transport.close()

    # ---- pickling ----

    def __reduce__(self) -> tuple[Any, ...]:
        if self._app is not None:
            raise InvalidValue("a client of a WSGI application in this process cannot be pickled: it has no address")
        given = self.prover.given
        public = {
            name: value.reveal()
            for name, value in given.values.items()
            if given.sources[name] == "connect" and (self._pickle_secrets or not self._is_secret(name))
        }
        auth = self._auth if self._pickle_secrets or self._auth is None else UNSET
        session = self._session if self._pickle_secrets else None
        settings = self.settings if self._pickle_secrets else self.settings.changed(auth=UNSET)
        store = self._tokens_in if self._pickle_secrets or isinstance(self._tokens_in, (str, type(None))) else UNSET
        tokens = self.prover.keeper.state() if self._pickle_secrets else {}
        learn = self.learner.name if self.learner is not None else False
        refresh = "on-miss" if self._follower is not None else None
        extra = (
            settings, self._strict, self._servers, self._pickle_secrets, store, self._profile, self._class, tokens,
            refresh, learn,
        )  # fmt: skip
        what = self._what or self.root.definition
        return _restore_core, (type(self), what, self.base_url, public, auth, session, extra)

    def _is_secret(self, name: str) -> bool:
        credential = self.definition.service.credentials.get(name)
        return credential is None or credential.secret


def _restore_core(
    kind: type[Core], what: Any, base_url: str, credentials: dict[str, str], auth: Any, session: Any, extra: Any
) -> Core:
    from restpath.edge.lookup import definition_of

    settings, strict, servers, pickle_secrets, store, profile, client_class, tokens, refresh, learn = extra
    definition = definition_of(what)
    core = kind(
        definition, base_url, given=given_credentials(definition, credentials), settings=settings, strict=strict,
        session=session, auth=auth, servers=servers, pickle_secrets=pickle_secrets, what=what, store=store,
        profile=profile, client_class=client_class, refresh=refresh, learn=learn,
    )  # fmt: skip
    if tokens:
        core.prover.keeper.restore(tokens)
    core.address_given = True  # it came with the pickle, whatever is around now
    return core


_TOKEN_REPLY_BYTES = 1 << 20


def _schemes_of(call: Call) -> tuple[str, ...]:
    return call.operation.rules.auth if call.operation else ()


@cache
def _name_rules() -> Callable[[Root, str, Sender], Operation]:
    from restpath.named import operation_of_name

    return operation_of_name


def _new_learner(root: Root, learn: bool | str) -> Learner:
    from restpath.learner import Learner, learning_name  # whoever does not learn needs none of that

    return Learner(root, learning_name(learn, root.definition.name, root.base_url))


def _by_chance() -> float:
    from random import random

    return random()


def _caller_level() -> int:
    """How far up the stack the caller's own code is, so that a warning names its line."""
    level, frame = 1, sys._getframe(1)
    package = __name__.partition(".")[0]
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    return level
