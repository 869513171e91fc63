"""Imports through the door: to the source that holds the type, as they come, and no longer than they are heard."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from starlette.types import Receive, Scope, Send

from tests.gateway.conftest import OpenPlatform, Platform
from tests.gateway.serving import raw, say

NDJSON = {"content-type": "application/x-ndjson"}
NAME = str(uuid4())
MIB = 1024 * 1024


@pytest.mark.parametrize(("held", "service"), [("certificate", "certificates"), ("record", "records")])
async def test_the_source_that_holds_the_type_answers(platform: Platform, held: str, service: str) -> None:
    params = {"type": held, "import": NAME}
    for method, path in (("POST", ""), ("GET", f"/{NAME}"), ("GET", f"/{NAME}/rejections")):
        content = b"{}\n" if method == "POST" else None
        answer = await platform.client.request(
            method, f"/v1/imports{path}", params=params, headers=NDJSON, content=content
        )
        assert answer.json() == {"service": service}
    assert platform.services[service].seen[0].query == f"type={held}&import={NAME}"


@pytest.mark.parametrize("query", ["", "?type=", "?type=party", "?type=record&type=certificate", "?Type=record"])
async def test_a_query_that_names_no_type_is_refused(platform: Platform, query: str) -> None:
    refused = await platform.client.post(f"/v1/imports{query}", headers=NDJSON, content=b"{}")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert platform.seen() == 0


async def test_a_body_beyond_what_others_may_send_streams_through(platform: Platform) -> None:
    async def rows() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * MIB

    answer = await platform.client.post(
        "/v1/imports", params={"type": "record", "import": NAME}, headers=NDJSON, content=rows()
    )
    assert answer.status_code == 200
    assert len(platform.services["records"].seen[0].body) == 5 * MIB


async def test_no_more_is_heard_once_the_source_has_answered(platform: Platform) -> None:
    answered = asyncio.Event()

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await say(send, 401, {"code": "not-authenticated"})
        answered.set()

    async def rows() -> AsyncIterator[bytes]:
        yield b"x\n"
        await answered.wait()
        for _ in range(40):
            yield b"x" * 65536

    source = platform.services["records"]
    source.hasty = refusing
    answer = await platform.client.post(
        "/v1/imports", params={"type": "record", "import": NAME}, headers=NDJSON, content=rows()
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    assert answer.headers["connection"] == "close"
    # Nobody uses the connection to the source again: it waits for the rest of that body.
    source.hasty = None
    assert (await platform.client.get("/v1/accesses")).json() == {"service": "records"}


async def test_a_pause_in_the_middle_is_bounded_though_the_whole_is_not(open_platform: OpenPlatform) -> None:
    async with open_platform(body_seconds=0.2) as platform:
        head = f"POST /v1/imports?type=record&import={NAME} HTTP/1.1\r\nhost: localhost\r\n"
        request = f"{head}content-type: application/x-ndjson\r\ncontent-length: 10\r\n\r\nabc"
        answer = await raw(platform.url, request.encode())
        assert answer.startswith(b"HTTP/1.1 408")


async def test_the_source_hears_that_the_client_hung_up(platform: Platform) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hearing(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            heard.put_nowait(message["body"].decode())
        heard.put_nowait(message["type"])

    platform.services["records"].hasty = hearing
    host, _, port = platform.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /v1/imports?type=record&import={NAME} HTTP/1.1\r\nhost: localhost\r\n"
    writer.write(f"{head}content-type: application/x-ndjson\r\ncontent-length: 10\r\n\r\nabc".encode())
    assert await heard.get() == "abc"
    writer.close()
    await writer.wait_closed()
    assert await heard.get() == "http.disconnect"
