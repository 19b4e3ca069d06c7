"""
The mock's answer to a request, by nothing but the definition and what it was told before.

Takes method, target, header fields and body; gives an `Answer`. It listens to nothing and sends nothing; the time comes
from a clock that is passed in. In this order: which resource is meant, who asks, what the service expects of every
request, whether the things that the path names are there, and then the method itself (see `actions`).
Source: RFC 9110 for statuses and header fields.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import IO, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from restpath.body import check_body
from restpath.definition.method import Method
from restpath.definition.model import Definition
from restpath.errors import InvalidBody, InvalidValue
from restpath.masking import mask_url
from restpath.mock.actions import act
from restpath.mock.asked import Asked, Outcome, Refusal, missing, require_referred
from restpath.mock.beginning import begin
from restpath.mock.behaviour import Behaviour, find_behaviour
from restpath.mock.callers import Callers, Request
from restpath.mock.forms import BadContent, Content, read_content
from restpath.mock.granting import Granting, Visit
from restpath.mock.matching import Found, find_resources
from restpath.mock.plan import Plan
from restpath.mock.state import State
from restpath.mock.written import Answer, Undefined, Writer
from restpath.types import UNSET, Headers

__all__ = ["Answer", "Mock"]

_log = logging.getLogger(__name__)


class Mock:
    """
    A service that answers from its own definition. Safe to ask from several threads.

    Args:
        definition: what is served.
        clock: gives the present moment, with a time zone.
        credentials: what must be presented, by name; None: any that are complete are good.
        behaviour: what it does by code; None: the bundled service's own.
    Raises:
        DefinitionError: the mock's words name a place that is not there.
        InvalidValue: the definition has no credential of that name.
    """

    def __init__(
        self,
        definition: Definition,
        clock: Callable[[], datetime],
        credentials: Mapping[str, str] | None = None,
        *,
        known_callers: bool = False,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.definition, self._clock = definition, clock
        self.plan = Plan(definition)
        self.plan.check()
        self._words = self.plan.words
        self._known = _known_credentials(definition, {**self._words.get("credentials", {}), **(credentials or {})})
        self._known_callers = self._words.get("known_callers", {}) if known_callers else {}
        self._urls = [definition.service.base_url or "", *_servers(definition)]
        self._callers = Callers(definition, self.plan.token_credential, self._words, self._known)
        self._granting = Granting(definition, self._words, self._known)
        self._writer = Writer(definition, self._words)
        self._behaviour = find_behaviour(definition) if behaviour is None else behaviour
        self.state = State(numbered=self._words.get("ids") == "numbers")
        begin(self.plan, self.state, clock())
        self._behaviour.prepare(self.state, self.plan)

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
            return self._writer.outcome(outcome, self._clock(), origin)
        except Refusal as refusal:
            return self._writer.refusal(refusal, self._clock(), origin)
        except Exception:  # a fault of the mock's own: the client learns that, and its author reads the log
            _log.exception("the mock failed at %s %s", method, mask_url(target))
            failed = Refusal(500, "the mock service failed; its log says how")
            return self._writer.refusal(failed, self._clock(), origin)

    def _outcome(self, method: str, target: str, headers: Headers, body: IO[bytes], origin: str) -> Outcome:
        path, query = self._parted(target, headers)
        page = self._page(method, path, target)
        if page is not None:
            return self._visited(page, method, query, headers, body, origin)
        place = self._place(method, path, query)
        if method == "OPTIONS" and "OPTIONS" not in place.end.methods:
            return Outcome(204, headers=[("Allow", self._allowed([place]))])
        record = place.end.method(method if method in place.end.methods else "GET")
        sent = record.sent_as(headers.get("content-type"))
        content, fault = self._read(sent, headers, body)
        credentials = self._who(record, headers, target, content)
        self._expect(headers)
        self._check(sent, content, fault)
        with self.state.lock:
            asked = self._asked(place, record, query, content, credentials, origin, path)
            self._require_known(asked)
            require_referred(asked)
            outcome = (self._behaviour.action(record) or act)(asked)
        outcome.media_type = outcome.media_type or asked.words.get("media_type")
        return outcome

    def _asked(
        self, place: Found, record: Method, query: Mapping[str, list[str]], content: Content,
        credentials: Mapping[str, Any], origin: str, path: str,
    ) -> Asked:  # fmt: skip
        role = self.plan.role(place.end, place.node)
        values = self._meant(place, credentials)
        own = self._callers.parameters
        if not content.is_json and isinstance(content.value, dict):
            content = replace(content, value={key: each for key, each in content.value.items() if key not in own})
        return Asked(
            self.plan, self.state, self._clock(), role, place.end, record, values,
            {name: each for name, each in query.items() if name not in own}, content, credentials, origin,
            dict(zip(role.names, values, strict=True)), tuple(self.plan.referred(role, values)),
            self.plan.method_words(record), path,
        )  # fmt: skip

    # ---- what is no resource ----

    def _page(self, method: str, path: str, target: str) -> Callable[[Visit], Outcome] | None:
        whole = target.partition("?")[0]
        found = self._behaviour.pages.get(f"{method} {path}") or self._behaviour.pages.get(f"{method} {whole}")
        return found or self._granting.find(method, path, whole)

    def _visited(
        self, page: Callable[[Visit], Outcome], method: str, query: Mapping[str, list[str]], headers: Headers,
        body: IO[bytes], origin: str,
    ) -> Outcome:  # fmt: skip
        try:
            content = read_content(body, headers.get("content-type", ""), None)
        except BadContent:
            content = Content()
        last = {name: values[-1] for name, values in query.items()}
        with self.state.lock:
            return page(
                Visit(method, last, dict(content.pairs), headers, self.state, self._clock(), origin, self._known)
            )

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
            undefined = self._undefined(404, f"there is nothing at {mask_url(path)}")
            raise self._behaviour.undefined(method, path, self.plan) or undefined
        for wanted in (method, "GET") if self._may_mean_get(method) else (method,):
            for place in places:
                if wanted in place.end.methods:
                    return place
        if method == "OPTIONS" and "undefined" not in self._words:
            return places[0]
        raise self._undefined(405, f"{path} does not take {method}", [("Allow", self._allowed(places))])

    def _may_mean_get(self, method: str) -> bool:
        return (method == "HEAD" and "undefined" not in self._words) or (
            method == "POST" and self._words.get("post_reads", False)
        )

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
        own = self._words.get("refusals", {}).get("path" if status == 404 else "method", {})
        status = own.get("status", words.get("status", status))
        return Undefined(status, own.get("message", message), own.get("code"), () if words else headers or ())

    # ---- who asks, and how ----

    def _who(self, method: Method, headers: Headers, target: str, content: Content) -> dict[str, Any]:
        """Find who asks. Raises Refusal where that is nobody, or not who they say, and the method needs to know."""
        pairs = [*parse_qsl(target.partition("?")[2], keep_blank_values=True), *content.pairs]
        request = Request(headers, pairs, method.name or "")
        with self.state.lock:
            return self._callers.identify(method.rules.auth, request, self.state.tokens, self._clock())

    def _require_known(self, asked: Asked) -> None:
        """Make sure that the caller is one of those that the service knows, where it is to be strict about that."""
        words = self._known_callers
        name = asked.credentials.get(words.get("by", ""))
        if not words or name is None or f"{asked.method.method} {asked.method.template}" in words.get("except", ()):
            return
        kind = self.plan.kind(words["are"])
        if asked.state.get(kind.name, (name,)) is None:
            raise missing(asked, kind, (name,))

    def _expect(self, headers: Headers) -> None:
        for name, words in self._words.get("expects", {}).items():
            said = headers.get(name)
            if said is not None and said.strip() != words["value"]:
                raise Refusal(
                    words["status"], words.get("message", f"{name} must be {words['value']}"), words.get("code")
                )

    def _read(self, method: Method, headers: Headers, body: IO[bytes]) -> tuple[Content, str]:
        """Read the body, and what is wrong with it, which is said once it is known who asks."""
        rules = method.rules
        try:
            found = read_content(body, headers.get("content-type", ""), rules.uploads.json_field, rules.nested_form)
        except BadContent as error:
            return Content(), str(error)
        return found, ""

    def _check(self, method: Method, content: Content, fault: str) -> None:
        if fault:
            raise Refusal(400, fault)
        if content.is_json or (content.value is UNSET and _is_bare(content)):
            try:
                check_body({} if content.value is UNSET else content.value, method, "the request")
            except InvalidBody as error:
                if content.files and content.value is UNSET:
                    raise Refusal(415, f"the body must be {method.media_type or 'JSON'}") from error
                raise Refusal(400, "; ".join(map(str, error.faults))) from error


def _is_bare(content: Content) -> bool:
    """Whether there is no body, or one that is neither JSON nor a form."""
    return not content.pairs and all(name == "" for name, _ in content.files)


def _known_credentials(definition: Definition, said: Mapping[str, Any]) -> dict[str, str]:
    known = definition.service.credentials
    for name in said:
        if name not in known:
            choices = ", ".join(known) or "none"
            raise InvalidValue(f"{definition.name} has no credential {name!r}; there are: {choices}")
    return {name: str(value) for name, value in said.items()}


def _servers(definition: Definition) -> list[str]:
    return [
        words["server"]
        for template, resource in definition.documents.resources.items()
        if template.startswith("/")
        for words in (resource, *resource["methods"].values())
        if "server" in words
    ]
