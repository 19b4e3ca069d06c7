"""
Answers of the mock as they are written: statuses, header fields and bytes, in the shape that the service gives them.

Takes an `Outcome` or a `Refusal`; gives an `Answer`. What stands around every answer, how numbers are spelled, under
which media type JSON goes and which status errors have is the data's to say.
Source: RFC 9110 for statuses and header fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from restpath.definition.model import Definition
from restpath.mock.asked import Outcome, Refusal, moment_words
from restpath.mock.state import Blob
from restpath.mock.words import fill, over, put_at, spelled
from restpath.types import UNSET, Json

__all__ = ["Answer", "Undefined", "Writer"]


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


class Undefined(Refusal):
    """The definition has no such place, or the place no such method."""


class Writer:
    """
    Writes the answers of a service.

    Args:
        words: the data's words for the mock service.
    """

    def __init__(self, definition: Definition, words: Mapping[str, Any]) -> None:
        self._errors, self._words = definition.service.rules.errors, words

    def outcome(self, outcome: Outcome, now: datetime, url: str) -> Answer:
        """Write what an action came to."""
        if outcome.blob is not None:
            return _typed(outcome, outcome.blob.media_type or "application/octet-stream", outcome.blob)
        if outcome.text is not None:
            return _typed(outcome, "text/plain; charset=utf-8", outcome.text.encode("utf-8", "replace"))
        content = outcome.content if outcome.bare else self._around(outcome, now, url)
        if outcome.status == 204 or content is UNSET:
            return Answer(outcome.status, tuple(outcome.headers))
        return self._json(outcome, content)

    def _around(self, outcome: Outcome, now: datetime, url: str) -> Any:
        """The content with what every success has beside it."""
        content, beside = outcome.content, self._words.get("success")
        if beside is None or not 200 <= outcome.status < 300 or not (content is UNSET or isinstance(content, dict)):
            return content
        return over(fill(beside, _look(now, url)), {} if content is UNSET else content)

    def refusal(self, refusal: Refusal, now: datetime, url: str) -> Answer:
        """Write an error, as the service shapes it."""
        if isinstance(refusal, Undefined) and self._words.get("undefined", {}).get("html"):
            page = f"<html><head><title>{refusal.status}</title></head><body><h1>{refusal.status}</h1></body></html>\n"
            headers = list(refusal.headers)
            return _typed(Outcome(refusal.status, headers=headers), "text/html; charset=utf-8", page.encode())
        code = refusal.code or self._words.get("codes", {}).get(str(refusal.status)) or _phrase(refusal.status)
        content = over(fill(self._words.get("error", {}), _look(now, url)), dict(refusal.content))
        content = put_at(content, self._errors.code or "/error", code)
        content = put_at(content, self._errors.message or "/message", refusal.message)
        status = self._words.get("error_status", refusal.status)
        headers = [pair for pair in refusal.headers if status >= 400 or pair[0] not in ("WWW-Authenticate", "Allow")]
        return self._json(Outcome(status, headers=headers), content)

    def _json(self, outcome: Outcome, content: Json) -> Answer:
        if self._words.get("numbers") == "texts" and not outcome.bare:
            content = spelled(content)
        media_type = "application/json" if outcome.bare else self._words.get("media_type", "application/json")
        return _typed(outcome, outcome.media_type or media_type, json.dumps(content).encode())


def _look(now: datetime, url: str) -> Any:
    words = moment_words(now, url)
    return lambda name: words.get(name, UNSET)


def _typed(outcome: Outcome, media_type: str, body: bytes | Blob) -> Answer:
    return Answer(outcome.status, (("Content-Type", media_type), *outcome.headers), body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
