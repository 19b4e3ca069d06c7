"""
The RPC-like face: a Python method for each entry of `methods`, none of them written one by one.

Takes the arguments of a method; gives the content, or `(ok, status, content)`, as its entry says. An error that the
service answers with is given and not raised; no answer at all is raised as anywhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from restpath.definition.mediatypes import is_json
from restpath.errors import RequestError
from restpath.expanding import expand_template
from restpath.path import Path
from restpath.reply import Reply, result_of
from restpath.services.max.core import MaxCore
from restpath.services.max.face import Face
from restpath.services.max.filling import fill, names_in
from restpath.services.max.methods import METHODS, RpcMethod

if TYPE_CHECKING:
    from restpath.operations import Operation

__all__ = ["ErrorContent", "RpcMaxClient"]

Triple: TypeAlias = "tuple[bool, int, Any]"


class ErrorContent(dict[str, Any]):
    """
    What the service says of an error, where a method gives the content alone.

    It is false in a condition: programs ask `if client.getUser("ann"):` to learn whether there is one.
    """

    def __bool__(self) -> bool:
        return False


class RpcMaxClient(Face):
    """
    MAX with a method for every endpoint: `client.addUser("ann")`, `client.getUser("ann")`.

    Some methods give the content of the answer alone, the others `(ok, status, content)`; the content is None where
    there is no JSON in the answer. None of them raises for an error that the service answers with: it is
    `(False, 404, content)`, or a content that is false in a condition. `GET`, `POST`, `PUT`, `DELETE` and `HEAD` call
    any route. The arguments of the constructor are those of `MaxClient`.
    """

    __slots__ = ("_core",)

    _strict = False  # GET("/people/ann/news") may be newer than what is known here

    if TYPE_CHECKING:  # the methods of the table are put in place below

        def __getattr__(self, name: str) -> Callable[..., Any]: ...

    def _take(self, core: MaxCore) -> None:
        self._core = core

    def close(self) -> None:
        """Give the connections back. A call after that opens new ones."""
        self._core.close()

    def __enter__(self) -> RpcMaxClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._core.base_url}>"

    # ---- any route ----

    def GET(self, route: str, qs: Any = "") -> Triple:
        """Get what is at a route, such as `/people/ann`. `qs` is the query."""
        return self._route("GET", route, qs, {})

    def HEAD(self, route: str, qs: Any = "") -> Triple:
        """Count what is at a route. `qs` is the query."""
        return self._route("HEAD", route, qs, {})

    def POST(self, route: str, query: Any = None, upload_file: Any = None) -> Triple:
        """Send a JSON body to a route, and a file with it. `query` is the body: so it has always been called here."""
        body = {"upload_file": upload_file, **({"data": query} if query else {})}
        return self._route("POST", route, "", {"data": query or {}} if upload_file is None else body)

    def PUT(self, route: str, query: Any = None) -> Triple:
        """Put a JSON body to a route."""
        return self._route("PUT", route, "", {"data": query or {}})

    def DELETE(self, route: str, query: Any = None) -> Triple:
        """Delete what is at a route, with a JSON body if one is given."""
        return self._route("DELETE", route, "", {"data": query} if query else {})

    def _route(self, method: str, route: str, qs: Any, body: Mapping[str, Any]) -> Triple:
        from restpath.finding import parse_one

        place, _, query = route.partition("?")
        place = place if place.startswith("/") or "://" in place else f"/{place}"
        path = parse_one(self._core.root, place)
        return _answer(self._core.operation(path, method), {"qs": qs or query or None, **body})

    # ---- the methods of the table ----

    def _run(self, row: RpcMethod, given: Mapping[str, Any]) -> Any:
        """Make the call of an entry with these arguments."""
        known = dict(given)
        unnamed = [name for name in row.actors if known[name] is None]
        if unnamed or row.needs_actor:
            actor = self._core.actor(f"{row.name}()")
            known.update(dict.fromkeys(unnamed, actor["username"]), actor=actor["username"], actor_object=actor)
        ok, status, content = _answer(self._operation(row, known), _arguments(row, known))
        if row.gives == "triple":
            return ok, status, content
        return content if ok or not isinstance(content, dict) else ErrorContent(content)

    def _operation(self, row: RpcMethod, known: Mapping[str, Any]) -> Operation:
        values = {name: fill(row.values.get(name, f"{{{name}}}"), known) for name in names_in(row.template)}
        path: Path = expand_template(self._core.root, row.template, values)
        return self._core.operation(path, "HEAD" if known.get("count") else row.http_method)


def _arguments(row: RpcMethod, known: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the call beside the path."""
    arguments: dict[str, Any] = {"qs": fill(row.query, known)} if row.query else {}
    if row.file is not None:
        name, parameter = row.file
        image = known[parameter]
        arguments["upload_file"] = image if isinstance(image, tuple) else (name, image)
    elif row.body is not None:
        arguments["data"] = fill(row.body, known)
    elif row.http_method in ("POST", "PUT"):
        arguments["data"] = {}  # a MAX reads JSON there, even if it says nothing
    return arguments


def _answer(operation: Operation, arguments: Mapping[str, Any]) -> Triple:
    """Make a call, and give whether it succeeded, the status, and the JSON of the answer or the count."""
    try:
        reply = operation.reply(**arguments)
    except RequestError as error:
        return False, error.status, _json(error.reply, error.content)
    content = result_of(reply)
    return True, reply.status, content if reply.call.method == "HEAD" else _json(reply, content)


def _json(reply: Reply, content: Any) -> Any:
    """The content if it is JSON; None where it is text or a file."""
    return None if isinstance(content, (str, bytes)) and not is_json(reply.media_type or "") else content


# ---- from entries to methods -------------------------------------------------------------------------------------


def _method(row: RpcMethod) -> Callable[..., Any]:
    """Make the Python method of an entry."""

    def method(self: RpcMaxClient, /, *args: Any, **kwargs: Any) -> Any:
        try:
            bound = row.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{row.name}() {error}") from None
        bound.apply_defaults()
        return self._run(row, bound.arguments)

    itself = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__name__, method.__qualname__ = row.name, f"{RpcMaxClient.__name__}.{row.name}"
    method.__module__ = RpcMaxClient.__module__
    method.__signature__ = row.signature.replace(parameters=[itself, *row.signature.parameters.values()])  # type: ignore[attr-defined]
    method.__doc__ = _documentation(row)
    return method


def _documentation(row: RpcMethod) -> str:
    who = "".join(f" `{name}` is whoever calls, unless somebody is named." for name in sorted(row.actors))
    gives = "the content" if row.gives == "content" else "`(ok, status, content)`"
    return f"{row.says}{who} Calls {row.does} and gives {gives}."


for _row in METHODS:
    setattr(RpcMaxClient, _row.name, _method(_row))
