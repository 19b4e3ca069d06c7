"""
What both faces of MAX have: who calls and how that is proven, and what the server says of itself.

Takes what the original client's constructor and methods take; keeps it in a core. Asks on the terminal for what a login
lacks, and nowhere else; sends nothing unless a method or one of the two properties about the server is asked.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from restpath.auth.schemes import credential_text
from restpath.client import Client
from restpath.connecting import connect_client, connect_core
from restpath.core import Core
from restpath.definition.model import Definition
from restpath.errors import AuthError, BadReply, InvalidValue
from restpath.expanding import expand_template
from restpath.masking import mask_url
from restpath.operations import Settings
from restpath.records import fields
from restpath.reply import result_of
from restpath.services.max.core import MaxCore
from restpath.services.max.wirelog import show_wire

__all__ = ["Face"]

SERVICE = "max"
_METHODS = ("oauth2", "basic")
_SETTINGS = frozenset(each.name for each in fields(Settings))
_OF_A_HUB = ("session", "timeout", "retries", "redirects")

_Own = TypeVar("_Own", bound="Face")


class Face:
    """The part that `MaxClient` and `RpcMaxClient` have in common."""

    __slots__ = ()

    _core: MaxCore
    _strict = True

    def __init__(
        self,
        url: str,
        oauth_server: str | None = None,
        actor: str | None = None,
        auth_method: str = "oauth2",
        expand_underscores: bool = True,
        scope: str | None = None,
        grant_type: str | None = None,
        client_id: str | None = None,
        debug: bool = False,
        **settings: Any,
    ) -> None:
        """
        Describe a client. Nothing is sent.

        Args:
            url: where the MAX is.
            oauth_server: where its OAuth server is; the MAX itself is asked where that is not said.
            actor: who calls, by name.
            auth_method: "oauth2", or the older "basic" (see `setBasicAuth`).
            expand_underscores: whether `object_content="Hi"` is `{"object": {"content": "Hi"}}`.
            scope: the scope of tokens (widgetcli).
            grant_type: the grant by which a token is asked for (password).
            client_id: what the OAuth server knows programs such as this one by (MAX).
            debug: whether what goes over the wire is shown on the standard error, without secrets.
            settings: what else `restpath.connect` takes, such as timeout, session or app.
        Raises:
            InvalidValue: an argument cannot be what it is meant to be.
        """
        if auth_method not in _METHODS:
            raise InvalidValue(f"auth_method={auth_method!r}: give {' or '.join(map(repr, _METHODS))}")
        of_calls = {name: settings.pop(name) for name in list(settings) if name in _SETTINGS and name != "auth"}
        settings = {"strict": self._strict, "store": None, **settings}
        known = {
            "oauth_server": oauth_server, "username": actor, "scope": scope, "grant_type": grant_type,
            "client_id": client_id,
        }  # fmt: skip
        core = connect_core(
            SERVICE if expand_underscores else _without_nesting(), url, known, settings=of_calls, core_class=MaxCore,
            client_class=self._kind(), **settings,
        )  # fmt: skip
        assert isinstance(core, MaxCore)
        core.uses_basic, core.debug = auth_method == "basic", bool(debug)
        if debug:
            show_wire()
        self._take(core)

    def _kind(self) -> type[Client]:
        """What the root of the paths is."""
        return Client

    def _take(self, core: MaxCore) -> None:
        """Become the face of a core."""
        raise NotImplementedError

    # ---- who calls ----

    def setActor(self, actor: str, type: str = "person") -> None:
        """Say who calls: a name, and what it is the name of."""
        self._core.give(username=actor)
        self._core.actor_type = type

    def getActor(self) -> str | None:
        """Give the name of the one who calls; None where nobody does."""
        return self._core.credential("username")

    def setToken(self, oauth2_token: str) -> None:
        """Say the OAuth token of the one who calls."""
        self._core.give(token=oauth2_token, password=None)
        self._core.uses_basic = False

    def getToken(self, username: str | None = None, password: str | None = None) -> str | None:
        """
        Give the token in use; or, with a name and a password, get one from the OAuth server and use it.

        Raises:
            AuthError: the OAuth server refuses, is not known, or gives no token. The message never has the password.
            TransportError: it does not answer.
        """
        if username is None and password is None:
            return self._core.credential("token")
        from restpath.authorizing import log_in

        core = self._core
        username = username or core.actor("getToken(password=...)")["username"]
        login = {"username": username, "password": password or _password(username)}
        log_in(core, "password", credentials=login)
        core.give(username=username, token=None, password=None)
        core.uses_basic = False
        return core.credential("token")

    def login(self, username: str | None = None, password: str | None = None) -> str | None:
        """
        Log in, and give the token. What is not said is asked for on the terminal.

        With basic authentication, name and password are kept for the calls, and there is no token.

        Raises:
            AuthError: the login is refused, or there is no terminal to ask on. The message never has the password.
            TransportError: the OAuth server does not answer.
        """
        username = username or _username(self.getActor())
        password = password or _password(username)
        if not self._core.uses_basic:
            return self.getToken(username, password)
        self.setBasicAuth(username, password)
        return None

    def setBasicAuth(self, username: str, password: str) -> None:
        """Say name and password of the one who calls, for a MAX with basic authentication."""
        name, secret = credential_text("username", username), credential_text("password", password)
        self._core.give(username=name, password=secret)
        self._core.uses_basic = True

    # ---- the server ----

    @property
    def server_info(self) -> Any:
        """What the server says of itself, asked for once."""
        core = self._core
        if core.info is None:
            call = core.operation(expand_template(core.root, "/info", {}), "GET").prepare()
            core.info = result_of(Core.perform(core, call, core.settings))
        return core.info

    @property
    def oauth_server(self) -> str | None:
        """Where the OAuth server is: as it was said, else as the server says; None where neither did."""
        known = self._core.credential("oauth_server")
        if known is None:
            info = self.server_info
            known = info.get("max.oauth_server") if isinstance(info, Mapping) else None
        return known if isinstance(known, str) and known else None

    @property
    def last_response(self) -> str | bytes | None:
        """The content of this client's last answer in this thread, as it came; None before the first."""
        last = self._core.last
        if last is None:
            return None
        return last.body if isinstance(last.lenient_content, bytes) else last.text

    @property
    def last_response_code(self) -> int | None:
        """The status of this client's last answer in this thread; None before the first."""
        return None if self._core.last is None else self._core.last.status

    @classmethod
    def from_hub_domain(cls: type[_Own], domain: str, hub: str, **arguments: Any) -> _Own:
        """
        Make a client of the MAX that a hub names for a domain.

        Args:
            domain: the name of the domain.
            hub: the URL of the hub.
            arguments: those of the constructor, but for the URL.
        Raises:
            InvalidValue: the hub knows no MAX for the domain.
            RequestError, TransportError: the hub does not say.
        """
        of_the_hub = {name: value for name, value in arguments.items() if name in _OF_A_HUB}
        return cls(_max_of(domain, hub, of_the_hub), **arguments)


@lru_cache(maxsize=4)
def _without_nesting() -> Definition:
    """The definition where `object_content` is a name like any other."""
    from restpath.edge.source import read_source

    return read_source(SERVICE, {"service": {"nested_by": None}})


# ---- asking ------------------------------------------------------------------------------------------------------


def _username(actor: str | None) -> str:
    try:
        return input(f"Username [{actor}]: " if actor else "Username: ").strip() or actor or ""
    except EOFError:
        raise AuthError("login() has nobody to ask for a name: say login(username, password)") from None


def _password(username: str) -> str:
    try:
        return getpass.getpass("Password: ")
    except EOFError:
        raise AuthError(f"login() has nobody to ask for the password of {username}: say it") from None


# ---- hubs --------------------------------------------------------------------------------------------------------


def _max_of(domain: str, hub: str, settings: Mapping[str, Any]) -> str:
    """Ask a hub for the URL of a domain's MAX. No credentials go there."""
    of_calls = {name: value for name, value in settings.items() if name in _SETTINGS}
    others = {name: value for name, value in settings.items() if name not in _SETTINGS}
    with connect_client(hub, None, {}, auth=None, settings=of_calls, **others) as client:
        info = client.info.get()
    if not isinstance(info, Mapping):
        raise BadReply(f"the hub at {mask_url(hub)} does not say where its servers are")
    domains = info.get("domains")
    entry = domains.get(domain) if isinstance(domains, Mapping) else None
    if isinstance(entry, Mapping) and isinstance(entry.get("max_server_url"), str):
        return str(entry["max_server_url"])
    default = info.get("default_maxserver_url")
    if not isinstance(default, str) or not default:
        raise InvalidValue(f"the hub at {mask_url(hub)} knows no MAX for the domain {domain!r}")
    return f"{default.rstrip('/')}/{quote(domain, safe='')}"
