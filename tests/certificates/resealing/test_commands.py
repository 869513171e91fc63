"""Certificates sealed again: all of them once, none lost, whatever interrupts it."""

import asyncio
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import orjson
import pytest
from joserfc.util import urlsafe_b64decode
from sqlalchemy import update

from certificates.issuing.model import certificates
from certificates.resealing.commands import Progress, reseal_all, wanted_of
from certificates.sealing.errors import NoSealKey
from certificates.sealing.keys import KeyDesk, RevocationReason, init, revoke, rotate
from certificates.sealing.ports import SoftwareSigner
from certificates.sealing.rules import sealed_file, thumbprint_of
from certificates.service import CertificatesService
from certificates.settings import CertificatesSettings
from certificates.verification.offline import open_document, verify_document
from deploy.provisioning.postgres import plain
from shared.clock import now
from tests.certificates.conftest import running
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import World, a_decided_case, a_yield
from tests.support.clock import FrozenClock
from tests.support.databases import NewDatabase
from tests.support.neighbours import Neighbours
from tests.support.services import settings_of
from tests.support.tokens import Issuer

ROOT = Path(__file__).parents[3]
Rows = list[dict[str, Any]]


@dataclass
class Drill:
    """A register of certificates, and the key directory by which they were sealed."""

    world: World
    desk: KeyDesk

    @property
    def signer(self) -> SoftwareSigner:
        return SoftwareSigner.from_directory(self.desk.directory.path, private=False)

    async def issue(self, count: int) -> list[UUID]:
        return [await self.world.issued() for _ in range(count)]

    async def seals(self) -> dict[UUID, str]:
        return {row["id"]: row["seal"] for row in await self.world.rows("SELECT id, seal FROM certificates")}

    async def superseded(self) -> Rows:
        return await self.world.rows("SELECT certificate, seal FROM superseded_seals")

    async def change(self, column: str, value: str, *, of: UUID) -> None:
        """What nobody but a thief in the database does."""
        async with self.world.service.database.transaction() as conn:
            await conn.execute(update(certificates).where(certificates.c.id == of).values({column: value}))

    def rotate(self, *departments: str) -> None:
        rotate(self.desk, departments or [HEALTH.code], at=self.world.service.clock())

    async def reseal(self, *departments: str, kid: str | None = None, batch: int = 3) -> Progress:
        last: Progress | None = None
        signer = self.signer
        clock = self.world.service.clock
        wanted = wanted_of(signer, departments, kid=kid)
        async for progress in reseal_all(self.world.service.database, wanted, signer=signer, clock=clock, batch=batch):
            clock.advance(seconds=1)  # type: ignore[attr-defined]  # the clock of tests
            last = progress
        assert last is not None
        return last

    async def verify(self, seal: str) -> dict[str, Any]:
        document = b64encode(sealed_file(seal)).decode()
        answer: dict[str, Any] = (await self.world.http.post("/v1/verifications", json={"document": document})).json()
        return answer


@pytest.fixture
async def drill(
    new_database: NewDatabase, tmp_path: Path, clock: FrozenClock, issuer: Issuer, licensing: Neighbours
) -> AsyncGenerator[Drill]:
    desk = KeyDesk.of(tmp_path / "seals")
    init(desk, [HEALTH, SECURITY], at=clock())
    url = await new_database("certificates")
    given = settings_of(tmp_path, database_url=url, seal_directory=desk.directory.path, seal_refresh_seconds=60)
    service = CertificatesService(
        "certificates",
        CertificatesSettings.model_validate(given),
        http=httpx2.AsyncClient(transport=httpx2.MockTransport(licensing)),
        clock=clock,
        keys=issuer.keys(),
    )
    async with running(service, licensing, issuer) as world:
        yield Drill(world, desk)


def key_of(seal: str) -> str:
    return str(orjson.loads(urlsafe_b64decode(seal.split(".", maxsplit=1)[0].encode()))["kid"])


class TestResealing:
    async def test_each_certificate_says_the_same_under_the_present_key(self, drill: Drill) -> None:
        await drill.issue(7)
        before, root_pem = await drill.seals(), drill.signer.root_pem
        drill.rotate()
        end = await drill.reseal()
        after = await drill.seals()
        assert (end.done, end.looked_at, end.total, end.left) == (7, 7, 7, {})
        assert {key_of(seal) for seal in after.values()} == {thumbprint_of(drill.signer.certificate_of(HEALTH.code))}
        for certificate, seal in after.items():
            old, new = (open_document(each.encode(), root_pem) for each in (before[certificate], seal))
            assert new.sealed_at > old.sealed_at
            assert new.model_copy(update={"sealed_at": old.sealed_at}) == old

    async def test_a_file_that_its_holder_kept_stays_genuine_and_is_told_that_there_is_a_newer_one(
        self, drill: Drill
    ) -> None:
        [certificate] = await drill.issue(1)
        before = (await drill.seals())[certificate]
        serial = drill.signer.certificate_of(HEALTH.code).serial_number
        revoke(drill.desk, HEALTH.code, serial, RevocationReason.KEY_COMPROMISE, at=drill.world.service.clock())
        await drill.reseal()
        kept, new = await drill.verify(before), await drill.verify((await drill.seals())[certificate])
        assert (kept["genuine"], kept["state"], new["genuine"]) == (True, "in force", True)
        assert [[why["code"] for why in each["reasons"]] for each in (kept, new)] == [["seal-superseded"], []]
        signer = drill.signer
        offline = verify_document(before.encode(), signer.root_pem, drill.world.service.clock(), crl=signer.root_crl)
        assert not offline.genuine

    async def test_again_changes_nothing(self, drill: Drill) -> None:
        await drill.issue(3)
        drill.rotate()
        await drill.reseal()
        once = await drill.seals()
        assert (await drill.reseal()).done == 0
        assert await drill.seals() == once

    async def test_each_use_of_the_key_is_on_record_and_no_old_seal_can_be_taken_away(self, drill: Drill) -> None:
        issued = await drill.issue(4)
        before = await drill.seals()
        drill.rotate()
        await drill.reseal()
        new = thumbprint_of(drill.signer.certificate_of(HEALTH.code))
        uses = await drill.world.rows("SELECT certificate FROM seal_uses WHERE key = :key", key=new)
        assert sorted(use["certificate"] for use in uses) == sorted(issued)
        assert {row["certificate"]: row["seal"] for row in await drill.superseded()} == before
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await drill.world.as_owner("DELETE FROM superseded_seals")

    async def test_only_this_department_or_only_what_this_key_sealed(self, drill: Drill) -> None:
        first = thumbprint_of(drill.signer.certificate_of(HEALTH.code))
        await drill.issue(2)
        drill.rotate()
        drill.world.service.signer.refresh()  # type: ignore[attr-defined]  # it follows the directory
        await drill.issue(3)
        second = thumbprint_of(drill.signer.certificate_of(HEALTH.code))
        drill.rotate(HEALTH.code, SECURITY.code)
        assert (await drill.reseal(SECURITY.code)).done == 0
        assert (await drill.reseal(HEALTH.code, kid=first)).done == 2
        assert sorted(key_of(seal) == second for seal in (await drill.seals()).values()) == [False] * 2 + [True] * 3
        assert (await drill.reseal()).done == 3

    async def test_who_has_no_seal_is_refused_by_name_and_passed_over_otherwise(self, drill: Drill) -> None:
        await drill.issue(1)
        serial = drill.signer.certificate_of(HEALTH.code).serial_number
        revoke(drill.desk, HEALTH.code, serial, RevocationReason.CESSATION, at=drill.world.service.clock())
        with pytest.raises(NoSealKey):
            await drill.reseal(HEALTH.code)
        assert (await drill.reseal()).done == 0

    async def test_what_was_tampered_with_is_not_sealed_and_named(self, drill: Drill) -> None:
        mine, swapped, broken, other = await drill.issue(4)
        seals = await drill.seals()
        await drill.change("seal", seals[other], of=swapped)
        await drill.change("seal", f"{seals[broken][:-4]}AAAA", of=broken)
        drill.rotate()
        end = await drill.reseal()
        assert (end.done, end.left) == (2, {swapped: "not-genuine", broken: "not-genuine"})
        assert end.reasons == {"not-genuine": 2}
        assert {row["certificate"] for row in await drill.superseded()} == {mine, other}

    async def test_a_seal_with_another_credit_code_is_not_set(self, drill: Drill) -> None:
        await drill.issue(2)
        renamed = HEALTH.model_copy(update={"uscc": SECURITY.uscc})
        rotate(drill.desk, [HEALTH.code], at=drill.world.service.clock(), departments=[renamed])
        assert (await drill.reseal()).reasons == {"no-seal-key": 2}

    async def test_whatever_state_it_is_in(self, drill: Drill) -> None:
        issued = await drill.issue(3)
        await drill.change("state", "revoked", of=issued[0])
        drill.rotate()
        assert (await drill.reseal()).done == 3
        assert (await drill.verify((await drill.seals())[issued[0]]))["state"] == "revoked"

    async def test_two_at_once_replace_each_seal_once(self, drill: Drill) -> None:
        await drill.issue(12)
        before = await drill.seals()
        drill.rotate()
        ends = await asyncio.gather(drill.reseal(batch=5), drill.reseal(batch=4))
        assert sum(end.done for end in ends) == 12
        assert {row["certificate"]: row["seal"] for row in await drill.superseded()} == before


class TestCommand:
    """The command itself: killed wherever it is, as often as it takes, and what is told of it afterwards."""

    async def test_it_goes_on_where_it_was_and_seals_each_certificate_once(self, drill: Drill, tmp_path: Path) -> None:
        decided = a_decided_case(*(a_yield(index=number) for number in range(30)))
        for _ in range(40):
            await drill.world.issued(decided.model_copy(update={"case": UUID(bytes=os.urandom(16), version=4)}))
        before = await drill.seals()
        rotate(drill.desk, [HEALTH.code], at=now())
        for share in (200, 600, 900):
            command = self.start(drill)
            await self.reached(drill, share, command)
            command.send_signal(signal.SIGKILL)
            command.wait()
        last = self.start(drill)
        told, _ = await asyncio.to_thread(last.communicate)
        assert last.returncode == 0
        after, old = await drill.seals(), await drill.superseded()
        assert len(before) == len(after) == len(old) == 1200
        assert {row["certificate"]: row["seal"] for row in old} == before
        assert 0 < orjson.loads(told)["resealed"] < 1200 - 600
        root_pem = drill.signer.root_pem
        assert all(verify_document(seal.encode(), root_pem, now()).genuine for seal in after.values())
        new = thumbprint_of(drill.signer.certificate_of(HEALTH.code))
        assert {key_of(seal) for seal in after.values()} == {new}

    async def test_what_was_not_sealed_is_named_and_makes_it_fail(self, drill: Drill) -> None:
        [broken] = await drill.issue(1)
        await drill.change("seal", (await drill.seals())[broken][:-4] + "AAAA", of=broken)
        rotate(drill.desk, [HEALTH.code], at=now())
        command = self.start(drill, "reseal")
        told, _ = await asyncio.to_thread(command.communicate)
        assert command.returncode == 1
        answer = orjson.loads(told)
        assert (answer["resealed"], answer["left"]) == (0, {"not-genuine": 1})
        assert answer["certificates_left"] == [str(broken)]

    async def test_uses_of_keys_are_listed_by_key_and_page_newest_first(self, drill: Drill) -> None:
        issued = await drill.issue(3)
        key = thumbprint_of(drill.signer.certificate_of(HEALTH.code))
        pages: Rows = []
        before: list[str] = []
        while not pages or pages[-1]["next"]:
            command = self.start(drill, "uses", "--kid", key, "--limit", "2", "--since", "2026-01-01", *before)
            told, _ = await asyncio.to_thread(command.communicate)
            pages.append(orjson.loads(told))
            before = ["--before", str(pages[-1]["next"])]
        uses = [use for page in pages for use in page["items"]]
        assert [UUID(use["certificate"]) for use in uses] == issued[::-1]
        assert {(use["holder"], use["key"], use["form"]) for use in uses} == {(HEALTH.code, key, "certificate")}

    def start(self, drill: Drill, *arguments: str) -> subprocess.Popen[bytes]:
        settings = drill.world.service.settings
        assert settings.database_url is not None
        told = {
            "PROFILE": "embedded",
            "SEAL_DIRECTORY": str(drill.desk.directory.path),
            "ISSUER": settings.issuer,
            "DATABASE_URL": settings.database_url.get_secret_value(),
            **{f"{name}_URL": f"http://{name}.test" for name in ("IDENTITY", "LICENSING", "CERTIFICATES", "RECORDS")},
        }
        environment = os.environ | {f"ONEVISIT_{name}": value for name, value in told.items()}
        command = [sys.executable, "-m", "deploy.cli", "keys", *(arguments or ("reseal", "--batch", "20")), "--json"]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)

    async def reached(self, drill: Drill, count: int, command: subprocess.Popen[bytes]) -> None:
        """Wait until so many seals were replaced in all; that the command ends before is a fault."""
        url = drill.world.service.settings.database_url
        assert url is not None
        conn = await asyncpg.connect(plain(url.get_secret_value()))
        while await conn.fetchval("SELECT count(*) FROM superseded_seals") < count:
            assert command.poll() is None
        await conn.close()
