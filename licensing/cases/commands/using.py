"""Which evidence a case stands on, told in the transaction that takes it into use: its department will hear of changes.

Held evidence is in use from the submission on, since its values are frozen with the case. What another case yields is
in use once the case is received.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from licensing.cases import queries
from licensing.cases.commands.changing import recorded
from licensing.cases.model import Case, State
from licensing.cases.rules import Wanted
from shared.contracts.events import EvidenceUsed, UsedEvidence
from shared.messaging.outbox import Recorded, record_many


def used_at_opening(cases: Iterable[Case], *, heard: Mapping[Wanted, UUID], at: datetime) -> list[Recorded]:
    """One event for each case that stands on evidence now: held, or heard of before the case was opened."""
    return [
        event
        for case in cases
        for event in _used(
            case, [*case.planned.evidence, *(_met(case, heard) if case.state is State.RECEIVED else ())], at=at
        )
    ]


async def use_awaited(conn: AsyncConnection, received: Sequence[Case], *, at: datetime) -> None:
    """These cases waited, and are received: they stand on what met their wait."""
    if received:
        met = await queries.list_met(conn, [case.id for case in received])
        await record_many(conn, [event for case in received for event in _used(case, _met(case, met[case.id]), at=at)])


def _met(case: Case, evidence: Mapping[Wanted, UUID]) -> list[UsedEvidence]:
    return [
        UsedEvidence(evidence=evidence[need.kind, need.party], type=need.type, kind=need.kind, party=need.party)
        for need in case.planned.waits_for
    ]


def _used(case: Case, pieces: Iterable[UsedEvidence], *, at: datetime) -> list[Recorded]:
    used = tuple(dict.fromkeys(pieces))
    if not used:
        return []
    event = EvidenceUsed(
        case=case.id, application=case.application, item=case.item, department=case.department, used=used
    )
    return [recorded(case, event, at=at)]
