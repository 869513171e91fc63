"""Imported records come to be: in force and corrected as all others are."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing.model import Origin, Record
from records.imports import queries
from records.imports.rules import check_row
from records.imports.schemas import RecordRow
from shared.contracts.events import RecordImported
from shared.ids import random_id
from shared.imports.commands import Accepted, Act, Loaded, Loader


def records_loader() -> Loader[RecordRow]:
    """Records, as `shared.imports` loads them."""
    return Loader(
        evidence_type="record",
        row=RecordRow,
        check=check_row,
        keys_there=queries.keys_there,
        load=load_records,
        event=RecordImported,
    )


async def load_records(conn: AsyncConnection, rows: Sequence[Accepted[RecordRow]], by: Act) -> Loaded:
    """These records exist. A row whose key another record of its department has is left out."""
    return Loaded(await queries.add_records(conn, [_record(each, by) for each in rows]))


def _record(accepted: Accepted[RecordRow], by: Act) -> Record:
    row = accepted.row
    return Record(
        id=random_id(),
        kind=row.kind,
        party=row.party,
        region=accepted.region,
        issuer=by.issuer,
        claims=dict(row.claims),
        as_of=row.as_of,
        valid_from=row.valid_from or row.as_of,
        valid_until=row.valid_until,
        officer=by.officer,
        filed_at=by.at,
        origin=Origin.IMPORTED,
        import_id=by.import_id,
        source_key=row.key,
    )
