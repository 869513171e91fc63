"""Series J of the bad inputs: each its own clear answer, none of them reaching a service."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.web.protocol import BoundedProtocol
from tests.gateway.conftest import OpenPlatform, Platform
from tests.gateway.serving import raw

GET = b"GET /v1/things HTTP/1.1\r\n"
POST = b"POST /v1/records HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


async def answers(platform: Platform, request: bytes, *, status: int, code: str) -> bytes:
    answer = await raw(platform.url, request)
    assert answer.startswith(b"HTTP/1.1 %d" % status), answer[:200]
    assert b"application/problem+json" in answer
    assert f'"code":"{code}"'.encode() in answer
    assert platform.seen() == 0
    return answer


@pytest.mark.parametrize("host", ["evil", "a/b?x=", "localhost@evil", "localhost:80:80", "localhost.evil.test", ""])
async def test_j15_a_host_that_is_not_ours_is_refused(platform: Platform, host: str) -> None:
    await answers(platform, GET + f"host: {host}\r\n\r\n".encode(), status=400, code="unknown-host")


async def test_j15_no_host_at_all_is_refused(platform: Platform) -> None:
    await answers(platform, GET + b"\r\n", status=400, code="unknown-host")


async def test_j15_localhost_is_not_ours_in_production(open_platform: OpenPlatform) -> None:
    async with open_platform(profile="production", allowed_hosts="one.gov.test") as platform:
        await answers(platform, GET + b"host: localhost\r\n\r\n", status=400, code="unknown-host")
        assert b" 200 " in await raw(platform.url, GET + b"host: One.gov.test\r\n\r\n")


async def test_t18_two_authorization_headers_are_refused(platform: Platform) -> None:
    two = b"host: localhost\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n"
    await answers(platform, GET + two, status=400, code="header-repeated")


async def test_j14_too_many_or_too_large_headers_are_refused(platform: Platform) -> None:
    many = b"".join(b"x-%d: 1\r\n" % number for number in range(200))
    await answers(platform, GET + b"host: localhost\r\n" + many + b"\r\n", status=431, code="headers-too-large")
    large = b"host: localhost\r\nx: " + b"a" * 65536 + b"\r\n\r\n"
    await answers(platform, GET + large, status=431, code="headers-too-large")


async def test_j14_headers_without_end_are_cut_while_they_come(platform: Platform) -> None:
    endless = b"host: localhost\r\nx: " + b"a" * 500_000
    await answers(platform, GET + endless, status=431, code="headers-too-large")


async def test_a_query_that_is_too_long_is_refused(platform: Platform) -> None:
    request = b"GET /v1/things?q=" + b"a" * 5000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n"
    await answers(platform, request, status=414, code="address-too-long")


@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: -1\r\n\r\n",
        b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"content-length: 99999999999999999999999\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n1\na\n0\n\n",
        b"transfer-encoding: gzip\r\n\r\nabc",
    ],
)
async def test_j12_j13_framing_that_two_readers_may_read_differently_is_refused(
    platform: Platform, framing: bytes
) -> None:
    answer = await raw(platform.url, POST + framing)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    assert b"application/problem+json" in answer
    assert platform.seen() == 0


async def test_j10_a_body_declared_too_large_is_refused_before_it_is_read(platform: Platform) -> None:
    await answers(platform, POST + b"content-length: 11000000\r\n\r\n", status=413, code="body-too-large")


async def test_j11_a_body_of_unknown_length_is_cut_at_the_limit(platform: Platform) -> None:
    async def much() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b"a" * 4096

    answer = await platform.client.post("/v1/records", content=much(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert platform.seen() == 0


async def test_a_body_of_exactly_the_limit_passes(platform: Platform) -> None:
    headers = {"content-type": "application/json"}
    answer = await platform.client.post("/v1/records", content=b"a" * 1_048_576, headers=headers)
    assert answer.status_code == 200
    refused = await platform.client.post("/v1/records", content=b"a" * 1_048_577, headers=headers)
    assert refused.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
async def test_j6_a_body_of_another_type_is_refused(platform: Platform, kind: str) -> None:
    answer = await platform.client.post("/v1/records", content=b"{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert platform.seen() == 0


async def test_j19_a_compressed_body_is_refused(platform: Platform) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = await platform.client.post("/v1/records", content=b"\x1f\x8b", headers=headers)
    assert answer.status_code == 415


async def test_a_form_where_json_is_due_and_json_where_a_form_is_due(platform: Platform) -> None:
    assert (await platform.client.post("/oauth/token", json={})).status_code == 415
    assert (await platform.client.post("/oauth/token", data={"grant_type": "x"})).status_code == 200


async def test_j24_a_body_that_trickles_in_is_cut(open_platform: OpenPlatform) -> None:
    async with open_platform(body_seconds=0.2) as platform:
        begun = POST + b"content-length: 100\r\n\r\nab"
        await answers(platform, begun, status=408, code="request-too-slow")


async def test_j23_a_head_that_trickles_in_is_cut(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.2)  # a setting of the server, shorter than anyone would wait
    for begun in (b"", b"GET /v1/th", b"\r\n", GET + b"host: loc"):
        await answers(platform, begun, status=408, code="request-too-slow")


async def test_j27_pipelined_requests_are_answered_in_order(platform: Platform) -> None:
    host, _, port = platform.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    one = b"GET /v1/things?n=%d HTTP/1.1\r\nhost: localhost\r\n\r\n"
    writer.write(b"".join(one % number for number in range(100)))
    for _ in range(100):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await reader.readexactly(len(b'{"service":"licensing"}'))
    writer.close()
    assert [seen.query for seen in platform.services["licensing"].seen] == [f"n={number}" for number in range(100)]


async def test_refusals_speak_chinese_to_those_who_prefer_it(platform: Platform) -> None:
    answer = await platform.client.get("/nowhere", headers={"accept-language": "zh-CN, en"})
    assert (answer.json()["title"], answer.json()["code"]) == ("未找到", "not-found")
