"""What a source of evidence learns from others: which cases are over, and that the sharing rules changed."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.events import CaseBlocked, CaseConcluded, CaseEvent, CaseRefused, CaseWithdrawn, ThingPublished
from shared.evidence.model import closed_cases
from shared.evidence.sharing import SharingPolicy
from shared.messaging.envelope import Event
from shared.messaging.reaction import Reaction

ENDS: tuple[type[CaseEvent], ...] = (CaseConcluded, CaseRefused, CaseWithdrawn, CaseBlocked)


def evidence_reactions(policy: SharingPolicy) -> list[Reaction[Any, Any]]:
    """For a source's subscriber: grants of cases that are over end, and a published release takes effect."""
    return [*(Reaction(end, on_case_ended) for end in ENDS), *sharing_reactions(policy)]


def sharing_reactions(policy: SharingPolicy) -> list[Reaction[Any, Any]]:
    """For the subscriber of a service that goes by the sharing rules: a published release takes effect."""

    async def refresh(_: Event[ThingPublished]) -> None:
        await policy.refresh()

    return [Reaction(ThingPublished, on_thing_published, prepare=refresh)]


async def on_case_ended(conn: AsyncConnection, event: Event[CaseEvent], _: None) -> None:
    """Nothing more is read under this case's grants."""
    closed = insert(closed_cases).values(case=event.data.case, closed_at=event.time)
    await conn.execute(closed.on_conflict_do_nothing())


async def on_thing_published(conn: AsyncConnection, event: Event[ThingPublished], _: None) -> None:
    """The rules were pulled while preparing, and live in memory: nothing to store."""
