"""
Calling Ipernity's methods: what a client of it does beside what every client does.

Takes names of methods and their parameters; gives answers, or the face's own errors. A method is called with keywords
alone; a client without a token calls as the application that it is, and leaves it to the service whether that will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from restpath.call import Call
from restpath.carried import pairs_of
from restpath.core import Core
from restpath.errors import AuthError, RequestError
from restpath.named import NamedOperation, Namespace, parts_of
from restpath.operations import Settings, about
from restpath.phrasing import did_you_mean, nearest
from restpath.place import Root
from restpath.reply import Reply
from restpath.services.ipernity.errors import APIRequestError, NoCredentials, UnknownMethod
from restpath.services.ipernity.permission import AuthHandler, DesktopAuthHandler

__all__ = ["AUTH_URL", "IpernityCore", "IpernityMethod", "MethodGroup", "own_group", "unknown_method"]

AUTH_URL = "https://www.ipernity.com/apps/authorize"
_TOKEN_FIELD = "auth_token"


class IpernityCore(Core):
    """
    What a face and its methods share.

    Attributes:
        auth_url_base: where users grant permissions.
        handler: the way to a token.
        identity: what the service said of the token: `token`, `permissions`, `user`; None where it was not asked.
    """

    auth_url_base: str = AUTH_URL
    handler: type[AuthHandler] = DesktopAuthHandler
    identity: Mapping[str, Any] | None = None

    def named(self, name: str) -> IpernityMethod:
        """Give the method of a name. Raises UnknownMethod where there is none."""
        found = super().named(name)
        assert isinstance(found, IpernityMethod)
        return found

    def _named_at(self, root: Root, name: str) -> IpernityMethod:
        if name not in root.definition.named:
            raise unknown_method(name, root.definition.named)
        return IpernityMethod(root, name, self)

    def perform(self, call: Call, settings: Settings) -> Reply:
        """Send a call and give the answer. Raises the face's own errors."""
        with _own_errors(call):
            return super().perform(call, settings)

    def download(self, call: Call, settings: Settings, target: Any) -> Reply:
        """Send a call and stream the answer to a target. Raises the face's own errors."""
        with _own_errors(call):
            return super().download(call, settings, target)

    def schemes_for(self, call: Call, names: tuple[str, ...]) -> tuple[str, ...]:
        """Let a call go as the application's own where there is no token, or where it brings one itself."""
        brings = any(name == _TOKEN_FIELD for name, _ in pairs_of(call))
        if not (brings or self.credential("token") is None):
            return names
        return tuple(way for way in names if way != "user") or ("application",)


class IpernityMethod(NamedOperation):
    """A method, ready to be called: with keywords alone, all of which are its parameters."""

    __slots__ = ()

    def __call__(self, /, **params: Any) -> Any:  # type: ignore[override]  # a parameter may have any name
        """
        Call the method.

        Args:
            params: its parameters, a file among them as `file=`; booleans are 1 and 0, lists have commas.
        Returns:
            the whole parsed answer.
        Raises:
            APIRequestError: the service answered with an error.
        """
        sent: dict[str, Any] = {
            name: int(value) if isinstance(value, bool) else value for name, value in params.items()
        }
        if "file" in sent and self._sender_has_uploads:
            sent["upload_file"] = sent.pop("file")
        try:
            return super().__call__(**sent)
        except APIRequestError as error:
            error.params = {name: value for name, value in params.items() if name != _TOKEN_FIELD}
            raise

    @property
    def _sender_has_uploads(self) -> bool:
        return self._name.startswith("upload.")

    def options(self, /, **settings: Any) -> IpernityMethod:
        """Give the same method with other settings, such as retries and timeout."""
        operation = super().options(**settings)
        return IpernityMethod(self._root, self._name, self._sender, about(operation).settings)


class MethodGroup(Namespace):
    """The methods whose names begin alike: `api.doc` of `doc.get`, `doc.getList`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            found = super().__getattr__(name)
        except AttributeError:
            raise unknown_method(f"{self._prefix}.{name}", self._root.definition.named) from None
        return own_group(found)


def own_group(found: Any) -> Any:
    """Give a namespace as a group of methods, and anything else as it is."""
    return MethodGroup(*parts_of(found)) if type(found) is Namespace else found


def unknown_method(name: str, known: Mapping[str, object]) -> UnknownMethod:
    """The error for a name that no method has; it names the nearest ones."""
    groups = {known_name.rpartition(".")[0] for known_name in known}
    near = nearest(name, [*sorted(groups), *known])
    return UnknownMethod(name, f"Ipernity has no method {name}{did_you_mean(near)}", choices=near)


@contextmanager
def _own_errors(call: Call) -> Iterator[None]:
    name = call.operation.name if call.operation else None
    try:
        yield
    except APIRequestError:
        raise
    except RequestError as error:
        code = int(error.code) if str(error.code).isascii() and str(error.code).isdigit() else error.code
        params = {key: value for key, value in pairs_of(call) if key != _TOKEN_FIELD}
        raise APIRequestError("error", code, error.message, name, params, reply=error.reply) from error
    except AuthError as error:
        raise NoCredentials(str(error).replace("restpath.connect()", "IpernityAPI()")) from error
