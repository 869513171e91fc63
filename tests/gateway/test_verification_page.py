"""The page behind the QR codes: whole in itself, and nothing else may run in it or be asked by it."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from tests.gateway.conftest import Platform
from tests.gateway.serving import raw


async def test_it_is_one_document_that_asks_for_nothing_else(platform: Platform) -> None:
    page = (await platform.client.get("/verify")).text
    linked = re.findall(r"(?:src|href|action|srcset)=['\"](?!data:)([^'\"]*)", page) + re.findall(
        r"url\(|@import", page
    )
    assert linked == []
    assert platform.seen() == 0


async def test_its_policy_allows_its_own_script_and_style_and_no_others(platform: Platform) -> None:
    reply = await platform.client.get("/verify")
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    (script,) = re.findall(r"<script>(.*?)</script>", reply.text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", reply.text, re.DOTALL)
    assert policy == {
        "default-src": "'none'",
        "script-src": allowed(script),
        "style-src": allowed(style),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert not re.search(r"\son[a-z]+=|style=|javascript:|innerHTML|eval\(", reply.text)
    assert reply.headers["referrer-policy"] == "no-referrer"


def allowed(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("zh-CN,zh;q=0.9", "zh"), ("zh", "zh"), ("en-GB,en", "en"), ("de,zh;q=0.5", "en"), ("", "en")],
)
async def test_it_begins_in_the_language_of_its_reader(platform: Platform, accepted: str, language: str) -> None:
    reply = await platform.client.get("/verify", headers={"accept-language": accepted})
    assert f'<html lang="{language}">' in reply.text
    assert reply.headers["vary"] == "accept-language"


async def test_every_text_is_there_in_both_languages(platform: Platform) -> None:
    page = (await platform.client.get("/verify")).text
    assert len(re.findall(r'class="zh"', page)) == len(re.findall(r'class="en"', page)) > 10


async def test_who_has_it_is_not_sent_it_again(platform: Platform) -> None:
    first = await platform.client.get("/verify")
    again = await platform.client.get("/verify", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_document_that_is_too_large_is_refused_before_it_is_read(platform: Platform) -> None:
    for size in (700_001, 11 * 1024 * 1024):
        head = f"POST /v1/verifications HTTP/1.1\r\nhost: localhost\r\ncontent-length: {size}\r\n"
        answer = await raw(platform.url, f"{head}content-type: application/json\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 413")
        assert b'"code":"body-too-large"' in answer
    assert platform.seen() == 0
