"""What cases do about events of others, and about deadlines that have come."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.calendar.commands import RECOUNT
from licensing.cases import commands
from licensing.cases.commands import Arrived, Office
from licensing.cases.commands.clocks import ACCEPTANCE_DUE, CORRECTION_DUE, DECISION_DUE
from shared.clock import Clock
from shared.contracts.events import CertificateIssued, RecordFiled
from shared.messaging.envelope import Event
from shared.messaging.reaction import AnyReaction, Reaction
from shared.timers import TimerHandler


def reactions(office: Office, *, clock: Clock) -> list[AnyReaction]:
    """Evidence that now exists wakes the cases that waited for it, and concludes the case it was made of."""

    async def on_certificate_issued(conn: AsyncConnection, event: Event[CertificateIssued], _: None) -> None:
        data = event.data
        news = Arrived(data.certificate, data.kind, data.party, data.case, data.index)
        await commands.evidence_arrived(conn, news, at=clock(), office=office)

    async def on_record_filed(conn: AsyncConnection, event: Event[RecordFiled], _: None) -> None:
        data = event.data
        news = Arrived(data.record, data.kind, data.party, data.case, data.index)
        await commands.evidence_arrived(conn, news, at=clock(), office=office)

    return [Reaction(CertificateIssued, on_certificate_issued), Reaction(RecordFiled, on_record_filed)]


def deadlines(office: Office) -> Mapping[str, TimerHandler]:
    """What happens when a deadline passes in silence, and when the calendar has changed."""

    async def accept(conn: AsyncConnection, case: UUID, at: datetime) -> None:
        await commands.deem_accepted(conn, case, at=at, zone=office.zone)

    async def lapse(conn: AsyncConnection, case: UUID, at: datetime) -> None:
        await commands.lapse(conn, case, at=at, office=office)

    async def fall_overdue(conn: AsyncConnection, case: UUID, at: datetime) -> None:
        await commands.fall_overdue(conn, case, at=at)

    async def recount(conn: AsyncConnection, _: UUID, __: datetime) -> None:
        await commands.recount(conn, zone=office.zone)

    return {ACCEPTANCE_DUE: accept, CORRECTION_DUE: lapse, DECISION_DUE: fall_overdue, RECOUNT: recount}
