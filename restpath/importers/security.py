"""
Security: from security schemes and requirements to credentials and the schemes of the data format.

Takes the spots of the schemes and of the requirements; gives the credentials that `connect` takes, the schemes, and for
each requirement the names of the schemes that are good for it. Several in one requirement go together in one scheme of
ours; several requirements are alternatives. What cannot be proven by data is a scheme with nothing in it, so that a
caller's own `auth=` or session does it, and is reported.
Source: OpenAPI 3.1.1 sections 4.8.27 to 4.8.30; RFC 6749, RFC 6750, RFC 7617, RFC 8628.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from restpath.definition.servers import data_url_problem
from restpath.importers.found import Report
from restpath.importers.naming import credential_name, is_text, unique
from restpath.importers.parameters import is_header
from restpath.importers.references import References, Spot
from restpath.types import JsonObject

__all__ = ["Security"]

_ANYBODY = "anybody"  # the scheme with nothing in it: a call may go without credentials

_OWN = re.compile(r"digest|negotiate|hoba|mutual|oauth|scram-.*|vapid|gnap|dpop|privatetoken|concealed")
_PUBLIC = frozenset({"username", "client_id", "scope"})


@dataclass(frozen=True)
class _Made:
    """One security scheme in our words, and the credentials that it names."""

    words: JsonObject
    credentials: dict[str, JsonObject]


class Security:
    """
    The security of one description.

    Attributes:
        credentials: the words of `credentials`, of what has been asked for so far.
        auth: the words of `auth`, likewise.
    """

    def __init__(
        self, schemes: Spot, general: Spot, references: References, report: Report, *,
        base_url: str | None, variables: JsonObject,
    ) -> None:  # fmt: skip
        self.credentials: JsonObject = {}
        self.auth: JsonObject = {}
        self._schemes, self._general = schemes, general
        self._references, self._report = references, report
        self._base_url, self._taken = base_url, frozenset(variables)
        self._made: dict[str, _Made | None] = {}
        self._names: dict[tuple[str, ...], str] = {}

    def service_wide(self, *, asked_for: bool) -> list[str] | None:
        """
        Give the schemes that hold where an operation says nothing; None where there are no schemes at all.

        Args:
            asked_for: whether any operation asks for some.
        """
        if isinstance(self._general.value, list):
            return self.names(self._general)
        if not asked_for and isinstance(self._schemes.value, dict) and self._schemes.value:
            names = [self._scheme((name,)) for name in self._schemes.value]
            what = "no operation asks for these: they are used wherever credentials are given"
            self._report.add(self._schemes.place, what, self._schemes.base)
            return [*dict.fromkeys([*(name for name in names if name is not None), self._anybody()])]
        return [] if isinstance(self._schemes.value, dict) and self._schemes.value else None

    def names(self, requirements: Spot, *, tells: bool = True) -> list[str]:
        """
        Give the schemes that are good for requirements, the first first; [] where nobody needs to prove anything.

        Args:
            tells: whether a scheme that is not there is reported.
        """
        found: dict[str, None] = {}
        for spot in requirements.elements():
            if not isinstance(spot.value, dict):
                continue
            if not spot.value:
                found[self._anybody()] = None
                continue
            for name in spot.value:
                if self._one(name) is None and tells:
                    self._report.add((*spot.place, name), f"there is no security scheme {name!r}", spot.base)
            name = self._scheme(tuple(spot.value))
            found[name if name is not None else self._anybody()] = None
        return list(found)

    def _anybody(self) -> str:
        self.auth.setdefault(_ANYBODY, {})
        return _ANYBODY

    # ---- several together ----

    def _scheme(self, names: tuple[str, ...]) -> str | None:
        """Make one scheme of ours of those that go together; None where one of them is not known."""
        key = tuple(dict.fromkeys(names))
        if key in self._names:
            return self._names[key]
        parts = [self._one(name) for name in key]
        if not all(parts):
            return None
        words: JsonObject = {}
        together: dict[str, JsonObject] = {}
        for name, part in zip(key, filter(None, parts), strict=True):
            part = self._told_apart(name, part, together)
            if not _join(words, part.words):
                what = f"of these only one can go with a call: {name} is left out beside {' and '.join(key)}"
                self._report.add((*self._schemes.place, name), what, self._schemes.base)
                continue
            together.update(part.credentials)
        self.credentials.update(together)
        own = unique(re.sub(r"\s+", " ", "+".join(key)).strip()[:100] or "scheme", {*self.auth, _ANYBODY})
        self.auth[own] = words
        self._names[key] = own
        return own

    def _told_apart(self, name: str, part: _Made, together: JsonObject) -> _Made:
        """A key that goes with others under a credential of its own, where the names of two come to the same."""
        sent = [(word, said) for word in ("headers", "query") for said in part.words.get(word, {}).items()]
        if len(part.credentials) != 1 or len(sent) != 1 or not together.keys() & part.credentials.keys():
            return part
        ((shared, about),) = part.credentials.items()
        own = unique(credential_name(name, self._taken), {*together, *self._taken})
        ((word, (key, text)),) = sent
        return _Made({**part.words, word: {key: text.replace(f"{{{shared}}}", f"{{{own}}}")}}, {own: about})

    # ---- one by one ----

    def _one(self, name: str) -> _Made | None:
        if name not in self._made:
            spot = self._references.follow(self._schemes.at(name))
            known = spot is not None and isinstance(spot.value, dict)
            self._made[name] = self._convert(name, spot) if spot is not None and known else None
        return self._made[name]

    def _convert(self, name: str, spot: Spot) -> _Made:
        kind = spot.text("type").lower()
        if kind == "apikey":
            made = self._key(spot)
        elif kind in ("http", "basic"):
            made = self._http(name, spot, spot.text("scheme").lower() or kind)
        elif kind == "oauth2":
            made = self._oauth(spot)
        elif kind == "openidconnect":
            made = self._token(spot)
            where = spot.text("openIdConnectUrl")
            self._leave(spot, f"{where or 'the OpenID provider'} is not asked for its token endpoint: give token=")
        else:
            made = _Made({}, {})
            what = "a certificate goes with the session" if kind == "mutualtls" else f"{kind or 'no type'} is not known"
            self._leave(spot, f"{what}: give connect() a session= that proves who calls")
        if is_text(spot.text("description")):
            made = _Made({**made.words, "documentation": spot.text("description")}, made.credentials)
        return made

    def _leave(self, spot: Spot, what: str) -> None:
        self._report.add(spot.place, what, spot.base)

    def _key(self, spot: Spot) -> _Made:
        name, where = spot.text("name"), spot.text("in")
        own = credential_name(name, self._taken)
        text = f"{{{own}}}"
        credentials = {own: _credential(f"The API key {name}.")}
        if where == "query" and name:
            return _Made({"query": {name: text}}, credentials)
        if where == "header" and is_header(name, ""):
            return _Made({"headers": {name: text}}, credentials)
        if where == "cookie" and is_header(name, ""):
            self._leave(spot, "a cookie that the service sets takes this one's place: give both to the session then")
            return _Made({"headers": {"Cookie": f"{name}={text}"}}, credentials)
        self._leave(spot, f"a key in {where or 'no place'} called {name!r} cannot be sent")
        return _Made({}, {})

    def _http(self, name: str, spot: Spot, scheme: str) -> _Made:
        if scheme == "basic":
            words = {"basic": ["{username}", "{password}"]}
            return _Made(words, {"username": _credential("The user's name.", "username"), "password": _credential("")})
        if scheme == "bearer":
            return self._token(spot)
        if _OWN.fullmatch(scheme) or not is_header(scheme, ""):
            self._leave(spot, f"{scheme!r} is not known here: give connect() an auth= that does it")
            return _Made({}, {})
        own = credential_name(name, self._taken)
        words_of_token = {"headers": {"Authorization": f"{spot.text('scheme')} {{{own}}}"}}
        return _Made(words_of_token, {own: _credential(f"What follows {spot.text('scheme')} in Authorization.")})

    def _token(self, spot: Spot) -> _Made:
        own = "token" if "token" not in self._taken else "token_key"
        return _Made({"bearer": f"{{{own}}}"}, {own: _credential("A bearer token.")})

    # ---- OAuth 2 ----

    def _oauth(self, spot: Spot) -> _Made:
        """A bearer token, and how it is got: by the flows that share the token endpoint of the first that has one."""
        plain = self._token(spot)
        ((own, _),) = plain.credentials.items()
        flows = {name: flow for name, flow in spot.at("flows").items() if isinstance(flow.value, dict)}
        for name, flow in flows.items():
            if name == "implicit":
                self._leave(flow, "a token that only a browser sees: get one there and give token=")
            elif name not in _GRANTS:
                self._leave(flow, f"the flow {name!r} is not known")
        useful = {name: flow for name, flow in flows.items() if name in _GRANTS and self._url(flow, "tokenUrl")}
        if not useful:
            return plain
        url = next(self._url(flow, "tokenUrl") for flow in useful.values())
        token: JsonObject = {
            "credential": own, "url": url, "basic": ["{client_id}", "{client_secret}"], "grants": {},
        }  # fmt: skip
        for name, flow in useful.items():
            if self._url(flow, "tokenUrl") != url:
                self._leave(flow, f"the token endpoint of {name} is another one than {url}: give token=")
            else:
                self._add_flow(token, name, flow)
        if not token["grants"]:
            return plain
        return _Made({**plain.words, "token": token}, {**plain.credentials, **_of_grants(token["grants"], spot)})

    def _add_flow(self, token: JsonObject, name: str, flow: Spot) -> None:
        grant, fields = _GRANTS[name]
        for word, (key, url_key) in _BEGUN_AT.items():
            if grant == key:
                url = self._url(flow, url_key)
                if url is None:
                    self._leave(flow, f"{name} has no {url_key}")
                    return
                token[word] = {"url": url, **_BEGINNINGS[word]}
        token["grants"][grant] = dict(fields)
        refresh = self._url(flow, "refreshUrl")
        if refresh is not None and refresh != token["url"]:
            self._leave(flow, f"tokens are refreshed at {refresh}, which is another endpoint: log in again")
        elif grant != "client_credentials":
            token["grants"]["refresh_token"] = dict(_REFRESH)

    def _url(self, flow: Spot, key: str) -> str | None:
        """An endpoint of a flow: a URL, or a path below the base URL; None, reported, where it is neither."""
        text = flow.text(key).strip()
        if not text:
            return None
        if self._base_url is not None and "{" not in self._base_url:
            with suppress(ValueError):  # what is no URL is told of below, as it stands
                text = urljoin(self._base_url + "/", text)
        problem = None if text.startswith("/") and not text.startswith("//") else data_url_problem(text)
        if problem or "{" in text:
            self._leave(flow.at(key), f"{problem or 'it has variables'}: give token=")
            return None
        return text


# Source: RFC 6749 sections 4.1.3, 4.3.2 and 4.4.2, RFC 8628 section 3.4.
_GRANTS: dict[str, tuple[str, dict[str, str]]] = {
    "clientCredentials": ("client_credentials", {"grant_type": "client_credentials", "scope": "{scope}"}),
    "password": (
        "password",
        {"grant_type": "password", "username": "{username}", "password": "{password}", "scope": "{scope}"},
    ),
    "authorizationCode": (
        "authorization_code",
        {
            "grant_type": "authorization_code", "code": "{code}", "redirect_uri": "{redirect_uri}",
            "code_verifier": "{code_verifier}",
        },
    ),
    "deviceAuthorization": (
        "device_code",
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "{device_code}"},
    ),
}  # fmt: skip
_REFRESH = {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"}
_BEGUN_AT = {
    "authorize": ("authorization_code", "authorizationUrl"),
    "device": ("device_code", "deviceAuthorizationUrl"),
}
_BEGINNINGS: dict[str, JsonObject] = {
    "authorize": {
        "query": {
            "response_type": "code", "client_id": "{client_id}", "redirect_uri": "{redirect_uri}", "scope": "{scope}",
        }
    },
    "device": {"fields": {"client_id": "{client_id}", "scope": "{scope}"}},
}  # fmt: skip


def _of_grants(grants: JsonObject, spot: Spot) -> dict[str, JsonObject]:
    """The credentials that the requests for tokens name."""
    scopes = dict.fromkeys(
        scope
        for _, flow in spot.at("flows").items()
        for scope, _ in flow.at("scopes").items()
        if isinstance(scope, str)
    )
    shown = ", ".join(scopes)
    made = {
        "client_id": _credential("The program, as the OAuth server knows it.", "client_id"),
        "client_secret": {**_credential("The program's own secret; a public one has none."), "optional": True},
        "scope": {
            **_credential("What the token is to be good for." + (f" There are: {shown}" if shown else ""), "scope"),
            "optional": True,
        },
    }
    if "password" in grants:
        made = {"username": _credential("The user's name.", "username"), "password": _credential(""), **made}
    return made


def _credential(documentation: str, name: str = "") -> JsonObject:
    words: JsonObject = {"secret": False} if name in _PUBLIC else {}
    return {**words, "documentation": documentation} if documentation else words


def _join(words: JsonObject, more: Any) -> bool:
    """Put the words of a scheme to those of another; False where both would have the same place in a call."""
    taken = {("headers", name.lower()) for name in words.get("headers", {})}
    taken |= {("query", name) for name in words.get("query", {})}
    taken |= {("headers", "authorization") for word in ("basic", "bearer") if word in words}
    wanted = {("headers", name.lower()) for name in more.get("headers", {})}
    wanted |= {("query", name) for name in more.get("query", {})}
    wanted |= {("headers", "authorization") for word in ("basic", "bearer") if word in more}
    if words.get("bearer") is not None and words.get("bearer") == more.get("bearer"):
        # Two ways to one and the same token.
        if "token" in more:
            words.setdefault("token", more["token"])
        return True
    if taken & wanted:
        return False
    for word, said in more.items():
        if isinstance(said, dict) and word != "token":
            words[word] = {**words.get(word, {}), **said}
        elif word == "documentation" and word in words:
            words[word] = f"{words[word]}\n\n{said}"
        else:
            words[word] = said
    return True
