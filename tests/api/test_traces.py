"""Traces: one request through decide, append and what follows, in the trace of whoever asked; sent to a real receiver of OTLP."""

import re
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from huitong.api.messages.envelope import pack_decisions, traceparent_in
from huitong.app import Bank
from huitong.app.server import Served
from huitong.kernel import InputError
from huitong.telemetry import Tracing, traced, tracing, using, wanted
from tests.api.conftest import EVENT
from tests.app.small_world import clock

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
PAYMENT = EVENT | {"amount": "300000.00", "customer": "Zhang-Secret", "account": "Acct-Secret"}


@pytest.fixture(scope="module")
def client(trained_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bank, httpx.Client]]:
    root = shutil.copytree(trained_bank / "bank", tmp_path_factory.mktemp("traced") / "bank")
    with (
        Bank(root, clock=clock(), threads=2) as bank,
        Served(bank, policy="small") as address,
        httpx.Client(base_url=address, timeout=60) as opened,
    ):
        yield bank, opened


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with using(Tracing(provider)):
        yield kept
    provider.shutdown()


def by_name(kept: InMemorySpanExporter) -> Mapping[str, ReadableSpan]:
    return {one.name: one for one in kept.get_finished_spans()}


def test_a_request_is_one_trace_through_the_house(client: tuple[Bank, httpx.Client], spans: InMemorySpanExporter) -> None:
    bank, http = client
    answer = http.post("/v1/decisions", json=PAYMENT | {"id": "tr-1"}, headers=TRACEPARENT)
    assert answer.status_code == 200
    found = by_name(spans)
    assert found.keys() == {"POST /v1/decisions", "decide", "consequences", "append"}
    assert {format(one.context.trace_id, "032x") for one in found.values() if one.context is not None} == {TRACE}
    request, decide = found["POST /v1/decisions"], found["decide"]
    assert request.parent is not None
    assert format(request.parent.span_id, "016x") == PARENT
    assert [one.parent and one.parent.span_id for one in (decide, found["consequences"], found["append"])] == [
        request.context and request.context.span_id,
        decide.context and decide.context.span_id,
        decide.context and decide.context.span_id,
    ]
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 200
    told = str([(dict(one.attributes or {}), one.name, [dict(event.attributes or {}) for event in one.events]) for one in found.values()])
    assert "Secret" not in told
    assert "tr-1" not in told
    decision = bank.log.decision(answer.json()["id"])
    assert decision is not None
    envelope = pack_decisions([decision], "test", bank.grades.of, 2)
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", traceparent_in(envelope) or "")


def test_refusals_and_look_ups_are_traced_by_their_pattern(client: tuple[Bank, httpx.Client], spans: InMemorySpanExporter) -> None:
    _, http = client
    assert http.get("/v1/decisions/Zhang-Secret", headers={"x-purpose": "audit:1"}).status_code == 404
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /v1/decisions/{record_id}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/v1/decisions/{record_id}",
        "http.response.status_code": 404,
        "error.type": "decision.unknown",
    }


def test_nothing_is_traced_where_nobody_asked_for_it(client: tuple[Bank, httpx.Client]) -> None:
    assert tracing() is None
    _, http = client
    assert http.post("/v1/decisions", json=PAYMENT | {"id": "tr-2"}, headers=TRACEPARENT).status_code == 200
    for environment, expected in [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
    ]:
        assert wanted(environment) is expected


def test_spans_arrive_at_a_receiver_of_otlp(client: tuple[Bank, httpx.Client], monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    _, http = client
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}", "OTEL_SERVICE_NAME": "bank-7"}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with traced("1.2.3", environment):
            assert http.post("/v1/decisions", json=PAYMENT | {"id": "tr-3"}, headers=TRACEPARENT).status_code == 200
        server.shutdown()
        thread.join()
    resources = [one for body in bodies for one in ExportTraceServiceRequest.FromString(body).resource_spans]
    names = {span.name for one in resources for scope in one.scope_spans for span in scope.spans if span.trace_id.hex() == TRACE}
    assert names >= {"POST /v1/decisions", "decide", "append", "consequences"}
    said = {pair.key: pair.value.string_value for pair in resources[0].resource.attributes}
    assert (said["service.name"], said["service.version"]) == ("bank-7", "1.2.3")


def test_a_collector_that_does_not_answer_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huitong.telemetry.ENDS_SECONDS", 0.05)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        with traced("1", {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}):
            active = tracing()
            assert active is not None
            with active.span("any"):
                pass
        assert "huitong-traces" in [one.name for one in threading.enumerate()], "it still waits, and nobody for it"
        asked, _ = silent.accept()
        asked.close()


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InputError) as caught, traced("1", {"OTEL_TRACES_EXPORTER": "otlp"}):
        pass
    assert caught.value.code == "telemetry.missing"
