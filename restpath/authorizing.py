"""
Authorizing: a login, from what a person does to a token that is kept.

Takes the core of a client; asks the OAuth server by the grant that is meant, and hands the token to the client's
keeper, which stores it. A password goes to the token endpoint and nowhere else, and is not kept.
Source: RFC 6749 sections 4.1, 4.3 and 4.4, RFC 8252 (loopback redirects), RFC 8628 (device).
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from restpath.auth.answers import TokenRefused
from restpath.auth.authorization import Authorization, begin, read_code
from restpath.auth.device import device_request, device_waits, read_device
from restpath.auth.schemes import Credentials, credential_text, grant_for, missing_grant, named_in, of_grant
from restpath.auth.tokens import Token
from restpath.definition.schemes import Scheme, TokenRule
from restpath.edge.credentials import check_names
from restpath.errors import AuthError, InvalidValue, TransportError
from restpath.masking import Secret

if TYPE_CHECKING:
    from restpath.core import Core

__all__ = ["begin_authorization", "log_in", "log_out"]

Show = Callable[[str], object]
_LOOPBACK = ("127.0.0.1", "localhost")


def log_in(
    core: Core,
    grant: str | None,
    *,
    show: Show | None = None,
    ask: Callable[[str], str] | None = None,
    redirect_uri: str | None = None,
    authorization: Authorization | Mapping[str, Any] | str | None = None,
    answer: str | None = None,
    scheme: str | None = None,
    credentials: Mapping[str, Any],
) -> None:
    """Log in; see `restpath.login` for the arguments and errors."""
    for name, function in (("show", show), ("ask", ask)):
        if function is not None and not callable(function):
            raise InvalidValue(f"{name}= is a {type(function).__name__}: give a function that takes one text")
    by_link = authorization is not None or (grant is None and (ask is not None or redirect_uri is not None))
    login = _Login(core, scheme, credentials, "authorization_code" if by_link else grant)
    if authorization is not None or answer is not None:
        if authorization is None or answer is None or grant not in (None, "authorization_code"):
            raise InvalidValue("authorization= and answer= end one login by a link: give both, and no other grant")
        if isinstance(authorization, (Mapping, str)):
            authorization = Authorization.from_json(authorization)
        if not isinstance(authorization, Authorization) or not isinstance(answer, str):
            raise InvalidValue(
                f"authorization= is a {type(authorization).__name__} and answer= a {type(answer).__name__}: give what "
                "restpath.begin_login() gave, or its to_json(), and the URL that came back"
            )
        login.finish(authorization, answer)
        return
    grant = grant or login.grant(ask is not None or redirect_uri is not None)
    if not isinstance(grant, str) or grant not in login.rule.grants:
        raise InvalidValue(f"there is no grant {grant!r}; there are " + ", ".join(login.rule.grants))
    if grant == "authorization_code":
        login.by_link(show, ask, redirect_uri)
    elif grant == "device_code":
        login.by_device(show)
    else:
        login.keep(core.prover.keeper.ask(login.scheme, grant, login.at_hand))


def begin_authorization(
    core: Core, redirect_uri: str | None, *, scheme: str | None = None, credentials: Mapping[str, Any]
) -> Authorization:
    """Begin a login by a link; see `restpath.begin_login`."""
    return _Login(core, scheme, credentials, "authorization_code").begin(redirect_uri)


def log_out(core: Core) -> None:
    """Forget all tokens of a client, those in its store as well."""
    core.prover.keeper.drop(core.prover.at_hand())


class _Login:
    """One login: a scheme, and what is at hand for it."""

    def __init__(self, core: Core, scheme: str | None, credentials: Mapping[str, Any], grant: object) -> None:
        self._core, self._keeper = core, core.prover.keeper
        rules, service = self._keeper.rules, core.definition.service
        if scheme is None and not rules:
            raise InvalidValue(
                f"{service.name or 'the service'} has nowhere to log in: give its credentials to restpath.connect()"
            )
        if scheme is not None and scheme not in rules:
            raise InvalidValue(f"scheme={scheme!r} has no token to get; there are " + (", ".join(rules) or "none"))
        check_names(core.definition, list(credentials), (), function="login")
        given = {name: credential_text(name, value) for name, value in credentials.items() if value is not None}
        around = core.prover.at_hand()
        values = ChainMap(given, around.values)  # type: ignore[arg-type]  # which are only read
        self.at_hand = Credentials(values, {**around.sources, **dict.fromkeys(given, "login")})
        name = scheme or self._meant(given, grant)
        self.scheme: Scheme = service.schemes[name]
        self.rule = rules[name]

    def _meant(self, given: Collection[str], wanted: object) -> str:
        """The scheme that is meant: the first whose grants use most of what this login was given, and lack nothing."""
        service, rules = self._core.definition.service, self._keeper.rules
        best, most = next(iter(rules)), (-1, False)
        for name, rule in rules.items():
            for grant in rule.grants if len(rules) > 1 else ():
                if grant == "refresh_token" or wanted not in (None, grant):
                    continue
                needed = _of_login(rule, grant)
                missing = [each for each in missing_grant(service, rule, grant, self.at_hand) if each in needed]
                fit = len(needed.intersection(given)), not missing
                if fit > most and any(each in service.credentials for each in needed):
                    best, most = name, fit
        return best

    def grant(self, by_link: bool) -> str:
        """Find the grant that is meant: a password that is there, else what a person does, else the client's own."""
        service, rule = self._core.definition.service, self.rule
        if not by_link and "password" in rule.grants and not missing_grant(service, rule, "password", self.at_hand):
            return "password"
        for grant in ("authorization_code", "device_code"):
            if grant in rule.grants:
                return grant
        found = grant_for(service, rule, self.at_hand)
        if found is not None and found != "refresh_token":
            return found
        grant = next(iter(rule.grants))
        missing = ", ".join(f"{name}=..." for name in missing_grant(service, rule, grant, self.at_hand))
        raise AuthError(f"a login at {service.name or 'this service'} needs {missing}: give it to restpath.login()")

    def keep(self, token: Token) -> None:
        """Use and store a token."""
        self._keeper.keep(self.scheme, token, self.at_hand)

    # ---- by a link ----

    def begin(self, redirect_uri: str | None) -> Authorization:
        """Make the link to which a person is sent."""
        core = self._core
        values = self._keeper.with_discovered(self.rule, self.at_hand)
        begun = begin(self.rule, values, core.base_url, redirect_uri, credentials=core.definition.service.credentials)
        text = self.rule.authorize.url if self.rule.authorize is not None else ""
        self._keeper.check_discovered(self.rule, text, self.at_hand, begun.link)
        return begun

    def finish(self, authorization: Authorization, answer: str) -> None:
        """Exchange the code that came back for a token."""
        values = authorization.exchange_values(read_code(authorization, answer))
        self.keep(self._keeper.ask(self.scheme, "authorization_code", self.at_hand, values))

    def by_link(self, show: Show | None, ask: Callable[[str], str] | None, redirect_uri: str | None) -> None:
        """Send a person to the link, and wait for what comes back: at this machine, or typed in."""
        if ask is not None:
            authorization = self.begin(redirect_uri)
            self.finish(authorization, _text(ask(authorization.link)))
            return
        from restpath.edge.loopback import catch_redirect

        port, path, host = _loopback(redirect_uri)
        with catch_redirect(port, path) as redirect:
            # As it is registered, to the letter; but for the port, where none is said.
            here = redirect_uri if redirect_uri and port else redirect.redirect_uri.replace("127.0.0.1", host, 1)
            authorization = self.begin(here)
            redirect.expect(authorization.state)
            (show or _open_link)(authorization.link)
            self.finish(authorization, redirect.wait())

    # ---- by another device ----

    def by_device(self, show: Show | None) -> None:
        """Tell a person what to type in elsewhere, and ask until it is done."""
        core, keeper = self._core, self._keeper
        values = keeper.with_discovered(self.rule, self.at_hand)
        call, proof = device_request(self.rule, values, core.base_url, credentials=core.definition.service.credentials)
        text = self.rule.device.url if self.rule.device is not None else ""
        keeper.check_discovered(self.rule, text, self.at_hand, call.url)
        device = read_device(keeper.send(call, proof))
        link = device.verification_uri_complete or device.verification_uri
        (show or _say)(f"Open {link} and confirm the code {device.user_code}")
        waits = device_waits(device)
        seconds = next(waits)
        while True:
            core.clock.sleep(seconds)
            try:
                token = keeper.ask(self.scheme, "device_code", self.at_hand, device.exchange_values())
            except (TokenRefused, TransportError) as error:
                seconds = waits.send(error)
            else:
                self.keep(token)
                return


def _of_login(rule: TokenRule, grant: str) -> set[str]:
    """The credentials that a login by a grant uses, those of its first step among them."""
    texts: list[str] = []
    if grant == "authorization_code" and rule.authorize is not None:
        texts = [rule.authorize.url, *rule.authorize.query.values()]
    elif grant == "device_code" and rule.device is not None:
        texts = [rule.device.url, *rule.device.fields.values()]
    names = {*of_grant(rule, grant), *(name for text in texts for name in named_in(text))}
    return names - {"code", "redirect_uri", "code_verifier", "device_code"}


def _loopback(redirect_uri: str | None) -> tuple[int, str, str]:
    """Port, path and host of a redirect to this machine; any port where none is said. Source: RFC 8252 section 7.3."""
    if redirect_uri is None:
        return 0, "/", "127.0.0.1"
    if not isinstance(redirect_uri, str):
        raise InvalidValue(f"redirect_uri= is a {type(redirect_uri).__name__}: give a URL")
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port
    except ValueError as error:
        raise InvalidValue(f"redirect_uri={redirect_uri!r} is no URL: {error}") from error
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        raise InvalidValue(
            f"redirect_uri={redirect_uri!r} does not lead to this machine, so nothing here can wait for it: "
            "give ask=, a function that is given the link and gives back what the browser ended at; a web application "
            "uses restpath.begin_login()"
        )
    return port or 0, parts.path or "/", parts.hostname


def _open_link(link: str) -> None:
    import webbrowser

    _say(f"Open {link} in a browser to log in")
    webbrowser.open(link)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _text(answer: object) -> str:
    text = answer.reveal() if isinstance(answer, Secret) else answer
    if not isinstance(text, str):
        raise InvalidValue(f"ask= gave a {type(answer).__name__}: it is to give the URL or the code that came back")
    return text
