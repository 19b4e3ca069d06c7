"""
Authentication schemes: what credentials add to a call, by what the definition says.

Takes a scheme of the definition and the credentials at hand; gives header fields and pairs. Pure: the credentials
are put in at the last moment before sending, so that no `Call` ever holds one.
Source: RFC 9110 section 11, RFC 7617 (basic); which fields a service wants is its definition's word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from restpath.definition.schemes import Scheme, TokenRule
from restpath.definition.service import Service
from restpath.errors import InvalidValue
from restpath.masking import Secret
from restpath.records import dataclass, field

if TYPE_CHECKING:
    from restpath.auth.tokens import Token
    from restpath.call import Call

__all__ = [
    "BasicLogin", "Choice", "Credentials", "Proof", "basic_header", "choose_scheme", "credential_text", "fill",
    "grant_for", "hidden", "lacking", "missing_grant", "named_in", "of_grant", "placeholders", "prove",
]  # fmt: skip


@dataclass(frozen=True)
class Credentials:
    """The credentials of a client by name, and where each came from."""

    values: Mapping[str, Secret] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values


@dataclass(frozen=True)
class Proof:
    """
    What a scheme adds to a call: header fields and pairs, for one origin only.

    Attributes:
        headers: header fields.
        query: pairs of the query.
        fields: pairs that go where the call's own fields go.
        hidden: the secrets among them, which nothing that is shown may say.
        origin: who gets to see it; None: whoever the client's credentials are for.
        token: the token in it, where one was got for it.
    """

    headers: tuple[tuple[str, Secret], ...] = ()
    query: tuple[tuple[str, Secret], ...] = ()
    fields: tuple[tuple[str, Secret], ...] = ()
    hidden: tuple[Secret, ...] = ()
    origin: tuple[str, str, int] | None = None
    token: Token | None = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return bool(self.headers or self.query or self.fields)


@dataclass(frozen=True)
class BasicLogin:
    """
    User name and password as an `auth` object for requests, which shows neither.

    They are sent in ISO-8859-1 as requests does, or in UTF-8 where that has no room for them (RFC 7617 section 2).
    """

    name: str = field(repr=False)
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        """See that it can be sent. Raises InvalidValue."""
        _check_user_name(self.name)

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = basic_header(self.name, self.password)
        return request


def basic_header(name: str, password: str) -> str:
    """
    Write user name and password as RFC 7617 has them: in ISO-8859-1, or in UTF-8 where that has no room for them.

    Raises:
        InvalidValue: there is a colon in the name, behind which the password would begin (section 2).
    """
    from base64 import b64encode

    _check_user_name(name)
    pair = f"{name}:{password}"
    try:
        data = pair.encode("latin-1")
    except UnicodeEncodeError:
        data = pair.encode("utf-8", "replace")
    return f"Basic {b64encode(data).decode()}"


def _check_user_name(name: str) -> None:
    if ":" in name:
        raise InvalidValue(
            f"the user name {name!r} has a colon in it, which HTTP's basic authentication cannot send (RFC 7617)"
        )


def hidden(auth: Any) -> Any:
    """Give what was given as `auth=`, but a pair of texts as a login that no traceback shows."""
    is_pair = isinstance(auth, tuple) and len(auth) == 2 and all(isinstance(each, str) for each in auth)
    return BasicLogin(*auth) if is_pair else auth


def credential_text(name: str, value: object) -> Secret:
    """
    Take a credential as the caller gave it.

    Raises:
        InvalidValue: it is no text of one line; the message never shows it.
    """
    text = value.reveal() if isinstance(value, Secret) else str(value) if type(value) is int else value
    if not isinstance(text, str):
        raise InvalidValue(f"the credential {name!r} needs a text, not {type(value).__name__}")
    if not text:
        raise InvalidValue(f"the credential {name!r} needs a text, and this one is empty")
    if any(break_ in text for break_ in "\r\n\0"):
        raise InvalidValue(f"the credential {name!r} has a line break in it, which no header field can carry")
    if any("\ud800" <= char <= "\udfff" for char in text):  # also what the environment has in no character set
        raise InvalidValue(f"the credential {name!r} has half a character in it, which has no UTF-8")
    return Secret(text)


def named_in(text: str) -> list[str]:
    """Name the placeholders of a text."""
    return [part.rpartition("{")[2] for part in text.split("}")[:-1] if "{" in part]


def fill(text: str, values: Mapping[str, Secret]) -> str:
    """Fill the placeholders of a text. Raises KeyError where one has no value."""
    *parts, end = text.split("}")
    filled = ""
    for part in parts:
        before, opened, name = part.rpartition("{")
        filled += before + values[name].reveal() if opened else part + "}"
    return filled + end


_NO_CREDENTIALS = frozenset({"pairs", "operation"})


def placeholders(scheme: Scheme) -> list[str]:
    """Name the credentials that a scheme needs, in the order in which it names them."""
    texts = [*scheme.headers.values(), *scheme.query.values(), *scheme.fields.values(), *scheme.basic]
    texts += [scheme.signature.text] if scheme.signature else []
    names = dict.fromkeys(name for text in texts for name in named_in(text))
    return [name for name in names if not (scheme.signature and name in _NO_CREDENTIALS)]


# ---- which scheme ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A scheme whose credentials are there, or can be got: by `grant`, where its token is still to be asked for."""

    scheme: Scheme
    grant: str | None = None


# What needs nobody's doing, in the order of what it costs.
_BY_ITSELF = ("refresh_token", "client_credentials", "password")


def choose_scheme(service: Service, names: Sequence[str], at_hand: Credentials) -> Choice | None:
    """
    Find the first of the named schemes whose credentials are all there, or whose token these can get.

    A scheme that asks for nothing is no choice here: it is what is left where there are no credentials at all.
    """
    for name in names:
        scheme = service.schemes[name]
        needed = placeholders(scheme)
        if not needed:
            continue
        missing = lacking(service, needed, at_hand)
        if not missing:
            return Choice(scheme)
        rule = scheme.token
        if rule is not None and missing == [rule.credential]:
            grant = grant_for(service, rule, at_hand)
            if grant is not None:
                return Choice(scheme, grant)
    return None


def grant_for(service: Service, rule: TokenRule, at_hand: Credentials) -> str | None:
    """Find the grant that gets a token by itself, with what is at hand; None where there is none."""
    for grant in _BY_ITSELF:
        if grant in rule.grants and not missing_grant(service, rule, grant, at_hand):
            return grant
    return None


def missing_grant(service: Service, rule: TokenRule, grant: str, at_hand: Credentials) -> list[str]:
    """Name the credentials that are missing for a grant."""
    return lacking(service, of_grant(rule, grant), at_hand)


def of_grant(rule: TokenRule, grant: str) -> list[str]:
    """Name the credentials that a token request needs, but for those that the service itself tells."""
    texts = [*rule.grants[grant].values(), *rule.basic, rule.url]
    names = dict.fromkeys(name for text in texts for name in named_in(text))
    return [name for name in names if name not in rule.discovery]


def lacking(service: Service, names: Sequence[str], at_hand: Credentials) -> list[str]:
    """Name those of the credentials that are not there, but for those that a call can go without."""
    known = service.credentials
    return [name for name in names if name not in at_hand and not (name in known and known[name].optional)]


# ---- what it adds ------------------------------------------------------------------------------------------------


def prove(
    scheme: Scheme,
    at_hand: Mapping[str, Secret],
    service: Service,
    call: Call | None = None,
    token: Token | None = None,
) -> Proof:
    """
    Fill a scheme's texts with the credentials; what needs an optional one that is missing is left out.

    Args:
        call: what is to be proven; a signature covers its query and its form.
        token: the token among the credentials that was got for it.
    """

    def filled(texts: Mapping[str, str]) -> tuple[tuple[str, Secret], ...]:
        return tuple(
            (name, Secret(fill(text, at_hand)))
            for name, text in texts.items()
            if all(each in at_hand for each in named_in(text))
        )

    headers, query, fields = filled(scheme.headers), filled(scheme.query), filled(scheme.fields)
    if scheme.basic and all(each in at_hand for text in scheme.basic for each in named_in(text)):
        name, password = (fill(text, at_hand) for text in scheme.basic)
        headers = (*headers, ("Authorization", Secret(basic_header(name, password))))
    if scheme.signature is not None and call is not None:
        from restpath.auth.signing import signature_of
        from restpath.carried import pairs_of

        own = pairs_of(call)
        taken = {name for name, _ in own}  # what the call says itself goes in place of what the scheme would add
        added = [(name, secret.reveal()) for name, secret in (*query, *fields) if name not in taken]
        operation = (call.operation.name if call.operation else None) or ""
        digest = signature_of(scheme.signature, [*own, *added], operation, at_hand)
        fields = (*fields, (scheme.signature.parameter, Secret(digest)))
    secret = [name for name in placeholders(scheme) if service.credentials[name].secret and name in at_hand]
    return Proof(headers, query, fields, hidden=tuple(at_hand[name] for name in secret), token=token)
