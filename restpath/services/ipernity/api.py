"""
`IpernityAPI`: Ipernity as the users of its Python client know it.

Takes key, secret and token; gives an object whose attributes are the service's namespaces and methods, with
authorization, uploads that are waited for, and lists that are walked. It is a client like any other: `restpath.url`,
`restpath.operation`, `.walk`, `.prepare` and `.curl` of its methods work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from restpath.client import Client
from restpath.connecting import connect_core
from restpath.errors import InvalidValue
from restpath.operations import Settings
from restpath.records import fields
from restpath.services.ipernity.calling import AUTH_URL, IpernityCore, own_group, unknown_method
from restpath.services.ipernity.lists import walk_answers
from restpath.services.ipernity.permission import AuthHandler, Permissions, auth_handler, permits, token_in
from restpath.services.ipernity.uploads import upload_and_wait

__all__ = ["API_URL", "IpernityAPI"]

API_URL = "https://api.ipernity.com/api"


class IpernityAPI(Client):
    """
    Ipernity, as one application and perhaps one user.

    `api.doc.get(doc_id=1)` and `api.call("doc.get", doc_id=1)` are the same call; both give the whole parsed answer.

    Args:
        api_key: the application's key.
        api_secret: its secret, which signs the calls and is never sent.
        token: the user's token: a text, or what `auth.getToken` answers under `auth`.
        auth: the way to a token: 'desktop', 'web', or a class made from `AuthHandler`.
        url: where the API is.
        auth_url_base: where users grant permissions.
        settings: what `restpath.connect` takes beside: timeout, retries, session, app.
    Raises:
        InvalidValue: one of these cannot be what it is meant to be.
    """

    def __init__(
        self,
        api_key: str,
        api_secret: str | None = None,
        token: str | Mapping[str, Any] | None = None,
        auth: str | type[AuthHandler] = "desktop",
        url: str = API_URL,
        auth_url_base: str = AUTH_URL,
        **settings: Any,
    ) -> None:
        identity = _identity(token)
        known = {"api_key": api_key, **({"api_secret": api_secret} if api_secret else {})}
        of_calls = {name: settings.pop(name) for name in _OF_CALLS if name in settings}
        core = connect_core(
            "ipernity", url, known, settings=of_calls, core_class=IpernityCore, client_class=type(self), **settings
        )
        assert isinstance(core, IpernityCore)
        core.handler, core.auth_url_base = auth_handler(auth), auth_url_base
        super().__init__(core)
        self._use_token(identity)

    # ---- methods ----

    def call(self, method_name: str, **params: Any) -> Any:
        """
        Call a method by its name: `api.call("doc.get", doc_id=1)`.

        Raises:
            UnknownMethod: there is none of that name; nothing was sent.
            APIRequestError: the service answered with an error.
        """
        return self._own_core.named(method_name)(**params)

    def __getattr__(self, name: str) -> Any:
        try:
            return own_group(super().__getattr__(name))
        except AttributeError:
            if name.startswith("_"):
                raise
            raise unknown_method(name, self._root.definition.named) from None

    def _named(self, name: str) -> Any:
        return own_group(super()._named(name))

    # ---- who we are ----

    @property
    def _own_core(self) -> IpernityCore:
        core: Any = self._core
        found: IpernityCore = core
        return found

    @property
    def auth(self) -> Any:
        """The way to a token: `auth_url`, `getToken`, `checkToken`; `getFrob` for desktop applications."""
        return self._own_core.handler(self)

    @property
    def auth_url_base(self) -> str:
        """Where users grant permissions."""
        return self._own_core.auth_url_base

    @property
    def api_key(self) -> str:
        """The application's key."""
        return self._core.credential("api_key") or ""

    @api_key.setter
    def api_key(self, key: str) -> None:
        self._core.give(api_key=key)

    @property
    def api_secret(self) -> str | None:
        """The application's secret; None where there is none."""
        return self._core.credential("api_secret")

    @api_secret.setter
    def api_secret(self, secret: str | None) -> None:
        self._core.give(api_secret=secret or None)

    @property
    def token(self) -> str | None:
        """The user's token; None where there is none. It may be set, to all that the constructor takes."""
        return self._core.credential("token")

    @token.setter
    def token(self, token: str | Mapping[str, Any] | None) -> None:
        self._use_token(_identity(token))

    @property
    def user_info(self) -> Any:
        """Whose the token is, `user_id` and `username` among it; None without a token. Asks the service once."""
        return self._known_identity("user")

    @property
    def permissions(self) -> Any:
        """What the token permits, such as `{"doc": "write"}`; None without a token. Asks the service once."""
        return self._known_identity("permissions")

    def has_permissions(self, permissions: Permissions | None) -> bool:
        """Tell whether the token permits all of these, where delete includes write, and write includes read."""
        given = self.permissions
        return given is not None and permits(given, permissions)

    def _known_identity(self, part: str) -> Any:
        core = self._own_core
        if core.identity is None and self.token is not None:
            core.identity = token_in(self.auth.checkToken(), "auth.checkToken")
        return dict(core.identity.get(part) or {}) if core.identity is not None else None

    def _use_token(self, identity: Mapping[str, Any] | None) -> None:
        """Use a token from now on, with what the service said of it; None: no token any more."""
        core = self._own_core
        core.give(token=identity["token"] if identity else None)
        core.identity = identity if identity and len(identity) > 1 else None

    # ---- uploads and lists ----

    def upload_file(self, filename: str | os.PathLike[str], **params: Any) -> str:
        """
        Upload a file as a new document, and wait until the service has taken it in.

        Args:
            params: the document's title, description, keywords, and whatever else `upload.file` takes.
        Returns:
            the doc_id.
        Raises:
            UploadError: the service did not take it, or not in time.
            APIRequestError: the service answered with an error.
        """
        return upload_and_wait(self, filename, params)

    def walk_data(self, method_name: str, elem_name: str | None = None, **params: Any) -> Iterator[Any]:
        """
        Give the items of any list one by one; a page is asked for when it is needed.

        Args:
            method_name: such as "network.getList".
            elem_name: the key of the items in the answer, such as "user", where the list is not known to be one.
        """
        return walk_answers(self._own_core.named(method_name), elem_name, params)

    def walk_albums(self, **params: Any) -> Iterator[Any]:
        """Give a user's albums one by one: the token's own, or those of `user_id=`."""
        return self.walk_data("album.getList", "album", **params)

    def walk_album_docs(self, album_id: int | str, **params: Any) -> Iterator[Any]:
        """Give the documents of an album one by one."""
        return self.walk_data("album.docs.getList", "doc", album_id=album_id, **params)

    def walk_doc_search(self, **params: Any) -> Iterator[Any]:
        """Give the documents that a search finds one by one: `text=`, `tags=`, `user_id=`."""
        return self.walk_data("doc.search", "doc", **params)

    def walk_docs(self, **params: Any) -> Iterator[Any]:
        """Give a user's documents one by one."""
        return self.walk_data("doc.getList", "doc", **params)

    def walk_folders(self, **params: Any) -> Iterator[Any]:
        """Give a user's folders one by one."""
        return self.walk_data("folder.getList", "folder", **params)

    def walk_folder_albums(self, folder_id: int | str, **params: Any) -> Iterator[Any]:
        """Give the albums of a folder one by one."""
        return self.walk_data("folder.albums.getList", "album", folder_id=folder_id, **params)

    # ---- being a value ----

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_OWN_NAMES})

    def __repr__(self) -> str:
        return f"<IpernityAPI at {self._root.base_url}>"

    def __reduce__(self) -> tuple[Any, ...]:
        core = self._own_core
        return _restore_api, (core, core.handler, core.auth_url_base)


# `auth` is among the settings of calls too; here it is the way to a token.
_OF_CALLS = tuple(each.name for each in fields(Settings) if each.name != "auth")

_OWN_NAMES = (
    "auth", "auth_url_base", "api_key", "api_secret", "token", "user_info", "permissions", "has_permissions",
    "upload_file", "walk_data", "walk_albums", "walk_album_docs", "walk_doc_search", "walk_docs", "walk_folders",
    "walk_folder_albums",
)  # fmt: skip


def _restore_api(core: IpernityCore, handler: type[AuthHandler], auth_url_base: str) -> Any:
    core.handler, core.auth_url_base = handler, auth_url_base
    return core.path()


def _identity(token: str | Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What is known of a token: itself, and what the service said of it where that was given."""
    if token is None or token == "":
        return None
    if isinstance(token, str):
        return {"token": token}
    if not isinstance(token, Mapping) or not isinstance(token.get("token"), str):
        raise InvalidValue(
            "token= is neither a text nor what auth.getToken answers under 'auth', a mapping with a 'token' in it"
        )
    return dict(token)
