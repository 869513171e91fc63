"""The tables of cases. Whatever a case was opened with is frozen in `plan`; what happened to it is in `case_acts`."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from licensing.cases.model.states import ENDED, State
from licensing.metadata import metadata


def _instant(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _case_key() -> Column[object]:
    return Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True)


def _one_of(values: frozenset[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(values))


# Six digits of a case number. A sequence, so that no two submissions wait for one another's counter row.
case_serials = Sequence("case_serials", minvalue=0, maxvalue=999_999, start=1, cycle=True, metadata=metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("application", Uuid, nullable=False, index=True),
    Column("application_number", Text, nullable=False),
    Column("applicant", Uuid, nullable=False),
    Column("thing", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("release", Integer, nullable=False),
    # PlannedCase, never changed; `corrections` holds what the applicant answered to the one notice.
    Column("plan", JSONB, nullable=False),
    Column("corrections", JSONB, nullable=False, server_default="{}"),
    Column("correction_asked", JSONB(none_as_null=True)),
    Column("correction_due_on", Date),
    _instant("opened_at", nullable=False),
    _instant("received_at"),
    _instant("corrected_at"),
    Column("acceptance_due_on", Date),
    _instant("accepted_at"),
    Column("accepted_on", Date),
    Column("deemed_accepted", Boolean, nullable=False, server_default="false"),
    Column("promised_days", SmallInteger, nullable=False),
    Column("legal_days", SmallInteger, nullable=False),
    Column("extended_days", SmallInteger),
    Column("promised_on", Date),
    Column("legal_on", Date),
    # Whether the deadline that runs now was counted over days whose holidays are not published yet.
    Column("provisional", Boolean, nullable=False, server_default="false"),
    _instant("overdue_at"),
    Column("officer", Uuid),
    Column("outcome", Text),
    _instant("decided_at"),
    Column("decided_on", Date),
    Column("digest", Text),
    _instant("ended_at"),
    CheckConstraint(f"state IN ({_one_of(frozenset(State))})", name="state"),
    CheckConstraint("outcome IN ('granted', 'denied')", name="outcome"),
    CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided"),
    CheckConstraint(f"(ended_at IS NOT NULL) = (state IN ({_one_of(ENDED)}))", name="ended"),
    Index("ix_cases_worklist", "department", "opened_at", "id"),
)

# A change of state touches no column of this: only opening and ending a case write here.
Index("ix_cases_open", cases.c.opened_at, postgresql_where=cases.c.ended_at.is_(None))

case_awaits = Table(
    "case_awaits",
    metadata,
    _case_key(),
    Column("kind", Text, primary_key=True),
    Column("party", Uuid, primary_key=True),
    Column("met_by", Uuid),
    _instant("met_at"),
)
Index("ix_case_awaits_unmet", case_awaits.c.kind, case_awaits.c.party, postgresql_where=case_awaits.c.met_at.is_(None))

case_yields = Table(
    "case_yields",
    metadata,
    _case_key(),
    Column("index", SmallInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("party", Uuid, nullable=False),
    # `Yielded`, frozen by the decision; then the certificate or record that was made of it.
    Column("yielded", JSONB),
    Column("evidence", Uuid),
    _instant("made_at"),
)

case_suspensions = Table(
    "case_suspensions",
    metadata,
    _case_key(),
    Column("number", SmallInteger, primary_key=True),
    Column("ground", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("expected_days", SmallInteger, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
)

case_acts = Table(
    "case_acts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.id"), nullable=False, index=True),
    Column("act", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("by_kind", Text, nullable=False),
    Column("by", Text),
    _instant("at", nullable=False),
    Column("details", JSONB, nullable=False),
    CheckConstraint("by_kind IN ('officer', 'applicant', 'platform')", name="by_kind"),
    CheckConstraint("by_kind = 'platform' OR by IS NOT NULL", name="somebody"),
)

case_ratings = Table(
    "case_ratings",
    metadata,
    _case_key(),
    Column("grade", SmallInteger, nullable=False),
    Column("comment", Text),
    Column("by", Uuid, nullable=False),
    _instant("at", nullable=False),
    CheckConstraint("grade BETWEEN 1 AND 5", name="grade"),
)

# The newest evidence of a kind about a party that we have heard of; empty while somebody only waits for it. Those who
# wait and those who bring news meet on this row, so that neither can miss the other.
evidence_heard = Table(
    "evidence_heard",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("party", Uuid, primary_key=True),
    Column("evidence", Uuid),
    _instant("heard_at"),
)
