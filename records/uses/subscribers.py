"""Evidence was used, or something happened to it: one subscriber for both, so that neither can miss the other."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from records.uses.commands import note_change, note_uses
from records.uses.rules import (
    change_of_certificate,
    change_of_record,
    change_of_successor,
    uses_of_access,
    uses_of_case,
)
from shared.clock import Clock
from shared.contracts.events import (
    CertificateEvent,
    CertificateExpired,
    CertificateReinstated,
    CertificateRevoked,
    CertificateWithheld,
    DataAccessed,
    EvidenceUsed,
    RecordCorrected,
)
from shared.messaging.envelope import Event
from shared.messaging.reaction import AnyReaction, Projection, Reaction


def use_reactions(*, clock: Clock) -> list[AnyReaction]:
    """For the subscriber that keeps uses, and closes the loop."""

    async def note_used(conn: AsyncConnection, events: Sequence[Event[EvidenceUsed]]) -> None:
        uses = [use for event in events for use in uses_of_case(event)]
        await note_uses(conn, uses, at=clock())

    async def note_accessed(conn: AsyncConnection, events: Sequence[Event[DataAccessed]]) -> None:
        uses = [use for event in events for use in uses_of_access(event)]
        await note_uses(conn, uses, at=clock())

    async def on_certificate_changed(conn: AsyncConnection, event: Event[CertificateEvent], _: None) -> None:
        await note_change(conn, change_of_certificate(event), at=clock())

    async def on_certificate_expired(conn: AsyncConnection, event: Event[CertificateExpired], _: None) -> None:
        change = change_of_successor(event)
        if change is not None:
            await note_change(conn, change, at=clock())

    async def on_record_corrected(conn: AsyncConnection, event: Event[RecordCorrected], _: None) -> None:
        await note_change(conn, change_of_record(event), at=clock())

    changes = (CertificateWithheld, CertificateReinstated, CertificateRevoked)
    return [
        Projection(EvidenceUsed, note_used),
        Projection(DataAccessed, note_accessed),
        *(Reaction(change, on_certificate_changed) for change in changes),
        Reaction(CertificateExpired, on_certificate_expired),
        Reaction(RecordCorrected, on_record_corrected),
    ]
