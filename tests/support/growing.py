"""
A service that grows, renames and drops endpoints while it runs, and says so in three ways.

Takes routes (`{"/orders": "GET POST"}`), which may be exchanged at any time; answers a call of any of them with what
was called, `/openapi.json` with a description of them, and `/routes` with a list of them, both with an ETag.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from tests.support.scripted import Request, Server, answer

__all__ = ["LISTED", "GrowingService"]

# The data files of the service as they were once: it lists itself.
LISTED: dict[str, Any] = {
    "service": {
        "format": 1,
        "service": "shop",
        "base_url": "https://shop.example.com",
        "listing": {"resource": "/routes", "form": "routes"},
        "credentials": {"key": {}},
        "auth": {"key": {"headers": {"X-Key": "{key}"}}},
    },
    "resources": {
        "format": 1,
        "/routes": {"methods": {"GET": {"auth": []}}},
        "/orders": {"methods": {"GET": {"name": "listOrders", "pages": {"by": "link", "next": "header"}}, "POST": {}}},
        "/orders/{id}": "GET DELETE",
        "/people": "GET",
    },
    "defaults": {"format": 1, "/orders": {"POST": {"kind": "order"}}},
}
ROUTES = {"/routes": "GET", "/orders": "GET POST", "/orders/{id}": "GET DELETE", "/people": "GET"}


class GrowingService:
    """
    Serves while it is entered.

    Attributes:
        routes: what there is, by template.
        server: the server, with the requests it got.
        broken: an answer in place of the description and the list.
        names: operation ids by method and template.
    """

    def __init__(self, routes: dict[str, str] | None = None) -> None:
        self.routes = dict(ROUTES if routes is None else routes)
        self.server = Server(self._answer)
        self.broken: bytes | None = None
        self.base_url: str | None = None
        self.etags = True
        self.extra: dict[str, Any] = {}

    def __enter__(self) -> GrowingService:
        self.server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.__exit__()

    @property
    def url(self) -> str:
        return self.server.url

    def asked(self, place: str) -> int:
        """How often a place was asked for."""
        return sum(request.target.partition("?")[0] == place for request in self.server.requests)

    def description(self) -> dict[str, Any]:
        paths = {
            text: {
                method.lower(): {
                    "operationId": re.sub(r"\W+", "_", f"{method.lower()}{text}"),
                    "responses": {"200": {"description": "done"}},
                    "parameters": [
                        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                        for name in re.findall(r"{(\w+)}", text)
                    ],
                    **self.extra.get(f"{method} {text}", {}),
                }
                for method in methods.split()
            }
            for text, methods in self.routes.items()
        }
        info = {"title": "Shop", "version": "1"}
        return {"openapi": "3.0.3", "info": info, "servers": [{"url": self.base_url or self.url}], "paths": paths}

    def _answer(self, request: Request) -> bytes:
        place = request.target.partition("?")[0]
        if place == "/openapi.json":
            return self._listed(request, self.description())
        if place == "/routes":
            routes = [{"route_url": text, "methods": methods.split()} for text, methods in self.routes.items()]
            return self._listed(request, routes)
        for text, methods in self.routes.items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", text), place) and request.method in methods.split():
                return _json({"called": f"{request.method} {text}"})
        return _json({"message": "there is no such thing"}, 404)

    def _listed(self, request: Request, content: Any) -> bytes:
        if self.broken is not None:
            return self.broken
        etag = f'"{hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]}"'
        if not self.etags:
            return _json(content)
        if request.header("If-None-Match") == etag:
            return answer(304, b"", f"ETag: {etag}")
        return _json(content, 200, f"ETag: {etag}")


def _json(content: Any, status: int = 200, *lines: str) -> bytes:
    return answer(status, json.dumps(content).encode(), "Content-Type: application/json", *lines)
