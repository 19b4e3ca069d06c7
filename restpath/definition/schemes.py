"""
Credentials and schemes: what a service is shown of who calls, and how its tokens are got.

Takes the words `credentials` and `auth` of service.json, found good; gives immutable records, which `restpath.auth`
follows.
Source: RFC 6749 and 7636 for tokens, RFC 8628 for devices, RFC 7617 for basic; which fields a service wants is its
definition's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from restpath.definition.frozen import arguments_of, frozen_map, nothing
from restpath.records import dataclass, field
from restpath.types import JsonObject

__all__ = [
    "AuthorizeRule", "Credential", "DeviceRule", "Discovery", "Scheme", "Signature", "TokenAnswer", "TokenRule",
    "credential_of", "scheme_of",
]  # fmt: skip

Texts: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Credential:
    """
    A name under which `connect` takes a credential.

    Attributes:
        secret: whether it must be shown nowhere.
        default: its value where none is given.
        optional: whether what it is part of goes without it where it is missing.
        netrc: the machine of the netrc whose password it is.
    """

    name: str
    secret: bool = True
    default: str | None = None
    optional: bool = False
    netrc: str | None = None


@dataclass(frozen=True)
class Signature:
    """
    A signature over the pairs of query and form.

    Attributes:
        digest: md5, sha1 or sha256.
        parameter: the name under which it goes with the call, in hex.
        text: what is signed: `{pairs}`, `{operation}` and credentials.
    """

    digest: str
    parameter: str
    text: str


@dataclass(frozen=True)
class AuthorizeRule:
    """The link to which a person is sent for an authorization code. Source: RFC 6749 section 4.1.1, RFC 7636."""

    url: str
    query: Texts = field(default_factory=nothing)
    pkce: bool = True
    state: bool = True


@dataclass(frozen=True)
class DeviceRule:
    """Where a device asks for its codes. Source: RFC 8628 section 3.1."""

    url: str
    fields: Texts = field(default_factory=nothing)


@dataclass(frozen=True)
class TokenAnswer:
    """Where the answer of a token endpoint has what: JSON Pointers, the first that is there. Source: RFC 6749 5.1."""

    token: tuple[str, ...] = ("/access_token",)
    expires_in: str = "/expires_in"
    refresh_token: str = "/refresh_token"


@dataclass(frozen=True)
class Discovery:
    """Where the service itself tells a credential that is no secret: a path that is open to all, and a JSON Pointer."""

    path: str
    pointer: str


@dataclass(frozen=True)
class TokenRule:
    """
    How a token is got.

    Attributes:
        credential: the credential that the token becomes.
        url: the token endpoint: a URL, or a path below the base URL; `{name}` stands for a credential.
        method: POST, or GET where the fields go in the query.
        basic: user name and password of the client's own authentication (RFC 6749 section 2.3.1).
        grants: the fields of the request by grant.
        discovery: how credentials are found out that nobody gave.
    """

    credential: str
    url: str
    method: str = "POST"
    basic: tuple[str, ...] = ()
    grants: Mapping[str, Texts] = field(default_factory=nothing)
    authorize: AuthorizeRule | None = None
    device: DeviceRule | None = None
    answer: TokenAnswer = TokenAnswer()
    discovery: Mapping[str, Discovery] = field(default_factory=nothing)


@dataclass(frozen=True)
class Scheme:
    """
    A way to authenticate: what goes with a call, with each `{name}` filled with a credential.

    Attributes:
        headers: header fields.
        query: pairs of the query.
        fields: pairs that go where the call's own fields go: in its form, or in the query where it has no body.
        basic: user name and password of HTTP's basic authentication (RFC 7617).
        signature: what is signed, and how.
        token: how its token is got where none is given.
    """

    name: str
    headers: Texts = field(default_factory=nothing)
    query: Texts = field(default_factory=nothing)
    fields: Texts = field(default_factory=nothing)
    basic: tuple[str, ...] = ()
    signature: Signature | None = None
    token: TokenRule | None = None


def credential_of(name: str, words: JsonObject) -> Credential:
    """Make the record of a credential of its name and its words."""
    return Credential(
        name,
        secret=words.get("secret", True),
        default=words.get("default"),
        optional=words.get("optional", False),
        netrc=words.get("netrc"),
    )


def scheme_of(name: str, words: JsonObject) -> Scheme:
    """Make the record of a scheme of its name and its words."""
    bearer = {"Authorization": f"Bearer {words['bearer']}"} if "bearer" in words else {}
    signature = words.get("signature")
    return Scheme(
        name,
        headers=frozen_map({**words.get("headers", {}), **bearer}),
        query=frozen_map(words.get("query", {})),
        fields=frozen_map(words.get("fields", {})),
        basic=tuple(words.get("basic", ())),
        signature=Signature(**arguments_of(signature)) if signature is not None else None,
        token=_token_rule(words["token"]) if "token" in words else None,
    )


def _token_rule(words: JsonObject) -> TokenRule:
    authorize, device = words.get("authorize"), words.get("device")
    discovery = {name: Discovery(**arguments_of(said)) for name, said in words.get("discovery", {}).items()}
    answer = arguments_of(words.get("answer", {}))
    if isinstance(answer.get("token"), str):
        answer["token"] = (answer["token"],)
    return TokenRule(
        credential=words["credential"],
        url=words["url"],
        method=words.get("method", "POST"),
        basic=tuple(words.get("basic", ())),
        grants=frozen_map({name: frozen_map(fields) for name, fields in words.get("grants", {}).items()}),
        authorize=AuthorizeRule(**arguments_of(authorize)) if authorize is not None else None,
        device=DeviceRule(**arguments_of(device)) if device is not None else None,
        answer=TokenAnswer(**answer),
        discovery=frozen_map(discovery),
    )
