"""
The methods of the RPC-like client, as data: what each takes, the call that it makes, and what it gives.

Takes nothing; gives `METHODS`, one entry per method. Values, query and body are templates (see `filling`) of the
method's arguments, and of `{actor}`, the name of whoever calls, and `{actor_object}`, the same as MAX writes it. A
method with a parameter `count` asks by HEAD where that is true.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from restpath.once import cached_property
from restpath.records import dataclass, field
from restpath.services.max.filling import mentions

__all__ = ["METHODS", "RpcMethod"]

Gives: TypeAlias = Literal["content", "triple"]

_ACTOR = "actor"


@dataclass(frozen=True)
class RpcMethod:
    """
    A method of the RPC-like client.

    Attributes:
        call: its name and parameters as Python writes them; `=actor` is whoever calls where nobody is named.
        does: HTTP method and URI template.
        gives: the content alone, or `(ok, status, content)`.
        says: what it does, in a sentence.
        values: the template's variables that are not called as a parameter is.
        query: the query; what is empty is left out.
        body: the JSON body; what is empty is left out.
        file: the upload: its file name, and the parameter that has it.
    """

    call: str
    does: str
    gives: Gives
    says: str
    values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    file: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The method's name."""
        return self.call.partition("(")[0]

    @property
    def http_method(self) -> str:
        """The HTTP method, where `count` does not ask for another."""
        return self.does.partition(" ")[0]

    @property
    def template(self) -> str:
        """The URI template."""
        return self.does.partition(" ")[2]

    @cached_property
    def signature(self) -> inspect.Signature:
        """The parameters."""
        return inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
                for name, default in self._parameters
            ]
        )

    @cached_property
    def actors(self) -> frozenset[str]:
        """The parameters that are whoever calls where nobody is named."""
        return frozenset(argument.arg for argument, default in self._written if _is_actor(default))

    @property
    def needs_actor(self) -> bool:
        """Whether the call names whoever calls, whatever its arguments are."""
        parts = (dict(self.values), self.body)
        return any(mentions(part, name) for part in parts for name in (_ACTOR, "actor_object"))

    @property
    def _parameters(self) -> list[tuple[str, Any]]:
        return [(argument.arg, _default(default)) for argument, default in self._written]

    @cached_property
    def _written(self) -> list[tuple[ast.arg, ast.expr | None]]:
        (function,) = ast.parse(f"def {self.call}: ...").body
        assert isinstance(function, ast.FunctionDef)
        arguments = function.args.args
        required: list[ast.expr | None] = [None] * (len(arguments) - len(function.args.defaults))
        return list(zip(arguments, [*required, *function.args.defaults], strict=True))


def _is_actor(default: ast.expr | None) -> bool:
    return isinstance(default, ast.Name) and default.id == _ACTOR


def _default(default: ast.expr | None) -> Any:
    if default is None:
        return inspect.Parameter.empty
    return None if _is_actor(default) else ast.literal_eval(default)


_HASH = {"hash": "{url}"}  # the definition spells the URL of a context as its SHA-1
_CONTEXT = {"hash": "{context}"}

METHODS: tuple[RpcMethod, ...] = (
    # ---- people ----
    RpcMethod("getUser(username=actor)", "GET /people/{username}", "content", "Get a person."),
    RpcMethod(
        "addUser(username, displayName=None)", "POST /people/{username}", "triple", "Add a person.",
        body={"displayName": "{displayName}"},
    ),
    RpcMethod(
        "modifyUser(username, properties)", "PUT /people/{username}", "triple", "Change properties of a person.",
        body="{properties}",
    ),
    RpcMethod(
        "postAvatar(username, image)", "POST /people/{username}/avatar", "triple", "Set the picture of a person.",
        file=("avatar.png", "image"),
    ),
    RpcMethod("getUsers()", "GET /people", "content", "List the people."),
    # ---- activities and comments ----
    RpcMethod(
        "addActivity(content, otype='note', contexts=[], generator=None, username=actor)",
        "POST /people/{username}/activities", "triple",
        "Post an activity of a person, in the contexts of these URLs or in none.",
        body={
            "object": {"objectType": "{otype}", "content": "{content}"},
            "contexts": [{"url": "{*contexts}", "objectType": "context"}],
            "generator": "{generator}",
        },
    ),
    RpcMethod(
        "add_activity_as_context(content, url, otype='note', generator=None)", "POST /contexts/{hash}/activities",
        "triple", "Post an activity of a context.", values=_HASH,
        body={"object": {"objectType": "{otype}", "content": "{content}"}, "generator": "{generator}"},
    ),
    RpcMethod("getActivity(activity)", "GET /activities/{activity}", "content", "Get an activity by its id."),
    RpcMethod(
        "getUserTimeline()", "GET /people/{username}/timeline", "content", "List the timeline of the one who calls.",
        values={"username": "{actor}"},
    ),
    RpcMethod(
        "getContextActivities(context, count=False)", "GET /contexts/{hash}/activities", "content",
        "List, or count, the activities in a context, by its hash or URL.",
        values=_CONTEXT, query={"context": "{context}"},
    ),
    RpcMethod(
        "getUserActivities(context=None, count=False, username=actor)", "GET /people/{username}/activities", "content",
        "List, or count, the activities of a person, all of them or those in a context.",
        query={"context": "{context}"},
    ),
    RpcMethod(
        "getTimelineLastAuthors(limit=None)", "GET /people/{username}/timeline/authors", "content",
        "List who wrote last in the timeline of the one who calls.",
        values={"username": "{actor}"}, query={"limit": "{limit}"},
    ),
    RpcMethod(
        "getContextLastAuthors(context, limit=None)", "GET /contexts/{hash}/activities/authors", "content",
        "List who wrote last in a context, by its hash or URL.", values=_CONTEXT, query={"limit": "{limit}"},
    ),
    RpcMethod("getAllActivities(count=False)", "GET /activities", "content", "List, or count, all activities."),
    RpcMethod("getActivities()", "GET /activities", "content", "List all activities."),
    RpcMethod("getAllComments(count=False)", "GET /activities/comments", "content", "List, or count, all comments."),
    RpcMethod(
        "addComment(content, activity, otype='comment')", "POST /activities/{activity}/comments", "content",
        "Comment on an activity.",
        body={"actor": "{actor_object}", "object": {"objectType": "{otype}", "content": "{content}"}},
    ),
    RpcMethod(
        "getComments(activity)", "GET /activities/{activity}/comments", "content", "List the comments on an activity."
    ),
    # ---- contexts ----
    RpcMethod(
        "addContext(param_value, displayName, permissions=None, context_type='context', param_name='url')",
        "POST /contexts", "content", "Add a context.",
        body={
            "{param_name}": "{param_value}", "objectType": "{context_type}", "displayName": "{displayName}",
            "permissions": "{permissions}",
        },
    ),
    RpcMethod("get_context(url)", "GET /contexts/{hash}", "content", "Get the context of a URL.", values=_HASH),
    RpcMethod("getContexts()", "GET /contexts", "content", "List the contexts."),
    RpcMethod(
        "modifyContext(url, properties)", "PUT /contexts/{hash}", "triple", "Change properties of a context.",
        values=_HASH, body="{properties}",
    ),
    RpcMethod("deleteContext(url)", "DELETE /contexts/{hash}", "content", "Delete a context.", values=_HASH),
    RpcMethod(
        "add_tags_to_context(url, tags)", "PUT /contexts/{hash}/tags", "triple", "Add a list of tags to a context.",
        values=_HASH, body="{tags}",
    ),
    RpcMethod(
        "remove_tag_from_context(url, tag)", "DELETE /contexts/{hash}/tags/{tag}", "triple",
        "Take a tag away from a context.", values=_HASH,
    ),
    RpcMethod(
        "grant_permission(url, username=actor, permission='read')",
        "PUT /contexts/{hash}/permissions/{username}/{permission}", "content",
        "Give a person a permission in a context.", values=_HASH,
    ),
    RpcMethod(
        "revoke_permission(url, username=actor, permission='write')",
        "DELETE /contexts/{hash}/permissions/{username}/{permission}", "content",
        "Take a permission in a context away from a person.", values=_HASH,
    ),
    # ---- subscriptions ----
    RpcMethod(
        "subscribe(url, otype='context', username=actor)", "POST /people/{username}/subscriptions", "content",
        "Subscribe a person to a context.", body={"object": {"objectType": "{otype}", "url": "{url}"}},
    ),
    RpcMethod(
        "unsubscribe(url, otype='context', username=actor)", "DELETE /people/{username}/subscriptions/{hash}",
        "content", "End a person's subscription to a context.", values=_HASH,
    ),
    RpcMethod(
        "subscribed_to_context(url)", "GET /contexts/{hash}/subscriptions", "content",
        "List who is subscribed to a context.", values=_HASH,
    ),
    RpcMethod(
        "subscribed()", "GET /people/{username}/subscriptions", "content",
        "List what the one who calls is subscribed to.", values={"username": "{actor}"},
    ),
    # ---- conversations and administration ----
    RpcMethod(
        "pushtokens_by_conversation(conversation_id)", "GET /conversations/{id}/tokens", "triple",
        "List the device tokens of those who take part in a conversation.", values={"id": "{conversation_id}"},
    ),
    RpcMethod("getSecurity()", "GET /admin/security", "content", "Get the security roles and who has them."),
    RpcMethod(
        "grant_security_role(user, role)", "POST /admin/security/roles/{role}/users/{user}", "content",
        "Give a person a security role.",
    ),
    RpcMethod(
        "revoke_security_role(user, role)", "DELETE /admin/security/roles/{role}/users/{user}", "content",
        "Take a security role away from a person.",
    ),
)  # fmt: skip
