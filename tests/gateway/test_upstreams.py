"""Services that are dead, slow, broken or streaming: what needs them is refused or degraded, nothing else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.types import Send

from gateway.upstreams.pool import Request, Upstream
from tests.gateway.conftest import SERVICES, OpenPlatform, Platform
from tests.gateway.serving import Seen, say

PROGRESS = "/v1/applications/0190a2b4-1234-7abc-8def-0123456789ab/progress"


async def never(_: Seen, __: Send) -> None:
    await asyncio.Event().wait()


async def test_a_dead_service_is_named_and_the_others_go_on(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("records",)) as platform:
        refused = await platform.client.get("/v1/accesses")
        assert (refused.status_code, refused.json()["code"]) == (503, "service-unavailable")
        assert refused.json()["service"] == "records"
        assert refused.headers["retry-after"] == "1"
        assert (await platform.client.get("/v1/things")).status_code == 200


async def test_a_service_that_does_not_answer_in_time_is_504(open_platform: OpenPlatform) -> None:
    async with open_platform(read_seconds=0.1) as platform:
        platform.services["licensing"].replies["GET", "/v1/things"] = never
        refused = await platform.client.get("/v1/things")
        assert (refused.status_code, refused.json()["code"]) == (504, "timed-out")
        assert refused.json()["service"] == "licensing"


async def test_a_service_that_hangs_fills_its_own_share_and_no_more(open_platform: OpenPlatform) -> None:
    async with open_platform(max_concurrent_per_service=2) as platform:
        platform.services["licensing"].replies["GET", "/v1/things"] = never
        waiting = [asyncio.create_task(platform.client.get("/v1/things")) for _ in range(2)]
        for _ in waiting:
            await platform.services["licensing"].arrivals.get()
        refused = await platform.client.get("/v1/things/newborn")
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert (await platform.client.get("/v1/accesses")).status_code == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_beyond_what_the_door_carries_the_answer_is_fast(open_platform: OpenPlatform) -> None:
    async with open_platform(max_concurrent=1) as platform:
        platform.services["licensing"].replies["GET", "/v1/things"] = never
        waiting = asyncio.create_task(platform.client.get("/v1/things"))
        await platform.services["licensing"].arrivals.get()
        refused = await platform.client.get("/v1/accesses")
        assert (refused.status_code, refused.json()["service"]) == (503, "gateway")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_connection_that_the_service_closed_meanwhile_is_not_used(platform: Platform) -> None:
    async def last(_: Seen, send: Send) -> None:
        headers = [(b"content-length", b"2"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    platform.services["licensing"].replies["GET", "/v1/things"] = last
    for _ in range(3):
        answer = await platform.client.get("/v1/things")
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert "connection" not in answer.headers


async def test_connections_are_kept_and_used_again(platform: Platform) -> None:
    for _ in range(3):
        await platform.client.get("/v1/things")
    assert len({seen.path for seen in platform.services["licensing"].seen}) == 1
    assert len(platform.gateway.upstreams["licensing"]._idle) == 1


async def test_a_reply_that_breaks_off_is_cut_and_never_looks_whole(platform: Platform) -> None:
    async def half(_: Seen, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"a" * 10, "more_body": True})
        raise ConnectionAbortedError

    platform.services["licensing"].replies["GET", "/v1/things"] = half
    with pytest.raises(httpx2.RemoteProtocolError):
        await platform.client.get("/v1/things")


async def test_refusals_of_a_service_arrive_as_they_are(platform: Platform) -> None:
    async def refuse(_: Seen, send: Send) -> None:
        headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"7"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 409, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    platform.services["licensing"].replies["POST", "/v1/applications"] = refuse
    answer = await platform.client.post("/v1/applications", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "7")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_large_reply_comes_through_whole(platform: Platform) -> None:
    text = "证" * 2_000_000

    async def much(_: Seen, send: Send) -> None:
        await say(send, 200, text)

    platform.services["certificates"].replies["GET", "/v1/certificates"] = much
    assert (await platform.client.get("/v1/certificates")).json() == text


async def test_an_upload_streams_through_without_being_held(platform: Platform) -> None:
    content = b"--x\r\n" + b"a" * 5_000_000
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await platform.client.post("/v1/materials", content=content, headers=headers)
    assert answer.status_code == 200
    assert platform.services["licensing"].seen[0].body == content


async def test_an_upload_may_take_longer_than_any_reply(open_platform: OpenPlatform) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.05)
            yield b"a" * 10

    async with open_platform(read_seconds=0.1) as platform:
        headers = {"content-type": "multipart/form-data; boundary=x"}
        answer = await platform.client.post("/v1/materials", content=slowly(), headers=headers)
        assert answer.status_code == 200
        assert platform.services["licensing"].seen[0].body == b"a" * 40


async def test_events_of_progress_arrive_one_by_one_while_the_stream_is_open(platform: Platform) -> None:
    happened = asyncio.Event()

    async def progress(seen: Seen, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await happened.wait()
        await send({"type": "http.response.body", "body": b"data: 2\n\n", "more_body": True})
        await seen.reader_left()

    platform.services["licensing"].replies["GET", PROGRESS] = progress
    async with platform.client.stream("GET", PROGRESS) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        chunks = answer.aiter_raw()
        assert await anext(chunks) == b"data: 1\n\n"
        happened.set()
        assert await anext(chunks) == b"data: 2\n\n"


async def test_a_stream_rests_longer_than_any_reply_may_take(open_platform: OpenPlatform) -> None:
    async def rests(_: Seen, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.3)
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": False})

    async with open_platform(read_seconds=0.1) as platform:
        platform.services["licensing"].replies["GET", PROGRESS] = rests
        assert (await platform.client.get(PROGRESS)).content == b"data: 1\n\n"


async def test_a_stream_ends_at_the_service_when_its_reader_leaves(platform: Platform) -> None:
    left = asyncio.Event()

    async def endless(seen: Seen, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        await seen.reader_left()
        left.set()

    platform.services["licensing"].replies["GET", PROGRESS] = endless
    async with platform.client.stream("GET", PROGRESS) as answer:
        await anext(answer.aiter_raw())
    async with asyncio.timeout(5):
        await left.wait()


async def opened(platform: Platform, streams: AsyncExitStack, count: int, **asking: Any) -> list[int]:
    """The statuses of so many progress streams, which stay open."""
    asked = [platform.client.stream("GET", PROGRESS, **asking) for _ in range(count)]
    return [(await streams.enter_async_context(one)).status_code for one in asked]


async def resting(seen: Seen, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
    await seen.reader_left()


async def test_streams_that_rest_keep_no_work_out(open_platform: OpenPlatform) -> None:
    async with open_platform(max_concurrent_per_service=1) as platform, AsyncExitStack() as streams:
        platform.services["licensing"].replies["GET", PROGRESS] = resting
        assert await opened(platform, streams, 3) == [200] * 3
        assert (await platform.client.get("/v1/things")).status_code == 200


async def test_nobody_opens_more_streams_than_their_share(open_platform: OpenPlatform) -> None:
    async with open_platform(max_streams_per_caller=2) as platform, AsyncExitStack() as streams:
        platform.services["licensing"].replies["GET", PROGRESS] = resting
        mother, father = (platform.issuer.person(UUID(int=number, version=4)) for number in (1, 2))
        assert await opened(platform, streams, 3, headers=mother) == [200, 200, 429]
        assert await opened(platform, streams, 1, headers=father) == [200]
        assert (await platform.client.get("/v1/things", headers=mother)).status_code == 200


async def test_nobody_has_more_under_way_than_their_share(open_platform: OpenPlatform) -> None:
    """Whoever asks for all that a service can do at once would keep everybody else out of it."""
    answered = asyncio.Event()

    async def busy(_: Seen, send: Send) -> None:
        await answered.wait()
        await say(send, 200, {})

    async with open_platform(max_concurrent_per_caller=2, max_concurrent_per_service=3) as platform:
        platform.services["licensing"].replies["GET", "/v1/cases"] = busy
        tax, police = platform.issuer.department("tax"), platform.issuer.department("public-security")
        first = [asyncio.create_task(platform.client.get("/v1/cases", headers=tax)) for _ in range(2)]
        for _ in first:
            await platform.services["licensing"].arrivals.get()
        refused = await platform.client.get("/v1/cases", headers=tax)
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
        assert (await platform.client.get("/v1/things", headers=police)).status_code == 200
        answered.set()
        assert [(await each).status_code for each in first] == [200, 200]
        assert (await platform.client.get("/v1/cases", headers=tax)).status_code == 200


async def test_readiness_names_the_service_that_is_not_there(open_platform: OpenPlatform) -> None:
    async with open_platform(dead=("identity",)) as platform:
        platform.services["records"].replies["GET", "/readyz"] = (503, {})
        answer = await platform.client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["degraded"] == ["identity", "records"]
        assert answer.json()["services"]["identity"] == "unreachable"
        assert (await platform.client.get("/healthz")).json() == {"status": "alive"}


async def test_readiness_asks_the_services_once_however_many_ask_for_it(platform: Platform) -> None:
    answers = await asyncio.gather(*(platform.client.get("/readyz") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert {name: len(service.seen) for name, service in platform.services.items()} == dict.fromkeys(SERVICES, 1)


async def test_of_several_addresses_of_a_service_one_that_answers_is_used() -> None:
    """Nobody listens at the other; they are tried in an order of chance."""

    async def addresses(_: str, __: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        upstream = Upstream("records", f"http://records:{port}", addresses_of=addresses)
        for _ in range(20):
            async with await upstream.send(Request("GET", b"/", [])) as reply:
                assert reply.status == 204
