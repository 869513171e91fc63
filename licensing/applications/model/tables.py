"""The tables of drafts, applications and correction tickets.

A draft lives for minutes and holds what was read to show it; an application holds what was submitted, and no evidence.
"""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB

from licensing.cases.model import tables as _cases  # noqa: F401 - the announcements below are about cases too
from licensing.metadata import metadata


def _instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


drafts = Table(
    "drafts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    # The person and the app that it was made for and through; nobody else sees it.
    Column("sub", Uuid, nullable=False),
    Column("act", Text),
    Column("thing", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("release", Integer, nullable=False),
    # RepresentationStatement: whom the person may act for, and their family, as identity signed it.
    Column("statement", JSONB, nullable=False),
    Column("chosen", JSONB, nullable=False),
    Column("bindings", JSONB, nullable=False),
    Column("situation", JSONB, nullable=False),
    Column("answers", JSONB, nullable=False),
    Column("disputes", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("unavailable", JSONB, nullable=False),
    Column("fingerprint", Text, nullable=False),
    _instant("evidence_at"),
    _instant("created_at"),
    _instant("expires_at"),
    # What it became; from then on it can be neither used nor changed.
    Column("application", Uuid, unique=True),
    Index("ix_drafts_expires_at", "expires_at"),
)

applications = Table(
    "applications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    # One application of a draft, whatever happens in parallel. The draft itself is deleted soon after.
    Column("draft", Uuid, nullable=False, unique=True),
    Column("applicant", Uuid, nullable=False),
    Column("app", Text),
    Column("thing", Text, nullable=False),
    Column("region", Text, nullable=False),
    # Where the applicant lives, as known at submission: the region of the application's events.
    Column("applicant_region", Text, nullable=False),
    Column("release", Integer, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("state", Text, nullable=False),
    _instant("submitted_at"),
    _instant("ended_at", nullable=True),
    CheckConstraint("state IN ('submitted', 'completed', 'partly-completed', 'withdrawn')", name="state"),
    CheckConstraint("(ended_at IS NULL) = (state = 'submitted')", name="ended"),
    Index("ix_applications_applicant", "applicant", "submitted_at", "id"),
)

# What an applicant says is wrong in a department's data (Z-REG Art 7). `claims`: attribute -> {held, claimed}.
correction_tickets = Table(
    "correction_tickets",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application", Uuid, ForeignKey("applications.id"), nullable=False),
    Column("department", Text, nullable=False),
    Column("evidence", Uuid, nullable=False),
    Column("evidence_kind", Text, nullable=False),
    Column("party", Uuid, nullable=False),
    Column("claims", JSONB, nullable=False),
    _instant("opened_at"),
    Index("ix_correction_tickets_department", "department", "opened_at", "id"),
    Index("ix_correction_tickets_application", "application"),
)

# Whoever follows an application is woken by its own news alone, and by nothing else that happens in this database.
PROGRESS_CHANNEL = "application_progress"
_ANNOUNCE = f"""
CREATE OR REPLACE FUNCTION announce_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{PROGRESS_CHANNEL}', to_jsonb(NEW) ->> TG_ARGV[0]);
    RETURN NULL;
END $$
"""
_CASES_ANNOUNCE = """
CREATE OR REPLACE TRIGGER cases_progress AFTER INSERT OR UPDATE OF version ON cases
    FOR EACH ROW EXECUTE FUNCTION announce_progress('application')
"""
_APPLICATIONS_ANNOUNCE = """
CREATE OR REPLACE TRIGGER applications_progress AFTER UPDATE OF version ON applications
    FOR EACH ROW EXECUTE FUNCTION announce_progress('id')
"""


@event.listens_for(metadata, "after_create")
def _announce(_: MetaData, connection: Connection, **__: object) -> None:
    for statement in (_ANNOUNCE, _CASES_ANNOUNCE, _APPLICATIONS_ANNOUNCE):
        connection.exec_driver_sql(statement)
