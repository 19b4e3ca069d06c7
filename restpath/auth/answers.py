"""
Answers of OAuth servers: what they say, that it is nonsense, or that it is a no.

Takes a `Reply`; gives its names and values, or the `AuthError` that fits. Pure. No message shows a secret: neither one
that was sent, however short, nor one that came in a place where nobody looked for it.
Source: RFC 6749 section 5; form-encoded answers are a habit from before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from restpath.content import parse_json
from restpath.errors import AuthError, RequestError
from restpath.masking import MASK, Secret, mask_secrets, mask_url
from restpath.regex import pattern
from restpath.reply import Reply

__all__ = ["TokenRefused", "nonsense", "object_in", "refusal_in", "refused"]

_EXCERPT = 200


class TokenRefused(AuthError):
    """
    The token endpoint said no.

    Attributes:
        code: its own word for why, such as `invalid_grant`; "" where it has none. Source: RFC 6749 section 5.2.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        self.code = code
        super().__init__(message)


# ---- what it says -----------------------------------------------------------------------------------------------


def object_in(reply: Reply, secrets: Iterable[Secret]) -> Mapping[str, Any]:
    """
    Find the names and values of an answer: JSON whatever its media type says, or a form.

    Raises:
        AuthError: it is neither.
    """
    content = _object(reply)
    if content is None:
        begins = f"it begins {_opaque_masked(reply.excerpt, secrets)!r}"
        raise nonsense(reply, begins if reply.body else "it is empty")
    return content


def _object(reply: Reply) -> dict[str, Any] | None:
    try:
        content = parse_json(reply.body, None)
    except (ValueError, RecursionError):
        text = reply.text.strip()
        return dict(parse_qsl(text, keep_blank_values=True)) if _FORM.fullmatch(text) else None
    return content if isinstance(content, dict) else None


_FORM = pattern(r"[^\s=&<>{}\"]+=[^\s=&<>\"]*(?:&[^\s=&<>{}\"]+=[^\s=&<>\"]*)*")


def nonsense(reply: Reply, problem: str, content: Mapping[str, Any] | None = None) -> AuthError:
    """
    Say that an answer is no token.

    Args:
        problem: what is wrong with it.
        content: what it says, where that can be read. Only its names are shown: any value may be the token, in a place
            that was not looked at.
    """
    names = "" if content is None else f"; it has {', '.join(map(repr, list(content)[:12])) or 'nothing'}"
    return AuthError(
        f"{reply.call.described()} answered nonsense: {problem}{names}. Check that this is where tokens are got"
    )


def _opaque_masked(text: str, secrets: Iterable[Secret]) -> str:
    """The beginning of a text, without anything in it that could be a token."""
    text = mask_url(mask_secrets(text, secrets, longer_than=3))
    return _OPAQUE.sub(MASK, text)[:_EXCERPT]


_OPAQUE = pattern(r"(?=[\w.~+/=-]*[0-9])[\w.~+/=-]{6,}|[\w.~+/=-]{20,}")


# ---- refusals ----------------------------------------------------------------------------------------------------

_HINTS = {
    "invalid_client": "Check the client's own credentials",
    "invalid_grant": "The password, code or refresh token is not good, or not any more: log in again",
    "unauthorized_client": "Ask the service to let this client use this grant",
    "unsupported_grant_type": "Ask the service to let this client use this grant",
    "invalid_scope": "Ask for less",
    "access_denied": "The person, or the service, said no",
    "expired_token": "Nobody confirmed it in time: log in again",
}


def refused(error: RequestError, secrets: Collection[Secret]) -> TokenRefused:
    """
    Say what a token endpoint refused.

    The error it is made of is not its cause, and is better not made so (`raise ... from None`): it quotes the endpoint,
    which may say short secrets back.

    Args:
        error: what the request for a token came to.
        secrets: what must not be in the message, however short.
    """
    return refusal_in(error.reply, _object(error.reply) or {}, secrets)


def refusal_in(reply: Reply, content: Mapping[str, Any], secrets: Iterable[Secret]) -> TokenRefused:
    """Say what an answer refuses, whatever its status; see `refused`."""
    secrets = tuple(secrets)
    error, words = content.get("error"), content.get("error_description")
    if isinstance(error, Mapping):  # an object of the service's own
        words, error = error.get("message"), error.get("type")
    code = error if isinstance(error, str) else ""
    known = code if code in _CODES else _unsaid(code, secrets)
    words = _unsaid(words, secrets) if isinstance(words, str) else ""
    if not content:
        words = _unsaid(_opaque_masked(reply.excerpt, secrets), secrets)
    said = ": ".join(part for part in (known, words) if part)
    act = f"failed with {reply.status}" if reply.status >= 500 else f"was refused ({reply.status})"
    hint = "Try again later" if reply.status >= 500 or reply.status == 429 else _HINTS.get(code, "")
    text = f"{reply.call.described()} {act}{': ' + said.rstrip('.') if said else ''}"
    return TokenRefused(f"{text}. {hint}" if hint else text, code=known)


_CODES = frozenset(
    {*_HINTS, "invalid_request", "authorization_pending", "slow_down", "server_error", "temporarily_unavailable"}
)


def _unsaid(text: str, secrets: Iterable[Secret]) -> str:
    """One line of what a service says, with secrets masked; nothing where a short one is in it, which no mask hides."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    masked = mask_url(mask_secrets(line, secrets, longer_than=6))
    pieces = {piece for secret in secrets for piece in (secret.reveal(), *secret.reveal().split()) if piece}
    return "" if any(piece in masked for piece in pieces) else masked[:_EXCERPT]
