"""
Authorization by a person: the link to open, and the code that comes back.

Takes what a definition says of the grant; gives an `Authorization` with its link, and reads the code out of what came
back. Pure: opening the link and catching the answer are the caller's. Proof keys and states are made, links are put
together and redirects are read by oauthlib.
Source: RFC 6749 section 4.1, RFC 7636 (PKCE), RFC 8252 (loopback).
"""

from __future__ import annotations

import hmac
import json
import re
from collections import ChainMap
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from restpath.auth.answers import TokenRefused
from restpath.auth.grants import Filling, Secrets, endpoint_url
from restpath.auth.schemes import named_in
from restpath.call import origin_of
from restpath.definition.frozen import frozen_map
from restpath.definition.schemes import AuthorizeRule, Credential, TokenRule
from restpath.errors import AuthError, DefinitionError, InvalidValue
from restpath.masking import Secret, mask_url
from restpath.records import dataclass, field

__all__ = ["Authorization", "begin", "read_code"]

_NONE: Mapping[str, Credential] = frozen_map({})
_EXCERPT = 200


def _oauthlib() -> Any:
    try:
        import oauthlib.oauth2  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise InvalidValue("logging in with a link needs the package oauthlib: pip install 'restpath[oauth]'") from None
    return oauthlib


# ---- authorization code ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Authorization:
    """
    A login that waits for a person.

    Attributes:
        link: where to send the person.
        state: what has to come back with the code; "" where nothing has.
        code_verifier: the proof that whoever brings the code asked for it; None where the service knows no PKCE.
        redirect_uri: where the code comes back to; None where the person types it in.
    """

    link: str
    state: str = field(default="", repr=False)
    code_verifier: Secret | None = None
    redirect_uri: str | None = None

    def exchange_values(self, code: str) -> dict[str, Secret]:
        """Give what the token request of the grant `authorization_code` is filled with, beside credentials."""
        values = {"code": Secret(code)}
        if self.code_verifier is not None:
            values["code_verifier"] = self.code_verifier
        if self.redirect_uri is not None:
            values["redirect_uri"] = Secret(self.redirect_uri)
        return values

    def to_json(self) -> dict[str, Any]:
        """Give what a web application keeps in its session until the person is back. It holds the proof key."""
        verifier = self.code_verifier.reveal() if self.code_verifier is not None else None
        return {"link": self.link, "state": self.state, "code_verifier": verifier, "redirect_uri": self.redirect_uri}

    @staticmethod
    def from_json(stored: object) -> Authorization:
        """
        Take what a session kept: what `to_json()` gave, or JSON text of it.

        Raises:
            AuthError: there is no authorization in it.
            InvalidValue: it is neither a mapping nor text.
        """
        if isinstance(stored, str):
            stored = _read_json(stored)
        elif stored is not None and not isinstance(stored, Mapping):
            raise InvalidValue(f"a {type(stored).__name__} is no kept login: give what Authorization.to_json() gave")
        said = stored if isinstance(stored, Mapping) else {}
        link, state = said.get("link"), said.get("state")
        verifier, redirect_uri = said.get("code_verifier"), said.get("redirect_uri")
        if not (
            isinstance(link, str)
            and isinstance(state, str)
            and (verifier is None or isinstance(verifier, str))
            and (redirect_uri is None or isinstance(redirect_uri, str))
        ):
            raise AuthError("what was kept of the login is damaged: begin it again with restpath.begin_login()")
        return Authorization(link, state, None if verifier is None else Secret(verifier), redirect_uri)


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # json's own error would carry the text, and the proof key in it


def begin(
    rule: TokenRule,
    at_hand: Secrets,
    base_url: str,
    redirect_uri: str | None,
    *,
    credentials: Mapping[str, Credential] = _NONE,
) -> Authorization:
    """
    Make the link to which a person is sent, with a state and a proof key of its own.

    Args:
        redirect_uri: where the code is to come back to; None leaves out of the link what names it.
        credentials: what the service says of its credentials, see `token_request`.
    Raises:
        AuthError: the service has no such link, or credentials are missing for it.
        DefinitionError: the link would show a secret.
        InvalidValue: oauthlib is missing.
    """
    oauthlib = _oauthlib()
    if rule.authorize is None:
        raise AuthError("the service has no link to log in by: it says nothing of the grant authorization_code")
    if redirect_uri is not None:
        _check_redirect_uri(redirect_uri)
    own = {"redirect_uri": Secret(redirect_uri)} if redirect_uri is not None else {}
    values = ChainMap(own, at_hand)  # type: ignore[arg-type]  # which is only read
    url = endpoint_url(rule.authorize.url, values, base_url)
    filled = Filling(values, credentials)
    pairs = [(name, filled(text)) for name, text in rule.authorize.query.items()]
    filled.refuse_missing(f"the link to {mask_url(url)}")
    if filled.secrets:
        shown = [name for text in rule.authorize.query.values() for name in named_in(text) if name in values]
        names = ", ".join(name for name in shown if values[name] in filled.secrets)
        raise DefinitionError(
            f'the link to {mask_url(url)} would show {names}: say "secret": false of it under credentials, or leave it '
            "out of authorize"
        )
    query = [(name, secret.reveal()) for name, secret in pairs if secret is not None]
    state, verifier, added = _safeguards(oauthlib, rule.authorize)
    link: str = oauthlib.common.add_params_to_uri(url, [*query, *added])
    return Authorization(link, state, verifier, redirect_uri)


def _safeguards(oauthlib: Any, rule: AuthorizeRule) -> tuple[str, Secret | None, list[tuple[str, str]]]:
    """A state, a proof key, and what the link says of both. Source: RFC 6749 section 10.12, RFC 7636 section 4."""
    state, verifier, added = "", None, []
    if rule.state:
        state = oauthlib.common.generate_token(43)
        added.append(("state", state))
    if rule.pkce:
        client = oauthlib.oauth2.WebApplicationClient("")
        text = client.create_code_verifier(64)
        challenge = client.create_code_challenge(text, "S256")
        verifier = Secret(text)
        added += [("code_challenge", challenge), ("code_challenge_method", "S256")]
    return state, verifier, added


def _check_redirect_uri(text: str) -> None:
    """Source: RFC 6749 section 3.1.2; an application of its own may have a scheme of its own (RFC 8252 section 7.1)."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+", text) or "#" in text:
        raise InvalidValue(f"redirect_uri={text!r} is no URL without a fragment")


def read_code(authorization: Authorization, answer: str) -> str:
    """
    Read the code out of what came back.

    Args:
        answer: the whole URL that the person was sent back to, its query, or the code alone, as a page shows it to be
            typed in. A web application gives the URL: the code alone does not say whose login it ends.
    Raises:
        AuthError: the person or the service said no, the answer is not for this login, or there is no code in it.
        InvalidValue: oauthlib is missing.
    """
    text = answer.strip()
    if "://" not in text and not re.match(r"[/?]|(?:.*&)?(?:code|error|state)=", text):
        return _code(text)
    url, _, query = text.partition("?") if "?" in text else ("", "", text)
    if "://" in text:
        _check_destination(authorization, url or text)
        query = urlsplit(text).query
    given = _pairs(query)
    if "state" in given or "error" not in given:  # some services leave it out where they say no
        _check_state(authorization, given.get("state", ""))
    return _code(_read_redirect(query, authorization.state).get("code", ""))


def _pairs(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    for name in ("code", "state", "error"):
        if [each for each, _ in pairs].count(name) > 1:  # RFC 6749 section 3.1
            raise AuthError(f"the answer says {name} twice, and is none of the service's: log in again")
    return dict(pairs)


def _check_destination(authorization: Authorization, url: str) -> None:
    """A code that came back elsewhere was not asked for by this login. Source: RFC 6749 section 10.6."""
    expected = authorization.redirect_uri
    if expected is None:
        return
    if _place(url) != _place(expected):
        raise AuthError(f"the answer came back to {mask_url(url)}, and this login waits for it at {expected}")


def _place(url: str) -> tuple[Any, ...]:
    try:
        parts = urlsplit(url)
        scheme, host, port = origin_of(url)
    except ValueError:
        return ()
    host = "127.0.0.1" if host in ("localhost", "::1") else host  # the same machine, whatever a service calls it
    return scheme, host, port, parts.netloc.rpartition("@")[0], parts.path or "/"


def _check_state(authorization: Authorization, state: str) -> None:
    if authorization.state and not hmac.compare_digest(authorization.state.encode(), state.encode("utf-8", "replace")):
        raise AuthError(
            "the answer is not for this login: its state is not the one that was sent. Nothing was done with it; "
            "log in again, and take the answer to the newest link"
        )


def _read_redirect(query: str, state: str) -> Mapping[str, str]:
    """Read an answer as oauthlib does; it insists on https, which a redirect to this very machine has no use for."""
    oauthlib = _oauthlib()
    parse = oauthlib.oauth2.rfc6749.parameters.parse_authorization_code_response
    refusal: AuthError
    try:
        found: Mapping[str, str] = parse(f"https://localhost/?{query}")
        return found
    except oauthlib.oauth2.rfc6749.errors.MissingCodeError:
        refusal = AuthError("there is no code in the answer: give the whole URL that the browser ended at")
    except oauthlib.oauth2.rfc6749.errors.OAuth2Error as error:
        refusal = _refusal(error.error, error.description)
    raise refusal  # outside the handler: oauthlib's errors hold the answer


def _refusal(code: object, description: object) -> TokenRefused:
    said = [_line(each) for each in (code, description) if isinstance(each, str) and each]
    return TokenRefused(f"the login was refused: {': '.join(said)}", code=said[0] if said else "")


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_EXCERPT]


def _code(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", text):  # RFC 6749 appendix A.11; none has spaces in earnest
        raise AuthError("that is no code: give the whole URL that the browser ended at, or the code alone")
    return text
