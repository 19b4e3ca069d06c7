"""
What the faces of MAX share below: a core that remembers the last answer, and keeps its ancestor's habits.

Takes calls as any core does; gives replies. Beside that it knows who the actor is, sends basic authentication where
that was asked for, writes what goes over the wire to the log for debugging, and lets `data` win over fields.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from restpath.call import Arguments, Call
from restpath.core import Core
from restpath.errors import AuthError, RequestError, TransportError
from restpath.operations import Operation, Settings
from restpath.path import Path
from restpath.records import replace
from restpath.reply import Reply
from restpath.services.max.wirelog import record_answer, record_call, record_failure, show_wire
from restpath.types import UNSET, Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MaxCore", "MaxOperation"]

_BASIC = "basic"
_UPLOAD = "upload_file_"
_ROLE = re.compile(r"restricted permissions to\s*=\s*([\w.-]{1,80})", re.IGNORECASE)
_WAYS = {"username": "setActor(name)", "token": "setToken(token)"}


class MaxOperation(Operation):
    """An operation whose `data` silently wins over fields, as programs written for the original client expect."""

    __slots__ = ()

    def _describe(self, given: Arguments, settings: Settings) -> Call:
        if given.data is None:  # as if it had not been said: no MAX takes JSON's null
            given = replace(given, data=UNSET)
        if not isinstance(given.data, Unset):
            uploads = {name: value for name, value in given.fields.items() if name.startswith(_UPLOAD)}
            given = replace(given, fields=uploads)
        return super()._describe(given, settings)


class MaxCore(Core):
    """
    The core of a MAX client.

    Attributes:
        actor_type: what the actor is, in MAX's words.
        uses_basic: whether basic authentication is asked for, and no token.
        debug: whether what goes over the wire is written to the log.
        info: what the server said of itself, once asked.
    """

    actor_type = "person"
    uses_basic = False
    debug = False
    info: Any = None

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._last = threading.local()

    @property
    def last(self) -> Reply | None:
        """The last answer in this thread."""
        return getattr(self._last, "reply", None)

    def operation(self, path: Path, word: str) -> Operation:
        """Make the operation for a method at a path."""
        return MaxOperation(path, word, self)

    def actor(self, what: str) -> dict[str, str]:
        """
        Give whoever calls, as MAX writes a person.

        Raises:
            AuthError: nobody does; it says what for somebody was needed.
        """
        username = self.credential("username")
        if username is None:
            raise AuthError(f"{what} needs to know who calls: say setActor(name), or login(). Nothing was sent")
        return {"objectType": self.actor_type, "username": username}

    # ---- sending ----

    def perform(self, call: Call, settings: Settings) -> Reply:
        """Send a call and remember the answer; see `Core.perform`."""
        with self._watched(call) as watched:
            return watched(super().perform(call, settings))

    def download(self, call: Call, settings: Settings, target: str | os.PathLike[str] | BinaryIO) -> Reply:
        """Stream an answer to a target and remember it; see `Core.download`."""
        with self._watched(call) as watched:
            return watched(super().download(call, settings, target))

    def schemes_for(self, call: Call, names: tuple[str, ...]) -> tuple[str, ...]:
        """Choose the older way alone where that was asked for; nothing for what is open to all."""
        return (_BASIC,) if self.uses_basic and names else names

    @contextmanager
    def _watched(self, call: Call) -> Iterator[Callable[[Reply], Reply]]:
        """Remember and log the answer, also where it is an error."""

        def answered(reply: Reply) -> Reply:
            self._last.reply = reply
            if self.debug:
                record_answer(reply)
            return reply

        if self.debug:
            record_call(self.curl(call))
        problem: AuthError | None = None
        try:
            yield answered
        except RequestError as error:
            answered(error.reply)
            refused = _refused_place(error)
            if refused is None:
                raise
            raise refused from error
        except TransportError as error:
            if self.debug:
                record_failure(error)
            raise
        except AuthError:
            problem = self._no_login(call)
            if problem is None:
                raise
        if problem is not None:
            raise problem

    def _no_login(self, call: Call) -> AuthError | None:
        """What to do, in this face's words, where a call lacks credentials; None where it failed for another reason."""
        from restpath.searching import sources_of

        try:
            if call.operation is not None:
                sources_of(self.prover, self.schemes_for(call, call.operation.rules.auth), call)
            return None
        except AuthError:
            if self.uses_basic:
                said = "say setBasicAuth(username, password)"
                return AuthError(f"{call.described()} needs credentials: {said}. Nothing was sent")
            ways = " and ".join(way for name, way in _WAYS.items() if self.credential(name) is None)
        return AuthError(f"{call.described()} needs to know who calls: say {ways}, or login(). Nothing was sent")

    # ---- pickling ----

    def __reduce__(self) -> tuple[Any, ...]:
        make, arguments = super().__reduce__()[:2]
        return _restore, (make, arguments, (self.actor_type, self.uses_basic, self.debug))


def _refused_place(error: RequestError) -> RequestError | None:
    """What a 404 means that says nothing in JSON: it is the place, and not an object, that is not there."""
    reply = error.reply
    says_nothing = not reply.body and reply.call.method != "HEAD"
    if reply.status != 404 or not (says_nothing or isinstance(reply.lenient_content, (str, bytes))):
        return None
    role = _ROLE.search(reply.text)
    why = f"the role {role[1]} may not do this" if role else "this method is not implemented for that route"
    text = f"{reply.call.described()} failed with 404: {why}"
    return type(error)(text, reply=reply, code=error.code, detail=why)


def _restore(make: Callable[..., MaxCore], arguments: tuple[Any, ...], own: tuple[str, bool, bool]) -> MaxCore:
    core = make(*arguments)
    core.actor_type, core.uses_basic, core.debug = own
    if core.debug:
        show_wire()
    return core
