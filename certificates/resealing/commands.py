"""Seals replaced in batches, each a transaction of its own: whatever interrupts it, the rest is still to be done."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, cast, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.model import certificates
from certificates.resealing.queries import Wanted, count_certificates, list_next
from certificates.resealing.rules import NotResealed, Registered, Why, begins_with
from certificates.sealing.authority import Office
from certificates.sealing.commands import Use, note_uses, sealed_with_use
from certificates.sealing.errors import NoSealKey, NotSealable
from certificates.sealing.model import Form, superseded_seals
from certificates.sealing.ports import Signer
from certificates.sealing.rules import thumbprint_of
from certificates.verification.errors import NotGenuine
from certificates.verification.offline import open_document
from shared.clock import Clock
from shared.database import Database

BATCH = 200
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Resealed:
    """A certificate's new seal, which takes the place of `old`, and the use of the key."""

    id: UUID
    old: str
    new: str
    use: Use


@dataclass
class Progress:
    """How far a run has come: certificates looked at, of all in the register, and sealed again."""

    total: int
    looked_at: int = 0
    done: int = 0
    left: dict[UUID, Why] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[Why, int]:
        """How many certificates keep their seals, by why."""
        return dict(Counter(self.left.values()))


async def reseal_all(
    database: Database,
    wanted: Sequence[Wanted],
    *,
    signer: Signer,
    clock: Clock,
    batch: int = BATCH,
) -> AsyncIterator[Progress]:
    """Every certificate that is wanted has a seal by its issuer's present key; says after each batch how far it is.

    Run again after an interruption, it goes on with what is left. What must not be sealed, or cannot, is passed over
    and named.
    """
    async with database.read() as conn:
        progress = Progress(total=await count_certificates(conn))
    yield progress
    after = _FIRST
    while True:
        async with database.read() as conn:
            looked_at, found = await list_next(conn, wanted, after=after, limit=batch)
        if not looked_at:
            return
        after, at = looked_at[-1], clock()
        progress.looked_at += len(looked_at)
        if found:
            # Outside of the transaction: a device may be slow, and rows are not locked meanwhile.
            made = await signer.apart(partial(_all_resealed, found, signer, at))
            async with database.transaction() as conn:
                progress.done += await replace_seals(conn, [one for one in made if isinstance(one, Resealed)], at=at)
            progress.left.update({one.id: one.why for one in made if isinstance(one, NotResealed)})
        yield progress


def resealed(registered: Registered, signer: Signer, *, at: datetime) -> Resealed | NotResealed:
    """The certificate's content, sealed by its issuer's present key.

    The register vouches that the old seal was set, so its key may be revoked. It must still hold: else whoever could
    change a row would have anything sealed.
    """
    try:
        content = open_document(registered.seal.encode(), signer.root_pem)
        if (content.certificate, content.number) != (registered.id, registered.number):
            return NotResealed(registered.id, "not-genuine")
        new, use = sealed_with_use(content.model_copy(update={"sealed_at": at}), signer)
    except NotGenuine:
        return NotResealed(registered.id, "not-genuine")
    except NoSealKey:
        return NotResealed(registered.id, "no-seal-key")
    except NotSealable:
        return NotResealed(registered.id, "not-sealable")
    return Resealed(registered.id, registered.seal, new, use)


def _all_resealed(found: Sequence[Registered], signer: Signer, at: datetime) -> list[Resealed | NotResealed]:
    return [resealed(one, signer, at=at) for one in found]


async def replace_seals(conn: AsyncConnection, made: Sequence[Resealed], *, at: datetime) -> int:
    """The new seals are the certificates' own and the old ones are kept; on record that the keys were used.

    A certificate whose seal was replaced meanwhile keeps that one. Answers how many were replaced. No event: what a
    certificate says, and whether it is in force, is as before.
    """
    pairs = func.unnest(
        cast([one.id for one in made], ARRAY(Uuid)),
        cast([one.old for one in made], ARRAY(Text)),
        cast([one.new for one in made], ARRAY(Text)),
    )
    new = pairs.table_valued("id", "old", "new", name="made").render_derived()
    same = (certificates.c.id == new.c.id) & (certificates.c.seal == new.c.old)
    # Locked before they are read: of two that replace a seal, the second finds the other's.
    held = select(certificates.c.id, new.c.old, new.c.new).join(new, same).with_for_update(of=certificates).cte("held")
    kept = (
        insert(superseded_seals)
        .from_select(
            ["certificate", "replaced_at", "seal"],
            select(held.c.id, literal(at, DateTime(timezone=True)), held.c.old),
        )
        .cte("kept")
    )
    changed = (
        update(certificates)
        .where(certificates.c.id == held.c.id)
        .values(seal=held.c.new)
        .returning(certificates.c.id)
        .add_cte(kept)
    )
    done = (await conn.execute(changed)).all()
    await note_uses(conn, Form.CERTIFICATE, [one.use for one in made], at=at)
    return len(done)


def wanted_of(signer: Signer, departments: Sequence[str], *, kid: str | None = None) -> list[Wanted]:
    """The certificates of these departments (none named: of all that have a seal) by other keys than their present one.

    With `kid`, only those by that key of theirs. Refuses (NoSealKey) a department without a seal.
    """
    known = signer.certificates()
    wanted = []
    for department in departments or _who_seal(signer):
        new = begins_with(signer.certificate_of(department))
        old = [begins_with(each) for each in known.get(department, ()) if thumbprint_of(each) == kid]
        if kid is None or old:
            wanted.append(Wanted(department, new, old[0] if old else None))
    return wanted


def _who_seal(signer: Signer) -> Iterator[str]:
    for holder in sorted(set(signer.certificates()) - set(Office)):
        with suppress(NoSealKey):
            signer.certificate_of(holder)
            yield holder
