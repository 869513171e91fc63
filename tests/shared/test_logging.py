"""What a log says of a failure: which, and where, but not the words, which may be somebody's name or number."""

import logging
from collections.abc import Generator

import orjson
import pytest
import structlog

from shared.logging import configure

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
