"""
Permission: what a user may allow an application, the link that asks for it, and the ways to a token.

Takes permissions such as `{"doc": "write"}` and a face; gives links and tokens. Such links are signed like calls,
without a method's name.
Source: the service's documentation of authorization for desktop and for web applications.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from restpath.auth.signing import signature_of
from restpath.client import core_of
from restpath.errors import InvalidValue
from restpath.masking import Secret
from restpath.services.ipernity.errors import NoCredentials

if TYPE_CHECKING:
    from restpath.services.ipernity.api import IpernityAPI

__all__ = [
    "AREAS", "LEVELS", "AuthHandler", "DesktopAuthHandler", "Permissions", "WebAuthHandler", "as_permissions",
    "auth_handler", "permits", "token_in",
]  # fmt: skip

Permissions: TypeAlias = "Mapping[str, str]"

LEVELS = ("none", "read", "write", "delete")
AREAS = ("doc", "blog", "post", "network", "profile")
_PREFIX = "perm_"  # what stands before an area's name in a link


def as_permissions(permissions: Permissions | None) -> dict[str, str]:
    """
    Check permissions; the service's own `perm_doc` is the same as `doc`.

    Raises:
        InvalidValue: there is no such permission, or no such level of it.
    """
    if permissions is not None and not isinstance(permissions, Mapping):
        raise InvalidValue(f"permissions are a mapping such as {{'doc': 'write'}}, not a {type(permissions).__name__}")
    found = {str(area).removeprefix(_PREFIX): level for area, level in (permissions or {}).items()}
    for area, level in found.items():
        if area not in AREAS:
            raise InvalidValue(f"there is no permission {area!r}; there are {', '.join(AREAS)}")
        if level not in LEVELS:
            raise InvalidValue(f"{area}={level!r} is no permission: give one of {', '.join(LEVELS)}")
    return found


def permits(given: Permissions, wanted: Permissions | None) -> bool:
    """Tell whether permissions suffice, where each level has those below it: none, read, write, delete."""
    have = {area.removeprefix(_PREFIX): level for area, level in given.items()}
    return all(
        LEVELS.index(level) <= (LEVELS.index(have[area]) if have.get(area) in LEVELS else 0)
        for area, level in as_permissions(wanted).items()
    )


class AuthHandler:
    """
    The way to a token: a link for the user, then a frob, then the token. A class of one's own may be given as `auth=`.

    Args:
        api: the face whose key and secret are used, and which is given the token.
    """

    def __init__(self, api: IpernityAPI) -> None:
        self.api = api

    def auth_url(self, perms: Permissions | None = None, frob: str | None = None) -> str:
        """
        Give the link on which a user grants permissions. Nothing is sent.

        Args:
            perms: such as `{"doc": "write", "network": "read"}`.
            frob: what `getFrob` gave, for a desktop application.
        Raises:
            NoCredentials: there is no secret to sign it with.
        """
        wanted = as_permissions(perms)
        pairs = {"api_key": self.api.api_key} | ({"frob": frob} if frob is not None else {})
        pairs |= {_PREFIX + area: level for area, level in wanted.items() if level != "none"}
        return f"{self.api.auth_url_base}?{urlencode({**pairs, 'api_sig': self._signature(pairs)})}"

    def _signature(self, pairs: Mapping[str, str]) -> str:
        signature = core_of(self.api).definition.service.schemes["application"].signature
        secret = self.api.api_secret
        if signature is None or secret is None:
            raise NoCredentials(
                "the link has to be signed, and there is no secret to do that with: "
                "give IpernityAPI(api_key, api_secret)"
            )
        return signature_of(signature, pairs.items(), "", {"api_secret": Secret(secret)})

    def getToken(self, frob: str, store_token: bool = True, **params: Any) -> Any:
        """
        Exchange a frob for a token; gives the whole answer.

        Args:
            store_token: whether the face uses the token from now on.
            params: further parameters of the method.
        """
        answer = self.api.call("auth.getToken", frob=frob, **params)
        identity = token_in(answer, "auth.getToken")
        if store_token:
            self.api.token = identity
        return answer

    def checkToken(self, auth_token: str | None = None, **params: Any) -> Any:
        """Tell whose a token is (the face's own unless one is given) and what it permits; gives the whole answer."""
        own = {} if auth_token is None else {"auth_token": auth_token}
        return self.api.call("auth.checkToken", **own, **params)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.api!r}>"


class DesktopAuthHandler(AuthHandler):
    """Authorization of a program on the user's own machine: it asks for the frob itself."""

    def getFrob(self) -> Any:
        """Get a frob for a link; gives the whole answer, `{"auth": {"frob": ...}}`."""
        return self.api.call("auth.getFrob")


class WebAuthHandler(AuthHandler):
    """Authorization of a web application: the service sends the user to its callback, with `?frob=...`."""


_WAYS: dict[str, type[AuthHandler]] = {"desktop": DesktopAuthHandler, "web": WebAuthHandler}


def token_in(answer: Any, method_name: str) -> Mapping[str, Any]:
    """
    Find what an answer says of a token: the token itself, `permissions` and `user`.

    Raises:
        NoCredentials: there is no token in it.
    """
    found = answer.get("auth") if isinstance(answer, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(found.get("token"), str) or not found["token"]:
        raise NoCredentials(f"{method_name} answered without a token in it")
    return found


def auth_handler(said: object) -> type[AuthHandler]:
    """
    Find the class for what was given as `auth=`: 'desktop', 'web', or a class of one's own.

    Raises:
        InvalidValue: it is none of these.
    """
    if isinstance(said, str) and said in _WAYS:
        return _WAYS[said]
    if isinstance(said, type) and issubclass(said, AuthHandler):
        return said
    raise InvalidValue(f"auth={said!r}: give 'desktop', 'web', or a class made from AuthHandler")
