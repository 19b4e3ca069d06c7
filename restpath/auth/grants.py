"""
Grants: the exchange that ends in a token.

Takes what a definition says of its token endpoint and the credentials at hand; gives the request, as a `Call` without a
secret in it and the `Proof` that goes with it, and reads the answer: a `Token`, or the `AuthError` that fits. Pure.
Source: RFC 6749 sections 2.3.1, 4.3, 4.4, 5.1 and 6.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from restpath.auth.answers import TokenRefused, nonsense, object_in, refusal_in, refused
from restpath.auth.schemes import Proof, fill, named_in
from restpath.auth.tokens import Token, is_token
from restpath.call import Call, origin_of
from restpath.content import value_at
from restpath.definition.frozen import frozen_map
from restpath.definition.schemes import Credential, TokenRule
from restpath.errors import AuthError
from restpath.masking import Secret, mask_url
from restpath.regex import pattern
from restpath.reply import Reply
from restpath.types import Headers

__all__ = [
    "Filling", "Secrets", "TokenRefused", "client_authentication", "endpoint_url", "read_token", "refused",
    "request_of", "token_request",
]  # fmt: skip

Secrets: TypeAlias = Mapping[str, Secret]
_NO_SECRETS: Secrets = frozen_map({})
_NO_CREDENTIALS: Mapping[str, Credential] = frozen_map({})

_NUMBER = pattern(r"-?[0-9]+(?:\.[0-9]*)?")
_LONGEST_LIFETIME_SECONDS = 100 * 366 * 86400.0
# What the flows fill in, and leave out where they go without.
_FLOW_OPTIONAL = frozenset({"code_verifier", "redirect_uri"})


# ---- the request -------------------------------------------------------------------------------------------------


def token_request(
    rule: TokenRule,
    grant: str,
    at_hand: Secrets,
    base_url: str,
    *,
    more: Secrets = _NO_SECRETS,
    credentials: Mapping[str, Credential] = _NO_CREDENTIALS,
) -> tuple[Call, Proof]:
    """
    Describe the request for a token.

    Args:
        grant: which of the rule's grants.
        at_hand: the credentials.
        base_url: what the path of a token endpoint is below.
        more: what the flow itself fills in: code, redirect_uri, code_verifier, refresh_token, device_code.
        credentials: what the service says of its credentials: a field is left out where an optional one is missing,
            and what is no secret may be shown. Those it says nothing of are secret and needed.
    Returns:
        the call, and what is to be added to it when it is sent, for the origin of the endpoint alone.
    Raises:
        AuthError: there is no such grant, credentials are missing, or the endpoint is no URL.
    """
    fields = rule.grants.get(grant)
    if fields is None:
        raise AuthError(f"the service has no grant {grant!r}: it has {', '.join(rule.grants) or 'none'}")
    # Nothing is looked up but what is needed: to look may be to ask for a passphrase.
    values: Secrets = ChainMap(more, at_hand)  # type: ignore[arg-type]  # which are only read
    return request_of(rule.method, rule.url, fields, rule.basic, values, base_url, credentials=credentials)


def request_of(
    method: str,
    url: str,
    fields: Mapping[str, str],
    basic: tuple[str, ...],
    values: Secrets,
    base_url: str,
    *,
    credentials: Mapping[str, Credential],
) -> tuple[Call, Proof]:
    """Describe a request to an OAuth server: fields and client authentication, filled with values. See above."""
    filled = Filling(values, credentials)
    endpoint = endpoint_url(url, values, base_url)
    pairs = [(name, filled(text)) for name, text in fields.items()]
    headers: tuple[tuple[str, Secret], ...] = ()
    if basic:
        user, password = (filled(text) for text in basic)
        if user is not None and password is not None:
            pair = client_authentication(user, password)
            headers = (("Authorization", Secret(f"Basic {pair.reveal()}")),)
            filled.hide(pair)
        elif user is not None and "client_id" not in fields:
            pairs.append(("client_id", user))  # a public client says who it is: RFC 6749 section 3.2.1
    filled.refuse_missing(f"{method} {mask_url(endpoint)}")
    given = tuple((name, secret) for name, secret in pairs if secret is not None)
    call = Call(method, endpoint, headers=Headers({"Accept": "application/json"}))
    proof = Proof(
        headers=headers,
        query=given if method == "GET" else (),
        fields=() if method == "GET" else given,
        hidden=filled.secrets,
        origin=origin_of(endpoint),
    )
    return call, proof


class Filling:
    """
    Fills texts with credentials, and remembers which of them it used and which it lacked.

    Attributes:
        secrets: those it used that nothing that is shown may say.
    """

    def __init__(self, values: Secrets, credentials: Mapping[str, Credential]) -> None:
        self._values, self._credentials = values, credentials
        self._missing: dict[str, None] = {}
        self.secrets: tuple[Secret, ...] = ()

    def __call__(self, text: str) -> Secret | None:
        """Fill a text; None where it is left out, for want of something optional or of something needed."""
        names = named_in(text)
        lacking = [name for name in names if name not in self._values]
        if lacking:
            if not any(self._is_optional(name) for name in lacking):
                self._missing.update(dict.fromkeys(lacking))
            return None
        self.hide(*(self._values[name] for name in names if self._is_secret(name)))
        return Secret(fill(text, self._values))

    def _is_optional(self, name: str) -> bool:
        return name in _FLOW_OPTIONAL or (name in self._credentials and self._credentials[name].optional)

    def _is_secret(self, name: str) -> bool:
        return name != "redirect_uri" and (name not in self._credentials or self._credentials[name].secret)

    def hide(self, *secrets: Secret) -> None:
        """Count more among those that nothing that is shown may say."""
        self.secrets = (*self.secrets, *(each for each in secrets if each not in self.secrets))

    def refuse_missing(self, what: str) -> None:
        """Raise AuthError where something that is needed was not there."""
        if self._missing:
            names = ", ".join(self._missing)
            raise AuthError(f"{what} needs credentials: {names}. Give them to restpath.connect() or restpath.login()")


def endpoint_url(text: str, values: Secrets, base_url: str) -> str:
    """
    Fill the URL of an endpoint, and put a path below the base URL.

    Raises:
        AuthError: it lacks a credential, or is no http or https URL of a server.
    """
    lacking = [name for name in named_in(text) if name not in values]
    if lacking:
        raise AuthError(f"where the login goes, {text}, needs {', '.join(lacking)}: give it to restpath.connect()")
    # At the beginning it is the URL of a server, elsewhere a piece of the path.
    server, rest = re.fullmatch(r"(\{[^{}]*\})?(.*)", text, re.DOTALL).groups("")  # type: ignore[union-attr]
    pieces = {name: Secret(quote(values[name].reveal(), safe="")) for name in named_in(rest)}
    url = fill(server, values).rstrip("/") + fill(rest, pieces)
    url = base_url.rstrip("/") + url if text.startswith("/") else url
    problem = _url_problem(url)
    if problem:
        raise AuthError(f"the login goes to {mask_url(url)!r}, which {problem}")
    return url


def _url_problem(url: str) -> str | None:
    """Source: RFC 6749 section 3.2; user information would be a credential that nobody meant to send there."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\\x00-\x20\x7f]", url):
        return "is no http or https URL"
    if parts.fragment or parts.username is not None or parts.password is not None:
        return "has a fragment or user information"
    return None


def client_authentication(user: Secret, password: Secret) -> Secret:
    """
    Write a client's name and password as what stands behind `Basic`.

    RFC 6749 section 2.3.1 has both form-encoded first, and many servers never decode them. So nothing is encoded but
    what the decoding would change (`%` and `+`), what splits the pair, and what is no printable ASCII: a server that
    decodes reads every secret right, and one that does not reads all but those right. A space is `%20`, which those
    that decode percents alone read, too.
    """
    pair = f"{quote(user.reveal(), safe=_KEPT)}:{quote(password.reveal(), safe=_KEPT + ':')}"
    from base64 import b64encode

    return Secret(b64encode(pair.encode("ascii")).decode())


_KEPT = "!\"#$&'()*,/;<=>?@[\\]^`{|}~"


# ---- the answer --------------------------------------------------------------------------------------------------


def read_token(
    reply: Reply, rule: TokenRule, now: datetime, public: Mapping[str, str], *, previous: Token | None = None
) -> Token:
    """
    Read the answer of a token endpoint.

    Args:
        reply: an answer of success.
        now: when it came.
        public: what of the credentials is no secret, to be kept with the token.
        previous: the token that this one renews: its refresh token goes on where no new one came (RFC 6749 section 6).
    Raises:
        TokenRefused: it says that it refuses, with a status of success all the same.
        AuthError: it is no token.
    """
    content = object_in(reply, reply.hidden)
    access = next(
        (value for value in (value_at(content, each) for each in rule.answer.token) if value is not None), None
    )
    if access is None and content.get("error"):
        raise refusal_in(reply, content, reply.hidden)
    if not is_token(access):
        found = "no token" if access is None else "no text that could be a token"
        raise nonsense(reply, f"{found} at {' or '.join(rule.answer.token)}", content)
    refresh = value_at(content, rule.answer.refresh_token)
    if refresh not in (None, "") and not is_token(refresh):
        raise nonsense(reply, f"no text that could be a token at {rule.answer.refresh_token}", content)
    kept = Secret(refresh) if refresh else previous.refresh if previous is not None else None
    lifetime = _lifetime(reply, value_at(content, rule.answer.expires_in), rule.answer.expires_in, content)
    expires_at = None if lifetime is None else now.timestamp() + lifetime
    return Token(Secret(access), kept, expires_at, frozen_map(public), content, lifetime)


def _lifetime(reply: Reply, value: object, pointer: str, content: Mapping[str, Any]) -> float | None:
    """
    Read a lifetime in seconds; None where it is not said.

    Servers write "for ever" as 0, as -1 and as the largest number they know: all that is no lifetime is none. As
    expired at once such a token would be renewed before every call.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value:
        raise nonsense(reply, f"no number of seconds at {pointer}", content)
    return float(value) if 0 < value < _LONGEST_LIFETIME_SECONDS else None
