"""
Asking BandPage: `get`, `search` and `get_access_token`, as functions and as methods of a `Bandpage`.

Takes what a call is given, else the global configuration, else the settings of a Django project, else what any client
of restpath finds (environment, profile); gives the service's JSON. Clients are kept for a while, so that calls with one
token share their connections.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote

import restpath
from restpath.auth.answers import TokenRefused
from restpath.client import Client, core_of
from restpath.edge.environment import variable_name
from restpath.errors import AuthError, InvalidValue, RequestError
from restpath.operations import Operation
from restpath.services.bandpage import conf
from restpath.services.bandpage.errors import bandpage_error

__all__ = ["Bandpage", "get", "get_access_token", "search"]

_Token: TypeAlias = "str | Mapping[str, Any]"

_DJANGO = "DJANGO_SETTINGS_MODULE"
_FOR_TOKENS = "BandPage gives a token for a client id and a secret key, and {missing}. Give {arguments}"
_FOR_CALLS = "BandPage needs a token, and to get one {missing}. Give access_token=..., as get_access_token() gives it"
# What restpath's data call a credential: what this face's arguments call it.
_ARGUMENTS = {"client_id": "client_id", "client_secret": "secret_key"}


def get(path: str | int, access_token: _Token | None = None, **query: Any) -> Any:
    """Get an object by its id, or a list that is connected with it. See `Bandpage.get`."""
    return Bandpage(access_token=access_token).get(path, **query)


def search(name: str, access_token: _Token | None = None, **query: Any) -> Any:
    """Find bands by their name. See `Bandpage.search`."""
    return Bandpage(access_token=access_token).search(name, **query)


def get_access_token(client_id: str | None = None, secret_key: str | None = None) -> dict[str, Any]:
    """Get a new access token. See `Bandpage.get_access_token`."""
    return Bandpage(client_id, secret_key).get_access_token()


class Bandpage:
    """
    BandPage with credentials of its own; what it is not given comes from the global configuration.

    Where it has no access token it gets one by client id and secret key when it needs it, and a new one in time.

    Attributes:
        client_id, secret_key: what BandPage gave the program.
        access_token: a text, or the whole answer of `get_access_token`.
    """

    def __init__(
        self, client_id: str | None = None, secret_key: str | None = None, access_token: _Token | None = None
    ) -> None:
        self.client_id, self.secret_key, self.access_token = client_id, secret_key, access_token

    def get(self, path: str | int, **query: Any) -> Any:
        """
        Get an object by its id, or a list that is connected with it.

        Args:
            path: `"123"` or `"123/events"`, percent-encoded where an id has a slash in it.
            query: further pairs of the query, such as limit=10.
        Raises:
            BandpageError: the service answered with an error.
            InvalidValue: the path is none, as without its id; nothing was sent.
            AuthError: there is no token, and no way to get one.
        """
        values, own_query = _parted(path)
        template = "".join(f"/{{{name}}}" for name in values)
        client = self._client()
        return _answer(client, restpath.expand(client, template, values).get, _FOR_CALLS, qs={**own_query, **query})

    def search(self, name: str, **query: Any) -> Any:
        """Find bands by their name. Raises as `get` does."""
        client = self._client()
        return _answer(client, client.search.band.get, _FOR_CALLS, qs={"name": name, **query})

    def get_access_token(self, grant_type: str = "client_credentials") -> dict[str, Any]:
        """
        Get a new access token, which `access_token=` takes as it is.

        Returns:
            the whole answer: access_token, expires_in (seconds), mapi, token_type.
        Raises:
            BandpageError: the service refused.
            AuthError: client id or secret key are missing, or the answer has no token in it.
        """
        client = self._connected()
        answer = _answer(client, client.token.post, _FOR_TOKENS, grant_type=grant_type)
        if not (isinstance(answer, dict) and isinstance(answer.get("access_token"), str) and answer["access_token"]):
            raise AuthError(f"{restpath.url(client.token)} answered without an access_token")
        return answer

    def _client(self) -> Client:
        """The client for calls: with the token, or one that gets its tokens by itself."""
        token = _token_text(self.access_token)
        return self._connected() if token is None else _connect(conf.ENDPOINT, None, None, token)

    def _connected(self) -> Client:
        client_id = self.client_id or conf.CLIENT_ID or _of_django("CLIENT_ID")
        secret_key = self.secret_key or conf.SECRET_KEY or _of_django("SECRET_KEY")
        return _connect(conf.ENDPOINT, client_id, secret_key, None)

    def __repr__(self) -> str:
        return f"<Bandpage {self.client_id or conf.CLIENT_ID or 'without a client id'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Bandpage, (self.client_id,)  # a pickle holds no secret; they are looked for again


@lru_cache(maxsize=16)
def _connect(endpoint: str, client_id: str | None, secret_key: str | None, token: str | None) -> Client:
    return restpath.connect("bandpage", endpoint, client_id=client_id, client_secret=secret_key, access_token=token)


def _of_django(name: str) -> str | None:
    """
    A setting of the Django project that this program is, if it is one; Django is never imported for it.

    Settings that nobody has looked at yet are read by that, where the program has said which they are.
    """
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    if settings is None or not (settings.configured or os.environ.get(_DJANGO)):
        return None
    return getattr(settings, f"BANDPAGE_{name}", None)


def _missing(client: Client, needs: str) -> AuthError | None:
    """The error for a missing client id or secret key, with every way to give them; None where both are there."""
    missing = [name for name in _ARGUMENTS if core_of(client).credential(name) is None]
    if not missing:
        return None
    given = [_ARGUMENTS[name] for name in missing]
    ways = [
        " and ".join(f"bandpage.conf.{name.upper()}" for name in given),
        " and ".join(f"BANDPAGE_{name.upper()}" for name in given) + " in the settings of a Django project",
        " and ".join(variable_name("bandpage", name) for name in missing) + " in the environment",
        f"{' and '.join(missing)} under [bandpage] in config.ini",
    ]
    lack = f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} missing"
    text = needs.format(missing=lack, arguments=", ".join(f"{name}=..." for name in given))
    return AuthError(f"{text}, or set {', '.join(ways[:-1])}, or {ways[-1]}. Nothing was sent")


def _token_text(token: _Token | None) -> str | None:
    text = token.get("access_token") if isinstance(token, Mapping) else token
    if token is not None and (not isinstance(text, str) or not text):
        raise InvalidValue(
            "access_token= takes the whole answer of get_access_token(), or the text under its access_token; "
            f"this {type(token).__name__} has none"
        )
    return text


def _parted(path: object) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The values that a path names, in their order, and the query that it brings."""
    text = str(path) if isinstance(path, (str, int)) and not isinstance(path, bool) else ""
    text, _, query = text.partition("?")
    segments = text.split("/")
    if not text or len(segments) > 2:
        raise InvalidValue(
            f"get() takes an id, '123', or one with what is connected with it, '123/events', not {path!r}"
        )
    values = dict(zip(("bid", "connection"), map(unquote, segments), strict=False))
    return values, parse_qs(query, keep_blank_values=True)


def _answer(client: Client, operation: Operation, needs: str, **arguments: Any) -> Any:
    """Make a call; any answer but 200 is an error."""
    try:
        reply = operation.reply(**arguments)
    except RequestError as error:
        raise bandpage_error(error) from error
    except TokenRefused:
        raise
    except AuthError as error:
        raise _missing(client, needs) or error from None
    if reply.status != 200:
        text = f"{reply.call.described()} was answered with {reply.status}, where only 200 is good"
        raise bandpage_error(RequestError(text, reply=reply, code=reply.status, detail=reply.reason))
    return reply.content
