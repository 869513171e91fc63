"""The QR code of a page, drawn and then read by programs of others (poppler and zbar), says what is true."""

import subprocess
from pathlib import Path
from uuid import UUID

import pytest

from tests.certificates.copies.test_copies import made
from tests.certificates.documents.reading import pages_of
from tests.certificates.issuing.acts import revoke
from tests.certificates.verification.test_forms import offline
from tests.certificates.world import CHILD, World, a_decided_case, a_yield
from tests.support.programs import needs
from tests.support.tokens import ISSUER

pytestmark = [needs("pdftoppm", package="poppler-utils"), needs("zbarimg", package="zbar-tools")]
# What a phone's camera sees of a printed page, and what a careful scanner does.
RESOLUTIONS = (150, 300)


async def pdf_of(world: World, path: str) -> bytes:
    reply = await world.http.get(f"{path}/document.pdf", headers=world.issuer.person(CHILD))
    assert reply.status_code == 200, reply.text
    return reply.content


def codes_on(pdf: bytes, folder: Path, *, resolution: int = 300) -> list[str]:
    """All QR codes on all pages."""
    subprocess.run(["pdftoppm", "-r", str(resolution), "-gray", "-", str(folder / "page")], input=pdf, check=True)
    pages = sorted(folder.glob("page*"))
    assert len(pages) == pages_of(pdf)
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", *map(str, pages)]
    # It answers 4 where one of the pages has none.
    read = subprocess.run(command, capture_output=True, check=False)
    return read.stdout.decode().splitlines()


async def verdict_on(world: World, code: str) -> tuple[str, bool, str]:
    told = (await world.http.post("/v1/verifications", json={"token": code})).json()
    return told["form"], told["genuine"], told["state"]


@pytest.mark.parametrize("resolution", RESOLUTIONS)
async def test_it_leads_to_the_page_that_verifies_and_is_genuine(world: World, tmp_path: Path, resolution: int) -> None:
    certificate = await world.issued()
    (code,) = codes_on(await pdf_of(world, _path(certificate)), tmp_path, resolution=resolution)
    assert code.startswith(f"{ISSUER}/verify#")
    assert await verdict_on(world, code) == ("qr", True, "in force")
    (row,) = await world.rows("SELECT number FROM certificates")
    verdict = await offline(world, code.encode())
    assert (verdict.holds, verdict.number) == (True, row["number"])


async def test_of_paper_that_was_printed_before_a_revocation_it_says_so(world: World, tmp_path: Path) -> None:
    certificate = await world.issued()
    (code,) = codes_on(await pdf_of(world, _path(certificate)), tmp_path)
    await revoke(world, certificate)
    assert await verdict_on(world, code) == ("qr", True, "revoked")


async def test_on_a_copy_it_is_read_through_the_watermark(world: World, tmp_path: Path) -> None:
    path = await made(world, await world.issued())
    (code,) = codes_on(await pdf_of(world, path), tmp_path)
    assert await verdict_on(world, code) == ("qr", True, "in force")


async def test_of_several_pages_one_has_it(world: World, tmp_path: Path) -> None:
    case = a_decided_case(a_yield(kind="anything-else", claims={"name": "林若溪", "note": "长" * 2_500}))
    pdf = await pdf_of(world, _path(await world.issued(case)))
    assert pages_of(pdf) > 1
    (code,) = codes_on(pdf, tmp_path)
    assert await verdict_on(world, code) == ("qr", True, "in force")


def _path(certificate: UUID) -> str:
    return f"/v1/certificates/{certificate}"
