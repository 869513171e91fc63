"""What follows one request through all services: its correlation id and W3C trace context; and what is measured.

Metrics that only one service has are declared there. No label names a person, a case or a path.
"""

from contextvars import ContextVar

from prometheus_client import Counter, Gauge, Histogram

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)

REQUESTS = Counter("onevisit_requests_total", "Requests answered", ["service", "route", "method", "status"])
SECONDS = Histogram("onevisit_request_seconds", "Time to answer a request", ["service", "route"])
READY = Gauge(
    "onevisit_ready", "1 where this part can do its work, 0 where `/readyz` says why not", ["service", "part"]
)


def outgoing_headers() -> dict[str, str]:
    """The headers that carry both on to the next service."""
    pairs = {"x-correlation-id": correlation_id.get(), "traceparent": traceparent.get()}
    return {name: value for name, value in pairs.items() if value}


def trace_id() -> str | None:
    """The trace that this belongs to: the same in every service that has a part in it."""
    current = traceparent.get()
    return current[3:35] if current else None
