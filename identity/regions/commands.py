"""Regions are loaded from a list; one that names none of them is not checked against any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.regions import queries, rules
from identity.regions.errors import RegionsNotConsistent, RegionUnknown
from shared.administration import record_act


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a list."""

    new: int
    changed: int


async def load_regions(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, by: str, at: datetime) -> Loaded:
    """These regions are as the list says; others stay. The same list again changes nothing.

    Refuses, with all that is wrong, codes that stand twice, of no province, or without the province or city that they
    are in (RegionsNotConsistent). In the books: how many were new and changed.
    """
    await queries.own_regions(conn)
    known = await queries.all_regions(conn)
    wrong = rules.contradictions([row["code"] for row in rows], known=known)
    if wrong:
        raise RegionsNotConsistent(wrong)
    new = [row for row in rows if row["code"] not in known]
    changed = [row for row in rows if row["code"] in known and _differs(known[row["code"]], row)]
    if new or changed:
        await queries.put_regions(conn, [*new, *changed])
        details = {"new": len(new), "changed": len(changed)}
        await record_act(conn, "regions.loaded", subject="regions", by=by, at=at, details=details)
    return Loaded(len(new), len(changed))


async def check_region(conn: AsyncConnection, code: str) -> None:
    """There is such a region now; else RegionUnknown. Where none was ever loaded, any code will do."""
    if not await queries.is_region(conn, code):
        raise RegionUnknown


def _differs(known: object, row: Mapping[str, Any]) -> bool:
    return any(getattr(known, name) != value for name, value in row.items())
