"""
restpath: any REST service as a chain of names, driven by data files.

    client = restpath.connect("shop", "https://shop.example.com", token="...")
    client.orders["7"].items.get(limit=1)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from restpath.types import UNSET, Headers
from restpath.version import __version__ as __version__

if TYPE_CHECKING:
    import os

    import requests

    from restpath.auth.authorization import Authorization
    from restpath.call import Call
    from restpath.client import Client
    from restpath.core import Core
    from restpath.definition.findings import Finding
    from restpath.definition.model import Definition
    from restpath.errors import (
        AuthError,
        BadReply,
        BadRequest,
        BodyFault,
        Conflict,
        ConnectionFailed,
        DefinitionError,
        Forbidden,
        InvalidBody,
        InvalidValue,
        MethodNotAllowed,
        NotFound,
        RequestError,
        RestpathError,
        ServerError,
        Timeout,
        TLSError,
        TooManyRequests,
        TransportError,
        Unauthorized,
        UnknownResource,
    )
    from restpath.importing import Refresh
    from restpath.named import Namespace
    from restpath.operations import Operation
    from restpath.path import Path
    from restpath.place import Root
    from restpath.reply import Reply
    from restpath.types import JsonObject

__all__ = [
    "AuthError", "Authorization", "BadReply", "BadRequest", "BodyFault", "Call", "Client", "Conflict",
    "ConnectionFailed", "Definition", "DefinitionError", "Finding", "Forbidden", "Headers", "InvalidBody",
    "InvalidValue", "MethodNotAllowed", "NotFound", "Operation", "Path", "Refresh", "Reply", "RequestError",
    "RestpathError", "ServerError", "TLSError", "Timeout", "TooManyRequests", "TransportError", "UNSET",
    "Unauthorized", "UnknownResource", "begin_login", "check_definition", "children", "close", "connect", "defaults",
    "describe", "expand", "import_service", "login", "logout", "operation", "parse", "parse_all", "read",
    "refresh_service", "undo_refresh", "url", "walk", "which_credentials",
]  # fmt: skip

# Where the public names are that come when they are first asked for: who only looks around pays for none of them.
_LAZY = {
    "Call": "restpath.call",
    "Client": "restpath.client",
    "Definition": "restpath.definition.model",
    "Finding": "restpath.definition.findings",
    "AuthError": "restpath.errors",
    "BadReply": "restpath.errors",
    "BadRequest": "restpath.errors",
    "BodyFault": "restpath.errors",
    "Conflict": "restpath.errors",
    "ConnectionFailed": "restpath.errors",
    "DefinitionError": "restpath.errors",
    "Forbidden": "restpath.errors",
    "InvalidBody": "restpath.errors",
    "InvalidValue": "restpath.errors",
    "MethodNotAllowed": "restpath.errors",
    "NotFound": "restpath.errors",
    "RequestError": "restpath.errors",
    "RestpathError": "restpath.errors",
    "ServerError": "restpath.errors",
    "Timeout": "restpath.errors",
    "TLSError": "restpath.errors",
    "TooManyRequests": "restpath.errors",
    "TransportError": "restpath.errors",
    "Unauthorized": "restpath.errors",
    "UnknownResource": "restpath.errors",
    "Refresh": "restpath.importing",
    "Operation": "restpath.operations",
    "Path": "restpath.path",
    "Reply": "restpath.reply",
    "Authorization": "restpath.auth.authorization",
}


def connect(
    what: str | Definition,
    url: str | None = None,
    *,
    session: requests.Session | None = None,
    auth: Any = UNSET,
    app: Any = None,
    timeout: Any = UNSET,
    retries: Any = UNSET,
    redirects: Any = UNSET,
    max_reply_bytes: Any = UNSET,
    strict: bool = True,
    validate: Any = UNSET,
    servers: Mapping[str, str] | None = None,
    credentials: Mapping[str, Any] | None = None,
    pickle_secrets: bool = False,
    store: Any = UNSET,
    profile: str | None = None,
    refresh: str | None = None,
    learn: bool | str = False,
    **more_credentials: Any,
) -> Client:
    """
    Connect to a service. Nothing is sent.

    Args:
        what: a service's name, a definition from `read`, or a URL of which nothing else is known.
        url: where the service is, in place of what the definition says.
        session: a `requests.Session` of your own, with all it has.
        auth: what requests takes as `auth=`.
        app: a WSGI application to talk to in this process, in place of a network.
        timeout: seconds to connect and between bytes: one number, a pair, or None; (10, 60) unless said otherwise. A
            third number is for a whole call with all its tries.
        retries: how many further tries there may be where a try failed and another does no harm (2).
        redirects: how many redirects are followed (10).
        max_reply_bytes: how much of an answer is held in memory (256 MiB).
        strict: whether segments and methods that the definition does not know are refused.
        validate: whether bodies are checked against the definition's JSON Schemas.
        servers: URLs in place of single operations' own servers and of OAuth servers, by what the definition says.
        credentials: those whose names Python cannot spell; all others are keywords: `username=`, `token=`.
        pickle_secrets: whether a pickle of the client keeps its credentials.
        store: where tokens are kept: a file's path, "keyring", an object with `load(key)` and `save(key, token)`, or
            None for this client's memory alone. Without it, what `login` gets is kept in the user's own file of tokens,
            and what a client gets by itself in its memory.
        profile: a profile of the user's configuration file: `[service:profile]` in place of `[service]`.
        refresh: "on-miss" asks the service once what it offers by now, where a segment, an operation's name or a
            method is not known: in a chain, in `expand` and in `parse`. What is new is known to this client alone. For
            services that list themselves, and for those that were imported from a URL.
        learn: whether segments and methods that the definition does not know are let through, as `strict=False` does,
            and what is answered with success is drafted (`restpath learn`). For a URL of which nothing else is known, a
            text names the service; otherwise its name is made from the host: `api-example-com`.
    Raises:
        DefinitionError: there is no such service, or a data file is wrong.
        InvalidValue: an argument is wrong, or no server is known.
    """
    from restpath.connecting import connect_client
    from restpath.errors import InvalidValue

    if credentials is not None and not isinstance(credentials, Mapping):
        raise InvalidValue(f"credentials= takes a mapping of names and values, not {type(credentials).__name__}")
    settings = {
        "timeout": timeout, "retries": retries, "redirects": redirects, "max_reply_bytes": max_reply_bytes,
        "validate": validate,
    }  # fmt: skip
    return connect_client(
        what,
        url,
        {**(credentials or {}), **more_credentials},
        session=session,
        auth=auth,
        app=app,
        strict=strict,
        servers=servers,
        pickle_secrets=pickle_secrets,
        store=store,
        profile=profile,
        refresh=refresh,
        learn=learn,
        settings={name: value for name, value in settings.items() if value is not UNSET},
    )


def read(
    source: str | os.PathLike[str] | Mapping[str, Any], *layers: str | os.PathLike[str] | Mapping[str, Any]
) -> Definition:
    """
    Read a definition.

    Args:
        source: a folder of data files; documents, as a mapping with service, resources, defaults and schemas; the name
            of a service, with all the layers that are found for it; or a description that restpath knows (OpenAPI,
            Google Discovery), as a file, a URL or a mapping. Of a description each operation is read when it is first
            used, and `left_out`, what it says and restpath cannot, is found when that is asked for.
        layers: further folders or documents, laid over it in this order.
    Raises:
        DefinitionError: something in it is wrong, with the file, the place and what was expected there.
        InvalidValue: there is no such folder.
    """
    from restpath.edge.source import read_source

    return read_source(source, *layers)


def import_service(
    name: str, source: str | os.PathLike[str], *, force: bool = False, accept_move: bool = False, dry_run: bool = False
) -> Refresh:
    """
    Import a description as the user's own data files, so that the service goes by a name from then on.

    Args:
        name: what the service is to be called; where one is, the import takes its place.
        source: a file, a folder or a URL, in any format that `read` knows.
        force: take the place of an earlier import, or of a definition of which more than half would be gone.
        accept_move: take it although it moves a server or an OAuth endpoint, or changes a scheme.
        dry_run: only tell what would change.
    Raises:
        DefinitionError: it is no description, or is wrong; or it needs `force` or `accept_move`. Nothing was changed.
        InvalidValue: that is no name, or cannot be written.
        TransportError, RequestError: the URL does not give it.
    """
    from restpath.importing import plan_import

    plan = plan_import(name, source, force=force)
    if not dry_run:
        plan.apply(force=force, accept_move=accept_move)
    return plan


def refresh_service(
    name: str,
    url: str | None = None,
    *,
    source: str | os.PathLike[str] | None = None,
    force: bool = False,
    accept_move: bool = False,
    dry_run: bool = False,
    profile: str | None = None,
    credentials: Mapping[str, Any] | None = None,
    **more_credentials: Any,
) -> Refresh:
    """
    Fetch an imported description again, or the list that a service gives of itself, and put it in force.

    Args:
        name: the service's.
        url, profile, credentials: how the service is asked for its list, as `connect` takes them.
        source: where the description is by now, in place of where it was.
        force, accept_move, dry_run: as for `import_service`.
    Returns:
        what was added, removed and changed, in `.difference`.
    Raises:
        InvalidValue: nobody knows where it is from, and it does not list itself.
        DefinitionError, TransportError, RequestError: as `import_service` does. Nothing was changed.
    """
    from restpath.importing import plan_refresh

    def connected(definition: Definition) -> Client:
        return connect(definition, url, profile=profile, credentials=credentials, **more_credentials)

    plan = plan_refresh(name, connect=connected, source=source)
    if not dry_run:
        plan.apply(force=force, accept_move=accept_move)
    return plan


def undo_refresh(name: str) -> str:
    """
    Take back the last import or refresh of a service.

    Returns:
        what is in force now, in words.
    Raises:
        InvalidValue: there is nothing to undo.
    """
    from restpath.importing import undo_last

    return undo_last(name)


def check_definition(
    source: str | os.PathLike[str] | Mapping[str, Any] | Definition,
    *layers: str | os.PathLike[str] | Mapping[str, Any],
) -> list[Finding]:
    """
    Look through a definition, along all its layers, and tell all that is found.

    Args:
        source, layers: as `read` takes them; or one data file, which stands for its folder.
    Returns:
        faults, which `read` refuses; doubts, which will hardly do what was meant; notes. An empty list: nothing.
    Raises:
        InvalidValue: there is no such source.
        DefinitionError: there is no service of that name.
        TransportError, RequestError: a URL does not give it.
    """
    from restpath.edge.checking import check_all

    return check_all(source, *layers).findings


def url(path: Path) -> str:
    """Give the URL of a path, with its template's own query and without credentials. Nothing is sent."""
    return (_url_of or _load_url_of())(path)


_url_of: Callable[[Any], str] | None = None


def _load_url_of() -> Callable[[Any], str]:
    """Import what writes URLs, once: looking an import up takes as long as writing one."""
    global _url_of
    from restpath.urls import url_of

    _url_of = url_of
    return url_of


def describe(path: Path | Operation | Namespace | Call, client: Path | None = None) -> str:
    """
    Describe a place in words: methods, parameters, defaults, what follows. Nothing is sent.

    Args:
        path: a path; an operation, `client.people.get`; operations whose dotted names begin alike, `client.doc`; or a
            call from `.prepare`, of which each value is told with who said it: the caller, or which file of which
            layer of the definition.
        client: of a call: the client that it is for, which alone knows the server and the credentials. These are told
            with their source, and masked. A call by itself knows neither.
    Raises:
        InvalidValue: there is nothing that could be described, or a client where there is no call.
    """
    from restpath import describing
    from restpath.call import Call
    from restpath.named import Namespace
    from restpath.operations import Operation

    if isinstance(path, Call):
        from restpath.crediting import describe_call

        return describe_call(path, None if client is None else _core(client))
    if client is not None:
        from restpath.errors import InvalidValue

        raise InvalidValue("describe() takes a client beside a call alone: a path knows its own")
    if isinstance(path, Operation):
        return describing.describe_operation(path)
    return (
        describing.describe_namespace(path) if isinstance(path, Namespace) else describing.describe_path(_checked(path))
    )


def children(path: Path) -> list[str]:
    """Name the segments one level down, variables as `{name}`. Nothing is sent."""
    from restpath.phrasing import children_of

    return children_of(_checked(path))


def defaults(path: Path, method: str) -> JsonObject:
    """Give a copy of the body that a method at a path starts from; {} where there is none."""
    from restpath.resolving import defaults_of

    return defaults_of(_checked(path), method)


def walk(path: Path, **fields: Any) -> Any:
    """Give the items of a list one by one, page by page: `path.get.walk(**fields)`."""
    from restpath.path import operation_of

    return operation_of(_checked(path), "get").walk(**fields)


def expand(client: Path, template: str, values: Mapping[str, Any] | None = None, /, **more: Any) -> Path:
    """
    Give the path of any template of the definition by its own text: `expand(client, "/u/{id}", id=1)`.

    Raises:
        UnknownResource: the definition has no such template.
        InvalidValue: a variable has no value, or a value no variable.
    """
    from restpath.finding import expand_any

    if values is not None and not isinstance(values, Mapping):
        raise InvalidValue(f"expand() takes the values as a mapping or as keywords, not {type(values).__name__}")
    return expand_any(_root(client), template, {**(values or {}), **more})


def parse(client: Path, text: str) -> Path:
    """
    Turn a path or a URL of the service's own origin back into a path, the most literal match.

    Raises:
        UnknownResource: the definition has no such place.
        InvalidValue: it is another origin's, or no URL.
    """
    from restpath.finding import parse_one

    return parse_one(_root(client), text)


def parse_all(client: Path, text: str) -> list[Path]:
    """Give all paths that a text can mean, the most literal first; an empty list if there is none."""
    from restpath.finding import find_all

    return find_all(_root(client), text)


def operation(client: Path, name: str) -> Operation:
    """
    Give the operation of a name: `operation(client, "doc.get")`.

    Raises:
        UnknownResource: the definition has no such operation.
    """
    found: Operation = _root(client).named(name)
    return found


def login(
    client: Path,
    grant: str | None = None,
    *,
    show: Callable[[str], object] | None = None,
    ask: Callable[[str], str] | None = None,
    redirect_uri: str | None = None,
    authorization: Authorization | Mapping[str, Any] | str | None = None,
    answer: str | None = None,
    scheme: str | None = None,
    **credentials: Any,
) -> None:
    """
    Get a token for a client, and store it where `connect(store=...)` says, or in the user's own file of tokens.

    Args:
        grant: password, authorization_code, device_code or client_credentials; unless said, the password where one is
            given, else what the service has for a person, else the client's own.
        show: is given the link to open, or the words that say what to type in where; a browser is opened unless given.
        ask: is given the link, and gives back the URL at which the browser ended, or the code that was shown there.
        redirect_uri: where the browser is sent back to, as it is registered with the service. Without `ask` it leads to
            this machine, which waits there; any free port unless said.
        authorization: what `begin_login()` began, or its `to_json()`; ends that login with `answer`, the URL that the
            browser came with.
        scheme: which of the definition's schemes, where more than one has a token.
        credentials: what this login needs, by name, over what the client has; a password is not kept.
    Raises:
        AuthError: the service refuses, the answer is not for this login, or something is missing.
        InvalidValue: an argument cannot be what it is meant to be, or the extra `oauth` is missing.
        TransportError: the OAuth server did not answer.
    """
    from restpath.authorizing import log_in

    log_in(
        _core(client), grant, show=show, ask=ask, redirect_uri=redirect_uri, authorization=authorization, answer=answer,
        scheme=scheme, credentials=credentials,
    )  # fmt: skip


def begin_login(
    client: Path, redirect_uri: str | None = None, *, scheme: str | None = None, **credentials: Any
) -> Authorization:
    """
    Begin a login that ends in another request, as in a web application.

    Returns:
        `.link` is where to send the person; keep `.to_json()` in their session, and end it with
        `login(client, authorization=kept, answer=url)`.
    Raises:
        AuthError, InvalidValue: as `login` does.
    """
    from restpath.authorizing import begin_authorization

    return begin_authorization(_core(client), redirect_uri, scheme=scheme, credentials=credentials)


def logout(client: Path) -> None:
    """Forget the tokens of a client, those in its store as well."""
    from restpath.authorizing import log_out

    log_out(_core(client))


def which_credentials(client: Path) -> dict[str, str]:
    """
    Tell where the credentials come from that a call would use, by name. Nothing is sent, no value is shown.

    Raises:
        AuthError: there are none.
    """
    core = _core(client)
    return core.sources()


def close(client: Path) -> None:
    """Give a client's connections back; a call after that opens new ones."""
    _root(client).owner.close()


def _root(client: object) -> Root:
    from restpath.path import root_of

    return root_of(_checked(client))


def _core(client: object) -> Core:
    owner: Core = _root(client).owner
    return owner


def _checked(path: object) -> Path:
    from restpath.path import Path, no_path

    if not isinstance(path, Path):
        raise no_path(path)
    return path


def __getattr__(name: str) -> Any:
    """Import what a program has not used yet when it is first named."""
    from importlib import import_module

    if name in _LAZY:
        found = getattr(import_module(_LAZY[name]), name)
        globals()[name] = found
        return found
    if name in ("mock", "testing"):
        return import_module(f"restpath.{name}")
    raise AttributeError(f"module 'restpath' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
