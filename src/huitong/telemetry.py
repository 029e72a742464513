"""Traces of one request through the house: OpenTelemetry spans, sent to a collector by OTLP. Off unless the environment names one.

For whom: who operates the service beside others and wants to see where a request's time goes. How: spans at the seams (request, decide,
consequences, append, publish), in the trace that the caller began (W3C Trace Context). Their attributes are routes, policies, codes and
counts, never anything of a person. Where it fails: a decision's trace is remembered in this process only, for the messages that follow it.

A process has one tracing, as it has one OpenTelemetry; where it has none, each seam costs a look at a name.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from huitong.kernel import InputError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
EXPORTER = "OTEL_TRACES_EXPORTER"
TRACEPARENT = "traceparent"
REMEMBERED_MAX = 10_000
"""Decisions whose trace is remembered until their message goes out."""
LINKS_MAX = 64
"""Most requests of a group that its span names."""
ENDS_SECONDS = 3.0
"""How long the end waits for a collector to take the last spans; the SDK itself would wait for half a minute."""
_active: list[Tracing] = []


def tracing() -> Tracing | None:
    """The tracing of this process; ``None`` where it has none."""
    return _active[-1] if _active else None


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment names a collector: the usual variables of OpenTelemetry."""
    exporter = environment.get(EXPORTER, "otlp" if any(environment.get(name) for name in ENDPOINTS) else "none")
    return exporter != "none" and environment.get("OTEL_SDK_DISABLED", "").lower() != "true"


@contextmanager
def traced(version: str, environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Traces are sent for as long as a ``with`` block lasts, where the environment names a collector.

    Args:
        version: Of the program.
        environment: Says where to; the SDK reads its own variables, among them ``OTEL_SERVICE_NAME`` and ``OTEL_TRACES_SAMPLER``.

    Raises:
        InputError: If it is wanted and the extra ``telemetry`` is not installed.
    """
    if not wanted(environment):
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 -- an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            "telemetry.missing",
            {"en": f"traces need a package that is not installed: {error.name}", "zh": f"链路追踪需要未安装的软件包：{error.name}"},
            {
                "en": 'pip install "huitong[telemetry]", or set OTEL_TRACES_EXPORTER=none',
                "zh": '请运行 pip install "huitong[telemetry]"，或设置 OTEL_TRACES_EXPORTER=none',
            },
        ) from error
    name = environment.get("OTEL_SERVICE_NAME", "huitong")
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.version": version}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        with using(Tracing(provider)):
            yield
    finally:
        ended = threading.Thread(target=provider.shutdown, name="huitong-traces", daemon=True)
        ended.start()
        ended.join(ENDS_SECONDS)


@contextmanager
def using(one: Tracing) -> Iterator[None]:
    """That tracing is this process's as long as the block lasts."""
    _active.append(one)
    try:
        yield
    finally:
        _active.remove(one)


class Tracing:
    """Makes spans.

    Args:
        provider: Of the SDK.
    """

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace  # noqa: PLC0415 -- an extra
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        self._trace = trace
        self._tracer = provider.get_tracer("huitong")
        self._propagator = TraceContextTextMapPropagator()
        self._decided: OrderedDict[str, Context] = OrderedDict()

    def begin(self, name: str, headers: Mapping[str, str], kind: str = "server") -> Span:
        """A span of what somebody asked, in their trace where they name one.

        Args:
            name: What is done.
            headers: By name in lower case; ``traceparent`` and ``tracestate`` are looked at.
            kind: ``server``, ``consumer`` or ``producer``.
        """
        parent = self._propagator.extract(headers)
        return self._tracer.start_span(name, parent, self._trace.SpanKind[kind.upper()])

    @contextmanager
    def within(self, span: Span) -> Iterator[None]:
        """What is begun in the block belongs to the span, which goes on after it."""
        with self._trace.use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
            yield

    def end(self, span: Span, said: Mapping[str, str | int], *, failed: bool = False) -> None:
        """Ends a span with what is to be said of it."""
        span.set_attributes(said)
        if failed:
            span.set_status(self._trace.StatusCode.ERROR)
        span.end()

    def current(self) -> Context | None:
        """The context of what is going on in this task or thread; ``None`` where nothing is traced."""
        span = self._trace.get_current_span()
        return self._trace.set_span_in_context(span) if span.get_span_context().is_valid else None

    @contextmanager
    def span(self, name: str, parent: Context | None = None, **said: str | int) -> Iterator[Span]:
        """A span of a step, in the current one unless a parent is given."""
        with self._tracer.start_as_current_span(name, parent, attributes=said, record_exception=False) as span:
            yield span

    @contextmanager
    def group(self, name: str, asked: Sequence[object]) -> Iterator[Context]:
        """A span of what is done for several at once: in the trace of the first, with links to the others.

        Args:
            name: What is done.
            asked: The context of each, where it has one.
        """
        contexts: list[Context] = [one for one in asked if one is not None]  # type: ignore[misc]  # contexts, which calls keep unseen
        found = [self._trace.get_current_span(one).get_span_context() for one in contexts[1 : LINKS_MAX + 1]]
        links = [self._trace.Link(one) for one in found]
        parent = contexts[0] if contexts else None
        with self._tracer.start_as_current_span(
            name, parent, attributes={"count": len(asked)}, links=links, record_exception=False
        ) as span:
            yield self._trace.set_span_in_context(span)

    def passed(self, name: str, parent: object, took_ns: int, *, failed: bool = False) -> None:
        """A span of a step that is over, within what was going on when it began."""
        end_ns = time.time_ns()
        span = self._tracer.start_span(name, parent, start_time=end_ns - took_ns)  # type: ignore[arg-type]  # a context
        if failed:
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(end_ns)

    def remember(self, decision: str, context: object) -> None:
        """In which trace a decision was made, for the messages that tell of it."""
        self._decided[decision] = context  # type: ignore[assignment]  # a context
        while len(self._decided) > REMEMBERED_MAX:
            self._decided.popitem(last=False)

    def context_of(self, decision: str) -> Context | None:
        """The trace in which a decision was made."""
        return self._decided.get(decision)

    def traceparent_of(self, decision: str) -> str | None:
        """The same as W3C Trace Context writes it."""
        context, carrier = self._decided.get(decision), dict[str, str]()
        if context is not None:
            self._propagator.inject(carrier, context)
        return carrier.get(TRACEPARENT)
