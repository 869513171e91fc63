"""Imported certificates come to be: in the register as all others, with a place in the status lists and no seal."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.imports import queries
from certificates.imports.rules import check_row, names_another, second_ones, state_of
from certificates.imports.schemas import CertificateRow
from certificates.issuing.model import EXPIRY_TIMER, Certificate, Origin, State
from certificates.issuing.queries import take_slots
from certificates.issuing.rules import CertificateNumber, status_entry
from certificates.sealing.schemas import StatusEntry
from shared.clock import end_of, legal_date
from shared.contracts.events import CertificateImported
from shared.ids import random_id
from shared.imports.commands import Accepted, Act, Loaded, Loader
from shared.timers import set_timers


def certificates_loader(zone: str) -> Loader[CertificateRow]:
    """Certificates, as `shared.imports` loads them. Days are counted in `zone`."""

    async def load(conn: AsyncConnection, rows: Sequence[Accepted[CertificateRow]], by: Act) -> Loaded:
        return await load_certificates(conn, rows, by, zone=zone)

    def rivals(rows: Sequence[Accepted[CertificateRow]], by: Act) -> Sequence[Accepted[CertificateRow]]:
        return second_ones(rows, today=legal_date(by.at, zone))

    return Loader(
        evidence_type="certificate",
        row=CertificateRow,
        check=check_row,
        keys_there=queries.keys_there,
        load=load,
        event=CertificateImported,
        rivals=rivals,
    )


async def load_certificates(
    conn: AsyncConnection, rows: Sequence[Accepted[CertificateRow]], by: Act, *, zone: str
) -> Loaded:
    """These certificates exist, valid or expired as their dates say, and expire when their last day is over.

    A row whose number or key another certificate has is left out, and one in force of a kind of which nobody has two,
    where its holder has another. The number itself is flagged where something is amiss with it.
    """
    slots = await take_slots(conn, len(rows))
    made = [_certificate(each, status_entry(slot), by, zone=zone) for each, slot in zip(rows, slots, strict=True)]
    added = await queries.add_certificates(conn, made)
    there = [each for each in made if each.id in added]
    ends = {each.id: end_of(each.valid_until, zone) for each in there if each.valid_until and each.state is State.VALID}
    await set_timers(conn, ends, kind=EXPIRY_TIMER)
    left = [each for each in made if each.id not in added]
    taken = await queries.numbers_there(conn, [each.number for each in left])
    return Loaded(
        keys={str(each.source_key) for each in there},
        mismatched=sum(each.check_mismatch or each.issuer_mismatch for each in there),
        rivals={str(each.source_key) for each in left if each.number not in taken},
    )


def _certificate(accepted: Accepted[CertificateRow], status: StatusEntry, by: Act, *, zone: str) -> Certificate:
    row, kind = accepted.row, accepted.kind
    number = CertificateNumber.parse(row.number)
    return Certificate(
        id=random_id(),
        number=row.number,
        version=number.version,
        predecessor=None,
        kind=kind.code,
        kind_label=kind.label.model_dump(),
        holder=row.party,
        region=accepted.region,
        issuer=by.issuer,
        issuer_name=by.issuer_name.model_dump(),
        case=None,
        index=None,
        claims=dict(row.claims),
        issued_on=row.issued_on,
        valid_from=row.valid_from or row.issued_on,
        valid_until=row.valid_until,
        state=state_of(row, today=legal_date(by.at, zone)),
        revision=1,
        seal=None,
        status_list=status.list,
        status_index=status.index,
        issued_at=end_of(row.issued_on - timedelta(days=1), zone),
        origin=Origin.IMPORTED,
        import_id=by.import_id,
        source_key=row.key,
        one_per_holder=kind.one_per_holder,
        check_mismatch=not number.agrees,
        issuer_mismatch=names_another(number, by.issuer_uscc),
    )
