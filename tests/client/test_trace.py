"""What a department calls while it has an event in hand belongs to the trace of that event, and nothing else does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from onevisit_client import Event, Platform
from onevisit_client.trace import within
from tests.client.conftest import Department
from tests.client.fake import EVERYTHING, token
from tests.gateway.serving import serving

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


@dataclass
class Elsewhere:
    """A platform that is called from within a handler, and the traces that it was told."""

    platform: Platform
    told: list[str | None]


@pytest.fixture
async def elsewhere() -> AsyncGenerator[Elsewhere]:
    told: list[str | None] = []

    async def answer(request: Request) -> JSONResponse:
        told.append(request.headers.get("traceparent"))
        return JSONResponse({"items": [], "next": None})

    async def give() -> str:
        return token()

    async with (
        serving(Starlette(routes=[Route("/v1/cases", answer)])) as url,
        Platform(url, give, trust_env=False) as platform,
    ):
        yield Elsewhere(platform, told)


def traced(department: Department, *traces: str | None) -> None:
    """An event of each of these traces is on record."""
    for trace in traces:
        department.fake.record()
        department.fake.log[-1] = replace(department.fake.log[-1], traceparent=trace)


async def test_a_handlers_calls_join_the_trace_of_its_event(department: Department, elsewhere: Elsewhere) -> None:
    traced(department, TRACE, None, OTHER)

    async def handle(event: Event) -> None:
        await elsewhere.platform.cases()
        await department.handle(event)

    subscriber = department.subscriber()
    running = asyncio.create_task(subscriber.run(handle))
    await department.until_handed(3)
    await subscriber.stop()
    await running
    assert elsewhere.told == [TRACE, None, OTHER]


async def test_so_do_those_of_who_iterates_until_the_next_event(department: Department, elsewhere: Elsewhere) -> None:
    traced(department, TRACE, OTHER)
    async with department.subscriber() as events:
        async for event in events:
            await elsewhere.platform.cases()
            await event.ack()
            if len(elsewhere.told) == 2:
                break
    await elsewhere.platform.cases()
    assert elsewhere.told == [TRACE, OTHER, None]


async def test_a_handler_that_fails_leaves_no_trace_behind(department: Department, elsewhere: Elsewhere) -> None:
    traced(department, TRACE)
    [event] = (await department.platform.events([EVERYTHING])).items
    with suppress(ValueError), within(event):
        await elsewhere.platform.cases()
        raise ValueError
    await elsewhere.platform.cases()
    assert elsewhere.told == [TRACE, None]


@pytest.mark.parametrize("written", ["00-made-up-01", f"{TRACE}\r\nx-forged: 1", TRACE.upper(), "", f"{TRACE}-more"])
async def test_what_is_not_written_as_a_trace_is_not_passed_on(
    department: Department, elsewhere: Elsewhere, written: str
) -> None:
    traced(department, written)
    [event] = (await department.platform.events([EVERYTHING])).items
    with within(event):
        await elsewhere.platform.cases()
    assert elsewhere.told == [None]
