"""
What goes over the wire, in the log, for a client that was made with `debug=True`.

Takes calls as lines of curl, and answers; writes to the logger `restpath.wire`, which from then on also goes to the
standard error. No other logger is changed, and no secret is written.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, TextIO

from restpath.errors import TransportError
from restpath.masking import mask_headers, mask_secrets
from restpath.refusals import masked_words
from restpath.reply import Reply

__all__ = ["LOGGER", "record_answer", "record_call", "record_failure", "show_wire"]

LOGGER = logging.getLogger("restpath.wire")
_EXCERPT = 2000


if TYPE_CHECKING:
    _Handler = logging.StreamHandler[TextIO]
else:  # Python 3.10 has it without a parameter
    _Handler = logging.StreamHandler


class _StandardError(_Handler):
    """Writes to what the standard error is at that moment: programs and tests put another in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def show_wire() -> None:
    """Let what is written here reach the standard error. Doing it again changes nothing."""
    LOGGER.setLevel(logging.DEBUG)
    if not any(isinstance(handler, _StandardError) for handler in LOGGER.handlers):
        LOGGER.addHandler(_StandardError())


def record_call(line: str) -> None:
    """Write what is sent: a line of curl with placeholders for the credentials."""
    LOGGER.debug("> %s", line)


def record_answer(reply: Reply) -> None:
    """Write what came back."""
    lines = [f"{reply.status} {reply.reason} in {reply.elapsed.total_seconds() * 1000:.0f} ms"]
    lines += [f"{name}: {value}" for name, value in mask_headers(reply.headers.lines())]
    lines += [_content(reply)] if reply.body else []
    for line in lines:
        LOGGER.debug("< %s", _shown(line, reply))


def record_failure(error: TransportError) -> None:
    """Write that nothing came back, and why."""
    LOGGER.debug("< %s", error)


def _content(reply: Reply) -> str:
    if isinstance(reply.lenient_content, bytes):
        return f"{len(reply.body)} bytes"
    text = reply.text
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}... ({len(reply.body)} bytes)"


def _shown(text: str, reply: Reply) -> str:
    """A stranger's words without the call's own secrets, short ones too, and without what would steer a terminal."""
    secrets = (*reply.hidden, *(secret for _, secret in reply.call.secret_headers))
    return masked_words(mask_secrets(text, secrets, longer_than=3), reply)
