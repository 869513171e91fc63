"""Spans by OpenTelemetry. The current one is whatever `traceparent` says: there is one truth, traced or not."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.telemetry import traceparent

# The type of an event, and the trace that it belongs to.
Told = tuple[str, str | None]
KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
# A collector that does not answer holds up nobody but the thread that sends, and an end by no more than this.
EXPORT_SECONDS = 2.0
_W3C = TraceContextTextMapPropagator()
_NOWHERE = Context()


class Span:
    """A piece of work under way."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What tells whoever goes on with this work which trace it belongs to."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, trace.set_span_in_context(self._span, _NOWHERE))
        return carrier["traceparent"]

    def answered(self, status: int, *, route: str | None = None, method: str = "") -> None:
        """How the request was answered and, where it was answered here, by which route."""
        self._span.set_attribute("http.response.status_code", status)
        if route is not None:
            self._span.update_name(f"{method} {route}")
            self._span.set_attribute("http.route", route)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)

    def fail(self, error: BaseException) -> None:
        """By its kind: its words may quote what somebody sent."""
        self._span.set_attribute("error.type", type(error).__qualname__)
        self._span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """The work is done."""
        self._span.end()


class Spans:
    """Makes the spans of one service."""

    def __init__(self, service: str, processor: SpanProcessor, *, share: float = 1.0) -> None:
        resource = Resource({SERVICE_NAME: service, SERVICE_NAMESPACE: "onevisit"})
        self._provider = TracerProvider(sampler=_sampler(service, share), resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("onevisit")

    @contextmanager
    def span(self, name: str, kind: str, of: str) -> Generator[Span]:
        """See `shared.tracing.span`."""
        span = self._start(f"{name} {of}" if of else name, KINDS[kind], traceparent.get(), of)
        before = traceparent.set(span.traceparent)
        try:
            yield span
        except BaseException as error:
            span.fail(error)
            raise
        finally:
            traceparent.reset(before)
            span.end()

    @contextmanager
    def batch(self, name: str, events: Sequence[Told], *, is_sent: bool) -> Generator[Iterable[str | None]]:
        """See `shared.tracing.sending` and `handling`. What came of no request is of no trace, and starts none."""
        kind = SpanKind.PRODUCER if is_sent else SpanKind.CONSUMER
        spans = [self._start(f"{name} {type_}", kind, parent, type_) if parent else None for type_, parent in events]
        try:
            yield [span.traceparent if span else None for span in spans]
        except BaseException as error:
            for span in filter(None, spans):
                span.fail(error)
            raise
        finally:
            for span in filter(None, spans):
                span.end()

    def close(self) -> None:
        """See `shared.tracing.close`."""
        self._provider.shutdown()

    def _start(self, name: str, kind: SpanKind, parent: str | None, of: str) -> Span:
        context = _W3C.extract({"traceparent": parent}, _NOWHERE) if parent else _NOWHERE
        attributes = _attributes(kind, of)
        return Span(self._tracer.start_span(name, context, kind, attributes, record_exception=False))


def exporting(service: str, *, url: str, share: float) -> Spans:
    """Spans that go to a collector (OTLP over HTTP), in batches and by a thread of their own."""
    exporter = OTLPSpanExporter(endpoint=url, timeout=EXPORT_SECONDS)
    return Spans(service, BatchSpanProcessor(exporter), share=share)


def _sampler(service: str, share: float) -> Sampler:
    """The gateway draws, the others follow. What a caller outside wishes decides nothing: it costs us, not them."""
    drawn = TraceIdRatioBased(share)
    if service == "gateway":
        return ParentBased(drawn, remote_parent_sampled=drawn, remote_parent_not_sampled=drawn)
    return ParentBased(drawn)


def _attributes(kind: SpanKind, of: str) -> dict[str, str]:
    match kind:
        case SpanKind.CLIENT:
            return {"peer.service": of}
        case SpanKind.PRODUCER | SpanKind.CONSUMER:
            return {"messaging.system": "nats", "onevisit.event.type": of}
        case _:
            return {}
