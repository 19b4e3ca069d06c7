"""
The OAuth steps of Mixcloud: the link to open, and the code that came back exchanged for a token.

Takes what Mixcloud gave the application; gives a link and a token. What is asked for is said by the service's data;
the request goes the way of all requests for tokens, so that no error and no log holds the secret or the code.
Source: RFC 6749 sections 4.1.1 and 4.1.3, with GET in place of POST.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import restpath
from restpath.auth.grants import read_token, token_request
from restpath.auth.schemes import fill, named_in
from restpath.client import core_of
from restpath.definition.schemes import TokenRule
from restpath.errors import AuthError
from restpath.masking import Secret
from restpath.records import replace

__all__ = ["OAUTH_ROOT", "MixcloudOauth", "MixcloudOauthError"]

OAUTH_ROOT = "https://www.mixcloud.com/oauth"


class MixcloudOauthError(AuthError):
    """Mixcloud gave no token for the code."""


class MixcloudOauth:
    """
    What gets an access token for a user, in two steps.

    Args:
        client_id, client_secret: what Mixcloud gave the application.
        redirect_uri: where the user is sent back to, with a `code` in the query.
        oauth_root: where Mixcloud's OAuth server is; `OAUTH_ROOT` unless given.
        settings: further settings of `restpath.connect`, such as timeout and session.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        redirect_uri: str | None = None,
        *,
        oauth_root: str | None = None,
        **settings: Any,
    ) -> None:
        self.client_id, self.client_secret, self.redirect_uri = client_id, client_secret, redirect_uri
        self.oauth_root = (oauth_root or OAUTH_ROOT).rstrip("/")
        self._settings = settings

    def authorize_url(self) -> str:
        """
        Give the link to which the user is sent. Nothing is sent.

        Raises:
            MixcloudOauthError: client_id or redirect_uri are missing.
        """
        said = self._rule(self._client()).authorize
        if said is None:
            raise MixcloudOauthError("the data of Mixcloud says no more where a user is sent")
        values = self._values(named_in(" ".join(said.query.values())))
        return f"{said.url}?" + urlencode({name: fill(text, values) for name, text in said.query.items()})

    def exchange_token(self, code: str) -> str:
        """
        Exchange the code for an access token.

        Args:
            code: what the query of the redirect has as `code`.
        Raises:
            MixcloudOauthError: something is missing, or Mixcloud gives no token for it.
            TransportError: there is no answer that can be trusted.
        """
        client = self._client()
        core, rule = core_of(client), self._rule(client)
        needed = [name for name in named_in(" ".join(rule.grants["authorization_code"].values())) if name != "code"]
        if not isinstance(code, str) or not code:
            raise MixcloudOauthError("the code is missing: the query of the redirect has it")
        values = {**self._values(needed), "code": Secret(code)}
        credentials = core.definition.service.credentials
        try:
            call, proof = token_request(rule, "authorization_code", values, core.base_url, credentials=credentials)
            reply = core.prover.keeper.send(call, proof)
            return read_token(reply, rule, core.clock.now(), {}).access.reveal()
        except AuthError as error:
            problem = str(error)
        finally:
            client.close()
        raise MixcloudOauthError(problem)

    def _client(self) -> restpath.Client:
        return restpath.connect("mixcloud", store=None, **self._settings)

    def _rule(self, client: restpath.Client) -> TokenRule:
        """How the data of the service says that a token is got, at this server."""
        rule = core_of(client).prover.keeper.rules["token"]
        authorize = replace(rule.authorize, url=f"{self.oauth_root}/authorize") if rule.authorize else None
        return replace(rule, url=f"{self.oauth_root}/access_token", authorize=authorize)

    def _values(self, needed: list[str]) -> Mapping[str, Secret]:
        known = {"client_id": self.client_id, "client_secret": self.client_secret, "redirect_uri": self.redirect_uri}
        missing = [name for name in needed if not known.get(name)]
        if missing:
            raise MixcloudOauthError(f"{', '.join(missing)} missing: give {', '.join(missing)} to MixcloudOauth()")
        return {name: Secret(value) for name in needed if (value := known[name]) is not None}

    def __repr__(self) -> str:
        return f"<MixcloudOauth {self.client_id or 'without a client id'}>"
