"""
One request to a mock service, matched to a resource: what it is about, what it brought, and what the data's words say.

Takes nothing by itself; the actions are given an `Asked` and give an `Outcome`, or raise `Refusal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from restpath.definition.method import Method
from restpath.mock.forms import Content
from restpath.mock.plan import Kind, Plan, Role
from restpath.mock.state import Blob, State, Thing
from restpath.mock.tokens import Tokens
from restpath.mock.words import fill
from restpath.once import cached_property
from restpath.tree import End
from restpath.types import UNSET, Json

__all__ = [
    "Asked", "Outcome", "Refusal", "all_words", "file_outcome", "missing", "moment_words", "require_referred",
    "the_key", "the_thing", "word_layers",
]  # fmt: skip


class Refusal(Exception):
    """
    The service answers with an error.

    Attributes:
        status: the HTTP status that it amounts to.
        message: what is said of it.
        code: the service's own code; None: the one that goes with the status.
        headers: further header fields.
        content: what the error's content has beside these.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        content: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, tuple(headers)
        self.content = content or {}


@dataclass
class Outcome:
    """
    What an action came to: a status, and JSON (`UNSET`: none), plain text or a file.

    Attributes:
        bare: whether the content is written as it is, without what the data's words put around every answer.
        media_type: that of the JSON, where it is not the service's.
    """

    status: int
    content: Any = UNSET
    text: str | None = None
    blob: Blob | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    bare: bool = False
    media_type: str | None = None


@dataclass
class Asked:
    """
    One request, matched: what it is about, what it brought, and who asks.

    Attributes:
        role: what the resource does; `end` and `values` say where it is, `method` and `words` what is asked of it.
        variables: the values of the path by the names that the mock's words use, and a thing's key once it is known.
        query: the values of the query by name, and `content` the body and its files: both without the credentials.
        credentials: what was presented, and what is known of a token's owner.
        url: the address of the service, for links to itself.
        referred: the things that the path names on its way: the variable, the kind, the key.
        target: the path as it was asked for.
    """

    plan: Plan
    state: State
    now: datetime
    role: Role
    end: End
    method: Method
    values: tuple[str, ...]
    query: Mapping[str, list[str]]
    content: Content
    credentials: Mapping[str, str]
    url: str
    variables: dict[str, str]
    referred: tuple[tuple[str, Kind, tuple[str, ...]], ...]
    words: Mapping[str, Any]
    target: str = ""

    def look(self, name: str) -> Any:
        """Give what a placeholder's name stands for; with a slash behind it, the object that it is."""
        root = name.removesuffix("/")
        objects: dict[str, Any] = {
            "body": self.content.value,
            "credential": self.credentials,
            "query": {key: values[-1] for key, values in self.query.items()},
            "fields": self.fields,
            "file": _file_words(self.content.files),
        }
        if root in objects and (name.endswith("/") or root not in self.variables):
            return objects[root]
        if name.endswith("/"):
            thing = self.named(root)
            return UNSET if thing is None else thing.content
        if name in self.variables:
            return self.variables[name]
        return moment_words(self.now, self.url).get(name, UNSET)

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The named values of the request: those of the query, and those of the body over them."""
        body = self.content.value if isinstance(self.content.value, dict) else {}
        return {**{name: values[-1] for name, values in self.query.items()}, **body}

    @property
    def tokens(self) -> Tokens:
        """The tokens that the service gave out."""
        return Tokens(self.state.tokens, self.now, self.plan.token_credential)

    def named(self, variable: str) -> Thing | None:
        """Find the thing that a variable names."""
        for name, kind, key in self.referred:
            if name == variable:
                return self.state.get(kind.name, key)
        template = self.plan.words.get("variables", {}).get(variable)
        if template is None or variable not in self.variables:
            return None
        return self.state.get(self.plan.kind(template).name, (self.variables[variable],))

    def filled(self, template: Json, **more: Any) -> Any:
        """Fill a template of the data's words; `more` are names that stand before all others."""

        def look(name: str) -> Any:
            root = name.removesuffix("/")
            return more[root] if root in more else self.look(name)

        return fill(template, look)

    def with_value(self, value: Any, role: Role, variables: Mapping[str, str]) -> Asked:
        """Give the same request as if it had brought one value, for a role of which the variables say all."""
        content, role = Content(value), replace(role, names=(), variables=())
        return replace(self, content=content, role=role, values=(), variables=dict(variables), words={})


def moment_words(now: datetime, url: str) -> dict[str, Any]:
    """What every template can say: the moment, as RFC 3339 has it and in Unix seconds, and where the service is."""
    return {"now": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "unix": int(now.timestamp()), "url": url}


def _file_words(files: Sequence[tuple[str, Blob]]) -> Any:
    if not files:
        return UNSET
    _, blob = files[0]
    return {"name": blob.name, "type": blob.media_type, "size": blob.size}


def require_referred(asked: Asked) -> None:
    """Make sure that all that the path names on its way is there. Raises Refusal where something is not."""
    for _, kind, key in asked.referred:
        if asked.state.get(kind.name, key) is None:
            raise missing(asked, kind, key)


def missing(asked: Asked, kind: Kind, key: Sequence[str]) -> Refusal:
    """Make the refusal for a thing that is not there, in the words of its kind."""
    words = kind.words.get("missing", {})
    named = dict(zip(kind.parts, key, strict=False))
    message = words.get("message", "There is nothing at {place}")
    text = asked.filled(message, **named, place=kind.spelled(key))
    return Refusal(words.get("status", 404), str(text), words.get("code"))


def the_key(asked: Asked) -> tuple[str, ...]:
    """Give the key of the one thing that the path means. Raises Refusal where it means no single one."""
    kind, bound = asked.role.kind, asked.role.bound(asked.values)
    if len(bound) < len(kind.parts):
        raise Refusal(404, f"{asked.end.template.text} does not say which of {kind.name} is meant")
    return tuple(bound[place] for place in range(len(kind.parts)))


def the_thing(asked: Asked) -> Thing:
    """Find the one thing that the path means. Raises Refusal where it is not there."""
    kind, key = asked.role.kind, the_key(asked)
    thing = asked.state.get(kind.name, key)
    if thing is None:
        raise missing(asked, kind, key)
    return thing


def all_words(asked: Asked) -> dict[str, Any]:
    """What service, kind, resource and method say, the nearest over the others."""
    return {**asked.plan.words, **asked.role.kind.words, **asked.role.words, **asked.words}


def word_layers(asked: Asked, word: str, *, anew: bool = True) -> list[Any]:
    """What kind (only for a thing that is made `anew`), resource and method say under one word, the nearest last."""
    kind = asked.role.kind.words.get(word)
    own = [words[word] for words in (asked.role.words, asked.words) if word in words]
    # Where the resource is the kind's own, both have the same words.
    found = [template for template in own if template is not kind]
    return [kind, *found] if anew and kind is not None else found


def file_outcome(thing: Thing, role: Role) -> Outcome:
    """Give the file that came with a thing. Raises Refusal where none did."""
    said = role.words.get("file")
    blob = next((blob for name, blob in thing.files if said in (None, True, name)), None)
    if blob is None:
        raise Refusal(404, "there is no file here")
    return Outcome(200, blob=blob)
