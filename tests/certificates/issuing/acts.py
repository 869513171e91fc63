"""What is done to certificates in tests, each in a transaction of its own, as its edge would do it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.commands import (
    Act,
    Press,
    change_certificate,
    expire_certificate,
    issue_certificates,
    operate,
    renew_certificate,
    transfer_back,
    transfer_in,
    transfer_out,
)
from certificates.issuing.model import Certificate, Operation
from certificates.issuing.queries import find_certificate
from shared.contracts.yields import CaseYield
from shared.ids import random_id
from shared.schemas import Text
from shared.timers import fire_due
from tests.certificates.seals import HEALTH, SECURITY
from tests.certificates.world import World

ZONE = "Asia/Shanghai"


async def issue(world: World, decided: CaseYield) -> list[UUID]:
    async with world.service.database.transaction() as conn:
        return await issue_certificates(conn, decided, signer=world.service.signer, zone=ZONE, at=world.service.clock())


def an_act(operation: Operation, ground: str, department: str = HEALTH.code) -> Act:
    return Act(operation, ground=ground, reason="a reason", department=department, officer="officer-1")


async def act(
    world: World, certificate: UUID, operation: Operation, ground: str, *, department: str = HEALTH.code
) -> Certificate:
    async with world.service.database.transaction() as conn:
        return await operate(conn, certificate, an_act(operation, ground, department), at=world.service.clock())


async def revoke(world: World, certificate: UUID, ground: str = "fraud") -> Certificate:
    return await act(world, certificate, Operation.REVOCATION, ground)


async def withhold(world: World, certificate: UUID) -> Certificate:
    return await act(world, certificate, Operation.WITHHOLDING, "suspension-penalty")


async def renew(
    world: World, certificate: UUID, valid_until: date | None = None, *, department: str = HEALTH.code
) -> Certificate:
    async with world.service.database.transaction() as conn:
        return await renew_in(world, conn, certificate, valid_until, department=department)


async def renew_in(
    world: World,
    conn: AsyncConnection,
    certificate: UUID,
    valid_until: date | None = None,
    *,
    department: str = HEALTH.code,
) -> Certificate:
    return await renew_certificate(
        conn,
        certificate,
        an_act(Operation.RENEWAL, "term-ending", department),
        successor=random_id(),
        valid_until=valid_until,
        press=Press(world.service.signer, ZONE),
        at=world.service.clock(),
    )


async def change(world: World, certificate: UUID, ground: str = "holder-requested", **claims: object) -> Certificate:
    async with world.service.database.transaction() as conn:
        return await change_certificate(
            conn,
            certificate,
            an_act(Operation.CHANGE, ground),
            successor=random_id(),
            claims={name.replace("_", "-"): value for name, value in claims.items()},  # type: ignore[misc]  # JSON
            vocabulary=world.service.evidence.policy.table.vocabulary,
            press=Press(world.service.signer, ZONE),
            at=world.service.clock(),
        )


def departments(world: World) -> dict[str, Text]:
    return {each.code: each.name for each in world.service.evidence.policy.table.published.departments}


async def let_go(world: World, certificate: UUID, to: str = SECURITY.code) -> Certificate:
    async with world.service.database.transaction() as conn:
        done = an_act(Operation.TRANSFER_OUT, "jurisdiction-moved")
        return await transfer_out(
            conn, certificate, done, to=to, departments=departments(world), at=world.service.clock()
        )


async def call_back(world: World, certificate: UUID) -> Certificate:
    async with world.service.database.transaction() as conn:
        done = an_act(Operation.TRANSFER_BACK, "transfer-cancelled")
        return await transfer_back(conn, certificate, done, at=world.service.clock())


async def take_over(world: World, certificate: UUID, department: str = SECURITY.code) -> Certificate:
    async with world.service.database.transaction() as conn:
        return await transfer_in(
            conn,
            certificate,
            an_act(Operation.TRANSFER_IN, "transfer-accepted", department),
            successor=random_id(),
            departments=departments(world),
            press=Press(world.service.signer, ZONE),
            at=world.service.clock(),
        )


async def fire(world: World, at: datetime) -> None:
    """The calendar comes to this instant."""
    async with world.service.database.transaction() as conn:
        await fire_due(conn, {"certificate-expiry": expire_certificate}, at=at)


async def now_held(world: World, certificate: UUID) -> Certificate:
    async with world.service.database.read() as conn:
        found = await find_certificate(conn, certificate)
    assert found is not None
    return found
