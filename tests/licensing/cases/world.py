"""Cases on a real database: a newborn's application, officers who act, and what was told of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import commands, queries
from licensing.cases.model import Actor, ApplicationFacts, Case, CaseSummary, PlannedCase, State
from shared.database import Database
from shared.ids import new_id
from tests.licensing.cases import factories
from tests.licensing.cases.factories import CHILD, MONDAY, MOTHER, ZONE
from tests.support.clock import FrozenClock

P = ParamSpec("P")
T = TypeVar("T")

OFFICER = UUID("019a0000-0000-7000-8000-00000000aaaa")
HEALTH = Actor("officer", OFFICER, "health-commission", "330000")
POLICE = Actor("officer", OFFICER, "public-security", "330000")
INSURER = Actor("officer", OFFICER, "medical-insurance", "330000")
MOTHER_HERSELF = Actor("applicant", MOTHER)
CERTIFICATE, PAGE, REGISTRATION, ENROLMENT = (
    factories.CERTIFICATE,
    factories.PAGE,
    factories.REGISTRATION,
    factories.ENROLMENT,
)


@dataclass
class World:
    """`told` holds the applications of which cases said that one had ended."""

    database: Database
    clock: FrozenClock
    told: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock.set(MONDAY)

    @property
    def office(self) -> commands.Office:
        async def case_ended(_: AsyncConnection, application: UUID, __: datetime) -> None:
            self.told.append(application)

        return commands.Office(zone=ZONE, case_ended=case_ended)

    async def do(
        self, command: Callable[Concatenate[AsyncConnection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One command in a transaction of its own."""
        async with self.database.transaction() as conn:
            return await command(conn, *args, **kwargs)

    async def open(
        self, planned: list[PlannedCase] | None = None, *, application: ApplicationFacts | None = None
    ) -> list[CaseSummary]:
        facts = application or factories.application(at=self.clock())
        plan = factories.newborn() if planned is None else planned
        return await self.do(commands.open_cases, facts, plan, at=self.clock(), zone=ZONE)

    async def accept(self, case: UUID, *, by: Actor = HEALTH) -> Case:
        return await self.do(commands.accept, case, by=by, at=self.clock(), zone=ZONE)

    async def grant(self, case: UUID, *, by: Actor = HEALTH, claims: dict[int, Any] | None = None) -> Case:
        return await self.do(
            commands.decide,
            case,
            by=by,
            outcome="granted",
            claims=claims or {},
            reasons=None,
            remedies=None,
            at=self.clock(),
            office=self.office,
        )

    async def deny(self, case: UUID, *, by: Actor = HEALTH) -> Case:
        return await self.do(
            commands.decide,
            case,
            by=by,
            outcome="denied",
            claims={},
            reasons="出生信息与医院记录不符",
            remedies="可在六十日内申请行政复议",
            at=self.clock(),
            office=self.office,
        )

    async def refuse(self, case: UUID, *, by: Actor = HEALTH) -> Case:
        return await self.do(
            commands.refuse,
            case,
            by=by,
            reasons="不属于本机关职权范围",
            remedies="可申请行政复议",
            at=self.clock(),
            office=self.office,
        )

    async def suspend(self, case: UUID, *, by: Actor = HEALTH) -> Case:
        return await self.do(
            commands.suspend,
            case,
            by=by,
            ground="appraisal",
            legal_basis="行政许可法第四十五条",
            expected_days=6,
            at=self.clock(),
            zone=ZONE,
        )

    async def resume(self, case: UUID, *, by: Actor = HEALTH) -> Case:
        return await self.do(commands.resume, case, by=by, at=self.clock(), zone=ZONE)

    async def arrives(
        self, kind: str, *, case: UUID | None = None, index: int = 0, party: UUID = CHILD, evidence: UUID | None = None
    ) -> UUID:
        """A certificate was issued or a record filed."""
        id_ = evidence or new_id()
        news = commands.Arrived(id_, kind, party, case, None if case is None else index)
        await self.do(commands.evidence_arrived, news, at=self.clock(), office=self.office)
        return id_

    async def case(self, id_: UUID) -> Case:
        async with self.database.read() as conn:
            case = await queries.find(conn, id_)
        assert case is not None
        return case

    async def states(self, application: UUID) -> list[State]:
        async with self.database.read() as conn:
            return [case.state for case in await queries.list_of_application(conn, application)]

    async def events(self, case: UUID) -> list[str]:
        """The types of the events of a case, in order, without their version."""
        return [event["type"].removesuffix(".v1") for event in await self.recorded(case)]

    async def recorded(self, case: UUID) -> list[dict[str, Any]]:
        statement = text("SELECT type, topic, version, data::jsonb AS data FROM outbox WHERE subject = :s ORDER BY id")
        async with self.database.read() as conn:
            return [dict(row) for row in (await conn.execute(statement, {"s": case})).mappings()]

    async def accesses(self) -> list[dict[str, Any]]:
        """What was recorded as read."""
        statement = text("SELECT data::jsonb AS data FROM outbox WHERE type = 'data.accessed.v1' ORDER BY id")
        async with self.database.read() as conn:
            return list((await conn.execute(statement)).scalars())

    async def acts(self, case: UUID) -> list[queries.ActDone]:
        async with self.database.read() as conn:
            return await queries.list_acts(conn, case)

    async def timers(self, case: UUID) -> dict[str, datetime]:
        statement = text("SELECT kind, due_at FROM timers WHERE subject = :s")
        async with self.database.read() as conn:
            return {row.kind: row.due_at for row in await conn.execute(statement, {"s": case})}

    def later(self, **by: float) -> datetime:
        return self.clock.advance(**by)
