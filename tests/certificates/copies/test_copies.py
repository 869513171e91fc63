"""Copies for one purpose: made by the holder, sealed by the issuer, and over with their day or their certificate."""

import asyncio
from datetime import date
from functools import partial
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest

from certificates.copies.rules import COPY_TYPE, copy_file, open_copy, watermark_of
from certificates.copies.schemas import CertificateCopy
from certificates.sealing.errors import SealRefused
from certificates.sealing.rules import compact_jws, document_in, header_for
from certificates.verification.errors import NotGenuine
from certificates.verification.offline import open_document
from shared.canonical import canonical_json
from tests.certificates.issuing.acts import now_held, revoke, withhold
from tests.certificates.issuing.test_api import representing
from tests.certificates.seals import AT, HEALTH, SECURITY, a_document, a_root, signer_for
from tests.certificates.world import CHILD, MOTHER, STRANGER, World, a_card, a_decided_case, a_yield
from tests.support.tokens import Headers

WISH = {"purpose": "办理入学登记", "valid_until": "2026-03-31"}


def holder(world: World, party: UUID = CHILD) -> Headers:
    return world.issuer.person(party) | {"idempotency-key": f"key-{uuid4()}"}


async def make(world: World, certificate: UUID, **changes: object) -> httpx2.Response:
    path = f"/v1/certificates/{certificate}/copies"
    return await world.http.post(path, json=WISH | changes, headers=holder(world))


async def made(world: World, certificate: UUID, **changes: object) -> str:
    reply = await make(world, certificate, **changes)
    assert reply.status_code == 201, reply.json()
    return f"/v1/certificates/{certificate}/copies/{reply.json()['id']}"


async def document(world: World, path: str) -> bytes:
    return (await world.http.get(f"{path}/document", headers=holder(world))).content


class TestMaking:
    async def test_a_copy_says_what_it_is_for_and_until_when(self, world: World) -> None:
        certificate = await world.issued()
        reply = await make(world, certificate)
        assert reply.status_code == 201
        assert reply.json() | {"id": ""} == {
            "id": "",
            "certificate": str(certificate),
            "purpose": "办理入学登记",
            "watermark": {
                "zh": "仅供“办理入学登记”使用，2026-03-11 制作，2026-03-31 后失效",
                "en": "Only for: 办理入学登记. Made 2026-03-11, not valid after 2026-03-31",
            },
            "made_at": "2026-03-11T02:00:00Z",
            "valid_until": "2026-03-31",
            "state": "in force",
        }

    async def test_its_document_holds_the_certificate_and_is_sealed_by_its_issuer(self, world: World) -> None:
        certificate = await world.issued()
        file = await document(world, await made(world, certificate))
        said = open_copy(file, world.service.signer.root_pem).content
        held = await now_held(world, certificate)
        assert said.certificate == document_in(held.sealed)
        assert (said.purpose, said.valid_until) == ("办理入学登记", date(2026, 3, 31))
        assert said.certificate.number == held.number

    async def test_the_use_of_the_seal_is_on_record(self, world: World) -> None:
        certificate = await world.issued()
        await made(world, certificate)
        uses = await world.rows("SELECT holder, certificate FROM seal_uses WHERE form = 'copy'")
        assert uses == [{"holder": HEALTH.code, "certificate": certificate}]

    async def test_a_mother_makes_one_for_her_child(self, world: World) -> None:
        path = f"/v1/certificates/{await world.issued()}/copies"
        headers = representing(world, CHILD) | {"idempotency-key": "a-key-of-hers"}
        assert (await world.http.post(path, json=WISH, headers=headers)).status_code == 201
        assert (await world.rows("SELECT made_by FROM copies"))[0]["made_by"] == MOTHER

    async def test_once_she_acts_for_nobody_she_is_told_no_more_also_under_the_same_key(self, world: World) -> None:
        path, key = f"/v1/certificates/{await world.issued()}/copies", {"idempotency-key": "a-key-of-hers"}
        replies = [
            await world.http.post(path, json=WISH, headers=headers | key)
            for headers in (representing(world, CHILD), world.issuer.person(MOTHER))
        ]
        assert [reply.status_code for reply in replies] == [201, 404]

    async def test_the_same_key_makes_one(self, world: World) -> None:
        path, headers = f"/v1/certificates/{await world.issued()}/copies", holder(world)
        replies = await asyncio.gather(*(world.http.post(path, json=WISH, headers=headers) for _ in range(10)))
        assert {reply.status_code for reply in replies} == {201}
        assert len({reply.text for reply in replies}) == len(await world.rows("SELECT id FROM copies")) == 1

    async def test_nobody_hears_of_it(self, world: World) -> None:
        certificate = await world.issued()
        before = len(await world.events())
        await made(world, certificate)
        assert len(await world.events()) == before

    async def test_the_list_shows_the_newest_first(self, world: World) -> None:
        certificate = await world.issued()
        purposes = ["one", "two", "three"]
        for purpose in purposes:
            await made(world, certificate, purpose=purpose)
            world.service.clock.advance(seconds=1)  # type: ignore[attr-defined]  # the clock of tests
        path = f"/v1/certificates/{certificate}/copies"
        first = (await world.http.get(f"{path}?limit=2", headers=holder(world))).json()
        rest = (await world.http.get(f"{path}?after={first['next']}", headers=holder(world))).json()
        assert [each["purpose"] for each in first["items"] + rest["items"]] == purposes[::-1]


class TestRefused:
    @pytest.mark.parametrize("end", [revoke, withhold])
    async def test_of_a_certificate_that_is_not_in_force(self, world: World, end: object) -> None:
        certificate = await world.issued()
        await end(world, certificate)  # type: ignore[operator]
        reply = await make(world, certificate)
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-to-be-copied")
        assert await world.rows("SELECT id FROM copies") == []

    @pytest.mark.parametrize("dates", [{"valid_from": date(2026, 3, 12)}, {"valid_until": date(2026, 3, 11)}])
    async def test_before_its_first_day_and_after_its_last(self, world: World, dates: dict[str, date]) -> None:
        certificate = await world.issued(a_decided_case(a_yield(**dates)))
        if "valid_until" in dates:
            world.service.clock.advance(days=1)  # type: ignore[attr-defined]  # the clock of tests
        assert (await make(world, certificate)).json()["code"] == "certificate-not-to-be-copied"

    @pytest.mark.parametrize("until", ["2026-03-10", "2027-03-13", "9999-12-31", "2036-03-12"])
    async def test_a_last_day_that_cannot_be(self, world: World, until: str) -> None:
        reply = await make(world, await world.issued(a_decided_case(a_card())), valid_until=until)
        assert (reply.status_code, reply.json()["code"]) == (422, "copy-term-not-fitting")

    async def test_a_last_day_after_the_certificate_s(self, world: World) -> None:
        certificate = await world.issued(a_decided_case(a_yield(valid_until=date(2026, 3, 20))))
        assert (await make(world, certificate)).json()["code"] == "copy-term-not-fitting"
        assert (await make(world, certificate, valid_until="2026-03-20")).status_code == 201

    @pytest.mark.parametrize("purpose", ["", "  ", "x" * 201, "a\nb", "a\tb", "a\u202eb", "a\u200bb", 1, None, ["x"]])
    async def test_a_purpose_that_is_none(self, world: World, purpose: object) -> None:
        reply = await make(world, await world.issued(), purpose=purpose)
        assert reply.status_code == 422
        assert await world.rows("SELECT id FROM copies") == []

    async def test_a_purpose_of_200_characters_is_one(self, world: World) -> None:
        assert (await make(world, await world.issued(), purpose="用" * 200)).status_code == 201

    async def test_a_stranger_s_and_another_certificate_s_copy_is_nowhere(self, world: World) -> None:
        certificate, other = await world.issued(), await world.issued()
        path = await made(world, certificate)
        elsewhere = path.replace(str(certificate), str(other))
        asked = [(path, STRANGER), (f"{path}/document", STRANGER), (elsewhere, CHILD), (f"{elsewhere}/document", CHILD)]
        for each, party in asked:
            assert (await world.http.get(each, headers=holder(world, party))).status_code == 404


class TestEnding:
    async def test_with_its_certificate(self, world: World) -> None:
        certificate = await world.issued()
        path = await made(world, certificate)
        await revoke(world, certificate)
        assert (await world.http.get(path, headers=holder(world))).json()["state"] == "ended"
        reply = await world.http.get(f"{path}/document", headers=holder(world))
        assert (reply.status_code, reply.json()["code"]) == (409, "certificate-not-to-be-copied")

    async def test_with_its_last_day(self, world: World) -> None:
        path = await made(world, await world.issued())
        world.service.clock.advance(days=20)  # type: ignore[attr-defined]  # the clock of tests
        assert (await world.http.get(path, headers=holder(world))).json()["state"] == "in force"
        world.service.clock.advance(days=1)  # type: ignore[attr-defined]
        assert (await world.http.get(path, headers=holder(world))).json()["state"] == "ended"
        reply = await world.http.get(f"{path}/document", headers=holder(world))
        assert (reply.status_code, reply.json()["code"]) == (409, "copy-ended")


class TestGenuine:
    async def test_file_and_bare_seal_say_the_same(self, world: World) -> None:
        file = await document(world, await made(world, await world.issued()))
        bare = orjson.loads(file)["seal"].encode()
        root = world.service.signer.root_pem
        assert open_copy(file, root) == open_copy(bare, root)

    async def test_no_copy_is_a_certificate_and_no_certificate_a_copy(self, world: World) -> None:
        certificate = await world.issued()
        bare = orjson.loads(await document(world, await made(world, certificate)))["seal"].encode()
        root = world.service.signer.root_pem
        with pytest.raises(NotGenuine):
            open_document(bare, root)
        with pytest.raises(SealRefused):
            open_copy((await now_held(world, certificate)).sealed.encode(), root)

    async def test_whatever_is_changed_is_refused(self, world: World) -> None:
        file = await document(world, await made(world, await world.issued()))
        root = world.service.signer.root_pem
        for place in range(0, len(file), 7):
            mutant = file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :]
            with pytest.raises(SealRefused):
                open_copy(mutant, root)
        told = orjson.loads(file)
        longer = {**told["copy"], "valid_until": "2036-03-31"}
        for other in (
            file + b" ",
            canonical_json({"copy": longer, "seal": told["seal"]}),
            b"{}",
            b'{"seal":1}',
            b"\xff",
        ):
            with pytest.raises(SealRefused):
                open_copy(other, root)

    async def test_another_root_is_not_believed(self, world: World) -> None:
        file = await document(world, await made(world, await world.issued()))
        with pytest.raises(SealRefused):
            open_copy(file, signer_for(a_root(), HEALTH, SECURITY).root_pem)

    @pytest.mark.parametrize("sealed_by", [HEALTH.code, "health-branch"])
    def test_one_by_another_department_is_none_though_both_have_one_credit_code(self, sealed_by: str) -> None:
        root, today = a_root(), AT.date()
        signer = signer_for(root, HEALTH.model_copy(update={"code": sealed_by}))
        seal, watermark = signer.certificate_of(sealed_by), watermark_of("入学", made_on=today, valid_until=today)
        said = CertificateCopy(
            id=UUID(int=5),
            certificate=a_document(),
            purpose="入学",
            watermark=watermark,
            made_at=AT,
            valid_until=today,
        )
        token = compact_jws(header_for(seal, typ=COPY_TYPE), said.canonical(), partial(signer.sign, seal))
        if sealed_by == HEALTH.code:
            assert open_copy(token.encode(), signer.root_pem).content == said
        else:
            with pytest.raises(SealRefused, match="seal-not-trusted"):
                open_copy(token.encode(), signer.root_pem)

    async def test_the_file_is_canonical_json(self, world: World) -> None:
        file = await document(world, await made(world, await world.issued()))
        assert canonical_json(orjson.loads(file)) == file == copy_file(orjson.loads(file)["seal"])


def test_a_watermark_says_for_what_and_until_when_in_both_languages() -> None:
    text = watermark_of("办理贷款", made_on=date(2026, 1, 2), valid_until=date(2026, 2, 3))
    assert "办理贷款" in text.zh
    assert "2026-02-03" in text.zh
    assert "2026-02-03" in text.en
