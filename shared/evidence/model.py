"""What a source remembers for judging grants: the cases that are over. The accesses themselves leave as events."""

from sqlalchemy import Column, DateTime, MetaData, Table, Uuid


def install(metadata: MetaData) -> Table:
    """Declare the table on a service's metadata."""
    return Table(
        "closed_cases",
        metadata,
        Column("case", Uuid, primary_key=True),
        Column("closed_at", DateTime(timezone=True), nullable=False),
    )


closed_cases = install(MetaData())
