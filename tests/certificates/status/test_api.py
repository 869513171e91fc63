"""The published lists: what was done to a certificate shows in the next one."""

import asyncio
from base64 import b64decode
from datetime import date
from uuid import UUID

import pytest
from cryptography import x509
from sqlalchemy.dialects import postgresql

from certificates.issuing.commands import expire_certificate
from certificates.issuing.model import EXPIRY_TIMER, certificates
from certificates.issuing.queries import find_certificate
from certificates.sealing.authority import Office
from certificates.sealing.errors import NoSealKey
from certificates.sealing.rules import holder_of, is_seal_of
from certificates.sealing.schemas import StatusEntry
from certificates.status.commands import KEPT
from certificates.status.queries import places_statement
from certificates.status.rules import Status, list_uri, open_list, state_in
from certificates.status.schemas import VerificationBundle
from shared.timers import fire_due
from tests.certificates.issuing.test_api import managing
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import World, a_decided_case, a_yield
from tests.support.tokens import ISSUER

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
PATH = "/v1/status-lists/0"


async def place_of(world: World, certificate: UUID) -> StatusEntry:
    async with world.service.database.read() as conn:
        held = await find_certificate(conn, certificate)
    assert held is not None
    return StatusEntry(list=held.status_list, index=held.status_index)


async def shown(world: World, certificate: UUID) -> Status:
    entry = await place_of(world, certificate)
    token = (await world.http.get(PATH)).text
    return open_list(token, entry.list, world.service.signer.root_pem, world.service.clock()).status_of(entry.index)


def later(world: World, *, seconds: float = KEPT.total_seconds() + 1, days: int = 0) -> None:
    world.service.clock.advance(seconds=seconds, days=days)  # type: ignore[attr-defined]  # the clock of tests


async def act(world: World, certificate: UUID, operation: str, ground: str) -> None:
    body = {"ground": ground, "reason": "for the file"}
    path = f"/v1/certificates/{certificate}/{operation}"
    assert (await world.http.post(path, json=body, headers=managing(world))).status_code == 200


class TestTheNextList:
    async def test_shows_what_its_issuer_did(self, world: World) -> None:
        certificate, untouched = await world.issued(), await world.issued()
        seen = [await shown(world, certificate)]
        for operation, ground in (
            ("withholding", "suspension-penalty"),
            ("reinstatement", "withholding-ended"),
            ("withholding", "evidence-preservation"),
            ("revocation", "fraud"),
        ):
            await act(world, certificate, operation, ground)
            later(world)
            seen.append(await shown(world, certificate))
        assert seen == [Status.VALID, Status.SUSPENDED, Status.VALID, Status.SUSPENDED, Status.INVALID]
        assert await shown(world, untouched) is Status.VALID

    @pytest.mark.parametrize("ground", ["other-cancellation", "penalty"])
    async def test_does_not_tell_how_it_ended(self, world: World, ground: str) -> None:
        certificate = await world.issued()
        await act(world, certificate, "revocation", ground)
        assert await shown(world, certificate) is Status.INVALID

    async def test_shows_that_its_time_is_over(self, world: World) -> None:
        certificate = await world.issued(a_decided_case(a_yield(valid_until=date(2026, 3, 11))))
        assert await shown(world, certificate) is Status.VALID
        later(world, days=1)
        async with world.service.database.transaction() as conn:
            await fire_due(conn, {EXPIRY_TIMER: expire_certificate}, at=world.service.clock())
        assert await shown(world, certificate) is Status.EXPIRED

    async def test_comes_after_half_a_minute_and_not_before(self, world: World) -> None:
        certificate = await world.issued()
        first = (await world.http.get(PATH)).text
        await act(world, certificate, "revocation", "fraud")
        later(world, seconds=KEPT.total_seconds())
        assert (await world.http.get(PATH)).text == first
        later(world, seconds=1)
        assert (await world.http.get(PATH)).text != first


class TestTheAnswer:
    async def test_is_a_token_that_may_be_kept_for_a_minute_by_everybody(self, world: World) -> None:
        await world.issued()
        reply = await world.http.get(PATH)
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "application/statuslist+jwt"
        assert reply.headers["cache-control"] == "public, max-age=60"
        assert reply.headers["access-control-allow-origin"] == "*"

    async def test_is_not_sent_again_to_who_has_it(self, world: World) -> None:
        await world.issued()
        etag = (await world.http.get(PATH)).headers["etag"]
        again = await world.http.get(PATH, headers={"if-none-match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        later(world)
        assert (await world.http.get(PATH, headers={"if-none-match": etag})).status_code == 200

    async def test_says_nothing_of_lists_without_certificates(self, world: World) -> None:
        empty = await world.http.get(PATH)
        await world.issued()
        beyond = await world.http.get("/v1/status-lists/1")
        for reply in (empty, beyond):
            assert (reply.status_code, reply.json()["code"]) == (404, "status-list-not-found")

    @pytest.mark.parametrize("number", ["-1", "x", "1000000", "1.5", "%00"])
    async def test_a_number_that_no_list_has(self, world: World, number: str) -> None:
        assert (await world.http.get(f"/v1/status-lists/{number}")).status_code == 422

    async def test_names_itself_as_the_documents_name_it(self, world: World) -> None:
        entry = await place_of(world, await world.issued())
        token = (await world.http.get(PATH)).text
        assert open_list(token, entry.list, world.service.signer.root_pem, world.service.clock()).number == entry.list
        assert list_uri(ISSUER, entry.list) == f"{ISSUER}{PATH}"


class TestTheBundle:
    PATH = "/v1/verification-bundle"

    async def test_has_all_that_is_needed_besides_the_root(self, world: World) -> None:
        certificate = await world.issued()
        await act(world, certificate, "withholding", "suspension-penalty")
        reply = await world.http.get(self.PATH)
        bundle, entry = VerificationBundle.model_validate_json(reply.content), await place_of(world, certificate)
        pem, at = world.service.signer.root_pem, world.service.clock()
        assert state_in(bundle.lists[entry.list], entry, pem, at) is Status.SUSPENDED
        root, crl = x509.load_pem_x509_certificate(pem), x509.load_der_x509_crl(b64decode(bundle.crl))
        seals = [x509.load_der_x509_certificate(b64decode(each)) for each in bundle.seals]
        assert {holder_of(each) for each in seals} == {HEALTH.code, SECURITY.code, *Office}
        assert all(is_seal_of(root, each) for each in seals)
        assert crl.issuer == root.subject
        assert bundle.made_at == at

    async def test_may_be_kept_for_a_minute_and_is_not_sent_twice(self, world: World) -> None:
        await world.issued()
        first = await world.http.get(self.PATH)
        assert first.headers["cache-control"] == "public, max-age=60"
        again = await world.http.get(self.PATH, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_shows_what_was_done_as_soon_as_the_lists_do(self, world: World) -> None:
        certificate = await world.issued()
        first = (await world.http.get(self.PATH)).json()
        await act(world, certificate, "revocation", "fraud")
        assert (await world.http.get(self.PATH)).json() == first
        later(world)
        second = (await world.http.get(self.PATH)).json()
        assert second["lists"] == [(await world.http.get(PATH)).text] != first["lists"]

    async def test_is_there_before_any_certificate(self, world: World) -> None:
        assert (await world.http.get(self.PATH)).json()["lists"] == []


class TestMaking:
    async def test_is_done_once_for_all_who_ask_at_a_time(self, world: World) -> None:
        await world.issued()
        replies = await asyncio.gather(*(world.http.get(PATH) for _ in range(50)))
        assert len({reply.text for reply in replies}) == 1
        uses = await world.rows("SELECT holder, certificate FROM seal_uses WHERE form = 'status-list'")
        assert uses == [{"holder": Office.STATUS, "certificate": None}]

    async def test_every_list_made_is_on_record(self, world: World) -> None:
        await world.issued()
        for _ in range(3):
            await world.http.get(PATH)
            later(world)
        assert len(await world.rows("SELECT id FROM seal_uses WHERE form = 'status-list'")) == 3

    async def test_needs_a_seal_that_is_valid(self, world: World) -> None:
        await world.issued()
        later(world, days=6 * 365)
        reply = await world.http.get(PATH)
        assert (reply.status_code, reply.json()["code"]) == (503, NoSealKey.code)

    async def test_reads_an_index_alone_however_many_certificates_there_are(self, world: World) -> None:
        await world.as_owner(many(await world.issued()))
        await world.as_owner("VACUUM (ANALYZE) certificates")
        asked = places_statement([0]).compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        plan = await world.rows(f"EXPLAIN {asked}")
        assert "Index Only Scan using ix_certificates_status_list_state_status_index" in str(plan)


def many(certificate: UUID) -> str:
    """Ten thousand certificates like this one, every hundredth of them revoked."""
    unique = {"id": "gen_random_uuid()", "number": "number || n", "case": "gen_random_uuid()"}
    unique |= {"status_index": "status_index + n", "state": "CASE WHEN n % 100 = 0 THEN 'revoked' ELSE 'valid' END"}
    columns = [column.name for column in certificates.columns]
    named = ", ".join(map(quoted, columns))
    values = ", ".join(unique.get(column, quoted(column)) for column in columns)
    copied = f"SELECT {values} FROM certificates, generate_series(1, 10000) AS n"  # noqa: S608 - names of ours
    return f"INSERT INTO certificates ({named}) {copied} WHERE id = '{certificate}'"


def quoted(name: str) -> str:
    return f'"{name}"'
