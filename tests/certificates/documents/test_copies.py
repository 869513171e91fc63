"""Copies as pages: marked with what they are for and until when, and opened as nothing but what they are."""

import random
import subprocess
from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from uuid import UUID

import httpx2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from certificates.copies.rules import open_copy, watermark_of
from certificates.copies.schemas import CertificateCopy
from certificates.documents.errors import NotSealed
from certificates.documents.opening import open_pdf
from certificates.documents.rules import copy_page, page
from certificates.documents.typesetting import Typesetter
from certificates.sealing.authority import Office
from certificates.verification.errors import NotGenuine
from certificates.verification.offline import open_document
from tests.certificates.copies.test_copies import document, holder, made
from tests.certificates.documents.pdfs import VERIFY, typesetter
from tests.certificates.documents.reading import pdftotext
from tests.certificates.documents.test_numbers import NUMBER, issued_card
from tests.certificates.issuing.acts import revoke, withhold
from tests.certificates.issuing.test_api import representing
from tests.certificates.seals import AT, HEALTH, a_document
from tests.certificates.world import CHILD, STRANGER, World

SEED = 20_261_125
TEMPLATES = ("birth-medical-certificate", "household-register-page", "social-security-card", "anything-else")
LONG = ("用" * 200, "W" * 200, "Opening an account, " * 10, "Ж" * 200, "用途，" * 66 + "用途")


async def pdf_of(world: World, path: str, party: UUID = CHILD) -> httpx2.Response:
    return await world.http.get(f"{path}/document.pdf", headers=holder(world, party))


def set_copy(purpose: str, *, kind: str = TEMPLATES[0]) -> bytes:
    last = date(2026, 12, 31)
    said = a_document(kind=kind, claims={"name": "𠮷娃", "birth-date": "2026-11-20"})
    copy = CertificateCopy(
        id=UUID(int=5),
        certificate=said,
        purpose=purpose,
        watermark=watermark_of(purpose, made_on=date(2026, 11, 22), valid_until=last),
        made_at=AT,
        valid_until=last,
    )
    press: Typesetter = typesetter()
    shown = copy_page(page(said, labels={}, words=press.words, order=(), verify=VERIFY), copy)
    return press.pdf(kind, shown, qr=VERIFY, file=b"{}", at=AT)


@cache
def text_of(pdf: bytes) -> str:
    said = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(said.stdout.decode().replace("\u200b", "").split())


class TestPage:
    @pytest.mark.parametrize("kind", TEMPLATES)
    @pytest.mark.parametrize("purpose", LONG)
    def test_the_longest_purpose_leaves_it_one_page(self, kind: str, purpose: str) -> None:
        reader = PdfFileReader(BytesIO(set_copy(purpose, kind=kind)))
        assert int(reader.root["/Pages"]["/Count"]) == 1
        assert b"<pdfaid:part>3</pdfaid:part>" in reader.root["/Metadata"].data

    @pytest.mark.parametrize("purpose", ["办理入学登记", *LONG])
    @pdftotext
    def test_its_foot_says_for_what_and_until_when(self, purpose: str) -> None:
        text = text_of(set_copy(purpose))
        assert f"仅供“{''.join(purpose.split())}”使用，有效期至2026年12月31日" in text
        assert "forthatpurposeonlyandvaliduntil31December2026;" in text

    @pytest.mark.parametrize("kind", TEMPLATES)
    @pdftotext
    def test_the_mark_is_all_over_it_in_both_languages(self, kind: str) -> None:
        text = text_of(set_copy("办理入学登记", kind=kind))
        assert text.count("2026-12-31后失效") > 10
        assert text.count("notvalidafter2026-12-31") > 10

    @pdftotext
    def test_what_the_certificate_says_is_still_there(self) -> None:
        assert "𠮷娃" in text_of(set_copy("办理入学登记"))

    @pdftotext
    def test_a_purpose_is_shown_and_not_obeyed(self) -> None:
        sly = '#panic("no")$x$`rm`*b*</svg>'
        assert sly in text_of(set_copy(sly))


class TestGiven:
    async def test_its_file_is_the_sealed_copy_byte_for_byte(self, world: World) -> None:
        path = await made(world, await world.issued())
        reply = await pdf_of(world, path)
        assert (reply.status_code, reply.headers["content-type"]) == (200, "application/pdf")
        assert reply.headers["cache-control"] == "private, no-store"
        root = world.service.signer.root_pem
        opened = open_pdf(reply.content, root)
        assert opened.is_copy
        assert opened.file == await document(world, path)
        said = open_copy(opened.file, root).content
        assert (said.purpose, said.valid_until) == ("办理入学登记", date(2026, 3, 31))

    async def test_its_file_does_not_pass_for_the_certificate(self, world: World) -> None:
        root = world.service.signer.root_pem
        opened = open_pdf((await pdf_of(world, await made(world, await world.issued()))).content, root)
        with pytest.raises(NotGenuine):
            open_document(opened.file, root)

    async def test_the_page_of_a_certificate_is_no_copy(self, world: World) -> None:
        reply = await pdf_of(world, f"/v1/certificates/{await world.issued()}")
        assert not open_pdf(reply.content, world.service.signer.root_pem).is_copy

    async def test_who_represents_the_holder_gets_it_and_nobody_else(self, world: World) -> None:
        path = await made(world, await world.issued())
        reply = await world.http.get(f"{path}/document.pdf", headers=representing(world, CHILD))
        assert reply.status_code == 200
        stranger = await pdf_of(world, path, STRANGER)
        assert (stranger.status_code, stranger.json()["code"]) == (404, "certificate-not-found")

    async def test_it_is_not_there_under_another_certificate(self, world: World) -> None:
        certificate, other = await world.issued(), await world.issued()
        path = (await made(world, certificate)).replace(str(certificate), str(other))
        reply = await pdf_of(world, path)
        assert (reply.status_code, reply.json()["code"]) == (404, "copy-not-found")

    async def test_each_copy_is_kept_beside_its_certificate_s_page(self, world: World) -> None:
        certificate = await world.issued()
        one, two = await made(world, certificate), await made(world, certificate, purpose="办理贷款")
        paths = (one, two, f"/v1/certificates/{certificate}")
        first = [(await pdf_of(world, path)).content for path in paths]
        again = [(await pdf_of(world, path)).content for path in paths]
        assert first == again
        assert len(set(first)) == len(await world.rows("SELECT * FROM documents")) == 3

    async def test_every_use_of_a_key_is_on_record(self, world: World) -> None:
        certificate = await world.issued()
        await pdf_of(world, await made(world, certificate))
        asked = "SELECT holder, form FROM seal_uses WHERE certificate = :id ORDER BY form"
        assert [(use["holder"], use["form"]) for use in await world.rows(asked, id=certificate)] == [
            (HEALTH.code, "certificate"),
            (HEALTH.code, "copy"),
            (HEALTH.code, "pdf"),
            (HEALTH.code, "qr"),
            (Office.TIMESTAMP, "timestamp"),
        ]

    @pdftotext
    async def test_it_shows_no_number_where_its_certificate_does(self, working: World) -> None:
        working.licensing.numbers[CHILD] = NUMBER
        certificate = await issued_card(working)
        assert NUMBER in text_of((await pdf_of(working, f"/v1/certificates/{certificate}")).content)
        text = text_of((await pdf_of(working, await made(working, certificate))).content)
        assert NUMBER not in text
        assert "签发时尚未登记" not in text


class TestRefused:
    @pytest.mark.parametrize("end", [revoke, withhold])
    async def test_of_a_certificate_that_is_not_in_force(self, world: World, end: object) -> None:
        certificate = await world.issued()
        path = await made(world, certificate)
        await pdf_of(world, path)
        await end(world, certificate)  # type: ignore[operator]
        reply = await pdf_of(world, path)
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-to-be-copied")

    async def test_after_its_last_day(self, world: World) -> None:
        path = await made(world, await world.issued())
        world.service.clock.advance(days=20)  # type: ignore[attr-defined]  # the clock of tests
        assert (await pdf_of(world, path)).status_code == 200
        world.service.clock.advance(days=1)  # type: ignore[attr-defined]
        reply = await pdf_of(world, path)
        assert (reply.status_code, reply.json()["code"]) == (409, "copy-ended")

    async def test_a_purpose_that_no_font_has(self, world: World) -> None:
        reply = await pdf_of(world, await made(world, await world.issued(), purpose="林𠂻"))
        assert (reply.status_code, reply.json()["code"]) == (409, "glyph-missing")
        assert "𠂻" not in reply.text


async def test_no_mutant_of_one_opens(world: World) -> None:
    certificate = await world.issued()
    pdf = (await pdf_of(world, await made(world, certificate))).content
    other = (await pdf_of(world, await made(world, certificate, purpose="办理贷款"))).content
    chance = random.Random(SEED)
    mutants = [pdf + b"\n", b"\n" + pdf, pdf[:-1], _with_seal_of(other, pdf)]
    for _ in range(200):
        flipped = bytearray(pdf)
        flipped[chance.randrange(len(pdf))] ^= 1 << chance.randrange(8)
        mutants.append(bytes(flipped))
    assert pdf not in mutants
    assert open_pdf(pdf, world.service.signer.root_pem).is_copy
    for mutant in mutants:
        with pytest.raises(NotSealed):
            open_pdf(mutant, world.service.signer.root_pem)


def _with_seal_of(other: bytes, pdf: bytes) -> bytes:
    start, end = (pdf.index(mark) for mark in (b"/Contents <", b"/ByteRange"))
    return pdf[:start] + other[other.index(b"/Contents <") : other.index(b"/ByteRange")] + pdf[end:]


async def test_a_file_is_what_its_name_says(world: World) -> None:
    """Even a department's key makes no page whose certificate is called a copy, or the other way round."""
    press = world.service.press
    path = await made(world, await world.issued())
    swapped = replace(press, typesetter=_Swapping(**vars(press.typesetter)))
    world.service.press = swapped
    pdf = (await pdf_of(world, path)).content
    with pytest.raises(NotSealed, match="attachment-missing"):
        open_pdf(pdf, world.service.signer.root_pem)


class _Swapping(Typesetter):
    """Calls a copy's file a certificate's."""

    def pdf(self, kind: str, shown: dict[str, object], **more: object) -> bytes:  # type: ignore[override]
        plain = {name: value for name, value in shown.items() if name != "copy"}
        return super().pdf(kind, plain, **more)  # type: ignore[arg-type]
