"""What happens to imports: begun, and loaded batch by batch. A batch is all of it or nothing."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.events import ImportedEvent
from shared.contracts.evidence import EvidenceType
from shared.contracts.sharing import EvidenceKind
from shared.imports.errors import ImportOfAnother
from shared.imports.model import Import, Rejection, tables
from shared.imports.queries import lock_import
from shared.imports.schemas import Row
from shared.messaging.outbox import Recorded, record_many
from shared.schemas import Text

RowT = TypeVar("RowT", bound=Row)
# Rows in one statement: what is encoded in one go keeps everybody else of this process waiting.
ROWS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Act:
    """Who loads, into which import, and when. `issuer` is the department, with its name and its credit code."""

    import_id: UUID
    issuer: str
    issuer_name: Text
    officer: str | None
    at: datetime
    issuer_uscc: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted(Generic[RowT]):
    """A row to load, its kind, and where its party lives."""

    line: int
    row: RowT
    kind: EvidenceKind
    region: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Which keys of a statement's rows are there now, and how many of those have a number with something amiss.

    `rivals`: keys of rows that were left out because their holder has another such piece of which nobody has two.
    """

    keys: Collection[str]
    mismatched: int = 0
    rivals: Collection[str] = ()


def _no_rivals(_: Sequence[Accepted[RowT]], __: Act) -> list[Accepted[RowT]]:
    return []


@dataclass(frozen=True, slots=True)
class Loader(Generic[RowT]):
    """A type of evidence, as it is imported: the shape of its rows, what they must say, and how they are kept.

    `keys_there` answers which of the department's keys were loaded before. `load` keeps rows with keys that were not,
    in one statement; a row that it leaves out bears a number that another certificate has, or is one of the `rivals`.
    `rivals` are those rows of a batch beside which another row of it is to be loaded.
    """

    evidence_type: EvidenceType
    row: type[RowT]
    check: Callable[[RowT, date], None]
    keys_there: Callable[[AsyncConnection, str, Sequence[str]], Awaitable[set[str]]]
    load: Callable[[AsyncConnection, Sequence[Accepted[RowT]], Act], Awaitable[Loaded]]
    event: type[ImportedEvent]
    rivals: Callable[[Sequence[Accepted[RowT]], Act], Sequence[Accepted[RowT]]] = _no_rivals


async def begin_import(conn: AsyncConnection, import_id: UUID, *, by: str, officer: str | None, at: datetime) -> Import:
    """The import exists; one that was begun before goes on. Refuses (ImportOfAnother) another department's."""
    row = {
        "id": import_id,
        "department": by,
        "officer": officer,
        "started_at": at,
        "changed_at": at,
        "next_line": 1,
        "added": 0,
        "repeated": 0,
        "mismatched": 0,
        "rejected": 0,
        "revision": 0,
    }
    await conn.execute(insert(tables.imports).values(row).on_conflict_do_nothing())
    found = (await conn.execute(select(tables.imports).where(tables.imports.c.id == import_id))).one()
    if found.department != by:
        raise ImportOfAnother
    return Import(**found._mapping)  # noqa: SLF001 - the public name of a row's columns in SQLAlchemy


async def load_batch(
    conn: AsyncConnection,
    loader: Loader[RowT],
    rows: Sequence[Accepted[RowT]],
    rejections: Sequence[Rejection],
    *,
    first: int,
    end: int,
    by: Act,
) -> None:
    """The lines from `first` to before `end` are decided: rows loaded, once per key, and the rest on the report.

    One event for each kind and region among the rows added. What the report said of these lines before is forgotten.
    """
    held = await lock_import(conn, by.import_id, department=by.issuer)
    there = await loader.keys_there(conn, by.issuer, [each.row.key for each in rows])
    new = {each.row.key: each for each in reversed(rows) if each.row.key not in there}
    # In the order of a unique index, so that departments that load at once cannot wait for each other in a circle.
    rivals = {each.row.key for each in loader.rivals([*new.values()], by)}
    ordered = sorted((each for key, each in new.items() if key not in rivals), key=lambda each: each.row.order)
    added: set[str] = set()
    mismatched = 0
    for start in range(0, len(ordered), ROWS_PER_STATEMENT):
        loaded = await loader.load(conn, ordered[start : start + ROWS_PER_STATEMENT], by)
        added.update(loaded.keys)
        rivals.update(loaded.rivals)
        mismatched += loaded.mismatched
    taken = [_left_out(each, rivals) for key, each in new.items() if key not in added]
    rejected = await _report(conn, [*rejections, *taken], import_id=by.import_id, first=first, end=end)
    told = await _tell(conn, loader, [new[key] for key in added], revision=held.revision, by=by)
    await conn.execute(
        update(tables.imports)
        .where(tables.imports.c.id == by.import_id)
        .values(
            changed_at=by.at,
            next_line=end,
            added=held.added + len(added),
            repeated=held.repeated + len(rows) - len(new),
            mismatched=held.mismatched + mismatched,
            rejected=held.rejected + rejected,
            revision=held.revision + told,
        )
    )


def _left_out(row: Accepted[RowT], rivals: Collection[str]) -> Rejection:
    if row.row.key in rivals:
        return Rejection(row.line, "another-in-force", "/party")
    return Rejection(row.line, "number-taken", "/number")


async def _report(
    conn: AsyncConnection, rejections: Sequence[Rejection], *, import_id: UUID, first: int, end: int
) -> int:
    """The report says these of the lines, and nothing else; by how many it has grown."""
    of = tables.rejections.c
    stretch = (of.import_id == import_id) & (of.line >= first) & (of.line < end)
    before = (await conn.execute(delete(tables.rejections).where(stretch))).rowcount
    if rejections:
        rows = [
            {"import_id": import_id, "line": each.line, "code": each.code, "field": each.field} for each in rejections
        ]
        await conn.execute(insert(tables.rejections), rows)
    return len(rejections) - before


async def _tell(
    conn: AsyncConnection, loader: Loader[RowT], added: Sequence[Accepted[RowT]], *, revision: int, by: Act
) -> int:
    counted = Counter((each.row.kind, each.region) for each in added)
    events = [
        Recorded(
            event=loader.event(import_id=by.import_id, kind=kind, issuer=by.issuer, count=count),
            subject=by.import_id,
            version=revision + place,
            region=region,
            kind=kind,
            at=by.at,
        )
        for place, ((kind, region), count) in enumerate(sorted(counted.items()), start=1)
    ]
    await record_many(conn, events)
    return len(events)
