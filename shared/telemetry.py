"""What follows one request through all services: its correlation id and W3C trace context; and the metrics."""

from contextvars import ContextVar

from prometheus_client import Counter, Histogram

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)

REQUESTS = Counter("onevisit_requests_total", "Requests answered", ["service", "route", "method", "status"])
SECONDS = Histogram("onevisit_request_seconds", "Time to answer a request", ["service", "route"])


def outgoing_headers() -> dict[str, str]:
    """The headers that carry both on to the next service."""
    pairs = {"x-correlation-id": correlation_id.get(), "traceparent": traceparent.get()}
    return {name: value for name, value in pairs.items() if value}
