"""
The mock's authorization server: token endpoint, authorization link and device endpoint of a definition's token rules.

Takes a `Visit`, one request to a path of theirs; gives an `Outcome`. Whoever comes is let in: a person at the link at
once, a device at its second question. What is told apart is the right and the wrong: client, password, code, proof key
and refresh token.
Source: RFC 6749 (section 5.2 for errors), RFC 7636 for the proof key, RFC 8628 for devices.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import unquote_plus, urlencode, urlsplit

from restpath.auth.schemes import named_in
from restpath.definition.model import Definition
from restpath.definition.schemes import AuthorizeRule, DeviceRule, TokenRule
from restpath.mock.asked import Outcome, Refusal, moment_words
from restpath.mock.callers import basic_pair, read_text
from restpath.mock.state import State
from restpath.mock.tokens import Issued, TokenBook
from restpath.mock.words import fill, put_at
from restpath.types import UNSET, Headers

__all__ = ["Granting", "Visit"]

_CODE_SECONDS, _INTERVAL_SECONDS = 600, 1
_NO_STORE = ("Cache-Control", "no-store")
# What a token request has for one use, and what says nothing of an owner.
_FOR_ONCE = frozenset({"code", "code_verifier", "redirect_uri", "refresh_token", "device_code"})


@dataclass(frozen=True)
class Visit:
    """
    A request to a path that is no resource of the service.

    Attributes:
        query: the values of the query, the last of each name; `form` those of the form.
        credentials: what is right, by name, as far as the mock was told.
    """

    method: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Headers
    state: State
    now: datetime
    url: str
    credentials: Mapping[str, str] = field(default_factory=dict)

    @property
    def book(self) -> TokenBook:
        """The tokens and codes that were given out."""
        return self.state.tokens


class _Error(Exception):
    """An error of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400, headers: tuple[tuple[str, str], ...] = ()):
        super().__init__(description)
        self.status, self.headers = status, (_NO_STORE, *headers)
        self.outcome = Outcome(
            status, {"error": error, "error_description": description}, headers=[_NO_STORE, *headers], bare=True
        )


def _refuse(error: str, description: str) -> NoReturn:
    raise _Error(error, description)


class Granting:
    """
    The paths of a definition's token rules.

    Args:
        words: the data's words for the mock service.
        known: credentials that alone are right, by name.
    """

    def __init__(self, definition: Definition, words: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self._service, self._words, self._known = definition.service, words, known
        self._said: Mapping[str, Any] = words.get("tokens", {})
        self._places = list(self._all_places())

    def _all_places(self) -> Iterator[tuple[re.Pattern[str], str, TokenRule, Callable[[TokenRule, Visit], Outcome]]]:
        for scheme in self._service.schemes.values():
            rule = scheme.token
            if rule is None:
                continue
            yield _pattern(rule.url), rule.method, rule, self._token
            if rule.authorize is not None:
                yield _pattern(rule.authorize.url), "GET", rule, self._authorize
            if rule.device is not None:
                yield _pattern(rule.device.url), "POST", rule, self._device
                yield _pattern(rule.device.url), "GET", rule, self._verification

    def find(self, method: str, *paths: str) -> Callable[[Visit], Outcome] | None:
        """
        Find what answers at a path.

        Args:
            paths: the path as it was asked for, and without the server's own before it.
        """
        here = [place for place in self._places if any(place[0].fullmatch(path) for path in paths)]
        rules = [(rule, answer) for _, wanted, rule, answer in here if wanted == method]
        if not here:
            return None
        if not rules:
            return lambda visit: Outcome(405, headers=[("Allow", ", ".join(sorted({place[1] for place in here})))])
        return lambda visit: self._answer(rules, visit)

    def _answer(self, rules: list[tuple[TokenRule, Callable[[TokenRule, Visit], Outcome]]], visit: Visit) -> Outcome:
        first: _Error | None = None
        for rule, answer in rules:
            try:
                return answer(rule, visit)
            except _Error as error:
                first = first or error
        assert first is not None
        if "error_code" in self._said:
            raise Refusal(first.status, str(first), self._said["error_code"], first.headers)
        return first.outcome

    # ---- the token endpoint ----

    def _token(self, rule: TokenRule, visit: Visit) -> Outcome:
        given = visit.query if rule.method == "GET" else visit.form
        grant = self._grant(rule, given)
        client, fields = self._client(rule, visit), self._fields(rule, grant, given)
        for name in client.keys() & fields.keys():
            if client[name] != fields[name]:  # one client cannot speak for another
                raise self._wrong(name)
        found = {**client, **fields}
        owner = _GRANTS[grant](self, found, given, visit)
        return self._issue(rule, grant, owner, visit)

    def _grant(self, rule: TokenRule, given: Mapping[str, str]) -> str:
        """Which grant is meant: by its type, or, where a service has none, by the fields that came."""
        said = given.get("grant_type")
        for grant, fields in rule.grants.items():
            if "grant_type" in fields and said == self._default(fields["grant_type"]):
                return grant
        untyped = [grant for grant, fields in rule.grants.items() if "grant_type" not in fields]
        for grant in untyped:
            if set(rule.grants[grant]) <= set(given):
                return grant
        if untyped and said is None:
            return untyped[0]
        if not said:
            _refuse("invalid_request", "grant_type is missing")
        _refuse("unsupported_grant_type", f"there is no grant {said} here")

    def _default(self, text: str) -> str:
        """A text with the credentials' defaults in it."""
        known = self._service.credentials
        return re.sub(r"\{([^{}]*)\}", lambda match: str(getattr(known.get(match[1]), "default", None) or ""), text)

    def _client(self, rule: TokenRule, visit: Visit) -> dict[str, str]:
        """Who the client is, by basic authentication, where the rule has that."""
        if not rule.basic:
            return {}
        challenge = ("WWW-Authenticate", f'Basic realm="{self._service.name}"')
        pair = basic_pair(visit.headers)
        found: dict[str, str] = {}
        for template, text in zip(rule.basic, pair or ("", ""), strict=True):
            # RFC 6749 section 2.3.1 encodes both like a form; many clients do not.
            texts = [text, unquote_plus(text)]
            read = [each for each in (read_text(template, text) for text in texts) if each is not None]
            good = next((each for each in read if self._is_known(each)), None)
            if good is None:
                raise _Error("invalid_client", "the client is not known, or its secret is wrong", 401, (challenge,))
            found.update(good)
        return found

    def _is_known(self, found: Mapping[str, str]) -> bool:
        return all(self._known.get(name, value) == value for name, value in found.items())

    def _fields(self, rule: TokenRule, grant: str, given: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, template in rule.grants[grant].items():
            if name == "grant_type":
                continue
            names = named_in(template)
            if not given.get(name):
                if not names or any(map(self._is_needed, names)):
                    _refuse("invalid_request", f"{name} is missing")
                continue
            read = read_text(template, given[name])
            if read is None or not self._is_known(read):
                raise self._wrong(name)
            found.update(read)
        return found

    def _is_needed(self, name: str) -> bool:
        credential = self._service.credentials.get(name)
        return credential is None or not (credential.optional or credential.default is not None)

    def _wrong(self, name: str) -> _Error:
        if name in ("client_id", "client_secret"):
            return _Error("invalid_client", "the client is not known, or its secret is wrong", 401)
        if name == "scope":
            return _Error("invalid_scope", "there is no such scope here")
        return _Error("invalid_grant", "these are not the right credentials")

    # ---- grants: whose the token will be ----

    def _by_itself(self, found: dict[str, str], given: Any, visit: Visit) -> dict[str, Any]:
        return self._public(found)

    def _public(self, found: Mapping[str, str]) -> dict[str, Any]:
        """What of a request says who a token belongs to: no secrets, and nothing that is for one use."""
        known = self._service.credentials
        return {
            name: value
            for name, value in found.items()
            if name not in _FOR_ONCE and (name == "client_id" or (name in known and not known[name].secret))
        }

    def _by_code(self, found: dict[str, str], given: Mapping[str, str], visit: Visit) -> dict[str, Any]:
        code = self._once(visit, "code", found.get("code") or given.get("code", ""))
        notes = code.notes or {}
        if notes["redirect_uri"] != found.get("redirect_uri", given.get("redirect_uri", notes["redirect_uri"])):
            _refuse("invalid_grant", "redirect_uri is not the one that the code was given for")
        self._same_client(code, found)
        verifier = given.get("code_verifier", "")
        if notes["challenge"] is not None and _s256(verifier) != notes["challenge"]:
            _refuse("invalid_grant", "code_verifier is not what code_challenge was made of")
        return {**code.owner, **self._public(found)}

    def _by_refresh(self, found: dict[str, str], given: Any, visit: Visit) -> dict[str, Any]:
        refresh = self._once(visit, "refresh_token", found.get("refresh_token", ""))
        self._same_client(refresh, found)
        return dict(refresh.owner)

    def _by_device(self, found: dict[str, str], given: Any, visit: Visit) -> dict[str, Any]:
        code = visit.book.find("device_code", found.get("device_code", ""))
        if code is not None and not code.is_good(visit.now):
            _refuse("expired_token", "device_code has expired")
        device = self._once(visit, "device_code", found.get("device_code", ""))
        self._same_client(device, found)
        if not (device.notes or {}).get("asked"):
            left = (device.expires_at - visit.now).total_seconds() if device.expires_at else None
            visit.book.issue("device_code", device.owner, visit.now, left, {"asked": True}, device.value)
            _refuse("authorization_pending", "nobody has let this device in yet; ask again")
        return dict(device.owner)

    def _once(self, visit: Visit, what: str, value: str) -> Issued:
        """Take what is good once. Raises _Error where it is not good, or not any more."""
        issued = visit.book.revoke(what, value)
        if issued is None or not issued.is_good(visit.now):
            _refuse("invalid_grant", f"{what} is not known, or was used, or has expired")
        return issued

    def _same_client(self, issued: Issued, found: Mapping[str, str]) -> None:
        if issued.owner.get("client_id", found.get("client_id")) != found.get(
            "client_id", issued.owner.get("client_id")
        ):
            _refuse("invalid_grant", "this was given to another client")

    # ---- the answer ----

    def _issue(self, rule: TokenRule, grant: str, owner: dict[str, Any], visit: Visit) -> Outcome:
        lifetime = self._said.get("expires_in_seconds")
        issued = visit.book.issue(rule.credential, owner, visit.now, lifetime)
        names = {**moment_words(visit.now, visit.url), **owner}
        content: Any = fill(self._said.get("extra", {"token_type": "Bearer"}), lambda name: names.get(name, UNSET))
        content = put_at(content, self._said.get("token_at") or rule.answer.token[0], issued.value)
        if lifetime is not None:
            content = put_at(content, rule.answer.expires_in, lifetime)
        if grant != "client_credentials" and self._said.get("refresh", True) and "refresh_token" in rule.grants:
            refresh = visit.book.issue("refresh_token", owner, visit.now)
            content = put_at(content, rule.answer.refresh_token, refresh.value)
        return Outcome(200, content, headers=[_NO_STORE], bare=True)

    # ---- the link ----

    def _authorize(self, rule: TokenRule, visit: Visit) -> Outcome:
        """Let the person in, and send them back with a code. Source: RFC 6749 section 4.1."""
        authorize, given = rule.authorize, visit.query
        assert authorize is not None
        target = given.get("redirect_uri", "")
        if not (urlsplit(target).scheme and urlsplit(target).netloc) or "#" in target:
            _refuse("invalid_request", "redirect_uri is missing, or is no absolute URL without a fragment")
        if not given.get("client_id"):
            _refuse("invalid_request", "client_id is missing")
        found = self._link_values(authorize, given)
        if self._known.get("client_id", given["client_id"]) != given["client_id"]:
            raise self._wrong("client_id")
        problem = _link_problem(authorize, given)
        if problem is not None:
            return _sent_back(target, given, {"error": problem[0], "error_description": problem[1]})
        owner = {**self._words.get("caller", {}), **self._public(found), "client_id": given["client_id"]}
        notes = {"redirect_uri": target, "challenge": given.get("code_challenge")}
        code = visit.book.issue("code", owner, visit.now, _CODE_SECONDS, notes)
        return _sent_back(target, given, {"code": code.value})

    def _link_values(self, authorize: AuthorizeRule, given: Mapping[str, str]) -> dict[str, str]:
        read = (read_text(template, given.get(name)) for name, template in authorize.query.items())
        return {name: value for each in read if each is not None for name, value in each.items()}

    # ---- devices ----

    def _device(self, rule: TokenRule, visit: Visit) -> Outcome:
        device = rule.device
        assert device is not None
        found = self._device_values(device, visit.form)
        owner = {**self._words.get("caller", {}), **self._public(found)}
        code = visit.book.issue("device_code", owner, visit.now, _CODE_SECONDS)
        place = visit.url + _path(device.url)
        content = {
            "device_code": code.value,
            "user_code": f"{code.value[:4]}-{code.value[4:8]}".upper(),
            "verification_uri": place,
            "expires_in": _CODE_SECONDS,
            "interval": _INTERVAL_SECONDS,
        }
        return Outcome(200, content, headers=[_NO_STORE], bare=True)

    def _device_values(self, device: DeviceRule, given: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, template in device.fields.items():
            read = read_text(template, given.get(name))
            if read is not None and not self._is_known(read):
                raise self._wrong(name)
            names = named_in(template)
            if read is None and (given.get(name) or any(map(self._is_needed, names))):
                _refuse("invalid_request", f"{name} is missing, or is not the right one")
            found.update(read or {})
        return found

    def _verification(self, rule: TokenRule, visit: Visit) -> Outcome:
        return Outcome(200, text="Nothing needs to be done here: the device is let in when it asks again.\n")


_GRANTS: dict[str, Callable[[Granting, dict[str, str], Mapping[str, str], Visit], dict[str, Any]]] = {
    "client_credentials": Granting._by_itself,
    "password": Granting._by_itself,
    "authorization_code": Granting._by_code,
    "refresh_token": Granting._by_refresh,
    "device_code": Granting._by_device,
}


def _path(url: str) -> str:
    """The path of a token rule's URL: without its origin, or the credential that stands for one."""
    if url.startswith("{"):
        url = url.partition("}")[2]
    elif "://" in url:
        url = "/" + url.partition("://")[2].partition("/")[2]
    return "/" + url.partition("?")[0].lstrip("/")


def _pattern(url: str) -> re.Pattern[str]:
    pieces = re.split(r"\{[^{}]*\}", _path(url))
    return re.compile("[^/]+".join(map(re.escape, pieces)))


def _s256(verifier: str) -> str:
    """The proof key that belongs to a verifier. Source: RFC 7636 section 4.2."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _link_problem(authorize: AuthorizeRule, given: Mapping[str, str]) -> tuple[str, str] | None:
    wanted = authorize.query.get("response_type")
    if wanted is not None and given.get("response_type") != wanted:
        return "unsupported_response_type", f"response_type must be {wanted}"
    if authorize.pkce and not given.get("code_challenge"):
        return "invalid_request", "code_challenge is missing"
    if given.get("code_challenge") and given.get("code_challenge_method", "plain") != "S256":
        return "invalid_request", "code_challenge_method must be S256"
    return None


def _sent_back(target: str, given: Mapping[str, str], words: dict[str, str]) -> Outcome:
    if "state" in given:
        words["state"] = given["state"]
    place = f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(words)}"
    return Outcome(302, headers=[("Location", place), _NO_STORE], bare=True)
