"""What is committed under fire: a fact about an entity, the event that tells of it, and the tables of both sides."""

from typing import ClassVar

from sqlalchemy import BigInteger, Column, Identity, Table, Text, Uuid

from shared.database import new_metadata
from shared.messaging.envelope import EventContract
from shared.messaging.model import install

SERVICE = "faults"
READER = "reader"

writing = new_metadata()
install(writing)
entities = Table(
    "entities",
    writing,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
)
# One row per event, written with it: it says what was committed where the writer was not told.
facts = Table(
    "facts",
    writing,
    Column("value", Text, primary_key=True),
    Column("operation", BigInteger, nullable=False),
    Column("entity", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
)

reading = new_metadata()
install(reading)
# No unique key on purpose: an effect that happened twice shall be seen, not refused.
effects = Table(
    "effects",
    reading,
    Column("place", BigInteger, Identity(), primary_key=True),
    Column("value", Text, nullable=False),
    Column("entity", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
)


class FactNoted(EventContract):
    """`value` is unique in a run; the checker knows events by it, not by their id."""

    type: ClassVar[str] = "fact.noted.v1"
    value: str
