"""The register from one end to the other, and which certificates in it are not sealed by the present keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, case, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from certificates.issuing.model import certificates
from certificates.resealing.rules import Registered

_c = certificates.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """Certificates of one issuer whose seals begin otherwise than with `new`; where `old` is given, with that."""

    issuer: str
    new: str
    old: str | None = None

    def condition(self) -> ColumnElement[bool]:
        found = (_c.issuer == self.issuer) & not_(func.starts_with(_c.seal, self.new))
        return found if self.old is None else found & func.starts_with(_c.seal, self.old)


async def count_certificates(conn: AsyncConnection) -> int:
    """How many there are."""
    return int((await conn.execute(select(func.count()).select_from(certificates))).scalar_one())


async def list_next(
    conn: AsyncConnection, wanted: Sequence[Wanted], *, after: UUID, limit: int
) -> tuple[list[UUID], list[Registered]]:
    """The next certificates by id, and those of them that are wanted.

    So much is looked at and no more, whether few are wanted or many: the last of a million takes no longer to find.
    """
    seal = case((or_(false(), *(each.condition() for each in wanted)), _c.seal))
    rows = (await conn.execute(select(_c.id, _c.number, seal).where(_c.id > after).order_by(_c.id).limit(limit))).all()
    return [row[0] for row in rows], [Registered(*row) for row in rows if row[2] is not None]
