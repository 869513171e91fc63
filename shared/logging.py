"""JSON lines on standard error, each with the correlation id. Personal data never goes into a log."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.telemetry import correlation_id


def _add_correlation(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if current := correlation_id.get():
        event["correlation_id"] = current
    return event


def configure(*, service: str, level: str) -> None:
    """Send our own lines and those of the libraries through one JSON renderer."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_correlation,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
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


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry the correlation id."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
