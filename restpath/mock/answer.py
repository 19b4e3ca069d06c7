"""
The mock's answer to a request, by nothing but the definition and what it was told before.

Takes method, target, header fields and body; gives an `Answer`. It listens to nothing and sends nothing; the time comes
from a clock that is passed in. In this order: which resource is meant, who asks, what the service expects of every
request, whether the things that the path names are there, and then the method itself (see `actions`).
Source: RFC 9110 for statuses and header fields.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import IO
from urllib.parse import parse_qs, urlsplit

from restpath.auth.schemes import placeholders
from restpath.body import check_body
from restpath.definition.model import Definition, Method, Scheme
from restpath.errors import InvalidBody, InvalidValue
from restpath.masking import mask_url
from restpath.mock.actions import act
from restpath.mock.asked import Asked, Outcome, Refusal, require_referred
from restpath.mock.forms import BadContent, Content, read_content
from restpath.mock.matching import Found, find_resources
from restpath.mock.plan import Plan
from restpath.mock.state import Blob, State
from restpath.mock.words import over, put_at
from restpath.types import UNSET, Headers

__all__ = ["Answer", "Mock"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, header fields, and the bytes of the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | Blob = b""

    @property
    def reason(self) -> str:
        """The words that belong to the status."""
        return _phrase(self.status)

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return self.body.size if isinstance(self.body, Blob) else len(self.body)


class Mock:
    """
    A service that answers from its own definition. Safe to ask from several threads.

    Args:
        definition: what is served.
        clock: gives the present moment, with a time zone.
        credentials: what must be presented, by name; None: any that are complete are good.
    Raises:
        DefinitionError: the mock's words name a place that is not there.
        InvalidValue: the definition has no credential of that name.
    """

    def __init__(
        self, definition: Definition, clock: Callable[[], datetime], credentials: Mapping[str, str] | None = None
    ) -> None:
        known = definition.service.credentials
        for name in credentials or ():
            if name not in known:
                choices = ", ".join(known) or "none"
                raise InvalidValue(f"{definition.name} has no credential {name!r}; there are: {choices}")
        self.definition, self._clock, self._credentials = definition, clock, credentials
        self.plan, self.state = Plan(definition), State()
        self.plan.check()
        self._words = self.plan.words
        self._urls = [definition.service.base_url or "", *_servers(definition)]

    def answer(self, method: str, target: str, headers: Headers, body: IO[bytes], *, scheme: str = "http") -> Answer:
        """
        Answer one request.

        Args:
            target: the path as it was asked for, percent-encoded, with its query.
            body: a binary file at its beginning.
            scheme: http or https, by what the caller came.
        """
        origin = f"{scheme}://{headers.get('host', 'localhost')}"
        try:
            meant = self._overridden(method, headers)
            outcome = self._outcome(meant, target, headers, body, origin)
            return self._written(outcome)
        except Refusal as refusal:
            return self._refused(refusal)
        except Exception:  # a fault of the mock's own: the client learns that, and its author reads the log
            _log.exception("the mock failed at %s %s", method, mask_url(target))
            return self._refused(Refusal(500, "the mock service failed; its log says how"))

    def _outcome(self, method: str, target: str, headers: Headers, body: IO[bytes], origin: str) -> Outcome:
        path, query = self._parted(target, headers)
        place = self._place(method, path, query)
        if method == "OPTIONS" and "OPTIONS" not in place.end.methods:
            return Outcome(204, headers=[("Allow", self._allowed([place]))])
        record = place.end.method(method if method in place.end.methods else "GET")
        credentials = self._who(record, headers, query)
        self._expect(headers)
        content = self._content(record, headers, body)
        role = self.plan.role(place.end, place.node)
        values = self._meant(place, credentials)
        with self.state.lock:
            asked = Asked(
                self.plan, self.state, self._clock(), role, place.end, record, values, query,
                content, credentials, origin, dict(zip(role.names, values, strict=True)),
                tuple(self.plan.referred(role, values)), self.plan.method_words(record),
            )  # fmt: skip
            require_referred(asked)
            return act(asked)

    # ---- which resource ----

    def _overridden(self, method: str, headers: Headers) -> str:
        name = self._words.get("method_override")
        said = headers.get(name) if name and method == "POST" else None
        return said.strip().upper() if said else method

    def _parted(self, target: str, headers: Headers) -> tuple[str, dict[str, list[str]]]:
        """Path and query of a target, without what the server's own URL has before them."""
        path, _, query = target.partition("?")
        if not path.startswith("/"):  # a proxy is asked by the whole URL
            path = "/" + path.partition("://")[2].partition("/")[2]
        for base in self._bases(headers.get("host", "")):
            if path == base or path.startswith(base + "/"):
                path = path[len(base) :] or "/"
                break
        return path, parse_qs(query, keep_blank_values=True)

    def _bases(self, host: str) -> Iterator[str]:
        """The paths before the service's own, at the host that was asked: none where the mock stands in its place."""
        for url in self._urls:
            parts = urlsplit(url)
            if parts.netloc and parts.netloc.lower() == host.lower() and parts.path.rstrip("/"):
                yield parts.path.rstrip("/")

    def _place(self, method: str, path: str, query: Mapping[str, list[str]]) -> Found:
        places = list(find_resources(self.plan.tree, path, query))
        if not places:
            raise self._undefined(404, f"there is nothing at {mask_url(path)}")
        for wanted in (method, "GET") if method == "HEAD" and "undefined" not in self._words else (method,):
            for place in places:
                if wanted in place.end.methods:
                    return place
        if method == "OPTIONS" and "undefined" not in self._words:
            return places[0]
        raise self._undefined(405, f"{path} does not take {method}", [("Allow", self._allowed(places))])

    def _meant(self, place: Found, credentials: Mapping[str, str]) -> tuple[str, ...]:
        """The values of a path, with the caller's own in place of what stands for it (`:me`)."""
        resource = self.definition.resource(place.end.template.text)
        rules = {**self.definition.service.path_values, **resource.path_values}
        pairs = [
            (rules.get(name), value) for name, value in zip(place.end.template.variables, place.values, strict=True)
        ]
        return tuple(
            credentials.get(rule.credential, value) if rule is not None and value == rule.text else value
            for rule, value in pairs
        )

    def _allowed(self, places: list[Found]) -> str:
        methods = {method for place in places for method in place.end.methods}
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    def _undefined(self, status: int, message: str, headers: list[tuple[str, str]] | None = None) -> Refusal:
        words = self._words.get("undefined", {})
        return _Undefined(words.get("status", status), message, None, () if words else headers or ())

    # ---- who asks, and how ----

    def _who(self, method: Method, headers: Headers, query: Mapping[str, list[str]]) -> dict[str, str]:
        """
        Find who asks, by the first scheme that is satisfied.

        Raises:
            Refusal: 401, where the method needs credentials and there are none, or others than the mock was given.
        """
        schemes = [self.definition.service.schemes[name] for name in method.rules.auth]
        for scheme in schemes:
            found = _presented(scheme, headers, query)
            if found is not None and self._is_good(found):
                return found
        if not schemes:
            every = (_presented(scheme, headers, query) for scheme in self.definition.service.schemes.values())
            return next((found for found in every if found is not None), {})
        message = "credentials are missing, or they are not the right ones"
        challenge = _challenge(schemes[0], self.definition.name)
        raise Refusal(401, message, None, [("WWW-Authenticate", challenge)])

    def _is_good(self, found: Mapping[str, str]) -> bool:
        wanted = self._credentials or {}
        return all(found[name] == str(value) for name, value in wanted.items() if name in found)

    def _expect(self, headers: Headers) -> None:
        for name, words in self._words.get("expects", {}).items():
            said = headers.get(name)
            if said is not None and said.strip() != words["value"]:
                raise Refusal(
                    words["status"], words.get("message", f"{name} must be {words['value']}"), words.get("code")
                )

    def _content(self, method: Method, headers: Headers, body: IO[bytes]) -> Content:
        try:
            content = read_content(body, headers.get("content-type", ""), method.rules.uploads.json_field)
        except BadContent as error:
            raise Refusal(400, str(error)) from error
        if content.is_json:
            try:
                check_body(content.value, method, "the request")
            except InvalidBody as error:
                raise Refusal(400, "; ".join(map(str, error.faults))) from error
        return content

    # ---- the answer ----

    def _written(self, outcome: Outcome) -> Answer:
        if outcome.status == 204:
            return Answer(204, tuple(outcome.headers))
        if outcome.blob is not None:
            return _typed(outcome, outcome.blob.media_type or "application/octet-stream", outcome.blob)
        if outcome.text is not None:
            return _typed(outcome, "text/plain; charset=utf-8", outcome.text.encode("utf-8", "replace"))
        if outcome.content is UNSET:
            return Answer(outcome.status, tuple(outcome.headers))
        return _typed(outcome, "application/json", json.dumps(outcome.content).encode())

    def _refused(self, refusal: Refusal) -> Answer:
        if isinstance(refusal, _Undefined) and self._words.get("undefined", {}).get("html"):
            page = f"<html><head><title>{refusal.status}</title></head><body><h1>{refusal.status}</h1></body></html>\n"
            headers = list(refusal.headers)
            return _typed(Outcome(refusal.status, headers=headers), "text/html; charset=utf-8", page.encode())
        rule = self.definition.service.rules.errors
        code = refusal.code or self._words.get("codes", {}).get(str(refusal.status)) or _phrase(refusal.status)
        content = put_at(over({}, self._words.get("error", {})), rule.code or "/error", code)
        content = put_at(content, rule.message or "/message", refusal.message)
        return self._written(Outcome(refusal.status, content, headers=list(refusal.headers)))


def _typed(outcome: Outcome, media_type: str, body: bytes | Blob) -> Answer:
    return Answer(outcome.status, (("Content-Type", media_type), *outcome.headers), body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class _Undefined(Refusal):
    """The definition has no such place, or the place no such method."""


def _servers(definition: Definition) -> list[str]:
    return [
        words["server"]
        for template, resource in definition.documents.resources.items()
        if template.startswith("/")
        for words in (resource, *resource["methods"].values())
        if "server" in words
    ]


def _presented(scheme: Scheme, headers: Headers, query: Mapping[str, list[str]]) -> dict[str, str] | None:
    """Read the credentials of a scheme off a request; None where they are not complete."""
    found: dict[str, str] = {}
    pairs = [(template, headers.get(name)) for name, template in scheme.headers.items()]
    pairs += [(template, query.get(name, [None])[-1]) for name, template in scheme.query.items()]
    for template, text in pairs:
        pieces = re.split(r"\{[^{}]*\}", template)
        names = re.findall(r"\{([^{}]*)\}", template)
        match = re.fullmatch("(.+)".join(map(re.escape, pieces)), (text or "").strip())
        if match is None:
            return None
        found.update(zip(names, match.groups(), strict=True))
    return found if len(found) == len(set(placeholders(scheme))) else None


def _challenge(scheme: Scheme, name: str) -> str:
    text = next((text for key, text in scheme.headers.items() if key.lower() == "authorization"), "")
    word = text.partition(" ")[0]
    return f'{word if re.fullmatch("[A-Za-z]+", word) else "Credentials"} realm="{name}"'
