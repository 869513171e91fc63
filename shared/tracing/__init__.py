"""One span for each piece of work, so that an application can be followed through all services and the bus.

Off unless ONEVISIT_TRACES_URL names a collector: nothing is then loaded, made or sent, and what follows a request is
`traceparent` alone. Spans tell routes, types of events, statuses and kinds of errors; never a path, an id or a word of
what somebody sent.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import repeat
from typing import TYPE_CHECKING, ClassVar, Literal

from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from shared.tracing.spans import Span, Spans, Told

Kind = Literal["internal", "server", "client", "consumer"]


class _Process:
    """What this process traces with; set at start, and gone at its end."""

    spans: ClassVar["Spans | None"] = None


_NO_SPAN: AbstractContextManager[None] = nullcontext()
_NO_TRACES: AbstractContextManager[Iterable[None]] = nullcontext(repeat(None))


def configure(*, service: str, settings: ServiceSettings) -> None:
    """Spans are made, and sent to the collector that the settings name; none where they name none."""
    if settings.traces_url is not None:
        # Loading it takes time and memory that nobody pays who does not trace.
        from shared.tracing.spans import exporting  # noqa: PLC0415

        use(exporting(service, url=settings.traces_url, share=settings.traces_share))


def use(spans: "Spans | None") -> None:
    """Trace with these from now on; with None, not at all."""
    _Process.spans = spans


def close() -> None:
    """What was not sent yet is sent, or given up after a few seconds; no more spans are made."""
    spans, _Process.spans = _Process.spans, None
    if spans is not None:
        spans.close()


def span(name: str, kind: Kind, of: str = "") -> AbstractContextManager["Span | None"]:
    """A piece of work in the trace that `traceparent` names, or the first of a new one. What is done within is part
    of it. `of`: which service is called, which type of event is handled, which kind of timer fires.
    """
    spans = _Process.spans
    return _NO_SPAN if spans is None else spans.span(name, kind, of)


def sending(events: "Sequence[Told]") -> AbstractContextManager[Iterable[str | None]]:
    """These events go out on the bus, each in its own trace; answers what tells its reader
    which one that is.
    """
    spans = _Process.spans
    return _NO_TRACES if spans is None else spans.batch("send", events, is_sent=True)


def handling(events: "Sequence[Told]") -> AbstractContextManager[Iterable[str | None]]:
    """These events have their effect together, each in its own trace."""
    spans = _Process.spans
    return _NO_TRACES if spans is None else spans.batch("handle", events, is_sent=False)
