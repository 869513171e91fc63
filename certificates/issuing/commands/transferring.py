"""From one department to another: a certificate is let go (办理转出), called back (取消转出), or taken over (转入)."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing import queries
from certificates.issuing.commands.acting import Act, allow
from certificates.issuing.commands.recording import change, named, note, noticed, notify, tell
from certificates.issuing.commands.replacing import NewVersion, Press, replace, take
from certificates.issuing.errors import AnotherInForce, ReceiverNotKnown
from certificates.issuing.model import ONE_PER_HOLDER, Certificate
from shared.clock import legal_date
from shared.contracts.events import CertificateTransferred, CertificateTransferredBack
from shared.contracts.notices import CertificateTransferOffered, CertificateTransferWithdrawn
from shared.database import translate
from shared.schemas import Text


async def transfer_out(
    conn: AsyncConnection, certificate: UUID, act: Act, *, to: str, departments: Mapping[str, Text], at: datetime
) -> Certificate:
    """The certificate is out of use, and `to` may take it over; `certificate.transferred` is told, and to `to` alone

    `certificate.transfer-offered`: who takes it over may have no part in its kind before, and hear nothing of it.

    Refuses as `allow`, and who is not another of the `departments` (ReceiverNotKnown).
    """
    held = await queries.lock_certificate(conn, certificate)
    ground = allow(held, act)
    if to not in departments or to == held.issuer:
        raise ReceiverNotKnown
    changed = await change(conn, dataclasses.replace(held, transferred_to=to), ground.end)
    await note(conn, changed, act.operation, department=act.department, at=at, act=act)
    await tell(conn, changed, CertificateTransferred(**named(changed), to=to), at=at)
    offer = CertificateTransferOffered(**noticed(changed), valid_until=changed.valid_until)
    await notify(conn, changed, offer, to=to, at=at)
    return changed


async def transfer_back(conn: AsyncConnection, certificate: UUID, act: Act, *, at: datetime) -> Certificate:
    """The certificate is in force again, and nobody else may take it over; `certificate.transferred-back` is told, and

    `certificate.transfer-withdrawn` to whom it had been offered.

    Refuses as `allow`, and where the holder got another meanwhile of which nobody has two (AnotherInForce).
    """
    held = await queries.lock_certificate(conn, certificate)
    ground = allow(held, act)
    with translate({ONE_PER_HOLDER: AnotherInForce}):
        changed = await change(conn, dataclasses.replace(held, transferred_to=None), ground.end)
    await note(conn, changed, act.operation, department=act.department, at=at, act=act)
    await tell(conn, changed, CertificateTransferredBack(**named(changed)), at=at)
    if held.transferred_to is not None:
        withdrawn = CertificateTransferWithdrawn(**noticed(changed), change="called-back")
        await notify(conn, changed, withdrawn, to=held.transferred_to, at=at)
    return changed


async def transfer_in(
    conn: AsyncConnection,
    certificate: UUID,
    act: Act,
    *,
    successor: UUID,
    departments: Mapping[str, Text],
    press: Press,
    at: datetime,
) -> Certificate:
    """The certificate goes on as `successor`, of the department that takes it over, under a number of its own.

    The old one is expired in the same transaction; `certificate.renewed` and `certificate.expired` are told. Refuses as
    `allow`, a department that left the catalogue (ReceiverNotKnown), and as `transfer_back` (AnotherInForce).
    """
    held = await take(conn, certificate, act, today=legal_date(at, press.zone))
    name = departments.get(act.department)
    if name is None:
        raise ReceiverNotKnown
    new = NewVersion(successor, held.claims, held.valid_until, act.department, name)
    with translate({ONE_PER_HOLDER: AnotherInForce}):
        return await replace(conn, held, act, new, press=press, at=at)
