"""Which trace the work in hand belongs to: what is called about an event is part of the event's (W3C Trace Context)."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from onevisit_client.events import Event

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("onevisit_traceparent", default=None)


@contextmanager
def within(event: Event) -> Generator[None]:
    """Calls to the platform in this block join the trace of the event; one that is of none starts none."""
    token = _current.set(event.traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def join(event: Event) -> None:
    """Calls of this task join the trace of the event, until another is joined or all are left."""
    _current.set(event.traceparent)


def leave() -> None:
    """Calls of this task are of no event."""
    _current.set(None)


def headers() -> dict[str, str]:
    """What tells the platform of it; nothing where no event is in hand, or its trace is not written as one is."""
    current = _current.get()
    return {"traceparent": current} if current is not None and _TRACEPARENT.fullmatch(current) else {}
