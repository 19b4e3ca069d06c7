"""
The client: joins a definition to the world; the one place where calls, credentials and the transport meet.

Takes what to connect to, credentials and settings; gives a `Client`, which is the root of all paths. It finds the
credentials of a call, keeps them to the origin they are for, follows redirects, and turns answers into content.
"""

from __future__ import annotations

import os
import random
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qsl, quote, urlsplit

from restpath.auth.schemes import (
    BasicLogin,
    Credentials,
    Proof,
    choose_scheme,
    hidden,
    missing_for,
    placeholders,
    prove,
)  # fmt: skip
from restpath.call import Call, origin_of
from restpath.curl import curl_line
from restpath.definition.model import Definition, Documents
from restpath.edge.address import check_servers, find_address, split_address
from restpath.edge.clock import Clock, SystemClock
from restpath.edge.credentials import check_names, given_credentials, variable_name, with_environment
from restpath.edge.forking import tell_of_forks
from restpath.errors import AuthError, BadReply, InvalidValue, RequestError, Timeout, TransportError, UnknownItem
from restpath.operations import NamedOperation, Operation, Settings
from restpath.path import Path, Root, named_operation, unknown_name
from restpath.redirects import next_call, redirect_error
from restpath.reply import Reply, error_of
from restpath.resuming import is_rest, rest_call
from restpath.retry import retry_delay, rule_of, with_idempotency_key
from restpath.tree import Tree
from restpath.types import UNSET, Headers
from restpath.version import __version__

if TYPE_CHECKING:
    import requests

    from restpath.edge.answer import Answer
    from restpath.edge.deadline import Deadline
    from restpath.edge.files import Target
    from restpath.edge.transport import RequestsTransport, Sending

__all__ = ["Client", "Core", "connect_client"]


class Client(Path):
    """
    A service, and the root of all its paths.

    Beside what every path has: `call(name, **fields)` calls an operation by its name, `close()` gives the connections
    back, and `with` does so at its end. Where the service has a segment of that name, the segment wins, and
    `restpath.operation`, `restpath.close` do the same.
    """

    __slots__ = ("_core",)

    def __init__(self, core: Core) -> None:
        super().__init__(core.root, core.root.tree.root, ())
        self._core = core

    def __getattr__(self, name: str) -> Any:
        found = self._named(name)
        if found is not None:
            return found
        definition = self._root.definition
        if definition.service.dotted and not name.startswith("_") and name not in self._node.attributes:
            raise unknown_name(self._root, "", self._root.tree.operation_names, name)
        return super().__getattr__(name)

    def _named(self, name: str) -> Any:
        """The namespace or operation of that name, where the definition has dotted names."""
        root = self._root
        if not root.definition.service.dotted or name.startswith("_"):
            return None
        return named_operation(root, "", root.tree.operation_names, name)

    def _operation(self, word: str) -> Any:
        return self._named(word) or super()._operation(word)

    def _segment(self, name: str) -> Any:
        return self._named(name) or super()._segment(name)

    @property
    def call(self) -> Any:
        """`call(name, data=UNSET, **fields)` calls the operation of that name; or the segment of that name."""
        return self._segment("call") or self._core.call

    @property
    def close(self) -> Any:
        """`close()` gives the connections back; or the segment of that name."""
        return self._segment("close") or self._core.close

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self._core.close()

    def __dir__(self) -> list[str]:
        names = list(self._root.tree.operation_names) if self._root.definition.service.dotted else []
        return sorted({*super().__dir__(), *names, "call", "close"})

    def __repr__(self) -> str:
        return f"<Client {self._root.definition.name or 'without a definition'} at {self._root.base_url}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_client, (self._core,)


def _restore_client(core: Core) -> Client:
    return core.path()


class Core:
    """What a client and all its paths share: definition, credentials, settings and transport. A `Sender`."""

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
        client_class: type[Client] = Client,
    ) -> None:
        self.definition, self.base_url, self.settings = definition, base_url, settings
        self._given, self._strict, self._session, self._auth, self._app = given, strict, session, auth, app
        self._servers, self._pickle_secrets, self._what, self._class = servers, pickle_secrets, what, client_class
        self.clock: Clock = SystemClock()
        self.chance: Callable[[], float] = random.random
        self._environment = with_environment(definition, given)
        self._transport: RequestsTransport | None = None
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        self._origin = origin_of(base_url)
        self.root = Root(
            definition, definition.tree(Tree), base_url, owner=self, operation=self.operation, named=self.named,
            strict=strict, lookup=self._lookup, warn=self._warn, servers=servers,
        )  # fmt: skip
        tell_of_forks(self)

    def after_fork(self) -> None:
        """In a child process: let go of the parent's connections and of locks that its threads may hold."""
        self._lock = threading.Lock()
        if self._transport is not None:
            self._transport.after_fork()

    # ---- what paths ask for ----

    def path(self) -> Client:
        """Give the root of all paths."""
        return self._class(self)

    def operation(self, path: Path, word: str) -> Operation:
        """Make the operation for a method at a path."""
        return Operation(path, word, self)

    def named(self, name: str) -> Operation:
        """Make the operation of a name. Raises UnknownItem where there is none."""
        if name not in self.definition.named:
            unknown = unknown_name(self.root, "", self.root.tree.operation_names, name)
            raise UnknownItem(str(unknown), segment=unknown.segment, choices=unknown.choices)
        return NamedOperation(self.root, name, self)

    def call(self, name: str, /, *args: Any, **fields: Any) -> Any:
        """Call the operation of a name."""
        return self.named(name)(*args, **fields)

    def _lookup(self, name: str) -> str | None:
        value = self._given.values.get(name) or self._environment.values.get(name)
        return value.reveal() if value else None

    def _warn(self, place: str) -> None:
        with self._lock:
            if place in self._warned:
                return
            self._warned.add(place)
        warnings.warn(
            f"{self.definition.name} does not know {place}; it is sent all the same, as strict=False says",
            stacklevel=_caller_level(),
        )

    # ---- credentials ----

    def proof_for(self, call: Call, settings: Settings) -> Proof:
        """
        Find what proves who calls: the credentials given to `connect`, else the session's own, else the environment's.

        Raises:
            AuthError: the operation needs credentials, and there are none.
        """
        names = call.operation.rules.auth if call.operation else ()
        if not names or call.origin != self._origin or settings.auth is not UNSET:
            return Proof()
        service = self.definition.service
        scheme = choose_scheme(service, names, self._given)
        if scheme is not None:
            return prove(scheme, self._given, service)
        schemes = [service.schemes[name] for name in names]
        fields = [name for scheme in schemes for name in (*scheme.headers, *scheme.query)]
        if self._auth not in (UNSET, None) or _says_who(call, fields) or self._session_proves(fields):
            return Proof()
        scheme = choose_scheme(service, names, self._environment)
        if scheme is not None:
            return prove(scheme, self._environment, service)
        if not self.definition.known or (self._auth is UNSET and self.transport.netrc_proves(call)):
            return Proof()
        raise self._no_credentials(call, names)

    def _session_proves(self, fields: list[str]) -> bool:
        return self._session is not None and self._auth is UNSET and self.transport.session_proves(fields)

    def _auth_for(self, call: Call, settings: Settings) -> Any:
        """What goes as `auth=`: the call's own, none for an operation that is open to all, else the client's."""
        if settings.auth is not UNSET:
            return hidden(settings.auth)
        words = call.operation.words if call.operation else {}
        return None if "auth" in words and not words["auth"] else self._auth

    def _no_credentials(self, call: Call, names: tuple[str, ...]) -> AuthError:
        service = self.definition.service
        missing = missing_for(service, names, self._environment)
        arguments = ", ".join(f"{name}=..." for name in missing)
        variables = ", ".join(variable_name(service.name, name) for name in missing)
        return AuthError(
            f"{call.described()} needs credentials: {', '.join(missing)}. Give {arguments} to restpath.connect(), "
            f"or set {variables} in the environment. Nothing was sent"
        )

    # ---- sending ----

    @property
    def transport(self) -> RequestsTransport:
        """What sends calls; made when first needed, so that looking around costs nothing."""
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
        with self._exchange(call, settings) as exchanged:
            reply = exchanged.whole_reply(settings.max_reply_bytes)
            error = exchanged.error(reply)
            if error is not None:
                raise error
            return reply

    def download(self, call: Call, settings: Settings, target: str | os.PathLike[str] | BinaryIO) -> Reply:
        """Send a call and stream the answer's content to a target; a path is whole or as it was before."""
        from restpath.edge.deadline import Deadline
        from restpath.edge.files import open_target
        from restpath.edge.journal import LOGGER

        deadline = Deadline(settings.total_seconds, self.clock)
        with open_target(target) as write:
            first: Headers | None = None
            asked, tries = call, 0
            while True:
                tries += 1
                try:
                    with self._exchange(asked, settings, deadline) as exchanged:
                        reply = self._store(exchanged, settings, write, first)
                        return replace(reply, call=call) if asked is not call else reply
                except TransportError as error:
                    if isinstance(error, Timeout) and not write.received:
                        raise  # it would take as long again
                    first = first if first is not None else write.headers
                    rest = rest_call(call, first, write.received) if first is not None else None
                    if rest is None or tries > settings.retries or deadline.is_over:
                        raise
                    LOGGER.info("%s: asking for the rest behind %d bytes", error, write.received)
                    asked = rest

    def _store(self, exchanged: _Exchanged, settings: Settings, write: Target, first: Headers | None) -> Reply:
        """Write an answer to a target: from the beginning, or behind what came before it broke off."""
        answer = exchanged.answer
        if not 200 <= answer.status < 300:
            reply = exchanged.whole_reply(settings.max_reply_bytes)
            error = exchanged.error(reply)
            if error is not None:
                raise error
            write.keep_old()
            return reply
        if first is None:
            write.headers = answer.headers
        elif answer.status == 206 and not is_rest(answer.headers, first, write.received):
            raise BadReply(
                f"{exchanged.call.described()} was answered with another part than the one asked for: Content-Range "
                f"{answer.headers.get('content-range', 'is missing')!r}",
                call=exchanged.call,
            )
        elif answer.status != 206:
            write.begin_again()
            write.headers = answer.headers
        for block in answer.blocks():
            write(block)
        exchanged.check_deadline()
        return replace(exchanged.reply(b""), saved=write.received)

    @contextmanager
    def _exchange(self, call: Call, settings: Settings, deadline: Deadline | None = None) -> Iterator[_Exchanged]:
        """Send a call, again where that may be done, and give the answer while its deadline is watched."""
        from restpath.edge.deadline import Deadline
        from restpath.edge.journal import span_of
        from restpath.edge.transport import open_sending

        call = with_idempotency_key(call, _new_key)
        proof = self.proof_for(call, settings)
        deadline = deadline or Deadline(settings.total_seconds, self.clock)
        with span_of(call) as answered, open_sending(call) as sending, deadline.armed():
            exchanged = self._try_until_done(call, sending, proof, settings, deadline)
            answered(exchanged.answer.status, exchanged.tries)
            try:
                yield exchanged
            except TransportError as error:
                exchanged.check_deadline()
                error.after(exchanged.tries)
                raise
            finally:
                exchanged.answer.close()
            exchanged.check_deadline()

    def _try_until_done(
        self, call: Call, sending: Sending, proof: Proof, settings: Settings, deadline: Deadline
    ) -> _Exchanged:
        """Send a call until it is answered, or must not be sent again."""
        from restpath.edge.journal import record_try

        tries = 0
        while True:
            tries += 1
            started = self.clock.monotonic()
            exchanged: _Exchanged | None = None
            outcome: Reply | TransportError
            try:
                answer, last, why = self._follow(call, sending, proof, settings, deadline)
                exchanged = _Exchanged(answer, last, why, tries, started, deadline, self.clock)
                retryable = answer.status in rule_of(call).statuses
                outcome = exchanged.whole_reply(settings.max_reply_bytes) if retryable else exchanged.reply(b"")
            except TransportError as error:
                late = deadline.is_over
                outcome = _deadline_error(call, deadline, happened=error.may_have_happened) if late else error
            wait: float | None = None
            if tries <= settings.retries and sending.repeatable and not deadline.is_over:
                wait = retry_delay(call, outcome, tries, vouched=settings.repeat, chance=self.chance)
                wait = wait if wait is not None and deadline.allows(wait) else None
            record_try(call, outcome, tries, self.clock.monotonic() - started, wait)
            if wait is not None:
                self.clock.sleep(wait)
            elif isinstance(outcome, TransportError):
                raise outcome.after(tries)
            elif exchanged is not None:
                return exchanged

    def _follow(
        self, call: Call, sending: Sending, proof: Proof, settings: Settings, deadline: Deadline
    ) -> tuple[Answer, Call, str]:
        """Send a call once and follow its redirects; give the last answer unread, and why no further one if it asks."""
        from restpath.edge.journal import LOGGER
        from restpath.edge.transport import Sending

        auth, trusted = self._auth_for(call, settings), call.origin == self._origin
        limit = min(settings.redirects, self.transport.max_redirects)
        seen = [call]
        while True:
            timeout = deadline.shorten(settings.limits)
            answer = self.transport.send(
                call, sending, proof if trusted else Proof(), timeout=timeout, auth=auth, trusted=trusted
            )
            head = Reply(answer.status, answer.headers, b"", timedelta(0), call, answer.reason)
            following = next_call(head, repeatable=sending.repeatable) if limit else None
            if isinstance(following, Call) and len(seen) > limit:
                circle = "it goes in a circle, and " if following.url in [each.url for each in seen] else ""
                following = f"{circle}{limit} redirects are the limit"
            if not isinstance(following, Call):
                return answer, call, following or ""
            answer.discard()
            LOGGER.info("%s: %d, which leads to %s", call.described(), answer.status, following.described())
            call = following
            # Whoever was sent elsewhere comes back as a stranger: it is not for others to say where credentials go.
            trusted = trusted and call.origin == self._origin
            seen.append(call)
            if call.body is None and not call.files:
                sending = Sending(None)

    def curl(self, call: Call) -> str:
        """Write a call as a line of curl, with placeholders for what its credentials add."""
        names = call.operation.rules.auth if call.operation and call.origin == self._origin else ()
        service = self.definition.service
        scheme = choose_scheme(service, names, self._environment) or (service.schemes[names[0]] if names else None)
        if scheme is None or (not self.definition.known and not placeholders(scheme)):
            return curl_line(call)
        fill = self._shown_credential
        headers = [(name, _filled(text, fill)) for name, text in scheme.headers.items()]
        query = [(quote(name, safe=""), _filled(text, fill)) for name, text in scheme.query.items()]
        return curl_line(call, headers, query)

    def _shown_credential(self, name: str) -> str:
        credential = self.definition.service.credentials.get(name)
        known = self._environment.values.get(name)
        return known.reveal() if known and credential is not None and not credential.secret else f"<{name}>"

    def close(self) -> None:
        """Give the connections back. A call after that opens new ones."""
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    # ---- pickling ----

    def __reduce__(self) -> tuple[Any, ...]:
        if self._app is not None:
            raise InvalidValue("a client of a WSGI application in this process cannot be pickled: it has no address")
        public = {
            name: value.reveal()
            for name, value in self._given.values.items()
            if self._given.sources[name] == "connect" and (self._pickle_secrets or not self._is_secret(name))
        }
        auth = self._auth if self._pickle_secrets or self._auth is None else UNSET
        session = self._session if self._pickle_secrets else None
        settings = self.settings if self._pickle_secrets else self.settings.changed(auth=UNSET)
        extra = (settings, self._strict, self._servers, self._pickle_secrets, self._class)
        return _restore_core, (self._what or self.definition, self.base_url, public, auth, session, extra)

    def _is_secret(self, name: str) -> bool:
        credential = self.definition.service.credentials.get(name)
        return credential is None or credential.secret


def _restore_core(what: Any, base_url: str, credentials: dict[str, str], auth: Any, session: Any, extra: Any) -> Core:
    settings, strict, servers, pickle_secrets, client_class = extra
    definition = _definition(what)
    return Core(
        definition, base_url, given=given_credentials(definition, credentials), settings=settings, strict=strict,
        session=session, auth=auth, servers=servers, pickle_secrets=pickle_secrets, what=what,
        client_class=client_class,
    )  # fmt: skip


class _Exchanged:
    """An answer with what is known of how it came."""

    def __init__(
        self, answer: Answer, call: Call, why: str, tries: int, started: float, deadline: Deadline, clock: Clock
    ) -> None:
        self.answer, self.call, self.tries = answer, call, tries
        self._not_followed = why
        self._started, self._deadline, self._clock = started, deadline, clock

    def reply(self, body: bytes) -> Reply:
        """Make the reply, with its content."""
        answer = self.answer
        elapsed = timedelta(seconds=self._clock.monotonic() - self._started)
        now = self._clock.now()
        return Reply(
            answer.status, answer.headers, body, elapsed, self.call, answer.reason, now, self.tries, answer.hidden
        )

    def whole_reply(self, limit: int | None) -> Reply:
        """Make the reply with all of its content; behind an error status what came of it is enough."""
        try:
            body = self.answer.read(limit)
        except BadReply:
            if self.answer.status < 400 or self._deadline.passed:
                raise
            body = b"".join(self.answer.came)
        return self.reply(body)

    def error(self, reply: Reply) -> RequestError | None:
        """Give the error that the reply stands for; None for success."""
        return redirect_error(reply, self._not_followed) if self._not_followed else error_of(reply)

    def check_deadline(self) -> None:
        """Raise where the watchdog ended the call: what was read until then is not the whole."""
        if self._deadline.passed:
            raise _deadline_error(self.call, self._deadline).after(self.tries)


def _deadline_error(call: Call, deadline: Deadline, *, happened: bool = True) -> Timeout:
    fate = "the service may have carried it out" if happened else "nothing was sent"
    return Timeout(
        f"{call.described()} was not done after {deadline.seconds} seconds, the total that timeout= allows ({fate})",
        call=call,
        may_have_happened=happened,
    )


def _says_who(call: Call, fields: list[str]) -> bool:
    """Whether the caller gave credentials with this very call."""
    return any(call.has_header(name) for name in [*fields, "Authorization"]) or any(
        name in fields for name, _ in parse_qsl(urlsplit(call.url).query)
    )


def _new_key() -> str:
    from uuid import uuid4

    return str(uuid4())


def _filled(text: str, fill: Any) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda match: str(fill(match.group(1))), text)


def _caller_level() -> int:
    """How far up the stack the caller's own code is, so that a warning names its line."""
    level, frame = 1, sys._getframe(1)
    package = __name__.partition(".")[0]
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    return level


# ---- connecting --------------------------------------------------------------------------------------------------


def connect_client(
    what: object,
    url: str | None,
    credentials: Mapping[str, Any],
    *,
    session: requests.Session | None = None,
    auth: Any = UNSET,
    app: Any = None,
    strict: bool = True,
    servers: Mapping[str, str] | None = None,
    pickle_secrets: bool = False,
    settings: Mapping[str, Any] | None = None,
    client_class: type[Client] = Client,
) -> Client:
    """
    Make a client; see `restpath.connect` for the arguments.

    Raises:
        DefinitionError: there is no such service, or a file of it is wrong.
        InvalidValue: an argument cannot be what it is meant to be, or no server is known.
    """
    _check_settings(session, auth, app, strict, pickle_secrets)
    login: BasicLogin | None = None
    if isinstance(what, str) and "://" in what:
        what, login = split_address(what)
    definition = _definition(what)
    check_names(definition, list(credentials), _SETTINGS)
    known = {name: value for name, value in credentials.items() if value is not None}
    variables = {name: known.pop(name) for name in list(known) if name in definition.service.variables}
    base_url, own_login = find_address(definition, url, variables, has_app=app is not None)
    if url is not None or own_login is not None:
        login = own_login
    if servers is not None:
        servers = check_servers(servers, definition, base_url if url is not None else None)
    elif url is None:
        servers = {}
    core = Core(
        definition, base_url, given=given_credentials(definition, known),
        settings=Settings().changed(**(settings or {})), strict=strict, session=session,
        auth=login if auth is UNSET and login is not None else hidden(auth), app=app, servers=servers,
        pickle_secrets=pickle_secrets, what=what if isinstance(what, str) else None, client_class=client_class,
    )  # fmt: skip
    return core.path()


_SETTINGS = (
    "session", "auth", "app", "timeout", "retries", "redirects", "max_reply_bytes", "strict", "validate", "servers",
    "pickle_secrets",
)  # fmt: skip


def _check_settings(session: object, auth: object, app: object, strict: object, pickle_secrets: object) -> None:
    requests = sys.modules.get("requests")  # whoever has a session has imported it
    if session is not None and not (requests and isinstance(session, requests.Session)):
        raise InvalidValue(f"session= is a {type(session).__name__}: give a requests.Session")
    if auth not in (UNSET, None) and not callable(auth) and not (isinstance(auth, tuple) and len(auth) == 2):
        raise InvalidValue(
            "auth= is none that requests knows: give (name, password), or an object such as HTTPDigestAuth"
        )
    if app is not None and not callable(app):
        raise InvalidValue(f"app= is a {type(app).__name__}: give a WSGI application")
    for name, value in (("strict", strict), ("pickle_secrets", pickle_secrets)):
        if not isinstance(value, bool):
            raise InvalidValue(f"{name}={value!r}: give True or False")


def _definition(what: object) -> Definition:
    if isinstance(what, Definition):
        return what
    if not isinstance(what, str):
        raise InvalidValue(
            f"a {type(what).__name__} is nothing to connect to: give a service's name such as 'max', a URL, or a "
            "definition from restpath.read(folder)"
        )
    if "://" in what:
        return _unknown_service(what)
    from restpath.edge.catalog import read_service

    return read_service(what)


def _unknown_service(url: str) -> Definition:
    """The definition of a service of which only the URL is known: everything is let through."""
    service = {
        "base_url": url,
        "credentials": {"token": {}},
        "auth": {"bearer": {"headers": {"Authorization": "Bearer {token}"}}},
    }
    return Definition(Documents(service, {}, {}), known=False)
