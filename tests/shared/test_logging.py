"""What a log says of a failure: which, and where, but not the words, which may be somebody's name or number."""

import logging
from collections.abc import Generator
from contextvars import copy_context
from datetime import datetime

import orjson
import pytest
import structlog

from shared.logging import configure
from shared.telemetry import correlation_id, traceparent

NUMBER = "330102188808080018"


@pytest.fixture(autouse=True)
def _as_before() -> Generator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def fail() -> None:
    try:
        int(f"x{NUMBER}")
    except ValueError as error:
        raise LookupError(f"Key (number)=({NUMBER})") from error


@pytest.mark.parametrize("logger", ["ours", "a library's"])
def test_a_failure_is_logged_by_type_and_place_without_its_words(
    logger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(service="notes", level="INFO")
    try:
        fail()
    except LookupError:
        if logger == "ours":
            structlog.get_logger("notes").exception("failed")
        else:
            logging.getLogger("uvicorn.error").exception("failed")
    written = capsys.readouterr().err
    assert NUMBER not in written
    outer, inner = orjson.loads(written.splitlines()[-1])["exception"]
    assert (outer["type"], inner["type"]) == ("builtins.LookupError", "builtins.ValueError")
    assert outer["calls"][-1].endswith(" fail")


def test_a_line_without_a_failure_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    configure(service="notes", level="INFO")
    structlog.get_logger("notes").warning("slow", exc_info=True)
    assert "exception" not in orjson.loads(capsys.readouterr().err.splitlines()[-1])


@pytest.mark.parametrize("logger", ["ours", "a library's"])
def test_a_line_says_which_service_which_request_and_which_trace(
    logger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(service="notes", level="INFO")

    def speak() -> None:
        correlation_id.set("0190a2b4-1234")
        traceparent.set("00-0190a2b412347abc8def0123456789ab-8def0123456789ab-01")
        (structlog.get_logger("notes").warning if logger == "ours" else logging.getLogger("uvicorn").warning)("slow")

    copy_context().run(speak)
    line = orjson.loads(capsys.readouterr().err.splitlines()[-1])
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    assert line == {
        "event": "slow",
        "level": "warning",
        "service": "notes",
        "correlation_id": "0190a2b4-1234",
        "trace_id": "0190a2b412347abc8def0123456789ab",
    }
