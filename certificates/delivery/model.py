"""Deliveries, and what may happen to one. An address is kept only as long as a courier needs it.

from             | what happens                 | to
                 | asked, by courier            | requested
                 | asked, to be picked up       | pick-up
requested        | the courier took it          | dispatched
requested        | the certificate ended        | cancelled
requested        | the courier refuses it       | pick-up
dispatched failed| nobody there, the third time | pick-up
dispatched failed| nobody there, before that    | failed
dispatched failed| the courier handed it over   | delivered
pick-up          | its issuer handed it over    | delivered
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from certificates.metadata import metadata

Method = Literal["courier", "pick-up"]
# After so many tries of the courier, the holder comes for it.
TRIES: Final = 3


class State(StrEnum):
    """Where a delivery stands."""

    REQUESTED = "requested"
    DISPATCHED = "dispatched"
    FAILED = "failed"
    PICK_UP = "pick-up"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


CARRIED: Final = frozenset({State.DISPATCHED, State.FAILED})
ONE_UNDER_WAY: Final = "uq_deliveries_one_under_way"
_STATES = ", ".join(f"'{state}'" for state in State)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("certificate", ForeignKey("certificates.id"), nullable=False),
    Column("method", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("address", JSONB(none_as_null=True)),
    Column("tracking", Text),
    # How often the courier has tried in vain.
    Column("tries", Integer, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    # Counts what happened to it: the order in which its events are told.
    Column("revision", Integer, nullable=False),
    # When the courier is to be spoken to next, and how often that was in vain.
    Column("due_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    CheckConstraint("address IS NULL OR state IN ('requested', 'dispatched', 'failed')", name="address_while_open"),
    Index(None, "certificate", "requested_at", "id"),
    Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index(
        ONE_UNDER_WAY,
        "certificate",
        unique=True,
        postgresql_where=text("state IN ('requested', 'dispatched', 'failed', 'pick-up')"),
    ),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of `deliveries`."""

    id: UUID
    certificate: UUID
    method: Method
    state: State
    address: dict[str, str] | None = field(repr=False)
    tracking: str | None
    tries: int
    requested_at: datetime
    changed_at: datetime
    revision: int
    due_at: datetime | None
    attempts: int
