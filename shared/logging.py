"""JSON lines on standard error, each with the correlation id and the trace. Personal data never goes into a log."""

import logging
import sys
from traceback import walk_tb
from types import FrameType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.telemetry import correlation_id, trace_id

_MOST_CAUSES = 5
_MOST_CALLS = 12


def _add_correlation(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if current := correlation_id.get():
        event["correlation_id"] = current
    if trace := trace_id():
        event["trace_id"] = trace
    return event


def _without_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Which exceptions, and where; never their words, which quote what somebody sent or what a row holds."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else (given if isinstance(given, tuple) else sys.exc_info())[1]
    if given and error is not None:
        event["exception"] = _chain(error)
    return event


def _chain(error: BaseException) -> list[dict[str, object]]:
    """The exception, then what it came from; of each its type and its last calls, innermost last."""
    chain: list[dict[str, object]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < _MOST_CAUSES:
        calls = [f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in _calls(current)]
        chain.append({"type": f"{type(current).__module__}.{type(current).__qualname__}", "calls": calls})
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _calls(error: BaseException) -> list[tuple[FrameType, int]]:
    return list(walk_tb(error.__traceback__))[-_MOST_CALLS:]


def configure(*, service: str, level: str) -> None:
    """Send our own lines and those of the libraries through one JSON renderer."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_correlation,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_words,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("httpx2", "httpcore2", "nats", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
