"""What is logged and traced: each try, without a secret in it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import restpath
from restpath.testing import FakeClock, use_clock

TOKEN = "s3cret-t0ken"
DEFINITION = {
    "service": {
        "format": 1,
        "service": "logged",
        "base_url": "http://localhost",
        "credentials": {"token": {}},
        "auth": {"both": {"headers": {"X-Proof": "{token}"}, "query": {"access_token": "{token}"}}},
    },
    "resources": {"/things/{id}": "GET POST", "/broken": "GET"},
}


def app(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
    """Answers 503 for /broken, else a JSON text; sets a cookie that is nobody's business."""
    broken = environ["PATH_INFO"] == "/broken"
    status = "503 Service Unavailable" if broken else "200 OK"
    told = [("Set-Cookie", f"session={TOKEN}"), ("X-You-Are", f"ann, by {TOKEN}")]
    start(status, [("Content-Type", "application/json"), ("Content-Length", "4"), *told])
    yield b'"ok"'


@pytest.fixture
def client() -> restpath.Client:
    made = restpath.connect(restpath.read(DEFINITION), app=app, token=TOKEN)
    use_clock(made, FakeClock())
    return made


def test_a_call_is_one_line_with_method_url_status_and_try(
    client: restpath.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="restpath"):
        client.things["7"].get(qs={"api_key": TOKEN, "page": 2})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "restpath"]
    assert line == "GET http://localhost/things/7?api_key=***&page=2: 200 in 0 ms (try 1)"


def test_each_try_is_a_line_of_its_own(client: restpath.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="restpath"), pytest.raises(restpath.ServerError, match="after 3 tries"):
        client.broken.get()
    lines = [record.getMessage() for record in caplog.records if record.name == "restpath"]
    assert [line.partition("(")[2] for line in lines] == ["try 1, again in 0.5 s)", "try 2, again in 1.0 s)", "try 3)"]


def test_debug_shows_fields_and_sizes_but_no_secret(client: restpath.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="restpath"):
        client.things["7"].post({"a": 1}, headers={"Authorization": f"Bearer {TOKEN}", "X-Trace": "abc"})
    text = "\n".join(record.getMessage() for record in caplog.records if record.name == "restpath")
    assert "X-Trace: abc" in text
    assert "8 bytes" in text
    assert "X-You-Are: ann, by ***" in text
    assert TOKEN not in text


def test_nothing_is_formatted_when_nobody_listens(client: restpath.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restpath.Call, "described", lambda self: pytest.fail("formatted for nobody"))
    logging.getLogger("restpath").setLevel(logging.WARNING)
    try:
        assert client.things["7"].get() == "ok"
    finally:
        logging.getLogger("restpath").setLevel(logging.NOTSET)


@pytest.fixture
def spans() -> Iterator[list[Any]]:
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from restpath.edge import journal

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    original = journal._tracer
    journal._tracer = lambda: provider.get_tracer("restpath")  # type: ignore[assignment]
    try:
        yield exporter  # type: ignore[misc]
    finally:
        journal._tracer = original


def test_a_call_is_a_client_span(client: restpath.Client, spans: Any) -> None:
    client.things["7"].get(qs={"token": TOKEN})
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /things/{id}"
    assert span.kind.name == "CLIENT"
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "url.full": "http://localhost/things/7?token=***",
        "url.template": "/things/{id}",
        "server.address": "localhost",
        "server.port": 80,
        "http.response.status_code": 200,
    }


def test_an_error_marks_its_span(client: restpath.Client, spans: Any) -> None:
    with pytest.raises(restpath.ServerError):
        client.broken.get()
    (span,) = spans.get_finished_spans()
    assert span.status.status_code.name == "ERROR"
    assert span.attributes["error.type"] == "503"
    assert span.attributes["http.response.status_code"] == 503
    assert span.attributes["http.request.resend_count"] == 2
    assert not span.events


def test_who_takes_no_spans_does_not_wait_for_opentelemetry_to_be_imported() -> None:
    program = (
        "import sys, restpath\n"
        "from restpath.edge.journal import is_tracing\n"
        "assert not is_tracing()\n"
        "assert 'opentelemetry' not in sys.modules\n"
        "try:\n"
        "    import opentelemetry.trace\n"
        "except ImportError:\n"
        "    sys.exit()\n"
        "assert is_tracing()\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=60)


def test_a_provider_that_the_environment_names_gets_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opentelemetry.trace", reason="opentelemetry-api is not installed")
    program = "from restpath.edge.journal import is_tracing; assert is_tracing()"
    monkeypatch.setenv("OTEL_PYTHON_TRACER_PROVIDER", "default_tracer_provider")
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
