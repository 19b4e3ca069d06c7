"""
A service with an OAuth server, in one process on loopback: what tests of tokens talk to.

Takes what is granted and how; answers token requests and calls, and remembers both. Nothing of restpath is in it.
"""

from __future__ import annotations

import base64
import json
import threading
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.support.scripted import Request, answer

__all__ = ["JSON", "OAuth", "definition_of", "told"]

JSON = "Content-Type: application/json"


def told(content: Any, status: int = 200, *lines: str) -> bytes:
    """Write an answer in JSON."""
    return answer(status, json.dumps(content).encode(), JSON, *lines)


class OAuth:
    """
    What answers, as `Server` calls it.

    Attributes:
        asked: the fields of each token request.
        calls: the other requests, as (target, token, body).
        good: the tokens that the service takes; None for all.
        refresh: the refresh tokens that are good.
        lifetime: the `expires_in` of new tokens.
        rotates: whether a refresh token is good once.
        refreshing: whether a refresh token comes with each token.
        answers: answers to be given to the next token requests, in place of tokens.
        at: the target of the token endpoint.
        wait: token requests are answered once it is set.
        until_calls: after how many calls `wait` is set.
    """

    def __init__(self, *, lifetime: float | None = None, rotates: bool = True, refreshing: bool = False) -> None:
        self.asked: list[dict[str, str]] = []
        self.calls: list[tuple[str, str, bytes]] = []
        self.good: set[str] = set()
        self.refresh: set[str] = set()
        self.lifetime, self.rotates, self.refreshing = lifetime, rotates, refreshing
        self.answers: list[bytes] = []
        self.at = "/token"
        self.passwords = {"ann": "pa55-of-ann"}
        self.secrets = {"app": "s3cret-of-app"}
        self.wait = threading.Event()
        self.wait.set()
        self.until_calls: int | None = None
        self._lock = threading.Lock()
        self._count = 0

    def __call__(self, request: Request) -> bytes:
        path = request.target.partition("?")[0]
        if path == self.at:
            self.wait.wait(10)
            with self._lock:
                return self._granted(request)
        return self._called(request)

    def revoke(self) -> None:
        """Let no token be good any more; refresh tokens are."""
        self.good.clear()

    # ---- tokens ----

    def _granted(self, request: Request) -> bytes:
        fields = dict(parse_qsl(request.target.partition("?")[2])) | dict(parse_qsl(request.body.decode()))
        user, password = _basic(request.header("authorization"))
        self.asked.append(fields | ({"basic": f"{user}:{password}"} if user else {}))
        if self.answers:
            return self.answers.pop(0)
        problem = self._problem(fields, user or fields.get("client_id", ""), password)
        return told({"error": problem, "error_description": f"no: {fields}"}, 400) if problem else self._token()

    def _problem(self, fields: dict[str, str], client: str, secret: str) -> str | None:
        grant = fields.get("grant_type")
        if grant == "client_credentials":
            return None if self.secrets.get(client) == secret else "invalid_client"
        if grant == "password":
            good = self.passwords.get(fields["username"]) == fields["password"]
            return None if good else "invalid_grant"
        if grant == "refresh_token":
            known = fields["refresh_token"] in self.refresh
            if self.rotates:
                self.refresh.discard(fields["refresh_token"])
            return None if known else "invalid_grant"
        return None if grant == "authorization_code" and fields["code"] == "c0de" else "unsupported_grant_type"

    def _token(self) -> bytes:
        self._count += 1
        self.good.add(f"t0ken-{self._count}")
        content: dict[str, Any] = {"access_token": f"t0ken-{self._count}", "token_type": "Bearer"}
        if self.lifetime is not None:
            content["expires_in"] = self.lifetime
        if self.refreshing:
            self.refresh.add(f"r3fresh-{self._count}")
            content["refresh_token"] = f"r3fresh-{self._count}"
        return told(content)

    # ---- calls ----

    def _called(self, request: Request) -> bytes:
        token = (request.header("authorization") or "").removeprefix("Bearer ")
        with self._lock:
            self.calls.append((request.target, token, request.body))
            good = token in self.good
            if self.until_calls is not None and len(self.calls) >= self.until_calls:
                self.wait.set()
        if not good:
            return told({"error": "the token is not good"}, 401, "WWW-Authenticate: Bearer")
        if request.target.startswith("/list"):
            page = int(dict(parse_qsl(request.target.partition("?")[2])).get("page", "1"))
            return told([page * 10, page * 10 + 1] if page < 3 else [])
        return told({"token": token})


def _basic(header: str | None) -> tuple[str, str]:
    if header is None or not header.startswith("Basic "):
        return "", ""
    user, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return unquote(user), unquote(password)


def definition_of(**rule: Any) -> dict[str, Any]:
    """
    The documents of a service with tokens.

    Args:
        rule: words of its token rule in place of the usual ones; None takes one away.
    """
    token: dict[str, Any] = {
        "credential": "token",
        "url": "/token",
        "basic": ["{client_id}", "{client_secret}"],
        "grants": {
            "client_credentials": {"grant_type": "client_credentials", "scope": "{scope}"},
            "refresh_token": {"grant_type": "refresh_token", "refresh_token": "{refresh_token}"},
        },
    }
    return {
        "service": {
            "format": 1,
            "service": "test",
            "credentials": {
                "token": {},
                "refresh_token": {},
                "client_id": {"secret": False},
                "client_secret": {},
                "username": {"secret": False},
                "password": {},
                "scope": {"secret": False, "optional": True},
                "server": {"secret": False},
            },
            "auth": {"oauth": {"bearer": "{token}", "token": _without_none({**token, **rule})}},
        },
        "resources": {
            "/a": "GET POST",
            "/form": {"methods": {"POST": {"fields": "form"}}},
            "/list": {"methods": {"GET": {"pages": {"by": "page", "parameter": "page"}}}},
        },
    }


def _without_none(words: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in words.items() if value is not None}
