"""A number that the law wants on a page: only identity has it, nothing else of it stays anywhere."""

import subprocess
from uuid import UUID

import httpx2

from certificates.documents.opening import open_pdf
from certificates.sealing.rules import document_in
from shared.contracts.numbers import number_digest
from tests.certificates.documents.reading import pdftotext
from tests.certificates.issuing.test_api import managing
from tests.certificates.issuing.test_subscribers import decide, handled
from tests.certificates.world import CHILD, World, a_card, a_decided_case
from tests.support.neighbours import SALT

NUMBER, ANOTHER = "330782188808080020", "330102188808080018"


async def issued_card(world: World) -> UUID:
    """A card, which shows a number, issued as the bus brings it."""
    await decide(world, a_decided_case(a_card()))
    await handled(world, 1)
    [row] = await world.rows("SELECT id FROM certificates")
    certificate: UUID = row["id"]
    return certificate


async def pdf_of(world: World, certificate: UUID) -> httpx2.Response:
    path = f"/v1/certificates/{certificate}/document.pdf"
    return await world.http.get(path, headers=world.issuer.person(CHILD))


def text_of(pdf: bytes) -> str:
    return subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


class TestSealing:
    async def test_a_certificate_is_sealed_over_a_digest_of_the_number(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        await issued_card(working)
        [row] = await working.rows("SELECT seal FROM certificates")
        sealed = document_in(row["seal"]).identity_number
        assert sealed is not None
        assert sealed.digest == number_digest(NUMBER, SALT)

    async def test_a_kind_that_shows_none_is_not(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        await decide(working, a_decided_case())
        await handled(working, 1)
        [row] = await working.rows("SELECT seal FROM certificates")
        assert document_in(row["seal"]).identity_number is None

    async def test_the_next_version_of_a_certificate_shows_it_too(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        certificate = await issued_card(working)
        renewal = {"reason": "for another ten years"}
        path = f"/v1/certificates/{certificate}/renewal"
        next_ = (await working.http.post(path, json=renewal, headers=managing(working))).json()["id"]
        rows = await working.rows("SELECT seal FROM certificates WHERE id = :id", id=next_)
        sealed = document_in(rows[0]["seal"]).identity_number
        assert sealed is not None
        assert sealed.digest == number_digest(NUMBER, SALT)

    async def test_while_identity_is_silent_the_decision_waits(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        working.licensing.silent.add("identity")
        await decide(working, a_decided_case(a_card()))
        working.licensing.silent.clear()
        await handled(working, 1)
        assert len(await working.rows("SELECT id FROM certificates")) == 1


class TestPrinting:
    @pdftotext
    async def test_the_page_shows_the_number_and_its_file_does_not(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        reply = await pdf_of(working, await issued_card(working))
        assert NUMBER in text_of(reply.content)
        assert NUMBER.encode() not in open_pdf(reply.content, working.service.signer.root_pem).file

    async def test_nothing_of_it_is_stored(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        certificate = await issued_card(working)
        await pdf_of(working, certificate)
        assert await working.rows("SELECT * FROM documents") == []
        forms = await working.rows("SELECT form FROM seal_uses WHERE certificate = :id", id=certificate)
        assert {row["form"] for row in forms} == {"certificate", "pdf", "qr", "timestamp"}

    async def test_another_number_than_was_sealed_is_not_printed(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        certificate = await issued_card(working)
        working.licensing.numbers[CHILD] = ANOTHER
        reply = await pdf_of(working, certificate)
        assert (reply.status_code, reply.json()["code"]) == (409, "number-not-printed")
        assert ANOTHER not in reply.text

    async def test_what_identity_does_not_give_is_not_printed(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        certificate = await issued_card(working)
        working.licensing.refused = True
        reply = await pdf_of(working, certificate)
        assert (reply.status_code, reply.json()["code"]) == (409, "number-not-printed")

    async def test_while_identity_is_silent_there_is_no_page(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        certificate = await issued_card(working)
        working.licensing.silent.add("identity")
        reply = await pdf_of(working, certificate)
        assert (reply.status_code, reply.json()["code"]) == (503, "service-unavailable")

    @pdftotext
    async def test_a_holder_who_had_no_number_yet_reads_that(self, working: World) -> None:
        reply = await pdf_of(working, await issued_card(working))
        assert "签发时尚未登记" in text_of(reply.content)
        assert len(await working.rows("SELECT * FROM documents")) == 1
