"""What happens to records: filed by a department or on a decision, and corrected."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from records.filing import queries
from records.filing.errors import PartyNotKnown, RecordAlreadyCorrected, RecordNotFound
from records.filing.model import Record, records
from records.filing.permissions import may_correct
from records.filing.rules import FilingRules, valid_from_for
from shared.clock import legal_date
from shared.contracts.events import RecordCorrected, RecordFiled
from shared.contracts.yields import CaseYield
from shared.database import translate
from shared.ids import random_id
from shared.messaging import outbox


@dataclass(frozen=True, slots=True)
class Act:
    """Who files or corrects: a department, by an officer who answers for it."""

    department: str
    officer: str | None


async def file_record(
    conn: AsyncConnection,
    *,
    record: UUID,
    kind: str,
    party: UUID,
    region: str | None,
    claims: dict[str, JsonValue],
    valid_from: date | None,
    rules: FilingRules,
    by: Act,
    zone: str,
    at: datetime,
) -> None:
    """The record exists, as of today; `record.filed` is told where its party lives (`region`; None: nobody knows it).

    Refuses a kind that is none (KindNotKnown) or another department's (NotTheIssuer), claims that it does not hold
    (ClaimsNotValid), a date that cannot be meant (DateNotFitting), and an unknown party (PartyNotKnown).
    """
    rules.check_claims(rules.kind_for(kind, issuer=by.department), claims)
    today = legal_date(at, zone)
    in_force_from = valid_from_for(valid_from, today=today)
    if region is None:
        raise PartyNotKnown
    filed = Record(
        id=record,
        kind=kind,
        party=party,
        region=region,
        issuer=by.department,
        claims=claims,
        as_of=today,
        valid_from=in_force_from,
        officer=by.officer,
        filed_at=at,
    )
    await conn.execute(insert(records).values(asdict(filed)))
    await _tell_filed(conn, filed, at=at)


async def correct_record(
    conn: AsyncConnection,
    record: UUID,
    *,
    correction: UUID,
    claims: dict[str, JsonValue],
    valid_from: date | None,
    reason: str,
    rules: FilingRules,
    by: Act,
    zone: str,
    at: datetime,
) -> None:
    """A new version says what is right, with reason and officer; the old one stays readable. Tells `record.corrected`.

    Refuses whoever did not file it (RecordNotFound), claims that its kind does not hold (ClaimsNotValid), and a second
    correction of one version (RecordAlreadyCorrected, naming the first).
    """
    wrong = await queries.find_record(conn, record)
    if wrong is None or not may_correct(wrong, department=by.department):
        raise RecordNotFound
    rules.check_claims(rules.kind_for(wrong.kind, issuer=by.department), claims)
    if (successor := await queries.find_successor(conn, record)) is not None:
        raise RecordAlreadyCorrected(record=str(successor))
    today = legal_date(at, zone)
    corrected = Record(
        id=correction,
        predecessor=wrong.id,
        version=wrong.version + 1,
        kind=wrong.kind,
        party=wrong.party,
        region=wrong.region,
        issuer=wrong.issuer,
        claims=claims,
        as_of=today,
        valid_from=valid_from_for(valid_from or wrong.valid_from, today=today),
        valid_until=wrong.valid_until,
        officer=by.officer,
        reason=reason,
        filed_at=at,
    )
    with translate({"uq_records_predecessor": RecordAlreadyCorrected}):
        await conn.execute(insert(records).values(asdict(corrected)))
    event = RecordCorrected(
        record=corrected.id,
        kind=corrected.kind,
        party=corrected.party,
        issuer=corrected.issuer,
        as_of=corrected.as_of,
        predecessor=wrong.id,
    )
    await _tell(conn, corrected, event, at=at)


async def file_yields(conn: AsyncConnection, decided: CaseYield, *, at: datetime) -> list[UUID]:
    """Every record that the case yields exists; `record.filed` for each new one.

    What was filed before stays as it is and is not told again.
    """
    wanted = [item for item in decided.yields if item.type == "record"]
    filed: list[UUID] = []
    for item in wanted:
        record = Record(
            id=random_id(),
            kind=item.kind,
            party=item.party,
            region=item.region,
            issuer=decided.department,
            claims=item.claims,
            as_of=decided.decided_on,
            valid_from=item.valid_from,
            valid_until=item.valid_until,
            case=decided.case,
            index=item.index,
            filed_at=at,
        )
        row = insert(records).values(asdict(record))
        # Parallel deliveries meet here: the second waits for the first to commit, and then makes nothing.
        made = await conn.execute(row.on_conflict_do_nothing(index_elements=["case", "index"]).returning(records.c.id))
        if made.first() is not None:
            await _tell_filed(conn, record, at=at)
            filed.append(record.id)
    return filed


async def _tell_filed(conn: AsyncConnection, record: Record, *, at: datetime) -> None:
    event = RecordFiled(
        record=record.id,
        kind=record.kind,
        party=record.party,
        issuer=record.issuer,
        as_of=record.as_of,
        case=record.case,
        index=record.index,
    )
    await _tell(conn, record, event, at=at)


async def _tell(conn: AsyncConnection, record: Record, event: RecordFiled | RecordCorrected, *, at: datetime) -> None:
    await outbox.record(
        conn, event, subject=record.id, version=record.version, region=record.region, kind=record.kind, at=at
    )
