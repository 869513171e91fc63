"""Imports and the rows that they refused. An import is named by its department, and goes on however often it breaks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, MetaData, Table, Text, Uuid

from shared.imports.errors import RejectionCode

# One row, in bytes. Longer lines are refused without being kept.
MAX_LINE_BYTES = 32 * 1024
# One upload, in bytes and seconds. A larger import comes in several.
MAX_UPLOAD_BYTES = 2 * 1024**3
MAX_UPLOAD_SECONDS = 3600.0
# One transaction, and one event for each kind and region in it.
BATCH_LINES = 5_000
BATCH_BYTES = 4 * 1024**2
# A service reads so many uploads at once: each holds a batch in memory.
UPLOADS_AT_ONCE = 4
# Of these for one department: an upload may take an hour, and another department's is not to wait for it.
UPLOADS_OF_ONE = 3
MEDIA_TYPE = "application/x-ndjson"
PATH = "/v1/imports"
# The one path of a service whose body is read as it comes.
STREAMED = {PATH: MEDIA_TYPE}
SCOPE = "evidence:import"


@dataclass(frozen=True, slots=True)
class ImportTables:
    """`rejections` says of each refused line why, as of the last time that it was sent."""

    imports: Table
    rejections: Table


def install(metadata: MetaData) -> ImportTables:
    """Declare the tables on a service's metadata."""
    return ImportTables(imports=_imports(metadata), rejections=_rejections(metadata))


def _imports(metadata: MetaData) -> Table:
    return Table(
        "imports",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("department", Text, nullable=False),
        # Who answers for it: the officer of the first upload.
        Column("officer", Text),
        Column("started_at", DateTime(timezone=True), nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
        # Every line before this one of the department's file is decided.
        Column("next_line", BigInteger, nullable=False),
        Column("added", BigInteger, nullable=False),
        Column("repeated", BigInteger, nullable=False),
        Column("mismatched", BigInteger, nullable=False),
        Column("rejected", BigInteger, nullable=False),
        # Counts its events.
        Column("revision", BigInteger, nullable=False),
    )


def _rejections(metadata: MetaData) -> Table:
    return Table(
        "import_rejections",
        metadata,
        Column("import_id", ForeignKey("imports.id"), primary_key=True),
        Column("line", BigInteger, primary_key=True),
        Column("code", Text, nullable=False),
        Column("field", Text, nullable=False),
    )


tables = install(MetaData())


@dataclass(frozen=True, slots=True)
class Import:
    """One row of `imports`."""

    id: UUID
    department: str
    officer: str | None
    started_at: datetime
    changed_at: datetime
    next_line: int
    added: int
    repeated: int
    mismatched: int
    rejected: int
    revision: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a line was not loaded."""

    line: int
    code: RejectionCode
    field: str
