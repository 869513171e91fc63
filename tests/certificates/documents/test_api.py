"""Documents over HTTP, on a real database."""

import asyncio
from dataclasses import replace
from uuid import UUID

import httpx2
import orjson
import pytest

from certificates.documents.opening import open_pdf
from certificates.sealing.authority import Office, new_root
from certificates.verification.offline import verify_document
from tests.certificates.documents.pdfs import City
from tests.certificates.documents.stamps import REFUSAL, by_http, replying, stamping
from tests.certificates.issuing.test_api import managing, representing
from tests.certificates.seals import AT, HEALTH, SECURITY, signer_for
from tests.certificates.world import CHILD, MOTHER, STRANGER, World, a_decided_case, a_yield


async def pdf_of(world: World, certificate: UUID, **headers: str) -> httpx2.Response:
    given = headers or world.issuer.person(CHILD)
    return await world.http.get(f"/v1/certificates/{certificate}/document.pdf", headers=given)


class TestDocument:
    async def test_a_holder_gets_a_sealed_pdf(self, world: World) -> None:
        reply = await pdf_of(world, await world.issued())
        assert (reply.status_code, reply.headers["content-type"]) == (200, "application/pdf")
        assert reply.headers["cache-control"] == "private, no-store"
        opened = open_pdf(reply.content, world.service.signer.root_pem)
        assert verify_document(opened.file, world.service.signer.root_pem, world.service.clock()).genuine

    async def test_in_it_is_the_very_file_that_the_holder_has_anyway(self, world: World) -> None:
        certificate = await world.issued()
        opened = open_pdf((await pdf_of(world, certificate)).content, world.service.signer.root_pem)
        path = f"/v1/certificates/{certificate}/document"
        assert (await world.http.get(path, headers=world.issuer.person(CHILD))).content == opened.file

    async def test_who_represents_the_holder_gets_it(self, world: World) -> None:
        reply = await pdf_of(world, await world.issued(), **representing(world, CHILD))
        assert reply.status_code == 200

    async def test_for_nobody_else_it_is_not_there(self, world: World) -> None:
        certificate = await world.issued()
        for person in (MOTHER, STRANGER):
            reply = await pdf_of(world, certificate, **world.issuer.person(person))
            assert (reply.status_code, reply.json()["code"]) == (404, "certificate-not-found")

    async def test_whoever_asks_again_gets_the_same_bytes(self, world: World) -> None:
        certificate = await world.issued()
        assert (await pdf_of(world, certificate)).content == (await pdf_of(world, certificate)).content
        assert len(await world.rows("SELECT * FROM documents")) == 1

    async def test_those_who_ask_at_once_get_the_same_bytes(self, world: World) -> None:
        certificate = await world.issued()
        replies = await asyncio.gather(*(pdf_of(world, certificate) for _ in range(4)))
        assert len({reply.content for reply in replies}) == 1
        assert len(await world.rows("SELECT * FROM documents")) == 1

    async def test_each_gets_their_own(self, world: World) -> None:
        """Many at once, each with a name of their own: the failure that misissued 1,233 certificates elsewhere."""
        names = [f"canary{number:02}" for number in range(12)]
        made = [await world.issued(a_decided_case(a_yield(claims={"name": name}))) for name in names]
        replies = await asyncio.gather(*(pdf_of(world, certificate) for certificate in made))
        for name, certificate, reply in zip(names, made, replies, strict=True):
            file = open_pdf(reply.content, world.service.signer.root_pem).file
            said = orjson.loads(file)["certificate"]
            assert (said["certificate"], said["claims"]["name"]) == (str(certificate), name)

    async def test_what_was_made_of_other_content_gives_way(self, world: World) -> None:
        certificate = await world.issued()
        await pdf_of(world, certificate)
        await world.as_owner("UPDATE documents SET content = '\\x00', bytes = '\\x00'")
        reply = await pdf_of(world, certificate)
        assert reply.content.startswith(b"%PDF-1.7")
        assert [row["bytes"] for row in await world.rows("SELECT bytes FROM documents")] == [reply.content]

    async def test_what_another_authority_timestamps_from_now_on_is_made_anew(self, world: World) -> None:
        """Else, after the theft of its key, holders would for ever be given what nobody believes."""
        certificate, elsewhere = await world.issued(), City()
        await pdf_of(world, certificate)
        world.service.press = replace(world.service.press, timestamps=by_http(elsewhere, stamping(elsewhere)))
        opened = open_pdf(
            (await pdf_of(world, certificate)).content,
            world.service.signer.root_pem,
            timestamp_anchors=[elsewhere.root.certificate],
        )
        assert opened.sealed_at == AT


class TestOnRecord:
    async def test_every_use_of_a_key_is(self, world: World) -> None:
        certificate = await world.issued()
        await pdf_of(world, certificate)
        await pdf_of(world, certificate)
        asked = "SELECT holder, form FROM seal_uses WHERE certificate = :id ORDER BY form"
        uses = await world.rows(asked, id=certificate)
        assert [(use["holder"], use["form"]) for use in uses] == [
            (HEALTH.code, "certificate"),
            (HEALTH.code, "pdf"),
            (HEALTH.code, "qr"),
            (Office.TIMESTAMP, "timestamp"),
        ]


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "ground"),
        [("withholding", "suspension-penalty"), ("revocation", "fraud"), ("revocation", "penalty")],
    )
    async def test_what_does_not_hold_is_not_printed_again(self, world: World, path: str, ground: str) -> None:
        certificate = await world.issued()
        await pdf_of(world, certificate)
        act = {"ground": ground, "reason": "for the file"}
        await world.http.post(f"/v1/certificates/{certificate}/{path}", json=act, headers=managing(world))
        reply = await pdf_of(world, certificate)
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-in-force")

    async def test_a_name_that_cannot_be_printed_whole_is_not_printed(self, world: World) -> None:
        certificate = await world.issued(a_decided_case(a_yield(claims={"name": "林𠂻"})))
        reply = await pdf_of(world, certificate)
        assert (reply.status_code, reply.json()["code"]) == (409, "glyph-missing")
        assert "𠂻" not in reply.text
        assert await world.rows("SELECT * FROM documents") == []

    async def test_without_the_departments_key_nothing_is_sealed(self, world: World) -> None:
        certificate = await world.issued()
        elsewhere = signer_for(new_root(at=world.service.clock()), SECURITY, at=world.service.clock())
        world.service.press = replace(world.service.press, signer=elsewhere)
        reply = await pdf_of(world, certificate)
        assert (reply.status_code, reply.json()["code"]) == (503, "seal-not-available")

    async def test_without_a_timestamp_nothing_is_kept(self, world: World) -> None:
        certificate = await world.issued()
        silent = by_http(City(), lambda _: replying(REFUSAL))
        world.service.press = replace(world.service.press, timestamps=silent)
        reply = await pdf_of(world, certificate)
        assert (reply.status_code, reply.json()["code"]) == (503, "timestamp-unavailable")
        assert await world.rows("SELECT * FROM documents") == []
