"""The page as people use it: a phone scans a code, somebody uploads a file or types a number; real services answer."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from certificates.app import compose
from certificates.documents.rules import qr_payload
from certificates.issuing.model import Certificate
from certificates.issuing.queries import find_certificate
from certificates.sealing.rules import sealed_file
from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.schemas import Text
from shared.web.protocol import BoundedProtocol
from shared.web.service import Service
from tests.certificates.issuing.test_api import managing
from tests.certificates.verification.shown import code_of
from tests.certificates.verification.test_forms import a_copy_of
from tests.certificates.world import World, a_decided_case, a_yield
from tests.gateway.serving import dead_url, serving
from tests.support.browser import Page, a_page
from tests.support.tokens import ISSUER

# As if its issuer had loaded it.
AS_IMPORTED = (
    (
        "INSERT INTO imports (id, department, started_at, changed_at, next_line, added, repeated, mismatched, rejected,"
        " revision) VALUES (:id, 'health-commission', now(), now(), 2, 1, 0, 0, 0, 1)"
    ),
    "UPDATE certificates SET origin = 'imported', import_id = :id, source_key = 'k', seal = NULL WHERE id = :id",
)
DONE = "document.querySelector('#verdict').className.match(/valid|ended|false|none/)"


@dataclass
class Phone:
    """A browser in front of a gateway, and the service behind it."""

    page: Page
    url: str
    world: World

    async def scans(self, token: str) -> str:
        await self.page.open(f"{self.url}/verify#{token}")
        return await self.verdict()

    async def verdict(self) -> str:
        await self.page.until(DONE)
        return await self.page.text("#title")

    async def holding(self, certificate: UUID) -> Certificate:
        async with self.world.service.database.read() as conn:
            held = await find_certificate(conn, certificate)
        assert held is not None
        return held

    async def code(self, certificate: UUID) -> str:
        return code_of(qr_payload(await self.holding(certificate)), self.world.service.signer)


@pytest.fixture
async def phone(world: World, tmp_path: Path) -> AsyncGenerator[Phone]:
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(a_page(tmp_path, language="en"))
        certificates = await stack.enter_async_context(serving(compose(world.service)))
        urls = dict.fromkeys(("identity_url", "licensing_url", "records_url"), dead_url())
        given = {"profile": "embedded", "issuer": ISSUER, "certificates_url": certificates, **urls}
        settings = GatewaySettings.model_validate(given)
        issuer = world.issuer
        service = Service(name="gateway", settings=settings, clock=issuer.clock, keys=issuer.keys())
        gateway = create_app(settings, service=service)
        stack.push_async_callback(gateway.close)
        url = await stack.enter_async_context(serving(gateway, protocol=BoundedProtocol))
        yield Phone(page, url, world)


async def test_a_code_shows_a_certificate_in_force_and_what_to_compare(phone: Phone) -> None:
    certificate = await phone.world.issued(a_decided_case(a_yield(valid_until=date(2029, 3, 10))))
    code, held = await phone.code(certificate), await phone.holding(certificate)
    assert await phone.scans(code) == "Genuine and in force"
    shown = await phone.page.text("#facts")
    expected = (
        "Birth medical certificate",
        "Health Commission",
        "11 March 2026",
        "10 March 2029",
        "𠮷***",
        held.number,
    )
    for fact in expected:
        assert fact in shown
    assert "“𠮷***”" in await phone.page.text("#compare")
    assert "𠮷娃" not in await phone.page.text()
    # What the code says is in no address, and nobody else was asked for anything.
    asked = {request["url"] for request in phone.page.requests} - {"about:blank"}
    assert asked == {f"{phone.url}/verify", f"{phone.url}/v1/verifications"}
    assert phone.page.complaints == []


async def test_the_same_in_chinese_at_the_press_of_a_button(phone: Phone) -> None:
    await phone.scans(await phone.code(await phone.world.issued()))
    await phone.page.evaluate("document.querySelector('#language').click()")
    assert await phone.page.text("#title") == "真实，且在有效状态"
    shown = await phone.page.text("#facts")
    assert "出生医学证明" in shown
    assert "2026年3月11日" in shown
    assert "Birth" not in await phone.page.text()


async def test_a_certificate_that_was_withheld_is_genuine_but_not_in_force(phone: Phone) -> None:
    certificate = await phone.world.issued()
    body = {"ground": "suspension-penalty", "reason": "for the file"}
    path = f"/v1/certificates/{certificate}/withholding"
    await phone.world.http.post(path, json=body, headers=managing(phone.world))
    assert await phone.scans(await phone.code(certificate)) == "Genuine, but not in force"
    assert await phone.page.text("#reasons") == "The certificate is withheld by its issuer"


async def test_what_is_not_genuine_shows_nothing_of_what_it_claims(phone: Phone) -> None:
    payload = orjson.loads(qr_payload(await phone.holding(await phone.world.issued())))
    forged = code_of(payload | {"holder": "<img src=x>", "certificate": str(UUID(int=9))}, phone.world.service.signer)
    assert await phone.scans(forged) == "Not genuine"
    assert await phone.page.text("#verdict") == "Not genuine\nNo such certificate is registered"
    assert await phone.scans("x.y.z") == "Not genuine"


async def test_nothing_that_a_certificate_says_runs_in_the_page(phone: Phone) -> None:
    mean = "<img src=x onerror=alert(1)>"
    certificate = await phone.world.issued(a_decided_case(a_yield(label=Text(zh=mean, en=mean), claims={"name": mean})))
    assert await phone.scans(await phone.code(certificate)) == "Genuine and in force"
    assert await phone.page.evaluate("document.querySelectorAll('#verdict img').length") == 0
    shown = await phone.page.text("#facts")
    assert mean in shown
    assert "<***" in shown
    assert phone.page.complaints == []


async def test_a_file_is_judged_byte_by_byte(phone: Phone, tmp_path: Path) -> None:
    held = await phone.holding(await phone.world.issued())
    genuine, changed = tmp_path / "certificate.json", tmp_path / "changed.json"
    genuine.write_bytes(sealed_file(held.sealed))
    changed.write_bytes(sealed_file(held.sealed) + b"\n")
    await phone.page.open(f"{phone.url}/verify")
    await phone.page.choose_file("#file", genuine)
    assert await phone.verdict() == "Genuine and in force"
    await phone.page.choose_file("#file", changed)
    await phone.page.until("document.querySelector('#verdict').className === 'false'")
    assert "not as it was sealed" in await phone.page.text("#reasons")


async def test_of_a_copy_it_says_what_it_is_for_and_until_when(phone: Phone, tmp_path: Path) -> None:
    _, page = await a_copy_of(phone.world, await phone.world.issued())
    (tmp_path / "copy.pdf").write_bytes(page)
    await phone.page.open(f"{phone.url}/verify")
    await phone.page.choose_file("#file", tmp_path / "copy.pdf")
    assert await phone.verdict() == "Genuine and in force"
    facts = await phone.page.text("#facts")
    assert "Only for this purpose\nschool enrolment" in facts
    assert "This copy valid until\n20 March 2026" in facts


async def test_of_one_from_before_the_platform_it_says_so(phone: Phone) -> None:
    held = await phone.holding(await phone.world.issued())
    async with phone.world.service.database.transaction() as conn:
        for statement in AS_IMPORTED:
            await conn.execute(text(statement), {"id": held.id})
    await phone.page.open(f"{phone.url}/verify")
    await phone.page.evaluate(f"document.querySelector('#number').value = '{held.number}'")
    await phone.page.evaluate("document.querySelector('#by-number button').click()")
    assert await phone.verdict() == "Genuine and in force"
    assert "Issued before this platform" in await phone.page.text("#facts")


async def test_a_file_that_no_document_is_as_large_as_is_not_even_sent(phone: Phone, tmp_path: Path) -> None:
    (tmp_path / "huge.pdf").write_bytes(b"%PDF-1.7" + bytes(11 * 1024 * 1024))
    await phone.page.open(f"{phone.url}/verify")
    await phone.page.choose_file("#file", tmp_path / "huge.pdf")
    assert await phone.verdict() == "It could not be checked"
    assert "512 KB" in await phone.page.text("#reasons")
    assert not any(request["method"] == "POST" for request in phone.page.requests)


async def test_a_number_is_looked_up(phone: Phone) -> None:
    held = await phone.holding(await phone.world.issued())
    await phone.page.open(f"{phone.url}/verify")
    await phone.page.evaluate(f"document.querySelector('#number').value = ' {held.number} '")
    await phone.page.evaluate("document.querySelector('#by-number button').click()")
    assert await phone.verdict() == "Genuine and in force"
    assert held.number in await phone.page.text("#facts")


async def test_where_nobody_answers_it_says_so_and_not_that_it_is_false(phone: Phone) -> None:
    code = await phone.code(await phone.world.issued())
    await phone.page.open(f"{phone.url}/verify")
    await phone.page.call(
        "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )
    await phone.page.evaluate(f"location.hash = '{code}'")
    assert await phone.verdict() == "It could not be checked"
    assert "does not answer" in await phone.page.text("#reasons")
