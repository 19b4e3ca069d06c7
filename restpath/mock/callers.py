"""
Who asks: the credentials of a request to the mock, read off it as the definition's schemes write them, and judged.

Takes a `Request`, the schemes that the method admits and what is known of credentials; gives them by name, with what is
known of a token's owner, or raises `Refusal`. Where the service has codes of its own for what is missing, wrong or
expired, the data says so (`refusals`).
Source: RFC 6750 section 3 for the challenge, RFC 7617 for basic authentication.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from restpath.auth.schemes import named_in
from restpath.definition.model import Definition
from restpath.definition.schemes import Scheme
from restpath.masking import Secret
from restpath.mock.asked import Refusal
from restpath.mock.tokens import Issued, TokenBook
from restpath.types import Headers

__all__ = ["Callers", "Request", "basic_pair", "read_text"]


@dataclass(frozen=True)
class Request:
    """
    What of a request can speak for its sender.

    Attributes:
        pairs: those of query and form, decoded, in their order.
        operation: the operation's name; "" where it has none.
    """

    headers: Headers
    pairs: Sequence[tuple[str, str]] = ()
    operation: str = ""

    def value(self, name: str) -> str | None:
        """Give the last value under a name in query and form."""
        return next((value for key, value in reversed(self.pairs) if key == name), None)


_Place = tuple[str, str]
_SIGNATURE = "signature"


@dataclass
class _Reading:
    """What a request has of a scheme: values by credential, where each stood, and which are missing."""

    scheme: Scheme
    found: dict[str, str] = field(default_factory=dict)
    places: dict[str, _Place] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    problem: tuple[str, str] | None = None  # missing, wrong or expired; and what


class Callers:
    """
    What is known of those who may call.

    Args:
        token: the credential that is the service's token.
        words: the data's words for the mock service.
        known: credentials that alone are right, by name.
    """

    def __init__(self, definition: Definition, token: str, words: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self._service, self._token, self._words, self._known = definition.service, token, words, known
        schemes = self._service.schemes.values()
        self._own = {name for scheme in schemes for name in (*scheme.query, *scheme.fields)}
        self._own.update(scheme.signature.parameter for scheme in schemes if scheme.signature is not None)

    @property
    def parameters(self) -> set[str]:
        """The names under which credentials and signatures stand in query and form."""
        return self._own

    def identify(self, names: Sequence[str], request: Request, book: TokenBook, now: datetime) -> dict[str, Any]:
        """
        Find who asks.

        Args:
            names: the schemes that the method admits; none: anybody may ask.
            book: the tokens that were given out.
        Returns:
            the credentials by name; none for a caller who gave none and needs none.
        Raises:
            Refusal: what was given is not enough, or not right.
        """
        if not names:
            every = (self._read(scheme, request) for scheme in self._service.schemes.values())
            whole = next((reading for reading in every if not reading.missing and reading.found), None)
            return self._known_of(whole, book, now) if whole is not None else {}
        readings = [self._read(self._service.schemes[name], request) for name in names]
        wrong: list[_Reading] = []
        for reading in readings:
            reading.problem = self._problem(reading, request, book, now)
            if reading.problem is None and all(_reads_again(reading, other) for other in wrong):
                return self._known_of(reading, book, now)
            if reading.problem is not None and reading.problem[0] != "missing":
                wrong.append(reading)
        raise self._refusal(wrong[0] if wrong else min(readings, key=lambda reading: len(reading.missing)))

    def _known_of(self, reading: _Reading, book: TokenBook, now: datetime) -> dict[str, Any]:
        """What was presented, with what is known of its owner."""
        issued = self._issued(reading, book)
        owner = issued.owner if issued is not None and issued.is_good(now) else {}
        caller = self._words.get("caller", {}) if reading.found else {}
        return {**caller, **owner, **reading.found}

    # ---- reading ----

    def _read(self, scheme: Scheme, request: Request) -> _Reading:
        reading = _Reading(scheme)
        for place, template, text in _texts(scheme, request):
            found = read_text(template, text)
            if found is not None:
                reading.found.update(found)
                reading.places.update(dict.fromkeys(found, place))
            else:
                names = named_in(template)
                needed = [name for name in names if not self._is_optional(name)]
                reading.missing += needed if names else [place[1]]
        signature = scheme.signature
        if signature is not None:
            reading.places[_SIGNATURE] = ("pair", signature.parameter)
            secrets = [name for name in named_in(signature.text) if name in self._service.credentials]
            if request.value(signature.parameter) is None and not any(map(self._is_optional, secrets)):
                reading.missing.append(_SIGNATURE)
        return reading

    def _is_optional(self, name: str) -> bool:
        return name in self._service.credentials and self._service.credentials[name].optional

    # ---- judging ----

    def _problem(self, reading: _Reading, request: Request, book: TokenBook, now: datetime) -> tuple[str, str] | None:
        """What is not right, in the order in which it is looked at: the credentials, the signature, the token."""
        token = self._token_of(reading.scheme)
        order = list(dict.fromkeys([*reading.found, *reading.missing]))
        named = [name for name in _named(reading.scheme) if name in order and name != token]
        others = [name for name in order if name not in (*named, _SIGNATURE, token)]
        for name in (*named, *others):
            if name in reading.missing:
                return "missing", name
            if name in self._known and self._known[name] != reading.found[name]:
                return "wrong", name
        if _SIGNATURE in reading.missing:
            return "missing", _SIGNATURE
        if not self._is_signed(reading, request):
            return "wrong", _SIGNATURE
        if token in reading.missing:
            return "missing", token
        return self._token_problem(token, reading, book, now) if token in reading.found else None

    def _is_signed(self, reading: _Reading, request: Request) -> bool:
        signature = reading.scheme.signature
        said = request.value(signature.parameter) if signature is not None else None
        if signature is None or said is None:
            return True
        values = {name: Secret(value) for name, value in {**self._known, **reading.found}.items()}
        special = ("pairs", "operation")
        names = named_in(signature.text)
        if any(name not in values and name not in special for name in names):
            # Nobody told the mock the secret, so that any signature that could be one is good.
            return (
                re.fullmatch("[0-9a-f]+", said) is not None
                and len(said) == 2 * hashlib.new(signature.digest).digest_size
            )
        from restpath.auth.signing import signature_of

        pairs = [pair for pair in request.pairs if pair[0] != signature.parameter]
        return said == signature_of(signature, pairs, request.operation, values)

    def _token_problem(self, token: str, reading: _Reading, book: TokenBook, now: datetime) -> tuple[str, str] | None:
        issued = self._issued(reading, book)
        if issued is not None:
            if not issued.is_good(now):
                return "expired", token
            is_theirs = all(str(issued.owner.get(name, value)) == value for name, value in reading.found.items())
            return None if is_theirs else ("wrong", token)
        only_issued = self._words.get("tokens", {}).get("only_issued", False)
        is_good = self._known[token] == reading.found[token] if token in self._known else not only_issued
        return None if is_good else ("wrong", token)

    def _issued(self, reading: _Reading, book: TokenBook) -> Issued | None:
        token = self._token_of(reading.scheme)
        return book.find(token, reading.found[token]) if token in reading.found else None

    def _token_of(self, scheme: Scheme) -> str:
        return scheme.token.credential if scheme.token is not None else self._token

    # ---- refusing ----

    def _refusal(self, reading: _Reading) -> Refusal:
        kind, name = reading.problem or ("missing", "*")
        said = self._words.get("refusals", {}).get(kind, {})
        words = said.get(name, said.get("*", {}))
        what = f"the {name.replace('_', ' ')}"
        message = {
            "missing": f"{what} is missing",
            "wrong": f"{what} is not the right one",
            "expired": f"{what} has expired",
        }
        challenge = _challenge(reading.scheme, self._service.name)
        if kind != "missing" and reading.scheme.token is not None:
            challenge += ', error="invalid_token"'
        return Refusal(
            words.get("status", 401),
            words.get("message", message[kind]),
            words.get("code"),
            [("WWW-Authenticate", challenge)],
        )


def _reads_again(reading: _Reading, wrong: _Reading) -> bool:
    """Whether a satisfied scheme has read what another found wrong: nothing that is presented is passed over."""
    assert wrong.problem is not None
    place = wrong.places.get(wrong.problem[1])
    return place is None or place in reading.places.values()


def _named(scheme: Scheme) -> Iterator[str]:
    """The credentials that stand in a call, in the order in which the scheme names them."""
    for text in (*scheme.headers.values(), *scheme.query.values(), *scheme.fields.values(), *scheme.basic):
        yield from named_in(text)


def _texts(scheme: Scheme, request: Request) -> Iterator[tuple[_Place, str, str | None]]:
    """Where a scheme puts something: the place, the template, and what stands there."""
    for name, template in scheme.headers.items():
        yield ("header", name.lower()), template, request.headers.get(name, "").strip()
    for name, template in (*scheme.query.items(), *scheme.fields.items()):
        yield ("pair", name), template, request.value(name)
    if scheme.basic:
        pair = basic_pair(request.headers) or (None, None)
        for template, text in zip(scheme.basic, pair, strict=False):
            yield ("header", "authorization"), template, text


def read_text(template: str, text: str | None) -> dict[str, str] | None:
    """Read the credentials back out of a text that a template was filled to; None where it was not."""
    pieces = re.split(r"\{[^{}]*\}", template)
    names = named_in(template)
    match = re.fullmatch("(.+)".join(map(re.escape, pieces)), text or "", re.DOTALL)
    return dict(zip(names, match.groups(), strict=True)) if match is not None else None


def basic_pair(headers: Headers) -> tuple[str, str] | None:
    """Read user name and password of basic authentication; None where there are none. Source: RFC 7617 section 2."""
    word, _, coded = headers.get("authorization", "").strip().partition(" ")
    if word.lower() != "basic":
        return None
    try:
        data = base64.b64decode(coded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


def _challenge(scheme: Scheme, name: str) -> str:
    """What a 401 asks for (RFC 9110 section 11.6.1)."""
    text = next((text for key, text in scheme.headers.items() if key.lower() == "authorization"), "")
    word = text.partition(" ")[0]
    otherwise = "Basic" if scheme.basic else "Bearer" if scheme.token is not None else "Credentials"
    return f'{word if re.fullmatch("[A-Za-z]+", word) else otherwise} realm="{name}"'
