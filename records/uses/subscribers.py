"""Evidence was used, or something happened to it: one subscriber for both, so that neither can miss the other."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from records.uses.commands import note_change, note_uses
from records.uses.rules import change_of_certificate, change_of_record, uses_of_access, uses_of_case
from shared.clock import Clock
from shared.contracts.events import (
    CertificateEvent,
    CertificateReinstated,
    CertificateRevoked,
    CertificateWithheld,
    DataAccessed,
    EvidenceUsed,
    RecordCorrected,
)
from shared.messaging.envelope import Event
from shared.messaging.reaction import AnyReaction, Reaction


def use_reactions(*, clock: Clock) -> list[AnyReaction]:
    """For the subscriber that keeps uses, and closes the loop."""

    async def on_evidence_used(conn: AsyncConnection, event: Event[EvidenceUsed], _: None) -> None:
        await note_uses(conn, uses_of_case(event), region=region_of(event), at=clock())

    async def on_data_accessed(conn: AsyncConnection, event: Event[DataAccessed], _: None) -> None:
        await note_uses(conn, uses_of_access(event), region=region_of(event), at=clock())

    async def on_certificate_changed(conn: AsyncConnection, event: Event[CertificateEvent], _: None) -> None:
        await note_change(conn, change_of_certificate(event), region=region_of(event), at=clock())

    async def on_record_corrected(conn: AsyncConnection, event: Event[RecordCorrected], _: None) -> None:
        await note_change(conn, change_of_record(event), region=region_of(event), at=clock())

    changes = (CertificateWithheld, CertificateReinstated, CertificateRevoked)
    return [
        Reaction(EvidenceUsed, on_evidence_used),
        Reaction(DataAccessed, on_data_accessed),
        *(Reaction(change, on_certificate_changed) for change in changes),
        Reaction(RecordCorrected, on_record_corrected),
    ]


def region_of(event: Event[Any]) -> str:
    """Where it happened; none of these is told to one department alone."""
    assert event.region is not None
    return event.region
