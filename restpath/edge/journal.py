"""
The journal: what became of each try and each call, in the log and as an OpenTelemetry span.

Takes calls, answers and errors; writes to the logger `restpath`: at INFO the method, the URL without secrets, the
status, milliseconds and tries, at DEBUG also header fields and sizes. No secret gets in: calls hold none, URLs and
fields are masked. A span is made for each call where the program, or what starts it, has imported OpenTelemetry's
`opentelemetry.trace`, or the environment names its tracer provider: nobody else could take spans.
Source: OpenTelemetry's semantic conventions for HTTP client spans, version 1.23 and later.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from restpath.call import Call
from restpath.errors import RequestError, TransportError
from restpath.masking import mask_headers, mask_url
from restpath.reply import Reply

__all__ = ["LOGGER", "is_recording", "is_tracing", "record_try", "span_of"]

LOGGER = logging.getLogger("restpath")


def is_recording() -> bool:
    """Tell whether tries are written to the log."""
    return LOGGER.isEnabledFor(logging.INFO)


def record_try(call: Call, outcome: Reply | TransportError, tries: int, seconds: float, wait: float | None) -> None:
    """
    Write what became of one try.

    Args:
        call: what was sent.
        outcome: the answer, or the error in its place.
        tries: which try it was, from 1.
        seconds: how long it took.
        wait: seconds until the next one; None if this was the last.
    """
    if not is_recording():
        return
    what = str(outcome.status) if isinstance(outcome, Reply) else type(outcome).__name__
    after = "" if wait is None else f", again in {wait:.1f} s"
    LOGGER.info("%s: %s in %.0f ms (try %d%s)", call.described(), what, seconds * 1000, tries, after)
    if LOGGER.isEnabledFor(logging.DEBUG):
        LOGGER.debug("sent %s, %s", _shown(call.headers.lines()), _size(call))
        if isinstance(outcome, Reply):
            length = outcome.headers.get("content-length", "unknown")
            # Some services say in a header field who was recognized, by the very token.
            LOGGER.debug("received %s, content of %s bytes", _told(outcome), length)
        else:
            LOGGER.debug("%s", outcome)


def _shown(lines: Sequence[tuple[str, str]]) -> str:
    return (
        "; ".join(f"{name}: {mask_url(value)}" for name, value in mask_headers(lines)) or "no header fields of its own"
    )


def _told(reply: Reply) -> str:
    from restpath.refusals import masked_words

    return masked_words(_shown(reply.headers.lines()), reply)


def _size(call: Call) -> str:
    if call.files:
        return f"multipart of {len(call.files)}"
    return f"{len(call.body)} bytes" if isinstance(call.body, bytes) else "no body" if call.body is None else "a file"


def is_tracing() -> bool:
    """Tell whether spans are made."""
    return _tracer() is not None


def _tracer() -> Any:
    """Give the tracer; None where nobody takes spans: to import it all the same would take as long as some calls."""
    return _made_tracer() if "opentelemetry.trace" in sys.modules or _is_named() else None


@lru_cache(maxsize=1)
def _is_named() -> bool:
    """Whether the environment names what takes spans, which is then imported by OpenTelemetry itself."""
    return "OTEL_PYTHON_TRACER_PROVIDER" in os.environ


@lru_cache(maxsize=1)
def _made_tracer() -> Any:
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    from restpath.version import __version__

    return trace.get_tracer("restpath", __version__)


@contextmanager
def span_of(call: Call) -> Iterator[Callable[[int, int], None]]:
    """
    Put a span around a call, where OpenTelemetry is installed; an error that leaves it is recorded by its kind.

    Yields:
        what takes the status that was answered, and the number of tries.
    """
    tracer = _tracer()
    if tracer is None:
        yield lambda status, tries: None
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode

    template = call.operation.template if call.operation else ""
    _, host, port = call.origin
    attributes = {
        "http.request.method": call.method, "url.full": mask_url(call.url), "server.address": host, "server.port": port,
        **({"url.template": template} if template else {}),
    }  # fmt: skip
    name = f"{call.method} {template}".strip()
    # The exception itself is not recorded: a span leaves the process, and its words may be the service's.
    with tracer.start_as_current_span(
        name, kind=SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:

        def answered(status: int, tries: int) -> None:
            span.set_attribute("http.response.status_code", status)
            if tries > 1:
                span.set_attribute("http.request.resend_count", tries - 1)

        try:
            yield answered
        except RequestError as error:
            span.set_attribute("error.type", str(error.status))
            span.set_status(Status(StatusCode.ERROR))
            raise
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
