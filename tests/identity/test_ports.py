"""How one-time codes leave: into the log, or to the operator's message gateway."""

import httpx2
import orjson
import pytest
from structlog.testing import capture_logs

from identity.identification.ports import HttpCodeSender, LogCodeSender
from shared.ids import random_id

IDENTIFICATION = random_id()


class Gateway:
    """A message gateway that keeps what it was sent."""

    def __init__(self, status: int = 202) -> None:
        self.status = status
        self.received: list[dict[str, str]] = []

    def sender(self) -> HttpCodeSender:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return HttpCodeSender(http, "https://messages.test/codes")

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.status == 0:
            raise httpx2.ConnectError("nobody there")
        self.received.append(orjson.loads(request.content))
        return httpx2.Response(self.status)


async def test_the_log_shows_the_code_but_not_to_whom() -> None:
    with capture_logs() as lines:
        await LogCodeSender().send(identification=IDENTIFICATION, phone="+86-000-0001", code="123456")
    [line] = lines
    assert (line["code"], line["identification"]) == ("123456", str(IDENTIFICATION))
    assert "+86-000-0001" not in str(line)


async def test_the_gateway_gets_the_code_and_the_telephone() -> None:
    gateway = Gateway()
    await gateway.sender().send(identification=IDENTIFICATION, phone="+86-000-0001", code="123456")
    assert gateway.received == [{"identification": str(IDENTIFICATION), "phone": "+86-000-0001", "code": "123456"}]


async def test_who_has_no_telephone_gets_nothing() -> None:
    gateway = Gateway()
    await gateway.sender().send(identification=IDENTIFICATION, phone=None, code="123456")
    assert gateway.received == []


@pytest.mark.parametrize("status", [0, 500])
async def test_a_gateway_that_fails_is_logged_without_the_code(status: int) -> None:
    with capture_logs() as lines:
        await Gateway(status).sender().send(identification=IDENTIFICATION, phone="+86-000-0001", code="123456")
    [line] = lines
    assert line["event"] == "one-time code not delivered"
    assert "123456" not in str(line)
    assert "+86-000-0001" not in str(line)
